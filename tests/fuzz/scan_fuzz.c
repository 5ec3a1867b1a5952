/* Input: two bytes that choose a message of the contracts, then its encoding. What the scan
 * accepts, protobuf-c must unpack, within the memory that was foretold, and what was unpacked must
 * pack. */
#include "messages.h"
#include <kt/message.h>
#include <kt/scan.h>

#define MEMORY_MAX ((size_t)8 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ProtobufCMessageDescriptor *
choose(uint8_t set, uint8_t message)
{
    const kt_proto_set_t *chosen = testing_sets[set % TESTING_SETS];
    return chosen->messages[message % chosen->messages_count];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kt_scan_limits_t limits = {.elements_max = KT_SCAN_ELEMENTS_MAX, .memory_max = MEMORY_MAX};
    kt_scan_result_t result;
    if (size < 2)
        return 0;
    const ProtobufCMessageDescriptor *descriptor = choose(data[0], data[1]);
    kt_span_t bytes = kt_span(data + 2, size - 2);
    if (kt_failed(kt_scan(descriptor, bytes, &limits, &result)))
        return 0;
    /* Twice the room: the ends of an arena's blocks may stay empty, and the packed form lies there
     * too. */
    kt_arena_t *arena = kt_arena_new(4096, 4096 + 2 * MEMORY_MAX + 2 * size);
    ProtobufCMessage *message;
    kt_span_t packed;
    KT_ASSERT(arena);
    KT_ASSERT(!kt_failed(kt_message_unpack(arena, descriptor, bytes, &message)));
    KT_ASSERT(kt_arena_used(arena) <= result.memory_bytes);
    KT_ASSERT(!kt_failed(kt_message_pack(arena, message, &packed)));
    kt_arena_destroy(&arena);
    return 0;
}
