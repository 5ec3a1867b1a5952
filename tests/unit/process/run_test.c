/* Who sends what is in the outbox, and when again: each answer is given by hand. */
#include "mill.h"
#include "room.h"

#include <kantor/process/v1/process.kt.h>
#include <kt/message.h>
#include <kt/process_run.h>
#include <stdlib.h>

#define ID_SIZE   (KT_ULID_CHARS + 1)
#define DAY_US    (INT64_C(86400) * 1000000)
#define MINUTE_US (INT64_C(60) * 1000000)
#define BODY_MAX  4096

/* The last call that was sent. */
typedef struct sent {
    uint64_t tag;
    const kt_method_t *method;
    kt_ulid_t key;
    bool has_key;
    uint8_t body[BODY_MAX];
    size_t size;
} sent_t;

typedef struct desk {
    room_t *room;
    kt_run_t *run;
    kt_arena_t *arena;
    sent_t sent;
    unsigned count; /* of calls since they were looked at */
    bool closed;    /* nothing can be sent */
    kt_ulid_t id;
    int64_t now_us;
} desk_t;

static bool
on_send(void *context, const kt_run_send_t *send)
{
    desk_t *d = (desk_t *)context;

    if (d->closed)
        return false;
    d->count++;
    d->sent = (sent_t){.tag = send->tag, .method = send->method, .size = send->body.size};
    d->sent.has_key = send->key != NULL;
    if (send->key)
        d->sent.key = *send->key;
    assert_true(send->body.size <= BODY_MAX);
    if (send->body.size > 0)
        memcpy(d->sent.body, send->body.data, send->body.size);
    return true;
}

static void
start_run(desk_t *d)
{
    const kt_run_options_t options = {.department = "shop",
                                      .processes = &shop_processes,
                                      .send = on_send,
                                      .context = d,
                                      .seed = 7};

    kt_run_destroy(&d->run);
    d->run = kt_run_new(&options);
    assert_non_null(d->run);
}

static void
order(desk_t *d)
{
    shop_order_request_t request = SHOP_ORDER_REQUEST_INIT;
    const void *response;

    request.order = "o-1";
    request.amount = 30;
    request.at_us = ROOM_NOW_US + DAY_US;
    room_as(d->room, "carla", "clerk");
    assert_ok(room_call(d->room, "Shop/Order", &request.base, &response));
    assert_true(
        kt_ulid_parse(kt_span_str(((const shop_order_response_t *)response)->process), &d->id));
}

static int
setup(void **state)
{
    desk_t *d = (desk_t *)calloc(1, sizeof(*d));

    assert_non_null(d);
    d->room = room_open(shop_service());
    d->arena = kt_arena_new(4096, 1 << 20);
    d->now_us = ROOM_NOW_US;
    start_run(d);
    order(d);
    *state = d;
    return 0;
}

static int
teardown(void **state)
{
    desk_t *d = (desk_t *)*state;

    kt_run_destroy(&d->run);
    kt_arena_destroy(&d->arena);
    room_close(&d->room);
    free(d);
    return 0;
}

/* ---- one look, one answer ---- */

static void
poll(desk_t *d)
{
    room_set_now(d->room, d->now_us);
    assert_ok(kt_run_poll(d->run, room_read(d->room), d->now_us));
    room_read_end(d->room);
}

/* Looks, and asserts that one call of METHOD ("Mill/Take") was sent. */
static void
assert_sends(desk_t *d, const char *method)
{
    d->count = 0;
    poll(d);
    assert_int_equal(d->count, 1);
    assert_string_equal(strrchr(d->sent.method->path, '.') + 1, method);
}

static void
assert_rests(desk_t *d)
{
    d->count = 0;
    poll(d);
    assert_int_equal(d->count, 0);
}

static void
answer(desk_t *d, const kt_run_reply_t *reply)
{
    kt_run_answer(d->run, d->sent.tag, reply, d->now_us);
}

static void
answer_ok(desk_t *d, const ProtobufCMessage *message)
{
    kt_run_reply_t reply = {.status = kt_ok()};

    assert_ok(kt_message_pack(d->arena, message, &reply.body));
    answer(d, &reply);
}

static void
answer_silence(desk_t *d)
{
    answer(d, &(kt_run_reply_t){.status = kt_error(KT_UNAVAILABLE, 0, "nobody answered"),
                                .domain = "kantor.rpc",
                                .outcome_unknown = true});
}

static void
answer_note(desk_t *d)
{
    shop_note_response_t noted = SHOP_NOTE_RESPONSE_INIT;

    answer_ok(d, &noted.base);
}

static void
answer_thing(desk_t *d, mill_thing_state_t state)
{
    mill_thing_t thing = MILL_THING_INIT;

    thing.state = state;
    answer_ok(d, &thing.base);
}

static const process_settle_request_t *
settlement(desk_t *d)
{
    ProtobufCMessage *message;

    assert_ok(kt_message_unpack(d->arena, &process_settle_request_descriptor,
                                kt_span(d->sent.body, d->sent.size), &message));
    return (const process_settle_request_t *)message;
}

/* The settlement is sent, and carried out by the own department. Returns it. */
static const process_settle_request_t *
settles(desk_t *d, process_verdict_t verdict)
{
    kt_span_t body;
    const process_settle_request_t *request;

    assert_sends(d, "Processes/Settle");
    request = settlement(d);
    assert_int_equal(request->verdict, verdict);
    room_as(d->room, "shop", "department");
    room_with_key(d->room, &d->sent.key);
    assert_ok(
        room_call_packed(d->room, d->sent.method, kt_span(d->sent.body, d->sent.size), &body));
    answer(d, &(kt_run_reply_t){.status = kt_ok(), .body = body});
    return request;
}

static void
go_to_take(desk_t *d)
{
    assert_sends(d, "Shop/Note");
    answer_note(d);
    (void)settles(d, PROCESS_VERDICT_DONE);
}

static void
go_to_wait(desk_t *d)
{
    go_to_take(d);
    assert_sends(d, "Mill/Take");
    answer_thing(d, MILL_THING_STATE_NEW);
    (void)settles(d, PROCESS_VERDICT_DONE);
}

/* The thing that the wait asks for: the process's id, as names are written. */
static kt_span_t
thing(const desk_t *d, char name[ID_SIZE])
{
    kt_ulid_format_name(&d->id, name);
    return kt_span_str(name);
}

/* ---- commands ---- */

static void
only_what_is_kept_is_told(void **state)
{
    desk_t *d = (desk_t *)*state;
    mill_thing_t taken = MILL_THING_INIT;

    assert_sends(d, "Shop/Note");
    answer_note(d);
    assert_int_equal(settles(d, PROCESS_VERDICT_DONE)->answer.len, 0);
    assert_sends(d, "Mill/Take");
    taken.thing = "t";
    taken.state = MILL_THING_STATE_NEW;
    answer_ok(d, &taken.base);
    assert_true(settles(d, PROCESS_VERDICT_DONE)->answer.len > 0);
    assert_sends(d, "Mill/Look");
    answer_thing(d, MILL_THING_STATE_GOOD);
    assert_int_equal(settles(d, PROCESS_VERDICT_DONE)->answer.len, 0);
    assert_int_equal(kt_run_stat(d->run).settled, 3);
}

static void
silence_is_followed_by_the_same_call(void **state)
{
    desk_t *d = (desk_t *)*state;
    kt_ulid_t key;

    assert_sends(d, "Shop/Note");
    assert_true(d->sent.has_key);
    key = d->sent.key;
    for (unsigned i = 0; i < 20; i++) {
        answer_silence(d);
        assert_rests(d);
        assert_in_range(kt_run_next_us(d->run) - d->now_us, KT_RUN_BACKOFF_MIN_US / 2,
                        KT_RUN_BACKOFF_MAX_US);
        d->now_us = kt_run_next_us(d->run);
        if (i == 10) /* what was sent before is forgotten; its key is not */
            start_run(d);
        assert_sends(d, "Shop/Note");
        assert_memory_equal(&d->sent.key, &key, sizeof(key));
    }
    answer_note(d);
    (void)settles(d, PROCESS_VERDICT_DONE);
}

static void
which_answers_are_a_no(void **state)
{
    static const struct {
        kt_code_t code;
        const char *domain, *reason;
        bool unknown, no;
    } rows[] = {
        {KT_FAILED_PRECONDITION, "kantor.shop", "EMPTY", false, true},
        {KT_NOT_FOUND, "kantor.shop", "UNKNOWN", false, true},
        {KT_PERMISSION_DENIED, "kantor.shop", "NOT_YOURS", false, true},
        {KT_INVALID_ARGUMENT, "kantor.rpc", "BAD_FIELD", false, true},
        {KT_FAILED_PRECONDITION, "kantor.shop", "EMPTY", true, false},
        {KT_FAILED_PRECONDITION, NULL, NULL, false, false},
        {KT_UNAVAILABLE, "kantor.shop", "CLOSED", false, false},
        {KT_INTERNAL, "kantor.shop", "BUG", false, false},
        {KT_DATA_LOSS, "kantor.shop", "LOST", false, false},
        {KT_ABORTED, "kantor.shop", "AGAIN", false, false},
        {KT_PERMISSION_DENIED, "kantor.rpc", "ROLE_MISSING", false, false},
        {KT_UNAVAILABLE, "kantor.rpc", "NO_INSTANCE", false, false},
        {KT_DEADLINE_EXCEEDED, "kantor.rpc", NULL, false, false},
        {KT_INVALID_ARGUMENT, "kantor.rpc", NULL, false, false},
    };

    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        void *own;
        const kt_run_reply_t reply = {.status = kt_error(rows[i].code, 0, "no"),
                                      .domain = rows[i].domain,
                                      .reason = rows[i].reason,
                                      .outcome_unknown = rows[i].unknown};
        assert_int_equal(setup(&own), 0);
        desk_t *d = (desk_t *)own;
        assert_sends(d, "Shop/Note");
        answer(d, &reply);
        if (rows[i].no)
            assert_int_equal(settles(d, PROCESS_VERDICT_REJECTED)->code, rows[i].code);
        else
            assert_rests(d);
        assert_int_equal(kt_run_stat(d->run).silent, !rows[i].no);
        assert_int_equal(teardown(&own), 0);
    }
}

/* A refusal may say more than can be told, and whatever it says is told as text. */
static void
long_refusals_are_cut(void **state)
{
    desk_t *d = (desk_t *)*state;
    char text[1001];

    for (size_t i = 0; i + 2 < sizeof(text); i += 2)
        memcpy(text + i + 1, "\xC3\xA4", 2); /* at odd places, so that 300 is inside one */
    text[0] = 'x';
    text[999] = '\0';
    assert_sends(d, "Shop/Note");
    answer(d, &(kt_run_reply_t){.status = kt_error(KT_FAILED_PRECONDITION, 0, text),
                                .domain = "kantor.shop"});
    assert_int_equal(strlen(settles(d, PROCESS_VERDICT_REJECTED)->text), 299);
}

/* After its deadline a command is tried once more, whether it was tried before or nobody was here.
 */
static void
a_command_is_tried_at_its_deadline(void **state)
{
    desk_t *d = (desk_t *)*state;

    d->now_us = ROOM_NOW_US + 3 * DAY_US;
    assert_sends(d, "Shop/Note");
    answer_note(d);
    (void)settles(d, PROCESS_VERDICT_DONE);
    assert_sends(d, "Mill/Take");
    answer_silence(d);
    d->now_us += DAY_US;
    assert_sends(d, "Mill/Take");
    answer_silence(d);
    d->now_us += MINUTE_US;
    assert_string_equal((poll(d), settles(d, PROCESS_VERDICT_UNKNOWN))->text, "nobody answered");
    assert_rests(d);
    assert_int_equal(kt_run_next_us(d->run), INT64_MAX);
}

static void
what_cannot_leave_waits(void **state)
{
    desk_t *d = (desk_t *)*state;

    d->closed = true;
    assert_rests(d);
    d->closed = false;
    d->now_us = kt_run_next_us(d->run);
    assert_in_range(d->now_us - ROOM_NOW_US, 1, KT_RUN_BACKOFF_MIN_US);
    assert_sends(d, "Shop/Note");
    answer_note(d);
    d->closed = true; /* and so does what is to be told */
    assert_rests(d);
    d->closed = false;
    d->now_us = kt_run_next_us(d->run);
    (void)settles(d, PROCESS_VERDICT_DONE);
}

/* ---- waits ---- */

static void
a_question_is_asked_ever_more_rarely(void **state)
{
    desk_t *d = (desk_t *)*state;
    int64_t longest = KT_RUN_ASK_MIN_US;

    go_to_wait(d);
    for (unsigned i = 0; i < 20; i++) {
        assert_sends(d, "Mill/Look");
        assert_false(d->sent.has_key);
        answer_thing(d, MILL_THING_STATE_NEW);
        assert_rests(d);
        assert_in_range(kt_run_next_us(d->run) - d->now_us, longest / 2, longest);
        longest = KT_MIN(2 * longest, KT_RUN_ASK_MAX_US);
        d->now_us = kt_run_next_us(d->run);
    }
    assert_int_equal(longest, KT_RUN_ASK_MAX_US);
}

static void
news_has_it_asked_at_once(void **state)
{
    desk_t *d = (desk_t *)*state;
    char name[ID_SIZE];

    go_to_wait(d);
    assert_sends(d, "Mill/Look");
    answer_thing(d, MILL_THING_STATE_NEW);
    kt_run_news(d->run, kt_span_str("other"), d->now_us);
    assert_rests(d);
    kt_run_news(d->run, thing(d, name), d->now_us);
    assert_sends(d, "Mill/Look");
    answer_thing(d, MILL_THING_STATE_GOOD);
    (void)settles(d, PROCESS_VERDICT_DONE);
}

/* The answer that is on its way may be from before the news: it is asked as if for the first time.
 */
static void
news_while_it_is_asked_has_it_asked_again(void **state)
{
    desk_t *d = (desk_t *)*state;
    char name[ID_SIZE];

    go_to_wait(d);
    for (unsigned i = 0; i < 20; i++) {
        assert_sends(d, "Mill/Look");
        if (i >= 10)
            kt_run_news(d->run, thing(d, name), d->now_us);
        assert_rests(d);
        answer_thing(d, MILL_THING_STATE_NEW);
        if (i >= 10)
            assert_true(kt_run_next_us(d->run) - d->now_us <= KT_RUN_ASK_MIN_US);
        d->now_us = kt_run_next_us(d->run);
    }
}

static void
at_its_deadline_it_is_asked_for_the_last_time(void **state)
{
    desk_t *d = (desk_t *)*state;
    char name[ID_SIZE];

    go_to_wait(d);
    d->now_us = ROOM_NOW_US + 2 * DAY_US - 1;
    assert_sends(d, "Mill/Look");
    answer_thing(d, MILL_THING_STATE_NEW);
    assert_int_equal(kt_run_next_us(d->run), ROOM_NOW_US + 2 * DAY_US);
    d->now_us = kt_run_next_us(d->run);
    assert_sends(d, "Mill/Look");
    answer_silence(d); /* is no answer */
    d->now_us += MINUTE_US;
    assert_sends(d, "Mill/Look");
    kt_run_news(d->run, thing(d, name), d->now_us);
    answer_thing(d, MILL_THING_STATE_NEW); /* perhaps from before the news */
    assert_sends(d, "Mill/Look");
    answer_thing(d, MILL_THING_STATE_NEW);
    poll(d);
    (void)settles(d, PROCESS_VERDICT_EXPIRED);
    assert_sends(d, "Mill/Shut");
    assert_true(d->sent.has_key);
}

static void
what_never_will_be_is_a_no(void **state)
{
    desk_t *d = (desk_t *)*state;

    go_to_wait(d);
    assert_sends(d, "Mill/Look");
    answer_thing(d, MILL_THING_STATE_BAD);
    assert_string_equal(settles(d, PROCESS_VERDICT_REJECTED)->text, "state is BAD");
    assert_sends(d, "Mill/Give");
}

/* ---- answers that are for nobody ---- */

static void
answers_for_nobody(void **state)
{
    desk_t *d = (desk_t *)*state;
    sent_t first;

    assert_sends(d, "Shop/Note");
    first = d->sent;
    d->sent.tag = 99;
    answer_silence(d);
    d->sent = first;
    answer_note(d);
    answer_silence(d); /* a second time */
    assert_int_equal(kt_run_stat(d->run).inflight, 0);
    assert_int_equal(kt_run_stat(d->run).silent, 0);
    (void)settles(d, PROCESS_VERDICT_DONE);
    d->sent = first;
    answer_note(d);
    assert_int_equal(kt_run_stat(d->run).settled, 1);
    assert_sends(d, "Mill/Take");
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(only_what_is_kept_is_told),
        DESK_TEST(silence_is_followed_by_the_same_call),
        cmocka_unit_test(which_answers_are_a_no),
        DESK_TEST(long_refusals_are_cut),
        DESK_TEST(a_command_is_tried_at_its_deadline),
        DESK_TEST(what_cannot_leave_waits),
        DESK_TEST(a_question_is_asked_ever_more_rarely),
        DESK_TEST(news_has_it_asked_at_once),
        DESK_TEST(news_while_it_is_asked_has_it_asked_again),
        DESK_TEST(at_its_deadline_it_is_asked_for_the_last_time),
        DESK_TEST(what_never_will_be_is_a_no),
        DESK_TEST(answers_for_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
