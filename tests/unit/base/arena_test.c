#include "testing.h"

#include <kt/arena.h>

static void
hands_out_aligned_memory_that_does_not_overlap(void **state)
{
    (void)state;
    kt_arena_t *arena = kt_arena_new(64, 1 << 20);
    uint8_t *taken[200];
    for (size_t i = 0; i < KT_COUNT(taken); i++) {
        taken[i] = (uint8_t *)kt_arena_alloc(arena, i);
        assert_non_null(taken[i]);
        assert_int_equal((uintptr_t)taken[i] % 16, 0);
        memset(taken[i], (int)i, i);
    }
    for (size_t i = 0; i < KT_COUNT(taken); i++) {
        for (size_t j = 0; j < i; j++)
            assert_int_equal(taken[i][j], i);
    }
    kt_arena_destroy(&arena);
    assert_null(arena);
    kt_arena_destroy(&arena);
}

static void
limit_and_flag(void **state)
{
    (void)state;
    kt_arena_t *arena = kt_arena_new(256, 1024);
    assert_non_null(kt_arena_alloc(arena, 256));
    assert_non_null(kt_arena_alloc(arena, 768));
    assert_false(kt_arena_exhausted(arena));
    assert_int_equal(kt_arena_used(arena), 1024);
    assert_null(kt_arena_alloc(arena, 1));
    assert_true(kt_arena_exhausted(arena));
    kt_arena_reset(arena);
    assert_false(kt_arena_exhausted(arena));
    assert_int_equal(kt_arena_used(arena), 0);
    assert_null(kt_arena_alloc(arena, 1025));
    assert_non_null(kt_arena_alloc(arena, 16));
    assert_true(kt_arena_exhausted(arena)); /* stays up */
    kt_arena_destroy(&arena);
}

static void
sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    kt_arena_t *arena = kt_arena_new(0, 4096);
    assert_null(kt_arena_alloc(arena, SIZE_MAX));
    assert_null(kt_arena_alloc(arena, SIZE_MAX - 8));
    assert_true(kt_arena_exhausted(arena));
    kt_arena_reset(arena);
    assert_null(kt_arena_zalloc(arena, SIZE_MAX / 2, 3));
    assert_true(kt_arena_exhausted(arena));
    kt_arena_destroy(&arena);
}

static void
zeroed_copied_and_formatted(void **state)
{
    (void)state;
    kt_arena_t *arena = kt_arena_new(64, 256);
    memset(kt_arena_alloc(arena, 64), 0xFF, 64);
    kt_arena_reset(arena);
    uint8_t *zeros = KT_ARENA_ARRAY(arena, uint8_t, 48);
    for (size_t i = 0; i < 48; i++)
        assert_int_equal(zeros[i], 0);
    assert_string_equal(kt_arena_strdup(arena, "text"), "text");
    assert_string_equal(kt_arena_copy(arena, kt_span("text", 2)), "te");
    assert_string_equal(kt_arena_copy(arena, kt_span(NULL, 0)), "");
    assert_string_equal(kt_arena_printf(arena, "%d %s", 7, "x"), "7 x");
    const char *none = kt_arena_printf(arena, "%0500d", 1);
    assert_string_equal(none, "(no memory left for this text)");
    assert_true(kt_arena_exhausted(arena));
    kt_arena_destroy(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_aligned_memory_that_does_not_overlap),
        cmocka_unit_test(limit_and_flag),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(zeroed_copied_and_formatted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
