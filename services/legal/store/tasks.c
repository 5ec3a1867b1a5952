#include "store/tasks.h"

#include "store/task_keys.h"

/* ---- reading ---- */

bool
legal_read_task_key(kt_span_t key, void *row)
{
    legal_task_record_t *task = (legal_task_record_t *)row;
    kt_reader_t r = kt_reader(key);

    task->employee = kt_key_get_name(&r);
    task->policy = kt_key_get_name(&r);
    task->version = kt_get_u32(&r);
    return kt_reader_done(&r);
}

kt_status_t
legal_store_find_task(const kt_call_t *call, kt_span_t employee, kt_span_t policy, uint32_t version,
                      legal_task_record_t *task, bool *found)
{
    kt_key_t key;

    KT_TRY(kt_row_get(call, LEGAL_TABLE_TASK, legal_task_key(&key, employee, policy, version),
                      &legal_task_layout, task, found));
    task->employee = employee;
    task->policy = policy;
    task->version = version;
    return kt_ok();
}

kt_status_t
legal_store_newest_task(const kt_call_t *call, kt_span_t employee, kt_span_t policy,
                        legal_task_record_t *task, const legal_task_record_t **newest)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t prefix;

    (void)kt_key_name(kt_key_of_name(&prefix, employee), policy);
    KT_TRY(kt_rows_begin_last(&rows, call, LEGAL_TABLE_TASK, &prefix));
    *newest = kt_rows_next(&rows, &legal_task_layout, task) && legal_read_task_key(rows.key, task)
                  ? task
                  : NULL;
    return rows.status;
}

kt_status_t
legal_store_open_tasks(const kt_call_t *call, kt_span_t employee, legal_task_record_t **tasks,
                       uint32_t *count)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    legal_task_record_t task;
    kt_key_t prefix;

    *count = 0;
    *tasks = KT_ARENA_ARRAY(call->arena, legal_task_record_t, LEGAL_POLICIES_MAX);
    if (!*tasks)
        return kt_call_out_of_memory(call);
    KT_TRY(kt_rows_begin(&rows, call, LEGAL_TABLE_TASK, kt_key_of_name(&prefix, employee)));
    while (kt_rows_next(&rows, &legal_task_layout, &task)) {
        if (!legal_is_open(&task) || !legal_read_task_key(rows.key, &task))
            continue;
        KT_ASSERT(*count < LEGAL_POLICIES_MAX); /* one of a policy */
        (*tasks)[(*count)++] = task;
    }
    return rows.status;
}

uint32_t
legal_store_count_must(const legal_task_record_t *tasks, uint32_t count)
{
    uint32_t must = 0;

    for (uint32_t i = 0; i < count; i++)
        must += tasks[i].must_acknowledge ? 1 : 0;
    return must;
}

kt_status_t
legal_store_list_tasks(const kt_call_t *call, kt_span_t employee, kt_span_t from, uint32_t size,
                       kt_row_page_t *page)
{
    kt_key_t prefix;

    return kt_rows_page(call, LEGAL_TABLE_TASK, kt_key_of_name(&prefix, employee), from, size,
                        &legal_task_layout, legal_read_task_key, page);
}

static const kt_layout_t open_key_layout = {.name = "open task",
                                            .size = sizeof(legal_task_record_t)};

static bool
read_open_key(kt_span_t key, void *row)
{
    legal_task_record_t *task = (legal_task_record_t *)row;
    kt_reader_t r = kt_reader(key);

    task->policy = kt_key_get_name(&r);
    task->employee = kt_key_get_name(&r);
    task->version = kt_get_u32(&r);
    return kt_reader_done(&r);
}

kt_status_t
legal_store_list_open(const kt_call_t *call, kt_span_t policy, kt_span_t from, uint32_t size,
                      kt_row_page_t *page)
{
    kt_key_t prefix;
    legal_task_record_t *tasks;

    KT_TRY(kt_rows_page(call, LEGAL_TABLE_TASK_OPEN, kt_key_of_name(&prefix, policy), from, size,
                        &open_key_layout, read_open_key, page));
    tasks = (legal_task_record_t *)page->rows;
    for (uint32_t i = 0; i < page->count; i++) {
        legal_task_record_t *task = &tasks[i];
        bool found;

        KT_TRY(
            legal_store_find_task(call, task->employee, task->policy, task->version, task, &found));
        if (!found)
            return legal_store_stray(call, "task_open");
    }
    return kt_ok();
}

static bool
read_escalation_key(kt_span_t key, void *row)
{
    legal_escalation_record_t *told = (legal_escalation_record_t *)row;
    kt_reader_t r = kt_reader(key);

    told->employee = kt_key_get_name(&r);
    told->policy = kt_key_get_name(&r);
    told->version = kt_get_u32(&r);
    told->days = kt_get_u32(&r);
    return kt_reader_done(&r);
}

kt_status_t
legal_store_list_escalations(const kt_call_t *call, kt_span_t employee, kt_span_t from,
                             uint32_t size, kt_row_page_t *page)
{
    kt_key_t prefix;

    return kt_rows_page(call, LEGAL_TABLE_ESCALATION, kt_key_of_name(&prefix, employee), from, size,
                        &legal_escalation_layout, read_escalation_key, page);
}

/* ---- what is asked ---- */

kt_status_t
legal_store_unreached(const kt_call_t *call, const legal_actor_t *actor,
                      const legal_employee_record_t *employee, const legal_policy_record_t *policy,
                      legal_asked_t *asked)
{
    legal_campaign_record_t campaign;
    legal_task_record_t task;
    const legal_campaign_record_t *running;
    const legal_task_record_t *newest;
    legal_demand_t demand;

    *asked = (legal_asked_t){0};
    KT_TRY(legal_store_running_campaign(call, policy, &campaign, &running));
    if (!running || !running->more || !legal_is_for(policy, employee->unit) ||
        kt_span_compare(employee->employee, running->reached) <= 0)
        return kt_ok();
    KT_TRY(legal_store_newest_task(call, employee->employee, policy->policy, &task, &newest));
    demand = legal_demand_of(policy, running, 0);
    *asked = legal_ask(actor, employee, &demand, running->starts_on, newest);
    return kt_ok();
}

/* Adds those of one policy to DUTIES, which grow. */
static kt_status_t
add_duties(const kt_call_t *call, const legal_actor_t *actor,
           const legal_employee_record_t *employee, const legal_policy_record_t *policy,
           legal_duty_t *duties, uint32_t max, uint32_t *count)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    legal_task_record_t task;
    legal_asked_t asked;
    kt_key_t prefix;

    (void)kt_key_name(kt_key_of_name(&prefix, employee->employee), policy->policy);
    KT_TRY(kt_rows_begin(&rows, call, LEGAL_TABLE_TASK, &prefix));
    while (kt_rows_next(&rows, &legal_task_layout, &task))
        if (*count < max && legal_read_task_key(rows.key, &task))
            duties[(*count)++] = (legal_duty_t){task, policy->retired_us};
    KT_TRY(rows.status);
    KT_TRY(legal_store_unreached(call, actor, employee, policy, &asked));
    if (asked.makes && *count < max)
        duties[(*count)++] = (legal_duty_t){asked.task, policy->retired_us};
    return kt_ok();
}

static kt_status_t
count_tasks(const kt_call_t *call, kt_span_t employee, uint32_t *count)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t prefix;

    *count = 0;
    KT_TRY(kt_rows_begin(&rows, call, LEGAL_TABLE_TASK, kt_key_of_name(&prefix, employee)));
    while (kt_rows_next(&rows, NULL, NULL))
        ++*count;
    return rows.status;
}

kt_status_t
legal_store_load_duties(const kt_call_t *call, const legal_actor_t *actor,
                        const legal_employee_record_t *employee, legal_duty_t **duties,
                        uint32_t *count)
{
    legal_policy_record_t *policies;
    uint32_t policies_count, tasks;

    *count = 0;
    KT_TRY(legal_store_all_policies(call, &policies, &policies_count));
    KT_TRY(count_tasks(call, employee->employee, &tasks));
    *duties = KT_ARENA_ARRAY(call->arena, legal_duty_t, tasks + policies_count + 1);
    if (!*duties)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < policies_count; i++)
        KT_TRY(add_duties(call, actor, employee, &policies[i], *duties, tasks + policies_count,
                          count));
    return kt_ok();
}

static kt_status_t
ask_newcomer(const kt_call_t *call, const legal_actor_t *actor,
             const legal_employee_record_t *employee, const legal_policy_record_t *policy,
             legal_asked_t *asked)
{
    int32_t today = legal_day_of(actor->now_us);
    legal_campaign_record_t *campaign = KT_ARENA_NEW(call->arena, legal_campaign_record_t);
    const legal_campaign_record_t *running;
    legal_policy_version_record_t in_effect;
    legal_demand_t demand;

    if (!campaign)
        return kt_call_out_of_memory(call);
    KT_TRY(legal_store_running_campaign(call, policy, campaign, &running));
    KT_TRY(legal_store_version_in_effect(call, policy->policy, KT_MAX(today, employee->starts_on),
                                         &in_effect));
    demand = legal_demand_of(policy, running, in_effect.version);
    *asked = legal_ask(actor, employee, &demand, today, NULL);
    return kt_ok();
}

kt_status_t
legal_store_load_asked(const kt_call_t *call, const legal_actor_t *actor,
                       const legal_employee_record_t *employee, legal_asked_t **asked,
                       uint32_t *count)
{
    legal_policy_record_t *policies;
    uint32_t policies_count;

    *count = 0;
    KT_TRY(legal_store_all_policies(call, &policies, &policies_count));
    *asked = KT_ARENA_ARRAY(call->arena, legal_asked_t, policies_count + 1);
    if (!*asked)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < policies_count; i++) {
        if (policies[i].state != LEGAL_POLICY_AT_PUBLISHED ||
            !legal_is_for(&policies[i], employee->unit))
            continue;
        KT_TRY(ask_newcomer(call, actor, employee, &policies[i], &(*asked)[*count]));
        *count += (*asked)[*count].makes ? 1 : 0;
    }
    return kt_ok();
}
