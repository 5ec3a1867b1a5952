/*
 * journal.h: the service's history as an append-only Merkle log (RFC 6962, section 2.1).
 *
 * Leaf hash SHA-256(0x00 || record), node hash SHA-256(0x01 || left || right), root of the empty
 * log SHA-256(""). Records are numbered from 0, as leaves are in the RFC. The log lives in two
 * system tables of the service's store and changes only inside the write transaction that has the
 * effect: journal       u64 number            -> record bytes journal_tree  u8 level, u64 index ->
 * hash of a complete subtree of 2^(8 * level) leaves and one record in meta: size and frontier (the
 * hashes of the complete subtrees that make up the log).
 */
#ifndef KT_JOURNAL_H
#define KT_JOURNAL_H

#include <kt/kv.h>
#include <kt/sha256.h>

#define KT_JOURNAL_RECORD_BYTES_MAX 65536
/* A log of 2^63 leaves needs no longer proof. */
#define KT_PROOF_HASHES_MAX 64

/* The system tables that every store has, first in its list and in this order. */
enum {
    KT_TABLE_META,
    KT_TABLE_IDEMPOTENCY,
    KT_TABLE_JOURNAL,
    KT_TABLE_JOURNAL_TREE,
    KT_TABLE_OUTBOX,
    KT_TABLE_PROCESS,
    KT_TABLE_FIRST, /* the service's own begin here */
};
/* clang-format off */
#define KT_SYSTEM_TABLES                        \
    {"meta", KT_TABLE_SYSTEM},                  \
    {"idempotency", KT_TABLE_SYSTEM},           \
    {"journal", KT_TABLE_SYSTEM},               \
    {"journal_tree", KT_TABLE_SYSTEM},          \
    {"outbox", KT_TABLE_FACT},                  \
    {"process", KT_TABLE_FACT}
/* clang-format on */

/* The tables of what departments do with each other: one after the other, from a place that the
 * department chooses (kt_service_t.shared_first). */
enum {
    KT_SHARED_EVENT,    /* what happened here, for the others (kt/event.h) */
    KT_SHARED_CURSOR,   /* how far the others' events were taken */
    KT_SHARED_WITNESS,  /* what the others' journals were seen to be */
    KT_SHARED_REFUSAL,  /* refusals that are kept (kt/event.h) */
    KT_SHARED_TIMELINE, /* what became of processes, step by step (kt/process.h) */
    KT_SHARED_COUNT,
};
/* clang-format off */
#define KT_SHARED_TABLES(first)                                   \
    [(first) + KT_SHARED_EVENT] = {"event", KT_TABLE_LOG},        \
    [(first) + KT_SHARED_CURSOR] = {"cursor", KT_TABLE_FACT},     \
    [(first) + KT_SHARED_WITNESS] = {"witness", KT_TABLE_FACT},   \
    [(first) + KT_SHARED_REFUSAL] = {"refusal", KT_TABLE_FACT},   \
    [(first) + KT_SHARED_TIMELINE] = {"timeline", KT_TABLE_FACT}
/* clang-format on */

typedef struct kt_proof {
    uint32_t count;
    kt_hash_t hashes[KT_PROOF_HASHES_MAX];
} kt_proof_t;

/* ---- the tree, pure ---- */

kt_hash_t kt_merkle_leaf(kt_span_t record);
kt_hash_t kt_merkle_node(const kt_hash_t *left, const kt_hash_t *right);
kt_hash_t kt_merkle_empty(void);

/* The frontier: one hash for each bit set in SIZE, the largest subtree first. */
typedef struct kt_frontier {
    uint64_t size;
    kt_hash_t peaks[64];
} kt_frontier_t;

void kt_frontier_add(kt_frontier_t *frontier, const kt_hash_t *leaf);
kt_hash_t kt_frontier_root(const kt_frontier_t *frontier);

/* Checks a proof against a root; false for any that does not fit, also one that is too long.
 * Inclusion: RFC 6962 2.1.1, consistency: 2.1.2 (verified as in RFC 9162, 2.1.3.2 and 2.1.4.2). */
bool kt_merkle_includes(const kt_hash_t *leaf, uint64_t index, uint64_t size,
                        const kt_proof_t *proof, const kt_hash_t *root);
bool kt_merkle_consistent(uint64_t old_size, const kt_hash_t *old_root, uint64_t new_size,
                          const kt_hash_t *new_root, const kt_proof_t *proof);

/* ---- the log in a store ---- */

/* The writer's state of a log: what is on disk, and that plus what the open transaction appended.
 */
typedef struct kt_journal {
    kt_frontier_t durable;
    kt_frontier_t current;
} kt_journal_t;

/* Loads size and frontier; an empty store is an empty log. */
kt_status_t kt_journal_load(kt_journal_t *journal, kt_txn_t *txn);
/* Appends RECORD and gives its number. RESOURCE_EXHAUSTED past KT_JOURNAL_RECORD_BYTES_MAX. After a
 * failure the transaction is aborted, and kt_journal_aborted called. */
kt_status_t
kt_journal_append(kt_journal_t *journal, kt_txn_t *txn, kt_span_t record, uint64_t *number);
/* Writes size and frontier; call once before each commit. Writes nothing when nothing was appended,
 * so that such a commit costs nothing. */
kt_status_t kt_journal_save(kt_journal_t *journal, kt_txn_t *txn);
/* After the commit: the current state is the durable one. */
void kt_journal_committed(kt_journal_t *journal);
/* After an abort: back to the durable state. */
void kt_journal_aborted(kt_journal_t *journal);

/* Size and root of the log as TXN sees it. */
kt_status_t kt_journal_head(kt_txn_t *txn, uint64_t *size, kt_hash_t *root);
/* RECORD is borrowed as kt_kv_get's value is. */
kt_status_t kt_journal_get(kt_txn_t *txn, uint64_t number, kt_span_t *record);
/* Root of the first SIZE records; OUT_OF_RANGE past the end. */
kt_status_t kt_journal_root(kt_txn_t *txn, uint64_t size, kt_hash_t *root);
kt_status_t
kt_journal_prove_inclusion(kt_txn_t *txn, uint64_t index, uint64_t size, kt_proof_t *proof);
kt_status_t kt_journal_prove_consistency(kt_txn_t *txn, uint64_t old_size, uint64_t new_size,
                                         kt_proof_t *proof);

/* ---- write sets: what a call changed, as it stands in its journal record ---- */

/*
 * Collects the changes of one call through kt_kv_observe: FACT changes whole, LOG appends as a
 * range and one digest per table (over u16 key size, key, u32 value size, value, in order), DERIVED
 * and SYSTEM not at all. The encoded layout is in the library's README.
 */
#define KT_WRITE_SET_BYTES_MAX 60000
typedef struct kt_write_set kt_write_set_t;
kt_write_set_t *kt_write_set_new(const kt_table_t *tables, uint32_t tables_count);
void kt_write_set_destroy(kt_write_set_t **set);
void kt_write_set_reset(kt_write_set_t *set);
/* The observer to hang in; CONTEXT is the set. RESOURCE_EXHAUSTED past KT_WRITE_SET_BYTES_MAX,
 * INTERNAL for a change of a LOG table that is no append. */
kt_status_t kt_write_set_observe(void *set, kt_kv_change_t change, uint32_t table, kt_span_t key,
                                 kt_span_t value);
/* The collected set, encoded; borrowed until the next reset. */
kt_span_t kt_write_set_encoded(kt_write_set_t *set);

/* One finding of a verification. */
typedef struct kt_finding {
    const char *table;
    char key[128]; /* printable: text where the key is text, else hex */
    char what[256];
} kt_finding_t;
typedef void (*kt_finding_fn_t)(void *context, const kt_finding_t *finding);
/* Returns false to end the work early (CANCELLED). */
typedef bool (*kt_verify_progress_t)(void *context, uint64_t done, uint64_t all);

/* Finds the encoded write set inside a journal record. */
typedef kt_status_t (*kt_write_set_of_t)(kt_span_t record, kt_span_t *write_set);

/* Facts that a verification holds in memory at once: about 40 MiB. More are verified in as many
 * passes as it takes. */
#define KT_JOURNAL_FACTS_PER_PASS (UINT64_C(1) << 19)

typedef struct kt_journal_verify {
    kt_write_set_of_t write_set_of;
    kt_finding_fn_t report;
    void *report_context;
    kt_verify_progress_t progress; /* may be NULL */
    void *progress_context;
    uint64_t facts_per_pass; /* 0: KT_JOURNAL_FACTS_PER_PASS */
} kt_journal_verify_t;

/*
 * Reads every record of every table and searches for it; recomputes the log from its records and
 * compares size, frontier, tiles and root; then holds each record's write set against the tables:
 * the last journalled value of every FACT key equals the record that is there, no FACT record
 * exists that was not journalled, every LOG range has its digest, no LOG record stands outside a
 * range. Findings are reported one by one; the status is about the work itself.
 */
kt_status_t kt_journal_verify(kt_kv_t *store, kt_txn_t *txn, const kt_journal_verify_t *how);

#endif
