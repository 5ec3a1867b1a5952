/*
 * budgets.h: cost centres, their budgets, and reservations of budget.
 *
 * A reservation is active until it expires, is released, or is committed; a commitment does not
 * expire, is spent in parts by paying payables, and gives back what is left when it is released.
 */
#ifndef FIN_BUDGETS_H
#define FIN_BUDGETS_H

#include "domain/allowance.h"
#include "domain/reason.h"
#include "domain/step.h"
#include "domain/types.h"

#define FIN_NAME_BYTES_MAX      63
#define FIN_MANAGER_BYTES_MAX   128
#define FIN_PURPOSE_BYTES_MAX   200
#define FIN_REFERENCE_BYTES_MAX 200
#define FIN_BUDGET_MONTHS_MAX   120

typedef struct fin_cost_centre_record {
    kt_span_t book;
    kt_span_t cost_centre;
    kt_span_t title;
    kt_span_t manager;
    int64_t created_us;
} fin_cost_centre_record_t;

typedef struct fin_budget_record {
    kt_span_t book;
    kt_span_t cost_centre;
    kt_span_t commodity;
    uint32_t from_month; /* as kt_month_of */
    uint32_t to_month;   /* included */
    fin_allowance_t allowance;
} fin_budget_record_t;

/* The numbers of the contract's ReservationState (a test compares them). */
typedef enum fin_reservation_state {
    FIN_RESERVATION_NONE,
    FIN_RESERVATION_RESERVED,
    FIN_RESERVATION_COMMITTED,
    FIN_RESERVATION_SPENT,
    FIN_RESERVATION_RELEASED,
    FIN_RESERVATION_EXPIRED, /* never stored: RESERVED and past its time */
} fin_reservation_status_t;

enum {
    FIN_RESERVATION_RESERVE,
    FIN_RESERVATION_COMMIT,
    FIN_RESERVATION_RELEASE,
    FIN_RESERVATION_SPEND
};

extern const kt_machine_t fin_reservation_machine;

typedef struct fin_reservation_record {
    kt_span_t reservation;
    kt_span_t book;
    kt_span_t cost_centre;
    kt_span_t commodity;
    int32_t on_date;
    uint32_t to_month; /* of the budget it takes from */
    int64_t amount_minor;
    int64_t spent_minor;
    int64_t scheduled_minor; /* in unpaid lines of open schedules */
    kt_span_t purpose;
    kt_span_t reference;
    int64_t expires_us;
    uint32_t state;
    int64_t created_us;
} fin_reservation_record_t;

extern const kt_layout_t fin_cost_centre_layout;
extern const kt_layout_t fin_budget_layout;
extern const kt_layout_t fin_reservation_layout;

/* What a reservation is at a time. */
uint32_t fin_reservation_state(const fin_reservation_record_t *reservation, int64_t now_us);

static inline int64_t
fin_reservation_left(const fin_reservation_record_t *reservation)
{
    return reservation->amount_minor - reservation->spent_minor;
}

/* ---- budgets ---- */

typedef struct fin_budget_facts {
    bool cost_centre; /* it is there */
    bool found;       /* a budget that ends in or after the order's first month, the first such */
    fin_budget_record_t budget; /* it */
    fin_lapsed_t lapsed;        /* of it */
} fin_budget_facts_t;

/* ORDER has the period and, in its allowance, the limit; it becomes what is to be written.
 * NOT_FOUND: COST_CENTRE_UNKNOWN. FAILED_PRECONDITION: BUDGET_OVERLAPS, BUDGET_BELOW_USE. */
kt_status_t fin_decide_set_budget(kt_arena_t *arena, const fin_budget_facts_t *facts,
                                  int64_t now_us, fin_budget_record_t *order);

/* ---- reservations ---- */

typedef struct fin_reservation_facts {
    bool cost_centre; /* these two when it is new: the cost centre is there, the name is taken */
    bool taken;
    bool found; /* its budget */
    fin_reservation_record_t reservation;
    fin_budget_record_t budget;
    fin_lapsed_t lapsed; /* of the budget */
} fin_reservation_facts_t;

/* FACTS has the reservation as it is asked for. Each of these changes the reservation and the
 * budget in FACTS to what is to be written; a refusal leaves FACTS of no use.
 * NOT_FOUND: COST_CENTRE_UNKNOWN, BUDGET_UNKNOWN. ALREADY_EXISTS: RESERVATION_EXISTS.
 * FAILED_PRECONDITION: BUDGET_EXCEEDED. RESOURCE_EXHAUSTED: TOO_MANY_RESERVATIONS. */
kt_status_t
fin_decide_reserve_budget(kt_arena_t *arena, int64_t now_us, fin_reservation_facts_t *facts);
/* FAILED_PRECONDITION: RESERVATION_STATE. */
kt_status_t fin_decide_commit_budget(kt_arena_t *arena, int64_t now_us, kt_span_t reference,
                                     fin_reservation_facts_t *facts);
kt_status_t
fin_decide_release_budget(kt_arena_t *arena, int64_t now_us, fin_reservation_facts_t *facts);
/* AMOUNT is what a payment takes of what is scheduled; not more than that. */
kt_status_t fin_decide_spend_budget(kt_arena_t *arena, int64_t now_us, int64_t amount,
                                    fin_reservation_facts_t *facts);

#endif
