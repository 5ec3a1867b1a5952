/*
 * csv.h: reads CSV (RFC 4180) as a stream, a record at a time, from a source that may be hostile.
 *
 * Records end in LF or CRLF; a byte order mark at the beginning and empty lines are passed over.
 * Memory is bounded by CLI_CSV_RECORD_BYTES_MAX whatever comes in.
 */
#ifndef CLI_CSV_H
#define CLI_CSV_H

#include <kt/span.h>
#include <stdio.h>

#define CLI_CSV_RECORD_BYTES_MAX (1u << 20)
#define CLI_CSV_FIELDS_MAX       64

typedef struct cli_csv cli_csv_t;

/* Fields are NUL-terminated and hold no other NUL; borrowed until the next step. */
typedef struct cli_csv_row {
    uint64_t line; /* where the record begins, from 1 */
    unsigned count;
    const char *fields[CLI_CSV_FIELDS_MAX];
} cli_csv_row_t;

typedef enum cli_csv_result {
    CLI_CSV_ROW,
    CLI_CSV_END,
    CLI_CSV_BAD, /* this is no CSV: nothing after that place can be trusted */
} cli_csv_result_t;

/* IN is borrowed. NULL when memory is out. The caller destroys it. */
cli_csv_t *cli_csv_new(FILE *in);
void cli_csv_destroy(cli_csv_t **csv);

cli_csv_result_t cli_csv_next(cli_csv_t *csv, cli_csv_row_t *row);
/* After CLI_CSV_BAD: what is wrong (a literal), and the line on which it was found. */
const char *cli_csv_problem(const cli_csv_t *csv, uint64_t *line);
/* Bytes read so far, for progress. */
uint64_t cli_csv_bytes(const cli_csv_t *csv);

#endif
