/* kantor legal read */
#include "../display.h"
#include "../progress.h"
#include "../verbs.h"
#include "legal.h"

#include <errno.h>
#include <kt/sha256.h>
#include <kt/time.h>

typedef struct reading {
    cli_t *cli;
    kt_reply_t reply;
    FILE *to;
    uint64_t done;
    kt_sha256_t sha;
    cli_progress_t progress;
} reading_t;

static int
take(reading_t *r, const legal_version_chunk_t *chunk)
{
    kt_sha256_add(&r->sha, kt_span(chunk->data.data, chunk->data.len));
    if (fwrite(chunk->data.data, 1, chunk->data.len, r->to) != chunk->data.len)
        return cli_fail(r->cli, CLI_EXIT_OUTPUT, "%s", strerror(errno));
    r->done += chunk->data.len;
    cli_progress_step(&r->progress, r->done, (uint64_t)chunk->size, kt_clock_mono_us());
    return 0;
}

static int
receive(reading_t *r, const legal_read_version_request_t *request)
{
    kt_stream_t *stream = NULL;
    kt_call_options_t options = cli_call_options(r->cli, NULL);
    kt_status_t status = kt_client_open(
        r->cli->client, &legal_contracts_service.methods[LEGAL_CONTRACTS_READ_VERSION], &options,
        &request->base, &stream);
    if (kt_failed(status))
        return cli_report_status(r->cli, request->contract, status);
    int code = 0;
    while (code == 0 && !kt_failed(status = kt_stream_receive(stream, &r->reply)))
        code = take(r, (const legal_version_chunk_t *)r->reply.message);
    cli_progress_end(&r->progress, kt_clock_mono_us());
    if (code == 0 && status.code != KT_OUT_OF_RANGE)
        code = cli_report_status(r->cli, request->contract, status);
    else if (code == 0 && kt_failed(r->reply.status))
        code = cli_report(r->cli, request->contract, &r->reply);
    kt_stream_close(&stream);
    return code;
}

/* Standard output, or --to. */
static int
open_to(reading_t *r, const char *path)
{
    r->to = path ? fopen(path, "we") : r->cli->out;
    return r->to ? 0 : cli_fail(r->cli, CLI_EXIT_OUTPUT, "%s: %s", path, strerror(errno));
}

static int
read_version(cli_t *cli)
{
    reading_t r = {.cli = cli};
    uint64_t version;
    char hex[LEG_HASH_CHARS + 1];
    const char *path = cli_text(cli, "to");
    legal_read_version_request_t request = LEGAL_READ_VERSION_REQUEST_INIT;
    if (!cli_number(cli, "version", 0, UINT32_MAX, 0, &version))
        return CLI_EXIT_USAGE;
    request.contract = leg_request_text(cli->operands[0]);
    request.version = (uint32_t)version;
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    kt_status_t status = kt_reply_init(&r.reply);
    if (kt_failed(status))
        return cli_report_status(cli, "reply", status);
    kt_sha256_init(&r.sha);
    cli_progress_begin(&r.progress, cli->err,
                       path && !cli->quiet ? cli_progress_choose(cli->err, false)
                                           : CLI_PROGRESS_NONE,
                       "reading", "bytes");
    code = open_to(&r, path);
    if (code == 0)
        code = receive(&r, &request);
    if (path && r.to && fclose(r.to) != 0 && code == 0)
        code = cli_fail(cli, CLI_EXIT_OUTPUT, "%s: %s", path, strerror(errno));
    kt_hash_t hash = kt_sha256_end(&r.sha);
    cli_hex(hash.bytes, sizeof hash.bytes, hex);
    if (code == 0)
        cli_say(cli, "%llu bytes, sha256 %s", (unsigned long long)r.done, hex);
    kt_reply_fini(&r.reply);
    return code;
}

static const cli_option_t options[] = {
    {"version", 0, "N", "which version; else the newest"},
    {"to", 0, "FILE", "write it there; else to standard output"},
};
static const char *const examples[] = {"kantor legal read c-2026-001 --to contract.pdf",
                                       "kantor legal read c-2026-001 --version 1 | less", NULL};
const cli_verb_t cli_verb_legal_read = {
    .name = "legal read",
    .operands = "CONTRACT",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Reads a version of a contract.",
    .about = "Tells the SHA-256 of what was read, which approvals and signatures name.",
    .options = options,
    .options_count = KT_COUNT(options),
    .examples = examples,
    .run = read_version,
};
