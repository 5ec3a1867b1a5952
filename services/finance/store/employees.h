/*
 * employees.h: what headcounts and employees read and write.
 *
 * Statuses: as kt/rows.h says, and those named here. What is loaded is in the call's arena.
 */
#ifndef FIN_STORE_EMPLOYEES_H
#define FIN_STORE_EMPLOYEES_H

#include "domain/employees.h"
#include "store/allowances.h"
#include "store/listing.h"

/* What writing a headcount, or a reservation of it, needs beside the facts. */
typedef struct fin_headcount_work {
    uint64_t part; /* of the book */
    fin_expired_t expired;
} fin_headcount_work_t;

/* ---- headcounts ---- */

/* NOT_FOUND: BOOK_UNKNOWN. */
kt_status_t fin_store_load_headcount(const kt_call_t *call, const fin_headcount_record_t *order,
                                     fin_headcount_facts_t *facts, fin_headcount_work_t *work);
kt_status_t fin_store_apply_headcount(const kt_call_t *call, const fin_headcount_work_t *work,
                                      const fin_headcount_record_t *headcount);
/* Of fin_headcount_record_t, as they are at the time of the call. NOT_FOUND: BOOK_UNKNOWN. */
kt_status_t
fin_store_list_headcounts(const kt_call_t *call, kt_span_t book, fin_listing_t *listing);

/* FACTS has the reservation as it is asked for. NOT_FOUND: BOOK_UNKNOWN. */
kt_status_t fin_store_load_new_place(const kt_call_t *call, fin_place_facts_t *facts,
                                     fin_headcount_work_t *work);
/* NOT_FOUND: HEADCOUNT_RESERVATION_UNKNOWN. */
kt_status_t fin_store_load_place(const kt_call_t *call, kt_span_t name, fin_place_facts_t *facts,
                                 fin_headcount_work_t *work);
/* The reservation and its headcount. */
kt_status_t fin_store_apply_place(const kt_call_t *call, const fin_headcount_work_t *work,
                                  const fin_place_facts_t *facts);

/* ---- employees ---- */

/* NOT_FOUND: EMPLOYEE_UNKNOWN. */
kt_status_t
fin_store_load_employee(const kt_call_t *call, kt_span_t name, fin_employee_record_t *employee);
kt_status_t fin_store_put_employee(const kt_call_t *call, const fin_employee_record_t *employee);
/* NOT_FOUND, when the employee is not there yet: HEADCOUNT_RESERVATION_UNKNOWN,
 * COMMODITY_UNKNOWN. */
kt_status_t fin_store_load_hire(const kt_call_t *call, const fin_employee_record_t *order,
                                fin_hire_facts_t *facts, fin_headcount_work_t *work);
kt_status_t
fin_store_apply_hire(const kt_call_t *call, const fin_headcount_work_t *work,
                     const fin_place_facts_t *place, const fin_employee_record_t *employee);
/* The employee and the headcount that has a place for one more when they leave. */
kt_status_t
fin_store_load_leave(const kt_call_t *call, kt_span_t name, fin_employee_record_t *employee,
                     fin_headcount_facts_t *facts, fin_headcount_work_t *work);
/* Of fin_employee_record_t; COST_CENTRE may be empty. NOT_FOUND: BOOK_UNKNOWN. */
kt_status_t fin_store_list_employees(const kt_call_t *call, kt_span_t book, kt_span_t cost_centre,
                                     fin_listing_t *listing);

/* What the others told; zeros when they told nothing. */
kt_status_t fin_store_load_clearance(const kt_call_t *call, kt_span_t employee,
                                     fin_clearance_record_t *clearance);
kt_status_t fin_store_put_clearance(const kt_call_t *call, kt_span_t employee,
                                    const fin_clearance_record_t *clearance);

/* ---- keys, for verification too ---- */

kt_key_t *fin_headcount_key(kt_key_t *key, uint64_t part, const fin_headcount_record_t *headcount);

#endif
