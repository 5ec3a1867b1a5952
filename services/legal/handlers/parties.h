/* parties.h: the methods of Parties. */
#ifndef LEGAL_HANDLERS_PARTIES_H
#define LEGAL_HANDLERS_PARTIES_H

#include <kantor/legal/v1/parties.kt.h>

extern const legal_parties_handlers_t legal_parties_handlers;

#endif
