/* kantor call: any method, JSON in and JSON out. */
#include "contracts.h"
#include "json_split.h"
#include "output.h"
#include "verbs.h"

#include <kt/json.h>
#include <kt/time.h>

#define ARENA_FIRST ((size_t)256 << 10)
#define ARENA_LIMIT ((size_t)256 << 20)
#define POLL_MS     100

typedef struct call {
    cli_t *cli;
    cli_contracts_t *contracts;
    const cli_method_t *method;
    const kt_method_t *contract;
    kt_call_options_t options;
    kt_json_options_t json;
    kt_ulid_t key;
    kt_arena_t *arena; /* of one message */
    FILE *in;          /* where requests come from */
    cli_json_split_t *split;
    kt_reply_t reply;
    uint64_t sent, received;
} call_t;

/* Reads the next request. NOT_FOUND when there is none. */
static kt_status_t
next_request(call_t *c, ProtobufCMessage **message)
{
    kt_span_t text;
    kt_arena_reset(c->arena);
    KT_TRY(cli_json_split_next(c->split, &text));
    c->sent++;
    return kt_json_parse(c->arena, c->contract->request, text, &c->json, message);
}

/* Writes a response; false when memory is out. */
static bool
print_response(call_t *c)
{
    const char *text;
    kt_arena_reset(c->arena);
    kt_status_t status = kt_json_print(c->arena, c->reply.message, &c->json, &text);
    if (kt_failed(status)) {
        cli_report_status(c->cli, "the response", status);
        return false;
    }
    fprintf(c->cli->out, "%s\n", text);
    c->received++;
    return true;
}

/* When it did what, for -v. */
static void
print_timeline(const call_t *c)
{
    const kt_timeline_t *t = &c->reply.timeline;
    char trace[KT_TRACE_ID_CHARS + 1], span[KT_TRACE_SPAN_CHARS + 1];
    if (!cli_flag(c->cli, "verbose"))
        return;
    fprintf(c->cli->err, "%s\n", c->method->path);
    if (c->contract->kind == KT_METHOD_WRITE) {
        char key[KT_ULID_CHARS + 1];
        kt_ulid_format(&c->reply.key, key);
        fprintf(c->cli->err, "  key        %s%s\n", key,
                c->reply.replayed ? " (answered before: this is the stored reply)" : "");
    }
    kt_trace_format_ids(&c->cli->trace, trace, span);
    fprintf(c->cli->err, "  trace      %s\n", trace);
    fprintf(c->cli->err, "  queued     %10u us  in the broker, until dispatched\n", t->queued_us);
    fprintf(c->cli->err, "  waited     %10u us  in the department, until run\n", t->waited_us);
    fprintf(c->cli->err, "  ran        %10u us\n", t->ran_us);
    fprintf(c->cli->err, "  committed  %10u us  until on disk\n", t->committed_us);
    fprintf(c->cli->err, "  in all     %10lld us  as seen from here", (long long)c->reply.took_us);
    if (c->reply.attempts > 1)
        fprintf(c->cli->err, ", sent %u times", c->reply.attempts);
    fputc('\n', c->cli->err);
}

/* What came of the call as a whole. */
static int
outcome(call_t *c)
{
    print_timeline(c);
    return kt_failed(c->reply.status) ? cli_report(c->cli, c->method->path, &c->reply) : 0;
}

static int
input_failed(call_t *c, kt_status_t status)
{
    return cli_fail(c->cli, KT_INVALID_ARGUMENT, "request %llu: %s",
                    (unsigned long long)(c->sent > 0 ? c->sent : 1), status.text);
}

static int
call_unary(call_t *c)
{
    ProtobufCMessage *request;
    kt_span_t more;
    kt_status_t status = next_request(c, &request);
    if (!kt_failed(status) && cli_json_split_next(c->split, &more).code != KT_NOT_FOUND)
        status = kt_error(KT_INVALID_ARGUMENT, 0, "this method takes one object, and more follows");
    if (kt_failed(status))
        return input_failed(c, status);
    kt_ignore(kt_client_call(c->cli->client, c->contract, &c->options, request, &c->reply));
    int code = outcome(c);
    if (code == 0 && !print_response(c))
        return CLI_EXIT_BUG;
    return code;
}

/* Prints what comes within WAIT_MS (-1: until the end). OK: go on sending. */
static kt_status_t
drain(call_t *c, kt_stream_t *stream, int64_t wait_ms)
{
    for (;;) {
        kt_status_t status = kt_stream_poll(stream, wait_ms, &c->reply);
        if (status.code == KT_DEADLINE_EXCEEDED && wait_ms >= 0)
            return kt_ok();
        KT_TRY(status);
        if (!print_response(c))
            return kt_error(KT_INTERNAL, 0, "a response cannot be written");
        fflush(c->cli->out);
        if (wait_ms > 0)
            wait_ms = 0;
    }
}

/* Sends every request, while what comes back is printed. OUT_OF_RANGE: the call is over. */
static kt_status_t
send_all(call_t *c, kt_stream_t *stream)
{
    ProtobufCMessage *request;
    kt_status_t input;
    while (!kt_failed(input = next_request(c, &request))) {
        kt_status_t status;
        while ((status = kt_stream_offer(stream, request, false)).code == KT_RESOURCE_EXHAUSTED) {
            /* The arena holds the request: what is printed meanwhile must not lie in it. */
            kt_arena_t *requests = c->arena;
            c->arena = kt_arena_new(ARENA_FIRST, ARENA_LIMIT);
            status = c->arena ? drain(c, stream, POLL_MS)
                              : kt_error(KT_RESOURCE_EXHAUSTED, 0, "out of memory");
            kt_arena_destroy(&c->arena);
            c->arena = requests;
            KT_TRY(status);
        }
        KT_TRY(status);
        KT_TRY(drain(c, stream, 0));
    }
    if (input.code != KT_NOT_FOUND)
        return input;
    return kt_stream_offer(stream, NULL, true);
}

static int
call_streaming(call_t *c)
{
    ProtobufCMessage *request = NULL;
    kt_stream_t *stream = NULL;
    kt_status_t status = kt_ok();
    if (!c->contract->client_streaming)
        status = next_request(c, &request);
    if (kt_failed(status))
        return input_failed(c, status);
    status = kt_client_open(c->cli->client, c->contract, &c->options, request, &stream);
    if (kt_failed(status))
        return cli_report_status(c->cli, c->method->path, status);
    if (c->contract->client_streaming)
        status = send_all(c, stream);
    int code = 0;
    if (kt_failed(status) && status.code != KT_OUT_OF_RANGE)
        code = input_failed(c, status);
    else if (!kt_failed(status))
        status = drain(c, stream, -1);
    if (code == 0 && status.code == KT_OUT_OF_RANGE) {
        code = outcome(c);
        if (code == 0 && !c->contract->server_streaming && !print_response(c))
            code = CLI_EXIT_BUG;
    } else if (code == 0) {
        code = cli_report_status(c->cli, c->method->path, status);
    }
    kt_stream_close(&stream);
    return code;
}

/* Where the requests come from: the operand, standard input for "-", or one empty request. */
static bool
open_input(call_t *c)
{
    const char *text = c->cli->operands_count > 1 ? c->cli->operands[1] : "{}";
    c->in = strcmp(text, "-") == 0 ? stdin
            : text[0]              ? fmemopen((void *)(uintptr_t)text, strlen(text), "r")
                                   : NULL;
    c->split = c->in ? cli_json_split_new(c->in, KT_JSON_TEXT_BYTES_MAX) : NULL;
    c->arena = kt_arena_new(ARENA_FIRST, ARENA_LIMIT);
    return c->split && c->arena && !kt_failed(kt_reply_init(&c->reply));
}

static int
run(call_t *c)
{
    const kt_dynamic_t *dynamic;
    const char *department = cli_text(c->cli, "department");
    int code = cli_contracts_open_for(c->cli, c->cli->operands[0], department, &c->contracts,
                                      &c->method);
    if (code == 0)
        code = cli_contracts_describe(c->contracts, c->method, &c->contract, &dynamic);
    if (code != 0)
        return code;
    bool unary = !c->contract->client_streaming && !c->contract->server_streaming;
    c->options.department = c->method->shared ? c->method->department : NULL;
    c->json = (kt_json_options_t){.pretty = unary && c->cli->format != CLI_JSON,
                                  .defaults = cli_flag(c->cli, "all"),
                                  .find = dynamic ? kt_dynamic_find : NULL,
                                  .find_context = dynamic};
    if (!open_input(c))
        return cli_fail(c->cli, KT_INVALID_ARGUMENT, "the request is an empty text");
    return unary ? call_unary(c) : call_streaming(c);
}

static int
call(cli_t *cli)
{
    call_t c = {.cli = cli, .options = cli_call_options(cli, NULL)};
    const char *key = cli_text(cli, "key");
    if (key && !kt_ulid_parse(kt_span_str(key), &c.key))
        return cli_fail(cli, CLI_EXIT_USAGE, "--key is a ULID or a UUID, not '%s'", key);
    if (cli->format == CLI_CSV)
        return cli_fail(cli, CLI_EXIT_USAGE, "a response has no form as CSV");
    c.options.key = key ? &c.key : NULL;
    c.options.on_behalf_of = cli_text(cli, "for");
    int code = run(&c);
    cli_json_split_destroy(&c.split);
    if (c.in && c.in != stdin)
        fclose(c.in);
    kt_reply_fini(&c.reply);
    kt_arena_destroy(&c.arena);
    cli_contracts_close(&c.contracts);
    return code;
}

static const cli_option_t options[] = {
    {"verbose", 'v', NULL, "say key, trace and when it was queued, run and committed"},
    {"department", 'd', "NAME", "whose, where several departments have the method"},
    {"key", 0, "ULID", "idempotency key of a write; else a new one"},
    {"for", 0, "WHOM", "on whose behalf, for the journal"},
    {"all", 'a', NULL, "write fields that are at their default as well"},
};
static const char *const examples[] = {
    "kantor call Ledger/GetEntry '{\"book\":\"acme\",\"entry\":\"2026-000123\"}'",
    "kantor call -v Books/CreateBook '{\"book\":{\"book\":\"acme\",\"kind\":\"COMPANY\"}}'",
    "kantor call finance/Store/Stats",
    "seq 5 | sed 's/.*/{\"value\":\"&\"}/' | kantor call Echo/Double -",
    NULL,
};
const cli_verb_t cli_verb_call = {
    .name = "call",
    .operands = "SERVICE/METHOD [JSON|-]",
    .operands_min = 1,
    .operands_max = 2,
    .summary = "Calls any method: JSON in, JSON out.",
    .about =
        "The method is found by reflection; its name may be cut short from the left. The request "
        "is JSON as\n"
        "proto3 maps it, or - for standard input; methods that take a stream get one object after\n"
        "another, and those that give one write an object a line. The exit code is the gRPC code "
        "that\n"
        "the call ended with.",
    .options = options,
    .options_count = KT_COUNT(options),
    .examples = examples,
    .run = call,
};
