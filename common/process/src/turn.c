/* What is to be sent: an entry of the outbox becomes a request. */
#include "store.h"

#include <inttypes.h>
#include <kt/message.h>
#include <kt/process_bind.h>
#include <kt/time.h>

typedef struct filler {
    const kt_call_t *call;
    const kt_process_t *process;
    const kt_step_t *step;
    kt_variable_t *variables;
    uint32_t variables_count;
    const char **texts;
    uint32_t texts_count;
} filler_t;

/* Ids stand in names, which are lower-case. */
static const char *
id_text(kt_arena_t *arena, const kt_ulid_t *id)
{
    char *text = (char *)kt_arena_alloc(arena, KT_ULID_CHARS + 1);

    if (!text)
        return "";
    kt_ulid_format_name(id, text);
    return text;
}

static const char *
day_text(kt_arena_t *arena, int64_t time_us)
{
    char text[11];

    kt_date_format(kt_date_from_days((int32_t)(time_us / KT_US_PER_DAY)), text);
    return kt_arena_printf(arena, "%s", text);
}

/* What the instance and the step have of their own; NULL: no such. */
static const char *
given(const filler_t *f, const char *name)
{
    kt_arena_t *arena = f->call->arena;
    const kt_process_t *p = f->process;

    if (strcmp(name, "process") == 0)
        return id_text(arena, &p->process);
    if (strcmp(name, "subject") == 0)
        return kt_arena_copy(arena, p->subject);
    if (strcmp(name, "started_by") == 0)
        return kt_arena_copy(arena, p->started_by);
    if (strcmp(name, "now_us") == 0)
        return kt_arena_printf(arena, "%" PRId64, p->since_us);
    if (strcmp(name, "today") == 0)
        return day_text(arena, p->since_us);
    if (strcmp(name, "expires_us") == 0)
        return kt_arena_printf(arena, "%" PRId64, p->since_us + f->step->reserves_us);
    return NULL;
}

static kt_span_t
value_of(const filler_t *f, const char *text)
{
    const char *own;

    if (text[0] != '$')
        return kt_span_str(text);
    own = given(f, text + 1);
    if (own)
        return kt_span_str(own);
    for (uint32_t i = 0; i < f->variables_count; i++)
        if (kt_span_equal(f->variables[i].name, kt_span_str(text + 1)))
            return f->variables[i].value;
    return kt_span(NULL, 0);
}

static const char *
fill(filler_t *f, const kt_binding_text_t *bindings, ProtobufCMessage *message)
{
    uint32_t count = 0;

    for (const kt_binding_text_t *b = bindings; b && b->field; b++)
        count++;
    f->texts = KT_ARENA_ARRAY(f->call->arena, const char *, count + 1);
    if (!f->texts)
        return "no memory for the request";
    for (const kt_binding_text_t *b = bindings; b && b->field; b++) {
        kt_span_t value = value_of(f, b->text);
        const char *problem = value.size == 0
                                  ? NULL
                                  : kt_bind_set(f->call->arena, message, b->field, value);

        if (problem)
            return problem;
        if (b->text[0] == '$' && value.size > 0)
            f->texts[f->texts_count++] = kt_arena_copy(f->call->arena, value);
    }
    return NULL;
}

static kt_status_t
load_variables(filler_t *f)
{
    f->variables = KT_ARENA_ARRAY(f->call->arena, kt_variable_t, KT_PROCESS_VARIABLES_MAX);
    if (!f->variables)
        return kt_call_out_of_memory(f->call);
    return kt_process_variables(f->call, &f->process->process, f->variables, &f->variables_count);
}

static bool
read_instant(kt_span_t text, int64_t *instant_us)
{
    int64_t value = 0;

    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || i > 17)
            return false;
        value = value * 10 + (text.data[i] - '0');
    }
    *instant_us = value;
    return text.size > 0;
}

static const kt_command_t *
command_of(const kt_step_t *step, kt_process_phase_t phase)
{
    return phase == KT_PHASE_UNDO ? &step->undo : phase == KT_PHASE_DOOR ? &step->door : &step->run;
}

/* The request and all that goes with it. */
static kt_status_t
prepare(filler_t *f, const kt_processes_t *processes, kt_turn_t *turn, const char **problem)
{
    ProtobufCMessage *message;

    turn->command = command_of(f->step, turn->phase);
    turn->method = kt_process_method(processes, turn->command->method);
    if (!turn->method) {
        *problem = "no contract has the step's method";
        return kt_ok();
    }
    message = kt_message_new(f->call->arena, turn->method->request);
    if (!message)
        return kt_call_out_of_memory(f->call);
    *problem = fill(f, turn->command->send, message);
    if (kt_arena_exhausted(f->call->arena)) { /* which is no fault of the bindings */
        *problem = NULL;
        return kt_call_out_of_memory(f->call);
    }
    if (*problem)
        return kt_ok();
    turn->texts = f->texts;
    turn->texts_count = f->texts_count;
    return kt_message_pack(f->call->arena, message, &turn->body);
}

kt_status_t
kt_process_turn(const kt_call_t *call, const kt_processes_t *processes, uint64_t number,
                kt_turn_t *turn, bool *found, const char **problem)
{
    kt_process_t process;
    const kt_process_table_t *table;
    filler_t f = {.call = call, .process = &process};
    kt_span_t traceparent;

    *turn = (kt_turn_t){.turn = number};
    *problem = NULL;
    KT_TRY(kt_process_whose_turn(call, number, &turn->process, found));
    if (!*found)
        return kt_ok();
    KT_TRY(kt_process_get(call, &turn->process, &process));
    table = kt_process_table(processes, process.type, process.version);
    if (!table || process.step >= table->steps_count) {
        *problem = "this program does not have the steps of that process";
        return kt_ok();
    }
    f.step = turn->step = &table->steps[process.step];
    turn->phase = (kt_process_phase_t)process.phase;
    turn->kind = turn->phase == KT_PHASE_RUN ? f.step->kind : KT_STEP_COMMAND;
    turn->key = process.key;
    turn->since_us = process.since_us;
    turn->deadline_us = process.deadline_us;
    turn->on_behalf_of = kt_arena_copy(call->arena, process.started_by);
    KT_TRY(kt_process_trace(call, &turn->process, &traceparent));
    if (traceparent.size > 0)
        turn->traceparent = kt_arena_copy(call->arena, traceparent);
    KT_TRY(load_variables(&f));
    if (turn->kind != KT_STEP_UNTIL)
        return prepare(&f, processes, turn, problem);
    if (!read_instant(value_of(&f, f.step->instant), &turn->due_us))
        *problem = "the instant to wait for is no time in microseconds";
    return kt_ok();
}
