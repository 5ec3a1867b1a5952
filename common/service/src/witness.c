#include "witness.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/pack.h>
#include <kt/time.h>

void
kt_witness_encode(const kt_witness_t *witness, uint8_t out[KT_WITNESS_BYTES])
{
    kt_writer_t w = kt_writer(out, KT_WITNESS_BYTES);

    kt_put_u64(&w, witness->size);
    kt_put_bytes(&w, witness->root.bytes, KT_SHA256_BYTES);
}

bool
kt_witness_decode(kt_span_t bytes, kt_witness_t *witness)
{
    kt_reader_t r = kt_reader(bytes);

    if (bytes.size != KT_WITNESS_BYTES)
        return false;
    witness->size = kt_get_u64(&r);
    memcpy(witness->root.bytes, kt_get_bytes(&r, KT_SHA256_BYTES).data, KT_SHA256_BYTES);
    return witness->size > 0;
}

kt_span_t
kt_witness_key(kt_span_t principal, uint64_t size, uint8_t *out)
{
    kt_writer_t w = kt_writer(out, KT_KV_KEY_BYTES_MAX);

    kt_put_bytes(&w, principal.data, principal.size);
    kt_put_u8(&w, 0);
    kt_put_u64(&w, size);
    return kt_written(&w);
}

bool
kt_witness_read(kt_span_t key, kt_span_t value, kt_kept_witness_t *kept)
{
    kt_reader_t k = kt_reader(key), v = kt_reader(value);
    kt_span_t root;

    if (key.size < 1 + 1 + 8)
        return false;
    kept->principal = kt_get_bytes(&k, key.size - 1 - 8);
    (void)kt_get_u8(&k);
    kept->witness.size = kt_get_u64(&k);
    kept->time_us = kt_get_i64(&v);
    root = kt_get_bytes(&v, KT_SHA256_BYTES);
    if (!kt_reader_done(&v))
        return false;
    memcpy(kept->witness.root.bytes, root.data, KT_SHA256_BYTES);
    return true;
}

/* ---- walking from the newest down ---- */

typedef struct walk {
    kt_cursor_t *cursor;
    kt_span_t principal;
    kt_kept_witness_t kept;
    kt_status_t status;
} walk_t;

static void
walk_end(walk_t *walk)
{
    kt_kv_cursor_close(&walk->cursor);
}

static uint32_t
table_of(const kt_call_t *call)
{
    return call->shared_first + KT_SHARED_WITNESS;
}

/* Takes what the cursor found, if it is the principal's. */
static bool
walk_take(walk_t *walk, kt_status_t found, kt_span_t key, kt_span_t value)
{
    if (found.code == KT_NOT_FOUND)
        return false;
    walk->status = found;
    if (kt_failed(found))
        return false;
    if (!kt_witness_read(key, value, &walk->kept)) {
        walk->status = kt_error(KT_DATA_LOSS, RPC_REASON_STORE_CORRUPT,
                                "a record of the table witness that is none");
        return false;
    }
    return kt_span_equal(walk->kept.principal, walk->principal);
}

static bool
walk_newest(walk_t *walk, const kt_call_t *call, kt_span_t principal)
{
    uint8_t bytes[KT_KV_KEY_BYTES_MAX];
    kt_span_t key = kt_span(NULL, 0), value = kt_span(NULL, 0);
    kt_status_t found;

    *walk = (walk_t){.principal = principal};
    walk->status = kt_kv_cursor(call->txn, table_of(call), &walk->cursor);
    if (kt_failed(walk->status))
        return false;
    found = kt_cursor_seek_back(walk->cursor, kt_witness_key(principal, UINT64_MAX, bytes), &key,
                                &value);
    return walk_take(walk, found, key, value);
}

static bool
walk_older(walk_t *walk)
{
    kt_span_t key = kt_span(NULL, 0), value = kt_span(NULL, 0);
    kt_status_t found = kt_cursor_prev(walk->cursor, &key, &value);

    return walk_take(walk, found, key, value);
}

/* ---- keeping ---- */

static int64_t
day_of(const kt_kept_witness_t *kept)
{
    return kept->time_us / KT_US_PER_DAY;
}

/* Finds, among those past the newest, the ones that are not the first of their day. */
static kt_status_t
find_surplus(const kt_call_t *call, kt_span_t principal, uint64_t *sizes, uint32_t *count)
{
    KT_CLEANUP(walk_end) walk_t walk;
    uint32_t passed = 1;
    bool more = walk_newest(&walk, call, principal);

    *count = 0;
    while (more && passed++ <= KT_WITNESSES_MAX)
        more = walk_older(&walk);
    for (uint32_t i = 0; more && i < KT_WITNESS_THIN_LOOKS_MAX && *count < KT_WITNESS_THIN_MAX;
         i++) {
        kt_kept_witness_t candidate = walk.kept;

        more = walk_older(&walk);
        if (more && day_of(&walk.kept) == day_of(&candidate))
            sizes[(*count)++] = candidate.witness.size;
    }
    return walk.status;
}

static kt_status_t
thin(const kt_call_t *call, kt_span_t principal)
{
    uint64_t sizes[KT_WITNESS_THIN_MAX];
    uint8_t bytes[KT_KV_KEY_BYTES_MAX];
    uint32_t count;

    KT_TRY(find_surplus(call, principal, sizes, &count));
    for (uint32_t i = 0; i < count; i++)
        KT_TRY(kt_kv_delete(call->txn, table_of(call), kt_witness_key(principal, sizes[i], bytes)));
    return kt_ok();
}

/* Whether there is one of that size already. */
static kt_status_t
is_kept(const kt_call_t *call, kt_span_t principal, const kt_witness_t *witness, bool *kept)
{
    KT_CLEANUP(walk_end) walk_t walk;
    uint8_t bytes[KT_KV_KEY_BYTES_MAX];
    kt_span_t value;
    kt_status_t found;

    *kept = false;
    if (!walk_newest(&walk, call, principal) || walk.kept.witness.size < witness->size)
        return walk.status;
    found = kt_kv_get(call->txn, table_of(call), kt_witness_key(principal, witness->size, bytes),
                      &value);
    *kept = !kt_failed(found);
    return found.code == KT_NOT_FOUND ? kt_ok() : found;
}

kt_status_t
kt_witness_keep(const kt_call_t *call, kt_span_t principal, const kt_witness_t *witness)
{
    uint8_t key[KT_KV_KEY_BYTES_MAX], bytes[8 + KT_SHA256_BYTES];
    kt_writer_t w = kt_writer(bytes, sizeof(bytes));
    bool kept;

    KT_TRY(is_kept(call, principal, witness, &kept));
    if (kept)
        return kt_ok();
    kt_put_i64(&w, call->now_us);
    kt_put_bytes(&w, witness->root.bytes, KT_SHA256_BYTES);
    KT_TRY(kt_kv_put(call->txn, table_of(call), kt_witness_key(principal, witness->size, key),
                     kt_written(&w)));
    return call->chance % KT_WITNESS_THIN_ODDS == 0 ? thin(call, principal) : kt_ok();
}
