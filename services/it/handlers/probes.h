/* probes.h: the handlers of Probes that service.c binds. */
#ifndef IT_HANDLERS_PROBES_H
#define IT_HANDLERS_PROBES_H

#include <kantor/it/v1/networks.kt.h>
#include <kt/call.h>

extern const it_probes_handlers_t it_probes_handlers;

#endif
