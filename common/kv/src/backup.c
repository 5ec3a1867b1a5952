/* Backups: a compacted copy through a pipe, so that it can be watched and stopped, then flushed,
 * read back, named. */
#include "backend.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIPE_BYTES (1 << 20)
#define PARTIAL    ".partial"

typedef struct backup {
    kt_kv_t *store;
    char folder[PATH_MAX]; /* "TO.partial" until it is whole */
    char file[PATH_MAX];
    kt_kv_progress_t progress;
    void *context;
    uint64_t done, half;
} backup_t;

typedef struct copier {
    kt_kv_t *store;
    int fd; /* the pipe's writing end */
    kt_status_t status;
} copier_t;

static void *
run_copier(void *argument)
{
    copier_t *copier = (copier_t *)argument;

    copier->status = copier->store->backend->copy(copier->store, copier->fd);
    close(copier->fd);
    return NULL;
}

static kt_status_t
report(backup_t *b, uint64_t more)
{
    b->done += more;
    /* The estimate of what there is to do comes from before the copy; never show more than all. */
    if (b->progress && !b->progress(b->context, KT_MIN(b->done, 2 * b->half), 2 * b->half))
        return kt_error(KT_CANCELLED, 0, "the backup was cancelled");
    return kt_ok();
}

static kt_status_t
write_all(int fd, const uint8_t *bytes, size_t size, const char *path)
{
    for (size_t at = 0; at < size;) {
        ssize_t written = write(fd, bytes + at, size - at);
        if (written < 0 && errno != EINTR)
            return kt_folder_error("cannot write", path, errno);
        at += written > 0 ? (size_t)written : 0;
    }
    return kt_ok();
}

/* Moves the copy from the pipe to the file until the copier closes its end. */
static kt_status_t
receive(backup_t *b, int from, int to)
{
    uint8_t buffer[65536];

    for (;;) {
        ssize_t got = read(from, buffer, sizeof(buffer));
        if (got == 0)
            return kt_ok();
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return kt_folder_error("cannot read the copy for", b->file, errno);
        KT_TRY(write_all(to, buffer, (size_t)got, b->file));
        KT_TRY(report(b, (uint64_t)got));
    }
}

static kt_status_t
copy_through_pipe(backup_t *b, int file)
{
    int ends[2];
    pthread_t thread;
    copier_t copier = {.store = b->store};

    if (pipe2(ends, O_CLOEXEC) != 0)
        return kt_folder_error("cannot make a pipe for", b->file, errno);
    fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* larger is faster; smaller works too */
    copier.fd = ends[1];
    int error = pthread_create(&thread, NULL, run_copier, &copier);
    if (error != 0) {
        close(ends[0]);
        close(ends[1]);
        return kt_folder_error("cannot start a thread for", b->file, error);
    }
    kt_status_t received = receive(b, ends[0], file);
    close(ends[0]); /* a copier that still writes ends here, with EPIPE */
    pthread_join(thread, NULL);
    KT_TRY(received);
    return copier.status;
}

static kt_status_t
copy_file(backup_t *b)
{
    int file = open(b->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (file < 0)
        return kt_folder_error("cannot make", b->file, errno);
    kt_status_t status = copy_through_pipe(b, file);
    if (!kt_failed(status) && fsync(file) != 0)
        status = kt_folder_error("cannot flush", b->file, errno);
    close(file);
    KT_TRY(status);
    return kt_folder_sync(b->folder);
}

static kt_status_t
read_table(backup_t *b, kt_txn_t *txn, uint32_t table)
{
    kt_cursor_t *cursor KT_CLEANUP(kt_kv_cursor_close) = NULL;
    kt_span_t key, value;
    uint64_t unreported = 0;

    KT_TRY(kt_kv_cursor(txn, table, &cursor));
    kt_status_t status = kt_cursor_first(cursor, &key, &value);
    for (; !kt_failed(status); status = kt_cursor_next(cursor, &key, &value)) {
        unreported += key.size + value.size;
        if (unreported >= PIPE_BYTES) {
            KT_TRY(report(b, unreported));
            unreported = 0;
        }
    }
    if (status.code != KT_NOT_FOUND)
        return status;
    return report(b, unreported);
}

/* Reads every record of the copy, which checks every checksum. */
static kt_status_t
read_back(backup_t *b)
{
    kt_kv_t *copy KT_CLEANUP(kt_kv_close) = NULL;
    kt_kv_options_t options = {
        .path = b->folder,
        .service = b->store->service,
        .format = b->store->format,
        .tables = b->store->tables,
        .tables_count = b->store->tables_count,
        .read_only = true,
    };
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL; /* runs first: after COPY was declared */

    b->done = b->half;
    KT_TRY(kt_kv_open_lmdb(&options, &copy));
    KT_TRY(kt_kv_begin_read(copy, &txn));
    for (uint32_t i = 0; i < options.tables_count; i++)
        KT_TRY(read_table(b, txn, i));
    return kt_ok();
}

static kt_status_t
make_partial(backup_t *b)
{
    kt_folder_remove(b->folder); /* what a backup that was killed has left */
    if (mkdir(b->folder, 0700) != 0)
        return kt_folder_error("cannot make the folder", b->folder, errno);
    KT_TRY(copy_file(b));
    return read_back(b);
}

static kt_status_t
name_it(backup_t *b, const char *to)
{
    char parent[PATH_MAX];

    KT_TRY(kt_folder_join(b->folder, "..", parent, sizeof(parent)));
    int folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return kt_folder_error("cannot open", parent, errno);
    int error = rename(b->folder, to) != 0 ? errno : 0;
    if (!error && fsync(folder) != 0) {
        error = errno;
        kt_folder_remove(to); /* a name that may vanish with the power is none */
    }
    close(folder);
    return error ? kt_folder_error("cannot name the backup", to, error) : kt_ok();
}

static kt_status_t
make(backup_t *b, const char *to)
{
    kt_kv_stat_t stat;

    int size = snprintf(b->folder, sizeof(b->folder), "%s%s", to, PARTIAL);
    if (size < 0 || (size_t)size >= sizeof(b->folder))
        return kt_error(KT_INVALID_ARGUMENT, 0, "the backup's path is too long");
    KT_TRY(kt_folder_join(b->folder, KT_DATA_FILE, b->file, sizeof(b->file)));
    if (access(to, F_OK) == 0)
        return kt_error(KT_ALREADY_EXISTS, 0,
                        kt_kv_text("the backup's name is taken", "%s is there already", to));
    KT_TRY(kt_kv_stat(b->store, &stat));
    b->half = stat.used_bytes;
    kt_status_t status = make_partial(b);
    if (!kt_failed(status))
        status = name_it(b, to);
    if (kt_failed(status))
        kt_folder_remove(b->folder);
    return status;
}

kt_status_t
kt_kv_backup(kt_kv_t *store, const char *to, kt_kv_progress_t progress, void *context)
{
    backup_t b = {.store = store, .progress = progress, .context = context};

    if (!store->backend->copy)
        return kt_error(KT_UNIMPLEMENTED, 0, "a store in memory has no backup");
    if (atomic_exchange(&store->copying, true))
        return kt_error(KT_FAILED_PRECONDITION, 0, "another backup of the store is being made");
    kt_status_t status = make(&b, to);
    atomic_store(&store->copying, false);
    return status;
}
