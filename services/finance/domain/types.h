/*
 * types.h: what books are made of. No protobuf, no store: the domain and both of its neighbours
 * speak in these.
 *
 * Spans are borrowed; who fills a record says from whom. Amounts are minor units: debit positive,
 * credit negative. Dates are days since 1970-01-01, months are year * 12 + month - 1, times are
 * Unix microseconds (kt/time.h).
 */
#ifndef FIN_TYPES_H
#define FIN_TYPES_H

#include <kt/span.h>
#include <kt/time.h>
#include <kt/ulid.h>

#define FIN_ID_BYTES_MAX          63 /* of a book or an organisation */
#define FIN_TITLE_BYTES_MAX       200
#define FIN_PATH_BYTES_MAX        255
#define FIN_PATH_NAMES_MAX        16
#define FIN_SYMBOL_BYTES_MAX      32
#define FIN_SCALE_MAX             18
#define FIN_FLOORS_MAX            8   /* of one account */
#define FIN_REASON_BYTES_MAX      500 /* of reopening a period */
#define FIN_DESCRIPTION_BYTES_MAX 500
#define FIN_MEMO_BYTES_MAX        500
#define FIN_SOURCE_BYTES_MAX      128
#define FIN_PRINCIPAL_BYTES_MAX   255
#define FIN_DRAFT_LINES_MAX       8190 /* that a call may bring */
#define FIN_ENTRY_LINES_MAX       8192 /* with the ledger's own */
/* Texts and 32 bytes a line: so that an entry can be answered with in one message (4 MiB). */
#define FIN_ENTRY_BYTES_MAX  4000000
#define FIN_LINE_BYTES       32
#define FIN_HOLD_PARTS_MAX   100  /* entries that commit parts of one hold */
#define FIN_HOLDS_ACTIVE_MAX 1000 /* on one account and commodity */
#define FIN_HOLD_DAYS_MAX    366
#define FIN_ACCOUNTS_MAX     1000000 /* of one book */
#define FIN_COMMODITIES_MAX  10000   /* declared in one book */

/* Declared commodities are numbered from here; below are the numeric codes of ISO 4217. */
#define FIN_COMMODITY_FIRST 10000u

/* A line's name: its entry's sequence and its place in it. 0 is no line, for sequences begin at 1.
 */
#define FIN_LINE_BITS                 13
#define FIN_LINE_NAME(sequence, line) ((uint64_t)(sequence) << FIN_LINE_BITS | (uint64_t)(line))
#define FIN_LINE_SEQUENCE(name)       ((uint64_t)(name) >> FIN_LINE_BITS)
#define FIN_LINE_PLACE(name)          ((uint32_t)((name) & ((1u << FIN_LINE_BITS) - 1)))
_Static_assert(FIN_ENTRY_LINES_MAX <= 1u << FIN_LINE_BITS, "every line has a name");

/* Every 64th entry of a book and fiscal year is an anchor. */
#define FIN_ANCHOR_ENTRIES 64

/* Numbers of these enums stand in the store and are those of the contracts (a test compares them).
 */
typedef enum fin_kind { FIN_KIND_NONE, FIN_KIND_COMPANY, FIN_KIND_CLIENT } fin_kind_t;

typedef enum fin_type {
    FIN_TYPE_NONE,
    FIN_TYPE_ASSET,
    FIN_TYPE_LIABILITY,
    FIN_TYPE_EQUITY,
    FIN_TYPE_INCOME,
    FIN_TYPE_EXPENSE,
    FIN_TYPE_SUSPENSE,
    FIN_TYPE_TRADING,
} fin_type_t;

typedef enum fin_month_state {
    FIN_MONTH_NONE, /* never opened nor closed: there is no record */
    FIN_MONTH_NOT_OPENED,
    FIN_MONTH_OPEN,
    FIN_MONTH_CLOSED,
} fin_month_state_t;

typedef struct fin_book_record {
    kt_span_t id;
    uint64_t part; /* organisation number << 32 | book number: leads every key of the book */
    fin_kind_t kind;
    kt_span_t organization;
    kt_span_t title;
    int32_t first_month; /* 1..12: where a fiscal year begins */
    bool explicit_periods;
    int64_t created_us;
} fin_book_record_t;

#define FIN_PART(organization, book) ((uint64_t)(organization) << 32 | (uint64_t)(book))
#define FIN_PART_ORGANIZATION(part)  ((uint32_t)((uint64_t)(part) >> 32))
#define FIN_PART_BOOK(part)          ((uint32_t)(part))

typedef struct fin_commodity_record {
    kt_span_t symbol;
    uint32_t number;
    int32_t scale;
} fin_commodity_record_t;

typedef struct fin_floor_record {
    uint32_t commodity;
    int64_t amount_minor; /* in the account's natural sense */
} fin_floor_record_t;

typedef struct fin_account_record {
    kt_span_t path;
    uint32_t number; /* from 1 */
    fin_type_t type;
    bool closed;
    kt_span_t title;
    uint32_t floors_count;
    fin_floor_record_t floors[FIN_FLOORS_MAX];
} fin_account_record_t;

typedef struct fin_period_record {
    int32_t month;
    fin_month_state_t state;
    kt_span_t reason;     /* of the last reopening */
    kt_span_t changed_by; /* principal */
    int64_t changed_us;
} fin_period_record_t;

typedef struct fin_line_record {
    uint32_t account;
    uint32_t commodity;
    int64_t amount_minor; /* not 0 */
    uint64_t
        previous; /* name of the line before this of the same account, commodity and day; 0: none */
    kt_span_t memo;
} fin_line_record_t;

/* What an entry says of itself; its lines come after. */
typedef struct fin_entry_record {
    uint64_t sequence; /* of posting in the whole store, from 1 */
    uint64_t part;
    int32_t year;    /* fiscal */
    uint64_t number; /* gapless in book and year, from 1 */
    int32_t date;
    int64_t posted_us;
    kt_span_t posted_by;
    kt_span_t description;
    kt_span_t source_ref; /* empty: none */
    uint64_t reverses;    /* sequence; 0: none */
    uint64_t previous;    /* sequence of the entry one number below; 0: none */
    uint32_t lines_count;
    uint32_t own_count; /* the last so many lines are the ledger's own */
} fin_entry_record_t;

/* What was posted to an account in a commodity. Neither is negative. */
typedef struct fin_turnover {
    int64_t debit_minor;
    int64_t credit_minor;
} fin_turnover_t;

/* One day of an account and commodity: a balance record holds those of a month that have lines, by
 * day. */
typedef struct fin_day_record {
    uint32_t day; /* 1..31 */
    fin_turnover_t turnover;
    uint64_t newest; /* name of the day's line that was posted last */
} fin_day_record_t;

#define FIN_DAYS_MAX 31

typedef struct fin_hold_part {
    int32_t year;
    uint64_t number;
} fin_hold_part_t;

typedef struct fin_hold_record {
    kt_ulid_t id;
    uint32_t debit_account;
    uint32_t credit_account;
    uint32_t commodity;
    int64_t amount_minor;    /* > 0 */
    int64_t committed_minor; /* 0..amount */
    int64_t created_us;
    int64_t expires_us;
    bool released;
    kt_span_t description;
    uint32_t parts_count;
    fin_hold_part_t parts[FIN_HOLD_PARTS_MAX]; /* the entries that committed it, in order */
} fin_hold_record_t;

/* Debit is the natural side of what is owned or spent; credit that of what is owed, earned or the
 * owner's. */
static inline bool
fin_type_is_debit(fin_type_t type)
{
    return type == FIN_TYPE_ASSET || type == FIN_TYPE_EXPENSE || type == FIN_TYPE_SUSPENSE;
}

#endif
