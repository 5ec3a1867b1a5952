/* listing.h: pages of listings from tables of records (kt/rows.h). */
#ifndef FIN_STORE_LISTING_H
#define FIN_STORE_LISTING_H

#include "domain/listing.h"

#include <kt/rows.h>

/* A page of the records whose keys begin with PREFIX. */
kt_status_t fin_store_list(const kt_call_t *call, uint32_t table, const kt_key_t *prefix,
                           const kt_layout_t *layout, fin_listing_t *listing);

/* An index whose keys are a book's part, a cost centre and a name, and whose records are empty:
 * LISTING becomes a page of kt_span_t, the names. */
kt_key_t *fin_place_key(kt_key_t *key, uint64_t part, kt_span_t cost_centre, kt_span_t name);
kt_status_t fin_store_put_place(const kt_call_t *call, uint32_t table, const kt_key_t *key);
kt_status_t fin_store_list_places(const kt_call_t *call, uint32_t table, const kt_key_t *prefix,
                                  fin_listing_t *listing);

/* The part of a book, for keys. NOT_FOUND: BOOK_UNKNOWN. */
kt_status_t fin_store_part(const kt_call_t *call, kt_span_t book, uint64_t *part);

#endif
