/* Staff, policies and versions, through the department. The room's first day is 2026-11-02. */
#include "staff.h"

#include <stdlib.h>

#define LONG_NAME "a23456789012345678901234567890123456789012345678901234567890123"

/* ---- staff ---- */

static void
enrolling_twice_is_once(void **state)
{
    (void)state;
    room_t *room = staff_open();
    assert_ok(enrol(room, "ana"));
    uint64_t events = room_events(room);
    assert_int_equal(events, 1);
    assert_string_equal(told_policies(room, "ana"), "true");
    assert_ok(enrol(room, "ana"));
    assert_int_equal(room_events(room), events);
    assert_status(enrol_as(room, "ana", "ana.k", "it", "2020-01-01"), KT_ALREADY_EXISTS,
                  LEGAL_EMPLOYEE_EXISTS);
    assert_status(enrol_as(room, "bo", "ana.k", "it", "2020-01-01"), KT_ALREADY_EXISTS,
                  LEGAL_PRINCIPAL_TAKEN);
    assert_status(enrol_as(room, "Bo", "bo.k", "it", "2020-01-01"), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(enrol_as(room, "bo", "", "it", "2020-01-01"), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(enrol_as(room, "bo", "bo.k", "it", ""), KT_INVALID_ARGUMENT, BAD_FIELD);
    room_as(room, "it", "department");
    assert_ok(enrol(room, "bo"));
    room_close(&room);
}

static void
who_leaves_is_closed_with_all_tasks(void **state)
{
    (void)state;
    room_t *room = staff_open();
    assert_ok(create_policy(room, "conduct", true, ""));
    assert_ok(publish(room, "conduct", "be kind", "2026-01-01"));
    assert_ok(enrol(room, "ana"));
    assert_string_equal(told_policies(room, "ana"), "false");
    assert_status(close_employee(room, "bo", "2026-11-30"), KT_NOT_FOUND, LEGAL_EMPLOYEE_UNKNOWN);
    assert_status(close_employee(room, "ana", ""), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_ok(close_employee(room, "ana", "2026-11-30"));
    assert_int_equal(count_told(room, "employee.closed"), 1);
    assert_int_equal(tasks_of(room, "ana")->tasks[0]->state, LEGAL_TASK_STATE_TASK_CLOSED);
    assert_ok(close_employee(room, "ana", "2026-11-30"));
    assert_int_equal(count_told(room, "employee.closed"), 1);
    assert_status(close_employee(room, "ana", "2026-12-01"), KT_FAILED_PRECONDITION,
                  LEGAL_EMPLOYEE_LEFT);
    assert_int_equal(room_refusals(room), 1);
    assert_status(attest(room, "ana", "conduct", 1, "be kind"), KT_FAILED_PRECONDITION,
                  LEGAL_TASK_NOT_YOURS);
    /* The principal is free for who comes next. */
    assert_ok(enrol_as(room, "ana-2", "ana.k", "sales", "2026-12-01"));
    assert_ok(attest(room, "ana", "conduct", 1, "be kind"));
    room_close(&room);
}

static void
closing_who_had_acknowledged_takes_it_back(void **state)
{
    (void)state;
    room_t *room = staff_open();
    assert_ok(enrol(room, "ana"));
    assert_ok(close_employee(room, "ana", "2026-11-02"));
    assert_string_equal(told_policies(room, "ana"), "false");
    room_close(&room);
}

static void
staff_is_read_by_pages(void **state)
{
    (void)state;
    room_t *room = staff_open();
    legal_get_employee_request_t get = LEGAL_GET_EMPLOYEE_REQUEST_INIT;
    const void *answer = NULL;
    get.employee = text_of("ana");
    assert_status(room_call(room, "Policies/GetEmployee", &get.base, NULL), KT_NOT_FOUND,
                  LEGAL_EMPLOYEE_UNKNOWN);
    assert_ok(enrol(room, "ana"));
    assert_ok(enrol(room, "bo"));
    assert_ok(enrol(room, "cy"));
    assert_ok(room_call(room, "Policies/GetEmployee", &get.base, &answer));
    const legal_employee_t *ana = (const legal_employee_t *)answer;
    assert_string_equal(ana->principal, "ana.k");
    assert_string_equal(ana->left_on, "");
    assert_int_equal(ana->enrolled_us, ROOM_NOW_US);

    legal_list_employees_request_t list = LEGAL_LIST_EMPLOYEES_REQUEST_INIT;
    list.page_size = 2;
    assert_ok(room_call(room, "Policies/ListEmployees", &list.base, &answer));
    const legal_list_employees_response_t *page = (const legal_list_employees_response_t *)answer;
    assert_int_equal(page->n_employees, 2);
    list.page_token = page->next_page_token;
    assert_ok(room_call(room, "Policies/ListEmployees", &list.base, &answer));
    page = (const legal_list_employees_response_t *)answer;
    assert_int_equal(page->n_employees, 1);
    assert_string_equal(page->employees[0]->employee, "cy");
    assert_string_equal(page->next_page_token, "");
    list.page_size = 1001;
    assert_status(room_call(room, "Policies/ListEmployees", &list.base, NULL), KT_INVALID_ARGUMENT,
                  BAD_FIELD);
    room_close(&room);
}

/* ---- policies and versions ---- */

static const legal_policy_text_t *
read_text(room_t *room, const char *policy, uint32_t version, kt_code_t code, uint32_t reason)
{
    legal_read_policy_text_request_t request = LEGAL_READ_POLICY_TEXT_REQUEST_INIT;
    const void *answer = NULL;
    request.policy = text_of(policy);
    request.version = version;
    assert_status(room_call(room, "Policies/ReadPolicyText", &request.base, &answer), code, reason);
    return (const legal_policy_text_t *)answer;
}

static void
a_version_is_its_text(void **state)
{
    (void)state;
    room_t *room = staff_open();
    assert_ok(create_policy(room, "conduct", true, ""));
    assert_status(create_policy(room, "conduct", true, ""), KT_ALREADY_EXISTS, LEGAL_POLICY_EXISTS);
    assert_status(create_policy(room, "", true, ""), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(publish(room, "none", "x", "2026-01-01"), KT_NOT_FOUND, LEGAL_POLICY_UNKNOWN);
    assert_status(publish(room, "conduct", "", "2026-01-01"), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(publish(room, "conduct", "x", ""), KT_INVALID_ARGUMENT, BAD_FIELD);
    read_text(room, "conduct", 0, KT_NOT_FOUND, LEGAL_POLICY_VERSION_UNKNOWN);
    assert_ok(publish(room, "conduct", "be kind", "2026-01-01"));
    assert_status(publish(room, "conduct", "be kind", "2026-02-01"), KT_ALREADY_EXISTS,
                  LEGAL_POLICY_VERSION_EXISTS);
    assert_status(publish(room, "conduct", "be kinder", "2025-12-31"), KT_FAILED_PRECONDITION,
                  LEGAL_POLICY_VERSION_ORDER);
    assert_int_equal(room_refusals(room), 1);
    assert_ok(publish(room, "conduct", "be kinder", "2026-12-01"));

    const legal_policy_text_t *text = read_text(room, "conduct", 0, KT_OK, 0);
    kt_hash_t hash = kt_sha256(kt_span_str("be kind"));
    assert_int_equal(text->version->version, 1);
    assert_int_equal(text->version->size, 7);
    assert_string_equal(text->version->published_by, "lea");
    assert_memory_equal(text->version->sha256.data, hash.bytes, sizeof hash.bytes);
    assert_int_equal(text->text.len, 7);
    assert_memory_equal(text->text.data, "be kind", 7);
    text = read_text(room, "conduct", 2, KT_OK, 0);
    assert_string_equal(text->version->effective_from, "2026-12-01");
    read_text(room, "conduct", 3, KT_NOT_FOUND, LEGAL_POLICY_VERSION_UNKNOWN);
    read_text(room, "none", 1, KT_NOT_FOUND, LEGAL_POLICY_UNKNOWN);
    staff_day(room, 29);
    assert_int_equal(read_text(room, "conduct", 0, KT_OK, 0)->version->version, 2);
    room_close(&room);
}

static void
the_longest_text_is_kept_whole(void **state)
{
    (void)state;
    enum { LONGEST = 49152 };
    room_t *room = staff_open();
    char *text = (char *)calloc(1, LONGEST + 2);
    assert_non_null(text);
    for (size_t i = 0; i < LONGEST; i++)
        text[i] = (char)('a' + i * 7 % 26);
    assert_ok(create_policy(room, LONG_NAME, false, ""));
    assert_ok(publish(room, LONG_NAME, text, "2026-01-01"));
    const legal_policy_text_t *read = read_text(room, LONG_NAME, 1, KT_OK, 0);
    assert_int_equal(read->text.len, LONGEST);
    assert_memory_equal(read->text.data, text, LONGEST);
    text[LONGEST] = 'x';
    assert_status(publish(room, LONG_NAME, text, "2026-01-01"), KT_INVALID_ARGUMENT, BAD_FIELD);
    free(text);
    room_close(&room);
}

static void
policies_and_versions_are_listed(void **state)
{
    (void)state;
    room_t *room = staff_open();
    const void *answer = NULL;
    assert_ok(create_policy(room, "b", false, "sales"));
    assert_ok(create_policy(room, "a", true, ""));
    assert_ok(publish(room, "b", "one", "2026-01-01"));
    assert_ok(publish(room, "b", "two", "2026-01-01"));
    legal_list_policies_request_t list = LEGAL_LIST_POLICIES_REQUEST_INIT;
    assert_ok(room_call(room, "Policies/ListPolicies", &list.base, &answer));
    const legal_list_policies_response_t *all = (const legal_list_policies_response_t *)answer;
    assert_int_equal(all->n_policies, 2);
    assert_string_equal(all->policies[0]->policy, "a");
    assert_int_equal(all->policies[0]->state, LEGAL_POLICY_STATE_POLICY_DRAFT);
    assert_int_equal(all->policies[1]->versions, 2);
    assert_string_equal(all->policies[1]->units[0], "sales");

    legal_list_policy_versions_request_t versions = LEGAL_LIST_POLICY_VERSIONS_REQUEST_INIT;
    versions.policy = text_of("b");
    assert_ok(room_call(room, "Policies/ListPolicyVersions", &versions.base, &answer));
    const legal_list_policy_versions_response_t *two =
        (const legal_list_policy_versions_response_t *)answer;
    assert_int_equal(two->n_versions, 2);
    assert_int_equal(two->versions[1]->version, 2);
    versions.policy = text_of("c");
    assert_status(room_call(room, "Policies/ListPolicyVersions", &versions.base, NULL),
                  KT_NOT_FOUND, LEGAL_POLICY_UNKNOWN);
    legal_get_policy_request_t get = LEGAL_GET_POLICY_REQUEST_INIT;
    get.policy = text_of("c");
    assert_status(room_call(room, "Policies/GetPolicy", &get.base, NULL), KT_NOT_FOUND,
                  LEGAL_POLICY_UNKNOWN);
    get.policy = text_of("b");
    assert_ok(room_call(room, "Policies/GetPolicy", &get.base, &answer));
    assert_int_equal(((const legal_policy_t *)answer)->state, LEGAL_POLICY_STATE_POLICY_PUBLISHED);
    room_close(&room);
}

static void
there_are_200_policies_at_most(void **state)
{
    (void)state;
    room_t *room = staff_open();
    char name[16];
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "p%u", i);
        assert_ok(create_policy(room, name, true, ""));
        if (i % 50 == 0)
            room_forget(room);
    }
    assert_status(create_policy(room, "one-more", true, ""), KT_RESOURCE_EXHAUSTED,
                  LEGAL_TOO_MANY_POLICIES);
    room_close(&room);
}

/* The largest change there is: an employee of whom all policies ask, who leaves. */
static void
who_has_all_policies_comes_and_goes_in_one_call(void **state)
{
    (void)state;
    room_t *room = staff_open();
    char name[64];
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "%03u%060u", i, i);
        assert_ok(create_policy(room, name, true, ""));
        assert_ok(publish(room, name, "text", "2026-01-01"));
        assert_ok(start_campaign(room, name, name, 1, "2026-12-01", NULL));
        room_forget(room);
    }
    assert_ok(enrol_as(room, LONG_NAME, LONG_NAME "4", LONG_NAME, "2020-01-01"));
    assert_int_equal(comply(room, LONG_NAME, "")->n_missing, 200);
    assert_ok(close_employee(room, LONG_NAME, "2026-11-03"));
    assert_int_equal(comply(room, LONG_NAME, "")->n_missing, 0);
    room_close(&room);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enrolling_twice_is_once),
        cmocka_unit_test(who_leaves_is_closed_with_all_tasks),
        cmocka_unit_test(closing_who_had_acknowledged_takes_it_back),
        cmocka_unit_test(staff_is_read_by_pages),
        cmocka_unit_test(a_version_is_its_text),
        cmocka_unit_test(the_longest_text_is_kept_whole),
        cmocka_unit_test(policies_and_versions_are_listed),
        cmocka_unit_test(there_are_200_policies_at_most),
        cmocka_unit_test(who_has_all_policies_comes_and_goes_in_one_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
