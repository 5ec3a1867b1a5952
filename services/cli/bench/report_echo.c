/* Echo: an office beside forwarders, gRPC and NATS. */
#include "report.h"

#define PAYLOAD   64
#define NO_ZFLOOR "zfloor does not run among the floor programs"

static void
p50_goal(report_table_t *table, const char *text, double limit, const report_row_t *own,
         const report_row_t *other)
{
    report_series_t ours = report_series(&own->figures, REPORT_P50);
    report_series_t theirs = report_series(&other->figures, REPORT_P50);
    report_series_t ratio = report_ratio(&ours, &theirs);
    report_add_goal(table, text, limit, true, &ratio);
}

enum { BARE, CURVED, GRPC, NATS, ECHO_PEERS };

static const char *const echo_names[ECHO_PEERS] = {"bare forwarder", "bare forwarder, CURVE",
                                                   "gRPC C++ behind HAProxy", "NATS request-reply"};

static void
open_peers(report_t *report, const char *folder, bench_floor_t floors[ECHO_PEERS],
           const char *lacks[ECHO_PEERS])
{
    cli_t *cli = report->cli;
    for (unsigned i = BARE; i <= CURVED; i++)
        if (!bench_floor_rpc(cli, report->anchors, folder, PAYLOAD, i == CURVED, &floors[i]))
            lacks[i] = NO_ZFLOOR;
    lacks[GRPC] = bench_peer_grpc(cli, report->anchors, folder, PAYLOAD, &floors[GRPC]);
    lacks[NATS] = bench_peer_nats(cli, report->anchors, folder, PAYLOAD, &floors[NATS]);
    bench_peer_grpc_version(&floors[GRPC], report->grpc_version);
    for (unsigned i = 0; i < ECHO_PEERS; i++)
        report_told(report, echo_names[i], lacks[i]);
}

/* Kantor's row, then those of the peers, with so many in flight. */
static bool
echo_rows(report_table_t *table, report_site_t *site, unsigned in_flight,
          const bench_floor_t floors[ECHO_PEERS], const char *const lacks[ECHO_PEERS],
          report_row_t *rows[1 + ECHO_PEERS])
{
    char load[48];
    report_load(load, in_flight, "in flight");
    rows[0] = report_kantor_row(table, site, load, load, in_flight);
    for (unsigned i = 0; i < ECHO_PEERS; i++)
        rows[1 + i] = report_floor_row(table, rows[0], echo_names[i], &floors[i], lacks[i]);
    rows[1 + NATS]->floor = bench_peer_nats_for(&floors[NATS], in_flight);
    return bench_echo_load(&rows[0]->kantor, PAYLOAD);
}

static void
echo_results(report_table_t *table, report_row_t *const one[], report_row_t *const many[])
{
    report_goal_ratio(table, "64 in flight: 0.8 of the bare forwarder", 0.8, many[0],
                      many[1 + BARE]);
    report_goal_ratio(table, "64 in flight: 0.8 of the bare forwarder with CURVE, as Kantor has it",
                      0.8, many[0], many[1 + CURVED]);
    report_goal_ratio(table, "64 in flight: 5 times gRPC behind HAProxy", 5, many[0],
                      many[1 + GRPC]);
    report_goal_ratio(table, "64 in flight: 2.5 times NATS", 2.5, many[0], many[1 + NATS]);
    p50_goal(table, "1 in flight: p50 at most 1.15 of the bare forwarder's", 1.15, one[0],
             one[1 + BARE]);
    p50_goal(table, "1 in flight: p50 at most 1.15 of the bare forwarder's with CURVE", 1.15,
             one[0], one[1 + CURVED]);
    report_bars(table, many[0]->panel, "64 in flight: requests/s (more is better)", REPORT_RATE);
    report_bars(table, one[0]->panel, "1 in flight: requests/s (more is better)", REPORT_RATE);
    report_bars(table, one[0]->panel, "1 in flight: p50 in us (less is better)", REPORT_P50);
}

int
report_echo(report_t *report)
{
    report_site_t site = {0};
    bench_floor_t floors[ECHO_PEERS] = {0};
    const char *lacks[ECHO_PEERS] = {NULL};
    report_row_t *one[1 + ECHO_PEERS], *many[1 + ECHO_PEERS];
    report_table_t *table = report_table(report, "Echo through a broker", "echo", "requests/s");
    snprintf(table->about, sizeof table->about,
             "%d bytes each way, one client thread, one service, no store. Kantor and the "
             "forwarders use Unix sockets (`ipc://`), gRPC\nand NATS TCP on 127.0.0.1. Kantor "
             "always has CURVE on, and roles, deadlines and traces; gRPC and NATS have no TLS "
             "here.\ngRPC is the completion-queue client and the callback server, HAProxy speaks "
             "HTTP/2 without TLS on both sides; NATS is\none `Request` after the other at 1 in "
             "flight, else one inbox and asynchronous replies.",
             PAYLOAD);
    snprintf(table->plot.subtitle, sizeof table->plot.subtitle,
             "%d bytes each way; Kantor has CURVE on, gRPC and NATS have no TLS", PAYLOAD);
    int code = report_site_open(report, &site, "echo");
    if (code == 0) {
        open_peers(report, site.office.folder, floors, lacks);
        bool made = echo_rows(table, &site, 1, floors, lacks, one) &&
                    echo_rows(table, &site, 64, floors, lacks, many);
        code = made ? report_measure(report, table)
                    : cli_fail(report->cli, CLI_EXIT_BUG, "out of memory");
    }
    if (code == 0)
        echo_results(table, one, many);
    for (unsigned i = 0; i < ECHO_PEERS; i++)
        bench_floor_close(&floors[i]);
    report_site_close(&site);
    report_table_fini(table);
    return code;
}
