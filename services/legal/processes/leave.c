/*
 * Letting somebody go. The end of the contract is the pivot: after it accounts are suspended at the
 * instant that was named, whatever else is late, and the final settlement waits for all of it.
 */
#include "processes/processes.h"

#include <kantor/finance/v1/employees.kt.h>
#include <kantor/it/v1/accounts.kt.h>
#include <kantor/it/v1/software.kt.h>
#include <kantor/legal/v1/contracts.kt.h>
#include <kantor/legal/v1/policies.kt.h>

#define DAY_US    (INT64_C(86400) * 1000000)
#define RETURN_US (60 * DAY_US) /* for bringing back what is IT's */
#define SETTLE_US (60 * DAY_US)

static const kt_binding_text_t EMPLOYEE[] = {{"employee", "$employee"}, {NULL, NULL}};
static const kt_binding_text_t TERMINATE[] = {
    {"contract", "$contract"}, {"on", "$ended_on"}, {"reason", "$reason"}, {NULL, NULL}};
static const kt_binding_text_t SUSPEND[] = {
    {"employee", "$employee"}, {"at_us", "$leave_us"}, {NULL, NULL}};
static const kt_binding_text_t LEFT[] = {
    {"employee", "$employee"}, {"left_on", "$left_on"}, {NULL, NULL}};

static const char *const NOTHING[] = {"0", NULL};
static const char *const SETTLED[] = {"EMPLOYEE_SETTLED", NULL};

static const kt_step_t STEPS[] = {
    {.name = "check-books",
     .what = "Finance knows the employee",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_COMPENSATABLE,
     .harmless = true,
     .run = {"finance", "/kantor.finance.v1.Employees/GetEmployee", EMPLOYEE},
     .deadline_us = DAY_US,
     .owner = "finance.clerk"},
    {.name = "check-account",
     .what = "IT knows the employee's account",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_COMPENSATABLE,
     .harmless = true,
     .run = {"it", "/kantor.it.v1.Accounts/GetAccount", EMPLOYEE},
     .deadline_us = DAY_US,
     .owner = "it.expert"},
    {.name = "end-contract",
     .what = "The contract of employment has its end",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_PIVOT,
     .run = {"legal", "/kantor.legal.v1.Contracts/TerminateContract", TERMINATE},
     .deadline_us = DAY_US,
     .owner = "legal.officer"},
    {.name = "suspend-account",
     .what = "The account is to be suspended at that instant",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_RETRIABLE,
     .certain = true,
     .run = {"it", "/kantor.it.v1.Accounts/ScheduleSuspension", SUSPEND},
     .deadline_us = DAY_US,
     .owner = "it.expert"},
    {.name = "last-hour",
     .what = "The instant has come",
     .kind = KT_STEP_UNTIL,
     .class = KT_STEP_RETRIABLE,
     .instant = "$leave_us",
     .owner = "legal.officer"},
    {.name = "release-seats",
     .what = "The seats are free again",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_RETRIABLE,
     .certain = true,
     .run = {"it", "/kantor.it.v1.Software/ReleaseSeats", EMPLOYEE},
     .deadline_us = DAY_US,
     .owner = "it.expert"},
    {.name = "assets-back",
     .what = "The assets are back",
     .kind = KT_STEP_WAIT,
     .class = KT_STEP_RETRIABLE,
     .run = {"it", "/kantor.it.v1.Accounts/ListHoldings", EMPLOYEE},
     .field = "outstanding",
     .hoped = NOTHING,
     .deadline_us = RETURN_US,
     .owner = "it.expert"},
    {.name = "confirm-left",
     .what = "IT has nothing more of the employee",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_RETRIABLE,
     .certain = true,
     .run = {"it", "/kantor.it.v1.Accounts/ConfirmLeft", EMPLOYEE},
     .deadline_us = DAY_US,
     .owner = "it.expert"},
    {.name = "close-policies",
     .what = "The policies are closed",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_RETRIABLE,
     .certain = true,
     .run = {"legal", "/kantor.legal.v1.Policies/CloseEmployee", LEFT},
     .deadline_us = DAY_US,
     .owner = "legal.officer"},
    {.name = "leave-books",
     .what = "The employee has left finance's books",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_RETRIABLE,
     .certain = true,
     .run = {"finance", "/kantor.finance.v1.Employees/LeaveEmployee", LEFT},
     .deadline_us = DAY_US,
     .owner = "finance.clerk"},
    {.name = "settlement",
     .what = "The final settlement is paid",
     .kind = KT_STEP_WAIT,
     .class = KT_STEP_RETRIABLE,
     .run = {"finance", "/kantor.finance.v1.Employees/GetEmployee", EMPLOYEE},
     .field = "state",
     .hoped = SETTLED,
     .deadline_us = SETTLE_US,
     .owner = "finance.clerk"},
};

static const char *const VARIABLES[] = {"leave",   "employee", "contract", "leave_us",
                                        "left_on", "ended_on", "reason",   NULL};

const kt_process_table_t legal_leave_process = {
    .name = "leave",
    .what = "Hire to retire: from the end of the contract to the final settlement",
    .version = 1,
    .steps = STEPS,
    .steps_count = KT_COUNT(STEPS),
    .variables = VARIABLES,
};

const kt_processes_t *
legal_processes(void)
{
    static const kt_process_table_t *const TABLES[] = {&legal_hire_process, &legal_leave_process};
    static const kt_service_desc_t *const CONTRACTS[] = {
        &fin_employees_service,   &it_accounts_service,    &it_software_service,
        &legal_contracts_service, &legal_policies_service,
    };
    static const kt_processes_t PROCESSES = {.tables = TABLES,
                                             .tables_count = KT_COUNT(TABLES),
                                             .contracts = CONTRACTS,
                                             .contracts_count = KT_COUNT(CONTRACTS)};

    return &PROCESSES;
}
