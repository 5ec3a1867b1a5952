/* employees.h: messages of Employees, to records and back; see codec/budgets.h. */
#ifndef FIN_CODEC_EMPLOYEES_H
#define FIN_CODEC_EMPLOYEES_H

#include "codec/listings.h"
#include "domain/employees.h"

#include <kantor/finance/v1/employees.kt.h>

kt_status_t fin_set_headcount_from_pb(kt_call_t *call, const fin_set_headcount_request_t *request,
                                      fin_headcount_record_t *order);
kt_status_t fin_headcount_to_pb(kt_call_t *call, const fin_headcount_record_t *headcount,
                                fin_headcount_t *response);
kt_status_t fin_headcounts_to_pb(kt_call_t *call, const fin_listing_t *listing,
                                 fin_list_headcounts_response_t *response);

kt_status_t
fin_reserve_headcount_from_pb(kt_call_t *call, const fin_reserve_headcount_request_t *request,
                              fin_place_record_t *order);
/* As it is at SEEN_US. */
kt_status_t fin_place_to_pb(kt_call_t *call, const fin_place_record_t *place, int64_t seen_us,
                            fin_headcount_reservation_t *response);

kt_status_t fin_hire_from_pb(kt_call_t *call, const fin_hire_employee_request_t *request,
                             fin_employee_record_t *order);
kt_status_t fin_leave_from_pb(kt_call_t *call, const fin_leave_employee_request_t *request,
                              kt_span_t *employee, int32_t *left_on);
kt_status_t fin_settle_from_pb(kt_call_t *call, const fin_settle_final_request_t *request,
                               fin_settlement_t *settlement);
/* What is paid is shown to finance, the CEO and auditors alone. */
kt_status_t fin_employee_to_pb(kt_call_t *call, const fin_employee_record_t *employee,
                               const fin_clearance_record_t *clearance, fin_employee_t *response);

#endif
