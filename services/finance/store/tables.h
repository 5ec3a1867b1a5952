/*
 * tables.h: finance's tables. Keys and values stand in README.md; keys.h and records.h write and
 * read them.
 *
 * A FACT changes and is journalled whole; the entries are the one LOG; the rest is DERIVED:
 * fin_verify computes it anew.
 */
#ifndef FIN_TABLES_H
#define FIN_TABLES_H

#include <kt/journal.h>

/* The store's format. A change of a key or a record is a new format with a migration
 * (migrations.c). Format 2 has the tables from FIN_TABLE_SHARED on; format 3 has balances in
 * varints. */
#define FIN_FORMAT 3

enum {
    FIN_TABLE_BOOK = KT_TABLE_FIRST,
    FIN_TABLE_ORGANIZATION,
    FIN_TABLE_COMMODITY,
    FIN_TABLE_ACCOUNT,
    FIN_TABLE_PERIOD,
    FIN_TABLE_HOLD,
    FIN_TABLE_ENTRY,
    FIN_TABLE_BOOK_PART,
    FIN_TABLE_COMMODITY_NUMBER,
    FIN_TABLE_ACCOUNT_NUMBER,
    FIN_TABLE_SERIES,
    FIN_TABLE_ANCHOR,
    FIN_TABLE_BALANCE,
    FIN_TABLE_SOURCE,
    FIN_TABLE_REVERSAL,
    FIN_TABLE_HOLD_ACCOUNT,
    FIN_TABLE_SHARED, /* KT_SHARED_COUNT of them (kt/journal.h) */
    FIN_TABLE_COST_CENTRE = FIN_TABLE_SHARED + KT_SHARED_COUNT,
    FIN_TABLE_BUDGET,
    FIN_TABLE_RESERVATION,
    FIN_TABLE_RESERVATION_PLACE,
    FIN_TABLE_EXPIRY,
    FIN_TABLE_SCHEDULE,
    FIN_TABLE_PAYABLE,
    FIN_TABLE_PAYABLE_DUE,
    FIN_TABLE_CONTRACT,
    FIN_TABLE_HEADCOUNT,
    FIN_TABLE_HEADCOUNT_RESERVATION,
    FIN_TABLE_EMPLOYEE,
    FIN_TABLE_EMPLOYEE_PLACE,
    FIN_TABLE_CLEARANCE,
    FIN_TABLES_COUNT,
};

/* All FIN_TABLES_COUNT of them, in the order above. Static. */
extern const kt_table_t fin_tables[FIN_TABLES_COUNT];

/* From format 1 on. Static. */
#define FIN_MIGRATIONS_COUNT 2
extern const kt_kv_migration_t fin_migrations[FIN_MIGRATIONS_COUNT];

#endif
