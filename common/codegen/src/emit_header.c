/* F.kt.h: short names for messages and enums, and what a service's code needs to be bound. */
#include "gen.h"

static void
emit_includes(const gen_file_t *file, FILE *out)
{
    fprintf(out, "#include <%s.pb-c.h>\n", file->stem);
    for (size_t i = 0; i < file->proto->n_dependency; i++) {
        const char *name = file->proto->dependency[i];
        int stem = (int)(strlen(name) - strlen(".proto"));
        if (strncmp(name, "google/protobuf/", strlen("google/protobuf/")) != 0)
            fprintf(out, "#include <%.*s.kt.h>\n", stem, name);
    }
    fprintf(out, "#include <kt/method.h>\n");
}

static void
emit_oneof(gen_t *gen, const gen_message_t *message, size_t index, FILE *out)
{
    const char *oneof = message->proto->oneof_decl[index]->name;
    const char *pbc = gen_printf(gen, "%s__%s", message->names.upper, gen_pbc_upper(gen, oneof));
    const char *own = gen_printf(gen, "%s_%s", message->names.short_upper, gen_upper(gen, oneof));
    fprintf(out, "typedef %s__%sCase %s_%s_case_t;\n", message->names.type,
            gen_pbc_type(gen, oneof), message->names.short_lower, oneof);
    fprintf(out, "#define %s_NOT_SET %s__NOT_SET\n", own, pbc);
    for (size_t i = 0; i < message->proto->n_field; i++) {
        const gen_field_proto_t *field = message->proto->field[i];
        if (field->has_oneof_index && (size_t)field->oneof_index == index)
            fprintf(out, "#define %s_%s %s_%s\n", own, gen_upper(gen, field->name), pbc,
                    gen_pbc_upper(gen, field->name));
    }
}

static void
emit_message(gen_t *gen, const gen_message_t *message, FILE *out)
{
    const gen_names_t *names = &message->names;
    fprintf(out, "\n/* %s */\n", names->full);
    fprintf(out, "typedef %s %s;\n", names->type, message->c_type);
    fprintf(out, "#define %s_INIT %s__INIT\n", names->short_upper, names->upper);
    fprintf(out, "#define %s_descriptor %s__descriptor\n", names->short_lower, names->lower);
    for (size_t i = 0; i < message->proto->n_oneof_decl; i++)
        emit_oneof(gen, message, i, out);
}

static void
emit_enum(gen_t *gen, const gen_enum_t *e, FILE *out)
{
    fprintf(out, "\n/* %s */\n", e->names.full);
    fprintf(out, "typedef %s %s_t;\n", e->names.type, e->names.short_lower);
    fprintf(out, "#define %s_descriptor %s__descriptor\n", e->names.short_lower, e->names.lower);
    for (size_t i = 0; i < e->proto->n_value; i++) {
        const char *value = e->proto->value[i]->name;
        fprintf(out, "#define %s %s__%s\n", gen_enum_constant(gen, e, value), e->names.upper,
                value);
    }
}

static void
emit_member(gen_t *gen, const char *name, const char *const *params, FILE *out)
{
    gen_put_params(out, gen_printf(gen, "    kt_status_t (*%s)", name), params, 8);
    fputs(";\n", out);
}

static void
emit_members(gen_t *gen, const gen_method_t *method, FILE *out)
{
    const char *request = gen_printf(gen, "const %s *request", method->request->c_type);
    const char *response = gen_printf(gen, "%s *response", method->response->c_type);
    const char *const unary[] = {"kt_call_t *call", request, response, NULL};
    const char *const take[] = {"kt_call_t *call", request, NULL};
    const char *const give[] = {"kt_call_t *call", response, "kt_give_t *given", NULL};

    if (!method->takes_stream && !method->gives_stream) {
        emit_member(gen, method->snake, unary, out);
        return;
    }
    emit_member(gen, gen_printf(gen, "%s_take", method->snake), take, out);
    emit_member(gen, gen_printf(gen, "%s_give", method->snake), give, out);
}

static void
emit_service(gen_t *gen, const gen_service_t *service, FILE *out)
{
    const char *own = service->names.short_lower;
    fprintf(out, "\n/* service %s */\n", service->names.full);
    fprintf(out, "extern const kt_service_desc_t %s_service;\n\n", own);
    fprintf(out, "/* Places of its methods in %s_service.methods. */\n", own);
    fprintf(out, "enum {\n");
    for (size_t i = 0; i < service->methods_count; i++)
        fprintf(out, "    %s = %zu,\n", service->methods[i].index_name, i);
    fprintf(out, "};\n\n");
    fprintf(out, "/* What runs its methods; kt/method.h says how. No member may be NULL. */\n");
    fprintf(out, "typedef struct %s_handlers {\n", own);
    for (size_t i = 0; i < service->methods_count; i++)
        emit_members(gen, &service->methods[i], out);
    fprintf(out, "} %s_handlers_t;\n\n", own);
    fprintf(out, "/* HANDLERS is borrowed for the process's life. */\n");
    fprintf(out, "kt_binding_t %s_bind(const %s_handlers_t *handlers);\n", own, own);
}

void
gen_emit_header(gen_t *gen, const gen_file_t *file, FILE *out)
{
    const char *guard = gen_guard(gen, gen_printf(gen, "%s.kt.h", file->stem));
    fprintf(out, "/* Made by protoc-gen-kantor from %s. Do not edit. */\n", file->proto->name);
    fprintf(out, "#ifndef %s\n#define %s\n\n", guard, guard);
    emit_includes(file, out);
    for (size_t i = 0; i < gen->enums_count; i++)
        if (gen->enums[i].file == file)
            emit_enum(gen, &gen->enums[i], out);
    for (size_t i = 0; i < gen->messages_count; i++)
        if (gen->messages[i].file == file)
            emit_message(gen, &gen->messages[i], out);
    for (size_t i = 0; i < gen->services_count; i++)
        if (gen->services[i].file == file)
            emit_service(gen, &gen->services[i], out);
    fprintf(out, "\n#endif\n");
}
