/* policies.h: requests of Policies to orders, records to answers. All refuse with INVALID_ARGUMENT
 * and the field's name. */
#ifndef LEGAL_CODEC_POLICIES_H
#define LEGAL_CODEC_POLICIES_H

#include "codec/single.h"
#include "domain/tasks.h"

#include <kantor/legal/v1/policies.kt.h>
#include <kt/fields.h>

kt_status_t legal_enrol_from_pb(kt_call_t *call, const legal_enrol_employee_request_t *request,
                                legal_employee_record_t *draft);
kt_status_t
legal_create_policy_from_pb(kt_call_t *call, const legal_create_policy_request_t *request,
                            legal_policy_record_t *draft);
kt_status_t legal_publish_from_pb(kt_call_t *call, const legal_publish_version_request_t *request,
                                  legal_policy_version_record_t *draft, kt_span_t *text);
kt_status_t
legal_start_campaign_from_pb(kt_call_t *call, const legal_start_campaign_request_t *request,
                             legal_campaign_record_t *draft);
kt_status_t legal_attest_from_pb(kt_call_t *call, const legal_attest_request_t *request,
                                 legal_attest_order_t *order);

/* TEXT is borrowed for the call. */
kt_status_t legal_policy_text_to_pb(kt_call_t *call, const legal_policy_version_record_t *version,
                                    kt_span_t text, legal_policy_text_t *response);

/* Tasks as they are on DATE. */
void legal_date_tasks(legal_task_record_t *tasks, uint32_t count, int32_t date);

#endif
