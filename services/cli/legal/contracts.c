/* kantor legal contracts, contract and parties */
#include "../display.h"
#include "../verbs.h"
#include "legal.h"

#define PAGE_SIZE 100

static const char *
status_text(int status)
{
    return leg_enum_text(&legal_contract_status_descriptor, status, "CONTRACT_");
}

static const char *
kind_text(int kind)
{
    return kind == LEGAL_CONTRACT_KIND_OTHER_CONTRACT
               ? "OTHER"
               : leg_enum_text(&legal_contract_kind_descriptor, kind, "");
}

/* ---- a list ---- */

static void
put_contract(leg_verb_t *v, const legal_contract_view_t *view)
{
    const legal_contract_t *contract = view->contract;
    char value[32];
    snprintf(value, sizeof value, "%lld", (long long)contract->value_minor);
    out_row(v->out,
            (const char *const[]){
                contract->contract, status_text((int)view->status), kind_text((int)contract->kind),
                contract->employee[0] ? contract->employee : contract->party, contract->title,
                contract->currency, value, contract->terms->starts_on, view->current_end,
                view->notice_deadline});
}

static int
contracts(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"contract", "contract", OUT_TEXT},
        {"status", "status", OUT_TEXT},
        {"kind", "kind", OUT_TEXT},
        {"with", "with", OUT_TEXT},
        {"title", "title", OUT_TEXT},
        {"currency", "", OUT_TEXT},
        {"value_minor", "value (minor)", OUT_AMOUNT},
        {"starts_on", "starts", OUT_TEXT},
        {"current_end", "end", OUT_TEXT},
        {"notice_deadline", "notice by", OUT_TEXT},
    };
    leg_verb_t v = {0};
    int status, kind;
    const char *on, *party = cli_text(cli, "party");
    if (!leg_enum_value(cli, &legal_contract_status_descriptor, "CONTRACT_", "status",
                        cli_text(cli, "status"), &status) ||
        !leg_enum_value(cli, &legal_contract_kind_descriptor, "", "kind", cli_text(cli, "kind"),
                        &kind) ||
        !cli_date(cli, "on", &on))
        return CLI_EXIT_USAGE;
    int code = leg_open(&v, cli, columns, KT_COUNT(columns));
    do {
        legal_list_contracts_request_t request = LEGAL_LIST_CONTRACTS_REQUEST_INIT;
        const legal_list_contracts_response_t *page;
        request.status = (legal_contract_status_t)status;
        request.kind = (legal_contract_kind_t)kind;
        request.party = leg_request_text(party);
        request.on_date = leg_request_text(on);
        request.page_size = PAGE_SIZE;
        request.page_token = v.token;
        if (code == 0 && kt_failed(legal_contracts_list_contracts(cli->client, &v.options, &request,
                                                                  &v.reply, &page)))
            code = leg_failed(&v, "contracts");
        if (code != 0)
            break;
        for (size_t i = 0; i < page->n_contracts; i++)
            put_contract(&v, page->contracts[i]);
        leg_next(&v, page->next_page_token);
    } while (v.token[0]);
    return leg_close(&v, code);
}

static const cli_option_t contracts_options[] = {
    {"status", 's', "STATUS", "only these: DRAFT, REVIEW, ..., ACTIVE, NOTICE, EXPIRED"},
    {"party", 'p', "PARTY", "only those with this party"},
    {"kind", 'k', "KIND", "only these: PURCHASE, SALE, SERVICE, LICENCE, EMPLOYMENT, NDA"},
    {"on", 0, "DATE", "as they stand on this date, 2026-11-28; else today"},
};
static const char *const contracts_examples[] = {
    "kantor legal contracts --status active",
    "kantor legal contracts --party acme --on 2027-01-01 --output csv", NULL};
const cli_verb_t cli_verb_legal_contracts = {
    .name = "legal contracts",
    .operands = "",
    .summary = "The contracts there are, with their ends and notice deadlines.",
    .about = "The end is that of the term that the date lies in; it is empty for a contract that "
             "is open, and\n"
             "so is the deadline where no notice is needed. Values are in minor units of their "
             "currency.",
    .options = contracts_options,
    .options_count = KT_COUNT(contracts_options),
    .examples = contracts_examples,
    .run = contracts,
};

/* ---- one ---- */

static void
put_length(leg_verb_t *v, const char *name, const legal_term_length_t *length)
{
    if (length && length->amount > 0)
        leg_field(v, name, "%u %s", (unsigned)length->amount,
                  leg_enum_text(&legal_term_unit_descriptor, (int)length->unit, ""));
}

static void
put_terms(leg_verb_t *v, const legal_contract_view_t *view)
{
    const legal_contract_terms_t *terms = view->contract->terms;
    leg_field(v, "starts", "%s", terms->starts_on);
    put_length(v, "first term", terms->first);
    leg_field(v, "until", "%s", terms->open ? "open" : terms->ends_on);
    leg_field(v, "as written", "%s", terms->written);
    put_length(v, "renews by", terms->renews);
    put_length(v, "notice", terms->notice);
    leg_field(v, "current end", "%s", view->current_end);
    leg_field(v, "notice by", "%s", view->notice_deadline);
    leg_field(v, "last day", "%s", view->ends_on);
    leg_field(v, "a human is needed", "%s", view->problem_text);
}

static void
put_signature(leg_verb_t *v, const char *name, const legal_signature_t *signature)
{
    if (signature && signature->name[0])
        leg_field(v, name, "%s, %s", signature->name, signature->on);
}

static void
put_view(leg_verb_t *v, const legal_contract_view_t *view)
{
    const legal_contract_t *contract = view->contract;
    char needed[80] = "";
    size_t size = 0;
    leg_field(v, "contract", "%s", contract->contract);
    leg_field(v, "title", "%s", contract->title);
    leg_field(v, "status", "%s (%s)", status_text((int)view->status), view->on_date);
    leg_field(v, "kind", "%s", kind_text((int)contract->kind));
    leg_field(v, "party", "%s", contract->party);
    leg_field(v, "employee", "%s", contract->employee);
    leg_field(v, "value (minor)", "%s %lld", contract->currency, (long long)contract->value_minor);
    leg_field(v, "risk", "%s",
              leg_enum_text(&legal_contract_risk_descriptor, (int)contract->risk, "RISK_"));
    leg_field(v, "requested by", "%s", contract->requested_by);
    leg_field(v, "drafted by", "%s", contract->drafted_by);
    leg_field(v, "last edited by", "%s", contract->last_edited_by);
    leg_field(v, "opener", "%s", contract->opener);
    put_terms(v, view);
    for (size_t i = 0; i < view->n_needed && size < sizeof needed; i++)
        size += (size_t)snprintf(
            needed + size, sizeof needed - size, "%s%s", i > 0 ? ", " : "",
            leg_enum_text(&legal_approval_level_descriptor, (int)view->needed[i], ""));
    leg_field(v, "approvals needed", "%s", needed);
    leg_field(v, "approved", "%s", view->approved ? "yes" : "no");
    put_signature(v, "signed by us", contract->us);
    put_signature(v, "signed by them", contract->them);
    leg_field(v, "notice given", "%s", contract->notice_given_on);
    leg_field(v, "terminated as of", "%s", contract->terminated_on);
    leg_field(v, "supersedes", "%s", contract->supersedes);
    leg_field(v, "superseded by", "%s", contract->superseded_by);
    leg_field(v, "reason", "%s", contract->reason);
}

static int
put_versions(leg_verb_t *v, const char *name)
{
    const legal_list_versions_response_t *list;
    legal_list_versions_request_t request = LEGAL_LIST_VERSIONS_REQUEST_INIT;
    request.contract = leg_request_text(name);
    if (kt_failed(
            legal_contracts_list_versions(v->cli->client, &v->options, &request, &v->reply, &list)))
        return leg_failed(v, name);
    for (size_t i = 0; i < list->n_versions; i++) {
        const legal_contract_version_t *version = list->versions[i];
        char field[32], time[28], hash[LEG_HASH_CHARS + 1] = "";
        cli_hex(version->sha256.data, KT_MIN(version->sha256.len, (size_t)LEG_HASH_BYTES), hash);
        snprintf(field, sizeof field, "version %u", (unsigned)version->version);
        leg_field(v, field, "%s, %lld bytes, %s, %s, %s", hash, (long long)version->size,
                  version->name, version->finished_by, leg_time_text(version->finished_us, time));
    }
    return 0;
}

static int
put_approvals(leg_verb_t *v, const char *name)
{
    const legal_list_approvals_response_t *list;
    legal_list_approvals_request_t request = LEGAL_LIST_APPROVALS_REQUEST_INIT;
    request.contract = leg_request_text(name);
    if (kt_failed(legal_contracts_list_approvals(v->cli->client, &v->options, &request, &v->reply,
                                                 &list)))
        return leg_failed(v, name);
    for (size_t i = 0; i < list->n_approvals; i++) {
        const legal_contract_approval_t *approval = list->approvals[i];
        char time[28];
        leg_field(v, approval->counts ? "approval" : "approval (void)", "%s, %s%s%s, %s",
                  leg_enum_text(&legal_approval_level_descriptor, (int)approval->level, ""),
                  approval->approver, approval->on_behalf_of[0] ? " for " : "",
                  approval->on_behalf_of, leg_time_text(approval->given_us, time));
    }
    return 0;
}

static int
contract(cli_t *cli)
{
    leg_verb_t v = {0};
    const legal_contract_view_t *view;
    legal_get_contract_request_t request = LEGAL_GET_CONTRACT_REQUEST_INIT;
    const char *on, *name = cli->operands[0];
    if (!cli_date(cli, "on", &on))
        return CLI_EXIT_USAGE;
    request.contract = leg_request_text(name);
    request.on_date = leg_request_text(on);
    int code = leg_open(&v, cli, leg_field_columns, KT_COUNT(leg_field_columns));
    if (code == 0 &&
        kt_failed(legal_contracts_get_contract(cli->client, &v.options, &request, &v.reply, &view)))
        code = leg_failed(&v, name);
    if (code == 0) {
        put_view(&v, view);
        code = put_versions(&v, name);
    }
    if (code == 0)
        code = put_approvals(&v, name);
    return leg_close(&v, code);
}

static const cli_option_t contract_options[] = {
    {"on", 0, "DATE", "as it stands on this date, 2026-11-28; else today"},
};
static const char *const contract_examples[] = {
    "kantor legal contract c-2026-001", "kantor legal contract c-2026-001 --on 2027-01-01", NULL};
const cli_verb_t cli_verb_legal_contract = {
    .name = "legal contract",
    .operands = "CONTRACT",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "One contract, with its versions and approvals.",
    .options = contract_options,
    .options_count = KT_COUNT(contract_options),
    .examples = contract_examples,
    .run = contract,
};

/* ---- parties ---- */

static int
parties(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"party", "party", OUT_TEXT},
        {"kind", "kind", OUT_TEXT},
        {"name", "name", OUT_TEXT},
        {"country", "country", OUT_TEXT},
        {"registration_number", "registered", OUT_TEXT},
        {"tax_number", "tax number", OUT_TEXT},
        {"email", "email", OUT_TEXT},
        {"blocked", "blocked", OUT_YES},
    };
    leg_verb_t v = {0};
    int code = leg_open(&v, cli, columns, KT_COUNT(columns));
    do {
        legal_list_parties_request_t request = LEGAL_LIST_PARTIES_REQUEST_INIT;
        const legal_list_parties_response_t *page;
        request.page_size = PAGE_SIZE;
        request.page_token = v.token;
        if (code == 0 && kt_failed(legal_parties_list_parties(cli->client, &v.options, &request,
                                                              &v.reply, &page)))
            code = leg_failed(&v, "parties");
        if (code != 0)
            break;
        for (size_t i = 0; i < page->n_parties; i++) {
            const legal_party_t *party = page->parties[i];
            out_row(v.out, (const char *const[]){
                               party->party,
                               leg_enum_text(&legal_party_kind_descriptor, (int)party->kind, ""),
                               party->name, party->country, party->registration_number,
                               party->tax_number, party->email, party->blocked ? "yes" : "no"});
        }
        leg_next(&v, page->next_page_token);
    } while (v.token[0]);
    return leg_close(&v, code);
}

static const char *const parties_examples[] = {"kantor legal parties", NULL};
const cli_verb_t cli_verb_legal_parties = {
    .name = "legal parties",
    .operands = "",
    .summary = "The parties there are.",
    .examples = parties_examples,
    .run = parties,
};
