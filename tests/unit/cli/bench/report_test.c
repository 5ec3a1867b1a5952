/* What `kantor bench report` reads from other programs, judges and writes. */
#include "../said.h"

#include "bench/report.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
expect_in(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

static void
results_of_clients(void **state)
{
    (void)state;
    bench_sample_t sample = {0};
    assert_true(bench_read_result("a warning\n"
                                  "RESULT zfloor ops=10 rps=1234 p50=10.5 p99=20.0 p999=30.5 "
                                  "max=99.0 cpu_client=1.5 cpu_broker=2.5 cpu_server=3.5 "
                                  "cpu_total=7.5\n",
                                  &sample));
    assert_true(sample.per_second == 1234 && sample.p50_us == 10.5 && sample.p99_us == 20);
    assert_true(sample.p999_us == 30.5 && sample.cpu_us[BENCH_CLIENT] == 1.5);
    assert_true(sample.cpu_us[BENCH_BROKER] == 2.5 && sample.cpu_us[BENCH_DEPARTMENT] == 3.5);
    static const char *const wrong[] = {
        "",
        "RESULT",
        "no RESULT rps=5",
        "RESULT x rps=nan",
        "RESULT x ops=0 rps=0\n",
        "lost reply\n",
    };
    for (size_t i = 0; i < KT_COUNT(wrong); i++)
        if (bench_read_result(wrong[i], &sample))
            fail_msg("taken: '%s'", wrong[i]);
}

static void
results_of_pgbench(void **state)
{
    (void)state;
    double transactions = 0, per_second = 0;
    assert_true(bench_read_pgbench("pgbench (15.20)\ntransaction type: func.sql\n"
                                   "number of transactions actually processed: 8911\n"
                                   "number of failed transactions: 0 (0.000%)\n"
                                   "latency average = 7.190 ms\n"
                                   "initial connection time = 55.1 ms\n"
                                   "tps = 8901.5 (without initial connection time)\n",
                                   &transactions, &per_second));
    assert_true(transactions == 8911 && per_second == 8901.5);
    static const char *const wrong[] = {
        "",
        "pgbench: error: connection to server failed\n",
        "number of transactions actually processed: 8\n",
        "number of transactions actually processed: 0\n\ntps = 0 (without)\n",
        ("number of transactions actually processed: 8\nnumber of failed transactions: 3 (27%)\n"
         "tps = 8 (without initial connection time)\n"),
        "number of transactions actually processed: x\ntps = 8 (without)\n",
    };
    for (size_t i = 0; i < KT_COUNT(wrong); i++)
        if (bench_read_pgbench(wrong[i], &transactions, &per_second))
            fail_msg("taken: '%s'", wrong[i]);
    assert_true(transactions == 8911 && per_second == 8901.5);
}

static void
goals(void **state)
{
    (void)state;
    static const struct {
        double own[3], other[3];
        unsigned own_count, other_count;
        double limit;
        bool at_most;
        report_held_t held;
    } rows[] = {
        {{80, 90, 70}, {100, 100, 100}, 3, 3, 0.8, false, REPORT_HELD},
        {{79, 90, 70}, {100, 100, 100}, 3, 3, 0.8, false, REPORT_MISSED},
        {{115, 1, 999}, {100, 100, 100}, 3, 3, 1.15, true, REPORT_HELD},
        {{116, 1, 999}, {100, 100, 100}, 3, 3, 1.15, true, REPORT_MISSED},
        {{80, 90, 70}, {0}, 3, 0, 0.8, false, REPORT_UNMEASURED},
        {{0}, {100}, 0, 1, 0.8, true, REPORT_UNMEASURED},
        /* Only the rounds that both have: 90 to 100. */
        {{90, 1, 1}, {100}, 3, 1, 0.8, false, REPORT_HELD},
        /* Nothing is not infinitely less than something. */
        {{90}, {0}, 1, 1, 0.8, false, REPORT_MISSED},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        report_series_t own = {.count = rows[i].own_count}, other = {.count = rows[i].other_count};
        memcpy(own.values, rows[i].own, sizeof rows[i].own);
        memcpy(other.values, rows[i].other, sizeof rows[i].other);
        report_goal_t goal = {.limit = rows[i].limit,
                              .at_most = rows[i].at_most,
                              .series = report_ratio(&own, &other)};
        if (report_judge(&goal) != rows[i].held)
            fail_msg("row %zu", i);
    }
    report_series_t constant = report_constant(7);
    assert_int_equal(constant.count, BENCH_ROUNDS_MAX);
    assert_true(constant.values[0] == 7 && constant.values[BENCH_ROUNDS_MAX - 1] == 7);
}

static void
numbers(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0, "0"},          {0.004, "0.00"},    {1.234, "1.23"},     {12.34, "12.3"},
        {123.4, "123"},    {1234, "1,234"},    {123456, "123,456"}, {1234567, "1,234,567"},
        {-1234, "-1,234"}, {1e6, "1,000,000"},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        char text[32];
        report_number(rows[i].value, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void
plots_escape_and_draw(void **state)
{
    (void)state;
    said_t said;
    plot_t plot = {.title = "a < b & \"c\"", .subtitle = "sub\x01title"};
    plot_panel(&plot, "<script>");
    plot_bar(&plot, &(plot_bar_t){"Kantor's", 50, 40, 60, PLOT_OURS});
    plot_bar(&plot, &(plot_bar_t){"other", 100, 100, 100, PLOT_OTHER});
    plot_bar(&plot, &(plot_bar_t){"absent", 0, 0, 0, PLOT_ABSENT});
    plot_bar(&plot, &(plot_bar_t){"elsewhere", 1234, 1234, 1234, PLOT_PUBLISHED});
    open_said(&said);
    plot_write(&plot, said.file);
    fclose(said.file);
    expect_in(said.text, "<title>a &lt; b &amp; &quot;c&quot;</title>");
    expect_in(said.text, ">subtitle<");
    expect_in(said.text, ">&lt;script&gt;<");
    expect_in(said.text, ">Kantor&#39;s<");
    expect_in(said.text, ">50.0 (40.0..60.0)<");
    expect_in(said.text, ">100<");
    expect_in(said.text, ">not measured<");
    expect_in(said.text, ">1,234 (published)<");
    expect_in(said.text, "</svg>\n");
    assert_null(strstr(said.text, "<script"));
    assert_null(strstr(said.text, "nan"));
    free(said.text);
    plot_t empty = {.title = "none"};
    plot_panel(&empty, "nothing was measured");
    open_said(&said);
    plot_write(&empty, said.file);
    fclose(said.file);
    assert_null(strstr(said.text, "nan"));
    free(said.text);
}

static void
wide_ranges_are_doubted(void **state)
{
    (void)state;
    report_t *report = calloc(1, sizeof *report);
    assert_non_null(report);
    report_table_t *table = report_table(report, "A table", "table", "requests/s");
    report_row_t *own = report_row(table, REPORT_KANTOR, "Kantor", "1 in flight", "p");
    own->figures.count = 2;
    own->figures.rounds[0].per_second = 1000;
    for (unsigned most = 2000; most <= 2001; most++) {
        own->figures.rounds[1].per_second = most;
        said_t said;
        open_said(&said);
        assert_true(report_write(report, said.file));
        fclose(said.file);
        assert_int_equal(strstr(said.text, "**Doubtful**: the rates of 1 lines") != NULL,
                         most == 2001);
        free(said.text);
    }
    free(report);
}

/* A table of an office, a peer that is beaten, one that is not, and one that is not there. */
static report_t *
small_report(void)
{
    report_t *report = calloc(1, sizeof *report);
    assert_non_null(report);
    snprintf(report->conditions, sizeof report->conditions, "under these conditions");
    snprintf(report->versions, sizeof report->versions, "of these versions");
    report_table_t *table = report_table(report, "A table", "table", "requests/s");
    report_row_t *own = report_row(table, REPORT_KANTOR, "Kantor", "1 in flight", "p");
    report_row_t *peer = report_row(table, REPORT_FLOOR, "a peer", "1 in flight", "p");
    report_row_t *gone = report_row(table, REPORT_FLOOR, "another", "1 in flight", "p");
    report_row_t *told = report_row(table, REPORT_PUBLISHED, "a third", "once", "p");
    own->figures.count = peer->figures.count = 2;
    own->figures.rounds[0] = (bench_sample_t){.per_second = 2000, .p50_us = 11};
    own->figures.rounds[1] = (bench_sample_t){.per_second = 3000, .p50_us = 13};
    peer->figures.rounds[0] = (bench_sample_t){.per_second = 1000};
    peer->figures.rounds[1] = (bench_sample_t){.per_second = 1000};
    told->figures.count = 1;
    told->figures.rounds[0].per_second = 10000;
    gone->lacks = "it is not installed";
    peer->against = gone->against = told->against = own;
    report_goal_ratio(table, "twice the peer", 2, own, peer);
    report_goal_ratio(table, "as fast as another", 1, own, gone);
    report_goal_ratio(table, "as fast as the third", 1, own, told);
    assert_ptr_equal(report_fastest((report_row_t *const[]){peer, own}, 2), own);
    assert_ptr_equal(report_fastest((report_row_t *const[]){gone, peer}, 2), peer);
    assert_ptr_equal(report_fastest((report_row_t *const[]){NULL, gone, peer}, 3), peer);
    assert_ptr_equal(report_fastest((report_row_t *const[]){NULL, gone}, 2), gone);
    report_note(table, "a note of %d", 1);
    return report;
}

static void
pages_line_up_and_hide_nothing(void **state)
{
    (void)state;
    said_t said;
    report_t *report = small_report();
    assert_int_equal(report_count(report, REPORT_HELD), 1);
    assert_int_equal(report_count(report, REPORT_MISSED), 1);
    assert_int_equal(report_count(report, REPORT_UNMEASURED), 1);
    open_said(&said);
    assert_true(report_write(report, said.file));
    fclose(said.file);
    free(report);
    static const char *const parts[] = {
        "under these conditions",
        "of these versions",
        "1 are held, 1 are missed and 1 were not measured",
        "- **Missed**: as fast as the third: 0.25, at least 1.\n",
        "![A table](table.svg)",
        "| **Kantor** | 1 in flight |        2,500 | 2,000..3,000 |   12.0 |",
        "| another    | 1 in flight | not measured |",
        "| a third    | once        |       10,000 |    published |",
        "- Not measured: another: it is not installed.\n",
        "| twice the peer       | yes          | at least 2 |     2.50 |  2.00..3.00 |\n",
        "| as fast as another   | not measured | at least 1 |          |             |\n",
        "| as fast as the third | **NO**       | at least 1 |     0.25 |  0.20..0.30 |\n",
        "- a note of 1\n",
    };
    for (size_t i = 0; i < KT_COUNT(parts); i++)
        expect_in(said.text, parts[i]);
    /* The lines of a table are equally long. */
    size_t width = 0;
    for (const char *line = said.text; *line; line += strcspn(line, "\n") + 1) {
        size_t size = strcspn(line, "\n");
        if (line[0] == '|' && width > 0)
            assert_int_equal(size, width);
        width = line[0] == '|' ? size : 0;
    }
    free(said.text);
}

/* This thread's processors and policy. */
static void
expect_place(int processors, int policy)
{
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    assert_int_equal(CPU_COUNT(&set), processors);
    assert_int_equal(sched_getscheduler(0), policy);
}

static void
threads_are_placed_and_let_go(void **state)
{
    (void)state;
    cpu_set_t before;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    int all = CPU_COUNT(&before);
    bench_processes_t self = {.count = 1, .all = {{.part = BENCH_CLIENT, .pid = getpid()}}};
    bench_place_all(&self, BENCH_ONE);
    expect_place(1, SCHED_BATCH);
    bench_place(getpid(), BENCH_BATCH);
    expect_place(all, SCHED_BATCH);
    bench_place(0, BENCH_ONE); /* nobody: not this process */
    expect_place(all, SCHED_BATCH);
    bench_place(getpid(), BENCH_FREE);
    expect_place(all, SCHED_OTHER);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_of_clients),
        cmocka_unit_test(results_of_pgbench),
        cmocka_unit_test(goals),
        cmocka_unit_test(numbers),
        cmocka_unit_test(plots_escape_and_draw),
        cmocka_unit_test(pages_line_up_and_hide_nothing),
        cmocka_unit_test(wide_ranges_are_doubted),
        cmocka_unit_test(threads_are_placed_and_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
