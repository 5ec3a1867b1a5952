#include "domain/matters.h"

static const kt_field_t total_fields[] = {
    KT_F_TEXT(legal_total_record_t, currency, 3, KT_KEYED),
    KT_F_I64(legal_total_record_t, amount_minor, INT64_MIN, INT64_MAX, 0),
};
const kt_layout_t legal_total_layout = KT_LAYOUT("matter total", legal_total_record_t,
                                                 total_fields);

static const kt_field_t matter_fields[] = {
    KT_F_NAME(legal_matter_record_t, matter, LEGAL_NAME_BYTES_MAX, KT_KEYED),
    KT_F_TEXT(legal_matter_record_t, title, 200, KT_REQUIRED),
    KT_F_ENUM(legal_matter_record_t, kind, LEGAL_MATTER_KINDS, KT_REQUIRED),
    KT_F_TEXT(legal_matter_record_t, counterparty, 200, 0),
    KT_F_TEXT(legal_matter_record_t, requested_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_REQUIRED),
    KT_F_ENUM(legal_matter_record_t, state, LEGAL_MATTER_AT_COUNT - 1, KT_OUTPUT),
    KT_F_TEXT(legal_matter_record_t, assignee, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TEXT(legal_matter_record_t, outcome, 500, KT_OUTPUT),
    KT_F_TEXT(legal_matter_record_t, reopened_for, 500, KT_OUTPUT),
    KT_F_TEXT(legal_matter_record_t, opened_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_matter_record_t, opened_us, KT_OUTPUT),
    KT_F_TIME(legal_matter_record_t, changed_us, KT_OUTPUT),
    KT_F_U32(legal_matter_record_t, deadlines, 0, LEGAL_DEADLINES_MAX, KT_OUTPUT),
    KT_F_U32(legal_matter_record_t, holds, 0, LEGAL_HOLDS_MAX, KT_OUTPUT),
    KT_F_U32(legal_matter_record_t, costs, 0, LEGAL_COSTS_MAX, KT_OUTPUT),
    /* The last: not of what is stored. */
    KT_F_LIST(legal_matter_record_t, totals, &legal_total_layout, LEGAL_CURRENCIES_MAX, KT_OUTPUT),
};
const kt_layout_t legal_matter_layout = {
    .name = "matter",
    .size = sizeof(legal_matter_record_t),
    .fields = matter_fields,
    .count = KT_COUNT(matter_fields) - 1,
};
const kt_layout_t legal_matter_answer_layout = KT_LAYOUT("matter", legal_matter_record_t,
                                                         matter_fields);

static const kt_field_t deadline_fields[] = {
    KT_F_NAME(legal_deadline_record_t, matter, LEGAL_NAME_BYTES_MAX, KT_REQUIRED | KT_KEYED),
    KT_F_NAME(legal_deadline_record_t, deadline, LEGAL_NAME_BYTES_MAX, KT_KEYED),
    KT_F_DATE(legal_deadline_record_t, due_on, KT_REQUIRED),
    KT_F_TEXT(legal_deadline_record_t, what, 300, KT_REQUIRED),
    KT_F_ENUM(legal_deadline_record_t, source, LEGAL_SOURCES, KT_REQUIRED),
    KT_F_TEXT(legal_deadline_record_t, source_text, 300, KT_REQUIRED),
    KT_F_DATE(legal_deadline_record_t, met_on, KT_OUTPUT),
    KT_F_TEXT(legal_deadline_record_t, evidence, 300, KT_OUTPUT),
    KT_F_NAME(legal_deadline_record_t, superseded_by, LEGAL_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_TEXT(legal_deadline_record_t, order_text, 300, KT_OUTPUT),
    KT_F_DATE(legal_deadline_record_t, superseded_on, KT_OUTPUT),
    KT_F_NAME(legal_deadline_record_t, supersedes, LEGAL_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_TEXT(legal_deadline_record_t, added_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_deadline_record_t, added_us, KT_OUTPUT),
    /* The last: not of what is stored. */
    KT_F_ENUM(legal_deadline_record_t, state, LEGAL_DEADLINE_MISSED, KT_OUTPUT),
};
const kt_layout_t legal_deadline_layout = {
    .name = "deadline",
    .size = sizeof(legal_deadline_record_t),
    .fields = deadline_fields,
    .count = KT_COUNT(deadline_fields) - 1,
};
const kt_layout_t legal_deadline_answer_layout = KT_LAYOUT("deadline", legal_deadline_record_t,
                                                           deadline_fields);

static const kt_field_t meet_fields[] = {
    KT_F_NAME(legal_meet_order_t, matter, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(legal_meet_order_t, deadline, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_DATE(legal_meet_order_t, met_on, KT_REQUIRED),
    KT_F_TEXT(legal_meet_order_t, evidence, 300, KT_REQUIRED),
};
const kt_layout_t legal_meet_layout = KT_LAYOUT("meeting", legal_meet_order_t, meet_fields);

static const kt_field_t supersede_fields[] = {
    KT_F_NAME(legal_supersede_order_t, matter, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(legal_supersede_order_t, deadline, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(legal_supersede_order_t, order_text, 300, KT_REQUIRED),
    KT_F_NAME(legal_supersede_order_t, new_deadline, LEGAL_NAME_BYTES_MAX, 0),
    KT_F_DATE(legal_supersede_order_t, new_due_on, KT_REQUIRED),
};
const kt_layout_t legal_supersede_layout = KT_LAYOUT("superseding", legal_supersede_order_t,
                                                     supersede_fields);

static const kt_field_t cost_fields[] = {
    KT_F_NAME(legal_cost_record_t, matter, LEGAL_NAME_BYTES_MAX, KT_REQUIRED | KT_KEYED),
    KT_F_U32(legal_cost_record_t, number, 1, LEGAL_COSTS_MAX, KT_KEYED | KT_OUTPUT),
    KT_F_DATE(legal_cost_record_t, date, KT_REQUIRED),
    KT_F_TEXT(legal_cost_record_t, currency, 3, KT_REQUIRED),
    KT_F_I64(legal_cost_record_t, amount_minor, INT64_MIN, INT64_MAX, KT_REQUIRED),
    KT_F_TEXT(legal_cost_record_t, what, 300, KT_REQUIRED),
    KT_F_TEXT(legal_cost_record_t, added_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_cost_record_t, added_us, KT_OUTPUT),
};
const kt_layout_t legal_cost_layout = KT_LAYOUT("matter cost", legal_cost_record_t, cost_fields);

static const kt_field_t hold_fields[] = {
    KT_F_NAME(legal_hold_record_t, matter, LEGAL_NAME_BYTES_MAX, KT_REQUIRED | KT_KEYED),
    KT_F_NAME(legal_hold_record_t, hold, LEGAL_NAME_BYTES_MAX, KT_KEYED),
    KT_F_TEXT(legal_hold_record_t, scope, 400, KT_REQUIRED),
    KT_F_NAMES(legal_hold_record_t, custodians, LEGAL_NAME_BYTES_MAX, LEGAL_CUSTODIANS_MAX,
               KT_REQUIRED),
    KT_F_TEXT(legal_hold_record_t, placed_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_hold_record_t, placed_us, KT_OUTPUT),
    KT_F_TEXT(legal_hold_record_t, reason, 300, KT_OUTPUT),
    KT_F_TEXT(legal_hold_record_t, released_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_hold_record_t, released_us, KT_OUTPUT),
};
const kt_layout_t legal_hold_layout = KT_LAYOUT("legal hold", legal_hold_record_t, hold_fields);
