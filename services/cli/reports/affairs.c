/* kantor finance budgets, payables and employees */
#include "../verbs.h"
#include "report.h"

#include <kantor/finance/v1/budgets.client.kt.h>
#include <kantor/finance/v1/employees.client.kt.h>
#include <kantor/finance/v1/payables.client.kt.h>

#define PAGE_SIZE 1000

static const cli_option_t centre_options[] = {
    {"book", 'b', "BOOK", "the book"},
    {"cost-centre", 'c', "NAME", "only this cost centre"},
};

static char *
cost_centre(const cli_t *cli)
{
    const char *text = cli_text(cli, "cost-centre");
    return (char *)(uintptr_t)(text ? text : "");
}

/* An enum's value without what all of its values begin with: "RESERVATION_OPEN" is "OPEN". */
static const char *
short_enum(const ProtobufCEnumDescriptor *descriptor, int value)
{
    const char *text = fin_enum_text(descriptor, value);
    const char *line = strchr(text, '_');
    return line ? line + 1 : text;
}

/* ---- budgets ---- */

static void
put_budget(const fin_report_t *r, const fin_scales_t *scales, const fin_budget_t *budget)
{
    const int64_t amounts[] = {budget->amount_minor, budget->reserved_minor,
                               budget->committed_minor, budget->spent_minor, budget->free_minor};
    char texts[KT_COUNT(amounts)][CLI_AMOUNT_CHARS];
    int scale = fin_scale_of(scales, budget->commodity);
    for (size_t i = 0; i < KT_COUNT(amounts); i++)
        cli_amount_format(amounts[i], scale, texts[i]);
    out_row(r->out, (const char *const[]){budget->cost_centre,
                                          fin_commodity_text(r->cli, budget->commodity),
                                          budget->period_from, budget->period_to, texts[0],
                                          texts[1], texts[2], texts[3], texts[4]});
}

static int
budgets(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"cost_centre", "cost centre", OUT_TEXT},
        {"commodity", "commodity", OUT_TEXT},
        {"period_from", "from", OUT_TEXT},
        {"period_to", "to", OUT_TEXT},
        {"amount", "budget", OUT_AMOUNT},
        {"reserved", "reserved", OUT_AMOUNT},
        {"committed", "committed", OUT_AMOUNT},
        {"spent", "spent", OUT_AMOUNT},
        {"free", "free", OUT_AMOUNT},
    };
    fin_report_t r = {0};
    fin_scales_t scales = {0};
    int code = fin_report_open(&r, cli, true, columns, KT_COUNT(columns));
    if (code == 0)
        code = fin_scales_load(&r, &scales);
    do {
        fin_list_budgets_request_t request = FIN_LIST_BUDGETS_REQUEST_INIT;
        const fin_list_budgets_response_t *page;
        request.book = r.book;
        request.cost_centre = cost_centre(cli);
        request.page_size = PAGE_SIZE;
        request.page_token = r.token;
        if (code == 0 &&
            kt_failed(fin_budgets_list_budgets(cli->client, &r.options, &request, &r.reply, &page)))
            code = fin_report_failed(&r);
        if (code != 0)
            break;
        for (size_t i = 0; i < page->n_budgets; i++)
            put_budget(&r, &scales, page->budgets[i]);
        fin_report_next(&r, page->next_page_token);
    } while (r.token[0]);
    fin_scales_fini(&scales);
    return fin_report_close(&r, code);
}

static const char *const budgets_examples[] = {"kantor finance budgets --book company",
                                               "kantor finance budgets -b company -c it", NULL};
const cli_verb_t cli_verb_finance_budgets = {
    .name = "finance budgets",
    .operands = "",
    .summary = "The budgets of a book: what is reserved, committed, spent and free.",
    .options = centre_options,
    .options_count = KT_COUNT(centre_options),
    .examples = budgets_examples,
    .run = budgets,
};

/* ---- payables ---- */

static void
put_payable(const fin_report_t *r, const fin_scales_t *scales, const fin_payable_t *payable)
{
    char line[16], amount[CLI_AMOUNT_CHARS];
    snprintf(line, sizeof line, "%u", (unsigned)payable->line);
    cli_amount_format(payable->amount_minor, fin_scale_of(scales, payable->commodity), amount);
    out_row(r->out,
            (const char *const[]){payable->due_on,
                                  short_enum(&fin_payable_state_descriptor, (int)payable->state),
                                  payable->party, payable->schedule, line,
                                  fin_commodity_text(r->cli, payable->commodity), amount});
}

static int
payables(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"due_on", "due on", OUT_TEXT},   {"state", "state", OUT_TEXT},
        {"party", "party", OUT_TEXT},     {"schedule", "schedule", OUT_TEXT},
        {"line", "line", OUT_NUMBER},     {"commodity", "commodity", OUT_TEXT},
        {"amount", "amount", OUT_AMOUNT},
    };
    fin_report_t r = {0};
    fin_scales_t scales = {0};
    int code = fin_report_open(&r, cli, true, columns, KT_COUNT(columns));
    if (code == 0)
        code = fin_scales_load(&r, &scales);
    do {
        fin_list_payables_request_t request = FIN_LIST_PAYABLES_REQUEST_INIT;
        const fin_list_payables_response_t *page;
        request.book = r.book;
        request.due_until = (char *)(uintptr_t)r.at;
        request.page_size = PAGE_SIZE;
        request.page_token = r.token;
        if (code == 0 && kt_failed(fin_payables_list_payables(cli->client, &r.options, &request,
                                                              &r.reply, &page)))
            code = fin_report_failed(&r);
        if (code != 0)
            break;
        for (size_t i = 0; i < page->n_payables; i++)
            put_payable(&r, &scales, page->payables[i]);
        fin_report_next(&r, page->next_page_token);
    } while (r.token[0]);
    fin_scales_fini(&scales);
    return fin_report_close(&r, code);
}

static const cli_option_t payables_options[] = {
    {"book", 'b', "BOOK", "the book"},
    {"at", 0, "DATE", "only what is due on this day or before"},
};
static const char *const payables_examples[] = {
    "kantor finance payables --book company",
    "kantor finance payables --book company --at 2026-12-31", NULL};
const cli_verb_t cli_verb_finance_payables = {
    .name = "finance payables",
    .operands = "",
    .summary = "What a book has to pay, by the day it is due.",
    .options = payables_options,
    .options_count = KT_COUNT(payables_options),
    .examples = payables_examples,
    .run = payables,
};

/* ---- employees ---- */

static int
employees(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"employee", "employee", OUT_TEXT}, {"name", "name", OUT_TEXT},
        {"position", "position", OUT_TEXT}, {"cost_centre", "cost centre", OUT_TEXT},
        {"state", "state", OUT_TEXT},       {"starts_on", "starts on", OUT_TEXT},
        {"left_on", "left on", OUT_TEXT},   {"cleared", "cleared", OUT_YES},
    };
    fin_report_t r = {0};
    int code = fin_report_open(&r, cli, true, columns, KT_COUNT(columns));
    do {
        fin_list_employees_request_t request = FIN_LIST_EMPLOYEES_REQUEST_INIT;
        const fin_list_employees_response_t *page;
        request.book = r.book;
        request.cost_centre = cost_centre(cli);
        request.page_size = PAGE_SIZE;
        request.page_token = r.token;
        if (code == 0 && kt_failed(fin_employees_list_employees(cli->client, &r.options, &request,
                                                                &r.reply, &page)))
            code = fin_report_failed(&r);
        if (code != 0)
            break;
        for (size_t i = 0; i < page->n_employees; i++) {
            const fin_employee_t *e = page->employees[i];
            out_row(r.out,
                    (const char *const[]){e->employee, e->name, e->position, e->cost_centre,
                                          short_enum(&fin_employee_state_descriptor, (int)e->state),
                                          e->starts_on, e->left_on, e->cleared ? "yes" : "no"});
        }
        fin_report_next(&r, page->next_page_token);
    } while (r.token[0]);
    return fin_report_close(&r, code);
}

static const char *const employees_examples[] = {"kantor finance employees --book company", NULL};
const cli_verb_t cli_verb_finance_employees = {
    .name = "finance employees",
    .operands = "",
    .summary = "The employees of a book, and who of them has left.",
    .options = centre_options,
    .options_count = KT_COUNT(centre_options),
    .examples = employees_examples,
    .run = employees,
};
