/* What is kept of other departments' journals. */
#include "arena_fixture.h"

#include "witness.h"

#include <kt/prng.h>
#include <kt/rows.h>
#include <kt/time.h>
#include <stdlib.h>

#define NOW_US INT64_C(1800000000000000)

typedef struct world {
    kt_kv_t *store;
    kt_call_t call;
} world_t;

static int
setup(void **state)
{
    static const kt_table_t tables[] = {KT_SYSTEM_TABLES, KT_SHARED_TABLES(KT_TABLE_FIRST)};
    kt_kv_options_t options = {
        .service = "north", .format = 1, .tables = tables, .tables_count = KT_COUNT(tables)};
    world_t *w = (world_t *)calloc(1, sizeof(*w));

    assert_non_null(w);
    assert_int_equal(arena_setup(state), 0);
    assert_ok(kt_kv_open_ram(&options, &w->store));
    kt_call_init(&w->call, arena, NULL, "south", NOW_US);
    w->call.shared_first = KT_TABLE_FIRST;
    w->call.chance = 1; /* no thinning */
    assert_ok(kt_kv_begin_write(w->store, &w->call.txn));
    *state = w;
    return 0;
}

static int
teardown(void **state)
{
    world_t *w = (world_t *)*state;

    kt_kv_abort(&w->call.txn);
    kt_kv_close(&w->store);
    free(w);
    return arena_teardown(state);
}

/* A root that tells SIZE and VERSION. */
static kt_hash_t
root_of(uint64_t size, uint8_t version)
{
    kt_hash_t root = {{version}};

    memcpy(root.bytes + 8, &size, sizeof(size));
    return root;
}

static void
keep(world_t *w, const char *principal, uint64_t size, uint8_t version)
{
    kt_witness_t witness = {.size = size, .root = root_of(size, version), .epoch = 1};

    assert_ok(kt_witness_keep(&w->call, kt_span_str(principal), &witness));
}

/* All that is kept of PRINCIPAL, by size. */
static kt_kept_witness_t *
kept_of(world_t *w, const char *principal, uint32_t *count)
{
    kt_row_page_t page;
    kt_key_t prefix;

    (void)kt_key_name(kt_key(&prefix), kt_span_str(principal));
    assert_ok(kt_rows_page(&w->call, KT_TABLE_FIRST + KT_SHARED_WITNESS, &prefix, kt_span(NULL, 0),
                           20000, &kt_witness_layout, kt_witness_read_key, &page));
    *count = page.count;
    return (kt_kept_witness_t *)page.rows;
}

static void
a_witness_on_the_wire(void **state)
{
    kt_witness_t witness = {.size = 258, .root = root_of(258, 7), .epoch = 3, .life = {{9}}},
                 decoded;
    uint8_t bytes[KT_WITNESS_BYTES + 1] = {0};

    (void)state;
    kt_witness_encode(&witness, bytes);
    assert_int_equal(bytes[6], 1);
    assert_int_equal(bytes[7], 2);
    assert_true(kt_witness_decode(kt_span(bytes, KT_WITNESS_BYTES), &decoded));
    assert_int_equal(decoded.size, 258);
    assert_memory_equal(decoded.root.bytes, witness.root.bytes, KT_SHA256_BYTES);
    assert_int_equal(decoded.epoch, 3);
    assert_memory_equal(&decoded.life, &witness.life, sizeof(decoded.life));
    assert_true(kt_witness_decode(kt_span(bytes, KT_WITNESS_BYTES_LEAST), &decoded));
    assert_int_equal(decoded.size, 258);
    assert_int_equal(decoded.epoch, 1); /* of who does not tell */
    assert_int_equal(decoded.life.bytes[0], 0);
    assert_false(kt_witness_decode(kt_span(bytes, KT_WITNESS_BYTES_LEAST - 1), &decoded));
    assert_false(kt_witness_decode(kt_span(bytes, KT_WITNESS_BYTES_LEAST + 1), &decoded));
    assert_false(kt_witness_decode(kt_span(bytes, KT_WITNESS_BYTES - 1), &decoded));
    assert_false(kt_witness_decode(kt_span(bytes, KT_WITNESS_BYTES + 1), &decoded));
    assert_false(kt_witness_decode(kt_span(NULL, 0), &decoded));
    memset(bytes, 0, sizeof(bytes)); /* of an empty journal nothing can be said */
    assert_false(kt_witness_decode(kt_span(bytes, KT_WITNESS_BYTES), &decoded));
}

/* A root of zeros is that of no journal; kept, it would make all that is kept unreadable. */
static void
a_root_of_zeros_is_not_kept(void **state)
{
    world_t *w = (world_t *)*state;
    kt_witness_t witness = {.size = 5, .epoch = 1};
    uint32_t count;

    assert_ok(kt_witness_keep(&w->call, kt_span_str("south"), &witness));
    (void)kept_of(w, "south", &count);
    assert_int_equal(count, 0);
}

static void
the_first_word_stands(void **state)
{
    world_t *w = (world_t *)*state;
    kt_kept_witness_t *kept;
    uint32_t count;

    keep(w, "south", 5, 1);
    w->call.now_us++;
    keep(w, "south", 5, 2); /* another history of the same size */
    keep(w, "south", 9, 1);
    keep(w, "south", 7, 1);          /* late, or put back: either way it is kept */
    keep(w, "south", UINT64_MAX, 1); /* no journal is so long */
    keep(w, "sout", 6, 3);
    kept = kept_of(w, "south", &count);
    assert_int_equal(count, 3);
    assert_int_equal(kept[0].size, 5);
    assert_int_equal(kept[0].time_us, NOW_US);
    assert_int_equal(kept[0].root.bytes[0], 1);
    assert_int_equal(kept[1].size, 7);
    assert_int_equal(kept[2].size, 9);
    assert_span_equal(kept[0].principal, kt_span_str("south"));
    (void)kept_of(w, "sout", &count);
    assert_int_equal(count, 1);
}

/* Each life has its own; the oldest life comes first, however long it was. */
static void
lives_are_kept_apart(void **state)
{
    static const struct {
        uint64_t epoch, size;
        uint8_t life;
    } rows[] = {{2, 3, 5}, {1, 9, 0}, {2, 4, 5}, {1, 4, 0},         {2, 4, 6},
                {3, 1, 1}, {1, 2, 7}, {0, 4, 1}, {UINT64_MAX, 4, 1}};
    static const struct {
        uint64_t epoch, size;
        uint8_t life;
    } kept_rows[] = {{1, 4, 0}, {1, 9, 0}, {1, 2, 7}, {2, 3, 5}, {2, 4, 5}, {2, 4, 6}, {3, 1, 1}};
    world_t *w = (world_t *)*state;
    kt_kept_witness_t *kept;
    uint32_t count;

    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        const kt_witness_t witness = {.size = rows[i].size,
                                      .root = root_of(rows[i].size, (uint8_t)i + 1),
                                      .epoch = rows[i].epoch,
                                      .life = {{rows[i].life}}};
        assert_ok(kt_witness_keep(&w->call, kt_span_str("south"), &witness));
    }
    kept = kept_of(w, "south", &count);
    assert_int_equal(count, KT_COUNT(kept_rows));
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(kept[i].epoch, kept_rows[i].epoch);
        assert_int_equal(kept[i].size, kept_rows[i].size);
        assert_int_equal(kept[i].life.bytes[0], kept_rows[i].life);
    }
}

/* ---- thinning ---- */

enum { MANY = 8000 };

static bool
has(const kt_kept_witness_t *kept, uint32_t count, uint64_t size)
{
    uint32_t from = 0, to = count;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (kept[middle].size < size)
            from = middle + 1;
        else
            to = middle;
    }
    return from < count && kept[from].size == size;
}

static void
old_ones_are_thinned(void **state)
{
    static int64_t times_us[MANY + 1];
    world_t *w = (world_t *)*state;
    kt_kept_witness_t *kept;
    uint32_t count, days = 0;
    kt_prng_t prng;
    uint64_t seed;

    kt_prng_seed_system(&prng);
    seed = kt_prng_next(&prng);
    kt_prng_seed(&prng, seed);
    keep(w, "legal", 1, 1);
    for (uint64_t size = 1; size <= MANY; size++) {
        w->call.now_us += (int64_t)kt_prng_below(&prng, 20 * 60 * (uint64_t)KT_US_PER_S);
        w->call.chance = kt_prng_next(&prng);
        times_us[size] = w->call.now_us;
        keep(w, "south", size, 1);
        kt_arena_reset(arena);
    }
    kept = kept_of(w, "south", &count);
    for (uint64_t size = 1; size <= MANY; size++) {
        bool first = size == 1 ||
                     times_us[size] / KT_US_PER_DAY != times_us[size - 1] / KT_US_PER_DAY;
        days += first;
        if ((first || size > MANY - KT_WITNESSES_MAX) && !has(kept, count, size))
            fail_msg("seed %llu: %llu is gone", (unsigned long long)seed, (unsigned long long)size);
    }
    if (count > KT_WITNESSES_MAX + KT_WITNESS_THIN_LOOKS_MAX + days)
        fail_msg("seed %llu: %u are kept", (unsigned long long)seed, count);
    (void)kept_of(w, "legal", &count);
    assert_int_equal(count, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_witness_on_the_wire, setup, teardown),
        cmocka_unit_test_setup_teardown(a_root_of_zeros_is_not_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(the_first_word_stands, setup, teardown),
        cmocka_unit_test_setup_teardown(lives_are_kept_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(old_ones_are_thinned, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
