#include "store/tables.h"

const kt_table_t legal_tables[LEGAL_TABLES_COUNT] = {
    KT_SYSTEM_TABLES,
    KT_SHARED_TABLES(LEGAL_TABLE_SHARED),
};
