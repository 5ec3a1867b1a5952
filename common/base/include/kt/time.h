/*
 * time.h: clocks, and the proleptic Gregorian calendar (ISO 8601).
 *
 * Times are int64 microseconds since 1970-01-01T00:00:00Z (no leap seconds), dates are int32 days
 * since 1970-01-01, months are int32 year * 12 + (month - 1). Handlers never ask a clock: they get
 * the time with the call. The clocks are for the shells.
 */
#ifndef KT_TIME_H
#define KT_TIME_H

#include <kt/span.h>

#define KT_US_PER_MS  INT64_C(1000)
#define KT_US_PER_S   INT64_C(1000000)
#define KT_US_PER_DAY (INT64_C(86400) * KT_US_PER_S)

/* The years that dates are read in; wide enough for history, narrow enough for no overflow. */
#define KT_YEAR_MIN 1
#define KT_YEAR_MAX 9999

typedef struct kt_date {
    int32_t year;  /* KT_YEAR_MIN..KT_YEAR_MAX */
    int32_t month; /* 1..12 */
    int32_t day;   /* 1..31 */
} kt_date_t;

int64_t kt_clock_wall_us(void);
int64_t kt_clock_mono_us(void);

bool kt_date_valid(kt_date_t date);
/* DATE must be valid. */
int32_t kt_days_from_date(kt_date_t date);
kt_date_t kt_date_from_days(int32_t days);
static inline int32_t
kt_month_of(kt_date_t date)
{
    return date.year * 12 + date.month - 1;
}
/* 0 when MONTH is not 1..12. */
int32_t kt_days_in_month(int32_t year, int32_t month);

/* "YYYY-MM-DD", exactly ten bytes (ISO 8601 calendar date, extended format). */
bool kt_date_parse(kt_span_t text, kt_date_t *date);
/* Writes "YYYY-MM-DD" and a NUL; "0000-00-00" for a date that is not valid. */
void kt_date_format(kt_date_t date, char out[11]);
/* Writes RFC 3339 in UTC with microseconds, "2026-11-23T16:04:05.123456Z", and a NUL. A time
 * outside the years above is written as the nearest one inside. */
void kt_time_format(int64_t time_us, char out[28]);
/* Reads RFC 3339 with "Z" or a numeric offset; digits past the microsecond are dropped, leap
 * seconds (:60) and times outside the years above are refused. */
bool kt_time_parse(kt_span_t text, int64_t *time_us);

#endif
