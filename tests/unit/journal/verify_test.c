/* Verification: silent over a sound store, and one finding for each thing that differs. */
#include "office.h"

#include <kt/pack.h>

static office_t office;

static kt_span_t
s(const char *text)
{
    return kt_span_str(text);
}

/* "PREFIX<number>", borrowed until the next call. */
static kt_span_t
numbered(const char *prefix, unsigned number)
{
    static char text[32];
    int size = snprintf(text, sizeof(text), "%s%04u", prefix, number);
    return kt_span(text, (size_t)size);
}

/* A store with 40 facts, some changed and some deleted again, and logs that were written by several
 * calls. */
static int
setup(void **state)
{
    (void)state;
    kt_kv_options_t options = office_options(NULL);
    kt_kv_t *store = NULL;
    assert_ok(kt_kv_open_ram(&options, &store));
    office_init(&office, store);
    for (unsigned call = 0; call < 300; call++) {
        assert_ok(office_begin(&office));
        if (call < 40)
            assert_ok(kt_kv_put(office.txn, FACTS, numbered("f", call), s("first")));
        if (call >= 20 && call < 30)
            assert_ok(kt_kv_put(office.txn, FACTS, numbered("f", call), s("second")));
        if (call >= 50 && call < 60)
            assert_ok(kt_kv_delete(office.txn, FACTS, numbered("f", call - 50)));
        if (call >= 70 && call < 75)
            assert_ok(kt_kv_put(office.txn, FACTS, numbered("f", call - 70), s("third")));
        assert_ok(kt_kv_append(office.txn, LINES, numbered("l", call * 2), s("x")));
        assert_ok(office_next(&office)); /* two calls in one batch */
        assert_ok(kt_kv_append(office.txn, LINES, numbered("l", call * 2 + 1), s("y")));
        if (call % 10 == 0)
            assert_ok(kt_kv_append(office.txn, NOTES, numbered("n", call), s("z")));
        assert_ok(kt_kv_put(office.txn, SUMS, s("sum"), numbered("", call)));
        assert_ok(kt_kv_put(office.txn, KT_TABLE_OUTBOX, numbered("o", call), s("")));
        assert_ok(office_commit(&office));
    }
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    office_fini(&office);
    return 0;
}

static void
a_sound_store_has_no_findings(void **state)
{
    (void)state;
    office_assert_sound(&office);
}

static void
an_empty_store_has_no_findings(void **state)
{
    (void)state;
    kt_kv_options_t options = office_options(NULL);
    office_t empty;
    kt_kv_t *store = NULL;
    assert_ok(kt_kv_open_ram(&options, &store));
    office_init(&empty, store);
    office_assert_sound(&empty);
    office_fini(&empty);
}

/* ---- each row spoils the store behind the journal's back, in a transaction that is not committed
 * ---- */

static kt_status_t
change_fact(kt_txn_t *txn)
{
    return kt_kv_put(txn, FACTS, s("f0033"), s("other"));
}

static kt_status_t
set_fact_back(kt_txn_t *txn)
{
    return kt_kv_put(txn, FACTS, s("f0025"), s("first"));
}

static kt_status_t
delete_fact(kt_txn_t *txn)
{
    return kt_kv_delete(txn, FACTS, s("f0031"));
}

static kt_status_t
bring_fact_back(kt_txn_t *txn)
{
    return kt_kv_put(txn, FACTS, s("f0007"), s("first"));
}

static kt_status_t
add_fact(kt_txn_t *txn)
{
    return kt_kv_put(txn, NAMES, s("unknown"), s(""));
}

static kt_status_t
change_line(kt_txn_t *txn)
{
    return kt_kv_put(txn, LINES, s("l0100"), s("z"));
}

static kt_status_t
delete_line(kt_txn_t *txn)
{
    return kt_kv_delete(txn, LINES, s("l0100"));
}

static kt_status_t
delete_last_line(kt_txn_t *txn)
{
    return kt_kv_delete(txn, LINES, s("l0599"));
}

static kt_status_t
add_line_between(kt_txn_t *txn)
{
    return kt_kv_put(txn, LINES, s("l0100x"), s("x"));
}

static kt_status_t
add_line_before(kt_txn_t *txn)
{
    return kt_kv_put(txn, LINES, s("a"), s("x"));
}

static kt_status_t
add_line_behind(kt_txn_t *txn)
{
    return kt_kv_append(txn, NOTES, s("zzz"), s("x"));
}

static kt_span_t
number_key(uint64_t number)
{
    static uint8_t bytes[8];
    kt_writer_t w = kt_writer(bytes, sizeof(bytes));
    kt_put_u64(&w, number);
    return kt_written(&w);
}

static kt_status_t
delete_last_record(kt_txn_t *txn)
{
    return kt_kv_delete(txn, KT_TABLE_JOURNAL, number_key(599));
}

static kt_status_t
change_tile(kt_txn_t *txn)
{
    static const uint8_t key[] = {1, 0, 0, 0, 0, 0, 0, 0, 1}, hash[32];
    return kt_kv_put(txn, KT_TABLE_JOURNAL_TREE, kt_span(key, 9), kt_span(hash, 32));
}

static kt_status_t
delete_tile(kt_txn_t *txn)
{
    static const uint8_t key[] = {1, 0, 0, 0, 0, 0, 0, 0, 0};
    return kt_kv_delete(txn, KT_TABLE_JOURNAL_TREE, kt_span(key, 9));
}

static kt_status_t
add_tile(kt_txn_t *txn)
{
    static const uint8_t key[] = {1, 0, 0, 0, 0, 0, 0, 0, 2}, hash[32];
    return kt_kv_put(txn, KT_TABLE_JOURNAL_TREE, kt_span(key, 9), kt_span(hash, 32));
}

static kt_status_t
change_size(kt_txn_t *txn)
{
    static const uint8_t meta[8 + 32] = {0, 0, 0, 0, 0, 0, 0, 1};
    return kt_kv_put(txn, KT_TABLE_META, s("journal"), kt_span(meta, sizeof(meta)));
}

static kt_status_t
change_peak(kt_txn_t *txn)
{
    kt_span_t value;
    uint8_t meta[8 + 64 * 32];
    KT_TRY(kt_kv_get(txn, KT_TABLE_META, s("journal"), &value));
    memcpy(meta, value.data, value.size);
    meta[value.size - 1] ^= 1;
    return kt_kv_put(txn, KT_TABLE_META, s("journal"), kt_span(meta, value.size));
}

static kt_status_t
break_meta(kt_txn_t *txn)
{
    return kt_kv_put(txn, KT_TABLE_META, s("journal"), s("short"));
}

static void
what_differs_is_found(void **state)
{
    (void)state;
    static const struct {
        kt_status_t (*spoil)(kt_txn_t *txn);
        unsigned count;
        const char *table, *key, *what;
    } rows[] = {
        {change_fact, 1, "facts", "f0033", "the value is not that of journal record 66"},
        {set_fact_back, 1, "facts", "f0025", "the value is not that of journal record 50"},
        {delete_fact, 1, "facts", "f0031",
         "journal record 62 tells of this record, and it is not there"},
        {bring_fact_back, 1, "facts", "f0007", "no journal record tells of this record"},
        {add_fact, 1, "names", "unknown", "no journal record tells of this record"},
        {change_line, 1, "lines", "l0100",
         "the 1 records from here on are not those of journal record 100"},
        {delete_line, 1, "lines", "l0100",
         "from here on are 0 records, and journal record 100 tells of 1"},
        {delete_last_line, 1, "lines", "l0599",
         "from here on are 0 records, and journal record 599 tells of 1"},
        {add_line_between, 1, "lines", "l0100x", "no journal record tells of this record"},
        {add_line_before, 1, "lines", "a", "no journal record tells of this record"},
        {add_line_behind, 1, "notes", "zzz", "no journal record tells of this record"},
        {delete_last_record, 2, "lines", "l0599", "no journal record tells of this record"},
        {change_tile, 1, "journal_tree", "0x010000000000000001",
         "the tile is not the hash of its records"},
        {delete_tile, 2, "journal_tree", "-", "there are 1 tiles, and 2 belong to the records"},
        {add_tile, 1, "journal_tree", "-", "there are 3 tiles, and 2 belong to the records"},
        {change_size, 1, "meta", "journal",
         "the journal's size is kept as 1, and it has 600 records"},
        {change_peak, 1, "meta", "journal", "the kept root is not the root of the records"},
        {break_meta, 1, "meta", "journal", "the journal's record in meta is malformed"},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        kt_txn_t *txn = NULL;
        findings_t findings;
        assert_ok(kt_kv_begin_write(office.store, &txn));
        assert_ok(rows[i].spoil(txn));
        office_verify_in(&office, txn, &findings);
        kt_kv_abort(&txn);
        assert_string_equal(findings.last.what, rows[i].what);
        assert_string_equal(findings.last.table, rows[i].table);
        assert_string_equal(findings.last.key, rows[i].key);
        assert_int_equal(findings.count, rows[i].count);
    }
    office_assert_sound(&office);
}

/* Another record in a record's place: no hash fits any more, and its write set does not read. */
static void
a_forged_record_is_found(void **state)
{
    (void)state;
    kt_txn_t *txn = NULL;
    findings_t findings;
    assert_ok(kt_kv_begin_write(office.store, &txn));
    assert_ok(kt_kv_put(txn, KT_TABLE_JOURNAL, number_key(3), s("\x01")));
    office_verify_in(&office, txn, &findings);
    kt_kv_abort(&txn);
    /* The tile, the root, the record itself, the line that it told of. */
    assert_int_equal(findings.count, 4);
}

static void
a_gap_in_the_numbers_is_found(void **state)
{
    (void)state;
    kt_txn_t *txn = NULL;
    findings_t findings;
    assert_ok(kt_kv_begin_write(office.store, &txn));
    assert_ok(kt_kv_delete(txn, KT_TABLE_JOURNAL, number_key(0)));
    office_verify_in(&office, txn, &findings);
    kt_kv_abort(&txn);
    assert_true(findings.count >= 599);
}

static kt_status_t
write_set_of_nothing(kt_span_t record, kt_span_t *write_set)
{
    (void)record;
    (void)write_set;
    return kt_error(KT_INVALID_ARGUMENT, 0, "not a record of ours");
}

static bool
stop_at_once(void *context, uint64_t done, uint64_t all)
{
    (void)context;
    assert_true(done <= all);
    return false;
}

static void
records_that_do_not_read_are_found(void **state)
{
    (void)state;
    kt_txn_t *txn = NULL;
    findings_t findings = {0};
    const kt_journal_verify_t how = {
        .write_set_of = write_set_of_nothing, .report = findings_add, .report_context = &findings};
    assert_ok(kt_kv_begin_read(office.store, &txn));
    assert_ok(kt_journal_verify(office.store, txn, &how));
    kt_kv_abort(&txn);
    /* Every record, and so every fact and every line. */
    assert_int_equal(findings.count, 600 + 35 + 600 + 30);
}

static void
progress_can_stop_it(void **state)
{
    (void)state;
    kt_txn_t *txn = NULL;
    findings_t findings = {0};
    const kt_journal_verify_t how = {.write_set_of = office_write_set_of,
                                     .report = findings_add,
                                     .report_context = &findings,
                                     .progress = stop_at_once};
    assert_ok(kt_kv_begin_read(office.store, &txn));
    assert_status(kt_journal_verify(office.store, txn, &how), KT_CANCELLED, 0);
    kt_kv_abort(&txn);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_store_has_no_findings),
        cmocka_unit_test(an_empty_store_has_no_findings),
        cmocka_unit_test(what_differs_is_found),
        cmocka_unit_test(a_forged_record_is_found),
        cmocka_unit_test(a_gap_in_the_numbers_is_found),
        cmocka_unit_test(records_that_do_not_read_are_found),
        cmocka_unit_test(progress_can_stop_it),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
