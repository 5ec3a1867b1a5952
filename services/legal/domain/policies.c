#include "domain/policies.h"

#include "domain/reason.h"

static const kt_field_t employee_fields[] = {
    KT_F_NAME(legal_employee_record_t, employee, LEGAL_NAME_BYTES_MAX, KT_REQUIRED | KT_KEYED),
    KT_F_TEXT(legal_employee_record_t, principal, LEGAL_PRINCIPAL_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(legal_employee_record_t, unit, LEGAL_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(legal_employee_record_t, name, 200, KT_REQUIRED),
    KT_F_DATE(legal_employee_record_t, starts_on, KT_REQUIRED),
    KT_F_DATE(legal_employee_record_t, left_on, KT_OUTPUT),
    KT_F_TIME(legal_employee_record_t, enrolled_us, KT_OUTPUT),
    KT_F_TIME(legal_employee_record_t, closed_us, KT_OUTPUT),
};
const kt_layout_t legal_employee_layout = KT_LAYOUT("employee", legal_employee_record_t,
                                                    employee_fields);

static const kt_field_t policy_fields[] = {
    KT_F_NAME(legal_policy_record_t, policy, LEGAL_NAME_BYTES_MAX, KT_REQUIRED | KT_KEYED),
    KT_F_TEXT(legal_policy_record_t, title, 200, KT_REQUIRED),
    KT_F_BOOL(legal_policy_record_t, must_acknowledge, 0),
    KT_F_NAMES(legal_policy_record_t, units, LEGAL_NAME_BYTES_MAX, LEGAL_POLICY_UNITS_MAX, 0),
    KT_F_ENUM(legal_policy_record_t, state, LEGAL_POLICY_AT_COUNT - 1, KT_OUTPUT),
    KT_F_U32(legal_policy_record_t, versions, 0, LEGAL_POLICY_VERSIONS_MAX, KT_OUTPUT),
    KT_F_NAME(legal_policy_record_t, campaign, LEGAL_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_policy_record_t, created_us, KT_OUTPUT),
    KT_F_TIME(legal_policy_record_t, retired_us, KT_OUTPUT),
};
const kt_layout_t legal_policy_layout = KT_LAYOUT("policy", legal_policy_record_t, policy_fields);

static const kt_field_t version_fields[] = {
    KT_F_NAME(legal_policy_version_record_t, policy, LEGAL_NAME_BYTES_MAX, KT_REQUIRED | KT_KEYED),
    KT_F_U32(legal_policy_version_record_t, version, 1, LEGAL_POLICY_VERSIONS_MAX,
             KT_KEYED | KT_OUTPUT),
    KT_F_HASH(legal_policy_version_record_t, sha256, KT_OUTPUT),
    KT_F_U32(legal_policy_version_record_t, size, 1, LEGAL_POLICY_TEXT_BYTES_MAX, KT_OUTPUT),
    KT_F_DATE(legal_policy_version_record_t, effective_from, KT_REQUIRED),
    KT_F_TEXT(legal_policy_version_record_t, published_by, LEGAL_PRINCIPAL_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(legal_policy_version_record_t, published_us, KT_OUTPUT),
};
const kt_layout_t legal_policy_version_layout = KT_LAYOUT(
    "policy_version", legal_policy_version_record_t, version_fields);

static const char *const policy_states[] = {"NONE", "DRAFT", "PUBLISHED", "RETIRED"};
static const char *const policy_commands[] = {"create", "publish", "start campaign", "retire"};
static const kt_transition_t policy_rows[] = {
    {LEGAL_POLICY_AT_NONE, LEGAL_POLICY_CREATE, KT_UNGUARDED, LEGAL_POLICY_AT_DRAFT, NULL},
    {LEGAL_POLICY_AT_DRAFT, LEGAL_POLICY_PUBLISH, KT_UNGUARDED, LEGAL_POLICY_AT_PUBLISHED, NULL},
    {LEGAL_POLICY_AT_DRAFT, LEGAL_POLICY_RETIRE, KT_UNGUARDED, LEGAL_POLICY_AT_RETIRED, NULL},
    {LEGAL_POLICY_AT_PUBLISHED, LEGAL_POLICY_PUBLISH, KT_UNGUARDED, LEGAL_POLICY_AT_PUBLISHED,
     NULL},
    {LEGAL_POLICY_AT_PUBLISHED, LEGAL_POLICY_START_CAMPAIGN, KT_UNGUARDED,
     LEGAL_POLICY_AT_PUBLISHED, NULL},
    {LEGAL_POLICY_AT_PUBLISHED, LEGAL_POLICY_RETIRE, KT_UNGUARDED, LEGAL_POLICY_AT_RETIRED, NULL},
    {LEGAL_POLICY_AT_RETIRED, LEGAL_POLICY_RETIRE, KT_UNGUARDED, LEGAL_POLICY_AT_RETIRED, NULL},
};
const kt_machine_t legal_policy_machine = {
    .name = "legal.policy",
    .states = policy_states,
    .states_count = KT_COUNT(policy_states),
    .commands = policy_commands,
    .commands_count = KT_COUNT(policy_commands),
    .rows = policy_rows,
    .rows_count = KT_COUNT(policy_rows),
    .first = LEGAL_POLICY_AT_NONE,
};

bool
legal_is_for(const legal_policy_record_t *policy, kt_span_t unit)
{
    const kt_span_t *units = (const kt_span_t *)policy->units.items;

    for (uint32_t i = 0; i < policy->units.count; i++)
        if (kt_span_equal(units[i], unit))
            return true;
    return policy->units.count == 0;
}

/* ---- policies ---- */

static kt_status_t
step(const legal_actor_t *actor, legal_policy_record_t *policy, legal_policy_command_t command)
{
    return legal_actor_step(actor, &legal_policy_machine, policy->state, command, 0,
                            LEGAL_POLICY_STATE, &policy->state);
}

kt_status_t
legal_decide_create_policy(const legal_actor_t *actor, bool there, uint32_t policies,
                           legal_policy_record_t *policy)
{
    if (there)
        return legal_refusal(actor, KT_ALREADY_EXISTS, LEGAL_POLICY_EXISTS,
                             "there is such a policy already", policy->policy);
    KT_TRY(step(actor, policy, LEGAL_POLICY_CREATE));
    if (policies >= LEGAL_POLICIES_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_POLICIES,
                        "there are 200 policies: publish a version of one of them");
    policy->created_us = actor->now_us;
    return kt_ok();
}

kt_status_t
legal_decide_publish(const legal_actor_t *actor, const legal_policy_version_record_t *newest,
                     legal_policy_record_t *policy, legal_policy_version_record_t *version)
{
    legal_policy_record_t after = *policy;

    if (newest && memcmp(newest->sha256, version->sha256, KT_HASH_BYTES) == 0)
        return kt_error(KT_ALREADY_EXISTS, LEGAL_POLICY_VERSION_EXISTS,
                        "the newest version has this text");
    KT_TRY(step(actor, &after, LEGAL_POLICY_PUBLISH));
    if (newest && version->effective_from < newest->effective_from)
        return kt_error(KT_FAILED_PRECONDITION, LEGAL_POLICY_VERSION_ORDER,
                        "the version before it is in effect later");
    if (policy->versions >= LEGAL_POLICY_VERSIONS_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, LEGAL_TOO_MANY_POLICY_VERSIONS,
                        "the policy has 1,000 versions: create another policy");
    after.versions++;
    *policy = after;
    version->version = after.versions;
    version->published_by = actor->principal;
    version->published_us = actor->now_us;
    return kt_ok();
}

kt_status_t
legal_decide_retire(const legal_actor_t *actor, legal_policy_record_t *policy)
{
    bool was_retired = policy->state == LEGAL_POLICY_AT_RETIRED;

    KT_TRY(step(actor, policy, LEGAL_POLICY_RETIRE));
    if (!was_retired)
        policy->retired_us = actor->now_us;
    return kt_ok();
}

/* ---- staff ---- */

bool
legal_same_employee(const legal_employee_record_t *there, const legal_employee_record_t *draft)
{
    return kt_span_equal(there->principal, draft->principal) &&
           kt_span_equal(there->unit, draft->unit) && kt_span_equal(there->name, draft->name) &&
           there->starts_on == draft->starts_on;
}

kt_status_t
legal_decide_close_employee(const legal_actor_t *actor, int32_t left_on,
                            legal_employee_record_t *employee, bool *changes)
{
    *changes = !legal_is_closed(employee);
    if (!*changes && employee->left_on != left_on)
        return legal_refusal(actor, KT_FAILED_PRECONDITION, LEGAL_EMPLOYEE_LEFT,
                             "the employee is closed, with another date", employee->employee);
    if (*changes) {
        employee->left_on = left_on;
        employee->closed_us = actor->now_us;
    }
    return kt_ok();
}
