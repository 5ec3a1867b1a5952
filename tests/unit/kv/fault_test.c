/* The decorator for sweeps, held to its word: others build on where it strikes. */
#include "testing.h"

#include <kt/kv.h>

enum { META, THINGS };

static const kt_table_t tables[] = {{"meta", KT_TABLE_SYSTEM}, {"things", KT_TABLE_FACT}};
static kt_kv_t *store;

static const kt_status_t full = {KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "full, for the test"};
static const kt_status_t broken = {KT_UNAVAILABLE, KT_KV_FAILED, "broken, for the test"};

static int
setup(void **state)
{
    (void)state;
    const kt_kv_options_t options = {
        .service = "test", .format = 1, .tables = tables, .tables_count = KT_COUNT(tables)};
    kt_kv_t *inner = NULL;
    assert_ok(kt_kv_open_ram(&options, &inner));
    assert_ok(kt_kv_open_fault(&inner, &store));
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    kt_kv_close(&store);
    return 0;
}

static kt_span_t
s(const char *text)
{
    return kt_span_str(text);
}

/* Seven operations: begin, put, append, get, cursor step, delete, commit. */
static kt_status_t
work(void)
{
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL;
    kt_cursor_t *cursor = NULL;
    kt_span_t key, value;
    KT_TRY(kt_kv_begin_write(store, &txn));
    KT_TRY(kt_kv_put(txn, THINGS, s("a"), s("1")));
    KT_TRY(kt_kv_append(txn, THINGS, s("b"), s("2")));
    KT_TRY(kt_kv_get(txn, THINGS, s("a"), &value));
    KT_TRY(kt_kv_cursor(txn, THINGS, &cursor));
    KT_TRY(kt_cursor_first(cursor, &key, &value));
    KT_TRY(kt_kv_delete(txn, THINGS, s("a")));
    return kt_kv_commit(&txn);
}

static uint64_t
records(void)
{
    kt_txn_t *txn = NULL;
    kt_table_stat_t stat;
    assert_ok(kt_kv_begin_read(store, &txn));
    assert_ok(kt_kv_table_stat(txn, THINGS, &stat));
    kt_kv_abort(&txn);
    return stat.records;
}

static void
each_operation_can_fail(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 7; n++) {
        kt_kv_fault_arm(store, n, full);
        assert_false(kt_kv_fault_struck(store));
        assert_status(work(), KT_RESOURCE_EXHAUSTED, KT_KV_FULL);
        assert_true(kt_kv_fault_struck(store));
        assert_true(records() == 0);
    }
    kt_kv_fault_arm(store, 8, full);
    assert_ok(work());
    assert_false(kt_kv_fault_struck(store));
    kt_kv_fault_arm(store, 0, kt_ok());
    assert_true(records() == 1);
}

static void
it_goes_on_failing_in_that_transaction_only(void **state)
{
    (void)state;
    kt_txn_t *txn = NULL;
    kt_span_t value;
    kt_kv_fault_arm(store, 3, full);
    assert_ok(kt_kv_begin_write(store, &txn));
    assert_ok(kt_kv_put(txn, THINGS, s("a"), s("1")));
    assert_status(kt_kv_get(txn, THINGS, s("a"), &value), KT_RESOURCE_EXHAUSTED, KT_KV_FULL);
    assert_status(kt_kv_get(txn, THINGS, s("a"), &value), KT_RESOURCE_EXHAUSTED, KT_KV_FULL);
    assert_status(kt_kv_put(txn, THINGS, s("b"), s("1")), KT_RESOURCE_EXHAUSTED, KT_KV_FULL);
    assert_status(kt_kv_commit(&txn), KT_RESOURCE_EXHAUSTED, KT_KV_FULL);
    assert_ok(work());
}

static void
a_failed_store_takes_no_writes_until_it_is_armed_again(void **state)
{
    (void)state;
    kt_txn_t *txn = NULL;
    kt_kv_fault_arm(store, 7, broken);
    assert_status(work(), KT_UNAVAILABLE, KT_KV_FAILED);
    assert_status(kt_kv_begin_write(store, &txn), KT_UNAVAILABLE, KT_KV_FAILED);
    assert_true(records() == 0); /* reads go on */
    kt_kv_fault_arm(store, 0, kt_ok());
    assert_ok(work());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_operation_can_fail, setup, teardown),
        cmocka_unit_test_setup_teardown(it_goes_on_failing_in_that_transaction_only, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_failed_store_takes_no_writes_until_it_is_armed_again,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
