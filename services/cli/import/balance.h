/* balance.h: whether the postings of one entry add up, commodity by commodity. */
#ifndef CLI_IMPORT_BALANCE_H
#define CLI_IMPORT_BALANCE_H

#include "reader.h"

#include <kt/arena.h>

__extension__ typedef __int128 imp_sum_t; /* of 10^-18 */

typedef struct imp_balance {
    unsigned count;
    struct {
        const char *commodity; /* borrowed */
        imp_sum_t real;        /* what has to add up: all but unbalanced virtual postings */
        imp_sum_t posted;      /* what is posted: all but the ledger's own accounts */
    } sums[IMP_COMMODITIES_MAX];
} imp_balance_t;

void imp_balance_init(imp_balance_t *balance);
/* POSTED: the line itself is posted. False when there are too many commodities or a sum does not
 * fit. */
bool imp_balance_add(imp_balance_t *balance, const imp_line_t *line, bool posted);
/* Why the entry is refused, in ARENA or a literal; NULL: it adds up, or may differ. */
const char *
imp_balance_problem(const imp_balance_t *balance, imp_unbalanced_t unbalanced, kt_arena_t *arena);
/* Whether what is posted adds up in all commodities but one, or differs to one side only: the
 * ledger takes that from drafts that say one_sided. */
bool imp_balance_one_sided(const imp_balance_t *balance);

#endif
