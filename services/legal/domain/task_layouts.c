#include "domain/tasks.h"

static const kt_field_t day_fields[] = {
    KT_F_U32(legal_day_record_t, days, 1, LEGAL_ESCALATION_DAYS_MAX, KT_REQUIRED),
};
static const kt_layout_t day_layout = KT_LAYOUT("escalation_day", legal_day_record_t, day_fields);

static const kt_field_t campaign_fields[] = {
    KT_F_NAME(legal_campaign_record_t, campaign, LEGAL_NAME_BYTES_MAX, KT_KEYED),
    KT_F_NAME(legal_campaign_record_t, policy, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_U32(legal_campaign_record_t, version, 1, LEGAL_POLICY_VERSIONS_MAX, KT_REQUIRED),
    KT_F_DATE(legal_campaign_record_t, starts_on, KT_OUTPUT),
    KT_F_DATE(legal_campaign_record_t, due_on, KT_REQUIRED),
    KT_F_LIST(legal_campaign_record_t, escalations, &day_layout, LEGAL_ESCALATION_LEVELS, 0),
    KT_F_TEXT(legal_campaign_record_t, started_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_campaign_record_t, started_us, KT_OUTPUT),
    KT_F_U32(legal_campaign_record_t, tasks, 0, UINT32_MAX, KT_OUTPUT),
    KT_F_BOOL(legal_campaign_record_t, more, KT_OUTPUT),
    KT_F_NAME(legal_campaign_record_t, reached, LEGAL_NAME_BYTES_MAX, KT_OUTPUT),
};
const kt_layout_t legal_campaign_layout = KT_LAYOUT("campaign", legal_campaign_record_t,
                                                    campaign_fields);

static const kt_field_t task_fields[] = {
    KT_F_NAME(legal_task_record_t, employee, LEGAL_NAME_BYTES_MAX, KT_KEYED),
    KT_F_NAME(legal_task_record_t, policy, LEGAL_NAME_BYTES_MAX, KT_KEYED),
    KT_F_U32(legal_task_record_t, version, 1, LEGAL_POLICY_VERSIONS_MAX, KT_KEYED),
    KT_F_ENUM(legal_task_record_t, state, LEGAL_TASK_AT_COUNT - 1, 0),
    KT_F_NAME(legal_task_record_t, campaign, LEGAL_NAME_BYTES_MAX, 0),
    KT_F_BOOL(legal_task_record_t, must_acknowledge, 0),
    KT_F_DATE(legal_task_record_t, asked_on, 0),
    KT_F_DATE(legal_task_record_t, counts_from, 0),
    KT_F_DATE(legal_task_record_t, due_on, 0),
    KT_F_LIST(legal_task_record_t, escalations, &day_layout, LEGAL_ESCALATION_LEVELS, 0),
    KT_F_TIME(legal_task_record_t, changed_us, 0),
    KT_F_BOOL(legal_task_record_t, overdue, 0), /* the last: not of what is stored */
};
const kt_layout_t legal_task_layout = {
    .name = "task",
    .size = sizeof(legal_task_record_t),
    .fields = task_fields,
    .count = KT_COUNT(task_fields) - 1,
};
const kt_layout_t legal_task_answer_layout = KT_LAYOUT("task", legal_task_record_t, task_fields);

static const kt_field_t attest_fields[] = {
    KT_F_NAME(legal_attest_order_t, employee, LEGAL_NAME_BYTES_MAX, 0),
    KT_F_NAME(legal_attest_order_t, policy, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_U32(legal_attest_order_t, version, 1, LEGAL_POLICY_VERSIONS_MAX, KT_REQUIRED),
    KT_F_HASH(legal_attest_order_t, sha256, KT_REQUIRED),
};
const kt_layout_t legal_attest_layout = KT_LAYOUT("attest", legal_attest_order_t, attest_fields);

static const kt_field_t escalation_fields[] = {
    KT_F_NAME(legal_escalation_record_t, employee, LEGAL_NAME_BYTES_MAX, KT_KEYED),
    KT_F_NAME(legal_escalation_record_t, policy, LEGAL_NAME_BYTES_MAX, KT_KEYED),
    KT_F_U32(legal_escalation_record_t, version, 1, LEGAL_POLICY_VERSIONS_MAX, KT_KEYED),
    KT_F_U32(legal_escalation_record_t, days, 1, LEGAL_ESCALATION_DAYS_MAX, KT_KEYED),
    KT_F_U32(legal_escalation_record_t, level, 1, LEGAL_ESCALATION_LEVELS, 0),
    KT_F_DATE(legal_escalation_record_t, passed_on, 0),
    KT_F_DATE(legal_escalation_record_t, due_on, 0),
    KT_F_TIME(legal_escalation_record_t, told_us, 0),
};
const kt_layout_t legal_escalation_layout = KT_LAYOUT("escalation", legal_escalation_record_t,
                                                      escalation_fields);

static const kt_field_t escalated_fields[] = {
    KT_F_LIST(legal_escalated_t, escalations, &legal_escalation_layout,
              LEGAL_ESCALATIONS_PER_CALL_MAX, 0),
    KT_F_BOOL(legal_escalated_t, more, 0),
};
const kt_layout_t legal_escalated_layout = KT_LAYOUT("escalated", legal_escalated_t,
                                                     escalated_fields);

static const kt_field_t retired_fields[] = {
    KT_F_PART(legal_retired_t, policy, &legal_policy_layout, 0),
    KT_F_U32(legal_retired_t, closed, 0, LEGAL_TASKS_PER_CALL_MAX, 0),
    KT_F_BOOL(legal_retired_t, more, 0),
};
const kt_layout_t legal_retired_layout = KT_LAYOUT("retired", legal_retired_t, retired_fields);

static const kt_field_t missing_fields[] = {
    KT_F_NAME(legal_missing_record_t, policy, LEGAL_NAME_BYTES_MAX, 0),
    KT_F_U32(legal_missing_record_t, version, 1, LEGAL_POLICY_VERSIONS_MAX, 0),
    KT_F_DATE(legal_missing_record_t, due_on, 0),
    KT_F_BOOL(legal_missing_record_t, overdue, 0),
    KT_F_BOOL(legal_missing_record_t, must_acknowledge, 0),
};
static const kt_layout_t missing_layout = KT_LAYOUT("missing", legal_missing_record_t,
                                                    missing_fields);

static const kt_field_t compliance_fields[] = {
    KT_F_NAME(legal_compliance_record_t, employee, LEGAL_NAME_BYTES_MAX, 0),
    KT_F_DATE(legal_compliance_record_t, on_date, 0),
    KT_F_BOOL(legal_compliance_record_t, complies, 0),
    KT_F_BOOL(legal_compliance_record_t, must_acknowledged, 0),
    KT_F_LIST(legal_compliance_record_t, missing, &missing_layout, LEGAL_POLICIES_MAX, 0),
};
const kt_layout_t legal_compliance_layout = KT_LAYOUT("compliance", legal_compliance_record_t,
                                                      compliance_fields);
