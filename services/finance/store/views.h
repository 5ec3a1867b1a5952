/*
 * views.h: entries and holds with the names of all that they point to, as callers see them.
 *
 * Views are in the call's arena and borrow texts from the transaction. Statuses are those of
 * lookup.h unless said.
 */
#ifndef FIN_STORE_VIEWS_H
#define FIN_STORE_VIEWS_H

#include "domain/views.h"
#include "store/lookup.h"

/* About what a page of entries may weigh, well below what a message may: a page ends before the
 * entry that would pass it, and an entry that passes it alone has a page of its own. */
#define FIN_PAGE_BYTES_MAX (1u << 20)

/* NOT_FOUND: ENTRY_UNKNOWN. */
kt_status_t fin_store_view_entry(const kt_call_t *call, const fin_book_record_t *book,
                                 fin_entry_name_t name, fin_entry_view_t *view);
kt_status_t fin_store_view_source(const kt_call_t *call, const fin_book_record_t *book,
                                  kt_span_t source_ref, fin_entry_view_t *view);

/* Newest first, from FROM on; its year 0: of the newest fiscal year there is, its number 0: from
 * the newest entry. A number past the newest begins there too. */
kt_status_t fin_store_list_entries(const kt_call_t *call, const fin_book_record_t *book,
                                   fin_entry_name_t from, uint32_t limit, fin_entry_list_t *list);

/* NOT_FOUND: HOLD_UNKNOWN. */
kt_status_t fin_store_view_hold(const kt_call_t *call, const fin_book_record_t *book,
                                const kt_ulid_t *id, fin_hold_view_t *view);

/* By id, which is by time, those after AFTER (all zero: from the first). ACCOUNT not 0: only active
 * ones of this account. */
kt_status_t
fin_store_list_holds(const kt_call_t *call, const fin_book_record_t *book, uint32_t account,
                     const kt_ulid_t *after, uint32_t limit, fin_hold_list_t *list);

#endif
