/* The wheel against a plain list of times. */
#include "core/wheel.h"
#include "testing.h"
#include <kt/prng.h>
#include <stdlib.h>

#define TIMERS 300

static broker_wheel_t wheel;

static void
test_empty_wheel_never_fires(void **state)
{
    (void)state;
    broker_wheel_init(&wheel, 0);
    assert_int_equal(broker_wheel_next_us(&wheel), INT64_MAX);
    assert_null(broker_wheel_take(&wheel, INT64_C(1) << 50));
}

static void
test_fires_at_its_time_and_not_before(void **state)
{
    (void)state;
    broker_timer_t timer;
    broker_wheel_init(&wheel, 5000000);
    broker_timer_init(&timer);
    broker_wheel_set(&wheel, &timer, 5010001);
    assert_int_equal(broker_wheel_next_us(&wheel), 5010001);
    assert_null(broker_wheel_take(&wheel, 5010000));
    assert_ptr_equal(broker_wheel_take(&wheel, 5010001), &timer);
    assert_null(broker_wheel_take(&wheel, 5010001));
}

static void
test_the_past_is_due_at_once(void **state)
{
    (void)state;
    broker_timer_t timer;
    broker_wheel_init(&wheel, 5000000);
    broker_timer_init(&timer);
    broker_wheel_set(&wheel, &timer, 1);
    assert_ptr_equal(broker_wheel_take(&wheel, 5000000), &timer);
}

static void
test_cancel_and_set_anew(void **state)
{
    (void)state;
    broker_timer_t timer;
    broker_wheel_init(&wheel, 0);
    broker_timer_init(&timer);
    broker_wheel_cancel(&wheel, &timer);
    broker_wheel_set(&wheel, &timer, 1000);
    broker_wheel_set(&wheel, &timer, 100000000);
    assert_null(broker_wheel_take(&wheel, 2000000));
    assert_ptr_equal(broker_wheel_take(&wheel, 100000000), &timer);
    broker_wheel_set(&wheel, &timer, 200000000);
    broker_wheel_cancel(&wheel, &timer);
    assert_int_equal(broker_wheel_next_us(&wheel), INT64_MAX);
}

/* Every timer fires once, at the first look at or after its time; next_us never lies beyond the
 * earliest. */
static void
test_random_against_a_list(void **state)
{
    (void)state;
    static broker_timer_t timers[TIMERS];
    static int64_t times[TIMERS]; /* 0: not set */
    uint64_t seed = 20261123;
    print_message("seed %llu\n", (unsigned long long)seed);
    kt_prng_t prng;
    kt_prng_seed(&prng, seed);
    int64_t now_us = 77;
    broker_wheel_init(&wheel, now_us);
    for (unsigned i = 0; i < TIMERS; i++)
        broker_timer_init(&timers[i]);
    for (unsigned round = 0; round < 20000; round++) {
        unsigned i = (unsigned)kt_prng_below(&prng, TIMERS);
        if (kt_prng_below(&prng, 4) == 0) {
            broker_wheel_cancel(&wheel, &timers[i]);
            times[i] = 0;
        } else {
            times[i] = now_us + 1 +
                       (int64_t)kt_prng_below(&prng, kt_prng_below(&prng, 2) ? 3000 : 60000000);
            broker_wheel_set(&wheel, &timers[i], times[i]);
        }
        now_us += (int64_t)kt_prng_below(&prng, kt_prng_below(&prng, 50) ? 2000 : 9000000);
        for (broker_timer_t *fired; (fired = broker_wheel_take(&wheel, now_us)) != NULL;) {
            int64_t *time = &times[fired - timers];
            assert_true(*time > 0 && *time <= now_us);
            *time = 0;
        }
        int64_t earliest = INT64_MAX;
        for (unsigned t = 0; t < TIMERS; t++) {
            assert_true(times[t] == 0 || times[t] > now_us);
            if (times[t] > 0)
                earliest = KT_MIN(earliest, times[t]);
        }
        assert_true(broker_wheel_next_us(&wheel) <= earliest);
        assert_true(broker_wheel_next_us(&wheel) > now_us || earliest == INT64_MAX);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_wheel_never_fires),
        cmocka_unit_test(test_fires_at_its_time_and_not_before),
        cmocka_unit_test(test_the_past_is_due_at_once),
        cmocka_unit_test(test_cancel_and_set_anew),
        cmocka_unit_test(test_random_against_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
