/* Events in their sequence, and refusals as they are to be kept. */
#include "testing.h"

#include <kt/event.h>
#include <kt/journal.h>
#include <kt/rows.h>

enum { SHARED = KT_TABLE_FIRST };

static const kt_table_t tables[] = {KT_SYSTEM_TABLES, KT_SHARED_TABLES(SHARED)};
static const kt_method_t method = {.path = "/t.T/Do"};

static kt_kv_t *store;
static kt_arena_t *arena;
static kt_call_t call;

static int
setup(void **state)
{
    (void)state;
    const kt_kv_options_t options = {
        .service = "event", .format = 1, .tables = tables, .tables_count = KT_COUNT(tables)};
    kt_txn_t *txn = NULL;
    arena = kt_arena_new(65536, 1 << 20);
    assert_non_null(arena);
    assert_ok(kt_kv_open_ram(&options, &store));
    assert_ok(kt_kv_begin_write(store, &txn));
    kt_call_init(&call, arena, txn, "ann", 77);
    call.shared_first = SHARED;
    call.method = &method;
    call.key = kt_ulid_make(5000, 1, 2);
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

static void
events_stand_in_one_sequence(void **state)
{
    (void)state;
    const kt_event_value_t values[] = {{kt_span_str("amount"), kt_span_str("12")},
                                       {kt_span_str("note"), kt_span_str("two\nlines")}};
    for (uint64_t n = 1; n <= 300; n++) {
        call.now_us = (int64_t)n * 10;
        assert_ok(kt_event_emit(&call, n % 2 ? "odd.one" : "even.one", kt_span_str("it"), values,
                                n % 3 == 0 ? 2 : 0));
    }
    for (uint64_t n = 1; n <= 300; n++) {
        kt_event_t event;
        kt_key_t key;
        bool found;
        kt_span_t type = kt_span_str(n % 2 ? "odd.one" : "even.one");
        assert_ok(kt_row_get(&call, SHARED + KT_SHARED_EVENT, kt_key_u64(kt_key(&key), n),
                             &kt_event_layout, &event, &found));
        assert_true(found);
        assert_span_equal(event.type, type);
        assert_span_equal(event.subject, kt_span_str("it"));
        assert_true(event.time_us == (int64_t)n * 10);
        assert_int_equal(event.values.count, n % 3 == 0 ? 2 : 0);
        if (n % 3 == 0)
            assert_span_equal(((const kt_event_value_t *)event.values.items)[1].value,
                              values[1].value);
    }
}

static void
an_event_may_be_as_large_as_its_limits_allow(void **state)
{
    (void)state;
    char text[KT_EVENT_VALUE_BYTES_MAX + 1];
    kt_event_value_t values[KT_EVENT_VALUES_MAX];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < KT_EVENT_VALUES_MAX; i++)
        values[i] = (kt_event_value_t){kt_span_str("name"), kt_span(text, 100)};
    assert_ok(kt_event_emit(&call, "a.b", kt_span(text, 20), values, KT_EVENT_VALUES_MAX));
    for (size_t i = 0; i < KT_EVENT_VALUES_MAX; i++)
        values[i].value.size = KT_EVENT_VALUE_BYTES_MAX;
    /* All at their limits together pass what one record holds. */
    kt_status_t status = kt_event_emit(&call, "a.b", kt_span(text, 20), values,
                                       KT_EVENT_VALUES_MAX);
    assert_int_equal(status.code, KT_RESOURCE_EXHAUSTED);
}

static void
a_refusal_says_who_tried_what(void **state)
{
    (void)state;
    call.on_behalf_of = "bob";
    kt_status_t status = kt_call_refuse(&call, 1234, "not now", "contract c1", "DRAFT", "sign");
    assert_status(status, KT_FAILED_PRECONDITION, 1234);
    assert_string_equal(status.text, "not now");
    const kt_refusal_t *refusal = call.refusal;
    assert_non_null(refusal);
    assert_memory_equal(refusal->key.bytes, call.key.bytes, KT_ULID_BYTES);
    assert_true(refusal->time_us == 77);
    assert_span_equal(refusal->principal, kt_span_str("ann"));
    assert_span_equal(refusal->on_behalf_of, kt_span_str("bob"));
    assert_span_equal(refusal->method, kt_span_str("/t.T/Do"));
    assert_span_equal(refusal->subject, kt_span_str("contract c1"));
    assert_span_equal(refusal->state, kt_span_str("DRAFT"));
    assert_span_equal(refusal->command, kt_span_str("sign"));
    assert_int_equal(refusal->reason, 1234);
    assert_span_equal(refusal->text, kt_span_str("not now"));
    assert_null(kt_layout_wrong(&kt_refusal_layout, refusal));
}

static void
texts_of_any_length_and_kind_are_kept_tidy(void **state)
{
    (void)state;
    char wide[3 * KT_REFUSAL_TEXT_BYTES_MAX + 1];
    for (size_t at = 0; at + 3 < sizeof wide; at += 3)
        memcpy(wide + at, "\xE2\x82\xAC", 3);
    wide[3 * KT_REFUSAL_TEXT_BYTES_MAX - 3] = '\0';
    for (size_t shift = 0; shift < 3; shift++) {
        char text[sizeof wide + 3];
        (void)snprintf(text, sizeof text, "%.*s%s", (int)shift, "xx", wide);
        call.on_behalf_of = "a\tb\x7F\xC2\x85"
                            "c";
        kt_status_t status = kt_call_refuse(&call, 1, text, text, NULL, "");
        assert_status(status, KT_FAILED_PRECONDITION, 1);
        assert_span_equal(call.refusal->on_behalf_of, kt_span_str("a?b???c"));
        assert_int_equal(call.refusal->state.size, 0);
        /* Cut where a character begins. */
        assert_int_equal(call.refusal->text.size, KT_REFUSAL_TEXT_BYTES_MAX - (240 - shift) % 3);
        assert_true(kt_utf8_valid(call.refusal->text));
        assert_null(kt_layout_wrong(&kt_refusal_layout, call.refusal));
        assert_true(kt_layout_size(&kt_refusal_layout, call.refusal) <= KT_ROW_BYTES_MAX);
    }
}

static void
the_largest_refusal_fits_a_record(void **state)
{
    (void)state;
    char text[KT_REFUSAL_TEXT_BYTES_MAX + 1];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    const kt_method_t long_method = {.path = text};
    call.method = &long_method;
    call.principal = call.on_behalf_of = text;
    assert_status(kt_call_refuse(&call, 1, text, text, text, text), KT_FAILED_PRECONDITION, 1);
    assert_ok(kt_row_fits(&call, &kt_refusal_layout, call.refusal));
}

static void
an_arena_used_up_refuses_otherwise(void **state)
{
    (void)state;
    uint32_t out = 0, kept = 0;
    for (size_t limit = 16; limit < 1024; limit += 16) {
        call.arena = kt_arena_new(16, limit);
        call.refusal = NULL;
        assert_non_null(call.arena);
        kt_status_t status = kt_call_refuse(&call, 1, "text", "subject", "state", "command");
        if (status.code == KT_RESOURCE_EXHAUSTED) {
            assert_null(call.refusal);
            out++;
        } else {
            assert_status(status, KT_FAILED_PRECONDITION, 1);
            assert_non_null(call.refusal);
            kept++;
        }
        kt_arena_destroy(&call.arena);
    }
    call.arena = arena;
    assert_true(out > 0 && kept > 0);
}

int
main(void)
{
#define EVENT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        EVENT_TEST(events_stand_in_one_sequence),
        EVENT_TEST(an_event_may_be_as_large_as_its_limits_allow),
        EVENT_TEST(a_refusal_says_who_tried_what),
        EVENT_TEST(texts_of_any_length_and_kind_are_kept_tidy),
        EVENT_TEST(the_largest_refusal_fits_a_record),
        EVENT_TEST(an_arena_used_up_refuses_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
