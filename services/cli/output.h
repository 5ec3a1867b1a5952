/*
 * output.h: rows as a table for people, as CSV (RFC 4180) or as a JSON array of objects.
 *
 * CSV and JSON leave row by row. A table looks at its first OUT_WIDTH_ROWS rows to find its widths,
 * then goes on with those, so that no result has to fit into memory.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli.h"

#define OUT_COLUMNS_MAX 16
#define OUT_WIDTH_ROWS  1000

typedef enum out_kind {
    OUT_TEXT,
    OUT_NUMBER, /* right-aligned; a JSON number */
    OUT_AMOUNT, /* right-aligned; a JSON string, since amounts have more digits than JSON readers
                   keep */
    OUT_YES,    /* a JSON boolean: "yes" is true */
} out_kind_t;

typedef struct out_column {
    const char *key;   /* in CSV and JSON; NULL: only in tables */
    const char *title; /* in tables; NULL: not there */
    out_kind_t kind;
} out_column_t;

typedef struct out out_t;

/* COLUMNS are borrowed for its life. The caller ends it with out_end. NULL when memory is out. */
out_t *out_new(FILE *file, cli_format_t format, const out_column_t *columns, unsigned count);
/* One cell for each column; NULL is an empty one (JSON: null). Copied. */
void out_row(out_t *out, const char *const cells[]);
/* A line across the table, before totals; nothing in CSV and JSON. */
void out_rule(out_t *out);
/* Writes what is left and frees it. False when not all could be written. */
bool out_end(out_t **out);
/* Frees it after a failure: what was not written yet stays unwritten. */
void out_drop(out_t **out);

/* A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void out_json_string(FILE *file, const char *text);
/* A field of CSV, quoted where it must be. */
void out_csv_field(FILE *file, const char *text);

#endif
