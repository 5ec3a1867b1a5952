/*
 * register.h: the lines of an account in one commodity, newest first in the order (date, posting),
 * each with the balance after it.
 *
 * The walk goes down months, down the days of each, and from each day's newest line along the back
 * pointers. A line that is posted stands above all others of its day, so what the lines of a day
 * add up to below any line never changes: a place carries that sum, and a page costs its own lines
 * and the account's months, wherever it begins. What is posted between two pages shifts the
 * balances of what comes after it, and those are read anew.
 */
#ifndef FIN_REGISTER_H
#define FIN_REGISTER_H

#include "store/amounts.h"

/* Where a page begins: at LINE of the day, after which the day's lines so far add up to SUM_MINOR;
 * or, where LINE is 0, at the newest line of the last day up to DATE. */
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

typedef struct fin_register_line {
    int32_t date;
    int32_t year; /* of the entry's name */
    uint64_t number;
    kt_span_t description;
    kt_span_t memo;
    int64_t amount_minor;
    int64_t balance_minor;
} fin_register_line_t;

typedef struct fin_register {
    fin_register_line_t *lines; /* in the arena; texts are borrowed from the transaction */
    uint32_t count;
    bool more;
    fin_register_place_t next; /* when there are more */
} fin_register_t;

/* INVALID_ARGUMENT with BAD_FIELD when query->begin is no place of this register. */
kt_status_t
fin_store_list_register(kt_call_t *call, const fin_register_query_t *query, fin_register_t *list);

#endif
