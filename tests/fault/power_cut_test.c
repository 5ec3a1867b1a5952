/*
 * The power fails, at any moment, with any part of what was not flushed on disk: what a store
 * behind a log has hardened is there, whole transactions only, and it goes on from there. And
 * without a log.
 */
#include "disk_recorder.h"
#include "tempdir.h"
#include "testing.h"

#include <kt/kv.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYS     48
#define VERSIONS 160
#define IMAGES   250
#define ACKS_MAX (4 * VERSIONS)

enum { META, THINGS, LINES };
static const kt_table_t tables[] = {
    {"meta", KT_TABLE_SYSTEM},
    {"things", KT_TABLE_FACT},
    {"lines", KT_TABLE_LOG},
};

/* The state after each transaction: in which one a key was written last, 0 when it is not there. */
typedef struct history {
    uint32_t written[VERSIONS + 1][KEYS];
    uint32_t count;
    struct {
        size_t moment;
        uint32_t version;
    } acks[ACKS_MAX];
    uint32_t acks_count;
} history_t;

static kt_kv_t *
open_store(const char *path, uint64_t log_bytes)
{
    kt_kv_options_t options = {.path = path,
                               .service = "test",
                               .format = 1,
                               .tables = tables,
                               .tables_count = KT_COUNT(tables),
                               .log_bytes = log_bytes};
    kt_kv_t *store = NULL;
    assert_ok(kt_kv_open_lmdb(&options, &store));
    return store;
}

/* What stands under a key that VERSION has written: as long as the key and the version say. */
static size_t
value_of(uint32_t key, uint32_t version, uint8_t out[20000])
{
    size_t size = 4 + (key * 37 + version * 101) % 900;
    if (version % 23 == 0)
        size = 19000; /* some transactions do not fit the log's buffer */
    memset(out, (int)(key + version), size);
    memcpy(out, &version, sizeof version);
    return size;
}

static kt_span_t
key_of(uint32_t key, char out[16])
{
    snprintf(out, 16, "key-%06u", key);
    return kt_span_str(out);
}

/* One transaction: some keys put, one deleted, one line appended. */
static void
change(kt_txn_t *txn, history_t *history, kt_prng_t *prng)
{
    static uint8_t value[20000];
    uint32_t version = history->count + 1;
    uint32_t *written = history->written[version];
    char text[16];
    memcpy(written, history->written[version - 1], sizeof history->written[0]);
    for (uint64_t i = 0, count = 1 + kt_prng_below(prng, 6); i < count; i++) {
        uint32_t key = (uint32_t)kt_prng_below(prng, KEYS);
        size_t size = value_of(key, version, value);
        assert_ok(kt_kv_put(txn, THINGS, key_of(key, text), kt_span(value, size)));
        written[key] = version;
    }
    uint32_t gone = (uint32_t)kt_prng_below(prng, KEYS);
    if (written[gone] != 0) {
        assert_ok(kt_kv_delete(txn, THINGS, key_of(gone, text)));
        written[gone] = 0;
    }
    assert_ok(kt_kv_append(txn, LINES, key_of(version, text), kt_span(&version, sizeof version)));
}

static void
acknowledge(history_t *history, uint32_t version)
{
    assert_true(history->acks_count < ACKS_MAX);
    history->acks[history->acks_count].moment = disk_now();
    history->acks[history->acks_count++].version = version;
}

/* Transactions that are sealed, hardened some at a time, settled now and then, and some aborted. */
static void
work(kt_kv_t *store, history_t *history, kt_prng_t *prng, uint32_t transactions)
{
    for (uint32_t i = 0; i < transactions; i++) {
        kt_txn_t *txn = NULL;
        uint64_t mark;
        assert_ok(kt_kv_begin_write(store, &txn));
        change(txn, history, prng);
        if (kt_prng_below(prng, 8) == 0) {
            kt_kv_abort(&txn);
            continue;
        }
        history->count++;
        if (kt_prng_below(prng, 6) == 0) {
            assert_ok(kt_kv_commit(&txn));
            acknowledge(history, history->count);
            continue;
        }
        assert_ok(kt_kv_seal(&txn, &mark));
        if (kt_prng_below(prng, 3) == 0) {
            assert_ok(kt_kv_harden(store, mark));
            acknowledge(history, history->count);
        }
        if (kt_prng_below(prng, 12) == 0) {
            assert_ok(kt_kv_settle(store));
            acknowledge(history, history->count);
        }
    }
    assert_ok(kt_kv_settle(store));
    acknowledge(history, history->count);
}

/* ---- what is there after a power cut ---- */

/* The newest transaction of STORE, 0 for none. */
static uint32_t
version_of(kt_txn_t *txn)
{
    kt_cursor_t *cursor = NULL;
    kt_span_t key, value;
    uint32_t version = 0;
    assert_ok(kt_kv_cursor(txn, LINES, &cursor));
    kt_status_t status = kt_cursor_last(cursor, &key, &value);
    if (status.code != KT_NOT_FOUND) {
        assert_ok(status);
        memcpy(&version, value.data, sizeof version);
    }
    kt_kv_cursor_close(&cursor);
    return version;
}

static void
assert_state(kt_txn_t *txn, const history_t *history, uint32_t version)
{
    static uint8_t wanted[20000];
    char text[16];
    for (uint32_t key = 0; key < KEYS; key++) {
        uint32_t written = history->written[version][key];
        kt_span_t value;
        kt_status_t status = kt_kv_get(txn, THINGS, key_of(key, text), &value);
        if (written == 0) {
            assert_status(status, KT_NOT_FOUND, 0);
            continue;
        }
        assert_ok(status);
        assert_span_equal(value, kt_span(wanted, value_of(key, written, wanted)));
    }
    for (uint32_t line = 1; line <= version; line++) {
        kt_span_t value;
        assert_ok(kt_kv_get(txn, LINES, key_of(line, text), &value));
        assert_span_equal(value, kt_span(&line, sizeof line));
    }
}

static uint32_t
acknowledged_at(const history_t *history, size_t moment)
{
    uint32_t version = 0;
    for (uint32_t i = 0; i < history->acks_count && history->acks[i].moment < moment; i++)
        version = history->acks[i].version;
    return version;
}

static void
remove_folder(const char *path)
{
    nftw(path, tempdir_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Cuts the power at MOMENT and looks; then goes on, is killed, and looks again. */
static void
cut(const history_t *history, size_t moment, kt_prng_t *prng, const char *path, uint64_t log_bytes)
{
    kt_txn_t *txn = NULL;
    static history_t after;
    assert_int_equal(mkdir(path, 0700), 0);
    disk_image(moment, prng, path);
    kt_kv_t *store = open_store(path, log_bytes);
    assert_ok(kt_kv_begin_read(store, &txn));
    uint32_t version = version_of(txn);
    if (version < acknowledged_at(history, moment) || version > history->count)
        fail_msg("at moment %zu: version %u, and %u was acknowledged", moment, version,
                 acknowledged_at(history, moment));
    assert_state(txn, history, version);
    kt_kv_abort(&txn);
    after = *history;
    after.count = version;
    after.acks_count = 0;
    work(store, &after, prng, KT_MIN(5u, VERSIONS - version));
    assert_ok(kt_kv_begin_read(store, &txn));
    assert_state(txn, &after, after.count);
    kt_kv_abort(&txn);
    kt_kv_close(&store);
    store = open_store(path, 0);
    assert_ok(kt_kv_begin_read(store, &txn));
    assert_state(txn, &after, after.count);
    kt_kv_abort(&txn);
    kt_kv_close(&store);
    remove_folder(path);
}

static void
run_with(uint64_t log_bytes, unsigned lives)
{
    tempdir_t dir;
    char path[PATH_MAX], image[PATH_MAX];
    const char *given = getenv("KANTOR_SEED");
    kt_prng_t prng;
    static history_t history;
    kt_prng_seed_system(&prng);
    uint64_t seed = given ? strtoull(given, NULL, 10) : kt_prng_next(&prng);
    print_message("seed %llu\n", (unsigned long long)seed);
    kt_prng_seed(&prng, seed);
    memset(&history, 0, sizeof history);
    disk_stop();
    disk_forget(); /* what a test before left when it failed */
    tempdir_init(&dir);
    tempdir_join(&dir, "store", path);
    tempdir_join(&dir, "image", image);
    kt_kv_t *made = open_store(path, 0); /* before its first flush LMDB has nothing to keep */
    kt_kv_close(&made);
    disk_record(path);
    size_t from = disk_now();
    for (unsigned life = 0; life < lives; life++) {
        kt_kv_t *store = open_store(path, log_bytes);
        work(store, &history, &prng, (VERSIONS - 5) / lives);
        kt_kv_close(&store);
    }
    disk_stop();
    size_t all = disk_now();
    for (unsigned i = 0; i < IMAGES; i++)
        cut(&history, from + kt_prng_below(&prng, all - from + 1), &prng, image, log_bytes);
    disk_forget();
    tempdir_fini(&dir);
}

static void
behind_a_small_log(void **state)
{
    (void)state;
    run_with(KT_KV_LOG_BYTES_MIN, 2);
}

static void
behind_a_large_log(void **state)
{
    (void)state;
    run_with(4 * KT_KV_LOG_BYTES_MIN, 1);
}

static void
without_a_log(void **state)
{
    (void)state;
    run_with(0, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behind_a_small_log),
        cmocka_unit_test(behind_a_large_log),
        cmocka_unit_test(without_a_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
