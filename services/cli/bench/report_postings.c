/* Postings one by one and in batches: an office beside the bare loop and PostgreSQL. */
#include "report.h"

#define ACCOUNTS 10000

typedef struct ledgers {
    report_site_t site;
    bench_floor_t floor;
    bench_postgres_t postgres;
    const char *floor_lacks, *postgres_lacks;
} ledgers_t;

static report_row_t *
postgres_row(report_table_t *table, const report_row_t *against, const ledgers_t *ledgers,
             const char *load, bench_pgbench_t what)
{
    report_row_t *row = report_row(
        table, REPORT_POSTGRES, what.per_transaction == 1 ? "PostgreSQL, function" : "PostgreSQL",
        load, against->panel);
    row->postgres = &ledgers->postgres;
    row->pgbench = what;
    row->lacks = ledgers->postgres_lacks;
    row->against = against;
    row->place = against->place;
    return row;
}

/* ---- one by one ---- */

enum { ONE, SOME, MANY, SINGLE_LOADS };
enum { FREE, BATCH, PLACED, SINGLE_PLACES };

static const unsigned single_in_flight[SINGLE_LOADS] = {[ONE] = 1, [SOME] = 64, [MANY] = 1024};
static const bench_place_t single_places[SINGLE_PLACES] = {
    [FREE] = BENCH_FREE, [BATCH] = BENCH_BATCH, [PLACED] = BENCH_ONE};

/* With more in flight the disk, the writer and the front are busy at the same time. */
static bool
is_measured(unsigned load, unsigned place)
{
    return load == ONE || place != PLACED;
}

typedef struct single_rows {
    report_row_t *own[SINGLE_LOADS][SINGLE_PLACES], *bare[SINGLE_LOADS][SINGLE_PLACES],
        *pg[SINGLE_LOADS][SINGLE_PLACES]; /* with so many clients; none with MANY */
} single_rows_t;

/* The rows of one load in one place. */
static bool
add_single(report_table_t *table, ledgers_t *ledgers, unsigned i, unsigned place,
           single_rows_t *rows)
{
    char load[48], where[48];
    snprintf(where, sizeof where, "in flight%s", bench_place_name(single_places[place]));
    report_load(load, single_in_flight[i], where);
    report_row_t *own = report_kantor_row(table, &ledgers->site, load, load, single_in_flight[i]);
    own->place = single_places[place];
    rows->own[i][place] = own;
    rows->bare[i][place] = report_floor_row(table, own, "bare loop", &ledgers->floor,
                                            ledgers->floor_lacks);
    if (i != MANY) {
        snprintf(where, sizeof where, "client%s%s", i == ONE ? "" : "s",
                 bench_place_name(single_places[place]));
        report_load(load, single_in_flight[i], where);
        rows->pg[i][place] = postgres_row(table, own, ledgers, load,
                                          (bench_pgbench_t){"func.sql", single_in_flight[i], 1});
    }
    return bench_post_load(&own->kantor, REPORT_BOOK, ACCOUNTS, 1);
}

static const report_row_t *
fastest(report_row_t *const rows[SINGLE_PLACES])
{
    return report_fastest(rows, SINGLE_PLACES);
}

static void
single_goals(report_table_t *table, const single_rows_t *rows)
{
    report_goal_ratio(table, "1,024 in flight: 0.7 of the bare loop", 0.7, rows->own[MANY][FREE],
                      rows->bare[MANY][FREE]);
    report_goal_ratio(table, "1,024 in flight: 8 times PostgreSQL's function at 64 clients", 8,
                      fastest(rows->own[MANY]), fastest(rows->pg[SOME]));
    report_goal_ratio(table, "64 in flight: 3 times PostgreSQL's function at 64 clients", 3,
                      fastest(rows->own[SOME]), fastest(rows->pg[SOME]));
    report_goal_ratio(table, "1 in flight: not slower than PostgreSQL's function with 1 client", 1,
                      fastest(rows->own[ONE]), fastest(rows->pg[ONE]));
}

static int
single_postings(report_t *report, ledgers_t *ledgers)
{
    single_rows_t rows = {0};
    report_table_t *table = report_table(report, "Durable postings, one by one", "postings",
                                         "entries/s");
    snprintf(
        table->about, sizeof table->about,
        "Entries of two lines over 10,000 accounts, each answered after its commit is on disk. "
        "The bare loop is ZeroMQ, protobuf and LMDB\nwith back pointers: no CURVE, no "
        "journal, no roles. PostgreSQL posts by a function on the server (`SELECT "
        "post_entry(...)`,\nprepared) over a Unix socket, with fsync and synchronous_commit "
        "on; its clients are pgbench's, with two threads, and its\nrounds are whole seconds. "
        "Batch: threads that are woken do not interrupt others (SCHED_BATCH), in all processes of "
        "the row's\nsystem; one processor: and all of them on one. Against PostgreSQL each "
        "is taken where it is fastest.");
    snprintf(table->plot.subtitle, sizeof table->plot.subtitle,
             "Entries/s, two lines each, every one on disk before it is answered; more is better");
    bool made = true;
    for (unsigned i = 0; i < SINGLE_LOADS; i++)
        for (unsigned place = 0; place < SINGLE_PLACES; place++)
            made = (!is_measured(i, place) || add_single(table, ledgers, i, place, &rows)) && made;
    int code = made ? report_measure(report, table)
                    : cli_fail(report->cli, CLI_EXIT_BUG, "out of memory");
    report_table_fini(table);
    if (code != 0)
        return code;
    single_goals(table, &rows);
    for (unsigned i = 0; i < SINGLE_LOADS; i++)
        for (unsigned place = 0; place < SINGLE_PLACES; place++)
            if (rows.own[i][place])
                report_bars(table, rows.own[i][place]->panel, rows.own[i][place]->panel,
                            REPORT_RATE);
    return 0;
}

/* ---- batches ---- */

/* TigerBeetle, from an earlier measurement: transfers/s in batches. */
#define TIGER        "TigerBeetle"
#define TIGER_LOAD   "published, not measured in this run"
#define TIGER_MIB    3584.0
#define TIGER_P99_US 350000.0
#define BATCHES      5
#define LARGEST      (BATCHES - 1)
#define THOUSAND     (BATCHES - 2)

static const struct {
    unsigned batch;
    unsigned tiger_batch;
    double tiger_rate; /* 0: nothing published */
} batches[BATCHES] = {{1, 1, 1400},
                      {64, 64, 48000},
                      {512, 512, 108000},
                      {1000, 0, 0},
                      {BENCH_BATCH_MAX, 8190, 312000}};

/* Calls in flight. Two are measured of the largest batch alone, of which a call holds about half of
 * TigerBeetle's: two hold 8,000 entries under way, as it has 8,190. */
enum { BATCH_ONE, BATCH_TWO, BATCH_FOUR, BATCH_LOADS };

static const unsigned batch_calls[BATCH_LOADS] = {
    [BATCH_ONE] = 1, [BATCH_TWO] = 2, [BATCH_FOUR] = 4};

typedef struct batch_rows {
    report_row_t *own[BATCHES][BATCH_LOADS], *tiger[BATCHES], *pg[3];
} batch_rows_t;

/* The least load that has as many entries under way as TigerBeetle's batch. */
static unsigned
least_load(unsigned i)
{
    return i == LARGEST ? BATCH_TWO : BATCH_ONE;
}

static bool
add_batches(report_table_t *table, ledgers_t *ledgers, batch_rows_t *rows)
{
    bool made = true;
    for (unsigned i = 0; i < BATCHES; i++) {
        char number[32], panel[48], load[48];
        report_whole(batches[i].batch, number);
        snprintf(panel, sizeof panel, "batches of %.20s", number);
        for (unsigned k = 0; k < BATCH_LOADS; k++) {
            if (k == BATCH_TWO && i != LARGEST)
                continue;
            snprintf(load, sizeof load, "%.20s a call, %u in flight", number, batch_calls[k]);
            rows->own[i][k] = report_kantor_row(table, &ledgers->site, load, panel, batch_calls[k]);
            made = bench_post_load(&rows->own[i][k]->kantor, REPORT_BOOK, ACCOUNTS,
                                   batches[i].batch) &&
                   made;
        }
        for (unsigned c = 0; i == THOUSAND && c < 3; c++) {
            unsigned clients = 1u << c;
            snprintf(load, sizeof load, "%.20s a time, %u client%s", number, clients,
                     clients == 1 ? "" : "s");
            rows->pg[c] = postgres_row(table, rows->own[i][clients == 1 ? BATCH_ONE : BATCH_FOUR],
                                       ledgers, load,
                                       (bench_pgbench_t){"many1000.sql", clients, 1000});
        }
        if (batches[i].tiger_rate <= 0)
            continue;
        report_whole(batches[i].tiger_batch, number);
        snprintf(load, sizeof load, "batches of %.20s", number);
        rows->tiger[i] = report_row(table, REPORT_PUBLISHED, "TigerBeetle", load, panel);
        rows->tiger[i]->against = rows->own[i][least_load(i)];
        rows->tiger[i]->figures.count = 1;
        rows->tiger[i]->figures.rounds[0].per_second = batches[i].tiger_rate;
        if (i == LARGEST)
            rows->tiger[i]->figures.rounds[0].p99_us = TIGER_P99_US;
    }
    return made;
}

/* MiB of Kantor's own, of all its processes, at the end of each round of a row. */
static report_series_t
memory_of(const report_row_t *row)
{
    report_series_t memory = report_series(&row->figures,
                                           offsetof(bench_sample_t, memory_mib[BENCH_BROKER]));
    report_series_t more = report_series(&row->figures,
                                         offsetof(bench_sample_t, memory_mib[BENCH_DEPARTMENT]));
    for (unsigned i = 0; i < memory.count; i++)
        memory.values[i] += more.values[i];
    return memory;
}

/* Against what was published for batches of this size: at least with as many entries under way. */
static void
tiger_goals(report_table_t *table, const batch_rows_t *rows, unsigned i)
{
    char text[160];
    double limit = i == LARGEST ? 0.6 : 1;
    for (unsigned k = least_load(i); k < BATCH_LOADS; k++) {
        const report_row_t *own = rows->own[i][k];
        if (!own)
            continue;
        snprintf(text, sizeof text, "%s: %s TigerBeetle's %s", own->load,
                 i == LARGEST ? "0.6 of" : "not less than", rows->tiger[i]->load);
        report_goal_ratio(table, text, limit, own, rows->tiger[i]);
    }
}

static void
batch_goals(report_table_t *table, const batch_rows_t *rows)
{
    const report_row_t *pg = report_fastest(rows->pg, KT_COUNT(rows->pg));
    const report_row_t *thousand = report_fastest(rows->own[THOUSAND], BATCH_LOADS);
    const report_row_t *largest = rows->own[LARGEST][BATCH_TWO];
    report_goal_ratio(table, "batches of 1,000: 2.5 times PostgreSQL, the best load of each", 2.5,
                      thousand, pg);
    for (unsigned i = 0; i < BATCHES; i++)
        if (rows->tiger[i])
            tiger_goals(table, rows, i);
    report_series_t p99 = report_series(&largest->figures, REPORT_P99);
    report_series_t memory = memory_of(largest), limit = report_constant(TIGER_P99_US);
    report_series_t ratio = report_ratio(&p99, &limit);
    report_add_goal(table, "largest batch, 2 in flight: p99, of TigerBeetle's 350 ms", 1, true,
                    &ratio);
    limit = report_constant(TIGER_MIB);
    ratio = report_ratio(&memory, &limit);
    report_add_goal(table, "largest batch, 2 in flight: memory, of TigerBeetle's 3.5 GB", 0.1, true,
                    &ratio);
    report_note(table,
                "Memory of Kantor's own, broker and finance, at the largest batch: %.1f MiB. That "
                "is without mapped pages of the store, which are the kernel's cache.",
                bench_median(memory.values, memory.count));
}

static int
batched_postings(report_t *report, ledgers_t *ledgers)
{
    batch_rows_t rows = {0};
    report_table_t *table = report_table(report, "Durable postings in batches", "batches",
                                         "entries/s");
    snprintf(table->about, sizeof table->about,
             "As above, many entries in one call (PostEntries, each taken or refused by itself), "
             "at most %d. Times are of a call, so of a\nwhole batch; processor time is of an "
             "entry. PostgreSQL takes 1,000 postings in one set-based statement.\nTigerBeetle's "
             "lines **were not measured in this run**: they are constants, published from an "
             "earlier measurement,\nand show the order of magnitude. Its largest batch is 8,190 "
             "entries, as many as two calls of 4,000 have under way; Kantor's rate to it is that "
             "of two.",
             BENCH_BATCH_MAX);
    snprintf(table->plot.subtitle, sizeof table->plot.subtitle,
             "Entries/s, every batch on disk before it is answered; more is better; dashed: "
             "published before, not measured here");
    int code = add_batches(table, ledgers, &rows)
                   ? report_measure(report, table)
                   : cli_fail(report->cli, CLI_EXIT_BUG, "out of memory");
    report_table_fini(table);
    if (code != 0)
        return code;
    batch_goals(table, &rows);
    for (unsigned i = 0; i < BATCHES; i++)
        report_bars(table, rows.own[i][BATCH_ONE]->panel, rows.own[i][BATCH_ONE]->panel,
                    REPORT_RATE);
    return 0;
}

int
report_postings(report_t *report)
{
    ledgers_t ledgers = {0};
    int code = report_site_open(report, &ledgers.site, "finance");
    if (code == 0)
        code = bench_post_prepare(&ledgers.site.cli, REPORT_BOOK, ACCOUNTS);
    if (code == 0) {
        if (!bench_floor_post(report->cli, report->anchors, ledgers.site.office.folder, ACCOUNTS, 0,
                              &ledgers.floor))
            ledgers.floor_lacks = REPORT_NO_POST;
        ledgers.postgres_lacks = bench_postgres_open(report->cli, report->scripts,
                                                     &ledgers.postgres);
        report_told(report, "the bare loop", ledgers.floor_lacks);
        report_told(report, "PostgreSQL", ledgers.postgres_lacks);
        code = single_postings(report, &ledgers);
    }
    bench_floor_close(&ledgers.floor);
    if (code == 0)
        code = batched_postings(report, &ledgers);
    bench_postgres_close(&ledgers.postgres);
    report_site_close(&ledgers.site);
    return code;
}
