/* Callers that leave, fall silent, or do not read. */
#include "broker_fixture.h"
#include "testing.h"
#include <stdlib.h>

static int
setup(void **state)
{
    (void)state;
    broker_limits_t limits = broker_test_limits();
    limits.outbox_bytes_max = 2000;
    limits.peers_max = 4;
    broker_open(&limits);
    enroll_ok(FIN_A, "a", 8);
    return 0;
}

/* Time passes while the instance stays alive. */
static void
pass_us(int64_t us)
{
    for (; us > 0; us -= KT_US_PER_S) {
        send_head(BROKER_SERVICES, FIN_A, KT_PONG, 0, 0, 0);
        advance_us(KT_MIN(us, KT_US_PER_S));
    }
}

static void
call_long(kt_peer_t peer, uint64_t id, const char *path)
{
    call_full(peer, id, path, KT_FLAG_LAST, 600000, kt_span(NULL, 0), kt_span(NULL, 0));
}

static void
test_a_gone_callers_calls_are_cancelled(void **state)
{
    (void)state;
    call(CLERK, 1, READ_PATH);
    call(CLERK, 2, READ_PATH);
    uint64_t first = expect_call(FIN_A, READ_PATH), second = expect_call(FIN_A, READ_PATH);
    set_io(BROKER_CLIENTS, CLERK, KT_IO_GONE);
    end(FIN_A, first, KT_OK);
    expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, second);
    assert_int_equal(stats().open, 0);
    end(FIN_A, second, KT_OK);
    set_io(BROKER_CLIENTS, CLERK, KT_IO_OK);
    expect_silence(BROKER_CLIENTS, CLERK);
}

static void
test_a_silent_caller_counts_as_gone(void **state)
{
    (void)state;
    call_long(CLERK, 1, READ_PATH);
    call_long(GUEST, 1, OPEN_PATH);
    uint64_t clerks = expect_call(FIN_A, READ_PATH);
    expect_call(FIN_A, OPEN_PATH);
    for (unsigned s = 0; s < 12; s += 3) {
        pass_us(3 * KT_US_PER_S);
        send_head(BROKER_CLIENTS, GUEST, KT_PING, 0, 0, 0);
    }
    expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, clerks);
    assert_int_equal(stats().open, 1);
}

static void
test_an_idle_caller_is_forgotten(void **state)
{
    (void)state;
    send_head(BROKER_CLIENTS, CLERK, KT_PING, 0, 0, 0);
    assert_int_equal(stats().callers, 1);
    pass_us(59 * KT_US_PER_S);
    assert_int_equal(stats().callers, 1);
    pass_us(3 * KT_US_PER_S);
    assert_int_equal(stats().callers, 0);
    call(CLERK, 1, READ_PATH);
    expect_call(FIN_A, READ_PATH);
}

static void
test_whose_place_another_has_is_gone(void **state)
{
    (void)state;
    call_long(CLERK, 1, READ_PATH);
    uint64_t former = expect_call(FIN_A, READ_PATH);
    send_head(BROKER_CLIENTS, LATER(CLERK), KT_PING, 0, 0, 0);
    expect_kind(BROKER_CLIENTS, LATER(CLERK), KT_PONG, 0);
    expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, former);
    assert_int_equal(stats().callers, 1);
    assert_int_equal(stats().open, 0);
    end(FIN_A, former, KT_OK);
    expect_silence(BROKER_CLIENTS, LATER(CLERK));
    call_long(LATER(CLERK), 1, READ_PATH);
    end(FIN_A, expect_call(FIN_A, READ_PATH), KT_OK);
    expect_end(LATER(CLERK), 1, KT_OK, "");
}

static void
test_it_makes_room_for_who_has_its_place(void **state)
{
    (void)state;
    static const kt_peer_t all[] = {CLERK, CLERK_TOO, GUEST, FEW};
    for (size_t i = 0; i < KT_COUNT(all); i++)
        call_long(all[i], 1, OPEN_PATH); /* as many callers as may be, each with something open */
    call_long(LATER(GUEST), 1, OPEN_PATH);
    assert_int_equal(stats().dropped, 0);
    assert_int_equal(stats().callers, 4);
    assert_int_equal(stats().open, 4);
}

static void
test_nobody_has_a_place_past_the_last(void **state)
{
    (void)state;
    static const kt_peer_t peers[] = {KT_PEERS_MAX - 1, KT_PEERS_MAX, UINT32_MAX};
    for (size_t i = 0; i < KT_COUNT(peers); i++) {
        kt_message_t message;
        kt_message_init(&message);
        assert_ok(kt_frame_init_size(&message.frames[KT_FRAME_HEAD], KT_HEAD_BYTES));
        kt_head_encode(&(kt_head_t){.kind = KT_PONG}, kt_frame_bytes(&message.frames[0]));
        message.count = 1;
        broker_core_on_client(broker_it(), peers[i], key_of(CLERK), &message, broker_now_us());
    }
    assert_int_equal(stats().callers, 1);
    assert_int_equal(stats().dropped, 2);
}

static void
test_callers_beyond_the_limit_push_idle_ones_out(void **state)
{
    (void)state;
    call_long(CLERK, 1, READ_PATH);
    for (kt_peer_t peer = 10; peer < 30; peer++)
        send_head(BROKER_CLIENTS, peer, KT_PONG, 0, 0, 0);
    assert_int_equal(stats().callers, 4);
    call_long(CLERK_TOO, 1, READ_PATH);
    call_long(GUEST, 1, OPEN_PATH);
    call_long(FEW, 1, READ_PATH);
    uint64_t before = stats().dropped;
    call_long(OPERATOR, 1, OPEN_PATH);
    assert_int_equal(stats().dropped, before + 1);
    assert_int_equal(stats().open, 4);
}

static void
test_what_a_full_caller_gets_waits_in_order(void **state)
{
    (void)state;
    call(CLERK, 1, READ_PATH);
    call(CLERK, 2, READ_PATH);
    uint64_t first = expect_call(FIN_A, READ_PATH), second = expect_call(FIN_A, READ_PATH);
    set_io(BROKER_CLIENTS, CLERK, KT_IO_AGAIN);
    end(FIN_A, second, KT_OK);
    end(FIN_A, first, KT_NOT_FOUND);
    assert_true(stats().outbox_bytes > 0);
    assert_false(broker_core_idle(broker_it()));
    assert_true(broker_core_next_us(broker_it()) <= broker_now_us() + BROKER_RETRY_US);
    advance_us(BROKER_RETRY_US);
    expect_silence(BROKER_CLIENTS, CLERK);
    set_io(BROKER_CLIENTS, CLERK, KT_IO_OK);
    advance_us(BROKER_RETRY_US);
    expect_end(CLERK, 2, KT_OK, "");
    expect_end(CLERK, 1, KT_NOT_FOUND, "");
    assert_int_equal(stats().outbox_bytes, 0);
    assert_true(broker_core_idle(broker_it()));
}

static void
test_a_slow_caller_hears_that_it_is(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 3; id++)
        call(CLERK, id, READ_PATH);
    uint64_t done = expect_call(FIN_A, READ_PATH), refused = expect_call(FIN_A, READ_PATH);
    uint64_t inside = expect_call(FIN_A, READ_PATH);
    call(CLERK, 4, DOWN_PATH);
    uint64_t stream = expect_call(FIN_A, DOWN_PATH);
    set_io(BROKER_CLIENTS, CLERK, KT_IO_AGAIN);
    end(FIN_A, done, KT_OK);
    uint8_t meta[] = {0x08, KT_NOT_FOUND};
    uint8_t head[KT_HEAD_BYTES];
    kt_head_encode(&(kt_head_t){.kind = KT_END, .call_id = refused}, head);
    kt_span_t frames[] = {kt_span(head, sizeof head), kt_span(meta, sizeof meta), {0}};
    send_raw(BROKER_SERVICES, FIN_A, frames, 3);
    for (uint32_t n = 1; n <= 16; n++) {
        send_head(BROKER_CLIENTS, CLERK, KT_WINDOW, 0, 10, 4);
        for (uint32_t m = 0; m < 10; m++)
            message(BROKER_SERVICES, FIN_A, stream, n * 10 - 9 + m, 0);
    }
    assert_true(stats().outbox_bytes <= 2000);
    set_io(BROKER_CLIENTS, CLERK, KT_IO_OK);
    advance_us(BROKER_RETRY_US);
    assert_true(expect_end(CLERK, 1, KT_RESOURCE_EXHAUSTED, "SLOW_CALLER").unknown);
    expect_end(CLERK, 2, KT_NOT_FOUND, "");
    expect_end(CLERK, 3, KT_RESOURCE_EXHAUSTED, "SLOW_CALLER");
    expect_end(CLERK, 4, KT_RESOURCE_EXHAUSTED, "SLOW_CALLER");
    expect_silence(BROKER_CLIENTS, CLERK);
    got_t got;
    unsigned cancels = 0;
    while (next(BROKER_SERVICES, FIN_A, &got))
        cancels += got.head.kind == KT_CANCEL &&
                   (got.head.call_id == inside || got.head.call_id == stream);
    assert_int_equal(cancels, 2);
    call(CLERK, 5, OPEN_PATH);
}

static void
test_a_caller_that_never_reads_is_bounded(void **state)
{
    (void)state;
    set_io(BROKER_CLIENTS, GUEST, KT_IO_AGAIN);
    for (uint64_t id = 1; id <= 3 * BROKER_OUTBOX_COUNT_MAX; id++)
        call(GUEST, id, READ_PATH); /* refused at once: a role is missing */
    assert_true(stats().outbox_bytes < BROKER_OUTBOX_COUNT_MAX * 256);
    assert_true(stats().dropped >= BROKER_OUTBOX_COUNT_MAX);
    call(CLERK, 1, READ_PATH);
    expect_call(FIN_A, READ_PATH);
    pass_us(12 * KT_US_PER_S);
    assert_int_equal(stats().outbox_bytes, 0);
}

static void
test_what_waits_for_all_callers_is_bounded(void **state)
{
    (void)state;
    broker_close();
    broker_limits_t limits = broker_test_limits();
    limits.outbox_all_bytes_max = 4000;
    broker_open(&limits);
    enroll_ok(FIN_A, "a", 64);
    static const kt_peer_t peers[] = {CLERK, CLERK_TOO, GUEST, OPERATOR};
    for (uint64_t id = 1; id <= 12; id++)
        for (unsigned i = 0; i < KT_COUNT(peers); i++) {
            set_io(BROKER_CLIENTS, peers[i], KT_IO_AGAIN);
            call(peers[i], id, DOWN_PATH);
            got_t got;
            if (!next(BROKER_SERVICES, FIN_A, &got))
                continue; /* it is not listened to any more */
            for (uint32_t n = 1; n <= 16 && got.head.kind == KT_CALL; n++)
                message(BROKER_SERVICES, FIN_A, got.head.call_id, n, 0);
            assert_true(stats().outbox_bytes < 4000 + 12 * KT_COUNT(peers) * 200);
        }
    assert_true(stats().dropped > 0);
}

static void
test_a_long_quiet_is_not_counted_for_who_comes_after_it(void **state)
{
    (void)state;
    broker_close();
    broker_open(NULL);
    advance_us(3600 * KT_US_PER_S);
    enroll_ok(FIN_A, "a", 8);
    call_long(CLERK, 1, READ_PATH);
    advance_us(6 * KT_US_PER_S);
    assert_int_equal(stats().instances, 0);
}

static void
test_limits_and_roles_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static broker_grant_t grant = {.name = "wide"};
    broker_directory_t directory = {.grants = &grant, .grants_count = 1};
    broker_options_t options = {.limits = broker_test_limits(), .directory = &directory};
    broker_core_t *core = NULL;
    grant.roles_count = BROKER_ROLES_MAX;
    for (unsigned i = 0; i < BROKER_ROLES_MAX; i++)
        memset(grant.roles[i], 'r', BROKER_ROLE_BYTES_MAX);
    assert_status(broker_core_new(&options, &core), KT_INVALID_ARGUMENT, 0);
    assert_status(broker_core_reload(broker_it(), &options.limits, &directory, broker_now_us()),
                  KT_INVALID_ARGUMENT, 0);
    call(CLERK, 1, READ_PATH); /* the old one holds */
    expect_call(FIN_A, READ_PATH);
    grant.roles_count = 1;
    options.limits.calls_max = 0;
    assert_status(broker_core_new(&options, &core), KT_INVALID_ARGUMENT, 0);
    options.limits.calls_max = 1048577;
    assert_status(broker_core_new(&options, &core), KT_INVALID_ARGUMENT, 0);
    assert_null(core);
}

/* What waits for a method that nobody knows yet has done nothing, so its end is in no doubt. */
static void
test_calls_that_were_given_to_nobody_end_without_doubt(void **state)
{
    (void)state;
    broker_close();
    broker_limits_t limits = broker_test_limits();
    limits.grace_ms = 2000;
    limits.outbox_bytes_max = 2000;
    broker_open(&limits);
    call(CLERK, 1, WRITE_PATH);
    call(GUEST, 1, WRITE_PATH);
    reload_without("clerk");
    assert_false(expect_end(CLERK, 1, KT_UNAUTHENTICATED, "UNKNOWN_PRINCIPAL").unknown);
    set_io(BROKER_CLIENTS, GUEST, KT_IO_AGAIN);
    for (uint64_t id = 2; id <= 200; id++)
        send_head(BROKER_CLIENTS, GUEST, KT_PING, 0, 0, id);
    set_io(BROKER_CLIENTS, GUEST, KT_IO_OK);
    advance_us(BROKER_RETRY_US);
    assert_false(expect_end(GUEST, 1, KT_RESOURCE_EXHAUSTED, "SLOW_CALLER").unknown);
    assert_int_equal(stats().open, 0);
}

/* As many names as there are places, of which two are exchanged for two others. */
static void
test_places_of_names_that_left_are_given_one_by_one(void **state)
{
    (void)state;
    broker_grant_t *grants = calloc(BROKER_PRINCIPALS_MAX, sizeof *grants);
    assert_non_null(grants);
    for (unsigned i = 0; i < BROKER_PRINCIPALS_MAX; i++)
        snprintf(grants[i].name, sizeof grants[i].name, "p%u", i);
    broker_directory_t full = {.grants = grants, .grants_count = BROKER_PRINCIPALS_MAX};
    broker_directory_t less = full;
    less.grants_count -= 2;
    broker_options_t options = {.limits = broker_test_limits(), .directory = &full};
    broker_core_t *core = NULL;
    assert_ok(broker_core_new(&options, &core));
    assert_ok(broker_core_reload(core, &options.limits, &less, 1));
    strcpy(grants[BROKER_PRINCIPALS_MAX - 2].name, "new");
    strcpy(grants[BROKER_PRINCIPALS_MAX - 1].name, "newer");
    assert_ok(broker_core_reload(core, &options.limits, &full, 2));
    broker_core_destroy(&core);
    free(grants);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, broker_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_gone_callers_calls_are_cancelled),
        T(test_a_silent_caller_counts_as_gone),
        T(test_an_idle_caller_is_forgotten),
        T(test_whose_place_another_has_is_gone),
        T(test_it_makes_room_for_who_has_its_place),
        T(test_nobody_has_a_place_past_the_last),
        T(test_callers_beyond_the_limit_push_idle_ones_out),
        T(test_what_a_full_caller_gets_waits_in_order),
        T(test_a_slow_caller_hears_that_it_is),
        T(test_a_caller_that_never_reads_is_bounded),
        T(test_what_waits_for_all_callers_is_bounded),
        T(test_a_long_quiet_is_not_counted_for_who_comes_after_it),
        T(test_limits_and_roles_that_do_not_fit_are_refused),
        T(test_calls_that_were_given_to_nobody_end_without_doubt),
        T(test_places_of_names_that_left_are_given_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
