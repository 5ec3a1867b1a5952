/*
 * post.h: what makes a draft an entry. One mechanism for an entry alone, a batch, a reversal and a
 * hold's commit.
 */
#ifndef FIN_POST_H
#define FIN_POST_H

#include "domain/reason.h"
#include "domain/work.h"

#include <kt/status.h>

/* Trading accounts that one call may open: as many as its journal record has room for. */
#define FIN_TRADING_OPENED_MAX 256

typedef struct fin_draft_line {
    kt_span_t account; /* path; the codec fills these four */
    kt_span_t commodity;
    kt_span_t memo;
    int64_t amount_minor;
    fin_position_fact_t *position; /* the store fills these two; a position whose account or
                                      commodity is not there */
    fin_balance_fact_t *balance;   /* has no balance */
} fin_draft_line_t;

/* A commodity of a draft, with what its lines add up to. Where the draft may exchange, the ledger's
 * own account. */
typedef struct fin_draft_side {
    fin_commodity_fact_t *commodity;
    fin_wide_t sum;
    fin_position_fact_t *trading;
    fin_balance_fact_t *trading_balance;
} fin_draft_side_t;

typedef struct fin_draft {
    int32_t date; /* days; the codec fills these, or fin_draft_reversal */
    int32_t month;
    uint32_t day; /* 1..31 */
    kt_span_t description;
    kt_span_t source_ref; /* empty: none */
    bool one_sided;
    uint64_t reverses;  /* sequence; 0: none */
    uint32_t own_count; /* of a reversal: the last so many lines mirror the ledger's own */
    uint32_t lines_count;
    fin_draft_line_t *lines;
    uint64_t digest;           /* the store fills these */
    fin_source_fact_t *source; /* NULL: no reference */
    fin_month_fact_t *month_fact;
    uint32_t sides_count;
    fin_draft_side_t *sides;
} fin_draft_t;

/* An accepted entry, ready to be written. */
typedef struct fin_posting {
    fin_entry_record_t entry;
    fin_line_record_t *lines; /* entry.lines_count of them */
} fin_posting_t;

/* Sets the draft's date, month and day. */
static inline void
fin_draft_date(fin_draft_t *draft, int32_t days)
{
    kt_date_t date = kt_date_from_days(days);
    draft->date = days;
    draft->month = kt_month_of(date);
    draft->day = (uint32_t)date.day;
}

/* Whether a draft may get lines of the ledger's own, so that its trading accounts are among the
 * facts. */
static inline bool
fin_draft_may_exchange(const fin_draft_t *draft)
{
    return draft->reverses == 0 && (draft->one_sided || draft->sides_count >= 2);
}

/*
 * Decides DRAFT by the facts in WORK. Accepted: WORK has changed and POSTING is in its arena.
 * Refused: neither has. The three parts are for those that have rules of their own between them, in
 * the order of the reasons: fin_check_known    ACCOUNT_UNKNOWN, COMMODITY_UNKNOWN fin_check_source
 * SOURCE_EXISTS, SOURCE_CONFLICT; the text names the entry fin_accept         ENTRY_UNBALANCED,
 * PERIOD_NOT_OPEN, PERIOD_CLOSED, ACCOUNT_CLOSED, ACCOUNT_RESERVED, FLOOR_REACHED, AMOUNT_OVERFLOW,
 * TOO_MANY_LINES, TOO_MANY_ACCOUNTS, TOO_MANY_COMMODITIES RESOURCE_EXHAUSTED without a reason: the
 * arena is used up.
 */
kt_status_t fin_decide_post(fin_work_t *work, fin_draft_t *draft, fin_posting_t *posting);
kt_status_t fin_check_known(const fin_work_t *work, const fin_draft_t *draft);
kt_status_t fin_check_source(const fin_work_t *work, const fin_draft_t *draft);
kt_status_t fin_accept(fin_work_t *work, fin_draft_t *draft, fin_posting_t *posting);

/* FLOOR_REACHED when the position, less what active holds may take, would lie below its floor after
 * ADDS_DEBIT and ADDS_CREDIT; never when they do not lower it. */
kt_status_t fin_check_floor(const fin_work_t *work, const fin_position_fact_t *position,
                            fin_wide_t adds_debit, fin_wide_t adds_credit);

/* An entry as people name it, "2026-000123", in ARENA; empty when that is used up. */
#define FIN_ENTRY_NAME_BYTES 32
const char *fin_entry_name(kt_arena_t *arena, int32_t year, uint64_t number);
/* Reads what fin_entry_name writes, and the same with fewer or more zeros before the number. */
bool fin_entry_name_parse(kt_span_t name, int32_t *year, uint64_t *number);
/* The arena is used up. */
kt_status_t fin_out_of_memory(void);

/* ---- batches ---- */

/* What a call posts: one draft, or more of one book. */
typedef struct fin_batch {
    kt_span_t book;
    bool each; /* each entry stands for itself; else one refusal refuses all */
    uint32_t count;
    fin_draft_t *drafts;
} fin_batch_t;

/* What became of one draft. */
typedef struct fin_result {
    kt_status_t status;
    const fin_posting_t *posting; /* accepted; else NULL */
    const fin_source_fact_t
        *existing; /* SOURCE_EXISTS and SOURCE_CONFLICT: the entry that is there */
} fin_result_t;

typedef struct fin_batch_effects {
    fin_result_t *results;   /* one for each draft, in order */
    fin_posting_t *postings; /* of those that were accepted, in order */
    uint32_t postings_count;
} fin_batch_effects_t;

/* As fin_decide_post, draft by draft, each meeting what those before it left. Unless `each`, the
 * first refusal is the call's, and its text names the draft. */
kt_status_t fin_decide_batch(fin_work_t *work, const fin_batch_t *batch, fin_batch_effects_t *fx);

/* ---- reversals ---- */

/* Which entry is to be reversed. The draft has its description, maybe empty, and its date when
 * `dated`. */
typedef struct fin_reverse_order {
    kt_span_t book;
    int32_t year;
    uint64_t number;
    bool dated; /* else the date is the entry's */
    fin_draft_t draft;
} fin_reverse_order_t;

typedef struct fin_reversal_facts {
    fin_posting_t original;
    bool reversed;
    int32_t by_year; /* the entry that reverses it */
    uint64_t by_number;
} fin_reversal_facts_t;

/* The draft that mirrors ORIGINAL: its lines with the other sign, the ledger's own included.
 * Accounts and commodities are the store's to name. DATE and DESCRIPTION are the codec's; an empty
 * description becomes "Reversal of <entry>". */
kt_status_t
fin_draft_reversal(kt_arena_t *arena, const fin_posting_t *original, fin_draft_t *draft);
/* ALREADY_REVERSED, IS_REVERSAL, then as fin_decide_post. */
kt_status_t fin_decide_reverse(fin_work_t *work, const fin_reversal_facts_t *facts,
                               fin_draft_t *draft, fin_posting_t *posting);

#endif
