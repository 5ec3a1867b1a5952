/* listing.h: a page of a listing: what is asked for, and what the store found. */
#ifndef FIN_LISTING_H
#define FIN_LISTING_H

#include <kt/span.h>

typedef struct fin_listing {
    uint32_t size;   /* at most so many; the codec fills these three (kt/fields.h) */
    uint64_t query;  /* what its tokens are bound to */
    kt_span_t place; /* the key it begins at; empty: at the beginning */
    void *rows;      /* records, in the arena; the store fills these three */
    uint32_t count;
    kt_span_t next; /* the key the next page begins at; empty: there is none */
} fin_listing_t;

#endif
