#include "store.h"

#include <kt/journal.h>
#include <kt/rows.h>

#define COUNTER  'n'
#define COUNTS   'c'
#define INSTANCE 'p'
#define VARIABLE 'v'
#define TRACE    't'

#define PRINCIPAL_BYTES_MAX 64
#define OWNER_BYTES_MAX     64

static const kt_field_t PROCESS[] = {
    KT_F_ID(kt_process_t, process, KT_KEYED),
    KT_F_NAME(kt_process_t, type, KT_PROCESS_NAME_BYTES_MAX, 0),
    KT_F_U32(kt_process_t, version, 0, UINT32_MAX, 0),
    KT_F_TEXT(kt_process_t, subject, KT_PROCESS_SUBJECT_BYTES_MAX, 0),
    KT_F_TEXT(kt_process_t, started_by, PRINCIPAL_BYTES_MAX, 0),
    KT_F_TIME(kt_process_t, started_us, 0),
    KT_F_TIME(kt_process_t, changed_us, 0),
    KT_F_TIME(kt_process_t, ended_us, 0),
    KT_F_ENUM(kt_process_t, state, KT_PROCESS_ABANDONED, 0),
    KT_F_U32(kt_process_t, step, 0, KT_PROCESS_STEPS_MAX, 0),
    KT_F_ENUM(kt_process_t, phase, KT_PHASE_UNDO, 0),
    KT_F_TIME(kt_process_t, since_us, 0),
    KT_F_TIME(kt_process_t, deadline_us, 0),
    KT_F_ID(kt_process_t, key, 0),
    KT_F_I64(kt_process_t, turn, 0, INT64_MAX, 0),
    KT_F_U32(kt_process_t, entries, 0, KT_PROCESS_TIMELINE_MAX, 0),
    KT_F_U32(kt_process_t, doors, 0, UINT32_MAX, 0),
    KT_F_BOOL(kt_process_t, doubtful, 0),
    KT_F_TEXT(kt_process_t, note, KT_PROCESS_NOTE_BYTES_MAX, 0),
    KT_F_TEXT(kt_process_t, incident_owner, OWNER_BYTES_MAX, 0),
};
const kt_layout_t kt_process_layout = KT_LAYOUT("process", kt_process_t, PROCESS);

static const kt_field_t TIMELINE[] = {
    KT_F_TIME(kt_timeline_entry_t, time_us, 0),
    KT_F_TEXT(kt_timeline_entry_t, step, KT_PROCESS_NAME_BYTES_MAX, 0),
    KT_F_ENUM(kt_timeline_entry_t, kind, KT_TIMELINE_ENDED, 0),
    KT_F_TEXT(kt_timeline_entry_t, text, KT_PROCESS_NOTE_BYTES_MAX, 0),
    KT_F_TEXT(kt_timeline_entry_t, by, PRINCIPAL_BYTES_MAX, 0),
};
const kt_layout_t kt_timeline_layout = KT_LAYOUT("timeline", kt_timeline_entry_t, TIMELINE);

static const kt_field_t VARIABLE_FIELDS[] = {
    KT_F_TEXT(kt_variable_t, name, KT_PROCESS_NAME_BYTES_MAX, 0),
    KT_F_TEXT(kt_variable_t, value, KT_PROCESS_TEXT_BYTES_MAX, 0),
};
const kt_layout_t kt_variable_layout = KT_LAYOUT("variable", kt_variable_t, VARIABLE_FIELDS);

typedef struct trace {
    kt_span_t traceparent;
} trace_t;
static const kt_field_t TRACE_FIELDS[] = {KT_F_TEXT(trace_t, traceparent, KT_TRACEPARENT_CHARS, 0)};
static const kt_layout_t TRACE_LAYOUT = KT_LAYOUT("trace", trace_t, TRACE_FIELDS);

typedef struct number {
    int64_t number;
} number_t;
static const kt_field_t NUMBER_FIELDS[] = {KT_F_I64(number_t, number, 0, INT64_MAX, 0)};
static const kt_layout_t NUMBER = KT_LAYOUT("turn", number_t, NUMBER_FIELDS);

typedef struct counts {
    int64_t none, running, undoing, done, rejected, incident, abandoned;
} counts_t;
#define COUNT(state) KT_F_I64(counts_t, state, 0, INT64_MAX, 0)
static const kt_field_t COUNTS_FIELDS[] = {COUNT(running),  COUNT(undoing),  COUNT(done),
                                           COUNT(rejected), COUNT(incident), COUNT(abandoned)};
static const kt_layout_t COUNTS_LAYOUT = KT_LAYOUT("counts", counts_t, COUNTS_FIELDS);

static int64_t *
count_of(counts_t *counts, uint32_t state)
{
    int64_t *const places[KT_PROCESS_STATES] = {
        [KT_PROCESS_RUNNING] = &counts->running,   [KT_PROCESS_UNDOING] = &counts->undoing,
        [KT_PROCESS_DONE] = &counts->done,         [KT_PROCESS_REJECTED] = &counts->rejected,
        [KT_PROCESS_INCIDENT] = &counts->incident, [KT_PROCESS_ABANDONED] = &counts->abandoned,
    };

    return state > 0 && state < KT_PROCESS_STATES ? places[state] : &counts->none;
}

typedef struct owner {
    kt_ulid_t process;
} owner_t;
static const kt_field_t OWNER_FIELDS[] = {KT_F_ID(owner_t, process, 0)};
static const kt_layout_t OWNER = KT_LAYOUT("outbox", owner_t, OWNER_FIELDS);

/* ---- instances ---- */

static const kt_key_t *
instance_key(kt_key_t *key, uint8_t kind, const kt_ulid_t *id)
{
    return kt_key_id(kt_key_u8(kt_key(key), kind), id);
}

kt_status_t
kt_process_load(const kt_call_t *call, const kt_ulid_t *id, kt_process_t *process, bool *found)
{
    kt_key_t key;

    *process = (kt_process_t){.process = *id};
    return kt_row_get(call, KT_TABLE_PROCESS, instance_key(&key, INSTANCE, id), &kt_process_layout,
                      process, found);
}

/* In a store that does not count them yet, they are counted. */
static kt_status_t
count_all(const kt_call_t *call, counts_t *counts)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows;
    kt_process_t one;
    kt_key_t prefix;

    KT_TRY(kt_rows_begin(&rows, call, KT_TABLE_PROCESS, kt_key_u8(kt_key(&prefix), INSTANCE)));
    while (kt_rows_next(&rows, &kt_process_layout, &one))
        *count_of(counts, one.state) += 1;
    return rows.status;
}

static kt_status_t
load_counts(const kt_call_t *call, counts_t *counts)
{
    kt_key_t key;
    bool found;

    *counts = (counts_t){0};
    KT_TRY(kt_row_get(call, KT_TABLE_PROCESS, kt_key_u8(kt_key(&key), COUNTS), &COUNTS_LAYOUT,
                      counts, &found));
    return found ? kt_ok() : count_all(call, counts);
}

/* One instance goes over from a state (0: it is new) to another. */
static kt_status_t
recount(const kt_call_t *call, uint32_t from, uint32_t to)
{
    counts_t counts;
    kt_key_t key;

    KT_TRY(load_counts(call, &counts));
    *count_of(&counts, from) -= from != 0;
    *count_of(&counts, to) += 1;
    return kt_row_put(call, KT_TABLE_PROCESS, kt_key_u8(kt_key(&key), COUNTS), &COUNTS_LAYOUT,
                      &counts);
}

kt_status_t
kt_process_counts(const kt_call_t *call, int64_t counts[KT_PROCESS_STATES])
{
    counts_t loaded;

    KT_TRY(load_counts(call, &loaded));
    for (uint32_t state = 0; state < KT_PROCESS_STATES; state++)
        counts[state] = *count_of(&loaded, state);
    return kt_ok();
}

kt_status_t
kt_process_save(const kt_call_t *call, const kt_process_t *process)
{
    kt_process_t before;
    kt_key_t key;
    bool found;

    KT_TRY(kt_process_load(call, &process->process, &before, &found));
    if (!found || before.state != process->state)
        KT_TRY(recount(call, found ? before.state : 0, process->state));
    return kt_row_put(call, KT_TABLE_PROCESS, instance_key(&key, INSTANCE, &process->process),
                      &kt_process_layout, process);
}

kt_status_t
kt_process_set_trace(const kt_call_t *call, const kt_ulid_t *id, kt_trace_t trace)
{
    char text[KT_TRACEPARENT_CHARS + 1];
    kt_key_t key;

    if (!kt_trace_known(&trace))
        return kt_ok();
    kt_trace_format(&trace, text);
    return kt_row_put(call, KT_TABLE_PROCESS, instance_key(&key, TRACE, id), &TRACE_LAYOUT,
                      &(trace_t){kt_span_str(text)});
}

kt_status_t
kt_process_trace(const kt_call_t *call, const kt_ulid_t *id, kt_span_t *traceparent)
{
    trace_t trace = {.traceparent = kt_span(NULL, 0)};
    kt_key_t key;
    bool found;

    KT_TRY(kt_row_get(call, KT_TABLE_PROCESS, instance_key(&key, TRACE, id), &TRACE_LAYOUT, &trace,
                      &found));
    *traceparent = trace.traceparent;
    return kt_ok();
}

kt_status_t
kt_process_set(const kt_call_t *call, const kt_ulid_t *id, const kt_variable_t *variable)
{
    kt_key_t key;

    (void)instance_key(&key, VARIABLE, id);
    return kt_row_put(call, KT_TABLE_PROCESS, kt_key_name(&key, variable->name),
                      &kt_variable_layout, variable);
}

kt_status_t
kt_process_note(const kt_call_t *call, kt_process_t *process, const kt_timeline_entry_t *entry)
{
    kt_key_t key;

    KT_ASSERT(process->entries < KT_PROCESS_TIMELINE_MAX);
    (void)kt_key_u32(kt_key_id(kt_key(&key), &process->process), ++process->entries);
    return kt_row_put(call, call->shared_first + KT_SHARED_TIMELINE, &key, &kt_timeline_layout,
                      entry);
}

/* ---- turns ---- */

kt_status_t
kt_process_next_turn(const kt_call_t *call, uint64_t *turn)
{
    number_t last = {0};
    kt_key_t key;
    bool found;

    KT_TRY(kt_row_get(call, KT_TABLE_PROCESS, kt_key_u8(kt_key(&key), COUNTER), &NUMBER, &last,
                      &found));
    *turn = (uint64_t)last.number + 1;
    return kt_ok();
}

kt_status_t
kt_process_put_turn(const kt_call_t *call, uint64_t turn, const kt_ulid_t *id)
{
    number_t last = {.number = (int64_t)turn};
    owner_t owner = {.process = *id};
    kt_key_t key;

    KT_TRY(kt_row_put(call, KT_TABLE_PROCESS, kt_key_u8(kt_key(&key), COUNTER), &NUMBER, &last));
    return kt_row_put(call, KT_TABLE_OUTBOX, kt_key_u64(kt_key(&key), turn), &OWNER, &owner);
}

kt_status_t
kt_process_take_turn(const kt_call_t *call, uint64_t turn)
{
    kt_key_t key;

    return kt_row_delete(call, KT_TABLE_OUTBOX, kt_key_u64(kt_key(&key), turn));
}

kt_status_t
kt_process_whose_turn(const kt_call_t *call, uint64_t turn, kt_ulid_t *id, bool *found)
{
    owner_t owner;
    kt_key_t key;

    KT_TRY(
        kt_row_get(call, KT_TABLE_OUTBOX, kt_key_u64(kt_key(&key), turn), &OWNER, &owner, found));
    if (*found)
        *id = owner.process;
    return kt_ok();
}

kt_status_t
kt_process_turns(const kt_call_t *call, uint64_t after, uint32_t max, uint64_t *turns,
                 uint32_t *count)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows;
    kt_key_t none, from;

    *count = 0;
    KT_TRY(kt_rows_begin_at(&rows, call, KT_TABLE_OUTBOX, kt_key(&none),
                            kt_key_span(kt_key_u64(kt_key(&from), after + 1))));
    while (*count < max && kt_rows_next(&rows, NULL, NULL)) {
        kt_reader_t r = kt_reader(rows.key);
        turns[(*count)++] = kt_get_u64(&r);
    }
    return rows.status;
}

/* ---- reading ---- */

kt_status_t
kt_process_get(const kt_call_t *call, const kt_ulid_t *id, kt_process_t *process)
{
    bool found;

    KT_TRY(kt_process_load(call, id, process, &found));
    return found
               ? kt_ok()
               : kt_error(KT_NOT_FOUND, KT_PROCESS_UNKNOWN, "this department has no such process");
}

kt_status_t
kt_process_variables(const kt_call_t *call, const kt_ulid_t *id, kt_variable_t *variables,
                     uint32_t *count)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows;
    kt_key_t prefix;

    *count = 0;
    KT_TRY(kt_rows_begin(&rows, call, KT_TABLE_PROCESS, instance_key(&prefix, VARIABLE, id)));
    while (*count < KT_PROCESS_VARIABLES_MAX &&
           kt_rows_next(&rows, &kt_variable_layout, &variables[*count]))
        (*count)++;
    return rows.status;
}

kt_status_t
kt_process_timeline(const kt_call_t *call, const kt_ulid_t *id, uint32_t from,
                    kt_timeline_entry_t **entries, uint32_t *count)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows;
    kt_key_t prefix, first;
    kt_timeline_entry_t *made = KT_ARENA_ARRAY(call->arena, kt_timeline_entry_t,
                                               KT_PROCESS_TIMELINE_MAX);

    *count = 0;
    if (!made)
        return kt_call_out_of_memory(call);
    (void)kt_key_u32(kt_key_id(kt_key(&first), id), from);
    KT_TRY(kt_rows_begin_at(&rows, call, call->shared_first + KT_SHARED_TIMELINE,
                            kt_key_id(kt_key(&prefix), id), kt_key_span(&first)));
    while (*count < KT_PROCESS_TIMELINE_MAX &&
           kt_rows_next(&rows, &kt_timeline_layout, &made[*count]))
        (*count)++;
    *entries = made;
    return rows.status;
}

static bool
id_in_key(kt_span_t key, kt_ulid_t *id)
{
    kt_reader_t r = kt_reader(key);

    (void)kt_get_u8(&r);
    *id = kt_key_get_id(&r);
    return kt_reader_done(&r);
}

/* From the newest down, or from the one at FROM down. */
static kt_status_t
begin_list(kt_rows_t *rows, const kt_call_t *call, kt_span_t from)
{
    kt_key_t prefix;

    (void)kt_key_u8(kt_key(&prefix), INSTANCE);
    return from.size == 0 ? kt_rows_begin_last(rows, call, KT_TABLE_PROCESS, &prefix)
                          : kt_rows_begin_back(rows, call, KT_TABLE_PROCESS, &prefix, from);
}

kt_status_t
kt_process_list(const kt_call_t *call, kt_span_t type, uint32_t state, kt_span_t from,
                uint32_t size, kt_process_t **list, uint32_t *count, kt_span_t *next)
{
    KT_CLEANUP(kt_rows_end) kt_rows_t rows;
    kt_process_t *made = KT_ARENA_ARRAY(call->arena, kt_process_t, size), one;
    uint32_t looks = 0;

    *count = 0;
    *next = kt_span(NULL, 0);
    *list = made;
    if (!made)
        return kt_call_out_of_memory(call);
    KT_TRY(begin_list(&rows, call, from));
    while (kt_rows_next(&rows, &kt_process_layout, &one)) {
        if (looks++ == KT_PROCESS_LOOKS_MAX) {
            *next = rows.key;
            break;
        }
        if ((type.size > 0 && !kt_span_equal(one.type, type)) || (state != 0 && one.state != state))
            continue;
        if (*count == size) {
            *next = rows.key;
            break;
        }
        if (!id_in_key(rows.key, &one.process))
            return kt_error(KT_DATA_LOSS, KT_KV_CORRUPT, "a process has no proper key");
        made[(*count)++] = one;
    }
    return rows.status;
}
