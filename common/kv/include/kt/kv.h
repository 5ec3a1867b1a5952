/*
 * kv.h: the ordered key-value seam. One store is one folder, one process, one writer, many readers.
 *
 * A store is a set of named tables that map keys to values, ordered by memcmp of the key. Changes
 * are made in one write transaction at a time and are durable when kt_kv_commit returns OK. Readers
 * see the state of the last commit before they began and block nobody.
 *
 * The first table of every store is "meta". The store keeps its format version and its service's
 * name there, under keys that begin with "kv."; all other keys are the caller's.
 *
 * Every value lies behind a CRC32C over its table, key and bytes. Every read checks it; a record
 * that does not fit ends as DATA_LOSS and the text names the table and the key.
 *
 * Statuses that any call may return: RESOURCE_EXHAUSTED with KT_KV_QUOTA (the quota's writing share
 * is used up) or KT_KV_FULL (the disk or the map is full), DATA_LOSS with KT_KV_CORRUPT (a checksum
 * failed), UNAVAILABLE with KT_KV_FAILED (an I/O error: the store takes no write any more until it
 * is opened again; what the failed commit did is unknown until then). NOT_FOUND is a normal answer
 * of kt_kv_get. INVALID_ARGUMENT: an empty key, or one past the limits below. Texts are literals or
 * live as long as the process.
 *
 * A write that failed half-way (all but NOT_FOUND, ALREADY_EXISTS, INVALID_ARGUMENT and
 * KT_KV_QUOTA, which touch nothing) spoils its transaction: further writes and the commit end with
 * the same status and nothing happened.
 */
#ifndef KT_KV_H
#define KT_KV_H

#include <kt/span.h>
#include <kt/status.h>

/* Limits of keys and values, set by LMDB's default build and by what its pages hold well. */
#define KT_KV_KEY_BYTES_MAX   500
#define KT_KV_VALUE_BYTES_MAX (8u << 20)
#define KT_KV_TABLES_MAX      64
#define KT_KV_TABLE_NAME_MAX  32
/* Cursors open at once in one transaction. */
#define KT_KV_CURSORS_MAX 16
/* A store's largest size: of address space only, the file grows as it is written. */
#define KT_KV_MAP_BYTES (UINT64_C(1) << 40)
/* What a department's log takes on disk, and what it has at least. */
#define KT_KV_LOG_BYTES_USUAL (UINT64_C(32) << 20)
#define KT_KV_LOG_BYTES_MIN   (UINT64_C(128) << 10)
/* Past this share of the quota writes are refused, so that repair and sweeping still have room. */
#define KT_KV_QUOTA_WRITE_PERCENT 90

/* Reasons; they stand in kantor.rpc.v1.Reason under the same numbers. */
enum {
    KT_KV_QUOTA = 40,
    KT_KV_FULL = 41,
    KT_KV_CORRUPT = 42,
    KT_KV_FAILED = 43,
    KT_KV_OWNED = 44,   /* another process has the store open */
    KT_KV_NEWER = 45,   /* the store was written by a newer format version */
    KT_KV_FOREIGN = 46, /* the folder holds something else, or another service's store */
    KT_KV_UNCLEAN = 47, /* opened to be read only, and its log has what its tables have not */
};

/* What a table's records are to the journal (journal.h). */
typedef enum kt_table_class {
    KT_TABLE_SYSTEM, /* the shell's own: meta, idempotency, journal, ... */
    KT_TABLE_FACT,   /* small records that may change: each change stands whole in the journal */
    KT_TABLE_LOG, /* appended once, never changed: the journal holds a digest of what was appended
                   */
    KT_TABLE_DERIVED, /* can be computed from the others: not journalled, recomputed by verify */
} kt_table_class_t;

typedef struct kt_table {
    const char *name; /* [a-z_]{1,32} */
    kt_table_class_t kind;
} kt_table_t;

typedef struct kt_kv kt_kv_t;
typedef struct kt_txn kt_txn_t;
typedef struct kt_cursor kt_cursor_t;

/* One step of a migration: from format FROM to FROM + 1, inside one write transaction. */
typedef struct kt_kv_migration {
    uint32_t from;
    kt_status_t (*run)(kt_txn_t *txn, void *context);
} kt_kv_migration_t;

typedef struct kt_kv_options {
    const char *path; /* the folder; made with mode 0700 when absent. NULL for the RAM backend */
    /* "finance": kept in the store and checked at every open. NULL with read_only: whichever
     * service and format the store is of, as tools that restore it want it. */
    const char *service;
    uint32_t format; /* the format version this program writes */
    const kt_table_t
        *tables; /* a table is named by its place here; borrowed for the store's life */
    uint32_t tables_count;
    const kt_kv_migration_t *migrations;
    uint32_t migrations_count;
    void *migration_context;
    uint64_t quota_bytes; /* 0: no quota */
    uint64_t map_bytes;   /* 0: KT_KV_MAP_BYTES; a test of the full map uses less */
    uint32_t readers_max; /* read transactions open at once; 0 means 64 */
    /* On disk: a log of this size in front of the engine, which makes a commit one flush and lets
     * kt_kv_seal work; 0: none, every commit flushes the engine's own pages. A store may be opened
     * with another size, or without, at any time. */
    uint64_t log_bytes;
    /* May be NULL. Called by a reader that waits for kt_kv_settle; quick, from any thread. */
    void (*wanted)(void *context);
    void *wanted_context;
    bool read_only; /* for inspection of a backup */
} kt_kv_options_t;

/*
 * Opens or makes the store. Blocking. The texts of its statuses say what to do. The caller closes
 * it. FAILED_PRECONDITION with KT_KV_OWNED, KT_KV_NEWER, KT_KV_FOREIGN or KT_KV_UNCLEAN, or without
 * a reason when the folder cannot be made or read; INTERNAL when a migration is missing; a
 * migration's own status; and the general ones above.
 */
kt_status_t kt_kv_open_lmdb(const kt_kv_options_t *options, kt_kv_t **store);
kt_status_t kt_kv_open_ram(const kt_kv_options_t *options, kt_kv_t **store);
/* All transactions must have ended. */
void kt_kv_close(kt_kv_t **store);

/* A read transaction may be used by any thread, one at a time. A write transaction belongs to the
 * thread that began it; a second kt_kv_begin_write waits until the first ends. Transactions are
 * reused: beginning and ending one does not allocate in the steady state. RESOURCE_EXHAUSTED past
 * readers_max, FAILED_PRECONDITION for a write in a store that was opened to be read only. */
kt_status_t kt_kv_begin_read(kt_kv_t *store, kt_txn_t **txn);
kt_status_t kt_kv_begin_write(kt_kv_t *store, kt_txn_t **txn);
/* Durable when OK. On failure nothing of it happened, but for KT_KV_FAILED (see above). Ends the
 * transaction either way and sets *TXN to NULL. */
kt_status_t kt_kv_commit(kt_txn_t **txn);
/*
 * A commit in three steps, so that the next transaction runs while this one is on its way to disk.
 *
 * kt_kv_seal ends the transaction and sets *TXN to NULL. This thread's next write transaction sees
 * what it did; readers do not yet, and other threads cannot write until kt_kv_settle. Nothing of it
 * happened on failure.
 *
 * kt_kv_harden waits until everything up to MARK is durable: only then may it be answered. Any
 * thread; several threads share one flush. KT_KV_FAILED: what became of it is unknown until the
 * store is opened again, and nothing is written any more.
 *
 * kt_kv_settle hardens what is sealed, shows it to readers and lets others write: for the thread
 * that sealed, with no transaction open; when it has nothing else to do, when kt_kv_wanted says
 * that a reader waits, and before the store is closed. KT_KV_FULL: what was answered is safe and
 * comes to be seen when there is room; until then writes and reads end with that, too.
 *
 * Where a store has no log, kt_kv_seal is kt_kv_commit and the others do nothing.
 */
kt_status_t kt_kv_seal(kt_txn_t **txn, uint64_t *mark);
kt_status_t kt_kv_harden(kt_kv_t *store, uint64_t mark);
kt_status_t kt_kv_settle(kt_kv_t *store);
bool kt_kv_wanted(const kt_kv_t *store);

/* Ends a transaction of either kind without effect; a NULL *TXN is fine. */
void kt_kv_abort(kt_txn_t **txn);

/* Another quota from the next write transaction on; 0: none. Thread-safe. Below what is used,
 * writes are refused until it fits. */
void kt_kv_set_quota(kt_kv_t *store, uint64_t quota_bytes);

/* For repair and sweeping: this write transaction may use the last share of the quota and of the
 * disk too. Deletes need no leave. */
void kt_kv_use_reserve(kt_txn_t *txn);

/* VALUE is borrowed until the next write in this transaction, or its end. */
kt_status_t kt_kv_get(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t *value);
/* Sets KEY to VALUE. VALUE must not be borrowed from this transaction; a key may be, here and
 * below. */
kt_status_t kt_kv_put(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t value);
/* As put, for a key above every key of the table: pages fill up instead of splitting. A key that is
 * not above is ALREADY_EXISTS and nothing is written. */
kt_status_t kt_kv_append(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t value);
/* NOT_FOUND when there is none. Works past the quota. */
kt_status_t kt_kv_delete(kt_txn_t *txn, uint32_t table, kt_span_t key);

/* Cursors read in key order. They live until closed or until the transaction ends, whichever is
 * first. In a write transaction a cursor is invalid after a write, and is sought anew: next and
 * prev end with INTERNAL until then. A fresh cursor's next is first and its prev is last.
 * RESOURCE_EXHAUSTED past KT_KV_CURSORS_MAX. */
kt_status_t kt_kv_cursor(kt_txn_t *txn, uint32_t table, kt_cursor_t **cursor);
void kt_kv_cursor_close(kt_cursor_t **cursor);
/* Each moves, and borrows key and value as kt_kv_get does; NOT_FOUND past either end, and from
 * there on until it is sought anew. After DATA_LOSS for one record the next step goes on behind it.
 */
kt_status_t kt_cursor_first(kt_cursor_t *cursor, kt_span_t *key, kt_span_t *value);
kt_status_t kt_cursor_last(kt_cursor_t *cursor, kt_span_t *key, kt_span_t *value);
/* The first record whose key is at or above KEY; the empty key, which no record has, is below all.
 */
kt_status_t kt_cursor_seek(kt_cursor_t *cursor, kt_span_t key, kt_span_t *found, kt_span_t *value);
/* The last record whose key is at or below KEY. */
kt_status_t
kt_cursor_seek_back(kt_cursor_t *cursor, kt_span_t key, kt_span_t *found, kt_span_t *value);
kt_status_t kt_cursor_next(kt_cursor_t *cursor, kt_span_t *key, kt_span_t *value);
kt_status_t kt_cursor_prev(kt_cursor_t *cursor, kt_span_t *key, kt_span_t *value);

/* Sees every put, append and delete of a write transaction, in order, after it succeeded;
 * VALUE.data is NULL for a delete. How the journal learns what a call changed without the call's
 * help. NULL ends it. */
typedef enum kt_kv_change { KT_KV_PUT, KT_KV_APPEND, KT_KV_DELETE } kt_kv_change_t;
typedef kt_status_t (*kt_kv_observer_t)(void *context, kt_kv_change_t change, uint32_t table,
                                        kt_span_t key, kt_span_t value);
void kt_kv_observe(kt_txn_t *txn, kt_kv_observer_t observer, void *context);

/* The service the store belongs to. */
const char *kt_kv_service(const kt_kv_t *store);
/* The table descriptions the store was opened with. */
const kt_table_t *kt_kv_tables(const kt_kv_t *store, uint32_t *count);

/* The names of all tables that are in the store, also of those that it was not opened with: how a
 * tool finds out what a backup holds. NAMES has room for KT_KV_TABLES_MAX of them. */
typedef struct kt_table_name {
    char text[KT_KV_TABLE_NAME_MAX + 1];
} kt_table_name_t;
kt_status_t kt_kv_table_names(kt_kv_t *store, kt_table_name_t *names, uint32_t *count);

/* Writes KEY for people: as text where it is printable ASCII, else in hex ("0x0a1b"); cut with
 * "..." when long. */
#define KT_KEY_TEXT_MAX 128
void kt_key_format(kt_span_t key, char out[KT_KEY_TEXT_MAX]);

typedef struct kt_table_stat {
    uint64_t records;
    uint64_t pages; /* of 4,096 bytes; 0 in the RAM backend */
    /* What the engine was given since the store was opened: puts and deletes, with key, value and
     * checksum. */
    uint64_t written_records, written_bytes;
} kt_table_stat_t;

typedef struct kt_kv_stat {
    uint64_t used_bytes;  /* pages in use */
    uint64_t file_bytes;  /* on disk */
    uint64_t quota_bytes; /* 0: none */
    uint32_t format;
    uint32_t readers;     /* read transactions open now */
    uint64_t commits;     /* since open */
    uint64_t last_commit; /* the engine's transaction number */
    /* Of a log, since open: times that the engine committed what the log had, and the pages that it
     * wrote then. */
    uint64_t settlements, settled_pages;
} kt_kv_stat_t;

kt_status_t kt_kv_stat(kt_kv_t *store, kt_kv_stat_t *stat);
kt_status_t kt_kv_table_stat(kt_txn_t *txn, uint32_t table, kt_table_stat_t *stat);

/* Copies a consistent state into the new folder TO (compacted), flushes it, reopens the copy and
 * reads every record of it. The copy counts only when this returns OK; on failure nothing is left
 * under that name. PROGRESS may be NULL; it is told bytes done and in all (copying is the first
 * half, reading back the second), and ends the work by returning false (CANCELLED). ALREADY_EXISTS
 * when there is something under that name, FAILED_PRECONDITION while another backup of the store is
 * made, UNIMPLEMENTED for a store in memory. Blocking; a write transaction may run meanwhile. */
typedef bool (*kt_kv_progress_t)(void *context, uint64_t done, uint64_t all);
kt_status_t kt_kv_backup(kt_kv_t *store, const char *to, kt_kv_progress_t progress, void *context);

/* For who puts a store back. FROM and TO are folders side by side, of stores that nobody has open.
 * kt_kv_place gives FROM the name TO, at once and durably; TO is not there, or empty (else
 * FAILED_PRECONDITION). kt_kv_remove removes a store's folder and nothing that no store makes; that
 * it is not there is no failure. */
kt_status_t kt_kv_place(const char *from, const char *to);
void kt_kv_remove(const char *folder);

/* The decorator for sweeps: behaves as INNER, but the N-th operation after kt_kv_fault_arm (begin,
 * get, put, append, delete, cursor step or commit) ends with FAILURE, and so do all after it in the
 * same write transaction. Owns INNER. Arming again also lifts a KT_KV_FAILED, as opening again
 * would; N = 0 disarms. */
kt_status_t kt_kv_open_fault(kt_kv_t **inner, kt_kv_t **store);
void kt_kv_fault_arm(kt_kv_t *store, uint64_t n, kt_status_t failure);
/* Whether the armed failure has struck. */
bool kt_kv_fault_struck(const kt_kv_t *store);

#endif
