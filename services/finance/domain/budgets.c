#include "domain/budgets.h"

static const kt_field_t COST_CENTRE_FIELDS[] = {
    KT_F_NAME(fin_cost_centre_record_t, book, FIN_ID_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_cost_centre_record_t, cost_centre, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(fin_cost_centre_record_t, title, FIN_TITLE_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(fin_cost_centre_record_t, manager, FIN_MANAGER_BYTES_MAX, 0),
    KT_F_TIME(fin_cost_centre_record_t, created_us, KT_OUTPUT),
};
const kt_layout_t fin_cost_centre_layout = KT_LAYOUT("cost_centre", fin_cost_centre_record_t,
                                                     COST_CENTRE_FIELDS);

static const kt_field_t BUDGET_FIELDS[] = {
    KT_F_NAME(fin_budget_record_t, book, FIN_ID_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_budget_record_t, cost_centre, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(fin_budget_record_t, commodity, FIN_SYMBOL_BYTES_MAX, KT_REQUIRED),
    KT_F_U32(fin_budget_record_t, from_month, 0, INT32_MAX, KT_OUTPUT),
    KT_F_U32(fin_budget_record_t, to_month, 0, INT32_MAX, KT_OUTPUT),
    KT_F_PART(fin_budget_record_t, allowance, &fin_allowance_layout, KT_OUTPUT),
};
const kt_layout_t fin_budget_layout = KT_LAYOUT("budget", fin_budget_record_t, BUDGET_FIELDS);

static const kt_field_t RESERVATION_FIELDS[] = {
    KT_F_NAME(fin_reservation_record_t, reservation, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_reservation_record_t, book, FIN_ID_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(fin_reservation_record_t, cost_centre, FIN_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(fin_reservation_record_t, commodity, FIN_SYMBOL_BYTES_MAX, KT_REQUIRED),
    KT_F_DATE(fin_reservation_record_t, on_date, KT_REQUIRED),
    KT_F_U32(fin_reservation_record_t, to_month, 0, INT32_MAX, KT_OUTPUT),
    KT_F_I64(fin_reservation_record_t, amount_minor, 1, INT64_MAX, KT_REQUIRED),
    KT_F_I64(fin_reservation_record_t, spent_minor, 0, INT64_MAX, KT_OUTPUT),
    KT_F_I64(fin_reservation_record_t, scheduled_minor, 0, INT64_MAX, KT_OUTPUT),
    KT_F_TEXT(fin_reservation_record_t, purpose, FIN_PURPOSE_BYTES_MAX, 0),
    KT_F_TEXT(fin_reservation_record_t, reference, FIN_REFERENCE_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(fin_reservation_record_t, expires_us, KT_REQUIRED),
    KT_F_ENUM(fin_reservation_record_t, state, FIN_RESERVATION_RELEASED, KT_OUTPUT),
    KT_F_TIME(fin_reservation_record_t, created_us, KT_OUTPUT),
};
const kt_layout_t fin_reservation_layout = KT_LAYOUT("reservation", fin_reservation_record_t,
                                                     RESERVATION_FIELDS);

/* ---- the table ---- */

enum { ALIVE, SAME_REFERENCE, UNSCHEDULED, WHOLE };

static const char *const STATES[] = {"NONE", "RESERVED", "COMMITTED", "SPENT", "RELEASED"};
static const char *const COMMANDS[] = {"reserve", "commit", "release", "spend"};
static const char *const GUARDS[] = {
    [ALIVE] = "it has not expired",
    [SAME_REFERENCE] = "it is for the same reference as before",
    [UNSCHEDULED] = "no open schedule draws on it",
    [WHOLE] = "nothing is left of it",
};
static const kt_transition_t ROWS[] = {
    {FIN_RESERVATION_NONE, FIN_RESERVATION_RESERVE, KT_UNGUARDED, FIN_RESERVATION_RESERVED, NULL},
    {FIN_RESERVATION_RESERVED, FIN_RESERVATION_COMMIT, ALIVE, FIN_RESERVATION_COMMITTED, NULL},
    {FIN_RESERVATION_RESERVED, FIN_RESERVATION_RELEASE, KT_UNGUARDED, FIN_RESERVATION_RELEASED,
     NULL},
    {FIN_RESERVATION_COMMITTED, FIN_RESERVATION_COMMIT, SAME_REFERENCE, FIN_RESERVATION_COMMITTED,
     NULL},
    {FIN_RESERVATION_COMMITTED, FIN_RESERVATION_RELEASE, UNSCHEDULED, FIN_RESERVATION_RELEASED,
     NULL},
    {FIN_RESERVATION_COMMITTED, FIN_RESERVATION_SPEND, WHOLE, FIN_RESERVATION_SPENT, NULL},
    {FIN_RESERVATION_COMMITTED, FIN_RESERVATION_SPEND, KT_UNGUARDED, FIN_RESERVATION_COMMITTED,
     NULL},
    {FIN_RESERVATION_SPENT, FIN_RESERVATION_COMMIT, SAME_REFERENCE, FIN_RESERVATION_SPENT, NULL},
    {FIN_RESERVATION_RELEASED, FIN_RESERVATION_RELEASE, KT_UNGUARDED, FIN_RESERVATION_RELEASED,
     NULL},
};
const kt_machine_t fin_reservation_machine = {
    .name = "finance.reservation",
    .states = STATES,
    .commands = COMMANDS,
    .guards = GUARDS,
    .states_count = KT_COUNT(STATES),
    .commands_count = KT_COUNT(COMMANDS),
    .guards_count = KT_COUNT(GUARDS),
    .rows = ROWS,
    .rows_count = KT_COUNT(ROWS),
    .first = FIN_RESERVATION_NONE,
};

uint32_t
fin_reservation_state(const fin_reservation_record_t *reservation, int64_t now_us)
{
    if (reservation->state == FIN_RESERVATION_RESERVED && reservation->expires_us <= now_us)
        return FIN_RESERVATION_EXPIRED;
    return reservation->state;
}

/* ---- budgets ---- */

static kt_status_t
cost_centre_unknown(void)
{
    return kt_error(KT_NOT_FOUND, FIN_COST_CENTRE_UNKNOWN, "the book has no such cost centre");
}

kt_status_t
fin_decide_set_budget(kt_arena_t *arena, const fin_budget_facts_t *facts, int64_t now_us,
                      fin_budget_record_t *order)
{
    const fin_budget_record_t *there = &facts->budget;
    fin_allowance_t allowance = {.limit = order->allowance.limit, .seen_us = now_us};
    if (!facts->cost_centre)
        return cost_centre_unknown();
    if (facts->found && there->from_month <= order->to_month) {
        if (there->from_month != order->from_month || there->to_month != order->to_month)
            return kt_error(KT_FAILED_PRECONDITION, FIN_BUDGET_OVERLAPS,
                            "another budget of the cost centre has months of that period");
        allowance = there->allowance;
        allowance.limit = order->allowance.limit;
        fin_allowance_advance(&allowance, &facts->lapsed, now_us);
    }
    if (fin_allowance_free(&allowance) < 0)
        return kt_error(
            KT_FAILED_PRECONDITION, FIN_BUDGET_BELOW_USE,
            kt_arena_printf(arena, "%lld is spent, committed or reserved already",
                            (long long)(allowance.limit - fin_allowance_free(&allowance))));
    order->allowance = allowance;
    return kt_ok();
}

/* ---- reservations ---- */

static kt_status_t
step(kt_arena_t *arena, uint32_t command, uint32_t holds, fin_reservation_facts_t *facts)
{
    fin_step_t step = {.machine = &fin_reservation_machine,
                       .command = command,
                       .holds = holds,
                       .reason = FIN_RESERVATION_STATE,
                       .thing = facts->reservation.reservation};
    return fin_step(arena, &step, &facts->reservation.state);
}

kt_status_t
fin_decide_reserve_budget(kt_arena_t *arena, int64_t now_us, fin_reservation_facts_t *facts)
{
    fin_reservation_record_t *reservation = &facts->reservation;
    fin_allowance_t *allowance = &facts->budget.allowance;
    if (!facts->cost_centre)
        return cost_centre_unknown();
    if (!facts->found)
        return kt_error(KT_NOT_FOUND, FIN_BUDGET_UNKNOWN,
                        "the cost centre has no budget in that commodity on that day");
    if (facts->taken)
        return kt_error(KT_ALREADY_EXISTS, FIN_RESERVATION_EXISTS,
                        "there is a reservation of that name");
    fin_allowance_advance(allowance, &facts->lapsed, now_us);
    if (reservation->amount_minor > fin_allowance_free(allowance))
        return kt_error(KT_FAILED_PRECONDITION, FIN_BUDGET_EXCEEDED,
                        kt_arena_printf(arena, "only %lld is free in the budget",
                                        (long long)fin_allowance_free(allowance)));
    if (allowance->active >= FIN_RESERVATIONS_ACTIVE_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_RESERVATIONS,
                        "the budget has 10,000 active reservations");
    fin_allowance_reserve(allowance, reservation->amount_minor);
    reservation->to_month = facts->budget.to_month;
    reservation->created_us = now_us;
    return step(arena, FIN_RESERVATION_RESERVE, 0, facts);
}

kt_status_t
fin_decide_commit_budget(kt_arena_t *arena, int64_t now_us, kt_span_t reference,
                         fin_reservation_facts_t *facts)
{
    fin_reservation_record_t *reservation = &facts->reservation;
    fin_allowance_t *allowance = &facts->budget.allowance;
    uint32_t before = reservation->state, holds = 0;
    fin_allowance_advance(allowance, &facts->lapsed, now_us);
    if (reservation->expires_us > allowance->seen_us)
        holds |= FIN_HOLDS(ALIVE);
    if (kt_span_equal(reservation->reference, reference))
        holds |= FIN_HOLDS(SAME_REFERENCE);
    KT_TRY(step(arena, FIN_RESERVATION_COMMIT, holds, facts));
    if (before == FIN_RESERVATION_RESERVED) {
        fin_allowance_unreserve(allowance, reservation->amount_minor);
        allowance->committed += reservation->amount_minor;
        reservation->reference = reference;
    }
    return kt_ok();
}

kt_status_t
fin_decide_release_budget(kt_arena_t *arena, int64_t now_us, fin_reservation_facts_t *facts)
{
    fin_reservation_record_t *reservation = &facts->reservation;
    fin_allowance_t *allowance = &facts->budget.allowance;
    uint32_t before = reservation->state;
    fin_allowance_advance(allowance, &facts->lapsed, now_us);
    KT_TRY(step(arena, FIN_RESERVATION_RELEASE,
                reservation->scheduled_minor == 0 ? FIN_HOLDS(UNSCHEDULED) : 0, facts));
    if (before == FIN_RESERVATION_COMMITTED)
        allowance->committed -= fin_reservation_left(reservation);
    else if (before == FIN_RESERVATION_RESERVED && reservation->expires_us > allowance->seen_us)
        fin_allowance_unreserve(allowance, reservation->amount_minor);
    return kt_ok();
}

kt_status_t
fin_decide_spend_budget(kt_arena_t *arena, int64_t now_us, int64_t amount,
                        fin_reservation_facts_t *facts)
{
    fin_reservation_record_t *reservation = &facts->reservation;
    fin_allowance_t *allowance = &facts->budget.allowance;
    bool whole = amount == fin_reservation_left(reservation);
    fin_allowance_advance(allowance, &facts->lapsed, now_us);
    KT_TRY(step(arena, FIN_RESERVATION_SPEND, whole ? FIN_HOLDS(WHOLE) : 0, facts));
    KT_ASSERT(amount <= reservation->scheduled_minor && amount <= allowance->committed);
    reservation->spent_minor += amount;
    reservation->scheduled_minor -= amount;
    allowance->committed -= amount;
    allowance->used += amount;
    return kt_ok();
}
