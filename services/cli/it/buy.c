/* kantor it buy */
#include "../verbs.h"
#include "purchases.h"

#include <string.h>

#define INSTALMENTS_MAX 24 /* the contract's */
#define EMPLOYEES_MAX   20

typedef struct order {
    it_purchase_t purchase;
    it_instalment_t instalments[INSTALMENTS_MAX], *instalment_list[INSTALMENTS_MAX];
    char dates[INSTALMENTS_MAX][11]; /* of instalments */
    char *employees[EMPLOYEES_MAX];
    int scale;
} order_t;

/* Reads TEXT as an amount of the order's currency. False after saying what is wrong. */
static bool
amount_of(const cli_t *cli, const order_t *order, const char *option, const char *text,
          int64_t *minor)
{
    cli_decimal_t decimal;
    const char *wrong = cli_decimal_parse(kt_span_str(text), &decimal);
    if (!wrong && !cli_decimal_to_minor(&decimal, order->scale, minor))
        wrong = "has more decimal places than its currency, or is too large";
    if (wrong)
        cli_fail(cli, CLI_EXIT_USAGE, "--%s '%s': %s", option, text, wrong);
    return !wrong;
}

/* "2027-06-01=600.00" */
static bool
take_instalment(const cli_t *cli, order_t *order, const char *text)
{
    size_t at = order->purchase.n_instalments;
    const char *equals = strchr(text, '=');
    kt_date_t date;
    if (!equals || !kt_date_parse(kt_span(text, (size_t)(equals - text)), &date)) {
        cli_fail(cli, CLI_EXIT_USAGE, "--instalment is DATE=AMOUNT, as 2027-06-01=600.00");
        return false;
    }
    if (at == INSTALMENTS_MAX) {
        cli_fail(cli, CLI_EXIT_USAGE, "at most %d instalments", INSTALMENTS_MAX);
        return false;
    }
    order->instalments[at] = (it_instalment_t)IT_INSTALMENT_INIT;
    snprintf(order->dates[at], sizeof order->dates[at], "%.*s", (int)(equals - text), text);
    order->instalments[at].due_on = order->dates[at];
    order->instalment_list[at] = &order->instalments[at];
    order->purchase.n_instalments++;
    return amount_of(cli, order, "instalment", equals + 1, &order->instalments[at].amount_minor);
}

/* Without instalments all of it is due on the first day. */
static bool
take_amounts(const cli_t *cli, order_t *order)
{
    unsigned cursor = 0;
    const char *text;
    order->purchase.instalments = order->instalment_list;
    if (!amount_of(cli, order, "amount", cli_text(cli, "amount"), &order->purchase.amount_minor))
        return false;
    while ((text = cli_each(cli, "instalment", &cursor)))
        if (!take_instalment(cli, order, text))
            return false;
    if (order->purchase.n_instalments > 0)
        return true;
    order->instalments[0] = (it_instalment_t)IT_INSTALMENT_INIT;
    order->instalments[0].due_on = order->purchase.from_date;
    order->instalments[0].amount_minor = order->purchase.amount_minor;
    order->instalment_list[0] = &order->instalments[0];
    order->purchase.n_instalments = 1;
    return true;
}

static bool
take_people(cli_t *cli, order_t *order)
{
    unsigned cursor = 0;
    const char *name;
    uint64_t seats;
    order->purchase.employees = order->employees;
    while ((name = cli_each(cli, "employee", &cursor))) {
        if (order->purchase.n_employees == EMPLOYEES_MAX) {
            cli_fail(cli, CLI_EXIT_USAGE, "at most %d employees", EMPLOYEES_MAX);
            return false;
        }
        order->employees[order->purchase.n_employees++] = it_given(name);
    }
    if (!cli_number(cli, "seats", 1, 10000, order->purchase.n_employees, &seats))
        return false;
    order->purchase.seats = (uint32_t)seats;
    return true;
}

/* What stands on the command line as it is. False after saying what is missing. */
static bool
take_texts(cli_t *cli, order_t *order)
{
    const struct {
        const char *option;
        char **field;
    } needed[] = {
        {"title", &order->purchase.title},
        {"vendor", &order->purchase.vendor},
        {"product", &order->purchase.product},
        {"book", &order->purchase.book},
        {"cost-centre", &order->purchase.cost_centre},
        {"currency", &order->purchase.currency},
        {"expense-account", &order->purchase.expense_account},
        {"payable-account", &order->purchase.payable_account},
        {"from", &order->purchase.from_date},
        {"until", &order->purchase.until_date},
    };
    const char *date;
    for (size_t i = 0; i < KT_COUNT(needed); i++) {
        const char *text = cli_required(cli, needed[i].option);
        if (!text)
            return false;
        *needed[i].field = it_given(text);
    }
    order->purchase.purchase = it_given(cli_text(cli, "id"));
    return cli_required(cli, "amount") && cli_required(cli, "employee") &&
           cli_date(cli, "from", &date) && cli_date(cli, "until", &date);
}

/* How the book counts the currency, without which no amount can be read. */
static int
ask_scale(it_page_t *page, order_t *order)
{
    const it_purchase_t *p = &order->purchase;
    if (it_scale_in(page, p->book, p->currency, &order->scale) != 0)
        return it_page_failed(page, p->book);
    if (order->scale < 0)
        return cli_fail(page->cli, CLI_EXIT_USAGE, "book %s has no currency '%s'", p->book,
                        p->currency);
    return 0;
}

static int
send_order(it_page_t *page, order_t *order)
{
    it_request_purchase_request_t request = IT_REQUEST_PURCHASE_REQUEST_INIT;
    const it_purchase_t *made;
    request.purchase = &order->purchase;
    if (kt_failed(it_purchases_request_purchase(page->cli->client, &page->options, &request,
                                                &page->reply, &made)))
        return it_page_failed(page, order->purchase.title);
    out_row(page->out, (const char *const[]){made->purchase, made->process});
    cli_say(page->cli, "'kantor it purchase %s' shows how far it is", made->purchase);
    return 0;
}

static int
buy(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"purchase", "purchase", OUT_TEXT},
        {"process", "process", OUT_TEXT},
    };
    order_t order = {.purchase = IT_PURCHASE_INIT};
    it_page_t page = {0};
    if (!take_texts(cli, &order) || !take_people(cli, &order))
        return CLI_EXIT_USAGE;
    int code = it_page_open(&page, cli, columns, KT_COUNT(columns));
    if (code == 0)
        code = ask_scale(&page, &order);
    if (code == 0 && !take_amounts(cli, &order))
        code = CLI_EXIT_USAGE;
    if (code == 0)
        code = send_order(&page, &order);
    return it_page_close(&page, code);
}

static const cli_option_t buy_options[] = {
    {"title", 't', "TEXT", "what it is, for people"},
    {"vendor", 'v', "PARTY", "who sells it: a party of legal"},
    {"product", 'p', "PRODUCT", "what is licensed"},
    {"employee", 'e', "EMPLOYEE", "who gets a seat; up to 20 of them"},
    {"seats", 's', "NUMBER", "how many (usually one for each employee)"},
    {"from", 0, "DATE", "first day of the licence"},
    {"until", 0, "DATE", "last day"},
    {"book", 'b', "BOOK", "the book that pays"},
    {"cost-centre", 'c', "NAME", "whose budget it is taken from"},
    {"currency", 0, "CODE", "as EUR"},
    {"amount", 'a', "AMOUNT", "all of it, as 1,200.00"},
    {"instalment", 'i', "DATE=AMOUNT", "due then; up to 24, in order (usually all at --from)"},
    {"expense-account", 0, "PATH", "of the book"},
    {"payable-account", 0, "PATH", "of the book"},
    {"id", 0, "ID", "of the purchase, its contract, licence and schedule; else a new one"},
};
static const char *const buy_examples[] = {
    "kantor it buy -t 'Editor, a year' -v acme -p editor -e emma -e bob -b company -c it --from "
    "2027-01-01 --until 2027-12-31 --currency EUR -a 1,200.00 -i 2027-01-01=600 -i 2027-07-01=600 "
    "--expense-account expenses:software --payable-account liabilities:payables",
    NULL,
};
const cli_verb_t cli_verb_it_buy = {
    .name = "it buy",
    .operands = "",
    .summary = "Request a licence: budget, contract, seats and payments follow.",
    .about = "Starts the process procure-to-pay: the budget is reserved, legal drafts a contract "
             "that is\n"
             "reviewed, approved and signed, then the instalments are scheduled, the licence is "
             "made and\n"
             "its seats are assigned. Instalments add up to the amount.",
    .options = buy_options,
    .options_count = KT_COUNT(buy_options),
    .examples = buy_examples,
    .run = buy,
};
