/* Processes over two made-up departments (mill.h), in virtual time. */
#include "mill.h"
#include "world.h"

#include <kantor/process/v1/process.kt.h>
#include <kt/prng.h>
#include <kt/rows.h>
#include <stdlib.h>

#define DAY_US  (INT64_C(86400) * 1000000)
#define HOUR_US (INT64_C(3600) * 1000000)
#define MANY    1000

static world_t *
open_world(uint64_t seed)
{
    const kt_service_t *services[] = {shop_service(), mill_service()};

    return world_open(services, KT_COUNT(services), seed);
}

/* ---- what people do ---- */

static kt_ulid_t
order(world_t *world, const char *name, int64_t amount)
{
    shop_order_request_t request = SHOP_ORDER_REQUEST_INIT;
    const void *response;
    kt_ulid_t id;

    request.order = (char *)(uintptr_t)name;
    request.amount = amount;
    request.at_us = ROOM_NOW_US + 3 * DAY_US;
    assert_ok(world_call(world, "shop", "carla", "clerk", "Shop/Order", &request.base, &response));
    assert_true(
        kt_ulid_parse(kt_span_str(((const shop_order_response_t *)response)->process), &id));
    return id;
}

static const char *
thing_of(kt_ulid_t id, char name[KT_ULID_CHARS + 1])
{
    kt_ulid_format_name(&id, name);
    return name;
}

static kt_status_t
judge(world_t *world, kt_ulid_t id, mill_thing_state_t state)
{
    mill_judge_request_t request = MILL_JUDGE_REQUEST_INIT;
    char name[KT_ULID_CHARS + 1];

    request.thing = (char *)(uintptr_t)thing_of(id, name);
    request.state = state;
    return world_call(world, "mill", "mia", "miller", "Mill/Judge", &request.base, NULL);
}

static const mill_thing_t *
look(world_t *world, kt_ulid_t id)
{
    mill_name_request_t request = MILL_NAME_REQUEST_INIT;
    char name[KT_ULID_CHARS + 1];
    const void *response = NULL;

    request.thing = (char *)(uintptr_t)thing_of(id, name);
    kt_ignore(world_call(world, "mill", "mia", "miller", "Mill/Look", &request.base, &response));
    return (const mill_thing_t *)response;
}

static const process_get_process_response_t *
get(world_t *world, kt_ulid_t id)
{
    process_get_process_request_t request = PROCESS_GET_PROCESS_REQUEST_INIT;
    char name[KT_ULID_CHARS + 1];
    const void *response;

    kt_ulid_format(&id, name);
    request.process = name;
    assert_ok(world_call(world, "shop", "ada", "auditor", "Processes/GetProcess", &request.base,
                         &response));
    return (const process_get_process_response_t *)response;
}

static process_state_t
state(world_t *world, kt_ulid_t id)
{
    return get(world, id)->process->state;
}

static kt_status_t
resolve(world_t *world, kt_ulid_t id, const char *roles, process_resolution_t resolution)
{
    process_resolve_incident_request_t request = PROCESS_RESOLVE_INCIDENT_REQUEST_INIT;
    char name[KT_ULID_CHARS + 1];

    kt_ulid_format(&id, name);
    request.process = name;
    request.resolution = resolution;
    request.why = "looked at";
    return world_call(world, "shop", "otto", roles, "Processes/ResolveIncident", &request.base,
                      NULL);
}

/* The timeline as one line: "STARTED note:DONE take:REJECTED ...". */
static void
assert_story(world_t *world, kt_ulid_t id, const char *expected)
{
    static const char *const KINDS[] = {"?",      "started", "done",     "rejected", "expired",
                                        "undone", "toolate", "incident", "resolved", "ended"};
    const process_get_process_response_t *got = get(world, id);
    char story[4096] = "";

    for (size_t i = 0; i < got->n_timeline; i++) {
        const process_timeline_entry_t *entry = got->timeline[i];
        size_t at = strlen(story);
        (void)snprintf(story + at, sizeof(story) - at, "%s%s%s%s", at ? " " : "", entry->step,
                       entry->step[0] ? ":" : "", KINDS[entry->kind]);
    }
    assert_string_equal(story, expected);
}

static int64_t
in_stock(world_t *world, const kt_ulid_t *ids, uint32_t count)
{
    int64_t left = MILL_STOCK;

    for (uint32_t i = 0; i < count; i++) {
        const mill_thing_t *thing = look(world, ids[i]);
        if (thing && thing->state != MILL_THING_STATE_GIVEN)
            left -= thing->amount;
    }
    return left;
}

/* ---- one process ---- */

static void
all_goes_well(void **unused)
{
    (void)unused;
    world_t *world = open_world(1);
    kt_ulid_t id = order(world, "o-1", 30);

    world_run(world, ROOM_NOW_US + HOUR_US);
    assert_int_equal(state(world, id), PROCESS_STATE_RUNNING);
    assert_int_equal(look(world, id)->amount, 30);
    assert_int_equal(look(world, id)->until_us, ROOM_NOW_US + 10 * DAY_US);
    assert_int_equal(look(world, id)->n_tags, 2);
    assert_ok(judge(world, id, MILL_THING_STATE_GOOD));
    world_run(world, ROOM_NOW_US + 2 * HOUR_US);
    assert_story(world, id, "started note:done take:done judged:done keep:done");
    world_run(world, ROOM_NOW_US + 3 * DAY_US);
    assert_story(world, id,
                 "started note:done take:done judged:done keep:done later:done tell:done ended");
    assert_int_equal(state(world, id), PROCESS_STATE_DONE);
    assert_int_equal(get(world, id)->n_steps, shop_order_table.steps_count);
    assert_int_equal(world_done(world, "Mill/Take"), 1);
    world_close(&world);
}

/* Each step before the pivot that can be refused, and what is undone then. */
static void
a_refusal_undoes_what_was_done(void **unused)
{
    (void)unused;
    static const struct {
        const char *refused, *story;
        uint32_t torn, given;
    } ROWS[] = {
        {"Shop/Note", "started note:rejected ended", 0, 0},
        {"Mill/Take", "started note:done take:rejected note:undone ended", 1, 0},
        {"Mill/Look", "started note:done take:done judged:rejected take:undone note:undone ended",
         1, 1},
    };

    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        world_t *world = open_world(i);
        world_refuse(world, ROWS[i].refused);
        kt_ulid_t id = order(world, "o-1", 30);
        world_run(world, ROOM_NOW_US + HOUR_US);
        assert_story(world, id, ROWS[i].story);
        assert_int_equal(state(world, id), PROCESS_STATE_REJECTED);
        assert_int_equal(world_done(world, "Shop/Tear"), ROWS[i].torn);
        assert_int_equal(world_done(world, "Mill/Give"), ROWS[i].given);
        world_refuse(world, NULL);
        assert_int_equal(in_stock(world, &id, 1), MILL_STOCK);
        world_close(&world);
    }
}

static void
a_no_of_people_undoes_too(void **unused)
{
    (void)unused;
    world_t *world = open_world(3);
    kt_ulid_t id = order(world, "o-1", 30);

    world_run(world, ROOM_NOW_US + HOUR_US);
    assert_ok(judge(world, id, MILL_THING_STATE_BAD));
    world_run(world, ROOM_NOW_US + 2 * HOUR_US);
    assert_story(world, id,
                 "started note:done take:done judged:rejected take:undone note:undone ended");
    assert_string_equal(get(world, id)->process->note, "state is BAD");
    world_close(&world);
}

static void
what_is_too_much_is_refused_by_the_department_itself(void **unused)
{
    (void)unused;
    world_t *world = open_world(4);
    kt_ulid_t first = order(world, "o-1", 600), second = order(world, "o-2", 600);

    world_run(world, ROOM_NOW_US + HOUR_US);
    assert_int_equal(state(world, first), PROCESS_STATE_RUNNING);
    assert_int_equal(state(world, second), PROCESS_STATE_REJECTED);
    assert_string_equal(get(world, second)->process->note, "the stock has not so much left");
    assert_int_equal(room_refusals(world_room(world, "mill")), 1);
    world_close(&world);
}

static void
a_wait_that_expires_shuts_its_door_and_undoes(void **unused)
{
    (void)unused;
    world_t *world = open_world(5);
    kt_ulid_t id = order(world, "o-1", 30);

    world_run(world, ROOM_NOW_US + 3 * DAY_US);
    assert_story(world, id,
                 "started note:done take:done judged:expired take:undone note:undone ended");
    assert_int_equal(world_done(world, "Mill/Shut"), 1);
    assert_int_equal(in_stock(world, &id, 1), MILL_STOCK);
    world_close(&world);
}

/* Nobody answers at the deadline, and when somebody does the goods are judged: the door is too
 * late. */
static void
a_door_that_is_too_late_goes_forward(void **unused)
{
    (void)unused;
    world_t *world = open_world(6);
    kt_ulid_t id = order(world, "o-1", 30);

    world_run(world, ROOM_NOW_US + 2 * DAY_US - HOUR_US);
    world_refuse(world, NULL);
    world_lose(world, "Mill/Shut", 1);
    world_run(world, ROOM_NOW_US + 2 * DAY_US - 1);
    world_away(world, "mill");
    world_run(world, ROOM_NOW_US + 2 * DAY_US + HOUR_US);
    assert_story(world, id, "started note:done take:done"); /* silence is no answer */
    assert_ok(judge(world, id, MILL_THING_STATE_GOOD));
    world_away(world, NULL);
    world_run(world, ROOM_NOW_US + 4 * DAY_US);
    assert_story(world, id,
                 "started note:done take:done judged:done keep:done later:done tell:done ended");
    world_close(&world);
}

static void
lost_answers_never_undo(void **unused)
{
    (void)unused;
    static const char *const METHODS[] = {"Shop/Note", "Mill/Take", "Mill/Look", "Shop/Tear"};

    for (size_t i = 0; i < KT_COUNT(METHODS); i++) {
        world_t *world = open_world(i);
        world_lose(world, METHODS[i], 20);
        kt_ulid_t id = order(world, "o-1", 30);
        world_run(world, ROOM_NOW_US + DAY_US);
        assert_ok(judge(world, id, MILL_THING_STATE_GOOD));
        world_run(world, ROOM_NOW_US + 4 * DAY_US);
        assert_story(
            world, id,
            "started note:done take:done judged:done keep:done later:done tell:done ended");
        assert_int_equal(world_done(world, "Mill/Take"), 1);
        assert_int_equal(world_done(world, "Mill/Give"), 0);
        world_close(&world);
    }
}

/* ---- incidents ---- */

static kt_ulid_t
make_incident(world_t *world)
{
    kt_ulid_t id;

    world_away(world, "mill");
    id = order(world, "o-1", 30);
    world_run(world, ROOM_NOW_US + DAY_US + HOUR_US);
    assert_story(world, id, "started note:done take:incident");
    assert_int_equal(state(world, id), PROCESS_STATE_INCIDENT);
    assert_string_equal(get(world, id)->process->incident_owner, "clerk");
    world_away(world, NULL);
    return id;
}

static void
silence_until_the_deadline_is_an_incident(void **unused)
{
    (void)unused;
    world_t *world = open_world(7);
    kt_ulid_t id = make_incident(world);

    assert_status(resolve(world, id, "it.expert", PROCESS_RESOLUTION_RETRY), KT_PERMISSION_DENIED,
                  KT_PROCESS_NOT_OWNER);
    assert_ok(resolve(world, id, "ceo", PROCESS_RESOLUTION_RETRY));
    world_run(world, world_now(world) + HOUR_US);
    assert_story(world, id, "started note:done take:incident take:resolved take:done");
    assert_status(resolve(world, id, "ceo", PROCESS_RESOLUTION_RETRY), KT_FAILED_PRECONDITION,
                  KT_PROCESS_NO_INCIDENT);
    world_close(&world);
}

/* It is not known whether goods were taken: giving back what was never taken is no failure. */
static void
an_incident_can_be_undone(void **unused)
{
    (void)unused;
    world_t *world = open_world(8);
    kt_ulid_t id = make_incident(world);

    assert_ok(resolve(world, id, "ceo", PROCESS_RESOLUTION_COMPENSATE));
    world_run(world, world_now(world) + HOUR_US);
    assert_story(world, id,
                 "started note:done take:incident take:resolved take:undone note:undone ended");
    assert_int_equal(state(world, id), PROCESS_STATE_REJECTED);
    world_close(&world);
}

static void
an_incident_can_be_skipped_or_abandoned(void **unused)
{
    (void)unused;
    world_t *world = open_world(9);
    kt_ulid_t id = make_incident(world);

    assert_ok(resolve(world, id, "ceo", PROCESS_RESOLUTION_SKIP));
    world_run(world, world_now(world) + HOUR_US);
    /* The mill has no such thing to look at, so the wait is refused. */
    assert_story(world, id,
                 "started note:done take:incident take:resolved take:done judged:rejected "
                 "take:incident");
    assert_ok(resolve(world, id, "ceo", PROCESS_RESOLUTION_ABANDON));
    assert_int_equal(state(world, id), PROCESS_STATE_ABANDONED);
    world_close(&world);
}

static void
after_the_pivot_there_is_only_forward(void **unused)
{
    (void)unused;
    world_t *world = open_world(10);
    kt_ulid_t id = order(world, "o-1", 30);

    world_run(world, ROOM_NOW_US + HOUR_US);
    assert_ok(judge(world, id, MILL_THING_STATE_GOOD));
    world_refuse(world, "Shop/Note");
    world_run(world, ROOM_NOW_US + 2 * HOUR_US);
    assert_story(world, id, "started note:done take:done judged:done keep:incident");
    assert_status(resolve(world, id, "ceo", PROCESS_RESOLUTION_COMPENSATE), KT_FAILED_PRECONDITION,
                  KT_PROCESS_PAST_PIVOT);
    world_refuse(world, NULL);
    assert_ok(resolve(world, id, "ceo", PROCESS_RESOLUTION_RETRY));
    world_run(world, ROOM_NOW_US + 4 * DAY_US);
    assert_int_equal(state(world, id), PROCESS_STATE_DONE);
    world_close(&world);
}

/* ---- crashes ---- */

/* One order, and what becomes of it: found good, found bad, never looked at, too much. */
typedef enum fate { FATE_GOOD, FATE_BAD, FATE_FORGOTTEN, FATE_TOO_MUCH, FATES } fate_t;

static void
play(world_t *world, const void *context)
{
    const fate_t fate = *(const fate_t *)context;
    kt_ulid_t id = order(world, "o-1", fate == FATE_TOO_MUCH ? MILL_STOCK + 1 : 300);

    world_run(world, ROOM_NOW_US + HOUR_US);
    if (fate == FATE_GOOD || fate == FATE_BAD)
        assert_ok(
            judge(world, id, fate == FATE_GOOD ? MILL_THING_STATE_GOOD : MILL_THING_STATE_BAD));
    world_run(world, ROOM_NOW_US + 4 * DAY_US);
    assert_int_equal(state(world, id),
                     fate == FATE_GOOD ? PROCESS_STATE_DONE : PROCESS_STATE_REJECTED);
}

static void
a_crash_at_any_commit_changes_nothing(void **unused)
{
    (void)unused;
    for (fate_t fate = 0; fate < FATES; fate++)
        world_try_every_death(&(world_play_t){
            .open = open_world, .play = play, .context = &fate, .seed = 11, .least = 4});
}

static uint64_t
seed_of_the_day(void)
{
    const char *given = getenv("KANTOR_SEED");
    kt_prng_t prng;

    if (given)
        return strtoull(given, NULL, 10);
    kt_prng_seed_system(&prng);
    return kt_prng_next(&prng);
}

static void
a_thousand_at_once_with_kills_all_end(void **unused)
{
    (void)unused;
    uint64_t seed = seed_of_the_day();
    world_t *world = open_world(seed);
    static kt_ulid_t ids[MANY];
    uint32_t done = 0, rejected = 0;
    kt_prng_t prng;

    print_message("KANTOR_SEED=%llu\n", (unsigned long long)seed);
    kt_prng_seed(&prng, seed);
    world_die_often(world, 100, 200);
    for (uint32_t i = 0; i < MANY; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "o-%u", i);
        ids[i] = order(world, name, 1 + (int64_t)kt_prng_below(&prng, 3));
    }
    world_run(world, ROOM_NOW_US + DAY_US);
    for (uint32_t i = 0; i < MANY; i++)
        if (kt_prng_below(&prng, 3) > 0)
            kt_ignore(
                judge(world, ids[i],
                      kt_prng_below(&prng, 2) ? MILL_THING_STATE_GOOD : MILL_THING_STATE_BAD));
    world_run(world, ROOM_NOW_US + 10 * DAY_US);
    for (uint32_t i = 0; i < MANY; i++) {
        process_state_t now = state(world, ids[i]);
        const mill_thing_t *thing = look(world, ids[i]);
        done += now == PROCESS_STATE_DONE;
        rejected += now == PROCESS_STATE_REJECTED;
        if (now == PROCESS_STATE_DONE)
            assert_int_equal(thing->state, MILL_THING_STATE_GOOD);
        else if (thing)
            assert_int_equal(thing->state, MILL_THING_STATE_GIVEN);
        room_forget(world_room(world, "shop"));
        room_forget(world_room(world, "mill"));
    }
    assert_int_equal(done + rejected, MANY);
    assert_true(done > 0 && rejected > 0);
    world_close(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_goes_well),
        cmocka_unit_test(a_refusal_undoes_what_was_done),
        cmocka_unit_test(a_no_of_people_undoes_too),
        cmocka_unit_test(what_is_too_much_is_refused_by_the_department_itself),
        cmocka_unit_test(a_wait_that_expires_shuts_its_door_and_undoes),
        cmocka_unit_test(a_door_that_is_too_late_goes_forward),
        cmocka_unit_test(lost_answers_never_undo),
        cmocka_unit_test(silence_until_the_deadline_is_an_incident),
        cmocka_unit_test(an_incident_can_be_undone),
        cmocka_unit_test(an_incident_can_be_skipped_or_abandoned),
        cmocka_unit_test(after_the_pivot_there_is_only_forward),
        cmocka_unit_test(a_crash_at_any_commit_changes_nothing),
        cmocka_unit_test(a_thousand_at_once_with_kills_all_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
