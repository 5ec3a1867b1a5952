/* Writes answer before they apply: what fails for want of memory has written nothing. */
#include "handlers/desk.h"

#include "codec/desk.h"
#include "domain/reason.h"
#include "handlers/actor.h"
#include "store/desk.h"
#include "store/mark.h"
#include "store/tables.h"

/* ---- calendars and levels ---- */

static kt_status_t
set_calendar(kt_call_t *call, const it_set_calendar_request_t *request, it_calendar_t *response)
{
    it_calendar_record_t calendar;
    KT_TRY(it_set_calendar_from_pb(call, request, &calendar));
    KT_TRY(it_store_last_version(call, IT_TABLE_CALENDAR, calendar.calendar, &calendar.version));
    calendar.version++;
    calendar.set_us = call->now_us;
    calendar.set_by = kt_span_str(call->principal);
    KT_TRY(kt_fields_to_pb(call, &it_calendar_message_layout, &calendar, &response->base));
    return it_store_apply_calendar(call, &calendar);
}

static kt_status_t
get_calendar(kt_call_t *call, const it_get_calendar_request_t *request, it_calendar_t *response)
{
    kt_span_t id;
    int64_t at_us;
    it_calendar_record_t calendar;
    bool found = false;
    KT_TRY(it_shape_name(call, request->calendar, "calendar", &id));
    KT_TRY(it_shape_instant(call, request->at_us, "at_us", &at_us));
    KT_TRY(it_store_load_calendar(call, id, at_us, &calendar, &found));
    if (!found)
        return kt_error(KT_NOT_FOUND, IT_CALENDAR_UNKNOWN, "there was no such calendar then");
    return kt_fields_to_pb(call, &it_calendar_message_layout, &calendar, &response->base);
}

static kt_status_t
set_service_level(kt_call_t *call, const it_set_service_level_request_t *request,
                  it_service_level_t *response)
{
    it_level_record_t level;
    uint32_t calendar;
    KT_TRY(it_set_level_from_pb(call, request, &level));
    KT_TRY(it_store_last_version(call, IT_TABLE_CALENDAR, level.calendar, &calendar));
    if (calendar == 0)
        return kt_error(KT_NOT_FOUND, IT_CALENDAR_UNKNOWN, "there is no such calendar");
    KT_TRY(it_store_last_version(call, IT_TABLE_LEVEL, level.level, &level.version));
    level.version++;
    level.set_us = call->now_us;
    level.set_by = kt_span_str(call->principal);
    KT_TRY(kt_fields_to_pb(call, &it_level_layout, &level, &response->base));
    return it_store_apply_level(call, &level);
}

static kt_status_t
get_service_level(kt_call_t *call, const it_get_service_level_request_t *request,
                  it_service_level_t *response)
{
    kt_span_t id;
    int64_t at_us;
    it_level_record_t level;
    bool found = false;
    KT_TRY(it_shape_name(call, request->level, "level", &id));
    KT_TRY(it_shape_instant(call, request->at_us, "at_us", &at_us));
    KT_TRY(it_store_load_level(call, id, at_us, &level, &found));
    if (!found)
        return kt_error(KT_NOT_FOUND, IT_LEVEL_UNKNOWN, "there was no such service level then");
    return kt_fields_to_pb(call, &it_level_layout, &level, &response->base);
}

/* ---- steps of tickets ---- */

static kt_status_t
open_ticket(kt_call_t *call, const it_open_ticket_request_t *request, it_ticket_t *response)
{
    it_actor_t actor = it_actor_of(call);
    it_ticket_record_t draft;
    it_ticket_effects_t fx;
    bool there = false;
    KT_TRY(it_open_ticket_from_pb(call, request, &draft));
    if (draft.ticket.size == 0)
        draft.ticket = kt_call_new_name(call);
    KT_TRY(it_store_has_ticket(call, draft.ticket, &there));
    KT_TRY(it_store_load_draft_level(call, &draft));
    kt_status_t status = it_decide_open_ticket(&actor, &draft, there, &fx);
    if (kt_failed(status))
        return it_refuse(call, status, "ticket", draft.ticket, "", "open");
    KT_TRY(it_ticket_to_pb(call, &fx.ticket, response));
    return it_store_apply_ticket(call, IT_TICKET_ABSENT, &fx);
}

/* Whatever touches a ticket notes the clocks that have run out by then. */
static kt_status_t
step(kt_call_t *call, const it_ticket_order_t *order, it_ticket_t *response)
{
    it_actor_t actor = it_actor_of(call);
    it_ticket_effects_t fx;
    it_ticket_facts_t *facts = KT_ARENA_NEW(call->arena, it_ticket_facts_t);
    if (!facts)
        return kt_call_out_of_memory(call);
    KT_TRY(it_store_load_ticket_facts(call, order->ticket, call->now_us, facts));
    kt_status_t status = it_decide_ticket(call->arena, &actor, order, &facts->ticket,
                                          it_lines_answered(facts->lines, facts->lines_count), &fx);
    if (kt_failed(status))
        return it_refuse(call, status, "ticket", order->ticket,
                         it_ticket_machine.states[facts->ticket.state],
                         it_ticket_machine.commands[order->command]);
    it_decide_breaches(facts, call->now_us, &fx);
    KT_TRY(it_ticket_to_pb(call, &fx.ticket, response));
    return it_store_apply_ticket(call, facts->ticket.state, &fx);
}

static kt_status_t
plain_step(kt_call_t *call, const it_ticket_step_request_t *request, it_ticket_step_t command,
           it_ticket_t *response)
{
    it_ticket_order_t order;
    KT_TRY(it_ticket_step_from_pb(call, request, command, &order));
    return step(call, &order, response);
}

static kt_status_t
assign_ticket(kt_call_t *call, const it_assign_ticket_request_t *request, it_ticket_t *response)
{
    it_ticket_order_t order;
    KT_TRY(it_assign_ticket_from_pb(call, request, &order));
    return step(call, &order, response);
}

static kt_status_t
respond_ticket(kt_call_t *call, const it_ticket_step_request_t *request, it_ticket_t *response)
{
    return plain_step(call, request, IT_TICKET_DO_RESPOND, response);
}

static kt_status_t
pause_ticket(kt_call_t *call, const it_ticket_step_request_t *request, it_ticket_t *response)
{
    return plain_step(call, request, IT_TICKET_DO_PAUSE, response);
}

static kt_status_t
resume_ticket(kt_call_t *call, const it_ticket_step_request_t *request, it_ticket_t *response)
{
    return plain_step(call, request, IT_TICKET_DO_RESUME, response);
}

static kt_status_t
resolve_ticket(kt_call_t *call, const it_ticket_step_request_t *request, it_ticket_t *response)
{
    return plain_step(call, request, IT_TICKET_DO_RESOLVE, response);
}

static kt_status_t
reopen_ticket(kt_call_t *call, const it_ticket_step_request_t *request, it_ticket_t *response)
{
    return plain_step(call, request, IT_TICKET_DO_REOPEN, response);
}

static kt_status_t
close_ticket(kt_call_t *call, const it_ticket_step_request_t *request, it_ticket_t *response)
{
    return plain_step(call, request, IT_TICKET_DO_CLOSE, response);
}

static kt_status_t
comment_ticket(kt_call_t *call, const it_ticket_step_request_t *request, it_ticket_t *response)
{
    return plain_step(call, request, IT_TICKET_DO_COMMENT, response);
}

static kt_status_t
change_priority(kt_call_t *call, const it_change_priority_request_t *request, it_ticket_t *response)
{
    it_ticket_order_t order;
    KT_TRY(it_change_priority_from_pb(call, request, &order));
    return step(call, &order, response);
}

/* ---- reading ---- */

static kt_status_t
get_ticket(kt_call_t *call, const it_get_ticket_request_t *request, it_ticket_t *response)
{
    it_actor_t actor = it_actor_of(call);
    kt_span_t id;
    int64_t at_us;
    it_clock_record_t clocks[2];
    it_ticket_facts_t *facts = KT_ARENA_NEW(call->arena, it_ticket_facts_t);
    if (!facts)
        return kt_call_out_of_memory(call);
    KT_TRY(it_shape_name(call, request->ticket, "ticket", &id));
    KT_TRY(it_shape_instant(call, request->at_us, "at_us", &at_us));
    KT_TRY(it_store_load_ticket_facts(call, id, at_us, facts));
    KT_TRY(it_decide_see_ticket(&actor, &facts->ticket));
    uint32_t count = it_ticket_clocks(facts, at_us, clocks);
    KT_TRY(it_ticket_to_pb(call, &facts->ticket, response));
    return it_clocks_to_pb(call, clocks, count, response);
}

static kt_status_t
list_tickets(kt_call_t *call, const it_list_tickets_request_t *request,
             it_list_tickets_response_t *response)
{
    it_actor_t actor = it_actor_of(call);
    kt_span_t requester = actor.own_only ? actor.principal : kt_span(NULL, 0);
    it_list_tickets_order_t order;
    it_ticket_list_t list;
    KT_TRY(it_list_tickets_from_pb(call, request, requester, &order));
    it_ticket_filter_t filter = {.state = order.state,
                                 .assignee = order.assignee,
                                 .requester = requester,
                                 .breached = order.breached,
                                 .size = order.page.size,
                                 .place = order.page.place};
    KT_TRY(it_store_list_tickets(call, &filter, &list));
    KT_TRY(kt_fields_list_to_pb(call, &it_ticket_layout, list.tickets, list.count,
                                &it_ticket_descriptor, &response->n_tickets,
                                (void ***)&response->tickets));
    return kt_page_to_pb(call, &order.page, list.next, &response->next_page_token);
}

static kt_status_t
list_ticket_lines(kt_call_t *call, const it_list_ticket_lines_request_t *request,
                  it_list_ticket_lines_response_t *response)
{
    it_actor_t actor = it_actor_of(call);
    const char *fields[] = {request->ticket};
    kt_span_t id;
    it_ticket_record_t ticket;
    kt_list_page_t page;
    kt_row_page_t rows;
    KT_TRY(it_shape_name(call, request->ticket, "ticket", &id));
    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, KT_COUNT(fields),
                           &page));
    KT_TRY(it_store_load_ticket(call, id, &ticket));
    KT_TRY(it_decide_see_ticket(&actor, &ticket));
    KT_TRY(it_store_list_lines(call, id, page.place, page.size, &rows));
    KT_TRY(kt_fields_list_to_pb(call, &it_line_layout, rows.rows, rows.count,
                                &it_ticket_line_descriptor, &response->n_lines,
                                (void ***)&response->lines));
    return kt_page_to_pb(call, &page, rows.next, &response->next_page_token);
}

/* ---- what runs out ---- */

/* The breaches of a run, ticket by ticket, as far as one call's journal record holds them. */
typedef struct noted {
    it_ticket_effects_t tickets[IT_BREACH_NOTES_MAX];
    uint32_t count;
    it_breach_record_t breaches[2 * IT_BREACH_NOTES_MAX];
    uint32_t breaches_count;
} noted_t;

static void
note(const it_breach_run_t *run, int64_t now_us, noted_t *noted, bool *more, kt_span_t *after)
{
    *more = run->more;
    *after = run->after;
    for (uint32_t i = 0; i < run->count; i++) {
        it_ticket_effects_t fx = {.ticket = run->tickets[i].ticket};
        it_decide_breaches(&run->tickets[i], now_us, &fx);
        if (fx.breaches_count == 0)
            continue;
        for (uint32_t b = 0; b < fx.breaches_count; b++)
            noted->breaches[noted->breaches_count++] = fx.breaches[b];
        noted->tickets[noted->count++] = fx;
        if (noted->count < IT_BREACH_NOTES_MAX)
            continue;
        *more = *more || i + 1 < run->count;
        *after = fx.ticket.ticket;
        return;
    }
}

static kt_status_t
run_breaches(kt_call_t *call, const it_run_breaches_request_t *request,
             it_run_breaches_response_t *response)
{
    it_run_breaches_order_t order;
    it_breach_run_t run;
    bool more = false;
    kt_span_t after;
    noted_t *noted = KT_ARENA_NEW(call->arena, noted_t);
    if (!noted)
        return kt_call_out_of_memory(call);
    KT_TRY(it_run_breaches_from_pb(call, request, IT_BREACH_TICKETS_MAX, &order));
    KT_TRY(it_store_load_breach_run(call, order.after, order.tickets, &run));
    note(&run, call->now_us, noted, &more, &after);
    KT_TRY(kt_fields_list_to_pb(call, &it_breach_layout, noted->breaches, noted->breaches_count,
                                &it_breach_descriptor, &response->n_breaches,
                                (void ***)&response->breaches));
    response->more = more;
    if (more && !(response->after = kt_arena_copy(call->arena, after)))
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < noted->count; i++)
        KT_TRY(it_store_apply_ticket(call, noted->tickets[i].ticket.state, &noted->tickets[i]));
    return kt_ok();
}

const it_desk_handlers_t it_desk_handlers = {
    .set_calendar = set_calendar,
    .get_calendar = get_calendar,
    .set_service_level = set_service_level,
    .get_service_level = get_service_level,
    .open_ticket = open_ticket,
    .assign_ticket = assign_ticket,
    .respond_ticket = respond_ticket,
    .pause_ticket = pause_ticket,
    .resume_ticket = resume_ticket,
    .resolve_ticket = resolve_ticket,
    .reopen_ticket = reopen_ticket,
    .close_ticket = close_ticket,
    .change_priority = change_priority,
    .comment_ticket = comment_ticket,
    .get_ticket = get_ticket,
    .list_tickets = list_tickets,
    .list_ticket_lines = list_ticket_lines,
    .run_breaches = run_breaches,
};
