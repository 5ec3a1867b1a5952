/* desk.h: messages of Desk to orders, and records to answers. */
#ifndef IT_CODEC_DESK_H
#define IT_CODEC_DESK_H

#include "codec/shape.h"
#include "domain/sla.h"

#include <kantor/it/v1/desk.kt.h>

kt_status_t it_set_calendar_from_pb(kt_call_t *call, const it_set_calendar_request_t *request,
                                    it_calendar_record_t *calendar);
kt_status_t it_set_level_from_pb(kt_call_t *call, const it_set_service_level_request_t *request,
                                 it_level_record_t *level);

/* With all defaults but the id and the level. */
kt_status_t it_open_ticket_from_pb(kt_call_t *call, const it_open_ticket_request_t *request,
                                   it_ticket_record_t *draft);
kt_status_t it_ticket_step_from_pb(kt_call_t *call, const it_ticket_step_request_t *request,
                                   it_ticket_step_t command, it_ticket_order_t *order);
kt_status_t it_assign_ticket_from_pb(kt_call_t *call, const it_assign_ticket_request_t *request,
                                     it_ticket_order_t *order);
kt_status_t it_change_priority_from_pb(kt_call_t *call, const it_change_priority_request_t *request,
                                       it_ticket_order_t *order);

typedef struct it_list_tickets_order {
    uint32_t state; /* 0: all */
    kt_span_t assignee;
    bool breached;
    kt_list_page_t page;
} it_list_tickets_order_t;
/* REQUESTER, whose tickets alone are shown, binds the page's token as well; empty: all. */
kt_status_t it_list_tickets_from_pb(kt_call_t *call, const it_list_tickets_request_t *request,
                                    kt_span_t requester, it_list_tickets_order_t *order);

typedef struct it_run_breaches_order {
    kt_span_t after;
    uint32_t tickets;
} it_run_breaches_order_t;
kt_status_t it_run_breaches_from_pb(kt_call_t *call, const it_run_breaches_request_t *request,
                                    uint32_t tickets_max, it_run_breaches_order_t *order);

kt_status_t
it_ticket_to_pb(kt_call_t *call, const it_ticket_record_t *ticket, it_ticket_t *response);
kt_status_t it_clocks_to_pb(kt_call_t *call, const it_clock_record_t *clocks, uint32_t count,
                            it_ticket_t *response);

#endif
