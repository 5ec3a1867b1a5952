/*
 * Input: a script for a broker core. Each step is one byte that says what happens (its low bits)
 * and to whom (its high bits), then what that needs: a frame's size and bytes, a time, or who is on
 * the list from now on. Peers send what the script says, at either endpoint, take it, are full, or
 * vanish. The core has its own assertions; here: nothing is left when everybody is gone.
 */
#include "core/core.h"
#include <kantor/rpc/v1/call.kt.h>
#include <kt/pack.h>
#include <kt/time.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PEERS      8
#define FRAMES_MAX 3
#define PATH       "/kantor.echo.v1.Echo/Say"

enum {
    STEP_CLIENT,
    STEP_SERVICE,
    STEP_TIME,
    STEP_MOOD,
    STEP_CALL,
    STEP_REGISTER,
    STEP_END,
    STEP_MESSAGE,
    STEPS
};
/* From this byte on a step is a reload. */
#define STEP_RELOAD 192

static kt_io_t moods[2][PEERS];
static uint64_t last_id[PEERS]; /* of the last CALL an instance got */
static char keys[PEERS][KT_KEY_CHARS + 1];

static kt_io_t
port_send(void *context, broker_side_t side, kt_peer_t peer, kt_message_t *message)
{
    (void)context;
    KT_ASSERT(peer < PEERS);
    if (moods[side][peer] != KT_IO_OK)
        return moods[side][peer];
    kt_head_t head;
    KT_ASSERT(
        !kt_failed(kt_head_decode(kt_frame_span(&message->frames[0]), message->count, &head)));
    if (head.kind == KT_CALL)
        last_id[peer] = head.call_id;
    kt_message_close(message);
    return KT_IO_OK;
}

/* Two principals with the keys of PRESENT (bits; the first is nobody's), the second of which loses
 * its role with that bit. */
static broker_directory_t *
make_directory(uint8_t present)
{
    broker_directory_t *directory = calloc(1, sizeof *directory);
    KT_ASSERT(directory != NULL);
    directory->grants = calloc(2, sizeof directory->grants[0]);
    directory->keys = calloc(PEERS, sizeof directory->keys[0]);
    KT_ASSERT(directory->grants != NULL && directory->keys != NULL);
    for (unsigned i = 0; i < 2; i++) {
        broker_grant_t *grant = &directory->grants[directory->grants_count++];
        strcpy(grant->name, i == 0 ? "all" : "some");
        strcpy(grant->roles[0], i == 1 && (present & 1) == 0 ? "none" : "role");
        strcpy(grant->serves[0], "echo");
        grant->roles_count = grant->serves_count = 1;
        grant->limits = (broker_caller_limits_t){16, 8, 4096};
    }
    for (unsigned i = 1; i < PEERS; i++) {
        if ((present >> i & 1) == 0)
            continue;
        broker_key_t *key = &directory->keys[directory->keys_count++];
        memcpy(key->text, keys[i], sizeof keys[i]);
        key->grant = i % 3 == 0;
    }
    KT_ASSERT(broker_directory_seal(directory, NULL));
    return directory;
}

static broker_limits_t
make_limits(uint8_t size)
{
    broker_limits_t limits = broker_limits_usual();
    limits.calls_max = size;
    limits.queued_max = size / 2;
    limits.queued_bytes_max = size * UINT64_C(256);
    limits.kept_bytes_max = size * UINT64_C(32);
    limits.outbox_bytes_max = size * UINT64_C(32);
    limits.peers_max = 1 + size / 6;
    limits.grace_ms = size * 3;
    return limits;
}

static void
give(broker_core_t *core, broker_side_t side, unsigned peer, const kt_span_t *frames,
     unsigned count, int64_t now_us)
{
    kt_message_t message;
    kt_message_init(&message);
    for (unsigned i = 0; i < count; i++) {
        kt_frame_close(&message.frames[i]);
        KT_ASSERT(!kt_failed(kt_frame_init_copy(&message.frames[i], frames[i])));
    }
    message.count = count;
    if (side == BROKER_CLIENTS)
        broker_core_on_client(core, peer, keys[peer], &message, now_us);
    else
        broker_core_on_service(core, peer, keys[peer], &message, now_us);
    KT_ASSERT(message.count == 0);
    kt_message_close(&message);
}

static void
give_raw(broker_core_t *core, kt_reader_t *script, broker_side_t side, unsigned peer,
         int64_t now_us)
{
    kt_span_t frames[FRAMES_MAX];
    unsigned count = kt_get_u8(script) % (FRAMES_MAX + 1);
    for (unsigned i = 0; i < count; i++)
        frames[i] = kt_get_bytes(script, kt_get_u8(script));
    if (!script->failed)
        give(core, side, peer, frames, count, now_us);
}

/* A message that is right but for what the script puts into it. */
static void
give_made(broker_core_t *core, kt_reader_t *script, unsigned what, unsigned peer, int64_t now_us)
{
    static const kt_kind_t kinds[STEPS] = {[STEP_CALL] = KT_CALL,
                                           [STEP_REGISTER] = KT_REGISTER,
                                           [STEP_END] = KT_END,
                                           [STEP_MESSAGE] = KT_MESSAGE};
    uint8_t more = kt_get_u8(script), head_bytes[KT_HEAD_BYTES_MAX], meta[256];
    bool from_service = what == STEP_REGISTER || what == STEP_END ||
                        (what == STEP_MESSAGE && more >= 128);
    kt_head_t head = {.kind = (uint8_t)kinds[what],
                      .flags = more & 3,
                      .arg = more,
                      .call_id = from_service ? last_id[peer] : more % 8u,
                      .extra = kt_span_str(what == STEP_CALL ? PATH : "")};
    kt_span_t frames[FRAMES_MAX] = {kt_span(head_bytes, kt_head_encode_all(&head, head_bytes))};
    char *role = (more >> 4 & 1) != 0 ? (char[]){"role"} : (char[]){"*"};
    rpc_registered_method_t method = RPC_REGISTERED_METHOD_INIT, *methods = &method;
    rpc_registration_t registration = RPC_REGISTRATION_INIT;
    method.path = (char[]){PATH};
    method.kind = (Kantor__Rpc__V1__Kind)(1 + more % 3);
    method.client_streaming = more >> 2 & 1;
    method.server_streaming = more >> 3 & 1;
    method.roles = &role;
    method.n_roles = 1;
    registration.service = (char[]){"echo"};
    registration.instance = (char[]){'i', (char)('0' + peer), 0};
    registration.capacity = 1 + more % 4u;
    registration.methods = &methods;
    registration.n_methods = 1;
    if (what == STEP_REGISTER)
        frames[1] = kt_span(meta, kantor__rpc__v1__registration__pack(&registration, meta));
    unsigned count = what == STEP_CALL || what == STEP_END ? 3 : 2;
    give(core, from_service ? BROKER_SERVICES : BROKER_CLIENTS, peer, frames, count, now_us);
}

static void
reload(broker_core_t *core, broker_directory_t **directory, kt_reader_t *script, int64_t now_us)
{
    broker_directory_t *old = *directory;
    *directory = make_directory(kt_get_u8(script));
    broker_limits_t limits = make_limits(2 + kt_get_u8(script) % 64);
    KT_ASSERT(!kt_failed(broker_core_reload(core, &limits, *directory, now_us)));
    broker_directory_destroy(&old);
}

static void
run(broker_core_t *core, broker_directory_t **directory, kt_reader_t *script)
{
    static const kt_io_t all_moods[] = {KT_IO_OK, KT_IO_AGAIN, KT_IO_GONE, KT_IO_OK};
    int64_t now_us = 1;
    while (script->at < script->size && !script->failed) {
        uint8_t step = kt_get_u8(script);
        unsigned what = step % STEPS, peer = step / STEPS % PEERS;
        if (step >= STEP_RELOAD) {
            reload(core, directory, script, now_us);
        } else if (what == STEP_CLIENT || what == STEP_SERVICE) {
            give_raw(core, script, what == STEP_CLIENT ? BROKER_CLIENTS : BROKER_SERVICES, peer,
                     now_us);
        } else if (what == STEP_TIME) {
            now_us += (int64_t)kt_get_u16(script) * 100;
            broker_core_tick(core, now_us);
        } else if (what == STEP_MOOD) {
            uint8_t mood = kt_get_u8(script);
            moods[mood >> 2 & 1][peer] = all_moods[mood & 3];
        } else {
            give_made(core, script, what, peer, now_us);
        }
    }
    /* Everybody is gone: a day passes, step by step, so that nobody's silence is forgiven. */
    broker_core_finish(core, now_us);
    for (unsigned peer = 0; peer < PEERS; peer++)
        moods[BROKER_CLIENTS][peer] = moods[BROKER_SERVICES][peer] = KT_IO_GONE;
    for (unsigned i = 0; i < 1000; i++)
        broker_core_tick(core, now_us += KT_US_PER_S / 4);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kt_reader_t script = kt_reader(kt_span(data, size));
    for (unsigned i = 0; i < PEERS; i++)
        memset(keys[i], 'a' + (int)i, KT_KEY_CHARS);
    broker_directory_t *directory = make_directory(0xFF);
    broker_options_t options = {.limits = make_limits(32),
                                .directory = directory,
                                .ports = {.send = port_send},
                                .seed = 1,
                                .now_us = 1};
    broker_core_t *core = NULL;
    memset(moods, 0, sizeof moods);
    memset(last_id, 0, sizeof last_id);
    KT_ASSERT(!kt_failed(broker_core_new(&options, &core)));
    run(core, &directory, &script);
    broker_stats_t stats;
    broker_core_stats(core, &stats);
    KT_ASSERT(stats.open == 0 && stats.queued == 0 && stats.instances == 0 && stats.callers == 0);
    KT_ASSERT(stats.queued_bytes == 0 && stats.kept_bytes == 0 && stats.outbox_bytes == 0);
    broker_core_destroy(&core);
    broker_directory_destroy(&directory);
    return 0;
}
