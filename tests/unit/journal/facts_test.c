/* The map of facts against an array, in long spells of filling and of emptying. */
#include "testing.h"

#include "facts.h"

#include <kt/prng.h>

#define KEYS 3000

static kt_fact_t
fact_of(uint32_t key)
{
    return kt_fact_of(7, kt_span(&key, sizeof(key)));
}

static void
keys_and_tables_are_told_apart(void **state)
{
    (void)state;
    kt_fact_t a = kt_fact_of(1, kt_span_str("key")), b = kt_fact_of(2, kt_span_str("key"));
    kt_fact_t c = kt_fact_of(1, kt_span_str("kez")), d = kt_fact_of(1, kt_span_str("key"));
    assert_memory_not_equal(a.key, b.key, sizeof(a.key));
    assert_memory_not_equal(a.key, c.key, sizeof(a.key));
    assert_memory_equal(a.key, d.key, sizeof(a.key));
}

static void
parts_are_even(void **state)
{
    (void)state;
    unsigned seen[4] = {0};
    for (uint32_t i = 0; i < KEYS; i++) {
        kt_fact_t fact = fact_of(i);
        assert_int_equal(kt_fact_part(&fact, 1), 0);
        seen[kt_fact_part(&fact, 4)]++;
    }
    for (size_t i = 0; i < KT_COUNT(seen); i++)
        assert_in_range(seen[i], KEYS / 4 - 200, KEYS / 4 + 200);
}

static void
random_operations_against_an_array(void **state)
{
    (void)state;
    static uint64_t oracle[KEYS];
    kt_prng_t prng;
    kt_prng_seed_system(&prng);
    uint64_t seed = kt_prng_next(&prng);
    print_message("seed %llu\n", (unsigned long long)seed);
    kt_prng_seed(&prng, seed);
    kt_facts_t *facts = kt_facts_new();
    assert_non_null(facts);
    for (unsigned i = 0; i < 60000; i++) {
        uint32_t key = (uint32_t)kt_prng_below(&prng, KEYS);
        kt_fact_t fact = fact_of(key), was;
        if (kt_prng_below(&prng, 10) < (i / 15000 % 2 ? 2 : 8)) {
            fact.number = i + 1;
            assert_true(kt_facts_put(facts, &fact));
            oracle[key] = i + 1;
            continue;
        }
        assert_int_equal(kt_facts_take(facts, &fact, &was), oracle[key] != 0);
        if (oracle[key])
            assert_true(was.number == oracle[key]);
        oracle[key] = 0;
    }
    uint64_t expected = 0, got = 0;
    kt_fact_t fact;
    for (uint32_t key = 0; key < KEYS; key++)
        expected += oracle[key];
    for (size_t at = 0; kt_facts_next(facts, &at, &fact);)
        got += fact.number;
    assert_true(got == expected);
    kt_facts_clear(facts);
    size_t at = 0;
    assert_false(kt_facts_next(facts, &at, &fact));
    kt_facts_destroy(&facts);
    assert_null(facts);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_tables_are_told_apart),
        cmocka_unit_test(parts_are_even),
        cmocka_unit_test(random_operations_against_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
