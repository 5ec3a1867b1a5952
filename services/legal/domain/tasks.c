#include "domain/tasks.h"

#include "domain/reason.h"

static const char *const task_states[] = {"NONE", "OPEN", "ATTESTED", "CLOSED", "SUPERSEDED"};
static const char *const task_commands[] = {"ask", "attest", "close", "supersede"};
enum { IN_PERSON };
static const char *const task_guards[] = {
    [IN_PERSON] = "the employee in person gives the hash of the version",
};
static const kt_transition_t task_rows[] = {
    {LEGAL_TASK_AT_NONE, LEGAL_TASK_ASK, KT_UNGUARDED, LEGAL_TASK_AT_OPEN, NULL},
    {LEGAL_TASK_AT_OPEN, LEGAL_TASK_ATTEST, IN_PERSON, LEGAL_TASK_AT_ATTESTED, "employee"},
    {LEGAL_TASK_AT_OPEN, LEGAL_TASK_CLOSE, KT_UNGUARDED, LEGAL_TASK_AT_CLOSED, NULL},
    {LEGAL_TASK_AT_OPEN, LEGAL_TASK_SUPERSEDE, KT_UNGUARDED, LEGAL_TASK_AT_SUPERSEDED, NULL},
    {LEGAL_TASK_AT_ATTESTED, LEGAL_TASK_ATTEST, IN_PERSON, LEGAL_TASK_AT_ATTESTED, "employee"},
};
const kt_machine_t legal_task_machine = {
    .name = "legal.task",
    .states = task_states,
    .states_count = KT_COUNT(task_states),
    .commands = task_commands,
    .commands_count = KT_COUNT(task_commands),
    .guards = task_guards,
    .guards_count = KT_COUNT(task_guards),
    .rows = task_rows,
    .rows_count = KT_COUNT(task_rows),
    .first = LEGAL_TASK_AT_NONE,
};

/* ---- asking ---- */

static const legal_day_record_t USUAL_DAYS[] = {{7}, {14}, {21}};

static kt_list_t
usual_days(void)
{
    return (kt_list_t){.items = (void *)(uintptr_t)USUAL_DAYS, .count = KT_COUNT(USUAL_DAYS)};
}

legal_demand_t
legal_demand_of(const legal_policy_record_t *policy, const legal_campaign_record_t *campaign,
                uint32_t in_effect)
{
    legal_demand_t demand = {.policy = policy};

    if (campaign)
        demand = (legal_demand_t){policy, campaign->version, campaign};
    if (policy->must_acknowledge && in_effect > demand.version)
        demand = (legal_demand_t){policy, in_effect, NULL};
    return demand;
}

static void
step(const legal_actor_t *actor, legal_task_record_t *task, legal_task_command_t command)
{
    kt_status_t status = legal_actor_step(actor, &legal_task_machine, task->state, command, 0,
                                          LEGAL_TASK_STATE, &task->state);
    KT_ASSERT(!kt_failed(status)); /* no row of these has a role or a guard */
    task->changed_us = actor->now_us;
}

legal_asked_t
legal_ask(const legal_actor_t *actor, const legal_employee_record_t *employee,
          const legal_demand_t *demand, int32_t asked_on, const legal_task_record_t *newest)
{
    const legal_campaign_record_t *campaign = demand->campaign;
    legal_asked_t asked = {0};

    if (demand->version == 0 || legal_is_closed(employee) ||
        (newest && newest->version >= demand->version))
        return asked;
    asked.makes = true;
    asked.task = (legal_task_record_t){
        .employee = employee->employee,
        .policy = demand->policy->policy,
        .version = demand->version,
        .must_acknowledge = demand->policy->must_acknowledge,
        .asked_on = asked_on,
        .counts_from = KT_MAX(asked_on, employee->starts_on),
        .escalations = usual_days(),
    };
    asked.task.due_on = asked.task.counts_from;
    if (campaign) { /* who comes late has as many days as the others had */
        asked.task.campaign = campaign->campaign;
        asked.task.due_on += campaign->due_on - campaign->starts_on;
        asked.task.escalations = campaign->escalations;
    }
    step(actor, &asked.task, LEGAL_TASK_ASK);
    if (newest && legal_is_open(newest)) {
        asked.supersedes = true;
        asked.old = *newest;
        step(actor, &asked.old, LEGAL_TASK_SUPERSEDE);
    }
    return asked;
}

int32_t
legal_asked_must(const legal_asked_t *asked)
{
    int32_t more = 0;

    if (asked->makes && asked->task.must_acknowledge && legal_is_open(&asked->task))
        more++;
    if (asked->supersedes && asked->old.must_acknowledge)
        more--;
    return more;
}

kt_status_t
legal_decide_start_campaign(const legal_actor_t *actor, const legal_campaign_facts_t *facts,
                            legal_policy_record_t *policy, legal_campaign_record_t *campaign)
{
    if (!facts->version_there)
        return legal_refusal(actor, KT_NOT_FOUND, LEGAL_POLICY_VERSION_UNKNOWN,
                             "there is no such version of policy", policy->policy);
    if (facts->there)
        return legal_refusal(actor, KT_ALREADY_EXISTS, LEGAL_CAMPAIGN_EXISTS,
                             "there is such a campaign already", campaign->campaign);
    KT_TRY(legal_actor_step(actor, &legal_policy_machine, policy->state,
                            LEGAL_POLICY_START_CAMPAIGN, 0, LEGAL_POLICY_STATE, &policy->state));
    if (facts->running && facts->running->version >= campaign->version)
        return legal_refusal(actor, KT_FAILED_PRECONDITION, LEGAL_CAMPAIGN_STALE,
                             "a campaign runs for this version or a newer one",
                             facts->running->campaign);
    policy->campaign = campaign->campaign;
    campaign->starts_on = legal_day_of(actor->now_us);
    campaign->started_by = actor->principal;
    campaign->started_us = actor->now_us;
    campaign->more = true;
    if (campaign->escalations.count == 0)
        campaign->escalations = usual_days();
    return kt_ok();
}

kt_status_t
legal_decide_continue_campaign(const legal_actor_t *actor, const legal_policy_record_t *policy,
                               const legal_campaign_record_t *campaign)
{
    if (policy->state == LEGAL_POLICY_AT_RETIRED)
        return legal_refusal(actor, KT_FAILED_PRECONDITION, LEGAL_CAMPAIGN_OVER,
                             "the policy is retired", policy->policy);
    if (!kt_span_equal(policy->campaign, campaign->campaign))
        return legal_refusal(actor, KT_FAILED_PRECONDITION, LEGAL_CAMPAIGN_OVER,
                             "a newer campaign of the policy runs", policy->campaign);
    return kt_ok();
}

/* ---- attesting ---- */

static bool
is_in_person(const legal_actor_t *actor, const legal_attest_order_t *order,
             const legal_employee_record_t *caller)
{
    if (!caller || (order->employee.size > 0 && !kt_span_equal(order->employee, caller->employee)))
        return false;
    return actor->on_behalf_of.size == 0 || kt_span_equal(actor->on_behalf_of, actor->principal);
}

static kt_status_t
check_attest(const legal_actor_t *actor, const legal_attest_order_t *order,
             const legal_attest_facts_t *facts, const legal_task_record_t *task)
{
    const legal_task_record_t *newest = facts->asked->makes ? &facts->asked->task : facts->newest;

    if (!facts->version_there)
        return legal_refusal(actor, KT_NOT_FOUND, LEGAL_POLICY_VERSION_UNKNOWN,
                             "there is no such version of policy", order->policy);
    if (!is_in_person(actor, order, facts->caller))
        return legal_refusal(actor, KT_FAILED_PRECONDITION, LEGAL_TASK_NOT_YOURS,
                             "only the employee in person attests, not", actor->principal);
    if (!task)
        return legal_refusal(actor, KT_NOT_FOUND, LEGAL_TASK_UNKNOWN,
                             "this version is not asked of employee", facts->caller->employee);
    if (task->state == LEGAL_TASK_AT_SUPERSEDED ||
        (newest->version > task->version && legal_is_open(task)))
        return legal_refusal(actor, KT_FAILED_PRECONDITION, LEGAL_TASK_STALE,
                             "a newer version is asked for of policy", order->policy);
    if (memcmp(order->sha256, facts->sha256, KT_HASH_BYTES) != 0)
        return legal_refusal(actor, KT_FAILED_PRECONDITION, LEGAL_TASK_OTHER_TEXT,
                             "the hash is of another text than that version of", order->policy);
    return kt_ok();
}

kt_status_t
legal_decide_attest(const legal_actor_t *actor, const legal_attest_order_t *order,
                    const legal_attest_facts_t *facts, legal_asked_t *fx)
{
    bool is_new = facts->asked->makes && facts->asked->task.version == order->version;
    const legal_task_record_t *task = is_new ? &facts->asked->task : facts->task;

    KT_TRY(check_attest(actor, order, facts, task));
    *fx = is_new ? *facts->asked : (legal_asked_t){.task = *task};
    fx->makes = legal_is_open(task);
    KT_TRY(legal_actor_step(actor, &legal_task_machine, task->state, LEGAL_TASK_ATTEST,
                            1u << IN_PERSON, LEGAL_TASK_STATE, &fx->task.state));
    if (fx->makes)
        fx->task.changed_us = actor->now_us;
    return kt_ok();
}

void
legal_close_task(const legal_actor_t *actor, legal_task_record_t *task)
{
    step(actor, task, LEGAL_TASK_CLOSE);
}

/* ---- days that pass ---- */

int32_t
legal_task_day(const legal_task_record_t *task, uint32_t n)
{
    const legal_day_record_t *days = (const legal_day_record_t *)task->escalations.items;

    return n < task->escalations.count ? task->counts_from + (int32_t)days[n].days : KT_DATE_NONE;
}

bool
legal_escalate(const legal_actor_t *actor, int32_t on_date, legal_due_t *due, uint32_t count,
               legal_escalation_record_t *told, uint32_t room, uint32_t *told_count)
{
    uint32_t made = 0;
    bool all = true;

    for (uint32_t i = 0; i < count; i++) {
        const legal_task_record_t *task = &due[i].task;
        uint32_t n = 0;

        due[i].after = due[i].next;
        while (n < task->escalations.count && legal_task_day(task, n) < due[i].next)
            n++;
        for (; due[i].after != KT_DATE_NONE && due[i].after <= on_date && made < room; n++) {
            told[made++] = (legal_escalation_record_t){
                .employee = task->employee,
                .policy = task->policy,
                .version = task->version,
                .days = (uint32_t)(due[i].after - task->counts_from),
                .level = n + 1,
                .passed_on = due[i].after,
                .due_on = task->due_on,
                .told_us = actor->now_us,
            };
            due[i].moves = true;
            due[i].after = legal_task_day(task, n + 1);
        }
        all = all && (due[i].after == KT_DATE_NONE || due[i].after > on_date);
    }
    *told_count = made;
    return all;
}

const char *
legal_escalation_role(uint32_t level)
{
    static const char *const roles[LEGAL_ESCALATION_LEVELS] = {"employee", "legal.officer", "ceo"};

    KT_ASSERT(level >= 1 && level <= LEGAL_ESCALATION_LEVELS);
    return roles[level - 1];
}

/* ---- compliance ---- */

/* Whether TIME_US has a time that lies on DATE or before. */
static bool
was_by(int64_t time_us, int32_t date)
{
    return time_us != 0 && legal_day_of(time_us) <= date;
}

static bool
is_missing(const legal_duty_t *duty, int32_t date)
{
    const legal_task_record_t *task = &duty->task;

    if (was_by(duty->policy_retired_us, date))
        return false;
    if (task->state == LEGAL_TASK_AT_ATTESTED || task->state == LEGAL_TASK_AT_CLOSED)
        return !was_by(task->changed_us, date);
    return true; /* open, or superseded later than that date: the newer task is not there yet */
}

void
legal_comply(const legal_duty_t *duties, uint32_t count, legal_missing_record_t *missing,
             legal_compliance_record_t *compliance)
{
    int32_t date = compliance->on_date;
    uint32_t made = 0;

    compliance->complies = compliance->must_acknowledged = true;
    for (uint32_t i = 0; i < count; i++) {
        const legal_task_record_t *task = &duties[i].task;
        bool is_newest = i + 1 == count || duties[i + 1].task.asked_on > date ||
                         !kt_span_equal(duties[i + 1].task.policy, task->policy);

        if (task->asked_on > date || !is_newest || !is_missing(&duties[i], date))
            continue;
        missing[made++] = (legal_missing_record_t){
            .policy = task->policy,
            .version = task->version,
            .due_on = task->due_on,
            .overdue = task->due_on < date,
            .must_acknowledge = task->must_acknowledge,
        };
        compliance->complies &= task->due_on >= date && !task->must_acknowledge;
        compliance->must_acknowledged &= !task->must_acknowledge;
    }
    compliance->missing = (kt_list_t){.items = missing, .count = made};
}
