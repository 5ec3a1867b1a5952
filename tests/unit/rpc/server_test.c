/* The server call machine in virtual time: what goes in, and the trace of what comes out. */
#include "testing.h"

#include <kantor/rpc/v1/call.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/pb.h>
#include <kt/rpc_server.h>
#include <stdlib.h>

#define CAPACITY 3
#define SECOND   INT64_C(1000000)

static const char *const everybody[] = {"*"};
static const kt_method_t unary = {
    .path = "/t.T/Unary", .kind = KT_METHOD_READ, .roles = everybody, .roles_count = 1};
static const kt_method_t down = {.path = "/t.T/Down",
                                 .kind = KT_METHOD_READ,
                                 .server_streaming = true,
                                 .roles = everybody,
                                 .roles_count = 1};
static const kt_method_t both = {.path = "/t.T/Both",
                                 .kind = KT_METHOD_READ,
                                 .client_streaming = true,
                                 .server_streaming = true,
                                 .roles = everybody,
                                 .roles_count = 1};
static const kt_server_method_t methods[] = {
    {"/t.T/Unary", &unary}, {"dept/t.T/Down", &down}, {"/t.T/Both", &both}};

typedef struct world {
    kt_server_t *server;
    int64_t now_us;
    char trace[8192];
    size_t size;
    kt_server_call_t *last; /* the call that began last */
} world_t;

static void say(world_t *w, const char *format, ...) KT_PRINTF(2, 3);

static void
say(world_t *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    w->size += (size_t)vsnprintf(w->trace + w->size, sizeof(w->trace) - w->size, format, args);
    va_end(args);
    assert_true(w->size < sizeof(w->trace));
}

static void
on_call(void *context, kt_server_call_t *call, kt_server_begin_t *begin)
{
    world_t *w = (world_t *)context;
    kt_span_t body = kt_frame_span(begin->body);

    w->last = call;
    say(w, "call %llu %s by %.*s '%.*s'%s; ", (unsigned long long)call->id,
        methods[call->method].path, (int)begin->caller.principal.size,
        (const char *)begin->caller.principal.data, (int)body.size,
        body.data ? (const char *)body.data : "", call->again ? " again" : "");
}

static void
on_message(void *context, kt_server_call_t *call, kt_frame_t *body)
{
    kt_span_t bytes = body ? kt_frame_span(body) : kt_span("(none)", 6);

    say((world_t *)context, "message %llu '%.*s'%s; ", (unsigned long long)call->id,
        (int)bytes.size, (const char *)bytes.data, call->takes ? "" : " last");
}

static void
on_room(void *context, kt_server_call_t *call)
{
    say((world_t *)context, "room %llu; ", (unsigned long long)call->id);
}

static void
on_over(void *context, kt_server_call_t *call, kt_status_t why)
{
    say((world_t *)context, "over %llu %s %u; ", (unsigned long long)call->id,
        kt_code_name(why.code), (unsigned)why.reason);
}

static void
on_alarm(void *context, kt_server_call_t *call)
{
    say((world_t *)context, "alarm %llu; ", (unsigned long long)call->id);
}

static void
on_link(void *context, unsigned link, kt_server_link_event_t event, const char *text)
{
    static const char *const names[] = {"registered", "refused", "lost"};

    say((world_t *)context, "link %u %s %s; ", link, names[event], text);
}

static const kt_server_events_t events = {on_call, on_message, on_room, on_over, on_alarm, on_link};

static kt_span_t
code_in(kt_span_t meta, uint32_t *code)
{
    kt_reader_t reader = kt_reader(meta);
    kt_pb_field_t field;
    kt_span_t text = kt_span("", 0);

    *code = 0;
    while (kt_pb_next(&reader, &field)) {
        if (field.number == 1)
            *code = (uint32_t)field.value;
        if (field.number == 2)
            text = field.bytes;
    }
    return text;
}

/* Takes everything that the machine wants to send, into the trace. */
static void
drain_out(world_t *w, unsigned link)
{
    static const char *const kinds[] = {"?",      "CALL", "MESSAGE", "END",      "CANCEL",
                                        "WINDOW", "PING", "PONG",    "REGISTER", "DRAIN"};
    kt_message_t *message;

    while ((message = kt_server_outgoing(w->server, link)) != NULL) {
        kt_head_t head;
        uint32_t code = 0;

        assert_ok(kt_head_decode(kt_frame_span(&message->frames[0]), message->count, &head));
        say(w, "> %s %llu", kinds[head.kind], (unsigned long long)head.call_id);
        if (head.kind == KT_MESSAGE || head.kind == KT_WINDOW)
            say(w, " %u", (unsigned)head.arg);
        if (head.kind == KT_END) {
            (void)code_in(kt_frame_span(&message->frames[1]), &code);
            say(w, " %s", kt_code_name(code));
        }
        say(w, "; ");
        kt_message_close(message);
        kt_server_sent(w->server, link);
    }
}

static void
forget(world_t *w)
{
    w->size = 0;
    w->trace[0] = '\0';
}

static void
expect(world_t *w, const char *trace)
{
    drain_out(w, 0);
    assert_string_equal(w->trace, trace);
    forget(w);
}

static void
put_frame(kt_message_t *message, kt_span_t bytes)
{
    assert_ok(kt_frame_init_copy(&message->frames[message->count++], bytes));
}

static void
receive(world_t *w, const kt_head_t *head, const char *meta, const char *body)
{
    uint8_t bytes[KT_HEAD_BYTES_MAX];
    kt_message_t message;

    kt_message_init(&message);
    put_frame(&message, kt_span(bytes, kt_head_encode_all(head, bytes)));
    if (meta)
        put_frame(&message, kt_span_str(meta));
    if (body)
        put_frame(&message, kt_span_str(body));
    kt_server_receive(w->server, 0, &message, w->now_us);
}

static void
receive_call(world_t *w, uint64_t id, const char *path, uint8_t flags, uint32_t timeout_ms)
{
    uint8_t extra[256];
    kt_writer_t writer = kt_writer(extra, sizeof(extra));

    kt_put_bytes(&writer, path, strlen(path) + 1);
    kt_pb_put_bytes(&writer, 1, kt_span_str("ann"));
    receive(w,
            &(kt_head_t){.kind = KT_CALL,
                         .flags = flags,
                         .arg = timeout_ms,
                         .call_id = id,
                         .extra = kt_written(&writer)},
            "", "hi");
}

static void
receive_plain(world_t *w, kt_kind_t kind, uint64_t id, uint32_t arg)
{
    receive(w, &(kt_head_t){.kind = (uint8_t)kind, .call_id = id, .arg = arg}, NULL, NULL);
}

static void
receive_message(world_t *w, uint64_t id, uint32_t number, uint8_t flags, const char *body)
{
    receive(w, &(kt_head_t){.kind = KT_MESSAGE, .flags = flags, .call_id = id, .arg = number}, NULL,
            body);
}

static void
end(world_t *w, kt_server_call_t *call)
{
    kt_frame_t meta, body;

    kt_frame_init(&meta);
    kt_frame_init(&body);
    kt_server_end(w->server, call, &meta, &body, NULL);
}

static void
tick_to(world_t *w, int64_t now_us)
{
    w->now_us = now_us;
    kt_server_tick(w->server, now_us);
}

static int
setup(void **state)
{
    world_t *w = (world_t *)calloc(1, sizeof(*w));
    kt_server_options_t options = {
        .links = 2,
        .capacity = CAPACITY,
        .registration = kt_span_str("registration"),
        .methods = methods,
        .methods_count = KT_COUNT(methods),
        .events = &events,
        .context = w,
    };

    assert_non_null(w);
    assert_ok(kt_server_new(&options, &w->server));
    w->now_us = 100 * SECOND;
    *state = w;
    return 0;
}

static int
teardown(void **state)
{
    world_t *w = (world_t *)*state;

    kt_server_destroy(&w->server);
    free(w);
    return 0;
}

/* The same, registered with its first broker. */
static int
setup_registered(void **state)
{
    world_t *w;

    (void)setup(state);
    w = (world_t *)*state;
    kt_server_connected(w->server, 0, w->now_us);
    receive(w, &(kt_head_t){.kind = KT_END, .call_id = 1}, "", "");
    expect(w, "link 0 registered ; > REGISTER 1; ");
    return 0;
}

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
forgotten_instance_registers_anew(void **state)
{
    world_t *w = (world_t *)*state;

    receive(w, &(kt_head_t){.kind = KT_END, .call_id = 1}, "\x08\x09", "");
    expect(w, "link 0 lost the broker has forgotten this instance; ");
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

static void
drain_takes_no_new_calls(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 1, "/t.T/Unary", KT_FLAG_LAST, 1000);
    kt_server_drain(w->server, w->now_us);
    kt_server_drain(w->server, w->now_us);
    receive_call(w, 2, "/t.T/Unary", KT_FLAG_LAST, 1000);
    end(w, w->last);
    expect(w, "call 1 /t.T/Unary by ann 'hi'; > DRAIN 0; > END 2 UNAVAILABLE; > END 1 OK; ");
    /* A broker that is lost now is not registered with again. */
    kt_server_lost(w->server, 0, "gone", w->now_us);
    kt_server_connected(w->server, 0, w->now_us);
    expect(w, "link 0 lost gone; ");
}

/* ---- streams ---- */

static void
server_stream_keeps_to_its_credit(void **state)
{
    world_t *w = (world_t *)*state;
    kt_frame_t body;

    receive_call(w, 5, "dept/t.T/Down", KT_FLAG_LAST, 1000);
    assert_int_equal(kt_server_room(w->server, w->last), KT_STREAM_WINDOW);
    for (unsigned i = 0; i < KT_STREAM_WINDOW; i++) {
        assert_ok(kt_frame_init_copy(&body, kt_span_str("m")));
        kt_server_send(w->server, w->last, &body);
    }
    assert_int_equal(kt_server_room(w->server, w->last), 0);
    drain_out(w, 0);
    forget(w);
    receive_plain(w, KT_WINDOW, 5, 2);
    expect(w, "room 5; ");
    receive_plain(w, KT_WINDOW, 5, UINT32_MAX); /* saturates */
    assert_int_equal(kt_server_room(w->server, w->last), UINT32_MAX);
    assert_ok(kt_frame_init_copy(&body, kt_span_str("m")));
    kt_server_send(w->server, w->last, &body);
    expect(w, "> MESSAGE 5 17; ");
}

static void
client_stream_gets_its_window_back(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 5, "/t.T/Both", 0, 1000);
    for (uint32_t i = 1; i <= KT_STREAM_WINDOW; i++)
        receive_message(w, 5, i, 0, "m");
    forget(w);
    kt_server_consumed(w->server, w->last, 7);
    expect(w, "");
    kt_server_consumed(w->server, w->last, 2);
    expect(w, "> WINDOW 5 9; ");
    receive_message(w, 5, 17, KT_FLAG_LAST, "n");
    expect(w, "message 5 'n' last; ");
    kt_server_consumed(w->server, w->last, 8); /* no more will come */
    expect(w, "");
}

static void
last_without_a_message(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 5, "/t.T/Both", 0, 1000);
    receive_message(w, 5, 1, KT_FLAG_LAST, NULL);
    expect(w, "call 5 /t.T/Both by ann 'hi'; message 5 '(none)' last; ");
}

static void
broken_streams_are_over(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 1, "/t.T/Both", 0, 1000);
    receive_message(w, 1, 2, 0, "m"); /* a gap */
    receive_call(w, 2, "/t.T/Both", 0, 1000);
    receive_message(w, 2, 1, KT_FLAG_LAST, "m");
    receive_message(w, 2, 2, 0, "m"); /* after the last */
    expect(w, "call 1 /t.T/Both by ann 'hi'; over 1 DATA_LOSS 16; "
              "call 2 /t.T/Both by ann 'hi'; message 2 'm' last; over 2 INVALID_ARGUMENT 2; ");
}

static void
window_is_kept(void **state)
{
    world_t *w = (world_t *)*state;

    receive_call(w, 1, "/t.T/Both", 0, 1000);
    for (uint32_t i = 1; i <= KT_STREAM_WINDOW; i++)
        receive_message(w, 1, i, 0, "m");
    forget(w);
    receive_message(w, 1, KT_STREAM_WINDOW + 1, 0, "m");
    expect(w, "over 1 RESOURCE_EXHAUSTED 15; ");
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
        cmocka_unit_test_setup_teardown(registers_and_pings, setup, teardown),
        cmocka_unit_test_setup_teardown(refused_registration_is_tried_again, setup, teardown),
        cmocka_unit_test_setup_teardown(silent_broker_is_given_up, setup_registered, teardown),
        cmocka_unit_test_setup_teardown(any_sign_of_life_counts, setup_registered, teardown),
        cmocka_unit_test_setup_teardown(forgotten_instance_registers_anew, setup_registered,
                                        teardown),
        cmocka_unit_test_setup_teardown(broken_connection_ends_its_calls, setup_registered,
                                        teardown),
        cmocka_unit_test_setup_teardown(unary_call, setup_registered, teardown),
        cmocka_unit_test_setup_teardown(timeout_is_bounded, setup_registered, teardown),
        cmocka_unit_test_setup_teardown(deadline_and_cancel_are_told_once, setup_registered,
                                        teardown),
        cmocka_unit_test_setup_teardown(alarms_ring_in_order, setup_registered, teardown),
        cmocka_unit_test_setup_teardown(calls_that_are_refused, setup_registered, teardown),
        cmocka_unit_test_setup_teardown(capacity_is_kept, setup_registered, teardown),
        cmocka_unit_test_setup_teardown(second_call_of_an_id_is_dropped, setup_registered,
                                        teardown),
        cmocka_unit_test_setup_teardown(drain_takes_no_new_calls, setup_registered, teardown),
        cmocka_unit_test_setup_teardown(server_stream_keeps_to_its_credit, setup_registered,
                                        teardown),
        cmocka_unit_test_setup_teardown(client_stream_gets_its_window_back, setup_registered,
                                        teardown),
        cmocka_unit_test_setup_teardown(last_without_a_message, setup_registered, teardown),
        cmocka_unit_test_setup_teardown(broken_streams_are_over, setup_registered, teardown),
        cmocka_unit_test_setup_teardown(window_is_kept, setup_registered, teardown),
        cmocka_unit_test_setup_teardown(garbage_is_dropped, setup_registered, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
