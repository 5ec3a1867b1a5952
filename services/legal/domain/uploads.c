#include "domain/uploads.h"

#include "domain/reason.h"

static kt_status_t
refuse(uint32_t reason, const char *text)
{
    return kt_error(KT_FAILED_PRECONDITION, reason, text);
}

kt_status_t
legal_check_uploads(const legal_contract_record_t *contract)
{
    return contract->uploads < LEGAL_UPLOADS_MAX
               ? kt_ok()
               : kt_error(KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_UPLOADS,
                          "200 uploads of this contract were begun: draft a new one");
}

kt_status_t
legal_check_upload(const legal_upload_record_t *upload, kt_span_t principal)
{
    if (!kt_span_equal(upload->begun_by, principal))
        return refuse(LEGAL_UPLOAD_NOT_YOURS, "who began an upload goes on with it");
    return upload->finished ? refuse(LEGAL_UPLOAD_FINISHED, "the upload is finished") : kt_ok();
}

kt_status_t
legal_decide_chunk(const legal_upload_record_t *upload, const legal_piece_t *piece,
                   legal_upload_record_t *next)
{
    int64_t end = piece->offset + piece->size;
    if (piece->offset > upload->size)
        return refuse(LEGAL_CHUNK_GAP, "the bytes before that offset are missing");
    if (!piece->same)
        return refuse(LEGAL_CHUNK_DIFFERS, "other bytes are there at that offset");
    if (end > LEGAL_VERSION_BYTES_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, LEGAL_VERSION_TOO_LARGE,
                        "a version has at most 16 MiB");
    *next = *upload;
    next->size = KT_MAX(upload->size, end);
    return kt_ok();
}

static bool
is_given(const uint8_t hash[KT_HASH_BYTES])
{
    static const uint8_t none[KT_HASH_BYTES];
    return memcmp(hash, none, KT_HASH_BYTES) != 0;
}

kt_status_t
legal_decide_finish(const legal_upload_record_t *upload, int64_t size,
                    const uint8_t said[KT_HASH_BYTES], const uint8_t sha256[KT_HASH_BYTES])
{
    if (upload->size == 0)
        return refuse(LEGAL_VERSION_EMPTY, "nothing was uploaded");
    if (size != upload->size)
        return refuse(LEGAL_SIZE_DIFFERS, "there are more or fewer bytes than was said");
    if (is_given(said) && memcmp(said, sha256, KT_HASH_BYTES) != 0)
        return refuse(LEGAL_HASH_DIFFERS, "the content has another hash than was said");
    return kt_ok();
}
