/* Campaigns, attestations, escalations and compliance, through the department. The room's first day
 * is 2026-11-02. */
#include "staff.h"

#include <kt/prng.h>

/* A room with policy "conduct", to be acknowledged by all, in version 1, "be kind". */
static room_t *
open_conduct(void)
{
    room_t *room = staff_open();
    assert_ok(create_policy(room, "conduct", true, ""));
    assert_ok(publish(room, "conduct", "be kind", "2026-01-01"));
    return room;
}

/* ---- campaigns ---- */

static void
a_campaign_asks_who_is_there_and_who_comes(void **state)
{
    (void)state;
    room_t *room = staff_open();
    const legal_campaign_t *campaign;
    assert_ok(create_policy(room, "gifts", false, "sales"));
    assert_ok(publish(room, "gifts", "none", "2026-01-01"));
    assert_ok(enrol(room, "ana"));
    assert_ok(enrol_as(room, "bo", "bo.k", "it", "2020-01-01"));
    assert_int_equal(tasks_of(room, "ana")->n_tasks, 0);
    assert_ok(start_campaign(room, "autumn", "gifts", 1, "2026-11-16", &campaign));
    assert_int_equal(campaign->tasks, 1);
    assert_false(campaign->more);
    assert_int_equal(campaign->n_escalations, 3);
    assert_string_equal(campaign->starts_on, "2026-11-02");

    staff_day(room, 5);
    assert_ok(enrol_as(room, "cy", "cy.k", "sales", "2026-12-01"));
    const legal_task_t *task = tasks_of(room, "cy")->tasks[0];
    assert_string_equal(task->asked_on, "2026-11-07");
    assert_string_equal(task->counts_from, "2026-12-01");
    assert_string_equal(task->due_on, "2026-12-15");
    assert_string_equal(task->campaign, "autumn");
    assert_string_equal(tasks_of(room, "ana")->tasks[0]->due_on, "2026-11-16");
    assert_int_equal(tasks_of(room, "bo")->n_tasks, 0);
    assert_string_equal(told_policies(room, "cy"), "true");
    room_close(&room);
}

static void
campaigns_are_refused(void **state)
{
    (void)state;
    room_t *room = open_conduct();
    assert_status(start_campaign(room, "c", "none", 1, "2026-12-01", NULL), KT_NOT_FOUND,
                  LEGAL_POLICY_UNKNOWN);
    assert_status(start_campaign(room, "c", "conduct", 2, "2026-12-01", NULL), KT_NOT_FOUND,
                  LEGAL_POLICY_VERSION_UNKNOWN);
    assert_status(start_campaign(room, "c", "conduct", 1, "2026-11-01", NULL), KT_INVALID_ARGUMENT,
                  BAD_FIELD);
    assert_status(start_campaign(room, "c", "conduct", 0, "2026-12-01", NULL), KT_INVALID_ARGUMENT,
                  BAD_FIELD);
    assert_status(continue_campaign(room, "c", NULL), KT_NOT_FOUND, LEGAL_CAMPAIGN_UNKNOWN);
    assert_int_equal(room_refusals(room), 0);
    assert_ok(start_campaign(room, "c", "conduct", 1, "2026-12-01", NULL));
    assert_status(start_campaign(room, "c", "conduct", 1, "2026-12-01", NULL), KT_ALREADY_EXISTS,
                  LEGAL_CAMPAIGN_EXISTS);
    assert_status(start_campaign(room, "d", "conduct", 1, "2026-12-01", NULL),
                  KT_FAILED_PRECONDITION, LEGAL_CAMPAIGN_STALE);
    assert_ok(publish(room, "conduct", "be kinder", "2026-11-02"));
    assert_ok(start_campaign(room, "d", "conduct", 2, "2026-12-01", NULL));
    assert_status(continue_campaign(room, "c", NULL), KT_FAILED_PRECONDITION, LEGAL_CAMPAIGN_OVER);
    assert_ok(retire(room, "conduct", NULL));
    assert_status(continue_campaign(room, "d", NULL), KT_FAILED_PRECONDITION, LEGAL_CAMPAIGN_OVER);
    assert_status(start_campaign(room, "e", "conduct", 2, "2026-12-01", NULL),
                  KT_FAILED_PRECONDITION, LEGAL_POLICY_STATE);
    assert_status(publish(room, "conduct", "be kindest", "2026-11-02"), KT_FAILED_PRECONDITION,
                  LEGAL_POLICY_STATE);
    assert_int_equal(room_refusals(room), 5);
    room_close(&room);
}

static void
days_of_a_campaign_ascend(void **state)
{
    (void)state;
    room_t *room = open_conduct();
    legal_start_campaign_request_t request = LEGAL_START_CAMPAIGN_REQUEST_INIT;
    legal_escalation_day_t days[4] = {LEGAL_ESCALATION_DAY_INIT, LEGAL_ESCALATION_DAY_INIT,
                                      LEGAL_ESCALATION_DAY_INIT, LEGAL_ESCALATION_DAY_INIT};
    legal_escalation_day_t *list[] = {&days[0], &days[1], &days[2], &days[3]};
    static const struct {
        uint32_t count, days[4];
        kt_code_t code;
    } rows[] = {
        {4, {1, 2, 3, 4}, KT_INVALID_ARGUMENT},
        {2, {5, 5, 0, 0}, KT_INVALID_ARGUMENT},
        {1, {0, 0, 0, 0}, KT_INVALID_ARGUMENT},
        {1, {366, 0, 0, 0}, KT_INVALID_ARGUMENT},
        {3, {1, 2, 365, 0}, KT_OK},
    };
    request.policy = text_of("conduct");
    request.version = 1;
    request.due_on = text_of("2026-12-01");
    request.escalations = list;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        request.n_escalations = rows[i].count;
        for (size_t j = 0; j < 4; j++)
            days[j].days = rows[i].days[j];
        assert_status(room_call(room, "Policies/StartCampaign", &request.base, NULL), rows[i].code,
                      rows[i].code == KT_OK ? 0 : BAD_FIELD);
    }
    /* The service gave it a name. */
    legal_list_campaigns_request_t list_all = LEGAL_LIST_CAMPAIGNS_REQUEST_INIT;
    const void *answer = NULL;
    assert_ok(room_call(room, "Policies/ListCampaigns", &list_all.base, &answer));
    const legal_list_campaigns_response_t *all = (const legal_list_campaigns_response_t *)answer;
    assert_int_equal(all->n_campaigns, 1);
    legal_get_campaign_request_t get = LEGAL_GET_CAMPAIGN_REQUEST_INIT;
    get.campaign = all->campaigns[0]->campaign;
    assert_ok(room_call(room, "Policies/GetCampaign", &get.base, &answer));
    assert_int_equal(((const legal_campaign_t *)answer)->escalations[2]->days, 365);
    get.campaign = text_of("none");
    assert_status(room_call(room, "Policies/GetCampaign", &get.base, NULL), KT_NOT_FOUND,
                  LEGAL_CAMPAIGN_UNKNOWN);
    room_close(&room);
}

static void
enrol_many(room_t *room, unsigned count)
{
    char name[16];
    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof name, "e%03u", i);
        assert_ok(enrol(room, name));
    }
    room_forget(room);
}

static void
a_large_campaign_goes_on_and_is_honest_meanwhile(void **state)
{
    (void)state;
    room_t *room = open_conduct();
    const legal_campaign_t *campaign;
    enrol_many(room, 230);
    assert_ok(attest(room, "e000", "conduct", 1, "be kind"));
    assert_ok(attest(room, "e229", "conduct", 1, "be kind"));
    assert_string_equal(told_policies(room, "e229"), "true");
    assert_ok(publish(room, "conduct", "be kinder", "2026-11-02"));
    assert_ok(start_campaign(room, "c", "conduct", 2, "2026-11-16", &campaign));
    assert_int_equal(campaign->tasks, 100);
    assert_true(campaign->more);
    assert_string_equal(told_policies(room, "e000"), "false");
    assert_string_equal(told_policies(room, "e229"), "true");
    /* Not reached yet, but asked all the same. */
    assert_int_equal(comply(room, "e229", "")->missing[0]->version, 2);
    assert_status(attest(room, "e228", "conduct", 1, "be kind"), KT_FAILED_PRECONDITION,
                  LEGAL_TASK_STALE);
    assert_ok(attest(room, "e228", "conduct", 2, "be kinder"));
    assert_string_equal(told_policies(room, "e228"), "true");
    assert_ok(enrol(room, "e999")); /* who comes meanwhile is not asked twice */
    staff_day(room, 1);
    assert_ok(continue_campaign(room, "c", &campaign));
    assert_int_equal(campaign->tasks, 200);
    assert_ok(continue_campaign(room, "c", &campaign));
    assert_int_equal(campaign->tasks, 229);
    assert_false(campaign->more);
    assert_string_equal(told_policies(room, "e229"), "false");
    assert_ok(continue_campaign(room, "c", &campaign));
    assert_int_equal(campaign->tasks, 229);
    const legal_list_tasks_response_t *tasks = tasks_of(room, "e229");
    assert_int_equal(tasks->n_tasks, 2);
    assert_int_equal(tasks->tasks[0]->state, LEGAL_TASK_STATE_TASK_ATTESTED);
    assert_string_equal(tasks->tasks[1]->asked_on, "2026-11-02");
    assert_int_equal(tasks_of(room, "e100")->tasks[0]->state, LEGAL_TASK_STATE_TASK_SUPERSEDED);
    assert_int_equal(tasks_of(room, "e999")->n_tasks, 1);
    room_close(&room);
}

#define LONG_NAME "a23456789012345678901234567890123456789012345678901234567890123"

/* The most that a campaign's call changes still fits into its journal record: a hundred tasks made
 * and a hundred superseded, all with the longest names. */
static void
the_largest_step_of_a_campaign_fits(void **state)
{
    (void)state;
    room_t *room = staff_open();
    const legal_campaign_t *campaign;
    const legal_retire_policy_response_t *retired;
    char name[64], principal[16];
    assert_ok(create_policy(room, LONG_NAME, true, ""));
    assert_ok(publish(room, LONG_NAME, "one", "2026-01-01"));
    assert_ok(start_campaign(room, LONG_NAME, LONG_NAME, 1, "2026-12-01", NULL));
    for (unsigned i = 0; i < 101; i++) {
        snprintf(name, sizeof name, "e%062u", i);
        snprintf(principal, sizeof principal, "p%u", i);
        assert_ok(enrol_as(room, name, principal, "sales", "2020-01-01"));
    }
    assert_ok(publish(room, LONG_NAME, "two", "2026-01-01"));
    assert_ok(start_campaign(room,
                             "c23456789012345678901234567890123456789012345678901234567890123",
                             LONG_NAME, 2, "2026-12-01", &campaign));
    assert_int_equal(campaign->tasks, 100);
    assert_true(campaign->more);
    staff_day(room, 21);
    assert_int_equal(escalate(room, "")->n_escalations, 100);
    assert_ok(retire(room, LONG_NAME, &retired));
    assert_int_equal(retired->closed, 100);
    room_close(&room);
}

static void
retiring_closes_what_is_open(void **state)
{
    (void)state;
    room_t *room = open_conduct();
    const legal_retire_policy_response_t *answer;
    enrol_many(room, 130);
    assert_status(retire(room, "none", NULL), KT_NOT_FOUND, LEGAL_POLICY_UNKNOWN);
    assert_ok(retire(room, "conduct", &answer));
    assert_int_equal(answer->closed, 100);
    assert_true(answer->more);
    assert_int_equal(answer->policy->state, LEGAL_POLICY_STATE_POLICY_RETIRED);
    assert_string_equal(told_policies(room, "e000"), "true");
    /* Not closed yet, but not asked any more. */
    assert_true(comply(room, "e129", "")->complies);
    assert_status(attest(room, "e129", "conduct", 1, "be kind"), KT_FAILED_PRECONDITION,
                  LEGAL_TASK_STATE);
    assert_int_equal(escalate(room, "2026-11-03")->n_escalations, 0);
    staff_day(room, 60);
    assert_int_equal(escalate(room, "")->n_escalations, 0);
    assert_ok(retire(room, "conduct", &answer));
    assert_int_equal(answer->closed, 30);
    assert_false(answer->more);
    assert_int_equal(answer->policy->retired_us, ROOM_NOW_US);
    assert_string_equal(told_policies(room, "e129"), "true");
    room_close(&room);
}

/* ---- attesting ---- */

static void
only_in_person_the_text_that_is_asked(void **state)
{
    (void)state;
    room_t *room = open_conduct();
    assert_ok(enrol(room, "ana"));
    assert_ok(enrol(room, "bo"));
    assert_status(attest(room, "ana", "none", 1, "be kind"), KT_NOT_FOUND, LEGAL_POLICY_UNKNOWN);
    assert_status(attest(room, "ana", "conduct", 2, "be kind"), KT_NOT_FOUND,
                  LEGAL_POLICY_VERSION_UNKNOWN);
    assert_status(attest(room, "ana", "conduct", 0, "be kind"), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(attest_of(room, "ana", "bo", "conduct", 1, "be kind"), KT_FAILED_PRECONDITION,
                  LEGAL_TASK_NOT_YOURS);
    assert_status(attest(room, "zoe", "conduct", 1, "be kind"), KT_FAILED_PRECONDITION,
                  LEGAL_TASK_NOT_YOURS);
    room_on_behalf_of(room, "bo.k");
    assert_status(attest(room, "ana", "conduct", 1, "be kind"), KT_FAILED_PRECONDITION,
                  LEGAL_TASK_NOT_YOURS);
    assert_status(attest(room, "ana", "conduct", 1, "be rude"), KT_FAILED_PRECONDITION,
                  LEGAL_TASK_OTHER_TEXT);
    assert_int_equal(room_refusals(room), 4);
    const kt_refusal_t *refusal = room_refusal(room);
    assert_span_equal(refusal->subject, kt_span_str("policy conduct"));
    assert_span_equal(refusal->state, kt_span_str("OPEN"));
    assert_span_equal(refusal->command, kt_span_str("attest"));
    assert_string_equal(told_policies(room, "ana"), "false");
    assert_ok(attest_of(room, "ana", "ana", "conduct", 1, "be kind"));
    assert_string_equal(told_policies(room, "ana"), "true");
    assert_string_equal(told_policies(room, "bo"), "false");
    uint64_t events = room_events(room);
    assert_ok(attest(room, "ana", "conduct", 1, "be kind"));
    assert_int_equal(room_events(room), events);
    room_close(&room);
}

static void
a_published_version_supersedes_only_by_a_campaign(void **state)
{
    (void)state;
    room_t *room = open_conduct();
    assert_ok(enrol(room, "ana"));
    assert_ok(enrol(room, "bo"));
    assert_ok(publish(room, "conduct", "be kinder", "2026-11-02"));
    assert_status(attest(room, "ana", "conduct", 2, "be kinder"), KT_NOT_FOUND, LEGAL_TASK_UNKNOWN);
    assert_ok(attest(room, "ana", "conduct", 1, "be kind"));
    assert_ok(enrol(room, "cy")); /* who comes now is asked what is in effect */
    assert_int_equal(tasks_of(room, "cy")->tasks[0]->version, 2);
    assert_ok(start_campaign(room, "c", "conduct", 2, "2026-11-16", NULL));
    assert_status(attest(room, "bo", "conduct", 1, "be kind"), KT_FAILED_PRECONDITION,
                  LEGAL_TASK_STALE);
    assert_ok(attest(room, "ana", "conduct", 1, "be kind")); /* it was attested */
    assert_string_equal(told_policies(room, "ana"), "false");
    assert_ok(attest(room, "ana", "conduct", 2, "be kinder"));
    assert_string_equal(told_policies(room, "ana"), "true");
    assert_int_equal(tasks_of(room, "cy")->n_tasks, 1);
    room_close(&room);
}

static void
tasks_are_private(void **state)
{
    (void)state;
    room_t *room = open_conduct();
    legal_list_tasks_request_t request = LEGAL_LIST_TASKS_REQUEST_INIT;
    const void *answer = NULL;
    assert_ok(enrol(room, "ana"));
    assert_ok(enrol(room, "bo"));
    room_as(room, "ana.k", "employee");
    assert_ok(room_call(room, "Policies/ListTasks", &request.base, &answer));
    assert_string_equal(((const legal_list_tasks_response_t *)answer)->tasks[0]->employee, "ana");
    request.employee = text_of("ana");
    assert_ok(room_call(room, "Policies/ListTasks", &request.base, NULL));
    request.employee = text_of("bo");
    assert_status(room_call(room, "Policies/ListTasks", &request.base, NULL), KT_PERMISSION_DENIED,
                  LEGAL_TASK_NOT_YOURS);
    room_as(room, "zoe.k", "employee");
    request.employee = text_of("");
    assert_status(room_call(room, "Policies/ListTasks", &request.base, NULL), KT_NOT_FOUND,
                  LEGAL_EMPLOYEE_UNKNOWN);
    room_as(room, "olga", "auditor");
    request.employee = text_of("zoe");
    assert_status(room_call(room, "Policies/ListTasks", &request.base, NULL), KT_NOT_FOUND,
                  LEGAL_EMPLOYEE_UNKNOWN);
    request.on_date = text_of("soon");
    assert_status(room_call(room, "Policies/ListTasks", &request.base, NULL), KT_INVALID_ARGUMENT,
                  BAD_FIELD);
    room_close(&room);
}

static void
open_tasks_of_a_policy_are_listed(void **state)
{
    (void)state;
    room_t *room = open_conduct();
    legal_list_open_tasks_request_t request = LEGAL_LIST_OPEN_TASKS_REQUEST_INIT;
    const void *answer = NULL;
    assert_ok(enrol(room, "ana"));
    assert_ok(enrol(room, "bo"));
    assert_ok(enrol(room, "cy"));
    assert_ok(attest(room, "bo", "conduct", 1, "be kind"));
    request.policy = text_of("conduct");
    request.on_date = text_of("2026-11-03");
    request.page_size = 1;
    assert_ok(room_call(room, "Policies/ListOpenTasks", &request.base, &answer));
    const legal_list_open_tasks_response_t *page = (const legal_list_open_tasks_response_t *)answer;
    assert_int_equal(page->n_tasks, 1);
    assert_string_equal(page->tasks[0]->employee, "ana");
    assert_true(page->tasks[0]->overdue);
    request.page_token = page->next_page_token;
    request.on_date = text_of("2026-11-02");
    assert_ok(room_call(room, "Policies/ListOpenTasks", &request.base, &answer));
    page = (const legal_list_open_tasks_response_t *)answer;
    assert_string_equal(page->tasks[0]->employee, "cy");
    assert_false(page->tasks[0]->overdue);
    assert_string_equal(page->next_page_token, "");
    request.policy = text_of("none");
    request.page_token = text_of("");
    assert_status(room_call(room, "Policies/ListOpenTasks", &request.base, NULL), KT_NOT_FOUND,
                  LEGAL_POLICY_UNKNOWN);
    room_close(&room);
}

/* ---- escalations ---- */

static void
each_day_is_told_once_to_the_next_level(void **state)
{
    (void)state;
    room_t *room = open_conduct();
    legal_run_escalations_request_t request = LEGAL_RUN_ESCALATIONS_REQUEST_INIT;
    assert_ok(enrol(room, "ana"));
    assert_ok(enrol(room, "bo"));
    request.on_date = text_of("2026-11-04");
    assert_status(room_call(room, "Policies/RunEscalations", &request.base, NULL),
                  KT_INVALID_ARGUMENT, BAD_FIELD);
    staff_day(room, 6);
    assert_int_equal(escalate(room, "")->n_escalations, 0);
    /* In the east it is the next day already. */
    const legal_run_escalations_response_t *told = escalate(room, "2026-11-09");
    assert_int_equal(told->n_escalations, 2);
    assert_int_equal(told->escalations[0]->level, 1);
    assert_string_equal(told->escalations[0]->passed_on, "2026-11-09");
    assert_int_equal(escalate(room, "2026-11-09")->n_escalations, 0);
    assert_ok(attest(room, "ana", "conduct", 1, "be kind"));
    staff_day(room, 40);
    told = escalate(room, "");
    assert_int_equal(told->n_escalations, 2);
    assert_string_equal(told->escalations[1]->employee, "bo");
    assert_int_equal(told->escalations[1]->level, 3);
    assert_int_equal(escalate(room, "")->n_escalations, 0);
    assert_int_equal(count_told(room, "attestation.escalated"), 4);
    legal_list_escalations_request_t list = LEGAL_LIST_ESCALATIONS_REQUEST_INIT;
    const void *answer = NULL;
    list.employee = text_of("bo");
    assert_ok(room_call(room, "Policies/ListEscalations", &list.base, &answer));
    const legal_list_escalations_response_t *all = (const legal_list_escalations_response_t *)
        answer;
    assert_int_equal(all->n_escalations, 3);
    assert_int_equal(all->escalations[2]->days, 21);
    list.employee = text_of("none");
    assert_status(room_call(room, "Policies/ListEscalations", &list.base, NULL), KT_NOT_FOUND,
                  LEGAL_EMPLOYEE_UNKNOWN);
    room_close(&room);
}

static void
many_are_told_by_hundreds(void **state)
{
    (void)state;
    room_t *room = open_conduct();
    uint32_t told = 0, calls = 0;
    enrol_many(room, 120);
    staff_day(room, 14);
    for (bool more = true; more; calls++) {
        const legal_run_escalations_response_t *answer = escalate(room, "");
        assert_in_range(answer->n_escalations, 1, 100);
        told += (uint32_t)answer->n_escalations;
        more = answer->more;
    }
    assert_int_equal(told, 240);
    assert_int_equal(calls, 3);
    room_close(&room);
}

/* ---- compliance ---- */

static void
compliance_is_a_matter_of_the_date(void **state)
{
    (void)state;
    room_t *room = open_conduct();
    assert_ok(create_policy(room, "gifts", false, ""));
    assert_ok(publish(room, "gifts", "none", "2026-01-01"));
    assert_ok(enrol(room, "ana"));
    staff_day(room, 2);
    assert_ok(start_campaign(room, "c", "gifts", 1, "2026-11-10", NULL));
    staff_day(room, 4);
    assert_ok(attest(room, "ana", "conduct", 1, "be kind"));
    static const struct {
        const char *date;
        size_t missing;
        bool complies, acknowledged;
    } rows[] = {
        {"2026-11-01", 0, true, true},   {"2026-11-02", 1, false, false},
        {"2026-11-04", 2, false, false}, {"2026-11-06", 1, true, true},
        {"2026-11-10", 1, true, true},   {"2026-11-11", 1, false, true},
    };
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        const legal_compliance_t *got = comply(room, "ana", rows[i].date);
        if (got->n_missing != rows[i].missing || got->complies != rows[i].complies ||
            got->must_acknowledged != rows[i].acknowledged)
            fail_msg("%s: %zu missing, complies %d", rows[i].date, got->n_missing, got->complies);
    }
    assert_true(comply(room, "ana", "2026-11-11")->missing[0]->overdue);
    assert_string_equal(comply(room, "ana", "")->on_date, "2026-11-06");
    legal_check_compliance_request_t request = LEGAL_CHECK_COMPLIANCE_REQUEST_INIT;
    request.employee = text_of("bo");
    assert_status(room_call(room, "Policies/CheckCompliance", &request.base, NULL), KT_NOT_FOUND,
                  LEGAL_EMPLOYEE_UNKNOWN);
    room_close(&room);
}

/* ---- failures, and chance ---- */

/* Every store call of a campaign's start fails once; then it is done as if nothing had been. */
static void
a_campaign_fails_whole(void **state)
{
    (void)state;
    room_t *room = open_conduct();
    assert_ok(enrol(room, "ana"));
    assert_ok(publish(room, "conduct", "be kinder", "2026-11-02"));
    for (uint64_t n = 1;; n++) {
        room_fail(room, n);
        kt_status_t status = start_campaign(room, "c", "conduct", 2, "2026-11-16", NULL);
        bool struck = room_struck(room);
        room_fail(room, 0);
        if (!struck) {
            assert_ok(status);
            break;
        }
        assert_true(kt_failed(status));
        assert_int_equal(tasks_of(room, "ana")->n_tasks, 1);
        assert_int_equal(room_verify(room), 0);
    }
    assert_int_equal(tasks_of(room, "ana")->n_tasks, 2);
    room_close(&room);
}

/* What the events say last is what the records say, whatever happened in which order; and the
 * derived tables are what they should be (room_close verifies). */
static void
events_say_what_records_say(void **state)
{
    (void)state;
    const uint64_t seed = 41;
    static const char *const texts[] = {"", "one", "two", "three", "four", "five", "six", "seven"};
    uint32_t versions[3] = {0}, campaigns = 0;
    kt_prng_t prng;
    room_t *room = staff_open();
    kt_prng_seed(&prng, seed);
    for (int32_t i = 0; i < 400; i++) {
        char policy[4], employee[4], campaign[16];
        unsigned p = (unsigned)kt_prng_below(&prng, 3);
        snprintf(policy, sizeof policy, "p%u", p);
        snprintf(employee, sizeof employee, "e%u", (unsigned)kt_prng_below(&prng, 6));
        snprintf(campaign, sizeof campaign, "c%u", campaigns);
        staff_day(room, i / 8);
        switch (kt_prng_below(&prng, 10)) {
        case 0:
            kt_ignore(create_policy(room, policy, p < 2, ""));
            break;
        case 1:
            if (versions[p] < 7 &&
                !kt_failed(publish(room, policy, texts[versions[p] + 1], "2026-01-01")))
                versions[p]++;
            break;
        case 2:
            if (!kt_failed(start_campaign(room, campaign, policy, versions[p], "2027-12-31", NULL)))
                campaigns++;
            break;
        case 3:
            kt_ignore(enrol(room, employee));
            break;
        case 4:
            if (i > 350)
                kt_ignore(i % 2 ? close_employee(room, employee, "2026-12-31")
                                : retire(room, policy, NULL));
            break;
        case 5:
            (void)escalate(room, "");
            break;
        default: {
            uint32_t version = (uint32_t)kt_prng_below(&prng, versions[p] + 1);
            kt_ignore(attest(room, employee, policy, version, texts[version]));
        }
        }
        room_forget(room);
    }
    for (unsigned e = 0; e < 6; e++) {
        char employee[4];
        legal_get_employee_request_t get = LEGAL_GET_EMPLOYEE_REQUEST_INIT;
        const void *answer = NULL;
        snprintf(employee, sizeof employee, "e%u", e);
        get.employee = employee;
        assert_ok(room_call(room, "Policies/GetEmployee", &get.base, &answer));
        bool left = ((const legal_employee_t *)answer)->left_on[0] != '\0';
        bool should = !left && comply(room, employee, "")->must_acknowledged;
        if ((strcmp(told_policies(room, employee), "true") == 0) != should)
            fail_msg("seed %llu: %s", (unsigned long long)seed, employee);
    }
    assert_true(campaigns > 3);
    room_close(&room);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_campaign_asks_who_is_there_and_who_comes),
        cmocka_unit_test(campaigns_are_refused),
        cmocka_unit_test(days_of_a_campaign_ascend),
        cmocka_unit_test(a_large_campaign_goes_on_and_is_honest_meanwhile),
        cmocka_unit_test(the_largest_step_of_a_campaign_fits),
        cmocka_unit_test(retiring_closes_what_is_open),
        cmocka_unit_test(only_in_person_the_text_that_is_asked),
        cmocka_unit_test(a_published_version_supersedes_only_by_a_campaign),
        cmocka_unit_test(tasks_are_private),
        cmocka_unit_test(open_tasks_of_a_policy_are_listed),
        cmocka_unit_test(each_day_is_told_once_to_the_next_level),
        cmocka_unit_test(many_are_told_by_hundreds),
        cmocka_unit_test(compliance_is_a_matter_of_the_date),
        cmocka_unit_test(a_campaign_fails_whole),
        cmocka_unit_test(events_say_what_records_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
