/* lives.h (private): which life the department's store is in, and its lives as others are told. */
#ifndef KT_SERVICE_LIVES_H
#define KT_SERVICE_LIVES_H

#include <kantor/store/v1/store.kt.h>
#include <kt/call.h>
#include <kt/lives.h>

struct kt_shell;

/* Once the store is open: names its first life if it is new, and loads shell->life. */
kt_status_t kt_shell_live(struct kt_shell *shell);

/* All lives, as TXN of the call sees them, in its arena. RECORDS: with the journal's records of
 * them. */
kt_status_t kt_lives_to_pb(kt_call_t *call, bool records, size_t *n, store_life_t ***list);
/* BYTES, copied into the call's arena. */
kt_status_t kt_bytes_to_pb(kt_call_t *call, kt_span_t bytes, ProtobufCBinaryData *out);
/* An id of a life as the wire has it: 16 bytes, in the call's arena. */
kt_status_t kt_life_id_to_pb(kt_call_t *call, const kt_ulid_t *id, ProtobufCBinaryData *out);

#endif
