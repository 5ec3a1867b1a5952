/* The machine that sends turns, alone with the shop's store: what becomes of turns when a look at
 * the outbox fails, the clock is set back, answers are too large or never come, and keys are too
 * old. */
#include "mill.h"
#include "room.h"

#include <kantor/process/v1/process.kt.h>
#include <kt/message.h>
#include <kt/process_run.h>
#include <kt/wire.h>
#include <stdlib.h>

#define DAY_US    (INT64_C(86400) * 1000000)
#define SENDS_MAX 8

/* What was sent last, and how much. */
typedef struct sent {
    uint64_t tag;
    char path[64];
    kt_ulid_t key;
    process_verdict_t verdict; /* of a Settle */
    size_t answer_size;
    char text[KT_PROCESS_NOTE_BYTES_MAX + 1];
} sent_t;

typedef struct desk {
    room_t *room;
    kt_run_t *run;
    bool busy; /* sends nothing */
    sent_t sent[SENDS_MAX];
    uint32_t count;
} desk_t;

static void
note_settlement(sent_t *sent, kt_span_t body)
{
    kt_arena_t *arena = kt_arena_new(4096, (size_t)16 << 20);
    ProtobufCMessage *message;
    const process_settle_request_t *settle;

    assert_ok(kt_message_unpack(arena, &process_settle_request_descriptor, body, &message));
    settle = (const process_settle_request_t *)message;
    sent->verdict = settle->verdict;
    sent->answer_size = settle->answer.len;
    (void)snprintf(sent->text, sizeof(sent->text), "%s", settle->text);
    kt_arena_destroy(&arena);
}

static bool
on_send(void *context, const kt_run_send_t *send)
{
    desk_t *desk = (desk_t *)context;
    sent_t *sent = &desk->sent[desk->count];

    if (desk->busy)
        return false;
    assert_true(desk->count < SENDS_MAX);
    desk->count++;
    *sent = (sent_t){.tag = send->tag};
    (void)snprintf(sent->path, sizeof(sent->path), "%s", strrchr(send->method->path, '/') + 1);
    if (send->key)
        sent->key = *send->key;
    if (strcmp(sent->path, "Settle") == 0)
        note_settlement(sent, send->body);
    return true;
}

static int
setup(void **state)
{
    desk_t *desk = (desk_t *)calloc(1, sizeof(*desk));
    kt_run_options_t options = {.department = "shop",
                                .processes = &shop_processes,
                                .send = on_send,
                                .context = desk,
                                .seed = 7};

    assert_non_null(desk);
    desk->room = room_open(shop_service());
    desk->run = kt_run_new(&options);
    assert_non_null(desk->run);
    *state = desk;
    return 0;
}

static int
teardown(void **state)
{
    desk_t *desk = (desk_t *)*state;

    kt_run_destroy(&desk->run);
    room_close(&desk->room);
    free(desk);
    return 0;
}

static kt_ulid_t
order(desk_t *desk)
{
    shop_order_request_t request = SHOP_ORDER_REQUEST_INIT;
    const void *response;
    kt_ulid_t id;

    request.order = "o-1";
    request.amount = 30;
    request.at_us = ROOM_NOW_US;
    room_as(desk->room, "carla", "clerk");
    assert_ok(room_call(desk->room, "Shop/Order", &request.base, &response));
    assert_true(
        kt_ulid_parse(kt_span_str(((const shop_order_response_t *)response)->process), &id));
    return id;
}

/* Settles the turn that the instance has, past the machine. */
static void
settle(desk_t *desk, kt_ulid_t id, process_verdict_t verdict)
{
    process_settle_request_t request = PROCESS_SETTLE_REQUEST_INIT;
    char text[KT_ULID_CHARS + 1];
    kt_process_t process;

    assert_ok(kt_process_get(room_read(desk->room), &id, &process));
    room_read_end(desk->room);
    kt_ulid_format(&id, text);
    request.process = text;
    request.turn = process.turn;
    request.verdict = verdict;
    room_as(desk->room, "shop", "department");
    assert_ok(room_call(desk->room, "Processes/Settle", &request.base, NULL));
}

/* Looks at the outbox with so much memory. */
static kt_status_t
look(desk_t *desk, int64_t now_us, size_t memory)
{
    kt_call_t *call = room_read(desk->room);
    kt_arena_t *own = call->arena, *arena = kt_arena_new(256, memory);
    kt_status_t status;

    assert_non_null(arena);
    call->arena = arena;
    status = kt_run_poll(desk->run, call, now_us);
    call->arena = own;
    kt_arena_destroy(&arena);
    room_read_end(desk->room);
    return status;
}

/* Looks as long as there is something to do; returns what was sent last by it, or NULL. */
static const sent_t *
poll(desk_t *desk, int64_t now_us)
{
    desk->count = 0;
    do {
        assert_ok(look(desk, now_us, (size_t)16 << 20));
    } while (kt_run_next_us(desk->run) <= now_us);
    return desk->count > 0 ? &desk->sent[desk->count - 1] : NULL;
}

static void
answer(desk_t *desk, uint64_t tag, kt_span_t body, int64_t now_us)
{
    const kt_run_reply_t reply = {.body = body};

    kt_run_answer(desk->run, tag, &reply, now_us);
}

static void
fail_with(desk_t *desk, uint64_t tag, kt_code_t code, const char *reason, int64_t now_us)
{
    const kt_run_reply_t reply = {
        .status = kt_error(code, 0, "said so"), .domain = "kantor.rpc", .reason = reason};

    kt_run_answer(desk->run, tag, &reply, now_us);
}

/* ---- looking ---- */

/* However little memory there was, the turn is sent soon after there is enough; and it is no fault
 * of the process. */
static void
a_look_that_fails_is_repeated(void **state)
{
    desk_t *desk = (desk_t *)*state;
    int64_t now_us = ROOM_NOW_US;
    unsigned failures = 0;

    for (size_t memory = 256; memory < 262144; memory += memory / 8) {
        const sent_t *sent;
        kt_status_t status;

        (void)order(desk);
        desk->count = 0;
        status = look(desk, now_us, memory);
        if (!kt_failed(status)) {
            assert_int_equal(desk->count, 1);
            continue;
        }
        failures++;
        assert_int_equal(status.code, KT_RESOURCE_EXHAUSTED);
        assert_int_equal(desk->count, 0);
        now_us += KT_RUN_BACKOFF_MIN_US;
        assert_true(kt_run_next_us(desk->run) <= now_us);
        sent = poll(desk, now_us);
        assert_non_null(sent);
        assert_string_equal(sent->path, "Note");
    }
    assert_true(failures > 10);
}

static void
a_clock_that_is_set_back_delays_nothing(void **state)
{
    desk_t *desk = (desk_t *)*state;
    const sent_t *sent;

    (void)order(desk);
    desk->busy = true;
    assert_null(poll(desk, ROOM_NOW_US + DAY_US / 2));
    desk->busy = false;
    sent = poll(desk, ROOM_NOW_US);
    assert_non_null(sent);
    assert_string_equal(sent->path, "Note");
}

/* ---- answers ---- */

/* Of an answer of which nothing is kept nothing is told, however large it is. */
static void
what_is_not_kept_is_not_told(void **state)
{
    static const uint8_t LARGE[KT_BODY_BYTES_MAX];
    desk_t *desk = (desk_t *)*state;
    const sent_t *sent;

    (void)order(desk);
    sent = poll(desk, ROOM_NOW_US);
    answer(desk, sent->tag, kt_span(LARGE, sizeof(LARGE)), ROOM_NOW_US);
    sent = poll(desk, ROOM_NOW_US);
    assert_string_equal(sent->path, "Settle");
    assert_int_equal(sent->verdict, PROCESS_VERDICT_DONE);
    assert_int_equal(sent->answer_size, 0);
}

/* One that is too large to be told is no answer: at the deadline that is for a person. */
static void
an_answer_that_is_too_large(void **state)
{
    static const uint8_t LARGE[KT_BODY_BYTES_MAX];
    desk_t *desk = (desk_t *)*state;
    const sent_t *sent;

    settle(desk, order(desk), PROCESS_VERDICT_DONE);
    sent = poll(desk, ROOM_NOW_US);
    assert_string_equal(sent->path, "Take");
    answer(desk, sent->tag, kt_span(LARGE, sizeof(LARGE)), ROOM_NOW_US);
    assert_null(poll(desk, ROOM_NOW_US));
    sent = poll(desk, ROOM_NOW_US + DAY_US);
    assert_string_equal(sent->path, "Take");
    answer(desk, sent->tag, kt_span(LARGE, sizeof(LARGE)), ROOM_NOW_US + DAY_US);
    sent = poll(desk, ROOM_NOW_US + 2 * DAY_US);
    assert_string_equal(sent->path, "Settle");
    assert_int_equal(sent->verdict, PROCESS_VERDICT_UNKNOWN);
    assert_string_equal(sent->text, "the answer is larger than a process can keep");
}

/* A question is asked past its deadline until it is answered, but not for ever. */
static void
a_question_that_nobody_answers(void **state)
{
    desk_t *desk = (desk_t *)*state;
    int64_t deadline_us = ROOM_NOW_US + 2 * DAY_US;
    kt_ulid_t id = order(desk);
    const sent_t *sent;

    settle(desk, id, PROCESS_VERDICT_DONE);
    settle(desk, id, PROCESS_VERDICT_DONE);
    sent = poll(desk, ROOM_NOW_US);
    assert_string_equal(sent->path, "Look");
    fail_with(desk, sent->tag, KT_UNIMPLEMENTED, "NO_METHOD", ROOM_NOW_US);
    sent = poll(desk, deadline_us);
    assert_string_equal(sent->path, "Look");
    fail_with(desk, sent->tag, KT_UNIMPLEMENTED, "NO_METHOD", deadline_us);
    sent = poll(desk, deadline_us + DAY_US - 1);
    assert_string_equal(sent->path, "Look");
    fail_with(desk, sent->tag, KT_UNIMPLEMENTED, "NO_METHOD", deadline_us + DAY_US - 1);
    sent = poll(desk, deadline_us + 2 * DAY_US);
    assert_string_equal(sent->path, "Settle");
    assert_int_equal(sent->verdict, PROCESS_VERDICT_UNKNOWN);
    assert_string_equal(sent->text, "said so");
}

/* ---- settling ---- */

/* The own store may have been full for longer than keys live. */
static void
a_settlement_whose_key_is_too_old_has_another(void **state)
{
    static const struct {
        kt_code_t code;
        const char *reason;
        bool same;
    } rows[] = {{KT_RESOURCE_EXHAUSTED, "STORE_FULL", true},
                {KT_FAILED_PRECONDITION, "KEY_TOO_OLD", false},
                {KT_FAILED_PRECONDITION, "KEY_FROM_FUTURE", false}};
    desk_t *desk = (desk_t *)*state;
    int64_t now_us = ROOM_NOW_US;
    const sent_t *sent;

    (void)order(desk);
    sent = poll(desk, now_us);
    answer(desk, sent->tag, kt_span(NULL, 0), now_us);
    sent = poll(desk, now_us);
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_ulid_t key = sent->key;
        assert_string_equal(sent->path, "Settle");
        fail_with(desk, sent->tag, rows[i].code, rows[i].reason, now_us);
        now_us += DAY_US;
        sent = poll(desk, now_us);
        assert_non_null(sent);
        assert_int_equal(memcmp(&key, &sent->key, sizeof(key)) == 0, rows[i].same);
    }
}

/* A wait that expired by a clock that was ahead is asked again, and may still be answered. */
static void
a_wait_that_has_not_expired_goes_on(void **state)
{
    desk_t *desk = (desk_t *)*state;
    int64_t ahead_us = ROOM_NOW_US + 3 * DAY_US;
    kt_ulid_t id = order(desk);
    mill_thing_t thing = MILL_THING_INIT;
    uint8_t body[64];
    const sent_t *sent;

    settle(desk, id, PROCESS_VERDICT_DONE);
    settle(desk, id, PROCESS_VERDICT_DONE);
    thing.state = MILL_THING_STATE_NEW;
    sent = poll(desk, ahead_us);
    assert_string_equal(sent->path, "Look");
    answer(desk, sent->tag, kt_span(body, protobuf_c_message_pack(&thing.base, body)), ahead_us);
    sent = poll(desk, ahead_us);
    assert_int_equal(sent->verdict, PROCESS_VERDICT_EXPIRED);
    fail_with(desk, sent->tag, KT_FAILED_PRECONDITION, NULL, ROOM_NOW_US);
    thing.state = MILL_THING_STATE_GOOD;
    sent = poll(desk, ROOM_NOW_US + DAY_US);
    assert_non_null(sent);
    assert_string_equal(sent->path, "Look");
    answer(desk, sent->tag, kt_span(body, protobuf_c_message_pack(&thing.base, body)),
           ROOM_NOW_US + DAY_US);
    sent = poll(desk, ROOM_NOW_US + DAY_US);
    assert_int_equal(sent->verdict, PROCESS_VERDICT_DONE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_look_that_fails_is_repeated, setup, teardown),
        cmocka_unit_test_setup_teardown(a_clock_that_is_set_back_delays_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_kept_is_not_told, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_that_is_too_large, setup, teardown),
        cmocka_unit_test_setup_teardown(a_question_that_nobody_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wait_that_has_not_expired_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_settlement_whose_key_is_too_old_has_another, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
