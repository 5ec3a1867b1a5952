#include "lives.h"
#include "shell.h"

#include <kt/time.h>

/* ---- at the start ---- */

static kt_status_t
name_first(kt_shell_t *shell)
{
    kt_ulid_t id = kt_ulid_make(kt_clock_wall_us(), (uint16_t)kt_prng_next(&shell->prng),
                                kt_prng_next(&shell->prng));
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL;

    KT_TRY(kt_kv_begin_write(shell->store, &txn));
    KT_TRY(kt_lives_name_first(txn, &id));
    return kt_kv_commit(&txn);
}

static kt_status_t
load(kt_shell_t *shell, uint64_t *journal_size)
{
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL;
    kt_hash_t root;

    KT_TRY(kt_kv_begin_read(shell->store, &txn));
    KT_TRY(kt_journal_head(txn, journal_size, &root));
    return kt_lives_now(txn, &shell->life);
}

kt_status_t
kt_shell_live(kt_shell_t *shell)
{
    uint64_t journal_size;

    if (!shell->store)
        return kt_ok();
    KT_TRY(load(shell, &journal_size));
    if (journal_size > 0)
        return kt_ok();
    KT_TRY(name_first(shell));
    return load(shell, &journal_size);
}

/* ---- for others ---- */

kt_status_t
kt_bytes_to_pb(kt_call_t *call, kt_span_t bytes, ProtobufCBinaryData *out)
{
    char *copy = kt_arena_copy(call->arena, bytes);

    if (!copy)
        return kt_call_out_of_memory(call);
    *out = (ProtobufCBinaryData){.data = (uint8_t *)copy, .len = bytes.size};
    return kt_ok();
}

kt_status_t
kt_life_id_to_pb(kt_call_t *call, const kt_ulid_t *id, ProtobufCBinaryData *out)
{
    return kt_bytes_to_pb(call, kt_span(id->bytes, sizeof(id->bytes)), out);
}

static kt_status_t
put_life(kt_call_t *call, const kt_life_t *life, store_life_t *out)
{
    *out = (store_life_t)STORE_LIFE_INIT;
    out->epoch = life->epoch;
    out->began_us = life->began_us;
    out->journal_size = life->size;
    out->last_sequence = life->events;
    /* kt_arena_copy ends them with a zero byte. */
    out->by = (char *)(uintptr_t)(life->by.data ? (const char *)life->by.data : "");
    out->from = (char *)(uintptr_t)(life->from.data ? (const char *)life->from.data : "");
    KT_TRY(kt_life_id_to_pb(call, &life->life, &out->life));
    return kt_bytes_to_pb(call, kt_span(life->root.bytes, sizeof(life->root.bytes)),
                          &out->journal_root);
}

static kt_status_t
put_record(kt_call_t *call, const kt_life_t *life, store_life_t *out)
{
    kt_span_t record;

    KT_TRY(kt_journal_get(call->txn, life->size, &record));
    return kt_bytes_to_pb(call, record, &out->record);
}

kt_status_t
kt_lives_to_pb(kt_call_t *call, bool records, size_t *n, store_life_t ***list)
{
    kt_life_t *lives;
    store_life_t *made;
    uint32_t count;

    KT_TRY(kt_lives_load(call->txn, call->arena, &lives, &count));
    made = KT_ARENA_ARRAY(call->arena, store_life_t, count);
    *list = KT_ARENA_ARRAY(call->arena, store_life_t *, count);
    if (!made || !*list)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < count; i++) {
        (*list)[i] = &made[i];
        KT_TRY(put_life(call, &lives[i], &made[i]));
        if (records && i > 0)
            KT_TRY(put_record(call, &lives[i], &made[i]));
    }
    *n = count;
    return kt_ok();
}
