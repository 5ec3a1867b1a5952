/*
 * trace.h: trace context, as W3C Trace Context level 1 has it
 * (https://www.w3.org/TR/trace-context-1/): which trace a call belongs to, which part of it called,
 * and whether the trace is to be kept. And what is kept of a part of a trace, a span in the words
 * of OpenTelemetry (a kt_span_t is another thing). Pure; who keeps them is common/trace.
 */
#ifndef KT_TRACE_H
#define KT_TRACE_H

#include <kt/span.h>

struct kt_prng;

#define KT_TRACE_ID_BYTES    16
#define KT_TRACE_SPAN_BYTES  8
#define KT_TRACE_ID_CHARS    (2 * KT_TRACE_ID_BYTES)
#define KT_TRACE_SPAN_CHARS  (2 * KT_TRACE_SPAN_BYTES)
#define KT_TRACEPARENT_CHARS 55
/* The chance to be kept, in parts of a million. */
#define KT_TRACE_ALWAYS 1000000

/* One place in a trace. All zero: none. Neither id of a place is zero; a trace of which nobody has
 * a span yet has none, and is not sampled. */
typedef struct kt_trace {
    _Alignas(8) uint8_t id[KT_TRACE_ID_BYTES]; /* of the whole trace */
    uint8_t span[KT_TRACE_SPAN_BYTES];         /* of its part: whose children others are */
    bool sampled;                              /* who keeps traces is to keep this one */
} kt_trace_t;

bool kt_trace_known(const kt_trace_t *trace);
/* Whether it is a place: its span has an id, too. */
bool kt_trace_placed(const kt_trace_t *trace);

/* Reads a traceparent. False, and TRACE is all zero: it is none, and whoever got it begins a trace
 * of its own (section 4.3). A version past 00 is read as far as 00 goes, and becomes 00 when it is
 * handed on (section 3.2.4); flags but `sampled` are dropped. */
bool kt_trace_parse(kt_span_t text, kt_trace_t *trace);
/* Writes the traceparent, version 00, and a NUL. */
void kt_trace_format(const kt_trace_t *trace, char out[KT_TRACEPARENT_CHARS + 1]);
/* Writes ids as they stand in logs: empty for a trace that is none. */
void kt_trace_format_ids(const kt_trace_t *trace, char id[KT_TRACE_ID_CHARS + 1],
                         char span[KT_TRACE_SPAN_CHARS + 1]);
/* Lower-case hexadecimal of COUNT bytes, without a NUL. */
void kt_trace_hex(const uint8_t *bytes, size_t count, char *out);
/* Reads 2 * COUNT digits of lower-case hexadecimal that are not all zero, COUNT as an id has. */
bool kt_trace_unhex(kt_span_t text, uint8_t *bytes, size_t count);

/* A new trace; sampled with the chance of PER_MILLION, by its id, so that all who keep the same
 * share keep the same traces. One that is not has no span yet. */
kt_trace_t kt_trace_new(struct kt_prng *prng, uint32_t per_million);
/* A place of its own in the same trace. */
void kt_trace_new_span(struct kt_prng *prng, kt_trace_t *trace);

/* ---- what is kept ---- */

#define KT_TRACE_ATTRIBUTES_MAX  2
#define KT_TRACE_VALUE_BYTES_MAX 64

/* OpenTelemetry's numbers. */
typedef enum kt_trace_kind {
    KT_TRACE_INTERNAL = 1,
    KT_TRACE_SERVER = 2, /* a call as who was called saw it */
    KT_TRACE_CLIENT = 3, /* as who called */
} kt_trace_kind_t;

/* KEY is a literal of the program; of VALUE, one of ours and never of a caller, the first
 * KT_TRACE_VALUE_BYTES_MAX are kept. */
typedef struct kt_trace_attribute {
    const char *key, *value;
} kt_trace_attribute_t;

/* One part of a trace, when it has ended. What it borrows is copied. It holds nothing of a call's
 * request, answer, metadata or key. */
typedef struct kt_trace_span {
    kt_trace_t trace;                    /* its own place */
    uint8_t parent[KT_TRACE_SPAN_BYTES]; /* all zero: the trace begins here */
    kt_trace_kind_t kind;
    const char *name;       /* a method's path, as it is called; INTERNAL: any name */
    int64_t from_us, to_us; /* wall time */
    uint32_t code;          /* how a call ended; 0 for an INTERNAL one */
    kt_trace_attribute_t attributes[KT_TRACE_ATTRIBUTES_MAX]; /* those with a NULL key are none */
} kt_trace_span_t;

/* Where they go. KEEP may be called by any thread, takes no longer than a copy, and may drop. */
typedef struct kt_trace_sink {
    void *context;
    void (*keep)(void *context, const kt_trace_span_t *span);
    uint32_t per_million; /* of the traces that begin here */
} kt_trace_sink_t;

#endif
