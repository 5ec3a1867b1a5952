/* The timers of the server call machine against a plain list: whatever is set, changed and ended,
 * what is due fires in time and in order, and nothing else does. */
#include "testing.h"

#include "messages.h"

#include <kt/pb.h>
#include <kt/prng.h>
#include <kt/rpc_server.h>

#define CALLS 200
#define STEPS 20000

static const kt_method_t unary = {.kind = KT_METHOD_READ};
static const kt_server_method_t methods[] = {{"/a.B/U", &unary}};

typedef struct world {
    kt_server_t *server;
    kt_prng_t prng;
    int64_t now_us, last_us;
    kt_server_call_t *calls[CALLS]; /* by slot; NULL: free */
    int64_t alarms[CALLS];          /* the oracle; 0: none */
    uint64_t next_id;
} world_t;

static void
on_call(void *context, kt_server_call_t *call, kt_server_begin_t *begin)
{
    (void)begin;
    ((world_t *)context)->calls[call->slot] = call;
}

static void
on_over(void *context, kt_server_call_t *call, kt_status_t why)
{
    const world_t *w = (const world_t *)context;

    assert_int_equal(why.code, KT_DEADLINE_EXCEEDED);
    assert_true(call->deadline_us <= w->now_us);
}

static void
on_alarm(void *context, kt_server_call_t *call)
{
    world_t *w = (world_t *)context;
    int64_t due_us = w->alarms[call->slot];

    assert_true(due_us != 0 && due_us <= w->now_us);
    assert_true(due_us >= w->last_us);
    w->last_us = due_us;
    w->alarms[call->slot] = 0;
}

static void
on_link(void *context, unsigned link, kt_server_link_event_t event, const char *text)
{
    (void)context;
    (void)link;
    (void)event;
    (void)text;
}

static const kt_server_events_t events = {
    .call = on_call, .over = on_over, .alarm = on_alarm, .link = on_link};

static void
receive(world_t *w, const kt_head_t *head, unsigned frames)
{
    uint8_t bytes[KT_HEAD_BYTES_MAX];
    kt_message_t message;

    kt_message_init(&message);
    assert_ok(
        kt_frame_init_copy(&message.frames[0], kt_span(bytes, kt_head_encode_all(head, bytes))));
    message.count = frames;
    kt_server_receive(w->server, 0, &message, w->now_us);
}

static void
begin_call(world_t *w)
{
    uint8_t extra[64];
    kt_writer_t writer = kt_writer(extra, sizeof(extra));

    kt_put_bytes(&writer, "/a.B/U", sizeof("/a.B/U"));
    kt_pb_put_bytes(&writer, 1, kt_span_str("ann"));
    receive(w,
            &(kt_head_t){.kind = KT_CALL,
                         .flags = KT_FLAG_LAST,
                         .arg = 1 + (uint32_t)kt_prng_below(&w->prng, 50),
                         .call_id = ++w->next_id,
                         .extra = kt_written(&writer)},
            3);
}

static void
end_call(world_t *w, size_t slot)
{
    kt_frame_t meta, body;

    kt_frame_init(&meta);
    kt_frame_init(&body);
    kt_server_end(w->server, w->calls[slot], &meta, &body, NULL);
    w->calls[slot] = NULL;
    w->alarms[slot] = 0;
}

static void
set_alarm(world_t *w, size_t slot)
{
    w->alarms[slot] = kt_prng_below(&w->prng, 4) == 0
                          ? 0
                          : w->now_us + 1 + (int64_t)kt_prng_below(&w->prng, 20000);
    kt_server_alarm(w->server, w->calls[slot], w->alarms[slot]);
}

static void
pass_time(world_t *w)
{
    kt_message_t *message;

    w->now_us += (int64_t)kt_prng_below(&w->prng, 3000);
    w->last_us = 0;
    kt_server_tick(w->server, w->now_us);
    for (size_t slot = 0; slot < CALLS; slot++)
        if (w->calls[slot]) {
            assert_true(w->alarms[slot] == 0 || w->alarms[slot] > w->now_us);
            assert_true(w->calls[slot]->over == (w->calls[slot]->deadline_us <= w->now_us));
        }
    assert_true(kt_server_due(w->server) > w->now_us);
    receive(w, &(kt_head_t){.kind = KT_PONG}, 1); /* the broker is alive */
    while ((message = kt_server_outgoing(w->server, 0)) != NULL) {
        kt_message_close(message);
        kt_server_sent(w->server, 0);
    }
}

static void
fire_in_order(void **state)
{
    static world_t w;
    kt_server_options_t options = {.links = 1,
                                   .capacity = CALLS,
                                   .registration = kt_span_str("registration"),
                                   .methods = methods,
                                   .methods_count = 1,
                                   .events = &events,
                                   .context = &w};

    (void)state;
    kt_prng_seed(&w.prng, testing_seed());
    assert_ok(kt_server_new(&options, &w.server));
    kt_server_connected(w.server, 0, w.now_us);
    receive(&w, &(kt_head_t){.kind = KT_END, .call_id = 1}, 3);
    for (unsigned step = 0; step < STEPS; step++) {
        size_t slot = (size_t)kt_prng_below(&w.prng, CALLS);
        uint64_t what = kt_prng_below(&w.prng, 10);

        if (what == 0)
            pass_time(&w);
        else if (what < 5)
            begin_call(&w);
        else if (w.calls[slot] && what < 8)
            set_alarm(&w, slot);
        else if (w.calls[slot])
            end_call(&w, slot);
    }
    for (size_t slot = 0; slot < CALLS; slot++)
        if (w.calls[slot])
            end_call(&w, slot);
    assert_int_equal(kt_server_stat(w.server).open, 0);
    kt_server_destroy(&w.server);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fire_in_order)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
