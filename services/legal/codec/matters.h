/* matters.h: requests of Matters to orders, records to answers. All refuse with INVALID_ARGUMENT
 * and the field's name. */
#ifndef LEGAL_CODEC_MATTERS_H
#define LEGAL_CODEC_MATTERS_H

#include "codec/single.h"
#include "domain/matters.h"

#include <kantor/legal/v1/matters.kt.h>

kt_status_t legal_open_matter_from_pb(kt_call_t *call, const legal_open_matter_request_t *request,
                                      legal_matter_record_t *draft);
kt_status_t legal_add_deadline_from_pb(kt_call_t *call, const legal_add_deadline_request_t *request,
                                       legal_deadline_record_t *draft);
kt_status_t legal_meet_from_pb(kt_call_t *call, const legal_meet_deadline_request_t *request,
                               legal_meet_order_t *order);
kt_status_t
legal_supersede_from_pb(kt_call_t *call, const legal_supersede_deadline_request_t *request,
                        legal_supersede_order_t *order);
kt_status_t legal_add_cost_from_pb(kt_call_t *call, const legal_add_cost_request_t *request,
                                   legal_cost_record_t *draft);
kt_status_t legal_place_hold_from_pb(kt_call_t *call, const legal_place_hold_request_t *request,
                                     legal_hold_record_t *draft);

/* What ListDeadlines asks for: a matter's, or all that are due in a range. */
typedef struct legal_deadlines_order {
    kt_span_t matter; /* empty: all */
    int32_t first, last;
    int32_t on_date;
    kt_list_page_t page;
} legal_deadlines_order_t;
kt_status_t
legal_list_deadlines_from_pb(kt_call_t *call, const legal_list_deadlines_request_t *request,
                             legal_deadlines_order_t *order);

/* Deadlines as they are on DATE. */
void legal_date_deadlines(legal_deadline_record_t *deadlines, uint32_t count, int32_t date);

/* NAMES is a list of kt_span_t. */
kt_status_t
legal_held_to_pb(kt_call_t *call, const kt_list_t *names, legal_is_held_response_t *response);

#endif
