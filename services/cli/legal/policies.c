/* kantor legal policies, attest and compliance */
#include "legal.h"

#include "../display.h"
#include "../verbs.h"

#include <kantor/legal/v1/policies.client.kt.h>
#include <kt/sha256.h>
#include <strings.h>

#define PAGE_SIZE 500

static const char *
yes_no(protobuf_c_boolean value)
{
    return value ? "yes" : "no";
}

static const char *
number_text(uint32_t number, char out[12])
{
    snprintf(out, 12, "%u", (unsigned)number);
    return out;
}

/* ---- policies ---- */

static int
all_policies(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"policy", "policy", OUT_TEXT},     {"state", "state", OUT_TEXT},
        {"versions", "newest", OUT_NUMBER}, {"must_acknowledge", "must", OUT_YES},
        {"campaign", "campaign", OUT_TEXT}, {"title", "title", OUT_TEXT},
    };
    leg_verb_t verb = {0};
    int code = leg_open(&verb, cli, columns, KT_COUNT(columns));
    do {
        legal_list_policies_request_t request = LEGAL_LIST_POLICIES_REQUEST_INIT;
        const legal_list_policies_response_t *response;
        request.page_size = PAGE_SIZE;
        request.page_token = verb.token;
        if (code == 0 && kt_failed(legal_policies_list_policies(cli->client, &verb.options,
                                                                &request, &verb.reply, &response)))
            code = leg_failed(&verb, "policies");
        if (code != 0)
            break;
        for (size_t i = 0; i < response->n_policies; i++) {
            const legal_policy_t *policy = response->policies[i];
            char newest[12];
            out_row(verb.out, (const char *const[]){policy->policy,
                                                    leg_enum_text(&legal_policy_state_descriptor,
                                                                  (int)policy->state, "POLICY_"),
                                                    number_text(policy->versions, newest),
                                                    yes_no(policy->must_acknowledge),
                                                    policy->campaign, policy->title});
        }
        leg_next(&verb, response->next_page_token);
    } while (verb.token[0]);
    return leg_close(&verb, code);
}

static int
versions_of(cli_t *cli, const char *policy)
{
    static const out_column_t columns[] = {
        {"version", "version", OUT_NUMBER}, {"effective_from", "in effect from", OUT_TEXT},
        {"size", "bytes", OUT_NUMBER},      {"published_by", "published by", OUT_TEXT},
        {"sha256", "SHA-256", OUT_TEXT},
    };
    leg_verb_t verb = {0};
    int code = leg_open(&verb, cli, columns, KT_COUNT(columns));
    do {
        legal_list_policy_versions_request_t request = LEGAL_LIST_POLICY_VERSIONS_REQUEST_INIT;
        const legal_list_policy_versions_response_t *response;
        request.policy = leg_request_text(policy);
        request.page_size = PAGE_SIZE;
        request.page_token = verb.token;
        if (code == 0 && kt_failed(legal_policies_list_policy_versions(
                             cli->client, &verb.options, &request, &verb.reply, &response)))
            code = leg_failed(&verb, policy);
        if (code != 0)
            break;
        for (size_t i = 0; i < response->n_versions; i++) {
            const legal_policy_version_t *version = response->versions[i];
            char number[12], size[12], hash[LEG_HASH_CHARS + 1] = "";
            if (version->sha256.len == KT_SHA256_BYTES)
                cli_hex(version->sha256.data, KT_SHA256_BYTES, hash);
            out_row(verb.out, (const char *const[]){
                                  number_text(version->version, number), version->effective_from,
                                  number_text(version->size, size), version->published_by, hash});
        }
        leg_next(&verb, response->next_page_token);
    } while (verb.token[0]);
    return leg_close(&verb, code);
}

static int
policies(cli_t *cli)
{
    return cli->operands_count > 0 ? versions_of(cli, cli->operands[0]) : all_policies(cli);
}

static const char *const policies_examples[] = {"kantor legal policies",
                                                "kantor legal policies code-of-conduct", NULL};
const cli_verb_t cli_verb_legal_policies = {
    .name = "legal policies",
    .operands = "[POLICY]",
    .operands_max = 1,
    .summary = "The policies there are, or the versions of one.",
    .examples = policies_examples,
    .run = policies,
};

/* ---- attest ---- */

static void
put_task(leg_verb_t *verb, const legal_task_t *task)
{
    char version[12];
    out_row(verb->out, (const char *const[]){
                           task->employee, task->policy, number_text(task->version, version),
                           leg_enum_text(&legal_task_state_descriptor, (int)task->state, "TASK_"),
                           task->due_on, yes_no(task->overdue), yes_no(task->must_acknowledge)});
}

static const out_column_t task_columns[] = {
    {"employee", NULL, OUT_TEXT},
    {"policy", "policy", OUT_TEXT},
    {"version", "version", OUT_NUMBER},
    {"state", "state", OUT_TEXT},
    {"due", "due", OUT_TEXT},
    {"overdue", "overdue", OUT_YES},
    {"must_acknowledge", "must", OUT_YES},
};

/* Calls the next page of the caller's own tasks. */
static int
next_tasks(leg_verb_t *verb, const legal_list_tasks_response_t **response)
{
    legal_list_tasks_request_t request = LEGAL_LIST_TASKS_REQUEST_INIT;
    request.page_size = PAGE_SIZE;
    request.page_token = verb->token;
    if (kt_failed(legal_policies_list_tasks(verb->cli->client, &verb->options, &request,
                                            &verb->reply, response)))
        return leg_failed(verb, "tasks");
    leg_next(verb, (*response)->next_page_token);
    return 0;
}

static int
own_tasks(cli_t *cli)
{
    leg_verb_t verb = {0};
    int code = leg_open(&verb, cli, task_columns, KT_COUNT(task_columns));
    do {
        const legal_list_tasks_response_t *response;
        if (code == 0)
            code = next_tasks(&verb, &response);
        if (code != 0)
            break;
        for (size_t i = 0; i < response->n_tasks; i++)
            put_task(&verb, response->tasks[i]);
    } while (verb.token[0]);
    return leg_close(&verb, code);
}

/* The version that is asked of the caller; 0 when none is. */
static int
find_asked(leg_verb_t *verb, const char *policy, uint32_t *version)
{
    *version = 0;
    do {
        const legal_list_tasks_response_t *response;
        int code = next_tasks(verb, &response);
        if (code != 0)
            return code;
        for (size_t i = 0; i < response->n_tasks; i++)
            if (strcmp(response->tasks[i]->policy, policy) == 0)
                *version = response->tasks[i]->version; /* the newest is the last */
    } while (verb->token[0]);
    return 0;
}

static int
send_attest(leg_verb_t *verb, const char *policy, uint32_t version, kt_hash_t hash)
{
    legal_attest_request_t request = LEGAL_ATTEST_REQUEST_INIT;
    const legal_task_t *task;
    request.policy = leg_request_text(policy);
    request.version = version;
    request.sha256 = (ProtobufCBinaryData){.len = KT_SHA256_BYTES, .data = hash.bytes};
    if (kt_failed(legal_policies_attest(verb->cli->client, &verb->options, &request, &verb->reply,
                                        &task)))
        return leg_failed(verb, policy);
    put_task(verb, task);
    return 0;
}

/* Shows the text that is asked for, or attests it when the caller gives its hash. */
static int
show_or_attest(leg_verb_t *verb, const char *policy, const char *given)
{
    legal_read_policy_text_request_t request = LEGAL_READ_POLICY_TEXT_REQUEST_INIT;
    const legal_policy_text_t *text;
    char hash_text[LEG_HASH_CHARS + 1];
    cli_t *cli = verb->cli;
    int code = find_asked(verb, policy, &request.version);
    if (code != 0)
        return code;
    if (request.version == 0)
        return cli_fail(cli, KT_NOT_FOUND, "nothing is asked of you about %s", policy);
    request.policy = leg_request_text(policy);
    if (kt_failed(legal_policies_read_policy_text(cli->client, &verb->options, &request,
                                                  &verb->reply, &text)))
        return leg_failed(verb, policy);
    kt_hash_t hash = kt_sha256(kt_span(text->text.data, text->text.len));
    cli_hex(hash.bytes, KT_SHA256_BYTES, hash_text);
    if (given && strlen(given) >= LEG_HASH_CHARS_MIN &&
        strncasecmp(given, hash_text, strlen(given)) == 0)
        return send_attest(verb, policy, request.version, hash);
    if (given)
        return cli_fail(cli, CLI_EXIT_USAGE,
                        "--hash is not of the text that is asked for, version %u: read it again",
                        (unsigned)request.version);
    fwrite(text->text.data, 1, text->text.len, cli->out);
    cli_say(cli, "\nthis is version %u; when you have read it: kantor legal attest %s --hash %s",
            (unsigned)request.version, policy, hash_text);
    return 0;
}

static int
attest(cli_t *cli)
{
    leg_verb_t verb = {0};
    const char *given = cli_text(cli, "hash");
    if (cli->operands_count == 0)
        return given ? cli_fail(cli, CLI_EXIT_USAGE, "--hash goes with a POLICY") : own_tasks(cli);
    int code = leg_open(&verb, cli, task_columns, KT_COUNT(task_columns));
    if (code == 0)
        code = show_or_attest(&verb, cli->operands[0], given);
    if (code == 0 && !given) {
        out_drop(&verb.out); /* a text is no table */
        code = ferror(cli->out) ? CLI_EXIT_OUTPUT : 0;
    }
    return leg_close(&verb, code);
}

static const cli_option_t attest_options[] = {
    {"hash", 0, "HASH", "attest the text of this hash, 8 to 64 of its characters"},
};
static const char *const attest_examples[] = {
    "kantor legal attest", "kantor legal attest code-of-conduct",
    "kantor legal attest code-of-conduct --hash 2c26b46b", NULL};
const cli_verb_t cli_verb_legal_attest = {
    .name = "legal attest",
    .operands = "[POLICY]",
    .operands_max = 1,
    .summary = "What is asked of you; the text of a policy; and that you have read it.",
    .about = "Without a POLICY: your tasks. With one: the text of the version that is asked of\n"
             "you, and how to attest it. With its hash: attests it.",
    .options = attest_options,
    .options_count = KT_COUNT(attest_options),
    .examples = attest_examples,
    .run = attest,
};

/* ---- compliance ---- */

static int
of_employee(cli_t *cli, const char *employee, const char *at)
{
    static const out_column_t columns[] = {
        {"policy", "missing", OUT_TEXT},
        {"version", "version", OUT_NUMBER},
        {"due", "due", OUT_TEXT},
        {"overdue", "overdue", OUT_YES},
        {"must_acknowledge", "must", OUT_YES},
    };
    legal_check_compliance_request_t request = LEGAL_CHECK_COMPLIANCE_REQUEST_INIT;
    const legal_compliance_t *compliance;
    leg_verb_t verb = {0};
    int code = leg_open(&verb, cli, columns, KT_COUNT(columns));
    request.employee = leg_request_text(employee);
    request.on_date = leg_request_text(at);
    if (code == 0 && kt_failed(legal_policies_check_compliance(cli->client, &verb.options, &request,
                                                               &verb.reply, &compliance)))
        code = leg_failed(&verb, employee);
    if (code != 0)
        return leg_close(&verb, code);
    for (size_t i = 0; i < compliance->n_missing; i++) {
        const legal_missing_t *missing = compliance->missing[i];
        char version[12];
        out_row(verb.out,
                (const char *const[]){missing->policy, number_text(missing->version, version),
                                      missing->due_on, yes_no(missing->overdue),
                                      yes_no(missing->must_acknowledge)});
    }
    cli_say(cli, "%s %s on %s", employee, compliance->complies ? "complies" : "does not comply",
            compliance->on_date);
    return leg_close(&verb, 0);
}

static int
of_policy(cli_t *cli, const char *policy, const char *at)
{
    static const out_column_t columns[] = {
        {"employee", "employee", OUT_TEXT},
        {"policy", NULL, OUT_TEXT},
        {"version", "version", OUT_NUMBER},
        {"state", NULL, OUT_TEXT},
        {"due", "due", OUT_TEXT},
        {"overdue", "overdue", OUT_YES},
        {"must_acknowledge", NULL, OUT_YES},
    };
    leg_verb_t verb = {0};
    int code = leg_open(&verb, cli, columns, KT_COUNT(columns));
    do {
        legal_list_open_tasks_request_t request = LEGAL_LIST_OPEN_TASKS_REQUEST_INIT;
        const legal_list_open_tasks_response_t *response;
        request.policy = leg_request_text(policy);
        request.on_date = leg_request_text(at);
        request.page_size = PAGE_SIZE;
        request.page_token = verb.token;
        if (code == 0 && kt_failed(legal_policies_list_open_tasks(
                             cli->client, &verb.options, &request, &verb.reply, &response)))
            code = leg_failed(&verb, policy);
        if (code != 0)
            break;
        for (size_t i = 0; i < response->n_tasks; i++)
            put_task(&verb, response->tasks[i]);
        leg_next(&verb, response->next_page_token);
    } while (verb.token[0]);
    return leg_close(&verb, code);
}

static int
compliance(cli_t *cli)
{
    const char *policy = cli_text(cli, "policy"), *at;
    if (!cli_date(cli, "at", &at))
        return CLI_EXIT_USAGE;
    if ((cli->operands_count > 0) == (policy != NULL))
        return cli_fail(cli, CLI_EXIT_USAGE, "it takes either an EMPLOYEE or --policy");
    return policy ? of_policy(cli, policy, at) : of_employee(cli, cli->operands[0], at);
}

static const cli_option_t compliance_options[] = {
    {"policy", 'p', "POLICY", "who has not attested this one"},
    {"at", 0, "DATE", "on this date, 2026-11-23; else today"},
};
static const char *const compliance_examples[] = {
    "kantor legal compliance emma --at 2026-12-31",
    "kantor legal compliance --policy code-of-conduct", NULL};
const cli_verb_t cli_verb_legal_compliance = {
    .name = "legal compliance",
    .operands = "[EMPLOYEE]",
    .operands_max = 1,
    .summary = "Whether an employee complies on a date, or who has not attested a policy.",
    .options = compliance_options,
    .options_count = KT_COUNT(compliance_options),
    .examples = compliance_examples,
    .run = compliance,
};
