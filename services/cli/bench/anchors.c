#include "bench.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SETTLE_NS 300000000L /* until the floor's processes have found each other */

/* Where a floor keeps its sockets and logs: FOLDER/NAME, 0 or 1 for its two ends. */
static void
endpoint(char out[BENCH_PATH_BYTES], const char *folder, const char *name, char end)
{
    snprintf(out, BENCH_PATH_BYTES, "ipc://%.200s/%s%c", folder, name, end);
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
    floor->broker = bench_spawn(cli, program, argv, log, floor->curve ? "CURVE=1" : NULL);
    return floor->broker != 0;
}

static bool
settled(const bench_floor_t *floor)
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
    *floor = (bench_floor_t){.curve = curve};
    snprintf(floor->program, sizeof floor->program, "%.900s/zfloor", anchors);
    snprintf(floor->extra, sizeof floor->extra, "--size %zu", payload);
    snprintf(log, sizeof log, "%.900s/%s.log", folder, name);
    if (!start_broker(cli, anchors, folder, name, floor, back))
        return false;
    const char *const argv[] = {floor->program, "server", "--kind", "rrb", "--back", back, NULL};
    floor->server = bench_spawn(cli, floor->program, argv, log, curve ? "CURVE=1" : NULL);
    return said(cli, settled(floor), anchors);
}

/* Fills the floor's store without the network. */
static bool
fill_store(cli_t *cli, const char *program, const char *store, const char *accounts, uint64_t fill,
           const char *log)
{
    char count[24];
    int status = -1;
    snprintf(count, sizeof count, "%llu", (unsigned long long)fill);
    const char *const argv[] = {program,   "load", "--dir",      store,    "--n", count,
                                "--index", "2",    "--accounts", accounts, NULL};
    pid_t pid = bench_spawn(cli, program, argv, log, NULL);
    return pid != 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

bool
bench_floor_post(cli_t *cli, const char *anchors, const char *folder, unsigned accounts,
                 uint64_t fill, bench_floor_t *floor)
{
    char back[BENCH_PATH_BYTES], log[BENCH_PATH_BYTES], store[BENCH_PATH_BYTES], count[16];
    *floor = (bench_floor_t){0};
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
    floor->server = bench_spawn(cli, floor->program, argv, log, NULL);
    return said(cli, settled(floor), anchors);
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
bench_floor_run(cli_t *cli, const bench_floor_t *floor, unsigned in_flight, double seconds,
                double warm_s, bench_sample_t *sample)
{
    char command[4 * BENCH_PATH_BYTES], line[1024];
    bool found = false;
    snprintf(command, sizeof command,
             "%s'%s' client --front '%s' --inflight %u --secs %g --warm %g %s --pids "
             "broker=%d,server=%d",
             floor->curve ? "CURVE=1 " : "", floor->program, floor->front, in_flight, seconds,
             warm_s, floor->extra, (int)floor->broker, (int)floor->server);
    FILE *output = popen(command, "re");
    while (output && fgets(line, sizeof line, output)) {
        if (strncmp(line, "RESULT ", 7) != 0)
            continue;
        found = true;
        *sample = (bench_sample_t){
            .per_second = number_of(line, "rps"),
            .p50_us = number_of(line, "p50"),
            .p99_us = number_of(line, "p99"),
            .p999_us = number_of(line, "p999"),
            .cpu_us = {[BENCH_CLIENT] = number_of(line, "cpu_client"),
                       [BENCH_BROKER] = number_of(line, "cpu_broker"),
                       [BENCH_DEPARTMENT] = number_of(line, "cpu_server")},
        };
    }
    if (output)
        pclose(output);
    if (!found)
        cli_fail(cli, 0, "%s gave no figures", floor->program);
    return found;
}
