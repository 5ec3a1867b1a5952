/* kantor process show: what became of one process, and what is to come. */
#include "process.h"

#include "../display.h"
#include "../verbs.h"

#include <kt/json.h>
#include <kt/time.h>

#define ARENA_FIRST 65536
#define ARENA_MAX   ((size_t)16 << 20)
#define LINE_BYTES  256

typedef process_get_process_response_t answer_t;

/* ---- the head ---- */

static void
head(const pro_verb_t *verb, const char *name, const char *text)
{
    if (!text[0])
        return;
    fprintf(verb->cli->out, "%-9s", name);
    cli_display_put(verb->cli->out, text);
    fputc('\n', verb->cli->out);
}

static const process_step_t *
step_now(const answer_t *answer)
{
    uint32_t at = answer->process->step;
    return at < answer->n_steps ? answer->steps[at] : NULL;
}

/* What it waits for, in one line. */
static void
now_text(const answer_t *answer, char out[LINE_BYTES])
{
    const process_process_t *p = answer->process;
    const process_step_t *step = step_now(answer);
    char until[PRO_TIME_BYTES];
    const char *before = p->deadline_us != 0 ? " until " : "";
    pro_time_text(p->deadline_us, until);
    out[0] = 0;
    if (p->ended_us != 0)
        return;
    if (!step)
        snprintf(out, LINE_BYTES, "the department's program does not have its steps");
    else if (p->state == PROCESS_STATE_INCIDENT)
        snprintf(out, LINE_BYTES, "%s is an incident for %s: kantor process resolve", step->name,
                 p->incident_owner);
    else if (p->phase == PROCESS_PHASE_UNDO)
        snprintf(out, LINE_BYTES, "%s is undone by %s%s%s", step->name, p->step_owner, before,
                 until);
    else if (p->phase == PROCESS_PHASE_DOOR)
        snprintf(out, LINE_BYTES, "%s has expired, and %s is told so%s%s", step->name,
                 p->step_owner, before, until);
    else if (strcmp(step->kind, "wait") == 0)
        snprintf(out, LINE_BYTES, "%s waits for %s%s%s", step->name, step->owner, before, until);
    else if (strcmp(step->kind, "until") == 0)
        snprintf(out, LINE_BYTES, "%s waits for its day", step->name);
    else
        snprintf(out, LINE_BYTES, "%s is asked of %s%s%s", step->name, step->department, before,
                 until);
}

/* The id that all its spans have. */
static const char *
trace_text(const answer_t *answer, char out[LINE_BYTES])
{
    char span[KT_TRACE_SPAN_CHARS + 1];
    kt_trace_t trace;
    (void)kt_trace_parse(kt_span_str(answer->traceparent), &trace);
    kt_trace_format_ids(&trace, out, span);
    return out;
}

static void
put_head(const pro_verb_t *verb, const answer_t *answer)
{
    const process_process_t *p = answer->process;
    char line[LINE_BYTES], when[PRO_TIME_BYTES], span[PRO_SPAN_BYTES];
    snprintf(line, sizeof line, "%s in %s", p->process, verb->department);
    head(verb, "process", line);
    snprintf(line, sizeof line, "%s, version %u", p->type, (unsigned)p->version);
    head(verb, "type", line);
    head(verb, "subject", p->subject);
    head(verb, "state", pro_state_text(p->state));
    now_text(answer, line);
    head(verb, "now", line);
    pro_time_text(p->since_us, when);
    pro_span_text(kt_clock_wall_us() - p->since_us, span);
    snprintf(line, sizeof line, "%s, for %s", when, span);
    head(verb, "since", p->ended_us == 0 ? line : "");
    pro_time_text(p->started_us, when);
    snprintf(line, sizeof line, "%s by %s", when, p->started_by);
    head(verb, "started", line);
    pro_time_text(p->ended_us, when);
    pro_span_text(p->ended_us - p->started_us, span);
    snprintf(line, sizeof line, "%s, after %s", when, span);
    head(verb, "ended", p->ended_us != 0 ? line : "");
    head(verb, "trace", trace_text(answer, line));
    head(verb, "note", p->note);
}

/* ---- the timeline ---- */

static const process_step_t *
step_named(const answer_t *answer, const char *name)
{
    for (size_t i = 0; i < answer->n_steps; i++)
        if (strcmp(answer->steps[i]->name, name) == 0)
            return answer->steps[i];
    return NULL;
}

/* Who did it: the person, where one did it here, else the department or the role of the step. */
static const char *
who_did(const process_timeline_entry_t *entry, const process_step_t *step)
{
    bool here = entry->kind == PROCESS_TIMELINE_KIND_STEP_STARTED ||
                entry->kind == PROCESS_TIMELINE_KIND_STEP_RESOLVED;
    if (here)
        return entry->by;
    if (!step)
        return "";
    if (entry->kind == PROCESS_TIMELINE_KIND_STEP_INCIDENT)
        return step->owner;
    return strcmp(step->kind, "wait") == 0 ? step->owner : step->department;
}

static int
put_timeline(pro_verb_t *verb, const answer_t *answer)
{
    static const out_column_t columns[] = {
        {"time", "time", OUT_TEXT},     {"after", "after", OUT_TEXT}, {"step", "step", OUT_TEXT},
        {"result", "result", OUT_TEXT}, {"who", "who", OUT_TEXT},     {"what", "what", OUT_TEXT},
        {"text", "text", OUT_TEXT},
    };
    int code = pro_begin(verb, "what happened", columns, KT_COUNT(columns));
    for (size_t i = 0; code == 0 && i < answer->n_timeline; i++) {
        const process_timeline_entry_t *entry = answer->timeline[i];
        const process_step_t *step = step_named(answer, entry->step);
        const char *what = step ? step->what : "";
        char when[PRO_TIME_BYTES], after[PRO_SPAN_BYTES] = "";
        if (i > 0)
            pro_span_text(entry->time_us - answer->timeline[i - 1]->time_us, after);
        out_row(verb->out,
                (const char *const[]){pro_time_text(entry->time_us, when), after, entry->step,
                                      pro_kind_text(entry->kind), who_did(entry, step), what,
                                      strcmp(entry->text, what) == 0 ? "" : entry->text});
    }
    return code;
}

/* ---- what is to come ---- */

static bool
has_variable(const answer_t *answer, const char *name)
{
    for (size_t i = 0; i < answer->n_variables; i++)
        if (strcmp(answer->variables[i]->name, name) == 0)
            return answer->variables[i]->value[0] != 0;
    return false;
}

static void
put_step(pro_verb_t *verb, const answer_t *answer, size_t at)
{
    const process_step_t *step = answer->steps[at];
    bool now = at == answer->process->step, waits = strcmp(step->kind, "wait") == 0;
    char until[PRO_TIME_BYTES], span[PRO_SPAN_BYTES], when[LINE_BYTES] = "";
    if (now && answer->process->deadline_us != 0)
        snprintf(when, sizeof when, "until %s", pro_time_text(answer->process->deadline_us, until));
    else if (step->deadline_us != 0)
        snprintf(when, sizeof when, "within %s", pro_span_text(step->deadline_us, span));
    if (step->only_with[0] && !has_variable(answer, step->only_with))
        snprintf(when, sizeof when, "only with %s", step->only_with);
    out_row(verb->out, (const char *const[]){now ? "now" : "", step->name,
                                             waits ? step->owner : step->department, when,
                                             step->class_, step->what});
}

static int
put_steps(pro_verb_t *verb, const answer_t *answer)
{
    static const out_column_t columns[] = {
        {NULL, "", OUT_TEXT},     {NULL, "step", OUT_TEXT},  {NULL, "waits for", OUT_TEXT},
        {NULL, "when", OUT_TEXT}, {NULL, "class", OUT_TEXT}, {NULL, "what", OUT_TEXT},
    };
    const process_process_t *p = answer->process;
    if (p->ended_us != 0 || p->phase == PROCESS_PHASE_UNDO || answer->n_steps == 0)
        return 0;
    int code = pro_begin(verb, "what is to come", columns, KT_COUNT(columns));
    for (size_t i = p->step; code == 0 && i < answer->n_steps; i++)
        put_step(verb, answer, i);
    return code;
}

static int
put_variables(pro_verb_t *verb, const answer_t *answer)
{
    static const out_column_t columns[] = {{NULL, "variable", OUT_TEXT}, {NULL, "value", OUT_TEXT}};
    int code = pro_begin(verb, "variables", columns, KT_COUNT(columns));
    for (size_t i = 0; code == 0 && i < answer->n_variables; i++)
        out_row(verb->out,
                (const char *const[]){answer->variables[i]->name, answer->variables[i]->value});
    return code;
}

/* ---- the verb ---- */

static int
put_json(const pro_verb_t *verb, const answer_t *answer)
{
    kt_arena_t *arena = kt_arena_new(ARENA_FIRST, ARENA_MAX);
    const char *text;
    if (!arena)
        return cli_fail(verb->cli, CLI_EXIT_BUG, "out of memory");
    kt_status_t status = kt_json_print(arena, &answer->base, NULL, &text);
    if (!kt_failed(status))
        fprintf(verb->cli->out, "%s\n", text);
    kt_arena_destroy(&arena);
    return kt_failed(status) ? cli_report_status(verb->cli, verb->id, status) : 0;
}

static int
put_all(pro_verb_t *verb, const answer_t *answer)
{
    if (verb->cli->format == CLI_JSON)
        return put_json(verb, answer);
    if (verb->cli->format == CLI_CSV)
        return put_timeline(verb, answer);
    put_head(verb, answer);
    int code = put_timeline(verb, answer);
    if (code == 0)
        code = put_steps(verb, answer);
    if (code == 0 && cli_flag(verb->cli, "variables"))
        code = put_variables(verb, answer);
    return code;
}

static int
show(cli_t *cli)
{
    pro_verb_t verb = {0};
    process_get_process_request_t request = PROCESS_GET_PROCESS_REQUEST_INIT;
    const answer_t *answer;
    int code = pro_open(&verb, cli, cli->operands_count > 1 ? cli->operands[0] : NULL);
    if (code == 0)
        code = pro_find(&verb, cli->operands[cli->operands_count - 1]);
    if (code != 0)
        return pro_close(&verb, code);
    kt_call_options_t options = cli_call_options(cli, verb.department);
    request.process = verb.id;
    if (kt_failed(
            process_processes_get_process(cli->client, &options, &request, &verb.reply, &answer)))
        return pro_close(&verb, pro_failed(&verb, verb.id));
    return pro_close(&verb, put_all(&verb, answer));
}

static const cli_option_t options[] = {
    {"variables", 0, NULL, "and the texts that it carries along"},
};
static const char *const examples[] = {"kantor process show 01KB3X",
                                       "kantor process show it 01KB3X --variables", NULL};
const cli_verb_t cli_verb_process_show = {
    .name = "process show",
    .operands = "[DEPARTMENT] ID",
    .operands_min = 1,
    .operands_max = 2,
    .summary = "What became of one process, what it waits for, and what is to come.",
    .about = "ID may be the beginning of an id, at least 6 characters, in either case. CSV has the "
             "timeline\n"
             "only; JSON is the department's whole answer.",
    .options = options,
    .options_count = KT_COUNT(options),
    .examples = examples,
    .run = show,
};
