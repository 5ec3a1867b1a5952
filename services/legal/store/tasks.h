/* tasks.h: tasks, what has been told of them, and their indexes, in the store. */
#ifndef LEGAL_STORE_TASKS_H
#define LEGAL_STORE_TASKS_H

#include "store/policies.h"

#include <kt/event.h>

/* ---- reading ---- */

/* As kt_row_key_t. */
bool legal_read_task_key(kt_span_t key, void *row);

kt_status_t legal_store_find_task(const kt_call_t *call, kt_span_t employee, kt_span_t policy,
                                  uint32_t version, legal_task_record_t *task, bool *found);
/* That of the newest version: *NEWEST is TASK, or NULL. */
kt_status_t legal_store_newest_task(const kt_call_t *call, kt_span_t employee, kt_span_t policy,
                                    legal_task_record_t *task, const legal_task_record_t **newest);
/* The open ones of an employee, at most LEGAL_POLICIES_MAX. */
kt_status_t legal_store_open_tasks(const kt_call_t *call, kt_span_t employee,
                                   legal_task_record_t **tasks, uint32_t *count);
/* How many of TASKS must be acknowledged. */
uint32_t legal_store_count_must(const legal_task_record_t *tasks, uint32_t count);

kt_status_t legal_store_list_tasks(const kt_call_t *call, kt_span_t employee, kt_span_t from,
                                   uint32_t size, kt_row_page_t *page);
/* The open ones of a policy, by employee. */
kt_status_t legal_store_list_open(const kt_call_t *call, kt_span_t policy, kt_span_t from,
                                  uint32_t size, kt_row_page_t *page);
kt_status_t legal_store_list_escalations(const kt_call_t *call, kt_span_t employee, kt_span_t from,
                                         uint32_t size, kt_row_page_t *page);

/* What a campaign that has not reached EMPLOYEE yet asks: nothing, or a task that is not stored. */
kt_status_t legal_store_unreached(const kt_call_t *call, const legal_actor_t *actor,
                                  const legal_employee_record_t *employee,
                                  const legal_policy_record_t *policy, legal_asked_t *asked);
/* Everything that was ever asked of EMPLOYEE, what is not stored yet included. */
kt_status_t legal_store_load_duties(const kt_call_t *call, const legal_actor_t *actor,
                                    const legal_employee_record_t *employee, legal_duty_t **duties,
                                    uint32_t *count);
/* What all policies ask of EMPLOYEE, who comes newly. */
kt_status_t legal_store_load_asked(const kt_call_t *call, const legal_actor_t *actor,
                                   const legal_employee_record_t *employee, legal_asked_t **asked,
                                   uint32_t *count);

/* ---- campaigns and days ---- */

typedef struct legal_reach {
    legal_asked_t asked;
    uint32_t must_before; /* open tasks the employee has that must be acknowledged */
} legal_reach_t;
/* The employees behind CAMPAIGN->reached, as many as one call takes: those that get a task in
 * REACH, which has room for LEGAL_TASKS_PER_CALL_MAX. CAMPAIGN moves on. */
kt_status_t
legal_store_load_reach(const kt_call_t *call, const legal_actor_t *actor,
                       const legal_policy_record_t *policy, legal_campaign_record_t *campaign,
                       legal_reach_t *reach, uint32_t *count);

/* The tasks with a day to be told on DATE or before, of policies that are not retired; at most MAX
 * of them, *MORE says that there are further ones. */
kt_status_t legal_store_load_due(const kt_call_t *call, int32_t date, uint32_t max,
                                 legal_due_t **due, uint32_t *count, bool *more);

/* ---- writing ---- */

kt_status_t legal_store_put_asked(const kt_call_t *call, const legal_asked_t *asked);
/* A task that is not open any more. */
kt_status_t legal_store_end_task(const kt_call_t *call, const legal_task_record_t *task);
kt_status_t legal_store_put_escalations(kt_call_t *call, const legal_due_t *due, uint32_t count,
                                        const legal_escalation_record_t *told, uint32_t told_count);

/* Tells the others whether EMPLOYEE has acknowledged everything that must be. */
kt_status_t legal_store_tell_policies(kt_call_t *call, kt_span_t employee, bool must_acknowledged);
/* The same, when it was not so before: BEFORE and AFTER are numbers of open tasks. */
kt_status_t
legal_store_tell_change(kt_call_t *call, kt_span_t employee, uint32_t before, uint32_t after);

#endif
