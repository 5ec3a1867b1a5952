#include "batch_world.h"

#include "record.h"

#include <kt/pack.h>
#include <stdlib.h>

enum { TABLE_BALANCE = KT_TABLE_FIRST, TABLE_LINES };

static const kt_table_t tables[] = {
    KT_SYSTEM_TABLES,
    {"balance", KT_TABLE_FACT},
    {"lines", KT_TABLE_LOG},
};

/* ---- a department of one method: adds hold_ms to the balance named by the payload ---- */

static kt_status_t
load_balance(kt_txn_t *txn, kt_span_t name, uint64_t *balance)
{
    kt_span_t value;
    kt_status_t status = kt_kv_get(txn, TABLE_BALANCE, name, &value);
    kt_reader_t reader;

    *balance = 0;
    if (status.code == KT_NOT_FOUND)
        return kt_ok();
    KT_TRY(status);
    reader = kt_reader(value);
    *balance = kt_get_u64(&reader);
    return kt_ok();
}

static kt_status_t
append_line(kt_txn_t *txn, kt_span_t name)
{
    kt_cursor_t *cursor;
    kt_span_t key, value;
    uint8_t next[8];
    kt_writer_t writer = kt_writer(next, sizeof(next));
    kt_reader_t reader;
    kt_status_t status;

    KT_TRY(kt_kv_cursor(txn, TABLE_LINES, &cursor));
    status = kt_cursor_last(cursor, &key, &value);
    reader = kt_reader(key);
    kt_put_u64(&writer, kt_failed(status) ? 1 : kt_get_u64(&reader) + 1);
    kt_kv_cursor_close(&cursor);
    if (kt_failed(status) && status.code != KT_NOT_FOUND)
        return status;
    return kt_kv_append(txn, TABLE_LINES, kt_written(&writer), name);
}

static kt_status_t
add(const void *handlers, kt_call_t *call, const void *request, void *response)
{
    const echo_echo_request_t *asked = (const echo_echo_request_t *)request;
    echo_echo_response_t *answer = (echo_echo_response_t *)response;
    kt_span_t name = kt_span(asked->payload.data, asked->payload.len);
    uint8_t bytes[8];
    kt_writer_t writer = kt_writer(bytes, sizeof(bytes));
    uint64_t balance;

    (void)handlers;
    KT_TRY(load_balance(call->txn, name, &balance));
    if (asked->fail_code != 0 && asked->hold_ms == 0) {
        kt_ignore(kt_call_bad_field(call, "is refused", "%.*s", (int)name.size, name.data));
        return kt_error((kt_code_t)asked->fail_code, 1001,
                        kt_arena_printf(call->arena, "%.*s refused", (int)name.size, name.data));
    }
    kt_put_u64(&writer, balance + asked->hold_ms);
    KT_TRY(kt_kv_put(call->txn, TABLE_BALANCE, name, kt_written(&writer)));
    KT_TRY(append_line(call->txn, name));
    if (asked->fail_code != 0)
        return kt_error((kt_code_t)asked->fail_code, 1001, "refused too late");
    answer->instance = (char *)(uintptr_t)kt_arena_printf(
        call->arena, "%llu", (unsigned long long)(balance + asked->hold_ms));
    return kt_ok();
}

static const kt_handler_t adding = {.unary = add};
static const kt_method_t method = {
    .path = "/t.T/Add",
    .request = &echo_echo_request_descriptor,
    .response = &echo_echo_response_descriptor,
    .kind = KT_METHOD_WRITE,
};

/* ---- the world ---- */

static void
forget(void *service)
{
    ((world_t *)service)->forgotten++;
}

void
open_batch(world_t *w)
{
    kt_batch_options_t options = {
        .store = w->store,
        .tables = tables,
        .tables_count = KT_COUNT(tables),
        .retention_us = WEEK_US,
        .forget = forget,
        .service = w,
    };

    kt_batch_destroy(&w->batch);
    assert_ok(kt_batch_new(&options, &w->batch));
}

int
batch_setup(void **state)
{
    kt_kv_options_t options = {
        .service = "test",
        .format = 1,
        .tables = tables,
        .tables_count = KT_COUNT(tables),
    };
    world_t *w = (world_t *)calloc(1, sizeof(*w));
    kt_kv_t *inner = NULL;

    assert_non_null(w);
    assert_ok(kt_kv_open_ram(&options, &inner));
    assert_ok(kt_kv_open_fault(&inner, &w->store));
    for (size_t i = 0; i < BATCH_MAX; i++)
        assert_non_null(w->arenas[i] = kt_arena_new(1024, 1 << 20));
    open_batch(w);
    *state = w;
    return 0;
}

int
batch_teardown(void **state)
{
    world_t *w = (world_t *)*state;

    kt_batch_destroy(&w->batch);
    kt_kv_close(&w->store);
    for (size_t i = 0; i < BATCH_MAX; i++)
        kt_arena_destroy(&w->arenas[i]);
    free(w);
    return 0;
}

/* A key made at MADE_US; NUMBER tells it from others. */
kt_ulid_t
key_at(int64_t made_us, uint64_t number)
{
    return kt_ulid_make(made_us, 0, number);
}

/* One more write of the next batch: adds AMOUNT to NAME. */
kt_write_t *
ask(world_t *w, kt_ulid_t key, const char *name, uint32_t amount)
{
    uint32_t i = w->count++;
    kt_call_t *call = &w->calls[i];
    char text[128];

    assert_true(i < BATCH_MAX);
    kt_arena_reset(w->arenas[i]);
    kt_call_init(call, w->arenas[i], NULL, "ann", NOW_US);
    call->method = &method;
    call->key = key;
    atomic_store(&w->cancelled[i], false);
    call->cancelled = &w->cancelled[i];
    w->requests[i] = (echo_echo_request_t)ECHO_ECHO_REQUEST_INIT;
    w->requests[i].payload.data = (uint8_t *)kt_arena_strdup(w->arenas[i], name);
    w->requests[i].payload.len = strlen(name);
    w->requests[i].hold_ms = amount;
    (void)snprintf(text, sizeof(text), "%s %u", name, (unsigned)amount);
    w->writes[i] = (kt_write_t){.call = call,
                                .run = &adding,
                                .request = &w->requests[i],
                                .digest = kt_sha256(kt_span_str(text))};
    w->list[i] = &w->writes[i];
    return &w->writes[i];
}

void
run(world_t *w)
{
    uint64_t mark = kt_batch_seal(w->batch, w->list, w->count);
    (void)kt_batch_harden(w->batch, mark, w->list, w->count);
    w->count = 0;
}

uint64_t
balance_of(world_t *w, const char *name)
{
    kt_txn_t *txn = NULL;
    uint64_t balance;

    assert_ok(kt_kv_begin_read(w->store, &txn));
    assert_ok(load_balance(txn, kt_span_str(name), &balance));
    kt_kv_abort(&txn);
    return balance;
}

uint64_t
journal_size(world_t *w)
{
    kt_txn_t *txn = NULL;
    kt_hash_t root;
    uint64_t size;

    assert_ok(kt_kv_begin_read(w->store, &txn));
    assert_ok(kt_journal_head(txn, &size, &root));
    kt_kv_abort(&txn);
    return size;
}

static void
on_finding(void *context, const kt_finding_t *finding)
{
    ++*(unsigned *)context;
    print_error("%s %s: %s\n", finding->table, finding->key, finding->what);
}

void
assert_verifies(world_t *w)
{
    unsigned findings = 0;
    kt_journal_verify_t how = {
        .write_set_of = kt_record_write_set, .report = on_finding, .report_context = &findings};
    kt_txn_t *txn = NULL;

    assert_ok(kt_kv_begin_read(w->store, &txn));
    assert_ok(kt_journal_verify(w->store, txn, &how));
    kt_kv_abort(&txn);
    assert_int_equal(findings, 0);
}

const char *
answer_of(const kt_write_t *write)
{
    static char text[64];
    echo_echo_response_t *answer = kantor__echo__v1__echo_response__unpack(NULL, write->reply.size,
                                                                           write->reply.data);

    assert_non_null(answer);
    (void)snprintf(text, sizeof(text), "%s", answer->instance);
    kantor__echo__v1__echo_response__free_unpacked(answer, NULL);
    return text;
}
