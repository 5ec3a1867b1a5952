/* Another directory, other limits: what holds at once for connections and calls that are open. */
#include "broker_fixture.h"
#include "testing.h"
#include <stdlib.h>

static int
setup(void **state)
{
    (void)state;
    broker_open(NULL);
    enroll_ok(FIN_A, "a", 8);
    return 0;
}

/* ---- keys ---- */

static void
test_a_key_off_the_list_loses_everything_at_once(void **state)
{
    (void)state;
    call(CLERK, 1, WRITE_PATH);
    uint64_t id = expect_call(FIN_A, WRITE_PATH);
    call(GUEST, 1, OPEN_PATH);
    expect_call(FIN_A, OPEN_PATH);
    reload_without("clerk");
    assert_true(expect_end(CLERK, 1, KT_UNAUTHENTICATED, "UNKNOWN_PRINCIPAL").unknown);
    expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, id);
    call(CLERK, 2, WRITE_PATH);
    got_t got = expect_end(CLERK, 2, KT_UNAUTHENTICATED, "UNKNOWN_PRINCIPAL");
    assert_non_null(strstr(got.text, "was taken off the broker's list"));
    assert_false(got.unknown);
    send_head(BROKER_CLIENTS, CLERK, KT_PING, 0, 0, 0);
    expect_silence(BROKER_CLIENTS, CLERK);
    expect_silence(BROKER_CLIENTS, GUEST);
    reload_without(NULL);
    call(CLERK, 3, WRITE_PATH);
    expect_call(FIN_A, WRITE_PATH);
}

static void
test_an_instance_whose_key_is_off_the_list_is_lost(void **state)
{
    (void)state;
    call(CLERK, 1, READ_PATH);
    uint64_t id = expect_call(FIN_A, READ_PATH);
    reload_without("finance");
    assert_int_equal(stats().instances, 0);
    end(FIN_A, id, KT_OK);
    enroll(FIN_A, "a", 8);
    expect_enrolled(FIN_A, KT_UNAUTHENTICATED, "UNKNOWN_PRINCIPAL");
    advance_us(1);
    expect_end(CLERK, 1, KT_UNAVAILABLE, "NO_INSTANCE");
}

static void
test_a_key_that_was_never_on_the_list_hears_so(void **state)
{
    (void)state;
    call(STRANGER, 1, OPEN_PATH);
    got_t got = expect_end(STRANGER, 1, KT_UNAUTHENTICATED, "UNKNOWN_PRINCIPAL");
    assert_non_null(strstr(got.text, "is on no list"));
    reload_without(NULL);
    call(STRANGER, 2, OPEN_PATH);
    got = expect_end(STRANGER, 2, KT_UNAUTHENTICATED, "UNKNOWN_PRINCIPAL");
    assert_non_null(strstr(got.text, "is on no list"));
}

static void
test_two_keys_are_one_principal(void **state)
{
    (void)state;
    call(FEW, 1, READ_PATH);
    call(FEW_NEXT, 1, READ_PATH);
    got_t got;
    for (unsigned i = 0; i < 2; i++) {
        assert_true(next(BROKER_SERVICES, FIN_A, &got));
        assert_string_equal(got.principal, "few");
    }
    call(FEW, 2, READ_PATH);
    expect_end(FEW, 2, KT_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS");
    call(FEW_NEXT, 2, READ_PATH);
    expect_end(FEW_NEXT, 2, KT_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS");
}

static void
test_both_keys_wait_in_one_queue(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 8; id++)
        call(OPERATOR, id, OPEN_PATH);
    call(FEW, 1, OPEN_PATH); /* it waits, as the only one of the two that may */
    call(FEW_NEXT, 1, OPEN_PATH);
    expect_end(FEW_NEXT, 1, KT_RESOURCE_EXHAUSTED, "QUEUE_FULL");
    assert_int_equal(stats().queued, 1);
}

static void
test_a_caller_goes_over_to_its_next_key(void **state)
{
    (void)state;
    call(CLERK, 1, WRITE_PATH);
    uint64_t old = expect_call(FIN_A, WRITE_PATH);
    call(CLERK_NEXT, 1, WRITE_PATH);
    uint64_t new = expect_call(FIN_A, WRITE_PATH);
    end(FIN_A, old, KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
    reload_without_key("clerk");
    call(CLERK, 2, WRITE_PATH);
    expect_end(CLERK, 2, KT_UNAUTHENTICATED, "UNKNOWN_PRINCIPAL");
    end(FIN_A, new, KT_OK);
    expect_end(CLERK_NEXT, 1, KT_OK, "");
    call(CLERK_NEXT, 2, WRITE_PATH);
    expect_call(FIN_A, WRITE_PATH);
}

static void
test_what_a_lost_key_had_open_counts_no_longer(void **state)
{
    (void)state;
    call(FEW, 1, READ_PATH);
    call(FEW_NEXT, 1, READ_PATH);
    reload_without_key("few");
    expect_end(FEW, 1, KT_UNAUTHENTICATED, "UNKNOWN_PRINCIPAL");
    call(FEW_NEXT, 2, READ_PATH);
    expect_silence(BROKER_CLIENTS, FEW_NEXT); /* both are open */
    call(FEW_NEXT, 3, READ_PATH);
    expect_end(FEW_NEXT, 3, KT_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS");
}

static void
test_what_waits_under_a_lost_key_is_never_given_to_anybody(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 8; id++)
        call(OPERATOR, id, OPEN_PATH);
    uint64_t inside[8];
    for (unsigned i = 0; i < 8; i++)
        inside[i] = expect_call(FIN_A, OPEN_PATH);
    call(CLERK, 1, WRITE_PATH);
    call(CLERK_NEXT, 1, WRITE_PATH);
    call(CLERK, 2, WRITE_PATH);
    reload_without_key("clerk");
    for (uint64_t id = 1; id <= 2; id++)
        assert_false(expect_end(CLERK, id, KT_UNAUTHENTICATED, "UNKNOWN_PRINCIPAL").unknown);
    assert_int_equal(stats().queued, 1);
    for (unsigned i = 0; i < 8; i++)
        end(FIN_A, inside[i], KT_OK);
    uint64_t only = expect_call(FIN_A, WRITE_PATH);
    expect_silence(BROKER_SERVICES, FIN_A);
    end(FIN_A, only, KT_OK);
    expect_end(CLERK_NEXT, 1, KT_OK, "");
    assert_int_equal(stats().open, 0);
}

static void
test_streams_of_a_lost_key_end_both_ways(void **state)
{
    (void)state;
    static const char *const paths[] = {UP_PATH, DOWN_PATH, BIDI_PATH};
    uint64_t inside[KT_COUNT(paths)];
    for (unsigned i = 0; i < KT_COUNT(paths); i++) {
        bool whole = strcmp(paths[i], DOWN_PATH) == 0;
        call_full(CLERK, i + 1, paths[i], whole ? KT_FLAG_LAST : 0, 5000, kt_span(NULL, 0),
                  kt_span(NULL, 0));
        inside[i] = expect_call(FIN_A, paths[i]);
    }
    message(BROKER_CLIENTS, CLERK, 3, 1, 0);
    expect_kind(BROKER_SERVICES, FIN_A, KT_MESSAGE, inside[2]);
    message(BROKER_SERVICES, FIN_A, inside[1], 1, 0);
    expect_kind(BROKER_CLIENTS, CLERK, KT_MESSAGE, 2);
    reload_without_key("clerk");
    for (unsigned i = 0; i < KT_COUNT(paths); i++) {
        expect_end(CLERK, i + 1, KT_UNAUTHENTICATED, "UNKNOWN_PRINCIPAL");
        expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, inside[i]);
    }
    uint64_t dropped = stats().dropped;
    message(BROKER_CLIENTS, CLERK, 3, 2, 0);
    send_head(BROKER_CLIENTS, CLERK, KT_WINDOW, 0, 5, 2);
    send_head(BROKER_CLIENTS, CLERK, KT_CANCEL, 0, 0, 1);
    send_head(BROKER_CLIENTS, CLERK, KT_PING, 0, 0, 0);
    message(BROKER_SERVICES, FIN_A, inside[1], 2, 0);
    assert_int_equal(stats().dropped, dropped + 5);
    expect_silence(BROKER_SERVICES, FIN_A);
    expect_silence(BROKER_CLIENTS, CLERK);
}

/* ---- who uses which ---- */

typedef struct use {
    const char *wanted; /* what the key begins with */
    broker_key_info_t info;
    unsigned seen;
} use_t;

static void
look_at_key(void *context, const broker_key_info_t *info)
{
    use_t *use = context;
    size_t size = strlen(use->wanted);
    if (strncmp(info->key->text, use->wanted, size) == 0 && info->key->text[size] == '.') {
        use->info = *info;
        use->seen++;
    }
}

static void
assert_use(const char *key, uint32_t callers, uint32_t instances, int64_t heard_us)
{
    use_t use = {.wanted = key};
    broker_core_each_key(broker_it(), look_at_key, &use);
    assert_int_equal(use.seen, 1);
    assert_int_equal(use.info.callers, callers);
    assert_int_equal(use.info.instances, instances);
    assert_int_equal(use.info.heard_us, heard_us);
}

static void
test_it_is_known_which_keys_are_used(void **state)
{
    (void)state;
    int64_t began_us = broker_now_us();
    assert_use("clerk", 0, 0, 0);
    assert_use("finance", 0, 1, began_us);
    assert_use("finance-next", 0, 0, 0);
    call(CLERK, 1, OPEN_PATH);
    call(CLERK_TOO, 1, OPEN_PATH);
    for (unsigned i = 0; i < 2; i++)
        end(FIN_A, expect_call(FIN_A, OPEN_PATH), KT_OK);
    advance_us(1000);
    call(CLERK_NEXT, 1, OPEN_PATH);
    assert_use("clerk", 2, 0, began_us);
    assert_use("clerk-next", 1, 0, began_us + 1000);
    /* It outlives the connections, and a reload. */
    broker_core_on_gone(broker_it(), BROKER_CLIENTS, CLERK, broker_now_us());
    broker_core_on_gone(broker_it(), BROKER_CLIENTS, CLERK_TOO, broker_now_us());
    broker_core_on_gone(broker_it(), BROKER_SERVICES, FIN_A, broker_now_us());
    reload_without_key("clerk-next");
    assert_use("clerk", 0, 0, began_us);
    assert_use("finance", 0, 0, began_us);
    reload_without_key("clerk");
    assert_use("clerk-next", 1, 0, began_us + 1000); /* the connection is there */
    reload_without(NULL);
    assert_use("clerk", 0, 0, 0); /* it was away */
}

/* ---- departments ---- */

static void
test_a_department_goes_over_to_its_next_key(void **state)
{
    (void)state;
    call(CLERK, 1, WRITE_PATH);
    uint64_t old = expect_call(FIN_A, WRITE_PATH);
    enroll_ok(FIN_NEXT, "b", 8);
    send_head(BROKER_SERVICES, FIN_A, KT_DRAIN, 0, 0, 0);
    call(CLERK, 2, WRITE_PATH);
    uint64_t new = expect_call(FIN_NEXT, WRITE_PATH);
    end(FIN_A, old, KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
    reload_without_key("finance");
    assert_int_equal(stats().instances, 1);
    end(FIN_NEXT, new, KT_OK);
    expect_end(CLERK, 2, KT_OK, "");
}

static void
test_what_an_instance_with_a_lost_key_had_ends_honestly(void **state)
{
    (void)state;
    call(CLERK, 1, READ_PATH);
    call_full(CLERK, 2, WRITE_PATH, KT_FLAG_LAST, 5000, meta_with_key(7), kt_span(NULL, 0));
    call(OPERATOR, 3, ADMIN_PATH);
    uint64_t read = expect_call(FIN_A, READ_PATH), write = expect_call(FIN_A, WRITE_PATH);
    uint64_t admin = expect_call(FIN_A, ADMIN_PATH);
    enroll_ok(FIN_NEXT, "b", 8);
    reload_without_key("finance");
    assert_true(expect_end(OPERATOR, 3, KT_UNAVAILABLE, "INSTANCE_LOST").unknown);
    uint64_t read_again = expect_call_again(FIN_NEXT, READ_PATH);
    uint64_t write_again = expect_call_again(FIN_NEXT, WRITE_PATH);
    uint64_t dropped = stats().dropped;
    end(FIN_A, read, KT_OK);
    end(FIN_A, write, KT_OK);
    end(FIN_A, admin, KT_OK);
    send_head(BROKER_SERVICES, FIN_A, KT_PING, 0, 0, 0);
    send_head(BROKER_SERVICES, FIN_A, KT_DRAIN, 0, 0, 0);
    assert_int_equal(stats().dropped, dropped + 5);
    expect_silence(BROKER_SERVICES, FIN_A);
    expect_silence(BROKER_CLIENTS, CLERK);
    enroll(FIN_A, "a", 8);
    expect_enrolled(FIN_A, KT_UNAUTHENTICATED, "UNKNOWN_PRINCIPAL");
    end(FIN_NEXT, read_again, KT_OK);
    end(FIN_NEXT, write_again, KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
    expect_end(CLERK, 2, KT_OK, "");
}

/* ---- roles ---- */

static void
test_a_role_that_is_taken_away_ends_what_it_let_in(void **state)
{
    (void)state;
    call(CLERK, 1, READ_PATH);
    call_full(CLERK, 2, WRITE_PATH, KT_FLAG_LAST, 5000, meta_with_key(7), kt_span(NULL, 0));
    call(CLERK, 3, OPEN_PATH);
    uint64_t read = expect_call(FIN_A, READ_PATH), write = expect_call(FIN_A, WRITE_PATH);
    uint64_t open = expect_call(FIN_A, OPEN_PATH);
    reload_role("clerk", "guest");
    assert_false(expect_end(CLERK, 1, KT_PERMISSION_DENIED, "ROLE_MISSING").unknown);
    got_t got = expect_end(CLERK, 2, KT_PERMISSION_DENIED, "ROLE_MISSING");
    assert_true(got.unknown);
    assert_int_equal(got.key, 7);
    expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, read);
    expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, write);
    end(FIN_A, open, KT_OK);
    expect_end(CLERK, 3, KT_OK, "");
    call(CLERK, 4, READ_PATH);
    expect_end(CLERK, 4, KT_PERMISSION_DENIED, "ROLE_MISSING");
    reload_role("guest", "finance.clerk");
    call(GUEST, 1, READ_PATH);
    expect_call(FIN_A, READ_PATH);
}

static void
test_what_waits_by_a_lost_role_is_never_given_to_anybody(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 8; id++)
        call(OPERATOR, id, OPEN_PATH);
    uint64_t inside = expect_call(FIN_A, OPEN_PATH);
    call(CLERK, 1, WRITE_PATH);
    reload_role("clerk", "guest");
    assert_false(expect_end(CLERK, 1, KT_PERMISSION_DENIED, "ROLE_MISSING").unknown);
    for (unsigned i = 1; i < 8; i++)
        expect_call(FIN_A, OPEN_PATH);
    end(FIN_A, inside, KT_OK);
    expect_silence(BROKER_SERVICES, FIN_A);
}

/* ---- limits ---- */

static void
test_fewer_calls_end_none(void **state)
{
    (void)state;
    broker_limits_t limits = broker_test_limits();
    uint64_t inside[3];
    for (unsigned i = 0; i < 3; i++) {
        call(CLERK, i + 1, READ_PATH);
        inside[i] = expect_call(FIN_A, READ_PATH);
    }
    limits.calls_max = 2;
    reload_limits(&limits);
    expect_silence(BROKER_CLIENTS, CLERK);
    for (unsigned i = 0; i < 2; i++) {
        call(CLERK, 10 + i, READ_PATH);
        assert_true(expect_end(CLERK, 10 + i, KT_RESOURCE_EXHAUSTED, "QUEUE_FULL").retry);
        end(FIN_A, inside[i], KT_OK);
        expect_end(CLERK, i + 1, KT_OK, "");
    }
    call(CLERK, 20, READ_PATH);
    expect_call(FIN_A, READ_PATH);
}

static void
test_a_given_up_call_takes_a_place_until_its_instance_ends_it(void **state)
{
    (void)state;
    broker_limits_t limits = broker_test_limits();
    limits.calls_max = 1;
    reload_limits(&limits);
    call(CLERK, 1, READ_PATH);
    uint64_t inside = expect_call(FIN_A, READ_PATH);
    reload_without_key("clerk");
    call(GUEST, 1, OPEN_PATH);
    expect_end(GUEST, 1, KT_RESOURCE_EXHAUSTED, "QUEUE_FULL");
    end(FIN_A, inside, KT_CANCELLED);
    call(GUEST, 2, OPEN_PATH);
    expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, inside);
    expect_call(FIN_A, OPEN_PATH);
}

#define MANY (2 * 4096 + 10)

/* What is open is found in the larger pool as well. */
static void
test_more_calls_keep_those_there_are(void **state)
{
    (void)state;
    broker_close();
    broker_limits_t limits = broker_test_limits();
    limits.calls_max = 4;
    broker_open(&limits);
    static const broker_caller_limits_t all = {MANY, MANY, 1 << 30};
    uint64_t *inside = calloc(MANY + 1, sizeof inside[0]);
    assert_non_null(inside);
    enroll_ok(FIN_A, "a", 2 * MANY);
    for (uint64_t id = 1; id <= 5; id++)
        call(CLERK, id, READ_PATH);
    expect_end(CLERK, 5, KT_RESOURCE_EXHAUSTED, "QUEUE_FULL");
    limits.calls_max = MANY;
    reload_limits(&limits);
    reload_caller_limits("clerk", &all);
    for (uint64_t id = 5; id <= MANY + 1; id++)
        call(CLERK, id, READ_PATH);
    expect_end(CLERK, MANY + 1, KT_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS");
    call(GUEST, 1, OPEN_PATH);
    expect_end(GUEST, 1, KT_RESOURCE_EXHAUSTED, "QUEUE_FULL");
    for (uint64_t id = 1; id <= MANY; id++)
        inside[id] = expect_call(FIN_A, READ_PATH);
    for (uint64_t id = 1; id <= MANY; id++) {
        send_head(BROKER_CLIENTS, CLERK, KT_CANCEL, 0, 0, id);
        expect_kind(BROKER_SERVICES, FIN_A, KT_CANCEL, inside[id]);
        end(FIN_A, inside[id], KT_CANCELLED);
        expect_end(CLERK, id, KT_CANCELLED, "");
    }
    assert_int_equal(stats().open, 0);
    free(inside);
}

static void
test_a_shorter_queue_keeps_what_waits(void **state)
{
    (void)state;
    broker_limits_t limits = broker_test_limits();
    for (uint64_t id = 1; id <= 11; id++)
        call(OPERATOR, id, OPEN_PATH);
    assert_int_equal(stats().queued, 3);
    limits.queued_max = 2;
    limits.queued_bytes_max = 1;
    limits.kept_bytes_max = 0;
    reload_limits(&limits);
    assert_int_equal(stats().queued, 3);
    call(CLERK, 1, OPEN_PATH);
    expect_end(CLERK, 1, KT_RESOURCE_EXHAUSTED, "QUEUE_FULL");
    for (unsigned i = 0; i < 11; i++)
        end(FIN_A, expect_call(FIN_A, OPEN_PATH), KT_OK);
    for (unsigned i = 0; i < 11; i++)
        assert_int_equal(expect_kind(BROKER_CLIENTS, OPERATOR, KT_END, 0).code, KT_OK);
    assert_int_equal(stats().queued_bytes, 0);
    assert_int_equal(stats().kept_bytes, 0);
}

static void
test_a_callers_own_limits_change_at_once(void **state)
{
    (void)state;
    static const broker_caller_limits_t one = {1, 1, 1000}, many = {64, 64, 1 << 20};
    call(CLERK, 1, READ_PATH);
    call(CLERK, 2, READ_PATH);
    uint64_t first = expect_call(FIN_A, READ_PATH), second = expect_call(FIN_A, READ_PATH);
    reload_caller_limits("clerk", &one);
    call(CLERK, 3, READ_PATH);
    expect_end(CLERK, 3, KT_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS");
    end(FIN_A, first, KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
    call(CLERK, 4, READ_PATH);
    expect_end(CLERK, 4, KT_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS");
    end(FIN_A, second, KT_OK);
    expect_end(CLERK, 2, KT_OK, "");
    call(CLERK, 5, READ_PATH);
    expect_call(FIN_A, READ_PATH);
    reload_caller_limits("clerk", &many);
    call(CLERK, 6, READ_PATH);
    expect_call(FIN_A, READ_PATH);
}

static void
test_fewer_callers_forget_only_idle_ones(void **state)
{
    (void)state;
    broker_limits_t limits = broker_test_limits();
    call(CLERK, 1, READ_PATH);
    for (kt_peer_t peer = 20; peer < 30; peer++)
        send_head(BROKER_CLIENTS, peer, KT_PONG, 0, 0, 0);
    assert_int_equal(stats().callers, 11);
    limits.peers_max = 3;
    reload_limits(&limits);
    assert_int_equal(stats().callers, 11);
    call(GUEST, 1, OPEN_PATH);
    assert_int_equal(stats().callers, 3);
    end(FIN_A, expect_call(FIN_A, READ_PATH), KT_OK);
    expect_end(CLERK, 1, KT_OK, "");
}

static void
test_bad_limits_change_nothing(void **state)
{
    (void)state;
    broker_limits_t limits = broker_test_limits();
    broker_directory_t nobody = {0};
    static const uint32_t bad[] = {0, BROKER_CALLS_MAX + 1};
    for (unsigned i = 0; i < KT_COUNT(bad); i++) {
        limits.calls_max = bad[i];
        assert_status(broker_core_reload(broker_it(), &limits, &nobody, broker_now_us()),
                      KT_INVALID_ARGUMENT, 0);
    }
    assert_int_equal(stats().open_max, broker_test_limits().calls_max);
    call(CLERK, 1, READ_PATH);
    expect_call(FIN_A, READ_PATH);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, broker_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_key_off_the_list_loses_everything_at_once),
        T(test_an_instance_whose_key_is_off_the_list_is_lost),
        T(test_a_key_that_was_never_on_the_list_hears_so),
        T(test_two_keys_are_one_principal),
        T(test_both_keys_wait_in_one_queue),
        T(test_a_caller_goes_over_to_its_next_key),
        T(test_what_a_lost_key_had_open_counts_no_longer),
        T(test_what_waits_under_a_lost_key_is_never_given_to_anybody),
        T(test_streams_of_a_lost_key_end_both_ways),
        T(test_it_is_known_which_keys_are_used),
        T(test_a_department_goes_over_to_its_next_key),
        T(test_what_an_instance_with_a_lost_key_had_ends_honestly),
        T(test_a_role_that_is_taken_away_ends_what_it_let_in),
        T(test_what_waits_by_a_lost_role_is_never_given_to_anybody),
        T(test_fewer_calls_end_none),
        T(test_a_given_up_call_takes_a_place_until_its_instance_ends_it),
        T(test_more_calls_keep_those_there_are),
        T(test_a_shorter_queue_keeps_what_waits),
        T(test_a_callers_own_limits_change_at_once),
        T(test_fewer_callers_forget_only_idle_ones),
        T(test_bad_limits_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
