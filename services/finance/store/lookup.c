#include "store/lookup.h"

#include "domain/iso4217.h"
#include "domain/reason.h"
#include "store/records.h"
#include "store/tables.h"

#define TEXT(span) (int)(span).size, (const char *)(span).data

kt_status_t
fin_store_corrupt(const kt_call_t *call, uint32_t table, const char *what)
{
    return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT,
                    kt_arena_printf(call->arena,
                                    "the record of %s in table %s does not read back: "
                                    "run kantor verify",
                                    what, fin_tables[table].name));
}

kt_status_t
fin_store_get(const kt_call_t *call, uint32_t table, kt_span_t key, kt_span_t *value, bool *found)
{
    kt_status_t status = kt_kv_get(call->txn, table, key, value);
    *found = !kt_failed(status);
    return status.code == KT_NOT_FOUND ? kt_ok() : status;
}

kt_status_t
fin_store_load_book(const kt_call_t *call, kt_span_t id, fin_book_record_t *book)
{
    kt_span_t value;
    bool found;
    KT_TRY(fin_store_get(call, FIN_TABLE_BOOK, id, &value, &found));
    if (!found)
        return kt_error(KT_NOT_FOUND, FIN_BOOK_UNKNOWN,
                        kt_arena_printf(call->arena,
                                        "there is no book %.*s: create it with CreateBook, or "
                                        "see ListBooks for those there are",
                                        TEXT(id)));
    if (!fin_get_book(value, book))
        return fin_store_corrupt(call, FIN_TABLE_BOOK, "a book");
    book->id = id;
    return kt_ok();
}

kt_status_t
fin_store_find_account(const kt_call_t *call, uint64_t part, kt_span_t path,
                       fin_account_record_t *account, bool *there)
{
    fin_key_t key;
    kt_span_t value;
    KT_TRY(fin_store_get(call, FIN_TABLE_ACCOUNT, fin_key_text(&key, part, path), &value, there));
    if (*there && !fin_get_account(value, account))
        return fin_store_corrupt(call, FIN_TABLE_ACCOUNT, "an account");
    account->path = path;
    return kt_ok();
}

kt_status_t
fin_store_load_account(const kt_call_t *call, const fin_book_record_t *book, kt_span_t path,
                       fin_account_record_t *account)
{
    bool there;
    KT_TRY(fin_store_find_account(call, book->part, path, account, &there));
    if (there)
        return kt_ok();
    return kt_error(KT_NOT_FOUND, FIN_ACCOUNT_UNKNOWN,
                    kt_arena_printf(call->arena,
                                    "book %.*s has no account %.*s: open it with OpenAccount, or "
                                    "see ListAccounts for those there are",
                                    TEXT(book->id), TEXT(path)));
}

kt_status_t
fin_store_account_path(const kt_call_t *call, uint64_t part, uint32_t number, kt_span_t *path)
{
    fin_key_t key;
    bool found;
    KT_TRY(fin_store_get(call, FIN_TABLE_ACCOUNT_NUMBER, fin_key_number(&key, part, number), path,
                         &found));
    return found ? kt_ok()
                 : fin_store_corrupt(call, FIN_TABLE_ACCOUNT_NUMBER, "an account's number");
}

static void
from_iso4217(const fin_iso4217_t *currency, fin_commodity_record_t *commodity)
{
    *commodity = (fin_commodity_record_t){
        .symbol = kt_span_str(currency->code),
        .number = currency->numeric,
        .scale = currency->exponent,
    };
}

kt_status_t
fin_store_find_commodity(const kt_call_t *call, uint64_t part, kt_span_t symbol,
                         fin_commodity_record_t *commodity, bool *there)
{
    fin_key_t key;
    kt_span_t value;
    KT_TRY(
        fin_store_get(call, FIN_TABLE_COMMODITY, fin_key_text(&key, part, symbol), &value, there));
    if (*there && !fin_get_commodity(value, commodity))
        return fin_store_corrupt(call, FIN_TABLE_COMMODITY, "a commodity");
    const fin_iso4217_t *currency = *there ? NULL : fin_iso4217_by_code(symbol);
    if (currency) {
        from_iso4217(currency, commodity);
        *there = true;
    }
    commodity->symbol = symbol;
    return kt_ok();
}

kt_status_t
fin_store_load_commodity(const kt_call_t *call, const fin_book_record_t *book, kt_span_t symbol,
                         fin_commodity_record_t *commodity)
{
    bool there;
    KT_TRY(fin_store_find_commodity(call, book->part, symbol, commodity, &there));
    if (there)
        return kt_ok();
    return kt_error(KT_NOT_FOUND, FIN_COMMODITY_UNKNOWN,
                    kt_arena_printf(call->arena,
                                    "book %.*s knows no commodity %.*s: it is not of ISO 4217; "
                                    "declare it with DeclareCommodity",
                                    TEXT(book->id), TEXT(symbol)));
}

kt_status_t
fin_store_commodity(const kt_call_t *call, uint64_t part, uint32_t number,
                    fin_commodity_record_t *commodity)
{
    fin_key_t key;
    kt_span_t value;
    bool found;
    KT_TRY(fin_store_get(call, FIN_TABLE_COMMODITY_NUMBER, fin_key_number(&key, part, number),
                         &value, &found));
    const fin_iso4217_t *currency = found ? NULL : fin_iso4217_by_number(number);
    if (currency)
        from_iso4217(currency, commodity);
    else if (!found || !fin_get_commodity_number(value, commodity))
        return fin_store_corrupt(call, FIN_TABLE_COMMODITY_NUMBER, "a commodity's number");
    commodity->number = number;
    return kt_ok();
}

/* The record of one month, where it is the newest: no other holds a total. */
static kt_status_t
guess_newest(const kt_call_t *call, const fin_balance_key_t *at, fin_newest_month_t *newest,
             bool *found)
{
    fin_key_t buffer;
    KT_TRY(fin_store_get(call, FIN_TABLE_BALANCE, fin_key_balance(&buffer, at), &newest->value,
                         found));
    newest->month = at->month;
    if (*found && !fin_get_total(newest->value, &newest->total))
        return fin_store_corrupt(call, FIN_TABLE_BALANCE, "an account's month");
    *found = *found && (newest->total.debit_minor != 0 || newest->total.credit_minor != 0);
    return kt_ok();
}

kt_status_t
fin_store_newest_month(const kt_call_t *call, const fin_balance_key_t *likely,
                       fin_newest_month_t *newest, bool *found)
{
    kt_cursor_t *cursor KT_CLEANUP(kt_kv_cursor_close) = NULL;
    fin_balance_key_t at = *likely;
    fin_key_t buffer;
    kt_span_t key;
    *found = false;
    if (likely->month != INT32_MAX)
        KT_TRY(guess_newest(call, likely, newest, found));
    if (*found)
        return kt_ok();
    at.month = INT32_MAX;
    KT_TRY(kt_kv_cursor(call->txn, FIN_TABLE_BALANCE, &cursor));
    kt_status_t status = kt_cursor_seek_back(cursor, fin_key_balance(&buffer, &at), &key,
                                             &newest->value);
    if (status.code == KT_NOT_FOUND)
        return kt_ok();
    KT_TRY(status);
    if (!fin_parse_balance(key, &at) || !fin_get_total(newest->value, &newest->total))
        return fin_store_corrupt(call, FIN_TABLE_BALANCE, "an account's newest month");
    newest->month = at.month;
    *found = at.part == likely->part && at.account == likely->account &&
             at.commodity == likely->commodity;
    return kt_ok();
}
