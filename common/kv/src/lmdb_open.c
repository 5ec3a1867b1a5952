/* How a store on disk is opened: folder, owner, environment, identity, tables, migrations. */
#include "lmdb_store.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif

/* The thread sanitizer leaves a process 1.5 TiB to map, and a backup maps a second store. */
#ifdef UNDER_TSAN
#define MAP_BYTES_DEFAULT (KT_KV_MAP_BYTES >> 6)
#else
#define MAP_BYTES_DEFAULT KT_KV_MAP_BYTES
#endif

/* A backup, the reader of a Stats call, two checkpoints and a little air. */
#define READERS_EXTRA 6u

static kt_status_t
not_a_store(const char *path)
{
    return kt_error(KT_FAILED_PRECONDITION, KT_KV_FOREIGN,
                    kt_kv_text("the folder holds a data file that is no store of ours",
                               "the data file in %s is no store of ours, or its head is damaged: "
                               "restore a backup",
                               path));
}

/*
 * Counts the pages from MISSING_FROM on that the list of free pages has. A list is what mdb.c keeps
 * under a transaction's number: its length, then the page numbers.
 */
static int
count_free_from(MDB_txn *txn, size_t missing_from, size_t *count)
{
    MDB_cursor *cursor;
    MDB_val k, v;

    *count = 0;
    int rc = mdb_cursor_open(txn, FREE_DBI, &cursor);
    if (rc != 0)
        return rc;
    while ((rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) == 0) {
        const size_t *list = (const size_t *)v.mv_data;
        for (size_t i = 1; i < v.mv_size / sizeof(*list); i++)
            *count += i <= list[0] && list[i] >= missing_from;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/*
 * A page beyond the file's end is SIGBUS at the first touch. A file may rightly be a little short,
 * since pages that the last transaction took and gave back are never written: then all that is
 * missing is free. Anything else was cut. The hole that fills the file up keeps us alive while we
 * look.
 */
static kt_status_t
check_length(lmdb_store_t *store, const char *path)
{
    char name[PATH_MAX];
    MDB_envinfo info;
    MDB_stat stat;
    struct stat file;
    MDB_txn *txn;
    size_t missing_free;

    KT_TRY(kt_lmdb_status(mdb_env_info(store->env, &info)));
    KT_TRY(kt_lmdb_status(mdb_env_stat(store->env, &stat)));
    store->page_bytes = stat.ms_psize;
    KT_TRY(kt_folder_join(path, KT_DATA_FILE, name, sizeof(name)));
    if (lstat(name, &file) != 0)
        return kt_folder_error("cannot read", name, errno);
    size_t there = (size_t)file.st_size / stat.ms_psize, whole = info.me_last_pgno + 1;
    if (there >= whole)
        return kt_ok();
    if (truncate(name, (off_t)(whole * stat.ms_psize)) != 0)
        return kt_folder_error("cannot fill up", name, errno);
    KT_TRY(kt_lmdb_status(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn)));
    int rc = count_free_from(txn, there, &missing_free);
    mdb_txn_abort(txn);
    if (rc == 0 && missing_free == whole - there)
        return kt_ok();
    if (truncate(name, file.st_size) != 0) /* as it was found, for whoever looks into it */
        return kt_folder_error("cannot cut back", name, errno);
    return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT,
                    kt_kv_text("the store's file was cut short: restore a backup",
                               "%s was cut short: restore a backup", name));
}

static kt_status_t
open_env(lmdb_store_t *store, const kt_kv_options_t *options)
{
    /* Under the owner lock nobody else writes, so that a reader of a backup needs no lock file. */
    unsigned flags = MDB_NOTLS | (options->read_only ? (unsigned)(MDB_RDONLY | MDB_NOLOCK) : 0u);
    uint64_t map_bytes = options->map_bytes ? options->map_bytes : MAP_BYTES_DEFAULT;
    int dead;

    KT_TRY(kt_lmdb_status(mdb_env_create(&store->env)));
    KT_TRY(kt_lmdb_status(mdb_env_set_mapsize(store->env, map_bytes)));
    KT_TRY(kt_lmdb_status(mdb_env_set_maxdbs(store->env, KT_KV_TABLES_MAX)));
    KT_TRY(kt_lmdb_status(
        mdb_env_set_maxreaders(store->env, store->base.readers_max + READERS_EXTRA)));
    int rc = mdb_env_open(store->env, options->path, flags, 0600);
    if (rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH)
        return not_a_store(options->path);
    if (rc > 0)
        return kt_folder_error("cannot open the store in", options->path, rc);
    KT_TRY(kt_lmdb_status(rc));
    KT_TRY(check_length(store, options->path));
    return options->read_only ? kt_ok() : kt_lmdb_status(mdb_reader_check(store->env, &dead));
}

static kt_status_t
open_table(lmdb_store_t *store, MDB_txn *txn, uint32_t table, unsigned flags)
{
    return kt_lmdb_status(
        mdb_dbi_open(txn, store->base.tables[table].name, flags, &store->dbis[table]));
}

/* Finds out whether the store is new; refuses one that has tables but none called meta. */
static kt_status_t
open_meta(lmdb_store_t *store, MDB_txn *txn, const kt_kv_options_t *options, bool *fresh)
{
    MDB_stat stat;
    kt_status_t status = open_table(store, txn, 0, 0);

    *fresh = status.code == KT_NOT_FOUND;
    if (!*fresh)
        return status;
    KT_TRY(kt_lmdb_status(mdb_stat(txn, MAIN_DBI, &stat)));
    if (stat.ms_entries > 0 || options->read_only)
        return not_a_store(options->path);
    return open_table(store, txn, 0, MDB_CREATE);
}

static kt_status_t
open_tables_for_writing(lmdb_store_t *store, const kt_kv_options_t *options)
{
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL;
    bool fresh;

    KT_TRY(kt_kv_begin_write(&store->base, &txn));
    KT_TRY(open_meta(store, kt_lmdb_txn(txn), options, &fresh));
    KT_TRY(kt_kv_identify(txn, options, fresh));
    for (uint32_t i = 1; i < options->tables_count; i++)
        KT_TRY(open_table(store, kt_lmdb_txn(txn), i, MDB_CREATE));
    KT_TRY(kt_kv_commit(&txn));
    return fresh ? kt_folder_sync(options->path) : kt_ok();
}

static kt_status_t
open_for_writing(lmdb_store_t *store, const kt_kv_options_t *options)
{
    KT_TRY(kt_lmdb_log_pin(store));
    KT_TRY(open_tables_for_writing(store, options));
    KT_TRY(kt_lmdb_log_replay(store));
    KT_TRY(kt_kv_migrate(&store->base, options));
    return kt_lmdb_log_start(store, options);
}

/* LMDB lists its databases as records of one more. */
static kt_status_t
list_names(MDB_cursor *cursor, kt_table_name_t *names, uint32_t *count)
{
    MDB_val k, v;
    int rc;

    *count = 0;
    while ((rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) == 0) {
        if (*count == KT_KV_TABLES_MAX || k.mv_size > KT_KV_TABLE_NAME_MAX)
            return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT,
                            "the store has tables that none of ours has");
        kt_table_name_t *name = &names[(*count)++];
        memcpy(name->text, k.mv_data, k.mv_size);
        name->text[k.mv_size] = '\0';
    }
    return rc == MDB_NOTFOUND ? kt_ok() : kt_lmdb_status(rc);
}

kt_status_t
kt_lmdb_names(kt_kv_t *base, kt_table_name_t *names, uint32_t *count)
{
    lmdb_store_t *store = (lmdb_store_t *)base;
    MDB_cursor *cursor;
    MDB_txn *txn;

    KT_TRY(kt_lmdb_status(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn)));
    kt_status_t status = kt_lmdb_status(mdb_cursor_open(txn, MAIN_DBI, &cursor));
    if (!kt_failed(status)) {
        status = list_names(cursor, names, count);
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return status;
}

static kt_status_t
open_tables_of(lmdb_store_t *store, MDB_txn *txn, const kt_kv_options_t *options)
{
    bool fresh;

    KT_TRY(open_meta(store, txn, options, &fresh));
    for (uint32_t i = 1; i < options->tables_count; i++) {
        kt_status_t status = open_table(store, txn, i, 0);
        if (status.code == KT_NOT_FOUND)
            return kt_error(KT_FAILED_PRECONDITION, KT_KV_FOREIGN, "the store lacks a table");
        KT_TRY(status);
    }
    return kt_ok();
}

static kt_status_t
open_tables_for_reading(lmdb_store_t *store, const kt_kv_options_t *options)
{
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL;
    MDB_txn *opening;

    KT_TRY(kt_lmdb_status(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &opening)));
    kt_status_t status = open_tables_of(store, opening, options);
    if (kt_failed(status)) {
        mdb_txn_abort(opening);
        return status;
    }
    KT_TRY(
        kt_lmdb_status(mdb_txn_commit(opening))); /* which keeps the handles; an abort would not */
    KT_TRY(kt_kv_begin_read(&store->base, &txn));
    return kt_kv_identify(txn, options, false);
}

static kt_status_t
open_store(lmdb_store_t *store, const kt_kv_options_t *options)
{
    KT_TRY(kt_folder_prepare(options->path, options->read_only));
    KT_TRY(kt_folder_own(options->path, options->read_only, &store->owner_fd));
    KT_TRY(kt_lmdb_log_restore(store, options->path, options->read_only));
    KT_TRY(open_env(store, options));
    KT_TRY(options->read_only ? open_tables_for_reading(store, options)
                              : open_for_writing(store, options));
    store->base.quota_bytes = options->quota_bytes;
    return kt_ok();
}

kt_status_t
kt_kv_open_lmdb(const kt_kv_options_t *options, kt_kv_t **store)
{
    lmdb_store_t *made = (lmdb_store_t *)calloc(1, sizeof(*made));

    if (!made)
        return kt_lmdb_status(ENOMEM);
    made->owner_fd = -1;
    pthread_mutex_init(&made->idle_lock, NULL);
    kt_lmdb_log_init(&made->log);
    made->base.backend = &kt_lmdb_backend;
    kt_status_t status = kt_kv_init(&made->base, &kt_lmdb_backend, options);
    made->base.quota_bytes = 0; /* opening and migrations are free of it */
    if (!kt_failed(status))
        status = open_store(made, options);
    if (kt_failed(status)) {
        kt_kv_t *failed = &made->base;
        kt_kv_close(&failed);
        return status;
    }
    *store = &made->base;
    return kt_ok();
}
