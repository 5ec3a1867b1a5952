/* software.h: the handlers of Software that service.c binds. */
#ifndef IT_HANDLERS_SOFTWARE_H
#define IT_HANDLERS_SOFTWARE_H

#include <kantor/it/v1/software.kt.h>
#include <kt/call.h>

extern const it_software_handlers_t it_software_handlers;

#endif
