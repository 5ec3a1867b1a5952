/* The entries by themselves, one after the other, and the tables that name them: series, anchor,
 * source, reversal. */
#include "store/digest.h"
#include "store/lookup.h"
#include "store/verifying.h"

#define TELL_EVERY 4096

typedef unsigned long long ull; /* for printf */

/* ---- one entry ---- */

typedef struct sum {
    fin_fact_t fact;
    uint32_t commodity;
    fin_wide_t sum;
} sum_t;

static kt_status_t
check_balanced(fin_verify_t *v, const fin_posting_t *entry)
{
    fin_fact_set_t sums;
    if (!fin_fact_set_init(&sums, v->arena, 16))
        return fin_out_of_memory();
    for (uint32_t i = 0; i < entry->entry.lines_count; i++) {
        const fin_line_record_t *line = &entry->lines[i];
        uint64_t hash = fin_hash_pair(line->commodity, 0);
        sum_t *sum = (sum_t *)fin_fact_set_next(&sums, NULL, hash);
        while (sum != NULL && sum->commodity != line->commodity)
            sum = (sum_t *)fin_fact_set_next(&sums, &sum->fact, hash);
        if (sum == NULL) {
            sum = KT_ARENA_NEW(v->arena, sum_t);
            if (sum == NULL)
                return fin_out_of_memory();
            sum->commodity = line->commodity;
            fin_fact_set_add(&sums, &sum->fact, hash);
        }
        sum->sum += line->amount_minor;
    }
    for (const fin_fact_t *f = sums.first; f != NULL; f = f->next)
        if (((const sum_t *)f)->sum != 0)
            fin_verify_find_entry(v, entry->entry.sequence,
                                  "its lines in commodity %u do not add up to zero",
                                  (unsigned)((const sum_t *)f)->commodity);
    return kt_ok();
}

/* The month its book's fiscal years begin with; 0 for a book that is not there, which is reported.
 */
static kt_status_t
first_month(fin_verify_t *v, const fin_entry_record_t *entry, int32_t *month)
{
    fin_key_t key;
    kt_span_t id, value;
    fin_look_t look;
    fin_book_record_t book = {0};
    *month = 0;
    KT_TRY(fin_verify_get(v, FIN_TABLE_BOOK_PART, fin_key_part(&key, entry->part), &id, &look));
    if (look == FIN_LOOK_THERE)
        KT_TRY(fin_verify_get(v, FIN_TABLE_BOOK, id, &value, &look));
    if (look == FIN_LOOK_THERE && fin_get_book(value, &book))
        *month = book.first_month;
    else
        fin_verify_find_entry(v, entry->sequence, "its book is not there");
    return kt_ok();
}

static kt_status_t
series_of(fin_verify_t *v, const fin_entry_record_t *entry, fin_seen_series_t **series)
{
    uint64_t hash = fin_hash_pair(entry->part, (uint64_t)entry->year);
    for (fin_fact_t *f = NULL; (f = fin_fact_set_next(&v->series, f, hash)) != NULL;) {
        *series = (fin_seen_series_t *)f;
        if ((*series)->part == entry->part && (*series)->year == entry->year)
            return kt_ok();
    }
    fin_seen_series_t *made = KT_ARENA_NEW(v->lasting, fin_seen_series_t);
    if (made == NULL)
        return fin_out_of_memory();
    made->part = entry->part;
    made->year = entry->year;
    KT_TRY(first_month(v, entry, &made->first_month));
    fin_fact_set_add(&v->series, &made->fact, hash);
    *series = made;
    return kt_ok();
}

static kt_status_t
check_number(fin_verify_t *v, const fin_entry_record_t *entry)
{
    fin_seen_series_t *series = NULL;
    KT_TRY(series_of(v, entry, &series));
    if (entry->number != series->newest.number + 1)
        fin_verify_find_entry(v, entry->sequence, "found number %llu in %d, expected %llu",
                              (ull)entry->number, (int)entry->year, (ull)series->newest.number + 1);
    if (entry->previous != series->newest.sequence)
        fin_verify_find_entry(v, entry->sequence, "found %llu as the entry before, expected %llu",
                              (ull)entry->previous, (ull)series->newest.sequence);
    int32_t month = kt_month_of(kt_date_from_days(entry->date));
    if (series->first_month != 0 && fin_fiscal_year(month, series->first_month) != entry->year)
        fin_verify_find_entry(v, entry->sequence, "its date does not lie in fiscal year %d",
                              (int)entry->year);
    series->newest = (fin_series_record_t){.number = entry->number, .sequence = entry->sequence};
    if (entry->number % FIN_ANCHOR_ENTRIES != 0)
        return kt_ok();
    uint8_t buffer[sizeof(uint64_t)];
    kt_writer_t w = kt_writer(buffer, sizeof(buffer));
    fin_put_number(&w, entry->sequence);
    fin_key_t key;
    return fin_verify_expect(v, FIN_TABLE_ANCHOR,
                             fin_key_anchor(&key, entry->part, entry->year, entry->number),
                             kt_written(&w));
}

static kt_status_t
check_source(fin_verify_t *v, const fin_posting_t *entry)
{
    if (entry->entry.source_ref.size == 0)
        return kt_ok();
    uint8_t buffer[sizeof(fin_source_record_t)];
    kt_writer_t w = kt_writer(buffer, sizeof(buffer));
    fin_put_source(&w, &(fin_source_record_t){.sequence = entry->entry.sequence,
                                              .digest = fin_entry_digest(entry)});
    fin_key_t key;
    return fin_verify_expect(v, FIN_TABLE_SOURCE,
                             fin_key_text(&key, entry->entry.part, entry->entry.source_ref),
                             kt_written(&w));
}

static bool
mirrors(const fin_posting_t *entry, const fin_posting_t *original)
{
    if (entry->entry.part != original->entry.part ||
        entry->entry.lines_count != original->entry.lines_count ||
        entry->entry.own_count != original->entry.own_count)
        return false;
    for (uint32_t i = 0; i < entry->entry.lines_count; i++) {
        const fin_line_record_t *a = &entry->lines[i], *b = &original->lines[i];
        if (a->account != b->account || a->commodity != b->commodity ||
            (fin_wide_t)a->amount_minor != -(fin_wide_t)b->amount_minor)
            return false;
    }
    return true;
}

static kt_status_t
check_reversal(fin_verify_t *v, const fin_posting_t *entry)
{
    uint64_t reverses = entry->entry.reverses;
    fin_posting_t original = {0};
    if (reverses == 0)
        return kt_ok();
    if (reverses >= entry->entry.sequence) {
        fin_verify_find_entry(v, entry->entry.sequence, "it reverses a later entry, sequence %llu",
                              (ull)reverses);
        return kt_ok();
    }
    kt_status_t status = fin_store_load_entry(&v->call, reverses, &original);
    if (kt_failed(status) && status.code != KT_DATA_LOSS) /* damage is reported where it lies */
        return status;
    if (!kt_failed(status) && (original.entry.reverses != 0 || !mirrors(entry, &original)))
        fin_verify_find_entry(v, entry->entry.sequence,
                              "it does not mirror the entry that it reverses, sequence %llu",
                              (ull)reverses);
    uint8_t buffer[sizeof(uint64_t)];
    kt_writer_t w = kt_writer(buffer, sizeof(buffer));
    fin_put_number(&w, entry->entry.sequence);
    fin_key_t key;
    return fin_verify_expect(v, FIN_TABLE_REVERSAL, fin_key_reversal(&key, reverses),
                             kt_written(&w));
}

static kt_status_t
check_entry(fin_verify_t *v, uint64_t sequence)
{
    fin_posting_t entry = {0};
    kt_status_t status = fin_store_load_entry(&v->call, sequence, &entry);
    if (status.code == KT_DATA_LOSS) {
        fin_verify_find_entry(v, sequence, "%s", status.text);
        return kt_ok();
    }
    KT_TRY(status);
    v->lines += entry.entry.lines_count;
    KT_TRY(check_balanced(v, &entry));
    KT_TRY(check_number(v, &entry.entry));
    KT_TRY(check_source(v, &entry));
    return check_reversal(v, &entry);
}

/* The highest sequence there is. */
static kt_status_t
count_entries(fin_verify_t *v)
{
    kt_cursor_t *cursor KT_CLEANUP(kt_kv_cursor_close) = NULL;
    kt_span_t key, value;
    uint64_t name;
    KT_TRY(kt_kv_cursor(v->call.txn, FIN_TABLE_ENTRY, &cursor));
    kt_status_t status = kt_cursor_last(cursor, &key, &value);
    while (status.code == KT_DATA_LOSS) /* damaged, and reported by the journal's own check */
        status = kt_cursor_prev(cursor, &key, &value);
    if (status.code == KT_NOT_FOUND)
        return kt_ok();
    KT_TRY(status);
    kt_table_stat_t stat;
    KT_TRY(kt_kv_table_stat(v->call.txn, FIN_TABLE_ENTRY, &stat));
    if (!fin_parse_entry(key, &name) || FIN_LINE_SEQUENCE(name) > stat.records)
        fin_verify_find(v, FIN_TABLE_ENTRY, key, "there are fewer entries than its sequence says");
    else
        v->entries = FIN_LINE_SEQUENCE(name);
    return kt_ok();
}

kt_status_t
fin_verify_entries(fin_verify_t *v)
{
    KT_TRY(count_entries(v));
    for (uint64_t sequence = 1; sequence <= v->entries; sequence++) {
        KT_TRY(check_entry(v, sequence));
        kt_arena_reset(v->arena);
        if (sequence % TELL_EVERY == 0)
            KT_TRY(fin_verify_tell(v, sequence));
    }
    return kt_ok();
}

/* ---- what names entries, from the other side: is each record of an entry that is there? ---- */

/* The head, or a finding about the record that points there. */
static kt_status_t
head_of(fin_verify_t *v, uint32_t table, kt_span_t key, uint64_t sequence,
        fin_entry_record_t *entry, bool *there)
{
    kt_status_t status = fin_store_load_head(&v->call, sequence, entry);
    *there = !kt_failed(status);
    if (status.code != KT_DATA_LOSS)
        return status;
    fin_verify_find(v, table, key, "it names sequence %llu, where no entry is", (ull)sequence);
    return kt_ok();
}

static kt_status_t
check_series_record(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    uint64_t part = 0;
    int32_t year = 0;
    (void)value;
    uint64_t hash = fin_parse_series(key, &part, &year) ? fin_hash_pair(part, (uint64_t)year) : 0;
    for (const fin_fact_t *f = NULL; (f = fin_fact_set_next(&v->series, f, hash)) != NULL;)
        if (((const fin_seen_series_t *)f)->part == part &&
            ((const fin_seen_series_t *)f)->year == year)
            return kt_ok();
    fin_verify_find(v, FIN_TABLE_SERIES, key, "found a record, expected none: it has no entries");
    return kt_ok();
}

static kt_status_t
check_anchor_record(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    uint64_t part, number, sequence;
    int32_t year;
    fin_entry_record_t entry;
    bool there = false;
    if (!fin_parse_anchor(key, &part, &year, &number) || !fin_get_number(value, &sequence)) {
        fin_verify_find(v, FIN_TABLE_ANCHOR, key, "it does not read back");
        return kt_ok();
    }
    KT_TRY(head_of(v, FIN_TABLE_ANCHOR, key, sequence, &entry, &there));
    if (there && (entry.part != part || entry.year != year || entry.number != number))
        fin_verify_find(v, FIN_TABLE_ANCHOR, key, "found sequence %llu, which is another entry",
                        (ull)sequence);
    return kt_ok();
}

static kt_status_t
check_source_record(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    uint64_t part;
    kt_span_t ref;
    fin_source_record_t source;
    fin_entry_record_t entry;
    bool there = false;
    if (!fin_parse_text(key, &part, &ref) || !fin_get_source(value, &source)) {
        fin_verify_find(v, FIN_TABLE_SOURCE, key, "it does not read back");
        return kt_ok();
    }
    KT_TRY(head_of(v, FIN_TABLE_SOURCE, key, source.sequence, &entry, &there));
    if (there && (entry.part != part || !kt_span_equal(entry.source_ref, ref)))
        fin_verify_find(v, FIN_TABLE_SOURCE, key,
                        "found sequence %llu, whose source reference is another",
                        (ull)source.sequence);
    return kt_ok();
}

static kt_status_t
check_reversal_record(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    uint64_t reversed, by;
    fin_entry_record_t entry;
    bool there = false;
    if (!fin_parse_reversal(key, &reversed) || !fin_get_number(value, &by)) {
        fin_verify_find(v, FIN_TABLE_REVERSAL, key, "it does not read back");
        return kt_ok();
    }
    KT_TRY(head_of(v, FIN_TABLE_REVERSAL, key, by, &entry, &there));
    if (there && entry.reverses != reversed)
        fin_verify_find(v, FIN_TABLE_REVERSAL, key,
                        "found sequence %llu, which does not reverse it", (ull)by);
    return kt_ok();
}

kt_status_t
fin_verify_numbering(fin_verify_t *v)
{
    for (const fin_fact_t *f = v->series.first; f != NULL; f = f->next) {
        const fin_seen_series_t *series = (const fin_seen_series_t *)f;
        uint8_t buffer[sizeof(fin_series_record_t)];
        kt_writer_t w = kt_writer(buffer, sizeof(buffer));
        fin_put_series(&w, &series->newest);
        fin_key_t key;
        KT_TRY(fin_verify_expect(v, FIN_TABLE_SERIES,
                                 fin_key_series(&key, series->part, series->year), kt_written(&w)));
    }
    KT_TRY(fin_verify_each(v, FIN_TABLE_SERIES, check_series_record));
    KT_TRY(fin_verify_each(v, FIN_TABLE_ANCHOR, check_anchor_record));
    KT_TRY(fin_verify_each(v, FIN_TABLE_SOURCE, check_source_record));
    return fin_verify_each(v, FIN_TABLE_REVERSAL, check_reversal_record);
}
