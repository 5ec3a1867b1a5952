/* A broker that leaves: callers are told, what can be begun elsewhere is not waited for, and the
 * rest goes on to its end. */
#include "broker_fixture.h"
#include "testing.h"

static int
setup(void **state)
{
    (void)state;
    broker_limits_t limits = broker_test_limits();
    limits.grace_ms = 5000;
    broker_open(&limits);
    enroll_ok(FIN_A, "a", 4);
    return 0;
}

static void
drain(void)
{
    broker_core_drain(broker_it(), broker_now_us());
}

static void
test_callers_are_told_once(void **state)
{
    (void)state;
    call(CLERK, 1, WRITE_PATH);
    call(GUEST, 1, OPEN_PATH);
    send_head(BROKER_CLIENTS, STRANGER, KT_PING, 0, 0, 0);
    drain();
    drain();
    expect_kind(BROKER_CLIENTS, CLERK, KT_DRAIN, 0);
    expect_kind(BROKER_CLIENTS, GUEST, KT_DRAIN, 0);
    expect_silence(BROKER_CLIENTS, CLERK);
    expect_silence(BROKER_CLIENTS, STRANGER);
    /* Whoever comes now hears it with the first refusal. */
    for (uint64_t id = 1; id <= 2; id++) {
        call(OPERATOR, id, ADMIN_PATH);
        if (id == 1)
            expect_kind(BROKER_CLIENTS, OPERATOR, KT_DRAIN, 0);
        assert_true(expect_end(OPERATOR, id, KT_UNAVAILABLE, "DRAINING").retry);
    }
}

static void
test_what_waits_is_sent_elsewhere(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 4; id++)
        call(CLERK, id, WRITE_PATH);
    call(CLERK, 5, WRITE_PATH);                          /* for a free place */
    call(CLERK, 6, "/kantor.legal.v1.Parties/GetParty"); /* for a service */
    drain();
    expect_kind(BROKER_CLIENTS, CLERK, KT_DRAIN, 0);
    assert_false(expect_end(CLERK, 5, KT_UNAVAILABLE, "DRAINING").unknown);
    assert_false(expect_end(CLERK, 6, KT_UNAVAILABLE, "DRAINING").unknown);
    assert_int_equal(stats().open, 4);
    assert_int_equal(stats().queued, 0);
    /* One that comes back from an instance that died is known to have been inside. */
    set_io(BROKER_SERVICES, FIN_A, KT_IO_GONE);
    advance_us(2 * BROKER_PING_US);
    for (uint64_t id = 1; id <= 4; id++)
        assert_true(expect_kind(BROKER_CLIENTS, CLERK, KT_END, 0).unknown);
    assert_false(broker_core_idle(broker_it())); /* who reads it slowly still has it */
    advance_us(BROKER_DRAIN_SETTLE_US);
    assert_true(broker_core_idle(broker_it()));
}

/* What was sent before the word came is refused, not lost. */
static void
test_calls_that_cross_are_refused(void **state)
{
    (void)state;
    call(CLERK, 1, OPEN_PATH);
    end(FIN_A, expect_call(FIN_A, OPEN_PATH), KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
    drain();
    expect_kind(BROKER_CLIENTS, CLERK, KT_DRAIN, 0);
    advance_us(BROKER_DRAIN_SETTLE_US - 1);
    assert_false(broker_core_idle(broker_it()));
    call(CLERK, 2, OPEN_PATH);
    assert_false(expect_end(CLERK, 2, KT_UNAVAILABLE, "DRAINING").unknown);
    assert_int_equal(broker_core_next_us(broker_it()), broker_now_us() + 1);
    advance_us(1);
    assert_true(broker_core_idle(broker_it()));
}

static void
test_quiet_reads_are_sent_elsewhere(void **state)
{
    (void)state;
    enroll_ok(FIN_B, "b", 64);
    call(CLERK, 1, READ_PATH);
    call(CLERK, 2, DOWN_PATH);
    call(CLERK, 3, DOWN_PATH);
    call(CLERK, 4, WRITE_PATH);
    call(OPERATOR, 5, ADMIN_PATH);
    expect_call(FIN_B, READ_PATH);
    uint64_t busy = expect_call(FIN_B, DOWN_PATH);
    expect_call(FIN_B, DOWN_PATH);
    uint64_t write = expect_call(FIN_B, WRITE_PATH);
    uint64_t admin = expect_call(FIN_B, ADMIN_PATH);
    advance_us(BROKER_DRAIN_QUIET_US - 1);
    message(BROKER_SERVICES, FIN_B, busy, 1, 0);
    expect_kind(BROKER_CLIENTS, CLERK, KT_MESSAGE, 2);
    drain();
    expect_kind(BROKER_CLIENTS, CLERK, KT_DRAIN, 0);
    expect_silence(BROKER_CLIENTS, CLERK);
    advance_us(BROKER_PING_US);
    assert_false(expect_end(CLERK, 1, KT_UNAVAILABLE, "DRAINING").unknown);
    expect_end(CLERK, 3, KT_UNAVAILABLE, "DRAINING");
    expect_silence(BROKER_CLIENTS, CLERK);
    advance_us(BROKER_DRAIN_QUIET_US);
    assert_false(expect_end(CLERK, 2, KT_UNAVAILABLE, "DRAINING").unknown);
    /* What is no read has the whole time. */
    advance_us(2 * KT_US_PER_S);
    end(FIN_B, write, KT_OK);
    end(FIN_B, admin, KT_OK);
    expect_end(CLERK, 4, KT_OK, "");
    expect_kind(BROKER_CLIENTS, OPERATOR, KT_DRAIN, 0);
    expect_end(OPERATOR, 5, KT_OK, "");
    assert_false(broker_core_idle(broker_it())); /* who reads it slowly still has it */
    advance_us(BROKER_DRAIN_SETTLE_US);
    assert_true(broker_core_idle(broker_it()));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, broker_teardown)
    const struct CMUnitTest tests[] = {
        T(test_callers_are_told_once),
        T(test_what_waits_is_sent_elsewhere),
        T(test_calls_that_cross_are_refused),
        T(test_quiet_reads_are_sent_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
