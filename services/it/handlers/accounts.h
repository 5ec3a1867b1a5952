/* accounts.h: the handlers of Accounts that service.c binds. */
#ifndef IT_HANDLERS_ACCOUNTS_H
#define IT_HANDLERS_ACCOUNTS_H

#include <kantor/it/v1/accounts.kt.h>
#include <kt/call.h>

extern const it_accounts_handlers_t it_accounts_handlers;

#endif
