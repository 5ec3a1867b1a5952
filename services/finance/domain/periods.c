#include "domain/periods.h"

#include "domain/reason.h"

enum { OPEN_AS_THEY_ARE };

static const char *const STATES[] = {[FIN_MONTH_NOT_OPENED] = "not opened",
                                     [FIN_MONTH_OPEN] = "open",
                                     [FIN_MONTH_CLOSED] = "closed"};
static const char *const COMMANDS[] = {
    [FIN_OPEN_PERIOD] = "open", [FIN_CLOSE_PERIOD] = "close", [FIN_REOPEN_PERIOD] = "reopen"};
static const char *const DONE[] = {
    [FIN_OPEN_PERIOD] = "opened", [FIN_CLOSE_PERIOD] = "closed", [FIN_REOPEN_PERIOD] = "reopened"};
static const char *const GUARDS[] = {
    [OPEN_AS_THEY_ARE] = "the book's months take entries without having been opened"};

static const kt_transition_t ROWS[] = {
    {FIN_MONTH_NOT_OPENED, FIN_OPEN_PERIOD, KT_UNGUARDED, FIN_MONTH_OPEN, NULL},
    {FIN_MONTH_NOT_OPENED, FIN_CLOSE_PERIOD, OPEN_AS_THEY_ARE, FIN_MONTH_CLOSED, NULL},
    {FIN_MONTH_OPEN, FIN_CLOSE_PERIOD, KT_UNGUARDED, FIN_MONTH_CLOSED, NULL},
    {FIN_MONTH_CLOSED, FIN_REOPEN_PERIOD, KT_UNGUARDED, FIN_MONTH_OPEN, NULL},
};

const kt_machine_t fin_period_machine = {
    .name = "finance.period",
    .states = STATES,
    .commands = COMMANDS,
    .guards = GUARDS,
    .states_count = KT_COUNT(STATES),
    .commands_count = KT_COUNT(COMMANDS),
    .guards_count = KT_COUNT(GUARDS),
    .rows = ROWS,
    .rows_count = KT_COUNT(ROWS),
    .first = FIN_MONTH_NOT_OPENED,
};

/* What stands, and what can be done about it. */
static const char *
standing(fin_month_state_t state, bool explicit_periods)
{
    switch (state) {
    case FIN_MONTH_NONE:
    case FIN_MONTH_NOT_OPENED:
        return explicit_periods ? "it was never opened: open it first"
                                : "it takes entries as it is, and was never closed";
    case FIN_MONTH_OPEN:
        return "it is open";
    case FIN_MONTH_CLOSED:
        return "it is closed: reopen it with a reason";
    }
    return "its state is unknown";
}

const char *
fin_month_text(kt_arena_t *arena, int32_t month)
{
    return kt_arena_printf(arena, "%04d-%02d", (int)(month / 12), (int)(month % 12) + 1);
}

kt_status_t
fin_decide_period(kt_arena_t *arena, const fin_period_order_t *order,
                  const fin_period_facts_t *facts, fin_period_record_t *next)
{
    const kt_machine_ask_t ask = {
        .state = facts->period.state,
        .command = order->command,
        .holds = facts->explicit_periods ? 0 : 1u << OPEN_AS_THEY_ARE,
    };
    const kt_transition_t *row;
    if (kt_machine_ask(&fin_period_machine, &ask, &row) != KT_STEP_TAKEN) {
        const char *text = kt_arena_printf(
            arena, "period %s cannot be %s: %s", fin_month_text(arena, order->month),
            DONE[order->command], standing(facts->period.state, facts->explicit_periods));
        return kt_error(KT_FAILED_PRECONDITION, FIN_PERIOD_STATE, text);
    }
    *next = (fin_period_record_t){
        .month = order->month,
        .state = (fin_month_state_t)row->next,
        /* The reason of the last reopening stays until there is another. */
        .reason = order->command == FIN_REOPEN_PERIOD ? order->reason : facts->period.reason,
        .changed_by = order->principal,
        .changed_us = order->now_us,
    };
    return kt_ok();
}
