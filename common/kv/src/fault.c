/* The decorator for sweeps: hands everything to another engine, but lets the n-th operation fail.
 */
#include "backend.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct fault_cursor {
    kt_cursor_t base;
    kt_cursor_t *inner;
    bool open;
} fault_cursor_t;

typedef struct fault_txn {
    kt_txn_t base;
    kt_txn_t *inner;
    bool struck;
    fault_cursor_t cursors[KT_KV_CURSORS_MAX];
} fault_txn_t;

typedef struct fault_store {
    kt_kv_t base;
    kt_kv_t *inner;
    pthread_mutex_t lock; /* of what follows */
    uint64_t left;        /* operations until the failure; 0: disarmed */
    bool struck;
    kt_status_t failure;
} fault_store_t;

static kt_txn_t *
inner_of(const kt_txn_t *txn)
{
    return ((const fault_txn_t *)txn)->inner;
}

static const kt_backend_t *
engine_of(const kt_txn_t *txn)
{
    return ((const fault_store_t *)txn->store)->inner->backend;
}

/* Counts one operation of the store. */
static kt_status_t
count(fault_store_t *store)
{
    kt_status_t status = kt_ok();

    pthread_mutex_lock(&store->lock);
    if (store->left > 0 && --store->left == 0) {
        store->struck = true;
        status = store->failure;
    }
    pthread_mutex_unlock(&store->lock);
    return status;
}

/* Counts one operation of a transaction; after the failure a write transaction has no other answer.
 */
static kt_status_t
count_in(kt_txn_t *base)
{
    fault_txn_t *txn = (fault_txn_t *)base;
    fault_store_t *store = (fault_store_t *)base->store;

    if (txn->struck)
        return store->failure;
    kt_status_t status = count(store);
    txn->struck = base->write && kt_failed(status);
    return status;
}

static kt_status_t
fault_begin(kt_kv_t *base, bool write, kt_txn_t **txn)
{
    fault_store_t *store = (fault_store_t *)base;
    fault_txn_t *made;

    KT_TRY(count(store));
    made = (fault_txn_t *)calloc(1, sizeof(*made));
    if (!made)
        return kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "no memory left for the store");
    kt_status_t status = store->inner->backend->begin(store->inner, write, &made->inner);
    if (kt_failed(status)) {
        free(made);
        return status;
    }
    *made->inner = (kt_txn_t){.store = store->inner, .write = write};
    *txn = &made->base;
    return kt_ok();
}

static void
fault_abort(kt_txn_t *txn)
{
    engine_of(txn)->abort(inner_of(txn));
    free(txn);
}

static kt_status_t
fault_commit(kt_txn_t *txn)
{
    kt_status_t status = count_in(txn);

    if (kt_failed(status))
        engine_of(txn)->abort(inner_of(txn));
    else
        status = engine_of(txn)->commit(inner_of(txn));
    free(txn);
    return status;
}

static kt_status_t
fault_get(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t *record)
{
    KT_TRY(count_in(txn));
    return engine_of(txn)->get(inner_of(txn), table, key, record);
}

static kt_status_t
fault_put(kt_txn_t *txn, uint32_t table, kt_span_t key, size_t size, bool append, uint8_t **room)
{
    KT_TRY(count_in(txn));
    return engine_of(txn)->put(inner_of(txn), table, key, size, append, room);
}

static kt_status_t
fault_await(kt_kv_t *base)
{
    kt_kv_t *inner = ((fault_store_t *)base)->inner;

    return inner->backend->await ? inner->backend->await(inner) : kt_ok();
}

static void
fault_wrote(kt_txn_t *txn, uint32_t table, kt_span_t key, const uint32_t *crc, kt_span_t value,
            bool append)
{
    kt_txn_t *inner = inner_of(txn);

    inner->changes++;
    if (engine_of(txn)->wrote)
        engine_of(txn)->wrote(inner, table, key, crc, value, append);
}

static kt_status_t
fault_del(kt_txn_t *txn, uint32_t table, kt_span_t key)
{
    KT_TRY(count_in(txn));
    return engine_of(txn)->del(inner_of(txn), table, key);
}

static kt_status_t
fault_cursor_open(kt_txn_t *base, uint32_t table, kt_cursor_t **cursor)
{
    fault_txn_t *txn = (fault_txn_t *)base;

    for (size_t i = 0; i < KT_COUNT(txn->cursors); i++) {
        fault_cursor_t *place = &txn->cursors[i];
        if (place->open)
            continue;
        KT_TRY(engine_of(base)->cursor_open(txn->inner, table, &place->inner));
        *place->inner = (kt_cursor_t){.txn = txn->inner, .table = table};
        place->open = true;
        *cursor = &place->base;
        return kt_ok();
    }
    return kt_error(KT_RESOURCE_EXHAUSTED, 0, "too many cursors are open in a transaction");
}

static void
fault_cursor_close(kt_cursor_t *base)
{
    fault_cursor_t *cursor = (fault_cursor_t *)base;

    engine_of(base->txn)->cursor_close(cursor->inner);
    cursor->open = false;
}

static kt_status_t
fault_cursor_move(kt_cursor_t *cursor, kt_move_t move, kt_span_t sought, kt_span_t *key,
                  kt_span_t *record)
{
    KT_TRY(count_in(cursor->txn));
    return engine_of(cursor->txn)
        ->cursor_move(((fault_cursor_t *)cursor)->inner, move, sought, key, record);
}

static kt_status_t
fault_used(kt_txn_t *txn, uint64_t *bytes)
{
    return engine_of(txn)->used(inner_of(txn), bytes);
}

static kt_status_t
fault_stat(kt_kv_t *base, kt_kv_stat_t *stat)
{
    kt_kv_t *inner = ((fault_store_t *)base)->inner;
    return inner->backend->stat(inner, stat);
}

static kt_status_t
fault_names(kt_kv_t *base, kt_table_name_t *names, uint32_t *count)
{
    kt_kv_t *inner = ((fault_store_t *)base)->inner;

    return inner->backend->names(inner, names, count);
}

static kt_status_t
fault_table_stat(kt_txn_t *txn, uint32_t table, kt_table_stat_t *stat)
{
    return engine_of(txn)->table_stat(inner_of(txn), table, stat);
}

static kt_status_t
fault_copy(kt_kv_t *base, int fd)
{
    kt_kv_t *inner = ((fault_store_t *)base)->inner;

    if (!inner->backend->copy)
        return kt_error(KT_UNIMPLEMENTED, 0, "a store in memory has no backup");
    return inner->backend->copy(inner, fd);
}

static void
fault_close(kt_kv_t *base)
{
    fault_store_t *store = (fault_store_t *)base;

    kt_kv_close(&store->inner);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

static const kt_backend_t fault_backend = {
    .close = fault_close,
    .begin = fault_begin,
    .commit = fault_commit,
    .abort = fault_abort,
    .await = fault_await,
    .wrote = fault_wrote,
    .get = fault_get,
    .put = fault_put,
    .del = fault_del,
    .cursor_open = fault_cursor_open,
    .cursor_close = fault_cursor_close,
    .cursor_move = fault_cursor_move,
    .used = fault_used,
    .stat = fault_stat,
    .names = fault_names,
    .table_stat = fault_table_stat,
    .copy = fault_copy,
};

kt_status_t
kt_kv_open_fault(kt_kv_t **inner, kt_kv_t **store)
{
    fault_store_t *made = (fault_store_t *)calloc(1, sizeof(*made));

    if (!made)
        return kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "no memory left for the store");
    const kt_kv_t *from = *inner;
    made->base.tables = from->tables;
    made->base.tables_count = from->tables_count;
    memcpy(made->base.seeds, from->seeds, sizeof(from->seeds));
    memcpy(made->base.service, from->service, sizeof(from->service));
    made->base.format = from->format;
    made->base.quota_bytes = from->quota_bytes;
    made->base.readers_max = from->readers_max;
    made->base.read_only = from->read_only;
    made->base.hot = KT_TAKE((*inner)->hot);
    made->base.backend = &fault_backend;
    made->inner = KT_TAKE(*inner);
    pthread_mutex_init(&made->lock, NULL);
    *store = &made->base;
    return kt_ok();
}

void
kt_kv_fault_arm(kt_kv_t *store, uint64_t n, kt_status_t failure)
{
    fault_store_t *fault = (fault_store_t *)store;

    KT_ASSERT(store->backend == &fault_backend);
    pthread_mutex_lock(&fault->lock);
    fault->left = n;
    fault->failure = failure;
    fault->struck = false;
    pthread_mutex_unlock(&fault->lock);
    atomic_store(&store->failed, false);
}

bool
kt_kv_fault_struck(const kt_kv_t *store)
{
    fault_store_t *fault = (fault_store_t *)(uintptr_t)store;

    pthread_mutex_lock(&fault->lock);
    bool struck = fault->struck;
    pthread_mutex_unlock(&fault->lock);
    return struck;
}
