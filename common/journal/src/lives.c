#include "lives_list.h"

#include <kt/pack.h>

#define LIST_VERSION   1
#define RECORD_VERSION 2
#define FIRST_EPOCH    1

#define RECORD_BYTES_MAX                                                                           \
    (1 + 8 + 8 + KT_ULID_BYTES + 8 + KT_SHA256_BYTES + 8 + 4 + 2 * KT_LIFE_TEXT_BYTES_MAX)

static const char meta_key[] = "lives";

int
kt_life_compare(const kt_life_t *a, const kt_life_t *b)
{
    if (a->epoch != b->epoch)
        return a->epoch < b->epoch ? -1 : 1;
    return memcmp(a->life.bytes, b->life.bytes, KT_ULID_BYTES);
}

/* ---- the record ---- */

static kt_span_t
encode(const kt_life_t *life, uint8_t out[RECORD_BYTES_MAX])
{
    kt_writer_t w = kt_writer(out, RECORD_BYTES_MAX);

    kt_put_u8(&w, RECORD_VERSION);
    kt_put_i64(&w, life->began_us);
    kt_put_u64(&w, life->epoch);
    kt_put_bytes(&w, life->life.bytes, KT_ULID_BYTES);
    kt_put_u64(&w, life->size);
    kt_put_bytes(&w, life->root.bytes, KT_SHA256_BYTES);
    kt_put_u64(&w, life->events);
    kt_put_str(&w, kt_utf8_cut(life->by, KT_LIFE_TEXT_BYTES_MAX));
    kt_put_str(&w, kt_utf8_cut(life->from, KT_LIFE_TEXT_BYTES_MAX));
    KT_ASSERT(!w.failed);
    return kt_written(&w);
}

bool
kt_life_decode(kt_span_t record, kt_life_t *life)
{
    kt_reader_t r = kt_reader(record);
    uint8_t version = kt_get_u8(&r);

    *life = (kt_life_t){.began_us = kt_get_i64(&r)};
    life->epoch = kt_get_u64(&r);
    kt_get_array(&r, life->life.bytes, KT_ULID_BYTES);
    life->size = kt_get_u64(&r);
    kt_get_array(&r, life->root.bytes, KT_SHA256_BYTES);
    life->events = kt_get_u64(&r);
    life->by = kt_get_str(&r);
    life->from = kt_get_str(&r);
    return version == RECORD_VERSION && kt_reader_done(&r);
}

/* ---- the list ---- */

static kt_status_t
malformed(void)
{
    return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT, "the list of the store's lives in meta is none");
}

kt_status_t
kt_lives_list(kt_txn_t *txn, kt_lives_list_t *list)
{
    kt_span_t value;
    kt_status_t status = kt_kv_get(txn, KT_TABLE_META, kt_span_str(meta_key), &value);
    kt_reader_t r;
    uint8_t version;

    memset(list, 0, sizeof(*list));
    if (status.code == KT_NOT_FOUND)
        return kt_ok();
    KT_TRY(status);
    r = kt_reader(value);
    version = kt_get_u8(&r);
    kt_get_array(&r, list->first.bytes, KT_ULID_BYTES);
    list->there = true;
    while (!r.failed && r.at < r.size && list->count < KT_COUNT(list->numbers))
        list->numbers[list->count++] = kt_get_u64(&r);
    return version == LIST_VERSION && kt_reader_done(&r) ? kt_ok() : malformed();
}

static kt_status_t
put_list(kt_txn_t *txn, const kt_lives_list_t *list)
{
    uint8_t bytes[1 + KT_ULID_BYTES + sizeof(list->numbers)];
    kt_writer_t w = kt_writer(bytes, sizeof(bytes));

    kt_put_u8(&w, LIST_VERSION);
    kt_put_bytes(&w, list->first.bytes, KT_ULID_BYTES);
    for (uint32_t i = 0; i < list->count; i++)
        kt_put_u64(&w, list->numbers[i]);
    return kt_kv_put(txn, KT_TABLE_META, kt_span_str(meta_key), kt_written(&w));
}

static kt_life_t
first_of(const kt_lives_list_t *list)
{
    return (kt_life_t){
        .epoch = FIRST_EPOCH,
        .life = list->first,
        .began_us = kt_ulid_time_us(&list->first),
        .root = kt_merkle_empty(),
    };
}

/* The life whose record has that number; its texts are borrowed from the store. */
static kt_status_t
read_life(kt_txn_t *txn, uint64_t number, kt_life_t *life)
{
    kt_span_t record;
    kt_status_t status = kt_journal_get(txn, number, &record);

    if (status.code == KT_NOT_FOUND)
        return malformed();
    KT_TRY(status);
    return kt_life_decode(record, life) && life->size == number ? kt_ok() : malformed();
}

static kt_status_t
copy_texts(kt_arena_t *arena, kt_life_t *life)
{
    const char *by = kt_arena_copy(arena, life->by), *from = kt_arena_copy(arena, life->from);

    if (!by || !from)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the store's lives");
    life->by = kt_span(by, life->by.size);
    life->from = kt_span(from, life->from.size);
    return kt_ok();
}

kt_status_t
kt_lives_load(kt_txn_t *txn, kt_arena_t *arena, kt_life_t **lives, uint32_t *count)
{
    kt_lives_list_t list;
    kt_life_t *all;

    KT_TRY(kt_lives_list(txn, &list));
    all = KT_ARENA_ARRAY(arena, kt_life_t, list.count + 1);
    if (!all)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the store's lives");
    all[0] = first_of(&list);
    for (uint32_t i = 0; i < list.count; i++) {
        KT_TRY(read_life(txn, list.numbers[i], &all[i + 1]));
        KT_TRY(copy_texts(arena, &all[i + 1]));
    }
    *lives = all;
    *count = list.count + 1;
    return kt_ok();
}

static kt_status_t
last_of(kt_txn_t *txn, const kt_lives_list_t *list, kt_life_t *life)
{
    if (list->count == 0)
        *life = first_of(list);
    else
        KT_TRY(read_life(txn, list->numbers[list->count - 1], life));
    life->by = life->from = kt_span(NULL, 0);
    return kt_ok();
}

kt_status_t
kt_lives_now(kt_txn_t *txn, kt_life_t *life)
{
    kt_lives_list_t list;

    KT_TRY(kt_lives_list(txn, &list));
    return last_of(txn, &list, life);
}

/* ---- beginning one ---- */

kt_status_t
kt_lives_name_first(kt_txn_t *txn, const kt_ulid_t *id)
{
    kt_lives_list_t list;
    kt_hash_t root;
    uint64_t size;

    KT_TRY(kt_lives_list(txn, &list));
    KT_TRY(kt_journal_head(txn, &size, &root));
    if (list.there || size > 0)
        return kt_ok();
    list.first = *id;
    return put_list(txn, &list);
}

kt_status_t
kt_lives_begin(kt_txn_t *txn, const kt_life_t *life)
{
    kt_life_t begun = *life, before;
    uint8_t record[RECORD_BYTES_MAX];
    kt_lives_list_t list;
    kt_journal_t journal;
    uint64_t number;

    KT_TRY(kt_lives_list(txn, &list));
    KT_TRY(last_of(txn, &list, &before));
    if (kt_life_compare(life, &before) <= 0)
        return kt_error(KT_FAILED_PRECONDITION, 0, "the store has a newer life already");
    if (list.count + 1 == KT_LIVES_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "a store has at most 256 lives");
    KT_TRY(kt_journal_load(&journal, txn));
    begun.size = journal.current.size;
    begun.root = kt_frontier_root(&journal.current);
    KT_TRY(kt_journal_append(&journal, txn, encode(&begun, record), &number));
    KT_TRY(kt_journal_save(&journal, txn));
    list.numbers[list.count++] = number;
    return put_list(txn, &list);
}
