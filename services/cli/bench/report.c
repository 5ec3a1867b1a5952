/* kantor bench report */
#include "report.h"
#include "pace.h"

#include "../output.h"
#include "../verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define OUT_USUAL      "docs/benchmarks"
#define SECONDS_MS_MAX UINT64_C(3600000)

static const struct {
    const char *name;
    int (*measure)(report_t *report);
} parts[REPORT_PARTS] = {
    {"echo", report_echo}, {"postings", report_postings}, {"growth", report_growth}};

/* Some of the parts, or all; false after saying what is wrong. */
static bool
read_only(report_t *report)
{
    const char *only = cli_text(report->cli, "only");
    for (const char *at = only; at && *at;) {
        size_t size = strcspn(at, ",");
        unsigned i = 0;
        while (i < KT_COUNT(parts) &&
               (strlen(parts[i].name) != size || strncmp(parts[i].name, at, size) != 0))
            i++;
        if (i == KT_COUNT(parts)) {
            cli_fail(report->cli, 0, "--only is some of echo,postings,growth, not '%s'", only);
            return false;
        }
        report->wanted[i] = true;
        at += size + (at[size] == ',');
    }
    for (unsigned i = 0; i < KT_COUNT(parts) && (!only || !*only); i++)
        report->wanted[i] = true;
    return true;
}

static bool
is_folder(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* Reads the options; 0, or an exit code after saying what is wrong. */
static int
read_options(report_t *report)
{
    cli_t *cli = report->cli;
    uint64_t rounds, seconds_ms;
    report->quick = cli_flag(cli, "quick");
    report->anchors = cli_required(cli, "anchors");
    report->scripts = cli_text(cli, "postgres-sql");
    report->out = cli_text(cli, "out") ? cli_text(cli, "out") : OUT_USUAL;
    if (!report->anchors || !read_only(report) ||
        !cli_number(cli, "rounds", 1, BENCH_ROUNDS_MAX, report->quick ? 3 : 5, &rounds) ||
        !cli_seconds(cli, "seconds", SECONDS_MS_MAX, report->quick ? 500 : 2000, &seconds_ms))
        return CLI_EXIT_USAGE;
    report->rounds = (unsigned)rounds;
    report->seconds = (double)seconds_ms / 1000;
    report->warm_s = report->quick ? 0.2 : 0.5;
    if (!is_folder(report->anchors))
        return cli_fail(cli, CLI_EXIT_NOINPUT, "--anchors: %s is no folder", report->anchors);
    if (report->scripts && !is_folder(report->scripts))
        return cli_fail(cli, CLI_EXIT_NOINPUT, "--postgres-sql: %s is no folder", report->scripts);
    if (!is_folder(report->out) && mkdir(report->out, 0777) != 0)
        return cli_fail(cli, CLI_EXIT_OUTPUT, "--out: %s: %s", report->out, strerror(errno));
    if (access(report->out, W_OK) != 0)
        return cli_fail(cli, CLI_EXIT_OUTPUT, "--out: %s: %s", report->out, strerror(errno));
    return 0;
}

/* What `NAME WORD` says first, or that it is not there. */
static void
version_of(cli_t *cli, const char *folder, const char *name, const char *word, char out[96])
{
    char program[BENCH_PATH_BYTES], log[BENCH_PATH_BYTES];
    const char *const argv[] = {program, word, NULL};
    snprintf(out, 96, "%s: not installed", name);
    if (strcmp(name, "postgres") == 0 ? !bench_postgres_program(name, program)
                                      : !bench_find_program(name, program))
        return;
    snprintf(log, sizeof log, "%.900s/%s", folder, name);
    if (bench_finish(
            bench_spawn(cli, &(bench_start_t){.program = program, .argv = argv, .log = log}), 10,
            NULL))
        bench_read_file(log, out, 96);
    out[strcspn(out, "\n")] = 0;
}

static int
read_conditions(report_t *report)
{
    cli_t *cli = report->cli;
    char folder[BENCH_PATH_BYTES], text[512], date[32], haproxy[96], nats[96], postgres[96];
    time_t now = time(NULL);
    struct tm utc;
    if (!bench_make_folder(cli, folder))
        return CLI_EXIT_OUTPUT;
    gmtime_r(&now, &utc);
    strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", &utc);
#ifdef __OPTIMIZE__
    const char *build = "optimised build";
#else
    const char *build = "**a build without optimisation: figures say little**";
#endif
    snprintf(text, sizeof text,
             "%s; %s; rounds: %u, of %.3g s after %.3g s; folders on %s; default sync: a commit is "
             "on disk before its answer",
             date, build, report->rounds, report->seconds, report->warm_s,
             bench_file_system(folder));
    bench_conditions(report->conditions, sizeof report->conditions, text);
    version_of(cli, folder, "haproxy", "-v", haproxy);
    version_of(cli, folder, "nats-server", "-v", nats);
    version_of(cli, folder, "postgres", "--version", postgres);
    snprintf(report->versions, sizeof report->versions, "%s; %s; %s", postgres, haproxy, nats);
    bench_remove_folder(folder);
    return 0;
}

/* Opens FILE in the folder of the report, for writing. */
static FILE *
open_out(const report_t *report, const char *name, const char *ending)
{
    char path[BENCH_PATH_BYTES];
    snprintf(path, sizeof path, "%.900s/%s%s", report->out, name, ending);
    FILE *file = fopen(path, "we");
    if (!file)
        cli_fail(report->cli, 0, "%s: %s", path, strerror(errno));
    return file;
}

/* False after saying why not. */
static bool
close_out(const report_t *report, FILE *file, bool right)
{
    if (fclose(file) == 0 && right)
        return true;
    cli_fail(report->cli, 0, "--out: %s: not all could be written", report->out);
    return false;
}

static int
write_files(const report_t *report)
{
    for (unsigned i = 0; i < report->tables_count; i++) {
        FILE *file = open_out(report, report->tables[i].file, ".svg");
        if (!file)
            return CLI_EXIT_OUTPUT;
        plot_write(&report->tables[i].plot, file);
        if (!close_out(report, file, !ferror(file)))
            return CLI_EXIT_OUTPUT;
    }
    FILE *file = open_out(report, "report", ".md");
    if (!file || !close_out(report, file, report_write(report, file) && !ferror(file)))
        return CLI_EXIT_OUTPUT;
    return 0;
}

/* The goals on standard output, as a table, CSV or JSON. */
static int
print_goals(const report_t *report)
{
    static const out_column_t columns[] = {
        {"goal", "goal", OUT_TEXT},     {"held", "held", OUT_TEXT},
        {"limit", "limit", OUT_NUMBER}, {"measured", "measured", OUT_NUMBER},
        {"least", "least", OUT_NUMBER}, {"most", "most", OUT_NUMBER},
        {"conditions", NULL, OUT_TEXT},
    };
    static const char *const words[] = {
        [REPORT_HELD] = "yes", [REPORT_MISSED] = "NO", [REPORT_UNMEASURED] = "not measured"};
    out_t *out = out_new(report->cli->out, report->cli->format, columns, KT_COUNT(columns));
    if (!out)
        return cli_fail(report->cli, CLI_EXIT_BUG, "out of memory");
    for (unsigned t = 0; t < report->tables_count; t++)
        for (unsigned i = 0; i < report->tables[t].goals_count; i++) {
            const report_goal_t *goal = &report->tables[t].goals[i];
            char texts[4][32];
            double least, most;
            bool measured = goal->series.count > 0;
            bench_least_and_most(goal->series.values, goal->series.count, &least, &most);
            snprintf(texts[0], 32, "%g", goal->limit);
            snprintf(texts[1], 32, "%.3f", bench_median(goal->series.values, goal->series.count));
            snprintf(texts[2], 32, "%.3f", least);
            snprintf(texts[3], 32, "%.3f", most);
            out_row(out,
                    (const char *const[]){goal->text, words[report_judge(goal)], texts[0],
                                          measured ? texts[1] : NULL, measured ? texts[2] : NULL,
                                          measured ? texts[3] : NULL, report->conditions});
        }
    return out_end(&out) ? 0 : CLI_EXIT_OUTPUT;
}

static int
measure(report_t *report)
{
    int code = read_conditions(report);
    for (unsigned i = 0; i < KT_COUNT(parts) && code == 0; i++)
        if (report->wanted[i])
            code = parts[i].measure(report);
    return code;
}

static int
bench_report(cli_t *cli)
{
    report_t *report = calloc(1, sizeof *report);
    if (!report)
        return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    report->cli = cli;
    int code = read_options(report);
    bench_catch_signals();
    pace_begin();
    if (code == 0)
        code = measure(report);
    if (code == 0)
        code = write_files(report);
    if (code == 0)
        code = print_goals(report);
    if (code == 0)
        cli_say(cli, "written: %s/report.md; goals: %u held, %u missed, %u not measured",
                report->out, report_count(report, REPORT_HELD), report_count(report, REPORT_MISSED),
                report_count(report, REPORT_UNMEASURED));
    free(report);
    return code;
}

static const cli_option_t options[] = {
    {"anchors", 0, "DIR", "where the floor programs and the peers' clients were built"},
    {"postgres-sql", 0, "DIR", "schema.sql, func.sql, many1000.sql: measure PostgreSQL too"},
    {"out", 0, "FOLDER", "where report.md and its plots go (docs/benchmarks)"},
    {"dir", 0, "FOLDER", "where temporary folders are made ($TMPDIR, /tmp)"},
    {"rounds", 0, "N", "of which medians are told (5; with --quick 3)"},
    {"seconds", 0, "SECONDS", "of a round (2; with --quick 0.5)"},
    {"only", 0, "PART,...", "some of echo, postings, growth"},
    {"quick", 0, NULL, "short rounds, and books of a million entries at most"},
    {"progress", 0, NULL, "progress as lines where there is no terminal"},
};
static const char *const examples[] = {
    "kantor bench report --anchors /tmp/anchors --postgres-sql /tmp/anchors/sql --dir /var/tmp",
    "kantor bench report --anchors /tmp/anchors --quick --only echo --out /tmp/report", NULL};
const cli_verb_t cli_verb_bench_report = {
    .name = "bench report",
    .operands = "",
    .summary = "Measures an office beside floors and peers, and writes a page.",
    .about =
        "Starts an office of its own, the bare forwarder and posting loop, gRPC behind HAProxy, "
        "NATS and\n"
        "PostgreSQL, lets them take turns round by round, and writes report.md with a plot for "
        "each table.\n"
        "What is not there is named as not measured. The goals are printed as well; whether they "
        "are held\n"
        "does not change the exit code. Takes about a quarter of an hour, with --quick two "
        "minutes; PostgreSQL\n"
        "runs as the user postgres when this is root's.",
    .options = options,
    .options_count = KT_COUNT(options),
    .examples = examples,
    .run = bench_report,
};
