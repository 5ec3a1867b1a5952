#include "domain/calendar.h"

#include <kt/time.h>

#define MINUTE_US   (60 * KT_US_PER_S)
#define MINUTES_DAY 1440

static const kt_field_t HOURS[] = {
    KT_F_U32(it_hours_record_t, weekday, 1, 7, KT_REQUIRED),
    KT_F_U32(it_hours_record_t, from_minute, 0, MINUTES_DAY - 1, 0),
    KT_F_U32(it_hours_record_t, until_minute, 1, MINUTES_DAY, KT_REQUIRED),
};
static const kt_layout_t HOURS_LAYOUT = KT_LAYOUT("hours", it_hours_record_t, HOURS);

static const kt_field_t HOLIDAY[] = {
    KT_F_DATE(it_holiday_record_t, date, KT_REQUIRED),
    KT_F_TEXT(it_holiday_record_t, name, IT_HOLIDAY_NAME_BYTES_MAX, 0),
};
static const kt_layout_t HOLIDAY_LAYOUT = KT_LAYOUT("holiday", it_holiday_record_t, HOLIDAY);

#define COMMON_FIELDS                                                                              \
    KT_F_NAME(it_calendar_record_t, calendar, IT_NAME_BYTES_MAX, KT_REQUIRED | KT_KEYED),          \
        KT_F_U32(it_calendar_record_t, version, 0, UINT32_MAX, KT_KEYED | KT_OUTPUT),              \
        KT_F_TEXT(it_calendar_record_t, time_zone, IT_ZONE_BYTES_MAX, KT_REQUIRED),                \
        KT_F_LIST(it_calendar_record_t, hours, &HOURS_LAYOUT, IT_HOURS_MAX, KT_REQUIRED),          \
        KT_F_TIME(it_calendar_record_t, set_us, KT_OUTPUT),                                        \
        KT_F_TEXT(it_calendar_record_t, set_by, IT_WHO_BYTES_MAX, KT_OUTPUT)

static const kt_field_t STORED[] = {
    COMMON_FIELDS,
    KT_F_U32(it_calendar_record_t, holidays_count, 0, IT_HOLIDAYS_MAX, KT_OUTPUT),
};
const kt_layout_t it_calendar_layout = KT_LAYOUT("calendar", it_calendar_record_t, STORED);

static const kt_field_t MESSAGE[] = {
    COMMON_FIELDS,
    KT_F_LIST(it_calendar_record_t, holidays, &HOLIDAY_LAYOUT, IT_HOLIDAYS_MAX, 0),
};
const kt_layout_t it_calendar_message_layout = KT_LAYOUT("calendar", it_calendar_record_t, MESSAGE);

static const kt_field_t ROW[] = {
    KT_F_LIST(it_holidays_row_t, holidays, &HOLIDAY_LAYOUT, IT_HOLIDAYS_PER_ROW_MAX, 0),
};
const kt_layout_t it_holidays_layout = KT_LAYOUT("holidays", it_holidays_row_t, ROW);

/* ---- making ready ---- */

/* Puts the hours into their day, in order. */
static const char *
add_hours(struct it_business_day *day, const it_hours_record_t *hours)
{
    if (hours->from_minute >= hours->until_minute)
        return "has hours that end before they begin";
    if (day->count == IT_HOURS_PER_DAY_MAX)
        return "has more than four hours on a weekday";
    uint32_t at = day->count;
    while (at > 0 && day->hours[at - 1].from_minute > hours->from_minute)
        at--;
    if (at > 0 && day->hours[at - 1].until_minute > hours->from_minute)
        return "has hours that overlap";
    if (at < day->count && day->hours[at].from_minute < hours->until_minute)
        return "has hours that overlap";
    for (uint32_t i = day->count; i > at; i--)
        day->hours[i] = day->hours[i - 1];
    day->hours[at] = *hours;
    day->count++;
    return NULL;
}

static const char *
add_holiday(it_business_t *business, int32_t date)
{
    uint32_t at = business->holidays_count;
    if (at == IT_HOLIDAYS_MAX)
        return "has more than 400 holidays";
    while (at > 0 && business->holidays[at - 1] > date)
        at--;
    if (at > 0 && business->holidays[at - 1] == date)
        return "has a date twice";
    for (uint32_t i = business->holidays_count; i > at; i--)
        business->holidays[i] = business->holidays[i - 1];
    business->holidays[at] = date;
    business->holidays_count++;
    return NULL;
}

const char *
it_business_make(const it_calendar_record_t *calendar, it_business_t *business, const char **field)
{
    const it_hours_record_t *hours = (const it_hours_record_t *)calendar->hours.items;
    const it_holiday_record_t *holidays = (const it_holiday_record_t *)calendar->holidays.items;
    *business = (it_business_t){0};
    *field = "time_zone";
    const char *wrong = it_zone_parse(calendar->time_zone, &business->zone);
    if (wrong)
        return wrong;
    *field = "hours";
    if (calendar->hours.count == 0)
        return "is missing: without hours no time counts";
    for (uint32_t i = 0; !wrong && i < calendar->hours.count; i++)
        wrong = add_hours(&business->days[hours[i].weekday - 1], &hours[i]);
    if (wrong)
        return wrong;
    *field = "holidays";
    for (uint32_t i = 0; !wrong && i < calendar->holidays.count; i++)
        wrong = add_holiday(business, holidays[i].date);
    return wrong;
}

/* ---- counting ---- */

static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static bool
is_holiday(const it_business_t *business, int64_t day)
{
    uint32_t low = 0, high = business->holidays_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (business->holidays[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < business->holidays_count && business->holidays[low] == day;
}

static const struct it_business_day *
day_hours(const it_business_t *business, int64_t day)
{
    static const struct it_business_day none = {0};
    /* 1970-01-01 was a Thursday, the fourth from Monday on. */
    int64_t weekday = ((day + 3) % 7 + 7) % 7;
    return is_holiday(business, day) ? &none : &business->days[weekday];
}

/* Business time of local time [FROM, TO), all of it on one day and under one offset. Where it
 * reaches WANTED, says at which local time: *AT. */
static int64_t
of_day(const it_business_t *business, int64_t day, int64_t from, int64_t to, int64_t wanted,
       int64_t *at)
{
    const struct it_business_day *hours = day_hours(business, day);
    int64_t sum = 0, midnight = day * KT_US_PER_DAY;
    for (uint32_t i = 0; i < hours->count; i++) {
        int64_t begin = KT_MAX(from, midnight + hours->hours[i].from_minute * MINUTE_US);
        int64_t end = KT_MIN(to, midnight + hours->hours[i].until_minute * MINUTE_US);
        if (end <= begin)
            continue;
        if (sum < wanted && sum + (end - begin) >= wanted)
            *at = begin + (wanted - sum);
        sum += end - begin;
    }
    return sum;
}

/* Walks [FROM_US, TO_US) until WANTED is reached (INT64_MAX: never); then *AT_US says when. */
static int64_t
walk(const it_business_t *business, int64_t from_us, int64_t to_us, int64_t wanted, int64_t *at_us)
{
    int64_t sum = 0, until_us = INT64_MIN, offset_us = 0;
    while (from_us < to_us && sum < wanted) {
        int64_t local_at = 0;
        if (from_us >= until_us)
            offset_us = it_zone_offset(&business->zone, from_us, &until_us) * KT_US_PER_S;
        int64_t local = from_us + offset_us;
        int64_t day = floor_div(local, KT_US_PER_DAY);
        int64_t end_us = KT_MIN(KT_MIN(to_us, until_us), (day + 1) * KT_US_PER_DAY - offset_us);
        int64_t more = of_day(business, day, local, end_us + offset_us, wanted - sum, &local_at);
        if (sum + more >= wanted)
            *at_us = local_at - offset_us;
        sum += more;
        from_us = end_us;
    }
    return sum;
}

/* Times further away than any calendar reaches are brought to its ends, so that nothing overflows.
 */
static int64_t
within(int64_t us)
{
    int64_t first = kt_days_from_date((kt_date_t){KT_YEAR_MIN + 1, 1, 1}) * KT_US_PER_DAY;
    int64_t last = kt_days_from_date((kt_date_t){KT_YEAR_MAX - 1, 1, 1}) * KT_US_PER_DAY;
    return KT_MAX(first, KT_MIN(us, last));
}

int64_t
it_business_between(const it_business_t *business, int64_t from_us, int64_t to_us)
{
    int64_t at_us;
    return walk(business, within(from_us), within(to_us), INT64_MAX, &at_us);
}

bool
it_business_reach(const it_business_t *business, int64_t from_us, int64_t to_us,
                  int64_t business_us, int64_t *at_us)
{
    int64_t at = 0;
    if (walk(business, within(from_us), within(to_us), business_us, &at) < business_us)
        return false;
    *at_us = at;
    return true;
}

bool
it_business_after(const it_business_t *business, int64_t from_us, int64_t business_us,
                  int64_t *at_us)
{
    int64_t to_us = within(from_us) + IT_CALENDAR_DAYS_AHEAD * KT_US_PER_DAY;
    return it_business_reach(business, from_us, to_us, business_us, at_us);
}
