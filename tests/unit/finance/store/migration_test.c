/* A store of format 1, which has the ledger alone, opens as what it is now. */
#include "tempdir.h"
#include "testing.h"

#include "service.h"
#include "store/tables.h"

/* What format 1 had. */
#define TABLES_OF_1 FIN_TABLE_SHARED

static void
a_store_of_format_1_gets_the_new_tables(void **state)
{
    (void)state;
    const kt_service_t *service = fin_service();
    tempdir_t folder;
    kt_kv_t *store = NULL;
    kt_txn_t *txn = NULL;
    kt_span_t value, key = kt_span_str("acme");
    tempdir_init(&folder);
    kt_kv_options_t options = {.path = folder.path,
                               .service = service->name,
                               .format = 1,
                               .tables = service->tables,
                               .tables_count = TABLES_OF_1};
    assert_ok(kt_kv_open_lmdb(&options, &store));
    assert_ok(kt_kv_begin_write(store, &txn));
    assert_ok(kt_kv_put(txn, FIN_TABLE_BOOK, key, kt_span_str("a book")));
    assert_ok(kt_kv_put(txn, FIN_TABLE_HOLD_ACCOUNT, key, kt_span_str("the last table")));
    assert_ok(kt_kv_commit(&txn));
    kt_kv_close(&store);

    options.format = service->format;
    options.tables_count = service->tables_count;
    options.migrations = service->migrations;
    options.migrations_count = service->migrations_count;
    for (int opened = 0; opened < 2; opened++) {
        assert_ok(kt_kv_open_lmdb(&options, &store));
        assert_ok(kt_kv_begin_write(store, &txn));
        assert_ok(kt_kv_get(txn, FIN_TABLE_BOOK, key, &value));
        assert_span_equal(value, kt_span_str("a book"));
        assert_ok(kt_kv_get(txn, FIN_TABLE_HOLD_ACCOUNT, key, &value));
        assert_span_equal(value, kt_span_str("the last table"));
        for (uint32_t table = FIN_TABLE_SHARED; table < FIN_TABLES_COUNT; table++) {
            if (opened == 0)
                assert_ok(kt_kv_put(txn, table, key, kt_span_str(fin_tables[table].name)));
            assert_ok(kt_kv_get(txn, table, key, &value));
            assert_span_equal(value, kt_span_str(fin_tables[table].name));
        }
        assert_ok(kt_kv_commit(&txn));
        kt_kv_close(&store);
    }
    options.format = 1;
    assert_status(kt_kv_open_lmdb(&options, &store), KT_FAILED_PRECONDITION, KT_KV_NEWER);
    tempdir_fini(&folder);
}

static void
the_ledgers_tables_have_their_numbers(void **state)
{
    (void)state;
    assert_int_equal(FIN_TABLE_BOOK, KT_TABLE_FIRST);
    assert_int_equal(FIN_TABLE_HOLD_ACCOUNT, KT_TABLE_FIRST + 15);
    assert_int_equal(FIN_TABLE_SHARED, KT_TABLE_FIRST + 16);
    for (uint32_t i = 0; i < FIN_TABLES_COUNT; i++)
        assert_non_null(fin_tables[i].name);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_of_format_1_gets_the_new_tables),
        cmocka_unit_test(the_ledgers_tables_have_their_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
