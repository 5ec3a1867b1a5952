/*
 * model.h: books kept by hand: every line in one list, every question answered by going through all
 * of it. What the reads of Ledger are compared with.
 */
#ifndef FIN_MODEL_H
#define FIN_MODEL_H

#include "../office.h"

#include <kt/prng.h>

#define MODEL_LINES_MAX       20000
#define MODEL_ENTRIES_MAX     6000
#define MODEL_DRAFT_LINES_MAX 5
#define MODEL_EVER            INT32_MAX /* as a date: everything posted */

/* The accounts that lines are on; from MODEL_TRADING on the ledger's own, one a commodity. */
#define MODEL_COMMODITIES 3
#define MODEL_TRADING     6
#define MODEL_ACCOUNTS    (MODEL_TRADING + MODEL_COMMODITIES)
extern const char *const model_accounts[MODEL_ACCOUNTS];
extern const char *const model_commodities[MODEL_COMMODITIES];
extern const int32_t model_scales[MODEL_COMMODITIES];

typedef struct model_line {
    int32_t date;
    uint32_t entry; /* its place in `entries`, which is the order of posting */
    uint32_t account;
    uint32_t commodity;
    int64_t amount_minor;
} model_line_t;

typedef struct model_entry {
    char name[32];
    int32_t year; /* fiscal */
    int32_t date;
    uint32_t first_line;
    uint32_t lines_count;
    char source_ref[16];
} model_entry_t;

typedef struct model {
    kt_prng_t prng;
    model_line_t lines[MODEL_LINES_MAX];
    uint32_t lines_count;
    model_entry_t entries[MODEL_ENTRIES_MAX];
    uint32_t entries_count;
} model_t;

/* Opens the accounts in the office's book that it has not. */
void model_open(model_t *model, office_t *office, uint64_t seed);
/* Posts an entry made by chance to both: of one commodity, or one that exchanges two. */
void model_post(model_t *model, office_t *office);
/* A date that entries have, or one beside them. */
int32_t model_date(model_t *model);
/* What was posted to an account until the end of AT; BELOW: and to those below it. */
fin_turnover_t
model_turnover(const model_t *model, uint32_t account, uint32_t commodity, int32_t at, bool below);
/* The line that stands next below BEFORE (MODEL_LINES_MAX: the uppermost) in the register of an
 * account, newest first in the order (date, posting), from FROM to AT; MODEL_LINES_MAX when there
 * is none. */
uint32_t model_below(const model_t *model, uint32_t account, uint32_t commodity, uint32_t before,
                     int32_t from, int32_t at);
/* The balance after a line, in that order. */
int64_t model_balance_after(const model_t *model, uint32_t line);

void model_format(int32_t date, char out[11]);

#endif
