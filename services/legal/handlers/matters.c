/* Matters, their costs and legal holds. Writes answer before they apply. */
#include "handlers/matters.h"

#include "codec/matters.h"
#include "store/matters.h"
#include "store/policies.h"

/* ---- matters ---- */

/* With the totals that it has in the store. */
static kt_status_t
answer(kt_call_t *call, legal_matter_record_t *matter, legal_matter_t *response)
{
    KT_TRY(legal_store_load_totals(call, matter->matter, &matter->totals));
    return kt_fields_to_pb(call, &legal_matter_answer_layout, matter, &response->base);
}

static kt_status_t
open_matter(kt_call_t *call, const legal_open_matter_request_t *request, legal_matter_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_matter_record_t draft, there;
    bool found = false;

    KT_TRY(legal_open_matter_from_pb(call, request, &draft));
    KT_TRY(legal_store_find_matter(call, draft.matter, &there, &found));
    KT_TRY(legal_decide_open_matter(&actor, found, &draft));
    KT_TRY(answer(call, &draft, response));
    KT_TRY(legal_store_put_matter(call, &draft));
    return legal_store_tell_matter(call, "matter.opened", draft.matter);
}

static kt_status_t
assign_matter(kt_call_t *call, const legal_assign_matter_request_t *request,
              legal_matter_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_matter_record_t matter;
    kt_span_t id, assignee;

    KT_TRY(legal_name_from_pb(call, request->matter, "matter", &id));
    KT_TRY(legal_text_from_pb(call, request->assignee, LEGAL_PRINCIPAL_BYTES_MAX, "assignee",
                              &assignee));
    KT_TRY(legal_store_load_matter(call, id, &matter));
    const legal_tried_t assign = legal_matter_try(&matter, LEGAL_MATTER_ASSIGN);
    KT_TRY(legal_keep(call, legal_decide_assign(&actor, assignee, &matter), &assign));
    KT_TRY(answer(call, &matter, response));
    return legal_store_put_matter(call, &matter);
}

static kt_status_t
close_matter(kt_call_t *call, const legal_close_matter_request_t *request, legal_matter_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_close_facts_t facts;
    legal_matter_record_t matter;
    kt_span_t id, outcome;

    KT_TRY(legal_name_from_pb(call, request->matter, "matter", &id));
    KT_TRY(legal_text_from_pb(call, request->outcome, 500, "outcome", &outcome));
    KT_TRY(legal_store_load_matter(call, id, &matter));
    KT_TRY(legal_store_load_close(call, id, legal_day_of(call->now_us), &facts));
    const legal_tried_t closing = legal_matter_try(&matter, LEGAL_MATTER_CLOSE);
    KT_TRY(legal_keep(call, legal_decide_close_matter(&actor, &facts, outcome, &matter), &closing));
    KT_TRY(answer(call, &matter, response));
    KT_TRY(legal_store_put_matter(call, &matter));
    return legal_store_tell_matter(call, "matter.closed", id);
}

static kt_status_t
reopen_matter(kt_call_t *call, const legal_reopen_matter_request_t *request,
              legal_matter_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_matter_record_t matter;
    kt_span_t id, reason;

    KT_TRY(legal_name_from_pb(call, request->matter, "matter", &id));
    KT_TRY(legal_text_from_pb(call, request->reason, 500, "reason", &reason));
    KT_TRY(legal_store_load_matter(call, id, &matter));
    const legal_tried_t reopen = legal_matter_try(&matter, LEGAL_MATTER_REOPEN);
    KT_TRY(legal_keep(call, legal_decide_reopen(&actor, reason, &matter), &reopen));
    KT_TRY(answer(call, &matter, response));
    KT_TRY(legal_store_put_matter(call, &matter));
    return legal_store_tell_matter(call, "matter.reopened", id);
}

static kt_status_t
get_matter(kt_call_t *call, const legal_get_matter_request_t *request, legal_matter_t *response)
{
    legal_matter_record_t matter;
    kt_span_t id;

    KT_TRY(legal_name_from_pb(call, request->matter, "matter", &id));
    KT_TRY(legal_store_load_matter(call, id, &matter));
    return answer(call, &matter, response);
}

static kt_status_t
list_matters(kt_call_t *call, const legal_list_matters_request_t *request,
             legal_list_matters_response_t *response)
{
    const char *fields[] = {request->open_only ? "open" : "", request->overdue_only ? "late" : "",
                            request->on_date};
    legal_matter_filter_t filter = {request->open_only, request->overdue_only, 0};
    kt_list_page_t page;
    kt_row_page_t rows;

    KT_TRY(legal_date_from_pb(call, request->on_date, "on_date", &filter.date));
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, KT_COUNT(fields),
                           &page));
    KT_TRY(legal_store_list_matters(call, &filter, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &legal_matter_layout, rows.rows, rows.count,
                                &legal_matter_descriptor, &response->n_matters,
                                (void ***)&response->matters));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- costs ---- */

static kt_status_t
add_cost(kt_call_t *call, const legal_add_cost_request_t *request, legal_matter_cost_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_matter_record_t matter;
    legal_cost_record_t draft;
    legal_total_record_t total;
    kt_list_t totals;

    KT_TRY(legal_add_cost_from_pb(call, request, &draft));
    KT_TRY(legal_store_load_matter(call, draft.matter, &matter));
    KT_TRY(legal_store_load_totals(call, draft.matter, &totals));
    const legal_tried_t add = legal_matter_try(&matter, LEGAL_MATTER_ADD_COST);
    KT_TRY(legal_keep(call, legal_decide_add_cost(&actor, &totals, &matter, &draft, &total), &add));
    KT_TRY(kt_fields_to_pb(call, &legal_cost_layout, &draft, &response->base));
    KT_TRY(legal_store_put_matter(call, &matter));
    return legal_store_put_cost(call, &draft, &total);
}

static kt_status_t
list_costs(kt_call_t *call, const legal_list_costs_request_t *request,
           legal_list_costs_response_t *response)
{
    const char *fields[] = {request->matter};
    legal_matter_record_t matter;
    kt_list_page_t page;
    kt_row_page_t rows;
    kt_span_t id;

    KT_TRY(legal_name_from_pb(call, request->matter, "matter", &id));
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, 1, &page));
    KT_TRY(legal_store_load_matter(call, id, &matter));
    KT_TRY(legal_store_list_costs(call, id, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &legal_cost_layout, rows.rows, rows.count,
                                &legal_matter_cost_descriptor, &response->n_costs,
                                (void ***)&response->costs));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- legal holds ---- */

static kt_status_t
load_custodians(kt_call_t *call, const legal_hold_record_t *hold)
{
    const kt_span_t *custodians = (const kt_span_t *)hold->custodians.items;
    legal_employee_record_t employee;

    for (uint32_t i = 0; i < hold->custodians.count; i++)
        KT_TRY(legal_store_load_employee(call, custodians[i], &employee));
    return kt_ok();
}

static kt_status_t
place_hold(kt_call_t *call, const legal_place_hold_request_t *request, legal_legal_hold_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_matter_record_t matter;
    legal_hold_record_t draft, there;
    uint32_t *before;
    bool found = false;

    KT_TRY(legal_place_hold_from_pb(call, request, &draft));
    KT_TRY(load_custodians(call, &draft));
    KT_TRY(legal_store_load_matter(call, draft.matter, &matter));
    KT_TRY(legal_store_find_hold(call, draft.matter, draft.hold, &there, &found));
    const legal_tried_t place = legal_matter_try(&matter, LEGAL_MATTER_PLACE_HOLD);
    KT_TRY(legal_keep(call, legal_decide_place_hold(&actor, found, &matter, &draft), &place));
    KT_TRY(legal_store_count_held(call, &draft, &before));
    KT_TRY(kt_fields_to_pb(call, &legal_hold_layout, &draft, &response->base));
    KT_TRY(legal_store_put_matter(call, &matter));
    return legal_store_put_hold(call, &draft, before);
}

static kt_status_t
release_hold(kt_call_t *call, const legal_release_hold_request_t *request,
             legal_legal_hold_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_matter_record_t matter;
    legal_hold_record_t hold;
    kt_span_t id, name, reason;
    uint32_t *before;
    bool changes = false;

    KT_TRY(legal_name_from_pb(call, request->matter, "matter", &id));
    KT_TRY(legal_name_from_pb(call, request->hold, "hold", &name));
    KT_TRY(legal_text_from_pb(call, request->reason, 300, "reason", &reason));
    KT_TRY(legal_store_load_matter(call, id, &matter));
    KT_TRY(legal_store_load_hold(call, id, name, &hold));
    const legal_tried_t release = legal_matter_try(&matter, LEGAL_MATTER_RELEASE_HOLD);
    KT_TRY(legal_keep(call, legal_decide_release_hold(&actor, &matter, reason, &hold, &changes),
                      &release));
    KT_TRY(legal_store_count_held(call, &hold, &before));
    KT_TRY(kt_fields_to_pb(call, &legal_hold_layout, &hold, &response->base));
    return changes ? legal_store_put_hold(call, &hold, before) : kt_ok();
}

static kt_status_t
list_legal_holds(kt_call_t *call, const legal_list_legal_holds_request_t *request,
                 legal_list_legal_holds_response_t *response)
{
    const char *fields[] = {request->matter};
    legal_matter_record_t matter;
    kt_list_page_t page;
    kt_row_page_t rows;
    kt_span_t id;

    KT_TRY(legal_name_from_pb(call, request->matter, "matter", &id));
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, 1, &page));
    KT_TRY(legal_store_load_matter(call, id, &matter));
    KT_TRY(legal_store_list_holds(call, id, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &legal_hold_layout, rows.rows, rows.count,
                                &legal_legal_hold_descriptor, &response->n_holds,
                                (void ***)&response->holds));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

static kt_status_t
is_held(kt_call_t *call, const legal_is_held_request_t *request, legal_is_held_response_t *response)
{
    legal_employee_record_t employee;
    kt_list_t matters;
    kt_span_t name;

    KT_TRY(legal_name_from_pb(call, request->employee, "employee", &name));
    KT_TRY(legal_store_load_employee(call, name, &employee));
    KT_TRY(legal_store_list_held(call, name, &matters));
    return legal_held_to_pb(call, &matters, response);
}

const legal_matters_handlers_t legal_matters_handlers = {
    .open_matter = open_matter,
    .assign_matter = assign_matter,
    .close_matter = close_matter,
    .reopen_matter = reopen_matter,
    .get_matter = get_matter,
    .list_matters = list_matters,
    .add_deadline = legal_add_deadline,
    .meet_deadline = legal_meet_deadline,
    .supersede_deadline = legal_supersede_deadline,
    .list_deadlines = legal_list_deadlines,
    .add_cost = add_cost,
    .list_costs = list_costs,
    .place_hold = place_hold,
    .release_hold = release_hold,
    .list_legal_holds = list_legal_holds,
    .is_held = is_held,
};
