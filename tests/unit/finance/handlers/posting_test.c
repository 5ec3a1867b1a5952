#include "office.h"

#include "domain/reason.h"
#include "handlers/posting.h"
#include "store/entries.h"
#include "store/post.h"
#include "store/tables.h"

#include <kantor/finance/v1/reason.kt.h>
#include <kantor/rpc/v1/reason.kt.h>

static char book[] = "acme";
static const office_line_t rent[] = {{"expenses:rent", "USD", 500}, {"assets:bank", "USD", -500}};

static void
entries_are_numbered_by_fiscal_year(void **state)
{
    (void)state;
    office_t office;
    office_open(&office, OFFICE_RAM);
    char entry[32];
    assert_ok(office_post(&office, "2026-11-23", "", rent, 2, entry));
    assert_string_equal(entry, "2026-000001");
    assert_ok(office_post(&office, "2026-03-31", "", rent, 2, entry));
    assert_string_equal(entry, "2025-000001");
    assert_ok(office_post(&office, "2027-03-31", "", rent, 2, entry));
    assert_string_equal(entry, "2026-000002");
    assert_int_equal(office_verify(&office, true), 0);
    office_close(&office);
}

static void
a_source_is_posted_once(void **state)
{
    (void)state;
    office_t office;
    office_open(&office, OFFICE_RAM);
    char entry[32];
    assert_ok(office_post(&office, "2026-11-23", "bank:1", rent, 2, entry));
    kt_status_t status = office_post(&office, "2026-11-23", "bank:1", rent, 2, entry);
    assert_status(status, KT_ALREADY_EXISTS, FIN_SOURCE_EXISTS);
    assert_string_equal(status.text, "posted before as entry 2026-000001");
    assert_status(office_post(&office, "2026-11-24", "bank:1", rent, 2, entry), KT_ALREADY_EXISTS,
                  FIN_SOURCE_CONFLICT);
    assert_int_equal(office_verify(&office, true), 0);
    office_close(&office);
}

/* ---- batches ---- */

static const office_line_t lopsided[] = {{"expenses:rent", "USD", 5}, {"assets:bank", "USD", -6}};

static kt_status_t
post_three(office_t *office, fin_batch_mode_t mode, fin_post_entries_response_t *response)
{
    fin_post_entries_request_t request = FIN_POST_ENTRIES_REQUEST_INIT;
    fin_entry_draft_t *entries[] = {office_draft(office, "2026-11-23", "a", rent, 2),
                                    office_draft(office, "2026-11-23", "", lopsided, 2),
                                    office_draft(office, "2026-11-23", "a", rent, 2)};
    request.book = book;
    request.entries = entries;
    request.n_entries = KT_COUNT(entries);
    request.mode = mode;
    *response = (fin_post_entries_response_t)FIN_POST_ENTRIES_RESPONSE_INIT;
    return fin_post_entries(&office->call, &request, response);
}

static void
a_batch_stands_whole_or_each_for_itself(void **state)
{
    (void)state;
    office_t office;
    fin_post_entries_response_t response;
    office_open(&office, OFFICE_RAM);
    office_begin(&office);
    kt_status_t status = office_end(&office,
                                    post_three(&office, FIN_BATCH_MODE_ALL_OR_NOTHING, &response));
    assert_status(status, KT_FAILED_PRECONDITION, FIN_ENTRY_UNBALANCED);
    assert_memory_equal(status.text, "entries[1]: ", 12);

    office_begin(&office);
    status = post_three(&office, FIN_BATCH_MODE_EACH, &response);
    assert_ok(status);
    assert_int_equal(response.posted, 1);
    assert_int_equal(response.n_results, 3);
    assert_string_equal(response.results[0]->entry, "2026-000001");
    assert_true(response.results[0]->sequence == 1 && response.results[0]->code == 0);
    assert_int_equal(response.results[1]->code, KT_FAILED_PRECONDITION);
    assert_string_equal(response.results[1]->reason, "ENTRY_UNBALANCED");
    assert_string_equal(response.results[1]->entry, "");
    assert_string_equal(response.results[2]->reason, "SOURCE_EXISTS");
    assert_string_equal(response.results[2]->entry, "2026-000001");
    assert_int_equal(response.results[2]->sequence, 1);
    assert_ok(office_end(&office, status));
    assert_int_equal(office_verify(&office, true), 0);
    office_close(&office);
}

/* What does not add up is for a clerk; a batch with one such entry is refused whole. */
static void
a_one_sided_entry_needs_a_clerk(void **state)
{
    (void)state;
    static const char *const clerk[] = {"finance.clerk"}, *const front[] = {"front-office"};
    office_t office;
    office_open(&office, OFFICE_RAM);
    for (unsigned batch = 0; batch < 2; batch++)
        for (unsigned allowed = 0; allowed < 2; allowed++) {
            fin_post_entries_response_t results = FIN_POST_ENTRIES_RESPONSE_INIT;
            fin_posted_entry_t posted = FIN_POSTED_ENTRY_INIT;
            kt_status_t status;
            office_begin(&office);
            fin_entry_draft_t *entries[] = {office_draft(&office, "2026-11-23", "", rent, 2),
                                            office_draft(&office, "2026-11-23", "", lopsided, 2)};
            entries[1]->one_sided = true;
            office.call.roles = allowed ? clerk : front;
            office.call.roles_count = 1;
            fin_post_entry_request_t one = FIN_POST_ENTRY_REQUEST_INIT;
            fin_post_entries_request_t both = FIN_POST_ENTRIES_REQUEST_INIT;
            one.book = both.book = book;
            one.entry = entries[1];
            both.entries = entries;
            both.n_entries = KT_COUNT(entries);
            both.mode = FIN_BATCH_MODE_EACH;
            status = batch ? fin_post_entries(&office.call, &both, &results)
                           : fin_post_entry(&office.call, &one, &posted);
            status = office_end(&office, status);
            if (allowed)
                assert_ok(status);
            else
                assert_status(status, KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING);
        }
    assert_int_equal(office_verify(&office, true), 0);
    office_close(&office);
}

/* As many lines as a call may bring, in one entry with long memos and in 4,095 entries. */
static void
the_largest_batches(void **state)
{
    (void)state;
    office_t office;
    char memo[FIN_MEMO_BYTES_MAX + 1];
    memset(memo, 'm', FIN_MEMO_BYTES_MAX);
    memo[FIN_MEMO_BYTES_MAX] = '\0';
    office_open(&office, OFFICE_RAM);
    for (int each = 0; each < 2; each++) {
        office_begin(&office);
        size_t per_entry = each ? 2 : FIN_DRAFT_LINES_MAX;
        size_t count = FIN_DRAFT_LINES_MAX / per_entry;
        office_line_t *lines = KT_ARENA_ARRAY(office.arena, office_line_t, per_entry);
        for (size_t i = 0; i < per_entry; i++)
            lines[i] = (office_line_t){office_accounts[i % 7 / 2 * 3 % 7].path, "EUR",
                                       i % 2 ? -1 : 1};
        fin_post_entries_request_t request = FIN_POST_ENTRIES_REQUEST_INIT;
        fin_post_entries_response_t response = FIN_POST_ENTRIES_RESPONSE_INIT;
        request.book = book;
        request.entries = KT_ARENA_ARRAY(office.arena, fin_entry_draft_t *, count);
        request.n_entries = count;
        request.mode = each ? FIN_BATCH_MODE_EACH : FIN_BATCH_MODE_ALL_OR_NOTHING;
        for (size_t i = 0; i < count; i++)
            request.entries[i] = office_draft(&office, "2026-11-23", "", lines, per_entry);
        for (size_t i = 0; i < 100; i++)
            request.entries[0]->lines[i % per_entry]->memo = memo;
        kt_status_t status = fin_post_entries(&office.call, &request, &response);
        assert_ok(status);
        assert_int_equal(response.posted, count);
        assert_ok(office_end(&office, status));
    }
    office_begin(&office);
    fin_posting_t entry;
    assert_ok(fin_store_load_entry(&office.call, 1, &entry));
    assert_int_equal(entry.entry.lines_count, FIN_DRAFT_LINES_MAX);
    assert_int_equal(entry.lines[99].memo.size, FIN_MEMO_BYTES_MAX);
    assert_int_equal(entry.lines[8189].memo.size, 0);
    assert_true(entry.lines[8189].amount_minor == -1);
    assert_ok(office_end(&office, kt_ok()));
    assert_int_equal(office_verify(&office, true), 0);
    office_close(&office);
}

/* ---- reversals ---- */

static kt_status_t
reverse(office_t *office, const char *entry, const char *date, char reversal[32])
{
    char name[32], on[16];
    fin_reverse_entry_request_t request = FIN_REVERSE_ENTRY_REQUEST_INIT;
    fin_posted_entry_t response = FIN_POSTED_ENTRY_INIT;
    snprintf(name, sizeof(name), "%s", entry);
    snprintf(on, sizeof(on), "%s", date);
    request.book = book;
    request.entry = name;
    request.date = on;
    office_begin(office);
    kt_status_t status = fin_reverse_entry(&office->call, &request, &response);
    if (!kt_failed(status))
        snprintf(reversal, 32, "%s", response.entry);
    return office_end(office, status);
}

static void
an_entry_is_reversed_once(void **state)
{
    (void)state;
    office_t office;
    office_open(&office, OFFICE_RAM);
    char entry[32];
    /* Enough that finding them goes over anchors. */
    for (int i = 0; i < 200; i++)
        assert_ok(office_post(&office, "2026-11-23", "", rent, 2, entry));
    assert_status(reverse(&office, "2026-000201", "", entry), KT_NOT_FOUND, FIN_ENTRY_UNKNOWN);
    assert_status(reverse(&office, "2026-000000", "", entry), KT_NOT_FOUND, FIN_ENTRY_UNKNOWN);
    assert_status(reverse(&office, "2024-000001", "", entry), KT_NOT_FOUND, FIN_ENTRY_UNKNOWN);
    for (int i = 1; i <= 200; i++) {
        char name[32];
        snprintf(name, sizeof(name), "2026-%06d", i);
        assert_ok(reverse(&office, name, i % 2 ? "" : "2027-05-01", entry));
    }
    assert_status(reverse(&office, "2026-000007", "", entry), KT_FAILED_PRECONDITION,
                  FIN_ALREADY_REVERSED);
    assert_status(reverse(&office, "2026-000201", "", entry), KT_FAILED_PRECONDITION,
                  FIN_IS_REVERSAL);
    assert_int_equal(office_verify(&office, true), 0);
    office_close(&office);
}

static void
an_exchange_is_reversed_with_the_ledgers_own_lines(void **state)
{
    (void)state;
    office_t office;
    office_open(&office, OFFICE_RAM);
    char entry[32];
    const office_line_t exchange[] = {{"assets:bank", "EUR", 90}, {"assets:bank", "USD", -100}};
    assert_ok(office_post(&office, "2026-11-23", "", exchange, 2, entry));
    assert_ok(reverse(&office, entry, "", entry));
    const office_line_t forbidden[] = {{"equity:trading:USD", "USD", 1},
                                       {"assets:bank", "USD", -1}};
    assert_status(office_post(&office, "2026-11-23", "", forbidden, 2, entry),
                  KT_FAILED_PRECONDITION, FIN_ACCOUNT_RESERVED);
    office_begin(&office);
    fin_posting_t reversal;
    assert_ok(fin_store_load_entry(&office.call, 2, &reversal));
    assert_true(reversal.entry.lines_count == 4 && reversal.entry.own_count == 2);
    assert_span_equal(reversal.entry.description, kt_span_str("Reversal of 2026-000001"));
    assert_ok(office_end(&office, kt_ok()));
    assert_int_equal(office_verify(&office, true), 0);
    office_close(&office);
}

/* ---- holds ---- */

static kt_status_t
reserve(office_t *office, int64_t amount, int64_t expires_us, char id[32])
{
    char debit[] = "expenses:rent", credit[] = "assets:cash", usd[] = "USD";
    fin_hold_t hold = FIN_HOLD_INIT, response = FIN_HOLD_INIT;
    fin_reserve_hold_request_t request = FIN_RESERVE_HOLD_REQUEST_INIT;
    hold.book = book;
    hold.debit_account = debit;
    hold.credit_account = credit;
    hold.commodity = usd;
    hold.amount_minor = amount;
    hold.expires_us = expires_us;
    request.hold = &hold;
    office_begin(office);
    kt_status_t status = fin_reserve_hold(&office->call, &request, &response);
    if (!kt_failed(status)) {
        assert_int_equal(response.state, FIN_HOLD_STATE_ACTIVE);
        snprintf(id, 32, "%s", response.hold);
    }
    return office_end(office, status);
}

static kt_status_t
commit(office_t *office, char id[32], int64_t amount, bool release_rest, fin_hold_state_t expected)
{
    fin_commit_hold_request_t request = FIN_COMMIT_HOLD_REQUEST_INIT;
    fin_commit_hold_response_t response = FIN_COMMIT_HOLD_RESPONSE_INIT;
    request.book = book;
    request.hold = id;
    request.amount_minor = amount;
    request.release_rest = release_rest;
    office_begin(office);
    kt_status_t status = fin_commit_hold(&office->call, &request, &response);
    if (!kt_failed(status)) {
        assert_int_equal(response.hold->state, expected);
        assert_string_equal(response.hold->entries[response.hold->n_entries - 1],
                            response.entry->entry);
        assert_string_equal(response.hold->credit_account, "assets:cash");
    }
    return office_end(office, status);
}

static kt_status_t
release(office_t *office, char id[32])
{
    fin_release_hold_request_t request = FIN_RELEASE_HOLD_REQUEST_INIT;
    fin_hold_t response = FIN_HOLD_INIT;
    request.book = book;
    request.hold = id;
    office_begin(office);
    kt_status_t status = fin_release_hold(&office->call, &request, &response);
    if (!kt_failed(status))
        assert_int_equal(response.state, FIN_HOLD_STATE_RELEASED);
    return office_end(office, status);
}

static void
a_hold_keeps_its_amount_free(void **state)
{
    (void)state;
    office_t office;
    office_open(&office, OFFICE_RAM);
    char entry[32], first[32], second[32];
    const office_line_t fill[] = {{"assets:cash", "USD", 100}, {"income:sales", "USD", -100}};
    const office_line_t spend[] = {{"expenses:rent", "USD", 50}, {"assets:cash", "USD", -50}};
    int64_t soon = office.now_us + KT_US_PER_S;
    assert_ok(office_post(&office, "2026-11-23", "", fill, 2, entry));
    assert_ok(reserve(&office, 60, soon, first));
    assert_status(reserve(&office, 41, soon, second), KT_FAILED_PRECONDITION, FIN_FLOOR_REACHED);
    assert_status(office_post(&office, "2026-11-23", "", spend, 2, entry), KT_FAILED_PRECONDITION,
                  FIN_FLOOR_REACHED);
    assert_ok(commit(&office, first, 25, false, FIN_HOLD_STATE_ACTIVE));
    assert_int_equal(office_verify(&office, true), 0);
    assert_status(commit(&office, first, 36, false, 0), KT_FAILED_PRECONDITION, FIN_HOLD_EXCEEDED);
    assert_ok(commit(&office, first, 5, true, FIN_HOLD_STATE_RELEASED));
    assert_status(commit(&office, first, 1, true, 0), KT_FAILED_PRECONDITION, FIN_HOLD_ENDED);
    assert_status(release(&office, first), KT_FAILED_PRECONDITION, FIN_HOLD_ENDED);
    assert_ok(office_post(&office, "2026-11-23", "", spend, 2, entry)); /* 20 are left */
    assert_ok(reserve(&office, 20, soon, first));
    assert_int_equal(office_verify(&office, true), 0);
    office.now_us = soon; /* expires, and is free again */
    assert_ok(reserve(&office, 20, soon + 1, second));
    assert_status(commit(&office, first, 0, false, 0), KT_FAILED_PRECONDITION, FIN_HOLD_ENDED);
    assert_ok(commit(&office, second, 0, false, FIN_HOLD_STATE_COMMITTED));
    first[0] = '7';
    assert_status(release(&office, first), KT_NOT_FOUND, FIN_HOLD_UNKNOWN);
    assert_int_equal(office_verify(&office, true), 0);
    office_close(&office);
}

static void
a_hold_of_too_many_parts(void **state)
{
    (void)state;
    office_t office;
    office_open(&office, OFFICE_RAM);
    char entry[32], id[32];
    const office_line_t fill[] = {{"assets:cash", "USD", 1000}, {"income:sales", "USD", -1000}};
    assert_ok(office_post(&office, "2026-11-23", "", fill, 2, entry));
    assert_ok(reserve(&office, 1000, office.now_us + KT_US_PER_S, id));
    for (int i = 0; i < FIN_HOLD_PARTS_MAX; i++)
        assert_ok(commit(&office, id, 1, false, FIN_HOLD_STATE_ACTIVE));
    assert_status(commit(&office, id, 1, false, 0), KT_RESOURCE_EXHAUSTED, FIN_TOO_MANY_PARTS);
    assert_ok(release(&office, id));
    assert_int_equal(office_verify(&office, true), 0);
    office_close(&office);
}

/* ---- the same numbers on both sides of the wall ---- */

static void
reasons_are_those_of_the_contract(void **state)
{
    (void)state;
    const struct {
        int own, contract;
    } rows[] = {{FIN_BOOK_UNKNOWN, FIN_REASON_BOOK_UNKNOWN},
                {FIN_HOLD_UNKNOWN, FIN_REASON_HOLD_UNKNOWN},
                {FIN_BOOK_EXISTS, FIN_REASON_BOOK_EXISTS},
                {FIN_SOURCE_CONFLICT, FIN_REASON_SOURCE_CONFLICT},
                {FIN_ALREADY_REVERSED, FIN_REASON_ALREADY_REVERSED},
                {FIN_IS_REVERSAL, FIN_REASON_IS_REVERSAL},
                {FIN_HOLD_ENDED, FIN_REASON_HOLD_ENDED},
                {FIN_HOLD_EXCEEDED, FIN_REASON_HOLD_EXCEEDED},
                {FIN_ENTRY_UNBALANCED, FIN_REASON_ENTRY_UNBALANCED},
                {FIN_PERIOD_NOT_OPEN, FIN_REASON_PERIOD_NOT_OPEN},
                {FIN_PERIOD_CLOSED, FIN_REASON_PERIOD_CLOSED},
                {FIN_PERIOD_STATE, FIN_REASON_PERIOD_STATE},
                {FIN_ACCOUNT_CLOSED, FIN_REASON_ACCOUNT_CLOSED},
                {FIN_ACCOUNT_NOT_EMPTY, FIN_REASON_ACCOUNT_NOT_EMPTY},
                {FIN_ACCOUNT_RESERVED, FIN_REASON_ACCOUNT_RESERVED},
                {FIN_FLOOR_REACHED, FIN_REASON_FLOOR_REACHED},
                {FIN_COMMODITY_IN_USE, FIN_REASON_COMMODITY_IN_USE},
                {FIN_FLOOR_BROKEN, FIN_REASON_FLOOR_BROKEN},
                {FIN_AMOUNT_OVERFLOW, FIN_REASON_AMOUNT_OVERFLOW},
                {FIN_TOO_MANY_LINES, FIN_REASON_TOO_MANY_LINES},
                {FIN_TOO_MANY_ACCOUNTS, FIN_REASON_TOO_MANY_ACCOUNTS},
                {FIN_TOO_MANY_COMMODITIES, FIN_REASON_TOO_MANY_COMMODITIES},
                {FIN_TOO_MANY_HOLDS, FIN_REASON_TOO_MANY_HOLDS},
                {FIN_TOO_MANY_PARTS, FIN_REASON_TOO_MANY_PARTS}};
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        assert_int_equal(rows[i].own, rows[i].contract);
    assert_int_equal(FIN_HELD_ACTIVE, FIN_HOLD_STATE_ACTIVE);
    assert_int_equal(FIN_HELD_EXPIRED, FIN_HOLD_STATE_EXPIRED);
    assert_int_equal(FIN_TYPE_TRADING, FIN_ACCOUNT_TYPE_TRADING);
    assert_int_equal(FIN_KIND_CLIENT, FIN_BOOK_KIND_CLIENT);
    assert_int_equal(FIN_MONTH_CLOSED, FIN_PERIOD_STATE_CLOSED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_numbered_by_fiscal_year),
        cmocka_unit_test(a_source_is_posted_once),
        cmocka_unit_test(a_batch_stands_whole_or_each_for_itself),
        cmocka_unit_test(a_one_sided_entry_needs_a_clerk),
        cmocka_unit_test(the_largest_batches),
        cmocka_unit_test(an_entry_is_reversed_once),
        cmocka_unit_test(an_exchange_is_reversed_with_the_ledgers_own_lines),
        cmocka_unit_test(a_hold_keeps_its_amount_free),
        cmocka_unit_test(a_hold_of_too_many_parts),
        cmocka_unit_test(reasons_are_those_of_the_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
