/*
 * client_world.h: a client machine with a clock that the test moves, and the test in the place of
 * the broker. What the machine sends is kept in order; what the broker says is made here.
 */
#ifndef CLIENT_WORLD_H
#define CLIENT_WORLD_H

#include "testing.h"

#include <google/rpc/error_details.pb-c.h>
#include <kantor/rpc/v1/call.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/outcome.h>
#include <kt/rpc_client.h>

#define SENT_MAX 256
#define MS       INT64_C(1000)
#define SECOND   (1000 * MS)

typedef struct sent {
    kt_head_t head; /* borrows from the message */
    kt_message_t message;
} sent_t;

typedef struct world {
    kt_rpc_client_t *client;
    int64_t now_us;
    bool closed;     /* the connection takes nothing */
    bool mute;       /* the broker does not speak first; else it does on each connection */
    uint32_t opened; /* the generation of the connection that is open */
    sent_t sent[SENT_MAX];
    unsigned sent_count, seen; /* SEEN: by world_sent */
    kt_rpc_end_t end;
    kt_frame_t body; /* of the last stream message */
} world_t;

static inline bool
world_take(void *context, kt_message_t *message)
{
    world_t *world = context;
    if (world->closed)
        return false;
    assert_true(world->sent_count < SENT_MAX);
    sent_t *sent = &world->sent[world->sent_count++];
    kt_message_init(&sent->message);
    kt_message_move(&sent->message, message);
    assert_ok(
        kt_head_decode(kt_frame_span(&sent->message.frames[0]), sent->message.count, &sent->head));
    return true;
}

/* The broker's word that it is there. */
static inline void
world_greet(world_t *world)
{
    kt_message_t message;
    uint8_t bytes[KT_HEAD_BYTES];
    kt_message_init(&message);
    kt_head_encode(&(kt_head_t){.kind = KT_PONG}, bytes);
    assert_ok(kt_frame_init_copy(&message.frames[0], kt_span(bytes, sizeof bytes)));
    message.count = 1;
    kt_rpc_client_receive(world->client, &message, world->now_us);
}

/* What the shell does in one turn. */
static inline void
world_turn(world_t *world)
{
    kt_rpc_client_tick(world->client, world->now_us);
    kt_rpc_link_t link = kt_rpc_client_link(world->client);
    if (link.generation != world->opened && link.open_us <= world->now_us) {
        kt_rpc_client_opened(world->client, world->now_us);
        world->opened = link.generation;
        if (!world->mute && !world->closed)
            world_greet(world);
    }
    kt_rpc_client_flush(world->client, world_take, world, world->now_us);
}

/* Lets the time pass, with a turn wherever the machine asks for one. */
static inline void
world_pass(world_t *world, int64_t us)
{
    int64_t until_us = world->now_us + us;
    for (;;) {
        world_turn(world);
        int64_t next_us = KT_MAX(kt_rpc_client_timer(world->client), world->now_us + 1);
        if (next_us > until_us)
            break;
        world->now_us = next_us;
    }
    world->now_us = until_us;
    world_turn(world);
}

static inline void
world_open(world_t *world, unsigned calls_max, unsigned brokers, int64_t reach_us)
{
    memset(world, 0, sizeof *world);
    world->now_us = 1000 * SECOND;
    kt_rpc_end_init(&world->end);
    kt_frame_init(&world->body);
    kt_rpc_client_options_t options = {.calls_max = calls_max,
                                       .brokers_count = brokers,
                                       .reach_us = reach_us,
                                       .seed = 7,
                                       .now_us = world->now_us};
    assert_ok(kt_rpc_client_new(&options, &world->client));
}

static inline void
world_close(world_t *world)
{
    for (unsigned i = 0; i < world->sent_count; i++)
        kt_message_close(&world->sent[i].message);
    kt_rpc_end_close(&world->end);
    kt_frame_close(&world->body);
    kt_rpc_client_destroy(&world->client);
}

/* The next message that was sent and not looked at yet: it must be of KIND. */
static inline sent_t *
world_sent(world_t *world, kt_kind_t kind)
{
    if (world->seen == world->sent_count)
        fail_msg("nothing was sent, expected kind %d", kind);
    sent_t *sent = &world->sent[world->seen++];
    assert_int_equal(sent->head.kind, kind);
    return sent;
}

static inline void
world_sent_nothing(const world_t *world)
{
    if (world->seen < world->sent_count)
        fail_msg("sent kind %d, expected nothing", world->sent[world->seen].head.kind);
}

static inline kt_rpc_request_t
request_of(kt_method_kind_t kind, uint32_t timeout_ms)
{
    return (kt_rpc_request_t){.path = kt_span_str("/a.B/C"),
                              .kind = kind,
                              .timeout_ms = timeout_ms,
                              .tag = 42,
                              .wall_us = INT64_C(1800000000000000)};
}

/* Starts a call with a body of "request" unless it streams from the client. */
static inline kt_rpc_call_t *
world_start(world_t *world, kt_rpc_request_t request)
{
    kt_frame_t body;
    assert_ok(kt_frame_init_copy(&body, kt_span_str("request")));
    if (!request.client_streaming)
        request.body = &body;
    kt_rpc_call_t *call = NULL;
    assert_ok(kt_rpc_client_start(world->client, &request, world->now_us, &call));
    kt_frame_close(&body);
    world_turn(world);
    return call;
}

static inline kt_rpc_call_t *
world_call(world_t *world, kt_method_kind_t kind, uint32_t timeout_ms)
{
    return world_start(world, request_of(kind, timeout_ms));
}

/* The broker says something: COUNT frames, of which the head is made here. */
static inline void
broker_says(world_t *world, kt_head_t head, unsigned count, kt_span_t second, kt_span_t third)
{
    kt_message_t message;
    kt_message_init(&message);
    uint8_t bytes[KT_HEAD_BYTES_MAX];
    const kt_span_t spans[3] = {kt_span(bytes, kt_head_encode_all(&head, bytes)), second, third};
    for (unsigned i = 0; i < count; i++)
        assert_ok(kt_frame_init_copy(&message.frames[i], spans[i]));
    message.count = count;
    kt_rpc_client_receive(world->client, &message, world->now_us);
    assert_int_equal(message.count, 0);
    world_turn(world);
}

static inline void
broker_ends_ok(world_t *world, uint64_t call_id)
{
    uint8_t timeline[KT_TIMELINE_BYTES];
    kt_timeline_encode(&(kt_timeline_t){1, 2, 3, 4}, timeline);
    kt_head_t head = {.kind = KT_END,
                      .flags = KT_FLAG_LAST,
                      .call_id = call_id,
                      .extra = kt_span(timeline, sizeof timeline)};
    broker_says(world, head, 3, kt_span(NULL, 0), kt_span_str("response"));
}

/* An encoded CallStatus; RETRY_MS negative: no RetryInfo; REASON NULL: no ErrorInfo. */
static inline kt_span_t
status_of(kt_code_t code, bool unknown, int64_t retry_ms, const char *reason)
{
    static uint8_t out[1024], retry_bytes[64], info_bytes[256];
    Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
    Google__Rpc__RetryInfo retry = GOOGLE__RPC__RETRY_INFO__INIT;
    Google__Rpc__ErrorInfo info = GOOGLE__RPC__ERROR_INFO__INIT;
    Google__Protobuf__Any any_retry = GOOGLE__PROTOBUF__ANY__INIT;
    Google__Protobuf__Any any_info = GOOGLE__PROTOBUF__ANY__INIT;
    Google__Protobuf__Any *details[2];
    rpc_call_status_t status = RPC_CALL_STATUS_INIT;
    status.code = (int32_t)code;
    status.message = (char *)"the broker's words";
    status.outcome = unknown ? RPC_OUTCOME_UNKNOWN : RPC_OUTCOME_DEFINITE;
    status.details = details;
    if (retry_ms >= 0) {
        delay.seconds = retry_ms / 1000;
        delay.nanos = (int32_t)(retry_ms % 1000) * 1000000;
        retry.retry_delay = &delay;
        any_retry.type_url = (char *)"type.googleapis.com/google.rpc.RetryInfo";
        any_retry.value.len = google__rpc__retry_info__pack(&retry, retry_bytes);
        any_retry.value.data = retry_bytes;
        details[status.n_details++] = &any_retry;
    }
    if (reason) {
        info.reason = (char *)(uintptr_t)reason;
        info.domain = (char *)"kantor.rpc";
        any_info.type_url = (char *)"type.googleapis.com/google.rpc.ErrorInfo";
        any_info.value.len = google__rpc__error_info__pack(&info, info_bytes);
        any_info.value.data = info_bytes;
        details[status.n_details++] = &any_info;
    }
    return kt_span(out, kantor__rpc__v1__call_status__pack(&status, out));
}

static inline void
broker_ends(world_t *world, uint64_t call_id, kt_span_t status)
{
    kt_head_t head = {.kind = KT_END, .flags = KT_FLAG_LAST, .call_id = call_id};
    broker_says(world, head, 3, status, kt_span(NULL, 0));
}

/* The next unary call that ended. */
static inline const kt_rpc_end_t *
world_end(world_t *world)
{
    if (!kt_rpc_client_next(world->client, &world->end))
        fail_msg("no call has ended");
    return &world->end;
}

static inline void
world_no_end(world_t *world)
{
    assert_false(kt_rpc_client_next(world->client, &world->end));
}

static inline void
assert_end(const kt_rpc_end_t *end, kt_code_t code, uint32_t reason, bool unknown)
{
    if (end->status.code != (uint32_t)code || end->status.reason != reason ||
        end->outcome_unknown != unknown)
        fail_msg("%s reason %u unknown %d, expected %s reason %u unknown %d",
                 kt_code_name(end->status.code), (unsigned)end->status.reason, end->outcome_unknown,
                 kt_code_name(code), (unsigned)reason, unknown);
}

#endif
