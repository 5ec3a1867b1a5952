#include "../office.h"

#include "domain/accounts.h"
#include "domain/reason.h"
#include "handlers/books.h"
#include "handlers/reads.h"

#include <kantor/rpc/v1/reason.kt.h>

static office_t office;

#define ASK(method, request, response)                                                             \
    OFFICE_RUN(&office, fin_books_handlers.method, request, response)
#define BAD_FIELD RPC_REASON_BAD_FIELD

/* ---- accounts ---- */

static kt_status_t
open_account(const char *path, fin_account_type_t type, fin_account_t *made)
{
    fin_account_t account = FIN_ACCOUNT_INIT;
    account.book = "acme";
    account.account = (char *)path;
    account.type = type;
    fin_open_account_request_t request = FIN_OPEN_ACCOUNT_REQUEST_INIT;
    request.account = &account;
    *made = (fin_account_t)FIN_ACCOUNT_INIT;
    return ASK(open_account, &request, made);
}

static kt_status_t
get_account(const char *path, fin_account_t *read)
{
    fin_get_account_request_t request = FIN_GET_ACCOUNT_REQUEST_INIT;
    request.book = "acme";
    request.account = (char *)path;
    *read = (fin_account_t)FIN_ACCOUNT_INIT;
    return ASK(get_account, &request, read);
}

static void
an_account_is_opened_with_all_above_it(void **state)
{
    (void)state;
    fin_account_t made, read;
    assert_ok(open_account("till:shop 7:coins", FIN_ACCOUNT_TYPE_ASSET, &made));
    assert_string_equal(made.account, "till:shop 7:coins");
    assert_int_equal(made.number, OFFICE_ACCOUNTS + 3);
    assert_ok(get_account("till:shop 7", &read));
    assert_int_equal(read.type, FIN_ACCOUNT_TYPE_ASSET);
    assert_int_equal(read.number, OFFICE_ACCOUNTS + 2);
    assert_ok(open_account("till:shop 7:coins", FIN_ACCOUNT_TYPE_UNSPECIFIED, &made));
    assert_int_equal(made.number, OFFICE_ACCOUNTS + 3);
    assert_ok(open_account("till:shop 8", FIN_ACCOUNT_TYPE_UNSPECIFIED, &made));
    assert_int_equal(made.type, FIN_ACCOUNT_TYPE_ASSET);
    assert_ok(open_account("odd", FIN_ACCOUNT_TYPE_UNSPECIFIED, &made));
    assert_int_equal(made.type, FIN_ACCOUNT_TYPE_SUSPENSE);
    kt_status_t status = open_account("till", FIN_ACCOUNT_TYPE_EQUITY, &made);
    assert_status(status, KT_ALREADY_EXISTS, FIN_ACCOUNT_EXISTS);
    assert_non_null(strstr(status.text, "till"));
    assert_status(open_account("equity:trading:EUR", FIN_ACCOUNT_TYPE_TRADING, &made),
                  KT_FAILED_PRECONDITION, FIN_ACCOUNT_RESERVED);
    status = get_account("nowhere:to be seen", &read);
    assert_status(status, KT_NOT_FOUND, FIN_ACCOUNT_UNKNOWN);
    assert_non_null(strstr(status.text, "nowhere:to be seen"));
    assert_non_null(strstr(status.text, "acme"));
    assert_int_equal(office_verify(&office, true), 0);
}

static void
accounts_that_break_a_rule_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *book, *path;
        int type;
        size_t title;
        const char *floors[2];
        uint32_t floors_count;
        const char *field; /* of account 1 of a list */
    } ROWS[] = {
        {"other", "x", 0, 0, {0}, 0, "accounts[1].book"},
        {"", "", 0, 0, {0}, 0, "accounts[1].account"},
        {"", "a::b", 0, 0, {0}, 0, "accounts[1].account"},
        {"", "x", 99, 0, {0}, 0, "accounts[1].type"},
        {"", "x", -1, 0, {0}, 0, "accounts[1].type"},
        {"", "x", FIN_ACCOUNT_TYPE_TRADING, 0, {0}, 0, "accounts[1].type"},
        {"", "x", 0, FIN_TITLE_BYTES_MAX + 1, {0}, 0, "accounts[1].title"},
        {"", "x", 0, 0, {"EUR", "EUR"}, 2, "accounts[1].floors[1].commodity"},
        {"", "x", 0, 0, {"EUR", ""}, 2, "accounts[1].floors[1].commodity"},
        {"", "x", 0, 0, {"EUR", "USD"}, 9, "accounts[1].floors"},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_account_t first = FIN_ACCOUNT_INIT, second = FIN_ACCOUNT_INIT;
        fin_account_t *accounts[] = {&first, &second};
        fin_floor_t floors[2] = {FIN_FLOOR_INIT, FIN_FLOOR_INIT};
        fin_floor_t *pointers[9] = {&floors[0], &floors[1]};
        first.account = "fine";
        second.book = (char *)ROWS[i].book;
        second.account = (char *)ROWS[i].path;
        second.type = (fin_account_type_t)ROWS[i].type;
        second.title = office_text(ROWS[i].title);
        for (uint32_t f = 0; f < 2 && ROWS[i].floors[f]; f++)
            floors[f].commodity = (char *)ROWS[i].floors[f];
        second.floors = pointers;
        second.n_floors = ROWS[i].floors_count;
        fin_open_accounts_request_t request = FIN_OPEN_ACCOUNTS_REQUEST_INIT;
        fin_open_accounts_response_t response = FIN_OPEN_ACCOUNTS_RESPONSE_INIT;
        request.book = "acme";
        request.accounts = accounts;
        request.n_accounts = 2;
        assert_status(ASK(open_accounts, &request, &response), KT_INVALID_ARGUMENT, BAD_FIELD);
        office_assert_field(&office, ROWS[i].field);
    }
    fin_account_t read;
    assert_status(get_account("fine", &read), KT_NOT_FOUND, FIN_ACCOUNT_UNKNOWN);
}

static void
five_hundred_accounts_are_opened_at_once(void **state)
{
    (void)state;
    static fin_account_t accounts[FIN_OPEN_ACCOUNTS_MAX + 1];
    static fin_account_t *pointers[FIN_OPEN_ACCOUNTS_MAX + 1];
    static char paths[FIN_OPEN_ACCOUNTS_MAX + 1][64];
    for (uint32_t i = 0; i <= FIN_OPEN_ACCOUNTS_MAX; i++) {
        accounts[i] = (fin_account_t)FIN_ACCOUNT_INIT;
        /* All the way down: sixteen names, of which fifteen are shared. */
        (void)snprintf(paths[i], sizeof paths[i], "a:b:c:d:e:f:g:h:i:j:k:l:m:n:o:p%u", i);
        accounts[i].account = paths[i];
        pointers[i] = &accounts[i];
    }
    fin_open_accounts_request_t request = FIN_OPEN_ACCOUNTS_REQUEST_INIT;
    fin_open_accounts_response_t response = FIN_OPEN_ACCOUNTS_RESPONSE_INIT;
    request.book = "acme";
    request.accounts = pointers;
    assert_status(ASK(open_accounts, &request, &response), KT_INVALID_ARGUMENT, BAD_FIELD);
    request.n_accounts = FIN_OPEN_ACCOUNTS_MAX + 1;
    assert_status(ASK(open_accounts, &request, &response), KT_INVALID_ARGUMENT, BAD_FIELD);
    request.n_accounts = FIN_OPEN_ACCOUNTS_MAX;
    assert_ok(ASK(open_accounts, &request, &response));
    assert_int_equal(response.opened, 15 + FIN_OPEN_ACCOUNTS_MAX);
    assert_ok(ASK(open_accounts, &request, &response));
    assert_int_equal(response.opened, 0);
    /* All or nothing. */
    request.accounts[0] = pointers[FIN_OPEN_ACCOUNTS_MAX];
    accounts[1].type = FIN_ACCOUNT_TYPE_EQUITY;
    assert_status(ASK(open_accounts, &request, &response), KT_ALREADY_EXISTS, FIN_ACCOUNT_EXISTS);
    fin_account_t read;
    assert_status(get_account(paths[FIN_OPEN_ACCOUNTS_MAX], &read), KT_NOT_FOUND,
                  FIN_ACCOUNT_UNKNOWN);
    assert_int_equal(office_verify(&office, true), 0);
}

static void
accounts_are_listed_by_path(void **state)
{
    (void)state;
    static const char *const PATHS[] = {"m", "m-n", "m:a", "m:a-b", "m:a:b", "m:a:c", "m:b", "mm"};
    static const struct {
        const char *under;
        uint32_t count;
        const char *want[8];
    } ROWS[] = {
        {"m", 6, {"m", "m:a", "m:a-b", "m:a:b", "m:a:c", "m:b"}},
        {"m:a", 3, {"m:a", "m:a:b", "m:a:c"}},
        {"m-n", 1, {"m-n"}},
        {"m:a:b", 1, {"m:a:b"}},
        {"x", 0, {0}},
        {"m:", 0, {0}},
    };
    for (size_t i = 0; i < KT_COUNT(PATHS); i++) {
        fin_account_t made;
        assert_ok(open_account(PATHS[i], FIN_ACCOUNT_TYPE_ASSET, &made));
    }
    for (size_t row = 0; row < KT_COUNT(ROWS); row++)
        for (int32_t size = 1; size < 8; size++) {
            uint32_t seen = 0;
            char token[512] = "";
            do {
                fin_list_accounts_request_t list = FIN_LIST_ACCOUNTS_REQUEST_INIT;
                fin_list_accounts_response_t page = FIN_LIST_ACCOUNTS_RESPONSE_INIT;
                list.book = "acme";
                list.under = (char *)ROWS[row].under;
                list.page_size = size;
                list.page_token = token;
                assert_ok(ASK(list_accounts, &list, &page));
                for (size_t i = 0; i < page.n_accounts; i++) {
                    assert_true(seen < ROWS[row].count);
                    assert_string_equal(page.accounts[i]->account, ROWS[row].want[seen++]);
                }
                strcpy(token, page.next_page_token);
            } while (token[0]);
            assert_int_equal(seen, ROWS[row].count);
        }
}

static void
an_account_is_changed(void **state)
{
    (void)state;
    static const office_line_t LINES[] = {{"assets:bank", "EUR", 700},
                                          {"income:sales", "EUR", -700}};
    static const office_line_t BACK[] = {{"assets:bank", "EUR", -700},
                                         {"income:sales", "EUR", 700}};
    char entry[32];
    assert_ok(office_post(&office, "2026-11-23", "", LINES, 2, entry));
    fin_floor_t floor = FIN_FLOOR_INIT;
    fin_floor_t *floors[] = {&floor};
    floor.commodity = "EUR";
    floor.amount_minor = 700;
    fin_update_account_request_t request = FIN_UPDATE_ACCOUNT_REQUEST_INIT;
    fin_account_t made = FIN_ACCOUNT_INIT;
    request.book = "acme";
    request.account = "assets:bank";
    request.title = "The bank";
    request.floors = floors;
    request.n_floors = 1;
    assert_status(ASK(update_account, &request, &made), KT_INVALID_ARGUMENT, BAD_FIELD);
    office_assert_field(&office, "set_title");
    request.set_title = true;
    assert_status(ASK(update_account, &request, &made), KT_INVALID_ARGUMENT, BAD_FIELD);
    office_assert_field(&office, "set_floors");
    request.set_floors = true;
    request.closed = true;
    assert_status(ASK(update_account, &request, &made), KT_INVALID_ARGUMENT, BAD_FIELD);
    office_assert_field(&office, "set_closed");
    request.set_closed = true;
    assert_status(ASK(update_account, &request, &made), KT_FAILED_PRECONDITION,
                  FIN_ACCOUNT_NOT_EMPTY);
    request.set_closed = request.closed = false;
    floor.amount_minor = 701;
    assert_status(ASK(update_account, &request, &made), KT_FAILED_PRECONDITION, FIN_FLOOR_BROKEN);
    floor.commodity = "gold";
    assert_status(ASK(update_account, &request, &made), KT_NOT_FOUND, FIN_COMMODITY_UNKNOWN);
    floor.commodity = "EUR";
    floor.amount_minor = 700;
    assert_ok(ASK(update_account, &request, &made));
    assert_string_equal(made.title, "The bank");
    assert_int_equal(made.n_floors, 1);
    assert_string_equal(made.floors[0]->commodity, "EUR");
    assert_int_equal(made.floors[0]->amount_minor, 700);
    assert_status(office_post(&office, "2026-11-24", "", BACK, 2, entry), KT_FAILED_PRECONDITION,
                  FIN_FLOOR_REACHED);

    request = (fin_update_account_request_t)FIN_UPDATE_ACCOUNT_REQUEST_INIT;
    request.book = "acme";
    request.account = "assets:bank";
    request.set_floors = true;
    made = (fin_account_t)FIN_ACCOUNT_INIT;
    assert_ok(ASK(update_account, &request, &made));
    assert_string_equal(made.title, "The bank"); /* kept, and read over the write */
    assert_int_equal(made.n_floors, 0);
    assert_ok(office_post(&office, "2026-11-24", "", BACK, 2, entry));
    request.set_closed = request.closed = true;
    made = (fin_account_t)FIN_ACCOUNT_INIT;
    assert_ok(ASK(update_account, &request, &made));
    assert_true(made.closed);
    assert_status(office_post(&office, "2026-11-25", "", LINES, 2, entry), KT_FAILED_PRECONDITION,
                  FIN_ACCOUNT_CLOSED);
    request.account = "assets:nowhere";
    assert_status(ASK(update_account, &request, &made), KT_NOT_FOUND, FIN_ACCOUNT_UNKNOWN);
    assert_int_equal(office_verify(&office, true), 0);
}

#define TEST(name) OFFICE_TEST(name, &office)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_account_is_opened_with_all_above_it),
        TEST(accounts_that_break_a_rule_are_refused),
        TEST(five_hundred_accounts_are_opened_at_once),
        TEST(accounts_are_listed_by_path),
        TEST(an_account_is_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
