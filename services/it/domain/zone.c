#include "domain/zone.h"

#include <kt/time.h>

#define DAY_S 86400

/* ---- reading ---- */

typedef struct text {
    const uint8_t *at, *end;
} text_t;

static bool
take(text_t *t, char c)
{
    if (t->at == t->end || *t->at != (uint8_t)c)
        return false;
    t->at++;
    return true;
}

static bool
is_digit(const text_t *t)
{
    return t->at < t->end && *t->at >= '0' && *t->at <= '9';
}

static bool
number(text_t *t, int32_t least, int32_t most, int32_t *value)
{
    int32_t n = 0;
    if (!is_digit(t))
        return false;
    for (; is_digit(t) && n <= most; t->at++)
        n = n * 10 + (*t->at - '0');
    *value = n;
    return n >= least && n <= most;
}

static bool
is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Three or more letters, or anything of letters, digits and signs in <>. */
static bool
name(text_t *t)
{
    const uint8_t *from = t->at;
    if (!take(t, '<')) {
        while (t->at < t->end && is_letter(*t->at))
            t->at++;
        return t->at - from >= 3;
    }
    from = t->at;
    while (t->at < t->end && (is_letter(*t->at) || is_digit(t) || *t->at == '+' || *t->at == '-'))
        t->at++;
    return t->at - from >= 3 && take(t, '>');
}

/* [+-]hh[:mm[:ss]] */
static bool
clock_time(text_t *t, int32_t hours_max, int32_t *seconds)
{
    int32_t hours, minutes = 0, rest = 0;
    bool back = take(t, '-');
    if (!back)
        take(t, '+');
    if (!number(t, 0, hours_max, &hours))
        return false;
    if (take(t, ':') && !number(t, 0, 59, &minutes))
        return false;
    if (t->at < t->end && *t->at == ':' && (t->at++, !number(t, 0, 59, &rest)))
        return false;
    *seconds = (hours * 60 + minutes) * 60 + rest;
    if (back)
        *seconds = -*seconds;
    return true;
}

static bool
change(text_t *t, it_zone_change_t *c)
{
    *c = (it_zone_change_t){.time_s = 2 * 3600};
    if (!take(t, ','))
        return false;
    if (take(t, 'M')) {
        c->kind = IT_ZONE_WEEK_DAY;
        if (!number(t, 1, 12, &c->month) || !take(t, '.') || !number(t, 1, 5, &c->week) ||
            !take(t, '.') || !number(t, 0, 6, &c->weekday))
            return false;
    } else {
        c->kind = take(t, 'J') ? IT_ZONE_JULIAN : IT_ZONE_DAY;
        if (!number(t, c->kind == IT_ZONE_JULIAN ? 1 : 0, 365, &c->day))
            return false;
    }
    return !take(t, '/') || clock_time(t, 167, &c->time_s);
}

const char *
it_zone_parse(kt_span_t text, it_zone_t *zone)
{
    text_t t = {.at = text.data, .end = text.data + text.size};
    int32_t west;
    *zone = (it_zone_t){0};
    if (text.size == 0)
        return "is missing";
    if (text.size > IT_ZONE_BYTES_MAX)
        return "is too long";
    if (!name(&t))
        return "does not begin with a name of three letters or more, or one in <>";
    if (!clock_time(&t, 24, &west))
        return "has no difference to UTC behind the name";
    zone->standard_s = -west;
    if (t.at == t.end)
        return NULL;
    if (!name(&t))
        return "has no name of summer time behind the difference";
    zone->has_summer = true;
    zone->summer_s = zone->standard_s + 3600;
    if (t.at < t.end && *t.at != ',') {
        if (!clock_time(&t, 24, &west))
            return "has no difference to UTC behind the name of summer time";
        zone->summer_s = -west;
    }
    if (!change(&t, &zone->to_summer) || !change(&t, &zone->to_standard) || t.at != t.end)
        return "does not say when summer time begins and ends, as \",M3.5.0,M10.5.0/3\"";
    return NULL;
}

/* ---- changes ---- */

static bool
is_leap(int32_t year)
{
    return kt_days_in_month(year, 2) == 29;
}

static int32_t
day_of(const it_zone_change_t *c, int32_t year)
{
    int32_t first = kt_days_from_date((kt_date_t){year, 1, 1});
    if (c->kind == IT_ZONE_DAY)
        return first + c->day;
    if (c->kind == IT_ZONE_JULIAN)
        return first + c->day - 1 + (is_leap(year) && c->day >= 60);
    int32_t day = kt_days_from_date((kt_date_t){year, c->month, 1});
    int32_t end = day + kt_days_in_month(year, c->month);
    /* 1970-01-01 was a Thursday. */
    int32_t weekday = (int32_t)((((int64_t)day + 4) % 7 + 7) % 7);
    day += (c->weekday - weekday + 7) % 7 + (c->week - 1) * 7;
    return day < end ? day : day - 7;
}

static int64_t
instant_us(const it_zone_change_t *c, int32_t year, int32_t offset_s)
{
    return ((int64_t)day_of(c, year) * DAY_S + c->time_s - offset_s) * KT_US_PER_S;
}

static int32_t
year_of(int64_t at_us)
{
    int64_t days = at_us / KT_US_PER_DAY - (at_us % KT_US_PER_DAY < 0);
    int64_t first = kt_days_from_date((kt_date_t){KT_YEAR_MIN + 1, 1, 1});
    int64_t last = kt_days_from_date((kt_date_t){KT_YEAR_MAX - 1, 12, 31});
    return kt_date_from_days((int32_t)KT_MAX(first, KT_MIN(days, last))).year;
}

int32_t
it_zone_offset(const it_zone_t *zone, int64_t at_us, int64_t *until_us)
{
    *until_us = INT64_MAX;
    if (!zone->has_summer)
        return zone->standard_s;
    /* The newest change up to the instant rules. */
    int32_t offset = zone->standard_s, year = year_of(at_us);
    int64_t since_us = INT64_MIN;
    for (int32_t y = year - 1; y <= year + 1; y++)
        for (int summer = 0; summer < 2; summer++) {
            int64_t change_us = summer ? instant_us(&zone->to_summer, y, zone->standard_s)
                                       : instant_us(&zone->to_standard, y, zone->summer_s);
            if (change_us > at_us) {
                *until_us = KT_MIN(*until_us, change_us);
            } else if (change_us > since_us) {
                since_us = change_us;
                offset = summer ? zone->summer_s : zone->standard_s;
            }
        }
    return offset;
}
