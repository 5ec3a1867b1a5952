/* echo.h: the handlers of kantor.echo.v1.Echo. */
#ifndef ECHO_HANDLERS_H
#define ECHO_HANDLERS_H

#include <kantor/echo/v1/echo.kt.h>
#include <kt/call.h>

#define ECHO_PAYLOAD_BYTES_MAX (1u << 20)
#define ECHO_HOLD_MS_MAX       60000
#define ECHO_COUNT_MAX         1000000

extern const echo_echo_handlers_t echo_handlers;

/* The service's state: who answers. As kt_service_t's of the same name. */
kt_status_t echo_start(kt_txn_t *txn, void **state);
void echo_stop(void *state);

#endif
