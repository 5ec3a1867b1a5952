/* kept.h: refusals of transitions, which the journal keeps: who tried what. */
#ifndef FIN_HANDLERS_KEPT_H
#define FIN_HANDLERS_KEPT_H

#include <kt/event.h>
#include <kt/machine.h>

/* The thing that was to go on, by its machine, and from where. */
typedef struct fin_attempt {
    const kt_machine_t *machine;
    kt_span_t thing;
    uint32_t state;
    uint32_t command;
} fin_attempt_t;

/* STATUS, a decision's; when it is FAILED_PRECONDITION, the refusal is kept. */
kt_status_t fin_kept(kt_call_t *call, const fin_attempt_t *attempt, kt_status_t status);

#endif
