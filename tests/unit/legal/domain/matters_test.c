/* Matters: every refusal in its order, and what a deadline is on a date. */
#include "testing.h"

#include "domain/matters.h"
#include "domain/reason.h"

#include <kt/prng.h>

#define S(t) kt_span_str(t)
#define DAY0 20000

typedef struct world {
    legal_actor_t actor;
    legal_matter_record_t matter;
    legal_deadline_record_t deadline;
} world_t;

static const char *const officer[] = {"legal.officer"};
static const char *const ceo[] = {"ceo"};

static world_t
world(void)
{
    return (world_t){
        .actor = {.arena = kt_arena_new(4096, 1 << 20),
                  .now_us = (int64_t)DAY0 * KT_US_PER_DAY + 9,
                  .principal = S("lea"),
                  .roles = officer,
                  .roles_count = 1},
        .matter = {.matter = S("m"), .state = LEGAL_MATTER_AT_OPEN},
        .deadline = {.matter = S("m"),
                     .deadline = S("reply"),
                     .due_on = DAY0 + 10,
                     .what = S("the reply"),
                     .source = 1,
                     .source_text = S("section 276"),
                     .met_on = KT_DATE_NONE,
                     .superseded_on = KT_DATE_NONE},
    };
}

static void
the_table_is_sound(void **state)
{
    (void)state;
    assert_null(kt_machine_wrong(&legal_matter_machine));
}

static void
opening_and_assigning(void **state)
{
    (void)state;
    world_t w = world();
    legal_matter_record_t draft = {.matter = S("m")};
    assert_status(legal_decide_open_matter(&w.actor, true, &draft), KT_ALREADY_EXISTS,
                  LEGAL_MATTER_EXISTS);
    assert_ok(legal_decide_open_matter(&w.actor, false, &draft));
    assert_int_equal(draft.state, LEGAL_MATTER_AT_INTAKE);
    assert_span_equal(draft.opened_by, S("lea"));
    assert_ok(legal_decide_assign(&w.actor, S("max"), &draft));
    assert_int_equal(draft.state, LEGAL_MATTER_AT_OPEN);
    assert_ok(legal_decide_assign(&w.actor, S("moe"), &draft));
    assert_span_equal(draft.assignee, S("moe"));
    draft.state = LEGAL_MATTER_AT_CLOSED;
    assert_status(legal_decide_assign(&w.actor, S("max"), &draft), KT_FAILED_PRECONDITION,
                  LEGAL_MATTER_STATE);
    kt_arena_destroy(&w.actor.arena);
}

static void
closing_needs_nothing_open(void **state)
{
    (void)state;
    world_t w = world();
    legal_close_facts_t facts = {S("reply"), S("mail")};
    w.matter.state = LEGAL_MATTER_AT_INTAKE;
    assert_status(legal_decide_close_matter(&w.actor, &facts, S("won"), &w.matter),
                  KT_FAILED_PRECONDITION, LEGAL_MATTER_STATE);
    w.matter.state = LEGAL_MATTER_AT_OPEN;
    assert_status(legal_decide_close_matter(&w.actor, &facts, S("won"), &w.matter),
                  KT_FAILED_PRECONDITION, LEGAL_DEADLINE_IS_PENDING);
    facts.pending_deadline.size = 0;
    assert_status(legal_decide_close_matter(&w.actor, &facts, S("won"), &w.matter),
                  KT_FAILED_PRECONDITION, LEGAL_HOLD_IS_ACTIVE);
    facts.active_hold.size = 0;
    assert_ok(legal_decide_close_matter(&w.actor, &facts, S("won"), &w.matter));
    assert_int_equal(w.matter.state, LEGAL_MATTER_AT_CLOSED);
    assert_status(legal_decide_close_matter(&w.actor, &facts, S("won"), &w.matter),
                  KT_FAILED_PRECONDITION, LEGAL_MATTER_STATE);
    kt_arena_destroy(&w.actor.arena);
}

static void
only_the_ceo_reopens(void **state)
{
    (void)state;
    world_t w = world();
    w.actor.roles = ceo;
    assert_status(legal_decide_reopen(&w.actor, S("new facts"), &w.matter), KT_FAILED_PRECONDITION,
                  LEGAL_MATTER_STATE);
    w.matter.state = LEGAL_MATTER_AT_CLOSED;
    w.actor.roles = officer;
    assert_status(legal_decide_reopen(&w.actor, S("new facts"), &w.matter), KT_FAILED_PRECONDITION,
                  LEGAL_MATTER_STATE);
    w.actor.roles = ceo;
    assert_ok(legal_decide_reopen(&w.actor, S("new facts"), &w.matter));
    assert_int_equal(w.matter.state, LEGAL_MATTER_AT_OPEN);
    kt_arena_destroy(&w.actor.arena);
}

/* ---- deadlines ---- */

static void
deadlines_are_added_within_limits(void **state)
{
    (void)state;
    world_t w = world();
    w.matter.state = LEGAL_MATTER_AT_CLOSED;
    w.matter.deadlines = LEGAL_DEADLINES_MAX;
    assert_status(legal_decide_add_deadline(&w.actor, true, &w.matter, &w.deadline),
                  KT_ALREADY_EXISTS, LEGAL_DEADLINE_EXISTS);
    assert_status(legal_decide_add_deadline(&w.actor, false, &w.matter, &w.deadline),
                  KT_FAILED_PRECONDITION, LEGAL_MATTER_STATE);
    w.matter.state = LEGAL_MATTER_AT_OPEN;
    assert_status(legal_decide_add_deadline(&w.actor, false, &w.matter, &w.deadline),
                  KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_DEADLINES);
    w.matter.deadlines--;
    w.deadline.met_on = 0; /* whatever the draft says */
    assert_ok(legal_decide_add_deadline(&w.actor, false, &w.matter, &w.deadline));
    assert_int_equal(w.matter.deadlines, LEGAL_DEADLINES_MAX);
    assert_int_equal(w.deadline.met_on, KT_DATE_NONE);
    kt_arena_destroy(&w.actor.arena);
}

static void
a_deadline_is_met_once(void **state)
{
    (void)state;
    world_t w = world();
    legal_meet_order_t order = {S("m"), S("reply"), DAY0, S("receipt 4")};
    w.matter.state = LEGAL_MATTER_AT_CLOSED;
    w.deadline.met_on = DAY0 - 1;
    w.deadline.superseded_on = DAY0 - 1;
    assert_status(legal_decide_meet(&w.actor, &w.matter, &order, &w.deadline),
                  KT_FAILED_PRECONDITION, LEGAL_MATTER_STATE);
    w.matter.state = LEGAL_MATTER_AT_INTAKE;
    assert_status(legal_decide_meet(&w.actor, &w.matter, &order, &w.deadline),
                  KT_FAILED_PRECONDITION, LEGAL_DEADLINE_IS_MET);
    w.deadline.met_on = KT_DATE_NONE;
    assert_status(legal_decide_meet(&w.actor, &w.matter, &order, &w.deadline),
                  KT_FAILED_PRECONDITION, LEGAL_DEADLINE_IS_SUPERSEDED);
    w.deadline.superseded_on = KT_DATE_NONE;
    assert_ok(legal_decide_meet(&w.actor, &w.matter, &order, &w.deadline));
    assert_int_equal(w.deadline.met_on, DAY0);
    assert_int_equal(w.deadline.due_on, DAY0 + 10);
    kt_arena_destroy(&w.actor.arena);
}

static void
an_order_puts_another_in_its_place(void **state)
{
    (void)state;
    world_t w = world();
    legal_deadline_record_t newer;
    legal_supersede_order_t order = {S("m"), S("reply"), S("order of 2 Nov"), S("reply-2"),
                                     DAY0 + 30};
    w.matter.state = LEGAL_MATTER_AT_CLOSED;
    w.matter.deadlines = LEGAL_DEADLINES_MAX;
    w.deadline.met_on = w.deadline.superseded_on = DAY0;
    static const struct {
        kt_code_t code;
        uint32_t reason;
    } rows[] = {
        {KT_ALREADY_EXISTS, LEGAL_DEADLINE_EXISTS},
        {KT_FAILED_PRECONDITION, LEGAL_MATTER_STATE},
        {KT_FAILED_PRECONDITION, LEGAL_DEADLINE_IS_MET},
        {KT_FAILED_PRECONDITION, LEGAL_DEADLINE_IS_SUPERSEDED},
        {KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_DEADLINES},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) { /* each step mends the first that is refused */
        assert_status(legal_decide_supersede_deadline(&w.actor, i == 0, &order, &w.matter,
                                                      &w.deadline, &newer),
                      rows[i].code, rows[i].reason);
        if (i == 1)
            w.matter.state = LEGAL_MATTER_AT_OPEN;
        if (i == 2)
            w.deadline.met_on = KT_DATE_NONE;
        if (i == 3)
            w.deadline.superseded_on = KT_DATE_NONE;
    }
    w.matter.deadlines = 1;
    assert_ok(
        legal_decide_supersede_deadline(&w.actor, false, &order, &w.matter, &w.deadline, &newer));
    assert_int_equal(w.matter.deadlines, 2);
    assert_int_equal(w.deadline.due_on, DAY0 + 10);
    assert_span_equal(w.deadline.superseded_by, S("reply-2"));
    assert_int_equal(newer.due_on, DAY0 + 30);
    assert_span_equal(newer.what, S("the reply"));
    assert_span_equal(newer.supersedes, S("reply"));
    assert_int_equal(newer.source, LEGAL_SOURCE_ORDER);
    assert_int_equal(newer.met_on, KT_DATE_NONE);
    kt_arena_destroy(&w.actor.arena);
}

/* For any history and date exactly one state holds, and these are the sentences that say which. */
static void
what_a_deadline_is_follows_from_the_date(void **state)
{
    (void)state;
    const uint64_t seed = 7;
    kt_prng_t prng;
    kt_prng_seed(&prng, seed);
    for (uint32_t run = 0; run < 5000; run++) {
        legal_deadline_record_t d = {.due_on = DAY0 + (int32_t)kt_prng_below(&prng, 20),
                                     .met_on = KT_DATE_NONE,
                                     .superseded_on = KT_DATE_NONE};
        int32_t ended = DAY0 + (int32_t)kt_prng_below(&prng, 30);
        uint64_t how = kt_prng_below(&prng, 3);
        int32_t date = DAY0 + (int32_t)kt_prng_below(&prng, 40);
        if (how == 1)
            d.met_on = ended;
        if (how == 2)
            d.superseded_on = ended;
        bool is_over = how != 0 && date >= ended;
        legal_deadline_at_t should = LEGAL_DEADLINE_PENDING;
        if (!is_over && date > d.due_on)
            should = LEGAL_DEADLINE_MISSED;
        else if (is_over && how == 2)
            should = LEGAL_DEADLINE_SUPERSEDED;
        else if (is_over)
            should = ended > d.due_on ? LEGAL_DEADLINE_MET_LATE : LEGAL_DEADLINE_MET;
        if (legal_deadline_state(&d, date) != should)
            fail_msg("seed %llu, run %u", (unsigned long long)seed, run);
        assert_int_equal(legal_deadline_waits(&d, date), how == 0 && date <= d.due_on);
    }
}

/* ---- costs ---- */

static void
costs_are_added_up_in_their_currency(void **state)
{
    (void)state;
    world_t w = world();
    legal_total_record_t all[LEGAL_CURRENCIES_MAX] = {{S("EUR"), INT64_MAX - 5},
                                                      {S("IDR"), INT64_MIN + 5}};
    kt_list_t totals = {all, LEGAL_CURRENCIES_MAX};
    legal_total_record_t total;
    legal_cost_record_t cost = {.currency = S("EUR"), .amount_minor = 6};
    w.matter.state = LEGAL_MATTER_AT_CLOSED;
    w.matter.costs = LEGAL_COSTS_MAX;
    assert_status(legal_decide_add_cost(&w.actor, &totals, &w.matter, &cost, &total),
                  KT_FAILED_PRECONDITION, LEGAL_MATTER_STATE);
    w.matter.state = LEGAL_MATTER_AT_OPEN;
    assert_status(legal_decide_add_cost(&w.actor, &totals, &w.matter, &cost, &total),
                  KT_OUT_OF_RANGE, LEGAL_COST_OVERFLOW);
    cost = (legal_cost_record_t){.currency = S("IDR"), .amount_minor = -6};
    assert_status(legal_decide_add_cost(&w.actor, &totals, &w.matter, &cost, &total),
                  KT_OUT_OF_RANGE, LEGAL_COST_OVERFLOW);
    cost = (legal_cost_record_t){.currency = S("USD"), .amount_minor = 3};
    assert_status(legal_decide_add_cost(&w.actor, &totals, &w.matter, &cost, &total),
                  KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_COSTS);
    w.matter.costs = 4;
    assert_status(legal_decide_add_cost(&w.actor, &totals, &w.matter, &cost, &total),
                  KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_CURRENCIES);
    totals.count = 2;
    assert_ok(legal_decide_add_cost(&w.actor, &totals, &w.matter, &cost, &total));
    assert_int_equal(total.amount_minor, 3);
    assert_int_equal(cost.number, 5);
    cost = (legal_cost_record_t){.currency = S("EUR"), .amount_minor = 5};
    assert_ok(legal_decide_add_cost(&w.actor, &totals, &w.matter, &cost, &total));
    assert_true(total.amount_minor == INT64_MAX);
    assert_int_equal(w.matter.costs, 6);
    kt_arena_destroy(&w.actor.arena);
}

/* ---- legal holds ---- */

static void
holds_are_placed_and_released(void **state)
{
    (void)state;
    world_t w = world();
    legal_hold_record_t hold = {.hold = S("mail")};
    bool changes;
    w.matter.state = LEGAL_MATTER_AT_CLOSED;
    w.matter.holds = LEGAL_HOLDS_MAX;
    assert_status(legal_decide_place_hold(&w.actor, true, &w.matter, &hold), KT_ALREADY_EXISTS,
                  LEGAL_HOLD_EXISTS);
    assert_status(legal_decide_place_hold(&w.actor, false, &w.matter, &hold),
                  KT_FAILED_PRECONDITION, LEGAL_MATTER_STATE);
    assert_status(legal_decide_release_hold(&w.actor, &w.matter, S("over"), &hold, &changes),
                  KT_FAILED_PRECONDITION, LEGAL_MATTER_STATE);
    w.matter.state = LEGAL_MATTER_AT_OPEN;
    assert_status(legal_decide_place_hold(&w.actor, false, &w.matter, &hold), KT_RESOURCE_EXHAUSTED,
                  LEGAL_TOO_MANY_HOLDS);
    w.matter.holds = 0;
    assert_ok(legal_decide_place_hold(&w.actor, false, &w.matter, &hold));
    assert_true(legal_is_active(&hold));
    assert_ok(legal_decide_release_hold(&w.actor, &w.matter, S("over"), &hold, &changes));
    assert_true(changes);
    assert_false(legal_is_active(&hold));
    w.matter.state = LEGAL_MATTER_AT_CLOSED;
    assert_ok(legal_decide_release_hold(&w.actor, &w.matter, S("again"), &hold, &changes));
    assert_false(changes);
    assert_span_equal(hold.reason, S("over"));
    kt_arena_destroy(&w.actor.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sound),
        cmocka_unit_test(opening_and_assigning),
        cmocka_unit_test(closing_needs_nothing_open),
        cmocka_unit_test(only_the_ceo_reopens),
        cmocka_unit_test(deadlines_are_added_within_limits),
        cmocka_unit_test(a_deadline_is_met_once),
        cmocka_unit_test(an_order_puts_another_in_its_place),
        cmocka_unit_test(what_a_deadline_is_follows_from_the_date),
        cmocka_unit_test(costs_are_added_up_in_their_currency),
        cmocka_unit_test(holds_are_placed_and_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
