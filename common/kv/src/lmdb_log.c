/*
 * The engine on disk behind its log. A transaction is sealed: its changes stand as one record in a
 * buffer, and LMDB's own transaction stays open for the next. It is hardened: the record is in the
 * log, on disk, together with all that was sealed meanwhile. And now and then everything is
 * settled: LMDB commits, without a flush, and readers see it. A checkpoint (checkpoint.h) is what
 * LMDB's state is recovered from.
 *
 *   sealed ≥ hardened ≥ settled ≥ the newest checkpoint
 *
 * The buffer holds what is sealed and not settled, so that LMDB's transaction can be made anew when
 * one of ours is aborted. A transaction that does not fit it makes a checkpoint of its own.
 */
#include "lmdb_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Settled when so much of the buffer is full: later, and hot pages are written less often; sooner,
 * and the writer stands still for less at a time (ADR 30). */
#define SETTLE_SHARE 2
#define ENTRY_HEAD   8
#define ROOM_BYTES   (UINT64_C(64) << 20) /* free on the disk before a write is taken */
#define ROOM_SHARE   20                   /* or this part of a small disk */

typedef enum redo_op { REDO_PUT, REDO_APPEND, REDO_DELETE } redo_op_t;

/* ---- records ---- */

/* Copies what the record was made of, not the record: a processor waits before it reads back what
 * it has just written in other pieces. */
void
kt_lmdb_wrote(kt_txn_t *base, uint32_t table, kt_span_t key, const uint32_t *crc, kt_span_t value,
              bool append)
{
    lmdb_log_t *log = &((lmdb_store_t *)base->store)->log;
    uint32_t record_size = crc ? (uint32_t)(KT_CRC_BYTES + value.size) : 0;
    size_t size = ENTRY_HEAD + key.size + record_size;
    redo_op_t op = !crc ? REDO_DELETE : append ? REDO_APPEND : REDO_PUT;
    uint16_t key_size = (uint16_t)key.size;

    if (!log->on || log->overflow)
        return;
    if (kt_log_frame_bytes(log->at - log->open_at + size) > log->capacity - log->open_at) {
        log->overflow = true;
        return;
    }
    uint8_t *to = log->redo + log->at;
    to[0] = (uint8_t)op;
    to[1] = (uint8_t)table;
    memcpy(to + 2, &key_size, sizeof(key_size));
    memcpy(to + 4, &record_size, sizeof(record_size));
    memcpy(to + ENTRY_HEAD, key.data, key.size);
    if (crc) {
        to += ENTRY_HEAD + key.size;
        memcpy(to, crc, KT_CRC_BYTES);
        if (value.size > 0)
            memcpy(to + KT_CRC_BYTES, value.data, value.size);
    }
    log->at += size;
}

static kt_status_t
malformed(void)
{
    return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT, "a record of the store's log is malformed");
}

static int
apply_one(lmdb_store_t *store, MDB_txn *txn, redo_op_t op, uint32_t table, MDB_val *key,
          MDB_val *record)
{
    switch (op) {
    case REDO_PUT:
        return mdb_put(txn, store->dbis[table], key, record, 0);
    case REDO_APPEND:
        return mdb_put(txn, store->dbis[table], key, record, MDB_APPEND);
    case REDO_DELETE:
        return mdb_del(txn, store->dbis[table], key, NULL);
    }
    return EINVAL;
}

kt_status_t
kt_lmdb_apply(lmdb_store_t *store, MDB_txn *txn, kt_span_t payload)
{
    for (size_t at = 0; at < payload.size;) {
        const uint8_t *from = payload.data + at;
        uint16_t key_size;
        uint32_t record_size;
        if (payload.size - at < ENTRY_HEAD)
            return malformed();
        memcpy(&key_size, from + 2, sizeof(key_size));
        memcpy(&record_size, from + 4, sizeof(record_size));
        if (payload.size - at - ENTRY_HEAD < (size_t)key_size + record_size ||
            from[1] >= store->base.tables_count || from[0] > REDO_DELETE)
            return malformed();
        MDB_val key = {key_size, (void *)(uintptr_t)(from + ENTRY_HEAD)};
        MDB_val record = {record_size, (void *)(uintptr_t)(from + ENTRY_HEAD + key_size)};
        int rc = apply_one(store, txn, (redo_op_t)from[0], from[1], &key, &record);
        if (rc == MDB_NOTFOUND || rc == MDB_KEYEXIST)
            return malformed(); /* it was not so when it was done first */
        KT_TRY(kt_lmdb_status(rc));
        at += ENTRY_HEAD + (size_t)key_size + record_size;
    }
    return kt_ok();
}

/* ---- the writer's transaction ---- */

_Static_assert(sizeof(pthread_t) == sizeof(uintptr_t), "a pthread_t fits `owner`");

static void
enter(lmdb_log_t *log)
{
    uintptr_t self = (uintptr_t)pthread_self();

    if (atomic_load(&log->owner) == self)
        return; /* it has sealed something */
    (void)pthread_mutex_lock(&log->writing);
    atomic_store(&log->owner, self);
}

/* Lets others write, when nothing of this thread's is open. */
static void
leave(lmdb_log_t *log)
{
    if (log->held || atomic_load(&log->owner) != (uintptr_t)pthread_self())
        return;
    atomic_store(&log->owner, 0);
    (void)pthread_mutex_unlock(&log->writing);
}

kt_status_t
kt_lmdb_hold(lmdb_store_t *store)
{
    MDB_txn *mdb;

    if (store->log.held)
        return kt_ok();
    KT_TRY(kt_lmdb_status(mdb_txn_begin(store->env, NULL, 0, &mdb)));
    store->writer.mdb = mdb;
    store->log.held = true;
    return kt_ok();
}

void
kt_lmdb_let_go(lmdb_store_t *store)
{
    kt_lmdb_close_cursors(&store->writer);
    mdb_txn_abort(store->writer.mdb);
    store->log.held = false;
}

kt_status_t
kt_lmdb_set_failed(lmdb_store_t *store, kt_status_t why)
{
    lmdb_log_t *log = &store->log;

    (void)pthread_mutex_lock(&log->lock);
    log->failed = true;
    (void)pthread_cond_broadcast(&log->changed);
    (void)pthread_mutex_unlock(&log->lock);
    atomic_store(&store->base.failed, true);
    return kt_error(KT_UNAVAILABLE, KT_KV_FAILED, why.text);
}

/* What is sealed is not in LMDB, and could not be brought there. */
static void
set_stuck(lmdb_log_t *log, kt_status_t why)
{
    (void)pthread_mutex_lock(&log->lock);
    log->stuck = why;
    (void)pthread_cond_broadcast(&log->changed);
    (void)pthread_mutex_unlock(&log->lock);
}

/* LMDB's transaction anew, with all that is sealed. */
static kt_status_t
reapply(lmdb_store_t *store)
{
    lmdb_log_t *log = &store->log;
    kt_status_t status = kt_lmdb_hold(store);

    for (size_t at = 0; !kt_failed(status) && at < log->open_at;) {
        size_t size = kt_log_payload_bytes(log->redo + at);
        status = kt_lmdb_apply(store, store->writer.mdb,
                               kt_span(log->redo + at + KT_LOG_HEAD_BYTES, size));
        at += kt_log_frame_bytes(size);
    }
    if (kt_failed(status) && log->held)
        kt_lmdb_let_go(store);
    return status;
}

/* ---- hardening ---- */

static kt_status_t
lost(void)
{
    return kt_error(
        KT_UNAVAILABLE, KT_KV_FAILED,
        "the store's log failed: what it took last is unknown until it is opened again");
}

/* Whether SEGMENT is the last that is free until there is another checkpoint. */
static bool
is_last_free(const lmdb_log_t *log, uint32_t segment)
{
    return kt_log_next_segment(segment) == log->newest.place.segment;
}

/* The last one that is free is entered only while no checkpoint is being made: so the writer, who
 * begins the next one and must see all hardened that it has sealed by then, finds room for it. */
static bool
may_turn(const lmdb_log_t *log)
{
    uint32_t next = kt_log_next_segment(log->files.end.segment);

    return next != log->newest.place.segment && (!is_last_free(log, next) || !log->checkpointing);
}

/* Room for BYTES in the log; the lock is held. It may wait for a checkpoint. */
static bool
make_room(lmdb_log_t *log, size_t bytes)
{
    if (kt_log_fits(&log->files, bytes))
        return true;
    while (!may_turn(log) && !log->failed)
        (void)pthread_cond_wait(&log->changed, &log->lock);
    if (log->failed)
        return false;
    kt_log_turn(&log->files);
    return true;
}

/* Writes all that is sealed; the lock is held, and let go meanwhile. */
static void
write_sealed(lmdb_store_t *store)
{
    lmdb_log_t *log = &store->log;
    size_t from = log->hardened, to = log->sealed;
    uint64_t index = log->sealed_index, count = index - log->hardened_index;
    kt_status_t status = kt_ok();

    log->hardening = true;
    if (make_room(log, to - from)) {
        (void)pthread_mutex_unlock(&log->lock);
        status = kt_log_append(&log->files, log->redo + from, to - from, count);
        (void)pthread_mutex_lock(&log->lock);
    }
    log->hardening = false;
    log->failed |= kt_failed(status);
    if (!log->failed) {
        log->hardened = to;
        log->hardened_index = index;
    } else {
        atomic_store(&store->base.failed, true);
    }
    (void)pthread_cond_broadcast(&log->changed);
}

kt_status_t
kt_lmdb_harden(kt_kv_t *base, uint64_t mark)
{
    lmdb_store_t *store = (lmdb_store_t *)base;
    lmdb_log_t *log = &store->log;

    if (!log->on)
        return kt_ok();
    (void)pthread_mutex_lock(&log->lock);
    while (log->hardened_index < mark && !log->failed) {
        if (log->hardening)
            (void)pthread_cond_wait(&log->changed, &log->lock);
        else
            write_sealed(store);
    }
    bool fine = log->hardened_index >= mark;
    (void)pthread_mutex_unlock(&log->lock);
    return fine ? kt_ok() : lost();
}

/* ---- settling ---- */

/* LMDB has all that is sealed: readers see it, the buffer is free. */
static void
set_settled(lmdb_log_t *log)
{
    (void)pthread_mutex_lock(&log->lock);
    log->open_at = log->sealed = log->hardened = 0;
    log->settled_index = log->sealed_index;
    log->stuck = kt_ok();
    atomic_store(&log->unsettled, false);
    atomic_store(&log->wanted, false);
    (void)pthread_cond_broadcast(&log->changed);
    (void)pthread_mutex_unlock(&log->lock);
}

/* By this thread so far: the kernel counts what LMDB does not tell. 0 where it does not. */
static uint64_t
bytes_written(void)
{
    char text[512];
    int fd = open("/proc/thread-self/io", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;

    if (fd >= 0)
        close(fd);
    text[size > 0 ? size : 0] = '\0';
    const char *at = strstr(text, "wchar: ");
    return at ? strtoull(at + 7, NULL, 10) : 0;
}

static kt_status_t
settle(lmdb_store_t *store)
{
    lmdb_log_t *log = &store->log;

    if (!log->held)
        return kt_ok();
    if (log->open_at == 0) {
        kt_lmdb_let_go(store);
        return kt_ok();
    }
    kt_status_t status = kt_lmdb_harden(&store->base, log->sealed_index);
    if (kt_failed(status)) {
        kt_lmdb_let_go(store);
        return status;
    }
    log->held = false;
    uint64_t before = bytes_written();
    status = kt_lmdb_commit_txn(store, log->open_at, log->open_at / CHANGE_BYTES);
    (void)atomic_fetch_add(&log->settlements, 1);
    (void)atomic_fetch_add(&log->settled_pages, (bytes_written() - before) / store->page_bytes);
    if (kt_failed(status)) {
        if (status.reason == KT_KV_FAILED)
            return kt_lmdb_set_failed(store, status);
        set_stuck(log, status);
        return status;
    }
    set_settled(log);
    return kt_lmdb_begin_checkpoint(store);
}

/* What is sealed goes into LMDB after all, or nothing new does. */
static kt_status_t
unstick(lmdb_store_t *store)
{
    kt_status_t status = reapply(store);

    if (!kt_failed(status))
        return settle(store);
    if (status.code != KT_RESOURCE_EXHAUSTED)
        return kt_lmdb_set_failed(store, status);
    set_stuck(&store->log, status);
    return status;
}

kt_status_t
kt_lmdb_settle(kt_kv_t *base)
{
    lmdb_store_t *store = (lmdb_store_t *)base;
    lmdb_log_t *log = &store->log;
    kt_status_t status;

    if (!log->on)
        return kt_ok();
    (void)pthread_mutex_lock(&log->lock);
    bool stuck = kt_failed(log->stuck);
    (void)pthread_mutex_unlock(&log->lock);
    if (!stuck && atomic_load(&log->owner) != (uintptr_t)pthread_self())
        return kt_ok(); /* this thread has sealed nothing */
    enter(log);
    status = stuck ? unstick(store) : settle(store);
    leave(log);
    return status;
}

bool
kt_lmdb_wanted(const kt_kv_t *base)
{
    return atomic_load_explicit(&((const lmdb_store_t *)base)->log.wanted, memory_order_relaxed);
}

/* A reader sees all that was answered, which is all that was hardened; it waits for the writer to
 * settle it. */
kt_status_t
kt_lmdb_await(kt_kv_t *base)
{
    lmdb_log_t *log = &((lmdb_store_t *)base)->log;
    kt_status_t status;

    if (!log->on || !atomic_load(&log->unsettled))
        return kt_ok();
    (void)pthread_mutex_lock(&log->lock);
    uint64_t index = log->sealed_index;
    if (log->settled_index < index) {
        atomic_store(&log->wanted, true);
        if (log->on_wanted)
            log->on_wanted(log->wanted_context);
    }
    while (log->settled_index < index && !log->failed && !kt_failed(log->stuck))
        (void)pthread_cond_wait(&log->changed, &log->lock);
    status = log->settled_index >= index ? kt_ok() : log->failed ? lost() : log->stuck;
    (void)pthread_mutex_unlock(&log->lock);
    return status;
}

/* ---- transactions ---- */

/* A settlement later on must not find the disk full: what it brings to disk was answered. */
static bool
has_room(const lmdb_store_t *store)
{
    struct statvfs disk;
    int fd;

    if (mdb_env_get_fd(store->env, &fd) != 0 || fstatvfs(fd, &disk) != 0)
        return true;
    uint64_t all = (uint64_t)disk.f_blocks * disk.f_frsize;
    return (uint64_t)disk.f_bavail * disk.f_frsize >= KT_MIN(ROOM_BYTES, all / ROOM_SHARE);
}

bool
kt_lmdb_roomy(const kt_txn_t *txn)
{
    const lmdb_log_t *log = &((const lmdb_store_t *)txn->store)->log;

    return !log->on || log->roomy;
}

static kt_status_t
begin_logged(lmdb_store_t *store)
{
    lmdb_log_t *log = &store->log;

    (void)pthread_mutex_lock(&log->lock);
    bool stuck = kt_failed(log->stuck);
    bool pressed = is_last_free(log, log->files.end.segment) && !log->checkpointing;
    (void)pthread_mutex_unlock(&log->lock);
    if (stuck)
        KT_TRY(unstick(store));
    else if (pressed || log->open_at > log->capacity / SETTLE_SHARE || kt_lmdb_wanted(&store->base))
        KT_TRY(settle(store));
    if (!log->held)
        log->roomy = has_room(store);
    KT_TRY(kt_lmdb_hold(store));
    log->at = log->open_at + KT_LOG_HEAD_BYTES;
    log->overflow = false;
    return kt_ok();
}

kt_status_t
kt_lmdb_begin_logged(lmdb_store_t *store)
{
    kt_status_t status;

    enter(&store->log);
    status = begin_logged(store);
    if (kt_failed(status))
        leave(&store->log);
    return status;
}

/* A transaction that the buffer cannot hold: LMDB commits it, and it is durable with its own
 * checkpoint. */
static kt_status_t
seal_large(lmdb_store_t *store, const kt_txn_t *txn, uint64_t *mark)
{
    lmdb_log_t *log = &store->log;
    kt_status_t status = kt_lmdb_harden(&store->base, log->sealed_index);

    if (kt_failed(status)) {
        kt_lmdb_let_go(store);
        return status;
    }
    log->held = false;
    status = kt_lmdb_commit_txn(store, log->open_at + txn->written_bytes, txn->changes);
    if (kt_failed(status)) {
        if (status.reason == KT_KV_FAILED)
            return kt_lmdb_set_failed(store, status);
        if (log->open_at > 0)
            kt_ignore(unstick(store)); /* what was sealed before; if not now, then later */
        return status;
    }
    (void)pthread_mutex_lock(&log->lock);
    log->sealed_index++;
    log->hardened_index = log->sealed_index;
    log->files.end.next = log->sealed_index + 1;
    (void)pthread_mutex_unlock(&log->lock);
    status = kt_lmdb_checkpoint_now(store);
    if (kt_failed(status))
        return kt_lmdb_set_failed(store, status);
    set_settled(log);
    *mark = log->sealed_index;
    return kt_ok();
}

static void
seal_small(lmdb_store_t *store, uint64_t *mark)
{
    lmdb_log_t *log = &store->log;
    size_t size = log->at - log->open_at - KT_LOG_HEAD_BYTES;
    kt_log_label_t label = {.lineage = log->files.end.lineage, .index = log->sealed_index + 1};
    (void)pthread_mutex_lock(&log->lock);
    label.checkpoint = (uint32_t)log->newest.sequence;
    (void)pthread_mutex_unlock(&log->lock);
    kt_log_frame(log->redo + log->open_at, size, &label);
    log->open_at += kt_log_frame_bytes(size);
    (void)pthread_mutex_lock(&log->lock);
    log->sealed = log->open_at;
    log->sealed_index++;
    atomic_store(&log->unsettled, true);
    (void)pthread_mutex_unlock(&log->lock);
    *mark = log->sealed_index;
}

kt_status_t
kt_lmdb_seal(kt_txn_t *txn, uint64_t *mark)
{
    lmdb_store_t *store = (lmdb_store_t *)txn->store;
    lmdb_log_t *log = &store->log;
    kt_status_t status = kt_ok();

    if (!log->on) {
        *mark = 0;
        return kt_lmdb_commit_txn(store, txn->written_bytes, txn->changes);
    }
    kt_lmdb_end_cursors(&store->writer);
    *mark = log->sealed_index;
    if (txn->changes > 0 && log->overflow)
        status = seal_large(store, txn, mark);
    else if (txn->changes > 0)
        seal_small(store, mark);
    if (log->held && log->open_at == 0)
        kt_lmdb_let_go(store);
    leave(log);
    return status;
}

/* Durable and seen. What is durable is true, also when LMDB cannot take it yet. */
kt_status_t
kt_lmdb_commit_logged(kt_txn_t *txn)
{
    lmdb_store_t *store = (lmdb_store_t *)txn->store;
    uint64_t mark;

    KT_TRY(kt_lmdb_seal(txn, &mark));
    kt_status_t status = kt_lmdb_harden(&store->base, mark);
    kt_ignore(kt_lmdb_settle(&store->base));
    return status;
}

void
kt_lmdb_abort_logged(kt_txn_t *txn)
{
    lmdb_store_t *store = (lmdb_store_t *)txn->store;
    lmdb_log_t *log = &store->log;

    kt_lmdb_end_cursors(&store->writer);
    if (txn->changes == 0 && !kt_failed(txn->spoiled) && log->open_at > 0)
        return; /* LMDB's transaction is as it was */
    kt_lmdb_let_go(store);
    if (log->open_at > 0)
        kt_ignore(unstick(store)); /* if not now, then at the next write */
    leave(log);
}
