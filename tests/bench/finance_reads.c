/*
 * finance_reads.c: what reads of the ledger cost, measured on a store of LMDB in a temporary
 * folder.
 *
 * usage: bench_finance_reads [LINES [ACCOUNTS]]
 *
 * Posts LINES lines (1,000,000) to one account over four years, half of them on one day, then pages
 * through its register; opens ACCOUNTS accounts (100,000), each with a balance, then streams the
 * trial balance. It prints what it measured and decides nothing: no test waits for a figure.
 */
#include "../unit/finance/office.h"

#include "handlers/books.h"
#include "handlers/posting.h"
#include "handlers/reads.h"

#include <stdlib.h>
#include <sys/resource.h>

#define BATCH_ENTRIES 4095
#define OPEN_AT_ONCE  500
#define PAGE          1000
#define FIRST_DATE    19737 /* 2024-01-15 */

static office_t office;

static double
seconds_since(int64_t begun_us)
{
    return (double)(kt_clock_mono_us() - begun_us) / 1e6;
}

/* One entry of two lines; FROM is credited. */
static fin_entry_draft_t *
draft(uint64_t i, uint64_t all, const char *to, const char *from)
{
    char date[11];
    /* Every second one on the same day, the others over four years. */
    int32_t day = i % 2 ? 700 : (int32_t)(i * 1461 / all);
    kt_date_format(kt_date_from_days(FIRST_DATE + day), date);
    office_line_t lines[] = {{to, "EUR", 100}, {from, "EUR", -100}};
    return office_draft(&office, date, "", lines, 2);
}

static void
post_batch(fin_entry_draft_t **drafts, size_t count)
{
    fin_post_entries_request_t request = FIN_POST_ENTRIES_REQUEST_INIT;
    fin_post_entries_response_t response = FIN_POST_ENTRIES_RESPONSE_INIT;
    request.book = "acme";
    request.entries = drafts;
    request.n_entries = count;
    request.mode = FIN_BATCH_MODE_ALL_OR_NOTHING;
    assert_ok(office_end(&office, fin_post_entries(&office.call, &request, &response)));
}

static void
measure_register(uint64_t lines)
{
    static fin_entry_draft_t *drafts[BATCH_ENTRIES];
    int64_t begun = kt_clock_mono_us();
    for (uint64_t i = 0; i < lines;) {
        size_t count = 0;
        office_begin(&office);
        for (; count < BATCH_ENTRIES && i < lines; i++)
            drafts[count++] = draft(i, lines, "assets:bank", "income:sales");
        post_batch(drafts, count);
    }
    printf("posted %llu entries of two lines in %.1f s, %d a commit\n", (unsigned long long)lines,
           seconds_since(begun), BATCH_ENTRIES);

    char token[600] = "";
    uint64_t seen = 0;
    int64_t slowest_us = 0, pages = 0;
    begun = kt_clock_mono_us();
    do {
        fin_list_register_request_t request = FIN_LIST_REGISTER_REQUEST_INIT;
        fin_list_register_response_t page = FIN_LIST_REGISTER_RESPONSE_INIT;
        request.book = "acme";
        request.account = "assets:bank";
        request.commodity = "EUR";
        request.page_size = PAGE;
        request.page_token = token;
        int64_t page_begun = kt_clock_mono_us();
        office_begin(&office);
        assert_ok(office_end(&office, fin_read_register(&office.call, &request, &page)));
        slowest_us = KT_MAX(slowest_us, kt_clock_mono_us() - page_begun);
        seen += page.n_lines;
        pages++;
        snprintf(token, sizeof token, "%s", page.next_page_token);
    } while (token[0]);
    double took = seconds_since(begun);
    printf("register of %llu lines, half of them on one day: %lld pages of %d in %.2f s, "
           "%.0f us a page, slowest %lld us\n",
           (unsigned long long)seen, (long long)pages, PAGE, took, took * 1e6 / (double)pages,
           (long long)slowest_us);
}

static void
open_accounts(uint64_t accounts)
{
    static fin_account_t drafts[OPEN_AT_ONCE];
    static fin_account_t *pointers[OPEN_AT_ONCE];
    static char paths[OPEN_AT_ONCE][64];
    for (uint64_t i = 0; i < accounts;) {
        size_t count = 0;
        for (; count < OPEN_AT_ONCE && i < accounts; i++, count++) {
            drafts[count] = (fin_account_t)FIN_ACCOUNT_INIT;
            snprintf(paths[count], sizeof paths[count], "assets:clients:%llu",
                     (unsigned long long)i);
            drafts[count].account = paths[count];
            pointers[count] = &drafts[count];
        }
        fin_open_accounts_request_t request = FIN_OPEN_ACCOUNTS_REQUEST_INIT;
        fin_open_accounts_response_t response = FIN_OPEN_ACCOUNTS_RESPONSE_INIT;
        request.book = "acme";
        request.accounts = pointers;
        request.n_accounts = count;
        office_begin(&office);
        assert_ok(office_end(&office,
                             fin_books_handlers.open_accounts(&office.call, &request, &response)));
    }
}

static void
fill_accounts(uint64_t accounts)
{
    static fin_entry_draft_t *drafts[BATCH_ENTRIES];
    for (uint64_t i = 0; i < accounts;) {
        size_t count = 0;
        office_begin(&office);
        for (; count < BATCH_ENTRIES && i < accounts; i++) {
            char path[64];
            snprintf(path, sizeof path, "assets:clients:%llu", (unsigned long long)i);
            drafts[count++] = draft(i, accounts, path, "income:sales");
        }
        post_batch(drafts, count);
    }
}

static void
measure_trial(const char *at)
{
    kt_arena_t *arena = kt_arena_new(65536, 64u << 20);
    fin_trial_balance_request_t request = FIN_TRIAL_BALANCE_REQUEST_INIT;
    request.book = "acme";
    request.at = (char *)at;
    int64_t begun = kt_clock_mono_us(), first_us = 0;
    office_begin(&office);
    office.call.stream_arena = arena;
    assert_ok(fin_read_trial_take(&office.call, &request));
    void *state = office.call.state;
    assert_ok(office_end(&office, kt_ok()));
    uint64_t rows = 0;
    kt_give_t given = KT_GIVE_MESSAGE;
    while (given == KT_GIVE_MESSAGE) {
        fin_trial_balance_page_t page = FIN_TRIAL_BALANCE_PAGE_INIT;
        office_begin(&office);
        office.call.stream_arena = arena;
        office.call.state = state;
        assert_ok(office_end(&office, fin_read_trial_give(&office.call, &page, &given)));
        rows += page.n_rows;
        if (first_us == 0)
            first_us = kt_clock_mono_us() - begun;
    }
    printf("trial balance %s%s: %llu rows in %.2f s, the first page after %.2f s, %zu bytes held\n",
           at[0] ? "at " : "of everything", at, (unsigned long long)rows, seconds_since(begun),
           (double)first_us / 1e6, kt_arena_used(arena));
    kt_arena_destroy(&arena);
}

int
main(int argc, char **argv)
{
    uint64_t lines = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    uint64_t accounts = argc > 2 ? strtoull(argv[2], NULL, 10) : 100000;
    office_open(&office, OFFICE_LMDB);
    measure_register(lines);
    open_accounts(accounts);
    fill_accounts(accounts);
    measure_trial("");
    measure_trial("2026-06-30");
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("resident at most %ld MiB, mapped pages of the store among them\n",
           usage.ru_maxrss >> 10);
    office_close(&office);
    return 0;
}
