/*
 * procure-to-pay. Before the contract is signed everything can be undone; what comes after was made
 * sure of before: the book's accounts, the budget, the product, the amounts.
 *
 * The contract, the licence and the payment schedule have the purchase's id; the reservation has
 * the process's.
 */
#include "processes/processes.h"

#include <kantor/finance/v1/books.kt.h>
#include <kantor/finance/v1/budgets.kt.h>
#include <kantor/finance/v1/payables.kt.h>
#include <kantor/it/v1/software.kt.h>
#include <kantor/legal/v1/contracts.kt.h>
#include <kantor/legal/v1/parties.kt.h>

#define DAY_US      (INT64_C(86400) * 1000000)
#define APPROVAL_US (30 * DAY_US) /* for review and approval */
#define SIGNING_US  (30 * DAY_US)
/* The budget is held until it is confirmed: through all that comes before. */
#define RESERVED_US (40 * DAY_US)
#define PAYMENT_US  (1100 * DAY_US) /* three years of instalments */

static const kt_binding_text_t PARTY[] = {{"party", "$vendor"}, {NULL, NULL}};
static const kt_binding_text_t EXPENSE[] = {
    {"book", "$book"}, {"account", "$expense_account"}, {NULL, NULL}};
static const kt_binding_text_t PAYABLE[] = {
    {"book", "$book"}, {"account", "$payable_account"}, {NULL, NULL}};
static const kt_binding_text_t RESERVE[] = {
    {"reservation", "$process"},
    {"book", "$book"},
    {"cost_centre", "$cost_centre"},
    {"on_date", "$today"},
    {"commodity", "$currency"},
    {"amount_minor", "$amount_minor"},
    {"purpose", "$title"},
    {"expires_us", "$expires_us"},
    {NULL, NULL},
};
static const kt_binding_text_t RESERVATION[] = {{"reservation", "$process"}, {NULL, NULL}};
static const kt_binding_text_t DRAFT[] = {
    {"contract.contract", "$purchase"},
    {"contract.kind", "LICENCE"},
    {"contract.party", "$vendor"},
    {"contract.title", "$title"},
    {"contract.currency", "$currency"},
    {"contract.value_minor", "$amount_minor"},
    {"contract.risk", "RISK_LOW"},
    {"contract.terms.starts_on", "$from_date"},
    {"contract.terms.ends_on", "$until_date"},
    {"contract.requested_by", "$started_by"},
    {"contract.opener", "it"},
    {NULL, NULL},
};
static const kt_binding_text_t CONTRACT[] = {{"contract", "$purchase"}, {NULL, NULL}};
static const kt_binding_text_t VOID[] = {
    {"contract", "$purchase"}, {"reason", "the purchase was given up"}, {NULL, NULL}};
static const kt_binding_text_t COMMIT[] = {
    {"reservation", "$process"}, {"reference", "$purchase"}, {NULL, NULL}};
static const kt_binding_text_t SCHEDULE[] = {
    {"schedule", "$purchase"},
    {"book", "$book"},
    {"party", "$vendor"},
    {"contract", "$purchase"},
    {"reservation", "$process"},
    {"commodity", "$currency"},
    {"lines", "$lines"},
    {"expense_account", "$expense_account"},
    {"payable_account", "$payable_account"},
    {"description", "$title"},
    {NULL, NULL},
};
static const kt_binding_text_t ACTIVATE[] = {
    {"licence.licence", "$purchase"},
    {"licence.product", "$product"},
    {"licence.contract", "$purchase"},
    {"licence.seats", "$seats"},
    {"licence.from_date", "$from_date"},
    {"licence.until_date", "$until_date"},
    {"licence.cost_minor", "$amount_minor"},
    {"licence.currency", "$currency"},
    {NULL, NULL},
};
static const kt_binding_text_t SEATS[] = {
    {"licence", "$purchase"}, {"employees", "$employees"}, {NULL, NULL}};
static const kt_binding_text_t SCHEDULED[] = {{"schedule", "$purchase"}, {NULL, NULL}};

static const char *const YES[] = {"true", NULL};
static const char *const GIVEN_UP[] = {"CONTRACT_VOID", NULL};
static const char *const SIGNED[] = {"CONTRACT_SIGNED", "CONTRACT_ACTIVE", "CONTRACT_NOTICE", NULL};
static const char *const PAID[] = {"SCHEDULE_PAID", NULL};

static const kt_step_t STEPS[] = {
    {.name = "check-vendor",
     .what = "The vendor is known and not blocked",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_COMPENSATABLE,
     .harmless = true,
     .run = {"legal", "/kantor.legal.v1.Parties/CheckParty", PARTY},
     .deadline_us = DAY_US,
     .owner = "legal.officer"},
    {.name = "check-expense-account",
     .what = "The book has the account of the expense",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_COMPENSATABLE,
     .harmless = true,
     .run = {"finance", "/kantor.finance.v1.Books/GetAccount", EXPENSE},
     .deadline_us = DAY_US,
     .owner = "finance.clerk"},
    {.name = "check-payable-account",
     .what = "The book has the account of what is owed",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_COMPENSATABLE,
     .harmless = true,
     .run = {"finance", "/kantor.finance.v1.Books/GetAccount", PAYABLE},
     .deadline_us = DAY_US,
     .owner = "finance.clerk"},
    {.name = "reserve-budget",
     .what = "The budget is reserved",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_COMPENSATABLE,
     .run = {"finance", "/kantor.finance.v1.Budgets/Reserve", RESERVE},
     .undo = {"finance", "/kantor.finance.v1.Budgets/Release", RESERVATION},
     .deadline_us = DAY_US,
     .owner = "finance.clerk",
     .reserves_us = RESERVED_US,
     .confirmed_by = "confirm-budget"},
    {.name = "draft-contract",
     .what = "The contract is drafted",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_COMPENSATABLE,
     .run = {"legal", "/kantor.legal.v1.Contracts/DraftContract", DRAFT},
     .undo = {"legal", "/kantor.legal.v1.Contracts/VoidContract", VOID},
     .deadline_us = DAY_US,
     .owner = "legal.officer"},
    {.name = "approval",
     .what = "The contract is approved",
     .kind = KT_STEP_WAIT,
     .class = KT_STEP_COMPENSATABLE,
     .run = {"legal", "/kantor.legal.v1.Contracts/GetContract", CONTRACT},
     .field = "approved",
     .hoped = YES,
     .never_field = "status",
     .never = GIVEN_UP,
     .deadline_us = APPROVAL_US,
     .owner = "legal.officer"},
    {.name = "confirm-budget",
     .what = "The budget is committed",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_COMPENSATABLE,
     .run = {"finance", "/kantor.finance.v1.Budgets/Commit", COMMIT},
     .undo = {"finance", "/kantor.finance.v1.Budgets/Release", RESERVATION},
     .deadline_us = DAY_US,
     .owner = "finance.clerk"},
    {.name = "open-signing",
     .what = "The contract may be signed",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_COMPENSATABLE,
     .run = {"legal", "/kantor.legal.v1.Contracts/OpenSigning", CONTRACT},
     .undo = {"legal", "/kantor.legal.v1.Contracts/VoidContract", VOID},
     .deadline_us = DAY_US,
     .owner = "legal.officer"},
    {.name = "signature",
     .what = "The contract is signed",
     .kind = KT_STEP_WAIT,
     .class = KT_STEP_PIVOT,
     .run = {"legal", "/kantor.legal.v1.Contracts/GetContract", CONTRACT},
     .field = "status",
     .hoped = SIGNED,
     .never = GIVEN_UP,
     .door = {"legal", "/kantor.legal.v1.Contracts/VoidContract", VOID},
     .deadline_us = SIGNING_US,
     .owner = "legal.officer"},
    {.name = "schedule-payables",
     .what = "The instalments are scheduled",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_RETRIABLE,
     .certain = true,
     .run = {"finance", "/kantor.finance.v1.Payables/Schedule", SCHEDULE},
     .deadline_us = DAY_US,
     .owner = "finance.clerk"},
    {.name = "activate-licence",
     .what = "The licence is active",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_RETRIABLE,
     .certain = true,
     .run = {"it", "/kantor.it.v1.Software/ActivateLicence", ACTIVATE},
     .deadline_us = DAY_US,
     .owner = "it.expert"},
    {.name = "first-day",
     .what = "The licence's first day has come",
     .kind = KT_STEP_UNTIL,
     .class = KT_STEP_RETRIABLE,
     .instant = "$from_us",
     .owner = "it.expert"},
    {.name = "assign-seats",
     .what = "The seats are assigned",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_RETRIABLE,
     .certain = true,
     .run = {"it", "/kantor.it.v1.Software/AssignSeats", SEATS},
     .deadline_us = DAY_US,
     .owner = "it.expert"},
    {.name = "payment",
     .what = "Every instalment is paid",
     .kind = KT_STEP_WAIT,
     .class = KT_STEP_RETRIABLE,
     .run = {"finance", "/kantor.finance.v1.Payables/GetSchedule", SCHEDULED},
     .field = "state",
     .hoped = PAID,
     .deadline_us = PAYMENT_US,
     .owner = "finance.clerk"},
};

static const char *const VARIABLES[] = {
    "purchase",        "title",    "vendor",       "product",   "book",
    "cost_centre",     "currency", "amount_minor", "lines",     "expense_account",
    "payable_account", "seats",    "employees",    "from_date", "until_date",
    "from_us",         NULL,
};

const kt_process_table_t it_procure_to_pay = {
    .name = "procure-to-pay",
    .what = "From a request for a licence to the last instalment",
    .version = 1,
    .steps = STEPS,
    .steps_count = KT_COUNT(STEPS),
    .variables = VARIABLES,
};

const kt_processes_t *
it_processes(void)
{
    static const kt_process_table_t *const TABLES[] = {&it_procure_to_pay};
    static const kt_service_desc_t *const CONTRACTS[] = {
        &fin_books_service,       &fin_budgets_service,   &fin_payables_service,
        &legal_contracts_service, &legal_parties_service, &it_software_service,
    };
    static const kt_processes_t PROCESSES = {.tables = TABLES,
                                             .tables_count = KT_COUNT(TABLES),
                                             .contracts = CONTRACTS,
                                             .contracts_count = KT_COUNT(CONTRACTS)};

    return &PROCESSES;
}
