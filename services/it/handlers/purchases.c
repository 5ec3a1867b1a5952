#include "handlers/purchases.h"

#include "codec/purchases.h"
#include "codec/shape.h"
#include "processes/processes.h"
#include "store/mark.h"
#include "store/purchases.h"
#include "store/software.h"

static kt_status_t
load_facts(const kt_call_t *call, const it_purchase_record_t *purchase, it_purchase_facts_t *facts,
           it_seat_ask_t *asks)
{
    it_licence_record_t licence;

    *facts = (it_purchase_facts_t){.asks = asks, .today = it_store_today(call)};
    KT_TRY(it_store_has_product(call, purchase->product, &facts->product_known));
    KT_TRY(it_store_has_purchase(call, purchase->purchase, &facts->exists));
    KT_TRY(it_store_find_licence(call, purchase->purchase, &licence, &facts->licence_there));
    return it_store_load_seat_asks(call, purchase->purchase, &purchase->employees, asks);
}

static kt_status_t
request_purchase(kt_call_t *call, const it_request_purchase_request_t *request,
                 it_purchase_t *response)
{
    it_purchase_record_t purchase;
    kt_variables_t variables;
    it_purchase_facts_t facts;
    it_seat_ask_t asks[IT_SEAT_ASKS_MAX];

    KT_TRY(it_request_purchase_from_pb(call, request, &purchase));
    if (purchase.purchase.size == 0)
        purchase.purchase = kt_call_new_name(call);
    KT_TRY(load_facts(call, &purchase, &facts, asks));
    KT_TRY(it_decide_purchase(&purchase, &facts));
    purchase.requested_by = kt_span_str(call->principal);
    purchase.requested_us = call->now_us;
    purchase.process = kt_call_new_id(call);
    variables = it_purchase_variables(call, &purchase);
    KT_TRY(kt_row_fits(call, &it_purchase_layout, &purchase));
    KT_TRY(kt_fields_to_pb(call, &it_purchase_layout, &purchase, &response->base));
    KT_TRY(kt_process_start(call, &it_procure_to_pay, &purchase.process, purchase.purchase,
                            variables.all, variables.count));
    return it_store_apply_purchase(call, &purchase);
}

static kt_status_t
get_purchase(kt_call_t *call, const it_get_purchase_request_t *request, it_purchase_t *response)
{
    kt_span_t id;
    it_purchase_record_t purchase;

    KT_TRY(it_shape_name(call, request->purchase, "purchase", &id));
    KT_TRY(it_store_load_purchase(call, id, &purchase));
    return kt_fields_to_pb(call, &it_purchase_layout, &purchase, &response->base);
}

static kt_status_t
list_purchases(kt_call_t *call, const it_list_purchases_request_t *request,
               it_list_purchases_response_t *response)
{
    kt_list_page_t page;
    kt_row_page_t rows;

    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(it_store_list_purchases(call, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &it_purchase_layout, rows.rows, rows.count,
                                &it_purchase_descriptor, &response->n_purchases,
                                (void ***)&response->purchases));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

const it_purchases_handlers_t it_purchases_handlers = {
    .request_purchase = request_purchase,
    .get_purchase = get_purchase,
    .list_purchases = list_purchases,
};
