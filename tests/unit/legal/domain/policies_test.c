/* Policies and staff: every refusal, and what is decided otherwise. */
#include "testing.h"

#include "domain/policies.h"
#include "domain/reason.h"

#define S(t) kt_span_str(t)

static legal_actor_t
officer(void)
{
    static const char *const roles[] = {"legal.officer"};
    return (legal_actor_t){.arena = kt_arena_new(4096, 1 << 20),
                           .now_us = 77,
                           .principal = S("lea"),
                           .roles = roles,
                           .roles_count = 1};
}

static void
creating(void **state)
{
    (void)state;
    legal_actor_t actor = officer();
    legal_policy_record_t policy = {.policy = S("conduct")};
    assert_status(legal_decide_create_policy(&actor, true, LEGAL_POLICIES_MAX, &policy),
                  KT_ALREADY_EXISTS, LEGAL_POLICY_EXISTS);
    assert_status(legal_decide_create_policy(&actor, false, LEGAL_POLICIES_MAX, &policy),
                  KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_POLICIES);
    policy.state = LEGAL_POLICY_AT_NONE;
    assert_ok(legal_decide_create_policy(&actor, false, LEGAL_POLICIES_MAX - 1, &policy));
    assert_int_equal(policy.state, LEGAL_POLICY_AT_DRAFT);
    assert_int_equal(policy.created_us, 77);
    kt_arena_destroy(&actor.arena);
}

static void
publishing(void **state)
{
    (void)state;
    legal_actor_t actor = officer();
    legal_policy_version_record_t newest = {.version = 1, .sha256 = {1}, .effective_from = 100};
    legal_policy_version_record_t draft = newest;
    legal_policy_record_t policy = {.state = LEGAL_POLICY_AT_RETIRED,
                                    .versions = LEGAL_POLICY_VERSIONS_MAX};
    /* In the order of the reasons: each step mends the first that is refused. */
    draft.effective_from = 99;
    assert_status(legal_decide_publish(&actor, &newest, &policy, &draft), KT_ALREADY_EXISTS,
                  LEGAL_POLICY_VERSION_EXISTS);
    draft.sha256[0] = 2;
    assert_status(legal_decide_publish(&actor, &newest, &policy, &draft), KT_FAILED_PRECONDITION,
                  LEGAL_POLICY_STATE);
    policy.state = LEGAL_POLICY_AT_PUBLISHED;
    assert_status(legal_decide_publish(&actor, &newest, &policy, &draft), KT_FAILED_PRECONDITION,
                  LEGAL_POLICY_VERSION_ORDER);
    draft.effective_from = 100;
    assert_status(legal_decide_publish(&actor, &newest, &policy, &draft), KT_RESOURCE_EXHAUSTED,
                  LEGAL_TOO_MANY_POLICY_VERSIONS);
    assert_int_equal(policy.versions, LEGAL_POLICY_VERSIONS_MAX);
    policy.versions = 1;
    assert_ok(legal_decide_publish(&actor, &newest, &policy, &draft));
    assert_int_equal(policy.versions, 2);
    assert_int_equal(draft.version, 2);
    assert_span_equal(draft.published_by, S("lea"));

    policy = (legal_policy_record_t){.state = LEGAL_POLICY_AT_DRAFT};
    assert_ok(legal_decide_publish(&actor, NULL, &policy, &draft));
    assert_int_equal(policy.state, LEGAL_POLICY_AT_PUBLISHED);
    kt_arena_destroy(&actor.arena);
}

static void
retiring(void **state)
{
    (void)state;
    legal_actor_t actor = officer();
    legal_policy_record_t policy = {.state = LEGAL_POLICY_AT_NONE};
    assert_status(legal_decide_retire(&actor, &policy), KT_FAILED_PRECONDITION, LEGAL_POLICY_STATE);
    policy.state = LEGAL_POLICY_AT_PUBLISHED;
    assert_ok(legal_decide_retire(&actor, &policy));
    assert_int_equal(policy.state, LEGAL_POLICY_AT_RETIRED);
    assert_int_equal(policy.retired_us, 77);
    actor.now_us = 99;
    assert_ok(legal_decide_retire(&actor, &policy));
    assert_int_equal(policy.retired_us, 77);
    kt_arena_destroy(&actor.arena);
}

static void
closing_an_employee(void **state)
{
    (void)state;
    legal_actor_t actor = officer();
    legal_employee_record_t ana = {.left_on = KT_DATE_NONE};
    bool changes;
    assert_ok(legal_decide_close_employee(&actor, 500, &ana, &changes));
    assert_true(changes && legal_is_closed(&ana));
    assert_int_equal(ana.closed_us, 77);
    assert_ok(legal_decide_close_employee(&actor, 500, &ana, &changes));
    assert_false(changes);
    assert_status(legal_decide_close_employee(&actor, 501, &ana, &changes), KT_FAILED_PRECONDITION,
                  LEGAL_EMPLOYEE_LEFT);
    kt_arena_destroy(&actor.arena);
}

static void
an_audience_is_units_or_everybody(void **state)
{
    (void)state;
    kt_span_t units[] = {S("it"), S("sales")};
    legal_policy_record_t policy = {.units = {units, 2}};
    assert_true(legal_is_for(&policy, S("sales")));
    assert_false(legal_is_for(&policy, S("sale")));
    policy.units.count = 0;
    assert_true(legal_is_for(&policy, S("sale")));
}

static void
a_day_begins_at_midnight_in_utc(void **state)
{
    (void)state;
    assert_int_equal(legal_day_of(0), 0);
    assert_int_equal(legal_day_of(KT_US_PER_DAY - 1), 0);
    assert_int_equal(legal_day_of(KT_US_PER_DAY), 1);
    assert_int_equal(legal_day_of(-1), -1);
    assert_int_equal(legal_day_of(-KT_US_PER_DAY), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creating),
        cmocka_unit_test(publishing),
        cmocka_unit_test(retiring),
        cmocka_unit_test(closing_an_employee),
        cmocka_unit_test(an_audience_is_units_or_everybody),
        cmocka_unit_test(a_day_begins_at_midnight_in_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
