#include <kt/time.h>

#include <stdio.h>
#include <time.h>

static int64_t
clock_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * KT_US_PER_S + now.tv_nsec / 1000;
}

int64_t
kt_clock_wall_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

int64_t
kt_clock_mono_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int32_t
kt_days_in_month(int32_t year, int32_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    if (month < 1 || month > 12)
        return 0;
    return days[month - 1] + (leap && month == 2);
}

bool
kt_date_valid(kt_date_t date)
{
    return date.year >= KT_YEAR_MIN && date.year <= KT_YEAR_MAX && date.day >= 1 &&
           date.day <= kt_days_in_month(date.year, date.month);
}

/*
 * Both ways count in eras of 400 years (146,097 days) with years that begin in March, so that the
 * leap day comes last: http://howardhinnant.github.io/date_algorithms.html. 719,468 days lie
 * between 0000-03-01 and 1970-01-01.
 */
int32_t
kt_days_from_date(kt_date_t date)
{
    KT_ASSERT(kt_date_valid(date));
    int32_t year = date.year - (date.month <= 2);
    int32_t era = year / 400;
    int32_t year_of_era = year % 400;
    int32_t month_from_march = (date.month + 9) % 12;
    int32_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

kt_date_t
kt_date_from_days(int32_t days)
{
    int64_t shifted = (int64_t)days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
                           day_of_era / 146096) /
                          365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return (kt_date_t){
        .year = (int32_t)(era * 400 + year_of_era + (month <= 2)),
        .month = (int32_t)month,
        .day = (int32_t)(day_of_year - (153 * month_from_march + 2) / 5 + 1),
    };
}

/* Reads exactly COUNT decimal digits at TEXT. */
static bool
parse_digits(const uint8_t *text, size_t count, int32_t *value)
{
    int32_t number = 0;

    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (text[i] - '0');
    }
    *value = number;
    return true;
}

bool
kt_date_parse(kt_span_t text, kt_date_t *date)
{
    const uint8_t *t = text.data;
    kt_date_t made;

    if (text.size != 10 || t[4] != '-' || t[7] != '-' || !parse_digits(t, 4, &made.year) ||
        !parse_digits(t + 5, 2, &made.month) || !parse_digits(t + 8, 2, &made.day) ||
        !kt_date_valid(made))
        return false;
    *date = made;
    return true;
}

/* Writes COUNT digits of a number that has no more. */
static void
format_digits(char *out, size_t count, int64_t number)
{
    for (size_t i = count; i > 0; i--) {
        out[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
}

void
kt_date_format(kt_date_t date, char out[11])
{
    kt_date_t shown = kt_date_valid(date) ? date : (kt_date_t){0};

    memcpy(out, "0000-00-00", 11);
    format_digits(out, 4, shown.year);
    format_digits(out + 5, 2, shown.month);
    format_digits(out + 8, 2, shown.day);
}

/* 0001-01-01T00:00:00Z and the last microsecond of the year 9999. */
#define TIME_MIN_US (INT64_C(-719162) * KT_US_PER_DAY)
#define TIME_MAX_US (INT64_C(2932897) * KT_US_PER_DAY - 1)

void
kt_time_format(int64_t time_us, char out[28])
{
    int64_t shown = KT_MAX(TIME_MIN_US, KT_MIN(time_us, TIME_MAX_US));
    int64_t of_day = (shown % KT_US_PER_DAY + KT_US_PER_DAY) % KT_US_PER_DAY;
    int64_t seconds = of_day / KT_US_PER_S;

    kt_date_format(kt_date_from_days((int32_t)((shown - of_day) / KT_US_PER_DAY)), out);
    memcpy(out + 10, "T00:00:00.000000Z", 18);
    format_digits(out + 11, 2, seconds / 3600);
    format_digits(out + 14, 2, seconds / 60 % 60);
    format_digits(out + 17, 2, seconds % 60);
    format_digits(out + 20, 6, of_day % KT_US_PER_S);
}

/* "HH:MM" */
static bool
parse_hour_minute(const uint8_t *t, int64_t *minutes)
{
    int32_t hour, minute;

    if (!parse_digits(t, 2, &hour) || t[2] != ':' || !parse_digits(t + 3, 2, &minute) ||
        hour > 23 || minute > 59)
        return false;
    *minutes = hour * 60 + minute;
    return true;
}

/* ".digits", of which the first six count; AT moves past them. */
static bool
parse_fraction(kt_span_t text, size_t *at, int64_t *us)
{
    int64_t scale = KT_US_PER_S;
    size_t start = *at + 1;
    size_t i = start;

    for (*us = 0; i < text.size && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
        scale /= 10;
        *us += (text.data[i] - '0') * scale;
    }
    *at = i;
    return i > start;
}

/* "Z" or "+HH:MM" or "-HH:MM", and nothing after. */
static bool
parse_offset(kt_span_t text, size_t at, int64_t *minutes)
{
    const uint8_t *t = text.data + at;

    if (text.size - at == 1 && (t[0] == 'Z' || t[0] == 'z')) {
        *minutes = 0;
        return true;
    }
    if (text.size - at != 6 || (t[0] != '+' && t[0] != '-') || !parse_hour_minute(t + 1, minutes))
        return false;
    if (t[0] == '-')
        *minutes = -*minutes;
    return true;
}

bool
kt_time_parse(kt_span_t text, int64_t *time_us)
{
    const uint8_t *t = text.data;
    size_t at = 19;
    kt_date_t date;
    int32_t second;
    int64_t minutes, offset, fraction = 0;

    if (text.size < 20 || !kt_date_parse(kt_span(t, 10), &date) || (t[10] != 'T' && t[10] != 't') ||
        !parse_hour_minute(t + 11, &minutes) || t[16] != ':' || !parse_digits(t + 17, 2, &second) ||
        second > 59)
        return false;
    if (t[at] == '.' && !parse_fraction(text, &at, &fraction))
        return false;
    if (!parse_offset(text, at, &offset))
        return false;
    int64_t made = kt_days_from_date(date) * KT_US_PER_DAY + (minutes - offset) * 60 * KT_US_PER_S +
                   second * KT_US_PER_S + fraction;
    if (made < TIME_MIN_US || made > TIME_MAX_US)
        return false;
    *time_us = made;
    return true;
}
