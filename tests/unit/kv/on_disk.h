/* on_disk.h: a store in a folder of its own, for tests of what only the engine on disk has. */
#ifndef KANTOR_TESTS_ON_DISK_H
#define KANTOR_TESTS_ON_DISK_H

#include "tempdir.h"
#include "testing.h"

#include <fcntl.h>
#include <kt/kv.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

enum { META, THINGS };

static const kt_table_t tables[] = {
    {"meta", KT_TABLE_SYSTEM},
    {"things", KT_TABLE_FACT},
    {"added_later", KT_TABLE_FACT},
};

static tempdir_t dir;
static char path[PATH_MAX], data[PATH_MAX];

static inline int
setup(void **state)
{
    (void)state;
    tempdir_init(&dir);
    tempdir_join(&dir, "store", path);
    tempdir_join(&dir, "store/data.mdb", data);
    return 0;
}

static inline int
teardown(void **state)
{
    (void)state;
    tempdir_fini(&dir);
    return 0;
}

static kt_kv_options_t
plain(void)
{
    return (kt_kv_options_t){
        .path = path,
        .service = "test",
        .format = 1,
        .tables = tables,
        .tables_count = 2,
    };
}

static kt_status_t
try_open(kt_kv_options_t options, kt_kv_t **store)
{
    *store = NULL;
    return kt_kv_open_lmdb(&options, store);
}

static inline kt_kv_t *
must_open(void)
{
    kt_kv_t *store;
    assert_ok(try_open(plain(), &store));
    return store;
}

static kt_span_t
s(const char *text)
{
    return kt_span_str(text);
}

static kt_status_t
put_one(kt_kv_t *store, uint32_t table, const char *key, kt_span_t value)
{
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL;
    KT_TRY(kt_kv_begin_write(store, &txn));
    KT_TRY(kt_kv_put(txn, table, s(key), value));
    return kt_kv_commit(&txn);
}

static kt_status_t
get_one(kt_kv_t *store, uint32_t table, const char *key)
{
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL;
    kt_span_t value;
    KT_TRY(kt_kv_begin_read(store, &txn));
    return kt_kv_get(txn, table, s(key), &value);
}

static inline void
assert_says(kt_status_t status, const char *part)
{
    if (!status.text || !strstr(status.text, part))
        fail_msg("\"%s\" does not say \"%s\"", status.text ? status.text : "", part);
}

/* Makes a store with one record and closes it. */
static inline void
make_store(void)
{
    kt_kv_t *store = must_open();
    assert_ok(put_one(store, THINGS, "a", s("1")));
    kt_kv_close(&store);
}

static inline kt_span_t
load(const char *name, uint8_t **bytes)
{
    struct stat status;
    int fd = open(name, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &status) == 0);
    *bytes = (uint8_t *)malloc((size_t)status.st_size);
    assert_int_equal(read(fd, *bytes, (size_t)status.st_size), status.st_size);
    close(fd);
    return kt_span(*bytes, (size_t)status.st_size);
}

/* Flips one bit of the byte AT of TEXT, wherever it stands in the data file. */
static inline void
flip_in_file(const char *text, long at)
{
    uint8_t *bytes;
    kt_span_t file = load(data, &bytes);
    unsigned found = 0;
    for (uint8_t *from = bytes;;) {
        size_t left = file.size - (size_t)(from - bytes);
        uint8_t *hit = (uint8_t *)memmem(from, left, text, strlen(text));
        if (!hit)
            break;
        hit[at] ^= 1;
        from = hit + 1;
        found++;
    }
    assert_true(found > 0);
    FILE *out = fopen(data, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, file.size, out), file.size);
    fclose(out);
    free(bytes);
}

static inline void
make_store_with(const char *key, const char *value)
{
    kt_kv_t *store = must_open();
    assert_ok(put_one(store, THINGS, key, s(value)));
    assert_ok(put_one(store, THINGS, "zz", s("fine")));
    kt_kv_close(&store);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
