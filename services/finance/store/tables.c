#include "store/tables.h"

const kt_table_t fin_tables[FIN_TABLES_COUNT] = {
    KT_SYSTEM_TABLES,
    [FIN_TABLE_BOOK] = {"book", KT_TABLE_FACT},
    [FIN_TABLE_ORGANIZATION] = {"organization", KT_TABLE_FACT},
    [FIN_TABLE_COMMODITY] = {"commodity", KT_TABLE_FACT},
    [FIN_TABLE_ACCOUNT] = {"account", KT_TABLE_FACT},
    [FIN_TABLE_PERIOD] = {"period", KT_TABLE_FACT},
    [FIN_TABLE_HOLD] = {"hold", KT_TABLE_FACT},
    [FIN_TABLE_ENTRY] = {"entry", KT_TABLE_LOG},
    [FIN_TABLE_BOOK_PART] = {"book_part", KT_TABLE_DERIVED},
    [FIN_TABLE_COMMODITY_NUMBER] = {"commodity_number", KT_TABLE_DERIVED},
    [FIN_TABLE_ACCOUNT_NUMBER] = {"account_number", KT_TABLE_DERIVED},
    [FIN_TABLE_SERIES] = {"series", KT_TABLE_DERIVED},
    [FIN_TABLE_ANCHOR] = {"anchor", KT_TABLE_DERIVED},
    [FIN_TABLE_BALANCE] = {"balance", KT_TABLE_DERIVED},
    [FIN_TABLE_SOURCE] = {"source", KT_TABLE_DERIVED},
    [FIN_TABLE_REVERSAL] = {"reversal", KT_TABLE_DERIVED},
    [FIN_TABLE_HOLD_ACCOUNT] = {"hold_account", KT_TABLE_DERIVED},
    KT_SHARED_TABLES(FIN_TABLE_SHARED),
    [FIN_TABLE_COST_CENTRE] = {"cost_centre", KT_TABLE_FACT},
    [FIN_TABLE_BUDGET] = {"budget", KT_TABLE_FACT},
    [FIN_TABLE_RESERVATION] = {"reservation", KT_TABLE_FACT},
    [FIN_TABLE_RESERVATION_PLACE] = {"reservation_place", KT_TABLE_DERIVED},
    [FIN_TABLE_EXPIRY] = {"expiry", KT_TABLE_DERIVED},
    [FIN_TABLE_SCHEDULE] = {"schedule", KT_TABLE_FACT},
    [FIN_TABLE_PAYABLE] = {"payable", KT_TABLE_FACT},
    [FIN_TABLE_PAYABLE_DUE] = {"payable_due", KT_TABLE_DERIVED},
    [FIN_TABLE_CONTRACT] = {"contract", KT_TABLE_FACT},
    [FIN_TABLE_HEADCOUNT] = {"headcount", KT_TABLE_FACT},
    [FIN_TABLE_HEADCOUNT_RESERVATION] = {"headcount_reservation", KT_TABLE_FACT},
    [FIN_TABLE_EMPLOYEE] = {"employee", KT_TABLE_FACT},
    [FIN_TABLE_EMPLOYEE_PLACE] = {"employee_place", KT_TABLE_DERIVED},
    [FIN_TABLE_CLEARANCE] = {"clearance", KT_TABLE_FACT},
};

/* Format 2 only has more tables, and those are made when the store is opened. */
static kt_status_t
from_1(kt_txn_t *txn, void *context)
{
    (void)txn;
    (void)context;
    return kt_ok();
}

const kt_kv_migration_t fin_migrations[FIN_MIGRATIONS_COUNT] = {{.from = 1, .run = from_1}};
