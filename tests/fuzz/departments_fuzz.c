/* Input: a byte that picks a department, one that picks a method of it, then its request, encoded,
 * as the shell would get it. Whatever it asks, a refusal writes nothing, no answer is a bug, and
 * what can be computed from the facts still is what they say. */
#include "departments.h"
#include "verify_report.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/message.h>
#include <kt/process_service.h>
#include <kt/scan.h>
#include <kt/time.h>

#define MEMORY_MAX   ((size_t)64 << 20)
#define NOW_US       (INT64_C(20780) * KT_US_PER_DAY)
#define VERIFY_EVERY 16   /* inputs that were accepted */
#define FRESH_EVERY  2048 /* the stores are begun anew */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct desk {
    const kt_service_t *service;
    kt_kv_t *store;
    void *state;
    uint64_t accepted;
} desk_t;

static desk_t desks[DEPARTMENTS];
static kt_arena_t *arena;
static uint64_t calls, changes;

static kt_status_t
count_change(void *context, kt_kv_change_t change, uint32_t table, kt_span_t key, kt_span_t value)
{
    (void)context, (void)change, (void)table, (void)key, (void)value;
    changes++;
    return kt_ok();
}

static void
found(void *context, const kt_finding_t *finding)
{
    (void)context;
    kt_assert_failed(finding->what, __FILE__, __LINE__);
}

static bool
progress(void *context, uint64_t done, uint64_t all)
{
    (void)context, (void)done, (void)all;
    return true;
}

static void
verify(const desk_t *desk)
{
    kt_verify_report_t report = {.find = found, .progress = progress};
    kt_txn_t *txn;

    if (!desk->service->verify)
        return;
    KT_ASSERT(!kt_failed(kt_kv_begin_read(desk->store, &txn)));
    KT_ASSERT(!kt_failed(desk->service->verify(txn, &report)));
    kt_kv_abort(&txn);
}

static void
begin(desk_t *desk, const kt_service_t *service)
{
    kt_kv_options_t options = {.service = service->name,
                               .format = service->format,
                               .tables = service->tables,
                               .tables_count = service->tables_count};
    kt_txn_t *txn;

    if (desk->store)
        kt_kv_close(&desk->store);
    if (desk->state && service->stop)
        service->stop(desk->state);
    *desk = (desk_t){.service = service};
    KT_ASSERT(!kt_failed(kt_kv_open_ram(&options, &desk->store)));
    if (!service->start)
        return;
    KT_ASSERT(!kt_failed(kt_kv_begin_read(desk->store, &txn)));
    KT_ASSERT(!kt_failed(service->start(txn, &desk->state)));
    kt_kv_abort(&txn);
}

/* Streams are taken and given from once; the rest is one call. */
static kt_status_t
run(const kt_handler_t *handler, const kt_binding_t *binding, const kt_method_t *method,
    kt_call_t *call, const ProtobufCMessage *request)
{
    ProtobufCMessage *response = kt_message_new(call->arena, method->response);
    kt_give_t given;

    KT_ASSERT(response);
    if (handler->unary)
        return handler->unary(binding->handlers, call, request, response);
    KT_TRY(handler->take(binding->handlers, call, request));
    KT_TRY(handler->take(binding->handlers, call, NULL));
    return handler->give(binding->handlers, call, response, &given);
}

static void
carry_out(desk_t *desk, const kt_binding_t *binding, uint32_t index,
          const ProtobufCMessage *request)
{
    const kt_method_t *method = &binding->desc->methods[index];
    kt_arena_t *stream = kt_arena_new(4096, MEMORY_MAX);
    kt_status_t status;
    kt_txn_t *txn;
    kt_call_t call;

    KT_ASSERT(stream && !kt_failed(kt_kv_begin_write(desk->store, &txn)));
    kt_call_init(&call, arena, txn, "fuzz", NOW_US + (int64_t)calls);
    call.method = method;
    call.roles = method->roles; /* whoever may */
    call.roles_count = method->roles_count;
    call.service = desk->state;
    call.shared_first = desk->service->shared_first;
    call.processes = desk->service->processes;
    call.stream_arena = stream;
    call.chance = ++calls;
    changes = 0;
    kt_kv_observe(txn, count_change, NULL);
    status = run(&binding->run[index], binding, method, &call, request);
    KT_ASSERT(status.code != KT_INTERNAL && status.code != KT_DATA_LOSS);
    KT_ASSERT(changes == 0 || (!kt_failed(status) && method->kind == KT_METHOD_WRITE));
    if (changes == 0) {
        kt_kv_abort(&call.txn);
    } else {
        KT_ASSERT(!kt_failed(kt_kv_commit(&call.txn)));
        if (++desk->accepted % VERIFY_EVERY == 0)
            verify(desk);
    }
    kt_arena_destroy(&stream);
}

/* The PICK-th method of the department's own and of its processes. */
static kt_binding_t
pick_method(const kt_service_t *service, uint32_t pick, uint32_t *index)
{
    kt_binding_t process = kt_process_binding();
    uint32_t all = service->processes ? process.desc->methods_count : 0;

    for (uint32_t i = 0; i < service->bindings_count; i++)
        all += service->bindings[i].desc->methods_count;
    *index = pick % all;
    for (uint32_t i = 0; i < service->bindings_count; i++) {
        if (*index < service->bindings[i].desc->methods_count)
            return service->bindings[i];
        *index -= service->bindings[i].desc->methods_count;
    }
    return process;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kt_scan_limits_t limits = kt_scan_limits_usual();
    kt_scan_result_t scanned;
    ProtobufCMessage *request;
    static uint64_t inputs;
    uint32_t index;

    if (!arena)
        arena = kt_arena_new(65536, MEMORY_MAX);
    for (uint32_t i = 0; inputs % FRESH_EVERY == 0 && i < DEPARTMENTS; i++)
        begin(&desks[i], department(i));
    inputs++;
    if (size < 2)
        return 0;
    desk_t *desk = &desks[data[0] % DEPARTMENTS];
    kt_binding_t binding = pick_method(desk->service, data[1], &index);
    const ProtobufCMessageDescriptor *descriptor = binding.desc->methods[index].request;
    kt_span_t body = kt_span(data + 2, size - 2);
    kt_arena_reset(arena);
    if (kt_failed(kt_scan(descriptor, body, &limits, &scanned)) ||
        kt_failed(kt_message_unpack(arena, descriptor, body, &request)))
        return 0;
    carry_out(desk, &binding, index, request);
    return 0;
}
