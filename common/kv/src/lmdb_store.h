/* lmdb_store.h: what the two halves of the engine on disk share: lmdb.c runs a store, lmdb_open.c
 * opens one. */
#ifndef KT_KV_LMDB_STORE_H
#define KT_KV_LMDB_STORE_H

#include "backend.h"

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

typedef struct lmdb_store {
    kt_kv_t base;
    MDB_env *env;
    size_t page_bytes;
    MDB_dbi dbis[KT_KV_TABLES_MAX];
    int owner_fd;
    lmdb_txn_t writer;
    pthread_mutex_t idle_lock;
    lmdb_txn_t *idle; /* read transactions that wait to be used again */
} lmdb_store_t;

extern const kt_backend_t kt_lmdb_backend;

/* What an answer of LMDB, or an errno, means to a caller of kv.h. */
kt_status_t kt_lmdb_status(int rc);

/* The LMDB transaction below one of ours. */
static inline MDB_txn *
kt_lmdb_txn(const kt_txn_t *txn)
{
    return ((const lmdb_txn_t *)txn)->mdb;
}

#endif
