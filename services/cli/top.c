/* kantor top: what the broker is doing, again and again. */
#include "connect.h"
#include "output.h"
#include "verbs.h"

#include <kantor/broker/v1/broker.client.kt.h>
#include <kt/time.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define EVERY_MS_MAX UINT64_C(3600000)
#define METHODS_MAX  512

/* The counters of the look before, to show rates. */
typedef struct look {
    int64_t now_us;
    uint64_t calls;
    size_t methods;
    struct {
        char path[KT_METHOD_PATH_BYTES_MAX + 1];
        uint64_t calls;
    } by_method[METHODS_MAX];
} look_t;

static double
rate(uint64_t now, uint64_t before, int64_t us)
{
    return us > 0 && now >= before ? (double)(now - before) * 1e6 / (double)us : 0;
}

static uint64_t
calls_before(const look_t *before, const char *path)
{
    for (size_t i = 0; i < before->methods; i++)
        if (strcmp(before->by_method[i].path, path) == 0)
            return before->by_method[i].calls;
    return 0;
}

static void
remember(look_t *look, const broker_api_stats_response_t *stats)
{
    look->now_us = stats->now_us;
    look->calls = stats->calls;
    look->methods = KT_MIN(stats->n_methods, METHODS_MAX);
    for (size_t i = 0; i < look->methods; i++) {
        snprintf(look->by_method[i].path, sizeof look->by_method[i].path, "%s",
                 stats->methods[i]->path);
        look->by_method[i].calls = stats->methods[i]->calls;
    }
}

/* Busiest first: by calls since the last look, then since start. */
static const look_t *sorting_against;
static int
busier(const void *a, const void *b)
{
    const broker_api_method_stats_t *x = *(broker_api_method_stats_t *const *)a;
    const broker_api_method_stats_t *y = *(broker_api_method_stats_t *const *)b;
    uint64_t new_x = x->calls - calls_before(sorting_against, x->path);
    uint64_t new_y = y->calls - calls_before(sorting_against, y->path);
    if (new_x != new_y)
        return new_x < new_y ? 1 : -1;
    return (x->calls < y->calls) - (x->calls > y->calls);
}

static void
put_head(cli_t *cli, const broker_api_stats_response_t *s, const look_t *before)
{
    fprintf(cli->out,
            "broker %s, up %lld s: %llu calls (%.0f/s), %u open, %u queued (%llu bytes), "
            "%u clients\nrefused %llu, sent again %llu, dropped frames %llu\n",
            s->version, (long long)((s->now_us - s->started_us) / KT_US_PER_S),
            (unsigned long long)s->calls, rate(s->calls, before->calls, s->now_us - before->now_us),
            (unsigned)s->open_calls, (unsigned)s->queued_calls, (unsigned long long)s->queued_bytes,
            (unsigned)s->clients, (unsigned long long)s->refused, (unsigned long long)s->resent,
            (unsigned long long)s->dropped);
}

static int
put_methods(cli_t *cli, const broker_api_stats_response_t *s, const look_t *before)
{
    static const out_column_t columns[] = {
        {"method", "method", OUT_TEXT},           {"calls", "calls", OUT_NUMBER},
        {"per_second", "per second", OUT_NUMBER}, {"failed", "failed", OUT_NUMBER},
        {"p50_us", "p50 us", OUT_NUMBER},         {"p99_us", "p99 us", OUT_NUMBER},
    };
    out_t *out = out_new(cli->out, cli->format, columns, KT_COUNT(columns));
    if (!out)
        return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    sorting_against = before;
    qsort(s->methods, s->n_methods, sizeof s->methods[0], busier);
    for (size_t i = 0; i < s->n_methods; i++) {
        const broker_api_method_stats_t *m = s->methods[i];
        char text[5][24];
        snprintf(text[0], sizeof text[0], "%llu", (unsigned long long)m->calls);
        snprintf(text[1], sizeof text[1], "%.0f",
                 rate(m->calls, calls_before(before, m->path), s->now_us - before->now_us));
        snprintf(text[2], sizeof text[2], "%llu", (unsigned long long)m->failed);
        snprintf(text[3], sizeof text[3], "%llu", (unsigned long long)m->p50_us);
        snprintf(text[4], sizeof text[4], "%llu", (unsigned long long)m->p99_us);
        out_row(out, (const char *const[]){m->path, text[0], text[1], text[2], text[3], text[4]});
    }
    return out_end(&out) ? 0 : CLI_EXIT_OUTPUT;
}

/* A line for every instance: how much of what it takes at once is in use. */
static int
put_instances(cli_t *cli, kt_reply_t *reply)
{
    kt_call_options_t options = cli_call_options(cli, NULL);
    broker_api_list_services_request_t request = BROKER_API_LIST_SERVICES_REQUEST_INIT;
    const broker_api_list_services_response_t *response;
    if (kt_failed(
            broker_api_broker_list_services(cli->client, &options, &request, reply, &response)))
        return cli_report(cli, "the broker", reply);
    for (size_t i = 0; i < response->n_instances; i++) {
        const broker_api_instance_t *instance = response->instances[i];
        fprintf(cli->out, "%s: %u of %u calls inside%s\n", instance->instance,
                (unsigned)instance->open, (unsigned)instance->capacity,
                instance->draining ? ", draining" : "");
    }
    fputc('\n', cli->out);
    return 0;
}

/* One look. 0, or an exit code after saying why it failed. */
static int
look(cli_t *cli, kt_reply_t *reply, look_t *before)
{
    kt_call_options_t options = cli_call_options(cli, NULL);
    broker_api_stats_request_t request = BROKER_API_STATS_REQUEST_INIT;
    const broker_api_stats_response_t *stats;
    kt_status_t status = broker_api_broker_stats(cli->client, &options, &request, reply, &stats);
    if (kt_failed(status))
        return cli_report(cli, "the broker", reply);
    if (before->now_us == 0)
        before->now_us = stats->started_us; /* the first look shows the mean since start */
    if (cli->format == CLI_TABLE) {
        KT_CLEANUP(kt_reply_fini) kt_reply_t more = {0};
        put_head(cli, stats, before);
        if (kt_failed(kt_reply_init(&more)))
            return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
        int code = put_instances(cli, &more);
        if (code != 0)
            return code;
    }
    int code = put_methods(cli, stats, before);
    remember(before, stats);
    return code;
}

static int
top(cli_t *cli)
{
    uint64_t every_ms;
    bool once = cli_flag(cli, "once") || cli->format != CLI_TABLE;
    if (!cli_seconds(cli, "every", EVERY_MS_MAX, 2000, &every_ms))
        return CLI_EXIT_USAGE;
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    KT_CLEANUP(kt_reply_fini) kt_reply_t reply = {0};
    kt_status_t status = kt_reply_init(&reply);
    look_t *before = calloc(1, sizeof *before);
    if (kt_failed(status) || !before) {
        free(before);
        return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    }
    bool terminal = isatty(fileno(cli->out)) == 1;
    do {
        if (!once && terminal)
            fputs("\x1b[H\x1b[2J", cli->out);
        code = look(cli, &reply, before);
        if (!once && code == 0) {
            fflush(cli->out);
            nanosleep(&(struct timespec){.tv_sec = (time_t)(every_ms / 1000),
                                         .tv_nsec = (long)(every_ms % 1000) * 1000000L},
                      NULL);
        }
    } while (!once && code == 0 && !ferror(cli->out));
    free(before);
    return code;
}

static const cli_option_t options[] = {
    {"once", '1', NULL, "one look, with the means since the broker's start"},
    {"every", 0, "SECONDS", "how often to look (2)"},
};
static const char *const examples[] = {"kantor top", "kantor top --once --output json", NULL};
const cli_verb_t cli_verb_top = {
    .name = "top",
    .operands = "",
    .summary = "What the broker is doing: calls, queues, and each method's times.",
    .about = "Times are from a call's arrival at the broker to its end, since the broker's start.\n"
             "CSV and JSON are one look. Needs the role it.operator or auditor.",
    .options = options,
    .options_count = KT_COUNT(options),
    .examples = examples,
    .run = top,
};
