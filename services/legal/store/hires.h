/* hires.h: hires and leaves as they were asked for. */
#ifndef LEGAL_STORE_HIRES_H
#define LEGAL_STORE_HIRES_H

#include "domain/hires.h"

#include <kt/rows.h>

kt_status_t legal_store_load_start_hire(const kt_call_t *call, const legal_hire_record_t *draft,
                                        legal_hire_facts_t *facts);
kt_status_t legal_store_apply_hire(const kt_call_t *call, const legal_hire_record_t *hire);
/* NOT_FOUND, HIRE_UNKNOWN. */
kt_status_t legal_store_load_hire(const kt_call_t *call, kt_span_t id, legal_hire_record_t *hire);
kt_status_t
legal_store_list_hires(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page);

kt_status_t legal_store_load_start_leave(const kt_call_t *call, const legal_leave_record_t *draft,
                                         legal_leave_facts_t *facts);
kt_status_t legal_store_apply_leave(const kt_call_t *call, const legal_leave_record_t *leave);
/* NOT_FOUND, LEAVE_UNKNOWN. */
kt_status_t
legal_store_load_leave(const kt_call_t *call, kt_span_t id, legal_leave_record_t *leave);
kt_status_t
legal_store_list_leaves(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page);

#endif
