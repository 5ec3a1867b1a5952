/*
 * post.h: what posting reads and writes.
 *
 * Loads fill working sets in the call's arena. Statuses: as kt/kv.h says; DATA_LOSS with
 * KT_KV_CORRUPT for a record that does not read back; RESOURCE_EXHAUSTED without a reason when the
 * arena is used up; those named here.
 */
#ifndef FIN_STORE_POST_H
#define FIN_STORE_POST_H

#include "domain/hold.h"

#include <kt/call.h>

/* The department's own state: what a batch of writes remembers between its calls. */
typedef struct fin_state {
    uint64_t next_sequence; /* 0: ask the store */
} fin_state_t;

/* Loads every fact that DRAFTS touch, and points them at their facts. What is not there is a fact
 * too. NOT_FOUND: BOOK_UNKNOWN. Accounts and commodities come by name, as the drafts give them. */
kt_status_t fin_store_load_drafts(const kt_call_t *call, kt_span_t book, fin_draft_t *drafts,
                                  uint32_t count, fin_work_t **work);

/* Writes what POSTINGS, accepted by WORK, have changed: each record once. */
kt_status_t fin_store_apply_postings(const kt_call_t *call, fin_work_t *work,
                                     const fin_posting_t *postings, uint32_t count);

/* ---- reversals ---- */

typedef struct fin_reverse {
    kt_span_t book;
    int32_t year; /* the entry to be reversed */
    uint64_t number;
    bool dated; /* the draft has a date of its own; else it takes that of the entry */
} fin_reverse_t;

/* NOT_FOUND: BOOK_UNKNOWN, ENTRY_UNKNOWN. DRAFT has a date (when `dated`) and a description, maybe
 * empty; its lines are made here. */
kt_status_t
fin_store_load_reverse(const kt_call_t *call, const fin_reverse_t *reverse, fin_draft_t *draft,
                       fin_reversal_facts_t *facts, fin_work_t **work);

/* ---- holds ---- */

/* The positions of a new hold between two accounts. NOT_FOUND: BOOK_UNKNOWN. */
typedef struct fin_reserve {
    kt_span_t book;
    kt_span_t debit_account;
    kt_span_t credit_account;
    kt_span_t commodity;
} fin_reserve_t;
kt_status_t fin_store_load_reserve(const kt_call_t *call, const fin_reserve_t *reserve,
                                   fin_hold_facts_t *facts, fin_work_t **work);

/* NOT_FOUND: BOOK_UNKNOWN, HOLD_UNKNOWN. The hold is in the call's arena. */
kt_status_t fin_store_load_hold(const kt_call_t *call, kt_span_t book, const kt_ulid_t *id,
                                fin_hold_record_t *hold, fin_work_t **work);
/* The same, and the facts of the entry that COMMIT makes of it; DRAFT has a date and maybe a
 * description, which becomes the hold's when empty; its lines are made here. */
kt_status_t fin_store_load_commit(const kt_call_t *call, kt_span_t book, const kt_ulid_t *id,
                                  const fin_commit_t *commit, fin_draft_t *draft,
                                  fin_hold_facts_t *facts, fin_work_t **work);

/* Writes HOLD, and what is left of it on both accounts while it is active. */
kt_status_t
fin_store_apply_hold(const kt_call_t *call, const fin_work_t *work, const fin_hold_record_t *hold);

/* Fills in the names of a view whose hold is there; borrowed until the next write. */
kt_status_t fin_store_hold_names(const kt_call_t *call, uint64_t part, fin_hold_view_t *view);

#endif
