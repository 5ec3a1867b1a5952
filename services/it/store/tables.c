#include "store/tables.h"

const kt_table_t it_tables[IT_TABLES_COUNT] = {
    KT_SYSTEM_TABLES,
    KT_SHARED_TABLES(IT_TABLE_SHARED),
    [IT_TABLE_CALENDAR] = {"calendar", KT_TABLE_FACT},
    [IT_TABLE_HOLIDAYS] = {"holidays", KT_TABLE_FACT},
    [IT_TABLE_LEVEL] = {"service_level", KT_TABLE_FACT},
    [IT_TABLE_TICKET] = {"ticket", KT_TABLE_FACT},
    [IT_TABLE_TICKET_LINE] = {"ticket_line", KT_TABLE_FACT},
    [IT_TABLE_TICKET_OPEN] = {"ticket_open", KT_TABLE_FACT},
    [IT_TABLE_TICKET_CAUSE] = {"ticket_cause", KT_TABLE_FACT},
    [IT_TABLE_PRODUCT] = {"product", KT_TABLE_FACT},
    [IT_TABLE_LICENCE] = {"licence", KT_TABLE_FACT},
    [IT_TABLE_SEAT] = {"seat", KT_TABLE_FACT},
    [IT_TABLE_SEAT_EMPLOYEE] = {"seat_employee", KT_TABLE_FACT},
    [IT_TABLE_ACCOUNT] = {"account", KT_TABLE_FACT},
    [IT_TABLE_POLICIES] = {"policies", KT_TABLE_FACT},
    [IT_TABLE_ASSET] = {"asset", KT_TABLE_FACT},
    [IT_TABLE_ASSET_STOCK] = {"asset_stock", KT_TABLE_FACT},
    [IT_TABLE_ASSET_EMPLOYEE] = {"asset_employee", KT_TABLE_FACT},
    [IT_TABLE_EQUIPMENT] = {"equipment", KT_TABLE_FACT},
};
