/* kantor legal policies, attest and compliance */
#include "../listing.h"
#include "../verbs.h"

#include <kantor/legal/v1/policies.client.kt.h>
#include <kt/sha256.h>
#include <stdlib.h>

#define HASH_CHARS (2 * KT_SHA256_BYTES)

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

static const char *
hex(const uint8_t *bytes, char out[HASH_CHARS + 1])
{
    for (size_t i = 0; i < KT_SHA256_BYTES; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
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
    cli_listing_t page = {0};
    int code = cli_listing_open(&page, cli, columns, KT_COUNT(columns));
    do {
        legal_list_policies_request_t request = LEGAL_LIST_POLICIES_REQUEST_INIT;
        const legal_list_policies_response_t *response;
        request.page_size = CLI_LISTING_PAGE_SIZE;
        request.page_token = page.token;
        if (code == 0 && kt_failed(legal_policies_list_policies(cli->client, &page.options,
                                                                &request, &page.reply, &response)))
            code = cli_listing_failed(&page, "policies");
        if (code != 0)
            break;
        for (size_t i = 0; i < response->n_policies; i++) {
            const legal_policy_t *policy = response->policies[i];
            char newest[12];
            out_row(page.out, (const char *const[]){policy->policy,
                                                    cli_listing_enum(&legal_policy_state_descriptor,
                                                                     (int)policy->state, "POLICY_"),
                                                    number_text(policy->versions, newest),
                                                    yes_no(policy->must_acknowledge),
                                                    policy->campaign, policy->title});
        }
        cli_listing_next(&page, response->next_page_token);
    } while (page.token[0]);
    return cli_listing_close(&page, code);
}

static int
versions_of(cli_t *cli, const char *policy)
{
    static const out_column_t columns[] = {
        {"version", "version", OUT_NUMBER}, {"effective_from", "in effect from", OUT_TEXT},
        {"size", "bytes", OUT_NUMBER},      {"published_by", "published by", OUT_TEXT},
        {"sha256", "SHA-256", OUT_TEXT},
    };
    cli_listing_t page = {0};
    int code = cli_listing_open(&page, cli, columns, KT_COUNT(columns));
    do {
        legal_list_policy_versions_request_t request = LEGAL_LIST_POLICY_VERSIONS_REQUEST_INIT;
        const legal_list_policy_versions_response_t *response;
        request.policy = cli_listing_given(policy);
        request.page_size = CLI_LISTING_PAGE_SIZE;
        request.page_token = page.token;
        if (code == 0 && kt_failed(legal_policies_list_policy_versions(
                             cli->client, &page.options, &request, &page.reply, &response)))
            code = cli_listing_failed(&page, policy);
        if (code != 0)
            break;
        for (size_t i = 0; i < response->n_versions; i++) {
            const legal_policy_version_t *version = response->versions[i];
            char number[12], size[12], hash[HASH_CHARS + 1] = "";
            if (version->sha256.len == KT_SHA256_BYTES)
                hex(version->sha256.data, hash);
            out_row(page.out, (const char *const[]){
                                  number_text(version->version, number), version->effective_from,
                                  number_text(version->size, size), version->published_by, hash});
        }
        cli_listing_next(&page, response->next_page_token);
    } while (page.token[0]);
    return cli_listing_close(&page, code);
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
put_task(cli_listing_t *page, const legal_task_t *task)
{
    char version[12];
    out_row(page->out,
            (const char *const[]){
                task->employee, task->policy, number_text(task->version, version),
                cli_listing_enum(&legal_task_state_descriptor, (int)task->state, "TASK_"),
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
next_tasks(cli_listing_t *page, const legal_list_tasks_response_t **response)
{
    legal_list_tasks_request_t request = LEGAL_LIST_TASKS_REQUEST_INIT;
    request.page_size = CLI_LISTING_PAGE_SIZE;
    request.page_token = page->token;
    if (kt_failed(legal_policies_list_tasks(page->cli->client, &page->options, &request,
                                            &page->reply, response)))
        return cli_listing_failed(page, "tasks");
    cli_listing_next(page, (*response)->next_page_token);
    return 0;
}

static int
own_tasks(cli_t *cli)
{
    cli_listing_t page = {0};
    int code = cli_listing_open(&page, cli, task_columns, KT_COUNT(task_columns));
    do {
        const legal_list_tasks_response_t *response;
        if (code == 0)
            code = next_tasks(&page, &response);
        if (code != 0)
            break;
        for (size_t i = 0; i < response->n_tasks; i++)
            put_task(&page, response->tasks[i]);
    } while (page.token[0]);
    return cli_listing_close(&page, code);
}

/* The version that is asked of the caller; 0 when none is. */
static int
find_asked(cli_listing_t *page, const char *policy, uint32_t *version)
{
    *version = 0;
    do {
        const legal_list_tasks_response_t *response;
        int code = next_tasks(page, &response);
        if (code != 0)
            return code;
        for (size_t i = 0; i < response->n_tasks; i++)
            if (strcmp(response->tasks[i]->policy, policy) == 0)
                *version = response->tasks[i]->version; /* the newest is the last */
    } while (page->token[0]);
    return 0;
}

static int
send_attest(cli_listing_t *page, const char *policy, uint32_t version, kt_hash_t hash)
{
    legal_attest_request_t request = LEGAL_ATTEST_REQUEST_INIT;
    const legal_task_t *task;
    request.policy = cli_listing_given(policy);
    request.version = version;
    request.sha256 = (ProtobufCBinaryData){.len = KT_SHA256_BYTES, .data = hash.bytes};
    if (kt_failed(legal_policies_attest(page->cli->client, &page->options, &request, &page->reply,
                                        &task)))
        return cli_listing_failed(page, policy);
    put_task(page, task);
    return 0;
}

/* Shows the text that is asked for, or attests it when the caller gives its hash. */
static int
show_or_attest(cli_listing_t *page, const char *policy, const char *given)
{
    legal_read_policy_text_request_t request = LEGAL_READ_POLICY_TEXT_REQUEST_INIT;
    const legal_policy_text_t *text;
    char hash_text[HASH_CHARS + 1];
    cli_t *cli = page->cli;
    int code = find_asked(page, policy, &request.version);
    if (code != 0)
        return code;
    if (request.version == 0)
        return cli_fail(cli, KT_NOT_FOUND, "nothing is asked of you about %s", policy);
    request.policy = cli_listing_given(policy);
    if (kt_failed(legal_policies_read_policy_text(cli->client, &page->options, &request,
                                                  &page->reply, &text)))
        return cli_listing_failed(page, policy);
    kt_hash_t hash = kt_sha256(kt_span(text->text.data, text->text.len));
    hex(hash.bytes, hash_text);
    if (given && strcmp(given, hash_text) == 0)
        return send_attest(page, policy, request.version, hash);
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
    cli_listing_t page = {0};
    const char *given = cli_text(cli, "hash");
    if (cli->operands_count == 0)
        return given ? cli_fail(cli, CLI_EXIT_USAGE, "--hash goes with a POLICY") : own_tasks(cli);
    int code = cli_listing_open(&page, cli, task_columns, KT_COUNT(task_columns));
    if (code == 0)
        code = show_or_attest(&page, cli->operands[0], given);
    if (code == 0 && !given) {
        out_drop(&page.out); /* a text is no table */
        kt_reply_fini(&page.reply);
        return ferror(cli->out) ? CLI_EXIT_OUTPUT : 0;
    }
    return cli_listing_close(&page, code);
}

static const cli_option_t attest_options[] = {
    {"hash", 0, "HASH", "attest the text of this hash, which you have read"},
};
static const char *const attest_examples[] = {
    "kantor legal attest", "kantor legal attest code-of-conduct",
    "kantor legal attest code-of-conduct --hash 2c26b46b68ffc68ff99b453c1d30413413422d70...", NULL};
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
    cli_listing_t page = {0};
    int code = cli_listing_open(&page, cli, columns, KT_COUNT(columns));
    request.employee = cli_listing_given(employee);
    request.on_date = cli_listing_given(at);
    if (code == 0 && kt_failed(legal_policies_check_compliance(cli->client, &page.options, &request,
                                                               &page.reply, &compliance)))
        code = cli_listing_failed(&page, employee);
    if (code != 0)
        return cli_listing_close(&page, code);
    for (size_t i = 0; i < compliance->n_missing; i++) {
        const legal_missing_t *missing = compliance->missing[i];
        char version[12];
        out_row(page.out,
                (const char *const[]){missing->policy, number_text(missing->version, version),
                                      missing->due_on, yes_no(missing->overdue),
                                      yes_no(missing->must_acknowledge)});
    }
    cli_say(cli, "%s %s on %s", employee, compliance->complies ? "complies" : "does not comply",
            compliance->on_date);
    return cli_listing_close(&page, 0);
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
    cli_listing_t page = {0};
    int code = cli_listing_open(&page, cli, columns, KT_COUNT(columns));
    do {
        legal_list_open_tasks_request_t request = LEGAL_LIST_OPEN_TASKS_REQUEST_INIT;
        const legal_list_open_tasks_response_t *response;
        request.policy = cli_listing_given(policy);
        request.on_date = cli_listing_given(at);
        request.page_size = CLI_LISTING_PAGE_SIZE;
        request.page_token = page.token;
        if (code == 0 && kt_failed(legal_policies_list_open_tasks(
                             cli->client, &page.options, &request, &page.reply, &response)))
            code = cli_listing_failed(&page, policy);
        if (code != 0)
            break;
        for (size_t i = 0; i < response->n_tasks; i++)
            put_task(&page, response->tasks[i]);
        cli_listing_next(&page, response->next_page_token);
    } while (page.token[0]);
    return cli_listing_close(&page, code);
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
