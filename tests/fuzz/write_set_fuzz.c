/* Input: an encoded write set. Whatever reads to its end is written again, item by item, to the
 * same bytes: the form has one spelling. */
#include "office_tables.h"
#include "write_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
write_item(kt_writer_t *w, const kt_item_t *item)
{
    kt_put_u8(w, (uint8_t)item->kind);
    kt_put_u8(w, (uint8_t)item->table);
    if (item->kind == KT_ITEM_RANGE)
        kt_put_u32(w, item->records);
    kt_put_str(w, item->key);
    if (item->kind == KT_ITEM_PUT) {
        kt_put_u32(w, (uint32_t)item->value.size);
        kt_put_bytes(w, item->value.data, item->value.size);
    }
    if (item->kind == KT_ITEM_RANGE) {
        kt_put_str(w, item->last);
        kt_put_bytes(w, item->digest.data, item->digest.size);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t buffer[KT_JOURNAL_RECORD_BYTES_MAX];
    kt_reader_t r = kt_reader(kt_span(data, KT_MIN(size, sizeof(buffer))));
    kt_writer_t w = kt_writer(buffer, sizeof(buffer));
    kt_item_t item;

    while (kt_item_next(&r, office_tables, KT_COUNT(office_tables), &item)) {
        KT_ASSERT(item.table < KT_COUNT(office_tables));
        KT_ASSERT(item.key.size > 0 && item.key.size <= KT_KV_KEY_BYTES_MAX);
        write_item(&w, &item);
    }
    KT_ASSERT(kt_written(&w).size <= r.size);
    if (kt_reader_done(&r))
        KT_ASSERT(kt_span_equal(kt_written(&w), kt_span(data, r.size)));
    return 0;
}
