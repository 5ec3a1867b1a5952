/* business.h: calendars of chance, and an oracle that steps through time minute by minute with the
 * C library's local time. */
#ifndef KANTOR_IT_BUSINESS_H
#define KANTOR_IT_BUSINESS_H

#include "seed.h"

#include "domain/calendar.h"

#include <kt/time.h>
#include <time.h>

#define MINUTE_US (60 * KT_US_PER_S)
/* 2026-03-28T00:00Z and 2026-10-24T00:00Z: the days before Europe changes its clocks. */
#define BEFORE_SPRING_US INT64_C(1774656000000000)
#define BEFORE_AUTUMN_US INT64_C(1792800000000000)

static const char *const BUSINESS_ZONES[] = {
    "UTC0",
    "WIB-7",
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "<+0330>-3:30",
    "IST-1GMT0,M10.5.0,M3.5.0/1",
};

typedef struct calendar_of_chance {
    it_calendar_record_t record;
    it_business_t business;
    it_hours_record_t hours[IT_HOURS_MAX];
    it_holiday_record_t holidays[16];
    char zone[IT_ZONE_BYTES_MAX + 1];
} calendar_of_chance_t;

static inline void
calendar_make(calendar_of_chance_t *c)
{
    const char *field;
    const char *wrong = it_business_make(&c->record, &c->business, &field);
    if (wrong)
        fail_msg("%s %s", field, wrong);
    assert_int_equal(setenv("TZ", c->zone, 1), 0);
    tzset();
}

/* Hours that touch nights and each other's ends, holidays around AROUND_US. */
static inline void
calendar_of_chance(kt_prng_t *prng, int64_t around_us, calendar_of_chance_t *c)
{
    *c = (calendar_of_chance_t){0};
    const char *zone = BUSINESS_ZONES[kt_prng_below(prng, KT_COUNT(BUSINESS_ZONES))];
    snprintf(c->zone, sizeof c->zone, "%s", zone);
    uint32_t hours = 0, holidays = (uint32_t)kt_prng_below(prng, 4);
    for (uint32_t weekday = 1; weekday <= 7; weekday++) {
        uint32_t at = (uint32_t)kt_prng_below(prng, 300);
        uint32_t parts = (uint32_t)kt_prng_below(prng, 4);
        for (uint32_t i = 0; i < parts && at < 1380; i++) {
            uint32_t until = at + 1 + (uint32_t)kt_prng_below(prng, 600);
            c->hours[hours++] = (it_hours_record_t){weekday, at, KT_MIN(until, 1440U)};
            at = until + (uint32_t)kt_prng_below(prng, 200);
        }
    }
    if (hours == 0)
        c->hours[hours++] = (it_hours_record_t){3, 0, 1440};
    for (uint32_t i = 0; i < holidays; i++)
        c->holidays[i].date = (int32_t)(around_us / KT_US_PER_DAY) - 2 + (int32_t)(3 * i) +
                              (int32_t)kt_prng_below(prng, 3);
    c->record = (it_calendar_record_t){
        .time_zone = kt_span_str(c->zone),
        .hours = {.items = c->hours, .count = hours},
        .holidays = {.items = c->holidays, .count = holidays},
    };
    calendar_make(c);
}

/* Whether the minute that begins at AT_US counts. */
static inline bool
oracle_counts(const calendar_of_chance_t *c, int64_t at_us)
{
    time_t at = (time_t)(at_us / KT_US_PER_S);
    struct tm tm;
    assert_non_null(localtime_r(&at, &tm));
    kt_date_t date = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
    for (uint32_t i = 0; i < c->record.holidays.count; i++)
        if (c->holidays[i].date == kt_days_from_date(date))
            return false;
    uint32_t weekday = tm.tm_wday == 0 ? 7 : (uint32_t)tm.tm_wday;
    uint32_t minute = (uint32_t)(tm.tm_hour * 60 + tm.tm_min);
    for (uint32_t i = 0; i < c->record.hours.count; i++)
        if (c->hours[i].weekday == weekday && c->hours[i].from_minute <= minute &&
            minute < c->hours[i].until_minute)
            return true;
    return false;
}

static inline int64_t
oracle_minutes(const calendar_of_chance_t *c, int64_t from_us, int64_t to_us)
{
    int64_t minutes = 0;
    for (int64_t at = from_us; at < to_us; at += MINUTE_US)
        minutes += oracle_counts(c, at);
    return minutes;
}

/* A minute within some days around a change of clocks, or anywhere in 2026. */
static inline int64_t
minute_of_chance(kt_prng_t *prng)
{
    int64_t day = INT64_C(24) * 60 * MINUTE_US;
    switch (kt_prng_below(prng, 3)) {
    case 0:
        return BEFORE_SPRING_US + chance(prng, 0, 4 * 1440) * MINUTE_US;
    case 1:
        return BEFORE_AUTUMN_US + chance(prng, 0, 4 * 1440) * MINUTE_US;
    default:
        return BEFORE_SPRING_US - 86 * day + chance(prng, 0, INT64_C(360) * 1440) * MINUTE_US;
    }
}

#endif
