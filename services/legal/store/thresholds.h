/* thresholds.h: the thresholds that the CEO set, with their history. */
#ifndef LEGAL_STORE_THRESHOLDS_H
#define LEGAL_STORE_THRESHOLDS_H

#include "domain/approvals.h"

#include <kt/rows.h>

/* REVISION 0: the newest; where none were ever set, an empty one of revision 0. Another that is not
 * there is NOT_FOUND with THRESHOLDS_UNKNOWN. */
kt_status_t legal_store_load_thresholds(const kt_call_t *call, uint32_t revision,
                                        legal_thresholds_record_t *thresholds);
kt_status_t
legal_store_apply_thresholds(const kt_call_t *call, const legal_thresholds_record_t *thresholds);

#endif
