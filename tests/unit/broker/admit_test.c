/* What becomes of a CALL before any instance has it: one row a refusal, and the way of one that is
 * good. */
#include "broker_fixture.h"
#include "testing.h"
#include <kt/prng.h>

static int
setup(void **state)
{
    (void)state;
    broker_open(NULL);
    enroll_ok(FIN_A, "a", 8);
    return 0;
}

static void
test_a_call_goes_there_and_back(void **state)
{
    (void)state;
    call(CLERK, 7, READ_PATH);
    got_t got = expect_kind(BROKER_SERVICES, FIN_A, KT_CALL, 0);
    assert_string_equal(got.path, READ_PATH);
    assert_string_equal(got.principal, "clerk");
    assert_int_equal(got.head.flags, KT_FLAG_LAST);
    assert_int_equal(got.head.arg, 5000);
    assert_int_equal(got.body_size, 64);
    assert_int_equal(stats().open, 1);
    end(FIN_A, got.head.call_id, KT_OK);
    got = expect_end(CLERK, 7, KT_OK, "");
    assert_int_equal(got.body_size, strlen("a response"));
    assert_int_equal(got.timeline.waited_us, 1);
    assert_int_equal(got.timeline.ran_us, 2);
    assert_int_equal(got.timeline.committed_us, 3);
    assert_int_equal(stats().open, 0);
    assert_int_equal(stats().kept_bytes, 0);
    assert_true(broker_core_idle(broker_it()));
}

static void
test_an_end_without_a_timeline_gets_one(void **state)
{
    (void)state;
    call(CLERK, 7, READ_PATH);
    uint64_t id = expect_call(FIN_A, READ_PATH);
    uint8_t head[KT_HEAD_BYTES];
    kt_head_encode(&(kt_head_t){.kind = KT_END, .call_id = id}, head);
    kt_span_t frames[] = {kt_span(head, sizeof head), {0}, {0}};
    send_raw(BROKER_SERVICES, FIN_A, frames, 3);
    expect_end(CLERK, 7, KT_OK, "");
}

static void
test_an_id_is_free_again_after_end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        call(CLERK, 7, READ_PATH);
        end(FIN_A, expect_call(FIN_A, READ_PATH), KT_NOT_FOUND);
        expect_end(CLERK, 7, KT_NOT_FOUND, "");
    }
}

static void
test_timeouts_have_a_usual_and_a_longest(void **state)
{
    (void)state;
    static const struct {
        uint32_t said, got;
    } rows[] = {{0, KT_TIMEOUT_MS_USUAL}, {1, 1}, {UINT32_MAX, KT_TIMEOUT_MS_MAX}};
    for (unsigned i = 0; i < KT_COUNT(rows); i++) {
        call_full(CLERK, i + 1, READ_PATH, KT_FLAG_LAST, rows[i].said, kt_span(NULL, 0),
                  kt_span(NULL, 0));
        assert_int_equal(expect_kind(BROKER_SERVICES, FIN_A, KT_CALL, 0).head.arg, rows[i].got);
    }
}

static char long_path[300];
static uint8_t long_meta[KT_META_BYTES_MAX + 1];

static void
test_refusals(void **state)
{
    (void)state;
    memset(long_path, 'a', sizeof long_path - 1);
    memcpy(long_path, "/a.B/", 5);
    static const struct {
        kt_peer_t peer;
        uint64_t id;
        const char *path;
        uint8_t flags;
        size_t meta_size;
        kt_code_t code;
        const char *reason;
    } rows[] = {
        {STRANGER, 1, READ_PATH, KT_FLAG_LAST, 0, KT_UNAUTHENTICATED, "UNKNOWN_PRINCIPAL"},
        {CLERK, 0, READ_PATH, KT_FLAG_LAST, 0, KT_INVALID_ARGUMENT, "MALFORMED_FRAME"},
        {CLERK, 1, "", KT_FLAG_LAST, 0, KT_INVALID_ARGUMENT, "MALFORMED_FRAME"},
        {CLERK, 1, "Ledger/GetEntry", KT_FLAG_LAST, 0, KT_INVALID_ARGUMENT, "MALFORMED_FRAME"},
        {CLERK, 1, "/kantor.finance.v1.Ledger/Get Entry", KT_FLAG_LAST, 0, KT_INVALID_ARGUMENT,
         "MALFORMED_FRAME"},
        {CLERK, 1, long_path, KT_FLAG_LAST, 0, KT_INVALID_ARGUMENT, "MALFORMED_FRAME"},
        {CLERK, 1, READ_PATH, KT_FLAG_LAST, sizeof long_meta, KT_INVALID_ARGUMENT, "TOO_LARGE"},
        {CLERK, 1, "/kantor.finance.v1.Ledger/Nope", KT_FLAG_LAST, 0, KT_UNIMPLEMENTED,
         "UNKNOWN_METHOD"},
        {CLERK, 1, "hr/kantor.store.v1.Store/Backup", KT_FLAG_LAST, 0, KT_UNIMPLEMENTED,
         "UNKNOWN_METHOD"},
        {CLERK, 1, "/kantor.hr.v1.Staff/List", KT_FLAG_LAST, 0, KT_UNIMPLEMENTED, "UNKNOWN_METHOD"},
        {GUEST, 1, READ_PATH, KT_FLAG_LAST, 0, KT_PERMISSION_DENIED, "ROLE_MISSING"},
        {CLERK, 1, ADMIN_PATH, KT_FLAG_LAST, 0, KT_PERMISSION_DENIED, "ROLE_MISSING"},
        {CLERK, 1, READ_PATH, 0, 0, KT_INVALID_ARGUMENT, "MALFORMED_FRAME"},
        {CLERK, 1, UP_PATH, KT_FLAG_LAST, 0, KT_INVALID_ARGUMENT, "MALFORMED_FRAME"},
    };
    for (unsigned i = 0; i < KT_COUNT(rows); i++) {
        call_full(rows[i].peer, rows[i].id, rows[i].path, rows[i].flags, 0,
                  kt_span(long_meta, rows[i].meta_size), kt_span_str("x"));
        got_t got = expect_end(rows[i].peer, rows[i].id, rows[i].code, rows[i].reason);
        assert_false(got.unknown || got.retry);
        expect_silence(BROKER_SERVICES, FIN_A);
    }
    assert_int_equal(stats().refused, KT_COUNT(rows));
    assert_int_equal(stats().open, 0);
}

static void
test_a_role_of_ones_own_or_everyones_lets_in(void **state)
{
    (void)state;
    call(GUEST, 1, OPEN_PATH);
    expect_call(FIN_A, OPEN_PATH);
    call(OPERATOR, 1, ADMIN_PATH);
    expect_call(FIN_A, ADMIN_PATH);
}

static void
test_a_duplicate_id_is_refused_and_the_first_goes_on(void **state)
{
    (void)state;
    call(CLERK, 7, READ_PATH);
    uint64_t id = expect_call(FIN_A, READ_PATH);
    call(CLERK, 7, READ_PATH);
    expect_end(CLERK, 7, KT_ALREADY_EXISTS, "MALFORMED_FRAME");
    call(CLERK_TOO, 7, READ_PATH);
    expect_call(FIN_A, READ_PATH);
    end(FIN_A, id, KT_OK);
    expect_end(CLERK, 7, KT_OK, "");
    expect_silence(BROKER_CLIENTS, CLERK_TOO);
}

static void
test_a_principal_has_so_many_calls_and_no_more(void **state)
{
    (void)state;
    call(FEW, 1, READ_PATH);
    call(FEW, 2, READ_PATH);
    call(FEW, 3, READ_PATH);
    assert_true(expect_end(FEW, 3, KT_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS").retry);
    end(FIN_A, expect_call(FIN_A, READ_PATH), KT_OK);
    expect_end(FEW, 1, KT_OK, "");
    call(FEW, 3, READ_PATH);
    expect_silence(BROKER_CLIENTS, FEW);
}

static void
test_draining_refuses_new_calls_and_ends_open_ones(void **state)
{
    (void)state;
    call(CLERK, 1, READ_PATH);
    call(CLERK, 2, WRITE_PATH);
    uint64_t id = expect_call(FIN_A, READ_PATH);
    broker_core_drain(broker_it(), broker_now_us());
    expect_kind(BROKER_CLIENTS, CLERK, KT_DRAIN, 0);
    call(CLERK, 3, READ_PATH);
    assert_true(expect_end(CLERK, 3, KT_UNAVAILABLE, "DRAINING").retry);
    end(FIN_A, id, KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
    assert_false(broker_core_idle(broker_it()));
    broker_core_finish(broker_it(), broker_now_us());
    assert_true(expect_end(CLERK, 2, KT_UNAVAILABLE, "DRAINING").unknown);
    assert_int_equal(stats().open, 0);
}

static kt_status_t
local_hello(void *context, kt_span_t request, kt_frame_t *response)
{
    if (request.size == 0)
        return kt_error(KT_OUT_OF_RANGE, 0, "say something");
    kt_frame_close(response);
    return kt_frame_init_copy(response, kt_span_str(context));
}

static void
test_local_methods_are_answered_here(void **state)
{
    (void)state;
    char text[] = "hello";
    broker_rule_t rule = {.kind = BROKER_READ, .roles_count = 1, .roles = {"it.operator"}};
    assert_ok(broker_core_add_local(broker_it(), "/kantor.broker.v1.Broker/Hi", &rule, local_hello,
                                    text));
    call(OPERATOR, 1, "/kantor.broker.v1.Broker/Hi");
    assert_int_equal(expect_end(OPERATOR, 1, KT_OK, "").body_size, 5);
    call_sized(OPERATOR, 2, "/kantor.broker.v1.Broker/Hi", 0);
    expect_end(OPERATOR, 2, KT_OUT_OF_RANGE, "");
    call(CLERK, 1, "/kantor.broker.v1.Broker/Hi");
    expect_end(CLERK, 1, KT_PERMISSION_DENIED, "ROLE_MISSING");
}

static void
test_what_is_dropped_is_counted(void **state)
{
    (void)state;
    kt_span_t garbage[] = {kt_span_str("garbage that is no head"), {0}, {0}};
    uint8_t head[KT_HEAD_BYTES];
    kt_head_encode(&(kt_head_t){.kind = 77, .call_id = 1}, head);
    kt_span_t unknown = kt_span(head, sizeof head);
    uint64_t before = stats().dropped;
    send_raw(BROKER_CLIENTS, CLERK, garbage, 3);
    send_raw(BROKER_CLIENTS, CLERK, garbage, 1);
    send_raw(BROKER_CLIENTS, CLERK, NULL, 0);
    send_raw(BROKER_CLIENTS, CLERK, &unknown, 1);
    send_head(BROKER_CLIENTS, CLERK, KT_DRAIN, 0, 0, 0);
    send_head(BROKER_CLIENTS, CLERK, KT_CANCEL, 0, 0, 99);
    send_head(BROKER_CLIENTS, CLERK, KT_WINDOW, 0, 1, 99);
    message(BROKER_CLIENTS, CLERK, 99, 1, 0);
    send_head(BROKER_CLIENTS, STRANGER, KT_PING, 0, 0, 0);
    send_raw(BROKER_SERVICES, FIN_A, garbage, 3);
    send_head(BROKER_SERVICES, FIN_A, KT_CANCEL, 0, 0, 99);
    end(FIN_A, 99, KT_OK);
    end(FIN_B, 99, KT_OK); /* never registered */
    send_head(BROKER_SERVICES, FIN_B, KT_PING, 0, 0, 0);
    broker_core_on_bad(broker_it());
    assert_int_equal(stats().dropped - before, 15);
    expect_silence(BROKER_CLIENTS, CLERK);
    expect_silence(BROKER_SERVICES, FIN_B);
    call(CLERK, 1, READ_PATH);
    expect_call(FIN_A, READ_PATH);
}

static void
test_ping_is_answered(void **state)
{
    (void)state;
    send_head(BROKER_CLIENTS, CLERK, KT_PING, 0, 1234, 5);
    assert_int_equal(expect_kind(BROKER_CLIENTS, CLERK, KT_PONG, 5).head.arg, 1234);
    send_head(BROKER_SERVICES, FIN_A, KT_PING, 0, 4321, 6);
    assert_int_equal(expect_kind(BROKER_SERVICES, FIN_A, KT_PONG, 6).head.arg, 4321);
    send_head(BROKER_SERVICES, FIN_A, KT_PONG, 0, 0, 0);
    expect_silence(BROKER_SERVICES, FIN_A);
}

/* More methods than a caller's last ones, in any order, beside some that nobody has. */
static void
test_each_call_is_of_its_own_method(void **state)
{
    (void)state;
    static const char *const paths[] = {READ_PATH,
                                        WRITE_PATH,
                                        OPEN_PATH,
                                        UP_PATH,
                                        DOWN_PATH,
                                        BIDI_PATH,
                                        "/kantor.finance.v1.Ledger/Nope"};
    kt_prng_t prng;
    kt_prng_seed(&prng, 1);
    for (uint64_t id = 1; id <= 3000; id++) {
        const char *path = paths[kt_prng_below(&prng, KT_COUNT(paths))];
        bool streams = strcmp(path, UP_PATH) == 0 || strcmp(path, BIDI_PATH) == 0;
        call_full(CLERK, id, path, streams ? 0 : KT_FLAG_LAST, 0, kt_span(NULL, 0),
                  kt_span(NULL, 0));
        if (strcmp(path, paths[KT_COUNT(paths) - 1]) == 0) {
            expect_end(CLERK, id, KT_UNIMPLEMENTED, "UNKNOWN_METHOD");
            continue;
        }
        end(FIN_A, expect_call(FIN_A, path), KT_OK);
        expect_end(CLERK, id, KT_OK, "");
    }
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, broker_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_call_goes_there_and_back),
        T(test_an_end_without_a_timeline_gets_one),
        T(test_an_id_is_free_again_after_end),
        T(test_timeouts_have_a_usual_and_a_longest),
        T(test_refusals),
        T(test_each_call_is_of_its_own_method),
        T(test_a_role_of_ones_own_or_everyones_lets_in),
        T(test_a_duplicate_id_is_refused_and_the_first_goes_on),
        T(test_a_principal_has_so_many_calls_and_no_more),
        T(test_draining_refuses_new_calls_and_ends_open_ones),
        T(test_local_methods_are_answered_here),
        T(test_what_is_dropped_is_counted),
        T(test_ping_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
