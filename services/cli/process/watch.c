/* kantor process watch: what becomes of one process, as it happens. */
#include "process.h"

#include "../display.h"
#include "../verbs.h"

#include <kt/json.h>

#define WATCH_MS    KT_TIMEOUT_MS_MAX
#define ARENA_FIRST 16384
#define ARENA_MAX   ((size_t)16 << 20)

typedef struct watch {
    pro_verb_t verb;
    kt_arena_t *arena;
    uint32_t next; /* entry */
    process_state_t state;
    bool ended;
    bool headed; /* CSV: the names of the columns are out */
} watch_t;

static void
put_entry(watch_t *w, const process_timeline_entry_t *entry)
{
    FILE *out = w->verb.cli->out;
    bool csv = w->verb.cli->format == CLI_CSV;
    char when[PRO_TIME_BYTES];
    const char *const cells[] = {pro_time_text(entry->time_us, when), entry->step,
                                 pro_kind_text(entry->kind), entry->by, entry->text};
    if (csv && !w->headed)
        fputs("time,step,result,by,text\n", out);
    w->headed = true;
    for (size_t i = 0; i < KT_COUNT(cells); i++) {
        if (csv) {
            out_csv_field(out, cells[i]);
            fputs(i + 1 < KT_COUNT(cells) ? "," : "\n", out);
        } else if (cells[i][0]) {
            fputs(i > 0 ? "  " : "", out);
            cli_display_put(out, cells[i]);
        }
    }
    if (!csv)
        fputc('\n', out);
}

static void
put(watch_t *w, const process_watch_process_response_t *news)
{
    const char *text;
    w->next += (uint32_t)news->n_timeline;
    w->state = news->process->state;
    w->ended = news->process->ended_us != 0;
    if (w->verb.cli->format == CLI_JSON) {
        kt_arena_reset(w->arena);
        if (!kt_failed(kt_json_print(w->arena, &news->base, NULL, &text)))
            fprintf(w->verb.cli->out, "%s\n", text);
    } else {
        for (size_t i = 0; i < news->n_timeline; i++)
            put_entry(w, news->timeline[i]);
    }
    fflush(w->verb.cli->out);
}

/* One stream, until it ends. */
static kt_status_t
watch_once(watch_t *w)
{
    kt_call_options_t options = cli_call_options(w->verb.cli, w->verb.department);
    process_watch_process_request_t request = PROCESS_WATCH_PROCESS_REQUEST_INIT;
    kt_stream_t *stream = NULL;
    if (options.timeout_ms == 0)
        options.timeout_ms = WATCH_MS;
    request.process = w->verb.id;
    request.from_entry = w->next;
    kt_status_t status = kt_client_open(
        w->verb.cli->client, &process_processes_service.methods[PROCESS_PROCESSES_WATCH_PROCESS],
        &options, &request.base, &stream);
    if (kt_failed(status)) {
        w->verb.reply.status = status;
        return status;
    }
    while (!ferror(w->verb.cli->out) && !kt_failed(kt_stream_receive(stream, &w->verb.reply)))
        put(w, (const process_watch_process_response_t *)w->verb.reply.message);
    kt_stream_close(&stream);
    return w->verb.reply.status;
}

/* A department that is started again is asked again, from the next entry on. */
static int
watch_all(watch_t *w)
{
    const cli_t *cli = w->verb.cli;
    while (!w->ended && !ferror(cli->out)) {
        kt_status_t status = watch_once(w);
        if (w->ended || !kt_failed(status))
            break;
        if (!cli_follow_again(cli, &w->verb.reply, w->verb.department))
            return pro_failed(&w->verb, w->verb.id);
    }
    if (ferror(cli->out))
        return CLI_EXIT_OUTPUT;
    return w->state == PROCESS_STATE_DONE       ? 0
           : w->state == PROCESS_STATE_REJECTED ? (int)KT_FAILED_PRECONDITION
                                                : (int)KT_ABORTED;
}

static int
watch(cli_t *cli)
{
    watch_t w = {.next = 1};
    int code = pro_open(&w.verb, cli, cli->operands_count > 1 ? cli->operands[0] : NULL);
    w.arena = kt_arena_new(ARENA_FIRST, ARENA_MAX);
    if (code == 0 && !w.arena)
        code = cli_fail(cli, CLI_EXIT_BUG, "out of memory");
    if (code == 0)
        code = pro_find(&w.verb, cli->operands[cli->operands_count - 1]);
    if (code == 0)
        code = watch_all(&w);
    kt_arena_destroy(&w.arena);
    return pro_close(&w.verb, code);
}

static const char *const examples[] = {"kantor process watch 01KB3X",
                                       "kantor process watch it 01KB3X -o json", NULL};
const cli_verb_t cli_verb_process_watch = {
    .name = "process watch",
    .operands = "[DEPARTMENT] ID",
    .operands_min = 1,
    .operands_max = 2,
    .summary = "What becomes of one process, as it happens, until it has ended.",
    .about = "Goes on when its department is started again meanwhile. The exit code is 0 when the "
             "process is\n"
             "DONE, 9 when it is REJECTED and 10 when it is ABANDONED. JSON is one object a line. "
             "ID as for\n"
             "process show.",
    .examples = examples,
    .run = watch,
};
