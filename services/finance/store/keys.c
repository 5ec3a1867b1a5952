#include "store/keys.h"

static kt_writer_t
begin(fin_key_t *key, uint64_t part)
{
    kt_writer_t w = kt_writer(key->bytes, sizeof(key->bytes));
    kt_put_u64(&w, part);
    return w;
}

/* Every key fits: what is longer was refused by the codec. */
static kt_span_t
done(const kt_writer_t *w)
{
    KT_ASSERT(!w->failed);
    return kt_written(w);
}

kt_span_t
fin_key_part(fin_key_t *key, uint64_t part)
{
    kt_writer_t w = begin(key, part);
    return done(&w);
}

kt_span_t
fin_key_text(fin_key_t *key, uint64_t part, kt_span_t text)
{
    kt_writer_t w = begin(key, part);
    kt_put_bytes(&w, text.data, text.size);
    return done(&w);
}

kt_span_t
fin_key_below(fin_key_t *key, uint64_t part, kt_span_t path)
{
    kt_writer_t w = begin(key, part);
    kt_put_bytes(&w, path.data, path.size);
    if (path.size > 0)
        kt_put_u8(&w, ':');
    return done(&w);
}

bool
fin_parse_text(kt_span_t key, uint64_t *part, kt_span_t *text)
{
    kt_reader_t r = kt_reader(key);
    *part = kt_get_u64(&r);
    *text = r.failed ? kt_span(NULL, 0) : kt_get_bytes(&r, r.size - r.at);
    return kt_reader_done(&r) && text->size > 0;
}

kt_span_t
fin_key_number(fin_key_t *key, uint64_t part, uint32_t number)
{
    kt_writer_t w = begin(key, part);
    kt_put_u32(&w, number);
    return done(&w);
}

bool
fin_parse_number(kt_span_t key, uint64_t *part, uint32_t *number)
{
    kt_reader_t r = kt_reader(key);
    *part = kt_get_u64(&r);
    *number = kt_get_u32(&r);
    return kt_reader_done(&r);
}

/* Months and years are never negative here, so plain numbers sort as they do. */
static bool
small(uint32_t number, int32_t *into)
{
    *into = (int32_t)number;
    return number <= INT32_MAX;
}

kt_span_t
fin_key_period(fin_key_t *key, uint64_t part, int32_t month)
{
    return fin_key_number(key, part, (uint32_t)month);
}

bool
fin_parse_period(kt_span_t key, uint64_t *part, int32_t *month)
{
    uint32_t number;
    return fin_parse_number(key, part, &number) && small(number, month);
}

kt_span_t
fin_key_hold(fin_key_t *key, uint64_t part, const kt_ulid_t *id)
{
    return fin_key_text(key, part, kt_span(id->bytes, sizeof(id->bytes)));
}

static void
get_id(kt_reader_t *r, kt_ulid_t *id)
{
    kt_span_t bytes = kt_get_bytes(r, sizeof(id->bytes));
    if (bytes.size == sizeof(id->bytes))
        memcpy(id->bytes, bytes.data, sizeof(id->bytes));
}

bool
fin_parse_hold(kt_span_t key, uint64_t *part, kt_ulid_t *id)
{
    kt_reader_t r = kt_reader(key);
    *part = kt_get_u64(&r);
    get_id(&r, id);
    return kt_reader_done(&r);
}

kt_span_t
fin_key_entry(fin_key_t *key, uint64_t line_name)
{
    return fin_key_part(key, line_name);
}

static bool
parse_one(kt_span_t key, uint64_t *number)
{
    kt_reader_t r = kt_reader(key);
    *number = kt_get_u64(&r);
    return kt_reader_done(&r);
}

bool
fin_parse_part(kt_span_t key, uint64_t *part)
{
    return parse_one(key, part);
}

bool
fin_parse_entry(kt_span_t key, uint64_t *line_name)
{
    return parse_one(key, line_name);
}

kt_span_t
fin_key_series(fin_key_t *key, uint64_t part, int32_t year)
{
    return fin_key_number(key, part, (uint32_t)year);
}

bool
fin_parse_series(kt_span_t key, uint64_t *part, int32_t *year)
{
    uint32_t number;
    return fin_parse_number(key, part, &number) && small(number, year);
}

kt_span_t
fin_key_anchor(fin_key_t *key, uint64_t part, int32_t year, uint64_t number)
{
    kt_writer_t w = begin(key, part);
    kt_put_u32(&w, (uint32_t)year);
    kt_put_u64(&w, number / FIN_ANCHOR_ENTRIES);
    return done(&w);
}

bool
fin_parse_anchor(kt_span_t key, uint64_t *part, int32_t *year, uint64_t *number)
{
    kt_reader_t r = kt_reader(key);
    *part = kt_get_u64(&r);
    uint32_t y = kt_get_u32(&r);
    uint64_t quotient = kt_get_u64(&r);
    *number = quotient * FIN_ANCHOR_ENTRIES;
    return kt_reader_done(&r) && small(y, year) && quotient <= UINT64_MAX / FIN_ANCHOR_ENTRIES;
}

/* ---- balance: varints, for these keys lie on the pages that are written most ---- */

static kt_writer_t
begin_balance(fin_key_t *key, uint64_t part, uint32_t account)
{
    kt_writer_t w = kt_writer(key->bytes, sizeof(key->bytes));
    kt_put_varint(&w, FIN_PART_ORGANIZATION(part));
    kt_put_varint(&w, FIN_PART_BOOK(part));
    kt_put_varint(&w, account);
    return w;
}

kt_span_t
fin_key_balance_account(fin_key_t *key, uint64_t part, uint32_t account)
{
    kt_writer_t w = begin_balance(key, part, account);
    return done(&w);
}

kt_span_t
fin_key_position(fin_key_t *key, uint64_t part, uint32_t account, uint32_t commodity)
{
    kt_writer_t w = begin_balance(key, part, account);
    kt_put_varint(&w, commodity);
    return done(&w);
}

kt_span_t
fin_key_balance(fin_key_t *key, const fin_balance_key_t *from)
{
    kt_writer_t w = begin_balance(key, from->part, from->account);
    kt_put_varint(&w, from->commodity);
    kt_put_varint(&w, (uint32_t)from->month);
    return done(&w);
}

static uint32_t
get_number(kt_reader_t *r)
{
    uint64_t number = kt_get_varint(r);
    r->failed |= number > UINT32_MAX;
    return (uint32_t)number;
}

bool
fin_parse_balance(kt_span_t key, fin_balance_key_t *into)
{
    kt_reader_t r = kt_reader(key);
    uint32_t organization = get_number(&r);
    into->part = FIN_PART(organization, get_number(&r));
    into->account = get_number(&r);
    into->commodity = get_number(&r);
    uint32_t month = get_number(&r);
    return kt_reader_done(&r) && small(month, &into->month);
}

kt_span_t
fin_key_reversal(fin_key_t *key, uint64_t sequence)
{
    return fin_key_part(key, sequence);
}

bool
fin_parse_reversal(kt_span_t key, uint64_t *sequence)
{
    return parse_one(key, sequence);
}

kt_span_t
fin_key_hold_account(fin_key_t *key, const fin_hold_account_key_t *from)
{
    kt_writer_t w = begin(key, from->part);
    kt_put_u32(&w, from->account);
    kt_put_u32(&w, from->commodity);
    kt_put_key_i64(&w, from->expires_us);
    kt_put_bytes(&w, from->id.bytes, sizeof(from->id.bytes));
    return done(&w);
}

bool
fin_parse_hold_account(kt_span_t key, fin_hold_account_key_t *into)
{
    kt_reader_t r = kt_reader(key);
    into->part = kt_get_u64(&r);
    into->account = kt_get_u32(&r);
    into->commodity = kt_get_u32(&r);
    into->expires_us = kt_get_key_i64(&r);
    get_id(&r, &into->id);
    return kt_reader_done(&r);
}
