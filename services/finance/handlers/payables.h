/* payables.h: the methods of Payables. */
#ifndef FIN_HANDLERS_PAYABLES_H
#define FIN_HANDLERS_PAYABLES_H

#include <kantor/finance/v1/payables.kt.h>

extern const fin_payables_handlers_t fin_payables_handlers;

#endif
