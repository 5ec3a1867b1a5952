/* A store of an older format opens as what it is now: of format 1, which has the ledger alone; of
 * format 2, whose balances have fixed sizes. */
#include "tempdir.h"
#include "testing.h"

#include "service.h"
#include "store/keys.h"
#include "store/records.h"
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

/* ---- balances of format 2 ---- */

#define BALANCES_OF_2 300u

static fin_balance_key_t
place_of(uint32_t i)
{
    return (fin_balance_key_t){.part = FIN_PART(1 + i % 2, 1),
                               .account = i * 307,
                               .commodity = 978,
                               .month = 24300 + (int32_t)(i % 3)};
}

static fin_day_record_t
day_of(uint32_t i, uint32_t n)
{
    return (fin_day_record_t){
        .day = n, .turnover = {i * (int64_t)n, INT64_MAX - i}, .newest = FIN_LINE_NAME(i + n, n)};
}

static kt_span_t
old_key(uint8_t buffer[20], uint32_t i)
{
    fin_balance_key_t at = place_of(i);
    kt_writer_t w = kt_writer(buffer, 20);
    kt_put_u64(&w, at.part);
    kt_put_u32(&w, at.account);
    kt_put_u32(&w, at.commodity);
    kt_put_u32(&w, (uint32_t)at.month);
    return kt_written(&w);
}

static void
put_old_turnover(kt_writer_t *w, fin_turnover_t turnover)
{
    kt_put_i64(w, turnover.debit_minor);
    kt_put_i64(w, turnover.credit_minor);
}

/* With 1 to 31 days. */
static void
put_old_balance(kt_txn_t *txn, uint32_t i)
{
    uint8_t value[16 + 31 * 25], key[20];
    kt_writer_t w = kt_writer(value, sizeof(value));
    put_old_turnover(&w, (fin_turnover_t){i, i + 1});
    for (uint32_t n = 1; n <= 1 + i % FIN_DAYS_MAX; n++) {
        fin_day_record_t day = day_of(i, n);
        kt_put_u8(&w, (uint8_t)day.day);
        put_old_turnover(&w, day.turnover);
        kt_put_u64(&w, day.newest);
    }
    assert_ok(kt_kv_put(txn, FIN_TABLE_BALANCE, old_key(key, i), kt_written(&w)));
}

static void
assert_new_balance(kt_txn_t *txn, uint32_t i)
{
    fin_balance_key_t at = place_of(i);
    fin_day_record_t days[FIN_DAYS_MAX];
    fin_turnover_t total;
    fin_key_t key;
    kt_span_t value;
    uint32_t count = 0;
    assert_ok(kt_kv_get(txn, FIN_TABLE_BALANCE, fin_key_balance(&key, &at), &value));
    assert_true(fin_get_total(value, &total));
    assert_true(total.debit_minor == i && total.credit_minor == (int64_t)i + 1);
    assert_true(fin_get_days(value, days, &count));
    assert_int_equal(count, 1 + i % FIN_DAYS_MAX);
    for (uint32_t n = 1; n <= count; n++) {
        fin_day_record_t day = day_of(i, n);
        assert_true(days[n - 1].day == day.day && days[n - 1].newest == day.newest);
        assert_memory_equal(&days[n - 1].turnover, &day.turnover, sizeof(day.turnover));
    }
}

/* A store as format 2 left it. */
static kt_kv_options_t
make_old_store(const tempdir_t *folder, void (*put)(kt_txn_t *txn))
{
    const kt_service_t *service = fin_service();
    kt_kv_options_t options = {.path = folder->path,
                               .service = service->name,
                               .format = 2,
                               .tables = service->tables,
                               .tables_count = service->tables_count};
    kt_kv_t *store = NULL;
    kt_txn_t *txn = NULL;
    assert_ok(kt_kv_open_lmdb(&options, &store));
    assert_ok(kt_kv_begin_write(store, &txn));
    put(txn);
    assert_ok(kt_kv_commit(&txn));
    kt_kv_close(&store);
    options.format = service->format;
    options.migrations = service->migrations;
    options.migrations_count = service->migrations_count;
    return options;
}

static void
put_many(kt_txn_t *txn)
{
    for (uint32_t i = 0; i < BALANCES_OF_2; i++)
        put_old_balance(txn, i);
}

static void
balances_of_format_2_are_rewritten(void **state)
{
    (void)state;
    tempdir_t folder;
    kt_kv_t *store = NULL;
    kt_txn_t *txn = NULL;
    kt_table_stat_t stat;
    tempdir_init(&folder);
    kt_kv_options_t options = make_old_store(&folder, put_many);
    assert_ok(kt_kv_open_lmdb(&options, &store));
    assert_ok(kt_kv_begin_read(store, &txn));
    for (uint32_t i = 0; i < BALANCES_OF_2; i++)
        assert_new_balance(txn, i);
    assert_ok(kt_kv_table_stat(txn, FIN_TABLE_BALANCE, &stat));
    assert_int_equal(stat.records, BALANCES_OF_2);
    kt_kv_abort(&txn);
    kt_kv_close(&store);
    tempdir_fini(&folder);
}

static void
put_damaged(kt_txn_t *txn)
{
    uint8_t key[20];
    put_old_balance(txn, 1);
    assert_ok(kt_kv_put(txn, FIN_TABLE_BALANCE, old_key(key, 7), kt_span_str("no balance")));
}

static void
a_damaged_balance_of_format_2_stays_as_it_is(void **state)
{
    (void)state;
    tempdir_t folder;
    kt_kv_t *store = NULL;
    tempdir_init(&folder);
    kt_kv_options_t options = make_old_store(&folder, put_damaged);
    assert_status(kt_kv_open_lmdb(&options, &store), KT_DATA_LOSS, KT_KV_CORRUPT);
    options.format = 2; /* nothing of it has happened */
    assert_ok(kt_kv_open_lmdb(&options, &store));
    kt_kv_close(&store);
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
        cmocka_unit_test(balances_of_format_2_are_rewritten),
        cmocka_unit_test(a_damaged_balance_of_format_2_stays_as_it_is),
        cmocka_unit_test(the_ledgers_tables_have_their_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
