/* The content of contracts: in by pieces, out as a stream. */
#include "codec/versions.h"

#include "codec/contracts.h"
#include "handlers/contracts.h"
#include "store/contracts.h"
#include "store/versions.h"

kt_status_t
legal_begin_version(kt_call_t *call, const legal_begin_version_request_t *request,
                    legal_upload_t *response)
{
    legal_upload_record_t upload;
    legal_case_t at = {.caller = legal_caller(call)};
    KT_TRY(legal_begin_from_pb(call, request, &upload));
    KT_TRY(legal_store_load_case(call, upload.contract, 0, &at));
    KT_TRY(legal_kept(call, &at.contract, LEGAL_DO_VERSION, legal_decide_upload(&at)));
    KT_TRY(legal_check_uploads(&at.contract));
    legal_contract_record_t next = at.contract;
    next.uploads++;
    KT_TRY(legal_upload_to_pb(call, &upload, response));
    KT_TRY(legal_store_apply_upload(call, &upload));
    return legal_store_apply_contract(call, &at.contract, &next);
}

kt_status_t
legal_put_chunk(kt_call_t *call, const legal_put_chunk_request_t *request, legal_upload_t *response)
{
    legal_chunk_t chunk;
    legal_upload_record_t upload, next;
    KT_TRY(legal_chunk_from_pb(call, request, &chunk));
    KT_TRY(legal_store_load_upload(call, &chunk.upload, &upload));
    KT_TRY(legal_check_upload(&upload, kt_span_str(call->principal)));
    legal_piece_t piece = {.offset = chunk.offset, .size = (int64_t)chunk.data.size};
    KT_TRY(legal_store_compare(call, &upload, chunk.offset, chunk.data, &piece.same));
    KT_TRY(legal_decide_chunk(&upload, &piece, &next));
    KT_TRY(legal_upload_to_pb(call, &next, response));
    KT_TRY(legal_store_apply_chunk(call, &upload, chunk.offset, chunk.data));
    /* Whoever writes for another says so here or at the end: either makes both editors. */
    KT_TRY(legal_store_apply_editor(call, upload.contract));
    return legal_store_apply_upload(call, &next);
}

static legal_version_record_t
version_of(const kt_call_t *call, const legal_upload_record_t *upload,
           const legal_contract_record_t *contract)
{
    legal_version_record_t version = {.version = contract->version,
                                      .size = upload->size,
                                      .media_type = upload->media_type,
                                      .name = upload->name,
                                      .finished_by = kt_span_str(call->principal),
                                      .on_behalf_of = kt_span_str(call->on_behalf_of),
                                      .finished_us = call->now_us,
                                      .upload = upload->upload};
    memcpy(version.sha256, contract->sha256, KT_HASH_BYTES);
    return version;
}

kt_status_t
legal_finish_version(kt_call_t *call, const legal_finish_version_request_t *request,
                     legal_contract_version_t *response)
{
    legal_finish_t finish;
    legal_upload_record_t upload;
    legal_contract_record_t next;
    uint8_t sha256[KT_HASH_BYTES];
    legal_case_t at = {.caller = legal_caller(call)};
    KT_TRY(legal_finish_from_pb(call, request, &finish));
    KT_TRY(legal_store_load_upload(call, &finish.upload, &upload));
    KT_TRY(legal_check_upload(&upload, at.caller.principal));
    KT_TRY(legal_store_load_case(call, upload.contract, 0, &at));
    KT_TRY(legal_store_hash(call, &upload, sha256));
    KT_TRY(legal_decide_finish(&upload, finish.size, finish.sha256, sha256));
    KT_TRY(
        legal_kept(call, &at.contract, LEGAL_DO_VERSION, legal_decide_version(&at, sha256, &next)));
    legal_version_record_t version = version_of(call, &upload, &next);
    KT_TRY(legal_version_to_pb(call, next.contract, &version, response));
    upload.finished = true;
    KT_TRY(legal_store_apply_upload(call, &upload));
    KT_TRY(legal_store_apply_version(call, next.contract, &version));
    KT_TRY(legal_store_apply_editor(call, next.contract));
    return legal_store_apply_contract(call, &at.contract, &next);
}

/* ---- reading ---- */

static kt_status_t
load_seen(kt_call_t *call, kt_span_t contract, legal_case_t *at)
{
    *at = (legal_case_t){.caller = legal_caller(call)};
    KT_TRY(legal_store_load_case(call, contract, 0, at));
    return legal_check_seen(&at->caller, &at->contract);
}

kt_status_t
legal_list_versions(kt_call_t *call, const legal_list_versions_request_t *request,
                    legal_list_versions_response_t *response)
{
    legal_order_t order;
    legal_case_t at;
    kt_row_page_t page;
    KT_TRY(legal_order_from_pb(call, &request->base, &order));
    KT_TRY(load_seen(call, order.contract, &at));
    KT_TRY(legal_store_list_contract_versions(call, order.contract, &page));
    return legal_versions_to_pb(call, order.contract, page.rows, page.count, response);
}

/* Where a stream stands. Of the version only numbers are used: its texts went with their step. */
typedef struct reading {
    legal_version_record_t version;
    int64_t offset;
} reading_t;

kt_status_t
legal_read_take(kt_call_t *call, const legal_read_version_request_t *request)
{
    kt_span_t contract;
    uint32_t number;
    legal_case_t at;
    if (!request)
        return kt_ok();
    reading_t *reading = KT_ARENA_NEW(call->stream_arena, reading_t);
    if (!reading)
        return kt_call_out_of_memory(call);
    KT_TRY(legal_read_version_from_pb(call, request, &contract, &number));
    KT_TRY(load_seen(call, contract, &at));
    KT_TRY(legal_store_load_version(call, contract, number ? number : at.contract.version,
                                    &reading->version));
    call->state = reading;
    return kt_ok();
}

kt_status_t
legal_read_give(kt_call_t *call, legal_version_chunk_t *response, kt_give_t *given)
{
    reading_t *reading = (reading_t *)call->state;
    kt_span_t data;
    *given = KT_GIVE_END;
    if (reading->offset == reading->version.size)
        return kt_ok();
    KT_TRY(
        legal_store_read(call, &reading->version, reading->offset, LEGAL_CHUNK_BYTES_MAX, &data));
    legal_chunk_to_pb(reading->offset, data, reading->version.size, response);
    reading->offset += (int64_t)data.size;
    *given = KT_GIVE_MESSAGE;
    return kt_ok();
}
