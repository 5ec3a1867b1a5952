/* kantor finance books, accounts and periods */
#include "../verbs.h"
#include "report.h"

#define PAGE_SIZE 1000

static const cli_option_t book_options[] = {{"book", 'b', "BOOK", "the book"}};

static int
books(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"book", "book", OUT_TEXT},
        {"kind", "kind", OUT_TEXT},
        {"organization", "organization", OUT_TEXT},
        {"title", "title", OUT_TEXT},
    };
    fin_report_t r = {0};
    int code = fin_report_open(&r, cli, false, columns, KT_COUNT(columns));
    do {
        fin_list_books_request_t request = FIN_LIST_BOOKS_REQUEST_INIT;
        const fin_list_books_response_t *page;
        request.page_size = PAGE_SIZE;
        request.page_token = r.token;
        if (code == 0 &&
            kt_failed(fin_books_list_books(cli->client, &r.options, &request, &r.reply, &page)))
            code = fin_report_failed(&r);
        if (code != 0)
            break;
        for (size_t i = 0; i < page->n_books; i++) {
            const fin_book_t *book = page->books[i];
            out_row(r.out,
                    (const char *const[]){book->book,
                                          fin_enum_text(&fin_book_kind_descriptor, (int)book->kind),
                                          book->organization, book->title});
        }
        fin_report_next(&r, page->next_page_token);
    } while (r.token[0]);
    return fin_report_close(&r, code);
}

static const char *const books_examples[] = {"kantor finance books", NULL};
const cli_verb_t cli_verb_finance_books = {
    .name = "finance books",
    .operands = "",
    .summary = "The books there are.",
    .examples = books_examples,
    .run = books,
};

static int
accounts(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"account", "account", OUT_TEXT}, {"type", "type", OUT_TEXT},
        {"title", "title", OUT_TEXT},     {"closed", "closed", OUT_YES},
        {"number", NULL, OUT_NUMBER},
    };
    fin_report_t r = {0};
    int code = fin_report_open(&r, cli, true, columns, KT_COUNT(columns));
    const char *under = cli_text(cli, "account");
    do {
        fin_list_accounts_request_t request = FIN_LIST_ACCOUNTS_REQUEST_INIT;
        const fin_list_accounts_response_t *page;
        request.book = r.book;
        request.under = (char *)(uintptr_t)(under ? under : "");
        request.page_size = PAGE_SIZE;
        request.page_token = r.token;
        if (code == 0 &&
            kt_failed(fin_books_list_accounts(cli->client, &r.options, &request, &r.reply, &page)))
            code = fin_report_failed(&r);
        if (code != 0)
            break;
        for (size_t i = 0; i < page->n_accounts; i++) {
            const fin_account_t *account = page->accounts[i];
            char number[16];
            snprintf(number, sizeof number, "%u", (unsigned)account->number);
            out_row(r.out, (const char *const[]){
                               account->account,
                               fin_enum_text(&fin_account_type_descriptor, (int)account->type),
                               account->title, account->closed ? "yes" : "no", number});
        }
        fin_report_next(&r, page->next_page_token);
    } while (r.token[0]);
    return fin_report_close(&r, code);
}

static const cli_option_t accounts_options[] = {
    {"book", 'b', "BOOK", "the book"},
    {"account", 'a', "ACCOUNT", "only this account and those below it"},
};
static const char *const accounts_examples[] = {
    "kantor finance accounts --book acme", "kantor finance accounts --book acme -a assets", NULL};
const cli_verb_t cli_verb_finance_accounts = {
    .name = "finance accounts",
    .operands = "",
    .summary = "The chart of accounts of a book.",
    .options = accounts_options,
    .options_count = KT_COUNT(accounts_options),
    .examples = accounts_examples,
    .run = accounts,
};

static int
periods(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"period", "period", OUT_TEXT},
        {"state", "state", OUT_TEXT},
        {"changed_by", "changed by", OUT_TEXT},
        {"reason", "reason", OUT_TEXT},
    };
    fin_report_t r = {0};
    int code = fin_report_open(&r, cli, true, columns, KT_COUNT(columns));
    do {
        fin_list_periods_request_t request = FIN_LIST_PERIODS_REQUEST_INIT;
        const fin_list_periods_response_t *page;
        request.book = r.book;
        request.page_size = PAGE_SIZE;
        request.page_token = r.token;
        if (code == 0 &&
            kt_failed(fin_books_list_periods(cli->client, &r.options, &request, &r.reply, &page)))
            code = fin_report_failed(&r);
        if (code != 0)
            break;
        for (size_t i = 0; i < page->n_periods; i++) {
            const fin_period_t *period = page->periods[i];
            out_row(r.out, (const char *const[]){
                               period->period,
                               fin_enum_text(&fin_period_state_descriptor, (int)period->state),
                               period->changed_by, period->reason});
        }
        fin_report_next(&r, page->next_page_token);
    } while (r.token[0]);
    return fin_report_close(&r, code);
}

static const char *const periods_examples[] = {"kantor finance periods --book acme", NULL};
const cli_verb_t cli_verb_finance_periods = {
    .name = "finance periods",
    .operands = "",
    .summary = "The periods of a book that were opened or closed.",
    .options = book_options,
    .options_count = KT_COUNT(book_options),
    .examples = periods_examples,
    .run = periods,
};
