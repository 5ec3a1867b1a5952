/* What is scarce, asked for by a thousand at once through the real shell: exactly as many get it as
 * there is of it. */
#include "testing.h"

#include "service.h"
#include "stage.h"

#include <kantor/finance/v1/books.client.kt.h>
#include <kantor/finance/v1/budgets.client.kt.h>
#include <kantor/finance/v1/employees.client.kt.h>
#include <kt/time.h>

enum { CALLERS = 4, EACH = 250, THERE_ARE = 100, AMOUNT = 7 };

static const stage_principal_t principals[] = {
    {"anna", "finance.analyst finance.clerk", NULL},
    {"carl", "finance.clerk", NULL},
    {"legal", "department", NULL},
    {"it", "department", NULL},
    {"finance", NULL, "finance"},
    {NULL, NULL, NULL},
};

#define TEXT(text) ((char *)(uintptr_t)(text))

static void
with_readers(kt_shell_options_t *options)
{
    options->readers = 1;
}

/* A book, a cost centre, a budget of a hundred times AMOUNT, and a headcount of a hundred. */
static void
prepare(stage_world_t *w)
{
    fin_book_t book = FIN_BOOK_INIT;
    fin_create_book_request_t create = FIN_CREATE_BOOK_REQUEST_INIT;
    fin_create_cost_centre_request_t centre = FIN_CREATE_COST_CENTRE_REQUEST_INIT;
    fin_set_budget_request_t budget = FIN_SET_BUDGET_REQUEST_INIT;
    fin_set_headcount_request_t headcount = FIN_SET_HEADCOUNT_REQUEST_INIT;
    const fin_book_t *made;
    const fin_cost_centre_t *made_centre;
    const fin_budget_t *made_budget;
    const fin_headcount_t *made_headcount;
    book.book = centre.book = budget.book = headcount.book = TEXT("acme");
    book.kind = FIN_BOOK_KIND_COMPANY;
    create.book = &book;
    centre.cost_centre = budget.cost_centre = headcount.cost_centre = TEXT("it");
    centre.title = TEXT("IT");
    budget.commodity = TEXT("USD");
    budget.period_from = budget.period_to = TEXT("2026-11");
    budget.amount_minor = THERE_ARE * AMOUNT;
    headcount.position = TEXT("engineer");
    headcount.count = THERE_ARE;
    assert_ok(fin_books_create_book(w->client, NULL, &create, &w->reply, &made));
    assert_ok(fin_budgets_create_cost_centre(w->client, NULL, &centre, &w->reply, &made_centre));
    assert_ok(fin_budgets_set_budget(w->client, NULL, &budget, &w->reply, &made_budget));
    assert_ok(fin_employees_set_headcount(w->client, NULL, &headcount, &w->reply, &made_headcount));
}

static int
setup(void **state)
{
    stage_world_t *w = stage_world_new(principals, fin_service(), with_readers);
    prepare(w);
    *state = w;
    return 0;
}

/* Starts one call; the reservation is named by AT. */
typedef void (*ask_t)(kt_client_t *client, unsigned at);

static void
reserve(kt_client_t *client, unsigned at)
{
    fin_reserve_request_t request = FIN_RESERVE_REQUEST_INIT;
    char name[16];
    snprintf(name, sizeof(name), "r-%u", at);
    request.reservation = name;
    request.book = TEXT("acme");
    request.cost_centre = TEXT("it");
    request.on_date = TEXT("2026-11-28");
    request.commodity = TEXT("USD");
    request.amount_minor = AMOUNT;
    request.expires_us = kt_clock_wall_us() + KT_US_PER_DAY;
    assert_ok(kt_client_start(client, &fin_budgets_service.methods[FIN_BUDGETS_RESERVE], NULL,
                              &request.base, at));
}

static void
reserve_headcount(kt_client_t *client, unsigned at)
{
    fin_reserve_headcount_request_t request = FIN_RESERVE_HEADCOUNT_REQUEST_INIT;
    char name[16];
    snprintf(name, sizeof(name), "h-%u", at);
    request.reservation = name;
    request.book = TEXT("acme");
    request.cost_centre = TEXT("it");
    request.position = TEXT("engineer");
    request.expires_us = kt_clock_wall_us() + KT_US_PER_DAY;
    assert_ok(kt_client_start(client,
                              &fin_employees_service.methods[FIN_EMPLOYEES_RESERVE_HEADCOUNT], NULL,
                              &request.base, at));
}

/* A thousand calls at once, of which as many are refused for REASON as there are too many. */
static void
all_at_once(stage_world_t *w, ask_t ask, const char *reason)
{
    static const char *const NAMES[CALLERS] = {"anna", "carl", "legal", "it"};
    kt_client_t *clients[CALLERS];
    unsigned got = 0, refused = 0;
    for (int i = 0; i < CALLERS; i++)
        clients[i] = stage_client(w->stage, NAMES[i]);
    for (unsigned at = 0; at < CALLERS * EACH; at++)
        ask(clients[at % CALLERS], at);
    for (int i = 0; i < CALLERS; i++) {
        uint64_t tag;
        while (!kt_failed(kt_client_next(clients[i], -1, &tag, &w->reply))) {
            if (!kt_failed(w->reply.status))
                got++;
            else if (w->reply.reason && strcmp(w->reply.reason, reason) == 0)
                refused++;
            else
                assert_ok(w->reply.status);
        }
        kt_client_destroy(&clients[i]);
    }
    assert_int_equal(got, THERE_ARE);
    assert_int_equal(refused, CALLERS * EACH - THERE_ARE);
}

static void
a_thousand_want_a_budget_of_a_hundred(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    fin_get_budget_request_t request = FIN_GET_BUDGET_REQUEST_INIT;
    const fin_budget_t *budget;
    all_at_once(w, reserve, "BUDGET_EXCEEDED");
    request.book = TEXT("acme");
    request.cost_centre = TEXT("it");
    request.commodity = TEXT("USD");
    request.on_date = TEXT("2026-11-28");
    assert_ok(fin_budgets_get_budget(w->client, NULL, &request, &w->reply, &budget));
    assert_int_equal(budget->reserved_minor, THERE_ARE * AMOUNT);
    assert_int_equal(budget->free_minor, 0);
}

static void
a_thousand_want_a_headcount_of_a_hundred(void **state)
{
    stage_world_t *w = (stage_world_t *)*state;
    fin_list_headcounts_request_t request = FIN_LIST_HEADCOUNTS_REQUEST_INIT;
    const fin_list_headcounts_response_t *list;
    all_at_once(w, reserve_headcount, "HEADCOUNT_EXCEEDED");
    request.book = TEXT("acme");
    assert_ok(fin_employees_list_headcounts(w->client, NULL, &request, &w->reply, &list));
    assert_int_equal(list->n_headcounts, 1);
    assert_int_equal(list->headcounts[0]->reserved, THERE_ARE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_thousand_want_a_budget_of_a_hundred, setup,
                                        stage_world_teardown),
        cmocka_unit_test_setup_teardown(a_thousand_want_a_headcount_of_a_hundred, setup,
                                        stage_world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
