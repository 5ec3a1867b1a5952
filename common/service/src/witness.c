#include "witness.h"

#include <kt/pack.h>
#include <kt/rows.h>
#include <kt/time.h>

/* In the key of a life with a name, before its epoch; no size is so large. */
#define NAMED (UINT64_C(1) << 63)

void
kt_witness_encode(const kt_witness_t *witness, uint8_t out[KT_WITNESS_BYTES])
{
    kt_writer_t w = kt_writer(out, KT_WITNESS_BYTES);

    kt_put_u64(&w, witness->size);
    kt_put_bytes(&w, witness->root.bytes, KT_SHA256_BYTES);
    kt_put_u64(&w, witness->epoch);
    kt_put_bytes(&w, witness->life.bytes, KT_ULID_BYTES);
}

bool
kt_witness_decode(kt_span_t bytes, kt_witness_t *witness)
{
    kt_reader_t r = kt_reader(bytes);

    if (bytes.size != KT_WITNESS_BYTES && bytes.size != KT_WITNESS_BYTES_LEAST)
        return false;
    *witness = (kt_witness_t){.size = kt_get_u64(&r), .epoch = 1};
    kt_get_array(&r, witness->root.bytes, KT_SHA256_BYTES);
    if (bytes.size == KT_WITNESS_BYTES) {
        witness->epoch = kt_get_u64(&r);
        kt_get_array(&r, witness->life.bytes, KT_ULID_BYTES);
    }
    return witness->size > 0;
}

static const kt_field_t fields[] = {
    KT_F_TEXT(kt_kept_witness_t, principal, KT_PRINCIPAL_BYTES_MAX, KT_KEYED),
    KT_F_I64(kt_kept_witness_t, epoch, 1, INT64_MAX, KT_KEYED),
    KT_F_I64(kt_kept_witness_t, size, 1, INT64_MAX, KT_KEYED),
    KT_F_TIME(kt_kept_witness_t, time_us, 0),
    KT_F_HASH(kt_kept_witness_t, root, 0),
};
const kt_layout_t kt_witness_layout = KT_LAYOUT("witness", kt_kept_witness_t, fields);

static const kt_ulid_t no_life;

/* So that the life without a name is the oldest, and its keys are those from before. */
static const kt_key_t *
key_of(kt_key_t *key, const kt_kept_witness_t *kept)
{
    (void)kt_key_of_name(key, kept->principal);
    if (kept->epoch != 1 || memcmp(&kept->life, &no_life, sizeof(no_life)) != 0)
        (void)kt_key_id(kt_key_u64(key, NAMED | kept->epoch), &kept->life);
    return kt_key_u64(key, kept->size);
}

bool
kt_witness_read_key(kt_span_t key, void *kept)
{
    kt_kept_witness_t *to = (kt_kept_witness_t *)kept;
    kt_reader_t r = kt_reader(key);

    to->principal = kt_key_get_name(&r);
    to->epoch = 1;
    to->life = no_life;
    to->size = kt_get_u64(&r);
    if (to->size & NAMED) {
        to->epoch = to->size & ~NAMED;
        to->life = kt_key_get_id(&r);
        to->size = kt_get_u64(&r);
    }
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
find_surplus(const kt_call_t *call, kt_span_t principal, kt_kept_witness_t *surplus,
             uint32_t *count)
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
            surplus[(*count)++] = candidate;
    }
    return rows.status;
}

static kt_status_t
thin(const kt_call_t *call, kt_span_t principal)
{
    kt_kept_witness_t surplus[KT_WITNESS_THIN_MAX];
    uint32_t count;
    kt_key_t key;

    KT_TRY(find_surplus(call, principal, surplus, &count));
    for (uint32_t i = 0; i < count; i++)
        KT_TRY(kt_row_delete(call, table_of(call), key_of(&key, &surplus[i])));
    return kt_ok();
}

kt_status_t
kt_witness_keep(const kt_call_t *call, kt_span_t principal, const kt_witness_t *witness)
{
    static const kt_hash_t none;
    kt_kept_witness_t kept = {
        .principal = principal,
        .epoch = witness->epoch,
        .life = witness->life,
        .size = witness->size,
        .time_us = call->now_us,
        .root = witness->root,
    };
    kt_key_t key;
    bool known;

    /* What no journal has; and no root cannot be told from one of zeros. */
    if (witness->size > INT64_MAX || witness->epoch < 1 || witness->epoch > INT64_MAX ||
        memcmp(&witness->root, &none, sizeof(none)) == 0)
        return kt_ok();
    KT_TRY(kt_row_has(call, table_of(call), key_of(&key, &kept), &known));
    if (known)
        return kt_ok();
    KT_TRY(kt_row_put(call, table_of(call), &key, &kt_witness_layout, &kept));
    return call->chance % KT_WITNESS_THIN_ODDS == 0 ? thin(call, principal) : kt_ok();
}
