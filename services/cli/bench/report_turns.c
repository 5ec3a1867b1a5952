/* Rows of a report that take turns, and what is made of them: bars, goals, notes. */
#include "../progress.h"
#include "pace.h"
#include "report.h"

#include <kt/time.h>
#include <stdarg.h>
#include <unistd.h>

report_table_t *
report_table(report_t *report, const char *title, const char *file, const char *unit)
{
    KT_ASSERT(report->tables_count < REPORT_TABLES);
    report_table_t *table = &report->tables[report->tables_count++];
    *table = (report_table_t){.title = title, .file = file, .unit = unit};
    snprintf(table->plot.title, sizeof table->plot.title, "%s", title);
    return table;
}

report_row_t *
report_row(report_table_t *table, report_kind_t kind, const char *what, const char *load,
           const char *panel)
{
    KT_ASSERT(table->rows_count < REPORT_ROWS_MAX);
    report_row_t *row = &table->rows[table->rows_count++];
    *row = (report_row_t){.kind = kind};
    snprintf(row->figures.what, sizeof row->figures.what, "%s", what);
    snprintf(row->load, sizeof row->load, "%s", load);
    snprintf(row->panel, sizeof row->panel, "%s", panel);
    return row;
}

/* Places the client, which is this program or started by it, and what it calls. */
static void
place_row(const report_row_t *row, bench_place_t place)
{
    bench_place(getpid(), place);
    if (row->kind == REPORT_KANTOR)
        bench_place_all(row->kantor.processes, place);
    bench_place(row->floor.broker, place);
    bench_place(row->floor.server, place);
    if (row->postgres)
        bench_place(row->postgres->pid, place);
}

static int
ask_row(report_t *report, report_row_t *row, bench_sample_t *sample)
{
    bool right = true;
    switch (row->kind) {
    case REPORT_KANTOR:
        row->kantor.seconds = report->seconds;
        row->kantor.warm_s = report->warm_s;
        return bench_run(&row->kantor, sample);
    case REPORT_FLOOR:
        right = bench_floor_run(report->cli, &row->floor, row->figures.in_flight, report->seconds,
                                report->warm_s, sample);
        break;
    case REPORT_POSTGRES:
        right = bench_postgres_run(report->cli, row->postgres, &row->pgbench, report->seconds,
                                   sample);
        break;
    case REPORT_PUBLISHED:
        return 0;
    }
    if (!right)
        row->lacks = "its client failed: see what was said while measuring";
    return bench_interrupted() ? KT_CANCELLED : 0;
}

static int
run_row(report_t *report, report_row_t *row, bench_sample_t *sample)
{
    place_row(row, row->place);
    int code = ask_row(report, row, sample);
    place_row(row, BENCH_FREE);
    return code;
}

/* Which of a machine's moments its figures hold. */
static void
note_pace(report_table_t *table, int64_t from_us)
{
    pace_told_t told = pace_since(from_us);
    report_note(table,
                "While these lines took their turns the processors ran at half of their speed or "
                "less for %.1f %% of the time: %u moments, the longest of %.0f ms.",
                told.slow_percent, told.moments, told.longest_s * 1e3);
}

int
report_measure(report_t *report, report_table_t *table)
{
    cli_t *cli = report->cli;
    cli_progress_t progress;
    cli_progress_mode_t mode = cli->quiet
                                   ? CLI_PROGRESS_NONE
                                   : cli_progress_choose(cli->err, cli_flag(cli, "progress"));
    unsigned all = report->rounds * table->rows_count, done = 0;
    int64_t from_us = kt_clock_mono_us();
    int code = 0;
    cli_progress_begin(&progress, cli->err, mode, table->file, "measurements");
    for (unsigned round = 0; round < report->rounds; round++)
        for (unsigned i = 0; i < table->rows_count && code == 0; i++) {
            report_row_t *row = &table->rows[i];
            bool measured = !row->lacks && row->kind != REPORT_PUBLISHED;
            code = measured ? run_row(report, row, &row->figures.rounds[round]) : 0;
            if (measured && code == 0 && !row->lacks)
                row->figures.count++;
            cli_progress_step(&progress, ++done, all, kt_clock_mono_us());
        }
    cli_progress_end(&progress, kt_clock_mono_us());
    note_pace(table, from_us);
    return code;
}

const report_row_t *
report_fastest(report_row_t *const rows[], unsigned count)
{
    const report_row_t *best = NULL;
    double most = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!rows[i])
            continue;
        report_series_t rate = report_rate(rows[i]);
        double median = bench_median(rate.values, rate.count);
        if (!best || median > most)
            best = rows[i];
        most = KT_MAX(most, median);
    }
    return best;
}

void
report_table_fini(report_table_t *table)
{
    for (unsigned i = 0; i < table->rows_count; i++)
        bench_load_fini(&table->rows[i].kantor);
}

static plot_style_t
style_of(const report_row_t *row)
{
    if (row->kind == REPORT_KANTOR)
        return PLOT_OURS;
    if (row->kind == REPORT_PUBLISHED)
        return PLOT_PUBLISHED;
    return row->figures.count == 0 ? PLOT_ABSENT : PLOT_OTHER;
}

void
report_bars(report_table_t *table, const char *panel, const char *title, size_t offset)
{
    plot_panel(&table->plot, title);
    for (unsigned i = 0; i < table->rows_count; i++) {
        const report_row_t *row = &table->rows[i];
        if (strcmp(row->panel, panel) != 0)
            continue;
        report_series_t series = report_series(&row->figures, offset);
        plot_bar_t bar = {.style = style_of(row)};
        bool alike = strcmp(row->load, row->panel) == 0; /* the panel's title says it */
        snprintf(bar.label, sizeof bar.label, "%s%s%s", row->figures.what, alike ? "" : ", ",
                 alike ? "" : row->load);
        bar.value = bench_median(series.values, series.count);
        bench_least_and_most(series.values, series.count, &bar.least, &bar.most);
        plot_bar(&table->plot, &bar);
    }
}

void
report_note(report_table_t *table, const char *format, ...)
{
    va_list args;
    KT_ASSERT(table->notes_count < REPORT_NOTES_MAX);
    va_start(args, format);
    vsnprintf(table->notes[table->notes_count++], REPORT_TEXT_BYTES, format, args);
    va_end(args);
}

void
report_add_goal(report_table_t *table, const char *text, double limit, bool at_most,
                const report_series_t *series)
{
    KT_ASSERT(table->goals_count < REPORT_GOALS_MAX);
    report_goal_t *goal = &table->goals[table->goals_count++];
    *goal = (report_goal_t){.limit = limit, .at_most = at_most, .series = *series};
    snprintf(goal->text, sizeof goal->text, "%s", text);
}

report_series_t
report_rate(const report_row_t *row)
{
    return row->kind == REPORT_PUBLISHED ? report_constant(row->figures.rounds[0].per_second)
                                         : report_series(&row->figures, REPORT_RATE);
}

void
report_goal_ratio(report_table_t *table, const char *text, double limit, const report_row_t *own,
                  const report_row_t *other)
{
    report_series_t ours = report_rate(own), theirs = report_rate(other);
    report_series_t ratio = report_ratio(&ours, &theirs);
    report_add_goal(table, text, limit, false, &ratio);
}
