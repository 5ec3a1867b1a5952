/*
 * facts.h: single facts of a working set, from the store: each is loaded at its first use and
 * shared from then on.
 *
 * Statuses as in store/post.h.
 */
#ifndef FIN_FACTS_H
#define FIN_FACTS_H

#include "store/post.h"

/* What posting wants to know of a book: not its title, nor whose it is. NOT_FOUND: BOOK_UNKNOWN. */
kt_status_t fin_facts_book(const kt_call_t *call, kt_span_t id, fin_book_record_t *book);

/* An empty working set for a book and about LINES lines in COUNT entries. */
kt_status_t fin_facts_begin(const kt_call_t *call, const fin_book_record_t *book, uint32_t lines,
                            uint32_t count, fin_work_t **work);

/* A working set with every fact that DRAFTS touch; see fin_store_load_batch. */
kt_status_t fin_facts_drafts(const kt_call_t *call, const fin_book_record_t *book,
                             fin_draft_t *drafts, uint32_t count, fin_work_t **work);

kt_status_t
fin_fact_month(const kt_call_t *call, fin_work_t *work, int32_t month, fin_month_fact_t **fact);
/* Has the processor fetch what fin_fact_account will look at; for all lines of a draft before the
 * first. */
void fin_fact_account_soon(const kt_call_t *call, const fin_work_t *work, kt_span_t path);
/* PATH is borrowed for the working set's life. */
kt_status_t fin_fact_account(const kt_call_t *call, fin_work_t *work, kt_span_t path,
                             fin_account_fact_t **fact);
kt_status_t fin_fact_commodity(const kt_call_t *call, fin_work_t *work, kt_span_t symbol,
                               fin_commodity_fact_t **fact);
kt_status_t fin_fact_position(const kt_call_t *call, fin_work_t *work, fin_account_fact_t *account,
                              fin_commodity_fact_t *commodity, fin_position_fact_t **fact);
/* With a slot for the day. */
kt_status_t fin_fact_balance(const kt_call_t *call, fin_work_t *work, fin_position_fact_t *position,
                             const fin_draft_t *draft, fin_balance_fact_t **fact);
kt_status_t
fin_fact_source(const kt_call_t *call, fin_work_t *work, kt_span_t ref, fin_source_fact_t **fact);
/* What holds that are active now have of a position; loads once. */
kt_status_t
fin_fact_held(const kt_call_t *call, const fin_work_t *work, fin_position_fact_t *position);
/* The highest account number of the book. */
kt_status_t fin_fact_account_last(const kt_call_t *call, fin_work_t *work);

#endif
