/* kantor legal report and terms */
#include "../verbs.h"
#include "legal.h"

/* ---- the performance report ---- */

static void
put_figure(leg_verb_t *v, const char *name, uint32_t stored, uint32_t now)
{
    if (stored == now)
        leg_field(v, name, "%u", (unsigned)stored);
    else
        leg_field(v, name, "%u, counted anew %u", (unsigned)stored, (unsigned)now);
}

static void
put_days(leg_verb_t *v, const char *name, int64_t stored_us, int64_t now_us)
{
    double day_us = 86400e6;
    if (stored_us == now_us)
        leg_field(v, name, "%.1f days", (double)stored_us / day_us);
    else
        leg_field(v, name, "%.1f days, counted anew %.1f", (double)stored_us / day_us,
                  (double)now_us / day_us);
}

static void
put_report(leg_verb_t *v, const legal_report_view_t *view)
{
    const legal_report_t *report = view->report;
    const legal_report_figures_t *was = report->figures, *now = view->recomputed;
    leg_field(v, "month", "%s", report->period);
    leg_field(v, "state", "%s",
              leg_enum_text(&legal_report_state_descriptor, (int)report->state, "REPORT_"));
    put_figure(v, "contracts signed", was->contracts_signed, now->contracts_signed);
    put_figure(v, "reviews done", was->reviews_done, now->reviews_done);
    put_figure(v, "reviews overdue at its end", was->reviews_overdue, now->reviews_overdue);
    put_days(v, "draft to signature, median", was->cycle_median_us, now->cycle_median_us);
    put_days(v, "draft to signature, longest", was->cycle_longest_us, now->cycle_longest_us);
    put_figure(v, "refusals", was->refusals, now->refusals);
    put_figure(v, "approvals refused", was->approvals_refused, now->approvals_refused);
    put_figure(v, "contracts that needed the CEO", was->gate_hits, now->gate_hits);
    leg_field(v, "counted anew", "%s", view->fits ? "the same" : "it differs");
    leg_field(v, "made by", "%s", report->made_by);
    leg_field_time(v, "made", report->made_us);
    leg_field(v, "decided by", "%s", report->decided_by);
    leg_field_time(v, "decided", report->decided_us);
    leg_field(v, "reason", "%s", report->reason);
}

/* --make, --sign or --return. */
static kt_status_t
act(leg_verb_t *v, const char *period)
{
    const legal_report_t *report;
    const char *reason = cli_text(v->cli, "return");
    legal_make_report_request_t make = LEGAL_MAKE_REPORT_REQUEST_INIT;
    legal_sign_report_request_t sign = LEGAL_SIGN_REPORT_REQUEST_INIT;
    legal_return_report_request_t back = LEGAL_RETURN_REPORT_REQUEST_INIT;
    make.period = sign.period = back.period = leg_request_text(period);
    back.reason = leg_request_text(reason);
    if (cli_flag(v->cli, "make"))
        return legal_oversight_make_report(v->cli->client, &v->options, &make, &v->reply, &report);
    if (cli_flag(v->cli, "sign"))
        return legal_oversight_sign_report(v->cli->client, &v->options, &sign, &v->reply, &report);
    return reason ? legal_oversight_return_report(v->cli->client, &v->options, &back, &v->reply,
                                                  &report)
                  : kt_ok();
}

static int
report(cli_t *cli)
{
    leg_verb_t v = {0};
    const legal_report_view_t *view;
    const char *period = cli->operands[0];
    legal_get_report_request_t request = LEGAL_GET_REPORT_REQUEST_INIT;
    if (cli_flag(cli, "make") + cli_flag(cli, "sign") + (cli_text(cli, "return") != NULL) > 1)
        return cli_fail(cli, CLI_EXIT_USAGE, "one of --make, --sign and --return at a time");
    request.period = leg_request_text(period);
    int code = leg_open(&v, cli, leg_field_columns, KT_COUNT(leg_field_columns));
    if (code == 0 && kt_failed(act(&v, period)))
        code = leg_failed(&v, period);
    if (code == 0 &&
        kt_failed(legal_oversight_get_report(cli->client, &v.options, &request, &v.reply, &view)))
        code = leg_failed(&v, period);
    if (code == 0)
        put_report(&v, view);
    return leg_close(&v, code);
}

static const cli_option_t report_options[] = {
    {"make", 0, NULL, "make it first; again only after the CEO returned it"},
    {"sign", 0, NULL, "sign it (the CEO)"},
    {"return", 0, "REASON", "return it (the CEO)"},
};
static const char *const report_examples[] = {"kantor legal report 2026-10 --make",
                                              "kantor legal report 2026-10 --sign", NULL};
const cli_verb_t cli_verb_legal_report = {
    .name = "legal report",
    .operands = "MONTH",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "How the legal department performed in a month.",
    .about = "Each look counts the month anew from events and kept refusals, and says whether that "
             "gives what\n"
             "stands in the report.",
    .options = report_options,
    .options_count = KT_COUNT(report_options),
    .examples = report_examples,
    .run = report,
};

/* ---- the calculator ---- */

/* "36 months" of option NAME; nothing when it was not given. False after saying what is wrong. */
static bool
read_length(cli_t *cli, const char *name, legal_term_length_t *length)
{
    static const char *const units[] = {"", "day", "week", "month", "year"};
    const char *given = cli_text(cli, name);
    unsigned amount = 0;
    char word[8] = "", rest = 0;
    if (!given)
        return true;
    if (sscanf(given, "%5u %7[a-z] %c", &amount, word, &rest) == 2 && amount > 0)
        for (unsigned i = 1; i < KT_COUNT(units); i++) {
            size_t size = strlen(units[i]);
            if (strncmp(word, units[i], size) == 0 &&
                (word[size] == '\0' || strcmp(word + size, "s") == 0)) {
                length->amount = amount;
                length->unit = (legal_term_unit_t)i;
                return true;
            }
        }
    cli_fail(cli, 0, "--%s is a number of days, weeks, months or years, \"36 months\", not '%s'",
             name, given);
    return false;
}

static void
put_checked(leg_verb_t *v, const legal_check_terms_response_t *checked)
{
    leg_field(v, "a human is needed", "%s", checked->problem_text);
    if (checked->problem != LEGAL_TERM_PROBLEM_UNSPECIFIED)
        return;
    leg_field(v, "first end", "%s", checked->first_end[0] ? checked->first_end : "open");
    leg_field(v, "current end", "%s", checked->current_end[0] ? checked->current_end : "open");
    leg_field(v, "notice by", "%s", checked->notice_deadline);
}

static int
terms(cli_t *cli)
{
    leg_verb_t v = {0};
    const char *start, *end, *on, *needed = cli_required(cli, "start");
    const legal_check_terms_response_t *checked;
    legal_check_terms_request_t request = LEGAL_CHECK_TERMS_REQUEST_INIT;
    legal_contract_terms_t given = LEGAL_CONTRACT_TERMS_INIT;
    legal_term_length_t renews = LEGAL_TERM_LENGTH_INIT, notice = LEGAL_TERM_LENGTH_INIT;
    if (!needed || !cli_date(cli, "start", &start) || !cli_date(cli, "end", &end) ||
        !cli_date(cli, "on", &on) || !read_length(cli, "renews", &renews) ||
        !read_length(cli, "notice", &notice))
        return CLI_EXIT_USAGE;
    given.starts_on = leg_request_text(start);
    given.ends_on = leg_request_text(end);
    given.written = leg_request_text(cli_text(cli, "term")); /* read by the department */
    given.open = cli_flag(cli, "open");
    given.renews = &renews;
    given.notice = &notice;
    request.terms = &given;
    request.on_date = leg_request_text(on);
    int code = leg_open(&v, cli, leg_field_columns, KT_COUNT(leg_field_columns));
    if (code == 0 && kt_failed(legal_contracts_check_terms(cli->client, &v.options, &request,
                                                           &v.reply, &checked)))
        code = leg_failed(&v, "terms");
    if (code == 0)
        put_checked(&v, checked);
    return leg_close(&v, code);
}

static const cli_option_t terms_options[] = {
    {"start", 0, "DATE", "the first day"},
    {"term", 0, "LENGTH", "the first term as it is written, \"36 months\""},
    {"end", 0, "DATE", "or its last day"},
    {"open", 0, NULL, "or it has no end until notice is given"},
    {"renews", 0, "LENGTH", "by how much it goes on, \"12 months\""},
    {"notice", 0, "LENGTH", "how long before an end notice must be given"},
    {"on", 0, "DATE", "seen on this date; else today"},
};
static const char *const terms_examples[] = {
    "kantor legal terms --start 2020-08-01 --term '36 months' --renews '12 months' --notice '3 "
    "months'",
    NULL};
const cli_verb_t cli_verb_legal_terms = {
    .name = "legal terms",
    .operands = "",
    .summary = "Computes the ends and the notice deadline of terms.",
    .about = "What is ambiguous or incomplete is told, never guessed.",
    .options = terms_options,
    .options_count = KT_COUNT(terms_options),
    .examples = terms_examples,
    .run = terms,
};
