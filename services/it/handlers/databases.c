#include "handlers/databases.h"

#include "codec/databases.h"
#include "codec/networks.h"
#include "store/databases.h"
#include "store/mark.h"

#include <kt/event.h>

/* ---- databases ---- */

static kt_status_t
register_database(kt_call_t *call, const it_register_database_request_t *request,
                  it_database_t *response)
{
    it_database_record_t draft;
    bool there = false;
    uint32_t databases;
    KT_TRY(it_database_from_pb(call, request->database, &draft));
    KT_TRY(it_store_load_register(call, draft.database, &there, &databases));
    KT_TRY(it_decide_register_database(call->arena, &draft, there, databases, call->now_us));
    KT_TRY(it_database_to_pb(call, &draft, NULL, 0, response));
    return it_store_put_database(call, &draft);
}

/* DATABASE with its newest sample. */
static kt_status_t
show(kt_call_t *call, const it_database_record_t *database, it_database_t *response)
{
    const it_sample_record_t *last;
    int64_t bytes_per_day;
    KT_TRY(it_store_load_growth(call, database->database, &last, &bytes_per_day));
    return it_database_to_pb(call, database, last, bytes_per_day, response);
}

static kt_status_t
update_database(kt_call_t *call, const it_update_database_request_t *request,
                it_database_t *response)
{
    it_database_record_t draft, database;
    bool kept = false;
    KT_TRY(it_database_from_pb(call, request->database, &draft));
    KT_TRY(it_store_need_database(call, draft.database, &database));
    it_decide_update_database(&draft, call->now_us, &database, &kept);
    KT_TRY(show(call, &database, response));
    return it_store_apply_update_database(call, &database, kept);
}

static kt_status_t
get_database(kt_call_t *call, const it_get_database_request_t *request, it_database_t *response)
{
    kt_span_t name;
    it_database_record_t database;
    KT_TRY(it_name_from_pb(call, request->database, "database", &name));
    KT_TRY(it_store_need_database(call, name, &database));
    return show(call, &database, response);
}

static kt_status_t
list_databases(kt_call_t *call, const it_list_databases_request_t *request,
               it_list_databases_response_t *response)
{
    kt_list_page_t page;
    kt_row_page_t rows;
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(it_store_list_databases(call, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &it_database_layout, rows.rows, rows.count,
                                &it_database_descriptor, &response->n_databases,
                                (void ***)&response->databases));
    const it_database_record_t *databases = (const it_database_record_t *)rows.rows;
    for (uint32_t i = 0; i < rows.count; i++)
        KT_TRY(show(call, &databases[i], response->databases[i]));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- samples ---- */

static kt_status_t
report_sample(kt_call_t *call, const it_report_sample_request_t *request, it_sample_t *response)
{
    it_sample_record_t sample;
    it_sample_facts_t facts;
    KT_TRY(it_sample_from_pb(call, request, &sample));
    KT_TRY(it_store_load_sample(call, sample.database, &facts));
    KT_TRY(it_decide_sample(call->arena, &sample, &facts));
    KT_TRY(kt_fields_to_pb(call, &it_sample_layout, &sample, &response->base));
    return it_store_apply_sample(call, &sample);
}

static kt_status_t
list_samples(kt_call_t *call, const it_list_samples_request_t *request,
             it_list_samples_response_t *response)
{
    kt_span_t name;
    kt_list_page_t page;
    kt_row_page_t rows;
    KT_TRY(it_database_page_from_pb(call, request->database, request->page_size,
                                    request->page_token, &name, &page));
    KT_TRY(it_store_list_samples(call, name, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &it_sample_layout, rows.rows, rows.count,
                                &it_sample_descriptor, &response->n_samples,
                                (void ***)&response->samples));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- backups ---- */

static kt_status_t
report_backup(kt_call_t *call, const it_report_backup_request_t *request, it_backup_t *response)
{
    it_backup_record_t draft;
    it_backup_facts_t facts;
    it_backup_effects_t fx;
    KT_TRY(it_backup_from_pb(call, request, &draft));
    KT_TRY(it_store_load_backup(call, &draft, &facts));
    KT_TRY(it_decide_backup(call->arena, &draft, &facts, kt_span_str(call->principal), call->now_us,
                            &fx));
    KT_TRY(kt_fields_to_pb(call, &it_backup_layout, &fx.backup, &response->base));
    return it_store_apply_backup(call, &fx);
}

static kt_status_t
list_backups(kt_call_t *call, const it_list_backups_request_t *request,
             it_list_backups_response_t *response)
{
    kt_span_t name;
    kt_list_page_t page;
    kt_row_page_t rows;
    KT_TRY(it_database_page_from_pb(call, request->database, request->page_size,
                                    request->page_token, &name, &page));
    KT_TRY(it_store_list_backups(call, name, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &it_backup_layout, rows.rows, rows.count,
                                &it_backup_descriptor, &response->n_backups,
                                (void ***)&response->backups));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- restore proofs ---- */

/* A claim that does not hold is kept: who said that what could be restored. */
static kt_status_t
keep_refusal(kt_call_t *call, const it_proof_record_t *draft, const it_proof_facts_t *facts,
             kt_status_t status)
{
    if (status.code != KT_FAILED_PRECONDITION)
        return status;
    const char *subject = kt_arena_printf(call->arena, "backup %.*s of %.*s",
                                          (int)draft->backup.size, (const char *)draft->backup.data,
                                          (int)draft->database.size,
                                          (const char *)draft->database.data);
    const char *state = facts->backup.outcome == IT_BACKUP_GOOD ? "GOOD" : "FAILED";
    return kt_call_refuse(call, status.reason, status.text, subject, state, "prove");
}

static kt_status_t
report_restore_proof(kt_call_t *call, const it_report_restore_proof_request_t *request,
                     it_restore_proof_t *response)
{
    it_proof_record_t draft;
    it_proof_facts_t facts;
    it_proof_effects_t fx;
    KT_TRY(it_proof_from_pb(call, request, &draft));
    KT_TRY(it_store_load_proof(call, &draft, &facts));
    kt_status_t status = it_decide_proof(call->arena, &draft, &facts, kt_call_new_name(call),
                                         kt_span_str(call->principal), call->now_us, &fx);
    if (kt_failed(status))
        return keep_refusal(call, &draft, &facts, status);
    KT_TRY(kt_fields_to_pb(call, &it_proof_layout, &fx.proof, &response->base));
    return it_store_apply_proof(call, &fx);
}

static kt_status_t
list_restore_proofs(kt_call_t *call, const it_list_restore_proofs_request_t *request,
                    it_list_restore_proofs_response_t *response)
{
    kt_span_t name;
    kt_list_page_t page;
    kt_row_page_t rows;
    if (request->page_size > IT_PROOFS_PAGE_MAX)
        return kt_call_bad_field(call, "is 1 to 100", "page_size");
    KT_TRY(it_database_page_from_pb(call, request->database, request->page_size,
                                    request->page_token, &name, &page));
    KT_TRY(it_store_list_proofs(call, name, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &it_proof_layout, rows.rows, rows.count,
                                &it_restore_proof_descriptor, &response->n_proofs,
                                (void ***)&response->proofs));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- the objective ---- */

static kt_status_t
run_rpo(kt_call_t *call, const it_run_rpo_request_t *request, it_run_rpo_response_t *response)
{
    kt_row_page_t rows;
    it_database_record_t *broken[IT_BREAKS_MAX];
    (void)request;
    KT_TRY(it_store_list_databases(call, kt_span(NULL, 0), IT_DATABASES_MAX, &rows));
    it_database_record_t *databases = (it_database_record_t *)rows.rows;
    response->broken = KT_ARENA_ARRAY(call->arena, char *, IT_BREAKS_MAX);
    if (!response->broken)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < rows.count && !response->more; i++) {
        if (!it_decide_break(&databases[i], call->now_us))
            continue;
        response->more = response->n_broken == IT_BREAKS_MAX;
        if (response->more)
            break;
        broken[response->n_broken] = &databases[i];
        response->broken[response->n_broken] = kt_arena_copy(call->arena, databases[i].database);
        if (!response->broken[response->n_broken++])
            return kt_call_out_of_memory(call);
    }
    for (size_t i = 0; i < response->n_broken; i++)
        KT_TRY(it_store_apply_break(call, broken[i]));
    return kt_ok();
}

const it_databases_handlers_t it_databases_handlers = {
    .register_database = register_database,
    .update_database = update_database,
    .get_database = get_database,
    .list_databases = list_databases,
    .report_sample = report_sample,
    .list_samples = list_samples,
    .report_backup = report_backup,
    .list_backups = list_backups,
    .report_restore_proof = report_restore_proof,
    .list_restore_proofs = list_restore_proofs,
    .run_rpo = run_rpo,
};
