#include "handlers/posting.h"

#include "codec/posting.h"
#include "store/post.h"

#include <kantor/rpc/v1/reason.kt.h>

/* Answers are made before the writes: the want of memory is a refusal too, and a refusal writes
 * nothing. */

#define CLERK "finance.clerk"

/* Money that comes from nowhere is for those who keep books, not for those who send their sales. */
static kt_status_t
check_one_sided(const kt_call_t *call, const fin_batch_t *batch)
{
    bool any = false;
    for (uint32_t i = 0; i < batch->count; i++)
        any |= batch->drafts[i].one_sided;
    if (!any || kt_call_has_role(call, CLERK))
        return kt_ok();
    return kt_error(KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING,
                    "one_sided is for callers with the role " CLERK);
}

kt_status_t
fin_post_entry(kt_call_t *call, const fin_post_entry_request_t *request,
               fin_posted_entry_t *response)
{
    fin_batch_t batch;
    fin_work_t *work;
    fin_posting_t posting;
    KT_TRY(fin_post_entry_from_pb(call, request, &batch));
    KT_TRY(check_one_sided(call, &batch));
    KT_TRY(fin_store_load_batch(call, &batch, &work));
    KT_TRY(fin_decide_post(work, &batch.drafts[0], &posting));
    KT_TRY(fin_posted_to_pb(call, &posting.entry, response));
    return fin_store_apply_postings(call, work, &posting, 1);
}

kt_status_t
fin_post_entries(kt_call_t *call, const fin_post_entries_request_t *request,
                 fin_post_entries_response_t *response)
{
    fin_batch_t batch;
    fin_work_t *work;
    fin_batch_effects_t fx;
    KT_TRY(fin_post_entries_from_pb(call, request, &batch));
    KT_TRY(check_one_sided(call, &batch));
    KT_TRY(fin_store_load_batch(call, &batch, &work));
    KT_TRY(fin_decide_batch(work, &batch, &fx));
    KT_TRY(fin_results_to_pb(call, fx.results, batch.count, response));
    return fin_store_apply_postings(call, work, fx.postings, fx.postings_count);
}

kt_status_t
fin_reverse_entry(kt_call_t *call, const fin_reverse_entry_request_t *request,
                  fin_posted_entry_t *response)
{
    fin_reverse_order_t order;
    fin_reversal_facts_t facts;
    fin_work_t *work;
    fin_posting_t posting;
    KT_TRY(fin_reverse_entry_from_pb(call, request, &order));
    KT_TRY(fin_store_load_reverse(call, &order, &facts, &work));
    KT_TRY(fin_decide_reverse(work, &facts, &order.draft, &posting));
    KT_TRY(fin_posted_to_pb(call, &posting.entry, response));
    return fin_store_apply_postings(call, work, &posting, 1);
}

kt_status_t
fin_reserve_hold(kt_call_t *call, const fin_reserve_hold_request_t *request, fin_hold_t *response)
{
    fin_reserve_order_t order;
    fin_hold_facts_t facts;
    fin_work_t *work;
    KT_TRY(fin_reserve_hold_from_pb(call, request, &order));
    KT_TRY(fin_store_load_reserve(call, &order, &facts, &work));
    KT_TRY(fin_decide_reserve(work, &facts, &order.view.hold));
    KT_TRY(fin_hold_to_pb(call, order.book, &order.view, response));
    return fin_store_apply_hold(call, work, &order.view.hold);
}

kt_status_t
fin_commit_hold(kt_call_t *call, const fin_commit_hold_request_t *request,
                fin_commit_hold_response_t *response)
{
    fin_commit_order_t order;
    fin_hold_facts_t facts;
    fin_work_t *work;
    fin_commit_effects_t fx;
    KT_TRY(fin_commit_hold_from_pb(call, request, &order));
    KT_TRY(fin_store_load_commit(call, &order, &facts, &work));
    KT_TRY(fin_decide_commit(work, &facts, &order.commit, &order.draft, &fx));
    facts.view.hold = fx.hold;
    KT_TRY(fin_commit_to_pb(call, order.book, &facts.view, &fx.posting.entry, response));
    KT_TRY(fin_store_apply_postings(call, work, &fx.posting, 1));
    return fin_store_apply_hold(call, work, &fx.hold);
}

kt_status_t
fin_release_hold(kt_call_t *call, const fin_release_hold_request_t *request, fin_hold_t *response)
{
    fin_release_order_t order;
    fin_hold_view_t view;
    fin_work_t *work;
    KT_TRY(fin_release_hold_from_pb(call, request, &order));
    KT_TRY(fin_store_load_release(call, &order, &view, &work));
    KT_TRY(fin_decide_release(work, &view.hold));
    KT_TRY(fin_hold_to_pb(call, order.book, &view, response));
    return fin_store_apply_hold(call, work, &view.hold);
}
