#include "store/verifying.h"

#include <stdio.h>

#define PAGE_FACTS  500
#define ARENA_BYTES (16u << 20)

kt_status_t
legal_verify_begin(legal_verifying_t *v, kt_txn_t *txn, const legal_verify_sink_t *sink)
{
    kt_call_init(&v->call, kt_arena_new(65536, ARENA_BYTES), txn, "", 0);
    kt_call_init(&v->inner, kt_arena_new(65536, ARENA_BYTES), txn, "", 0);
    if (!v->call.arena || !v->inner.arena)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory to verify with");
    v->sink = sink;
    return kt_ok();
}

void
legal_verify_end(legal_verifying_t *v)
{
    kt_arena_destroy(&v->call.arena);
    kt_arena_destroy(&v->inner.arena);
}

kt_status_t
legal_verify_each(legal_verifying_t *v, uint32_t table, const kt_layout_t *layout,
                  kt_row_key_t read_key, legal_says_t says)
{
    kt_row_page_t page;
    kt_key_t all, from;

    kt_key(&from);
    do {
        KT_TRY(kt_rows_page(&v->call, table, kt_key(&all), kt_key_span(&from), PAGE_FACTS, layout,
                            read_key, &page));
        for (uint32_t i = 0; i < page.count; i++) {
            kt_arena_reset(v->inner.arena);
            KT_TRY(says(v, (const uint8_t *)page.rows + layout->size * i));
        }
        (void)kt_key_bytes(kt_key(&from), page.next.data, page.next.size);
        kt_arena_reset(v->call.arena);
    } while (from.size > 0);
    return kt_ok();
}

static void
find(const legal_verifying_t *v, uint32_t table, kt_span_t key, const char *what)
{
    char text[KT_KEY_TEXT_MAX] = "";

    if (key.size > 0)
        kt_key_format(key, text);
    v->sink->find(v->sink->context, legal_tables[table].name, text, what);
}

kt_status_t
legal_verify_say(legal_verifying_t *v, uint32_t table, const kt_key_t *key, kt_span_t value)
{
    kt_span_t there;
    kt_status_t status = kt_kv_get(v->call.txn, table, kt_key_span(key), &there);

    v->said[table]++;
    if (status.code == KT_NOT_FOUND)
        find(v, table, kt_key_span(key), "the facts say that it is there; it is not");
    else
        KT_TRY(status);
    if (!kt_failed(status) && !kt_span_equal(there, value))
        find(v, table, kt_key_span(key), "it is not what the facts say");
    return kt_ok();
}

kt_status_t
legal_verify_count(legal_verifying_t *v, uint32_t table)
{
    kt_table_stat_t stat;
    char what[80];

    KT_TRY(kt_kv_table_stat(v->call.txn, table, &stat));
    if (stat.records == v->said[table])
        return kt_ok();
    snprintf(what, sizeof what, "%llu records, but the facts say %llu",
             (unsigned long long)stat.records, (unsigned long long)v->said[table]);
    find(v, table, kt_span(NULL, 0), what);
    return kt_ok();
}
