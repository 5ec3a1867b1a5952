/* trace_file.h: a file of lines that grows to a limit and then makes room for a new one. */
#ifndef KT_TRACE_FILE_H
#define KT_TRACE_FILE_H

#include <kt/status.h>
#include <kt/tracer.h>

typedef struct kt_trace_file {
    char path[KT_TRACER_PATH_MAX + 1];
    uint64_t bytes_max, size;
    unsigned keep;
    int fd; /* -1: not open */
} kt_trace_file_t;

/* Opens PATH for appending. INVALID_ARGUMENT with the system's reason. */
kt_status_t
kt_trace_file_open(kt_trace_file_t *file, const char *path, uint64_t bytes_max, unsigned keep);
void kt_trace_file_close(kt_trace_file_t *file);
/* The file that PATH names now; on failure the one that was open stays. */
kt_status_t kt_trace_file_reopen(kt_trace_file_t *file);
/* Writes a whole LINE or nothing of it; turns the file over first when it would grow past its
 * limit. RESOURCE_EXHAUSTED for a line larger than the limit and a full disk, UNAVAILABLE for what
 * else the system says. */
kt_status_t kt_trace_file_write(kt_trace_file_t *file, const char *line, size_t size);

#endif
