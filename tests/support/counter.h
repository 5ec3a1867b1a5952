/*
 * counter.h: the smallest department with a store, for tests of the shell. Its messages are those
 * of the echo service; its methods are these, all of /kantor.counter.v1.Counter:
 * - Add, WRITE: adds hold_ms to the fact named by the payload and appends a line. fail_code
 *   refuses. The answer's instance is the new sum.
 * - Get, READ: the answer's instance is the sum of the fact named by the payload; its payload has
 *   as many KiB as hold_ms says.
 * - Tail, READ: streams the number of every line from CountRequest.from on, and waits for more.
 */
#ifndef KANTOR_COUNTER_H
#define KANTOR_COUNTER_H

#include <kantor/echo/v1/echo.kt.h>
#include <kt/service.h>

enum { COUNTER_ADD, COUNTER_GET, COUNTER_TAIL };

extern const kt_method_t counter_methods[];
/* Roles: "counter.clerk" may add, everybody may read. */
const kt_service_t *counter_service(void);
/* Adds AMOUNT to the fact NAME, or gets its sum; borrows NAME. */
echo_echo_request_t counter_request(const char *name, uint32_t amount);
/* A finding that Store.Verify is to report, or NULL. */
extern const char *_Atomic counter_finding;
/* Whether Store.Verify goes on until its caller has had enough. */
extern atomic_bool counter_verifies_for_ever;

#endif
