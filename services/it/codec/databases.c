#include "codec/databases.h"

#include "codec/networks.h"

kt_status_t
it_database_from_pb(kt_call_t *call, const it_database_t *message, it_database_record_t *draft)
{
    *draft = (it_database_record_t){0};
    return kt_fields_from_pb(call, &it_database_layout, message ? &message->base : NULL,
                             "database.", draft);
}

kt_status_t
it_sample_from_pb(kt_call_t *call, const it_report_sample_request_t *request,
                  it_sample_record_t *sample)
{
    *sample = (it_sample_record_t){0};
    KT_TRY(kt_fields_from_pb(call, &it_sample_layout,
                             request->sample ? &request->sample->base : NULL, "sample.", sample));
    if (sample->at_us > call->now_us + IT_SAMPLE_AHEAD_US)
        return kt_call_bad_field(call, "lies ahead of the department's clock", "sample.at_us");
    return kt_ok();
}

kt_status_t
it_backup_from_pb(kt_call_t *call, const it_report_backup_request_t *request,
                  it_backup_record_t *draft)
{
    *draft = (it_backup_record_t){0};
    KT_TRY(kt_fields_from_pb(call, &it_backup_layout,
                             request->backup ? &request->backup->base : NULL, "backup.", draft));
    if (draft->started_us > call->now_us)
        return kt_call_bad_field(call, "lies in the future", "backup.started_us");
    if (draft->finished_us > call->now_us + IT_SAMPLE_AHEAD_US)
        return kt_call_bad_field(call, "lies in the future", "backup.finished_us");
    if (draft->finished_us < draft->started_us)
        return kt_call_bad_field(call, "is started_us or after", "backup.finished_us");
    return kt_ok();
}

kt_status_t
it_proof_from_pb(kt_call_t *call, const it_report_restore_proof_request_t *request,
                 it_proof_record_t *draft)
{
    *draft = (it_proof_record_t){0};
    KT_TRY(kt_fields_from_pb(call, &it_proof_layout, request->proof ? &request->proof->base : NULL,
                             "proof.", draft));
    const it_counted_record_t *tables = (const it_counted_record_t *)draft->tables.items;
    if (draft->outcome == IT_PROOF_GOOD && draft->tables.count == 0)
        return kt_call_bad_field(call, "names what was counted", "proof.tables");
    for (uint32_t i = 0; i < draft->tables.count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (kt_span_equal(tables[i].table, tables[k].table))
                return kt_call_bad_field(call, "is there twice", "proof.tables[%u].table",
                                         (unsigned)i);
    return kt_ok();
}

kt_status_t
it_database_page_from_pb(kt_call_t *call, const char *database, int32_t size, const char *token,
                         kt_span_t *name, kt_list_page_t *page)
{
    const char *const fields[] = {database};
    KT_TRY(it_name_from_pb(call, database, "database", name));
    return kt_page_from_pb(call, size, token, fields, KT_COUNT(fields), page);
}

kt_status_t
it_database_to_pb(kt_call_t *call, const it_database_record_t *database,
                  const it_sample_record_t *last, int64_t bytes_per_day, it_database_t *response)
{
    const it_database_view_t view = {
        .rpo_broken_now = it_rpo_broken(database, call->now_us),
        .growth_bytes_per_day = bytes_per_day,
    };
    KT_TRY(kt_fields_to_pb(call, &it_database_layout, database, &response->base));
    KT_TRY(kt_fields_to_pb(call, &it_database_view_layout, &view, &response->base));
    if (!last)
        return kt_ok();
    response->last_sample = KT_ARENA_NEW(call->arena, it_sample_t);
    if (!response->last_sample)
        return kt_call_out_of_memory(call);
    *response->last_sample = (it_sample_t)IT_SAMPLE_INIT;
    return kt_fields_to_pb(call, &it_sample_layout, last, &response->last_sample->base);
}
