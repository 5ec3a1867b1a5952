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
