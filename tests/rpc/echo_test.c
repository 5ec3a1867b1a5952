/* The echo service behind a real broker: all four kinds of call, and what every service answers
 * beside its own. */
#include "testing.h"

#include "handlers/echo.h"
#include "service.h"
#include "stage.h"

#include <grpc/health/health.kt.h>
#include <grpc/reflection/reflection.kt.h>
#include <kantor/rpc/v1/reason.kt.h>

static const stage_principal_t principals[] = {
    {"ann", NULL, NULL}, {"echo", NULL, "echo"}, {NULL, NULL, NULL}};

static void
with_readers(kt_shell_options_t *options)
{
    options->readers = 3;
}

/* Handlers run in the front thread. */
static int
setup(void **state)
{
    *state = stage_world_new(principals, echo_service(), NULL);
    return 0;
}

/* Handlers run in threads of their own. */
static int
setup_readers(void **state)
{
    *state = stage_world_new(principals, echo_service(), with_readers);
    return 0;
}

static const kt_method_t *
method(uint32_t which)
{
    return &echo_echo_service.methods[which];
}

/* ---- unary ---- */

static kt_status_t
echo(stage_world_t *w, size_t size, uint32_t hold_ms, uint32_t fail_code, uint32_t timeout_ms)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    kt_call_options_t options = {.timeout_ms = timeout_ms};
    uint8_t *payload = (uint8_t *)calloc(1, size + 1);
    kt_status_t status;

    assert_non_null(payload);
    memset(payload, 'x', size);
    request.payload = (ProtobufCBinaryData){.data = payload, .len = size};
    request.hold_ms = hold_ms;
    request.fail_code = fail_code;
    status = kt_client_call(w->client, method(ECHO_ECHO_ECHO), &options, &request.base, &w->reply);
    free(payload);
    return status;
}

static void
unary(void **state)
{
    static const size_t sizes[] = {0, 1, 1000, 100000, ECHO_PAYLOAD_BYTES_MAX};
    stage_world_t *w = (stage_world_t *)*state;

    for (size_t i = 0; i < KT_COUNT(sizes); i++) {
        const echo_echo_response_t *response;
        assert_ok(echo(w, sizes[i], 0, 0, 0));
        response = (const echo_echo_response_t *)w->reply.message;
        assert_int_equal(response->payload.len, sizes[i]);
        assert_true(strncmp(response->instance, "pid-", 4) == 0);
    }
}

static void
refusals_name_the_field(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;

    assert_status(echo(w, ECHO_PAYLOAD_BYTES_MAX + 1, 0, 0, 0), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_string_equal(w->reply.field, "payload");
    assert_string_equal(w->reply.domain, "kantor.rpc");
    assert_status(echo(w, 1, ECHO_HOLD_MS_MAX + 1, 0, 0), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_string_equal(w->reply.field, "hold_ms");
    assert_status(echo(w, 1, 0, KT_CODE_COUNT, 0), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_string_equal(w->reply.field, "fail_code");
    for (uint32_t code = 1; code < KT_CODE_COUNT; code++)
        if (code != KT_UNAVAILABLE) /* the client sends that one again */
            assert_int_equal(echo(w, 1, 0, code, 0).code, code);
}

static void
held_answer_comes_later(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;

    assert_ok(echo(w, 3, 50, 0, 0));
    assert_true(w->reply.took_us >= 50000);
    assert_int_equal(((const echo_echo_response_t *)w->reply.message)->payload.len, 3);
    assert_status(echo(w, 3, 30000, 0, 50), KT_DEADLINE_EXCEEDED, RPC_REASON_DEADLINE_PASSED);
}

static void
many_at_once(void **state)
{
    enum { CALLS = 1000, INSIDE = 200 };
    stage_world_t *w = (stage_world_t *)*state;
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    unsigned started = 0, ended = 0;
    uint64_t tag;

    request.hold_ms = 1;
    while (ended < CALLS) {
        if (started < CALLS && started - ended < INSIDE) {
            assert_ok(
                kt_client_start(w->client, method(ECHO_ECHO_ECHO), NULL, &request.base, started++));
            continue;
        }
        assert_ok(kt_client_next(w->client, -1, &tag, &w->reply));
        assert_ok(w->reply.status);
        ended++;
    }
}

/* ---- streams ---- */

static void
server_stream(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    echo_count_request_t request = ECHO_COUNT_REQUEST_INIT;
    kt_stream_t *stream = NULL;
    uint64_t next = 5;

    request.from = 5;
    request.to = 1004;
    assert_ok(kt_client_open(w->client, method(ECHO_ECHO_COUNT), NULL, &request.base, &stream));
    while (!kt_failed(kt_stream_receive(stream, &w->reply)))
        assert_int_equal(((const echo_number_t *)w->reply.message)->value, next++);
    assert_ok(w->reply.status);
    assert_int_equal(next, 1005);
    kt_stream_close(&stream);
    request.to = 5 + ECHO_COUNT_MAX + 1;
    assert_ok(kt_client_open(w->client, method(ECHO_ECHO_COUNT), NULL, &request.base, &stream));
    kt_ignore(kt_stream_receive(stream, &w->reply));
    assert_status(w->reply.status, KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    kt_stream_close(&stream);
}

static void
client_stream(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    kt_stream_t *stream = NULL;
    echo_number_t number = ECHO_NUMBER_INIT;
    const echo_sum_response_t *sum;

    assert_ok(kt_client_open(w->client, method(ECHO_ECHO_SUM), NULL, NULL, &stream));
    for (number.value = 1; number.value <= 100; number.value++)
        assert_ok(kt_stream_send(stream, &number.base, number.value == 100));
    assert_int_equal(kt_stream_receive(stream, &w->reply).code, KT_OUT_OF_RANGE);
    assert_ok(w->reply.status);
    sum = (const echo_sum_response_t *)w->reply.message;
    assert_int_equal(sum->count, 100);
    assert_int_equal(sum->sum, 5050);
    kt_stream_close(&stream);
}

static void
both_streams(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    kt_stream_t *stream = NULL;
    echo_number_t number = ECHO_NUMBER_INIT;
    unsigned got = 0;

    assert_ok(kt_client_open(w->client, method(ECHO_ECHO_TWICE), NULL, NULL, &stream));
    for (number.value = 1; number.value <= 200; number.value++) {
        assert_ok(kt_stream_send(stream, &number.base, false));
        if (number.value % 10 != 0)
            continue;
        for (unsigned i = 0; i < 10; i++) {
            assert_ok(kt_stream_receive(stream, &w->reply));
            assert_int_equal(((const echo_number_t *)w->reply.message)->value, 2 * ++got);
        }
    }
    assert_ok(kt_stream_send(stream, NULL, true));
    assert_int_equal(kt_stream_receive(stream, &w->reply).code, KT_OUT_OF_RANGE);
    assert_ok(w->reply.status);
    kt_stream_close(&stream);
}

/* The service stops when the caller does not read, and the next call is served all the same. */
static void
caller_that_does_not_read(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    echo_count_request_t request = ECHO_COUNT_REQUEST_INIT;
    kt_stream_t *stream = NULL;

    request.to = ECHO_COUNT_MAX;
    assert_ok(kt_client_open(w->client, method(ECHO_ECHO_COUNT), NULL, &request.base, &stream));
    assert_ok(echo(w, 1, 0, 0, 0));
    kt_stream_cancel(stream);
    while (!kt_failed(kt_stream_receive(stream, &w->reply)))
        continue;
    assert_int_equal(w->reply.status.code, KT_CANCELLED);
    kt_stream_close(&stream);
    assert_ok(echo(w, 1, 0, 0, 0));
}

/* ---- what every service answers ---- */

static void
health(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    const kt_method_t *check = &health_health_service.methods[HEALTH_HEALTH_CHECK];
    kt_call_options_t options = {.department = "echo"};
    health_health_check_request_t request = HEALTH_HEALTH_CHECK_REQUEST_INIT;
    char name[] = "kantor.echo.v1.Echo", other[] = "nobody";

    request.service = name;
    assert_ok(kt_client_call(w->client, check, &options, &request.base, &w->reply));
    assert_int_equal(((const health_health_check_response_t *)w->reply.message)->status, 1);
    request.service = other;
    assert_int_equal(kt_client_call(w->client, check, &options, &request.base, &w->reply).code,
                     KT_NOT_FOUND);
}

static void
health_watch_sees_the_drain(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    const kt_method_t *watch = &health_health_service.methods[HEALTH_HEALTH_WATCH];
    kt_call_options_t options = {.department = "echo"};
    health_health_check_request_t request = HEALTH_HEALTH_CHECK_REQUEST_INIT;
    kt_stream_t *stream = NULL;

    assert_ok(kt_client_open(w->client, watch, &options, &request.base, &stream));
    assert_ok(kt_stream_receive(stream, &w->reply));
    assert_int_equal(((const health_health_check_response_t *)w->reply.message)->status, 1);
    kt_shell_drain(w->shell);
    assert_ok(kt_stream_receive(stream, &w->reply));
    assert_int_equal(((const health_health_check_response_t *)w->reply.message)->status, 2);
    assert_int_equal(kt_stream_receive(stream, &w->reply).code, KT_OUT_OF_RANGE);
    assert_ok(w->reply.status);
    kt_stream_close(&stream);
    assert_true(kt_shell_wait(w->shell));
}

static const reflection_server_reflection_response_t *
reflect(stage_world_t *w, const reflection_server_reflection_request_t *request)
{
    const kt_method_t *info = &reflection_server_reflection_service.methods[0];
    kt_call_options_t options = {.department = "echo"};
    kt_stream_t *stream = NULL;

    assert_ok(kt_client_open(w->client, info, &options, NULL, &stream));
    assert_ok(kt_stream_send(stream, &request->base, true));
    assert_ok(kt_stream_receive(stream, &w->reply));
    kt_stream_close(&stream);
    return (const reflection_server_reflection_response_t *)w->reply.message;
}

static void
reflection(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    reflection_server_reflection_request_t request = REFLECTION_SERVER_REFLECTION_REQUEST_INIT;
    const reflection_server_reflection_response_t *response;
    static char *symbols[] = {"kantor.echo.v1.Echo", "kantor.echo.v1.Echo.Twice",
                              "kantor.echo.v1.Number", "kantor.rpc.v1.Kind"};
    char none[] = "kantor.echo.v1.Nothing", star[] = "*", file[] = "kantor/echo/v1/echo.proto";

    request.message_request_case =
        REFLECTION_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_LIST_SERVICES;
    request.list_services = star;
    response = reflect(w, &request);
    assert_int_equal(response->list_services_response->n_service, 3);
    assert_string_equal(response->list_services_response->service[0]->name, "kantor.echo.v1.Echo");
    request.message_request_case =
        REFLECTION_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL;
    for (size_t i = 0; i < KT_COUNT(symbols); i++) {
        request.file_containing_symbol = symbols[i];
        response = reflect(w, &request);
        assert_int_equal(
            response->message_response_case,
            REFLECTION_SERVER_REFLECTION_RESPONSE_MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE);
        assert_true(response->file_descriptor_response->n_file_descriptor_proto >= 2);
    }
    request.file_containing_symbol = none;
    response = reflect(w, &request);
    assert_int_equal(response->error_response->error_code, KT_NOT_FOUND);
    request.message_request_case =
        REFLECTION_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_FILE_BY_FILENAME;
    request.file_by_filename = file;
    response = reflect(w, &request);
    assert_int_equal(response->file_descriptor_response->n_file_descriptor_proto, 3);
    request.message_request_case =
        REFLECTION_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE;
    request.all_extension_numbers_of_type = file;
    response = reflect(w, &request);
    assert_int_equal(response->error_response->error_code, KT_UNIMPLEMENTED);
}

/* ---- leaving ---- */

static void
drain_in_50_ms(kt_shell_options_t *options)
{
    options->drain_ms = 50;
}

/* Starts a call that is held so long, and lets the instance drain as soon as it is inside. */
static void
drain_over_held_call(stage_world_t *w, uint32_t hold_ms)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;
    kt_call_options_t options = {.once = true};
    uint64_t tag;

    request.hold_ms = hold_ms;
    assert_ok(echo(w, 1, 0, 0, 0)); /* the broker has spoken: a call once sent waits for that */
    assert_ok(kt_client_start(w->client, method(ECHO_ECHO_ECHO), &options, &request.base, 1));
    assert_ok(echo(w, 1, 0, 0, 0)); /* what is answered after it says that it is inside */
    assert_status(kt_client_next(w->client, 0, &tag, &w->reply), KT_DEADLINE_EXCEEDED, 0);
    kt_shell_drain(w->shell);
    assert_ok(kt_client_next(w->client, -1, &tag, &w->reply));
    assert_true(kt_shell_wait(w->shell));
}

static void
open_calls_end_before_the_drain(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;

    drain_over_held_call(w, 500);
    assert_ok(w->reply.status);
}

static void
drain_does_not_wait_for_ever(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;

    kt_shell_destroy(&w->shell);
    w->shell = stage_start(w->stage, echo_service(), drain_in_50_ms);
    drain_over_held_call(w, 20000);
    assert_status(w->reply.status, KT_UNAVAILABLE, RPC_REASON_DRAINING);
}

static void
drain_without_a_broker(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;

    stage_stop_broker(w->stage);
    kt_shell_drain(w->shell);
    assert_true(kt_shell_wait(w->shell));
}

/* ---- a broker that goes away ---- */

static void
broker_comes_back(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;

    assert_ok(echo(w, 1, 0, 0, 0));
    stage_stop_broker(w->stage);
    stage_start_broker(w->stage);
    assert_ok(echo(w, 1, 0, 0, 20000));
}

int
main(void)
{
#define T(name, setup) cmocka_unit_test_setup_teardown(name, setup, stage_world_teardown)
    const struct CMUnitTest tests[] = {
        T(unary, setup),
        T(unary, setup_readers),
        T(refusals_name_the_field, setup),
        T(held_answer_comes_later, setup),
        T(held_answer_comes_later, setup_readers),
        T(many_at_once, setup),
        T(many_at_once, setup_readers),
        T(server_stream, setup),
        T(server_stream, setup_readers),
        T(client_stream, setup),
        T(client_stream, setup_readers),
        T(both_streams, setup),
        T(both_streams, setup_readers),
        T(caller_that_does_not_read, setup),
        T(caller_that_does_not_read, setup_readers),
        T(health, setup),
        T(health_watch_sees_the_drain, setup),
        T(reflection, setup),
        T(open_calls_end_before_the_drain, setup),
        T(drain_does_not_wait_for_ever, setup),
        T(drain_without_a_broker, setup),
        T(broker_comes_back, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
