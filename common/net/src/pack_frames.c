#include <endian.h>
#include <kt/pack.h>
#include <kt/pack_frames.h>
#include <kt/wire.h>

static const uint8_t MAGIC[2] = {'K', 'P'};

/* ---- what two heads have in common ---- */

static uint64_t
word_at(const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof word);
    return word;
}

/* How many of at most MAX bytes are the same from the beginning on. */
static size_t
same_first(const uint8_t *a, const uint8_t *b, size_t max)
{
    size_t same = 0;

    for (; same + sizeof(uint64_t) <= max; same += sizeof(uint64_t)) {
        uint64_t differ = word_at(a + same) ^ word_at(b + same);
        if (differ != 0)
            return same + (size_t)__builtin_ctzll(htole64(differ)) / 8;
    }
    while (same < max && a[same] == b[same])
        same++;
    return same;
}

/* How many of at most MAX bytes before A_END and B_END are the same. */
static size_t
same_last(const uint8_t *a_end, const uint8_t *b_end, size_t max)
{
    size_t same = 0;

    for (; same + sizeof(uint64_t) <= max; same += sizeof(uint64_t)) {
        size_t back = same + sizeof(uint64_t);
        uint64_t differ = word_at(a_end - back) ^ word_at(b_end - back);
        if (differ != 0)
            return same + (size_t)__builtin_clzll(htole64(differ)) / 8;
    }
    while (same < max && a_end[-1 - (ptrdiff_t)same] == b_end[-1 - (ptrdiff_t)same])
        same++;
    return same;
}

typedef struct shared {
    size_t first, last; /* bytes */
} shared_t;

/* How many bytes two heads of such sizes may share. */
static size_t
shared_max(size_t before, size_t head)
{
    return head > KT_PACK_HEAD_BYTES_MAX ? 0 : KT_MIN(before, head);
}

static shared_t
share(const kt_pack_head_t *before, kt_span_t head)
{
    size_t max = shared_max(before->size, head.size);
    shared_t shared;

    shared.first = same_first(before->bytes, head.data, max);
    shared.last = same_last(before->bytes + before->size, head.data + head.size,
                            max - shared.first);
    return shared;
}

/* How many bytes of a head of SIZE the next one is told by. */
static uint8_t
remembered(size_t size)
{
    return size <= KT_PACK_HEAD_BYTES_MAX ? (uint8_t)size : 0;
}

/* HEAD is the one before from now on. */
static void
remember(kt_pack_head_t *before, kt_span_t head)
{
    before->size = remembered(head.size);
    memcpy(before->bytes, head.data, before->size);
}

/* ---- packing ---- */

void
kt_pack_init(kt_pack_t *pack)
{
    memcpy(pack->bytes, MAGIC, sizeof MAGIC);
    pack->size = sizeof MAGIC;
    pack->head.size = 0;
}

bool
kt_packable(const kt_message_t *message)
{
    return message->count >= 1 && kt_message_size(message) <= KT_PACK_MESSAGE_BYTES_MAX;
}

bool
kt_pack_add(kt_pack_t *pack, const kt_message_t *message)
{
    kt_span_t head = kt_frame_span(&message->frames[KT_FRAME_HEAD]);
    shared_t shared = share(&pack->head, head);
    size_t size = 1 + 2 * (size_t)message->count + 2 + kt_message_size(message) - shared.first -
                  shared.last;

    KT_ASSERT(kt_packable(message));
    if (size > sizeof pack->bytes - pack->size)
        return false;
    kt_writer_t w = kt_writer(pack->bytes + pack->size, size);
    kt_put_u8(&w, (uint8_t)message->count);
    for (unsigned i = 0; i < message->count; i++)
        kt_put_u16(&w, (uint16_t)kt_frame_span(&message->frames[i]).size);
    kt_put_u8(&w, (uint8_t)shared.first);
    kt_put_u8(&w, (uint8_t)shared.last);
    kt_put_bytes(&w, head.data + shared.first, head.size - shared.first - shared.last);
    for (unsigned i = KT_FRAME_HEAD + 1; i < message->count; i++) {
        kt_span_t bytes = kt_frame_span(&message->frames[i]);
        kt_put_bytes(&w, bytes.data, bytes.size);
    }
    KT_ASSERT(!w.failed && w.size == size);
    pack->size += size;
    remember(&pack->head, head);
    return true;
}

/* ---- unpacking ---- */

bool
kt_is_pack(kt_span_t frame)
{
    return kt_span_starts_with(frame, kt_span(MAGIC, sizeof MAGIC));
}

/* A message as it lies in a pack, borrowed. */
typedef struct packed {
    unsigned count;
    size_t head_size;
    shared_t shared;
    kt_span_t frames[KT_FRAMES_MAX]; /* of the head what the one before does not say */
} packed_t;

/* The message that R stands at, behind one with a head of BEFORE bytes. False: it has not the form.
 */
static bool
get_message(kt_reader_t *r, size_t before, packed_t *packed)
{
    size_t sizes[KT_FRAMES_MAX], all = 0;

    packed->count = kt_get_u8(r);
    if (packed->count < 1 || packed->count > KT_FRAMES_MAX)
        return false;
    for (unsigned i = 0; i < packed->count; i++)
        all += sizes[i] = kt_get_u16(r);
    packed->head_size = sizes[KT_FRAME_HEAD];
    packed->shared.first = kt_get_u8(r);
    packed->shared.last = kt_get_u8(r);
    size_t shared = packed->shared.first + packed->shared.last;
    if (shared > shared_max(before, sizes[KT_FRAME_HEAD]) || all > KT_PACK_MESSAGE_BYTES_MAX)
        return false;
    sizes[KT_FRAME_HEAD] -= shared;
    for (unsigned i = 0; i < packed->count; i++)
        packed->frames[i] = kt_get_bytes(r, sizes[i]);
    return !r->failed;
}

kt_status_t
kt_pack_check(kt_span_t frame)
{
    packed_t packed = {.head_size = 0};
    kt_reader_t r = kt_reader(frame);
    bool fine = kt_is_pack(frame) && frame.size <= KT_PACK_BYTES_MAX && frame.size > sizeof MAGIC;

    (void)kt_get_bytes(&r, sizeof MAGIC);
    while (fine && !kt_reader_done(&r))
        fine = get_message(&r, remembered(packed.head_size), &packed);
    return fine ? kt_ok()
                : kt_error(KT_INVALID_ARGUMENT, KT_MALFORMED_FRAME,
                           "the sizes in a pack do not add up to messages");
}

/* The head of PACKED, behind BEFORE, which becomes it: what they share at the end moves to where it
 * ends now. */
static kt_span_t
follow(kt_pack_head_t *before, const packed_t *packed)
{
    kt_span_t rest = packed->frames[KT_FRAME_HEAD];
    size_t last = packed->shared.last;

    if (packed->head_size > KT_PACK_HEAD_BYTES_MAX) {
        before->size = 0;
        return rest; /* all of it */
    }
    memmove(before->bytes + packed->head_size - last, before->bytes + before->size - last, last);
    memcpy(before->bytes + packed->shared.first, rest.data, rest.size);
    before->size = (uint8_t)packed->head_size;
    return kt_span(before->bytes, before->size);
}

void
kt_unpack_init(kt_unpack_t *unpack)
{
    unpack->at = 0;
    unpack->head.size = 0;
}

kt_status_t
kt_pack_next(kt_span_t frame, kt_unpack_t *unpack, kt_message_t *message)
{
    size_t from = unpack->at > 0 ? unpack->at : sizeof MAGIC;
    kt_reader_t r = kt_reader(kt_span(frame.data + from, frame.size - from));
    packed_t packed;
    bool fine = get_message(&r, unpack->head.size, &packed);

    KT_ASSERT(fine);
    kt_message_close(message);
    unpack->at = from + r.at;
    packed.frames[KT_FRAME_HEAD] = follow(&unpack->head, &packed);
    for (unsigned i = 0; i < packed.count; i++) {
        kt_status_t status = kt_frame_init_copy(&message->frames[i], packed.frames[i]);
        if (kt_failed(status)) {
            kt_message_close(message);
            return status;
        }
    }
    message->count = packed.count;
    return kt_ok();
}
