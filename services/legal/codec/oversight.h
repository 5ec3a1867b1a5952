/* oversight.h: messages of Oversight to records and back. */
#ifndef LEGAL_CODEC_OVERSIGHT_H
#define LEGAL_CODEC_OVERSIGHT_H

#include "domain/approvals.h"
#include "domain/oversight.h"

#include <kantor/legal/v1/oversight.kt.h>
#include <kt/fields.h>

kt_status_t legal_thresholds_from_pb(kt_call_t *call, const legal_thresholds_t *message,
                                     legal_thresholds_record_t *thresholds);
kt_status_t legal_thresholds_to_pb(kt_call_t *call, const legal_thresholds_record_t *thresholds,
                                   legal_thresholds_t *response);

typedef struct legal_report_order {
    kt_span_t period, reason;
    int64_t from_us, to_us; /* of the period */
} legal_report_order_t;
kt_status_t legal_report_order_from_pb(kt_call_t *call, const ProtobufCMessage *request,
                                       legal_report_order_t *order);
kt_status_t
legal_report_to_pb(kt_call_t *call, const legal_report_record_t *report, legal_report_t *response);
kt_status_t
legal_report_view_to_pb(kt_call_t *call, const legal_report_record_t *report,
                        const legal_figures_t *recomputed, legal_report_view_t *response);

#endif
