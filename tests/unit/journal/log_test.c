/* The log in a store: what it proves is what the definition says, over commits, aborts and tiles.
 */
#include "naive.h"
#include "testing.h"

#include <kt/prng.h>

/* More than two tiles of the first level. */
#define RECORDS 600

static const kt_table_t tables[] = {KT_SYSTEM_TABLES};
static char texts[RECORDS][8];
static kt_span_t records[RECORDS];
static kt_kv_t *store;
static kt_journal_t journal;

static int
setup(void **state)
{
    (void)state;
    const kt_kv_options_t options = {
        .service = "test", .format = 1, .tables = tables, .tables_count = KT_COUNT(tables)};
    kt_txn_t *txn = NULL;
    assert_ok(kt_kv_open_ram(&options, &store));
    assert_ok(kt_kv_begin_read(store, &txn));
    assert_ok(kt_journal_load(&journal, txn));
    kt_kv_abort(&txn);
    for (size_t i = 0; i < RECORDS; i++) {
        int size = snprintf(texts[i], sizeof(texts[i]), "r%zu", i);
        records[i] = kt_span(texts[i], (size_t)size);
    }
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    kt_kv_close(&store);
    return 0;
}

/* Appends records up to SIZE and commits, in batches of BATCH. */
static void
grow_to(size_t size, size_t batch)
{
    while (journal.durable.size < size) {
        kt_txn_t *txn = NULL;
        assert_ok(kt_kv_begin_write(store, &txn));
        for (size_t i = 0; i < batch && journal.current.size < size; i++) {
            uint64_t number, expected = journal.current.size;
            assert_ok(kt_journal_append(&journal, txn, records[expected], &number));
            assert_true(number == expected);
        }
        assert_ok(kt_journal_save(&journal, txn));
        assert_ok(kt_kv_commit(&txn));
        kt_journal_committed(&journal);
    }
}

static kt_txn_t *
reader(void)
{
    kt_txn_t *txn = NULL;
    assert_ok(kt_kv_begin_read(store, &txn));
    return txn;
}

static kt_status_t
refuse(void *context, kt_kv_change_t change, uint32_t table, kt_span_t key, kt_span_t value)
{
    (void)context;
    (void)change;
    (void)table;
    (void)key;
    (void)value;
    return kt_error(KT_INTERNAL, 1, "a change");
}

static void
an_empty_store_is_an_empty_log(void **state)
{
    (void)state;
    kt_txn_t *txn = reader();
    uint64_t size = 9;
    kt_hash_t root, empty = kt_merkle_empty();
    kt_proof_t proof;
    kt_span_t record;
    assert_ok(kt_journal_head(txn, &size, &root));
    assert_true(size == 0);
    assert_memory_equal(&root, &empty, sizeof(root));
    assert_ok(kt_journal_root(txn, 0, &root));
    assert_memory_equal(&root, &empty, sizeof(root));
    assert_status(kt_journal_root(txn, 1, &root), KT_OUT_OF_RANGE, 0);
    assert_status(kt_journal_get(txn, 0, &record), KT_NOT_FOUND, 0);
    assert_status(kt_journal_prove_inclusion(txn, 0, 0, &proof), KT_OUT_OF_RANGE, 0);
    assert_ok(kt_journal_prove_consistency(txn, 0, 0, &proof));
    assert_int_equal(proof.count, 0);
    kt_kv_abort(&txn);
}

static void
an_abort_takes_the_log_back(void **state)
{
    (void)state;
    kt_txn_t *txn = NULL;
    uint64_t number, size;
    kt_hash_t root, expected = naive_root(records, 3);
    grow_to(3, 3);
    assert_ok(kt_kv_begin_write(store, &txn));
    for (size_t i = 0; i < 300; i++) /* over a tile's end */
        assert_ok(kt_journal_append(&journal, txn, records[i], &number));
    assert_true(number == 302);
    kt_kv_abort(&txn);
    kt_journal_aborted(&journal);
    assert_true(journal.current.size == 3);
    txn = reader();
    assert_ok(kt_journal_head(txn, &size, &root));
    assert_true(size == 3);
    assert_memory_equal(&root, &expected, sizeof(root));
    kt_kv_abort(&txn);
    grow_to(300, 7);
    txn = reader();
    expected = naive_root(records, 300);
    assert_ok(kt_journal_head(txn, &size, &root));
    assert_memory_equal(&root, &expected, sizeof(root));
    kt_kv_abort(&txn);
}

static void
a_save_without_an_append_writes_nothing(void **state)
{
    (void)state;
    kt_kv_stat_t before, after;
    kt_txn_t *txn = NULL;
    grow_to(3, 3);
    assert_ok(kt_kv_stat(store, &before));
    assert_ok(kt_kv_begin_write(store, &txn));
    kt_kv_observe(txn, refuse, NULL);
    assert_ok(kt_journal_save(&journal, txn));
    assert_ok(kt_kv_commit(&txn));
    assert_ok(kt_kv_stat(store, &after));
    assert_true(before.used_bytes == after.used_bytes);
}

static void
a_loaded_journal_goes_on(void **state)
{
    (void)state;
    kt_hash_t root, expected = naive_root(records, 100);
    grow_to(37, 5);
    memset(&journal, 0xAA, sizeof(journal));
    kt_txn_t *txn = reader();
    assert_ok(kt_journal_load(&journal, txn));
    kt_kv_abort(&txn);
    assert_true(journal.durable.size == 37 && journal.current.size == 37);
    grow_to(100, 9);
    txn = reader();
    assert_ok(kt_journal_root(txn, 100, &root));
    assert_memory_equal(&root, &expected, sizeof(root));
    kt_kv_abort(&txn);
}

static void
records_read_back(void **state)
{
    (void)state;
    kt_span_t record;
    grow_to(RECORDS, 64);
    kt_txn_t *txn = reader();
    for (size_t i = 0; i < RECORDS; i++) {
        assert_ok(kt_journal_get(txn, i, &record));
        assert_span_equal(record, records[i]);
    }
    kt_kv_abort(&txn);
}

static void
proofs_are_those_of_the_definition(void **state)
{
    (void)state;
    static kt_hash_t roots[RECORDS + 1];
    kt_prng_t prng;
    grow_to(RECORDS, 64);
    kt_txn_t *txn = reader();
    for (size_t n = 0; n <= RECORDS; n++) {
        kt_hash_t root;
        roots[n] = naive_root(records, n);
        assert_ok(kt_journal_root(txn, n, &root));
        assert_memory_equal(&root, &roots[n], sizeof(root));
    }
    kt_prng_seed(&prng, 6);
    for (size_t i = 0; i < 1600; i++) {
        /* All pairs of small sizes, then some of the large ones. */
        size_t n = i < 1000 ? 1 + i / 64 : 1 + (size_t)kt_prng_below(&prng, RECORDS);
        size_t m = i < 1000 ? i % 64 % n : (size_t)kt_prng_below(&prng, n);
        kt_proof_t proof, expected = {.count = 0};
        kt_hash_t leaf = kt_merkle_leaf(records[m]);
        assert_ok(kt_journal_prove_inclusion(txn, m, n, &proof));
        naive_path(m, records, n, &expected);
        assert_int_equal(proof.count, expected.count);
        assert_memory_equal(proof.hashes, expected.hashes, proof.count * sizeof(kt_hash_t));
        assert_true(kt_merkle_includes(&leaf, m, n, &proof, &roots[n]));

        expected.count = 0;
        assert_ok(kt_journal_prove_consistency(txn, m, n, &proof));
        if (m > 0)
            naive_subproof(m, records, n, true, &expected);
        assert_int_equal(proof.count, expected.count);
        assert_memory_equal(proof.hashes, expected.hashes, proof.count * sizeof(kt_hash_t));
        assert_true(kt_merkle_consistent(m, &roots[m], n, &roots[n], &proof));
    }
    kt_kv_abort(&txn);
}

static void
proofs_past_the_end_are_refused(void **state)
{
    (void)state;
    kt_proof_t proof;
    kt_hash_t root;
    grow_to(5, 5);
    kt_txn_t *txn = reader();
    assert_status(kt_journal_root(txn, 6, &root), KT_OUT_OF_RANGE, 0);
    assert_status(kt_journal_prove_inclusion(txn, 5, 5, &proof), KT_OUT_OF_RANGE, 0);
    assert_status(kt_journal_prove_inclusion(txn, 0, 6, &proof), KT_OUT_OF_RANGE, 0);
    assert_status(kt_journal_prove_consistency(txn, 4, 3, &proof), KT_OUT_OF_RANGE, 0);
    assert_status(kt_journal_prove_consistency(txn, 4, 6, &proof), KT_OUT_OF_RANGE, 0);
    kt_kv_abort(&txn);
}

static void
a_record_has_a_limit(void **state)
{
    (void)state;
    static uint8_t bytes[KT_JOURNAL_RECORD_BYTES_MAX + 1];
    uint64_t number;
    kt_txn_t *txn = NULL;
    assert_ok(kt_kv_begin_write(store, &txn));
    assert_status(kt_journal_append(&journal, txn, kt_span(bytes, sizeof(bytes)), &number),
                  KT_RESOURCE_EXHAUSTED, 0);
    assert_true(journal.current.size == 0);
    assert_ok(kt_journal_append(&journal, txn, kt_span(bytes, sizeof(bytes) - 1), &number));
    assert_ok(kt_journal_append(&journal, txn, kt_span(NULL, 0), &number));
    kt_kv_abort(&txn);
    kt_journal_aborted(&journal);
}

static void
missing_pieces_are_data_loss(void **state)
{
    (void)state;
    kt_proof_t proof;
    kt_hash_t root;
    kt_txn_t *txn = NULL;
    kt_journal_t loaded;
    grow_to(RECORDS, 64);
    assert_ok(kt_kv_begin_write(store, &txn));
    static const uint8_t second_tile[9] = {1, 0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t record_520[8] = {0, 0, 0, 0, 0, 0, 2, 8};
    assert_ok(kt_kv_delete(txn, KT_TABLE_JOURNAL_TREE, kt_span(second_tile, 9)));
    assert_ok(kt_kv_delete(txn, KT_TABLE_JOURNAL, kt_span(record_520, 8)));
    assert_status(kt_journal_root(txn, 512, &root), KT_DATA_LOSS, KT_KV_CORRUPT);
    assert_status(kt_journal_prove_inclusion(txn, 0, 599, &proof), KT_DATA_LOSS, KT_KV_CORRUPT);
    assert_ok(kt_journal_root(txn, 300, &root));
    assert_ok(kt_kv_put(txn, KT_TABLE_META, kt_span_str("journal"), kt_span_str("short")));
    assert_status(kt_journal_load(&loaded, txn), KT_DATA_LOSS, KT_KV_CORRUPT);
    kt_kv_abort(&txn);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_store_is_an_empty_log, setup, teardown),
        cmocka_unit_test_setup_teardown(an_abort_takes_the_log_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_save_without_an_append_writes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_loaded_journal_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(records_read_back, setup, teardown),
        cmocka_unit_test_setup_teardown(proofs_are_those_of_the_definition, setup, teardown),
        cmocka_unit_test_setup_teardown(proofs_past_the_end_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_record_has_a_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(missing_pieces_are_data_loss, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
