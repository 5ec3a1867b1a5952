/* office_tables.h: the tables of a small service, one or two of each class, for tests of the
 * journal. */
#ifndef KANTOR_OFFICE_TABLES_H
#define KANTOR_OFFICE_TABLES_H

#include <kt/journal.h>

enum { FACTS = KT_TABLE_FIRST, NAMES, LINES, NOTES, SUMS };

static const kt_table_t office_tables[] = {
    KT_SYSTEM_TABLES,        {"facts", KT_TABLE_FACT}, {"names", KT_TABLE_FACT},
    {"lines", KT_TABLE_LOG}, {"notes", KT_TABLE_LOG},  {"sums", KT_TABLE_DERIVED},
};

#endif
