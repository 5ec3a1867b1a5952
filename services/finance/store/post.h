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
#include "store/state.h"

#include <kt/call.h>

/* Loads every fact that the drafts touch, and points them at their facts. What is not there is a
 * fact too. NOT_FOUND: BOOK_UNKNOWN. Accounts and commodities come by name, as the drafts give
 * them. */
kt_status_t
fin_store_load_batch(const kt_call_t *call, const fin_batch_t *batch, fin_work_t **work);

/* Writes what POSTINGS, accepted by WORK, have changed: each record once. */
kt_status_t fin_store_apply_postings(const kt_call_t *call, fin_work_t *work,
                                     const fin_posting_t *postings, uint32_t count);

/* NOT_FOUND: BOOK_UNKNOWN, ENTRY_UNKNOWN. The order's draft gets its lines, its facts, and a date
 * if it has none. */
kt_status_t fin_store_load_reverse(const kt_call_t *call, fin_reverse_order_t *order,
                                   fin_reversal_facts_t *facts, fin_work_t **work);

/* ---- holds: their names and texts are copied into the call's arena ---- */

/* NOT_FOUND: BOOK_UNKNOWN. */
kt_status_t fin_store_load_reserve(const kt_call_t *call, const fin_reserve_order_t *order,
                                   fin_hold_facts_t *facts, fin_work_t **work);
/* NOT_FOUND: BOOK_UNKNOWN, HOLD_UNKNOWN. */
kt_status_t fin_store_load_release(const kt_call_t *call, const fin_release_order_t *order,
                                   fin_hold_view_t *view, fin_work_t **work);
/* The same, and the facts of the entry that the commit makes: the order's draft gets its lines, and
 * the hold's description if it has none. */
kt_status_t fin_store_load_commit(const kt_call_t *call, fin_commit_order_t *order,
                                  fin_hold_facts_t *facts, fin_work_t **work);

/* Writes HOLD, and what is left of it on both accounts while it is active. */
kt_status_t
fin_store_apply_hold(const kt_call_t *call, const fin_work_t *work, const fin_hold_record_t *hold);

/* Fills in the names of a view whose hold is there; borrowed until the next write. */
kt_status_t fin_store_hold_names(const kt_call_t *call, uint64_t part, fin_hold_view_t *view);

#endif
