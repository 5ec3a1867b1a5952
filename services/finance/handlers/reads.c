#include "handlers/reads.h"

#include "codec/posting.h"
#include "codec/reads.h"
#include "store/accounts.h"
#include "store/register.h"
#include "store/trial.h"
#include "store/views.h"

kt_status_t
fin_read_entry(kt_call_t *call, const fin_get_entry_request_t *request, fin_entry_t *response)
{
    fin_entry_order_t order;
    fin_book_record_t book;
    fin_entry_view_t view;
    KT_TRY(fin_get_entry_from_pb(call, request, &order));
    KT_TRY(fin_store_load_book(call, order.book, &book));
    if (order.source_ref.size > 0)
        KT_TRY(fin_store_view_source(call, &book, order.source_ref, &view));
    else
        KT_TRY(fin_store_view_entry(call, &book, order.name, &view));
    return fin_entry_to_pb(call, order.book, &view, response);
}

kt_status_t
fin_read_entries(kt_call_t *call, const fin_list_entries_request_t *request,
                 fin_list_entries_response_t *response)
{
    fin_entries_order_t order;
    fin_book_record_t book;
    fin_entry_list_t list;
    KT_TRY(fin_list_entries_from_pb(call, request, &order));
    KT_TRY(fin_store_load_book(call, order.book, &book));
    KT_TRY(fin_store_list_entries(call, &book, order.from, order.page.size, &list));
    return fin_entries_to_pb(call, &order, &list, response);
}

kt_status_t
fin_read_register(kt_call_t *call, const fin_list_register_request_t *request,
                  fin_list_register_response_t *response)
{
    fin_register_order_t order;
    fin_book_record_t book;
    fin_account_record_t account;
    fin_commodity_record_t commodity;
    fin_register_list_t list;
    KT_TRY(fin_list_register_from_pb(call, request, &order));
    KT_TRY(fin_store_load_book(call, order.book, &book));
    KT_TRY(fin_store_load_account(call, &book, order.account, &account));
    KT_TRY(fin_store_load_commodity(call, &book, order.commodity, &commodity));
    order.query.part = book.part;
    order.query.account = account.number;
    order.query.commodity = commodity.number;
    KT_TRY(fin_store_list_register(call, &order.query, &list));
    return fin_register_to_pb(call, &order, commodity.scale, &list, response);
}

kt_status_t
fin_read_balance(kt_call_t *call, const fin_get_balance_request_t *request,
                 fin_get_balance_response_t *response)
{
    fin_balance_order_t order;
    fin_book_record_t book;
    fin_account_record_t account;
    fin_standing_t *standings;
    uint32_t count;
    KT_TRY(fin_get_balance_from_pb(call, request, &order));
    KT_TRY(fin_store_load_book(call, order.book, &book));
    KT_TRY(fin_store_load_account(call, &book, order.account, &account));
    KT_TRY(fin_store_load_balance(call, &book, &account, &order.query, &standings, &count));
    return fin_balance_to_pb(call, standings, count, response);
}

/* ---- trial balances ---- */

/* Where a stream stands. */
typedef struct trial_stream {
    fin_trial_query_t query;
    bool taken; /* the snapshot was */
    bool begun; /* a page of it was given */
    fin_trial_t trial;
    const fin_trial_page_t *next;
} trial_stream_t;

kt_status_t
fin_read_trial_take(kt_call_t *call, const fin_trial_balance_request_t *request)
{
    if (!request)
        return kt_ok();
    kt_span_t id;
    fin_book_record_t book;
    trial_stream_t *stream = KT_ARENA_NEW(call->stream_arena, trial_stream_t);
    if (!stream)
        return kt_call_out_of_memory(call);
    KT_TRY(fin_trial_balance_from_pb(call, request, &id, &stream->query));
    KT_TRY(fin_store_load_book(call, id, &book));
    stream->query.part = book.part;
    call->state = stream;
    return kt_ok();
}

kt_status_t
fin_read_trial_give(kt_call_t *call, fin_trial_balance_page_t *response, kt_give_t *given)
{
    static const fin_trial_page_t EMPTY;
    trial_stream_t *stream = (trial_stream_t *)call->state;
    if (!stream->taken) {
        KT_TRY(fin_store_take_trial(call, &stream->query, call->stream_arena, &stream->trial));
        stream->next = stream->trial.first;
        stream->taken = true;
    }
    *given = KT_GIVE_END;
    if (!stream->next && stream->begun)
        return kt_ok();
    const fin_trial_page_t *page = stream->next ? stream->next : &EMPTY;
    fin_trial_view_t *rows;
    KT_TRY(fin_store_name_trial(call, stream->query.part, page, &rows));
    KT_TRY(fin_trial_page_to_pb(call, rows, page->count, stream->trial.sequence, response));
    stream->next = page->next;
    stream->begun = true;
    *given = KT_GIVE_MESSAGE;
    return kt_ok();
}

/* ---- holds ---- */

kt_status_t
fin_read_hold(kt_call_t *call, const fin_get_hold_request_t *request, fin_hold_t *response)
{
    kt_span_t id;
    kt_ulid_t hold;
    fin_book_record_t book;
    fin_hold_view_t view;
    KT_TRY(fin_get_hold_from_pb(call, request, &id, &hold));
    KT_TRY(fin_store_load_book(call, id, &book));
    KT_TRY(fin_store_view_hold(call, &book, &hold, &view));
    return fin_hold_to_pb(call, id, &view, response);
}

kt_status_t
fin_read_holds(kt_call_t *call, const fin_list_holds_request_t *request,
               fin_list_holds_response_t *response)
{
    fin_holds_order_t order;
    fin_book_record_t book;
    fin_account_record_t account = {0};
    fin_hold_list_t list;
    KT_TRY(fin_list_holds_from_pb(call, request, &order));
    KT_TRY(fin_store_load_book(call, order.book, &book));
    if (order.account.size > 0)
        KT_TRY(fin_store_load_account(call, &book, order.account, &account));
    KT_TRY(fin_store_list_holds(call, &book, account.number, &order.after, order.page.size, &list));
    return fin_holds_to_pb(call, &order, &list, response);
}
