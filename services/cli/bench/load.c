#include "bench.h"
#include "pace.h"

#include <kt/hist.h>
#include <kt/time.h>
#include <stdlib.h>

/* One round under way. */
typedef struct round {
    bench_load_t *load;
    kt_reply_t reply;
    kt_hist_t hist, steady;   /* of all, and of those that no slow moment met */
    int64_t begin_us, end_us; /* of the measured window */
    int64_t now_us;           /* when the clock was looked at last */
    uint64_t started, counted;
    bool measuring;
    double cpu_s[BENCH_PARTS];
} round_t;

static int
start_one(round_t *r)
{
    bench_load_t *load = r->load;
    if (load->patch)
        load->patch(load);
    kt_span_t body = kt_span(load->body, load->body_size);
    kt_call_options_t options = cli_call_options(load->cli, NULL);
    options.body = &body;
    kt_status_t status = kt_client_start(load->cli->client, &load->method, &options, NULL, 0);
    r->started++;
    return kt_failed(status) ? cli_report_status(load->cli, load->method.path, status) : 0;
}

/* Takes one reply; what came within the window is counted. */
static int
take_one(round_t *r)
{
    uint64_t tag;
    kt_status_t status = kt_client_next(r->load->cli->client, -1, &tag, &r->reply);
    if (kt_failed(status))
        return cli_report_status(r->load->cli, r->load->method.path, status);
    if (kt_failed(r->reply.status))
        return cli_report(r->load->cli, r->load->method.path, &r->reply);
    if (r->measuring) {
        uint64_t took_us = (uint64_t)KT_MAX(r->reply.took_us, 0);
        kt_hist_add(&r->hist, took_us);
        if (pace_kept_since(r->now_us - r->reply.took_us))
            kt_hist_add(&r->steady, took_us);
        r->counted++;
    }
    return 0;
}

static void
measure_from(round_t *r)
{
    r->measuring = true;
    r->begin_us = r->now_us;
    r->end_us = r->now_us + (int64_t)(r->load->seconds * 1e6);
    for (unsigned part = 0; part < BENCH_PARTS; part++)
        r->cpu_s[part] = bench_cpu_seconds(r->load->processes, (bench_part_t)part);
}

static void
measure_to(round_t *r, int64_t now_us)
{
    r->measuring = false;
    r->end_us = now_us;
    for (unsigned part = 0; part < BENCH_PARTS; part++)
        r->cpu_s[part] = bench_cpu_seconds(r->load->processes, (bench_part_t)part) - r->cpu_s[part];
}

/* Whether the measured window is over. It is begun once the load is warm. */
static bool
is_over(round_t *r, int64_t warm_until_us)
{
    r->now_us = kt_clock_mono_us();
    if (r->measuring)
        return r->now_us >= r->end_us;
    if (r->now_us >= warm_until_us)
        measure_from(r);
    return false;
}

/* The loop: a call for every reply, until the time or the calls are over. The window is looked at
 * some times while as many calls go round as are in flight. */
static int
loop(round_t *r)
{
    bench_load_t *load = r->load;
    int64_t warm_until_us = kt_clock_mono_us() + (int64_t)(load->warm_s * 1e6);
    unsigned look_every = 1 + load->in_flight / 8;
    int code = 0;
    for (unsigned i = 0; code == 0 && i < load->in_flight; i++)
        code = start_one(r);
    while (code == 0) {
        code = take_one(r);
        if (r->started % look_every == 0 && is_over(r, warm_until_us))
            break;
        if (bench_interrupted() || (load->calls_max > 0 && r->started >= load->calls_max))
            break;
        if (code == 0)
            code = start_one(r);
    }
    if (r->measuring)
        measure_to(r, kt_clock_mono_us());
    while (code == 0 && kt_client_open_calls(load->cli->client) > 0)
        code = take_one(r);
    return code;
}

int
bench_run(bench_load_t *load, bench_sample_t *sample)
{
    round_t *r = calloc(1, sizeof *r);
    if (!r || kt_failed(kt_reply_init(&r->reply))) {
        free(r);
        return cli_fail(load->cli, CLI_EXIT_BUG, "out of memory");
    }
    r->load = load;
    if (!load->cli->tracer)
        kt_client_trace(load->cli->client, NULL, NULL); /* a trace of a million calls is none */
    int code = loop(r);
    double seconds = (double)(r->end_us - r->begin_us) / 1e6;
    double requests = (double)r->counted * load->per_call;
    *sample = (bench_sample_t){
        .per_second = seconds > 0 ? requests / seconds : 0,
        .p50_us = (double)kt_hist_quantile(&r->hist, 0.5),
        .p99_us = (double)kt_hist_quantile(&r->hist, 0.99),
        .p999_us = (double)kt_hist_quantile(&r->hist, 0.999),
        .steady_p50_us = (double)kt_hist_quantile(&r->steady, 0.5),
        .steady_p999_us = (double)kt_hist_quantile(&r->steady, 0.999),
        .slow_percent = pace_since(r->begin_us).slow_percent,
    };
    for (unsigned part = 0; part < BENCH_PARTS && requests > 0; part++)
        sample->cpu_us[part] = r->cpu_s[part] * 1e6 / requests;
    for (unsigned part = 0; part < BENCH_PARTS; part++)
        sample->memory_mib[part] = bench_memory_mib(load->processes, (bench_part_t)part);
    kt_reply_fini(&r->reply);
    free(r);
    if (code == 0 && bench_interrupted())
        code = KT_CANCELLED;
    return code;
}
