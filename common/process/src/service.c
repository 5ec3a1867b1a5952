/* kantor.process.v1.Processes. */
#include <kantor/process/v1/process.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/fields.h>
#include <kt/process.h>
#include <kt/process_service.h>

#define ID_BYTES 16

/* ---- shapes ---- */

static kt_status_t
id_from_pb(kt_call_t *call, const char *text, kt_ulid_t *id)
{
    if (!kt_ulid_parse(kt_span_str(text), id))
        return kt_call_bad_field(call, "an id as it was given: 26 characters", "process");
    return kt_ok();
}

static kt_status_t
text_from_pb(kt_call_t *call, const char *text, size_t min, const char *field, kt_span_t *span)
{
    *span = kt_span_str(text);
    if (span->size < min || span->size > KT_PROCESS_NOTE_BYTES_MAX)
        return kt_call_bad_field(call, min ? "1 to 300 bytes" : "at most 300 bytes", "%s", field);
    return kt_ok();
}

static const kt_processes_t *
processes_of(const kt_call_t *call)
{
    static const kt_processes_t NONE = {0};

    return call->processes ? call->processes : &NONE;
}

static char *
literal(const char *text)
{
    return (char *)(uintptr_t)(text ? text : "");
}

/* Where it is, in words. */
static void
put_place(const kt_call_t *call, const kt_process_t *process, process_process_t *pb)
{
    const kt_process_table_t *table = kt_process_table(processes_of(call), process->type,
                                                       process->version);
    const kt_step_t *step;

    if (!table || process->step >= table->steps_count)
        return;
    step = &table->steps[process->step];
    pb->step_name = literal(step->name);
    if (process->phase == KT_PHASE_RUN)
        pb->step_owner = literal(step->kind == KT_STEP_WAIT ? step->owner : step->run.department);
    else
        pb->step_owner = literal(process->phase == KT_PHASE_UNDO ? step->undo.department
                                                                 : step->door.department);
}

static kt_status_t
process_to_pb(kt_call_t *call, const kt_process_t *process, process_process_t **pb)
{
    *pb = KT_ARENA_NEW(call->arena, process_process_t);
    if (!*pb)
        return kt_call_out_of_memory(call);
    **pb = (process_process_t)PROCESS_PROCESS_INIT;
    put_place(call, process, *pb);
    return kt_fields_to_pb(call, &kt_process_layout, process, &(*pb)->base);
}

/* ---- ListProcesses ---- */

static kt_status_t
list(kt_call_t *call, const process_list_processes_request_t *request,
     process_list_processes_response_t *response)
{
    const char *fields[] = {request->type, kt_arena_printf(call->arena, "%d", request->state)};
    kt_list_page_t page;
    kt_process_t *found;
    uint32_t count;
    kt_span_t next;

    KT_TRY(kt_page_from_pb(call, request->page_size, request->page_token, fields, KT_COUNT(fields),
                           &page));
    KT_TRY(kt_process_list(call, kt_span_str(request->type), (uint32_t)request->state, page.place,
                           page.size, &found, &count, &next));
    KT_TRY(kt_fields_list_to_pb(call, &kt_process_layout, found, count, &process_process_descriptor,
                                &response->n_processes, (void ***)&response->processes));
    for (uint32_t i = 0; i < count; i++)
        put_place(call, &found[i], response->processes[i]);
    return kt_page_to_pb(call, &page, next, &response->next_page_token);
}

/* ---- GetProcess ---- */

static const char *
name_of_kind(kt_step_kind_t kind)
{
    return kind == KT_STEP_COMMAND ? "command" : kind == KT_STEP_WAIT ? "wait" : "until";
}

static const char *
name_of_class(kt_step_class_t class)
{
    return class == KT_STEP_COMPENSATABLE ? "compensatable"
           : class == KT_STEP_PIVOT       ? "pivot"
                                          : "retriable";
}

static kt_status_t
put_steps(kt_call_t *call, const kt_process_t *process, process_get_process_response_t *response)
{
    const kt_process_table_t *table = kt_process_table(processes_of(call), process->type,
                                                       process->version);
    uint32_t count = table ? table->steps_count : 0;
    process_step_t *steps = KT_ARENA_ARRAY(call->arena, process_step_t, count + 1);

    response->steps = KT_ARENA_ARRAY(call->arena, process_step_t *, count + 1);
    if (!steps || !response->steps)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < count; i++) {
        const kt_step_t *s = &table->steps[i];
        steps[i] = (process_step_t)PROCESS_STEP_INIT;
        steps[i].name = literal(s->name);
        steps[i].what = literal(s->what);
        steps[i].department = literal(s->run.department);
        steps[i].owner = literal(s->owner);
        steps[i].kind = literal(name_of_kind(s->kind));
        steps[i].class_ = literal(name_of_class(s->class));
        steps[i].deadline_us = s->deadline_us;
        steps[i].only_with = literal(s->only_with ? s->only_with + 1 : NULL);
        response->steps[i] = &steps[i];
    }
    response->n_steps = count;
    return kt_ok();
}

static kt_status_t
get(kt_call_t *call, const process_get_process_request_t *request,
    process_get_process_response_t *response)
{
    kt_ulid_t id;
    kt_process_t process;
    kt_variable_t *variables = KT_ARENA_ARRAY(call->arena, kt_variable_t, KT_PROCESS_VARIABLES_MAX);
    kt_timeline_entry_t *entries;
    kt_span_t traceparent;
    uint32_t count;

    if (!variables)
        return kt_call_out_of_memory(call);
    KT_TRY(id_from_pb(call, request->process, &id));
    KT_TRY(kt_process_get(call, &id, &process));
    KT_TRY(process_to_pb(call, &process, &response->process));
    KT_TRY(put_steps(call, &process, response));
    KT_TRY(kt_process_trace(call, &id, &traceparent));
    if (!(response->traceparent = kt_arena_copy(call->arena, traceparent)))
        return kt_call_out_of_memory(call);
    KT_TRY(kt_process_variables(call, &id, variables, &count));
    KT_TRY(kt_fields_list_to_pb(call, &kt_variable_layout, variables, count,
                                &process_variable_descriptor, &response->n_variables,
                                (void ***)&response->variables));
    KT_TRY(kt_process_timeline(call, &id, 0, &entries, &count));
    return kt_fields_list_to_pb(call, &kt_timeline_layout, entries, count,
                                &process_timeline_entry_descriptor, &response->n_timeline,
                                (void ***)&response->timeline);
}

/* ---- WatchProcess ---- */

typedef struct watch {
    kt_ulid_t id;
    uint32_t next; /* entry of the timeline */
    bool began, ended;
} watch_t;

static kt_status_t
watch_take(kt_call_t *call, const process_watch_process_request_t *request)
{
    watch_t *watch;

    if (!request)
        return kt_ok();
    watch = KT_ARENA_NEW(call->stream_arena, watch_t);
    if (!watch)
        return kt_call_out_of_memory(call);
    KT_TRY(id_from_pb(call, request->process, &watch->id));
    watch->next = KT_MAX(request->from_entry, 1u);
    call->state = watch;
    return kt_ok();
}

static kt_status_t
watch_give(kt_call_t *call, process_watch_process_response_t *response, kt_give_t *given)
{
    watch_t *watch = (watch_t *)call->state;
    kt_process_t process;
    kt_timeline_entry_t *entries;
    uint32_t count;

    *given = KT_GIVE_END;
    if (watch->ended)
        return kt_ok();
    KT_TRY(kt_process_get(call, &watch->id, &process));
    *given = KT_GIVE_WAIT;
    if (watch->began && process.entries < watch->next && process.ended_us == 0)
        return kt_ok();
    KT_TRY(process_to_pb(call, &process, &response->process));
    KT_TRY(kt_process_timeline(call, &watch->id, watch->next, &entries, &count));
    KT_TRY(kt_fields_list_to_pb(call, &kt_timeline_layout, entries, count,
                                &process_timeline_entry_descriptor, &response->n_timeline,
                                (void ***)&response->timeline));
    watch->began = true;
    watch->next = KT_MAX(watch->next, process.entries + 1);
    watch->ended = process.ended_us != 0;
    *given = KT_GIVE_MESSAGE;
    return kt_ok();
}

/* ---- ResolveIncident, Settle ---- */

static kt_status_t
resolve(kt_call_t *call, const process_resolve_incident_request_t *request,
        process_process_t *response)
{
    kt_ulid_t id;
    kt_span_t why;
    kt_process_t process;

    KT_TRY(id_from_pb(call, request->process, &id));
    if (request->resolution < PROCESS_RESOLUTION_RETRY ||
        request->resolution > PROCESS_RESOLUTION_ABANDON)
        return kt_call_bad_field(call, "RETRY, SKIP, COMPENSATE or ABANDON", "resolution");
    KT_TRY(text_from_pb(call, request->why, 1, "why", &why));
    KT_TRY(kt_process_resolve(call, processes_of(call), &id, (kt_resolution_t)request->resolution,
                              why, &process));
    put_place(call, &process, response);
    return kt_fields_to_pb(call, &kt_process_layout, &process, &response->base);
}

static kt_status_t
settle(kt_call_t *call, const process_settle_request_t *request,
       process_settle_response_t *response)
{
    kt_settlement_t settlement = {
        .turn = request->turn,
        .verdict = (kt_verdict_t)request->verdict,
        .code = request->code,
        .answer = kt_span(request->answer.data, request->answer.len),
    };
    bool applied;

    if (call->department && strcmp(call->principal, call->department) != 0)
        return kt_error(KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING,
                        "a department settles its own processes only");
    KT_TRY(id_from_pb(call, request->process, &settlement.process));
    KT_TRY(text_from_pb(call, request->text, 0, "text", &settlement.text));
    KT_TRY(kt_process_settle(call, processes_of(call), &settlement, &applied));
    response->applied = applied;
    return kt_ok();
}

kt_binding_t
kt_process_binding(void)
{
    static const process_processes_handlers_t HANDLERS = {
        .list_processes = list,
        .get_process = get,
        .watch_process_take = watch_take,
        .watch_process_give = watch_give,
        .resolve_incident = resolve,
        .settle = settle,
    };

    return process_processes_bind(&HANDLERS);
}
