/* software.h: products, licences and seats in the store. */
#ifndef IT_STORE_SOFTWARE_H
#define IT_STORE_SOFTWARE_H

#include "domain/software.h"

#include <kt/rows.h>

/* The day of the call, UTC. */
int32_t it_store_today(const kt_call_t *call);

kt_status_t it_store_has_product(const kt_call_t *call, kt_span_t id, bool *found);
/* PRODUCT_UNKNOWN. */
kt_status_t
it_store_load_product(const kt_call_t *call, kt_span_t id, it_product_record_t *product);
kt_status_t it_store_apply_product(const kt_call_t *call, const it_product_record_t *product);
kt_status_t
it_store_list_products(const kt_call_t *call, kt_span_t place, uint32_t size, kt_row_page_t *page);

kt_status_t it_store_find_licence(const kt_call_t *call, kt_span_t id, it_licence_record_t *licence,
                                  bool *found);
/* LICENCE_UNKNOWN. */
kt_status_t
it_store_load_licence(const kt_call_t *call, kt_span_t id, it_licence_record_t *licence);
kt_status_t it_store_apply_licence(const kt_call_t *call, const it_licence_record_t *licence);

/* Licences looked at for one page. */
#define IT_LICENCES_SCAN_MAX 10000

typedef struct it_licence_list {
    it_licence_record_t *licences;
    uint32_t count;
    kt_span_t next; /* empty: the end */
} it_licence_list_t;

/* Of PRODUCT only, if it is not empty. */
kt_status_t it_store_list_licences(const kt_call_t *call, kt_span_t product, kt_span_t place,
                                   uint32_t size, it_licence_list_t *list);

/* Seats of LICENCE, or else of EMPLOYEE. */
kt_status_t it_store_list_seats(const kt_call_t *call, kt_span_t licence, kt_span_t employee,
                                kt_span_t place, uint32_t size, kt_row_page_t *page);

/* The licences that an employee has seats of, with their records. */
typedef struct it_held_seats {
    it_licence_record_t licences[IT_SEATS_PER_EMPLOYEE_MAX];
    uint32_t count;
    uint32_t in_force;
} it_held_seats_t;

kt_status_t
it_store_load_held_seats(const kt_call_t *call, kt_span_t employee, it_held_seats_t *held);

kt_status_t it_store_load_seat_asks(const kt_call_t *call, kt_span_t licence,
                                    const kt_list_t *employees, it_seat_ask_t *asks);
kt_status_t
it_store_apply_assign_seats(kt_call_t *call, const it_licence_record_t *licence,
                            const it_seat_ask_t *asks, uint32_t count, const bool *gives);

/* Which of HELD go (bit I: licence I); LEFT are in force afterwards. */
kt_status_t it_store_apply_release_seats(kt_call_t *call, kt_span_t employee,
                                         const it_held_seats_t *held, uint64_t gone, uint32_t left);

#endif
