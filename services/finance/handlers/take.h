/*
 * take.h: what finance keeps of what the other departments tell (kt_service_t.take).
 *
 * legal  contract.standing  of a contract: state, starts_on, ends_on, party, kind
 * legal  employee.closed    of an employee: nothing of legal stands in the way of settling
 * it     employee.cleared   of an employee: the same of IT
 */
#ifndef FIN_HANDLERS_TAKE_H
#define FIN_HANDLERS_TAKE_H

#include <kt/event.h>

#define FIN_FOLLOWS_COUNT 2
extern const char *const fin_follows[FIN_FOLLOWS_COUNT];

/* Never refuses: what it does not know, and what has no shape, it leaves alone. */
kt_status_t fin_take(kt_call_t *call, const char *department, const kt_event_t *event);

#endif
