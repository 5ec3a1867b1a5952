#include "write_set.h"

#include <stdlib.h>

/* What one range takes at most; so much is kept free from a range's first record on. */
#define RANGE_BYTES_MAX (1 + 1 + 4 + 2 * (2 + KT_KV_KEY_BYTES_MAX) + KT_SHA256_BYTES)

typedef struct range {
    uint32_t records; /* 0: the table has none in this set */
    uint16_t first_size, last_size;
    uint8_t first[KT_KV_KEY_BYTES_MAX], last[KT_KV_KEY_BYTES_MAX];
    kt_sha256_t sha;
} range_t;

_Static_assert(KT_KV_TABLES_MAX <= 64, "a bit for each table");

struct kt_write_set {
    const kt_table_t *tables;
    uint32_t tables_count;
    uint64_t begun; /* bits: tables that have a range */
    bool closed;    /* the ranges are written behind the facts */
    kt_writer_t out;
    uint8_t bytes[KT_WRITE_SET_BYTES_MAX];
    range_t ranges[]; /* by table */
};

kt_write_set_t *
kt_write_set_new(const kt_table_t *tables, uint32_t tables_count)
{
    kt_write_set_t *set = (kt_write_set_t *)calloc(1,
                                                   sizeof(*set) + tables_count * sizeof(range_t));

    if (!set)
        return NULL;
    set->tables = tables;
    set->tables_count = tables_count;
    kt_write_set_reset(set);
    return set;
}

void
kt_write_set_destroy(kt_write_set_t **set)
{
    free(*set);
    *set = NULL;
}

void
kt_write_set_reset(kt_write_set_t *set)
{
    for (uint64_t left = set->begun; left != 0; left &= left - 1)
        set->ranges[__builtin_ctzll(left)].records = 0;
    set->begun = 0;
    set->closed = false;
    set->out = kt_writer(set->bytes, sizeof(set->bytes));
}

static kt_status_t
too_large(void)
{
    return kt_error(KT_RESOURCE_EXHAUSTED, 0, "one call changes more than 60,000 bytes of facts");
}

static bool
has_room(const kt_write_set_t *set, size_t more)
{
    size_t taken = set->out.size + (size_t)__builtin_popcountll(set->begun) * RANGE_BYTES_MAX;
    return taken + more <= sizeof(set->bytes);
}

static kt_status_t
add_fact(kt_write_set_t *set, kt_item_kind_t kind, uint32_t table, kt_span_t key, kt_span_t value)
{
    size_t size = 1 + 1 + 2 + key.size + (kind == KT_ITEM_PUT ? 4 + value.size : 0);

    if (!has_room(set, size))
        return too_large();
    kt_put_u8(&set->out, (uint8_t)kind);
    kt_put_u8(&set->out, (uint8_t)table);
    kt_put_str(&set->out, key);
    if (kind == KT_ITEM_PUT) {
        kt_put_u32(&set->out, (uint32_t)value.size);
        kt_put_bytes(&set->out, value.data, value.size);
    }
    return kt_ok();
}

void
kt_range_digest_add(kt_sha256_t *sha, kt_span_t key, kt_span_t value)
{
    uint8_t head[2 + KT_KV_KEY_BYTES_MAX + 4];
    kt_writer_t w = kt_writer(head, sizeof(head));

    kt_put_str(&w, key);
    kt_put_u32(&w, (uint32_t)value.size);
    kt_sha256_add(sha, kt_written(&w));
    kt_sha256_add(sha, value);
}

static kt_status_t
add_to_range(kt_write_set_t *set, uint32_t table, kt_span_t key, kt_span_t value)
{
    range_t *range = &set->ranges[table];

    if (range->records == 0) {
        if (!has_room(set, RANGE_BYTES_MAX))
            return too_large();
        kt_sha256_init(&range->sha);
        memcpy(range->first, key.data, key.size);
        range->first_size = (uint16_t)key.size;
        set->begun |= UINT64_C(1) << table;
    }
    range->records++;
    memcpy(range->last, key.data, key.size);
    range->last_size = (uint16_t)key.size;
    kt_range_digest_add(&range->sha, key, value);
    return kt_ok();
}

kt_status_t
kt_write_set_observe(void *context, kt_kv_change_t change, uint32_t table, kt_span_t key,
                     kt_span_t value)
{
    kt_write_set_t *set = (kt_write_set_t *)context;

    KT_ASSERT(table < set->tables_count && !set->closed);
    switch (set->tables[table].kind) {
    case KT_TABLE_FACT:
        return add_fact(set, change == KT_KV_DELETE ? KT_ITEM_DELETE : KT_ITEM_PUT, table, key,
                        value);
    case KT_TABLE_LOG:
        if (change != KT_KV_APPEND)
            return kt_error(KT_INTERNAL, 0, "a log table takes appends only");
        return add_to_range(set, table, key, value);
    case KT_TABLE_SYSTEM:
    case KT_TABLE_DERIVED:
        break;
    }
    return kt_ok();
}

kt_span_t
kt_write_set_encoded(kt_write_set_t *set)
{
    for (uint64_t left = set->closed ? 0 : set->begun; left != 0; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(left);
        range_t *range = &set->ranges[i];
        kt_hash_t digest = kt_sha256_end(&range->sha);
        kt_put_u8(&set->out, KT_ITEM_RANGE);
        kt_put_u8(&set->out, (uint8_t)i);
        kt_put_u32(&set->out, range->records);
        kt_put_str(&set->out, kt_span(range->first, range->first_size));
        kt_put_str(&set->out, kt_span(range->last, range->last_size));
        kt_put_bytes(&set->out, digest.bytes, sizeof(digest.bytes));
    }
    set->closed = true;
    KT_ASSERT(!set->out.failed); /* has_room saw to it */
    return kt_written(&set->out);
}

bool
kt_item_next(kt_reader_t *r, const kt_table_t *tables, uint32_t tables_count, kt_item_t *item)
{
    if (r->failed || r->at == r->size)
        return false;
    kt_item_t made = {.kind = (kt_item_kind_t)kt_get_u8(r)};
    made.table = kt_get_u8(r);
    bool is_range = made.kind == KT_ITEM_RANGE;

    if (made.kind < KT_ITEM_PUT || made.kind > KT_ITEM_RANGE || made.table >= tables_count ||
        tables[made.table].kind != (is_range ? KT_TABLE_LOG : KT_TABLE_FACT))
        r->failed = true;
    if (is_range)
        made.records = kt_get_u32(r);
    made.key = kt_get_str(r);
    if (made.kind == KT_ITEM_PUT)
        made.value = kt_get_bytes(r, kt_get_u32(r));
    if (is_range) {
        made.last = kt_get_str(r);
        made.digest = kt_get_bytes(r, KT_SHA256_BYTES);
    }
    if (made.key.size == 0 || made.key.size > KT_KV_KEY_BYTES_MAX ||
        made.last.size > KT_KV_KEY_BYTES_MAX ||
        (is_range && (made.records == 0 || kt_span_compare(made.key, made.last) > 0)))
        r->failed = true;
    if (r->failed)
        return false;
    *item = made;
    return true;
}
