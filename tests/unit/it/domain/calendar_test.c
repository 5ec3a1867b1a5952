#include "business.h"

#include <kt/arena.h>

static const char *holidays_path;

static void
business_time_is_that_of_stepping_minute_by_minute(void **state)
{
    (void)state;
    kt_prng_t prng;
    seed_print(&prng);
    for (int n = 0; n < 300; n++) {
        calendar_of_chance_t c;
        int64_t from = minute_of_chance(&prng);
        int64_t to = from + chance(&prng, 0, 6 * 1440) * MINUTE_US;
        calendar_of_chance(&prng, from, &c);
        int64_t want = oracle_minutes(&c, from, to) * MINUTE_US;
        int64_t got = it_business_between(&c.business, from, to);
        if (got != want)
            fail_msg("round %d, %s: %lld us, by the minute %lld", n, c.zone, (long long)got,
                     (long long)want);
    }
}

static void
it_is_additive_over_any_split_and_monotone(void **state)
{
    (void)state;
    kt_prng_t prng;
    seed_print(&prng);
    for (int n = 0; n < 3000; n++) {
        calendar_of_chance_t c;
        int64_t a = minute_of_chance(&prng) + chance(&prng, 0, MINUTE_US);
        int64_t b = a + chance(&prng, 0, 20 * KT_US_PER_DAY);
        int64_t between = a + chance(&prng, 0, b - a + 1);
        calendar_of_chance(&prng, a, &c);
        int64_t whole = it_business_between(&c.business, a, b);
        int64_t first = it_business_between(&c.business, a, between);
        assert_int_equal(whole, first + it_business_between(&c.business, between, b));
        assert_true(first >= 0 && first <= whole && whole <= b - a);
    }
}

static void
after_is_the_first_instant_by_which_it_has_passed(void **state)
{
    (void)state;
    kt_prng_t prng;
    seed_print(&prng);
    for (int n = 0; n < 2000; n++) {
        calendar_of_chance_t c;
        int64_t at = 0, from = minute_of_chance(&prng) + chance(&prng, 0, MINUTE_US);
        int64_t wanted = chance(&prng, 1, 10 * KT_US_PER_DAY);
        calendar_of_chance(&prng, from, &c);
        if (!it_business_after(&c.business, from, wanted, &at)) {
            /* A few minutes a week: it takes longer than anybody looks ahead. */
            int64_t ahead = from + IT_CALENDAR_DAYS_AHEAD * KT_US_PER_DAY;
            assert_true(it_business_between(&c.business, from, ahead) < wanted);
            continue;
        }
        assert_int_equal(it_business_between(&c.business, from, at), wanted);
        assert_int_equal(it_business_between(&c.business, from, at - 1), wanted - 1);
    }
}

/* A whole day of the hours a person would write, in the nights that lose and gain an hour. */
static void
a_day_that_changes_its_clocks_is_as_long_as_it_is(void **state)
{
    (void)state;
    calendar_of_chance_t c = {.zone = "CET-1CEST,M3.5.0,M10.5.0/3"};
    c.hours[0] = (it_hours_record_t){7, 0, 1440};
    c.record = (it_calendar_record_t){.time_zone = kt_span_str(c.zone),
                                      .hours = {.items = c.hours, .count = 1}};
    calendar_make(&c);
    assert_int_equal(
        it_business_between(&c.business, BEFORE_SPRING_US, BEFORE_SPRING_US + 3 * KT_US_PER_DAY),
        23 * 60 * MINUTE_US);
    assert_int_equal(
        it_business_between(&c.business, BEFORE_AUTUMN_US, BEFORE_AUTUMN_US + 3 * KT_US_PER_DAY),
        25 * 60 * MINUTE_US);
}

static void
far_away_times_do_no_harm(void **state)
{
    (void)state;
    calendar_of_chance_t c = {.zone = "UTC0"};
    int64_t at = 0;
    c.hours[0] = (it_hours_record_t){1, 0, 1};
    c.holidays[0].date = 0;
    c.record = (it_calendar_record_t){.time_zone = kt_span_str(c.zone),
                                      .hours = {.items = c.hours, .count = 1}};
    calendar_make(&c);
    assert_int_equal(it_business_between(&c.business, 10, 10), 0);
    assert_int_equal(it_business_between(&c.business, 10, 5), 0);
    assert_int_equal(it_business_between(&c.business, INT64_MAX - 1, INT64_MAX), 0);
    assert_true(it_business_between(&c.business, INT64_MIN, INT64_MIN + 1) == 0);
    /* One minute a week: ten years have 522 of them. */
    assert_false(it_business_after(&c.business, 0, 600 * MINUTE_US, &at));
    assert_true(it_business_after(&c.business, 0, 500 * MINUTE_US, &at));
}

static const struct {
    it_hours_record_t hours[5];
    uint32_t count;
    int32_t holidays[2];
    uint32_t holidays_count;
    const char *zone, *field;
} WRONG[] = {
    {{{1, 540, 1020}}, 1, {0}, 0, "nowhere", "time_zone"},
    {{{1, 540, 1020}}, 0, {0}, 0, "UTC0", "hours"},
    {{{1, 1020, 540}}, 1, {0}, 0, "UTC0", "hours"},
    {{{1, 540, 540}}, 1, {0}, 0, "UTC0", "hours"},
    {{{1, 540, 1020}, {1, 1019, 1100}}, 2, {0}, 0, "UTC0", "hours"},
    {{{1, 540, 1020}, {1, 500, 541}}, 2, {0}, 0, "UTC0", "hours"},
    {{{1, 0, 1}, {1, 2, 3}, {1, 4, 5}, {1, 6, 7}, {1, 8, 9}}, 5, {0}, 0, "UTC0", "hours"},
    {{{1, 540, 1020}}, 1, {7, 7}, 2, "UTC0", "holidays"},
};

static void
what_is_no_calendar_is_refused_with_its_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(WRONG); i++) {
        it_holiday_record_t holidays[2] = {{.date = WRONG[i].holidays[0]},
                                           {.date = WRONG[i].holidays[1]}};
        it_hours_record_t hours[5];
        memcpy(hours, WRONG[i].hours, sizeof hours);
        it_calendar_record_t record = {
            .time_zone = kt_span_str(WRONG[i].zone),
            .hours = {.items = hours, .count = WRONG[i].count},
            .holidays = {.items = holidays, .count = WRONG[i].holidays_count},
        };
        it_business_t business;
        const char *field = "";
        assert_non_null(it_business_make(&record, &business, &field));
        assert_string_equal(field, WRONG[i].field);
    }
}

/* Indonesia's holidays of 2026, where the list is at hand: {"2026-01-01": {...}, ...}. */
static void
a_year_of_indonesian_holidays(void **state)
{
    (void)state;
    static char text[65536];
    static it_holiday_record_t holidays[IT_HOLIDAYS_MAX];
    FILE *file = holidays_path ? fopen(holidays_path, "r") : NULL;
    if (!file) {
        print_message("SKIPPED: no list of holidays\n");
        skip();
    }
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    calendar_of_chance_t c = {.zone = "WIB-7"};
    uint32_t count = 0, working = 0;
    for (const char *at = text; (at = strstr(at, "\"2026-")); at++) {
        kt_date_t date;
        if (kt_date_parse(kt_span(at + 1, 10), &date))
            holidays[count++].date = kt_days_from_date(date);
    }
    assert_true(count > 10);
    for (uint32_t day = 0; day < 5; day++)
        c.hours[day] = (it_hours_record_t){day + 1, 8 * 60, 16 * 60};
    c.record = (it_calendar_record_t){.time_zone = kt_span_str(c.zone),
                                      .hours = {.items = c.hours, .count = 5},
                                      .holidays = {.items = holidays, .count = count}};
    calendar_make(&c);
    int32_t first = kt_days_from_date((kt_date_t){2026, 1, 1});
    for (int32_t day = first; day < first + 365; day++) {
        bool off = (day + 3) % 7 >= 5;
        for (uint32_t i = 0; i < count; i++)
            off = off || holidays[i].date == day;
        working += !off;
    }
    /* Local days begin seven hours before UTC's. */
    int64_t from = first * KT_US_PER_DAY - 7 * 3600 * KT_US_PER_S;
    assert_int_equal(it_business_between(&c.business, from, from + 365 * KT_US_PER_DAY),
                     working * 8 * 60 * MINUTE_US);
}

int
main(int argc, char **argv)
{
    holidays_path = argc > 1 ? argv[1] : NULL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(business_time_is_that_of_stepping_minute_by_minute),
        cmocka_unit_test(it_is_additive_over_any_split_and_monotone),
        cmocka_unit_test(after_is_the_first_instant_by_which_it_has_passed),
        cmocka_unit_test(a_day_that_changes_its_clocks_is_as_long_as_it_is),
        cmocka_unit_test(far_away_times_do_no_harm),
        cmocka_unit_test(what_is_no_calendar_is_refused_with_its_field),
        cmocka_unit_test(a_year_of_indonesian_holidays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
