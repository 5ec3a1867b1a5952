/* The verb table as a whole, and how failures are told. */
#include "said.h"

#include "bench/bench.h"
#include "connect.h"
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

/* Closes it: it is EXPECTED. */
static void
expect_said(said_t *said, const char *expected)
{
    fclose(said->file);
    assert_string_equal(said->text, expected);
    free(said->text);
}

/* An option may not shadow one of every verb, nor another of its own. */
static void
check_options(const cli_verb_t *verb)
{
    for (unsigned i = 0; i < verb->options_count; i++) {
        const cli_option_t *option = &verb->options[i];
        assert_true(strlen(option->help) > 0);
        for (unsigned k = 0; k < cli_common_options_count + i; k++) {
            const cli_option_t *other = k < cli_common_options_count
                                            ? &cli_common_options[k]
                                            : &verb->options[k - cli_common_options_count];
            if (strcmp(option->name, other->name) == 0 ||
                (option->letter && option->letter == other->letter))
                fail_msg("%s: --%s clashes with --%s", verb->name, option->name, other->name);
        }
    }
}

static void
every_verb_is_told(void **state)
{
    (void)state;
    for (unsigned i = 0; i < cli_verbs_count; i++) {
        const cli_verb_t *verb = cli_verbs[i];
        assert_non_null(verb->run);
        assert_true(verb->operands_min <= verb->operands_max);
        assert_true(verb->operands_max <= CLI_OPERANDS_MAX);
        assert_int_equal(verb->operands_max > 0, verb->operands[0] != 0);
        assert_int_equal(verb->summary[strlen(verb->summary) - 1], '.');
        check_options(verb);
        assert_non_null(verb->examples[0]);
        for (const char *const *example = verb->examples; *example; example++)
            if (!strstr(*example, "kantor ") || !strstr(*example, verb->name))
                fail_msg("%s: its example is of something else: %s", verb->name, *example);
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(verb->name, cli_verbs[k]->name);
    }
}

static void
failures_say_what_to_do(void **state)
{
    (void)state;
    static const kt_reply_t replies[] = {
        {.status = {KT_NOT_FOUND, 0, "there is no book x"},
         .reason = "BOOK_UNKNOWN",
         .retry_after_ms = -1},
        {.status = {KT_INVALID_ARGUMENT, 0, "wrong"},
         .reason = "BAD_FIELD",
         .field = "lines[3].amount_minor",
         .field_problem = "is 0",
         .retry_after_ms = -1},
        {.status = {KT_RESOURCE_EXHAUSTED, 0, "full"}, .retry_after_ms = 1500},
        {.status = {KT_UNAVAILABLE, 0, "lost"}, .outcome_unknown = true, .retry_after_ms = -1},
        {.status = {KT_UNAVAILABLE, 0, "lost"},
         .outcome_unknown = true,
         .key = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
         .retry_after_ms = -1},
        {.status = {KT_DEADLINE_EXCEEDED, 0, "late"}, .retry_after_ms = -1},
    };
    static const char *const expected[] = {
        "kantor top: w: NOT_FOUND (BOOK_UNKNOWN): there is no book x\n"
        "  what to do: 'kantor finance books' lists the books there are\n",
        "kantor top: w: INVALID_ARGUMENT (BAD_FIELD): wrong\n"
        "  field: lines[3].amount_minor: is 0\n",
        "kantor top: w: RESOURCE_EXHAUSTED: full\n  try again in 1.5 s\n",
        "kantor top: w: UNAVAILABLE: lost\n  it is not known whether it happened\n",
        "kantor top: w: UNAVAILABLE: lost\n  it is not known whether it happened: the same call "
        "with --key 00000000000000000000000001 finds out, and has one effect\n",
        "kantor top: w: DEADLINE_EXCEEDED: late\n  what to do: --timeout gives it more time\n",
    };
    for (size_t i = 0; i < KT_COUNT(replies); i++) {
        said_t said;
        open_said(&said);
        cli_t cli = {.verb = &cli_verb_top, .err = said.file};
        assert_int_equal(cli_report(&cli, "w", &replies[i]), replies[i].status.code);
        expect_said(&said, expected[i]);
    }
}

static void
an_office_must_be_named(void **state)
{
    (void)state;
    said_t said;
    open_said(&said);
    unsetenv("KANTOR_CONFIG");
    cli_t cli = {.verb = &cli_verb_top, .err = said.file};
    assert_int_equal(cli_connect(&cli), CLI_EXIT_USAGE);
    cli.config = "/nowhere/at/all.conf";
    assert_int_equal(cli_connect(&cli), KT_NOT_FOUND);
    fclose(said.file);
    assert_non_null(strstr(said.text, "KANTOR_CONFIG"));
    assert_non_null(strstr(said.text, "/nowhere/at/all.conf: NOT_FOUND"));
    free(said.text);
}

static void
lists_of_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned count; /* 0: refused */
    } rows[] = {
        {"1", 1},
        {"1,64,1024", 3},
        {"", 0},
        {"0", 0},
        {",1", 0},
        {"1,,2", 0},
        {"1,x", 0},
        {"2001", 0},
        {"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", 16},
        {"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", 0},
    };
    FILE *nowhere = fopen("/dev/null", "w");
    cli_t cli = {.verb = &cli_verb_bench_rpc, .err = nowhere};
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        unsigned list[BENCH_LIST_MAX], count;
        bool right = bench_list(&cli, "in-flight", rows[i].text, 2000, list, &count);
        assert_int_equal(right, rows[i].count > 0);
        if (right)
            assert_int_equal(count, rows[i].count);
    }
    fclose(nowhere);
}

static void
medians_and_ratios(void **state)
{
    (void)state;
    assert_true(bench_median((const double[]){3, 1, 2}, 3) == 2);
    assert_true(bench_median((const double[]){4, 1, 2, 3}, 4) == 2.5);
    assert_true(bench_median((const double[]){7}, 1) == 7);
    assert_true(bench_median((const double[]){7}, 0) == 0);
    static const bench_figures_t figures[] = {
        {"kantor", 64, 2, {{.per_second = 60, .p50_us = 20}, {.per_second = 80, .p50_us = 30}}},
        {"floor", 64, 2, {{.per_second = 100, .p50_us = 10}, {.per_second = 100, .p50_us = 10}}},
    };
    said_t said;
    open_said(&said);
    cli_t cli = {.verb = &cli_verb_bench_rpc, .out = said.file, .format = CLI_CSV};
    assert_int_equal(bench_print_ratios(&cli, "here", figures, 2), 0);
    expect_said(&said,
                "what,in_flight,rate,rate_least,rate_most,p50,p50_least,p50_most,conditions\n"
                "floor,64,0.70,0.60,0.80,2.50,2.00,3.00,here\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verb_is_told),      cmocka_unit_test(failures_say_what_to_do),
        cmocka_unit_test(an_office_must_be_named), cmocka_unit_test(lists_of_numbers),
        cmocka_unit_test(medians_and_ratios),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
