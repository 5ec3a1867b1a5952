/* Refusals that are kept, in the writer's batches: with what they are journalled, and what becomes
 * of them when the batch fails. */
#include "shelf.h"
#include "testing.h"

#include "batch.h"
#include "record.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/log.h>
#include <kt/time.h>

#define NOW_US  INT64_C(1800000000000000)
#define ASK_MAX 8

static kt_kv_t *store;
static kt_batch_t *batch;
static kt_arena_t *arenas[ASK_MAX];
static kt_call_t calls[ASK_MAX];
static kt_write_t writes[ASK_MAX];
static kt_write_t *list[ASK_MAX];
static uint32_t count;

static void
open_batch(void)
{
    const kt_service_t *service = shelf_service();
    const kt_batch_options_t options = {
        .store = store,
        .tables = service->tables,
        .tables_count = service->tables_count,
        .retention_us = 7 * KT_US_PER_DAY,
    };
    kt_batch_destroy(&batch);
    assert_ok(kt_batch_new(&options, &batch));
}

static int
setup(void **state)
{
    (void)state;
    const kt_service_t *service = shelf_service();
    const kt_kv_options_t options = {
        .service = "shelf",
        .format = 1,
        .tables = service->tables,
        .tables_count = service->tables_count,
    };
    kt_kv_t *inner = NULL;
    assert_ok(kt_kv_open_ram(&options, &inner));
    assert_ok(kt_kv_open_fault(&inner, &store));
    for (size_t i = 0; i < ASK_MAX; i++)
        assert_non_null(arenas[i] = kt_arena_new(4096, 1 << 20));
    count = 0;
    open_batch();
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    kt_batch_destroy(&batch);
    kt_kv_close(&store);
    for (size_t i = 0; i < ASK_MAX; i++)
        kt_arena_destroy(&arenas[i]);
    return 0;
}

/* One more write of the next batch. */
static kt_write_t *
ask(uint64_t number, uint32_t method, const void *request)
{
    static const char *const roles[] = {"shelf.clerk"};
    const kt_binding_t *binding = &shelf_service()->bindings[0];
    uint32_t i = count++;
    kt_call_t *call = &calls[i];
    kt_arena_reset(arenas[i]);
    kt_call_init(call, arenas[i], NULL, "ann", NOW_US);
    call->method = &binding->desc->methods[method];
    call->roles = roles;
    call->roles_count = 1;
    call->shared_first = SHELF_TABLE_SHARED;
    call->key = kt_ulid_make(NOW_US, 0, number);
    writes[i] = (kt_write_t){
        .call = call,
        .run = &binding->run[method],
        .handlers = binding->handlers,
        .request = request,
        .digest = kt_sha256(kt_span(&number, sizeof number)),
    };
    return list[i] = &writes[i];
}

/* Puts "first" with its flag up or down. */
static kt_write_t *
ask_put(uint64_t number, bool flag)
{
    static shelf_box_t boxes[2];
    static shelf_put_box_request_t requests[2];
    boxes[flag] = (shelf_box_t)SHELF_BOX_INIT;
    boxes[flag].box = (char *)(uintptr_t) "first";
    boxes[flag].flag = flag;
    requests[flag] = (shelf_put_box_request_t)SHELF_PUT_BOX_REQUEST_INIT;
    requests[flag].box = &boxes[flag];
    return ask(number, SHELF_SHELF_PUT_BOX, &requests[flag]);
}

static kt_write_t *
ask_box(uint64_t number, uint32_t method)
{
    static shelf_box_request_t request;
    request = (shelf_box_request_t)SHELF_BOX_REQUEST_INIT;
    request.box = (char *)(uintptr_t) "first";
    return ask(number, method, &request);
}

static void
run(void)
{
    uint64_t mark = kt_batch_seal(batch, list, count);
    (void)kt_batch_harden(batch, mark, list, count);
    count = 0;
}

static void
assert_refused(const kt_write_t *write)
{
    assert_status(write->status, KT_FAILED_PRECONDITION, SHELF_REASON_WRONG_STATE);
    assert_string_equal(write->status.text, "the box does not open");
    assert_false(write->replayed);
}

static void
on_finding(void *context, const kt_finding_t *finding)
{
    ++*(unsigned *)context;
    print_error("%s %s: %s\n", finding->table, finding->key, finding->what);
}

/* Verifies, and says how many refusals and journal records there are. */
static void
assert_holds(uint32_t refusals, uint64_t records)
{
    unsigned findings = 0;
    const kt_journal_verify_t how = {
        .write_set_of = kt_record_write_set, .report = on_finding, .report_context = &findings};
    uint64_t size;
    kt_hash_t root;
    kt_table_stat_t stat;
    kt_txn_t *txn = NULL;
    assert_ok(kt_kv_begin_read(store, &txn));
    assert_ok(kt_journal_verify(store, txn, &how));
    assert_ok(kt_journal_head(txn, &size, &root));
    assert_ok(kt_kv_table_stat(txn, SHELF_TABLE_SHARED + KT_SHARED_REFUSAL, &stat));
    kt_kv_abort(&txn);
    assert_int_equal(findings, 0);
    assert_int_equal(stat.records, refusals);
    assert_int_equal(size, records);
}

static void
a_refusal_is_a_record_of_its_own(void **state)
{
    (void)state;
    ask_put(1, false);
    kt_write_t *refused = ask_box(2, SHELF_SHELF_OPEN_BOX);
    kt_write_t *second = ask_put(3, true);
    kt_write_t *opened = ask_box(4, SHELF_SHELF_OPEN_BOX);
    run();
    assert_refused(refused);
    assert_ok(second->status);
    assert_ok(opened->status);
    assert_holds(1, 4);
    assert_int_equal(kt_batch_stat(batch).commits, 1);
    assert_int_equal(kt_batch_stat(batch).writes, 4);
}

/* The journal says who tried what, and the record lies under key and principal. */
static void
the_journal_names_who_tried(void **state)
{
    (void)state;
    ask_put(1, false);
    ask_box(2, SHELF_SHELF_OPEN_BOX);
    run();
    kt_txn_t *txn = NULL;
    kt_span_t value;
    kt_record_t record;
    uint8_t number[8] = {0, 0, 0, 0, 0, 0, 0, 1};
    assert_ok(kt_kv_begin_read(store, &txn));
    assert_ok(kt_kv_get(txn, KT_TABLE_JOURNAL, kt_span(number, sizeof number), &value));
    assert_ok(kt_record_decode(value, &record));
    assert_span_equal(record.principal, kt_span_str("ann"));
    assert_span_equal(record.method, kt_span_str("/shelf.v1.Shelf/OpenBox"));
    kt_ulid_t key = kt_ulid_make(NOW_US, 0, 2);
    assert_memory_equal(record.key.bytes, key.bytes, KT_ULID_BYTES);
    uint8_t under[KT_ULID_BYTES + 3];
    memcpy(under, key.bytes, KT_ULID_BYTES);
    memcpy(under + KT_ULID_BYTES, "ann", 3);
    assert_ok(kt_kv_get(txn, SHELF_TABLE_SHARED + KT_SHARED_REFUSAL, kt_span(under, sizeof under),
                        &value));
    kt_kv_abort(&txn);
}

static void
a_retry_is_not_kept_again_and_may_succeed(void **state)
{
    (void)state;
    ask_put(1, false);
    kt_write_t *first = ask_box(2, SHELF_SHELF_OPEN_BOX);
    kt_write_t *again = ask_box(2, SHELF_SHELF_OPEN_BOX); /* in the same batch */
    run();
    assert_refused(first);
    assert_refused(again);
    assert_holds(1, 2);
    open_batch(); /* a new process */
    again = ask_box(2, SHELF_SHELF_OPEN_BOX);
    run();
    assert_refused(again);
    assert_holds(1, 2);
    assert_int_equal(kt_batch_stat(batch).commits, 0);
    ask_put(3, true);
    again = ask_box(2, SHELF_SHELF_OPEN_BOX);
    run();
    assert_ok(again->status);
    assert_holds(1, 4);
}

/* Nothing is kept of a call that failed otherwise, and nothing where there is no such table. */
static void
only_what_is_to_be_kept_is(void **state)
{
    (void)state;
    kt_write_t *write = ask_box(1, SHELF_SHELF_OPEN_BOX);
    run();
    assert_status(write->status, KT_NOT_FOUND, 0);
    assert_holds(0, 0);
    ask_put(2, false);
    run();
    write = ask_box(3, SHELF_SHELF_OPEN_BOX);
    write->call->shared_first = 0;
    run();
    assert_refused(write);
    assert_holds(0, 1);
}

static void
a_refusal_that_wrote_is_a_bug(void **state)
{
    (void)state;
    ask_put(1, false);
    run();
    kt_log_setup("refusal_test", KT_LOG_ERROR + 1);
    kt_write_t *broken = ask_box(2, SHELF_SHELF_BREAK_BOX);
    kt_write_t *refused = ask_box(3, SHELF_SHELF_OPEN_BOX);
    run();
    kt_log_setup("refusal_test", KT_LOG_INFO);
    assert_status(broken->status, KT_INTERNAL, RPC_REASON_BUG);
    assert_refused(refused);
    assert_holds(1, 2);
    assert_int_equal(kt_batch_stat(batch).reruns, 1);
}

/* The N-th operation of the store fails, for every N: each answer is true, and the refusal is kept
 * once in the end. */
static void
a_store_that_fails_keeps_it_or_not(void **state)
{
    (void)state;
    static const kt_status_t FAILURES[] = {
        {.code = KT_RESOURCE_EXHAUSTED, .reason = KT_KV_FULL, .text = "made up"},
        {.code = KT_UNAVAILABLE, .reason = KT_KV_FAILED, .text = "made up"},
    };
    uint64_t number = 10, records = 1;
    uint32_t refusals = 0, struck = 0, unknown = 0;
    ask_put(1, false);
    run();
    kt_log_setup("refusal_test", KT_LOG_ERROR + 1);
    for (size_t f = 0; f < KT_COUNT(FAILURES); f++)
        for (uint64_t n = 1;; n++) {
            kt_kv_fault_arm(store, n, FAILURES[f]);
            kt_write_t *write = ask_box(++number, SHELF_SHELF_OPEN_BOX);
            run();
            bool hit = kt_kv_fault_struck(store);
            kt_kv_fault_arm(store, 0, kt_ok());
            if (!hit)
                assert_refused(write);
            else
                assert_int_equal(write->status.code, FAILURES[f].code);
            unknown += hit && write->outcome_unknown;
            open_batch();
            write = ask_box(number, SHELF_SHELF_OPEN_BOX);
            run();
            assert_refused(write);
            assert_holds(++refusals, ++records);
            if (!hit)
                break;
            struck++;
        }
    kt_log_setup("refusal_test", KT_LOG_INFO);
    assert_true(struck >= 12 && unknown >= 1);
}

int
main(void)
{
#define SHELF_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        SHELF_TEST(a_refusal_is_a_record_of_its_own),
        SHELF_TEST(the_journal_names_who_tried),
        SHELF_TEST(a_retry_is_not_kept_again_and_may_succeed),
        SHELF_TEST(only_what_is_to_be_kept_is),
        SHELF_TEST(a_refusal_that_wrote_is_a_bug),
        SHELF_TEST(a_store_that_fails_keeps_it_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
