#include "store/entries.h"

#include "store/lookup.h"
#include "store/tables.h"

static kt_status_t
broken(const kt_call_t *call, uint64_t sequence)
{
    return fin_store_corrupt(
        call, FIN_TABLE_ENTRY,
        kt_arena_printf(call->arena, "entry %llu", (unsigned long long)sequence));
}

/* A chunk that must be there. */
static kt_status_t
get_chunk(const kt_call_t *call, uint64_t line_name, kt_span_t *value)
{
    fin_key_t key;
    kt_status_t status = kt_kv_get(call->txn, FIN_TABLE_ENTRY, fin_key_entry(&key, line_name),
                                   value);
    return status.code == KT_NOT_FOUND ? broken(call, FIN_LINE_SEQUENCE(line_name)) : status;
}

kt_status_t
fin_store_load_head(const kt_call_t *call, uint64_t sequence, fin_entry_record_t *entry)
{
    kt_span_t value;
    KT_TRY(get_chunk(call, FIN_LINE_NAME(sequence, 0), &value));
    kt_reader_t r = kt_reader(value);
    entry->sequence = sequence;
    return fin_get_entry(&r, entry) ? kt_ok() : broken(call, sequence);
}

/* Reads the lines of one chunk, from where the reader stands to its end. */
static bool
get_lines(kt_reader_t *r, const fin_posting_t *entry, uint32_t *at)
{
    uint32_t first = *at;
    while (r->at < r->size && *at < entry->entry.lines_count)
        if (!fin_get_line(r, &entry->lines[(*at)++]))
            return false;
    return kt_reader_done(r) && *at > first;
}

kt_status_t
fin_store_load_entry(const kt_call_t *call, uint64_t sequence, fin_posting_t *entry)
{
    entry->entry.sequence = sequence;
    for (uint32_t at = 0; at == 0 || at < entry->entry.lines_count;) {
        kt_span_t value;
        KT_TRY(get_chunk(call, FIN_LINE_NAME(sequence, at), &value));
        const char *copy = kt_arena_copy(call->arena, value);
        if (copy == NULL)
            return fin_out_of_memory();
        kt_reader_t r = kt_reader(kt_span(copy, value.size));
        if (at == 0) {
            if (!fin_get_entry(&r, &entry->entry))
                return broken(call, sequence);
            entry->lines = KT_ARENA_ARRAY(call->arena, fin_line_record_t, entry->entry.lines_count);
            if (entry->lines == NULL)
                return fin_out_of_memory();
        }
        if (!get_lines(&r, entry, &at))
            return broken(call, sequence);
    }
    return kt_ok();
}

static kt_status_t
unknown(const kt_call_t *call, int32_t year, uint64_t number)
{
    return kt_error(KT_NOT_FOUND, FIN_ENTRY_UNKNOWN,
                    kt_arena_printf(call->arena, "the book has no entry %s",
                                    fin_entry_name(call->arena, year, number)));
}

/* The newest entry of the year, or the anchor at or above NUMBER where that is nearer. */
static kt_status_t
start(const kt_call_t *call, uint64_t part, int32_t year, uint64_t number,
      fin_series_record_t *from)
{
    fin_key_t key;
    kt_span_t value;
    kt_status_t status = kt_kv_get(call->txn, FIN_TABLE_SERIES, fin_key_series(&key, part, year),
                                   &value);
    if (status.code == KT_NOT_FOUND)
        return unknown(call, year, number);
    KT_TRY(status);
    if (!fin_get_series(value, from))
        return fin_store_corrupt(call, FIN_TABLE_SERIES, "a fiscal year");
    if (number == 0 || number > from->number)
        return unknown(call, year, number);
    uint64_t anchor = number +
                      (FIN_ANCHOR_ENTRIES - number % FIN_ANCHOR_ENTRIES) % FIN_ANCHOR_ENTRIES;
    if (anchor >= from->number)
        return kt_ok();
    from->number = anchor;
    status = kt_kv_get(call->txn, FIN_TABLE_ANCHOR, fin_key_anchor(&key, part, year, anchor),
                       &value);
    if (status.code == KT_NOT_FOUND ||
        (!kt_failed(status) && !fin_get_number(value, &from->sequence)))
        return fin_store_corrupt(call, FIN_TABLE_ANCHOR, "an anchor");
    return status;
}

kt_status_t
fin_store_find_entry(const kt_call_t *call, uint64_t part, int32_t year, uint64_t number,
                     uint64_t *sequence)
{
    fin_series_record_t at;
    KT_TRY(start(call, part, year, number, &at));
    while (at.number > number) {
        fin_entry_record_t entry;
        KT_TRY(fin_store_load_head(call, at.sequence, &entry));
        if (entry.part != part || entry.year != year || entry.number != at.number)
            return broken(call, at.sequence);
        at.number--;
        at.sequence = entry.previous;
    }
    *sequence = at.sequence;
    return kt_ok();
}
