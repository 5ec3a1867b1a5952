/* oversight.h: reports in the store, and the counting of what is kept there. */
#ifndef LEGAL_STORE_OVERSIGHT_H
#define LEGAL_STORE_OVERSIGHT_H

#include "domain/oversight.h"

#include <kt/rows.h>

/* Without one, FOUND is false and the report is in state NONE. */
kt_status_t legal_store_find_report(const kt_call_t *call, kt_span_t period,
                                    legal_report_record_t *report, bool *found);
/* NOT_FOUND with REPORT_UNKNOWN. */
kt_status_t
legal_store_load_report(const kt_call_t *call, kt_span_t period, legal_report_record_t *report);
/* Writes it and tells its state, as `report.state`. */
kt_status_t legal_store_apply_report(kt_call_t *call, const legal_report_record_t *report);
kt_status_t
legal_store_list_reports(const kt_call_t *call, kt_span_t from, uint32_t size, kt_row_page_t *page);

/* Counts a month from the department's events and kept refusals. Reads them all. */
kt_status_t legal_store_count_month(const kt_call_t *call, int64_t from_us, int64_t to_us,
                                    legal_figures_t *figures);

#endif
