/*
 * tracer.h: keeps spans in a file, as OpenTelemetry's file exporter does
 * (https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/): each line is one
 * ExportTraceServiceRequest in OTLP/JSON.
 *
 * Spans are copied into a bounded ring and written by a thread of the tracer's own, at the latest
 * KT_TRACER_FLUSH_MS later. When the ring is full, the disk is full, or the file cannot be turned
 * over, spans are dropped and counted, and nobody waits.
 */
#ifndef KT_TRACER_H
#define KT_TRACER_H

#include <kt/status.h>
#include <kt/trace.h>

#define KT_TRACER_RING_SPANS     4096
#define KT_TRACER_LINE_SPANS     128 /* in one line at most */
#define KT_TRACER_FLUSH_MS       200
#define KT_TRACER_BYTES_MIN      65536
#define KT_TRACER_BYTES_USUAL    (UINT64_C(64) << 20)
#define KT_TRACER_KEEP_USUAL     1
#define KT_TRACER_KEEP_MAX       100
#define KT_TRACER_PATH_MAX       4000
#define KT_TRACER_NAME_BYTES_MAX 208 /* bytes of a span's name; longer ones are cut */

typedef struct kt_tracer kt_tracer_t;

typedef struct kt_tracer_options {
    const char *path;     /* appended to, made when absent */
    uint64_t bytes_max;   /* a file that a line would make larger becomes PATH.1 first; 0: usual */
    unsigned keep;        /* of those, the newest so many: PATH.1 .. PATH.KEEP */
    uint32_t per_million; /* of the traces that begin here */
    /* What stands for the process: service.name, service.version, service.instance.id. */
    const char *service, *version, *instance;
} kt_tracer_options_t;

/* Opens the file and starts the thread. INVALID_ARGUMENT when the file cannot be opened (the text
 * says why), RESOURCE_EXHAUSTED when memory or threads are out. The strings are copied. The caller
 * destroys it. */
kt_status_t kt_tracer_new(const kt_tracer_options_t *options, kt_tracer_t **tracer);
/* Writes what is left, and closes. No span may come any more. */
void kt_tracer_destroy(kt_tracer_t **tracer);
/* Where spans go; borrowed from the tracer. NULL for a NULL tracer. */
const kt_trace_sink_t *kt_tracer_sink(kt_tracer_t *tracer);
/* Opens the file anew, for one that was moved away (logrotate). Any thread; a NULL tracer is fine.
 */
void kt_tracer_reopen(kt_tracer_t *tracer);

typedef struct kt_tracer_stat {
    uint64_t written, dropped; /* spans */
} kt_tracer_stat_t;
/* Any thread; zeros for a NULL tracer. */
kt_tracer_stat_t kt_tracer_stat(const kt_tracer_t *tracer);

#endif
