#include <kt/pack.h>

#define SIGN_BIT (UINT64_C(1) << 63)

/* ---- varints: what their first byte says ---- */

#define TWO_BYTES   (KT_VARINT_SHORT_MAX + 1u) /* to 248: with the byte behind it */
#define THREE_BYTES 249u                       /* two bytes follow */
#define RAW         250u                       /* to 255: the number follows, in 3 to 8 bytes */

#define THREE_BYTES_FROM (KT_VARINT_SHORT_MAX + ((THREE_BYTES - TWO_BYTES) << 8))
#define RAW_FROM         (THREE_BYTES_FROM + (1u << 16))
#define RAW_BYTES_MIN    3u

void
kt_put_long_varint(kt_writer_t *w, uint64_t value)
{
    if (value < THREE_BYTES_FROM) {
        kt_put_u16(w, (uint16_t)((TWO_BYTES << 8) + (value - KT_VARINT_SHORT_MAX)));
        return;
    }
    if (value < RAW_FROM) {
        kt_put_u8(w, THREE_BYTES);
        kt_put_u16(w, (uint16_t)(value - THREE_BYTES_FROM));
        return;
    }
    unsigned bits = 64 - (unsigned)__builtin_clzll(value), size = (bits + 7) / 8;
    uint64_t big = htobe64(value);
    kt_put_u8(w, (uint8_t)(RAW + size - RAW_BYTES_MIN));
    kt_put_bytes(w, (const uint8_t *)&big + sizeof(big) - size, size);
}

uint64_t
kt_get_long_varint(kt_reader_t *r, uint8_t first)
{
    if (first < THREE_BYTES)
        return KT_VARINT_SHORT_MAX + (((uint64_t)first - TWO_BYTES) << 8) + kt_get_u8(r);
    if (first == THREE_BYTES)
        return THREE_BYTES_FROM + kt_get_u16(r);
    size_t size = first - RAW + RAW_BYTES_MIN;
    uint64_t big = 0;
    kt_get_array(r, &big, size);
    uint64_t value = be64toh(big) >> (8 * (sizeof(value) - size));
    if (value < RAW_FROM || (size > RAW_BYTES_MIN && value >> (8 * (size - 1)) == 0)) {
        r->failed = true; /* there is a shorter form */
        return 0;
    }
    return value;
}

/* ---- signed numbers and texts ---- */

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
