#include "record.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/pack.h>

#define RECORD_VERSION 1

kt_span_t
kt_record_encode(const kt_record_t *record, uint8_t *buffer)
{
    kt_writer_t w = kt_writer(buffer, KT_JOURNAL_RECORD_BYTES_MAX);

    kt_put_u8(&w, RECORD_VERSION);
    kt_put_i64(&w, record->time_us);
    kt_put_bytes(&w, record->key.bytes, KT_ULID_BYTES);
    kt_put_str(&w, record->principal);
    kt_put_str(&w, record->on_behalf_of);
    kt_put_str(&w, record->method);
    kt_put_bytes(&w, record->digest.bytes, KT_SHA256_BYTES);
    kt_put_bytes(&w, record->write_set.data, record->write_set.size);
    return kt_written(&w);
}

kt_status_t
kt_record_decode(kt_span_t bytes, kt_record_t *record)
{
    kt_reader_t r = kt_reader(bytes);
    uint8_t version = kt_get_u8(&r);

    *record = (kt_record_t){.time_us = kt_get_i64(&r)};
    kt_get_array(&r, record->key.bytes, KT_ULID_BYTES);
    record->principal = kt_get_str(&r);
    record->on_behalf_of = kt_get_str(&r);
    record->method = kt_get_str(&r);
    kt_get_array(&r, record->digest.bytes, KT_SHA256_BYTES);
    record->write_set = kt_get_bytes(&r, r.size - r.at);
    if (version != RECORD_VERSION || !kt_reader_done(&r))
        return kt_error(KT_DATA_LOSS, RPC_REASON_STORE_CORRUPT,
                        "a journal record that is none of version 1");
    return kt_ok();
}

kt_status_t
kt_record_write_set(kt_span_t bytes, kt_span_t *write_set)
{
    kt_record_t record;

    KT_TRY(kt_record_decode(bytes, &record));
    *write_set = record.write_set;
    return kt_ok();
}
