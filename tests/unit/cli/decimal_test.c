/* Amounts as people write them, read and written. */
#include "testing.h"

#include "decimal.h"

#include <kt/prng.h>
#include <string.h>

static void
reads_amounts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t digits;
        int scale, written;
    } rows[] = {
        {"0", 0, 0, 0},
        {"-0.00", 0, 0, 2},
        {"+7", 7, 0, 0},
        {"1000.00", 1000, 0, 2},
        {"-1234,56", -123456, 2, 2},
        {"1.234.567,89", 123456789, 2, 2},
        {"1,234,567.80", 12345678, 1, 2},
        {"1,234,567", 1234567, 0, 0},
        {"1,000", 1, 0, 3}, /* one mark is the decimal one: hledger's CSV has no groups */
        {"10.", 10, 0, 0},
        {".5", 5, 1, 1},
        {"0.000000000000000001", 1, 18, 18},
        {"0.5000000000000000000000", 5, 1, 22},
        {"9223372036854775807", INT64_MAX, 0, 0},
        {"-9223372036854775808", INT64_MIN, 0, 0},
        {"-9.223372036854775808", INT64_MIN, 18, 18},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        cli_decimal_t decimal;
        const char *problem = cli_decimal_parse(kt_span_str(rows[i].text), &decimal);
        if (problem)
            fail_msg("%s: %s", rows[i].text, problem);
        if (decimal.digits != rows[i].digits || decimal.scale != rows[i].scale ||
            decimal.written != rows[i].written)
            fail_msg("%s: %lld scale %d written %d", rows[i].text, (long long)decimal.digits,
                     decimal.scale, decimal.written);
    }
}

static void
refuses_what_is_no_amount(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } rows[] = {
        {"", "not a decimal number"},
        {"-", "not a decimal number"},
        {".", "not a decimal number"},
        {"--1", "not a decimal number"},
        {"1-", "not a decimal number"},
        {"1e3", "not a decimal number"},
        {"0x10", "not a decimal number"},
        {"1 000", "not a decimal number"},
        {"$5", "not a decimal number"},
        {"1,23,456", "groups"},
        {"1,234.567,8", "groups"},
        {"1.234.567.89", "groups"},
        {",123,456", "groups"},
        {"1234,567,890", "groups"},
        {"9223372036854775808", "64 bits"},
        {"-9223372036854775809", "64 bits"},
        {"99999999999999999999", "64 bits"},
        {"0.0000000000000000001", "18 decimal places"},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        cli_decimal_t decimal = {.digits = 77};
        const char *problem = cli_decimal_parse(kt_span_str(rows[i].text), &decimal);
        if (!problem || !strstr(problem, rows[i].problem))
            fail_msg("'%s': %s", rows[i].text, problem ? problem : "was taken");
        assert_int_equal(decimal.digits, 77);
    }
}

static void
scales_to_minor_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int scale;
        bool fits;
        int64_t minor;
    } rows[] = {
        {"12.5", 2, true, 1250},
        {"-0.01", 2, true, -1},
        {"12.345", 2, false, 0},
        {"12.340", 2, true, 1234},
        {"0", 18, true, 0},
        {"9", 18, true, INT64_C(9000000000000000000)},
        {"10", 18, false, 0},
        {"92233720368547758.07", 2, true, INT64_MAX},
        {"92233720368547758.08", 2, false, 0},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        cli_decimal_t decimal;
        int64_t minor = 0;
        const char *problem = cli_decimal_parse(kt_span_str(rows[i].text), &decimal);
        bool fits = !problem && cli_decimal_to_minor(&decimal, rows[i].scale, &minor);
        if (fits != rows[i].fits || minor != rows[i].minor)
            fail_msg("%s at %d: %d %lld", rows[i].text, rows[i].scale, fits, (long long)minor);
    }
}

static void
writes_amounts(void **state)
{
    (void)state;
    static const struct {
        int64_t minor;
        int scale;
        const char *text;
    } rows[] = {
        {0, 0, "0"},
        {0, 2, "0.00"},
        {-5, 2, "-0.05"},
        {123456, 2, "1234.56"},
        {-100, 2, "-1.00"},
        {7, 0, "7"},
        {5, -3, "5"},
        {1, 99, "0.000000000000000001"},
        {INT64_MAX, 0, "9223372036854775807"},
        {INT64_MIN, 18, "-9.223372036854775808"},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        char text[CLI_AMOUNT_CHARS];
        cli_amount_format(rows[i].minor, rows[i].scale, text);
        assert_string_equal(text, rows[i].text);
    }
}

/* What is written reads as what it was, for any amount and scale. */
static void
reads_what_it_writes(void **state)
{
    (void)state;
    const uint64_t seed = 20261123;
    kt_prng_t prng;
    kt_prng_seed(&prng, seed);
    for (int i = 0; i < 20000; i++) {
        int64_t minor = (int64_t)(kt_prng_next(&prng) >> kt_prng_below(&prng, 64));
        int scale = (int)kt_prng_below(&prng, CLI_SCALE_MAX + 1);
        char text[CLI_AMOUNT_CHARS];
        cli_decimal_t decimal;
        int64_t back = 0;
        cli_amount_format(minor, scale, text);
        if (cli_decimal_parse(kt_span_str(text), &decimal) != NULL ||
            !cli_decimal_to_minor(&decimal, scale, &back) || back != minor)
            fail_msg("seed %llu: %s gives %lld, not %lld", (unsigned long long)seed, text,
                     (long long)back, (long long)minor);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_amounts),         cmocka_unit_test(refuses_what_is_no_amount),
        cmocka_unit_test(scales_to_minor_units), cmocka_unit_test(writes_amounts),
        cmocka_unit_test(reads_what_it_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
