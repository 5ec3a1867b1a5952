/* oversight.h: the methods of Oversight. */
#ifndef LEGAL_HANDLERS_OVERSIGHT_H
#define LEGAL_HANDLERS_OVERSIGHT_H

#include <kantor/legal/v1/oversight.kt.h>

extern const legal_oversight_handlers_t legal_oversight_handlers;

#endif
