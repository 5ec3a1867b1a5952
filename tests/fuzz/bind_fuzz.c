/* Input: two bytes that choose a message of the contracts, a path up to a line's end, then a text.
 * What a field takes it gives again, and the same field comes of it. */
#include "messages.h"
#include <kt/message.h>
#include <kt/process_bind.h>

#define MEMORY_MAX ((size_t)8 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
there_and_back(kt_arena_t *arena, const ProtobufCMessage *message, const char *path)
{
    ProtobufCMessage *again = kt_message_new(arena, message->descriptor);
    kt_span_t text, packed, packed_again;

    KT_ASSERT(again);
    KT_ASSERT(!kt_failed(kt_bind_get(arena, message, path, &text)));
    KT_ASSERT(!kt_bind_set(arena, again, path, text));
    KT_ASSERT(!kt_failed(kt_message_pack(arena, message, &packed)));
    KT_ASSERT(!kt_failed(kt_message_pack(arena, again, &packed_again)));
    KT_ASSERT(kt_span_equal(packed, packed_again));
}

/* A C string in the arena. */
static const char *
string(kt_arena_t *arena, const uint8_t *from, size_t size)
{
    const char *text = kt_arena_copy(arena, kt_span(from, size));

    KT_ASSERT(text);
    return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 2 ? memchr(data + 2, '\n', size - 2) : NULL;
    const ProtobufCFieldDescriptor *field;
    const kt_proto_set_t *set;
    ProtobufCMessage *message;
    kt_arena_t *arena;
    const char *path, *text, *problem;

    if (!end)
        return 0;
    set = testing_sets[data[0] % TESTING_SETS];
    arena = kt_arena_new(4096, MEMORY_MAX);
    KT_ASSERT(arena);
    message = kt_message_new(arena, set->messages[data[1] % set->messages_count]);
    KT_ASSERT(message);
    path = string(arena, data + 2, (size_t)(end - data) - 2);
    text = string(arena, end + 1, size - (size_t)(end - data) - 1);
    field = kt_bind_field(message->descriptor, path);
    problem = kt_bind_set(arena, message, path, kt_span_str(text));
    KT_ASSERT(field || problem); /* there is no other way in */
    if (!problem && field->label != PROTOBUF_C_LABEL_REPEATED)
        there_and_back(arena, message, path);
    kt_arena_destroy(&arena);
    return 0;
}
