/* The JSON form of the log, with jansson as the oracle. */
#include "capture.h"
#include "seed.h"
#include "testing.h"

#include <jansson.h>
#include <kt/log.h>
#include <kt/prng.h>
#include <kt/span.h>
#include <kt/time.h>

#include <inttypes.h>
#include <math.h>

/* The line that was captured, parsed strictly; it is one line, and ends. */
static json_t *
parsed(void)
{
    json_error_t error;
    size_t size = strlen(captured);
    assert_true(size > 0 && captured[size - 1] == '\n' && size <= KT_LOG_LINE_MAX);
    assert_ptr_equal(strchr(captured, '\n'), captured + size - 1);
    json_t *line = json_loadb(captured, size - 1, JSON_REJECT_DUPLICATES, &error);
    if (!line)
        fail_msg("%s: %s", error.text, captured);
    return line;
}

static const char *
text_of(const json_t *line, const char *name)
{
    const char *text = json_string_value(json_object_get(line, name));
    assert_non_null(text);
    return text;
}

static void
a_line_is_an_object(void **state)
{
    (void)state;
    int64_t time_us;
    CAPTURE(kt_log(KT_LOG_WARNING, "registered", "service=%s capacity=%u", "finance", 7u));
    json_t *line = parsed();
    assert_true(kt_time_parse(kt_span_str(text_of(line, "ts")), &time_us));
    assert_string_equal(text_of(line, "level"), "warning");
    assert_string_equal(text_of(line, "app"), "test");
    assert_string_equal(text_of(line, "event"), "registered");
    assert_string_equal(text_of(line, "service"), "finance");
    assert_int_equal(json_integer_value(json_object_get(line, "capacity")), 7);
    assert_int_equal(json_object_size(line), 6);
    json_decref(line);
    CAPTURE(kt_log(KT_LOG_ERROR, "alone", ""));
    line = parsed();
    assert_int_equal(json_object_size(line), 4);
    json_decref(line);
}

static void
values_have_types(void **state)
{
    (void)state;
    CAPTURE(kt_log(KT_LOG_INFO, "e",
                   "a=%d b=%" PRId64 " c=%.2f d=%.3e e=%g f=%s g=%02d h=%ldms i=%x j=%g k=at", -1,
                   INT64_MIN, 1.5, 12345.0, 1e30, "7", 4, 12L, 10u, NAN));
    json_t *line = parsed();
    assert_int_equal(json_integer_value(json_object_get(line, "a")), -1);
    assert_true(json_integer_value(json_object_get(line, "b")) == INT64_MIN);
    assert_true(json_real_value(json_object_get(line, "c")) == 1.5);
    assert_true(json_real_value(json_object_get(line, "d")) == 12350.0 ||
                json_real_value(json_object_get(line, "d")) == 12340.0);
    assert_true(json_real_value(json_object_get(line, "e")) == 1e30);
    assert_string_equal(text_of(line, "f"), "7"); /* a text that looks like a number */
    assert_string_equal(text_of(line, "g"), "04");
    assert_string_equal(text_of(line, "h"), "12ms");
    assert_string_equal(text_of(line, "i"), "a");
    assert_string_equal(text_of(line, "j"), "nan");
    assert_string_equal(text_of(line, "k"), "at");
    json_decref(line);
}

/* What a reader is to find of VALUE: bytes that are no UTF-8 are U+FFFD each. */
static size_t
expected(const char *value, char *out)
{
    size_t size = 0, all = strlen(value);
    for (size_t at = 0; at < all;) {
        kt_span_t rest = kt_span(value + at, all - at);
        size_t first = kt_utf8_first(rest);
        memcpy(out + size, first > 0 ? (const char *)rest.data : "\xEF\xBF\xBD",
               first > 0 ? first : 3);
        size += first > 0 ? first : 3;
        at += first > 0 ? first : 1;
    }
    out[size] = 0;
    return size;
}

/* Any bytes, of any length, with what breaks strings among them. */
static void
random_value(kt_prng_t *prng, char *value, size_t size)
{
    static const char *const pieces[] = {"\"",   "\\", "\n",       "\\u0000",         "\xC2\x9B",
                                         "\x7F", "}",  "\xED\xA0", "\xF0\x9F\x92\xB0"};
    size_t at = 0;
    while (at + 8 < size) {
        uint64_t chance = kt_prng_next(prng);
        const char *piece = pieces[chance % KT_COUNT(pieces)];
        if (chance >> 60 == 0) {
            memcpy(value + at, piece, strlen(piece));
            at += strlen(piece);
        } else {
            value[at++] = (char)(chance >> 32 | 1); /* never a NUL */
        }
    }
    value[at] = 0;
}

static void
any_bytes_come_back(void **state)
{
    (void)state;
    kt_prng_t prng;
    seed_print(&prng);
    for (unsigned i = 0; i < 3000; i++) {
        char value[4096], wanted[3 * sizeof value];
        random_value(&prng, value, 9 + kt_prng_below(&prng, i % 10 == 0 ? 4000 : 300));
        size_t whole = expected(value, wanted);
        CAPTURE(kt_log(KT_LOG_INFO, "e", "v=%s n=%d", value, 5));
        json_t *line = parsed();
        const char *got = text_of(line, "v");
        bool cut = json_is_true(json_object_get(line, "cut"));
        if (strncmp(got, wanted, strlen(got)) != 0 || (!cut && strlen(got) != whole) ||
            json_is_integer(json_object_get(line, "n")) == cut)
            fail_msg("round %u", i);
        for (const char *c = captured; *c && c[1]; c++)
            assert_true((unsigned char)*c >= 0x20 && *c != 0x7F);
        json_decref(line);
    }
}

/* Cut at every place of a field: name, number, the string's own quotes. */
static void
cut_lines_are_whole_objects(void **state)
{
    (void)state;
    static char value[KT_LOG_LINE_MAX];
    for (size_t size = KT_LOG_LINE_MAX - 200; size < KT_LOG_LINE_MAX - 50; size++) {
        memset(value, 'x', size);
        value[size] = 0;
        CAPTURE(kt_log(KT_LOG_INFO, "e", "v=%s number=%d text=%s", value, 123456, "\n\"\xFF"));
        json_t *line = parsed();
        bool cut = json_is_true(json_object_get(line, "cut"));
        const char *text = json_string_value(json_object_get(line, "text"));
        assert_int_equal(cut, !text || strcmp(text, "\n\"\xEF\xBF\xBD") != 0);
        json_decref(line);
    }
}

static void
the_format_has_names(void **state)
{
    (void)state;
    kt_log_format_t format = KT_LOG_LOGFMT;
    assert_true(kt_log_format_parse("json", &format));
    assert_int_equal(format, KT_LOG_JSON);
    assert_true(kt_log_format_parse("logfmt", &format));
    assert_int_equal(format, KT_LOG_LOGFMT);
    assert_false(kt_log_format_parse("xml", &format));
    assert_true(kt_log_enabled(KT_LOG_INFO));
    assert_false(kt_log_enabled(KT_LOG_DEBUG));
}

static int
setup(void **state)
{
    (void)state;
    kt_log_setup("test", KT_LOG_INFO);
    kt_log_set_format(KT_LOG_JSON);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_an_object),  cmocka_unit_test(values_have_types),
        cmocka_unit_test(any_bytes_come_back),  cmocka_unit_test(cut_lines_are_whole_objects),
        cmocka_unit_test(the_format_has_names),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
