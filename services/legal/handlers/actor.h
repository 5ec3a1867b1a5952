/* actor.h: the caller as decisions see it, and refusals that are kept. */
#ifndef LEGAL_HANDLERS_ACTOR_H
#define LEGAL_HANDLERS_ACTOR_H

#include "domain/actor.h"

#include <kt/event.h>

static inline legal_actor_t
legal_actor_of(const kt_call_t *call)
{
    return (legal_actor_t){
        .arena = call->arena,
        .now_us = call->now_us,
        .principal = kt_span_str(call->principal),
        .on_behalf_of = kt_span_str(call->on_behalf_of),
        .roles = call->roles,
        .roles_count = call->roles_count,
    };
}

/* What was tried, for the refusal: "policy" and its id, the machine and the state it was in. */
typedef struct legal_tried {
    const char *what;
    kt_span_t id;
    const kt_machine_t *machine; /* NULL: it has no states */
    uint32_t state, command;
    const char *command_name; /* where there is no machine */
} legal_tried_t;

/* DECIDED as it is, but a FAILED_PRECONDITION is journalled. */
static inline kt_status_t
legal_keep(kt_call_t *call, kt_status_t decided, const legal_tried_t *tried)
{
    const kt_machine_t *machine = tried->machine;

    if (decided.code != KT_FAILED_PRECONDITION)
        return decided;
    return kt_call_refuse(call, decided.reason, decided.text,
                          kt_arena_printf(call->arena, "%s %.*s", tried->what, (int)tried->id.size,
                                          (const char *)tried->id.data),
                          machine ? machine->states[tried->state] : "",
                          machine ? machine->commands[tried->command] : tried->command_name);
}

#endif
