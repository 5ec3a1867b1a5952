#include "codec/desk.h"

/* ---- calendars and levels ---- */

kt_status_t
it_set_calendar_from_pb(kt_call_t *call, const it_set_calendar_request_t *request,
                        it_calendar_record_t *calendar)
{
    it_business_t business;
    const char *field;
    kt_layout_clear(&it_calendar_message_layout, calendar);
    KT_TRY(kt_fields_from_pb(call, &it_calendar_message_layout,
                             request->calendar ? &request->calendar->base : NULL, "calendar.",
                             calendar));
    const char *wrong = it_business_make(calendar, &business, &field);
    if (wrong)
        return kt_call_bad_field(call, wrong, "calendar.%s", field);
    calendar->holidays_count = calendar->holidays.count;
    return kt_ok();
}

kt_status_t
it_set_level_from_pb(kt_call_t *call, const it_set_service_level_request_t *request,
                     it_level_record_t *level)
{
    kt_layout_clear(&it_level_layout, level);
    KT_TRY(kt_fields_from_pb(call, &it_level_layout, request->level ? &request->level->base : NULL,
                             "level.", level));
    const char *wrong = it_level_wrong(level);
    return wrong ? kt_call_bad_field(call, wrong, "level.targets") : kt_ok();
}

/* ---- tickets ---- */

kt_status_t
it_open_ticket_from_pb(kt_call_t *call, const it_open_ticket_request_t *request,
                       it_ticket_record_t *draft)
{
    kt_layout_clear(&it_ticket_layout, draft);
    KT_TRY(kt_fields_from_pb(call, &it_ticket_layout,
                             request->ticket ? &request->ticket->base : NULL, "ticket.", draft));
    if (draft->kind == IT_TICKET_KIND_NONE)
        draft->kind = IT_TICKET_REQUEST;
    if (draft->priority == IT_URGENCY_NONE)
        draft->priority = IT_URGENCY_NORMAL;
    if (draft->requester.size == 0)
        draft->requester = kt_span_str(call->on_behalf_of ? call->on_behalf_of : call->principal);
    /* Whom one calls for is anything that the wire takes. */
    const char *wrong = kt_wrong_text(draft->requester, IT_WHO_BYTES_MAX);
    return wrong ? kt_call_bad_field(call, wrong, "ticket.requester") : kt_ok();
}

static kt_status_t
order_from_pb(kt_call_t *call, const char *ticket, const char *text, it_ticket_step_t command,
              it_ticket_order_t *order)
{
    *order = (it_ticket_order_t){.command = command};
    KT_TRY(it_shape_name(call, ticket, "ticket", &order->ticket));
    return it_shape_text(call, text, IT_LINE_TEXT_BYTES_MAX, "text", &order->text);
}

kt_status_t
it_ticket_step_from_pb(kt_call_t *call, const it_ticket_step_request_t *request,
                       it_ticket_step_t command, it_ticket_order_t *order)
{
    KT_TRY(order_from_pb(call, request->ticket, request->text, command, order));
    if (command == IT_TICKET_DO_COMMENT && order->text.size == 0)
        return kt_call_bad_field(call, "is missing", "text");
    return kt_ok();
}

kt_status_t
it_assign_ticket_from_pb(kt_call_t *call, const it_assign_ticket_request_t *request,
                         it_ticket_order_t *order)
{
    KT_TRY(order_from_pb(call, request->ticket, "", IT_TICKET_DO_ASSIGN, order));
    return it_shape_name(call, request->assignee, "assignee", &order->assignee);
}

kt_status_t
it_change_priority_from_pb(kt_call_t *call, const it_change_priority_request_t *request,
                           it_ticket_order_t *order)
{
    KT_TRY(
        order_from_pb(call, request->ticket, request->text, IT_TICKET_DO_CHANGE_PRIORITY, order));
    if (request->priority < IT_PRIORITY_CRITICAL || request->priority > IT_PRIORITY_LOW)
        return kt_call_bad_field(call, "is CRITICAL, HIGH, NORMAL or LOW", "priority");
    order->priority = (uint32_t)request->priority;
    return kt_ok();
}

kt_status_t
it_list_tickets_from_pb(kt_call_t *call, const it_list_tickets_request_t *request,
                        kt_span_t requester, it_list_tickets_order_t *order)
{
    const char *fields[] = {
        kt_arena_printf(call->arena, "%d %d", (int)request->state, request->breached),
        request->assignee,
        kt_arena_printf(call->arena, "%.*s", (int)requester.size, (const char *)requester.data),
    };
    if (request->state < 0 || request->state > IT_TICKET_STATE_TICKET_CLOSED)
        return kt_call_bad_field(call, "has no such value", "state");
    order->state = (uint32_t)request->state;
    order->breached = request->breached;
    KT_TRY(it_shape_text(call, request->assignee, IT_WHO_BYTES_MAX, "assignee", &order->assignee));
    return kt_page_from_pb(call, request->page_size, request->page_token, fields, KT_COUNT(fields),
                           &order->page);
}

kt_status_t
it_run_breaches_from_pb(kt_call_t *call, const it_run_breaches_request_t *request,
                        uint32_t tickets_max, it_run_breaches_order_t *order)
{
    KT_TRY(it_shape_maybe_name(call, request->after, "after", &order->after));
    if (request->tickets > tickets_max)
        return kt_call_bad_field(call, "is more than 100", "tickets");
    order->tickets = request->tickets == 0 ? tickets_max : request->tickets;
    return kt_ok();
}

/* ---- answers ---- */

kt_status_t
it_ticket_to_pb(kt_call_t *call, const it_ticket_record_t *ticket, it_ticket_t *response)
{
    return kt_fields_to_pb(call, &it_ticket_layout, ticket, &response->base);
}

kt_status_t
it_clocks_to_pb(kt_call_t *call, const it_clock_record_t *clocks, uint32_t count,
                it_ticket_t *response)
{
    return kt_fields_list_to_pb(call, &it_clock_layout, clocks, count, &it_clock_descriptor,
                                &response->n_clocks, (void ***)&response->clocks);
}
