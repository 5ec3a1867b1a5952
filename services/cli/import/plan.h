/*
 * plan.h: the first pass over what is to be imported: which accounts and commodities it needs, and
 * with which scales.
 *
 * Nothing is posted before the whole text was read once, so that a file that is no CSV changes
 * nothing, and a commodity is declared with a scale that all its amounts fit.
 */
#ifndef CLI_IMPORT_PLAN_H
#define CLI_IMPORT_PLAN_H

#include "../names.h"
#include "reader.h"

#include <kt/map.h>

#define IMP_PLAN_COMMODITIES_MAX 10000
/* Decimal places that a commodity gets at least, so that a later import with cents finds room for
 * them. */
#define IMP_SCALE_LEAST 2

typedef struct imp_commodity {
    int written;      /* most decimal places as written, "1.50" has 2 */
    int needed;       /* and without zeros at the end: 1 */
    double magnitude; /* sum of all amounts without their signs */
    int scale;        /* in the book; -1: not known yet */
} imp_commodity_t;

typedef struct imp_plan {
    cli_names_t *accounts;
    cli_names_t *commodities;
    imp_commodity_t *by_number; /* of the commodities */
    uint64_t entries;           /* all, the next two among them */
    uint64_t empty;             /* with nothing but zeros */
    uint64_t refused;
    uint64_t lines;
    uint64_t cut;             /* with text that was cut */
    char first[11], last[11]; /* dates; "" when there is none */
} imp_plan_t;

/* False when memory is out. imp_plan_fini in either case. */
bool imp_plan_init(imp_plan_t *plan);
void imp_plan_fini(imp_plan_t *plan);
/* Takes an entry in; false when memory is out or there are too many commodities. */
bool imp_plan_add(imp_plan_t *plan, const imp_entry_t *entry);
/* The scale to declare a commodity with: what is written, at least LEAST, but never more than its
 * amounts have room for in 64 bits. */
int imp_plan_scale(const imp_commodity_t *commodity, int least);

/* An account type of the ledger's contract, by its number there, from the first name of a path:
 * assets, liabilities, equity, income or revenues, expenses, in either number and case, also within
 * the brackets of a virtual posting; else SUSPENSE. */
int imp_account_type(const char *account);

/* ---- source references ---- */

#define IMP_SOURCE_BYTES_MAX        128
#define IMP_SOURCE_PREFIX_BYTES_MAX 64

/* Counts entries of equal content, which differ only by their place among each other. */
typedef struct imp_sources {
    kt_map_t *seen; /* the digest's first 8 bytes -> how many so far */
} imp_sources_t;

bool imp_sources_init(imp_sources_t *sources);
void imp_sources_fini(imp_sources_t *sources);
/* "<prefix>:<32 hex digits of the digest>.<1 for the first of its content>". False when memory is
 * out. */
bool imp_sources_next(imp_sources_t *sources, const char *prefix, const uint8_t digest[32],
                      char out[IMP_SOURCE_BYTES_MAX + 1]);

#endif
