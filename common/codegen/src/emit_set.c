/* kantor/sets/<set>.kt.h and .c: everything of one run of protoc in one constant: what reflection
 * serves, and lists of all services and messages. */
#include "gen.h"

#define BYTES_PER_LINE 16

void
gen_emit_set_header(gen_t *gen, FILE *out)
{
    const char *guard = gen_guard(gen, gen_printf(gen, "kantor/sets/%s.kt.h", gen->set));
    fprintf(out, "/* Made by protoc-gen-kantor. Do not edit. */\n");
    fprintf(out, "#ifndef %s\n#define %s\n\n#include <kt/method.h>\n\n", guard, guard);
    fprintf(out, "/* Made from:\n");
    for (size_t i = 0; i < gen->files_count; i++)
        if (gen->files[i].wanted)
            fprintf(out, " *   %s\n", gen->files[i].proto->name);
    fprintf(out, " * Its files hold what these need as well. */\n");
    fprintf(out, "extern const kt_proto_set_t %s_proto_set;\n\n#endif\n", gen->set);
}

/* Source locations and comments are left out: they are most of the bytes, and reflection needs
 * none. */
static void
emit_file(gen_t *gen, size_t index, FILE *out)
{
    gen_file_proto_t bare = *gen->files[index].proto;
    bare.source_code_info = NULL;
    size_t size = google__protobuf__file_descriptor_proto__get_packed_size(&bare);
    uint8_t *bytes = GEN_ARRAY(gen, uint8_t, size);
    google__protobuf__file_descriptor_proto__pack(&bare, bytes);
    fprintf(out, "\n/* %s */\nstatic const uint8_t file_%zu[] = {", bare.name, index);
    for (size_t i = 0; i < size; i++)
        fprintf(out, "%s0x%02x,", i % BYTES_PER_LINE == 0 ? "\n    " : " ", bytes[i]);
    fprintf(out, "\n};\n");
}

static void
emit_services(const gen_t *gen, FILE *out)
{
    if (gen->services_count == 0)
        return;
    fprintf(out, "\nstatic const kt_service_desc_t *const services[] = {\n");
    for (size_t i = 0; i < gen->services_count; i++)
        fprintf(out, "    &%s_service,\n", gen->services[i].names.short_lower);
    fprintf(out, "};\n");
}

static size_t
emit_messages(const gen_t *gen, FILE *out)
{
    size_t count = 0;
    for (size_t i = 0; i < gen->messages_count; i++) {
        if (!gen->messages[i].file->wanted)
            continue;
        if (count++ == 0)
            fprintf(out, "\nstatic const ProtobufCMessageDescriptor *const messages[] = {\n");
        fprintf(out, "    &%s__descriptor,\n", gen->messages[i].names.lower);
    }
    if (count > 0)
        fprintf(out, "};\n");
    return count;
}

void
gen_emit_set_source(gen_t *gen, FILE *out)
{
    fprintf(out, "/* Made by protoc-gen-kantor. Do not edit. */\n#include <kantor/sets/%s.kt.h>\n",
            gen->set);
    for (size_t i = 0; i < gen->files_count; i++)
        if (gen->files[i].wanted)
            fprintf(out, "#include <%s.kt.h>\n", gen->files[i].stem);
    for (size_t i = 0; i < gen->files_count; i++)
        emit_file(gen, i, out);
    fprintf(out, "\nstatic const kt_file_desc_t files[] = {\n");
    for (size_t i = 0; i < gen->files_count; i++)
        fprintf(out, "    {.name = \"%s\", .data = file_%zu, .size = sizeof(file_%zu)},\n",
                gen->files[i].proto->name, i, i);
    fprintf(out, "};\n");
    emit_services(gen, out);
    size_t messages = emit_messages(gen, out);
    fprintf(out, "\nconst kt_proto_set_t %s_proto_set = {\n", gen->set);
    fprintf(out, "    .name = \"%s\",\n", gen->set);
    fprintf(out, "    .files = files,\n    .files_count = %zu,\n", gen->files_count);
    if (gen->services_count > 0)
        fprintf(out, "    .services = services,\n    .services_count = %zu,\n",
                gen->services_count);
    if (messages > 0)
        fprintf(out, "    .messages = messages,\n    .messages_count = %zu,\n", messages);
    fprintf(out, "};\n");
}
