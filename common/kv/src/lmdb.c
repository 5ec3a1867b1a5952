/*
 * The engine on disk: one LMDB environment, one named sub-database a table.
 *
 * How LMDB is used, and why (DESIGN, section 6): default sync; no DUPSORT; no WRITEMAP; NOTLS, so
 * that a read transaction may move between threads; a map of 1 TiB from the start, so that it never
 * has to grow under readers.
 */
#include "lmdb_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static lmdb_store_t *
store_of(const kt_txn_t *txn)
{
    return (lmdb_store_t *)txn->store;
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

kt_status_t
kt_lmdb_status(int rc)
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

void
kt_lmdb_end_cursors(lmdb_txn_t *txn)
{
    for (size_t i = 0; i < KT_COUNT(txn->cursors); i++)
        txn->cursors[i].open = false;
}

void
kt_lmdb_close_cursors(lmdb_txn_t *txn)
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
    KT_TRY(kt_lmdb_status(rc));
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
    if (store->log.on) {
        KT_TRY(kt_lmdb_begin_logged(store));
        *txn = &store->writer.base;
        return kt_ok();
    }
    KT_TRY(kt_lmdb_status(mdb_txn_begin(store->env, NULL, 0, &mdb)));
    store->writer.mdb = mdb; /* ours alone from here on: LMDB lets one writer in at a time */
    *txn = &store->writer.base;
    return kt_ok();
}

static void
lmdb_abort(kt_txn_t *base)
{
    lmdb_txn_t *txn = (lmdb_txn_t *)base;
    lmdb_store_t *store = store_of(base);

    if (base->write && store->log.on) {
        kt_lmdb_abort_logged(base);
        return;
    }
    if (base->write) {
        kt_lmdb_close_cursors(txn);
        mdb_txn_abort(txn->mdb); /* the next writer may have the struct from here on */
        return;
    }
    kt_lmdb_end_cursors(txn);
    mdb_txn_reset(txn->mdb);
    give_idle(store, txn);
}

/*
 * LMDB calls a short write EIO, and a disk that fills up in the midst of a commit writes short. So
 * EIO is believed only when the disk would have had room for the transaction: an unnamed file as
 * long as the data file asks.
 */
static bool
disk_is_full(const lmdb_store_t *store, uint64_t written_bytes, uint64_t changes)
{
    const char *folder;
    struct stat file;
    int data;
    /* Each change may have touched a leaf and a branch. */
    off_t wanted = (off_t)(written_bytes + (2 * changes + 64) * 4096);

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
    kt_status_t status = kt_lmdb_status(full ? ENOSPC : rc);
    MDB_txn *probe;

    if (status.code != KT_RESOURCE_EXHAUSTED)
        return kt_error(KT_UNAVAILABLE, KT_KV_FAILED, status.text);
    rc = mdb_txn_begin(store->env, NULL, 0, &probe);
    if (rc != 0)
        return kt_lmdb_status(MDB_PANIC);
    mdb_txn_abort(probe);
    return status;
}

kt_status_t
kt_lmdb_commit_txn(lmdb_store_t *store, uint64_t written_bytes, uint64_t changes)
{
    kt_lmdb_close_cursors(&store->writer);
    int rc = mdb_txn_commit(
        store->writer.mdb); /* the next writer may have the struct from here on */
    if (rc == 0)
        return kt_ok();
    return commit_failure(store, rc, rc == EIO && disk_is_full(store, written_bytes, changes));
}

static kt_status_t
lmdb_commit(kt_txn_t *txn)
{
    lmdb_store_t *store = store_of(txn);

    return store->log.on ? kt_lmdb_commit_logged(txn)
                         : kt_lmdb_commit_txn(store, txn->written_bytes, txn->changes);
}

/* ---- records ---- */

/*
 * Whether VAL, which a read transaction found, lies where a page of the file can hold it: within
 * one page, or on overflow pages, whose head says how many they are. LMDB believes the size that
 * stands in front of a record, and a bit of it that flipped would lead us past the end of the file.
 */
static bool
lies_well(const kt_txn_t *txn, const MDB_val *val)
{
    /* Of mdb.c: a page's head is 16 bytes, with the flags at 10 and the overflow pages at 12. */
    enum { HEAD_BYTES = 16, FLAGS_AT = 10, PAGES_AT = 12, OVERFLOW_FLAG = 4 };
    size_t page = store_of(txn)->page_bytes, at = (uintptr_t)val->mv_data % page;
    const uint8_t *head = (const uint8_t *)val->mv_data - HEAD_BYTES;
    uint16_t flags;
    uint32_t pages;

    if (txn->write || at + val->mv_size <= page)
        return true;
    if (at != HEAD_BYTES)
        return false;
    memcpy(&flags, head + FLAGS_AT, sizeof(flags));
    memcpy(&pages, head + PAGES_AT, sizeof(pages));
    return (flags & OVERFLOW_FLAG) != 0 && val->mv_size <= pages * page - HEAD_BYTES;
}

static kt_status_t
lmdb_get(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t *record)
{
    MDB_val k = val_of(key), v;

    KT_TRY(kt_lmdb_status(mdb_get(kt_lmdb_txn(txn), store_of(txn)->dbis[table], &k, &v)));
    if (!lies_well(txn, &v))
        return kt_lmdb_status(MDB_CORRUPTED);
    *record = span_of(&v);
    return kt_ok();
}

static kt_status_t
lmdb_put(kt_txn_t *txn, uint32_t table, kt_span_t key, size_t size, bool append, uint8_t **room)
{
    MDB_val k = val_of(key), v = {.mv_size = size};
    unsigned flags = MDB_RESERVE | (append ? (unsigned)MDB_APPEND : 0u);

    KT_TRY(kt_lmdb_status(mdb_put(kt_lmdb_txn(txn), store_of(txn)->dbis[table], &k, &v, flags)));
    *room = (uint8_t *)v.mv_data;
    return kt_ok();
}

static kt_status_t
lmdb_del(kt_txn_t *txn, uint32_t table, kt_span_t key)
{
    MDB_val k = val_of(key);
    return kt_lmdb_status(mdb_del(kt_lmdb_txn(txn), store_of(txn)->dbis[table], &k, NULL));
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
    KT_TRY(kt_lmdb_status(rc));
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

    KT_TRY(kt_lmdb_status(move == KT_MOVE_SEEK_BACK ? seek_back(cursor, sought, &k, &v)
                                                    : mdb_cursor_get(cursor, &k, &v, ops[move])));
    if (!lies_well(base->txn, &k) || !lies_well(base->txn, &v))
        return kt_lmdb_status(MDB_CORRUPTED);
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
        KT_TRY(kt_lmdb_status(mdb_stat(kt_lmdb_txn(txn), store->dbis[i], &stat)));
        pages += pages_of(&stat);
    }
    KT_TRY(kt_lmdb_status(mdb_stat(kt_lmdb_txn(txn), FREE_DBI, &stat)));
    pages += pages_of(&stat);
    KT_TRY(kt_lmdb_status(mdb_stat(kt_lmdb_txn(txn), MAIN_DBI, &stat)));
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

    KT_TRY(kt_lmdb_status(mdb_env_info(store->env, &info)));
    KT_TRY(kt_lmdb_status(mdb_env_get_fd(store->env, &fd)));
    KT_TRY(kt_lmdb_status(fstat(fd, &file) == 0 ? 0 : errno));
    out->file_bytes = (uint64_t)file.st_size;
    out->last_commit = info.me_last_txnid;
    out->settlements = atomic_load(&store->log.settlements);
    out->settled_pages = atomic_load(&store->log.settled_pages);
    return kt_ok();
}

static kt_status_t
lmdb_table_stat(kt_txn_t *txn, uint32_t table, kt_table_stat_t *out)
{
    MDB_stat stat;

    KT_TRY(kt_lmdb_status(mdb_stat(kt_lmdb_txn(txn), store_of(txn)->dbis[table], &stat)));
    out->records = stat.ms_entries;
    out->pages = pages_of(&stat);
    return kt_ok();
}

static kt_status_t
lmdb_copy(kt_kv_t *base, int fd)
{
    KT_TRY(kt_lmdb_await(base)); /* it copies what was committed */
    return kt_lmdb_status(mdb_env_copyfd2(((lmdb_store_t *)base)->env, fd, MDB_CP_COMPACT));
}

static void
lmdb_close(kt_kv_t *base)
{
    lmdb_store_t *store = (lmdb_store_t *)base;

    for (lmdb_txn_t *txn = take_idle(store); txn; txn = take_idle(store)) {
        kt_lmdb_close_cursors(txn);
        mdb_txn_abort(txn->mdb);
        free(txn);
    }
    kt_lmdb_log_stop(store);
    if (store->env)
        mdb_env_close(store->env);
    kt_lmdb_log_fini(&store->log);
    if (store->owner_fd >= 0)
        close(store->owner_fd);
    pthread_mutex_destroy(&store->idle_lock);
    free(store);
}

const kt_backend_t kt_lmdb_backend = {
    .close = lmdb_close,
    .begin = lmdb_begin,
    .commit = lmdb_commit,
    .abort = lmdb_abort,
    .await = kt_lmdb_await,
    .wrote = kt_lmdb_wrote,
    .seal = kt_lmdb_seal,
    .harden = kt_lmdb_harden,
    .settle = kt_lmdb_settle,
    .wanted = kt_lmdb_wanted,
    .roomy = kt_lmdb_roomy,
    .get = lmdb_get,
    .put = lmdb_put,
    .del = lmdb_del,
    .cursor_open = lmdb_cursor_open,
    .cursor_close = lmdb_cursor_close,
    .cursor_move = lmdb_cursor_move,
    .used = lmdb_used,
    .stat = lmdb_stat,
    .table_stat = lmdb_table_stat,
    .names = kt_lmdb_names,
    .copy = lmdb_copy,
};
