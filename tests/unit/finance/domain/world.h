/*
 * world.h: a working set made by hand, as the store would load it, for tests of decisions.
 *
 * The book has accounts a to d: a and d assets, b a liability, c closed; t is a trading account, x
 * is not there. Commodities are U, E and F; Y is not there. 2026-11 has no period record; next
 * entry: sequence 7, number 4.
 */
#ifndef FIN_WORLD_H
#define FIN_WORLD_H

#include "testing.h"

#include "domain/hold.h"

typedef struct world {
    kt_arena_t *arena;
    fin_work_t work;
    fin_series_fact_t series;
    fin_month_fact_t month;
    fin_account_fact_t a, b, c, d, t, x, parents[2], trading[3];
    fin_commodity_fact_t u, e, f, y;
    fin_position_fact_t positions[32];
    fin_balance_fact_t balances[32];
    uint32_t positions_count;
    fin_draft_t draft;
    fin_draft_line_t lines[8];
    fin_draft_side_t sides[3];
    fin_posting_t posting;
} world_t;

static inline void
world_account(fin_account_fact_t *account, const char *path, uint32_t number, fin_type_t type)
{
    account->record.path = kt_span_str(path);
    account->record.number = number;
    account->record.type = type;
    account->there = number > 0;
}

static inline void
world_commodity(fin_commodity_fact_t *commodity, const char *symbol, uint32_t number)
{
    commodity->record.symbol = kt_span_str(symbol);
    commodity->record.number = number;
    commodity->there = number > 0;
}

static inline void
world_init(world_t *w)
{
    kt_arena_t *arena = kt_arena_new(65536, 1 << 20);
    *w = (world_t){.arena = arena};
    world_account(&w->a, "assets:a", 1, FIN_TYPE_ASSET);
    world_account(&w->b, "liabilities:b", 2, FIN_TYPE_LIABILITY);
    world_account(&w->c, "assets:c", 3, FIN_TYPE_ASSET);
    w->c.record.closed = true;
    world_account(&w->d, "assets:d", 4, FIN_TYPE_ASSET);
    world_account(&w->t, "equity:trading:Z", 5, FIN_TYPE_TRADING);
    world_account(&w->x, "assets:x", 0, FIN_TYPE_NONE);
    world_account(&w->parents[0], "equity", 6, FIN_TYPE_EQUITY);
    world_account(&w->parents[1], "equity:trading", 0, FIN_TYPE_NONE);
    world_account(&w->trading[0], "equity:trading:U", 0, FIN_TYPE_NONE);
    world_account(&w->trading[1], "equity:trading:E", 0, FIN_TYPE_NONE);
    world_account(&w->trading[2], "equity:trading:F", 0, FIN_TYPE_NONE);
    world_commodity(&w->u, "U", 10000);
    world_commodity(&w->e, "E", 10001);
    world_commodity(&w->f, "F", 10002);
    world_commodity(&w->y, "Y", 0);
    w->series = (fin_series_fact_t){.year = 2026, .number = 3, .sequence = 5};
    w->month = (fin_month_fact_t){.month = 2026 * 12 + 10, .series = &w->series};
    w->work = (fin_work_t){.arena = arena,
                           .book = {.part = FIN_PART(1, 1), .first_month = 1},
                           .now_us = 1000,
                           .principal = kt_span_str("clerk"),
                           .next_sequence = 7,
                           .account_last = 6,
                           .trading_parents = {&w->parents[0], &w->parents[1]}};
    w->draft = (fin_draft_t){.date = 20780, /* 2026-11-23 */
                             .month = 2026 * 12 + 10,
                             .day = 23,
                             .lines = w->lines,
                             .sides = w->sides,
                             .month_fact = &w->month};
}

static inline void
world_fini(world_t *w)
{
    kt_arena_destroy(&w->arena);
}

/* The position of an account and a commodity, made at first use, and its balance of the month. */
static inline fin_position_fact_t *
world_position(world_t *w, fin_account_fact_t *account, fin_commodity_fact_t *commodity)
{
    for (uint32_t i = 0; i < w->positions_count; i++)
        if (w->positions[i].account == account && w->positions[i].commodity == commodity)
            return &w->positions[i];
    assert_true(w->positions_count < KT_COUNT(w->positions));
    uint32_t i = w->positions_count++;
    w->positions[i].account = account;
    w->positions[i].commodity = commodity;
    w->balances[i].position = &w->positions[i];
    w->balances[i].month = w->draft.month;
    assert_true(fin_balance_add_day(&w->balances[i], w->arena, w->draft.day));
    return &w->positions[i];
}

static inline fin_balance_fact_t *
world_balance(world_t *w, const fin_position_fact_t *position)
{
    return &w->balances[position - w->positions];
}

/* Adds a line to the draft. */
static inline void
world_line(world_t *w, fin_account_fact_t *account, fin_commodity_fact_t *commodity, int64_t amount)
{
    assert_true(w->draft.lines_count < KT_COUNT(w->lines));
    fin_position_fact_t *position = world_position(w, account, commodity);
    fin_draft_line_t *line = &w->lines[w->draft.lines_count++];
    *line = (fin_draft_line_t){
        .amount_minor = amount, .position = position, .balance = world_balance(w, position)};
    uint32_t side = 0;
    while (side < w->draft.sides_count && w->sides[side].commodity != commodity)
        side++;
    if (side == w->draft.sides_count) {
        fin_position_fact_t *trading = world_position(w, &w->trading[side], commodity);
        w->sides[w->draft.sides_count++] = (fin_draft_side_t){
            .commodity = commodity,
            .trading = trading,
            .trading_balance = world_balance(w, trading)};
    }
    w->sides[side].sum += amount;
}

/* Gives a position a floor in its account's natural sense. */
static inline void
world_floor(world_t *w, fin_account_fact_t *account, fin_commodity_fact_t *commodity, int64_t floor)
{
    fin_account_record_t *record = &account->record;
    record->floors[record->floors_count].commodity = commodity->record.number;
    record->floors[record->floors_count].amount_minor = floor;
    world_position(w, account, commodity)->floor = &record->floors[record->floors_count++];
}

#endif
