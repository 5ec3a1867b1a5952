#include <kt/rows.h>

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/log.h>

/* How many records are passed before it is asked whether the caller is still there. */
#define ROWS_UNASKED 64

/* ---- keys ---- */

/* A key's end, to be written to. */
static kt_writer_t
tail(kt_key_t *key)
{
    return kt_writer(key->data + key->size, sizeof key->data - key->size);
}

static kt_key_t *
grow(kt_key_t *key, const kt_writer_t *w)
{
    KT_ASSERT(!w->failed);
    key->size += w->size;
    return key;
}

kt_key_t *
kt_key(kt_key_t *key)
{
    key->size = 0;
    return key;
}

kt_key_t *
kt_key_name(kt_key_t *key, kt_span_t name)
{
    kt_writer_t w = tail(key);

    KT_ASSERT(name.size == 0 || !memchr(name.data, 0, name.size));
    kt_put_bytes(&w, name.data, name.size);
    kt_put_u8(&w, 0);
    return grow(key, &w);
}

kt_key_t *
kt_key_of_name(kt_key_t *key, kt_span_t name)
{
    return kt_key_name(kt_key(key), name);
}

kt_key_t *
kt_key_id(kt_key_t *key, const kt_ulid_t *id)
{
    return kt_key_bytes(key, id->bytes, KT_ULID_BYTES);
}

kt_key_t *
kt_key_u8(kt_key_t *key, uint8_t number)
{
    return kt_key_bytes(key, &number, sizeof number);
}

kt_key_t *
kt_key_u32(kt_key_t *key, uint32_t number)
{
    kt_writer_t w = tail(key);

    kt_put_u32(&w, number);
    return grow(key, &w);
}

kt_key_t *
kt_key_u64(kt_key_t *key, uint64_t number)
{
    kt_writer_t w = tail(key);

    kt_put_u64(&w, number);
    return grow(key, &w);
}

kt_key_t *
kt_key_i64(kt_key_t *key, int64_t number)
{
    kt_writer_t w = tail(key);

    kt_put_key_i64(&w, number);
    return grow(key, &w);
}

kt_key_t *
kt_key_date(kt_key_t *key, int32_t days)
{
    /* Flips the sign bit, as kt_put_key_i64 does, so that KT_DATE_NONE comes first. */
    return kt_key_u32(key, (uint32_t)days ^ (UINT32_C(1) << 31));
}

kt_key_t *
kt_key_bytes(kt_key_t *key, const void *data, size_t size)
{
    kt_writer_t w = tail(key);

    kt_put_bytes(&w, data, size);
    return grow(key, &w);
}

kt_span_t
kt_key_get_name(kt_reader_t *r)
{
    const uint8_t *begin = r->data + r->at;
    const uint8_t *end = r->failed || r->at == r->size
                             ? NULL
                             : (const uint8_t *)memchr(begin, 0, r->size - r->at);
    kt_span_t name;

    if (!end) {
        r->failed = true;
        return kt_span(NULL, 0);
    }
    name = kt_get_bytes(r, (size_t)(end - begin));
    (void)kt_get_u8(r);
    return name;
}

kt_ulid_t
kt_key_get_id(kt_reader_t *r)
{
    kt_span_t bytes = kt_get_bytes(r, KT_ULID_BYTES);
    kt_ulid_t id = {0};

    if (bytes.size == KT_ULID_BYTES)
        memcpy(id.bytes, bytes.data, KT_ULID_BYTES);
    return id;
}

int32_t
kt_key_get_date(kt_reader_t *r)
{
    uint32_t flipped = kt_get_u32(r);

    return r->failed ? 0 : (int32_t)(flipped ^ (UINT32_C(1) << 31));
}

/* ---- one record ---- */

static kt_status_t
decode(const kt_call_t *call, kt_span_t value, const kt_layout_t *layout, void *row)
{
    if (kt_layout_get(call->arena, value, layout, row))
        return kt_ok();
    if (kt_arena_exhausted(call->arena))
        return kt_call_out_of_memory(call);
    return kt_error(
        KT_DATA_LOSS, RPC_REASON_STORE_CORRUPT,
        kt_arena_printf(call->arena, "the store holds a %s that is none", layout->name));
}

kt_status_t
kt_row_get(const kt_call_t *call, uint32_t table, const kt_key_t *key, const kt_layout_t *layout,
           void *row, bool *found)
{
    kt_span_t value;
    kt_status_t status = kt_kv_get(call->txn, table, kt_key_span(key), &value);

    *found = false;
    if (status.code == KT_NOT_FOUND)
        return kt_ok();
    KT_TRY(status);
    KT_TRY(decode(call, value, layout, row));
    *found = true;
    return kt_ok();
}

kt_status_t
kt_row_must(const kt_call_t *call, uint32_t table, const kt_key_t *key, const kt_layout_t *layout,
            void *row, uint32_t reason, const char *text)
{
    bool found;

    KT_TRY(kt_row_get(call, table, key, layout, row, &found));
    return found ? kt_ok() : kt_error(KT_NOT_FOUND, reason, text);
}

kt_status_t
kt_row_fits(const kt_call_t *call, const kt_layout_t *layout, const void *row)
{
    const char *wrong = kt_layout_wrong(layout, row);

    if (wrong) {
        kt_log(KT_LOG_ERROR, "record-past-its-limits", "record=%s field=%s", layout->name, wrong);
        return kt_error(
            KT_INTERNAL, RPC_REASON_BUG,
            kt_arena_printf(call->arena, "%s.%s is past its limits", layout->name, wrong));
    }
    if (kt_layout_size(layout, row) > KT_ROW_BYTES_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_LARGE,
                        kt_arena_printf(call->arena,
                                        "a %s has at most %d bytes in all: shorten its texts",
                                        layout->name, KT_ROW_BYTES_MAX));
    return kt_ok();
}

/* Into BUFFER, which holds KT_ROW_BYTES_MAX. */
static kt_status_t
encode(const kt_call_t *call, const kt_layout_t *layout, const void *row, uint8_t *buffer,
       kt_span_t *value)
{
    kt_writer_t w = kt_writer(buffer, KT_ROW_BYTES_MAX);

    KT_TRY(kt_row_fits(call, layout, row));
    kt_layout_put(&w, layout, row);
    KT_ASSERT(!w.failed);
    *value = kt_written(&w);
    return kt_ok();
}

kt_status_t
kt_row_put(const kt_call_t *call, uint32_t table, const kt_key_t *key, const kt_layout_t *layout,
           const void *row)
{
    uint8_t buffer[KT_ROW_BYTES_MAX];
    kt_span_t value;

    KT_TRY(encode(call, layout, row, buffer, &value));
    return kt_kv_put(call->txn, table, kt_key_span(key), value);
}

kt_status_t
kt_row_append(const kt_call_t *call, uint32_t table, const kt_key_t *key, const kt_layout_t *layout,
              const void *row)
{
    uint8_t buffer[KT_ROW_BYTES_MAX];
    kt_span_t value;

    KT_TRY(encode(call, layout, row, buffer, &value));
    return kt_kv_append(call->txn, table, kt_key_span(key), value);
}

kt_status_t
kt_row_has(const kt_call_t *call, uint32_t table, const kt_key_t *key, bool *found)
{
    kt_span_t value;
    kt_status_t status = kt_kv_get(call->txn, table, kt_key_span(key), &value);

    *found = !kt_failed(status);
    return status.code == KT_NOT_FOUND ? kt_ok() : status;
}

kt_status_t
kt_row_delete(const kt_call_t *call, uint32_t table, const kt_key_t *key)
{
    kt_status_t status = kt_kv_delete(call->txn, table, kt_key_span(key));

    return status.code == KT_NOT_FOUND ? kt_ok() : status;
}

/* ---- many ---- */

static kt_status_t
begin(kt_rows_t *rows, const kt_call_t *call, uint32_t table, const kt_key_t *prefix,
      kt_span_t from)
{
    const char *copy = kt_arena_copy(call->arena, kt_key_span(prefix));

    *rows = (kt_rows_t){.call = call, .table = table};
    if (!copy)
        return kt_call_out_of_memory(call);
    rows->prefix = kt_span(copy, prefix->size);
    (void)kt_key_bytes(kt_key(&rows->seek), from.data, from.size);
    return kt_kv_cursor(call->txn, table, &rows->cursor);
}

kt_status_t
kt_rows_begin(kt_rows_t *rows, const kt_call_t *call, uint32_t table, const kt_key_t *prefix)
{
    return begin(rows, call, table, prefix, kt_key_span(prefix));
}

/* A place comes with a page token, which may be made up: what is not under the prefix is not this
 * listing's. */
static kt_status_t
check_place(kt_span_t place, const kt_key_t *prefix)
{
    if (kt_span_starts_with(place, kt_key_span(prefix)) && place.size < KT_KV_KEY_BYTES_MAX)
        return kt_ok();
    return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD,
                    "page_token: is no token of this listing: begin again without one");
}

kt_status_t
kt_rows_begin_at(kt_rows_t *rows, const kt_call_t *call, uint32_t table, const kt_key_t *prefix,
                 kt_span_t from)
{
    *rows = (kt_rows_t){.call = call};
    KT_TRY(check_place(from, prefix));
    return begin(rows, call, table, prefix, from);
}

kt_status_t
kt_rows_begin_last(kt_rows_t *rows, const kt_call_t *call, uint32_t table, const kt_key_t *prefix)
{
    KT_TRY(begin(rows, call, table, prefix, kt_key_span(prefix)));
    rows->backward = true;
    /* Just above all keys under the prefix: it, one higher in its last byte that can be. Without
     * such a byte there is nothing above. */
    while (rows->seek.size > 0 && rows->seek.data[rows->seek.size - 1] == UINT8_MAX)
        rows->seek.size--;
    if (rows->seek.size > 0)
        rows->seek.data[rows->seek.size - 1]++;
    return kt_ok();
}

kt_status_t
kt_rows_begin_back(kt_rows_t *rows, const kt_call_t *call, uint32_t table, const kt_key_t *prefix,
                   kt_span_t from)
{
    *rows = (kt_rows_t){.call = call};
    KT_TRY(check_place(from, prefix));
    KT_TRY(begin(rows, call, table, prefix, from));
    rows->backward = true;
    (void)kt_key_u8(&rows->seek, 0); /* just above it */
    return kt_ok();
}

static kt_status_t
step_first(kt_rows_t *rows, kt_span_t *key, kt_span_t *value)
{
    kt_span_t above = kt_key_span(&rows->seek);
    kt_status_t status;

    if (!rows->backward)
        return kt_cursor_seek(rows->cursor, above, key, value);
    if (above.size == 0)
        return kt_cursor_last(rows->cursor, key, value);
    /* At or below: what stands at it is not under the prefix. */
    status = kt_cursor_seek_back(rows->cursor, above, key, value);
    if (!kt_failed(status) && kt_span_equal(*key, above))
        status = kt_cursor_prev(rows->cursor, key, value);
    return status;
}

static kt_status_t
step(kt_rows_t *rows, kt_span_t *key, kt_span_t *value)
{
    if (rows->passed++ % ROWS_UNASKED == 0 && kt_call_over(rows->call))
        return kt_error(KT_CANCELLED, RPC_REASON_CALL_CANCELLED, "the caller went away");
    if (!rows->started) {
        rows->started = true;
        return step_first(rows, key, value);
    }
    return rows->backward ? kt_cursor_prev(rows->cursor, key, value)
                          : kt_cursor_next(rows->cursor, key, value);
}

bool
kt_rows_next(kt_rows_t *rows, const kt_layout_t *layout, void *row)
{
    kt_span_t key, value;
    const char *copy;

    if (kt_failed(rows->status) || !rows->cursor)
        return false;
    rows->status = step(rows, &key, &value);
    if (rows->status.code == KT_NOT_FOUND ||
        (!kt_failed(rows->status) && !kt_span_starts_with(key, rows->prefix))) {
        rows->status = kt_ok();
        kt_kv_cursor_close(&rows->cursor);
        return false;
    }
    if (kt_failed(rows->status))
        return false;
    copy = kt_arena_copy(rows->call->arena, key);
    if (!copy) {
        rows->status = kt_call_out_of_memory(rows->call);
        return false;
    }
    rows->key = kt_span(copy, key.size);
    if (layout) {
        memset(row, 0, layout->size);
        rows->status = decode(rows->call, value, layout, row);
    }
    return !kt_failed(rows->status);
}

void
kt_rows_end(kt_rows_t *rows)
{
    if (rows->cursor)
        kt_kv_cursor_close(&rows->cursor);
}

/* Reads the rows that are left into the page, and where the next page begins. */
static kt_status_t
fill_page(kt_rows_t *rows, uint32_t size, const kt_layout_t *layout, kt_row_key_t read_key,
          kt_row_page_t *page)
{
    while (page->count < size) {
        void *row = (uint8_t *)page->rows + layout->size * page->count;

        if (!kt_rows_next(rows, layout, row))
            return rows->status;
        if (read_key && !read_key(rows->key, row))
            return kt_error(KT_DATA_LOSS, RPC_REASON_STORE_CORRUPT,
                            kt_arena_printf(rows->call->arena,
                                            "the store holds a %s under a key that is none",
                                            layout->name));
        page->count++;
    }
    if (kt_rows_next(rows, NULL, NULL))
        page->next = rows->key;
    return rows->status;
}

kt_status_t
kt_rows_page(const kt_call_t *call, uint32_t table, const kt_key_t *prefix, kt_span_t from,
             uint32_t size, const kt_layout_t *layout, kt_row_key_t read_key, kt_row_page_t *page)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_row_page_t made = {0};

    if (from.size == 0)
        from = kt_key_span(prefix);
    KT_TRY(check_place(from, prefix));
    made.rows = kt_arena_zalloc(call->arena, size, layout->size);
    if (!made.rows)
        return kt_call_out_of_memory(call);
    KT_TRY(kt_rows_begin_at(&rows, call, table, prefix, from));
    KT_TRY(fill_page(&rows, size, layout, read_key, &made));
    *page = made;
    return kt_ok();
}
