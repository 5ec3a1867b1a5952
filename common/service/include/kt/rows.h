/*
 * rows.h: records of a layout in tables. For the store part of departments whose speed is not the
 * matter; the ledger packs its own.
 *
 * Everything that is read is copied into the call's arena, so it stays good through later writes.
 * Statuses are those of kt/kv.h, DATA_LOSS for bytes that are no record of the layout, and
 * RESOURCE_EXHAUSTED when the arena is used up.
 */
#ifndef KT_ROWS_H
#define KT_ROWS_H

#include <kt/call.h>
#include <kt/layout.h>

/* What the store holds well in one value; a record of a layout must not pass it. */
#define KT_ROW_BYTES_MAX 1900

/* A key, made piece by piece: kt_key_name(kt_key_u32(kt_key(&key), 7), name). Names end in a zero
 * byte, so that keys sort as their tuples do. A key too long is a bug. */
typedef struct kt_key {
    uint8_t data[KT_KV_KEY_BYTES_MAX];
    size_t size;
} kt_key_t;

kt_key_t *kt_key(kt_key_t *key); /* empties it */
kt_key_t *kt_key_name(kt_key_t *key, kt_span_t name);
kt_key_t *kt_key_of_name(kt_key_t *key, kt_span_t name); /* kt_key, then kt_key_name */
kt_key_t *kt_key_id(kt_key_t *key, const kt_ulid_t *id);
kt_key_t *kt_key_u8(kt_key_t *key, uint8_t number);
kt_key_t *kt_key_u32(kt_key_t *key, uint32_t number);
kt_key_t *kt_key_u64(kt_key_t *key, uint64_t number);
kt_key_t *kt_key_i64(kt_key_t *key, int64_t number); /* sorts as a number */
kt_key_t *kt_key_date(kt_key_t *key, int32_t days);
kt_key_t *kt_key_bytes(kt_key_t *key, const void *data, size_t size);
static inline kt_span_t
kt_key_span(const kt_key_t *key)
{
    return kt_span(key->data, key->size);
}

/* Reading keys back: a reader over the key, and these beside those of kt/pack.h. */
kt_span_t kt_key_get_name(kt_reader_t *r);
kt_ulid_t kt_key_get_id(kt_reader_t *r);
int32_t kt_key_get_date(kt_reader_t *r);

/* *FOUND says whether there is one; without, ROW is left alone. KEYED fields are the caller's (and
 * so is kt_layout_clear). */
kt_status_t kt_row_get(const kt_call_t *call, uint32_t table, const kt_key_t *key,
                       const kt_layout_t *layout, void *row, bool *found);
/* As kt_row_get; NOT_FOUND, REASON and TEXT when there is none. */
kt_status_t kt_row_must(const kt_call_t *call, uint32_t table, const kt_key_t *key,
                        const kt_layout_t *layout, void *row, uint32_t reason, const char *text);
/* A record above KT_ROW_BYTES_MAX is RESOURCE_EXHAUSTED, with a text for the caller: limits that
 * are kept one by one may be passed together. Who puts several asks kt_row_fits first. One that
 * breaks a limit of its layout is a bug: INTERNAL. */
kt_status_t kt_row_put(const kt_call_t *call, uint32_t table, const kt_key_t *key,
                       const kt_layout_t *layout, const void *row);
/* The same at the end of a table: a key that is not above all others is ALREADY_EXISTS. */
kt_status_t kt_row_append(const kt_call_t *call, uint32_t table, const kt_key_t *key,
                          const kt_layout_t *layout, const void *row);
/* What kt_row_put would say of ROW, without putting it. */
kt_status_t kt_row_fits(const kt_call_t *call, const kt_layout_t *layout, const void *row);
kt_status_t kt_row_has(const kt_call_t *call, uint32_t table, const kt_key_t *key, bool *found);
/* No record under that key is no failure. */
kt_status_t kt_row_delete(const kt_call_t *call, uint32_t table, const kt_key_t *key);

/*
 * The records whose keys begin with PREFIX, in key order:
 *
 *     KT_CLEANUP(kt_rows_end) kt_rows_t rows;
 *     KT_TRY(kt_rows_begin(&rows, call, TABLE, prefix));
 *     while (kt_rows_next(&rows, &LAYOUT, &row)) ...rows.key...
 *     KT_TRY(rows.status);
 *
 * In a write transaction nothing may be written between begin and end. Ends with CANCELLED when the
 * caller went away.
 */
typedef struct kt_rows {
    const kt_call_t *call;
    kt_cursor_t *cursor;
    uint32_t table;
    kt_span_t prefix; /* in the arena */
    kt_span_t key;    /* of the record it stands on, in the arena */
    bool started, backward;
    uint32_t passed;
    kt_status_t status;
    kt_key_t seek;
} kt_rows_t;

kt_status_t
kt_rows_begin(kt_rows_t *rows, const kt_call_t *call, uint32_t table, const kt_key_t *prefix);
/* The same, from the first key at or above FROM (borrowed). INVALID_ARGUMENT, as for a page token,
 * when that does not lie under the prefix: so a listing hands over a token's place as it is. */
kt_status_t kt_rows_begin_at(kt_rows_t *rows, const kt_call_t *call, uint32_t table,
                             const kt_key_t *prefix, kt_span_t from);
/* From the last key under the prefix downward. */
kt_status_t
kt_rows_begin_last(kt_rows_t *rows, const kt_call_t *call, uint32_t table, const kt_key_t *prefix);
/* Downward from the last key at or below FROM (borrowed), which is checked in the same way. */
kt_status_t kt_rows_begin_back(kt_rows_t *rows, const kt_call_t *call, uint32_t table,
                               const kt_key_t *prefix, kt_span_t from);
/* Fills ROW (zeroed first); LAYOUT NULL: only the key is wanted. False at the end and after a
 * failure. */
bool kt_rows_next(kt_rows_t *rows, const kt_layout_t *layout, void *row);
void kt_rows_end(kt_rows_t *rows);

/*
 * A page of a listing: at most SIZE records from FROM on (empty: from the first), as an array of
 * structs of the layout in the arena. READ_KEY, which may be NULL, fills what is KEYED. NEXT is the
 * key that the next page begins at; empty: there is none.
 */
typedef struct kt_row_page {
    void *rows;
    uint32_t count;
    kt_span_t next;
} kt_row_page_t;
typedef bool (*kt_row_key_t)(kt_span_t key, void *row);
kt_status_t
kt_rows_page(const kt_call_t *call, uint32_t table, const kt_key_t *prefix, kt_span_t from,
             uint32_t size, const kt_layout_t *layout, kt_row_key_t read_key, kt_row_page_t *page);

#endif
