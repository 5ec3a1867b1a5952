/* The writer's batches over the RAM backend: what each write ends with, what is in the store then,
 * and that a retry has one effect whatever failed before. */
#include "testing.h"

#include "batch.h"
#include "record.h"

#include <kantor/echo/v1/echo.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/log.h>
#include <kt/pack.h>
#include <kt/prng.h>
#include <stdlib.h>

#define NOW_US    INT64_C(1800000000000000)
#define WEEK_US   (INT64_C(7) * KT_US_PER_DAY)
#define BATCH_MAX 8

enum { TABLE_BALANCE = KT_TABLE_FIRST, TABLE_LINES };

static const kt_table_t tables[] = {
    KT_SYSTEM_TABLES,
    {"balance", KT_TABLE_FACT},
    {"lines", KT_TABLE_LOG},
};

typedef struct world {
    kt_kv_t *store; /* the RAM backend behind the fault decorator */
    kt_batch_t *batch;
    unsigned forgotten;
    kt_arena_t *arenas[BATCH_MAX];
    kt_call_t calls[BATCH_MAX];
    kt_write_t writes[BATCH_MAX];
    kt_write_t *list[BATCH_MAX];
    echo_echo_request_t requests[BATCH_MAX];
    atomic_bool cancelled[BATCH_MAX];
    uint32_t count;
} world_t;

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
    if (asked->fail_code != 0 && asked->hold_ms == 0)
        return kt_error((kt_code_t)asked->fail_code, 1001, "refused");
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

static void
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

static int
setup(void **state)
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

static int
teardown(void **state)
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
static kt_ulid_t
key_at(int64_t made_us, uint64_t number)
{
    return kt_ulid_make(made_us, 0, number);
}

/* One more write of the next batch: adds AMOUNT to NAME. */
static kt_write_t *
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

static void
run(world_t *w)
{
    kt_batch_run(w->batch, w->list, w->count);
    w->count = 0;
}

static uint64_t
balance_of(world_t *w, const char *name)
{
    kt_txn_t *txn = NULL;
    uint64_t balance;

    assert_ok(kt_kv_begin_read(w->store, &txn));
    assert_ok(load_balance(txn, kt_span_str(name), &balance));
    kt_kv_abort(&txn);
    return balance;
}

static uint64_t
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

static void
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

static const char *
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

/* ---- what goes well ---- */

static void
writes_of_a_batch_see_each_other(void **state)
{
    world_t *w = (world_t *)*state;
    kt_write_t *first = ask(w, key_at(NOW_US, 1), "a", 5);
    kt_write_t *second = ask(w, key_at(NOW_US, 2), "a", 7);

    run(w);
    assert_ok(first->status);
    assert_string_equal(answer_of(first), "5");
    assert_ok(second->status);
    assert_string_equal(answer_of(second), "12");
    assert_int_equal(balance_of(w, "a"), 12);
    assert_int_equal(journal_size(w), 2);
    assert_int_equal(kt_batch_stat(w->batch).commits, 1);
    assert_int_equal(kt_batch_stat(w->batch).writes, 2);
    assert_verifies(w);
}

static void
same_key_same_bytes_is_replayed(void **state)
{
    world_t *w = (world_t *)*state;
    kt_write_t *write;

    ask(w, key_at(NOW_US, 1), "a", 5);
    write = ask(w, key_at(NOW_US, 1), "a", 5); /* in the same batch */
    run(w);
    assert_true(write->replayed);
    assert_string_equal(answer_of(write), "5");
    ask(w, key_at(NOW_US, 2), "a", 1);
    run(w);
    open_batch(w); /* a new process */
    write = ask(w, key_at(NOW_US, 1), "a", 5);
    run(w);
    assert_ok(write->status);
    assert_true(write->replayed);
    assert_string_equal(answer_of(write), "5");
    assert_int_equal(balance_of(w, "a"), 6);
    assert_int_equal(journal_size(w), 2);
    assert_int_equal(kt_batch_stat(w->batch).commits, 0); /* a replay alone writes nothing */
}

static void
keys_may_come_out_of_order(void **state)
{
    world_t *w = (world_t *)*state;
    kt_prng_t prng;
    uint64_t numbers[64];

    kt_prng_seed(&prng, 7);
    for (size_t i = 0; i < KT_COUNT(numbers); i++) {
        numbers[i] = kt_prng_next(&prng);
        ask(w, key_at(NOW_US - (int64_t)kt_prng_below(&prng, 1000000), numbers[i]), "a", 1);
        run(w);
        assert_ok(w->writes[0].status);
    }
    assert_int_equal(balance_of(w, "a"), KT_COUNT(numbers));
    assert_verifies(w);
}

static void
keys_belong_to_their_principal(void **state)
{
    world_t *w = (world_t *)*state;
    kt_write_t *other;

    ask(w, key_at(NOW_US, 1), "a", 5);
    other = ask(w, key_at(NOW_US, 1), "b", 7);
    other->call->principal = "bob";
    run(w);
    assert_ok(other->status);
    assert_false(other->replayed);
    assert_int_equal(balance_of(w, "b"), 7);
}

static void
journal_says_who_did_what(void **state)
{
    world_t *w = (world_t *)*state;
    kt_write_t *write = ask(w, key_at(NOW_US, 1), "a", 5);
    kt_txn_t *txn = NULL;
    kt_record_t record;
    kt_span_t bytes;

    write->call->on_behalf_of = "Ann B.";
    run(w);
    assert_ok(kt_kv_begin_read(w->store, &txn));
    assert_ok(kt_journal_get(txn, 0, &bytes));
    assert_ok(kt_record_decode(bytes, &record));
    assert_int_equal(record.time_us, NOW_US);
    assert_span_equal(record.principal, kt_span_str("ann"));
    assert_span_equal(record.on_behalf_of, kt_span_str("Ann B."));
    assert_span_equal(record.method, kt_span_str("/t.T/Add"));
    assert_memory_equal(&record.key, &write->call->key, sizeof(record.key));
    assert_memory_equal(&record.digest, &write->digest, sizeof(record.digest));
    assert_true(record.write_set.size > 0);
    assert_status(kt_record_decode(kt_span(bytes.data, 20), &record), KT_DATA_LOSS,
                  RPC_REASON_STORE_CORRUPT);
    kt_kv_abort(&txn);
}

/* ---- what is refused ---- */

typedef struct refusal {
    int64_t made_us;
    uint64_t number;
    uint32_t amount, fail_code;
    bool cancelled, expired;
    kt_code_t code;
    uint32_t reason;
} refusal_t;

static void
refusals_write_nothing(void **state)
{
    static const refusal_t rows[] = {
        {0, 0, 5, 0, false, false, KT_INVALID_ARGUMENT, RPC_REASON_KEY_MISSING},
        {NOW_US - WEEK_US - KT_US_PER_S, 2, 5, 0, false, false, KT_FAILED_PRECONDITION,
         RPC_REASON_KEY_TOO_OLD},
        {NOW_US + 301 * KT_US_PER_S, 2, 5, 0, false, false, KT_FAILED_PRECONDITION,
         RPC_REASON_KEY_FROM_FUTURE},
        {NOW_US, 1, 6, 0, false, false, KT_ALREADY_EXISTS, RPC_REASON_KEY_REUSED},
        {NOW_US, 2, 0, KT_NOT_FOUND, false, false, KT_NOT_FOUND, 1001},
        {NOW_US, 2, 5, 0, true, false, KT_CANCELLED, RPC_REASON_CALL_CANCELLED},
        {NOW_US, 2, 5, 0, false, true, KT_DEADLINE_EXCEEDED, RPC_REASON_DEADLINE_PASSED},
        {NOW_US, 2, 5, KT_ABORTED, false, false, KT_INTERNAL, RPC_REASON_BUG},
    };
    world_t *w = (world_t *)*state;

    kt_log_setup("batch_test", KT_LOG_ERROR + 1);
    ask(w, key_at(NOW_US, 1), "a", 5);
    run(w);
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        const refusal_t *row = &rows[i];
        kt_write_t *good = ask(w, key_at(NOW_US, 100 + i), "b", 1);
        kt_write_t *bad = ask(w, key_at(row->made_us, row->number), "a", row->amount);

        w->requests[1].fail_code = row->fail_code;
        atomic_store(&w->cancelled[1], row->cancelled);
        if (row->expired)
            bad->call->deadline_us = 1;
        run(w);
        assert_status(bad->status, row->code, row->reason);
        assert_ok(good->status); /* its neighbour is none the worse */
        assert_int_equal(balance_of(w, "a"), 5);
        assert_int_equal(balance_of(w, "b"), i + 1);
        assert_int_equal(journal_size(w), i + 2);
    }
    assert_verifies(w);
}

static void
refused_key_may_be_used_again(void **state)
{
    world_t *w = (world_t *)*state;
    kt_write_t *write = ask(w, key_at(NOW_US, 1), "a", 0);

    w->requests[0].fail_code = KT_ABORTED;
    run(w);
    assert_status(write->status, KT_ABORTED, 1001);
    write = ask(w, key_at(NOW_US, 1), "a", 5);
    run(w);
    assert_ok(write->status);
    assert_false(write->replayed);
}

static void
limits_of_a_keys_age(void **state)
{
    world_t *w = (world_t *)*state;

    ask(w, key_at(NOW_US - WEEK_US, 1), "a", 1);
    ask(w, key_at(NOW_US + KT_KEY_FUTURE_US, 1), "a", 1);
    run(w);
    assert_ok(w->writes[0].status);
    assert_ok(w->writes[1].status);
}

/* ---- sweeping ---- */

static uint32_t
sweep(world_t *w, int64_t before_us, uint32_t max, bool *more)
{
    kt_txn_t *txn = NULL;
    uint32_t removed = 0;

    kt_arena_reset(w->arenas[0]);
    assert_ok(kt_kv_begin_write(w->store, &txn));
    assert_ok(kt_idempotency_sweep(txn, w->arenas[0], before_us, max, &removed, more));
    assert_ok(kt_kv_commit(&txn));
    return removed;
}

static void
swept_keys_are_refused_for_ever(void **state)
{
    world_t *w = (world_t *)*state;
    kt_write_t *write;
    bool more = false;

    for (uint64_t i = 0; i < 5; i++) {
        ask(w, key_at(NOW_US + (int64_t)i * KT_US_PER_S, i + 1), "a", 1);
        run(w);
    }
    assert_int_equal(sweep(w, NOW_US + 3 * KT_US_PER_S, 2, &more), 2);
    assert_true(more);
    assert_int_equal(sweep(w, NOW_US + 3 * KT_US_PER_S, 2, &more), 1);
    assert_false(more);
    /* Not too old by its age; but what it did is forgotten. */
    write = ask(w, key_at(NOW_US, 1), "a", 1);
    run(w);
    assert_status(write->status, KT_FAILED_PRECONDITION, RPC_REASON_KEY_TOO_OLD);
    write = ask(w, key_at(NOW_US + 3 * KT_US_PER_S, 4), "a", 1);
    run(w);
    assert_true(write->replayed);
    assert_int_equal(balance_of(w, "a"), 5);
}

/* ---- what fails ---- */

/* Three writes, the N-th operation of the store fails with FAILURE: every answer is true, and a
 * retry has one effect. False when the failure no longer strikes. */
static bool
fail_at(world_t *w, uint64_t n, kt_status_t failure)
{
    char name[32];
    bool struck, done[3];
    kt_write_t *writes[3];
    uint64_t sum = 0;

    (void)snprintf(name, sizeof(name), "%u-%llu", (unsigned)failure.reason, (unsigned long long)n);
    for (uint32_t i = 0; i < 3; i++)
        writes[i] = ask(w, key_at(NOW_US, 100000 * failure.reason + 10 * n + i), name, 1u << i);
    kt_kv_fault_arm(w->store, n, failure);
    run(w);
    struck = kt_kv_fault_struck(w->store);
    kt_kv_fault_arm(w->store, 0, kt_ok());
    for (uint32_t i = 0; i < 3; i++) {
        done[i] = !kt_failed(writes[i]->status);
        sum += done[i] ? 1u << i : 0;
        if (!done[i])
            assert_int_equal(writes[i]->status.code, failure.code);
    }
    assert_int_equal(balance_of(w, name), sum);
    assert_verifies(w);
    open_batch(w);
    for (uint32_t i = 0; i < 3; i++)
        writes[i] = ask(w, key_at(NOW_US, 100000 * failure.reason + 10 * n + i), name, 1u << i);
    run(w);
    for (uint32_t i = 0; i < 3; i++) {
        assert_ok(writes[i]->status);
        assert_true(writes[i]->replayed == done[i]);
    }
    assert_int_equal(balance_of(w, name), 7);
    return struck;
}

static void
nth_operation_fails(void **state)
{
    static const struct {
        kt_code_t code;
        uint32_t reason;
    } failures[] = {
        {KT_RESOURCE_EXHAUSTED, KT_KV_FULL},
        {KT_RESOURCE_EXHAUSTED, KT_KV_QUOTA},
        {KT_DATA_LOSS, KT_KV_CORRUPT},
        {KT_UNAVAILABLE, KT_KV_FAILED},
    };
    world_t *w = (world_t *)*state;

    kt_log_setup("batch_test", KT_LOG_ERROR + 1);
    for (size_t i = 0; i < KT_COUNT(failures); i++) {
        uint64_t n = 1;

        while (fail_at(w, n, kt_error(failures[i].code, failures[i].reason, "made up")))
            n++;
        assert_true(n > 20);
    }
}

static void
failed_store_takes_no_writes(void **state)
{
    world_t *w = (world_t *)*state;
    kt_write_t *write = ask(w, key_at(NOW_US, 1), "a", 1);

    kt_log_setup("batch_test", KT_LOG_ERROR + 1);
    kt_kv_fault_arm(w->store, 1, kt_error(KT_UNAVAILABLE, KT_KV_FAILED, "made up"));
    run(w);
    assert_status(write->status, KT_UNAVAILABLE, RPC_REASON_STORE_FAILED);
    assert_false(write->outcome_unknown); /* it had not begun */
    assert_true(kt_batch_failed(w->batch));
    kt_kv_fault_arm(w->store, 0, kt_ok());
    write = ask(w, key_at(NOW_US, 2), "a", 1);
    run(w);
    assert_status(write->status, KT_UNAVAILABLE, RPC_REASON_STORE_FAILED);
    assert_int_equal(balance_of(w, "a"), 0);
}

static void
failed_commit_is_unknown(void **state)
{
    world_t *w = (world_t *)*state;
    bool seen = false;

    kt_log_setup("batch_test", KT_LOG_ERROR + 1);
    for (uint64_t n = 1; n < 100 && !seen; n++) {
        kt_write_t *write = ask(w, key_at(NOW_US, n), "a", 1);

        kt_kv_fault_arm(w->store, n, kt_error(KT_UNAVAILABLE, KT_KV_FAILED, "made up"));
        run(w);
        seen = write->outcome_unknown;
        if (seen)
            assert_status(write->status, KT_UNAVAILABLE, RPC_REASON_STORE_FAILED);
        kt_kv_fault_arm(w->store, 0, kt_ok());
        open_batch(w);
    }
    assert_true(seen);
}

static void
forgets_after_an_abort(void **state)
{
    world_t *w = (world_t *)*state;

    kt_log_setup("batch_test", KT_LOG_ERROR + 1);
    ask(w, key_at(NOW_US, 1), "a", 1);
    ask(w, key_at(NOW_US, 2), "a", 1);
    w->requests[1].fail_code = KT_ABORTED; /* refuses after it has written */
    run(w);
    assert_int_equal(w->forgotten, 2); /* together, and the second alone */
    assert_int_equal(kt_batch_stat(w->batch).reruns, 1);
    assert_int_equal(kt_batch_stat(w->batch).commits, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_of_a_batch_see_each_other, setup, teardown),
        cmocka_unit_test_setup_teardown(same_key_same_bytes_is_replayed, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_may_come_out_of_order, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_belong_to_their_principal, setup, teardown),
        cmocka_unit_test_setup_teardown(journal_says_who_did_what, setup, teardown),
        cmocka_unit_test_setup_teardown(refusals_write_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(refused_key_may_be_used_again, setup, teardown),
        cmocka_unit_test_setup_teardown(limits_of_a_keys_age, setup, teardown),
        cmocka_unit_test_setup_teardown(swept_keys_are_refused_for_ever, setup, teardown),
        cmocka_unit_test_setup_teardown(nth_operation_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(failed_store_takes_no_writes, setup, teardown),
        cmocka_unit_test_setup_teardown(failed_commit_is_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(forgets_after_an_abort, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
