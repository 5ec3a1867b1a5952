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

/* What protobuf-c does for a descriptor without an init function of its own, such as those made at
 * run time (kt/dynamic.h). */
static void
init_by_descriptor(const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage *message)
{
    memset(message, 0, descriptor->sizeof_message);
    message->descriptor = descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        bool alone = field->label != PROTOBUF_C_LABEL_REPEATED &&
                     !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF);
        if (alone && field->type == PROTOBUF_C_TYPE_STRING && field->default_value)
            memcpy((uint8_t *)message + field->offset, &field->default_value, sizeof(void *));
    }
}

ProtobufCMessage *
kt_message_new(kt_arena_t *arena, const ProtobufCMessageDescriptor *descriptor)
{
    ProtobufCMessage *message = (ProtobufCMessage *)kt_arena_alloc(arena,
                                                                   descriptor->sizeof_message);

    if (message && descriptor->message_init)
        protobuf_c_message_init(descriptor, message);
    else if (message)
        init_by_descriptor(descriptor, message);
    return message;
}

size_t
kt_field_bytes(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return sizeof(int32_t);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return sizeof(int64_t);
    case PROTOBUF_C_TYPE_FLOAT:
        return sizeof(float);
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(double);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_ENUM:
        return sizeof(int);
    case PROTOBUF_C_TYPE_STRING:
        return sizeof(char *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(ProtobufCMessage *);
    }
    return 0;
}
