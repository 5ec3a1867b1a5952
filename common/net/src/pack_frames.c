#include <endian.h>
#include <kt/pack.h>
#include <kt/pack_frames.h>
#include <kt/wire.h>

static const uint8_t MAGIC[2] = {'K', 'P'};

/* The first byte of a message: how many frames it has, and which of their sizes follow. */
#define SHAPE_COUNT    0x03u
#define SHAPE_SIZED(i) (0x04u << (i))

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

/* How many bytes of its head there are to share behind a message of such SIZES. */
static size_t
remembered(const uint16_t sizes[KT_FRAMES_MAX])
{
    return sizes[KT_FRAME_HEAD] <= KT_PACK_HEAD_BYTES_MAX ? sizes[KT_FRAME_HEAD] : 0;
}

static shared_t
share(const kt_pack_before_t *before, kt_span_t head)
{
    size_t size = remembered(before->sizes), max = shared_max(size, head.size);
    shared_t shared;

    shared.first = same_first(before->head, head.data, max);
    shared.last = same_last(before->head + size, head.data + head.size, max - shared.first);
    return shared;
}

/* ---- packing ---- */

void
kt_pack_init(kt_pack_t *pack)
{
    memcpy(pack->bytes, MAGIC, sizeof MAGIC);
    pack->size = sizeof MAGIC;
    memset(pack->before.sizes, 0, sizeof pack->before.sizes);
}

bool
kt_packable(const kt_message_t *message)
{
    return message->count >= 1 && kt_message_size(message) <= KT_PACK_MESSAGE_BYTES_MAX;
}

bool
kt_pack_add(kt_pack_t *pack, const kt_message_t *message)
{
    kt_pack_before_t *before = &pack->before;
    kt_span_t frames[KT_FRAMES_MAX];
    uint8_t shape = (uint8_t)message->count;
    size_t size = 1 + 2;

    KT_ASSERT(kt_packable(message));
    for (unsigned i = 0; i < message->count; i++) {
        frames[i] = kt_frame_span(&message->frames[i]);
        bool sized = frames[i].size != before->sizes[i];
        shape |= (uint8_t)(sized ? SHAPE_SIZED(i) : 0);
        size += frames[i].size + (sized ? sizeof(uint16_t) : 0);
    }
    kt_span_t head = frames[KT_FRAME_HEAD];
    shared_t shared = share(before, head);
    size -= shared.first + shared.last;
    if (size > sizeof pack->bytes - pack->size)
        return false;
    kt_writer_t w = kt_writer(pack->bytes + pack->size, size);
    kt_put_u8(&w, shape);
    for (unsigned i = 0; i < message->count; i++)
        if (shape & SHAPE_SIZED(i))
            kt_put_u16(&w, before->sizes[i] = (uint16_t)frames[i].size);
    kt_put_u8(&w, (uint8_t)shared.first);
    kt_put_u8(&w, (uint8_t)shared.last);
    kt_put_bytes(&w, head.data + shared.first, head.size - shared.first - shared.last);
    for (unsigned i = KT_FRAME_HEAD + 1; i < message->count; i++)
        kt_put_bytes(&w, frames[i].data, frames[i].size);
    KT_ASSERT(!w.failed && w.size == size);
    pack->size += size;
    memcpy(before->head, head.data, remembered(before->sizes));
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
    size_t before; /* bytes of the head before, to share */
    shared_t shared;
    kt_span_t frames[KT_FRAMES_MAX]; /* of the head what the one before does not say */
} packed_t;

/* The message that R stands at; SIZES are those before it, and become its own. False: it has not
 * the form. */
static bool
get_message(kt_reader_t *r, uint16_t sizes[KT_FRAMES_MAX], packed_t *packed)
{
    uint8_t shape = kt_get_u8(r);
    size_t all = 0;

    packed->count = shape & SHAPE_COUNT;
    packed->before = remembered(sizes);
    if (packed->count < 1 || shape >= SHAPE_SIZED(packed->count))
        return false;
    for (unsigned i = 0; i < packed->count; i++) {
        if (shape & SHAPE_SIZED(i))
            sizes[i] = kt_get_u16(r);
        all += sizes[i];
    }
    packed->shared.first = kt_get_u8(r);
    packed->shared.last = kt_get_u8(r);
    size_t head = sizes[KT_FRAME_HEAD], shared = packed->shared.first + packed->shared.last;
    if (shared > shared_max(packed->before, head) || all > KT_PACK_MESSAGE_BYTES_MAX)
        return false;
    packed->frames[KT_FRAME_HEAD] = kt_get_bytes(r, head - shared);
    for (unsigned i = KT_FRAME_HEAD + 1; i < packed->count; i++)
        packed->frames[i] = kt_get_bytes(r, sizes[i]);
    return !r->failed;
}

kt_status_t
kt_pack_check(kt_span_t frame)
{
    packed_t packed;
    uint16_t sizes[KT_FRAMES_MAX] = {0};
    kt_reader_t r = kt_reader(frame);
    bool fine = kt_is_pack(frame) && frame.size <= KT_PACK_BYTES_MAX && frame.size > sizeof MAGIC;

    (void)kt_get_bytes(&r, sizeof MAGIC);
    while (fine && !kt_reader_done(&r))
        fine = get_message(&r, sizes, &packed);
    return fine ? kt_ok()
                : kt_error(KT_INVALID_ARGUMENT, KT_MALFORMED_FRAME,
                           "the sizes in a pack do not add up to messages");
}

/* The head of PACKED, of SIZE bytes, behind HEAD, which becomes it: what they share at the end
 * moves to where it ends now. */
static kt_span_t
follow(uint8_t head[KT_PACK_HEAD_BYTES_MAX], size_t size, const packed_t *packed)
{
    kt_span_t rest = packed->frames[KT_FRAME_HEAD];
    size_t last = packed->shared.last;

    if (size > KT_PACK_HEAD_BYTES_MAX)
        return rest; /* all of it */
    memmove(head + size - last, head + packed->before - last, last);
    memcpy(head + packed->shared.first, rest.data, rest.size);
    return kt_span(head, size);
}

void
kt_unpack_init(kt_unpack_t *unpack)
{
    unpack->at = 0;
    memset(unpack->before.sizes, 0, sizeof unpack->before.sizes);
}

kt_status_t
kt_pack_next(kt_span_t frame, kt_unpack_t *unpack, kt_message_t *message)
{
    size_t from = unpack->at > 0 ? unpack->at : sizeof MAGIC;
    kt_reader_t r = kt_reader(kt_span(frame.data + from, frame.size - from));
    kt_pack_before_t *before = &unpack->before;
    packed_t packed;
    bool fine = get_message(&r, before->sizes, &packed);

    KT_ASSERT(fine);
    kt_message_close(message);
    unpack->at = from + r.at;
    packed.frames[KT_FRAME_HEAD] = follow(before->head, before->sizes[KT_FRAME_HEAD], &packed);
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
