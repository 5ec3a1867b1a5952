/* Numbers of books, commodities and accounts, and what active holds have on accounts: facts looked
 * up another way. */
#include "domain/hold.h"
#include "store/verifying.h"

static kt_status_t
unreadable(fin_verify_t *v, uint32_t table, kt_span_t key)
{
    fin_verify_find(v, table, key, "it does not read back");
    return kt_ok();
}

/* ---- from the facts ---- */

static kt_status_t
check_book(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    fin_book_record_t book;
    fin_key_t buffer;
    if (!fin_get_book(value, &book))
        return unreadable(v, FIN_TABLE_BOOK, key);
    return fin_verify_expect(v, FIN_TABLE_BOOK_PART, fin_key_part(&buffer, book.part), key);
}

static kt_status_t
check_account(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    uint64_t part;
    fin_account_record_t account;
    fin_key_t buffer;
    if (!fin_parse_text(key, &part, &account.path) || !fin_get_account(value, &account))
        return unreadable(v, FIN_TABLE_ACCOUNT, key);
    return fin_verify_expect(v, FIN_TABLE_ACCOUNT_NUMBER,
                             fin_key_number(&buffer, part, account.number), account.path);
}

static kt_status_t
check_commodity(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    uint64_t part;
    fin_commodity_record_t commodity;
    fin_key_t buffer;
    if (!fin_parse_text(key, &part, &commodity.symbol) || !fin_get_commodity(value, &commodity))
        return unreadable(v, FIN_TABLE_COMMODITY, key);
    uint8_t expected[64];
    kt_writer_t w = kt_writer(expected, sizeof(expected));
    fin_put_commodity_number(&w, &commodity);
    return fin_verify_expect(v, FIN_TABLE_COMMODITY_NUMBER,
                             fin_key_number(&buffer, part, commodity.number), kt_written(&w));
}

static kt_status_t
check_hold(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    uint64_t part;
    fin_hold_record_t hold;
    if (!fin_parse_hold(key, &part, &hold.id) || !fin_get_hold(value, &hold))
        return unreadable(v, FIN_TABLE_HOLD, key);
    int64_t left = fin_hold_left(&hold);
    if (hold.released || left == 0)
        return kt_ok();
    for (int side = 0; side < 2; side++) {
        fin_hold_account_key_t at = {.part = part,
                                     .account = side ? hold.credit_account : hold.debit_account,
                                     .commodity = hold.commodity,
                                     .expires_us = hold.expires_us,
                                     .id = hold.id};
        uint8_t expected[sizeof(int64_t)];
        kt_writer_t w = kt_writer(expected, sizeof(expected));
        fin_put_held(&w, side ? -left : left);
        fin_key_t buffer;
        KT_TRY(fin_verify_expect(v, FIN_TABLE_HOLD_ACCOUNT, fin_key_hold_account(&buffer, &at),
                                 kt_written(&w)));
    }
    return kt_ok();
}

/* ---- from the other side: is each record that of a fact? ---- */

/* Reports the record when the fact that it should belong to is not there, or is not its own. */
static kt_status_t
check_owned(fin_verify_t *v, uint32_t table, kt_span_t key, bool owned)
{
    if (!owned)
        fin_verify_find(v, table, key, "found a record, expected none");
    return kt_ok();
}

static kt_status_t
check_book_part(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    kt_span_t fact;
    fin_look_t look;
    fin_book_record_t book;
    fin_key_t own;
    KT_TRY(fin_verify_get(v, FIN_TABLE_BOOK, value, &fact, &look));
    return check_owned(v, FIN_TABLE_BOOK_PART, key,
                       look == FIN_LOOK_DAMAGED ||
                           (look == FIN_LOOK_THERE && fin_get_book(fact, &book) &&
                            kt_span_equal(key, fin_key_part(&own, book.part))));
}

static kt_status_t
check_account_number(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    uint64_t part;
    uint32_t number;
    kt_span_t fact;
    fin_look_t look = FIN_LOOK_ABSENT;
    fin_account_record_t account;
    fin_key_t buffer;
    bool reads = fin_parse_number(key, &part, &number) && value.size <= FIN_PATH_BYTES_MAX;
    if (reads)
        KT_TRY(
            fin_verify_get(v, FIN_TABLE_ACCOUNT, fin_key_text(&buffer, part, value), &fact, &look));
    return check_owned(v, FIN_TABLE_ACCOUNT_NUMBER, key,
                       look == FIN_LOOK_DAMAGED ||
                           (look == FIN_LOOK_THERE && fin_get_account(fact, &account) &&
                            account.number == number));
}

static kt_status_t
check_commodity_number(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    uint64_t part;
    uint32_t number;
    kt_span_t fact;
    fin_look_t look = FIN_LOOK_ABSENT;
    fin_commodity_record_t named, commodity;
    fin_key_t buffer;
    if (fin_parse_number(key, &part, &number) && fin_get_commodity_number(value, &named))
        KT_TRY(fin_verify_get(v, FIN_TABLE_COMMODITY, fin_key_text(&buffer, part, named.symbol),
                              &fact, &look));
    return check_owned(v, FIN_TABLE_COMMODITY_NUMBER, key,
                       look == FIN_LOOK_DAMAGED ||
                           (look == FIN_LOOK_THERE && fin_get_commodity(fact, &commodity) &&
                            commodity.number == number));
}

static kt_status_t
check_hold_account(fin_verify_t *v, kt_span_t key, kt_span_t value)
{
    fin_hold_account_key_t at;
    kt_span_t fact;
    fin_look_t look = FIN_LOOK_ABSENT;
    fin_hold_record_t hold;
    fin_key_t buffer;
    (void)value;
    if (fin_parse_hold_account(key, &at))
        KT_TRY(fin_verify_get(v, FIN_TABLE_HOLD, fin_key_hold(&buffer, at.part, &at.id), &fact,
                              &look));
    return check_owned(
        v, FIN_TABLE_HOLD_ACCOUNT, key,
        look == FIN_LOOK_DAMAGED ||
            (look == FIN_LOOK_THERE && fin_get_hold(fact, &hold) && !hold.released &&
             fin_hold_left(&hold) > 0 && hold.expires_us == at.expires_us &&
             hold.commodity == at.commodity &&
             (hold.debit_account == at.account || hold.credit_account == at.account)));
}

kt_status_t
fin_verify_names(fin_verify_t *v)
{
    KT_TRY(fin_verify_each(v, FIN_TABLE_BOOK, check_book));
    KT_TRY(fin_verify_each(v, FIN_TABLE_BOOK_PART, check_book_part));
    KT_TRY(fin_verify_each(v, FIN_TABLE_ACCOUNT, check_account));
    KT_TRY(fin_verify_each(v, FIN_TABLE_ACCOUNT_NUMBER, check_account_number));
    KT_TRY(fin_verify_each(v, FIN_TABLE_COMMODITY, check_commodity));
    return fin_verify_each(v, FIN_TABLE_COMMODITY_NUMBER, check_commodity_number);
}

kt_status_t
fin_verify_holds(fin_verify_t *v)
{
    KT_TRY(fin_verify_each(v, FIN_TABLE_HOLD, check_hold));
    return fin_verify_each(v, FIN_TABLE_HOLD_ACCOUNT, check_hold_account);
}
