/* Draws the transition tables of every department as Markdown: docs/machines.md. */
#include "departments.h"

#include <ctype.h>
#include <stdio.h>

/* A name as Mermaid takes it for a state. */
static void
print_id(const char *name)
{
    for (; *name; name++)
        (void)putchar(isalnum((unsigned char)*name) ? *name : '_');
}

static const char *
by(const kt_transition_t *row)
{
    return row->role ? row->role : "whoever may call";
}

static const char *
condition(const kt_machine_t *machine, const kt_transition_t *row)
{
    return row->guard == KT_UNGUARDED ? "" : machine->guards[row->guard];
}

static void
print_rows(const kt_machine_t *machine)
{
    (void)printf("| state | command | by | if | next |\n| --- | --- | --- | --- | --- |\n");
    for (uint32_t i = 0; i < machine->rows_count; i++) {
        const kt_transition_t *row = &machine->rows[i];

        (void)printf("| %s | %s | %s | %s | %s |\n", machine->states[row->state],
                     machine->commands[row->command], by(row), condition(machine, row),
                     machine->states[row->next]);
    }
}

static bool
is_left(const kt_machine_t *machine, uint32_t state)
{
    for (uint32_t i = 0; i < machine->rows_count; i++)
        if (machine->rows[i].state == state && machine->rows[i].next != state)
            return true;
    return false;
}

/* Whether an earlier row has the same arrow. */
static bool
is_drawn(const kt_machine_t *machine, uint32_t at)
{
    const kt_transition_t *row = &machine->rows[at];

    for (uint32_t i = 0; i < at; i++) {
        const kt_transition_t *earlier = &machine->rows[i];

        if (earlier->state == row->state && earlier->command == row->command &&
            earlier->next == row->next)
            return true;
    }
    return false;
}

static void
draw(const kt_machine_t *machine)
{
    (void)printf("```mermaid\nstateDiagram-v2\n");
    for (uint32_t i = 0; i < machine->states_count; i++) {
        if (!machine->states[i])
            continue;
        (void)printf("    state \"%s\" as ", machine->states[i]);
        print_id(machine->states[i]);
        (void)putchar('\n');
    }
    (void)printf("    [*] --> ");
    print_id(machine->states[machine->first]);
    (void)putchar('\n');
    for (uint32_t i = 0; i < machine->rows_count; i++) {
        const kt_transition_t *row = &machine->rows[i];

        if (is_drawn(machine, i))
            continue;
        (void)printf("    ");
        print_id(machine->states[row->state]);
        (void)printf(" --> ");
        print_id(machine->states[row->next]);
        (void)printf(": %s\n", machine->commands[row->command]);
    }
    for (uint32_t i = 0; i < machine->states_count; i++) {
        if (!machine->states[i] || is_left(machine, i))
            continue;
        (void)printf("    ");
        print_id(machine->states[i]);
        (void)printf(" --> [*]\n");
    }
    (void)printf("```\n");
}

int
main(void)
{
    (void)printf("# Transition tables\n\n"
                 "What may be done with a thing, by whom, and what it is then. Rows of one state "
                 "and command are tried in their order;\nwhat no row allows is refused with "
                 "FAILED_PRECONDITION, and that it was tried is kept (`refusal`).\n\n"
                 "Made from the code by `tests/tidy/machines.c`; a test holds this page against "
                 "it.\n");
    for (uint32_t d = 0; d < DEPARTMENTS; d++)
        for (uint32_t m = 0; m < department(d)->machines_count; m++) {
            const kt_machine_t *machine = department(d)->machines[m];

            (void)printf("\n## %s\n\n", machine->name);
            print_rows(machine);
            (void)putchar('\n');
            draw(machine);
        }
    return ferror(stdout) ? 1 : 0;
}
