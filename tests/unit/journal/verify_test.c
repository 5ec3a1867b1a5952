/* Verification: silent over a sound store, and one finding for each thing that differs. */
#include "office.h"

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
        assert_ok(kt_kv_put(office.txn, KT_TABLE_IDEMPOTENCY, numbered("o", call), s("")));
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

/* ---- what differs: each row spoils the store behind the journal's back ---- */

static kt_status_t
delete_it(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t none)
{
    (void)none;
    return kt_kv_delete(txn, table, key);
}

static kt_status_t
flip_last_byte(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t none)
{
    (void)none;
    kt_span_t value;
    uint8_t bytes[8 + 64 * 32];
    KT_TRY(kt_kv_get(txn, table, key, &value));
    memcpy(bytes, value.data, value.size);
    bytes[value.size - 1] ^= 1;
    return kt_kv_put(txn, table, key, kt_span(bytes, value.size));
}

#define SPAN(bytes, count)                                                                         \
    {                                                                                              \
        (const uint8_t *)(bytes), (count)                                                          \
    }
#define S(text)      SPAN(text, sizeof(text) - 1)
#define BYTES(array) SPAN(array, sizeof(array))
#define NONE         SPAN(NULL, 0)
#define RECORD_0     S("\0\0\0\0\0\0\0\0")
#define RECORD_3     S("\0\0\0\0\0\0\0\x03")
#define RECORD_599   S("\0\0\0\0\0\0\x02\x57")
#define TILE(n)      S("\x01\0\0\0\0\0\0\0" n)

static const uint8_t hash[32], size_of_1[8 + 32] = {0, 0, 0, 0, 0, 0, 0, 1};

static const struct spoiled {
    const char *name;
    kt_status_t (*spoil)(kt_txn_t *txn, uint32_t table, kt_span_t key, kt_span_t value);
    uint32_t table;
    kt_span_t key, value;
    /* What is found: so many, and this the last. */
    unsigned count;
    const char *in, *at, *what;
} spoiled[] = {
    {"a fact is changed", kt_kv_put, FACTS, S("f0033"), S("other"), 1, "facts", "f0033",
     "the value is not that of journal record 66"},
    {"a fact is set back", kt_kv_put, FACTS, S("f0025"), S("first"), 1, "facts", "f0025",
     "the value is not that of journal record 50"},
    {"a fact is deleted", delete_it, FACTS, S("f0031"), NONE, 1, "facts", "f0031",
     "journal record 62 tells of this record, and it is not there"},
    {"a deleted fact is back", kt_kv_put, FACTS, S("f0007"), S("first"), 1, "facts", "f0007",
     "no journal record tells of this record"},
    {"a fact is added", kt_kv_put, NAMES, S("unknown"), S(""), 1, "names", "unknown",
     "no journal record tells of this record"},
    {"a line is changed", kt_kv_put, LINES, S("l0100"), S("z"), 1, "lines", "l0100",
     "the 1 records from here on are not those of journal record 100"},
    {"a line is deleted", delete_it, LINES, S("l0100"), NONE, 1, "lines", "l0100",
     "from here on are 0 records, and journal record 100 tells of 1"},
    {"the last line is deleted", delete_it, LINES, S("l0599"), NONE, 1, "lines", "l0599",
     "from here on are 0 records, and journal record 599 tells of 1"},
    {"a line is added between", kt_kv_put, LINES, S("l0100x"), S("x"), 1, "lines", "l0100x",
     "no journal record tells of this record"},
    {"a line is added before", kt_kv_put, LINES, S("a"), S("x"), 1, "lines", "a",
     "no journal record tells of this record"},
    {"a line is added behind", kt_kv_append, NOTES, S("zzz"), S("x"), 1, "notes", "zzz",
     "no journal record tells of this record"},
    {"the last record is deleted", delete_it, KT_TABLE_JOURNAL, RECORD_599, NONE, 2, "lines",
     "l0599", "no journal record tells of this record"},
    {"a tile is changed", kt_kv_put, KT_TABLE_JOURNAL_TREE, TILE("\x01"), BYTES(hash), 1,
     "journal_tree", "0x010000000000000001", "the tile is not the hash of its records"},
    {"a tile is deleted", delete_it, KT_TABLE_JOURNAL_TREE, TILE("\0"), NONE, 2, "journal_tree",
     "-", "there are 1 tiles, and 2 belong to the records"},
    {"a tile is added", kt_kv_put, KT_TABLE_JOURNAL_TREE, TILE("\x02"), BYTES(hash), 1,
     "journal_tree", "-", "there are 3 tiles, and 2 belong to the records"},
    {"the size is changed", kt_kv_put, KT_TABLE_META, S("journal"), BYTES(size_of_1), 1, "meta",
     "journal", "the journal's size is kept as 1, and it has 600 records"},
    {"the root is changed", flip_last_byte, KT_TABLE_META, S("journal"), NONE, 1, "meta", "journal",
     "the kept root is not the root of the records"},
    {"size and root do not read", kt_kv_put, KT_TABLE_META, S("journal"), S("short"), 1, "meta",
     "journal", "the journal's record in meta is malformed"},
    /* Its write set does not read: the tile, the root, the record itself, the line it told of. */
    {"another record is in its place", kt_kv_put, KT_TABLE_JOURNAL, RECORD_3, S("\x01"), 4, "lines",
     "l0003", "no journal record tells of this record"},
    /* The 599 behind it, two tiles, the size, and the line and the fact that it told of. */
    {"the first record is deleted", delete_it, KT_TABLE_JOURNAL, RECORD_0, NONE, 604, "facts",
     "f0000", "journal record 100 deletes what was not there"},
};

static void
what_differs_is_found(void **state)
{
    (void)state;
    for (const struct spoiled *row = spoiled; row < spoiled + KT_COUNT(spoiled); row++) {
        kt_txn_t *txn = NULL;
        findings_t findings;
        assert_ok(kt_kv_begin_write(office.store, &txn));
        assert_ok(row->spoil(txn, row->table, row->key, row->value));
        office_verify_in(&office, txn, &findings);
        kt_kv_abort(&txn);
        const kt_finding_t *last = &findings.last;
        if (findings.count != row->count || strcmp(last->table, row->in) != 0 ||
            strcmp(last->key, row->at) != 0 || strcmp(last->what, row->what) != 0)
            fail_msg("%s: %u findings, the last: %s %s: %s", row->name, findings.count,
                     findings.count > 0 ? last->table : "", last->key, last->what);
    }
    office_assert_sound(&office);
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
        cmocka_unit_test(records_that_do_not_read_are_found),
        cmocka_unit_test(progress_can_stop_it),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
