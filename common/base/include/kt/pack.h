/*
 * pack.h: fixed layouts. Big-endian, so that packed keys sort as their tuples do.
 *
 * A writer or a reader carries an error flag: after the first step that does not fit, every further
 * step does nothing (a reader returns zeros), so that one check at the end is enough.
 * Signed numbers in keys are stored with the sign bit flipped, so that they sort as numbers.
 */
#ifndef KT_PACK_H
#define KT_PACK_H

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

void kt_put_bytes(kt_writer_t *w, const void *data, size_t size);
void kt_put_u8(kt_writer_t *w, uint8_t value);
void kt_put_u16(kt_writer_t *w, uint16_t value);
void kt_put_u32(kt_writer_t *w, uint32_t value);
void kt_put_u64(kt_writer_t *w, uint64_t value);
/* Two's complement in values; for keys use kt_put_key_i64. */
void kt_put_i64(kt_writer_t *w, int64_t value);
void kt_put_key_i64(kt_writer_t *w, int64_t value);
/* u16 length, then the bytes; fails past 65,535. */
void kt_put_str(kt_writer_t *w, kt_span_t text);

/* SIZE borrowed bytes out of the reader's span; an empty span when there are not as many. */
kt_span_t kt_get_bytes(kt_reader_t *r, size_t size);
/* Copies SIZE bytes to OUT, or leaves it as it is when there are fewer. */
void kt_get_array(kt_reader_t *r, void *out, size_t size);
uint8_t kt_get_u8(kt_reader_t *r);
uint16_t kt_get_u16(kt_reader_t *r);
uint32_t kt_get_u32(kt_reader_t *r);
uint64_t kt_get_u64(kt_reader_t *r);
int64_t kt_get_i64(kt_reader_t *r);
int64_t kt_get_key_i64(kt_reader_t *r);
kt_span_t kt_get_str(kt_reader_t *r);
/* Whether everything was read and nothing failed: the last check of every decoder. */
bool kt_reader_done(const kt_reader_t *r);

#endif
