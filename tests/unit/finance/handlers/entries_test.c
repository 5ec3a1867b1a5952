#include "model.h"

#include "domain/reason.h"
#include "handlers/books.h"
#include "handlers/posting.h"
#include "handlers/reads.h"

#include <kantor/rpc/v1/reason.kt.h>

#define BAD_FIELD RPC_REASON_BAD_FIELD
#define ENTRIES   400

static office_t office;
static model_t model;

#define RUN(handler, request, response) OFFICE_RUN(&office, handler, request, response)

/* ---- entries ---- */

static void
assert_entry(const fin_entry_t *entry, uint32_t at)
{
    const model_entry_t *want = &model.entries[at];
    char date[11];
    model_format(want->date, date);
    assert_string_equal(entry->book, "acme");
    assert_string_equal(entry->entry, want->name);
    assert_string_equal(entry->date, date);
    assert_string_equal(entry->source_ref, want->source_ref);
    assert_string_equal(entry->posted_by, "clerk");
    assert_int_equal(entry->posted_us, OFFICE_NOW_US);
    assert_int_equal(entry->sequence, at + 1);
    assert_int_equal(entry->n_lines, want->lines_count);
    for (uint32_t i = 0; i < want->lines_count; i++) {
        const model_line_t *line = &model.lines[want->first_line + i];
        assert_string_equal(entry->lines[i]->account, model_accounts[line->account]);
        assert_string_equal(entry->lines[i]->commodity, model_commodities[line->commodity]);
        assert_int_equal(entry->lines[i]->amount_minor, line->amount_minor);
    }
}

static kt_status_t
get_entry(const char *name, const char *source_ref, fin_entry_t *entry)
{
    fin_get_entry_request_t request = FIN_GET_ENTRY_REQUEST_INIT;
    request.book = "acme";
    request.entry = (char *)name;
    request.source_ref = (char *)source_ref;
    *entry = (fin_entry_t)FIN_ENTRY_INIT;
    return RUN(fin_read_entry, &request, entry);
}

static void
every_entry_is_found_by_name_and_by_source(void **state)
{
    (void)state;
    fin_entry_t entry;
    model_open(&model, &office, 51);
    for (uint32_t i = 0; i < ENTRIES; i++)
        model_post(&model, &office);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        assert_ok(get_entry(model.entries[i].name, "", &entry));
        assert_entry(&entry, i);
        if (!model.entries[i].source_ref[0])
            continue;
        assert_ok(get_entry("", model.entries[i].source_ref, &entry));
        assert_entry(&entry, i);
    }
}

static void
an_entry_that_is_not_there_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *name, *source_ref;
        kt_code_t code;
        uint32_t reason;
    } ROWS[] = {
        {"", "", KT_INVALID_ARGUMENT, BAD_FIELD},
        {"2026-000001", "a", KT_INVALID_ARGUMENT, BAD_FIELD},
        {"2026", "", KT_INVALID_ARGUMENT, BAD_FIELD},
        {"2026-", "", KT_INVALID_ARGUMENT, BAD_FIELD},
        {"2026-x", "", KT_INVALID_ARGUMENT, BAD_FIELD},
        {"2026-99999999999999999999999", "", KT_INVALID_ARGUMENT, BAD_FIELD},
        {"2026-000001", "", KT_NOT_FOUND, FIN_ENTRY_UNKNOWN},
        {"1999-000001", "", KT_NOT_FOUND, FIN_ENTRY_UNKNOWN},
        {"", "bank:1", KT_NOT_FOUND, FIN_ENTRY_UNKNOWN},
    };
    for (size_t i = 0; i < KT_COUNT(ROWS); i++) {
        fin_entry_t entry;
        kt_status_t status = get_entry(ROWS[i].name, ROWS[i].source_ref, &entry);
        if (status.code != (uint32_t)ROWS[i].code || status.reason != ROWS[i].reason)
            fail_msg("row %zu: %s %u: %s", i, kt_code_name(status.code), status.reason,
                     status.text);
        if (status.code == KT_NOT_FOUND)
            assert_non_null(
                strstr(status.text, ROWS[i].name[0] ? ROWS[i].name : ROWS[i].source_ref));
    }
    static const office_line_t LINES[] = {{"assets:bank", "EUR", 7}, {"income:sales", "EUR", -7}};
    char name[32];
    fin_entry_t entry;
    assert_ok(office_post(&office, "2026-11-23", "", LINES, 2, name));
    assert_status(get_entry("2026-000000", "", &entry), KT_NOT_FOUND, FIN_ENTRY_UNKNOWN);
    assert_status(get_entry("2026-000002", "", &entry), KT_NOT_FOUND, FIN_ENTRY_UNKNOWN);
    assert_ok(get_entry("2026-000001", "", &entry));
}

static void
a_reversal_and_what_it_reverses_name_each_other(void **state)
{
    (void)state;
    static const office_line_t LINES[] = {{"assets:bank", "EUR", 7}, {"income:sales", "EUR", -7}};
    char name[32];
    fin_entry_t entry;
    assert_ok(office_post(&office, "2026-11-23", "", LINES, 2, name));
    fin_reverse_entry_request_t request = FIN_REVERSE_ENTRY_REQUEST_INIT;
    fin_posted_entry_t posted = FIN_POSTED_ENTRY_INIT;
    request.book = "acme";
    request.entry = name;
    assert_ok(RUN(fin_reverse_entry, &request, &posted));
    assert_ok(get_entry("2026-000001", "", &entry));
    assert_string_equal(entry.reverses, "");
    assert_string_equal(entry.reversed_by, "2026-000002");
    assert_ok(get_entry("2026-000002", "", &entry));
    assert_string_equal(entry.reverses, "2026-000001");
    assert_string_equal(entry.reversed_by, "");
}

static kt_status_t
list_entries(int32_t year, int32_t size, const char *token, fin_list_entries_response_t *page)
{
    fin_list_entries_request_t request = FIN_LIST_ENTRIES_REQUEST_INIT;
    request.book = "acme";
    request.year = year;
    request.page_size = size;
    request.page_token = (char *)token;
    *page = (fin_list_entries_response_t)FIN_LIST_ENTRIES_RESPONSE_INIT;
    return RUN(fin_read_entries, &request, page);
}

/* The newest entry of a fiscal year below BEFORE; ENTRIES_NONE: there is none. */
#define ENTRIES_NONE UINT32_MAX
static uint32_t
entry_below(int32_t year, uint32_t before)
{
    uint32_t from = before == ENTRIES_NONE ? model.entries_count : before;
    for (uint32_t i = from; i-- > 0;)
        if (model.entries[i].year == year)
            return i;
    return ENTRIES_NONE;
}

static void
entries_are_listed_newest_first_while_others_are_posted(void **state)
{
    (void)state;
    fin_list_entries_response_t page;
    model_open(&model, &office, 52);
    assert_ok(list_entries(0, 0, "", &page));
    assert_int_equal(page.n_entries, 0);
    assert_ok(list_entries(2024, 0, "", &page));
    assert_int_equal(page.n_entries, 0);
    for (uint32_t i = 0; i < ENTRIES; i++)
        model_post(&model, &office);
    int32_t newest = 0;
    for (uint32_t i = 0; i < model.entries_count; i++)
        newest = KT_MAX(newest, model.entries[i].year);
    for (uint32_t round = 0; round < 12; round++) {
        int32_t year = round % 3 == 0 ? newest : 2023 + (int32_t)(round % 5);
        char token[512] = "";
        uint32_t last = ENTRIES_NONE;
        do {
            assert_ok(list_entries(round % 3 == 0 ? 0 : year,
                                   1 + (int32_t)kt_prng_below(&model.prng, 90), token, &page));
            for (size_t i = 0; i < page.n_entries; i++) {
                last = entry_below(year, last);
                assert_true(last != ENTRIES_NONE);
                assert_entry(page.entries[i], last);
            }
            strcpy(token, page.next_page_token);
            model_post(&model, &office);
            newest = KT_MAX(newest, model.entries[model.entries_count - 1].year);
        } while (token[0]);
        assert_true(last == ENTRIES_NONE || entry_below(year, last) == ENTRIES_NONE);
    }
}

static void
a_list_of_entries_refuses_by_its_rows(void **state)
{
    (void)state;
    fin_list_entries_response_t page;
    char token[512];
    model_open(&model, &office, 53);
    for (uint32_t i = 0; i < 50; i++)
        model_post(&model, &office);
    assert_ok(list_entries(2025, 1, "", &page));
    strcpy(token, page.next_page_token);
    assert_status(list_entries(-1, 1, "", &page), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(list_entries(10000, 1, "", &page), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(list_entries(0, 501, "", &page), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(list_entries(2024, 1, token, &page), KT_INVALID_ARGUMENT, BAD_FIELD);
    assert_status(list_entries(2025, 1, "nonsense", &page), KT_INVALID_ARGUMENT, BAD_FIELD);
    for (uint32_t i = 0; i < 2000; i++) {
        char hostile[512];
        strcpy(hostile, token);
        hostile[kt_prng_below(&model.prng, strlen(token))] =
            (char)(kt_prng_below(&model.prng, 127) + 1);
        kt_status_t status = list_entries(2025, 1, hostile, &page);
        if (kt_failed(status))
            assert_status(status, KT_INVALID_ARGUMENT, BAD_FIELD);
    }
}

/* Entries of about 100 kB, and every fifth one of 2 MB: pages end before they weigh too much, and
 * go on. */
static void
heavy_entries_share_pages_or_have_their_own(void **state)
{
    (void)state;
    enum { LIGHT = 400, HEAVY = 8000, COUNT = 30 };
    static office_line_t lines[HEAVY];
    static char path[FIN_PATH_BYTES_MAX + 1];
    char name[32], token[512] = "";
    fin_account_t account = FIN_ACCOUNT_INIT, made = FIN_ACCOUNT_INIT;
    fin_open_account_request_t open = FIN_OPEN_ACCOUNT_REQUEST_INIT;
    memset(path, 'x', FIN_PATH_BYTES_MAX);
    account.book = "acme";
    account.account = path;
    open.account = &account;
    assert_ok(RUN(fin_books_handlers.open_account, &open, &made));
    for (uint32_t i = 0; i < HEAVY; i++)
        lines[i] = (office_line_t){path, "EUR", i % 2 ? 1 : -1};
    for (uint32_t i = 0; i < COUNT; i++)
        assert_ok(office_post(&office, "2026-11-23", "", lines, i % 5 ? LIGHT : HEAVY, name));
    uint32_t seen = 0;
    fin_list_entries_response_t page;
    do {
        assert_ok(list_entries(2026, 500, token, &page));
        size_t bytes = protobuf_c_message_get_packed_size(&page.base);
        assert_true(page.n_entries == 1 || bytes <= 1u << 20);
        assert_true(bytes < 3u << 20);
        for (size_t i = 0; i < page.n_entries; i++)
            assert_int_equal(page.entries[i]->sequence, COUNT - seen++);
        strcpy(token, page.next_page_token);
    } while (token[0]);
    assert_int_equal(seen, COUNT);
}

/* ---- holds ---- */

#define HOLDS 30

static void
reserve(uint32_t i, char id[32])
{
    fin_hold_t hold = FIN_HOLD_INIT, made = FIN_HOLD_INIT;
    fin_reserve_hold_request_t request = FIN_RESERVE_HOLD_REQUEST_INIT;
    hold.book = "acme";
    hold.debit_account = i % 3 ? "expenses:rent" : "liabilities:loan";
    hold.credit_account = "assets:bank";
    hold.commodity = i % 2 ? "USD" : "EUR";
    hold.amount_minor = 100 + i;
    hold.expires_us = office.now_us + (i % 5 + 1) * KT_US_PER_S * 3600;
    request.hold = &hold;
    office.now_us += 1000; /* ids of one millisecond are in no order */
    assert_ok(RUN(fin_reserve_hold, &request, &made));
    strcpy(id, made.hold);
}

static uint32_t
list_holds(const char *account, int32_t size, char (*ids)[32])
{
    uint32_t seen = 0;
    char token[512] = "";
    do {
        fin_list_holds_request_t request = FIN_LIST_HOLDS_REQUEST_INIT;
        fin_list_holds_response_t page = FIN_LIST_HOLDS_RESPONSE_INIT;
        request.book = "acme";
        request.account = (char *)account;
        request.page_size = size;
        request.page_token = token;
        assert_ok(RUN(fin_read_holds, &request, &page));
        for (size_t i = 0; i < page.n_holds; i++)
            strcpy(ids[seen++], page.holds[i]->hold);
        strcpy(token, page.next_page_token);
    } while (token[0]);
    return seen;
}

static void
holds_are_listed_oldest_first_and_those_of_an_account_while_active(void **state)
{
    (void)state;
    static char ids[HOLDS][32], seen[HOLDS + 1][32];
    int64_t begun = office.now_us;
    for (uint32_t i = 0; i < HOLDS; i++)
        reserve(i, ids[i]);
    for (int32_t size = 1; size < 40; size += 6) {
        assert_int_equal(list_holds("", size, seen), HOLDS);
        for (uint32_t i = 0; i < HOLDS; i++)
            assert_string_equal(seen[i], ids[i]);
    }
    /* Two hours on, those of one and of two hours have expired. */
    office.now_us = begun + 2 * KT_US_PER_S * 3600 + KT_US_PER_S;
    for (int32_t size = 1; size < 40; size += 6) {
        uint32_t count = list_holds("liabilities:loan", size, seen), at = 0;
        for (uint32_t i = 0; i < HOLDS; i += 3)
            if (i % 5 >= 2)
                assert_string_equal(seen[at++], ids[i]);
        assert_int_equal(count, at);
    }
    assert_int_equal(list_holds("income:sales", 0, seen), 0);
}

static void
what_is_held_stands_beside_the_balance(void **state)
{
    (void)state;
    char id[32];
    reserve(0, id); /* EUR 100 from assets:bank to liabilities:loan, for one hour */
    reserve(1, id); /* USD 101 to expenses:rent, for two */
    fin_get_balance_request_t request = FIN_GET_BALANCE_REQUEST_INIT;
    fin_get_balance_response_t response = FIN_GET_BALANCE_RESPONSE_INIT;
    request.book = "acme";
    request.account = "assets:bank";
    assert_ok(RUN(fin_read_balance, &request, &response));
    assert_int_equal(response.n_balances, 2);
    assert_string_equal(response.balances[0]->commodity, "EUR");
    assert_int_equal(response.balances[0]->held_credit_minor, 100);
    assert_int_equal(response.balances[0]->held_debit_minor, 0);
    assert_int_equal(response.balances[0]->balance_minor, 0);
    assert_int_equal(response.balances[1]->held_credit_minor, 101);

    office.now_us += 3601 * KT_US_PER_S;
    response = (fin_get_balance_response_t)FIN_GET_BALANCE_RESPONSE_INIT;
    request.account = "expenses:rent";
    assert_ok(RUN(fin_read_balance, &request, &response));
    assert_int_equal(response.n_balances, 1);
    assert_int_equal(response.balances[0]->held_debit_minor, 101);
    response = (fin_get_balance_response_t)FIN_GET_BALANCE_RESPONSE_INIT;
    request.account = "liabilities:loan";
    assert_ok(RUN(fin_read_balance, &request, &response));
    assert_int_equal(response.n_balances, 0);
}

static void
a_hold_is_read_or_named(void **state)
{
    (void)state;
    char id[32];
    reserve(2, id);
    fin_get_hold_request_t request = FIN_GET_HOLD_REQUEST_INIT;
    fin_hold_t hold = FIN_HOLD_INIT;
    request.book = "acme";
    request.hold = id;
    assert_ok(RUN(fin_read_hold, &request, &hold));
    assert_int_equal(hold.state, FIN_HOLD_STATE_ACTIVE);
    assert_string_equal(hold.debit_account, "expenses:rent");
    assert_string_equal(hold.commodity, "EUR");
    office.now_us = hold.expires_us;
    assert_ok(RUN(fin_read_hold, &request, &hold));
    assert_int_equal(hold.state, FIN_HOLD_STATE_EXPIRED);
    request.hold = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    kt_status_t status = RUN(fin_read_hold, &request, &hold);
    assert_status(status, KT_NOT_FOUND, FIN_HOLD_UNKNOWN);
    assert_non_null(strstr(status.text, "01ARZ3NDEKTSV4RRFFQ69G5FAV"));
    request.hold = "x";
    assert_status(RUN(fin_read_hold, &request, &hold), KT_INVALID_ARGUMENT, BAD_FIELD);
    request.book = "nobook";
    request.hold = id;
    assert_status(RUN(fin_read_hold, &request, &hold), KT_NOT_FOUND, FIN_BOOK_UNKNOWN);
}

#define TEST(name) OFFICE_TEST(name, &office)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_entry_is_found_by_name_and_by_source),
        TEST(an_entry_that_is_not_there_is_named),
        TEST(a_reversal_and_what_it_reverses_name_each_other),
        TEST(entries_are_listed_newest_first_while_others_are_posted),
        TEST(a_list_of_entries_refuses_by_its_rows),
        TEST(heavy_entries_share_pages_or_have_their_own),
        TEST(holds_are_listed_oldest_first_and_those_of_an_account_while_active),
        TEST(what_is_held_stands_beside_the_balance),
        TEST(a_hold_is_read_or_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
