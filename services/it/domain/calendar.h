/*
 * calendar.h: business time: what of the time between two instants lies in the hours of a calendar.
 * An instant counts when local time shows an hour of its weekday and the local date is no holiday;
 * so a day with a change of local time is as long as its hours really are.
 */
#ifndef IT_CALENDAR_H
#define IT_CALENDAR_H

#include "domain/limits.h"
#include "domain/zone.h"

#include <kt/layout.h>
#include <kt/status.h>

#define IT_HOURS_PER_DAY_MAX      4
#define IT_HOURS_MAX              (7 * IT_HOURS_PER_DAY_MAX)
#define IT_HOLIDAYS_MAX           400
#define IT_HOLIDAYS_PER_ROW_MAX   40
#define IT_HOLIDAY_NAME_BYTES_MAX 40
/* How far ahead an instant is looked for. */
#define IT_CALENDAR_DAYS_AHEAD 3660

typedef struct it_hours_record {
    uint32_t weekday; /* 1 (Monday) .. 7 */
    uint32_t from_minute, until_minute;
} it_hours_record_t;

typedef struct it_holiday_record {
    int32_t date;
    kt_span_t name;
} it_holiday_record_t;

/* One version of a calendar, as it is told and stored; holidays stand in rows of their own. */
typedef struct it_calendar_record {
    kt_span_t calendar;
    uint32_t version; /* from 1 */
    kt_span_t time_zone;
    kt_list_t hours;    /* of it_hours_record_t */
    kt_list_t holidays; /* of it_holiday_record_t */
    uint32_t holidays_count;
    int64_t set_us;
    kt_span_t set_by;
} it_calendar_record_t;

/* A row of holidays, at most IT_HOLIDAYS_PER_ROW_MAX. */
typedef struct it_holidays_row {
    kt_list_t holidays;
} it_holidays_row_t;

extern const kt_layout_t it_calendar_layout;         /* as stored */
extern const kt_layout_t it_calendar_message_layout; /* with its holidays */
extern const kt_layout_t it_holidays_layout;

/* A calendar made ready to count with. */
typedef struct it_business {
    it_zone_t zone;
    struct it_business_day {
        uint32_t count;
        it_hours_record_t hours[IT_HOURS_PER_DAY_MAX]; /* in order */
    } days[7];                                         /* Monday first */
    uint32_t holidays_count;
    int32_t holidays[IT_HOLIDAYS_MAX]; /* in order */
} it_business_t;

/* What is wrong with a calendar as it was told, for BAD_FIELD: which field it is in *FIELD. NULL:
 * nothing, and BUSINESS is made. */
const char *
it_business_make(const it_calendar_record_t *calendar, it_business_t *business, const char **field);

/* Microseconds of business time in [FROM_US, TO_US); 0 when there is no such time. */
int64_t it_business_between(const it_business_t *business, int64_t from_us, int64_t to_us);

/* The first instant in [FROM_US, TO_US] by which BUSINESS_US (1 or more) of business time have
 * passed since FROM_US; false: there is none. */
bool it_business_reach(const it_business_t *business, int64_t from_us, int64_t to_us,
                       int64_t business_us, int64_t *at_us);
/* The same, within IT_CALENDAR_DAYS_AHEAD days. */
bool it_business_after(const it_business_t *business, int64_t from_us, int64_t business_us,
                       int64_t *at_us);

#endif
