#include <kt/gather.h>

#include <errno.h>
#include <fcntl.h>
#include <kt/log.h>
#include <kt/threads.h>
#include <kt/time.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SCHEDSTAT_BYTES 96 /* three numbers of up to 20 digits */

static bool
is_above(int64_t part_us, int64_t whole_us, int64_t percent)
{
    return part_us * 100 > whole_us * percent;
}

bool
kt_gather_wanted(bool together, const kt_gather_look_t *look)
{
    int64_t ran = together ? KT_GATHER_RAN_HIGH : KT_GATHER_RAN_LOW;
    int64_t waited = together ? KT_GATHER_WAITED_HIGH : KT_GATHER_WAITED_LOW;

    return !is_above(look->ran_us, look->passed_us, ran) &&
           !is_above(look->waited_us, look->passed_us, waited);
}

bool
kt_gather_parse(const char *text, bool *gather)
{
    *gather = strcmp(text, "gather") == 0;
    return *gather || strcmp(text, "free") == 0;
}

static void
give_up(kt_gather_t *gather, const char *why)
{
    gather->never = true;
    kt_log(KT_LOG_INFO, "threads-not-placed", "why=%s", why);
}

/* Of all threads; -1: the kernel does not say. */
static int64_t
processor_us(void)
{
    struct timespec time;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0)
        return -1;
    return (int64_t)time.tv_sec * KT_US_PER_S + time.tv_nsec / 1000;
}

/* Of this thread, since it began; -1: the kernel does not say. It is the second of three numbers,
 * in ns (Linux, Documentation/scheduler/sched-stats.rst). */
static int64_t
waited_us(void)
{
    char text[SCHEDSTAT_BYTES], *end = text;
    int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

    if (fd >= 0)
        (void)close(fd);
    if (size <= 0)
        return -1;
    text[size] = '\0';
    (void)strtoull(text, &end, 10);
    return *end == ' ' ? (int64_t)(strtoull(end, NULL, 10) / 1000) : -1;
}

static bool
place(pid_t thread, const void *where)
{
    /* One that has ended meanwhile is nobody's. */
    return sched_setaffinity(thread, sizeof(cpu_set_t), (const cpu_set_t *)where) == 0 ||
           errno == ESRCH;
}

/* False: some thread stays where it is. */
static bool
place_all(const cpu_set_t *where)
{
    return kt_threads_each(0, place, where);
}

/* Twice: a thread that is made meanwhile has the place of its maker, which may not have had its
 * turn, and is not in the list. */
static void
part(kt_gather_t *gather)
{
    gather->together = false;
    if (!place_all(&gather->allowed) || !place_all(&gather->allowed))
        give_up(gather, "the kernel does not let all threads go");
}

static void
come_together(kt_gather_t *gather, const cpu_set_t *now)
{
    int here = sched_getcpu();

    if (here < 0 || CPU_COUNT(now) < 2)
        return;
    gather->allowed = *now;
    CPU_ZERO(&gather->one);
    CPU_SET((size_t)here, &gather->one);
    gather->together = place_all(&gather->one);
    if (gather->together)
        return;
    (void)place_all(&gather->allowed);
    give_up(gather, "the kernel does not let threads be placed");
}

static void
act(kt_gather_t *gather, const kt_gather_look_t *look, int64_t now_us)
{
    bool usual = sched_getscheduler(0) == SCHED_OTHER, wanted;
    cpu_set_t now;

    if (sched_getaffinity(0, sizeof(now), &now) != 0) {
        give_up(gather, "there are more processors than a cpu_set_t holds");
        return;
    }
    gather->together = gather->together && usual && CPU_EQUAL(&now, &gather->one);
    wanted = usual && kt_gather_wanted(gather->together, look);
    if (wanted && !gather->together) {
        come_together(gather, &now);
    } else if (!wanted && gather->together) {
        part(gather);
        gather->next_us = now_us + KT_GATHER_APART_US;
    }
}

void
kt_gather_tick(kt_gather_t *gather, int64_t now_us)
{
    int64_t ran, waited;
    kt_gather_look_t look;

    if (gather->never || now_us < gather->next_us)
        return;
    gather->next_us = now_us + KT_GATHER_LOOK_US;
    ran = processor_us();
    waited = waited_us();
    if (ran < 0 || waited < 0) {
        give_up(gather, "the kernel does not say how long threads ran and waited");
        return;
    }
    look = (kt_gather_look_t){
        .passed_us = now_us - gather->looked_us,
        .ran_us = ran - gather->ran_us,
        .waited_us = waited - gather->waited_us,
    };
    if (gather->looked_us > 0)
        act(gather, &look, now_us);
    gather->looked_us = now_us;
    gather->ran_us = ran;
    gather->waited_us = waited;
}
