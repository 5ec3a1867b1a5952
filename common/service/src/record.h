/*
 * record.h: a journal record: which call changed what, and when. In this order:
 * - u8 version (1)
 * - i64 time of the call, Unix microseconds
 * - 16 bytes idempotency key
 * - str principal
 * - str on_behalf_of, empty when nobody was named
 * - str method path
 * - 32 bytes SHA-256 of method path and request
 * - the write set (kt/journal.h), to the end
 *
 * Numbers are big-endian; str is a u16 length and the bytes.
 */
#ifndef KT_SERVICE_RECORD_H
#define KT_SERVICE_RECORD_H

#include <kt/journal.h>
#include <kt/ulid.h>

typedef struct kt_record {
    int64_t time_us;
    kt_ulid_t key;
    kt_span_t principal;
    kt_span_t on_behalf_of;
    kt_span_t method;
    kt_hash_t digest;
    kt_span_t write_set;
} kt_record_t;

/* Borrowed from BUFFER, which holds KT_JOURNAL_RECORD_BYTES_MAX; an empty span when it does not
 * fit. */
kt_span_t kt_record_encode(const kt_record_t *record, uint8_t *buffer);
/* DATA_LOSS for bytes that are no record. The spans are borrowed from BYTES. */
kt_status_t kt_record_decode(kt_span_t bytes, kt_record_t *record);
/* As kt_write_set_of_t. */
kt_status_t kt_record_write_set(kt_span_t bytes, kt_span_t *write_set);

#endif
