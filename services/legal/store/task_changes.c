/* What calls do to tasks, with the indexes that follow. */
#include "store/task_keys.h"
#include "store/tasks.h"

#include <stdio.h>

/* ---- campaigns ---- */

static kt_status_t
reach_one(const kt_call_t *call, const legal_actor_t *actor,
          const legal_employee_record_t *employee, const legal_demand_t *demand,
          legal_reach_t *reach)
{
    legal_task_record_t task, *open;
    const legal_task_record_t *newest;
    uint32_t count;

    *reach = (legal_reach_t){0};
    if (legal_is_closed(employee) || !legal_is_for(demand->policy, employee->unit))
        return kt_ok();
    KT_TRY(
        legal_store_newest_task(call, employee->employee, demand->policy->policy, &task, &newest));
    reach->asked = legal_ask(actor, employee, demand, demand->campaign->starts_on, newest);
    if (!reach->asked.makes)
        return kt_ok();
    KT_TRY(legal_store_open_tasks(call, employee->employee, &open, &count));
    reach->must_before = legal_store_count_must(open, count);
    return kt_ok();
}

kt_status_t
legal_store_load_reach(const kt_call_t *call, const legal_actor_t *actor,
                       const legal_policy_record_t *policy, legal_campaign_record_t *campaign,
                       legal_reach_t *reach, uint32_t *count)
{
    legal_campaign_record_t *asks = KT_ARENA_NEW(call->arena, legal_campaign_record_t);
    legal_employee_record_t *employees;
    kt_row_page_t page;
    kt_key_t from;

    if (!asks)
        return kt_call_out_of_memory(call);
    *asks = *campaign;
    *count = 0;
    /* The key of the first employee behind it: a name ends in a zero byte. */
    kt_key(&from);
    if (campaign->reached.size > 0)
        (void)kt_key_u8(kt_key_name(&from, campaign->reached), 0);
    KT_TRY(
        legal_store_list_employees(call, kt_key_span(&from), LEGAL_EMPLOYEES_PER_CALL_MAX, &page));
    employees = (legal_employee_record_t *)page.rows;
    campaign->more = page.next.size > 0;
    for (uint32_t i = 0; i < page.count; i++) {
        legal_demand_t demand = {policy, asks->version, asks};

        if (*count == LEGAL_TASKS_PER_CALL_MAX) {
            campaign->more = true;
            break;
        }
        KT_TRY(reach_one(call, actor, &employees[i], &demand, &reach[*count]));
        *count += reach[*count].asked.makes ? 1 : 0;
        campaign->reached = employees[i].employee;
    }
    campaign->tasks += *count;
    return kt_ok();
}

/* ---- days that pass ---- */

/* The task that ROWS of task_next stands on, or none when its policy is retired. */
static kt_status_t
load_due(const kt_call_t *call, kt_span_t key, legal_due_t *due, bool *counts)
{
    kt_reader_t r = kt_reader(key);
    legal_policy_record_t policy;
    kt_span_t employee, id;
    bool found;

    *due = (legal_due_t){.next = kt_key_get_date(&r)};
    employee = kt_key_get_name(&r);
    id = kt_key_get_name(&r);
    KT_TRY(legal_store_find_task(call, employee, id, kt_get_u32(&r), &due->task, &found));
    if (!found || !kt_reader_done(&r))
        return legal_store_stray(call, "task_next");
    KT_TRY(legal_store_load_policy(call, id, &policy));
    *counts = policy.state != LEGAL_POLICY_AT_RETIRED;
    return kt_ok();
}

kt_status_t
legal_store_load_due(const kt_call_t *call, int32_t date, uint32_t max, legal_due_t **due,
                     uint32_t *count, bool *more)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    kt_key_t all;

    *count = 0;
    *more = false;
    *due = KT_ARENA_ARRAY(call->arena, legal_due_t, max);
    if (!*due)
        return kt_call_out_of_memory(call);
    KT_TRY(kt_rows_begin(&rows, call, LEGAL_TABLE_TASK_NEXT, kt_key(&all)));
    while (kt_rows_next(&rows, NULL, NULL)) {
        kt_reader_t r = kt_reader(rows.key);
        legal_due_t one;
        bool counts;

        if (kt_key_get_date(&r) > date)
            break;
        KT_TRY(load_due(call, rows.key, &one, &counts));
        if (!counts)
            continue;
        if (*count == max) {
            *more = true;
            break;
        }
        (*due)[(*count)++] = one;
    }
    return rows.status;
}

/* ---- writing ---- */

static kt_status_t
put_task(const kt_call_t *call, const legal_task_record_t *task)
{
    kt_key_t key;

    return kt_row_put(call, LEGAL_TABLE_TASK,
                      legal_task_key(&key, task->employee, task->policy, task->version),
                      &legal_task_layout, task);
}

static kt_status_t
put_next(const kt_call_t *call, const legal_task_record_t *task, int32_t date)
{
    kt_key_t key;

    if (date == KT_DATE_NONE)
        return kt_ok();
    (void)legal_next_key(&key, date, task->employee, task->policy, task->version);
    return kt_kv_put(call->txn, LEGAL_TABLE_TASK_NEXT, kt_key_span(&key), kt_span("", 0));
}

static kt_status_t
delete_next(const kt_call_t *call, const legal_task_record_t *task, int32_t date)
{
    kt_key_t key;

    return kt_row_delete(call, LEGAL_TABLE_TASK_NEXT,
                         legal_next_key(&key, date, task->employee, task->policy, task->version));
}

static kt_status_t
put_open(const kt_call_t *call, const legal_task_record_t *task)
{
    kt_key_t key;

    KT_TRY(put_task(call, task));
    (void)legal_open_key(&key, task->policy, task->employee, task->version);
    KT_TRY(kt_kv_put(call->txn, LEGAL_TABLE_TASK_OPEN, kt_key_span(&key), kt_span("", 0)));
    return put_next(call, task, legal_task_day(task, 0));
}

kt_status_t
legal_store_end_task(const kt_call_t *call, const legal_task_record_t *task)
{
    kt_key_t key;

    KT_TRY(put_task(call, task));
    KT_TRY(kt_row_delete(call, LEGAL_TABLE_TASK_OPEN,
                         legal_open_key(&key, task->policy, task->employee, task->version)));
    for (uint32_t i = 0; i < task->escalations.count; i++) /* it stands under one of them, if any */
        KT_TRY(delete_next(call, task, legal_task_day(task, i)));
    return kt_ok();
}

kt_status_t
legal_store_put_asked(const kt_call_t *call, const legal_asked_t *asked)
{
    if (asked->supersedes)
        KT_TRY(legal_store_end_task(call, &asked->old));
    if (!asked->makes)
        return kt_ok();
    return legal_is_open(&asked->task) ? put_open(call, &asked->task)
                                       : legal_store_end_task(call, &asked->task);
}

static kt_status_t
tell_escalation(kt_call_t *call, const legal_escalation_record_t *told)
{
    kt_date_t due = kt_date_from_days(told->due_on);
    char version[12], level[12], due_on[11];

    snprintf(version, sizeof version, "%u", (unsigned)told->version);
    snprintf(level, sizeof level, "%u", (unsigned)told->level);
    kt_date_format(due, due_on);
    const kt_event_value_t values[] = {
        {kt_span_str("policy"), told->policy},
        {kt_span_str("version"), kt_span_str(version)},
        {kt_span_str("level"), kt_span_str(level)},
        {kt_span_str("role"), kt_span_str(legal_escalation_role(told->level))},
        {kt_span_str("due_on"), kt_span_str(due_on)},
    };
    return kt_event_emit(call, "attestation.escalated", told->employee, values, KT_COUNT(values));
}

kt_status_t
legal_store_put_escalations(kt_call_t *call, const legal_due_t *due, uint32_t count,
                            const legal_escalation_record_t *told, uint32_t told_count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!due[i].moves)
            continue;
        KT_TRY(delete_next(call, &due[i].task, due[i].next));
        KT_TRY(put_next(call, &due[i].task, due[i].after));
    }
    for (uint32_t i = 0; i < told_count; i++) {
        kt_key_t key;

        (void)legal_task_key(&key, told[i].employee, told[i].policy, told[i].version);
        KT_TRY(kt_row_put(call, LEGAL_TABLE_ESCALATION, kt_key_u32(&key, told[i].days),
                          &legal_escalation_layout, &told[i]));
        KT_TRY(tell_escalation(call, &told[i]));
    }
    return kt_ok();
}

kt_status_t
legal_store_tell_policies(kt_call_t *call, kt_span_t employee, bool must_acknowledged)
{
    const kt_event_value_t value = {kt_span_str("must_acknowledged"),
                                    kt_span_str(must_acknowledged ? "true" : "false")};

    return kt_event_emit(call, "employee.policies", employee, &value, 1);
}

kt_status_t
legal_store_tell_change(kt_call_t *call, kt_span_t employee, uint32_t before, uint32_t after)
{
    if ((before == 0) == (after == 0))
        return kt_ok();
    return legal_store_tell_policies(call, employee, after == 0);
}
