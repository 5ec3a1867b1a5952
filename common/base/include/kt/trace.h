/*
 * trace.h: trace context, as W3C Trace Context level 1 has it
 * (https://www.w3.org/TR/trace-context-1/): which trace a call belongs to, which part of it called,
 * and whether the trace is to be kept. Pure; who keeps traces is common/trace.
 */
#ifndef KT_TRACE_H
#define KT_TRACE_H

#include <kt/prng.h>
#include <kt/span.h>

#define KT_TRACE_ID_BYTES    16
#define KT_TRACE_SPAN_BYTES  8
#define KT_TRACE_ID_CHARS    (2 * KT_TRACE_ID_BYTES)
#define KT_TRACE_SPAN_CHARS  (2 * KT_TRACE_SPAN_BYTES)
#define KT_TRACEPARENT_CHARS 55
/* The chance to be kept, in parts of a million. */
#define KT_TRACE_ALWAYS 1000000

/* One place in a trace. All zero: none. Neither id of a place is zero. */
typedef struct kt_trace {
    uint8_t id[KT_TRACE_ID_BYTES];     /* of the whole trace */
    uint8_t span[KT_TRACE_SPAN_BYTES]; /* of its part: whose children others are */
    bool sampled;                      /* who keeps traces is to keep this one */
} kt_trace_t;

bool kt_trace_known(const kt_trace_t *trace);

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
/* Reads 2 * COUNT digits of lower-case hexadecimal that are not all zero. */
bool kt_trace_unhex(kt_span_t text, uint8_t *bytes, size_t count);

/* A new trace; sampled with the chance of PER_MILLION, by its id, so that all who keep the same
 * share keep the same traces. */
kt_trace_t kt_trace_new(kt_prng_t *prng, uint32_t per_million);
/* A place of its own in the same trace. */
void kt_trace_new_span(kt_prng_t *prng, kt_trace_t *trace);

#endif
