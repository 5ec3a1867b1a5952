#include "store/accounts.h"

#include "domain/path.h"
#include "store/amounts.h"
#include "store/records.h"
#include "store/scan.h"
#include "store/state.h"
#include "store/tables.h"

#include <stdlib.h>

static int
by_path(const void *a, const void *b)
{
    return kt_span_compare(((const fin_open_place_t *)a)->path,
                           ((const fin_open_place_t *)b)->path);
}

/* The place of a path in the ordered list; FIN_NOWHERE for the empty one. */
static uint32_t
find_place(const fin_open_place_t *places, uint32_t count, kt_span_t path)
{
    if (path.size == 0)
        return FIN_NOWHERE;
    fin_open_place_t wanted = {.path = path};
    const fin_open_place_t *found = (const fin_open_place_t *)bsearch(&wanted, places, count,
                                                                      sizeof *places, by_path);
    KT_ASSERT(found);
    return (uint32_t)(found - places);
}

/* Every path of the drafts and all above them: in order, each once. */
static fin_open_place_t *
collect_places(kt_arena_t *arena, const fin_account_draft_t *drafts, uint32_t count, uint32_t *made)
{
    fin_open_place_t *places = KT_ARENA_ARRAY(arena, fin_open_place_t,
                                              (size_t)count * FIN_PATH_NAMES_MAX);
    if (!places)
        return NULL;
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++)
        for (kt_span_t path = drafts[i].path; path.size > 0; path = fin_path_parent(path))
            places[n++] = (fin_open_place_t){
                .path = path, .draft = FIN_NOWHERE, .cause = FIN_NOWHERE};
    qsort(places, n, sizeof *places, by_path);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++)
        if (kept == 0 || by_path(&places[kept - 1], &places[i]) != 0)
            places[kept++] = places[i];
    *made = kept;
    return places;
}

static kt_status_t
load_floors(const kt_call_t *call, uint64_t part, fin_floor_draft_t *floors, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        fin_commodity_record_t commodity;
        bool there;
        KT_TRY(fin_store_find_commodity(call, part, floors[i].symbol, &commodity, &there));
        floors[i].commodity = there ? commodity.number : 0;
    }
    return kt_ok();
}

/* Accounts are numbered in order and never freed: the last number is how many there are. */
static kt_status_t
count_accounts(const kt_call_t *call, uint64_t part, uint32_t *count)
{
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    fin_key_t prefix, key;
    bool found;
    *count = 0;
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_ACCOUNT_NUMBER, fin_key_part(&prefix, part)));
    KT_TRY(fin_scan_seek_back(&scan, fin_key_number(&key, part, UINT32_MAX), &found));
    if (found && !fin_parse_number(scan.key, &part, count))
        return fin_store_corrupt(call, FIN_TABLE_ACCOUNT_NUMBER, "an account's number");
    return kt_ok();
}

kt_status_t
fin_store_load_open(const kt_call_t *call, const fin_book_record_t *book,
                    fin_account_draft_t *drafts, uint32_t count, fin_open_facts_t *facts)
{
    uint32_t places_count;
    fin_open_place_t *places = collect_places(call->arena, drafts, count, &places_count);
    uint32_t *place_of = KT_ARENA_ARRAY(call->arena, uint32_t, count);
    if (!places || !place_of)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < places_count; i++) {
        places[i].parent = find_place(places, places_count, fin_path_parent(places[i].path));
        KT_TRY(fin_store_find_account(call, book->part, places[i].path, &places[i].account,
                                      &places[i].there));
    }
    for (uint32_t i = 0; i < count; i++) {
        KT_TRY(load_floors(call, book->part, drafts[i].floors, drafts[i].floors_count));
        place_of[i] = find_place(places, places_count, drafts[i].path);
        if (places[place_of[i]].draft == FIN_NOWHERE)
            places[place_of[i]].draft = i;
        for (uint32_t at = place_of[i]; at != FIN_NOWHERE; at = places[at].parent)
            places[at].cause = KT_MIN(places[at].cause, i);
    }
    *facts = (fin_open_facts_t){
        .places = places, .places_count = places_count, .place_of = place_of};
    return count_accounts(call, book->part, &facts->accounts);
}

static kt_status_t
put_account(const kt_call_t *call, uint64_t part, const fin_account_record_t *account)
{
    uint8_t buffer[FIN_RECORD_BYTES_MAX];
    fin_key_t key;
    kt_writer_t w = kt_writer(buffer, sizeof buffer);
    fin_put_account(&w, account);
    return kt_kv_put(call->txn, FIN_TABLE_ACCOUNT, fin_key_text(&key, part, account->path),
                     kt_written(&w));
}

kt_status_t
fin_store_apply_open(const kt_call_t *call, const fin_book_record_t *book,
                     const fin_open_facts_t *facts, const fin_open_effects_t *fx)
{
    fin_state_forget((fin_state_t *)call->service);
    for (uint32_t i = 0; i < facts->places_count; i++) {
        const fin_account_record_t *account = &fx->accounts[i];
        fin_key_t key;
        if (facts->places[i].there)
            continue;
        KT_TRY(put_account(call, book->part, account));
        KT_TRY(kt_kv_put(call->txn, FIN_TABLE_ACCOUNT_NUMBER,
                         fin_key_number(&key, book->part, account->number), account->path));
    }
    return kt_ok();
}

kt_status_t
fin_store_load_standings(const kt_call_t *call, uint64_t part, uint32_t account,
                         fin_standing_t **standings, uint32_t *count)
{
    fin_amounts_t posted = {0}, held = {0};
    KT_TRY(fin_store_add_posted(call, part, account, &posted));
    KT_TRY(fin_store_add_held(call, part, account, &held));
    *standings = KT_ARENA_ARRAY(call->arena, fin_standing_t, posted.count + held.count);
    if (!*standings)
        return kt_call_out_of_memory(call);
    uint32_t n = 0;
    for (uint32_t i = 0, j = 0; i < posted.count || j < held.count; n++) {
        fin_standing_t *standing = &(*standings)[n];
        uint32_t next_posted = i < posted.count ? posted.items[i].commodity : UINT32_MAX;
        uint32_t next_held = j < held.count ? held.items[j].commodity : UINT32_MAX;
        standing->commodity = KT_MIN(next_posted, next_held);
        if (next_posted == standing->commodity)
            standing->posted = posted.items[i++].turnover;
        if (next_held == standing->commodity)
            standing->held = held.items[j++].turnover;
    }
    *count = n;
    return fin_store_name_standings(call, part, *standings, n);
}

kt_status_t
fin_store_load_update(const kt_call_t *call, const fin_book_record_t *book,
                      fin_update_order_t *order, fin_update_facts_t *facts)
{
    fin_standing_t *standings;
    KT_TRY(fin_store_load_account(call, book, order->path, &facts->account));
    KT_TRY(load_floors(call, book->part, order->floors, order->floors_count));
    KT_TRY(fin_store_load_standings(call, book->part, facts->account.number, &standings,
                                    &facts->standings_count));
    facts->standings = standings;
    return kt_ok();
}

kt_status_t
fin_store_apply_update(const kt_call_t *call, const fin_book_record_t *book,
                       const fin_account_record_t *account)
{
    fin_state_forget((fin_state_t *)call->service);
    return put_account(call, book->part, account);
}

kt_status_t
fin_store_name_account(const kt_call_t *call, uint64_t part, fin_account_view_t *view)
{
    for (uint32_t i = 0; i < view->account.floors_count; i++) {
        fin_commodity_record_t commodity;
        KT_TRY(fin_store_commodity(call, part, view->account.floors[i].commodity, &commodity));
        view->symbols[i] = commodity.symbol;
    }
    return kt_ok();
}

kt_status_t
fin_store_view_account(const kt_call_t *call, const fin_book_record_t *book, kt_span_t path,
                       fin_account_view_t *view)
{
    KT_TRY(fin_store_load_account(call, book, path, &view->account));
    return fin_store_name_account(call, book->part, view);
}

/* Appends accounts from where the scan stands until the list is full. */
static kt_status_t
take_accounts(fin_scan_t *scan, bool found, uint32_t limit, fin_account_list_t *list)
{
    while (found && list->count < limit) {
        fin_account_view_t *view = &list->accounts[list->count++];
        fin_account_record_t *account = &view->account;
        uint64_t part;
        if (!fin_parse_text(scan->key, &part, &account->path) ||
            !fin_get_account(scan->value, account))
            return fin_store_corrupt(scan->call, FIN_TABLE_ACCOUNT, "an account");
        KT_TRY(fin_store_name_account(scan->call, part, view));
        KT_TRY(fin_scan_next(scan, &found));
    }
    list->more = found;
    return kt_ok();
}

kt_status_t
fin_store_list_accounts(const kt_call_t *call, uint64_t part, kt_span_t under, kt_span_t after,
                        uint32_t limit, fin_account_list_t *list)
{
    *list = (fin_account_list_t){
        .accounts = KT_ARENA_ARRAY(call->arena, fin_account_view_t, limit)};
    if (!list->accounts)
        return kt_call_out_of_memory(call);
    /* "a:b-c" stands between "a:b" and "a:b:c", so the account itself is no part of the run of
     * those below it. */
    if (under.size > 0 && kt_span_compare(under, after) > 0) {
        bool there;
        KT_TRY(fin_store_find_account(call, part, under, &list->accounts[0].account, &there));
        if (there)
            KT_TRY(fin_store_name_account(call, part, &list->accounts[list->count++]));
    }
    fin_key_t prefix_key, key;
    kt_span_t prefix = fin_key_below(&prefix_key, part, under);
    kt_span_t from = fin_key_text(&key, part, after);
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    bool found;
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_ACCOUNT, prefix));
    KT_TRY(fin_scan_seek(&scan, kt_span_compare(from, prefix) < 0 ? prefix : from, &found));
    if (found && kt_span_equal(scan.key, from))
        KT_TRY(fin_scan_next(&scan, &found));
    return take_accounts(&scan, found, limit, list);
}
