/* What a call changed, as it stands in its journal record. */
#include "hex.h"
#include "office.h"

#include <kt/pack.h>

static kt_span_t
s(const char *text)
{
    return kt_span_str(text);
}

static kt_write_set_t *
new_set(void)
{
    kt_write_set_t *set = kt_write_set_new(office_tables, KT_COUNT(office_tables));
    assert_non_null(set);
    return set;
}

/* Written by hand from the layout in write_set.h. */
static void
the_layout_is_pinned(void **state)
{
    (void)state;
    kt_write_set_t *set = new_set();
    assert_ok(kt_write_set_observe(set, KT_KV_PUT, FACTS, s("k"), s("value")));
    assert_ok(kt_write_set_observe(set, KT_KV_APPEND, LINES, s("a"), s("1")));
    assert_ok(kt_write_set_observe(set, KT_KV_DELETE, NAMES, s("gone"), kt_span(NULL, 0)));
    assert_ok(kt_write_set_observe(set, KT_KV_PUT, SUMS, s("sum"), s("7")));
    assert_ok(kt_write_set_observe(set, KT_KV_PUT, KT_TABLE_META, s("x"), s("7")));
    assert_ok(kt_write_set_observe(set, KT_KV_APPEND, LINES, s("bc"), s("")));
    static const uint8_t head[] = {
        1, 6, 0, 1, 'k', 0,   0,   0,   5,   'v', 'a', 'l', 'u', 'e', /* put */
        2, 7, 0, 4, 'g', 'o', 'n', 'e',                               /* delete */
        3, 8, 0, 0, 0,   2,   0,   1,   'a', 0,   2,   'b', 'c',      /* range */
    };
    static const uint8_t digested[] = {0, 1, 'a', 0, 0, 0, 1, '1', 0, 2, 'b', 'c', 0, 0, 0, 0};
    kt_hash_t digest = kt_sha256(kt_span(digested, sizeof(digested)));
    kt_span_t encoded = kt_write_set_encoded(set);
    assert_int_equal(encoded.size, sizeof(head) + sizeof(digest));
    assert_memory_equal(encoded.data, head, sizeof(head));
    assert_memory_equal(encoded.data + sizeof(head), digest.bytes, sizeof(digest));
    assert_span_equal(kt_write_set_encoded(set), encoded); /* asking twice is fine */

    kt_write_set_reset(set);
    assert_int_equal(kt_write_set_encoded(set).size, 0);
    kt_write_set_destroy(&set);
    assert_null(set);
}

static void
a_log_takes_appends_only(void **state)
{
    (void)state;
    kt_write_set_t *set = new_set();
    assert_status(kt_write_set_observe(set, KT_KV_PUT, LINES, s("a"), s("1")), KT_INTERNAL, 0);
    assert_status(kt_write_set_observe(set, KT_KV_DELETE, LINES, s("a"), kt_span(NULL, 0)),
                  KT_INTERNAL, 0);
    kt_write_set_destroy(&set);
}

/* However full of facts, the ranges that were begun still fit behind them. */
static void
the_limit_keeps_room_for_ranges(void **state)
{
    (void)state;
    static uint8_t bytes[KT_WRITE_SET_BYTES_MAX];
    kt_write_set_t *set = new_set();
    kt_span_t long_key = kt_span(bytes, KT_KV_KEY_BYTES_MAX);
    kt_status_t status = kt_ok();
    assert_ok(kt_write_set_observe(set, KT_KV_APPEND, LINES, long_key, s("1")));
    for (int i = 0; !kt_failed(status); i++) {
        assert_true(i < 1000);
        status = kt_write_set_observe(set, KT_KV_PUT, FACTS, s("k"), kt_span(bytes, 100));
    }
    assert_status(status, KT_RESOURCE_EXHAUSTED, 0);
    assert_status(kt_write_set_observe(set, KT_KV_APPEND, NOTES, s("n"), s("1")),
                  KT_RESOURCE_EXHAUSTED, 0);
    assert_ok(kt_write_set_observe(set, KT_KV_APPEND, LINES, long_key, s("2")));
    assert_in_range(kt_write_set_encoded(set).size, KT_WRITE_SET_BYTES_MAX - 300,
                    KT_WRITE_SET_BYTES_MAX);
    kt_write_set_reset(set);
    assert_status(
        kt_write_set_observe(set, KT_KV_PUT, FACTS, s("k"), kt_span(bytes, sizeof(bytes))),
        KT_RESOURCE_EXHAUSTED, 0);
    assert_ok(
        kt_write_set_observe(set, KT_KV_PUT, FACTS, s("k"), kt_span(bytes, sizeof(bytes) - 9)));
    assert_int_equal(kt_write_set_encoded(set).size, KT_WRITE_SET_BYTES_MAX);
    kt_write_set_destroy(&set);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_layout_is_pinned),
        cmocka_unit_test(a_log_takes_appends_only),
        cmocka_unit_test(the_limit_keeps_room_for_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
