#include "progress.h"

#include <kt/time.h>
#include <string.h>
#include <unistd.h>

#define BAR_CELLS      30
#define BAR_EVERY_US   (100 * KT_US_PER_MS)
#define LINES_EVERY_US (2 * KT_US_PER_S)

cli_progress_mode_t
cli_progress_choose(FILE *err, bool wanted)
{
    int fd = fileno(err);
    if (fd >= 0 && isatty(fd))
        return CLI_PROGRESS_BAR;
    return wanted ? CLI_PROGRESS_LINES : CLI_PROGRESS_NONE;
}

void
cli_progress_begin(cli_progress_t *progress, FILE *err, cli_progress_mode_t mode, const char *what,
                   const char *unit)
{
    int64_t now_us = kt_clock_mono_us();
    *progress = (cli_progress_t){.err = err,
                                 .mode = mode,
                                 .what = what,
                                 .unit = unit,
                                 .began_us = now_us,
                                 .drawn_us = now_us};
}

static void
draw(cli_progress_t *p, int64_t now_us)
{
    double seconds = (double)(now_us - p->began_us) / 1e6;
    double rate = seconds > 0 ? (double)p->done / seconds : 0;
    unsigned percent = p->all > 0
                           ? (unsigned)(100.0 * (double)KT_MIN(p->done, p->all) / (double)p->all)
                           : 0;
    fprintf(p->err, "%s%s", p->mode == CLI_PROGRESS_BAR ? "\r\x1b[K" : "", p->what);
    if (p->mode == CLI_PROGRESS_BAR && p->all > 0) {
        char bar[BAR_CELLS + 1];
        size_t full = (size_t)percent * BAR_CELLS / 100;
        memset(bar, '#', full);
        memset(bar + full, '.', BAR_CELLS - full);
        bar[BAR_CELLS] = 0;
        fprintf(p->err, " [%s]", bar);
    }
    if (p->all > 0)
        fprintf(p->err, " %3u%% %llu of %llu %s", percent, (unsigned long long)p->done,
                (unsigned long long)p->all, p->unit);
    else
        fprintf(p->err, " %llu %s", (unsigned long long)p->done, p->unit);
    fprintf(p->err, ", %.0f/s", rate);
    if (p->all > p->done && rate > 0)
        fprintf(p->err, ", %.0f s left", (double)(p->all - p->done) / rate);
    if (p->mode == CLI_PROGRESS_LINES)
        fputc('\n', p->err);
    fflush(p->err);
    p->drawn = true;
    p->drawn_us = now_us;
}

void
cli_progress_step(cli_progress_t *progress, uint64_t done, uint64_t all, int64_t now_us)
{
    progress->done = done;
    progress->all = all;
    int64_t every_us = progress->mode == CLI_PROGRESS_BAR ? BAR_EVERY_US : LINES_EVERY_US;
    if (progress->mode != CLI_PROGRESS_NONE && now_us - progress->drawn_us >= every_us)
        draw(progress, now_us);
}

void
cli_progress_hide(cli_progress_t *progress)
{
    if (progress->mode == CLI_PROGRESS_BAR && progress->drawn) {
        fputs("\r\x1b[K", progress->err);
        fflush(progress->err);
        progress->drawn = false;
    }
}

void
cli_progress_end(cli_progress_t *progress, int64_t now_us)
{
    cli_progress_hide(progress);
    if (progress->mode == CLI_PROGRESS_LINES)
        draw(progress, now_us);
    progress->mode = CLI_PROGRESS_NONE;
}
