#include "model.h"

#include "domain/reason.h"
#include "handlers/reads.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <stdlib.h>

#define BAD_FIELD RPC_REASON_BAD_FIELD
#define FIRST_DAY (-719162) /* 0001-01-01 */

static office_t office;
static model_t model;
static office_store_t kinds[] = {OFFICE_RAM, OFFICE_LMDB};
/* A commit to disk costs as much as hundreds in memory: fewer of them show what differs. */
static uint32_t share;

static int
setup(void **state)
{
    office_store_t kind = *(office_store_t *)*state;
    office_open(&office, kind);
    share = kind == OFFICE_LMDB ? 10 : 1;
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    office_close(&office);
    return 0;
}

static void
begin(uint64_t seed, uint32_t entries)
{
    print_message("seed %llu\n", (unsigned long long)seed);
    model_open(&model, &office, seed);
    for (uint32_t i = 0; i < entries / share; i++)
        model_post(&model, &office);
}

#define RUN(handler, request, response) OFFICE_RUN(&office, handler, request, response)

/* ---- balances ---- */

static uint32_t
commodity_of(const char *symbol)
{
    for (uint32_t i = 0; i < MODEL_COMMODITIES; i++)
        if (strcmp(model_commodities[i], symbol) == 0)
            return i;
    fail_msg("commodity %s", symbol);
    return 0;
}

static void
check_balance(uint32_t account, int32_t at, bool below)
{
    fin_get_balance_request_t request = FIN_GET_BALANCE_REQUEST_INIT;
    fin_get_balance_response_t response = FIN_GET_BALANCE_RESPONSE_INIT;
    char date[11] = "";
    if (at != MODEL_EVER)
        model_format(at, date);
    request.book = "acme";
    request.account = (char *)model_accounts[account];
    request.at = date;
    request.with_children = below;
    assert_ok(RUN(fin_read_balance, &request, &response));
    uint32_t seen = 0;
    for (size_t i = 0; i < response.n_balances; i++) {
        const fin_balance_t *balance = response.balances[i];
        uint32_t commodity = commodity_of(balance->commodity);
        fin_turnover_t want = model_turnover(&model, account, commodity, at, below);
        assert_int_equal(balance->debit_minor, want.debit_minor);
        assert_int_equal(balance->credit_minor, want.credit_minor);
        assert_int_equal(balance->balance_minor, want.debit_minor - want.credit_minor);
        assert_int_equal(balance->scale, model_scales[commodity]);
        assert_int_equal(balance->held_debit_minor, 0);
        if (i > 0)
            assert_true(strcmp(response.balances[i - 1]->commodity, balance->commodity) < 0);
        seen |= 1u << commodity;
    }
    for (uint32_t commodity = 0; commodity < MODEL_COMMODITIES; commodity++) {
        fin_turnover_t want = model_turnover(&model, account, commodity, at, below);
        assert_true((seen & 1u << commodity) || (want.debit_minor == 0 && want.credit_minor == 0));
    }
}

static void
balances_are_those_of_the_model(void **state)
{
    (void)state;
    begin(41, 600);
    for (uint32_t i = 0; i < 400; i++) {
        /* The ledger's own are only there once they were needed, which they are by now. */
        uint32_t account = (uint32_t)kt_prng_below(&model.prng, MODEL_ACCOUNTS);
        int32_t at = i % 4 == 0 ? MODEL_EVER : model_date(&model);
        check_balance(account, at, i % 3 == 0);
    }
    check_balance(0, FIRST_DAY, true);
    assert_int_equal(office_verify(&office, true), 0);
}

/* Each account's own turnover fits 64 bits; both together do not. */
static void
a_sum_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    begin(45, 0);
    const office_line_t first[] = {{"assets:bank:a", "EUR", INT64_MAX},
                                   {"income:sales", "EUR", -INT64_MAX}};
    const office_line_t second[] = {{"assets:bank:b", "EUR", 1}, {"liabilities:loan", "EUR", -1}};
    char entry[32];
    fin_get_balance_request_t request = FIN_GET_BALANCE_REQUEST_INIT;
    fin_get_balance_response_t response = FIN_GET_BALANCE_RESPONSE_INIT;
    request.book = "acme";
    request.account = "assets:bank";
    request.with_children = true;
    assert_ok(office_post(&office, "2026-11-23", "", first, 2, entry));
    assert_ok(RUN(fin_read_balance, &request, &response));
    assert_int_equal(response.balances[0]->balance_minor, INT64_MAX);
    assert_ok(office_post(&office, "2026-11-24", "", second, 2, entry));
    assert_status(RUN(fin_read_balance, &request, &response), KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW);
    request.at = "2026-11-24";
    assert_status(RUN(fin_read_balance, &request, &response), KT_OUT_OF_RANGE, FIN_AMOUNT_OVERFLOW);
    request.at = "2026-11-23";
    response = (fin_get_balance_response_t)FIN_GET_BALANCE_RESPONSE_INIT;
    assert_ok(RUN(fin_read_balance, &request, &response));
    assert_int_equal(response.balances[0]->debit_minor, INT64_MAX);
}

static void
a_balance_refuses_by_its_rows(void **state)
{
    (void)state;
    static const struct {
        const char *book, *account, *at;
        kt_code_t code;
        uint32_t reason;
    } ROWS[] = {
        {"", "assets:bank", "", KT_INVALID_ARGUMENT, BAD_FIELD},
        {"acme", "", "", KT_INVALID_ARGUMENT, BAD_FIELD},
        {"acme", "assets:bank", "yesterday", KT_INVALID_ARGUMENT, BAD_FIELD},
        {"nobook", "assets:bank", "", KT_NOT_FOUND, FIN_BOOK_UNKNOWN},
        {"acme", "assets:none", "", KT_NOT_FOUND, FIN_ACCOUNT_UNKNOWN},
        {"acme", "assets:bank", "0001-01-01", KT_OK, 0},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_get_balance_request_t request = FIN_GET_BALANCE_REQUEST_INIT;
        fin_get_balance_response_t response = FIN_GET_BALANCE_RESPONSE_INIT;
        request.book = (char *)ROWS[i].book;
        request.account = (char *)ROWS[i].account;
        request.at = (char *)ROWS[i].at;
        kt_status_t status = RUN(fin_read_balance, &request, &response);
        assert_status(status, ROWS[i].code, ROWS[i].reason);
        if (status.code == KT_NOT_FOUND)
            assert_non_null(strstr(status.text, ROWS[i].book));
    }
}

/* ---- trial balances ---- */

/* Runs the stream as the shell does: takes, then gives, each step in a transaction of its own. */
typedef struct trial {
    kt_arena_t *arena;
    void *state;
    fin_trial_balance_page_t page;
} trial_t;

static kt_status_t
trial_take(trial_t *trial, const char *book, int32_t at, bool with_trading)
{
    fin_trial_balance_request_t request = FIN_TRIAL_BALANCE_REQUEST_INIT;
    char date[11] = "";
    if (at != MODEL_EVER)
        model_format(at, date);
    request.book = (char *)book;
    request.at = date;
    request.with_trading = with_trading;
    office_begin(&office);
    office.call.stream_arena = trial->arena;
    kt_status_t status = fin_read_trial_take(&office.call, &request);
    trial->state = office.call.state;
    if (!kt_failed(status))
        status = fin_read_trial_take(&office.call, NULL);
    return office_end(&office, status);
}

/* Gives the next page; false at the end. */
static bool
trial_give(trial_t *trial)
{
    kt_give_t given = KT_GIVE_WAIT;
    trial->page = (fin_trial_balance_page_t)FIN_TRIAL_BALANCE_PAGE_INIT;
    office_begin(&office);
    office.call.stream_arena = trial->arena;
    office.call.state = trial->state;
    assert_ok(office_end(&office, fin_read_trial_give(&office.call, &trial->page, &given)));
    assert_true(given != KT_GIVE_WAIT);
    return given == KT_GIVE_MESSAGE;
}

static void
check_trial(int32_t at, bool with_trading)
{
    trial_t trial = {.arena = kt_arena_new(4096, 64u << 20)};
    uint32_t rows = 0, want_rows = 0;
    assert_ok(trial_take(&trial, "acme", at, with_trading));
    assert_true(trial_give(&trial));
    assert_int_equal(trial.page.sequence, model.entries_count);
    for (size_t i = 0; i < trial.page.n_rows; i++) {
        const fin_trial_balance_row_t *row = trial.page.rows[i];
        uint32_t account = 0;
        while (strcmp(model_accounts[account], row->account) != 0)
            assert_true(++account < MODEL_ACCOUNTS);
        uint32_t commodity = commodity_of(row->commodity);
        fin_turnover_t want = model_turnover(&model, account, commodity, at, false);
        assert_int_equal(row->debit_minor, want.debit_minor);
        assert_int_equal(row->credit_minor, want.credit_minor);
        assert_int_equal(row->balance_minor, want.debit_minor - want.credit_minor);
        assert_int_equal(row->type == FIN_ACCOUNT_TYPE_TRADING, account >= MODEL_TRADING);
        assert_int_equal(row->scale, model_scales[commodity]);
        if (i > 0) {
            int order = strcmp(trial.page.rows[i - 1]->account, row->account);
            assert_true(order < 0 || (order == 0 && strcmp(trial.page.rows[i - 1]->commodity,
                                                           row->commodity) < 0));
        }
        rows++;
    }
    for (uint32_t a = 0; a < (with_trading ? MODEL_ACCOUNTS : MODEL_TRADING); a++)
        for (uint32_t c = 0; c < MODEL_COMMODITIES; c++) {
            fin_turnover_t want = model_turnover(&model, a, c, at, false);
            want_rows += want.debit_minor != 0 || want.credit_minor != 0;
        }
    assert_int_equal(rows, want_rows);
    assert_false(trial_give(&trial));
    kt_arena_destroy(&trial.arena);
}

static void
trial_balances_are_those_of_the_model(void **state)
{
    (void)state;
    begin(42, 0);
    check_trial(MODEL_EVER, true);
    for (uint32_t i = 0; i < 60 / share; i++) {
        for (uint32_t n = 0; n < 8; n++)
            model_post(&model, &office);
        check_trial(i % 3 ? model_date(&model) : MODEL_EVER, i % 2 == 0);
    }
    trial_t trial = {.arena = kt_arena_new(4096, 1u << 20)};
    assert_status(trial_take(&trial, "nobook", MODEL_EVER, false), KT_NOT_FOUND, FIN_BOOK_UNKNOWN);
    assert_status(trial_take(&trial, "", MODEL_EVER, false), KT_INVALID_ARGUMENT, BAD_FIELD);
    kt_arena_destroy(&trial.arena);
}

/* ---- registers ---- */

typedef struct paging {
    uint32_t account, commodity;
    int32_t from, at;
    uint32_t last; /* the line that was given last; MODEL_LINES_MAX: none yet */
    char token[600];
} paging_t;

static kt_status_t
ask_register(const paging_t *p, int32_t size, fin_list_register_response_t *response)
{
    static char from[11], at[11];
    fin_list_register_request_t request = FIN_LIST_REGISTER_REQUEST_INIT;
    from[0] = at[0] = '\0';
    if (p->from != FIRST_DAY)
        model_format(p->from, from);
    if (p->at != MODEL_EVER)
        model_format(p->at, at);
    request.book = "acme";
    request.account = (char *)model_accounts[p->account];
    request.commodity = (char *)model_commodities[p->commodity];
    request.from = from;
    request.at = at;
    request.page_size = size;
    request.page_token = (char *)p->token;
    *response = (fin_list_register_response_t)FIN_LIST_REGISTER_RESPONSE_INIT;
    return RUN(fin_read_register, &request, response);
}

/* Asks for the next page and compares it with the model as it is now. */
static void
check_page(paging_t *p, int32_t size)
{
    fin_list_register_response_t page;
    assert_ok(ask_register(p, size, &page));
    assert_int_equal(page.scale, model_scales[p->commodity]);
    for (size_t i = 0; i < page.n_lines; i++) {
        const fin_register_line_t *line = page.lines[i];
        char date[11];
        p->last = model_below(&model, p->account, p->commodity, p->last, p->from, p->at);
        assert_true(p->last < MODEL_LINES_MAX);
        const model_line_t *want = &model.lines[p->last];
        model_format(want->date, date);
        assert_string_equal(line->date, date);
        assert_string_equal(line->entry, model.entries[want->entry].name);
        assert_int_equal(line->amount_minor, want->amount_minor);
        assert_int_equal(line->balance_minor, model_balance_after(&model, p->last));
    }
    uint32_t below = model_below(&model, p->account, p->commodity, p->last, p->from, p->at);
    assert_int_equal(page.next_page_token[0] == '\0', below == MODEL_LINES_MAX);
    assert_true(below == MODEL_LINES_MAX || page.n_lines == (size_t)size);
    strcpy(p->token, page.next_page_token);
}

static void
registers_are_those_of_the_model_while_entries_are_posted(void **state)
{
    (void)state;
    begin(43, 300);
    for (uint32_t round = 0; round < 60 / share; round++) {
        paging_t p = {.account = (uint32_t)kt_prng_below(&model.prng, MODEL_ACCOUNTS),
                      .commodity = (uint32_t)kt_prng_below(&model.prng, MODEL_COMMODITIES),
                      .from = round % 3 ? FIRST_DAY : model_date(&model),
                      .at = round % 4 ? MODEL_EVER : model_date(&model),
                      .last = MODEL_LINES_MAX};
        if (p.from > p.at)
            p.from = FIRST_DAY;
        do {
            check_page(&p, 1 + (int32_t)kt_prng_below(&model.prng, 40));
            for (uint32_t n = (uint32_t)kt_prng_below(&model.prng, 4); n > 0; n--)
                model_post(&model, &office);
        } while (p.token[0]);
    }
    assert_int_equal(office_verify(&office, true), 0);
}

/* Every byte of a true token changed, and tokens of other registers: refused, or a place of this
 * register. */
static void
a_hostile_token_is_refused_or_harmless(void **state)
{
    (void)state;
    begin(44, 200);
    paging_t p = {.account = 0, .from = FIRST_DAY, .at = MODEL_EVER, .last = MODEL_LINES_MAX};
    fin_list_register_response_t page;
    check_page(&p, 3);
    assert_true(p.token[0]);
    paging_t other = p;
    other.account = 3;
    assert_status(ask_register(&other, 3, &page), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_string_equal(office.call.violations[0].field, "page_token");
    size_t size = strlen(p.token);
    uint32_t refused = 0;
    for (uint32_t i = 0; i < 3000; i++) {
        paging_t hostile = p;
        size_t at = kt_prng_below(&model.prng, size);
        for (uint32_t n = 1 + (uint32_t)kt_prng_below(&model.prng, 3); n > 0; n--)
            hostile.token[(at + n) % size] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[kt_prng_below(
                    &model.prng, 64)];
        kt_status_t status = ask_register(&hostile, 3, &page);
        if (kt_failed(status)) {
            assert_status(status, KT_INVALID_ARGUMENT, BAD_FIELD);
            refused++;
        }
    }
    assert_true(refused > 2000);
    static const char *const ROWS[] = {"x", "====", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        strcpy(p.token, ROWS[i]);
        assert_status(ask_register(&p, 3, &page), KT_INVALID_ARGUMENT, BAD_FIELD);
    }
}

static void
a_register_refuses_by_its_rows(void **state)
{
    (void)state;
    static const struct {
        const char *book, *account, *commodity, *from, *at;
        int32_t size;
        kt_code_t code;
        uint32_t reason;
    } ROWS[] = {
        {"", "assets:bank", "USD", "", "", 0, KT_INVALID_ARGUMENT, BAD_FIELD},
        {"acme", "", "USD", "", "", 0, KT_INVALID_ARGUMENT, BAD_FIELD},
        {"acme", "assets:bank", "", "", "", 0, KT_INVALID_ARGUMENT, BAD_FIELD},
        {"acme", "assets:bank", "USD", "2026-02-29", "", 0, KT_INVALID_ARGUMENT, BAD_FIELD},
        {"acme", "assets:bank", "USD", "", "2026", 0, KT_INVALID_ARGUMENT, BAD_FIELD},
        {"acme", "assets:bank", "USD", "2026-02-02", "2026-02-01", 0, KT_INVALID_ARGUMENT,
         BAD_FIELD},
        {"acme", "assets:bank", "USD", "", "", 1001, KT_INVALID_ARGUMENT, BAD_FIELD},
        {"acme", "assets:bank", "USD", "", "", -1, KT_INVALID_ARGUMENT, BAD_FIELD},
        {"nobook", "assets:none", "gold", "", "", 0, KT_NOT_FOUND, FIN_BOOK_UNKNOWN},
        {"acme", "assets:none", "gold", "", "", 0, KT_NOT_FOUND, FIN_ACCOUNT_UNKNOWN},
        {"acme", "assets:bank", "gold", "", "", 0, KT_NOT_FOUND, FIN_COMMODITY_UNKNOWN},
        {"acme", "assets:bank", "CHF", "0001-01-01", "9999-12-31", 1000, KT_OK, 0},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_list_register_request_t request = FIN_LIST_REGISTER_REQUEST_INIT;
        fin_list_register_response_t response = FIN_LIST_REGISTER_RESPONSE_INIT;
        request.book = (char *)ROWS[i].book;
        request.account = (char *)ROWS[i].account;
        request.commodity = (char *)ROWS[i].commodity;
        request.from = (char *)ROWS[i].from;
        request.at = (char *)ROWS[i].at;
        request.page_size = ROWS[i].size;
        assert_status(RUN(fin_read_register, &request, &response), ROWS[i].code, ROWS[i].reason);
    }
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, setup, teardown, &kinds[0]),                    \
        cmocka_unit_test_prestate_setup_teardown(name, setup, teardown, &kinds[1])

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(balances_are_those_of_the_model),
        TEST(a_sum_that_does_not_fit_is_refused),
        TEST(a_balance_refuses_by_its_rows),
        TEST(trial_balances_are_those_of_the_model),
        TEST(registers_are_those_of_the_model_while_entries_are_posted),
        TEST(a_hostile_token_is_refused_or_harmless),
        TEST(a_register_refuses_by_its_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
