/* Moments in which the processors are slow: where they begin and end, what of a span they take. */
#include "../said.h"

#include "bench/pace.h"

#include <stdlib.h>

#define FINE_NS 2000
#define SLOW_NS 4001

static pace_t *
made(int64_t now_us)
{
    pace_t *pace = (pace_t *)calloc(1, sizeof(*pace));

    assert_non_null(pace);
    pace_note(pace, now_us, FINE_NS);
    return pace;
}

static void
assert_told(const pace_t *pace, int64_t from_us, int64_t to_us, uint32_t moments, int64_t slow_us,
            int64_t longest_us)
{
    pace_told_t told = pace_between(pace, from_us, to_us);

    assert_int_equal(told.moments, moments);
    assert_int_equal((int64_t)(told.slow_s * 1e6 + 0.5), slow_us);
    assert_int_equal((int64_t)(told.longest_s * 1e6 + 0.5), longest_us);
}

/* From the last probe that was fine to the next one. */
static void
a_moment_lies_between_two_fine_probes(void **state)
{
    (void)state;
    pace_t *pace = made(1000);

    pace_note(pace, 2000, FINE_NS);
    assert_told(pace, 0, 9000, 0, 0, 0);
    pace_note(pace, 3000, SLOW_NS);
    assert_told(pace, 0, 9000, 1, 1000, 1000); /* as far as it is known */
    pace_note(pace, 4000, 10 * SLOW_NS);
    pace_note(pace, 5000, FINE_NS);
    pace_note(pace, 6000, FINE_NS);
    assert_told(pace, 0, 9000, 1, 3000, 3000);
    free(pace);
}

static void
half_of_the_speed_is_not_slow_yet(void **state)
{
    (void)state;
    pace_t *pace = made(1000);

    pace_note(pace, 2000, 2 * FINE_NS);
    assert_told(pace, 0, 9000, 0, 0, 0);
    pace_note(pace, 3000, 2 * FINE_NS + 1);
    pace_note(pace, 4000, 2 * FINE_NS);
    assert_told(pace, 0, 9000, 1, 2000, 2000);
    free(pace);
}

/* Begun in a slow moment, it learns how fast the processor is. */
static void
the_fastest_probe_is_the_measure(void **state)
{
    (void)state;
    pace_t *pace = made(1000);

    pace_note(pace, 2000, FINE_NS / 2);
    pace_note(pace, 3000, FINE_NS);
    assert_told(pace, 0, 9000, 0, 0, 0);
    pace_note(pace, 4000, FINE_NS + 1);
    assert_told(pace, 0, 9000, 1, 1000, 1000);
    free(pace);
}

static void
a_span_has_its_part_of_them(void **state)
{
    (void)state;
    pace_t *pace = made(1000);

    pace_note(pace, 2000, SLOW_NS);
    pace_note(pace, 3000, FINE_NS); /* slow: 1000 to 3000 */
    pace_note(pace, 7000, SLOW_NS);
    pace_note(pace, 8000, FINE_NS); /* and 3000 to 8000 */
    assert_told(pace, 0, 9000, 2, 7000, 5000);
    assert_told(pace, 2500, 3500, 2, 1000, 500);
    assert_told(pace, 4000, 5000, 1, 1000, 1000);
    assert_told(pace, 8000, 9000, 0, 0, 0);
    assert_told(pace, 0, 1000, 0, 0, 0);
    free(pace);
}

/* The last moment there is room for is kept whole. */
static void
what_is_too_much_is_not_kept(void **state)
{
    (void)state;
    pace_t *pace = made(1000);
    int64_t now_us = 1000;

    for (uint32_t i = 0; i < PACE_MOMENTS_MAX + 2; i++) {
        pace_note(pace, now_us + 1000, SLOW_NS);
        pace_note(pace, now_us + 2000, FINE_NS);
        now_us += 2000;
    }
    assert_int_equal(pace->count, PACE_MOMENTS_MAX);
    assert_told(pace, 0, now_us, PACE_MOMENTS_MAX, PACE_MOMENTS_MAX * INT64_C(2000), 2000);
    free(pace);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_lies_between_two_fine_probes),
        cmocka_unit_test(half_of_the_speed_is_not_slow_yet),
        cmocka_unit_test(the_fastest_probe_is_the_measure),
        cmocka_unit_test(a_span_has_its_part_of_them),
        cmocka_unit_test(what_is_too_much_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
