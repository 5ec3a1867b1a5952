#include "testing.h"

#include <kt/map.h>
#include <kt/prng.h>

#define KEYS 512

/* A flat array is the oracle; keys are few, so that every operation meets every state. */
static void
random_operations_against_an_array(void **state)
{
    (void)state;
    kt_prng_t prng;
    kt_prng_seed_system(&prng);
    uint64_t seed = kt_prng_next(&prng);
    print_message("seed %llu\n", (unsigned long long)seed);
    kt_prng_seed(&prng, seed);

    static char things[64];
    void *oracle[KEYS] = {NULL};
    size_t size = 0;
    kt_map_t *map = kt_map_new(0);
    assert_non_null(map);
    for (int i = 0; i < 200000; i++) {
        uint64_t key = kt_prng_below(&prng, KEYS);
        /* Long spells of filling and of emptying. */
        bool put = kt_prng_below(&prng, 4) != (i / 20000 % 2 ? 1u : 0u) && i / 20000 % 2 == 0;
        assert_ptr_equal(kt_map_get(map, key), oracle[key]);
        if (put) {
            size += oracle[key] == NULL;
            oracle[key] = &things[kt_prng_below(&prng, KT_COUNT(things))];
            assert_true(kt_map_put(map, key, oracle[key]));
        } else {
            assert_ptr_equal(kt_map_remove(map, key), oracle[key]);
            size -= oracle[key] != NULL;
            oracle[key] = NULL;
        }
        assert_int_equal(kt_map_size(map), size);
    }
    for (uint64_t key = 0; key < KEYS; key++)
        assert_ptr_equal(kt_map_get(map, key), oracle[key]);
    kt_map_destroy(&map);
    assert_null(map);
}

static void
walk_sees_each_pair_once(void **state)
{
    (void)state;
    static char things[1000];
    bool seen[1000] = {false};
    kt_map_t *map = kt_map_new(1000);
    for (uint64_t i = 0; i < 1000; i++)
        assert_true(kt_map_put(map, i << 48, &things[i]));
    size_t cursor = 0, count = 0;
    uint64_t key;
    void *value;
    while (kt_map_next(map, &cursor, &key, &value)) {
        assert_ptr_equal(value, &things[key >> 48]);
        assert_false(seen[key >> 48]);
        seen[key >> 48] = true;
        count++;
    }
    assert_int_equal(count, 1000);
    assert_false(kt_map_next(map, &cursor, &key, &value));
    kt_map_destroy(&map);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_against_an_array),
        cmocka_unit_test(walk_sees_each_pair_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
