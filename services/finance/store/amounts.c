#include "store/amounts.h"

#include "domain/reason.h"
#include "store/records.h"
#include "store/tables.h"

#include <kt/checked.h>
#include <stdlib.h>

#define FIRST_CAPACITY 4

kt_status_t
fin_store_overflow(const kt_call_t *call)
{
    (void)call;
    return kt_error(KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW,
                    "a sum does not fit 64 bits: ask for single accounts");
}

/* The place of a commodity, made with nothing on it where it is missing; NULL when the arena is
 * used up. */
static fin_amount_t *
place_of(const kt_call_t *call, fin_amounts_t *amounts, uint32_t commodity)
{
    uint32_t low = 0, high = amounts->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (amounts->items[middle].commodity < commodity)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < amounts->count && amounts->items[low].commodity == commodity)
        return &amounts->items[low];
    if (amounts->count == amounts->capacity) {
        uint32_t capacity = KT_MAX(amounts->capacity * 2, FIRST_CAPACITY);
        fin_amount_t *items = KT_ARENA_ARRAY(call->arena, fin_amount_t, capacity);
        if (!items)
            return NULL;
        if (amounts->count > 0)
            memcpy(items, amounts->items, amounts->count * sizeof *items);
        amounts->items = items;
        amounts->capacity = capacity;
    }
    memmove(&amounts->items[low + 1], &amounts->items[low],
            (amounts->count - low) * sizeof *amounts->items);
    amounts->items[low] = (fin_amount_t){.commodity = commodity};
    amounts->count++;
    return &amounts->items[low];
}

static kt_status_t
add(const kt_call_t *call, fin_turnover_t *into, const fin_turnover_t *more)
{
    if (!kt_add_i64(into->debit_minor, more->debit_minor, &into->debit_minor) ||
        !kt_add_i64(into->credit_minor, more->credit_minor, &into->credit_minor))
        return fin_store_overflow(call);
    return kt_ok();
}

static kt_status_t
add_amount(const kt_call_t *call, fin_amounts_t *into, uint32_t commodity,
           const fin_turnover_t *more)
{
    fin_amount_t *amount = place_of(call, into, commodity);
    return amount ? add(call, &amount->turnover, more) : kt_call_out_of_memory(call);
}

kt_status_t
fin_store_add_posted(const kt_call_t *call, uint64_t part, uint32_t account, fin_amounts_t *into)
{
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    fin_key_t prefix, key;
    bool found;
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_BALANCE,
                          fin_key_balance_account(&prefix, part, account)));
    KT_TRY(fin_scan_seek(&scan, scan.prefix, &found));
    while (found) {
        fin_balance_key_t at;
        fin_newest_month_t newest;
        if (!fin_parse_balance(scan.key, &at))
            return fin_store_corrupt(call, FIN_TABLE_BALANCE, "a balance");
        at.month = INT32_MAX; /* past its months */
        KT_TRY(fin_store_newest_month(call, &at, &newest, &found));
        if (found)
            KT_TRY(add_amount(call, into, at.commodity, &newest.total));
        KT_TRY(fin_scan_wanted(call));
        KT_TRY(fin_scan_seek(&scan, fin_key_balance(&key, &at), &found));
    }
    return kt_ok();
}

/* Adds up the days of one month's record until the end of the day AT. */
static kt_status_t
add_month(const kt_call_t *call, kt_span_t value, int32_t month, int32_t at, fin_turnover_t *into)
{
    fin_day_record_t days[FIN_DAYS_MAX];
    uint32_t count;
    if (!fin_get_days(value, days, &count))
        return fin_store_corrupt(call, FIN_TABLE_BALANCE, "a month's balance");
    kt_date_t last = kt_date_from_days(at);
    for (uint32_t i = 0; i < count; i++) {
        if (month == kt_month_of(last) && days[i].day > (uint32_t)last.day)
            break;
        KT_TRY(add(call, into, &days[i].turnover));
    }
    return kt_ok();
}

/* Adds up the months of the scan's prefix, from its first record on. */
static kt_status_t
add_months(fin_scan_t *scan, int32_t at, fin_amounts_t *into)
{
    bool found;
    KT_TRY(fin_scan_seek(scan, scan->prefix, &found));
    while (found) {
        fin_balance_key_t key;
        fin_turnover_t turnover = {0};
        if (!fin_parse_balance(scan->key, &key))
            return fin_store_corrupt(scan->call, FIN_TABLE_BALANCE, "a month's balance");
        if (key.month <= kt_month_of(kt_date_from_days(at))) {
            KT_TRY(add_month(scan->call, scan->value, key.month, at, &turnover));
            if (turnover.debit_minor != 0 || turnover.credit_minor != 0)
                KT_TRY(add_amount(scan->call, into, key.commodity, &turnover));
        }
        KT_TRY(fin_scan_next(scan, &found));
    }
    return kt_ok();
}

kt_status_t
fin_store_add_posted_at(const kt_call_t *call, uint64_t part, uint32_t account, int32_t at,
                        fin_amounts_t *into)
{
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    fin_key_t prefix;
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_BALANCE,
                          fin_key_balance_account(&prefix, part, account)));
    return add_months(&scan, at, into);
}

kt_status_t
fin_store_turnover_at(const kt_call_t *call, uint64_t part, uint32_t account, uint32_t commodity,
                      int32_t at, fin_turnover_t *turnover)
{
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    fin_key_t prefix;
    fin_amounts_t amounts = {0};
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_BALANCE,
                          fin_key_position(&prefix, part, account, commodity)));
    KT_TRY(add_months(&scan, at, &amounts));
    *turnover = amounts.count > 0 ? amounts.items[0].turnover : (fin_turnover_t){0};
    return kt_ok();
}

/* Adds the active holds of one commodity: those that expire after now. */
static kt_status_t
add_held_of(fin_scan_t *scan, const fin_hold_account_key_t *from, fin_amounts_t *into, bool *found)
{
    fin_key_t key;
    KT_TRY(fin_scan_seek(scan, fin_key_hold_account(&key, from), found));
    while (*found) {
        fin_hold_account_key_t at;
        int64_t amount;
        if (!fin_parse_hold_account(scan->key, &at) || !fin_get_held(scan->value, &amount) ||
            amount == INT64_MIN)
            return fin_store_corrupt(scan->call, FIN_TABLE_HOLD_ACCOUNT, "a hold");
        if (at.commodity != from->commodity)
            return kt_ok();
        fin_turnover_t held = {.debit_minor = KT_MAX(amount, 0),
                               .credit_minor = KT_MAX(-amount, 0)};
        KT_TRY(add_amount(scan->call, into, at.commodity, &held));
        KT_TRY(fin_scan_next(scan, found));
    }
    return kt_ok();
}

kt_status_t
fin_store_add_held(const kt_call_t *call, uint64_t part, uint32_t account, fin_amounts_t *into)
{
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    fin_key_t prefix;
    bool found;
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_HOLD_ACCOUNT,
                          fin_key_number(&prefix, part, account)));
    KT_TRY(fin_scan_seek(&scan, scan.prefix, &found));
    while (found) {
        fin_hold_account_key_t at;
        if (!fin_parse_hold_account(scan.key, &at))
            return fin_store_corrupt(call, FIN_TABLE_HOLD_ACCOUNT, "a hold");
        at.expires_us = call->now_us + 1;
        at.id = (kt_ulid_t){0};
        KT_TRY(add_held_of(&scan, &at, into, &found));
    }
    return kt_ok();
}

static int
by_symbol(const void *a, const void *b)
{
    return kt_span_compare(((const fin_standing_t *)a)->symbol,
                           ((const fin_standing_t *)b)->symbol);
}

kt_status_t
fin_store_name_standings(const kt_call_t *call, uint64_t part, fin_standing_t *standings,
                         uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        fin_commodity_record_t commodity;
        KT_TRY(fin_store_commodity(call, part, standings[i].commodity, &commodity));
        standings[i].symbol = commodity.symbol;
        standings[i].scale = commodity.scale;
    }
    if (count > 1)
        qsort(standings, count, sizeof *standings, by_symbol);
    return kt_ok();
}
