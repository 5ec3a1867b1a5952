#include "codec/reads.h"

#include "codec/posting.h"
#include "codec/shape.h"

#define ENTRIES_PAGE_MAX 500
#define HOLDS_PAGE_MAX   500

/* ---- entries ---- */

kt_status_t
fin_get_entry_from_pb(kt_call_t *call, const fin_get_entry_request_t *request,
                      fin_entry_order_t *order)
{
    *order = (fin_entry_order_t){0};
    KT_TRY(fin_shape_book(call, request->book, "book", &order->book));
    if ((request->entry[0] == '\0') == (request->source_ref[0] == '\0'))
        return kt_call_bad_field(call, "is given, or source_ref is; one of the two", "entry");
    if (request->source_ref[0])
        return fin_shape_text(call, request->source_ref, FIN_SOURCE_BYTES_MAX, "source_ref",
                              &order->source_ref);
    if (!fin_entry_name_parse(kt_span_str(request->entry), &order->name.year, &order->name.number))
        return kt_call_bad_field(call, "an entry's number such as 2026-000123", "entry");
    return kt_ok();
}

static kt_status_t
fill_lines(const kt_call_t *call, const fin_entry_view_t *view, fin_entry_t *into)
{
    uint32_t count = view->posting.entry.lines_count;
    fin_line_t *lines = KT_ARENA_ARRAY(call->arena, fin_line_t, count);
    into->lines = KT_ARENA_ARRAY(call->arena, fin_line_t *, count);
    if (!lines || !into->lines)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < count; i++) {
        lines[i] = (fin_line_t)FIN_LINE_INIT;
        lines[i].account = fin_pb_text(call, view->names[i].account);
        lines[i].commodity = fin_pb_text(call, view->names[i].commodity);
        lines[i].amount_minor = view->posting.lines[i].amount_minor;
        lines[i].memo = fin_pb_text(call, view->posting.lines[i].memo);
        into->lines[into->n_lines++] = &lines[i];
    }
    return fin_pb_done(call);
}

kt_status_t
fin_entry_to_pb(const kt_call_t *call, kt_span_t book, const fin_entry_view_t *view,
                fin_entry_t *into)
{
    const fin_entry_record_t *entry = &view->posting.entry;
    into->book = fin_pb_text(call, book);
    into->entry = fin_pb_entry(call, entry->year, entry->number);
    into->date = fin_pb_date(call, entry->date);
    into->description = fin_pb_text(call, entry->description);
    into->source_ref = fin_pb_text(call, entry->source_ref);
    into->reverses = fin_pb_entry(call, view->reverses.year, view->reverses.number);
    into->reversed_by = fin_pb_entry(call, view->reversed_by.year, view->reversed_by.number);
    into->posted_by = fin_pb_text(call, entry->posted_by);
    into->posted_us = entry->posted_us;
    into->sequence = entry->sequence;
    return fill_lines(call, view, into);
}

static void
put_entry_place(kt_writer_t *w, fin_entry_name_t name)
{
    kt_put_u16(w, (uint16_t)name.year);
    kt_put_u64(w, name.number);
}

static bool
get_entry_place(kt_span_t place, fin_entry_name_t *name)
{
    kt_reader_t r = kt_reader(place);
    name->year = kt_get_u16(&r);
    name->number = kt_get_u64(&r);
    return kt_reader_done(&r) && name->year <= KT_YEAR_MAX && name->number > 0;
}

kt_status_t
fin_list_entries_from_pb(kt_call_t *call, const fin_list_entries_request_t *request,
                         fin_entries_order_t *order)
{
    const char *fields[] = {request->book, kt_arena_printf(call->arena, "%d", (int)request->year)};
    *order = (fin_entries_order_t){.from.year = request->year};
    KT_TRY(fin_shape_book(call, request->book, "book", &order->book));
    if (request->year < 0 || request->year > KT_YEAR_MAX)
        return kt_call_bad_field(call, "is a fiscal year, or 0 for the newest", "year");
    KT_TRY(kt_page_from_pb_most(call, request->page_size, ENTRIES_PAGE_MAX, request->page_token,
                                fields, KT_COUNT(fields), &order->page));
    if (order->page.place.size == 0)
        return kt_ok();
    bool right = get_entry_place(order->page.place, &order->from);
    return right && (request->year == 0 || request->year == order->from.year)
               ? kt_ok()
               : kt_bad_page_token(call);
}

kt_status_t
fin_entries_to_pb(const kt_call_t *call, const fin_entries_order_t *order,
                  const fin_entry_list_t *list, fin_list_entries_response_t *response)
{
    fin_entry_t *entries = KT_ARENA_ARRAY(call->arena, fin_entry_t, list->count);
    response->entries = KT_ARENA_ARRAY(call->arena, fin_entry_t *, list->count);
    if (!entries || !response->entries)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < list->count; i++) {
        entries[i] = (fin_entry_t)FIN_ENTRY_INIT;
        KT_TRY(fin_entry_to_pb(call, order->book, &list->entries[i], &entries[i]));
        response->entries[response->n_entries++] = &entries[i];
    }
    if (list->next.number > 0) {
        uint8_t place[16];
        kt_writer_t w = kt_writer(place, sizeof place);
        put_entry_place(&w, list->next);
        response->next_page_token = fin_pb_token(call, &order->page, kt_written(&w));
    }
    return fin_pb_done(call);
}

/* ---- holds ---- */

kt_status_t
fin_get_hold_from_pb(kt_call_t *call, const fin_get_hold_request_t *request, kt_span_t *book,
                     kt_ulid_t *hold)
{
    KT_TRY(fin_shape_book(call, request->book, "book", book));
    return fin_shape_id(call, request->hold, "hold", hold);
}

kt_status_t
fin_list_holds_from_pb(kt_call_t *call, const fin_list_holds_request_t *request,
                       fin_holds_order_t *order)
{
    const char *fields[] = {request->book, request->account};
    *order = (fin_holds_order_t){0};
    KT_TRY(fin_shape_book(call, request->book, "book", &order->book));
    KT_TRY(fin_shape_text(call, request->account, FIN_PATH_BYTES_MAX, "account", &order->account));
    KT_TRY(kt_page_from_pb_most(call, request->page_size, HOLDS_PAGE_MAX, request->page_token,
                                fields, KT_COUNT(fields), &order->page));
    kt_span_t place = order->page.place;
    if (place.size != 0 && place.size != sizeof order->after.bytes)
        return kt_bad_page_token(call);
    if (place.size > 0)
        memcpy(order->after.bytes, place.data, place.size);
    return kt_ok();
}

kt_status_t
fin_holds_to_pb(const kt_call_t *call, const fin_holds_order_t *order, const fin_hold_list_t *list,
                fin_list_holds_response_t *response)
{
    fin_hold_t *holds = KT_ARENA_ARRAY(call->arena, fin_hold_t, list->count);
    response->holds = KT_ARENA_ARRAY(call->arena, fin_hold_t *, list->count);
    if (!holds || !response->holds)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < list->count; i++) {
        holds[i] = (fin_hold_t)FIN_HOLD_INIT;
        KT_TRY(fin_hold_to_pb(call, order->book, &list->holds[i], &holds[i]));
        response->holds[response->n_holds++] = &holds[i];
    }
    if (list->more) {
        const kt_ulid_t *last = &list->holds[list->count - 1].hold.id;
        response->next_page_token = fin_pb_token(call, &order->page,
                                                 kt_span(last->bytes, sizeof last->bytes));
    }
    return fin_pb_done(call);
}
