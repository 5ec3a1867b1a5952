/*
 * software.h: products, licences, and seats. A seat is a pair (licence, employee); it is in force
 * while its licence is in term.
 */
#ifndef IT_SOFTWARE_H
#define IT_SOFTWARE_H

#include "domain/limits.h"

#include <kt/layout.h>
#include <kt/status.h>

#define IT_SEATS_MAX              10000 /* of a licence */
#define IT_SEATS_PER_EMPLOYEE_MAX 64
#define IT_SEAT_ASKS_MAX          100 /* employees a call */
#define IT_CURRENCY_BYTES         3

typedef struct it_product_record {
    kt_span_t product, title, vendor;
    int64_t created_us;
} it_product_record_t;

extern const kt_layout_t it_product_layout;

typedef struct it_licence_record {
    kt_span_t licence, product, contract;
    uint32_t seats;                /* bought */
    int32_t from_date, until_date; /* the last day; KT_DATE_NONE: without end */
    int64_t cost_minor;
    kt_span_t currency;
    int64_t activated_us, ended_us;
    uint32_t used; /* rows of seats, whether in term or not; in a view: in force */
    /* Of a view on a day: */
    bool in_term;
    uint32_t free;
} it_licence_record_t;

extern const kt_layout_t it_licence_layout;      /* as stored */
extern const kt_layout_t it_licence_view_layout; /* as told */

typedef struct it_seat_record {
    kt_span_t licence, employee;
    int64_t assigned_us;
    kt_span_t assigned_by;
} it_seat_record_t;

extern const kt_layout_t it_seat_layout;

/* From its first day to its last, and not on or after the day it was ended. Days are UTC's. */
bool it_licence_in_term(const it_licence_record_t *licence, int32_t day);
/* What is told of it on a day. */
it_licence_record_t it_licence_view(const it_licence_record_t *licence, int32_t day);
/* NULL when the order makes sense, else what is wrong and in which field. */
const char *it_licence_wrong(const it_licence_record_t *draft, const char **field);

/* THERE: the licence of that id, or NULL. *WRITES false: it stands as it was. PRODUCT_UNKNOWN,
 * LICENCE_EXISTS, LICENCE_ENDED. */
kt_status_t
it_decide_activate(const it_licence_record_t *draft, const it_licence_record_t *there,
                   bool product_known, int64_t now_us, it_licence_record_t *next, bool *writes);

/* One employee who is to have a seat. */
typedef struct it_seat_ask {
    kt_span_t employee;
    bool holds;        /* one of this licence already */
    bool cleared;      /* has left */
    uint32_t seats;    /* rows of seats, of all licences */
    uint32_t in_force; /* of them */
} it_seat_ask_t;

/* Assigns a seat to each of ASKS who holds none; those become `holds`, *ASSIGNED of them, marked
 * in GIVES. LICENCE is changed only on success. LICENCE_NOT_IN_TERM, EMPLOYEE_CLEARED,
 * SEATS_EXHAUSTED, TOO_MANY_SEATS. */
kt_status_t it_decide_assign_seats(kt_arena_t *arena, it_licence_record_t *licence,
                                   it_seat_ask_t *asks, uint32_t count, int32_t today,
                                   bool gives[IT_SEAT_ASKS_MAX], uint32_t *assigned);

#endif
