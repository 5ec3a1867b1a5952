/*
 * backend.h: what a storage engine does below kv.h, and the parts of store, transaction and cursor
 * that all engines share.
 *
 * kv.c checks arguments, checksums, quota and state, and calls the engine for the rest. To an
 * engine a value is a record: four bytes of CRC32C and then the caller's bytes, which it neither
 * reads nor checks. An engine's own structs begin with the shared ones.
 */
#ifndef KT_KV_BACKEND_H
#define KT_KV_BACKEND_H

#include "hot.h"

#include <stdatomic.h>

typedef enum kt_move {
    KT_MOVE_FIRST,
    KT_MOVE_LAST,
    KT_MOVE_SEEK,
    KT_MOVE_SEEK_BACK,
    KT_MOVE_NEXT,
    KT_MOVE_PREV,
} kt_move_t;

typedef struct kt_backend {
    void (*close)(kt_kv_t *store);
    kt_status_t (*begin)(kt_kv_t *store, bool write, kt_txn_t **txn);
    /* Both end the transaction and its cursors; commit does so whatever it returns. */
    kt_status_t (*commit)(kt_txn_t *txn);
    void (*abort)(kt_txn_t *txn);
    /* What an engine without a log leaves NULL. AWAIT: before a reader begins, until it will see
     * all that was answered. WROTE: hears of every record that was filled, from what it was
     * filled from, or deleted (CRC NULL). The others as in kv.h. */
    kt_status_t (*await)(kt_kv_t *store);
    void (*wrote)(kt_txn_t *txn, uint32_t table, kt_span_t key, const uint32_t *crc,
                  kt_span_t value, bool append);
    kt_status_t (*seal)(kt_txn_t *txn, uint64_t *mark);
    kt_status_t (*harden)(kt_kv_t *store, uint64_t mark);
    kt_status_t (*settle)(kt_kv_t *store);
    bool (*wanted)(const kt_kv_t *store);
    /* Whether the disk has room beyond what is kept for repair; of the write transaction that
     * began.
     */
    bool (*roomy)(const kt_txn_t *txn);
    kt_status_t (*get)(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t *record);
    /* Makes ROOM for a record of SIZE bytes, which kv.c fills at once. */
    kt_status_t (*put)(kt_txn_t *txn, uint32_t table, kt_span_t key, size_t size, bool append,
                       uint8_t **room);
    kt_status_t (*del)(kt_txn_t *txn, uint32_t table, kt_span_t key);
    kt_status_t (*cursor_open)(kt_txn_t *txn, uint32_t table, kt_cursor_t **cursor);
    void (*cursor_close)(kt_cursor_t *cursor);
    /* SOUGHT matters to the two seeks only; next and prev come only when the cursor stands on a
     * record. */
    kt_status_t (*cursor_move)(kt_cursor_t *cursor, kt_move_t move, kt_span_t sought,
                               kt_span_t *key, kt_span_t *record);
    /* Bytes in use, as the transaction sees them. */
    kt_status_t (*used)(kt_txn_t *txn, uint64_t *bytes);
    /* Fills file_bytes and last_commit. */
    kt_status_t (*stat)(kt_kv_t *store, kt_kv_stat_t *stat);
    kt_status_t (*table_stat)(kt_txn_t *txn, uint32_t table, kt_table_stat_t *stat);
    /* As kt_kv_table_names. */
    kt_status_t (*names)(kt_kv_t *store, kt_table_name_t *names, uint32_t *count);
    /* Writes a compacted image of the last commit to FD and ends with EPIPE's status when the other
     * end closes. NULL where there is nothing to copy. */
    kt_status_t (*copy)(kt_kv_t *store, int fd);
} kt_backend_t;

struct kt_kv {
    const kt_backend_t *backend;
    const kt_table_t *tables;
    uint32_t tables_count;
    uint32_t seeds[KT_KV_TABLES_MAX]; /* of each table's checksums: the CRC so far, over its name
                                         and a NUL */
    char service[KT_KV_TABLE_NAME_MAX + 1];
    uint32_t format;
    atomic_uint_least64_t quota_bytes;
    uint32_t readers_max;
    bool read_only;
    kt_hot_t *hot; /* the writer's; NULL where there is no derived table, or nothing is written */
    atomic_bool failed; /* KT_KV_FAILED was seen: no more writes */
    atomic_uint_least32_t readers;
    atomic_uint_least64_t commits;
    atomic_bool copying; /* a backup is being made */
    struct {
        atomic_uint_least64_t records, bytes;
    } written[KT_KV_TABLES_MAX]; /* by the writer alone */
};

struct kt_txn {
    kt_kv_t *store;
    bool write;
    uint64_t changes; /* writes so far; a cursor placed before the last one is stale */
    uint64_t written_bytes;
    uint64_t used_bytes, limit_bytes; /* against the quota; limit 0: none */
    bool no_room;                     /* on the disk, but for repair */
    kt_status_t spoiled;
    kt_kv_observer_t observer;
    void *observer_context;
};

struct kt_cursor {
    kt_txn_t *txn;
    uint32_t table;
    enum { KT_CURSOR_FRESH, KT_CURSOR_PLACED, KT_CURSOR_OFF } place;
    uint64_t changes; /* of the transaction when it was placed */
};

#define KT_CRC_BYTES 4

/* A text with the lifetime of the process, formatted; FALLBACK (a literal) when too many are kept
 * already. */
const char *kt_kv_text(const char *fallback, const char *format, ...) KT_PRINTF(2, 3);

/* Checks the options and fills the shared part of a new store. */
kt_status_t kt_kv_init(kt_kv_t *store, const kt_backend_t *backend, const kt_kv_options_t *options);
/* Within the transaction that opens a store: checks the identity records or, when FRESH, writes
 * them. Leaves the stored format in store->format. */
kt_status_t kt_kv_identify(kt_txn_t *txn, const kt_kv_options_t *options, bool fresh);
/* Runs the migrations from store->format to the wanted one. */
kt_status_t kt_kv_migrate(kt_kv_t *store, const kt_kv_options_t *options);

/* ---- folder.c: what a store's folder is, apart from the engine's files ---- */

#define KT_DATA_FILE "data.mdb"

/* Joins to "FOLDER/NAME"; INVALID_ARGUMENT when it is too long for SIZE bytes. */
kt_status_t kt_folder_join(const char *folder, const char *name, char *out, size_t size);
/* Makes the folder when absent (and its name durable). Refuses one that holds other things. */
kt_status_t kt_folder_prepare(const char *path, bool read_only);
/* Locks the `owner` file, shared for reading; the lock lasts until *FD is closed. *FD is -1 where a
 * folder on a read-only medium has none. */
kt_status_t kt_folder_own(const char *path, bool read_only, int *fd);
/* Flushes a file or folder by name. */
kt_status_t kt_folder_sync(const char *path);
/* Removes a store's folder and nothing that a store does not make. */
void kt_folder_remove(const char *path);
kt_status_t kt_folder_error(const char *doing, const char *path, int error);

#endif
