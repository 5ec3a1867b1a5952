#include "domain/iso4217.h"
#include "store/books.h"
#include "store/records.h"
#include "store/scan.h"
#include "store/state.h"
#include "store/tables.h"

/* How many commodities the book has declared: their numbers are given in order and never freed. */
static kt_status_t
count_declared(const kt_call_t *call, uint64_t part, uint32_t *count)
{
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    fin_key_t prefix, key;
    uint32_t number = 0;
    bool found;
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_COMMODITY_NUMBER, fin_key_part(&prefix, part)));
    KT_TRY(fin_scan_seek_back(&scan, fin_key_number(&key, part, UINT32_MAX), &found));
    if (found && !fin_parse_number(scan.key, &part, &number))
        return fin_store_corrupt(call, FIN_TABLE_COMMODITY_NUMBER, "a commodity's number");
    *count = number < FIN_COMMODITY_FIRST ? 0 : number - FIN_COMMODITY_FIRST + 1;
    return kt_ok();
}

/* Whether a hold of the book is or was in this commodity. */
static kt_status_t
held(const kt_call_t *call, uint64_t part, uint32_t commodity, bool *used)
{
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    fin_key_t prefix;
    bool found;
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_HOLD, fin_key_part(&prefix, part)));
    KT_TRY(fin_scan_seek(&scan, scan.prefix, &found));
    while (found && !*used) {
        fin_hold_record_t hold;
        if (!fin_get_hold(scan.value, &hold))
            return fin_store_corrupt(call, FIN_TABLE_HOLD, "a hold");
        *used = hold.commodity == commodity;
        KT_TRY(fin_scan_next(&scan, &found));
    }
    return kt_ok();
}

/* Whether anything of the book is counted in this commodity. Costs by accounts and holds: it is
 * asked only where a currency of ISO 4217 is to have a larger scale. */
static kt_status_t
in_use(const kt_call_t *call, uint64_t part, uint32_t commodity, bool *used)
{
    KT_CLEANUP(fin_scan_end) fin_scan_t scan = {0};
    fin_key_t prefix;
    bool found;
    *used = false;
    KT_TRY(fin_scan_begin(&scan, call, FIN_TABLE_ACCOUNT, fin_key_part(&prefix, part)));
    KT_TRY(fin_scan_seek(&scan, scan.prefix, &found));
    while (found && !*used) {
        fin_account_record_t account;
        if (!fin_get_account(scan.value, &account))
            return fin_store_corrupt(call, FIN_TABLE_ACCOUNT, "an account");
        fin_balance_key_t any = {
            .part = part, .account = account.number, .commodity = commodity, .month = INT32_MAX};
        fin_newest_month_t newest;
        KT_TRY(fin_store_newest_month(call, &any, &newest, used));
        for (uint32_t i = 0; i < account.floors_count; i++)
            *used = *used || account.floors[i].commodity == commodity;
        KT_TRY(fin_scan_next(&scan, &found));
    }
    return *used ? kt_ok() : held(call, part, commodity, used);
}

kt_status_t
fin_store_load_declare(const kt_call_t *call, const fin_book_record_t *book, kt_span_t symbol,
                       int32_t scale, fin_declare_facts_t *facts)
{
    *facts = (fin_declare_facts_t){0};
    KT_TRY(fin_store_find_commodity(call, book->part, symbol, &facts->commodity, &facts->there));
    facts->built_in = facts->there && facts->commodity.number < FIN_COMMODITY_FIRST;
    if (facts->built_in && scale > facts->commodity.scale)
        return in_use(call, book->part, facts->commodity.number, &facts->used);
    return facts->there ? kt_ok() : count_declared(call, book->part, &facts->declared);
}

kt_status_t
fin_store_apply_declare(const kt_call_t *call, const fin_book_record_t *book,
                        const fin_declare_effects_t *fx)
{
    fin_state_forget((fin_state_t *)call->service);
    if (!fx->changes)
        return kt_ok();
    uint8_t buffer[FIN_RECORD_BYTES_MAX];
    fin_key_t key;
    kt_writer_t w = kt_writer(buffer, sizeof buffer);
    fin_put_commodity(&w, &fx->commodity);
    KT_TRY(kt_kv_put(call->txn, FIN_TABLE_COMMODITY,
                     fin_key_text(&key, book->part, fx->commodity.symbol), kt_written(&w)));
    w = kt_writer(buffer, sizeof buffer);
    fin_put_commodity_number(&w, &fx->commodity);
    return kt_kv_put(call->txn, FIN_TABLE_COMMODITY_NUMBER,
                     fin_key_number(&key, book->part, fx->commodity.number), kt_written(&w));
}

/* Both lists that ListCommodities merges, each in the order of its symbols. */
typedef struct merge {
    fin_scan_t declared;
    bool found; /* the scan stands on a declared one */
    const fin_iso4217_t *currency, *end;
} merge_t;

static void
merge_end(merge_t *m)
{
    fin_scan_end(&m->declared);
}

/* The lesser of the two, and a step in its list; in both where it was declared over. */
static kt_status_t
take_next(merge_t *m, fin_commodity_record_t *commodity)
{
    uint64_t part;
    kt_span_t symbol = {0};
    if (m->found && !fin_parse_text(m->declared.key, &part, &symbol))
        return fin_store_corrupt(m->declared.call, FIN_TABLE_COMMODITY, "a commodity");
    int order = -1;
    if (m->currency < m->end)
        order = m->found ? kt_span_compare(symbol, kt_span_str(m->currency->code)) : 1;
    if (order > 0) {
        *commodity = (fin_commodity_record_t){.symbol = kt_span_str(m->currency->code),
                                              .number = m->currency->numeric,
                                              .scale = m->currency->exponent};
        m->currency++;
        return kt_ok();
    }
    commodity->symbol = symbol;
    if (!fin_get_commodity(m->declared.value, commodity))
        return fin_store_corrupt(m->declared.call, FIN_TABLE_COMMODITY, "a commodity");
    m->currency += order == 0;
    return fin_scan_next(&m->declared, &m->found);
}

kt_status_t
fin_store_list_commodities(const kt_call_t *call, uint64_t part, bool built_in, kt_span_t after,
                           uint32_t limit, fin_commodity_list_t *list)
{
    *list = (fin_commodity_list_t){
        .commodities = KT_ARENA_ARRAY(call->arena, fin_commodity_record_t, limit)};
    if (!list->commodities)
        return kt_call_out_of_memory(call);
    KT_CLEANUP(merge_end) merge_t m = {0};
    uint32_t count;
    m.currency = fin_iso4217_all(&count);
    m.end = m.currency + count;
    if (!built_in)
        m.currency = m.end;
    while (m.currency < m.end && kt_span_compare(kt_span_str(m.currency->code), after) <= 0)
        m.currency++;

    fin_key_t prefix, key;
    kt_span_t from = fin_key_text(&key, part, after);
    KT_TRY(fin_scan_begin(&m.declared, call, FIN_TABLE_COMMODITY, fin_key_part(&prefix, part)));
    KT_TRY(fin_scan_seek(&m.declared, from, &m.found));
    if (m.found && kt_span_equal(m.declared.key, from))
        KT_TRY(fin_scan_next(&m.declared, &m.found));
    while ((m.found || m.currency < m.end) && list->count < limit)
        KT_TRY(take_next(&m, &list->commodities[list->count++]));
    list->more = m.found || m.currency < m.end;
    return kt_ok();
}
