/*
 * posting.h: requests that post, into drafts; and what became of them, back.
 *
 * The _from_pb functions check shape and limits and refuse with INVALID_ARGUMENT BAD_FIELD, which
 * names the field, or with RESOURCE_EXHAUSTED when the call's arena is used up. What they make is
 * in the arena and borrows texts from the request; what the _to_pb functions make is in the arena.
 * A _to_pb function that fails has written nothing of use.
 */
#ifndef FIN_CODEC_POSTING_H
#define FIN_CODEC_POSTING_H

#include "domain/hold.h"

#include <kantor/finance/v1/ledger.kt.h>
#include <kt/call.h>

kt_status_t fin_post_entry_from_pb(kt_call_t *call, const fin_post_entry_request_t *request,
                                   fin_batch_t *batch);
kt_status_t fin_post_entries_from_pb(kt_call_t *call, const fin_post_entries_request_t *request,
                                     fin_batch_t *batch);

kt_status_t fin_reverse_entry_from_pb(kt_call_t *call, const fin_reverse_entry_request_t *request,
                                      fin_reverse_order_t *order);

kt_status_t fin_reserve_hold_from_pb(kt_call_t *call, const fin_reserve_hold_request_t *request,
                                     fin_reserve_order_t *order);

kt_status_t fin_commit_hold_from_pb(kt_call_t *call, const fin_commit_hold_request_t *request,
                                    fin_commit_order_t *order);

kt_status_t fin_release_hold_from_pb(kt_call_t *call, const fin_release_hold_request_t *request,
                                     fin_release_order_t *order);

/* ---- answers ---- */

kt_status_t fin_posted_to_pb(const kt_call_t *call, const fin_entry_record_t *entry,
                             fin_posted_entry_t *response);

kt_status_t fin_results_to_pb(const kt_call_t *call, const fin_result_t *results, uint32_t count,
                              fin_post_entries_response_t *response);
kt_status_t fin_commit_to_pb(const kt_call_t *call, kt_span_t book, const fin_hold_view_t *view,
                             const fin_entry_record_t *entry, fin_commit_hold_response_t *response);

/* As it is at the call's time. */
kt_status_t fin_hold_to_pb(const kt_call_t *call, kt_span_t book, const fin_hold_view_t *view,
                           fin_hold_t *response);

#endif
