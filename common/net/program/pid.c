/*
 * What getpid says, kept in the program. libzmq asks for it before each signal between its threads,
 * to notice a fork: a dozen times for each of the three programs that a call passes, and each time
 * is a system call. Only in Kantor's own programs: a front office's process keeps its C library's.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic pid_t known; /* 0: not yet, or not in this process */
static bool forks_told;     /* set before there are threads */

static void
forget(void)
{
    atomic_store_explicit(&known, 0, memory_order_relaxed);
}

__attribute__((constructor)) static void
begin(void)
{
    forks_told = pthread_atfork(NULL, NULL, forget) == 0;
}

__attribute__((visibility("default"))) pid_t
getpid(void)
{
    pid_t pid = atomic_load_explicit(&known, memory_order_relaxed);

    if (pid == 0) {
        pid = (pid_t)syscall(SYS_getpid);
        if (forks_told)
            atomic_store_explicit(&known, pid, memory_order_relaxed);
    }
    return pid;
}
