#include "store/tables.h"

const kt_table_t it_tables[IT_TABLES_COUNT] = {
    KT_SYSTEM_TABLES,
    KT_SHARED_TABLES(IT_TABLE_SHARED),
};
