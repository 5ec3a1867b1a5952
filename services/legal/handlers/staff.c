/* Employees, as far as policies and holds want them. */
#include "codec/policies.h"
#include "domain/reason.h"
#include "handlers/actor.h"
#include "handlers/policies.h"
#include "store/tasks.h"

static kt_status_t
check_newcomer(kt_call_t *call, const legal_actor_t *actor, const legal_employee_record_t *draft)
{
    legal_employee_record_t other;
    bool taken = false;

    KT_TRY(legal_store_find_principal(call, draft->principal, &other, &taken));
    if (taken)
        return legal_refusal(actor, KT_ALREADY_EXISTS, LEGAL_PRINCIPAL_TAKEN,
                             "another employee calls as this principal", other.employee);
    return kt_ok();
}

static kt_status_t
answer_enrolled(kt_call_t *call, const legal_actor_t *actor, const legal_employee_record_t *there,
                const legal_employee_record_t *draft, legal_employee_t *response)
{
    if (!legal_same_employee(there, draft))
        return legal_refusal(actor, KT_ALREADY_EXISTS, LEGAL_EMPLOYEE_EXISTS,
                             "there is such an employee, with other content", there->employee);
    return kt_fields_to_pb(call, &legal_employee_layout, there, &response->base);
}

static kt_status_t
apply_enrol(kt_call_t *call, const legal_employee_record_t *employee, const legal_asked_t *asked,
            uint32_t count)
{
    int32_t must = 0;

    KT_TRY(legal_store_put_employee(call, employee));
    for (uint32_t i = 0; i < count; i++) {
        must += legal_asked_must(&asked[i]);
        KT_TRY(legal_store_put_asked(call, &asked[i]));
    }
    return legal_store_tell_policies(call, employee->employee, must == 0);
}

kt_status_t
legal_enrol_employee(kt_call_t *call, const legal_enrol_employee_request_t *request,
                     legal_employee_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_employee_record_t draft, there;
    legal_asked_t *asked;
    uint32_t count;
    bool found = false;

    KT_TRY(legal_enrol_from_pb(call, request, &draft));
    KT_TRY(legal_store_find_employee(call, draft.employee, &there, &found));
    if (found)
        return answer_enrolled(call, &actor, &there, &draft, response);
    KT_TRY(check_newcomer(call, &actor, &draft));
    KT_TRY(legal_store_load_asked(call, &actor, &draft, &asked, &count));
    KT_TRY(kt_fields_to_pb(call, &legal_employee_layout, &draft, &response->base));
    return apply_enrol(call, &draft, asked, count);
}

static kt_status_t
apply_close(kt_call_t *call, const legal_actor_t *actor, const legal_employee_record_t *employee,
            legal_task_record_t *open, uint32_t count)
{
    kt_date_t date = kt_date_from_days(employee->left_on);
    char left_on[11];
    const kt_event_value_t value = {kt_span_str("left_on"), kt_span(left_on, sizeof left_on - 1)};

    kt_date_format(date, left_on);
    KT_TRY(legal_store_put_employee(call, employee));
    for (uint32_t i = 0; i < count; i++) {
        legal_close_task(actor, &open[i]);
        KT_TRY(legal_store_end_task(call, &open[i]));
    }
    KT_TRY(kt_event_emit(call, "employee.closed", employee->employee, &value, 1));
    /* Nobody opens an account for who has left. */
    if (legal_store_count_must(open, count) > 0)
        return kt_ok();
    return legal_store_tell_policies(call, employee->employee, false);
}

kt_status_t
legal_close_employee(kt_call_t *call, const legal_close_employee_request_t *request,
                     legal_employee_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_employee_record_t employee;
    legal_task_record_t *open;
    kt_span_t name;
    int32_t left_on;
    uint32_t count;
    bool changes = false;

    KT_TRY(legal_name_from_pb(call, request->employee, "employee", &name));
    if (request->left_on[0] == '\0')
        return kt_call_bad_field(call, "is missing", "left_on");
    KT_TRY(legal_date_from_pb(call, request->left_on, "left_on", &left_on));
    KT_TRY(legal_store_load_employee(call, name, &employee));
    KT_TRY(legal_keep(call, legal_decide_close_employee(&actor, left_on, &employee, &changes),
                      &(legal_tried_t){.what = "employee", .id = name, .command_name = "close"}));
    KT_TRY(legal_store_open_tasks(call, name, &open, &count));
    KT_TRY(kt_fields_to_pb(call, &legal_employee_layout, &employee, &response->base));
    return changes ? apply_close(call, &actor, &employee, open, count) : kt_ok();
}

kt_status_t
legal_get_employee(kt_call_t *call, const legal_get_employee_request_t *request,
                   legal_employee_t *response)
{
    legal_employee_record_t employee;
    kt_span_t name;

    KT_TRY(legal_name_from_pb(call, request->employee, "employee", &name));
    KT_TRY(legal_store_load_employee(call, name, &employee));
    return kt_fields_to_pb(call, &legal_employee_layout, &employee, &response->base);
}

kt_status_t
legal_list_employees(kt_call_t *call, const legal_list_employees_request_t *request,
                     legal_list_employees_response_t *response)
{
    kt_list_page_t page;
    kt_row_page_t rows;

    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(legal_store_list_employees(call, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &legal_employee_layout, rows.rows, rows.count,
                                &legal_employee_descriptor, &response->n_employees,
                                (void ***)&response->employees));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}
