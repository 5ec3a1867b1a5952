/* Writes answer before they apply: what fails for want of memory has written nothing. */
#include "handlers/books.h"

#include "codec/books.h"
#include "codec/shape.h"
#include "store/accounts.h"
#include "store/books.h"

/* ---- books ---- */

static kt_status_t
create_book(kt_call_t *call, const fin_create_book_request_t *request, fin_book_t *response)
{
    fin_book_record_t draft;
    fin_book_facts_t facts;
    fin_book_effects_t fx;
    KT_TRY(fin_create_book_from_pb(call, request, &draft));
    KT_TRY(fin_store_load_create_book(call, &draft, &facts));
    KT_TRY(fin_decide_create_book(call->arena, &draft, &facts, call->now_us, &fx));
    KT_TRY(fin_book_to_pb(call, &fx.book, response));
    return fin_store_apply_create_book(call, &fx);
}

static kt_status_t
get_book(kt_call_t *call, const fin_get_book_request_t *request, fin_book_t *response)
{
    kt_span_t id;
    fin_book_record_t book;
    KT_TRY(fin_shape_book(call, request->book, "book", &id));
    KT_TRY(fin_store_load_book(call, id, &book));
    return fin_book_to_pb(call, &book, response);
}

static kt_status_t
list_books(kt_call_t *call, const fin_list_books_request_t *request,
           fin_list_books_response_t *response)
{
    kt_list_page_t page;
    fin_book_list_t list;
    KT_TRY(fin_list_books_from_pb(call, request, &page));
    KT_TRY(fin_store_list_books(call, page.place, page.size, &list));
    return fin_books_to_pb(call, &page, &list, response);
}

/* ---- commodities ---- */

static kt_status_t
declare_commodity(kt_call_t *call, const fin_declare_commodity_request_t *request,
                  fin_commodity_t *response)
{
    fin_declare_order_t order;
    fin_book_record_t book;
    fin_declare_facts_t facts;
    fin_declare_effects_t fx;
    KT_TRY(fin_declare_from_pb(call, request, &order));
    KT_TRY(fin_store_load_book(call, order.book, &book));
    KT_TRY(fin_store_load_declare(call, &book, order.symbol, order.scale, &facts));
    KT_TRY(fin_decide_declare(call->arena, order.symbol, order.scale, &facts, &fx));
    KT_TRY(fin_commodity_to_pb(call, &fx.commodity, response));
    return fin_store_apply_declare(call, &book, &fx);
}

static kt_status_t
list_commodities(kt_call_t *call, const fin_list_commodities_request_t *request,
                 fin_list_commodities_response_t *response)
{
    fin_list_order_t order;
    fin_book_record_t book;
    fin_commodity_list_t list;
    KT_TRY(fin_list_commodities_from_pb(call, request, &order));
    KT_TRY(fin_store_load_book(call, order.book, &book));
    KT_TRY(fin_store_list_commodities(call, book.part, order.built_in, order.page.place,
                                      order.page.size, &list));
    return fin_commodities_to_pb(call, &order.page, &list, response);
}

/* ---- accounts ---- */

/* What opening one account and opening many have in common. */
static kt_status_t
decide_open(kt_call_t *call, fin_open_order_t *order, fin_book_record_t *book,
            fin_open_facts_t *facts, fin_open_effects_t *fx)
{
    KT_TRY(fin_store_load_book(call, order->book, book));
    KT_TRY(fin_store_load_open(call, book, order->drafts, order->count, facts));
    return fin_decide_open(call->arena, order->drafts, order->count, facts, fx);
}

static kt_status_t
open_account(kt_call_t *call, const fin_open_account_request_t *request, fin_account_t *response)
{
    fin_open_order_t order;
    fin_book_record_t book;
    fin_open_facts_t facts;
    fin_open_effects_t fx;
    KT_TRY(fin_open_account_from_pb(call, request, &order));
    KT_TRY(decide_open(call, &order, &book, &facts, &fx));
    fin_account_view_t view = {.account = fx.accounts[facts.place_of[0]]};
    KT_TRY(fin_store_name_account(call, book.part, &view));
    KT_TRY(fin_account_to_pb(call, order.book, &view, response));
    return fin_store_apply_open(call, &book, &facts, &fx);
}

static kt_status_t
open_accounts(kt_call_t *call, const fin_open_accounts_request_t *request,
              fin_open_accounts_response_t *response)
{
    fin_open_order_t order;
    fin_book_record_t book;
    fin_open_facts_t facts;
    fin_open_effects_t fx;
    KT_TRY(fin_open_accounts_from_pb(call, request, &order));
    KT_TRY(decide_open(call, &order, &book, &facts, &fx));
    response->opened = fx.opened;
    return fin_store_apply_open(call, &book, &facts, &fx);
}

static kt_status_t
update_account(kt_call_t *call, const fin_update_account_request_t *request,
               fin_account_t *response)
{
    kt_span_t id;
    fin_update_order_t order;
    fin_book_record_t book;
    fin_update_facts_t facts;
    fin_account_view_t view;
    KT_TRY(fin_update_account_from_pb(call, request, &id, &order));
    KT_TRY(fin_store_load_book(call, id, &book));
    KT_TRY(fin_store_load_update(call, &book, &order, &facts));
    KT_TRY(fin_decide_update(call->arena, &order, &facts, &view.account));
    KT_TRY(fin_store_name_account(call, book.part, &view));
    KT_TRY(fin_account_to_pb(call, id, &view, response));
    return fin_store_apply_update(call, &book, &view.account);
}

static kt_status_t
get_account(kt_call_t *call, const fin_get_account_request_t *request, fin_account_t *response)
{
    kt_span_t id, path;
    fin_book_record_t book;
    fin_account_view_t view;
    KT_TRY(fin_get_account_from_pb(call, request, &id, &path));
    KT_TRY(fin_store_load_book(call, id, &book));
    KT_TRY(fin_store_view_account(call, &book, path, &view));
    return fin_account_to_pb(call, id, &view, response);
}

static kt_status_t
list_accounts(kt_call_t *call, const fin_list_accounts_request_t *request,
              fin_list_accounts_response_t *response)
{
    fin_list_order_t order;
    fin_book_record_t book;
    fin_account_list_t list;
    KT_TRY(fin_list_accounts_from_pb(call, request, &order));
    KT_TRY(fin_store_load_book(call, order.book, &book));
    KT_TRY(fin_store_list_accounts(call, book.part, order.under, order.page.place, order.page.size,
                                   &list));
    return fin_accounts_to_pb(call, &order, &list, response);
}

/* ---- periods ---- */

static kt_status_t
change_period(kt_call_t *call, kt_span_t id, const fin_period_order_t *order,
              fin_period_t *response)
{
    fin_book_record_t book;
    fin_period_facts_t facts;
    fin_period_record_t period;
    KT_TRY(fin_store_load_book(call, id, &book));
    KT_TRY(fin_store_load_period(call, &book, order->month, &facts));
    KT_TRY(fin_decide_period(call->arena, order, &facts, &period));
    KT_TRY(fin_period_to_pb(call, id, &period, response));
    return fin_store_apply_period(call, book.part, &period);
}

static kt_status_t
open_period(kt_call_t *call, const fin_open_period_request_t *request, fin_period_t *response)
{
    kt_span_t id;
    fin_period_order_t order;
    KT_TRY(fin_period_from_pb(call, request->book, request->period, FIN_OPEN_PERIOD, &id, &order));
    return change_period(call, id, &order, response);
}

static kt_status_t
close_period(kt_call_t *call, const fin_close_period_request_t *request, fin_period_t *response)
{
    kt_span_t id;
    fin_period_order_t order;
    KT_TRY(fin_period_from_pb(call, request->book, request->period, FIN_CLOSE_PERIOD, &id, &order));
    return change_period(call, id, &order, response);
}

static kt_status_t
reopen_period(kt_call_t *call, const fin_reopen_period_request_t *request, fin_period_t *response)
{
    kt_span_t id;
    fin_period_order_t order;
    KT_TRY(fin_reopen_period_from_pb(call, request, &id, &order));
    return change_period(call, id, &order, response);
}

static kt_status_t
list_periods(kt_call_t *call, const fin_list_periods_request_t *request,
             fin_list_periods_response_t *response)
{
    fin_list_order_t order;
    fin_book_record_t book;
    fin_period_list_t list;
    KT_TRY(fin_list_periods_from_pb(call, request, &order));
    KT_TRY(fin_store_load_book(call, order.book, &book));
    KT_TRY(fin_store_list_periods(call, book.part, order.month, order.page.size, &list));
    return fin_periods_to_pb(call, &order, &list, response);
}

const fin_books_handlers_t fin_books_handlers = {
    .create_book = create_book,
    .get_book = get_book,
    .list_books = list_books,
    .declare_commodity = declare_commodity,
    .list_commodities = list_commodities,
    .open_account = open_account,
    .open_accounts = open_accounts,
    .update_account = update_account,
    .get_account = get_account,
    .list_accounts = list_accounts,
    .open_period = open_period,
    .close_period = close_period,
    .reopen_period = reopen_period,
    .list_periods = list_periods,
};
