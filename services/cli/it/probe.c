/* kantor it probe: asks what is due, tries it, and reports. */
#include "../verbs.h"
#include "reach.h"
#include "tcp.h"

#include <grpc/health/health.client.kt.h>
#include <time.h>

#define DUE_MAX      100
#define ROUNDS_MAX   10 /* of one look; IT has at most 1,000 targets */
#define EVERY_MS_MAX UINT64_C(86400000)
#define PROBES(name) (&it_probes_service.methods[IT_PROBES_##name])

typedef struct prober {
    it_page_t view;
    kt_reply_t due; /* the list, which must live while its targets are reported */
    const it_list_due_probes_response_t *list;
    uint32_t reported;
} prober_t;

static int
load_due(prober_t *p)
{
    it_list_due_probes_request_t request = IT_LIST_DUE_PROBES_REQUEST_INIT;
    kt_call_options_t options = cli_call_options(p->view.cli, NULL);
    request.targets_max = DUE_MAX;
    kt_status_t status = kt_client_call(p->view.cli->client, PROBES(LIST_DUE_PROBES), &options,
                                        &request.base, &p->due);
    if (kt_failed(status))
        return cli_report(p->view.cli, "probes that are due", &p->due);
    p->list = (const it_list_due_probes_response_t *)p->due.message;
    return 0;
}

/* ---- trying ---- */

/* What the broker says of a department, or of itself. */
static void
ask_health(prober_t *p, const it_probe_target_t *target, tcp_probe_t *probe)
{
    kt_call_options_t options = {.timeout_ms = target->timeout_ms};
    health_health_check_request_t request = HEALTH_HEALTH_CHECK_REQUEST_INIT;
    const health_health_check_response_t *response;
    request.service = target->department;
    int64_t began_us = kt_clock_mono_us();
    kt_status_t status = health_health_check(p->view.cli->client, &options, &request,
                                             &p->view.reply, &response);
    int64_t took_us = kt_clock_mono_us() - began_us;
    bool serving = !kt_failed(status) &&
                   response->status == HEALTH_HEALTH_CHECK_RESPONSE_SERVING_STATUS_SERVING;
    probe->at_us = kt_clock_wall_us();
    probe->latency_us = (uint32_t)KT_MIN(took_us, UINT32_MAX);
    if (serving)
        probe->outcome = TCP_REACHED;
    else if (!kt_failed(status) || status.code == KT_NOT_FOUND)
        probe->outcome = TCP_REFUSED;
    else
        probe->outcome = status.code == KT_DEADLINE_EXCEEDED ? TCP_TIMED_OUT : TCP_UNREACHABLE;
    const char *said = kt_failed(status) ? status.text : "not serving";
    snprintf(probe->text, sizeof probe->text, "%s", serving ? "serving" : said);
}

/* PROBES[i] becomes the outcome of the list's target i. */
static void
try_all(prober_t *p, tcp_probe_t probes[DUE_MAX])
{
    tcp_probe_t tcp[DUE_MAX];
    size_t of[DUE_MAX];
    unsigned count = 0;
    for (size_t i = 0; i < p->list->n_targets; i++) {
        const it_probe_target_t *target = p->list->targets[i];
        if (target->kind != IT_TARGET_KIND_TCP) {
            ask_health(p, target, &probes[i]);
            continue;
        }
        of[count] = i;
        tcp[count++] = (tcp_probe_t){
            .host = target->host, .port = (uint16_t)target->port, .timeout_ms = target->timeout_ms};
    }
    tcp_probe(tcp, count);
    for (unsigned i = 0; i < count; i++)
        probes[of[i]] = tcp[i];
}

/* ---- reporting ---- */

static int
report_one(prober_t *p, const it_probe_target_t *target, const tcp_probe_t *probe)
{
    it_report_probe_request_t request = IT_REPORT_PROBE_REQUEST_INIT;
    const void *response;
    char text[TCP_TEXT_BYTES + 1];
    snprintf(text, sizeof text, "%s", probe->text);
    request.target = target->target;
    request.at_us = probe->at_us;
    request.outcome = (it_probe_outcome_t)probe->outcome;
    request.latency_us = probe->latency_us;
    request.text = text;
    int code = it_page_call(&p->view, PROBES(REPORT_PROBE), &request.base, target->target,
                            &response);
    /* Another prober was faster: that is no failure of this one. */
    if (code == KT_FAILED_PRECONDITION && p->view.reply.reason &&
        strcmp(p->view.reply.reason, "PROBE_OUT_OF_ORDER") == 0)
        return 0;
    if (code != 0)
        return code;
    const it_probe_target_t *now = (const it_probe_target_t *)response;
    p->reported++;
    out_row(p->view.out, (const char *const[]){now->target,
                                               it_enum_text(&it_probe_outcome_descriptor,
                                                            (int)now->last_outcome, "PROBE_"),
                                               it_number(now->last_latency_us).text, now->last_text,
                                               it_state_text(now), now->outage});
    return 0;
}

/* Probes all that is due now; *NEXT_US is when more is, 0 when nothing else will be. */
static int
probe_due(prober_t *p, int64_t *next_us)
{
    tcp_probe_t probes[DUE_MAX] = {{0}};
    unsigned rounds = 0;
    int code;
    do {
        code = load_due(p);
        if (code != 0)
            return code;
        try_all(p, probes);
        for (size_t i = 0; i < p->list->n_targets && code == 0; i++)
            code = report_one(p, p->list->targets[i], &probes[i]);
        *next_us = p->list->next_due_us;
    } while (code == 0 && p->list->n_targets == DUE_MAX && ++rounds < ROUNDS_MAX);
    return code;
}

/* ---- the verb ---- */

static const out_column_t COLUMNS[] = {
    {"target", "target", OUT_TEXT},
    {"outcome", "outcome", OUT_TEXT},
    {"latency_us", "latency us", OUT_NUMBER},
    {"text", "heard", OUT_TEXT},
    {"state", "state", OUT_TEXT},
    {"outage", "outage", OUT_TEXT},
};

static int
begin_output(prober_t *p)
{
    p->view.out = out_new(p->view.cli->out, p->view.cli->format, COLUMNS, KT_COUNT(COLUMNS));
    return p->view.out ? 0 : cli_fail(p->view.cli, CLI_EXIT_BUG, "out of memory");
}

/* For ever, an output for each round. What goes wrong is said, and tried again. */
static int
probe_for_ever(prober_t *p, uint64_t every_ms)
{
    for (;;) {
        int64_t next_us = 0;
        uint32_t before = p->reported;
        int code = begin_output(p);
        if (code != 0)
            return code;
        int went = probe_due(p, &next_us);
        if (p->reported == before)
            out_drop(&p->view.out);
        else if (!out_end(&p->view.out))
            return CLI_EXIT_OUTPUT;
        fflush(p->view.cli->out);
        /* Not allowed stays so; all else may pass. */
        if (went == KT_PERMISSION_DENIED || went == KT_UNAUTHENTICATED)
            return went;
        uint64_t wait_ms = every_ms;
        if (next_us != 0) {
            int64_t until_ms = (next_us - kt_clock_wall_us()) / KT_US_PER_MS;
            wait_ms = (uint64_t)KT_MAX(KT_MIN(until_ms, (int64_t)every_ms), 100);
        }
        nanosleep(&(struct timespec){.tv_sec = (time_t)(wait_ms / 1000),
                                     .tv_nsec = (long)(wait_ms % 1000) * 1000000L},
                  NULL);
    }
}

static int
probe(cli_t *cli)
{
    prober_t p = {0};
    uint64_t every_ms;
    int64_t next_us;
    if (!cli_seconds(cli, "every", EVERY_MS_MAX, 0, &every_ms))
        return CLI_EXIT_USAGE;
    if (cli_flag(cli, "once") == (every_ms > 0))
        return cli_fail(cli, CLI_EXIT_USAGE, "say --once, or --every SECONDS");
    int code = it_page_open(&p.view, cli, NULL, 0);
    kt_status_t status = kt_reply_init(&p.due);
    if (code == 0 && kt_failed(status))
        code = cli_report_status(cli, "reply", status);
    if (code == 0 && every_ms > 0)
        code = probe_for_ever(&p, every_ms);
    else if (code == 0 && (code = begin_output(&p)) == 0)
        code = probe_due(&p, &next_us);
    kt_reply_fini(&p.due);
    return it_page_close(&p.view, code);
}

static const cli_option_t options[] = {
    {"once", 0, NULL, "probe what is due now, and end"},
    {"every", 0, "SECONDS", "go on for ever, looking at least so often"},
};
static const char *const examples[] = {"kantor it probe --once", "kantor it probe --every 10",
                                       NULL};
const cli_verb_t cli_verb_it_probe = {
    .name = "it probe",
    .operands = "",
    .summary = "Tries what is due to be probed, and reports what came of it.",
    .about = "TCP targets are connected to, all at once, and nothing is sent; Kantor's own broker "
             "and departments\n"
             "are asked for their health. The department decides what the outcomes mean. Needs the "
             "role it.operator.",
    .options = options,
    .options_count = KT_COUNT(options),
    .examples = examples,
    .run = probe,
};
