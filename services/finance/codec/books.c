#include "codec/books.h"

#include "codec/shape.h"

/* ---- books ---- */

kt_status_t
fin_create_book_from_pb(kt_call_t *call, const fin_create_book_request_t *request,
                        fin_book_record_t *draft)
{
    const fin_book_t *from = request->book;
    if (!from)
        return kt_call_bad_field(call, "says what the book is to be", "book");
    *draft = (fin_book_record_t){
        .id = kt_span_str(from->book),
        .kind = (fin_kind_t)from->kind,
        .organization = kt_span_str(from->organization[0] ? from->organization : from->book),
        .first_month = from->fiscal_year_first_month == 0 ? 1 : from->fiscal_year_first_month,
        .explicit_periods = from->explicit_periods,
    };
    FIN_CHECK(call, fin_wrong_id(draft->id), "book.book");
    if (from->kind != FIN_BOOK_KIND_COMPANY && from->kind != FIN_BOOK_KIND_CLIENT)
        return kt_call_bad_field(call, "is COMPANY or CLIENT", "book.kind");
    FIN_CHECK(call, fin_wrong_id(draft->organization), "book.organization");
    if (draft->first_month < 1 || draft->first_month > 12)
        return kt_call_bad_field(call, "is a month, 1 to 12", "book.fiscal_year_first_month");
    return fin_shape_text(call, from->title, FIN_TITLE_BYTES_MAX, "book.title", &draft->title);
}

kt_status_t
fin_list_books_from_pb(kt_call_t *call, const fin_list_books_request_t *request,
                       kt_list_page_t *page)
{
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, page));
    return page->place.size > 0 && fin_wrong_id(page->place) ? kt_bad_page_token(call) : kt_ok();
}

static void
fill_book(const kt_call_t *call, const fin_book_record_t *book, fin_book_t *into)
{
    into->book = fin_pb_text(call, book->id);
    into->kind = (fin_book_kind_t)book->kind;
    into->organization = fin_pb_text(call, book->organization);
    into->title = fin_pb_text(call, book->title);
    into->fiscal_year_first_month = book->first_month;
    into->explicit_periods = book->explicit_periods;
    into->created_us = book->created_us;
}

kt_status_t
fin_book_to_pb(const kt_call_t *call, const fin_book_record_t *book, fin_book_t *response)
{
    fill_book(call, book, response);
    return fin_pb_done(call);
}

kt_status_t
fin_books_to_pb(const kt_call_t *call, const kt_list_page_t *page, const fin_book_list_t *list,
                fin_list_books_response_t *response)
{
    fin_book_t *books = KT_ARENA_ARRAY(call->arena, fin_book_t, list->count);
    response->books = KT_ARENA_ARRAY(call->arena, fin_book_t *, list->count);
    if (!books || !response->books)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < list->count; i++) {
        books[i] = (fin_book_t)FIN_BOOK_INIT;
        fill_book(call, &list->books[i], &books[i]);
        response->books[response->n_books++] = &books[i];
    }
    if (list->more)
        response->next_page_token = fin_pb_token(call, page, list->books[list->count - 1].id);
    return fin_pb_done(call);
}

/* ---- commodities ---- */

kt_status_t
fin_declare_from_pb(kt_call_t *call, const fin_declare_commodity_request_t *request,
                    fin_declare_order_t *order)
{
    const fin_commodity_t *from = request->commodity;
    KT_TRY(fin_shape_book(call, request->book, "book", &order->book));
    if (!from)
        return kt_call_bad_field(call, "says what is to be declared", "commodity");
    order->symbol = kt_span_str(from->commodity);
    order->scale = from->scale;
    FIN_CHECK(call, fin_wrong_symbol(order->symbol), "commodity.commodity");
    if (from->scale < 0 || from->scale > FIN_SCALE_MAX)
        return kt_call_bad_field(call, "is 0 to 18 decimal places", "commodity.scale");
    return kt_ok();
}

static void
fill_commodity(const kt_call_t *call, const fin_commodity_record_t *commodity,
               fin_commodity_t *into)
{
    into->commodity = fin_pb_text(call, commodity->symbol);
    into->scale = commodity->scale;
    into->built_in = commodity->number < FIN_COMMODITY_FIRST;
}

kt_status_t
fin_commodity_to_pb(const kt_call_t *call, const fin_commodity_record_t *commodity,
                    fin_commodity_t *response)
{
    fill_commodity(call, commodity, response);
    return fin_pb_done(call);
}

kt_status_t
fin_list_commodities_from_pb(kt_call_t *call, const fin_list_commodities_request_t *request,
                             fin_list_order_t *order)
{
    const char *fields[] = {request->book, request->built_in ? "all" : "declared"};
    *order = (fin_list_order_t){.built_in = request->built_in};
    KT_TRY(fin_shape_book(call, request->book, "book", &order->book));
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, KT_COUNT(fields),
                           &order->page));
    kt_span_t after = order->page.place;
    return after.size > 0 && fin_wrong_symbol(after) ? kt_bad_page_token(call) : kt_ok();
}

kt_status_t
fin_commodities_to_pb(const kt_call_t *call, const kt_list_page_t *page,
                      const fin_commodity_list_t *list, fin_list_commodities_response_t *response)
{
    fin_commodity_t *commodities = KT_ARENA_ARRAY(call->arena, fin_commodity_t, list->count);
    response->commodities = KT_ARENA_ARRAY(call->arena, fin_commodity_t *, list->count);
    if (!commodities || !response->commodities)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < list->count; i++) {
        commodities[i] = (fin_commodity_t)FIN_COMMODITY_INIT;
        fill_commodity(call, &list->commodities[i], &commodities[i]);
        response->commodities[response->n_commodities++] = &commodities[i];
    }
    if (list->more)
        response->next_page_token = fin_pb_token(call, page,
                                                 list->commodities[list->count - 1].symbol);
    return fin_pb_done(call);
}

/* ---- periods ---- */

kt_status_t
fin_period_from_pb(kt_call_t *call, const char *book, const char *period,
                   fin_period_command_t command, kt_span_t *of, fin_period_order_t *order)
{
    *order = (fin_period_order_t){
        .command = command, .principal = kt_span_str(call->principal), .now_us = call->now_us};
    KT_TRY(fin_shape_book(call, book, "book", of));
    FIN_CHECK(call, fin_wrong_month(kt_span_str(period), &order->month), "period");
    return kt_ok();
}

kt_status_t
fin_reopen_period_from_pb(kt_call_t *call, const fin_reopen_period_request_t *request,
                          kt_span_t *of, fin_period_order_t *order)
{
    KT_TRY(fin_period_from_pb(call, request->book, request->period, FIN_REOPEN_PERIOD, of, order));
    return fin_shape_name(call, request->reason, FIN_REASON_BYTES_MAX, "reason", &order->reason);
}

/* A place among months: the four bytes of a month. */
#define MONTH_MAX (KT_YEAR_MAX * 12 + 11)

kt_status_t
fin_list_periods_from_pb(kt_call_t *call, const fin_list_periods_request_t *request,
                         fin_list_order_t *order)
{
    const char *fields[] = {request->book};
    *order = (fin_list_order_t){0};
    KT_TRY(fin_shape_book(call, request->book, "book", &order->book));
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, KT_COUNT(fields),
                           &order->page));
    if (order->page.place.size == 0)
        return kt_ok();
    kt_reader_t r = kt_reader(order->page.place);
    uint32_t month = kt_get_u32(&r);
    if (!kt_reader_done(&r) || month > MONTH_MAX)
        return kt_bad_page_token(call);
    order->month = (int32_t)month;
    return kt_ok();
}

static void
fill_period(const kt_call_t *call, kt_span_t book, const fin_period_record_t *period,
            fin_period_t *into)
{
    into->book = fin_pb_text(call, book);
    into->period = fin_pb_month(call, period->month);
    into->state = (fin_period_state_t)period->state;
    into->reason = fin_pb_text(call, period->reason);
    into->changed_by = fin_pb_text(call, period->changed_by);
    into->changed_us = period->changed_us;
}

kt_status_t
fin_period_to_pb(const kt_call_t *call, kt_span_t book, const fin_period_record_t *period,
                 fin_period_t *response)
{
    fill_period(call, book, period, response);
    return fin_pb_done(call);
}

kt_status_t
fin_periods_to_pb(const kt_call_t *call, const fin_list_order_t *order,
                  const fin_period_list_t *list, fin_list_periods_response_t *response)
{
    fin_period_t *periods = KT_ARENA_ARRAY(call->arena, fin_period_t, list->count);
    response->periods = KT_ARENA_ARRAY(call->arena, fin_period_t *, list->count);
    if (!periods || !response->periods)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < list->count; i++) {
        periods[i] = (fin_period_t)FIN_PERIOD_INIT;
        fill_period(call, order->book, &list->periods[i], &periods[i]);
        response->periods[response->n_periods++] = &periods[i];
    }
    if (list->more) {
        uint8_t next[4];
        kt_writer_t w = kt_writer(next, sizeof next);
        kt_put_u32(&w, (uint32_t)list->periods[list->count - 1].month + 1);
        response->next_page_token = fin_pb_token(call, &order->page, kt_written(&w));
    }
    return fin_pb_done(call);
}
