/* How the log in front of the engine on disk is recovered from: its checkpoints, and what opening
 * and closing do with them. */
#include "crc.h"
#include "lmdb_store.h"

#include <errno.h>
#include <fcntl.h>
#include <kt/prng.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define REDO_BYTES_MAX ((size_t)8 << 20)
#define REPLAY_BYTES   ((size_t)4 << 20) /* applied in one transaction of LMDB's */
/* A checkpoint is made when so much of a segment has come since the last one: later, and more pages
 * are stale when they are written; sooner, and more is written that goes on changing. */
#define CHECKPOINT_SHARE 2
#define WINDOW_BYTES     ((off_t)1 << 20) /* of the data file, written at a time */

/* ---- checkpoints ---- */

/* What the numbers of the first COUNT tables mean. */
static uint32_t
tables_crc(const lmdb_store_t *store, uint32_t count)
{
    uint32_t crc = KT_CRC_BEGIN;

    for (uint32_t i = 0; i < count; i++) {
        const char *name = store->base.tables[i].name;
        crc = kt_crc_add(crc, name, strlen(name) + 1);
    }
    return crc;
}

/* The state that LMDB's last commit made, held by *PIN, and where the log goes on from it. */
static kt_status_t
capture(lmdb_store_t *store, kt_checkpoint_t *checkpoint, MDB_txn **pin)
{
    lmdb_log_t *log = &store->log;
    int fd;

    *checkpoint = log->newest;
    checkpoint->clean = false;
    checkpoint->place = log->files.end;
    checkpoint->tables_count = store->base.tables_count;
    checkpoint->tables_crc = tables_crc(store, store->base.tables_count);
    KT_TRY(kt_lmdb_status(mdb_env_get_fd(store->env, &fd)));
    KT_TRY(kt_lmdb_status(mdb_txn_begin(store->env, NULL, MDB_RDONLY, pin)));
    return kt_metas_read(fd, checkpoint->metas);
}

/* Writes the file window by window, so that the disk's queue is short when the log wants its turn.
 * It makes nothing durable. */
static kt_status_t
write_back(int fd)
{
    const unsigned wait = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                          SYNC_FILE_RANGE_WAIT_AFTER;
    struct stat file;

    if (fstat(fd, &file) != 0)
        return kt_folder_error("cannot look at", KT_DATA_FILE, errno);
    for (off_t at = 0; at < file.st_size; at += WINDOW_BYTES) {
        if (sync_file_range(fd, at, WINDOW_BYTES, wait) == 0)
            continue;
        if (errno == ENOSYS)
            break; /* the flush writes it all */
        return kt_folder_error("cannot write", KT_DATA_FILE, errno);
    }
    return kt_ok();
}

/* Makes it durable: first the pages, then what leads to them. */
static kt_status_t
make_durable(lmdb_store_t *store, kt_checkpoint_t *checkpoint)
{
    int fd;

    KT_TRY(kt_lmdb_status(mdb_env_get_fd(store->env, &fd)));
    KT_TRY(write_back(fd));
    if (fdatasync(fd) != 0)
        return kt_folder_error("cannot flush", KT_DATA_FILE, errno);
    return kt_checkpoint_store(store->log.checkpoint_fd, checkpoint);
}

/* From here on recovery begins at CHECKPOINT; what led to the one before may be used again. */
static void
take_over(lmdb_log_t *log, const kt_checkpoint_t *checkpoint, MDB_txn *pin)
{
    (void)pthread_mutex_lock(&log->lock);
    MDB_txn *before = log->pin;
    log->newest = *checkpoint;
    log->pin = pin;
    log->checkpointing = false;
    (void)pthread_cond_broadcast(&log->changed);
    (void)pthread_mutex_unlock(&log->lock);
    if (before)
        mdb_txn_abort(before);
}

static void *
run_checkpoint(void *context)
{
    lmdb_store_t *store = (lmdb_store_t *)context;
    lmdb_log_t *log = &store->log;
    kt_status_t status = make_durable(store, &log->next);

    if (!kt_failed(status)) {
        take_over(log, &log->next, log->next_pin);
        return NULL;
    }
    (void)kt_lmdb_set_failed(store, status);
    mdb_txn_abort(log->next_pin);
    return NULL;
}

static void
join_checkpoint(lmdb_log_t *log)
{
    if (log->thread_made)
        (void)pthread_join(log->thread, NULL);
    log->thread_made = false;
}

/* If the last one lies far enough behind. In a thread of its own: the flush of all that LMDB wrote
 * takes long. */
kt_status_t
kt_lmdb_begin_checkpoint(lmdb_store_t *store)
{
    lmdb_log_t *log = &store->log;

    (void)pthread_mutex_lock(&log->lock);
    bool due = !log->checkpointing && kt_log_behind(&log->files, &log->newest.place) >=
                                          log->files.segment_bytes / CHECKPOINT_SHARE;
    (void)pthread_mutex_unlock(&log->lock);
    if (!due)
        return kt_ok();
    join_checkpoint(log); /* it has ended */
    kt_status_t status = capture(store, &log->next, &log->next_pin);
    if (kt_failed(status))
        return kt_lmdb_set_failed(store, status);
    (void)pthread_mutex_lock(&log->lock);
    log->checkpointing = true;
    (void)pthread_mutex_unlock(&log->lock);
    log->thread_made = pthread_create(&log->thread, NULL, run_checkpoint, store) == 0;
    if (!log->thread_made)
        (void)run_checkpoint(store);
    return kt_ok();
}

/* At once. */
kt_status_t
kt_lmdb_checkpoint_now(lmdb_store_t *store)
{
    lmdb_log_t *log = &store->log;
    kt_checkpoint_t checkpoint;
    MDB_txn *pin = NULL;

    join_checkpoint(log);
    kt_status_t status = capture(store, &checkpoint, &pin);
    if (!kt_failed(status))
        status = make_durable(store, &checkpoint);
    if (!kt_failed(status)) {
        take_over(log, &checkpoint, pin);
        return kt_ok();
    }
    if (pin)
        mdb_txn_abort(pin);
    return status;
}

/* ---- opening and closing ---- */

typedef struct replay {
    lmdb_store_t *store;
    size_t bytes;
} replay_t;

static kt_status_t
replay_one(void *context, uint64_t index, kt_span_t payload)
{
    replay_t *replay = (replay_t *)context;
    lmdb_store_t *store = replay->store;
    const kt_checkpoint_t *newest = &store->log.newest;

    (void)index;
    if (newest->tables_count > store->base.tables_count ||
        newest->tables_crc != tables_crc(store, newest->tables_count))
        return kt_error(KT_FAILED_PRECONDITION, KT_KV_NEWER,
                        "the store's log was written by a program with other tables: open the "
                        "store once with that program");
    KT_TRY(kt_lmdb_hold(store));
    KT_TRY(kt_lmdb_apply(store, store->writer.mdb, payload));
    replay->bytes += payload.size;
    if (replay->bytes < REPLAY_BYTES)
        return kt_ok();
    replay->bytes = 0;
    store->log.held = false;
    return kt_lmdb_commit_txn(store, REPLAY_BYTES, REPLAY_BYTES / CHANGE_BYTES);
}

static kt_status_t
replay_all(lmdb_store_t *store, uint64_t *next)
{
    lmdb_log_t *log = &store->log;
    replay_t replay = {.store = store};
    kt_status_t status = kt_log_read(&log->files, &log->newest.place,
                                     (uint32_t)log->newest.sequence, replay_one, &replay, next);

    if (!kt_failed(status) && log->held) {
        log->held = false;
        return kt_lmdb_commit_txn(store, replay.bytes, replay.bytes / CHANGE_BYTES);
    }
    if (log->held)
        kt_lmdb_let_go(store);
    return status;
}

kt_status_t
kt_lmdb_log_restore(lmdb_store_t *store, const char *path, bool read_only)
{
    lmdb_log_t *log = &store->log;

    KT_TRY(kt_checkpoint_load(path, &log->newest, &log->found));
    log->unclean = log->found && !log->newest.clean;
    if (!log->unclean)
        return kt_ok();
    if (read_only)
        return kt_error(KT_FAILED_PRECONDITION, KT_KV_UNCLEAN,
                        "the store was not closed in order: let its service open it once");
    KT_TRY(kt_log_open(&log->files, path));
    return kt_metas_restore(path, log->newest.metas);
}

kt_status_t
kt_lmdb_log_pin(lmdb_store_t *store)
{
    if (!store->log.unclean)
        return kt_ok();
    return kt_lmdb_status(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &store->log.pin));
}

kt_status_t
kt_lmdb_log_replay(lmdb_store_t *store)
{
    lmdb_log_t *log = &store->log;
    uint64_t next = log->found ? log->newest.place.next : 1;

    if (log->unclean)
        KT_TRY(replay_all(store, &next));
    log->sealed_index = log->hardened_index = log->settled_index = next - 1;
    return kt_ok();
}

/* LMDB's files stand by themselves. */
static kt_status_t
make_clean(lmdb_store_t *store)
{
    lmdb_log_t *log = &store->log;
    kt_checkpoint_t clean = log->newest;

    KT_TRY(kt_lmdb_status(mdb_env_sync(store->env, 1)));
    clean.clean = true;
    clean.place.next = log->sealed_index + 1;
    KT_TRY(kt_checkpoint_store(log->checkpoint_fd, &clean));
    log->newest = clean;
    log->unclean = false;
    return kt_ok();
}

static kt_status_t
allocate(lmdb_log_t *log, uint64_t segment_bytes)
{
    log->capacity = (size_t)KT_MIN((uint64_t)REDO_BYTES_MAX, segment_bytes);
    void *redo = mmap(NULL, log->capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                      0);
    if (redo == MAP_FAILED)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the store's log");
    log->redo = (uint8_t *)redo;
    return kt_ok();
}

kt_status_t
kt_lmdb_log_start(lmdb_store_t *store, const kt_kv_options_t *options)
{
    lmdb_log_t *log = &store->log;
    uint64_t segment_bytes = KT_MAX(options->log_bytes, KT_KV_LOG_BYTES_MIN) / KT_LOG_SEGMENTS &
                             ~(uint64_t)(KT_LOG_BLOCK_BYTES - 1);
    kt_prng_t prng;

    if (options->log_bytes == 0 && !log->found)
        return kt_ok();
    if (store->page_bytes * 2 != KT_META_PAGES_BYTES)
        return kt_error(KT_FAILED_PRECONDITION, 0,
                        "the store's pages are not of 4,096 bytes: run it without a log");
    KT_TRY(kt_checkpoint_open(options->path, &log->checkpoint_fd));
    if (options->log_bytes == 0) {
        KT_TRY(make_clean(store));
        kt_lmdb_log_stop(store);
        kt_checkpoint_remove(options->path);
        kt_log_remove(options->path);
        return kt_ok();
    }
    log->on_wanted = options->wanted;
    log->wanted_context = options->wanted_context;
    kt_prng_seed_system(&prng);
    if (log->unclean) /* what was replayed must not need the log any more: it is begun anew */
        KT_TRY(make_clean(store));
    KT_TRY(allocate(log, segment_bytes));
    KT_TRY(kt_log_begin(&log->files, options->path, segment_bytes, kt_prng_next(&prng),
                        log->sealed_index + 1));
    KT_TRY(kt_lmdb_checkpoint_now(store));
    KT_TRY(kt_lmdb_status(mdb_env_set_flags(store->env, MDB_NOSYNC, 1)));
    log->on = true;
    return kt_ok();
}

void
kt_lmdb_log_init(lmdb_log_t *log)
{
    kt_log_init(&log->files);
    log->checkpoint_fd = -1;
    (void)pthread_mutex_init(&log->lock, NULL);
    (void)pthread_mutex_init(&log->writing, NULL);
    (void)pthread_cond_init(&log->changed, NULL);
}

/* The pins go before LMDB does. A store that failed is left as a crash would leave it. */
void
kt_lmdb_log_stop(lmdb_store_t *store)
{
    lmdb_log_t *log = &store->log;

    KT_ASSERT(!log->held);
    join_checkpoint(log);
    if (log->on && !log->failed && !kt_failed(log->stuck))
        kt_ignore(make_clean(store));
    if (log->pin)
        mdb_txn_abort(log->pin);
    log->pin = NULL;
}

void
kt_lmdb_log_fini(lmdb_log_t *log)
{
    kt_log_close(&log->files);
    if (log->checkpoint_fd >= 0)
        close(log->checkpoint_fd);
    if (log->redo)
        (void)munmap(log->redo, log->capacity);
    (void)pthread_cond_destroy(&log->changed);
    (void)pthread_mutex_destroy(&log->writing);
    (void)pthread_mutex_destroy(&log->lock);
}
