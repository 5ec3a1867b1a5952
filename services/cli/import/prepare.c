/* Before the first entry: the book, its commodities and accounts. */
#include "../reports/report.h"
#include "job.h"

#include <stdlib.h>

#define PAGE_SIZE      1000
#define ACCOUNTS_BATCH 500 /* of one OpenAccounts */

/* Makes the book when it is not there. */
static int
open_book(imp_job_t *job)
{
    cli_t *cli = job->cli;
    KT_CLEANUP(kt_reply_fini) kt_reply_t reply = {0};
    kt_call_options_t options = cli_call_options(cli, NULL);
    kt_status_t status = kt_reply_init(&reply);
    if (kt_failed(status))
        return cli_report_status(cli, "import", status);
    fin_get_book_request_t get = FIN_GET_BOOK_REQUEST_INIT;
    const fin_book_t *book;
    get.book = (char *)(uintptr_t)job->book;
    status = fin_books_get_book(cli->client, &options, &get, &reply, &book);
    if (!kt_failed(status))
        return 0;
    if (status.code != KT_NOT_FOUND)
        return cli_report(cli, job->book, &reply);
    fin_create_book_request_t create = FIN_CREATE_BOOK_REQUEST_INIT;
    fin_book_t made = FIN_BOOK_INIT;
    made.book = get.book;
    made.kind = FIN_BOOK_KIND_COMPANY;
    create.book = &made;
    status = fin_books_create_book(cli->client, &options, &create, &reply, &book);
    if (kt_failed(status) && status.code != KT_ALREADY_EXISTS)
        return cli_report(cli, job->book, &reply);
    cli_say(cli, "%s: a new book, of kind COMPANY", job->book);
    return 0;
}

/* Takes the scale of every commodity of the plan that the book already has. */
static int
read_commodities(imp_job_t *job)
{
    imp_plan_t *plan = &job->plan;
    fin_scales_t scales = {0};
    fin_report_t report = {.cli = job->cli,
                           .book = (char *)(uintptr_t)job->book,
                           .options = cli_call_options(job->cli, NULL)};
    kt_status_t status = kt_reply_init(&report.reply);
    if (kt_failed(status))
        return cli_report_status(job->cli, "import", status);
    int code = fin_scales_load(&report, &scales);
    for (uint32_t i = 0; code == 0 && i < cli_names_count(plan->commodities); i++)
        plan->by_number[i].scale = fin_scale_of(&scales, cli_names_get(plan->commodities, i));
    fin_scales_fini(&scales);
    kt_reply_fini(&report.reply);
    return code;
}

/* The scale that --scale SYMBOL=N asks for, or -1. */
static int
asked_scale(const imp_job_t *job, const char *symbol)
{
    unsigned cursor = 0;
    size_t size = strlen(symbol);
    int scale = -1;
    for (const char *given; (given = cli_each(job->cli, "scale", &cursor));)
        if (strncmp(given, symbol, size) == 0 && given[size] == '=')
            scale = atoi(given + size + 1);
    return scale;
}

/* Declares one commodity, or a larger scale for one that is there. */
static int
declare(imp_job_t *job, uint32_t number, const char *symbol)
{
    cli_t *cli = job->cli;
    imp_commodity_t *c = &job->plan.by_number[number];
    bool there = c->scale >= 0;
    int asked = asked_scale(job, symbol);
    int scale = asked >= 0 ? asked : imp_plan_scale(c, there ? 0 : IMP_SCALE_LEAST);
    if (there && (asked >= 0 ? asked == c->scale : c->needed <= c->scale))
        return 0;
    KT_CLEANUP(kt_reply_fini) kt_reply_t reply = {0};
    kt_call_options_t options = cli_call_options(cli, NULL);
    fin_declare_commodity_request_t request = FIN_DECLARE_COMMODITY_REQUEST_INIT;
    fin_commodity_t declared = FIN_COMMODITY_INIT;
    const fin_commodity_t *response;
    request.book = (char *)(uintptr_t)job->book;
    request.commodity = &declared;
    declared.commodity = (char *)(uintptr_t)symbol;
    declared.scale = scale;
    kt_status_t status = kt_reply_init(&reply);
    if (kt_failed(status))
        return cli_report_status(cli, "import", status);
    status = fin_books_declare_commodity(cli->client, &options, &request, &reply, &response);
    bool fixed = status.code == KT_FAILED_PRECONDITION || status.code == KT_ALREADY_EXISTS;
    if (kt_failed(status) && there && fixed) {
        cli_say(cli,
                "%s: the book keeps %d decimal places of it and has entries; what needs more is "
                "refused",
                symbol, c->scale);
        return 0;
    }
    if (kt_failed(status))
        return cli_report(cli, symbol, &reply);
    c->scale = scale;
    return 0;
}

/* Takes the accounts that are in the book out of MISSING, one flag for each account of the plan. */
static int
read_accounts(imp_job_t *job, bool *missing)
{
    cli_t *cli = job->cli;
    KT_CLEANUP(kt_reply_fini) kt_reply_t reply = {0};
    kt_call_options_t options = cli_call_options(cli, NULL);
    char token[FIN_TOKEN_BYTES] = "";
    kt_status_t status = kt_reply_init(&reply);
    if (kt_failed(status))
        return cli_report_status(cli, "import", status);
    do {
        fin_list_accounts_request_t list = FIN_LIST_ACCOUNTS_REQUEST_INIT;
        const fin_list_accounts_response_t *page;
        list.book = (char *)(uintptr_t)job->book;
        list.page_size = PAGE_SIZE;
        list.page_token = token;
        status = fin_books_list_accounts(cli->client, &options, &list, &reply, &page);
        if (kt_failed(status))
            return cli_report(cli, "accounts", &reply);
        for (size_t i = 0; i < page->n_accounts; i++) {
            uint32_t number = cli_names_find(job->plan.accounts,
                                             kt_span_str(page->accounts[i]->account));
            if (number != CLI_NAMES_NONE)
                missing[number] = false;
        }
        snprintf(token, sizeof token, "%s", page->next_page_token);
    } while (token[0]);
    return 0;
}

/* Opens COUNT accounts at once; when one of them is refused, or all are too much for one call, each
 * by itself, so that the others are there. */
static int
open_batch(imp_job_t *job, fin_account_t **accounts, size_t count)
{
    cli_t *cli = job->cli;
    KT_CLEANUP(kt_reply_fini) kt_reply_t reply = {0};
    kt_call_options_t options = cli_call_options(cli, NULL);
    fin_open_accounts_request_t request = FIN_OPEN_ACCOUNTS_REQUEST_INIT;
    const fin_open_accounts_response_t *response;
    request.book = (char *)(uintptr_t)job->book;
    request.accounts = accounts;
    request.n_accounts = count;
    kt_status_t status = kt_reply_init(&reply);
    if (kt_failed(status))
        return cli_report_status(cli, "import", status);
    status = fin_books_open_accounts(cli->client, &options, &request, &reply, &response);
    bool too_much = status.code == KT_RESOURCE_EXHAUSTED && count > 1;
    bool one_is_wrong = too_much || status.code == KT_INVALID_ARGUMENT ||
                        status.code == KT_ALREADY_EXISTS || status.code == KT_FAILED_PRECONDITION;
    if (!one_is_wrong)
        return kt_failed(status) ? cli_report(cli, "accounts", &reply) : 0;
    if (count == 1) {
        cli_progress_hide(&job->progress);
        kt_ignore(status);
        (void)cli_report(cli, accounts[0]->account, &reply); /* its entries will be refused */
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        int code = open_batch(job, &accounts[i], 1);
        if (code != 0)
            return code;
    }
    return 0;
}

static int
open_missing(imp_job_t *job, const bool *missing)
{
    fin_account_t accounts[ACCOUNTS_BATCH], *batch[ACCOUNTS_BATCH];
    uint32_t all = cli_names_count(job->plan.accounts);
    size_t count = 0;
    cli_progress_begin(&job->progress, job->cli->err, job->progress.mode, "opening", "accounts");
    for (uint32_t i = 0; i < all; i++) {
        if (missing[i]) {
            accounts[count] = (fin_account_t)FIN_ACCOUNT_INIT;
            accounts[count].account = (char *)(uintptr_t)cli_names_get(job->plan.accounts, i);
            accounts[count].type = (fin_account_type_t)imp_account_type(accounts[count].account);
            batch[count] = &accounts[count];
            count++;
        }
        if (count == 0 || (count < ACCOUNTS_BATCH && i + 1 < all))
            continue;
        int code = open_batch(job, batch, count);
        if (code != 0)
            return code;
        count = 0;
        cli_progress_step(&job->progress, i + 1, all, kt_clock_mono_us());
    }
    cli_progress_hide(&job->progress);
    return 0;
}

int
imp_prepare(imp_job_t *job)
{
    int code = open_book(job);
    if (code == 0)
        code = read_commodities(job);
    for (uint32_t i = 0; code == 0 && i < cli_names_count(job->plan.commodities); i++)
        code = declare(job, i, cli_names_get(job->plan.commodities, i));
    if (code != 0)
        return code;
    uint32_t count = cli_names_count(job->plan.accounts);
    bool *missing = malloc(count > 0 ? count : 1);
    if (!missing)
        return cli_fail(job->cli, CLI_EXIT_BUG, "out of memory");
    memset(missing, true, count);
    code = read_accounts(job, missing);
    if (code == 0)
        code = open_missing(job, missing);
    free(missing);
    return code;
}
