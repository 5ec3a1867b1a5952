#include "testing.h"

#include "domain/iso4217.h"

#include <stdlib.h>

/* The list of the maintenance agency as data/iso4217.csv beside the project has it, where it is
 * there. */
static const char *csv_path = "";

static void
codes_are_in_order_and_numbers_are_unique(void **state)
{
    (void)state;
    uint32_t count;
    const fin_iso4217_t *all = fin_iso4217_all(&count);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(all[i].numeric > 0 && all[i].numeric < 1000);
        assert_true(all[i].exponent <= 4);
        assert_int_equal(strlen(all[i].code), 3);
        if (i > 0)
            assert_true(strcmp(all[i - 1].code, all[i].code) < 0);
        assert_ptr_equal(fin_iso4217_by_code(kt_span_str(all[i].code)), &all[i]);
        assert_ptr_equal(fin_iso4217_by_number(all[i].numeric), &all[i]);
    }
}

static void
what_is_no_currency_is_not_found(void **state)
{
    (void)state;
    static const char *const ROWS[] = {"", "US", "usd", "USDT", "AAA", "ZZZ", "XAU", "XTS", "$"};
    for (size_t i = 0; i < KT_COUNT(ROWS); i++)
        assert_null(fin_iso4217_by_code(kt_span_str(ROWS[i])));
    assert_null(fin_iso4217_by_number(0));
    assert_null(fin_iso4217_by_number(959));
    assert_null(fin_iso4217_by_number(10000));
}

static void
the_list_is_that_of_the_agency(void **state)
{
    (void)state;
    FILE *csv = fopen(csv_path, "r");
    if (!csv) {
        print_message("SKIPPED: no list to compare with (%s)\n", csv_path);
        skip();
    }
    char line[256];
    uint32_t seen = 0, count;
    assert_non_null(fgets(line, sizeof line, csv)); /* the heading */
    while (fgets(line, sizeof line, csv)) {
        char *rest = line;
        const char *code = strsep(&rest, ",");
        const char *numeric = strsep(&rest, ",");
        const char *exponent = strsep(&rest, ",");
        assert_non_null(exponent);
        const fin_iso4217_t *found = fin_iso4217_by_code(kt_span_str(code));
        if (exponent[0] == '\0') {
            assert_null(found);
            continue;
        }
        assert_non_null(found);
        assert_int_equal(found->numeric, strtoul(numeric, NULL, 10));
        assert_int_equal(found->exponent, strtoul(exponent, NULL, 10));
        seen++;
    }
    (void)fclose(csv);
    (void)fin_iso4217_all(&count);
    assert_int_equal(seen, count);
}

int
main(int argc, char **argv)
{
    csv_path = argc > 1 ? argv[1] : "";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_in_order_and_numbers_are_unique),
        cmocka_unit_test(what_is_no_currency_is_not_found),
        cmocka_unit_test(the_list_is_that_of_the_agency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
