/*
 * register.h: the lines of an account in one commodity, newest first in the order (date, posting),
 * each with the balance after it.
 *
 * The walk goes down months, down the days of each, and from each day's newest line along the back
 * pointers. A line that is posted stands above all others of its day, so what the lines of a day
 * add up to below any line never changes: a place carries that sum, and a page costs its own lines
 * and the account's months, wherever it begins. What is posted between two pages shifts the
 * balances of what comes after it, and those are read anew.
 */
#ifndef FIN_REGISTER_H
#define FIN_REGISTER_H

#include "domain/views.h"
#include "store/amounts.h"

/* INVALID_ARGUMENT with BAD_FIELD when query->begin is no place of this register. */
kt_status_t fin_store_list_register(kt_call_t *call, const fin_register_query_t *query,
                                    fin_register_list_t *list);

#endif
