/* kantor.store.v1.Store: what every department's store answers. */
#include "keeper.h"
#include "lives.h"
#include "shell.h"
#include "witness.h"

#include <errno.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kantor/store/v1/store.kt.h>
#include <kt/fields.h>
#include <kt/rows.h>
#include <stdio.h>
#include <sys/stat.h>

/* How often a stream looks at work that has nothing new to say. */
#define LOOK_MS 100

static kt_shell_t *
shell_of(const kt_call_t *call)
{
    return (kt_shell_t *)call->service;
}

/* ---- Stats ---- */

static kt_status_t
put_hash(kt_call_t *call, const kt_hash_t *hash, ProtobufCBinaryData *out)
{
    return kt_bytes_to_pb(call, kt_span(hash->bytes, sizeof(hash->bytes)), out);
}

static kt_status_t
put_table(kt_call_t *call, uint32_t table, store_table_stats_t *out)
{
    kt_table_stat_t stat;

    KT_TRY(kt_kv_table_stat(call->txn, table, &stat));
    out->name = (char *)(uintptr_t)shell_of(call)->service->tables[table].name;
    out->records = stat.records;
    out->pages = stat.pages;
    out->written_records = stat.written_records;
    out->written_bytes = stat.written_bytes;
    return kt_ok();
}

static kt_status_t
put_tables(kt_call_t *call, store_stats_response_t *response)
{
    uint32_t count = shell_of(call)->service->tables_count;
    store_table_stats_t *stats = KT_ARENA_ARRAY(call->arena, store_table_stats_t, count);

    response->tables = KT_ARENA_ARRAY(call->arena, store_table_stats_t *, count);
    if (!stats || !response->tables)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < count; i++) {
        stats[i] = (store_table_stats_t)STORE_TABLE_STATS_INIT;
        KT_TRY(put_table(call, i, &stats[i]));
        response->tables[i] = &stats[i];
    }
    response->n_tables = count;
    return kt_ok();
}

static kt_status_t
stats(kt_call_t *call, const store_stats_request_t *request, store_stats_response_t *response)
{
    kt_shell_t *shell = shell_of(call);
    kt_kv_stat_t stat;
    kt_hash_t root;

    (void)request;
    KT_TRY(kt_kv_stat(shell->store, &stat));
    KT_TRY(kt_journal_head(call->txn, &response->journal_size, &root));
    response->service = (char *)(uintptr_t)shell->service->name;
    response->format = stat.format;
    response->used_bytes = stat.used_bytes;
    response->file_bytes = stat.file_bytes;
    response->quota_bytes = stat.quota_bytes;
    response->settlements = stat.settlements;
    response->settled_pages = stat.settled_pages;
    response->epoch = shell->life.epoch;
    KT_TRY(kt_life_id_to_pb(call, &shell->life.life, &response->life));
    KT_TRY(put_hash(call, &root, &response->journal_root));
    return put_tables(call, response);
}

/* ---- work of the keeper, as streams ---- */

typedef struct watch {
    uint64_t ticket;
    bool told_end;
} watch_t;

static void
watch_ended(kt_call_t *call)
{
    kt_keeper_leave(shell_of(call)->keeper, ((const watch_t *)call->state)->ticket);
}

static kt_status_t
begin_work(kt_call_t *call, kt_work_t work, const char *path)
{
    watch_t *watch = KT_ARENA_NEW(call->stream_arena, watch_t);

    if (!watch)
        return kt_call_out_of_memory(call);
    KT_TRY(kt_keeper_begin(shell_of(call)->keeper, work, path, &watch->ticket));
    call->state = watch;
    call->ended = watch_ended;
    return kt_ok();
}

/* NULL in *LOOK: nothing to say now, or no more; GIVEN tells which. */
static kt_status_t
look_at_work(kt_call_t *call, kt_look_t **look, kt_give_t *given)
{
    watch_t *watch = (watch_t *)call->state;
    kt_look_t *found = KT_ARENA_NEW(call->arena, kt_look_t);

    *look = NULL;
    *given = KT_GIVE_END;
    if (watch->told_end)
        return kt_ok();
    if (!found)
        return kt_call_out_of_memory(call);
    if (!kt_keeper_look(shell_of(call)->keeper, watch->ticket, found)) {
        *given = KT_GIVE_WAIT;
        return kt_call_again(call, LOOK_MS);
    }
    if (found->finished && kt_failed(found->status))
        return kt_error((kt_code_t)found->status.code, found->status.reason,
                        kt_arena_printf(call->arena, "%s", found->status.text));
    watch->told_end = found->finished;
    *look = found;
    *given = KT_GIVE_MESSAGE;
    return kt_ok();
}

/* ---- Verify ---- */

static kt_status_t
verify_take(kt_call_t *call, const store_verify_request_t *request)
{
    return request ? begin_work(call, KT_WORK_VERIFY, NULL) : kt_ok();
}

static kt_status_t
put_findings(kt_call_t *call, kt_look_t *look, store_verify_progress_t *response)
{
    store_finding_t *findings = KT_ARENA_ARRAY(call->arena, store_finding_t,
                                               look->findings_count + 1);

    response->findings = KT_ARENA_ARRAY(call->arena, store_finding_t *, look->findings_count + 1);
    if (!findings || !response->findings)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < look->findings_count; i++) {
        findings[i] = (store_finding_t)STORE_FINDING_INIT;
        findings[i].table = (char *)(uintptr_t)look->findings[i].table;
        findings[i].key = look->findings[i].key;
        findings[i].what = look->findings[i].what;
        response->findings[i] = &findings[i];
    }
    response->n_findings = look->findings_count;
    return kt_ok();
}

static kt_status_t
verify_give(kt_call_t *call, store_verify_progress_t *response, kt_give_t *given)
{
    kt_look_t *look;

    KT_TRY(look_at_work(call, &look, given));
    if (!look)
        return kt_ok();
    response->done = look->done;
    response->all = look->all;
    response->finished = look->finished;
    KT_TRY(put_findings(call, look, response));
    if (!look->finished)
        return kt_ok();
    response->findings_count = look->findings_all;
    response->journal_size = look->journal_size;
    return put_hash(call, &look->journal_root, &response->journal_root);
}

/* ---- Backup ---- */

static bool
name_valid(const char *name)
{
    size_t size = strlen(name);

    return size <= KT_BACKUP_NAME_MAX && name[0] != '.' &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
               size;
}

/* "finance-2026-11-23T16-04-05Z": the service and the call's time. */
static const char *
name_by_time(kt_call_t *call)
{
    char time[28];

    kt_time_format(call->now_us, time);
    time[13] = time[16] = '-';
    return kt_arena_printf(call->arena, "%s-%.19sZ", shell_of(call)->service->name, time);
}

static kt_status_t
backup_take(kt_call_t *call, const store_backup_request_t *request)
{
    const char *folder = shell_of(call)->options.backups;
    const char *name, *path;

    if (!request)
        return kt_ok();
    if (!folder)
        return kt_error(
            KT_FAILED_PRECONDITION, 0,
            "this instance has no folder for backups: see backups in its configuration");
    if (!name_valid(request->name))
        return kt_call_bad_field(call, "must be [A-Za-z0-9._-]{1,64} and not begin with a dot",
                                 "name");
    name = request->name[0] != '\0' ? request->name : name_by_time(call);
    path = kt_arena_printf(call->arena, "%s/%s", folder, name);
    if (strlen(path) >= KT_BACKUP_PATH_MAX)
        return kt_error(KT_FAILED_PRECONDITION, 0, "the folder for backups has too long a path");
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return kt_error(KT_FAILED_PRECONDITION, 0, "the folder for backups cannot be made");
    return begin_work(call, KT_WORK_BACKUP, path);
}

static kt_status_t
backup_give(kt_call_t *call, store_backup_progress_t *response, kt_give_t *given)
{
    kt_look_t *look;

    KT_TRY(look_at_work(call, &look, given));
    if (!look)
        return kt_ok();
    response->done_bytes = look->done;
    response->all_bytes = look->all;
    if (!look->finished)
        return kt_ok();
    response->path = look->path;
    response->journal_size = look->journal_size;
    response->epoch = shell_of(call)->life.epoch;
    KT_TRY(kt_life_id_to_pb(call, &shell_of(call)->life.life, &response->life));
    return put_hash(call, &look->journal_root, &response->journal_root);
}

/* ---- Lives ---- */

static kt_status_t
lives(kt_call_t *call, const store_lives_request_t *request, store_lives_response_t *response)
{
    (void)request;
    return kt_lives_to_pb(call, true, &response->n_lives, &response->lives);
}

/* ---- Sweep ---- */

static kt_status_t
sweep(kt_call_t *call, const store_sweep_request_t *request, store_sweep_response_t *response)
{
    uint32_t max = request->records_max == 0 ? KT_SWEEP_RECORDS_USUAL : request->records_max;
    bool more = false;

    if (max > KT_SWEEP_RECORDS_MAX)
        return kt_call_bad_field(call, "must be at most 100,000", "records_max");
    kt_kv_use_reserve(call->txn);
    KT_TRY(kt_idempotency_sweep(call->txn, call->arena,
                                call->now_us - atomic_load(&shell_of(call)->tuning.retention_us),
                                max, &response->removed, &more));
    response->more = more;
    return kt_ok();
}

/* ---- Prove ---- */

static kt_status_t
prove_inclusion(kt_call_t *call, const store_prove_request_t *request, uint64_t size,
                kt_proof_t *proof, store_prove_response_t *response)
{
    kt_span_t record;
    kt_hash_t leaf;

    KT_TRY(kt_journal_prove_inclusion(call->txn, request->index, size, proof));
    KT_TRY(kt_journal_get(call->txn, request->index, &record));
    leaf = kt_merkle_leaf(record);
    return put_hash(call, &leaf, &response->leaf_hash);
}

static kt_status_t
prove_consistency(kt_call_t *call, const store_prove_request_t *request, uint64_t size,
                  kt_proof_t *proof, store_prove_response_t *response)
{
    kt_hash_t root;

    KT_TRY(kt_journal_prove_consistency(call->txn, request->old_size, size, proof));
    KT_TRY(kt_journal_root(call->txn, request->old_size, &root));
    return put_hash(call, &root, &response->old_root);
}

static kt_status_t
prove(kt_call_t *call, const store_prove_request_t *request, store_prove_response_t *response)
{
    uint64_t size = request->new_size;
    kt_proof_t proof = {0};
    kt_hash_t root;

    if (size == 0)
        KT_TRY(kt_journal_head(call->txn, &size, &root));
    KT_TRY(kt_journal_root(call->txn, size, &root));
    if (request->by_index)
        KT_TRY(prove_inclusion(call, request, size, &proof, response));
    else
        KT_TRY(prove_consistency(call, request, size, &proof, response));
    response->size = size;
    response->hashes = KT_ARENA_ARRAY(call->arena, ProtobufCBinaryData, proof.count + 1);
    if (!response->hashes)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < proof.count; i++)
        KT_TRY(put_hash(call, &proof.hashes[i], &response->hashes[i]));
    response->n_hashes = proof.count;
    return put_hash(call, &root, &response->root);
}

/* ---- Witnesses ---- */

static kt_status_t
list_witnesses(kt_call_t *call, const kt_key_t *prefix, const kt_list_page_t *page,
               store_witnesses_response_t *response)
{
    kt_row_page_t rows;

    KT_TRY(kt_rows_page(call, call->shared_first + KT_SHARED_WITNESS, prefix, page->place,
                        page->size, &kt_witness_layout, kt_witness_read_key, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &kt_witness_layout, rows.rows, rows.count,
                                &store_witness_descriptor, &response->n_witnesses,
                                (void ***)&response->witnesses));
    for (uint32_t i = 0; i < rows.count; i++)
        KT_TRY(kt_life_id_to_pb(call, &((const kt_kept_witness_t *)rows.rows)[i].life,
                                &response->witnesses[i]->life));
    return kt_page_to_pb(call, page, rows.next, &response->next_page_token);
}

static kt_status_t
witnesses(kt_call_t *call, const store_witnesses_request_t *request,
          store_witnesses_response_t *response)
{
    const char *fields[] = {request->principal};
    kt_span_t principal = kt_span_str(request->principal);
    kt_list_page_t page;
    kt_key_t prefix;

    if (principal.size > KT_PRINCIPAL_BYTES_MAX)
        return kt_call_bad_field(call, "is longer than 64 bytes", "principal");
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, KT_COUNT(fields),
                           &page));
    (void)kt_key(&prefix);
    if (principal.size > 0)
        (void)kt_key_name(&prefix, principal);
    return call->shared_first == 0 ? kt_ok() : list_witnesses(call, &prefix, &page, response);
}

kt_binding_t
kt_store_binding(void)
{
    static const store_store_handlers_t handlers = {
        .stats = stats,
        .backup_take = backup_take,
        .backup_give = backup_give,
        .verify_take = verify_take,
        .verify_give = verify_give,
        .sweep = sweep,
        .witnesses = witnesses,
        .lives = lives,
        .prove = prove,
    };

    return store_store_bind(&handlers);
}
