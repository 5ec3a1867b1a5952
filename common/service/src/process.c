/* process.c: process_* out of /proc/self and getrusage. */
#include "process.h"

#include <dirent.h>
#include <inttypes.h>
#include <kt/def.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void
put(FILE *out, const char *name, const char *type, const char *help, double value)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name, help, name, type, name, value);
}

static void
put_cpu(FILE *out)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return;
    double user = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
    double system = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
    put(out, "process_cpu_seconds_total", "counter", "User and system CPU time spent in seconds.",
        user + system);
}

/* Field NUMBER (from 1, proc(5)) of /proc/self/stat behind the program's name, or 0. */
static uint64_t
stat_field(const char *text, unsigned number)
{
    const char *at = strrchr(text, ')');
    for (unsigned field = 2; at != NULL && field < number; field++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at + 1, NULL, 10) : 0;
}

static uint64_t
boot_time_s(void)
{
    FILE *file = fopen("/proc/stat", "re");
    char line[256];
    uint64_t time_s = 0;
    while (file != NULL && time_s == 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "btime ", 6) == 0)
            time_s = strtoull(line + 6, NULL, 10);
    if (file != NULL)
        fclose(file);
    return time_s;
}

static void
put_stat(FILE *out)
{
    char text[1024];
    FILE *file = fopen("/proc/self/stat", "re");
    if (file == NULL)
        return;
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    double page = (double)sysconf(_SC_PAGESIZE);
    put(out, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.",
        (double)stat_field(text, 23));
    put(out, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.",
        (double)stat_field(text, 24) * page);
    put(out, "process_start_time_seconds", "gauge",
        "Start time of the process since the Unix epoch in seconds.",
        (double)boot_time_s() + (double)stat_field(text, 22) / (double)sysconf(_SC_CLK_TCK));
}

static void
put_fds(FILE *out)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;
    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder != NULL)
        closedir(folder);
    /* "." and "..", and the descriptor of the folder itself */
    put(out, "process_open_fds", "gauge", "Number of open file descriptors.",
        count >= 3 ? (double)(count - 3) : 0);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        put(out, "process_max_fds", "gauge", "Maximum number of open file descriptors.",
            (double)limit.rlim_cur);
}

void
kt_process_metrics(FILE *out)
{
    put_cpu(out);
    put_stat(out);
    put_fds(out);
}
