/*
 * Taking somebody on. Headcount and equipment are set aside before anybody signs, so that nothing
 * can be refused afterwards. The contract has the hire's id; reservation and equipment stand under
 * the process's.
 */
#include "processes/processes.h"

#define DAY_US      (INT64_C(86400) * 1000000)
#define APPROVAL_US (30 * DAY_US)
#define SIGNING_US  (30 * DAY_US)
/* The place is held until the employee is on the books: through all that comes before. */
#define RESERVED_US (90 * DAY_US)
/* From the first day on, for reading what must be acknowledged. */
#define ACKNOWLEDGE_US (60 * DAY_US)

static const kt_binding_text_t HEADCOUNT[] = {
    {"reservation", "$process"},     {"book", "$book"},
    {"cost_centre", "$cost_centre"}, {"position", "$position"},
    {"expires_us", "$expires_us"},   {NULL, NULL},
};
static const kt_binding_text_t RESERVATION[] = {{"reservation", "$process"}, {NULL, NULL}};
static const kt_binding_text_t EQUIP[] = {
    {"employee", "$employee"}, {"kinds", "$equipment"}, {"reference", "$process"}, {NULL, NULL}};
static const kt_binding_text_t UNEQUIP[] = {
    {"employee", "$employee"}, {"reference", "$process"}, {NULL, NULL}};
static const kt_binding_text_t DRAFT[] = {
    {"contract.contract", "$hire"},
    {"contract.kind", "EMPLOYMENT"},
    {"contract.employee", "$employee"},
    {"contract.title", "$title"},
    {"contract.currency", "$currency"},
    {"contract.value_minor", "$value_minor"},
    {"contract.risk", "RISK_LOW"},
    {"contract.terms.starts_on", "$starts_on"},
    {"contract.terms.ends_on", "$ends_on"},
    {"contract.terms.open", "$open"},
    {"contract.terms.notice.amount", "$notice_months"},
    {"contract.terms.notice.unit", "$notice_unit"},
    {"contract.requested_by", "$started_by"},
    {"contract.opener", "legal"},
    {NULL, NULL},
};
static const kt_binding_text_t CONTRACT[] = {{"contract", "$hire"}, {NULL, NULL}};
static const kt_binding_text_t VOID[] = {
    {"contract", "$hire"}, {"reason", "the hire was given up"}, {NULL, NULL}};
static const kt_binding_text_t HIRE[] = {
    {"employee", "$employee"},   {"reservation", "$process"},
    {"contract", "$hire"},       {"name", "$name"},
    {"starts_on", "$starts_on"}, {"salary_minor", "$salary_minor"},
    {"commodity", "$currency"},  {NULL, NULL},
};
static const kt_binding_text_t ENROL[] = {
    {"employee", "$employee"}, {"principal", "$principal"}, {"unit", "$unit"},
    {"name", "$name"},         {"starts_on", "$starts_on"}, {NULL, NULL},
};
static const kt_binding_text_t ACCOUNT[] = {
    {"account.employee", "$employee"},
    {"account.principal", "$principal"},
    {"account.starts_us", "$starts_us"},
    {NULL, NULL},
};
static const kt_binding_text_t EMPLOYEE[] = {{"employee", "$employee"}, {NULL, NULL}};

static const char *const YES[] = {"true", NULL};
static const char *const GIVEN_UP[] = {"CONTRACT_VOID", NULL};
static const char *const SIGNED[] = {"CONTRACT_SIGNED", "CONTRACT_ACTIVE", "CONTRACT_NOTICE", NULL};

static const kt_step_t STEPS[] = {
    {.name = "reserve-headcount",
     .what = "A place on the staff is reserved",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_COMPENSATABLE,
     .run = {"finance", "/kantor.finance.v1.Employees/ReserveHeadcount", HEADCOUNT},
     .undo = {"finance", "/kantor.finance.v1.Employees/ReleaseHeadcount", RESERVATION},
     .deadline_us = DAY_US,
     .owner = "finance.clerk",
     .reserves_us = RESERVED_US,
     .confirmed_by = "hire-employee"},
    {.name = "set-aside-equipment",
     .what = "The equipment is set aside",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_COMPENSATABLE,
     .only_with = "$equipment",
     .run = {"it", "/kantor.it.v1.Accounts/AssignEquipment", EQUIP},
     .undo = {"it", "/kantor.it.v1.Accounts/ReleaseEquipment", UNEQUIP},
     .deadline_us = DAY_US,
     .owner = "it.expert"},
    {.name = "draft-contract",
     .what = "The contract of employment is drafted",
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
    {.name = "hire-employee",
     .what = "The employee is on finance's books",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_RETRIABLE,
     .certain = true,
     .run = {"finance", "/kantor.finance.v1.Employees/HireEmployee", HIRE},
     .deadline_us = DAY_US,
     .owner = "finance.clerk"},
    {.name = "enrol",
     .what = "The employee has policies to acknowledge",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_RETRIABLE,
     .certain = true,
     .run = {"legal", "/kantor.legal.v1.Policies/EnrolEmployee", ENROL},
     .deadline_us = DAY_US,
     .owner = "legal.officer"},
    {.name = "prepare-account",
     .what = "An account is prepared, and blocked",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_RETRIABLE,
     .certain = true,
     .run = {"it", "/kantor.it.v1.Accounts/CreateAccount", ACCOUNT},
     .deadline_us = DAY_US,
     .owner = "it.expert"},
    {.name = "first-day",
     .what = "The first day of work has come",
     .kind = KT_STEP_UNTIL,
     .class = KT_STEP_RETRIABLE,
     .instant = "$starts_us",
     .owner = "legal.officer"},
    {.name = "acknowledged",
     .what = "The policies that must be are acknowledged",
     .kind = KT_STEP_WAIT,
     .class = KT_STEP_RETRIABLE,
     .run = {"it", "/kantor.it.v1.Accounts/GetAccount", EMPLOYEE},
     .field = "openable",
     .hoped = YES,
     .deadline_us = ACKNOWLEDGE_US,
     .owner = "legal.officer"},
    {.name = "open-account",
     .what = "The account is open",
     .kind = KT_STEP_COMMAND,
     .class = KT_STEP_RETRIABLE,
     .certain = true,
     .run = {"it", "/kantor.it.v1.Accounts/OpenAccount", EMPLOYEE},
     .deadline_us = DAY_US,
     .owner = "it.expert"},
};

static const char *const VARIABLES[] = {
    "hire",         "employee",      "name",        "title",     "principal",
    "unit",         "book",          "cost_centre", "position",  "currency",
    "salary_minor", "value_minor",   "starts_on",   "starts_us", "ends_on",
    "open",         "notice_months", "notice_unit", "equipment", NULL,
};

const kt_process_table_t legal_hire_process = {
    .name = "hire",
    .what = "Hire to retire: from a place on the staff to an open account",
    .version = 1,
    .steps = STEPS,
    .steps_count = KT_COUNT(STEPS),
    .variables = VARIABLES,
};
