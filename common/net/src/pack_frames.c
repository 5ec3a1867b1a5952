#include <kt/pack.h>
#include <kt/pack_frames.h>

#define PREFIX_BYTES    4
#define MALFORMED_FRAME 2 /* kantor.rpc.v1.Reason */

static const uint8_t MAGIC[2] = {'K', 'P'};

static size_t
packed_size(const kt_message_t *message)
{
    return PREFIX_BYTES + 2 * (size_t)message->count + kt_message_size(message);
}

bool
kt_frames_packed(kt_span_t frame)
{
    return kt_span_starts_with(frame, kt_span(MAGIC, sizeof MAGIC));
}

bool
kt_frames_packable(const kt_message_t *message)
{
    return message->count > 1 && packed_size(message) <= KT_PACKED_BYTES_MAX;
}

kt_status_t
kt_frames_pack(const kt_message_t *message, kt_frame_t *packed)
{
    KT_ASSERT(kt_frames_packable(message));
    kt_frame_close(packed);
    KT_TRY(kt_frame_init_size(packed, packed_size(message)));
    kt_writer_t w = kt_writer(kt_frame_bytes(packed), packed_size(message));
    kt_put_bytes(&w, MAGIC, sizeof MAGIC);
    kt_put_u8(&w, (uint8_t)message->count);
    kt_put_u8(&w, 0);
    for (unsigned i = 0; i < message->count; i++)
        kt_put_u16(&w, (uint16_t)kt_frame_span(&message->frames[i]).size);
    for (unsigned i = 0; i < message->count; i++) {
        kt_span_t bytes = kt_frame_span(&message->frames[i]);
        kt_put_bytes(&w, bytes.data, bytes.size);
    }
    KT_ASSERT(!w.failed && w.size == w.capacity);
    return kt_ok();
}

kt_status_t
kt_frames_unpack(kt_span_t packed, kt_message_t *message)
{
    kt_message_close(message);
    kt_reader_t r = kt_reader(packed);
    kt_get_bytes(&r, sizeof MAGIC);
    unsigned count = kt_get_u8(&r);
    unsigned zero = kt_get_u8(&r);
    if (r.failed || count < 2 || count > KT_COUNT(message->frames) || zero != 0)
        return kt_error(KT_INVALID_ARGUMENT, MALFORMED_FRAME, "a packed message has 2 or 3 frames");
    kt_span_t frames[KT_COUNT(message->frames)];
    size_t sizes[KT_COUNT(message->frames)];
    for (unsigned i = 0; i < count; i++)
        sizes[i] = kt_get_u16(&r);
    for (unsigned i = 0; i < count; i++)
        frames[i] = kt_get_bytes(&r, sizes[i]);
    if (!kt_reader_done(&r))
        return kt_error(KT_INVALID_ARGUMENT, MALFORMED_FRAME,
                        "the sizes in a packed message do not add up to it");
    for (unsigned i = 0; i < count; i++) {
        kt_status_t status = kt_frame_init_copy(&message->frames[i], frames[i]);
        if (kt_failed(status)) {
            kt_message_close(message);
            return status;
        }
        message->count = i + 1;
    }
    return kt_ok();
}
