/*
 * Input: a script for the call machine of an instance: messages of a broker that knows neither
 * shame nor protocol, handlers that answer, give and take when they please, time that passes,
 * connections that break. Every call that began ends once, what is sent is what the protocol
 * allows, and no place in the table is lost.
 */
#include <kt/pack.h>
#include <kt/rpc_server.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CAPACITY 4
#define LINKS    2

typedef struct world {
    kt_server_t *server;
    int64_t now_us;
    bool open[CAPACITY], over[CAPACITY];
    bool lost[LINKS];
    unsigned begun, ended;
} world_t;

static const kt_method_t unary = {.kind = KT_METHOD_READ};
static const kt_method_t both = {
    .kind = KT_METHOD_READ, .client_streaming = true, .server_streaming = true};
static const kt_server_method_t methods[] = {{"/a.B/U", &unary}, {"/a.B/S", &both}};

/* ---- what the machine says ---- */

static void
on_call(void *context, kt_server_call_t *call, kt_server_begin_t *begin)
{
    world_t *world = (world_t *)context;

    KT_ASSERT(call->slot < CAPACITY && !world->open[call->slot]);
    KT_ASSERT(begin->caller->principal.size > 0);
    world->open[call->slot] = true;
    world->over[call->slot] = false;
    world->begun++;
}

static void
on_message(void *context, kt_server_call_t *call, kt_frame_t *body)
{
    const world_t *world = (const world_t *)context;

    KT_ASSERT(world->open[call->slot] && !world->over[call->slot]);
    KT_ASSERT(body || !call->takes);
}

static void
on_call_event(void *context, kt_server_call_t *call)
{
    KT_ASSERT(((const world_t *)context)->open[call->slot]);
}

static void
on_over(void *context, kt_server_call_t *call, kt_status_t why)
{
    world_t *world = (world_t *)context;

    KT_ASSERT(world->open[call->slot] && !world->over[call->slot] && kt_failed(why));
    world->over[call->slot] = true;
}

static void
on_link(void *context, unsigned link, kt_server_link_event_t event, const char *text)
{
    (void)text;
    if (event == KT_LINK_LOST)
        ((world_t *)context)->lost[link] = true;
}

static const kt_server_events_t events = {
    .call = on_call,
    .message = on_message,
    .room = on_call_event,
    .over = on_over,
    .alarm = on_call_event,
    .link = on_link,
};

/* ---- what the script does ---- */

static void
receive(world_t *world, kt_reader_t *script)
{
    unsigned link = kt_get_u8(script) % LINKS;
    kt_message_t message;

    kt_message_init(&message);
    for (unsigned frames = kt_get_u8(script) % 4; frames > 0; frames--) {
        kt_span_t bytes = kt_get_bytes(script, kt_get_u8(script));
        if (kt_failed(kt_frame_init_copy(&message.frames[message.count], bytes)))
            break;
        message.count++;
    }
    kt_server_receive(world->server, link, &message, world->now_us);
    kt_message_close(&message);
}

static void
end(world_t *world, kt_server_call_t *call)
{
    kt_timeline_t timeline = {1, 2, 3, 4};
    kt_frame_t meta, body;

    kt_frame_init(&meta);
    kt_frame_init(&body);
    world->open[call->slot] = false;
    world->ended++;
    kt_server_end(world->server, call, &meta, &body, &timeline);
}

static void
handle(world_t *world, kt_reader_t *script)
{
    kt_server_call_t *call = kt_server_open_call(world->server, kt_get_u8(script) % CAPACITY);
    uint8_t what = kt_get_u8(script);
    kt_frame_t body;

    if (!call)
        return;
    if (what % 4 == 0) {
        end(world, call);
    } else if (what % 4 == 1) {
        kt_server_alarm(world->server, call, world->now_us + kt_get_u16(script));
    } else if (what % 4 == 2) {
        kt_server_consumed(world->server, call, what >> 4);
    } else if (kt_server_room(world->server, call) > 0) {
        kt_frame_init(&body);
        kt_server_send(world->server, call, &body);
    }
}

static void
flush(world_t *world)
{
    kt_message_t *message;
    kt_head_t head;

    for (unsigned link = 0; link < LINKS; link++)
        while ((message = kt_server_outgoing(world->server, link)) != NULL) {
            KT_ASSERT(!kt_failed(
                kt_head_decode(kt_frame_span(&message->frames[0]), message->count, &head)));
            kt_message_close(message);
            kt_server_sent(world->server, link);
        }
}

static void
turn(world_t *world, kt_reader_t *script)
{
    unsigned link = kt_get_u8(script) % LINKS;

    world->now_us += kt_get_u16(script) * INT64_C(100);
    kt_server_tick(world->server, world->now_us);
    if (world->lost[link]) {
        world->lost[link] = false;
        kt_server_connected(world->server, link, world->now_us);
    }
    flush(world);
}

static void
play(world_t *world, kt_reader_t *script)
{
    while (!script->failed && script->at < script->size) {
        uint8_t what = kt_get_u8(script);

        if (what == 'd')
            kt_server_drain(world->server, world->now_us);
        else if (what == 'l')
            kt_server_lost(world->server, kt_get_u8(script) % LINKS, "script", world->now_us);
        else if (what % 4 == 0)
            turn(world, script);
        else if (what % 4 == 1)
            handle(world, script);
        else
            receive(world, script);
        KT_ASSERT(kt_server_stat(world->server).open == world->begun - world->ended);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    world_t world = {0};
    kt_reader_t script = kt_reader(kt_span(data, size));
    kt_server_options_t options = {
        .links = LINKS,
        .capacity = CAPACITY,
        .registration = kt_span_str("registration"),
        .methods = methods,
        .methods_count = KT_COUNT(methods),
        .events = &events,
        .context = &world,
    };
    kt_server_call_t *call;

    if (kt_failed(kt_server_new(&options, &world.server)))
        return 0;
    for (unsigned link = 0; link < LINKS; link++)
        kt_server_connected(world.server, link, 0);
    play(&world, &script);
    for (uint32_t slot = 0; slot < CAPACITY; slot++)
        if ((call = kt_server_open_call(world.server, slot)) != NULL)
            end(&world, call);
    KT_ASSERT(world.begun == world.ended);
    flush(&world);
    kt_server_destroy(&world.server);
    return 0;
}
