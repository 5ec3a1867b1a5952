/* Campaigns, attestations, escalations, compliance. */
#include "store/tasks.h"
#include "codec/policies.h"
#include "domain/reason.h"
#include "handlers/actor.h"
#include "handlers/policies.h"

/* ---- campaigns ---- */

static kt_status_t
apply_reach(kt_call_t *call, const legal_campaign_record_t *campaign, const legal_reach_t *reach,
            uint32_t count)
{
    KT_TRY(legal_store_put_campaign(call, campaign));
    for (uint32_t i = 0; i < count; i++) {
        const legal_asked_t *asked = &reach[i].asked;
        int64_t after = (int64_t)reach[i].must_before + legal_asked_must(asked);

        KT_TRY(legal_store_put_asked(call, asked));
        KT_TRY(legal_store_tell_change(call, asked->task.employee, reach[i].must_before,
                                       (uint32_t)after));
    }
    return kt_ok();
}

static kt_status_t
load_reach(kt_call_t *call, const legal_actor_t *actor, const legal_policy_record_t *policy,
           legal_campaign_record_t *campaign, legal_reach_t **reach, uint32_t *count)
{
    *reach = KT_ARENA_ARRAY(call->arena, legal_reach_t, LEGAL_TASKS_PER_CALL_MAX);
    if (!*reach)
        return kt_call_out_of_memory(call);
    return legal_store_load_reach(call, actor, policy, campaign, *reach, count);
}

kt_status_t
legal_start_campaign(kt_call_t *call, const legal_start_campaign_request_t *request,
                     legal_campaign_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_campaign_record_t draft, there, running;
    legal_campaign_facts_t facts;
    legal_policy_record_t policy;
    legal_policy_version_record_t version;
    legal_reach_t *reach;
    uint32_t count;

    KT_TRY(legal_start_campaign_from_pb(call, request, &draft));
    KT_TRY(legal_store_load_policy(call, draft.policy, &policy));
    KT_TRY(legal_store_find_version(call, draft.policy, draft.version, &version,
                                    &facts.version_there));
    KT_TRY(legal_store_find_campaign(call, draft.campaign, &there, &facts.there));
    KT_TRY(legal_store_running_campaign(call, &policy, &running, &facts.running));
    const legal_tried_t start = {
        "policy", policy.policy, &legal_policy_machine, policy.state, LEGAL_POLICY_START_CAMPAIGN,
        NULL};
    KT_TRY(legal_keep(call, legal_decide_start_campaign(&actor, &facts, &policy, &draft), &start));
    KT_TRY(load_reach(call, &actor, &policy, &draft, &reach, &count));
    KT_TRY(kt_fields_to_pb(call, &legal_campaign_layout, &draft, &response->base));
    KT_TRY(legal_store_put_policy(call, &policy));
    return apply_reach(call, &draft, reach, count);
}

kt_status_t
legal_continue_campaign(kt_call_t *call, const legal_continue_campaign_request_t *request,
                        legal_campaign_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_campaign_record_t campaign;
    legal_policy_record_t policy;
    legal_reach_t *reach;
    uint32_t count;
    kt_span_t id;

    KT_TRY(legal_name_from_pb(call, request->campaign, "campaign", &id));
    KT_TRY(legal_store_load_campaign(call, id, &campaign));
    KT_TRY(legal_store_load_policy(call, campaign.policy, &policy));
    KT_TRY(legal_keep(call, legal_decide_continue_campaign(&actor, &policy, &campaign),
                      &(legal_tried_t){.what = "campaign", .id = id, .command_name = "continue"}));
    if (!campaign.more)
        return kt_fields_to_pb(call, &legal_campaign_layout, &campaign, &response->base);
    KT_TRY(load_reach(call, &actor, &policy, &campaign, &reach, &count));
    KT_TRY(kt_fields_to_pb(call, &legal_campaign_layout, &campaign, &response->base));
    return apply_reach(call, &campaign, reach, count);
}

kt_status_t
legal_get_campaign(kt_call_t *call, const legal_get_campaign_request_t *request,
                   legal_campaign_t *response)
{
    legal_campaign_record_t campaign;
    kt_span_t id;

    KT_TRY(legal_name_from_pb(call, request->campaign, "campaign", &id));
    KT_TRY(legal_store_load_campaign(call, id, &campaign));
    return kt_fields_to_pb(call, &legal_campaign_layout, &campaign, &response->base);
}

kt_status_t
legal_list_campaigns(kt_call_t *call, const legal_list_campaigns_request_t *request,
                     legal_list_campaigns_response_t *response)
{
    kt_list_page_t page;
    kt_row_page_t rows;

    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(legal_store_list_campaigns(call, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &legal_campaign_layout, rows.rows, rows.count,
                                &legal_campaign_descriptor, &response->n_campaigns,
                                (void ***)&response->campaigns));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- attesting ---- */

/* Everything that is known of the caller and the policy; the pointers of FACTS go here. */
typedef struct attest {
    legal_employee_record_t caller;
    legal_task_record_t task, newest;
    legal_asked_t asked;
    uint32_t must_before;
    legal_attest_facts_t facts;
} attest_t;

static kt_status_t
load_tasks(kt_call_t *call, const legal_actor_t *actor, const legal_attest_order_t *order,
           const legal_policy_record_t *policy, attest_t *a)
{
    kt_span_t employee = a->caller.employee;
    legal_task_record_t *open;
    uint32_t count;
    bool found = false;

    a->facts.caller = &a->caller;
    KT_TRY(legal_store_find_task(call, employee, order->policy, order->version, &a->task, &found));
    a->facts.task = found ? &a->task : NULL;
    /* What a retired policy asked is closed, also where nobody has come by to close it. */
    if (found && policy->state == LEGAL_POLICY_AT_RETIRED && legal_is_open(&a->task))
        a->task.state = LEGAL_TASK_AT_CLOSED;
    KT_TRY(legal_store_newest_task(call, employee, order->policy, &a->newest, &a->facts.newest));
    KT_TRY(legal_store_unreached(call, actor, &a->caller, policy, &a->asked));
    KT_TRY(legal_store_open_tasks(call, employee, &open, &count));
    a->must_before = legal_store_count_must(open, count);
    return kt_ok();
}

static kt_status_t
load_attest(kt_call_t *call, const legal_actor_t *actor, const legal_attest_order_t *order,
            attest_t *a)
{
    legal_policy_record_t policy;
    legal_policy_version_record_t version;
    bool found = false;

    *a = (attest_t){.facts.asked = &a->asked};
    KT_TRY(legal_store_load_policy(call, order->policy, &policy));
    KT_TRY(legal_store_find_version(call, order->policy, order->version, &version,
                                    &a->facts.version_there));
    memcpy(a->facts.sha256, version.sha256, KT_HASH_BYTES);
    KT_TRY(legal_store_find_principal(call, actor->principal, &a->caller, &found));
    return found ? load_tasks(call, actor, order, &policy, a) : kt_ok();
}

/* What changes of an employee's open tasks that must be acknowledged, once FX is done. */
static uint32_t
must_after(const attest_t *a, const legal_asked_t *fx)
{
    uint32_t fewer = fx->supersedes && fx->old.must_acknowledge ? 1 : 0;

    if (a->facts.task && fx->makes && fx->task.must_acknowledge)
        fewer++;
    return a->must_before - fewer;
}

kt_status_t
legal_attest(kt_call_t *call, const legal_attest_request_t *request, legal_task_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_attest_order_t order;
    legal_asked_t fx;
    attest_t a;

    KT_TRY(legal_attest_from_pb(call, request, &order));
    KT_TRY(load_attest(call, &actor, &order, &a));
    const legal_tried_t attest = {"policy",
                                  order.policy,
                                  &legal_task_machine,
                                  a.facts.task ? a.task.state : LEGAL_TASK_AT_NONE,
                                  LEGAL_TASK_ATTEST,
                                  NULL};
    KT_TRY(legal_keep(call, legal_decide_attest(&actor, &order, &a.facts, &fx), &attest));
    KT_TRY(kt_fields_to_pb(call, &legal_task_answer_layout, &fx.task, &response->base));
    if (!fx.makes)
        return kt_ok();
    KT_TRY(legal_store_put_asked(call, &fx));
    return legal_store_tell_change(call, a.caller.employee, a.must_before, must_after(&a, &fx));
}

/* ---- listing ---- */

static bool
reads_all(const kt_call_t *call)
{
    return kt_call_has_role(call, "legal.officer") || kt_call_has_role(call, "ceo") ||
           kt_call_has_role(call, "auditor") || kt_call_has_role(call, "department");
}

/* Whose tasks are asked for: the caller's own, or those of an employee the caller may read. */
static kt_status_t
load_whose(kt_call_t *call, const char *named, legal_employee_record_t *employee)
{
    legal_actor_t actor = legal_actor_of(call);
    kt_span_t name = {0};
    bool found = false;

    if (named[0] != '\0')
        KT_TRY(legal_name_from_pb(call, named, "employee", &name));
    if (name.size > 0 && reads_all(call))
        return legal_store_load_employee(call, name, employee);
    KT_TRY(legal_store_find_principal(call, actor.principal, employee, &found));
    if (!found)
        return legal_refusal(&actor, KT_NOT_FOUND, LEGAL_EMPLOYEE_UNKNOWN, "no employee calls as",
                             actor.principal);
    if (name.size > 0 && !kt_span_equal(name, employee->employee))
        return legal_refusal(&actor, KT_PERMISSION_DENIED, LEGAL_TASK_NOT_YOURS,
                             "these are another's tasks", name);
    return kt_ok();
}

kt_status_t
legal_list_tasks(kt_call_t *call, const legal_list_tasks_request_t *request,
                 legal_list_tasks_response_t *response)
{
    const char *fields[] = {request->employee};
    legal_employee_record_t employee;
    kt_list_page_t page;
    kt_row_page_t rows;
    int32_t date;

    KT_TRY(legal_date_from_pb(call, request->on_date, "on_date", &date));
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, 1, &page));
    KT_TRY(load_whose(call, request->employee, &employee));
    KT_TRY(legal_store_list_tasks(call, employee.employee, page.place, page.size, &rows));
    legal_date_tasks((legal_task_record_t *)rows.rows, rows.count, date);
    KT_TRY(kt_fields_list_to_pb(call, &legal_task_answer_layout, rows.rows, rows.count,
                                &legal_task_descriptor, &response->n_tasks,
                                (void ***)&response->tasks));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

kt_status_t
legal_list_open_tasks(kt_call_t *call, const legal_list_open_tasks_request_t *request,
                      legal_list_open_tasks_response_t *response)
{
    const char *fields[] = {request->policy};
    legal_policy_record_t policy;
    kt_list_page_t page;
    kt_row_page_t rows;
    kt_span_t id;
    int32_t date;

    KT_TRY(legal_name_from_pb(call, request->policy, "policy", &id));
    KT_TRY(legal_date_from_pb(call, request->on_date, "on_date", &date));
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, 1, &page));
    KT_TRY(legal_store_load_policy(call, id, &policy));
    KT_TRY(legal_store_list_open(call, id, page.place, page.size, &rows));
    legal_date_tasks((legal_task_record_t *)rows.rows, rows.count, date);
    KT_TRY(kt_fields_list_to_pb(call, &legal_task_answer_layout, rows.rows, rows.count,
                                &legal_task_descriptor, &response->n_tasks,
                                (void ***)&response->tasks));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- days that pass ---- */

kt_status_t
legal_run_escalations(kt_call_t *call, const legal_run_escalations_request_t *request,
                      legal_run_escalations_response_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_escalation_record_t *told = KT_ARENA_ARRAY(call->arena, legal_escalation_record_t,
                                                     LEGAL_ESCALATIONS_PER_CALL_MAX);
    legal_escalated_t answer;
    legal_due_t *due;
    uint32_t count, made;
    int32_t date;
    bool more = false;

    if (!told)
        return kt_call_out_of_memory(call);
    KT_TRY(legal_past_from_pb(call, request->on_date, "on_date", &date));
    KT_TRY(legal_store_load_due(call, date, LEGAL_ESCALATIONS_PER_CALL_MAX, &due, &count, &more));
    if (!legal_escalate(&actor, date, due, count, told, LEGAL_ESCALATIONS_PER_CALL_MAX, &made))
        more = true;
    answer = (legal_escalated_t){{told, made}, more};
    KT_TRY(kt_fields_to_pb(call, &legal_escalated_layout, &answer, &response->base));
    return legal_store_put_escalations(call, due, count, told, made);
}

kt_status_t
legal_list_escalations(kt_call_t *call, const legal_list_escalations_request_t *request,
                       legal_list_escalations_response_t *response)
{
    const char *fields[] = {request->employee};
    legal_employee_record_t employee;
    kt_list_page_t page;
    kt_row_page_t rows;
    kt_span_t name;

    KT_TRY(legal_name_from_pb(call, request->employee, "employee", &name));
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, 1, &page));
    KT_TRY(legal_store_load_employee(call, name, &employee));
    KT_TRY(legal_store_list_escalations(call, name, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &legal_escalation_layout, rows.rows, rows.count,
                                &legal_escalation_descriptor, &response->n_escalations,
                                (void ***)&response->escalations));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- compliance ---- */

kt_status_t
legal_check_compliance(kt_call_t *call, const legal_check_compliance_request_t *request,
                       legal_compliance_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_compliance_record_t compliance = {0};
    legal_employee_record_t employee;
    legal_missing_record_t *missing;
    legal_duty_t *duties;
    uint32_t count;

    KT_TRY(legal_name_from_pb(call, request->employee, "employee", &compliance.employee));
    KT_TRY(legal_date_from_pb(call, request->on_date, "on_date", &compliance.on_date));
    KT_TRY(legal_store_load_employee(call, compliance.employee, &employee));
    KT_TRY(legal_store_load_duties(call, &actor, &employee, &duties, &count));
    missing = KT_ARENA_ARRAY(call->arena, legal_missing_record_t, count + 1);
    if (!missing)
        return kt_call_out_of_memory(call);
    legal_comply(duties, count, missing, &compliance);
    return kt_fields_to_pb(call, &legal_compliance_layout, &compliance, &response->base);
}
