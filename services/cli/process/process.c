#include "process.h"

#include "../services.h"

#include <kt/time.h>
#include <strings.h>

#define ASK_MS 3000

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* Those that may run processes. */
static const char *const DEPARTMENTS[] = {"finance", "legal", "it"};

/* Those that are running; of the others it is said. */
static int
ask_all(pro_verb_t *verb)
{
    cli_departments_t all;
    int code = cli_departments(verb->cli, &verb->reply, &all);
    verb->all = true;
    for (size_t i = 0; code == 0 && i < KT_COUNT(DEPARTMENTS); i++) {
        unsigned at = 0;
        while (at < all.running_count && strcmp(all.running[at], DEPARTMENTS[i]) != 0)
            at++;
        if (at < all.running_count)
            verb->departments[verb->departments_count++] = DEPARTMENTS[i];
        else
            cli_say(verb->cli, "%s is not running; its processes are not seen", DEPARTMENTS[i]);
    }
    return code;
}

int
pro_open(pro_verb_t *verb, cli_t *cli, const char *department)
{
    verb->cli = cli;
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    kt_status_t status = kt_reply_init(&verb->reply);
    if (kt_failed(status))
        return cli_report_status(cli, "reply", status);
    if (!department)
        return ask_all(verb);
    verb->departments[verb->departments_count++] = department;
    return 0;
}

int
pro_begin(pro_verb_t *verb, const char *title, const out_column_t *columns, unsigned count)
{
    if (verb->out && !out_end(&verb->out))
        return CLI_EXIT_OUTPUT;
    if (title && verb->cli->format == CLI_TABLE)
        fprintf(verb->cli->out, "\n%s\n", title);
    verb->out = out_new(verb->cli->out, verb->cli->format, columns, count);
    return verb->out ? 0 : cli_fail(verb->cli, CLI_EXIT_BUG, "out of memory");
}

int
pro_close(pro_verb_t *verb, int code)
{
    if (verb->out && code != 0)
        out_drop(&verb->out);
    else if (verb->out && !out_end(&verb->out))
        code = CLI_EXIT_OUTPUT;
    kt_reply_fini(&verb->reply);
    return code;
}

int
pro_failed(pro_verb_t *verb, const char *what)
{
    return cli_report(verb->cli, what, &verb->reply);
}

bool
pro_is_skipped(const pro_verb_t *verb, const char *department)
{
    uint32_t code = verb->reply.status.code;
    if (!verb->all)
        return false;
    if (code == KT_UNAVAILABLE || code == KT_DEADLINE_EXCEEDED)
        cli_say(verb->cli, "%s does not answer; its processes are not seen", department);
    return code == KT_UNAVAILABLE || code == KT_DEADLINE_EXCEEDED || code == KT_UNIMPLEMENTED;
}

/* Of a question that all are asked, nobody waits for one as long as for the only one. */
static kt_call_options_t
asking(const pro_verb_t *verb, const char *department)
{
    kt_call_options_t options = cli_call_options(verb->cli, department);
    if (verb->all && options.timeout_ms == 0)
        options.timeout_ms = ASK_MS;
    return options;
}

/* ---- finding ---- */

kt_status_t
pro_list(pro_verb_t *verb, const char *department, const char *type, process_state_t state,
         char token[PRO_TOKEN_BYTES], const process_list_processes_response_t **page)
{
    kt_call_options_t options = asking(verb, department);
    process_list_processes_request_t request = PROCESS_LIST_PROCESSES_REQUEST_INIT;
    char from[PRO_TOKEN_BYTES];
    snprintf(from, sizeof from, "%s", token);
    request.type = pro_given(type);
    request.state = state;
    request.page_size = PRO_PAGE_SIZE;
    request.page_token = from;
    kt_status_t status = process_processes_list_processes(verb->cli->client, &options, &request,
                                                          &verb->reply, page);
    if (!kt_failed(status))
        snprintf(token, PRO_TOKEN_BYTES, "%s", (*page)->next_page_token);
    return status;
}

/* Takes what matches PREFIX; false when no later one can: ids come from the newest down. */
static bool
match_page(pro_verb_t *verb, const char *department, const char *prefix,
           const process_list_processes_response_t *page, unsigned *found)
{
    size_t size = strlen(prefix);
    for (size_t i = 0; i < page->n_processes; i++) {
        const process_process_t *process = page->processes[i];
        int order = strncasecmp(process->process, prefix, size);
        if (order < 0)
            return false;
        if (order > 0)
            continue;
        if (++*found == 2)
            fprintf(verb->cli->err, "kantor %s: several are meant by %s:\n  %s %s\n",
                    verb->cli->verb->name, prefix, verb->department, verb->id);
        if (*found >= 2)
            fprintf(verb->cli->err, "  %s %s\n", department, process->process);
        verb->department = department;
        snprintf(verb->id, sizeof verb->id, "%s", process->process);
    }
    return true;
}

/* A whole id needs no search. */
static int
find_whole(pro_verb_t *verb, const char *department, const char *id, unsigned *found)
{
    kt_call_options_t options = asking(verb, department);
    process_get_process_request_t request = PROCESS_GET_PROCESS_REQUEST_INIT;
    const process_get_process_response_t *answer;
    request.process = pro_given(id);
    if (kt_failed(process_processes_get_process(verb->cli->client, &options, &request, &verb->reply,
                                                &answer)))
        return verb->reply.status.code == KT_NOT_FOUND || pro_is_skipped(verb, department)
                   ? 0
                   : pro_failed(verb, department);
    verb->department = department;
    snprintf(verb->id, sizeof verb->id, "%s", answer->process->process);
    ++*found;
    return 0;
}

static int
find_in(pro_verb_t *verb, const char *department, const char *prefix, unsigned *found)
{
    if (strlen(prefix) == KT_ULID_CHARS)
        return find_whole(verb, department, prefix, found);
    char token[PRO_TOKEN_BYTES] = "";
    do {
        const process_list_processes_response_t *page;
        if (kt_failed(pro_list(verb, department, "", 0, token, &page)))
            return pro_is_skipped(verb, department) ? 0 : pro_failed(verb, department);
        if (!match_page(verb, department, prefix, page, found))
            break;
    } while (token[0]);
    return 0;
}

int
pro_find(pro_verb_t *verb, const char *text)
{
    size_t size = strlen(text);
    unsigned found = 0;
    if (size < PRO_ID_CHARS_MIN || size >= PRO_ID_BYTES)
        return cli_fail(verb->cli, CLI_EXIT_USAGE,
                        "a process is named by its id, or by at least its first %d characters",
                        PRO_ID_CHARS_MIN);
    for (unsigned i = 0; i < verb->departments_count; i++) {
        int code = find_in(verb, verb->departments[i], text, &found);
        if (code != 0)
            return code;
    }
    if (found == 0)
        return cli_fail(verb->cli, KT_NOT_FOUND, "no process has an id that begins with %s", text);
    return found == 1 ? 0 : CLI_EXIT_USAGE;
}

/* ---- texts ---- */

char *
pro_given(const char *text)
{
    return (char *)(uintptr_t)(text ? text : "");
}

const char *
pro_state_text(process_state_t state)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
        &process_state_descriptor, (int)state);
    return value ? value->name : "?";
}

const char *
pro_kind_text(process_timeline_kind_t kind)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
        &process_timeline_kind_descriptor, (int)kind);
    const char *line = value ? strchr(value->name, '_') : NULL;
    return line ? line + 1 : "?";
}

const char *
pro_time_text(int64_t time_us, char out[PRO_TIME_BYTES])
{
    out[0] = 0;
    if (time_us == 0)
        return out;
    kt_time_format(time_us, out);
    out[19] = 'Z'; /* to the second */
    out[20] = 0;
    return out;
}

const char *
pro_span_text(int64_t span_us, char out[PRO_SPAN_BYTES])
{
    static const struct {
        int64_t unit, part;
        const char *unit_name, *part_name;
    } rows[] = {{DAY, HOUR, "d", "h"}, {HOUR, MINUTE, "h", "min"}, {MINUTE, SECOND, "min", "s"}};
    int64_t span = KT_MAX(span_us, 0);
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        if (span >= rows[i].unit) {
            snprintf(out, PRO_SPAN_BYTES, "%d %s %d %s", (int)(span / rows[i].unit),
                     rows[i].unit_name, (int)(span % rows[i].unit / rows[i].part),
                     rows[i].part_name);
            return out;
        }
    if (span >= SECOND)
        snprintf(out, PRO_SPAN_BYTES, "%d.%d s", (int)(span / SECOND),
                 (int)(span % SECOND / (SECOND / 10)));
    else
        snprintf(out, PRO_SPAN_BYTES, "%d ms", (int)(span / 1000));
    return out;
}

const char *
pro_who(const process_process_t *process)
{
    if (process->ended_us != 0)
        return "";
    return process->state == PROCESS_STATE_INCIDENT ? process->incident_owner : process->step_owner;
}

/* ---- rows ---- */

const out_column_t pro_columns[PRO_COLUMNS] = {
    {"department", "department", OUT_TEXT},
    {"process", "process", OUT_TEXT},
    {"type", "type", OUT_TEXT},
    {"subject", "subject", OUT_TEXT},
    {"state", "state", OUT_TEXT},
    {"step", "step", OUT_TEXT},
    {"who", "who", OUT_TEXT},
    {"since", "since", OUT_TEXT},
    {"deadline", "deadline", OUT_TEXT},
    {"note", "note", OUT_TEXT},
};

void
pro_row(pro_verb_t *verb, const char *department, const process_process_t *process)
{
    char since[PRO_TIME_BYTES], deadline[PRO_TIME_BYTES];
    bool ended = process->ended_us != 0;
    out_row(verb->out,
            (const char *const[PRO_COLUMNS]){
                department, process->process, process->type, process->subject,
                pro_state_text(process->state), ended ? "" : process->step_name, pro_who(process),
                pro_time_text(ended ? process->ended_us : process->since_us, since),
                pro_time_text(ended ? 0 : process->deadline_us, deadline), process->note});
}
