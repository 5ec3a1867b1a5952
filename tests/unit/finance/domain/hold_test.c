#include "world.h"

static fin_hold_facts_t
facts_of(world_t *w, int64_t amount, int64_t committed)
{
    return (fin_hold_facts_t){.view.hold = {.debit_account = 2,
                                            .credit_account = 1,
                                            .commodity = 10000,
                                            .amount_minor = amount,
                                            .committed_minor = committed,
                                            .expires_us = 2000},
                              .debit = world_position(w, &w->b, &w->u),
                              .credit = world_position(w, &w->a, &w->u)};
}

static void
state_follows_from_facts_and_time(void **state)
{
    (void)state;
    fin_hold_record_t hold = {.amount_minor = 5, .expires_us = 2000};
    assert_int_equal(fin_hold_state(&hold, 1999), FIN_HELD_ACTIVE);
    assert_int_equal(fin_hold_state(&hold, 2000), FIN_HELD_EXPIRED);
    hold.released = true;
    assert_int_equal(fin_hold_state(&hold, 3000), FIN_HELD_RELEASED);
    hold.committed_minor = 5;
    assert_int_equal(fin_hold_state(&hold, 3000), FIN_HELD_COMMITTED);
}

/* ---- reserve ---- */

static void
reserve_unknown_account(world_t *w, fin_hold_facts_t *facts)
{
    facts->credit = world_position(w, &w->x, &w->y);
    facts->debit = world_position(w, &w->c, &w->y);
}

static void
reserve_unknown_commodity(world_t *w, fin_hold_facts_t *facts)
{
    facts->credit = world_position(w, &w->a, &w->y);
    facts->debit = world_position(w, &w->c, &w->y);
}

static void
reserve_on_closed(world_t *w, fin_hold_facts_t *facts)
{
    facts->credit = world_position(w, &w->t, &w->u);
    facts->debit = world_position(w, &w->c, &w->u);
}

static void
reserve_on_trading(world_t *w, fin_hold_facts_t *facts)
{
    facts->debit = world_position(w, &w->t, &w->u);
    world_floor(w, &w->a, &w->u, 0);
}

static void
reserve_past_the_floor(world_t *w, fin_hold_facts_t *facts)
{
    world_floor(w, &w->a, &w->u, 0);
    facts->credit->total.debit_minor = 10;
    facts->credit->held_credit = 6;
    facts->debit->held_debit = INT64_MAX;
}

static void
reserve_past_the_floor_of_the_debit_side(world_t *w, fin_hold_facts_t *facts)
{
    world_floor(w, &w->b, &w->u, 0);
    facts->debit->total.credit_minor = 4;
}

static void
reserve_overflows_debit(world_t *w, fin_hold_facts_t *facts)
{
    (void)w;
    facts->debit->held_debit = INT64_MAX - 4;
    facts->debit->holds_count = FIN_HOLDS_ACTIVE_MAX;
}

static void
reserve_overflows_credit(world_t *w, fin_hold_facts_t *facts)
{
    (void)w;
    facts->credit->held_credit = INT64_MAX - 4;
}

static void
reserve_too_many_debit(world_t *w, fin_hold_facts_t *facts)
{
    (void)w;
    facts->debit->holds_count = FIN_HOLDS_ACTIVE_MAX;
}

static void
reserve_too_many_credit(world_t *w, fin_hold_facts_t *facts)
{
    (void)w;
    facts->credit->holds_count = FIN_HOLDS_ACTIVE_MAX;
}

static const struct {
    void (*make)(world_t *w, fin_hold_facts_t *facts);
    kt_code_t code;
    uint32_t reason;
} reserve_refusals[] = {
    {reserve_unknown_account, KT_NOT_FOUND, FIN_ACCOUNT_UNKNOWN},
    {reserve_unknown_commodity, KT_NOT_FOUND, FIN_COMMODITY_UNKNOWN},
    {reserve_on_closed, KT_FAILED_PRECONDITION, FIN_ACCOUNT_CLOSED},
    {reserve_on_trading, KT_FAILED_PRECONDITION, FIN_ACCOUNT_RESERVED},
    {reserve_past_the_floor, KT_FAILED_PRECONDITION, FIN_FLOOR_REACHED},
    {reserve_past_the_floor_of_the_debit_side, KT_FAILED_PRECONDITION, FIN_FLOOR_REACHED},
    {reserve_overflows_debit, KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW},
    {reserve_overflows_credit, KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW},
    {reserve_too_many_debit, KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_HOLDS},
    {reserve_too_many_credit, KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_HOLDS},
};

static void
every_refusal_to_reserve(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(reserve_refusals); i++) {
        world_t w;
        world_init(&w);
        fin_hold_facts_t facts = facts_of(&w, 5, 0);
        reserve_refusals[i].make(&w, &facts);
        fin_hold_record_t hold = {0};
        assert_status(fin_decide_reserve(&w.work, &facts, &hold), reserve_refusals[i].code,
                      reserve_refusals[i].reason);
        assert_int_equal(hold.amount_minor, 0);
        world_fini(&w);
    }
}

static void
a_reserve_that_just_fits(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    fin_hold_facts_t facts = facts_of(&w, 5, 0);
    world_floor(&w, &w.a, &w.u, 0);
    facts.credit->total.debit_minor = 10;
    facts.credit->held_credit = 5;
    facts.credit->holds_count = FIN_HOLDS_ACTIVE_MAX - 1;
    facts.view.hold.debit_account = facts.view.hold.credit_account = facts.view.hold.commodity = 0;
    fin_hold_record_t hold;
    assert_ok(fin_decide_reserve(&w.work, &facts, &hold));
    assert_true(hold.debit_account == 2 && hold.credit_account == 1 && hold.commodity == 10000);
    world_fini(&w);
}

/* ---- release ---- */

static void
release_ends_what_is_active(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    fin_hold_record_t hold = {.amount_minor = 5, .expires_us = 2000};
    assert_ok(fin_decide_release(&w.work, &hold));
    assert_true(hold.released && hold.amount_minor == 5);
    assert_status(fin_decide_release(&w.work, &hold), KT_FAILED_PRECONDITION, FIN_HOLD_ENDED);
    hold = (fin_hold_record_t){.amount_minor = 5, .committed_minor = 5, .expires_us = 2000};
    assert_status(fin_decide_release(&w.work, &hold), KT_FAILED_PRECONDITION, FIN_HOLD_ENDED);
    hold = (fin_hold_record_t){.amount_minor = 5, .expires_us = 1000};
    assert_status(fin_decide_release(&w.work, &hold), KT_FAILED_PRECONDITION, FIN_HOLD_ENDED);
    assert_false(hold.released);
    world_fini(&w);
}

/* ---- commit ---- */

/* The draft of a commit: debit b, credit a. */
static void
draft_of(world_t *w, const fin_hold_facts_t *facts, const fin_commit_t *commit)
{
    int64_t amount = fin_commit_amount(&facts->view.hold, commit);
    world_line(w, &w->b, &w->u, amount);
    world_line(w, &w->a, &w->u, -amount);
}

static void
a_commit_is_refused_when_the_hold_ended(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    fin_hold_facts_t facts = facts_of(&w, 5, 5);
    fin_commit_t commit = {0};
    draft_of(&w, &facts, &commit);
    fin_commit_effects_t fx;
    w.month.state = FIN_MONTH_CLOSED;
    assert_status(fin_decide_commit(&w.work, &facts, &commit, &w.draft, &fx),
                  KT_FAILED_PRECONDITION, FIN_HOLD_ENDED);
    facts.view.hold.committed_minor = 3;
    commit.amount_minor = 3;
    assert_status(fin_decide_commit(&w.work, &facts, &commit, &w.draft, &fx),
                  KT_FAILED_PRECONDITION, FIN_HOLD_EXCEEDED);
    commit.amount_minor = 2;
    assert_status(fin_decide_commit(&w.work, &facts, &commit, &w.draft, &fx),
                  KT_FAILED_PRECONDITION, FIN_PERIOD_CLOSED);
    w.month.state = FIN_MONTH_NONE;
    facts.view.hold.parts_count = FIN_HOLD_PARTS_MAX;
    assert_status(fin_decide_commit(&w.work, &facts, &commit, &w.draft, &fx), KT_RESOURCE_EXHAUSTED,
                  FIN_TOO_MANY_PARTS);
    fin_source_fact_t source = {.sequence = 3, .digest = 1};
    w.draft.source = &source;
    assert_status(fin_decide_commit(&w.work, &facts, &commit, &w.draft, &fx), KT_ALREADY_EXISTS,
                  FIN_SOURCE_CONFLICT);
    world_fini(&w);
}

static void
a_commit_uses_what_it_held(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    fin_hold_facts_t facts = facts_of(&w, 10, 2);
    world_floor(&w, &w.a, &w.u, 0);
    facts.credit->total.debit_minor = 8;
    facts.credit->held_credit = 8; /* its own rest: not a minor unit is free beside it */
    facts.debit->held_debit = 8;
    fin_commit_t part = {.amount_minor = 3};
    draft_of(&w, &facts, &part);
    fin_commit_effects_t fx;
    assert_ok(fin_decide_commit(&w.work, &facts, &part, &w.draft, &fx));
    assert_true(fx.hold.committed_minor == 5 && !fx.hold.released && fx.hold.parts_count == 1);
    assert_true(fx.hold.parts[0].year == 2026 && fx.hold.parts[0].number == 4);
    assert_true(fx.posting.lines[0].amount_minor == 3 && fx.posting.lines[1].amount_minor == -3);
    assert_true(facts.credit->total.credit_minor == 3 && facts.credit->held_credit == 5);
    world_fini(&w);
}

static void
a_commit_of_the_rest(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    fin_hold_facts_t facts = facts_of(&w, 10, 2);
    fin_commit_t all = {0};
    draft_of(&w, &facts, &all);
    assert_int_equal(w.draft.lines[0].amount_minor, 8);
    fin_commit_effects_t fx;
    assert_ok(fin_decide_commit(&w.work, &facts, &all, &w.draft, &fx));
    assert_int_equal(fin_hold_state(&fx.hold, 1000), FIN_HELD_COMMITTED);
    world_fini(&w);
    world_init(&w);
    facts = facts_of(&w, 10, 2);
    fin_commit_t one = {.amount_minor = 1, .release_rest = true};
    draft_of(&w, &facts, &one);
    assert_ok(fin_decide_commit(&w.work, &facts, &one, &w.draft, &fx));
    assert_int_equal(fin_hold_state(&fx.hold, 1000), FIN_HELD_RELEASED);
    assert_int_equal(fin_hold_left(&fx.hold), 7);
    world_fini(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_follows_from_facts_and_time),
        cmocka_unit_test(every_refusal_to_reserve),
        cmocka_unit_test(a_reserve_that_just_fits),
        cmocka_unit_test(release_ends_what_is_active),
        cmocka_unit_test(a_commit_is_refused_when_the_hold_ended),
        cmocka_unit_test(a_commit_uses_what_it_held),
        cmocka_unit_test(a_commit_of_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
