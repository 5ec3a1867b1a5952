/*
 * pack.h: fixed layouts. Big-endian, so that packed keys sort as their tuples do.
 *
 * A writer or a reader carries an error flag: after the first step that does not fit, every further
 * step does nothing (a reader returns zeros), so that one check at the end is enough.
 * Signed numbers in keys are stored with the sign bit flipped, so that they sort as numbers.
 *
 * A varint takes as many bytes as its number needs, 1 to 9, and sorts as its number does, so it may
 * stand in keys as well (the form is SQLite4's, sqlite.org/src4/doc/trunk/www/varint.wiki): up to
 * 240 the number itself; from 241 two bytes, 241 + high byte and low byte of the number - 240; from
 * 2,288 the byte 249 and the number - 2,288 in two bytes; from 67,824 the bytes 250 to 255, then
 * the number in 3 to 8 bytes. Only the shortest form reads back.
 */
#ifndef KT_PACK_H
#define KT_PACK_H

#include <endian.h>
#include <kt/span.h>

typedef struct kt_writer {
    uint8_t *data;
    size_t size, capacity;
    bool failed;
} kt_writer_t;

typedef struct kt_reader {
    const uint8_t *data;
    size_t at, size;
    bool failed;
} kt_reader_t;

static inline kt_writer_t
kt_writer(void *buffer, size_t capacity)
{
    return (kt_writer_t){.data = (uint8_t *)buffer, .capacity = capacity};
}

static inline kt_reader_t
kt_reader(kt_span_t bytes)
{
    return (kt_reader_t){.data = bytes.data, .size = bytes.size};
}

/* What was written so far; an empty span after a failure. */
static inline kt_span_t
kt_written(const kt_writer_t *w)
{
    return w->failed ? kt_span(NULL, 0) : kt_span(w->data, w->size);
}

static inline void
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

static inline void
kt_put_u8(kt_writer_t *w, uint8_t value)
{
    kt_put_bytes(w, &value, sizeof(value));
}

static inline void
kt_put_u16(kt_writer_t *w, uint16_t value)
{
    uint16_t big = htobe16(value);
    kt_put_bytes(w, &big, sizeof(big));
}

static inline void
kt_put_u32(kt_writer_t *w, uint32_t value)
{
    uint32_t big = htobe32(value);
    kt_put_bytes(w, &big, sizeof(big));
}

static inline void
kt_put_u64(kt_writer_t *w, uint64_t value)
{
    uint64_t big = htobe64(value);
    kt_put_bytes(w, &big, sizeof(big));
}

void kt_put_long_varint(kt_writer_t *w, uint64_t value); /* above KT_VARINT_SHORT_MAX */

#define KT_VARINT_BYTES_MAX 9
#define KT_VARINT_SHORT_MAX 240u /* what a single byte says */

static inline void
kt_put_varint(kt_writer_t *w, uint64_t value)
{
    if (value <= KT_VARINT_SHORT_MAX)
        kt_put_u8(w, (uint8_t)value);
    else
        kt_put_long_varint(w, value);
}

/* Two's complement in values; for keys use kt_put_key_i64. */
void kt_put_i64(kt_writer_t *w, int64_t value);
void kt_put_key_i64(kt_writer_t *w, int64_t value);
/* u16 length, then the bytes; fails past 65,535. */
void kt_put_str(kt_writer_t *w, kt_span_t text);

/* SIZE borrowed bytes out of the reader's span; an empty span when there are not as many. */
static inline kt_span_t
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

/* Copies SIZE bytes to OUT, or leaves it as it is when there are fewer. */
static inline void
kt_get_array(kt_reader_t *r, void *out, size_t size)
{
    kt_span_t taken = kt_get_bytes(r, size);

    if (taken.size == size)
        memcpy(out, taken.data, size);
}

static inline uint8_t
kt_get_u8(kt_reader_t *r)
{
    uint8_t value = 0;
    kt_get_array(r, &value, sizeof(value));
    return value;
}

static inline uint16_t
kt_get_u16(kt_reader_t *r)
{
    uint16_t big = 0;
    kt_get_array(r, &big, sizeof(big));
    return be16toh(big);
}

static inline uint32_t
kt_get_u32(kt_reader_t *r)
{
    uint32_t big = 0;
    kt_get_array(r, &big, sizeof(big));
    return be32toh(big);
}

static inline uint64_t
kt_get_u64(kt_reader_t *r)
{
    uint64_t big = 0;
    kt_get_array(r, &big, sizeof(big));
    return be64toh(big);
}

uint64_t kt_get_long_varint(kt_reader_t *r, uint8_t first);

static inline uint64_t
kt_get_varint(kt_reader_t *r)
{
    uint8_t first = kt_get_u8(r);
    return first <= KT_VARINT_SHORT_MAX ? first : kt_get_long_varint(r, first);
}

int64_t kt_get_i64(kt_reader_t *r);
int64_t kt_get_key_i64(kt_reader_t *r);
kt_span_t kt_get_str(kt_reader_t *r);

/* Whether everything was read and nothing failed: the last check of every decoder. */
static inline bool
kt_reader_done(const kt_reader_t *r)
{
    return !r->failed && r->at == r->size;
}

#endif
