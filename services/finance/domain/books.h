/*
 * books.h: making books, and declaring what they count in.
 */
#ifndef FIN_BOOKS_H
#define FIN_BOOKS_H

#include "domain/types.h"

#include <kt/arena.h>
#include <kt/status.h>

/* Whose books; the numbers are what keys are made of. */
typedef struct fin_organization_record {
    kt_span_t id;
    uint32_t number; /* from 1 */
    uint32_t books;  /* how many it has, which is the number of the last */
} fin_organization_record_t;

typedef struct fin_book_facts {
    bool there;
    fin_organization_record_t organization; /* number 0: it has no books yet */
    uint32_t organizations;                 /* how many there are */
} fin_book_facts_t;

typedef struct fin_book_effects {
    fin_book_record_t book;
    fin_organization_record_t organization;
} fin_book_effects_t;

/* DRAFT has everything but part, organization (when it is the book's own id) and created_us.
 * ALREADY_EXISTS: BOOK_EXISTS. Texts are in ARENA. */
kt_status_t
fin_decide_create_book(kt_arena_t *arena, const fin_book_record_t *draft,
                       const fin_book_facts_t *facts, int64_t now_us, fin_book_effects_t *fx);

typedef struct fin_declare_facts {
    bool there;    /* declared in the book, or of ISO 4217 */
    bool built_in; /* of ISO 4217, whether declared over or not */
    bool used; /* there is a balance, a hold or a floor in it; known where its scale might change */
    fin_commodity_record_t commodity; /* as it stands, when it is there */
    uint32_t declared;                /* how many the book has, those of ISO 4217 not counted */
} fin_declare_facts_t;

typedef struct fin_declare_effects {
    bool changes; /* otherwise it stands as it is wanted */
    fin_commodity_record_t commodity;
} fin_declare_effects_t;

/* ALREADY_EXISTS: COMMODITY_EXISTS (with another scale). FAILED_PRECONDITION: COMMODITY_IN_USE.
 * RESOURCE_EXHAUSTED: TOO_MANY_COMMODITIES. */
kt_status_t fin_decide_declare(kt_arena_t *arena, kt_span_t symbol, int32_t scale,
                               const fin_declare_facts_t *facts, fin_declare_effects_t *fx);

#endif
