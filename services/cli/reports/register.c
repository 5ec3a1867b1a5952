/* kantor finance register, balance and entries */
#include "../verbs.h"
#include "report.h"

#include <stdlib.h>

#define PAGE_SIZE         1000
#define ENTRIES_PAGE_SIZE 500

/* Finds the account's only commodity; 0, or an exit code after saying that there are none or
 * several. */
static int
only_commodity(fin_report_t *r, const char *account, char commodity[64])
{
    fin_get_balance_request_t request = FIN_GET_BALANCE_REQUEST_INIT;
    const fin_get_balance_response_t *response;
    request.book = r->book;
    request.account = (char *)(uintptr_t)account;
    if (kt_failed(
            fin_ledger_get_balance(r->cli->client, &r->options, &request, &r->reply, &response)))
        return fin_report_failed(r);
    commodity[0] = 0;
    if (response->n_balances > 1) {
        fprintf(r->cli->err,
                "kantor %s: %s holds several commodities; choose one with --commodity:",
                r->cli->verb->name, account);
        for (size_t i = 0; i < response->n_balances; i++)
            fprintf(r->cli->err, " '%s'", response->balances[i]->commodity);
        fputc('\n', r->cli->err);
        return CLI_EXIT_USAGE;
    }
    if (response->n_balances == 1)
        snprintf(commodity, 64, "%s", response->balances[0]->commodity);
    return 0;
}

/* Writes one page; LEFT is how many lines may still be written. */
static void
put_lines(fin_report_t *r, const fin_list_register_response_t *page, uint64_t *left)
{
    for (size_t i = 0; i<page->n_lines && * left> 0; i++, --*left) {
        const fin_register_line_t *line = page->lines[i];
        char amount[CLI_AMOUNT_CHARS], balance[CLI_AMOUNT_CHARS];
        cli_amount_format(line->amount_minor, page->scale, amount);
        cli_amount_format(line->balance_minor, page->scale, balance);
        out_row(r->out, (const char *const[]){line->date, line->entry, line->description,
                                              line->memo, amount, balance});
    }
}

static int
read_register(fin_report_t *r, const char *account, const char *from, uint64_t limit)
{
    char only[64];
    const char *commodity = cli_text(r->cli, "commodity");
    if (!commodity) {
        int code = only_commodity(r, account, only);
        if (code != 0 || !only[0])
            return code; /* nothing was posted: an empty register */
        commodity = only;
    }
    do {
        fin_list_register_request_t request = FIN_LIST_REGISTER_REQUEST_INIT;
        const fin_list_register_response_t *page;
        request.book = r->book;
        request.account = (char *)(uintptr_t)account;
        request.commodity = (char *)(uintptr_t)commodity;
        request.from = (char *)(uintptr_t)from;
        request.at = (char *)(uintptr_t)r->at;
        request.page_size = PAGE_SIZE;
        request.page_token = r->token;
        if (kt_failed(
                fin_ledger_list_register(r->cli->client, &r->options, &request, &r->reply, &page)))
            return fin_report_failed(r);
        put_lines(r, page, &limit);
        fin_report_next(r, page->next_page_token);
    } while (r->token[0] && limit > 0);
    return 0;
}

static int
account_register(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"date", "date", OUT_TEXT},
        {"entry", "entry", OUT_TEXT},
        {"description", "description", OUT_TEXT},
        {"memo", "memo", OUT_TEXT},
        {"amount", "amount", OUT_AMOUNT},
        {"balance", "balance", OUT_AMOUNT},
    };
    fin_report_t r = {0};
    const char *account = cli_required(cli, "account"), *from;
    uint64_t limit;
    if (!account || !cli_date(cli, "from", &from) ||
        !cli_number(cli, "limit", 1, UINT64_MAX, UINT64_MAX, &limit))
        return CLI_EXIT_USAGE;
    int code = fin_report_open(&r, cli, true, columns, KT_COUNT(columns));
    if (code == 0)
        code = read_register(&r, account, from, limit);
    return fin_report_close(&r, code);
}

static const cli_option_t register_options[] = {
    {"book", 'b', "BOOK", "the book"},
    {"account", 'a', "ACCOUNT", "the account"},
    {"commodity", 'c', "COMMODITY", "needed where the account holds several"},
    {"from", 0, "DATE", "the first date"},
    {"at", 0, "DATE", "the last date"},
    {"limit", 'n', "N", "only the newest N lines"},
};
static const char *const register_examples[] = {
    "kantor finance register --book acme --account assets:bank -n 20",
    "kantor finance register -b acme -a assets:bank -c EUR --from 2026-10-01 --at 2026-10-31",
    NULL};
const cli_verb_t cli_verb_finance_register = {
    .name = "finance register",
    .operands = "",
    .summary = "The lines of one account with its running balance, newest first.",
    .options = register_options,
    .options_count = KT_COUNT(register_options),
    .examples = register_examples,
    .run = account_register,
};

static int
balance(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"commodity", "commodity", OUT_TEXT},     {"debit", "debit", OUT_AMOUNT},
        {"credit", "credit", OUT_AMOUNT},         {"balance", "balance", OUT_AMOUNT},
        {"held_debit", "held debit", OUT_AMOUNT}, {"held_credit", "held credit", OUT_AMOUNT},
    };
    fin_report_t r = {0};
    fin_get_balance_request_t request = FIN_GET_BALANCE_REQUEST_INIT;
    const fin_get_balance_response_t *response;
    const char *account = cli_required(cli, "account");
    int code = account ? fin_report_open(&r, cli, true, columns, KT_COUNT(columns))
                       : CLI_EXIT_USAGE;
    if (code != 0)
        return fin_report_close(&r, code);
    request.book = r.book;
    request.account = (char *)(uintptr_t)account;
    request.at = (char *)(uintptr_t)r.at;
    request.with_children = cli_flag(cli, "children");
    if (kt_failed(fin_ledger_get_balance(cli->client, &r.options, &request, &r.reply, &response)))
        return fin_report_close(&r, fin_report_failed(&r));
    for (size_t i = 0; i < response->n_balances; i++) {
        const fin_balance_t *b = response->balances[i];
        const int64_t amounts[] = {b->debit_minor, b->credit_minor, b->balance_minor,
                                   b->held_debit_minor, b->held_credit_minor};
        char text[KT_COUNT(amounts)][CLI_AMOUNT_CHARS];
        for (size_t a = 0; a < KT_COUNT(amounts); a++)
            cli_amount_format(amounts[a], b->scale, text[a]);
        out_row(r.out, (const char *const[]){fin_commodity_text(cli, b->commodity), text[0],
                                             text[1], text[2], text[3], text[4]});
    }
    return fin_report_close(&r, 0);
}

static const cli_option_t balance_options[] = {
    {"book", 'b', "BOOK", "the book"},
    {"account", 'a', "ACCOUNT", "the account"},
    {"at", 0, "DATE", "as of the end of this date; else everything posted"},
    {"children", 0, NULL, "with the accounts below it"},
};
static const char *const balance_examples[] = {
    "kantor finance balance --book acme --account assets --children", NULL};
const cli_verb_t cli_verb_finance_balance = {
    .name = "finance balance",
    .operands = "",
    .summary = "The balance of one account, and what is held on it.",
    .options = balance_options,
    .options_count = KT_COUNT(balance_options),
    .examples = balance_examples,
    .run = balance,
};

/* One row for each line of an entry. */
static void
put_entry(fin_report_t *r, const fin_scales_t *scales, const fin_entry_t *entry)
{
    for (size_t i = 0; i < entry->n_lines; i++) {
        const fin_line_t *line = entry->lines[i];
        char amount[CLI_AMOUNT_CHARS];
        bool first = i == 0 || r->cli->format != CLI_TABLE;
        cli_amount_format(line->amount_minor, fin_scale_of(scales, line->commodity), amount);
        out_row(r->out, (const char *const[]){first ? entry->entry : "", first ? entry->date : "",
                                              first ? entry->description : "", line->account,
                                              amount, fin_commodity_text(r->cli, line->commodity),
                                              line->memo, entry->source_ref, entry->posted_by});
    }
}

static int
read_entries(fin_report_t *r, const fin_scales_t *scales, uint64_t year, uint64_t limit)
{
    r->token[0] = 0;
    do {
        fin_list_entries_request_t request = FIN_LIST_ENTRIES_REQUEST_INIT;
        const fin_list_entries_response_t *page;
        request.book = r->book;
        request.year = (int32_t)year;
        request.page_size = (int32_t)KT_MIN(limit, ENTRIES_PAGE_SIZE);
        request.page_token = r->token;
        if (kt_failed(
                fin_ledger_list_entries(r->cli->client, &r->options, &request, &r->reply, &page)))
            return fin_report_failed(r);
        for (size_t i = 0; i < page->n_entries && limit > 0; i++, limit--)
            put_entry(r, scales, page->entries[i]);
        fin_report_next(r, page->next_page_token);
    } while (r->token[0] && limit > 0);
    return 0;
}

static int
entries(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"entry", "entry", OUT_TEXT},
        {"date", "date", OUT_TEXT},
        {"description", "description", OUT_TEXT},
        {"account", "account", OUT_TEXT},
        {"amount", "amount", OUT_AMOUNT},
        {"commodity", "commodity", OUT_TEXT},
        {"memo", "memo", OUT_TEXT},
        {"source_ref", NULL, OUT_TEXT},
        {"posted_by", NULL, OUT_TEXT},
    };
    fin_report_t r = {0};
    fin_scales_t scales = {0};
    uint64_t year, limit;
    if (!cli_number(cli, "year", 1, 9999, 0, &year) ||
        !cli_number(cli, "limit", 1, UINT64_MAX, UINT64_MAX, &limit))
        return CLI_EXIT_USAGE;
    int code = fin_report_open(&r, cli, true, columns, KT_COUNT(columns));
    if (code == 0)
        code = fin_scales_load(&r, &scales);
    if (code == 0)
        code = read_entries(&r, &scales, year, limit);
    fin_scales_fini(&scales);
    return fin_report_close(&r, code);
}

static const cli_option_t entries_options[] = {
    {"book", 'b', "BOOK", "the book"},
    {"year", 0, "YEAR", "fiscal year; else the newest there is"},
    {"limit", 'n', "N", "only the newest N entries"},
};
static const char *const entries_examples[] = {"kantor finance entries --book acme -n 10", NULL};
const cli_verb_t cli_verb_finance_entries = {
    .name = "finance entries",
    .operands = "",
    .summary = "The journal of one fiscal year, newest entry first.",
    .options = entries_options,
    .options_count = KT_COUNT(entries_options),
    .examples = entries_examples,
    .run = entries,
};
