#include "arena_fixture.h"

#include "domain/periods.h"
#include "domain/reason.h"

#define REFUSED FIN_MONTH_NONE

/* Every state, every command, both kinds of book: what follows. */
static const struct {
    fin_month_state_t state;
    fin_period_command_t command;
    fin_month_state_t next_implicit, next_explicit;
} ROWS[] = {
    {FIN_MONTH_NOT_OPENED, FIN_OPEN_PERIOD, FIN_MONTH_OPEN, FIN_MONTH_OPEN},
    {FIN_MONTH_NOT_OPENED, FIN_CLOSE_PERIOD, FIN_MONTH_CLOSED, REFUSED},
    {FIN_MONTH_NOT_OPENED, FIN_REOPEN_PERIOD, REFUSED, REFUSED},
    {FIN_MONTH_OPEN, FIN_OPEN_PERIOD, REFUSED, REFUSED},
    {FIN_MONTH_OPEN, FIN_CLOSE_PERIOD, FIN_MONTH_CLOSED, FIN_MONTH_CLOSED},
    {FIN_MONTH_OPEN, FIN_REOPEN_PERIOD, REFUSED, REFUSED},
    {FIN_MONTH_CLOSED, FIN_OPEN_PERIOD, REFUSED, REFUSED},
    {FIN_MONTH_CLOSED, FIN_CLOSE_PERIOD, REFUSED, REFUSED},
    {FIN_MONTH_CLOSED, FIN_REOPEN_PERIOD, FIN_MONTH_OPEN, FIN_MONTH_OPEN},
};

static void
every_state_and_command_does_what_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(ROWS); i++)
        for (int explicit_periods = 0; explicit_periods < 2; explicit_periods++) {
            fin_period_order_t order = {.month = 2026 * 12 + 10, .command = ROWS[i].command};
            fin_period_facts_t facts = {.explicit_periods = explicit_periods != 0,
                                        .period = {.state = ROWS[i].state}};
            fin_month_state_t want = explicit_periods ? ROWS[i].next_explicit
                                                      : ROWS[i].next_implicit;
            fin_period_record_t next = {0};
            kt_status_t status = fin_decide_period(arena, &order, &facts, &next);
            assert_int_equal(next.state, want);
            if (want != REFUSED) {
                assert_ok(status);
                continue;
            }
            assert_status(status, KT_FAILED_PRECONDITION, FIN_PERIOD_STATE);
            assert_non_null(strstr(status.text, "2026-11"));
        }
}

static void
the_reason_of_the_last_reopening_stays(void **state)
{
    (void)state;
    fin_period_order_t order = {
        .month = 1,
        .command = FIN_REOPEN_PERIOD,
        .reason = kt_span_str("an invoice came late"),
        .principal = kt_span_str("analyst"),
        .now_us = 7,
    };
    fin_period_facts_t facts = {.period = {.month = 1, .state = FIN_MONTH_CLOSED}};
    fin_period_record_t next;
    assert_ok(fin_decide_period(arena, &order, &facts, &next));
    assert_span_equal(next.reason, order.reason);
    assert_span_equal(next.changed_by, order.principal);
    assert_int_equal(next.changed_us, 7);
    assert_int_equal(next.month, 1);

    facts.period = next;
    order = (fin_period_order_t){.month = 1, .command = FIN_CLOSE_PERIOD};
    assert_ok(fin_decide_period(arena, &order, &facts, &next));
    assert_span_equal(next.reason, kt_span_str("an invoice came late"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(every_state_and_command_does_what_the_table_says),
        ARENA_TEST(the_reason_of_the_last_reopening_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
