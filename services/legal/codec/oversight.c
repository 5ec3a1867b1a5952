#include "codec/oversight.h"

kt_status_t
legal_thresholds_from_pb(kt_call_t *call, const legal_thresholds_t *message,
                         legal_thresholds_record_t *thresholds)
{
    kt_layout_clear(&legal_thresholds_layout, thresholds);
    KT_TRY(kt_fields_from_pb(call, &legal_thresholds_layout, message ? &message->base : NULL,
                             "thresholds.", thresholds));
    const legal_value_row_t *rows = (const legal_value_row_t *)thresholds->values.items;
    for (uint32_t i = 0; i < thresholds->values.count; i++) {
        const char *wrong = legal_wrong_currency(rows[i].currency);
        if (wrong)
            return kt_call_bad_field(call, wrong, "thresholds.values[%u].currency", (unsigned)i);
    }
    uint32_t twice = legal_thresholds_double(thresholds);
    if (twice < thresholds->values.count)
        return kt_call_bad_field(call, "has the currency and level of an earlier one",
                                 "thresholds.values[%u]", (unsigned)twice);
    thresholds->set_by = kt_span_str(call->principal);
    thresholds->set_us = call->now_us;
    return kt_ok();
}

kt_status_t
legal_thresholds_to_pb(kt_call_t *call, const legal_thresholds_record_t *thresholds,
                       legal_thresholds_t *response)
{
    return kt_fields_to_pb(call, &legal_thresholds_layout, thresholds, &response->base);
}

kt_status_t
legal_report_order_from_pb(kt_call_t *call, const ProtobufCMessage *request,
                           legal_report_order_t *order)
{
    static const kt_field_t fields[] = {
        KT_F_TEXT(legal_report_order_t, period, 7, KT_REQUIRED),
        KT_F_TEXT(legal_report_order_t, reason, LEGAL_REASON_BYTES_MAX, KT_REQUIRED),
    };
    static const kt_layout_t layout = KT_LAYOUT("report order", legal_report_order_t, fields);
    *order = (legal_report_order_t){0};
    KT_TRY(kt_fields_from_pb(call, &layout, request, "", order));
    const char *wrong = legal_wrong_month(order->period, &order->from_us, &order->to_us);
    return wrong ? kt_call_bad_field(call, wrong, "period") : kt_ok();
}

kt_status_t
legal_report_to_pb(kt_call_t *call, const legal_report_record_t *report, legal_report_t *response)
{
    return kt_fields_to_pb(call, &legal_report_layout, report, &response->base);
}

kt_status_t
legal_report_view_to_pb(kt_call_t *call, const legal_report_record_t *report,
                        const legal_figures_t *recomputed, legal_report_view_t *response)
{
    typedef struct view {
        legal_report_record_t report;
        legal_figures_t recomputed;
        bool fits;
    } view_t;
    static const kt_field_t fields[] = {
        KT_F_PART(view_t, report, &legal_report_layout, KT_OUTPUT),
        KT_F_PART(view_t, recomputed, &legal_figures_layout, KT_OUTPUT),
        KT_F_BOOL(view_t, fits, KT_OUTPUT),
    };
    static const kt_layout_t layout = KT_LAYOUT("report view", view_t, fields);
    view_t view = {.report = *report,
                   .recomputed = *recomputed,
                   .fits = legal_figures_equal(&report->figures, recomputed)};
    return kt_fields_to_pb(call, &layout, &view, &response->base);
}
