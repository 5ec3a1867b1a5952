#include "testing.h"

static void
names_of_all_codes(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < KT_CODE_COUNT; i++) {
        kt_code_t code;
        assert_true(kt_code_from_name(kt_code_name(i), &code));
        assert_int_equal(code, i);
    }
    assert_string_equal(kt_code_name(KT_NOT_FOUND), "NOT_FOUND");
    assert_string_equal(kt_code_name(16), "UNAUTHENTICATED");
}

static void
numbers_that_are_no_codes(void **state)
{
    (void)state;
    kt_code_t code = KT_ABORTED;
    assert_string_equal(kt_code_name(KT_CODE_COUNT), "CODE_?");
    assert_string_equal(kt_code_name(UINT32_MAX), "CODE_?");
    assert_false(kt_code_from_name("not_found", &code));
    assert_false(kt_code_from_name("", &code));
    assert_int_equal(code, KT_ABORTED);
}

static kt_status_t
passes_on(kt_status_t inner, bool *went_on)
{
    KT_TRY(inner);
    *went_on = true;
    return kt_ok();
}

static void
try_passes_failures_on(void **state)
{
    (void)state;
    bool went_on = false;
    assert_status(passes_on(kt_error(KT_ABORTED, 7, "x"), &went_on), KT_ABORTED, 7);
    assert_false(went_on);
    assert_ok(passes_on(kt_ok(), &went_on));
    assert_true(went_on);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_all_codes),
        cmocka_unit_test(numbers_that_are_no_codes),
        cmocka_unit_test(try_passes_failures_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
