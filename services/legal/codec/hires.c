#include "codec/hires.h"

#include "codec/single.h"

kt_status_t
legal_hire_from_pb(kt_call_t *call, const legal_start_hire_request_t *request,
                   legal_hire_record_t *draft)
{
    const char *field, *wrong;

    kt_layout_clear(&legal_hire_layout, draft);
    KT_TRY(kt_fields_from_pb(call, &legal_hire_layout, request->hire ? &request->hire->base : NULL,
                             "hire.", draft));
    wrong = legal_hire_wrong(draft, &field);
    if (wrong)
        return kt_call_bad_field(call, wrong, "hire.%s", field);
    return legal_name_or_new(call, draft->hire, &draft->hire);
}

kt_status_t
legal_leave_from_pb(kt_call_t *call, const legal_start_leave_request_t *request,
                    legal_leave_record_t *draft)
{
    const char *field, *wrong;

    kt_layout_clear(&legal_leave_layout, draft);
    KT_TRY(kt_fields_from_pb(call, &legal_leave_layout,
                             request->leave ? &request->leave->base : NULL, "leave.", draft));
    if (draft->left_on == KT_DATE_NONE)
        draft->left_on = legal_day_of(draft->leave_us);
    wrong = legal_leave_wrong(draft, &field);
    if (wrong)
        return kt_call_bad_field(call, wrong, "leave.%s", field);
    return legal_name_or_new(call, draft->leave, &draft->leave);
}

kt_variables_t
legal_hire_variables(kt_call_t *call, const legal_hire_record_t *hire)
{
    kt_variables_t v = kt_variables(call->arena);

    kt_variables_put(&v, "hire", hire->hire);
    kt_variables_put(&v, "employee", hire->employee);
    kt_variables_put(&v, "name", hire->name);
    kt_variables_put(
        &v, "title",
        kt_span_str(kt_arena_printf(call->arena, "Employment of %.*s", (int)hire->name.size,
                                    (const char *)hire->name.data)));
    kt_variables_put(&v, "principal", hire->principal);
    kt_variables_put(&v, "unit", hire->unit);
    kt_variables_put(&v, "book", hire->book);
    kt_variables_put(&v, "cost_centre", hire->cost_centre);
    kt_variables_put(&v, "position", hire->position);
    kt_variables_put(&v, "currency", hire->currency);
    kt_variables_put_number(&v, "salary_minor", hire->salary_minor);
    kt_variables_put_number(&v, "value_minor", hire->salary_minor * LEGAL_SALARIES_COUNTED);
    kt_variables_put_date(&v, "starts_on", hire->starts_on);
    kt_variables_put_number(&v, "starts_us", hire->starts_on * KT_US_PER_DAY);
    kt_variables_put_date(&v, "ends_on", hire->ends_on);
    kt_variables_put(&v, "open", kt_span_str(hire->ends_on == KT_DATE_NONE ? "true" : ""));
    if (hire->notice_months > 0) {
        kt_variables_put_number(&v, "notice_months", hire->notice_months);
        kt_variables_put(&v, "notice_unit", kt_span_str("MONTHS"));
    }
    kt_variables_put_names(&v, "equipment", &hire->equipment);
    return v;
}

kt_variables_t
legal_leave_variables(kt_call_t *call, const legal_leave_record_t *leave)
{
    kt_variables_t v = kt_variables(call->arena);

    kt_variables_put(&v, "leave", leave->leave);
    kt_variables_put(&v, "employee", leave->employee);
    kt_variables_put(&v, "contract", leave->contract);
    kt_variables_put_number(&v, "leave_us", leave->leave_us);
    kt_variables_put_date(&v, "left_on", leave->left_on);
    kt_variables_put_date(&v, "ended_on", leave->left_on + 1);
    kt_variables_put(&v, "reason", leave->reason);
    return v;
}
