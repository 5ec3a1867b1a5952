#include "store/desk.h"

#include "domain/reason.h"
#include "store/mark.h"
#include "store/tables.h"

#include <inttypes.h>
#include <kt/event.h>

kt_status_t
it_store_has_ticket(const kt_call_t *call, kt_span_t id, bool *found)
{
    kt_key_t key;
    return kt_row_has(call, IT_TABLE_TICKET, kt_key_of_name(&key, id), found);
}

kt_status_t
it_store_load_ticket(const kt_call_t *call, kt_span_t id, it_ticket_record_t *ticket)
{
    kt_key_t key;
    *ticket = (it_ticket_record_t){.ticket = id};
    return kt_row_must(call, IT_TABLE_TICKET, kt_key_of_name(&key, id), &it_ticket_layout, ticket,
                       IT_TICKET_UNKNOWN, "there is no such ticket");
}

static kt_status_t
load_lines(const kt_call_t *call, it_ticket_facts_t *facts)
{
    kt_key_t prefix;
    facts->lines = KT_ARENA_ARRAY(call->arena, it_line_record_t, facts->ticket.changes);
    if (!facts->lines)
        return kt_call_out_of_memory(call);
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    KT_TRY(kt_rows_begin(&rows, call, IT_TABLE_TICKET_LINE,
                         kt_key_of_name(&prefix, facts->ticket.ticket)));
    while (facts->lines_count < facts->ticket.changes &&
           kt_rows_next(&rows, &it_line_layout, &facts->lines[facts->lines_count])) {
        facts->lines[facts->lines_count].number = facts->lines_count + 1;
        facts->lines_count++;
    }
    return rows.status;
}

/* What measures the ticket at AT_US; a closed one is measured by what was in force when it was
 * closed. */
static kt_status_t
load_measure(const kt_call_t *call, int64_t at_us, it_ticket_facts_t *facts)
{
    const it_ticket_record_t *ticket = &facts->ticket;
    it_level_record_t level;
    it_calendar_record_t calendar;
    const char *field;
    bool found;
    if (ticket->state == IT_TICKET_CLOSED)
        at_us = KT_MIN(at_us, ticket->changed_us);
    if (ticket->level.size == 0)
        return kt_ok();
    KT_TRY(it_store_load_level(call, ticket->level, at_us, &level, &found));
    const it_goal_record_t *target = found ? it_level_goal(&level, ticket->priority) : NULL;
    if (!target)
        return kt_ok();
    KT_TRY(it_store_load_calendar(call, level.calendar, at_us, &calendar, &found));
    if (!found)
        return kt_ok();
    if (it_business_make(&calendar, &facts->measure.business, &field))
        return kt_error(KT_DATA_LOSS, 0, "the store holds a calendar that is none");
    facts->measure.measured = true;
    facts->measure.target = *target;
    return kt_ok();
}

kt_status_t
it_store_load_ticket_facts(const kt_call_t *call, kt_span_t id, int64_t at_us,
                           it_ticket_facts_t *facts)
{
    *facts = (it_ticket_facts_t){0};
    KT_TRY(it_store_load_ticket(call, id, &facts->ticket));
    KT_TRY(load_lines(call, facts));
    return load_measure(call, at_us, facts);
}

kt_status_t
it_store_load_draft_level(const kt_call_t *call, it_ticket_record_t *draft)
{
    bool named = draft->level.size > 0, found;
    it_level_record_t level;
    kt_span_t id = named ? draft->level : kt_span_str(IT_LEVEL_STANDARD);
    KT_TRY(it_store_load_level(call, id, call->now_us, &level, &found));
    if (named && !found)
        return kt_error(KT_NOT_FOUND, IT_LEVEL_UNKNOWN, "there is no such service level");
    draft->level = found ? id : kt_span(NULL, 0);
    return kt_ok();
}

/* ---- writing ---- */

static kt_status_t
tell_breaches(kt_call_t *call, const it_ticket_effects_t *fx)
{
    for (uint32_t i = 0; i < fx->breaches_count; i++) {
        const it_breach_record_t *breach = &fx->breaches[i];
        const char *clock = breach->kind == IT_CLOCK_RESPONSE ? "response" : "resolution";
        const char *when = kt_arena_printf(call->arena, "%" PRId64, breach->breached_us);
        kt_event_value_t values[] = {
            {.name = kt_span_str("clock"), .value = kt_span_str(clock)},
            {.name = kt_span_str("breached_us"), .value = kt_span_str(when)},
        };
        KT_TRY(kt_event_emit(call, "ticket.breached", breach->ticket, values, KT_COUNT(values)));
    }
    return kt_ok();
}

typedef struct cause_row {
    kt_span_t ticket;
} cause_row_t;
static const kt_field_t CAUSE[] = {KT_F_NAME(cause_row_t, ticket, IT_NAME_BYTES_MAX, 0)};
static const kt_layout_t CAUSE_LAYOUT = KT_LAYOUT("cause", cause_row_t, CAUSE);

/* A cause leads to its ticket as long as that is open. A reopened ticket whose cause opened another
 * meanwhile is an ordinary one from then on. */
static kt_status_t
apply_cause(const kt_call_t *call, const it_ticket_record_t *ticket)
{
    kt_key_t key;
    cause_row_t row = {.ticket = ticket->ticket}, there;
    bool found;
    kt_key_of_name(&key, ticket->cause);
    KT_TRY(kt_row_get(call, IT_TABLE_TICKET_CAUSE, &key, &CAUSE_LAYOUT, &there, &found));
    if (found && !kt_span_equal(there.ticket, ticket->ticket))
        return kt_ok();
    if (!it_ticket_is_open(ticket->state))
        return kt_row_delete(call, IT_TABLE_TICKET_CAUSE, &key);
    return kt_row_put(call, IT_TABLE_TICKET_CAUSE, &key, &CAUSE_LAYOUT, &row);
}

kt_status_t
it_store_apply_ticket(kt_call_t *call, uint32_t was, const it_ticket_effects_t *fx)
{
    const it_ticket_record_t *ticket = &fx->ticket;
    bool open = it_ticket_is_open(ticket->state);
    kt_key_t key;
    kt_key_of_name(&key, ticket->ticket);
    KT_TRY(kt_row_put(call, IT_TABLE_TICKET, &key, &it_ticket_layout, ticket));
    if (open && !it_ticket_is_open(was))
        KT_TRY(it_mark_put(call, IT_TABLE_TICKET_OPEN, &key));
    if (!open)
        KT_TRY(kt_row_delete(call, IT_TABLE_TICKET_OPEN, &key));
    if (ticket->cause.size > 0 && open != it_ticket_is_open(was))
        KT_TRY(apply_cause(call, ticket));
    if (fx->line.number > 0)
        KT_TRY(kt_row_put(call, IT_TABLE_TICKET_LINE, kt_key_u32(&key, fx->line.number),
                          &it_line_layout, &fx->line));
    return tell_breaches(call, fx);
}

/* As much of TEXT as fits, whole characters. */
static kt_span_t
cut(kt_span_t text, size_t bytes_max)
{
    if (text.size <= bytes_max)
        return text;
    while (bytes_max > 0 && (text.data[bytes_max] & 0xC0) == 0x80)
        bytes_max--;
    return kt_span(text.data, bytes_max);
}

kt_status_t
it_store_open_ticket(kt_call_t *call, const it_incident_t *incident, kt_span_t *ticket,
                     bool *opened)
{
    kt_key_t key;
    cause_row_t row;
    bool found;
    it_ticket_effects_t fx;
    kt_span_t cause = cut(incident->cause, IT_CAUSE_BYTES_MAX);
    kt_key_of_name(&key, cause);
    KT_TRY(kt_row_get(call, IT_TABLE_TICKET_CAUSE, &key, &CAUSE_LAYOUT, &row, &found));
    if (opened)
        *opened = !found;
    if (found) {
        *ticket = row.ticket;
        return kt_ok();
    }
    it_actor_t actor = {.principal = kt_span_str(call->principal), .now_us = call->now_us};
    it_ticket_record_t draft = {
        .ticket = kt_call_new_name(call),
        .kind = IT_TICKET_INCIDENT,
        .priority = incident->priority,
        .title = cut(incident->title, IT_TITLE_BYTES_MAX),
        .description = cut(incident->description, IT_DESCRIPTION_BYTES_MAX),
        .requester = actor.principal,
        .cause = cause,
    };
    if (draft.ticket.size == 0)
        return kt_call_out_of_memory(call);
    KT_TRY(it_store_load_draft_level(call, &draft));
    KT_TRY(it_decide_open_ticket(&actor, &draft, false, &fx));
    *ticket = draft.ticket;
    return it_store_apply_ticket(call, IT_TICKET_ABSENT, &fx);
}

/* ---- reading ---- */

static bool
fits(const it_ticket_filter_t *filter, const it_ticket_record_t *ticket)
{
    return (filter->state == 0 || ticket->state == filter->state) &&
           (filter->assignee.size == 0 || kt_span_equal(ticket->assignee, filter->assignee)) &&
           (filter->requester.size == 0 || kt_span_equal(ticket->requester, filter->requester)) &&
           (!filter->breached || ticket->response_breached_us != 0 ||
            ticket->resolution_breached_us != 0);
}

kt_status_t
it_store_list_tickets(const kt_call_t *call, const it_ticket_filter_t *filter,
                      it_ticket_list_t *list)
{
    kt_key_t all;
    *list = (it_ticket_list_t){
        .tickets = KT_ARENA_ARRAY(call->arena, it_ticket_record_t, filter->size)};
    if (!list->tickets)
        return kt_call_out_of_memory(call);
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    KT_TRY(kt_rows_begin_at(&rows, call, IT_TABLE_TICKET, kt_key(&all), filter->place));
    it_ticket_record_t ticket;
    for (uint32_t seen = 0; kt_rows_next(&rows, &it_ticket_layout, &ticket); seen++) {
        if (list->count == filter->size || seen == IT_LIST_SCAN_MAX) {
            list->next = rows.key;
            break;
        }
        kt_reader_t r = kt_reader(rows.key);
        ticket.ticket = kt_key_get_name(&r);
        if (fits(filter, &ticket))
            list->tickets[list->count++] = ticket;
    }
    return rows.status;
}

static bool
read_line_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);
    (void)kt_key_get_name(&r);
    ((it_line_record_t *)row)->number = kt_get_u32(&r);
    return kt_reader_done(&r);
}

kt_status_t
it_store_list_lines(const kt_call_t *call, kt_span_t ticket, kt_span_t place, uint32_t size,
                    kt_row_page_t *page)
{
    kt_key_t prefix;
    return kt_rows_page(call, IT_TABLE_TICKET_LINE, kt_key_of_name(&prefix, ticket), place, size,
                        &it_line_layout, read_line_key, page);
}

kt_status_t
it_store_load_breach_run(const kt_call_t *call, kt_span_t after, uint32_t tickets_max,
                         it_breach_run_t *run)
{
    kt_key_t all, from;
    uint32_t lines = 0;
    *run = (it_breach_run_t){
        .after = after, .tickets = KT_ARENA_ARRAY(call->arena, it_ticket_facts_t, tickets_max)};
    if (!run->tickets)
        return kt_call_out_of_memory(call);
    /* A name's key and one byte more: the first key behind it. */
    if (after.size > 0)
        kt_key_u8(kt_key_of_name(&from, after), 0);
    else
        kt_key(&from);
    KT_CLEANUP(kt_rows_end) kt_rows_t rows = {0};
    KT_TRY(kt_rows_begin_at(&rows, call, IT_TABLE_TICKET_OPEN, kt_key(&all), kt_key_span(&from)));
    while (kt_rows_next(&rows, NULL, NULL)) {
        run->more = run->count == tickets_max || lines >= IT_BREACH_LINES_MAX;
        if (run->more)
            break;
        kt_reader_t r = kt_reader(rows.key);
        run->after = kt_key_get_name(&r);
        KT_TRY(
            it_store_load_ticket_facts(call, run->after, call->now_us, &run->tickets[run->count]));
        lines += run->tickets[run->count++].lines_count;
    }
    return rows.status;
}
