/*
 * views.h: what reads ask for and what they find, with the names of all that numbers stand for.
 *
 * Lists and views are in the call's arena; their texts are borrowed from whoever filled them. A
 * list holds up to as many as were asked for and says whether there are more.
 */
#ifndef FIN_VIEWS_H
#define FIN_VIEWS_H

#include "domain/accounts.h"
#include "domain/hold.h"

typedef struct fin_book_list {
    fin_book_record_t *books;
    uint32_t count;
    bool more;
} fin_book_list_t;

typedef struct fin_commodity_list {
    fin_commodity_record_t *commodities;
    uint32_t count;
    bool more;
} fin_commodity_list_t;

typedef struct fin_period_list {
    fin_period_record_t *periods;
    uint32_t count;
    bool more;
} fin_period_list_t;

typedef struct fin_account_view {
    fin_account_record_t account;
    kt_span_t symbols[FIN_FLOORS_MAX]; /* of the floors' commodities */
} fin_account_view_t;

typedef struct fin_account_list {
    fin_account_view_t *accounts;
    uint32_t count;
    bool more;
} fin_account_list_t;

/* The name of an entry; number 0: none. */
typedef struct fin_entry_name {
    int32_t year;
    uint64_t number;
} fin_entry_name_t;

typedef struct fin_line_names {
    kt_span_t account;
    kt_span_t commodity;
} fin_line_names_t;

typedef struct fin_entry_view {
    fin_posting_t posting;
    const fin_line_names_t *names; /* of each line */
    fin_entry_name_t reverses;
    fin_entry_name_t reversed_by;
} fin_entry_view_t;

typedef struct fin_entry_list {
    fin_entry_view_t *entries;
    uint32_t count;
    fin_entry_name_t next; /* number 0: there are no more */
} fin_entry_list_t;

typedef struct fin_hold_list {
    fin_hold_view_t *holds;
    uint32_t count;
    bool more;
} fin_hold_list_t;

/* ---- registers ---- */

/* Where a page of a register begins: at LINE of the day, up to which the day's lines add up to
 * SUM_MINOR; or, where LINE is 0, at the newest line of the last day up to DATE. */
typedef struct fin_register_place {
    int32_t date;
    uint64_t line;
    int64_t sum_minor;
} fin_register_place_t;

typedef struct fin_register_query {
    uint64_t part;
    uint32_t account;
    uint32_t commodity;
    int32_t from; /* the first day */
    fin_register_place_t begin;
    uint32_t limit;
} fin_register_query_t;

typedef struct fin_register_view {
    int32_t date;
    fin_entry_name_t entry;
    kt_span_t description;
    kt_span_t memo;
    int64_t amount_minor;
    int64_t balance_minor; /* after this line */
} fin_register_view_t;

typedef struct fin_register_list {
    fin_register_view_t *lines;
    uint32_t count;
    bool more;
    fin_register_place_t next; /* when there are more */
} fin_register_list_t;

/* ---- balances ---- */

typedef struct fin_balance_query {
    bool has_at;
    int32_t at;         /* the end of this day; otherwise everything posted */
    bool with_children; /* of the accounts below as well */
} fin_balance_query_t;

#define FIN_TRIAL_PAGE_ROWS 500

typedef struct fin_trial_query {
    uint64_t part;
    bool has_at;
    int32_t at;        /* the end of this day; otherwise everything posted */
    bool with_trading; /* the ledger's own accounts as well */
} fin_trial_query_t;

typedef struct fin_trial_view {
    kt_span_t account;
    fin_type_t type;
    kt_span_t symbol;
    int32_t scale;
    fin_turnover_t turnover;
} fin_trial_view_t;

#endif
