/* The domain cannot see the contracts of policies and matters and writes their numbers anew: here
 * both are seen, and compared. */
#include "testing.h"

#include "domain/matters.h"
#include "domain/reason.h"
#include "domain/tasks.h"

#include <kantor/legal/v1/matters.kt.h>
#include <kantor/legal/v1/policies.kt.h>
#include <kantor/legal/v1/reason.kt.h>
#include <kt/machine.h>
#include <string.h>

typedef struct named {
    const char *name;
    int value;
} named_t;

static const named_t REASONS[] = {
    {"EMPLOYEE_UNKNOWN", LEGAL_EMPLOYEE_UNKNOWN},
    {"POLICY_UNKNOWN", LEGAL_POLICY_UNKNOWN},
    {"POLICY_VERSION_UNKNOWN", LEGAL_POLICY_VERSION_UNKNOWN},
    {"CAMPAIGN_UNKNOWN", LEGAL_CAMPAIGN_UNKNOWN},
    {"TASK_UNKNOWN", LEGAL_TASK_UNKNOWN},
    {"EMPLOYEE_EXISTS", LEGAL_EMPLOYEE_EXISTS},
    {"PRINCIPAL_TAKEN", LEGAL_PRINCIPAL_TAKEN},
    {"POLICY_EXISTS", LEGAL_POLICY_EXISTS},
    {"POLICY_VERSION_EXISTS", LEGAL_POLICY_VERSION_EXISTS},
    {"CAMPAIGN_EXISTS", LEGAL_CAMPAIGN_EXISTS},
    {"TASK_NOT_YOURS", LEGAL_TASK_NOT_YOURS},
    {"POLICY_STATE", LEGAL_POLICY_STATE},
    {"TASK_STATE", LEGAL_TASK_STATE},
    {"TASK_STALE", LEGAL_TASK_STALE},
    {"TASK_OTHER_TEXT", LEGAL_TASK_OTHER_TEXT},
    {"EMPLOYEE_LEFT", LEGAL_EMPLOYEE_LEFT},
    {"POLICY_VERSION_ORDER", LEGAL_POLICY_VERSION_ORDER},
    {"CAMPAIGN_STALE", LEGAL_CAMPAIGN_STALE},
    {"CAMPAIGN_OVER", LEGAL_CAMPAIGN_OVER},
    {"TOO_MANY_POLICIES", LEGAL_TOO_MANY_POLICIES},
    {"TOO_MANY_POLICY_VERSIONS", LEGAL_TOO_MANY_POLICY_VERSIONS},
};

static const named_t MATTER_REASONS[] = {
    {"MATTER_UNKNOWN", LEGAL_MATTER_UNKNOWN},
    {"DEADLINE_UNKNOWN", LEGAL_DEADLINE_UNKNOWN},
    {"HOLD_UNKNOWN", LEGAL_HOLD_UNKNOWN},
    {"MATTER_EXISTS", LEGAL_MATTER_EXISTS},
    {"DEADLINE_EXISTS", LEGAL_DEADLINE_EXISTS},
    {"HOLD_EXISTS", LEGAL_HOLD_EXISTS},
    {"MATTER_STATE", LEGAL_MATTER_STATE},
    {"DEADLINE_IS_MET", LEGAL_DEADLINE_IS_MET},
    {"DEADLINE_IS_SUPERSEDED", LEGAL_DEADLINE_IS_SUPERSEDED},
    {"DEADLINE_IS_PENDING", LEGAL_DEADLINE_IS_PENDING},
    {"HOLD_IS_ACTIVE", LEGAL_HOLD_IS_ACTIVE},
    {"COST_OVERFLOW", LEGAL_COST_OVERFLOW},
    {"TOO_MANY_DEADLINES", LEGAL_TOO_MANY_DEADLINES},
    {"TOO_MANY_HOLDS", LEGAL_TOO_MANY_HOLDS},
    {"TOO_MANY_COSTS", LEGAL_TOO_MANY_COSTS},
    {"TOO_MANY_CURRENCIES", LEGAL_TOO_MANY_CURRENCIES},
};

static const named_t DEADLINES[] = {
    {"DEADLINE_PENDING", LEGAL_DEADLINE_PENDING},
    {"DEADLINE_MET", LEGAL_DEADLINE_MET},
    {"DEADLINE_MET_LATE", LEGAL_DEADLINE_MET_LATE},
    {"DEADLINE_SUPERSEDED", LEGAL_DEADLINE_SUPERSEDED},
    {"DEADLINE_MISSED", LEGAL_DEADLINE_MISSED},
};

/* The contract's reasons from FIRST to LAST are these, and no others. */
static void
compare_reasons(const named_t *rows, size_t count, int first, int last)
{
    size_t there = 0;
    for (unsigned i = 0; i < legal_reason_descriptor.n_values; i++) {
        int value = legal_reason_descriptor.values[i].value;
        there += value >= first && value <= last ? 1 : 0;
    }
    assert_int_equal(there, count);
    for (size_t i = 0; i < count; i++) {
        const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value_by_name(
            &legal_reason_descriptor, rows[i].name);
        if (!value || value->value != rows[i].value)
            fail_msg("%s is %d", rows[i].name, rows[i].value);
    }
}

static void
reasons_have_their_numbers(void **state)
{
    (void)state;
    compare_reasons(REASONS, KT_COUNT(REASONS), 1100, 1149);
    compare_reasons(MATTER_REASONS, KT_COUNT(MATTER_REASONS), 1150, 1199);
}

/* A machine's states are the contract's values, without their prefix; state 0 is before there is
 * anything. */
static void
compare_states(const kt_machine_t *machine, const ProtobufCEnumDescriptor *contract,
               const char *prefix)
{
    assert_int_equal(contract->n_values, machine->states_count);
    assert_string_equal(machine->states[0], "NONE");
    for (unsigned i = 1; i < machine->states_count; i++) {
        const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(contract, (int)i);
        if (!value || strncmp(value->name, prefix, strlen(prefix)) != 0 ||
            strcmp(value->name + strlen(prefix), machine->states[i]) != 0)
            fail_msg("%s: %s", machine->name, machine->states[i]);
    }
}

static void
states_have_their_numbers(void **state)
{
    (void)state;
    compare_states(&legal_policy_machine, &legal_policy_state_descriptor, "POLICY_");
    compare_states(&legal_task_machine, &legal_task_state_descriptor, "TASK_");
    compare_states(&legal_matter_machine, &legal_matter_state_descriptor, "MATTER_");
    assert_int_equal(legal_deadline_state_descriptor.n_values, KT_COUNT(DEADLINES) + 1);
    for (size_t i = 0; i < KT_COUNT(DEADLINES); i++)
        assert_int_equal(protobuf_c_enum_descriptor_get_value_by_name(
                             &legal_deadline_state_descriptor, DEADLINES[i].name)
                             ->value,
                         DEADLINES[i].value);
    assert_int_equal(LEGAL_MATTER_KIND_REGULATORY, LEGAL_MATTER_KINDS);
    assert_int_equal(LEGAL_DEADLINE_SOURCE_SOURCE_ORDER, LEGAL_SOURCE_ORDER);
    assert_int_equal(LEGAL_DEADLINE_SOURCE_SOURCE_CONTRACT, LEGAL_SOURCES);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_have_their_numbers),
        cmocka_unit_test(states_have_their_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
