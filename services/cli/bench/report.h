/*
 * report.h: what `kantor bench report` is made of: tables whose rows take turns, goals that are
 * judged round by round, and a page that tells both.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "bench.h"
#include "plot.h"

#define REPORT_ROWS_MAX   24
#define REPORT_GOALS_MAX  12
#define REPORT_NOTES_MAX  8
#define REPORT_TEXT_BYTES 256
#define REPORT_TABLES     4
#define REPORT_PARTS      3

/* ---- peers.c: other ways of asking a service, with the clients that are built beside the floors.
 * Each returns NULL, or why it is not measured; the caller closes the floor in either case. ---- */

/* gRPC C++ behind HAProxy, which speaks HTTP/2 to both sides, over TCP on this machine. */
const char *bench_peer_grpc(cli_t *cli, const char *anchors, const char *folder, size_t payload,
                            bench_floor_t *floor);
/* Request and reply over a NATS server, over TCP on this machine. */
const char *bench_peer_nats(cli_t *cli, const char *anchors, const char *folder, size_t payload,
                            bench_floor_t *floor);
/* The version of the library that its server has loaded; "" when it cannot be told. */
void bench_peer_grpc_version(const bench_floor_t *floor, char out[32]);
/* The same servers, for a client with so many in flight: one request after the other has a way of
 * its own. The copy is not to be closed. */
bench_floor_t bench_peer_nats_for(const bench_floor_t *floor, unsigned in_flight);

/* ---- postgres.c: a PostgreSQL cluster of its own ---- */

typedef struct bench_postgres {
    pid_t pid;
    char folder[BENCH_PATH_BYTES]; /* cluster, socket, logs */
    const char *scripts;           /* schema.sql, func.sql, many1000.sql; borrowed */
} bench_postgres_t;

/* Where one of its programs is; false when it is not installed. */
bool bench_postgres_program(const char *name, char out[BENCH_PATH_BYTES]);
/* Makes a cluster with fsync and synchronous_commit on, a Unix socket only, and the schema of
 * SCRIPTS. NULL, or why it is not measured; the caller closes it in either case. */
const char *bench_postgres_open(cli_t *cli, const char *scripts, bench_postgres_t *postgres);
void bench_postgres_close(bench_postgres_t *postgres);

typedef struct bench_pgbench {
    const char *script; /* "func.sql" */
    unsigned clients;
    unsigned per_transaction; /* postings in one */
} bench_pgbench_t;

/* One round of pgbench, of whole seconds and at least one. False after saying why it failed. */
bool bench_postgres_run(cli_t *cli, const bench_postgres_t *postgres, const bench_pgbench_t *what,
                        double seconds, bench_sample_t *sample);
/* Transactions and their rate, of what pgbench printed; false when it has none, or some failed. */
bool bench_read_pgbench(const char *text, double *transactions, double *per_second);

/* ---- goals.c: ratios round by round ---- */

/* One value of every round. */
typedef struct report_series {
    unsigned count; /* 0: not measured */
    double values[BENCH_ROUNDS_MAX];
} report_series_t;

report_series_t report_series(const bench_figures_t *figures, size_t offset);
/* The same value in every round. */
report_series_t report_constant(double value);
/* OWN to OTHER in each round that both have. */
report_series_t report_ratio(const report_series_t *own, const report_series_t *other);

typedef enum report_held { REPORT_HELD, REPORT_MISSED, REPORT_UNMEASURED } report_held_t;

typedef struct report_goal {
    char text[REPORT_TEXT_BYTES];
    double limit;
    bool at_most;           /* the limit is the most, not the least */
    report_series_t series; /* what is held against it */
} report_goal_t;

/* By the median of its series. */
report_held_t report_judge(const report_goal_t *goal);

/* ---- report_turns.c: rows, and the rounds in which they take turns ---- */

#define REPORT_RATE offsetof(bench_sample_t, per_second)
#define REPORT_P50  offsetof(bench_sample_t, p50_us)
#define REPORT_P99  offsetof(bench_sample_t, p99_us)
#define REPORT_P999 offsetof(bench_sample_t, p999_us)

typedef enum report_kind {
    REPORT_KANTOR,
    REPORT_FLOOR,
    REPORT_POSTGRES,
    REPORT_PUBLISHED
} report_kind_t;

typedef struct report_row {
    report_kind_t kind;
    bench_figures_t figures;          /* what: the system's name */
    char load[48];                    /* "64 in flight" */
    char panel[48];                   /* of the plot */
    const char *lacks;                /* why it is not measured, or NULL */
    const struct report_row *against; /* Kantor's row it is held against; Kantor's have none */
    bench_load_t kantor;
    bench_floor_t floor; /* not to be closed */
    const bench_postgres_t *postgres;
    bench_pgbench_t pgbench;
    bench_place_t place;
} report_row_t;

typedef struct report_table {
    const char *title, *file; /* "Echo through the broker", "echo" */
    const char *unit;         /* "requests/s" */
    char about[1024];         /* what its figures hold under */
    report_row_t rows[REPORT_ROWS_MAX];
    unsigned rows_count;
    report_goal_t goals[REPORT_GOALS_MAX];
    unsigned goals_count;
    char notes[REPORT_NOTES_MAX][REPORT_TEXT_BYTES];
    unsigned notes_count;
    plot_t plot;
} report_table_t;

typedef struct report {
    cli_t *cli;
    const char *anchors, *scripts, *out;
    bool quick, wanted[REPORT_PARTS];
    unsigned rounds;
    double seconds, warm_s;
    char conditions[1024], versions[512];
    char grpc_version[32]; /* "" until it is known */
    report_table_t tables[REPORT_TABLES];
    unsigned tables_count;
} report_t;

report_table_t *
report_table(report_t *report, const char *title, const char *file, const char *unit);
/* A row named WHAT under LOAD; PANEL is where its bar goes. */
report_row_t *report_row(report_table_t *table, report_kind_t kind, const char *what,
                         const char *load, const char *panel);
/* All rows of a table, round by round. A row other than Kantor's that fails is told as not
 * measured; Kantor's end it. 0, or an exit code. */
int report_measure(report_t *report, report_table_t *table);
/* Of rows, of which some may be NULL, that with the highest median rate; the first where none was
 * measured. */
const report_row_t *report_fastest(report_row_t *const rows[], unsigned count);
void report_table_fini(report_table_t *table);
/* A panel of the plot: the rows of PANEL, of their values at OFFSET. */
void report_bars(report_table_t *table, const char *panel, const char *title, size_t offset);
void report_note(report_table_t *table, const char *format, ...) KT_PRINTF(2, 3);
void report_add_goal(report_table_t *table, const char *text, double limit, bool at_most,
                     const report_series_t *series);
/* The rate in every round. */
report_series_t report_rate(const report_row_t *row);
/* At least LIMIT of OTHER's rate. */
void report_goal_ratio(report_table_t *table, const char *text, double limit,
                       const report_row_t *own, const report_row_t *other);

/* ---- report_systems.c: offices, and rows for them and what runs beside them ---- */

#define REPORT_BOOK    "bench"
#define REPORT_NO_POST "post does not run among the floor programs"

/* An office with a connection of its own, so that several can be asked in turns. Stays where it is
 * while it is open. */
typedef struct report_site {
    cli_t cli;
    bench_office_t office;
} report_site_t;

/* 0, or an exit code after saying why not; the caller closes it in either case. */
int report_site_open(report_t *report, report_site_t *site, const char *department);
void report_site_close(report_site_t *site);
/* "1,024 in flight" */
void report_load(char out[48], unsigned count, const char *of_what);
/* A row of an office; the caller makes the body of its load. */
report_row_t *report_kantor_row(report_table_t *table, report_site_t *site, const char *load,
                                const char *panel, unsigned in_flight);
/* A row of what runs beside it, with the same load and place; LACKS as in report_row_t. */
report_row_t *report_floor_row(report_table_t *table, const report_row_t *against, const char *what,
                               const bench_floor_t *floor, const char *lacks);
/* Says that WHAT is not measured, when it LACKS something. */
void report_told(report_t *report, const char *what, const char *lacks);

/* ---- report_echo.c, report_postings.c, report_growth.c: what is measured ---- */

/* Each starts its systems, measures them in turns and ends them. 0, or an exit code. */
int report_echo(report_t *report);
int report_postings(report_t *report); /* and batches, of the same systems */
int report_growth(report_t *report);

/* ---- report_page.c: the page ---- */

/* "12,345", "9.87": three digits that matter, and all of those before the point. */
void report_number(double value, char out[32]);
/* "12,345" */
void report_whole(double value, char out[32]);
/* How many goals ended so. */
unsigned report_count(const report_t *report, report_held_t held);
/* The page in Markdown, which refers to FILE.svg of each table. False when memory is out. */
bool report_write(const report_t *report, FILE *file);

#endif
