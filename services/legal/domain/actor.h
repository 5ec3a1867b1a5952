/* actor.h: who does something, when, and whether a transition table lets them. */
#ifndef LEGAL_ACTOR_H
#define LEGAL_ACTOR_H

#include <kt/arena.h>
#include <kt/machine.h>
#include <kt/status.h>
#include <kt/time.h>

/* A call, as far as decisions want to know it. Everything is borrowed for the call. */
typedef struct legal_actor {
    kt_arena_t *arena;
    int64_t now_us;
    kt_span_t principal;
    kt_span_t on_behalf_of; /* empty: nobody was named */
    const char *const *roles;
    uint32_t roles_count;
} legal_actor_t;

/* The day, in UTC, that a time falls on. */
static inline int32_t
legal_day_of(int64_t time_us)
{
    int64_t days = time_us / KT_US_PER_DAY;
    return (int32_t)(time_us < 0 && time_us % KT_US_PER_DAY != 0 ? days - 1 : days);
}

/* Takes the step that ACTOR asks for: *NEXT, or FAILED_PRECONDITION with REASON and the sentence
 * that is not true. HOLDS has a bit for each guard that is. */
kt_status_t
legal_actor_step(const legal_actor_t *actor, const kt_machine_t *machine, uint32_t state,
                 uint32_t command, uint32_t holds, uint32_t reason, uint32_t *next);

/* A refusal in words, in the arena: "WHY: name". */
kt_status_t legal_refusal(const legal_actor_t *actor, kt_code_t code, uint32_t reason,
                          const char *why, kt_span_t name);

#endif
