#include "codec/reads.h"
#include "codec/shape.h"

/* The first and the last day there is. */
static int32_t
first_day(void)
{
    return kt_days_from_date((kt_date_t){KT_YEAR_MIN, 1, 1});
}

static int32_t
last_day(void)
{
    return kt_days_from_date((kt_date_t){KT_YEAR_MAX, 12, 31});
}

/* A date that may be left out. */
static kt_status_t
date_or(kt_call_t *call, const char *text, const char *field, int32_t otherwise, int32_t *days)
{
    *days = otherwise;
    return text[0] ? fin_shape_date(call, text, field, days) : kt_ok();
}

/* ---- registers ---- */

#define PLACE_BYTES 20

static bool
get_place(kt_span_t bytes, fin_register_place_t *place)
{
    kt_reader_t r = kt_reader(bytes);
    place->date = (int32_t)kt_get_u32(&r);
    place->line = kt_get_u64(&r);
    place->sum_minor = kt_get_i64(&r);
    return kt_reader_done(&r) && (place->line != 0 || place->sum_minor == 0);
}

kt_status_t
fin_list_register_from_pb(kt_call_t *call, const fin_list_register_request_t *request,
                          fin_register_order_t *order)
{
    const char *fields[] = {request->book, request->account, request->commodity, request->from,
                            request->at};
    int32_t at;
    *order = (fin_register_order_t){0};
    KT_TRY(fin_shape_book(call, request->book, "book", &order->book));
    KT_TRY(fin_shape_name(call, request->account, FIN_PATH_BYTES_MAX, "account", &order->account));
    KT_TRY(fin_shape_name(call, request->commodity, FIN_SYMBOL_BYTES_MAX, "commodity",
                          &order->commodity));
    KT_TRY(date_or(call, request->from, "from", first_day(), &order->query.from));
    KT_TRY(date_or(call, request->at, "at", last_day(), &at));
    if (at < order->query.from)
        return kt_call_bad_field(call, "lies before from", "at");
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, KT_COUNT(fields),
                           &order->page));
    order->query.begin.date = at;
    order->query.limit = order->page.size;
    if (order->page.place.size == 0)
        return kt_ok();
    fin_register_place_t *begin = &order->query.begin;
    if (!get_place(order->page.place, begin) || begin->date < order->query.from || begin->date > at)
        return kt_bad_page_token(call);
    return kt_ok();
}

static void
fill_line(const kt_call_t *call, const fin_register_view_t *view, fin_register_line_t *into)
{
    into->date = fin_pb_date(call, view->date);
    into->entry = fin_pb_entry(call, view->entry.year, view->entry.number);
    into->description = fin_pb_text(call, view->description);
    into->memo = fin_pb_text(call, view->memo);
    into->amount_minor = view->amount_minor;
    into->balance_minor = view->balance_minor;
}

kt_status_t
fin_register_to_pb(const kt_call_t *call, const fin_register_order_t *order, int32_t scale,
                   const fin_register_list_t *list, fin_list_register_response_t *response)
{
    fin_register_line_t *lines = KT_ARENA_ARRAY(call->arena, fin_register_line_t, list->count);
    response->lines = KT_ARENA_ARRAY(call->arena, fin_register_line_t *, list->count);
    if (!lines || !response->lines)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < list->count; i++) {
        lines[i] = (fin_register_line_t)FIN_REGISTER_LINE_INIT;
        fill_line(call, &list->lines[i], &lines[i]);
        response->lines[response->n_lines++] = &lines[i];
    }
    response->scale = scale;
    if (list->more) {
        uint8_t place[PLACE_BYTES];
        kt_writer_t w = kt_writer(place, sizeof place);
        kt_put_u32(&w, (uint32_t)list->next.date);
        kt_put_u64(&w, list->next.line);
        kt_put_i64(&w, list->next.sum_minor);
        response->next_page_token = fin_pb_token(call, &order->page, kt_written(&w));
    }
    return fin_pb_done(call);
}

/* ---- balances ---- */

kt_status_t
fin_get_balance_from_pb(kt_call_t *call, const fin_get_balance_request_t *request,
                        fin_balance_order_t *order)
{
    *order = (fin_balance_order_t){
        .query = {.has_at = request->at[0] != '\0', .with_children = request->with_children}};
    KT_TRY(fin_shape_book(call, request->book, "book", &order->book));
    KT_TRY(fin_shape_name(call, request->account, FIN_PATH_BYTES_MAX, "account", &order->account));
    return date_or(call, request->at, "at", 0, &order->query.at);
}

kt_status_t
fin_balance_to_pb(const kt_call_t *call, const fin_standing_t *standings, uint32_t count,
                  fin_get_balance_response_t *response)
{
    fin_balance_t *balances = KT_ARENA_ARRAY(call->arena, fin_balance_t, count);
    response->balances = KT_ARENA_ARRAY(call->arena, fin_balance_t *, count);
    if (!balances || !response->balances)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < count; i++) {
        const fin_standing_t *from = &standings[i];
        balances[i] = (fin_balance_t)FIN_BALANCE_INIT;
        balances[i].commodity = fin_pb_text(call, from->symbol);
        balances[i].scale = from->scale;
        balances[i].debit_minor = from->posted.debit_minor;
        balances[i].credit_minor = from->posted.credit_minor;
        balances[i].balance_minor = from->posted.debit_minor - from->posted.credit_minor;
        balances[i].held_debit_minor = from->held.debit_minor;
        balances[i].held_credit_minor = from->held.credit_minor;
        response->balances[response->n_balances++] = &balances[i];
    }
    return fin_pb_done(call);
}

/* ---- trial balances ---- */

kt_status_t
fin_trial_balance_from_pb(kt_call_t *call, const fin_trial_balance_request_t *request,
                          kt_span_t *book, fin_trial_query_t *query)
{
    *query = (fin_trial_query_t){.has_at = request->at[0] != '\0',
                                 .with_trading = request->with_trading};
    KT_TRY(fin_shape_book(call, request->book, "book", book));
    return date_or(call, request->at, "at", 0, &query->at);
}

kt_status_t
fin_trial_page_to_pb(const kt_call_t *call, const fin_trial_view_t *views, uint32_t count,
                     uint64_t sequence, fin_trial_balance_page_t *response)
{
    fin_trial_balance_row_t *rows = KT_ARENA_ARRAY(call->arena, fin_trial_balance_row_t, count);
    response->rows = KT_ARENA_ARRAY(call->arena, fin_trial_balance_row_t *, count);
    if (!rows || !response->rows)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = (fin_trial_balance_row_t)FIN_TRIAL_BALANCE_ROW_INIT;
        rows[i].account = fin_pb_text(call, views[i].account);
        rows[i].type = (fin_account_type_t)views[i].type;
        rows[i].commodity = fin_pb_text(call, views[i].symbol);
        rows[i].scale = views[i].scale;
        rows[i].debit_minor = views[i].turnover.debit_minor;
        rows[i].credit_minor = views[i].turnover.credit_minor;
        rows[i].balance_minor = rows[i].debit_minor - rows[i].credit_minor;
        response->rows[response->n_rows++] = &rows[i];
    }
    response->sequence = sequence;
    return fin_pb_done(call);
}
