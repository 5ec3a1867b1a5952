#include "domain/matters.h"

#include "domain/reason.h"

#include <kt/checked.h>

#define AT(state)    LEGAL_MATTER_AT_##state
#define DOES(action) LEGAL_MATTER_##action

enum { NOTHING_OPEN };
static const char *const matter_states[] = {"NONE", "INTAKE", "OPEN", "CLOSED"};
static const char *const matter_commands[] = {
    "take in",  "assign",     "add deadline", "meet deadline", "supersede deadline",
    "add cost", "place hold", "release hold", "close",         "reopen",
};
static const char *const matter_guards[] = {
    [NOTHING_OPEN] = "no deadline is pending and no hold is active",
};
static const kt_transition_t matter_rows[] = {
    {AT(NONE), DOES(TAKE_IN), KT_UNGUARDED, AT(INTAKE), NULL},
    {AT(INTAKE), DOES(ASSIGN), KT_UNGUARDED, AT(OPEN), NULL},
    {AT(INTAKE), DOES(ADD_DEADLINE), KT_UNGUARDED, AT(INTAKE), NULL},
    {AT(INTAKE), DOES(MEET_DEADLINE), KT_UNGUARDED, AT(INTAKE), NULL},
    {AT(INTAKE), DOES(SUPERSEDE_DEADLINE), KT_UNGUARDED, AT(INTAKE), NULL},
    {AT(INTAKE), DOES(ADD_COST), KT_UNGUARDED, AT(INTAKE), NULL},
    {AT(INTAKE), DOES(PLACE_HOLD), KT_UNGUARDED, AT(INTAKE), NULL},
    {AT(INTAKE), DOES(RELEASE_HOLD), KT_UNGUARDED, AT(INTAKE), NULL},
    {AT(OPEN), DOES(ASSIGN), KT_UNGUARDED, AT(OPEN), NULL},
    {AT(OPEN), DOES(ADD_DEADLINE), KT_UNGUARDED, AT(OPEN), NULL},
    {AT(OPEN), DOES(MEET_DEADLINE), KT_UNGUARDED, AT(OPEN), NULL},
    {AT(OPEN), DOES(SUPERSEDE_DEADLINE), KT_UNGUARDED, AT(OPEN), NULL},
    {AT(OPEN), DOES(ADD_COST), KT_UNGUARDED, AT(OPEN), NULL},
    {AT(OPEN), DOES(PLACE_HOLD), KT_UNGUARDED, AT(OPEN), NULL},
    {AT(OPEN), DOES(RELEASE_HOLD), KT_UNGUARDED, AT(OPEN), NULL},
    {AT(OPEN), DOES(CLOSE), NOTHING_OPEN, AT(CLOSED), NULL},
    {AT(CLOSED), DOES(REOPEN), KT_UNGUARDED, AT(OPEN), "ceo"},
};
const kt_machine_t legal_matter_machine = {
    .name = "legal.matter",
    .states = matter_states,
    .states_count = KT_COUNT(matter_states),
    .commands = matter_commands,
    .commands_count = KT_COUNT(matter_commands),
    .guards = matter_guards,
    .guards_count = KT_COUNT(matter_guards),
    .rows = matter_rows,
    .rows_count = KT_COUNT(matter_rows),
    .first = LEGAL_MATTER_AT_NONE,
};

/* ---- matters ---- */

static kt_status_t
ask(const legal_actor_t *actor, const legal_matter_record_t *matter, legal_matter_command_t command,
    uint32_t holds, uint32_t *next)
{
    return legal_actor_step(actor, &legal_matter_machine, matter->state, command, holds,
                            LEGAL_MATTER_STATE, next);
}

static kt_status_t
step(const legal_actor_t *actor, legal_matter_record_t *matter, legal_matter_command_t command)
{
    KT_TRY(ask(actor, matter, command, 0, &matter->state));
    return kt_ok();
}

kt_status_t
legal_decide_open_matter(const legal_actor_t *actor, bool there, legal_matter_record_t *matter)
{
    if (there)
        return legal_refusal(actor, KT_ALREADY_EXISTS, LEGAL_MATTER_EXISTS,
                             "there is such a matter already", matter->matter);
    KT_TRY(step(actor, matter, LEGAL_MATTER_TAKE_IN));
    matter->opened_by = actor->principal;
    matter->opened_us = matter->changed_us = actor->now_us;
    return kt_ok();
}

kt_status_t
legal_decide_assign(const legal_actor_t *actor, kt_span_t assignee, legal_matter_record_t *matter)
{
    KT_TRY(step(actor, matter, LEGAL_MATTER_ASSIGN));
    matter->assignee = assignee;
    matter->changed_us = actor->now_us;
    return kt_ok();
}

kt_status_t
legal_decide_close_matter(const legal_actor_t *actor, const legal_close_facts_t *facts,
                          kt_span_t outcome, legal_matter_record_t *matter)
{
    bool is_open = matter->state == LEGAL_MATTER_AT_OPEN;

    if (is_open && facts->pending_deadline.size > 0)
        return legal_refusal(actor, KT_FAILED_PRECONDITION, LEGAL_DEADLINE_IS_PENDING,
                             "a deadline is pending", facts->pending_deadline);
    if (is_open && facts->active_hold.size > 0)
        return legal_refusal(actor, KT_FAILED_PRECONDITION, LEGAL_HOLD_IS_ACTIVE,
                             "a legal hold is active", facts->active_hold);
    KT_TRY(ask(actor, matter, LEGAL_MATTER_CLOSE, 1u << NOTHING_OPEN, &matter->state));
    matter->outcome = outcome;
    matter->changed_us = actor->now_us;
    return kt_ok();
}

kt_status_t
legal_decide_reopen(const legal_actor_t *actor, kt_span_t reason, legal_matter_record_t *matter)
{
    KT_TRY(step(actor, matter, LEGAL_MATTER_REOPEN));
    matter->reopened_for = reason;
    matter->changed_us = actor->now_us;
    return kt_ok();
}

/* ---- deadlines ---- */

legal_deadline_at_t
legal_deadline_state(const legal_deadline_record_t *deadline, int32_t date)
{
    if (deadline->superseded_on != KT_DATE_NONE && deadline->superseded_on <= date)
        return LEGAL_DEADLINE_SUPERSEDED;
    if (deadline->met_on != KT_DATE_NONE && deadline->met_on <= date)
        return deadline->met_on <= deadline->due_on ? LEGAL_DEADLINE_MET : LEGAL_DEADLINE_MET_LATE;
    return date <= deadline->due_on ? LEGAL_DEADLINE_PENDING : LEGAL_DEADLINE_MISSED;
}

bool
legal_deadline_waits(const legal_deadline_record_t *deadline, int32_t today)
{
    return deadline->superseded_on == KT_DATE_NONE && deadline->met_on == KT_DATE_NONE &&
           today <= deadline->due_on;
}

static kt_status_t
check_new_deadline(const legal_actor_t *actor, bool there, kt_span_t deadline)
{
    if (there)
        return legal_refusal(actor, KT_ALREADY_EXISTS, LEGAL_DEADLINE_EXISTS,
                             "the matter has such a deadline already", deadline);
    return kt_ok();
}

static kt_status_t
count_deadline(const legal_actor_t *actor, legal_matter_record_t *matter)
{
    if (matter->deadlines >= LEGAL_DEADLINES_MAX)
        return legal_refusal(actor, KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_DEADLINES,
                             "the matter has 100 deadlines: open another one beside it",
                             matter->matter);
    matter->deadlines++;
    return kt_ok();
}

static void
sign_deadline(const legal_actor_t *actor, legal_deadline_record_t *deadline)
{
    deadline->met_on = deadline->superseded_on = KT_DATE_NONE;
    deadline->added_by = actor->principal;
    deadline->added_us = actor->now_us;
}

kt_status_t
legal_decide_add_deadline(const legal_actor_t *actor, bool there, legal_matter_record_t *matter,
                          legal_deadline_record_t *deadline)
{
    KT_TRY(check_new_deadline(actor, there, deadline->deadline));
    KT_TRY(step(actor, matter, LEGAL_MATTER_ADD_DEADLINE));
    KT_TRY(count_deadline(actor, matter));
    sign_deadline(actor, deadline);
    return kt_ok();
}

static kt_status_t
check_ended(const legal_actor_t *actor, const legal_deadline_record_t *deadline)
{
    if (deadline->met_on != KT_DATE_NONE)
        return legal_refusal(actor, KT_FAILED_PRECONDITION, LEGAL_DEADLINE_IS_MET,
                             "the deadline is met, and is not edited", deadline->deadline);
    if (deadline->superseded_on != KT_DATE_NONE)
        return legal_refusal(actor, KT_FAILED_PRECONDITION, LEGAL_DEADLINE_IS_SUPERSEDED,
                             "another deadline is in its place", deadline->superseded_by);
    return kt_ok();
}

kt_status_t
legal_decide_meet(const legal_actor_t *actor, const legal_matter_record_t *matter,
                  const legal_meet_order_t *order, legal_deadline_record_t *deadline)
{
    uint32_t same;

    KT_TRY(ask(actor, matter, LEGAL_MATTER_MEET_DEADLINE, 0, &same));
    KT_TRY(check_ended(actor, deadline));
    deadline->met_on = order->met_on;
    deadline->evidence = order->evidence;
    return kt_ok();
}

kt_status_t
legal_decide_supersede_deadline(const legal_actor_t *actor, bool there,
                                const legal_supersede_order_t *order, legal_matter_record_t *matter,
                                legal_deadline_record_t *old, legal_deadline_record_t *newer)
{
    KT_TRY(check_new_deadline(actor, there, order->new_deadline));
    KT_TRY(step(actor, matter, LEGAL_MATTER_SUPERSEDE_DEADLINE));
    KT_TRY(check_ended(actor, old));
    KT_TRY(count_deadline(actor, matter));
    *newer = (legal_deadline_record_t){
        .matter = old->matter,
        .deadline = order->new_deadline,
        .due_on = order->new_due_on,
        .what = old->what,
        .source = LEGAL_SOURCE_ORDER,
        .source_text = order->order_text,
        .supersedes = old->deadline,
    };
    sign_deadline(actor, newer);
    old->superseded_by = order->new_deadline;
    old->superseded_on = legal_day_of(actor->now_us);
    old->order_text = order->order_text;
    return kt_ok();
}

/* ---- costs ---- */

static const legal_total_record_t *
total_of(const kt_list_t *totals, kt_span_t currency)
{
    const legal_total_record_t *all = (const legal_total_record_t *)totals->items;

    for (uint32_t i = 0; i < totals->count; i++)
        if (kt_span_equal(all[i].currency, currency))
            return &all[i];
    return NULL;
}

kt_status_t
legal_decide_add_cost(const legal_actor_t *actor, const kt_list_t *totals,
                      legal_matter_record_t *matter, legal_cost_record_t *cost,
                      legal_total_record_t *total)
{
    const legal_total_record_t *before = total_of(totals, cost->currency);

    *total = (legal_total_record_t){.currency = cost->currency};
    KT_TRY(step(actor, matter, LEGAL_MATTER_ADD_COST));
    if (!kt_add_i64(before ? before->amount_minor : 0, cost->amount_minor, &total->amount_minor))
        return legal_refusal(actor, KT_OUT_OF_RANGE, LEGAL_COST_OVERFLOW,
                             "the matter's costs do not fit 64 bits in", cost->currency);
    if (matter->costs >= LEGAL_COSTS_MAX)
        return legal_refusal(actor, KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_COSTS,
                             "the matter has 10,000 costs: open another one beside it",
                             matter->matter);
    if (!before && totals->count >= LEGAL_CURRENCIES_MAX)
        return legal_refusal(actor, KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_CURRENCIES,
                             "the matter has costs in 8 currencies, and not in", cost->currency);
    cost->number = ++matter->costs;
    cost->added_by = actor->principal;
    cost->added_us = actor->now_us;
    return kt_ok();
}

/* ---- legal holds ---- */

kt_status_t
legal_decide_place_hold(const legal_actor_t *actor, bool there, legal_matter_record_t *matter,
                        legal_hold_record_t *hold)
{
    if (there)
        return legal_refusal(actor, KT_ALREADY_EXISTS, LEGAL_HOLD_EXISTS,
                             "the matter has such a hold already", hold->hold);
    KT_TRY(step(actor, matter, LEGAL_MATTER_PLACE_HOLD));
    if (matter->holds >= LEGAL_HOLDS_MAX)
        return legal_refusal(actor, KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_HOLDS,
                             "the matter has 32 holds: open another one beside it", matter->matter);
    matter->holds++;
    hold->placed_by = actor->principal;
    hold->placed_us = actor->now_us;
    return kt_ok();
}

kt_status_t
legal_decide_release_hold(const legal_actor_t *actor, const legal_matter_record_t *matter,
                          kt_span_t reason, legal_hold_record_t *hold, bool *changes)
{
    uint32_t same;

    *changes = legal_is_active(hold);
    if (!*changes)
        return kt_ok();
    KT_TRY(ask(actor, matter, LEGAL_MATTER_RELEASE_HOLD, 0, &same));
    hold->reason = reason;
    hold->released_by = actor->principal;
    hold->released_us = actor->now_us;
    return kt_ok();
}
