#include "csv.h"

#include <stdlib.h>

#define CHUNK_BYTES 65536

struct cli_csv {
    FILE *in;
    uint64_t line;  /* of the next byte */
    uint64_t bytes; /* taken so far */
    const char *problem;
    uint64_t problem_line;
    bool begun;
    size_t chunk_at, chunk_size;
    unsigned char chunk[CHUNK_BYTES];
    size_t used; /* of record */
    char record[CLI_CSV_RECORD_BYTES_MAX];
};

cli_csv_t *
cli_csv_new(FILE *in)
{
    cli_csv_t *csv = malloc(sizeof *csv);
    if (!csv)
        return NULL;
    csv->in = in;
    csv->line = 1;
    csv->bytes = 0;
    csv->problem = NULL;
    csv->begun = false;
    csv->chunk_at = csv->chunk_size = 0;
    return csv;
}

void
cli_csv_destroy(cli_csv_t **csv)
{
    free(*csv);
    *csv = NULL;
}

/* The next byte without taking it, or EOF. */
static int
peek(cli_csv_t *csv)
{
    if (csv->chunk_at == csv->chunk_size) {
        csv->chunk_size = fread(csv->chunk, 1, sizeof csv->chunk, csv->in);
        csv->chunk_at = 0;
        if (csv->chunk_size == 0)
            return EOF;
    }
    return csv->chunk[csv->chunk_at];
}

static int
take(cli_csv_t *csv)
{
    int c = peek(csv);
    if (c == EOF)
        return EOF;
    csv->chunk_at++;
    csv->bytes++;
    if (c == '\n')
        csv->line++;
    return c;
}

static cli_csv_result_t
bad(cli_csv_t *csv, uint64_t line, const char *problem)
{
    csv->problem = problem;
    csv->problem_line = line;
    return CLI_CSV_BAD;
}

static bool
keep(cli_csv_t *csv, int c)
{
    if (csv->used == sizeof csv->record)
        return false;
    csv->record[csv->used++] = (char)c;
    return true;
}

/* Reads one field into the record, and leaves what ends it (a comma, CR, LF or EOF) to be taken. */
static cli_csv_result_t
field(cli_csv_t *csv)
{
    bool quoted = peek(csv) == '"';
    uint64_t began = csv->line;
    if (quoted)
        take(csv);
    for (;;) {
        int c = peek(csv);
        if (c == 0)
            return bad(csv, csv->line, "a zero byte: this is no text");
        if (quoted && c == EOF)
            return bad(csv, began, "a quoted field begins here and is never closed");
        if (quoted && c == '"') {
            take(csv);
            c = peek(csv);
            if (c == ',' || c == '\r' || c == '\n' || c == EOF)
                break;
            if (c != '"')
                return bad(csv, csv->line, "text after the closing quote of a field");
        } else if (!quoted && (c == ',' || c == '\r' || c == '\n' || c == EOF)) {
            break;
        } else if (!quoted && c == '"') {
            return bad(csv, csv->line, "a quote inside a field that is not quoted");
        }
        take(csv);
        if (!keep(csv, c))
            return bad(csv, began,
                       "a record longer than 1 MiB (perhaps a quote that is never closed)");
    }
    if (!keep(csv, 0))
        return bad(csv, began, "a record longer than 1 MiB (perhaps a quote that is never closed)");
    return CLI_CSV_ROW;
}

/* Takes what ends a record: LF, CRLF or the end. */
static bool
end_of_record(cli_csv_t *csv)
{
    int c = take(csv);
    if (c == '\r')
        c = take(csv);
    return c == '\n' || c == EOF;
}

/* Passes over a byte order mark and empty lines. */
static bool
pass_over(cli_csv_t *csv)
{
    if (!csv->begun && peek(csv) == 0xEF && csv->chunk_size >= 3 && csv->chunk[1] == 0xBB &&
        csv->chunk[2] == 0xBF) {
        csv->chunk_at = 3;
        csv->bytes = 3;
    }
    csv->begun = true;
    while (peek(csv) == '\n' || peek(csv) == '\r')
        if (!end_of_record(csv))
            return false;
    return true;
}

cli_csv_result_t
cli_csv_next(cli_csv_t *csv, cli_csv_row_t *row)
{
    if (csv->problem)
        return CLI_CSV_BAD;
    if (!pass_over(csv))
        return bad(csv, csv->line, "a carriage return without a line feed");
    if (peek(csv) == EOF)
        return ferror(csv->in) ? bad(csv, csv->line, "the file cannot be read any further")
                               : CLI_CSV_END;
    csv->used = 0;
    row->line = csv->line;
    row->count = 0;
    for (;;) {
        if (row->count == CLI_CSV_FIELDS_MAX)
            return bad(csv, csv->line, "more than 64 fields in a record");
        row->fields[row->count++] = csv->record + csv->used;
        cli_csv_result_t result = field(csv);
        if (result != CLI_CSV_ROW)
            return result;
        if (peek(csv) != ',')
            break;
        take(csv);
    }
    if (!end_of_record(csv))
        return bad(csv, csv->line, "a carriage return without a line feed");
    return CLI_CSV_ROW;
}

const char *
cli_csv_problem(const cli_csv_t *csv, uint64_t *line)
{
    *line = csv->problem_line;
    return csv->problem;
}

uint64_t
cli_csv_bytes(const cli_csv_t *csv)
{
    return csv->bytes;
}
