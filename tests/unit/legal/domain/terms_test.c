/* Terms by rows, and against an oracle that walks the calendar day by day. */
#include "testing.h"

#include "domain/terms.h"

#include <kt/prng.h>
#include <kt/time.h>

#define RUNS 1500

static int32_t
day(const char *text)
{
    kt_date_t date;
    if (!text)
        return KT_DATE_NONE;
    assert_true(kt_date_parse(kt_span_str(text), &date));
    return kt_days_from_date(date);
}

static void
assert_day(int32_t got, const char *expected, const char *what)
{
    char text[11] = "none";
    if (got != KT_DATE_NONE)
        kt_date_format(kt_date_from_days(got), text);
    if (strcmp(text, expected ? expected : "none") != 0)
        fail_msg("%s: %s, expected %s", what, text, expected ? expected : "none");
}

static legal_terms_t
from(const char *starts_on)
{
    return (legal_terms_t){.starts_on = day(starts_on), .ends_on = KT_DATE_NONE};
}

/* ---- days ---- */

static const struct {
    const char *from;
    uint32_t amount, unit;
    bool back;
    const char *to;
} ADDED[] = {
    {"2027-01-31", 1, LEGAL_MONTHS, false, "2027-02-28"},
    {"2028-01-31", 1, LEGAL_MONTHS, false, "2028-02-29"},
    {"2027-01-31", 2, LEGAL_MONTHS, false, "2027-03-31"},
    {"2028-02-29", 1, LEGAL_YEARS, false, "2029-02-28"},
    {"2028-02-29", 4, LEGAL_YEARS, false, "2032-02-29"},
    {"2026-08-28", 2, LEGAL_MONTHS, true, "2026-06-28"},
    {"2024-05-31", 3, LEGAL_MONTHS, true, "2024-02-29"},
    {"2026-01-01", 1, LEGAL_DAYS, true, "2025-12-31"},
    {"2026-12-28", 2, LEGAL_WEEKS, false, "2027-01-11"},
    {"9999-12-31", 1, LEGAL_DAYS, false, NULL},
    {"9999-12-31", 1, LEGAL_MONTHS, false, NULL},
    {"0001-01-01", 1, LEGAL_DAYS, true, NULL},
    {"0001-01-31", 1, LEGAL_MONTHS, true, NULL},
};

static void
months_are_clamped_to_the_last_day(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(ADDED); i++) {
        int32_t to;
        legal_length_t length = {ADDED[i].amount, ADDED[i].unit};
        if (!legal_day_add(day(ADDED[i].from), length, 1, ADDED[i].back, &to))
            to = KT_DATE_NONE;
        assert_day(to, ADDED[i].to, ADDED[i].from);
    }
}

/* ---- what is written ---- */

static const struct {
    const char *text;
    legal_problem_t problem;
    uint32_t amount, unit;
} WRITTEN[] = {
    {"36 months", LEGAL_NO_PROBLEM, 36, LEGAL_MONTHS},
    {"5 years", LEGAL_NO_PROBLEM, 5, LEGAL_YEARS},
    {" 1 Year. ", LEGAL_NO_PROBLEM, 1, LEGAL_YEARS},
    {"30 days", LEGAL_NO_PROBLEM, 30, LEGAL_DAYS},
    {"2 weeks", LEGAL_NO_PROBLEM, 2, LEGAL_WEEKS},
    {"5 years; 2 years", LEGAL_WRITTEN_AMBIGUOUS, 0, 0},
    {"3-5 years", LEGAL_WRITTEN_AMBIGUOUS, 0, 0},
    {"1.5 years", LEGAL_WRITTEN_AMBIGUOUS, 0, 0},
    {"1 year 6 months", LEGAL_WRITTEN_AMBIGUOUS, 0, 0},
    {"three (3) years or less", LEGAL_WRITTEN_UNREADABLE, 0, 0},
    {"12", LEGAL_WRITTEN_UNREADABLE, 0, 0},
    {"12months", LEGAL_WRITTEN_UNREADABLE, 0, 0},
    {"0 months", LEGAL_WRITTEN_UNREADABLE, 0, 0},
    {"12001 days", LEGAL_WRITTEN_UNREADABLE, 0, 0},
    {"99999999999999999999 days", LEGAL_WRITTEN_UNREADABLE, 0, 0},
    {"-3 years", LEGAL_WRITTEN_UNREADABLE, 0, 0},
    {"years", LEGAL_WRITTEN_UNREADABLE, 0, 0},
    {"2 fortnights", LEGAL_WRITTEN_UNREADABLE, 0, 0},
    {"", LEGAL_WRITTEN_UNREADABLE, 0, 0},
};

static void
what_is_written_is_read_or_returned(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(WRITTEN); i++) {
        legal_length_t length = {0};
        legal_problem_t problem = legal_length_parse(kt_span_str(WRITTEN[i].text), &length);
        if (problem != WRITTEN[i].problem || length.amount != WRITTEN[i].amount ||
            length.unit != WRITTEN[i].unit)
            fail_msg("\"%s\": problem %d, %u of unit %u", WRITTEN[i].text, (int)problem,
                     (unsigned)length.amount, (unsigned)length.unit);
    }
}

/* ---- whole terms ---- */

static void
a_first_term_and_its_renewals(void **state)
{
    (void)state;
    legal_clear_t clear;
    legal_terms_t terms = from("2020-08-01");
    terms.first = (legal_length_t){36, LEGAL_MONTHS};
    terms.renews = (legal_length_t){12, LEGAL_MONTHS};
    terms.notice = (legal_length_t){3, LEGAL_MONTHS};
    assert_int_equal(legal_terms_clear(&terms, &clear), LEGAL_NO_PROBLEM);
    assert_day(clear.first_end, "2023-07-31", "first end");
    assert_day(legal_end_of(&clear, 1), "2024-07-31", "first renewal");
    assert_day(legal_term_on(&clear, day("2023-07-31")).end, "2023-07-31", "on its last day");
    assert_day(legal_term_on(&clear, day("2023-08-01")).end, "2024-07-31", "the day after");
    assert_day(legal_term_on(&clear, day("2023-08-01")).deadline, "2024-04-30", "deadline");
}

static void
a_last_day_and_its_renewals(void **state)
{
    (void)state;
    legal_clear_t clear;
    legal_terms_t terms = from("2024-08-29");
    terms.ends_on = day("2025-08-28");
    terms.renews = (legal_length_t){12, LEGAL_MONTHS};
    terms.notice = (legal_length_t){2, LEGAL_MONTHS};
    assert_int_equal(legal_terms_clear(&terms, &clear), LEGAL_NO_PROBLEM);
    legal_term_t term = legal_term_on(&clear, day("2026-02-11"));
    assert_day(term.end, "2026-08-28", "current end");
    assert_day(term.deadline, "2026-06-28", "deadline");
    assert_int_equal(term.renewals, 1);
}

static void
renewals_are_counted_from_the_original_date(void **state)
{
    (void)state;
    legal_clear_t clear;
    legal_terms_t terms = from("2026-02-01");
    terms.ends_on = day("2027-01-31");
    terms.renews = (legal_length_t){1, LEGAL_MONTHS};
    assert_int_equal(legal_terms_clear(&terms, &clear), LEGAL_NO_PROBLEM);
    assert_day(legal_end_of(&clear, 1), "2027-02-28", "one");
    assert_day(legal_end_of(&clear, 2), "2027-03-31", "two");
    assert_day(legal_end_of(&clear, 13), "2028-02-29", "thirteen");
    /* Counted from its first day, the 31st: the month's last day where there is no 31st. */
    terms = from("2027-01-31");
    terms.first = terms.renews = (legal_length_t){1, LEGAL_MONTHS};
    assert_int_equal(legal_terms_clear(&terms, &clear), LEGAL_NO_PROBLEM);
    assert_day(clear.first_end, "2027-02-28", "first");
    assert_day(legal_end_of(&clear, 1), "2027-03-30", "second");
    assert_day(legal_end_of(&clear, 2), "2027-04-30", "third");
}

static void
units_may_differ(void **state)
{
    (void)state;
    legal_clear_t clear;
    legal_terms_t terms = from("2026-01-01");
    terms.first = (legal_length_t){90, LEGAL_DAYS};
    terms.renews = (legal_length_t){1, LEGAL_YEARS};
    terms.notice = (legal_length_t){4, LEGAL_WEEKS};
    assert_int_equal(legal_terms_clear(&terms, &clear), LEGAL_NO_PROBLEM);
    assert_day(clear.first_end, "2026-03-31", "first");
    assert_day(legal_end_of(&clear, 1), "2027-03-31", "second");
    assert_day(legal_term_on(&clear, day("2026-06-01")).deadline, "2027-03-03", "deadline");
    terms.first = (legal_length_t){1, LEGAL_MONTHS};
    terms.renews = (legal_length_t){2, LEGAL_WEEKS};
    terms.notice = (legal_length_t){1, LEGAL_WEEKS};
    assert_int_equal(legal_terms_clear(&terms, &clear), LEGAL_NO_PROBLEM);
    assert_day(legal_end_of(&clear, 2), "2026-02-28", "two fortnights later");
}

static void
notice_ends_it_in_time_or_a_term_later(void **state)
{
    (void)state;
    legal_clear_t clear;
    legal_terms_t terms = from("2020-08-01");
    terms.first = (legal_length_t){36, LEGAL_MONTHS};
    terms.renews = (legal_length_t){12, LEGAL_MONTHS};
    terms.notice = (legal_length_t){3, LEGAL_MONTHS};
    assert_int_equal(legal_terms_clear(&terms, &clear), LEGAL_NO_PROBLEM);
    assert_day(legal_end_by_notice(&clear, day("2023-04-30")), "2023-07-31", "on the deadline");
    assert_day(legal_end_by_notice(&clear, day("2023-05-01")), "2024-07-31", "a day late");
    /* 30 days before the end of February lie before the end of January. */
    terms = from("2027-03-01");
    terms.first = terms.renews = (legal_length_t){1, LEGAL_MONTHS};
    terms.notice = (legal_length_t){30, LEGAL_DAYS};
    assert_int_equal(legal_terms_clear(&terms, &clear), LEGAL_NO_PROBLEM);
    assert_day(legal_end_by_notice(&clear, day("2028-01-30")), "2028-02-29", "leap year");
    assert_day(legal_end_by_notice(&clear, day("2029-01-29")), "2029-02-28", "on the deadline");
    assert_day(legal_end_by_notice(&clear, day("2029-01-30")), "2029-03-31", "late for February");
    terms = from("2020-08-01");
    terms.open = true;
    terms.notice = (legal_length_t){1, LEGAL_MONTHS};
    assert_int_equal(legal_terms_clear(&terms, &clear), LEGAL_NO_PROBLEM);
    assert_day(legal_term_on(&clear, day("2030-01-01")).end, NULL, "open");
    assert_day(legal_end_by_notice(&clear, day("2024-01-31")), "2024-02-29", "open");
    terms.open = false;
    terms.ends_on = day("2021-07-31");
    assert_int_equal(legal_terms_clear(&terms, &clear), LEGAL_NO_PROBLEM);
    assert_day(legal_end_by_notice(&clear, day("2021-01-01")), NULL, "ends by itself");
}

static void
what_is_unclear_is_returned(void **state)
{
    (void)state;
    legal_clear_t clear;
    struct {
        const char *starts_on, *ends_on;
        legal_length_t first, renews, notice;
        bool open;
        const char *written;
        legal_problem_t problem;
    } rows[] = {
        {.ends_on = "2026-01-01", .problem = LEGAL_NO_START},
        {.starts_on = "2026-01-01", .problem = LEGAL_NO_TERM},
        {.starts_on = "2026-01-01", .first = {1, 0}, .problem = LEGAL_LENGTH_INCOMPLETE},
        {.starts_on = "2026-01-01", .first = {0, 3}, .problem = LEGAL_LENGTH_INCOMPLETE},
        {.starts_on = "2026-01-01",
         .open = true,
         .notice = {0, LEGAL_DAYS},
         .problem = LEGAL_LENGTH_INCOMPLETE},
        {.starts_on = "2026-01-01", .open = true, .first = {1, 3}, .problem = LEGAL_TWO_TERMS},
        {.starts_on = "2026-01-01",
         .ends_on = "2026-12-31",
         .first = {1, LEGAL_YEARS},
         .problem = LEGAL_TWO_TERMS},
        {.starts_on = "2026-01-01",
         .written = "5 years; 2 years",
         .problem = LEGAL_WRITTEN_AMBIGUOUS},
        {.starts_on = "2026-01-01", .written = "long", .problem = LEGAL_WRITTEN_UNREADABLE},
        {.starts_on = "2026-01-01", .written = "36 months", .problem = LEGAL_NO_PROBLEM},
        {.starts_on = "2026-01-01",
         .first = {1, LEGAL_YEARS},
         .written = "5 years; 2 years",
         .problem = LEGAL_NO_PROBLEM},
        {.starts_on = "2026-01-02", .ends_on = "2026-01-01", .problem = LEGAL_ENDS_BEFORE_START},
        {.starts_on = "2026-01-01", .ends_on = "2026-01-01", .problem = LEGAL_NO_PROBLEM},
        {.starts_on = "2026-01-01",
         .open = true,
         .renews = {1, LEGAL_YEARS},
         .problem = LEGAL_OPEN_RENEWS},
        {.starts_on = "2026-01-01",
         .first = {1, LEGAL_MONTHS},
         .renews = {1, LEGAL_MONTHS},
         .notice = {2, LEGAL_MONTHS},
         .problem = LEGAL_NOTICE_TOO_LONG},
        {.starts_on = "2026-01-01",
         .first = {1, LEGAL_YEARS},
         .renews = {1, LEGAL_MONTHS},
         .notice = {2, LEGAL_MONTHS},
         .problem = LEGAL_NOTICE_TOO_LONG},
        {.starts_on = "2026-01-01",
         .first = {12000, LEGAL_YEARS},
         .problem = LEGAL_BEYOND_CALENDAR},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        legal_terms_t terms = {.starts_on = day(rows[i].starts_on),
                               .ends_on = day(rows[i].ends_on),
                               .first = rows[i].first,
                               .renews = rows[i].renews,
                               .notice = rows[i].notice,
                               .open = rows[i].open,
                               .written = kt_span_str(rows[i].written)};
        legal_problem_t problem = legal_terms_clear(&terms, &clear);
        if (problem != rows[i].problem)
            fail_msg("row %zu: problem %d (%s)", i, (int)problem, legal_problem_text(problem));
        assert_int_equal(legal_problem_text(problem)[0] != 0, problem != LEGAL_NO_PROBLEM);
    }
}

/* ---- the oracle ---- */

/* MONTHS calendar months on from FROM, walking day by day: the day of the same number, or the last
 * before the next month. */
static int32_t
walk(int32_t start, int64_t months)
{
    int32_t wanted = kt_date_from_days(start).day, at = start;
    for (int64_t passed = 0; passed < months;)
        passed += kt_date_from_days(++at).day == 1;
    while (months > 0 && kt_date_from_days(at).day < wanted && kt_date_from_days(at + 1).day != 1)
        at++;
    return at;
}

/* The last day of a term of MONTHS from START: the day before the one that corresponds, or the
 * month's last where none does. */
static int32_t
walk_term(int32_t start, int64_t months)
{
    int32_t to = walk(start, months);
    return kt_date_from_days(to).day == kt_date_from_days(start).day ? to - 1 : to;
}

static void
terms_are_as_a_walk_through_the_calendar_finds_them(void **state)
{
    (void)state;
    uint64_t seed = (uint64_t)kt_clock_wall_us();
    print_message("seed %llu\n", (unsigned long long)seed);
    kt_prng_t prng;
    kt_prng_seed(&prng, seed);
    for (int run = 0; run < RUNS; run++) {
        legal_clear_t clear;
        uint32_t first = 1 + (uint32_t)kt_prng_below(&prng, 30);
        uint32_t renews = 1 + (uint32_t)kt_prng_below(&prng, 14);
        legal_terms_t terms = {.starts_on = (int32_t)kt_prng_below(&prng, 30000),
                               .ends_on = KT_DATE_NONE,
                               .first = {first, LEGAL_MONTHS},
                               .renews = {renews, LEGAL_MONTHS}};
        assert_int_equal(legal_terms_clear(&terms, &clear), LEGAL_NO_PROBLEM);
        assert_int_equal(clear.first_end, walk_term(terms.starts_on, first));
        int64_t n = (int64_t)kt_prng_below(&prng, 12);
        int32_t end = walk_term(terms.starts_on, first + n * renews);
        assert_int_equal(legal_end_of(&clear, n), end);
        /* The term of any day: no end lies between it and the day. */
        int32_t seen = terms.starts_on + (int32_t)kt_prng_below(&prng, 4000);
        int64_t passed = 0;
        while (walk_term(terms.starts_on, first + passed * renews) < seen)
            passed++;
        legal_term_t term = legal_term_on(&clear, seen);
        assert_int_equal(term.renewals, passed);
        assert_int_equal(term.end, walk_term(terms.starts_on, first + passed * renews));
        assert_int_equal(term.deadline, term.end);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months_are_clamped_to_the_last_day),
        cmocka_unit_test(what_is_written_is_read_or_returned),
        cmocka_unit_test(a_first_term_and_its_renewals),
        cmocka_unit_test(a_last_day_and_its_renewals),
        cmocka_unit_test(renewals_are_counted_from_the_original_date),
        cmocka_unit_test(units_may_differ),
        cmocka_unit_test(notice_ends_it_in_time_or_a_term_later),
        cmocka_unit_test(what_is_unclear_is_returned),
        cmocka_unit_test(terms_are_as_a_walk_through_the_calendar_finds_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
