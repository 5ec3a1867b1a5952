/* libkantor against brokers that are threads of this process. */
#include "fake_broker.h"

#include <kantor/echo/v1/echo.kt.h>
#include <kt/client.h>

typedef struct world {
    kt_net_t *net;
    atomic_uint let_in; /* handshakes */
    fake_broker_t brokers[2];
    kt_key_pair_t known;
    kt_client_t *client;
    kt_reply_t reply;
} world_t;

static bool
allow(void *context, const char public_key[KT_KEY_CHARS + 1])
{
    world_t *world = context;
    atomic_fetch_add(&world->let_in, 1);
    return strcmp(public_key, world->known.public_key) == 0;
}

static void
open_client(world_t *world, const kt_key_pair_t *keys, unsigned brokers, unsigned inflight_max)
{
    kt_broker_address_t addresses[2];
    for (unsigned i = 0; i < brokers; i++)
        addresses[i] = (kt_broker_address_t){kt_socket_endpoint(world->brokers[i].router),
                                             world->brokers[i].keys.public_key};
    kt_client_options_t options = {.brokers = addresses,
                                   .brokers_count = brokers,
                                   .keys = *keys,
                                   .inflight_max = inflight_max};
    assert_ok(kt_client_new(&options, &world->client));
}

static int
setup(void **state)
{
    world_t *world = calloc(1, sizeof *world);
    *state = world;
    assert_ok(kt_keys_generate(&world->known));
    assert_ok(kt_net_new(1, &world->net));
    assert_ok(kt_net_authenticate(world->net, allow, world));
    for (unsigned i = 0; i < 2; i++)
        fake_start(&world->brokers[i], world->net);
    assert_ok(kt_reply_init(&world->reply));
    return 0;
}

static int
teardown(void **state)
{
    world_t *world = *state;
    kt_client_destroy(&world->client);
    kt_reply_fini(&world->reply);
    for (unsigned i = 0; i < 2; i++)
        fake_stop(&world->brokers[i]);
    kt_net_destroy(&world->net);
    free(world);
    return 0;
}

static const kt_method_t *
method(unsigned index)
{
    return &echo_echo_service.methods[index];
}

static kt_status_t
echo(world_t *world, const char *payload, uint32_t timeout_ms)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    request.payload = (ProtobufCBinaryData){strlen(payload), (uint8_t *)(uintptr_t)payload};
    kt_call_options_t options = {.timeout_ms = timeout_ms};
    return kt_client_call(world->client, method(ECHO_ECHO_ECHO), &options, &request.base,
                          &world->reply);
}

static void
test_call(void **state)
{
    world_t *world = *state;
    open_client(world, &world->known, 1, 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_ok(echo(world, "hello", 10000));
        const echo_echo_response_t *response = (const echo_echo_response_t *)(const void *)
                                                   world->reply.message;
        assert_int_equal(response->payload.len, 5);
        assert_memory_equal(response->payload.data, "hello", 5);
        assert_true(world->reply.took_us > 0);
        assert_int_equal(world->reply.attempts, 1);
    }
    assert_int_equal(kt_client_open_calls(world->client), 0);
    /* What is encoded already goes as it is, and what has no descriptor comes as it is. */
    kt_method_t raw = *method(ECHO_ECHO_ECHO);
    raw.request = raw.response = NULL;
    kt_span_t body = kt_span("\x0A\x01x", 3);
    kt_call_options_t options = {.body = &body};
    assert_ok(kt_client_call(world->client, &raw, &options, NULL, &world->reply));
    assert_span_equal(world->reply.body, body);
    assert_null(world->reply.message);
}

static void
test_local_refusal(void **state)
{
    world_t *world = *state;
    open_client(world, &world->known, 1, 0);
    kt_method_t odd = *method(ECHO_ECHO_ECHO);
    odd.path = "no path";
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    kt_status_t status = kt_client_call(world->client, &odd, NULL, &request.base, &world->reply);
    assert_int_equal(status.code, KT_INVALID_ARGUMENT);
    assert_int_equal(world->reply.status.code, KT_INVALID_ARGUMENT);
    assert_string_equal(world->reply.reason, "BAD_FIELD");
}

static void
test_pipelined(void **state)
{
    world_t *world = *state;
    open_client(world, &world->known, 1, 64);
    uint64_t tag;
    assert_status(kt_client_next(world->client, 0, &tag, &world->reply), KT_NOT_FOUND, 0);
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    bool back[200] = {false};
    unsigned started = 0, ended = 0;
    while (ended < KT_COUNT(back)) {
        while (started < KT_COUNT(back) && kt_client_open_calls(world->client) < 64) {
            assert_ok(kt_client_start(world->client, method(ECHO_ECHO_ECHO), NULL, &request.base,
                                      started++));
        }
        assert_ok(kt_client_next(world->client, -1, &tag, &world->reply));
        assert_ok(world->reply.status);
        assert_true(tag < started && !back[tag]);
        back[tag] = true;
        ended++;
    }
    for (unsigned i = 0; i < 64; i++)
        assert_ok(kt_client_start(world->client, method(ECHO_ECHO_ECHO), NULL, &request.base, i));
    kt_status_t status = kt_client_start(world->client, method(ECHO_ECHO_ECHO), NULL, &request.base,
                                         64);
    assert_int_equal(status.code, KT_RESOURCE_EXHAUSTED);
    /* A blocking call among the others takes its own answer and leaves theirs. */
    assert_ok(kt_client_next(world->client, -1, &tag, &world->reply));
    assert_ok(echo(world, "between", 10000));
    assert_int_equal(kt_client_open_calls(world->client), 63);
}

static void
test_deadline(void **state)
{
    world_t *world = *state;
    open_client(world, &world->known, 1, 0);
    assert_ok(echo(world, "first", 10000)); /* so that the connection is there */
    kt_status_t status = echo(world, "silent", 50);
    assert_int_equal(status.code, KT_DEADLINE_EXCEEDED);
    assert_string_equal(world->reply.reason, "DEADLINE_PASSED");
    assert_true(world->reply.took_us >= 50000);
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    request.payload = (ProtobufCBinaryData){6, (uint8_t *)(uintptr_t) "silent"};
    assert_ok(kt_client_start(world->client, method(ECHO_ECHO_ECHO), NULL, &request.base, 1));
    uint64_t tag;
    assert_status(kt_client_next(world->client, 20, &tag, &world->reply), KT_DEADLINE_EXCEEDED, 0);
}

/* Who waits for calls is woken from outside, and then waits on. */
static void
test_woken(void **state)
{
    world_t *world = *state;
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    request.payload = (ProtobufCBinaryData){6, (uint8_t *)(uintptr_t) "silent"};
    kt_bell_t bell;
    uint64_t tag;
    assert_ok(kt_bell_init(&bell));
    open_client(world, &world->known, 1, 0);
    assert_ok(kt_client_start(world->client, method(ECHO_ECHO_ECHO), NULL, &request.base, 1));
    kt_client_wake_by(world->client, bell.fd);
    kt_bell_ring(&bell);
    assert_status(kt_client_next(world->client, -1, &tag, &world->reply), KT_DEADLINE_EXCEEDED, 0);
    kt_bell_hear(&bell);
    assert_int_equal(kt_client_open_calls(world->client), 1);
    assert_ok(echo(world, "between", 10000));
    kt_bell_fini(&bell);
}

/* Pairs that no call may carry end here, before anything is sent. */
static void
test_metadata(void **state)
{
    world_t *world = *state;
    uint8_t bytes[KT_META_BYTES_MAX] = {0xff};
    char long_key[80] = "";
    memset(long_key, 'k', 65);
    const struct {
        kt_metadata_t pair;
        bool fine;
    } rows[] = {
        {{"a", kt_span_str("text")}, true},
        {{"a-bin", kt_span(bytes, 200)}, true},
        {{"a-bin", kt_span(NULL, 0)}, true},
        {{"a-bin", kt_span(bytes, 256)}, false},
        {{"a-bin", kt_span(bytes, sizeof bytes)}, false},
        {{"a", kt_span(bytes, 1)}, false},
        {{"", kt_span_str("text")}, false},
        {{"Key", kt_span_str("text")}, false},
        {{long_key, kt_span_str("text")}, false},
    };
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    open_client(world, &world->known, 1, 0);
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_call_options_t options = {.metadata = &rows[i].pair, .metadata_count = 1};
        kt_status_t status = kt_client_call(world->client, method(ECHO_ECHO_ECHO), &options,
                                            &request.base, &world->reply);
        assert_int_equal(status.code, rows[i].fine ? KT_OK : KT_INVALID_ARGUMENT);
    }
}

static void
test_stranger(void **state)
{
    world_t *world = *state;
    kt_key_pair_t stranger;
    assert_ok(kt_keys_generate(&stranger));
    open_client(world, &stranger, 2, 0);
    kt_status_t status = echo(world, "hello", 10000);
    assert_int_equal(status.code, KT_UNAUTHENTICATED);
    assert_string_equal(world->reply.reason, "UNKNOWN_PRINCIPAL");
    assert_false(world->reply.outcome_unknown);
}

/* The broker with the call inside goes away: the call goes to the other one. */
static void
test_failover(void **state)
{
    world_t *world = *state;
    open_client(world, &world->known, 2, 0);
    assert_ok(echo(world, "first", 10000));
    unsigned used = atomic_load(&world->brokers[0].calls) ? 0 : 1;
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    request.payload = (ProtobufCBinaryData){6, (uint8_t *)(uintptr_t) "silent"};
    kt_call_options_t options = {.timeout_ms = 20000};
    assert_ok(kt_client_start(world->client, method(ECHO_ECHO_ECHO), &options, &request.base, 1));
    uint64_t tag;
    while (atomic_load(&world->brokers[used].calls) < 2)
        assert_status(kt_client_next(world->client, 1, &tag, &world->reply), KT_DEADLINE_EXCEEDED,
                      0);
    fake_stop(&world->brokers[used]);
    while (atomic_load(&world->brokers[1 - used].calls) < 1)
        assert_status(kt_client_next(world->client, 1, &tag, &world->reply), KT_DEADLINE_EXCEEDED,
                      0);
    assert_ok(echo(world, "second", 10000));
}

/* The broker is restarted while no call is open, and libzmq has connected again by itself: a call
 * that must not be sent twice goes out over the new connection and is not taken for lost with the
 * old one. */
static void
test_restart_between_calls(void **state)
{
    world_t *world = *state;
    fake_broker_t *broker = &world->brokers[0];
    char endpoint[128];
    snprintf(endpoint, sizeof endpoint, "%s", kt_socket_endpoint(broker->router));
    open_client(world, &world->known, 1, 0);
    kt_method_t backup = *method(ECHO_ECHO_ECHO);
    backup.kind = KT_METHOD_ADMIN;
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    for (unsigned i = 0; i < 5; i++) {
        assert_ok(kt_client_call(world->client, &backup, NULL, &request.base, &world->reply));
        unsigned let_in = atomic_load(&world->let_in);
        fake_stop(broker);
        fake_listen(broker, endpoint);
        int64_t until_us = kt_clock_mono_us() + 10 * KT_US_PER_S;
        while (atomic_load(&world->let_in) == let_in)
            assert_true(kt_clock_mono_us() < until_us);
    }
}

static void
test_server_stream(void **state)
{
    world_t *world = *state;
    open_client(world, &world->known, 1, 0);
    echo_count_request_t request = ECHO_COUNT_REQUEST_INIT;
    kt_stream_t *stream = NULL;
    assert_ok(kt_client_open(world->client, method(ECHO_ECHO_COUNT), NULL, &request.base, &stream));
    kt_status_t status;
    unsigned count = 0;
    while (!kt_failed(status = kt_stream_receive(stream, &world->reply))) {
        const echo_number_t *number = (const echo_number_t *)(const void *)world->reply.message;
        assert_int_equal(number->value, 1);
        count++;
    }
    assert_int_equal(status.code, KT_OUT_OF_RANGE);
    assert_ok(world->reply.status);
    assert_int_equal(count, FAKE_COUNT);
    kt_stream_close(&stream);
    assert_int_equal(kt_client_open_calls(world->client), 0);
}

static void
test_client_stream(void **state)
{
    world_t *world = *state;
    open_client(world, &world->known, 1, 0);
    kt_stream_t *stream = NULL;
    assert_ok(kt_client_open(world->client, method(ECHO_ECHO_SUM), NULL, NULL, &stream));
    echo_number_t number = ECHO_NUMBER_INIT;
    for (unsigned i = 0; i < 100; i++)
        assert_ok(kt_stream_send(stream, &number.base, i == 99));
    assert_status(kt_stream_send(stream, &number.base, false), KT_FAILED_PRECONDITION, 0);
    assert_status(kt_stream_receive(stream, &world->reply), KT_OUT_OF_RANGE, 0);
    assert_ok(world->reply.status);
    const echo_sum_response_t *sum = (const echo_sum_response_t *)(const void *)
                                         world->reply.message;
    assert_int_equal(sum->count, 100);
    kt_stream_close(&stream);
}

static void
test_both_streams(void **state)
{
    world_t *world = *state;
    open_client(world, &world->known, 1, 0);
    kt_stream_t *stream = NULL;
    assert_ok(kt_client_open(world->client, method(ECHO_ECHO_TWICE), NULL, NULL, &stream));
    echo_number_t number = ECHO_NUMBER_INIT;
    for (unsigned i = 1; i <= 50; i++) {
        number.value = i;
        assert_ok(kt_stream_send(stream, &number.base, false));
        assert_ok(kt_stream_receive(stream, &world->reply));
        const echo_number_t *back = (const echo_number_t *)(const void *)world->reply.message;
        assert_int_equal(back->value, i);
    }
    assert_ok(kt_stream_send(stream, NULL, true));
    assert_status(kt_stream_receive(stream, &world->reply), KT_OUT_OF_RANGE, 0);
    kt_stream_close(&stream);
    /* One that is left half way is cancelled. */
    assert_ok(kt_client_open(world->client, method(ECHO_ECHO_TWICE), NULL, NULL, &stream));
    assert_ok(kt_stream_send(stream, &number.base, false));
    kt_stream_close(&stream);
    assert_ok(echo(world, "still well", 10000));
}

static void
test_stream_without_waiting(void **state)
{
    world_t *world = *state;
    open_client(world, &world->known, 1, 0);
    kt_stream_t *stream = NULL;
    assert_ok(kt_client_open(world->client, method(ECHO_ECHO_TWICE), NULL, NULL, &stream));
    assert_status(kt_stream_poll(stream, 0, &world->reply), KT_DEADLINE_EXCEEDED, 0);
    echo_number_t number = ECHO_NUMBER_INIT;
    kt_status_t status;
    unsigned offered = 0;
    while (!kt_failed(status = kt_stream_offer(stream, &number.base, false)))
        offered++;
    assert_int_equal(status.code, KT_RESOURCE_EXHAUSTED);
    assert_true(offered >= KT_STREAM_WINDOW);
    for (unsigned i = 0; i < offered; i++)
        assert_ok(kt_stream_poll(stream, -1, &world->reply));
    kt_stream_cancel(stream); /* which the fake broker does not hear: the end is the deadline's */
    kt_stream_close(&stream);
    kt_stream_close(&stream);
    assert_int_equal(kt_client_open_calls(world->client), 0);
}

/* What comes back is held against the method's own response message. */
static void
test_wrong_response(void **state)
{
    world_t *world = *state;
    open_client(world, &world->known, 1, 0);
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    request.hold_ms = 5; /* field 2, a number; in the response it is a string */
    kt_status_t status = kt_client_call(world->client, method(ECHO_ECHO_ECHO), NULL, &request.base,
                                        &world->reply);
    assert_int_equal(status.code, KT_INTERNAL);
    assert_null(world->reply.message);
}

static void
test_options(void **state)
{
    world_t *world = *state;
    char long_endpoint[300] = "tcp://";
    memset(long_endpoint + 6, 'x', sizeof long_endpoint - 7);
    const char *key = world->known.public_key;
    const struct {
        kt_broker_address_t broker;
        unsigned count, inflight_max;
    } rows[] = {
        {{"tcp://127.0.0.1:1", key}, 0, 1},
        {{"tcp://127.0.0.1:1", key}, KT_CLIENT_BROKERS_MAX + 1, 1},
        {{"tcp://127.0.0.1:1", "short"}, 1, 1},
        {{long_endpoint, key}, 1, 1},
        {{"127.0.0.1:1", key}, 1, 1},
        {{"inproc://x", key}, 1, 1},
        {{"tcp://127.0.0.1:1", key}, 1, KT_CLIENT_INFLIGHT_MAX + 1},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_broker_address_t brokers[KT_CLIENT_BROKERS_MAX + 1];
        for (size_t b = 0; b < KT_COUNT(brokers); b++)
            brokers[b] = rows[i].broker;
        kt_client_options_t options = {.brokers = brokers,
                                       .brokers_count = rows[i].count,
                                       .keys = world->known,
                                       .inflight_max = rows[i].inflight_max};
        assert_status(kt_client_new(&options, &world->client), KT_INVALID_ARGUMENT, 0);
        assert_null(world->client);
    }
    /* What only libzmq finds out ends the call, not the program. */
    kt_broker_address_t broker = {"tcp://nowhere", key};
    kt_client_options_t options = {.brokers = &broker, .brokers_count = 1, .keys = world->known};
    assert_ok(kt_client_new(&options, &world->client));
    kt_status_t status = echo(world, "hello", 1000);
    assert_int_equal(status.code, KT_INVALID_ARGUMENT);
    assert_int_equal(kt_client_open_calls(world->client), 0);
}

static void
test_reach(void **state)
{
    world_t *world = *state;
    fake_stop(&world->brokers[0]);
    kt_broker_address_t broker = {"ipc:///nonexistent/kantor.sock", world->known.public_key};
    kt_client_options_t options = {
        .brokers = &broker, .brokers_count = 1, .keys = world->known, .reach_ms = 60000};
    assert_ok(kt_client_new(&options, &world->client));
    kt_client_limit_reach(world->client, 50);
    kt_status_t status = echo(world, "hello", 60000);
    assert_int_equal(status.code, KT_UNAVAILABLE);
    assert_string_equal(world->reply.reason, "NO_BROKER");
    assert_false(world->reply.outcome_unknown);
    assert_int_equal(world->reply.attempts, 0);
}

int
main(void)
{
#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_call),
        WORLD_TEST(test_local_refusal),
        WORLD_TEST(test_pipelined),
        WORLD_TEST(test_deadline),
        WORLD_TEST(test_woken),
        WORLD_TEST(test_metadata),
        WORLD_TEST(test_stranger),
        WORLD_TEST(test_failover),
        WORLD_TEST(test_restart_between_calls),
        WORLD_TEST(test_server_stream),
        WORLD_TEST(test_client_stream),
        WORLD_TEST(test_both_streams),
        WORLD_TEST(test_stream_without_waiting),
        WORLD_TEST(test_wrong_response),
        WORLD_TEST(test_options),
        WORLD_TEST(test_reach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
