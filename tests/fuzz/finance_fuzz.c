/* Input: a byte that picks a method of finance, then its request, encoded, as the shell would get
 * it. Whatever it asks, a refusal writes nothing, and the books verify. */
#include "service.h"
#include "store/post.h"
#include "store/verify.h"

#include <kantor/finance/v1/books.kt.h>
#include <kt/message.h>
#include <kt/scan.h>

#define MEMORY_MAX   ((size_t)64 << 20)
#define NOW_US       (INT64_C(20780) * KT_US_PER_DAY)
#define VERIFY_EVERY 8    /* inputs that were accepted */
#define FRESH_EVERY  2048 /* the store is begun anew */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static kt_kv_t *store;
static kt_arena_t *arena;
static fin_state_t state;
static uint64_t calls, accepted, changes;

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

static void
verify(void)
{
    kt_txn_t *txn;
    KT_ASSERT(!kt_failed(kt_kv_begin_read(store, &txn)));
    KT_ASSERT(!kt_failed(fin_store_verify(txn, &(fin_verify_sink_t){.report = found})));
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

static const char *const roles[] = {"finance.clerk"};

static void
carry_out(const kt_binding_t *binding, uint32_t index, const ProtobufCMessage *request)
{
    const kt_method_t *method = &binding->desc->methods[index];
    kt_arena_t *stream = kt_arena_new(4096, MEMORY_MAX);
    kt_txn_t *txn;
    kt_call_t call;
    KT_ASSERT(stream && !kt_failed(kt_kv_begin_write(store, &txn)));
    kt_call_init(&call, arena, txn, "fuzz", NOW_US + (int64_t)calls);
    call.method = method;
    call.roles = roles;
    call.roles_count = KT_COUNT(roles);
    call.service = &state;
    call.stream_arena = stream;
    call.chance = ++calls;
    changes = 0;
    kt_kv_observe(txn, count_change, NULL);
    kt_status_t status = run(&binding->run[index], binding, method, &call, request);
    KT_ASSERT(changes == 0 || (!kt_failed(status) && method->kind == KT_METHOD_WRITE));
    if (changes == 0) {
        kt_kv_abort(&call.txn);
    } else {
        KT_ASSERT(!kt_failed(kt_kv_commit(&call.txn)));
        if (++accepted % VERIFY_EVERY == 0)
            verify();
    }
    kt_arena_destroy(&stream);
}

/* The book that inputs know. */
static void
open_books(const kt_service_t *service)
{
    char name[] = "b", bank[] = "assets:a", sales[] = "income:s", commodity[] = "C";
    fin_book_t book = FIN_BOOK_INIT;
    fin_create_book_request_t create = FIN_CREATE_BOOK_REQUEST_INIT;
    book.book = name;
    book.kind = FIN_BOOK_KIND_COMPANY;
    create.book = &book;
    carry_out(&service->bindings[0], FIN_BOOKS_CREATE_BOOK, &create.base);
    char *paths[] = {bank, sales};
    for (size_t i = 0; i < KT_COUNT(paths); i++) {
        fin_account_t account = FIN_ACCOUNT_INIT;
        fin_open_account_request_t open = FIN_OPEN_ACCOUNT_REQUEST_INIT;
        account.book = name;
        account.account = paths[i];
        open.account = &account;
        carry_out(&service->bindings[0], FIN_BOOKS_OPEN_ACCOUNT, &open.base);
    }
    fin_commodity_t declared = FIN_COMMODITY_INIT;
    fin_declare_commodity_request_t declare = FIN_DECLARE_COMMODITY_REQUEST_INIT;
    declared.commodity = commodity;
    declare.book = name;
    declare.commodity = &declared;
    carry_out(&service->bindings[0], FIN_BOOKS_DECLARE_COMMODITY, &declare.base);
    KT_ASSERT(accepted >= 4);
}

static void
begin(const kt_service_t *service)
{
    kt_kv_options_t options = {.service = service->name,
                               .format = service->format,
                               .tables = service->tables,
                               .tables_count = service->tables_count};
    if (store)
        kt_kv_close(&store);
    if (!arena)
        arena = kt_arena_new(65536, MEMORY_MAX);
    KT_ASSERT(arena && !kt_failed(kt_kv_open_ram(&options, &store)));
    fin_state_forget(&state);
    accepted = 0;
    open_books(service);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const kt_service_t *service = fin_service();
    kt_scan_limits_t limits = kt_scan_limits_usual();
    kt_scan_result_t scanned;
    ProtobufCMessage *request;
    static uint64_t inputs;
    if (inputs++ % FRESH_EVERY == 0)
        begin(service);
    if (size == 0)
        return 0;
    uint32_t books = service->bindings[0].desc->methods_count;
    uint32_t pick = data[0] % (books + service->bindings[1].desc->methods_count);
    const kt_binding_t *binding = &service->bindings[pick < books ? 0 : 1];
    uint32_t index = pick < books ? pick : pick - books;
    const ProtobufCMessageDescriptor *descriptor = binding->desc->methods[index].request;
    kt_span_t body = kt_span(data + 1, size - 1);
    kt_arena_reset(arena);
    if (kt_failed(kt_scan(descriptor, body, &limits, &scanned)) ||
        kt_failed(kt_message_unpack(arena, descriptor, body, &request)))
        return 0;
    carry_out(binding, index, request);
    return 0;
}
