/*
 * A broker core among chance callers, chance instances that crash, and hostile peers, for many
 * virtual minutes. What must hold: every CALL of an honest caller gets exactly one END; no instance
 * has more inside than its capacity; nothing grows beyond its limit; and when the broker has
 * drained and all is quiet, nothing is left.
 *
 * usage: broker_sim [SEED [STEPS]]
 */
#include "broker_fixture.h"
#include "testing.h"

#include <kt/prng.h>
#include <stdlib.h>

#define STEPS_USUAL  60000
#define IDS          48
#define CAPACITY     6
#define INSIDE_MAX   64
#define HOSTILE_FROM 20 /* connections at either endpoint that do what they like */
#define HOSTILE      4

static uint64_t seed = 20261123;
static unsigned steps = STEPS_USUAL;
static kt_prng_t prng;

static const kt_peer_t callers[] = {CLERK, CLERK_TOO, GUEST, FEW, OPERATOR};
static const kt_peer_t instances[] = {FIN_A, FIN_B, FIN_C};
static const char *const names[] = {"a", "b", "c"};
static const char *const paths[] = {READ_PATH, WRITE_PATH, ADMIN_PATH, OPEN_PATH,
                                    UP_PATH,   DOWN_PATH,  BIDI_PATH,  "/no.Such/Method"};

/* What is known of one call id of one caller. */
typedef struct track {
    unsigned calls, ends;
    uint32_t sent; /* messages of the call that is open */
} track_t;

typedef struct room {
    bool open;
    struct {
        uint64_t id;
        uint32_t sent;
    } inside[INSIDE_MAX];
    unsigned count;
} room_t;

static track_t tracks[KT_COUNT(callers)][IDS + 1];
static room_t rooms[KT_COUNT(instances)];
static uint64_t ended[KT_CODE_COUNT];

static uint64_t
below(uint64_t bound)
{
    return kt_prng_below(&prng, bound);
}

/* ---- what everybody gets ---- */

static void
hear_callers(void)
{
    got_t got;
    for (unsigned c = 0; c < KT_COUNT(callers); c++)
        while (next(BROKER_CLIENTS, callers[c], &got)) {
            if (got.head.kind == KT_PONG || got.head.kind == KT_DRAIN)
                continue;
            assert_true(got.head.call_id <= IDS);
            track_t *track = &tracks[c][got.head.call_id];
            assert_true(track->ends < track->calls); /* nothing after the END */
            if (got.head.kind != KT_END)
                continue;
            track->ends++;
            assert_true(got.code < KT_CODE_COUNT);
            ended[got.code]++;
        }
    for (kt_peer_t peer = HOSTILE_FROM; peer < HOSTILE_FROM + HOSTILE; peer++) {
        while (next(BROKER_CLIENTS, peer, &got))
            ;
        while (next(BROKER_SERVICES, peer, &got))
            ;
    }
}

static void
hear_instances(void)
{
    got_t got;
    for (unsigned i = 0; i < KT_COUNT(instances); i++)
        while (next(BROKER_SERVICES, instances[i], &got)) {
            room_t *room = &rooms[i];
            if (got.head.kind != KT_CALL)
                continue;
            assert_true(room->open);
            assert_true(room->count < CAPACITY);
            room->inside[room->count].sent = 0;
            room->inside[room->count++].id = got.head.call_id;
        }
}

static void
check_limits(void)
{
    broker_limits_t limits = broker_test_limits();
    broker_stats_t now = stats();
    assert_true(now.open <= limits.calls_max);
    assert_true(now.queued <= now.open && now.queued <= limits.queued_max);
    assert_true(now.queued_bytes <= limits.queued_bytes_max);
    assert_true(now.kept_bytes <= limits.kept_bytes_max);
    assert_true(now.callers <= limits.peers_max);
}

/* ---- what everybody does ---- */

static void
caller_acts(unsigned c)
{
    uint64_t id = 1 + below(IDS);
    track_t *track = &tracks[c][id];
    switch (below(8)) {
    case 0:
        send_head(BROKER_CLIENTS, callers[c], KT_CANCEL, 0, 0, id);
        break;
    case 1:
        send_head(BROKER_CLIENTS, callers[c], KT_WINDOW, 0, (uint32_t)below(20), id);
        break;
    case 2:
        /* mostly in order, sometimes not, sometimes where none may come */
        message(BROKER_CLIENTS, callers[c], id, ++track->sent + (below(30) == 0), below(6) == 0);
        break;
    default: {
        const char *path = paths[below(KT_COUNT(paths))];
        bool streams = path == paths[4] || path == paths[6];
        static uint8_t body[2000];
        if (track->ends == track->calls)
            track->sent = 0;
        track->calls++;
        call_full(callers[c], id, path, streams == (below(50) == 0) ? KT_FLAG_LAST : 0,
                  (uint32_t)below(3000), meta_with_key((uint8_t)id),
                  kt_span(body, below(sizeof body)));
        break;
    }
    }
}

static void
crash(unsigned i)
{
    set_io(BROKER_SERVICES, instances[i], KT_IO_GONE);
    advance_us(BROKER_PING_US);
    set_io(BROKER_SERVICES, instances[i], KT_IO_OK);
    while (next(BROKER_SERVICES, instances[i], &(got_t){0}))
        ; /* it never read them */
    rooms[i] = (room_t){0};
}

static void
instance_acts(unsigned i)
{
    room_t *room = &rooms[i];
    if (!room->open) {
        if (below(20) == 0) {
            room->open = true;
            enroll(instances[i], names[i], CAPACITY);
        }
        return;
    }
    if (below(400) == 0) {
        crash(i);
        return;
    }
    send_head(BROKER_SERVICES, instances[i], KT_PING, 0, 0, 0);
    if (room->count == 0)
        return;
    unsigned at = (unsigned)below(room->count);
    uint64_t id = room->inside[at].id;
    switch (below(6)) {
    case 0:
        send_head(BROKER_SERVICES, instances[i], KT_WINDOW, 0, (uint32_t)below(20), id);
        break;
    case 1:
        message(BROKER_SERVICES, instances[i], id, ++room->inside[at].sent + (below(30) == 0), 0);
        break;
    default:
        room->inside[at] = room->inside[--room->count];
        end(instances[i], id, (uint32_t)below(KT_CODE_COUNT));
        break;
    }
}

static void
hostile_acts(void)
{
    uint8_t bytes[300];
    kt_span_t frames[3];
    kt_peer_t peer = HOSTILE_FROM + below(HOSTILE);
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)kt_prng_next(&prng);
    kt_head_t head = {.kind = (uint8_t)below(11),
                      .flags = (uint8_t)below(4),
                      .arg = (uint32_t)kt_prng_next(&prng),
                      .call_id = below(3) == 0 ? kt_prng_next(&prng)
                                               : (1 + below(3)) << 32 | below(200)};
    if (below(4) != 0)
        kt_head_encode(&head, bytes);
    size_t size = below(3) == 0 ? below(sizeof bytes) : KT_HEAD_BYTES;
    if (below(2) == 0) {
        memcpy(bytes + KT_HEAD_BYTES, OPEN_PATH, strlen(OPEN_PATH));
        size = KT_HEAD_BYTES + strlen(OPEN_PATH);
    }
    frames[0] = kt_span(bytes, size);
    frames[1] = kt_span(bytes, below(40));
    frames[2] = kt_span(bytes, below(sizeof bytes));
    static const kt_io_t moods[] = {KT_IO_OK, KT_IO_OK, KT_IO_AGAIN, KT_IO_GONE};
    set_io(BROKER_CLIENTS, peer, moods[below(KT_COUNT(moods))]);
    send_raw(below(2) == 0 ? BROKER_CLIENTS : BROKER_SERVICES, peer, frames, (unsigned)below(4));
}

static void
step(unsigned n)
{
    caller_acts((unsigned)below(KT_COUNT(callers)));
    instance_acts((unsigned)below(KT_COUNT(instances)));
    if (below(3) == 0)
        hostile_acts();
    if (n % 100 == 0)
        for (unsigned c = 0; c < KT_COUNT(callers); c++)
            send_head(BROKER_CLIENTS, callers[c], KT_PING, 0, 0, 0);
    advance_us((int64_t)below(below(20) == 0 ? 50000 : 2000));
    hear_instances();
    hear_callers();
    check_limits();
}

/* Everybody ends what is inside; the hostile vanish; then all deadlines pass. */
static void
come_to_rest(void)
{
    for (kt_peer_t peer = HOSTILE_FROM; peer < HOSTILE_FROM + HOSTILE; peer++)
        set_io(BROKER_CLIENTS, peer, KT_IO_GONE);
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned c = 0; c < KT_COUNT(callers); c++)
            send_head(BROKER_CLIENTS, callers[c], KT_PING, 0, 0, 0);
        for (unsigned i = 0; i < KT_COUNT(instances); i++) {
            send_head(BROKER_SERVICES, instances[i], KT_PING, 0, 0, 0);
            while (rooms[i].count > 0)
                end(instances[i], rooms[i].inside[--rooms[i].count].id, KT_OK);
        }
        advance_us(KT_US_PER_S);
        hear_instances();
        hear_callers();
    }
}

static void
test_one_end_for_every_call(void **state)
{
    (void)state;
    print_message("seed %llu, %u steps\n", (unsigned long long)seed, steps);
    kt_prng_seed(&prng, seed);
    broker_limits_t limits = broker_test_limits();
    limits.grace_ms = 300;
    limits.kept_bytes_max = 20000;
    limits.outbox_bytes_max = 5000;
    broker_open(&limits);
    for (unsigned n = 0; n < steps; n++)
        step(n);
    broker_core_drain(broker_it(), broker_now_us());
    for (unsigned n = 0; n < steps / 10; n++)
        step(n);
    come_to_rest();
    uint64_t calls = 0;
    for (unsigned c = 0; c < KT_COUNT(callers); c++)
        for (unsigned id = 1; id <= IDS; id++) {
            if (tracks[c][id].calls != tracks[c][id].ends)
                fail_msg("caller %u, id %u: %u calls, %u ENDs", c, id, tracks[c][id].calls,
                         tracks[c][id].ends);
            calls += tracks[c][id].calls;
        }
    broker_stats_t now = stats();
    print_message("%llu calls, %llu resent, %llu dropped;", (unsigned long long)calls,
                  (unsigned long long)now.resent, (unsigned long long)now.dropped);
    for (unsigned code = 0; code < KT_CODE_COUNT; code++)
        print_message(" %s %llu", kt_code_name(code), (unsigned long long)ended[code]);
    print_message("\n");
    assert_int_equal(now.open, 0);
    assert_int_equal(now.queued, 0);
    assert_int_equal(now.queued_bytes, 0);
    assert_int_equal(now.kept_bytes, 0);
    assert_int_equal(now.outbox_bytes, 0);
    assert_true(now.resent > 0);
    assert_true(broker_core_idle(broker_it()));
    broker_close();
}

int
main(int argc, char **argv)
{
    if (argc > 1)
        seed = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        steps = (unsigned)strtoul(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_end_for_every_call)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
