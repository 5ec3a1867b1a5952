/* Two departments that follow each other behind a real broker: events arrive each once and in
 * order, whoever restarts when; what may be asked of a feed and what is refused; and that what a
 * department says of its journal is kept. */
#include "testing.h"

#include "crier.h"
#include "shell.h"
#include "stage.h"

#include <kantor/events/v1/events.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kantor/store/v1/store.kt.h>
#include <kt/time.h>

static const stage_principal_t principals[] = {
    {"ann", "clerk auditor it.operator", NULL},
    {"north", "department", "north"},
    {"south", "department", "south"},
    {"bob", NULL, NULL},
    {NULL, NULL, NULL},
};

typedef struct world {
    stage_t *stage;
    kt_shell_t *north, *south;
    kt_client_t *ann;
    kt_reply_t reply;
} world_t;

static int
setup(void **state)
{
    world_t *w = (world_t *)calloc(1, sizeof(*w));

    assert_non_null(w);
    w->stage = stage_new(principals);
    w->north = stage_start(w->stage, crier_north(), NULL);
    w->south = stage_start(w->stage, crier_south(), NULL);
    w->ann = stage_client(w->stage, "ann");
    assert_ok(kt_reply_init(&w->reply));
    *state = w;
    return 0;
}

static int
teardown(void **state)
{
    world_t *w = (world_t *)*state;

    kt_reply_fini(&w->reply);
    kt_client_destroy(&w->ann);
    kt_shell_destroy(&w->north);
    kt_shell_destroy(&w->south);
    stage_destroy(&w->stage);
    free(w);
    return 0;
}

/* ---- calls ---- */

static kt_status_t
say_as(world_t *w, kt_client_t *client, const kt_service_t *service, const char *subject)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;

    request.payload = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)subject,
                                            .len = strlen(subject)};
    return kt_client_call(client, &crier_methods(service)[CRIER_SAY], NULL, &request.base,
                          &w->reply);
}

/* The events FROM to TO, their subjects their numbers. */
static void
say(world_t *w, const kt_service_t *service, unsigned from, unsigned to)
{
    for (unsigned i = from; i <= to; i++) {
        char subject[16];
        snprintf(subject, sizeof(subject), "n%u", i);
        assert_ok(say_as(w, w->ann, service, subject));
    }
}

/* Waits until COUNT events were taken and asserts that they are 1 to COUNT, each once. */
static void
assert_heard(world_t *w, const kt_service_t *service, unsigned count)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    const echo_echo_response_t *heard;
    char expected[1 << 15] = "";
    size_t size = 0;

    request.hold_ms = count;
    assert_ok(kt_client_call(w->ann, &crier_methods(service)[CRIER_HEARD], NULL, &request.base,
                             &w->reply));
    heard = (const echo_echo_response_t *)w->reply.message;
    for (unsigned i = 1; i <= count; i++)
        size += (size_t)snprintf(expected + size, sizeof(expected) - size, "%u n%u\n", i, i);
    assert_span_equal(kt_span(heard->payload.data, heard->payload.len), kt_span(expected, size));
}

static kt_status_t
feed(world_t *w, kt_client_t *client, const char *department, uint32_t method,
     const ProtobufCMessage *request)
{
    kt_call_options_t options = {.department = department};

    return kt_client_call(client, &events_feed_service.methods[method], &options, request,
                          &w->reply);
}

static kt_status_t
read_events(world_t *w, uint64_t from, uint32_t max, uint32_t wait_ms)
{
    events_read_events_request_t request = EVENTS_READ_EVENTS_REQUEST_INIT;

    request.from_sequence = from;
    request.max = max;
    request.wait_ms = wait_ms;
    return feed(w, w->ann, "north", EVENTS_FEED_READ_EVENTS, &request.base);
}

static const events_read_events_response_t *
read_answer(const world_t *w)
{
    return (const events_read_events_response_t *)w->reply.message;
}

/* ---- following ---- */

static void
each_hears_the_other(void **state)
{
    world_t *w = (world_t *)*state;

    say(w, crier_north(), 1, 250);
    say(w, crier_south(), 1, 3);
    assert_heard(w, crier_south(), 250);
    assert_heard(w, crier_north(), 3);
}

static void
restart(world_t *w, kt_shell_t **shell, const kt_service_t *service)
{
    kt_shell_destroy(shell);
    *shell = stage_start(w->stage, service, NULL);
}

static void
nothing_is_lost_when_the_follower_restarts(void **state)
{
    world_t *w = (world_t *)*state;

    for (unsigned i = 0; i < 4; i++) {
        say(w, crier_north(), 20 * i + 1, 20 * i + 20);
        restart(w, &w->south, crier_south());
    }
    assert_heard(w, crier_south(), 80);
    kt_shell_destroy(&w->south);
    say(w, crier_north(), 81, 100);
    w->south = stage_start(w->stage, crier_south(), NULL);
    assert_heard(w, crier_south(), 100);
}

static void
nothing_is_lost_when_the_followed_restarts(void **state)
{
    world_t *w = (world_t *)*state;

    for (unsigned i = 0; i < 4; i++) {
        say(w, crier_north(), 20 * i + 1, 20 * i + 20);
        restart(w, &w->north, crier_north());
    }
    assert_heard(w, crier_south(), 80);
}

static void
nothing_is_lost_when_the_broker_restarts(void **state)
{
    world_t *w = (world_t *)*state;

    for (unsigned i = 0; i < 3; i++) {
        say(w, crier_north(), 20 * i + 1, 20 * i + 20);
        stage_stop_broker(w->stage);
        stage_start_broker(w->stage);
    }
    assert_heard(w, crier_south(), 60);
}

static void
without_clients(kt_shell_options_t *options)
{
    options->brokers[0].clients = NULL;
}

/* It serves as it does otherwise, and follows when it may again. */
static void
a_department_that_may_call_nobody(void **state)
{
    world_t *w = (world_t *)*state;

    kt_shell_destroy(&w->south);
    w->south = stage_start(w->stage, crier_south(), without_clients);
    say(w, crier_north(), 1, 5);
    say(w, crier_south(), 1, 5);
    assert_heard(w, crier_north(), 5);
    assert_heard(w, crier_south(), 0);
    restart(w, &w->south, crier_south());
    assert_heard(w, crier_south(), 5);
}

/* More than fits into one write: they are taken in smaller parts. */
static void
heavy_events_are_taken_in_parts(void **state)
{
    enum { HEAVY = 120 };
    world_t *w = (world_t *)*state;
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;

    kt_shell_destroy(&w->south);
    for (unsigned i = 0; i < HEAVY; i++)
        assert_ok(say_as(w, w->ann, crier_north(), "heavy"));
    w->south = stage_start(w->stage, crier_south(), NULL);
    request.hold_ms = HEAVY;
    assert_ok(kt_client_call(w->ann, &crier_methods(crier_south())[CRIER_HEARD], NULL,
                             &request.base, &w->reply));
    assert_string_equal(((const echo_echo_response_t *)w->reply.message)->instance, "120");
}

static void
what_is_counted(void **state)
{
    world_t *w = (world_t *)*state;
    size_t size;
    char *text;

    say(w, crier_north(), 1, 7);
    assert_heard(w, crier_south(), 7);
    say(w, crier_north(), 8, 8);
    assert_heard(w, crier_south(), 8); /* so what went before was answered, and is counted */
    assert_non_null(text = kt_metrics_text(w->south->metrics, &size));
    assert_non_null(strstr(text, "kantor_events_taken_total{department=\"north\"} "));
    assert_null(strstr(text, "kantor_events_taken_total{department=\"north\"} 0\n"));
    assert_non_null(strstr(text, "kantor_events_lag{department=\"north\"} "));
    assert_non_null(strstr(text, "kantor_calls_made_total{department=\"north\",code=\"OK\"} "));
    assert_null(strstr(text, "kantor_calls_made_total{department=\"north\",code=\"OK\"} 0\n"));
    assert_null(strstr(text, "kantor_calls_made_total{department=\"south\",code=\"OK\"} 0\n"));
    free(text);
}

/* ---- ReadEvents ---- */

static void
read_in_parts(void **state)
{
    world_t *w = (world_t *)*state;

    assert_ok(read_events(w, 1, 0, 0));
    assert_int_equal(read_answer(w)->n_events, 0);
    assert_int_equal(read_answer(w)->last_sequence, 0);
    say(w, crier_north(), 1, 5);
    assert_ok(read_events(w, 0, 3, 0));
    assert_int_equal(read_answer(w)->n_events, 3);
    assert_int_equal(read_answer(w)->last_sequence, 5);
    assert_true(read_answer(w)->journal_size >= 5);
    assert_int_equal(read_answer(w)->journal_root.len, KT_SHA256_BYTES);
    assert_string_equal(read_answer(w)->events[2]->subject, "n3");
    assert_string_equal(read_answer(w)->events[2]->type, "said");
    assert_int_equal(read_answer(w)->events[2]->n_values, 1);
    assert_string_equal(read_answer(w)->events[2]->values[0]->value, "ann");
    assert_ok(read_events(w, 4, 3, 0));
    assert_int_equal(read_answer(w)->n_events, 2);
    assert_int_equal(read_answer(w)->events[1]->sequence, 5);
    assert_ok(read_events(w, 6, 3, 0));
    assert_int_equal(read_answer(w)->n_events, 0);
}

static void
reads_that_are_refused(void **state)
{
    static const struct {
        uint64_t from;
        uint32_t max, wait_ms;
        kt_code_t code;
        uint32_t reason;
    } rows[] = {
        {3, 0, 0, KT_OUT_OF_RANGE, 0},
        {UINT64_MAX, 0, 0, KT_OUT_OF_RANGE, 0},
        {3, 0, 30000, KT_OUT_OF_RANGE, 0},
        {1, 501, 0, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD},
        {1, 0, 30001, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD},
    };
    world_t *w = (world_t *)*state;
    events_read_events_request_t request = EVENTS_READ_EVENTS_REQUEST_INIT;
    kt_client_t *bob = stage_client(w->stage, "bob");

    say(w, crier_north(), 1, 1);
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        assert_status(read_events(w, rows[i].from, rows[i].max, rows[i].wait_ms), rows[i].code,
                      rows[i].reason);
    assert_status(feed(w, bob, "north", EVENTS_FEED_READ_EVENTS, &request.base),
                  KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING);
    kt_client_destroy(&bob);
}

/* Far sooner than it would by itself. */
static void
a_read_waits_for_news(void **state)
{
    world_t *w = (world_t *)*state;
    kt_client_t *other = stage_client(w->stage, "ann");
    events_read_events_request_t request = EVENTS_READ_EVENTS_REQUEST_INIT;
    kt_call_options_t options = {.department = "north"};
    int64_t from_us = kt_clock_mono_us();
    uint64_t tag;

    request.from_sequence = 1;
    request.wait_ms = 30000;
    assert_ok(kt_client_start(other, &events_feed_service.methods[EVENTS_FEED_READ_EVENTS],
                              &options, &request.base, 7));
    assert_status(kt_client_next(other, 50, &tag, &w->reply), KT_DEADLINE_EXCEEDED, 0);
    say(w, crier_north(), 1, 1);
    assert_ok(kt_client_next(other, -1, &tag, &w->reply));
    assert_ok(w->reply.status);
    assert_int_equal(read_answer(w)->n_events, 1);
    assert_true(kt_clock_mono_us() - from_us < 20 * KT_US_PER_S);
    assert_ok(read_events(w, 2, 0, 20));
    assert_int_equal(read_answer(w)->n_events, 0);
    kt_client_destroy(&other);
}

/* Neither a department nor a broker that is replaced waits for a read that waits for news, and
 * whoever reads does not notice. */
static void
a_waiting_read_outlives_programs(void **state)
{
    world_t *w = (world_t *)*state;
    kt_client_t *other = stage_client(w->stage, "ann");
    events_read_events_request_t request = EVENTS_READ_EVENTS_REQUEST_INIT;
    kt_call_options_t options = {.department = "north"};
    int64_t from_us;
    uint64_t tag;

    request.from_sequence = 1;
    request.wait_ms = 30000;
    assert_ok(kt_client_start(other, &events_feed_service.methods[EVENTS_FEED_READ_EVENTS],
                              &options, &request.base, 7));
    assert_status(kt_client_next(other, 500, &tag, &w->reply), KT_DEADLINE_EXCEEDED, 0);
    from_us = kt_clock_mono_us();
    kt_shell_destroy(&w->north);
    w->north = stage_start(w->stage, crier_north(), NULL);
    assert_status(kt_client_next(other, 500, &tag, &w->reply), KT_DEADLINE_EXCEEDED, 0);
    stage_stop_broker(w->stage);
    stage_start_broker(w->stage);
    assert_true(kt_clock_mono_us() - from_us < 8 * KT_US_PER_S); /* a drain may take 10 */
    assert_status(kt_client_next(other, 500, &tag, &w->reply), KT_DEADLINE_EXCEEDED, 0);
    say(w, crier_north(), 1, 1);
    assert_ok(kt_client_next(other, -1, &tag, &w->reply));
    assert_ok(w->reply.status);
    assert_int_equal(read_answer(w)->n_events, 1);
    assert_true(w->reply.attempts >= 3);
    kt_client_destroy(&other);
}

/* ---- Subscribe ---- */

static kt_stream_t *
subscribe(world_t *w, uint64_t from, char *type)
{
    events_subscribe_request_t request = EVENTS_SUBSCRIBE_REQUEST_INIT;
    kt_call_options_t options = {.department = "north", .timeout_ms = 60000};
    kt_stream_t *stream = NULL;

    request.from_sequence = from;
    request.n_types = type != NULL;
    request.types = &type;
    assert_ok(kt_client_open(w->ann, &events_feed_service.methods[EVENTS_FEED_SUBSCRIBE], &options,
                             &request.base, &stream));
    return stream;
}

static void
assert_next(world_t *w, kt_stream_t *stream, uint64_t sequence, const char *type)
{
    const events_event_t *event;

    assert_ok(kt_stream_receive(stream, &w->reply));
    event = (const events_event_t *)w->reply.message;
    assert_int_equal(event->sequence, sequence);
    assert_string_equal(event->type, type);
}

static void
whisper(world_t *w)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;

    request.hold_ms = 1;
    assert_ok(kt_client_call(w->ann, &crier_methods(crier_north())[CRIER_SAY], NULL, &request.base,
                             &w->reply));
}

static void
a_stream_goes_on(void **state)
{
    world_t *w = (world_t *)*state;
    kt_stream_t *all, *some;
    char type[] = "whispered";

    say(w, crier_north(), 1, 40);
    whisper(w);
    all = subscribe(w, 39, NULL);
    some = subscribe(w, 0, type);
    assert_next(w, all, 39, "said");
    assert_next(w, all, 40, "said");
    assert_next(w, all, 41, "whispered");
    assert_next(w, some, 41, "whispered");
    say(w, crier_north(), 42, 42);
    whisper(w);
    assert_next(w, some, 43, "whispered");
    assert_next(w, all, 42, "said");
    assert_next(w, all, 43, "whispered");
    kt_stream_close(&all);
    kt_stream_close(&some);
}

static void
assert_ends(world_t *w, kt_stream_t *stream, kt_code_t code, uint32_t reason)
{
    assert_int_equal(kt_stream_receive(stream, &w->reply).code, KT_OUT_OF_RANGE);
    assert_status(w->reply.status, code, reason);
    kt_stream_close(&stream);
}

static void
streams_that_end(void **state)
{
    world_t *w = (world_t *)*state;
    char bad[] = "No Type";
    kt_stream_t *stream;

    assert_ends(w, subscribe(w, 2, NULL), KT_OUT_OF_RANGE, 0);
    assert_ends(w, subscribe(w, 1, bad), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    say(w, crier_north(), 1, 1);
    stream = subscribe(w, 1, NULL);
    assert_next(w, stream, 1, "said");
    kt_shell_destroy(&w->north);
    assert_ends(w, stream, KT_UNAVAILABLE, RPC_REASON_DRAINING);
    w->north = stage_start(w->stage, crier_north(), NULL);
}

/* ---- TakeEvents ---- */

typedef struct taking {
    events_take_events_request_t request;
    events_event_t events[3], *list[3];
    char subject[3][8];
} taking_t;

/* COUNT events of south from FIRST on, for north to take. */
static const ProtobufCMessage *
taking_of(taking_t *t, const char *department, uint64_t first, unsigned count)
{
    static char type[] = "said";

    t->request = (events_take_events_request_t)EVENTS_TAKE_EVENTS_REQUEST_INIT;
    t->request.department = (char *)(uintptr_t)department;
    t->request.n_events = count;
    t->request.events = t->list;
    for (unsigned i = 0; i < count; i++) {
        t->events[i] = (events_event_t)EVENTS_EVENT_INIT;
        t->events[i].sequence = first + i;
        t->events[i].type = type;
        snprintf(t->subject[i], sizeof(t->subject[i]), "n%u", (unsigned)first + i);
        t->events[i].subject = t->subject[i];
        t->list[i] = &t->events[i];
    }
    return &t->request.base;
}

/* Lives that are none, or come with events, and events of a life that is not followed. */
static void
refuse_lives(world_t *w, kt_client_t *north, taking_t *t)
{
    static uint8_t id[16];
    store_life_t life = STORE_LIFE_INIT, *list[257];
    events_take_events_request_t *request = &t->request;

    life.epoch = 1;
    for (size_t i = 0; i < KT_COUNT(list); i++)
        list[i] = &life;
    (void)taking_of(t, "south", 1, 0);
    request->lives = list;
    request->n_lives = 1; /* its id is missing */
    assert_status(feed(w, north, "north", EVENTS_FEED_TAKE_EVENTS, &request->base),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    life.life = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
    request->n_lives = 257;
    assert_status(feed(w, north, "north", EVENTS_FEED_TAKE_EVENTS, &request->base),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    (void)taking_of(t, "south", 1, 1);
    request->lives = list;
    request->n_lives = 1;
    assert_status(feed(w, north, "north", EVENTS_FEED_TAKE_EVENTS, &request->base),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    (void)taking_of(t, "south", 1, 1);
    request->life = (ProtobufCBinaryData){.data = id, .len = 15};
    assert_status(feed(w, north, "north", EVENTS_FEED_TAKE_EVENTS, &request->base),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    say(w, crier_south(), 1, 1); /* so that its life is followed */
    assert_heard(w, crier_north(), 1);
    (void)taking_of(t, "south", 2, 1);
    request->life = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
    assert_status(feed(w, north, "north", EVENTS_FEED_TAKE_EVENTS, &request->base),
                  KT_FAILED_PRECONDITION, RPC_REASON_HISTORY_DIFFERS);
}

static void
takes_that_are_refused(void **state)
{
    static const struct {
        const char *department;
        uint64_t first;
        unsigned count;
        kt_code_t code;
        uint32_t reason;
    } rows[] = {
        {"east", 1, 1, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD},
        {"north", 1, 1, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD},
        {"south", 1, 0, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD},
        {"south", 0, 1, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD},
        {"south", 2, 1, KT_FAILED_PRECONDITION, 0},
    };
    world_t *w = (world_t *)*state;
    kt_client_t *north = stage_client(w->stage, "north"), *south = stage_client(w->stage, "south");
    taking_t t;

    for (size_t i = 0; i < KT_COUNT(rows); i++)
        assert_status(feed(w, north, "north", EVENTS_FEED_TAKE_EVENTS,
                           taking_of(&t, rows[i].department, rows[i].first, rows[i].count)),
                      rows[i].code, rows[i].reason);
    (void)taking_of(&t, "south", 1, 2);
    t.events[1].sequence = 3;
    assert_status(feed(w, north, "north", EVENTS_FEED_TAKE_EVENTS, &t.request.base),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    refuse_lives(w, north, &t);
    assert_status(feed(w, south, "north", EVENTS_FEED_TAKE_EVENTS, taking_of(&t, "south", 1, 1)),
                  KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING);
    assert_status(feed(w, w->ann, "north", EVENTS_FEED_TAKE_EVENTS, taking_of(&t, "south", 1, 1)),
                  KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING);
    assert_heard(w, crier_north(), 1);
    kt_client_destroy(&north);
    kt_client_destroy(&south);
}

static void
what_was_taken_is_passed_over(void **state)
{
    world_t *w = (world_t *)*state;
    kt_client_t *north = stage_client(w->stage, "north");
    const events_take_events_response_t *response;
    taking_t t;

    say(w, crier_south(), 1, 2);
    assert_heard(w, crier_north(), 2);
    assert_ok(feed(w, north, "north", EVENTS_FEED_TAKE_EVENTS, taking_of(&t, "south", 1, 2)));
    response = (const events_take_events_response_t *)w->reply.message;
    assert_int_equal(response->taken, 0);
    assert_int_equal(response->taken_sequence, 2);
    assert_ok(feed(w, north, "north", EVENTS_FEED_TAKE_EVENTS, taking_of(&t, "south", 2, 2)));
    response = (const events_take_events_response_t *)w->reply.message;
    assert_int_equal(response->taken, 1);
    assert_int_equal(response->taken_sequence, 3);
    assert_heard(w, crier_north(), 3);
    kt_client_destroy(&north);
}

/* ---- witnesses ---- */

/* Says SUBJECT in north as PRINCIPAL, whose journal is said to be SIZE long; fail_code refuses. */
static kt_status_t
say_with_witness(world_t *w, const char *principal, uint64_t size, size_t bytes, kt_code_t fail)
{
    kt_client_t *client = stage_client(w->stage, principal);
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    uint8_t witness[8 + KT_SHA256_BYTES] = {0};
    kt_metadata_t pair = {"kantor-witness-bin", kt_span(witness, bytes)};
    kt_call_options_t options = {.metadata = &pair, .metadata_count = 1};
    kt_status_t status;

    for (unsigned i = 0; i < 8; i++)
        witness[i] = (uint8_t)(size >> (56 - 8 * i));
    witness[8] = (uint8_t)size;
    request.fail_code = (uint32_t)fail;
    status = kt_client_call(client, &crier_methods(crier_north())[CRIER_SAY], &options,
                            &request.base, &w->reply);
    kt_client_destroy(&client);
    return status;
}

static const store_witnesses_response_t *
witnesses(world_t *w, const char *department, const char *of, int32_t page_size, char *token)
{
    store_witnesses_request_t request = STORE_WITNESSES_REQUEST_INIT;
    kt_call_options_t options = {.department = department};

    request.principal = (char *)(uintptr_t)of;
    request.page_size = page_size;
    if (token)
        request.page_token = token;
    assert_ok(kt_client_call(w->ann, &store_store_service.methods[STORE_STORE_WITNESSES], &options,
                             &request.base, &w->reply));
    return (const store_witnesses_response_t *)w->reply.message;
}

static void
assert_verifies(world_t *w, const char *department)
{
    store_verify_request_t request = STORE_VERIFY_REQUEST_INIT;
    kt_call_options_t options = {.department = department};
    uint64_t found = 0;
    kt_stream_t *stream = NULL;

    assert_ok(kt_client_open(w->ann, &store_store_service.methods[STORE_STORE_VERIFY], &options,
                             &request.base, &stream));
    while (!kt_failed(kt_stream_receive(stream, &w->reply)))
        found += ((const store_verify_progress_t *)w->reply.message)->n_findings;
    assert_ok(w->reply.status);
    assert_int_equal(found, 0);
    kt_stream_close(&stream);
}

static void
a_witness_is_kept_with_the_write(void **state)
{
    enum { WHOLE = 8 + KT_SHA256_BYTES };
    world_t *w = (world_t *)*state;
    const store_witnesses_response_t *kept;
    char token[256];

    assert_ok(say_with_witness(w, "south", 258, WHOLE, KT_OK));
    assert_ok(say_with_witness(w, "south", 259, WHOLE, KT_OK));
    assert_ok(say_with_witness(w, "south", 259, WHOLE, KT_OK));
    /* A write that is refused, who is no department, the department itself, and no witness. */
    assert_status(say_with_witness(w, "south", 260, WHOLE, KT_ABORTED), KT_ABORTED, 0);
    assert_ok(say_with_witness(w, "ann", 261, WHOLE, KT_OK));
    assert_ok(say_with_witness(w, "north", 262, WHOLE, KT_OK));
    assert_ok(say_with_witness(w, "south", 263, WHOLE - 1, KT_OK));
    assert_ok(say_with_witness(w, "south", 0, WHOLE, KT_OK));
    kept = witnesses(w, "north", "", 1, NULL);
    assert_int_equal(kept->n_witnesses, 1);
    assert_string_equal(kept->witnesses[0]->principal, "south");
    assert_int_equal(kept->witnesses[0]->size, 258);
    assert_int_equal(kept->witnesses[0]->root.len, KT_SHA256_BYTES);
    assert_int_equal(kept->witnesses[0]->root.data[0], 2);
    assert_true(kept->witnesses[0]->time_us > 0);
    snprintf(token, sizeof(token), "%s", kept->next_page_token);
    kept = witnesses(w, "north", "", 1, token);
    assert_int_equal(kept->n_witnesses, 1);
    assert_int_equal(kept->witnesses[0]->size, 259);
    assert_string_equal(kept->next_page_token, "");
    assert_int_equal(witnesses(w, "north", "sout", 0, NULL)->n_witnesses, 0);
    assert_int_equal(witnesses(w, "north", "south", 0, NULL)->n_witnesses, 2);
    assert_verifies(w, "north");
}

/* What a feed is read from is kept by who takes its events. */
static void
a_feed_is_witnessed(void **state)
{
    world_t *w = (world_t *)*state;
    const store_witnesses_response_t *kept;
    store_prove_request_t request = STORE_PROVE_REQUEST_INIT;
    kt_call_options_t options = {.department = "north"};
    uint8_t root[KT_SHA256_BYTES];

    say(w, crier_north(), 1, 30);
    assert_heard(w, crier_south(), 30);
    kept = witnesses(w, "south", "north", 0, NULL);
    assert_true(kept->n_witnesses > 0);
    request.old_size = kept->witnesses[kept->n_witnesses - 1]->size;
    memcpy(root, kept->witnesses[kept->n_witnesses - 1]->root.data, sizeof(root));
    assert_ok(kt_client_call(w->ann, &store_store_service.methods[STORE_STORE_PROVE], &options,
                             &request.base, &w->reply));
    assert_memory_equal(((const store_prove_response_t *)w->reply.message)->old_root.data, root,
                        sizeof(root));
    assert_verifies(w, "north");
    assert_verifies(w, "south");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_hears_the_other, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_lost_when_the_follower_restarts, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(nothing_is_lost_when_the_followed_restarts, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(nothing_is_lost_when_the_broker_restarts, setup, teardown),
        cmocka_unit_test_setup_teardown(a_department_that_may_call_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(heavy_events_are_taken_in_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(read_in_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_that_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_read_waits_for_news, setup, teardown),
        cmocka_unit_test_setup_teardown(a_waiting_read_outlives_programs, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stream_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(streams_that_end, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_that_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_taken_is_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(a_witness_is_kept_with_the_write, setup, teardown),
        cmocka_unit_test_setup_teardown(a_feed_is_witnessed, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
