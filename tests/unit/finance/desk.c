#include "desk.h"

#include "service.h"

#include <kantor/finance/v1/books.kt.h>

void
desk_as_clerk(room_t *room)
{
    room_as(room, "carl", "finance.clerk");
}

void
desk_as_analyst(room_t *room)
{
    room_as(room, "anna", "finance.analyst");
}

void
desk_as_department(room_t *room, const char *department)
{
    room_as(room, department, "department");
}

static void
make_book(room_t *room)
{
    static const char *const ACCOUNTS[] = {"assets:bank", "expenses:software",
                                           "liabilities:payables"};
    fin_book_t book = FIN_BOOK_INIT;
    fin_create_book_request_t create = FIN_CREATE_BOOK_REQUEST_INIT;
    book.book = DESK_TEXT("acme");
    book.kind = FIN_BOOK_KIND_COMPANY;
    book.title = DESK_TEXT("Acme");
    create.book = &book;
    assert_ok(room_call(room, "Books/CreateBook", &create.base, NULL));
    for (size_t i = 0; i < KT_COUNT(ACCOUNTS); i++) {
        fin_account_t account = FIN_ACCOUNT_INIT;
        fin_open_account_request_t open = FIN_OPEN_ACCOUNT_REQUEST_INIT;
        account.book = book.book;
        account.account = DESK_TEXT(ACCOUNTS[i]);
        open.account = &account;
        assert_ok(room_call(room, "Books/OpenAccount", &open.base, NULL));
    }
}

room_t *
desk_open_as(const kt_service_t *service)
{
    room_t *room = room_open(service);
    fin_create_cost_centre_request_t centre = FIN_CREATE_COST_CENTRE_REQUEST_INIT;
    desk_as_analyst(room);
    make_book(room);
    centre.book = DESK_TEXT("acme");
    centre.cost_centre = DESK_TEXT("it");
    centre.title = DESK_TEXT("Information technology");
    assert_ok(room_call(room, "Budgets/CreateCostCentre", &centre.base, NULL));
    assert_ok(desk_set_budget(room, "2026-11", "2027-10", DESK_BUDGET, NULL));
    assert_ok(desk_set_headcount(room, 2));
    desk_as_clerk(room);
    return room;
}

room_t *
desk_open(void)
{
    return desk_open_as(fin_service());
}

/* ---- budgets ---- */

kt_status_t
desk_set_budget(room_t *room, const char *from, const char *to, int64_t amount,
                const fin_budget_t **budget)
{
    fin_set_budget_request_t request = FIN_SET_BUDGET_REQUEST_INIT;
    request.book = DESK_TEXT("acme");
    request.cost_centre = DESK_TEXT("it");
    request.commodity = DESK_TEXT("USD");
    request.period_from = DESK_TEXT(from);
    request.period_to = DESK_TEXT(to);
    request.amount_minor = amount;
    return room_call(room, "Budgets/SetBudget", &request.base, (const void **)budget);
}

const fin_budget_t *
desk_budget(room_t *room)
{
    fin_get_budget_request_t request = FIN_GET_BUDGET_REQUEST_INIT;
    const void *budget = NULL;
    request.book = DESK_TEXT("acme");
    request.cost_centre = DESK_TEXT("it");
    request.commodity = DESK_TEXT("USD");
    request.on_date = DESK_TEXT(DESK_TODAY);
    assert_ok(room_call(room, "Budgets/GetBudget", &request.base, &budget));
    return (const fin_budget_t *)budget;
}

kt_status_t
desk_reserve(room_t *room, const char *name, int64_t amount, const fin_reservation_t **answer)
{
    fin_reserve_request_t request = FIN_RESERVE_REQUEST_INIT;
    request.reservation = DESK_TEXT(name);
    request.book = DESK_TEXT("acme");
    request.cost_centre = DESK_TEXT("it");
    request.on_date = DESK_TEXT(DESK_TODAY);
    request.commodity = DESK_TEXT("USD");
    request.amount_minor = amount;
    request.purpose = DESK_TEXT("an editor");
    request.expires_us = room_now(room) + DESK_DAY_US;
    return room_call(room, "Budgets/Reserve", &request.base, (const void **)answer);
}

kt_status_t
desk_commit(room_t *room, const char *name, const char *reference, const fin_reservation_t **answer)
{
    fin_commit_request_t request = FIN_COMMIT_REQUEST_INIT;
    request.reservation = DESK_TEXT(name);
    request.reference = DESK_TEXT(reference);
    return room_call(room, "Budgets/Commit", &request.base, (const void **)answer);
}

kt_status_t
desk_release(room_t *room, const char *name, const fin_reservation_t **answer)
{
    fin_release_request_t request = FIN_RELEASE_REQUEST_INIT;
    request.reservation = DESK_TEXT(name);
    return room_call(room, "Budgets/Release", &request.base, (const void **)answer);
}

const fin_reservation_t *
desk_reservation(room_t *room, const char *name)
{
    fin_get_reservation_request_t request = FIN_GET_RESERVATION_REQUEST_INIT;
    const void *answer = NULL;
    request.reservation = DESK_TEXT(name);
    assert_ok(room_call(room, "Budgets/GetReservation", &request.base, &answer));
    return (const fin_reservation_t *)answer;
}

/* ---- payables ---- */

kt_status_t
desk_schedule(room_t *room, const char *name, const char *reservation, const desk_line_t *lines,
              size_t count, const fin_payment_schedule_t **answer)
{
    fin_schedule_request_t request = FIN_SCHEDULE_REQUEST_INIT;
    fin_schedule_line_t items[121];
    fin_schedule_line_t *list[121];
    assert_true(count <= KT_COUNT(items));
    for (size_t i = 0; i < count; i++) {
        items[i] = (fin_schedule_line_t)FIN_SCHEDULE_LINE_INIT;
        items[i].due_on = DESK_TEXT(lines[i].due_on);
        items[i].amount_minor = lines[i].amount_minor;
        list[i] = &items[i];
    }
    request.schedule = DESK_TEXT(name);
    request.book = DESK_TEXT("acme");
    request.party = DESK_TEXT("vendor");
    request.contract = DESK_TEXT("c-1");
    request.reservation = DESK_TEXT(reservation);
    request.commodity = DESK_TEXT("USD");
    request.n_lines = count;
    request.lines = list;
    request.expense_account = DESK_TEXT("expenses:software");
    request.payable_account = DESK_TEXT("liabilities:payables");
    request.description = DESK_TEXT("an editor");
    return room_call(room, "Payables/Schedule", &request.base, (const void **)answer);
}

kt_status_t
desk_cancel(room_t *room, const char *name, const fin_payment_schedule_t **answer)
{
    fin_cancel_schedule_request_t request = FIN_CANCEL_SCHEDULE_REQUEST_INIT;
    request.schedule = DESK_TEXT(name);
    return room_call(room, "Payables/CancelSchedule", &request.base, (const void **)answer);
}

kt_status_t
desk_receive(room_t *room, const char *name)
{
    fin_record_receipt_request_t request = FIN_RECORD_RECEIPT_REQUEST_INIT;
    request.schedule = DESK_TEXT(name);
    request.received_on = DESK_TEXT(DESK_TODAY);
    request.what = DESK_TEXT("the keys");
    room_as(room, "iris", "it.expert");
    kt_status_t status = room_call(room, "Payables/RecordReceipt", &request.base, NULL);
    desk_as_clerk(room);
    return status;
}

kt_status_t
desk_pay(room_t *room, const char *name, uint32_t line, const char *paid_on,
         const fin_payable_t **answer)
{
    fin_pay_payable_request_t request = FIN_PAY_PAYABLE_REQUEST_INIT;
    request.schedule = DESK_TEXT(name);
    request.line = line;
    request.paid_on = DESK_TEXT(paid_on);
    request.bank_account = DESK_TEXT("assets:bank");
    return room_call(room, "Payables/PayPayable", &request.base, (const void **)answer);
}

const fin_payment_schedule_t *
desk_get_schedule(room_t *room, const char *name)
{
    fin_get_schedule_request_t request = FIN_GET_SCHEDULE_REQUEST_INIT;
    const void *answer = NULL;
    request.schedule = DESK_TEXT(name);
    assert_ok(room_call(room, "Payables/GetSchedule", &request.base, &answer));
    return (const fin_payment_schedule_t *)answer;
}

void
desk_contract(room_t *room, const char *state, const char *ends_on)
{
    kt_event_value_t values[] = {
        {kt_span_str("state"), kt_span_str(state)},
        {kt_span_str("starts_on"), kt_span_str("2026-11-01")},
        {kt_span_str("ends_on"), kt_span_str(ends_on)},
        {kt_span_str("party"), kt_span_str("vendor")},
        {kt_span_str("kind"), kt_span_str("PURCHASE")},
    };
    room_take(room, "legal", "contract.standing", "c-1", values, KT_COUNT(values));
}

/* ---- employees ---- */

kt_status_t
desk_set_headcount(room_t *room, uint32_t count)
{
    fin_set_headcount_request_t request = FIN_SET_HEADCOUNT_REQUEST_INIT;
    request.book = DESK_TEXT("acme");
    request.cost_centre = DESK_TEXT("it");
    request.position = DESK_TEXT("engineer");
    request.count = count;
    return room_call(room, "Employees/SetHeadcount", &request.base, NULL);
}

const fin_headcount_t *
desk_headcount(room_t *room)
{
    fin_list_headcounts_request_t request = FIN_LIST_HEADCOUNTS_REQUEST_INIT;
    const fin_list_headcounts_response_t *answer = NULL;
    request.book = DESK_TEXT("acme");
    assert_ok(room_call(room, "Employees/ListHeadcounts", &request.base, (const void **)&answer));
    assert_int_equal(answer->n_headcounts, 1);
    return answer->headcounts[0];
}

kt_status_t
desk_reserve_headcount(room_t *room, const char *name)
{
    fin_reserve_headcount_request_t request = FIN_RESERVE_HEADCOUNT_REQUEST_INIT;
    request.reservation = DESK_TEXT(name);
    request.book = DESK_TEXT("acme");
    request.cost_centre = DESK_TEXT("it");
    request.position = DESK_TEXT("engineer");
    request.expires_us = room_now(room) + DESK_DAY_US;
    return room_call(room, "Employees/ReserveHeadcount", &request.base, NULL);
}

kt_status_t
desk_release_headcount(room_t *room, const char *name, const fin_headcount_reservation_t **answer)
{
    fin_release_headcount_request_t request = FIN_RELEASE_HEADCOUNT_REQUEST_INIT;
    request.reservation = DESK_TEXT(name);
    return room_call(room, "Employees/ReleaseHeadcount", &request.base, (const void **)answer);
}

kt_status_t
desk_hire(room_t *room, const char *name, const char *reservation, const fin_employee_t **answer)
{
    fin_hire_employee_request_t request = FIN_HIRE_EMPLOYEE_REQUEST_INIT;
    request.employee = DESK_TEXT(name);
    request.reservation = DESK_TEXT(reservation);
    request.contract = DESK_TEXT("c-9");
    request.name = DESK_TEXT("Eve Example");
    request.starts_on = DESK_TEXT("2026-12-01");
    request.salary_minor = 1500000;
    request.commodity = DESK_TEXT("IDR");
    return room_call(room, "Employees/HireEmployee", &request.base, (const void **)answer);
}

kt_status_t
desk_leave(room_t *room, const char *name, const char *left_on, const fin_employee_t **answer)
{
    fin_leave_employee_request_t request = FIN_LEAVE_EMPLOYEE_REQUEST_INIT;
    request.employee = DESK_TEXT(name);
    request.left_on = DESK_TEXT(left_on);
    return room_call(room, "Employees/LeaveEmployee", &request.base, (const void **)answer);
}

kt_status_t
desk_settle(room_t *room, const char *name, int64_t amount, const fin_employee_t **answer)
{
    fin_settle_final_request_t request = FIN_SETTLE_FINAL_REQUEST_INIT;
    request.employee = DESK_TEXT(name);
    request.amount_minor = amount;
    request.note = DESK_TEXT("leave days");
    return room_call(room, "Employees/SettleFinal", &request.base, (const void **)answer);
}

const fin_employee_t *
desk_employee(room_t *room, const char *name)
{
    fin_get_employee_request_t request = FIN_GET_EMPLOYEE_REQUEST_INIT;
    const void *answer = NULL;
    request.employee = DESK_TEXT(name);
    assert_ok(room_call(room, "Employees/GetEmployee", &request.base, &answer));
    return (const fin_employee_t *)answer;
}

uint64_t
desk_fail_each(room_t *room, int steps, kt_status_t (*one_step)(room_t *room, int step))
{
    uint64_t struck = 0;
    for (int step = 0; step < steps; step++) {
        kt_ulid_t key = kt_ulid_make(room_now(room), 7, (uint64_t)step);
        kt_status_t status = kt_error(KT_UNAVAILABLE, 0, "");
        for (uint64_t n = 1; kt_failed(status); n++) {
            room_fail(room, n);
            room_with_key(room, &key);
            status = one_step(room, step);
            struck += room_struck(room);
            room_fail(room, 0);
            assert_int_equal(room_verify(room), 0);
            assert_true(n < 400);
        }
        room_with_key(room, &key);
        assert_ok(one_step(room, step)); /* the answer again */
    }
    return struck;
}
