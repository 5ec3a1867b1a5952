/* Progress in virtual time. */
#include "testing.h"

#include "progress.h"

#include <kt/time.h>
#include <stdlib.h>
#include <string.h>

/* Runs a hundred steps of 100 ms and returns what was drawn; to be freed. */
static char *
run(cli_progress_mode_t mode, uint64_t all)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    cli_progress_t progress;
    cli_progress_begin(&progress, file, mode, "posting", "entries");
    int64_t begin_us = progress.began_us;
    for (uint64_t i = 1; i <= 100; i++)
        cli_progress_step(&progress, i, all, begin_us + (int64_t)i * 100 * KT_US_PER_MS);
    cli_progress_end(&progress, begin_us + 100 * 100 * KT_US_PER_MS);
    fclose(file);
    return text;
}

static unsigned
count(const char *text, const char *what)
{
    unsigned found = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        found++;
    return found;
}

static void
lines_are_few(void **state)
{
    (void)state;
    char *text = run(CLI_PROGRESS_LINES, 100);
    assert_int_equal(count(text, "\n"), 6); /* every two seconds, and the last */
    assert_int_equal(count(text, "\x1b"), 0);
    assert_non_null(strstr(text, "posting  20% 20 of 100 entries, 10/s, 8 s left\n"));
    assert_non_null(strstr(text, "posting 100% 100 of 100 entries, 10/s\n"));
    free(text);
}

static void
bars_are_taken_away(void **state)
{
    (void)state;
    static const char gone[] = "\r\x1b[K";
    char *text = run(CLI_PROGRESS_BAR, 100);
    assert_non_null(strstr(text, "[###############...............]  50% 50 of 100 entries"));
    assert_int_equal(count(text, "\n"), 0);
    assert_string_equal(text + strlen(text) - strlen(gone), gone);
    free(text);
    text = run(CLI_PROGRESS_BAR, 0); /* nobody knows how much there is */
    assert_non_null(strstr(text, "posting 50 entries, 10/s"));
    free(text);
}

static void
silence_is_silent(void **state)
{
    (void)state;
    char *text = run(CLI_PROGRESS_NONE, 100);
    assert_string_equal(text, "");
    free(text);
    FILE *file = tmpfile();
    assert_int_equal(cli_progress_choose(file, false), CLI_PROGRESS_NONE);
    assert_int_equal(cli_progress_choose(file, true), CLI_PROGRESS_LINES);
    fclose(file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_few),
        cmocka_unit_test(bars_are_taken_away),
        cmocka_unit_test(silence_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
