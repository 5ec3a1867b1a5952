/* Input: two bytes that choose a message of the contracts, then JSON text. What is read must be
 * written, and read again to the same bytes. */
#include "messages.h"
#include <kt/json.h>
#include <kt/message.h>

#define MEMORY_MAX ((size_t)8 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
there_and_back(kt_arena_t *arena, const ProtobufCMessage *message)
{
    const kt_json_options_t options = {.find = testing_find};
    const char *text;
    ProtobufCMessage *again;
    kt_span_t packed, packed_again;
    kt_status_t status = kt_json_print(arena, message, &options, &text);
    /* What an Any of unknown bytes holds need not be what it says. */
    if (kt_failed(status))
        return;
    KT_ASSERT(
        !kt_failed(kt_json_parse(arena, message->descriptor, kt_span_str(text), &options, &again)));
    KT_ASSERT(!kt_failed(kt_message_pack(arena, message, &packed)));
    KT_ASSERT(!kt_failed(kt_message_pack(arena, again, &packed_again)));
    KT_ASSERT(kt_span_equal(packed, packed_again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const kt_json_options_t options = {.find = testing_find};
    ProtobufCMessage *message;
    if (size < 2)
        return 0;
    const kt_proto_set_t *set = testing_sets[data[0] % TESTING_SETS];
    const ProtobufCMessageDescriptor *descriptor = set->messages[data[1] % set->messages_count];
    kt_arena_t *arena = kt_arena_new(4096, MEMORY_MAX);
    KT_ASSERT(arena);
    if (!kt_failed(
            kt_json_parse(arena, descriptor, kt_span(data + 2, size - 2), &options, &message)))
        there_and_back(arena, message);
    kt_arena_destroy(&arena);
    return 0;
}
