/*
 * cli.h: what a verb of `kantor` is, and what it is given when it runs.
 *
 * A verb is one row: its words, options, text and function. Parsing, --help, the man page's check
 * and the shell completion all work on these rows, so none of them can tell another story than the
 * program.
 */
#ifndef CLI_H
#define CLI_H

#include <kt/span.h>
#include <kt/status.h>
#include <kt/trace.h>
#include <stdio.h>

/* Exit codes. 0..16 are gRPC's codes: how the call ended. The others are those of sysexits.h. */
#define CLI_EXIT_USAGE   64 /* the command line is wrong */
#define CLI_EXIT_NOINPUT 66 /* a file cannot be read */
#define CLI_EXIT_BUG     70
#define CLI_EXIT_OUTPUT  74 /* what was to be written could not be */

#define CLI_GIVEN_MAX    64 /* options on one command line */
#define CLI_OPERANDS_MAX 8

typedef struct cli cli_t;

typedef struct cli_option {
    const char *name;  /* "book", given as --book */
    char letter;       /* 'v', given as -v; 0: none */
    const char *value; /* what it takes, "ID"; NULL: a flag */
    const char *help;
} cli_option_t;

typedef struct cli_verb {
    const char *name;     /* one word, or two: "finance import" */
    const char *operands; /* as they stand in the usage line, "FILE|-"; or "" */
    unsigned operands_min, operands_max;
    const char *summary; /* one line */
    const char *about;   /* a paragraph or two, or NULL */
    const cli_option_t *options;
    unsigned options_count;
    const char *const *examples; /* lines; the last is NULL */
    int (*run)(cli_t *cli);      /* returns the exit code */
} cli_verb_t;

typedef enum cli_format { CLI_TABLE, CLI_CSV, CLI_JSON } cli_format_t;

/* An option as it was given. */
typedef struct cli_given {
    const cli_option_t *option;
    const char *value; /* NULL for a flag */
} cli_given_t;

struct cli {
    const cli_verb_t *const *verbs; /* all there are */
    unsigned verbs_count;
    const cli_verb_t *verb;
    cli_given_t given[CLI_GIVEN_MAX];
    unsigned given_count;
    const char *operands[CLI_OPERANDS_MAX];
    unsigned operands_count;
    const char *config; /* NULL: not said */
    cli_format_t format;
    bool format_given;
    uint32_t timeout_ms; /* 0: the usual one */
    bool quiet;
    FILE *out, *err;
    struct kt_client *client; /* NULL until cli_connect (connect.h) */
    kt_trace_t trace;         /* all calls of the command are parts of this one */
    uint8_t trace_parent[KT_TRACE_SPAN_BYTES];
    struct kt_tracer *tracer; /* NULL: no spans are kept */
    int64_t started_us;
};

/* All verbs, in the order in which the help lists them. */
extern const cli_verb_t *const cli_verbs[];
extern const unsigned cli_verbs_count;
/* The options that every verb takes. */
extern const cli_option_t cli_common_options[];
extern const unsigned cli_common_options_count;

/* Everything main does: parses, runs the verb, closes. OUT and ERR are borrowed. Returns the exit
 * code. */
int cli_main(int argc, char *const argv[], FILE *out, FILE *err);

typedef enum cli_parsed {
    CLI_RUN,   /* cli->verb is to be run */
    CLI_DONE,  /* help or version was printed */
    CLI_WRONG, /* said on cli->err */
} cli_parsed_t;
/* Reads the command line into CLI, whose verbs, out and err are set. ARGV is borrowed for CLI's
 * life. */
cli_parsed_t cli_parse(cli_t *cli, int argc, char *const argv[]);

/* The value of an option as last given, or NULL. */
const char *cli_text(const cli_t *cli, const char *name);
bool cli_flag(const cli_t *cli, const char *name);
/* Walks an option that may be given many times: start with *CURSOR = 0; NULL at the end. */
const char *cli_each(const cli_t *cli, const char *name, unsigned *cursor);
/* A whole number MIN..MAX, or USUAL when it was not given. False: it is said on cli->err what is
 * wrong. */
bool cli_number(cli_t *cli, const char *name, uint64_t min, uint64_t max, uint64_t usual,
                uint64_t *number);
/* Seconds, "2" or "0.25", in milliseconds; otherwise as cli_number. */
bool cli_seconds(cli_t *cli, const char *name, uint64_t max_ms, uint64_t usual_ms, uint64_t *ms);
/* A date "2026-11-23"; "" when it was not given. */
bool cli_date(cli_t *cli, const char *name, const char **date);
/* The value of an option that must be there; NULL: it is said on cli->err. */
const char *cli_required(cli_t *cli, const char *name);

/* "kantor finance import: <text>" on cli->err. Returns CODE, so that a verb can end with it. */
int cli_fail(const cli_t *cli, int code, const char *format, ...) KT_PRINTF(3, 4);
/* A line for people about how it goes, on cli->err; nothing with --quiet. */
void cli_say(const cli_t *cli, const char *format, ...) KT_PRINTF(2, 3);

/* ---- trace/command.c ---- */

/* Begins the command's trace, or goes on with $TRACEPARENT; and keeps it, if --trace or
 * $KANTOR_TRACE names a file. Returns an exit code. */
int cli_trace_begin(cli_t *cli);
/* Keeps the command's own span. */
void cli_trace_end(cli_t *cli, int code);

/* ---- help.c ---- */

void cli_help(FILE *out, const cli_t *cli);
/* The verbs whose first word is GROUP ("finance"). */
void cli_help_group(FILE *out, const cli_t *cli, const char *group);
void cli_help_verb(FILE *out, const cli_verb_t *verb);

#endif
