/* legal.h: what the verbs of the legal department share. */
#ifndef CLI_LEGAL_LEGAL_H
#define CLI_LEGAL_LEGAL_H

#include "../connect.h"
#include "../output.h"

#include <kantor/legal/v1/contracts.client.kt.h>
#include <kantor/legal/v1/oversight.client.kt.h>
#include <kantor/legal/v1/parties.client.kt.h>

#define LEG_TOKEN_BYTES 1024
#define LEG_HASH_BYTES  32
#define LEG_HASH_CHARS  (2 * LEG_HASH_BYTES)
/* The fewest characters of a hash that say which version is meant. */
#define LEG_HASH_CHARS_MIN 8

/* What every verb begins with. Zeroed before leg_open, closed by leg_close in any case. */
typedef struct leg_verb {
    cli_t *cli;
    kt_call_options_t options;
    kt_reply_t reply;
    bool has_reply;
    char token[LEG_TOKEN_BYTES]; /* of the next page; "" at the end and at the beginning */
    out_t *out;
} leg_verb_t;

/* Connects, and begins the output. 0, or an exit code after saying why not. */
int leg_open(leg_verb_t *verb, cli_t *cli, const out_column_t *columns, unsigned count);
/* Ends the output; CODE, or CLI_EXIT_OUTPUT when all went well but the writing. */
int leg_close(leg_verb_t *verb, int code);
/* Says why the last call failed; WHAT is what was tried. Returns the exit code. */
int leg_failed(leg_verb_t *verb, const char *what);
void leg_next(leg_verb_t *verb, const char *token);

/* A text of a request, which only reads it. */
char *leg_request_text(const char *text);
/* The name of an enum's value without PREFIX, "ACTIVE", or "?". */
const char *leg_enum_text(const ProtobufCEnumDescriptor *descriptor, int value, const char *prefix);
/* The value of that name, in either case, with or without PREFIX. False after saying on cli->err
 * which there are; WHAT is the option. NULL is 0. */
bool leg_enum_value(const cli_t *cli, const ProtobufCEnumDescriptor *descriptor, const char *prefix,
                    const char *what, const char *name, int *value);

/* Two columns for one thing: "field" and "value". */
extern const out_column_t leg_field_columns[2];
void leg_field(leg_verb_t *verb, const char *name, const char *format, ...) KT_PRINTF(3, 4);
/* A time, or nothing when it is 0. */
void leg_field_time(leg_verb_t *verb, const char *name, int64_t time_us);
/* "2026-11-28 09:05" of a time in UTC; "" when it is 0. */
const char *leg_time_text(int64_t time_us, char out[28]);

/* Loads the contract, and its newest hash where the --hash that was given, at least 8 of its
 * characters, is that version's. 0, or an exit code after saying why not. */
int leg_load_hash(leg_verb_t *verb, const char *contract, uint8_t hash[LEG_HASH_BYTES]);

#endif
