#include "crier.h"

#include <kt/event.h>
#include <kt/rows.h>
#include <stdio.h>

enum { TABLE_HEARD = KT_TABLE_FIRST, TABLE_WEIGHTS, TABLE_SHARED };

/* Of what is kept of an event that is heavy: a journal record holds some thirty of them. */
#define WEIGHT_BYTES 1800

/* As long as a test may wait. */
#define WAIT_MS 60000

static const char *const sayers[] = {"clerk", "department"};
static const char *const everybody[] = {"*"};

static const kt_field_t line_fields[] = {
    KT_F_TEXT(kt_event_t, subject, KT_EVENT_SUBJECT_BYTES_MAX, 0),
    KT_F_I64(kt_event_t, sequence, 1, INT64_MAX, 0),
};
static const kt_layout_t line_layout = KT_LAYOUT("line", kt_event_t, line_fields);

/* The number of the last record under a u64 key. */
static kt_status_t
last_of(kt_call_t *call, uint32_t table, uint64_t *number)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows;
    kt_key_t all;
    kt_reader_t r;

    *number = 0;
    KT_TRY(kt_rows_begin_last(&rows, call, table, kt_key(&all)));
    if (!kt_rows_next(&rows, NULL, NULL))
        return rows.status;
    r = kt_reader(rows.key);
    *number = kt_get_u64(&r);
    return kt_ok();
}

static kt_status_t
answer(kt_call_t *call, uint64_t number, void *response)
{
    ((echo_echo_response_t *)response)->instance = (char *)(uintptr_t)kt_arena_printf(
        call->arena, "%llu", (unsigned long long)number);
    return kt_ok();
}

static kt_status_t
say(const void *handlers, kt_call_t *call, const void *request, void *response)
{
    const echo_echo_request_t *asked = (const echo_echo_request_t *)request;
    kt_event_value_t value = {kt_span_str("by"), kt_span_str(call->principal)};
    uint64_t number;

    (void)handlers;
    if (asked->fail_code != 0)
        return kt_error((kt_code_t)asked->fail_code, 0, "refused, as you asked");
    KT_TRY(kt_event_emit(call, asked->hold_ms > 0 ? "whispered" : "said",
                         kt_span(asked->payload.data, asked->payload.len), &value, 1));
    KT_TRY(last_of(call, TABLE_SHARED + KT_SHARED_EVENT, &number));
    return answer(call, number, response);
}

static kt_status_t
read_lines(kt_call_t *call, uint64_t count, echo_echo_response_t *response)
{
    size_t room = (size_t)count * (KT_EVENT_SUBJECT_BYTES_MAX + 24) + 1, size = 0;
    char *lines = (char *)kt_arena_alloc(call->arena, room);
    KT_CLEANUP(kt_rows_end) kt_rows_t rows;
    kt_event_t line;
    kt_key_t all;

    if (!lines)
        return kt_call_out_of_memory(call);
    KT_TRY(kt_rows_begin(&rows, call, TABLE_HEARD, kt_key(&all)));
    while (kt_rows_next(&rows, &line_layout, &line))
        size += (size_t)snprintf(lines + size, room - size, "%llu %.*s\n",
                                 (unsigned long long)line.sequence, (int)line.subject.size,
                                 (const char *)line.subject.data);
    response->payload = (ProtobufCBinaryData){.data = (uint8_t *)lines, .len = size};
    return rows.status;
}

static kt_status_t
heard(const void *handlers, kt_call_t *call, const void *request, void *response)
{
    uint64_t count;

    (void)handlers;
    KT_TRY(last_of(call, TABLE_HEARD, &count));
    if (count < ((const echo_echo_request_t *)request)->hold_ms)
        return kt_call_await(call, KT_NEWS_COMMIT, WAIT_MS);
    KT_TRY(read_lines(call, count, (echo_echo_response_t *)response));
    return answer(call, count, response);
}

static const uint8_t weight[WEIGHT_BYTES];

static kt_status_t
take(kt_call_t *call, const char *department, const kt_event_t *event)
{
    uint64_t number;
    kt_key_t key;

    (void)department;
    KT_TRY(last_of(call, TABLE_HEARD, &number));
    if (kt_span_equal(event->subject, kt_span_str("heavy")))
        KT_TRY(kt_kv_put(call->txn, TABLE_WEIGHTS,
                         kt_key_span(kt_key_u64(kt_key(&key), number + 1)),
                         kt_span(weight, sizeof(weight))));
    return kt_row_append(call, TABLE_HEARD, kt_key_u64(kt_key(&key), number + 1), &line_layout,
                         event);
}

#define CRIER(NAME, OTHER)                                                                         \
    static const kt_method_t NAME##_methods[] = {                                                  \
        [CRIER_SAY] = {.path = "/kantor." #NAME ".v1.Crier/Say",                                   \
                       .request = &echo_echo_request_descriptor,                                   \
                       .response = &echo_echo_response_descriptor,                                 \
                       .kind = KT_METHOD_WRITE,                                                    \
                       .roles = sayers,                                                            \
                       .roles_count = 2},                                                          \
        [CRIER_HEARD] = {.path = "/kantor." #NAME ".v1.Crier/Heard",                               \
                         .request = &echo_echo_request_descriptor,                                 \
                         .response = &echo_echo_response_descriptor,                               \
                         .kind = KT_METHOD_READ,                                                   \
                         .roles = everybody,                                                       \
                         .roles_count = 1},                                                        \
    };                                                                                             \
    static const kt_service_desc_t NAME##_desc = {.name = "kantor." #NAME ".v1.Crier",             \
                                                  .methods = NAME##_methods,                       \
                                                  .methods_count = KT_COUNT(NAME##_methods)};      \
    static const kt_binding_t NAME##_binding = {.desc = &NAME##_desc, .run = run};                 \
    static const char *const NAME##_follows[] = {#OTHER};                                          \
    static const kt_service_t NAME##_service = {.name = #NAME,                                     \
                                                .version = "1",                                    \
                                                .bindings = &NAME##_binding,                       \
                                                .bindings_count = 1,                               \
                                                .tables = tables,                                  \
                                                .tables_count = KT_COUNT(tables),                  \
                                                .shared_first = TABLE_SHARED,                      \
                                                .format = 1,                                       \
                                                .follows = NAME##_follows,                         \
                                                .follows_count = 1,                                \
                                                .take = take}

static const kt_table_t tables[] = {
    KT_SYSTEM_TABLES,
    {"heard", KT_TABLE_LOG},
    {"weights", KT_TABLE_FACT},
    KT_SHARED_TABLES(TABLE_SHARED),
};
static const kt_handler_t run[] = {
    [CRIER_SAY] = {.unary = say},
    [CRIER_HEARD] = {.unary = heard},
};

CRIER(north, south);
CRIER(south, north);

const kt_service_t *
crier_north(void)
{
    return &north_service;
}

const kt_service_t *
crier_south(void)
{
    return &south_service;
}

const kt_method_t *
crier_methods(const kt_service_t *service)
{
    return service->bindings[0].desc->methods;
}
