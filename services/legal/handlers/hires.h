/* hires.h: the handlers of Hires that service.c binds. */
#ifndef LEGAL_HANDLERS_HIRES_H
#define LEGAL_HANDLERS_HIRES_H

#include <kantor/legal/v1/hires.kt.h>
#include <kt/call.h>

extern const legal_hires_handlers_t legal_hires_handlers;

#endif
