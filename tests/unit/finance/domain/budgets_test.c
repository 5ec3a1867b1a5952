/* Budgets and reservations: every refusal has its row, and every step its arithmetic. */
#include "arena_fixture.h"

#include "domain/budgets.h"

#define NAME(text) kt_span_str(text)

/* A budget of 100: 10 reserved by r (until 2000), 20 by another (until 1000), 30 committed, 15
 * used. */
static fin_reservation_facts_t
facts_of(uint32_t state)
{
    return (fin_reservation_facts_t){
        .cost_centre = true,
        .found = true,
        .reservation = {.reservation = NAME("r"),
                        .amount_minor = 10,
                        .expires_us = 2000,
                        .reference = NAME(state == FIN_RESERVATION_RESERVED ? "" : "c-1"),
                        .state = state},
        .budget = {.from_month = 24310,
                   .to_month = 24321,
                   .allowance = {.limit = 100,
                                 .reserved = 30,
                                 .committed = 30,
                                 .used = 15,
                                 .active = 2,
                                 .seen_us = 500}},
    };
}

static void
assert_allowance(const fin_allowance_t *is, int64_t reserved, int64_t committed, int64_t used,
                 uint32_t active)
{
    assert_int_equal(is->reserved, reserved);
    assert_int_equal(is->committed, committed);
    assert_int_equal(is->used, used);
    assert_int_equal(is->active, active);
}

static void
the_table_is_sound(void **state)
{
    (void)state;
    assert_null(kt_machine_wrong(&fin_reservation_machine));
}

static void
state_follows_from_record_and_time(void **state)
{
    (void)state;
    fin_reservation_record_t r = {.state = FIN_RESERVATION_RESERVED, .expires_us = 2000};
    assert_int_equal(fin_reservation_state(&r, 1999), FIN_RESERVATION_RESERVED);
    assert_int_equal(fin_reservation_state(&r, 2000), FIN_RESERVATION_EXPIRED);
    r.state = FIN_RESERVATION_COMMITTED;
    assert_int_equal(fin_reservation_state(&r, INT64_MAX), FIN_RESERVATION_COMMITTED);
}

/* ---- budgets ---- */

static void
setting_a_budget(void **state)
{
    (void)state;
    static const struct {
        bool cost_centre, found;
        uint32_t from, to; /* of the order; the one there has 24310..24321 and 75 in use */
        int64_t limit, lapsed;
        uint32_t code, reason;
    } ROWS[] = {
        {false, false, 1, 2, 5, 0, KT_NOT_FOUND, FIN_COST_CENTRE_UNKNOWN},
        {true, false, 24310, 24321, 0, 0, KT_OK, 0},
        {true, true, 24300, 24310, 100, 0, KT_FAILED_PRECONDITION, FIN_BUDGET_OVERLAPS},
        {true, true, 24310, 24320, 100, 0, KT_FAILED_PRECONDITION, FIN_BUDGET_OVERLAPS},
        {true, true, 24311, 24321, 100, 0, KT_FAILED_PRECONDITION, FIN_BUDGET_OVERLAPS},
        {true, true, 24321, 24330, 100, 0, KT_FAILED_PRECONDITION, FIN_BUDGET_OVERLAPS},
        {true, true, 24300, 24309, 100, 0, KT_OK, 0}, /* ends before it begins */
        {true, true, 24310, 24321, 75, 0, KT_OK, 0},
        {true, true, 24310, 24321, 74, 0, KT_FAILED_PRECONDITION, FIN_BUDGET_BELOW_USE},
        {true, true, 24310, 24321, 55, 20, KT_OK, 0}, /* 20 have expired */
        {true, true, 24310, 24321, 54, 20, KT_FAILED_PRECONDITION, FIN_BUDGET_BELOW_USE},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_budget_facts_t facts = {.cost_centre = ROWS[i].cost_centre,
                                    .found = ROWS[i].found,
                                    .budget = facts_of(FIN_RESERVATION_RESERVED).budget,
                                    .lapsed = {ROWS[i].lapsed, ROWS[i].lapsed > 0}};
        fin_budget_record_t order = {
            .from_month = ROWS[i].from, .to_month = ROWS[i].to, .allowance.limit = ROWS[i].limit};
        kt_status_t status = fin_decide_set_budget(arena, &facts, 1000, &order);
        if (status.code != ROWS[i].code || status.reason != ROWS[i].reason)
            fail_msg("row %zu: %s %u", i, kt_code_name(status.code), (unsigned)status.reason);
        if (status.code == KT_OK)
            assert_int_equal(order.allowance.limit, ROWS[i].limit);
    }
}

/* ---- reservations ---- */

static void
reserving_is_refused(void **state)
{
    (void)state;
    static const struct {
        bool cost_centre, found, taken;
        int64_t amount;
        uint32_t active;
        uint32_t code, reason;
    } ROWS[] = {
        {false, false, true, 26, 2, KT_NOT_FOUND, FIN_COST_CENTRE_UNKNOWN},
        {true, false, true, 26, 2, KT_NOT_FOUND, FIN_BUDGET_UNKNOWN},
        {true, true, true, 26, 2, KT_ALREADY_EXISTS, FIN_RESERVATION_EXISTS},
        {true, true, false, 26, FIN_RESERVATIONS_ACTIVE_MAX, KT_FAILED_PRECONDITION,
         FIN_BUDGET_EXCEEDED},
        {true, true, false, INT64_MAX, 2, KT_FAILED_PRECONDITION, FIN_BUDGET_EXCEEDED},
        {true, true, false, 25, FIN_RESERVATIONS_ACTIVE_MAX, KT_RESOURCE_EXHAUSTED,
         FIN_TOO_MANY_RESERVATIONS},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_reservation_facts_t facts = facts_of(FIN_RESERVATION_NONE);
        facts.cost_centre = ROWS[i].cost_centre;
        facts.found = ROWS[i].found;
        facts.taken = ROWS[i].taken;
        facts.reservation.amount_minor = ROWS[i].amount;
        facts.budget.allowance.active = ROWS[i].active;
        kt_status_t status = fin_decide_reserve_budget(arena, 1000, &facts);
        if (status.code != ROWS[i].code || status.reason != ROWS[i].reason)
            fail_msg("row %zu: %s %u", i, kt_code_name(status.code), (unsigned)status.reason);
    }
}

static void
reserving_takes_what_is_free(void **state)
{
    (void)state;
    fin_reservation_facts_t facts = facts_of(FIN_RESERVATION_NONE);
    facts.reservation.amount_minor = 25;
    assert_ok(fin_decide_reserve_budget(arena, 600, &facts));
    assert_allowance(&facts.budget.allowance, 55, 30, 15, 3);
    assert_int_equal(facts.reservation.state, FIN_RESERVATION_RESERVED);
    assert_int_equal(facts.reservation.to_month, 24321);

    /* What has expired makes room first. */
    facts = facts_of(FIN_RESERVATION_NONE);
    facts.reservation.amount_minor = 45;
    facts.lapsed = (fin_lapsed_t){20, 1};
    assert_ok(fin_decide_reserve_budget(arena, 1000, &facts));
    assert_allowance(&facts.budget.allowance, 55, 30, 15, 2);
    assert_int_equal(facts.budget.allowance.seen_us, 1000);
}

/* What each command does to a reservation in each state, at a time. */
typedef struct row {
    uint32_t state, command;
    int64_t now_us;
    int64_t scheduled;
    const char *reference;
    bool refused;
    uint32_t next;
    int64_t reserved, committed, used; /* after it */
} row_t;

static const row_t COMMANDS[] = {
    {FIN_RESERVATION_RESERVED, FIN_RESERVATION_COMMIT, 1999, 0, "c-1", false,
     FIN_RESERVATION_COMMITTED, 20, 40, 15},
    {FIN_RESERVATION_RESERVED, FIN_RESERVATION_COMMIT, 2000, 0, "c-1", true, 0, 0, 0, 0},
    {FIN_RESERVATION_COMMITTED, FIN_RESERVATION_COMMIT, 9000, 0, "c-1", false,
     FIN_RESERVATION_COMMITTED, 30, 30, 15},
    {FIN_RESERVATION_COMMITTED, FIN_RESERVATION_COMMIT, 1000, 0, "c-2", true, 0, 0, 0, 0},
    {FIN_RESERVATION_SPENT, FIN_RESERVATION_COMMIT, 1000, 0, "c-1", false, FIN_RESERVATION_SPENT,
     30, 30, 15},
    {FIN_RESERVATION_SPENT, FIN_RESERVATION_COMMIT, 1000, 0, "c-2", true, 0, 0, 0, 0},
    {FIN_RESERVATION_RELEASED, FIN_RESERVATION_COMMIT, 1000, 0, "c-1", true, 0, 0, 0, 0},

    {FIN_RESERVATION_RESERVED, FIN_RESERVATION_RELEASE, 1999, 0, "", false,
     FIN_RESERVATION_RELEASED, 20, 30, 15},
    /* Expired: what it held is among what lapsed, and not given back twice. */
    {FIN_RESERVATION_RESERVED, FIN_RESERVATION_RELEASE, 2000, 0, "", false,
     FIN_RESERVATION_RELEASED, 30, 30, 15},
    {FIN_RESERVATION_COMMITTED, FIN_RESERVATION_RELEASE, 9000, 0, "", false,
     FIN_RESERVATION_RELEASED, 30, 20, 15},
    {FIN_RESERVATION_COMMITTED, FIN_RESERVATION_RELEASE, 1000, 1, "", true, 0, 0, 0, 0},
    {FIN_RESERVATION_SPENT, FIN_RESERVATION_RELEASE, 1000, 0, "", true, 0, 0, 0, 0},
    {FIN_RESERVATION_RELEASED, FIN_RESERVATION_RELEASE, 1000, 0, "", false,
     FIN_RESERVATION_RELEASED, 30, 30, 15},
};

static void
commands_move_money_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(COMMANDS); i++) {
        const row_t *row = &COMMANDS[i];
        fin_reservation_facts_t facts = facts_of(row->state);
        facts.reservation.scheduled_minor = row->scheduled;
        kt_status_t status = row->command == FIN_RESERVATION_COMMIT
                                 ? fin_decide_commit_budget(arena, row->now_us,
                                                            NAME(row->reference), &facts)
                                 : fin_decide_release_budget(arena, row->now_us, &facts);
        if (row->refused != kt_failed(status) ||
            (row->refused &&
             (status.code != KT_FAILED_PRECONDITION || status.reason != FIN_RESERVATION_STATE)))
            fail_msg("row %zu: %s %u", i, kt_code_name(status.code), (unsigned)status.reason);
        if (row->refused)
            continue;
        const fin_allowance_t *is = &facts.budget.allowance;
        if (facts.reservation.state != row->next || is->reserved != row->reserved ||
            is->committed != row->committed || is->used != row->used)
            fail_msg("row %zu: %s, %lld %lld %lld", i,
                     fin_reservation_machine.states[facts.reservation.state],
                     (long long)is->reserved, (long long)is->committed, (long long)is->used);
    }
}

static void
a_clock_that_runs_back_revives_nothing(void **state)
{
    (void)state;
    fin_reservation_facts_t facts = facts_of(FIN_RESERVATION_RESERVED);
    facts.budget.allowance.seen_us = 2000; /* it was dropped then */
    assert_status(fin_decide_commit_budget(arena, 1500, NAME("c-1"), &facts),
                  KT_FAILED_PRECONDITION, FIN_RESERVATION_STATE);
}

static void
spending_in_parts(void **state)
{
    (void)state;
    fin_reservation_facts_t facts = facts_of(FIN_RESERVATION_COMMITTED);
    facts.reservation.scheduled_minor = 10;
    assert_ok(fin_decide_spend_budget(arena, 9000, 4, &facts));
    assert_allowance(&facts.budget.allowance, 30, 26, 19, 2);
    assert_int_equal(facts.reservation.state, FIN_RESERVATION_COMMITTED);
    assert_int_equal(facts.reservation.scheduled_minor, 6);
    assert_ok(fin_decide_spend_budget(arena, 9000, 6, &facts));
    assert_allowance(&facts.budget.allowance, 30, 20, 25, 2);
    assert_int_equal(facts.reservation.state, FIN_RESERVATION_SPENT);
    for (uint32_t s = FIN_RESERVATION_RESERVED; s <= FIN_RESERVATION_RELEASED; s++) {
        facts = facts_of(s);
        facts.reservation.scheduled_minor = 10;
        if (s != FIN_RESERVATION_COMMITTED)
            assert_status(fin_decide_spend_budget(arena, 1000, 1, &facts), KT_FAILED_PRECONDITION,
                          FIN_RESERVATION_STATE);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(the_table_is_sound),
        ARENA_TEST(state_follows_from_record_and_time),
        ARENA_TEST(setting_a_budget),
        ARENA_TEST(reserving_is_refused),
        ARENA_TEST(reserving_takes_what_is_free),
        ARENA_TEST(commands_move_money_by_the_table),
        ARENA_TEST(a_clock_that_runs_back_revives_nothing),
        ARENA_TEST(spending_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
