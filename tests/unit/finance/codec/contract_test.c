/* The domain cannot see the contracts, so it writes their numbers anew: here both are seen, and
 * compared. */
#include "testing.h"

#include "domain/employees.h"
#include "domain/hold.h"
#include "domain/payables.h"
#include "domain/reason.h"

#include <kantor/finance/v1/budgets.kt.h>
#include <kantor/finance/v1/employees.kt.h>
#include <kantor/finance/v1/ledger.kt.h>
#include <kantor/finance/v1/payables.kt.h>
#include <kantor/finance/v1/reason.kt.h>

typedef struct named {
    const char *name;
    int value;
} named_t;

static const named_t REASONS[] = {
    {"BOOK_UNKNOWN", FIN_BOOK_UNKNOWN},
    {"ACCOUNT_UNKNOWN", FIN_ACCOUNT_UNKNOWN},
    {"COMMODITY_UNKNOWN", FIN_COMMODITY_UNKNOWN},
    {"ENTRY_UNKNOWN", FIN_ENTRY_UNKNOWN},
    {"HOLD_UNKNOWN", FIN_HOLD_UNKNOWN},
    {"BOOK_EXISTS", FIN_BOOK_EXISTS},
    {"ACCOUNT_EXISTS", FIN_ACCOUNT_EXISTS},
    {"COMMODITY_EXISTS", FIN_COMMODITY_EXISTS},
    {"SOURCE_EXISTS", FIN_SOURCE_EXISTS},
    {"SOURCE_CONFLICT", FIN_SOURCE_CONFLICT},
    {"ALREADY_REVERSED", FIN_ALREADY_REVERSED},
    {"IS_REVERSAL", FIN_IS_REVERSAL},
    {"HOLD_ENDED", FIN_HOLD_ENDED},
    {"HOLD_EXCEEDED", FIN_HOLD_EXCEEDED},
    {"ENTRY_UNBALANCED", FIN_ENTRY_UNBALANCED},
    {"PERIOD_NOT_OPEN", FIN_PERIOD_NOT_OPEN},
    {"PERIOD_CLOSED", FIN_PERIOD_CLOSED},
    {"PERIOD_STATE", FIN_PERIOD_STATE},
    {"ACCOUNT_CLOSED", FIN_ACCOUNT_CLOSED},
    {"ACCOUNT_NOT_EMPTY", FIN_ACCOUNT_NOT_EMPTY},
    {"ACCOUNT_RESERVED", FIN_ACCOUNT_RESERVED},
    {"FLOOR_REACHED", FIN_FLOOR_REACHED},
    {"COMMODITY_IN_USE", FIN_COMMODITY_IN_USE},
    {"FLOOR_BROKEN", FIN_FLOOR_BROKEN},
    {"AMOUNT_OVERFLOW", FIN_AMOUNT_OVERFLOW},
    {"TOO_MANY_LINES", FIN_TOO_MANY_LINES},
    {"TOO_MANY_ACCOUNTS", FIN_TOO_MANY_ACCOUNTS},
    {"TOO_MANY_COMMODITIES", FIN_TOO_MANY_COMMODITIES},
    {"TOO_MANY_HOLDS", FIN_TOO_MANY_HOLDS},
    {"TOO_MANY_PARTS", FIN_TOO_MANY_PARTS},
    {"COST_CENTRE_UNKNOWN", FIN_COST_CENTRE_UNKNOWN},
    {"BUDGET_UNKNOWN", FIN_BUDGET_UNKNOWN},
    {"RESERVATION_UNKNOWN", FIN_RESERVATION_UNKNOWN},
    {"COST_CENTRE_EXISTS", FIN_COST_CENTRE_EXISTS},
    {"RESERVATION_EXISTS", FIN_RESERVATION_EXISTS},
    {"BUDGET_OVERLAPS", FIN_BUDGET_OVERLAPS},
    {"BUDGET_BELOW_USE", FIN_BUDGET_BELOW_USE},
    {"RESERVATION_STATE", FIN_RESERVATION_STATE},
    {"BUDGET_EXCEEDED", FIN_BUDGET_EXCEEDED},
    {"TOO_MANY_RESERVATIONS", FIN_TOO_MANY_RESERVATIONS},
    {"SCHEDULE_UNKNOWN", FIN_SCHEDULE_UNKNOWN},
    {"PAYABLE_UNKNOWN", FIN_PAYABLE_UNKNOWN},
    {"SCHEDULE_EXISTS", FIN_SCHEDULE_EXISTS},
    {"PAYABLE_PAID_ALREADY", FIN_PAYABLE_PAID_ALREADY},
    {"SCHEDULE_STATE", FIN_SCHEDULE_STATE},
    {"PAYABLE_NOT_DUE", FIN_PAYABLE_NOT_DUE},
    {"RECEIPT_MISSING", FIN_RECEIPT_MISSING},
    {"PAYER_IS_RECEIVER", FIN_PAYER_IS_RECEIVER},
    {"CONTRACT_NOT_ACTIVE", FIN_CONTRACT_NOT_ACTIVE},
    {"CONTRACT_PARTY", FIN_CONTRACT_PARTY},
    {"PAYABLE_NOT_COVERED", FIN_PAYABLE_NOT_COVERED},
    {"PAYMENT_ACCOUNT", FIN_PAYMENT_ACCOUNT},
    {"HEADCOUNT_UNKNOWN", FIN_HEADCOUNT_UNKNOWN},
    {"HEADCOUNT_RESERVATION_UNKNOWN", FIN_HEADCOUNT_RESERVATION_UNKNOWN},
    {"EMPLOYEE_UNKNOWN", FIN_EMPLOYEE_UNKNOWN},
    {"HEADCOUNT_RESERVATION_EXISTS", FIN_HEADCOUNT_RESERVATION_EXISTS},
    {"EMPLOYEE_EXISTS", FIN_EMPLOYEE_EXISTS},
    {"HEADCOUNT_BELOW_USE", FIN_HEADCOUNT_BELOW_USE},
    {"HEADCOUNT_STATE", FIN_HEADCOUNT_STATE},
    {"HEADCOUNT_EXCEEDED", FIN_HEADCOUNT_EXCEEDED},
    {"EMPLOYEE_STATE", FIN_EMPLOYEE_STATE},
    {"NOT_CLEARED", FIN_NOT_CLEARED},
};

static const named_t KINDS[] = {
    {"COMPANY", FIN_KIND_COMPANY},
    {"CLIENT", FIN_KIND_CLIENT},
};

static const named_t TYPES[] = {
    {"ASSET", FIN_TYPE_ASSET},     {"LIABILITY", FIN_TYPE_LIABILITY},
    {"EQUITY", FIN_TYPE_EQUITY},   {"INCOME", FIN_TYPE_INCOME},
    {"EXPENSE", FIN_TYPE_EXPENSE}, {"SUSPENSE", FIN_TYPE_SUSPENSE},
    {"TRADING", FIN_TYPE_TRADING},
};

static const named_t MONTHS[] = {
    {"NOT_OPENED", FIN_MONTH_NOT_OPENED},
    {"OPEN", FIN_MONTH_OPEN},
    {"CLOSED", FIN_MONTH_CLOSED},
};

static const named_t HOLDS[] = {
    {"ACTIVE", FIN_HELD_ACTIVE},
    {"COMMITTED", FIN_HELD_COMMITTED},
    {"RELEASED", FIN_HELD_RELEASED},
    {"EXPIRED", FIN_HELD_EXPIRED},
};

static const named_t RESERVATIONS[] = {
    {"RESERVATION_RESERVED", FIN_RESERVATION_RESERVED},
    {"RESERVATION_COMMITTED", FIN_RESERVATION_COMMITTED},
    {"RESERVATION_SPENT", FIN_RESERVATION_SPENT},
    {"RESERVATION_RELEASED", FIN_RESERVATION_RELEASED},
    {"RESERVATION_EXPIRED", FIN_RESERVATION_EXPIRED},
};

static const named_t SCHEDULES[] = {
    {"SCHEDULE_OPEN", FIN_SCHEDULE_OPEN},
    {"SCHEDULE_PAID", FIN_SCHEDULE_PAID},
    {"SCHEDULE_CANCELLED", FIN_SCHEDULE_CANCELLED},
};

static const named_t PAYABLES[] = {
    {"PAYABLE_OPEN", FIN_PAYABLE_OPEN},
    {"PAYABLE_DUE", FIN_PAYABLE_DUE},
    {"PAYABLE_PAID", FIN_PAYABLE_PAID},
    {"PAYABLE_CANCELLED", FIN_PAYABLE_CANCELLED},
};

static const named_t HEADCOUNTS[] = {
    {"HEADCOUNT_RESERVED", FIN_HEADCOUNT_RESERVED},
    {"HEADCOUNT_HIRED", FIN_HEADCOUNT_HIRED},
    {"HEADCOUNT_RELEASED", FIN_HEADCOUNT_RELEASED},
    {"HEADCOUNT_EXPIRED", FIN_HEADCOUNT_EXPIRED},
};

static const named_t EMPLOYEES[] = {
    {"EMPLOYEE_HIRED", FIN_EMPLOYEE_HIRED},
    {"EMPLOYEE_LEFT", FIN_EMPLOYEE_LEFT},
    {"EMPLOYEE_SETTLED", FIN_EMPLOYEE_SETTLED},
};

/* The contract has these values, and beside them only the one of number 0. */
static void
compare(const ProtobufCEnumDescriptor *contract, const named_t *rows, size_t count)
{
    assert_int_equal(contract->n_values, count + 1);
    for (size_t i = 0; i < count; i++) {
        const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value_by_name(
            contract, rows[i].name);
        if (!value || value->value != rows[i].value)
            fail_msg("%s: %s is %d", contract->name, rows[i].name, rows[i].value);
    }
}

static void
the_domain_has_the_numbers_of_the_contracts(void **state)
{
    (void)state;
    compare(&fin_reason_descriptor, REASONS, KT_COUNT(REASONS));
    compare(&fin_book_kind_descriptor, KINDS, KT_COUNT(KINDS));
    compare(&fin_account_type_descriptor, TYPES, KT_COUNT(TYPES));
    compare(&fin_period_state_descriptor, MONTHS, KT_COUNT(MONTHS));
    compare(&fin_hold_state_descriptor, HOLDS, KT_COUNT(HOLDS));
    compare(&fin_reservation_state_descriptor, RESERVATIONS, KT_COUNT(RESERVATIONS));
    compare(&fin_schedule_state_descriptor, SCHEDULES, KT_COUNT(SCHEDULES));
    compare(&fin_payable_state_descriptor, PAYABLES, KT_COUNT(PAYABLES));
    compare(&fin_headcount_state_descriptor, HEADCOUNTS, KT_COUNT(HEADCOUNTS));
    compare(&fin_employee_state_descriptor, EMPLOYEES, KT_COUNT(EMPLOYEES));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_domain_has_the_numbers_of_the_contracts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
