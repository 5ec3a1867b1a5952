#include "bench.h"
#include "pace.h"

#include <kt/time.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SETTLE_NS     300000000L /* until the floor's processes have found each other */
#define FILL_S        3600       /* what filling a store may take */
#define CLIENT_MORE_S 30         /* what a client may take beyond its round */
#define OUTPUT_BYTES  4096
#define EXTRA_MAX     8

/* Where a floor keeps its sockets and logs: FOLDER/NAME, 0 or 1 for its two ends. */
static void
endpoint(char out[BENCH_PATH_BYTES], const char *folder, const char *name, char end)
{
    snprintf(out, BENCH_PATH_BYTES, "ipc://%.200s/%s%c", folder, name, end);
}

static const char *
curve_of(const bench_floor_t *floor)
{
    return floor->curve ? "CURVE=1" : NULL;
}

static bool
start_broker(cli_t *cli, const char *anchors, const char *folder, const char *name,
             bench_floor_t *floor, char back[BENCH_PATH_BYTES])
{
    char program[BENCH_PATH_BYTES], log[BENCH_PATH_BYTES];
    snprintf(program, sizeof program, "%.900s/zfloor", anchors);
    snprintf(log, sizeof log, "%.900s/%s.log", folder, name);
    endpoint(floor->front, folder, name, 'f');
    endpoint(back, folder, name, 'b');
    const char *const argv[] = {program,      "broker", "--kind", "rrb", "--front",
                                floor->front, "--back", back,     NULL};
    floor->broker = bench_spawn(
        cli, &(bench_start_t){
                 .program = program, .argv = argv, .log = log, .environment = curve_of(floor)});
    return floor->broker != 0;
}

bool
bench_floor_settled(const bench_floor_t *floor)
{
    nanosleep(&(struct timespec){.tv_nsec = SETTLE_NS}, NULL);
    return floor->server != 0 && waitpid(floor->server, NULL, WNOHANG) == 0 &&
           waitpid(floor->broker, NULL, WNOHANG) == 0;
}

static bool
said(cli_t *cli, bool right, const char *anchors)
{
    if (!right)
        cli_fail(cli, 0, "the floor programs of %s do not run; are zfloor and post built there?",
                 anchors);
    return right;
}

bool
bench_floor_rpc(cli_t *cli, const char *anchors, const char *folder, size_t payload, bool curve,
                bench_floor_t *floor)
{
    char back[BENCH_PATH_BYTES], log[BENCH_PATH_BYTES];
    const char *name = curve ? "zc" : "zp";
    *floor = (bench_floor_t){.curve = curve, .reach = "--front"};
    snprintf(floor->output, sizeof floor->output, "%.900s/%s.out", folder, name);
    snprintf(floor->program, sizeof floor->program, "%.900s/zfloor", anchors);
    snprintf(floor->extra, sizeof floor->extra, "--size %zu", payload);
    snprintf(log, sizeof log, "%.900s/%s.log", folder, name);
    if (!start_broker(cli, anchors, folder, name, floor, back))
        return false;
    const char *const argv[] = {floor->program, "server", "--kind", "rrb", "--back", back, NULL};
    floor->server = bench_spawn(cli, &(bench_start_t){.program = floor->program,
                                                      .argv = argv,
                                                      .log = log,
                                                      .environment = curve_of(floor)});
    return said(cli, bench_floor_settled(floor), anchors);
}

/* Fills the floor's store without the network. */
static bool
fill_store(cli_t *cli, const char *program, const char *store, const char *accounts, uint64_t fill,
           const char *log)
{
    char count[24];
    snprintf(count, sizeof count, "%llu", (unsigned long long)fill);
    const char *const argv[] = {program,   "load", "--dir",      store,    "--n", count,
                                "--index", "2",    "--accounts", accounts, NULL};
    return bench_finish(
        bench_spawn(cli, &(bench_start_t){.program = program, .argv = argv, .log = log}), FILL_S,
        NULL);
}

bool
bench_floor_post(cli_t *cli, const char *anchors, const char *folder, unsigned accounts,
                 uint64_t fill, bench_floor_t *floor)
{
    char back[BENCH_PATH_BYTES], log[BENCH_PATH_BYTES], store[BENCH_PATH_BYTES], count[16];
    *floor = (bench_floor_t){.reach = "--front"};
    snprintf(floor->output, sizeof floor->output, "%.900s/post.out", folder);
    snprintf(floor->program, sizeof floor->program, "%.900s/post", anchors);
    snprintf(floor->extra, sizeof floor->extra, "--accounts %u --keys seq", accounts);
    snprintf(count, sizeof count, "%u", accounts);
    snprintf(store, sizeof store, "%.900s/floor-store", folder);
    snprintf(log, sizeof log, "%.900s/post.log", folder);
    mkdir(store, 0700);
    if (fill > 0 && !said(cli, fill_store(cli, floor->program, store, count, fill, log), anchors))
        return false;
    if (!start_broker(cli, anchors, folder, "po", floor, back))
        return false;
    const char *const argv[] = {floor->program, "server",  "--back", back,      "--dir",
                                store,          "--batch", "1024",   "--index", "2",
                                "--accounts",   count,     NULL};
    floor->server = bench_spawn(
        cli, &(bench_start_t){.program = floor->program, .argv = argv, .log = log});
    return said(cli, bench_floor_settled(floor), anchors);
}

void
bench_floor_close(bench_floor_t *floor)
{
    bench_stop(floor->server);
    bench_stop(floor->broker);
    *floor = (bench_floor_t){0};
}

/* The number after " KEY=" in the floor's RESULT line. */
static double
number_of(const char *line, const char *key)
{
    char pattern[32];
    snprintf(pattern, sizeof pattern, " %s=", key);
    const char *at = strstr(line, pattern);
    return at ? strtod(at + strlen(pattern), NULL) : 0;
}

bool
bench_read_result(const char *text, bench_sample_t *sample)
{
    const char *line = text;
    while (line && strncmp(line, "RESULT ", 7) != 0) {
        line = strchr(line, '\n');
        line += line != NULL;
    }
    if (!line)
        return false;
    *sample = (bench_sample_t){
        .per_second = number_of(line, "rps"),
        .p50_us = number_of(line, "p50"),
        .p99_us = number_of(line, "p99"),
        .p999_us = number_of(line, "p999"),
        .cpu_us = {[BENCH_CLIENT] = number_of(line, "cpu_client"),
                   [BENCH_BROKER] = number_of(line, "cpu_broker"),
                   [BENCH_DEPARTMENT] = number_of(line, "cpu_server")},
    };
    return sample->per_second > 0;
}

void
bench_read_file(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "re");
    out[file ? fread(out, 1, size - 1, file) : 0] = 0;
    if (file)
        fclose(file);
}

bool
bench_floor_run(cli_t *cli, const bench_floor_t *floor, unsigned in_flight, double seconds,
                double warm_s, bench_sample_t *sample)
{
    char calls[16], secs[32], warm[32], pids[64], extra[sizeof floor->extra], *rest = NULL;
    char output[OUTPUT_BYTES];
    int64_t from_us = kt_clock_mono_us();
    snprintf(calls, sizeof calls, "%u", in_flight);
    snprintf(secs, sizeof secs, "%g", seconds);
    snprintf(warm, sizeof warm, "%g", warm_s);
    snprintf(pids, sizeof pids, "broker=%d,server=%d", (int)floor->broker, (int)floor->server);
    snprintf(extra, sizeof extra, "%s", floor->extra);
    const char *argv[13 + EXTRA_MAX] = {floor->program, "client", floor->reach, floor->front,
                                        "--inflight",   calls,    "--secs",     secs,
                                        "--warm",       warm,     "--pids",     pids};
    unsigned count = 12;
    for (char *at = strtok_r(extra, " ", &rest); at; at = strtok_r(NULL, " ", &rest)) {
        KT_ASSERT(count < KT_COUNT(argv) - 1);
        argv[count++] = at;
    }
    unlink(floor->output);
    bool ended = bench_finish(bench_spawn(cli, &(bench_start_t){.program = floor->program,
                                                                .argv = argv,
                                                                .log = floor->output,
                                                                .environment = curve_of(floor)}),
                              seconds + warm_s + CLIENT_MORE_S, NULL);
    bench_read_file(floor->output, output, sizeof output);
    if (!ended || !bench_read_result(output, sample)) {
        if (!bench_interrupted())
            cli_fail(cli, 0, "%s gave no figures: %.200s", floor->program, output);
        return false;
    }
    sample->slow_percent = pace_since(from_us).slow_percent;
    return true;
}
