#include "story.h"

#include "domain/post.h"
#include "handlers/posting.h"

static char book[] = "acme";
/* The hold that the story reserves: its id is made from the call that made it. */
static char hold_id[32];

static kt_status_t
post(office_t *office, const char *date, const char *source_ref, const office_line_t *lines,
     size_t count)
{
    fin_post_entry_request_t request = FIN_POST_ENTRY_REQUEST_INIT;
    fin_posted_entry_t response = FIN_POSTED_ENTRY_INIT;
    request.book = book;
    request.entry = office_draft(office, date, source_ref, lines, count);
    return fin_post_entry(&office->call, &request, &response);
}

static kt_status_t
open_balance(office_t *office)
{
    const office_line_t lines[] = {{"assets:cash", "USD", 1000}, {"income:sales", "USD", -1000}};
    return post(office, "2026-03-31", "bank:1", lines, 2);
}

static kt_status_t
one_account_on_three_lines(office_t *office)
{
    const office_line_t lines[] = {{"assets:cash", "USD", -30},
                                   {"assets:cash", "USD", 10},
                                   {"assets:cash", "USD", 5},
                                   {"expenses:rent", "USD", 15}};
    return post(office, "2026-11-23", "bank:2", lines, 4);
}

static kt_status_t
exchange(office_t *office)
{
    const office_line_t lines[] = {{"assets:bank", "EUR", 90}, {"assets:cash", "USD", -100}};
    return post(office, "2026-11-24", "", lines, 2);
}

static kt_status_t
batch(office_t *office)
{
    enum { ENTRIES = 130 };
    const office_line_t lines[] = {{"expenses:rent", "EUR", 1}, {"assets:bank", "EUR", -1}};
    fin_post_entries_request_t request = FIN_POST_ENTRIES_REQUEST_INIT;
    fin_post_entries_response_t response = FIN_POST_ENTRIES_RESPONSE_INIT;
    fin_entry_draft_t *drafts[ENTRIES];
    for (size_t i = 0; i < ENTRIES; i++)
        drafts[i] = office_draft(office, i % 2 ? "2026-11-30" : "2026-12-01", "", lines, 2);
    if (kt_arena_exhausted(office->arena))
        return fin_out_of_memory();
    request.book = book;
    request.entries = drafts;
    request.n_entries = ENTRIES;
    request.mode = FIN_BATCH_MODE_ALL_OR_NOTHING;
    return fin_post_entries(&office->call, &request, &response);
}

static kt_status_t
reverse(office_t *office)
{
    char entry[] = "2026-000002";
    fin_reverse_entry_request_t request = FIN_REVERSE_ENTRY_REQUEST_INIT;
    fin_posted_entry_t response = FIN_POSTED_ENTRY_INIT;
    request.book = book;
    request.entry = entry;
    return fin_reverse_entry(&office->call, &request, &response);
}

static kt_status_t
reserve(office_t *office)
{
    char debit[] = "expenses:rent", credit[] = "assets:cash", usd[] = "USD";
    fin_hold_t wanted = FIN_HOLD_INIT, response = FIN_HOLD_INIT;
    fin_reserve_hold_request_t request = FIN_RESERVE_HOLD_REQUEST_INIT;
    wanted.book = book;
    wanted.debit_account = debit;
    wanted.credit_account = credit;
    wanted.commodity = usd;
    wanted.amount_minor = 100;
    wanted.expires_us = office->now_us + KT_US_PER_DAY;
    request.hold = &wanted;
    KT_TRY(fin_reserve_hold(&office->call, &request, &response));
    snprintf(hold_id, sizeof(hold_id), "%s", response.hold);
    return kt_ok();
}

static kt_status_t
commit(office_t *office, int64_t amount)
{
    char source[] = "shop:17", none[] = "";
    fin_commit_hold_request_t request = FIN_COMMIT_HOLD_REQUEST_INIT;
    fin_commit_hold_response_t response = FIN_COMMIT_HOLD_RESPONSE_INIT;
    request.book = book;
    request.hold = hold_id;
    request.amount_minor = amount;
    request.source_ref = amount == 40 ? source : none;
    return fin_commit_hold(&office->call, &request, &response);
}

static kt_status_t
commit_part(office_t *office)
{
    return commit(office, 40);
}

static kt_status_t
release(office_t *office)
{
    fin_release_hold_request_t request = FIN_RELEASE_HOLD_REQUEST_INIT;
    fin_hold_t response = FIN_HOLD_INIT;
    request.book = book;
    request.hold = hold_id;
    return fin_release_hold(&office->call, &request, &response);
}

const story_call_t story[STORY_CALLS] = {
    {"open_balance", open_balance, 1},
    {"one_account_on_three_lines", one_account_on_three_lines, 1},
    {"exchange", exchange, 1},
    {"batch", batch, 130},
    {"reverse", reverse, 1},
    {"reserve", reserve, 0},
    {"commit_part", commit_part, 1},
    {"release", release, 0},
    {"reserve again, and keep it", reserve, 0},
};

void
story_tell(office_t *office)
{
    for (size_t i = 0; i < STORY_CALLS; i++) {
        office_begin(office);
        assert_ok(office_end(office, story[i].run(office)));
    }
}
