/* budgets.h: the methods of Budgets. */
#ifndef FIN_HANDLERS_BUDGETS_H
#define FIN_HANDLERS_BUDGETS_H

#include <kantor/finance/v1/budgets.kt.h>

extern const fin_budgets_handlers_t fin_budgets_handlers;

#endif
