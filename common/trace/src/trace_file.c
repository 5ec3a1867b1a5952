#include "trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE        0640 /* for who collects it */
#define SUFFIX_ROOM 16

static kt_status_t
system_says(kt_code_t code)
{
    return kt_error(code, 0, strerrordesc_np(errno));
}

/* Opens it beside the one that is open, and takes its place. */
kt_status_t
kt_trace_file_reopen(kt_trace_file_t *file)
{
    int fd = open(file->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, MODE);
    struct stat stat;

    if (fd < 0 || fstat(fd, &stat) != 0) {
        kt_status_t status = system_says(KT_INVALID_ARGUMENT);
        if (fd >= 0)
            (void)close(fd);
        return status;
    }
    kt_trace_file_close(file);
    file->fd = fd;
    file->size = S_ISREG(stat.st_mode) ? (uint64_t)stat.st_size : 0;
    return kt_ok();
}

kt_status_t
kt_trace_file_open(kt_trace_file_t *file, const char *path, uint64_t bytes_max, unsigned keep)
{
    *file = (kt_trace_file_t){.bytes_max = bytes_max, .keep = keep, .fd = -1};
    if (strlen(path) > KT_TRACER_PATH_MAX)
        return kt_error(KT_INVALID_ARGUMENT, 0, "the path is too long");
    (void)snprintf(file->path, sizeof(file->path), "%s", path);
    return kt_trace_file_reopen(file);
}

void
kt_trace_file_close(kt_trace_file_t *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    file->fd = -1;
}

/* PATH.1 becomes PATH.2 and so on, PATH becomes PATH.1; what is past KEEP is overwritten. */
static kt_status_t
turn_over(kt_trace_file_t *file)
{
    char from[KT_TRACER_PATH_MAX + SUFFIX_ROOM], to[KT_TRACER_PATH_MAX + SUFFIX_ROOM];

    if (file->keep == 0 && unlink(file->path) != 0)
        return system_says(KT_UNAVAILABLE);
    for (unsigned i = file->keep; i > 0; i--) {
        (void)snprintf(to, sizeof(to), "%s.%u", file->path, i);
        (void)snprintf(from, sizeof(from), i > 1 ? "%s.%u" : "%s", file->path, i - 1);
        if (rename(from, to) != 0 && (i == 1 || errno != ENOENT))
            return system_says(KT_UNAVAILABLE);
    }
    return kt_trace_file_reopen(file);
}

kt_status_t
kt_trace_file_write(kt_trace_file_t *file, const char *line, size_t size)
{
    ssize_t written;

    if (size > file->bytes_max)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "a line larger than the file may be");
    if (file->size > 0 && file->size + size > file->bytes_max)
        KT_TRY(turn_over(file));
    do
        written = write(file->fd, line, size);
    while (written < 0 && errno == EINTR);
    if (written == (ssize_t)size) {
        file->size += size;
        return kt_ok();
    }
    kt_status_t status = written < 0
                             ? system_says(errno == ENOSPC ? KT_RESOURCE_EXHAUSTED : KT_UNAVAILABLE)
                             : kt_error(KT_RESOURCE_EXHAUSTED, 0, "the disk is full");
    /* Half a line would spoil the next one. Where even that fails, it is only this line. */
    if (written > 0 && ftruncate(file->fd, (off_t)file->size) != 0)
        file->size += (uint64_t)written;
    return status;
}
