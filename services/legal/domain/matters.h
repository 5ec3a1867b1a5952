/*
 * matters.h: matters, their deadlines, costs and legal holds. A deadline is never edited: it is
 * met, or superseded by an order, and what it is on a date follows from that. Costs are only added.
 */
#ifndef LEGAL_MATTERS_H
#define LEGAL_MATTERS_H

#include "domain/policies.h"

#define LEGAL_DEADLINES_MAX  100 /* of a matter, superseded ones counted */
#define LEGAL_HOLDS_MAX      32  /* of a matter, released ones counted */
#define LEGAL_COSTS_MAX      10000
#define LEGAL_CURRENCIES_MAX 8
#define LEGAL_CUSTODIANS_MAX 16

/* ---- matters ---- */

/* The numbers of the contract's MatterState; NONE is before there is one. */
typedef enum legal_matter_at {
    LEGAL_MATTER_AT_NONE,
    LEGAL_MATTER_AT_INTAKE,
    LEGAL_MATTER_AT_OPEN,
    LEGAL_MATTER_AT_CLOSED,
    LEGAL_MATTER_AT_COUNT,
} legal_matter_at_t;
typedef enum legal_matter_command {
    LEGAL_MATTER_TAKE_IN,
    LEGAL_MATTER_ASSIGN,
    LEGAL_MATTER_ADD_DEADLINE,
    LEGAL_MATTER_MEET_DEADLINE,
    LEGAL_MATTER_SUPERSEDE_DEADLINE,
    LEGAL_MATTER_ADD_COST,
    LEGAL_MATTER_PLACE_HOLD,
    LEGAL_MATTER_RELEASE_HOLD,
    LEGAL_MATTER_CLOSE,
    LEGAL_MATTER_REOPEN,
} legal_matter_command_t;
extern const kt_machine_t legal_matter_machine;

#define LEGAL_MATTER_KINDS 5 /* the last number of the contract's MatterKind */

typedef struct legal_total_record {
    kt_span_t currency;
    int64_t amount_minor;
} legal_total_record_t;
extern const kt_layout_t legal_total_layout;

typedef struct legal_matter_record {
    kt_span_t matter;
    kt_span_t title;
    uint32_t kind;
    kt_span_t counterparty;
    kt_span_t requested_by;
    uint32_t state;
    kt_span_t assignee;
    kt_span_t outcome;
    kt_span_t reopened_for;
    kt_span_t opened_by;
    int64_t opened_us;
    int64_t changed_us;
    uint32_t deadlines, holds, costs;
    kt_list_t totals; /* of legal_total_record_t; not stored */
} legal_matter_record_t;
extern const kt_layout_t legal_matter_layout;
/* The same with what only answers have. */
extern const kt_layout_t legal_matter_answer_layout;

/* MATTER_EXISTS. MATTER is the draft, and what is to be written. */
kt_status_t
legal_decide_open_matter(const legal_actor_t *actor, bool there, legal_matter_record_t *matter);
/* MATTER_STATE. */
kt_status_t
legal_decide_assign(const legal_actor_t *actor, kt_span_t assignee, legal_matter_record_t *matter);
/* Ids of what is open, empty: nothing. MATTER_STATE, DEADLINE_IS_PENDING, HOLD_IS_ACTIVE. */
typedef struct legal_close_facts {
    kt_span_t pending_deadline, active_hold;
} legal_close_facts_t;
kt_status_t legal_decide_close_matter(const legal_actor_t *actor, const legal_close_facts_t *facts,
                                      kt_span_t outcome, legal_matter_record_t *matter);
/* MATTER_STATE, also for others than the CEO. */
kt_status_t
legal_decide_reopen(const legal_actor_t *actor, kt_span_t reason, legal_matter_record_t *matter);

/* ---- deadlines ---- */

/* The numbers of the contract's DeadlineState. */
typedef enum legal_deadline_at {
    LEGAL_DEADLINE_PENDING = 1,
    LEGAL_DEADLINE_MET,
    LEGAL_DEADLINE_MET_LATE,
    LEGAL_DEADLINE_SUPERSEDED,
    LEGAL_DEADLINE_MISSED,
} legal_deadline_at_t;

/* The contract's DeadlineSource. */
enum { LEGAL_SOURCE_ORDER = 2, LEGAL_SOURCES = 3 };

typedef struct legal_deadline_record {
    kt_span_t matter;
    kt_span_t deadline;
    int32_t due_on;
    kt_span_t what;
    uint32_t source;
    kt_span_t source_text;
    int32_t met_on;
    kt_span_t evidence;
    kt_span_t superseded_by;
    kt_span_t order_text;
    int32_t superseded_on;
    kt_span_t supersedes;
    kt_span_t added_by;
    int64_t added_us;
    uint32_t state; /* on the day that was asked for; not stored */
} legal_deadline_record_t;
extern const kt_layout_t legal_deadline_layout;
/* The same with what only answers have. */
extern const kt_layout_t legal_deadline_answer_layout;

/* What a deadline is on DATE. */
legal_deadline_at_t legal_deadline_state(const legal_deadline_record_t *deadline, int32_t date);
/* Whether it still has to be met on TODAY, as far as is recorded. */
bool legal_deadline_waits(const legal_deadline_record_t *deadline, int32_t today);

/* DEADLINE_EXISTS, MATTER_STATE, TOO_MANY_DEADLINES. MATTER is changed. */
kt_status_t
legal_decide_add_deadline(const legal_actor_t *actor, bool there, legal_matter_record_t *matter,
                          legal_deadline_record_t *deadline);

typedef struct legal_meet_order {
    kt_span_t matter;
    kt_span_t deadline;
    int32_t met_on;
    kt_span_t evidence;
} legal_meet_order_t;
extern const kt_layout_t legal_meet_layout;
/* MATTER_STATE, DEADLINE_IS_MET, DEADLINE_IS_SUPERSEDED. */
kt_status_t legal_decide_meet(const legal_actor_t *actor, const legal_matter_record_t *matter,
                              const legal_meet_order_t *order, legal_deadline_record_t *deadline);

typedef struct legal_supersede_order {
    kt_span_t matter;
    kt_span_t deadline;
    kt_span_t order_text;
    kt_span_t new_deadline;
    int32_t new_due_on;
} legal_supersede_order_t;
extern const kt_layout_t legal_supersede_layout;
/* OLD and MATTER are changed, NEWER is made. DEADLINE_EXISTS, MATTER_STATE, DEADLINE_IS_MET,
 * DEADLINE_IS_SUPERSEDED, TOO_MANY_DEADLINES. */
kt_status_t
legal_decide_supersede_deadline(const legal_actor_t *actor, bool there,
                                const legal_supersede_order_t *order, legal_matter_record_t *matter,
                                legal_deadline_record_t *old, legal_deadline_record_t *newer);

/* ---- costs ---- */

typedef struct legal_cost_record {
    kt_span_t matter;
    uint32_t number;
    int32_t date;
    kt_span_t currency;
    int64_t amount_minor;
    kt_span_t what;
    kt_span_t added_by;
    int64_t added_us;
} legal_cost_record_t;
extern const kt_layout_t legal_cost_layout;

/* TOTALS are the matter's. TOTAL becomes that of the cost's currency. MATTER_STATE, COST_OVERFLOW,
 * TOO_MANY_COSTS, TOO_MANY_CURRENCIES. */
kt_status_t legal_decide_add_cost(const legal_actor_t *actor, const kt_list_t *totals,
                                  legal_matter_record_t *matter, legal_cost_record_t *cost,
                                  legal_total_record_t *total);

/* ---- legal holds ---- */

typedef struct legal_hold_record {
    kt_span_t matter;
    kt_span_t hold;
    kt_span_t scope;
    kt_list_t custodians; /* of kt_span_t */
    kt_span_t placed_by;
    int64_t placed_us;
    kt_span_t reason;
    kt_span_t released_by; /* empty: active */
    int64_t released_us;
} legal_hold_record_t;
extern const kt_layout_t legal_hold_layout;

static inline bool
legal_is_active(const legal_hold_record_t *hold)
{
    return hold->released_by.size == 0;
}

/* HOLD_EXISTS, MATTER_STATE, TOO_MANY_HOLDS. MATTER is changed. */
kt_status_t legal_decide_place_hold(const legal_actor_t *actor, bool there,
                                    legal_matter_record_t *matter, legal_hold_record_t *hold);
/* Releasing what is released changes nothing. MATTER_STATE. */
kt_status_t
legal_decide_release_hold(const legal_actor_t *actor, const legal_matter_record_t *matter,
                          kt_span_t reason, legal_hold_record_t *hold, bool *changes);

#endif
