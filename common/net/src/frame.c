/* Frames are zmq_msg_t in disguise, so that moving one to a socket costs nothing. */
#include <kt/frame.h>
#include <zmq.h>

_Static_assert(sizeof(kt_frame_t) == sizeof(zmq_msg_t), "a frame is a zmq_msg_t");
_Static_assert(_Alignof(kt_frame_t) >= _Alignof(zmq_msg_t), "aligned as a zmq_msg_t");

static zmq_msg_t *
msg_of(kt_frame_t *frame)
{
    return (zmq_msg_t *)(void *)frame;
}

/* libzmq's getters of data are not const, though they change nothing. */
static zmq_msg_t *
msg_of_const(const kt_frame_t *frame)
{
    return (zmq_msg_t *)(uintptr_t)frame;
}

void
kt_frame_init(kt_frame_t *frame)
{
    (void)zmq_msg_init(msg_of(frame)); /* cannot fail */
}

static kt_status_t
no_memory(kt_frame_t *frame)
{
    kt_frame_init(frame);
    return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a frame");
}

kt_status_t
kt_frame_init_size(kt_frame_t *frame, size_t size)
{
    return zmq_msg_init_size(msg_of(frame), size) == 0 ? kt_ok() : no_memory(frame);
}

kt_status_t
kt_frame_init_copy(kt_frame_t *frame, kt_span_t bytes)
{
    KT_TRY(kt_frame_init_size(frame, bytes.size));
    if (bytes.size > 0)
        memcpy(kt_frame_bytes(frame), bytes.data, bytes.size);
    return kt_ok();
}

kt_status_t
kt_frame_init_borrow(kt_frame_t *frame, kt_span_t bytes, void (*release)(void *data, void *context),
                     void *context)
{
    void *data = (void *)(uintptr_t)bytes.data; /* libzmq only reads it */
    int rc = zmq_msg_init_data(msg_of(frame), data, bytes.size, release, context);
    return rc == 0 ? kt_ok() : no_memory(frame);
}

void
kt_frame_close(kt_frame_t *frame)
{
    (void)zmq_msg_close(msg_of(frame)); /* fails only on what was never initialised */
    kt_frame_init(frame);
}

void
kt_frame_move(kt_frame_t *to, kt_frame_t *from)
{
    int rc = zmq_msg_move(msg_of(to), msg_of(from));
    KT_ASSERT(rc == 0);
}

kt_status_t
kt_frame_share(kt_frame_t *to, kt_frame_t *from)
{
    if (zmq_msg_copy(msg_of(to), msg_of(from)) != 0)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a frame");
    return kt_ok();
}

kt_span_t
kt_frame_span(const kt_frame_t *frame)
{
    zmq_msg_t *msg = msg_of_const(frame);
    return kt_span(zmq_msg_data(msg), zmq_msg_size(msg));
}

uint8_t *
kt_frame_bytes(kt_frame_t *frame)
{
    return (uint8_t *)zmq_msg_data(msg_of(frame));
}

void
kt_message_init(kt_message_t *message)
{
    for (unsigned i = 0; i < KT_COUNT(message->frames); i++)
        kt_frame_init(&message->frames[i]);
    message->count = 0;
}

void
kt_message_close(kt_message_t *message)
{
    for (unsigned i = 0; i < KT_COUNT(message->frames); i++)
        kt_frame_close(&message->frames[i]);
    message->count = 0;
}

void
kt_message_move(kt_message_t *to, kt_message_t *from)
{
    for (unsigned i = 0; i < KT_COUNT(to->frames); i++)
        kt_frame_move(&to->frames[i], &from->frames[i]);
    to->count = from->count;
    from->count = 0;
}

size_t
kt_message_size(const kt_message_t *message)
{
    size_t size = 0;
    for (unsigned i = 0; i < message->count; i++)
        size += kt_frame_span(&message->frames[i]).size;
    return size;
}
