/*
 * batch.h: what the writer does with the writes that it found: one transaction, one durable commit,
 * and what becomes of each of them when something fails. No threads, no sockets: tests run it over
 * the RAM backend.
 *
 * A write that was refused changed nothing, whatever it is refused for; but that somebody tried may
 * be kept (kt_call_refuse), in a table and a journal entry of its own. A reply exists only when it
 * is durable.
 */
#ifndef KT_SERVICE_BATCH_H
#define KT_SERVICE_BATCH_H

#include "idempotency.h"
#include "witness.h"

#include <kt/call.h>

/* More would wait for each other: with a log the next batch runs while this one is on its way to
 * disk. */
#define KT_BATCH_WRITES_MAX 256
#define KT_BATCH_BYTES_MAX  (8u << 20) /* of requests */

/* One write, borrowed until its outcome is set. */
typedef struct kt_write {
    kt_call_t *call;
    const kt_handler_t *run;
    const void *handlers;
    const void *request;  /* unpacked, in the call's arena */
    kt_hash_t digest;     /* SHA-256 over method path and body */
    kt_witness_t witness; /* of the caller's journal, to be kept; size 0: none */

    /* The outcome. Texts and the reply lie in the call's arena, or are literals. */
    kt_status_t status;
    kt_span_t reply; /* packed, when OK */
    bool replayed;
    bool outcome_unknown;
    int64_t began_us, ran_us, committed_us; /* monotonic */
} kt_write_t;

typedef struct kt_batch_options {
    kt_kv_t *store; /* borrowed */
    const kt_table_t *tables;
    uint32_t tables_count;
    int64_t retention_us;
    /* May be NULL: forget what was cached from the store. */
    void (*forget)(void *service);
    void *service;
} kt_batch_options_t;

typedef struct kt_batch kt_batch_t;

/* Loads the journal and the idempotency table's marks. The caller destroys it. */
kt_status_t kt_batch_new(const kt_batch_options_t *options, kt_batch_t **batch);
void kt_batch_destroy(kt_batch_t **batch);

/* Idempotency records are remembered so long from the next batch on. By the thread that seals. A
 * longer time brings back no key that was swept. */
void kt_batch_retain(kt_batch_t *batch, int64_t retention_us);

/* Carries COUNT writes (at most KT_BATCH_WRITES_MAX) out in order and sets the outcome of each,
 * which holds once kt_batch_harden returns for the mark that is returned: refusals, too, may rest
 * on what is not durable yet. */
uint64_t kt_batch_seal(kt_batch_t *batch, kt_write_t **writes, uint32_t count);
/* Waits until all up to MARK is durable; false when the store failed, and the outcome of the WRITES
 * that were sealed under it is unknown. By any thread, while the next are sealed. */
bool kt_batch_harden(const kt_batch_t *batch, uint64_t mark, kt_write_t **writes, uint32_t count);

/* Whether the store failed (KT_KV_FAILED): nothing is written any more, and the process had better
 * end. */
bool kt_batch_failed(const kt_batch_t *batch);

/* Since the start; writes are those that changed something, kept refusals counted. */
typedef struct kt_batch_stat {
    uint64_t commits, writes, replays, reruns, events;
    uint64_t journal_size;
} kt_batch_stat_t;
kt_batch_stat_t kt_batch_stat(const kt_batch_t *batch);

#endif
