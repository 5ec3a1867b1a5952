#include "gen.h"
#include <kt/option.h>

static const Kantor__Rpc__V1__Rule *
load_rule(gen_t *gen, const gen_method_proto_t *method)
{
    kt_span_t bytes = kt_option_bytes(gen->arena, method->options ? &method->options->base : NULL,
                                      KT_OPTION_TAG);
    if (!bytes.data)
        return NULL;
    Kantor__Rpc__V1__Rule *rule = kantor__rpc__v1__rule__unpack(NULL, bytes.size, bytes.data);
    if (!rule)
        return NULL;
    Kantor__Rpc__V1__Rule *copy = GEN_ARRAY(gen, Kantor__Rpc__V1__Rule, 1);
    *copy = *rule;
    copy->roles = GEN_ARRAY(gen, char *, rule->n_roles);
    for (size_t i = 0; i < rule->n_roles; i++)
        copy->roles[i] = kt_arena_strdup(gen->arena, rule->roles[i]);
    kantor__rpc__v1__rule__free_unpacked(rule, NULL);
    return copy;
}

static void
load_file(gen_t *gen, const Google__Protobuf__Compiler__CodeGeneratorRequest *request,
          const gen_file_proto_t *proto, gen_file_t *file)
{
    size_t name = strlen(proto->name);
    size_t ending = strlen(".proto");
    bool proto_name = name > ending && strcmp(proto->name + name - ending, ".proto") == 0;
    kt_span_t prefix = kt_option_bytes(gen->arena, proto->options ? &proto->options->base : NULL,
                                       KT_OPTION_TAG);
    *file = (gen_file_t){
        .proto = proto,
        .stem = gen_printf(gen, "%.*s", (int)(proto_name ? name - ending : name), proto->name),
        .prefix = prefix.data ? kt_arena_copy(gen->arena, prefix) : NULL,
    };
    for (size_t i = 0; i < request->n_file_to_generate; i++)
        file->wanted = file->wanted || strcmp(request->file_to_generate[i], proto->name) == 0;
}

static gen_names_t
make_names(gen_t *gen, const gen_file_t *file, const char *relative)
{
    const char *package = file->proto->package ? file->proto->package : "";
    gen_names_t names = {.full = gen_printf(gen, "%s%s%s", package, *package ? "." : "", relative)};
    names.type = gen_pbc_type(gen, names.full);
    names.lower = gen_pbc_lower(gen, names.full);
    names.upper = gen_pbc_upper(gen, names.full);
    if (file->prefix) {
        names.short_lower = gen_printf(gen, "%s_%s", file->prefix, gen_snake(gen, relative));
        names.short_upper = gen_upper(gen, names.short_lower);
    }
    return names;
}

static void
load_enum(gen_t *gen, const gen_file_t *file, const char *scope, const gen_enum_proto_t *proto)
{
    if (!file->wanted)
        return;
    gen->enums[gen->enums_count++] = (gen_enum_t){
        .names = make_names(gen, file, gen_printf(gen, "%s%s", scope, proto->name)),
        .file = file,
        .proto = proto,
    };
}

static void
load_message(gen_t *gen, const gen_file_t *file, const char *scope,
             const gen_message_proto_t *proto)
{
    if (proto->options && proto->options->map_entry)
        return;
    const char *relative = gen_printf(gen, "%s%s", scope, proto->name);
    gen_message_t *message = &gen->messages[gen->messages_count++];
    *message = (gen_message_t){
        .names = make_names(gen, file, relative), .file = file, .proto = proto};
    message->c_type = file->prefix ? gen_printf(gen, "%s_t", message->names.short_lower)
                                   : message->names.type;
    const char *inner = gen_printf(gen, "%s.", relative);
    for (size_t i = 0; i < proto->n_enum_type; i++)
        load_enum(gen, file, inner, proto->enum_type[i]);
    for (size_t i = 0; i < proto->n_nested_type; i++)
        load_message(gen, file, inner, proto->nested_type[i]);
}

static void
load_method(gen_t *gen, const gen_service_t *service, const gen_method_proto_t *proto,
            gen_method_t *method)
{
    const char *snake = gen_snake(gen, proto->name);
    *method = (gen_method_t){
        .proto = proto,
        .snake = snake,
        .path = gen_printf(gen, "/%s/%s", service->names.full, proto->name),
        .request = gen_find_message(gen, proto->input_type),
        .response = gen_find_message(gen, proto->output_type),
        .rule = load_rule(gen, proto),
        .takes_stream = proto->client_streaming,
        .gives_stream = proto->server_streaming,
    };
    if (service->names.short_upper)
        method->index_name = gen_printf(gen, "%s_%s", service->names.short_upper,
                                        gen_upper(gen, snake));
}

static void
load_service(gen_t *gen, const gen_file_t *file, const gen_service_proto_t *proto)
{
    gen_service_t *service = &gen->services[gen->services_count++];
    *service = (gen_service_t){
        .names = make_names(gen, file, proto->name),
        .file = file,
        .proto = proto,
        .methods = GEN_ARRAY(gen, gen_method_t, proto->n_method),
        .methods_count = proto->n_method,
    };
    for (size_t i = 0; i < proto->n_method; i++)
        load_method(gen, service, proto->method[i], &service->methods[i]);
}

typedef struct counts {
    size_t messages, enums, services;
} counts_t;

static void
count_message(const gen_message_proto_t *proto, counts_t *counts)
{
    counts->messages++;
    counts->enums += proto->n_enum_type;
    for (size_t i = 0; i < proto->n_nested_type; i++)
        count_message(proto->nested_type[i], counts);
}

void
gen_load(gen_t *gen, const Google__Protobuf__Compiler__CodeGeneratorRequest *request)
{
    counts_t counts = {0};
    gen->files = GEN_ARRAY(gen, gen_file_t, request->n_proto_file);
    gen->files_count = request->n_proto_file;
    for (size_t i = 0; i < request->n_proto_file; i++) {
        const gen_file_proto_t *proto = request->proto_file[i];
        load_file(gen, request, proto, &gen->files[i]);
        counts.enums += proto->n_enum_type;
        counts.services += proto->n_service;
        for (size_t j = 0; j < proto->n_message_type; j++)
            count_message(proto->message_type[j], &counts);
    }
    gen->messages = GEN_ARRAY(gen, gen_message_t, counts.messages);
    gen->enums = GEN_ARRAY(gen, gen_enum_t, counts.enums);
    gen->services = GEN_ARRAY(gen, gen_service_t, counts.services);
    for (size_t i = 0; i < gen->files_count; i++) {
        const gen_file_proto_t *proto = gen->files[i].proto;
        for (size_t j = 0; j < proto->n_enum_type; j++)
            load_enum(gen, &gen->files[i], "", proto->enum_type[j]);
        for (size_t j = 0; j < proto->n_message_type; j++)
            load_message(gen, &gen->files[i], "", proto->message_type[j]);
        for (size_t j = 0; gen->files[i].wanted && j < proto->n_service; j++)
            load_service(gen, &gen->files[i], proto->service[j]);
    }
}

gen_message_t *
gen_find_message(const gen_t *gen, const char *type_name)
{
    const char *full = type_name[0] == '.' ? type_name + 1 : type_name;
    for (size_t i = 0; i < gen->messages_count; i++)
        if (strcmp(gen->messages[i].names.full, full) == 0)
            return &gen->messages[i];
    return NULL;
}

const char *
gen_enum_constant(gen_t *gen, const gen_enum_t *e, const char *value)
{
    const char *own = gen_upper(gen, gen_snake(gen, e->proto->name));
    size_t size = strlen(own);
    if (strncmp(value, own, size) == 0 && value[size] == '_' && value[size + 1])
        value += size + 1;
    return gen_printf(gen, "%s_%s", e->names.short_upper, gen_upper(gen, value));
}

/* A proto3 optional field comes with a oneof of its own that nobody wrote. */
bool
gen_oneof_is_real(const gen_message_proto_t *message, size_t oneof)
{
    for (size_t i = 0; i < message->n_field; i++) {
        const gen_field_proto_t *field = message->field[i];
        if (field->has_oneof_index && (size_t)field->oneof_index == oneof &&
            !field->proto3_optional)
            return true;
    }
    return false;
}
