/* F.client.kt.h and .c: typed stubs over kt_client_call, apart so that services do not link the
 * client. */
#include "gen.h"

static bool
is_unary(const gen_method_t *method)
{
    return !method->takes_stream && !method->gives_stream;
}

static void
emit_signature(gen_t *gen, const gen_service_t *service, const gen_method_t *method,
               char after_type, FILE *out)
{
    const char *const params[] = {
        "kt_client_t *client",
        "const kt_call_options_t *options",
        gen_printf(gen, "const %s *request", method->request->c_type),
        "kt_reply_t *reply",
        gen_printf(gen, "const %s **response", method->response->c_type),
        NULL,
    };
    const char *head = gen_printf(gen, "kt_status_t%c%s_%s", after_type, service->names.short_lower,
                                  method->snake);
    gen_put_params(out, head, params, 4);
}

static void
emit_stub(gen_t *gen, const gen_service_t *service, const gen_method_t *method, FILE *out)
{
    fputc('\n', out);
    emit_signature(gen, service, method, '\n', out);
    fprintf(out, "\n{\n    const kt_method_t *method = &%s_service.methods[%s];\n",
            service->names.short_lower, method->index_name);
    fprintf(out, "    KT_TRY(kt_client_call(client, method, options, &request->base, reply));\n");
    fprintf(out, "    *response = (const %s *)reply->message;\n", method->response->c_type);
    fprintf(out, "    return kt_ok();\n}\n");
}

void
gen_emit_client_header(gen_t *gen, const gen_file_t *file, FILE *out)
{
    const char *guard = gen_guard(gen, gen_printf(gen, "%s.client.kt.h", file->stem));
    fprintf(out, "/* Made by protoc-gen-kantor from %s. Do not edit. */\n", file->proto->name);
    fprintf(out, "#ifndef %s\n#define %s\n\n", guard, guard);
    fprintf(out, "#include <%s.kt.h>\n#include <kt/client.h>\n", file->stem);
    for (size_t i = 0; i < gen->services_count; i++) {
        const gen_service_t *service = &gen->services[i];
        if (service->file != file)
            continue;
        fprintf(out,
                "\n/* Unary methods of %s: as kt_client_call does. *RESPONSE lies in REPLY and "
                "lives as\n",
                service->names.full);
        fprintf(out, " * long as REPLY's contents do. Streams are opened by kt_client_open. */\n");
        for (size_t j = 0; j < service->methods_count; j++) {
            if (!is_unary(&service->methods[j]))
                continue;
            emit_signature(gen, service, &service->methods[j], ' ', out);
            fprintf(out, ";\n");
        }
    }
    fprintf(out, "\n#endif\n");
}

void
gen_emit_client_source(gen_t *gen, const gen_file_t *file, FILE *out)
{
    fprintf(out, "/* Made by protoc-gen-kantor from %s. Do not edit. */\n", file->proto->name);
    fprintf(out, "#include <%s.client.kt.h>\n", file->stem);
    for (size_t i = 0; i < gen->services_count; i++) {
        const gen_service_t *service = &gen->services[i];
        for (size_t j = 0; service->file == file && j < service->methods_count; j++)
            if (is_unary(&service->methods[j]))
                emit_stub(gen, service, &service->methods[j], out);
    }
}
