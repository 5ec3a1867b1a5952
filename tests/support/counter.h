/*
 * counter.h: the smallest department with a store, for tests of the shell. Its messages are those
 * of the echo service.
 *
 *   /kantor.counter.v1.Counter/Add   WRITE  adds hold_ms to the fact named by the payload and
 * appends a line; fail_code refuses; the answer's instance is the new sum
 * /kantor.counter.v1.Counter/Get   READ   the answer's instance is the sum of the fact named by the
 * payload /kantor.counter.v1.Counter/Tail  READ   streams the number of every line from
 * CountRequest.from on, waits for more
 */
#ifndef KANTOR_COUNTER_H
#define KANTOR_COUNTER_H

#include <kt/service.h>

enum { COUNTER_ADD, COUNTER_GET, COUNTER_TAIL };

extern const kt_method_t counter_methods[];
/* Roles: "counter.clerk" may add, everybody may read. */
const kt_service_t *counter_service(void);
/* A finding that Store.Verify is to report, or NULL. */
extern const char *_Atomic counter_finding;

#endif
