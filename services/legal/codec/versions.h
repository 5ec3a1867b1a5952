/* versions.h: messages of uploads and versions to records and back. */
#ifndef LEGAL_CODEC_VERSIONS_H
#define LEGAL_CODEC_VERSIONS_H

#include "domain/contracts.h"

#include <kantor/legal/v1/contracts.kt.h>
#include <kt/fields.h>

/* An upload that begins, with its id. */
kt_status_t legal_begin_from_pb(kt_call_t *call, const legal_begin_version_request_t *request,
                                legal_upload_record_t *upload);

typedef struct legal_chunk {
    kt_ulid_t upload;
    int64_t offset;
    kt_span_t data;
} legal_chunk_t;
kt_status_t legal_chunk_from_pb(kt_call_t *call, const legal_put_chunk_request_t *request,
                                legal_chunk_t *chunk);

typedef struct legal_finish {
    kt_ulid_t upload;
    int64_t size;
    uint8_t sha256[KT_HASH_BYTES]; /* all zero: not given */
} legal_finish_t;
kt_status_t legal_finish_from_pb(kt_call_t *call, const legal_finish_version_request_t *request,
                                 legal_finish_t *finish);

kt_status_t
legal_upload_to_pb(kt_call_t *call, const legal_upload_record_t *upload, legal_upload_t *response);
kt_status_t
legal_version_to_pb(kt_call_t *call, kt_span_t contract, const legal_version_record_t *version,
                    legal_contract_version_t *response);
kt_status_t
legal_versions_to_pb(kt_call_t *call, kt_span_t contract, const legal_version_record_t *versions,
                     uint32_t count, legal_list_versions_response_t *response);

/* The contract, and in *VERSION which version. */
kt_status_t legal_read_version_from_pb(kt_call_t *call, const legal_read_version_request_t *request,
                                       kt_span_t *contract, uint32_t *version);
/* DATA is borrowed. */
void
legal_chunk_to_pb(int64_t offset, kt_span_t data, int64_t size, legal_version_chunk_t *response);

#endif
