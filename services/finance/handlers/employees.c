#include "handlers/employees.h"

#include "codec/employees.h"
#include "codec/shape.h"
#include "handlers/kept.h"
#include "store/employees.h"

/* ---- headcounts ---- */

static kt_status_t
set_headcount(kt_call_t *call, const fin_set_headcount_request_t *request,
              fin_headcount_t *response)
{
    fin_headcount_record_t order;
    fin_headcount_facts_t facts;
    fin_headcount_work_t work;
    KT_TRY(fin_set_headcount_from_pb(call, request, &order));
    KT_TRY(fin_store_load_headcount(call, &order, &facts, &work));
    KT_TRY(fin_decide_set_headcount(call->arena, &facts, call->now_us, &order));
    KT_TRY(fin_headcount_to_pb(call, &order, response));
    return fin_store_apply_headcount(call, &work, &order);
}

static kt_status_t
list_headcounts(kt_call_t *call, const fin_list_headcounts_request_t *request,
                fin_list_headcounts_response_t *response)
{
    kt_span_t book;
    fin_listing_t listing;
    KT_TRY(fin_shape_book(call, request->book, "book", &book));
    KT_TRY(fin_listing_from_pb(call, request->page_size, request->page_token,
                               (const char *const[]){request->book}, 1, &listing));
    KT_TRY(fin_store_list_headcounts(call, book, &listing));
    return fin_headcounts_to_pb(call, &listing, response);
}

static kt_status_t
reserve_headcount(kt_call_t *call, const fin_reserve_headcount_request_t *request,
                  fin_headcount_reservation_t *response)
{
    fin_place_facts_t facts = {0};
    fin_headcount_work_t work;
    KT_TRY(fin_reserve_headcount_from_pb(call, request, &facts.place));
    KT_TRY(fin_store_load_new_place(call, &facts, &work));
    KT_TRY(fin_decide_reserve_headcount(call->arena, call->now_us, &facts));
    KT_TRY(fin_place_to_pb(call, &facts.place, facts.headcount.allowance.seen_us, response));
    return fin_store_apply_place(call, &work, &facts);
}

static kt_status_t
release_headcount(kt_call_t *call, const fin_release_headcount_request_t *request,
                  fin_headcount_reservation_t *response)
{
    kt_span_t name;
    fin_place_facts_t facts;
    fin_headcount_work_t work;
    KT_TRY(fin_name_from_pb(call, request->reservation, "reservation", &name));
    KT_TRY(fin_store_load_place(call, name, &facts, &work));
    fin_attempt_t attempt = {&fin_headcount_machine, name, facts.place.state,
                             FIN_HEADCOUNT_RELEASE};
    KT_TRY(
        fin_kept(call, &attempt, fin_decide_release_headcount(call->arena, call->now_us, &facts)));
    KT_TRY(fin_place_to_pb(call, &facts.place, facts.headcount.allowance.seen_us, response));
    return fin_store_apply_place(call, &work, &facts);
}

/* ---- employees ---- */

/* Events go to everybody: they say nothing of pay. */
static kt_status_t
emit(kt_call_t *call, const char *type, const fin_employee_record_t *employee,
     const fin_employee_t *response)
{
    kt_event_value_t values[] = {
        {kt_span_str("book"), employee->book},
        {kt_span_str("cost_centre"), employee->cost_centre},
        {kt_span_str("position"), employee->position},
        {kt_span_str("contract"), employee->contract},
        {kt_span_str("starts_on"), kt_span_str(response->starts_on)},
        {kt_span_str("left_on"), kt_span_str(response->left_on)},
    };
    return kt_event_emit(call, type, employee->employee, values, KT_COUNT(values));
}

static kt_status_t
answer(kt_call_t *call, const fin_employee_record_t *employee, fin_employee_t *response)
{
    fin_clearance_record_t clearance;
    KT_TRY(fin_store_load_clearance(call, employee->employee, &clearance));
    return fin_employee_to_pb(call, employee, &clearance, response);
}

static kt_status_t
hire_employee(kt_call_t *call, const fin_hire_employee_request_t *request, fin_employee_t *response)
{
    fin_employee_record_t order;
    fin_hire_facts_t facts;
    fin_headcount_work_t work;
    bool changes = false;
    KT_TRY(fin_hire_from_pb(call, request, &order));
    KT_TRY(fin_store_load_hire(call, &order, &facts, &work));
    fin_attempt_t attempt = {&fin_headcount_machine, order.reservation, facts.place.place.state,
                             FIN_HEADCOUNT_HIRE};
    KT_TRY(fin_kept(call, &attempt,
                    fin_decide_hire(call->arena, call->now_us, &facts, &order, &changes)));
    KT_TRY(answer(call, &order, response));
    if (!changes)
        return kt_ok();
    KT_TRY(fin_store_apply_hire(call, &work, &facts.place, &order));
    return emit(call, "employee.hired", &order, response);
}

static kt_status_t
leave_employee(kt_call_t *call, const fin_leave_employee_request_t *request,
               fin_employee_t *response)
{
    kt_span_t name;
    int32_t left_on;
    fin_employee_record_t employee;
    fin_headcount_facts_t facts;
    fin_headcount_work_t work;
    bool changes = false;
    KT_TRY(fin_leave_from_pb(call, request, &name, &left_on));
    KT_TRY(fin_store_load_leave(call, name, &employee, &facts, &work));
    fin_attempt_t attempt = {&fin_employee_machine, name, employee.state, FIN_EMPLOYEE_LEAVE};
    KT_TRY(fin_kept(call, &attempt,
                    fin_decide_leave(call->arena, call->now_us, left_on, &facts.lapsed, &employee,
                                     &facts.headcount, &changes)));
    KT_TRY(answer(call, &employee, response));
    if (!changes)
        return kt_ok();
    KT_TRY(fin_store_apply_headcount(call, &work, &facts.headcount));
    KT_TRY(fin_store_put_employee(call, &employee));
    return emit(call, "employee.left", &employee, response);
}

static kt_status_t
settle_final(kt_call_t *call, const fin_settle_final_request_t *request, fin_employee_t *response)
{
    fin_settlement_t settlement;
    fin_employee_record_t employee;
    fin_clearance_record_t clearance;
    bool changes = false;
    KT_TRY(fin_settle_from_pb(call, request, &settlement));
    KT_TRY(fin_store_load_employee(call, settlement.employee, &employee));
    KT_TRY(fin_store_load_clearance(call, settlement.employee, &clearance));
    fin_attempt_t attempt = {&fin_employee_machine, settlement.employee, employee.state,
                             FIN_EMPLOYEE_SETTLE};
    KT_TRY(fin_kept(call, &attempt,
                    fin_decide_settle(call->arena, &settlement, &clearance, &employee, &changes)));
    KT_TRY(fin_employee_to_pb(call, &employee, &clearance, response));
    if (!changes)
        return kt_ok();
    KT_TRY(fin_store_put_employee(call, &employee));
    return emit(call, "employee.settled", &employee, response);
}

static kt_status_t
get_employee(kt_call_t *call, const fin_get_employee_request_t *request, fin_employee_t *response)
{
    kt_span_t name;
    fin_employee_record_t employee;
    KT_TRY(fin_name_from_pb(call, request->employee, "employee", &name));
    KT_TRY(fin_store_load_employee(call, name, &employee));
    return answer(call, &employee, response);
}

static kt_status_t
list_employees(kt_call_t *call, const fin_list_employees_request_t *request,
               fin_list_employees_response_t *response)
{
    kt_span_t book, cost_centre = {0};
    fin_listing_t listing;
    KT_TRY(fin_shape_book(call, request->book, "book", &book));
    if (request->cost_centre[0] != '\0')
        KT_TRY(fin_name_from_pb(call, request->cost_centre, "cost_centre", &cost_centre));
    KT_TRY(fin_listing_from_pb(call, request->page_size, request->page_token,
                               (const char *const[]){request->book, request->cost_centre}, 2,
                               &listing));
    KT_TRY(fin_store_list_employees(call, book, cost_centre, &listing));
    const fin_employee_record_t *list = (const fin_employee_record_t *)listing.rows;
    KT_TRY(kt_fields_list_to_pb(call, &fin_employee_layout, list, listing.count,
                                &fin_employee_descriptor, &response->n_employees,
                                (void ***)&response->employees));
    for (uint32_t i = 0; i < listing.count; i++)
        KT_TRY(answer(call, &list[i], response->employees[i]));
    return fin_listing_to_pb(call, &listing, &response->next_page_token);
}

const fin_employees_handlers_t fin_employees_handlers = {
    .set_headcount = set_headcount,
    .list_headcounts = list_headcounts,
    .reserve_headcount = reserve_headcount,
    .release_headcount = release_headcount,
    .hire_employee = hire_employee,
    .leave_employee = leave_employee,
    .settle_final = settle_final,
    .get_employee = get_employee,
    .list_employees = list_employees,
};
