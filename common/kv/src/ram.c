/* The engine in memory, for tests and simulation: a version of all tables for each commit, shared
 * by its readers. */
#include "backend.h"
#include "treap.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* One state of all tables. The newest one is held by the store, each by the transactions that read
 * it. */
typedef struct version {
    atomic_uint_least32_t refs;
    uint64_t number; /* of the commit */
    int64_t bytes;
    struct {
        kt_treap_t *root;
        uint64_t records;
    } tables[KT_KV_TABLES_MAX];
} version_t;

typedef struct ram_cursor {
    kt_cursor_t base;
    const kt_treap_t *at;
    bool open;
} ram_cursor_t;

typedef struct ram_txn {
    kt_txn_t base;
    version_t *version;
    struct ram_txn *next_idle;
    ram_cursor_t cursors[KT_KV_CURSORS_MAX];
} ram_txn_t;

typedef struct ram_store {
    kt_kv_t base;
    pthread_mutex_t writer_lock; /* held by the write transaction */
    ram_txn_t writer;
    kt_treap_pen_t pen;
    pthread_mutex_t lock; /* of what follows */
    version_t *newest;
    version_t *idle_version; /* one that is free to be used again */
    ram_txn_t *idle;
} ram_store_t;

static ram_store_t *
store_of(const kt_txn_t *txn)
{
    return (ram_store_t *)txn->store;
}

static version_t *
version_of(const kt_txn_t *txn)
{
    return ((const ram_txn_t *)txn)->version;
}

static void
release_version(ram_store_t *store, version_t *version)
{
    if (atomic_fetch_sub(&version->refs, 1) != 1)
        return;
    for (uint32_t i = 0; i < store->base.tables_count; i++)
        kt_treap_release(version->tables[i].root);
    pthread_mutex_lock(&store->lock);
    version_t *surplus = store->idle_version;
    store->idle_version = version;
    pthread_mutex_unlock(&store->lock);
    free(surplus);
}

static kt_status_t
no_memory(void)
{
    return kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "no memory left for the store");
}

/* ---- transactions ---- */

static kt_status_t
begin_read(ram_store_t *store, kt_txn_t **txn)
{
    pthread_mutex_lock(&store->lock);
    ram_txn_t *made = store->idle;
    if (made)
        store->idle = made->next_idle;
    else
        made = (ram_txn_t *)calloc(1, sizeof(*made));
    if (made) {
        made->version = store->newest;
        atomic_fetch_add(&made->version->refs, 1);
    }
    pthread_mutex_unlock(&store->lock);
    if (!made)
        return no_memory();
    *txn = &made->base;
    return kt_ok();
}

/* The version that a writer works on: all the trees of the newest one, to begin with. */
static version_t *
next_version(ram_store_t *store)
{
    pthread_mutex_lock(&store->lock);
    version_t *made = store->idle_version;
    store->idle_version = NULL;
    pthread_mutex_unlock(&store->lock);
    if (!made)
        made = (version_t *)malloc(sizeof(*made));
    if (!made)
        return NULL;
    const version_t *newest =
        store->newest; /* only writers change it, and this is the one writer */
    atomic_init(&made->refs, 1);
    made->number = newest->number + 1;
    made->bytes = newest->bytes;
    for (uint32_t i = 0; i < store->base.tables_count; i++) {
        made->tables[i] = newest->tables[i];
        kt_treap_acquire(made->tables[i].root);
    }
    return made;
}

static kt_status_t
ram_begin(kt_kv_t *base, bool write, kt_txn_t **txn)
{
    ram_store_t *store = (ram_store_t *)base;

    if (!write)
        return begin_read(store, txn);
    pthread_mutex_lock(&store->writer_lock);
    store->writer.version = next_version(store);
    if (!store->writer.version) {
        pthread_mutex_unlock(&store->writer_lock);
        return no_memory();
    }
    *txn = &store->writer.base;
    return kt_ok();
}

static void
close_cursors(ram_txn_t *txn)
{
    for (size_t i = 0; i < KT_COUNT(txn->cursors); i++)
        txn->cursors[i].open = false;
}

static void
ram_abort(kt_txn_t *base)
{
    ram_txn_t *txn = (ram_txn_t *)base;
    ram_store_t *store = store_of(base);

    close_cursors(txn);
    release_version(store, KT_TAKE(txn->version));
    if (base->write) {
        pthread_mutex_unlock(&store->writer_lock);
        return;
    }
    pthread_mutex_lock(&store->lock);
    txn->next_idle = store->idle;
    store->idle = txn;
    pthread_mutex_unlock(&store->lock);
}

static kt_status_t
ram_commit(kt_txn_t *base)
{
    ram_txn_t *txn = (ram_txn_t *)base;
    ram_store_t *store = store_of(base);

    close_cursors(txn);
    kt_treap_seal(&store->pen);
    pthread_mutex_lock(&store->lock);
    version_t *before = store->newest;
    store->newest = KT_TAKE(txn->version);
    pthread_mutex_unlock(&store->lock);
    release_version(store, before);
    pthread_mutex_unlock(&store->writer_lock);
    return kt_ok();
}

/* ---- records ---- */

static kt_status_t
not_found(void)
{
    return kt_error(KT_NOT_FOUND, 0, "no such record");
}

static kt_status_t
ram_get(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t *record)
{
    const kt_treap_t *found = kt_treap_find(version_of(txn)->tables[table].root, key);

    if (!found)
        return not_found();
    *record = kt_treap_value(found);
    return kt_ok();
}

static kt_status_t
ram_put(kt_txn_t *txn, uint32_t table, kt_span_t key, size_t size, bool append, uint8_t **room)
{
    version_t *version = version_of(txn);
    kt_treap_t **root = &version->tables[table].root;
    const kt_treap_t *last = append ? kt_treap_last(*root) : NULL;
    int64_t grew;

    if (last && kt_span_compare(key, kt_treap_key(last)) <= 0)
        return kt_error(KT_ALREADY_EXISTS, 0, "the key is not above every key of its table");
    bool is_new = append || !kt_treap_find(*root, key);
    KT_TRY(kt_treap_put(&store_of(txn)->pen, root, key, size, room, &grew));
    version->tables[table].records += is_new;
    version->bytes += grew;
    return kt_ok();
}

static kt_status_t
ram_del(kt_txn_t *txn, uint32_t table, kt_span_t key)
{
    version_t *version = version_of(txn);
    kt_treap_t **root = &version->tables[table].root;
    int64_t grew;

    if (!kt_treap_find(*root, key))
        return not_found();
    KT_TRY(kt_treap_remove(&store_of(txn)->pen, root, key, &grew));
    version->tables[table].records--;
    version->bytes += grew;
    return kt_ok();
}

/* ---- cursors ---- */

static kt_status_t
ram_cursor_open(kt_txn_t *base, uint32_t table, kt_cursor_t **cursor)
{
    ram_txn_t *txn = (ram_txn_t *)base;
    (void)table;

    for (size_t i = 0; i < KT_COUNT(txn->cursors); i++) {
        if (!txn->cursors[i].open) {
            txn->cursors[i].open = true;
            *cursor = &txn->cursors[i].base;
            return kt_ok();
        }
    }
    return kt_error(KT_RESOURCE_EXHAUSTED, 0, "too many cursors are open in a transaction");
}

static void
ram_cursor_close(kt_cursor_t *cursor)
{
    ((ram_cursor_t *)cursor)->open = false;
}

static const kt_treap_t *
moved(const ram_cursor_t *cursor, const kt_treap_t *root, kt_move_t move, kt_span_t sought)
{
    switch (move) {
    case KT_MOVE_FIRST:
        return kt_treap_first(root);
    case KT_MOVE_LAST:
        return kt_treap_last(root);
    case KT_MOVE_SEEK:
        return kt_treap_above(root, sought, true);
    case KT_MOVE_SEEK_BACK:
        return kt_treap_below(root, sought, true);
    case KT_MOVE_NEXT:
        return kt_treap_above(root, kt_treap_key(cursor->at), false);
    case KT_MOVE_PREV:
        return kt_treap_below(root, kt_treap_key(cursor->at), false);
    }
    return NULL;
}

static kt_status_t
ram_cursor_move(kt_cursor_t *base, kt_move_t move, kt_span_t sought, kt_span_t *key,
                kt_span_t *record)
{
    ram_cursor_t *cursor = (ram_cursor_t *)base;
    const kt_treap_t *found = moved(cursor, version_of(base->txn)->tables[base->table].root, move,
                                    sought);

    if (!found)
        return not_found();
    cursor->at = found;
    *key = kt_treap_key(found);
    *record = kt_treap_value(found);
    return kt_ok();
}

/* ---- figures ---- */

static kt_status_t
ram_used(kt_txn_t *txn, uint64_t *bytes)
{
    *bytes = (uint64_t)version_of(txn)->bytes;
    return kt_ok();
}

static kt_status_t
ram_stat(kt_kv_t *base, kt_kv_stat_t *stat)
{
    ram_store_t *store = (ram_store_t *)base;

    pthread_mutex_lock(&store->lock);
    stat->last_commit = store->newest->number;
    pthread_mutex_unlock(&store->lock);
    stat->file_bytes = 0;
    return kt_ok();
}

static kt_status_t
ram_names(kt_kv_t *store, kt_table_name_t *names, uint32_t *count)
{
    for (uint32_t i = 0; i < store->tables_count; i++)
        snprintf(names[i].text, sizeof(names[i].text), "%s", store->tables[i].name);
    *count = store->tables_count;
    return kt_ok();
}

static kt_status_t
ram_table_stat(kt_txn_t *txn, uint32_t table, kt_table_stat_t *stat)
{
    stat->records = version_of(txn)->tables[table].records;
    stat->pages = 0;
    return kt_ok();
}

/* ---- open and close ---- */

static void
ram_close(kt_kv_t *base)
{
    ram_store_t *store = (ram_store_t *)base;

    if (store->newest)
        release_version(store, store->newest);
    free(store->idle_version);
    while (store->idle) {
        ram_txn_t *txn = store->idle;
        store->idle = txn->next_idle;
        free(txn);
    }
    kt_treap_pen_fini(&store->pen);
    pthread_mutex_destroy(&store->lock);
    pthread_mutex_destroy(&store->writer_lock);
    free(store);
}

static const kt_backend_t ram_backend = {
    .close = ram_close,
    .begin = ram_begin,
    .commit = ram_commit,
    .abort = ram_abort,
    .get = ram_get,
    .put = ram_put,
    .del = ram_del,
    .cursor_open = ram_cursor_open,
    .cursor_close = ram_cursor_close,
    .cursor_move = ram_cursor_move,
    .used = ram_used,
    .stat = ram_stat,
    .table_stat = ram_table_stat,
    .names = ram_names,
    .copy = NULL,
};

static kt_status_t
open_fresh(ram_store_t *store, const kt_kv_options_t *options)
{
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL;

    store->newest = (version_t *)calloc(1, sizeof(version_t));
    if (!store->newest)
        return no_memory();
    atomic_init(&store->newest->refs, 1);
    KT_TRY(kt_kv_begin_write(&store->base, &txn));
    KT_TRY(kt_kv_identify(txn, options, true));
    KT_TRY(kt_kv_commit(&txn));
    store->base.quota_bytes = options->quota_bytes;
    return kt_ok();
}

kt_status_t
kt_kv_open_ram(const kt_kv_options_t *options, kt_kv_t **store)
{
    ram_store_t *made = (ram_store_t *)calloc(1, sizeof(*made));

    if (!made)
        return no_memory();
    pthread_mutex_init(&made->writer_lock, NULL);
    pthread_mutex_init(&made->lock, NULL);
    kt_status_t status = kt_kv_init(&made->base, &ram_backend, options);
    made->base.quota_bytes = 0; /* opening is free of it */
    if (!kt_failed(status))
        status = open_fresh(made, options);
    if (kt_failed(status)) {
        ram_close(&made->base);
        return status;
    }
    *store = &made->base;
    return kt_ok();
}
