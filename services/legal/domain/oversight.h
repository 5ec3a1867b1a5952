/*
 * oversight.h: the performance report of a month, counted from what happened. Pure.
 */
#ifndef LEGAL_OVERSIGHT_H
#define LEGAL_OVERSIGHT_H

#include "domain/parties.h"

/* A review that takes longer is overdue. */
#define LEGAL_REVIEW_DAYS_MAX 14

typedef struct legal_figures {
    uint32_t contracts_signed, reviews_done, reviews_overdue;
    int64_t cycle_median_us, cycle_longest_us;
    uint32_t refusals, approvals_refused, gate_hits;
} legal_figures_t;

/* The numbers of the contracts' ReportState; NONE is that of a report that is not there yet. */
enum {
    LEGAL_REPORT_NONE,
    LEGAL_REPORT_MADE,
    LEGAL_REPORT_SIGNED,
    LEGAL_REPORT_RETURNED,
    LEGAL_REPORT_STATES_COUNT,
};
enum { LEGAL_REPORT_MAKE, LEGAL_REPORT_SIGN, LEGAL_REPORT_RETURN, LEGAL_REPORT_COMMANDS_COUNT };
extern const kt_machine_t legal_report_machine;

typedef struct legal_report_record {
    kt_span_t period; /* "2026-11" */
    uint32_t state;
    legal_figures_t figures;
    kt_span_t made_by, decided_by, reason;
    int64_t made_us, decided_us;
} legal_report_record_t;

extern const kt_layout_t legal_figures_layout, legal_report_layout;

/* NULL, or what is wrong with a month "2026-11"; else when it begins and when the next does. */
const char *legal_wrong_month(kt_span_t text, int64_t *from_us, int64_t *to_us);

/* The report after COMMAND: REPORT_STATE. What was there is REPORT; the state of a new one NONE. */
kt_status_t legal_decide_report(const legal_report_record_t *report, uint32_t command,
                                const char *const *roles, uint32_t roles_count, uint32_t *next);
kt_status_t legal_check_month_over(int64_t to_us, int64_t now_us);

/* ---- counting ---- */

typedef struct legal_tally {
    kt_arena_t *arena;
    int64_t from_us, to_us;
    legal_figures_t figures;
    int64_t reviews_open; /* that began before what makes them overdue, and go on at the end */
    int64_t *cycles;
    uint32_t cycles_room;
    bool failed; /* the arena is used up */
} legal_tally_t;

/* A contract's step from state to state, as its event tells it. */
typedef struct legal_stepped {
    int64_t time_us;
    kt_span_t from, state; /* names */
    int64_t since_us;      /* when it came into FROM */
    int64_t drafted_us;
} legal_stepped_t;

void legal_tally_begin(legal_tally_t *tally, kt_arena_t *arena, int64_t from_us, int64_t to_us);
void legal_tally_step(legal_tally_t *tally, const legal_stepped_t *stepped);
void legal_tally_gate(legal_tally_t *tally, int64_t time_us);
void legal_tally_refusal(legal_tally_t *tally, int64_t time_us, kt_span_t command);
legal_figures_t legal_tally_end(legal_tally_t *tally);

bool legal_figures_equal(const legal_figures_t *a, const legal_figures_t *b);

#endif
