#include "codec/posting.h"

#include "codec/fields.h"
#include "codec/shape.h"

kt_status_t
fin_reserve_hold_from_pb(kt_call_t *call, const fin_reserve_hold_request_t *request,
                         fin_reserve_order_t *order)
{
    const fin_hold_t *from = request->hold;
    fin_hold_view_t *view = &order->view;
    *order = (fin_reserve_order_t){0};
    if (from == NULL)
        return kt_call_bad_field(call, "what is to be held is missing", "hold");
    KT_TRY(fin_shape_book(call, from->book, "hold.book", &order->book));
    KT_TRY(fin_shape_name(call, from->debit_account, FIN_PATH_BYTES_MAX, "hold.debit_account",
                          &view->debit_account));
    KT_TRY(fin_shape_name(call, from->credit_account, FIN_PATH_BYTES_MAX, "hold.credit_account",
                          &view->credit_account));
    if (kt_span_equal(view->debit_account, view->credit_account))
        return kt_call_bad_field(call, "another account than the debit account",
                                 "hold.credit_account");
    KT_TRY(fin_shape_name(call, from->commodity, FIN_SYMBOL_BYTES_MAX, "hold.commodity",
                          &view->commodity));
    if (from->amount_minor <= 0)
        return kt_call_bad_field(call, "above 0", "hold.amount_minor");
    if (from->expires_us <= call->now_us ||
        from->expires_us - call->now_us > FIN_HOLD_DAYS_MAX * KT_US_PER_DAY)
        return kt_call_bad_field(call, "in the future, at most 366 days ahead", "hold.expires_us");
    KT_TRY(fin_shape_text(call, from->description, FIN_DESCRIPTION_BYTES_MAX, "hold.description",
                          &view->hold.description));
    view->hold.id = kt_call_new_id(call);
    view->hold.amount_minor = from->amount_minor;
    view->hold.created_us = call->now_us;
    view->hold.expires_us = from->expires_us;
    return kt_ok();
}

kt_status_t
fin_commit_hold_from_pb(kt_call_t *call, const fin_commit_hold_request_t *request,
                        fin_commit_order_t *order)
{
    int32_t days = (int32_t)(call->now_us / KT_US_PER_DAY);
    *order = (fin_commit_order_t){
        .commit = {.amount_minor = request->amount_minor, .release_rest = request->release_rest}};
    KT_TRY(fin_shape_book(call, request->book, "book", &order->book));
    KT_TRY(fin_shape_id(call, request->hold, "hold", &order->hold));
    if (request->amount_minor < 0)
        return kt_call_bad_field(call, "above 0, or 0 for all that is left", "amount_minor");
    if (request->date[0] != '\0')
        KT_TRY(fin_shape_date(call, request->date, "date", &days));
    KT_TRY(fin_shape_text(call, request->description, FIN_DESCRIPTION_BYTES_MAX, "description",
                          &order->draft.description));
    KT_TRY(fin_shape_text(call, request->source_ref, FIN_SOURCE_BYTES_MAX, "source_ref",
                          &order->draft.source_ref));
    fin_draft_date(&order->draft, days);
    return kt_ok();
}

kt_status_t
fin_release_hold_from_pb(kt_call_t *call, const fin_release_hold_request_t *request,
                         fin_release_order_t *order)
{
    KT_TRY(fin_shape_book(call, request->book, "book", &order->book));
    return fin_shape_id(call, request->hold, "hold", &order->hold);
}

kt_status_t
fin_hold_to_pb(const kt_call_t *call, kt_span_t book, const fin_hold_view_t *view,
               fin_hold_t *response)
{
    const fin_hold_record_t *hold = &view->hold;
    char *id = (char *)kt_arena_alloc(call->arena, KT_ULID_CHARS + 1);
    response->book = fin_pb_text(call, book);
    response->hold = id;
    response->debit_account = fin_pb_text(call, view->debit_account);
    response->credit_account = fin_pb_text(call, view->credit_account);
    response->commodity = fin_pb_text(call, view->commodity);
    response->description = fin_pb_text(call, hold->description);
    response->entries = KT_ARENA_ARRAY(call->arena, char *, hold->parts_count);
    if (kt_arena_exhausted(call->arena))
        return fin_out_of_memory();
    kt_ulid_format(&hold->id, id);
    response->n_entries = hold->parts_count;
    for (uint32_t i = 0; i < hold->parts_count; i++)
        response->entries[i] = (char *)fin_entry_name(call->arena, hold->parts[i].year,
                                                      hold->parts[i].number);
    response->amount_minor = hold->amount_minor;
    response->committed_minor = hold->committed_minor;
    response->expires_us = hold->expires_us;
    response->created_us = hold->created_us;
    response->state = (fin_hold_state_t)fin_hold_state(hold, call->now_us);
    return fin_pb_done(call);
}

kt_status_t
fin_commit_to_pb(const kt_call_t *call, kt_span_t book, const fin_hold_view_t *view,
                 const fin_entry_record_t *entry, fin_commit_hold_response_t *response)
{
    response->hold = KT_ARENA_NEW(call->arena, fin_hold_t);
    response->entry = KT_ARENA_NEW(call->arena, fin_posted_entry_t);
    if (response->hold == NULL || response->entry == NULL)
        return fin_out_of_memory();
    *response->hold = (fin_hold_t)FIN_HOLD_INIT;
    *response->entry = (fin_posted_entry_t)FIN_POSTED_ENTRY_INIT;
    KT_TRY(fin_hold_to_pb(call, book, view, response->hold));
    return fin_posted_to_pb(call, entry, response->entry);
}
