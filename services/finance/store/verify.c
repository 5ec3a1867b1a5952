#include "store/verifying.h"

#include <stdio.h>

#define ARENA_FIRST_BYTES 65536
#define ARENA_BYTES_MAX   (64u << 20)

typedef unsigned long long ull; /* for printf */

/* ---- words ---- */

static void
part_text(uint64_t part, char *out, size_t size)
{
    snprintf(out, size, "book %llu/%llu", (ull)(part >> 32), (ull)(part & UINT32_MAX));
}

/* The key in words; hexadecimal for a table whose key is none of its own making. */
static void
key_text(uint32_t table, kt_span_t key, char *out, size_t size)
{
    char book[48] = "";
    kt_reader_t r = kt_reader(key);
    part_text(kt_get_u64(&r), book, sizeof(book));
    fin_balance_key_t b = {0};
    fin_hold_account_key_t h = {0};
    int32_t year = 0;
    uint64_t part = 0, number = 0;
    kt_span_t text;
    char id[KT_ULID_CHARS + 1] = "";
    if (table == FIN_TABLE_BOOK) {
        snprintf(out, size, "%.*s", (int)key.size, (const char *)key.data);
    } else if (table == FIN_TABLE_ENTRY && fin_parse_entry(key, &number)) {
        snprintf(out, size, "entry of sequence %llu", (ull)FIN_LINE_SEQUENCE(number));
    } else if (table == FIN_TABLE_REVERSAL && fin_parse_reversal(key, &number)) {
        snprintf(out, size, "sequence %llu", (ull)number);
    } else if (table == FIN_TABLE_SERIES && fin_parse_series(key, &part, &year)) {
        snprintf(out, size, "%s, year %d", book, (int)year);
    } else if (table == FIN_TABLE_ANCHOR && fin_parse_anchor(key, &part, &year, &number)) {
        snprintf(out, size, "%s, year %d, number %llu", book, (int)year, (ull)number);
    } else if (table == FIN_TABLE_BALANCE && fin_parse_balance(key, &b)) {
        snprintf(out, size, "%s, account %u, commodity %u, %04d-%02d", book, (unsigned)b.account,
                 (unsigned)b.commodity, (int)(b.month / 12), (int)(b.month % 12) + 1);
    } else if (table == FIN_TABLE_HOLD_ACCOUNT && fin_parse_hold_account(key, &h)) {
        kt_ulid_format(&h.id, id);
        snprintf(out, size, "%s, account %u, hold %s", book, (unsigned)h.account, id);
    } else if (table == FIN_TABLE_BOOK_PART) {
        snprintf(out, size, "%s", book);
    } else if ((table == FIN_TABLE_ACCOUNT_NUMBER || table == FIN_TABLE_COMMODITY_NUMBER) &&
               fin_parse_number(key, &part, &b.account)) {
        snprintf(out, size, "%s, number %u", book, (unsigned)b.account);
    } else if (fin_parse_text(key, &part, &text)) {
        snprintf(out, size, "%s, %.*s", book, (int)text.size, (const char *)text.data);
    } else {
        snprintf(out, size, "a key of %zu bytes", key.size);
    }
}

/* A small derived record in words. */
static void
value_text(uint32_t table, kt_span_t value, char *out, size_t size)
{
    fin_series_record_t series;
    fin_source_record_t source;
    uint64_t number;
    int64_t held;
    fin_commodity_record_t commodity;
    if (table == FIN_TABLE_SERIES && fin_get_series(value, &series))
        snprintf(out, size, "number %llu, sequence %llu", (ull)series.number, (ull)series.sequence);
    else if (table == FIN_TABLE_SOURCE && fin_get_source(value, &source))
        snprintf(out, size, "sequence %llu, digest %016llx", (ull)source.sequence,
                 (ull)source.digest);
    else if ((table == FIN_TABLE_ANCHOR || table == FIN_TABLE_REVERSAL) &&
             fin_get_number(value, &number))
        snprintf(out, size, "sequence %llu", (ull)number);
    else if (table == FIN_TABLE_HOLD_ACCOUNT && fin_get_held(value, &held))
        snprintf(out, size, "%lld", (long long)held);
    else if (table == FIN_TABLE_COMMODITY_NUMBER && fin_get_commodity_number(value, &commodity))
        snprintf(out, size, "%.*s with scale %d", (int)commodity.symbol.size,
                 (const char *)commodity.symbol.data, (int)commodity.scale);
    else if (table == FIN_TABLE_ACCOUNT_NUMBER || table == FIN_TABLE_BOOK_PART)
        snprintf(out, size, "%.*s", (int)value.size, (const char *)value.data);
    else
        snprintf(out, size, "%zu bytes that do not read back", value.size);
}

/* ---- findings ---- */

static void KT_PRINTF(4, 0)
    report(fin_verify_t *v, uint32_t table, kt_span_t key, const char *what, va_list args)
{
    kt_finding_t finding = {.table = fin_tables[table].name};
    key_text(table, key, finding.key, sizeof(finding.key));
    vsnprintf(finding.what, sizeof(finding.what), what, args);
    v->sink->report(v->sink->context, &finding);
}

void
fin_verify_find(fin_verify_t *v, uint32_t table, kt_span_t key, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    report(v, table, key, what, args);
    va_end(args);
}

void
fin_verify_find_entry(fin_verify_t *v, uint64_t sequence, const char *what, ...)
{
    fin_key_t key;
    va_list args;
    va_start(args, what);
    report(v, FIN_TABLE_ENTRY, fin_key_entry(&key, FIN_LINE_NAME(sequence, 0)), what, args);
    va_end(args);
}

/* ---- looks ---- */

kt_status_t
fin_verify_get(fin_verify_t *v, uint32_t table, kt_span_t key, kt_span_t *value, fin_look_t *look)
{
    kt_status_t status = kt_kv_get(v->call.txn, table, key, value);
    *look = kt_failed(status) ? FIN_LOOK_ABSENT : FIN_LOOK_THERE;
    if (status.code == KT_DATA_LOSS) {
        *look = FIN_LOOK_DAMAGED;
        fin_verify_find(v, table, key, "%s", status.text);
    } else if (status.code != KT_NOT_FOUND) {
        return status;
    }
    return kt_ok();
}

kt_status_t
fin_verify_expect(fin_verify_t *v, uint32_t table, kt_span_t key, kt_span_t expected)
{
    kt_span_t value;
    fin_look_t look;
    char want[96], found[96] = "no record";
    KT_TRY(fin_verify_get(v, table, key, &value, &look));
    if (look == FIN_LOOK_DAMAGED || (look == FIN_LOOK_THERE && kt_span_equal(value, expected)))
        return kt_ok();
    value_text(table, expected, want, sizeof(want));
    if (look == FIN_LOOK_THERE)
        value_text(table, value, found, sizeof(found));
    fin_verify_find(v, table, key, "found %s, expected %s", found, want);
    return kt_ok();
}

kt_status_t
fin_verify_each(fin_verify_t *v, uint32_t table, fin_verify_check_t check)
{
    kt_cursor_t *cursor KT_CLEANUP(kt_kv_cursor_close) = NULL;
    kt_span_t key, value;
    KT_TRY(kt_kv_cursor(v->call.txn, table, &cursor));
    kt_status_t status = kt_cursor_first(cursor, &key, &value);
    while (!kt_failed(status) || status.code == KT_DATA_LOSS) {
        if (kt_failed(status))
            fin_verify_find(v, table, kt_span(NULL, 0), "%s", status.text);
        else
            KT_TRY(check(v, key, value));
        kt_arena_reset(v->arena);
        status = kt_cursor_next(cursor, &key, &value);
    }
    return status.code == KT_NOT_FOUND ? kt_ok() : status;
}

kt_status_t
fin_verify_tell(fin_verify_t *v, uint64_t done)
{
    /* Entries once forward, then their lines once along the days; the rest is little beside it. */
    uint64_t all = v->entries + KT_MAX(v->lines, v->entries);
    if (v->sink->progress == NULL || v->sink->progress(v->sink->context, done, KT_MAX(all, done)))
        return kt_ok();
    return kt_error(KT_CANCELLED, 0, "the verification was given up");
}

/* ---- the whole ---- */

static kt_status_t
run(fin_verify_t *v)
{
    KT_TRY(fin_verify_names(v));
    KT_TRY(fin_verify_entries(v));
    KT_TRY(fin_verify_numbering(v));
    KT_TRY(fin_verify_balances(v));
    KT_TRY(fin_verify_holds(v));
    return fin_verify_tell(v, v->entries + KT_MAX(v->lines, v->entries));
}

kt_status_t
fin_store_verify(kt_txn_t *txn, const fin_verify_sink_t *sink)
{
    kt_arena_t *arena KT_CLEANUP(kt_arena_destroy) = kt_arena_new(ARENA_FIRST_BYTES,
                                                                  ARENA_BYTES_MAX);
    kt_arena_t *lasting KT_CLEANUP(kt_arena_destroy) = kt_arena_new(ARENA_FIRST_BYTES,
                                                                    ARENA_BYTES_MAX);
    fin_verify_t v = {.sink = sink, .arena = arena, .lasting = lasting};
    if (arena == NULL || lasting == NULL || !fin_fact_set_init(&v.series, lasting, 1024))
        return fin_out_of_memory();
    kt_call_init(&v.call, arena, txn, "", 0);
    return run(&v);
}
