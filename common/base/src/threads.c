#include <kt/threads.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define PATH_BYTES 32 /* "/proc/2147483647/task" */

bool
kt_threads_each(pid_t process, bool (*act)(pid_t thread, const void *context), const void *context)
{
    char path[PATH_BYTES] = "/proc/self/task";
    const struct dirent *entry;
    DIR *threads;
    bool all;

    if (process != 0)
        (void)snprintf(path, sizeof(path), "/proc/%d/task", (int)process);
    threads = opendir(path);
    all = threads != NULL;
    while (threads && (entry = readdir(threads)) != NULL) {
        pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);
        if (thread > 0) /* "." and ".." are none */
            all &= act(thread, context);
    }
    if (threads)
        (void)closedir(threads);
    return all;
}
