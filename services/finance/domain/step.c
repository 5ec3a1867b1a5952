#include "domain/step.h"

kt_status_t
fin_step(kt_arena_t *arena, const fin_step_t *step, uint32_t *state)
{
    const kt_machine_t *machine = step->machine;
    kt_machine_ask_t ask = {.state = *state, .command = step->command, .holds = step->holds};
    const kt_transition_t *row;
    const char *text;
    kt_step_answer_t answer = kt_machine_ask(machine, &ask, &row);
    if (answer == KT_STEP_TAKEN) {
        *state = row->next;
        return kt_ok();
    }
    if (answer == KT_STEP_NO_GUARD)
        text = kt_arena_printf(arena, "%.*s is %s; to %s it, this must hold: %s",
                               (int)step->thing.size, (const char *)step->thing.data,
                               machine->states[*state], machine->commands[step->command],
                               machine->guards[row->guard]);
    else
        text = kt_arena_printf(arena, "%.*s is %s: nobody can %s it", (int)step->thing.size,
                               (const char *)step->thing.data, machine->states[*state],
                               machine->commands[step->command]);
    return kt_error(KT_FAILED_PRECONDITION, step->reason, text);
}
