#include "disk_recorder.h"

#include "testing.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES_MAX  8
#define PAGE_BYTES ((size_t)4096)

/* Libraries find it before the system's own. */
#define SEEN_BY_ALL __attribute__((visibility("default")))

typedef enum kind { WRITTEN, CUT, FLUSHED } kind_t;

typedef struct event {
    kind_t kind;
    bool durable; /* WRITTEN through O_DSYNC */
    unsigned file;
    uint64_t at;
    size_t size;
    uint8_t *bytes;
} event_t;

static struct {
    pthread_mutex_t lock;
    bool on;
    char folder[PATH_MAX];
    char names[FILES_MAX][64];
    unsigned files;
    event_t *events;
    size_t count, capacity;
} recorder = {.lock = PTHREAD_MUTEX_INITIALIZER};

void
disk_stop(void)
{
    pthread_mutex_lock(&recorder.lock);
    recorder.on = false;
    pthread_mutex_unlock(&recorder.lock);
}

size_t
disk_now(void)
{
    pthread_mutex_lock(&recorder.lock);
    size_t count = recorder.count;
    pthread_mutex_unlock(&recorder.lock);
    return count;
}

void
disk_forget(void)
{
    for (size_t i = 0; i < recorder.count; i++)
        free(recorder.events[i].bytes);
    free(recorder.events);
    recorder.events = NULL;
    recorder.count = recorder.capacity = 0;
    recorder.files = 0;
}

/* ---- recording ---- */

/* The number of the file behind FD if it lies in the folder; the lock is held. */
static bool
file_of(int fd, unsigned *file)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (!recorder.on || size <= 0)
        return false;
    path[size] = '\0';
    size_t folder = strlen(recorder.folder);
    if (strncmp(path, recorder.folder, folder) != 0 || path[folder] != '/')
        return false;
    const char *name = path + folder + 1;
    for (*file = 0; *file < recorder.files; ++*file)
        if (strcmp(recorder.names[*file], name) == 0)
            return true;
    assert_true(recorder.files < FILES_MAX);
    snprintf(recorder.names[recorder.files++], sizeof recorder.names[0], "%s", name);
    return true;
}

static void
note(int fd, kind_t kind, uint64_t at, const void *bytes, size_t size)
{
    unsigned file;
    pthread_mutex_lock(&recorder.lock);
    if (file_of(fd, &file)) {
        if (recorder.count == recorder.capacity) {
            recorder.capacity = recorder.capacity ? 2 * recorder.capacity : 1024;
            recorder.events = realloc(recorder.events, recorder.capacity * sizeof(event_t));
            assert_non_null(recorder.events);
        }
        event_t *event = &recorder.events[recorder.count++];
        *event = (event_t){.kind = kind, .file = file, .at = at, .size = size};
        event->durable = kind == WRITTEN && (fcntl(fd, F_GETFL) & O_DSYNC) != 0;
        if (size > 0 && bytes) {
            event->bytes = malloc(size);
            assert_non_null(event->bytes);
            memcpy(event->bytes, bytes, size);
        }
    }
    pthread_mutex_unlock(&recorder.lock);
}

/* What is there already is on disk. */
static void
note_file(const char *name)
{
    char path[PATH_MAX];
    struct stat status;
    snprintf(path, sizeof path, "%.3000s/%s", recorder.folder, name);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &status) == 0);
    uint8_t *bytes = malloc((size_t)status.st_size + 1);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, (size_t)status.st_size), status.st_size);
    note(fd, WRITTEN, 0, bytes, (size_t)status.st_size);
    note(fd, FLUSHED, 0, NULL, 0);
    free(bytes);
    close(fd);
}

void
disk_record(const char *folder)
{
    assert_non_null(realpath(folder, recorder.folder));
    recorder.on = true;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (entry->d_type == DT_REG && strcmp(entry->d_name, "lock.mdb") != 0)
            note_file(entry->d_name);
    closedir(directory);
}

/* A write counts from before it happened, a flush from after it: so nothing is taken to be on disk
 * that might not be. */
SEEN_BY_ALL ssize_t
pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    note(fd, WRITTEN, (uint64_t)at, bytes, size);
    return syscall(SYS_pwrite64, fd, bytes, size, at);
}

SEEN_BY_ALL ssize_t
pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    return pwrite(fd, bytes, size, at);
}

SEEN_BY_ALL ssize_t
writev(int fd, const struct iovec *parts, int count)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    for (int i = 0; at >= 0 && i < count; i++) {
        note(fd, WRITTEN, (uint64_t)at, parts[i].iov_base, parts[i].iov_len);
        at += (off_t)parts[i].iov_len;
    }
    return syscall(SYS_writev, fd, parts, count);
}

SEEN_BY_ALL int
ftruncate(int fd, off_t size)
{
    note(fd, CUT, (uint64_t)size, NULL, 0);
    return (int)syscall(SYS_ftruncate, fd, size);
}

SEEN_BY_ALL int
fsync(int fd)
{
    int rc = (int)syscall(SYS_fsync, fd);
    note(fd, FLUSHED, 0, NULL, 0);
    return rc;
}

SEEN_BY_ALL int
fdatasync(int fd)
{
    int rc = (int)syscall(SYS_fdatasync, fd);
    note(fd, FLUSHED, 0, NULL, 0);
    return rc;
}

/* ---- images ---- */

typedef struct content {
    uint8_t *bytes;
    size_t size;
} content_t;

static void
put(content_t *content, uint64_t at, const uint8_t *bytes, size_t size)
{
    if (at + size > content->size) {
        content->bytes = realloc(content->bytes, at + size);
        assert_non_null(content->bytes);
        memset(content->bytes + content->size, 0, at + size - content->size);
        content->size = at + size;
    }
    memcpy(content->bytes + at, bytes, size);
}

/* The pages of a write that made it by chance: all, none, or some. */
static void
put_some(content_t *content, const event_t *event, kt_prng_t *prng, uint64_t chance)
{
    for (size_t from = 0; from < event->size;) {
        size_t size = KT_MIN(PAGE_BYTES - (event->at + from) % PAGE_BYTES, event->size - from);
        if (kt_prng_below(prng, 100) < chance)
            put(content, event->at + from, event->bytes + from, size);
        from += size;
    }
}

static void
image_of(unsigned file, size_t moment, kt_prng_t *prng, const char *to)
{
    content_t content = {0};
    size_t flushed = 0;
    bool there = false;
    uint64_t chance = kt_prng_below(prng, 5) * 25; /* of a page that was not flushed */
    for (size_t i = 0; i < moment; i++)
        if (recorder.events[i].file == file && recorder.events[i].kind == FLUSHED)
            flushed = i;
    for (size_t i = 0; i < moment; i++) {
        const event_t *event = &recorder.events[i];
        if (event->file != file)
            continue;
        there = true;
        if (event->kind == CUT)
            content.size = KT_MIN(content.size, event->at);
        /* The last event may be a durable write that had not returned yet. */
        else if (event->kind == WRITTEN && (i < flushed || (event->durable && i + 1 < moment)))
            put(&content, event->at, event->bytes, event->size);
        else if (event->kind == WRITTEN)
            put_some(&content, event, prng, chance);
    }
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.3000s/%s", to, recorder.names[file]);
    if (there) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        if (content.size > 0)
            assert_int_equal(fwrite(content.bytes, 1, content.size, out), content.size);
        fclose(out);
    }
    free(content.bytes);
}

void
disk_image(size_t moment, kt_prng_t *prng, const char *to)
{
    assert_true(moment <= recorder.count);
    for (unsigned file = 0; file < recorder.files; file++)
        image_of(file, moment, prng, to);
}
