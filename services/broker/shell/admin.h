/* admin.h: the methods that the broker answers itself: health, ListServices, Stats. */
#ifndef BROKER_ADMIN_H
#define BROKER_ADMIN_H

#include "core/core.h"

typedef struct broker_admin broker_admin_t;

/* Adds them to CORE, which uses ADMIN until it is destroyed; the caller then destroys ADMIN. */
kt_status_t broker_admin_new(broker_core_t *core, broker_admin_t **admin);
void broker_admin_destroy(broker_admin_t **admin);

#endif
