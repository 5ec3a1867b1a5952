#include <kantor/rpc/v1/reason.kt.h>
#include <kt/message.h>

static void *
take(void *arena, size_t size)
{
    return kt_arena_alloc((kt_arena_t *)arena, size);
}

/* The arena takes everything back at once. */
static void
give_back(void *arena, void *memory)
{
    (void)arena;
    (void)memory;
}

static kt_status_t
exhausted(void)
{
    return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS,
                    "the message takes more memory than the call may use");
}

kt_status_t
kt_message_unpack(kt_arena_t *arena, const ProtobufCMessageDescriptor *descriptor, kt_span_t bytes,
                  ProtobufCMessage **message)
{
    ProtobufCAllocator allocator = {.alloc = take, .free = give_back, .allocator_data = arena};
    ProtobufCMessage *unpacked = protobuf_c_message_unpack(descriptor, &allocator, bytes.size,
                                                           bytes.data);

    if (!unpacked && kt_arena_exhausted(arena))
        return exhausted();
    if (!unpacked)
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY,
                        "the body is no message of its type");
    *message = unpacked;
    return kt_ok();
}

kt_status_t
kt_message_pack(kt_arena_t *arena, const ProtobufCMessage *message, kt_span_t *bytes)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = (uint8_t *)kt_arena_alloc(arena, size);

    if (!packed)
        return exhausted();
    size_t written = protobuf_c_message_pack(message, packed);
    KT_ASSERT(written == size);
    *bytes = kt_span(packed, size);
    return kt_ok();
}

ProtobufCMessage *
kt_message_new(kt_arena_t *arena, const ProtobufCMessageDescriptor *descriptor)
{
    ProtobufCMessage *message = (ProtobufCMessage *)kt_arena_alloc(arena,
                                                                   descriptor->sizeof_message);

    if (message)
        protobuf_c_message_init(descriptor, message);
    return message;
}
