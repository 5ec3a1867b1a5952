#include "testing.h"

#include <kt/time.h>

static void
every_day_of_ten_thousand_years(void **state)
{
    (void)state;
    int32_t days = -719162; /* 0001-01-01 */
    char text[11];
    for (int32_t year = KT_YEAR_MIN; year <= KT_YEAR_MAX; year++) {
        for (int32_t month = 1; month <= 12; month++) {
            int32_t last = kt_days_in_month(year, month);
            for (int32_t day = 1; day <= last; day++, days++) {
                kt_date_t date = {year, month, day}, back = kt_date_from_days(days);
                assert_true(kt_days_from_date(date) == days);
                assert_true(back.year == year && back.month == month && back.day == day);
            }
            kt_date_t first = {year, month, 1}, parsed;
            kt_date_format(first, text);
            assert_true(kt_date_parse(kt_span_str(text), &parsed));
            assert_memory_equal(&parsed, &first, sizeof(first));
        }
    }
    assert_int_equal(days, 2932897); /* 10000-01-01 */
}

static void
pinned_days(void **state)
{
    (void)state;
    assert_int_equal(kt_days_from_date((kt_date_t){1970, 1, 1}), 0);
    assert_int_equal(kt_days_from_date((kt_date_t){2000, 3, 1}), 11017);
    assert_int_equal(kt_days_from_date((kt_date_t){2026, 11, 23}), 20780);
    assert_int_equal(kt_month_of((kt_date_t){2026, 11, 23}), 2026 * 12 + 10);
    assert_int_equal(kt_days_in_month(1900, 2), 28);
    assert_int_equal(kt_days_in_month(2000, 2), 29);
    assert_int_equal(kt_days_in_month(2024, 2), 29);
    assert_int_equal(kt_days_in_month(2024, 0), 0);
    assert_int_equal(kt_days_in_month(2024, 13), 0);
}

static void
dates_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "2026-11-3",  "2026-11-233", "2026/11/23", "2026-13-01",
        "2026-00-01", "2026-02-29", "2026-04-31",  "2026-01-00", "0000-01-01",
        "+026-01-01", "2026-1a-01", " 026-01-01",  "-001-01-01",
    };
    kt_date_t date = {1, 2, 3};
    for (size_t i = 0; i < KT_COUNT(bad); i++)
        assert_false(kt_date_parse(kt_span_str(bad[i]), &date));
    assert_int_equal(date.year, 1);
    char text[11];
    kt_date_format((kt_date_t){12345, 1, 1}, text);
    assert_string_equal(text, "0000-00-00");
}

static void
times_round_trip(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time_us;
        const char *formatted;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000000Z"},
        {"1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z"},
        {"2026-11-23T16:04:05.123456Z", INT64_C(1795449845123456), "2026-11-23T16:04:05.123456Z"},
        {"2026-11-23t16:04:05.5z", INT64_C(1795449845500000), "2026-11-23T16:04:05.500000Z"},
        {"2026-11-23T23:04:05+07:00", INT64_C(1795449845000000), "2026-11-23T16:04:05.000000Z"},
        {"2026-11-23T11:34:05.1234567-04:30", INT64_C(1795449845123456),
         "2026-11-23T16:04:05.123456Z"},
        {"0001-01-01T00:00:00Z", INT64_C(-62135596800000000), "0001-01-01T00:00:00.000000Z"},
        {"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z"},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        int64_t time_us;
        char text[28];
        assert_true(kt_time_parse(kt_span_str(rows[i].text), &time_us));
        assert_true(time_us == rows[i].time_us);
        kt_time_format(time_us, text);
        assert_string_equal(text, rows[i].formatted);
    }
}

static void
times_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026-11-23",
        "2026-11-23T16:04:05",
        "2026-11-23 16:04:05Z",
        "2026-11-23T16:04:05.Z",
        "2026-11-23T16:04:05.1",
        "2026-11-23T16:04Z___",
        "2026-11-23T24:00:00Z",
        "2026-11-23T16:60:00Z",
        "2016-12-31T23:59:60Z",
        "2026-11-23T16:04:05ZZ",
        "2026-11-23T16:04:05+0700",
        "2026-11-23T16:04:05+24:00",
        "2026-11-23T16:04:05+07:60",
        "2026-11-23T16:04:05*07:00",
        "2026-02-30T16:04:05Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    };
    int64_t time_us = 42;
    for (size_t i = 0; i < KT_COUNT(bad); i++)
        assert_false(kt_time_parse(kt_span_str(bad[i]), &time_us));
    assert_int_equal(time_us, 42);
}

static void
times_out_of_range_are_clamped(void **state)
{
    (void)state;
    char text[28];
    kt_time_format(INT64_MIN, text);
    assert_string_equal(text, "0001-01-01T00:00:00.000000Z");
    kt_time_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999999Z");
}

static void
clocks_run(void **state)
{
    (void)state;
    int64_t mono = kt_clock_mono_us();
    assert_true(kt_clock_wall_us() > INT64_C(1700000000) * KT_US_PER_S);
    assert_true(kt_clock_mono_us() >= mono);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_ten_thousand_years),
        cmocka_unit_test(pinned_days),
        cmocka_unit_test(dates_that_are_none),
        cmocka_unit_test(times_round_trip),
        cmocka_unit_test(times_that_are_none),
        cmocka_unit_test(times_out_of_range_are_clamped),
        cmocka_unit_test(clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
