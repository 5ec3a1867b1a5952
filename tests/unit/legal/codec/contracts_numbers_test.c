/* The domain cannot see the contracts of parties, contracts and oversight and writes their numbers
 * anew: here both are seen, and compared. */
#include "testing.h"

#include "domain/contracts.h"
#include "domain/oversight.h"
#include "domain/reason.h"

#include <kantor/legal/v1/contracts.kt.h>
#include <kantor/legal/v1/oversight.kt.h>
#include <kantor/legal/v1/parties.kt.h>
#include <kantor/legal/v1/reason.kt.h>

typedef struct named {
    const char *name;
    int value;
} named_t;

#define ROW(name)                                                                                  \
    {                                                                                              \
#name, LEGAL_##name                                                                        \
    }

static const named_t REASONS[] = {
    ROW(PARTY_UNKNOWN),    ROW(CONTRACT_UNKNOWN),   ROW(VERSION_UNKNOWN),
    ROW(UPLOAD_UNKNOWN),   ROW(PARTY_EXISTS),       ROW(CONTRACT_EXISTS),
    ROW(CONTRACT_PRIVATE), ROW(PARTY_STATE),        ROW(PARTY_BLOCKED),
    ROW(CONTRACT_STATE),   ROW(CONTRACT_ROLE),      ROW(CONTRACT_NOT_YOURS),
    ROW(VERSION_MISSING),  ROW(TERMS_UNCLEAR),      ROW(EMPLOYMENT_OVERLAP),
    ROW(VERSION_STALE),    ROW(APPROVER_INVOLVED),  ROW(APPROVER_DELEGATE),
    ROW(LEVEL_NOT_NEEDED), ROW(LEVEL_ROLE),         ROW(APPROVER_REPEATS),
    ROW(LEVEL_GIVEN),      ROW(OPENER_OTHER),       ROW(APPROVALS_MISSING),
    ROW(SIDE_SIGNED),      ROW(NOT_IN_FORCE),       ROW(NOTICE_NO_EFFECT),
    ROW(SUCCESSOR_UNFIT),  ROW(UPLOAD_FINISHED),    ROW(UPLOAD_NOT_YOURS),
    ROW(CHUNK_GAP),        ROW(CHUNK_DIFFERS),      ROW(SIZE_DIFFERS),
    ROW(HASH_DIFFERS),     ROW(VERSION_EMPTY),      ROW(VERSION_TOO_LARGE),
    ROW(TOO_MANY_UPLOADS), ROW(TOO_MANY_CONTRACTS), ROW(THRESHOLDS_UNKNOWN),
    ROW(REPORT_UNKNOWN),   ROW(REPORT_STATE),       ROW(PERIOD_NOT_OVER),
};

static void
reasons_have_their_numbers(void **state)
{
    (void)state;
    size_t there = 0;
    for (unsigned i = 0; i < legal_reason_descriptor.n_values; i++) {
        int value = legal_reason_descriptor.values[i].value;
        there += (value >= 1000 && value < 1100) || (value >= 1200 && value < 1250);
    }
    assert_int_equal(there, KT_COUNT(REASONS));
    for (size_t i = 0; i < KT_COUNT(REASONS); i++) {
        const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value_by_name(
            &legal_reason_descriptor, REASONS[i].name);
        if (!value || value->value != REASONS[i].value)
            fail_msg("%s is %d", REASONS[i].name, REASONS[i].value);
    }
}

static const named_t KINDS[] = {
    {"PURCHASE", LEGAL_KIND_PURCHASE},     {"SALE", LEGAL_KIND_SALE},
    {"SERVICE", LEGAL_KIND_SERVICE},       {"LICENCE", LEGAL_KIND_LICENCE},
    {"EMPLOYMENT", LEGAL_KIND_EMPLOYMENT}, {"NDA", LEGAL_KIND_NDA},
    {"OTHER_CONTRACT", LEGAL_KIND_OTHER},
};
static const named_t PARTIES[] = {
    {"COMPANY", LEGAL_KIND_COMPANY},
    {"PERSON", LEGAL_KIND_PERSON},
    {"AUTHORITY", LEGAL_KIND_AUTHORITY},
};
static const named_t RISKS[] = {
    {"RISK_LOW", LEGAL_IS_LOW},
    {"RISK_MEDIUM", LEGAL_IS_MEDIUM},
    {"RISK_HIGH", LEGAL_IS_HIGH},
};
static const named_t UNITS[] = {
    {"DAYS", LEGAL_DAYS}, {"WEEKS", LEGAL_WEEKS}, {"MONTHS", LEGAL_MONTHS}, {"YEARS", LEGAL_YEARS}};
static const named_t SIDES[] = {{"US", LEGAL_SIDE_US}, {"THEM", LEGAL_SIDE_THEM}};
static const named_t LEVELS[] = {
    {"OFFICER", LEGAL_LEVEL_OFFICER}, {"FINANCE", LEGAL_LEVEL_FINANCE}, {"CEO", LEGAL_LEVEL_CEO}};
static const named_t PROBLEMS[] = {
    ROW(NO_START),           ROW(NO_TERM),           ROW(TWO_TERMS),         ROW(WRITTEN_AMBIGUOUS),
    ROW(WRITTEN_UNREADABLE), ROW(LENGTH_INCOMPLETE), ROW(ENDS_BEFORE_START), ROW(OPEN_RENEWS),
    ROW(NOTICE_TOO_LONG),    ROW(BEYOND_CALENDAR),
};
static const named_t REPORTS[] = {ROW(REPORT_MADE), ROW(REPORT_SIGNED), ROW(REPORT_RETURNED)};

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
enums_have_their_numbers(void **state)
{
    (void)state;
    compare(&legal_contract_kind_descriptor, KINDS, KT_COUNT(KINDS));
    compare(&legal_party_kind_descriptor, PARTIES, KT_COUNT(PARTIES));
    compare(&legal_contract_risk_descriptor, RISKS, KT_COUNT(RISKS));
    compare(&legal_term_unit_descriptor, UNITS, KT_COUNT(UNITS));
    compare(&legal_signature_side_descriptor, SIDES, KT_COUNT(SIDES));
    compare(&legal_approval_level_descriptor, LEVELS, KT_COUNT(LEVELS));
    compare(&legal_term_problem_descriptor, PROBLEMS, KT_COUNT(PROBLEMS));
    compare(&legal_report_state_descriptor, REPORTS, KT_COUNT(REPORTS));
}

/* Names of the domain, which events carry, are those of the contracts without their prefix. */
static void
names_are_those_of_the_contracts(void **state)
{
    (void)state;
    assert_int_equal(legal_contract_status_descriptor.n_values, LEGAL_STATUSES_COUNT);
    for (uint32_t status = 1; status < LEGAL_STATUSES_COUNT; status++) {
        char name[64];
        snprintf(name, sizeof name, "CONTRACT_%s", legal_status_name(status));
        const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value_by_name(
            &legal_contract_status_descriptor, name);
        assert_non_null(value);
        assert_int_equal(value->value, status);
    }
    for (uint32_t kind = 1; kind < LEGAL_KIND_OTHER; kind++)
        assert_string_equal(legal_kind_name(kind), KINDS[kind - 1].name);
    assert_string_equal(legal_kind_name(LEGAL_KIND_OTHER), "OTHER");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_have_their_numbers),
        cmocka_unit_test(enums_have_their_numbers),
        cmocka_unit_test(names_are_those_of_the_contracts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
