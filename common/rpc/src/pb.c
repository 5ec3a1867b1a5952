#include <kt/pb.h>

#define VARINT_BYTES_MAX 10

static uint64_t
get_varint(kt_reader_t *r)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < VARINT_BYTES_MAX; i++) {
        uint8_t byte = kt_get_u8(r);
        value |= (uint64_t)(byte & 0x7F) << (7 * i);
        if (!(byte & 0x80))
            return value;
    }
    r->failed = true;
    return 0;
}

static uint64_t
get_little_endian(kt_reader_t *r, size_t size)
{
    kt_span_t bytes = kt_get_bytes(r, size);
    uint64_t value = 0;

    for (size_t i = 0; i < bytes.size; i++)
        value |= (uint64_t)bytes.data[i] << (8 * i);
    return value;
}

bool
kt_pb_next(kt_reader_t *reader, kt_pb_field_t *field)
{
    uint64_t tag;

    if (reader->failed || reader->at == reader->size)
        return false;
    tag = get_varint(reader);
    *field = (kt_pb_field_t){.number = (uint32_t)(tag >> 3), .type = (kt_pb_type_t)(tag & 7)};
    if (field->number == 0 || tag > UINT32_MAX)
        reader->failed = true;
    switch (tag & 7) {
    case KT_PB_VARINT:
        field->value = get_varint(reader);
        break;
    case KT_PB_FIXED64:
        field->value = get_little_endian(reader, 8);
        break;
    case KT_PB_FIXED32:
        field->value = get_little_endian(reader, 4);
        break;
    case KT_PB_BYTES:
        field->value = get_varint(reader);
        if (field->value > reader->size - reader->at)
            reader->failed = true;
        else
            field->bytes = kt_get_bytes(reader, (size_t)field->value);
        break;
    default:
        reader->failed = true;
    }
    return !reader->failed;
}

static void
put_varint(kt_writer_t *w, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        kt_put_u8(w, (uint8_t)(value | 0x80));
    kt_put_u8(w, (uint8_t)value);
}

void
kt_pb_put_uint(kt_writer_t *w, uint32_t number, uint64_t value)
{
    if (value == 0)
        return;
    put_varint(w, (uint64_t)number << 3 | KT_PB_VARINT);
    put_varint(w, value);
}

void
kt_pb_put_bytes(kt_writer_t *w, uint32_t number, kt_span_t bytes)
{
    if (bytes.size == 0)
        return;
    put_varint(w, (uint64_t)number << 3 | KT_PB_BYTES);
    put_varint(w, bytes.size);
    kt_put_bytes(w, bytes.data, bytes.size);
}

size_t
kt_pb_open(kt_writer_t *w, uint32_t number)
{
    put_varint(w, (uint64_t)number << 3 | KT_PB_BYTES);
    return w->size;
}

/* The length goes in front of what was written: its bytes move up by the length's own size. */
void
kt_pb_close(kt_writer_t *w, size_t opened)
{
    uint8_t length[VARINT_BYTES_MAX];
    kt_writer_t prefix = kt_writer(length, sizeof(length));
    size_t size;

    if (w->failed)
        return;
    size = w->size - opened;
    put_varint(&prefix, size);
    if (prefix.size > w->capacity - w->size) {
        w->failed = true;
        return;
    }
    memmove(w->data + opened + prefix.size, w->data + opened, size);
    memcpy(w->data + opened, length, prefix.size);
    w->size += prefix.size;
}
