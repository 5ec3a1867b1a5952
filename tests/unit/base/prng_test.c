#include "testing.h"

#include <kt/prng.h>

static void
follows_the_published_algorithm(void **state)
{
    (void)state;
    /* The first outputs of xoshiro256** from the state 1, 2, 3, 4, worked out by hand from its
     * definition: rotl(2 * 5, 7) * 9, then the state is 7, 0, 262146, 6 << 45 and s[1] is 0. */
    kt_prng_t prng = {.state = {1, 2, 3, 4}};
    assert_true(kt_prng_next(&prng) == 11520);
    assert_true(kt_prng_next(&prng) == 0);
    assert_true(kt_prng_next(&prng) == 1509978240);
}

static void
a_seed_reproduces(void **state)
{
    (void)state;
    kt_prng_t a, b, c;
    kt_prng_seed(&a, 99);
    kt_prng_seed(&b, 99);
    kt_prng_seed_system(&c);
    bool differs = false;
    for (int i = 0; i < 100; i++) {
        uint64_t number = kt_prng_next(&a);
        assert_true(number == kt_prng_next(&b));
        differs |= number != kt_prng_next(&c);
    }
    assert_true(differs);
}

static void
below_is_in_range_and_even(void **state)
{
    (void)state;
    kt_prng_t prng;
    unsigned seen[7] = {0};
    kt_prng_seed(&prng, 4);
    assert_true(kt_prng_below(&prng, 0) == 0);
    assert_true(kt_prng_below(&prng, 1) == 0);
    for (int i = 0; i < 70000; i++)
        seen[kt_prng_below(&prng, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_in_range(seen[i], 9500, 10500);
    for (int i = 0; i < 100; i++)
        assert_true(kt_prng_below(&prng, UINT64_MAX) < UINT64_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_published_algorithm),
        cmocka_unit_test(a_seed_reproduces),
        cmocka_unit_test(below_is_in_range_and_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
