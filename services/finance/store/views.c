#include "store/views.h"

#include "store/entries.h"
#include "store/records.h"
#include "store/scan.h"
#include "store/tables.h"

#define TEXT(span) (int)(span).size, (const char *)(span).data

/* ---- entries ---- */

static kt_status_t
name_lines(const kt_call_t *call, uint64_t part, fin_entry_view_t *view)
{
    uint32_t count = view->posting.entry.lines_count;
    fin_line_names_t *names = KT_ARENA_ARRAY(call->arena, fin_line_names_t, count);
    if (!names)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < count; i++) {
        const fin_line_record_t *line = &view->posting.lines[i];
        fin_commodity_record_t commodity;
        KT_TRY(fin_store_account_path(call, part, line->account, &names[i].account));
        if (i > 0 && line->commodity == line[-1].commodity) {
            names[i].commodity = names[i - 1].commodity;
            continue;
        }
        KT_TRY(fin_store_commodity(call, part, line->commodity, &commodity));
        names[i].commodity = commodity.symbol;
    }
    view->names = names;
    return kt_ok();
}

static kt_status_t
name_entry(const kt_call_t *call, uint64_t sequence, fin_entry_name_t *name)
{
    fin_entry_record_t entry;
    KT_TRY(fin_store_load_head(call, sequence, &entry));
    *name = (fin_entry_name_t){entry.year, entry.number};
    return kt_ok();
}

static kt_status_t
view_sequence(const kt_call_t *call, const fin_book_record_t *book, uint64_t sequence,
              fin_entry_view_t *view)
{
    *view = (fin_entry_view_t){0};
    KT_TRY(fin_store_load_entry(call, sequence, &view->posting));
    if (view->posting.entry.part != book->part)
        return fin_store_corrupt(call, FIN_TABLE_ENTRY, "an entry of another book");
    KT_TRY(name_lines(call, book->part, view));
    if (view->posting.entry.reverses != 0)
        KT_TRY(name_entry(call, view->posting.entry.reverses, &view->reverses));
    fin_key_t key;
    kt_span_t value;
    uint64_t by;
    bool found;
    KT_TRY(
        fin_store_get(call, FIN_TABLE_REVERSAL, fin_key_reversal(&key, sequence), &value, &found));
    if (!found)
        return kt_ok();
    if (!fin_get_number(value, &by))
        return fin_store_corrupt(call, FIN_TABLE_REVERSAL, "a reversal");
    return name_entry(call, by, &view->reversed_by);
}

kt_status_t
fin_store_view_entry(const kt_call_t *call, const fin_book_record_t *book, fin_entry_name_t name,
                     fin_entry_view_t *view)
{
    uint64_t sequence;
    KT_TRY(fin_store_find_entry(call, book->part, name.year, name.number, &sequence));
    return view_sequence(call, book, sequence, view);
}

kt_status_t
fin_store_view_source(const kt_call_t *call, const fin_book_record_t *book, kt_span_t source_ref,
                      fin_entry_view_t *view)
{
    fin_key_t key;
    kt_span_t value;
    fin_source_record_t source;
    bool found;
    KT_TRY(fin_store_get(call, FIN_TABLE_SOURCE, fin_key_text(&key, book->part, source_ref), &value,
                         &found));
    if (!found)
        return kt_error(KT_NOT_FOUND, FIN_ENTRY_UNKNOWN,
                        kt_arena_printf(call->arena,
                                        "book %.*s has no entry from source %.*s: it was "
                                        "not posted yet",
                                        TEXT(book->id), TEXT(source_ref)));
    if (!fin_get_source(value, &source))
        return fin_store_corrupt(call, FIN_TABLE_SOURCE, "a source reference");
    return view_sequence(call, book, source.sequence, view);
}

/* What an entry weighs in an answer, roughly: its texts, and some bytes a line. */
static size_t
weight(const fin_entry_view_t *view)
{
    size_t bytes = view->posting.entry.description.size + view->posting.entry.source_ref.size;
    for (uint32_t i = 0; i < view->posting.entry.lines_count; i++)
        bytes += FIN_LINE_BYTES + view->names[i].account.size + view->names[i].commodity.size +
                 view->posting.lines[i].memo.size;
    return bytes;
}

/* The newest entry of a fiscal year, or of the newest one for year 0; number 0 when there is none.
 */
static kt_status_t
find_series(const kt_call_t *call, uint64_t part, int32_t *year, fin_series_record_t *series)
{
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    fin_key_t prefix, key;
    bool found;
    *series = (fin_series_record_t){0};
    int32_t wanted = *year;
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_SERIES, fin_key_part(&prefix, part)));
    KT_TRY(fin_scan_seek_back(&scan, fin_key_series(&key, part, wanted == 0 ? INT32_MAX : wanted),
                              &found));
    if (!found)
        return kt_ok();
    if (!fin_parse_series(scan.key, &part, year) || !fin_get_series(scan.value, series))
        return fin_store_corrupt(call, FIN_TABLE_SERIES, "a fiscal year");
    if (wanted != 0 && wanted != *year)
        *series = (fin_series_record_t){0};
    return kt_ok();
}

kt_status_t
fin_store_list_entries(const kt_call_t *call, const fin_book_record_t *book, fin_entry_name_t from,
                       uint32_t limit, fin_entry_list_t *list)
{
    *list = (fin_entry_list_t){.entries = KT_ARENA_ARRAY(call->arena, fin_entry_view_t, limit)};
    if (!list->entries)
        return kt_call_out_of_memory(call);
    fin_series_record_t series;
    KT_TRY(find_series(call, book->part, &from.year, &series));
    uint64_t number = from.number == 0 ? series.number : KT_MIN(from.number, series.number);
    uint64_t sequence = series.sequence;
    if (number > 0 && number < series.number)
        KT_TRY(fin_store_find_entry(call, book->part, from.year, number, &sequence));
    size_t bytes = 0;
    while (number > 0 && list->count < limit) {
        KT_TRY(fin_scan_wanted(call));
        fin_entry_view_t *view = &list->entries[list->count];
        KT_TRY(view_sequence(call, book, sequence, view));
        if (view->posting.entry.number != number || view->posting.entry.year != from.year)
            return fin_store_corrupt(call, FIN_TABLE_ENTRY, "an entry in its year's order");
        bytes += weight(view);
        if (bytes > FIN_PAGE_BYTES_MAX && list->count > 0)
            break;
        list->count++;
        sequence = view->posting.entry.previous;
        number--;
    }
    list->next = (fin_entry_name_t){from.year, number};
    return kt_ok();
}
