/* probes.h: messages of Probes to what the domain works with, and back. */
#ifndef IT_CODEC_PROBES_H
#define IT_CODEC_PROBES_H

#include "domain/maintenance.h"
#include "domain/outages.h"

#include <kantor/it/v1/networks.kt.h>
#include <kt/fields.h>

/* How far ahead of the department's clock a report's may be. */
#define IT_AHEAD_US INT64_C(300000000)

kt_status_t it_create_target_from_pb(kt_call_t *call, const it_create_target_request_t *request,
                                     it_target_record_t *draft);
kt_status_t
it_report_from_pb(kt_call_t *call, const it_report_probe_request_t *request, it_report_t *report);
kt_status_t it_list_due_from_pb(kt_call_t *call, const it_list_due_probes_request_t *request,
                                uint32_t *targets_max);
kt_status_t it_place_from_pb(kt_call_t *call, const it_place_maintenance_request_t *request,
                             it_window_record_t *draft);

kt_status_t
it_target_to_pb(kt_call_t *call, const it_target_item_t *item, it_probe_target_t *response);
kt_status_t it_targets_to_pb(kt_call_t *call, const it_target_item_t *items, uint32_t count,
                             size_t *n, it_probe_target_t ***list);
/* NAMES: of kt_span_t. */
kt_status_t it_outage_to_pb(kt_call_t *call, const it_outage_record_t *outage,
                            const kt_list_t *names, it_outage_t *response);

#endif
