/* What every engine does: the same tests on LMDB, in memory, and through the fault decorator. */
#include "kv_engines.h"

#include <kt/pack.h>

static void
expect(kt_txn_t *txn, const char *key, const char *value)
{
    kt_span_t got;
    if (!value) {
        assert_status(kt_kv_get(txn, THINGS, s(key), &got), KT_NOT_FOUND, 0);
        return;
    }
    assert_ok(kt_kv_get(txn, THINGS, s(key), &got));
    assert_span_equal(got, s(value));
}

static void
writes_are_read_back(void **state)
{
    kt_kv_t *store = open_plain(state);
    kt_txn_t *txn = writer(store);
    expect(txn, "a", NULL);
    assert_ok(kt_kv_put(txn, THINGS, s("a"), s("1")));
    assert_ok(kt_kv_put(txn, THINGS, s("b"), s("")));
    expect(txn, "a", "1");
    expect(txn, "b", "");
    assert_ok(kt_kv_put(txn, THINGS, s("a"), s("one")));
    expect(txn, "a", "one");
    assert_ok(kt_kv_commit(&txn));
    assert_null(txn);

    txn = reader(store);
    expect(txn, "a", "one");
    expect(txn, "b", "");
    kt_kv_abort(&txn);
    assert_null(txn);
    kt_kv_abort(&txn);

    txn = writer(store);
    assert_ok(kt_kv_delete(txn, THINGS, s("a")));
    expect(txn, "a", NULL);
    assert_status(kt_kv_delete(txn, THINGS, s("a")), KT_NOT_FOUND, 0);
    assert_ok(kt_kv_commit(&txn));
    txn = reader(store);
    expect(txn, "a", NULL);
    kt_kv_abort(&txn);
    kt_kv_close(&store);
    assert_null(store);
}

static void
all_tables_are_named(void **state)
{
    kt_kv_t *store = open_plain(state);
    kt_table_name_t names[KT_KV_TABLES_MAX];
    uint32_t count;
    assert_ok(kt_kv_table_names(store, names, &count));
    assert_int_equal(count, KT_COUNT(tables));
    for (uint32_t i = 0; i < KT_COUNT(tables); i++) {
        uint32_t found = 0;
        for (uint32_t k = 0; k < count; k++)
            found += strcmp(names[k].text, tables[i].name) == 0;
        assert_int_equal(found, 1);
    }
    kt_kv_close(&store);
}

static void
an_abort_leaves_nothing(void **state)
{
    kt_kv_t *store = open_plain(state);
    kt_txn_t *txn = writer(store);
    assert_ok(kt_kv_put(txn, THINGS, s("a"), s("1")));
    assert_ok(kt_kv_commit(&txn));
    txn = writer(store);
    assert_ok(kt_kv_put(txn, THINGS, s("a"), s("2")));
    assert_ok(kt_kv_put(txn, THINGS, s("b"), s("2")));
    kt_kv_abort(&txn);
    txn = writer(store);
    assert_ok(kt_kv_delete(txn, THINGS, s("a")));
    kt_kv_abort(&txn);
    txn = reader(store);
    expect(txn, "a", "1");
    expect(txn, "b", NULL);
    kt_kv_abort(&txn);
    kt_kv_close(&store);
}

static void
readers_see_their_snapshot(void **state)
{
    kt_kv_t *store = open_plain(state);
    kt_txn_t *first = reader(store);
    kt_txn_t *txn = writer(store);
    assert_ok(kt_kv_put(txn, THINGS, s("a"), s("1")));
    kt_txn_t *second = reader(store);
    assert_ok(kt_kv_commit(&txn));
    kt_txn_t *third = reader(store);
    txn = writer(store);
    assert_ok(kt_kv_put(txn, THINGS, s("a"), s("2")));
    assert_ok(kt_kv_put(txn, THINGS, s("b"), s("2")));
    assert_ok(kt_kv_commit(&txn));
    expect(first, "a", NULL);
    expect(second, "a", NULL);
    expect(third, "a", "1");
    expect(third, "b", NULL);
    kt_kv_abort(&second);
    kt_kv_abort(&third);
    expect(first, "a", NULL);
    kt_kv_abort(&first);
    kt_kv_close(&store);
}

static void
keys_and_values_have_limits(void **state)
{
    static uint8_t bytes[KT_KV_VALUE_BYTES_MAX + 1];
    kt_kv_t *store = open_plain(state);
    kt_txn_t *txn = writer(store);
    kt_cursor_t *cursor;
    kt_span_t key, value, none = kt_span(NULL, 0);
    kt_span_t longest = kt_span(bytes, KT_KV_KEY_BYTES_MAX);
    kt_span_t too_long = kt_span(bytes, KT_KV_KEY_BYTES_MAX + 1);

    assert_status(kt_kv_put(txn, THINGS, none, s("x")), KT_INVALID_ARGUMENT, 0);
    assert_status(kt_kv_put(txn, THINGS, too_long, s("x")), KT_INVALID_ARGUMENT, 0);
    assert_status(kt_kv_append(txn, THINGS, too_long, s("x")), KT_INVALID_ARGUMENT, 0);
    assert_status(kt_kv_get(txn, THINGS, none, &value), KT_INVALID_ARGUMENT, 0);
    assert_status(kt_kv_get(txn, THINGS, too_long, &value), KT_INVALID_ARGUMENT, 0);
    assert_status(kt_kv_delete(txn, THINGS, too_long), KT_INVALID_ARGUMENT, 0);
    assert_status(kt_kv_put(txn, THINGS, s("a"), kt_span(bytes, sizeof(bytes))),
                  KT_INVALID_ARGUMENT, 0);
    assert_ok(kt_kv_cursor(txn, THINGS, &cursor));
    assert_status(kt_cursor_seek(cursor, too_long, &key, &value), KT_INVALID_ARGUMENT, 0);
    assert_status(kt_cursor_seek_back(cursor, too_long, &key, &value), KT_INVALID_ARGUMENT, 0);

    /* The largest that fit, and the transaction is as good as before. */
    assert_ok(kt_kv_put(txn, THINGS, longest, kt_span(bytes, KT_KV_VALUE_BYTES_MAX)));
    assert_ok(kt_kv_commit(&txn));
    txn = reader(store);
    assert_ok(kt_kv_get(txn, THINGS, longest, &value));
    assert_int_equal(value.size, KT_KV_VALUE_BYTES_MAX);
    kt_kv_abort(&txn);
    kt_kv_close(&store);
}

static void
append_only_goes_up(void **state)
{
    kt_kv_t *store = open_plain(state);
    kt_txn_t *txn = writer(store);
    assert_ok(kt_kv_append(txn, THINGS, s("b"), s("1")));
    assert_ok(kt_kv_append(txn, THINGS, s("ba"), s("2")));
    assert_status(kt_kv_append(txn, THINGS, s("ba"), s("3")), KT_ALREADY_EXISTS, 0);
    assert_status(kt_kv_append(txn, THINGS, s("a"), s("3")), KT_ALREADY_EXISTS, 0);
    assert_ok(kt_kv_append(txn, THINGS, s("c"), s("4")));
    expect(txn, "ba", "2");
    expect(txn, "a", NULL);
    assert_ok(kt_kv_commit(&txn));
    txn = reader(store);
    expect(txn, "c", "4");
    kt_kv_abort(&txn);
    kt_kv_close(&store);
}

static void
cursors_walk_and_seek(void **state)
{
    kt_kv_t *store = open_plain(state);
    kt_txn_t *txn = writer(store);
    kt_cursor_t *cursor = NULL;
    kt_span_t key, value;

    assert_ok(kt_kv_cursor(txn, THINGS, &cursor));
    assert_status(kt_cursor_first(cursor, &key, &value), KT_NOT_FOUND, 0);
    assert_status(kt_cursor_last(cursor, &key, &value), KT_NOT_FOUND, 0);
    assert_status(kt_cursor_seek_back(cursor, s("x"), &key, &value), KT_NOT_FOUND, 0);
    assert_ok(kt_kv_put(txn, THINGS, s("b"), s("1")));
    assert_ok(kt_kv_put(txn, THINGS, s("d"), s("2")));
    assert_ok(kt_kv_put(txn, THINGS, s("f"), s("3")));
    kt_kv_cursor_close(&cursor);
    assert_null(cursor);
    kt_kv_cursor_close(&cursor);
    assert_ok(kt_kv_commit(&txn));

    static const struct {
        const char *sought, *seek, *back;
    } rows[] = {
        {"", "b", NULL}, {"a", "b", NULL}, {"b", "b", "b"},  {"c", "d", "b"},  {"d", "d", "d"},
        {"e", "f", "d"}, {"f", "f", "f"},  {"g", NULL, "f"}, {"bb", "d", "b"},
    };
    txn = reader(store);
    assert_ok(kt_kv_cursor(txn, THINGS, &cursor));
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_status_t status = kt_cursor_seek(cursor, s(rows[i].sought), &key, &value);
        assert_int_equal(status.code, rows[i].seek ? KT_OK : KT_NOT_FOUND);
        if (rows[i].seek)
            assert_span_equal(key, s(rows[i].seek));
        status = kt_cursor_seek_back(cursor, s(rows[i].sought), &key, &value);
        assert_int_equal(status.code, rows[i].back ? KT_OK : KT_NOT_FOUND);
        if (rows[i].back)
            assert_span_equal(key, s(rows[i].back));
    }
    assert_ok(kt_cursor_seek_back(cursor, s("e"), &key, &value));
    assert_span_equal(value, s("2"));
    assert_ok(kt_cursor_prev(cursor, &key, &value));
    assert_span_equal(key, s("b"));
    assert_ok(kt_cursor_next(cursor, &key, &value));
    assert_ok(kt_cursor_next(cursor, &key, &value));
    assert_span_equal(key, s("f"));
    assert_status(kt_cursor_next(cursor, &key, &value), KT_NOT_FOUND, 0);
    assert_status(kt_cursor_next(cursor, &key, &value), KT_NOT_FOUND, 0);
    assert_status(kt_cursor_prev(cursor, &key, &value), KT_NOT_FOUND, 0);
    assert_ok(kt_cursor_last(cursor, &key, &value));
    assert_span_equal(key, s("f"));
    kt_kv_cursor_close(&cursor);
    assert_ok(kt_kv_cursor(txn, THINGS, &cursor));
    assert_ok(kt_cursor_next(cursor, &key, &value)); /* fresh: the first */
    assert_span_equal(key, s("b"));
    kt_kv_cursor_close(&cursor);
    assert_ok(kt_kv_cursor(txn, THINGS, &cursor));
    assert_ok(kt_cursor_prev(cursor, &key, &value)); /* fresh: the last */
    assert_span_equal(key, s("f"));
    kt_kv_abort(&txn); /* closes the cursor too */
    kt_kv_close(&store);
}

static void
a_write_makes_cursors_stale(void **state)
{
    kt_kv_t *store = open_plain(state);
    kt_txn_t *txn = writer(store);
    kt_cursor_t *cursor;
    kt_span_t key, value;
    assert_ok(kt_kv_put(txn, THINGS, s("a"), s("1")));
    assert_ok(kt_kv_put(txn, THINGS, s("b"), s("2")));
    assert_ok(kt_kv_put(txn, THINGS, s("c"), s("3")));
    assert_ok(kt_kv_cursor(txn, THINGS, &cursor));
    assert_ok(kt_cursor_first(cursor, &key, &value));
    assert_ok(kt_kv_delete(txn, THINGS, key)); /* a key a cursor lent */
    assert_status(kt_cursor_next(cursor, &key, &value), KT_INTERNAL, 0);
    assert_status(kt_cursor_prev(cursor, &key, &value), KT_INTERNAL, 0);
    assert_ok(kt_cursor_seek(cursor, s("a"), &key, &value));
    assert_span_equal(key, s("b"));
    assert_ok(kt_kv_put(txn, THINGS, key, s("20")));
    assert_ok(kt_cursor_seek(cursor, s("b"), &key, &value));
    assert_span_equal(value, s("20"));
    kt_kv_abort(&txn);
    kt_kv_close(&store);
}

static void
cursors_are_bounded_and_reused(void **state)
{
    kt_kv_t *store = open_plain(state);
    for (int round = 0; round < 3; round++) {
        kt_txn_t *txn = round == 1 ? writer(store) : reader(store);
        kt_cursor_t *cursors[KT_KV_CURSORS_MAX], *extra = NULL;
        kt_span_t key, value;
        for (size_t i = 0; i < KT_COUNT(cursors); i++)
            assert_ok(kt_kv_cursor(txn, (uint32_t)(i % 2 ? META : THINGS), &cursors[i]));
        assert_status(kt_kv_cursor(txn, THINGS, &extra), KT_RESOURCE_EXHAUSTED, 0);
        kt_kv_cursor_close(&cursors[3]);
        assert_ok(kt_kv_cursor(txn, META, &extra));
        assert_ok(kt_cursor_first(extra, &key, &value));
        assert_true(kt_span_starts_with(key, s("kv.")));
        assert_status(kt_cursor_first(cursors[2], &key, &value), KT_NOT_FOUND, 0);
        kt_kv_abort(&txn);
    }
    kt_kv_close(&store);
}

static void
readers_are_bounded(void **state)
{
    kt_kv_t *store = open_with((engine_t *)*state, (kt_kv_options_t){.readers_max = 3});
    kt_txn_t *txns[3], *extra = NULL;
    kt_kv_stat_t stat;
    for (size_t i = 0; i < 3; i++)
        txns[i] = reader(store);
    assert_status(kt_kv_begin_read(store, &extra), KT_RESOURCE_EXHAUSTED, 0);
    kt_kv_abort(&txns[1]);
    extra = reader(store);
    kt_kv_abort(&extra);
    assert_ok(kt_kv_stat(store, &stat));
    assert_int_equal(stat.readers, 2);
    kt_kv_abort(&txns[0]);
    kt_kv_abort(&txns[2]);
    kt_kv_close(&store);
}

typedef struct seen {
    unsigned count;
    kt_kv_change_t change[8];
    char key[8][8];
    bool has_value[8];
    unsigned refuse_at; /* 0: never */
} seen_t;

static kt_status_t
see(void *context, kt_kv_change_t change, uint32_t table, kt_span_t key, kt_span_t value)
{
    seen_t *seen = (seen_t *)context;
    assert_int_equal(table, THINGS);
    seen->change[seen->count] = change;
    memcpy(seen->key[seen->count], key.data, key.size);
    seen->has_value[seen->count] = value.data != NULL;
    seen->count++;
    return seen->count == seen->refuse_at ? kt_error(KT_RESOURCE_EXHAUSTED, 99, "no more")
                                          : kt_ok();
}

static void
the_observer_sees_each_change_in_order(void **state)
{
    kt_kv_t *store = open_plain(state);
    kt_txn_t *txn = writer(store);
    seen_t seen = {0};
    assert_ok(kt_kv_put(txn, THINGS, s("before"), s("")));
    kt_kv_observe(txn, see, &seen);
    assert_ok(kt_kv_put(txn, THINGS, s("a"), s("1")));
    assert_ok(kt_kv_append(txn, THINGS, s("c"), s("1")));
    assert_status(kt_kv_append(txn, THINGS, s("b"), s("1")), KT_ALREADY_EXISTS, 0);
    assert_ok(kt_kv_delete(txn, THINGS, s("a")));
    assert_status(kt_kv_delete(txn, THINGS, s("a")), KT_NOT_FOUND, 0);
    kt_kv_observe(txn, NULL, NULL);
    assert_ok(kt_kv_put(txn, THINGS, s("after"), s("")));
    assert_ok(kt_kv_commit(&txn));
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.change[0], KT_KV_PUT);
    assert_int_equal(seen.change[1], KT_KV_APPEND);
    assert_int_equal(seen.change[2], KT_KV_DELETE);
    assert_string_equal(seen.key[2], "a");
    assert_true(seen.has_value[0] && seen.has_value[1] && !seen.has_value[2]);
    kt_kv_close(&store);
}

static void
a_change_the_observer_refused_is_not_committed(void **state)
{
    kt_kv_t *store = open_plain(state);
    kt_txn_t *txn = writer(store);
    seen_t seen = {.refuse_at = 2};
    kt_kv_observe(txn, see, &seen);
    assert_ok(kt_kv_put(txn, THINGS, s("a"), s("1")));
    assert_status(kt_kv_put(txn, THINGS, s("b"), s("1")), KT_RESOURCE_EXHAUSTED, 99);
    assert_status(kt_kv_put(txn, THINGS, s("c"), s("1")), KT_RESOURCE_EXHAUSTED, 99);
    assert_status(kt_kv_delete(txn, THINGS, s("a")), KT_RESOURCE_EXHAUSTED, 99);
    assert_status(kt_kv_commit(&txn), KT_RESOURCE_EXHAUSTED, 99);
    assert_null(txn);
    txn = reader(store);
    expect(txn, "a", NULL);
    kt_kv_abort(&txn);
    kt_kv_close(&store);
}

/* Fills up to the quota; then only deletes and the reserve go on. */
static void
the_quota_keeps_a_reserve(void **state)
{
    static const uint8_t kilobyte[1000], large[60000];
    kt_kv_t *store = open_with((engine_t *)*state, (kt_kv_options_t){.quota_bytes = 1000000});
    kt_txn_t *txn = NULL;
    kt_kv_stat_t stat;
    kt_status_t status = kt_ok();
    uint32_t n = 0;
    while (!kt_failed(status)) {
        txn = writer(store);
        for (int i = 0; i < 10 && !kt_failed(status); i++, n++) {
            uint8_t key[4];
            kt_writer_t w = kt_writer(key, sizeof(key));
            kt_put_u32(&w, n);
            status = kt_kv_append(txn, LOGS, kt_written(&w), kt_span(kilobyte, sizeof(kilobyte)));
        }
        assert_true(n < 1000);
        assert_ok(kt_kv_commit(&txn)); /* a write that was refused spoils nothing */
    }
    assert_status(status, KT_RESOURCE_EXHAUSTED, KT_KV_QUOTA);
    assert_ok(kt_kv_stat(store, &stat));
    assert_int_equal(stat.quota_bytes, 1000000);
    assert_in_range(stat.used_bytes, 850000, 930000);

    txn = writer(store);
    assert_status(kt_kv_put(txn, THINGS, s("a"), kt_span(large, sizeof(large))),
                  KT_RESOURCE_EXHAUSTED, KT_KV_QUOTA);
    kt_kv_use_reserve(txn);
    assert_ok(kt_kv_put(txn, THINGS, s("a"), kt_span(large, sizeof(large))));
    assert_ok(kt_kv_commit(&txn));

    txn = writer(store);
    for (uint32_t i = 0; i < n / 2; i++) {
        uint8_t key[4];
        kt_writer_t w = kt_writer(key, sizeof(key));
        kt_put_u32(&w, i);
        assert_ok(kt_kv_delete(txn, LOGS, kt_written(&w)));
    }
    assert_ok(kt_kv_commit(&txn));
    txn = writer(store);
    assert_ok(kt_kv_put(txn, THINGS, s("b"), kt_span(large, sizeof(large))));
    assert_ok(kt_kv_commit(&txn));
    kt_kv_close(&store);
}

/* A quota below what is used refuses writes and nothing else. */
static void
the_quota_changes_while_it_is_open(void **state)
{
    static const uint8_t kilobyte[1000];
    kt_kv_t *store = open_with((engine_t *)*state, (kt_kv_options_t){.quota_bytes = 1000000});
    static const struct {
        uint64_t quota_bytes;
        kt_code_t code;
    } rows[] = {{1000000, KT_OK},
                {100, KT_RESOURCE_EXHAUSTED},
                {0, KT_OK},
                {100, KT_RESOURCE_EXHAUSTED},
                {2000000, KT_OK}};
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_kv_stat_t stat;
        kt_kv_set_quota(store, rows[i].quota_bytes);
        kt_txn_t *txn = writer(store);
        kt_status_t status = kt_kv_put(txn, THINGS, s("a"), kt_span(kilobyte, sizeof(kilobyte)));
        assert_status(status, rows[i].code, rows[i].code == KT_OK ? 0 : KT_KV_QUOTA);
        assert_ok(kt_kv_commit(&txn));
        assert_ok(kt_kv_stat(store, &stat));
        assert_true(stat.quota_bytes == rows[i].quota_bytes);
        kt_span_t there;
        txn = reader(store);
        assert_ok(kt_kv_get(txn, THINGS, s("a"), &there));
        kt_kv_abort(&txn);
    }
    kt_kv_close(&store);
}

static void
figures(void **state)
{
    kt_kv_t *store = open_plain(state);
    kt_kv_stat_t before, after;
    kt_table_stat_t table;
    assert_ok(kt_kv_stat(store, &before));
    kt_txn_t *txn = writer(store);
    assert_ok(kt_kv_put(txn, THINGS, s("a"), s("1")));
    assert_ok(kt_kv_put(txn, THINGS, s("a"), s("2")));
    assert_ok(kt_kv_put(txn, THINGS, s("b"), s("2")));
    assert_ok(kt_kv_append(txn, LOGS, s("b"), s("2")));
    assert_ok(kt_kv_delete(txn, THINGS, s("b")));
    assert_ok(kt_kv_commit(&txn));
    assert_ok(kt_kv_stat(store, &after));
    assert_true(after.commits == before.commits + 1);
    assert_true(after.last_commit == before.last_commit + 1);
    assert_true(after.used_bytes > 0);
    assert_int_equal(after.format, 1);
    assert_int_equal(after.readers, 0);
    txn = reader(store);
    assert_ok(kt_kv_table_stat(txn, THINGS, &table));
    assert_true(table.records == 1);
    assert_ok(kt_kv_table_stat(txn, LOGS, &table));
    assert_true(table.records == 1);
    kt_kv_abort(&txn);
    uint32_t count;
    assert_ptr_equal(kt_kv_tables(store, &count), tables);
    assert_int_equal(count, KT_COUNT(tables));
    kt_kv_close(&store);
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        ON_ENGINE(writes_are_read_back),
        ON_ENGINE(all_tables_are_named),
        ON_ENGINE(an_abort_leaves_nothing),
        ON_ENGINE(readers_see_their_snapshot),
        ON_ENGINE(keys_and_values_have_limits),
        ON_ENGINE(append_only_goes_up),
        ON_ENGINE(cursors_walk_and_seek),
        ON_ENGINE(a_write_makes_cursors_stale),
        ON_ENGINE(cursors_are_bounded_and_reused),
        ON_ENGINE(readers_are_bounded),
        ON_ENGINE(the_observer_sees_each_change_in_order),
        ON_ENGINE(a_change_the_observer_refused_is_not_committed),
        ON_ENGINE(the_quota_keeps_a_reserve),
        ON_ENGINE(the_quota_changes_while_it_is_open),
        ON_ENGINE(figures),
    };
    return RUN_ON_ENGINES(tests);
}
