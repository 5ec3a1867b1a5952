#include "domain/terms.h"

#include <kt/time.h>

static const kt_field_t LENGTH_FIELDS[] = {
    KT_F_U32(legal_length_t, amount, 0, LEGAL_LENGTH_MAX, 0),
    KT_F_ENUM(legal_length_t, unit, LEGAL_YEARS, 0),
};
const kt_layout_t legal_length_layout = KT_LAYOUT("length", legal_length_t, LENGTH_FIELDS);

static const kt_field_t TERMS_FIELDS[] = {
    KT_F_DATE(legal_terms_t, starts_on, 0),
    KT_F_PART(legal_terms_t, first, &legal_length_layout, 0),
    KT_F_DATE(legal_terms_t, ends_on, 0),
    KT_F_BOOL(legal_terms_t, open, 0),
    KT_F_PART(legal_terms_t, renews, &legal_length_layout, 0),
    KT_F_PART(legal_terms_t, notice, &legal_length_layout, 0),
    KT_F_TEXT(legal_terms_t, written, LEGAL_WRITTEN_BYTES_MAX, 0),
};
const kt_layout_t legal_terms_layout = KT_LAYOUT("terms", legal_terms_t, TERMS_FIELDS);

const char *
legal_problem_text(legal_problem_t problem)
{
    static const char *const texts[LEGAL_PROBLEMS_COUNT] = {
        [LEGAL_NO_PROBLEM] = "",
        [LEGAL_NO_START] = "the terms do not say on which day they begin",
        [LEGAL_NO_TERM] = "the terms do not say how long they last: give a first term, a last day, "
                          "or say that they are open",
        [LEGAL_TWO_TERMS] = "the terms say in more than one way how long they last: keep one",
        [LEGAL_WRITTEN_AMBIGUOUS] = "what is written can be read in more than one way: give the "
                                    "first term as an amount and a unit",
        [LEGAL_WRITTEN_UNREADABLE] = "what is written is no amount and unit such as \"36 months\": "
                                     "give the first term as such",
        [LEGAL_LENGTH_INCOMPLETE] = "a length has an amount without its unit, or a unit without "
                                    "its amount",
        [LEGAL_ENDS_BEFORE_START] = "the last day lies before the first",
        [LEGAL_OPEN_RENEWS] = "what has no end cannot renew",
        [LEGAL_NOTICE_TOO_LONG] = "notice would have to be given before the term that it ends has "
                                  "begun",
        [LEGAL_BEYOND_CALENDAR] = "the terms reach past the year 9999",
    };
    KT_ASSERT((unsigned)problem < LEGAL_PROBLEMS_COUNT);
    return texts[problem];
}

/* ---- days ---- */

static bool
is_months(legal_length_t length)
{
    return length.unit == LEGAL_MONTHS || length.unit == LEGAL_YEARS;
}

/* In months or in days. */
static int64_t
units_of(legal_length_t length)
{
    switch ((legal_unit_t)length.unit) {
    case LEGAL_WEEKS:
        return INT64_C(7) * length.amount;
    case LEGAL_YEARS:
        return INT64_C(12) * length.amount;
    case LEGAL_DAYS:
    case LEGAL_MONTHS:
        return length.amount;
    case LEGAL_UNIT_NONE:
        break;
    }
    return 0;
}

/* CLAMPED: the month has no such day, and its last was taken. */
static bool
add_months(int32_t day, int64_t months, int32_t *result, bool *clamped)
{
    kt_date_t date = kt_date_from_days(day);
    int64_t month = kt_month_of(date) + months;
    if (month < INT64_C(12) * KT_YEAR_MIN || month >= INT64_C(12) * (KT_YEAR_MAX + 1))
        return false;
    kt_date_t to = {.year = (int32_t)(month / 12), .month = (int32_t)(month % 12) + 1};
    int32_t last = kt_days_in_month(to.year, to.month);
    *clamped = date.day > last;
    to.day = KT_MIN(date.day, last);
    *result = kt_days_from_date(to);
    return true;
}

static bool
add_days(int32_t day, int64_t days, int32_t *result)
{
    int64_t to = day + days;
    if (to < LEGAL_DAY_MIN || to > LEGAL_DAY_MAX)
        return false;
    *result = (int32_t)to;
    return true;
}

/* COUNT is at most the days of the calendar, so nothing overflows. */
bool
legal_day_add(int32_t day, legal_length_t length, int64_t count, bool back, int32_t *result)
{
    bool clamped;
    int64_t units = units_of(length) * count * (back ? -1 : 1);
    return is_months(length) ? add_months(day, units, result, &clamped)
                             : add_days(day, units, result);
}

/* ---- what is written ---- */

static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static uint32_t
unit_named(kt_span_t word)
{
    static const struct {
        const char *name;
        legal_unit_t unit;
    } names[] = {
        {"day", LEGAL_DAYS},    {"days", LEGAL_DAYS},    {"week", LEGAL_WEEKS},
        {"weeks", LEGAL_WEEKS}, {"month", LEGAL_MONTHS}, {"months", LEGAL_MONTHS},
        {"year", LEGAL_YEARS},  {"years", LEGAL_YEARS},
    };
    char small[8] = {0};
    if (word.size >= sizeof small)
        return LEGAL_UNIT_NONE;
    for (size_t i = 0; i < word.size; i++) {
        uint8_t c = word.data[i];
        small[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    for (size_t i = 0; i < KT_COUNT(names); i++)
        if (strcmp(small, names[i].name) == 0)
            return (uint32_t)names[i].unit;
    return LEGAL_UNIT_NONE;
}

/* How many numbers stand in TEXT: with more than one a human must choose. */
static unsigned
numbers_in(kt_span_t text)
{
    unsigned count = 0;
    bool inside = false;
    for (size_t i = 0; i < text.size; i++) {
        bool digit = text.data[i] >= '0' && text.data[i] <= '9';
        count += digit && !inside;
        inside = digit;
    }
    return count;
}

legal_problem_t
legal_length_parse(kt_span_t text, legal_length_t *length)
{
    const uint8_t *t = text.data;
    size_t at = 0, end = text.size;
    uint32_t amount = 0;
    while (at < end && is_blank(t[at]))
        at++;
    while (end > at && (is_blank(t[end - 1]) || t[end - 1] == '.'))
        end--;
    if (numbers_in(text) > 1)
        return LEGAL_WRITTEN_AMBIGUOUS;
    for (; at < end && t[at] >= '0' && t[at] <= '9' && amount <= LEGAL_LENGTH_MAX; at++)
        amount = amount * 10 + (uint32_t)(t[at] - '0');
    size_t word = at;
    while (word < end && is_blank(t[word]))
        word++;
    uint32_t unit = unit_named(kt_span(t + word, end - word));
    if (amount == 0 || amount > LEGAL_LENGTH_MAX || word == at || unit == LEGAL_UNIT_NONE)
        return LEGAL_WRITTEN_UNREADABLE;
    *length = (legal_length_t){.amount = amount, .unit = unit};
    return LEGAL_NO_PROBLEM;
}

/* ---- terms ---- */

static bool
is_incomplete(legal_length_t length)
{
    return (length.amount == 0) != (length.unit == LEGAL_UNIT_NONE);
}

/* The last day of a term that lasts UNITS (months or days) from the day FROM. */
static bool
last_of_months(int32_t from, int64_t months, int32_t *last)
{
    bool clamped;
    return add_months(from, months, last, &clamped) && (clamped || add_days(*last, -1, last));
}

int32_t
legal_end_of(const legal_clear_t *clear, int64_t n)
{
    int32_t end = clear->first_end;
    int64_t first = units_of(clear->first), renewal = units_of(clear->renewal) * n;
    if (clear->open)
        return KT_DATE_NONE;
    if (n == 0)
        return end;
    bool fits;
    if (clear->counted && is_months(clear->first) && is_months(clear->renewal))
        fits = last_of_months(clear->starts_on, first + renewal, &end);
    else if (clear->counted && is_months(clear->renewal) && end < LEGAL_DAY_MAX)
        fits = last_of_months(end + 1, renewal, &end);
    else
        fits = legal_day_add(end, clear->renewal, n, false, &end);
    return fits ? end : KT_DATE_NONE;
}

static legal_problem_t
find_first_end(const legal_terms_t *terms, legal_clear_t *clear)
{
    bool fits = true;
    clear->counted = terms->ends_on == KT_DATE_NONE && !terms->open;
    clear->first_end = terms->ends_on;
    if (clear->counted)
        fits = is_months(clear->first)
                   ? last_of_months(clear->starts_on, units_of(clear->first), &clear->first_end)
                   : add_days(clear->starts_on, units_of(clear->first) - 1, &clear->first_end);
    if (!fits)
        return LEGAL_BEYOND_CALENDAR;
    return !clear->open && clear->first_end < clear->starts_on ? LEGAL_ENDS_BEFORE_START
                                                               : LEGAL_NO_PROBLEM;
}

/* Whether notice can be given within the term that it ends: the first, and each renewal. The day
 * on which a term ends counts, so that a notice as long as the renewal is right. */
static bool
notice_fits(const legal_clear_t *clear)
{
    int32_t deadline, next = legal_end_of(clear, 1);
    if (!clear->renews || clear->notice.amount == 0)
        return true;
    if (!legal_day_add(clear->first_end, clear->notice, 1, true, &deadline) ||
        deadline < clear->starts_on)
        return false;
    return next == KT_DATE_NONE ||
           (legal_day_add(next, clear->notice, 1, true, &deadline) && deadline >= clear->first_end);
}

legal_problem_t
legal_terms_clear(const legal_terms_t *terms, legal_clear_t *clear)
{
    *clear = (legal_clear_t){.starts_on = terms->starts_on,
                             .open = terms->open,
                             .renews = terms->renews.amount > 0,
                             .first = terms->first,
                             .renewal = terms->renews,
                             .notice = terms->notice,
                             .first_end = KT_DATE_NONE};
    int ways = (terms->first.amount > 0) + (terms->ends_on != KT_DATE_NONE) + terms->open;
    if (terms->starts_on == KT_DATE_NONE)
        return LEGAL_NO_START;
    if (is_incomplete(terms->first) || is_incomplete(terms->renews) || is_incomplete(terms->notice))
        return LEGAL_LENGTH_INCOMPLETE;
    if (ways > 1)
        return LEGAL_TWO_TERMS;
    if (ways == 0 && terms->written.size == 0)
        return LEGAL_NO_TERM;
    if (ways == 0) {
        legal_problem_t problem = legal_length_parse(terms->written, &clear->first);
        if (problem != LEGAL_NO_PROBLEM)
            return problem;
    }
    if (clear->open && clear->renews)
        return LEGAL_OPEN_RENEWS;
    legal_problem_t problem = find_first_end(terms, clear);
    if (problem != LEGAL_NO_PROBLEM)
        return problem;
    return notice_fits(clear) ? LEGAL_NO_PROBLEM : LEGAL_NOTICE_TOO_LONG;
}

/* The deadline for the end of the N-th renewal. */
static legal_term_t
term_of(const legal_clear_t *clear, int64_t n)
{
    legal_term_t term = {.renewals = n, .end = legal_end_of(clear, n), .deadline = KT_DATE_NONE};
    if (clear->renews && term.end != KT_DATE_NONE &&
        !legal_day_add(term.end, clear->notice, 1, true, &term.deadline))
        term.deadline = KT_DATE_NONE;
    return term;
}

legal_term_t
legal_term_on(const legal_clear_t *clear, int32_t day)
{
    if (clear->open || !clear->renews || day <= clear->first_end)
        return term_of(clear, 0);
    /* No renewal is shorter than a day: the ends rise with N, and that of HIGH is not before DAY,
     * or past the calendar. */
    int64_t low = 0, high = (int64_t)day - clear->first_end;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        int32_t end = legal_end_of(clear, middle);
        if (end == KT_DATE_NONE || end >= day)
            high = middle;
        else
            low = middle;
    }
    return term_of(clear, high);
}

int32_t
legal_end_by_notice(const legal_clear_t *clear, int32_t given)
{
    int32_t end;
    if (clear->open)
        return legal_day_add(given, clear->notice, 1, false, &end) ? end : KT_DATE_NONE;
    if (!clear->renews)
        return KT_DATE_NONE;
    legal_term_t term = legal_term_on(clear, given);
    /* More than once where notice in days is longer than a short month. */
    while (term.end != KT_DATE_NONE && given > term.deadline)
        term = term_of(clear, term.renewals + 1);
    return term.end;
}
