/* The broker's part of traces: told for calls that are to be kept, and for no others. */
#include "broker_fixture.h"
#include "testing.h"

#include <kantor/rpc/v1/call.kt.h>
#include <kt/prng.h>

#define ID   "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"

static const kt_trace_t callers = {
    .id = {0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47,
           0x36},
    .span = {0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7},
    .sampled = true,
};

static kt_span_t
meta_with_trace(const char *traceparent)
{
    static uint8_t bytes[256];
    rpc_call_meta_t meta = RPC_CALL_META_INIT;
    meta.traceparent = (char *)(uintptr_t)traceparent;
    return kt_span(bytes, kantor__rpc__v1__call_meta__pack(&meta, bytes));
}

static void
call_traced(uint64_t id, uint8_t flags, kt_span_t meta)
{
    call_full(CLERK, id, READ_PATH, (uint8_t)(KT_FLAG_LAST | flags), 5000, meta,
              kt_span_str("a request"));
}

/* The CALL that FIN_A gets next. */
static got_t
given(void)
{
    got_t got;
    assert_true(next(BROKER_SERVICES, FIN_A, &got));
    assert_int_equal(got.head.kind, KT_CALL);
    return got;
}

static void
a_call_that_is_kept(void **state)
{
    (void)state;
    broker_traced_t parts[BROKER_TRACED_MAX];
    broker_open_traced(NULL, 0);
    enroll_ok(FIN_A, "a", 1);
    call(CLERK, 1, READ_PATH);
    uint64_t before = expect_call(FIN_A, READ_PATH);
    call_traced(2, KT_FLAG_KEPT, meta_with_trace("00-" ID "-" SPAN "-01"));
    advance_us(1500);
    end(FIN_A, before, KT_OK);
    got_t got = given();
    assert_string_equal(got.principal, "clerk");
    assert_true(got.trace.sampled);
    assert_memory_equal(got.trace.id, callers.id, sizeof callers.id);
    assert_memory_not_equal(got.trace.span, callers.span, sizeof callers.span);
    assert_int_equal(broker_traced(parts), 0); /* not before it ended */
    advance_us(700);
    end(FIN_A, got.head.call_id, KT_NOT_FOUND);
    assert_int_equal(broker_traced(parts), 1);
    assert_memory_equal(parts[0].trace.id, callers.id, sizeof callers.id);
    assert_memory_equal(parts[0].trace.span, got.trace.span, sizeof callers.span);
    assert_memory_equal(parts[0].parent, callers.span, sizeof callers.span);
    assert_string_equal(parts[0].path, READ_PATH);
    assert_int_equal(parts[0].code, KT_NOT_FOUND);
    assert_int_equal(parts[0].dispatched_us - parts[0].received_us, 1500);
    assert_int_equal(parts[0].ended_us - parts[0].dispatched_us, 700);
    broker_close();
}

/* Without the bit nobody looks into the meta frame, whatever stands there. */
static void
a_call_that_is_not(void **state)
{
    (void)state;
    broker_traced_t parts[BROKER_TRACED_MAX];
    for (unsigned traced = 0; traced < 2; traced++) {
        if (traced)
            broker_open_traced(NULL, 0);
        else
            broker_open(NULL);
        enroll_ok(FIN_A, "a", 9);
        call_traced(1, traced ? 0 : KT_FLAG_KEPT, meta_with_trace("00-" ID "-" SPAN "-01"));
        got_t got = given();
        assert_false(got.trace.sampled);
        end(FIN_A, got.head.call_id, KT_OK);
        assert_int_equal(broker_traced(parts), 0);
        broker_close();
    }
}

/* The bit with no trace, or with one that is none: it begins at the broker, and the call goes on.
 */
static void
a_trace_that_begins_here(void **state)
{
    (void)state;
    static const uint8_t none[KT_TRACE_SPAN_BYTES];
    broker_traced_t parts[BROKER_TRACED_MAX];
    const kt_span_t metas[] = {kt_span(NULL, 0), kt_span_str("\x12\x7f"),
                               kt_span_str("\x2a\x10"
                                           "the id of a tra."),
                               meta_with_trace("00-" ID "-0000000000000000-01")};
    broker_open_traced(NULL, 0);
    enroll_ok(FIN_A, "a", 9);
    for (unsigned i = 0; i < KT_COUNT(metas); i++) {
        call_traced(i + 1, KT_FLAG_KEPT, metas[i]);
        got_t got = given();
        assert_true(kt_trace_known(&got.trace));
        end(FIN_A, got.head.call_id, KT_OK);
        assert_int_equal(broker_traced(parts), i + 1);
        assert_memory_equal(parts[0].parent, none, sizeof none);
        assert_memory_equal(parts[0].trace.id, got.trace.id, sizeof got.trace.id);
    }
    broker_close();
}

static void
a_share_of_the_others(void **state)
{
    (void)state;
    broker_traced_t parts[BROKER_TRACED_MAX];
    unsigned kept = 0;
    broker_open_traced(NULL, KT_TRACE_ALWAYS / 4);
    enroll_ok(FIN_A, "a", 9);
    for (unsigned i = 0; i < 1000; i++) {
        call_traced(i + 1, 0, meta_with_trace("00-" ID "-" SPAN "-00"));
        got_t got = given();
        kept += got.trace.sampled;
        end(FIN_A, got.head.call_id, KT_OK);
    }
    assert_in_range(kept, 180, 320);
    assert_int_equal(broker_traced(parts), kept);
    assert_memory_equal(parts[0].trace.id, callers.id, sizeof callers.id);
    assert_memory_equal(parts[0].parent, callers.span, sizeof callers.span);
    broker_close();
}

/* However a call ends, its part is told once, and all instances that had it are children of it. */
static void
ends_of_all_kinds(void **state)
{
    (void)state;
    broker_traced_t parts[BROKER_TRACED_MAX];
    broker_open_traced(NULL, 0);
    enroll_ok(FIN_A, "a", 1);
    enroll_ok(FIN_B, "b", 1);
    call_traced(1, KT_FLAG_KEPT, meta_with_trace("00-" ID "-" SPAN "-01"));
    got_t first = given(), second;
    broker_core_on_gone(broker_it(), BROKER_SERVICES, FIN_A, broker_now_us());
    assert_true(next(BROKER_SERVICES, FIN_B, &second));
    assert_memory_equal(second.trace.span, first.trace.span, sizeof first.trace.span);
    assert_int_equal(broker_traced(parts), 0);
    advance_us(5 * KT_US_PER_S);
    expect_end(CLERK, 1, KT_DEADLINE_EXCEEDED, "DEADLINE_PASSED");
    assert_int_equal(broker_traced(parts), 1);
    assert_int_equal(parts[0].code, KT_DEADLINE_EXCEEDED);
    assert_int_equal(parts[0].resends, 1);
    call_traced(2, KT_FLAG_KEPT, meta_with_trace("00-" ID "-" SPAN "-01"));
    broker_core_on_gone(broker_it(), BROKER_CLIENTS, CLERK, broker_now_us());
    assert_int_equal(broker_traced(parts), 2);
    assert_int_equal(parts[0].code, KT_CANCELLED);
    assert_int_equal(parts[0].dispatched_us, 0); /* it waited all the time */
    broker_close();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_is_kept),      cmocka_unit_test(a_call_that_is_not),
        cmocka_unit_test(a_trace_that_begins_here), cmocka_unit_test(a_share_of_the_others),
        cmocka_unit_test(ends_of_all_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
