#include "store/trial.h"

#include "store/records.h"
#include "store/tables.h"

/* The snapshot as it grows, and room for one account's amounts, used again for each. */
typedef struct taking {
    const kt_call_t *call;
    const fin_trial_query_t *query;
    kt_arena_t *arena;
    fin_trial_page_t *first, *last;
    fin_amounts_t amounts;
    fin_standing_t *named;
    uint32_t named_capacity;
} taking_t;

static kt_status_t
add_row(taking_t *t, const fin_trial_row_t *row)
{
    if (!t->last || t->last->count == FIN_TRIAL_PAGE_ROWS) {
        fin_trial_page_t *page = (fin_trial_page_t *)kt_arena_alloc(t->arena, sizeof *page);
        if (!page)
            return kt_call_out_of_memory(t->call);
        page->next = NULL;
        page->count = 0;
        if (t->last)
            t->last->next = page;
        else
            t->first = page;
        t->last = page;
    }
    t->last->rows[t->last->count++] = *row;
    return kt_ok();
}

/* The account's amounts in the order of their symbols. */
static kt_status_t
order_by_symbol(taking_t *t)
{
    uint32_t count = t->amounts.count;
    if (count < 2)
        return kt_ok();
    if (count > t->named_capacity) {
        t->named_capacity = count * 2;
        t->named = KT_ARENA_ARRAY(t->call->arena, fin_standing_t, t->named_capacity);
        if (!t->named)
            return kt_call_out_of_memory(t->call);
    }
    for (uint32_t i = 0; i < count; i++)
        t->named[i] = (fin_standing_t){.commodity = t->amounts.items[i].commodity,
                                       .posted = t->amounts.items[i].turnover};
    KT_TRY(fin_store_name_standings(t->call, t->query->part, t->named, count));
    for (uint32_t i = 0; i < count; i++)
        t->amounts.items[i] = (fin_amount_t){.commodity = t->named[i].commodity,
                                             .turnover = t->named[i].posted};
    return kt_ok();
}

static kt_status_t
add_account(taking_t *t, const fin_account_record_t *account)
{
    const fin_trial_query_t *q = t->query;
    if (account->type == FIN_TYPE_TRADING && !q->with_trading)
        return kt_ok();
    t->amounts.count = 0;
    if (q->has_at)
        KT_TRY(fin_store_add_posted_at(t->call, q->part, account->number, q->at, &t->amounts));
    else
        KT_TRY(fin_store_add_posted(t->call, q->part, account->number, &t->amounts));
    KT_TRY(order_by_symbol(t));
    for (uint32_t i = 0; i < t->amounts.count; i++) {
        const fin_amount_t *amount = &t->amounts.items[i];
        fin_trial_row_t row = {account->number, amount->commodity, amount->turnover};
        if (row.turnover.debit_minor != 0 || row.turnover.credit_minor != 0)
            KT_TRY(add_row(t, &row));
    }
    return kt_ok();
}

static kt_status_t
newest_sequence(const kt_call_t *call, uint64_t *sequence)
{
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    fin_key_t key;
    uint64_t line_name = 0;
    bool found;
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_ENTRY, kt_span(NULL, 0)));
    KT_TRY(fin_scan_seek_back(&scan, fin_key_entry(&key, UINT64_MAX), &found));
    if (found && !fin_parse_entry(scan.key, &line_name))
        return fin_store_corrupt(call, FIN_TABLE_ENTRY, "the newest entry");
    *sequence = FIN_LINE_SEQUENCE(line_name);
    return kt_ok();
}

kt_status_t
fin_store_take_trial(const kt_call_t *call, const fin_trial_query_t *query, kt_arena_t *arena,
                     fin_trial_t *trial)
{
    taking_t t = {.call = call, .query = query, .arena = arena};
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    fin_key_t prefix;
    bool found;
    KT_TRY(newest_sequence(call, &trial->sequence));
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_ACCOUNT, fin_key_part(&prefix, query->part)));
    KT_TRY(fin_scan_seek(&scan, scan.prefix, &found));
    while (found) {
        fin_account_record_t account;
        if (!fin_get_account(scan.value, &account))
            return fin_store_corrupt(call, FIN_TABLE_ACCOUNT, "an account");
        KT_TRY(add_account(&t, &account));
        KT_TRY(fin_scan_next(&scan, &found));
    }
    trial->first = t.first;
    return kt_ok();
}

kt_status_t
fin_store_name_trial(const kt_call_t *call, uint64_t part, const fin_trial_page_t *page,
                     fin_trial_view_t **rows)
{
    *rows = KT_ARENA_ARRAY(call->arena, fin_trial_view_t, page->count);
    if (!*rows)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < page->count; i++) {
        const fin_trial_row_t *row = &page->rows[i];
        fin_account_record_t account;
        fin_commodity_record_t commodity;
        kt_span_t path;
        bool there;
        KT_TRY(fin_store_account_path(call, part, row->account, &path));
        KT_TRY(fin_store_find_account(call, part, path, &account, &there));
        if (!there)
            return fin_store_corrupt(call, FIN_TABLE_ACCOUNT, "an account with a number");
        KT_TRY(fin_store_commodity(call, part, row->commodity, &commodity));
        (*rows)[i] = (fin_trial_view_t){.account = path,
                                        .type = account.type,
                                        .symbol = commodity.symbol,
                                        .scale = commodity.scale,
                                        .turnover = row->turnover};
    }
    return kt_ok();
}
