/*
 * pace.h: whether the processors keep their speed while something is measured. What they run on may
 * clock them down for moments (a limit of power or heat, a hypervisor), and no clock of the kernel
 * tells: a tenth of the speed for 50 ms, some times a second, was seen on idle virtual machines.
 *
 * A thread does the same small piece of arithmetic every few milliseconds and looks what processor
 * time it took. Half of the fastest speed or less is slow.
 */
#ifndef CLI_PACE_H
#define CLI_PACE_H

#include <kt/def.h>

#define PACE_MOMENTS_MAX 65536 /* hours of them; what comes after that is not kept */

/* From the last probe that was as fast as ever to the next one. */
typedef struct pace_moment {
    int64_t from_us, to_us; /* of the monotonic clock */
} pace_moment_t;

typedef struct pace {
    int64_t fastest_ns; /* a probe; 0: none yet */
    int64_t fine_us;    /* when the last probe that was not slow ended */
    bool slow;          /* the last probe was */
    uint32_t count;
    pace_moment_t moments[PACE_MOMENTS_MAX];
} pace_t;

/* A probe that ended now took so much processor time. */
void pace_note(pace_t *pace, int64_t now_us, int64_t took_ns);

typedef struct pace_told {
    double slow_s, longest_s; /* within the span that was asked for */
    double slow_percent;      /* of it */
    uint32_t moments;
} pace_told_t;

pace_told_t pace_between(const pace_t *pace, int64_t from_us, int64_t to_us);

/* ---- of this process ---- */

/* Begins to probe, until the process ends. Without a thread for it nothing is ever slow. */
void pace_begin(void);
/* What became of it since then. */
pace_told_t pace_since(int64_t from_us);
/* Whether the processors kept their speed since then, as far as the last probe can tell. */
bool pace_kept_since(int64_t from_us);

#endif
