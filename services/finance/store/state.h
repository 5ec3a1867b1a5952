/*
 * state.h: what the writer remembers of the store from call to call: the next sequence, and the
 * names that posting looks up again and again. The writer's thread alone uses it.
 *
 * Only what is there is remembered, never that something is not. Whatever changes a book, a
 * commodity, an account or a month calls fin_state_forget, and so does the shell after an aborted
 * batch; so what is remembered is what the transaction sees.
 */
#ifndef FIN_STATE_H
#define FIN_STATE_H

#include "domain/types.h"

/* Slots by hash; a later name takes an earlier one's place. */
#define FIN_STATE_ACCOUNTS    16384
#define FIN_STATE_COMMODITIES 64
#define FIN_STATE_MONTHS      64
/* Longer paths, and accounts with floors, are looked up each time. */
#define FIN_STATE_PATH_BYTES_MAX 57

typedef struct fin_state_account {
    uint64_t part; /* 0: empty */
    uint32_t generation;
    uint32_t number;
    uint8_t type;
    bool closed;
    uint8_t path_size;
    uint8_t path[FIN_STATE_PATH_BYTES_MAX];
} fin_state_account_t;

typedef struct fin_state_commodity {
    uint64_t part;
    uint32_t generation;
    uint32_t number;
    int32_t scale;
    uint8_t symbol_size;
    uint8_t symbol[FIN_SYMBOL_BYTES_MAX];
} fin_state_commodity_t;

typedef struct fin_state_month {
    uint64_t part;
    uint32_t generation;
    int32_t month;
    fin_month_state_t state;
} fin_state_month_t;

typedef struct fin_state {
    uint64_t next_sequence; /* 0: ask the store */
    uint32_t generation;    /* of what is remembered; what has another is forgotten */
    fin_book_record_t
        book; /* its texts are empty but for `id`, which is in `book_id`; part 0: none */
    uint8_t book_id[FIN_ID_BYTES_MAX];
    fin_state_account_t accounts[FIN_STATE_ACCOUNTS];
    fin_state_commodity_t commodities[FIN_STATE_COMMODITIES];
    fin_state_month_t months[FIN_STATE_MONTHS];
} fin_state_t;

/* Forgets everything. At the start STATE is all zero. */
void fin_state_forget(fin_state_t *state);

/* Each gives what is remembered, or false; and remembers it. HASH is of the name (fin_hash_text),
 * the same in both. Names of what is given are borrowed from the caller's. */
bool fin_state_book(const fin_state_t *state, kt_span_t id, fin_book_record_t *book);
void fin_state_put_book(fin_state_t *state, const fin_book_record_t *book);
void fin_state_account_soon(const fin_state_t *state, uint64_t hash);
bool fin_state_account(const fin_state_t *state, uint64_t part, uint64_t hash,
                       fin_account_record_t *account);
void fin_state_put_account(fin_state_t *state, uint64_t part, uint64_t hash,
                           const fin_account_record_t *account);
bool fin_state_commodity(const fin_state_t *state, uint64_t part, uint64_t hash,
                         fin_commodity_record_t *commodity);
void fin_state_put_commodity(fin_state_t *state, uint64_t part, uint64_t hash,
                             const fin_commodity_record_t *commodity);
bool
fin_state_month(const fin_state_t *state, uint64_t part, int32_t month, fin_month_state_t *found);
void fin_state_put_month(fin_state_t *state, uint64_t part, int32_t month, fin_month_state_t is);

#endif
