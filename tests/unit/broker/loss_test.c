/* Instances: who may register, who leaves, and what becomes of the calls inside one that is lost.
 */
#include "broker_fixture.h"
#include "testing.h"

static void
lose(kt_peer_t instance)
{
    set_io(BROKER_SERVICES, instance, KT_IO_GONE);
    advance_us(BROKER_PING_US);
}

static void
test_registrations_are_refused(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 1);
    static const struct {
        kt_peer_t peer;
        const char *service, *name, *path, *role;
        uint32_t kind;
        kt_code_t code;
        const char *reason;
    } rows[] = {
        {STRANGER, "finance", "x", OPEN_PATH, "*", 1, KT_UNAUTHENTICATED, "UNKNOWN_PRINCIPAL"},
        {LEGAL, "finance", "x", OPEN_PATH, "*", 1, KT_PERMISSION_DENIED, "NOT_A_SERVER"},
        {FIN_B, "finance", "a", OPEN_PATH, "*", 1, KT_ALREADY_EXISTS, "INSTANCE_EXISTS"},
        {FIN_A, "finance", "b", OPEN_PATH, "*", 1, KT_INVALID_ARGUMENT, "BAD_FIELD"},
        {FIN_B, "finance", "b", OPEN_PATH, "guest", 1, KT_FAILED_PRECONDITION, "RULE_CONFLICT"},
        {FIN_B, "finance", "b", OPEN_PATH, "*", 3, KT_FAILED_PRECONDITION, "RULE_CONFLICT"},
        {FIN_B, "finance", "b", "/kantor.legal.v1.Parties/Get", "*", 1, KT_PERMISSION_DENIED,
         "NOT_A_SERVER"},
        {FIN_B, "finance", "b", "legal/kantor.store.v1.Store/Stats", "*", 1, KT_PERMISSION_DENIED,
         "NOT_A_SERVER"},
        {LEGAL, "legal", "l", "/kantor.legal.finance.v1.X/Get", "*", 0, KT_INVALID_ARGUMENT,
         "BAD_FIELD"},
        {FIN_B, "Finance", "b", OPEN_PATH, "*", 1, KT_INVALID_ARGUMENT, "BAD_FIELD"},
        {FIN_B, "finance", "", OPEN_PATH, "*", 1, KT_INVALID_ARGUMENT, "BAD_FIELD"},
        {FIN_B, "finance", "b b", OPEN_PATH, "*", 1, KT_INVALID_ARGUMENT, "BAD_FIELD"},
        {FIN_B, "finance", "b", "no path", "*", 1, KT_INVALID_ARGUMENT, "BAD_FIELD"},
        {FIN_B, "finance", "b", OPEN_PATH, "", 1, KT_INVALID_ARGUMENT, "BAD_FIELD"},
        {FIN_B, "finance", "b", OPEN_PATH, "Clerk", 1, KT_INVALID_ARGUMENT, "BAD_FIELD"},
        {FIN_B, "finance", "b", OPEN_PATH, "*", 4, KT_INVALID_ARGUMENT, "BAD_FIELD"},
    };
    for (unsigned i = 0; i < KT_COUNT(rows); i++) {
        enroll_one(rows[i].peer, rows[i].service, rows[i].name, rows[i].path, rows[i].kind,
                   rows[i].role);
        expect_enrolled(rows[i].peer, rows[i].code, rows[i].reason);
    }
    assert_int_equal(stats().instances, 1);
}

static void
test_capacity_and_garbage_are_refused(void **state)
{
    (void)state;
    enroll(FIN_A, "a", 0);
    expect_enrolled(FIN_A, KT_INVALID_ARGUMENT, "BAD_FIELD");
    enroll(FIN_A, "a", 65536);
    expect_enrolled(FIN_A, KT_INVALID_ARGUMENT, "BAD_FIELD");
    static uint8_t large[KT_REGISTRATION_BYTES_MAX + 1];
    uint8_t head[KT_HEAD_BYTES];
    kt_head_encode(&(kt_head_t){.kind = KT_REGISTER, .call_id = 1}, head);
    kt_span_t frames[] = {kt_span(head, sizeof head), kt_span(large, sizeof large)};
    send_raw(BROKER_SERVICES, FIN_A, frames, 2);
    expect_enrolled(FIN_A, KT_INVALID_ARGUMENT, "TOO_LARGE");
    frames[1] = kt_span_str("\x0a\xff garbage");
    send_raw(BROKER_SERVICES, FIN_A, frames, 2);
    expect_enrolled(FIN_A, KT_INVALID_ARGUMENT, "MALFORMED_BODY");
}

/* Against an instance whose store is of epoch 3, life 5. */
static void
test_an_older_store_does_not_serve(void **state)
{
    (void)state;
    static const struct {
        uint64_t epoch;
        uint8_t life;
        size_t size;
        kt_code_t code;
        const char *reason;
    } rows[] = {
        {2, 9, 16, KT_FAILED_PRECONDITION, "OLDER_STORE"},
        {3, 4, 16, KT_FAILED_PRECONDITION, "OLDER_STORE"},
        {3, 5, 16, KT_OK, ""}, /* the same: it was started anew */
        {0, 0, 0, KT_OK, ""},  /* a program that does not say */
        {3, 5, 15, KT_INVALID_ARGUMENT, "BAD_FIELD"},
        {3, 5, 0, KT_INVALID_ARGUMENT, "BAD_FIELD"},
        {0, 5, 16, KT_INVALID_ARGUMENT, "BAD_FIELD"},
    };
    enroll_life(FIN_A, "a", 3, 5, 16);
    expect_enrolled(FIN_A, KT_OK, "");
    for (unsigned i = 0; i < KT_COUNT(rows); i++) {
        enroll_life(FIN_B, "b", rows[i].epoch, rows[i].life, rows[i].size);
        expect_enrolled(FIN_B, rows[i].code, rows[i].reason);
        assert_int_equal(stats().instances, rows[i].code == KT_OK ? 2 : 1);
        if (rows[i].code == KT_OK)
            lose(FIN_B);
        set_io(BROKER_SERVICES, FIN_B, KT_IO_OK);
    }
}

/* The newer one takes over, and what was inside of the older is asked again. */
static void
test_a_newer_store_takes_over(void **state)
{
    (void)state;
    static const struct {
        uint64_t epoch;
        uint8_t life;
    } rows[] = {{3, 6}, {4, 1}};
    enroll_life(FIN_A, "a", 3, 5, 16);
    expect_enrolled(FIN_A, KT_OK, "");
    call(CLERK, 1, OPEN_PATH);
    expect_call(FIN_A, OPEN_PATH);
    for (unsigned i = 0; i < KT_COUNT(rows); i++) {
        kt_peer_t next_one = i == 0 ? FIN_B : FIN_C;
        enroll_life(next_one, i == 0 ? "b" : "c", rows[i].epoch, rows[i].life, 16);
        expect_enrolled(next_one, KT_OK, "");
        assert_int_equal(stats().instances, 1);
        uint64_t id = expect_call_again(next_one, OPEN_PATH);
        if (i + 1 == KT_COUNT(rows))
            end(next_one, id, KT_OK);
    }
    expect_end(CLERK, 1, KT_OK, "");
    enroll_life(FIN_A, "a", 3, 5, 16);
    expect_enrolled(FIN_A, KT_FAILED_PRECONDITION, "OLDER_STORE");
}

/* An empty store beside the right one: whoever is there stays, for neither is the other's heir. */
static void
test_another_store_of_the_first_epoch_waits(void **state)
{
    (void)state;
    enroll_life(FIN_A, "a", 1, 5, 16);
    expect_enrolled(FIN_A, KT_OK, "");
    enroll_life(FIN_B, "b", 1, 9, 16);
    expect_enrolled(FIN_B, KT_FAILED_PRECONDITION, "OLDER_STORE");
    lose(FIN_A);
    enroll_life(FIN_B, "b", 1, 9, 16);
    expect_enrolled(FIN_B, KT_OK, "");
}

static void
test_paths_belong_to_one_service(void **state)
{
    (void)state;
    enroll_one(LEGAL, "legal", "l", "/kantor.legal.finance.v1.X/Get", BROKER_READ, "*");
    expect_enrolled(LEGAL, KT_OK, "");
    enroll_one(FIN_A, "finance", "a", "/kantor.legal.finance.v1.X/Get", BROKER_READ, "*");
    expect_enrolled(FIN_A, KT_FAILED_PRECONDITION, "RULE_CONFLICT");
}

static void
test_registering_again_replaces(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 1);
    send_head(BROKER_SERVICES, FIN_A, KT_DRAIN, 0, 0, 0);
    enroll_ok(FIN_A, "a", 2);
    call(CLERK, 1, OPEN_PATH);
    call(CLERK, 2, OPEN_PATH);
    expect_call(FIN_A, OPEN_PATH);
    expect_call(FIN_A, OPEN_PATH);
    enroll_one(FIN_A, "finance", "a", OPEN_PATH, BROKER_READ, "*");
    expect_enrolled(FIN_A, KT_OK, "");
    call(CLERK, 3, READ_PATH);
    expect_end(CLERK, 3, KT_UNIMPLEMENTED, "UNKNOWN_METHOD");
}

static void
test_a_name_is_free_when_its_connection_is_gone(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 1);
    call(CLERK, 1, READ_PATH);
    expect_call(FIN_A, READ_PATH);
    set_io(BROKER_SERVICES, FIN_A, KT_IO_GONE);
    enroll_ok(FIN_B, "a", 1);
    end(FIN_B, expect_call_again(FIN_B, READ_PATH), KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
    assert_int_equal(stats().instances, 1);
}

static void
test_whose_place_another_has_is_lost(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 1);
    call(CLERK, 1, READ_PATH);
    expect_call(FIN_A, READ_PATH);
    enroll_ok(LATER(FIN_A), "a", 1);
    uint64_t again = expect_call_again(LATER(FIN_A), READ_PATH);
    assert_int_equal(stats().instances, 1);
    end(FIN_A, again, KT_OK); /* who is gone has no say */
    expect_silence(BROKER_CLIENTS, CLERK);
    end(LATER(FIN_A), again, KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
}

static void
test_another_rule_binds_once_the_old_ones_drain(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 1);
    send_head(BROKER_SERVICES, FIN_A, KT_DRAIN, 0, 0, 0);
    enroll_one(FIN_B, "finance", "b", OPEN_PATH, BROKER_READ, "guest");
    expect_enrolled(FIN_B, KT_OK, "");
    call(CLERK, 1, OPEN_PATH);
    expect_end(CLERK, 1, KT_PERMISSION_DENIED, "ROLE_MISSING");
    call(GUEST, 1, OPEN_PATH);
    expect_call(FIN_B, OPEN_PATH);
}

static void
test_a_draining_instance_gets_nothing_new_and_finishes(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 4);
    call(CLERK, 1, READ_PATH);
    uint64_t id = expect_call(FIN_A, READ_PATH);
    enroll_ok(FIN_B, "b", 1);
    send_head(BROKER_SERVICES, FIN_A, KT_DRAIN, 0, 0, 0);
    call(CLERK, 2, READ_PATH);
    expect_call(FIN_B, READ_PATH);
    call(CLERK, 3, READ_PATH);
    expect_silence(BROKER_SERVICES, FIN_A);
    end(FIN_A, id, KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
}

static void
test_reads_and_writes_are_sent_again(void **state)
{
    (void)state;
    static const char *const paths[] = {READ_PATH, WRITE_PATH, DOWN_PATH};
    enroll_ok(FIN_A, "a", 8);
    enroll_ok(FIN_B, "b", 1); /* takes none while A has more room */
    for (unsigned i = 0; i < KT_COUNT(paths); i++) {
        call(CLERK, i + 1, paths[i]);
        expect_call(FIN_A, paths[i]);
    }
    enroll_ok(FIN_C, "c", 8);
    lose(FIN_A);
    unsigned found = 0;
    got_t got;
    for (kt_peer_t peer = FIN_B; peer <= FIN_C; peer++)
        while (next(BROKER_SERVICES, peer, &got)) {
            assert_int_equal(got.head.kind, KT_CALL);
            assert_int_equal(got.head.flags, KT_FLAG_LAST | KT_FLAG_AGAIN);
            assert_int_equal(got.body_size, 64);
            end(peer, got.head.call_id, KT_OK);
            found++;
        }
    assert_int_equal(found, 3);
    for (unsigned i = 0; i < found; i++)
        assert_int_equal(expect_kind(BROKER_CLIENTS, CLERK, KT_END, 0).code, KT_OK);
    assert_int_equal(stats().resent, 3);
    assert_int_equal(stats().kept_bytes, 0);
}

static void
test_what_cannot_be_sent_again_is_unknown(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 8);
    enroll_ok(FIN_B, "b", 8);
    send_head(BROKER_SERVICES, FIN_B, KT_DRAIN, 0, 0, 0);
    call(OPERATOR, 1, ADMIN_PATH);
    expect_call(FIN_A, ADMIN_PATH);
    call_full(CLERK, 2, UP_PATH, 0, 5000, kt_span(NULL, 0), kt_span(NULL, 0));
    expect_call(FIN_A, UP_PATH);
    call(CLERK, 3, DOWN_PATH);
    uint64_t down = expect_call(FIN_A, DOWN_PATH);
    message(BROKER_SERVICES, FIN_A, down, 1, 0);
    expect_kind(BROKER_CLIENTS, CLERK, KT_MESSAGE, 3);
    lose(FIN_A);
    assert_true(expect_end(OPERATOR, 1, KT_UNAVAILABLE, "INSTANCE_LOST").unknown);
    assert_true(expect_end(CLERK, 3, KT_UNAVAILABLE, "INSTANCE_LOST").unknown);
    assert_true(expect_end(CLERK, 2, KT_UNAVAILABLE, "INSTANCE_LOST").unknown);
    assert_int_equal(stats().open, 0);
}

static void
test_beyond_the_kept_bytes_a_write_is_unknown_with_its_key(void **state)
{
    (void)state;
    broker_close();
    broker_limits_t limits = broker_test_limits();
    limits.kept_bytes_max = 100;
    broker_open(&limits);
    enroll_ok(FIN_A, "a", 8);
    static uint8_t body[200];
    call_full(CLERK, 1, WRITE_PATH, KT_FLAG_LAST, 5000, meta_with_key(77),
              kt_span(body, sizeof body));
    assert_int_equal(expect_kind(BROKER_SERVICES, FIN_A, KT_CALL, 0).body_size, sizeof body);
    lose(FIN_A);
    got_t got = expect_end(CLERK, 1, KT_UNAVAILABLE, "INSTANCE_LOST");
    assert_true(got.unknown);
    assert_int_equal(got.key, 77);
}

/* What the first instance did is settled only by an answer that looked at the key. */
static void
test_a_refusal_by_the_second_instance_settles_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        kt_code_t code;
        bool unknown;
    } rows[] = {
        {WRITE_PATH, KT_RESOURCE_EXHAUSTED, true},
        {WRITE_PATH, KT_UNAVAILABLE, true},
        {WRITE_PATH, KT_DEADLINE_EXCEEDED, true},
        {WRITE_PATH, KT_CANCELLED, true},
        {WRITE_PATH, KT_UNAUTHENTICATED, true},
        {WRITE_PATH, KT_PERMISSION_DENIED, true},
        {WRITE_PATH, KT_UNIMPLEMENTED, true},
        {WRITE_PATH, KT_UNKNOWN, true},
        {WRITE_PATH, KT_OK, false},
        {WRITE_PATH, KT_INVALID_ARGUMENT, false},
        {WRITE_PATH, KT_FAILED_PRECONDITION, false},
        {READ_PATH, KT_UNAVAILABLE, false},
    };
    for (unsigned i = 0; i < KT_COUNT(rows); i++) {
        set_io(BROKER_SERVICES, FIN_A, KT_IO_OK);
        enroll_ok(FIN_A, "a", 1);
        call_full(CLERK, i + 1, rows[i].path, KT_FLAG_LAST, 5000, meta_with_key(77),
                  kt_span(NULL, 0));
        expect_call(FIN_A, rows[i].path);
        set_io(BROKER_SERVICES, FIN_B, KT_IO_OK);
        enroll_ok(FIN_B, "b", 1);
        lose(FIN_A);
        end(FIN_B, expect_call_again(FIN_B, rows[i].path), rows[i].code);
        got_t got = expect_kind(BROKER_CLIENTS, CLERK, KT_END, i + 1);
        assert_int_equal(got.code, rows[i].code);
        if (got.unknown != rows[i].unknown)
            fail_msg("row %u: %s, unknown %d", i, kt_code_name(rows[i].code), got.unknown);
        if (got.unknown)
            assert_int_equal(got.key, 77);
        lose(FIN_B);
    }
}

static void
test_a_cancelled_call_is_not_sent_again(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 8);
    call(CLERK, 1, READ_PATH);
    call(CLERK, 2, WRITE_PATH);
    send_head(BROKER_CLIENTS, CLERK, KT_CANCEL, 0, 0, 1);
    send_head(BROKER_CLIENTS, CLERK, KT_CANCEL, 0, 0, 2);
    lose(FIN_A);
    assert_true(expect_end(CLERK, 2, KT_CANCELLED, "CALL_CANCELLED").unknown);
    assert_false(expect_end(CLERK, 1, KT_CANCELLED, "CALL_CANCELLED").unknown);
}

static void
test_a_call_that_kills_is_sent_again_so_many_times(void **state)
{
    (void)state;
    broker_close();
    broker_limits_t limits = broker_test_limits();
    limits.grace_ms = 1000;
    broker_open(&limits);
    enroll_ok(FIN_A, "a", 1);
    call_full(CLERK, 1, READ_PATH, KT_FLAG_LAST, 60000, kt_span(NULL, 0), kt_span(NULL, 0));
    expect_call(FIN_A, READ_PATH);
    for (unsigned i = 0; i < BROKER_RESENDS_MAX; i++) {
        lose(FIN_A);
        send_head(BROKER_CLIENTS, CLERK, KT_PING, 0, 0, 0);
        expect_kind(BROKER_CLIENTS, CLERK, KT_PONG, 0);
        set_io(BROKER_SERVICES, FIN_A, KT_IO_OK);
        enroll_ok(FIN_A, "a", 1);
        expect_call_again(FIN_A, READ_PATH);
    }
    lose(FIN_A);
    expect_end(CLERK, 1, KT_UNAVAILABLE, "INSTANCE_LOST");
}

static void
test_a_silent_instance_is_dead(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 8);
    enroll_ok(FIN_B, "b", 1);
    for (unsigned s = 0; s < 4; s++) {
        advance_us(KT_US_PER_S);
        send_head(BROKER_SERVICES, FIN_B, KT_PING, 0, 0, 0);
        expect_kind(BROKER_SERVICES, FIN_B, KT_PONG, 0);
    }
    assert_int_equal(stats().instances, 2);
    call(CLERK, 1, READ_PATH);
    expect_call(FIN_A, READ_PATH);
    advance_us(2 * KT_US_PER_S);
    assert_int_equal(stats().instances, 1);
    expect_call_again(FIN_B, READ_PATH);
}

static void
test_the_brokers_own_sleep_is_nobodys_silence(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 8);
    call_full(CLERK, 1, READ_PATH, KT_FLAG_LAST, 600000, kt_span(NULL, 0), kt_span(NULL, 0));
    broker_core_tick(broker_it(), broker_now_us() + 60 * KT_US_PER_S);
    assert_int_equal(stats().instances, 1);
    assert_int_equal(stats().open, 1);
}

static void
test_an_instance_that_takes_no_calls_is_lost(void **state)
{
    (void)state;
    broker_close();
    broker_limits_t limits = broker_test_limits();
    limits.outbox_bytes_max = 500;
    broker_open(&limits);
    enroll_ok(FIN_A, "a", 8);
    set_io(BROKER_SERVICES, FIN_A, KT_IO_AGAIN);
    call(CLERK, 1, OPEN_PATH);
    enroll_ok(FIN_B, "b", 8);
    call(CLERK, 2, OPEN_PATH); /* not to the one that is full */
    expect_call(FIN_B, OPEN_PATH);
    set_io(BROKER_SERVICES, FIN_A, KT_IO_OK);
    advance_us(BROKER_RETRY_US);
    expect_call(FIN_A, OPEN_PATH);
    set_io(BROKER_SERVICES, FIN_A, KT_IO_AGAIN);
    send_head(BROKER_SERVICES, FIN_B, KT_DRAIN, 0, 0, 0);
    call_sized(CLERK, 3, OPEN_PATH, 1000);
    assert_int_equal(stats().instances, 1);
    advance_us(1);
    expect_end(CLERK, 1, KT_UNAVAILABLE, "NO_INSTANCE");
    expect_end(CLERK, 3, KT_UNAVAILABLE, "NO_INSTANCE");
}

static void
test_ends_of_others_calls_are_dropped(void **state)
{
    (void)state;
    enroll_ok(FIN_A, "a", 8);
    call(CLERK, 1, READ_PATH);
    uint64_t id = expect_call(FIN_A, READ_PATH);
    enroll_ok(FIN_B, "b", 8);
    end(FIN_B, id, KT_OK);
    end(FIN_A, id + 1, KT_OK);
    end(FIN_A, id + (UINT64_C(1) << 32), KT_OK);
    expect_silence(BROKER_CLIENTS, CLERK);
    end(FIN_A, id, KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
    end(FIN_A, id, KT_OK); /* the second time */
    expect_silence(BROKER_CLIENTS, CLERK);
}

static void
test_health_follows_the_instances(void **state)
{
    (void)state;
    assert_int_equal(broker_core_health(broker_it(), kt_span_str("finance")), BROKER_NOT_KNOWN);
    enroll_ok(FIN_A, "a", 8);
    assert_int_equal(broker_core_health(broker_it(), kt_span_str("finance")), BROKER_SERVING);
    assert_int_equal(broker_core_health(broker_it(), kt_span_str("kantor.finance.v1.Ledger")),
                     BROKER_SERVING);
    assert_int_equal(broker_core_health(broker_it(), kt_span_str("kantor.finance.v1.Led")),
                     BROKER_NOT_KNOWN);
    send_head(BROKER_SERVICES, FIN_A, KT_DRAIN, 0, 0, 0);
    assert_int_equal(broker_core_health(broker_it(), kt_span_str("finance")), BROKER_NOT_SERVING);
    assert_int_equal(broker_core_health(broker_it(), kt_span_str("kantor.finance.v1.Ledger")),
                     BROKER_NOT_SERVING);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, broker_setup, broker_teardown)
    const struct CMUnitTest tests[] = {
        T(test_registrations_are_refused),
        T(test_capacity_and_garbage_are_refused),
        T(test_an_older_store_does_not_serve),
        T(test_a_newer_store_takes_over),
        T(test_another_store_of_the_first_epoch_waits),
        T(test_paths_belong_to_one_service),
        T(test_registering_again_replaces),
        T(test_a_name_is_free_when_its_connection_is_gone),
        T(test_whose_place_another_has_is_lost),
        T(test_another_rule_binds_once_the_old_ones_drain),
        T(test_a_draining_instance_gets_nothing_new_and_finishes),
        T(test_reads_and_writes_are_sent_again),
        T(test_what_cannot_be_sent_again_is_unknown),
        T(test_beyond_the_kept_bytes_a_write_is_unknown_with_its_key),
        T(test_a_refusal_by_the_second_instance_settles_nothing),
        T(test_a_cancelled_call_is_not_sent_again),
        T(test_a_call_that_kills_is_sent_again_so_many_times),
        T(test_a_silent_instance_is_dead),
        T(test_the_brokers_own_sleep_is_nobodys_silence),
        T(test_an_instance_that_takes_no_calls_is_lost),
        T(test_ends_of_others_calls_are_dropped),
        T(test_health_follows_the_instances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
