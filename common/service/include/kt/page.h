/*
 * page.h: page tokens, which say where a listing goes on.
 *
 * A token is base64url (RFC 4648, section 5, no padding) of a version, a hash of the query it
 * belongs to, and the place the next page begins at, packed as the listing likes. It is no secret
 * and carries no seal: a caller who makes one up gets what lies at that place, which it may read
 * anyway. So a listing checks the place as it checks any other field, and answers INVALID_ARGUMENT
 * when it cannot be one of its own.
 */
#ifndef KT_PAGE_H
#define KT_PAGE_H

#include <kt/arena.h>

#define KT_PAGE_PLACE_BYTES_MAX 300
/* A version, a hash and the longest place, three bytes in four characters. */
#define KT_PAGE_TOKEN_CHARS_MAX ((1 + 8 + KT_PAGE_PLACE_BYTES_MAX + 2) / 3 * 4)

/* What a token is bound to: begin with 0 and add the method's path, then each field that shapes the
 * listing. The page's size does not, so that a caller may change it on the way. */
uint64_t kt_page_query(uint64_t query, kt_span_t field);

/* The token for PLACE, in ARENA; NULL when the arena is used up. PLACE has at most
 * KT_PAGE_PLACE_BYTES_MAX. */
char *kt_page_token(kt_arena_t *arena, uint64_t query, kt_span_t place);

/* The place in TOKEN, in ARENA. False when the arena is used up, and for everything that
 * kt_page_token did not write for the same QUERY. */
bool
kt_page_parse(kt_arena_t *arena, kt_span_t token, uint64_t query, kt_span_t *place) KT_MUST_CHECK;

#endif
