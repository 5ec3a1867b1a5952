/* purchases.h: the handlers of Purchases that service.c binds. */
#ifndef IT_HANDLERS_PURCHASES_H
#define IT_HANDLERS_PURCHASES_H

#include <kantor/it/v1/purchases.kt.h>
#include <kt/call.h>

extern const it_purchases_handlers_t it_purchases_handlers;

#endif
