/* kantor it tickets and ticket */
#include "../display.h"
#include "../verbs.h"
#include "page.h"

#include <kantor/it/v1/desk.client.kt.h>
#include <kt/time.h>

static void
put_ticket(it_page_t *page, const it_ticket_t *ticket)
{
    char opened[IT_TIME_BYTES];
    bool breached = ticket->response_breached_us != 0 || ticket->resolution_breached_us != 0;
    out_row(page->out, (const char *const[]){
                           ticket->ticket,
                           it_enum_text(&it_ticket_state_descriptor, (int)ticket->state, "TICKET_"),
                           it_enum_text(&it_priority_descriptor, (int)ticket->priority, ""),
                           ticket->requester, ticket->assignee, breached ? "yes" : "no",
                           it_time_text(ticket->opened_us, opened), ticket->title});
}

static int
tickets(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"ticket", "ticket", OUT_TEXT},     {"state", "state", OUT_TEXT},
        {"priority", "priority", OUT_TEXT}, {"requester", "requester", OUT_TEXT},
        {"assignee", "assignee", OUT_TEXT}, {"breached", "breached", OUT_YES},
        {"opened", "opened", OUT_TEXT},     {"title", "title", OUT_TEXT},
    };
    it_page_t page = {0};
    const char *state_name = cli_text(cli, "state");
    int state = state_name ? it_enum_value(&it_ticket_state_descriptor, state_name, "TICKET_") : 0;
    if (state < 0)
        return cli_fail(cli, CLI_EXIT_USAGE,
                        "--state is new, in-progress, waiting, resolved or closed");
    int code = it_page_open(&page, cli, columns, KT_COUNT(columns));
    do {
        it_list_tickets_request_t request = IT_LIST_TICKETS_REQUEST_INIT;
        const it_list_tickets_response_t *response;
        request.state = (it_ticket_state_t)state;
        request.assignee = it_given(cli_text(cli, "assignee"));
        request.breached = cli_flag(cli, "breached");
        request.page_size = IT_PAGE_SIZE;
        request.page_token = page.token;
        if (code == 0 && kt_failed(it_desk_list_tickets(cli->client, &page.options, &request,
                                                        &page.reply, &response)))
            code = it_page_failed(&page, "tickets");
        if (code != 0)
            break;
        for (size_t i = 0; i < response->n_tickets; i++)
            put_ticket(&page, response->tickets[i]);
        it_page_next(&page, response->next_page_token);
    } while (page.token[0]);
    return it_page_close(&page, code);
}

static const cli_option_t tickets_options[] = {
    {"state", 's', "STATE", "only those: new, in-progress, waiting, resolved or closed"},
    {"assignee", 'a', "WHO", "only those"},
    {"breached", 'b', NULL, "only those that had a clock run out"},
};
static const char *const tickets_examples[] = {
    "kantor it tickets", "kantor it tickets --state waiting --assignee erik", NULL};
const cli_verb_t cli_verb_it_tickets = {
    .name = "it tickets",
    .operands = "",
    .summary = "The tickets of the service desk; an employee is shown its own.",
    .options = tickets_options,
    .options_count = KT_COUNT(tickets_options),
    .examples = tickets_examples,
    .run = tickets,
};

/* ---- one ticket ---- */

static void
put_clock(FILE *out, const it_clock_t *clock)
{
    char elapsed[IT_SPAN_BYTES], target[IT_SPAN_BYTES], due[IT_TIME_BYTES];
    const char *how = clock->stopped ? "stopped" : clock->running ? "running" : "standing";
    it_time_text(clock->due_us, due);
    fprintf(out, "%-10s  %s of %s hours, %s%s%s%s\n",
            clock->kind == IT_CLOCK_KIND_CLOCK_RESPONSE ? "response" : "resolution",
            it_span_text(clock->elapsed_us, elapsed),
            it_span_text(clock->target_minutes * 60 * KT_US_PER_S, target), how,
            due[0] ? clock->breached ? ", ran out " : ", due " : "", due,
            clock->breached ? " (breached)" : "");
}

/* What stands above the history, for people alone. */
static int
put_head(it_page_t *page, const char *id)
{
    it_get_ticket_request_t request = IT_GET_TICKET_REQUEST_INIT;
    const it_ticket_t *ticket;
    FILE *out = page->cli->out;
    request.ticket = it_given(id);
    if (kt_failed(
            it_desk_get_ticket(page->cli->client, &page->options, &request, &page->reply, &ticket)))
        return it_page_failed(page, id);
    if (page->cli->format != CLI_TABLE)
        return 0;
    cli_display_put(out, ticket->title);
    fprintf(out, "\n%s, %s, for %s, with %s\n",
            it_enum_text(&it_ticket_state_descriptor, (int)ticket->state, "TICKET_"),
            it_enum_text(&it_priority_descriptor, (int)ticket->priority, ""), ticket->requester,
            ticket->assignee[0] ? ticket->assignee : "nobody");
    for (size_t i = 0; i < ticket->n_clocks; i++)
        put_clock(out, ticket->clocks[i]);
    return 0;
}

static void
put_line(it_page_t *page, const it_ticket_line_t *line)
{
    char number[16], when[IT_TIME_BYTES];
    snprintf(number, sizeof number, "%u", line->number);
    out_row(page->out,
            (const char *const[]){
                number, it_time_text(line->time_us, when), line->principal,
                it_enum_text(&it_ticket_command_descriptor, (int)line->command, "TICKET_"),
                it_enum_text(&it_ticket_state_descriptor, (int)line->state, "TICKET_"),
                line->text});
}

static int
ticket(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"number", "line", OUT_NUMBER}, {"time", "time", OUT_TEXT},
        {"principal", "who", OUT_TEXT}, {"command", "did", OUT_TEXT},
        {"state", "state", OUT_TEXT},   {"text", "text", OUT_TEXT},
    };
    it_page_t page = {0};
    int code = it_page_open(&page, cli, columns, KT_COUNT(columns));
    if (code == 0)
        code = put_head(&page, cli->operands[0]);
    do {
        it_list_ticket_lines_request_t request = IT_LIST_TICKET_LINES_REQUEST_INIT;
        const it_list_ticket_lines_response_t *response;
        request.ticket = it_given(cli->operands[0]);
        request.page_size = IT_PAGE_SIZE;
        request.page_token = page.token;
        if (code == 0 && kt_failed(it_desk_list_ticket_lines(cli->client, &page.options, &request,
                                                             &page.reply, &response)))
            code = it_page_failed(&page, cli->operands[0]);
        if (code != 0)
            break;
        for (size_t i = 0; i < response->n_lines; i++)
            put_line(&page, response->lines[i]);
        it_page_next(&page, response->next_page_token);
    } while (page.token[0]);
    return it_page_close(&page, code);
}

static const char *const ticket_examples[] = {"kantor it ticket 01kb4v0e3d9qk7w2x5m8n1p4r6", NULL};
const cli_verb_t cli_verb_it_ticket = {
    .name = "it ticket",
    .operands = "TICKET",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "A ticket, its clocks as they are now, and its history.",
    .about = "Hours are business time. CSV and JSON are the history alone; the clocks are in\n"
             "`kantor call Desk/GetTicket`.",
    .examples = ticket_examples,
    .run = ticket,
};
