/*
 * pack_frames.h: the packed form of proto/PROTOCOL.md: small messages as one frame.
 *
 * CURVE encrypts, authenticates and queues frame by frame, which costs more than everything the
 * broker does with a small message: so messages for one peer that leave in one round travel
 * together. Pure: frames in, frames out.
 *
 *   'K' 'P' | for each message: u8 frames (1..3) | u16 size of each, big-endian | their bytes
 */
#ifndef KT_PACK_FRAMES_H
#define KT_PACK_FRAMES_H

#include <kt/frame.h>

/* Of one message's frames together. Larger messages travel as they are: copying them would cost
 * more than their frames. */
#define KT_PACK_MESSAGE_BYTES_MAX 4096
/* Of a pack, all in all. */
#define KT_PACK_BYTES_MAX 16384

/* A pack that is being filled. */
typedef struct kt_pack {
    size_t size;
    uint8_t bytes[KT_PACK_BYTES_MAX];
} kt_pack_t;

/* Empty. A pack without a message is never sent. */
void kt_pack_init(kt_pack_t *pack);

/* Whether MESSAGE is small enough to be packed. */
bool kt_packable(const kt_message_t *message);

/* Adds a packable message, which stays as it is; false when there is no room for it any more. An
 * empty pack has room for each. */
bool kt_pack_add(kt_pack_t *pack, const kt_message_t *message);

/* Whether the frame begins as a pack does. */
bool kt_is_pack(kt_span_t frame);

/* INVALID_ARGUMENT with KT_MALFORMED_FRAME for what kt_pack_add did not make. */
kt_status_t kt_pack_check(kt_span_t frame);

/* Makes MESSAGE (initialised; what it held is closed) out of the message at *AT (0: the first) of a
 * pack that was checked, and moves *AT to the next; at the end it is the frame's size.
 * RESOURCE_EXHAUSTED when memory is out; MESSAGE is then empty. */
kt_status_t kt_pack_next(kt_span_t frame, size_t *at, kt_message_t *message);

#endif
