/*
 * Reads every record of every table, which checks its checksum, and looks each up by its key, as
 * calls do: a damaged page above a record lets a walk pass and a search miss it.
 */
#include "verify.h"

static kt_status_t
check_search(kt_verification_t *v, uint32_t table, kt_span_t key, kt_span_t value)
{
    kt_span_t found;
    kt_status_t status = kt_kv_get(v->txn, table, key, &found);

    if (status.code == KT_NOT_FOUND || (!kt_failed(status) && !kt_span_equal(found, value)))
        kt_verify_report(v, table, key, "the record is there, and a search does not find it");
    else if (status.code == KT_DATA_LOSS)
        kt_verify_report(v, table, key, "a search for it ends so: %s", status.text);
    else
        return status;
    return kt_ok();
}

static kt_status_t
check_table(kt_verification_t *v, uint32_t table)
{
    kt_cursor_t *cursor KT_CLEANUP(kt_kv_cursor_close) = NULL;
    kt_table_stat_t stat;
    kt_span_t key, value;
    uint64_t walked = 0;

    KT_TRY(kt_kv_table_stat(v->txn, table, &stat));
    KT_TRY(kt_kv_cursor(v->txn, table, &cursor));
    kt_status_t status = kt_cursor_first(cursor, &key, &value);
    for (; status.code != KT_NOT_FOUND; status = kt_cursor_next(cursor, &key, &value), walked++) {
        KT_TRY(kt_verify_step(v));
        if (status.code == KT_DATA_LOSS) {
            kt_verify_report(v, table, kt_span(NULL, 0), "%s", status.text);
            continue;
        }
        KT_TRY(status);
        KT_TRY(check_search(v, table, key, value));
    }
    if (walked != stat.records)
        kt_verify_report(v, table, kt_span(NULL, 0),
                         "a walk meets %llu records, and the table counts %llu",
                         (unsigned long long)walked, (unsigned long long)stat.records);
    return kt_ok();
}

kt_status_t
kt_verify_records(kt_verification_t *v)
{
    for (uint32_t i = 0; i < v->tables_count; i++)
        KT_TRY(check_table(v, i));
    return kt_ok();
}
