/*
 * budgets.h: what cost centres, budgets and reservations read and write.
 *
 * Statuses: as kt/rows.h says, and those named here. What is loaded is in the call's arena.
 */
#ifndef FIN_STORE_BUDGETS_H
#define FIN_STORE_BUDGETS_H

#include "domain/budgets.h"
#include "store/allowances.h"
#include "store/listing.h"

/* ---- cost centres ---- */

/* NOT_FOUND: BOOK_UNKNOWN. */
kt_status_t fin_store_has_cost_centre(const kt_call_t *call, kt_span_t book, kt_span_t cost_centre,
                                      bool *found);
/* NOT_FOUND: BOOK_UNKNOWN, COST_CENTRE_UNKNOWN. */
kt_status_t fin_store_load_cost_centre(const kt_call_t *call, kt_span_t book, kt_span_t cost_centre,
                                       fin_cost_centre_record_t *record);
kt_status_t
fin_store_apply_cost_centre(const kt_call_t *call, const fin_cost_centre_record_t *record);
/* Of fin_cost_centre_record_t. NOT_FOUND: BOOK_UNKNOWN. */
kt_status_t
fin_store_list_cost_centres(const kt_call_t *call, kt_span_t book, fin_listing_t *listing);

/* ---- budgets ---- */

/* What writing a budget or a reservation needs beside the facts. */
typedef struct fin_budget_work {
    uint64_t part; /* of the book */
    fin_expired_t expired;
} fin_budget_work_t;

/* NOT_FOUND: BOOK_UNKNOWN, COMMODITY_UNKNOWN. */
kt_status_t fin_store_load_set_budget(const kt_call_t *call, const fin_budget_record_t *order,
                                      fin_budget_facts_t *facts, fin_budget_work_t *work);
kt_status_t fin_store_apply_budget(const kt_call_t *call, const fin_budget_work_t *work,
                                   const fin_budget_record_t *budget);
/* The budget of a month, as it is at the time of the call. NOT_FOUND: BOOK_UNKNOWN,
 * BUDGET_UNKNOWN. */
kt_status_t fin_store_load_budget(const kt_call_t *call, const fin_budget_record_t *order,
                                  fin_budget_record_t *budget);
/* Of fin_budget_record_t, as they are at the time of the call; COST_CENTRE may be empty.
 * NOT_FOUND: BOOK_UNKNOWN. */
kt_status_t fin_store_list_budgets(const kt_call_t *call, kt_span_t book, kt_span_t cost_centre,
                                   fin_listing_t *listing);

/* ---- reservations ---- */

/* FACTS has the reservation as it is asked for. NOT_FOUND: BOOK_UNKNOWN. */
kt_status_t fin_store_load_reserve_budget(const kt_call_t *call, fin_reservation_facts_t *facts,
                                          fin_budget_work_t *work);
/* NOT_FOUND: RESERVATION_UNKNOWN. */
kt_status_t fin_store_load_reservation(const kt_call_t *call, kt_span_t name,
                                       fin_reservation_record_t *reservation);
/* The reservation and its budget. NOT_FOUND: RESERVATION_UNKNOWN. */
kt_status_t
fin_store_load_reservation_facts(const kt_call_t *call, kt_span_t name,
                                 fin_reservation_facts_t *facts, fin_budget_work_t *work);
/* What a decision made of both. */
kt_status_t fin_store_apply_reservation(const kt_call_t *call, const fin_budget_work_t *work,
                                        const fin_reservation_facts_t *facts);
/* What a schedule changes: the reservation alone. */
kt_status_t
fin_store_put_reservation(const kt_call_t *call, const fin_reservation_record_t *reservation);
/* Of fin_reservation_record_t. NOT_FOUND: BOOK_UNKNOWN. */
kt_status_t fin_store_list_reservations(const kt_call_t *call, kt_span_t book,
                                        kt_span_t cost_centre, fin_listing_t *listing);

/* ---- keys, for verification too ---- */

kt_key_t *fin_cost_centre_key(kt_key_t *key, uint64_t part, kt_span_t cost_centre);
kt_key_t *fin_budget_key(kt_key_t *key, uint64_t part, const fin_budget_record_t *budget);

#endif
