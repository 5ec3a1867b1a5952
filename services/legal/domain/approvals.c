#include "domain/approvals.h"

#include "domain/reason.h"

#include <kt/checked.h>

static const kt_field_t VALUE_FIELDS[] = {
    KT_F_TEXT(legal_value_row_t, currency, 3, KT_REQUIRED),
    KT_F_I64(legal_value_row_t, from_minor, 0, INT64_MAX, 0),
    KT_F_ENUM(legal_value_row_t, level, LEGAL_LEVEL_CEO, KT_REQUIRED),
};
const kt_layout_t legal_value_row_layout = KT_LAYOUT("value", legal_value_row_t, VALUE_FIELDS);

static const kt_field_t RISK_FIELDS[] = {
    KT_F_ENUM(legal_risk_row_t, risk, LEGAL_IS_HIGH, KT_REQUIRED),
    KT_F_ENUM(legal_risk_row_t, level, LEGAL_LEVEL_CEO, KT_REQUIRED),
};
const kt_layout_t legal_risk_row_layout = KT_LAYOUT("risk", legal_risk_row_t, RISK_FIELDS);

static const kt_field_t THRESHOLDS_FIELDS[] = {
    KT_F_U32(legal_thresholds_record_t, revision, 0, UINT32_MAX, KT_KEYED | KT_OUTPUT),
    KT_F_LIST(legal_thresholds_record_t, values, &legal_value_row_layout,
              LEGAL_THRESHOLD_VALUES_MAX, 0),
    KT_F_LIST(legal_thresholds_record_t, risks, &legal_risk_row_layout, LEGAL_THRESHOLD_RISKS_MAX,
              0),
    KT_F_TEXT(legal_thresholds_record_t, set_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_thresholds_record_t, set_us, KT_OUTPUT),
};
const kt_layout_t legal_thresholds_layout = KT_LAYOUT("thresholds", legal_thresholds_record_t,
                                                      THRESHOLDS_FIELDS);

static const kt_field_t APPROVAL_FIELDS[] = {
    KT_F_U32(legal_approval_record_t, round, 1, UINT32_MAX, KT_KEYED | KT_OUTPUT),
    KT_F_ENUM(legal_approval_record_t, level, LEGAL_LEVEL_CEO, KT_KEYED | KT_OUTPUT),
    KT_F_HASH(legal_approval_record_t, sha256, KT_OUTPUT),
    KT_F_TEXT(legal_approval_record_t, approver, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TEXT(legal_approval_record_t, on_behalf_of, LEGAL_PERSON_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_approval_record_t, given_us, KT_OUTPUT),
};
const kt_layout_t legal_approval_layout = KT_LAYOUT("approval", legal_approval_record_t,
                                                    APPROVAL_FIELDS);

/* ---- plans ---- */

uint32_t
legal_thresholds_double(const legal_thresholds_record_t *thresholds)
{
    const legal_value_row_t *rows = (const legal_value_row_t *)thresholds->values.items;
    for (uint32_t i = 1; i < thresholds->values.count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (rows[i].level == rows[j].level && kt_span_equal(rows[i].currency, rows[j].currency))
                return i;
    return thresholds->values.count;
}

/* What the values of VALUE's currency come to; false when that does not fit. */
static bool
add_up(const legal_group_t *group, kt_span_t currency, int64_t *sum)
{
    *sum = 0;
    for (uint32_t i = 0; i < group->count; i++)
        if (kt_span_equal(group->values[i].currency, currency) &&
            !kt_add_i64(*sum, group->values[i].minor, sum))
            return false;
    return true;
}

static uint32_t
plan_by_value(const legal_thresholds_record_t *thresholds, kt_span_t currency, int64_t sum)
{
    const legal_value_row_t *rows = (const legal_value_row_t *)thresholds->values.items;
    uint32_t plan = 0;
    bool known = false;
    for (uint32_t i = 0; i < thresholds->values.count; i++) {
        if (!kt_span_equal(rows[i].currency, currency))
            continue;
        known = true;
        if (sum >= rows[i].from_minor)
            plan |= LEGAL_LEVEL_BIT(rows[i].level);
    }
    return known || sum == 0 ? plan : LEGAL_PLAN_ALL;
}

uint32_t
legal_plan(const legal_thresholds_record_t *thresholds, const legal_group_t *group)
{
    const legal_risk_row_t *risks = (const legal_risk_row_t *)thresholds->risks.items;
    uint32_t plan = 0;
    if (thresholds->revision == 0 || group->beyond)
        return LEGAL_PLAN_ALL;
    for (uint32_t i = 0; i < group->count; i++) {
        int64_t sum;
        if (!add_up(group, group->values[i].currency, &sum))
            return LEGAL_PLAN_ALL;
        plan |= plan_by_value(thresholds, group->values[i].currency, sum);
    }
    for (uint32_t i = 0; i < thresholds->risks.count; i++)
        if (risks[i].risk == group->risk)
            plan |= LEGAL_LEVEL_BIT(risks[i].level);
    return plan ? plan : LEGAL_LEVEL_BIT(LEGAL_LEVEL_OFFICER);
}

/* ---- approvals ---- */

const char *
legal_level_role(uint32_t level)
{
    static const char *const roles[LEGAL_LEVELS_COUNT] = {"", "legal.officer", "finance.analyst",
                                                          "ceo"};
    KT_ASSERT(level < LEGAL_LEVELS_COUNT);
    return roles[level];
}

static bool
same_person(kt_span_t a, kt_span_t b)
{
    return a.size > 0 && kt_span_equal(a, b);
}

/* Whether the approver, or on whose behalf they call, has a part in an approval. */
static bool
has_part(const legal_try_t *tried, const legal_approval_record_t *approval)
{
    return same_person(tried->approver, approval->approver) ||
           same_person(tried->approver, approval->on_behalf_of) ||
           same_person(tried->on_behalf_of, approval->approver) ||
           same_person(tried->on_behalf_of, approval->on_behalf_of);
}

static kt_status_t
refuse(uint32_t reason, const char *text)
{
    return kt_error(KT_FAILED_PRECONDITION, reason, text);
}

kt_status_t
legal_check_approval(const legal_try_t *tried)
{
    if (!tried->fresh)
        return refuse(LEGAL_VERSION_STALE, "this is not the newest version: read that one first");
    if (tried->involved)
        return refuse(LEGAL_APPROVER_INVOLVED,
                      "nobody approves what they wrote, edited or asked for");
    if (tried->delegate)
        return refuse(LEGAL_APPROVER_DELEGATE,
                      "nobody approves on behalf of who wrote, edited or asked for it");
    if (!(tried->needed & LEGAL_LEVEL_BIT(tried->level)))
        return refuse(LEGAL_LEVEL_NOT_NEEDED, "the plan does not have this level");
    if (!tried->has_role)
        return refuse(LEGAL_LEVEL_ROLE, "the level belongs to another role");
    for (uint32_t i = 0; i < tried->given_count; i++)
        if (has_part(tried, &tried->given[i]))
            return refuse(LEGAL_APPROVER_REPEATS, "one person gives one level only");
    for (uint32_t i = 0; i < tried->given_count; i++)
        if (tried->given[i].level == tried->level)
            return refuse(LEGAL_LEVEL_GIVEN, "somebody else has given this level");
    return kt_ok();
}

uint32_t
legal_given(const legal_approval_record_t *given, uint32_t count,
            const uint8_t sha256[KT_HASH_BYTES])
{
    uint32_t levels = 0;
    for (uint32_t i = 0; i < count; i++)
        if (memcmp(given[i].sha256, sha256, KT_HASH_BYTES) == 0)
            levels |= LEGAL_LEVEL_BIT(given[i].level);
    return levels;
}
