#include <kt/pack.h>

#include <endian.h>

#define SIGN_BIT (UINT64_C(1) << 63)

void
kt_put_bytes(kt_writer_t *w, const void *data, size_t size)
{
    if (w->failed || size > w->capacity - w->size) {
        w->failed = true;
        return;
    }
    if (size > 0)
        memcpy(w->data + w->size, data, size);
    w->size += size;
}

void
kt_put_u8(kt_writer_t *w, uint8_t value)
{
    kt_put_bytes(w, &value, sizeof(value));
}

void
kt_put_u16(kt_writer_t *w, uint16_t value)
{
    uint16_t big = htobe16(value);
    kt_put_bytes(w, &big, sizeof(big));
}

void
kt_put_u32(kt_writer_t *w, uint32_t value)
{
    uint32_t big = htobe32(value);
    kt_put_bytes(w, &big, sizeof(big));
}

void
kt_put_u64(kt_writer_t *w, uint64_t value)
{
    uint64_t big = htobe64(value);
    kt_put_bytes(w, &big, sizeof(big));
}

void
kt_put_i64(kt_writer_t *w, int64_t value)
{
    kt_put_u64(w, (uint64_t)value);
}

void
kt_put_key_i64(kt_writer_t *w, int64_t value)
{
    kt_put_u64(w, (uint64_t)value ^ SIGN_BIT);
}

void
kt_put_str(kt_writer_t *w, kt_span_t text)
{
    if (text.size > UINT16_MAX || w->failed ||
        text.size + sizeof(uint16_t) > w->capacity - w->size) {
        w->failed = true;
        return;
    }
    kt_put_u16(w, (uint16_t)text.size);
    kt_put_bytes(w, text.data, text.size);
}

kt_span_t
kt_get_bytes(kt_reader_t *r, size_t size)
{
    if (r->failed || size > r->size - r->at) {
        r->failed = true;
        return kt_span(NULL, 0);
    }
    if (size == 0)
        return kt_span(r->data, 0);
    kt_span_t taken = kt_span(r->data + r->at, size);
    r->at += size;
    return taken;
}

void
kt_get_array(kt_reader_t *r, void *out, size_t size)
{
    kt_span_t taken = kt_get_bytes(r, size);

    if (taken.size == size)
        memcpy(out, taken.data, size);
}

uint8_t
kt_get_u8(kt_reader_t *r)
{
    uint8_t value = 0;
    kt_get_array(r, &value, sizeof(value));
    return value;
}

uint16_t
kt_get_u16(kt_reader_t *r)
{
    uint16_t big = 0;
    kt_get_array(r, &big, sizeof(big));
    return be16toh(big);
}

uint32_t
kt_get_u32(kt_reader_t *r)
{
    uint32_t big = 0;
    kt_get_array(r, &big, sizeof(big));
    return be32toh(big);
}

uint64_t
kt_get_u64(kt_reader_t *r)
{
    uint64_t big = 0;
    kt_get_array(r, &big, sizeof(big));
    return be64toh(big);
}

int64_t
kt_get_i64(kt_reader_t *r)
{
    return (int64_t)kt_get_u64(r);
}

int64_t
kt_get_key_i64(kt_reader_t *r)
{
    uint64_t flipped = kt_get_u64(r);
    return r->failed ? 0 : (int64_t)(flipped ^ SIGN_BIT);
}

kt_span_t
kt_get_str(kt_reader_t *r)
{
    uint16_t size = kt_get_u16(r);
    return kt_get_bytes(r, size);
}

bool
kt_reader_done(const kt_reader_t *r)
{
    return !r->failed && r->at == r->size;
}
