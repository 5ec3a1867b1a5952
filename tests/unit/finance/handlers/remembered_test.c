/* What the writer remembers from call to call never outlives a change: each thing that Books
 * changes is met by the next posting, in the same transaction and in a later one, and what was
 * aborted never was. */
#include "office.h"

#include "domain/reason.h"
#include "handlers/books.h"
#include "handlers/posting.h"
#include "store/state.h"

static office_t office;
static char book[] = "acme", bank[] = "assets:bank", sales[] = "income:sales", month[] = "2026-11",
            why[] = "forgotten invoice", usd[] = "USD", chf[] = "CHF", grant[] = "income:grants",
            doge[] = "DOGE";

static kt_status_t
post(const char *debit, const char *credit, const char *commodity, int64_t amount)
{
    const office_line_t lines[] = {{debit, commodity, amount}, {credit, commodity, -amount}};
    fin_post_entry_request_t request = FIN_POST_ENTRY_REQUEST_INIT;
    fin_posted_entry_t response = FIN_POSTED_ENTRY_INIT;
    request.book = book;
    request.entry = office_draft(&office, "2026-11-23", "", lines, 2);
    return fin_post_entry(&office.call, &request, &response);
}

/* ---- changes, and the posting that they change ---- */

static kt_status_t
post_usd(void)
{
    return post(sales, bank, usd, 5);
}

static kt_status_t
set_floor(void)
{
    fin_update_account_request_t request = FIN_UPDATE_ACCOUNT_REQUEST_INIT;
    fin_account_t response = FIN_ACCOUNT_INIT;
    fin_floor_t floor = FIN_FLOOR_INIT, *floors[] = {&floor};
    floor.commodity = usd;
    floor.amount_minor = -9; /* one more posting of 5 passes it */
    request.book = book;
    request.account = bank;
    request.set_floors = true;
    request.floors = floors;
    request.n_floors = 1;
    return fin_books_handlers.update_account(&office.call, &request, &response);
}

static kt_status_t
post_chf(void)
{
    return post(sales, bank, chf, 5);
}

/* Empties the account that post_chf used, and closes it. */
static kt_status_t
close_account(void)
{
    fin_update_account_request_t request = FIN_UPDATE_ACCOUNT_REQUEST_INIT;
    fin_account_t response = FIN_ACCOUNT_INIT;
    KT_TRY(post(bank, sales, chf, 5));
    request.book = book;
    request.account = bank;
    request.set_closed = request.closed = true;
    return fin_books_handlers.update_account(&office.call, &request, &response);
}

static kt_status_t
close_month(void)
{
    fin_close_period_request_t request = FIN_CLOSE_PERIOD_REQUEST_INIT;
    fin_period_t response = FIN_PERIOD_INIT;
    request.book = book;
    request.period = month;
    return fin_books_handlers.close_period(&office.call, &request, &response);
}

static kt_status_t
reopen_month(void)
{
    fin_reopen_period_request_t request = FIN_REOPEN_PERIOD_REQUEST_INIT;
    fin_period_t response = FIN_PERIOD_INIT;
    request.book = book;
    request.period = month;
    request.reason = why;
    return fin_books_handlers.reopen_period(&office.call, &request, &response);
}

static kt_status_t
post_grant(void)
{
    return post(bank, grant, usd, 1);
}

static kt_status_t
open_account(void)
{
    fin_open_account_request_t request = FIN_OPEN_ACCOUNT_REQUEST_INIT;
    fin_account_t account = FIN_ACCOUNT_INIT, response = FIN_ACCOUNT_INIT;
    account.book = book;
    account.account = grant;
    request.account = &account;
    return fin_books_handlers.open_account(&office.call, &request, &response);
}

static kt_status_t
post_doge(void)
{
    return post(bank, sales, doge, 1);
}

static kt_status_t
declare(void)
{
    fin_declare_commodity_request_t request = FIN_DECLARE_COMMODITY_REQUEST_INIT;
    fin_commodity_t commodity = FIN_COMMODITY_INIT, response = FIN_COMMODITY_INIT;
    commodity.commodity = doge;
    commodity.scale = 8;
    request.book = book;
    request.commodity = &commodity;
    return fin_books_handlers.declare_commodity(&office.call, &request, &response);
}

static const struct {
    const char *name;
    kt_status_t (*prepare)(void); /* or NULL */
    kt_status_t (*ask)(void);
    uint32_t before; /* the reason it is refused for; 0: accepted */
    kt_status_t (*change)(void);
    uint32_t after;
} rows[] = {
    {"a floor is set", NULL, post_usd, 0, set_floor, FIN_FLOOR_REACHED},
    {"an account is closed", NULL, post_chf, 0, close_account, FIN_ACCOUNT_CLOSED},
    {"a month is closed", NULL, post_usd, 0, close_month, FIN_PERIOD_CLOSED},
    {"a month is reopened", close_month, post_usd, FIN_PERIOD_CLOSED, reopen_month, 0},
    {"an account is opened", NULL, post_grant, FIN_ACCOUNT_UNKNOWN, open_account, 0},
    {"a commodity is declared", NULL, post_doge, FIN_COMMODITY_UNKNOWN, declare, 0},
};

static kt_status_t
in_own_call(kt_status_t (*run)(void))
{
    office_begin(&office);
    return office_end(&office, run());
}

static void
assert_reason(const char *name, kt_status_t status, uint32_t reason)
{
    if (status.reason != reason || kt_failed(status) != (reason != 0))
        fail_msg("%s: reason %u (%s), expected %u", name, (unsigned)status.reason,
                 status.text ? status.text : "", (unsigned)reason);
}

static void
changes_are_met(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        office_open(&office, OFFICE_RAM);
        if (rows[i].prepare != NULL)
            assert_ok(in_own_call(rows[i].prepare));
        assert_reason(rows[i].name, in_own_call(rows[i].ask), rows[i].before);
        assert_ok(in_own_call(rows[i].change));
        assert_reason(rows[i].name, in_own_call(rows[i].ask), rows[i].after);
        assert_int_equal(office_verify(&office, true), 0);
        office_close(&office);
    }
}

/* As in a batch of the shell: all in one transaction, which is then aborted and forgotten. */
static void
changes_are_met_in_one_transaction_and_aborted_with_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        office_open(&office, OFFICE_RAM);
        if (rows[i].prepare != NULL)
            assert_ok(in_own_call(rows[i].prepare));
        office_begin(&office);
        assert_reason(rows[i].name, rows[i].ask(), rows[i].before);
        assert_ok(rows[i].change());
        assert_reason(rows[i].name, rows[i].ask(), rows[i].after);
        kt_kv_abort(&office.call.txn);
        fin_state_forget((fin_state_t *)office.state);
        assert_reason(rows[i].name, in_own_call(rows[i].ask), rows[i].before);
        assert_int_equal(office_verify(&office, true), 0);
        office_close(&office);
    }
}

/* Many names on few slots: each is still its own. */
static void
names_that_share_a_slot(void **state)
{
    (void)state;
    static fin_state_t remembered;
    char path[16];
    memset(&remembered, 0, sizeof(remembered));
    for (uint32_t n = 1; n <= 100; n++) {
        int size = snprintf(path, sizeof(path), "assets:%u", (unsigned)n);
        fin_account_record_t account = {.path = kt_span(path, (size_t)size), .number = n};
        fin_account_record_t found = {.path = account.path};
        assert_false(fin_state_account(&remembered, 1, n % 3, &found));
        fin_state_put_account(&remembered, 1, n % 3, &account);
        assert_true(fin_state_account(&remembered, 1, n % 3, &found));
        assert_int_equal(found.number, n);
        assert_false(fin_state_account(&remembered, 2, n % 3, &found));
    }
    fin_state_forget(&remembered);
    fin_account_record_t found = {.path = kt_span_str("assets:100")};
    assert_false(fin_state_account(&remembered, 1, 1, &found));
    remembered.generation = UINT32_MAX;
    fin_state_put_month(&remembered, 1, 24322, FIN_MONTH_OPEN);
    fin_state_forget(&remembered);
    fin_month_state_t is;
    assert_int_equal(remembered.generation, 0);
    assert_false(fin_state_month(&remembered, 1, 24322, &is));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_met),
        cmocka_unit_test(changes_are_met_in_one_transaction_and_aborted_with_it),
        cmocka_unit_test(names_that_share_a_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
