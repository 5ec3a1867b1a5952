/* Which processors what is measured runs on, and how its threads make way for each other. */
#include "bench.h"

#include <kt/threads.h>
#include <sched.h>

/* What this program may use, before it placed anything. */
static const cpu_set_t *
allowed(void)
{
    static cpu_set_t found;
    if (CPU_COUNT(&found) == 0 && sched_getaffinity(0, sizeof found, &found) != 0)
        CPU_SET(0, &found);
    return &found;
}

/* The last one: a machine's interrupts mostly go to the first. */
static cpu_set_t
one_of_them(void)
{
    cpu_set_t one;
    size_t last = CPU_SETSIZE - 1;
    while (last > 0 && !CPU_ISSET(last, allowed()))
        last--;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    return one;
}

const char *
bench_place_name(bench_place_t place)
{
    static const char *const names[] = {
        [BENCH_FREE] = "", [BENCH_BATCH] = ", batch", [BENCH_ONE] = ", one processor"};
    return names[place];
}

static bool
place_thread(pid_t thread, const void *context)
{
    bench_place_t place = *(const bench_place_t *)context;
    cpu_set_t set = place == BENCH_ONE ? one_of_them() : *allowed();
    const struct sched_param none = {0};
    bool there = sched_setaffinity(thread, sizeof set, &set) == 0;
    return sched_setscheduler(thread, place == BENCH_FREE ? SCHED_OTHER : SCHED_BATCH, &none) ==
               0 &&
           there;
}

/* As far as it goes: a thread may have ended. */
void
bench_place(pid_t pid, bench_place_t place)
{
    if (pid > 0)
        (void)kt_threads_each(pid, place_thread, &place);
}

void
bench_place_all(const bench_processes_t *processes, bench_place_t place)
{
    for (unsigned i = 0; i < processes->count; i++)
        bench_place(processes->all[i].pid, place);
}
