#include "counter.h"

#include <kt/pack.h>
#include <sched.h>

enum { TABLE_SUMS = KT_TABLE_FIRST, TABLE_LINES };

const char *_Atomic counter_finding;
atomic_bool counter_verifies_for_ever;

static const char *const clerks[] = {"counter.clerk"};
static const char *const everybody[] = {"*"};

const kt_method_t counter_methods[] = {
    [COUNTER_ADD] = {.path = "/kantor.counter.v1.Counter/Add",
                     .request = &echo_echo_request_descriptor,
                     .response = &echo_echo_response_descriptor,
                     .kind = KT_METHOD_WRITE,
                     .roles = clerks,
                     .roles_count = 1},
    [COUNTER_GET] = {.path = "/kantor.counter.v1.Counter/Get",
                     .request = &echo_echo_request_descriptor,
                     .response = &echo_echo_response_descriptor,
                     .kind = KT_METHOD_READ,
                     .roles = everybody,
                     .roles_count = 1},
    [COUNTER_TAIL] = {.path = "/kantor.counter.v1.Counter/Tail",
                      .request = &echo_count_request_descriptor,
                      .response = &echo_number_descriptor,
                      .kind = KT_METHOD_READ,
                      .server_streaming = true,
                      .roles = everybody,
                      .roles_count = 1},
};

static kt_status_t
load_sum(kt_txn_t *txn, kt_span_t name, uint64_t *sum)
{
    kt_span_t value;
    kt_status_t status = kt_kv_get(txn, TABLE_SUMS, name, &value);
    kt_reader_t reader;

    *sum = 0;
    if (status.code == KT_NOT_FOUND)
        return kt_ok();
    KT_TRY(status);
    reader = kt_reader(value);
    *sum = kt_get_u64(&reader);
    return kt_ok();
}

/* The number of the last line; 0 when there is none. */
static kt_status_t
last_line(kt_txn_t *txn, uint64_t *number)
{
    kt_cursor_t *cursor;
    kt_span_t key = kt_span(NULL, 0), value;
    kt_reader_t reader;
    kt_status_t status;

    KT_TRY(kt_kv_cursor(txn, TABLE_LINES, &cursor));
    status = kt_cursor_last(cursor, &key, &value);
    reader = kt_reader(key);
    *number = kt_failed(status) ? 0 : kt_get_u64(&reader);
    kt_kv_cursor_close(&cursor);
    return status.code == KT_NOT_FOUND ? kt_ok() : status;
}

static kt_status_t
put_sum(kt_txn_t *txn, kt_span_t name, uint64_t sum)
{
    uint8_t bytes[8];
    kt_writer_t writer = kt_writer(bytes, sizeof(bytes));

    kt_put_u64(&writer, sum);
    return kt_kv_put(txn, TABLE_SUMS, name, kt_written(&writer));
}

static kt_status_t
answer(kt_call_t *call, uint64_t sum, void *response)
{
    ((echo_echo_response_t *)response)->instance = (char *)(uintptr_t)kt_arena_printf(
        call->arena, "%llu", (unsigned long long)sum);
    return kt_ok();
}

static kt_status_t
add(const void *handlers, kt_call_t *call, const void *request, void *response)
{
    const echo_echo_request_t *asked = (const echo_echo_request_t *)request;
    kt_span_t name = kt_span(asked->payload.data, asked->payload.len);
    uint8_t bytes[8];
    kt_writer_t line = kt_writer(bytes, sizeof(bytes));
    uint64_t sum, number;

    (void)handlers;
    if (name.size == 0)
        return kt_call_bad_field(call, "is missing", "payload");
    KT_TRY(load_sum(call->txn, name, &sum));
    KT_TRY(last_line(call->txn, &number));
    if (asked->fail_code != 0)
        return kt_error((kt_code_t)asked->fail_code, 0, "refused, as you asked");
    KT_TRY(put_sum(call->txn, name, sum + asked->hold_ms));
    kt_put_u64(&line, number + 1);
    KT_TRY(kt_kv_append(call->txn, TABLE_LINES, kt_written(&line), name));
    return answer(call, sum + asked->hold_ms, response);
}

static kt_status_t
get(const void *handlers, kt_call_t *call, const void *request, void *response)
{
    const echo_echo_request_t *asked = (const echo_echo_request_t *)request;
    echo_echo_response_t *told = (echo_echo_response_t *)response;
    uint64_t sum;

    (void)handlers;
    KT_TRY(load_sum(call->txn, kt_span(asked->payload.data, asked->payload.len), &sum));
    told->payload.len = (size_t)asked->hold_ms * 1024;
    told->payload.data = (uint8_t *)kt_arena_zalloc(call->arena, told->payload.len, 1);
    if (told->payload.len > 0 && !told->payload.data)
        return kt_call_out_of_memory(call);
    return answer(call, sum, response);
}

static kt_status_t
tail_take(const void *handlers, kt_call_t *call, const void *request)
{
    uint64_t *next;

    (void)handlers;
    if (!request)
        return kt_ok();
    call->state = next = KT_ARENA_NEW(call->stream_arena, uint64_t);
    if (!next)
        return kt_call_out_of_memory(call);
    *next = ((const echo_count_request_t *)request)->from;
    return kt_ok();
}

static kt_status_t
tail_give(const void *handlers, kt_call_t *call, void *response, kt_give_t *given)
{
    uint64_t *next = (uint64_t *)call->state, last;

    (void)handlers;
    KT_TRY(last_line(call->txn, &last));
    *given = *next > last ? KT_GIVE_WAIT : KT_GIVE_MESSAGE;
    if (*given == KT_GIVE_MESSAGE)
        ((echo_number_t *)response)->value = (*next)++;
    return kt_ok();
}

static kt_status_t
verify(kt_txn_t *txn, kt_verify_report_t *report)
{
    const char *finding = counter_finding;

    (void)txn;
    if (finding)
        kt_verify_find(report, "sums", "a", "%s", finding);
    while (counter_verifies_for_ever && kt_verify_progress(report, 1, 2))
        (void)sched_yield();
    return kt_verify_progress(report, 1, 1) ? kt_ok() : kt_error(KT_CANCELLED, 0, "given up");
}

const kt_service_t *
counter_service(void)
{
    static const kt_table_t tables[] = {
        KT_SYSTEM_TABLES,
        {"sums", KT_TABLE_FACT},
        {"lines", KT_TABLE_LOG},
    };
    static const kt_handler_t run[] = {
        [COUNTER_ADD] = {.unary = add},
        [COUNTER_GET] = {.unary = get},
        [COUNTER_TAIL] = {.take = tail_take, .give = tail_give},
    };
    static const kt_service_desc_t desc = {
        .name = "kantor.counter.v1.Counter",
        .methods = counter_methods,
        .methods_count = KT_COUNT(run),
    };
    static const kt_binding_t binding = {.desc = &desc, .run = run};
    static const kt_service_t service = {
        .name = "counter",
        .version = "1",
        .bindings = &binding,
        .bindings_count = 1,
        .tables = tables,
        .tables_count = KT_COUNT(tables),
        .format = 1,
        .verify = verify,
    };

    return &service;
}

echo_echo_request_t
counter_request(const char *name, uint32_t amount)
{
    echo_echo_request_t request = ECHO_ECHO_REQUEST_INIT;

    request.payload = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)name,
                                            .len = strlen(name)};
    request.hold_ms = amount;
    return request;
}
