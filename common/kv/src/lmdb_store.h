/* lmdb_store.h: what the parts of the engine on disk share: lmdb.c runs a store, lmdb_open.c opens
 * one, lmdb_log.c and lmdb_recover.c are about the log in front. */
#ifndef KT_KV_LMDB_STORE_H
#define KT_KV_LMDB_STORE_H

#include "checkpoint.h"

#include <lmdb.h>
#include <pthread.h>

/* LMDB's own two databases: the list of free pages and the list of tables. */
#define FREE_DBI 0u
#define MAIN_DBI 1u

typedef struct lmdb_cursor {
    kt_cursor_t base;
    MDB_cursor *mdb; /* kept over a read transaction's end, and renewed for the same table */
    uint32_t mdb_table;
    bool open;
} lmdb_cursor_t;

typedef struct lmdb_txn {
    kt_txn_t base;
    MDB_txn *mdb;
    struct lmdb_txn *next_idle;
    lmdb_cursor_t cursors[KT_KV_CURSORS_MAX];
} lmdb_txn_t;

/* The log in front. What is not under the lock is the writer's. */
typedef struct lmdb_log {
    bool on;
    bool found, unclean; /* what opening found */
    int checkpoint_fd;
    void (*on_wanted)(void *context);
    void *wanted_context;

    uint8_t *redo; /* of whole records; of the hardening thread below `sealed`, else the writer's */
    size_t capacity;
    size_t open_at, at; /* where the open transaction's record begins, and its next change goes */
    bool overflow;      /* it does not fit */
    bool roomy;         /* the disk has room beyond what is kept for repair */
    bool held;          /* LMDB's write transaction is open */
    pthread_mutex_t
        writing; /* held by the writing thread, until it has nothing open and nothing sealed */
    atomic_uintptr_t owner; /* which one that is, a pthread_t; 0: none */
    pthread_t thread;       /* makes a checkpoint */
    bool thread_made;
    kt_checkpoint_t next; /* the one that it makes */
    MDB_txn *next_pin;
    atomic_bool unsettled, wanted;
    atomic_uint_least64_t settlements, settled_pages; /* since the store was opened */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    kt_log_t files;          /* while `hardening`, of the thread that does */
    size_t sealed, hardened; /* bytes of `redo` */
    uint64_t sealed_index, hardened_index, settled_index;
    bool hardening, checkpointing, failed;
    kt_status_t stuck; /* why what is sealed is not in LMDB */
    kt_checkpoint_t newest;
    MDB_txn *pin; /* keeps the pages that the newest one leads to */
} lmdb_log_t;

typedef struct lmdb_store {
    kt_kv_t base;
    MDB_env *env;
    size_t page_bytes;
    MDB_dbi dbis[KT_KV_TABLES_MAX];
    int owner_fd;
    lmdb_txn_t writer;
    pthread_mutex_t idle_lock;
    lmdb_txn_t *idle; /* read transactions that wait to be used again */
    lmdb_log_t log;
} lmdb_store_t;

extern const kt_backend_t kt_lmdb_backend;

/* What an answer of LMDB, or an errno, means to a caller of kv.h. */
kt_status_t kt_lmdb_status(int rc);

/* ---- lmdb.c ---- */
void kt_lmdb_close_cursors(lmdb_txn_t *txn);
/* The cursors of one of our transactions end; those of LMDB's may be used again in the same one. */
void kt_lmdb_end_cursors(lmdb_txn_t *txn);
/* Commits the writer's LMDB transaction, which made about so many CHANGES of so many bytes. */
kt_status_t kt_lmdb_commit_txn(lmdb_store_t *store, uint64_t written_bytes, uint64_t changes);

/* ---- lmdb_open.c ---- */
kt_status_t kt_lmdb_names(kt_kv_t *store, kt_table_name_t *names, uint32_t *count);

/* ---- lmdb_recover.c: opening, in this order; running; closing ---- */
void kt_lmdb_log_init(lmdb_log_t *log);
/* Before LMDB opens: puts back what the newest checkpoint has. */
kt_status_t kt_lmdb_log_restore(lmdb_store_t *store, const char *path, bool read_only);
/* Before the first write transaction. */
kt_status_t kt_lmdb_log_pin(lmdb_store_t *store);
/* When the tables are open. */
kt_status_t kt_lmdb_log_replay(lmdb_store_t *store);
kt_status_t kt_lmdb_log_start(lmdb_store_t *store, const kt_kv_options_t *options);
/* Makes a checkpoint of what LMDB has committed, with all of the log settled: at once; or in a
 * thread of its own, if one is due. */
kt_status_t kt_lmdb_checkpoint_now(lmdb_store_t *store);
kt_status_t kt_lmdb_begin_checkpoint(lmdb_store_t *store);
/* Before LMDB closes, and after. */
void kt_lmdb_log_stop(lmdb_store_t *store);
void kt_lmdb_log_fini(lmdb_log_t *log);

/* ---- lmdb_log.c ---- */

#define CHANGE_BYTES 64 /* the least that a change takes in a record */

kt_status_t kt_lmdb_begin_logged(lmdb_store_t *store);
kt_status_t kt_lmdb_commit_logged(kt_txn_t *txn);
void kt_lmdb_abort_logged(kt_txn_t *txn);
void kt_lmdb_wrote(kt_txn_t *txn, uint32_t table, kt_span_t key, const uint32_t *crc,
                   kt_span_t value, bool append);
kt_status_t kt_lmdb_seal(kt_txn_t *txn, uint64_t *mark);
kt_status_t kt_lmdb_harden(kt_kv_t *store, uint64_t mark);
kt_status_t kt_lmdb_settle(kt_kv_t *store);
bool kt_lmdb_wanted(const kt_kv_t *store);
bool kt_lmdb_roomy(const kt_txn_t *txn);
kt_status_t kt_lmdb_await(kt_kv_t *store);
/* Opens LMDB's write transaction where it is not, and gives it up. */
kt_status_t kt_lmdb_hold(lmdb_store_t *store);
void kt_lmdb_let_go(lmdb_store_t *store);
/* Does again what a record's transaction did. */
kt_status_t kt_lmdb_apply(lmdb_store_t *store, MDB_txn *txn, kt_span_t payload);
/* Nothing is written any more. Returns UNAVAILABLE with KT_KV_FAILED and WHY's text. */
kt_status_t kt_lmdb_set_failed(lmdb_store_t *store, kt_status_t why);

/* The LMDB transaction below one of ours. */
static inline MDB_txn *
kt_lmdb_txn(const kt_txn_t *txn)
{
    return ((const lmdb_txn_t *)txn)->mdb;
}

#endif
