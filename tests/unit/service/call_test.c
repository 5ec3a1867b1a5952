/* A call as its handler sees it. */
#include "testing.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/call.h>
#include <kt/time.h>

#define NOW_US INT64_C(1800000000123000)

static kt_call_t call;
static kt_arena_t *arena;

static int
setup(void **state)
{
    (void)state;
    assert_non_null(arena = kt_arena_new(1024, 1 << 16));
    kt_call_init(&call, arena, NULL, "ann", NOW_US);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    kt_arena_destroy(&arena);
    return 0;
}

static void
ids_are_the_same_on_every_run(void **state)
{
    kt_ulid_t first, second, again;

    (void)state;
    call.chance = 42;
    first = kt_call_new_id(&call);
    second = kt_call_new_id(&call);
    assert_memory_not_equal(&first, &second, sizeof(first));
    assert_int_equal(kt_ulid_time_us(&first), NOW_US / 1000 * 1000);
    call.ids = 0;
    again = kt_call_new_id(&call);
    assert_memory_equal(&first, &again, sizeof(first));
    call.chance = 43;
    call.ids = 0;
    again = kt_call_new_id(&call);
    assert_memory_not_equal(&first, &again, sizeof(first));
}

static void
bad_fields_are_noted(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < KT_VIOLATIONS_MAX + 2; i++)
        assert_status(kt_call_bad_field(&call, "must not be 0", "lines[%u].amount", (unsigned)i),
                      KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_int_equal(call.violations_count, KT_VIOLATIONS_MAX);
    assert_string_equal(call.violations[3].field, "lines[3].amount");
    assert_string_equal(call.violations[3].description, "must not be 0");
}

static void
roles(void **state)
{
    static const char *const own[] = {"finance.clerk", "auditor"};

    (void)state;
    assert_false(kt_call_has_role(&call, "auditor"));
    call.roles = own;
    call.roles_count = 2;
    assert_true(kt_call_has_role(&call, "auditor"));
    assert_false(kt_call_has_role(&call, "audito"));
}

static void
over_when_cancelled_or_late(void **state)
{
    atomic_bool cancelled = false;

    (void)state;
    assert_false(kt_call_over(&call));
    call.cancelled = &cancelled;
    call.over_us = kt_clock_mono_us() + 60 * KT_US_PER_S;
    assert_false(kt_call_over(&call));
    atomic_store(&cancelled, true);
    assert_true(kt_call_over(&call));
    atomic_store(&cancelled, false);
    call.over_us = kt_clock_mono_us();
    assert_true(kt_call_over(&call));
}

static void
again_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(call.again_ms, -1);
    assert_ok(kt_call_again(&call, 5));
    assert_int_equal(call.again_ms, 5);
    assert_ok(kt_call_again(&call, UINT32_MAX));
    assert_int_equal(call.again_ms, KT_CALL_AGAIN_MS_MAX);
    assert_status(kt_call_out_of_memory(&call), KT_RESOURCE_EXHAUSTED,
                  RPC_REASON_TOO_MANY_ELEMENTS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ids_are_the_same_on_every_run, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_fields_are_noted, setup, teardown),
        cmocka_unit_test_setup_teardown(roles, setup, teardown),
        cmocka_unit_test_setup_teardown(over_when_cancelled_or_late, setup, teardown),
        cmocka_unit_test_setup_teardown(again_is_bounded, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
