#include "domain/periods.h"

#include "domain/reason.h"

const fin_period_step_t FIN_PERIOD_STEPS[] = {
    {FIN_MONTH_NOT_OPENED, FIN_OPEN_PERIOD, false, FIN_MONTH_OPEN},
    {FIN_MONTH_NOT_OPENED, FIN_CLOSE_PERIOD, true, FIN_MONTH_CLOSED},
    {FIN_MONTH_OPEN, FIN_CLOSE_PERIOD, false, FIN_MONTH_CLOSED},
    {FIN_MONTH_CLOSED, FIN_REOPEN_PERIOD, false, FIN_MONTH_OPEN},
};
const uint32_t FIN_PERIOD_STEPS_COUNT = (uint32_t)KT_COUNT(FIN_PERIOD_STEPS);

static const char *const COMMANDS[] = {"opened", "closed", "reopened"};

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
    for (uint32_t i = 0; i < FIN_PERIOD_STEPS_COUNT; i++) {
        const fin_period_step_t *step = &FIN_PERIOD_STEPS[i];
        if (step->state != facts->period.state || step->command != order->command ||
            (step->implicit_only && facts->explicit_periods))
            continue;
        *next = (fin_period_record_t){
            .month = order->month,
            .state = step->next,
            /* The reason of the last reopening stays until there is another. */
            .reason = order->command == FIN_REOPEN_PERIOD ? order->reason : facts->period.reason,
            .changed_by = order->principal,
            .changed_us = order->now_us,
        };
        return kt_ok();
    }
    const char *text = kt_arena_printf(
        arena, "period %s cannot be %s: %s", fin_month_text(arena, order->month),
        COMMANDS[order->command], standing(facts->period.state, facts->explicit_periods));
    return kt_error(KT_FAILED_PRECONDITION, FIN_PERIOD_STATE, text);
}
