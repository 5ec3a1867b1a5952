/*
 * pack_frames.h: the packed form of proto/PROTOCOL.md: a small message of several frames as one
 * frame.
 *
 * CURVE encrypts and authenticates frame by frame, which costs more than everything the broker does
 * with a small message. Pure: frames in, frames out.
 *
 *   'K' 'P' | u8 count (2..3) | u8 0 | u16 size of each frame, big-endian | the frames' bytes
 */
#ifndef KT_PACK_FRAMES_H
#define KT_PACK_FRAMES_H

#include <kt/frame.h>

/* Larger messages travel as they are: copying them would cost more than their frames. */
#define KT_PACKED_BYTES_MAX 4096

/* Whether the frame begins as a packed message does. */
bool kt_frames_packed(kt_span_t frame);

/* Whether MESSAGE has more than one frame and is small enough to be packed. */
bool kt_frames_packable(const kt_message_t *message);

/* Makes PACKED (initialised; what it held is closed) out of a packable message, which stays as it
 * is. RESOURCE_EXHAUSTED when memory is out. */
kt_status_t kt_frames_pack(const kt_message_t *message, kt_frame_t *packed);

/* Makes MESSAGE (initialised; what it held is closed) out of a packed frame. INVALID_ARGUMENT when
 * the sizes do not add up to the frame, RESOURCE_EXHAUSTED when memory is out; MESSAGE is then
 * empty. */
kt_status_t kt_frames_unpack(kt_span_t packed, kt_message_t *message);

#endif
