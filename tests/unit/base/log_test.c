#include "capture.h"
#include "testing.h"

#include <kt/log.h>
#include <kt/time.h>

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

/* What stands after the time stamp and the app's name. */
static const char *
tail(void)
{
    static const char app[] = " app=test ";
    const char *found = strstr(captured, app);
    return found ? found + sizeof(app) - 1 : captured;
}

static void
a_line_is_logfmt(void **state)
{
    (void)state;
    int64_t time_us;
    CAPTURE(kt_log(KT_LOG_INFO, "registered", "service=%s capacity=%u", "finance", 7u));
    assert_string_equal(tail(), "event=registered service=finance capacity=7\n");
    assert_memory_equal(captured, "ts=", 3);
    assert_true(kt_time_parse(kt_span(captured + 3, 27), &time_us));
    assert_memory_equal(captured + 30, " level=info ", 12);
    CAPTURE(kt_log(KT_LOG_ERROR, "alone", ""));
    assert_string_equal(tail(), "event=alone\n");
}

static void
every_conversion(void **state)
{
    (void)state;
    CAPTURE(kt_log(KT_LOG_INFO, "e",
                   "a=%d b=%" PRIu64 " c=%zu d=%.2f e=%.*s f=%c g=%02x h=%5d i=%%x", -1, UINT64_MAX,
                   (size_t)3, 1.5, 2, "abc", 'q', 10u, 4));
    assert_string_equal(tail(), "event=e a=-1 b=18446744073709551615 c=3 d=1.50 e=ab f=q g=0a "
                                "h=\"    4\" i=%x\n");
    CAPTURE(kt_log(KT_LOG_INFO, "e", "took=%ldms at=x lld=%lld hh=%hhu", 12L, -3LL,
                   (unsigned char)200));
    assert_string_equal(tail(), "event=e took=12ms at=x lld=-3 hh=200\n");
}

static void
no_value_forges_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *value, *written;
    } rows[] = {
        {"", "v=\"\"\n"},
        {"two words", "v=\"two words\"\n"},
        {"x level=error", "v=\"x level=error\"\n"},
        {"a\nts=1", "v=\"a\\nts=1\"\n"},
        {"a\"b\\c", "v=\"a\\\"b\\\\c\"\n"},
        {"\x1b[31m", "v=\"\\x1b[31m\"\n"},
        {"\x7f", "v=\"\\x7f\"\n"},
        {"gr\xC3\xBC\xC3\x9F", "v=gr\xC3\xBC\xC3\x9F\n"},
        {"\xC2\x9B"
         "31m",
         "v=\"\\xc2\\x9b31m\"\n"}, /* C1 control sequence introducer */
        {"\xFF", "v=\"\\xff\"\n"},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        CAPTURE(kt_log(KT_LOG_INFO, "e", "v=%s", rows[i].value));
        assert_string_equal(tail() + sizeof("event=e"), rows[i].written);
    }
}

static void
long_lines_are_cut(void **state)
{
    (void)state;
    static char value[4000];
    memset(value, 'x', sizeof(value) - 1);
    CAPTURE(kt_log(KT_LOG_INFO, "e", "v=%s w=%d", value, 1));
    size_t size = strlen(captured);
    assert_int_equal(size, KT_LOG_LINE_MAX);
    assert_string_equal(captured + size - 5, "x...\n");
    assert_null(strstr(captured, "w="));
    memset(value, '\n', sizeof(value) - 1);
    CAPTURE(kt_log(KT_LOG_INFO, "e", "v=%s", value));
    assert_in_range(strlen(captured), KT_LOG_LINE_MAX - 8, KT_LOG_LINE_MAX);
    assert_ptr_equal(strchr(captured, '\n'), captured + strlen(captured) - 1);
}

static void
levels(void **state)
{
    (void)state;
    kt_log_level_t level = KT_LOG_DEBUG;
    assert_true(kt_log_level_parse("warning", &level));
    assert_int_equal(level, KT_LOG_WARNING);
    assert_false(kt_log_level_parse("loud", &level));
    CAPTURE(kt_log(KT_LOG_DEBUG, "quiet", "a=%d", 1));
    assert_string_equal(captured, "");
}

static int
setup(void **state)
{
    (void)state;
    kt_log_setup("test", KT_LOG_INFO);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_logfmt),
        cmocka_unit_test(every_conversion),
        cmocka_unit_test(no_value_forges_a_line),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(levels),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
