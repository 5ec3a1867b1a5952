/* policies.h: requests of Policies to orders, records to answers. All refuse with INVALID_ARGUMENT
 * and the field's name. */
#ifndef LEGAL_CODEC_POLICIES_H
#define LEGAL_CODEC_POLICIES_H

#include "domain/tasks.h"

#include <kantor/legal/v1/policies.kt.h>
#include <kt/fields.h>

/* Fields that are no more than one. */
kt_status_t
legal_name_from_pb(kt_call_t *call, const char *text, const char *field, kt_span_t *name);
/* Empty: the call's day. */
kt_status_t legal_date_from_pb(kt_call_t *call, const char *text, const char *field, int32_t *date);
/* The same, and not later than the day after the call's. */
kt_status_t legal_past_from_pb(kt_call_t *call, const char *text, const char *field, int32_t *date);
/* What the caller gave, or an id of the call's as a name. */
kt_status_t legal_name_or_new(kt_call_t *call, kt_span_t given, kt_span_t *name);

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
