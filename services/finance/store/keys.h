/*
 * keys.h: the keys of finance's tables. README.md says what each is made of.
 *
 * A key function fills KEY and gives its bytes, which live as long as KEY. Numbers are big-endian,
 * those of a balance varints (kt/pack.h), so a shorter tuple is the prefix of all the keys it
 * leads: fin_key_part leads a book, fin_key_number an account. The fin_parse_ functions
 * read a key back and are false for bytes that no key function writes.
 */
#ifndef FIN_KEYS_H
#define FIN_KEYS_H

#include "domain/types.h"

#include <kt/pack.h>

/* part, account, commodity, expiry, id is 40; part, a path and the colon behind it are 264. */
#define FIN_KEY_BYTES_MAX (8 + FIN_PATH_BYTES_MAX + 1)

typedef struct fin_key {
    uint8_t bytes[FIN_KEY_BYTES_MAX];
} fin_key_t;

/* The prefix of every key of a book, and the key of book_part. */
kt_span_t fin_key_part(fin_key_t *key, uint64_t part);
bool fin_parse_part(kt_span_t key, uint64_t *part);

/* account, commodity and source: a book's things by their text. (book and organization: the id
 * alone is the key.) */
kt_span_t fin_key_text(fin_key_t *key, uint64_t part, kt_span_t text);
bool fin_parse_text(kt_span_t key, uint64_t *part, kt_span_t *text);
/* The prefix of the keys of all accounts below PATH, itself not among them; of all, when it is
 * empty. */
kt_span_t fin_key_below(fin_key_t *key, uint64_t part, kt_span_t path);

/* account_number and commodity_number. */
kt_span_t fin_key_number(fin_key_t *key, uint64_t part, uint32_t number);
bool fin_parse_number(kt_span_t key, uint64_t *part, uint32_t *number);

kt_span_t fin_key_period(fin_key_t *key, uint64_t part, int32_t month);
bool fin_parse_period(kt_span_t key, uint64_t *part, int32_t *month);

kt_span_t fin_key_hold(fin_key_t *key, uint64_t part, const kt_ulid_t *id);
bool fin_parse_hold(kt_span_t key, uint64_t *part, kt_ulid_t *id);

/* entry: the name of the chunk's first line; FIN_LINE_NAME(sequence, 0) is the chunk with the head.
 * The chunk that holds a line is the last at or below the line's own name. */
kt_span_t fin_key_entry(fin_key_t *key, uint64_t line_name);
bool fin_parse_entry(kt_span_t key, uint64_t *line_name);

kt_span_t fin_key_series(fin_key_t *key, uint64_t part, int32_t year);
bool fin_parse_series(kt_span_t key, uint64_t *part, int32_t *year);

/* NUMBER is the entry's, a multiple of FIN_ANCHOR_ENTRIES; the key holds the quotient. */
kt_span_t fin_key_anchor(fin_key_t *key, uint64_t part, int32_t year, uint64_t number);
bool fin_parse_anchor(kt_span_t key, uint64_t *part, int32_t *year, uint64_t *number);

/* The prefixes of all balances of an account, and of those in one commodity. */
kt_span_t fin_key_balance_account(fin_key_t *key, uint64_t part, uint32_t account);
kt_span_t fin_key_position(fin_key_t *key, uint64_t part, uint32_t account, uint32_t commodity);

typedef struct fin_balance_key {
    uint64_t part;
    uint32_t account;
    uint32_t commodity;
    int32_t month;
} fin_balance_key_t;

kt_span_t fin_key_balance(fin_key_t *key, const fin_balance_key_t *from);
bool fin_parse_balance(kt_span_t key, fin_balance_key_t *into);

kt_span_t fin_key_reversal(fin_key_t *key, uint64_t sequence);
bool fin_parse_reversal(kt_span_t key, uint64_t *sequence);

typedef struct fin_hold_account_key {
    uint64_t part;
    uint32_t account;
    uint32_t commodity;
    int64_t expires_us;
    kt_ulid_t id;
} fin_hold_account_key_t;

kt_span_t fin_key_hold_account(fin_key_t *key, const fin_hold_account_key_t *from);
bool fin_parse_hold_account(kt_span_t key, fin_hold_account_key_t *into);

#endif
