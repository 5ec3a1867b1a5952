/* kantor legal matters and deadlines */
#include "legal.h"

#include "../verbs.h"

#include <inttypes.h>
#include <kantor/legal/v1/matters.client.kt.h>

#define PAGE_SIZE 500

/* ---- matters ---- */

static int
all_matters(cli_t *cli, const char *at)
{
    static const out_column_t columns[] = {
        {"matter", "matter", OUT_TEXT}, {"state", "state", OUT_TEXT},
        {"kind", "kind", OUT_TEXT},     {"counterparty", "counterparty", OUT_TEXT},
        {"assignee", "with", OUT_TEXT}, {"title", "title", OUT_TEXT},
    };
    leg_verb_t verb = {0};
    int code = leg_open(&verb, cli, columns, KT_COUNT(columns));
    do {
        legal_list_matters_request_t request = LEGAL_LIST_MATTERS_REQUEST_INIT;
        const legal_list_matters_response_t *response;
        request.open_only = !cli_flag(cli, "all");
        request.overdue_only = cli_flag(cli, "overdue");
        request.on_date = leg_request_text(at);
        request.page_size = PAGE_SIZE;
        request.page_token = verb.token;
        if (code == 0 && kt_failed(legal_matters_list_matters(cli->client, &verb.options, &request,
                                                              &verb.reply, &response)))
            code = leg_failed(&verb, "matters");
        if (code != 0)
            break;
        for (size_t i = 0; i < response->n_matters; i++) {
            const legal_matter_t *matter = response->matters[i];
            out_row(
                verb.out,
                (const char *const[]){
                    matter->matter,
                    leg_enum_text(&legal_matter_state_descriptor, (int)matter->state, "MATTER_"),
                    leg_enum_text(&legal_matter_kind_descriptor, (int)matter->kind, ""),
                    matter->counterparty, matter->assignee, matter->title});
        }
        leg_next(&verb, response->next_page_token);
    } while (verb.token[0]);
    return leg_close(&verb, code);
}

static void
put_matter(leg_verb_t *verb, const legal_matter_t *matter)
{
    leg_field(verb, "title", "%s", matter->title);
    leg_field(verb, "kind", "%s",
              leg_enum_text(&legal_matter_kind_descriptor, (int)matter->kind, ""));
    leg_field(verb, "state", "%s",
              leg_enum_text(&legal_matter_state_descriptor, (int)matter->state, "MATTER_"));
    leg_field(verb, "counterparty", "%s", matter->counterparty);
    leg_field(verb, "requested by", "%s", matter->requested_by);
    leg_field(verb, "with", "%s", matter->assignee);
    leg_field_time(verb, "opened", matter->opened_us);
    leg_field(verb, "outcome", "%s", matter->outcome);
    leg_field(verb, "reopened for", "%s", matter->reopened_for);
    for (size_t i = 0; i < matter->n_totals; i++)
        leg_field(verb, "costs", "%s %" PRId64 " (minor units)", matter->totals[i]->currency,
                  matter->totals[i]->amount_minor);
}

static int
put_holds(leg_verb_t *verb, const char *id)
{
    do {
        legal_list_legal_holds_request_t request = LEGAL_LIST_LEGAL_HOLDS_REQUEST_INIT;
        const legal_list_legal_holds_response_t *response;
        request.matter = leg_request_text(id);
        request.page_size = PAGE_SIZE;
        request.page_token = verb->token;
        if (kt_failed(legal_matters_list_legal_holds(verb->cli->client, &verb->options, &request,
                                                     &verb->reply, &response)))
            return leg_failed(verb, id);
        for (size_t i = 0; i < response->n_holds; i++) {
            const legal_legal_hold_t *hold = response->holds[i];
            leg_field(verb, hold->released_by[0] ? "hold, released" : "hold", "%s", hold->hold);
        }
        leg_next(verb, response->next_page_token);
    } while (verb->token[0]);
    return 0;
}

static int
one_matter(cli_t *cli, const char *id)
{
    legal_get_matter_request_t request = LEGAL_GET_MATTER_REQUEST_INIT;
    const legal_matter_t *matter;
    leg_verb_t verb = {0};
    int code = leg_open(&verb, cli, leg_field_columns, 2);
    request.matter = leg_request_text(id);
    if (code == 0 && kt_failed(legal_matters_get_matter(cli->client, &verb.options, &request,
                                                        &verb.reply, &matter)))
        code = leg_failed(&verb, id);
    if (code != 0)
        return leg_close(&verb, code);
    put_matter(&verb, matter);
    return leg_close(&verb, put_holds(&verb, id));
}

static int
matters(cli_t *cli)
{
    const char *at;
    if (!cli_date(cli, "at", &at))
        return CLI_EXIT_USAGE;
    return cli->operands_count > 0 ? one_matter(cli, cli->operands[0]) : all_matters(cli, at);
}

static const cli_option_t matters_options[] = {
    {"all", 0, NULL, "closed ones as well"},
    {"overdue", 0, NULL, "only those that missed a deadline"},
    {"at", 0, "DATE", "missed by this date, 2026-11-23; else today"},
};
static const char *const matters_examples[] = {"kantor legal matters",
                                               "kantor legal matters --overdue",
                                               "kantor legal matters acme-2026", NULL};
const cli_verb_t cli_verb_legal_matters = {
    .name = "legal matters",
    .operands = "[MATTER]",
    .operands_max = 1,
    .summary = "The matters that are not closed, or one of them with its costs and holds.",
    .options = matters_options,
    .options_count = KT_COUNT(matters_options),
    .examples = matters_examples,
    .run = matters,
};

/* ---- deadlines ---- */

/* What --from, --to, --at and --matter ask for. False: it is said what is wrong. */
static bool
ask_deadlines(cli_t *cli, legal_list_deadlines_request_t *request)
{
    const char *from, *to, *at;
    if (!cli_date(cli, "from", &from) || !cli_date(cli, "to", &to) || !cli_date(cli, "at", &at))
        return false;
    request->from = leg_request_text(from);
    request->to = leg_request_text(to);
    request->on_date = leg_request_text(at);
    request->matter = leg_request_text(cli_text(cli, "matter"));
    request->page_size = PAGE_SIZE;
    return true;
}

/* Whether a deadline is listed: with --open only what is to be done. */
static bool
is_wanted(const cli_t *cli, const legal_deadline_t *deadline)
{
    return !cli_flag(cli, "open") || deadline->state == LEGAL_DEADLINE_STATE_DEADLINE_PENDING ||
           deadline->state == LEGAL_DEADLINE_STATE_DEADLINE_MISSED;
}

static int
deadlines(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"due", "due", OUT_TEXT},       {"state", "state", OUT_TEXT},
        {"matter", "matter", OUT_TEXT}, {"deadline", "deadline", OUT_TEXT},
        {"met", "met", OUT_TEXT},       {"what", "what", OUT_TEXT},
    };
    legal_list_deadlines_request_t request = LEGAL_LIST_DEADLINES_REQUEST_INIT;
    leg_verb_t verb = {0};
    if (!ask_deadlines(cli, &request))
        return CLI_EXIT_USAGE;
    int code = leg_open(&verb, cli, columns, KT_COUNT(columns));
    do {
        const legal_list_deadlines_response_t *response;
        request.page_token = verb.token;
        if (code == 0 && kt_failed(legal_matters_list_deadlines(cli->client, &verb.options,
                                                                &request, &verb.reply, &response)))
            code = leg_failed(&verb, "deadlines");
        if (code != 0)
            break;
        for (size_t i = 0; i < response->n_deadlines; i++) {
            const legal_deadline_t *deadline = response->deadlines[i];
            if (is_wanted(cli, deadline))
                out_row(verb.out,
                        (const char *const[]){deadline->due_on,
                                              leg_enum_text(&legal_deadline_state_descriptor,
                                                            (int)deadline->state, "DEADLINE_"),
                                              deadline->matter, deadline->deadline,
                                              deadline->met_on, deadline->what});
        }
        leg_next(&verb, response->next_page_token);
    } while (verb.token[0]);
    return leg_close(&verb, code);
}

static const cli_option_t deadlines_options[] = {
    {"from", 0, "DATE", "the first date, 2026-11-23"},
    {"to", 0, "DATE", "the last date"},
    {"matter", 'm', "MATTER", "of this matter only, without dates"},
    {"open", 0, NULL, "only what is pending or missed"},
    {"at", 0, "DATE", "as they are on this date; else today"},
};
static const char *const deadlines_examples[] = {
    "kantor legal deadlines --open", "kantor legal deadlines --from 2026-12-01 --to 2026-12-31",
    "kantor legal deadlines --matter acme-2026", NULL};
const cli_verb_t cli_verb_legal_deadlines = {
    .name = "legal deadlines",
    .operands = "",
    .summary = "The deadlines of all matters by date, or of one.",
    .options = deadlines_options,
    .options_count = KT_COUNT(deadlines_options),
    .examples = deadlines_examples,
    .run = deadlines,
};
