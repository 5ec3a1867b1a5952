/* versions.h: uploads, their content, and versions in the store. */
#ifndef LEGAL_STORE_VERSIONS_H
#define LEGAL_STORE_VERSIONS_H

#include "domain/uploads.h"

#include <kt/rows.h>

#define LEGAL_CONTENT_ROW_BYTES 1800

/* NOT_FOUND with UPLOAD_UNKNOWN. */
kt_status_t
legal_store_load_upload(const kt_call_t *call, const kt_ulid_t *id, legal_upload_record_t *upload);
/* Whether DATA at OFFSET is what is there, as far as there is something. */
kt_status_t legal_store_compare(const kt_call_t *call, const legal_upload_record_t *upload,
                                int64_t offset, kt_span_t data, bool *same);
/* The SHA-256 of all that is there. */
kt_status_t legal_store_hash(const kt_call_t *call, const legal_upload_record_t *upload,
                             uint8_t sha256[KT_HASH_BYTES]);

kt_status_t legal_store_apply_upload(const kt_call_t *call, const legal_upload_record_t *upload);
/* What of DATA at OFFSET lies behind the end of BEFORE. */
kt_status_t legal_store_apply_chunk(const kt_call_t *call, const legal_upload_record_t *before,
                                    int64_t offset, kt_span_t data);
kt_status_t legal_store_apply_version(const kt_call_t *call, kt_span_t contract,
                                      const legal_version_record_t *version);

/* NOT_FOUND with VERSION_UNKNOWN. */
kt_status_t legal_store_load_version(const kt_call_t *call, kt_span_t contract, uint32_t number,
                                     legal_version_record_t *version);
kt_status_t
legal_store_list_contract_versions(const kt_call_t *call, kt_span_t contract, kt_row_page_t *page);
/* At most SIZE bytes of a version from OFFSET, in the arena. */
kt_status_t legal_store_read(const kt_call_t *call, const legal_version_record_t *version,
                             int64_t offset, size_t size, kt_span_t *data);

#endif
