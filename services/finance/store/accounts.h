/*
 * accounts.h: the chart of accounts in the store, and what stands on an account.
 *
 * Statuses are those of lookup.h unless said. Lists are in the call's arena and borrow texts from
 * the transaction.
 */
#ifndef FIN_STORE_ACCOUNTS_H
#define FIN_STORE_ACCOUNTS_H

#include "domain/views.h"
#include "store/lookup.h"

/* Fills in the commodities of the drafts' floors; 0 where the book does not know one. */
kt_status_t
fin_store_load_open(const kt_call_t *call, const fin_book_record_t *book,
                    fin_account_draft_t *drafts, uint32_t count, fin_open_facts_t *facts);
kt_status_t fin_store_apply_open(const kt_call_t *call, const fin_book_record_t *book,
                                 const fin_open_facts_t *facts, const fin_open_effects_t *fx);

/* Fills in the commodities of the order's floors. NOT_FOUND: ACCOUNT_UNKNOWN. */
kt_status_t fin_store_load_update(const kt_call_t *call, const fin_book_record_t *book,
                                  fin_update_order_t *order, fin_update_facts_t *facts);
kt_status_t fin_store_apply_update(const kt_call_t *call, const fin_book_record_t *book,
                                   const fin_account_record_t *account);

/* What was posted to an account over all dates and what active holds would add to it now, by
 * commodity symbol. */
kt_status_t fin_store_load_standings(const kt_call_t *call, uint64_t part, uint32_t account,
                                     fin_standing_t **standings, uint32_t *count);

/* What QUERY asks of an account, by commodity symbol. What is held is given only for now and one
 * account alone. OUT_OF_RANGE: AMOUNT_OVERFLOW. */
kt_status_t
fin_store_load_balance(const kt_call_t *call, const fin_book_record_t *book,
                       const fin_account_record_t *account, const fin_balance_query_t *query,
                       fin_standing_t **standings, uint32_t *count);

/* With the symbols of its floors. NOT_FOUND: ACCOUNT_UNKNOWN. */
kt_status_t fin_store_view_account(const kt_call_t *call, const fin_book_record_t *book,
                                   kt_span_t path, fin_account_view_t *view);
/* The symbols of the floors of an account that is known. */
kt_status_t fin_store_name_account(const kt_call_t *call, uint64_t part, fin_account_view_t *view);

/* By path: the account UNDER and those below it (all, when it is empty), of these the ones after
 * AFTER. */
kt_status_t fin_store_list_accounts(const kt_call_t *call, uint64_t part, kt_span_t under,
                                    kt_span_t after, uint32_t limit, fin_account_list_t *list);

#endif
