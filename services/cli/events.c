/* kantor events: what happened in a department. */
#include "connect.h"
#include "display.h"
#include "output.h"
#include "verbs.h"

#include <kantor/events/v1/events.client.kt.h>
#include <kt/json.h>
#include <kt/time.h>
#include <stdlib.h>

#define PAGE_EVENTS    500
#define VALUES_MAX     4096
#define TYPES_MAX      16
#define FOLLOW_MS      KT_TIMEOUT_MS_MAX
#define ARENA_FIRST    16384
#define ARENA_MAX      (1u << 24)
#define TYPES_TEXT_MAX 1200

typedef struct events {
    cli_t *cli;
    const char *department;
    kt_reply_t reply;
    kt_arena_t *arena;
    uint64_t next, count, shown; /* COUNT 0: all */
    char types_text[TYPES_TEXT_MAX];
    char *types[TYPES_MAX];
    unsigned types_count;
    bool follow;
    out_t *out; /* NULL: a line for each event, at once */
} events_t;

/* ---- one event ---- */

/* "name=value name=value"; cut when it is very long. */
static void
values_text(const events_event_t *event, char out[VALUES_MAX])
{
    size_t size = 0;
    out[0] = 0;
    for (size_t i = 0; i < event->n_values && size < VALUES_MAX; i++)
        size += (size_t)snprintf(out + size, VALUES_MAX - size, "%s%s=%s", i > 0 ? " " : "",
                                 event->values[i]->name, event->values[i]->value);
}

static void
put_json(events_t *e, const events_event_t *event)
{
    const char *text;
    kt_arena_reset(e->arena);
    if (!kt_failed(kt_json_print(e->arena, &event->base, NULL, &text)))
        fprintf(e->cli->out, "%s\n", text);
}

static void
put(events_t *e, const events_event_t *event)
{
    char sequence[24], when[28], values[VALUES_MAX];
    e->shown++;
    if (e->cli->format == CLI_JSON) {
        put_json(e, event);
        return;
    }
    snprintf(sequence, sizeof sequence, "%llu", (unsigned long long)event->sequence);
    kt_time_format(event->time_us, when);
    values_text(event, values);
    const char *const cells[] = {sequence, when, event->type, event->subject, values};
    if (e->out) {
        out_row(e->out, cells);
        return;
    }
    for (unsigned i = 0; i < KT_COUNT(cells); i++) {
        cli_display_put(e->cli->out, cells[i]);
        fputs(i + 1 < KT_COUNT(cells) ? "  " : "\n", e->cli->out);
    }
}

static bool
has_enough(const events_t *e)
{
    return (e->count > 0 && e->shown >= e->count) || ferror(e->cli->out);
}

static bool
is_wanted(const events_t *e, const events_event_t *event)
{
    for (unsigned i = 0; i < e->types_count; i++)
        if (strcmp(e->types[i], event->type) == 0)
            return true;
    return e->types_count == 0;
}

/* ---- what there is ---- */

static int
read_all(events_t *e)
{
    kt_call_options_t options = cli_call_options(e->cli, e->department);
    const events_read_events_response_t *page;
    do {
        events_read_events_request_t request = EVENTS_READ_EVENTS_REQUEST_INIT;
        request.from_sequence = e->next;
        request.max = PAGE_EVENTS;
        if (kt_failed(
                events_feed_read_events(e->cli->client, &options, &request, &e->reply, &page)))
            return cli_report(e->cli, e->department, &e->reply);
        for (size_t i = 0; i < page->n_events && !has_enough(e); i++) {
            e->next = page->events[i]->sequence + 1;
            if (is_wanted(e, page->events[i]))
                put(e, page->events[i]);
        }
    } while (page->n_events > 0 && !has_enough(e));
    return 0;
}

/* ---- what comes ---- */

/* One stream, until it ends: OK, when there is enough. */
static kt_status_t
subscribe(events_t *e)
{
    kt_call_options_t options = cli_call_options(e->cli, e->department);
    events_subscribe_request_t request = EVENTS_SUBSCRIBE_REQUEST_INIT;
    kt_stream_t *stream = NULL;
    if (options.timeout_ms == 0)
        options.timeout_ms = FOLLOW_MS;
    request.from_sequence = e->next;
    request.types = e->types;
    request.n_types = e->types_count;
    kt_status_t status = kt_client_open(e->cli->client,
                                        &events_feed_service.methods[EVENTS_FEED_SUBSCRIBE],
                                        &options, &request.base, &stream);
    if (kt_failed(status)) {
        e->reply.status = status;
        return status;
    }
    while (!has_enough(e) && !kt_failed(status = kt_stream_receive(stream, &e->reply))) {
        const events_event_t *event = (const events_event_t *)e->reply.message;
        e->next = event->sequence + 1;
        put(e, event);
        fflush(e->cli->out);
    }
    kt_stream_close(&stream);
    return kt_failed(status) ? e->reply.status : kt_ok();
}

/* A department that is started again is followed again, from the next event on. */
static int
follow(events_t *e)
{
    while (!has_enough(e)) {
        kt_status_t status = subscribe(e);
        if (!kt_failed(status))
            return 0;
        if (!cli_follow_again(e->cli, &e->reply, e->department))
            return cli_report(e->cli, e->department, &e->reply);
    }
    return 0;
}

/* ---- the verb ---- */

/* "a,b" as a list; false, after saying so, when there are too many. */
static bool
take_types(events_t *e)
{
    const char *given = cli_text(e->cli, "types");
    char *state = NULL;
    if (!given)
        return true;
    snprintf(e->types_text, sizeof e->types_text, "%s", given);
    for (char *type = strtok_r(e->types_text, ",", &state); type;
         type = strtok_r(NULL, ",", &state)) {
        if (e->types_count == TYPES_MAX) {
            cli_fail(e->cli, CLI_EXIT_USAGE, "--types takes at most %d", TYPES_MAX);
            return false;
        }
        e->types[e->types_count++] = type;
    }
    return true;
}

static int
run(events_t *e)
{
    static const out_column_t columns[] = {
        {"sequence", "sequence", OUT_NUMBER}, {"time", "time", OUT_TEXT},
        {"type", "type", OUT_TEXT},           {"subject", "subject", OUT_TEXT},
        {"values", "values", OUT_TEXT},
    };
    bool lines = e->cli->format == CLI_JSON || (e->follow && e->cli->format == CLI_TABLE);
    int code = cli_connect(e->cli);
    if (code != 0)
        return code;
    e->arena = kt_arena_new(ARENA_FIRST, ARENA_MAX);
    if (!lines)
        e->out = out_new(e->cli->out, e->cli->format, columns, KT_COUNT(columns));
    if (kt_failed(kt_reply_init(&e->reply)) || !e->arena || (!lines && !e->out))
        return cli_fail(e->cli, CLI_EXIT_BUG, "out of memory");
    code = e->follow ? follow(e) : read_all(e);
    if (e->out && !out_end(&e->out) && code == 0)
        code = CLI_EXIT_OUTPUT;
    return code;
}

static int
events(cli_t *cli)
{
    events_t e = {.cli = cli, .department = cli->operands[0], .follow = cli_flag(cli, "follow")};
    if (!cli_number(cli, "from", 1, INT64_MAX, 1, &e.next) ||
        !cli_number(cli, "count", 1, INT64_MAX, 0, &e.count) || !take_types(&e))
        return CLI_EXIT_USAGE;
    int code = run(&e);
    out_drop(&e.out);
    kt_arena_destroy(&e.arena);
    kt_reply_fini(&e.reply);
    return code;
}

static const cli_option_t options[] = {
    {"from", 0, "N", "begin with this one (1)"},
    {"follow", 'f', NULL, "wait for new ones, whoever is started again meanwhile"},
    {"types", 0, "A,B", "only these, at most 16"},
    {"count", 0, "N", "no more than so many"},
};
static const char *const examples[] = {
    "kantor events legal", "kantor events legal --follow --types contract.signed -o json", NULL};
const cli_verb_t cli_verb_events = {
    .name = "events",
    .operands = "DEPARTMENT",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "What happened in a department, as it tells the others.",
    .about =
        "Events are numbered without gaps: whoever has seen N goes on with --from N+1. JSON is "
        "one object\n"
        "a line. Needs the role auditor, it.operator, legal.officer or ceo.",
    .options = options,
    .options_count = KT_COUNT(options),
    .examples = examples,
    .run = events,
};
