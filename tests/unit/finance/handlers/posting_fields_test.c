/* Requests that post: a row for each field that is out of shape, and the name under which it is
 * refused. */
#include "office.h"

#include "domain/reason.h"
#include "handlers/posting.h"

#include <kantor/rpc/v1/reason.kt.h>

static office_t office;
static char book[] = "acme", none[] = "", too_long[600], hold_id[] = "01KATPR8000000000000000000";

static void
assert_field(kt_status_t status, const char *name, const char *field)
{
    if (field == NULL) {
        if (kt_failed(status))
            fail_msg("%s: %s", name, status.text);
    } else if (status.code != KT_INVALID_ARGUMENT || status.reason != RPC_REASON_BAD_FIELD) {
        fail_msg("%s: got %s: %s", name, kt_code_name(status.code), status.text);
    } else if (strcmp(office.call.violations[0].field, field) != 0) {
        fail_msg("%s: %s is named", name, office.call.violations[0].field);
    }
    kt_ignore(office_end(&office, status));
}

/* ---- PostEntry and PostEntries ---- */

static void
nothing(fin_post_entries_request_t *r)
{
    (void)r;
}

static void
book_empty(fin_post_entries_request_t *r)
{
    r->book = none;
}

static void
book_long(fin_post_entries_request_t *r)
{
    r->book = too_long;
}

static void
no_entries(fin_post_entries_request_t *r)
{
    r->n_entries = 0;
}

static void
too_many_lines(fin_post_entries_request_t *r)
{
    fin_line_t **lines = KT_ARENA_ARRAY(office.arena, fin_line_t *, FIN_DRAFT_LINES_MAX);
    for (size_t i = 0; i < FIN_DRAFT_LINES_MAX; i++)
        lines[i] = r->entries[0]->lines[0];
    r->entries[0]->lines = lines;
    r->entries[0]->n_lines = FIN_DRAFT_LINES_MAX;
}

static void
no_mode(fin_post_entries_request_t *r)
{
    r->mode = FIN_BATCH_MODE_UNSPECIFIED;
}

static void
other_mode(fin_post_entries_request_t *r)
{
    r->mode = (fin_batch_mode_t)3;
}

static void
no_such_date(fin_post_entries_request_t *r)
{
    static char date[] = "2026-02-29";
    r->entries[1]->date = date;
}

static void
description_long(fin_post_entries_request_t *r)
{
    r->entries[1]->description = too_long;
}

static void
source_long(fin_post_entries_request_t *r)
{
    r->entries[1]->source_ref = too_long;
}

static void
no_lines(fin_post_entries_request_t *r)
{
    r->entries[1]->n_lines = 0;
}

static void
no_account(fin_post_entries_request_t *r)
{
    r->entries[1]->lines[1]->account = none;
}

static void
account_long(fin_post_entries_request_t *r)
{
    r->entries[1]->lines[1]->account = too_long;
}

static void
no_commodity(fin_post_entries_request_t *r)
{
    r->entries[1]->lines[1]->commodity = none;
}

static void
commodity_long(fin_post_entries_request_t *r)
{
    r->entries[1]->lines[1]->commodity = too_long;
}

static void
no_amount(fin_post_entries_request_t *r)
{
    r->entries[1]->lines[1]->amount_minor = 0;
}

static void
memo_long(fin_post_entries_request_t *r)
{
    r->entries[1]->lines[1]->memo = too_long;
}

/* As many lines with the longest memo as are more than an answer carries. */
static void
too_heavy(fin_post_entries_request_t *r)
{
    enum { LINES = FIN_ENTRY_BYTES_MAX / (FIN_LINE_BYTES + FIN_MEMO_BYTES_MAX) };
    fin_line_t **lines = KT_ARENA_ARRAY(office.arena, fin_line_t *, LINES);
    fin_line_t *line = r->entries[1]->lines[1];
    line->memo = too_long + sizeof(too_long) - 1 - FIN_MEMO_BYTES_MAX;
    for (size_t i = 0; i < LINES; i++)
        lines[i] = line;
    r->entries[1]->lines = lines;
    r->entries[1]->n_lines = LINES;
}

static const struct {
    const char *name;
    void (*change)(fin_post_entries_request_t *r);
    const char *field;
    const char *alone; /* the name under PostEntry; NULL: not a field of it */
} post_rows[] = {
    {"as it should be", nothing, NULL, NULL},
    {"no book", book_empty, "book", "book"},
    {"a long book", book_long, "book", "book"},
    {"no entries", no_entries, "entries", NULL},
    {"too many lines", too_many_lines, "entries", NULL},
    {"no mode", no_mode, "mode", NULL},
    {"another mode", other_mode, "mode", NULL},
    {"no such date", no_such_date, "entries[1].date", "entry.date"},
    {"a long description", description_long, "entries[1].description", "entry.description"},
    {"a long source", source_long, "entries[1].source_ref", "entry.source_ref"},
    {"no lines", no_lines, "entries[1].lines", "entry.lines"},
    {"no account", no_account, "entries[1].lines[1].account", "entry.lines[1].account"},
    {"a long account", account_long, "entries[1].lines[1].account", "entry.lines[1].account"},
    {"no commodity", no_commodity, "entries[1].lines[1].commodity", "entry.lines[1].commodity"},
    {"a long commodity", commodity_long, "entries[1].lines[1].commodity",
     "entry.lines[1].commodity"},
    {"no amount", no_amount, "entries[1].lines[1].amount_minor", "entry.lines[1].amount_minor"},
    {"more text than an answer carries", too_heavy, "entries[1].lines", "entry.lines"},
    {"a long memo", memo_long, "entries[1].lines[1].memo", "entry.lines[1].memo"},
};

static void
fields_of_entries(void **state)
{
    (void)state;
    const office_line_t lines[] = {{"assets:bank", "USD", 5}, {"income:sales", "USD", -5}};
    for (size_t i = 0; i < KT_COUNT(post_rows); i++) {
        fin_post_entries_request_t many = FIN_POST_ENTRIES_REQUEST_INIT;
        fin_post_entries_response_t results = FIN_POST_ENTRIES_RESPONSE_INIT;
        fin_post_entry_request_t one = FIN_POST_ENTRY_REQUEST_INIT;
        fin_posted_entry_t posted = FIN_POSTED_ENTRY_INIT;
        office_begin(&office);
        fin_entry_draft_t *entries[] = {office_draft(&office, "2026-11-23", "", lines, 2),
                                        office_draft(&office, "2026-11-23", "", lines, 2)};
        many.book = book;
        many.entries = entries;
        many.n_entries = 2;
        many.mode = FIN_BATCH_MODE_EACH;
        post_rows[i].change(&many);
        assert_field(fin_post_entries(&office.call, &many, &results), post_rows[i].name,
                     post_rows[i].field);
        if (post_rows[i].alone == NULL)
            continue;
        office_begin(&office);
        entries[1] = office_draft(&office, "2026-11-23", "", lines, 2);
        many.book = book;
        post_rows[i].change(&many);
        one.book = many.book;
        one.entry = entries[1];
        assert_field(fin_post_entry(&office.call, &one, &posted), post_rows[i].name,
                     post_rows[i].alone);
    }
    fin_post_entry_request_t empty = FIN_POST_ENTRY_REQUEST_INIT;
    fin_posted_entry_t posted = FIN_POSTED_ENTRY_INIT;
    empty.book = book;
    office_begin(&office);
    assert_field(fin_post_entry(&office.call, &empty, &posted), "no entry", "entry");
}

/* ---- ReverseEntry ---- */

static void
fields_of_reversals(void **state)
{
    (void)state;
    const struct {
        const char *book, *entry, *date;
        bool long_description;
        const char *field;
    } rows[] = {{"", "2026-000001", "", false, "book"},
                {"acme", "", "", false, "entry"},
                {"acme", "2026", "", false, "entry"},
                {"acme", "2026-", "", false, "entry"},
                {"acme", "26-1", "", false, "entry"},
                {"acme", "2026-1x", "", false, "entry"},
                {"acme", "2026-1234567890123456789", "", false, "entry"},
                {"acme", "2026-000001", "yesterday", false, "date"},
                {"acme", "2026-000001", "", true, "description"}};
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        fin_reverse_entry_request_t request = FIN_REVERSE_ENTRY_REQUEST_INIT;
        fin_posted_entry_t response = FIN_POSTED_ENTRY_INIT;
        office_begin(&office);
        request.book = kt_arena_strdup(office.arena, rows[i].book);
        request.entry = kt_arena_strdup(office.arena, rows[i].entry);
        request.date = kt_arena_strdup(office.arena, rows[i].date);
        request.description = rows[i].long_description ? too_long : none;
        assert_field(fin_reverse_entry(&office.call, &request, &response), rows[i].entry,
                     rows[i].field);
    }
}

/* ---- holds ---- */

static void
fields_of_reserves(void **state)
{
    (void)state;
    const int64_t now = office.now_us;
    const struct {
        const char *book, *debit, *credit, *commodity;
        int64_t amount, expires_us;
        bool long_description;
        const char *field;
    } rows[] = {
        {"acme", "expenses:rent", "assets:bank", "USD", 1, now + 1, false, NULL},
        {"", "expenses:rent", "assets:bank", "USD", 1, now + 1, false, "hold.book"},
        {"acme", "", "assets:bank", "USD", 1, now + 1, false, "hold.debit_account"},
        {"acme", "expenses:rent", "", "USD", 1, now + 1, false, "hold.credit_account"},
        {"acme", "assets:bank", "assets:bank", "USD", 1, now + 1, false, "hold.credit_account"},
        {"acme", "expenses:rent", "assets:bank", "", 1, now + 1, false, "hold.commodity"},
        {"acme", "expenses:rent", "assets:bank", "USD", 0, now + 1, false, "hold.amount_minor"},
        {"acme", "expenses:rent", "assets:bank", "USD", -1, now + 1, false, "hold.amount_minor"},
        {"acme", "expenses:rent", "assets:bank", "USD", 1, now, false, "hold.expires_us"},
        {"acme", "expenses:rent", "assets:bank", "USD", 1, INT64_MIN, false, "hold.expires_us"},
        {"acme", "expenses:rent", "assets:bank", "USD", 1,
         now + FIN_HOLD_DAYS_MAX * KT_US_PER_DAY + 1, false, "hold.expires_us"},
        {"acme", "expenses:rent", "assets:bank", "USD", 1, now + 1, true, "hold.description"}};
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        fin_reserve_hold_request_t request = FIN_RESERVE_HOLD_REQUEST_INIT;
        fin_hold_t hold = FIN_HOLD_INIT, response = FIN_HOLD_INIT;
        office_begin(&office);
        hold.book = kt_arena_strdup(office.arena, rows[i].book);
        hold.debit_account = kt_arena_strdup(office.arena, rows[i].debit);
        hold.credit_account = kt_arena_strdup(office.arena, rows[i].credit);
        hold.commodity = kt_arena_strdup(office.arena, rows[i].commodity);
        hold.amount_minor = rows[i].amount;
        hold.expires_us = rows[i].expires_us;
        hold.description = rows[i].long_description ? too_long : none;
        request.hold = &hold;
        assert_field(fin_reserve_hold(&office.call, &request, &response), "reserve", rows[i].field);
    }
    fin_reserve_hold_request_t empty = FIN_RESERVE_HOLD_REQUEST_INIT;
    fin_hold_t response = FIN_HOLD_INIT;
    office_begin(&office);
    assert_field(fin_reserve_hold(&office.call, &empty, &response), "no hold", "hold");
}

static void
fields_of_commits_and_releases(void **state)
{
    (void)state;
    char bad_id[] = "01KATPR80000000000000000", bad_date[] = "2026-13-01";
    struct {
        fin_commit_hold_request_t request;
        const char *field;
    } rows[6];
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        rows[i].request = (fin_commit_hold_request_t)FIN_COMMIT_HOLD_REQUEST_INIT;
        rows[i].request.book = book;
        rows[i].request.hold = hold_id;
    }
    rows[0].request.book = none, rows[0].field = "book";
    rows[1].request.hold = bad_id, rows[1].field = "hold";
    rows[2].request.amount_minor = -1, rows[2].field = "amount_minor";
    rows[3].request.date = bad_date, rows[3].field = "date";
    rows[4].request.description = too_long, rows[4].field = "description";
    rows[5].request.source_ref = too_long, rows[5].field = "source_ref";
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        fin_commit_hold_response_t response = FIN_COMMIT_HOLD_RESPONSE_INIT;
        office_begin(&office);
        assert_field(fin_commit_hold(&office.call, &rows[i].request, &response), rows[i].field,
                     rows[i].field);
    }
    for (size_t i = 0; i < 2; i++) {
        fin_release_hold_request_t request = FIN_RELEASE_HOLD_REQUEST_INIT;
        fin_hold_t response = FIN_HOLD_INIT;
        request.book = rows[i].request.book;
        request.hold = rows[i].request.hold;
        office_begin(&office);
        assert_field(fin_release_hold(&office.call, &request, &response), rows[i].field,
                     rows[i].field);
    }
}

/* ---- a book that is not there ---- */

static void
every_method_asks_for_the_book_first(void **state)
{
    (void)state;
    char other[] = "other", entry[] = "2026-000001";
    const office_line_t lines[] = {{"nowhere", "?", 5}};
    fin_post_entry_request_t post = FIN_POST_ENTRY_REQUEST_INIT;
    fin_posted_entry_t posted = FIN_POSTED_ENTRY_INIT;
    fin_reverse_entry_request_t reverse = FIN_REVERSE_ENTRY_REQUEST_INIT;
    fin_reserve_hold_request_t reserve = FIN_RESERVE_HOLD_REQUEST_INIT;
    fin_commit_hold_request_t commit = FIN_COMMIT_HOLD_REQUEST_INIT;
    fin_commit_hold_response_t committed = FIN_COMMIT_HOLD_RESPONSE_INIT;
    fin_release_hold_request_t release = FIN_RELEASE_HOLD_REQUEST_INIT;
    fin_hold_t wanted = FIN_HOLD_INIT, hold = FIN_HOLD_INIT;
    post.book = reverse.book = commit.book = release.book = wanted.book = other;
    reverse.entry = entry;
    commit.hold = release.hold = hold_id;
    wanted.debit_account = wanted.commodity = other;
    wanted.credit_account = book;
    wanted.amount_minor = 1;
    wanted.expires_us = office.now_us + 1;
    reserve.hold = &wanted;
    office_begin(&office);
    post.entry = office_draft(&office, "2026-11-23", "", lines, 1);
    kt_status_t statuses[] = {fin_post_entry(&office.call, &post, &posted),
                              fin_reverse_entry(&office.call, &reverse, &posted),
                              fin_reserve_hold(&office.call, &reserve, &hold),
                              fin_commit_hold(&office.call, &commit, &committed),
                              fin_release_hold(&office.call, &release, &hold)};
    for (size_t i = 0; i < KT_COUNT(statuses); i++)
        assert_status(statuses[i], KT_NOT_FOUND, FIN_BOOK_UNKNOWN);
    kt_ignore(office_end(&office, statuses[0]));
}

int
main(void)
{
    memset(too_long, 'x', sizeof(too_long) - 1);
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(fields_of_entries, &office),
        OFFICE_TEST(fields_of_reversals, &office),
        OFFICE_TEST(fields_of_reserves, &office),
        OFFICE_TEST(fields_of_commits_and_releases, &office),
        OFFICE_TEST(every_method_asks_for_the_book_first, &office),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
