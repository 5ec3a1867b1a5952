/* Local time by rule, held against the C library's own reading of the same rule. */
#include "seed.h"

#include "domain/zone.h"

#include <kt/time.h>
#include <time.h>

static const char *const RULES[] = {
    "UTC0",
    "WIB-7",
    "<+0330>-3:30",
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "EST5EDT,M3.2.0,M11.1.0",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "NZST-12NZDT,M9.5.0,M4.1.0/3",
    "IST-1GMT0,M10.5.0,M3.5.0/1",
    "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1",
    "AAA3BBB,J60/0,J300/0",
    "AAA-9:30:15BBB-11,59/1:30,300/23:59:59",
    "EET-2EEST,M3.4.4/50,M10.4.4/50",
};

static void
set_zone(const char *rule)
{
    assert_int_equal(setenv("TZ", rule, 1), 0);
    tzset();
}

static int32_t
libc_offset(int64_t at_us)
{
    time_t at = (time_t)(at_us / KT_US_PER_S);
    struct tm tm;
    assert_non_null(localtime_r(&at, &tm));
    return (int32_t)tm.tm_gmtoff;
}

static void
offsets_are_those_of_the_c_library(void **state)
{
    (void)state;
    kt_prng_t prng;
    seed_print(&prng);
    for (size_t i = 0; i < KT_COUNT(RULES); i++) {
        it_zone_t zone;
        assert_null(it_zone_parse(kt_span_str(RULES[i]), &zone));
        set_zone(RULES[i]);
        for (int n = 0; n < 2000; n++) {
            /* 1972..2099 */
            int64_t until_us, at_us = chance(&prng, 63072000, 4102444800) * KT_US_PER_S;
            int32_t got = it_zone_offset(&zone, at_us, &until_us);
            if (got != libc_offset(at_us))
                fail_msg("%s at %lld: %d, the C library says %d", RULES[i],
                         (long long)(at_us / KT_US_PER_S), got, libc_offset(at_us));
            if (until_us == INT64_MAX)
                continue;
            /* Up to the change it stays, from the change on it is another. */
            assert_int_equal(libc_offset(until_us - KT_US_PER_S), got);
            assert_int_not_equal(libc_offset(until_us), got);
        }
    }
}

static const char *const WRONG[] = {
    "",
    "CE-1",
    "CET",
    "CET-25",
    "CET-1:60",
    "CET-1CEST",
    "CET-1CEST,",
    "CET-1CEST,M3.5.0",
    "CET-1CEST,M13.5.0,M10.5.0",
    "CET-1CEST,M3.6.0,M10.5.0",
    "CET-1CEST,M3.5.7,M10.5.0",
    "CET-1CEST,M3.5.0,M10.5.0/168",
    "CET-1CEST,J0,J300",
    "CET-1CEST,366,1",
    "<CET-1",
    "<C!T>-1",
    "CET-1 ",
    "CET-1CEST,M3.5.0,M10.5.0/3x",
    "Europe/Berlin",
    ":UTC",
    "CET-1:30:",
    "CET99999999999999",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-1",
};

static void
what_is_no_rule_is_refused(void **state)
{
    (void)state;
    it_zone_t zone;
    for (size_t i = 0; i < KT_COUNT(WRONG); i++)
        if (!it_zone_parse(kt_span_str(WRONG[i]), &zone))
            fail_msg("\"%s\" was taken", WRONG[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_those_of_the_c_library),
        cmocka_unit_test(what_is_no_rule_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
