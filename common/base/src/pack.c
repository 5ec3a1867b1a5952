#include <kt/pack.h>

#define SIGN_BIT (UINT64_C(1) << 63)

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
