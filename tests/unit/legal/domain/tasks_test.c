/* What is asked of whom, days that pass, and compliance on a date. */
#include "testing.h"

#include "domain/reason.h"
#include "domain/tasks.h"

#include <kt/prng.h>

#define DAY0  20000 /* the call's day */
#define AT(d) ((int64_t)(d)*KT_US_PER_DAY + 1)
#define S(t)  kt_span_str(t)

typedef struct world {
    legal_actor_t actor;
    legal_employee_record_t ana;
    legal_policy_record_t policy;
    legal_campaign_record_t campaign;
    legal_task_record_t task;
    legal_asked_t asked;
    legal_attest_facts_t facts;
    legal_attest_order_t order;
} world_t;

static const char *const as_employee[] = {"employee"};
static legal_day_record_t days[] = {{7}, {14}, {21}};

static void
world_init(world_t *w)
{
    *w = (world_t){
        .actor = {.arena = kt_arena_new(4096, 1 << 20),
                  .now_us = AT(DAY0),
                  .principal = S("ana.k"),
                  .roles = as_employee,
                  .roles_count = 1},
        .ana = {.employee = S("ana"),
                .principal = S("ana.k"),
                .unit = S("sales"),
                .starts_on = DAY0 - 100,
                .left_on = KT_DATE_NONE},
        .policy = {.policy = S("conduct"),
                   .must_acknowledge = true,
                   .state = LEGAL_POLICY_AT_PUBLISHED,
                   .versions = 3},
        .campaign = {.campaign = S("spring"),
                     .policy = S("conduct"),
                     .version = 2,
                     .starts_on = DAY0 - 10,
                     .due_on = DAY0 + 4,
                     .escalations = {days, 3}},
    };
    w->task = (legal_task_record_t){.employee = S("ana"),
                                    .policy = S("conduct"),
                                    .version = 2,
                                    .state = LEGAL_TASK_AT_OPEN,
                                    .must_acknowledge = true,
                                    .asked_on = DAY0 - 10,
                                    .counts_from = DAY0 - 10,
                                    .due_on = DAY0 + 4,
                                    .escalations = {days, 3}};
    memset(w->order.sha256, 7, KT_HASH_BYTES);
    w->order.policy = S("conduct");
    w->order.version = 2;
    w->facts = (legal_attest_facts_t){.caller = &w->ana,
                                      .version_there = true,
                                      .task = &w->task,
                                      .newest = &w->task,
                                      .asked = &w->asked};
    memset(w->facts.sha256, 7, KT_HASH_BYTES);
}

static void
tables_are_sound(void **state)
{
    (void)state;
    assert_null(kt_machine_wrong(&legal_policy_machine));
    assert_null(kt_machine_wrong(&legal_task_machine));
}

/* ---- asking ---- */

static void
a_newcomer_has_as_many_days_as_the_others(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    w.ana.starts_on = DAY0 + 30;
    legal_demand_t demand = legal_demand_of(&w.policy, &w.campaign, 1);
    legal_asked_t asked = legal_ask(&w.actor, &w.ana, &demand, DAY0, NULL);
    assert_true(asked.makes);
    assert_false(asked.supersedes);
    assert_int_equal(asked.task.version, 2);
    assert_int_equal(asked.task.state, LEGAL_TASK_AT_OPEN);
    assert_int_equal(asked.task.asked_on, DAY0);
    assert_int_equal(asked.task.counts_from, DAY0 + 30);
    assert_int_equal(asked.task.due_on, DAY0 + 44);
    assert_int_equal(legal_asked_must(&asked), 1);
    kt_arena_destroy(&w.actor.arena);
}

static void
what_is_in_effect_is_asked_where_it_must_be_acknowledged(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    legal_demand_t demand = legal_demand_of(&w.policy, &w.campaign, 3);
    assert_int_equal(demand.version, 3);
    assert_null(demand.campaign);
    legal_asked_t asked = legal_ask(&w.actor, &w.ana, &demand, DAY0, NULL);
    assert_int_equal(asked.task.due_on, DAY0);
    assert_int_equal(asked.task.escalations.count, 3);

    w.policy.must_acknowledge = false;
    assert_int_equal(legal_demand_of(&w.policy, &w.campaign, 3).version, 2);
    demand = legal_demand_of(&w.policy, NULL, 3);
    assert_int_equal(demand.version, 0);
    assert_false(legal_ask(&w.actor, &w.ana, &demand, DAY0, NULL).makes);
    kt_arena_destroy(&w.actor.arena);
}

static void
only_a_newer_version_is_asked_and_supersedes_what_is_open(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    legal_demand_t demand = legal_demand_of(&w.policy, &w.campaign, 0);
    assert_false(legal_ask(&w.actor, &w.ana, &demand, DAY0, &w.task).makes);
    w.task.version = 1;
    legal_asked_t asked = legal_ask(&w.actor, &w.ana, &demand, DAY0, &w.task);
    assert_true(asked.makes && asked.supersedes);
    assert_int_equal(asked.old.state, LEGAL_TASK_AT_SUPERSEDED);
    assert_int_equal(asked.old.changed_us, AT(DAY0));
    assert_int_equal(legal_asked_must(&asked), 0);
    w.task.state = LEGAL_TASK_AT_ATTESTED;
    asked = legal_ask(&w.actor, &w.ana, &demand, DAY0, &w.task);
    assert_true(asked.makes);
    assert_false(asked.supersedes);
    w.ana.left_on = DAY0 + 5;
    assert_false(legal_ask(&w.actor, &w.ana, &demand, DAY0, &w.task).makes);
    kt_arena_destroy(&w.actor.arena);
}

/* ---- campaigns: every refusal ---- */

typedef struct campaign_row {
    const char *name;
    void (*change)(world_t *w, legal_campaign_facts_t *facts);
    kt_code_t code;
    uint32_t reason;
} campaign_row_t;

static void
no_version(world_t *w, legal_campaign_facts_t *facts)
{
    (void)w;
    facts->version_there = false;
    facts->there = true;
}

static void
there_already(world_t *w, legal_campaign_facts_t *facts)
{
    w->policy.state = LEGAL_POLICY_AT_RETIRED;
    facts->there = true;
}

static void
retired(world_t *w, legal_campaign_facts_t *facts)
{
    w->policy.state = LEGAL_POLICY_AT_RETIRED;
    facts->running = &w->campaign;
}

static void
same_version_runs(world_t *w, legal_campaign_facts_t *facts)
{
    facts->running = &w->campaign;
}

static void
campaigns_are_refused(void **state)
{
    (void)state;
    static const campaign_row_t rows[] = {
        {"no such version", no_version, KT_NOT_FOUND, LEGAL_POLICY_VERSION_UNKNOWN},
        {"there already", there_already, KT_ALREADY_EXISTS, LEGAL_CAMPAIGN_EXISTS},
        {"retired", retired, KT_FAILED_PRECONDITION, LEGAL_POLICY_STATE},
        {"same version runs", same_version_runs, KT_FAILED_PRECONDITION, LEGAL_CAMPAIGN_STALE},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        world_t w;
        world_init(&w);
        legal_campaign_facts_t facts = {.version_there = true};
        legal_campaign_record_t draft = {.campaign = S("autumn"), .version = 2};
        rows[i].change(&w, &facts);
        kt_status_t status = legal_decide_start_campaign(&w.actor, &facts, &w.policy, &draft);
        if (status.code != (uint32_t)rows[i].code || status.reason != rows[i].reason)
            fail_msg("%s: %u %u", rows[i].name, (unsigned)status.code, (unsigned)status.reason);
        kt_arena_destroy(&w.actor.arena);
    }
}

static void
a_campaign_goes_on_while_it_runs(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    w.policy.campaign = w.campaign.campaign;
    assert_ok(legal_decide_continue_campaign(&w.actor, &w.policy, &w.campaign));
    w.policy.campaign = S("autumn");
    assert_status(legal_decide_continue_campaign(&w.actor, &w.policy, &w.campaign),
                  KT_FAILED_PRECONDITION, LEGAL_CAMPAIGN_OVER);
    w.policy.campaign = w.campaign.campaign;
    w.policy.state = LEGAL_POLICY_AT_RETIRED;
    assert_status(legal_decide_continue_campaign(&w.actor, &w.policy, &w.campaign),
                  KT_FAILED_PRECONDITION, LEGAL_CAMPAIGN_OVER);
    kt_arena_destroy(&w.actor.arena);
}

/* ---- attesting: every refusal, in its order ---- */

typedef struct attest_row {
    const char *name;
    void (*change)(world_t *w);
    kt_code_t code;
    uint32_t reason;
} attest_row_t;

static void
version_unknown(world_t *w)
{
    w->facts.version_there = false;
    w->facts.caller = NULL;
    w->facts.task = NULL;
}

static void
a_stranger(world_t *w)
{
    w->facts.caller = NULL;
    w->facts.task = NULL;
}

static void
anothers(world_t *w)
{
    w->order.employee = S("bo");
    w->facts.task = NULL;
}

static void
on_behalf(world_t *w)
{
    w->actor.on_behalf_of = S("bo.m");
}

static void
not_asked(world_t *w)
{
    w->facts.task = w->facts.newest = NULL;
    w->order.sha256[0] = 1;
}

static void
superseded(world_t *w)
{
    w->task.state = LEGAL_TASK_AT_SUPERSEDED;
    w->order.sha256[0] = 1;
}

static void
a_campaign_comes(world_t *w)
{
    w->asked.makes = true;
    w->asked.task = w->task;
    w->asked.task.version = 3;
    w->order.sha256[0] = 1;
}

static void
other_text(world_t *w)
{
    w->order.sha256[31] = 1;
    w->task.state = LEGAL_TASK_AT_CLOSED;
}

static void
closed(world_t *w)
{
    w->task.state = LEGAL_TASK_AT_CLOSED;
}

static void
no_employee(world_t *w)
{
    w->actor.roles_count = 0;
}

static void
attestations_are_refused(void **state)
{
    (void)state;
    static const attest_row_t rows[] = {
        {"no such version", version_unknown, KT_NOT_FOUND, LEGAL_POLICY_VERSION_UNKNOWN},
        {"nobody's principal", a_stranger, KT_FAILED_PRECONDITION, LEGAL_TASK_NOT_YOURS},
        {"another's", anothers, KT_FAILED_PRECONDITION, LEGAL_TASK_NOT_YOURS},
        {"on behalf of another", on_behalf, KT_FAILED_PRECONDITION, LEGAL_TASK_NOT_YOURS},
        {"not asked", not_asked, KT_NOT_FOUND, LEGAL_TASK_UNKNOWN},
        {"superseded", superseded, KT_FAILED_PRECONDITION, LEGAL_TASK_STALE},
        {"a campaign comes", a_campaign_comes, KT_FAILED_PRECONDITION, LEGAL_TASK_STALE},
        {"other text", other_text, KT_FAILED_PRECONDITION, LEGAL_TASK_OTHER_TEXT},
        {"closed", closed, KT_FAILED_PRECONDITION, LEGAL_TASK_STATE},
        {"no employee", no_employee, KT_FAILED_PRECONDITION, LEGAL_TASK_STATE},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        world_t w;
        legal_asked_t fx;
        world_init(&w);
        rows[i].change(&w);
        kt_status_t status = legal_decide_attest(&w.actor, &w.order, &w.facts, &fx);
        if (status.code != (uint32_t)rows[i].code || status.reason != rows[i].reason)
            fail_msg("%s: %u %u", rows[i].name, (unsigned)status.code, (unsigned)status.reason);
        kt_arena_destroy(&w.actor.arena);
    }
}

static void
attesting_is_done_once(void **state)
{
    (void)state;
    world_t w;
    legal_asked_t fx;
    world_init(&w);
    w.order.employee = S("ana");
    w.actor.on_behalf_of = S("ana.k");
    assert_ok(legal_decide_attest(&w.actor, &w.order, &w.facts, &fx));
    assert_true(fx.makes);
    assert_int_equal(fx.task.state, LEGAL_TASK_AT_ATTESTED);
    assert_int_equal(fx.task.changed_us, AT(DAY0));
    w.task = fx.task;
    w.actor.now_us = AT(DAY0 + 3);
    assert_ok(legal_decide_attest(&w.actor, &w.order, &w.facts, &fx));
    assert_false(fx.makes);
    assert_int_equal(fx.task.changed_us, AT(DAY0));
    kt_arena_destroy(&w.actor.arena);
}

static void
what_a_campaign_is_about_to_ask_may_be_attested(void **state)
{
    (void)state;
    world_t w;
    legal_asked_t fx;
    world_init(&w);
    w.task.version = 1;
    legal_demand_t demand = legal_demand_of(&w.policy, &w.campaign, 0);
    w.asked = legal_ask(&w.actor, &w.ana, &demand, DAY0 - 10, &w.task);
    w.facts.task = NULL;
    assert_ok(legal_decide_attest(&w.actor, &w.order, &w.facts, &fx));
    assert_true(fx.makes && fx.supersedes);
    assert_int_equal(fx.task.state, LEGAL_TASK_AT_ATTESTED);
    assert_int_equal(fx.task.version, 2);
    assert_int_equal(fx.old.state, LEGAL_TASK_AT_SUPERSEDED);
    kt_arena_destroy(&w.actor.arena);
}

/* ---- days that pass ---- */

static void
each_day_is_told_once(void **state)
{
    (void)state;
    world_t w;
    legal_escalation_record_t told[4];
    uint32_t count;
    world_init(&w);
    w.task.counts_from = DAY0;
    legal_due_t due = {.task = w.task, .next = DAY0 + 7};
    assert_true(legal_escalate(&w.actor, DAY0 + 6, &due, 1, told, 4, &count));
    assert_int_equal(count, 0);
    assert_false(due.moves);
    assert_true(legal_escalate(&w.actor, DAY0 + 14, &due, 1, told, 4, &count));
    assert_int_equal(count, 2);
    assert_int_equal(told[0].level, 1);
    assert_int_equal(told[0].passed_on, DAY0 + 7);
    assert_int_equal(told[1].level, 2);
    assert_int_equal(told[1].days, 14);
    assert_int_equal(due.after, DAY0 + 21);
    due = (legal_due_t){.task = w.task, .next = DAY0 + 21};
    assert_true(legal_escalate(&w.actor, DAY0 + 900, &due, 1, told, 4, &count));
    assert_int_equal(count, 1);
    assert_int_equal(told[0].level, 3);
    assert_string_equal(legal_escalation_role(told[0].level), "ceo");
    assert_int_equal(due.after, KT_DATE_NONE);
    kt_arena_destroy(&w.actor.arena);
}

static void
what_has_no_room_is_told_later(void **state)
{
    (void)state;
    world_t w;
    legal_escalation_record_t told[2];
    uint32_t count;
    world_init(&w);
    w.task.counts_from = DAY0;
    legal_due_t due[2] = {{.task = w.task, .next = DAY0 + 7}, {.task = w.task, .next = DAY0 + 7}};
    assert_false(legal_escalate(&w.actor, DAY0 + 30, due, 2, told, 2, &count));
    assert_int_equal(count, 2);
    assert_int_equal(due[0].after, DAY0 + 21);
    assert_false(due[1].moves);
    kt_arena_destroy(&w.actor.arena);
}

/* ---- compliance ---- */

/* The same rule, told the other way round: for each policy, the newest that was asked by then. */
static bool
oracle_missing(const legal_duty_t *duties, uint32_t count, const char *policy, int32_t date)
{
    const legal_duty_t *newest = NULL;
    for (uint32_t i = 0; i < count; i++)
        if (kt_span_equal(duties[i].task.policy, S(policy)) && duties[i].task.asked_on <= date)
            newest = &duties[i];
    if (!newest)
        return false;
    if (newest->policy_retired_us && newest->policy_retired_us < AT(date + 1) - 1)
        return false;
    bool ended = newest->task.state == LEGAL_TASK_AT_ATTESTED ||
                 newest->task.state == LEGAL_TASK_AT_CLOSED;
    return !(ended && newest->task.changed_us < AT(date + 1) - 1);
}

/* A history of up to four versions of one policy, as it can come about. */
static uint32_t
history(kt_prng_t *prng, const char *policy, bool must, legal_duty_t *duties)
{
    uint32_t count = (uint32_t)kt_prng_below(prng, 4);
    int64_t retired_us = kt_prng_below(prng, 4) == 0 ? AT(DAY0 + 60) : 0;
    int32_t asked = DAY0;
    for (uint32_t i = 0; i < count; i++) {
        asked += 1 + (int32_t)kt_prng_below(prng, 20);
        bool last = i + 1 == count;
        uint32_t ends = last ? LEGAL_TASK_AT_OPEN : LEGAL_TASK_AT_SUPERSEDED;
        if (kt_prng_below(prng, 2) == 0)
            ends = LEGAL_TASK_AT_ATTESTED;
        else if (last && kt_prng_below(prng, 3) == 0)
            ends = LEGAL_TASK_AT_CLOSED;
        duties[i] = (legal_duty_t){
            .task = {.policy = S(policy),
                     .version = i + 1,
                     .state = ends,
                     .must_acknowledge = must,
                     .asked_on = asked,
                     .due_on = asked + 10,
                     .changed_us = AT(asked + (int32_t)kt_prng_below(prng, 30))},
            .policy_retired_us = retired_us};
    }
    return count;
}

static void
compliance_is_what_was_asked_and_not_done_by_then(void **state)
{
    (void)state;
    uint64_t seed = 20261128;
    kt_prng_t prng;
    kt_prng_seed(&prng, seed);
    for (uint32_t run = 0; run < 3000; run++) {
        legal_duty_t duties[8];
        legal_missing_record_t missing[8];
        uint32_t count = history(&prng, "a", false, duties);
        count += history(&prng, "b", true, duties + count);
        legal_compliance_record_t got = {.on_date = DAY0 + (int32_t)kt_prng_below(&prng, 100)};
        legal_comply(duties, count, missing, &got);
        bool a = oracle_missing(duties, count, "a", got.on_date);
        bool b = oracle_missing(duties, count, "b", got.on_date);
        bool overdue = a && missing[0].overdue;
        if (got.missing.count != (uint32_t)a + (uint32_t)b || got.must_acknowledged == b ||
            got.complies != !(b || overdue))
            fail_msg("seed %llu, run %u", (unsigned long long)seed, run);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_sound),
        cmocka_unit_test(a_newcomer_has_as_many_days_as_the_others),
        cmocka_unit_test(what_is_in_effect_is_asked_where_it_must_be_acknowledged),
        cmocka_unit_test(only_a_newer_version_is_asked_and_supersedes_what_is_open),
        cmocka_unit_test(campaigns_are_refused),
        cmocka_unit_test(a_campaign_goes_on_while_it_runs),
        cmocka_unit_test(attestations_are_refused),
        cmocka_unit_test(attesting_is_done_once),
        cmocka_unit_test(what_a_campaign_is_about_to_ask_may_be_attested),
        cmocka_unit_test(each_day_is_told_once),
        cmocka_unit_test(what_has_no_room_is_told_later),
        cmocka_unit_test(compliance_is_what_was_asked_and_not_done_by_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
