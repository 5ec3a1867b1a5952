#include "store/listing.h"

#include "store/lookup.h"

typedef struct place {
    kt_span_t name;
} place_t;

static const kt_field_t PLACE_FIELDS[] = {
    KT_F_NAME(place_t, name, FIN_ID_BYTES_MAX, KT_KEYED),
};
static const kt_layout_t PLACE = KT_LAYOUT("place", place_t, PLACE_FIELDS);
_Static_assert(sizeof(place_t) == sizeof(kt_span_t), "a page of places is one of names");

static kt_status_t
list(const kt_call_t *call, uint32_t table, const kt_key_t *prefix, const kt_layout_t *layout,
     kt_row_key_t read_key, fin_listing_t *listing)
{
    kt_row_page_t page;
    KT_TRY(
        kt_rows_page(call, table, prefix, listing->place, listing->size, layout, read_key, &page));
    listing->rows = page.rows;
    listing->count = page.count;
    listing->next = page.next;
    return kt_ok();
}

kt_status_t
fin_store_list(const kt_call_t *call, uint32_t table, const kt_key_t *prefix,
               const kt_layout_t *layout, fin_listing_t *listing)
{
    return list(call, table, prefix, layout, NULL, listing);
}

kt_key_t *
fin_place_key(kt_key_t *key, uint64_t part, kt_span_t cost_centre, kt_span_t name)
{
    return kt_key_name(kt_key_name(kt_key_u64(kt_key(key), part), cost_centre), name);
}

kt_status_t
fin_store_put_place(const kt_call_t *call, uint32_t table, const kt_key_t *key)
{
    return kt_row_put(call, table, key, &PLACE, &(place_t){0});
}

static bool
read_place(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);
    (void)kt_get_u64(&r);
    (void)kt_key_get_name(&r);
    ((place_t *)row)->name = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

kt_status_t
fin_store_list_places(const kt_call_t *call, uint32_t table, const kt_key_t *prefix,
                      fin_listing_t *listing)
{
    return list(call, table, prefix, &PLACE, read_place, listing);
}

kt_status_t
fin_store_part(const kt_call_t *call, kt_span_t id, uint64_t *part)
{
    fin_book_record_t book;
    KT_TRY(fin_store_load_book(call, id, &book));
    *part = book.part;
    return kt_ok();
}
