/* Keys: database: name. Sample: database, day. Backup: database, i64 start, name; backup_name:
 * database, name. Proof: database, id; proof_table: database, id, table. */
#include "store/databases.h"

#include "domain/reason.h"
#include "store/desk.h"
#include "store/tables.h"

#include <kt/event.h>
#include <kt/time.h>

#define TEXT(span) (int)(span).size, (const char *)(span).data

/* ---- databases ---- */

kt_status_t
it_store_load_register(const kt_call_t *call, kt_span_t database, bool *there, uint32_t *databases)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t key;
    *databases = 0;
    KT_TRY(kt_row_has(call, IT_TABLE_DATABASE, kt_key_of_name(&key, database), there));
    KT_TRY(kt_rows_begin(&rows, call, IT_TABLE_DATABASE, kt_key(&key)));
    while (kt_rows_next(&rows, NULL, NULL))
        ++*databases;
    return rows.status;
}

kt_status_t
it_store_put_database(const kt_call_t *call, const it_database_record_t *database)
{
    kt_key_t key;
    return kt_row_put(call, IT_TABLE_DATABASE, kt_key_of_name(&key, database->database),
                      &it_database_layout, database);
}

kt_status_t
it_store_load_database(const kt_call_t *call, kt_span_t name, it_database_record_t *database,
                       bool *there)
{
    kt_key_t key;
    return kt_row_get(call, IT_TABLE_DATABASE, kt_key_of_name(&key, name), &it_database_layout,
                      database, there);
}

kt_status_t
it_store_need_database(const kt_call_t *call, kt_span_t name, it_database_record_t *database)
{
    bool there;
    KT_TRY(it_store_load_database(call, name, database, &there));
    return there ? kt_ok()
                 : kt_error(KT_NOT_FOUND, IT_DATABASE_UNKNOWN,
                            kt_arena_printf(call->arena, "there is no database %.*s", TEXT(name)));
}

kt_status_t
it_store_list_databases(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page)
{
    kt_key_t key;
    return kt_rows_page(call, IT_TABLE_DATABASE, kt_key(&key), from, size, &it_database_layout,
                        NULL, page);
}

/* ---- samples ---- */

static int32_t
day_of(int64_t at_us)
{
    return (int32_t)(at_us / KT_US_PER_DAY);
}

static kt_status_t
load_last_sample(const kt_call_t *call, kt_span_t database, const it_sample_record_t **last)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t key;
    it_sample_record_t *sample = KT_ARENA_NEW(call->arena, it_sample_record_t);
    *last = NULL;
    if (!sample)
        return kt_call_out_of_memory(call);
    KT_TRY(kt_rows_begin_last(&rows, call, IT_TABLE_SAMPLE, kt_key_of_name(&key, database)));
    if (kt_rows_next(&rows, &it_sample_layout, sample))
        *last = sample;
    return rows.status;
}

kt_status_t
it_store_load_growth(const kt_call_t *call, kt_span_t database, const it_sample_record_t **last,
                     int64_t *bytes_per_day)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t key, from;
    it_sample_record_t first;
    *bytes_per_day = 0;
    KT_TRY(load_last_sample(call, database, last));
    if (!*last)
        return kt_ok();
    kt_key_of_name(&key, database);
    from = key;
    kt_key_date(&from, day_of((*last)->at_us) - IT_GROWTH_DAYS);
    KT_TRY(kt_rows_begin_at(&rows, call, IT_TABLE_SAMPLE, &key, kt_key_span(&from)));
    if (kt_rows_next(&rows, &it_sample_layout, &first))
        *bytes_per_day = it_growth_per_day(&first, *last);
    return rows.status;
}

kt_status_t
it_store_load_sample(const kt_call_t *call, kt_span_t database, it_sample_facts_t *facts)
{
    kt_key_t key;
    KT_TRY(kt_row_has(call, IT_TABLE_DATABASE, kt_key_of_name(&key, database), &facts->there));
    return load_last_sample(call, database, &facts->last);
}

/* Whether the oldest sample is older than what is kept; KEY becomes its key. */
static kt_status_t
find_too_old(const kt_call_t *call, const it_sample_record_t *sample, kt_key_t *key, bool *found)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    it_sample_record_t oldest;
    kt_key_of_name(key, sample->database);
    *found = false;
    KT_TRY(kt_rows_begin(&rows, call, IT_TABLE_SAMPLE, key));
    if (kt_rows_next(&rows, &it_sample_layout, &oldest))
        *found = day_of(oldest.at_us) < day_of(sample->at_us) - IT_SAMPLE_DAYS_KEPT;
    if (*found)
        kt_key_date(key, day_of(oldest.at_us));
    return rows.status;
}

kt_status_t
it_store_apply_sample(const kt_call_t *call, const it_sample_record_t *sample)
{
    kt_key_t key, old;
    bool too_old;
    /* One a call is enough: one a call is added. */
    KT_TRY(find_too_old(call, sample, &old, &too_old));
    if (too_old)
        KT_TRY(kt_row_delete(call, IT_TABLE_SAMPLE, &old));
    kt_key_date(kt_key_of_name(&key, sample->database), day_of(sample->at_us));
    return kt_row_put(call, IT_TABLE_SAMPLE, &key, &it_sample_layout, sample);
}

kt_status_t
it_store_list_samples(const kt_call_t *call, kt_span_t database, kt_span_t from, uint32_t size,
                      kt_row_page_t *page)
{
    it_database_record_t record;
    kt_key_t key;
    KT_TRY(it_store_need_database(call, database, &record));
    return kt_rows_page(call, IT_TABLE_SAMPLE, kt_key_of_name(&key, database), from, size,
                        &it_sample_layout, NULL, page);
}

/* ---- backups ---- */

typedef struct name_row {
    int64_t started_us;
} name_row_t;
static const kt_field_t name_fields[] = {KT_F_TIME(name_row_t, started_us, 0)};
static const kt_layout_t name_layout = KT_LAYOUT("backup_name", name_row_t, name_fields);

static kt_key_t *
backup_key(kt_key_t *key, kt_span_t database, int64_t started_us, kt_span_t backup)
{
    return kt_key_name(kt_key_i64(kt_key_of_name(key, database), started_us), backup);
}

static kt_status_t
put_backup(const kt_call_t *call, const it_backup_record_t *backup)
{
    kt_key_t key;
    return kt_row_put(call, IT_TABLE_BACKUP,
                      backup_key(&key, backup->database, backup->started_us, backup->backup),
                      &it_backup_layout, backup);
}

static kt_status_t
tell(kt_call_t *call, const char *type, const it_database_record_t *database)
{
    kt_event_value_t values[] = {
        {.name = kt_span_str("last_good_backup"), .value = database->last_good_backup},
        {.name = kt_span_str("ticket"), .value = database->ticket},
    };
    return kt_event_emit(call, type, database->database, values, KT_COUNT(values));
}

kt_status_t
it_store_apply_update_database(kt_call_t *call, const it_database_record_t *database, bool kept)
{
    KT_TRY(it_store_put_database(call, database));
    return kept ? tell(call, "database.rpo_kept", database) : kt_ok();
}

kt_status_t
it_store_load_backup(const kt_call_t *call, const it_backup_record_t *draft,
                     it_backup_facts_t *facts)
{
    kt_key_t key;
    *facts = (it_backup_facts_t){0};
    KT_TRY(it_store_load_database(call, draft->database, &facts->database, &facts->database_there));
    return kt_row_has(call, IT_TABLE_BACKUP_NAME,
                      kt_key_name(kt_key_of_name(&key, draft->database), draft->backup),
                      &facts->there);
}

kt_status_t
it_store_apply_backup(kt_call_t *call, const it_backup_effects_t *fx)
{
    kt_key_t key;
    name_row_t row = {.started_us = fx->backup.started_us};
    KT_TRY(put_backup(call, &fx->backup));
    KT_TRY(kt_row_put(call, IT_TABLE_BACKUP_NAME,
                      kt_key_name(kt_key_of_name(&key, fx->backup.database), fx->backup.backup),
                      &name_layout, &row));
    return it_store_apply_update_database(call, &fx->database, fx->kept);
}

kt_status_t
it_store_list_backups(const kt_call_t *call, kt_span_t database, kt_span_t from, uint32_t size,
                      kt_row_page_t *page)
{
    it_database_record_t record;
    kt_key_t key;
    KT_TRY(it_store_need_database(call, database, &record));
    return kt_rows_page(call, IT_TABLE_BACKUP, kt_key_of_name(&key, database), from, size,
                        &it_backup_layout, NULL, page);
}

/* ---- restore proofs ---- */

/* From the newest down, the first that counts, but for the one that is proven now. */
static kt_status_t
load_other(const kt_call_t *call, const it_proof_record_t *draft, it_proof_facts_t *facts)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t key;
    it_backup_record_t *other = KT_ARENA_NEW(call->arena, it_backup_record_t);
    if (!other)
        return kt_call_out_of_memory(call);
    KT_TRY(kt_rows_begin_last(&rows, call, IT_TABLE_BACKUP, kt_key_of_name(&key, draft->database)));
    while (!facts->other && kt_rows_next(&rows, &it_backup_layout, other))
        if (other->outcome == IT_BACKUP_GOOD && other->proof != IT_PROOF_BAD &&
            !kt_span_equal(other->backup, draft->backup))
            facts->other = other;
    return rows.status;
}

kt_status_t
it_store_load_named_backup(const kt_call_t *call, kt_span_t database, kt_span_t name,
                           it_backup_record_t *backup, bool *there)
{
    kt_key_t key;
    name_row_t row;
    KT_TRY(kt_row_get(call, IT_TABLE_BACKUP_NAME, kt_key_name(kt_key_of_name(&key, database), name),
                      &name_layout, &row, there));
    if (!*there)
        return kt_ok();
    return kt_row_get(call, IT_TABLE_BACKUP, backup_key(&key, database, row.started_us, name),
                      &it_backup_layout, backup, there);
}

kt_status_t
it_store_load_proof(const kt_call_t *call, const it_proof_record_t *draft, it_proof_facts_t *facts)
{
    *facts = (it_proof_facts_t){0};
    KT_TRY(it_store_load_database(call, draft->database, &facts->database, &facts->database_there));
    KT_TRY(it_store_load_named_backup(call, draft->database, draft->backup, &facts->backup,
                                      &facts->backup_there));
    return facts->backup_there ? load_other(call, draft, facts) : kt_ok();
}

static kt_key_t *
proof_key(kt_key_t *key, const it_proof_record_t *proof)
{
    return kt_key_name(kt_key_of_name(key, proof->database), proof->proof);
}

kt_status_t
it_store_apply_proof(kt_call_t *call, const it_proof_effects_t *fx)
{
    kt_key_t key;
    const it_counted_record_t *tables = (const it_counted_record_t *)fx->proof.tables.items;
    KT_TRY(kt_row_put(call, IT_TABLE_PROOF, proof_key(&key, &fx->proof), &it_proof_layout,
                      &fx->proof));
    for (uint32_t i = 0; i < fx->proof.tables.count; i++)
        KT_TRY(kt_row_put(call, IT_TABLE_PROOF_TABLE,
                          kt_key_name(proof_key(&key, &fx->proof), tables[i].table),
                          &it_counted_table_layout, &tables[i]));
    KT_TRY(put_backup(call, &fx->backup));
    return it_store_apply_update_database(call, &fx->database, fx->kept);
}

kt_status_t
it_store_list_proofs(const kt_call_t *call, kt_span_t database, kt_span_t from, uint32_t size,
                     kt_row_page_t *page)
{
    it_database_record_t record;
    kt_key_t key;
    KT_TRY(it_store_need_database(call, database, &record));
    KT_TRY(kt_rows_page(call, IT_TABLE_PROOF, kt_key_of_name(&key, database), from, size,
                        &it_proof_layout, NULL, page));
    it_proof_record_t *proofs = (it_proof_record_t *)page->rows;
    for (uint32_t i = 0; i < page->count; i++) {
        kt_row_page_t tables;
        KT_TRY(kt_rows_page(call, IT_TABLE_PROOF_TABLE, proof_key(&key, &proofs[i]),
                            kt_span(NULL, 0), IT_COUNTED_TABLES_MAX, &it_counted_table_layout, NULL,
                            &tables));
        proofs[i].tables = (kt_list_t){.items = tables.rows, .count = tables.count};
    }
    return kt_ok();
}

/* ---- breaks ---- */

kt_status_t
it_store_apply_break(kt_call_t *call, it_database_record_t *database)
{
    char since[28];
    kt_time_format(database->broken_us, since);
    const char *cause = kt_arena_printf(call->arena, "rpo:%.*s", TEXT(database->database));
    const char *title = kt_arena_printf(
        call->arena, "The recovery point objective of %.*s is broken", TEXT(database->database));
    const char *description = kt_arena_printf(
        call->arena, "No good backup since %s less %u minutes. Last good backup: %.*s.", since,
        (unsigned)database->rpo_minutes, TEXT(database->last_good_backup));
    it_incident_t incident = {
        .cause = kt_span_str(cause),
        .title = kt_span_str(title),
        .description = kt_span_str(description),
        .priority = IT_URGENCY_HIGH,
    };
    KT_TRY(it_store_open_ticket(call, &incident, &database->ticket, NULL));
    KT_TRY(it_store_put_database(call, database));
    return tell(call, "database.rpo_broken", database);
}
