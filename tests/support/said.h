/* said.h: `kantor` run inside a test, and what it says. */
#ifndef KANTOR_TESTS_SAID_H
#define KANTOR_TESTS_SAID_H

#include "testing.h"

#include <cli.h>

#define SAID_MAX 65536

typedef struct said {
    char out[SAID_MAX], err[SAID_MAX];
    int code;
} said_t;

static inline FILE *
said_open(char *text)
{
    FILE *file = fmemopen(text, SAID_MAX, "w");

    text[0] = '\0';
    assert_non_null(file);
    return file;
}

/* Runs `kantor --config CONFIG WORDS`; the last word is NULL. */
static inline void
said_run(const char *config, said_t *said, const char *const *words)
{
    char *argv[16] = {(char *)(uintptr_t) "kantor", (char *)(uintptr_t) "--config",
                      (char *)(uintptr_t)config};
    FILE *out = said_open(said->out), *err = said_open(said->err);
    int argc = 3;

    while (*words)
        argv[argc++] = (char *)(uintptr_t)*words++;
    said->code = cli_main(argc, argv, out, err);
    (void)fclose(out);
    (void)fclose(err);
}

#define KANTOR(w, said, ...) said_run((w)->config, said, (const char *const[]){__VA_ARGS__, NULL})

/* The line of a table of CSV that is about DEPARTMENT, its first column, holds WORDS. */
static inline void
said_assert(const said_t *said, const char *department, const char *words)
{
    char start[32];
    const char *line, *end;

    snprintf(start, sizeof(start), "\n%s,", department);
    line = strstr(said->out, start);
    if (!line)
        fail_msg("nothing is said of %s:\n%s%s", department, said->out, said->err);
    end = strchr(line + 1, '\n');
    if (!end || !memmem(line, (size_t)(end - line), words, strlen(words)))
        fail_msg("%s is not \"%s\":\n%s%s", department, words, said->out, said->err);
}

#endif
