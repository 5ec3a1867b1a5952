/* What only the engine on disk has: a folder with an owner, formats, damage. */
#include "on_disk.h"

#include <signal.h>
#include <sys/wait.h>

/* ---- the folder ---- */

static void
a_store_outlives_its_process(void **state)
{
    (void)state;
    make_store();
    kt_kv_t *store = must_open();
    assert_ok(get_one(store, THINGS, "a"));
    kt_kv_close(&store);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
}

static void
an_open_store_is_owned(void **state)
{
    (void)state;
    char pid[32];
    kt_kv_t *first = must_open(), *second;
    kt_kv_options_t reading = plain();
    reading.read_only = true;
    snprintf(pid, sizeof(pid), "process %d", (int)getpid());
    kt_status_t status = try_open(plain(), &second);
    assert_status(status, KT_FAILED_PRECONDITION, KT_KV_OWNED);
    assert_says(status, pid);
    assert_status(try_open(reading, &second), KT_FAILED_PRECONDITION, KT_KV_OWNED);
    pid_t child = fork();
    if (child == 0)
        _exit(try_open(plain(), &second).reason == KT_KV_OWNED ? 0 : 1);
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    kt_kv_close(&first);

    /* Two may read at once, and keep a writer out. */
    assert_ok(try_open(reading, &first));
    assert_ok(try_open(reading, &second));
    kt_kv_t *third;
    assert_status(try_open(plain(), &third), KT_FAILED_PRECONDITION, KT_KV_OWNED);
    kt_kv_close(&first);
    kt_kv_close(&second);
    first = must_open();
    kt_kv_close(&first);
}

static void
a_killed_owner_leaves_what_it_committed(void **state)
{
    (void)state;
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        kt_kv_t *store;
        kt_txn_t *reading, *writing;
        kt_kv_options_t options = plain();
        bool fine = !kt_failed(kt_kv_open_lmdb(&options, &store)) &&
                    !kt_failed(put_one(store, THINGS, "kept", s("1"))) &&
                    !kt_failed(kt_kv_begin_read(store, &reading)) &&
                    !kt_failed(kt_kv_begin_write(store, &writing)) &&
                    !kt_failed(kt_kv_put(writing, THINGS, s("lost"), s("1")));
        if (write(ready[1], fine ? "y" : "n", 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    close(ready[1]);
    kt_kv_t *store = must_open();
    assert_ok(get_one(store, THINGS, "kept"));
    assert_status(get_one(store, THINGS, "lost"), KT_NOT_FOUND, 0);
    assert_ok(put_one(store, THINGS, "more", s("1")));
    kt_kv_close(&store);
}

static void
write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void
foreign_folders_are_refused(void **state)
{
    (void)state;
    kt_kv_t *store;
    char other[PATH_MAX];
    assert_int_equal(mkdir(path, 0700), 0);
    tempdir_join(&dir, "store/holiday.jpg", other);
    write_file(other, "x");
    assert_status(try_open(plain(), &store), KT_FAILED_PRECONDITION, KT_KV_FOREIGN);
    assert_int_equal(access(data, F_OK), -1); /* and nothing was put beside it */
    unlink(other);
    write_file(data, "this is no data file of LMDB, though it has its name");
    assert_status(try_open(plain(), &store), KT_FAILED_PRECONDITION, KT_KV_FOREIGN);
    unlink(data);
    make_store();
}

static void
folders_that_cannot_be_made(void **state)
{
    (void)state;
    kt_kv_t *store;
    static char long_path[PATH_MAX];
    kt_kv_options_t options = plain();
    options.path = "/proc/none/store";
    assert_status(try_open(options, &store), KT_FAILED_PRECONDITION, 0);
    write_file(path, "a file");
    assert_status(try_open(plain(), &store), KT_FAILED_PRECONDITION, 0);
    unlink(path);
    options = plain();
    options.read_only = true;
    assert_status(try_open(options, &store), KT_FAILED_PRECONDITION, 0);
    memset(long_path, 'x', sizeof(long_path) - 1);
    options.path = long_path;
    assert_int_not_equal(try_open(options, &store).code, KT_OK);
}

static void
options_that_make_no_sense(void **state)
{
    (void)state;
    kt_kv_t *store;
    kt_table_t twice[] = {tables[0], tables[1], tables[1]};
    kt_table_t odd[] = {tables[0], {"Things", KT_TABLE_FACT}};
    kt_kv_options_t options = plain();
    options.tables = &tables[1];
    assert_status(try_open(options, &store), KT_INVALID_ARGUMENT, 0);
    options.tables_count = 0;
    assert_status(try_open(options, &store), KT_INVALID_ARGUMENT, 0);
    options = plain();
    options.tables = twice;
    options.tables_count = 3;
    assert_status(try_open(options, &store), KT_INVALID_ARGUMENT, 0);
    options.tables = odd;
    options.tables_count = 2;
    assert_status(try_open(options, &store), KT_INVALID_ARGUMENT, 0);
    options = plain();
    options.service = "";
    assert_status(try_open(options, &store), KT_INVALID_ARGUMENT, 0);
}

/* ---- identity and formats ---- */

static void
another_services_store_is_refused(void **state)
{
    (void)state;
    kt_kv_t *store;
    kt_kv_options_t options = plain();
    make_store();
    options.service = "legal";
    kt_status_t status = try_open(options, &store);
    assert_status(status, KT_FAILED_PRECONDITION, KT_KV_FOREIGN);
    assert_says(status, "test");
    assert_says(status, "legal");
}

static void
a_store_without_identity_is_refused(void **state)
{
    (void)state;
    static const char *const keys[] = {"kv.format", "kv.service"};
    for (size_t i = 0; i < KT_COUNT(keys); i++) {
        kt_txn_t *txn = NULL;
        kt_kv_t *store = must_open();
        assert_ok(kt_kv_begin_write(store, &txn));
        assert_ok(kt_kv_delete(txn, META, s(keys[i])));
        assert_ok(kt_kv_commit(&txn));
        kt_kv_close(&store);
        assert_status(try_open(plain(), &store), KT_FAILED_PRECONDITION, KT_KV_FOREIGN);
        teardown(state);
        setup(state);
    }
    kt_kv_t *store = must_open();
    assert_ok(put_one(store, META, "kv.format", s("seven")));
    kt_kv_close(&store);
    assert_status(try_open(plain(), &store), KT_FAILED_PRECONDITION, KT_KV_FOREIGN);
}

static kt_status_t
note_step(kt_txn_t *txn, const char *step)
{
    return kt_kv_append(txn, THINGS, s(step), s(""));
}

static kt_status_t
from_1(kt_txn_t *txn, void *context)
{
    (void)context;
    return note_step(txn, "step 1");
}

/* Fails as long as *CONTEXT says so, after it has written. */
static kt_status_t
from_2(kt_txn_t *txn, void *context)
{
    KT_TRY(note_step(txn, "step 2"));
    return *(const bool *)context ? kt_error(KT_ABORTED, 7, "not today") : kt_ok();
}

static void
migrations_run_one_by_one(void **state)
{
    (void)state;
    static const kt_kv_migration_t steps[] = {{2, from_2}, {1, from_1}};
    bool fail = true;
    kt_kv_t *store;
    kt_kv_stat_t stat;
    kt_kv_options_t options = plain();
    make_store();
    options.format = 3;
    options.tables_count = 3;
    options.migrations = steps;
    options.migrations_count = 1; /* without the first step */
    options.migration_context = &fail;
    assert_status(try_open(options, &store), KT_INTERNAL, 0);
    options.migrations_count = 2;
    assert_status(try_open(options, &store), KT_ABORTED, 7);

    /* The first step stays done: the store is of format 2 now. */
    assert_status(try_open(plain(), &store), KT_FAILED_PRECONDITION, KT_KV_NEWER);
    options.read_only = true;
    assert_status(try_open(options, &store), KT_FAILED_PRECONDITION, 0);
    options.read_only = false;
    fail = false;
    assert_ok(try_open(options, &store));
    assert_ok(get_one(store, THINGS, "step 1"));
    assert_ok(get_one(store, THINGS, "step 2"));
    assert_ok(put_one(store, 2, "new table", s("")));
    assert_ok(kt_kv_stat(store, &stat));
    assert_int_equal(stat.format, 3);
    kt_kv_close(&store);
    assert_ok(try_open(options, &store)); /* and nothing is left to do */
    kt_kv_close(&store);
    kt_status_t status = try_open(plain(), &store);
    assert_status(status, KT_FAILED_PRECONDITION, KT_KV_NEWER);
    assert_says(status, "format 3");
}

/* ---- damage ---- */

static void
a_flipped_bit_is_data_loss(void **state)
{
    (void)state;
    kt_kv_t *store;
    make_store_with("some.key", "a value to be found");
    flip_in_file("a value to be found", 5);
    store = must_open();
    kt_status_t status = get_one(store, THINGS, "some.key");
    assert_status(status, KT_DATA_LOSS, KT_KV_CORRUPT);
    assert_says(status, "table things, key some.key");
    assert_ok(get_one(store, THINGS, "zz"));
    kt_kv_close(&store);
    flip_in_file("a valte to be found", 5); /* back */
    store = must_open();
    assert_ok(get_one(store, THINGS, "some.key"));
    kt_kv_close(&store);
}

static void
a_flipped_bit_in_a_key_is_data_loss(void **state)
{
    (void)state;
    make_store_with("some.key", "value");
    flip_in_file("some.key", 7);
    kt_kv_t *store = must_open();
    kt_txn_t *txn = NULL;
    kt_cursor_t *cursor = NULL;
    kt_span_t key, value;
    assert_ok(kt_kv_begin_read(store, &txn));
    assert_ok(kt_kv_cursor(txn, THINGS, &cursor));
    assert_status(kt_cursor_first(cursor, &key, &value), KT_DATA_LOSS, KT_KV_CORRUPT);
    assert_ok(kt_cursor_next(cursor, &key, &value)); /* the walk goes on behind it */
    assert_span_equal(key, s("zz"));
    kt_kv_abort(&txn);
    kt_kv_close(&store);
}

/* LMDB has a record's size, lower half first, eight bytes before its key. */
static void
a_flipped_bit_in_a_size_is_data_loss(void **state)
{
    (void)state;
    make_store_with("some.key", "value");
    flip_in_file("some.key", -6);
    kt_kv_t *store = must_open();
    kt_txn_t *txn = NULL;
    kt_cursor_t *cursor = NULL;
    kt_span_t key, value;
    assert_status(get_one(store, THINGS, "some.key"), KT_DATA_LOSS, KT_KV_CORRUPT);
    assert_ok(kt_kv_begin_read(store, &txn));
    assert_ok(kt_kv_cursor(txn, THINGS, &cursor));
    assert_status(kt_cursor_first(cursor, &key, &value), KT_DATA_LOSS, KT_KV_CORRUPT);
    kt_kv_abort(&txn);
    kt_kv_close(&store);
}

static void
keys_in_texts_are_hex_when_not_plain(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        size_t size;
        const char *text;
    } rows[] = {
        {"plain.key-1", 11, "plain.key-1"},
        {"\x00\x01\xFE", 3, "0x0001fe"},
        {"with blank", 10, "0x7769746820626c616e6b"},
        {"", 0, "0x"},
    };
    char out[KT_KEY_TEXT_MAX], key[KT_KV_KEY_BYTES_MAX];
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_key_format(kt_span(rows[i].key, rows[i].size), out);
        assert_string_equal(out, rows[i].text);
    }
    memset(key, 'k', sizeof(key));
    kt_key_format(kt_span(key, sizeof(key)), out);
    assert_int_equal(strlen(out), KT_KEY_TEXT_MAX - 1);
    assert_string_equal(out + KT_KEY_TEXT_MAX - 5, "k...");
    kt_key_format(kt_span(key, KT_KEY_TEXT_MAX - 1), out);
    assert_memory_equal(out, key, KT_KEY_TEXT_MAX - 1);
    memset(key, 1, sizeof(key));
    kt_key_format(kt_span(key, sizeof(key)), out);
    assert_in_range(strlen(out), KT_KEY_TEXT_MAX - 10, KT_KEY_TEXT_MAX - 1);
    assert_string_equal(out + strlen(out) - 5, "01...");
}

static void
a_cut_file_is_data_loss(void **state)
{
    (void)state;
    static const uint8_t kilobyte[1000];
    struct stat whole, after;
    kt_kv_t *store = must_open();
    for (unsigned i = 0; i < 200; i++) {
        char key[16];
        snprintf(key, sizeof(key), "%u", i);
        assert_ok(put_one(store, THINGS, key, kt_span(kilobyte, sizeof(kilobyte))));
    }
    kt_kv_close(&store);
    assert_int_equal(stat(data, &whole), 0);
    for (off_t part = 1; part < 8; part++) {
        off_t size = whole.st_size / 4096 * part / 8 * 4096 + 8192;
        uint8_t *bytes;
        kt_span_t kept = load(data, &bytes);
        assert_int_equal(truncate(data, KT_MIN(size, whole.st_size - 4096)), 0);
        kt_status_t status = try_open(plain(), &store);
        assert_status(status, KT_DATA_LOSS, KT_KV_CORRUPT);
        assert_says(status, "cut short");
        assert_int_equal(stat(data, &after), 0);
        assert_int_equal(after.st_size, KT_MIN(size, whole.st_size - 4096));
        FILE *out = fopen(data, "w");
        assert_int_equal(fwrite(bytes, 1, kept.size, out), kept.size);
        fclose(out);
        free(bytes);
    }
    store = must_open();
    assert_ok(get_one(store, THINGS, "7"));
    kt_kv_close(&store);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_store_outlives_its_process),
        FRESH(an_open_store_is_owned),
        FRESH(a_killed_owner_leaves_what_it_committed),
        FRESH(foreign_folders_are_refused),
        FRESH(folders_that_cannot_be_made),
        FRESH(options_that_make_no_sense),
        FRESH(another_services_store_is_refused),
        FRESH(a_store_without_identity_is_refused),
        FRESH(migrations_run_one_by_one),
        FRESH(a_flipped_bit_is_data_loss),
        FRESH(a_flipped_bit_in_a_key_is_data_loss),
        FRESH(a_flipped_bit_in_a_size_is_data_loss),
        FRESH(keys_in_texts_are_hex_when_not_plain),
        FRESH(a_cut_file_is_data_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
