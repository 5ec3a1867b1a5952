#include "gen.h"
#include <kt/method.h>
#include <stdlib.h>

#define ROLE_BYTES_MAX 48

void
gen_error(gen_t *gen, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (gen->errors_count++ > 0)
        fputc('\n', gen->errors);
    vfprintf(gen->errors, format, args);
    va_end(args);
}

static bool
made_of(const char *text, const char *set)
{
    return *text != 0 && text[strspn(text, set)] == 0;
}

static void
check_file(gen_t *gen, const gen_file_t *file)
{
    const gen_file_proto_t *proto = file->proto;
    if (!proto->syntax || strcmp(proto->syntax, "proto3") != 0)
        gen_error(gen, "%s: not proto3: write `syntax = \"proto3\";` as its first line",
                  proto->name);
    bool has_names = proto->n_message_type + proto->n_enum_type + proto->n_service > 0;
    if (has_names && !file->prefix)
        gen_error(gen,
                  "%s: no prefix for its C names: add `option (kantor.rpc.v1.c_prefix) = \"...\";`",
                  proto->name);
    if (file->prefix &&
        (!made_of(file->prefix, "abcdefghijklmnopqrstuvwxyz0123456789_") || file->prefix[0] < 'a'))
        gen_error(gen, "%s: c_prefix \"%s\" does not begin a C name: use [a-z][a-z0-9_]*",
                  proto->name, file->prefix);
}

static bool
is_map(const gen_message_proto_t *message, const gen_field_proto_t *field)
{
    if (field->type != GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE)
        return false;
    const char *last = strrchr(field->type_name, '.');
    for (size_t i = 0; i < message->n_nested_type; i++) {
        const gen_message_proto_t *nested = message->nested_type[i];
        if (nested->options && nested->options->map_entry && strcmp(nested->name, last + 1) == 0)
            return true;
    }
    return false;
}

static void
check_message(gen_t *gen, const gen_message_t *message)
{
    const char *file = message->file->proto->name;
    if (message->proto->n_field > KT_MESSAGE_FIELDS_MAX)
        gen_error(gen,
                  "%s: message %s has more than %d fields: put some into a message of their own",
                  file, message->names.full, KT_MESSAGE_FIELDS_MAX);
    for (size_t i = 0; i < message->proto->n_field; i++) {
        const gen_field_proto_t *field = message->proto->field[i];
        if (field->proto3_optional)
            gen_error(gen,
                      "%s: field %s.%s is `optional`, which protobuf-c cannot do in proto3: "
                      "use a oneof of one field",
                      file, message->names.full, field->name);
        if (is_map(message->proto, field))
            gen_error(gen,
                      "%s: field %s.%s is a map, of which protobuf-c keeps double keys: "
                      "use a repeated message of key and value",
                      file, message->names.full, field->name);
    }
}

/* protobuf-c unpacks by recursion without a limit, so no message may hold itself. */
static void
check_cycles(gen_t *gen, gen_message_t *message, const gen_file_t *report_as)
{
    message->visit = 1;
    for (size_t i = 0; i < message->proto->n_field; i++) {
        const gen_field_proto_t *field = message->proto->field[i];
        if (field->type != GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE)
            continue;
        gen_message_t *held = gen_find_message(gen, field->type_name);
        if (held && held->visit == 1)
            gen_error(gen,
                      "%s: message %s holds itself by way of field %s.%s, and protobuf-c unpacks "
                      "without a limit of depth: refer to the inner one by its id",
                      report_as->proto->name, held->names.full, message->names.full, field->name);
        else if (held && held->visit == 0)
            check_cycles(gen, held, report_as);
    }
    message->visit = 2;
}

static void
check_roles(gen_t *gen, const char *file, const gen_method_t *method)
{
    const Kantor__Rpc__V1__Rule *rule = method->rule;
    if (rule->n_roles == 0)
        gen_error(gen,
                  "%s: the rule of method %s names no role, so nobody could call it: add "
                  "`roles: \"<department>.<role>\"`, or \"*\" for every principal",
                  file, method->path);
    if (rule->n_roles > KT_METHOD_ROLES_MAX)
        gen_error(gen,
                  "%s: the rule of method %s names %zu roles, more than %d: make one role of some",
                  file, method->path, rule->n_roles, KT_METHOD_ROLES_MAX);
    for (size_t i = 0; i < rule->n_roles; i++) {
        const char *role = rule->roles[i];
        if (strcmp(role, "*") == 0 && rule->n_roles == 1)
            continue;
        if (strcmp(role, "*") == 0)
            gen_error(
                gen, "%s: the rule of method %s has \"*\" beside other roles: leave it or them out",
                file, method->path);
        else if (!made_of(role, "abcdefghijklmnopqrstuvwxyz0123456789.-") ||
                 strlen(role) > ROLE_BYTES_MAX)
            gen_error(gen, "%s: role \"%s\" of method %s is no role name: use [a-z0-9.-]{1,%d}",
                      file, role, method->path, ROLE_BYTES_MAX);
    }
}

static void
check_method(gen_t *gen, const gen_service_t *service, const gen_method_t *method)
{
    const char *file = service->file->proto->name;
    if (strlen(method->path) > KT_METHOD_PATH_BYTES_MAX)
        gen_error(gen, "%s: the path of method %s is longer than %d bytes: shorten its name", file,
                  method->path, KT_METHOD_PATH_BYTES_MAX);
    if (gen_is_c_word(method->snake))
        gen_error(gen, "%s: method %s would be called `%s` in C, which is a word of C: rename it",
                  file, method->path, method->snake);
    if (!method->rule) {
        gen_error(gen,
                  "%s: method %s has no rule: add "
                  "`option (kantor.rpc.v1.rule) = { kind: READ roles: \"...\" };`",
                  file, method->path);
        return;
    }
    Kantor__Rpc__V1__Kind kind = method->rule->kind;
    if (kind < KANTOR__RPC__V1__KIND__READ || kind > KANTOR__RPC__V1__KIND__ADMIN)
        gen_error(gen, "%s: the rule of method %s has no kind: add `kind: READ`, WRITE or ADMIN",
                  file, method->path);
    if (kind == KANTOR__RPC__V1__KIND__WRITE && (method->takes_stream || method->gives_stream))
        gen_error(gen,
                  "%s: method %s is a WRITE and streams, but a write is one transaction with one "
                  "idempotency key: make it unary with a repeated field",
                  file, method->path);
    check_roles(gen, file, method);
}

void
gen_check(gen_t *gen)
{
    for (size_t i = 0; i < gen->files_count; i++)
        if (gen->files[i].wanted)
            check_file(gen, &gen->files[i]);
    for (size_t i = 0; i < gen->messages_count; i++) {
        gen_message_t *message = &gen->messages[i];
        if (!message->file->wanted)
            continue;
        check_message(gen, message);
        if (message->visit == 0)
            check_cycles(gen, message, message->file);
    }
    for (size_t i = 0; i < gen->services_count; i++) {
        const gen_service_t *service = &gen->services[i];
        if (service->methods_count > KT_SERVICE_METHODS_MAX)
            gen_error(gen, "%s: service %s has more than %d methods: split it",
                      service->file->proto->name, service->names.full, KT_SERVICE_METHODS_MAX);
        for (size_t j = 0; j < service->methods_count; j++)
            check_method(gen, service, &service->methods[j]);
    }
}

/* ---- C names that meet ---- */

typedef struct claim {
    const char *name;  /* of C */
    const char *owner; /* whose it is in the .proto */
} claim_t;

typedef struct claims {
    claim_t *list;
    size_t count, capacity;
} claims_t;

static void
claim(gen_t *gen, claims_t *claims, const char *owner, const char *name)
{
    if (claims->count == claims->capacity) {
        size_t capacity = KT_MAX(claims->capacity * 2, 256u);
        claim_t *list = GEN_ARRAY(gen, claim_t, capacity);
        if (claims->count > 0)
            memcpy(list, claims->list, claims->count * sizeof(*list));
        claims->list = list;
        claims->capacity = capacity;
    }
    claims->list[claims->count++] = (claim_t){.name = name, .owner = owner};
}

static void
claim_message(gen_t *gen, claims_t *claims, const gen_message_t *message)
{
    const gen_names_t *names = &message->names;
    claim(gen, claims, names->full, message->c_type);
    claim(gen, claims, names->full, gen_printf(gen, "%s_INIT", names->short_upper));
    claim(gen, claims, names->full, gen_printf(gen, "%s_descriptor", names->short_lower));
    for (size_t i = 0; i < message->proto->n_oneof_decl; i++) {
        const char *oneof = message->proto->oneof_decl[i]->name;
        const char *owner = gen_printf(gen, "%s.%s", names->full, oneof);
        const char *upper = gen_printf(gen, "%s_%s", names->short_upper, gen_upper(gen, oneof));
        claim(gen, claims, owner, gen_printf(gen, "%s_%s_case_t", names->short_lower, oneof));
        claim(gen, claims, owner, gen_printf(gen, "%s_NOT_SET", upper));
        for (size_t j = 0; j < message->proto->n_field; j++) {
            const gen_field_proto_t *field = message->proto->field[j];
            if (field->has_oneof_index && (size_t)field->oneof_index == i)
                claim(gen, claims, gen_printf(gen, "%s.%s", names->full, field->name),
                      gen_printf(gen, "%s_%s", upper, gen_upper(gen, field->name)));
        }
    }
}

static void
claim_service(gen_t *gen, claims_t *claims, const gen_service_t *service)
{
    const gen_names_t *names = &service->names;
    claim(gen, claims, names->full, gen_printf(gen, "%s_service", names->short_lower));
    claim(gen, claims, names->full, gen_printf(gen, "%s_handlers_t", names->short_lower));
    claim(gen, claims, names->full, gen_printf(gen, "%s_bind", names->short_lower));
    for (size_t i = 0; i < service->methods_count; i++) {
        const gen_method_t *method = &service->methods[i];
        claim(gen, claims, method->path, method->index_name);
        claim(gen, claims, method->path,
              gen_printf(gen, "%s_%s", names->short_lower, method->snake));
    }
}

static int
by_name(const void *a, const void *b)
{
    const claim_t *x = (const claim_t *)a, *y = (const claim_t *)b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : strcmp(x->owner, y->owner);
}

void
gen_check_names(gen_t *gen)
{
    claims_t claims = {0};
    for (size_t i = 0; i < gen->messages_count; i++)
        if (gen->messages[i].file->wanted)
            claim_message(gen, &claims, &gen->messages[i]);
    for (size_t i = 0; i < gen->enums_count; i++) {
        const gen_enum_t *e = &gen->enums[i];
        claim(gen, &claims, e->names.full, gen_printf(gen, "%s_t", e->names.short_lower));
        for (size_t j = 0; j < e->proto->n_value; j++)
            claim(gen, &claims, gen_printf(gen, "%s.%s", e->names.full, e->proto->value[j]->name),
                  gen_enum_constant(gen, e, e->proto->value[j]->name));
    }
    for (size_t i = 0; i < gen->services_count; i++)
        claim_service(gen, &claims, &gen->services[i]);
    if (claims.count > 1)
        qsort(claims.list, claims.count, sizeof(claims.list[0]), by_name);
    for (size_t i = 1; i < claims.count; i++)
        if (strcmp(claims.list[i - 1].name, claims.list[i].name) == 0)
            gen_error(gen, "%s and %s would both be called %s in C: rename one of them",
                      claims.list[i - 1].owner, claims.list[i].owner, claims.list[i].name);
}
