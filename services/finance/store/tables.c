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
};
