/*
 * sla.h: service levels, and the two clocks of a ticket. A clock at an instant is a pure function
 * of the ticket's history, a calendar, a target and the instant: nothing ticks, nothing is stored,
 * and it is the same whenever it is computed.
 *
 * Both clocks run while the ticket is new or in progress and stand while it waits. The response's
 * stops for good at the first response or resolution; the resolution's stands while the ticket is
 * resolved or closed, and goes on when it is reopened.
 */
#ifndef IT_SLA_H
#define IT_SLA_H

#include "domain/calendar.h"
#include "domain/desk.h"

#define IT_TARGET_MINUTES_MAX 1000000

typedef struct it_goal_record {
    uint32_t priority;
    uint32_t response_minutes, resolve_minutes; /* of business time; 0: none */
} it_goal_record_t;

/* One version of a service level. */
typedef struct it_level_record {
    kt_span_t level;
    uint32_t version; /* from 1 */
    kt_span_t calendar;
    kt_list_t targets; /* of it_goal_record_t */
    int64_t set_us;
    kt_span_t set_by;
} it_level_record_t;

extern const kt_layout_t it_level_layout;

/* What is wrong with its targets, or NULL. */
const char *it_level_wrong(const it_level_record_t *level);

typedef struct it_clock_record {
    uint32_t kind;
    uint32_t target_minutes;
    int64_t elapsed_us;
    bool running, stopped;
    int64_t due_us; /* 0: it stands, or beyond what the calendar reaches */
    bool breached;
} it_clock_record_t;

extern const kt_layout_t it_clock_layout;
extern const kt_layout_t it_breach_layout;

/* The target of a priority; NULL: it has none. */
const it_goal_record_t *it_level_goal(const it_level_record_t *level, uint32_t priority);
/* The minutes of a target that a clock is held against; 0: none. */
uint32_t it_goal_minutes(const it_goal_record_t *target, it_clock_sort_t kind);

/* The clock at AT_US; LINES are in order, those behind AT_US do not count. */
it_clock_record_t
it_sla_clock(const it_business_t *business, it_clock_sort_t kind, uint32_t target_minutes,
             const it_line_record_t *lines, uint32_t count, int64_t at_us);

/* What a ticket is measured by; without a level, or where its priority has no target: nothing. */
typedef struct it_measure {
    bool measured;
    it_business_t business;
    it_goal_record_t target;
} it_measure_t;

/* A ticket as it stands, and all that its clocks are derived from. */
typedef struct it_ticket_facts {
    it_ticket_record_t ticket;
    it_line_record_t *lines;
    uint32_t lines_count;
    it_measure_t measure;
} it_ticket_facts_t;

/* The clocks that the ticket has at AT_US; how many. */
uint32_t
it_ticket_clocks(const it_ticket_facts_t *facts, int64_t at_us, it_clock_record_t clocks[2]);

/* Breaches at NOW_US that were not noted yet go into FX, and into the ticket that is to stand. */
void it_decide_breaches(const it_ticket_facts_t *facts, int64_t now_us, it_ticket_effects_t *fx);

#endif
