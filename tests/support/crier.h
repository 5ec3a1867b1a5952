/*
 * crier.h: two small departments that follow each other, "north" and "south", for tests of what
 * goes on between departments. Their messages are those of the echo service; their methods, here of
 * north, are these of /kantor.north.v1.Crier:
 * - Say, WRITE: emits an event "said" (fail_code 0), or refuses with fail_code; its subject is the
 *   payload. The answer's instance is how many were emitted.
 *   What is said of "heavy" takes so much to take that not many fit into one write.
 * - Heard, READ: waits until hold_ms events of the other were taken, and answers with what was
 *   heard: instance is how many, payload their lines, one "SEQUENCE SUBJECT\n" for each.
 */
#ifndef KANTOR_CRIER_H
#define KANTOR_CRIER_H

#include <kantor/echo/v1/echo.kt.h>
#include <kt/service.h>

enum { CRIER_SAY, CRIER_HEARD };

const kt_service_t *crier_north(void);
const kt_service_t *crier_south(void);
/* The methods of a department; roles: "clerk" and "department" may say, everybody may ask. */
const kt_method_t *crier_methods(const kt_service_t *service);

#endif
