#include "pace.h"
#include "report.h"

#include <glob.h>
#include <kt/hist.h>
#include <kt/time.h>
#include <limits.h>
#include <math.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define USER         "postgres"
#define PORT         "5432" /* only the socket's name: nothing listens on the network */
#define MAKE_S       120
#define START_STEPS  300 /* of 100 ms */
#define LEAVE_STEPS  100 /* of 10 ms: until sessions that were closed are gone */
#define MORE_S       60
#define OUTPUT_BYTES 8192

bool
bench_postgres_program(const char *name, char out[BENCH_PATH_BYTES])
{
    glob_t found = {0};
    char pattern[128];
    snprintf(pattern, sizeof pattern, "/usr/lib/postgresql/*/bin/%s", name);
    bool there = glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc > 0;
    if (there)
        snprintf(out, BENCH_PATH_BYTES, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return there || bench_find_program(name, out);
}

static void
name_of(const bench_postgres_t *postgres, const char *file, char out[BENCH_PATH_BYTES])
{
    snprintf(out, BENCH_PATH_BYTES, "%.900s/%s", postgres->folder, file);
}

/* One run of a program of PostgreSQL, to its end. */
typedef struct run {
    const char **argv; /* the first is its name */
    const char *user;
    double seconds_max;
    pid_t pid;
    struct rusage used;
    char output[OUTPUT_BYTES];
} run_t;

static bool
run(cli_t *cli, const bench_postgres_t *postgres, run_t *r)
{
    char program[BENCH_PATH_BYTES], log[BENCH_PATH_BYTES];
    if (!bench_postgres_program(r->argv[0], program)) {
        snprintf(r->output, sizeof r->output, "%s is not installed", r->argv[0]);
        return false;
    }
    name_of(postgres, "output", log);
    r->argv[0] = program;
    unlink(log);
    r->pid = bench_spawn(
        cli, &(bench_start_t){.program = program, .argv = r->argv, .log = log, .user = r->user});
    bool right = bench_finish(r->pid, r->seconds_max, &r->used);
    bench_read_file(log, r->output, sizeof r->output);
    return right;
}

/* Says what a program said at its end, unless it was stopped; returns LACKS. */
static const char *
failed(cli_t *cli, const char *what, const run_t *r, const char *lacks)
{
    size_t size = strlen(r->output), shown = KT_MIN(size, 400);
    if (!bench_interrupted())
        cli_fail(cli, 0, "%s: %s", what, r->output + size - shown);
    return lacks;
}

/* A quarter of the machine's memory, 2 GiB at most. */
static void
shared_buffers(char out[48])
{
    double mib = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / 4 / 1048576;
    snprintf(out, 48, "--shared_buffers=%.0fMB", KT_MIN(mib, 2048));
}

static bool
start_server(cli_t *cli, bench_postgres_t *postgres)
{
    char program[BENCH_PATH_BYTES], data[BENCH_PATH_BYTES], log[BENCH_PATH_BYTES],
        sockets[BENCH_PATH_BYTES + 32], buffers[48];
    if (!bench_postgres_program("postgres", program))
        return false;
    snprintf(sockets, sizeof sockets, "--unix_socket_directories=%s", postgres->folder);
    name_of(postgres, "data", data);
    name_of(postgres, "server.log", log);
    shared_buffers(buffers);
    const char *const argv[] = {program,
                                "-D",
                                data,
                                "-p",
                                PORT,
                                "--listen_addresses=",
                                sockets,
                                "--fsync=on",
                                "--synchronous_commit=on",
                                buffers,
                                "--max_wal_size=8GB",
                                "--max_connections=100",
                                NULL};
    postgres->pid = bench_spawn(
        cli, &(bench_start_t){.program = program, .argv = argv, .log = log, .user = USER});
    return postgres->pid != 0;
}

/* Waits until it answers, then makes the tables. */
static bool
make_schema(cli_t *cli, const bench_postgres_t *postgres, run_t *r)
{
    char schema[BENCH_PATH_BYTES];
    bool ready = false;
    for (int i = 0; !ready && i < START_STEPS && !bench_interrupted(); i++) {
        const char *ask[] = {"pg_isready", "-q", "-h", postgres->folder, "-p", PORT, NULL};
        *r = (run_t){.argv = ask, .seconds_max = MAKE_S};
        ready = run(cli, postgres, r);
        if (!ready && waitpid(postgres->pid, NULL, WNOHANG) != 0)
            return false;
        if (!ready)
            nanosleep(&(struct timespec){.tv_nsec = 100000000L}, NULL);
    }
    snprintf(schema, sizeof schema, "%.900s/schema.sql", postgres->scripts);
    const char *make[] = {
        "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-h", postgres->folder, "-p", PORT,
        "-U",   USER,  "-d", "postgres",        "-f", schema,           NULL};
    *r = (run_t){.argv = make, .seconds_max = MAKE_S};
    return ready && run(cli, postgres, r);
}

const char *
bench_postgres_open(cli_t *cli, const char *scripts, bench_postgres_t *postgres)
{
    char data[BENCH_PATH_BYTES], server[BENCH_PATH_BYTES], real[PATH_MAX];
    *postgres = (bench_postgres_t){.scripts = scripts};
    if (!scripts)
        return "--postgres-sql was not given";
    if (!bench_postgres_program("postgres", server))
        return "PostgreSQL is not installed";
    const struct passwd *user = geteuid() == 0 ? getpwnam(USER) : NULL;
    if (geteuid() == 0 && !user)
        return "there is no user " USER;
    if (!bench_make_folder(cli, postgres->folder) ||
        (user && chown(postgres->folder, user->pw_uid, user->pw_gid) != 0))
        return "no folder could be made for it";
    /* The server does not run where this does, so a path from here would lead it astray. */
    if (!realpath(postgres->folder, real) || strlen(real) >= sizeof postgres->folder)
        return "its folder cannot be found again";
    strcpy(postgres->folder, real);
    name_of(postgres, "data", data);
    const char *init[] = {"initdb", "-D", data, "-U", USER, "-A", "trust", NULL};
    run_t r = {.argv = init, .user = USER, .seconds_max = MAKE_S};
    if (!run(cli, postgres, &r))
        return failed(cli, "initdb", &r, "its cluster could not be made");
    if (!start_server(cli, postgres) || !make_schema(cli, postgres, &r))
        return failed(cli, "PostgreSQL", &r, "its cluster did not start with this schema");
    return NULL;
}

void
bench_postgres_close(bench_postgres_t *postgres)
{
    bench_stop(postgres->pid);
    if (postgres->folder[0])
        bench_remove_folder(postgres->folder);
    *postgres = (bench_postgres_t){0};
}

/* Processor seconds of one process; with those of its children that ended when ENDED. */
static double
seconds_of(long pid, bool ended)
{
    char path[64], text[1024];
    unsigned long long used[4] = {0};
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    bench_read_file(path, text, sizeof text);
    const char *after = strrchr(text, ')'); /* the name before it may hold anything */
    if (after)
        sscanf(after, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu", &used[0],
               &used[1], &used[2], &used[3]);
    unsigned long long ticks = used[0] + used[1] + (ended ? used[2] + used[3] : 0);
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

/* Processor seconds of the server and all its sessions, and how many processes it has now. */
static double
server_seconds(pid_t pid, unsigned *children)
{
    char path[64], text[4096], *end;
    double seconds = seconds_of(pid, true);
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    bench_read_file(path, text, sizeof text);
    *children = 0;
    for (char *at = text;; at = end) {
        long child = strtol(at, &end, 10);
        if (end == at)
            return seconds;
        seconds += seconds_of(child, false);
        ++*children;
    }
}

/* The time of every transaction, from the logs of pgbench's threads, which are taken away. */
static void
read_times(const bench_postgres_t *postgres, pid_t pid, bench_sample_t *sample)
{
    char path[BENCH_PATH_BYTES], line[256];
    kt_hist_t *hist = calloc(1, sizeof *hist);
    for (unsigned thread = 0; hist && thread < 2; thread++) {
        snprintf(path, sizeof path, thread == 0 ? "%.900s/times.%d" : "%.900s/times.%d.%u",
                 postgres->folder, (int)pid, thread);
        FILE *file = fopen(path, "re");
        unsigned long long took_us;
        while (file && fgets(line, sizeof line, file))
            if (sscanf(line, "%*u %*u %llu", &took_us) == 1)
                kt_hist_add(hist, took_us);
        if (file)
            fclose(file);
        unlink(path);
    }
    if (hist) {
        sample->p50_us = (double)kt_hist_quantile(hist, 0.5);
        sample->p99_us = (double)kt_hist_quantile(hist, 0.99);
        sample->p999_us = (double)kt_hist_quantile(hist, 0.999);
    }
    free(hist);
}

static bool
number_after(const char *text, const char *words, double *number)
{
    const char *at = strstr(text, words);
    char *end = NULL;
    double value = at ? strtod(at + strlen(words), &end) : 0;
    if (!at || end == at + strlen(words))
        return false;
    *number = value;
    return true;
}

bool
bench_read_pgbench(const char *text, double *transactions, double *per_second)
{
    double failed = 0, count, rate;
    if (!number_after(text, "number of transactions actually processed: ", &count) ||
        !number_after(text, "\ntps = ", &rate))
        return false;
    number_after(text, "number of failed transactions: ", &failed);
    if (failed > 0 || count <= 0)
        return false;
    *transactions = count;
    *per_second = rate;
    return true;
}

/* The processor time of the server and its sessions, once those that a client had are gone. */
static double
settled_seconds(pid_t pid, unsigned children_before)
{
    unsigned children;
    double seconds = server_seconds(pid, &children);
    for (int i = 0; children > children_before && i < LEAVE_STEPS; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000L}, NULL);
        seconds = server_seconds(pid, &children);
    }
    return seconds;
}

bool
bench_postgres_run(cli_t *cli, const bench_postgres_t *postgres, const bench_pgbench_t *what,
                   double seconds, bench_sample_t *sample)
{
    char script[BENCH_PATH_BYTES], prefix[BENCH_PATH_BYTES], clients[16], whole[16];
    double transactions, per_second, round_s = ceil(KT_MAX(seconds, 1));
    unsigned children;
    int64_t from_us = kt_clock_mono_us();
    snprintf(script, sizeof script, "%.900s/%s", postgres->scripts, what->script);
    snprintf(prefix, sizeof prefix, "--log-prefix=%.900s/times", postgres->folder);
    snprintf(clients, sizeof clients, "%u", what->clients);
    snprintf(whole, sizeof whole, "%.0f", round_s);
    const char *argv[] = {
        "pgbench", "-n",       "-h", postgres->folder, "-p",       PORT,    "-U", USER,
        "-M",      "prepared", "-f", script,           "-c",       clients, "-j", "2",
        "-T",      whole,      "-l", prefix,           "postgres", NULL};
    run_t r = {.argv = argv, .seconds_max = round_s + MORE_S};
    double before_s = server_seconds(postgres->pid, &children);
    bool ended = run(cli, postgres, &r);
    double used_s = settled_seconds(postgres->pid, children) - before_s;
    *sample = (bench_sample_t){0};
    read_times(postgres, r.pid, sample);
    if (!ended || !bench_read_pgbench(r.output, &transactions, &per_second)) {
        failed(cli, "pgbench", &r, "");
        return false;
    }
    double postings = transactions * what->per_transaction;
    double client_us = ((double)r.used.ru_utime.tv_sec + (double)r.used.ru_stime.tv_sec) * 1e6 +
                       (double)r.used.ru_utime.tv_usec + (double)r.used.ru_stime.tv_usec;
    sample->per_second = per_second * what->per_transaction;
    sample->slow_percent = pace_since(from_us).slow_percent;
    sample->cpu_us[BENCH_CLIENT] = client_us / postings;
    sample->cpu_us[BENCH_DEPARTMENT] = used_s * 1e6 / postings;
    return true;
}
