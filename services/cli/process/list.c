/* kantor process ls and kantor process resolve */
#include "process.h"

#include "../verbs.h"

#include <strings.h>

/* ---- ls ---- */

/* The state of that name; -1 after saying which there are. */
static int
state_of(const cli_t *cli, const char *name)
{
    if (!name)
        return 0;
    for (unsigned i = 0; i < process_state_descriptor.n_values; i++) {
        const ProtobufCEnumValue *value = &process_state_descriptor.values[i];
        if (value->value != 0 && strcasecmp(value->name, name) == 0)
            return value->value;
    }
    cli_fail(cli, CLI_EXIT_USAGE,
             "--state is RUNNING, UNDOING, INCIDENT, DONE, REJECTED or ABANDONED");
    return -1;
}

static int
list_of(pro_verb_t *verb, const char *department, process_state_t state, uint64_t *left)
{
    char token[PRO_TOKEN_BYTES] = "";
    do {
        const process_list_processes_response_t *page;
        if (kt_failed(pro_list(verb, department, cli_text(verb->cli, "type"), state, token, &page)))
            return pro_is_skipped(verb, department) ? 0 : pro_failed(verb, department);
        for (size_t i = 0; i<page->n_processes && * left> 0; i++, --*left)
            pro_row(verb, department, page->processes[i]);
    } while (token[0] && *left > 0);
    return 0;
}

static int
ls(cli_t *cli)
{
    pro_verb_t verb = {0};
    int state = state_of(cli, cli_text(cli, "state"));
    uint64_t limit;
    if (state < 0 || !cli_number(cli, "limit", 1, UINT64_MAX, UINT64_MAX, &limit))
        return CLI_EXIT_USAGE;
    int code = pro_open(&verb, cli, cli->operands_count > 0 ? cli->operands[0] : NULL);
    if (code == 0)
        code = pro_begin(&verb, NULL, pro_columns, PRO_COLUMNS);
    for (unsigned i = 0; code == 0 && i < verb.departments_count; i++) {
        uint64_t left = limit;
        code = list_of(&verb, verb.departments[i], (process_state_t)state, &left);
    }
    return pro_close(&verb, code);
}

static const cli_option_t ls_options[] = {
    {"type", 0, "TYPE", "only of this type, \"procure-to-pay\""},
    {"state", 0, "STATE", "RUNNING, UNDOING, INCIDENT, DONE, REJECTED, ABANDONED"},
    {"limit", 'n', "N", "only the newest N of each department"},
};
static const char *const ls_examples[] = {"kantor process ls --state incident",
                                          "kantor process ls it --type procure-to-pay -n 20", NULL};
const cli_verb_t cli_verb_process_ls = {
    .name = "process ls",
    .operands = "[DEPARTMENT]",
    .operands_max = 1,
    .summary = "Processes across departments, the newest first.",
    .about = "Without DEPARTMENT those of finance, legal and it. WHO is the role or the department "
             "that is\n"
             "to act now.",
    .options = ls_options,
    .options_count = KT_COUNT(ls_options),
    .examples = ls_examples,
    .run = ls,
};

/* ---- resolve ---- */

static const struct {
    const char *name;
    process_resolution_t resolution;
} RESOLUTIONS[] = {
    {"retry", PROCESS_RESOLUTION_RETRY},
    {"skip", PROCESS_RESOLUTION_SKIP},
    {"undo", PROCESS_RESOLUTION_COMPENSATE},
    {"abandon", PROCESS_RESOLUTION_ABANDON},
};

static process_resolution_t
resolution_of(const char *name)
{
    for (size_t i = 0; i < KT_COUNT(RESOLUTIONS); i++)
        if (strcasecmp(RESOLUTIONS[i].name, name) == 0)
            return RESOLUTIONS[i].resolution;
    return PROCESS_RESOLUTION_UNSPECIFIED;
}

static int
resolve_it(pro_verb_t *verb, process_resolution_t resolution, const char *why)
{
    kt_call_options_t options = cli_call_options(verb->cli, verb->department);
    process_resolve_incident_request_t request = PROCESS_RESOLVE_INCIDENT_REQUEST_INIT;
    const process_process_t *process;
    request.process = verb->id;
    request.resolution = resolution;
    request.why = pro_given(why);
    if (kt_failed(process_processes_resolve_incident(verb->cli->client, &options, &request,
                                                     &verb->reply, &process)))
        return pro_failed(verb, verb->id);
    int code = pro_begin(verb, NULL, pro_columns, PRO_COLUMNS);
    if (code == 0)
        pro_row(verb, verb->department, process);
    return code;
}

static int
resolve(cli_t *cli)
{
    pro_verb_t verb = {0};
    bool all = cli->operands_count == 2;
    const char *how = cli->operands[cli->operands_count - 1];
    const char *why = cli_required(cli, "why");
    process_resolution_t resolution = resolution_of(how);
    if (!why)
        return CLI_EXIT_USAGE;
    if (resolution == PROCESS_RESOLUTION_UNSPECIFIED)
        return cli_fail(cli, CLI_EXIT_USAGE,
                        "an incident is resolved by retry, skip, undo or "
                        "abandon");
    int code = pro_open(&verb, cli, all ? NULL : cli->operands[0]);
    if (code == 0)
        code = pro_find(&verb, cli->operands[cli->operands_count - 2]);
    if (code == 0)
        code = resolve_it(&verb, resolution, why);
    return pro_close(&verb, code);
}

static const cli_option_t resolve_options[] = {
    {"why", 0, "TEXT", "what was found out; it stays in the timeline"},
};
static const char *const resolve_examples[] = {
    "kantor process resolve 01KB3X retry --why \"finance is back\"",
    "kantor process resolve it 01KB3X undo --why \"the vendor is gone\"", NULL};
const cli_verb_t cli_verb_process_resolve = {
    .name = "process resolve",
    .operands = "[DEPARTMENT] ID retry|skip|undo|abandon",
    .operands_min = 2,
    .operands_max = 3,
    .summary = "Lets a process go on that is an incident.",
    .about = "For the role that the incident is for, or the CEO. retry sends the step again under "
             "a new key;\n"
             "skip says that it was done by other means; undo, before the pivot, undoes what was "
             "done;\n"
             "abandon ends the process as it stands. ID as for process show.",
    .options = resolve_options,
    .options_count = KT_COUNT(resolve_options),
    .examples = resolve_examples,
    .run = resolve,
};
