/* desk.h: the handlers of Desk that service.c binds. */
#ifndef IT_HANDLERS_DESK_H
#define IT_HANDLERS_DESK_H

#include <kantor/it/v1/desk.kt.h>
#include <kt/call.h>

extern const it_desk_handlers_t it_desk_handlers;

#endif
