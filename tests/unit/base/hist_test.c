#include "testing.h"

#include <kt/hist.h>
#include <kt/prng.h>
#include <stdlib.h>

static void
empty(void **state)
{
    (void)state;
    static kt_hist_t hist;
    assert_true(kt_hist_quantile(&hist, 0.99) == 0);
    assert_true(kt_hist_at_most(&hist, UINT64_MAX) == 0);
}

static void
extremes_have_buckets(void **state)
{
    (void)state;
    static kt_hist_t hist;
    kt_hist_add(&hist, 0);
    kt_hist_add(&hist, UINT64_MAX);
    assert_true(kt_hist_quantile(&hist, 0) == 0);
    assert_true(kt_hist_quantile(&hist, 1) == UINT64_MAX);
    assert_true(kt_hist_at_most(&hist, UINT64_MAX) == 2);
    assert_true(kt_hist_at_most(&hist, 0) == 1);
}

static int
compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void
quantiles_against_sorted_samples(void **state)
{
    (void)state;
    static kt_hist_t hist, half;
    static uint64_t samples[20000];
    kt_prng_t prng;
    kt_prng_seed(&prng, 5);
    for (size_t i = 0; i < KT_COUNT(samples); i++) {
        samples[i] = kt_prng_next(&prng) >> (20 + kt_prng_below(&prng, 40));
        kt_hist_add(i % 2 ? &hist : &half, samples[i]);
    }
    kt_hist_merge(&hist, &half);
    qsort(samples, KT_COUNT(samples), sizeof(samples[0]), compare);
    assert_true(hist.count == KT_COUNT(samples));
    assert_true(hist.max == samples[KT_COUNT(samples) - 1]);
    static const double shares[] = {0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0};
    for (size_t i = 0; i < KT_COUNT(shares); i++) {
        size_t place = (size_t)(shares[i] * (double)KT_COUNT(samples) + 0.5) - 1;
        double exact = (double)samples[place];
        double got = (double)kt_hist_quantile(&hist, shares[i]);
        assert_true(got >= exact && got <= exact * 1.032);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty),
        cmocka_unit_test(extremes_have_buckets),
        cmocka_unit_test(quantiles_against_sorted_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
