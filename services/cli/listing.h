/* listing.h: what verbs that read a department's lists share: a connection, a reply, pages, rows.
 */
#ifndef CLI_LISTING_H
#define CLI_LISTING_H

#include "connect.h"
#include "output.h"

#define CLI_LISTING_PAGE_SIZE   500
#define CLI_LISTING_TOKEN_BYTES 1024
#define CLI_LISTING_TIME_BYTES  28

/* Zeroed before cli_listing_open, closed by cli_listing_close in any case. */
typedef struct cli_listing {
    cli_t *cli;
    kt_call_options_t options;
    kt_reply_t reply;
    char token[CLI_LISTING_TOKEN_BYTES]; /* of the next page; "" at the end and at the beginning */
    out_t *out;
} cli_listing_t;

/* Connects and begins the output. 0, or an exit code after saying why not. */
int
cli_listing_open(cli_listing_t *listing, cli_t *cli, const out_column_t *columns, unsigned count);
/* Ends the output; CODE, or CLI_EXIT_OUTPUT when all went well but the writing. */
int cli_listing_close(cli_listing_t *listing, int code);
/* Says why the last call, about WHAT, failed. Returns the exit code. */
int cli_listing_failed(cli_listing_t *listing, const char *what);
/* Keeps the token of the next page. */
void cli_listing_next(cli_listing_t *listing, const char *token);

/* A field of a request that is borrowed; "" for NULL. */
char *cli_listing_given(const char *value);
/* The name of an enum's value without PREFIX: "OPEN"; "" for zero. */
const char *cli_listing_enum(const ProtobufCEnumDescriptor *type, int value, const char *prefix);
/* "2026-11-28T09:00:00.000000Z"; "" for 0. */
const char *cli_listing_time(int64_t us, char out[CLI_LISTING_TIME_BYTES]);

#endif
