#include <kt/machine.h>

#include <string.h>

static bool
has_role(const kt_machine_ask_t *ask, const char *role)
{
    if (!role)
        return true;
    for (uint32_t i = 0; i < ask->roles_count; i++)
        if (strcmp(ask->roles[i], role) == 0)
            return true;
    return false;
}

static bool
guard_holds(const kt_machine_ask_t *ask, uint8_t guard)
{
    return guard == KT_UNGUARDED || ((ask->holds >> guard) & 1) != 0;
}

kt_step_answer_t
kt_machine_ask(const kt_machine_t *machine, const kt_machine_ask_t *ask,
               const kt_transition_t **row)
{
    kt_step_answer_t nearest = KT_STEP_NO_ROW;

    *row = NULL;
    for (uint32_t i = 0; i < machine->rows_count; i++) {
        const kt_transition_t *tried = &machine->rows[i];
        kt_step_answer_t answer = KT_STEP_TAKEN;

        if (tried->state != ask->state || tried->command != ask->command)
            continue;
        if (!has_role(ask, tried->role))
            answer = KT_STEP_NO_ROLE;
        else if (!guard_holds(ask, tried->guard))
            answer = KT_STEP_NO_GUARD;
        if (answer == KT_STEP_TAKEN || answer > nearest) {
            nearest = answer;
            *row = tried;
        }
        if (answer == KT_STEP_TAKEN)
            return KT_STEP_TAKEN;
    }
    return nearest;
}

/* ---- whether a table is sound ---- */

/* NULL stands for a number that is none, where GAPS may be. */
static bool
are_named(const char *const *names, uint32_t count, bool gaps)
{
    if (count > 0 && !names)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (names[i] ? names[i][0] == '\0' : !gaps)
            return false;
    return true;
}

static bool
is_state(const kt_machine_t *machine, uint32_t state)
{
    return state < machine->states_count && machine->states[state];
}

static bool
in_bounds(const kt_machine_t *machine, const kt_transition_t *row)
{
    return is_state(machine, row->state) && is_state(machine, row->next) &&
           row->command < machine->commands_count && machine->commands[row->command] &&
           (row->guard == KT_UNGUARDED || row->guard < machine->guards_count);
}

static bool
same_role(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* What is wrong with ROW behind EARLIER, of the same state and command. */
static const char *
wrong_behind(const kt_transition_t *earlier, const kt_transition_t *row)
{
    if (earlier->guard == row->guard && same_role(earlier->role, row->role))
        return "two rows are alike";
    if ((!earlier->role || same_role(earlier->role, row->role)) &&
        (earlier->guard == KT_UNGUARDED || earlier->guard == row->guard))
        return "a row can never be taken: an earlier one always is";
    return NULL;
}

static const char *
wrong_row(const kt_machine_t *machine, uint32_t at)
{
    const kt_transition_t *row = &machine->rows[at];

    if (!in_bounds(machine, row))
        return "a row has a number that is none";
    for (uint32_t i = 0; i < at; i++) {
        const kt_transition_t *earlier = &machine->rows[i];
        const char *what = NULL;

        if (earlier->state == row->state && earlier->command == row->command)
            what = wrong_behind(earlier, row);
        if (what)
            return what;
    }
    return NULL;
}

static bool
all_reached(const kt_machine_t *machine)
{
    uint64_t reached = UINT64_C(1) << machine->first, before = 0, all = 0;

    while (reached != before) {
        before = reached;
        for (uint32_t i = 0; i < machine->rows_count; i++)
            if ((reached >> machine->rows[i].state) & 1)
                reached |= UINT64_C(1) << machine->rows[i].next;
    }
    for (uint32_t i = 0; i < machine->states_count; i++)
        all |= (uint64_t)is_state(machine, i) << i;
    return reached == all;
}

const char *
kt_machine_wrong(const kt_machine_t *machine)
{
    if (!machine->name || machine->name[0] == '\0')
        return "it has no name";
    if (machine->states_count > KT_MACHINE_STATES_MAX ||
        machine->commands_count > KT_MACHINE_COMMANDS_MAX ||
        machine->guards_count > KT_MACHINE_GUARDS_MAX)
        return "it has more states, commands or guards than a table may have";
    if (!are_named(machine->states, machine->states_count, true) ||
        !are_named(machine->commands, machine->commands_count, true) ||
        !are_named(machine->guards, machine->guards_count, false))
        return "a state, a command or a guard has no name";
    if (!is_state(machine, machine->first))
        return "the first state is none";
    for (uint32_t i = 0; i < machine->rows_count; i++) {
        const char *what = wrong_row(machine, i);

        if (what)
            return what;
    }
    return all_reached(machine) ? NULL : "a state cannot be reached from the first";
}
