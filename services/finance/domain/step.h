/* step.h: one step of a transition table (kt/machine.h), as decisions take it. */
#ifndef FIN_STEP_H
#define FIN_STEP_H

#include <kt/arena.h>
#include <kt/machine.h>
#include <kt/span.h>
#include <kt/status.h>

#define FIN_HOLDS(guard) (1u << (guard))

/* Moves STATE on. FAILED_PRECONDITION with REASON when the table has no such step for THING, which
 * the text names; then STATE is as it was. HOLDS are FIN_HOLDS of the guards that hold. */
typedef struct fin_step {
    const kt_machine_t *machine;
    uint32_t command;
    uint32_t holds;
    uint32_t reason;
    kt_span_t thing;
} fin_step_t;
kt_status_t fin_step(kt_arena_t *arena, const fin_step_t *step, uint32_t *state);

#endif
