#include "codec/versions.h"

kt_status_t
legal_begin_from_pb(kt_call_t *call, const legal_begin_version_request_t *request,
                    legal_upload_record_t *upload)
{
    kt_layout_clear(&legal_upload_layout, upload);
    KT_TRY(kt_fields_from_pb(call, &legal_upload_layout, &request->base, "", upload));
    upload->upload = kt_call_new_id(call);
    upload->begun_by = kt_span_str(call->principal);
    upload->begun_us = call->now_us;
    return kt_ok();
}

static const kt_field_t CHUNK_FIELDS[] = {
    KT_F_ID(legal_chunk_t, upload, KT_REQUIRED),
    KT_F_I64(legal_chunk_t, offset, 0, LEGAL_VERSION_BYTES_MAX, 0),
};
static const kt_layout_t CHUNK = KT_LAYOUT("chunk", legal_chunk_t, CHUNK_FIELDS);

kt_status_t
legal_chunk_from_pb(kt_call_t *call, const legal_put_chunk_request_t *request, legal_chunk_t *chunk)
{
    *chunk = (legal_chunk_t){.data = kt_span(request->data.data, request->data.len)};
    KT_TRY(kt_fields_from_pb(call, &CHUNK, &request->base, "", chunk));
    if (chunk->data.size == 0 || chunk->data.size > LEGAL_CHUNK_BYTES_MAX)
        return kt_call_bad_field(call, "is 1 to 49,152 bytes", "data");
    return kt_ok();
}

static const kt_field_t FINISH_FIELDS[] = {
    KT_F_ID(legal_finish_t, upload, KT_REQUIRED),
    KT_F_I64(legal_finish_t, size, 0, LEGAL_VERSION_BYTES_MAX, 0),
    KT_F_HASH(legal_finish_t, sha256, 0),
};
static const kt_layout_t FINISH = KT_LAYOUT("finish", legal_finish_t, FINISH_FIELDS);

kt_status_t
legal_finish_from_pb(kt_call_t *call, const legal_finish_version_request_t *request,
                     legal_finish_t *finish)
{
    *finish = (legal_finish_t){0};
    return kt_fields_from_pb(call, &FINISH, &request->base, "", finish);
}

kt_status_t
legal_upload_to_pb(kt_call_t *call, const legal_upload_record_t *upload, legal_upload_t *response)
{
    return kt_fields_to_pb(call, &legal_upload_layout, upload, &response->base);
}

kt_status_t
legal_version_to_pb(kt_call_t *call, kt_span_t contract, const legal_version_record_t *version,
                    legal_contract_version_t *response)
{
    response->contract = kt_arena_copy(call->arena, contract);
    if (!response->contract)
        return kt_call_out_of_memory(call);
    return kt_fields_to_pb(call, &legal_version_layout, version, &response->base);
}

kt_status_t
legal_versions_to_pb(kt_call_t *call, kt_span_t contract, const legal_version_record_t *versions,
                     uint32_t count, legal_list_versions_response_t *response)
{
    KT_TRY(kt_fields_list_to_pb(call, &legal_version_layout, versions, count,
                                &legal_contract_version_descriptor, &response->n_versions,
                                (void ***)&response->versions));
    for (uint32_t i = 0; i < count; i++) {
        response->versions[i]->contract = kt_arena_copy(call->arena, contract);
        if (!response->versions[i]->contract)
            return kt_call_out_of_memory(call);
    }
    return kt_ok();
}

kt_status_t
legal_read_version_from_pb(kt_call_t *call, const legal_read_version_request_t *request,
                           kt_span_t *contract, uint32_t *version)
{
    typedef struct order {
        kt_span_t contract;
        uint32_t version;
    } order_t;
    static const kt_field_t fields[] = {
        KT_F_NAME(order_t, contract, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
        KT_F_U32(order_t, version, 0, UINT32_MAX, 0),
    };
    static const kt_layout_t layout = KT_LAYOUT("order", order_t, fields);
    order_t order = {0};
    KT_TRY(kt_fields_from_pb(call, &layout, &request->base, "", &order));
    *contract = order.contract;
    *version = order.version;
    return kt_ok();
}

void
legal_chunk_to_pb(int64_t offset, kt_span_t data, int64_t size, legal_version_chunk_t *response)
{
    response->offset = offset;
    response->data = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)data.data,
                                           .len = data.size};
    response->size = size;
}
