/* Keys that sort as their tuples do, and records of chance in a table against a plain array. */
#include "seed.h"
#include "testing.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/journal.h>
#include <kt/log.h>
#include <kt/prng.h>
#include <kt/rows.h>

enum { TABLE_ROWS = KT_TABLE_FIRST, TABLE_LOG, TABLE_EMPTY };

static const kt_table_t tables[] = {
    KT_SYSTEM_TABLES, {"rows", KT_TABLE_FACT}, {"log", KT_TABLE_LOG}, {"empty", KT_TABLE_FACT}};

typedef struct {
    kt_span_t group;
    uint32_t number;
    int64_t amount;
    kt_span_t text;
} row_t;

static const kt_field_t row_fields[] = {
    KT_F_NAME(row_t, group, 63, KT_KEYED),
    KT_F_U32(row_t, number, 0, UINT32_MAX, KT_KEYED),
    KT_F_I64(row_t, amount, 0, INT64_MAX, 0),
    KT_F_TEXT(row_t, text, 2000, 0),
};
static const kt_layout_t row_layout = KT_LAYOUT("row", row_t, row_fields);

static kt_kv_t *store;
static kt_arena_t *arena;
static kt_call_t call;

static int
setup(void **state)
{
    (void)state;
    const kt_kv_options_t options = {
        .service = "rows", .format = 1, .tables = tables, .tables_count = KT_COUNT(tables)};
    kt_txn_t *txn = NULL;
    arena = kt_arena_new(65536, 1 << 24);
    assert_non_null(arena);
    assert_ok(kt_kv_open_ram(&options, &store));
    assert_ok(kt_kv_begin_write(store, &txn));
    kt_call_init(&call, arena, txn, "ann", 0);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    kt_kv_abort(&call.txn);
    kt_kv_close(&store);
    kt_arena_destroy(&arena);
    return 0;
}

/* ---- keys ---- */

typedef struct {
    kt_span_t name;
    int64_t i64;
    int32_t date;
    uint64_t u64;
    uint32_t u32;
    uint8_t u8;
    kt_ulid_t id;
} tuple_t;

static const char *const some_names[] = {"", "a", "aa", "ab", "b", "b.", "zz"};

/* Few values, so that tuples are often equal at the front. */
static tuple_t
some_tuple(kt_prng_t *prng)
{
    static const int64_t NUMBERS[] = {INT64_MIN, -2, -1, 0, 1, INT64_MAX};
    static const int32_t DATES[] = {KT_DATE_NONE, -1, 0, 20000};
    tuple_t t = {
        .name = kt_span_str(some_names[kt_prng_below(prng, KT_COUNT(some_names))]),
        .i64 = NUMBERS[kt_prng_below(prng, KT_COUNT(NUMBERS))],
        .date = DATES[kt_prng_below(prng, KT_COUNT(DATES))],
        .u64 = kt_prng_below(prng, 3) << 40,
        .u32 = (uint32_t)kt_prng_below(prng, 3) << 20,
        .u8 = (uint8_t)kt_prng_next(prng),
    };
    t.id.bytes[15] = (uint8_t)kt_prng_next(prng);
    return t;
}

static kt_span_t
key_of(kt_key_t *key, const tuple_t *t)
{
    kt_key_date(kt_key_i64(kt_key_name(kt_key(key), t->name), t->i64), t->date);
    kt_key_id(kt_key_u8(kt_key_u32(kt_key_u64(key, t->u64), t->u32), t->u8), &t->id);
    return kt_key_span(key);
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int
order_of(const tuple_t *a, const tuple_t *b)
{
    int orders[] = {kt_span_compare(a->name, b->name),
                    ORDER(a->i64, b->i64),
                    ORDER(a->date, b->date),
                    ORDER(a->u64, b->u64),
                    ORDER(a->u32, b->u32),
                    ORDER(a->u8, b->u8),
                    ORDER(a->id.bytes[15], b->id.bytes[15])};
    for (size_t i = 0; i < KT_COUNT(orders); i++)
        if (orders[i] != 0)
            return orders[i] > 0 ? 1 : -1;
    return 0;
}

static void
keys_sort_as_their_tuples_do(void **state)
{
    (void)state;
    kt_prng_t prng;
    seed_print(&prng);
    for (uint32_t i = 0; i < 20000; i++) {
        tuple_t a = some_tuple(&prng), b = some_tuple(&prng);
        kt_key_t key_a, key_b;
        int order = kt_span_compare(key_of(&key_a, &a), key_of(&key_b, &b));
        assert_int_equal((order > 0) - (order < 0), order_of(&a, &b));
        kt_reader_t r = kt_reader(kt_key_span(&key_a));
        assert_span_equal(kt_key_get_name(&r), a.name);
        assert_true(kt_get_key_i64(&r) == a.i64);
        assert_int_equal(kt_key_get_date(&r), a.date);
        assert_true(kt_get_u64(&r) == a.u64);
        assert_int_equal(kt_get_u32(&r), a.u32);
        assert_int_equal(kt_get_u8(&r), a.u8);
        kt_ulid_t id = kt_key_get_id(&r);
        assert_memory_equal(id.bytes, a.id.bytes, KT_ULID_BYTES);
        assert_true(kt_reader_done(&r));
    }
}

static void
what_is_no_key_is_not_read(void **state)
{
    (void)state;
    kt_reader_t r = kt_reader(kt_span_str("no end"));
    assert_int_equal(kt_key_get_name(&r).size, 0);
    assert_true(r.failed);
    assert_int_equal(kt_key_get_name(&r).size, 0);
    r = kt_reader(kt_span(NULL, 0));
    (void)kt_key_get_name(&r);
    assert_true(r.failed);
    r = kt_reader(kt_span("abc", 3));
    assert_int_equal(kt_key_get_date(&r), 0);
    assert_true(r.failed);
}

/* ---- one record ---- */

static kt_key_t *
row_key(kt_key_t *key, kt_span_t group, uint32_t number)
{
    return kt_key_u32(kt_key_name(kt_key(key), group), number);
}

static kt_status_t
put(const char *group, uint32_t number, int64_t amount, const char *text)
{
    row_t row = {.amount = amount, .text = kt_span_str(text)};
    kt_key_t key;
    return kt_row_put(&call, TABLE_ROWS, row_key(&key, kt_span_str(group), number), &row_layout,
                      &row);
}

static void
a_record_is_put_got_and_deleted(void **state)
{
    (void)state;
    kt_key_t key;
    row_t row = {.number = 77};
    bool found = true;
    (void)row_key(&key, kt_span_str("g"), 1);
    assert_ok(kt_row_get(&call, TABLE_ROWS, &key, &row_layout, &row, &found));
    assert_false(found);
    assert_status(kt_row_must(&call, TABLE_ROWS, &key, &row_layout, &row, 1007, "no such row"),
                  KT_NOT_FOUND, 1007);
    assert_ok(kt_row_has(&call, TABLE_ROWS, &key, &found));
    assert_false(found);
    assert_ok(kt_row_delete(&call, TABLE_ROWS, &key));
    assert_ok(put("g", 1, 5, "five"));
    assert_ok(kt_row_has(&call, TABLE_ROWS, &key, &found));
    assert_true(found);
    assert_ok(kt_row_get(&call, TABLE_ROWS, &key, &row_layout, &row, &found));
    assert_true(found);
    assert_true(row.amount == 5);
    row.amount = 0;
    assert_ok(kt_row_must(&call, TABLE_ROWS, &key, &row_layout, &row, 1007, "no such row"));
    assert_true(row.amount == 5);
    assert_int_equal(row.number, 77); /* KEYED: the caller's */
    assert_ok(put("g", 1, 6, "six"));
    assert_span_equal(row.text, kt_span_str("five")); /* a copy */
    assert_ok(kt_row_delete(&call, TABLE_ROWS, &key));
    assert_ok(kt_row_has(&call, TABLE_ROWS, &key, &found));
    assert_false(found);
}

static void
what_is_no_record_is_data_loss(void **state)
{
    (void)state;
    kt_key_t key;
    row_t row;
    bool found;
    (void)row_key(&key, kt_span_str("g"), 1);
    assert_ok(kt_kv_put(call.txn, TABLE_ROWS, kt_key_span(&key), kt_span_str("rubbish")));
    kt_status_t status = kt_row_get(&call, TABLE_ROWS, &key, &row_layout, &row, &found);
    assert_status(status, KT_DATA_LOSS, RPC_REASON_STORE_CORRUPT);
    assert_string_equal(status.text, "the store holds a row that is none");
    kt_rows_t rows;
    kt_key_t all;
    assert_ok(kt_rows_begin(&rows, &call, TABLE_ROWS, kt_key(&all)));
    assert_false(kt_rows_next(&rows, &row_layout, &row));
    assert_status(rows.status, KT_DATA_LOSS, RPC_REASON_STORE_CORRUPT);
    assert_false(kt_rows_next(&rows, &row_layout, &row));
    kt_rows_end(&rows);
}

static void
a_record_has_its_size_and_its_limits(void **state)
{
    (void)state;
    char text[2001];
    memset(text, 'x', 2000);
    text[1890] = '\0'; /* and 8 bytes of amount, 2 of length */
    assert_ok(put("g", 1, 0, text));
    text[1890] = 'x';
    text[1891] = '\0';
    assert_status(put("g", 1, 0, text), KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_LARGE);
    kt_log_setup("rows_test", KT_LOG_ERROR + 1);
    kt_status_t status = put("g", 1, -1, "");
    kt_log_setup("rows_test", KT_LOG_INFO);
    assert_status(status, KT_INTERNAL, RPC_REASON_BUG);
    assert_string_equal(status.text, "row.amount is past its limits");
    row_t row = {.amount = 1, .text = kt_span(text, 1891)};
    assert_status(kt_row_fits(&call, &row_layout, &row), KT_RESOURCE_EXHAUSTED,
                  RPC_REASON_TOO_LARGE);
    row.text.size = 1890;
    assert_ok(kt_row_fits(&call, &row_layout, &row));
}

static void
a_log_is_appended_to(void **state)
{
    (void)state;
    row_t row = {.amount = 1};
    kt_key_t key;
    assert_ok(kt_row_append(&call, TABLE_LOG, kt_key_u64(kt_key(&key), 2), &row_layout, &row));
    assert_status(kt_row_append(&call, TABLE_LOG, kt_key_u64(kt_key(&key), 1), &row_layout, &row),
                  KT_ALREADY_EXISTS, 0);
    assert_ok(kt_row_append(&call, TABLE_LOG, kt_key_u64(kt_key(&key), 3), &row_layout, &row));
    row.amount = -1;
    kt_log_setup("rows_test", KT_LOG_ERROR + 1);
    kt_status_t status = kt_row_append(&call, TABLE_LOG, kt_key_u64(kt_key(&key), 4), &row_layout,
                                       &row);
    kt_log_setup("rows_test", KT_LOG_INFO);
    assert_status(status, KT_INTERNAL, RPC_REASON_BUG);
}

/* ---- many ---- */

#define GROUPS 4
#define MODEL  200

static const char *const groups[GROUPS] = {"a", "aa", "b", "c"};
static bool model[GROUPS][MODEL];

static bool
read_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);
    ((row_t *)row)->group = kt_key_get_name(&r);
    ((row_t *)row)->number = kt_get_u32(&r);
    return kt_reader_done(&r);
}

static void
fill_model(void)
{
    kt_prng_t prng;
    seed_print(&prng);
    for (uint32_t g = 0; g < GROUPS; g++)
        for (uint32_t n = 0; n < MODEL; n++) {
            model[g][n] = g != 2 && kt_prng_below(&prng, 3) == 0; /* group b is empty */
            if (model[g][n])
                assert_ok(put(groups[g], n, n, groups[g]));
        }
}

static void
assert_row(const kt_rows_t *rows, const row_t *row, uint32_t group, uint32_t number)
{
    kt_key_t key;
    assert_span_equal(rows->key, kt_key_span(row_key(&key, kt_span_str(groups[group]), number)));
    assert_true(row->amount == number);
    assert_span_equal(row->text, kt_span_str(groups[group]));
}

static void
a_group_is_read_in_both_directions(void **state)
{
    (void)state;
    fill_model();
    for (uint32_t g = 0; g < GROUPS; g++) {
        kt_key_t prefix;
        kt_rows_t rows;
        row_t row;
        (void)kt_key_name(kt_key(&prefix), kt_span_str(groups[g]));
        assert_ok(kt_rows_begin(&rows, &call, TABLE_ROWS, &prefix));
        for (uint32_t n = 0; n < MODEL; n++) {
            if (!model[g][n])
                continue;
            assert_true(kt_rows_next(&rows, &row_layout, &row));
            assert_row(&rows, &row, g, n);
        }
        assert_false(kt_rows_next(&rows, &row_layout, &row));
        assert_ok(rows.status);
        kt_rows_end(&rows);
        assert_ok(kt_rows_begin_last(&rows, &call, TABLE_ROWS, &prefix));
        for (uint32_t n = MODEL; n-- > 0;) {
            if (!model[g][n])
                continue;
            assert_true(kt_rows_next(&rows, &row_layout, &row));
            assert_row(&rows, &row, g, n);
        }
        assert_false(kt_rows_next(&rows, &row_layout, &row));
        assert_false(kt_rows_next(&rows, &row_layout, &row));
        assert_ok(rows.status);
        kt_rows_end(&rows);
    }
}

static void
pages_of_every_size_make_the_whole(void **state)
{
    (void)state;
    fill_model();
    for (uint32_t size = 1; size <= MODEL; size += size < 8 ? 1 : 37)
        for (uint32_t g = 0; g < GROUPS; g++) {
            kt_key_t prefix;
            kt_span_t from = kt_span(NULL, 0);
            uint32_t n = 0;
            (void)kt_key_name(kt_key(&prefix), kt_span_str(groups[g]));
            do {
                kt_row_page_t page;
                assert_ok(kt_rows_page(&call, TABLE_ROWS, &prefix, from, size, &row_layout,
                                       read_key, &page));
                assert_true(page.count == size || page.next.size == 0);
                for (uint32_t i = 0; i < page.count; i++, n++) {
                    const row_t *row = &((const row_t *)page.rows)[i];
                    while (n < MODEL && !model[g][n])
                        n++;
                    assert_int_equal(row->number, n);
                    assert_span_equal(row->group, kt_span_str(groups[g]));
                }
                from = page.next;
            } while (from.size > 0);
            while (n < MODEL && !model[g][n])
                n++;
            assert_int_equal(n, MODEL);
        }
}

static void
a_page_begins_under_its_prefix(void **state)
{
    (void)state;
    static uint8_t far_too_long[KT_KV_KEY_BYTES_MAX + 1] = "a";
    kt_key_t prefix;
    kt_row_page_t page;
    assert_ok(put("a", 1, 1, ""));
    (void)kt_key_name(kt_key(&prefix), kt_span_str("a"));
    assert_status(
        kt_rows_page(&call, TABLE_ROWS, &prefix, kt_span_str("b"), 5, &row_layout, NULL, &page),
        KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(kt_rows_page(&call, TABLE_ROWS, &prefix,
                               kt_span(far_too_long, sizeof far_too_long), 5, &row_layout, NULL,
                               &page),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    kt_rows_t rows;
    assert_status(kt_rows_begin_at(&rows, &call, TABLE_ROWS, &prefix, kt_span_str("b")),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    kt_rows_end(&rows);
    assert_status(kt_rows_begin_back(&rows, &call, TABLE_ROWS, &prefix, kt_span_str("")),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    kt_rows_end(&rows);
    assert_ok(kt_rows_page(&call, TABLE_ROWS, &prefix, kt_key_span(&prefix), 5, &row_layout, NULL,
                           &page));
    assert_int_equal(page.count, 1);
    assert_ok(kt_kv_put(call.txn, TABLE_ROWS, kt_span("a\0x", 3), kt_span_str("")));
    assert_status(
        kt_rows_page(&call, TABLE_ROWS, &prefix, kt_span(NULL, 0), 5, &row_layout, NULL, &page),
        KT_DATA_LOSS, RPC_REASON_STORE_CORRUPT);
}

static void
a_key_that_is_none_is_data_loss(void **state)
{
    (void)state;
    row_t row = {0};
    kt_key_t key;
    kt_row_page_t page;
    (void)kt_key_bytes(kt_key(&key), "a\0xyz", 5);
    assert_ok(kt_row_put(&call, TABLE_ROWS, &key, &row_layout, &row));
    kt_status_t status = kt_rows_page(&call, TABLE_ROWS, kt_key(&key), kt_span(NULL, 0), 5,
                                      &row_layout, read_key, &page);
    assert_status(status, KT_DATA_LOSS, RPC_REASON_STORE_CORRUPT);
    assert_string_equal(status.text, "the store holds a row under a key that is none");
}

/* The last one under a prefix that ends in the largest bytes, beside what lies above and below. */
static void
the_last_is_found_below_every_end(void **state)
{
    (void)state;
    static const struct {
        uint8_t prefix[3];
        size_t size;
        const char *last; /* the key, or NULL: none */
    } ROWS[] = {
        {{0}, 0, "\xFF\xFF\x02"},          {{0xFF}, 1, "\xFF\xFF\x02"},
        {{0xFF, 0xFF}, 2, "\xFF\xFF\x02"}, {{0x01, 0xFF}, 2, "\x01\xFF\x09"},
        {{0x01}, 1, "\x01\xFF\x09"},       {{0x02}, 1, NULL},
        {{0x03}, 1, "\x03\x01\x01"},
    };
    static const char *const KEYS[] = {"\x01\x01\x01", "\x01\xFF\x09", "\x03\x01\x01",
                                       "\xFF\xFE\x01", "\xFF\xFF\x02"};
    kt_key_t key;
    row_t row = {0};
    kt_rows_t rows;
    assert_ok(kt_rows_begin_last(&rows, &call, TABLE_EMPTY, kt_key(&key)));
    assert_false(kt_rows_next(&rows, NULL, NULL));
    assert_ok(rows.status);
    kt_rows_end(&rows);
    for (size_t i = 0; i < KT_COUNT(KEYS); i++)
        assert_ok(kt_row_put(&call, TABLE_ROWS, kt_key_bytes(kt_key(&key), KEYS[i], 3), &row_layout,
                             &row));
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        (void)kt_key_bytes(kt_key(&key), ROWS[i].prefix, ROWS[i].size);
        assert_ok(kt_rows_begin_last(&rows, &call, TABLE_ROWS, &key));
        bool found = kt_rows_next(&rows, &row_layout, &row);
        assert_ok(rows.status);
        assert_int_equal(found, ROWS[i].last != NULL);
        if (found)
            assert_span_equal(rows.key, kt_span(ROWS[i].last, 3));
        kt_rows_end(&rows);
    }
    /* A key that is just the prefix's upper neighbour is not under it. */
    (void)kt_key_bytes(kt_key(&key), "\x02", 1);
    assert_ok(
        kt_row_put(&call, TABLE_ROWS, kt_key_bytes(kt_key(&key), "\x02", 1), &row_layout, &row));
    (void)kt_key_bytes(kt_key(&key), "\x01", 1);
    assert_ok(kt_rows_begin_last(&rows, &call, TABLE_ROWS, &key));
    assert_true(kt_rows_next(&rows, NULL, NULL));
    assert_span_equal(rows.key, kt_span("\x01\xFF\x09", 3));
    kt_rows_end(&rows);
}

static void
who_went_away_is_not_read_for(void **state)
{
    (void)state;
    atomic_bool cancelled = false;
    kt_key_t all;
    kt_rows_t rows;
    row_t row;
    uint32_t read = 0;
    for (uint32_t i = 0; i < 300; i++)
        assert_ok(put("g", i, 0, ""));
    call.cancelled = &cancelled;
    assert_ok(kt_rows_begin(&rows, &call, TABLE_ROWS, kt_key(&all)));
    for (; kt_rows_next(&rows, &row_layout, &row); read++)
        atomic_store(&cancelled, read >= 99);
    assert_status(rows.status, KT_CANCELLED, RPC_REASON_CALL_CANCELLED);
    assert_true(read >= 100 && read < 300);
    kt_rows_end(&rows);
    call.cancelled = NULL;
}

static void
an_arena_used_up_is_told(void **state)
{
    (void)state;
    uint32_t out = 0;
    for (uint32_t i = 0; i < 20; i++)
        assert_ok(put("g", i, 0, "some text"));
    for (size_t limit = 16; limit < 4096; limit += 16) {
        kt_arena_t *small = kt_arena_new(16, limit);
        kt_key_t all;
        kt_row_page_t page;
        assert_non_null(small);
        call.arena = small;
        kt_status_t status = kt_rows_page(&call, TABLE_ROWS, kt_key(&all), kt_span(NULL, 0), 10,
                                          &row_layout, read_key, &page);
        if (kt_failed(status)) {
            assert_status(status, KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS);
            out++;
        } else {
            assert_int_equal(page.count, 10);
        }
        kt_arena_destroy(&small);
    }
    call.arena = arena;
    assert_true(out > 10 && out < 250);
}

int
main(void)
{
#define ROWS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_sort_as_their_tuples_do),
        cmocka_unit_test(what_is_no_key_is_not_read),
        ROWS_TEST(a_record_is_put_got_and_deleted),
        ROWS_TEST(what_is_no_record_is_data_loss),
        ROWS_TEST(a_record_has_its_size_and_its_limits),
        ROWS_TEST(a_log_is_appended_to),
        ROWS_TEST(a_group_is_read_in_both_directions),
        ROWS_TEST(pages_of_every_size_make_the_whole),
        ROWS_TEST(a_page_begins_under_its_prefix),
        ROWS_TEST(a_key_that_is_none_is_data_loss),
        ROWS_TEST(the_last_is_found_below_every_end),
        ROWS_TEST(who_went_away_is_not_read_for),
        ROWS_TEST(an_arena_used_up_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
