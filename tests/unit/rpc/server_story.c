#include "server_story.h"

#include <kt/pb.h>
#include <stdlib.h>

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
    w->caller_number = begin->caller_number;
    say(w, "call %llu %s by %.*s '%.*s'%s; ", (unsigned long long)call->id,
        methods[call->method].path, (int)begin->caller->principal.size,
        (const char *)begin->caller->principal.data, (int)body.size,
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
void
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

void
forget(world_t *w)
{
    w->size = 0;
    w->trace[0] = '\0';
}

void
expect(world_t *w, const char *trace)
{
    drain_out(w, 0);
    assert_string_equal(w->trace, trace);
    forget(w);
}

void
put_frame(kt_message_t *message, kt_span_t bytes)
{
    assert_ok(kt_frame_init_copy(&message->frames[message->count++], bytes));
}

void
receive(world_t *w, const kt_head_t *head, const char *meta, const char *body)
{
    receive_on(w, 0, head, meta, body);
}

void
receive_on(world_t *w, unsigned link, const kt_head_t *head, const char *meta, const char *body)
{
    uint8_t bytes[KT_HEAD_BYTES_MAX];
    kt_message_t message;

    kt_message_init(&message);
    put_frame(&message, kt_span(bytes, kt_head_encode_all(head, bytes)));
    if (meta)
        put_frame(&message, kt_span_str(meta));
    if (body)
        put_frame(&message, kt_span_str(body));
    kt_server_receive(w->server, link, &message, w->now_us);
}

void
receive_call(world_t *w, uint64_t id, const char *path, uint8_t flags, uint32_t timeout_ms)
{
    receive_call_on(w, 0, id, path, flags, timeout_ms);
}

void
receive_call_on(world_t *w, unsigned link, uint64_t id, const char *path, uint8_t flags,
                uint32_t timeout_ms)
{
    uint8_t extra[256];
    kt_writer_t writer = kt_writer(extra, sizeof(extra));

    kt_put_bytes(&writer, path, strlen(path) + 1);
    kt_pb_put_bytes(&writer, 1, kt_span_str("ann"));
    receive_on(w, link,
               &(kt_head_t){.kind = KT_CALL,
                            .flags = flags,
                            .arg = timeout_ms,
                            .call_id = id,
                            .extra = kt_written(&writer)},
               "", "hi");
}

void
receive_plain(world_t *w, kt_kind_t kind, uint64_t id, uint32_t arg)
{
    receive(w, &(kt_head_t){.kind = (uint8_t)kind, .call_id = id, .arg = arg}, NULL, NULL);
}

void
receive_message(world_t *w, uint64_t id, uint32_t number, uint8_t flags, const char *body)
{
    receive(w, &(kt_head_t){.kind = KT_MESSAGE, .flags = flags, .call_id = id, .arg = number}, NULL,
            body);
}

void
end(world_t *w, kt_server_call_t *call)
{
    kt_frame_t meta, body;

    kt_frame_init(&meta);
    kt_frame_init(&body);
    kt_server_end(w->server, call, &meta, &body, NULL);
}

void
tick_to(world_t *w, int64_t now_us)
{
    w->now_us = now_us;
    kt_server_tick(w->server, now_us);
}

int
story_setup(void **state)
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

int
story_teardown(void **state)
{
    world_t *w = (world_t *)*state;

    kt_server_destroy(&w->server);
    free(w);
    return 0;
}

/* The same, registered with its first broker. */
int
story_setup_registered(void **state)
{
    world_t *w;

    (void)story_setup(state);
    w = (world_t *)*state;
    kt_server_connected(w->server, 0, w->now_us);
    receive(w, &(kt_head_t){.kind = KT_END, .call_id = 1}, "", "");
    expect(w, "link 0 registered ; > REGISTER 1; ");
    return 0;
}
