/* How the events of another department are read and taken, each call and answer given by hand: the
 * caller's loop is the test's own. */
#include "testing.h"

#include "caller.h"
#include "follow.h"
#include "shell.h"

#include <kantor/events/v1/events.kt.h>
#include <kt/time.h>
#include <stdlib.h>

#define NOW_US INT64_C(1000000)

static kt_caller_source_t source;
static uint32_t asked; /* EVENTS_FEED_..., of the last call */
static unsigned calls;
static char heard[64]; /* the subjects of news, each with a space */

void
kt_caller_add(kt_caller_loop_t *loop, const kt_caller_source_t *added)
{
    (void)loop;
    source = *added;
}

kt_status_t
kt_caller_call(kt_caller_loop_t *loop, const void *context, const kt_method_t *method,
               const kt_call_options_t *options, const ProtobufCMessage *request, uint64_t tag)
{
    (void)loop;
    (void)options;
    (void)request;
    assert_ptr_equal(context, source.context);
    assert_int_equal(tag, 0);
    asked = (uint32_t)(method - events_feed_service.methods);
    calls++;
    return kt_ok();
}

void
kt_caller_news(kt_caller_loop_t *loop, const char *department, kt_span_t subject)
{
    size_t size = strlen(heard);

    (void)loop;
    assert_string_equal(department, "north");
    (void)snprintf(heard + size, sizeof(heard) - size, "%.*s ", (int)subject.size,
                   (const char *)subject.data);
}

int64_t
kt_caller_backoff_us(kt_caller_loop_t *loop, unsigned failures)
{
    (void)loop;
    (void)failures;
    return KT_BACKOFF_MIN_US;
}

/* ---- a follower ---- */

typedef struct world {
    kt_shell_t *shell;
    struct kt_follow *follow;
} world_t;

static int
setup(void **state)
{
    static const kt_table_t tables[] = {KT_SYSTEM_TABLES, KT_SHARED_TABLES(KT_TABLE_FIRST)};
    static const char *const follows[] = {"north"};
    static const kt_service_t service = {
        .name = "south", .shared_first = KT_TABLE_FIRST, .follows = follows, .follows_count = 1};
    kt_kv_options_t options = {
        .service = "south", .format = 1, .tables = tables, .tables_count = KT_COUNT(tables)};
    world_t *w = (world_t *)calloc(1, sizeof(*w));

    assert_non_null(w);
    assert_int_equal(posix_memalign((void **)&w->shell, _Alignof(kt_shell_t), sizeof(kt_shell_t)),
                     0);
    memset(w->shell, 0, sizeof(*w->shell));
    w->shell->service = &service;
    assert_ok(kt_kv_open_ram(&options, &w->shell->store));
    assert_ok(kt_metrics_new(&w->shell->metrics));
    assert_ok(kt_follow_new(w->shell, &w->follow));
    calls = 0;
    heard[0] = '\0';
    *state = w;
    return 0;
}

static int
teardown(void **state)
{
    world_t *w = (world_t *)*state;

    kt_follow_destroy(&w->follow);
    kt_metrics_destroy(&w->shell->metrics);
    kt_kv_close(&w->shell->store);
    free(w->shell);
    free(w);
    return 0;
}

/* Whether it makes a call now, and then of which method. */
static bool
asks(uint32_t method, int64_t now_us)
{
    calls = 0;
    source.poll(source.context, NULL, now_us);
    assert_true(calls <= 1);
    return calls == 1 && asked == method;
}

static void
answer(const ProtobufCMessage *message, kt_status_t status, int64_t now_us)
{
    kt_reply_t reply = {.status = status, .message = (ProtobufCMessage *)(uintptr_t)message};

    source.done(source.context, NULL, 0, &reply, now_us);
}

static void
answer_read(uint64_t first, unsigned count, int64_t now_us)
{
    events_read_events_response_t read = EVENTS_READ_EVENTS_RESPONSE_INIT;
    events_event_t events[4], *list[4];
    char *subjects[] = {"a", "b", "c", "d"};

    assert_true(count <= KT_COUNT(events));
    for (unsigned i = 0; i < count; i++) {
        events[i] = (events_event_t)EVENTS_EVENT_INIT;
        events[i].sequence = first + i;
        events[i].subject = subjects[i];
        list[i] = &events[i];
    }
    read.n_events = count;
    read.events = list;
    read.last_sequence = first + count - 1;
    answer(&read.base, kt_ok(), now_us);
}

/* ---- */

/* One that is answered at once with nothing, though it was to wait, does not become a storm. */
static void
a_read_that_does_not_wait(void **state)
{
    (void)state;
    assert_true(asks(EVENTS_FEED_READ_EVENTS, NOW_US));
    answer_read(1, 0, NOW_US + 1000);
    assert_false(asks(EVENTS_FEED_READ_EVENTS, NOW_US + 2000));
    assert_int_equal(source.next_us(source.context), NOW_US + 100000);
    assert_true(asks(EVENTS_FEED_READ_EVENTS, NOW_US + 100000));
    answer_read(1, 0, NOW_US + 20000000); /* this one has waited */
    assert_true(asks(EVENTS_FEED_READ_EVENTS, NOW_US + 20000000));
}

static void
what_was_taken_is_told(void **state)
{
    events_take_events_response_t taken = EVENTS_TAKE_EVENTS_RESPONSE_INIT;

    (void)state;
    assert_true(asks(EVENTS_FEED_READ_EVENTS, NOW_US));
    answer_read(1, 2, NOW_US);
    assert_int_equal(asked, EVENTS_FEED_TAKE_EVENTS);
    assert_string_equal(heard, "");
    taken.taken = 2;
    taken.taken_sequence = 2;
    answer(&taken.base, kt_ok(), NOW_US);
    assert_string_equal(heard, "a b ");
    assert_true(asks(EVENTS_FEED_READ_EVENTS, NOW_US));
}

/* What was taken though the answer is lost is not read again: it is told all the same. */
static void
what_was_taken_without_an_answer_is_told(void **state)
{
    (void)state;
    assert_true(asks(EVENTS_FEED_READ_EVENTS, NOW_US));
    answer_read(1, 3, NOW_US);
    answer(NULL, kt_error(KT_DEADLINE_EXCEEDED, 0, "nobody answered"), NOW_US);
    assert_string_equal(heard, "a b c ");
    assert_false(asks(EVENTS_FEED_READ_EVENTS, NOW_US));
    assert_true(asks(EVENTS_FEED_READ_EVENTS, NOW_US + KT_BACKOFF_MIN_US));
}

#define FOLLOW_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FOLLOW_TEST(a_read_that_does_not_wait),
        FOLLOW_TEST(what_was_taken_is_told),
        FOLLOW_TEST(what_was_taken_without_an_answer_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
