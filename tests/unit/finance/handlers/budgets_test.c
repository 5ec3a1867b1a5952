/* Budgets through calls: the story of a reservation, every refusal, and what the store keeps. */
#include "desk.h"

#include "domain/reason.h"
#include "service.h"
#include "store/budgets.h"
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
assert_budget(room_t *room, int64_t reserved, int64_t committed, int64_t spent)
{
    const fin_budget_t *budget = desk_budget(room);
    assert_int_equal(budget->reserved_minor, reserved);
    assert_int_equal(budget->committed_minor, committed);
    assert_int_equal(budget->spent_minor, spent);
    assert_int_equal(budget->free_minor, budget->amount_minor - reserved - committed - spent);
    assert_int_equal(budget->as_of_us, room_now(room));
}

static void
a_reservation_becomes_a_commitment(void **state)
{
    room_t *room = (room_t *)*state;
    const fin_reservation_t *r;
    assert_ok(desk_reserve(room, "r-1", 60000, &r));
    assert_int_equal(r->state, FIN_RESERVATION_STATE_RESERVATION_RESERVED);
    assert_int_equal(r->created_us, room_now(room));
    assert_budget(room, 60000, 0, 0);
    assert_ok(desk_commit(room, "r-1", "contract c-1", &r));
    assert_int_equal(r->state, FIN_RESERVATION_STATE_RESERVATION_COMMITTED);
    assert_string_equal(r->reference, "contract c-1");
    assert_budget(room, 0, 60000, 0);
    assert_ok(desk_commit(room, "r-1", "contract c-1", NULL)); /* again */
    room_set_now(room, room_now(room) + 2 * DESK_DAY_US);      /* and it does not expire */
    assert_budget(room, 0, 60000, 0);
    assert_ok(desk_release(room, "r-1", &r));
    assert_int_equal(r->state, FIN_RESERVATION_STATE_RESERVATION_RELEASED);
    assert_budget(room, 0, 0, 0);
    assert_ok(desk_release(room, "r-1", NULL)); /* again */
    assert_budget(room, 0, 0, 0);
    assert_int_equal(room_refusals(room), 0);
}

static void
an_expired_reservation_makes_room(void **state)
{
    room_t *room = (room_t *)*state;
    assert_ok(desk_reserve(room, "old", 70000, NULL));
    assert_status(desk_reserve(room, "new", 70000, NULL), KT_FAILED_PRECONDITION,
                  FIN_BUDGET_EXCEEDED);
    room_set_now(room, room_now(room) + DESK_DAY_US - 1);
    assert_budget(room, 70000, 0, 0);
    room_set_now(room, room_now(room) + 1);
    assert_budget(room, 0, 0, 0);
    assert_int_equal(desk_reservation(room, "old")->state,
                     FIN_RESERVATION_STATE_RESERVATION_EXPIRED);
    assert_ok(desk_reserve(room, "new", 70000, NULL));
    assert_status(desk_commit(room, "old", "c", NULL), KT_FAILED_PRECONDITION,
                  FIN_RESERVATION_STATE);
    /* Who tried what is kept. */
    assert_int_equal(room_refusals(room), 1);
    const kt_refusal_t *refusal = room_refusal(room);
    assert_span_equal(refusal->subject, kt_span_str("reservation old"));
    assert_span_equal(refusal->command, kt_span_str("commit"));
    assert_span_equal(refusal->principal, kt_span_str("carl"));
    /* A compensation may come late. */
    assert_ok(desk_release(room, "old", NULL));
    assert_budget(room, 70000, 0, 0);
}

static void
what_is_not_there(void **state)
{
    room_t *room = (room_t *)*state;
    fin_reserve_request_t reserve = FIN_RESERVE_REQUEST_INIT;
    fin_get_budget_request_t get = FIN_GET_BUDGET_REQUEST_INIT;
    fin_get_reservation_request_t reservation = FIN_GET_RESERVATION_REQUEST_INIT;
    fin_get_cost_centre_request_t centre = FIN_GET_COST_CENTRE_REQUEST_INIT;
    reserve.reservation = DESK_TEXT("r");
    reserve.book = get.book = centre.book = DESK_TEXT("nobody");
    reserve.cost_centre = get.cost_centre = centre.cost_centre = DESK_TEXT("it");
    reserve.commodity = get.commodity = DESK_TEXT("USD");
    reserve.on_date = get.on_date = DESK_TEXT("2027-11-01");
    reserve.amount_minor = 1;
    reserve.expires_us = room_now(room) + 1;
    assert_status(room_call(room, "Budgets/Reserve", &reserve.base, NULL), KT_NOT_FOUND,
                  FIN_BOOK_UNKNOWN);
    assert_status(room_call(room, "Budgets/GetBudget", &get.base, NULL), KT_NOT_FOUND,
                  FIN_BOOK_UNKNOWN);
    assert_status(room_call(room, "Budgets/GetCostCentre", &centre.base, NULL), KT_NOT_FOUND,
                  FIN_BOOK_UNKNOWN);
    reserve.book = get.book = centre.book = DESK_TEXT("acme");
    /* The month after its budget ends. */
    assert_status(room_call(room, "Budgets/Reserve", &reserve.base, NULL), KT_NOT_FOUND,
                  FIN_BUDGET_UNKNOWN);
    assert_status(room_call(room, "Budgets/GetBudget", &get.base, NULL), KT_NOT_FOUND,
                  FIN_BUDGET_UNKNOWN);
    reserve.on_date = get.on_date = DESK_TEXT("2026-10-31"); /* the day before it begins */
    assert_status(room_call(room, "Budgets/Reserve", &reserve.base, NULL), KT_NOT_FOUND,
                  FIN_BUDGET_UNKNOWN);
    assert_status(room_call(room, "Budgets/GetBudget", &get.base, NULL), KT_NOT_FOUND,
                  FIN_BUDGET_UNKNOWN);
    reserve.on_date = DESK_TEXT(DESK_TODAY);
    reserve.commodity = DESK_TEXT("EUR");
    assert_status(room_call(room, "Budgets/Reserve", &reserve.base, NULL), KT_NOT_FOUND,
                  FIN_BUDGET_UNKNOWN);
    reserve.cost_centre = centre.cost_centre = DESK_TEXT("hr");
    assert_status(room_call(room, "Budgets/Reserve", &reserve.base, NULL), KT_NOT_FOUND,
                  FIN_COST_CENTRE_UNKNOWN);
    assert_status(room_call(room, "Budgets/GetCostCentre", &centre.base, NULL), KT_NOT_FOUND,
                  FIN_COST_CENTRE_UNKNOWN);
    reservation.reservation = DESK_TEXT("r");
    assert_status(room_call(room, "Budgets/GetReservation", &reservation.base, NULL), KT_NOT_FOUND,
                  FIN_RESERVATION_UNKNOWN);
    assert_status(desk_commit(room, "r", "c", NULL), KT_NOT_FOUND, FIN_RESERVATION_UNKNOWN);
    assert_status(desk_release(room, "r", NULL), KT_NOT_FOUND, FIN_RESERVATION_UNKNOWN);
}

static void
what_is_there_already(void **state)
{
    room_t *room = (room_t *)*state;
    fin_create_cost_centre_request_t centre = FIN_CREATE_COST_CENTRE_REQUEST_INIT;
    centre.book = DESK_TEXT("acme");
    centre.cost_centre = DESK_TEXT("it");
    centre.title = DESK_TEXT("again");
    assert_status(room_call(room, "Budgets/CreateCostCentre", &centre.base, NULL),
                  KT_ALREADY_EXISTS, FIN_COST_CENTRE_EXISTS);
    assert_ok(desk_reserve(room, "r", 1, NULL));
    assert_status(desk_reserve(room, "r", 1, NULL), KT_ALREADY_EXISTS, FIN_RESERVATION_EXISTS);
    assert_int_equal(room_refusals(room), 0);
}

static void
budgets_are_changed_within_their_use(void **state)
{
    room_t *room = (room_t *)*state;
    const fin_budget_t *budget;
    assert_ok(desk_reserve(room, "r", 40000, NULL));
    desk_as_analyst(room);
    assert_status(desk_set_budget(room, "2026-11", "2027-10", 39999, NULL), KT_FAILED_PRECONDITION,
                  FIN_BUDGET_BELOW_USE);
    assert_ok(desk_set_budget(room, "2026-11", "2027-10", 40000, &budget));
    assert_int_equal(budget->free_minor, 0);
    assert_status(desk_set_budget(room, "2027-10", "2027-12", 1, NULL), KT_FAILED_PRECONDITION,
                  FIN_BUDGET_OVERLAPS);
    assert_status(desk_set_budget(room, "2026-01", "2026-11", 1, NULL), KT_FAILED_PRECONDITION,
                  FIN_BUDGET_OVERLAPS);
    assert_status(desk_set_budget(room, "2026-12", "2027-01", 1, NULL), KT_FAILED_PRECONDITION,
                  FIN_BUDGET_OVERLAPS);
    assert_ok(desk_set_budget(room, "2027-11", "2027-11", 5, NULL));
    assert_ok(desk_set_budget(room, "2026-01", "2026-10", 6, NULL));
    room_set_now(room, room_now(room) + DESK_DAY_US);
    assert_ok(desk_set_budget(room, "2026-11", "2027-10", 0, NULL)); /* it has expired */
    desk_as_clerk(room);
    assert_status(desk_set_budget(room, "2026-11", "2027-10", 1, NULL), KT_PERMISSION_DENIED,
                  RPC_REASON_ROLE_MISSING);
}

static void
set_budget_names_what_it_needs(void **state)
{
    room_t *room = (room_t *)*state;
    fin_set_budget_request_t request = FIN_SET_BUDGET_REQUEST_INIT;
    desk_as_analyst(room);
    request.book = DESK_TEXT("acme");
    request.cost_centre = DESK_TEXT("hr");
    request.commodity = DESK_TEXT("USD");
    request.period_from = request.period_to = DESK_TEXT("2026-11");
    assert_status(room_call(room, "Budgets/SetBudget", &request.base, NULL), KT_NOT_FOUND,
                  FIN_COST_CENTRE_UNKNOWN);
    request.cost_centre = DESK_TEXT("it");
    request.commodity = DESK_TEXT("doubloons");
    assert_status(room_call(room, "Budgets/SetBudget", &request.base, NULL), KT_NOT_FOUND,
                  FIN_COMMODITY_UNKNOWN);
}

/* ---- limits ---- */

static void
as_many_as_there_may_be(void **state)
{
    room_t *room = (room_t *)*state;
    char name[16];
    for (int i = 0; i < FIN_RESERVATIONS_ACTIVE_MAX; i++) {
        snprintf(name, sizeof(name), "r-%d", i);
        assert_ok(desk_reserve(room, name, 1, NULL));
        room_forget(room);
    }
    assert_status(desk_reserve(room, "more", 1, NULL), KT_RESOURCE_EXHAUSTED,
                  FIN_TOO_MANY_RESERVATIONS);
    /* All of them expire, and one call drops them all. */
    room_set_now(room, room_now(room) + DESK_DAY_US);
    assert_budget(room, 0, 0, 0);
    assert_ok(desk_reserve(room, "more", DESK_BUDGET, NULL));
    assert_budget(room, DESK_BUDGET, 0, 0);
}

/* ---- shapes ---- */

static void
shapes_are_checked(void **state)
{
    room_t *room = (room_t *)*state;
    static const struct {
        const char *name, *book, *centre, *date, *commodity;
        int64_t amount, expires_in;
    } ROWS[] = {
        {"", "acme", "it", DESK_TODAY, "USD", 1, 1},
        {"R", "acme", "it", DESK_TODAY, "USD", 1, 1},
        {"r", "", "it", DESK_TODAY, "USD", 1, 1},
        {"r", "acme", "", DESK_TODAY, "USD", 1, 1},
        {"r", "acme", "it", "", "USD", 1, 1},
        {"r", "acme", "it", "2026-02-30", "USD", 1, 1},
        {"r", "acme", "it", DESK_TODAY, "", 1, 1},
        {"r", "acme", "it", DESK_TODAY, "USD", 0, 1},
        {"r", "acme", "it", DESK_TODAY, "USD", -1, 1},
        {"r", "acme", "it", DESK_TODAY, "USD", 1, 0},
        {"r", "acme", "it", DESK_TODAY, "USD", 1, -1},
        {"r", "acme", "it", DESK_TODAY, "USD", 1, 366 * KT_US_PER_DAY + 1},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_reserve_request_t request = FIN_RESERVE_REQUEST_INIT;
        request.reservation = DESK_TEXT(ROWS[i].name);
        request.book = DESK_TEXT(ROWS[i].book);
        request.cost_centre = DESK_TEXT(ROWS[i].centre);
        request.on_date = DESK_TEXT(ROWS[i].date);
        request.commodity = DESK_TEXT(ROWS[i].commodity);
        request.amount_minor = ROWS[i].amount;
        request.expires_us = room_now(room) + ROWS[i].expires_in;
        kt_status_t status = room_call(room, "Budgets/Reserve", &request.base, NULL);
        if (status.code != KT_INVALID_ARGUMENT || status.reason != RPC_REASON_BAD_FIELD)
            fail_msg("row %zu: %s %u", i, kt_code_name(status.code), (unsigned)status.reason);
    }
    assert_status(desk_commit(room, "r", "", NULL), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(desk_commit(room, "R", "c", NULL), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(desk_release(room, "", NULL), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    desk_as_analyst(room);
    static const struct {
        const char *from, *to;
        int64_t amount;
    } PERIODS[] = {
        {"2026-13", "2027-01", 1}, {"2026-11", "2026-10", 1}, {"2026-11", "2036-11", 1},
        {"2026-11", "", 1},        {"", "2026-11", 1},        {"2026-11", "2027-10", -1},
    };
    for (size_t i = 0; i < KT_COUNT(PERIODS); i++)
        assert_status(
            desk_set_budget(room, PERIODS[i].from, PERIODS[i].to, PERIODS[i].amount, NULL),
            KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_ok(desk_set_budget(room, "2028-01", "2037-12", 1, NULL)); /* 120 months */
}

/* ---- listings ---- */

static void
listings_come_in_pages(void **state)
{
    room_t *room = (room_t *)*state;
    static const char *const NAMES[] = {"a", "b", "c", "d", "e"};
    fin_list_reservations_request_t list = FIN_LIST_RESERVATIONS_REQUEST_INIT;
    const fin_list_reservations_response_t *page;
    size_t seen = 0;
    for (size_t i = 0; i < KT_COUNT(NAMES); i++)
        assert_ok(desk_reserve(room, NAMES[i], 1, NULL));
    list.book = DESK_TEXT("acme");
    list.cost_centre = DESK_TEXT("it");
    list.page_size = 2;
    do {
        assert_ok(room_call(room, "Budgets/ListReservations", &list.base, (const void **)&page));
        for (size_t i = 0; i < page->n_reservations; i++)
            assert_string_equal(page->reservations[i]->reservation, NAMES[seen++]);
        list.page_token = page->next_page_token;
    } while (list.page_token[0] != '\0');
    assert_int_equal(seen, KT_COUNT(NAMES));

    fin_list_budgets_request_t budgets = FIN_LIST_BUDGETS_REQUEST_INIT;
    const fin_list_budgets_response_t *found;
    budgets.book = DESK_TEXT("acme");
    assert_ok(room_call(room, "Budgets/ListBudgets", &budgets.base, (const void **)&found));
    assert_int_equal(found->n_budgets, 1);
    assert_int_equal(found->budgets[0]->reserved_minor, 5);
    assert_string_equal(found->budgets[0]->period_to, "2027-10");
    budgets.cost_centre = DESK_TEXT("i"); /* no prefix of a name is one */
    assert_ok(room_call(room, "Budgets/ListBudgets", &budgets.base, (const void **)&found));
    assert_int_equal(found->n_budgets, 0);

    fin_list_cost_centres_request_t centres = FIN_LIST_COST_CENTRES_REQUEST_INIT;
    const fin_list_cost_centres_response_t *all;
    centres.book = DESK_TEXT("acme");
    assert_ok(room_call(room, "Budgets/ListCostCentres", &centres.base, (const void **)&all));
    assert_int_equal(all->n_cost_centres, 1);
    assert_string_equal(all->cost_centres[0]->title, "Information technology");
}

/* ---- verification ---- */

/* Spoils what is derived; the journal does not see it. */
static kt_status_t
spoil(kt_call_t *call, const char *department, const kt_event_t *event)
{
    fin_reservation_facts_t facts;
    fin_budget_work_t work;
    kt_key_t key, budget;
    (void)event;
    KT_TRY(fin_store_load_reservation_facts(call, kt_span_str("r"), &facts, &work));
    fin_allowance_key_t of = {FIN_SCARCE_BUDGET, fin_budget_key(&budget, work.part, &facts.budget)};
    fin_expiry_t expiry = {kt_span_str("r"), facts.reservation.expires_us, 10};
    switch (department[0]) {
    case 'a':
        return fin_store_put_expiry(call, &of, &expiry, false);
    case 'b':
        expiry.amount++;
        return fin_store_put_expiry(call, &of, &expiry, true);
    case 'c':
        expiry.reservation = kt_span_str("s");
        return fin_store_put_expiry(call, &of, &expiry, true);
    case 'd':
        return kt_row_delete(call, FIN_TABLE_RESERVATION_PLACE,
                             fin_place_key(&key, work.part, kt_span_str("it"), kt_span_str("r")));
    case 'e':
        return fin_store_put_place(
            call, FIN_TABLE_RESERVATION_PLACE,
            fin_place_key(&key, work.part, kt_span_str("it"), kt_span_str("s")));
    default: /* a fact, which is journalled, but no decision's */
        facts.budget.allowance.reserved++;
        return fin_store_apply_budget(call, &work, &facts.budget);
    }
}

static void
verification_finds_what_is_wrong(void **state)
{
    static const char *const WAYS[] = {"a", "b", "c", "d", "e", "f"};
    (void)state;
    for (size_t i = 0; i < KT_COUNT(WAYS); i++) {
        kt_service_t spoilt = *fin_service();
        spoilt.take = spoil;
        room_t *room = desk_open_as(&spoilt);
        assert_ok(desk_reserve(room, "r", 10, NULL));
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
        return desk_reserve(room, "r", 500, NULL);
    case 1:
        return desk_commit(room, "r", "c", NULL);
    default:
        return desk_release(room, "r", NULL);
    }
}

static void
every_store_operation_may_fail(void **state)
{
    room_t *room = (room_t *)*state;
    uint64_t struck = desk_fail_each(room, 3, one_step);
    assert_true(struck > 10);
    assert_int_equal(desk_reservation(room, "r")->state,
                     FIN_RESERVATION_STATE_RESERVATION_RELEASED);
    assert_budget(room, 0, 0, 0);
}

#define ROOM_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(a_reservation_becomes_a_commitment),
        ROOM_TEST(an_expired_reservation_makes_room),
        ROOM_TEST(what_is_not_there),
        ROOM_TEST(what_is_there_already),
        ROOM_TEST(budgets_are_changed_within_their_use),
        ROOM_TEST(set_budget_names_what_it_needs),
        ROOM_TEST(as_many_as_there_may_be),
        ROOM_TEST(shapes_are_checked),
        ROOM_TEST(listings_come_in_pages),
        cmocka_unit_test(verification_finds_what_is_wrong),
        ROOM_TEST(every_store_operation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
