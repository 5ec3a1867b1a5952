/* What becomes of an instance: pure where it decides (step after step), and one place where it is
 * kept. */
#include "store.h"

#include <kt/event.h>
#include <kt/journal.h>
#include <kt/message.h>
#include <kt/process_bind.h>
#include <kt/time.h>
#include <stdio.h>

/* A step's compensation and its door are commands like any other. */
#define UNDO_US KT_PROCESS_COMMAND_US_MAX
/* A door that was too late twice, though nobody is seen to have acted, is for a person. */
#define DOORS_MAX    2
#define ID_NAME_SIZE (KT_ULID_CHARS + 1)

/* One change of an instance: what is written when it is decided. */
typedef struct change {
    kt_call_t *call;
    const kt_process_table_t *table;
    kt_process_t process; /* as it will be */
    uint64_t old_turn;
    bool turns; /* it has a turn again */
    kt_timeline_entry_t entries[4];
    uint32_t entries_count;
    kt_variable_t *kept;
    uint32_t kept_count;
    const kt_variable_t *variables; /* that it has */
    uint32_t variables_count;
} change_t;

/* What a record can hold of a text from elsewhere: so much of it, and a space for every control
 * character. */
static kt_span_t
plain(const change_t *c, kt_span_t text)
{
    kt_span_t fits = kt_utf8_cut(text, KT_PROCESS_NOTE_BYTES_MAX);
    char *copy;

    if (!kt_wrong_text(fits, KT_PROCESS_NOTE_BYTES_MAX))
        return fits;
    copy = kt_arena_copy(c->call->arena, fits);
    for (size_t i = 0; copy && i < fits.size; i++) {
        uint8_t byte = (uint8_t)copy[i];
        if ((byte < 0x20 && byte != '\n' && byte != '\r') || byte == 0x7F)
            copy[i] = ' ';
        else if (byte == 0xC2 && i + 1 < fits.size && (uint8_t)copy[i + 1] < 0xA0) /* C1 */
            copy[i] = copy[i + 1] = ' ';
    }
    fits = kt_span(copy, copy ? fits.size : 0);
    return kt_wrong_text(fits, KT_PROCESS_NOTE_BYTES_MAX) ? kt_span_str("a text that is no text")
                                                          : fits;
}

static void
note(change_t *c, kt_timeline_kind_t kind, const char *step, kt_span_t text)
{
    KT_ASSERT(c->entries_count < KT_COUNT(c->entries));
    c->entries[c->entries_count++] = (kt_timeline_entry_t){
        .time_us = c->call->now_us,
        .kind = kind,
        .step = kt_span_str(step),
        .text = plain(c, text),
        .by = kt_span_str(c->call->principal),
    };
}

static const kt_step_t *
step_of(const change_t *c)
{
    return &c->table->steps[c->process.step];
}

/* ---- deciding ---- */

static void
enter(change_t *c, uint32_t step, kt_process_phase_t phase)
{
    kt_process_t *p = &c->process;
    const kt_step_t *s = &c->table->steps[step];
    int64_t now_us = c->call->now_us;

    p->step = step;
    p->phase = phase;
    p->state = phase == KT_PHASE_UNDO ? KT_PROCESS_UNDOING : KT_PROCESS_RUNNING;
    p->since_us = now_us;
    p->deadline_us = phase != KT_PHASE_RUN      ? now_us + UNDO_US
                     : s->kind == KT_STEP_UNTIL ? 0
                                                : now_us + s->deadline_us;
    p->incident_owner = kt_span(NULL, 0);
    c->turns = true;
}

static void
end(change_t *c, kt_process_state_t state)
{
    c->process.state = state;
    c->process.ended_us = c->call->now_us;
    c->process.incident_owner = kt_span(NULL, 0);
    c->turns = false;
    note(c, KT_TIMELINE_ENDED, "",
         kt_span_str(state == KT_PROCESS_DONE       ? "everything is done"
                     : state == KT_PROCESS_REJECTED ? "what was done is undone"
                                                    : "ended as it stands"));
}

static void
incident(change_t *c, kt_span_t text)
{
    c->process.state = KT_PROCESS_INCIDENT;
    c->process.note = plain(c, text);
    c->process.incident_owner = kt_span_str(step_of(c)->owner);
    c->turns = false;
    note(c, KT_TIMELINE_INCIDENT, step_of(c)->name, text);
}

static bool
has(const kt_variable_t *variables, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++)
        if (kt_span_equal(variables[i].name, kt_span_str(name)))
            return variables[i].value.size > 0;
    return false;
}

static bool
left_out(const change_t *c, const kt_step_t *step)
{
    return step->only_with && !has(c->kept, c->kept_count, step->only_with + 1) &&
           !has(c->variables, c->variables_count, step->only_with + 1);
}

/* Undoes what was done before COUNT, the last first. */
static void
undo_before(change_t *c, uint32_t count)
{
    while (count > 0)
        if (c->table->steps[--count].undo.method && !left_out(c, &c->table->steps[count])) {
            enter(c, count, KT_PHASE_UNDO);
            return;
        }
    end(c, KT_PROCESS_REJECTED);
}

/* Enters the first step from STEP on that is not left out. */
static void
go_on(change_t *c, uint32_t step)
{
    while (step < c->table->steps_count && left_out(c, &c->table->steps[step]))
        step++;
    if (step < c->table->steps_count)
        enter(c, step, KT_PHASE_RUN);
    else
        end(c, KT_PROCESS_DONE);
}

static void
done(change_t *c)
{
    const char *name = step_of(c)->name;

    switch ((kt_process_phase_t)c->process.phase) {
    case KT_PHASE_RUN:
        note(c, KT_TIMELINE_DONE, name, kt_span_str(step_of(c)->what));
        c->process.doors = 0;
        go_on(c, c->process.step + 1);
        return;
    case KT_PHASE_DOOR:
        undo_before(c, c->process.step);
        return;
    case KT_PHASE_UNDO:
        note(c, KT_TIMELINE_UNDONE, name, kt_span_str(step_of(c)->what));
        c->process.doubtful = false;
        undo_before(c, c->process.step);
        return;
    }
}

static void
rejected(change_t *c, uint32_t code, kt_span_t text)
{
    const kt_step_t *s = step_of(c);

    switch ((kt_process_phase_t)c->process.phase) {
    case KT_PHASE_RUN:
        if (s->class == KT_STEP_RETRIABLE) {
            incident(c, text);
            return;
        }
        note(c, KT_TIMELINE_REJECTED, s->name, text);
        c->process.note = plain(c, text);
        undo_before(c, c->process.step);
        return;
    case KT_PHASE_DOOR:
        note(c, KT_TIMELINE_TOO_LATE, s->name, text);
        if (++c->process.doors >= DOORS_MAX)
            incident(c, text);
        else
            enter(c, c->process.step, KT_PHASE_RUN);
        return;
    case KT_PHASE_UNDO:
        if (c->process.doubtful && code == KT_NOT_FOUND)
            done(c); /* it never happened */
        else
            incident(c, text);
        return;
    }
}

static void
expired(change_t *c)
{
    const kt_step_t *s = step_of(c);
    kt_span_t text = kt_span_str("nobody acted in time");

    if (s->class == KT_STEP_RETRIABLE) {
        incident(c, text);
        return;
    }
    note(c, KT_TIMELINE_EXPIRED, s->name, text);
    c->process.note = text;
    if (s->door.method)
        enter(c, c->process.step, KT_PHASE_DOOR);
    else
        undo_before(c, c->process.step);
}

/* ---- keeping ---- */

/* Unlike that of any other turn, and the same whenever this turn's number is. */
static kt_ulid_t
key_of_turn(const kt_process_t *process, int64_t now_us)
{
    uint64_t low = kt_span_hash(KT_HASH_BEGIN, kt_span(process->process.bytes, KT_ULID_BYTES));
    uint8_t turn[8];
    kt_writer_t w = kt_writer(turn, sizeof(turn));

    kt_put_u64(&w, process->turn);
    low = kt_span_hash(low, kt_written(&w));
    return kt_ulid_make(now_us, (uint16_t)process->turn, low);
}

static kt_status_t
give_turn(change_t *c)
{
    kt_process_t *p = &c->process;

    c->old_turn = p->turn;
    p->turn = 0;
    if (!c->turns)
        return kt_ok();
    KT_TRY(kt_process_next_turn(c->call, &p->turn));
    p->key = key_of_turn(p, c->call->now_us);
    return kt_ok();
}

/* A timeline has an end: before it is full the process stands still, for a person. */
static void
watch_length(change_t *c)
{
    if (c->process.entries + 2 * KT_COUNT(c->entries) < KT_PROCESS_TIMELINE_MAX ||
        c->process.state == KT_PROCESS_INCIDENT || !c->turns)
        return;
    c->entries_count = KT_MIN(c->entries_count, (uint32_t)KT_COUNT(c->entries) - 1);
    incident(c, kt_span_str("the process goes in circles: its timeline is full"));
}

static kt_status_t
tell(change_t *c)
{
    char id[ID_NAME_SIZE];
    kt_process_state_t state = (kt_process_state_t)c->process.state;
    kt_event_value_t values[] = {
        {kt_span_str("type"), c->process.type},
        {kt_span_str("subject"), c->process.subject},
        {kt_span_str("owner"), c->process.incident_owner},
    };

    kt_ulid_format(&c->process.process, id);
    if (state == KT_PROCESS_INCIDENT)
        return kt_event_emit(c->call, "process.incident", kt_span_str(id), values, 3);
    if (c->process.ended_us != 0)
        return kt_event_emit(c->call, "process.ended", kt_span_str(id), values, 2);
    return kt_ok();
}

/* Every decision is made: writes it all. */
static kt_status_t
apply(change_t *c)
{
    kt_process_t *p = &c->process;

    watch_length(c);
    KT_TRY(give_turn(c));
    p->changed_us = c->call->now_us;
    if (c->old_turn != 0)
        KT_TRY(kt_process_take_turn(c->call, c->old_turn));
    if (p->turn != 0)
        KT_TRY(kt_process_put_turn(c->call, p->turn, &p->process));
    for (uint32_t i = 0; i < c->kept_count; i++)
        KT_TRY(kt_process_set(c->call, &p->process, &c->kept[i]));
    for (uint32_t i = 0; i < c->entries_count; i++)
        KT_TRY(kt_process_note(c->call, p, &c->entries[i]));
    KT_TRY(kt_process_save(c->call, p));
    return tell(c);
}

/* ---- starting ---- */

static bool
starts_with(const kt_process_table_t *table, kt_span_t name)
{
    for (const char *const *v = table->variables; v && *v; v++)
        if (kt_span_equal(kt_span_str(*v), name))
            return true;
    return false;
}

static kt_status_t
check_variables(const kt_process_table_t *table, const kt_variable_t *variables, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!starts_with(table, variables[i].name) ||
            kt_wrong_text(variables[i].value, KT_PROCESS_TEXT_BYTES_MAX))
            return kt_error(KT_INVALID_ARGUMENT, 0,
                            "a value to start the process with is too long, no text, or not of it");
    return kt_ok();
}

static change_t
begin_change(kt_call_t *call, const kt_process_table_t *table, const kt_ulid_t *process,
             kt_span_t subject, const kt_variable_t *variables, uint32_t count)
{
    return (change_t){
        .call = call,
        .table = table,
        .process = {.process = *process,
                    .type = kt_span_str(table->name),
                    .version = table->version,
                    .subject = subject,
                    .started_by = kt_span_str(call->principal),
                    .started_us = call->now_us},
        .variables = variables,
        .variables_count = count,
    };
}

static kt_status_t
check_start(change_t *c)
{
    kt_span_t subject = c->process.subject;

    KT_TRY(check_variables(c->table, c->variables, c->variables_count));
    if (kt_wrong_text(subject, KT_PROCESS_SUBJECT_BYTES_MAX))
        return kt_error(KT_INVALID_ARGUMENT, 0, "the process's subject is too long, or no text");
    note(c, KT_TIMELINE_STARTED, "", subject);
    return kt_ok();
}

static kt_status_t
apply_start(change_t *c)
{
    for (uint32_t i = 0; i < c->variables_count; i++)
        if (c->variables[i].value.size > 0)
            KT_TRY(kt_process_set(c->call, &c->process.process, &c->variables[i]));
    KT_TRY(kt_process_set_trace(c->call, &c->process.process, c->call->trace));
    return apply(c);
}

kt_status_t
kt_process_start(kt_call_t *call, const kt_process_table_t *table, const kt_ulid_t *process,
                 kt_span_t subject, const kt_variable_t *variables, uint32_t count)
{
    change_t c = begin_change(call, table, process, subject, variables, count);

    KT_TRY(check_start(&c));
    go_on(&c, 0);
    return apply_start(&c);
}

kt_status_t
kt_process_raise(kt_call_t *call, const kt_process_table_t *table, const kt_ulid_t *process,
                 kt_span_t subject, const kt_variable_t *variables, uint32_t count, kt_span_t text)
{
    change_t c = begin_change(call, table, process, subject, variables, count);

    KT_TRY(check_start(&c));
    enter(&c, 0, KT_PHASE_RUN);
    c.process.deadline_us = 0;
    incident(&c, text);
    return apply_start(&c);
}

/* ---- settling ---- */

/* What the step keeps of its answer. */
static kt_status_t
keep(change_t *c, const kt_processes_t *processes, kt_span_t answer)
{
    const kt_step_t *s = step_of(c);
    const kt_method_t *method;
    ProtobufCMessage *message;
    uint32_t count = 0;

    for (const kt_binding_text_t *b = s->keep; b && b->field; b++)
        count++;
    if (count == 0 || c->process.phase != KT_PHASE_RUN)
        return kt_ok();
    method = kt_process_method(processes, s->run.method);
    KT_TRY(kt_message_unpack(c->call->arena, method->response, answer, &message));
    c->kept = KT_ARENA_ARRAY(c->call->arena, kt_variable_t, count);
    if (!c->kept)
        return kt_call_out_of_memory(c->call);
    for (const kt_binding_text_t *b = s->keep; b->field; b++) {
        kt_variable_t *kept = &c->kept[c->kept_count++];
        kept->name = kt_span_str(b->text);
        KT_TRY(kt_bind_get(c->call->arena, message, b->field, &kept->value));
        if (kt_wrong_text(kept->value, KT_PROCESS_TEXT_BYTES_MAX))
            return kt_error(KT_OUT_OF_RANGE, 0,
                            "an answer is longer than a variable may be, or no text");
    }
    return kt_ok();
}

static kt_status_t
decide(change_t *c, const kt_processes_t *processes, const kt_settlement_t *settlement)
{
    switch (settlement->verdict) {
    case KT_VERDICT_DONE: {
        kt_status_t kept = keep(c, processes, settlement->answer);
        if (kept.code == KT_RESOURCE_EXHAUSTED)
            return kept;
        if (kt_failed(kept)) {
            c->kept_count = 0;
            incident(c, kt_span_str(kept.text));
        } else {
            done(c);
        }
        return kt_ok();
    }
    case KT_VERDICT_REJECTED:
        rejected(c, settlement->code, settlement->text);
        return kt_ok();
    case KT_VERDICT_EXPIRED:
        if (c->process.phase != KT_PHASE_RUN || step_of(c)->kind != KT_STEP_WAIT ||
            c->call->now_us < c->process.deadline_us)
            return kt_error(KT_FAILED_PRECONDITION, 0, "the wait has not expired");
        expired(c);
        return kt_ok();
    case KT_VERDICT_UNKNOWN:
        incident(c, settlement->text);
        return kt_ok();
    }
    return kt_error(KT_INVALID_ARGUMENT, 0, "no such verdict");
}

/* What deciding needs beside the instance: its steps and its variables. */
static kt_status_t
load_rest(change_t *c, const kt_processes_t *processes)
{
    const kt_process_t *p = &c->process;
    kt_variable_t *variables = KT_ARENA_ARRAY(c->call->arena, kt_variable_t,
                                              KT_PROCESS_VARIABLES_MAX);

    c->table = kt_process_table(processes, p->type, p->version);
    if (!c->table || p->step >= c->table->steps_count)
        return kt_error(KT_FAILED_PRECONDITION, KT_PROCESS_NO_TABLE,
                        "this program does not have the steps of that process");
    if (!variables)
        return kt_call_out_of_memory(c->call);
    c->variables = variables;
    return kt_process_variables(c->call, &p->process, variables, &c->variables_count);
}

kt_status_t
kt_process_settle(kt_call_t *call, const kt_processes_t *processes,
                  const kt_settlement_t *settlement, bool *applied)
{
    change_t c = {.call = call};

    *applied = false;
    KT_TRY(kt_process_get(call, &settlement->process, &c.process));
    if (c.process.turn != settlement->turn || settlement->turn == 0)
        return kt_ok();
    KT_TRY(load_rest(&c, processes));
    KT_TRY(decide(&c, processes, settlement));
    KT_TRY(apply(&c));
    *applied = true;
    return kt_ok();
}

/* ---- resolving ---- */

static kt_status_t
check_resolver(const kt_call_t *call, const kt_process_t *process)
{
    const char *owner;

    if (process->state != KT_PROCESS_INCIDENT)
        return kt_error(KT_FAILED_PRECONDITION, KT_PROCESS_NO_INCIDENT,
                        "the process is no incident");
    owner = kt_arena_copy(call->arena, process->incident_owner);
    if (!owner)
        return kt_call_out_of_memory(call);
    if (kt_call_has_role(call, owner) || kt_call_has_role(call, "ceo"))
        return kt_ok();
    return kt_error(KT_PERMISSION_DENIED, KT_PROCESS_NOT_OWNER,
                    kt_arena_printf(call->arena, "this incident is for %s", owner));
}

/* Undoes the step that it stands at, of which it may not be known whether it was done, and what was
 * done before it. A wait whose door is shut has nothing of its own to undo. */
static void
undo_from(change_t *c)
{
    uint32_t step = c->process.step;
    bool doubtful = c->process.phase == KT_PHASE_RUN || c->process.doubtful;

    undo_before(c, step + (c->process.phase != KT_PHASE_DOOR));
    c->process.doubtful = doubtful && c->turns && c->process.step == step;
}

static kt_status_t
decide_resolution(change_t *c, kt_resolution_t resolution)
{
    kt_process_t *p = &c->process;

    switch (resolution) {
    case KT_RESOLVE_RETRY:
        if (step_of(c)->kind == KT_STEP_COMMAND && !step_of(c)->run.method)
            return kt_error(KT_FAILED_PRECONDITION, KT_PROCESS_NOTHING_TO_RETRY,
                            "there is nothing to try again: skip it when it is settled");
        p->doors = 0;
        enter(c, p->step, (kt_process_phase_t)p->phase);
        return kt_ok();
    case KT_RESOLVE_SKIP:
        done(c);
        return kt_ok();
    case KT_RESOLVE_UNDO:
        if (step_of(c)->class == KT_STEP_RETRIABLE)
            return kt_error(KT_FAILED_PRECONDITION, KT_PROCESS_PAST_PIVOT,
                            "the process is past its pivot: it only goes forward");
        undo_from(c);
        return kt_ok();
    case KT_RESOLVE_ABANDON:
        end(c, KT_PROCESS_ABANDONED);
        return kt_ok();
    }
    return kt_error(KT_INVALID_ARGUMENT, 0, "no such resolution");
}

kt_status_t
kt_process_resolve(kt_call_t *call, const kt_processes_t *processes, const kt_ulid_t *process,
                   kt_resolution_t resolution, kt_span_t why, kt_process_t *resolved)
{
    change_t c = {.call = call};

    KT_TRY(kt_process_get(call, process, &c.process));
    KT_TRY(check_resolver(call, &c.process));
    if (c.process.entries + KT_COUNT(c.entries) >= KT_PROCESS_TIMELINE_MAX &&
        resolution != KT_RESOLVE_ABANDON)
        return kt_error(KT_FAILED_PRECONDITION, KT_PROCESS_LATE,
                        "its timeline is full: it can only be abandoned");
    KT_TRY(load_rest(&c, processes));
    note(&c, KT_TIMELINE_RESOLVED, step_of(&c)->name, why);
    KT_TRY(decide_resolution(&c, resolution));
    KT_TRY(apply(&c));
    *resolved = c.process;
    return kt_ok();
}
