#include "store/facts.h"
#include "store/lookup.h"
#include "store/records.h"
#include "store/tables.h"

/* ---- load ---- */

kt_status_t
fin_store_load_reserve(const kt_call_t *call, const fin_reserve_order_t *order,
                       fin_hold_facts_t *facts, fin_work_t **work)
{
    fin_book_record_t book;
    fin_account_fact_t *debit, *credit;
    fin_commodity_fact_t *commodity;
    KT_TRY(fin_facts_book(call, order->book, &book));
    KT_TRY(fin_facts_begin(call, &book, 2, 1, work));
    facts->view = order->view;
    KT_TRY(fin_fact_account(call, *work, order->view.debit_account, &debit));
    KT_TRY(fin_fact_account(call, *work, order->view.credit_account, &credit));
    KT_TRY(fin_fact_commodity(call, *work, order->view.commodity, &commodity));
    KT_TRY(fin_fact_position(call, *work, debit, commodity, &facts->debit));
    KT_TRY(fin_fact_position(call, *work, credit, commodity, &facts->credit));
    KT_TRY(fin_fact_held(call, *work, facts->debit));
    return fin_fact_held(call, *work, facts->credit);
}

static kt_status_t
load_hold(const kt_call_t *call, uint64_t part, const kt_ulid_t *id, fin_hold_record_t *hold)
{
    fin_key_t key;
    kt_span_t value;
    bool found;
    KT_TRY(fin_store_get(call, FIN_TABLE_HOLD, fin_key_hold(&key, part, id), &value, &found));
    if (!found)
        return kt_error(KT_NOT_FOUND, FIN_HOLD_UNKNOWN, "the book has no such hold");
    const char *copy = kt_arena_copy(call->arena, value);
    if (copy == NULL)
        return fin_out_of_memory();
    hold->id = *id;
    return fin_get_hold(kt_span(copy, value.size), hold)
               ? kt_ok()
               : fin_store_corrupt(call, FIN_TABLE_HOLD, "a hold");
}

kt_status_t
fin_store_hold_names(const kt_call_t *call, uint64_t part, fin_hold_view_t *view)
{
    fin_commodity_record_t commodity;
    KT_TRY(fin_store_account_path(call, part, view->hold.debit_account, &view->debit_account));
    KT_TRY(fin_store_account_path(call, part, view->hold.credit_account, &view->credit_account));
    KT_TRY(fin_store_commodity(call, part, view->hold.commodity, &commodity));
    view->commodity = commodity.symbol;
    return kt_ok();
}

static kt_status_t
copy_name(const kt_call_t *call, kt_span_t *name)
{
    name->data = (const uint8_t *)kt_arena_copy(call->arena, *name);
    return name->data ? kt_ok() : fin_out_of_memory();
}

/* The hold and its names, copied: the same transaction is about to write. */
static kt_status_t
load_view(const kt_call_t *call, uint64_t part, const kt_ulid_t *id, fin_hold_view_t *view)
{
    KT_TRY(load_hold(call, part, id, &view->hold));
    KT_TRY(fin_store_hold_names(call, part, view));
    KT_TRY(copy_name(call, &view->debit_account));
    KT_TRY(copy_name(call, &view->credit_account));
    return copy_name(call, &view->commodity);
}

kt_status_t
fin_store_load_release(const kt_call_t *call, const fin_release_order_t *order,
                       fin_hold_view_t *view, fin_work_t **work)
{
    fin_book_record_t book;
    KT_TRY(fin_facts_book(call, order->book, &book));
    KT_TRY(load_view(call, book.part, &order->hold, view));
    return fin_facts_begin(call, &book, 0, 0, work);
}

/* The two lines of a commit: the amount from the credit account to the debit account. */
static kt_status_t
draft_commit(const kt_call_t *call, const fin_hold_view_t *view, fin_commit_order_t *order)
{
    fin_draft_line_t *lines = KT_ARENA_ARRAY(call->arena, fin_draft_line_t, 2);
    if (lines == NULL)
        return fin_out_of_memory();
    int64_t amount = fin_commit_amount(&view->hold, &order->commit);
    lines[0] = (fin_draft_line_t){
        .account = view->debit_account, .commodity = view->commodity, .amount_minor = amount};
    lines[1] = (fin_draft_line_t){
        .account = view->credit_account, .commodity = view->commodity, .amount_minor = -amount};
    order->draft.lines = lines;
    order->draft.lines_count = 2;
    if (order->draft.description.size == 0)
        order->draft.description = view->hold.description;
    return kt_ok();
}

kt_status_t
fin_store_load_commit(const kt_call_t *call, fin_commit_order_t *order, fin_hold_facts_t *facts,
                      fin_work_t **work)
{
    fin_book_record_t book;
    KT_TRY(fin_facts_book(call, order->book, &book));
    KT_TRY(load_view(call, book.part, &order->hold, &facts->view));
    KT_TRY(draft_commit(call, &facts->view, order));
    KT_TRY(fin_facts_drafts(call, &book, &order->draft, 1, work));
    facts->debit = order->draft.lines[0].position;
    facts->credit = order->draft.lines[1].position;
    return kt_ok();
}

/* ---- apply ---- */

/* What is left of the hold on one account: AMOUNT while it is active, no record once it ended. */
static kt_status_t
apply_side(const kt_call_t *call, const fin_work_t *work, const fin_hold_record_t *hold,
           uint32_t account, int64_t amount)
{
    fin_key_t buffer;
    kt_span_t key = fin_key_hold_account(&buffer,
                                         &(fin_hold_account_key_t){.part = work->book.part,
                                                                   .account = account,
                                                                   .commodity = hold->commodity,
                                                                   .expires_us = hold->expires_us,
                                                                   .id = hold->id});
    if (hold->released || amount == 0)
        return kt_kv_delete(call->txn, FIN_TABLE_HOLD_ACCOUNT, key);
    uint8_t value[sizeof(int64_t)];
    kt_writer_t w = kt_writer(value, sizeof(value));
    fin_put_held(&w, amount);
    return kt_kv_put(call->txn, FIN_TABLE_HOLD_ACCOUNT, key, kt_written(&w));
}

kt_status_t
fin_store_apply_hold(const kt_call_t *call, const fin_work_t *work, const fin_hold_record_t *hold)
{
    uint8_t value[FIN_RECORD_BYTES_MAX];
    fin_key_t key;
    kt_writer_t w = kt_writer(value, sizeof(value));
    fin_put_hold(&w, hold);
    KT_ASSERT(!w.failed);
    KT_TRY(kt_kv_put(call->txn, FIN_TABLE_HOLD, fin_key_hold(&key, work->book.part, &hold->id),
                     kt_written(&w)));
    int64_t left = fin_hold_left(hold);
    KT_TRY(apply_side(call, work, hold, hold->debit_account, left));
    return apply_side(call, work, hold, hold->credit_account, -left);
}
