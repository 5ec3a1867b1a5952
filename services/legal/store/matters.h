/*
 * matters.h: matters, deadlines, costs and legal holds, in the store. `find_` says whether there is
 * one; `load_` refuses with NOT_FOUND where there is none.
 */
#ifndef LEGAL_STORE_MATTERS_H
#define LEGAL_STORE_MATTERS_H

#include "domain/matters.h"

#include <kt/event.h>
#include <kt/rows.h>

/* Matters that one call of a filtered listing looks at, each with up to LEGAL_DEADLINES_MAX: what a
 * call's arena holds. */
#define LEGAL_MATTERS_PER_CALL_MAX 200
/* Matters that IsHeld names. */
#define LEGAL_HELD_MATTERS_MAX 100

/* ---- matters ---- */

kt_status_t legal_store_find_matter(const kt_call_t *call, kt_span_t id,
                                    legal_matter_record_t *matter, bool *found);
kt_status_t
legal_store_load_matter(const kt_call_t *call, kt_span_t id, legal_matter_record_t *matter);
/* Its totals, by currency. */
kt_status_t legal_store_load_totals(const kt_call_t *call, kt_span_t matter, kt_list_t *totals);
kt_status_t legal_store_load_close(const kt_call_t *call, kt_span_t matter, int32_t today,
                                   legal_close_facts_t *facts);

typedef struct legal_matter_filter {
    bool open_only;
    bool overdue_only; /* with a deadline that is missed on DATE */
    int32_t date;
} legal_matter_filter_t;
/* A page may have fewer than SIZE before the last one. */
kt_status_t legal_store_list_matters(const kt_call_t *call, const legal_matter_filter_t *filter,
                                     kt_span_t from, uint32_t size, kt_row_page_t *page);
kt_status_t legal_store_put_matter(const kt_call_t *call, const legal_matter_record_t *matter);
kt_status_t legal_store_tell_matter(kt_call_t *call, const char *type, kt_span_t matter);

/* ---- deadlines ---- */

kt_status_t legal_store_find_deadline(const kt_call_t *call, kt_span_t matter, kt_span_t id,
                                      legal_deadline_record_t *deadline, bool *found);
kt_status_t legal_store_load_deadline(const kt_call_t *call, kt_span_t matter, kt_span_t id,
                                      legal_deadline_record_t *deadline);
kt_status_t legal_store_list_deadlines(const kt_call_t *call, kt_span_t matter, kt_span_t from,
                                       uint32_t size, kt_row_page_t *page);
/* Of all matters, due from FIRST to LAST, by date. */
kt_status_t legal_store_list_due(const kt_call_t *call, int32_t first, int32_t last, kt_span_t from,
                                 uint32_t size, kt_row_page_t *page);
kt_status_t
legal_store_put_deadline(const kt_call_t *call, const legal_deadline_record_t *deadline);

/* ---- costs ---- */

kt_status_t legal_store_list_costs(const kt_call_t *call, kt_span_t matter, kt_span_t from,
                                   uint32_t size, kt_row_page_t *page);
/* And what the matter's total of its currency is with it. */
kt_status_t legal_store_put_cost(const kt_call_t *call, const legal_cost_record_t *cost,
                                 const legal_total_record_t *total);

/* ---- legal holds ---- */

kt_status_t legal_store_find_hold(const kt_call_t *call, kt_span_t matter, kt_span_t id,
                                  legal_hold_record_t *hold, bool *found);
kt_status_t legal_store_load_hold(const kt_call_t *call, kt_span_t matter, kt_span_t id,
                                  legal_hold_record_t *hold);
kt_status_t legal_store_list_holds(const kt_call_t *call, kt_span_t matter, kt_span_t from,
                                   uint32_t size, kt_row_page_t *page);
/* The matters with active holds on EMPLOYEE, each once, as a list of kt_span_t. */
kt_status_t legal_store_list_held(const kt_call_t *call, kt_span_t employee, kt_list_t *matters);

/* How many active holds are on each custodian of HOLD, in their order; in the arena. */
kt_status_t
legal_store_count_held(const kt_call_t *call, const legal_hold_record_t *hold, uint32_t **counts);
/* Placed or released; BEFORE as legal_store_count_held said. Tells whose being held changes. */
kt_status_t
legal_store_put_hold(kt_call_t *call, const legal_hold_record_t *hold, const uint32_t *before);

/* As kt_row_key_t. */
bool legal_read_deadline_key(kt_span_t key, void *row);
bool legal_read_cost_key(kt_span_t key, void *row);
bool legal_read_hold_key(kt_span_t key, void *row);

/* deadline_due and custodian */
kt_key_t *legal_due_key(kt_key_t *key, const legal_deadline_record_t *deadline);
kt_key_t *legal_custodian_key(kt_key_t *key, kt_span_t custodian, const legal_hold_record_t *hold);

#endif
