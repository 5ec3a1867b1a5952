#include "testing.h"

#include <kt/prng.h>
#include <kt/trace.h>

#define ID   "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"
#define NO   "00000000000000000000000000000000"

/* https://www.w3.org/TR/trace-context-1/ : sections 3.2 and 4.3, and the cases of the W3C's own
 * validation suite. */
static void
traceparents(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid, sampled;
    } rows[] = {
        {"00-" ID "-" SPAN "-01", true, true},
        {"00-" ID "-" SPAN "-00", true, false},
        {"00-" ID "-" SPAN "-03", true, true}, /* flags nobody knows are dropped */
        {"00-" ID "-" SPAN "-fe", true, false},
        {"01-" ID "-" SPAN "-01", true, true}, /* later versions, as far as 00 goes */
        {"cc-" ID "-" SPAN "-01-what-the-future-will-be-like", true, true},
        {"cc-" ID "-" SPAN "-01-", true, true},
        {"cc-" ID "-" SPAN "-01.what-the-future-will-not-be", false, false},
        {"cc-" ID "-" SPAN "-012", false, false},
        {"ff-" ID "-" SPAN "-01", false, false}, /* no version */
        {"00-" ID "-" SPAN "-01-", false, false},
        {"00-" ID "-" SPAN "-01-more", false, false},
        {"00-" ID "-" SPAN "-01 ", false, false},
        {" 00-" ID "-" SPAN "-01", false, false},
        {"00-" NO "-" SPAN "-01", false, false},
        {"00-" ID "-0000000000000000-01", false, false},
        {"00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01", false, false},
        {"00-" ID "-00F067AA0BA902B7-01", false, false},
        {"0X-" ID "-" SPAN "-01", false, false},
        {"00-" ID "-" SPAN "-0g", false, false},
        {"00-" ID "-" SPAN "-1", false, false},
        {"00-" ID "-" SPAN, false, false},
        {"00-.bf92f3577b34da6a3ce929d0e0e4736-" SPAN "-01", false, false},
        {"00-" ID "-.0f067aa0ba902b7-01", false, false},
        {"00_" ID "_" SPAN "_01", false, false},
        {"00-" ID "0-0f067aa0ba902b7-01", false, false},
        {"", false, false},
        {"00", false, false},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        static const kt_trace_t none;
        kt_trace_t trace = {.sampled = true};
        char again[KT_TRACEPARENT_CHARS + 1];
        bool valid = kt_trace_parse(kt_span_str(rows[i].text), &trace);
        if (valid != rows[i].valid || trace.sampled != rows[i].sampled ||
            kt_trace_known(&trace) != valid)
            fail_msg("row %zu: %s", i, rows[i].text);
        if (!valid) {
            assert_memory_equal(trace.id, none.id, sizeof none.id);
            assert_memory_equal(trace.span, none.span, sizeof none.span);
            continue;
        }
        kt_trace_format(&trace, again);
        assert_string_equal(again,
                            rows[i].sampled ? "00-" ID "-" SPAN "-01" : "00-" ID "-" SPAN "-00");
    }
}

/* Every byte of a good one in turn is every other byte: what is still read has the right shape. */
static void
no_byte_is_overlooked(void **state)
{
    (void)state;
    static const char good[] = "00-" ID "-" SPAN "-01";
    for (size_t at = 0; at < KT_TRACEPARENT_CHARS; at++)
        for (unsigned byte = 0; byte < 256; byte++) {
            char text[sizeof good];
            kt_trace_t trace;
            memcpy(text, good, sizeof good);
            text[at] = (char)byte;
            bool dash = at == 2 || at == 35 || at == 52;
            bool hex = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
            bool valid = dash ? byte == '-' : hex;
            if (kt_trace_parse(kt_span(text, KT_TRACEPARENT_CHARS), &trace) != valid)
                fail_msg("byte %zu is 0x%02x", at, byte);
        }
}

static void
new_ones(void **state)
{
    (void)state;
    kt_prng_t prng;
    kt_prng_seed(&prng, 7);
    unsigned sampled = 0;
    for (unsigned i = 0; i < 10000; i++) {
        kt_trace_t trace = kt_trace_new(&prng, 100000), read;
        char text[KT_TRACEPARENT_CHARS + 1];
        assert_true(kt_trace_known(&trace));
        assert_int_equal(kt_trace_placed(&trace), trace.sampled);
        sampled += trace.sampled;
        kt_trace_new_span(&prng, &trace);
        kt_trace_format(&trace, text);
        assert_true(kt_trace_parse(kt_span_str(text), &read));
        assert_memory_equal(read.id, trace.id, sizeof trace.id);
        kt_trace_new_span(&prng, &trace);
        assert_memory_equal(read.id, trace.id, sizeof trace.id);
        assert_memory_not_equal(read.span, trace.span, sizeof trace.span);
    }
    assert_in_range(sampled, 900, 1100);
    assert_false(kt_trace_new(&prng, 0).sampled);
    assert_true(kt_trace_new(&prng, KT_TRACE_ALWAYS).sampled);
}

static void
ids_for_logs(void **state)
{
    (void)state;
    kt_trace_t trace;
    char id[KT_TRACE_ID_CHARS + 1], span[KT_TRACE_SPAN_CHARS + 1];
    assert_true(kt_trace_parse(kt_span_str("00-" ID "-" SPAN "-01"), &trace));
    kt_trace_format_ids(&trace, id, span);
    assert_string_equal(id, ID);
    assert_string_equal(span, SPAN);
    kt_trace_format_ids(&(kt_trace_t){.sampled = true}, id, span);
    assert_string_equal(id, "");
    assert_string_equal(span, "");
    uint8_t bytes[KT_TRACE_SPAN_BYTES];
    assert_true(kt_trace_unhex(kt_span_str(SPAN), bytes, sizeof bytes));
    assert_memory_equal(bytes, trace.span, sizeof bytes);
    assert_false(kt_trace_unhex(kt_span_str("0000000000000000"), bytes, sizeof bytes));
    assert_false(kt_trace_unhex(kt_span_str("00f067aa0ba902b"), bytes, sizeof bytes));
    assert_false(kt_trace_unhex(kt_span_str("00f067aa0ba902bX"), bytes, sizeof bytes));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traceparents),
        cmocka_unit_test(no_byte_is_overlooked),
        cmocka_unit_test(new_ones),
        cmocka_unit_test(ids_for_logs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
