/* MESSAGE and WINDOW: both ways, in order, within the window. */
#include "broker_fixture.h"
#include "testing.h"

static int
setup(void **state)
{
    (void)state;
    broker_open(NULL);
    enroll_ok(FIN_A, "a", 2);
    return 0;
}

static uint64_t
open_stream(uint64_t id, const char *path, bool last)
{
    call_full(CLERK, id, path, last ? KT_FLAG_LAST : 0, 5000, kt_span(NULL, 0), kt_span(NULL, 0));
    got_t got = expect_kind(BROKER_SERVICES, FIN_A, KT_CALL, 0);
    assert_int_equal(got.head.flags, last ? KT_FLAG_LAST : 0);
    return got.head.call_id;
}

static void
test_messages_go_both_ways(void **state)
{
    (void)state;
    uint64_t id = open_stream(5, BIDI_PATH, false);
    for (uint32_t n = 1; n <= 3; n++) {
        message(BROKER_CLIENTS, CLERK, 5, n, n == 3 ? KT_FLAG_LAST : 0);
        got_t got = expect_kind(BROKER_SERVICES, FIN_A, KT_MESSAGE, id);
        assert_int_equal(got.head.arg, n);
        assert_int_equal(got.head.flags, n == 3 ? KT_FLAG_LAST : 0);
        message(BROKER_SERVICES, FIN_A, id, n, 0);
        assert_int_equal(expect_kind(BROKER_CLIENTS, CLERK, KT_MESSAGE, 5).head.arg, n);
    }
    end(FIN_A, id, KT_OK);
    expect_end(CLERK, 5, KT_OK, "");
}

static void
test_the_end_of_a_stream_needs_no_body(void **state)
{
    (void)state;
    uint64_t id = open_stream(5, UP_PATH, false);
    message(BROKER_CLIENTS, CLERK, 5, 1, 0);
    expect_kind(BROKER_SERVICES, FIN_A, KT_MESSAGE, id);
    send_head(BROKER_CLIENTS, CLERK, KT_MESSAGE, KT_FLAG_LAST, 2, 5);
    assert_int_equal(expect_kind(BROKER_SERVICES, FIN_A, KT_MESSAGE, id).head.flags, KT_FLAG_LAST);
}

static void
test_messages_of_a_queued_call_go_after_it(void **state)
{
    (void)state;
    uint64_t first = open_stream(1, UP_PATH, false);
    open_stream(2, UP_PATH, false);
    call_full(CLERK, 3, BIDI_PATH, 0, 5000, kt_span(NULL, 0), kt_span(NULL, 0));
    message(BROKER_CLIENTS, CLERK, 3, 1, 0);
    message(BROKER_CLIENTS, CLERK, 3, 2, KT_FLAG_LAST);
    send_head(BROKER_CLIENTS, CLERK, KT_WINDOW, 0, 4, 3);
    expect_silence(BROKER_SERVICES, FIN_A);
    end(FIN_A, first, KT_OK);
    uint64_t id = expect_call(FIN_A, BIDI_PATH);
    assert_int_equal(expect_kind(BROKER_SERVICES, FIN_A, KT_WINDOW, id).head.arg, 4);
    assert_int_equal(expect_kind(BROKER_SERVICES, FIN_A, KT_MESSAGE, id).head.arg, 1);
    assert_int_equal(expect_kind(BROKER_SERVICES, FIN_A, KT_MESSAGE, id).head.arg, 2);
    assert_int_equal(stats().queued_bytes, 0);
}

static void
test_what_waits_behind_a_queued_call_is_bounded(void **state)
{
    (void)state;
    open_stream(1, UP_PATH, false);
    open_stream(2, UP_PATH, false);
    call_full(FEW, 3, UP_PATH, 0, 5000, kt_span(NULL, 0), kt_span(NULL, 0));
    for (uint32_t n = 1; n <= 16; n++)
        message(BROKER_CLIENTS, FEW, 3, n, 0);
    expect_end(FEW, 3, KT_RESOURCE_EXHAUSTED, "QUEUE_FULL");
    expect_silence(BROKER_CLIENTS, FEW);
}

static void
test_windows_bound_both_ways(void **state)
{
    (void)state;
    uint64_t id = open_stream(5, BIDI_PATH, false);
    for (uint32_t n = 1; n <= KT_STREAM_WINDOW; n++)
        message(BROKER_SERVICES, FIN_A, id, n, 0);
    send_head(BROKER_CLIENTS, CLERK, KT_WINDOW, 0, 2, 5);
    assert_int_equal(expect_kind(BROKER_SERVICES, FIN_A, KT_WINDOW, id).head.arg, 2);
    message(BROKER_SERVICES, FIN_A, id, 17, 0);
    message(BROKER_SERVICES, FIN_A, id, 18, 0);
    message(BROKER_SERVICES, FIN_A, id, 19, 0);
    for (uint32_t n = 1; n <= 18; n++)
        expect_kind(BROKER_CLIENTS, CLERK, KT_MESSAGE, 5);
    expect_end(CLERK, 5, KT_RESOURCE_EXHAUSTED, "WINDOW_EXCEEDED");
    expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, id);

    id = open_stream(6, UP_PATH, false);
    send_head(BROKER_SERVICES, FIN_A, KT_WINDOW, 0, 1, id);
    assert_int_equal(expect_kind(BROKER_CLIENTS, CLERK, KT_WINDOW, 6).head.arg, 1);
    for (uint32_t n = 1; n <= KT_STREAM_WINDOW + 2; n++)
        message(BROKER_CLIENTS, CLERK, 6, n, 0);
    expect_end(CLERK, 6, KT_RESOURCE_EXHAUSTED, "WINDOW_EXCEEDED");
    for (uint32_t n = 1; n <= KT_STREAM_WINDOW + 1; n++)
        expect_kind(BROKER_SERVICES, FIN_A, KT_MESSAGE, id);
    expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, id);
}

static void
test_a_window_cannot_overflow(void **state)
{
    (void)state;
    uint64_t id = open_stream(5, BIDI_PATH, false);
    send_head(BROKER_CLIENTS, CLERK, KT_WINDOW, 0, UINT32_MAX, 5);
    send_head(BROKER_CLIENTS, CLERK, KT_WINDOW, 0, UINT32_MAX, 5);
    message(BROKER_SERVICES, FIN_A, id, 1, 0);
    expect_kind(BROKER_CLIENTS, CLERK, KT_MESSAGE, 5);
}

static void
test_gaps_end_the_call(void **state)
{
    (void)state;
    uint64_t id = open_stream(5, BIDI_PATH, false);
    message(BROKER_CLIENTS, CLERK, 5, 2, 0);
    expect_end(CLERK, 5, KT_DATA_LOSS, "STREAM_GAP");
    expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, id);
    end(FIN_A, id, KT_CANCELLED);
    id = open_stream(6, DOWN_PATH, true);
    message(BROKER_SERVICES, FIN_A, id, 1, 0);
    message(BROKER_SERVICES, FIN_A, id, 3, 0);
    expect_kind(BROKER_CLIENTS, CLERK, KT_MESSAGE, 6);
    expect_end(CLERK, 6, KT_DATA_LOSS, "STREAM_GAP");
    message(BROKER_SERVICES, FIN_A, id, 4, 0); /* it has not heard yet */
    expect_silence(BROKER_CLIENTS, CLERK);
}

static void
test_messages_where_none_may_come(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool last;
    } rows[] = {{READ_PATH, true}, {DOWN_PATH, true}};
    for (unsigned i = 0; i < KT_COUNT(rows); i++) {
        uint64_t id = open_stream(5, rows[i].path, rows[i].last);
        message(BROKER_CLIENTS, CLERK, 5, 1, 0);
        expect_end(CLERK, 5, KT_INVALID_ARGUMENT, "MALFORMED_FRAME");
        expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, id);
        end(FIN_A, id, KT_OK);
    }
    uint64_t id = open_stream(6, UP_PATH, false);
    message(BROKER_CLIENTS, CLERK, 6, 1, KT_FLAG_LAST);
    message(BROKER_CLIENTS, CLERK, 6, 2, 0);
    expect_end(CLERK, 6, KT_INVALID_ARGUMENT, "MALFORMED_FRAME");
    end(FIN_A, id, KT_OK);
    while (next(BROKER_SERVICES, FIN_A, &(got_t){0}))
        ;
    id = open_stream(7, READ_PATH, true);
    message(BROKER_SERVICES, FIN_A, id, 1, 0);
    expect_end(CLERK, 7, KT_INTERNAL, "MALFORMED_FRAME");
}

static void
test_a_status_that_is_too_long_is_the_services_fault(void **state)
{
    (void)state;
    static uint8_t meta[KT_META_BYTES_MAX + 1];
    uint64_t id = open_stream(5, READ_PATH, true);
    uint8_t head[KT_HEAD_BYTES];
    kt_head_encode(&(kt_head_t){.kind = KT_END, .call_id = id}, head);
    kt_span_t frames[] = {kt_span(head, sizeof head), kt_span(meta, sizeof meta), {0}};
    send_raw(BROKER_SERVICES, FIN_A, frames, 3);
    expect_end(CLERK, 5, KT_INTERNAL, "BUG");
    open_stream(6, READ_PATH, true);
    open_stream(7, READ_PATH, true); /* both places are free again */
}

/* A caller that streams faster than the instance reads waits by itself: the instance is not to
 * blame, and the caller's own limit is what ends its calls. */
static void
test_messages_wait_for_a_full_instance(void **state)
{
    (void)state;
    broker_close();
    broker_limits_t limits = broker_test_limits();
    limits.outbox_bytes_max = 100;
    broker_open(&limits);
    enroll_ok(FIN_A, "a", 2);
    uint64_t id = open_stream(5, BIDI_PATH, false), other = open_stream(6, UP_PATH, false);
    set_io(BROKER_SERVICES, FIN_A, KT_IO_AGAIN);
    send_head(BROKER_CLIENTS, CLERK, KT_WINDOW, 0, 1, 5);
    for (uint32_t n = 1; n <= 16; n++) {
        message(BROKER_CLIENTS, CLERK, 5, n, n == 16 ? KT_FLAG_LAST : 0);
        message(BROKER_CLIENTS, CLERK, 6, n, 0);
    }
    assert_true(stats().queued_bytes > 500);
    assert_int_equal(stats().instances, 1);
    send_head(BROKER_CLIENTS, CLERK, KT_CANCEL, 0, 0, 6);
    call(GUEST, 1, OPEN_PATH);
    end(FIN_A, other, KT_CANCELLED);
    expect_end(CLERK, 6, KT_CANCELLED, "");
    set_io(BROKER_SERVICES, FIN_A, KT_IO_OK);
    advance_us(BROKER_RETRY_US);
    expect_kind(BROKER_SERVICES, FIN_A, KT_WINDOW, id);
    expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, other);
    for (uint32_t n = 1; n <= 16; n++) {
        got_t got = expect_kind(BROKER_SERVICES, FIN_A, KT_MESSAGE, id);
        assert_int_equal(got.head.arg, n);
        assert_int_equal(got.head.flags, n == 16 ? KT_FLAG_LAST : 0);
    }
    expect_call(FIN_A, OPEN_PATH);
    assert_int_equal(stats().queued_bytes, 0);
    end(FIN_A, id, KT_OK);
    expect_end(CLERK, 5, KT_OK, "");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, broker_teardown)
    const struct CMUnitTest tests[] = {
        T(test_messages_go_both_ways),
        T(test_the_end_of_a_stream_needs_no_body),
        T(test_messages_of_a_queued_call_go_after_it),
        T(test_what_waits_behind_a_queued_call_is_bounded),
        T(test_messages_wait_for_a_full_instance),
        T(test_windows_bound_both_ways),
        T(test_a_window_cannot_overflow),
        T(test_gaps_end_the_call),
        T(test_messages_where_none_may_come),
        T(test_a_status_that_is_too_long_is_the_services_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
