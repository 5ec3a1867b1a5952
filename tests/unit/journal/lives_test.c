/* The lives of a store: which there are, which is newer, what begins one, and that verification
 * holds the list against the journal. */
#include "office.h"

#include <kt/lives.h>
#include <kt/time.h>

static office_t office;
static kt_arena_t *arena;

static int
setup(void **state)
{
    kt_kv_options_t options = office_options(NULL);
    kt_kv_t *store = NULL;

    (void)state;
    assert_ok(kt_kv_open_ram(&options, &store));
    office_init(&office, store);
    arena = kt_arena_new(4096, 1 << 20);
    assert_non_null(arena);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    office_fini(&office);
    kt_arena_destroy(&arena);
    return 0;
}

static void
call(const char *fact)
{
    assert_ok(office_begin(&office));
    assert_ok(kt_kv_put(office.txn, FACTS, kt_span_str(fact), kt_span_str("x")));
    assert_ok(office_commit(&office));
}

static kt_life_t
life_of(uint64_t epoch, int64_t second, uint64_t events)
{
    return (kt_life_t){
        .epoch = epoch,
        .life = kt_ulid_make(second * KT_US_PER_S, 0, 7),
        .began_us = second * KT_US_PER_S,
        .events = events,
        .by = kt_span_str("ann@host"),
        .from = kt_span_str("backups/one"),
    };
}

static kt_status_t
begin(const kt_life_t *life)
{
    kt_txn_t *txn = NULL;
    kt_status_t status;

    assert_ok(kt_kv_begin_write(office.store, &txn));
    status = kt_lives_begin(txn, life);
    if (kt_failed(status))
        kt_kv_abort(&txn);
    else
        assert_ok(kt_kv_commit(&txn));
    assert_ok(kt_kv_begin_read(office.store, &txn));
    assert_ok(kt_journal_load(&office.journal, txn));
    kt_kv_abort(&txn);
    return status;
}

static uint32_t
load(kt_life_t **lives)
{
    kt_txn_t *txn = NULL;
    uint32_t count = 0;

    assert_ok(kt_kv_begin_read(office.store, &txn));
    assert_ok(kt_lives_load(txn, arena, lives, &count));
    kt_kv_abort(&txn);
    return count;
}

static void
name_first(const kt_ulid_t *id)
{
    kt_txn_t *txn = NULL;

    assert_ok(kt_kv_begin_write(office.store, &txn));
    assert_ok(kt_lives_name_first(txn, id));
    assert_ok(kt_kv_commit(&txn));
}

static void
a_store_from_before_has_one_without_a_name(void **state)
{
    const kt_ulid_t id = kt_ulid_make(KT_US_PER_S, 1, 1), none = {0};
    kt_life_t *lives;

    (void)state;
    call("a");
    name_first(&id); /* too late: others may know it without */
    assert_int_equal(load(&lives), 1);
    assert_int_equal(lives[0].epoch, 1);
    assert_memory_equal(&lives[0].life, &none, sizeof(none));
    assert_int_equal(lives[0].size, 0);
}

static void
the_first_has_the_name_it_was_given(void **state)
{
    const kt_ulid_t id = kt_ulid_make(KT_US_PER_S, 1, 1), other = kt_ulid_make(5, 1, 1);
    kt_life_t *lives;

    (void)state;
    name_first(&id);
    name_first(&other);
    assert_int_equal(load(&lives), 1);
    assert_memory_equal(&lives[0].life, &id, sizeof(id));
    assert_int_equal(lives[0].began_us, KT_US_PER_S);
    office_assert_sound(&office);
}

static void
each_begins_where_the_one_before_was_left(void **state)
{
    const kt_ulid_t id = kt_ulid_make(KT_US_PER_S, 1, 1);
    kt_life_t second = life_of(2, 100, 17), third = life_of(9, 50, 17), *lives, now;
    kt_txn_t *txn = NULL;
    kt_hash_t root;

    (void)state;
    name_first(&id);
    call("a");
    call("b");
    assert_ok(begin(&second));
    call("c");
    assert_ok(begin(&third));
    assert_int_equal(load(&lives), 3);
    assert_int_equal(lives[1].epoch, 2);
    assert_int_equal(lives[1].size, 2);
    assert_int_equal(lives[1].events, 17);
    assert_int_equal(lives[1].began_us, 100 * KT_US_PER_S);
    assert_span_equal(lives[1].by, kt_span_str("ann@host"));
    assert_span_equal(lives[1].from, kt_span_str("backups/one"));
    assert_int_equal(lives[2].size, 4);
    assert_ok(kt_kv_begin_read(office.store, &txn));
    assert_ok(kt_lives_now(txn, &now));
    assert_int_equal(kt_life_compare(&now, &third), 0);
    assert_ok(kt_journal_root(txn, 2, &root));
    assert_memory_equal(&root, &lives[1].root, sizeof(root));
    kt_kv_abort(&txn);
    office_assert_sound(&office);
}

static void
which_is_newer(void **state)
{
    const kt_life_t rows[] = {life_of(1, 9, 0), life_of(2, 3, 0), life_of(2, 4, 0),
                              life_of(3, 1, 0)};

    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        for (size_t j = 0; j < KT_COUNT(rows); j++) {
            int order = kt_life_compare(&rows[i], &rows[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
}

static void
what_is_not_newer_does_not_begin(void **state)
{
    const kt_life_t second = life_of(2, 100, 0), rows[] = {life_of(1, 200, 0), life_of(2, 100, 0),
                                                           life_of(2, 99, 0), life_of(0, 300, 0)};
    kt_life_t *lives;

    (void)state;
    assert_ok(begin(&second));
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        assert_status(begin(&rows[i]), KT_FAILED_PRECONDITION, 0);
    assert_int_equal(load(&lives), 2);
    assert_int_equal(office.journal.durable.size, 1);
}

static void
there_is_a_last_one(void **state)
{
    kt_life_t life = {0}, *lives;

    (void)state;
    for (uint64_t epoch = 2; epoch <= KT_LIVES_MAX; epoch++) {
        life = life_of(epoch, 1, 0);
        assert_ok(begin(&life));
    }
    life.epoch++;
    assert_status(begin(&life), KT_RESOURCE_EXHAUSTED, 0);
    assert_int_equal(load(&lives), KT_LIVES_MAX);
    office_assert_sound(&office);
}

/* ---- what verification finds ---- */

static void
assert_found(const char *in, const char *what)
{
    kt_txn_t *txn = NULL;
    findings_t findings;

    assert_ok(kt_kv_begin_read(office.store, &txn));
    office_verify_in(&office, txn, &findings);
    kt_kv_abort(&txn);
    assert_true(findings.count > 0);
    assert_string_equal(findings.first.table, in);
    assert_string_equal(findings.first.what, what);
}

static void
put_meta(const void *bytes, size_t size)
{
    kt_txn_t *txn = NULL;

    assert_ok(kt_kv_begin_write(office.store, &txn));
    assert_ok(kt_kv_put(txn, KT_TABLE_META, kt_span_str("lives"), kt_span(bytes, size)));
    assert_ok(kt_kv_commit(&txn));
}

static void
lists_that_are_wrong(void **state)
{
    uint8_t list[1 + 16 + 2 * 8 + 1] = {1};
    const kt_life_t second = life_of(2, 100, 0);
    kt_life_t *lives;
    kt_txn_t *txn = NULL;
    uint32_t count;

    (void)state;
    call("a");
    assert_ok(begin(&second));
    put_meta(list, 1 + 16);
    assert_found("meta", "record 1 begins a life that is not kept in its place");
    list[24] = 1; /* record 1, and record 0, which is none */
    put_meta(list, 1 + 16 + 2 * 8);
    assert_found("meta", "1 lives are kept that no record begins");
    assert_ok(kt_kv_begin_read(office.store, &txn));
    assert_status(kt_lives_load(txn, arena, &lives, &count), KT_DATA_LOSS, KT_KV_CORRUPT);
    kt_kv_abort(&txn);
    put_meta(list, sizeof(list));
    assert_found("meta", "the list of the store's lives in meta is none");
    list[0] = 9;
    put_meta(list, 1 + 16 + 8);
    assert_found("meta", "the list of the store's lives in meta is none");
}

/* A record that says that a life began elsewhere, as one would write who hides what was there. */
static void
a_record_that_lies(void **state)
{
    uint8_t record[256] = {2, [16] = 2, [17] = 9}, list[1 + 16 + 8] = {1, [24] = 1};
    kt_txn_t *txn = NULL;
    uint64_t number;

    (void)state;
    call("a");
    record[40] = 3; /* records before it, and there is one */
    assert_ok(kt_kv_begin_write(office.store, &txn));
    assert_ok(kt_journal_append(&office.journal, txn, kt_span(record, 85), &number));
    assert_ok(kt_journal_save(&office.journal, txn));
    assert_ok(kt_kv_commit(&txn));
    kt_journal_committed(&office.journal);
    put_meta(list, sizeof(list));
    assert_found("journal", "the life that it begins did not begin with the records before it");
}

static void
bytes_that_are_no_life(void **state)
{
    uint8_t record[256] = {2};
    kt_life_t life;

    (void)state;
    assert_true(kt_life_decode(kt_span(record, 85), &life));
    for (size_t size = 0; size < 85; size++)
        assert_false(kt_life_decode(kt_span(record, size), &life));
    assert_false(kt_life_decode(kt_span(record, 86), &life));
    record[0] = 1;
    assert_false(kt_life_decode(kt_span(record, 85), &life));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_store_from_before_has_one_without_a_name, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_first_has_the_name_it_was_given, setup, teardown),
        cmocka_unit_test_setup_teardown(each_begins_where_the_one_before_was_left, setup, teardown),
        cmocka_unit_test(which_is_newer),
        cmocka_unit_test_setup_teardown(what_is_not_newer_does_not_begin, setup, teardown),
        cmocka_unit_test_setup_teardown(there_is_a_last_one, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_that_are_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(a_record_that_lies, setup, teardown),
        cmocka_unit_test(bytes_that_are_no_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
