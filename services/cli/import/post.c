/* The second pass: posts entries in batches, several on their way at once. */
#include "job.h"

#include <kantor/finance/v1/ledger.client.kt.h>
#include <stdlib.h>

#define BATCHES       4 /* on their way at once */
#define BATCH_ENTRIES 250
#define BATCH_LINES   8000         /* but for one entry that is larger by itself */
#define BATCH_BYTES   (512u << 10) /* before its last entry */
#define ENTRY_BYTES   (3u << 20)   /* with BATCH_BYTES within one message */
#define ARENA_FIRST   (256u << 10)
#define ARENA_LIMIT   (16u << 20)

/* What a batch on its way needs to be remembered for. */
typedef struct sent {
    bool open;
    unsigned count;
    uint64_t lines[BATCH_ENTRIES]; /* where its entries stand in the file */
} sent_t;

typedef struct poster {
    imp_job_t *job;
    imp_reader_t *reader;
    imp_sources_t sources;
    kt_arena_t *arena; /* of the batch that is filled */
    fin_entry_draft_t *drafts[BATCH_ENTRIES];
    unsigned drafts_count, lines_count;
    size_t bytes; /* about as many as the drafts have */
    sent_t sent[BATCHES];
    sent_t *filling;
    uint64_t settled; /* entries whose outcome is known */
    kt_reply_t reply;
} poster_t;

static char *
copied(const poster_t *p, const char *text)
{
    return kt_arena_strdup(p->arena, text);
}

/* The amount of LINE in minor units of the book; false after the entry was refused. */
static bool
amount_of(poster_t *p, const imp_line_t *line, int64_t *minor)
{
    const imp_plan_t *plan = &p->job->plan;
    uint32_t number = cli_names_find(plan->commodities, kt_span_str(line->commodity));
    int scale = number == CLI_NAMES_NONE ? -1 : plan->by_number[number].scale;
    char reason[160];
    if (cli_decimal_to_minor(&line->amount, scale, minor))
        return true;
    if (line->amount.scale > scale)
        snprintf(reason, sizeof reason, "%d decimal places of %s, of which the book keeps %d",
                 line->amount.scale, line->commodity, scale);
    else
        snprintf(reason, sizeof reason,
                 "an amount of %s that does not fit 64 bits at %d decimal places", line->commodity,
                 scale);
    imp_refused(p->job, KT_OUT_OF_RANGE, line->line, reason);
    return false;
}

/* About as many bytes as an entry takes in a message. */
static size_t
entry_bytes(const imp_entry_t *entry)
{
    size_t bytes = strlen(entry->description) + 256;
    for (unsigned i = 0; i < entry->lines_count; i++)
        bytes += strlen(entry->lines[i].account) + strlen(entry->lines[i].commodity) +
                 strlen(entry->lines[i].memo) + 32;
    return bytes;
}

/* Makes a draft of ENTRY in the arena; NULL when there is no room, or after the entry was refused.
 */
static fin_entry_draft_t *
draft_of(poster_t *p, const imp_entry_t *entry, bool *refused)
{
    char source[IMP_SOURCE_BYTES_MAX + 1];
    fin_entry_draft_t *draft = KT_ARENA_NEW(p->arena, fin_entry_draft_t);
    fin_line_t **lines = KT_ARENA_ARRAY(p->arena, fin_line_t *, entry->lines_count);
    fin_line_t *each = KT_ARENA_ARRAY(p->arena, fin_line_t, entry->lines_count);
    if (!draft || !lines || !each ||
        !imp_sources_next(&p->sources, p->job->source, entry->digest, source))
        return NULL;
    *draft = (fin_entry_draft_t)FIN_ENTRY_DRAFT_INIT;
    draft->date = copied(p, entry->date);
    draft->description = copied(p, entry->description);
    draft->source_ref = copied(p, source);
    draft->one_sided = entry->one_sided;
    draft->lines = lines;
    draft->n_lines = entry->lines_count;
    for (unsigned i = 0; i < entry->lines_count; i++) {
        const imp_line_t *line = &entry->lines[i];
        each[i] = (fin_line_t)FIN_LINE_INIT;
        each[i].account = copied(p, line->account);
        each[i].commodity = copied(p, line->commodity);
        each[i].memo = copied(p, line->memo);
        lines[i] = &each[i];
        if (!amount_of(p, line, &each[i].amount_minor)) {
            *refused = true;
            return NULL;
        }
    }
    return kt_arena_exhausted(p->arena) ? NULL : draft;
}

/* Counts what became of each entry of a batch. */
static void
settle(poster_t *p, const sent_t *sent)
{
    imp_job_t *job = p->job;
    const fin_post_entries_response_t *response = (const fin_post_entries_response_t *)
                                                      p->reply.message;
    for (unsigned i = 0; i < sent->count && i < response->n_results; i++) {
        const fin_post_result_t *result = response->results[i];
        char reason[512];
        if (result->code == KT_OK) {
            job->posted++;
        } else if (strcmp(result->reason, "SOURCE_EXISTS") == 0) {
            job->there++;
        } else if (strcmp(result->reason, "SOURCE_CONFLICT") == 0) {
            job->reworded++; /* the same date, code, description and postings: only comments differ
                              */
        } else {
            snprintf(reason, sizeof reason, "%s: %s", result->reason, result->message);
            imp_refused(job, result->code, sent->lines[i], reason);
        }
    }
    p->settled += sent->count;
    cli_progress_step(&job->progress, p->settled, job->plan.entries, kt_clock_mono_us());
}

/* Waits for one batch. 0, or an exit code after saying why it failed. */
static int
take_reply(poster_t *p)
{
    uint64_t tag;
    kt_status_t status = kt_client_next(p->job->cli->client, -1, &tag, &p->reply);
    if (kt_failed(status))
        return cli_report_status(p->job->cli, "posting", status);
    sent_t *sent = &p->sent[tag];
    sent->open = false;
    if (!kt_failed(p->reply.status)) {
        settle(p, sent);
        return 0;
    }
    cli_progress_hide(&p->job->progress);
    int code = cli_report(p->job->cli, "posting", &p->reply);
    cli_say(p->job->cli, "Import again to go on: what was posted is not posted twice.");
    return code;
}

/* Finds a place for the next batch, waiting for a reply when all are on their way. */
static int
begin_batch(poster_t *p)
{
    kt_arena_reset(p->arena);
    p->drafts_count = p->lines_count = 0;
    p->bytes = 0;
    for (;;) {
        for (unsigned i = 0; i < BATCHES; i++)
            if (!p->sent[i].open) {
                p->filling = &p->sent[i];
                p->filling->count = 0;
                return 0;
            }
        int code = take_reply(p);
        if (code != 0)
            return code;
    }
}

static int
send_batch(poster_t *p)
{
    cli_t *cli = p->job->cli;
    fin_post_entries_request_t request = FIN_POST_ENTRIES_REQUEST_INIT;
    kt_call_options_t options = cli_call_options(cli, NULL);
    if (p->drafts_count == 0)
        return 0;
    request.book = (char *)(uintptr_t)p->job->book;
    request.entries = p->drafts;
    request.n_entries = p->drafts_count;
    request.mode = FIN_BATCH_MODE_EACH;
    p->filling->open = true;
    kt_status_t status = kt_client_start(cli->client,
                                         &fin_ledger_service.methods[FIN_LEDGER_POST_ENTRIES],
                                         &options, &request.base, (uint64_t)(p->filling - p->sent));
    if (kt_failed(status))
        return cli_report_status(cli, "posting", status);
    return begin_batch(p);
}

static bool
fits(const poster_t *p, const imp_entry_t *entry)
{
    return p->drafts_count < BATCH_ENTRIES && p->bytes < BATCH_BYTES &&
           p->lines_count + entry->lines_count <= BATCH_LINES;
}

static int
add_entry(poster_t *p, const imp_entry_t *entry)
{
    bool refused = false;
    if (entry->problem || entry->lines_count == 0) {
        p->settled++;
        return 0; /* refused in the first pass, or nothing to post */
    }
    size_t bytes = entry_bytes(entry);
    if (bytes > ENTRY_BYTES) {
        imp_refused(p->job, KT_RESOURCE_EXHAUSTED, entry->line,
                    "an entry of more than 3 MiB: shorten its comments");
        p->settled++;
        return 0;
    }
    if (p->drafts_count > 0 && !fits(p, entry)) {
        int code = send_batch(p);
        if (code != 0)
            return code;
    }
    fin_entry_draft_t *draft = draft_of(p, entry, &refused);
    p->settled += refused;
    if (refused)
        return 0;
    if (!draft)
        return cli_fail(p->job->cli, CLI_EXIT_BUG, "out of memory");
    p->filling->lines[p->filling->count++] = entry->line;
    p->drafts[p->drafts_count++] = draft;
    p->lines_count += entry->lines_count;
    p->bytes += bytes;
    return 0;
}

static int
post_all(poster_t *p)
{
    imp_entry_t entry;
    imp_result_t result;
    int code = begin_batch(p);
    while (code == 0 && (result = imp_reader_next(p->reader, &entry)) != IMP_END)
        code = result == IMP_BAD ? imp_unreadable(p->job, p->reader) : add_entry(p, &entry);
    if (code == 0)
        code = send_batch(p);
    while (code == 0 && kt_client_open_calls(p->job->cli->client) > 0)
        code = take_reply(p);
    return code;
}

int
imp_post(imp_job_t *job)
{
    int code = CLI_EXIT_BUG;
    poster_t *p = calloc(1, sizeof *p);
    if (!p)
        return cli_fail(job->cli, code, "out of memory");
    p->job = job;
    p->reader = imp_reader_new(job->in, job->unbalanced);
    p->arena = kt_arena_new(ARENA_FIRST, ARENA_LIMIT);
    bool ready = imp_sources_init(&p->sources) && p->reader && p->arena &&
                 !kt_failed(kt_reply_init(&p->reply));
    if (ready) {
        cli_progress_begin(&job->progress, job->cli->err, job->progress.mode, "posting", "entries");
        code = post_all(p);
        cli_progress_end(&job->progress, kt_clock_mono_us());
        kt_reply_fini(&p->reply);
    } else {
        cli_fail(job->cli, code, "out of memory");
    }
    imp_sources_fini(&p->sources);
    imp_reader_destroy(&p->reader);
    kt_arena_destroy(&p->arena);
    free(p);
    return code;
}
