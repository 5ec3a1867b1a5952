#include "store/purchases.h"

#include "domain/reason.h"
#include "store/tables.h"

kt_status_t
it_store_has_purchase(const kt_call_t *call, kt_span_t id, bool *found)
{
    kt_key_t key;

    return kt_row_has(call, IT_TABLE_PURCHASE, kt_key_of_name(&key, id), found);
}

kt_status_t
it_store_load_purchase(const kt_call_t *call, kt_span_t id, it_purchase_record_t *purchase)
{
    kt_key_t key;

    *purchase = (it_purchase_record_t){.purchase = id};
    return kt_row_must(call, IT_TABLE_PURCHASE, kt_key_of_name(&key, id), &it_purchase_layout,
                       purchase, IT_PURCHASE_UNKNOWN, "there is no such purchase");
}

kt_status_t
it_store_apply_purchase(const kt_call_t *call, const it_purchase_record_t *purchase)
{
    kt_key_t key;

    return kt_row_put(call, IT_TABLE_PURCHASE, kt_key_of_name(&key, purchase->purchase),
                      &it_purchase_layout, purchase);
}

static bool
read_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);

    ((it_purchase_record_t *)row)->purchase = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

kt_status_t
it_store_list_purchases(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page)
{
    kt_key_t all;

    return kt_rows_page(call, IT_TABLE_PURCHASE, kt_key(&all), from, size, &it_purchase_layout,
                        read_key, page);
}
