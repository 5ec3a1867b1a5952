#include "connect.h"

#include "display.h"

#include <kt/tracer.h>
#include <stdlib.h>
#include <time.h>

#define REACH_MS 5000 /* after which nobody wants to wait for a broker that is not there */
#define PAUSE_MS 500  /* before what is away is followed again */

const char *
cli_config(cli_t *cli)
{
    const char *path = cli->config ? cli->config : getenv("KANTOR_CONFIG");
    if (path && path[0])
        return path;
    cli_fail(cli, CLI_EXIT_USAGE,
             "which office? Give --config FILE, or set KANTOR_CONFIG; deploy/up writes such files "
             "and deploy/kantor uses them");
    return NULL;
}

int
cli_connect(cli_t *cli)
{
    if (cli->client)
        return 0;
    const char *path = cli_config(cli);
    if (!path)
        return CLI_EXIT_USAGE;
    kt_status_t status = kt_client_from_config(path, &cli->client);
    if (kt_failed(status))
        return cli_report_status(cli, path, status);
    kt_client_limit_reach(cli->client, REACH_MS);
    kt_client_trace(cli->client, kt_tracer_sink(cli->tracer), &cli->trace);
    return 0;
}

void
cli_disconnect(cli_t *cli)
{
    if (cli->client)
        kt_client_destroy(&cli->client);
}

bool
cli_follow_again(const cli_t *cli, const kt_reply_t *reply, const char *department)
{
    if (reply->status.code == KT_DEADLINE_EXCEEDED)
        return cli->timeout_ms == 0; /* the stream's own */
    if (reply->status.code != KT_UNAVAILABLE)
        return false;
    if (reply->reason && strcmp(reply->reason, "DRAINING") == 0)
        return true;
    cli_say(cli, "%s is away; going on when it is there", department);
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    return true;
}

kt_call_options_t
cli_call_options(const cli_t *cli, const char *department)
{
    return (kt_call_options_t){.timeout_ms = cli->timeout_ms, .department = department};
}

/* What helps, by reason first, then by code; NULL where the text says it all. */
static const char *
advice(uint32_t code, const char *reason)
{
    static const struct {
        const char *reason, *text;
    } by_reason[] = {
        {"NO_BROKER", "is the office up? deploy/up starts it; the configuration names its brokers"},
        {"NO_INSTANCE", "the department is not running; 'kantor services' lists who is"},
        {"ROLE_MISSING", "'kantor describe METHOD' lists the roles that may call it"},
        {"UNKNOWN_PRINCIPAL", "the key in the configuration is not on the broker's list"},
        {"UNKNOWN_METHOD", "'kantor describe' lists services and methods"},
        {"BOOK_UNKNOWN", "'kantor finance books' lists the books there are"},
        {"ACCOUNT_UNKNOWN", "'kantor finance accounts --book B' lists the accounts of a book"},
        {"PERIOD_CLOSED",
         "'kantor finance periods --book B' lists the periods; an analyst may reopen one"},
        {"CONTRACT_UNKNOWN", "'kantor legal contracts' lists the contracts there are"},
        {"PARTY_UNKNOWN", "'kantor legal parties' lists the parties there are"},
        {"VERSION_STALE", "'kantor legal contract C' shows the newest version and its hash"},
        {"APPROVALS_MISSING", "'kantor legal contract C' shows which approvals are needed"},
        {"PURCHASE_UNKNOWN", "'kantor it purchases' lists the purchases there are"},
        {"KEY_REUSED", "the key belongs to another request: use a new one"},
    };
    for (unsigned i = 0; reason && i < KT_COUNT(by_reason); i++)
        if (strcmp(by_reason[i].reason, reason) == 0)
            return by_reason[i].text;
    if (code == KT_DEADLINE_EXCEEDED)
        return "--timeout gives it more time";
    return NULL;
}

/* A line of what came from elsewhere. */
static void
line(FILE *err, const char *before, const char *text)
{
    fputs(before, err);
    cli_display_put(err, text);
    fputc('\n', err);
}

/* The field that is wrong, unless the text begins with it. */
static void
put_field(FILE *err, const kt_reply_t *reply)
{
    const char *text = reply->status.text ? reply->status.text : "";
    if (!reply->field || strncmp(text, reply->field, strlen(reply->field)) == 0)
        return;
    fputs("  field: ", err);
    cli_display_put(err, reply->field);
    line(err, reply->field_problem ? ": " : "", reply->field_problem ? reply->field_problem : "");
}

/* Only a write goes under a key. */
static void
put_unknown(FILE *err, const kt_ulid_t *key)
{
    static const kt_ulid_t none;
    char text[KT_ULID_CHARS + 1];
    kt_ulid_format(key, text);
    if (memcmp(key, &none, sizeof none) == 0)
        fprintf(err, "  it is not known whether it happened\n");
    else
        fprintf(err,
                "  it is not known whether it happened: the same call with --key %s finds out, and "
                "has one effect\n",
                text);
}

int
cli_report(const cli_t *cli, const char *what, const kt_reply_t *reply)
{
    uint32_t code = reply->status.code;
    fprintf(cli->err, "kantor %s: %s: %s", cli->verb->name, what, kt_code_name(code));
    if (reply->reason)
        fprintf(cli->err, " (%s)", reply->reason);
    line(cli->err, ": ", reply->status.text ? reply->status.text : "");
    put_field(cli->err, reply);
    if (reply->retry_after_ms >= 0)
        fprintf(cli->err, "  try again in %.3g s\n", (double)reply->retry_after_ms / 1000);
    if (reply->outcome_unknown)
        put_unknown(cli->err, &reply->key);
    const char *help = advice(code, reply->reason);
    if (help)
        fprintf(cli->err, "  what to do: %s\n", help);
    return (int)code;
}

int
cli_report_status(const cli_t *cli, const char *what, kt_status_t status)
{
    kt_reply_t reply = {.status = status, .retry_after_ms = -1};
    return cli_report(cli, what, &reply);
}
