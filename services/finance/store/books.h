/*
 * books.h: books, what they count in, and their months, in the store.
 *
 * Statuses are those of lookup.h unless said. Lists are in the call's arena and borrow texts from
 * the transaction.
 */
#ifndef FIN_STORE_BOOKS_H
#define FIN_STORE_BOOKS_H

#include "domain/books.h"
#include "domain/periods.h"
#include "domain/views.h"
#include "store/lookup.h"

kt_status_t fin_store_load_create_book(const kt_call_t *call, const fin_book_record_t *draft,
                                       fin_book_facts_t *facts);
kt_status_t fin_store_apply_create_book(const kt_call_t *call, const fin_book_effects_t *fx);

/* By id, those after AFTER; an empty AFTER: from the first. */
kt_status_t
fin_store_list_books(const kt_call_t *call, kt_span_t after, uint32_t limit, fin_book_list_t *list);

kt_status_t fin_store_load_declare(const kt_call_t *call, const fin_book_record_t *book,
                                   kt_span_t symbol, int32_t scale, fin_declare_facts_t *facts);
kt_status_t fin_store_apply_declare(const kt_call_t *call, const fin_book_record_t *book,
                                    const fin_declare_effects_t *fx);

/* By symbol, those after AFTER; with BUILT_IN those of ISO 4217 that the book has not declared
 * itself as well. */
kt_status_t fin_store_list_commodities(const kt_call_t *call, uint64_t part, bool built_in,
                                       kt_span_t after, uint32_t limit, fin_commodity_list_t *list);

kt_status_t fin_store_load_period(const kt_call_t *call, const fin_book_record_t *book,
                                  int32_t month, fin_period_facts_t *facts);
kt_status_t
fin_store_apply_period(const kt_call_t *call, uint64_t part, const fin_period_record_t *period);

/* By month, from FIRST on. */
kt_status_t fin_store_list_periods(const kt_call_t *call, uint64_t part, int32_t first,
                                   uint32_t limit, fin_period_list_t *list);

#endif
