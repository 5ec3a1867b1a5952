/* F.kt.c: the constant tables of services, and the casts between typed and untyped handlers. */
#include "gen.h"

static const char *const kind_names[] = {
    [KANTOR__RPC__V1__KIND__READ] = "KT_METHOD_READ",
    [KANTOR__RPC__V1__KIND__WRITE] = "KT_METHOD_WRITE",
    [KANTOR__RPC__V1__KIND__ADMIN] = "KT_METHOD_ADMIN",
};

static const char *
bool_name(bool value)
{
    return value ? "true" : "false";
}

static void
emit_method(const gen_service_t *service, const gen_method_t *method, FILE *out)
{
    const Kantor__Rpc__V1__Rule *rule = method->rule;
    fprintf(out, "    [%s] = {\n", method->index_name);
    fprintf(out, "        .path = \"%s\",\n", method->path);
    fprintf(out, "        .request = &%s__descriptor,\n", method->request->names.lower);
    fprintf(out, "        .response = &%s__descriptor,\n", method->response->names.lower);
    fprintf(out, "        .kind = %s,\n", kind_names[rule->kind]);
    fprintf(out, "        .client_streaming = %s,\n", bool_name(method->takes_stream));
    fprintf(out, "        .server_streaming = %s,\n", bool_name(method->gives_stream));
    fprintf(out, "        .roles = %s_%s_roles,\n", service->names.short_lower, method->snake);
    fprintf(out, "        .roles_count = %zu,\n", rule->n_roles);
    fprintf(out, "    },\n");
}

static void
emit_table(const gen_service_t *service, FILE *out)
{
    const char *own = service->names.short_lower;
    for (size_t i = 0; i < service->methods_count; i++) {
        const gen_method_t *method = &service->methods[i];
        fprintf(out, "\nstatic const char *const %s_%s_roles[] = {", own, method->snake);
        for (size_t j = 0; j < method->rule->n_roles; j++)
            fprintf(out, "%s\"%s\"", j > 0 ? ", " : "", method->rule->roles[j]);
        fprintf(out, "};\n");
    }
    fprintf(out, "\nstatic const kt_method_t %s_methods[] = {\n", own);
    for (size_t i = 0; i < service->methods_count; i++)
        emit_method(service, &service->methods[i], out);
    fprintf(out, "};\n\n");
    fprintf(out, "const kt_service_desc_t %s_service = {\n", own);
    fprintf(out, "    .name = \"%s\",\n", service->names.full);
    fprintf(out, "    .methods = %s_methods,\n", own);
    fprintf(out, "    .methods_count = %zu,\n};\n", service->methods_count);
}

/* One cast: NAME is of the function that is made, MEMBER of the typed one it calls, ARGUMENTS what
 * it passes on. */
static void
emit_cast(gen_t *gen, const gen_service_t *service, const char *name, const char *member,
          const char *const *params, const char *arguments, FILE *out)
{
    const char *own = service->names.short_lower;
    fputc('\n', out);
    gen_put_params(out, gen_printf(gen, "static kt_status_t\n%s_%s", own, name), params, 4);
    fprintf(out, "\n{\n    const %s_handlers_t *typed = handlers;\n", own);
    fprintf(out, "    return typed->%s(%s);\n}\n", member, arguments);
}

static void
emit_casts(gen_t *gen, const gen_service_t *service, const gen_method_t *method, FILE *out)
{
    static const char *const unary[] = {"const void *handlers", "kt_call_t *call",
                                        "const void *request", "void *response", NULL};
    static const char *const take[] = {"const void *handlers", "kt_call_t *call",
                                       "const void *request", NULL};
    static const char *const give[] = {"const void *handlers", "kt_call_t *call", "void *response",
                                       "kt_give_t *given", NULL};
    const char *name = method->snake;

    if (!method->takes_stream && !method->gives_stream) {
        emit_cast(gen, service, gen_printf(gen, "%s_unary", name), name, unary,
                  "call, request, response", out);
        return;
    }
    emit_cast(gen, service, gen_printf(gen, "%s_take_step", name), gen_printf(gen, "%s_take", name),
              take, "call, request", out);
    emit_cast(gen, service, gen_printf(gen, "%s_give_step", name), gen_printf(gen, "%s_give", name),
              give, "call, response, given", out);
}

static void
emit_bind(const gen_service_t *service, FILE *out)
{
    const char *own = service->names.short_lower;
    fprintf(out, "\nstatic const kt_handler_t %s_run[] = {\n", own);
    for (size_t i = 0; i < service->methods_count; i++) {
        const gen_method_t *m = &service->methods[i];
        if (m->takes_stream || m->gives_stream)
            fprintf(out, "    [%s] = {.take = %s_%s_take_step, .give = %s_%s_give_step},\n",
                    m->index_name, own, m->snake, own, m->snake);
        else
            fprintf(out, "    [%s] = {.unary = %s_%s_unary},\n", m->index_name, own, m->snake);
    }
    fprintf(out, "};\n\nkt_binding_t\n%s_bind(const %s_handlers_t *handlers)\n{\n", own, own);
    for (size_t i = 0; i < service->methods_count; i++) {
        const gen_method_t *m = &service->methods[i];
        if (m->takes_stream || m->gives_stream)
            fprintf(out, "    KT_ASSERT(handlers->%s_take && handlers->%s_give);\n", m->snake,
                    m->snake);
        else
            fprintf(out, "    KT_ASSERT(handlers->%s);\n", m->snake);
    }
    fprintf(out,
            "    return (kt_binding_t){\n        .desc = &%s_service,\n        .run = %s_run,\n",
            own, own);
    fprintf(out, "        .handlers = handlers,\n    };\n}\n");
}

void
gen_emit_source(gen_t *gen, const gen_file_t *file, FILE *out)
{
    fprintf(out, "/* Made by protoc-gen-kantor from %s. Do not edit. */\n", file->proto->name);
    fprintf(out, "#include <%s.kt.h>\n", file->stem);
    for (size_t i = 0; i < gen->services_count; i++) {
        const gen_service_t *service = &gen->services[i];
        if (service->file != file)
            continue;
        emit_table(service, out);
        for (size_t j = 0; j < service->methods_count; j++)
            emit_casts(gen, service, &service->methods[j], out);
        emit_bind(service, out);
    }
}
