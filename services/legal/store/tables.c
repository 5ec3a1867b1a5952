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

    [LEGAL_TABLE_MATTER] = {"matter", KT_TABLE_FACT},
    [LEGAL_TABLE_MATTER_DEADLINE] = {"matter_deadline", KT_TABLE_FACT},
    [LEGAL_TABLE_DEADLINE_DUE] = {"deadline_due", KT_TABLE_DERIVED},
    [LEGAL_TABLE_MATTER_COST] = {"matter_cost", KT_TABLE_FACT},
    [LEGAL_TABLE_MATTER_TOTAL] = {"matter_total", KT_TABLE_DERIVED},
    [LEGAL_TABLE_LEGAL_HOLD] = {"legal_hold", KT_TABLE_FACT},
    [LEGAL_TABLE_CUSTODIAN] = {"custodian", KT_TABLE_DERIVED},

    [LEGAL_TABLE_PARTY] = {"party", KT_TABLE_FACT},
    [LEGAL_TABLE_CONTRACT] = {"contract", KT_TABLE_FACT},
    [LEGAL_TABLE_CONTRACT_PARTY] = {"contract_party", KT_TABLE_FACT},
    [LEGAL_TABLE_CONTRACT_EMPLOYEE] = {"contract_employee", KT_TABLE_FACT},
    [LEGAL_TABLE_CONTRACT_EDITOR] = {"contract_editor", KT_TABLE_FACT},
    [LEGAL_TABLE_CONTRACT_VERSION] = {"contract_version", KT_TABLE_FACT},
    [LEGAL_TABLE_CONTRACT_APPROVAL] = {"contract_approval", KT_TABLE_FACT},
    [LEGAL_TABLE_UPLOAD] = {"upload", KT_TABLE_FACT},
    [LEGAL_TABLE_CONTENT] = {"content", KT_TABLE_FACT},
    [LEGAL_TABLE_THRESHOLDS] = {"thresholds", KT_TABLE_FACT},
    [LEGAL_TABLE_REPORT] = {"report", KT_TABLE_FACT},
};
