/* Command lines, against a verb table of this test's own. */
#include "testing.h"

#include "cli.h"

#include <stdlib.h>
#include <string.h>

static const cli_option_t import_options[] = {
    {"book", 'b', "ID", "the book"},
    {"check", 0, NULL, "only look"},
    {"limit", 0, "N", "how many"},
    {"scale", 0, "C=N", "many times"},
};
static const char *const examples[] = {"kantor finance import --book b f.csv", NULL};
static const cli_verb_t import = {
    .name = "finance import",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 2,
    .summary = "Imports.",
    .about = "About importing.",
    .options = import_options,
    .options_count = KT_COUNT(import_options),
    .examples = examples,
};
static const cli_verb_t books = {
    .name = "finance books", .operands = "", .summary = "Lists.", .examples = examples};
static const cli_verb_t top = {
    .name = "top", .operands = "", .summary = "Shows.", .examples = examples};
static const cli_verb_t *const table[] = {&import, &books, &top};

#define WORDS_MAX 20

/* Parses a command line of blank-divided words; *SAID is what it wrote, to be freed. */
static cli_parsed_t
parse(const char *line, cli_t *cli, char **said)
{
    static char words[256];
    char *argv[WORDS_MAX] = {NULL};
    int argc = 0;
    size_t size;
    snprintf(words, sizeof words, "kantor %s", line);
    for (char *word = strtok(words, " "); word && argc < WORDS_MAX; word = strtok(NULL, " "))
        argv[argc++] = word;
    FILE *file = open_memstream(said, &size);
    *cli = (cli_t){.verbs = table, .verbs_count = KT_COUNT(table), .out = file, .err = file};
    cli_parsed_t parsed = cli_parse(cli, argc, argv);
    fclose(file);
    cli->out = cli->err = stderr;
    return parsed;
}

static void
reads_command_lines(void **state)
{
    (void)state;
    cli_t cli;
    char *said;
    assert_int_equal(parse("--config c finance import -b x --book=y - --check --output json "
                           "--timeout 0.25",
                           &cli, &said),
                     CLI_RUN);
    assert_string_equal(said, "");
    free(said);
    assert_ptr_equal(cli.verb, &import);
    assert_string_equal(cli.config, "c");
    assert_string_equal(cli_text(&cli, "book"), "y"); /* the last one counts */
    assert_true(cli_flag(&cli, "check"));
    assert_false(cli_flag(&cli, "quiet"));
    assert_int_equal(cli.format, CLI_JSON);
    assert_int_equal(cli.timeout_ms, 250);
    assert_int_equal(cli.operands_count, 1);
    assert_string_equal(cli.operands[0], "-");
    unsigned cursor = 0;
    assert_string_equal(cli_each(&cli, "book", &cursor), "x");
    assert_string_equal(cli_each(&cli, "book", &cursor), "y");
    assert_null(cli_each(&cli, "book", &cursor));

    assert_int_equal(parse("finance import -- --book", &cli, &said), CLI_RUN);
    free(said);
    assert_string_equal(cli.operands[0], "--book");
    assert_int_equal(parse("top", &cli, &said), CLI_RUN);
    free(said);
    assert_int_equal(cli.timeout_ms, 0);
    assert_int_equal(cli.format, CLI_TABLE);
}

static void
refuses_wrong_lines(void **state)
{
    (void)state;
    static const struct {
        const char *line, *said;
    } rows[] = {
        {"", "usage: kantor"},
        {"nothing", "unknown verb 'nothing'"},
        {"help nothing", "unknown verb 'nothing'"},
        {"finance", "usage: kantor [OPTIONS] finance VERB"},
        {"finance nothing", "unknown verb 'nothing'"},
        {"top now", "one word too many: 'now'; see: kantor top --help"},
        {"finance import", "missing FILE"},
        {"finance import a b c", "one word too many: 'c'"},
        {"top --book x", "unknown option '--book'; see: kantor top --help"},
        {"--book x top", "unknown option '--book'; see: kantor --help"},
        {"top -x", "unknown option '-x'"},
        {"top -qq", "unknown option '-qq'"},
        {"finance import f --book", "a value is missing after '--book'"},
        {"finance import f --check=1", "this option takes no value: '--check=1'"},
        {"top --output xml", "--output is table, csv or json, not 'xml'"},
        {"top --timeout soon", "--timeout is seconds 0..86400, not 'soon'"},
        {"top --timeout -1", "--timeout is seconds"},
        {"top --timeout 86401", "--timeout is seconds"},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        cli_t cli;
        char *said;
        cli_parsed_t parsed = parse(rows[i].line, &cli, &said);
        if (parsed != CLI_WRONG || !strstr(said, rows[i].said))
            fail_msg("'%s' gave %d: %s", rows[i].line, (int)parsed, said);
        free(said);
    }
    char *said;
    char *argv[CLI_GIVEN_MAX + 3] = {"kantor", "top"};
    for (unsigned i = 0; i <= CLI_GIVEN_MAX; i++)
        argv[i + 2] = "-q";
    size_t size;
    FILE *file = open_memstream(&said, &size);
    cli_t cli = {.verbs = table, .verbs_count = KT_COUNT(table), .out = file, .err = file};
    assert_int_equal(cli_parse(&cli, KT_COUNT(argv), argv), CLI_WRONG);
    fclose(file);
    assert_non_null(strstr(said, "too many options"));
    free(said);
}

static void
helps(void **state)
{
    (void)state;
    static const struct {
        const char *line, *said;
    } rows[] = {
        {"--help", "  finance import           Imports.\n"},
        {"--version", "kantor "},
        {"help", "  finance import           Imports.\n"},
        {"help top", "usage: kantor top [OPTIONS]\n"},
        {"finance --help", "  finance books            Lists.\n"},
        {"finance import -h",
         "usage: kantor finance import [OPTIONS] FILE\n\nImports.\n\nAbout importing.\n"},
        {"finance import --help", "  -b, --book ID              the book\n"},
        {"top --help", "  kantor finance import --book b f.csv\n"},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        cli_t cli;
        char *said;
        cli_parsed_t parsed = parse(rows[i].line, &cli, &said);
        if (parsed != CLI_DONE || !strstr(said, rows[i].said))
            fail_msg("'%s' gave %d: %s", rows[i].line, (int)parsed, said);
        free(said);
    }
}

static void
checks_values(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool number, date;
    } rows[] = {
        {"finance import f --limit 5 --scale 2026-02-28", true, true},
        {"finance import f --limit 0 --scale 2026-02-29", false, false},
        {"finance import f --limit 11 --scale today", false, false},
        {"finance import f --limit 5x", false, true},
        {"finance import f --limit -5", false, true},
        {"finance import f --limit 99999999999999999999", false, true},
        {"finance import f", true, true},
    };
    FILE *nowhere = fopen("/dev/null", "w");
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        cli_t cli;
        char *said;
        uint64_t number;
        const char *date;
        assert_int_equal(parse(rows[i].line, &cli, &said), CLI_RUN);
        free(said);
        cli.err = nowhere;
        assert_int_equal(cli_number(&cli, "limit", 1, 10, 5, &number), rows[i].number);
        assert_int_equal(cli_date(&cli, "scale", &date), rows[i].date);
        assert_null(cli_required(&cli, "book"));
    }
    fclose(nowhere);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_command_lines),
        cmocka_unit_test(refuses_wrong_lines),
        cmocka_unit_test(helps),
        cmocka_unit_test(checks_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
