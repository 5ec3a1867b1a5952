/* databases.h: the handlers of Databases that service.c binds. */
#ifndef IT_HANDLERS_DATABASES_H
#define IT_HANDLERS_DATABASES_H

#include <kantor/it/v1/databases.kt.h>
#include <kt/call.h>

extern const it_databases_handlers_t it_databases_handlers;

#endif
