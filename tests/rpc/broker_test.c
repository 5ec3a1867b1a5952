/* The broker as a process sees it: real sockets, real keys, peers made by hand that do what they
 * should not. After each, the next honest call is served. */
#include "testing.h"

#include "stage.h"

#include <google/rpc/error_details.kt.h>
#include <kantor/broker/v1/broker.kt.h>
#include <kantor/rpc/v1/call.kt.h>
#include <kt/time.h>
#include <kt/wire.h>
#include <unistd.h>

#define PATIENCE_MS 20000
/* Under the thread sanitizer so many handshakes would take longer than an instance may be silent.
 */
#ifdef __SANITIZE_THREAD__
#define IDLE_CONNECTIONS 200
#else
#define IDLE_CONNECTIONS 2000
#endif
#define DIALLED_AT_ONCE 200
#define SAY_PATH        "/kantor.echo.v1.Echo/Say"
#define STATS_PATH      "/kantor.broker.v1.Broker/Stats"

static const stage_principal_t principals[] = {{"clerk", "clerk", NULL},
                                               {"operator", "it.operator", NULL},
                                               {"echo", "service", "echo"},
                                               {NULL, NULL, NULL}};

static stage_t *stage;
static kt_net_t *net;
static kt_socket_t *instance;

/* ---- peers by hand ---- */

#define DIALLED_MAX 16
static kt_socket_t *dialled[DIALLED_MAX]; /* closed at the end even of a test that failed */

static kt_socket_t *
dial(const char *principal, bool services)
{
    unsigned i = 0;
    while (i < DIALLED_MAX && dialled[i] != NULL)
        i++;
    assert_true(i < DIALLED_MAX);
    return dialled[i] = stage_dial(stage, net, principal, services);
}

static void
hang_up(kt_socket_t **socket)
{
    for (unsigned i = 0; i < DIALLED_MAX; i++)
        if (dialled[i] == *socket)
            dialled[i] = NULL;
    kt_socket_close(socket);
}

static bool
wait_on(kt_socket_t *socket, bool for_send, int64_t until_us)
{
    int64_t left_ms = (until_us - kt_clock_mono_us()) / KT_US_PER_MS;
    if (left_ms <= 0)
        return false;
    kt_wait_t wait = {.socket = socket, .for_send = for_send};
    assert_ok(kt_net_wait(&wait, 1, left_ms));
    return true;
}

static void
send_frames(kt_socket_t *socket, const kt_span_t *frames, unsigned count)
{
    kt_message_t message;
    kt_message_init(&message);
    for (unsigned i = 0; i < count; i++) {
        kt_frame_close(&message.frames[i]);
        assert_ok(kt_frame_init_copy(&message.frames[i], frames[i]));
    }
    message.count = count;
    int64_t until_us = kt_clock_mono_us() + PATIENCE_MS * KT_US_PER_MS;
    while (kt_socket_send(socket, &message, 0) == KT_IO_AGAIN)
        assert_true(wait_on(socket, true, until_us));
    kt_message_close(&message);
}

static kt_span_t
encoded(kt_kind_t kind, uint8_t flags, uint64_t id, const char *path)
{
    static uint8_t bytes[KT_HEAD_BYTES_MAX];
    kt_head_t head = {
        .kind = (uint8_t)kind, .flags = flags, .call_id = id, .extra = kt_span_str(path)};
    return kt_span(bytes, kt_head_encode_all(&head, bytes));
}

static void
send_call(kt_socket_t *socket, uint64_t id, const char *path, kt_span_t body)
{
    kt_span_t frames[] = {encoded(KT_CALL, KT_FLAG_LAST, id, path), kt_span(NULL, 0), body};
    send_frames(socket, frames, KT_COUNT(frames));
}

/* The next message of KIND; others are passed over. KT_IO_OK, or how the connection ended. */
static kt_io_t
await(kt_socket_t *socket, kt_kind_t kind, kt_message_t *message, kt_head_t *head)
{
    int64_t until_us = kt_clock_mono_us() + PATIENCE_MS * KT_US_PER_MS;
    for (;;) {
        kt_io_t io = kt_socket_recv(socket, message, NULL, NULL);
        if (io == KT_IO_AGAIN) {
            if (!wait_on(socket, false, until_us))
                fail_msg("nothing of kind %u came in %u ms", (unsigned)kind, PATIENCE_MS);
            continue;
        }
        if (io != KT_IO_OK)
            return io;
        assert_ok(
            kt_head_decode(kt_frame_span(&message->frames[KT_FRAME_HEAD]), message->count, head));
        if (head->kind == kind)
            return KT_IO_OK;
    }
}

static uint32_t
code_of(const kt_message_t *message)
{
    kt_span_t meta = kt_frame_span(&message->frames[KT_FRAME_META]);
    rpc_call_status_t *status = kantor__rpc__v1__call_status__unpack(NULL, meta.size, meta.data);
    assert_non_null(status);
    uint32_t code = (uint32_t)status->code;
    kantor__rpc__v1__call_status__free_unpacked(status, NULL);
    return code;
}

static uint32_t
await_end(kt_socket_t *socket, uint64_t id)
{
    kt_message_t message;
    kt_head_t head;
    kt_message_init(&message);
    do
        assert_int_equal(await(socket, KT_END, &message, &head), KT_IO_OK);
    while (head.call_id != id);
    uint32_t code = code_of(&message);
    kt_message_close(&message);
    return code;
}

static void
enroll(kt_socket_t *socket)
{
    char *roles[] = {(char[]){"*"}};
    rpc_registered_method_t say = RPC_REGISTERED_METHOD_INIT, *methods[] = {&say};
    say.path = (char[]){SAY_PATH};
    say.kind = RPC_KIND_READ;
    say.roles = roles;
    say.n_roles = 1;
    rpc_registration_t registration = RPC_REGISTRATION_INIT;
    registration.service = (char[]){"echo"};
    registration.instance = (char[]){"by-hand"};
    registration.capacity = 4096;
    registration.methods = methods;
    registration.n_methods = 1;
    uint8_t meta[256];
    kt_span_t frames[] = {encoded(KT_REGISTER, 0, 1, ""),
                          kt_span(meta, kantor__rpc__v1__registration__pack(&registration, meta))};
    send_frames(socket, frames, KT_COUNT(frames));
    assert_int_equal(await_end(socket, 1), KT_OK);
}

static void
answer(const kt_message_t *message, const kt_head_t *head)
{
    kt_span_t frames[] = {encoded(KT_END, KT_FLAG_LAST, head->call_id, ""), kt_span(NULL, 0),
                          kt_frame_span(&message->frames[KT_FRAME_BODY])};
    send_frames(instance, frames, KT_COUNT(frames));
}

/* The instance answers the calls that are there with the requests they brought. */
static void
answer_those_there(void)
{
    kt_message_t message;
    kt_head_t head;
    kt_message_init(&message);
    while (kt_socket_recv(instance, &message, NULL, NULL) == KT_IO_OK)
        if (!kt_failed(kt_head_decode(kt_frame_span(&message.frames[KT_FRAME_HEAD]), message.count,
                                      &head)) &&
            head.kind == KT_CALL)
            answer(&message, &head);
    kt_message_close(&message);
}

static void
honest_call(void)
{
    kt_socket_t *clerk = dial("clerk", false);
    kt_message_t message;
    kt_head_t head;
    kt_message_init(&message);
    send_call(clerk, 7, SAY_PATH, kt_span_str("hello"));
    int64_t until_us = kt_clock_mono_us() + PATIENCE_MS * KT_US_PER_MS;
    while (kt_socket_recv(clerk, &message, NULL, NULL) == KT_IO_AGAIN) {
        assert_true(kt_clock_mono_us() < until_us);
        kt_wait_t waits[] = {{.socket = clerk}, {.socket = instance}};
        assert_ok(kt_net_wait(waits, KT_COUNT(waits), PATIENCE_MS));
        answer_those_there();
    }
    assert_ok(kt_head_decode(kt_frame_span(&message.frames[KT_FRAME_HEAD]), message.count, &head));
    assert_int_equal(head.call_id, 7);
    assert_int_equal(code_of(&message), KT_OK);
    assert_span_equal(kt_frame_span(&message.frames[KT_FRAME_BODY]), kt_span_str("hello"));
    kt_message_close(&message);
    hang_up(&clerk);
}

static int
setup(void **state)
{
    (void)state;
    stage = stage_new(principals);
    assert_ok(kt_net_new(1, &net));
    instance = dial("echo", true);
    enroll(instance);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < DIALLED_MAX; i++)
        kt_socket_close(&dialled[i]);
    kt_net_destroy(&net);
    stage_destroy(&stage);
    return 0;
}

/* ---- tests ---- */

static void
test_echo(void **state)
{
    (void)state;
    honest_call();
    honest_call();
}

static void
test_a_wrong_key_is_refused(void **state)
{
    (void)state;
    kt_message_t message;
    kt_head_t head;
    kt_message_init(&message);
    for (unsigned services = 0; services < 2; services++) {
        kt_socket_t *stranger = dial(NULL, services == 1);
        assert_int_equal(await(stranger, KT_END, &message, &head), KT_IO_REFUSED);
        hang_up(&stranger);
    }
    kt_message_close(&message);
    honest_call();
}

static void
test_a_removed_key_loses_access_at_once(void **state)
{
    (void)state;
    kt_socket_t *operator= dial("operator", false);
    send_call(operator, 1, SAY_PATH, kt_span_str("wait"));
    kt_message_t message;
    kt_head_t head;
    kt_message_init(&message);
    assert_int_equal(await(instance, KT_CALL, &message, &head), KT_IO_OK);
    stage_reload(stage, "operator", NULL);
    assert_int_equal(await_end(operator, 1), KT_UNAUTHENTICATED);
    send_call(operator, 2, SAY_PATH, kt_span_str("again"));
    assert_int_equal(await_end(operator, 2), KT_UNAUTHENTICATED);
    kt_socket_t *later = dial("operator", false);
    assert_int_equal(await(later, KT_END, &message, &head), KT_IO_REFUSED);
    hang_up(&later);
    honest_call();
    stage_reload(stage, NULL, "nonsense = 1"); /* a bad file changes nothing */
    send_call(operator, 3, SAY_PATH, kt_span_str("still"));
    assert_int_equal(await_end(operator, 3), KT_UNAUTHENTICATED);
    honest_call();
    kt_message_close(&message);
    hang_up(&operator);
}

static void
test_garbage_is_dropped(void **state)
{
    (void)state;
    kt_socket_t *clerk = dial("clerk", false);
    static uint8_t zeros[100000];
    const kt_span_t rows[][3] = {
        {kt_span_str("garbage"), {0}, {0}},
        {kt_span(zeros, sizeof zeros), kt_span(zeros, sizeof zeros), kt_span(zeros, sizeof zeros)},
        {kt_span_str("K1"), kt_span_str("KP"), kt_span_str("KP")},
        {kt_span_str("KP\xff\xff\xff\xff\xff\xff"), {0}, {0}},
        {{0}, {0}, {0}},
    };
    for (unsigned i = 0; i < KT_COUNT(rows); i++)
        for (unsigned count = 1; count <= 3; count++)
            send_frames(clerk, rows[i], count);
    kt_span_t whole[] = {encoded(KT_REGISTER, 0, 1, ""), kt_span_str("x")};
    send_frames(clerk, whole, 2);
    send_call(clerk, 1, "/no.Such/Thing in the world", kt_span_str("x"));
    assert_int_equal(await_end(clerk, 1), KT_INVALID_ARGUMENT);
    hang_up(&clerk);
    honest_call();
}

static void
test_an_end_of_a_peer_that_never_registered_is_dropped(void **state)
{
    (void)state;
    kt_socket_t *clerk = dial("clerk", false);
    kt_socket_t *nobody = dial("echo", true);
    send_call(clerk, 1, SAY_PATH, kt_span_str("x"));
    kt_message_t message;
    kt_head_t head;
    kt_message_init(&message);
    assert_int_equal(await(instance, KT_CALL, &message, &head), KT_IO_OK);
    kt_span_t forged[] = {
        encoded(KT_END, KT_FLAG_LAST, head.call_id, ""), {0}, kt_span_str("forged")};
    send_frames(nobody, forged, 3);
    kt_span_t duplicate = encoded(KT_DRAIN, 0, 0, "");
    send_frames(nobody, &duplicate, 1);
    kt_span_t honest[] = {
        encoded(KT_END, KT_FLAG_LAST, head.call_id, ""), {0}, kt_span_str("honest")};
    send_frames(instance, honest, 3);
    assert_int_equal(await(clerk, KT_END, &message, &head), KT_IO_OK);
    assert_span_equal(kt_frame_span(&message.frames[KT_FRAME_BODY]), kt_span_str("honest"));
    kt_message_close(&message);
    hang_up(&nobody);
    hang_up(&clerk);
    honest_call();
}

static void
test_an_oversize_request(void **state)
{
    (void)state;
    static uint8_t large[KT_BODY_BYTES_MAX + 1000];
    kt_socket_t *clerk = dial("clerk", false);
    send_call(clerk, 1, SAY_PATH, kt_span(large, KT_BODY_BYTES_MAX + 1));
    assert_int_equal(await_end(clerk, 1), KT_INVALID_ARGUMENT);
    send_call(clerk, 2, SAY_PATH, kt_span(large, sizeof large)); /* beyond what a frame may have */
    kt_message_t message;
    kt_head_t head;
    kt_message_init(&message);
    assert_int_equal(await(clerk, KT_END, &message, &head), KT_IO_LOST);
    kt_message_close(&message);
    hang_up(&clerk);
    honest_call();
}

/* It sends and never takes an answer; others do not notice. */
static void
test_a_caller_that_never_reads(void **state)
{
    (void)state;
    kt_socket_t *deaf = dial("operator", false);
    static uint8_t body[16384];
    for (uint64_t id = 1; id <= 2000; id++) {
        send_call(deaf, id, SAY_PATH, kt_span(body, sizeof body));
        answer_those_there();
        if (id % 500 == 0)
            honest_call();
    }
    hang_up(&deaf);
    honest_call();
}

/* ---- the broker's own methods ---- */

/* Calls PATH as the operator and returns the END's message; the test closes it. */
static kt_message_t
ask(const char *path, kt_span_t request)
{
    static uint64_t id;
    kt_message_t message;
    kt_head_t head;
    kt_message_init(&message);
    kt_socket_t *asker = dial("operator", false);
    send_call(asker, ++id, path, request);
    assert_int_equal(await(asker, KT_END, &message, &head), KT_IO_OK);
    assert_int_equal(head.call_id, id);
    hang_up(&asker);
    return message;
}

static void
test_health(void **state)
{
    (void)state;
    static const struct {
        const char *service;
        uint32_t code;
    } rows[] = {{"", KT_OK},
                {"echo", KT_OK},
                {"kantor.echo.v1.Echo", KT_OK},
                {"kantor.broker.v1.Broker", KT_OK},
                {"nobody", KT_NOT_FOUND}};
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        uint8_t request[64] = {0x0a, (uint8_t)strlen(rows[i].service)};
        memcpy(request + 2, rows[i].service, strlen(rows[i].service));
        kt_message_t message = ask("/grpc.health.v1.Health/Check",
                                   kt_span(request, 2 + strlen(rows[i].service)));
        assert_int_equal(code_of(&message), rows[i].code);
        if (rows[i].code == KT_OK)
            assert_span_equal(kt_frame_span(&message.frames[KT_FRAME_BODY]),
                              kt_span_str("\x08\x01")); /* SERVING */
        kt_message_close(&message);
    }
    kt_message_t message = ask("/grpc.health.v1.Health/Check", kt_span_str("\x0a\xff"));
    assert_int_equal(code_of(&message), KT_INVALID_ARGUMENT);
    kt_message_close(&message);
}

static void
test_who_is_registered(void **state)
{
    (void)state;
    kt_message_t message = ask("/kantor.broker.v1.Broker/ListServices", kt_span(NULL, 0));
    kt_span_t body = kt_frame_span(&message.frames[KT_FRAME_BODY]);
    broker_api_list_services_response_t *list = kantor__broker__v1__list_services_response__unpack(
        NULL, body.size, body.data);
    assert_non_null(list);
    assert_int_equal(list->n_instances, 1);
    const broker_api_instance_t *one = list->instances[0];
    assert_string_equal(one->service, "echo");
    assert_string_equal(one->instance, "by-hand");
    assert_string_equal(one->principal, "echo");
    assert_int_equal(one->capacity, 4096);
    assert_true(one->since_us <= kt_clock_wall_us() &&
                one->since_us > kt_clock_wall_us() - KT_US_PER_DAY);
    assert_int_equal(one->n_methods, 1);
    assert_string_equal(one->methods[0]->path, SAY_PATH);
    kantor__broker__v1__list_services_response__free_unpacked(list, NULL);
    kt_message_close(&message);
}

static broker_api_stats_response_t *
ask_stats(void)
{
    kt_message_t message = ask(STATS_PATH, kt_span(NULL, 0));
    kt_span_t body = kt_frame_span(&message.frames[KT_FRAME_BODY]);
    broker_api_stats_response_t *stats = kantor__broker__v1__stats_response__unpack(NULL, body.size,
                                                                                    body.data);
    assert_non_null(stats);
    kt_message_close(&message);
    return stats;
}

static void
test_stats(void **state)
{
    (void)state;
    honest_call();
    honest_call();
    broker_api_stats_response_t *stats = ask_stats();
    assert_true(stats->started_us <= stats->now_us);
    assert_int_equal(stats->open_calls, 0);
    assert_int_equal(stats->calls, 3);
    assert_int_equal(stats->n_methods, 1);
    assert_string_equal(stats->methods[0]->path, SAY_PATH);
    assert_int_equal(stats->methods[0]->calls, 2);
    assert_int_equal(stats->methods[0]->failed, 0);
    assert_true(stats->methods[0]->p99_us >= stats->methods[0]->p50_us &&
                stats->methods[0]->p50_us > 0);
    kantor__broker__v1__stats_response__free_unpacked(stats, NULL);
    kt_socket_t *clerk = dial("clerk", false);
    send_call(clerk, 1, STATS_PATH, kt_span(NULL, 0));
    assert_int_equal(await_end(clerk, 1), KT_PERMISSION_DENIED);
    hang_up(&clerk);
}

/* ---- very many ---- */

/* How many callers the broker has heard from. */
static uint32_t
callers(void)
{
    broker_api_stats_response_t *stats = ask_stats();
    uint32_t clients = stats->clients;
    kantor__broker__v1__stats_response__free_unpacked(stats, NULL);
    return clients;
}

/* Sends COUNT PINGs, and takes the answers that are there. */
static void
ping(kt_socket_t *socket, unsigned count)
{
    kt_message_t message;
    kt_message_init(&message);
    kt_span_t frame = encoded(KT_PING, 0, 0, "");
    for (unsigned i = 0; i < count; i++) {
        send_frames(socket, &frame, 1);
        while (kt_socket_recv(socket, &message, NULL, NULL) == KT_IO_OK)
            ;
    }
    kt_message_close(&message);
}

/* Connections FROM to TO of one dealer that has many, through each of which it sends in turn.
 * libzmq makes one connection for one name of an endpoint, so each has a name of its own. */
static void
dial_more(kt_socket_t *crowd, unsigned from, unsigned to)
{
    char socket_path[PATH_MAX], name[32], link[PATH_MAX], endpoint[PATH_MAX + 8];
    tempdir_join(stage_folder(stage), "clients", socket_path);
    for (unsigned i = from; i < to; i++) {
        snprintf(name, sizeof name, "c%u", i);
        tempdir_join(stage_folder(stage), name, link);
        assert_int_equal(symlink(socket_path, link), 0);
        snprintf(endpoint, sizeof endpoint, "ipc://%s", link);
        assert_ok(kt_socket_connect(crowd, endpoint));
    }
}

/* They come by the hundreds: the kernel refuses more than it keeps for the broker, and a dealer
 * does not try again; and while so many shake hands, nobody hears of the department. */
static void
test_idle_connections(void **state)
{
    (void)state;
    kt_socket_t *crowd = dial("clerk", false);
    for (unsigned there = 1, more; there < IDLE_CONNECTIONS; there = more) {
        int64_t until_us = kt_clock_mono_us() + 3 * PATIENCE_MS * KT_US_PER_MS;
        more = KT_MIN(there + DIALLED_AT_ONCE, (unsigned)IDLE_CONNECTIONS);
        dial_more(crowd, there, more);
        do {
            assert_true(kt_clock_mono_us() < until_us);
            for (unsigned pings = 0; pings < more; pings += DIALLED_AT_ONCE) {
                ping(crowd, DIALLED_AT_ONCE);
                ping(instance, 1); /* a department that says nothing counts as dead */
            }
        } while (callers() < more);
    }
    enroll(instance); /* however long it could not be heard */
    honest_call();
    hang_up(&crowd);
    enroll(instance);
    honest_call();
}

static void
test_a_restarted_broker_serves_on(void **state)
{
    (void)state;
    honest_call();
    stage_stop_broker(stage);
    kt_message_t message;
    kt_head_t head;
    kt_message_init(&message);
    assert_int_equal(await(instance, KT_CALL, &message, &head), KT_IO_LOST);
    stage_start_broker(stage);
    kt_socket_t *clerk = dial("clerk", false);
    send_call(clerk, 1, SAY_PATH, kt_span_str("before the service is back"));
    hang_up(&instance);
    instance = dial("echo", true);
    enroll(instance);
    assert_int_equal(await(instance, KT_CALL, &message, &head), KT_IO_OK);
    answer(&message, &head);
    kt_message_close(&message);
    assert_int_equal(await_end(clerk, 1), KT_OK);
    hang_up(&clerk);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_echo),
        T(test_a_wrong_key_is_refused),
        T(test_a_removed_key_loses_access_at_once),
        T(test_garbage_is_dropped),
        T(test_an_end_of_a_peer_that_never_registered_is_dropped),
        T(test_an_oversize_request),
        T(test_a_caller_that_never_reads),
        T(test_health),
        T(test_who_is_registered),
        T(test_stats),
        T(test_idle_connections),
        T(test_a_restarted_broker_serves_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
