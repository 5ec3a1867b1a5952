/* kantor finance import */
#include "../display.h"
#include "../output.h"
#include "../verbs.h"
#include "job.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define COPY_BYTES 65536

void
imp_refused(imp_job_t *job, int code, uint64_t line, const char *reason)
{
    job->refused++;
    if (job->first_refusal == 0)
        job->first_refusal = code;
    if (job->refused > IMP_REFUSALS_SHOWN_MAX)
        return;
    cli_progress_hide(&job->progress);
    fprintf(job->cli->err, "%s:%llu: ", job->file_name, (unsigned long long)line);
    cli_display_put(job->cli->err, reason); /* which may quote what the file says */
    fputc('\n', job->cli->err);
    if (job->refused == IMP_REFUSALS_SHOWN_MAX)
        fprintf(job->cli->err, "%s: further refusals are only counted\n", job->file_name);
}

int
imp_unreadable(imp_job_t *job, const imp_reader_t *reader)
{
    uint64_t line;
    const char *problem = imp_reader_problem(reader, &line);
    cli_progress_hide(&job->progress);
    fprintf(job->cli->err, "%s:%llu: %s\n", job->file_name, (unsigned long long)line, problem);
    return KT_INVALID_ARGUMENT;
}

/* Copies what cannot be read twice to a file without a name. NULL when that fails. */
static FILE *
spool(FILE *from)
{
    static char buffer[COPY_BYTES];
    FILE *to = tmpfile();
    for (size_t size; to && (size = fread(buffer, 1, sizeof buffer, from)) > 0;)
        if (fwrite(buffer, 1, size, to) != size)
            break;
    if (to && (ferror(from) || ferror(to) || fflush(to) != 0)) {
        fclose(to);
        to = NULL;
    }
    if (to)
        rewind(to);
    return to;
}

/* Opens the file, or standard input for "-", so that it can be read twice. False after saying why
 * not. */
static bool
open_input(imp_job_t *job, const char *path)
{
    bool input = strcmp(path, "-") == 0;
    struct stat stat;
    job->file_name = input ? "standard input" : path;
    FILE *in = input ? stdin : fopen(path, "re");
    if (in && fstat(fileno(in), &stat) == 0 && S_ISREG(stat.st_mode) && !input) {
        job->in = in;
        job->in_bytes = (uint64_t)stat.st_size;
    } else if (in) {
        job->in = spool(in);
        if (!input)
            fclose(in);
    }
    if (!job->in)
        cli_fail(job->cli, CLI_EXIT_NOINPUT, "%s: %s", job->file_name, strerror(errno));
    return job->in != NULL;
}

/* The whole file once: nothing is posted yet. 0, or an exit code after saying why not. */
static int
first_pass(imp_job_t *job)
{
    imp_entry_t entry;
    imp_result_t result;
    imp_reader_t *reader = imp_reader_new(job->in, job->unbalanced);
    int code = reader ? 0 : cli_fail(job->cli, CLI_EXIT_BUG, "out of memory");
    cli_progress_begin(&job->progress, job->cli->err, job->progress.mode, "reading", "bytes");
    while (code == 0 && (result = imp_reader_next(reader, &entry)) != IMP_END) {
        if (result == IMP_BAD)
            code = imp_unreadable(job, reader);
        else if (!imp_plan_add(&job->plan, &entry))
            code = cli_fail(job->cli, CLI_EXIT_BUG,
                            "out of memory, or more than 10,000 commodities");
        else if (entry.problem)
            imp_refused(job, KT_INVALID_ARGUMENT, entry.problem_line, entry.problem);
        cli_progress_step(&job->progress, imp_reader_bytes(reader), job->in_bytes,
                          kt_clock_mono_us());
    }
    cli_progress_hide(&job->progress);
    imp_reader_destroy(&reader);
    return code;
}

static int
summary(imp_job_t *job, bool checked)
{
    static const out_column_t columns[] = {
        {"read", "read", OUT_NUMBER},
        {"posted", "posted", OUT_NUMBER},
        {"there", "there", OUT_NUMBER},
        {"empty", "empty", OUT_NUMBER},
        {"refused", "refused", OUT_NUMBER},
        {"accounts", "accounts", OUT_NUMBER},
        {"commodities", "commodities", OUT_NUMBER},
    };
    const imp_plan_t *plan = &job->plan;
    if (job->cli->format != CLI_TABLE) {
        uint64_t numbers[] = {plan->entries,
                              job->posted,
                              job->there + job->reworded,
                              plan->empty,
                              job->refused,
                              cli_names_count(plan->accounts),
                              cli_names_count(plan->commodities)};
        char text[KT_COUNT(columns)][24];
        const char *cells[KT_COUNT(columns)];
        for (unsigned i = 0; i < KT_COUNT(columns); i++) {
            snprintf(text[i], sizeof text[i], "%llu", (unsigned long long)numbers[i]);
            cells[i] = text[i];
        }
        out_t *out = out_new(job->cli->out, job->cli->format, columns, KT_COUNT(columns));
        if (!out)
            return cli_fail(job->cli, CLI_EXIT_BUG, "out of memory");
        out_row(out, cells);
        return out_end(&out) ? 0 : CLI_EXIT_OUTPUT;
    }
    fprintf(job->cli->out, "%llu entries read, %s to %s: ", (unsigned long long)plan->entries,
            plan->first[0] ? plan->first : "?", plan->last[0] ? plan->last : "?");
    if (checked)
        fprintf(job->cli->out, "%llu can be posted",
                (unsigned long long)(plan->entries - plan->empty - plan->refused));
    else
        fprintf(job->cli->out, "%llu posted, %llu already there", (unsigned long long)job->posted,
                (unsigned long long)(job->there + job->reworded));
    fprintf(job->cli->out, ", %llu empty, %llu refused\n", (unsigned long long)plan->empty,
            (unsigned long long)job->refused);
    if (plan->cut > 0)
        cli_say(job->cli,
                "%llu entries had longer texts than Kantor keeps (500 bytes); these were cut",
                (unsigned long long)plan->cut);
    if (job->reworded > 0)
        cli_say(job->cli,
                "%llu of those already there have other comments now; they stay as posted",
                (unsigned long long)job->reworded);
    return 0;
}

static int
run_job(imp_job_t *job, bool check)
{
    if (!imp_plan_init(&job->plan))
        return cli_fail(job->cli, CLI_EXIT_BUG, "out of memory");
    int code = first_pass(job);
    if (code == 0 && !check)
        code = cli_connect(job->cli);
    if (code == 0 && !check)
        code = imp_prepare(job);
    if (code == 0 && !check) {
        rewind(job->in);
        code = imp_post(job);
    }
    if (code == 0 || job->posted + job->there + job->reworded > 0) {
        int wrote = summary(job, check);
        code = code != 0 ? code : wrote;
    }
    return code != 0 ? code : job->first_refusal;
}

/* --source, --unbalanced and --scale; false after saying what is wrong. */
static bool
read_options(imp_job_t *job)
{
    static const char *const ways[] = {
        [IMP_REFUSE] = "refuse", [IMP_AT_COST] = "cost", [IMP_TAKE] = "all"};
    const char *way = cli_text(job->cli, "unbalanced"), *given;
    unsigned cursor = 0, found = way ? KT_COUNT(ways) : IMP_AT_COST;
    for (unsigned i = 0; way && i < KT_COUNT(ways); i++)
        if (strcmp(ways[i], way) == 0)
            found = i;
    if (found == KT_COUNT(ways)) {
        cli_fail(job->cli, 0, "--unbalanced is refuse, cost or all, not '%s'", way);
        return false;
    }
    job->unbalanced = (imp_unbalanced_t)found;
    job->source = cli_text(job->cli, "source") ? cli_text(job->cli, "source") : "import";
    if (strlen(job->source) == 0 || strlen(job->source) > IMP_SOURCE_PREFIX_BYTES_MAX ||
        !kt_utf8_valid(kt_span_str(job->source))) {
        cli_fail(job->cli, 0, "--source is 1 to 64 bytes of UTF-8");
        return false;
    }
    while ((given = cli_each(job->cli, "scale", &cursor))) {
        const char *equals = strrchr(given, '=');
        char *end = NULL;
        unsigned long scale = equals ? strtoul(equals + 1, &end, 10) : 0;
        if (!equals || equals == given || end == equals + 1 || *end != 0 || scale > CLI_SCALE_MAX) {
            cli_fail(job->cli, 0, "--scale is COMMODITY=0..18, not '%s'", given);
            return false;
        }
    }
    return true;
}

static int
import(cli_t *cli)
{
    imp_job_t job = {.cli = cli};
    bool check = cli_flag(cli, "check");
    job.book = check ? "" : cli_required(cli, "book");
    if (!job.book || !read_options(&job))
        return CLI_EXIT_USAGE;
    if (!open_input(&job, cli->operands[0]))
        return CLI_EXIT_NOINPUT;
    if (!cli->quiet)
        job.progress.mode = cli_progress_choose(cli->err, cli_flag(cli, "progress"));
    int code = run_job(&job, check);
    imp_plan_fini(&job.plan);
    fclose(job.in);
    return code;
}

static const cli_option_t options[] = {
    {"book", 'b', "BOOK", "the book to post into; made (kind COMPANY) when it is not there"},
    {"source", 0, "NAME", "prefix of the source references, which tell what was imported (import)"},
    {"scale", 0, "C=N", "keep N decimal places of commodity C when it is new; may be repeated"},
    {"unbalanced", 0, "WAY", "one-sided entries: refuse, cost (all but money), or all (cost)"},
    {"check", 0, NULL, "only read and check; needs no office"},
    {"progress", 0, NULL, "progress as lines where there is no terminal"},
};
static const char *const examples[] = {
    "hledger -f books.journal print -x -O csv | kantor finance import --book acme -",
    "kantor finance import --check books.csv",
    "kantor finance import --book acme --scale 'BTC=8' books.csv",
    NULL,
};
const cli_verb_t cli_verb_finance_import = {
    .name = "finance import",
    .operands = "FILE|-",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Posts what 'hledger print -x -O csv' writes.",
    .about =
        "Reads the file once to check it and to find its accounts and commodities, opens what is\n"
        "missing, then posts entry by entry. Every entry carries a source reference made from its\n"
        "content, so the same file, or one that overlaps it, can be imported again, also after an\n"
        "interruption: nothing is posted twice. A line that is wrong is named as FILE:LINE: REASON "
        "and\n"
        "nothing of its entry is posted; the other entries are, and the exit code is not 0.\n"
        "\n"
        "Amounts without a commodity get the commodity '(none)'. Unbalanced virtual postings, and\n"
        "entries in one commodity that is not money (a split at cost), are balanced on the "
        "ledger's\n"
        "trading accounts, which needs the role finance.clerk.",
    .options = options,
    .options_count = KT_COUNT(options),
    .examples = examples,
    .run = import,
};
