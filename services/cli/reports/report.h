/* report.h: what the verbs that read books share. */
#ifndef CLI_REPORTS_REPORT_H
#define CLI_REPORTS_REPORT_H

#include "../connect.h"
#include "../decimal.h"
#include "../names.h"
#include "../output.h"

#include <kantor/finance/v1/books.client.kt.h>
#include <kantor/finance/v1/ledger.client.kt.h>

/* A page token, kept while its reply is used anew. */
#define FIN_TOKEN_BYTES 1024

/* What every report begins with. Zeroed before fin_report_open, closed by fin_report_close in any
 * case. */
typedef struct fin_report {
    cli_t *cli;
    char *book;     /* --book; NULL when the verb has none */
    const char *at; /* --at; "" */
    kt_call_options_t options;
    kt_reply_t reply;
    char token[FIN_TOKEN_BYTES]; /* of the next page; "" at the end and at the beginning */
    out_t *out;
} fin_report_t;

/* Reads --book and --at, connects, and begins the output. 0, or an exit code after saying why not.
 */
int fin_report_open(fin_report_t *report, cli_t *cli, bool with_book, const out_column_t *columns,
                    unsigned count);
/* Ends the output; CODE, or CLI_EXIT_OUTPUT when all went well but the writing. */
int fin_report_close(fin_report_t *report, int code);
/* Says why the last call failed. Returns the exit code. */
int fin_report_failed(fin_report_t *report);
/* Keeps the token of the next page. */
void fin_report_next(fin_report_t *report, const char *token);

/* A commodity as it is printed: in CSV and JSON nothing where amounts have none, so that what was
 * imported comes out as it went in. */
const char *fin_commodity_text(const cli_t *cli, const char *commodity);
/* The name of an enum's value, "ASSET", or "?". */
const char *fin_enum_text(const ProtobufCEnumDescriptor *descriptor, int value);

/* The scales of a book's commodities. */
typedef struct fin_scales {
    cli_names_t *names;
    int *scales;
} fin_scales_t;
/* Reads them all. 0, or an exit code after saying why not; fin_scales_fini in any case. */
int fin_scales_load(fin_report_t *report, fin_scales_t *scales);
void fin_scales_fini(fin_scales_t *scales);
/* -1 when the book does not have it. */
int fin_scale_of(const fin_scales_t *scales, const char *commodity);

#endif
