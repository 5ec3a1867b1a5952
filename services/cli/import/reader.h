/*
 * reader.h: journal entries out of the CSV that `hledger print -x -O csv` writes.
 *
 * One row is one posting; rows that follow each other with the same txnidx are one entry. Columns
 * are found by their names in the first line. Every entry is checked by itself: one that cannot be
 * posted carries its problem and the line it stands on, and the next ones are read all the same.
 * Only text that is no CSV ends the reading.
 *
 * What becomes of what Kantor does not have:
 * - An amount without a commodity has the commodity IMP_NO_COMMODITY.
 * - Amounts of zero are left out; an entry of nothing else is empty.
 * - Virtual postings keep their account names as printed: "(budget:food)", "[savings]". What
 * unbalanced ones (in round brackets) add up to is put on trading accounts: the entry is one_sided.
 * - Postings on equity:trading are left out, since the ledger keeps these itself.
 * - Code and comment become part of the description as hledger writes it, "(code) description ;
 * comment"; a posting's comment becomes its memo. Text longer than Kantor keeps is cut, and the
 * entry says so.
 */
#ifndef CLI_IMPORT_READER_H
#define CLI_IMPORT_READER_H

#include "../csv.h"
#include "../decimal.h"

#define IMP_NO_COMMODITY "(none)"

/* Limits of the ledger's contract (kantor/finance/v1). */
#define IMP_LINES_MAX             8190
#define IMP_ACCOUNT_BYTES_MAX     255
#define IMP_ACCOUNT_NAMES_MAX     16
#define IMP_COMMODITY_BYTES_MAX   32
#define IMP_DESCRIPTION_BYTES_MAX 500
#define IMP_MEMO_BYTES_MAX        500
#define IMP_COMMODITIES_MAX       256 /* in one entry */

/* hledger prints no prices. An entry in one commodity that does not add up may be right, a split of
 * shares at cost, or wrong. */
typedef enum imp_unbalanced {
    IMP_REFUSE,  /* it is refused */
    IMP_AT_COST, /* it is taken unless its commodity is money: an ISO 4217 code, a currency sign, or
                    none */
    IMP_TAKE,    /* it is taken */
} imp_unbalanced_t;

typedef struct imp_line {
    uint64_t line;
    const char *account;
    const char *commodity;
    cli_decimal_t amount; /* not 0 */
    const char *memo;
} imp_line_t;

/* What it points to lives until the next entry is read. */
typedef struct imp_entry {
    uint64_t line;       /* of its first row */
    const char *problem; /* NULL: it can be posted */
    uint64_t problem_line;
    char date[11];
    const char *description;
    const imp_line_t *lines;
    unsigned lines_count; /* 0: there is nothing to post */
    bool one_sided;
    bool cut; /* text was longer than Kantor keeps */
    uint8_t
        digest[32]; /* SHA-256 of date, code, description and postings: the same in every export */
} imp_entry_t;

typedef struct imp_reader imp_reader_t;

/* IN is borrowed. NULL when memory is out. The caller destroys it. */
imp_reader_t *imp_reader_new(FILE *in, imp_unbalanced_t unbalanced);
void imp_reader_destroy(imp_reader_t **reader);

typedef enum imp_result {
    IMP_ENTRY,
    IMP_END,
    IMP_BAD, /* no such CSV: nothing after that place can be trusted */
} imp_result_t;

imp_result_t imp_reader_next(imp_reader_t *reader, imp_entry_t *entry);
/* After IMP_BAD: what is wrong, and on which line. Borrowed for the reader's life. */
const char *imp_reader_problem(const imp_reader_t *reader, uint64_t *line);
uint64_t imp_reader_bytes(const imp_reader_t *reader);

/* Whether a commodity is money: see IMP_AT_COST. */
bool imp_is_money(const char *commodity);

#endif
