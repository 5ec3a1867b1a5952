#include "idempotency.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/pack.h>
#include <stdlib.h>

#define RECORD_VERSION 1

static const char swept_key[] = "swept";

static kt_span_t
encode_key(const kt_ulid_t *key, const char *principal, uint8_t out[KT_IDEMPOTENCY_KEY_MAX])
{
    size_t size = KT_MIN(strlen(principal), (size_t)KT_PRINCIPAL_BYTES_MAX);

    memcpy(out, key->bytes, KT_ULID_BYTES);
    memcpy(out + KT_ULID_BYTES, principal, size);
    return kt_span(out, KT_ULID_BYTES + size);
}

static int64_t
time_of(kt_span_t encoded_key)
{
    kt_ulid_t key;

    memcpy(key.bytes, encoded_key.data, KT_ULID_BYTES);
    return kt_ulid_time_us(&key);
}

static void
remember_newest(kt_idempotency_t *table, kt_span_t key)
{
    table->newest_size = KT_MIN(key.size, sizeof(table->newest));
    memcpy(table->newest, key.data, table->newest_size);
}

static kt_status_t
load_swept(kt_txn_t *txn, int64_t *swept_us)
{
    kt_span_t value;
    kt_status_t status = kt_kv_get(txn, KT_TABLE_META, kt_span_str(swept_key), &value);
    kt_reader_t reader;

    *swept_us = 0;
    if (status.code == KT_NOT_FOUND)
        return kt_ok();
    KT_TRY(status);
    reader = kt_reader(value);
    *swept_us = kt_get_i64(&reader);
    return kt_reader_done(&reader)
               ? kt_ok()
               : kt_error(KT_DATA_LOSS, RPC_REASON_STORE_CORRUPT, "meta: \"swept\" is not a time");
}

kt_status_t
kt_idempotency_init(kt_idempotency_t *table, int64_t retention_us, uint32_t pending_max)
{
    uint32_t slots = 2;

    while (slots < 2 * pending_max)
        slots *= 2;
    *table = (kt_idempotency_t){
        .retention_us = retention_us,
        .pending_max = pending_max,
        .index_mask = slots - 1,
        .pending = (kt_pending_key_t *)calloc(pending_max, sizeof(kt_pending_key_t)),
        .index = (uint32_t *)calloc(slots, sizeof(uint32_t)),
    };
    table->sorted = (const kt_pending_key_t **)calloc(pending_max, sizeof(*table->sorted));
    return table->pending && table->index && table->sorted
               ? kt_ok()
               : kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a batch of writes");
}

void
kt_idempotency_fini(kt_idempotency_t *table)
{
    free(table->pending);
    free(table->index);
    free(table->sorted);
}

kt_status_t
kt_idempotency_load(kt_idempotency_t *table, kt_txn_t *txn)
{
    kt_cursor_t *cursor;
    kt_span_t key, value;
    kt_status_t status;

    table->newest_size = 0;
    KT_TRY(kt_kv_cursor(txn, KT_TABLE_IDEMPOTENCY, &cursor));
    status = kt_cursor_last(cursor, &key, &value);
    if (!kt_failed(status))
        remember_newest(table, key);
    kt_kv_cursor_close(&cursor);
    return status.code == KT_NOT_FOUND ? kt_ok() : status;
}

kt_status_t
kt_idempotency_begin(kt_idempotency_t *table, kt_txn_t *txn)
{
    if (table->pending_count > 0)
        memset(table->index, 0, (table->index_mask + 1) * sizeof(*table->index));
    table->pending_count = 0;
    return load_swept(txn, &table->swept_us);
}

kt_status_t
kt_idempotency_check_age(const kt_idempotency_t *table, const kt_ulid_t *key, int64_t now_us)
{
    static const kt_ulid_t none;
    int64_t made_us = kt_ulid_time_us(key);

    if (memcmp(key, &none, sizeof(none)) == 0)
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_KEY_MISSING,
                        "a write needs an idempotency key of 16 bytes");
    if (made_us < now_us - table->retention_us || made_us < table->swept_us)
        return kt_error(KT_FAILED_PRECONDITION, RPC_REASON_KEY_TOO_OLD,
                        "the idempotency key is older than what is remembered");
    if (made_us > now_us + KT_KEY_FUTURE_US)
        return kt_error(
            KT_FAILED_PRECONDITION, RPC_REASON_KEY_FROM_FUTURE,
            "the idempotency key is more than five minutes ahead of the service's clock");
    return kt_ok();
}

/* The place of KEY in the index, or where it would go. Keys are a peer's choice, but there are no
 * more of them than one batch holds: at worst it looks at each. */
static uint32_t *
index_of(const kt_idempotency_t *table, kt_span_t key)
{
    uint64_t hash = kt_span_hash(KT_HASH_BEGIN, key);
    uint32_t at = (uint32_t)(hash ^ hash >> 32) & table->index_mask;

    while (table->index[at] != 0) {
        const kt_pending_key_t *pending = &table->pending[table->index[at] - 1];
        if (kt_span_equal(kt_span(pending->key, pending->key_size), key))
            break;
        at = (at + 1) & table->index_mask;
    }
    return &table->index[at];
}

/* *RECORD is empty when there is none. */
static kt_status_t
find_record(const kt_idempotency_t *table, kt_txn_t *txn, kt_span_t key, kt_span_t *record)
{
    uint32_t place = *index_of(table, key);
    kt_status_t status;

    *record = kt_span(NULL, 0);
    if (place != 0) {
        *record = table->pending[place - 1].record;
        return kt_ok();
    }
    /* Keys come nearly in order, so that most need no search in the table. */
    if (kt_span_compare(key, kt_span(table->newest, table->newest_size)) > 0)
        return kt_ok();
    status = kt_kv_get(txn, KT_TABLE_IDEMPOTENCY, key, record);
    if (kt_failed(status) && status.code != KT_NOT_FOUND)
        return status;
    if (kt_failed(status))
        *record = kt_span(NULL, 0);
    else if (record->size < KT_IDEMPOTENCY_HEAD_BYTES || record->data[0] != RECORD_VERSION)
        return kt_error(KT_DATA_LOSS, RPC_REASON_STORE_CORRUPT,
                        "idempotency: a record of an unknown version");
    return kt_ok();
}

kt_status_t
kt_idempotency_find(const kt_idempotency_t *table, kt_txn_t *txn, const kt_ulid_t *key,
                    const char *principal, const kt_hash_t *digest, bool *found, kt_span_t *reply)
{
    uint8_t bytes[KT_IDEMPOTENCY_KEY_MAX];
    kt_span_t record;

    *found = false;
    KT_TRY(find_record(table, txn, encode_key(key, principal, bytes), &record));
    if (record.size == 0)
        return kt_ok();
    if (memcmp(record.data + 1, digest->bytes, KT_SHA256_BYTES) != 0)
        return kt_error(KT_ALREADY_EXISTS, RPC_REASON_KEY_REUSED,
                        "the idempotency key was used with another request");
    *found = true;
    *reply = kt_span(record.data + KT_IDEMPOTENCY_HEAD_BYTES,
                     record.size - KT_IDEMPOTENCY_HEAD_BYTES);
    return kt_ok();
}

uint8_t *
kt_idempotency_record(kt_arena_t *arena, const kt_hash_t *digest, size_t reply_size,
                      uint8_t **reply)
{
    uint8_t *record = (uint8_t *)kt_arena_alloc(arena, KT_IDEMPOTENCY_HEAD_BYTES + reply_size);

    if (!record)
        return NULL;
    record[0] = RECORD_VERSION;
    memcpy(record + 1, digest->bytes, KT_SHA256_BYTES);
    *reply = record + KT_IDEMPOTENCY_HEAD_BYTES;
    return record;
}

void
kt_idempotency_add(kt_idempotency_t *table, const kt_ulid_t *key, const char *principal,
                   kt_span_t record)
{
    kt_pending_key_t *pending = &table->pending[table->pending_count];
    kt_span_t encoded;
    uint32_t *place;

    KT_ASSERT(table->pending_count < table->pending_max);
    encoded = encode_key(key, principal, pending->key);
    pending->key_size = encoded.size;
    pending->record = record;
    place = index_of(table, encoded);
    KT_ASSERT(*place == 0);
    *place = ++table->pending_count;
}

static int
compare_pending(const void *a, const void *b)
{
    const kt_pending_key_t *left = *(const kt_pending_key_t *const *)a;
    const kt_pending_key_t *right = *(const kt_pending_key_t *const *)b;

    return kt_span_compare(kt_span(left->key, left->key_size),
                           kt_span(right->key, right->key_size));
}

static kt_status_t
write_one(kt_idempotency_t *table, kt_txn_t *txn, const kt_pending_key_t *pending)
{
    kt_span_t key = kt_span(pending->key, pending->key_size);

    if (kt_span_compare(key, kt_span(table->newest, table->newest_size)) <= 0)
        return kt_kv_put(txn, KT_TABLE_IDEMPOTENCY, key, pending->record);
    KT_TRY(kt_kv_append(txn, KT_TABLE_IDEMPOTENCY, key, pending->record));
    remember_newest(table, key);
    return kt_ok();
}

kt_status_t
kt_idempotency_flush(kt_idempotency_t *table, kt_txn_t *txn)
{
    for (uint32_t i = 0; i < table->pending_count; i++)
        table->sorted[i] = &table->pending[i];
    qsort(table->sorted, table->pending_count, sizeof(*table->sorted), compare_pending);
    for (uint32_t i = 0; i < table->pending_count; i++)
        KT_TRY(write_one(table, txn, table->sorted[i]));
    return kt_ok();
}

/* The first MAX keys made before BEFORE_US, copied; *MORE: at least one other. */
static kt_status_t
collect(kt_txn_t *txn, kt_arena_t *arena, int64_t before_us, uint32_t max, kt_span_t *keys,
        uint32_t *count, bool *more)
{
    kt_cursor_t *cursor;
    kt_span_t key, value;
    kt_status_t status;

    *count = 0;
    *more = false;
    KT_TRY(kt_kv_cursor(txn, KT_TABLE_IDEMPOTENCY, &cursor));
    for (status = kt_cursor_first(cursor, &key, &value);
         !kt_failed(status) && key.size >= KT_ULID_BYTES && time_of(key) < before_us;
         status = kt_cursor_next(cursor, &key, &value)) {
        char *copy;
        if (*count == max) {
            *more = true;
            break;
        }
        copy = kt_arena_copy(arena, key);
        if (!copy) {
            status = kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS,
                              "too many records for one sweep: ask for fewer");
            break;
        }
        keys[(*count)++] = kt_span(copy, key.size);
    }
    kt_kv_cursor_close(&cursor);
    return status.code == KT_NOT_FOUND ? kt_ok() : status;
}

static kt_status_t
put_swept(kt_txn_t *txn, int64_t swept_us)
{
    uint8_t bytes[8];
    kt_writer_t writer = kt_writer(bytes, sizeof(bytes));
    int64_t before_us;

    KT_TRY(load_swept(txn, &before_us));
    if (swept_us <= before_us)
        return kt_ok();
    kt_put_i64(&writer, swept_us);
    return kt_kv_put(txn, KT_TABLE_META, kt_span_str(swept_key), kt_written(&writer));
}

kt_status_t
kt_idempotency_sweep(kt_txn_t *txn, kt_arena_t *arena, int64_t before_us, uint32_t max,
                     uint32_t *removed, bool *more)
{
    kt_span_t *keys = KT_ARENA_ARRAY(arena, kt_span_t, max);
    uint32_t count;

    if (!keys)
        return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS,
                        "no memory for so large a sweep: ask for fewer records");
    KT_TRY(collect(txn, arena, before_us, max, keys, &count, more));
    if (count > 0)
        /* Keys made in the same millisecond as the last one may still be there: a refusal too many
         * is safe. */
        KT_TRY(put_swept(txn, *more ? time_of(keys[count - 1]) + KT_US_PER_MS : before_us));
    for (uint32_t i = 0; i < count; i++)
        KT_TRY(kt_kv_delete(txn, KT_TABLE_IDEMPOTENCY, keys[i]));
    *removed = count;
    return kt_ok();
}
