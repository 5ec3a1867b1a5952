/* kantor verify and kantor backup: the store of a running department. */
#include "store.h"
#include "connect.h"
#include "display.h"
#include "output.h"
#include "progress.h"
#include "verbs.h"
#include "witness.h"

#include <kantor/store/v1/store.client.kt.h>
#include <kt/sha256.h>
#include <kt/time.h>

#define VERIFY_TIMEOUT_MS KT_TIMEOUT_MS_MAX /* reading a whole store takes as long as it takes */

/* A streaming call of the department's Store service, with its progress. */
typedef struct work {
    cli_t *cli;
    const char *department;
    kt_reply_t reply;
    kt_stream_t *stream;
    cli_progress_t progress;
} work_t;

static int
work_begin(work_t *w, cli_t *cli, unsigned method, const ProtobufCMessage *request,
           const char *what, const char *unit)
{
    w->cli = cli;
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    kt_status_t status = kt_reply_init(&w->reply);
    kt_call_options_t options = cli_call_options(cli, w->department);
    if (options.timeout_ms == 0)
        options.timeout_ms = VERIFY_TIMEOUT_MS;
    options.once = true; /* a day is long enough to be told that the department died of it */
    if (!kt_failed(status))
        status = kt_client_open(cli->client, &store_store_service.methods[method], &options,
                                request, &w->stream);
    if (kt_failed(status))
        return cli_report_status(cli, w->department, status);
    cli_progress_mode_t mode = cli->quiet
                                   ? CLI_PROGRESS_NONE
                                   : cli_progress_choose(cli->err, cli_flag(cli, "progress"));
    cli_progress_begin(&w->progress, cli->err, mode, what, unit);
    return 0;
}

/* The next message; NULL at the end, with *CODE the exit code. */
static const void *
work_next(work_t *w, int *code)
{
    kt_status_t status = kt_stream_receive(w->stream, &w->reply);
    if (!kt_failed(status))
        return w->reply.message;
    cli_progress_end(&w->progress, kt_clock_mono_us());
    if (status.code != KT_OUT_OF_RANGE)
        *code = cli_report_status(w->cli, w->department, status);
    else
        *code = kt_failed(w->reply.status) ? cli_report(w->cli, w->department, &w->reply) : 0;
    return NULL;
}

static void
work_end(work_t *w)
{
    if (w->stream)
        kt_stream_close(&w->stream);
    kt_reply_fini(&w->reply);
}

static void
root_hex(const ProtobufCBinaryData *root, char out[2 * KT_SHA256_BYTES + 1])
{
    cli_hex(root->data, KT_MIN(root->len, KT_SHA256_BYTES), out);
}

static void
put_life(FILE *out, const char *department, const store_life_t *life)
{
    char began[28], root[2 * KT_SHA256_BYTES + 1];
    kt_time_format(life->began_us, began);
    root_hex(&life->journal_root, root);
    fprintf(out, "%s: epoch %llu since %.19sZ: put back by ", department,
            (unsigned long long)life->epoch, began);
    cli_display_put(out, life->by);
    fputs(" from ", out);
    cli_display_put(out, life->from);
    fprintf(out, ", to %llu records, root %s\n", (unsigned long long)life->journal_size, root);
}

/* When it was put back, and to which history. A program from before lives were kept says nothing.
 */
static int
say_lives(cli_t *cli, const char *department)
{
    kt_call_options_t options = cli_call_options(cli, department);
    store_lives_request_t request = STORE_LIVES_REQUEST_INIT;
    const store_lives_response_t *answer;
    kt_reply_t reply;
    kt_status_t status = kt_reply_init(&reply);
    if (!kt_failed(status))
        status = store_store_lives(cli->client, &options, &request, &reply, &answer);
    for (size_t i = 1; !kt_failed(status) && i < answer->n_lives; i++)
        put_life(cli->format == CLI_TABLE ? cli->out : cli->err, department, answer->lives[i]);
    kt_reply_fini(&reply);
    return kt_failed(status) && status.code != KT_UNIMPLEMENTED
               ? cli_report_status(cli, department, status)
               : 0;
}

static int
verify_one(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"table", "table", OUT_TEXT}, {"key", "key", OUT_TEXT}, {"what", "what differs", OUT_TEXT}};
    store_verify_request_t request = STORE_VERIFY_REQUEST_INIT;
    const store_verify_progress_t *message;
    work_t w = {.department = cli->operands[0]};
    uint64_t found = 0, size = 0;
    char root[2 * KT_SHA256_BYTES + 1] = "";
    bool finished = false;
    out_t *out = NULL;
    int code = work_begin(&w, cli, STORE_STORE_VERIFY, &request.base, "verifying", "records");
    while (code == 0 && (message = work_next(&w, &code))) {
        for (size_t i = 0; i < message->n_findings; i++) {
            const store_finding_t *f = message->findings[i];
            if (!out)
                out = out_new(cli->out, cli->format, columns, KT_COUNT(columns));
            if (out)
                out_row(out, (const char *const[]){f->table, f->key, f->what});
        }
        found = KT_MAX(found + message->n_findings, message->findings_count);
        cli_progress_step(&w.progress, message->done, message->all, kt_clock_mono_us());
        if (message->finished) {
            finished = true;
            size = message->journal_size;
            root_hex(&message->journal_root, root);
        }
    }
    if (!out && code == 0 && cli->format != CLI_TABLE)
        out = out_new(cli->out, cli->format, columns, KT_COUNT(columns));
    if (out && !out_end(&out) && code == 0)
        code = CLI_EXIT_OUTPUT;
    if (code == 0 && !finished)
        code = cli_fail(cli, KT_UNKNOWN, "%s: the verification ended before its end", w.department);
    if (code == 0 && found > 0)
        code = cli_fail(cli, KT_DATA_LOSS,
                        "%s: %llu records differ; restore a backup beside it and compare",
                        w.department, (unsigned long long)found);
    else if (code == 0)
        fprintf(cli->format == CLI_TABLE ? cli->out : cli->err,
                "%s: nothing differs; journal of %llu records, root %s\n", w.department,
                (unsigned long long)size, root);
    work_end(&w);
    return code == 0 ? say_lives(cli, w.department) : code;
}

static int
verify(cli_t *cli)
{
    if (cli_flag(cli, "witness"))
        return cli_verify_witnesses(cli);
    if (cli->operands_count == 0)
        return cli_fail(cli, CLI_EXIT_USAGE, "DEPARTMENT is missing");
    return verify_one(cli);
}

static const cli_option_t verify_options[] = {
    {"witness", 0, NULL, "hold it, or all, to what the others have seen of its journal"},
    {"progress", 0, NULL, "progress as lines where there is no terminal"},
};
static const char *const verify_examples[] = {"kantor verify finance", "kantor verify --witness",
                                              NULL};
const cli_verb_t cli_verb_verify = {
    .name = "verify",
    .operands = "[DEPARTMENT]",
    .operands_max = 1,
    .summary = "Recomputes a department's journal and all that can be derived.",
    .about = "Recomputes the Merkle log from its records, holds every table against it, and every "
             "balance\n"
             "against the entries. What differs is listed, and the exit code is 15 (DATA_LOSS).\n"
             "With --witness, asks every department what it has seen of the others' journals, and "
             "the others for\n"
             "proofs that theirs still begin with that. A store that was put back by 'kantor "
             "restore' is told\n"
             "as such (9, FAILED_PRECONDITION): its journal has the restore and begins with what "
             "was seen before\n"
             "it. One that was brought back otherwise or rewritten is named (15). When none "
             "was found but not all\n"
             "could be asked, it is 14 (UNAVAILABLE).\n"
             "Needs the role it.operator or auditor.",
    .options = verify_options,
    .options_count = KT_COUNT(verify_options),
    .examples = verify_examples,
    .run = verify,
};

int
cli_store_backup(cli_t *cli, const char *department, const char *name, cli_backup_t *made)
{
    store_backup_request_t request = STORE_BACKUP_REQUEST_INIT;
    const store_backup_progress_t *message;
    work_t w = {.department = department};
    request.name = (char *)(uintptr_t)(name ? name : "");
    *made = (cli_backup_t){0};
    int code = work_begin(&w, cli, STORE_STORE_BACKUP, &request.base, "copying", "bytes");
    while (code == 0 && (message = work_next(&w, &code))) {
        cli_progress_step(&w.progress, message->done_bytes, message->all_bytes, kt_clock_mono_us());
        if (!message->path[0])
            continue;
        snprintf(made->path, sizeof made->path, "%s", message->path);
        made->bytes = message->done_bytes;
        made->journal_size = message->journal_size;
        made->epoch = message->epoch;
        memcpy(made->journal_root.bytes, message->journal_root.data,
               KT_MIN(message->journal_root.len, sizeof made->journal_root.bytes));
    }
    if (code != 0 && kt_failed(w.reply.status))
        snprintf(made->why, sizeof made->why, "%s", w.reply.status.text);
    work_end(&w);
    if (code == 0 && !made->path[0])
        code = cli_fail(cli, KT_UNKNOWN, "%s: the backup ended before its end", department);
    return code;
}

static int
backup(cli_t *cli)
{
    static const out_column_t columns[] = {{"path", "path", OUT_TEXT},
                                           {"bytes", "bytes", OUT_NUMBER},
                                           {"epoch", "epoch", OUT_NUMBER},
                                           {"journal_size", "journal records", OUT_NUMBER},
                                           {"journal_root", "journal root", OUT_TEXT}};
    cli_backup_t made;
    char root[2 * KT_SHA256_BYTES + 1], bytes[24], epoch[24], size[24];
    int code = cli_store_backup(cli, cli->operands[0], cli_text(cli, "name"), &made);
    if (code != 0)
        return code;
    snprintf(bytes, sizeof bytes, "%llu", (unsigned long long)made.bytes);
    snprintf(epoch, sizeof epoch, "%llu", (unsigned long long)made.epoch);
    snprintf(size, sizeof size, "%llu", (unsigned long long)made.journal_size);
    cli_hex(made.journal_root.bytes, sizeof made.journal_root.bytes, root);
    out_t *out = out_new(cli->out, cli->format, columns, KT_COUNT(columns));
    if (!out)
        return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    out_row(out, (const char *const[]){made.path, bytes, epoch, size, root});
    return out_end(&out) ? 0 : CLI_EXIT_OUTPUT;
}

static const cli_option_t backup_options[] = {
    {"name", 0, "NAME", "of the backup; else named by time"},
    {"progress", 0, NULL, "progress as lines where there is no terminal"},
};
static const char *const backup_examples[] = {"kantor backup finance",
                                              "kantor backup finance --name before-close", NULL};
const cli_verb_t cli_verb_backup = {
    .name = "backup",
    .operands = "DEPARTMENT",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Copies a department's store while it runs, and checks the copy.",
    .about = "The copy lies in the department's backup folder; it was reopened and read through "
             "before this\n"
             "ends with 0. 'kantor restore' brings it back. Needs the role it.operator.",
    .options = backup_options,
    .options_count = KT_COUNT(backup_options),
    .examples = backup_examples,
    .run = backup,
};
