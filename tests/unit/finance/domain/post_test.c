#include "world.h"

/* ---- one row for each refusal ---- */

static void
unknown_account(world_t *w)
{
    world_line(w, &w->a, &w->y, 5);
    world_line(w, &w->x, &w->u, -5);
}

static void
unknown_commodity(world_t *w)
{
    static fin_source_fact_t source = {.sequence = 3};
    world_line(w, &w->a, &w->y, 5);
    world_line(w, &w->b, &w->u, -6);
    w->draft.source = &source;
}

static void
source_exists(world_t *w)
{
    static fin_source_fact_t source = {.sequence = 3, .digest = 77, .year = 2026, .number = 2};
    world_line(w, &w->a, &w->u, 5);
    w->draft.source = &source;
    w->draft.digest = 77;
}

static void
source_conflict(world_t *w)
{
    source_exists(w);
    w->draft.digest = 78;
}

static void
unbalanced(world_t *w)
{
    world_line(w, &w->a, &w->u, 5);
    world_line(w, &w->b, &w->u, -6);
    w->month.state = FIN_MONTH_CLOSED;
}

static void
unbalanced_sum_past_64_bits(world_t *w)
{
    world_line(w, &w->a, &w->u, INT64_MAX);
    world_line(w, &w->b, &w->u, INT64_MAX);
    world_line(w, &w->d, &w->u, 2);
}

static void
one_line(world_t *w)
{
    world_line(w, &w->a, &w->u, 5);
}

static void
all_to_one_side(world_t *w)
{
    world_line(w, &w->a, &w->u, 5);
    world_line(w, &w->b, &w->e, 6);
}

static void
one_of_two_unbalanced(world_t *w)
{
    world_line(w, &w->a, &w->u, 5);
    world_line(w, &w->b, &w->u, -5);
    world_line(w, &w->a, &w->e, 5);
}

static void
period_never_opened(world_t *w)
{
    world_line(w, &w->a, &w->u, 5);
    world_line(w, &w->c, &w->u, -5);
    w->work.book.explicit_periods = true;
}

static void
period_not_opened(world_t *w)
{
    period_never_opened(w);
    w->month.state = FIN_MONTH_NOT_OPENED;
}

static void
period_closed(world_t *w)
{
    world_line(w, &w->a, &w->u, 5);
    world_line(w, &w->c, &w->u, -5);
    w->month.state = FIN_MONTH_CLOSED;
}

static void
explicit_period_closed(world_t *w)
{
    period_closed(w);
    w->work.book.explicit_periods = true;
}

static void
account_closed(world_t *w)
{
    world_line(w, &w->t, &w->u, 5);
    world_line(w, &w->c, &w->u, -5);
}

static void
account_reserved(world_t *w)
{
    world_line(w, &w->t, &w->u, 5);
    world_line(w, &w->a, &w->u, -5);
    world_floor(w, &w->a, &w->u, 0);
}

static void
floor_of_an_asset(world_t *w)
{
    world_line(w, &w->a, &w->u, -5);
    world_line(w, &w->d, &w->u, 5);
    world_floor(w, &w->a, &w->u, 0);
    world_position(w, &w->a, &w->u)->total.debit_minor = 4;
    world_position(w, &w->d, &w->u)->total.debit_minor = INT64_MAX;
}

static void
floor_of_a_liability(world_t *w)
{
    world_line(w, &w->a, &w->u, -5);
    world_line(w, &w->b, &w->u, 5);
    world_floor(w, &w->b, &w->u, 10);
    world_position(w, &w->b, &w->u)->total.credit_minor = 14;
}

static void
floor_by_two_lines(world_t *w)
{
    world_line(w, &w->a, &w->u, -5);
    world_line(w, &w->a, &w->u, -5);
    world_line(w, &w->d, &w->u, 10);
    world_floor(w, &w->a, &w->u, 0);
    world_position(w, &w->a, &w->u)->total.debit_minor = 9;
}

static void
floor_by_a_hold(world_t *w)
{
    world_line(w, &w->a, &w->u, -5);
    world_line(w, &w->d, &w->u, 5);
    world_floor(w, &w->a, &w->u, 0);
    world_position(w, &w->a, &w->u)->total.debit_minor = 10;
    world_position(w, &w->a, &w->u)->held_credit = 6;
    world_position(w, &w->a, &w->u)->held_debit = 100; /* may never come */
}

static void
total_overflows(world_t *w)
{
    world_line(w, &w->a, &w->u, 5);
    world_line(w, &w->d, &w->u, -5);
    world_position(w, &w->a, &w->u)->total.debit_minor = INT64_MAX - 4;
}

static void
total_overflows_by_two_lines(world_t *w)
{
    world_line(w, &w->a, &w->u, 3);
    world_line(w, &w->a, &w->u, 3);
    world_line(w, &w->d, &w->u, -6);
    world_position(w, &w->a, &w->u)->total.debit_minor = INT64_MAX - 5;
}

static void
the_least_amount_overflows(world_t *w)
{
    world_line(w, &w->a, &w->u, INT64_MIN);
    world_line(w, &w->d, &w->u, INT64_MAX);
    world_line(w, &w->b, &w->u, 1);
}

static void
exchange_overflows(world_t *w)
{
    world_line(w, &w->a, &w->u, INT64_MAX);
    world_line(w, &w->d, &w->u, 1);
    world_line(w, &w->a, &w->e, -1);
}

static void
trading_total_overflows(world_t *w)
{
    world_line(w, &w->a, &w->u, 2);
    world_line(w, &w->a, &w->e, -1);
    world_position(w, &w->trading[0], &w->u)->total.credit_minor = INT64_MAX - 1;
}

static void
too_many_accounts(world_t *w)
{
    world_line(w, &w->a, &w->u, 2);
    world_line(w, &w->a, &w->e, -1);
    w->work.account_last = FIN_ACCOUNTS_MAX -
                           2; /* three are opened: equity:trading and two below */
}

static void
too_many_commodities(world_t *w)
{
    world_line(w, &w->a, &w->u, 2);
    world_line(w, &w->a, &w->e, -1);
    w->work.opened_count = FIN_TRADING_OPENED_MAX - 1;
}

static const struct {
    const char *name;
    void (*make)(world_t *w);
    kt_code_t code;
    uint32_t reason;
} refusals[] = {
    {"unknown account", unknown_account, KT_NOT_FOUND, FIN_ACCOUNT_UNKNOWN},
    {"unknown commodity", unknown_commodity, KT_NOT_FOUND, FIN_COMMODITY_UNKNOWN},
    {"source exists", source_exists, KT_ALREADY_EXISTS, FIN_SOURCE_EXISTS},
    {"source conflict", source_conflict, KT_ALREADY_EXISTS, FIN_SOURCE_CONFLICT},
    {"unbalanced", unbalanced, KT_FAILED_PRECONDITION, FIN_ENTRY_UNBALANCED},
    {"unbalanced past 64 bits", unbalanced_sum_past_64_bits, KT_FAILED_PRECONDITION,
     FIN_ENTRY_UNBALANCED},
    {"one line", one_line, KT_FAILED_PRECONDITION, FIN_ENTRY_UNBALANCED},
    {"all to one side", all_to_one_side, KT_FAILED_PRECONDITION, FIN_ENTRY_UNBALANCED},
    {"one of two unbalanced", one_of_two_unbalanced, KT_FAILED_PRECONDITION, FIN_ENTRY_UNBALANCED},
    {"never opened", period_never_opened, KT_FAILED_PRECONDITION, FIN_PERIOD_NOT_OPEN},
    {"not opened", period_not_opened, KT_FAILED_PRECONDITION, FIN_PERIOD_NOT_OPEN},
    {"period closed", period_closed, KT_FAILED_PRECONDITION, FIN_PERIOD_CLOSED},
    {"explicit period closed", explicit_period_closed, KT_FAILED_PRECONDITION, FIN_PERIOD_CLOSED},
    {"account closed", account_closed, KT_FAILED_PRECONDITION, FIN_ACCOUNT_CLOSED},
    {"account reserved", account_reserved, KT_FAILED_PRECONDITION, FIN_ACCOUNT_RESERVED},
    {"floor of an asset", floor_of_an_asset, KT_FAILED_PRECONDITION, FIN_FLOOR_REACHED},
    {"floor of a liability", floor_of_a_liability, KT_FAILED_PRECONDITION, FIN_FLOOR_REACHED},
    {"floor by two lines", floor_by_two_lines, KT_FAILED_PRECONDITION, FIN_FLOOR_REACHED},
    {"floor by a hold", floor_by_a_hold, KT_FAILED_PRECONDITION, FIN_FLOOR_REACHED},
    {"total overflows", total_overflows, KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW},
    {"by two lines", total_overflows_by_two_lines, KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW},
    {"the least amount", the_least_amount_overflows, KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW},
    {"exchange overflows", exchange_overflows, KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW},
    {"trading total overflows", trading_total_overflows, KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW},
    {"too many accounts", too_many_accounts, KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_ACCOUNTS},
    {"too many commodities", too_many_commodities, KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_COMMODITIES},
};

static void
every_refusal_has_its_reason_and_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(refusals); i++) {
        world_t w;
        world_init(&w);
        refusals[i].make(&w);
        fin_turnover_t before[KT_COUNT(w.positions)];
        for (uint32_t p = 0; p < w.positions_count; p++)
            before[p] = w.positions[p].total;
        uint32_t opened = w.work.opened_count;
        kt_status_t status = fin_decide_post(&w.work, &w.draft, &w.posting);
        if (status.code != (uint32_t)refusals[i].code || status.reason != refusals[i].reason)
            fail_msg("%s: %s, reason %u: %s", refusals[i].name, kt_code_name(status.code),
                     (unsigned)status.reason, status.text ? status.text : "");
        assert_int_equal(w.work.next_sequence, 7);
        assert_int_equal(w.series.number, 3);
        assert_int_equal(w.work.opened_count, opened);
        for (uint32_t p = 0; p < w.positions_count; p++) {
            assert_true(w.positions[p].total.debit_minor == before[p].debit_minor);
            assert_true(w.positions[p].total.credit_minor == before[p].credit_minor);
            assert_false(w.balances[p].changed);
            assert_int_equal(w.balances[p].days[0].newest, 0);
        }
        world_fini(&w);
    }
}

static void
too_many_lines_with_the_ledgers_own(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    static fin_draft_line_t lines[FIN_DRAFT_LINES_MAX];
    world_line(&w, &w.a, &w.u, 1);
    world_line(&w, &w.a, &w.e, -1);
    world_line(&w, &w.a, &w.f, 1);
    for (uint32_t i = 0; i < FIN_DRAFT_LINES_MAX; i++)
        lines[i] = w.lines[i % 3];
    for (uint32_t i = 0; i < 3; i++)
        w.sides[i].sum *= FIN_DRAFT_LINES_MAX / 3;
    w.draft.lines = lines;
    w.draft.lines_count = FIN_DRAFT_LINES_MAX;
    assert_status(fin_decide_post(&w.work, &w.draft, &w.posting), KT_RESOURCE_EXHAUSTED,
                  FIN_TOO_MANY_LINES);
    w.sides[2].sum = 0; /* two of its own are as many as fit */
    assert_ok(fin_decide_post(&w.work, &w.draft, &w.posting));
    assert_int_equal(w.posting.entry.lines_count, FIN_ENTRY_LINES_MAX);
    world_fini(&w);
}

/* ---- what is accepted ---- */

static void
an_entry_moves_what_it_touches(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    world_line(&w, &w.a, &w.u, 5);
    world_line(&w, &w.b, &w.u, -5);
    fin_position_fact_t *a = world_position(&w, &w.a, &w.u), *b = world_position(&w, &w.b, &w.u);
    world_balance(&w, a)->days[0].newest = FIN_LINE_NAME(2, 1);
    w.draft.description = kt_span_str("rent");
    assert_ok(fin_decide_post(&w.work, &w.draft, &w.posting));
    const fin_entry_record_t *entry = &w.posting.entry;
    assert_true(entry->sequence == 7 && entry->number == 4 && entry->year == 2026);
    assert_true(entry->previous == 5 && entry->lines_count == 2 && entry->own_count == 0);
    assert_true(entry->date == w.draft.date && entry->posted_us == 1000);
    assert_span_equal(entry->posted_by, kt_span_str("clerk"));
    assert_true(w.posting.lines[0].account == 1 && w.posting.lines[0].commodity == 10000);
    assert_true(w.posting.lines[0].amount_minor == 5);
    assert_true(w.posting.lines[0].previous == FIN_LINE_NAME(2, 1));
    assert_true(w.posting.lines[1].previous == 0);
    assert_true(a->total.debit_minor == 5 && b->total.credit_minor == 5);
    assert_true(world_balance(&w, a)->days[0].newest == FIN_LINE_NAME(7, 0));
    assert_true(world_balance(&w, b)->days[0].turnover.credit_minor == 5);
    assert_true(w.work.next_sequence == 8 && w.series.number == 4 && w.series.sequence == 7);
    assert_true(world_balance(&w, a)->changed && world_balance(&w, b)->changed && w.series.changed);
    assert_ptr_equal(a->newest, world_balance(&w, a));
    world_fini(&w);
}

static void
an_account_stands_on_two_lines(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    world_line(&w, &w.a, &w.u, 5);
    world_line(&w, &w.a, &w.u, -3);
    world_line(&w, &w.a, &w.u, -2);
    assert_ok(fin_decide_post(&w.work, &w.draft, &w.posting));
    fin_position_fact_t *a = world_position(&w, &w.a, &w.u);
    assert_true(a->total.debit_minor == 5 && a->total.credit_minor == 5);
    assert_true(w.posting.lines[1].previous == FIN_LINE_NAME(7, 0));
    assert_true(w.posting.lines[2].previous == FIN_LINE_NAME(7, 1));
    assert_true(world_balance(&w, a)->days[0].newest == FIN_LINE_NAME(7, 2));
    world_fini(&w);
}

static void
an_exchange_gets_the_ledgers_own_lines(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    world_line(&w, &w.a, &w.u, 100);
    world_line(&w, &w.d, &w.e, -90);
    world_line(&w, &w.a, &w.f, 7);
    world_line(&w, &w.b, &w.f, -7);
    assert_ok(fin_decide_post(&w.work, &w.draft, &w.posting));
    assert_true(w.posting.entry.lines_count == 6 && w.posting.entry.own_count == 2);
    const fin_line_record_t *own = &w.posting.lines[4];
    assert_true(own[0].amount_minor == -100 && own[0].commodity == 10000);
    assert_true(own[1].amount_minor == 90 && own[1].commodity == 10001);
    /* equity was there; equity:trading and the two accounts are opened, numbered on from 6. */
    assert_true(w.parents[1].opened && w.parents[1].record.number == 7);
    assert_true(w.parents[1].record.type == FIN_TYPE_TRADING);
    assert_true(own[0].account == 8 && own[1].account == 9 && !w.trading[2].there);
    assert_true(w.trading[0].opened && w.trading[0].record.type == FIN_TYPE_TRADING);
    assert_false(w.parents[0].opened);
    assert_int_equal(w.work.opened_count, 2);
    world_fini(&w);
}

static void
a_one_sided_entry_is_balanced_by_the_ledger(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    world_line(&w, &w.a, &w.u, 100);
    w.draft.one_sided = true;
    assert_ok(fin_decide_post(&w.work, &w.draft, &w.posting));
    assert_true(w.posting.entry.lines_count == 2 && w.posting.entry.own_count == 1);
    assert_true(w.posting.lines[1].amount_minor == -100);
    world_fini(&w);
}

static void
floors_let_through_what_raises_or_just_fits(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    world_line(&w, &w.a, &w.u, -5);
    world_line(&w, &w.b, &w.u, 5);
    world_floor(&w, &w.a, &w.u, 0);
    world_floor(&w, &w.b, &w.u, 20);
    fin_position_fact_t *a = world_position(&w, &w.a, &w.u), *b = world_position(&w, &w.b, &w.u);
    a->total.debit_minor = 11;
    a->held_credit = 6;
    b->total.credit_minor = 25;
    assert_ok(fin_decide_post(&w.work, &w.draft, &w.posting)); /* down to the floors exactly */
    w.draft.lines[0].amount_minor = 1;
    w.draft.lines[1].amount_minor = -1;
    a->held_credit = 1000; /* below its floor: what raises it is welcome */
    assert_ok(fin_decide_post(&w.work, &w.draft, &w.posting));
    world_fini(&w);
}

static void
a_second_entry_of_the_call_meets_the_first(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    fin_source_fact_t source = {.ref = kt_span_str("bank:1")};
    world_line(&w, &w.a, &w.u, 5);
    world_line(&w, &w.b, &w.u, -5);
    w.draft.source = &source;
    w.draft.digest = 9;
    assert_ok(fin_decide_post(&w.work, &w.draft, &w.posting));
    assert_true(source.changed && source.sequence == 7 && source.number == 4);
    kt_status_t again = fin_decide_post(&w.work, &w.draft, &w.posting);
    assert_status(again, KT_ALREADY_EXISTS, FIN_SOURCE_EXISTS);
    assert_string_equal(again.text, "posted before as entry 2026-000004");
    w.draft.source = NULL;
    assert_ok(fin_decide_post(&w.work, &w.draft, &w.posting));
    assert_true(w.posting.entry.number == 5 && w.posting.entry.previous == 7);
    assert_true(w.posting.lines[0].previous == FIN_LINE_NAME(7, 0));
    world_fini(&w);
}

static void
out_of_memory_is_a_refusal(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    world_line(&w, &w.a, &w.u, 5);
    world_line(&w, &w.b, &w.u, -5);
    while (kt_arena_alloc(w.arena, 16) != NULL)
        ;
    assert_status(fin_decide_post(&w.work, &w.draft, &w.posting), KT_RESOURCE_EXHAUSTED, 0);
    assert_int_equal(w.work.next_sequence, 7);
    world_fini(&w);
}

/* ---- reversals ---- */

static void
reversals(void **state)
{
    (void)state;
    world_t w;
    world_init(&w);
    fin_line_record_t lines[] = {{.account = 1, .commodity = 10000, .amount_minor = 5},
                                 {.account = 5, .commodity = 10000, .amount_minor = -5}};
    fin_reversal_facts_t facts = {
        .original =
            {.entry = {.sequence = 4, .year = 2026, .number = 2, .lines_count = 2, .own_count = 1},
             .lines = lines},
        .reversed = true,
        .by_year = 2026,
        .by_number = 3};
    assert_ok(fin_draft_reversal(w.arena, &facts.original, &w.draft));
    assert_span_equal(w.draft.description, kt_span_str("Reversal of 2026-000002"));
    fin_account_fact_t *accounts[] = {&w.a, &w.t};
    for (uint32_t i = 0; i < 2; i++) {
        w.draft.lines[i].position = world_position(&w, accounts[i], &w.u);
        w.draft.lines[i].balance = world_balance(&w, w.draft.lines[i].position);
    }
    facts.original.entry.reverses = 1;
    w.month.state = FIN_MONTH_CLOSED;
    kt_status_t status = fin_decide_reverse(&w.work, &facts, &w.draft, &w.posting);
    assert_status(status, KT_FAILED_PRECONDITION, FIN_ALREADY_REVERSED);
    assert_string_equal(status.text, "reversed already by entry 2026-000003");
    facts.reversed = false;
    assert_status(fin_decide_reverse(&w.work, &facts, &w.draft, &w.posting), KT_FAILED_PRECONDITION,
                  FIN_IS_REVERSAL);
    facts.original.entry.reverses = 0;
    assert_status(fin_decide_reverse(&w.work, &facts, &w.draft, &w.posting), KT_FAILED_PRECONDITION,
                  FIN_PERIOD_CLOSED);
    w.month.state = FIN_MONTH_NONE;
    assert_ok(fin_decide_reverse(&w.work, &facts, &w.draft, &w.posting));
    assert_true(w.posting.entry.reverses == 4 && w.posting.entry.own_count == 1);
    assert_true(w.posting.lines[0].amount_minor == -5 && w.posting.lines[1].amount_minor == 5);
    world_fini(&w);
}

/* ---- the parts ---- */

static void
fiscal_years_are_named_by_where_they_begin(void **state)
{
    (void)state;
    assert_int_equal(fin_fiscal_year(2026 * 12 + 0, 1), 2026);
    assert_int_equal(fin_fiscal_year(2026 * 12 + 11, 1), 2026);
    assert_int_equal(fin_fiscal_year(2026 * 12 + 2, 4), 2025); /* March, years from April */
    assert_int_equal(fin_fiscal_year(2026 * 12 + 3, 4), 2026);
    assert_int_equal(fin_fiscal_year(1 * 12 + 0, 12), 0);
    assert_int_equal(fin_fiscal_year(2026 * 12 + 11, 12), 2026);
}

static void
days_keep_their_order(void **state)
{
    (void)state;
    kt_arena_t *arena = kt_arena_new(4096, 1 << 16);
    fin_balance_fact_t balance = {0};
    for (uint32_t i = 0; i < 2 * FIN_DAYS_MAX; i++) /* 13 has no factor in common with 31 */
        assert_true(fin_balance_add_day(&balance, arena, i * 13 % FIN_DAYS_MAX + 1));
    assert_int_equal(balance.count, FIN_DAYS_MAX);
    for (uint32_t day = 1; day <= FIN_DAYS_MAX; day++)
        assert_ptr_equal(fin_balance_day(&balance, day), &balance.days[day - 1]);
    assert_null(fin_balance_day(&balance, 32));
    kt_arena_destroy(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_has_its_reason_and_changes_nothing),
        cmocka_unit_test(too_many_lines_with_the_ledgers_own),
        cmocka_unit_test(an_entry_moves_what_it_touches),
        cmocka_unit_test(an_account_stands_on_two_lines),
        cmocka_unit_test(an_exchange_gets_the_ledgers_own_lines),
        cmocka_unit_test(a_one_sided_entry_is_balanced_by_the_ledger),
        cmocka_unit_test(floors_let_through_what_raises_or_just_fits),
        cmocka_unit_test(a_second_entry_of_the_call_meets_the_first),
        cmocka_unit_test(out_of_memory_is_a_refusal),
        cmocka_unit_test(reversals),
        cmocka_unit_test(fiscal_years_are_named_by_where_they_begin),
        cmocka_unit_test(days_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
