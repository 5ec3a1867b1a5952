#include "domain/desk.h"

#include "domain/reason.h"

static const char *const STATES[] = {
    [IT_TICKET_ABSENT] = "absent",           [IT_TICKET_NEW] = "new",
    [IT_TICKET_IN_PROGRESS] = "in progress", [IT_TICKET_WAITING] = "waiting",
    [IT_TICKET_RESOLVED] = "resolved",       [IT_TICKET_CLOSED] = "closed",
};
static const char *const COMMANDS[] = {
    [IT_TICKET_DO_NOTHING] = "nothing", [IT_TICKET_DO_OPEN] = "open",
    [IT_TICKET_DO_ASSIGN] = "assign",   [IT_TICKET_DO_RESPOND] = "respond",
    [IT_TICKET_DO_PAUSE] = "pause",     [IT_TICKET_DO_RESUME] = "resume",
    [IT_TICKET_DO_RESOLVE] = "resolve", [IT_TICKET_DO_REOPEN] = "reopen",
    [IT_TICKET_DO_CLOSE] = "close",     [IT_TICKET_DO_CHANGE_PRIORITY] = "change priority",
    [IT_TICKET_DO_COMMENT] = "comment",
};
static const char *const GUARDS[] = {
    [IT_TICKET_UNANSWERED] = "the requester was not answered yet",
    [IT_TICKET_ANSWERED] = "the requester was answered",
};

#define ROW(from, what, to)                                                                        \
    {                                                                                              \
        .state = IT_TICKET_##from, .command = IT_TICKET_DO_##what, .guard = KT_UNGUARDED,          \
        .next = IT_TICKET_##to                                                                     \
    }
#define GUARDED(from, what, if_, to)                                                               \
    {                                                                                              \
        .state = IT_TICKET_##from, .command = IT_TICKET_DO_##what, .guard = IT_TICKET_##if_,       \
        .next = IT_TICKET_##to                                                                     \
    }

/* Who waits for whom must have been told so: a ticket is paused only after an answer, so that
 * pausing cannot stop the clock of the response. */
static const kt_transition_t ROWS[] = {
    ROW(ABSENT, OPEN, NEW),
    ROW(NEW, ASSIGN, IN_PROGRESS),
    GUARDED(NEW, RESPOND, UNANSWERED, IN_PROGRESS),
    ROW(NEW, RESOLVE, RESOLVED),
    ROW(NEW, CHANGE_PRIORITY, NEW),
    ROW(NEW, COMMENT, NEW),
    ROW(IN_PROGRESS, ASSIGN, IN_PROGRESS),
    GUARDED(IN_PROGRESS, RESPOND, UNANSWERED, IN_PROGRESS),
    GUARDED(IN_PROGRESS, PAUSE, ANSWERED, WAITING),
    ROW(IN_PROGRESS, RESOLVE, RESOLVED),
    ROW(IN_PROGRESS, CHANGE_PRIORITY, IN_PROGRESS),
    ROW(IN_PROGRESS, COMMENT, IN_PROGRESS),
    ROW(WAITING, ASSIGN, WAITING),
    ROW(WAITING, RESUME, IN_PROGRESS),
    ROW(WAITING, RESOLVE, RESOLVED),
    ROW(WAITING, CHANGE_PRIORITY, WAITING),
    ROW(WAITING, COMMENT, WAITING),
    ROW(RESOLVED, REOPEN, IN_PROGRESS),
    ROW(RESOLVED, CLOSE, CLOSED),
    ROW(RESOLVED, COMMENT, RESOLVED),
};

const kt_machine_t it_ticket_machine = {
    .name = "it.ticket",
    .states = STATES,
    .commands = COMMANDS,
    .guards = GUARDS,
    .states_count = KT_COUNT(STATES),
    .commands_count = KT_COUNT(COMMANDS),
    .guards_count = KT_COUNT(GUARDS),
    .rows = ROWS,
    .rows_count = KT_COUNT(ROWS),
    .first = IT_TICKET_ABSENT,
};

static const kt_field_t TICKET[] = {
    KT_F_NAME(it_ticket_record_t, ticket, IT_NAME_BYTES_MAX, KT_KEYED),
    KT_F_ENUM(it_ticket_record_t, kind, IT_TICKET_INCIDENT, 0),
    KT_F_ENUM(it_ticket_record_t, priority, IT_URGENCY_LOW, 0),
    KT_F_ENUM(it_ticket_record_t, state, IT_TICKET_CLOSED, KT_OUTPUT),
    KT_F_TEXT(it_ticket_record_t, title, IT_TITLE_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(it_ticket_record_t, description, IT_DESCRIPTION_BYTES_MAX, 0),
    KT_F_TEXT(it_ticket_record_t, requester, IT_WHO_BYTES_MAX, 0),
    KT_F_TEXT(it_ticket_record_t, assignee, IT_WHO_BYTES_MAX, KT_OUTPUT),
    KT_F_NAME(it_ticket_record_t, level, IT_NAME_BYTES_MAX, 0),
    KT_F_TEXT(it_ticket_record_t, cause, IT_CAUSE_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(it_ticket_record_t, opened_us, KT_OUTPUT),
    KT_F_TIME(it_ticket_record_t, changed_us, KT_OUTPUT),
    KT_F_U32(it_ticket_record_t, changes, 0, IT_TICKET_LINES_MAX, KT_OUTPUT),
    KT_F_TIME(it_ticket_record_t, response_breached_us, KT_OUTPUT),
    KT_F_TIME(it_ticket_record_t, resolution_breached_us, KT_OUTPUT),
};
const kt_layout_t it_ticket_layout = KT_LAYOUT("ticket", it_ticket_record_t, TICKET);

static const kt_field_t LINE[] = {
    KT_F_U32(it_line_record_t, number, 0, IT_TICKET_LINES_MAX, KT_KEYED | KT_OUTPUT),
    KT_F_TIME(it_line_record_t, time_us, KT_OUTPUT),
    KT_F_TEXT(it_line_record_t, principal, IT_WHO_BYTES_MAX, KT_OUTPUT),
    KT_F_ENUM(it_line_record_t, command, IT_TICKET_DO_COMMENT, KT_OUTPUT),
    KT_F_ENUM(it_line_record_t, state, IT_TICKET_CLOSED, KT_OUTPUT),
    KT_F_ENUM(it_line_record_t, priority, IT_URGENCY_LOW, KT_OUTPUT),
    KT_F_TEXT(it_line_record_t, assignee, IT_WHO_BYTES_MAX, KT_OUTPUT),
    KT_F_TEXT(it_line_record_t, text, IT_LINE_TEXT_BYTES_MAX, KT_OUTPUT),
};
const kt_layout_t it_line_layout = KT_LAYOUT("ticket line", it_line_record_t, LINE);

bool
it_lines_answered(const it_line_record_t *lines, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (lines[i].command == IT_TICKET_DO_RESPOND || lines[i].command == IT_TICKET_DO_RESOLVE)
            return true;
    return false;
}

/* The line for what FX->ticket became by COMMAND. */
static void
add_line(const it_actor_t *actor, it_ticket_step_t command, kt_span_t text, it_ticket_effects_t *fx)
{
    it_ticket_record_t *ticket = &fx->ticket;
    /* Time does not run backwards in a history, whatever the machine's clock did. */
    ticket->changed_us = KT_MAX(ticket->changed_us, actor->now_us);
    ticket->changes++;
    fx->line = (it_line_record_t){
        .number = ticket->changes,
        .time_us = ticket->changed_us,
        .principal = actor->principal,
        .command = command,
        .state = ticket->state,
        .priority = ticket->priority,
        .assignee = ticket->assignee,
        .text = text,
    };
}

kt_status_t
it_decide_see_ticket(const it_actor_t *actor, const it_ticket_record_t *ticket)
{
    if (actor->own_only && !kt_span_equal(actor->principal, ticket->requester))
        return kt_error(KT_PERMISSION_DENIED, IT_NOT_OWN_TICKET, "the ticket is another's");
    return kt_ok();
}

kt_status_t
it_decide_open_ticket(const it_actor_t *actor, const it_ticket_record_t *draft, bool there,
                      it_ticket_effects_t *fx)
{
    if (there)
        return kt_error(KT_ALREADY_EXISTS, IT_TICKET_EXISTS, "there is a ticket of this id");
    KT_TRY(it_decide_see_ticket(actor, draft));
    *fx = (it_ticket_effects_t){.ticket = *draft};
    fx->ticket.state = IT_TICKET_NEW;
    fx->ticket.opened_us = actor->now_us;
    add_line(actor, IT_TICKET_DO_OPEN, kt_span(NULL, 0), fx);
    return kt_ok();
}

static kt_status_t
refused(kt_arena_t *arena, const it_ticket_record_t *ticket, const it_ticket_order_t *order,
        kt_step_answer_t answer, const kt_transition_t *row)
{
    const char *why = answer == KT_STEP_NO_GUARD ? GUARDS[row->guard] : STATES[ticket->state];
    return kt_error(
        KT_FAILED_PRECONDITION, IT_TICKET_STATE,
        kt_arena_printf(arena, "cannot %s: %s%s", COMMANDS[order->command],
                        answer == KT_STEP_NO_GUARD ? "it does not hold that " : "the ticket is ",
                        why));
}

kt_status_t
it_decide_ticket(kt_arena_t *arena, const it_actor_t *actor, const it_ticket_order_t *order,
                 const it_ticket_record_t *ticket, bool answered, it_ticket_effects_t *fx)
{
    const kt_transition_t *row;
    kt_machine_ask_t ask = {
        .state = ticket->state,
        .command = order->command,
        .roles = actor->roles,
        .roles_count = actor->roles_count,
        .holds = 1U << (answered ? IT_TICKET_ANSWERED : IT_TICKET_UNANSWERED),
    };
    bool ends = order->command == IT_TICKET_DO_RESOLVE || order->command == IT_TICKET_DO_CLOSE;

    KT_TRY(it_decide_see_ticket(actor, ticket));
    kt_step_answer_t answer = kt_machine_ask(&it_ticket_machine, &ask, &row);
    if (answer != KT_STEP_TAKEN)
        return refused(arena, ticket, order, answer, row);
    if (ticket->changes >= IT_TICKET_LINES_MAX - (ends ? 0 : IT_TICKET_LINES_RESERVE))
        return kt_error(KT_RESOURCE_EXHAUSTED, IT_TICKET_FULL,
                        "the ticket's history is full: resolve it and open another");
    *fx = (it_ticket_effects_t){.ticket = *ticket};
    fx->ticket.state = row->next;
    if (order->command == IT_TICKET_DO_ASSIGN)
        fx->ticket.assignee = order->assignee;
    if (order->command == IT_TICKET_DO_CHANGE_PRIORITY)
        fx->ticket.priority = order->priority;
    add_line(actor, order->command, order->text, fx);
    return kt_ok();
}
