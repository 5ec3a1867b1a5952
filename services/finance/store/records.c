#include "store/records.h"

/* Decoders are as strict as encoders: a record reads back only in the one form in which it is
 * written. */
static uint32_t
get_at_most(kt_reader_t *r, uint32_t value, uint32_t max)
{
    if (value > max)
        r->failed = true;
    return r->failed ? 0 : value;
}

static bool
get_bool(kt_reader_t *r)
{
    return get_at_most(r, kt_get_u8(r), 1) == 1;
}

static kt_span_t
get_text(kt_reader_t *r, size_t bytes_max)
{
    kt_span_t text = kt_get_str(r);
    if (text.size > bytes_max)
        r->failed = true;
    return r->failed ? kt_span(NULL, 0) : text;
}

void
fin_put_book(kt_writer_t *w, const fin_book_record_t *book)
{
    kt_put_u64(w, book->part);
    kt_put_u8(w, (uint8_t)book->kind);
    kt_put_u8(w, (uint8_t)book->first_month);
    kt_put_u8(w, book->explicit_periods);
    kt_put_i64(w, book->created_us);
    kt_put_str(w, book->organization);
    kt_put_str(w, book->title);
}

bool
fin_get_book(kt_span_t value, fin_book_record_t *book)
{
    kt_reader_t r = kt_reader(value);
    book->part = kt_get_u64(&r);
    book->kind = (fin_kind_t)get_at_most(&r, kt_get_u8(&r), FIN_KIND_CLIENT);
    book->first_month = (int32_t)get_at_most(&r, kt_get_u8(&r), 12);
    book->explicit_periods = get_bool(&r);
    book->created_us = kt_get_i64(&r);
    book->organization = get_text(&r, FIN_ID_BYTES_MAX);
    book->title = get_text(&r, FIN_TITLE_BYTES_MAX);
    return kt_reader_done(&r) && book->first_month >= 1;
}

void
fin_put_account(kt_writer_t *w, const fin_account_record_t *account)
{
    kt_put_u32(w, account->number);
    kt_put_u8(w, (uint8_t)account->type);
    kt_put_u8(w, account->closed);
    kt_put_str(w, account->title);
    kt_put_u8(w, (uint8_t)account->floors_count);
    for (uint32_t i = 0; i < account->floors_count; i++) {
        kt_put_u32(w, account->floors[i].commodity);
        kt_put_i64(w, account->floors[i].amount_minor);
    }
}

bool
fin_get_account(kt_span_t value, fin_account_record_t *account)
{
    kt_reader_t r = kt_reader(value);
    account->number = kt_get_u32(&r);
    account->type = (fin_type_t)get_at_most(&r, kt_get_u8(&r), FIN_TYPE_TRADING);
    account->closed = get_bool(&r);
    account->title = get_text(&r, FIN_TITLE_BYTES_MAX);
    account->floors_count = get_at_most(&r, kt_get_u8(&r), FIN_FLOORS_MAX);
    for (uint32_t i = 0; i < account->floors_count; i++) {
        account->floors[i].commodity = kt_get_u32(&r);
        account->floors[i].amount_minor = kt_get_i64(&r);
    }
    return kt_reader_done(&r) && account->number > 0;
}

void
fin_put_commodity(kt_writer_t *w, const fin_commodity_record_t *commodity)
{
    kt_put_u32(w, commodity->number);
    kt_put_u8(w, (uint8_t)commodity->scale);
}

bool
fin_get_commodity(kt_span_t value, fin_commodity_record_t *commodity)
{
    kt_reader_t r = kt_reader(value);
    commodity->number = kt_get_u32(&r);
    commodity->scale = (int32_t)get_at_most(&r, kt_get_u8(&r), FIN_SCALE_MAX);
    return kt_reader_done(&r);
}

void
fin_put_commodity_number(kt_writer_t *w, const fin_commodity_record_t *commodity)
{
    kt_put_u8(w, (uint8_t)commodity->scale);
    kt_put_str(w, commodity->symbol);
}

bool
fin_get_commodity_number(kt_span_t value, fin_commodity_record_t *commodity)
{
    kt_reader_t r = kt_reader(value);
    commodity->scale = (int32_t)get_at_most(&r, kt_get_u8(&r), FIN_SCALE_MAX);
    commodity->symbol = get_text(&r, FIN_SYMBOL_BYTES_MAX);
    return kt_reader_done(&r);
}

void
fin_put_period(kt_writer_t *w, const fin_period_record_t *period)
{
    kt_put_u8(w, (uint8_t)period->state);
    kt_put_i64(w, period->changed_us);
    kt_put_str(w, period->changed_by);
    kt_put_str(w, period->reason);
}

bool
fin_get_period(kt_span_t value, fin_period_record_t *period)
{
    kt_reader_t r = kt_reader(value);
    period->state = (fin_month_state_t)get_at_most(&r, kt_get_u8(&r), FIN_MONTH_CLOSED);
    period->changed_us = kt_get_i64(&r);
    period->changed_by = get_text(&r, FIN_PRINCIPAL_BYTES_MAX);
    period->reason = get_text(&r, FIN_REASON_BYTES_MAX);
    return kt_reader_done(&r);
}

void
fin_put_hold(kt_writer_t *w, const fin_hold_record_t *hold)
{
    kt_put_u32(w, hold->debit_account);
    kt_put_u32(w, hold->credit_account);
    kt_put_u32(w, hold->commodity);
    kt_put_i64(w, hold->amount_minor);
    kt_put_i64(w, hold->committed_minor);
    kt_put_i64(w, hold->created_us);
    kt_put_i64(w, hold->expires_us);
    kt_put_u8(w, hold->released);
    kt_put_str(w, hold->description);
    kt_put_u8(w, (uint8_t)hold->parts_count);
    for (uint32_t i = 0; i < hold->parts_count; i++) {
        kt_put_u16(w, (uint16_t)hold->parts[i].year);
        kt_put_u64(w, hold->parts[i].number);
    }
}

bool
fin_get_hold(kt_span_t value, fin_hold_record_t *hold)
{
    kt_reader_t r = kt_reader(value);
    hold->debit_account = kt_get_u32(&r);
    hold->credit_account = kt_get_u32(&r);
    hold->commodity = kt_get_u32(&r);
    hold->amount_minor = kt_get_i64(&r);
    hold->committed_minor = kt_get_i64(&r);
    hold->created_us = kt_get_i64(&r);
    hold->expires_us = kt_get_i64(&r);
    hold->released = get_bool(&r);
    hold->description = get_text(&r, FIN_DESCRIPTION_BYTES_MAX);
    hold->parts_count = get_at_most(&r, kt_get_u8(&r), FIN_HOLD_PARTS_MAX);
    for (uint32_t i = 0; i < hold->parts_count; i++) {
        hold->parts[i].year = kt_get_u16(&r);
        hold->parts[i].number = kt_get_u64(&r);
    }
    return kt_reader_done(&r) && hold->amount_minor > 0 && hold->committed_minor >= 0 &&
           hold->committed_minor <= hold->amount_minor;
}

void
fin_put_held(kt_writer_t *w, int64_t amount_minor)
{
    kt_put_i64(w, amount_minor);
}

bool
fin_get_held(kt_span_t value, int64_t *amount_minor)
{
    kt_reader_t r = kt_reader(value);
    *amount_minor = kt_get_i64(&r);
    return kt_reader_done(&r);
}

void
fin_put_number(kt_writer_t *w, uint64_t number)
{
    kt_put_u64(w, number);
}

bool
fin_get_number(kt_span_t value, uint64_t *number)
{
    kt_reader_t r = kt_reader(value);
    *number = kt_get_u64(&r);
    return kt_reader_done(&r);
}

void
fin_put_series(kt_writer_t *w, const fin_series_record_t *series)
{
    kt_put_u64(w, series->number);
    kt_put_u64(w, series->sequence);
}

bool
fin_get_series(kt_span_t value, fin_series_record_t *series)
{
    kt_reader_t r = kt_reader(value);
    series->number = kt_get_u64(&r);
    series->sequence = kt_get_u64(&r);
    return kt_reader_done(&r);
}

void
fin_put_source(kt_writer_t *w, const fin_source_record_t *source)
{
    kt_put_u64(w, source->sequence);
    kt_put_u64(w, source->digest);
}

bool
fin_get_source(kt_span_t value, fin_source_record_t *source)
{
    kt_reader_t r = kt_reader(value);
    source->sequence = kt_get_u64(&r);
    source->digest = kt_get_u64(&r);
    return kt_reader_done(&r);
}

void
fin_put_total(kt_writer_t *w, const fin_turnover_t *total)
{
    kt_put_varint(w, (uint64_t)total->debit_minor);
    kt_put_varint(w, (uint64_t)total->credit_minor);
}

static void
get_turnover(kt_reader_t *r, fin_turnover_t *turnover)
{
    turnover->debit_minor = (int64_t)kt_get_varint(r);
    turnover->credit_minor = (int64_t)kt_get_varint(r);
    if (turnover->debit_minor < 0 || turnover->credit_minor < 0)
        r->failed = true;
}

bool
fin_get_total(kt_span_t value, fin_turnover_t *total)
{
    kt_reader_t r = kt_reader(value);
    get_turnover(&r, total);
    return !r.failed;
}

void
fin_put_day(kt_writer_t *w, const fin_day_record_t *day)
{
    kt_put_u8(w, (uint8_t)day->day);
    fin_put_total(w, &day->turnover);
    kt_put_varint(w, day->newest);
}

bool
fin_get_days(kt_span_t value, fin_day_record_t *days, uint32_t *count)
{
    kt_reader_t r = kt_reader(value);
    fin_turnover_t total;
    uint32_t n = 0;
    get_turnover(&r, &total);
    for (uint32_t before = 0; r.at < r.size && n < FIN_DAYS_MAX && !r.failed; n++) {
        days[n].day = kt_get_u8(&r);
        if (days[n].day <= before || days[n].day > FIN_DAYS_MAX)
            r.failed = true;
        before = days[n].day;
        get_turnover(&r, &days[n].turnover);
        days[n].newest = kt_get_varint(&r);
    }
    *count = n;
    return kt_reader_done(&r);
}

void
fin_put_entry(kt_writer_t *w, const fin_entry_record_t *entry)
{
    kt_put_u64(w, entry->part);
    kt_put_u16(w, (uint16_t)entry->year);
    kt_put_u64(w, entry->number);
    kt_put_u32(w, (uint32_t)entry->date);
    kt_put_i64(w, entry->posted_us);
    kt_put_u64(w, entry->reverses);
    kt_put_u64(w, entry->previous);
    kt_put_u16(w, (uint16_t)entry->lines_count);
    kt_put_u16(w, (uint16_t)entry->own_count);
    kt_put_str(w, entry->posted_by);
    kt_put_str(w, entry->description);
    kt_put_str(w, entry->source_ref);
}

bool
fin_get_entry(kt_reader_t *r, fin_entry_record_t *entry)
{
    entry->part = kt_get_u64(r);
    entry->year = kt_get_u16(r);
    entry->number = kt_get_u64(r);
    entry->date = (int32_t)kt_get_u32(r);
    entry->posted_us = kt_get_i64(r);
    entry->reverses = kt_get_u64(r);
    entry->previous = kt_get_u64(r);
    entry->lines_count = get_at_most(r, kt_get_u16(r), FIN_ENTRY_LINES_MAX);
    entry->own_count = get_at_most(r, kt_get_u16(r), entry->lines_count);
    entry->posted_by = get_text(r, FIN_PRINCIPAL_BYTES_MAX);
    entry->description = get_text(r, FIN_DESCRIPTION_BYTES_MAX);
    entry->source_ref = get_text(r, FIN_SOURCE_BYTES_MAX);
    return !r->failed && entry->lines_count > 0 && entry->number > 0;
}

/* u32 account, u32 commodity, i64 amount, u64 previous, u16 size of the memo that follows. */
#define LINE_BYTES 26

uint32_t
fin_put_lines(kt_writer_t *w, const fin_line_record_t *lines, uint32_t count)
{
    uint32_t n = 0;
    for (; n < count && n < FIN_CHUNK_LINES_MAX; n++) {
        if (w->size + LINE_BYTES + lines[n].memo.size > FIN_RECORD_BYTES_MAX)
            break;
        kt_put_u32(w, lines[n].account);
        kt_put_u32(w, lines[n].commodity);
        kt_put_i64(w, lines[n].amount_minor);
        kt_put_u64(w, lines[n].previous);
        kt_put_str(w, lines[n].memo);
    }
    return n;
}

bool
fin_get_line(kt_reader_t *r, fin_line_record_t *line)
{
    line->account = kt_get_u32(r);
    line->commodity = kt_get_u32(r);
    line->amount_minor = kt_get_i64(r);
    line->previous = kt_get_u64(r);
    line->memo = get_text(r, FIN_MEMO_BYTES_MAX);
    return !r->failed && line->amount_minor != 0;
}
