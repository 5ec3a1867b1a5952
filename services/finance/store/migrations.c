/* How a store of an older format becomes one of FIN_FORMAT. What an older format looked like stands
 * here and nowhere else. */
#include "store/keys.h"
#include "store/records.h"
#include "store/tables.h"

/* Format 2 only has more tables, and those are made when the store is opened. */
static kt_status_t
from_1(kt_txn_t *txn, void *context)
{
    (void)txn;
    (void)context;
    return kt_ok();
}

/* ---- from format 2: balances, whose numbers had fixed sizes ---- */

static bool
get_old_key(kt_span_t key, fin_balance_key_t *into)
{
    kt_reader_t r = kt_reader(key);
    into->part = kt_get_u64(&r);
    into->account = kt_get_u32(&r);
    into->commodity = kt_get_u32(&r);
    into->month = (int32_t)kt_get_u32(&r);
    return kt_reader_done(&r) && into->month >= 0;
}

static fin_turnover_t
get_old_turnover(kt_reader_t *r)
{
    fin_turnover_t turnover = {.debit_minor = kt_get_i64(r)};
    turnover.credit_minor = kt_get_i64(r);
    r->failed |= turnover.debit_minor < 0 || turnover.credit_minor < 0;
    return turnover;
}

static bool
convert_value(kt_span_t value, kt_writer_t *w)
{
    kt_reader_t r = kt_reader(value);
    fin_turnover_t total = get_old_turnover(&r);
    fin_put_total(w, &total);
    while (r.at < r.size && !r.failed && !w->failed) {
        fin_day_record_t day = {.day = kt_get_u8(&r)};
        day.turnover = get_old_turnover(&r);
        day.newest = kt_get_u64(&r);
        fin_put_day(w, &day);
    }
    return kt_reader_done(&r) && !w->failed;
}

static kt_status_t
convert_balance(kt_txn_t *txn, kt_span_t old_key, kt_span_t old_value)
{
    fin_balance_key_t at;
    fin_key_t old, key;
    uint8_t buffer[FIN_BALANCE_BYTES_MAX];
    kt_writer_t w = kt_writer(buffer, sizeof(buffer));
    if (!get_old_key(old_key, &at) || !convert_value(old_value, &w))
        return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT,
                        "a balance is damaged: restore a backup, then update");
    memcpy(old.bytes, old_key.data, old_key.size); /* it lives until the next write */
    KT_TRY(kt_kv_delete(txn, FIN_TABLE_BALANCE, kt_span(old.bytes, old_key.size)));
    return kt_kv_put(txn, FIN_TABLE_BALANCE, fin_key_balance(&key, &at), kt_written(&w));
}

/* An old key begins with the high byte of an organisation's number, which no book has reached; a
 * new one with the number itself, which is not zero. */
static kt_status_t
from_2(kt_txn_t *txn, void *context)
{
    (void)context;
    kt_cursor_t *cursor KT_CLEANUP(kt_kv_cursor_close) = NULL;
    KT_TRY(kt_kv_cursor(txn, FIN_TABLE_BALANCE, &cursor));
    for (;;) {
        kt_span_t key, value;
        kt_status_t status = kt_cursor_first(cursor, &key, &value);
        if (status.code == KT_NOT_FOUND || (!kt_failed(status) && key.data[0] != 0))
            return kt_ok();
        KT_TRY(status);
        KT_TRY(convert_balance(txn, key, value));
    }
}

const kt_kv_migration_t fin_migrations[FIN_MIGRATIONS_COUNT] = {{.from = 1, .run = from_1},
                                                                {.from = 2, .run = from_2}};
