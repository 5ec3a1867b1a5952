/*
 * desk.h: the finance department in a room (room.h), with a book to work in, and its methods as
 * short calls.
 *
 * The book "acme" has the accounts of desk.c; the cost centre "it" has a budget of 1,000.00 USD for
 * 2026-11 to 2027-10, and a headcount of 2 "engineer". The caller is the clerk "carl" until the
 * test says otherwise; desk_as_analyst and so on say who calls from then on.
 */
#ifndef FIN_DESK_H
#define FIN_DESK_H

#include "room.h"

#include <kantor/finance/v1/budgets.kt.h>
#include <kantor/finance/v1/employees.kt.h>
#include <kantor/finance/v1/payables.kt.h>
#include <kt/time.h>

#define DESK_BUDGET 100000
#define DESK_TODAY  "2026-11-02" /* of ROOM_NOW_US */
#define DESK_DAY_US KT_US_PER_DAY

room_t *desk_open(void);
/* The same for another service made from fin_service. */
room_t *desk_open_as(const kt_service_t *service);

void desk_as_clerk(room_t *room);
void desk_as_analyst(room_t *room);
void desk_as_department(room_t *room, const char *department);

/* Texts of requests are borrowed and not written to. */
#define DESK_TEXT(text) ((char *)(uintptr_t)(text))

/* ---- budgets; answers may be NULL ---- */

kt_status_t desk_set_budget(room_t *room, const char *from, const char *to, int64_t amount,
                            const fin_budget_t **budget);
/* Of the cost centre "it", USD, 2026-11. */
const fin_budget_t *desk_budget(room_t *room);
/* Expires a day from now. */
kt_status_t
desk_reserve(room_t *room, const char *name, int64_t amount, const fin_reservation_t **answer);
kt_status_t desk_commit(room_t *room, const char *name, const char *reference,
                        const fin_reservation_t **answer);
kt_status_t desk_release(room_t *room, const char *name, const fin_reservation_t **answer);
const fin_reservation_t *desk_reservation(room_t *room, const char *name);

/* ---- payables ---- */

typedef struct desk_line {
    const char *due_on;
    int64_t amount_minor;
} desk_line_t;

/* Party "vendor", contract "c-1", of the reservation. */
kt_status_t
desk_schedule(room_t *room, const char *name, const char *reservation, const desk_line_t *lines,
              size_t count, const fin_payment_schedule_t **answer);
kt_status_t desk_cancel(room_t *room, const char *name, const fin_payment_schedule_t **answer);
/* By "iris" of IT; the caller is the clerk again after it. */
kt_status_t desk_receive(room_t *room, const char *name);
/* From "assets:bank". */
kt_status_t desk_pay(room_t *room, const char *name, uint32_t line, const char *paid_on,
                     const fin_payable_t **answer);
const fin_payment_schedule_t *desk_get_schedule(room_t *room, const char *name);
/* Legal tells of the contract "c-1" with "vendor": "SIGNED", from 2026-11-01 to ENDS_ON. */
void desk_contract(room_t *room, const char *state, const char *ends_on);

/* ---- employees ---- */

kt_status_t desk_set_headcount(room_t *room, uint32_t count);
const fin_headcount_t *desk_headcount(room_t *room);
/* Expires a day from now. */
kt_status_t desk_reserve_headcount(room_t *room, const char *name);
kt_status_t
desk_release_headcount(room_t *room, const char *name, const fin_headcount_reservation_t **answer);
kt_status_t
desk_hire(room_t *room, const char *name, const char *reservation, const fin_employee_t **answer);
kt_status_t
desk_leave(room_t *room, const char *name, const char *left_on, const fin_employee_t **answer);
kt_status_t
desk_settle(room_t *room, const char *name, int64_t amount, const fin_employee_t **answer);
const fin_employee_t *desk_employee(room_t *room, const char *name);

/* Fails every store operation of each of STEPS steps once, under one key for each step: between,
 * the store verifies; at the end, a step's answer comes again. How often it struck. */
uint64_t desk_fail_each(room_t *room, int steps, kt_status_t (*one_step)(room_t *room, int step));

#endif
