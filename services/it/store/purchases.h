/* purchases.h: purchases as they were asked for. */
#ifndef IT_STORE_PURCHASES_H
#define IT_STORE_PURCHASES_H

#include "domain/purchases.h"

#include <kt/rows.h>

kt_status_t it_store_has_purchase(const kt_call_t *call, kt_span_t id, bool *found);
/* NOT_FOUND, PURCHASE_UNKNOWN. */
kt_status_t
it_store_load_purchase(const kt_call_t *call, kt_span_t id, it_purchase_record_t *purchase);
kt_status_t it_store_apply_purchase(const kt_call_t *call, const it_purchase_record_t *purchase);
/* As kt_rows_page, by id. */
kt_status_t
it_store_list_purchases(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page);

#endif
