/* maintenance.h: spans of time in which what is down opens no outage. */
#ifndef IT_DOMAIN_MAINTENANCE_H
#define IT_DOMAIN_MAINTENANCE_H

#include "domain/limits.h"

#include <kt/layout.h>
#include <kt/status.h>

/* Of one target or site, that are not over. */
#define IT_WINDOWS_MAX     64
#define IT_WINDOW_DAYS_MAX 366

typedef struct it_window_record {
    kt_span_t maintenance;
    kt_span_t target, site; /* one of the two */
    int64_t from_us, until_us;
    kt_span_t why, placed_by;
    int64_t placed_us;
    kt_span_t ended_by;
} it_window_record_t;

extern const kt_layout_t it_window_layout;

typedef struct it_window_facts {
    bool there;     /* what it is for */
    uint32_t ahead; /* windows of it that are not over */
} it_window_facts_t;

/* Completes DRAFT. Refuses with TARGET_UNKNOWN, SITE_UNKNOWN, TOO_MANY_WINDOWS. */
kt_status_t it_decide_place_window(kt_arena_t *arena, const it_window_facts_t *facts, kt_span_t id,
                                   kt_span_t by, int64_t now_us, it_window_record_t *draft);
/* False: it is over already, and stays as it is. */
bool it_decide_end_window(kt_span_t by, int64_t now_us, it_window_record_t *window);

#endif
