/* matters.h: calls of Matters in a room, for tests. */
#ifndef LEGAL_TEST_MATTERS_H
#define LEGAL_TEST_MATTERS_H

#include "staff.h"

#include <kantor/legal/v1/matters.kt.h>

static inline kt_status_t
open_matter(room_t *room, const char *matter)
{
    legal_open_matter_request_t request = LEGAL_OPEN_MATTER_REQUEST_INIT;
    request.matter = text_of(matter);
    request.title = text_of("A claim");
    request.kind = LEGAL_MATTER_KIND_CLAIM;
    request.counterparty = text_of("Acme");
    request.requested_by = text_of("sales");
    return room_call(room, "Matters/OpenMatter", &request.base, NULL);
}

static inline kt_status_t
assign(room_t *room, const char *matter, const char *assignee)
{
    legal_assign_matter_request_t request = LEGAL_ASSIGN_MATTER_REQUEST_INIT;
    request.matter = text_of(matter);
    request.assignee = text_of(assignee);
    return room_call(room, "Matters/AssignMatter", &request.base, NULL);
}

static inline kt_status_t
close_matter(room_t *room, const char *matter)
{
    legal_close_matter_request_t request = LEGAL_CLOSE_MATTER_REQUEST_INIT;
    request.matter = text_of(matter);
    request.outcome = text_of("settled");
    return room_call(room, "Matters/CloseMatter", &request.base, NULL);
}

/* As the CEO; the caller is the officer again afterwards. */
static inline kt_status_t
reopen(room_t *room, const char *matter)
{
    legal_reopen_matter_request_t request = LEGAL_REOPEN_MATTER_REQUEST_INIT;
    request.matter = text_of(matter);
    request.reason = text_of("new facts");
    room_as(room, "cleo", "ceo");
    kt_status_t status = room_call(room, "Matters/ReopenMatter", &request.base, NULL);
    room_as(room, "lea", "legal.officer");
    return status;
}

static inline const legal_matter_t *
get_matter(room_t *room, const char *matter)
{
    legal_get_matter_request_t request = LEGAL_GET_MATTER_REQUEST_INIT;
    const void *answer = NULL;
    request.matter = text_of(matter);
    assert_ok(room_call(room, "Matters/GetMatter", &request.base, &answer));
    return (const legal_matter_t *)answer;
}

static inline kt_status_t
add_deadline(room_t *room, const char *matter, const char *deadline, const char *due_on)
{
    legal_add_deadline_request_t request = LEGAL_ADD_DEADLINE_REQUEST_INIT;
    request.matter = text_of(matter);
    request.deadline = text_of(deadline);
    request.due_on = text_of(due_on);
    request.what = text_of("the reply");
    request.source = LEGAL_DEADLINE_SOURCE_SOURCE_STATUTE;
    request.source_text = text_of("section 276");
    return room_call(room, "Matters/AddDeadline", &request.base, NULL);
}

static inline kt_status_t
meet(room_t *room, const char *matter, const char *deadline, const char *met_on)
{
    legal_meet_deadline_request_t request = LEGAL_MEET_DEADLINE_REQUEST_INIT;
    request.matter = text_of(matter);
    request.deadline = text_of(deadline);
    request.met_on = text_of(met_on);
    request.evidence = text_of("receipt 4");
    return room_call(room, "Matters/MeetDeadline", &request.base, NULL);
}

static inline kt_status_t
supersede(room_t *room, const char *matter, const char *deadline, const char *newer,
          const char *due_on)
{
    legal_supersede_deadline_request_t request = LEGAL_SUPERSEDE_DEADLINE_REQUEST_INIT;
    request.matter = text_of(matter);
    request.deadline = text_of(deadline);
    request.order_text = text_of("order of 2 November");
    request.new_deadline = text_of(newer);
    request.new_due_on = text_of(due_on);
    return room_call(room, "Matters/SupersedeDeadline", &request.base, NULL);
}

static inline const legal_list_deadlines_response_t *
list_deadlines(room_t *room, const char *matter, const char *from, const char *to,
               const char *on_date)
{
    legal_list_deadlines_request_t request = LEGAL_LIST_DEADLINES_REQUEST_INIT;
    const void *answer = NULL;
    request.matter = text_of(matter);
    request.from = text_of(from);
    request.to = text_of(to);
    request.on_date = text_of(on_date);
    assert_ok(room_call(room, "Matters/ListDeadlines", &request.base, &answer));
    return (const legal_list_deadlines_response_t *)answer;
}

static inline kt_status_t
add_cost(room_t *room, const char *matter, const char *currency, int64_t amount_minor)
{
    legal_add_cost_request_t request = LEGAL_ADD_COST_REQUEST_INIT;
    request.matter = text_of(matter);
    request.date = text_of("2026-11-02");
    request.currency = text_of(currency);
    request.amount_minor = amount_minor;
    request.what = text_of("counsel");
    return room_call(room, "Matters/AddCost", &request.base, NULL);
}

/* On one or two custodians. */
static inline kt_status_t
place_hold(room_t *room, const char *matter, const char *hold, const char *first,
           const char *second)
{
    legal_place_hold_request_t request = LEGAL_PLACE_HOLD_REQUEST_INIT;
    char *custodians[] = {text_of(first), text_of(second)};
    request.matter = text_of(matter);
    request.hold = text_of(hold);
    request.scope = text_of("all mail of 2026");
    request.custodians = custodians;
    request.n_custodians = second[0] ? 2 : 1;
    return room_call(room, "Matters/PlaceHold", &request.base, NULL);
}

static inline kt_status_t
release_hold(room_t *room, const char *matter, const char *hold)
{
    legal_release_hold_request_t request = LEGAL_RELEASE_HOLD_REQUEST_INIT;
    request.matter = text_of(matter);
    request.hold = text_of(hold);
    request.reason = text_of("the case is over");
    return room_call(room, "Matters/ReleaseHold", &request.base, NULL);
}

static inline const legal_is_held_response_t *
is_held(room_t *room, const char *employee)
{
    legal_is_held_request_t request = LEGAL_IS_HELD_REQUEST_INIT;
    const void *answer = NULL;
    request.employee = text_of(employee);
    assert_ok(room_call(room, "Matters/IsHeld", &request.base, &answer));
    return (const legal_is_held_response_t *)answer;
}

#endif
