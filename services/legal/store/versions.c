#include "store/versions.h"

#include "domain/reason.h"
#include "store/tables.h"

#include <kt/sha256.h>

#define ROW ((int64_t)LEGAL_CONTENT_ROW_BYTES)

static kt_key_t *
upload_key(kt_key_t *key, const kt_ulid_t *id)
{
    return kt_key_id(kt_key(key), id);
}

kt_status_t
legal_store_load_upload(const kt_call_t *call, const kt_ulid_t *id, legal_upload_record_t *upload)
{
    kt_key_t key;
    bool found;
    kt_layout_clear(&legal_upload_layout, upload);
    KT_TRY(kt_row_get(call, LEGAL_TABLE_UPLOAD, upload_key(&key, id), &legal_upload_layout, upload,
                      &found));
    upload->upload = *id;
    return found ? kt_ok()
                 : kt_error(KT_NOT_FOUND, LEGAL_UPLOAD_UNKNOWN, "there is no such upload");
}

kt_status_t
legal_store_apply_upload(const kt_call_t *call, const legal_upload_record_t *upload)
{
    kt_key_t key;
    return kt_row_put(call, LEGAL_TABLE_UPLOAD, upload_key(&key, &upload->upload),
                      &legal_upload_layout, upload);
}

/* ---- content ---- */

/* The row that the byte at OFFSET lies in; borrowed until the next write. Its bytes from OFFSET on
 * are *REST. */
static kt_status_t
row_at(const kt_call_t *call, const kt_ulid_t *id, int64_t offset, kt_span_t *rest)
{
    kt_key_t key;
    kt_span_t row;
    size_t skip = (size_t)(offset % ROW);
    kt_key_u32(upload_key(&key, id), (uint32_t)(offset / ROW));
    KT_TRY(kt_kv_get(call->txn, LEGAL_TABLE_CONTENT, kt_key_span(&key), &row));
    if (row.size <= skip)
        return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT,
                        "bytes of a version are missing: run kantor verify");
    *rest = kt_span(row.data + skip, row.size - skip);
    return kt_ok();
}

kt_status_t
legal_store_compare(const kt_call_t *call, const legal_upload_record_t *upload, int64_t offset,
                    kt_span_t data, bool *same)
{
    int64_t end = KT_MIN(upload->size, offset + (int64_t)data.size);
    *same = true;
    for (int64_t at = offset; at < end && *same;) {
        kt_span_t rest;
        KT_TRY(row_at(call, &upload->upload, at, &rest));
        size_t size = KT_MIN(rest.size, (size_t)(end - at));
        *same = memcmp(rest.data, data.data + (at - offset), size) == 0;
        at += (int64_t)size;
    }
    return kt_ok();
}

kt_status_t
legal_store_hash(const kt_call_t *call, const legal_upload_record_t *upload,
                 uint8_t sha256[KT_HASH_BYTES])
{
    kt_sha256_t sha;
    kt_sha256_init(&sha);
    for (int64_t at = 0; at < upload->size;) {
        kt_span_t rest;
        KT_TRY(row_at(call, &upload->upload, at, &rest));
        kt_sha256_add(&sha, rest);
        at += (int64_t)rest.size;
    }
    kt_hash_t hash = kt_sha256_end(&sha);
    memcpy(sha256, hash.bytes, KT_HASH_BYTES);
    return kt_ok();
}

/* Puts DATA at OFFSET, which is the end, into one row as far as it goes; *SIZE says how far. */
static kt_status_t
fill_row(const kt_call_t *call, const kt_ulid_t *id, int64_t offset, kt_span_t data, size_t *size)
{
    uint8_t row[LEGAL_CONTENT_ROW_BYTES];
    kt_key_t key;
    size_t before = (size_t)(offset % ROW);
    if (before > 0) {
        kt_span_t first;
        KT_TRY(row_at(call, id, offset - (int64_t)before, &first));
        KT_ASSERT(first.size == before);
        memcpy(row, first.data, before);
    }
    *size = KT_MIN(data.size, sizeof row - before);
    memcpy(row + before, data.data, *size);
    kt_key_u32(upload_key(&key, id), (uint32_t)(offset / ROW));
    return kt_kv_put(call->txn, LEGAL_TABLE_CONTENT, kt_key_span(&key),
                     kt_span(row, before + *size));
}

kt_status_t
legal_store_apply_chunk(const kt_call_t *call, const legal_upload_record_t *before, int64_t offset,
                        kt_span_t data)
{
    int64_t there = before->size - offset; /* how much of DATA */
    for (int64_t at = there; at < (int64_t)data.size;) {
        size_t size;
        KT_TRY(fill_row(call, &before->upload, offset + at,
                        kt_span(data.data + at, data.size - (size_t)at), &size));
        at += (int64_t)size;
    }
    return kt_ok();
}

kt_status_t
legal_store_read(const kt_call_t *call, const legal_version_record_t *version, int64_t offset,
                 size_t size, kt_span_t *data)
{
    size_t all = KT_MIN(size, (size_t)(version->size - offset)), done = 0;
    uint8_t *bytes = (uint8_t *)kt_arena_alloc(call->arena, all);
    if (!bytes)
        return kt_call_out_of_memory(call);
    while (done < all) {
        kt_span_t rest;
        KT_TRY(row_at(call, &version->upload, offset + (int64_t)done, &rest));
        size_t part = KT_MIN(rest.size, all - done);
        memcpy(bytes + done, rest.data, part);
        done += part;
    }
    *data = kt_span(bytes, all);
    return kt_ok();
}

/* ---- versions ---- */

static bool
read_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);
    (void)kt_key_get_name(&r);
    ((legal_version_record_t *)row)->version = kt_get_u32(&r);
    return kt_reader_done(&r);
}

kt_status_t
legal_store_apply_version(const kt_call_t *call, kt_span_t contract,
                          const legal_version_record_t *version)
{
    kt_key_t key;
    kt_key_u32(kt_key_of_name(&key, contract), version->version);
    return kt_row_put(call, LEGAL_TABLE_CONTRACT_VERSION, &key, &legal_version_layout, version);
}

kt_status_t
legal_store_load_version(const kt_call_t *call, kt_span_t contract, uint32_t number,
                         legal_version_record_t *version)
{
    kt_key_t key;
    bool found;
    kt_layout_clear(&legal_version_layout, version);
    kt_key_u32(kt_key_of_name(&key, contract), number);
    KT_TRY(kt_row_get(call, LEGAL_TABLE_CONTRACT_VERSION, &key, &legal_version_layout, version,
                      &found));
    version->version = number;
    return found
               ? kt_ok()
               : kt_error(KT_NOT_FOUND, LEGAL_VERSION_UNKNOWN, "the contract has no such version");
}

kt_status_t
legal_store_list_contract_versions(const kt_call_t *call, kt_span_t contract, kt_row_page_t *page)
{
    kt_key_t prefix;
    return kt_rows_page(call, LEGAL_TABLE_CONTRACT_VERSION, kt_key_of_name(&prefix, contract),
                        kt_span(NULL, 0), LEGAL_UPLOADS_MAX, &legal_version_layout, read_key, page);
}
