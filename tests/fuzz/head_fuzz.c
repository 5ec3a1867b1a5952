/* Input: the number of frames, then a head, a path or a pack, each in its turn. What
 * decodes must encode to the same bytes. */
#include <kt/pack_frames.h>
#include <kt/wire.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_head(kt_span_t bytes, unsigned frames)
{
    kt_head_t head;
    if (kt_failed(kt_head_decode(bytes, frames, &head)))
        return;
    uint8_t again[KT_HEAD_BYTES_MAX];
    KT_ASSERT(kt_span_equal(kt_span(again, kt_head_encode_all(&head, again)), bytes));
    kt_span_t path, caller;
    if (head.kind == KT_CALL && kt_call_extra_split(head.extra, &path, &caller))
        KT_ASSERT(path.size + 1 + caller.size == head.extra.size);
    if (head.kind == KT_END)
        (void)kt_timeline_decode(head.extra);
}

static void
try_path(kt_span_t bytes)
{
    if (!kt_path_valid(bytes))
        return;
    unsigned slashes = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        KT_ASSERT(bytes.data[i] > ' ' && bytes.data[i] < 0x7F);
        slashes += bytes.data[i] == '/';
    }
    KT_ASSERT(slashes == 2 && bytes.size <= KT_PATH_BYTES_MAX);
}

static void
check_same(const kt_message_t *a, const kt_message_t *b)
{
    KT_ASSERT(a->count == b->count);
    for (unsigned i = 0; i < a->count; i++)
        KT_ASSERT(kt_span_equal(kt_frame_span(&a->frames[i]), kt_frame_span(&b->frames[i])));
}

/* What was read is packed as tightly, and reads the same. */
static void
try_pack(kt_span_t bytes)
{
    static kt_unpack_t unpack, unpack_again;
    static kt_pack_t again;
    kt_message_t message, same;
    if (kt_failed(kt_pack_check(bytes)))
        return;
    kt_message_init(&message);
    kt_message_init(&same);
    kt_pack_init(&again);
    kt_unpack_init(&unpack);
    while (unpack.at < bytes.size) {
        KT_ASSERT(!kt_failed(kt_pack_next(bytes, &unpack, &message)));
        KT_ASSERT(kt_pack_add(&again, &message));
    }
    kt_span_t packed = kt_span(again.bytes, again.size);
    KT_ASSERT(packed.size <= bytes.size && !kt_failed(kt_pack_check(packed)));
    kt_unpack_init(&unpack);
    kt_unpack_init(&unpack_again);
    while (unpack.at < bytes.size) {
        KT_ASSERT(!kt_failed(kt_pack_next(bytes, &unpack, &message)));
        KT_ASSERT(!kt_failed(kt_pack_next(packed, &unpack_again, &same)));
        check_same(&message, &same);
    }
    KT_ASSERT(unpack_again.at == packed.size);
    kt_message_close(&message);
    kt_message_close(&same);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    kt_span_t bytes = kt_span(data + 1, size - 1);
    try_head(bytes, data[0] & 7);
    try_path(bytes);
    try_pack(bytes);
    return 0;
}
