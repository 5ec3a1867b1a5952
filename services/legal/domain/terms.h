/*
 * terms.h: from when to when a contract is in force. Pure arithmetic on days.
 *
 * Months and years are added to the original date, never to a result: 31 January and one month is
 * 28 or 29 February, and two months 31 March. What has no such day takes the month's last. A last
 * day belongs to the term. A term that is counted from its first day ends on the day before the one
 * that corresponds to it; where the last month has no such day, on that month's last day (the rule
 * of the German Civil Code, sections 187 (2) and 188 (2) and (3)). Notice is counted back from the
 * last day.
 */
#ifndef LEGAL_TERMS_H
#define LEGAL_TERMS_H

#include <kt/layout.h>
#include <kt/status.h>

#define LEGAL_LENGTH_MAX        12000
#define LEGAL_WRITTEN_BYTES_MAX 200

/* The numbers of the contracts' TermUnit. */
typedef enum legal_unit {
    LEGAL_UNIT_NONE,
    LEGAL_DAYS,
    LEGAL_WEEKS,
    LEGAL_MONTHS,
    LEGAL_YEARS,
} legal_unit_t;

/* As it was agreed; amount 0: none. */
typedef struct legal_length {
    uint32_t amount;
    uint32_t unit;
} legal_length_t;

typedef struct legal_terms {
    int32_t starts_on;
    legal_length_t first; /* one of the three: how long, until when, */
    int32_t ends_on;
    bool open; /* or without end */
    legal_length_t renews, notice;
    kt_span_t written;
} legal_terms_t;

extern const kt_layout_t legal_length_layout, legal_terms_layout;

/* The numbers of the contracts' TermProblem. */
typedef enum legal_problem {
    LEGAL_NO_PROBLEM,
    LEGAL_NO_START,
    LEGAL_NO_TERM,
    LEGAL_TWO_TERMS,
    LEGAL_WRITTEN_AMBIGUOUS,
    LEGAL_WRITTEN_UNREADABLE,
    LEGAL_LENGTH_INCOMPLETE,
    LEGAL_ENDS_BEFORE_START,
    LEGAL_OPEN_RENEWS,
    LEGAL_NOTICE_TOO_LONG,
    LEGAL_BEYOND_CALENDAR,
    LEGAL_PROBLEMS_COUNT,
} legal_problem_t;

/* What a human is told; static. */
const char *legal_problem_text(legal_problem_t problem);

/* Days are KT_DATE_NONE where there is none. */
#define LEGAL_DAY_MIN (-719162) /* 0001-01-01 */
#define LEGAL_DAY_MAX 2932896   /* 9999-12-31 */

/* DAYS plus COUNT times LENGTH, months clamped; BACK: less. False past the calendar. */
bool legal_day_add(int32_t day, legal_length_t length, int64_t count, bool back, int32_t *result);

/* Reads "36 months" or "5 years"; anything else is a problem. */
legal_problem_t legal_length_parse(kt_span_t text, legal_length_t *length);

/* Terms that can be computed with. */
typedef struct legal_clear {
    int32_t starts_on;
    bool open, renews;
    bool counted; /* the first term is FIRST long; else its last day was said */
    legal_length_t first, renewal, notice;
    int32_t first_end; /* KT_DATE_NONE: open */
} legal_clear_t;

/* Fills CLEAR, or says why a human must look. */
legal_problem_t legal_terms_clear(const legal_terms_t *terms, legal_clear_t *clear);

/* The last day of the first term (0) or of the N-th renewal; KT_DATE_NONE for an open contract, and
 * past the calendar. */
int32_t legal_end_of(const legal_clear_t *clear, int64_t n);

/* The term that a day lies in. */
typedef struct legal_term {
    int64_t renewals; /* before it */
    int32_t end;      /* KT_DATE_NONE: open */
    int32_t deadline; /* the last day for notice to end it then; KT_DATE_NONE: none is needed */
} legal_term_t;
/* The first term whose end is not before DAY; without renewal, the only one. */
legal_term_t legal_term_on(const legal_clear_t *clear, int32_t day);

/* The last day in force after notice given on GIVEN: in time, the end of the term of that day, else
 * the next; open: the notice counted on from that day. KT_DATE_NONE: no notice is possible. */
int32_t legal_end_by_notice(const legal_clear_t *clear, int32_t given);

#endif
