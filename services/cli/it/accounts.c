/* kantor it holdings and account */
#include "../verbs.h"
#include "page.h"

#include <kantor/it/v1/accounts.client.kt.h>

static int
holdings(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"kind", "kind", OUT_TEXT},
        {"name", "name", OUT_TEXT},
    };
    it_page_t page = {0};
    it_list_holdings_request_t request = IT_LIST_HOLDINGS_REQUEST_INIT;
    const it_holdings_t *held;
    int code = it_page_open(&page, cli, columns, KT_COUNT(columns));
    request.employee = it_given(cli->operands[0]);
    if (code == 0 && kt_failed(it_accounts_list_holdings(cli->client, &page.options, &request,
                                                         &page.reply, &held)))
        code = it_page_failed(&page, cli->operands[0]);
    if (code != 0)
        return it_page_close(&page, code);
    const char *account = it_enum_text(&it_account_status_descriptor, (int)held->account,
                                       "ACCOUNT_");
    out_row(page.out, (const char *const[]){"account", account[0] ? account : "none"});
    for (size_t i = 0; i < held->n_assets; i++)
        out_row(page.out, (const char *const[]){"asset", held->assets[i]});
    for (size_t i = 0; i < held->n_licences; i++)
        out_row(page.out, (const char *const[]){"seat", held->licences[i]});
    if (held->cleared)
        cli_say(cli, "it was confirmed that %s left with nothing in hand", held->employee);
    return it_page_close(&page, 0);
}

static const char *const holdings_examples[] = {"kantor it holdings emma", NULL};
const cli_verb_t cli_verb_it_holdings = {
    .name = "it holdings",
    .operands = "EMPLOYEE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "What an employee has: account, assets, seats in force.",
    .examples = holdings_examples,
    .run = holdings,
};

static void
put_account(it_page_t *page, const it_account_t *account)
{
    char starts[IT_TIME_BYTES], opened[IT_TIME_BYTES], suspend[IT_TIME_BYTES];
    out_row(page->out,
            (const char *const[]){
                account->employee, account->principal,
                it_enum_text(&it_account_status_descriptor, (int)account->status, "ACCOUNT_"),
                account->openable ? "yes" : "no", it_time_text(account->starts_us, starts),
                it_time_text(account->opened_us, opened),
                it_time_text(account->suspend_at_us, suspend)});
}

static int
one_account(it_page_t *page, const char *employee)
{
    it_get_account_request_t request = IT_GET_ACCOUNT_REQUEST_INIT;
    const it_account_t *account;
    request.employee = it_given(employee);
    if (kt_failed(it_accounts_get_account(page->cli->client, &page->options, &request, &page->reply,
                                          &account)))
        return it_page_failed(page, employee);
    put_account(page, account);
    return 0;
}

static int
all_accounts(it_page_t *page)
{
    do {
        it_list_accounts_request_t request = IT_LIST_ACCOUNTS_REQUEST_INIT;
        const it_list_accounts_response_t *response;
        request.page_size = IT_PAGE_SIZE;
        request.page_token = page->token;
        if (kt_failed(it_accounts_list_accounts(page->cli->client, &page->options, &request,
                                                &page->reply, &response)))
            return it_page_failed(page, "accounts");
        for (size_t i = 0; i < response->n_accounts; i++)
            put_account(page, response->accounts[i]);
        it_page_next(page, response->next_page_token);
    } while (page->token[0]);
    return 0;
}

static int
account(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"employee", "employee", OUT_TEXT},
        {"principal", "principal", OUT_TEXT},
        {"status", "status", OUT_TEXT},
        {"openable", "openable", OUT_YES},
        {"starts", "starts", OUT_TEXT},
        {"opened", "opened", OUT_TEXT},
        {"suspended", "suspended from", OUT_TEXT},
    };
    it_page_t page = {0};
    int code = it_page_open(&page, cli, columns, KT_COUNT(columns));
    if (code == 0)
        code = cli->operands_count > 0 ? one_account(&page, cli->operands[0]) : all_accounts(&page);
    return it_page_close(&page, code);
}

static const char *const account_examples[] = {"kantor it account", "kantor it account emma", NULL};
const cli_verb_t cli_verb_it_account = {
    .name = "it account",
    .operands = "[EMPLOYEE]",
    .operands_max = 1,
    .summary = "The account of an employee as it is now, or of all.",
    .examples = account_examples,
    .run = account,
};
