/* actor.h: who calls, for the domain; and refusals that are kept. */
#ifndef IT_HANDLERS_ACTOR_H
#define IT_HANDLERS_ACTOR_H

#include "domain/desk.h"

#include <kt/call.h>

/* Borrows from the call. */
it_actor_t it_actor_of(const kt_call_t *call);

/* STATUS, and where it is a FAILED_PRECONDITION or a PERMISSION_DENIED it is kept: who tried
 * COMMAND on KIND ("ticket") ID in STATE, which may be "". */
kt_status_t it_refuse(kt_call_t *call, kt_status_t status, const char *kind, kt_span_t id,
                      const char *state, const char *command);

#endif
