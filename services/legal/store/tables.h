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
    LEGAL_TABLE_EMPLOYEE = LEGAL_TABLE_FIRST_OWN,
    LEGAL_TABLE_EMPLOYEE_PRINCIPAL,
    LEGAL_TABLE_POLICY,
    LEGAL_TABLE_POLICY_VERSION,
    LEGAL_TABLE_POLICY_TEXT,
    LEGAL_TABLE_CAMPAIGN,
    LEGAL_TABLE_TASK,
    LEGAL_TABLE_TASK_OPEN,
    LEGAL_TABLE_TASK_NEXT,
    LEGAL_TABLE_ESCALATION,
    LEGAL_TABLES_COUNT,
};

/* All LEGAL_TABLES_COUNT of them, in the order above. Static. */
extern const kt_table_t legal_tables[LEGAL_TABLES_COUNT];

#endif
