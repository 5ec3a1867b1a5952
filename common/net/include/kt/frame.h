/*
 * frame.h: an owned frame and a message of up to three. What the layers hand each other, so that a
 * large body is moved from socket to socket and never copied. Short frames allocate nothing, those
 * of usual sizes nothing in the steady state.
 */
#ifndef KT_FRAME_H
#define KT_FRAME_H

#include <kt/span.h>
#include <kt/status.h>

typedef struct kt_frame {
    _Alignas(8) uint8_t opaque[64];
} kt_frame_t;

/* An empty frame. Every frame is initialised once and closed once; closing what was moved away is
 * fine. */
void kt_frame_init(kt_frame_t *frame);
/* A frame of SIZE bytes to be filled through kt_frame_bytes; RESOURCE_EXHAUSTED when memory is out.
 */
kt_status_t kt_frame_init_size(kt_frame_t *frame, size_t size);
kt_status_t kt_frame_init_copy(kt_frame_t *frame, kt_span_t bytes);
/* A frame over memory of the caller, given back through RELEASE(data, context) when the last user
 * is done, from any thread. */
kt_status_t kt_frame_init_borrow(kt_frame_t *frame, kt_span_t bytes,
                                 void (*release)(void *data, void *context), void *context);
void kt_frame_close(kt_frame_t *frame);
/* TO (initialised) takes over what FROM has; FROM is empty afterwards. */
void kt_frame_move(kt_frame_t *to, kt_frame_t *from);
/* TO (initialised) becomes a second holder of FROM's bytes: short frames are copied, longer ones
 * counted. Neither may be written to from now on. RESOURCE_EXHAUSTED when memory is out; FROM keeps
 * what it has. */
kt_status_t kt_frame_share(kt_frame_t *to, kt_frame_t *from);
/* Borrowed until the frame is moved or closed. */
kt_span_t kt_frame_span(const kt_frame_t *frame);
uint8_t *kt_frame_bytes(kt_frame_t *frame);

/* Gives back the memory of closed frames that this thread keeps for its next ones (less than 1
 * MiB); a thread's end does so by itself. */
void kt_frames_trim(void);

typedef struct kt_message {
    kt_frame_t frames[3];
    unsigned count;
} kt_message_t;

enum { KT_FRAME_HEAD, KT_FRAME_META, KT_FRAME_BODY };

/* All three frames empty, count 0. */
void kt_message_init(kt_message_t *message);
void kt_message_close(kt_message_t *message);
void kt_message_move(kt_message_t *to, kt_message_t *from);
/* Bytes of all frames. */
size_t kt_message_size(const kt_message_t *message);

#endif
