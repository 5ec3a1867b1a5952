/*
 * gather.h: keeps the threads of a program on one processor while one is enough.
 *
 * A call passes from thread to thread. Where the next one sleeps on another processor, waking that
 * costs more than what the thread does with the call; on the same one it is a switch of threads. So
 * a program that needs little stays together, on the processor where it is just then, and one that
 * needs more, or that waits for its processor, may run wherever it was allowed to before. Who is
 * placed by somebody else meanwhile (taskset, a cpuset) is looked at anew from there; who has
 * another scheduling policy than the usual one (chrt) was placed on purpose, and is let be.
 */
#ifndef KT_GATHER_H
#define KT_GATHER_H

#include <kt/def.h>
#include <sched.h>

#define KT_GATHER_LOOK_US  INT64_C(100000)  /* from one look to the next, at least */
#define KT_GATHER_APART_US INT64_C(2000000) /* how long they stay apart, at least */
/* Processor time of all threads, in percent of the time that passed: up to the one they gather,
 * above the other they part. */
#define KT_GATHER_RAN_LOW  50
#define KT_GATHER_RAN_HIGH 60
/* How long the thread that looks could run and did not, in percent of the same. */
#define KT_GATHER_WAITED_LOW  20
#define KT_GATHER_WAITED_HIGH 50

/* As a gauge of the program's: 1 while they are together. */
#define KT_GATHER_METRIC "kantor_threads_gathered"
#define KT_GATHER_METRIC_HELP                                                                      \
    "1 while all threads are kept on one processor, 0 while they are free."

/* What was found since the look before. */
typedef struct kt_gather_look {
    int64_t passed_us;
    int64_t ran_us;    /* processor time of all threads */
    int64_t waited_us; /* of the thread that looks, for its processor */
} kt_gather_look_t;

/* Whether the threads are to be together from now on; TOGETHER: they are. Pure. */
bool kt_gather_wanted(bool together, const kt_gather_look_t *look);

/* All zero, or with never set, before the first look. */
typedef struct kt_gather {
    bool together;
    bool never; /* not wished, or the kernel does not allow it or tell what is needed */
    int64_t next_us, looked_us;
    int64_t ran_us, waited_us; /* as they were at the last look */
    cpu_set_t allowed;         /* where the threads may run when they are apart */
    cpu_set_t one;             /* where they are together */
} kt_gather_t;

/* Looks, and acts, when it is time. Always by the same thread, one of those that calls pass. */
void kt_gather_tick(kt_gather_t *gather, int64_t now_us);
/* "gather" or "free", as configurations say it: whether threads are to be gathered. False: it is
 * neither. */
bool kt_gather_parse(const char *text, bool *gather);

#endif
