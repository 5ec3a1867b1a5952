/*
 * zone.h: local time by a rule as in IEEE Std 1003.1, Base Definitions, 8.3 (TZ), the form that
 * begins with a name: "CET-1CEST,M3.5.0,M10.5.0/3". With RFC 9636's wider hours of a change
 * (-167..167). Summer time without its rule is refused: what it would mean is not said there.
 */
#ifndef IT_ZONE_H
#define IT_ZONE_H

#include <kt/span.h>

#define IT_ZONE_BYTES_MAX 64

typedef enum it_zone_day {
    IT_ZONE_JULIAN,   /* Jn: 1..365, 29 February never counted */
    IT_ZONE_DAY,      /* n: 0..365, 29 February counted */
    IT_ZONE_WEEK_DAY, /* Mm.w.d */
} it_zone_day_t;

/* When local time changes, each year. */
typedef struct it_zone_change {
    it_zone_day_t kind;
    int32_t day;         /* JULIAN, DAY */
    int32_t month, week; /* WEEK_DAY: 1..12, 1..5 (5: the last) */
    int32_t weekday;     /* 0 (Sunday) .. 6 */
    int32_t time_s;      /* local, from midnight */
} it_zone_change_t;

typedef struct it_zone {
    int32_t standard_s, summer_s; /* east of Greenwich, seconds */
    bool has_summer;
    it_zone_change_t to_summer, to_standard;
} it_zone_t;

/* NULL when TEXT is such a rule, else what is wrong with it (static). */
const char *it_zone_parse(kt_span_t text, it_zone_t *zone);

/* Seconds that local time is ahead of UTC at the instant, and the next instant at which that
 * changes (INT64_MAX: never). */
int32_t it_zone_offset(const it_zone_t *zone, int64_t at_us, int64_t *until_us);

#endif
