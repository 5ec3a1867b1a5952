#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_STEPS    500 /* of 20 ms: what a draining process gets */
#define ARGUMENTS_MAX 32

static volatile sig_atomic_t interrupted;

static void
on_signal(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

void
bench_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool
bench_interrupted(void)
{
    return interrupted != 0;
}

/* Becomes PROGRAM; only calls that are safe after a fork of a program with threads. */
_Noreturn static void
become(const char *program, char *const argv[], int log, char *environment)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setpgid(0, 0); /* Ctrl-C is for the bench, which stops the others in order */
    if (environment)
        putenv(environment);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execv(program, argv);
    _exit(127);
}

pid_t
bench_spawn(cli_t *cli, const char *program, const char *const argv[], const char *log,
            const char *environment)
{
    char *copy[ARGUMENTS_MAX + 1] = {NULL};
    for (size_t i = 0; argv[i] && i < ARGUMENTS_MAX; i++)
        copy[i] = (char *)(uintptr_t)argv[i];
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    pid_t pid = fd < 0 ? -1 : fork();
    if (pid == 0)
        become(program, copy, fd, (char *)(uintptr_t)environment);
    if (fd >= 0)
        close(fd);
    if (pid < 0)
        cli_fail(cli, 0, "%s cannot be started: %s", program, strerror(errno));
    return pid < 0 ? 0 : pid;
}

void
bench_stop(pid_t pid)
{
    if (pid <= 0)
        return;
    kill(pid, SIGTERM);
    for (int i = 0; i < STOP_STEPS; i++) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 20000000L}, NULL);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

bool
bench_program(cli_t *cli, const char *name, char out[BENCH_PATH_BYTES])
{
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    self[size > 0 ? size : 0] = 0;
    const char *folder = dirname(self), *folder_of = name + strlen("kantor-");
    for (int beside = 1; beside >= 0; beside--) {
        int written = beside
                          ? snprintf(out, BENCH_PATH_BYTES, "%s/%s", folder, name)
                          : snprintf(out, BENCH_PATH_BYTES, "%s/../%s/%s", folder, folder_of, name);
        if (written < BENCH_PATH_BYTES && access(out, X_OK) == 0)
            return true;
    }
    cli_fail(cli, 0, "%s is not beside this program, %s", name, folder);
    return false;
}

static bool
add(bench_processes_t *processes, bench_part_t part, pid_t pid)
{
    if (processes->count == BENCH_PROCESSES_MAX)
        return false;
    processes->all[processes->count++] = (bench_process_t){.part = part, .pid = pid};
    return true;
}

/* "broker=12,finance=13" */
static bool
read_pids(cli_t *cli, const char *text, bench_processes_t *processes)
{
    for (const char *at = text; *at; at += *at == ',') {
        const char *equals = strchr(at, '=');
        char *end = NULL;
        long pid = equals ? strtol(equals + 1, &end, 10) : 0;
        bool broker = equals && (size_t)(equals - at) == 6 && strncmp(at, "broker", 6) == 0;
        if (pid <= 0 || (*end != 0 && *end != ',') ||
            !add(processes, broker ? BENCH_BROKER : BENCH_DEPARTMENT, (pid_t)pid)) {
            cli_fail(cli, 0, "--pids is NAME=PID,... with at most %d processes, not '%s'",
                     BENCH_PROCESSES_MAX - 1, text);
            return false;
        }
        at = end;
    }
    return true;
}

/* Adds PID when it is this user's and its name is NAME, which the kernel cuts to 15 bytes. */
static bool
add_if_named(bench_processes_t *processes, long pid, const char *name, bench_part_t part)
{
    char path[64], comm[32] = "";
    struct stat stat_of;
    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    FILE *file = fopen(path, "re");
    bool mine = file && fstat(fileno(file), &stat_of) == 0 && stat_of.st_uid == getuid();
    bool read = mine && fgets(comm, sizeof comm, file);
    if (file)
        fclose(file);
    comm[strcspn(comm, "\n")] = 0;
    return read && strncmp(comm, name, 15) == 0 && add(processes, part, (pid_t)pid);
}

bool
bench_find_processes(cli_t *cli, const char *department, bench_processes_t *processes)
{
    const char *given = cli_text(cli, "pids");
    char name[64];
    unsigned brokers = 0;
    processes->count = 0;
    add(processes, BENCH_CLIENT, getpid());
    if (given)
        return read_pids(cli, given, processes);
    snprintf(name, sizeof name, "kantor-%s", department);
    DIR *proc = opendir("/proc");
    for (struct dirent *entry; proc && (entry = readdir(proc));) {
        long pid = strtol(entry->d_name, NULL, 10);
        if (pid <= 0)
            continue;
        brokers += add_if_named(processes, pid, "kantor-broker", BENCH_BROKER);
        add_if_named(processes, pid, name, BENCH_DEPARTMENT);
    }
    if (proc)
        closedir(proc);
    if (brokers != 1) {
        cli_say(cli,
                "%u brokers run here: which one is meant is said with --pids; processor time is "
                "the client's only",
                brokers);
        processes->count = 1;
    }
    return true;
}

double
bench_cpu_seconds(const bench_processes_t *processes, bench_part_t part)
{
    double seconds = 0;
    for (unsigned i = 0; i < processes->count; i++) {
        clockid_t clock;
        struct timespec used;
        if (processes->all[i].part == part &&
            clock_getcpuclockid(processes->all[i].pid, &clock) == 0 &&
            clock_gettime(clock, &used) == 0)
            seconds += (double)used.tv_sec + (double)used.tv_nsec / 1e9;
    }
    return seconds;
}

static double
resident_mib(pid_t pid)
{
    char path[64], text[256];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(text, sizeof text, file))
        if (strncmp(text, "RssAnon:", 8) == 0)
            kib = strtod(text + 8, NULL);
    if (file)
        fclose(file);
    return kib / 1024;
}

double
bench_memory_mib(const bench_processes_t *processes, bench_part_t part)
{
    double mib = 0;
    for (unsigned i = 0; i < processes->count; i++)
        if (processes->all[i].part == part)
            mib += resident_mib(processes->all[i].pid);
    return mib;
}
