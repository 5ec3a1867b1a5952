/* Where the bytes go: full maps, full disks, backups. */
#include "on_disk.h"

#include <signal.h>
#include <sys/resource.h>

/* ---- full ---- */

static void
a_full_map_ends_the_transaction_only(void **state)
{
    (void)state;
    static const uint8_t bytes[3000];
    kt_kv_t *store;
    kt_kv_options_t options = plain();
    kt_status_t status = kt_ok();
    options.map_bytes = 1 << 20;
    assert_ok(try_open(options, &store));
    assert_ok(put_one(store, THINGS, "first", s("1")));
    for (unsigned i = 0; !kt_failed(status); i++) {
        kt_txn_t *txn = NULL;
        char key[16];
        assert_true(i < 1000);
        snprintf(key, sizeof(key), "k%06u", i);
        assert_ok(kt_kv_begin_write(store, &txn));
        status = kt_kv_append(txn, THINGS, s(key), kt_span(bytes, sizeof(bytes)));
        kt_status_t committed = kt_kv_commit(&txn); /* whatever the put said */
        if (kt_failed(status))
            assert_status(committed, KT_RESOURCE_EXHAUSTED, KT_KV_FULL);
        status = committed;
    }
    assert_status(status, KT_RESOURCE_EXHAUSTED, KT_KV_FULL);
    assert_ok(get_one(store, THINGS, "first"));
    assert_ok(get_one(store, THINGS, "k000001"));
    kt_kv_close(&store);
    options.map_bytes = 0;
    assert_ok(try_open(options, &store)); /* with room again, it goes on */
    assert_ok(put_one(store, THINGS, "last", s("1")));
    kt_kv_close(&store);
}

/* The file-size limit stands in for a full disk: the write of the commit fails, and the store goes
 * on. */
static void
a_full_disk_ends_the_transaction_only(void **state)
{
    (void)state;
    static const uint8_t bytes[300000];
    struct rlimit before, small;
    struct stat status;
    kt_kv_t *store = must_open();
    assert_ok(put_one(store, THINGS, "first", s("1")));
    assert_int_equal(stat(data, &status), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = (rlim_t)status.st_size + 65536;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    kt_status_t full = put_one(store, THINGS, "large", kt_span(bytes, sizeof(bytes)));
    kt_status_t small_one = put_one(store, THINGS, "second", s("1"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_status(full, KT_RESOURCE_EXHAUSTED, KT_KV_FULL);
    assert_ok(small_one);
    assert_ok(get_one(store, THINGS, "first"));
    assert_status(get_one(store, THINGS, "large"), KT_NOT_FOUND, 0);
    assert_ok(put_one(store, THINGS, "large", kt_span(bytes, sizeof(bytes))));
    kt_kv_close(&store);
    store = must_open();
    assert_ok(get_one(store, THINGS, "second"));
    assert_ok(get_one(store, THINGS, "large"));
    kt_kv_close(&store);
}

/* ---- backups ---- */

static char backup[PATH_MAX], partial[PATH_MAX];

static void
fill(kt_kv_t *store, unsigned count)
{
    kt_txn_t *txn = NULL;
    static const uint8_t bytes[700];
    assert_ok(kt_kv_begin_write(store, &txn));
    for (unsigned i = 0; i < count; i++) {
        char key[16];
        snprintf(key, sizeof(key), "f%06u", i);
        assert_ok(kt_kv_put(txn, THINGS, s(key), kt_span(bytes, i % sizeof(bytes))));
    }
    assert_ok(kt_kv_commit(&txn));
}

static bool
count_calls(void *context, uint64_t done, uint64_t all)
{
    uint64_t *last = (uint64_t *)context;
    assert_true(done <= all && done >= *last);
    *last = done;
    return true;
}

static void
a_backup_is_a_store(void **state)
{
    (void)state;
    uint64_t last = 0;
    kt_kv_t *store = must_open(), *copy;
    kt_kv_options_t options = plain();
    kt_table_stat_t stat;
    tempdir_join(&dir, "backup", backup);
    tempdir_join(&dir, "backup.partial", partial);
    assert_int_equal(mkdir(partial, 0700), 0); /* as a backup leaves it that was killed */
    fill(store, 3000);
    kt_txn_t *writing = NULL, *txn = NULL;
    assert_ok(kt_kv_begin_write(store, &writing));
    assert_ok(kt_kv_put(writing, THINGS, s("too late"), s("")));
    assert_ok(kt_kv_backup(store, backup, count_calls, &last));
    assert_true(last > 0);
    assert_ok(kt_kv_commit(&writing));
    assert_int_equal(access(partial, F_OK), -1);
    assert_status(kt_kv_backup(store, backup, NULL, NULL), KT_ALREADY_EXISTS, 0);

    options.path = backup;
    options.read_only = true;
    assert_ok(try_open(options, &copy));
    assert_ok(kt_kv_begin_read(copy, &txn));
    assert_ok(kt_kv_table_stat(txn, THINGS, &stat));
    assert_true(stat.records == 3000);
    kt_kv_abort(&txn);
    assert_status(kt_kv_begin_write(copy, &txn), KT_FAILED_PRECONDITION, 0);
    assert_status(get_one(copy, THINGS, "too late"), KT_NOT_FOUND, 0);
    kt_kv_close(&copy);

    kt_kv_options_t any = {.path = backup, .tables = tables, .tables_count = 1, .read_only = true};
    assert_ok(try_open(any, &copy)); /* without knowing whose it is */
    assert_string_equal(kt_kv_service(copy), options.service);
    assert_ok(kt_kv_stat(copy, &(kt_kv_stat_t){0}));
    kt_kv_close(&copy);
    any.read_only = false;
    assert_status(try_open(any, &copy), KT_INVALID_ARGUMENT, 0);
    options.read_only = false; /* restored by name, it takes writes */
    assert_ok(try_open(options, &copy));
    assert_ok(put_one(copy, THINGS, "new", s("")));
    kt_kv_close(&copy);
    kt_kv_close(&store);
}

static bool
stop_later(void *context, uint64_t done, uint64_t all)
{
    (void)all;
    return done < *(const uint64_t *)context;
}

static void
a_cancelled_backup_leaves_nothing(void **state)
{
    (void)state;
    kt_kv_t *store = must_open();
    fill(store, 5000);
    tempdir_join(&dir, "backup", backup);
    tempdir_join(&dir, "backup.partial", partial);
    /* At once, in the midst of copying, and while reading back. */
    static uint64_t stops[] = {1, 1000000, 2600000};
    for (size_t i = 0; i < KT_COUNT(stops); i++) {
        assert_status(kt_kv_backup(store, backup, stop_later, &stops[i]), KT_CANCELLED, 0);
        assert_int_equal(access(backup, F_OK), -1);
        assert_int_equal(access(partial, F_OK), -1);
    }
    assert_ok(kt_kv_backup(store, backup, NULL, NULL));
    kt_kv_close(&store);
}

typedef struct second {
    kt_kv_t *store;
    kt_status_t status;
} second_t;

static bool
make_another(void *context, uint64_t done, uint64_t all)
{
    second_t *second = (second_t *)context;
    (void)done;
    (void)all;
    second->status = kt_kv_backup(second->store, backup, NULL, NULL);
    return true;
}

static void
one_backup_at_a_time(void **state)
{
    (void)state;
    second_t second = {.store = must_open()};
    fill(second.store, 10);
    tempdir_join(&dir, "backup", backup);
    assert_ok(kt_kv_backup(second.store, backup, make_another, &second));
    assert_status(second.status, KT_FAILED_PRECONDITION, 0);
    kt_kv_close(&second.store);
}

static void
a_damaged_store_has_no_backup(void **state)
{
    (void)state;
    make_store_with("some.key", "a value to be found");
    flip_in_file("a value to be found", 0);
    tempdir_join(&dir, "backup", backup);
    kt_kv_t *store = must_open();
    kt_status_t status = kt_kv_backup(store, backup, NULL, NULL);
    assert_status(status, KT_DATA_LOSS, KT_KV_CORRUPT);
    assert_says(status, "some.key");
    assert_int_equal(access(backup, F_OK), -1);
    kt_kv_close(&store);
}

static void
backups_that_cannot_be_made(void **state)
{
    (void)state;
    static char long_path[PATH_MAX];
    kt_kv_t *store = must_open(), *ram;
    kt_kv_options_t options = plain();
    assert_status(kt_kv_backup(store, "/proc/none/backup", NULL, NULL), KT_FAILED_PRECONDITION, 0);
    memset(long_path, 'x', sizeof(long_path) - 1);
    assert_status(kt_kv_backup(store, long_path, NULL, NULL), KT_INVALID_ARGUMENT, 0);
    kt_kv_close(&store);
    options.path = NULL;
    assert_ok(kt_kv_open_ram(&options, &ram));
    assert_status(kt_kv_backup(ram, backup, NULL, NULL), KT_UNIMPLEMENTED, 0);
    kt_kv_close(&ram);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_full_map_ends_the_transaction_only),
        FRESH(a_full_disk_ends_the_transaction_only),
        FRESH(a_backup_is_a_store),
        FRESH(a_cancelled_backup_leaves_nothing),
        FRESH(one_backup_at_a_time),
        FRESH(a_damaged_store_has_no_backup),
        FRESH(backups_that_cannot_be_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
