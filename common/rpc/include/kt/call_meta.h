/*
 * call_meta.h: the metadata of a call (kantor/rpc/v1/call.proto) and of its end, encoded and
 * decoded without allocation.
 */
#ifndef KT_CALL_META_H
#define KT_CALL_META_H

#include <kt/span.h>
#include <kt/status.h>
#include <kt/trace.h>
#include <kt/ulid.h>

#define KT_PRINCIPAL_BYTES_MAX   64
#define KT_CALLER_ROLES_MAX      32
#define KT_ROLE_BYTES_MAX        48
#define KT_ON_BEHALF_BYTES_MAX   128
#define KT_METADATA_PAIRS_MAX    32
#define KT_STATUS_MESSAGE_MAX    1024
#define KT_STATUS_VIOLATIONS_MAX 16

/* The pair of metadata by which a department says what its journal is. */
#define KT_WITNESS_KEY "kantor-witness-bin"

/* CallMeta. The spans are borrowed from the frame. Other pairs of metadata are counted and passed
 * over. */
typedef struct kt_call_meta {
    kt_span_t key;    /* of any size: what a method makes of it is its own business */
    kt_trace_t trace; /* all zero: none; with an id and no span it begins with this call */
    kt_span_t on_behalf_of;
    kt_span_t witness; /* of KT_WITNESS_KEY; the last one, of any size; empty: none */
} kt_call_meta_t;

/* INVALID_ARGUMENT: MALFORMED_FRAME for what is no CallMeta, BAD_FIELD or NOT_UTF8 for
 * on_behalf_of. */
kt_status_t kt_call_meta_decode(kt_span_t meta, kt_call_meta_t *decoded);

/* Caller. The spans are borrowed from the frame. */
typedef struct kt_caller {
    kt_trace_t trace; /* where the broker keeps the call's trace: its own place in it; else none */
    kt_span_t principal;
    kt_span_t roles[KT_CALLER_ROLES_MAX];
    uint32_t roles_count;
} kt_caller_t;

/* INVALID_ARGUMENT with MALFORMED_FRAME for what the broker never sends. */
kt_status_t kt_caller_decode(kt_span_t bytes, kt_caller_t *caller);

/* What goes into a CallStatus. Texts are borrowed, and cut where they are longer than the protocol
 * allows. */
typedef struct kt_end {
    kt_status_t status;
    const char *reason; /* its name, or NULL */
    const char *domain;
    const char *const *fields; /* pairs: path, description; or NULL */
    uint32_t violations_count;
    int64_t retry_after_ms; /* -1: not said */
    bool outcome_unknown;
    const kt_ulid_t *key; /* with outcome_unknown; or NULL */
    bool replayed;
} kt_end_t;

/* Encodes a CallStatus into OUT; violations that do not fit any more are left out. Returns its
 * size: 0 for a plain OK. */
size_t kt_end_encode(const kt_end_t *end, uint8_t *out, size_t capacity);

#endif
