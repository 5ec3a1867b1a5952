#include <kt/pack.h>
#include <kt/pack_frames.h>
#include <kt/wire.h>

static const uint8_t MAGIC[2] = {'K', 'P'};

void
kt_pack_init(kt_pack_t *pack)
{
    memcpy(pack->bytes, MAGIC, sizeof MAGIC);
    pack->size = sizeof MAGIC;
}

bool
kt_packable(const kt_message_t *message)
{
    return message->count >= 1 && kt_message_size(message) <= KT_PACK_MESSAGE_BYTES_MAX;
}

bool
kt_pack_add(kt_pack_t *pack, const kt_message_t *message)
{
    size_t size = 1 + 2 * (size_t)message->count + kt_message_size(message);

    KT_ASSERT(kt_packable(message));
    if (size > sizeof pack->bytes - pack->size)
        return false;
    kt_writer_t w = kt_writer(pack->bytes + pack->size, size);
    kt_put_u8(&w, (uint8_t)message->count);
    for (unsigned i = 0; i < message->count; i++)
        kt_put_u16(&w, (uint16_t)kt_frame_span(&message->frames[i]).size);
    for (unsigned i = 0; i < message->count; i++) {
        kt_span_t bytes = kt_frame_span(&message->frames[i]);
        kt_put_bytes(&w, bytes.data, bytes.size);
    }
    KT_ASSERT(!w.failed && w.size == size);
    pack->size += size;
    return true;
}

bool
kt_is_pack(kt_span_t frame)
{
    return kt_span_starts_with(frame, kt_span(MAGIC, sizeof MAGIC));
}

/* The frames of the message that R stands at, borrowed; how many, or 0 when it has not the form. */
static unsigned
get_message(kt_reader_t *r, kt_span_t frames[KT_FRAMES_MAX])
{
    size_t sizes[KT_FRAMES_MAX], all = 0;
    unsigned count = kt_get_u8(r);

    if (count < 1 || count > KT_FRAMES_MAX)
        return 0;
    for (unsigned i = 0; i < count; i++)
        all += sizes[i] = kt_get_u16(r);
    for (unsigned i = 0; i < count; i++)
        frames[i] = kt_get_bytes(r, sizes[i]);
    return r->failed || all > KT_PACK_MESSAGE_BYTES_MAX ? 0 : count;
}

kt_status_t
kt_pack_check(kt_span_t frame)
{
    kt_span_t frames[KT_FRAMES_MAX];
    kt_reader_t r = kt_reader(frame);
    bool fine = kt_is_pack(frame) && frame.size <= KT_PACK_BYTES_MAX && frame.size > sizeof MAGIC;

    (void)kt_get_bytes(&r, sizeof MAGIC);
    while (fine && !kt_reader_done(&r))
        fine = get_message(&r, frames) > 0;
    return fine ? kt_ok()
                : kt_error(KT_INVALID_ARGUMENT, KT_MALFORMED_FRAME,
                           "the sizes in a pack do not add up to messages");
}

kt_status_t
kt_pack_next(kt_span_t frame, size_t *at, kt_message_t *message)
{
    kt_span_t frames[KT_FRAMES_MAX];
    size_t from = *at > 0 ? *at : sizeof MAGIC;
    kt_reader_t r = kt_reader(kt_span(frame.data + from, frame.size - from));
    unsigned count = get_message(&r, frames);

    KT_ASSERT(count > 0);
    kt_message_close(message);
    *at = from + r.at;
    for (unsigned i = 0; i < count; i++) {
        kt_status_t status = kt_frame_init_copy(&message->frames[i], frames[i]);
        if (kt_failed(status)) {
            kt_message_close(message);
            return status;
        }
    }
    message->count = count;
    return kt_ok();
}
