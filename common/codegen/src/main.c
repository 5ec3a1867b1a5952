/*
 * protoc-gen-kantor: a protoc plugin. Reads a CodeGeneratorRequest from standard input, writes a
 * CodeGeneratorResponse to standard output. The one parameter, set=<name>, adds
 * kantor/sets/<name>.kt.h and .c, which embed the descriptors. What a contract may not say is
 * answered in the response's error, and protoc fails with it.
 */
#include "gen.h"
#include <errno.h>
#include <stdlib.h>

#define ARENA_FIRST_BYTES ((size_t)1 << 20)
#define ARENA_LIMIT_BYTES ((size_t)1 << 30)
#define INPUT_STEP_BYTES  ((size_t)1 << 20)

typedef Google__Protobuf__Compiler__CodeGeneratorRequest request_t;
typedef Google__Protobuf__Compiler__CodeGeneratorResponse response_t;
typedef Google__Protobuf__Compiler__CodeGeneratorResponse__File response_file_t;

typedef struct output {
    FILE *stream;
    char *text;
    size_t size;
} output_t;

static _Noreturn void
give_up(const char *what)
{
    fprintf(stderr, "protoc-gen-kantor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void
output_open(output_t *output)
{
    *output = (output_t){0};
    output->stream = open_memstream(&output->text, &output->size);
    if (!output->stream)
        give_up("no memory for output");
}

/* The text, moved into the arena. */
static char *
output_close(gen_t *gen, output_t *output)
{
    if (fclose(output->stream) != 0)
        give_up("no memory for output");
    char *text = kt_arena_copy(gen->arena, kt_span(output->text, output->size));
    if (!text)
        give_up("no memory for output");
    free(output->text);
    return text;
}

static kt_span_t
read_all(gen_t *gen)
{
    output_t input;
    output_open(&input);
    char *step = GEN_ARRAY(gen, char, INPUT_STEP_BYTES);
    size_t got;
    while ((got = fread(step, 1, INPUT_STEP_BYTES, stdin)) > 0)
        fwrite(step, 1, got, input.stream);
    if (ferror(stdin))
        give_up("cannot read the request");
    fflush(input.stream);
    size_t size = input.size;
    return kt_span(output_close(gen, &input), size);
}

static bool
parse_parameter(gen_t *gen, const char *parameter)
{
    if (!parameter || !*parameter)
        return true;
    static const char set[] = "set=";
    const char *name = parameter + strlen(set);
    if (strncmp(parameter, set, strlen(set)) != 0 || !*name ||
        name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")])
        return false;
    gen->set = gen_printf(gen, "%s", name);
    return true;
}

typedef void (*emit_file_t)(gen_t *gen, const gen_file_t *file, FILE *out);

static void
add_file(gen_t *gen, response_t *response, const char *name, output_t *output)
{
    response_file_t *file = GEN_ARRAY(gen, response_file_t, 1);
    google__protobuf__compiler__code_generator_response__file__init(file);
    file->name = kt_arena_strdup(gen->arena, name);
    file->content = output_close(gen, output);
    response->file[response->n_file++] = file;
}

static void
emit_all(gen_t *gen, response_t *response)
{
    static const struct {
        const char *ending;
        emit_file_t emit;
    } kinds[] = {
        {".kt.h", gen_emit_header},
        {".kt.c", gen_emit_source},
        {".client.kt.h", gen_emit_client_header},
        {".client.kt.c", gen_emit_client_source},
    };
    output_t output;
    response->file = GEN_ARRAY(gen, response_file_t *, gen->files_count * KT_COUNT(kinds) + 2);
    for (size_t i = 0; i < gen->files_count; i++) {
        for (size_t j = 0; gen->files[i].wanted && j < KT_COUNT(kinds); j++) {
            output_open(&output);
            kinds[j].emit(gen, &gen->files[i], output.stream);
            add_file(gen, response, gen_printf(gen, "%s%s", gen->files[i].stem, kinds[j].ending),
                     &output);
        }
    }
    if (!gen->set)
        return;
    output_open(&output);
    gen_emit_set_header(gen, output.stream);
    add_file(gen, response, gen_printf(gen, "kantor/sets/%s.kt.h", gen->set), &output);
    output_open(&output);
    gen_emit_set_source(gen, output.stream);
    add_file(gen, response, gen_printf(gen, "kantor/sets/%s.kt.c", gen->set), &output);
}

static void
run(gen_t *gen, const request_t *request, response_t *response)
{
    output_t errors;
    output_open(&errors);
    gen->errors = errors.stream;
    if (!parse_parameter(gen, request->parameter))
        gen_error(gen, "parameter \"%s\": only set=<name> is known, of [a-z0-9_]",
                  request->parameter);
    gen_load(gen, request);
    gen_check(gen);
    if (gen->errors_count == 0)
        gen_check_names(gen);
    /* So that a proto3 `optional` reaches our own refusal, which says what to do instead. */
    response->has_supported_features = true;
    response->supported_features =
        GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__FEATURE__FEATURE_PROTO3_OPTIONAL;
    char *text = output_close(gen, &errors);
    if (gen->errors_count > 0)
        response->error = text;
    else
        emit_all(gen, response);
}

int
main(void)
{
    gen_t gen = {.arena = kt_arena_new(ARENA_FIRST_BYTES, ARENA_LIMIT_BYTES)};
    if (!gen.arena)
        give_up("no memory");
    kt_span_t input = read_all(&gen);
    request_t *request = google__protobuf__compiler__code_generator_request__unpack(
        NULL, input.size, input.data);
    if (!request) {
        fputs(
            "protoc-gen-kantor: standard input is no CodeGeneratorRequest: run me through protoc\n",
            stderr);
        return 1;
    }
    response_t response = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__INIT;
    run(&gen, request, &response);
    size_t size = google__protobuf__compiler__code_generator_response__get_packed_size(&response);
    uint8_t *bytes = GEN_ARRAY(&gen, uint8_t, size);
    google__protobuf__compiler__code_generator_response__pack(&response, bytes);
    if (fwrite(bytes, 1, size, stdout) != size || fflush(stdout) != 0)
        give_up("cannot write the response");
    google__protobuf__compiler__code_generator_request__free_unpacked(request, NULL);
    kt_arena_destroy(&gen.arena);
    return 0;
}
