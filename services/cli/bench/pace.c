#include "pace.h"

#include <kt/time.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define PROBE_EVERY_US 5000
#define PROBE_STEPS    2000 /* of arithmetic: some microseconds */
#define PROBE_TRIES    3
#define SLOW           2 /* times what the fastest probe took */

void
pace_note(pace_t *pace, int64_t now_us, int64_t took_ns)
{
    if (pace->fastest_ns == 0 || took_ns < pace->fastest_ns)
        pace->fastest_ns = took_ns;
    bool was_slow = pace->slow, full = pace->count == PACE_MOMENTS_MAX;
    pace->slow = took_ns > SLOW * pace->fastest_ns && (was_slow || !full);
    if (pace->slow && !was_slow)
        pace->moments[pace->count++].from_us = pace->fine_us;
    if (pace->slow || was_slow)
        pace->moments[pace->count - 1].to_us = now_us;
    if (!pace->slow)
        pace->fine_us = now_us;
}

pace_told_t
pace_between(const pace_t *pace, int64_t from_us, int64_t to_us)
{
    pace_told_t told = {0};
    for (uint32_t i = pace->count; i-- > 0 && pace->moments[i].to_us > from_us;) {
        int64_t slow_us = KT_MIN(pace->moments[i].to_us, to_us) -
                          KT_MAX(pace->moments[i].from_us, from_us);
        if (slow_us <= 0)
            continue;
        told.moments++;
        told.slow_s += (double)slow_us / 1e6;
        told.longest_s = KT_MAX(told.longest_s, (double)slow_us / 1e6);
    }
    if (to_us > from_us)
        told.slow_percent = told.slow_s * 1e8 / (double)(to_us - from_us);
    return told;
}

/* ---- of this process ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pace_t own;                    /* under the lock */
static _Atomic int64_t slow_until_us; /* INT64_MAX: it still is */

/* Processor time, so that it does not count who else had the processor meanwhile. */
static int64_t
thread_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

static int64_t
steps_ns(void)
{
    int64_t from_ns = thread_ns();
    uint64_t value = (uint64_t)from_ns;
    for (unsigned i = 0; i < PROBE_STEPS; i++) {
        value = value * 6364136223846793005u + 1;
        __asm__ volatile("" : "+r"(value)); /* each step waits for the last */
    }
    return thread_ns() - from_ns;
}

/* The least of some: an interrupt that is served meanwhile is in one of them. */
static int64_t
probe_ns(void)
{
    int64_t least_ns = steps_ns();
    for (unsigned i = 1; i < PROBE_TRIES; i++)
        least_ns = KT_MIN(least_ns, steps_ns());
    return least_ns;
}

static void *
probe(void *context)
{
    const struct timespec pause = {.tv_nsec = PROBE_EVERY_US * 1000};
    (void)context;
    for (;;) {
        int64_t took_ns = probe_ns(), now_us = kt_clock_mono_us();
        pthread_mutex_lock(&lock);
        bool was_slow = own.slow;
        pace_note(&own, now_us, took_ns);
        bool slow = own.slow;
        pthread_mutex_unlock(&lock);
        if (slow || was_slow)
            atomic_store(&slow_until_us, slow ? INT64_MAX : now_us);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

void
pace_begin(void)
{
    pthread_t thread;
    own.fine_us = kt_clock_mono_us();
    if (pthread_create(&thread, NULL, probe, NULL) == 0)
        pthread_detach(thread);
}

pace_told_t
pace_since(int64_t from_us)
{
    pthread_mutex_lock(&lock);
    pace_told_t told = pace_between(&own, from_us, kt_clock_mono_us());
    pthread_mutex_unlock(&lock);
    return told;
}

bool
pace_kept_since(int64_t from_us)
{
    return atomic_load_explicit(&slow_until_us, memory_order_relaxed) < from_us;
}
