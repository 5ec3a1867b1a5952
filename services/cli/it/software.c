/* kantor it seats */
#include "../verbs.h"
#include "page.h"

#include <kantor/it/v1/software.client.kt.h>

static void
put_seat(it_page_t *page, const it_seat_t *seat)
{
    char when[IT_TIME_BYTES];
    out_row(page->out,
            (const char *const[]){seat->licence, seat->employee,
                                  it_time_text(seat->assigned_us, when), seat->assigned_by});
}

static int
seats_of(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"licence", "licence", OUT_TEXT},
        {"employee", "employee", OUT_TEXT},
        {"assigned", "assigned", OUT_TEXT},
        {"assigned_by", "by", OUT_TEXT},
    };
    it_page_t page = {0};
    const char *licence = cli_text(cli, "licence"), *employee = cli_text(cli, "employee");
    int code = it_page_open(&page, cli, columns, KT_COUNT(columns));
    do {
        it_list_seats_request_t request = IT_LIST_SEATS_REQUEST_INIT;
        const it_list_seats_response_t *response;
        request.licence = it_given(licence);
        request.employee = it_given(employee);
        request.page_size = IT_PAGE_SIZE;
        request.page_token = page.token;
        if (code == 0 && kt_failed(it_software_list_seats(cli->client, &page.options, &request,
                                                          &page.reply, &response)))
            code = it_page_failed(&page, licence ? licence : employee);
        if (code != 0)
            break;
        for (size_t i = 0; i < response->n_seats; i++)
            put_seat(&page, response->seats[i]);
        it_page_next(&page, response->next_page_token);
    } while (page.token[0]);
    return it_page_close(&page, code);
}

static void
put_licence(it_page_t *page, const it_licence_t *licence)
{
    char bought[16], used[16], left[16];
    snprintf(bought, sizeof bought, "%u", licence->seats);
    snprintf(used, sizeof used, "%u", licence->used);
    snprintf(left, sizeof left, "%u", licence->free);
    out_row(page->out, (const char *const[]){licence->licence, licence->product, bought, used, left,
                                             licence->from_date, licence->until_date,
                                             licence->in_term ? "yes" : "no"});
}

/* Without a licence or an employee: how many there are of each licence. */
static int
licences(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"licence", "licence", OUT_TEXT}, {"product", "product", OUT_TEXT},
        {"seats", "bought", OUT_NUMBER},  {"used", "used", OUT_NUMBER},
        {"free", "free", OUT_NUMBER},     {"from", "from", OUT_TEXT},
        {"until", "until", OUT_TEXT},     {"in_term", "in term", OUT_YES},
    };
    it_page_t page = {0};
    int code = it_page_open(&page, cli, columns, KT_COUNT(columns));
    do {
        it_list_licences_request_t request = IT_LIST_LICENCES_REQUEST_INIT;
        const it_list_licences_response_t *response;
        request.page_size = IT_PAGE_SIZE;
        request.page_token = page.token;
        if (code == 0 && kt_failed(it_software_list_licences(cli->client, &page.options, &request,
                                                             &page.reply, &response)))
            code = it_page_failed(&page, "licences");
        if (code != 0)
            break;
        for (size_t i = 0; i < response->n_licences; i++)
            put_licence(&page, response->licences[i]);
        it_page_next(&page, response->next_page_token);
    } while (page.token[0]);
    return it_page_close(&page, code);
}

static int
seats(cli_t *cli)
{
    if (cli_text(cli, "licence") && cli_text(cli, "employee"))
        return cli_fail(cli, CLI_EXIT_USAGE, "either --licence or --employee");
    return cli_text(cli, "licence") || cli_text(cli, "employee") ? seats_of(cli) : licences(cli);
}

static const cli_option_t seats_options[] = {
    {"licence", 'l', "LICENCE", "who holds seats of this licence"},
    {"employee", 'e', "EMPLOYEE", "which seats this employee holds"},
};
static const char *const seats_examples[] = {"kantor it seats",
                                             "kantor it seats --licence editor-2026",
                                             "kantor it seats -e emma -o csv", NULL};
const cli_verb_t cli_verb_it_seats = {
    .name = "it seats",
    .operands = "",
    .summary = "Licences with their seats, or who holds them.",
    .options = seats_options,
    .options_count = KT_COUNT(seats_options),
    .examples = seats_examples,
    .run = seats,
};
