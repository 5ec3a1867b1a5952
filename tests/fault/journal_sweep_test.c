/*
 * Every operation of a batch of calls fails once, in each way a store can fail. Afterwards the
 * store is sound and is what it was; and the same calls, made again, end in the one state that a
 * run without failures ends in.
 */
#include "office.h"
#include "tempdir.h"

static kt_span_t
s(const char *text)
{
    return kt_span_str(text);
}

/* Two batches of two calls, with all that calls do. */
static kt_status_t
batch(office_t *office, const char *first, const char *second)
{
    kt_span_t value;

    KT_TRY(office_begin(office));
    KT_TRY(kt_kv_put(office->txn, FACTS, s("balance"), s(first)));
    KT_TRY(kt_kv_append(office->txn, LINES, s(first), s("line")));
    KT_TRY(kt_kv_put(office->txn, SUMS, s("sum"), s(first)));
    KT_TRY(office_next(office));
    KT_TRY(kt_kv_get(office->txn, FACTS, s("balance"), &value));
    KT_TRY(kt_kv_put(office->txn, NAMES, s(second), s("name")));
    KT_TRY(kt_kv_delete(office->txn, NAMES, s(second)));
    KT_TRY(kt_kv_append(office->txn, LINES, s(second), s("line")));
    KT_TRY(kt_kv_append(office->txn, NOTES, s(second), s("note")));
    return office_commit(office);
}

/* A call to the store that holds all records of 255 calls before: the next ones complete a tile. */
static void
fill(office_t *office)
{
    for (unsigned i = 0; i < 255; i++) {
        char key[8];
        snprintf(key, sizeof(key), "a%03u", i);
        assert_ok(office_begin(office));
        assert_ok(kt_kv_append(office->txn, LINES, s(key), s("line")));
        assert_ok(office_commit(office));
    }
}

static void
head_of(office_t *office, uint64_t *size, kt_hash_t *root)
{
    kt_txn_t *txn = NULL;
    assert_ok(kt_kv_begin_read(office->store, &txn));
    assert_ok(kt_journal_head(txn, size, root));
    kt_kv_abort(&txn);
}

static void
open_office(office_t *office, const char *path)
{
    kt_kv_options_t options = office_options(path);
    kt_kv_t *inner = NULL, *store = NULL;
    assert_ok(path ? kt_kv_open_lmdb(&options, &inner) : kt_kv_open_ram(&options, &inner));
    assert_ok(kt_kv_open_fault(&inner, &store));
    office_init(office, store);
}

/* Runs batch NUMBER with its N-th operation failing; false when there is no N-th. */
static bool
sweep_one(office_t *office, uint64_t number, uint64_t n, kt_status_t failure)
{
    kt_hash_t before, after;
    uint64_t size_before, size_after;
    char first[16], second[16];

    snprintf(first, sizeof(first), "b%06u", (unsigned)number);
    snprintf(second, sizeof(second), "b%06u.", (unsigned)number);
    head_of(office, &size_before, &before);
    kt_kv_fault_arm(office->store, n, failure);
    kt_status_t status = batch(office, first, second);
    bool struck = kt_kv_fault_struck(office->store);
    kt_kv_fault_arm(office->store, 0, kt_ok());
    if (struck) {
        assert_status(status, failure.code, failure.reason);
        office_abort(office);
        head_of(office, &size_after, &after);
        assert_true(size_before == size_after);
        assert_memory_equal(&before, &after, sizeof(before));
        office_assert_sound(office);
        status = batch(office, first, second);
    }
    assert_ok(status);
    head_of(office, &size_after, &after);
    assert_true(size_after == size_before + 2);
    office_assert_sound(office);
    return struck;
}

/* The same calls without a decorator and without failures. */
static void
assert_same_as_undisturbed(office_t *swept, uint64_t batches)
{
    office_t plain;
    kt_hash_t expected, root;
    uint64_t size;
    open_office(&plain, NULL);
    fill(&plain);
    for (uint64_t n = 1; n <= batches; n++)
        sweep_one(&plain, n, 0, kt_ok());
    head_of(&plain, &size, &expected);
    head_of(swept, &size, &root);
    assert_memory_equal(&root, &expected, sizeof(root));
    office_fini(&plain);
}

static void
sweep(const char *path, kt_status_t failure)
{
    office_t office;
    uint64_t n = 1;
    open_office(&office, path);
    fill(&office);
    while (sweep_one(&office, n, n, failure))
        n++;
    assert_true(n > 12); /* the batch has more operations than that */
    print_message("%llu operations\n", (unsigned long long)n - 1);
    if (!path)
        assert_same_as_undisturbed(&office, n);
    office_fini(&office);
}

static const kt_status_t failures[] = {
    {KT_RESOURCE_EXHAUSTED, KT_KV_FULL, "the disk is full"},
    {KT_UNAVAILABLE, KT_KV_FAILED, "input/output error"},
    {KT_DATA_LOSS, KT_KV_CORRUPT, "a record fails its checksum"},
};

static void
in_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(failures); i++)
        sweep(NULL, failures[i]);
}

static void
on_disk(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(failures); i++) {
        tempdir_t dir;
        char path[PATH_MAX];
        tempdir_init(&dir);
        tempdir_join(&dir, "store", path);
        sweep(path, failures[i]);
        tempdir_fini(&dir);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_memory),
        cmocka_unit_test(on_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
