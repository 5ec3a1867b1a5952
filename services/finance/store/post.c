#include "store/post.h"

#include "store/keys.h"
#include "store/records.h"
#include "store/tables.h"

static kt_status_t
put(const kt_call_t *call, uint32_t table, kt_span_t key, const kt_writer_t *w)
{
    KT_ASSERT(!w->failed);
    return kt_kv_put(call->txn, table, key, kt_written(w));
}

static kt_status_t
apply_entry(const kt_call_t *call, const fin_posting_t *posting)
{
    const fin_entry_record_t *entry = &posting->entry;
    for (uint32_t at = 0; at < entry->lines_count;) {
        uint8_t buffer[FIN_RECORD_BYTES_MAX];
        fin_key_t key;
        kt_writer_t w = kt_writer(buffer, sizeof(buffer));
        kt_span_t name = fin_key_entry(&key, FIN_LINE_NAME(entry->sequence, at));
        if (at == 0)
            fin_put_entry(&w, entry);
        at += fin_put_lines(&w, posting->lines + at, entry->lines_count - at);
        KT_ASSERT(!w.failed);
        KT_TRY(kt_kv_append(call->txn, FIN_TABLE_ENTRY, name, kt_written(&w)));
    }
    uint8_t buffer[sizeof(uint64_t)];
    fin_key_t key;
    kt_writer_t w = kt_writer(buffer, sizeof(buffer));
    fin_put_number(&w, entry->sequence);
    if (entry->number % FIN_ANCHOR_ENTRIES == 0)
        KT_TRY(put(call, FIN_TABLE_ANCHOR,
                   fin_key_anchor(&key, entry->part, entry->year, entry->number), &w));
    if (entry->reverses != 0)
        KT_TRY(put(call, FIN_TABLE_REVERSAL, fin_key_reversal(&key, entry->reverses), &w));
    return kt_ok();
}

static kt_status_t
apply_accounts(const kt_call_t *call, const fin_work_t *work)
{
    if (work->opened_count == 0)
        return kt_ok();
    for (const fin_fact_t *f = work->accounts.first; f != NULL; f = f->next) {
        const fin_account_fact_t *account = (const fin_account_fact_t *)f;
        if (!account->opened)
            continue;
        uint8_t buffer[FIN_RECORD_BYTES_MAX];
        fin_key_t key;
        kt_writer_t w = kt_writer(buffer, sizeof(buffer));
        fin_put_account(&w, &account->record);
        KT_TRY(put(call, FIN_TABLE_ACCOUNT,
                   fin_key_text(&key, work->book.part, account->record.path), &w));
        KT_TRY(kt_kv_put(call->txn, FIN_TABLE_ACCOUNT_NUMBER,
                         fin_key_number(&key, work->book.part, account->record.number),
                         account->record.path));
    }
    return kt_ok();
}

static kt_status_t
apply_balances(const kt_call_t *call, const fin_work_t *work)
{
    for (const fin_fact_t *f = work->balances.first; f != NULL; f = f->next) {
        const fin_balance_fact_t *balance = (const fin_balance_fact_t *)f;
        if (!balance->changed)
            continue;
        const fin_position_fact_t *position = balance->position;
        fin_turnover_t nothing = {0};
        uint8_t buffer[FIN_BALANCE_BYTES_MAX];
        fin_key_t key;
        kt_writer_t w = kt_writer(buffer, sizeof(buffer));
        fin_put_total(&w, balance == position->newest ? &position->total : &nothing);
        for (uint32_t i = 0; i < balance->count; i++)
            if (balance->days[i].newest != 0) /* else its entry was refused */
                fin_put_day(&w, &balance->days[i]);
        KT_TRY(put(call, FIN_TABLE_BALANCE,
                   fin_key_balance(
                       &key, &(fin_balance_key_t){.part = work->book.part,
                                                  .account = position->account->record.number,
                                                  .commodity = position->commodity->record.number,
                                                  .month = balance->month}),
                   &w));
    }
    return kt_ok();
}

static kt_status_t
apply_series(const kt_call_t *call, const fin_work_t *work)
{
    for (const fin_fact_t *f = work->series.first; f != NULL; f = f->next) {
        const fin_series_fact_t *series = (const fin_series_fact_t *)f;
        if (!series->changed)
            continue;
        uint8_t buffer[sizeof(fin_series_record_t)];
        fin_key_t key;
        kt_writer_t w = kt_writer(buffer, sizeof(buffer));
        fin_put_series(
            &w, &(fin_series_record_t){.number = series->number, .sequence = series->sequence});
        KT_TRY(
            put(call, FIN_TABLE_SERIES, fin_key_series(&key, work->book.part, series->year), &w));
    }
    return kt_ok();
}

static kt_status_t
apply_sources(const kt_call_t *call, const fin_work_t *work)
{
    for (const fin_fact_t *f = work->sources.first; f != NULL; f = f->next) {
        const fin_source_fact_t *source = (const fin_source_fact_t *)f;
        if (!source->changed)
            continue;
        uint8_t buffer[sizeof(fin_source_record_t)];
        fin_key_t key;
        kt_writer_t w = kt_writer(buffer, sizeof(buffer));
        fin_put_source(
            &w, &(fin_source_record_t){.sequence = source->sequence, .digest = source->digest});
        KT_TRY(put(call, FIN_TABLE_SOURCE, fin_key_text(&key, work->book.part, source->ref), &w));
    }
    return kt_ok();
}

kt_status_t
fin_store_apply_postings(const kt_call_t *call, fin_work_t *work, const fin_posting_t *postings,
                         uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        KT_TRY(apply_entry(call, &postings[i]));
    KT_TRY(apply_accounts(call, work));
    KT_TRY(apply_balances(call, work));
    KT_TRY(apply_series(call, work));
    KT_TRY(apply_sources(call, work));
    ((fin_state_t *)call->service)->next_sequence = work->next_sequence;
    return kt_ok();
}
