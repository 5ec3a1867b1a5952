#include "codec/employees.h"

#include "codec/shape.h"

/* ---- headcounts ---- */

kt_status_t
fin_set_headcount_from_pb(kt_call_t *call, const fin_set_headcount_request_t *request,
                          fin_headcount_record_t *order)
{
    kt_layout_clear(&fin_headcount_layout, order);
    KT_TRY(kt_fields_from_pb(call, &fin_headcount_layout, &request->base, "", order));
    if (request->count > FIN_HEADCOUNT_MAX)
        return kt_call_bad_field(call, "is more than 100,000", "count");
    order->allowance.limit = request->count;
    return kt_ok();
}

kt_status_t
fin_headcount_to_pb(kt_call_t *call, const fin_headcount_record_t *headcount,
                    fin_headcount_t *response)
{
    response->count = (uint32_t)headcount->allowance.limit;
    response->reserved = (uint32_t)headcount->allowance.reserved;
    response->hired = (uint32_t)headcount->allowance.used;
    return kt_fields_to_pb(call, &fin_headcount_layout, headcount, &response->base);
}

kt_status_t
fin_headcounts_to_pb(kt_call_t *call, const fin_listing_t *listing,
                     fin_list_headcounts_response_t *response)
{
    const fin_headcount_record_t *list = (const fin_headcount_record_t *)listing->rows;
    KT_TRY(kt_fields_list_to_pb(call, &fin_headcount_layout, list, listing->count,
                                &fin_headcount_descriptor, &response->n_headcounts,
                                (void ***)&response->headcounts));
    for (uint32_t i = 0; i < listing->count; i++)
        KT_TRY(fin_headcount_to_pb(call, &list[i], response->headcounts[i]));
    return fin_listing_to_pb(call, listing, &response->next_page_token);
}

kt_status_t
fin_reserve_headcount_from_pb(kt_call_t *call, const fin_reserve_headcount_request_t *request,
                              fin_place_record_t *order)
{
    kt_layout_clear(&fin_place_layout, order);
    KT_TRY(kt_fields_from_pb(call, &fin_place_layout, &request->base, "", order));
    return fin_check_expiry(call, order->expires_us);
}

kt_status_t
fin_place_to_pb(kt_call_t *call, const fin_place_record_t *place, int64_t seen_us,
                fin_headcount_reservation_t *response)
{
    KT_TRY(kt_fields_to_pb(call, &fin_place_layout, place, &response->base));
    response->state = (fin_headcount_state_t)fin_place_state(place, seen_us);
    return kt_ok();
}

/* ---- employees ---- */

kt_status_t
fin_hire_from_pb(kt_call_t *call, const fin_hire_employee_request_t *request,
                 fin_employee_record_t *order)
{
    kt_layout_clear(&fin_employee_layout, order);
    return kt_fields_from_pb(call, &fin_employee_layout, &request->base, "", order);
}

kt_status_t
fin_leave_from_pb(kt_call_t *call, const fin_leave_employee_request_t *request, kt_span_t *employee,
                  int32_t *left_on)
{
    KT_TRY(fin_name_from_pb(call, request->employee, "employee", employee));
    KT_TRY(fin_shape_date(call, request->left_on, "left_on", left_on));
    return fin_check_past(call, *left_on, "left_on");
}

kt_status_t
fin_settle_from_pb(kt_call_t *call, const fin_settle_final_request_t *request,
                   fin_settlement_t *settlement)
{
    *settlement = (fin_settlement_t){.amount_minor = request->amount_minor,
                                     .note = kt_span_str(request->note)};
    KT_TRY(fin_name_from_pb(call, request->employee, "employee", &settlement->employee));
    if (settlement->amount_minor < 0)
        return kt_call_bad_field(call, "is below 0", "amount_minor");
    const char *wrong = kt_wrong_text(settlement->note, FIN_EMPLOYEE_TEXT_BYTES_MAX);
    return wrong ? kt_call_bad_field(call, wrong, "note") : kt_ok();
}

static bool
may_see_pay(const kt_call_t *call)
{
    static const char *const ROLES[] = {"finance.clerk", "finance.analyst", "ceo", "auditor"};
    for (size_t i = 0; i < KT_COUNT(ROLES); i++)
        if (kt_call_has_role(call, ROLES[i]))
            return true;
    return false;
}

kt_status_t
fin_employee_to_pb(kt_call_t *call, const fin_employee_record_t *employee,
                   const fin_clearance_record_t *clearance, fin_employee_t *response)
{
    KT_TRY(kt_fields_to_pb(call, &fin_employee_layout, employee, &response->base));
    response->cleared = fin_is_cleared(clearance);
    if (!may_see_pay(call)) {
        response->salary_minor = 0;
        response->settlement_minor = 0;
    }
    return kt_ok();
}
