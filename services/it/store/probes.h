/* probes.h: targets, what probes said of them, and maintenance, in the store. */
#ifndef IT_STORE_PROBES_H
#define IT_STORE_PROBES_H

#include "domain/maintenance.h"
#include "domain/probes.h"

#include <kt/rows.h>

/* NOT_FOUND with TARGET_UNKNOWN. Maintenance is that of NOW. */
kt_status_t it_store_load_chain(const kt_call_t *call, kt_span_t target, it_chain_t *chain);
kt_status_t it_store_load_create_target(const kt_call_t *call, const it_target_record_t *draft,
                                        it_target_facts_t *facts);
/* The target, and the counts of all that it depends on. */
kt_status_t it_store_apply_create_target(const kt_call_t *call, const it_target_record_t *target,
                                         const it_chain_t *above);
/* *THERE says whether there is such a target. */
kt_status_t it_store_load_retire_target(const kt_call_t *call, kt_span_t target, it_chain_t *chain,
                                        bool *there);
/* The first link goes; the counts of the others are written. */
kt_status_t it_store_apply_retire_target(const kt_call_t *call, const it_chain_t *chain);
kt_status_t
it_store_put_reach(const kt_call_t *call, kt_span_t target, const it_reach_record_t *reach);

/* A page of targets. */
typedef struct it_target_list {
    it_target_item_t *items;
    uint32_t count;
    kt_span_t next;
    int64_t next_due_us; /* it_store_list_due only; 0: no others */
} it_target_list_t;
kt_status_t
it_store_list_targets(const kt_call_t *call, kt_span_t from, uint32_t size, it_target_list_t *list);
/* Those that are due, at most TARGETS_MAX. */
kt_status_t it_store_list_due(const kt_call_t *call, uint32_t targets_max, it_target_list_t *list);

kt_status_t it_store_load_place_window(const kt_call_t *call, const it_window_record_t *draft,
                                       it_window_facts_t *facts);
kt_status_t it_store_put_window(const kt_call_t *call, const it_window_record_t *window);
/* NOT_FOUND with MAINTENANCE_UNKNOWN. */
kt_status_t it_store_load_window(const kt_call_t *call, kt_span_t id, it_window_record_t *window);
/* WAS is what is there now. */
kt_status_t it_store_apply_end_window(const kt_call_t *call, const it_window_record_t *was,
                                      const it_window_record_t *window);
kt_status_t
it_store_list_windows(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page);

#endif
