/*
 * desk.h: tickets, their histories, calendars and service levels in the store.
 */
#ifndef IT_STORE_DESK_H
#define IT_STORE_DESK_H

#include "domain/sla.h"

#include <kt/rows.h>

/* ---- tickets that open by themselves ---- */

typedef struct it_incident {
    kt_span_t cause;              /* 1..IT_CAUSE_BYTES_MAX bytes without zeros: "rpo:finance" */
    kt_span_t title, description; /* as a ticket's */
    it_urgency_t priority;
} it_incident_t;

/*
 * Opens a ticket of kind INCIDENT from inside another handler, where it applies: in its
 * transaction, with its time. While a ticket of the same cause is open (not yet resolved) nothing
 * is written. *TICKET is the open ticket's id either way, in the call's arena; *OPENED, which may
 * be NULL, says which. Texts longer than a ticket's are cut.
 */
kt_status_t it_store_open_ticket(kt_call_t *call, const it_incident_t *incident, kt_span_t *ticket,
                                 bool *opened);

/* ---- tickets ---- */

kt_status_t it_store_has_ticket(const kt_call_t *call, kt_span_t id, bool *found);
/* TICKET_UNKNOWN. */
kt_status_t it_store_load_ticket(const kt_call_t *call, kt_span_t id, it_ticket_record_t *ticket);
/* With its history, and what measures it at AT_US. TICKET_UNKNOWN. */
kt_status_t it_store_load_ticket_facts(const kt_call_t *call, kt_span_t id, int64_t at_us,
                                       it_ticket_facts_t *facts);
/* A new ticket: fills in its level where it names none. LEVEL_UNKNOWN. */
kt_status_t it_store_load_draft_level(const kt_call_t *call, it_ticket_record_t *draft);
/* WAS is the state before; breaches become events. */
kt_status_t it_store_apply_ticket(kt_call_t *call, uint32_t was, const it_ticket_effects_t *fx);

typedef struct it_ticket_filter {
    uint32_t state;
    kt_span_t assignee, requester;
    bool breached;
    uint32_t size;
    kt_span_t place;
} it_ticket_filter_t;

/* Records that are looked at for one page. */
#define IT_LIST_SCAN_MAX 10000

typedef struct it_ticket_list {
    it_ticket_record_t *tickets;
    uint32_t count;
    kt_span_t next; /* empty: the end */
} it_ticket_list_t;

kt_status_t it_store_list_tickets(const kt_call_t *call, const it_ticket_filter_t *filter,
                                  it_ticket_list_t *list);
kt_status_t it_store_list_lines(const kt_call_t *call, kt_span_t ticket, kt_span_t place,
                                uint32_t size, kt_row_page_t *page);

/* ---- what runs out ---- */

/* Open tickets looked at by one call, and lines of their histories. */
#define IT_BREACH_TICKETS_MAX 100
#define IT_BREACH_LINES_MAX   2000
/* Tickets whose breaches one call notes: what its journal record holds. */
#define IT_BREACH_NOTES_MAX 30

typedef struct it_breach_run {
    it_ticket_facts_t *tickets;
    uint32_t count;
    bool more;
    kt_span_t after; /* the last that was looked at */
} it_breach_run_t;

kt_status_t it_store_load_breach_run(const kt_call_t *call, kt_span_t after, uint32_t tickets_max,
                                     it_breach_run_t *run);

/* ---- calendars and levels: versions, newest last ---- */

/* The newest version set up to AT_US, with its holidays. */
kt_status_t it_store_load_calendar(const kt_call_t *call, kt_span_t id, int64_t at_us,
                                   it_calendar_record_t *calendar, bool *found);
kt_status_t it_store_load_level(const kt_call_t *call, kt_span_t id, int64_t at_us,
                                it_level_record_t *level, bool *found);
/* Newest of all, whatever the clock says: 0 when there is none. */
kt_status_t
it_store_last_version(const kt_call_t *call, uint32_t table, kt_span_t id, uint32_t *version);
kt_status_t it_store_apply_calendar(const kt_call_t *call, const it_calendar_record_t *calendar);
kt_status_t it_store_apply_level(const kt_call_t *call, const it_level_record_t *level);

#endif
