/* networks.h: the handlers of Networks that service.c binds. */
#ifndef IT_HANDLERS_NETWORKS_H
#define IT_HANDLERS_NETWORKS_H

#include <kantor/it/v1/networks.kt.h>
#include <kt/call.h>

extern const it_networks_handlers_t it_networks_handlers;

#endif
