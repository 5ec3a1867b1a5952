#include "store/parties.h"

#include "domain/reason.h"
#include "store/tables.h"

kt_status_t
legal_store_find_party(const kt_call_t *call, kt_span_t name, legal_party_record_t *party,
                       bool *found)
{
    kt_key_t key;
    kt_layout_clear(&legal_party_layout, party);
    KT_TRY(kt_row_get(call, LEGAL_TABLE_PARTY, kt_key_of_name(&key, name), &legal_party_layout,
                      party, found));
    party->party = name;
    return kt_ok();
}

kt_status_t
legal_store_load_party(const kt_call_t *call, kt_span_t name, legal_party_record_t *party)
{
    bool found;
    KT_TRY(legal_store_find_party(call, name, party, &found));
    return found ? kt_ok() : kt_error(KT_NOT_FOUND, LEGAL_PARTY_UNKNOWN, "there is no such party");
}

kt_status_t
legal_store_apply_party(const kt_call_t *call, const legal_party_record_t *party)
{
    kt_key_t key;
    return kt_row_put(call, LEGAL_TABLE_PARTY, kt_key_of_name(&key, party->party),
                      &legal_party_layout, party);
}

static bool
read_key(kt_span_t key, void *row)
{
    kt_reader_t r = kt_reader(key);
    ((legal_party_record_t *)row)->party = kt_key_get_name(&r);
    return kt_reader_done(&r);
}

kt_status_t
legal_store_list_parties(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page)
{
    kt_key_t all;
    return kt_rows_page(call, LEGAL_TABLE_PARTY, kt_key(&all), from, size, &legal_party_layout,
                        read_key, page);
}
