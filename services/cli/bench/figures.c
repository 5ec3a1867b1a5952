#include "bench.h"

#include "../output.h"

#include <stdlib.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#define CONDITIONS_BYTES 1024

bool
bench_list(cli_t *cli, const char *option, const char *usual, uint64_t max,
           unsigned out[BENCH_LIST_MAX], unsigned *count)
{
    const char *text = cli_text(cli, option) ? cli_text(cli, option) : usual;
    *count = 0;
    for (const char *at = text; *at;) {
        char *end;
        unsigned long long value = strtoull(at, &end, 10);
        if (end == at || value < 1 || value > max || (*end != 0 && *end != ',') ||
            *count == BENCH_LIST_MAX) {
            cli_fail(cli, 0, "--%s is a list such as 1,64 of at most %d numbers 1..%llu, not '%s'",
                     option, BENCH_LIST_MAX, (unsigned long long)max, text);
            return false;
        }
        out[(*count)++] = (unsigned)value;
        at = end + (*end == ',');
    }
    return *count > 0;
}

/* The processor's name as /proc has it. */
static void
processor(char *out, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "re");
    snprintf(out, size, "unknown processor");
    while (file && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (!colon || strncmp(line, "model name", 10) != 0)
            continue;
        line[strcspn(line, "\n")] = 0;
        snprintf(out, size, "%s", colon + 2);
        break;
    }
    if (file)
        fclose(file);
}

void
bench_conditions(char *out, size_t size, const char *conditions)
{
    char name[256];
    struct utsname system;
    processor(name, sizeof name);
    uname(&system);
    snprintf(out, size, "%s; machine: %ld x %s, %s %s", conditions, sysconf(_SC_NPROCESSORS_ONLN),
             name, system.sysname, system.release);
}

const char *
bench_file_system(const char *folder)
{
    struct statfs found;
    if (statfs(folder, &found) != 0)
        return "an unknown file system";
    switch ((unsigned long)found.f_type) {
    case 0xEF53:
        return "ext4";
    case 0x58465342:
        return "xfs";
    case 0x9123683E:
        return "btrfs";
    case 0x01021994:
        return "tmpfs, which no commit makes durable";
    case 0x794C7630:
        return "overlayfs";
    default:
        return "another file system";
    }
}

static int
ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double
bench_median(const double *values, unsigned count)
{
    double sorted[BENCH_ROUNDS_MAX];
    KT_ASSERT(count <= BENCH_ROUNDS_MAX);
    if (count == 0)
        return 0;
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, ascending);
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

void
bench_values(const bench_figures_t *f, size_t offset, double values[BENCH_ROUNDS_MAX])
{
    for (unsigned i = 0; i < f->count; i++)
        memcpy(&values[i], (const char *)&f->rounds[i] + offset, sizeof(double));
}

static double
median_of(const bench_figures_t *f, size_t offset)
{
    double values[BENCH_ROUNDS_MAX];
    bench_values(f, offset, values);
    return bench_median(values, f->count);
}

void
bench_least_and_most(const double *values, unsigned count, double *least, double *most)
{
    *least = *most = count > 0 ? values[0] : 0;
    for (unsigned i = 1; i < count; i++) {
        *least = KT_MIN(*least, values[i]);
        *most = KT_MAX(*most, values[i]);
    }
}

int
bench_print(cli_t *cli, const char *conditions, const bench_figures_t *figures, unsigned count)
{
    static const out_column_t columns[] = {
        {"what", "what", OUT_TEXT},
        {"in_flight", "in flight", OUT_NUMBER},
        {"per_second", "requests/s", OUT_NUMBER},
        {"least", "least", OUT_NUMBER},
        {"most", "most", OUT_NUMBER},
        {"p50_us", "p50 us", OUT_NUMBER},
        {"p99_us", "p99 us", OUT_NUMBER},
        {"p999_us", "p99.9 us", OUT_NUMBER},
        {"cpu_client_us", "cpu us: client", OUT_NUMBER},
        {"cpu_broker_us", "broker", OUT_NUMBER},
        {"cpu_department_us", "department", OUT_NUMBER},
        {"memory_broker_mib", "MiB: broker", OUT_NUMBER},
        {"memory_department_mib", "department", OUT_NUMBER},
        {"slow_percent", "slow %", OUT_NUMBER},
        {"conditions", NULL, OUT_TEXT},
    };
    static const size_t offsets[] = {offsetof(bench_sample_t, p50_us),
                                     offsetof(bench_sample_t, p99_us),
                                     offsetof(bench_sample_t, p999_us),
                                     offsetof(bench_sample_t, cpu_us[BENCH_CLIENT]),
                                     offsetof(bench_sample_t, cpu_us[BENCH_BROKER]),
                                     offsetof(bench_sample_t, cpu_us[BENCH_DEPARTMENT]),
                                     offsetof(bench_sample_t, memory_mib[BENCH_BROKER]),
                                     offsetof(bench_sample_t, memory_mib[BENCH_DEPARTMENT]),
                                     offsetof(bench_sample_t, slow_percent)};
    out_t *out = out_new(cli->out, cli->format, columns, KT_COUNT(columns));
    if (!out)
        return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    if (cli->format == CLI_TABLE)
        fprintf(cli->out, "%s\n\n", conditions);
    for (unsigned i = 0; i < count; i++) {
        const bench_figures_t *f = &figures[i];
        char text[KT_COUNT(columns)][32];
        const char *cells[KT_COUNT(columns)] = {f->what};
        double values[BENCH_ROUNDS_MAX], least, most;
        bench_values(f, offsetof(bench_sample_t, per_second), values);
        bench_least_and_most(values, f->count, &least, &most);
        snprintf(text[1], sizeof text[1], "%u", f->in_flight);
        snprintf(text[2], sizeof text[2], "%.0f", bench_median(values, f->count));
        snprintf(text[3], sizeof text[3], "%.0f", least);
        snprintf(text[4], sizeof text[4], "%.0f", most);
        for (unsigned v = 0; v < KT_COUNT(offsets); v++)
            snprintf(text[5 + v], sizeof text[5 + v],
                     v < 3   ? "%.0f"
                     : v < 6 ? "%.2f"
                             : "%.1f",
                     median_of(f, offsets[v]));
        for (unsigned c = 1; c < KT_COUNT(columns) - 1; c++)
            cells[c] = text[c];
        cells[KT_COUNT(columns) - 1] = conditions;
        out_row(out, cells);
    }
    return out_end(&out) ? 0 : CLI_EXIT_OUTPUT;
}

/* FIRST to OTHER in each round, at one place of the samples. */
static void
ratio_cells(const bench_figures_t *first, const bench_figures_t *other, size_t offset,
            char text[3][32])
{
    double a[BENCH_ROUNDS_MAX], b[BENCH_ROUNDS_MAX], least, most;
    unsigned count = KT_MIN(first->count, other->count);
    bench_values(first, offset, a);
    bench_values(other, offset, b);
    for (unsigned i = 0; i < count; i++)
        a[i] = b[i] > 0 ? a[i] / b[i] : 0;
    bench_least_and_most(a, count, &least, &most);
    snprintf(text[0], 32, "%.2f", bench_median(a, count));
    snprintf(text[1], 32, "%.2f", least);
    snprintf(text[2], 32, "%.2f", most);
}

int
bench_print_ratios(cli_t *cli, const char *conditions, const bench_figures_t *figures,
                   unsigned count)
{
    static const out_column_t columns[] = {
        {"what", "ratio of kantor to", OUT_TEXT}, {"in_flight", "in flight", OUT_NUMBER},
        {"rate", "requests/s", OUT_NUMBER},       {"rate_least", "least", OUT_NUMBER},
        {"rate_most", "most", OUT_NUMBER},        {"p50", "p50", OUT_NUMBER},
        {"p50_least", "least", OUT_NUMBER},       {"p50_most", "most", OUT_NUMBER},
        {"conditions", NULL, OUT_TEXT},
    };
    out_t *out = out_new(cli->out, cli->format, columns, KT_COUNT(columns));
    if (!out)
        return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    const bench_figures_t *first = NULL;
    for (unsigned i = 0; i < count; i++) {
        const bench_figures_t *f = &figures[i];
        if (!first || first->in_flight != f->in_flight) {
            first = f;
            continue;
        }
        char in_flight[16], rate[3][32], p50[3][32];
        snprintf(in_flight, sizeof in_flight, "%u", f->in_flight);
        ratio_cells(first, f, offsetof(bench_sample_t, per_second), rate);
        ratio_cells(first, f, offsetof(bench_sample_t, p50_us), p50);
        out_row(out, (const char *const[]){f->what, in_flight, rate[0], rate[1], rate[2], p50[0],
                                           p50[1], p50[2], conditions});
    }
    return out_end(&out) ? 0 : CLI_EXIT_OUTPUT;
}
