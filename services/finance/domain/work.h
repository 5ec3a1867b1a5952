/*
 * work.h: the working set of a call that posts: every fact that its entries touch, each once.
 *
 * The store loads it whole before the first decision; decisions read it, and change it when they
 * accept an entry, so that the next entry of the call meets what this one left behind; the store
 * then writes each changed fact once. Two lines on one account share one position and one balance:
 * no update is lost.
 *
 * Facts live in the call's arena. Sets are chained hash tables over them that keep the order of
 * loading.
 */
#ifndef FIN_WORK_H
#define FIN_WORK_H

#include "domain/types.h"

#include <kt/arena.h>

/* Sums of as many int64 as an entry has lines. */
__extension__ typedef __int128 fin_wide_t;

/* Leads every kind of fact. */
typedef struct fin_fact {
    struct fin_fact *in_bucket;
    struct fin_fact *next; /* in the order of loading */
    uint64_t hash;
} fin_fact_t;

typedef struct fin_fact_set {
    fin_fact_t **buckets;
    uint64_t mask;
    fin_fact_t *first;
    fin_fact_t *last;
} fin_fact_set_t;

/* An empty set for about EXPECTED facts; false when the arena is used up. */
bool fin_fact_set_init(fin_fact_set_t *set, kt_arena_t *arena, size_t expected) KT_MUST_CHECK;
void fin_fact_set_add(fin_fact_set_t *set, fin_fact_t *fact, uint64_t hash);
/* The facts whose key may have this hash: start with NULL; NULL at the end. */
fin_fact_t *fin_fact_set_next(const fin_fact_set_t *set, const fin_fact_t *before, uint64_t hash);

uint64_t fin_hash_text(kt_span_t text);
uint64_t fin_hash_pair(uint64_t a, uint64_t b);

/* The book's months that entries fall into, and the series their fiscal year is numbered by. */
typedef struct fin_series_fact {
    fin_fact_t fact;
    int32_t year;
    uint64_t number;   /* of the newest entry; 0: none yet */
    uint64_t sequence; /* the newest entry's */
    bool changed;
} fin_series_fact_t;

typedef struct fin_month_fact {
    fin_fact_t fact;
    int32_t month;
    fin_month_state_t state;
    fin_series_fact_t *series;
} fin_month_fact_t;

typedef struct fin_account_fact {
    fin_fact_t fact;
    fin_account_record_t record; /* only `path` when it is not there */
    bool there;                  /* in the store, or opened by an entry of this call */
    bool opened;                 /* by an entry of this call */
} fin_account_fact_t;

typedef struct fin_commodity_fact {
    fin_fact_t fact;
    fin_commodity_record_t record; /* only `symbol` when it is not there */
    bool there;
    uint32_t mark; /* of the draft that `side` belongs to */
    uint32_t side;
} fin_commodity_fact_t;

/* An account in one commodity, over all dates. */
typedef struct fin_position_fact {
    fin_fact_t fact;
    fin_account_fact_t *account;
    fin_commodity_fact_t *commodity;
    fin_turnover_t total;
    struct fin_balance_fact
        *newest; /* its newest month that has lines, whose record holds the total; NULL: none */
    /* Loaded only where a decision asks for them: for a floor, and for a new hold. */
    const fin_floor_record_t *floor; /* NULL: none */
    fin_wide_t held_debit; /* what active holds would add to each side; neither is negative */
    fin_wide_t held_credit;
    uint32_t holds_count;
    bool holds_loaded;
    /* What the entry that is being decided adds; belongs to the decision of that mark. */
    uint64_t mark;
    fin_wide_t adds_debit;
    fin_wide_t adds_credit;
} fin_position_fact_t;

/* A position in one month: its days that have lines, in order. */
typedef struct fin_balance_fact {
    fin_fact_t fact;
    fin_position_fact_t *position;
    int32_t month;
    bool changed;
    uint32_t count;
    uint32_t capacity;
    fin_day_record_t
        *days; /* those that are new to this call have newest 0 until an entry is accepted */
} fin_balance_fact_t;

/* A source reference that an entry of the call brings. */
typedef struct fin_source_fact {
    fin_fact_t fact;
    kt_span_t ref;
    uint64_t sequence; /* the entry that has it; 0: none */
    uint64_t digest;
    int32_t year;
    uint64_t number;
    bool changed;
} fin_source_fact_t;

typedef struct fin_work {
    kt_arena_t *arena;
    fin_book_record_t book;
    int64_t now_us;
    int32_t likely_month; /* the newest of most accounts, so the first to be looked at */
    kt_span_t principal;
    uint64_t next_sequence;
    uint32_t account_last; /* the highest number in the book; loaded only where one may be opened */
    uint64_t mark;         /* of the newest decision */
    fin_account_fact_t
        *trading_parents[2]; /* equity and equity:trading; NULL: not loaded, nothing is exchanged */
    uint32_t opened_count;   /* trading accounts that this call opens */
    fin_fact_set_t accounts, commodities, positions, balances, months, series, sources;
} fin_work_t;

/* The fiscal year that a month belongs to: the calendar year it begins in. */
static inline int32_t
fin_fiscal_year(int32_t month, int32_t first_month)
{
    return (month - (first_month - 1)) / 12;
}

/* The day's slot in a balance; NULL when it has none. Moves when a slot is added. */
fin_day_record_t *fin_balance_day(const fin_balance_fact_t *balance, uint32_t day);
/* Adds the slot where it is missing; false when the arena is used up. */
bool
fin_balance_add_day(fin_balance_fact_t *balance, kt_arena_t *arena, uint32_t day) KT_MUST_CHECK;

#endif
