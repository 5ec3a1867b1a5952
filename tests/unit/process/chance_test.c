/* Instances under whatever a department that lies to itself could settle, and people resolve: by
 * chance, in every state. Nothing is refused after it was written (room.h sees to that), an
 * instance has a turn exactly while it goes on, and the outbox holds exactly those turns. */
#include "mill.h"
#include "room.h"

#include <kantor/process/v1/process.kt.h>
#include <kt/prng.h>
#include <kt/process.h>
#include <stdlib.h>

#define ID_SIZE   (KT_ULID_CHARS + 1)
#define HOUR_US   (INT64_C(3600) * 1000000)
#define INSTANCES 8
#define ACTS      6000

typedef struct world {
    room_t *room;
    kt_prng_t prng;
    kt_ulid_t ids[INSTANCES];
    int64_t now_us;
    unsigned ended, incidents;
} world_t;

static uint32_t
below(world_t *w, uint32_t bound)
{
    return (uint32_t)kt_prng_below(&w->prng, bound);
}

static kt_process_t
process_of(world_t *w, uint32_t i)
{
    kt_process_t process;

    assert_ok(kt_process_get(room_read(w->room), &w->ids[i], &process));
    room_read_end(w->room);
    return process;
}

static void
order(world_t *w, uint32_t i)
{
    shop_order_request_t request = SHOP_ORDER_REQUEST_INIT;
    const void *response;

    request.order = "o-1";
    request.amount = 1;
    request.at_us = ROOM_NOW_US;
    room_as(w->room, "carla", "clerk");
    assert_ok(room_call(w->room, "Shop/Order", &request.base, &response));
    assert_true(
        kt_ulid_parse(kt_span_str(((const shop_order_response_t *)response)->process), &w->ids[i]));
}

/* ---- acts ---- */

static const char *
some_text(world_t *w)
{
    static char longest[KT_PROCESS_NOTE_BYTES_MAX + 1];
    static const char *const TEXTS[] = {"",   "no",       "a\tb\x1B", "line\nline\r",
                                        "\r", "\xC2\x85", "\xC3\xA4", longest};

    memset(longest, 'x', sizeof(longest) - 1);
    return TEXTS[below(w, KT_COUNT(TEXTS))];
}

/* Of Take, as its response; garbage, and one whose state has no name. */
static ProtobufCBinaryData
some_answer(world_t *w)
{
    static uint8_t garbage[] = {0xFF, 0xFF, 0xFF}, good[] = {0x18, 0x01}, odd[] = {0x18, 0x63};
    const ProtobufCBinaryData ANSWERS[] = {
        {0, NULL}, {sizeof(garbage), garbage}, {sizeof(good), good}, {sizeof(odd), odd}};

    return ANSWERS[below(w, KT_COUNT(ANSWERS))];
}

static kt_status_t
settle(world_t *w, uint32_t i, const char *id)
{
    process_settle_request_t request = PROCESS_SETTLE_REQUEST_INIT;
    uint64_t turn = process_of(w, i).turn;

    request.process = (char *)(uintptr_t)id;
    request.turn = below(w, 10) == 0 ? kt_prng_next(&w->prng) : turn;
    request.verdict = (process_verdict_t)((int)below(w, 8) - 1);
    request.code = below(w, 20);
    request.text = (char *)(uintptr_t)some_text(w);
    request.answer = some_answer(w);
    room_as(w->room, "shop", "department");
    return room_call(w->room, "Processes/Settle", &request.base, NULL);
}

static kt_status_t
resolve(world_t *w, const char *id)
{
    process_resolve_incident_request_t request = PROCESS_RESOLVE_INCIDENT_REQUEST_INIT;

    request.process = (char *)(uintptr_t)id;
    /* Few are given up. */
    request.resolution = (process_resolution_t)((int)below(w, below(w, 10) == 0 ? 7 : 5) - 1);
    request.why = (char *)(uintptr_t)some_text(w);
    room_as(w->room, "cleo", "ceo");
    return room_call(w->room, "Processes/ResolveIncident", &request.base, NULL);
}

/* ---- what always holds ---- */

/* The counts are of what is there; of those that are over the sum, for their ids are forgotten. */
static void
assert_counted(world_t *w, const int64_t states[KT_PROCESS_STATES])
{
    int64_t counts[KT_PROCESS_STATES], all = 0;

    assert_ok(kt_process_counts(room_read(w->room), counts));
    room_read_end(w->room);
    for (uint32_t state = 0; state < KT_PROCESS_STATES; state++)
        all += counts[state];
    assert_int_equal(all, INSTANCES + w->ended);
    assert_int_equal(counts[KT_PROCESS_RUNNING], states[KT_PROCESS_RUNNING]);
    assert_int_equal(counts[KT_PROCESS_UNDOING], states[KT_PROCESS_UNDOING]);
    assert_int_equal(counts[KT_PROCESS_INCIDENT], states[KT_PROCESS_INCIDENT]);
}

static void
assert_sound(world_t *w)
{
    uint64_t numbers[INSTANCES + 1];
    int64_t states[KT_PROCESS_STATES] = {0};
    uint32_t count, with_turn = 0;

    assert_ok(kt_process_turns(room_read(w->room), 0, KT_COUNT(numbers), numbers, &count));
    room_read_end(w->room);
    for (uint32_t i = 0; i < INSTANCES; i++) {
        kt_process_t process = process_of(w, i);
        bool goes = process.state == KT_PROCESS_RUNNING || process.state == KT_PROCESS_UNDOING;
        bool outstanding = false;
        states[process.state]++;
        for (uint32_t j = 0; j < count; j++)
            outstanding |= numbers[j] == process.turn;
        assert_int_equal(process.turn != 0, goes);
        assert_int_equal(outstanding, goes);
        assert_int_equal(process.ended_us != 0, !goes && process.state != KT_PROCESS_INCIDENT);
        assert_int_equal(process.incident_owner.size > 0, process.state == KT_PROCESS_INCIDENT);
        with_turn += goes;
    }
    assert_int_equal(count, with_turn);
    assert_counted(w, states);
}

static void
act(world_t *w)
{
    uint32_t i = below(w, INSTANCES);
    kt_process_t process = process_of(w, i);
    char id[ID_SIZE];
    kt_status_t status;

    w->now_us += (int64_t)below(w, 60) * HOUR_US;
    room_set_now(w->room, w->now_us);
    w->incidents += process.state == KT_PROCESS_INCIDENT;
    if (process.ended_us != 0) {
        w->ended++;
        order(w, i);
        return;
    }
    kt_ulid_format(&process.process, id);
    status = process.state == KT_PROCESS_INCIDENT || below(w, 20) == 0 ? resolve(w, id)
                                                                       : settle(w, i, id);
    if (status.code == KT_INTERNAL || status.code == KT_RESOURCE_EXHAUSTED ||
        status.code == KT_DATA_LOSS)
        fail_msg("%s in state %u, step %u, phase %u: %s", id, process.state, process.step,
                 process.phase, status.text);
}

static void
whatever_comes_the_outbox_fits(void **state)
{
    world_t w = {.room = room_open(shop_service()), .now_us = ROOM_NOW_US};
    const char *given = getenv("KANTOR_SEED");
    uint64_t seed;

    (void)state;
    kt_prng_seed_system(&w.prng);
    seed = given ? strtoull(given, NULL, 10) : kt_prng_next(&w.prng);
    print_message("KANTOR_SEED=%llu\n", (unsigned long long)seed);
    kt_prng_seed(&w.prng, seed);
    for (uint32_t i = 0; i < INSTANCES; i++)
        order(&w, i);
    for (unsigned n = 0; n < ACTS; n++) {
        act(&w);
        assert_sound(&w);
        room_forget(w.room);
    }
    assert_true(w.ended > 100 && w.incidents > 100);
    room_close(&w.room);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_comes_the_outbox_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
