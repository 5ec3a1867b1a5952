/* The command line: verbs, options and operands, by the rows of the verb table. */
#include "cli.h"

#include "decimal.h"

#include <kt/time.h>
#include <stdlib.h>

#define TIMEOUT_MS_MAX UINT64_C(86400000)

const cli_option_t cli_common_options[] = {
    {"config", 0, "FILE", "brokers and key to use; else $KANTOR_CONFIG"},
    {"timeout", 0, "SECONDS", "how long a call may take in all (usually 30)"},
    {"output", 'o', "FORMAT", "table, csv or json (usually table)"},
    {"trace", 0, "FILE", "keep the trace of its calls there (OTLP/JSON); else $KANTOR_TRACE"},
    {"quiet", 'q', NULL, "no progress and no remarks"},
    {"help", 'h', NULL, "this text"},
};
const unsigned cli_common_options_count = KT_COUNT(cli_common_options);

static const cli_option_t *
find_in(const cli_option_t *options, unsigned count, kt_span_t name, char letter)
{
    for (unsigned i = 0; i < count; i++)
        if (letter ? options[i].letter == letter
                   : kt_span_equal(kt_span_str(options[i].name), name))
            return &options[i];
    return NULL;
}

static const cli_option_t *
find_option(const cli_t *cli, kt_span_t name, char letter)
{
    const cli_option_t *found = find_in(cli_common_options, cli_common_options_count, name, letter);
    if (!found && cli->verb)
        found = find_in(cli->verb->options, cli->verb->options_count, name, letter);
    return found;
}

/* "kantor finance import --help" or "kantor --help", for the end of a message. */
static const char *
verb_or_nothing(const cli_t *cli)
{
    return cli->verb ? cli->verb->name : "";
}

static cli_parsed_t
wrong(const cli_t *cli, const char *what, const char *which)
{
    fprintf(cli->err, "kantor: %s '%s'; see: kantor%s%s --help\n", what, which,
            cli->verb ? " " : "", verb_or_nothing(cli));
    return CLI_WRONG;
}

/* Takes argv[*at], an option, and its value where it has one. */
static cli_parsed_t
take_option(cli_t *cli, int argc, char *const argv[], int *at)
{
    const char *word = argv[*at];
    bool lengthy = word[1] == '-';
    const char *equals = lengthy ? strchr(word, '=') : NULL;
    size_t size = equals ? (size_t)(equals - word) : strlen(word);
    const cli_option_t *option = lengthy     ? find_option(cli, kt_span(word + 2, size - 2), 0)
                                 : size == 2 ? find_option(cli, kt_span(NULL, 0), word[1])
                                             : NULL;
    if (!option)
        return wrong(cli, "unknown option", word);
    if (cli->given_count == CLI_GIVEN_MAX)
        return wrong(cli, "too many options, from", word);
    cli_given_t given = {.option = option};
    if (option->value && equals)
        given.value = equals + 1;
    else if (option->value && *at + 1 < argc)
        given.value = argv[++*at];
    else if (option->value)
        return wrong(cli, "a value is missing after", word);
    else if (equals)
        return wrong(cli, "this option takes no value:", word);
    cli->given[cli->given_count++] = given;
    return CLI_RUN;
}

/* Takes the verb at argv[*at]: one word, or two. */
static cli_parsed_t
take_verb(cli_t *cli, int argc, char *const argv[], int *at)
{
    const char *first = argv[*at];
    size_t size = strlen(first);
    bool group = false;
    for (unsigned i = 0; i < cli->verbs_count; i++) {
        const char *name = cli->verbs[i]->name;
        if (strcmp(name, first) == 0) {
            cli->verb = cli->verbs[i];
            return CLI_RUN;
        }
        if (strncmp(name, first, size) != 0 || name[size] != ' ')
            continue;
        group = true;
        if (*at + 1 < argc && strcmp(name + size + 1, argv[*at + 1]) == 0) {
            cli->verb = cli->verbs[i];
            ++*at;
            return CLI_RUN;
        }
    }
    if (!group)
        return wrong(cli, "unknown verb", first);
    bool help = *at + 1 < argc &&
                (strcmp(argv[*at + 1], "--help") == 0 || strcmp(argv[*at + 1], "-h") == 0);
    if (*at + 1 < argc && !help)
        return wrong(cli, "unknown verb", argv[*at + 1]);
    cli_help_group(help ? cli->out : cli->err, cli, first);
    return help ? CLI_DONE : CLI_WRONG;
}

/* "kantor help" and "kantor help VERB": as --help. */
static cli_parsed_t
take_help(cli_t *cli, int argc, char *const argv[], int at)
{
    if (at + 1 == argc) {
        cli_help(cli->out, cli);
        return CLI_DONE;
    }
    at++;
    cli_parsed_t parsed = take_verb(cli, argc, argv, &at);
    if (parsed == CLI_RUN)
        cli_help_verb(cli->out, cli->verb);
    return parsed == CLI_RUN ? CLI_DONE : parsed;
}

static cli_parsed_t
take_common(cli_t *cli)
{
    uint64_t timeout_ms;
    cli->config = cli_text(cli, "config");
    cli->quiet = cli_flag(cli, "quiet");
    if (!cli_seconds(cli, "timeout", TIMEOUT_MS_MAX, 0, &timeout_ms))
        return CLI_WRONG;
    cli->timeout_ms = (uint32_t)timeout_ms;
    const char *format = cli_text(cli, "output");
    static const char *const names[] = {
        [CLI_TABLE] = "table", [CLI_CSV] = "csv", [CLI_JSON] = "json"};
    cli->format_given = format != NULL;
    for (unsigned i = 0; format && i < KT_COUNT(names); i++)
        if (strcmp(format, names[i]) == 0) {
            cli->format = (cli_format_t)i;
            return CLI_RUN;
        }
    return format ? wrong(cli, "--output is table, csv or json, not", format) : CLI_RUN;
}

static cli_parsed_t
check(cli_t *cli)
{
    if (cli_flag(cli, "help")) {
        if (cli->verb)
            cli_help_verb(cli->out, cli->verb);
        else
            cli_help(cli->out, cli);
        return CLI_DONE;
    }
    if (!cli->verb) {
        cli_help(cli->err, cli);
        return CLI_WRONG;
    }
    if (cli->operands_count < cli->verb->operands_min) {
        fprintf(cli->err, "kantor %s: missing %s; see: kantor %s --help\n", cli->verb->name,
                cli->verb->operands, cli->verb->name);
        return CLI_WRONG;
    }
    return take_common(cli);
}

cli_parsed_t
cli_parse(cli_t *cli, int argc, char *const argv[])
{
    bool options = true;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        cli_parsed_t parsed = CLI_RUN;
        if (options && strcmp(word, "--") == 0) {
            options = false;
        } else if (options && word[0] == '-' && word[1] != 0) {
            if (!cli->verb && strcmp(word, "--version") == 0) {
                fprintf(cli->out, "kantor %s\n", KANTOR_VERSION);
                return CLI_DONE;
            }
            parsed = take_option(cli, argc, argv, &i);
        } else if (!cli->verb && strcmp(word, "help") == 0) {
            return take_help(cli, argc, argv, i);
        } else if (!cli->verb) {
            parsed = take_verb(cli, argc, argv, &i);
        } else if (cli->operands_count < cli->verb->operands_max) {
            cli->operands[cli->operands_count++] = word;
        } else {
            parsed = wrong(cli, "one word too many:", word);
        }
        if (parsed != CLI_RUN)
            return parsed;
    }
    return check(cli);
}

const char *
cli_text(const cli_t *cli, const char *name)
{
    const char *value = NULL;
    for (unsigned i = 0; i < cli->given_count; i++)
        if (strcmp(cli->given[i].option->name, name) == 0)
            value = cli->given[i].value;
    return value;
}

bool
cli_flag(const cli_t *cli, const char *name)
{
    for (unsigned i = 0; i < cli->given_count; i++)
        if (strcmp(cli->given[i].option->name, name) == 0)
            return true;
    return false;
}

const char *
cli_each(const cli_t *cli, const char *name, unsigned *cursor)
{
    while (*cursor < cli->given_count) {
        const cli_given_t *given = &cli->given[(*cursor)++];
        if (strcmp(given->option->name, name) == 0)
            return given->value;
    }
    return NULL;
}

static bool
wrong_number(const cli_t *cli, const char *name, const char *text, const char *unit, uint64_t min,
             uint64_t max)
{
    fprintf(cli->err, "kantor %s: --%s is %s %llu..%llu, not '%s'\n", verb_or_nothing(cli), name,
            unit, (unsigned long long)min, (unsigned long long)max, text);
    return false;
}

bool
cli_number(cli_t *cli, const char *name, uint64_t min, uint64_t max, uint64_t usual,
           uint64_t *number)
{
    const char *text = cli_text(cli, name);
    uint64_t value = usual;
    if (text) {
        char *end;
        value = strtoull(text, &end, 10);
        bool digits = text[0] >= '0' && text[0] <= '9' && strlen(text) < 20;
        if (!digits || *end != 0 || value < min || value > max)
            return wrong_number(cli, name, text, "a number", min, max);
    }
    *number = value;
    return true;
}

bool
cli_seconds(cli_t *cli, const char *name, uint64_t max_ms, uint64_t usual_ms, uint64_t *ms)
{
    const char *text = cli_text(cli, name);
    int64_t value = (int64_t)usual_ms;
    if (text) {
        cli_decimal_t seconds;
        if (cli_decimal_parse(kt_span_str(text), &seconds) != NULL ||
            !cli_decimal_to_minor(&seconds, 3, &value) || value < 0 || (uint64_t)value > max_ms)
            return wrong_number(cli, name, text, "seconds", 0, max_ms / 1000);
    }
    *ms = (uint64_t)value;
    return true;
}

bool
cli_date(cli_t *cli, const char *name, const char **date)
{
    const char *text = cli_text(cli, name);
    kt_date_t parsed;
    if (text && !kt_date_parse(kt_span_str(text), &parsed)) {
        fprintf(cli->err, "kantor %s: --%s is a date such as 2026-11-23, not '%s'\n",
                verb_or_nothing(cli), name, text);
        return false;
    }
    *date = text ? text : "";
    return true;
}

const char *
cli_required(cli_t *cli, const char *name)
{
    const char *value = cli_text(cli, name);
    if (!value || !value[0]) {
        fprintf(cli->err, "kantor %s: --%s is missing; see: kantor %s --help\n",
                verb_or_nothing(cli), name, verb_or_nothing(cli));
        return NULL;
    }
    return value;
}
