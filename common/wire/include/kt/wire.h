/*
 * wire.h: the head frame of proto/PROTOCOL.md. Pure: bytes in, fields out, and back.
 *
 * Everything that comes from a socket is checked here for shape alone; what a kind means where is
 * for the call machines. Nothing here allocates, and nothing borrows but `extra` from the decoded
 * frame.
 */
#ifndef KT_WIRE_H
#define KT_WIRE_H

#include <kt/span.h>
#include <kt/status.h>

#define KT_HEAD_BYTES             16
#define KT_TIMELINE_BYTES         16
#define KT_CALLER_BYTES_MAX       1024
#define KT_CALLER_TRACE_BYTES     24 /* of Caller.trace: a trace's id, and the broker's span */
#define KT_PATH_BYTES_MAX         200
#define KT_HEAD_BYTES_MAX         (KT_HEAD_BYTES + KT_PATH_BYTES_MAX + 1 + KT_CALLER_BYTES_MAX)
#define KT_META_BYTES_MAX         8192
#define KT_REGISTRATION_BYTES_MAX 65536 /* the meta of a REGISTER */
#define KT_BODY_BYTES_MAX         4194304
#define KT_TIMEOUT_MS_MAX         86400000
#define KT_TIMEOUT_MS_USUAL       30000
#define KT_STREAM_WINDOW          16 /* messages each side may send at first */
#define KT_FRAMES_MAX             3

/* A reason; it stands in kantor.rpc.v1.Reason under the same number. */
enum { KT_MALFORMED_FRAME = 2 };

typedef enum kt_kind {
    KT_CALL = 1,
    KT_MESSAGE = 2,
    KT_END = 3,
    KT_CANCEL = 4,
    KT_WINDOW = 5,
    KT_PING = 6,
    KT_PONG = 7,
    KT_REGISTER = 8,
    KT_DRAIN = 9,
} kt_kind_t;

#define KT_FLAG_LAST  0x01
#define KT_FLAG_AGAIN 0x02
#define KT_FLAG_KEPT  0x04 /* CALL: its trace is to be kept */

typedef struct kt_head {
    uint8_t kind; /* a kt_kind_t */
    uint8_t flags;
    uint32_t arg;
    uint64_t call_id;
    kt_span_t extra; /* CALL: the path (and caller); END: the timeline, or empty */
} kt_head_t;

typedef struct kt_timeline {
    uint32_t queued_us, waited_us, ran_us, committed_us;
} kt_timeline_t;

/* A pair of metadata that travels with a call. KEY is [a-z0-9._-]{1,64}; one that ends in "-bin"
 * holds any bytes, others UTF-8. */
typedef struct kt_metadata {
    const char *key;
    kt_span_t value;
} kt_metadata_t;

/* Decodes a head and checks magic, kind, length of the extra part for that kind, and that FRAMES
 * frames are what that kind has. INVALID_ARGUMENT with KT_MALFORMED_FRAME otherwise; texts are
 * literals. The shape of a CALL's path is not checked here (kt_path_valid): a malformed path is
 * answered, a malformed head is dropped. The body of a MESSAGE and the meta of a REGISTER are their
 * second frame; a MESSAGE of one frame has LAST. */
kt_status_t kt_head_decode(kt_span_t frame, unsigned frames, kt_head_t *head);
/* Writes the fixed 16 bytes. */
void kt_head_encode(const kt_head_t *head, uint8_t out[KT_HEAD_BYTES]);
/* Writes a whole head, extra included; OUT holds at least KT_HEAD_BYTES + head->extra.size. Returns
 * its size. */
size_t kt_head_encode_all(const kt_head_t *head, uint8_t *out);

void kt_timeline_encode(const kt_timeline_t *timeline, uint8_t out[KT_TIMELINE_BYTES]);
/* Zeros when EXTRA is empty; EXTRA of any other size than KT_TIMELINE_BYTES is a bug,
 * kt_head_decode refuses it. */
kt_timeline_t kt_timeline_decode(kt_span_t extra);

/* Splits the extra part of a CALL as an instance gets it: path, then a zero byte, then an encoded
 * Caller. False when there is no zero byte. */
bool kt_call_extra_split(kt_span_t extra, kt_span_t *path, kt_span_t *caller);
/* Whether PATH has the shape [department]/package.Service/Method with printable ASCII and no
 * blanks. */
bool kt_path_valid(kt_span_t path);

#endif
