/* Registration, liveness, calls, deadlines and the drain of the server call machine. */
#include "server_story.h"

#include <kt/pb.h>
#include <stdio.h>

/* ---- registration ---- */

static void
registers_and_pings(void **state)
{
    world_t *w = (world_t *)*state;

    kt_server_connected(w->server, 0, w->now_us);
    expect(w, "> REGISTER 1; ");
    receive_call(w, 7, "/t.T/Unary", KT_FLAG_LAST, 1000);
    expect(w, ""); /* nothing is taken before the broker has said OK */
    receive(w, &(kt_head_t){.kind = KT_END, .call_id = 1}, "", "");
    expect(w, "link 0 registered ; ");
    assert_int_equal(kt_server_due(w->server), w->now_us + SECOND);
    tick_to(w, w->now_us + SECOND);
    expect(w, "> PING 1; ");
    assert_int_equal(kt_server_stat(w->server).registered, 1);
}

static void
refused_registration_is_tried_again(void **state)
{
    world_t *w = (world_t *)*state;

    kt_server_connected(w->server, 0, w->now_us);
    receive(w, &(kt_head_t){.kind = KT_END, .call_id = 1}, "\x08\x06\x12\x05taken", "");
    expect(w, "link 0 refused taken; > REGISTER 1; ");
    assert_int_equal(kt_server_due(w->server), w->now_us + KT_SERVER_RETRY_US);
    tick_to(w, w->now_us + KT_SERVER_RETRY_US);
    expect(w, "> REGISTER 2; > PING 2; ");
}

/* A CALL with an extra of PATH, a zero and what CALLER encodes. */
static void
call_by(world_t *w, uint64_t id, const char *path, const char *caller)
{
    char extra[64];
    int size = snprintf(extra, sizeof(extra), "%s%c%s", path, 0, caller);

    receive(w,
            &(kt_head_t){.kind = KT_CALL,
                         .flags = KT_FLAG_LAST,
                         .arg = 1000,
                         .call_id = id,
                         .extra = kt_span(extra, (size_t)size)},
            "", "hi");
}

/* What was read of a CALL serves the next one that is alike, and no other. */
static void
each_call_is_its_callers(void **state)
{
    static const struct {
        const char *path, *caller, *trace;
        bool another;
    } rows[] = {
        {"/t.T/Unary",
         "\x0a\x03"
         "ann",
         "call 1 /t.T/Unary by ann 'hi'; ", true},
        {"/t.T/Unary",
         "\x0a\x03"
         "ann",
         "call 2 /t.T/Unary by ann 'hi'; ", false},
        {"/t.T/Unary",
         "\x0a\x03"
         "bob",
         "call 3 /t.T/Unary by bob 'hi'; ", true},
        {"/t.T/Unary",
         "\x0a\x04"
         "bobo",
         "call 4 /t.T/Unary by bobo 'hi'; ", true},
        {"/t.T/Unary",
         "\x0a\x04"
         "bob",
         "> END 5 INVALID_ARGUMENT; ", false}, /* cut off */
        {"/t.T/Unary",
         "\x0a\x04"
         "bob",
         "> END 6 INVALID_ARGUMENT; ", false},
        {"/t.T/Unary",
         "\x0a\x04"
         "bobo",
         "call 7 /t.T/Unary by bobo 'hi'; ", true},
        {"/t.T/Other",
         "\x0a\x04"
         "bobo",
         "> END 8 UNIMPLEMENTED; ", false},
        {"/t.T/Other",
         "\x0a\x04"
         "bobo",
         "> END 9 UNIMPLEMENTED; ", false},
        {"dept/t.T/Down",
         "\x0a\x04"
         "bobo",
         "call 10 dept/t.T/Down by bobo 'hi'; ", true},
        {"/t.T/Unary",
         "\x0a\x04"
         "bobo\x12\x01r",
         "call 11 /t.T/Unary by bobo 'hi'; ", true},
    };
    world_t *w = (world_t *)*state;
    uint64_t before = 0;

    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        call_by(w, i + 1, rows[i].path, rows[i].caller);
        expect(w, rows[i].trace);
        assert_int_equal(w->caller_number != before, rows[i].another);
        before = w->caller_number;
        if (rows[i].trace[0] != 'c')
            continue;
        end(w, w->last);
        drain_out(w, 0);
        forget(w);
    }
}

static void
silent_broker_is_given_up(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 7, "/t.T/Unary", KT_FLAG_LAST, 60000);
    for (int i = 1; i <= 4; i++)
        tick_to(w, 100 * SECOND + i * SECOND);
    expect(w, "call 7 /t.T/Unary by ann 'hi'; > PING 1; > PING 1; > PING 1; > PING 1; ");
    tick_to(w, 105 * SECOND);
    expect(w, "over 7 CANCELLED 8; link 0 lost silent; ");
    assert_int_equal(kt_server_due(w->server), INT64_MAX);
    /* The call still has a place until its end, which nobody hears. */
    assert_int_equal(kt_server_stat(w->server).open, 1);
    end(w, w->last);
    assert_int_equal(kt_server_stat(w->server).open, 0);
    kt_server_connected(w->server, 0, w->now_us);
    expect(w, "> REGISTER 2; ");
    /* The new connection may use the old ids. */
    receive(w, &(kt_head_t){.kind = KT_END, .call_id = 2}, "", "");
    receive_call(w, 7, "/t.T/Unary", KT_FLAG_LAST, 60000);
    expect(w, "link 0 registered ; call 7 /t.T/Unary by ann 'hi'; ");
}

static void
any_sign_of_life_counts(void **state)
{
    world_t *w = (world_t *)*state;

    for (int i = 1; i <= 9; i++) {
        tick_to(w, 100 * SECOND + i * SECOND);
        receive_plain(w, KT_PONG, 1, 0);
    }
    assert_int_equal(kt_server_stat(w->server).registered, 1);
    receive_plain(w, KT_PING, 0, 77);
    expect(w, "> PING 1; > PING 1; > PING 1; > PING 1; > PING 1; > PING 1; > PING 1; > PING 1; "
              "> PING 1; > PONG 0; ");
}

static void
brokers_are_apart(void **state)
{
    world_t *w = (world_t *)*state;
    kt_server_call_t *first;

    receive_call(w, 7, "/t.T/Unary", KT_FLAG_LAST, 60000);
    first = w->last;
    kt_server_connected(w->server, 1, w->now_us);
    receive_on(w, 1, &(kt_head_t){.kind = KT_END, .call_id = 2}, "", "");
    assert_int_equal(kt_server_stat(w->server).registered, 2);
    receive_call_on(w, 1, 7, "/t.T/Unary", KT_FLAG_LAST, 60000); /* the same id, another call */
    forget(w);
    kt_server_lost(w->server, 1, "broke", w->now_us);
    expect(w, "over 7 CANCELLED 8; link 1 lost broke; ");
    end(w, first);
    expect(w, "> END 7 OK; ");
    end(w, w->last);
    assert_int_equal(kt_server_stat(w->server).open, 0);
}

static void
broken_connection_ends_its_calls(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 7, "/t.T/Unary", KT_FLAG_LAST, 60000);
    kt_server_lost(w->server, 0, "broke", w->now_us);
    expect(w, "call 7 /t.T/Unary by ann 'hi'; over 7 CANCELLED 8; link 0 lost broke; ");
    kt_server_lost(w->server, 0, "broke", w->now_us);
    receive_plain(w, KT_PONG, 1, 0);
    expect(w, "");
}

/* ---- calls ---- */

static void
unary_call(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 7, "/t.T/Unary", KT_FLAG_LAST | KT_FLAG_AGAIN, 1000);
    expect(w, "call 7 /t.T/Unary by ann 'hi' again; ");
    assert_int_equal(w->last->deadline_us, w->now_us + SECOND);
    end(w, w->last);
    expect(w, "> END 7 OK; ");
    receive_plain(w, KT_CANCEL, 7, 0);
    expect(w, "");
}

static void
timeout_is_bounded(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 1, "/t.T/Unary", KT_FLAG_LAST, 0);
    assert_int_equal(w->last->deadline_us - w->now_us, KT_TIMEOUT_MS_USUAL * 1000LL);
    receive_call(w, 2, "/t.T/Unary", KT_FLAG_LAST, UINT32_MAX);
    assert_int_equal(w->last->deadline_us - w->now_us, KT_TIMEOUT_MS_MAX * 1000LL);
}

static void
deadline_and_cancel_are_told_once(void **state)
{
    world_t *w = (world_t *)*state;
    kt_server_call_t *first, *second;

    receive_call(w, 1, "/t.T/Unary", KT_FLAG_LAST, 500);
    first = w->last;
    receive_call(w, 2, "/t.T/Unary", KT_FLAG_LAST, 200);
    second = w->last;
    expect(w, "call 1 /t.T/Unary by ann 'hi'; call 2 /t.T/Unary by ann 'hi'; ");
    assert_int_equal(kt_server_due(w->server), w->now_us + 200000);
    tick_to(w, w->now_us + 200000);
    expect(w, "over 2 DEADLINE_EXCEEDED 7; ");
    receive_plain(w, KT_CANCEL, 2, 0);
    receive_plain(w, KT_CANCEL, 1, 0);
    tick_to(w, w->now_us + SECOND / 2);
    expect(w, "over 1 CANCELLED 8; ");
    end(w, first);
    end(w, second);
    expect(w, "> END 1 OK; > END 2 OK; ");
}

static void
alarms_ring_in_order(void **state)
{
    world_t *w = (world_t *)*state;
    kt_server_call_t *calls[CAPACITY];

    for (uint64_t i = 0; i < CAPACITY; i++) {
        receive_call(w, i + 1, "/t.T/Unary", KT_FLAG_LAST, 60000);
        calls[i] = w->last;
    }
    forget(w);
    kt_server_alarm(w->server, calls[0], w->now_us + 300);
    kt_server_alarm(w->server, calls[1], w->now_us + 100);
    kt_server_alarm(w->server, calls[2], w->now_us + 200);
    kt_server_alarm(w->server, calls[2], 0);
    assert_int_equal(kt_server_due(w->server), w->now_us + 100);
    tick_to(w, w->now_us + 1000);
    expect(w, "alarm 2; alarm 1; ");
}

typedef struct refused {
    const char *path;
    uint8_t flags;
    const char *trace;
} refused_t;

static void
calls_that_are_refused(void **state)
{
    static const refused_t rows[] = {
        {"/t.T/Nothing", KT_FLAG_LAST, "> END 9 UNIMPLEMENTED; "},
        {"/t.T/Down", KT_FLAG_LAST, "> END 9 UNIMPLEMENTED; "}, /* without the department */
        {"/t.T/Unary", 0, "> END 9 INVALID_ARGUMENT; "},
        {"/t.T/Both", KT_FLAG_LAST, "> END 9 INVALID_ARGUMENT; "},
    };
    world_t *w = (world_t *)*state;

    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        receive_call(w, 9, rows[i].path, rows[i].flags, 1000);
        expect(w, rows[i].trace);
    }
    /* No Caller behind the path. */
    receive(w,
            &(kt_head_t){.kind = KT_CALL,
                         .flags = KT_FLAG_LAST,
                         .call_id = 9,
                         .extra = kt_span_str("/t.T/Unary")},
            "", "");
    receive(w,
            &(kt_head_t){.kind = KT_CALL,
                         .flags = KT_FLAG_LAST,
                         .call_id = 9,
                         .extra = kt_span("/t.T/Unary\0\x0a", 12)},
            "", "");
    expect(w, "> END 9 INVALID_ARGUMENT; > END 9 INVALID_ARGUMENT; ");
    assert_int_equal(kt_server_stat(w->server).open, 0);
    assert_int_equal(kt_server_stat(w->server).refused, KT_COUNT(rows) + 2);
}

static void
capacity_is_kept(void **state)
{
    world_t *w = (world_t *)*state;

    for (uint64_t i = 1; i <= CAPACITY; i++)
        receive_call(w, i, "/t.T/Unary", KT_FLAG_LAST, 1000);
    forget(w);
    receive_call(w, 9, "/t.T/Unary", KT_FLAG_LAST, 1000);
    expect(w, "> END 9 RESOURCE_EXHAUSTED; ");
    end(w, w->last);
    receive_call(w, 9, "/t.T/Unary", KT_FLAG_LAST, 1000);
    expect(w, "call 9 /t.T/Unary by ann 'hi'; > END 3 OK; ");
}

static void
second_call_of_an_id_is_dropped(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 1, "/t.T/Unary", KT_FLAG_LAST, 1000);
    receive_call(w, 1, "/t.T/Unary", KT_FLAG_LAST, 1000);
    expect(w, "call 1 /t.T/Unary by ann 'hi'; ");
    assert_int_equal(kt_server_stat(w->server).dropped, 1);
}

/* It may leave when the broker has answered what was asked behind the last END; or does not. */
static void
drain_waits_until_it_is_heard(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 1, "/t.T/Unary", KT_FLAG_LAST, 60000);
    forget(w);
    assert_false(kt_server_drained(w->server));
    kt_server_drain(w->server, w->now_us);
    receive_plain(w, KT_PONG, 0, 1);
    expect(w, "> DRAIN 0; ");
    end(w, w->last);
    expect(w, "> END 1 OK; > PING 0; ");
    receive_plain(w, KT_PONG, 0, 0); /* of an earlier PING */
    assert_false(kt_server_drained(w->server));
    receive_plain(w, KT_PONG, 0, 1);
    assert_true(kt_server_drained(w->server));
}

static void
drain_does_not_wait_for_ever(void **state)
{
    world_t *w = (world_t *)*state;

    kt_server_drain(w->server, w->now_us);
    assert_true(kt_server_due(w->server) <= w->now_us + KT_SERVER_HEAR_US);
    tick_to(w, w->now_us + KT_SERVER_HEAR_US - 1);
    assert_false(kt_server_drained(w->server));
    tick_to(w, w->now_us + 1);
    assert_true(kt_server_drained(w->server));
}

static void
drain_takes_no_new_calls(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 1, "/t.T/Unary", KT_FLAG_LAST, 1000);
    kt_server_drain(w->server, w->now_us);
    kt_server_drain(w->server, w->now_us);
    receive_call(w, 2, "/t.T/Unary", KT_FLAG_LAST, 1000);
    end(w, w->last);
    expect(w,
           "call 1 /t.T/Unary by ann 'hi'; > DRAIN 0; > END 2 UNAVAILABLE; > END 1 OK; > PING 0; ");
    /* A broker that is lost now is not registered with again. */
    kt_server_lost(w->server, 0, "gone", w->now_us);
    kt_server_connected(w->server, 0, w->now_us);
    expect(w, "link 0 lost gone; ");
}

static void
garbage_is_dropped(void **state)
{
    world_t *w = (world_t *)*state;
    kt_message_t message;

    for (uint8_t kind = 0; kind < 16; kind++)
        if (kind != KT_CALL && kind != KT_PING && kind != KT_PONG)
            receive(w, &(kt_head_t){.kind = kind, .call_id = 99}, NULL, NULL);
    kt_message_init(&message);
    kt_server_receive(w->server, 0, &message, w->now_us);
    put_frame(&message, kt_span_str("K1"));
    kt_server_receive(w->server, 0, &message, w->now_us);
    expect(w, "");
    assert_int_equal(kt_server_stat(w->server).dropped, 15);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(registers_and_pings, story_setup, story_teardown),
        cmocka_unit_test_setup_teardown(refused_registration_is_tried_again, story_setup,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(silent_broker_is_given_up, story_setup_registered,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(any_sign_of_life_counts, story_setup_registered,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(brokers_are_apart, story_setup_registered, story_teardown),
        cmocka_unit_test_setup_teardown(broken_connection_ends_its_calls, story_setup_registered,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(each_call_is_its_callers, story_setup_registered,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(unary_call, story_setup_registered, story_teardown),
        cmocka_unit_test_setup_teardown(timeout_is_bounded, story_setup_registered, story_teardown),
        cmocka_unit_test_setup_teardown(deadline_and_cancel_are_told_once, story_setup_registered,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(alarms_ring_in_order, story_setup_registered,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(calls_that_are_refused, story_setup_registered,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(capacity_is_kept, story_setup_registered, story_teardown),
        cmocka_unit_test_setup_teardown(second_call_of_an_id_is_dropped, story_setup_registered,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(drain_takes_no_new_calls, story_setup_registered,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(drain_waits_until_it_is_heard, story_setup_registered,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(drain_does_not_wait_for_ever, story_setup_registered,
                                        story_teardown),
        cmocka_unit_test_setup_teardown(garbage_is_dropped, story_setup_registered, story_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
