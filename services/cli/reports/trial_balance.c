/* kantor finance trial-balance */
#include "../verbs.h"
#include "report.h"

#include <kt/checked.h>
#include <stdlib.h>

/* The sum of one commodity's balances, each side by itself. */
typedef struct total {
    int scale;
    int64_t debit, credit;
    bool overflow;
} total_t;

typedef struct balance_report {
    fin_report_t base;
    bool trading; /* the ledger's own accounts as well */
    bool tree;
    cli_names_t *commodities;
    total_t *totals;
    char last[256]; /* the account of the row before, for the tree */
} balance_report_t;

enum { ACCOUNT, COMMODITY, DEBIT, CREDIT, AMOUNT, COLUMNS };

static const out_column_t columns[COLUMNS] = {
    [ACCOUNT] = {"account", "account", OUT_TEXT},
    [COMMODITY] = {"commodity", "commodity", OUT_TEXT},
    [DEBIT] = {NULL, "debit", OUT_AMOUNT},
    [CREDIT] = {NULL, "credit", OUT_AMOUNT},
    [AMOUNT] = {"amount", NULL, OUT_AMOUNT},
};

/* Adds a balance to its commodity's total; false when memory is out. */
static bool
add_total(balance_report_t *r, const fin_trial_balance_row_t *row)
{
    uint32_t before = cli_names_count(r->commodities);
    uint32_t number = cli_names_add(r->commodities, row->commodity);
    if (number == CLI_NAMES_NONE)
        return false;
    if (number == before) {
        total_t *grown = realloc(r->totals, (number + 1) * sizeof *grown);
        if (!grown)
            return false;
        r->totals = grown;
        r->totals[number] = (total_t){.scale = row->scale};
    }
    total_t *total = &r->totals[number];
    int64_t *side = row->balance_minor > 0 ? &total->debit : &total->credit;
    bool right = row->balance_minor > 0 ? kt_add_i64(*side, row->balance_minor, side)
                                        : kt_sub_i64(*side, row->balance_minor, side);
    total->overflow = total->overflow || !right;
    return true;
}

/* The bytes that A and B share in whole names, the colon after them included. */
static size_t
shared(const char *a, const char *b)
{
    size_t same = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == ':')
            same = i + 1;
    size_t size = strlen(a);
    return strncmp(a, b, size) == 0 && b[size] == ':' ? size + 1 : same;
}

/* The account's last name, indented by its depth, after rows for the names above that were not yet
 * there. */
static const char *
branch(balance_report_t *r, const char *account, char out[320])
{
    size_t from = r->last[0] ? shared(r->last, account) : 0;
    int depth = 0;
    for (size_t i = 0; i < from; i++)
        depth += account[i] == ':';
    for (const char *colon; (colon = strchr(account + from, ':')); depth++) {
        size_t to = (size_t)(colon - account);
        snprintf(out, 320, "%*s%.*s", 2 * depth, "", (int)(to - from), account + from);
        out_row(r->base.out, (const char *const[COLUMNS]){[ACCOUNT] = out});
        from = to + 1;
    }
    bool again = strcmp(r->last, account) == 0;
    snprintf(out, 320, "%*s%s", 2 * depth, "", again ? "" : account + from);
    snprintf(r->last, sizeof r->last, "%s", account);
    return out;
}

static bool
put_row(balance_report_t *r, const fin_trial_balance_row_t *row)
{
    char amount[CLI_AMOUNT_CHARS], side[CLI_AMOUNT_CHARS], name[320];
    const char *cells[COLUMNS] = {NULL};
    if (row->balance_minor == 0 || (row->type == FIN_ACCOUNT_TYPE_TRADING && !r->trading))
        return true;
    cli_amount_format(row->balance_minor, row->scale, amount);
    snprintf(side, sizeof side, "%s", amount + (row->balance_minor < 0));
    cells[ACCOUNT] = r->tree ? branch(r, row->account, name) : row->account;
    cells[COMMODITY] = fin_commodity_text(r->base.cli, row->commodity);
    cells[row->balance_minor > 0 ? DEBIT : CREDIT] = side;
    cells[AMOUNT] = amount;
    out_row(r->base.out, cells);
    return add_total(r, row);
}

static void
put_totals(balance_report_t *r)
{
    uint32_t count = cli_names_count(r->commodities);
    if (count == 0 || r->base.cli->format != CLI_TABLE)
        return;
    out_rule(r->base.out);
    for (uint32_t i = 0; i < count; i++) {
        const total_t *total = &r->totals[i];
        char debit[CLI_AMOUNT_CHARS], credit[CLI_AMOUNT_CHARS];
        cli_amount_format(total->debit, total->scale, debit);
        cli_amount_format(total->credit, total->scale, credit);
        out_row(r->base.out, (const char *const[COLUMNS]){
                                 [ACCOUNT] = i == 0 ? "total" : "",
                                 [COMMODITY] = cli_names_get(r->commodities, i),
                                 [DEBIT] = total->overflow ? "beyond 64 bits" : debit,
                                 [CREDIT] = total->overflow ? "beyond 64 bits" : credit,
                             });
    }
}

/* Reads the stream. 0, or an exit code after saying why it failed. */
static int
stream(balance_report_t *r)
{
    fin_report_t *base = &r->base;
    fin_trial_balance_request_t request = FIN_TRIAL_BALANCE_REQUEST_INIT;
    kt_stream_t *pages = NULL;
    request.book = base->book;
    request.at = (char *)(uintptr_t)base->at;
    request.with_trading = r->trading;
    kt_status_t status = kt_client_open(base->cli->client,
                                        &fin_ledger_service.methods[FIN_LEDGER_TRIAL_BALANCE],
                                        &base->options, &request.base, &pages);
    if (kt_failed(status))
        return cli_report_status(base->cli, base->book, status);
    bool room = true;
    while (room && !kt_failed(status = kt_stream_receive(pages, &base->reply))) {
        const fin_trial_balance_page_t *page = (const fin_trial_balance_page_t *)
                                                   base->reply.message;
        for (size_t i = 0; room && i < page->n_rows; i++)
            room = put_row(r, page->rows[i]);
    }
    int code = 0;
    if (!room)
        code = cli_fail(base->cli, CLI_EXIT_BUG, "out of memory");
    else if (status.code != KT_OUT_OF_RANGE)
        code = cli_report_status(base->cli, base->book, status);
    else if (kt_failed(base->reply.status))
        code = fin_report_failed(base);
    kt_stream_close(&pages);
    return code;
}

static int
trial_balance(cli_t *cli)
{
    balance_report_t r = {.commodities = cli_names_new()};
    if (!r.commodities)
        return cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    /* A table shows that it balances, which takes the trading accounts. */
    r.trading = cli->format == CLI_TABLE || cli_flag(cli, "with-trading");
    r.tree = cli->format == CLI_TABLE && cli_flag(cli, "tree");
    int code = fin_report_open(&r.base, cli, true, columns, COLUMNS);
    if (code == 0)
        code = stream(&r);
    if (code == 0)
        put_totals(&r);
    code = fin_report_close(&r.base, code);
    cli_names_destroy(&r.commodities);
    free(r.totals);
    return code;
}

static const cli_option_t options[] = {
    {"book", 'b', "BOOK", "the book"},
    {"at", 0, "DATE", "as of the end of this date, 2026-11-23; else everything posted"},
    {"tree", 0, NULL, "accounts as a tree (tables)"},
    {"with-trading", 0, NULL, "with the ledger's own trading accounts (CSV and JSON)"},
};
static const char *const examples[] = {
    "kantor finance trial-balance --book acme --at 2026-10-31",
    "kantor finance trial-balance --book acme --output csv > balances.csv",
    NULL,
};
const cli_verb_t cli_verb_finance_trial_balance = {
    .name = "finance trial-balance",
    .operands = "",
    .summary = "The balance of every account, own postings only.",
    .about = "Accounts that stand at zero are left out. A table has a debit and a credit side and "
             "totals per\n"
             "commodity; these balance, since it shows the ledger's trading accounts "
             "(equity:trading), which\n"
             "hold what entries over two commodities exchanged. CSV has the columns "
             "account,commodity,amount,\n"
             "debit positive, without trading accounts; JSON is the same.",
    .options = options,
    .options_count = KT_COUNT(options),
    .examples = examples,
    .run = trial_balance,
};
