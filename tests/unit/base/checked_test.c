#include "testing.h"

#include <kt/checked.h>

static void
results_that_fit(void **state)
{
    (void)state;
    int64_t result;
    size_t size;
    assert_true(kt_add_i64(INT64_MAX, INT64_MIN, &result) && result == -1);
    assert_true(kt_sub_i64(INT64_MIN, -1, &result) && result == INT64_MIN + 1);
    assert_true(kt_mul_i64(INT64_C(3037000499), INT64_C(3037000499), &result));
    assert_true(kt_mul_size(SIZE_MAX / 2, 2, &size) && size == SIZE_MAX - 1);
}

static void
results_that_do_not(void **state)
{
    (void)state;
    int64_t result;
    size_t size;
    assert_false(kt_add_i64(INT64_MAX, 1, &result));
    assert_false(kt_sub_i64(INT64_MIN, 1, &result));
    assert_false(kt_sub_i64(0, INT64_MIN, &result));
    assert_false(kt_mul_i64(INT64_MIN, -1, &result));
    assert_false(kt_mul_size(SIZE_MAX / 2 + 1, 2, &size));
}

static void
take_leaves_null(void **state)
{
    (void)state;
    int thing = 1;
    int *pointer = &thing;
    int *taken = KT_TAKE(pointer);
    assert_ptr_equal(taken, &thing);
    assert_null(pointer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_that_fit),
        cmocka_unit_test(results_that_do_not),
        cmocka_unit_test(take_leaves_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
