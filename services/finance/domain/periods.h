/*
 * periods.h: months that are opened, closed and opened again.
 */
#ifndef FIN_PERIODS_H
#define FIN_PERIODS_H

#include "domain/types.h"

#include <kt/arena.h>
#include <kt/machine.h>
#include <kt/status.h>

typedef enum fin_period_command {
    FIN_OPEN_PERIOD,
    FIN_CLOSE_PERIOD,
    FIN_REOPEN_PERIOD
} fin_period_command_t;

/* What a client asks of a month of a book. */
typedef struct fin_period_order {
    int32_t month; /* year * 12 + month - 1 */
    fin_period_command_t command;
    kt_span_t reason; /* of a reopening */
    kt_span_t principal;
    int64_t now_us;
} fin_period_order_t;

typedef struct fin_period_facts {
    bool explicit_periods;      /* the book's */
    fin_period_record_t period; /* as it stands; NOT_OPENED when it has no record */
} fin_period_facts_t;

extern const kt_machine_t fin_period_machine; /* of fin_month_state_t and fin_period_command_t */

/* The period as it is to stand after ORDER. FAILED_PRECONDITION: PERIOD_STATE. */
kt_status_t fin_decide_period(kt_arena_t *arena, const fin_period_order_t *order,
                              const fin_period_facts_t *facts, fin_period_record_t *next);

/* "2026-11" in an arena. */
const char *fin_month_text(kt_arena_t *arena, int32_t month);

#endif
