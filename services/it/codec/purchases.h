/* purchases.h: purchases from the wire, and as what their process begins with. */
#ifndef IT_CODEC_PURCHASES_H
#define IT_CODEC_PURCHASES_H

#include "domain/purchases.h"

#include <kantor/it/v1/purchases.kt.h>
#include <kt/fields.h>
#include <kt/process_variables.h>

kt_status_t
it_request_purchase_from_pb(kt_call_t *call, const it_request_purchase_request_t *request,
                            it_purchase_record_t *draft);

/* The variables of procure-to-pay (processes/procure.c). */
kt_variables_t it_purchase_variables(kt_call_t *call, const it_purchase_record_t *purchase);

#endif
