/* outages.h: outages in the store. */
#ifndef IT_STORE_OUTAGES_H
#define IT_STORE_OUTAGES_H

#include "domain/outages.h"

#include <kt/rows.h>

/* The open outage whose root cause is TARGET. */
kt_status_t it_store_load_open(const kt_call_t *call, kt_span_t target, it_outage_record_t *outage,
                               bool *there);
/* Fills in the open outages that COUNT items belong to. */
kt_status_t it_store_name_outages(const kt_call_t *call, it_target_item_t *items, uint32_t count);
/* What it_decide_outages rests on; CHAIN is as the report left it. */
kt_status_t
it_store_load_outages(const kt_call_t *call, const it_chain_t *chain, it_outage_facts_t *facts);
/* Writes them, opens the ticket, and tells the others. */
kt_status_t it_store_apply_outages(kt_call_t *call, it_outage_effects_t *fx);

/* NOT_FOUND with OUTAGE_UNKNOWN. */
kt_status_t it_store_load_outage(const kt_call_t *call, kt_span_t id, it_outage_record_t *outage);
/* The names of the targets that are down by an open outage: a list of kt_span_t. */
kt_status_t
it_store_load_affected(const kt_call_t *call, const it_outage_record_t *outage, kt_list_t *names);
kt_status_t it_store_list_outages(const kt_call_t *call, bool open_only, kt_span_t from,
                                  uint32_t size, kt_row_page_t *page);

#endif
