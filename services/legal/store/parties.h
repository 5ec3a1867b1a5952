/* parties.h: parties in the store. */
#ifndef LEGAL_STORE_PARTIES_H
#define LEGAL_STORE_PARTIES_H

#include "domain/parties.h"

#include <kt/rows.h>

/* NOT_FOUND with PARTY_UNKNOWN. */
kt_status_t
legal_store_load_party(const kt_call_t *call, kt_span_t name, legal_party_record_t *party);
kt_status_t legal_store_find_party(const kt_call_t *call, kt_span_t name,
                                   legal_party_record_t *party, bool *found);
kt_status_t legal_store_apply_party(const kt_call_t *call, const legal_party_record_t *party);
kt_status_t
legal_store_list_parties(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page);

#endif
