/* outcome.h: the meta frames as programs want them: CallMeta written, CallStatus read. */
#ifndef KT_OUTCOME_H
#define KT_OUTCOME_H

#include <kt/arena.h>
#include <kt/status.h>
#include <kt/trace.h>
#include <kt/ulid.h>
#include <kt/wire.h>
#include <protobuf-c/protobuf-c.h>

/* Pairs of metadata that the client sends with one call, encoded. */
#define KT_METADATA_BYTES_MAX     256
#define KT_METADATA_KEY_BYTES_MAX 64
/* What the client writes into a CallMeta: key, trace, on_behalf_of, each with tag and length, and
 * metadata. */
#define KT_CALL_META_BYTES_MAX                                                                     \
    (2 + KT_ULID_BYTES + 2 + KT_TRACEPARENT_CHARS + 3 + 128 + KT_METADATA_BYTES_MAX)

/* Encodes a CallMeta. KEY may be NULL; TRACE is a place in a trace, one without a span that begins
 * here, or none; ON_BEHALF_OF has at most 128 bytes and may be empty. Returns the size. */
size_t kt_call_meta_encode(const kt_ulid_t *key, const kt_trace_t *trace, kt_span_t on_behalf_of,
                           uint8_t out[KT_CALL_META_BYTES_MAX]);

/* What a pair of metadata takes in a CallMeta; more than KT_METADATA_BYTES_MAX when it is too long
 * for one. */
size_t kt_metadata_size(const kt_metadata_t *pair);
/* Appends a pair, of a size that kt_metadata_size allows, to a CallMeta. Returns its size. */
size_t kt_metadata_encode(const kt_metadata_t *pair, uint8_t *out);

/* Scans and unpacks what another process answered into ARENA: statuses as kt_scan and
 * kt_message_unpack. A response may hold more elements than a request. */
#define KT_RESPONSE_ELEMENTS_MAX 1048576
kt_status_t kt_response_read(kt_arena_t *arena, const ProtobufCMessageDescriptor *descriptor,
                             kt_span_t bytes, ProtobufCMessage **message);

/* The name of a reason of kantor.rpc.v1.Reason; NULL for 0 and for numbers that are none. */
const char *kt_reason_name(uint32_t reason);

typedef struct kt_outcome {
    kt_status_t status;        /* reason: the number when the domain is kantor.rpc, else 0 */
    const char *reason;        /* its name, "PERIOD_CLOSED", or NULL */
    const char *domain;        /* "kantor.finance", or NULL */
    const char *field;         /* the first field violation's path, or NULL */
    const char *field_problem; /* and its description */
    int64_t retry_after_ms;    /* -1: not said */
    bool unknown;
    bool replayed;
    bool has_key;
    kt_ulid_t key;
} kt_outcome_t;

/* Reads the meta frame of an END; empty means OK. Strings lie in ARENA. INVALID_ARGUMENT with
 * MALFORMED_FRAME when META is no CallStatus or its code is none. */
kt_status_t kt_outcome_read(kt_arena_t *arena, kt_span_t meta, kt_outcome_t *outcome);

#endif
