/* Growth: offices and bare loops that hold more and more. */
#include "report.h"

#include <kt/time.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define ACCOUNTS  100000
#define SIZES_MAX 3
#define ROOM      (12.0 * 1073741824.0) /* of the disk, for the largest stores */
#define RESTARTS  3

static const uint64_t stored[SIZES_MAX] = {10000, 1000000, 10000000};

/* One size: an office and a bare loop that hold so many entries. */
typedef struct age {
    report_site_t site;
    bench_floor_t floor;
    const char *floor_lacks;
    report_row_t *own, *bare;
    double own_bytes, bare_bytes; /* on disk, of an entry */
} age_t;

static double
bytes_per_entry(const char *folder, const char *store, uint64_t entries)
{
    char path[BENCH_PATH_BYTES];
    struct stat found;
    snprintf(path, sizeof path, "%.900s/%s/data.mdb", folder, store);
    return stat(path, &found) == 0 ? (double)found.st_size / (double)entries : 0;
}

static int
open_age(report_t *report, report_table_t *table, age_t *age, uint64_t entries)
{
    char load[48], number[32];
    report_whole((double)entries, number);
    snprintf(load, sizeof load, "%s stored", number);
    int code = report_site_open(report, &age->site, "finance");
    if (code == 0)
        code = bench_post_prepare(&age->site.cli, REPORT_BOOK, ACCOUNTS);
    if (code == 0)
        code = bench_post_fill(&age->site.cli, &age->site.office.processes, REPORT_BOOK, ACCOUNTS,
                               entries);
    if (code != 0)
        return code;
    const char *folder = age->site.office.folder;
    cli_say(report->cli, "filling a bare loop: %s", load);
    if (!bench_floor_post(report->cli, report->anchors, folder, ACCOUNTS, entries, &age->floor))
        age->floor_lacks = REPORT_NO_POST;
    report_told(report, "the bare loop", age->floor_lacks);
    age->own_bytes = bytes_per_entry(folder, "store", entries);
    age->bare_bytes = age->floor_lacks ? 0 : bytes_per_entry(folder, "floor-store", entries);
    age->own = report_kantor_row(table, &age->site, load, "growth", 1024);
    age->bare = report_floor_row(table, age->own, "bare loop", &age->floor, age->floor_lacks);
    return bench_post_load(&age->own->kantor, REPORT_BOOK, ACCOUNTS, 1)
               ? 0
               : cli_fail(report->cli, CLI_EXIT_BUG, "out of memory");
}

/* Seconds from a start after SIGKILL until a posting is answered. The first call may still go to
 * the instance that is dead; the broker gives it to the new one. */
static int
restart(report_t *report, report_table_t *table, age_t *age)
{
    report_series_t seconds = {0};
    bench_load_t one = age->own->kantor;
    bench_sample_t sample;
    char text[160];
    int code = 0;
    one.in_flight = 1;
    one.calls_max = 1;
    one.warm_s = 1e6;
    cli_say(report->cli, "killing finance over %s", age->own->load);
    for (unsigned i = 0; i < RESTARTS && code == 0; i++) {
        int64_t from_us = kt_clock_mono_us();
        if (!bench_office_restart(&age->site.cli, &age->site.office))
            return CLI_EXIT_OUTPUT;
        code = bench_run(&one, &sample);
        seconds.values[seconds.count++] = (double)(kt_clock_mono_us() - from_us) / 1e6;
    }
    snprintf(text, sizeof text, "seconds from SIGKILL and start until a posting is answered, %s",
             age->own->load);
    if (code == 0)
        report_add_goal(table, text, 2, true, &seconds);
    return code;
}

static void
disk_results(report_table_t *table, const age_t ages[], unsigned count)
{
    plot_panel(&table->plot, "bytes on disk per stored entry (less is better)");
    /* Over few entries the accounts weigh more than the entries do. */
    for (unsigned i = 1; i < count; i++) {
        const age_t *age = &ages[i];
        plot_bar_t own = {.value = age->own_bytes, .style = PLOT_OURS},
                   bare = {.value = age->bare_bytes,
                           .style = age->floor_lacks ? PLOT_ABSENT : PLOT_OTHER};
        snprintf(own.label, sizeof own.label, "Kantor, %s", age->own->load);
        snprintf(bare.label, sizeof bare.label, "bare loop, %s", age->own->load);
        plot_bar(&table->plot, &own);
        plot_bar(&table->plot, &bare);
        char bare_text[64] = "not measured";
        if (!age->floor_lacks)
            snprintf(bare_text, sizeof bare_text, "%.0f (Kantor's is %.2f of it)", age->bare_bytes,
                     age->own_bytes / age->bare_bytes);
        report_note(table,
                    "Bytes on disk per entry, %s: Kantor %.0f, bare loop %s: the data file by "
                    "entries, with the %d accounts in it.",
                    age->own->load, age->own_bytes, bare_text, ACCOUNTS);
    }
}

/* One value of a row to another, round by round. */
static report_series_t
ratio_of(const report_row_t *row, size_t offset, size_t to)
{
    report_series_t own = report_series(&row->figures, offset);
    report_series_t other = report_series(&row->figures, to);
    return report_ratio(&own, &other);
}

/* What is left of the tail where the machine kept its speed. */
static void
note_steady(report_table_t *table, const age_t ages[], unsigned count)
{
    char text[REPORT_TEXT_BYTES] = "";
    for (unsigned i = 0; i < count; i++) {
        report_series_t tail = ratio_of(ages[i].own, offsetof(bench_sample_t, steady_p999_us),
                                        offsetof(bench_sample_t, steady_p50_us));
        size_t size = strlen(text);
        snprintf(text + size, sizeof text - size, "%s%.2f over %s", i > 0 ? ", " : "",
                 bench_median(tail.values, tail.count), ages[i].own->load);
    }
    report_note(table, "p99.9 of Kantor's calls that met no slow moment, by their p50: %s.", text);
}

static void
growth_results(report_table_t *table, const age_t ages[], unsigned count)
{
    const age_t *last = &ages[count - 1];
    report_series_t first = report_series(&ages[0].own->figures, REPORT_RATE);
    report_series_t rate = report_series(&last->own->figures, REPORT_RATE);
    report_series_t flat = report_ratio(&rate, &first);
    char text[160];
    snprintf(text, sizeof text, "flat: rate over %s at least 0.75 of that over %s", last->own->load,
             ages[0].own->load);
    report_add_goal(table, text, 0.75, false, &flat);
    for (unsigned i = 0; i < count; i++) {
        report_series_t tail = ratio_of(ages[i].own, REPORT_P999, REPORT_P50);
        snprintf(text, sizeof text, "p99.9 at most 5 times p50, %s", ages[i].own->load);
        report_add_goal(table, text, 5, true, &tail);
    }
    note_steady(table, ages, count);
    report_bars(table, "growth", "entries/s (more is better)", REPORT_RATE);
    report_bars(table, "growth", "p99.9 in us (less is better)", REPORT_P999);
    disk_results(table, ages, count);
}

/* How many of the sizes there is time and room for. */
static unsigned
sizes_of(report_t *report, report_table_t *table, const char *folder)
{
    struct statvfs disk;
    if (report->quick) {
        report_note(table, "Nothing larger: --quick.");
        return SIZES_MAX - 1;
    }
    if (statvfs(folder, &disk) != 0 || (double)disk.f_bavail * (double)disk.f_frsize >= ROOM)
        return SIZES_MAX;
    report_note(table, "Nothing larger: the disk has no room for it.");
    return SIZES_MAX - 1;
}

int
report_growth(report_t *report)
{
    age_t *ages = calloc(SIZES_MAX, sizeof *ages);
    if (!ages)
        return cli_fail(report->cli, CLI_EXIT_BUG, "out of memory");
    report_table_t *table = report_table(report, "As the books grow", "growth", "entries/s");
    snprintf(
        table->about, sizeof table->about,
        "Single durable postings at 1,024 in flight over 100,000 accounts, in offices and bare "
        "loops that hold so many entries before\nthe first round.");
    snprintf(table->plot.subtitle, sizeof table->plot.subtitle,
             "Durable postings at 1,024 in flight over 100,000 accounts, by entries stored before");
    unsigned count = 0, wanted = SIZES_MAX;
    int code = 0;
    while (code == 0 && count < wanted) {
        code = open_age(report, table, &ages[count], stored[count]);
        if (code == 0 && count == 0)
            wanted = sizes_of(report, table, ages[0].site.office.folder);
        count++;
    }
    if (code == 0)
        code = report_measure(report, table);
    if (code == 0)
        growth_results(table, ages, count);
    if (code == 0)
        code = restart(report, table, &ages[count - 1]);
    for (unsigned i = 0; i < count; i++) {
        bench_floor_close(&ages[i].floor);
        report_site_close(&ages[i].site);
    }
    report_table_fini(table);
    free(ages);
    return code;
}
