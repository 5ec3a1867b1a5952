/*
 * write_set.h: the encoded form of a write set, read back. Big-endian, one item after the other:
 *   u8 1 put of a fact      u8 table, u16 key size, key, u32 value size, value
 *   u8 2 delete of a fact   u8 table, u16 key size, key
 *   u8 3 range of a log     u8 table, u32 records, u16 size and first key, u16 size and last key,
 * 32 bytes digest Facts come in the order of their changes, then the ranges by table. A table is
 * its place in the store's list, to which tables are only ever added at the end.
 */
#ifndef KT_WRITE_SET_H
#define KT_WRITE_SET_H

#include <kt/journal.h>
#include <kt/pack.h>

typedef enum kt_item_kind { KT_ITEM_PUT = 1, KT_ITEM_DELETE = 2, KT_ITEM_RANGE = 3 } kt_item_kind_t;

typedef struct kt_item {
    kt_item_kind_t kind;
    uint32_t table;
    kt_span_t key;   /* the first of a range */
    kt_span_t value; /* of a put */
    kt_span_t last;  /* of a range, as the next two */
    uint32_t records;
    kt_span_t digest;
} kt_item_t;

/* The next item; false at the end or when what is there is none: the reader tells which. */
bool kt_item_next(kt_reader_t *r, const kt_table_t *tables, uint32_t tables_count, kt_item_t *item);

/* Adds one record to a range's digest: u16 key size, key, u32 value size, value. */
void kt_range_digest_add(kt_sha256_t *sha, kt_span_t key, kt_span_t value);

#endif
