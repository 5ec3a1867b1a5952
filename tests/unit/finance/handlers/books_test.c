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

/* ---- books ---- */

static void
a_book_is_made_and_read_back(void **state)
{
    (void)state;
    fin_book_t book = FIN_BOOK_INIT;
    book.book = "globex.2026";
    book.kind = FIN_BOOK_KIND_CLIENT;
    book.organization = "globex";
    book.title = "Globex, año 2026";
    book.fiscal_year_first_month = 7;
    book.explicit_periods = true;
    fin_create_book_request_t create = FIN_CREATE_BOOK_REQUEST_INIT;
    create.book = &book;
    fin_book_t made = FIN_BOOK_INIT, read = FIN_BOOK_INIT;
    assert_ok(ASK(create_book, &create, &made));
    assert_int_equal(made.created_us, OFFICE_NOW_US);
    fin_get_book_request_t get = FIN_GET_BOOK_REQUEST_INIT;
    get.book = "globex.2026";
    assert_ok(ASK(get_book, &get, &read));
    assert_string_equal(read.book, "globex.2026");
    assert_int_equal(read.kind, FIN_BOOK_KIND_CLIENT);
    assert_string_equal(read.organization, "globex");
    assert_string_equal(read.title, "Globex, año 2026");
    assert_int_equal(read.fiscal_year_first_month, 7);
    assert_true(read.explicit_periods);
    assert_int_equal(read.created_us, OFFICE_NOW_US);
    assert_status(ASK(create_book, &create, &made), KT_ALREADY_EXISTS, FIN_BOOK_EXISTS);
    assert_int_equal(office_verify(&office, true), 0);
}

static void
make_book(const char *id, const char *organization)
{
    fin_book_t book = FIN_BOOK_INIT, made = FIN_BOOK_INIT;
    book.book = (char *)id;
    book.kind = FIN_BOOK_KIND_CLIENT;
    book.organization = (char *)organization;
    fin_create_book_request_t create = FIN_CREATE_BOOK_REQUEST_INIT;
    create.book = &book;
    assert_ok(ASK(create_book, &create, &made));
    assert_string_equal(made.organization, organization[0] ? organization : id);
    assert_int_equal(made.fiscal_year_first_month, 1);
}

static void
books_are_listed_page_by_page(void **state)
{
    (void)state;
    static const char *const WANT[] = {"acme", "acme-2", "b", "c", "d"};
    make_book("d", "");
    make_book("b", "d");
    make_book("c", "acme");
    make_book("acme-2", "acme");
    for (int32_t size = 1; size <= 6; size++) {
        uint32_t seen = 0;
        char token[512] = "";
        do {
            fin_list_books_request_t list = FIN_LIST_BOOKS_REQUEST_INIT;
            fin_list_books_response_t page = FIN_LIST_BOOKS_RESPONSE_INIT;
            list.page_size = size;
            list.page_token = token;
            assert_ok(ASK(list_books, &list, &page));
            assert_true(page.n_books > 0 && page.n_books <= (size_t)size);
            for (size_t i = 0; i < page.n_books; i++)
                assert_string_equal(page.books[i]->book, WANT[seen++]);
            strcpy(token, page.next_page_token);
        } while (token[0]);
        assert_int_equal(seen, KT_COUNT(WANT));
    }
    assert_int_equal(office_verify(&office, true), 0);
}

static void
a_book_that_breaks_a_rule_is_refused(void **state)
{
    (void)state;
    enum { LONG = -1 };
    static const struct {
        const char *id, *organization;
        int kind, month;
        int title;
        const char *field;
    } ROWS[] = {
        {"", "", 1, 0, 0, "book.book"},
        {"Acme", "", 1, 0, 0, "book.book"},
        {"-acme", "", 1, 0, 0, "book.book"},
        {"a b", "", 1, 0, 0, "book.book"},
        {"a/b", "", 1, 0, 0, "book.book"},
        {"0123456789012345678901234567890123456789012345678901234567890123", "", 1, 0, 0,
         "book.book"},
        {"new", "", 0, 0, 0, "book.kind"},
        {"new", "", 3, 0, 0, "book.kind"},
        {"new", "Org", 1, 0, 0, "book.organization"},
        {"new", "", 1, 13, 0, "book.fiscal_year_first_month"},
        {"new", "", 1, -1, 0, "book.fiscal_year_first_month"},
        {"new", "", 1, 0, FIN_TITLE_BYTES_MAX + 1, "book.title"},
    };
    fin_create_book_request_t create = FIN_CREATE_BOOK_REQUEST_INIT;
    fin_book_t made = FIN_BOOK_INIT;
    assert_status(ASK(create_book, &create, &made), KT_INVALID_ARGUMENT, BAD_FIELD);
    office_assert_field(&office, "book");
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_book_t book = FIN_BOOK_INIT;
        book.book = (char *)ROWS[i].id;
        book.organization = (char *)ROWS[i].organization;
        book.kind = (fin_book_kind_t)ROWS[i].kind;
        book.fiscal_year_first_month = ROWS[i].month;
        book.title = office_text((size_t)ROWS[i].title);
        create.book = &book;
        assert_status(ASK(create_book, &create, &made), KT_INVALID_ARGUMENT, BAD_FIELD);
        office_assert_field(&office, ROWS[i].field);
    }
}

/* Every method but CreateBook and ListBooks asks for a book that is there. */
#define ASK_UNKNOWN(method, REQUEST, request_t, response_t, ...)                                   \
    do {                                                                                           \
        request_t request = FIN_##REQUEST##_INIT;                                                  \
        response_t response;                                                                       \
        memset(&response, 0, sizeof response);                                                     \
        __VA_ARGS__;                                                                               \
        kt_status_t status = ASK(method, &request, &response);                                     \
        assert_status(status, KT_NOT_FOUND, FIN_BOOK_UNKNOWN);                                     \
        assert_non_null(strstr(status.text, "nobook"));                                            \
    } while (0)

static void
an_unknown_book_is_named(void **state)
{
    (void)state;
    char id[] = "nobook", path[] = "assets", month[] = "2026-11", reason[] = "late";
    fin_commodity_t commodity = FIN_COMMODITY_INIT;
    commodity.commodity = path;
    fin_account_t account = FIN_ACCOUNT_INIT;
    account.account = path;
    fin_account_t *accounts[] = {&account};
    ASK_UNKNOWN(get_book, GET_BOOK_REQUEST, fin_get_book_request_t, fin_book_t, request.book = id);
    ASK_UNKNOWN(declare_commodity, DECLARE_COMMODITY_REQUEST, fin_declare_commodity_request_t,
                fin_commodity_t, (request.book = id, request.commodity = &commodity));
    ASK_UNKNOWN(list_commodities, LIST_COMMODITIES_REQUEST, fin_list_commodities_request_t,
                fin_list_commodities_response_t, request.book = id);
    ASK_UNKNOWN(open_accounts, OPEN_ACCOUNTS_REQUEST, fin_open_accounts_request_t,
                fin_open_accounts_response_t,
                (request.book = id, request.accounts = accounts, request.n_accounts = 1));
    ASK_UNKNOWN(update_account, UPDATE_ACCOUNT_REQUEST, fin_update_account_request_t, fin_account_t,
                (request.book = id, request.account = path));
    ASK_UNKNOWN(get_account, GET_ACCOUNT_REQUEST, fin_get_account_request_t, fin_account_t,
                (request.book = id, request.account = path));
    ASK_UNKNOWN(list_accounts, LIST_ACCOUNTS_REQUEST, fin_list_accounts_request_t,
                fin_list_accounts_response_t, request.book = id);
    ASK_UNKNOWN(open_period, OPEN_PERIOD_REQUEST, fin_open_period_request_t, fin_period_t,
                (request.book = id, request.period = month));
    ASK_UNKNOWN(close_period, CLOSE_PERIOD_REQUEST, fin_close_period_request_t, fin_period_t,
                (request.book = id, request.period = month));
    ASK_UNKNOWN(reopen_period, REOPEN_PERIOD_REQUEST, fin_reopen_period_request_t, fin_period_t,
                (request.book = id, request.period = month, request.reason = reason));
    ASK_UNKNOWN(list_periods, LIST_PERIODS_REQUEST, fin_list_periods_request_t,
                fin_list_periods_response_t, request.book = id);
    account.book = id;
    ASK_UNKNOWN(open_account, OPEN_ACCOUNT_REQUEST, fin_open_account_request_t, fin_account_t,
                request.account = &account);
}

/* ---- commodities ---- */

static kt_status_t
declare(const char *symbol, int32_t scale, fin_commodity_t *made)
{
    fin_commodity_t commodity = FIN_COMMODITY_INIT;
    commodity.commodity = (char *)symbol;
    commodity.scale = scale;
    fin_declare_commodity_request_t request = FIN_DECLARE_COMMODITY_REQUEST_INIT;
    request.book = "acme";
    request.commodity = &commodity;
    *made = (fin_commodity_t)FIN_COMMODITY_INIT;
    return ASK(declare_commodity, &request, made);
}

static void
declaring_refuses_and_takes_by_its_rows(void **state)
{
    (void)state;
    static const struct {
        const char *symbol;
        int32_t scale;
        kt_code_t code;
        uint32_t reason;
    } ROWS[] = {
        {"", 2, KT_INVALID_ARGUMENT, BAD_FIELD},
        {"a\nb", 2, KT_INVALID_ARGUMENT, BAD_FIELD},
        {"012345678901234567890123456789012", 2, KT_INVALID_ARGUMENT, BAD_FIELD},
        {"hours", -1, KT_INVALID_ARGUMENT, BAD_FIELD},
        {"hours", 19, KT_INVALID_ARGUMENT, BAD_FIELD},
        {"hours", 18, KT_OK, 0},
        {"hours", 18, KT_OK, 0},
        {"hours", 17, KT_ALREADY_EXISTS, FIN_COMMODITY_EXISTS},
        {"$", 2, KT_OK, 0},
        {"EUR", 2, KT_OK, 0},
        {"EUR", 1, KT_ALREADY_EXISTS, FIN_COMMODITY_EXISTS},
        {"EUR", 4, KT_OK, 0},
        {"EUR", 4, KT_OK, 0},
        {"EUR", 2, KT_ALREADY_EXISTS, FIN_COMMODITY_EXISTS},
        {"EUR", 6, KT_OK, 0},
        /* office_accounts has a floor in it */
        {"USD", 3, KT_FAILED_PRECONDITION, FIN_COMMODITY_IN_USE},
        {"XAU", 5, KT_OK, 0},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_commodity_t made;
        kt_status_t status = declare(ROWS[i].symbol, ROWS[i].scale, &made);
        if (status.code != (uint32_t)ROWS[i].code || status.reason != ROWS[i].reason)
            fail_msg("row %zu: %s %u: %s", i, kt_code_name(status.code), status.reason,
                     status.text);
        if (!kt_failed(status)) {
            assert_string_equal(made.commodity, ROWS[i].symbol);
            assert_int_equal(made.scale, ROWS[i].scale);
            assert_int_equal(made.built_in, strcmp(ROWS[i].symbol, "EUR") == 0);
        }
    }
    assert_int_equal(office_verify(&office, true), 0);
}

static void
a_currency_that_was_posted_keeps_its_scale(void **state)
{
    (void)state;
    static const office_line_t LINES[] = {{"assets:bank", "JPY", 5}, {"income:sales", "JPY", -5}};
    char entry[32];
    fin_commodity_t made;
    assert_ok(office_post(&office, "2026-11-23", "", LINES, 2, entry));
    kt_status_t status = declare("JPY", 2, &made);
    assert_status(status, KT_FAILED_PRECONDITION, FIN_COMMODITY_IN_USE);
    assert_non_null(strstr(status.text, "JPY"));
    assert_ok(declare("JPY", 0, &made));
}

static uint32_t
list_commodities(bool built_in, int32_t size, char (*symbols)[FIN_SYMBOL_BYTES_MAX + 1])
{
    uint32_t seen = 0;
    char token[512] = "";
    do {
        fin_list_commodities_request_t list = FIN_LIST_COMMODITIES_REQUEST_INIT;
        fin_list_commodities_response_t page = FIN_LIST_COMMODITIES_RESPONSE_INIT;
        list.book = "acme";
        list.built_in = built_in;
        list.page_size = size;
        list.page_token = token;
        assert_ok(ASK(list_commodities, &list, &page));
        for (size_t i = 0; i < page.n_commodities; i++)
            strcpy(symbols[seen++], page.commodities[i]->commodity);
        strcpy(token, page.next_page_token);
    } while (token[0]);
    return seen;
}

static void
commodities_are_listed_in_one_order(void **state)
{
    (void)state;
    static char all[256][FIN_SYMBOL_BYTES_MAX + 1], paged[256][FIN_SYMBOL_BYTES_MAX + 1];
    fin_commodity_t made;
    assert_ok(declare("EUR", 5, &made));
    assert_ok(declare("$", 2, &made));
    assert_ok(declare("ZZZ", 2, &made));
    assert_ok(declare("EU", 2, &made));
    assert_int_equal(list_commodities(false, 0, all), 5);
    assert_string_equal(all[0], "$");
    assert_string_equal(all[1], "ACME");
    assert_string_equal(all[2], "EU");
    assert_string_equal(all[3], "EUR");
    assert_string_equal(all[4], "ZZZ");
    uint32_t count = list_commodities(true, 1000, all);
    assert_int_equal(count, 166 + 4); /* ISO 4217, and four beside it */
    for (uint32_t i = 1; i < count; i++)
        assert_true(strcmp(all[i - 1], all[i]) < 0);
    for (int32_t size = 1; size < 200; size += 17) {
        assert_int_equal(list_commodities(true, size, paged), count);
        for (uint32_t i = 0; i < count; i++)
            assert_string_equal(paged[i], all[i]);
    }
}

/* ---- periods ---- */

static kt_status_t
change_period(char what, const char *month, const char *reason, fin_period_t *made)
{
    fin_open_period_request_t open = FIN_OPEN_PERIOD_REQUEST_INIT;
    fin_close_period_request_t close_it = FIN_CLOSE_PERIOD_REQUEST_INIT;
    fin_reopen_period_request_t reopen = FIN_REOPEN_PERIOD_REQUEST_INIT;
    open.book = close_it.book = reopen.book = "acme";
    open.period = close_it.period = reopen.period = (char *)month;
    reopen.reason = (char *)reason;
    *made = (fin_period_t)FIN_PERIOD_INIT;
    if (what == 'o')
        return ASK(open_period, &open, made);
    if (what == 'c')
        return ASK(close_period, &close_it, made);
    return ASK(reopen_period, &reopen, made);
}

static void
a_month_is_closed_and_opened_again(void **state)
{
    (void)state;
    static const office_line_t LINES[] = {{"assets:bank", "EUR", 7}, {"income:sales", "EUR", -7}};
    char entry[32];
    fin_period_t made;
    assert_ok(change_period('c', "2026-11", "", &made));
    assert_int_equal(made.state, FIN_PERIOD_STATE_CLOSED);
    assert_string_equal(made.period, "2026-11");
    assert_string_equal(made.changed_by, "clerk");
    assert_int_equal(made.changed_us, OFFICE_NOW_US);
    assert_status(office_post(&office, "2026-11-30", "", LINES, 2, entry), KT_FAILED_PRECONDITION,
                  FIN_PERIOD_CLOSED);
    assert_ok(office_post(&office, "2026-12-01", "", LINES, 2, entry));
    assert_status(change_period('c', "2026-11", "", &made), KT_FAILED_PRECONDITION,
                  FIN_PERIOD_STATE);
    assert_status(change_period('r', "2026-11", "", &made), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(change_period('r', "2026-11", office_text(FIN_REASON_BYTES_MAX + 1), &made),
                  KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_ok(change_period('r', "2026-11", "an invoice came late", &made));
    assert_string_equal(made.reason, "an invoice came late");
    assert_ok(office_post(&office, "2026-11-30", "", LINES, 2, entry));
    assert_ok(change_period('c', "2026-11", "", &made));
    assert_string_equal(made.reason, "an invoice came late");
    assert_int_equal(office_verify(&office, true), 0);
}

static void
months_have_one_spelling(void **state)
{
    (void)state;
    static const char *const ROWS[] = {"",        "2026",    "2026-1",    "2026-13",
                                       "2026-00", "0000-01", "2026/01",   "2026-1a",
                                       "20260-1", "+026-01", "2026-01-01"};
    fin_period_t made;
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        assert_status(change_period('o', ROWS[i], "", &made), KT_INVALID_ARGUMENT, BAD_FIELD);
        office_assert_field(&office, "period");
    }
    assert_ok(change_period('o', "0001-01", "", &made));
    assert_ok(change_period('o', "9999-12", "", &made));
    assert_string_equal(made.period, "9999-12");
}

static void
months_are_listed_in_order(void **state)
{
    (void)state;
    static const char *const WANT[] = {"2025-12", "2026-01", "2026-02", "2026-11"};
    fin_period_t made;
    for (size_t i = KT_COUNT(WANT); i-- > 0;)
        assert_ok(change_period(i % 2 ? 'o' : 'c', WANT[i], "", &made));
    for (int32_t size = 1; size < 6; size++) {
        uint32_t seen = 0;
        char token[512] = "";
        do {
            fin_list_periods_request_t list = FIN_LIST_PERIODS_REQUEST_INIT;
            fin_list_periods_response_t page = FIN_LIST_PERIODS_RESPONSE_INIT;
            list.book = "acme";
            list.page_size = size;
            list.page_token = token;
            assert_ok(ASK(list_periods, &list, &page));
            for (size_t i = 0; i < page.n_periods; i++) {
                assert_int_equal(page.periods[i]->state,
                                 seen % 2 ? FIN_PERIOD_STATE_OPEN : FIN_PERIOD_STATE_CLOSED);
                assert_string_equal(page.periods[i]->period, WANT[seen++]);
            }
            strcpy(token, page.next_page_token);
        } while (token[0]);
        assert_int_equal(seen, KT_COUNT(WANT));
    }
}

#define TEST(name) OFFICE_TEST(name, &office)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_book_is_made_and_read_back),
        TEST(books_are_listed_page_by_page),
        TEST(a_book_that_breaks_a_rule_is_refused),
        TEST(an_unknown_book_is_named),
        TEST(declaring_refuses_and_takes_by_its_rows),
        TEST(a_currency_that_was_posted_keeps_its_scale),
        TEST(commodities_are_listed_in_one_order),
        TEST(a_month_is_closed_and_opened_again),
        TEST(months_have_one_spelling),
        TEST(months_are_listed_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
