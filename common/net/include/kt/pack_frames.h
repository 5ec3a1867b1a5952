/*
 * pack_frames.h: the packed form of proto/PROTOCOL.md: small messages as one frame.
 *
 * CURVE encrypts, authenticates and queues frame by frame, which costs more than everything the
 * broker does with a small message: so messages for one peer that leave in one round travel
 * together. Their sizes are mostly the same, and their heads say nearly the same (method, caller,
 * timeout), so of each only that is sent which the message before does not say. Pure: frames in,
 * frames out.
 *
 *   'K' 'P', then for each message
 *     u8   how many frames it has (1 to 3); plus 4, 8, 16 where the size of the first, second,
 *          third is not what it was in the last message that had one
 *     u16  those sizes, big-endian
 *     u8   with how many bytes its head begins as the one before does
 *     u8   with how many it ends so
 *          what is left of the head, then the other frames
 */
#ifndef KT_PACK_FRAMES_H
#define KT_PACK_FRAMES_H

#include <kt/frame.h>

/* Of one message's frames together. Larger messages travel as they are: copying them would cost
 * more than their frames. */
#define KT_PACK_MESSAGE_BYTES_MAX 4096
/* Of a pack, all in all. */
#define KT_PACK_BYTES_MAX 16384

/* A longer head is told as it is, and so is the one behind it. */
#define KT_PACK_HEAD_BYTES_MAX 255

/* The message before, which the next one is told by; all zero before the first. */
typedef struct kt_pack_before {
    uint16_t sizes[3];                    /* of its frames; of those it has not, as they were */
    uint8_t head[KT_PACK_HEAD_BYTES_MAX]; /* where it is no longer than that */
} kt_pack_before_t;

/* A pack that is being filled. */
typedef struct kt_pack {
    size_t size;
    kt_pack_before_t before;
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

/* A pack that is being read; all zero: from its beginning. */
typedef struct kt_unpack {
    size_t at;
    kt_pack_before_t before;
} kt_unpack_t;

/* From the beginning of a pack. */
void kt_unpack_init(kt_unpack_t *unpack);

/* Makes MESSAGE (initialised; what it held is closed) out of the next message of a pack that was
 * checked; behind the last one UNPACK->at is the frame's size. RESOURCE_EXHAUSTED when memory is
 * out; MESSAGE is then empty, and the pack cannot be read on. */
kt_status_t kt_pack_next(kt_span_t frame, kt_unpack_t *unpack, kt_message_t *message);

#endif
