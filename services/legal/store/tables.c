#include "store/tables.h"

const kt_table_t legal_tables[LEGAL_TABLES_COUNT] = {
    KT_SYSTEM_TABLES,
    KT_SHARED_TABLES(LEGAL_TABLE_SHARED),

    [LEGAL_TABLE_EMPLOYEE] = {"employee", KT_TABLE_FACT},
    [LEGAL_TABLE_EMPLOYEE_PRINCIPAL] = {"employee_principal", KT_TABLE_DERIVED},
    [LEGAL_TABLE_POLICY] = {"policy", KT_TABLE_FACT},
    [LEGAL_TABLE_POLICY_VERSION] = {"policy_version", KT_TABLE_FACT},
    [LEGAL_TABLE_POLICY_TEXT] = {"policy_text", KT_TABLE_FACT},
    [LEGAL_TABLE_CAMPAIGN] = {"campaign", KT_TABLE_FACT},
    [LEGAL_TABLE_TASK] = {"task", KT_TABLE_FACT},
    [LEGAL_TABLE_TASK_OPEN] = {"task_open", KT_TABLE_DERIVED},
    [LEGAL_TABLE_TASK_NEXT] = {"task_next", KT_TABLE_DERIVED},
    [LEGAL_TABLE_ESCALATION] = {"escalation", KT_TABLE_FACT},
};
