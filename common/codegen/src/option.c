#include <kt/option.h>

/* protobuf-c keeps the length in front of the bytes. */
static kt_span_t
without_length(const ProtobufCMessageUnknownField *field)
{
    size_t prefix = 0;
    while (prefix < field->len && (field->data[prefix] & 0x80))
        prefix++;
    prefix = KT_MIN(prefix + 1, field->len);
    return kt_span(field->data + prefix, field->len - prefix);
}

static bool
is_part(const ProtobufCMessageUnknownField *field, uint32_t tag)
{
    return field->tag == tag && field->wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
}

kt_span_t
kt_option_bytes(kt_arena_t *arena, const ProtobufCMessage *options, uint32_t tag)
{
    size_t parts = 0, bytes = 0, size = 0;
    for (unsigned i = 0; options && i < options->n_unknown_fields; i++) {
        if (!is_part(&options->unknown_fields[i], tag))
            continue;
        parts++;
        bytes += without_length(&options->unknown_fields[i]).size;
    }
    uint8_t *merged = parts > 0 ? (uint8_t *)kt_arena_alloc(arena, bytes) : NULL;
    if (!merged)
        return kt_span(NULL, 0);
    for (unsigned i = 0; i < options->n_unknown_fields; i++) {
        if (!is_part(&options->unknown_fields[i], tag))
            continue;
        kt_span_t part = without_length(&options->unknown_fields[i]);
        memcpy(merged + size, part.data, part.size);
        size += part.size;
    }
    return kt_span(merged, bytes);
}
