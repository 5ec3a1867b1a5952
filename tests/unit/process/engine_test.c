/* What becomes of an instance when it is settled and resolved, when the store fails over it, when
 * its timeline is full, and of texts that are too long for it. */
#include "mill.h"
#include "room.h"

#include <kantor/process/v1/process.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/process.h>
#include <kt/rows.h>

#define ID_SIZE (KT_ULID_CHARS + 1)
#define DAY_US  (INT64_C(86400) * 1000000)

static int
setup(void **state)
{
    *state = room_open(shop_service());
    return 0;
}

static int
teardown(void **state)
{
    room_close((room_t **)state);
    return 0;
}

/* ---- calls ---- */

static kt_status_t
order(room_t *room, const char *name, kt_ulid_t *id)
{
    shop_order_request_t request = SHOP_ORDER_REQUEST_INIT;
    const void *response = NULL;
    kt_status_t status;

    request.order = (char *)(uintptr_t)name;
    request.amount = 30;
    request.at_us = ROOM_NOW_US;
    room_as(room, "carla", "clerk");
    status = room_call(room, "Shop/Order", &request.base, &response);
    if (response)
        assert_true(
            kt_ulid_parse(kt_span_str(((const shop_order_response_t *)response)->process), id));
    return status;
}

/* A copy: texts live until room_forget. */
static kt_process_t
process_of(room_t *room, kt_ulid_t id)
{
    kt_process_t process;

    assert_ok(kt_process_get(room_read(room), &id, &process));
    room_read_end(room);
    return process;
}

static const process_get_process_response_t *
get(room_t *room, kt_ulid_t id)
{
    process_get_process_request_t request = PROCESS_GET_PROCESS_REQUEST_INIT;
    char text[ID_SIZE];
    const void *response;

    kt_ulid_format(&id, text);
    request.process = text;
    room_as(room, "ada", "auditor");
    assert_ok(room_call(room, "Processes/GetProcess", &request.base, &response));
    return (const process_get_process_response_t *)response;
}

static uint32_t
turns(room_t *room)
{
    uint64_t numbers[8];
    uint32_t count;

    assert_ok(kt_process_turns(room_read(room), 0, KT_COUNT(numbers), numbers, &count));
    room_read_end(room);
    return count;
}

typedef struct settling {
    uint64_t turn;
    process_verdict_t verdict;
    uint32_t code;
    const char *text;
} settling_t;

static kt_status_t
settle_turn(room_t *room, kt_ulid_t id, const settling_t *s, bool *applied)
{
    process_settle_request_t request = PROCESS_SETTLE_REQUEST_INIT;
    char text[ID_SIZE];
    const void *response = NULL;
    kt_status_t status;

    kt_ulid_format(&id, text);
    request.process = text;
    request.turn = s->turn;
    request.verdict = s->verdict;
    request.code = s->code;
    request.text = (char *)(uintptr_t)(s->text ? s->text : "");
    room_as(room, "shop", "department");
    status = room_call(room, "Processes/Settle", &request.base, &response);
    *applied = response && ((const process_settle_response_t *)response)->applied;
    return status;
}

/* Settles the turn that the instance has. */
static void
settle(room_t *room, kt_ulid_t id, process_verdict_t verdict, uint32_t code, const char *text)
{
    const settling_t s = {process_of(room, id).turn, verdict, code, text};
    bool applied;

    assert_ok(settle_turn(room, id, &s, &applied));
    assert_true(applied);
}

static kt_status_t
resolve(room_t *room, kt_ulid_t id, process_resolution_t resolution)
{
    process_resolve_incident_request_t request = PROCESS_RESOLVE_INCIDENT_REQUEST_INIT;
    char text[ID_SIZE];

    kt_ulid_format(&id, text);
    request.process = text;
    request.resolution = resolution;
    request.why = "looked at";
    room_as(room, "cleo", "ceo");
    return room_call(room, "Processes/ResolveIncident", &request.base, NULL);
}

/* ---- settling ---- */

static void
a_turn_is_settled_once(void **state)
{
    room_t *room = (room_t *)*state;
    settling_t s = {.verdict = PROCESS_VERDICT_DONE};
    kt_ulid_t id;
    bool applied;

    assert_ok(order(room, "o-1", &id));
    s.turn = process_of(room, id).turn;
    assert_ok(settle_turn(room, id, &s, &applied));
    assert_true(applied);
    s.verdict = PROCESS_VERDICT_REJECTED;
    assert_ok(settle_turn(room, id, &s, &applied));
    assert_false(applied);
    s.turn = 0;
    assert_ok(settle_turn(room, id, &s, &applied));
    assert_false(applied);
    assert_int_equal(process_of(room, id).step, 1);
    assert_int_equal(get(room, id)->n_timeline, 2);
    assert_int_equal(turns(room), 1);
}

static void
verdicts_that_are_none(void **state)
{
    room_t *room = (room_t *)*state;
    kt_ulid_t id;
    bool applied;

    assert_ok(order(room, "o-1", &id));
    const uint64_t turn = process_of(room, id).turn;
    const struct {
        settling_t s;
        kt_code_t code;
    } rows[] = {
        {{turn, 0, 0, ""}, KT_INVALID_ARGUMENT},
        {{turn, (process_verdict_t)99, 0, ""}, KT_INVALID_ARGUMENT},
        /* No wait, and not over. */
        {{turn, PROCESS_VERDICT_EXPIRED, 0, ""}, KT_FAILED_PRECONDITION},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        assert_status(settle_turn(room, id, &rows[i].s, &applied), rows[i].code, 0);
        assert_int_equal(process_of(room, id).turn, turn);
    }
    assert_int_equal(get(room, id)->n_timeline, 1);
}

/* A wait expires at its deadline, not before. */
static void
a_wait_expires_at_its_deadline(void **state)
{
    room_t *room = (room_t *)*state;
    settling_t s = {.verdict = PROCESS_VERDICT_EXPIRED};
    kt_ulid_t id;
    bool applied;

    assert_ok(order(room, "o-1", &id));
    settle(room, id, PROCESS_VERDICT_DONE, 0, NULL);
    settle(room, id, PROCESS_VERDICT_DONE, 0, NULL);
    s.turn = process_of(room, id).turn;
    room_set_now(room, ROOM_NOW_US + 2 * DAY_US - 1);
    assert_status(settle_turn(room, id, &s, &applied), KT_FAILED_PRECONDITION, 0);
    room_set_now(room, ROOM_NOW_US + 2 * DAY_US);
    assert_ok(settle_turn(room, id, &s, &applied));
    assert_int_equal(process_of(room, id).phase, KT_PHASE_DOOR);
    settle(room, id, PROCESS_VERDICT_DONE, 0, NULL);
    assert_int_equal(process_of(room, id).phase, KT_PHASE_UNDO);
}

/* Twice too late, though nobody is seen to have acted, is for a person. */
static void
a_door_that_is_too_late_again_is_an_incident(void **state)
{
    room_t *room = (room_t *)*state;
    kt_ulid_t id;

    assert_ok(order(room, "o-1", &id));
    settle(room, id, PROCESS_VERDICT_DONE, 0, NULL);
    settle(room, id, PROCESS_VERDICT_DONE, 0, NULL);
    for (int days = 2; days <= 4; days += 2) {
        room_set_now(room, ROOM_NOW_US + days * DAY_US);
        settle(room, id, PROCESS_VERDICT_EXPIRED, 0, NULL);
        settle(room, id, PROCESS_VERDICT_REJECTED, KT_FAILED_PRECONDITION, "it was judged");
    }
    assert_int_equal(process_of(room, id).state, KT_PROCESS_INCIDENT);
    assert_int_equal(turns(room), 0);
    assert_ok(resolve(room, id, PROCESS_RESOLUTION_RETRY));
    assert_int_equal(process_of(room, id).doors, 0);
    assert_int_equal(process_of(room, id).phase, KT_PHASE_DOOR);
}

/* An undo that is refused is no end; of a step that perhaps never happened, "not found" is. */
static void
an_undo_that_is_refused(void **state)
{
    static const struct {
        bool doubtful;
        uint32_t code;
        kt_process_state_t state;
    } rows[] = {
        {false, KT_NOT_FOUND, KT_PROCESS_INCIDENT},
        {true, KT_NOT_FOUND, KT_PROCESS_UNDOING},
        {true, KT_FAILED_PRECONDITION, KT_PROCESS_INCIDENT},
    };
    room_t *room = (room_t *)*state;

    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_ulid_t id;
        assert_ok(order(room, "o-1", &id));
        settle(room, id, PROCESS_VERDICT_DONE, 0, NULL);
        if (rows[i].doubtful) {
            settle(room, id, PROCESS_VERDICT_UNKNOWN, 0, "nobody answered");
            assert_ok(resolve(room, id, PROCESS_RESOLUTION_COMPENSATE));
        } else {
            settle(room, id, PROCESS_VERDICT_DONE, 0, NULL);
            settle(room, id, PROCESS_VERDICT_REJECTED, KT_FAILED_PRECONDITION, "state is BAD");
        }
        assert_int_equal(process_of(room, id).step, 1);
        settle(room, id, PROCESS_VERDICT_REJECTED, rows[i].code, "no such thing");
        assert_int_equal(process_of(room, id).state, rows[i].state);
        /* The next is not in doubt. */
        assert_int_equal(process_of(room, id).doubtful,
                         rows[i].state == KT_PROCESS_INCIDENT && rows[i].doubtful);
    }
}

/* An undo that is tried again by a person's word is tried, not passed over; and what is undone
 * because a later step is in doubt is not in doubt itself. */
static void
an_undo_that_a_person_asks_for(void **state)
{
    room_t *room = (room_t *)*state;
    kt_ulid_t id;

    assert_ok(order(room, "o-1", &id));
    settle(room, id, PROCESS_VERDICT_DONE, 0, NULL);
    settle(room, id, PROCESS_VERDICT_DONE, 0, NULL);
    settle(room, id, PROCESS_VERDICT_UNKNOWN, 0, "nobody answered");
    assert_int_equal(process_of(room, id).step, 2);
    assert_ok(resolve(room, id, PROCESS_RESOLUTION_COMPENSATE));
    assert_int_equal(process_of(room, id).step, 1);
    assert_false(process_of(room, id).doubtful);
    settle(room, id, PROCESS_VERDICT_REJECTED, KT_NOT_FOUND, "no such thing");
    assert_int_equal(process_of(room, id).state, KT_PROCESS_INCIDENT);
    assert_ok(resolve(room, id, PROCESS_RESOLUTION_COMPENSATE));
    assert_int_equal(process_of(room, id).state, KT_PROCESS_UNDOING);
    assert_int_equal(process_of(room, id).step, 1);
    settle(room, id, PROCESS_VERDICT_DONE, 0, NULL);
    assert_int_equal(process_of(room, id).step, 0);
    settle(room, id, PROCESS_VERDICT_DONE, 0, NULL);
    assert_int_equal(process_of(room, id).state, KT_PROCESS_REJECTED);
}

/* ---- listing ---- */

/* However many there are that are not meant, a page costs no more than looking at so many. */
static void
a_search_is_done_in_parts(void **state)
{
    room_t *room = (room_t *)*state;
    process_list_processes_request_t request = PROCESS_LIST_PROCESSES_REQUEST_INIT;
    const void *answer;
    const process_list_processes_response_t *page;
    kt_ulid_t first, id;
    char text[ID_SIZE];

    assert_ok(order(room, "o-1", &first));
    settle(room, first, PROCESS_VERDICT_UNKNOWN, 0, "nobody answered");
    room_set_now(room, ROOM_NOW_US + 1000000); /* ids tell the order */
    for (uint32_t i = 0; i < KT_PROCESS_LOOKS_MAX; i++) {
        assert_ok(order(room, "o-2", &id));
        if (i % 100 == 0)
            room_forget(room);
    }
    request.state = PROCESS_STATE_INCIDENT;
    room_as(room, "ada", "auditor");
    assert_ok(room_call(room, "Processes/ListProcesses", &request.base, &answer));
    page = (const process_list_processes_response_t *)answer;
    assert_int_equal(page->n_processes, 0);
    assert_true(page->next_page_token[0] != '\0');
    request.page_token = page->next_page_token;
    assert_ok(room_call(room, "Processes/ListProcesses", &request.base, &answer));
    page = (const process_list_processes_response_t *)answer;
    assert_int_equal(page->n_processes, 1);
    kt_ulid_format(&first, text);
    assert_string_equal(page->processes[0]->process, text);
    assert_string_equal(page->next_page_token, "");
}

/* ---- the store fails ---- */

typedef kt_status_t (*act_t)(room_t *room, kt_ulid_t *id);

static kt_status_t
act_order(room_t *room, kt_ulid_t *id)
{
    return order(room, "o-1", id);
}

static kt_status_t
act_settle(room_t *room, kt_ulid_t id, uint64_t turn, process_verdict_t verdict)
{
    const settling_t s = {turn, verdict, KT_FAILED_PRECONDITION, "refused"};
    bool applied;
    kt_status_t status = settle_turn(room, id, &s, &applied);

    if (!kt_failed(status))
        assert_true(applied); /* and the same when it is answered again */
    return status;
}

/* Turns are numbered: 1 note, 2 take, 3 its incident's retry, 4 judged, 5 undo of take, 6 of note.
 */
static kt_status_t
act_note_done(room_t *room, kt_ulid_t *id)
{
    return act_settle(room, *id, 1, PROCESS_VERDICT_DONE);
}

static kt_status_t
act_take_unknown(room_t *room, kt_ulid_t *id)
{
    return act_settle(room, *id, 2, PROCESS_VERDICT_UNKNOWN);
}

static kt_status_t
act_retry(room_t *room, kt_ulid_t *id)
{
    return resolve(room, *id, PROCESS_RESOLUTION_RETRY);
}

static kt_status_t
act_take_done(room_t *room, kt_ulid_t *id)
{
    return act_settle(room, *id, 3, PROCESS_VERDICT_DONE);
}

static kt_status_t
act_judged_rejected(room_t *room, kt_ulid_t *id)
{
    return act_settle(room, *id, 4, PROCESS_VERDICT_REJECTED);
}

static kt_status_t
act_take_undone(room_t *room, kt_ulid_t *id)
{
    return act_settle(room, *id, 5, PROCESS_VERDICT_DONE);
}

static kt_status_t
act_note_undone(room_t *room, kt_ulid_t *id)
{
    return act_settle(room, *id, 6, PROCESS_VERDICT_DONE);
}

static void
every_store_operation_may_fail(void **state)
{
    static const struct {
        act_t act;
        uint32_t entries, turns, events; /* afterwards */
        kt_process_state_t state;
    } steps[] = {
        {act_order, 1, 1, 0, KT_PROCESS_RUNNING},
        {act_note_done, 2, 1, 0, KT_PROCESS_RUNNING},
        {act_take_unknown, 3, 0, 1, KT_PROCESS_INCIDENT},
        {act_retry, 4, 1, 1, KT_PROCESS_RUNNING},
        {act_take_done, 5, 1, 1, KT_PROCESS_RUNNING},
        {act_judged_rejected, 6, 1, 1, KT_PROCESS_UNDOING},
        {act_take_undone, 7, 1, 1, KT_PROCESS_UNDOING},
        {act_note_undone, 9, 0, 2, KT_PROCESS_REJECTED},
    };
    room_t *room = (room_t *)*state;
    kt_ulid_t id;
    uint64_t struck = 0;

    for (size_t i = 0; i < KT_COUNT(steps); i++) {
        kt_ulid_t key = kt_ulid_make(room_now(room), 7, i);
        kt_status_t status = kt_error(KT_UNAVAILABLE, 0, "");
        for (uint64_t n = 1; kt_failed(status); n++) {
            room_fail(room, n);
            room_with_key(room, &key);
            status = steps[i].act(room, &id);
            struck += room_struck(room);
            room_fail(room, 0);
            assert_int_equal(room_verify(room), 0);
            if (kt_failed(status))
                assert_int_equal(turns(room), i > 0 ? steps[i - 1].turns : 0);
            assert_true(n < 200);
        }
        room_with_key(room, &key);
        assert_ok(steps[i].act(room, &id)); /* the answer again */
        assert_int_equal(get(room, id)->n_timeline, steps[i].entries);
        assert_int_equal(get(room, id)->process->state, steps[i].state);
        assert_int_equal(turns(room), steps[i].turns);
        assert_int_equal(room_events(room), steps[i].events);
    }
    assert_true(struck > 20);
    assert_string_equal(room_event_type(room, 1), "process.incident");
    assert_string_equal(room_event_type(room, 2), "process.ended");
}

/* ---- a timeline that is full ---- */

static void
a_full_timeline_is_for_a_person(void **state)
{
    room_t *room = (room_t *)*state;
    kt_status_t status;
    kt_ulid_t id;
    uint32_t rounds = 0;

    assert_ok(order(room, "o-1", &id));
    do {
        if (process_of(room, id).turn != 0)
            settle(room, id, PROCESS_VERDICT_UNKNOWN, 0, "nobody answered");
        status = resolve(room, id, PROCESS_RESOLUTION_RETRY);
        room_forget(room);
        assert_true(++rounds < KT_PROCESS_TIMELINE_MAX);
    } while (!kt_failed(status));
    assert_status(status, KT_FAILED_PRECONDITION, KT_PROCESS_LATE);
    assert_status(resolve(room, id, PROCESS_RESOLUTION_SKIP), KT_FAILED_PRECONDITION,
                  KT_PROCESS_LATE);
    assert_int_equal(turns(room), 0);
    assert_string_equal(get(room, id)->process->note,
                        "the process goes in circles: its timeline is full");
    assert_ok(resolve(room, id, PROCESS_RESOLUTION_ABANDON));
    assert_int_equal(process_of(room, id).state, KT_PROCESS_ABANDONED);
    assert_true(process_of(room, id).entries <= KT_PROCESS_TIMELINE_MAX);
    assert_int_equal(get(room, id)->n_timeline, process_of(room, id).entries);
}

/* ---- texts from elsewhere ---- */

static const char *settled_with; /* by the note of the service below */

static kt_status_t
order_simply(kt_call_t *call, const shop_order_request_t *request, shop_order_response_t *response)
{
    kt_variable_t variable = {kt_span_str("order"), kt_span_str(request->type)};
    kt_ulid_t id = kt_call_new_id(call);

    response->process = (char *)kt_arena_alloc(call->arena, ID_SIZE);
    KT_TRY(
        kt_process_start(call, &shop_order_table, &id, kt_span_str(request->order), &variable, 1));
    kt_ulid_format(&id, response->process);
    return kt_ok();
}

static kt_status_t
settle_here(kt_call_t *call, const shop_note_request_t *request, shop_note_response_t *response)
{
    kt_settlement_t settlement = {.verdict = KT_VERDICT_UNKNOWN, .text = kt_span_str(settled_with)};
    kt_process_t process;
    bool applied;

    (void)response;
    assert_true(kt_ulid_parse(kt_span_str(request->note), &settlement.process));
    KT_TRY(kt_process_get(call, &settlement.process, &process));
    settlement.turn = process.turn;
    return kt_process_settle(call, call->processes, &settlement, &applied);
}

static room_t *
open_simple_shop(void)
{
    static const shop_shop_handlers_t HANDLERS = {
        .order = order_simply, .note = settle_here, .tear = settle_here};
    static kt_binding_t binding;
    static kt_service_t service;

    binding = shop_shop_bind(&HANDLERS);
    service = *shop_service();
    service.bindings = &binding;
    return room_open(&service);
}

static kt_status_t
start_simply(room_t *room, const char *subject, const char *value, const void **response)
{
    shop_order_request_t request = SHOP_ORDER_REQUEST_INIT;

    request.order = (char *)(uintptr_t)subject;
    request.type = (char *)(uintptr_t)value;
    room_as(room, "carla", "clerk");
    return room_call(room, "Shop/Order", &request.base, response);
}

/* N bytes of "a", then TAIL. */
static char *
long_text(char *out, size_t n, const char *tail)
{
    memset(out, 'a', n);
    strcpy(out + n, tail);
    return out;
}

static void
assert_note(const char *text, size_t a, const char *tail)
{
    room_t *room = open_simple_shop();
    shop_note_request_t request = SHOP_NOTE_REQUEST_INIT;
    const void *response;
    char expected[KT_PROCESS_NOTE_BYTES_MAX + 1];
    kt_ulid_t id;

    assert_ok(start_simply(room, "o-1", "x", &response));
    request.note = ((const shop_order_response_t *)response)->process;
    assert_true(kt_ulid_parse(kt_span_str(request.note), &id));
    settled_with = text;
    room_as(room, "shop", "department");
    assert_ok(room_call(room, "Shop/Note", &request.base, NULL));
    assert_string_equal(get(room, id)->process->note, long_text(expected, a, tail));
    assert_string_equal(get(room, id)->timeline[1]->text, expected);
    room_close(&room);
}

static void
notes_are_cut_between_characters(void **state)
{
    static const struct {
        size_t a;
        const char *tail;
        size_t left;
        const char *left_tail;
    } rows[] = {
        {0, "", 0, ""},
        {300, "", 300, ""},
        {301, "", 300, ""},
        {2000, "", 300, ""},
        {298, "\xC3\xA4", 298, "\xC3\xA4"}, /* two bytes that fit */
        {299, "\xC3\xA4", 299, ""},         /* and do not */
        {298, "\xE2\x82\xAC", 298, ""},     /* three, by one byte */
        {299, "\xE2\x82\xAC", 299, ""},     /* by two */
        {297, "\xE2\x82\xAC\xE2\x82\xAC", 297, "\xE2\x82\xAC"},
        {297, "\xF0\x9F\x98\x80", 297, ""}, /* four, by one */
        {296, "\xF0\x9F\x98\x80", 296, "\xF0\x9F\x98\x80"},
        {3,
         "\tb\x7F"
         "c\xC2\x85"
         "d\n",
         3, " b c  d\n"}, /* control characters */
        {2, "\xFF", 0, "a text that is no text"},
    };
    char text[2100];

    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        assert_note(long_text(text, rows[i].a, rows[i].tail), rows[i].left, rows[i].left_tail);
}

static void
starts_that_are_refused(void **state)
{
    static const struct {
        size_t subject, value;
        const char *subject_tail, *value_tail;
        kt_code_t code;
    } rows[] = {
        {KT_PROCESS_SUBJECT_BYTES_MAX, KT_PROCESS_TEXT_BYTES_MAX, "", "", KT_OK},
        {KT_PROCESS_SUBJECT_BYTES_MAX + 1, 0, "", "", KT_INVALID_ARGUMENT},
        {0, KT_PROCESS_TEXT_BYTES_MAX + 1, "", "", KT_INVALID_ARGUMENT},
        {1, 1, "\t", "", KT_INVALID_ARGUMENT},
        {1, 1, "", "\x01", KT_INVALID_ARGUMENT},
    };
    room_t *room = open_simple_shop();
    char subject[200], value[2000];

    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        assert_status(start_simply(room, long_text(subject, rows[i].subject, rows[i].subject_tail),
                                   long_text(value, rows[i].value, rows[i].value_tail), NULL),
                      rows[i].code, 0);
    assert_int_equal(turns(room), 1);
    room_close(&room);
}

#define ROOM_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(a_turn_is_settled_once),
        ROOM_TEST(verdicts_that_are_none),
        ROOM_TEST(a_wait_expires_at_its_deadline),
        ROOM_TEST(a_door_that_is_too_late_again_is_an_incident),
        ROOM_TEST(an_undo_that_is_refused),
        ROOM_TEST(an_undo_that_a_person_asks_for),
        ROOM_TEST(a_search_is_done_in_parts),
        ROOM_TEST(every_store_operation_may_fail),
        ROOM_TEST(a_full_timeline_is_for_a_person),
        cmocka_unit_test(notes_are_cut_between_characters),
        cmocka_unit_test(starts_that_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
