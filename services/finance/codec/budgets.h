/*
 * budgets.h: messages of Budgets, to records and back.
 *
 * The _from_pb functions check shape and limits and refuse with INVALID_ARGUMENT BAD_FIELD; what
 * they make borrows from the request. What the _to_pb functions make is in the arena.
 */
#ifndef FIN_CODEC_BUDGETS_H
#define FIN_CODEC_BUDGETS_H

#include "codec/listings.h"
#include "domain/budgets.h"

#include <kantor/finance/v1/budgets.kt.h>

kt_status_t
fin_cost_centre_from_pb(kt_call_t *call, const fin_create_cost_centre_request_t *request,
                        fin_cost_centre_record_t *record);
kt_status_t fin_cost_centre_to_pb(kt_call_t *call, const fin_cost_centre_record_t *record,
                                  fin_cost_centre_t *response);
kt_status_t fin_cost_centres_to_pb(kt_call_t *call, const fin_listing_t *listing,
                                   fin_list_cost_centres_response_t *response);

kt_status_t fin_set_budget_from_pb(kt_call_t *call, const fin_set_budget_request_t *request,
                                   fin_budget_record_t *order);
/* The order's last month is the month asked for. */
kt_status_t fin_get_budget_from_pb(kt_call_t *call, const fin_get_budget_request_t *request,
                                   fin_budget_record_t *order);
kt_status_t
fin_budget_to_pb(kt_call_t *call, const fin_budget_record_t *budget, fin_budget_t *response);
kt_status_t fin_budgets_to_pb(kt_call_t *call, const fin_listing_t *listing,
                              fin_list_budgets_response_t *response);

kt_status_t fin_reserve_from_pb(kt_call_t *call, const fin_reserve_request_t *request,
                                fin_reservation_record_t *order);
kt_status_t
fin_reference_from_pb(kt_call_t *call, const fin_commit_request_t *request, kt_span_t *reference);
/* As it is at SEEN_US. */
kt_status_t fin_reservation_to_pb(kt_call_t *call, const fin_reservation_record_t *reservation,
                                  int64_t seen_us, fin_reservation_t *response);
kt_status_t fin_reservations_to_pb(kt_call_t *call, const fin_listing_t *listing,
                                   fin_list_reservations_response_t *response);

#endif
