#include "store/accounts.h"
#include "store/amounts.h"
#include "store/records.h"
#include "store/tables.h"

static kt_status_t
add_account(const kt_call_t *call, uint64_t part, uint32_t account,
            const fin_balance_query_t *query, fin_amounts_t *into)
{
    if (query->has_at)
        return fin_store_add_posted_at(call, part, account, query->at, into);
    return fin_store_add_posted(call, part, account, into);
}

static kt_status_t
add_children(const kt_call_t *call, uint64_t part, kt_span_t path, const fin_balance_query_t *query,
             fin_amounts_t *into)
{
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    fin_key_t prefix;
    bool found;
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_ACCOUNT, fin_key_below(&prefix, part, path)));
    KT_TRY(fin_scan_seek(&scan, scan.prefix, &found));
    while (found) {
        fin_account_record_t account;
        if (!fin_get_account(scan.value, &account))
            return fin_store_corrupt(call, FIN_TABLE_ACCOUNT, "an account");
        KT_TRY(add_account(call, part, account.number, query, into));
        KT_TRY(fin_scan_next(&scan, &found));
    }
    return kt_ok();
}

kt_status_t
fin_store_load_balance(const kt_call_t *call, const fin_book_record_t *book,
                       const fin_account_record_t *account, const fin_balance_query_t *query,
                       fin_standing_t **standings, uint32_t *count)
{
    if (!query->has_at && !query->with_children)
        return fin_store_load_standings(call, book->part, account->number, standings, count);
    fin_amounts_t amounts = {0};
    KT_TRY(add_account(call, book->part, account->number, query, &amounts));
    if (query->with_children)
        KT_TRY(add_children(call, book->part, account->path, query, &amounts));
    *standings = KT_ARENA_ARRAY(call->arena, fin_standing_t, amounts.count);
    if (!*standings)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < amounts.count; i++)
        (*standings)[i] = (fin_standing_t){.commodity = amounts.items[i].commodity,
                                           .posted = amounts.items[i].turnover};
    *count = amounts.count;
    return fin_store_name_standings(call, book->part, *standings, amounts.count);
}
