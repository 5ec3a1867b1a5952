/*
 * idempotency.h: once means once. The records of the `idempotency` table, the rules for a key's
 * age, and their sweep.
 *
 * - key: the idempotency key's 16 bytes (the time first, so that records are appended), then the
 *   principal
 * - value: u8 version (1), 32 bytes SHA-256 over method path and body, then the packed reply
 * - in table meta, "swept": i64 microseconds; keys made before it are refused for ever, whatever
 *   the retention is now
 */
#ifndef KT_SERVICE_IDEMPOTENCY_H
#define KT_SERVICE_IDEMPOTENCY_H

#include <kt/arena.h>
#include <kt/call_meta.h>
#include <kt/journal.h>
#include <kt/time.h>

#define KT_KEY_FUTURE_US       (INT64_C(300) * KT_US_PER_S)
#define KT_SWEEP_RECORDS_MAX   100000
#define KT_SWEEP_RECORDS_USUAL 10000

#define KT_IDEMPOTENCY_KEY_MAX    (KT_ULID_BYTES + KT_PRINCIPAL_BYTES_MAX)
#define KT_IDEMPOTENCY_HEAD_BYTES (1 + KT_SHA256_BYTES)

/* A record of the open transaction. */
typedef struct kt_pending_key {
    uint8_t key[KT_IDEMPOTENCY_KEY_MAX];
    size_t key_size;
    kt_span_t record; /* borrowed until the transaction ends */
} kt_pending_key_t;

/*
 * Records are not written as they come: clients make their keys at the same time and not in our
 * order, and a table that is filled in key order takes half the pages. So they wait for the end of
 * the transaction and go in sorted.
 */
typedef struct kt_idempotency {
    int64_t retention_us;
    int64_t swept_us; /* as on disk */
    /* The last key of the table: what is above is not there. */
    uint8_t newest[KT_IDEMPOTENCY_KEY_MAX];
    size_t newest_size;
    kt_pending_key_t *pending;
    uint32_t pending_count, pending_max;
    uint32_t *index; /* open addressing over pending, by the key's hash; 0: free, else place + 1 */
    uint32_t index_mask;
    const kt_pending_key_t **sorted;
} kt_idempotency_t;

/* Room for PENDING_MAX records in one transaction. The caller finishes it, also after a failure. */
kt_status_t
kt_idempotency_init(kt_idempotency_t *table, int64_t retention_us, uint32_t pending_max);
void kt_idempotency_fini(kt_idempotency_t *table);
/* Loads the newest key; once, at start. */
kt_status_t kt_idempotency_load(kt_idempotency_t *table, kt_txn_t *txn);
/* At the start of every write transaction: what waited for another is forgotten, the mark of the
 * sweep is loaded. */
kt_status_t kt_idempotency_begin(kt_idempotency_t *table, kt_txn_t *txn);

/* KEY_MISSING, KEY_TOO_OLD, KEY_FROM_FUTURE, in this order. A key of zero bytes only is missing. */
kt_status_t
kt_idempotency_check_age(const kt_idempotency_t *table, const kt_ulid_t *key, int64_t now_us);

/* The reply stored under KEY and PRINCIPAL: *FOUND says whether there is one; REPLY is borrowed as
 * kt_kv_get's value is. ALREADY_EXISTS with KEY_REUSED when it belongs to another DIGEST. */
kt_status_t
kt_idempotency_find(const kt_idempotency_t *table, kt_txn_t *txn, const kt_ulid_t *key,
                    const char *principal, const kt_hash_t *digest, bool *found, kt_span_t *reply);

/* Room for a record of a reply of REPLY_SIZE bytes, the reply to be packed at its end; NULL when
 * the arena is used up. */
uint8_t *kt_idempotency_record(kt_arena_t *arena, const kt_hash_t *digest, size_t reply_size,
                               uint8_t **reply);
/* Keeps RECORD, which kt_idempotency_find has not found, for the end of the transaction. */
void kt_idempotency_add(kt_idempotency_t *table, const kt_ulid_t *key, const char *principal,
                        kt_span_t record);
/* Writes what was added; before the commit. */
kt_status_t kt_idempotency_flush(kt_idempotency_t *table, kt_txn_t *txn);

/* Removes at most MAX records whose keys were made before BEFORE_US, and moves the mark up to what
 * is removed. ARENA holds the keys meanwhile. MORE: there are others. */
kt_status_t kt_idempotency_sweep(kt_txn_t *txn, kt_arena_t *arena, int64_t before_us, uint32_t max,
                                 uint32_t *removed, bool *more);

#endif
