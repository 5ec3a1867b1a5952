/*
 * tables.h: the legal department's tables. Keys and values stand in README.md.
 */
#ifndef LEGAL_TABLES_H
#define LEGAL_TABLES_H

#include <kt/journal.h>

/* The store's format. A change of a key or a record is a new format with a migration. */
#define LEGAL_FORMAT 1

enum {
    LEGAL_TABLE_SHARED = KT_TABLE_FIRST,
    LEGAL_TABLE_FIRST_OWN = LEGAL_TABLE_SHARED + KT_SHARED_COUNT,
    LEGAL_TABLES_COUNT = LEGAL_TABLE_FIRST_OWN,
};

/* All LEGAL_TABLES_COUNT of them, in the order above. Static. */
extern const kt_table_t legal_tables[LEGAL_TABLES_COUNT];

#endif
