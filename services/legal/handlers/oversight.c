#include "handlers/oversight.h"

#include "codec/oversight.h"
#include "store/oversight.h"
#include "store/thresholds.h"

#include <kt/event.h>

/* ---- thresholds ---- */

static kt_status_t
set_thresholds(kt_call_t *call, const legal_set_thresholds_request_t *request,
               legal_thresholds_t *response)
{
    legal_thresholds_record_t thresholds, newest;
    KT_TRY(legal_thresholds_from_pb(call, request->thresholds, &thresholds));
    KT_TRY(legal_store_load_thresholds(call, 0, &newest));
    thresholds.revision = newest.revision + 1;
    KT_TRY(legal_thresholds_to_pb(call, &thresholds, response));
    return legal_store_apply_thresholds(call, &thresholds);
}

static kt_status_t
get_thresholds(kt_call_t *call, const legal_get_thresholds_request_t *request,
               legal_thresholds_t *response)
{
    legal_thresholds_record_t thresholds;
    KT_TRY(legal_store_load_thresholds(call, request->revision, &thresholds));
    return legal_thresholds_to_pb(call, &thresholds, response);
}

/* ---- reports ---- */

/* What a command makes of the report's state; a refusal is kept. */
static kt_status_t
step(kt_call_t *call, legal_report_record_t *report, uint32_t command)
{
    uint32_t next;
    kt_status_t status = legal_decide_report(report, command, call->roles, call->roles_count,
                                             &next);
    if (kt_failed(status))
        return kt_call_refuse(call, status.reason, status.text,
                              kt_arena_printf(call->arena, "report %.*s", (int)report->period.size,
                                              (const char *)report->period.data),
                              legal_report_machine.states[report->state],
                              legal_report_machine.commands[command]);
    report->state = next;
    return kt_ok();
}

static kt_status_t
make_report(kt_call_t *call, const legal_make_report_request_t *request, legal_report_t *response)
{
    legal_report_order_t order;
    legal_report_record_t report;
    bool found = false;
    KT_TRY(legal_report_order_from_pb(call, &request->base, &order));
    KT_TRY(legal_check_month_over(order.to_us, call->now_us));
    KT_TRY(legal_store_find_report(call, order.period, &report, &found));
    KT_TRY(step(call, &report, LEGAL_REPORT_MAKE));
    KT_TRY(legal_store_count_month(call, order.from_us, order.to_us, &report.figures));
    report.made_by = kt_span_str(call->principal);
    report.made_us = call->now_us;
    KT_TRY(legal_report_to_pb(call, &report, response));
    return legal_store_apply_report(call, &report);
}

static kt_status_t
decide_report(kt_call_t *call, const ProtobufCMessage *request, uint32_t command,
              legal_report_t *response)
{
    legal_report_order_t order;
    legal_report_record_t report;
    KT_TRY(legal_report_order_from_pb(call, request, &order));
    KT_TRY(legal_store_load_report(call, order.period, &report));
    KT_TRY(step(call, &report, command));
    report.reason = order.reason;
    report.decided_by = kt_span_str(call->principal);
    report.decided_us = call->now_us;
    KT_TRY(legal_report_to_pb(call, &report, response));
    return legal_store_apply_report(call, &report);
}

static kt_status_t
sign_report(kt_call_t *call, const legal_sign_report_request_t *request, legal_report_t *response)
{
    return decide_report(call, &request->base, LEGAL_REPORT_SIGN, response);
}

static kt_status_t
return_report(kt_call_t *call, const legal_return_report_request_t *request,
              legal_report_t *response)
{
    return decide_report(call, &request->base, LEGAL_REPORT_RETURN, response);
}

static kt_status_t
get_report(kt_call_t *call, const legal_get_report_request_t *request,
           legal_report_view_t *response)
{
    legal_report_order_t order;
    legal_report_record_t report;
    legal_figures_t recomputed;
    KT_TRY(legal_report_order_from_pb(call, &request->base, &order));
    KT_TRY(legal_store_load_report(call, order.period, &report));
    KT_TRY(legal_store_count_month(call, order.from_us, order.to_us, &recomputed));
    return legal_report_view_to_pb(call, &report, &recomputed, response);
}

static kt_status_t
list_reports(kt_call_t *call, const legal_list_reports_request_t *request,
             legal_list_reports_response_t *response)
{
    kt_list_page_t page;
    kt_row_page_t list;
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(legal_store_list_reports(call, page.place, page.size, &list));
    KT_TRY(kt_fields_list_to_pb(call, &legal_report_layout, list.rows, list.count,
                                &legal_report_descriptor, &response->n_reports,
                                (void ***)&response->reports));
    return kt_page_to_pb(call, &page, list.next, &response->next_page_token);
}

const legal_oversight_handlers_t legal_oversight_handlers = {
    .set_thresholds = set_thresholds,
    .get_thresholds = get_thresholds,
    .make_report = make_report,
    .sign_report = sign_report,
    .return_report = return_report,
    .get_report = get_report,
    .list_reports = list_reports,
};
