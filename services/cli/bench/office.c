#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grpc/health/health.client.kt.h>
#include <kt/time.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SERVE_WAIT_US (20 * KT_US_PER_S)
#define FOLDER_BYTES  80 /* sockets lie in it, and their names must be short */

/* Writes a file of the office; false after saying why not. */
static bool KT_PRINTF(4, 5)
    put(cli_t *cli, const bench_office_t *office, const char *name, const char *format, ...)
{
    char path[BENCH_PATH_BYTES + 64];
    va_list args;
    snprintf(path, sizeof path, "%s/%s", office->folder, name);
    FILE *file = fopen(path, "we");
    if (file) {
        va_start(args, format);
        vfprintf(file, format, args);
        va_end(args);
    }
    if (!file || fclose(file) != 0) {
        cli_fail(cli, 0, "%s: %s", path, strerror(errno));
        return false;
    }
    return true;
}

static bool
make_keys(cli_t *cli, const bench_office_t *office, const char *name)
{
    char public_path[BENCH_PATH_BYTES + 64], secret_path[BENCH_PATH_BYTES + 64];
    kt_key_pair_t keys;
    snprintf(public_path, sizeof public_path, "%s/%s.key", office->folder, name);
    snprintf(secret_path, sizeof secret_path, "%s/%s.key_secret", office->folder, name);
    kt_status_t status = kt_keys_generate(&keys);
    if (!kt_failed(status))
        status = kt_keys_save(&keys, name, public_path, secret_path);
    if (kt_failed(status))
        cli_fail(cli, 0, "%s", status.text);
    return !kt_failed(status);
}

static bool
configure(cli_t *cli, bench_office_t *office, const char *department)
{
    const char *f = office->folder;
    bool store = strcmp(department, "finance") == 0;
    snprintf(office->config, sizeof office->config, "%.900s/client.conf", f);
    return make_keys(cli, office, "broker") && make_keys(cli, office, "client") &&
           make_keys(cli, office, department) &&
           put(cli, office, "broker.conf",
               "clients = \"ipc://%s/c\"\nservices = \"ipc://%s/s\"\nkey = \"broker.key_secret\"\n"
               "log = \"warning\"\nprincipals\n    client\n        key = \"client.key\"\n"
               "        roles = \"finance.clerk finance.analyst front-office it.operator\"\n"
               "    %s\n        key = \"%s.key\"\n        serves = \"%s\"\n",
               f, f, department, department, department) &&
           put(cli, office, "department.conf",
               "certificate = \"%s.key_secret\"\nlog = \"warning\"\nbroker\n    endpoint = "
               "\"ipc://%s/s\"\n"
               "    certificate = \"broker.key\"\n%s",
               department, f, store ? "store\n    path = \"store\"\n" : "") &&
           put(cli, office, "client.conf",
               "client\n    certificate = \"client.key_secret\"\n    inflight_max = %u\n"
               "broker\n    endpoint = \"ipc://%s/c\"\n    certificate = \"broker.key\"\n",
               KT_CLIENT_INFLIGHT_MAX, f);
}

/* Starts one program of the office with its configuration. */
static bool
start(cli_t *cli, bench_office_t *office, bench_part_t part, const char *name, const char *config)
{
    char program[BENCH_PATH_BYTES], path[BENCH_PATH_BYTES + 64], log[BENCH_PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s/%s", office->folder, config);
    snprintf(log, sizeof log, "%s/%s.log", office->folder, name);
    if (!bench_program(cli, name, program))
        return false;
    const char *const argv[] = {program, "--config", path, NULL};
    pid_t pid = bench_spawn(cli, &(bench_start_t){.program = program, .argv = argv, .log = log});
    if (pid == 0)
        return false;
    office->processes.all[office->processes.count++] = (bench_process_t){.part = part, .pid = pid};
    return true;
}

static int
wait_until_serving(cli_t *cli, const char *department)
{
    KT_CLEANUP(kt_reply_fini) kt_reply_t reply = {0};
    kt_call_options_t options = {.timeout_ms = 2000};
    health_health_check_request_t request = HEALTH_HEALTH_CHECK_REQUEST_INIT;
    const health_health_check_response_t *response;
    int64_t until_us = kt_clock_mono_us() + SERVE_WAIT_US;
    kt_status_t status = kt_reply_init(&reply);
    if (kt_failed(status))
        return cli_report_status(cli, "reply", status);
    request.service = (char *)(uintptr_t)department;
    while (!bench_interrupted() && kt_clock_mono_us() < until_us) {
        status = health_health_check(cli->client, &options, &request, &reply, &response);
        if (!kt_failed(status) &&
            response->status == HEALTH_HEALTH_CHECK_RESPONSE_SERVING_STATUS_SERVING)
            return 0;
        nanosleep(&(struct timespec){.tv_nsec = 20000000L}, NULL);
    }
    return cli_fail(cli, KT_UNAVAILABLE, "%s does not serve", department);
}

bool
bench_make_folder(cli_t *cli, char folder[BENCH_PATH_BYTES])
{
    const char *where = cli_text(cli, "dir") ? cli_text(cli, "dir") : getenv("TMPDIR");
    int size = snprintf(folder, FOLDER_BYTES, "%s/kantor-bench-XXXXXX", where ? where : "/tmp");
    if (size < FOLDER_BYTES && mkdtemp(folder))
        return true;
    folder[0] = 0;
    cli_fail(cli, 0, "%s: no folder can be made there%s", where ? where : "/tmp",
             size >= FOLDER_BYTES ? ": its name is too long" : "");
    return false;
}

int
bench_office_open(cli_t *cli, const char *department, unsigned instances, bench_office_t *office)
{
    char name[64];
    *office = (bench_office_t){.instances = instances, .department = department};
    snprintf(name, sizeof name, "kantor-%s", department);
    if (!bench_make_folder(cli, office->folder))
        return CLI_EXIT_OUTPUT;
    office->processes.all[office->processes.count++] = (bench_process_t){.part = BENCH_CLIENT,
                                                                         .pid = getpid()};
    if (!configure(cli, office, department) ||
        !start(cli, office, BENCH_BROKER, "kantor-broker", "broker.conf"))
        return CLI_EXIT_OUTPUT;
    for (unsigned i = 0; i < instances; i++)
        if (!start(cli, office, BENCH_DEPARTMENT, name, "department.conf"))
            return CLI_EXIT_OUTPUT;
    cli->config = office->config;
    int code = cli_connect(cli);
    return code != 0 ? code : wait_until_serving(cli, department);
}

bool
bench_office_restart(cli_t *cli, bench_office_t *office)
{
    char name[64];
    bench_process_t *last = &office->processes.all[office->processes.count - 1];
    KT_ASSERT(office->instances == 1 && last->part == BENCH_DEPARTMENT);
    kill(last->pid, SIGKILL);
    waitpid(last->pid, NULL, 0);
    office->processes.count--;
    snprintf(name, sizeof name, "kantor-%s", office->department);
    return start(cli, office, BENCH_DEPARTMENT, name, "department.conf");
}

static int
remove_one(const char *path, const struct stat *stat, int kind, struct FTW *at)
{
    (void)stat;
    (void)kind;
    (void)at;
    return remove(path);
}

void
bench_remove_folder(const char *folder)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void
bench_office_close(bench_office_t *office)
{
    for (unsigned i = office->processes.count; i-- > 0;)
        if (office->processes.all[i].part != BENCH_CLIENT)
            bench_stop(office->processes.all[i].pid);
    if (office->folder[0])
        bench_remove_folder(office->folder);
    *office = (bench_office_t){0};
}
