/* payables.h: messages of Payables, to records and back; see codec/budgets.h. */
#ifndef FIN_CODEC_PAYABLES_H
#define FIN_CODEC_PAYABLES_H

#include "codec/listings.h"
#include "domain/payables.h"

#include <kantor/finance/v1/payables.kt.h>

kt_status_t
fin_plan_from_pb(kt_call_t *call, const fin_schedule_request_t *request, fin_plan_t *plan);
/* As it is on the day of the call. */
kt_status_t
fin_plan_to_pb(kt_call_t *call, const fin_plan_t *plan, fin_payment_schedule_t *response);

kt_status_t fin_receipt_from_pb(kt_call_t *call, const fin_record_receipt_request_t *request,
                                fin_receipt_t *receipt);

kt_status_t
fin_pay_from_pb(kt_call_t *call, const fin_pay_payable_request_t *request, fin_pay_order_t *order);
kt_status_t fin_payable_to_pb(kt_call_t *call, const fin_payable_record_t *payable,
                              uint32_t schedule_state, fin_payable_t *response);

typedef struct fin_due_order {
    kt_span_t book;
    int32_t until;
    fin_listing_t listing;
} fin_due_order_t;
kt_status_t fin_list_payables_from_pb(kt_call_t *call, const fin_list_payables_request_t *request,
                                      fin_due_order_t *order);
kt_status_t fin_payables_to_pb(kt_call_t *call, const fin_listing_t *listing,
                               fin_list_payables_response_t *response);

#endif
