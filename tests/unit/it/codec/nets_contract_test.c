/* The numbers of networks and databases, in the domain and in the contracts. */
#include "testing.h"

#include "domain/databases.h"
#include "domain/maintenance.h"
#include "domain/networks.h"
#include "domain/outages.h"
#include "domain/reason.h"

#include <kantor/it/v1/databases.kt.h>
#include <kantor/it/v1/networks.kt.h>
#include <kantor/it/v1/reason.kt.h>

#define SAME(contract, own) assert_int_equal((int)(contract), (int)(own))

typedef struct named {
    const char *name;
    int value;
} named_t;

#define REASON(name)                                                                               \
    {                                                                                              \
#name, IT_##name                                                                           \
    }
static const named_t REASONS[] = {
    REASON(SITE_UNKNOWN),        REASON(VRF_UNKNOWN),          REASON(PREFIX_UNKNOWN),
    REASON(TARGET_UNKNOWN),      REASON(OUTAGE_UNKNOWN),       REASON(MAINTENANCE_UNKNOWN),
    REASON(NO_PREFIX_AROUND),    REASON(SITE_EXISTS),          REASON(VRF_EXISTS),
    REASON(PREFIX_EXISTS),       REASON(ADDRESS_TAKEN),        REASON(TARGET_EXISTS),
    REASON(PREFIX_DIVIDED),      REASON(PREFIX_HAS_ADDRESSES), REASON(ADDRESS_RESERVED),
    REASON(PROBE_OUT_OF_ORDER),  REASON(TARGET_IN_USE),        REASON(PREFIX_FULL),
    REASON(TOO_MANY_ADDRESSES),  REASON(TOO_MANY_TARGETS),     REASON(TOO_MANY_DEPENDENTS),
    REASON(DEPENDS_TOO_DEEP),    REASON(TOO_MANY_WINDOWS),     REASON(DATABASE_UNKNOWN),
    REASON(BACKUP_UNKNOWN),      REASON(DATABASE_EXISTS),      REASON(BACKUP_EXISTS),
    REASON(SAMPLE_OUT_OF_ORDER), REASON(BACKUP_NOT_GOOD),      REASON(PROOF_DIFFERS),
    REASON(TOO_MANY_DATABASES),
};

static void
reasons_have_the_contracts_numbers(void **state)
{
    (void)state;
    unsigned ours = 0;
    for (size_t i = 0; i < KT_COUNT(REASONS); i++) {
        const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value_by_name(
            &it_reason_descriptor, REASONS[i].name);
        if (!value)
            fail_msg("the contract has no %s", REASONS[i].name);
        assert_int_equal(value->value, REASONS[i].value);
    }
    for (unsigned i = 0; i < it_reason_descriptor.n_values; i++) {
        int value = it_reason_descriptor.values[i].value;
        ours += value >= 1150 && value < 1250;
    }
    assert_int_equal(ours, KT_COUNT(REASONS));
}

static void
states_have_the_contracts_numbers(void **state)
{
    (void)state;
    SAME(IT_TARGET_KIND_TCP, IT_TARGET_TCP);
    SAME(IT_TARGET_KIND_KANTOR, IT_TARGET_KANTOR);
    SAME(IT_REACHABILITY_UNKNOWN, IT_UNKNOWN);
    SAME(IT_REACHABILITY_UP, IT_UP);
    SAME(IT_REACHABILITY_DOWN, IT_DOWN);
    SAME(IT_PROBE_OUTCOME_PROBE_REACHED, IT_PROBE_REACHED);
    SAME(IT_PROBE_OUTCOME_PROBE_REFUSED, IT_PROBE_REFUSED);
    SAME(IT_PROBE_OUTCOME_PROBE_TIMED_OUT, IT_PROBE_TIMED_OUT);
    SAME(IT_PROBE_OUTCOME_PROBE_UNREACHABLE, IT_PROBE_UNREACHABLE);
    SAME(IT_OUTAGE_STATE_OUTAGE_OPEN, IT_OUTAGE_OPEN);
    SAME(IT_OUTAGE_STATE_OUTAGE_MERGED, IT_OUTAGE_MERGED);
    SAME(IT_OUTAGE_STATE_OUTAGE_CLOSED, IT_OUTAGE_CLOSED);
    SAME(IT_RPO_STATE_RPO_KEPT, IT_RPO_KEPT);
    SAME(IT_RPO_STATE_RPO_BROKEN, IT_RPO_BROKEN);
    SAME(IT_BACKUP_OUTCOME_BACKUP_GOOD, IT_BACKUP_GOOD);
    SAME(IT_BACKUP_OUTCOME_BACKUP_FAILED, IT_BACKUP_FAILED);
    SAME(IT_PROOF_OUTCOME_PROOF_NONE, IT_PROOF_NONE);
    SAME(IT_PROOF_OUTCOME_PROOF_GOOD, IT_PROOF_GOOD);
    SAME(IT_PROOF_OUTCOME_PROOF_BAD, IT_PROOF_BAD);
}

/* Every record fits one value of the store, whatever its fields hold. */
static void
records_fit_their_values(void **state)
{
    static const kt_layout_t *const layouts[] = {
        &it_site_layout,     &it_vrf_layout,    &it_prefix_layout, &it_address_layout,
        &it_target_layout,   &it_reach_layout,  &it_window_layout, &it_outage_layout,
        &it_database_layout, &it_sample_layout, &it_backup_layout, &it_proof_layout,
    };
    (void)state;
    for (size_t i = 0; i < KT_COUNT(layouts); i++) {
        int64_t bytes = 0;
        for (uint32_t k = 0; k < layouts[i]->count; k++) {
            const kt_field_t *field = &layouts[i]->fields[k];
            bool text = field->kind == KT_FIELD_NAME || field->kind == KT_FIELD_TEXT;
            if (!(field->flags & KT_KEYED))
                bytes += text ? 2 + field->max : 32; /* no other kind is larger */
        }
        if (bytes > 1900)
            fail_msg("a %s may have %lld bytes", layouts[i]->name, (long long)bytes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_have_the_contracts_numbers),
        cmocka_unit_test(states_have_the_contracts_numbers),
        cmocka_unit_test(records_fit_their_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
