#include "handlers/hires.h"

#include "codec/hires.h"
#include "codec/single.h"
#include "handlers/actor.h"
#include "processes/processes.h"
#include "store/hires.h"

/* ---- hires ---- */

static kt_status_t
start_hire(kt_call_t *call, const legal_start_hire_request_t *request, legal_hire_t *response)
{
    legal_hire_record_t hire;
    legal_hire_facts_t facts;
    kt_variables_t variables;

    KT_TRY(legal_hire_from_pb(call, request, &hire));
    KT_TRY(legal_store_load_start_hire(call, &hire, &facts));
    KT_TRY(legal_decide_hire(&facts));
    hire.requested_by = kt_span_str(call->principal);
    hire.requested_us = call->now_us;
    hire.process = kt_call_new_id(call);
    variables = legal_hire_variables(call, &hire);
    KT_TRY(kt_row_fits(call, &legal_hire_layout, &hire));
    KT_TRY(kt_fields_to_pb(call, &legal_hire_layout, &hire, &response->base));
    KT_TRY(kt_process_start(call, &legal_hire_process, &hire.process, hire.hire, variables.all,
                            variables.count));
    return legal_store_apply_hire(call, &hire);
}

static kt_status_t
get_hire(kt_call_t *call, const legal_get_hire_request_t *request, legal_hire_t *response)
{
    kt_span_t id;
    legal_hire_record_t hire;

    KT_TRY(legal_name_from_pb(call, request->hire, "hire", &id));
    KT_TRY(legal_store_load_hire(call, id, &hire));
    return kt_fields_to_pb(call, &legal_hire_layout, &hire, &response->base);
}

static kt_status_t
list_hires(kt_call_t *call, const legal_list_hires_request_t *request,
           legal_list_hires_response_t *response)
{
    kt_list_page_t page;
    kt_row_page_t rows;

    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(legal_store_list_hires(call, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &legal_hire_layout, rows.rows, rows.count,
                                &legal_hire_descriptor, &response->n_hires,
                                (void ***)&response->hires));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- leaves ---- */

/* A leave that was refused or given up is none: whoever stayed may leave another time. */
static kt_status_t
look_whether_leaving(const kt_call_t *call, legal_leave_facts_t *facts)
{
    kt_process_t process;

    if (!facts->leaving)
        return kt_ok();
    KT_TRY(kt_process_get(call, &facts->process, &process));
    facts->leaving = process.state != KT_PROCESS_REJECTED && process.state != KT_PROCESS_ABANDONED;
    return kt_ok();
}

static kt_status_t
start_leave(kt_call_t *call, const legal_start_leave_request_t *request, legal_leave_t *response)
{
    legal_leave_record_t leave;
    legal_leave_facts_t facts;
    kt_variables_t variables;
    kt_status_t decided;

    KT_TRY(legal_leave_from_pb(call, request, &leave));
    KT_TRY(legal_store_load_start_leave(call, &leave, &facts));
    KT_TRY(look_whether_leaving(call, &facts));
    decided = legal_decide_leave(&leave, &facts);
    if (kt_failed(decided))
        return legal_keep(call, decided,
                          &(legal_tried_t){.what = "employee",
                                           .id = leave.employee,
                                           .command_name = "start leave"});
    leave.requested_by = kt_span_str(call->principal);
    leave.requested_us = call->now_us;
    leave.process = kt_call_new_id(call);
    variables = legal_leave_variables(call, &leave);
    KT_TRY(kt_row_fits(call, &legal_leave_layout, &leave));
    KT_TRY(kt_fields_to_pb(call, &legal_leave_layout, &leave, &response->base));
    KT_TRY(kt_process_start(call, &legal_leave_process, &leave.process, leave.employee,
                            variables.all, variables.count));
    return legal_store_apply_leave(call, &leave);
}

static kt_status_t
get_leave(kt_call_t *call, const legal_get_leave_request_t *request, legal_leave_t *response)
{
    kt_span_t id;
    legal_leave_record_t leave;

    KT_TRY(legal_name_from_pb(call, request->leave, "leave", &id));
    KT_TRY(legal_store_load_leave(call, id, &leave));
    return kt_fields_to_pb(call, &legal_leave_layout, &leave, &response->base);
}

static kt_status_t
list_leaves(kt_call_t *call, const legal_list_leaves_request_t *request,
            legal_list_leaves_response_t *response)
{
    kt_list_page_t page;
    kt_row_page_t rows;

    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(legal_store_list_leaves(call, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &legal_leave_layout, rows.rows, rows.count,
                                &legal_leave_descriptor, &response->n_leaves,
                                (void ***)&response->leaves));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

const legal_hires_handlers_t legal_hires_handlers = {
    .start_hire = start_hire,
    .get_hire = get_hire,
    .list_hires = list_hires,
    .start_leave = start_leave,
    .get_leave = get_leave,
    .list_leaves = list_leaves,
};
