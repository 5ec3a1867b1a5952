#include <kt/hist.h>

#define SUB_BITS 5

_Static_assert(KT_HIST_SUB == 1 << SUB_BITS, "a power of two is divided into KT_HIST_SUB buckets");

/* Values below KT_HIST_SUB have a bucket each; above, the five bits after the leading one choose
 * it. */
static size_t
bucket_of(uint64_t value)
{
    if (value < KT_HIST_SUB)
        return (size_t)value;
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - SUB_BITS;
    return (size_t)(shift + 1) * KT_HIST_SUB + (size_t)((value >> shift) - KT_HIST_SUB);
}

/* The largest value that falls into the bucket. */
static uint64_t
bucket_top(size_t bucket)
{
    if (bucket < KT_HIST_SUB)
        return bucket;
    unsigned shift = (unsigned)(bucket / KT_HIST_SUB) - 1;
    uint64_t base = (uint64_t)(bucket % KT_HIST_SUB + KT_HIST_SUB) << shift;
    return base + ((UINT64_C(1) << shift) - 1);
}

void
kt_hist_add(kt_hist_t *hist, uint64_t value)
{
    hist->count++;
    hist->sum += value;
    hist->max = KT_MAX(hist->max, value);
    hist->buckets[bucket_of(value)]++;
}

uint64_t
kt_hist_quantile(const kt_hist_t *hist, double q)
{
    double wanted = KT_MAX(0.0, KT_MIN(q, 1.0)) * (double)hist->count;
    uint64_t seen = 0;

    for (size_t i = 0; i < KT_HIST_BUCKETS; i++) {
        seen += hist->buckets[i];
        if (seen > 0 && (double)seen >= wanted)
            return KT_MIN(bucket_top(i), hist->max);
    }
    return hist->max;
}

void
kt_hist_merge(kt_hist_t *into, const kt_hist_t *from)
{
    into->count += from->count;
    into->sum += from->sum;
    into->max = KT_MAX(into->max, from->max);
    for (size_t i = 0; i < KT_HIST_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
}

uint64_t
kt_hist_at_most(const kt_hist_t *hist, uint64_t value)
{
    size_t last = bucket_of(value);
    uint64_t seen = 0;

    for (size_t i = 0; i <= last; i++)
        seen += hist->buckets[i];
    return seen;
}
