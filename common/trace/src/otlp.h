/* otlp.h: spans as OTLP/JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding):
 * ids in hexadecimal, numbers of 64 bits as strings, enums as numbers. */
#ifndef KT_TRACE_OTLP_H
#define KT_TRACE_OTLP_H

#include <kt/tracer.h>

/* A span that owns what it holds. */
typedef struct kt_kept_span {
    kt_trace_t trace;
    uint8_t parent[KT_TRACE_SPAN_BYTES];
    kt_trace_kind_t kind;
    uint32_t code;
    int64_t from_us, to_us;
    char name[KT_TRACER_NAME_BYTES_MAX + 1];
    const char *keys[KT_TRACE_ATTRIBUTES_MAX];
    char values[KT_TRACE_ATTRIBUTES_MAX][KT_TRACE_VALUE_BYTES_MAX + 1];
} kt_kept_span_t;

void kt_kept_span_copy(const kt_trace_span_t *from, kt_kept_span_t *to);

/* One ExportTraceServiceRequest, with a line feed; the caller frees it. NULL when memory is out.
 * Of OPTIONS: service, version, instance. */
char *kt_otlp_line(const kt_tracer_options_t *options, const kt_kept_span_t *spans, unsigned count,
                   size_t *size);

#endif
