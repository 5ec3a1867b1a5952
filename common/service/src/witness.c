#include "witness.h"

#include <kt/pack.h>
#include <kt/rows.h>
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

static const kt_field_t fields[] = {
    KT_F_TEXT(kt_kept_witness_t, principal, KT_PRINCIPAL_BYTES_MAX, KT_KEYED),
    KT_F_I64(kt_kept_witness_t, size, 1, INT64_MAX, KT_KEYED),
    KT_F_TIME(kt_kept_witness_t, time_us, 0),
    KT_F_HASH(kt_kept_witness_t, root, 0),
};
const kt_layout_t kt_witness_layout = KT_LAYOUT("witness", kt_kept_witness_t, fields);

static const kt_key_t *
key_of(kt_key_t *key, kt_span_t principal, uint64_t size)
{
    return kt_key_u64(kt_key_name(kt_key(key), principal), size);
}

bool
kt_witness_read_key(kt_span_t key, void *kept)
{
    kt_kept_witness_t *to = (kt_kept_witness_t *)kept;
    kt_reader_t r = kt_reader(key);

    to->principal = kt_key_get_name(&r);
    to->size = kt_get_u64(&r);
    return kt_reader_done(&r);
}

static uint32_t
table_of(const kt_call_t *call)
{
    return call->shared_first + KT_SHARED_WITNESS;
}

/* ---- keeping ---- */

static int64_t
day_of(const kt_kept_witness_t *kept)
{
    return kept->time_us / KT_US_PER_DAY;
}

static bool
next_older(kt_rows_t *rows, kt_kept_witness_t *kept)
{
    return kt_rows_next(rows, &kt_witness_layout, kept) && kt_witness_read_key(rows->key, kept);
}

/* Finds, among those past the newest, the ones that are not the first of their day. */
static kt_status_t
find_surplus(const kt_call_t *call, kt_span_t principal, uint64_t *sizes, uint32_t *count)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows;
    kt_kept_witness_t older;
    uint32_t passed = 0;
    kt_key_t prefix;
    bool more = true;

    *count = 0;
    KT_TRY(
        kt_rows_begin_last(&rows, call, table_of(call), kt_key_name(kt_key(&prefix), principal)));
    while (more && passed++ <= KT_WITNESSES_MAX)
        more = next_older(&rows, &older);
    for (uint32_t i = 0; more && i < KT_WITNESS_THIN_LOOKS_MAX && *count < KT_WITNESS_THIN_MAX;
         i++) {
        kt_kept_witness_t candidate = older;

        more = next_older(&rows, &older);
        if (more && day_of(&older) == day_of(&candidate))
            sizes[(*count)++] = candidate.size;
    }
    return rows.status;
}

static kt_status_t
thin(const kt_call_t *call, kt_span_t principal)
{
    uint64_t sizes[KT_WITNESS_THIN_MAX];
    uint32_t count;
    kt_key_t key;

    KT_TRY(find_surplus(call, principal, sizes, &count));
    for (uint32_t i = 0; i < count; i++)
        KT_TRY(kt_row_delete(call, table_of(call), key_of(&key, principal, sizes[i])));
    return kt_ok();
}

kt_status_t
kt_witness_keep(const kt_call_t *call, kt_span_t principal, const kt_witness_t *witness)
{
    static const kt_hash_t none;
    kt_kept_witness_t kept = {.time_us = call->now_us, .root = witness->root};
    kt_key_t key;
    bool known;

    /* What no journal has; and no root cannot be told from one of zeros. */
    if (witness->size > INT64_MAX || memcmp(&witness->root, &none, sizeof(none)) == 0)
        return kt_ok();
    KT_TRY(kt_row_has(call, table_of(call), key_of(&key, principal, witness->size), &known));
    if (known)
        return kt_ok();
    KT_TRY(kt_row_put(call, table_of(call), &key, &kt_witness_layout, &kept));
    return call->chance % KT_WITNESS_THIN_ODDS == 0 ? thin(call, principal) : kt_ok();
}
