/* The page of a report: Markdown whose tables line up as text. */
#include "../display.h"
#include "report.h"

#include <math.h>
#include <stdlib.h>

#define CELL_BYTES 112
#define CELLS_MAX  13
#define PAGE_ROWS  (REPORT_ROWS_MAX + 2)

/* A table before it is written, so that its columns can be made as wide as they must be. */
typedef struct page {
    unsigned columns, rows;
    unsigned texts; /* the first columns, which are aligned to the left */
    char cells[PAGE_ROWS][CELLS_MAX][CELL_BYTES];
} page_t;

/* VALUE with so many places, its thousands set apart. */
static void
put_number(double value, int places, char out[32])
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.*f", places, value);
    size_t whole = strcspn(digits, "."), at = 0;
    for (size_t i = 0; digits[i] && at < 30; i++) {
        out[at++] = digits[i];
        if (i + 1 < whole && digits[i] != '-' && (whole - i - 1) % 3 == 0)
            out[at++] = ',';
    }
    out[at] = 0;
}

void
report_whole(double value, char out[32])
{
    put_number(value, 0, out);
}

void
report_number(double value, char out[32])
{
    double size = fabs(value);
    put_number(value, size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : 2, out);
}

static void
put_table(const page_t *page, FILE *file)
{
    size_t widths[CELLS_MAX] = {0};
    for (unsigned r = 0; r < page->rows; r++)
        for (unsigned c = 0; c < page->columns; c++)
            widths[c] = KT_MAX(widths[c], KT_MAX(cli_display_width(page->cells[r][c]), 3));
    for (unsigned r = 0; r < page->rows; r++) {
        for (unsigned c = 0; c < page->columns; c++) {
            int room = (int)(widths[c] - cli_display_width(page->cells[r][c]));
            bool text = c < page->texts;
            fprintf(file, "| %*s%s%*s ", text ? 0 : room, "", page->cells[r][c], text ? room : 0,
                    "");
        }
        fputs("|\n", file);
        for (unsigned c = 0; r == 0 && c < page->columns; c++) {
            fputs("| ", file);
            for (size_t i = c < page->texts ? 0 : 1; i < widths[c]; i++)
                fputc('-', file);
            fputs(c < page->texts ? " " : ": ", file);
        }
        if (r == 0)
            fputs("|\n", file);
    }
    fputc('\n', file);
}

static void
median_cell(const report_series_t *series, char *cell)
{
    char number[32] = "";
    if (series->count > 0)
        report_number(bench_median(series->values, series->count), number);
    snprintf(cell, CELL_BYTES, "%s", number);
}

/* "0.81..0.93" */
static void
range_cell(const report_series_t *series, char *cell)
{
    double least, most;
    char texts[2][32];
    cell[0] = 0;
    if (series->count == 0)
        return;
    bench_least_and_most(series->values, series->count, &least, &most);
    report_number(least, texts[0]);
    report_number(most, texts[1]);
    snprintf(cell, CELL_BYTES, "%s..%s", texts[0], texts[1]);
}

/* The cells of a row from its rate on. */
static void
figure_cells(const report_row_t *row, char cells[CELLS_MAX][CELL_BYTES])
{
    static const size_t offsets[] = {offsetof(bench_sample_t, per_second),
                                     offsetof(bench_sample_t, per_second),
                                     offsetof(bench_sample_t, p50_us),
                                     offsetof(bench_sample_t, p99_us),
                                     offsetof(bench_sample_t, p999_us),
                                     offsetof(bench_sample_t, cpu_us[BENCH_CLIENT]),
                                     offsetof(bench_sample_t, cpu_us[BENCH_BROKER]),
                                     offsetof(bench_sample_t, cpu_us[BENCH_DEPARTMENT]),
                                     offsetof(bench_sample_t, slow_percent)};
    for (unsigned i = 0; i < KT_COUNT(offsets); i++) {
        report_series_t series = report_series(&row->figures, offsets[i]);
        if (i == 1)
            range_cell(&series, cells[2 + i]);
        else if (bench_median(series.values, series.count) > 0)
            median_cell(&series, cells[2 + i]);
    }
    if (!row->against)
        return;
    report_series_t own = report_rate(row->against), other = report_rate(row);
    report_series_t ratio = report_ratio(&own, &other);
    median_cell(&ratio, cells[11]);
    range_cell(&ratio, cells[12]);
}

static void
put_figures(const report_table_t *table, page_t *page, FILE *file)
{
    static const char *const titles[CELLS_MAX] = {
        "system",     "load",           "",       "least..most", "p50 us", "p99 us",
        "p99.9 us",   "CPU us: client", "broker", "service",     "slow %", "Kantor to it",
        "least..most"};
    *page = (page_t){.columns = CELLS_MAX, .texts = 2, .rows = 1};
    for (unsigned c = 0; c < CELLS_MAX; c++)
        snprintf(page->cells[0][c], CELL_BYTES, "%s", titles[c]);
    snprintf(page->cells[0][2], CELL_BYTES, "%s", table->unit);
    for (unsigned i = 0; i < table->rows_count; i++) {
        const report_row_t *row = &table->rows[i];
        char(*cells)[CELL_BYTES] = page->cells[page->rows++];
        snprintf(cells[0], CELL_BYTES, row->kind == REPORT_KANTOR ? "**%s**" : "%s",
                 row->figures.what);
        snprintf(cells[1], CELL_BYTES, "%s", row->load);
        figure_cells(row, cells);
        if (row->kind == REPORT_PUBLISHED) {
            snprintf(cells[3], CELL_BYTES, "published");
        } else if (row->figures.count == 0) {
            snprintf(cells[2], CELL_BYTES, "not measured");
        }
    }
    put_table(page, file);
}

static void
put_goals(const report_table_t *table, page_t *page, FILE *file)
{
    static const char *const titles[] = {"goal", "held", "limit", "measured", "least..most"};
    static const char *const words[] = {
        [REPORT_HELD] = "yes", [REPORT_MISSED] = "**NO**", [REPORT_UNMEASURED] = "not measured"};
    *page = (page_t){.columns = KT_COUNT(titles), .texts = 2, .rows = 1};
    for (unsigned c = 0; c < KT_COUNT(titles); c++)
        snprintf(page->cells[0][c], CELL_BYTES, "%s", titles[c]);
    for (unsigned i = 0; i < table->goals_count; i++) {
        const report_goal_t *goal = &table->goals[i];
        char(*cells)[CELL_BYTES] = page->cells[page->rows++];
        snprintf(cells[0], CELL_BYTES, "%.100s", goal->text);
        snprintf(cells[1], CELL_BYTES, "%s", words[report_judge(goal)]);
        snprintf(cells[2], CELL_BYTES, "%s %g", goal->at_most ? "at most" : "at least",
                 goal->limit);
        median_cell(&goal->series, cells[3]);
        range_cell(&goal->series, cells[4]);
    }
    put_table(page, file);
}

/* Lines whose rounds say that something else was running. */
static unsigned
count_wide(const report_table_t *table)
{
    unsigned wide = 0;
    for (unsigned i = 0; i < table->rows_count; i++) {
        double least, most;
        report_series_t rate = report_rate(&table->rows[i]);
        bench_least_and_most(rate.values, rate.count, &least, &most);
        wide += most > 2 * least;
    }
    return wide;
}

/* What was not measured and why, once for each system; what is doubtful; then the notes. */
static void
put_remarks(const report_table_t *table, FILE *file)
{
    unsigned wide = count_wide(table), remarks = wide > 0;
    if (wide > 0)
        fprintf(file,
                "- **Doubtful**: the rates of %u lines range over more than a factor of two: "
                "something else was running.\n",
                wide);
    for (unsigned i = 0; i < table->rows_count; i++) {
        const report_row_t *row = &table->rows[i];
        bool told = !row->lacks;
        for (unsigned k = 0; k < i && !told; k++)
            told = table->rows[k].lacks &&
                   strcmp(table->rows[k].figures.what, row->figures.what) == 0;
        if (told)
            continue;
        const char *when = row->figures.count > 0 ? " to the end" : "";
        fprintf(file, "- Not measured%s: %s: %s.\n", when, row->figures.what, row->lacks);
        remarks++;
    }
    for (unsigned i = 0; i < table->notes_count; i++)
        fprintf(file, "- %s\n", table->notes[i]);
    if (remarks + table->notes_count > 0)
        fputc('\n', file);
}

unsigned
report_count(const report_t *report, report_held_t held)
{
    unsigned count = 0;
    for (unsigned t = 0; t < report->tables_count; t++)
        for (unsigned i = 0; i < report->tables[t].goals_count; i++)
            count += report_judge(&report->tables[t].goals[i]) == held;
    return count;
}

static void
put_summary(const report_t *report, FILE *file)
{
    fprintf(file, "Of the goals %u are held, %u are missed and %u were not measured.\n\n",
            report_count(report, REPORT_HELD), report_count(report, REPORT_MISSED),
            report_count(report, REPORT_UNMEASURED));
    for (unsigned t = 0; t < report->tables_count; t++)
        for (unsigned i = 0; i < report->tables[t].goals_count; i++) {
            const report_goal_t *goal = &report->tables[t].goals[i];
            char number[32];
            if (report_judge(goal) != REPORT_MISSED)
                continue;
            report_number(bench_median(goal->series.values, goal->series.count), number);
            fprintf(file, "- **Missed**: %s: %s, %s %g.\n", goal->text, number,
                    goal->at_most ? "at most" : "at least", goal->limit);
        }
    if (report_count(report, REPORT_MISSED) > 0)
        fputc('\n', file);
}

bool
report_write(const report_t *report, FILE *file)
{
    page_t *page = calloc(1, sizeof *page);
    if (!page)
        return false;
    fprintf(file,
            "# Kantor beside its floors and its peers\n\n"
            "Written by `kantor bench report`; no figure of it is edited.\n\n- %s.\n- %s%s%s.\n",
            report->conditions, report->versions, report->grpc_version[0] ? "; gRPC C++ " : "",
            report->grpc_version);
    fputs("- All systems of a table are started once and then take turns, round by round; a figure "
          "is the median\n  of its rounds, with the least and the most. 'Kantor to it' is Kantor's "
          "rate as a multiple of that line's,\n  taken round by round. CPU is processor time per "
          "request of each part. Slow is the share of the time\n  in which the processors "
          "themselves ran at half of their speed or less, whoever used them.\n\n",
          file);
    put_summary(report, file);
    for (unsigned t = 0; t < report->tables_count; t++) {
        const report_table_t *table = &report->tables[t];
        fprintf(file, "## %s\n\n%s\n\n![%s](%s.svg)\n\n", table->title, table->about, table->title,
                table->file);
        put_figures(table, page, file);
        put_goals(table, page, file);
        put_remarks(table, file);
    }
    free(page);
    return true;
}
