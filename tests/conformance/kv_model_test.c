/* Every engine against a model that is too simple to be wrong, and with many threads at once. */
#include "kv_engines.h"

#include <kt/prng.h>
#include <pthread.h>
#include <stdatomic.h>

/* ---- the model: a sorted array that is copied whole at every commit ---- */

#define MODEL_KEYS 300

typedef struct model {
    uint32_t value[TABLES - 1][MODEL_KEYS]; /* by table and key number; 0: absent */
} model_t;

static kt_span_t
model_key(uint32_t number, char out[80])
{
    /* Lengths differ, and one key is another's prefix; the order is that of the numbers. */
    int size = snprintf(out, 80, "%03u%.*s", (unsigned)number, (int)(number % 60),
                        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    return kt_span(out, (size_t)size);
}

static kt_span_t
model_value(uint32_t seed, uint8_t out[4096])
{
    size_t size = seed % 50 == 0 ? 4000 : seed % 97;
    memset(out, (int)(seed & 0xFF), size + 4);
    memcpy(out, &seed, 4);
    return kt_span(out, size + 4);
}

static void
model_check_walk(kt_txn_t *txn, const model_t *model, uint32_t table)
{
    kt_cursor_t *cursor = NULL;
    kt_span_t key, value;
    char name[80];
    uint8_t bytes[4096];
    assert_ok(kt_kv_cursor(txn, table, &cursor));
    for (uint32_t i = 0; i < MODEL_KEYS; i++) {
        uint32_t seed = model->value[table - 1][i];
        if (seed == 0)
            continue;
        assert_ok(kt_cursor_next(cursor, &key, &value));
        assert_span_equal(key, model_key(i, name));
        assert_span_equal(value, model_value(seed, bytes));
    }
    assert_status(kt_cursor_next(cursor, &key, &value), KT_NOT_FOUND, 0);
    kt_kv_cursor_close(&cursor);
    assert_ok(kt_kv_cursor(txn, table, &cursor));
    for (uint32_t i = MODEL_KEYS; i-- > 0;) {
        if (model->value[table - 1][i] == 0)
            continue;
        assert_ok(kt_cursor_prev(cursor, &key, &value));
        assert_span_equal(key, model_key(i, name));
    }
    assert_status(kt_cursor_prev(cursor, &key, &value), KT_NOT_FOUND, 0);
    kt_kv_cursor_close(&cursor);
}

static void
model_check_point(kt_txn_t *txn, const model_t *model, uint32_t table, uint32_t number)
{
    const uint32_t *values = model->value[table - 1];
    kt_cursor_t *cursor = NULL;
    kt_span_t key, value;
    char sought[80], name[80];
    uint8_t bytes[4096];

    kt_status_t status = kt_kv_get(txn, table, model_key(number, sought), &value);
    assert_int_equal(status.code, values[number] ? KT_OK : KT_NOT_FOUND);
    if (values[number])
        assert_span_equal(value, model_value(values[number], bytes));
    uint32_t above = number, below = number + 1;
    while (above < MODEL_KEYS && !values[above])
        above++;
    while (below > 0 && !values[below - 1])
        below--;
    assert_ok(kt_kv_cursor(txn, table, &cursor));
    status = kt_cursor_seek(cursor, model_key(number, sought), &key, &value);
    assert_int_equal(status.code, above < MODEL_KEYS ? KT_OK : KT_NOT_FOUND);
    if (above < MODEL_KEYS)
        assert_span_equal(key, model_key(above, name));
    status = kt_cursor_seek_back(cursor, model_key(number, sought), &key, &value);
    assert_int_equal(status.code, below > 0 ? KT_OK : KT_NOT_FOUND);
    if (below > 0)
        assert_span_equal(key, model_key(below - 1, name));
    kt_kv_cursor_close(&cursor);
}

static void
model_write(kt_txn_t *txn, model_t *model, kt_prng_t *prng)
{
    uint32_t table = 1 + (uint32_t)kt_prng_below(prng, TABLES - 1);
    uint32_t number = (uint32_t)kt_prng_below(prng, MODEL_KEYS);
    uint32_t seed = 1 + (uint32_t)kt_prng_below(prng, 1000000);
    uint32_t *slot = &model->value[table - 1][number];
    char name[80];
    uint8_t bytes[4096];
    kt_span_t key = model_key(number, name);
    bool above_all = true;

    switch (kt_prng_below(prng, 3)) {
    case 0:
        assert_ok(kt_kv_put(txn, table, key, model_value(seed, bytes)));
        *slot = seed;
        break;
    case 1:
        for (uint32_t i = number; i < MODEL_KEYS; i++)
            above_all &= model->value[table - 1][i] == 0;
        assert_int_equal(kt_kv_append(txn, table, key, model_value(seed, bytes)).code,
                         above_all ? KT_OK : KT_ALREADY_EXISTS);
        if (above_all)
            *slot = seed;
        break;
    default:
        assert_int_equal(kt_kv_delete(txn, table, key).code, *slot ? KT_OK : KT_NOT_FOUND);
        *slot = 0;
    }
}

static void
random_operations_against_a_model(void **state)
{
    kt_kv_t *store = open_plain(state);
    static model_t committed, working, snapshots[4];
    kt_txn_t *readers[4] = {NULL};
    kt_prng_t prng;
    kt_prng_seed_system(&prng);
    uint64_t seed = kt_prng_next(&prng);
    print_message("seed %llu\n", (unsigned long long)seed);
    kt_prng_seed(&prng, seed);
    memset(&committed, 0, sizeof(committed));
    for (int round = 0; round < 300; round++) {
        size_t r = (size_t)kt_prng_below(&prng, KT_COUNT(readers));
        if (readers[r]) {
            for (uint32_t table = 1; table < TABLES; table++)
                model_check_walk(readers[r], &snapshots[r], table);
            kt_kv_abort(&readers[r]);
        } else {
            readers[r] = reader(store);
            snapshots[r] = committed;
        }
        kt_txn_t *txn = writer(store);
        working = committed;
        for (uint64_t i = kt_prng_below(&prng, 60); i > 0; i--) {
            model_write(txn, &working, &prng);
            uint32_t table = 1 + (uint32_t)kt_prng_below(&prng, TABLES - 1);
            model_check_point(txn, &working, table, (uint32_t)kt_prng_below(&prng, MODEL_KEYS));
        }
        if (kt_prng_below(&prng, 4) == 0) {
            kt_kv_abort(&txn);
            continue;
        }
        assert_ok(kt_kv_commit(&txn));
        committed = working;
    }
    for (size_t r = 0; r < KT_COUNT(readers); r++)
        kt_kv_abort(&readers[r]);
    kt_kv_close(&store);
}

/* ---- threads: sums that a reader finds are those of one commit ---- */

typedef struct shared {
    kt_kv_t *store;
    atomic_bool stop;
    atomic_uint wrong;
} shared_t;

static void *
read_pairs(void *argument)
{
    shared_t *shared = (shared_t *)argument;
    while (!atomic_load(&shared->stop)) {
        kt_txn_t *txn = NULL;
        kt_span_t a, b;
        if (kt_failed(kt_kv_begin_read(shared->store, &txn)) ||
            kt_failed(kt_kv_get(txn, THINGS, s("a"), &a)) ||
            kt_failed(kt_kv_get(txn, LOGS, s("b"), &b)) || !kt_span_equal(a, b))
            atomic_fetch_add(&shared->wrong, 1);
        kt_kv_abort(&txn);
    }
    return NULL;
}

static void *
write_pairs(void *argument)
{
    shared_t *shared = (shared_t *)argument;
    for (uint32_t i = 0; i < 150; i++) {
        kt_txn_t *txn = NULL;
        kt_span_t value = kt_span(&i, sizeof(i));
        if (kt_failed(kt_kv_begin_write(shared->store, &txn)) ||
            kt_failed(kt_kv_put(txn, THINGS, s("a"), value)) ||
            kt_failed(kt_kv_put(txn, LOGS, s("b"), value)) || kt_failed(kt_kv_commit(&txn)))
            atomic_fetch_add(&shared->wrong, 1);
    }
    return NULL;
}

static void
many_threads(void **state)
{
    shared_t shared = {.store = open_plain(state)};
    pthread_t readers[3], writers[2];
    kt_txn_t *txn = writer(shared.store);
    assert_ok(kt_kv_put(txn, THINGS, s("a"), s("0")));
    assert_ok(kt_kv_put(txn, LOGS, s("b"), s("0")));
    assert_ok(kt_kv_commit(&txn));
    for (size_t i = 0; i < KT_COUNT(readers); i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_pairs, &shared), 0);
    for (size_t i = 0; i < KT_COUNT(writers); i++)
        assert_int_equal(pthread_create(&writers[i], NULL, write_pairs, &shared), 0);
    for (size_t i = 0; i < KT_COUNT(writers); i++)
        pthread_join(writers[i], NULL);
    atomic_store(&shared.stop, true);
    for (size_t i = 0; i < KT_COUNT(readers); i++)
        pthread_join(readers[i], NULL);
    assert_int_equal(atomic_load(&shared.wrong), 0);
    kt_kv_close(&shared.store);
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        ON_ENGINE(random_operations_against_a_model),
        ON_ENGINE(many_threads),
    };
    return RUN_ON_ENGINES(tests);
}
