/* kantor it purchases and purchase */
#include "purchases.h"
#include "../display.h"
#include "../verbs.h"

#include <kantor/finance/v1/books.client.kt.h>
#include <kantor/process/v1/process.kt.h>
#include <string.h>

/* ---- amounts ---- */

int
it_scale_in(it_page_t *page, const char *book, const char *currency, int *scale)
{
    fin_list_commodities_request_t request = FIN_LIST_COMMODITIES_REQUEST_INIT;
    const fin_list_commodities_response_t *commodities;
    *scale = -1;
    page->token[0] = 0;
    request.book = it_given(book);
    request.built_in = true;
    request.page_size = IT_PAGE_SIZE;
    do {
        request.page_token = page->token;
        if (kt_failed(fin_books_list_commodities(page->cli->client, &page->options, &request,
                                                 &page->reply, &commodities)))
            return (int)page->reply.status.code;
        for (size_t i = 0; i < commodities->n_commodities; i++)
            if (strcmp(commodities->commodities[i]->commodity, currency) == 0) {
                *scale = commodities->commodities[i]->scale;
                return 0;
            }
    } while (it_page_next(page, commodities->next_page_token));
    return 0;
}

/* With " minor". */
#define AMOUNT_BYTES (IT_TIME_BYTES + 8)
#define SCALES_MAX   64

/* What is asked of others about each purchase, while the list's own reply is read. */
typedef struct shop {
    it_page_t list;
    it_page_t finance, processes;
    struct {
        char book[64], currency[4];
        int scale;
    } scales[SCALES_MAX];
    unsigned scales_count;
    bool finance_silent;                  /* not asked any more */
    bool scales_missing, process_missing; /* told so */
} shop_t;

/* -1 when finance does not say, which is no reason not to show the rest. */
static int
scale_of(shop_t *shop, const it_purchase_t *purchase)
{
    unsigned at = 0;
    while (at < shop->scales_count && (strcmp(shop->scales[at].book, purchase->book) != 0 ||
                                       strcmp(shop->scales[at].currency, purchase->currency) != 0))
        at++;
    if (at < shop->scales_count)
        return shop->scales[at].scale;
    int scale = -1;
    if (!shop->finance_silent)
        shop->finance_silent = it_scale_in(&shop->finance, purchase->book, purchase->currency,
                                           &scale) != 0;
    if (scale < 0 && !shop->scales_missing)
        cli_say(shop->list.cli, "amounts are in minor units: finance does not say how many make "
                                "one");
    shop->scales_missing |= scale < 0;
    if (at < SCALES_MAX) {
        snprintf(shop->scales[at].book, sizeof shop->scales[at].book, "%s", purchase->book);
        snprintf(shop->scales[at].currency, sizeof shop->scales[at].currency, "%s",
                 purchase->currency);
        shop->scales[at].scale = scale;
        shop->scales_count++;
    }
    return scale;
}

/* "1200.00"; without a scale nothing, and in tables "120000 minor". */
static const char *
amount_text(const cli_t *cli, int64_t minor, int scale, char out[AMOUNT_BYTES])
{
    if (scale >= 0)
        cli_amount_format(minor, scale, out);
    else if (cli->format == CLI_TABLE)
        snprintf(out, AMOUNT_BYTES, "%s minor", it_number(minor).text);
    else
        return NULL;
    return out;
}

/* ---- their processes ---- */

static kt_status_t
ask_process(shop_t *shop, const char *id, const process_get_process_response_t **answer)
{
    process_get_process_request_t request = PROCESS_GET_PROCESS_REQUEST_INIT;
    it_page_t *page = &shop->processes;
    request.process = it_given(id);
    KT_TRY(kt_client_call(page->cli->client,
                          &process_processes_service.methods[PROCESS_PROCESSES_GET_PROCESS],
                          &page->options, &request.base, &page->reply));
    *answer = (const process_get_process_response_t *)page->reply.message;
    return kt_ok();
}

static const char *
state_of(shop_t *shop, const it_purchase_t *purchase)
{
    const process_get_process_response_t *answer;
    if (shop->process_missing)
        return "";
    kt_status_t status = ask_process(shop, purchase->process, &answer);
    if (kt_failed(status)) {
        cli_say(shop->list.cli, "how far they are is not shown: %s",
                status.text ? status.text : kt_code_name(status.code));
        shop->process_missing = true;
        return "";
    }
    return it_enum_text(&process_state_descriptor, (int)answer->process->state, "");
}

static int
shop_open(shop_t *shop, cli_t *cli, const out_column_t *columns, unsigned count)
{
    int code = it_page_open(&shop->list, cli, columns, count);
    if (code == 0)
        code = it_page_open(&shop->finance, cli, NULL, 0);
    if (code == 0)
        code = it_page_open(&shop->processes, cli, NULL, 0);
    /* Every department has processes. */
    shop->processes.options = cli_call_options(cli, "it");
    return code;
}

static int
shop_close(shop_t *shop, int code)
{
    (void)it_page_close(&shop->processes, code);
    (void)it_page_close(&shop->finance, code);
    return it_page_close(&shop->list, code);
}

/* ---- the list ---- */

static void
put_purchase(shop_t *shop, const it_purchase_t *p)
{
    char amount[AMOUNT_BYTES];
    out_row(shop->list.out,
            (const char *const[]){
                p->purchase, p->title, p->vendor, p->product, it_number(p->seats).text, p->currency,
                amount_text(shop->list.cli, p->amount_minor, scale_of(shop, p), amount),
                p->requested_by, it_when(p->requested_us).text, state_of(shop, p),
                it_number(p->amount_minor).text, p->process});
}

static int
purchases(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"purchase", "purchase", OUT_TEXT},   {"title", "title", OUT_TEXT},
        {"vendor", "vendor", OUT_TEXT},       {"product", "product", OUT_TEXT},
        {"seats", "seats", OUT_NUMBER},       {"currency", "", OUT_TEXT},
        {"amount", "amount", OUT_AMOUNT},     {"requested_by", "requested by", OUT_TEXT},
        {"requested", "requested", OUT_TEXT}, {"state", "state", OUT_TEXT},
        {"amount_minor", NULL, OUT_AMOUNT},   {"process", NULL, OUT_TEXT},
    };
    shop_t shop = {0};
    int code = shop_open(&shop, cli, columns, KT_COUNT(columns));
    do {
        it_list_purchases_request_t request = IT_LIST_PURCHASES_REQUEST_INIT;
        const it_list_purchases_response_t *response;
        request.page_size = IT_PAGE_SIZE;
        request.page_token = shop.list.token;
        if (code == 0 &&
            kt_failed(it_purchases_list_purchases(cli->client, &shop.list.options, &request,
                                                  &shop.list.reply, &response)))
            code = it_page_failed(&shop.list, "purchases");
        if (code != 0)
            break;
        for (size_t i = 0; i < response->n_purchases; i++)
            put_purchase(&shop, response->purchases[i]);
        it_page_next(&shop.list, response->next_page_token);
    } while (shop.list.token[0]);
    return shop_close(&shop, code);
}

static const char *const purchases_examples[] = {"kantor it purchases",
                                                 "kantor it purchases -o csv", NULL};
const cli_verb_t cli_verb_it_purchases = {
    .name = "it purchases",
    .operands = "",
    .summary = "What is to be bought, or was, and how far it is.",
    .about =
        "An amount is in units of the currency as its book has it. The state is the process's;\n"
        "`kantor it purchase P` shows its steps.",
    .examples = purchases_examples,
    .run = purchases,
};

/* ---- one of them ---- */

/* A line of texts, some of them from elsewhere; NULL at the end. */
static void
put_line(FILE *out, const char *const texts[])
{
    for (; *texts; texts++)
        cli_display_put(out, *texts);
    fputc('\n', out);
}

static void
put_names(FILE *out, const it_purchase_t *p)
{
    const char *before = "seats for ";
    for (size_t i = 0; i < p->n_employees; i++) {
        fputs(before, out);
        cli_display_put(out, p->employees[i]);
        before = ", ";
    }
    fputc('\n', out);
}

static void
put_money(shop_t *shop, const it_purchase_t *p)
{
    FILE *out = shop->list.cli->out;
    char amount[AMOUNT_BYTES];
    int scale = scale_of(shop, p);
    put_line(out, (const char *const[]){
                      p->currency, " ", amount_text(shop->list.cli, p->amount_minor, scale, amount),
                      " from cost centre ", p->cost_centre, " of book ", p->book, ", as ",
                      p->expense_account, ", owed as ", p->payable_account, NULL});
    for (size_t i = 0; i < p->n_instalments; i++)
        put_line(out,
                 (const char *const[]){
                     "  ", p->instalments[i]->due_on, "  ",
                     amount_text(shop->list.cli, p->instalments[i]->amount_minor, scale, amount),
                     NULL});
}

/* What stands above the steps, for people alone. */
static void
put_head(shop_t *shop, const it_purchase_t *p)
{
    FILE *out = shop->list.cli->out;
    if (shop->list.cli->format != CLI_TABLE)
        return;
    put_line(out, (const char *const[]){p->title, NULL});
    put_line(out,
             (const char *const[]){it_number(p->seats).text, " seats of ", p->product, ", from ",
                                   p->vendor, ", ", p->from_date, " to ", p->until_date, NULL});
    put_names(out, p);
    put_money(shop, p);
    put_line(out, (const char *const[]){"requested by ", p->requested_by, " at ",
                                        it_when(p->requested_us).text, NULL});
}

/* The last that was written of a step; NULL: nothing yet. */
static const process_timeline_entry_t *
last_of(const process_get_process_response_t *how, const char *step)
{
    for (size_t i = how->n_timeline; i > 0; i--)
        if (strcmp(how->timeline[i - 1]->step, step) == 0)
            return how->timeline[i - 1];
    return NULL;
}

static void
put_step(shop_t *shop, const process_get_process_response_t *how, size_t at)
{
    const process_process_t *process = how->process;
    const process_step_t *step = how->steps[at];
    const process_timeline_entry_t *entry = last_of(how, step->name);
    bool here = process->step == at && process->ended_us == 0;
    const char *said = entry ? it_enum_text(&process_timeline_kind_descriptor, (int)entry->kind,
                                            "STEP_")
                             : "";
    out_row(shop->list.out,
            (const char *const[]){
                step->name, step->what, step->owner,
                here ? it_enum_text(&process_state_descriptor, (int)process->state, "") : said,
                it_when(here    ? process->since_us
                        : entry ? entry->time_us
                                : 0)
                    .text,
                here && process->note[0] ? process->note
                : entry                  ? entry->text
                                         : ""});
}

static int
put_process(shop_t *shop, const char *id)
{
    const process_get_process_response_t *how;
    if (kt_failed(ask_process(shop, id, &how)))
        return it_page_failed(&shop->processes, "its process");
    if (shop->list.cli->format == CLI_TABLE)
        put_line(shop->list.cli->out,
                 (const char *const[]){
                     "process ", id, ": ",
                     it_enum_text(&process_state_descriptor, (int)how->process->state, ""),
                     how->process->note[0] ? ", " : "", how->process->note, NULL});
    for (size_t i = 0; i < how->n_steps; i++)
        put_step(shop, how, i);
    return 0;
}

static int
purchase(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"step", "step", OUT_TEXT},   {"what", "what", OUT_TEXT}, {"owner", "whose", OUT_TEXT},
        {"state", "state", OUT_TEXT}, {"time", "time", OUT_TEXT}, {"text", "text", OUT_TEXT},
    };
    shop_t shop = {0};
    it_get_purchase_request_t request = IT_GET_PURCHASE_REQUEST_INIT;
    const it_purchase_t *found;
    int code = shop_open(&shop, cli, columns, KT_COUNT(columns));
    request.purchase = it_given(cli->operands[0]);
    if (code == 0 && kt_failed(it_purchases_get_purchase(cli->client, &shop.list.options, &request,
                                                         &shop.list.reply, &found)))
        code = it_page_failed(&shop.list, cli->operands[0]);
    if (code == 0) {
        put_head(&shop, found);
        code = put_process(&shop, found->process);
    }
    return shop_close(&shop, code);
}

static const char *const purchase_examples[] = {"kantor it purchase editor-2027", NULL};
const cli_verb_t cli_verb_it_purchase = {
    .name = "it purchase",
    .operands = "PURCHASE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "A purchase, and the steps of its process: what is done, and who is to act.",
    .about = "A step's owner is the role that acts, or whose its incidents are; `kantor process "
             "watch` and\n"
             "`process resolve` take the process from there. CSV and JSON are the steps alone; the "
             "purchase is in\n"
             "`kantor call Purchases/GetPurchase`.",
    .examples = purchase_examples,
    .run = purchase,
};
