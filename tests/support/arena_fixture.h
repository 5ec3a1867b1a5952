/* arena_fixture.h: an arena, new for each ARENA_TEST of a program. */
#ifndef KANTOR_ARENA_FIXTURE_H
#define KANTOR_ARENA_FIXTURE_H

#include "testing.h"

#include <kt/arena.h>

static kt_arena_t *arena;

static inline int
arena_setup(void **state)
{
    (void)state;
    arena = kt_arena_new(65536, 1 << 24);
    return arena ? 0 : -1;
}

static inline int
arena_teardown(void **state)
{
    (void)state;
    kt_arena_destroy(&arena);
    return 0;
}

#define ARENA_TEST(name) cmocka_unit_test_setup_teardown(name, arena_setup, arena_teardown)

#endif
