/* checked.h: arithmetic on money and counts that says when it does not fit instead of wrapping. */
#ifndef KT_CHECKED_H
#define KT_CHECKED_H

#include <kt/def.h>

static inline bool KT_MUST_CHECK
kt_add_i64(int64_t a, int64_t b, int64_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

static inline bool KT_MUST_CHECK
kt_sub_i64(int64_t a, int64_t b, int64_t *difference)
{
    return !__builtin_sub_overflow(a, b, difference);
}

static inline bool KT_MUST_CHECK
kt_mul_i64(int64_t a, int64_t b, int64_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

static inline bool KT_MUST_CHECK
kt_mul_size(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

#endif
