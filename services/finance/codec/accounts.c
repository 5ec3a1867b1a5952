#include "codec/books.h"
#include "codec/shape.h"
#include "domain/path.h"

static const char *
wrong_floor(const fin_floor_t *from, const fin_floor_draft_t *before, uint32_t count)
{
    kt_span_t symbol = kt_span_str(from->commodity);
    const char *wrong = fin_wrong_symbol(symbol);
    for (uint32_t i = 0; !wrong && i < count; i++)
        if (kt_span_equal(before[i].symbol, symbol))
            wrong = "has a floor in this list already";
    return wrong;
}

/* PREFIX names the message that has the floors: "account.", "accounts[3].". */
static kt_status_t
floors_from_pb(kt_call_t *call, fin_floor_t *const *from, size_t count, const char *prefix,
               fin_floor_draft_t *floors, uint32_t *floors_count)
{
    if (count > FIN_FLOORS_MAX)
        return kt_call_bad_field(call, "are at most 8", "%sfloors", prefix);
    for (uint32_t i = 0; i < count; i++) {
        FIN_CHECK(call, wrong_floor(from[i], floors, i), "%sfloors[%u].commodity", prefix, i);
        floors[i] = (fin_floor_draft_t){.symbol = kt_span_str(from[i]->commodity),
                                        .amount_minor = from[i]->amount_minor};
    }
    *floors_count = (uint32_t)count;
    return kt_ok();
}

static const char *
wrong_type(const fin_account_t *from)
{
    if (from->type < FIN_ACCOUNT_TYPE_UNSPECIFIED || from->type > FIN_ACCOUNT_TYPE_TRADING)
        return "is no type of account";
    if (from->type == FIN_ACCOUNT_TYPE_TRADING && !fin_path_reserved(kt_span_str(from->account)))
        return "is only for the ledger's own accounts";
    return NULL;
}

static kt_status_t
draft_from_pb(kt_call_t *call, const fin_account_t *from, const char *prefix,
              fin_account_draft_t *draft)
{
    draft->path = kt_span_str(from->account);
    draft->type = (fin_type_t)from->type;
    draft->title = kt_span_str(from->title);
    FIN_CHECK(call, fin_path_check(draft->path), "%saccount", prefix);
    FIN_CHECK(call, wrong_type(from), "%stype", prefix);
    if (draft->title.size > FIN_TITLE_BYTES_MAX)
        return kt_call_bad_field(call, "is longer than 200 bytes", "%stitle", prefix);
    return floors_from_pb(call, from->floors, from->n_floors, prefix, draft->floors,
                          &draft->floors_count);
}

static kt_status_t
drafts_from_pb(kt_call_t *call, fin_account_t *const *from, size_t count, bool alone,
               fin_open_order_t *order)
{
    order->drafts = KT_ARENA_ARRAY(call->arena, fin_account_draft_t, count);
    if (!order->drafts)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < count; i++) {
        const char *prefix = alone ? "account." : kt_arena_printf(call->arena, "accounts[%u].", i);
        if (!alone && from[i]->book[0] && !kt_span_equal(kt_span_str(from[i]->book), order->book))
            return kt_call_bad_field(call, "is empty or the book of the call", "%sbook", prefix);
        KT_TRY(draft_from_pb(call, from[i], prefix, &order->drafts[i]));
    }
    order->count = (uint32_t)count;
    return kt_ok();
}

kt_status_t
fin_open_account_from_pb(kt_call_t *call, const fin_open_account_request_t *request,
                         fin_open_order_t *order)
{
    if (!request->account)
        return kt_call_bad_field(call, "says what is to be opened", "account");
    KT_TRY(fin_shape_book(call, request->account->book, "account.book", &order->book));
    return drafts_from_pb(call, &request->account, 1, true, order);
}

kt_status_t
fin_open_accounts_from_pb(kt_call_t *call, const fin_open_accounts_request_t *request,
                          fin_open_order_t *order)
{
    KT_TRY(fin_shape_book(call, request->book, "book", &order->book));
    if (request->n_accounts < 1 || request->n_accounts > FIN_OPEN_ACCOUNTS_MAX)
        return kt_call_bad_field(call, "are 1 to 500", "accounts");
    return drafts_from_pb(call, request->accounts, request->n_accounts, false, order);
}

kt_status_t
fin_update_account_from_pb(kt_call_t *call, const fin_update_account_request_t *request,
                           kt_span_t *book, fin_update_order_t *order)
{
    *order = (fin_update_order_t){
        .path = kt_span_str(request->account),
        .set_title = request->set_title,
        .set_floors = request->set_floors,
        .set_closed = request->set_closed,
        .closed = request->closed,
    };
    KT_TRY(fin_shape_book(call, request->book, "book", book));
    FIN_CHECK(call, fin_path_check(order->path), "account");
    KT_TRY(fin_shape_text(call, request->title, FIN_TITLE_BYTES_MAX, "title", &order->title));
    KT_TRY(floors_from_pb(call, request->floors, request->n_floors, "", order->floors,
                          &order->floors_count));
    /* A value without its switch is a slip that would go unseen. */
    if (!request->set_title && order->title.size > 0)
        return kt_call_bad_field(call, "is set with a title", "set_title");
    if (!request->set_floors && order->floors_count > 0)
        return kt_call_bad_field(call, "is set with floors", "set_floors");
    if (!request->set_closed && request->closed)
        return kt_call_bad_field(call, "is set with closed", "set_closed");
    return kt_ok();
}

kt_status_t
fin_get_account_from_pb(kt_call_t *call, const fin_get_account_request_t *request, kt_span_t *book,
                        kt_span_t *path)
{
    KT_TRY(fin_shape_book(call, request->book, "book", book));
    return fin_shape_name(call, request->account, FIN_PATH_BYTES_MAX, "account", path);
}

kt_status_t
fin_list_accounts_from_pb(kt_call_t *call, const fin_list_accounts_request_t *request,
                          fin_list_order_t *order)
{
    const char *fields[] = {request->book, request->under};
    *order = (fin_list_order_t){0};
    KT_TRY(fin_shape_book(call, request->book, "book", &order->book));
    KT_TRY(fin_shape_text(call, request->under, FIN_PATH_BYTES_MAX, "under", &order->under));
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, KT_COUNT(fields),
                           &order->page));
    return order->page.place.size > FIN_PATH_BYTES_MAX ? kt_bad_page_token(call) : kt_ok();
}

kt_status_t
fin_account_to_pb(const kt_call_t *call, kt_span_t book, const fin_account_view_t *view,
                  fin_account_t *into)
{
    const fin_account_record_t *account = &view->account;
    into->book = fin_pb_text(call, book);
    into->account = fin_pb_text(call, account->path);
    into->type = (fin_account_type_t)account->type;
    into->title = fin_pb_text(call, account->title);
    into->closed = account->closed;
    into->number = account->number;
    fin_floor_t *floors = KT_ARENA_ARRAY(call->arena, fin_floor_t, account->floors_count);
    into->floors = KT_ARENA_ARRAY(call->arena, fin_floor_t *, account->floors_count);
    if (!floors || !into->floors)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < account->floors_count; i++) {
        floors[i] = (fin_floor_t)FIN_FLOOR_INIT;
        floors[i].commodity = fin_pb_text(call, view->symbols[i]);
        floors[i].amount_minor = account->floors[i].amount_minor;
        into->floors[into->n_floors++] = &floors[i];
    }
    return fin_pb_done(call);
}

kt_status_t
fin_accounts_to_pb(const kt_call_t *call, const fin_list_order_t *order,
                   const fin_account_list_t *list, fin_list_accounts_response_t *response)
{
    fin_account_t *accounts = KT_ARENA_ARRAY(call->arena, fin_account_t, list->count);
    response->accounts = KT_ARENA_ARRAY(call->arena, fin_account_t *, list->count);
    if (!accounts || !response->accounts)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < list->count; i++) {
        accounts[i] = (fin_account_t)FIN_ACCOUNT_INIT;
        KT_TRY(fin_account_to_pb(call, order->book, &list->accounts[i], &accounts[i]));
        response->accounts[response->n_accounts++] = &accounts[i];
    }
    if (list->more)
        response->next_page_token = fin_pb_token(call, &order->page,
                                                 list->accounts[list->count - 1].account.path);
    return fin_pb_done(call);
}
