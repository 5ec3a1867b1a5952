/* Books that verify; then one record at a time is made wrong, and verification names its table. */
#include "story.h"

#include "store/verify.h"

#include "store/records.h"
#include "store/tables.h"

typedef struct record {
    uint8_t key[FIN_RECORD_BYTES_MAX], value[FIN_RECORD_BYTES_MAX];
    size_t key_size, value_size;
} record_t;

/* The N-th record of a table; false when there are not as many. */
static bool
read_record(office_t *office, uint32_t table, uint32_t n, record_t *record)
{
    kt_cursor_t *cursor;
    kt_span_t key, value;
    office_begin(office);
    assert_ok(kt_kv_cursor(office->call.txn, table, &cursor));
    kt_status_t status = kt_cursor_first(cursor, &key, &value);
    for (uint32_t i = 0; i < n && !kt_failed(status); i++)
        status = kt_cursor_next(cursor, &key, &value);
    if (!kt_failed(status)) {
        memcpy(record->key, key.data, key.size);
        memcpy(record->value, value.data, value.size);
        record->key_size = key.size;
        record->value_size = value.size;
    }
    kt_kv_cursor_close(&cursor);
    assert_ok(office_end(office, kt_ok()));
    return !kt_failed(status);
}

static void
write_record(office_t *office, uint32_t table, const record_t *record)
{
    office_begin(office);
    assert_ok(kt_kv_put(office->call.txn, table, kt_span(record->key, record->key_size),
                        kt_span(record->value, record->value_size)));
    assert_ok(office_end(office, kt_ok()));
}

static void
delete_record(office_t *office, uint32_t table, const record_t *record)
{
    office_begin(office);
    assert_ok(kt_kv_delete(office->call.txn, table, kt_span(record->key, record->key_size)));
    assert_ok(office_end(office, kt_ok()));
}

static void
assert_named(office_t *office, uint32_t table, uint32_t n, const char *how)
{
    if (!office_verify_names(office, fin_tables[table].name))
        fail_msg("record %u of %s was %s, and verification does not name it", n,
                 fin_tables[table].name, how);
}

static void
every_derived_record_is_checked(void **state)
{
    (void)state;
    office_t office;
    office_open(&office, OFFICE_RAM);
    story_tell(&office);
    assert_int_equal(office_verify(&office, true), 0);
    for (uint32_t table = FIN_TABLE_BOOK_PART; table < FIN_TABLE_SHARED; table++) {
        record_t was;
        uint32_t n = 0;
        for (; read_record(&office, table, n, &was); n++) {
            record_t wrong = was;
            delete_record(&office, table, &was);
            assert_named(&office, table, n, "deleted");
            for (size_t at = 0; at < was.value_size; at += 7) {
                wrong.value[at] ^= 1;
                write_record(&office, table, &wrong);
                assert_named(&office, table, n, "changed");
                wrong.value[at] ^= 1;
            }
            wrong.value_size = was.value_size - 1;
            write_record(&office, table, &wrong);
            assert_named(&office, table, n, "cut short");
            write_record(&office, table, &was);
            wrong = was;
            wrong.key[wrong.key_size - 1] ^= 0x40;
            write_record(&office, table, &wrong);
            assert_named(&office, table, n, "copied under another key");
            delete_record(&office, table, &wrong);
        }
        assert_true(n > 0); /* the story writes every table */
        assert_int_equal(office_verify(&office, true), 0);
    }
    office_close(&office);
}

/* What the journal guards, verification reads: whatever stands there, it says so or goes on, and
 * never falls over. */
static void
damaged_entries_and_facts_do_no_harm(void **state)
{
    (void)state;
    office_t office;
    office_open(&office, OFFICE_RAM);
    story_tell(&office);
    for (uint32_t table = FIN_TABLE_BOOK; table <= FIN_TABLE_ENTRY; table++) {
        record_t was;
        for (uint32_t n = 0; n < 5 && read_record(&office, table, n, &was); n++) {
            record_t wrong = was;
            for (size_t at = 0; at < was.value_size; at++) {
                wrong.value[at] ^= 0x81;
                write_record(&office, table, &wrong);
                (void)office_verify(&office, false);
                wrong.value[at] ^= 0x81;
            }
            delete_record(&office, table, &was);
            if (table != FIN_TABLE_PERIOD &&
                table != FIN_TABLE_HOLD) /* nothing is derived of these */
                assert_true(office_verify(&office, false) > 0);
            write_record(&office, table, &was);
        }
        assert_int_equal(office_verify(&office, true), 0);
    }
    office_close(&office);
}

/* An entry is rewritten: its amounts, its number, its pointers. */
static void
a_changed_entry_is_named(void **state)
{
    (void)state;
    office_t office;
    record_t was;
    office_open(&office, OFFICE_RAM);
    story_tell(&office);
    assert_true(read_record(&office, FIN_TABLE_ENTRY, 1, &was));
    kt_reader_t r = kt_reader(kt_span(was.value, was.value_size));
    fin_entry_record_t entry, changed;
    fin_line_record_t lines[4];
    assert_true(fin_get_entry(&r, &entry));
    assert_int_equal(entry.lines_count, 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_true(fin_get_line(&r, &lines[i]));
    for (int change = 0; change < 6; change++) {
        record_t wrong = was;
        kt_writer_t w = kt_writer(wrong.value, sizeof(wrong.value));
        fin_line_record_t line = lines[0];
        changed = entry;
        changed.number += change == 0;
        changed.previous += change == 1;
        changed.date += change == 2 ? 365 : 0;
        changed.description = change == 3 ? kt_span_str("forged") : changed.description;
        line.amount_minor += change == 4;
        line.previous += change == 5 ? 3 : 0;
        fin_put_entry(&w, &changed);
        fin_put_lines(&w, &line, 1);
        fin_put_lines(&w, lines + 1, 3);
        wrong.value_size = w.size;
        write_record(&office, FIN_TABLE_ENTRY, &wrong);
        if (office_verify(&office, false) == 0)
            fail_msg("change %d was not found", change);
    }
    office_close(&office);
}

static bool
give_up(void *context, uint64_t done, uint64_t all)
{
    assert_true(done <= all);
    ++*(uint32_t *)context;
    return false;
}

static void
nothing(void *context, const kt_finding_t *finding)
{
    (void)context, (void)finding;
}

static void
whoever_gave_up_is_not_kept(void **state)
{
    (void)state;
    office_t office;
    uint32_t told = 0;
    kt_txn_t *txn;
    office_open(&office, OFFICE_RAM);
    story_tell(&office);
    assert_ok(kt_kv_begin_read(office.store, &txn));
    assert_status(
        fin_store_verify(
            txn, &(fin_verify_sink_t){.report = nothing, .progress = give_up, .context = &told}),
        KT_CANCELLED, 0);
    kt_kv_abort(&txn);
    assert_int_equal(told, 1);
    office_close(&office);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_derived_record_is_checked),
        cmocka_unit_test(damaged_entries_and_facts_do_no_harm),
        cmocka_unit_test(a_changed_entry_is_named),
        cmocka_unit_test(whoever_gave_up_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
