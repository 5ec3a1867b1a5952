/*
 * tasks.h: what is asked of whom. A task asks one employee to attest one version of one policy.
 * Campaigns make tasks, enrolment makes tasks; days that pass are told, each once; and whether an
 * employee complies on a date follows from the tasks alone.
 *
 * An employee has at most one open task of a policy: that of the newest version asked for.
 */
#ifndef LEGAL_TASKS_H
#define LEGAL_TASKS_H

#include "domain/policies.h"

/* Tasks that one call makes or closes: each change stands whole in the call's journal record. */
#define LEGAL_TASKS_PER_CALL_MAX 100
/* Employees that one call looks at. */
#define LEGAL_EMPLOYEES_PER_CALL_MAX 1000
/* Days that one call tells. */
#define LEGAL_ESCALATIONS_PER_CALL_MAX 100
#define LEGAL_ESCALATION_LEVELS        3
#define LEGAL_ESCALATION_DAYS_MAX      365

typedef struct legal_escalation_day {
    uint32_t days;
} legal_day_record_t;

typedef struct legal_campaign_record {
    kt_span_t campaign;
    kt_span_t policy;
    uint32_t version;
    int32_t starts_on;
    int32_t due_on;
    kt_list_t escalations; /* of legal_day_record_t, ascending */
    kt_span_t started_by;
    int64_t started_us;
    uint32_t tasks;
    bool more;         /* not every employee was looked at */
    kt_span_t reached; /* the last one that was; empty: none */
} legal_campaign_record_t;
extern const kt_layout_t legal_campaign_layout;

/* The numbers of the contract's TaskState; NONE is before there is one. */
typedef enum legal_task_at {
    LEGAL_TASK_AT_NONE,
    LEGAL_TASK_AT_OPEN,
    LEGAL_TASK_AT_ATTESTED,
    LEGAL_TASK_AT_CLOSED,
    LEGAL_TASK_AT_SUPERSEDED,
    LEGAL_TASK_AT_COUNT,
} legal_task_at_t;
typedef enum legal_task_command {
    LEGAL_TASK_ASK,
    LEGAL_TASK_ATTEST,
    LEGAL_TASK_CLOSE,
    LEGAL_TASK_SUPERSEDE,
} legal_task_command_t;
extern const kt_machine_t legal_task_machine;

typedef struct legal_task_record {
    kt_span_t employee;
    kt_span_t policy;
    uint32_t version;
    uint32_t state;
    kt_span_t campaign; /* empty: made at enrolment, with no campaign running */
    bool must_acknowledge;
    int32_t asked_on;
    int32_t counts_from;
    int32_t due_on;
    kt_list_t escalations; /* of legal_day_record_t */
    int64_t changed_us;
    bool overdue; /* on the day that was asked for; not stored */
} legal_task_record_t;
extern const kt_layout_t legal_task_layout;
/* The same with what only answers have. */
extern const kt_layout_t legal_task_answer_layout;

static inline bool
legal_is_open(const legal_task_record_t *task)
{
    return task->state == LEGAL_TASK_AT_OPEN;
}

/* ---- asking ---- */

/* What a policy asks of whoever comes newly. */
typedef struct legal_demand {
    const legal_policy_record_t *policy;
    uint32_t version;                        /* 0: nothing */
    const legal_campaign_record_t *campaign; /* the one that asks; NULL: enrolment itself does */
} legal_demand_t;

/* CAMPAIGN is the one that runs, or NULL; IN_EFFECT is the version in effect, 0: none. */
legal_demand_t legal_demand_of(const legal_policy_record_t *policy,
                               const legal_campaign_record_t *campaign, uint32_t in_effect);

/* What becomes of the tasks of one employee and policy. */
typedef struct legal_asked {
    bool makes;
    legal_task_record_t task; /* the new one */
    bool supersedes;
    legal_task_record_t old;
} legal_asked_t;

/* Asks from ASKED_ON on. NEWEST is the employee's task of the newest version, NULL when there is
 * none; what is asked already is left alone. */
legal_asked_t
legal_ask(const legal_actor_t *actor, const legal_employee_record_t *employee,
          const legal_demand_t *demand, int32_t asked_on, const legal_task_record_t *newest);

/* How many more open tasks the employee has that must be acknowledged. */
int32_t legal_asked_must(const legal_asked_t *asked);

/* CAMPAIGN is the draft, and what is to be written; POLICY is changed. RUNNING is the campaign that
 * runs, or NULL; VERSION_THERE says whether the policy has that version. POLICY_VERSION_UNKNOWN,
 * CAMPAIGN_EXISTS, POLICY_STATE, CAMPAIGN_STALE. */
typedef struct legal_campaign_facts {
    bool there, version_there;
    const legal_campaign_record_t *running;
} legal_campaign_facts_t;
kt_status_t
legal_decide_start_campaign(const legal_actor_t *actor, const legal_campaign_facts_t *facts,
                            legal_policy_record_t *policy, legal_campaign_record_t *campaign);

/* CAMPAIGN_OVER. */
kt_status_t
legal_decide_continue_campaign(const legal_actor_t *actor, const legal_policy_record_t *policy,
                               const legal_campaign_record_t *campaign);

/* ---- attesting ---- */

typedef struct legal_attest_order {
    kt_span_t employee; /* empty: the caller */
    kt_span_t policy;
    uint32_t version;
    uint8_t sha256[KT_HASH_BYTES];
} legal_attest_order_t;
extern const kt_layout_t legal_attest_layout;

typedef struct legal_attest_facts {
    const legal_employee_record_t *caller; /* NULL: nobody's principal calls */
    bool version_there;
    uint8_t sha256[KT_HASH_BYTES];     /* of the version */
    const legal_task_record_t *task;   /* of that version, or NULL */
    const legal_task_record_t *newest; /* of the newest version, or NULL */
    const legal_asked_t *asked; /* what a campaign would ask that has not reached the caller yet */
} legal_attest_facts_t;

/* FX is what to write: `makes` is false when it was attested already. POLICY_VERSION_UNKNOWN,
 * TASK_UNKNOWN, TASK_NOT_YOURS, TASK_STATE, TASK_STALE, TASK_OTHER_TEXT. */
kt_status_t legal_decide_attest(const legal_actor_t *actor, const legal_attest_order_t *order,
                                const legal_attest_facts_t *facts, legal_asked_t *fx);

/* Closes an open task. */
void legal_close_task(const legal_actor_t *actor, legal_task_record_t *task);

/* ---- days that pass ---- */

/* The date that the N-th of the task's days falls on, KT_DATE_NONE past the last. */
int32_t legal_task_day(const legal_task_record_t *task, uint32_t n);

typedef struct legal_escalation_record {
    kt_span_t employee;
    kt_span_t policy;
    uint32_t version;
    uint32_t days;
    uint32_t level;
    int32_t passed_on;
    int32_t due_on;
    int64_t told_us;
} legal_escalation_record_t;
extern const kt_layout_t legal_escalation_layout;

/* A task that has a day to be told: NEXT. After: the one to be told then, or KT_DATE_NONE. */
typedef struct legal_due {
    legal_task_record_t task;
    int32_t next, after;
    bool moves;
} legal_due_t;

/* Tells what has passed on ON_DATE, at most ROOM days, in the order of DUE; false when some is
 * left. */
bool legal_escalate(const legal_actor_t *actor, int32_t on_date, legal_due_t *due, uint32_t count,
                    legal_escalation_record_t *told, uint32_t room, uint32_t *told_count);

/* The role that a level tells. Static. */
const char *legal_escalation_role(uint32_t level);

/* What a run answers. */
typedef struct legal_escalated {
    kt_list_t escalations; /* of legal_escalation_record_t */
    bool more;
} legal_escalated_t;
extern const kt_layout_t legal_escalated_layout;

/* What retiring a policy answers. */
typedef struct legal_retired {
    legal_policy_record_t policy;
    uint32_t closed;
    bool more;
} legal_retired_t;
extern const kt_layout_t legal_retired_layout;

/* ---- compliance ---- */

/* A task and when its policy was retired (0: it was not). */
typedef struct legal_duty {
    legal_task_record_t task;
    int64_t policy_retired_us;
} legal_duty_t;

typedef struct legal_missing {
    kt_span_t policy;
    uint32_t version;
    int32_t due_on;
    bool overdue;
    bool must_acknowledge;
} legal_missing_record_t;

typedef struct legal_compliance {
    kt_span_t employee;
    int32_t on_date;
    bool complies;
    bool must_acknowledged;
    kt_list_t missing; /* of legal_missing_record_t */
} legal_compliance_record_t;
extern const kt_layout_t legal_compliance_layout;

/* DUTIES are all that the employee ever had, by policy and version; MISSING has room for as many.
 * COMPLIANCE has its employee and date. */
void legal_comply(const legal_duty_t *duties, uint32_t count, legal_missing_record_t *missing,
                  legal_compliance_record_t *compliance);

#endif
