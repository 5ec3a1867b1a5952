#include "batch.h"
#include "record.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/event.h>
#include <kt/log.h>
#include <kt/rows.h>
#include <kt/wire.h>
#include <protobuf-c/protobuf-c.h>
#include <stdlib.h>

#define SCRATCH_FIRST 65536

struct kt_batch {
    kt_batch_options_t options;
    kt_journal_t journal;
    kt_idempotency_t idempotency;
    kt_write_set_t *write_set;
    uint8_t *record;     /* KT_JOURNAL_RECORD_BYTES_MAX */
    kt_arena_t *scratch; /* of the handler that runs: it finds the last one's in the caches */
    bool failed;
    bool full;            /* the last write found no room */
    uint64_t changes;     /* that the running handler made */
    kt_status_t observed; /* what became of observing them */
    uint32_t applied;     /* writes in the open transaction */
    uint32_t emitted;     /* and their events */
    uint64_t mark;        /* of the last transaction that was sealed */
    kt_batch_stat_t stat;
};

/* ---- making ---- */

static kt_status_t
load(kt_batch_t *batch)
{
    kt_txn_t *txn = NULL;
    kt_status_t status;

    KT_TRY(kt_kv_begin_read(batch->options.store, &txn));
    status = kt_journal_load(&batch->journal, txn);
    if (!kt_failed(status))
        status = kt_idempotency_load(&batch->idempotency, txn);
    kt_kv_abort(&txn);
    return status;
}

kt_status_t
kt_batch_new(const kt_batch_options_t *options, kt_batch_t **batch)
{
    kt_batch_t *made = (kt_batch_t *)calloc(1, sizeof(*made));
    kt_status_t status = kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the writer");

    if (!made)
        return status;
    made->options = *options;
    made->write_set = kt_write_set_new(options->tables, options->tables_count);
    made->record = (uint8_t *)malloc(KT_JOURNAL_RECORD_BYTES_MAX);
    made->scratch = kt_arena_new(SCRATCH_FIRST, KT_CALL_ARENA_BYTES_MAX);
    if (made->write_set && made->record && made->scratch)
        status = kt_idempotency_init(&made->idempotency, options->retention_us,
                                     KT_BATCH_WRITES_MAX);
    if (!kt_failed(status))
        status = load(made);
    if (kt_failed(status)) {
        kt_batch_destroy(&made);
        return status;
    }
    *batch = made;
    return status;
}

void
kt_batch_retain(kt_batch_t *batch, int64_t retention_us)
{
    batch->idempotency.retention_us = retention_us;
}

void
kt_batch_destroy(kt_batch_t **batch)
{
    kt_batch_t *b = KT_TAKE(*batch);

    if (!b)
        return;
    kt_write_set_destroy(&b->write_set);
    kt_idempotency_fini(&b->idempotency);
    kt_arena_destroy(&b->scratch);
    free(b->record);
    free(b);
}

bool
kt_batch_failed(const kt_batch_t *batch)
{
    return batch->failed;
}

kt_batch_stat_t
kt_batch_stat(const kt_batch_t *batch)
{
    kt_batch_stat_t stat = batch->stat;

    stat.journal_size = batch->journal.durable.size;
    return stat;
}

/* ---- one write ---- */

static kt_status_t
observe(void *context, kt_kv_change_t change, uint32_t table, kt_span_t key, kt_span_t value)
{
    kt_batch_t *batch = (kt_batch_t *)context;
    kt_status_t status = kt_write_set_observe(batch->write_set, change, table, key, value);

    batch->changes++;
    if (kt_failed(status))
        batch->observed = kt_error(
            KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS,
            "the request changes more than one journal record holds: send it in parts");
    return status;
}

static bool
is_store_trouble(kt_status_t status)
{
    return status.reason >= KT_KV_QUOTA && status.reason <= KT_KV_FAILED;
}

/* From here on changes are noted, for the next journal record. */
static void
begin_changes(kt_batch_t *batch, kt_txn_t *txn)
{
    batch->changes = 0;
    batch->observed = kt_ok();
    kt_write_set_reset(batch->write_set);
    kt_kv_observe(txn, observe, batch);
}

static kt_status_t
run_handler(kt_batch_t *batch, kt_txn_t *txn, kt_write_t *write, ProtobufCMessage *response)
{
    kt_call_t *call = write->call;
    kt_status_t status;

    call->txn = txn;
    call->ids = 0;
    call->violations_count = 0;
    call->retry_after_ms = -1;
    call->refusal = NULL;
    call->events = 0;
    begin_changes(batch, txn);
    status = write->run->unary(write->handlers, call, write->request, response);
    if (!kt_failed(status) && write->witness.size > 0)
        status = kt_witness_keep(call, kt_span_str(call->principal), &write->witness);
    kt_kv_observe(txn, NULL, NULL);
    call->txn = NULL;
    return status;
}

/* The journal's entry for the changes that were noted. */
static kt_status_t
journalise(kt_batch_t *batch, kt_txn_t *txn, const kt_write_t *write)
{
    const kt_call_t *call = write->call;
    kt_record_t record = {
        .time_us = call->now_us,
        .key = call->key,
        .principal = kt_span_str(call->principal),
        .on_behalf_of = kt_span_str(call->on_behalf_of),
        .method = kt_span_str(call->method->path),
        .digest = write->digest,
        .write_set = kt_write_set_encoded(batch->write_set),
    };
    uint64_t number;

    return kt_journal_append(&batch->journal, txn, kt_record_encode(&record, batch->record),
                             &number);
}

/* The journal's entry and the stored reply, which lies in ARENA: what makes the effect one that
 * happened once. */
static kt_status_t
remember(kt_batch_t *batch, kt_txn_t *txn, kt_write_t *write, kt_arena_t *arena,
         const ProtobufCMessage *response)
{
    const kt_call_t *call = write->call;
    size_t size = protobuf_c_message_get_packed_size(response);
    uint8_t *stored, *reply = NULL;

    if (size > KT_BODY_BYTES_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_LARGE,
                        "the reply would be larger than a message may be");
    KT_TRY(journalise(batch, txn, write));
    stored = kt_idempotency_record(arena, &write->digest, size, &reply);
    if (!stored)
        return kt_call_out_of_memory(call);
    write->reply = kt_span(reply, protobuf_c_message_pack(response, reply));
    kt_idempotency_add(&batch->idempotency, &call->key, call->principal,
                       kt_span(stored, KT_IDEMPOTENCY_HEAD_BYTES + size));
    return kt_ok();
}

static kt_status_t
put_refusal(kt_batch_t *batch, kt_txn_t *txn, kt_write_t *write, uint32_t table,
            const kt_key_t *key)
{
    kt_status_t status;

    begin_changes(batch, txn);
    status = kt_row_put(write->call, table, key, &kt_refusal_layout, write->call->refusal);
    kt_kv_observe(txn, NULL, NULL);
    KT_TRY(status);
    KT_TRY(batch->observed);
    KT_TRY(journalise(batch, txn, write));
    batch->applied++;
    return kt_ok();
}

/* Who tried what in vain is kept, once per key: the write itself stays undone, and may be tried
 * again. */
static kt_status_t
keep_refusal(kt_batch_t *batch, kt_txn_t *txn, kt_write_t *write)
{
    kt_call_t *call = write->call;
    uint32_t table = call->shared_first + KT_SHARED_REFUSAL;
    kt_span_t principal = kt_span_str(call->principal);
    kt_status_t status;
    kt_key_t key;
    bool kept = false;

    (void)kt_key_id(kt_key(&key), &call->key);
    (void)kt_key_bytes(&key, principal.data, principal.size);
    call->txn = txn;
    status = kt_row_has(call, table, &key, &kept);
    if (!kt_failed(status) && !kept)
        status = put_refusal(batch, txn, write, table, &key);
    call->txn = NULL;
    return status;
}

/* A write that failed and changed nothing. False as below. */
static bool
refuse(kt_batch_t *batch, kt_txn_t *txn, kt_write_t *write)
{
    kt_status_t status = kt_ok();

    if (write->call->refusal && write->call->shared_first > 0)
        status = keep_refusal(batch, txn, write);
    if (!kt_failed(status))
        return true;
    write->status = status;
    return false;
}

/* Runs the handler and notes what it did; the reply goes to ARENA. False: the transaction holds
 * something that must not be. */
static bool
run_and_note(kt_batch_t *batch, kt_txn_t *txn, kt_write_t *write, kt_arena_t *arena)
{
    const ProtobufCMessageDescriptor *type = write->call->method->response;
    ProtobufCMessage *response = (ProtobufCMessage *)kt_arena_alloc(write->call->arena,
                                                                    type->sizeof_message);

    if (!response) {
        write->status = kt_call_out_of_memory(write->call);
        return true;
    }
    protobuf_c_message_init(type, response);
    write->status = run_handler(batch, txn, write, response);
    if (!kt_failed(write->status)) {
        write->status = remember(batch, txn, write, arena, response);
        batch->applied += !kt_failed(write->status);
        batch->emitted += write->call->events;
        return !kt_failed(write->status);
    }
    if (is_store_trouble(write->status))
        return false;
    if (batch->changes == 0)
        return refuse(batch, txn, write);
    if (kt_failed(batch->observed)) {
        write->status = batch->observed;
        return false;
    }
    kt_log(KT_LOG_ERROR, "refused-after-writing", "method=%s reason=%u", write->call->method->path,
           (unsigned)write->status.reason);
    write->status = kt_error(KT_INTERNAL, RPC_REASON_BUG,
                             "the method refused after it had written");
    return false;
}

/* What a refusal says, from the scratch to the call's own arena. */
static void
keep_texts(kt_write_t *write)
{
    kt_call_t *call = write->call;

    write->status.text = kt_arena_printf(call->arena, "%s", write->status.text);
    for (uint32_t i = 0; i < call->violations_count; i++) {
        kt_violation_t *violation = &call->violations[i];
        violation->field = kt_arena_printf(call->arena, "%s", violation->field);
        violation->description = kt_arena_printf(call->arena, "%s", violation->description);
    }
}

/* The same with the writer's arena, which has forgotten everything when this returns. */
static bool
carry_out(kt_batch_t *batch, kt_txn_t *txn, kt_write_t *write)
{
    kt_call_t *call = write->call;
    kt_arena_t *own = call->arena;
    bool fine;

    call->arena = batch->scratch;
    fine = run_and_note(batch, txn, write, own);
    call->arena = own;
    if (kt_failed(write->status))
        keep_texts(write);
    else
        call->violations_count = 0;
    call->refusal = NULL;
    kt_arena_reset(batch->scratch);
    return fine;
}

/* A reply from the store, copied: the next write may move what was borrowed. */
static kt_status_t
replay(kt_batch_t *batch, kt_write_t *write, kt_span_t reply)
{
    char *copy = kt_arena_copy(write->call->arena, reply);

    if (!copy)
        return kt_call_out_of_memory(write->call);
    write->reply = kt_span(copy, reply.size);
    write->replayed = true;
    batch->stat.replays++;
    return kt_ok();
}

static kt_status_t
why_over(const kt_call_t *call)
{
    if (call->cancelled && atomic_load_explicit(call->cancelled, memory_order_relaxed))
        return kt_error(KT_CANCELLED, RPC_REASON_CALL_CANCELLED,
                        "the caller cancelled before the call ran");
    return kt_error(KT_DEADLINE_EXCEEDED, RPC_REASON_DEADLINE_PASSED,
                    "the deadline passed before the call ran");
}

/* False: the transaction must be aborted. */
static bool
run_one(kt_batch_t *batch, kt_txn_t *txn, kt_write_t *write)
{
    kt_call_t *call = write->call;
    kt_span_t reply = kt_span(NULL, 0);
    bool found = false;

    write->replayed = false;
    write->outcome_unknown = false;
    if (kt_call_over_at(call, write->began_us)) {
        write->status = why_over(call);
        return true;
    }
    write->status = kt_idempotency_check_age(&batch->idempotency, &call->key, call->now_us);
    if (kt_failed(write->status))
        return true;
    write->status = kt_idempotency_find(&batch->idempotency, txn, &call->key, call->principal,
                                        &write->digest, &found, &reply);
    if (kt_failed(write->status))
        return !is_store_trouble(write->status);
    if (found) {
        write->status = replay(batch, write, reply);
        return true;
    }
    return carry_out(batch, txn, write);
}

/* ---- all of them ---- */

static void
set_all(kt_write_t **writes, uint32_t count, kt_status_t status)
{
    for (uint32_t i = 0; i < count; i++)
        writes[i]->status = status;
}

static void
roll_back(kt_batch_t *batch, kt_txn_t **txn)
{
    kt_kv_abort(txn);
    kt_journal_aborted(&batch->journal);
    if (batch->options.forget)
        batch->options.forget(batch->options.service);
}

/* From now on nothing is written. STATUS says why. */
static void
stop_writing(kt_batch_t *batch, kt_status_t status)
{
    if (status.reason != KT_KV_FAILED || batch->failed)
        return;
    batch->failed = true;
    kt_log(KT_LOG_ERROR, "store-failed", "text=%s", status.text);
}

static bool
is_full(kt_status_t status)
{
    return status.reason == KT_KV_FULL || status.reason == KT_KV_QUOTA;
}

/* Callers hear of it each time; the operator once, and once when it is over. */
static void
note_room(kt_batch_t *batch, kt_status_t status)
{
    bool full = is_full(status);

    if (full == batch->full)
        return;
    batch->full = full;
    if (full)
        kt_log(KT_LOG_ERROR, "store-full", "text=%s", status.text);
    else
        kt_log(KT_LOG_INFO, "store-has-room", "journal=%llu",
               (unsigned long long)batch->journal.durable.size);
}

/* Nobody knows what the disk holds now but the disk: the key answers after the next start. */
static void
set_unknown(kt_write_t **writes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        writes[i]->status = kt_error(KT_UNAVAILABLE, RPC_REASON_STORE_FAILED,
                                     "the store failed while the call was written to disk");
        writes[i]->outcome_unknown = true;
    }
}

static void
set_times(kt_write_t **writes, uint32_t count)
{
    int64_t now_us = kt_clock_mono_us();

    for (uint32_t i = 0; i < count; i++)
        writes[i]->committed_us = now_us;
}

/* Runs all in TXN. False: the transaction must be aborted. */
static bool
run_each(kt_batch_t *batch, kt_txn_t *txn, kt_write_t **writes, uint32_t count)
{
    int64_t now_us = kt_clock_mono_us();

    batch->applied = batch->emitted = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool fine;

        writes[i]->began_us = now_us;
        fine = run_one(batch, txn, writes[i]);
        now_us = kt_clock_mono_us();
        writes[i]->ran_us = now_us;
        if (!fine)
            return false;
    }
    return true;
}

static kt_status_t
seal(kt_batch_t *batch, kt_txn_t **txn)
{
    KT_TRY(kt_idempotency_flush(&batch->idempotency, *txn));
    KT_TRY(kt_journal_save(&batch->journal, *txn));
    KT_TRY(kt_kv_seal(txn, &batch->mark));
    kt_journal_committed(&batch->journal);
    batch->stat.commits++;
    batch->stat.writes += batch->applied;
    batch->stat.events += batch->emitted;
    note_room(batch, kt_ok());
    return kt_ok();
}

/* Runs WRITES in one transaction. False: it was rolled back and no outcome holds; a single write
 * always gets one. */
static bool
run_together(kt_batch_t *batch, kt_write_t **writes, uint32_t count)
{
    kt_txn_t *txn = NULL;
    kt_status_t status = kt_kv_begin_write(batch->options.store, &txn);

    if (!kt_failed(status))
        status = kt_idempotency_begin(&batch->idempotency, txn);
    if (kt_failed(status)) {
        kt_kv_abort(&txn);
        stop_writing(batch, status);
        set_all(writes, count, status);
        return true;
    }
    if (!run_each(batch, txn, writes, count)) {
        roll_back(batch, &txn);
        if (count > 1)
            return false;
        stop_writing(batch, writes[0]->status);
        return true;
    }
    if (batch->applied == 0) {
        kt_kv_abort(&txn);
        return true;
    }
    status = seal(batch, &txn);
    if (!kt_failed(status))
        return true;
    roll_back(batch, &txn);
    stop_writing(batch, status);
    if (batch->failed)
        set_unknown(writes, count);
    else if (count > 1)
        return false;
    else
        writes[0]->status = status;
    return true;
}

static void
run_alone(kt_batch_t *batch, kt_write_t **write)
{
    bool has_outcome;

    if (batch->failed) {
        (*write)->status = kt_error(
            KT_UNAVAILABLE, RPC_REASON_STORE_FAILED,
            "the store failed and takes no writes until it is opened again");
        (*write)->outcome_unknown = false;
        return;
    }
    has_outcome = run_together(batch, write, 1);
    KT_ASSERT(has_outcome);
    if (is_full((*write)->status))
        note_room(batch, (*write)->status);
}

uint64_t
kt_batch_seal(kt_batch_t *batch, kt_write_t **writes, uint32_t count)
{
    KT_ASSERT(count <= KT_BATCH_WRITES_MAX);
    if (count > 1 && !batch->failed && run_together(batch, writes, count))
        return batch->mark;
    batch->stat.reruns += count > 1 && !batch->failed;
    for (uint32_t i = 0; i < count; i++)
        run_alone(batch, &writes[i]);
    return batch->mark;
}

bool
kt_batch_harden(const kt_batch_t *batch, uint64_t mark, kt_write_t **writes, uint32_t count)
{
    kt_status_t status = kt_kv_harden(batch->options.store, mark);

    if (kt_failed(status)) {
        kt_log(KT_LOG_ERROR, "store-failed", "text=%s", status.text);
        set_unknown(writes, count);
    }
    set_times(writes, count);
    return !kt_failed(status);
}
