/* staff.h: calls of Policies in a room, for tests. The officer is "lea", the CEO "cleo"; an
 * employee ana calls as "ana.k". */
#ifndef LEGAL_TEST_STAFF_H
#define LEGAL_TEST_STAFF_H

#include "room.h"

#include "domain/reason.h"
#include "service.h"

#include <kantor/legal/v1/policies.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/sha256.h>
#include <kt/time.h>

#define BAD_FIELD RPC_REASON_BAD_FIELD

/* What protobuf-c wants as char *. */
static inline char *
text_of(const char *text)
{
    return (char *)(uintptr_t)text;
}

static inline room_t *
staff_open(void)
{
    room_t *room = room_open(legal_service());
    room_as(room, "lea", "legal.officer");
    return room;
}

/* The clock goes to the N-th day after a room's first, at nine. */
static inline void
staff_day(room_t *room, int32_t n)
{
    room_set_now(room, ROOM_NOW_US + n * KT_US_PER_DAY);
}

static inline kt_status_t
enrol_as(room_t *room, const char *employee, const char *principal, const char *unit,
         const char *starts_on)
{
    legal_enrol_employee_request_t request = LEGAL_ENROL_EMPLOYEE_REQUEST_INIT;
    request.employee = text_of(employee);
    request.principal = text_of(principal);
    request.unit = text_of(unit);
    request.name = text_of("A. Person");
    request.starts_on = text_of(starts_on);
    return room_call(room, "Policies/EnrolEmployee", &request.base, NULL);
}

/* EMPLOYEE of sales, since long, calling as EMPLOYEE.k. */
static inline kt_status_t
enrol(room_t *room, const char *employee)
{
    char principal[80];
    snprintf(principal, sizeof principal, "%s.k", employee);
    return enrol_as(room, employee, principal, "sales", "2020-01-01");
}

static inline kt_status_t
close_employee(room_t *room, const char *employee, const char *left_on)
{
    legal_close_employee_request_t request = LEGAL_CLOSE_EMPLOYEE_REQUEST_INIT;
    request.employee = text_of(employee);
    request.left_on = text_of(left_on);
    return room_call(room, "Policies/CloseEmployee", &request.base, NULL);
}

static inline kt_status_t
create_policy(room_t *room, const char *policy, bool must, const char *unit)
{
    legal_create_policy_request_t request = LEGAL_CREATE_POLICY_REQUEST_INIT;
    char *units[] = {text_of(unit)};
    request.policy = text_of(policy);
    request.title = text_of("A policy");
    request.must_acknowledge = must;
    request.units = units;
    request.n_units = unit[0] ? 1 : 0;
    return room_call(room, "Policies/CreatePolicy", &request.base, NULL);
}

static inline kt_status_t
publish(room_t *room, const char *policy, const char *text, const char *effective_from)
{
    legal_publish_version_request_t request = LEGAL_PUBLISH_VERSION_REQUEST_INIT;
    request.policy = text_of(policy);
    request.text.data = (uint8_t *)(uintptr_t)text;
    request.text.len = strlen(text);
    request.effective_from = text_of(effective_from);
    return room_call(room, "Policies/PublishVersion", &request.base, NULL);
}

static inline kt_status_t
retire(room_t *room, const char *policy, const legal_retire_policy_response_t **answer)
{
    legal_retire_policy_request_t request = LEGAL_RETIRE_POLICY_REQUEST_INIT;
    request.policy = text_of(policy);
    return room_call(room, "Policies/RetirePolicy", &request.base, (const void **)answer);
}

static inline kt_status_t
start_campaign(room_t *room, const char *campaign, const char *policy, uint32_t version,
               const char *due_on, const legal_campaign_t **answer)
{
    legal_start_campaign_request_t request = LEGAL_START_CAMPAIGN_REQUEST_INIT;
    request.campaign = text_of(campaign);
    request.policy = text_of(policy);
    request.version = version;
    request.due_on = text_of(due_on);
    return room_call(room, "Policies/StartCampaign", &request.base, (const void **)answer);
}

static inline kt_status_t
continue_campaign(room_t *room, const char *campaign, const legal_campaign_t **answer)
{
    legal_continue_campaign_request_t request = LEGAL_CONTINUE_CAMPAIGN_REQUEST_INIT;
    request.campaign = text_of(campaign);
    return room_call(room, "Policies/ContinueCampaign", &request.base, (const void **)answer);
}

/* As EMPLOYEE in person, of the text that is given; the caller is the officer again afterwards. */
static inline kt_status_t
attest_of(room_t *room, const char *employee, const char *named, const char *policy,
          uint32_t version, const char *text)
{
    legal_attest_request_t request = LEGAL_ATTEST_REQUEST_INIT;
    kt_hash_t hash = kt_sha256(kt_span_str(text));
    char principal[80];
    snprintf(principal, sizeof principal, "%s.k", employee);
    request.employee = text_of(named);
    request.policy = text_of(policy);
    request.version = version;
    request.sha256.data = hash.bytes;
    request.sha256.len = sizeof hash.bytes;
    room_as(room, principal, "employee");
    kt_status_t status = room_call(room, "Policies/Attest", &request.base, NULL);
    room_as(room, "lea", "legal.officer");
    return status;
}

static inline kt_status_t
attest(room_t *room, const char *employee, const char *policy, uint32_t version, const char *text)
{
    return attest_of(room, employee, "", policy, version, text);
}

static inline const legal_compliance_t *
comply(room_t *room, const char *employee, const char *on_date)
{
    legal_check_compliance_request_t request = LEGAL_CHECK_COMPLIANCE_REQUEST_INIT;
    const void *answer = NULL;
    request.employee = text_of(employee);
    request.on_date = text_of(on_date);
    assert_ok(room_call(room, "Policies/CheckCompliance", &request.base, &answer));
    return (const legal_compliance_t *)answer;
}

static inline const legal_run_escalations_response_t *
escalate(room_t *room, const char *on_date)
{
    legal_run_escalations_request_t request = LEGAL_RUN_ESCALATIONS_REQUEST_INIT;
    const void *answer = NULL;
    request.on_date = text_of(on_date);
    assert_ok(room_call(room, "Policies/RunEscalations", &request.base, &answer));
    return (const legal_run_escalations_response_t *)answer;
}

static inline const legal_list_tasks_response_t *
tasks_of(room_t *room, const char *employee)
{
    legal_list_tasks_request_t request = LEGAL_LIST_TASKS_REQUEST_INIT;
    const void *answer = NULL;
    request.employee = text_of(employee);
    assert_ok(room_call(room, "Policies/ListTasks", &request.base, &answer));
    return (const legal_list_tasks_response_t *)answer;
}

/* The value of the newest event of employee.policies for EMPLOYEE, "" when there is none. */
static inline const char *
told_policies(room_t *room, const char *employee)
{
    for (uint64_t n = room_events(room); n > 0; n--) {
        const kt_event_t *event = room_event(room, n);
        const kt_event_value_t *values = (const kt_event_value_t *)event->values.items;
        if (kt_span_equal(event->type, kt_span_str("employee.policies")) &&
            kt_span_equal(event->subject, kt_span_str(employee)))
            return (const char *)values[0].value.data;
    }
    return "";
}

/* How many events of TYPE there are. */
static inline uint32_t
count_told(room_t *room, const char *type)
{
    uint32_t count = 0;
    for (uint64_t n = room_events(room); n > 0; n--)
        count += strcmp(room_event_type(room, n), type) == 0 ? 1 : 0;
    return count;
}

#endif
