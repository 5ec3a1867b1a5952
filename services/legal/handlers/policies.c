/* Policies and their versions. Writes answer before they apply: what fails for want of memory has
 * written nothing. */
#include "handlers/policies.h"

#include "codec/policies.h"
#include "domain/reason.h"
#include "handlers/actor.h"
#include "store/tasks.h"

#include <kt/sha256.h>

static legal_tried_t
tried(const legal_policy_record_t *policy, legal_policy_command_t command)
{
    return (legal_tried_t){
        .what = "policy",
        .id = policy->policy,
        .machine = &legal_policy_machine,
        .state = policy->state,
        .command = command,
    };
}

static kt_status_t
create_policy(kt_call_t *call, const legal_create_policy_request_t *request,
              legal_policy_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_policy_record_t draft, there, *all;
    uint32_t count;
    bool found = false;

    KT_TRY(legal_create_policy_from_pb(call, request, &draft));
    KT_TRY(legal_store_find_policy(call, draft.policy, &there, &found));
    KT_TRY(legal_store_all_policies(call, &all, &count));
    KT_TRY(legal_decide_create_policy(&actor, found, count, &draft));
    KT_TRY(kt_fields_to_pb(call, &legal_policy_layout, &draft, &response->base));
    return legal_store_put_policy(call, &draft);
}

static kt_status_t
publish_version(kt_call_t *call, const legal_publish_version_request_t *request,
                legal_policy_version_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_policy_record_t policy;
    legal_policy_version_record_t draft, newest;
    kt_span_t text;
    bool found = false;

    KT_TRY(legal_publish_from_pb(call, request, &draft, &text));
    memcpy(draft.sha256, kt_sha256(text).bytes, KT_HASH_BYTES);
    KT_TRY(legal_store_load_policy(call, draft.policy, &policy));
    legal_tried_t publish = tried(&policy, LEGAL_POLICY_PUBLISH);
    KT_TRY(legal_store_find_version(call, draft.policy, policy.versions, &newest, &found));
    KT_TRY(legal_keep(call, legal_decide_publish(&actor, found ? &newest : NULL, &policy, &draft),
                      &publish));
    KT_TRY(kt_fields_to_pb(call, &legal_policy_version_layout, &draft, &response->base));
    KT_TRY(legal_store_put_policy(call, &policy));
    return legal_store_put_version(call, &draft, text);
}

/* ---- retiring ---- */

/* The first open tasks of the policy, closed, and how many tasks that must be acknowledged each
 * one's employee had open before. */
typedef struct closing {
    legal_task_record_t *tasks;
    uint32_t *must_before;
    legal_retired_t answer;
} closing_t;

static kt_status_t
load_closing(kt_call_t *call, const legal_actor_t *actor, const legal_policy_record_t *policy,
             closing_t *closing)
{
    kt_row_page_t page;

    KT_TRY(legal_store_list_open(call, policy->policy, kt_span(NULL, 0), LEGAL_TASKS_PER_CALL_MAX,
                                 &page));
    closing->tasks = (legal_task_record_t *)page.rows;
    closing->answer = (legal_retired_t){*policy, page.count, page.next.size > 0};
    closing->must_before = KT_ARENA_ARRAY(call->arena, uint32_t, LEGAL_TASKS_PER_CALL_MAX);
    if (!closing->must_before)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < page.count; i++) {
        legal_task_record_t *open;
        uint32_t count;

        KT_TRY(legal_store_open_tasks(call, closing->tasks[i].employee, &open, &count));
        closing->must_before[i] = legal_store_count_must(open, count);
        legal_close_task(actor, &closing->tasks[i]);
    }
    return kt_ok();
}

static kt_status_t
apply_closing(kt_call_t *call, const closing_t *closing)
{
    KT_TRY(legal_store_put_policy(call, &closing->answer.policy));
    for (uint32_t i = 0; i < closing->answer.closed; i++) {
        const legal_task_record_t *task = &closing->tasks[i];
        uint32_t before = closing->must_before[i];

        KT_TRY(legal_store_end_task(call, task));
        KT_TRY(legal_store_tell_change(call, task->employee, before,
                                       before - legal_store_count_must(task, 1)));
    }
    return kt_ok();
}

static kt_status_t
retire_policy(kt_call_t *call, const legal_retire_policy_request_t *request,
              legal_retire_policy_response_t *response)
{
    legal_actor_t actor = legal_actor_of(call);
    legal_policy_record_t policy;
    closing_t closing;
    kt_span_t id;

    KT_TRY(legal_name_from_pb(call, request->policy, "policy", &id));
    KT_TRY(legal_store_load_policy(call, id, &policy));
    legal_tried_t retire = tried(&policy, LEGAL_POLICY_RETIRE);
    KT_TRY(legal_keep(call, legal_decide_retire(&actor, &policy), &retire));
    KT_TRY(load_closing(call, &actor, &policy, &closing));
    KT_TRY(kt_fields_to_pb(call, &legal_retired_layout, &closing.answer, &response->base));
    return apply_closing(call, &closing);
}

/* ---- reading ---- */

static kt_status_t
get_policy(kt_call_t *call, const legal_get_policy_request_t *request, legal_policy_t *response)
{
    legal_policy_record_t policy;
    kt_span_t id;

    KT_TRY(legal_name_from_pb(call, request->policy, "policy", &id));
    KT_TRY(legal_store_load_policy(call, id, &policy));
    return kt_fields_to_pb(call, &legal_policy_layout, &policy, &response->base);
}

static kt_status_t
list_policies(kt_call_t *call, const legal_list_policies_request_t *request,
              legal_list_policies_response_t *response)
{
    kt_list_page_t page;
    kt_row_page_t rows;

    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, NULL, 0, &page));
    KT_TRY(legal_store_list_policies(call, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &legal_policy_layout, rows.rows, rows.count,
                                &legal_policy_descriptor, &response->n_policies,
                                (void ***)&response->policies));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

static kt_status_t
list_policy_versions(kt_call_t *call, const legal_list_policy_versions_request_t *request,
                     legal_list_policy_versions_response_t *response)
{
    const char *fields[] = {request->policy};
    legal_policy_record_t policy;
    kt_list_page_t page;
    kt_row_page_t rows;
    kt_span_t id;

    KT_TRY(legal_name_from_pb(call, request->policy, "policy", &id));
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, 1, &page));
    KT_TRY(legal_store_load_policy(call, id, &policy));
    KT_TRY(legal_store_list_versions(call, id, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &legal_policy_version_layout, rows.rows, rows.count,
                                &legal_policy_version_descriptor, &response->n_versions,
                                (void ***)&response->versions));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

static kt_status_t
load_wanted(kt_call_t *call, kt_span_t policy, uint32_t number,
            legal_policy_version_record_t *version)
{
    bool found = false;

    if (number == 0) {
        KT_TRY(legal_store_version_in_effect(call, policy, legal_day_of(call->now_us), version));
        found = version->version > 0;
    } else {
        KT_TRY(legal_store_find_version(call, policy, number, version, &found));
    }
    if (found)
        return kt_ok();
    return kt_error(KT_NOT_FOUND, LEGAL_POLICY_VERSION_UNKNOWN,
                    number == 0 ? "no version of the policy is in effect today"
                                : "there is no such version of the policy");
}

static kt_status_t
read_policy_text(kt_call_t *call, const legal_read_policy_text_request_t *request,
                 legal_policy_text_t *response)
{
    legal_policy_record_t policy;
    legal_policy_version_record_t version;
    kt_span_t id, text;

    KT_TRY(legal_name_from_pb(call, request->policy, "policy", &id));
    KT_TRY(legal_store_load_policy(call, id, &policy));
    KT_TRY(load_wanted(call, id, request->version, &version));
    KT_TRY(legal_store_load_text(call, &version, &text));
    return legal_policy_text_to_pb(call, &version, text, response);
}

const legal_policies_handlers_t legal_policies_handlers = {
    .enrol_employee = legal_enrol_employee,
    .close_employee = legal_close_employee,
    .get_employee = legal_get_employee,
    .list_employees = legal_list_employees,
    .create_policy = create_policy,
    .publish_version = publish_version,
    .retire_policy = retire_policy,
    .get_policy = get_policy,
    .list_policies = list_policies,
    .list_policy_versions = list_policy_versions,
    .read_policy_text = read_policy_text,
    .start_campaign = legal_start_campaign,
    .continue_campaign = legal_continue_campaign,
    .get_campaign = legal_get_campaign,
    .list_campaigns = legal_list_campaigns,
    .attest = legal_attest,
    .list_tasks = legal_list_tasks,
    .list_open_tasks = legal_list_open_tasks,
    .run_escalations = legal_run_escalations,
    .list_escalations = legal_list_escalations,
    .check_compliance = legal_check_compliance,
};
