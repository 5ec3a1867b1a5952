/*
 * lookup.h: single records by the names that callers give them, and names by the numbers that
 * records hold.
 *
 * Texts in records are borrowed until the next write of the transaction. All of these may also end
 * as kt/kv.h says, or as DATA_LOSS with KT_KV_CORRUPT for a record that does not read back.
 */
#ifndef FIN_LOOKUP_H
#define FIN_LOOKUP_H

#include "domain/types.h"
#include "store/keys.h"

#include <kt/call.h>

/* As kt_kv_get, but a record that is not there is an answer. */
kt_status_t
fin_store_get(const kt_call_t *call, uint32_t table, kt_span_t key, kt_span_t *value, bool *found);

/* DATA_LOSS that names TABLE and what was looked for. */
kt_status_t fin_store_corrupt(const kt_call_t *call, uint32_t table, const char *what);

/* NOT_FOUND: BOOK_UNKNOWN. ID is borrowed by the record. */
kt_status_t fin_store_load_book(const kt_call_t *call, kt_span_t id, fin_book_record_t *book);

/* NOT_FOUND: ACCOUNT_UNKNOWN. PATH is borrowed by the record. */
kt_status_t fin_store_load_account(const kt_call_t *call, const fin_book_record_t *book,
                                   kt_span_t path, fin_account_record_t *account);
/* As above, but an account that is not there is an answer. */
kt_status_t fin_store_find_account(const kt_call_t *call, uint64_t part, kt_span_t path,
                                   fin_account_record_t *account, bool *there);
/* The path of an account that some record names. */
kt_status_t
fin_store_account_path(const kt_call_t *call, uint64_t part, uint32_t number, kt_span_t *path);

/* Declared in the book, otherwise of ISO 4217. NOT_FOUND: COMMODITY_UNKNOWN. SYMBOL is borrowed by
 * the record. */
kt_status_t fin_store_load_commodity(const kt_call_t *call, const fin_book_record_t *book,
                                     kt_span_t symbol, fin_commodity_record_t *commodity);
kt_status_t fin_store_find_commodity(const kt_call_t *call, uint64_t part, kt_span_t symbol,
                                     fin_commodity_record_t *commodity, bool *there);
/* The commodity that some record names by its number. */
kt_status_t fin_store_commodity(const kt_call_t *call, uint64_t part, uint32_t number,
                                fin_commodity_record_t *commodity);

/* The newest month of an account in one commodity that has lines: its record, and the total of all
 * months that it holds. VALUE is borrowed until the next write. */
typedef struct fin_newest_month {
    int32_t month;
    fin_turnover_t total;
    kt_span_t value;
} fin_newest_month_t;
/* LIKELY names account and commodity, and a month that is looked at first; INT32_MAX: none is
 * likelier than another. */
kt_status_t fin_store_newest_month(const kt_call_t *call, const fin_balance_key_t *likely,
                                   fin_newest_month_t *newest, bool *found);

#endif
