#include "store/facts.h"

#include "domain/path.h"
#include "store/entries.h"
#include "store/lookup.h"
#include "store/tables.h"

/* The next sequence: what the batch remembers, else one above the newest entry's. */
static kt_status_t
load_sequence(const kt_call_t *call, uint64_t *next)
{
    const fin_state_t *state = (const fin_state_t *)call->service;
    *next = state->next_sequence;
    if (*next != 0)
        return kt_ok();
    kt_cursor_t *cursor;
    KT_TRY(kt_kv_cursor(call->txn, FIN_TABLE_ENTRY, &cursor));
    kt_span_t key, value;
    uint64_t name = 0;
    kt_status_t status = kt_cursor_last(cursor, &key, &value);
    bool reads = kt_failed(status) || fin_parse_entry(key, &name);
    kt_kv_cursor_close(&cursor);
    if (status.code == KT_NOT_FOUND)
        status = kt_ok();
    KT_TRY(status);
    if (!reads)
        return fin_store_corrupt(call, FIN_TABLE_ENTRY, "the newest entry");
    *next = FIN_LINE_SEQUENCE(name) + 1;
    return kt_ok();
}

kt_status_t
fin_facts_book(const kt_call_t *call, kt_span_t id, fin_book_record_t *book)
{
    fin_state_t *state = (fin_state_t *)call->service;
    if (fin_state_book(state, id, book))
        return kt_ok();
    KT_TRY(fin_store_load_book(call, id, book));
    fin_state_put_book(state, book);
    return kt_ok();
}

kt_status_t
fin_facts_begin(const kt_call_t *call, const fin_book_record_t *book, uint32_t lines,
                uint32_t count, fin_work_t **work)
{
    fin_work_t *w = KT_ARENA_NEW(call->arena, fin_work_t);
    if (w == NULL || !fin_fact_set_init(&w->accounts, call->arena, lines) ||
        !fin_fact_set_init(&w->commodities, call->arena, 16) ||
        !fin_fact_set_init(&w->positions, call->arena, lines) ||
        !fin_fact_set_init(&w->balances, call->arena, lines) ||
        !fin_fact_set_init(&w->months, call->arena, count) ||
        !fin_fact_set_init(&w->series, call->arena, count) ||
        !fin_fact_set_init(&w->sources, call->arena, count))
        return fin_out_of_memory();
    w->arena = call->arena;
    w->book = *book;
    w->now_us = call->now_us;
    w->likely_month = kt_month_of(kt_date_from_days((int32_t)(call->now_us / KT_US_PER_DAY)));
    w->principal = kt_span_str(call->principal);
    KT_TRY(load_sequence(call, &w->next_sequence));
    *work = w;
    return kt_ok();
}

static kt_status_t
fact_series(const kt_call_t *call, fin_work_t *work, int32_t year, fin_series_fact_t **fact)
{
    uint64_t hash = fin_hash_pair((uint64_t)year, 0);
    for (fin_fact_t *f = NULL; (f = fin_fact_set_next(&work->series, f, hash)) != NULL;)
        if ((*fact = (fin_series_fact_t *)f)->year == year)
            return kt_ok();
    fin_series_fact_t *made = KT_ARENA_NEW(call->arena, fin_series_fact_t);
    if (made == NULL)
        return fin_out_of_memory();
    made->year = year;
    fin_key_t key;
    kt_span_t value;
    bool found;
    KT_TRY(fin_store_get(call, FIN_TABLE_SERIES, fin_key_series(&key, work->book.part, year),
                         &value, &found));
    fin_series_record_t series = {0};
    if (found && !fin_get_series(value, &series))
        return fin_store_corrupt(call, FIN_TABLE_SERIES, "a fiscal year");
    made->number = series.number;
    made->sequence = series.sequence;
    fin_fact_set_add(&work->series, &made->fact, hash);
    *fact = made;
    return kt_ok();
}

static kt_status_t
load_month(const kt_call_t *call, uint64_t part, int32_t month, fin_month_state_t *is)
{
    fin_state_t *state = (fin_state_t *)call->service;
    fin_key_t key;
    kt_span_t value;
    bool found;
    if (fin_state_month(state, part, month, is))
        return kt_ok();
    KT_TRY(
        fin_store_get(call, FIN_TABLE_PERIOD, fin_key_period(&key, part, month), &value, &found));
    fin_period_record_t period = {0};
    if (found && !fin_get_period(value, &period))
        return fin_store_corrupt(call, FIN_TABLE_PERIOD, "a month");
    *is = period.state;
    fin_state_put_month(state, part, month, *is);
    return kt_ok();
}

kt_status_t
fin_fact_month(const kt_call_t *call, fin_work_t *work, int32_t month, fin_month_fact_t **fact)
{
    uint64_t hash = fin_hash_pair((uint64_t)month, 1);
    for (fin_fact_t *f = NULL; (f = fin_fact_set_next(&work->months, f, hash)) != NULL;)
        if ((*fact = (fin_month_fact_t *)f)->month == month)
            return kt_ok();
    fin_month_fact_t *made = KT_ARENA_NEW(call->arena, fin_month_fact_t);
    if (made == NULL)
        return fin_out_of_memory();
    made->month = month;
    KT_TRY(load_month(call, work->book.part, month, &made->state));
    KT_TRY(fact_series(call, work, fin_fiscal_year(month, work->book.first_month), &made->series));
    fin_fact_set_add(&work->months, &made->fact, hash);
    *fact = made;
    return kt_ok();
}

void
fin_fact_account_soon(const kt_call_t *call, const fin_work_t *work, kt_span_t path)
{
    fin_state_account_soon((const fin_state_t *)call->service,
                           fin_hash_pair(work->book.part, fin_hash_text(path)));
}

kt_status_t
fin_fact_account(const kt_call_t *call, fin_work_t *work, kt_span_t path, fin_account_fact_t **fact)
{
    uint64_t hash = fin_hash_text(path);
    for (fin_fact_t *f = NULL; (f = fin_fact_set_next(&work->accounts, f, hash)) != NULL;)
        if (kt_span_equal((*fact = (fin_account_fact_t *)f)->record.path, path))
            return kt_ok();
    fin_account_fact_t *made = KT_ARENA_NEW(call->arena, fin_account_fact_t);
    if (made == NULL)
        return fin_out_of_memory();
    fin_state_t *state = (fin_state_t *)call->service;
    uint64_t slot = fin_hash_pair(work->book.part, hash);
    made->record.path = path;
    made->there = fin_state_account(state, work->book.part, slot, &made->record);
    if (!made->there) {
        KT_TRY(fin_store_find_account(call, work->book.part, path, &made->record, &made->there));
        if (made->there)
            fin_state_put_account(state, work->book.part, slot, &made->record);
    }
    fin_fact_set_add(&work->accounts, &made->fact, hash);
    *fact = made;
    return kt_ok();
}

kt_status_t
fin_fact_commodity(const kt_call_t *call, fin_work_t *work, kt_span_t symbol,
                   fin_commodity_fact_t **fact)
{
    uint64_t hash = fin_hash_text(symbol);
    for (fin_fact_t *f = NULL; (f = fin_fact_set_next(&work->commodities, f, hash)) != NULL;)
        if (kt_span_equal((*fact = (fin_commodity_fact_t *)f)->record.symbol, symbol))
            return kt_ok();
    fin_commodity_fact_t *made = KT_ARENA_NEW(call->arena, fin_commodity_fact_t);
    if (made == NULL)
        return fin_out_of_memory();
    fin_state_t *state = (fin_state_t *)call->service;
    uint64_t part = work->book.part, slot = fin_hash_pair(part, hash);
    made->record.symbol = symbol;
    made->there = fin_state_commodity(state, part, slot, &made->record);
    if (!made->there) {
        KT_TRY(fin_store_find_commodity(call, part, symbol, &made->record, &made->there));
        if (made->there)
            fin_state_put_commodity(state, part, slot, &made->record);
    }
    fin_fact_set_add(&work->commodities, &made->fact, hash);
    *fact = made;
    return kt_ok();
}

static const fin_floor_record_t *
floor_of(const fin_account_record_t *account, uint32_t commodity)
{
    for (uint32_t i = 0; i < account->floors_count; i++)
        if (account->floors[i].commodity == commodity)
            return &account->floors[i];
    return NULL;
}

/* A month as the store has it, or empty when VALUE is. */
static kt_status_t
make_balance(const kt_call_t *call, fin_work_t *work, fin_position_fact_t *position, int32_t month,
             kt_span_t value, fin_balance_fact_t **fact)
{
    fin_balance_fact_t *made = KT_ARENA_NEW(call->arena, fin_balance_fact_t);
    if (made == NULL)
        return fin_out_of_memory();
    made->position = position;
    made->month = month;
    if (value.size > 0) {
        made->capacity = fin_days_in(value);
        made->days = KT_ARENA_ARRAY(call->arena, fin_day_record_t, made->capacity);
        if (made->days == NULL)
            return fin_out_of_memory();
        if (!fin_get_days(value, made->days, &made->count))
            return fin_store_corrupt(call, FIN_TABLE_BALANCE, "an account's month");
    }
    fin_fact_set_add(&work->balances, &made->fact,
                     fin_hash_pair(position->fact.hash, (uint64_t)month));
    *fact = made;
    return kt_ok();
}

/* What the store knows of a position whose account and commodity it knows: its newest month, and
 * with it the total. */
static kt_status_t
load_position(const kt_call_t *call, fin_work_t *work, fin_position_fact_t *position)
{
    const fin_account_record_t *account = &position->account->record;
    uint32_t commodity = position->commodity->record.number;
    fin_balance_key_t likely = {.part = work->book.part,
                                .account = account->number,
                                .commodity = commodity,
                                .month = work->likely_month};
    fin_newest_month_t newest;
    bool found;
    KT_TRY(fin_store_newest_month(call, &likely, &newest, &found));
    if (found) {
        position->total = newest.total;
        KT_TRY(make_balance(call, work, position, newest.month, newest.value, &position->newest));
    }
    position->floor = floor_of(account, commodity);
    return position->floor ? fin_fact_held(call, work, position) : kt_ok();
}

kt_status_t
fin_fact_position(const kt_call_t *call, fin_work_t *work, fin_account_fact_t *account,
                  fin_commodity_fact_t *commodity, fin_position_fact_t **fact)
{
    uint64_t hash = fin_hash_pair(account->fact.hash, commodity->fact.hash);
    for (fin_fact_t *f = NULL; (f = fin_fact_set_next(&work->positions, f, hash)) != NULL;) {
        *fact = (fin_position_fact_t *)f;
        if ((*fact)->account == account && (*fact)->commodity == commodity)
            return kt_ok();
    }
    fin_position_fact_t *made = KT_ARENA_NEW(call->arena, fin_position_fact_t);
    if (made == NULL)
        return fin_out_of_memory();
    made->account = account;
    made->commodity = commodity;
    fin_fact_set_add(&work->positions, &made->fact, hash);
    if (account->there && commodity->there)
        KT_TRY(load_position(call, work, made));
    *fact = made;
    return kt_ok();
}

/* A month that is not loaded yet; past the newest there is none in the store. */
static kt_status_t
load_balance(const kt_call_t *call, fin_work_t *work, fin_position_fact_t *position, int32_t month,
             fin_balance_fact_t **fact)
{
    kt_span_t value = {0};
    fin_key_t key;
    bool found;
    if (position->newest != NULL && month < position->newest->month) {
        fin_balance_key_t at = {.part = work->book.part,
                                .account = position->account->record.number,
                                .commodity = position->commodity->record.number,
                                .month = month};
        KT_TRY(fin_store_get(call, FIN_TABLE_BALANCE, fin_key_balance(&key, &at), &value, &found));
        if (!found)
            value = (kt_span_t){0};
    }
    return make_balance(call, work, position, month, value, fact);
}

kt_status_t
fin_fact_balance(const kt_call_t *call, fin_work_t *work, fin_position_fact_t *position,
                 const fin_draft_t *draft, fin_balance_fact_t **fact)
{
    uint64_t hash = fin_hash_pair(position->fact.hash, (uint64_t)draft->month);
    fin_balance_fact_t *balance = NULL;
    for (fin_fact_t *f = NULL; (f = fin_fact_set_next(&work->balances, f, hash)) != NULL;) {
        balance = (fin_balance_fact_t *)f;
        if (balance->position == position && balance->month == draft->month)
            break;
        balance = NULL;
    }
    if (balance == NULL)
        KT_TRY(load_balance(call, work, position, draft->month, &balance));
    if (!fin_balance_add_day(balance, call->arena, draft->day))
        return fin_out_of_memory();
    *fact = balance;
    return kt_ok();
}

kt_status_t
fin_fact_source(const kt_call_t *call, fin_work_t *work, kt_span_t ref, fin_source_fact_t **fact)
{
    uint64_t hash = fin_hash_text(ref);
    for (fin_fact_t *f = NULL; (f = fin_fact_set_next(&work->sources, f, hash)) != NULL;)
        if (kt_span_equal((*fact = (fin_source_fact_t *)f)->ref, ref))
            return kt_ok();
    fin_source_fact_t *made = KT_ARENA_NEW(call->arena, fin_source_fact_t);
    if (made == NULL)
        return fin_out_of_memory();
    made->ref = ref;
    fin_key_t key;
    kt_span_t value;
    bool found;
    KT_TRY(fin_store_get(call, FIN_TABLE_SOURCE, fin_key_text(&key, work->book.part, ref), &value,
                         &found));
    if (found) {
        fin_source_record_t source;
        fin_entry_record_t entry;
        if (!fin_get_source(value, &source))
            return fin_store_corrupt(call, FIN_TABLE_SOURCE, "a source reference");
        KT_TRY(fin_store_load_head(call, source.sequence, &entry));
        made->sequence = source.sequence;
        made->digest = source.digest;
        made->year = entry.year;
        made->number = entry.number;
    }
    fin_fact_set_add(&work->sources, &made->fact, hash);
    *fact = made;
    return kt_ok();
}

/* Adds up what lies above now: expiry stands in the key before the id. */
static kt_status_t
sum_held(const kt_call_t *call, kt_cursor_t *cursor, const fin_hold_account_key_t *from,
         fin_position_fact_t *position)
{
    fin_key_t buffer;
    kt_span_t key, value;
    kt_status_t status = kt_cursor_seek(cursor, fin_key_hold_account(&buffer, from), &key, &value);
    for (; !kt_failed(status); status = kt_cursor_next(cursor, &key, &value)) {
        fin_hold_account_key_t at;
        int64_t amount;
        if (!fin_parse_hold_account(key, &at) || !fin_get_held(value, &amount))
            return fin_store_corrupt(call, FIN_TABLE_HOLD_ACCOUNT, "a hold");
        if (at.part != from->part || at.account != from->account || at.commodity != from->commodity)
            return kt_ok();
        if (amount > 0)
            position->held_debit += amount;
        else
            position->held_credit -= amount;
        position->holds_count++;
    }
    return status.code == KT_NOT_FOUND ? kt_ok() : status;
}

kt_status_t
fin_fact_held(const kt_call_t *call, const fin_work_t *work, fin_position_fact_t *position)
{
    if (position->holds_loaded || !position->account->there || !position->commodity->there)
        return kt_ok();
    position->holds_loaded = true;
    kt_cursor_t *cursor;
    KT_TRY(kt_kv_cursor(call->txn, FIN_TABLE_HOLD_ACCOUNT, &cursor));
    fin_hold_account_key_t from = {.part = work->book.part,
                                   .account = position->account->record.number,
                                   .commodity = position->commodity->record.number,
                                   .expires_us = work->now_us + 1};
    kt_status_t status = sum_held(call, cursor, &from, position);
    kt_kv_cursor_close(&cursor);
    return status;
}

kt_status_t
fin_fact_account_last(const kt_call_t *call, fin_work_t *work)
{
    kt_cursor_t *cursor;
    KT_TRY(kt_kv_cursor(call->txn, FIN_TABLE_ACCOUNT_NUMBER, &cursor));
    fin_key_t buffer;
    kt_span_t key, value;
    kt_status_t status = kt_cursor_seek_back(
        cursor, fin_key_number(&buffer, work->book.part, UINT32_MAX), &key, &value);
    uint64_t part = 0;
    uint32_t number = 0;
    bool reads = kt_failed(status) || fin_parse_number(key, &part, &number);
    kt_kv_cursor_close(&cursor);
    if (status.code == KT_NOT_FOUND)
        status = kt_ok();
    KT_TRY(status);
    if (!reads)
        return fin_store_corrupt(call, FIN_TABLE_ACCOUNT_NUMBER, "the newest account");
    work->account_last = part == work->book.part ? number : 0;
    return kt_ok();
}
