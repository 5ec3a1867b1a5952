/* Employees through calls: from a reserved place to the final settlement, and every refusal. */
#include "desk.h"

#include "domain/reason.h"
#include "service.h"
#include "store/employees.h"
#include "store/tables.h"

#include <kantor/rpc/v1/reason.kt.h>

static int
setup(void **state)
{
    *state = desk_open();
    return 0;
}

static int
teardown(void **state)
{
    room_close((room_t **)state);
    return 0;
}

static void
from_hire_to_settlement(void **state)
{
    room_t *room = (room_t *)*state;
    const fin_employee_t *employee;
    desk_as_department(room, "legal");
    assert_ok(desk_reserve_headcount(room, "h"));
    assert_int_equal(desk_headcount(room)->reserved, 1);
    assert_ok(desk_hire(room, "eve", "h", &employee));
    assert_int_equal(employee->state, FIN_EMPLOYEE_STATE_EMPLOYEE_HIRED);
    assert_string_equal(employee->position, "engineer");
    assert_int_equal(employee->salary_minor, 0);  /* another department does not see it */
    assert_ok(desk_hire(room, "eve", "h", NULL)); /* again */
    assert_int_equal(desk_headcount(room)->reserved, 0);
    assert_int_equal(desk_headcount(room)->hired, 1);
    assert_status(desk_settle(room, "eve", 5, NULL), KT_FAILED_PRECONDITION, FIN_EMPLOYEE_STATE);
    assert_ok(desk_leave(room, "eve", "2026-11-02", &employee));
    assert_int_equal(employee->state, FIN_EMPLOYEE_STATE_EMPLOYEE_LEFT);
    assert_ok(desk_leave(room, "eve", "2026-11-02", NULL)); /* again */
    assert_status(desk_leave(room, "eve", "2026-11-01", NULL), KT_FAILED_PRECONDITION,
                  FIN_EMPLOYEE_STATE);
    assert_int_equal(desk_headcount(room)->hired, 0);

    desk_as_clerk(room);
    assert_int_equal(desk_employee(room, "eve")->salary_minor, 1500000);
    assert_status(desk_settle(room, "eve", 5, NULL), KT_FAILED_PRECONDITION, FIN_NOT_CLEARED);
    room_take(room, "it", "employee.closed", "eve", NULL, 0); /* it is not IT's to say that */
    room_take(room, "legal", "employee.cleared", "eve", NULL, 0);
    room_take(room, "it", "employee.cleared", "eve", NULL, 0);
    assert_status(desk_settle(room, "eve", 5, NULL), KT_FAILED_PRECONDITION, FIN_NOT_CLEARED);
    assert_non_null(strstr((const char *)room_refusal(room)->text.data, "legal has not"));
    assert_false(desk_employee(room, "eve")->cleared);
    room_take(room, "legal", "employee.closed", "eve", NULL, 0);
    assert_true(desk_employee(room, "eve")->cleared);
    assert_ok(desk_settle(room, "eve", 5, &employee));
    assert_int_equal(employee->state, FIN_EMPLOYEE_STATE_EMPLOYEE_SETTLED);
    assert_int_equal(employee->settlement_minor, 5);
    assert_ok(desk_settle(room, "eve", 5, NULL)); /* again */
    assert_status(desk_settle(room, "eve", 6, NULL), KT_FAILED_PRECONDITION, FIN_EMPLOYEE_STATE);
    assert_int_equal(room_refusals(room), 5);
    assert_int_equal(room_events(room), 3);
    assert_string_equal(room_event_type(room, 1), "employee.hired");
    assert_string_equal(room_event_type(room, 2), "employee.left");
    assert_string_equal(room_event_type(room, 3), "employee.settled");
}

static void
no_more_than_there_may_be(void **state)
{
    room_t *room = (room_t *)*state;
    const fin_headcount_reservation_t *place;
    assert_ok(desk_reserve_headcount(room, "h-1"));
    assert_ok(desk_reserve_headcount(room, "h-2"));
    assert_status(desk_reserve_headcount(room, "h-3"), KT_FAILED_PRECONDITION,
                  FIN_HEADCOUNT_EXCEEDED);
    assert_ok(desk_hire(room, "eve", "h-1", NULL));
    assert_status(desk_reserve_headcount(room, "h-3"), KT_FAILED_PRECONDITION,
                  FIN_HEADCOUNT_EXCEEDED);
    desk_as_analyst(room);
    assert_status(desk_set_headcount(room, 1), KT_FAILED_PRECONDITION, FIN_HEADCOUNT_BELOW_USE);
    /* One expires, and is worth nothing any more. */
    room_set_now(room, room_now(room) + DESK_DAY_US);
    assert_int_equal(desk_headcount(room)->reserved, 0);
    assert_ok(desk_set_headcount(room, 1));
    assert_ok(desk_set_headcount(room, 2));
    desk_as_clerk(room);
    assert_status(desk_hire(room, "max", "h-2", NULL), KT_FAILED_PRECONDITION, FIN_HEADCOUNT_STATE);
    assert_ok(desk_reserve_headcount(room, "h-3"));
    assert_ok(desk_release_headcount(room, "h-2", &place));
    assert_int_equal(place->state, FIN_HEADCOUNT_STATE_HEADCOUNT_RELEASED);
    assert_ok(desk_release_headcount(room, "h-2", NULL)); /* again */
    assert_int_equal(desk_headcount(room)->reserved, 1);
    assert_ok(desk_release_headcount(room, "h-3", NULL));
    assert_int_equal(desk_headcount(room)->reserved, 0);
    assert_status(desk_release_headcount(room, "h-1", NULL), KT_FAILED_PRECONDITION,
                  FIN_HEADCOUNT_STATE); /* eve has it */
    assert_status(desk_hire(room, "max", "h-1", NULL), KT_FAILED_PRECONDITION, FIN_HEADCOUNT_STATE);
    assert_status(desk_hire(room, "max", "h-3", NULL), KT_FAILED_PRECONDITION, FIN_HEADCOUNT_STATE);
    assert_ok(desk_leave(room, "eve", "2026-11-02", NULL));
    assert_ok(desk_reserve_headcount(room, "h-4"));
    assert_ok(desk_reserve_headcount(room, "h-5"));
    assert_int_equal(room_refusals(room), 4);
}

static void
what_is_not_there(void **state)
{
    room_t *room = (room_t *)*state;
    fin_get_employee_request_t get = FIN_GET_EMPLOYEE_REQUEST_INIT;
    fin_set_headcount_request_t set = FIN_SET_HEADCOUNT_REQUEST_INIT;
    fin_reserve_headcount_request_t reserve = FIN_RESERVE_HEADCOUNT_REQUEST_INIT;
    get.employee = DESK_TEXT("eve");
    assert_status(room_call(room, "Employees/GetEmployee", &get.base, NULL), KT_NOT_FOUND,
                  FIN_EMPLOYEE_UNKNOWN);
    assert_status(desk_leave(room, "eve", "2026-11-02", NULL), KT_NOT_FOUND, FIN_EMPLOYEE_UNKNOWN);
    assert_status(desk_settle(room, "eve", 1, NULL), KT_NOT_FOUND, FIN_EMPLOYEE_UNKNOWN);
    assert_status(desk_hire(room, "eve", "h", NULL), KT_NOT_FOUND,
                  FIN_HEADCOUNT_RESERVATION_UNKNOWN);
    assert_status(desk_release_headcount(room, "h", NULL), KT_NOT_FOUND,
                  FIN_HEADCOUNT_RESERVATION_UNKNOWN);
    reserve.reservation = DESK_TEXT("h");
    reserve.book = set.book = DESK_TEXT("nobody");
    reserve.cost_centre = set.cost_centre = DESK_TEXT("hr");
    reserve.position = set.position = DESK_TEXT("engineer");
    reserve.expires_us = room_now(room) + 1;
    assert_status(room_call(room, "Employees/ReserveHeadcount", &reserve.base, NULL), KT_NOT_FOUND,
                  FIN_BOOK_UNKNOWN);
    reserve.book = DESK_TEXT("acme");
    assert_status(room_call(room, "Employees/ReserveHeadcount", &reserve.base, NULL), KT_NOT_FOUND,
                  FIN_HEADCOUNT_UNKNOWN);
    desk_as_analyst(room);
    assert_status(room_call(room, "Employees/SetHeadcount", &set.base, NULL), KT_NOT_FOUND,
                  FIN_BOOK_UNKNOWN);
    set.book = DESK_TEXT("acme");
    assert_status(room_call(room, "Employees/SetHeadcount", &set.base, NULL), KT_NOT_FOUND,
                  FIN_COST_CENTRE_UNKNOWN);
}

static void
what_is_there_already(void **state)
{
    room_t *room = (room_t *)*state;
    assert_ok(desk_reserve_headcount(room, "h"));
    assert_status(desk_reserve_headcount(room, "h"), KT_ALREADY_EXISTS,
                  FIN_HEADCOUNT_RESERVATION_EXISTS);
    assert_ok(desk_hire(room, "eve", "h", NULL));
    assert_ok(desk_reserve_headcount(room, "h-2"));
    assert_status(desk_hire(room, "eve", "h-2", NULL), KT_ALREADY_EXISTS, FIN_EMPLOYEE_EXISTS);
}

static void
shapes_are_checked(void **state)
{
    room_t *room = (room_t *)*state;
    static const struct {
        const char *employee, *reservation, *contract, *name, *starts_on, *commodity;
        int64_t salary;
        uint32_t reason;
    } ROWS[] = {
        {"", "h", "c", "Eve", "2026-12-01", "IDR", 1, RPC_REASON_BAD_FIELD},
        {"eve", "", "c", "Eve", "2026-12-01", "IDR", 1, RPC_REASON_BAD_FIELD},
        {"eve", "h", "", "Eve", "2026-12-01", "IDR", 1, RPC_REASON_BAD_FIELD},
        {"eve", "h", "c", "", "2026-12-01", "IDR", 1, RPC_REASON_BAD_FIELD},
        {"eve", "h", "c", "Eve", "", "IDR", 1, RPC_REASON_BAD_FIELD},
        {"eve", "h", "c", "Eve", "2026-12-01", "", 1, RPC_REASON_BAD_FIELD},
        {"eve", "h", "c", "Eve", "2026-12-01", "IDR", 0, RPC_REASON_BAD_FIELD},
        {"eve", "h", "c", "Eve", "2026-12-01", "doubloons", 1, FIN_COMMODITY_UNKNOWN},
    };
    assert_ok(desk_reserve_headcount(room, "h"));
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_hire_employee_request_t request = FIN_HIRE_EMPLOYEE_REQUEST_INIT;
        request.employee = DESK_TEXT(ROWS[i].employee);
        request.reservation = DESK_TEXT(ROWS[i].reservation);
        request.contract = DESK_TEXT(ROWS[i].contract);
        request.name = DESK_TEXT(ROWS[i].name);
        request.starts_on = DESK_TEXT(ROWS[i].starts_on);
        request.salary_minor = ROWS[i].salary;
        request.commodity = DESK_TEXT(ROWS[i].commodity);
        kt_status_t status = room_call(room, "Employees/HireEmployee", &request.base, NULL);
        if (status.reason != ROWS[i].reason)
            fail_msg("row %zu: %u %s", i, (unsigned)status.reason, status.text);
    }
    assert_status(desk_leave(room, "eve", "2026-11-04", NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_status(desk_leave(room, "eve", "", NULL), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(desk_settle(room, "eve", -1, NULL), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(desk_release_headcount(room, "", NULL), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    desk_as_analyst(room);
    assert_status(desk_set_headcount(room, 100001), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
}

static void
employees_are_listed(void **state)
{
    room_t *room = (room_t *)*state;
    fin_list_employees_request_t list = FIN_LIST_EMPLOYEES_REQUEST_INIT;
    const fin_list_employees_response_t *page;
    assert_ok(desk_reserve_headcount(room, "h-1"));
    assert_ok(desk_reserve_headcount(room, "h-2"));
    assert_ok(desk_hire(room, "max", "h-1", NULL));
    assert_ok(desk_hire(room, "eve", "h-2", NULL));
    list.book = DESK_TEXT("acme");
    list.page_size = 1;
    assert_ok(room_call(room, "Employees/ListEmployees", &list.base, (const void **)&page));
    assert_int_equal(page->n_employees, 1);
    assert_string_equal(page->employees[0]->employee, "eve");
    list.page_token = page->next_page_token;
    assert_ok(room_call(room, "Employees/ListEmployees", &list.base, (const void **)&page));
    assert_string_equal(page->employees[0]->employee, "max");
    assert_string_equal(page->next_page_token, "");
    list.page_token = DESK_TEXT("");
    list.cost_centre = DESK_TEXT("hr");
    assert_ok(room_call(room, "Employees/ListEmployees", &list.base, (const void **)&page));
    assert_int_equal(page->n_employees, 0);
    desk_as_department(room, "legal");
    assert_status(room_call(room, "Employees/ListEmployees", &list.base, NULL),
                  KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING);
}

/* ---- verification ---- */

static kt_status_t
spoil(kt_call_t *call, const char *department, const kt_event_t *event)
{
    fin_place_facts_t facts;
    fin_headcount_work_t work;
    kt_key_t key;
    (void)event;
    KT_TRY(fin_store_load_place(call, kt_span_str("h-2"), &facts, &work));
    fin_allowance_key_t of = {FIN_SCARCE_HEADCOUNT,
                              fin_headcount_key(&key, work.part, &facts.headcount)};
    fin_expiry_t expiry = {kt_span_str("h-2"), facts.place.expires_us, 1};
    switch (department[0]) {
    case 'a':
        return fin_store_put_expiry(call, &of, &expiry, false);
    case 'b':
        expiry.reservation = kt_span_str("h-9");
        return fin_store_put_expiry(call, &of, &expiry, true);
    case 'c':
        return kt_row_delete(call, FIN_TABLE_EMPLOYEE_PLACE,
                             fin_place_key(&key, work.part, kt_span_str("it"), kt_span_str("eve")));
    case 'd':
        return fin_store_put_place(
            call, FIN_TABLE_EMPLOYEE_PLACE,
            fin_place_key(&key, work.part, kt_span_str("it"), kt_span_str("max")));
    default:
        facts.headcount.allowance.used--;
        return fin_store_apply_headcount(call, &work, &facts.headcount);
    }
}

static void
verification_finds_what_is_wrong(void **state)
{
    static const char *const WAYS[] = {"a", "b", "c", "d", "e"};
    (void)state;
    for (size_t i = 0; i < KT_COUNT(WAYS); i++) {
        kt_service_t spoilt = *fin_service();
        spoilt.take = spoil;
        room_t *room = desk_open_as(&spoilt);
        assert_ok(desk_reserve_headcount(room, "h"));
        assert_ok(desk_reserve_headcount(room, "h-2"));
        assert_ok(desk_hire(room, "eve", "h", NULL));
        assert_int_equal(room_verify(room), 0);
        room_take(room, WAYS[i], "spoil", "", NULL, 0);
        assert_true(room_verify(room) > 0);
        spoilt.verify = NULL; /* so that it may be closed as it is */
        room_close(&room);
    }
}

/* ---- failures ---- */

static kt_status_t
one_step(room_t *room, int step)
{
    switch (step) {
    case 0:
        return desk_reserve_headcount(room, "h");
    case 1:
        return desk_hire(room, "eve", "h", NULL);
    case 2:
        return desk_leave(room, "eve", "2026-11-02", NULL);
    default:
        return desk_settle(room, "eve", 5, NULL);
    }
}

static void
every_store_operation_may_fail(void **state)
{
    room_t *room = (room_t *)*state;
    room_take(room, "it", "employee.cleared", "eve", NULL, 0);
    room_take(room, "legal", "employee.closed", "eve", NULL, 0);
    uint64_t struck = desk_fail_each(room, 4, one_step);
    assert_true(struck > 10);
    assert_int_equal(desk_employee(room, "eve")->state, FIN_EMPLOYEE_STATE_EMPLOYEE_SETTLED);
    assert_int_equal(room_events(room), 3);
}

#define ROOM_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(from_hire_to_settlement),
        ROOM_TEST(no_more_than_there_may_be),
        ROOM_TEST(what_is_not_there),
        ROOM_TEST(what_is_there_already),
        ROOM_TEST(shapes_are_checked),
        ROOM_TEST(employees_are_listed),
        cmocka_unit_test(verification_finds_what_is_wrong),
        ROOM_TEST(every_store_operation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
