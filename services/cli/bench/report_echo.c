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

/* How the systems are asked: each set of rows is one. */
enum { ONE_FREE, ONE_PLACED, MANY_FREE, MANY_PLACED, ECHO_SETS };

static const struct {
    unsigned in_flight;
    bench_place_t place;
} echo_sets[ECHO_SETS] = {[ONE_FREE] = {1, BENCH_FREE},
                          [ONE_PLACED] = {1, BENCH_ONE},
                          [MANY_FREE] = {64, BENCH_FREE},
                          [MANY_PLACED] = {64, BENCH_ONE}};

typedef report_row_t *echo_rows_t[ECHO_SETS][1 + ECHO_PEERS];

/* Kantor's row, then those of the peers, for each set. */
static bool
make_rows(report_table_t *table, report_site_t *site, const bench_floor_t floors[ECHO_PEERS],
          const char *const lacks[ECHO_PEERS], echo_rows_t rows)
{
    bool made = true;
    for (unsigned s = 0; s < ECHO_SETS; s++) {
        char load[48], where[48];
        unsigned in_flight = echo_sets[s].in_flight;
        snprintf(where, sizeof where, "in flight%s", bench_place_name(echo_sets[s].place));
        report_load(load, in_flight, where);
        rows[s][0] = report_kantor_row(table, site, load, load, in_flight);
        rows[s][0]->place = echo_sets[s].place;
        for (unsigned i = 0; i < ECHO_PEERS; i++)
            rows[s][1 + i] = report_floor_row(table, rows[s][0], echo_names[i], &floors[i],
                                              lacks[i]);
        rows[s][1 + NATS]->floor = bench_peer_nats_for(&floors[NATS], in_flight);
        made = bench_echo_load(&rows[s][0]->kantor, PAYLOAD) && made;
    }
    return made;
}

/* At 64 in flight, each placed as it is fastest. */
static void
best_goal(report_table_t *table, echo_rows_t rows, unsigned peer, double limit, const char *text)
{
    report_row_t *const own[] = {rows[MANY_FREE][0], rows[MANY_PLACED][0]};
    report_row_t *const other[] = {rows[MANY_FREE][1 + peer], rows[MANY_PLACED][1 + peer]};
    report_goal_ratio(table, text, limit, report_fastest(own, 2), report_fastest(other, 2));
}

static void
add_goals(report_table_t *table, echo_rows_t rows)
{
    report_row_t *const *one = rows[ONE_FREE], *const *many = rows[MANY_FREE];
    report_goal_ratio(table, "64 in flight: 0.8 of the bare forwarder", 0.8, many[0],
                      many[1 + BARE]);
    report_goal_ratio(table, "64 in flight: 0.8 of the bare forwarder with CURVE, as Kantor has it",
                      0.8, many[0], many[1 + CURVED]);
    best_goal(table, rows, GRPC, 5,
              "64 in flight, each where it is fastest: 5 times gRPC behind HAProxy");
    best_goal(table, rows, NATS, 2.5, "64 in flight, each where it is fastest: 2.5 times NATS");
    p50_goal(table, "1 in flight: p50 at most 1.15 of the bare forwarder's", 1.15, one[0],
             one[1 + BARE]);
    p50_goal(table, "1 in flight: p50 at most 1.15 of the bare forwarder's with CURVE", 1.15,
             one[0], one[1 + CURVED]);
}

static void
add_bars(report_table_t *table, echo_rows_t rows)
{
    char title[96];
    for (unsigned s = ECHO_SETS; s-- > 0;) {
        const char *panel = rows[s][0]->panel;
        snprintf(title, sizeof title, "%s: requests/s (more is better)", panel);
        report_bars(table, panel, title, REPORT_RATE);
        if (echo_sets[s].in_flight != 1)
            continue;
        snprintf(title, sizeof title, "%s: p50 in us (less is better)", panel);
        report_bars(table, panel, title, REPORT_P50);
    }
}

static int
measure_rows(report_t *report, report_table_t *table, report_site_t *site,
             const bench_floor_t floors[ECHO_PEERS], const char *const lacks[ECHO_PEERS])
{
    echo_rows_t rows;
    int code = make_rows(table, site, floors, lacks, rows)
                   ? report_measure(report, table)
                   : cli_fail(report->cli, CLI_EXIT_BUG, "out of memory");
    if (code == 0) {
        add_goals(table, rows);
        add_bars(table, rows);
    }
    return code;
}

int
report_echo(report_t *report)
{
    report_site_t site = {0};
    bench_floor_t floors[ECHO_PEERS] = {0};
    const char *lacks[ECHO_PEERS] = {NULL};
    report_table_t *table = report_table(report, "Echo through a broker", "echo", "requests/s");
    snprintf(table->about, sizeof table->about,
             "%d bytes each way, one client thread, one service, no store. Kantor and the "
             "forwarders use Unix sockets (`ipc://`), gRPC\nand NATS TCP on 127.0.0.1. Kantor "
             "always has CURVE on, and roles, deadlines and traces; gRPC and NATS have no TLS "
             "here.\ngRPC is the completion-queue client and the callback server, HAProxy speaks "
             "HTTP/2 without TLS on both sides; NATS is\none `Request` after the other at 1 in "
             "flight, else one inbox and asynchronous replies.\nOn one processor: all threads of "
             "the client, the broker and the service, which do not interrupt each other "
             "(SCHED_BATCH).",
             PAYLOAD);
    snprintf(table->plot.subtitle, sizeof table->plot.subtitle,
             "%d bytes each way; Kantor has CURVE on, gRPC and NATS have no TLS", PAYLOAD);
    int code = report_site_open(report, &site, "echo");
    if (code == 0) {
        open_peers(report, site.office.folder, floors, lacks);
        code = measure_rows(report, table, &site, floors, lacks);
    }
    for (unsigned i = 0; i < ECHO_PEERS; i++)
        bench_floor_close(&floors[i]);
    report_site_close(&site);
    report_table_fini(table);
    return code;
}
