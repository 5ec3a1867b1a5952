/* page.h: what the verbs that read from IT share. */
#ifndef CLI_IT_PAGE_H
#define CLI_IT_PAGE_H

#include "../connect.h"
#include "../output.h"

#include <kt/time.h>

/* A page token, kept while its reply is used anew. */
#define IT_TOKEN_BYTES 1024
#define IT_PAGE_SIZE   500
#define IT_TIME_BYTES  28
#define IT_SPAN_BYTES  32

/* Zeroed before it_page_open, closed by it_page_close in any case. */
typedef struct it_page {
    cli_t *cli;
    kt_call_options_t options;
    kt_reply_t reply;
    char token[IT_TOKEN_BYTES]; /* of the next page; "" at the end and at the beginning */
    out_t *out;
} it_page_t;

/* Connects and begins the output (none if COUNT is 0). 0, or an exit code after saying why not. */
int it_page_open(it_page_t *page, cli_t *cli, const out_column_t *columns, unsigned count);
/* Ends the output; CODE, or CLI_EXIT_OUTPUT when all went well but the writing. */
int it_page_close(it_page_t *page, int code);
/* Says why the last call, about WHAT, failed. Returns the exit code. */
int it_page_failed(it_page_t *page, const char *what);
/* Calls; the answer lives until the next one. 0, or an exit code after saying that WHAT failed.
 * RESPONSE may be NULL. */
int it_page_call(it_page_t *page, const kt_method_t *method, const ProtobufCMessage *request,
                 const char *what, const void **response);
/* Keeps the token of the next page; whether there is one. */
bool it_page_next(it_page_t *page, const char *token);

/* A field of a request that is borrowed; "" for NULL. */
char *it_given(const char *value);
/* The name of an enum's value without PREFIX: "NEW"; "" for zero. */
const char *it_enum_text(const ProtobufCEnumDescriptor *type, int value, const char *prefix);
/* The value of such a name, given in any case and with '-' for '_'; -1: there is none. */
int it_enum_value(const ProtobufCEnumDescriptor *type, const char *name, const char *prefix);
/* "2026-11-28T09:00:00.000000Z"; "" for 0. */
const char *it_time_text(int64_t us, char out[IT_TIME_BYTES]);
/* The same to the second, and numbers, as values: it_when(us).text lives as long as the expression.
 */
typedef struct it_text {
    char text[IT_TIME_BYTES];
} it_text_t;
it_text_t it_when(int64_t us);
it_text_t it_number(int64_t number);
/* "7:30" for hours and minutes. */
const char *it_span_text(int64_t us, char out[IT_SPAN_BYTES]);

#endif
