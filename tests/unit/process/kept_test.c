/* What is kept beside an instance: its trace, and how many there are in each state. */
#include "testing.h"

#include "store.h"

#include <kt/journal.h>
#include <kt/rows.h>

#define TRACEPARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static const kt_table_t tables[] = {KT_SYSTEM_TABLES};
static kt_kv_t *store;
static kt_arena_t *arena;
static kt_call_t call;

static int
setup(void **state)
{
    const kt_kv_options_t options = {
        .service = "kept", .format = 1, .tables = tables, .tables_count = KT_COUNT(tables)};
    kt_txn_t *txn = NULL;

    (void)state;
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

static kt_ulid_t
id_of(uint8_t number)
{
    return (kt_ulid_t){.bytes = {[KT_ULID_BYTES - 1] = number}};
}

static void
save(uint8_t number, kt_process_state_t state)
{
    kt_process_t process = {.process = id_of(number), .type = kt_span_str("order"), .state = state};

    assert_ok(kt_process_save(&call, &process));
}

static void
assert_counts(int64_t running, int64_t done, int64_t incident)
{
    int64_t counts[KT_PROCESS_STATES], all = 0;

    assert_ok(kt_process_counts(&call, counts));
    for (uint32_t state = 0; state < KT_PROCESS_STATES; state++)
        all += counts[state];
    assert_int_equal(counts[KT_PROCESS_RUNNING], running);
    assert_int_equal(counts[KT_PROCESS_DONE], done);
    assert_int_equal(counts[KT_PROCESS_INCIDENT], incident);
    assert_int_equal(all, running + done + incident);
}

static void
instances_are_counted(void **state)
{
    (void)state;
    assert_counts(0, 0, 0);
    for (uint8_t i = 1; i <= 5; i++)
        save(i, KT_PROCESS_RUNNING);
    assert_counts(5, 0, 0);
    save(1, KT_PROCESS_RUNNING); /* a step further */
    save(2, KT_PROCESS_INCIDENT);
    save(3, KT_PROCESS_DONE);
    assert_counts(3, 1, 1);
    save(2, KT_PROCESS_RUNNING);
    assert_counts(4, 1, 0);
}

/* A store that was made before they were counted: counted when they are asked for, and kept from
 * the next change on. */
static void
older_stores_are_counted(void **state)
{
    kt_key_t key;

    (void)state;
    for (uint8_t i = 1; i <= 5; i++)
        save(i, i == 4 ? KT_PROCESS_INCIDENT : KT_PROCESS_RUNNING);
    assert_ok(kt_row_delete(&call, KT_TABLE_PROCESS, kt_key_u8(kt_key(&key), 'c')));
    assert_counts(4, 0, 1);
    save(1, KT_PROCESS_DONE);
    assert_counts(3, 1, 1);
    save(9, KT_PROCESS_RUNNING);
    assert_counts(4, 1, 1);
}

static void
a_trace_is_kept(void **state)
{
    const kt_ulid_t with = id_of(1), without = id_of(2);
    kt_span_t found;
    kt_trace_t trace;

    (void)state;
    assert_true(kt_trace_parse(kt_span_str(TRACEPARENT), &trace));
    assert_ok(kt_process_set_trace(&call, &with, trace));
    assert_ok(kt_process_set_trace(&call, &without, (kt_trace_t){.sampled = true}));
    assert_ok(kt_process_trace(&call, &with, &found));
    assert_span_equal(found, kt_span_str(TRACEPARENT));
    assert_ok(kt_process_trace(&call, &without, &found));
    assert_int_equal(found.size, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(instances_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(older_stores_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_trace_is_kept, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
