#include "codec/policies.h"

kt_status_t
legal_enrol_from_pb(kt_call_t *call, const legal_enrol_employee_request_t *request,
                    legal_employee_record_t *draft)
{
    *draft = (legal_employee_record_t){.left_on = KT_DATE_NONE};
    KT_TRY(kt_fields_from_pb(call, &legal_employee_layout, &request->base, "", draft));
    draft->enrolled_us = call->now_us;
    return kt_ok();
}

kt_status_t
legal_create_policy_from_pb(kt_call_t *call, const legal_create_policy_request_t *request,
                            legal_policy_record_t *draft)
{
    *draft = (legal_policy_record_t){.state = LEGAL_POLICY_AT_NONE};
    return kt_fields_from_pb(call, &legal_policy_layout, &request->base, "", draft);
}

kt_status_t
legal_publish_from_pb(kt_call_t *call, const legal_publish_version_request_t *request,
                      legal_policy_version_record_t *draft, kt_span_t *text)
{
    *draft = (legal_policy_version_record_t){0};
    KT_TRY(kt_fields_from_pb(call, &legal_policy_version_layout, &request->base, "", draft));
    *text = kt_span(request->text.data, request->text.len);
    if (text->size == 0)
        return kt_call_bad_field(call, "is missing", "text");
    if (text->size > LEGAL_POLICY_TEXT_BYTES_MAX)
        return kt_call_bad_field(call, "has more than 49,152 bytes", "text");
    draft->size = (uint32_t)text->size;
    return kt_ok();
}

kt_status_t
legal_start_campaign_from_pb(kt_call_t *call, const legal_start_campaign_request_t *request,
                             legal_campaign_record_t *draft)
{
    const legal_day_record_t *days;

    *draft = (legal_campaign_record_t){.starts_on = legal_day_of(call->now_us)};
    KT_TRY(kt_fields_from_pb(call, &legal_campaign_layout, &request->base, "", draft));
    if (draft->due_on < draft->starts_on)
        return kt_call_bad_field(call, "lies before today", "due_on");
    days = (const legal_day_record_t *)draft->escalations.items;
    for (uint32_t i = 1; i < draft->escalations.count; i++)
        if (days[i].days <= days[i - 1].days)
            return kt_call_bad_field(call, "is not later than the day before it",
                                     "escalations[%u].days", (unsigned)i);
    return legal_name_or_new(call, draft->campaign, &draft->campaign);
}

kt_status_t
legal_attest_from_pb(kt_call_t *call, const legal_attest_request_t *request,
                     legal_attest_order_t *order)
{
    *order = (legal_attest_order_t){0};
    return kt_fields_from_pb(call, &legal_attest_layout, &request->base, "", order);
}

void
legal_date_tasks(legal_task_record_t *tasks, uint32_t count, int32_t date)
{
    for (uint32_t i = 0; i < count; i++)
        tasks[i].overdue = legal_is_open(&tasks[i]) && tasks[i].due_on < date;
}

kt_status_t
legal_policy_text_to_pb(kt_call_t *call, const legal_policy_version_record_t *version,
                        kt_span_t text, legal_policy_text_t *response)
{
    legal_policy_version_t *made = KT_ARENA_NEW(call->arena, legal_policy_version_t);

    if (!made)
        return kt_call_out_of_memory(call);
    *made = (legal_policy_version_t)LEGAL_POLICY_VERSION_INIT;
    response->version = made;
    response->text = (ProtobufCBinaryData){.len = text.size,
                                           .data = (uint8_t *)(uintptr_t)text.data};
    return kt_fields_to_pb(call, &legal_policy_version_layout, version, &made->base);
}
