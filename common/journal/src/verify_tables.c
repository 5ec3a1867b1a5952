/*
 * Holds the tables against what the journal says was written to them.
 *
 * Each pass replays the facts of one part of all keys and then walks the fact tables: what is there
 * and what was journalled must be one. The ranges of log tables are followed in the first pass:
 * they come in the order of their keys, so that a record between two of them is one that nobody
 * journalled.
 */
#include "verify.h"

static kt_status_t
no_memory(void)
{
    return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory left to verify with");
}

/* ---- logs ---- */

/* Puts the cursor on the first record of TABLE behind those that were verified. */
static kt_status_t
seek_unverified(kt_verification_t *v, uint32_t table, kt_cursor_t *cursor, kt_span_t *key,
                kt_span_t *value)
{
    kt_span_t position = kt_span(v->position[table], v->position_size[table]);

    if (position.size == 0)
        return kt_cursor_first(cursor, key, value);
    kt_status_t status = kt_cursor_seek(cursor, position, key, value);
    /* It stands on the position itself, unless that record is gone; one that fails its checksum is
     * there. */
    if (status.code == KT_DATA_LOSS || (!kt_failed(status) && kt_span_equal(*key, position)))
        return kt_cursor_next(cursor, key, value);
    return status;
}

static void
set_position(kt_verification_t *v, uint32_t table, kt_span_t key)
{
    memcpy(v->position[table], key.data, key.size);
    v->position_size[table] = (uint16_t)key.size;
}

/* Reports the records before KEY, or all that are left when KEY is empty; STATUS is that of the
 * cursor's last move. */
static kt_status_t
report_outside(kt_verification_t *v, uint32_t table, kt_cursor_t *cursor, kt_span_t before,
               kt_status_t *status, kt_span_t *key, kt_span_t *value)
{
    while (status->code == KT_DATA_LOSS ||
           (!kt_failed(*status) && (before.size == 0 || kt_span_compare(*key, before) < 0))) {
        if (kt_failed(*status))
            KT_TRY(kt_verify_unless_damaged(*status));
        else
            kt_verify_report(v, table, *key, "no journal record tells of this record");
        KT_TRY(kt_verify_step(v));
        *status = kt_cursor_next(cursor, key, value);
    }
    return status->code == KT_NOT_FOUND ? kt_ok() : *status;
}

static kt_status_t
check_range(kt_verification_t *v, uint64_t number, const kt_item_t *item)
{
    kt_cursor_t *cursor KT_CLEANUP(kt_kv_cursor_close) = NULL;
    kt_span_t key, value;
    kt_sha256_t sha;
    uint32_t records = 0;
    bool damaged = false;

    kt_sha256_init(&sha);
    KT_TRY(kt_kv_cursor(v->txn, item->table, &cursor));
    kt_status_t status = seek_unverified(v, item->table, cursor, &key, &value);
    KT_TRY(report_outside(v, item->table, cursor, item->key, &status, &key, &value));
    while (status.code == KT_DATA_LOSS ||
           (!kt_failed(status) && kt_span_compare(key, item->last) <= 0)) {
        if (kt_failed(status)) {
            KT_TRY(kt_verify_unless_damaged(status));
            damaged = true;
        } else {
            kt_range_digest_add(&sha, key, value);
        }
        records++;
        KT_TRY(kt_verify_step(v));
        status = kt_cursor_next(cursor, &key, &value);
    }
    if (kt_failed(status) && status.code != KT_NOT_FOUND)
        return status;
    set_position(v, item->table, item->last);
    kt_hash_t digest = kt_sha256_end(&sha);
    if (damaged)
        return kt_ok(); /* has been told, record by record */
    if (records != item->records)
        kt_verify_report(v, item->table, item->key,
                         "from here on are %u records, and journal record %llu tells of %u",
                         records, (unsigned long long)number, item->records);
    else if (!kt_span_equal(item->digest, kt_span(digest.bytes, sizeof(digest.bytes))))
        kt_verify_report(v, item->table, item->key,
                         "the %u records from here on are not those of journal record %llu",
                         records, (unsigned long long)number);
    return kt_ok();
}

static kt_status_t
check_log_ends(kt_verification_t *v)
{
    for (uint32_t i = 0; i < v->tables_count; i++) {
        kt_cursor_t *cursor KT_CLEANUP(kt_kv_cursor_close) = NULL;
        kt_span_t key, value;
        if (v->tables[i].kind != KT_TABLE_LOG)
            continue;
        KT_TRY(kt_kv_cursor(v->txn, i, &cursor));
        kt_status_t status = seek_unverified(v, i, cursor, &key, &value);
        KT_TRY(report_outside(v, i, cursor, kt_span(NULL, 0), &status, &key, &value));
    }
    return kt_ok();
}

/* ---- facts ---- */

static kt_status_t
replay_fact(kt_verification_t *v, uint64_t number, const kt_item_t *item)
{
    kt_fact_t fact = kt_fact_of(item->table, item->key), was;

    if (kt_fact_part(&fact, v->passes) != v->pass)
        return kt_ok();
    if (item->kind == KT_ITEM_DELETE) {
        if (!kt_facts_take(v->facts, &fact, &was))
            kt_verify_report(v, item->table, item->key,
                             "journal record %llu deletes what was not there",
                             (unsigned long long)number);
        return kt_ok();
    }
    kt_fact_set_value(&fact, item->value);
    fact.number = number + 1;
    return kt_facts_put(v->facts, &fact) ? kt_ok() : no_memory();
}

static kt_status_t
check_fact_table(kt_verification_t *v, uint32_t table)
{
    kt_cursor_t *cursor KT_CLEANUP(kt_kv_cursor_close) = NULL;
    kt_span_t key, value;

    KT_TRY(kt_kv_cursor(v->txn, table, &cursor));
    kt_status_t status = kt_cursor_first(cursor, &key, &value);
    for (; status.code != KT_NOT_FOUND; status = kt_cursor_next(cursor, &key, &value)) {
        KT_TRY(kt_verify_step(v));
        if (kt_failed(status)) {
            KT_TRY(kt_verify_unless_damaged(status));
            continue;
        }
        kt_fact_t fact = kt_fact_of(table, key), was;
        if (kt_fact_part(&fact, v->passes) != v->pass)
            continue;
        kt_fact_set_value(&fact, value);
        if (!kt_facts_take(v->facts, &fact, &was))
            kt_verify_report(v, table, key, "no journal record tells of this record");
        else if (memcmp(was.value, fact.value, sizeof(was.value)) != 0)
            kt_verify_report(v, table, key, "the value is not that of journal record %llu",
                             (unsigned long long)(was.number - 1));
    }
    return kt_ok();
}

/* ---- the journal's write sets ---- */

typedef kt_status_t (*item_fn_t)(kt_verification_t *v, uint64_t number, const kt_item_t *item);

/* Hands the items of one journal record to FN; a record that is not readable is reported, when
 * REPORT says so. */
static kt_status_t
each_item(kt_verification_t *v, uint64_t number, kt_span_t record, bool report, item_fn_t fn)
{
    kt_number_key_t key;
    kt_span_t write_set;
    kt_item_t item;
    kt_life_t life;

    if (kt_life_decode(record, &life))
        return kt_ok(); /* it changes nothing */
    kt_status_t status = v->how->write_set_of(record, &write_set);
    if (kt_failed(status)) {
        if (report)
            kt_verify_report(v, KT_TABLE_JOURNAL, kt_number_key(&key, number),
                             "the record does not read: %s", status.text);
        return kt_ok();
    }
    kt_reader_t r = kt_reader(write_set);
    while (kt_item_next(&r, v->tables, v->tables_count, &item))
        KT_TRY(fn(v, number, &item));
    if (!kt_reader_done(&r) && report)
        kt_verify_report(v, KT_TABLE_JOURNAL, kt_number_key(&key, number),
                         "the record's write set does not read");
    return kt_ok();
}

static kt_status_t
replay_item(kt_verification_t *v, uint64_t number, const kt_item_t *item)
{
    if (item->kind != KT_ITEM_RANGE)
        return replay_fact(v, number, item);
    return v->pass == 0 ? check_range(v, number, item) : kt_ok();
}

static kt_status_t
replay_journal(kt_verification_t *v)
{
    kt_cursor_t *cursor KT_CLEANUP(kt_kv_cursor_close) = NULL;
    kt_span_t key, record;

    KT_TRY(kt_kv_cursor(v->txn, KT_TABLE_JOURNAL, &cursor));
    kt_status_t status = kt_cursor_first(cursor, &key, &record);
    for (; status.code != KT_NOT_FOUND; status = kt_cursor_next(cursor, &key, &record)) {
        KT_TRY(kt_verify_step(v));
        if (status.code == KT_DATA_LOSS)
            continue; /* kt_verify_records has told */
        KT_TRY(status);
        kt_reader_t r = kt_reader(key);
        KT_TRY(each_item(v, kt_get_u64(&r), record, v->pass == 0, replay_item));
    }
    return kt_ok();
}

/* Finds the key of a fact that the journal has and the table has not: only its hash was kept. */
typedef struct search {
    kt_fact_t wanted;
    kt_item_t found;
} search_t;

static kt_status_t
find_item(kt_verification_t *v, kt_span_t record, search_t *search)
{
    kt_span_t write_set;
    kt_item_t item;

    KT_TRY(v->how->write_set_of(record, &write_set));
    kt_reader_t r = kt_reader(write_set);
    while (kt_item_next(&r, v->tables, v->tables_count, &item)) {
        kt_fact_t fact = kt_fact_of(item.table, item.key);
        if (item.kind == KT_ITEM_PUT && memcmp(fact.key, search->wanted.key, sizeof(fact.key)) == 0)
            search->found = item;
    }
    return kt_ok();
}

static kt_status_t
report_missing(kt_verification_t *v)
{
    search_t search = {.found = {.table = 0}};
    kt_span_t record;

    for (size_t at = 0; kt_facts_next(v->facts, &at, &search.wanted);) {
        KT_TRY(kt_journal_get(v->txn, search.wanted.number - 1, &record));
        KT_TRY(find_item(v, record, &search));
        kt_verify_report(v, search.found.table, search.found.key,
                         "journal record %llu tells of this record, and it is not there",
                         (unsigned long long)(search.wanted.number - 1));
    }
    return kt_ok();
}

kt_status_t
kt_verify_tables(kt_verification_t *v)
{
    for (v->pass = 0; v->pass < v->passes; v->pass++) {
        kt_facts_clear(v->facts);
        KT_TRY(replay_journal(v));
        for (uint32_t i = 0; i < v->tables_count; i++) {
            if (v->tables[i].kind == KT_TABLE_FACT)
                KT_TRY(check_fact_table(v, i));
        }
        KT_TRY(report_missing(v));
    }
    return check_log_ends(v);
}
