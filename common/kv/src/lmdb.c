/*
 * The engine on disk: one LMDB environment, one named sub-database a table.
 *
 * How LMDB is used, and why (DESIGN, section 6): default sync; no DUPSORT; no WRITEMAP; NOTLS, so
 * that a read transaction may move between threads; a map of 1 TiB from the start, so that it never
 * has to grow under readers.
 */
#include "backend.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <pthread.h>
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

/* LMDB's own two databases: the list of free pages and the list of tables. */
#define FREE_DBI 0u
#define MAIN_DBI 1u
/* A backup, the reader of a Stats call and a little air. */
#define READERS_EXTRA 4u

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
    MDB_dbi dbis[KT_KV_TABLES_MAX];
    int owner_fd;
    lmdb_txn_t writer;
    pthread_mutex_t idle_lock;
    lmdb_txn_t *idle; /* read transactions that wait to be used again */
} lmdb_store_t;

static lmdb_store_t *
store_of(const kt_txn_t *txn)
{
    return (lmdb_store_t *)txn->store;
}

static MDB_txn *
mdb_of(const kt_txn_t *txn)
{
    return ((const lmdb_txn_t *)txn)->mdb;
}

static MDB_val
val_of(kt_span_t span)
{
    return (MDB_val){.mv_size = span.size, .mv_data = (void *)(uintptr_t)span.data};
}

static kt_span_t
span_of(const MDB_val *val)
{
    return kt_span(val->mv_data, val->mv_size);
}

static kt_status_t
status_of(int rc)
{
    switch (rc) {
    case MDB_SUCCESS:
        return kt_ok();
    case MDB_NOTFOUND:
        return kt_error(KT_NOT_FOUND, 0, "no such record");
    case MDB_KEYEXIST:
        return kt_error(KT_ALREADY_EXISTS, 0, "the key is not above every key of its table");
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "the disk is full: make room");
    case MDB_TXN_FULL:
        return kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "the transaction is too large");
    case MDB_READERS_FULL:
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "too many read transactions are open");
    case ENOMEM:
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory left for the store");
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
        return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT,
                        "a page of the store is damaged: restore a backup");
    default:
        return kt_error(KT_UNAVAILABLE, KT_KV_FAILED,
                        kt_kv_text("the store failed", "the store failed: %s", mdb_strerror(rc)));
    }
}

/* ---- transactions ---- */

static void
close_cursors(lmdb_txn_t *txn)
{
    for (size_t i = 0; i < KT_COUNT(txn->cursors); i++) {
        if (txn->cursors[i].mdb)
            mdb_cursor_close(txn->cursors[i].mdb);
        txn->cursors[i].mdb = NULL;
        txn->cursors[i].open = false;
    }
}

static lmdb_txn_t *
take_idle(lmdb_store_t *store)
{
    pthread_mutex_lock(&store->idle_lock);
    lmdb_txn_t *txn = store->idle;
    if (txn)
        store->idle = txn->next_idle;
    pthread_mutex_unlock(&store->idle_lock);
    return txn;
}

static void
give_idle(lmdb_store_t *store, lmdb_txn_t *txn)
{
    pthread_mutex_lock(&store->idle_lock);
    txn->next_idle = store->idle;
    store->idle = txn;
    pthread_mutex_unlock(&store->idle_lock);
}

static kt_status_t
begin_read(lmdb_store_t *store, kt_txn_t **txn)
{
    lmdb_txn_t *made = take_idle(store);
    int rc;

    if (made) {
        rc = mdb_txn_renew(made->mdb);
        if (rc != 0)
            give_idle(store, made);
    } else {
        made = (lmdb_txn_t *)calloc(1, sizeof(*made));
        rc = made ? mdb_txn_begin(store->env, NULL, MDB_RDONLY, &made->mdb) : ENOMEM;
        if (rc != 0)
            free(made);
    }
    KT_TRY(status_of(rc));
    *txn = &made->base;
    return kt_ok();
}

static kt_status_t
lmdb_begin(kt_kv_t *base, bool write, kt_txn_t **txn)
{
    lmdb_store_t *store = (lmdb_store_t *)base;
    MDB_txn *mdb;

    if (!write)
        return begin_read(store, txn);
    KT_TRY(status_of(mdb_txn_begin(store->env, NULL, 0, &mdb)));
    store->writer.mdb = mdb; /* ours alone from here on: LMDB lets one writer in at a time */
    *txn = &store->writer.base;
    return kt_ok();
}

static void
lmdb_abort(kt_txn_t *base)
{
    lmdb_txn_t *txn = (lmdb_txn_t *)base;
    lmdb_store_t *store = store_of(base);

    if (base->write) {
        close_cursors(txn);
        mdb_txn_abort(txn->mdb); /* the next writer may have the struct from here on */
        return;
    }
    for (size_t i = 0; i < KT_COUNT(txn->cursors); i++)
        txn->cursors[i].open = false;
    mdb_txn_reset(txn->mdb);
    give_idle(store, txn);
}

/*
 * LMDB calls a short write EIO, and a disk that fills up in the midst of a commit writes short. So
 * EIO is believed only when the disk would have had room for the transaction: an unnamed file as
 * long as the data file asks.
 */
static bool
disk_is_full(const lmdb_store_t *store, const kt_txn_t *txn)
{
    const char *folder;
    struct stat file;
    int data;
    /* Each change may have touched a leaf and a branch. */
    off_t wanted = (off_t)(txn->written_bytes + (2 * txn->changes + 64) * 4096);

    if (mdb_env_get_path(store->env, &folder) != 0 || mdb_env_get_fd(store->env, &data) != 0 ||
        fstat(data, &file) != 0)
        return false;
    int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == ENOSPC || errno == EDQUOT;
    int error = fallocate(fd, 0, file.st_size, wanted) != 0 ? errno : 0;
    close(fd);
    return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/* After a commit that found the disk full nothing has happened, unless it was the last step, the
 * writing of the meta page, that failed: then LMDB refuses further transactions, which is how we
 * learn of it. */
static kt_status_t
commit_failure(lmdb_store_t *store, int rc, bool full)
{
    kt_status_t status = status_of(full ? ENOSPC : rc);
    MDB_txn *probe;

    if (status.code != KT_RESOURCE_EXHAUSTED)
        return kt_error(KT_UNAVAILABLE, KT_KV_FAILED, status.text);
    rc = mdb_txn_begin(store->env, NULL, 0, &probe);
    if (rc != 0)
        return status_of(MDB_PANIC);
    mdb_txn_abort(probe);
    return status;
}

static kt_status_t
lmdb_commit(kt_txn_t *base)
{
    lmdb_txn_t *txn = (lmdb_txn_t *)base;
    lmdb_store_t *store = store_of(base);

    kt_txn_t ended = *base; /* the next writer may have the struct once this one is through */
    close_cursors(txn);
    int rc = mdb_txn_commit(txn->mdb);
    if (rc == 0)
        return kt_ok();
    return commit_failure(store, rc, rc == EIO && disk_is_full(store, &ended));
}

/* ---- records ---- */

static kt_status_t
lmdb_get(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t *record)
{
    MDB_val k = val_of(key), v;

    KT_TRY(status_of(mdb_get(mdb_of(txn), store_of(txn)->dbis[table], &k, &v)));
    *record = span_of(&v);
    return kt_ok();
}

static kt_status_t
lmdb_put(kt_txn_t *txn, uint32_t table, kt_span_t key, size_t size, bool append, uint8_t **room)
{
    MDB_val k = val_of(key), v = {.mv_size = size};
    unsigned flags = MDB_RESERVE | (append ? (unsigned)MDB_APPEND : 0u);

    KT_TRY(status_of(mdb_put(mdb_of(txn), store_of(txn)->dbis[table], &k, &v, flags)));
    *room = (uint8_t *)v.mv_data;
    return kt_ok();
}

static kt_status_t
lmdb_del(kt_txn_t *txn, uint32_t table, kt_span_t key)
{
    MDB_val k = val_of(key);
    return status_of(mdb_del(mdb_of(txn), store_of(txn)->dbis[table], &k, NULL));
}

/* ---- cursors ---- */

/* A free place, best one whose LMDB cursor was on this table before. */
static lmdb_cursor_t *
find_place(lmdb_txn_t *txn, uint32_t table)
{
    lmdb_cursor_t *found = NULL;

    for (size_t i = 0; i < KT_COUNT(txn->cursors); i++) {
        lmdb_cursor_t *cursor = &txn->cursors[i];
        if (cursor->open)
            continue;
        if (cursor->mdb && cursor->mdb_table == table)
            return cursor;
        if (!found || (found->mdb && !cursor->mdb))
            found = cursor;
    }
    return found;
}

static kt_status_t
lmdb_cursor_open(kt_txn_t *base, uint32_t table, kt_cursor_t **cursor)
{
    lmdb_txn_t *txn = (lmdb_txn_t *)base;
    lmdb_cursor_t *place = find_place(txn, table);
    int rc = 0;

    if (!place)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "too many cursors are open in a transaction");
    bool reuse = place->mdb && place->mdb_table == table;
    if (place->mdb && !reuse) {
        mdb_cursor_close(place->mdb);
        place->mdb = NULL;
    }
    /* In a write transaction a kept cursor has followed all writes and needs no renewal. */
    if (reuse && !base->write)
        rc = mdb_cursor_renew(txn->mdb, place->mdb);
    else if (!reuse)
        rc = mdb_cursor_open(txn->mdb, store_of(base)->dbis[table], &place->mdb);
    KT_TRY(status_of(rc));
    place->mdb_table = table;
    place->open = true;
    *cursor = &place->base;
    return kt_ok();
}

static void
lmdb_cursor_close(kt_cursor_t *cursor)
{
    ((lmdb_cursor_t *)cursor)->open = false;
}

static int
seek_back(MDB_cursor *cursor, kt_span_t sought, MDB_val *k, MDB_val *v)
{
    int rc = mdb_cursor_get(cursor, k, v, MDB_SET_RANGE);

    if (rc == MDB_NOTFOUND)
        return mdb_cursor_get(cursor, k, v, MDB_LAST);
    if (rc == 0 && !kt_span_equal(span_of(k), sought))
        return mdb_cursor_get(cursor, k, v, MDB_PREV);
    return rc;
}

static kt_status_t
lmdb_cursor_move(kt_cursor_t *base, kt_move_t move, kt_span_t sought, kt_span_t *key,
                 kt_span_t *record)
{
    static const MDB_cursor_op ops[] = {
        [KT_MOVE_FIRST] = MDB_FIRST,    [KT_MOVE_LAST] = MDB_LAST,
        [KT_MOVE_SEEK] = MDB_SET_RANGE, [KT_MOVE_SEEK_BACK] = MDB_SET_RANGE,
        [KT_MOVE_NEXT] = MDB_NEXT,      [KT_MOVE_PREV] = MDB_PREV,
    };
    MDB_cursor *cursor = ((lmdb_cursor_t *)base)->mdb;
    MDB_val k = val_of(sought), v = {0};

    KT_TRY(status_of(move == KT_MOVE_SEEK_BACK ? seek_back(cursor, sought, &k, &v)
                                               : mdb_cursor_get(cursor, &k, &v, ops[move])));
    *key = span_of(&k);
    *record = span_of(&v);
    return kt_ok();
}

/* ---- figures ---- */

static uint64_t
pages_of(const MDB_stat *stat)
{
    return stat->ms_branch_pages + stat->ms_leaf_pages + stat->ms_overflow_pages;
}

static kt_status_t
lmdb_used(kt_txn_t *txn, uint64_t *bytes)
{
    lmdb_store_t *store = store_of(txn);
    uint64_t pages = 2; /* the meta pages */
    MDB_stat stat = {0};

    for (uint32_t i = 0; i < store->base.tables_count; i++) {
        KT_TRY(status_of(mdb_stat(mdb_of(txn), store->dbis[i], &stat)));
        pages += pages_of(&stat);
    }
    KT_TRY(status_of(mdb_stat(mdb_of(txn), FREE_DBI, &stat)));
    pages += pages_of(&stat);
    KT_TRY(status_of(mdb_stat(mdb_of(txn), MAIN_DBI, &stat)));
    *bytes = (pages + pages_of(&stat)) * stat.ms_psize;
    return kt_ok();
}

static kt_status_t
lmdb_stat(kt_kv_t *base, kt_kv_stat_t *out)
{
    lmdb_store_t *store = (lmdb_store_t *)base;
    MDB_envinfo info;
    struct stat file;
    int fd;

    KT_TRY(status_of(mdb_env_info(store->env, &info)));
    KT_TRY(status_of(mdb_env_get_fd(store->env, &fd)));
    KT_TRY(status_of(fstat(fd, &file) == 0 ? 0 : errno));
    out->file_bytes = (uint64_t)file.st_size;
    out->last_commit = info.me_last_txnid;
    return kt_ok();
}

static kt_status_t
lmdb_table_stat(kt_txn_t *txn, uint32_t table, kt_table_stat_t *out)
{
    MDB_stat stat;

    KT_TRY(status_of(mdb_stat(mdb_of(txn), store_of(txn)->dbis[table], &stat)));
    *out = (kt_table_stat_t){.records = stat.ms_entries, .pages = pages_of(&stat)};
    return kt_ok();
}

static kt_status_t
lmdb_copy(kt_kv_t *base, int fd)
{
    return status_of(mdb_env_copyfd2(((lmdb_store_t *)base)->env, fd, MDB_CP_COMPACT));
}

/* ---- open and close ---- */

static void
lmdb_close(kt_kv_t *base)
{
    lmdb_store_t *store = (lmdb_store_t *)base;

    for (lmdb_txn_t *txn = take_idle(store); txn; txn = take_idle(store)) {
        close_cursors(txn);
        mdb_txn_abort(txn->mdb);
        free(txn);
    }
    if (store->env)
        mdb_env_close(store->env);
    if (store->owner_fd >= 0)
        close(store->owner_fd);
    pthread_mutex_destroy(&store->idle_lock);
    free(store);
}

static const kt_backend_t lmdb_backend = {
    .close = lmdb_close,
    .begin = lmdb_begin,
    .commit = lmdb_commit,
    .abort = lmdb_abort,
    .get = lmdb_get,
    .put = lmdb_put,
    .del = lmdb_del,
    .cursor_open = lmdb_cursor_open,
    .cursor_close = lmdb_cursor_close,
    .cursor_move = lmdb_cursor_move,
    .used = lmdb_used,
    .stat = lmdb_stat,
    .table_stat = lmdb_table_stat,
    .copy = lmdb_copy,
};

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

    KT_TRY(status_of(mdb_env_info(store->env, &info)));
    KT_TRY(status_of(mdb_env_stat(store->env, &stat)));
    KT_TRY(kt_folder_join(path, KT_DATA_FILE, name, sizeof(name)));
    if (lstat(name, &file) != 0)
        return kt_folder_error("cannot read", name, errno);
    size_t there = (size_t)file.st_size / stat.ms_psize, whole = info.me_last_pgno + 1;
    if (there >= whole)
        return kt_ok();
    if (truncate(name, (off_t)(whole * stat.ms_psize)) != 0)
        return kt_folder_error("cannot fill up", name, errno);
    KT_TRY(status_of(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn)));
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

    KT_TRY(status_of(mdb_env_create(&store->env)));
    KT_TRY(status_of(mdb_env_set_mapsize(store->env, map_bytes)));
    KT_TRY(status_of(mdb_env_set_maxdbs(store->env, KT_KV_TABLES_MAX)));
    KT_TRY(status_of(mdb_env_set_maxreaders(store->env, store->base.readers_max + READERS_EXTRA)));
    int rc = mdb_env_open(store->env, options->path, flags, 0600);
    if (rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH)
        return not_a_store(options->path);
    if (rc > 0)
        return kt_folder_error("cannot open the store in", options->path, rc);
    KT_TRY(status_of(rc));
    KT_TRY(check_length(store, options->path));
    return options->read_only ? kt_ok() : status_of(mdb_reader_check(store->env, &dead));
}

static kt_status_t
open_table(lmdb_store_t *store, MDB_txn *txn, uint32_t table, unsigned flags)
{
    return status_of(mdb_dbi_open(txn, store->base.tables[table].name, flags, &store->dbis[table]));
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
    KT_TRY(status_of(mdb_stat(txn, MAIN_DBI, &stat)));
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
    KT_TRY(open_meta(store, mdb_of(txn), options, &fresh));
    KT_TRY(kt_kv_identify(txn, options, fresh));
    for (uint32_t i = 1; i < options->tables_count; i++)
        KT_TRY(open_table(store, mdb_of(txn), i, MDB_CREATE));
    KT_TRY(kt_kv_commit(&txn));
    KT_TRY(fresh ? kt_folder_sync(options->path) : kt_ok());
    return kt_kv_migrate(&store->base, options);
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

    KT_TRY(status_of(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &opening)));
    kt_status_t status = open_tables_of(store, opening, options);
    if (kt_failed(status)) {
        mdb_txn_abort(opening);
        return status;
    }
    KT_TRY(status_of(mdb_txn_commit(opening))); /* which keeps the handles; an abort would not */
    KT_TRY(kt_kv_begin_read(&store->base, &txn));
    return kt_kv_identify(txn, options, false);
}

static kt_status_t
open_store(lmdb_store_t *store, const kt_kv_options_t *options)
{
    KT_TRY(kt_folder_prepare(options->path, options->read_only));
    KT_TRY(kt_folder_own(options->path, options->read_only, &store->owner_fd));
    KT_TRY(open_env(store, options));
    KT_TRY(options->read_only ? open_tables_for_reading(store, options)
                              : open_tables_for_writing(store, options));
    store->base.quota_bytes = options->quota_bytes;
    return kt_ok();
}

kt_status_t
kt_kv_open_lmdb(const kt_kv_options_t *options, kt_kv_t **store)
{
    lmdb_store_t *made = (lmdb_store_t *)calloc(1, sizeof(*made));

    if (!made)
        return status_of(ENOMEM);
    made->owner_fd = -1;
    pthread_mutex_init(&made->idle_lock, NULL);
    kt_status_t status = kt_kv_init(&made->base, &lmdb_backend, options);
    made->base.quota_bytes = 0; /* opening and migrations are free of it */
    if (!kt_failed(status))
        status = open_store(made, options);
    if (kt_failed(status)) {
        lmdb_close(&made->base);
        return status;
    }
    *store = &made->base;
    return kt_ok();
}
