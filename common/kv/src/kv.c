#include "backend.h"
#include "crc.h"

#include <endian.h>

static uint32_t
record_crc(const kt_kv_t *store, uint32_t table, kt_span_t key, kt_span_t value)
{
    uint32_t crc = kt_crc_add(store->seeds[table], key.data, key.size);
    return ~kt_crc_add(crc, value.data, value.size);
}

static kt_status_t
corrupt(const kt_kv_t *store, uint32_t table, kt_span_t key)
{
    char text[KT_KEY_TEXT_MAX];

    kt_key_format(key, text);
    return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT,
                    kt_kv_text("a record fails its checksum",
                               "table %s, key %s: the record fails its checksum",
                               store->tables[table].name, text));
}

/* Takes a record's checksum off, if it fits. */
static kt_status_t
open_record(const kt_kv_t *store, uint32_t table, kt_span_t key, kt_span_t record, kt_span_t *value)
{
    uint32_t stored;

    if (record.size < KT_CRC_BYTES)
        return corrupt(store, table, key);
    kt_span_t bytes = kt_span(record.data + KT_CRC_BYTES, record.size - KT_CRC_BYTES);
    memcpy(&stored, record.data, KT_CRC_BYTES);
    if (be32toh(stored) != record_crc(store, table, key, bytes))
        return corrupt(store, table, key);
    *value = bytes;
    return kt_ok();
}

/* ---- the store ---- */

static bool
table_name_valid(const char *name)
{
    size_t size = strlen(name);
    return size >= 1 && size <= KT_KV_TABLE_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz_") == size;
}

kt_status_t
kt_kv_init(kt_kv_t *store, const kt_backend_t *backend, const kt_kv_options_t *options)
{
    if (options->tables_count < 1 || options->tables_count > KT_KV_TABLES_MAX ||
        strcmp(options->tables[0].name, "meta") != 0)
        return kt_error(KT_INVALID_ARGUMENT, 0,
                        "a store has 1 to 64 tables, and the first is meta");
    if (options->service ? !table_name_valid(options->service) : !options->read_only)
        return kt_error(KT_INVALID_ARGUMENT, 0, "a service's name is [a-z_]{1,32}");
    for (uint32_t i = 0; i < options->tables_count; i++) {
        const char *name = options->tables[i].name;
        if (!table_name_valid(name))
            return kt_error(KT_INVALID_ARGUMENT, 0, "a table's name is [a-z_]{1,32}");
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(name, options->tables[j].name) == 0)
                return kt_error(KT_INVALID_ARGUMENT, 0, "two tables have one name");
        }
        store->seeds[i] = kt_crc_add(KT_CRC_BEGIN, name, strlen(name) + 1);
        if (options->tables[i].kind == KT_TABLE_DERIVED && !options->read_only && !store->hot &&
            !(store->hot = kt_hot_new()))
            return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a store");
    }
    store->backend = backend;
    store->tables = options->tables;
    store->tables_count = options->tables_count;
    if (options->service)
        memcpy(store->service, options->service, strlen(options->service) + 1);
    store->format = options->format;
    store->quota_bytes = options->quota_bytes;
    store->readers_max = options->readers_max ? options->readers_max : 64;
    store->read_only = options->read_only;
    return kt_ok();
}

void
kt_kv_close(kt_kv_t **store)
{
    if (!*store)
        return;
    KT_ASSERT(atomic_load(&(*store)->readers) == 0);
    kt_hot_destroy(&(*store)->hot);
    (*store)->backend->close(*store);
    *store = NULL;
}

const char *
kt_kv_service(const kt_kv_t *store)
{
    return store->service;
}

const kt_table_t *
kt_kv_tables(const kt_kv_t *store, uint32_t *count)
{
    *count = store->tables_count;
    return store->tables;
}

kt_status_t
kt_kv_table_names(kt_kv_t *store, kt_table_name_t *names, uint32_t *count)
{
    return store->backend->names(store, names, count);
}

/* Remembers that the store failed, so that nothing is written on top of an unknown state. */
static kt_status_t
noted(kt_kv_t *store, kt_status_t status)
{
    if (status.reason == KT_KV_FAILED)
        atomic_store(&store->failed, true);
    return status;
}

static kt_status_t begin_read(kt_kv_t *store, kt_txn_t **txn);
static kt_hot_t *hot_of(const kt_txn_t *txn, uint32_t table);
static kt_status_t flush_hot(kt_txn_t *txn);
static kt_status_t give(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t value, bool append);

/* As the last commit left it, without waiting for what is sealed. */
kt_status_t
kt_kv_stat(kt_kv_t *store, kt_kv_stat_t *stat)
{
    kt_kv_stat_t made = {
        .quota_bytes = store->quota_bytes,
        .format = store->format,
        .readers = atomic_load(&store->readers),
        .commits = atomic_load(&store->commits),
    };
    kt_txn_t *txn;

    KT_TRY(begin_read(store, &txn));
    kt_status_t status = store->backend->used(txn, &made.used_bytes);
    kt_kv_abort(&txn);
    KT_TRY(status);
    KT_TRY(store->backend->stat(store, &made));
    *stat = made;
    return kt_ok();
}

kt_status_t
kt_kv_table_stat(kt_txn_t *txn, uint32_t table, kt_table_stat_t *stat)
{
    KT_ASSERT(table < txn->store->tables_count);
    if (hot_of(txn, table))
        KT_TRY(flush_hot(txn));
    stat->written_records = atomic_load(&txn->store->written[table].records);
    stat->written_bytes = atomic_load(&txn->store->written[table].bytes);
    return txn->store->backend->table_stat(txn, table, stat);
}

/* ---- transactions ---- */

static kt_txn_t
fresh_txn(kt_kv_t *store, bool write)
{
    return (kt_txn_t){.store = store, .write = write};
}

static kt_status_t
begin_read(kt_kv_t *store, kt_txn_t **txn)
{
    kt_txn_t *made;

    if (atomic_fetch_add(&store->readers, 1) >= store->readers_max) {
        atomic_fetch_sub(&store->readers, 1);
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "too many read transactions are open");
    }
    kt_status_t status = store->backend->begin(store, false, &made);
    if (kt_failed(status)) {
        atomic_fetch_sub(&store->readers, 1);
        return noted(store, status);
    }
    *made = fresh_txn(store, false);
    *txn = made;
    return kt_ok();
}

kt_status_t
kt_kv_begin_read(kt_kv_t *store, kt_txn_t **txn)
{
    KT_TRY(store->backend->await ? store->backend->await(store) : kt_ok());
    return begin_read(store, txn);
}

static uint64_t
writing_share(uint64_t quota_bytes)
{
    return quota_bytes / 100 * KT_KV_QUOTA_WRITE_PERCENT;
}

kt_status_t
kt_kv_begin_write(kt_kv_t *store, kt_txn_t **txn)
{
    kt_txn_t *made;

    if (store->read_only)
        return kt_error(KT_FAILED_PRECONDITION, 0, "the store was opened to be read only");
    if (atomic_load(&store->failed))
        return kt_error(KT_UNAVAILABLE, KT_KV_FAILED,
                        "the store failed and takes no writes until it is opened again");
    KT_TRY(noted(store, store->backend->begin(store, true, &made)));
    *made = fresh_txn(store, true);
    made->no_room = store->backend->roomy && !store->backend->roomy(made);
    uint64_t quota_bytes = atomic_load_explicit(&store->quota_bytes, memory_order_relaxed);
    if (quota_bytes > 0) {
        kt_status_t status = store->backend->used(made, &made->used_bytes);
        if (kt_failed(status)) {
            store->backend->abort(made);
            return noted(store, status);
        }
        made->limit_bytes = writing_share(quota_bytes);
    }
    *txn = made;
    return kt_ok();
}

/* ---- records that are kept for the writer (hot.h) ---- */

static kt_hot_t *
hot_of(const kt_txn_t *txn, uint32_t table)
{
    bool kept = txn->write && txn->store->tables[table].kind == KT_TABLE_DERIVED;

    return kept ? txn->store->hot : NULL;
}

static void
forget_hot(const kt_txn_t *txn)
{
    if (txn->write && txn->store->hot && (txn->changes > 0 || kt_failed(txn->spoiled)))
        kt_hot_forget(txn->store->hot);
}

/* Gives the engine what it has not. */
static kt_status_t
flush_hot(kt_txn_t *txn)
{
    kt_hot_t *hot = txn->write ? txn->store->hot : NULL;

    if (!hot || kt_hot_dirty(hot) == 0)
        return kt_ok();
    KT_TRY(txn->spoiled);
    for (uint32_t i = 0; i < kt_hot_dirty(hot); i++) {
        const kt_hot_record_t *record = kt_hot_dirty_at(hot, i);
        KT_TRY(give(txn, record->table, kt_span(record->key, record->key_size),
                    kt_span(record->value, record->value_size), false));
    }
    kt_hot_clean(hot);
    return kt_ok();
}

/* ---- the end of a transaction ---- */

void
kt_kv_abort(kt_txn_t **txn)
{
    kt_txn_t *ended = KT_TAKE(*txn);

    if (!ended)
        return;
    kt_kv_t *store = ended->store;
    bool write = ended->write;
    forget_hot(ended);
    store->backend->abort(ended);
    if (!write)
        atomic_fetch_sub(&store->readers, 1);
}

/* What holds before a transaction takes effect; else it is aborted. */
static kt_status_t
finish(kt_txn_t **txn)
{
    kt_status_t status = (*txn)->spoiled;

    if (!kt_failed(status))
        status = flush_hot(*txn);
    if (kt_failed(status))
        kt_kv_abort(txn);
    return status;
}

/* What became of a transaction that the engine has ended: on failure nothing of it happened. */
static kt_status_t
ended(kt_kv_t *store, kt_status_t status)
{
    if (!kt_failed(status))
        atomic_fetch_add(&store->commits, 1);
    else if (store->hot)
        kt_hot_forget(store->hot);
    return noted(store, status);
}

kt_status_t
kt_kv_commit(kt_txn_t **txn)
{
    kt_kv_t *store = (*txn)->store;

    if (!(*txn)->write) {
        kt_kv_abort(txn);
        return kt_ok();
    }
    KT_TRY(finish(txn));
    return ended(store, store->backend->commit(KT_TAKE(*txn)));
}

kt_status_t
kt_kv_seal(kt_txn_t **txn, uint64_t *mark)
{
    kt_kv_t *store = (*txn)->store;

    *mark = 0;
    if (!store->backend->seal)
        return kt_kv_commit(txn);
    KT_TRY(finish(txn));
    return ended(store, store->backend->seal(KT_TAKE(*txn), mark));
}

kt_status_t
kt_kv_harden(kt_kv_t *store, uint64_t mark)
{
    return store->backend->harden ? noted(store, store->backend->harden(store, mark)) : kt_ok();
}

kt_status_t
kt_kv_settle(kt_kv_t *store)
{
    return store->backend->settle ? noted(store, store->backend->settle(store)) : kt_ok();
}

bool
kt_kv_wanted(const kt_kv_t *store)
{
    return store->backend->wanted && store->backend->wanted(store);
}

void
kt_kv_set_quota(kt_kv_t *store, uint64_t quota_bytes)
{
    atomic_store(&store->quota_bytes, quota_bytes);
}

void
kt_kv_use_reserve(kt_txn_t *txn)
{
    txn->limit_bytes = txn->store->quota_bytes;
    txn->no_room = false;
}

void
kt_kv_observe(kt_txn_t *txn, kt_kv_observer_t observer, void *context)
{
    txn->observer = observer;
    txn->observer_context = context;
}

/* ---- records ---- */

static kt_status_t
check_key(kt_span_t key)
{
    if (key.size == 0)
        return kt_error(KT_INVALID_ARGUMENT, 0, "a key is not empty");
    if (key.size > KT_KV_KEY_BYTES_MAX)
        return kt_error(KT_INVALID_ARGUMENT, 0, "a key has at most 500 bytes");
    return kt_ok();
}

kt_status_t
kt_kv_get(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t *value)
{
    kt_kv_t *store = txn->store;
    kt_span_t record;

    KT_ASSERT(table < store->tables_count);
    KT_TRY(check_key(key));
    const kt_hot_t *hot = hot_of(txn, table);
    const kt_hot_record_t *kept = hot ? kt_hot_get(hot, table, key) : NULL;
    if (kept) {
        *value = kt_span(kept->value, kept->value_size);
        return kt_ok();
    }
    KT_TRY(store->backend->get(txn, table, key, &record));
    return open_record(store, table, key, record, value);
}

/* What holds before every write. */
static kt_status_t
check_write(const kt_txn_t *txn, uint32_t table, kt_span_t key)
{
    KT_ASSERT(txn->write && table < txn->store->tables_count);
    KT_TRY(txn->spoiled);
    return check_key(key);
}

/* Keeps the failure of a write that may have been half done. */
static kt_status_t
spoil(kt_txn_t *txn, kt_status_t status)
{
    if (kt_failed(status) && status.code != KT_NOT_FOUND && status.code != KT_ALREADY_EXISTS)
        txn->spoiled = noted(txn->store, status);
    return status;
}

/* Tells the observer. A change it did not take must not be committed, so any refusal spoils. */
static kt_status_t
tell(kt_txn_t *txn, kt_kv_change_t change, uint32_t table, kt_span_t key, kt_span_t value)
{
    txn->changes++;
    if (!txn->observer)
        return kt_ok();
    txn->spoiled = txn->observer(txn->observer_context, change, table, key, value);
    return txn->spoiled;
}

/* A key that a cursor lent may lie where the write is about to happen. */
typedef struct key_copy {
    uint8_t bytes[KT_KV_KEY_BYTES_MAX];
} key_copy_t;

static kt_span_t
copy_key(key_copy_t *copy, kt_span_t key)
{
    memcpy(copy->bytes, key.data, key.size);
    return kt_span(copy->bytes, key.size);
}

/* What a record takes in a page beside its bytes: node header, slot and the room that splits leave.
 */
#define RECORD_OVERHEAD 24

/* One writer at a time: what others read need not be exchanged. */
static void
count_written(kt_kv_t *store, uint32_t table, size_t bytes)
{
    atomic_uint_least64_t *records = &store->written[table].records,
                          *sum = &store->written[table].bytes;

    atomic_store_explicit(records, atomic_load_explicit(records, memory_order_relaxed) + 1,
                          memory_order_relaxed);
    atomic_store_explicit(sum, atomic_load_explicit(sum, memory_order_relaxed) + bytes,
                          memory_order_relaxed);
}

static kt_status_t
give(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t value, bool append)
{
    kt_kv_t *store = txn->store;
    uint8_t *room;

    uint32_t crc = htobe32(record_crc(store, table, key, value));
    KT_TRY(
        spoil(txn, store->backend->put(txn, table, key, KT_CRC_BYTES + value.size, append, &room)));
    memcpy(room, &crc, KT_CRC_BYTES);
    if (value.size > 0)
        memcpy(room + KT_CRC_BYTES, value.data, value.size);
    if (store->backend->wrote)
        store->backend->wrote(txn, table, key, &crc, value, append);
    count_written(store, table, key.size + KT_CRC_BYTES + value.size);
    return kt_ok();
}

/* Keeps a record of a derived table, or gives it to the engine. */
static kt_status_t
keep_or_give(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t value, bool append)
{
    kt_hot_t *hot = hot_of(txn, table);

    if (!hot)
        return give(txn, table, key, value, append);
    if (append || key.size > KT_HOT_KEY_BYTES_MAX || value.size > KT_HOT_VALUE_BYTES_MAX) {
        KT_TRY(flush_hot(txn));
        kt_hot_drop(hot, table, key);
        return give(txn, table, key, value, append);
    }
    if (!kt_hot_worth(hot, table, key))
        return give(txn, table, key, value, false);
    if (kt_hot_put(hot, table, key, value))
        return kt_ok();
    KT_TRY(flush_hot(txn)); /* its place is full: then there is room */
    bool kept = kt_hot_put(hot, table, key, value);
    KT_ASSERT(kept);
    return kt_ok();
}

static kt_status_t
write_record(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t value, bool append)
{
    uint64_t charge = key.size + value.size + KT_CRC_BYTES + RECORD_OVERHEAD;
    key_copy_t copy;

    KT_TRY(check_write(txn, table, key));
    key = copy_key(&copy, key);
    if (value.size > KT_KV_VALUE_BYTES_MAX)
        return kt_error(KT_INVALID_ARGUMENT, 0, "a value has at most 8 MiB");
    if (txn->limit_bytes > 0 && txn->used_bytes + charge > txn->limit_bytes)
        return kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_QUOTA,
                        "the store has used up its quota: sweep, or raise the quota");
    if (txn->no_room)
        return kt_error(KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "the disk is full: make room");
    KT_TRY(keep_or_give(txn, table, key, value, append));
    txn->used_bytes += charge;
    txn->written_bytes += charge;
    return tell(txn, append ? KT_KV_APPEND : KT_KV_PUT, table, key, value);
}

kt_status_t
kt_kv_put(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t value)
{
    return write_record(txn, table, key, value, false);
}

kt_status_t
kt_kv_append(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t value)
{
    return write_record(txn, table, key, value, true);
}

kt_status_t
kt_kv_delete(kt_txn_t *txn, uint32_t table, kt_span_t key)
{
    key_copy_t copy;

    KT_TRY(check_write(txn, table, key));
    key = copy_key(&copy, key);
    const kt_backend_t *backend = txn->store->backend;
    kt_hot_t *hot = hot_of(txn, table);
    if (hot) {
        KT_TRY(flush_hot(txn));
        kt_hot_drop(hot, table, key);
    }
    KT_TRY(spoil(txn, backend->del(txn, table, key)));
    if (backend->wrote)
        backend->wrote(txn, table, key, NULL, kt_span(NULL, 0), false);
    count_written(txn->store, table, key.size);
    return tell(txn, KT_KV_DELETE, table, key, kt_span(NULL, 0));
}

/* ---- cursors ---- */

kt_status_t
kt_kv_cursor(kt_txn_t *txn, uint32_t table, kt_cursor_t **cursor)
{
    kt_cursor_t *made;

    KT_ASSERT(table < txn->store->tables_count);
    KT_TRY(txn->store->backend->cursor_open(txn, table, &made));
    *made = (kt_cursor_t){.txn = txn, .table = table, .place = KT_CURSOR_FRESH};
    *cursor = made;
    return kt_ok();
}

void
kt_kv_cursor_close(kt_cursor_t **cursor)
{
    kt_cursor_t *closed = KT_TAKE(*cursor);

    if (closed)
        closed->txn->store->backend->cursor_close(closed);
}

static kt_status_t
move(kt_cursor_t *cursor, kt_move_t how, kt_span_t sought, kt_span_t *key, kt_span_t *value)
{
    kt_txn_t *txn = cursor->txn;
    kt_span_t found, record;

    if (hot_of(txn, cursor->table))
        KT_TRY(flush_hot(txn));

    kt_status_t status = txn->store->backend->cursor_move(cursor, how, sought, &found, &record);
    cursor->place = kt_failed(status) ? KT_CURSOR_OFF : KT_CURSOR_PLACED;
    cursor->changes = txn->changes;
    KT_TRY(status);
    KT_TRY(open_record(txn->store, cursor->table, found, record, value));
    *key = found;
    return kt_ok();
}

static kt_status_t
step(kt_cursor_t *cursor, kt_move_t how, kt_move_t when_fresh, kt_span_t *key, kt_span_t *value)
{
    if (cursor->place == KT_CURSOR_FRESH)
        return move(cursor, when_fresh, kt_span(NULL, 0), key, value);
    if (cursor->changes != cursor->txn->changes)
        return kt_error(KT_INTERNAL, 0, "a cursor was stepped after a write without a new seek");
    if (cursor->place == KT_CURSOR_OFF)
        return kt_error(KT_NOT_FOUND, 0, "the cursor is past the end");
    return move(cursor, how, kt_span(NULL, 0), key, value);
}

kt_status_t
kt_cursor_first(kt_cursor_t *cursor, kt_span_t *key, kt_span_t *value)
{
    return move(cursor, KT_MOVE_FIRST, kt_span(NULL, 0), key, value);
}

kt_status_t
kt_cursor_last(kt_cursor_t *cursor, kt_span_t *key, kt_span_t *value)
{
    return move(cursor, KT_MOVE_LAST, kt_span(NULL, 0), key, value);
}

kt_status_t
kt_cursor_seek(kt_cursor_t *cursor, kt_span_t key, kt_span_t *found, kt_span_t *value)
{
    if (key.size == 0)
        return move(cursor, KT_MOVE_FIRST, key, found, value);
    KT_TRY(check_key(key));
    return move(cursor, KT_MOVE_SEEK, key, found, value);
}

kt_status_t
kt_cursor_seek_back(kt_cursor_t *cursor, kt_span_t key, kt_span_t *found, kt_span_t *value)
{
    if (key.size == 0)
        return kt_error(KT_NOT_FOUND, 0, "no key lies below the empty one");
    KT_TRY(check_key(key));
    return move(cursor, KT_MOVE_SEEK_BACK, key, found, value);
}

kt_status_t
kt_cursor_next(kt_cursor_t *cursor, kt_span_t *key, kt_span_t *value)
{
    return step(cursor, KT_MOVE_NEXT, KT_MOVE_FIRST, key, value);
}

kt_status_t
kt_cursor_prev(kt_cursor_t *cursor, kt_span_t *key, kt_span_t *value)
{
    return step(cursor, KT_MOVE_PREV, KT_MOVE_LAST, key, value);
}
