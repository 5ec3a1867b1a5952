#include "domain/actor.h"

kt_status_t
legal_refusal(const legal_actor_t *actor, kt_code_t code, uint32_t reason, const char *why,
              kt_span_t name)
{
    return kt_error(
        code, reason,
        kt_arena_printf(actor->arena, "%s: %.*s", why, (int)name.size, (const char *)name.data));
}

kt_status_t
legal_actor_step(const legal_actor_t *actor, const kt_machine_t *machine, uint32_t state,
                 uint32_t command, uint32_t holds, uint32_t reason, uint32_t *next)
{
    const kt_transition_t *row;
    const char *why = NULL;
    kt_machine_ask_t ask = {
        .state = state,
        .command = command,
        .roles = actor->roles,
        .roles_count = actor->roles_count,
        .holds = holds,
    };

    switch (kt_machine_ask(machine, &ask, &row)) {
    case KT_STEP_TAKEN:
        *next = row->next;
        return kt_ok();
    case KT_STEP_NO_ROLE:
        why = kt_arena_printf(actor->arena, "only %s may %s a %s that is %s", row->role,
                              machine->commands[command], machine->name, machine->states[state]);
        break;
    case KT_STEP_NO_GUARD:
        why = kt_arena_printf(actor->arena, "%s: not true, and a %s has to wait for it",
                              machine->guards[row->guard], machine->commands[command]);
        break;
    case KT_STEP_NO_ROW:
        why = kt_arena_printf(actor->arena, "%s is %s: there is no %s from there", machine->name,
                              machine->states[state], machine->commands[command]);
        break;
    }
    return kt_error(KT_FAILED_PRECONDITION, reason, why);
}
