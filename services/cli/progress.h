/*
 * progress.h: how far a long work is, on standard error.
 *
 * On a terminal one line that redraws itself; elsewhere, when asked for, a plain line now and then;
 * else nothing. It never writes to standard output, so that results can be piped.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <kt/def.h>
#include <stdio.h>

typedef enum cli_progress_mode {
    CLI_PROGRESS_NONE,
    CLI_PROGRESS_BAR,
    CLI_PROGRESS_LINES
} cli_progress_mode_t;

typedef struct cli_progress {
    FILE *err;
    cli_progress_mode_t mode;
    const char *what; /* "importing"; borrowed */
    const char *unit; /* "entries"; borrowed */
    int64_t began_us, drawn_us;
    uint64_t done, all;
    bool drawn;
} cli_progress_t;

/* The mode for a stream: a bar on a terminal; else lines when WANTED, else none. */
cli_progress_mode_t cli_progress_choose(FILE *err, bool wanted);
void cli_progress_begin(cli_progress_t *progress, FILE *err, cli_progress_mode_t mode,
                        const char *what, const char *unit);
/* ALL 0: not known. Draws at most ten times a second (lines: every two seconds). NOW_US is
 * kt_clock_mono_us(). */
void cli_progress_step(cli_progress_t *progress, uint64_t done, uint64_t all, int64_t now_us);
/* Takes the bar away, so that a line can be written; the next step draws it again. */
void cli_progress_hide(cli_progress_t *progress);
/* Takes the bar away for good, or writes the last line. */
void cli_progress_end(cli_progress_t *progress, int64_t now_us);

#endif
