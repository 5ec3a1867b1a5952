/*
 * employees.h: headcount, reservations of it, and employees as finance knows them.
 *
 * A headcount is an allowance of ones: a reservation takes one, hiring uses it up, leaving gives it
 * back. The final settlement waits for what legal and IT tell.
 */
#ifndef FIN_EMPLOYEES_H
#define FIN_EMPLOYEES_H

#include "domain/budgets.h"

#define FIN_HEADCOUNT_MAX           100000
#define FIN_EMPLOYEE_TEXT_BYTES_MAX 200 /* of a person's name, and of a note */

typedef struct fin_headcount_record {
    kt_span_t book;
    kt_span_t cost_centre;
    kt_span_t position;
    fin_allowance_t allowance;
} fin_headcount_record_t;

/* The numbers of the contract's HeadcountState and EmployeeState (a test compares them). */
typedef enum fin_headcount_status {
    FIN_HEADCOUNT_NONE,
    FIN_HEADCOUNT_RESERVED,
    FIN_HEADCOUNT_HIRED,
    FIN_HEADCOUNT_RELEASED,
    FIN_HEADCOUNT_EXPIRED, /* never stored: RESERVED and past its time */
} fin_headcount_status_t;

typedef enum fin_employee_status {
    FIN_EMPLOYEE_NONE,
    FIN_EMPLOYEE_HIRED,
    FIN_EMPLOYEE_LEFT,
    FIN_EMPLOYEE_SETTLED,
} fin_employee_status_t;

enum { FIN_HEADCOUNT_RESERVE, FIN_HEADCOUNT_HIRE, FIN_HEADCOUNT_RELEASE };
enum { FIN_EMPLOYEE_HIRE, FIN_EMPLOYEE_LEAVE, FIN_EMPLOYEE_SETTLE };

extern const kt_machine_t fin_headcount_machine;
extern const kt_machine_t fin_employee_machine;

typedef struct fin_place_record {
    kt_span_t reservation;
    kt_span_t book;
    kt_span_t cost_centre;
    kt_span_t position;
    int64_t expires_us;
    uint32_t state;
    kt_span_t employee; /* who was hired with it */
} fin_place_record_t;

typedef struct fin_employee_record {
    kt_span_t employee;
    kt_span_t reservation;
    kt_span_t contract;
    kt_span_t name;
    int32_t starts_on;
    int64_t salary_minor;
    kt_span_t commodity;
    kt_span_t book;
    kt_span_t cost_centre;
    kt_span_t position;
    uint32_t state;
    int32_t left_on; /* KT_DATE_NONE: has not left */
    int64_t settlement_minor;
    kt_span_t note;
} fin_employee_record_t;

/* What the other departments told of an employee, whom finance may not know yet. */
typedef struct fin_clearance_record {
    int64_t closed_us;  /* by legal; 0: not yet */
    int64_t cleared_us; /* by IT; 0: not yet */
} fin_clearance_record_t;

extern const kt_layout_t fin_headcount_layout;
extern const kt_layout_t fin_place_layout;
extern const kt_layout_t fin_employee_layout;
extern const kt_layout_t fin_clearance_layout;

static inline bool
fin_is_cleared(const fin_clearance_record_t *clearance)
{
    return clearance->closed_us != 0 && clearance->cleared_us != 0;
}

/* What a reservation of headcount is at a time. */
uint32_t fin_place_state(const fin_place_record_t *place, int64_t now_us);

/* ---- headcounts ---- */

typedef struct fin_headcount_facts {
    bool cost_centre; /* it is there */
    bool found;       /* the headcount */
    fin_headcount_record_t headcount;
    fin_lapsed_t lapsed;
} fin_headcount_facts_t;

/* ORDER has, in its allowance, the limit; it becomes what is to be written.
 * NOT_FOUND: COST_CENTRE_UNKNOWN. FAILED_PRECONDITION: HEADCOUNT_BELOW_USE. */
kt_status_t fin_decide_set_headcount(kt_arena_t *arena, const fin_headcount_facts_t *facts,
                                     int64_t now_us, fin_headcount_record_t *order);

/* A reservation of headcount and what it is of. */
typedef struct fin_place_facts {
    bool found; /* these two when it is new: the headcount is there, the name is taken */
    bool taken;
    fin_place_record_t place;
    fin_headcount_record_t headcount;
    fin_lapsed_t lapsed;
} fin_place_facts_t;

/* Both change the reservation and the headcount in FACTS.
 * NOT_FOUND: HEADCOUNT_UNKNOWN. ALREADY_EXISTS: HEADCOUNT_RESERVATION_EXISTS.
 * FAILED_PRECONDITION: HEADCOUNT_EXCEEDED. */
kt_status_t
fin_decide_reserve_headcount(kt_arena_t *arena, int64_t now_us, fin_place_facts_t *facts);
/* FAILED_PRECONDITION: HEADCOUNT_STATE. */
kt_status_t
fin_decide_release_headcount(kt_arena_t *arena, int64_t now_us, fin_place_facts_t *facts);

/* ---- employees ---- */

typedef struct fin_hire_facts {
    bool there;
    fin_employee_record_t employee; /* as it stands, when it is there */
    fin_place_facts_t place;        /* of the order's reservation, when it is not */
} fin_hire_facts_t;

/* ORDER becomes the employee; its reservation and headcount in FACTS change. *CHANGES false: the
 * same is there. ALREADY_EXISTS: EMPLOYEE_EXISTS. FAILED_PRECONDITION: HEADCOUNT_STATE. */
kt_status_t fin_decide_hire(kt_arena_t *arena, int64_t now_us, fin_hire_facts_t *facts,
                            fin_employee_record_t *order, bool *changes);

/* EMPLOYEE and its headcount change; *CHANGES false: has left on that day already.
 * FAILED_PRECONDITION: EMPLOYEE_STATE. */
kt_status_t
fin_decide_leave(kt_arena_t *arena, int64_t now_us, int32_t left_on, const fin_lapsed_t *lapsed,
                 fin_employee_record_t *employee, fin_headcount_record_t *headcount, bool *changes);

typedef struct fin_settlement {
    kt_span_t employee;
    int64_t amount_minor;
    kt_span_t note;
} fin_settlement_t;

/* EMPLOYEE changes; *CHANGES false: the same amount is settled already.
 * FAILED_PRECONDITION: EMPLOYEE_STATE, NOT_CLEARED. */
kt_status_t fin_decide_settle(kt_arena_t *arena, const fin_settlement_t *settlement,
                              const fin_clearance_record_t *clearance,
                              fin_employee_record_t *employee, bool *changes);

#endif
