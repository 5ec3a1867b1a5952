/* Waiting: who is next, how much may wait, for how long. */
#include "broker_fixture.h"
#include "testing.h"

/* Ends the one call inside FIN_A and says who called the one it gets next. */
static const char *
serve_next(uint64_t *inside)
{
    static got_t got;
    end(FIN_A, *inside, KT_OK);
    if (!next(BROKER_SERVICES, FIN_A, &got))
        return "nobody";
    *inside = got.head.call_id;
    return got.principal;
}

static void
test_never_more_than_the_capacity(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 2);
    for (uint64_t id = 1; id <= 4; id++)
        call(CLERK, id, OPEN_PATH);
    uint64_t first = expect_call(FIN_A, OPEN_PATH);
    expect_call(FIN_A, OPEN_PATH);
    expect_silence(BROKER_SERVICES, FIN_A);
    assert_int_equal(stats().queued, 2);
    advance_us(1500);
    end(FIN_A, first, KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
    end(FIN_A, expect_call(FIN_A, OPEN_PATH), KT_OK);
    assert_int_equal(expect_end(CLERK, 3, KT_OK, "").timeline.queued_us, 1500);
    assert_int_equal(stats().queued, 0);
    assert_int_equal(stats().queued_bytes, 0);
}

static void
test_the_least_loaded_instance_is_next(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 2);
    enroll_ok(FIN_B, "b", 4);
    uint32_t inside_a = 0, inside_b = 0;
    got_t got;
    for (uint64_t id = 1; id <= 6; id++) {
        bool b_has_more = 4 - inside_b > 2 - inside_a, a_has_more = 4 - inside_b < 2 - inside_a;
        call(CLERK, id, OPEN_PATH);
        bool to_a = next(BROKER_SERVICES, FIN_A, &got);
        assert_int_not_equal(to_a, next(BROKER_SERVICES, FIN_B, &got));
        assert_false((to_a && b_has_more) || (!to_a && a_has_more));
        inside_a += to_a;
        inside_b += !to_a;
    }
    assert_int_equal(inside_a, 2);
    assert_int_equal(inside_b, 4);
}

/* The index of open calls grows with them: each is found by its caller's number and by its own. */
static void
test_many_are_open(void **state)
{
    (void)state;
    enum { MANY = 1500 };
    broker_limits_t limits = broker_test_limits();
    limits.calls_max = 2 * MANY;
    reload_limits(&limits);
    reload_caller_limits("clerk", &(broker_caller_limits_t){.calls_max = 2 * MANY,
                                                            .queued_max = 1,
                                                            .queued_bytes_max = 1 << 20});
    enroll_ok(FIN_A, "a", MANY);
    static uint64_t inside[MANY];
    for (uint64_t id = 1; id <= MANY; id++) {
        call(CLERK, id, OPEN_PATH);
        inside[id - 1] = expect_call(FIN_A, OPEN_PATH);
    }
    assert_int_equal(stats().open, MANY);
    for (uint64_t i = 0; i < MANY; i++) {
        uint64_t at = i * 7 % MANY; /* in another order */
        call(CLERK, at + 1, OPEN_PATH);
        expect_end(CLERK, at + 1, KT_ALREADY_EXISTS, "MALFORMED_FRAME");
        end(FIN_A, inside[at], KT_OK);
        expect_end(CLERK, at + 1, KT_OK, "");
    }
    assert_int_equal(stats().open, 0);
}

static void
test_principals_take_turns(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 1);
    call(OPERATOR, 1, OPEN_PATH);
    uint64_t inside = expect_call(FIN_A, OPEN_PATH);
    for (uint64_t id = 1; id <= 6; id++)
        call(CLERK, id, OPEN_PATH);
    call(GUEST, 1, OPEN_PATH);
    call(GUEST, 2, OPEN_PATH);
    static const char *const order[] = {"clerk", "guest", "clerk", "guest", "clerk", "clerk"};
    for (unsigned i = 0; i < KT_COUNT(order); i++)
        assert_string_equal(serve_next(&inside), order[i]);
}

static void
test_connections_of_a_principal_take_turns(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 1);
    call(OPERATOR, 1, OPEN_PATH);
    uint64_t inside = expect_call(FIN_A, OPEN_PATH);
    for (uint64_t id = 1; id <= 4; id++)
        call(CLERK, id, OPEN_PATH);
    for (uint64_t id = 1; id <= 2; id++)
        call(CLERK_TOO, id, OPEN_PATH);
    static const kt_peer_t order[] = {CLERK, CLERK_TOO, CLERK, CLERK_TOO, CLERK, CLERK};
    assert_string_equal(serve_next(&inside), "clerk");
    for (unsigned i = 0; i < KT_COUNT(order); i++) {
        (void)serve_next(&inside);
        (void)expect_kind(BROKER_CLIENTS, order[i], KT_END, 0);
    }
}

static void
test_a_callers_queue_is_bounded_in_count_and_bytes(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 1);
    call(CLERK, 1, READ_PATH);
    uint64_t inside = expect_call(FIN_A, READ_PATH);
    call_sized(FEW, 1, READ_PATH, 500);
    assert_true(expect_end(FEW, 1, KT_RESOURCE_EXHAUSTED, "QUEUE_FULL").retry);
    call_sized(FEW, 2, READ_PATH, 10);
    expect_silence(BROKER_CLIENTS, FEW);
    call_sized(FEW, 3, READ_PATH, 10);
    expect_end(FEW, 3, KT_RESOURCE_EXHAUSTED, "QUEUE_FULL");
    call(CLERK, 2, READ_PATH); /* nobody else is the worse for it */
    end(FIN_A, inside, KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
    end(FIN_A, expect_call(FIN_A, READ_PATH), KT_OK);
}

static void
test_all_queues_together_are_bounded(void **state)
{
    (void)state;
    broker_close();
    broker_limits_t limits = broker_test_limits();
    limits.queued_max = 2;
    limits.queued_bytes_max = 1000;
    broker_open(&limits);
    enroll_ok(FIN_A, "a", 1);
    call(CLERK, 1, OPEN_PATH);
    call_sized(CLERK, 2, OPEN_PATH, 990);
    expect_end(CLERK, 2, KT_RESOURCE_EXHAUSTED, "QUEUE_FULL");
    call_sized(CLERK, 3, OPEN_PATH, 10);
    call_sized(GUEST, 4, OPEN_PATH, 10);
    expect_silence(BROKER_CLIENTS, GUEST);
    call_sized(GUEST, 5, OPEN_PATH, 10);
    expect_end(GUEST, 5, KT_RESOURCE_EXHAUSTED, "QUEUE_FULL");
}

static void
test_slots_are_bounded(void **state)
{
    (void)state;
    broker_close();
    broker_limits_t limits = broker_test_limits();
    limits.calls_max = 2;
    broker_open(&limits);
    enroll_ok(FIN_A, "a", 10);
    call(CLERK, 1, OPEN_PATH);
    call(GUEST, 1, OPEN_PATH);
    call(CLERK, 2, OPEN_PATH);
    expect_end(CLERK, 2, KT_RESOURCE_EXHAUSTED, "QUEUE_FULL");
    end(FIN_A, expect_call(FIN_A, OPEN_PATH), KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
    call(CLERK, 2, OPEN_PATH);
    expect_silence(BROKER_CLIENTS, CLERK);
}

static void
test_an_expired_call_leaves_the_queue_unserved(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 1);
    call(CLERK, 1, READ_PATH);
    uint64_t inside = expect_call(FIN_A, READ_PATH);
    call_full(CLERK, 2, WRITE_PATH, KT_FLAG_LAST, 100, kt_span(NULL, 0), kt_span(NULL, 0));
    advance_us(99999);
    expect_silence(BROKER_CLIENTS, CLERK);
    advance_us(1);
    assert_false(expect_end(CLERK, 2, KT_DEADLINE_EXCEEDED, "DEADLINE_PASSED").unknown);
    end(FIN_A, inside, KT_OK);
    expect_silence(BROKER_SERVICES, FIN_A);
}

static void
test_a_running_call_is_cancelled_at_its_deadline(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 1);
    call_full(CLERK, 1, WRITE_PATH, KT_FLAG_LAST, 100, meta_with_key(9), kt_span(NULL, 0));
    uint64_t inside = expect_call(FIN_A, WRITE_PATH);
    advance_us(100000);
    got_t got = expect_end(CLERK, 1, KT_DEADLINE_EXCEEDED, "DEADLINE_PASSED");
    assert_true(got.unknown);
    assert_int_equal(got.key, 9);
    expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, inside);
    /* its place is free only when the instance says so */
    call(CLERK, 1, READ_PATH);
    expect_silence(BROKER_SERVICES, FIN_A);
    end(FIN_A, inside, KT_CANCELLED);
    expect_silence(BROKER_CLIENTS, CLERK);
    expect_call(FIN_A, READ_PATH);
}

static void
test_a_read_that_expires_has_a_definite_outcome(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 1);
    call(CLERK, 1, READ_PATH);
    advance_us(5 * KT_US_PER_S - 1);
    send_head(BROKER_SERVICES, FIN_A, KT_PONG, 0, 0, 0);
    send_head(BROKER_CLIENTS, CLERK, KT_PONG, 0, 0, 0);
    advance_us(1);
    assert_false(expect_end(CLERK, 1, KT_DEADLINE_EXCEEDED, "DEADLINE_PASSED").unknown);
}

static void
test_the_remaining_time_is_handed_on(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 1);
    call(CLERK, 1, READ_PATH);
    uint64_t inside = expect_call(FIN_A, READ_PATH);
    call(CLERK, 2, READ_PATH);
    advance_us(1234567);
    end(FIN_A, inside, KT_OK);
    assert_int_equal(expect_kind(BROKER_SERVICES, FIN_A, KT_CALL, 0).head.arg, 3766);
}

static void
test_cancel_in_the_queue_and_inside(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 1);
    call(CLERK, 1, READ_PATH);
    uint64_t inside = expect_call(FIN_A, READ_PATH);
    call(CLERK, 2, READ_PATH);
    send_head(BROKER_CLIENTS, CLERK, KT_CANCEL, 0, 0, 2);
    expect_end(CLERK, 2, KT_CANCELLED, "CALL_CANCELLED");
    send_head(BROKER_CLIENTS, CLERK, KT_CANCEL, 0, 0, 1);
    send_head(BROKER_CLIENTS, CLERK, KT_CANCEL, 0, 0, 1);
    expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, inside);
    expect_silence(BROKER_SERVICES, FIN_A); /* told once */
    expect_silence(BROKER_CLIENTS, CLERK);
    end(FIN_A, inside, KT_CANCELLED);
    expect_end(CLERK, 1, KT_CANCELLED, "");
}

static broker_limits_t
with_grace(void)
{
    broker_limits_t limits = broker_test_limits();
    limits.grace_ms = 2000;
    return limits;
}

static void
test_a_restart_of_the_service_is_not_noticed(void **state)
{
    (void)state;
    broker_close();
    broker_limits_t limits = with_grace();
    broker_open(&limits);
    enroll_ok(FIN_A, "a", 4);
    set_io(BROKER_SERVICES, FIN_A, KT_IO_GONE);
    advance_us(BROKER_PING_US);
    call(CLERK, 1, WRITE_PATH);
    advance_us(1000000);
    enroll_ok(FIN_B, "a", 4);
    end(FIN_B, expect_call(FIN_B, WRITE_PATH), KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
}

static void
test_without_an_instance_calls_wait_for_the_grace_only(void **state)
{
    (void)state;
    broker_close();
    broker_limits_t limits = with_grace();
    broker_open(&limits);
    enroll_ok(FIN_A, "a", 1);
    call(CLERK, 1, READ_PATH);
    expect_call(FIN_A, READ_PATH);
    call(CLERK, 2, READ_PATH);
    send_head(BROKER_SERVICES, FIN_A, KT_DRAIN, 0, 0, 0);
    call(CLERK, 3, READ_PATH);
    call_full(CLERK, 4, READ_PATH, KT_FLAG_LAST, 500, kt_span(NULL, 0), kt_span(NULL, 0));
    advance_us(500000);
    expect_end(CLERK, 4, KT_DEADLINE_EXCEEDED, "DEADLINE_PASSED");
    advance_us(1499999);
    expect_silence(BROKER_CLIENTS, CLERK);
    advance_us(1);
    expect_end(CLERK, 2, KT_UNAVAILABLE, "NO_INSTANCE");
    assert_true(expect_end(CLERK, 3, KT_UNAVAILABLE, "NO_INSTANCE").retry);
    expect_silence(BROKER_CLIENTS, CLERK);
}

static void
test_after_the_start_unknown_methods_wait(void **state)
{
    (void)state;
    broker_close();
    broker_limits_t limits = with_grace();
    broker_open(&limits);
    call(CLERK, 1, WRITE_PATH);
    call(CLERK, 2, "/kantor.finance.v1.Ledger/Nope");
    call(GUEST, 3, READ_PATH);
    call_full(CLERK, 4, UP_PATH, 0, 9000, kt_span(NULL, 0), kt_span(NULL, 0));
    message(BROKER_CLIENTS, CLERK, 4, 1, 0);
    call(CLERK, 5, UP_PATH);
    expect_silence(BROKER_CLIENTS, CLERK);
    advance_us(1000000);
    enroll_ok(FIN_A, "a", 4);
    expect_end(CLERK, 2, KT_UNIMPLEMENTED, "UNKNOWN_METHOD");
    expect_end(GUEST, 3, KT_PERMISSION_DENIED, "ROLE_MISSING");
    expect_end(CLERK, 5, KT_INVALID_ARGUMENT, "MALFORMED_FRAME");
    end(FIN_A, expect_call(FIN_A, WRITE_PATH), KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
    uint64_t id = expect_call(FIN_A, UP_PATH);
    expect_kind(BROKER_SERVICES, FIN_A, KT_MESSAGE, id);
    call(CLERK, 6, "/kantor.finance.v1.Ledger/Nope");
    expect_end(CLERK, 6, KT_UNIMPLEMENTED, "UNKNOWN_METHOD");
    assert_int_equal(stats().queued_bytes, 0);
}

/* As long as a service of the directory has nobody who takes calls, nobody knows what it has. Each
 * has its own grace, whoever else has registered and however long the broker runs. */
static void
test_what_a_missing_service_may_have_waits(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool awaited;
    } rows[] = {
        {"/kantor.legal.v1.Parties/GetParty", true},
        {"legal/kantor.store.v1.Store/Stats", true},
        {"/kantor.legal.finance.v1.X/Get", true}, /* either's */
        {"/kantor.finance.v1.Ledger/Nope", false},
        {"finance/kantor.store.v1.Store/Nope", false},
        {"/kantor.hr.v1.Staff/List", false},
        {"hr/kantor.store.v1.Store/Stats", false},
        {"/echo/Echo", false},
    };
    broker_close();
    broker_limits_t limits = with_grace();
    broker_open(&limits);
    enroll_ok(FIN_A, "a", 4);
    advance_us(10 * KT_US_PER_S);
    send_head(BROKER_SERVICES, FIN_A, KT_PING, 0, 0, 0);
    for (unsigned i = 0; i < KT_COUNT(rows); i++) {
        enroll_ok(FIN_A, "a", 4); /* is heard of, too */
        call(CLERK, i + 1, rows[i].path);
        if (!rows[i].awaited) {
            assert_false(expect_end(CLERK, i + 1, KT_UNIMPLEMENTED, "UNKNOWN_METHOD").retry);
            continue;
        }
        advance_us(1999999);
        expect_silence(BROKER_CLIENTS, CLERK);
        advance_us(1);
        assert_true(expect_end(CLERK, i + 1, KT_UNAVAILABLE, "NO_INSTANCE").retry);
    }
    enroll_one(LEGAL, "legal", "l", "/kantor.legal.v1.Parties/GetParty", BROKER_READ, "*");
    expect_enrolled(LEGAL, KT_OK, "");
    call(CLERK, 90, "/kantor.legal.v1.Parties/Nope");
    expect_end(CLERK, 90, KT_UNIMPLEMENTED, "UNKNOWN_METHOD");
    /* One that drains is followed by another, which may have more. */
    send_head(BROKER_SERVICES, LEGAL, KT_DRAIN, 0, 0, 0);
    call(CLERK, 91, "/kantor.legal.v1.Parties/Nope");
    expect_silence(BROKER_CLIENTS, CLERK);
}

static void
test_a_busy_method_holds_up_no_other(void **state)
{
    (void)state;
    enroll_one(FIN_A, "finance", "a", "/kantor.finance.v1.Ledger/One", BROKER_READ, "*");
    expect_enrolled(FIN_A, KT_OK, "");
    enroll_one(FIN_B, "finance", "b", "/kantor.finance.v1.Ledger/Two", BROKER_READ, "*");
    expect_enrolled(FIN_B, KT_OK, "");
    for (uint64_t id = 1; id <= 5; id++)
        call(CLERK, id, "/kantor.finance.v1.Ledger/One");
    call(GUEST, 9, "/kantor.finance.v1.Ledger/Two");
    expect_call(FIN_B, "/kantor.finance.v1.Ledger/Two");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, broker_setup, broker_teardown)
    const struct CMUnitTest tests[] = {
        T(test_never_more_than_the_capacity),
        T(test_the_least_loaded_instance_is_next),
        T(test_many_are_open),
        T(test_principals_take_turns),
        T(test_connections_of_a_principal_take_turns),
        T(test_a_callers_queue_is_bounded_in_count_and_bytes),
        T(test_all_queues_together_are_bounded),
        T(test_slots_are_bounded),
        T(test_an_expired_call_leaves_the_queue_unserved),
        T(test_a_running_call_is_cancelled_at_its_deadline),
        T(test_a_read_that_expires_has_a_definite_outcome),
        T(test_the_remaining_time_is_handed_on),
        T(test_cancel_in_the_queue_and_inside),
        T(test_a_restart_of_the_service_is_not_noticed),
        T(test_without_an_instance_calls_wait_for_the_grace_only),
        T(test_after_the_start_unknown_methods_wait),
        T(test_what_a_missing_service_may_have_waits),
        T(test_a_busy_method_holds_up_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
