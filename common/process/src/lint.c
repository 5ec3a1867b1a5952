/* What a table of steps must keep. Each rule is one function that says what is wrong, or NULL. */
#include <kt/message.h>
#include <kt/process.h>
#include <kt/process_bind.h>

#define OWNER_ROLE_BYTES_MAX 64

typedef struct lint {
    kt_arena_t *arena;
    const kt_processes_t *processes;
    const kt_process_table_t *table;
    const kt_step_t *step;
    uint32_t at;   /* the step's place */
    uint32_t kept; /* whose answers are there: of the steps before this */
    uint32_t pivot;
} lint_t;

const kt_method_t *
kt_process_method(const kt_processes_t *processes, const char *path)
{
    for (uint32_t i = 0; i < processes->contracts_count; i++) {
        const kt_service_desc_t *contract = processes->contracts[i];
        for (uint32_t j = 0; j < contract->methods_count; j++)
            if (strcmp(contract->methods[j].path, path) == 0)
                return &contract->methods[j];
    }
    return NULL;
}

/* ---- variables ---- */

static bool
kept_before(const lint_t *l, const char *name)
{
    for (uint32_t i = 0; i < l->kept; i++)
        for (const kt_binding_text_t *b = l->table->steps[i].keep; b && b->field; b++)
            if (strcmp(b->text, name) == 0)
                return true;
    return false;
}

/* What every instance and step has of its own (kt/process.h). */
static bool
is_given(const char *name)
{
    static const char *const GIVEN[] = {"process", "subject", "started_by",
                                        "now_us",  "today",   "expires_us"};

    for (size_t i = 0; i < KT_COUNT(GIVEN); i++)
        if (strcmp(name, GIVEN[i]) == 0)
            return true;
    return false;
}

static bool
is_known(const lint_t *l, const char *name)
{
    for (const char *const *v = l->table->variables; v && *v; v++)
        if (strcmp(*v, name) == 0)
            return true;
    return is_given(name) || kept_before(l, name);
}

/* ---- commands ---- */

static bool
admits_departments(const kt_method_t *method)
{
    for (uint32_t i = 0; i < method->roles_count; i++)
        if (strcmp(method->roles[i], "department") == 0 || strcmp(method->roles[i], "*") == 0)
            return true;
    return false;
}

bool
kt_process_method_is_of(const kt_method_t *method, const char *department)
{
    const char *prefix = "/kantor.";
    size_t size = strlen(department);

    return strncmp(method->path, prefix, strlen(prefix)) == 0 &&
           strncmp(method->path + strlen(prefix), department, size) == 0 &&
           method->path[strlen(prefix) + size] == '.';
}

/* Whether a text can stand for it. */
static bool
has_text(const ProtobufCFieldDescriptor *field)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;
    return field->type != PROTOBUF_C_TYPE_MESSAGE && field->type != PROTOBUF_C_TYPE_FLOAT &&
           field->type != PROTOBUF_C_TYPE_DOUBLE;
}

/* The field of an answer, or NULL when it cannot be kept or compared. */
static const ProtobufCFieldDescriptor *
answer_field(const kt_method_t *method, const char *path)
{
    const ProtobufCFieldDescriptor *field = kt_bind_field(method->response, path);

    return field && field->label != PROTOBUF_C_LABEL_REPEATED && has_text(field) ? field : NULL;
}

/* Whether the field can be what the table itself says. */
static const char *
wrong_literal(const lint_t *l, const kt_method_t *method, const kt_binding_text_t *binding)
{
    ProtobufCMessage *message = kt_message_new(l->arena, method->request);

    return message ? kt_bind_set(l->arena, message, binding->field, kt_span_str(binding->text))
                   : "no memory for the request";
}

static const char *
wrong_binding(const lint_t *l, const kt_method_t *method, const kt_binding_text_t *binding)
{
    const ProtobufCFieldDescriptor *field = kt_bind_field(method->request, binding->field);

    if (!field)
        return kt_arena_printf(l->arena, "%s has no field %s", method->request->name,
                               binding->field);
    if (!binding->text)
        return kt_arena_printf(l->arena, "%s is bound to nothing", binding->field);
    if (!has_text(field))
        return kt_arena_printf(l->arena, "%s is nothing that a text stands for", binding->field);
    if (binding->text[0] != '$')
        return binding->text[0] ? wrong_literal(l, method, binding) : NULL;
    return is_known(l, binding->text + 1)
               ? NULL
               : kt_arena_printf(l->arena, "%s: no variable %s", binding->field, binding->text);
}

/* What a method must be for what it is to do. */
static const char *
wrong_kind(const lint_t *l, const kt_method_t *method, bool asks, bool does)
{
    if (asks && method->kind != KT_METHOD_READ)
        return kt_arena_printf(l->arena, "%s is no READ, and a wait asks", method->path);
    if (does && method->kind != KT_METHOD_WRITE)
        return kt_arena_printf(l->arena, "%s is no WRITE, and so undoes or shuts nothing",
                               method->path);
    return method->kind == KT_METHOD_ADMIN
               ? kt_arena_printf(l->arena, "%s is neither READ nor WRITE", method->path)
               : NULL;
}

/* ASKS: for a wait; DOES: as a compensation or a door. */
static const char *
wrong_command(const lint_t *l, const kt_command_t *command, bool asks, bool does)
{
    const kt_method_t *method = kt_process_method(l->processes, command->method);

    if (!method)
        return kt_arena_printf(l->arena, "no contract has %s", command->method);
    if (method->client_streaming || method->server_streaming)
        return kt_arena_printf(l->arena, "%s streams", command->method);
    if (wrong_kind(l, method, asks, does))
        return wrong_kind(l, method, asks, does);
    if (!command->department || !kt_process_method_is_of(method, command->department))
        return kt_arena_printf(l->arena, "%s is not of the department that is named",
                               command->method);
    if (!admits_departments(method))
        return kt_arena_printf(l->arena, "%s does not admit departments", command->method);
    for (const kt_binding_text_t *b = command->send; b && b->field; b++) {
        const char *problem = wrong_binding(l, method, b);
        if (problem)
            return problem;
    }
    return NULL;
}

static bool
kept_here_before(const kt_step_t *step, const kt_binding_text_t *binding)
{
    for (const kt_binding_text_t *b = step->keep; b != binding; b++)
        if (strcmp(b->text, binding->text) == 0)
            return true;
    return false;
}

static const char *
wrong_keep(const lint_t *l)
{
    const kt_method_t *method = kt_process_method(l->processes, l->step->run.method);

    for (const kt_binding_text_t *b = l->step->keep; b && b->field; b++) {
        if (!answer_field(method, b->field))
            return kt_arena_printf(l->arena, "%s has no field %s to keep", method->response->name,
                                   b->field);
        if (!b->text || kt_wrong_name(kt_span_str(b->text), KT_PROCESS_NAME_BYTES_MAX) ||
            is_given(b->text))
            return kt_arena_printf(l->arena, "%s is kept under no proper name", b->field);
        /* Whether a step is left out must say the same when it is undone. */
        if (is_known(l, b->text) || kept_here_before(l->step, b))
            return kt_arena_printf(l->arena, "%s is kept under a name that is taken", b->field);
    }
    return NULL;
}

static const char *
wrong_commands(const lint_t *l)
{
    const kt_step_t *s = l->step;
    lint_t undoing = *l; /* with the step's own answer */
    const char *problem;

    undoing.kept++;
    if (s->kind < KT_STEP_COMMAND || s->kind > KT_STEP_UNTIL)
        return "is no command, wait or until";
    if (s->kind == KT_STEP_UNTIL)
        return s->run.method || s->undo.method || s->door.method ? "until sends nothing" : NULL;
    if (!s->run.method)
        return "sends nothing";
    problem = wrong_command(l, &s->run, s->kind == KT_STEP_WAIT, false);
    if (!problem)
        problem = wrong_keep(l);
    if (!problem && s->undo.method)
        problem = wrong_command(&undoing, &s->undo, false, true);
    if (!problem && s->door.method)
        problem = wrong_command(l, &s->door, false, true);
    return problem;
}

/* ---- order ---- */

static const char *
wrong_class(const lint_t *l)
{
    const kt_step_t *s = l->step;
    bool checks = s->kind != KT_STEP_COMMAND || s->harmless;

    switch (s->class) {
    case KT_STEP_COMPENSATABLE:
        if (l->at > l->pivot)
            return "is compensatable after the pivot";
        if (!checks && !s->undo.method)
            return "has no compensation";
        if (checks && s->undo.method)
            return "has a compensation and nothing to undo";
        return NULL;
    case KT_STEP_PIVOT:
        return s->undo.method ? "is the pivot and has a compensation" : NULL;
    case KT_STEP_RETRIABLE:
        if (l->at < l->pivot)
            return "is retriable before the pivot";
        if (s->kind == KT_STEP_COMMAND && !s->certain)
            return "can be rejected after the pivot";
        if (s->never && s->never[0])
            return "can be rejected after the pivot: its wait has answers that end it";
        return s->undo.method ? "has a compensation after the pivot" : NULL;
    }
    return "has no class";
}

/* ---- waits, deadlines ---- */

/* FIELD of the answer, and the texts it is compared with. */
static const char *
wrong_answer(const lint_t *l, const char *path, const char *const *texts)
{
    const kt_method_t *method = kt_process_method(l->processes, l->step->run.method);
    const ProtobufCFieldDescriptor *field = answer_field(method, path);

    if (!field)
        return kt_arena_printf(l->arena, "%s has no field %s", method->response->name, path);
    if (field->type != PROTOBUF_C_TYPE_ENUM)
        return NULL;
    for (const char *const *v = texts; v && *v; v++)
        if (!protobuf_c_enum_descriptor_get_value_by_name(
                (const ProtobufCEnumDescriptor *)field->descriptor, *v))
            return kt_arena_printf(l->arena, "%s is never %s", path, *v);
    return NULL;
}

static const char *
wrong_wait(const lint_t *l)
{
    const kt_step_t *s = l->step;
    const char *problem;

    if (!s->field || !s->hoped || !s->hoped[0])
        return "waits for no answer";
    problem = wrong_answer(l, s->field, s->hoped);
    return problem ? problem
                   : wrong_answer(l, s->never_field ? s->never_field : s->field, s->never);
}

static const char *
wrong_times(const lint_t *l)
{
    const kt_step_t *s = l->step;

    if (!s->owner || !s->owner[0] || strlen(s->owner) > OWNER_ROLE_BYTES_MAX)
        return "has no owner";
    if (s->kind == KT_STEP_UNTIL)
        return s->instant && s->instant[0] == '$' && !is_given(s->instant + 1) &&
                       is_known(l, s->instant + 1)
                   ? NULL
                   : "is until no instant";
    if (s->deadline_us <= 0)
        return "has no deadline";
    if (s->kind == KT_STEP_COMMAND && s->deadline_us > KT_PROCESS_COMMAND_US_MAX)
        return "has a deadline past the life of an idempotency key";
    if (s->kind == KT_STEP_WAIT && s->deadline_us > KT_PROCESS_WAIT_US_MAX)
        return "waits for more than ten years";
    if (s->door.method && (s->kind != KT_STEP_WAIT || s->class == KT_STEP_RETRIABLE))
        return "has a door that is never shut: it is no wait up to the pivot";
    if (s->kind == KT_STEP_WAIT && s->class == KT_STEP_PIVOT && !s->door.method)
        return "is a wait and the pivot, and has no door to shut when it expires";
    return NULL;
}

static bool
sends_its_end(const kt_step_t *step)
{
    for (const kt_binding_text_t *b = step->run.send; b && b->field; b++)
        if (strcmp(b->text, "$expires_us") == 0)
            return true;
    return false;
}

static bool
may_be_left_out_alone(const kt_step_t *step, const kt_step_t *other)
{
    return step->only_with && (!other->only_with || strcmp(step->only_with, other->only_with) != 0);
}

/* A reservation must last until the step that makes it lasting is over. */
static const char *
wrong_reservation(const lint_t *l)
{
    const kt_step_t *s = l->step;
    int64_t needed_us = 0;

    if (s->reserves_us == 0 && s->confirmed_by)
        return "confirms what it does not reserve";
    if (s->reserves_us == 0)
        return sends_its_end(s) ? "says when it expires, and does not reserve" : NULL;
    if (!s->confirmed_by)
        return "reserves, and nothing confirms it";
    for (uint32_t i = l->at; i < l->table->steps_count; i++) {
        const kt_step_t *later = &l->table->steps[i];

        if (later->kind == KT_STEP_UNTIL)
            return kt_arena_printf(l->arena, "reserves across %s, which has no end", later->name);
        needed_us += later->deadline_us;
        if (strcmp(later->name, s->confirmed_by) != 0 || i == l->at)
            continue;
        if (!sends_its_end(s))
            return "reserves, and does not say when it expires";
        if (may_be_left_out_alone(later, s))
            return kt_arena_printf(l->arena, "is confirmed by %s, which may be left out",
                                   later->name);
        return s->reserves_us > needed_us
                   ? NULL
                   : kt_arena_printf(l->arena, "reserves for %lld s, and %s may come after %lld s",
                                     (long long)(s->reserves_us / 1000000), later->name,
                                     (long long)(needed_us / 1000000));
    }
    return kt_arena_printf(l->arena, "is confirmed by %s, which does not follow", s->confirmed_by);
}

/* ---- all ---- */

static const char *
wrong_leaving(const lint_t *l)
{
    const char *with = l->step->only_with;

    if (!with)
        return NULL;
    if (with[0] != '$' || is_given(with + 1) || !is_known(l, with + 1))
        return "is left out without what is no variable";
    return l->step->class == KT_STEP_PIVOT ? "is the pivot and may be left out" : NULL;
}

static const char *
wrong_name(const lint_t *l)
{
    if (!l->step->name || kt_wrong_name(kt_span_str(l->step->name), KT_PROCESS_NAME_BYTES_MAX))
        return "has no proper name";
    for (uint32_t i = 0; i < l->at; i++)
        if (strcmp(l->table->steps[i].name, l->step->name) == 0)
            return "has the name of another";
    return l->step->what && l->step->what[0] ? NULL : "does not say what it is";
}

static const char *
wrong_step(const lint_t *l)
{
    static const char *(*const RULES[])(const lint_t *) = {
        wrong_name, wrong_commands, wrong_class, wrong_leaving, wrong_times, wrong_reservation};

    for (size_t i = 0; i < KT_COUNT(RULES); i++) {
        const char *problem = RULES[i](l);
        if (problem)
            return problem;
    }
    return l->step->kind == KT_STEP_WAIT ? wrong_wait(l) : NULL;
}

static uint32_t
count_of(const kt_process_table_t *table, kt_step_class_t class, uint32_t *first)
{
    uint32_t count = 0;

    for (uint32_t i = table->steps_count; i-- > 0;)
        if (table->steps[i].class == class) {
            *first = i;
            count++;
        }
    return count;
}

/* Those of the start, and those that are kept. */
static uint32_t
count_variables(const kt_process_table_t *table)
{
    uint32_t count = 0;

    for (const char *const *v = table->variables; v && *v; v++)
        count++;
    for (uint32_t i = 0; i < table->steps_count; i++)
        for (const kt_binding_text_t *b = table->steps[i].keep; b && b->field; b++)
            count++;
    return count;
}

static const char *
wrong_start(const lint_t *l)
{
    for (const char *const *v = l->table->variables; v && *v; v++)
        if (kt_wrong_name(kt_span_str(*v), KT_PROCESS_NAME_BYTES_MAX) || is_given(*v))
            return kt_arena_printf(l->arena, "%s: %s is no proper name of a variable",
                                   l->table->name, *v);
    return count_variables(l->table) > KT_PROCESS_VARIABLES_MAX
               ? kt_arena_printf(l->arena, "%s has more than %d variables", l->table->name,
                                 KT_PROCESS_VARIABLES_MAX)
               : NULL;
}

const char *
kt_process_wrong(kt_arena_t *arena, const kt_processes_t *processes,
                 const kt_process_table_t *table)
{
    lint_t l = {.arena = arena, .processes = processes, .table = table};
    uint32_t pivots = count_of(table, KT_STEP_PIVOT, &l.pivot);
    const char *problem;

    if (kt_wrong_name(kt_span_str(table->name), KT_PROCESS_NAME_BYTES_MAX))
        return "the process has no proper name";
    if (table->steps_count == 0 || table->steps_count > KT_PROCESS_STEPS_MAX)
        return kt_arena_printf(arena, "%s has no steps, or more than %d", table->name,
                               KT_PROCESS_STEPS_MAX);
    if (pivots != 1)
        return kt_arena_printf(arena, "%s has %u pivots, and must have one", table->name, pivots);
    problem = wrong_start(&l);
    if (problem)
        return problem;
    for (l.at = 0; l.at < table->steps_count; l.at++) {
        l.step = &table->steps[l.at];
        l.kept = l.at;
        problem = wrong_step(&l);
        if (problem)
            return kt_arena_printf(arena, "%s, step %s: %s", table->name,
                                   l.step->name ? l.step->name : "?", problem);
    }
    return NULL;
}

const kt_process_table_t *
kt_process_table(const kt_processes_t *processes, kt_span_t name, uint32_t version)
{
    for (uint32_t i = 0; i < processes->tables_count; i++)
        if (processes->tables[i]->version == version &&
            kt_span_equal(kt_span_str(processes->tables[i]->name), name))
            return processes->tables[i];
    for (const kt_process_table_t *const *raised = kt_process_raised; *raised; raised++)
        if ((*raised)->version == version && kt_span_equal(kt_span_str((*raised)->name), name))
            return *raised;
    return NULL;
}
