/* hist.h: a log-linear histogram of durations: 32 buckets per power of two, error under 3.2 %. */
#ifndef KT_HIST_H
#define KT_HIST_H

#include <kt/def.h>

#define KT_HIST_SUB     32
#define KT_HIST_BUCKETS ((64 - 5 + 1) * KT_HIST_SUB)

typedef struct kt_hist {
    uint64_t count, sum, max;
    uint64_t buckets[KT_HIST_BUCKETS];
} kt_hist_t;

void kt_hist_add(kt_hist_t *hist, uint64_t value);
/* The value that a share Q (0..1) of the samples does not exceed; 0 when empty. */
uint64_t kt_hist_quantile(const kt_hist_t *hist, double q);
void kt_hist_merge(kt_hist_t *into, const kt_hist_t *from);
/* Samples that are at most VALUE (to the bucket's precision): for Prometheus' cumulative buckets.
 */
uint64_t kt_hist_at_most(const kt_hist_t *hist, uint64_t value);

#endif
