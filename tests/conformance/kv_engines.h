/* kv_engines.h: the engines that every test of this folder runs on, each with a folder of its own.
 */
#ifndef KANTOR_KV_ENGINES_H
#define KANTOR_KV_ENGINES_H

#include "tempdir.h"
#include "testing.h"

#include <kt/kv.h>

enum { META, THINGS, LOGS, SUMS, TABLES };

static const kt_table_t tables[] = {
    {"meta", KT_TABLE_SYSTEM},
    {"things", KT_TABLE_FACT},
    {"logs", KT_TABLE_LOG},
    {"sums", KT_TABLE_DERIVED}, /* which the store keeps for its writer */
};

typedef struct engine {
    const char *name;
    bool on_disk, decorated;
    uint64_t log_bytes;
    tempdir_t dir;
} engine_t;

static inline kt_kv_t *
open_with(engine_t *engine, kt_kv_options_t options)
{
    char path[PATH_MAX];
    kt_kv_t *store = NULL, *inner = NULL;

    tempdir_join(&engine->dir, "store", path);
    options.path = engine->on_disk ? path : NULL;
    options.log_bytes = engine->log_bytes;
    options.service = "test";
    options.format = 1;
    options.tables = tables;
    options.tables_count = KT_COUNT(tables);
    assert_ok(engine->on_disk ? kt_kv_open_lmdb(&options, &store)
                              : kt_kv_open_ram(&options, &store));
    if (engine->decorated) {
        inner = KT_TAKE(store);
        assert_ok(kt_kv_open_fault(&inner, &store));
        assert_null(inner);
    }
    return store;
}

static inline kt_kv_t *
open_plain(void **state)
{
    return open_with((engine_t *)*state, (kt_kv_options_t){0});
}

static inline kt_span_t
s(const char *text)
{
    return kt_span_str(text);
}

static inline kt_txn_t *
writer(kt_kv_t *store)
{
    kt_txn_t *txn = NULL;
    assert_ok(kt_kv_begin_write(store, &txn));
    return txn;
}

static inline kt_txn_t *
reader(kt_kv_t *store)
{
    kt_txn_t *txn = NULL;
    assert_ok(kt_kv_begin_read(store, &txn));
    return txn;
}

static inline int
setup(void **state)
{
    tempdir_init(&((engine_t *)*state)->dir);
    return 0;
}

static inline int
teardown(void **state)
{
    tempdir_fini(&((engine_t *)*state)->dir);
    return 0;
}

#define ON_ENGINE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#define ENGINES 6

/* All of them; INDEX below ENGINES. */
static inline engine_t
engine(size_t index)
{
    const engine_t engines[ENGINES] = {
        {.name = "ram"},
        {.name = "lmdb", .on_disk = true},
        {.name = "lmdb behind a log", .on_disk = true, .log_bytes = KT_KV_LOG_BYTES_MIN},
        {.name = "fault over ram", .decorated = true},
        {.name = "fault over lmdb", .on_disk = true, .decorated = true},
        {.name = "fault over a log",
         .on_disk = true,
         .decorated = true,
         .log_bytes = KT_KV_LOG_BYTES_MIN},
    };
    return engines[index];
}

/* Runs TESTS, an array of ON_ENGINE, on every engine; how many failed. */
#define RUN_ON_ENGINES(tests)                                                                      \
    __extension__({                                                                                \
        int failed_ = 0;                                                                           \
        for (size_t i_ = 0; i_ < ENGINES; i_++) {                                                  \
            engine_t on_ = engine(i_);                                                             \
            for (size_t test_ = 0; test_ < KT_COUNT(tests); test_++)                               \
                (tests)[test_].initial_state = &on_;                                               \
            print_message("engine %s\n", on_.name);                                                \
            failed_ += cmocka_run_group_tests_name(on_.name, tests, NULL, NULL);                   \
        }                                                                                          \
        failed_;                                                                                   \
    })

#endif
