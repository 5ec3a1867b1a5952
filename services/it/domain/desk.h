/*
 * desk.h: tickets: what stands, what may be done next, and the history that clocks are derived
 * from.
 */
#ifndef IT_DESK_H
#define IT_DESK_H

#include "domain/limits.h"

#include <kt/layout.h>
#include <kt/machine.h>
#include <kt/status.h>

#define IT_DESCRIPTION_BYTES_MAX 800
#define IT_CAUSE_BYTES_MAX       120
#define IT_LINE_TEXT_BYTES_MAX   1000
/* Lines of a ticket's history; the last few are kept for resolving and closing it. */
#define IT_TICKET_LINES_MAX     1000
#define IT_TICKET_LINES_RESERVE 10
/* What tickets have that name no level, where there is one of that name. */
#define IT_LEVEL_STANDARD "standard"

/* The numbers of the contract's enums (a test compares them). */
typedef enum it_urgency {
    IT_URGENCY_NONE,
    IT_URGENCY_CRITICAL,
    IT_URGENCY_HIGH,
    IT_URGENCY_NORMAL,
    IT_URGENCY_LOW,
    IT_URGENCIES_COUNT,
} it_urgency_t;

typedef enum it_ticket_sort {
    IT_TICKET_KIND_NONE,
    IT_TICKET_REQUEST,
    IT_TICKET_INCIDENT,
} it_ticket_sort_t;

typedef enum it_ticket_standing {
    IT_TICKET_ABSENT,
    IT_TICKET_NEW,
    IT_TICKET_IN_PROGRESS,
    IT_TICKET_WAITING,
    IT_TICKET_RESOLVED,
    IT_TICKET_CLOSED,
} it_ticket_standing_t;

typedef enum it_ticket_step {
    IT_TICKET_DO_NOTHING,
    IT_TICKET_DO_OPEN,
    IT_TICKET_DO_ASSIGN,
    IT_TICKET_DO_RESPOND,
    IT_TICKET_DO_PAUSE,
    IT_TICKET_DO_RESUME,
    IT_TICKET_DO_RESOLVE,
    IT_TICKET_DO_REOPEN,
    IT_TICKET_DO_CLOSE,
    IT_TICKET_DO_CHANGE_PRIORITY,
    IT_TICKET_DO_COMMENT,
} it_ticket_step_t;

typedef enum it_ticket_guard {
    IT_TICKET_UNANSWERED,
    IT_TICKET_ANSWERED,
} it_ticket_guard_t;

extern const kt_machine_t it_ticket_machine;

typedef struct it_ticket_record {
    kt_span_t ticket;
    uint32_t kind, priority, state;
    kt_span_t title, description, requester, assignee, level;
    kt_span_t cause; /* what made it open by itself; one open ticket a cause */
    int64_t opened_us, changed_us;
    uint32_t changes; /* lines of history */
    /* When each clock ran out, once that was noted; 0: it was not. */
    int64_t response_breached_us, resolution_breached_us;
} it_ticket_record_t;

extern const kt_layout_t it_ticket_layout;

/* One line of history: who did what when, and what stood after it. */
typedef struct it_line_record {
    uint32_t number; /* from 1 */
    int64_t time_us;
    kt_span_t principal;
    uint32_t command, state, priority;
    kt_span_t assignee, text;
} it_line_record_t;

extern const kt_layout_t it_line_layout;

/* Whether the ticket is still to be worked on: its clocks may run, its cause opens no other. */
static inline bool
it_ticket_is_open(uint32_t state)
{
    return state == IT_TICKET_NEW || state == IT_TICKET_IN_PROGRESS || state == IT_TICKET_WAITING;
}

/* Whether one of the COUNT lines was the first answer: a response, or a resolution. */
bool it_lines_answered(const it_line_record_t *lines, uint32_t count);

/* Who acts, as the handler knows it. */
typedef struct it_actor {
    const char *const *roles;
    uint32_t roles_count;
    kt_span_t principal;
    bool own_only; /* an employee, who may act on own matters alone */
    int64_t now_us;
} it_actor_t;

typedef struct it_ticket_order {
    it_ticket_step_t command;
    kt_span_t ticket, text;
    kt_span_t assignee; /* ASSIGN */
    uint32_t priority;  /* CHANGE_PRIORITY */
} it_ticket_order_t;

/* The numbers of the contract's ClockKind. */
typedef enum it_clock_sort {
    IT_CLOCK_NONE,
    IT_CLOCK_RESPONSE,
    IT_CLOCK_RESOLUTION,
} it_clock_sort_t;

/* A clock that ran out. */
typedef struct it_breach_record {
    kt_span_t ticket;
    uint32_t kind; /* an it_clock_sort_t */
    int64_t breached_us;
} it_breach_record_t;

/* What a step makes: the record as it is to stand, its line of history (number 0: none), and the
 * breaches that are noted with it (domain/sla.h). */
typedef struct it_ticket_effects {
    it_ticket_record_t ticket;
    it_line_record_t line;
    it_breach_record_t breaches[2];
    uint32_t breaches_count;
} it_ticket_effects_t;

/* DRAFT has what was asked for, with all defaults. THERE: the id is taken. Refuses with
 * TICKET_EXISTS, NOT_OWN_TICKET. */
kt_status_t it_decide_open_ticket(const it_actor_t *actor, const it_ticket_record_t *draft,
                                  bool there, it_ticket_effects_t *fx);

/* A step of TICKET; ANSWERED: its history has a first answer. Refuses with NOT_OWN_TICKET,
 * TICKET_STATE, TICKET_FULL. */
kt_status_t
it_decide_ticket(kt_arena_t *arena, const it_actor_t *actor, const it_ticket_order_t *order,
                 const it_ticket_record_t *ticket, bool answered, it_ticket_effects_t *fx);

/* PERMISSION_DENIED, NOT_OWN_TICKET, when an employee looks at another's ticket. */
kt_status_t it_decide_see_ticket(const it_actor_t *actor, const it_ticket_record_t *ticket);

#endif
