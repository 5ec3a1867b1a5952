/*
 * machine.h: transition tables. What a thing may do next is constant data: (state, command, role,
 * guard) leads to a next state, and what is not in the table cannot happen.
 *
 * States, commands and guards are small numbers, from 0, with names. Rows of one state and command
 * are tried in their order; the first whose role the caller has and whose guard holds is taken. The
 * tables are walked whole by a test and drawn for docs/ from here.
 */
#ifndef KT_MACHINE_H
#define KT_MACHINE_H

#include <kt/def.h>

#define KT_MACHINE_STATES_MAX   32
#define KT_MACHINE_COMMANDS_MAX 32
#define KT_MACHINE_GUARDS_MAX   32
/* A row without a guard. */
#define KT_UNGUARDED UINT8_MAX

typedef struct kt_transition {
    uint8_t state, command;
    uint8_t guard; /* KT_UNGUARDED, or the number of what must hold */
    uint8_t next;
    const char *role; /* "legal.officer"; NULL: any whom the method admits */
} kt_transition_t;

typedef struct kt_machine {
    const char *name; /* "legal.contract": department and thing */
    /* Names, by number; NULL for a number that is none, such as an enum's UNSPECIFIED. */
    const char *const *states;
    const char *const *commands;
    const char *const
        *guards; /* each a sentence that is true where it holds: "all approvals are given" */
    uint32_t states_count, commands_count, guards_count;
    const kt_transition_t *rows;
    uint32_t rows_count;
    uint32_t first; /* the state a new thing is in */
} kt_machine_t;

/* Why nothing follows: the row that comes nearest says. */
typedef enum kt_step_answer {
    KT_STEP_TAKEN,
    KT_STEP_NO_ROW,   /* the table has no such step */
    KT_STEP_NO_ROLE,  /* it has, for others */
    KT_STEP_NO_GUARD, /* it has, but what must hold does not */
} kt_step_answer_t;

typedef struct kt_machine_ask {
    uint32_t state, command;
    const char *const *roles; /* the caller's */
    uint32_t roles_count;
    uint32_t holds; /* a bit for each guard: 1 << number */
} kt_machine_ask_t;

/* The row that is taken in *ROW; without one, the row that came nearest, or NULL. */
kt_step_answer_t kt_machine_ask(const kt_machine_t *machine, const kt_machine_ask_t *ask,
                                const kt_transition_t **row);

/* NULL when the table is sound, else what is wrong with it (static): numbers past their counts, two
 * rows alike, a row that can never be taken, a state that cannot be reached from the first. */
const char *kt_machine_wrong(const kt_machine_t *machine);

#endif
