/*
 * Input: a script for a client machine: calls that begin, messages of a broker that knows neither
 * shame nor protocol, time that passes, connections that break. Every call must end exactly once,
 * and none may be left when the longest deadline has passed.
 */
#include <kt/pack.h>
#include <kt/rpc_client.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CALLS_MAX 8
#define HOUR_US   INT64_C(3600000000)

typedef struct world {
    kt_rpc_client_t *client;
    int64_t now_us;
    uint64_t ids[16]; /* of the last CALLs that were sent */
    unsigned ids_count;
    kt_rpc_call_t *stream; /* at most one, of a method that streams both ways */
    bool last_sent, closed;
    unsigned started, ended;
    kt_rpc_end_t end;
    kt_frame_t body;
} world_t;

static bool
take(void *context, kt_message_t *message)
{
    world_t *world = context;
    kt_head_t head;
    if (world->closed)
        return false;
    /* What we send is always what the protocol allows. */
    KT_ASSERT(
        !kt_failed(kt_head_decode(kt_frame_span(&message->frames[0]), message->count, &head)));
    if (head.kind == KT_CALL)
        world->ids[world->ids_count++ % KT_COUNT(world->ids)] = head.call_id;
    kt_message_close(message);
    return true;
}

static void
turn(world_t *world)
{
    kt_rpc_client_tick(world->client, world->now_us);
    kt_rpc_link_t link = kt_rpc_client_link(world->client);
    if (link.open_us <= world->now_us)
        kt_rpc_client_opened(world->client, world->now_us);
    kt_rpc_client_flush(world->client, take, world, world->now_us);
    while (kt_rpc_client_next(world->client, &world->end))
        world->ended++;
}

static void
begin(world_t *world, uint8_t how, uint16_t timeout_ms)
{
    static const kt_method_kind_t kinds[] = {KT_METHOD_READ, KT_METHOD_WRITE, KT_METHOD_ADMIN};
    bool streams = (how & 4) != 0 && !world->stream;
    kt_frame_t body;
    kt_frame_init(&body);
    kt_rpc_request_t request = {.path = kt_span_str("/a.B/C"),
                                .kind = streams ? KT_METHOD_READ : kinds[how % KT_COUNT(kinds)],
                                .client_streaming = streams,
                                .server_streaming = streams,
                                .once = (how & 8) != 0,
                                .timeout_ms = timeout_ms,
                                .body = streams ? NULL : &body};
    kt_rpc_call_t *call = NULL;
    if (kt_failed(kt_rpc_client_start(world->client, &request, world->now_us, &call))) {
        KT_ASSERT(kt_rpc_client_open_calls(world->client) == CALLS_MAX);
        return;
    }
    if (streams) {
        world->stream = call;
        world->last_sent = false;
    } else {
        world->started++;
    }
}

/* A message whose head says what the script says, about a call that may be open. */
static void
hear(world_t *world, kt_reader_t *script)
{
    kt_head_t head = {.kind = kt_get_u8(script), .flags = kt_get_u8(script)};
    unsigned frames = kt_get_u8(script) % 4;
    uint8_t which = kt_get_u8(script);
    head.arg = kt_get_u8(script);
    head.call_id = world->ids[which % KT_COUNT(world->ids)] + (which >> 6);
    kt_span_t second = kt_get_bytes(script, kt_get_u8(script));
    uint8_t bytes[KT_HEAD_BYTES];
    kt_head_encode(&head, bytes);
    const kt_span_t spans[] = {kt_span(bytes, sizeof bytes), second, second};
    kt_message_t message;
    kt_message_init(&message);
    for (unsigned i = 0; i < frames; i++)
        KT_ASSERT(!kt_failed(kt_frame_init_copy(&message.frames[i], spans[i])));
    message.count = frames;
    kt_rpc_client_receive(world->client, &message, world->now_us);
    KT_ASSERT(message.count == 0);
}

static void
use_stream(world_t *world, uint8_t how)
{
    if (!world->stream)
        return;
    kt_frame_t body;
    kt_frame_init(&body);
    if (how % 4 == 0)
        kt_rpc_stream_close(world->client, &world->stream, world->now_us);
    else if (how % 4 == 1)
        kt_rpc_client_cancel(world->client, world->stream, world->now_us);
    else if (how % 4 == 2)
        (void)kt_rpc_stream_receive(world->client, world->stream, &world->body, &world->end);
    else if (!world->last_sent &&
             kt_rpc_stream_send(world->client, world->stream, &body, (how & 16) != 0) == KT_RPC_OK)
        world->last_sent = (how & 16) != 0;
    kt_frame_close(&body);
}

static void
act(world_t *world, kt_reader_t *script)
{
    switch (kt_get_u8(script) % 8) {
    case 0:
        begin(world, kt_get_u8(script), kt_get_u16(script));
        break;
    case 1:
        world->now_us += (int64_t)kt_get_u16(script) * 1000;
        break;
    case 2:
        kt_rpc_client_lost(world->client, world->now_us);
        break;
    case 3:
        kt_rpc_client_refused(world->client, world->now_us);
        break;
    case 4:
        use_stream(world, kt_get_u8(script));
        break;
    case 5:
        world->closed = !world->closed;
        break;
    default:
        hear(world, script);
        break;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    world_t world = {.now_us = 1000000};
    kt_rpc_client_options_t options = {
        .calls_max = CALLS_MAX, .brokers_count = 2, .seed = 1, .now_us = world.now_us};
    KT_ASSERT(!kt_failed(kt_rpc_client_new(&options, &world.client)));
    kt_rpc_end_init(&world.end);
    kt_frame_init(&world.body);
    kt_reader_t script = kt_reader(kt_span(data, size));
    while (!script.failed && script.at < script.size) {
        act(&world, &script);
        turn(&world);
    }
    kt_rpc_stream_close(world.client, &world.stream, world.now_us);
    world.now_us += HOUR_US;
    turn(&world);
    KT_ASSERT(world.ended == world.started);
    KT_ASSERT(kt_rpc_client_open_calls(world.client) == 0);
    kt_rpc_end_close(&world.end);
    kt_frame_close(&world.body);
    kt_rpc_client_destroy(&world.client);
    return 0;
}
