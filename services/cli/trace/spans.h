/* spans.h: reads what programs kept of one trace (OTLP/JSON, a request a line). */
#ifndef CLI_TRACE_SPANS_H
#define CLI_TRACE_SPANS_H

#include "../cli.h"

#define TRACE_SPANS_MAX 100000 /* of one trace; what comes later is left out, and said */

typedef struct trace_span {
    uint8_t id[KT_TRACE_SPAN_BYTES], parent[KT_TRACE_SPAN_BYTES]; /* parent zero: none */
    char *name, *service;                                         /* heap */
    int64_t begin_ns, end_ns;
    uint32_t code;
} trace_span_t;

typedef struct trace_spans {
    trace_span_t *items;
    size_t count, room;
    bool more; /* there were more than TRACE_SPANS_MAX */
} trace_spans_t;

/* Adds the spans of trace ID in the file PATH. An exit code after saying what is wrong with it; a
 * line of a file that is not written to its end counts as none. */
int trace_spans_read(cli_t *cli, const char *path, const uint8_t id[KT_TRACE_ID_BYTES],
                     trace_spans_t *spans);
void trace_spans_free(trace_spans_t *spans);

#endif
