#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_STEPS    500      /* of 20 ms: what a draining process gets */
#define FINISH_NS     5000000L /* how often it is looked whether a program has ended */
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

/* Becomes the program, as USER where that is not NULL; only calls that are safe after a fork of a
 * program with threads. */
_Noreturn static void
become(const bench_start_t *start, char *const argv[], const struct passwd *user, int log)
{
    if (user && (chdir("/") != 0 || setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 ||
                 setuid(user->pw_uid) != 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* after setuid, which clears it */
    setpgid(0, 0);                    /* Ctrl-C is for the bench, which stops the others in order */
    if (start->environment)
        putenv((char *)(uintptr_t)start->environment);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execv(start->program, argv);
    _exit(127);
}

pid_t
bench_spawn(cli_t *cli, const bench_start_t *start)
{
    char *copy[ARGUMENTS_MAX + 1] = {NULL};
    for (size_t i = 0; start->argv[i]; i++) {
        KT_ASSERT(i < ARGUMENTS_MAX);
        copy[i] = (char *)(uintptr_t)start->argv[i];
    }
    const struct passwd *user = start->user && geteuid() == 0 ? getpwnam(start->user) : NULL;
    int fd = open(start->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    pid_t pid = fd < 0 ? -1 : fork();
    if (pid == 0)
        become(start, copy, user, fd);
    if (fd >= 0)
        close(fd);
    if (pid < 0)
        cli_fail(cli, 0, "%s cannot be started: %s", start->program, strerror(errno));
    return pid < 0 ? 0 : pid;
}

bool
bench_finish(pid_t pid, double seconds_max, struct rusage *used)
{
    double waited_s = 0;
    int status = -1;
    while (pid > 0 && waited_s < seconds_max && !bench_interrupted()) {
        if (wait4(pid, &status, WNOHANG, used) != 0)
            return status == 0;
        nanosleep(&(struct timespec){.tv_nsec = FINISH_NS}, NULL);
        waited_s += (double)FINISH_NS / 1e9;
    }
    bench_stop(pid);
    return false;
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

bool
bench_find_program(const char *name, char out[BENCH_PATH_BYTES])
{
    const char *path = getenv("PATH");
    char folders[4 * BENCH_PATH_BYTES], *rest = NULL;
    snprintf(folders, sizeof folders, "%s:/usr/sbin:/usr/local/sbin", path ? path : "/usr/bin");
    for (char *at = strtok_r(folders, ":", &rest); at; at = strtok_r(NULL, ":", &rest))
        if (snprintf(out, BENCH_PATH_BYTES, "%s/%s", at, name) < BENCH_PATH_BYTES &&
            access(out, X_OK) == 0)
            return true;
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
