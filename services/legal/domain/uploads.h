/* uploads.h: how the content of a version comes in, piece by piece. Pure. */
#ifndef LEGAL_UPLOADS_H
#define LEGAL_UPLOADS_H

#include "domain/contracts.h"

/* A piece that comes in. */
typedef struct legal_piece {
    int64_t offset, size;
    bool same; /* as far as bytes are there already, they are the same */
} legal_piece_t;

/* Whether PRINCIPAL may go on with it: UPLOAD_NOT_YOURS, UPLOAD_FINISHED. */
kt_status_t legal_check_upload(const legal_upload_record_t *upload, kt_span_t principal);
/* FAILED_PRECONDITION: CHUNK_GAP, CHUNK_DIFFERS; RESOURCE_EXHAUSTED: VERSION_TOO_LARGE. On success
 * NEXT is the upload with the piece. */
kt_status_t legal_decide_chunk(const legal_upload_record_t *upload, const legal_piece_t *piece,
                               legal_upload_record_t *next);
/* What was said of the whole, against what is there: VERSION_EMPTY, SIZE_DIFFERS, HASH_DIFFERS.
 * SAID is all zero where no hash was given. */
kt_status_t
legal_decide_finish(const legal_upload_record_t *upload, int64_t size,
                    const uint8_t said[KT_HASH_BYTES], const uint8_t sha256[KT_HASH_BYTES]);
/* Whether another upload of the contract may begin: TOO_MANY_UPLOADS. */
kt_status_t legal_check_uploads(const legal_contract_record_t *contract);

#endif
