/*
 * oracle.h: a naive ledger for tests. It keeps a list of entries and adds everything up anew
 * whenever it is asked.
 */
#ifndef FIN_ORACLE_H
#define FIN_ORACLE_H

#include "office.h"

#include "domain/work.h"

/* Accounts by their place: the office's, those that the ledger opens, and one that is not there. */
enum {
    ORACLE_EQUITY = OFFICE_ACCOUNTS,
    ORACLE_TRADING, /* equity:trading; below it one for each commodity */
    ORACLE_NOWHERE = ORACLE_TRADING + 1 + 3,
    ORACLE_ACCOUNTS,
};
enum {
    ORACLE_USD,
    ORACLE_EUR,
    ORACLE_ACME,
    ORACLE_COMMODITIES,
    ORACLE_UNKNOWN = ORACLE_COMMODITIES
};

#define ORACLE_LINES   12
#define ORACLE_ENTRIES 20000
#define ORACLE_HOLDS   4000
#define ORACLE_MONTHS  36 /* from 2025-01 */

const char *oracle_account(uint32_t account);
const char *oracle_commodity(uint32_t commodity);
extern const uint32_t oracle_commodity_numbers[ORACLE_COMMODITIES];

typedef struct oracle_line {
    uint32_t account, commodity;
    int64_t amount;
} oracle_line_t;

typedef struct oracle_draft {
    int32_t days;
    uint32_t source; /* 0: none */
    uint32_t words;  /* which description */
    bool one_sided;
    uint32_t count;
    oracle_line_t lines[ORACLE_LINES];
} oracle_draft_t;

typedef struct oracle_entry {
    oracle_draft_t draft; /* its lines with the ledger's own */
    uint32_t own;
    int32_t year;
    uint64_t number;
    uint32_t reverses; /* sequence; 0: none */
    uint32_t reversed_by;
} oracle_entry_t;

typedef struct oracle_hold {
    uint32_t debit, credit, commodity;
    int64_t amount, committed, expires_us;
    bool released;
    char id[32];
} oracle_hold_t;

typedef struct oracle {
    oracle_entry_t entries[ORACLE_ENTRIES + 1]; /* by sequence, from 1 */
    uint32_t count;
    uint32_t numbers[ORACLE_ACCOUNTS];   /* 0: not there */
    uint32_t opened_by[ORACLE_ACCOUNTS]; /* the call */
    uint32_t accounts;
    uint32_t call;
    bool closed[ORACLE_MONTHS];
    oracle_hold_t holds[ORACLE_HOLDS];
    uint32_t holds_count;
    int64_t now_us;
} oracle_t;

typedef struct oracle_answer {
    kt_code_t code;
    uint32_t reason;
    uint32_t sequence; /* posted, or the one that has the source */
} oracle_answer_t;

void oracle_init(oracle_t *oracle);
int32_t oracle_month(const oracle_t *oracle, int32_t days); /* place in `closed` */
oracle_answer_t oracle_post(oracle_t *oracle, const oracle_draft_t *draft);
oracle_answer_t oracle_reverse(oracle_t *oracle, uint32_t sequence, int32_t days);
oracle_answer_t oracle_reserve(oracle_t *oracle, const oracle_hold_t *hold);
oracle_answer_t
oracle_commit(oracle_t *oracle, oracle_hold_t *hold, int64_t amount, bool release, int32_t days);
oracle_answer_t oracle_release(oracle_t *oracle, oracle_hold_t *hold);

/* Debit and credit of an account in a commodity, on one day or (0) on all. */
void oracle_turnover(const oracle_t *oracle, uint32_t account, uint32_t commodity, int32_t days,
                     fin_wide_t *debit, fin_wide_t *credit);
/* The name of the newest line below BEFORE on an account, a commodity and a day; 0: none. */
uint64_t
oracle_newest(const oracle_t *oracle, const oracle_line_t *at, int32_t days, uint64_t before);

#endif
