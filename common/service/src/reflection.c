/* grpc.reflection.v1.ServerReflection: the files that the program was built from. */
#include "shell.h"

#include <grpc/reflection/reflection.kt.h>
#include <kantor/sets/process.kt.h>
#include <kantor/sets/shared.kt.h>
#include <kt/pb.h>

#define FILES_MAX  64
#define SYMBOL_MAX 256
#define DEPTH_MAX  8 /* messages declared inside messages */

/* Field numbers of google.protobuf.FileDescriptorProto and what lies in it (descriptor.proto). */
enum { FILE_PACKAGE = 2, FILE_DEPENDENCY = 3, FILE_MESSAGE = 4, FILE_ENUM = 5, FILE_SERVICE = 6 };
enum { ANY_NAME = 1, MESSAGE_NESTED = 3, MESSAGE_ENUM = 4, SERVICE_METHOD = 2 };

typedef reflection_server_reflection_request_t request_t;
typedef reflection_server_reflection_response_t response_t;
#define REQUEST(kind)  REFLECTION_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_##kind
#define RESPONSE(kind) REFLECTION_SERVER_REFLECTION_RESPONSE_MESSAGE_RESPONSE_##kind

/* The one request that waits for its answer. */
typedef struct pending {
    bool any, last;
    Grpc__Reflection__V1__ServerReflectionRequest__MessageRequestCase kind;
    char host[SYMBOL_MAX + 1];
    char text[SYMBOL_MAX + 1];
    int32_t number; /* of an extension */
} pending_t;

/* What a department may have beside its own. */
static const kt_proto_set_t *const SHARED[] = {&shared_proto_set, &process_proto_set};

/* ---- files ---- */

/* The department's files, then the shared ones. */
static const kt_file_desc_t *
file_at(const kt_shell_t *shell, uint32_t i)
{
    const kt_service_t *service = shell->service;

    if (i < service->files_count)
        return &service->files[i];
    i -= service->files_count;
    for (size_t s = 0; s < KT_COUNT(SHARED); i -= SHARED[s++]->files_count)
        if (i < SHARED[s]->files_count)
            return &SHARED[s]->files[i];
    return NULL;
}

static const kt_file_desc_t *
file_named(const kt_shell_t *shell, kt_span_t name)
{
    const kt_file_desc_t *file;

    for (uint32_t i = 0; (file = file_at(shell, i)) != NULL; i++)
        if (kt_span_equal(kt_span_str(file->name), name))
            return file;
    return NULL;
}

static kt_span_t
first_bytes(kt_span_t message, uint32_t number)
{
    kt_reader_t reader = kt_reader(message);
    kt_pb_field_t field;

    while (kt_pb_next(&reader, &field))
        if (field.number == number && field.type == KT_PB_BYTES)
            return field.bytes;
    return kt_span(NULL, 0);
}

/* Whether SYMBOL is NAME; *REST is what follows when it goes on below it ("a.B" for name "a"). */
static bool
enters(kt_span_t symbol, kt_span_t name, kt_span_t *rest)
{
    if (!kt_span_starts_with(symbol, name))
        return false;
    if (symbol.size == name.size) {
        *rest = kt_span(NULL, 0);
        return true;
    }
    if (name.size == 0 || symbol.data[name.size] != '.')
        return false;
    *rest = kt_span(symbol.data + name.size + 1, symbol.size - name.size - 1);
    return true;
}

/* Whether SYMBOL is declared in this message, enum or service, whose members of kind A and B are
 * looked into. */
static bool
declares(kt_span_t declaration, kt_span_t symbol, uint32_t a, uint32_t b, unsigned depth)
{
    kt_reader_t reader = kt_reader(declaration);
    kt_pb_field_t field;
    kt_span_t rest;

    if (depth == 0 || !enters(symbol, first_bytes(declaration, ANY_NAME), &rest))
        return false;
    if (rest.size == 0)
        return true;
    while (kt_pb_next(&reader, &field))
        if (field.type == KT_PB_BYTES && (field.number == a || field.number == b) &&
            declares(field.bytes, rest, a, b, depth - 1))
            return true;
    return false;
}

static bool
file_declares(const kt_file_desc_t *file, kt_span_t symbol)
{
    kt_span_t bytes = kt_span(file->data, file->size);
    kt_reader_t reader = kt_reader(bytes);
    kt_pb_field_t field;
    kt_span_t rest;

    if (!enters(symbol, first_bytes(bytes, FILE_PACKAGE), &rest) || rest.size == 0)
        return false;
    while (kt_pb_next(&reader, &field)) {
        if (field.type != KT_PB_BYTES)
            continue;
        if ((field.number == FILE_MESSAGE || field.number == FILE_ENUM) &&
            declares(field.bytes, rest, MESSAGE_NESTED, MESSAGE_ENUM, DEPTH_MAX))
            return true;
        if (field.number == FILE_SERVICE &&
            declares(field.bytes, rest, SERVICE_METHOD, SERVICE_METHOD, DEPTH_MAX))
            return true;
    }
    return false;
}

/* ---- answers ---- */

static kt_status_t
answer_error(kt_call_t *call, response_t *response, kt_code_t code, const char *text)
{
    reflection_error_response_t *error = (reflection_error_response_t *)kt_arena_alloc(
        call->arena, sizeof(*error));

    if (!error)
        return kt_call_out_of_memory(call);
    *error = (reflection_error_response_t)REFLECTION_ERROR_RESPONSE_INIT;
    error->error_code = (int32_t)code;
    error->error_message = (char *)(uintptr_t)text;
    response->message_response_case = RESPONSE(ERROR_RESPONSE);
    response->error_response = error;
    return kt_ok();
}

/* FILE and all that it needs, each once. */
static kt_status_t
answer_file(kt_call_t *call, response_t *response, const kt_file_desc_t *file)
{
    const kt_shell_t *shell = (const kt_shell_t *)call->service;
    reflection_file_descriptor_response_t *files = (reflection_file_descriptor_response_t *)
        kt_arena_alloc(call->arena, sizeof(*files));
    ProtobufCBinaryData *data = KT_ARENA_ARRAY(call->arena, ProtobufCBinaryData, FILES_MAX);
    const kt_file_desc_t *found[FILES_MAX] = {file};
    size_t count = 1;

    if (!files || !data)
        return kt_call_out_of_memory(call);
    for (size_t i = 0; i < count; i++) {
        kt_reader_t reader = kt_reader(kt_span(found[i]->data, found[i]->size));
        kt_pb_field_t field;

        data[i] = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)found[i]->data,
                                        .len = found[i]->size};
        while (kt_pb_next(&reader, &field)) {
            const kt_file_desc_t *needed;
            size_t known = 0;

            if (field.number != FILE_DEPENDENCY || field.type != KT_PB_BYTES)
                continue;
            needed = file_named(shell, field.bytes);
            while (known < count && found[known] != needed)
                known++;
            if (needed && known == count && count < FILES_MAX)
                found[count++] = needed;
        }
    }
    *files = (reflection_file_descriptor_response_t)REFLECTION_FILE_DESCRIPTOR_RESPONSE_INIT;
    files->file_descriptor_proto = data;
    files->n_file_descriptor_proto = count;
    response->message_response_case = RESPONSE(FILE_DESCRIPTOR_RESPONSE);
    response->file_descriptor_response = files;
    return kt_ok();
}

static kt_status_t
answer_found(kt_call_t *call, response_t *response, const kt_file_desc_t *file)
{
    if (!file)
        return answer_error(call, response, KT_NOT_FOUND, "not in this service's files");
    return answer_file(call, response, file);
}

static kt_status_t
answer_symbol(kt_call_t *call, response_t *response, const char *symbol)
{
    const kt_shell_t *shell = (const kt_shell_t *)call->service;
    const kt_file_desc_t *file;

    for (uint32_t i = 0; (file = file_at(shell, i)) != NULL; i++)
        if (file_declares(file, kt_span_str(symbol)))
            break;
    return answer_found(call, response, file);
}

static kt_status_t
put_service(kt_call_t *call, reflection_list_service_response_t *list, const char *name)
{
    reflection_service_response_t *service = (reflection_service_response_t *)kt_arena_alloc(
        call->arena, sizeof(*service));

    if (!service)
        return kt_call_out_of_memory(call);
    *service = (reflection_service_response_t)REFLECTION_SERVICE_RESPONSE_INIT;
    service->name = (char *)(uintptr_t)name;
    list->service[list->n_service++] = service;
    return kt_ok();
}

/* Of the shared services, a department answers those that its store has something for. */
static bool
is_answered(const kt_shell_t *shell, const kt_service_desc_t *service)
{
    for (uint32_t i = 0; i < shell->methods_count; i++)
        if (shell->bound[i].method == &service->methods[0])
            return true;
    return false;
}

static kt_status_t
answer_services(kt_call_t *call, response_t *response)
{
    const kt_shell_t *shell = (const kt_shell_t *)call->service;
    uint32_t own = shell->service->bindings_count;
    uint32_t shared = 0;
    reflection_list_service_response_t *list = (reflection_list_service_response_t *)kt_arena_alloc(
        call->arena, sizeof(*list));

    for (size_t s = 0; s < KT_COUNT(SHARED); s++)
        shared += SHARED[s]->services_count;
    if (!list)
        return kt_call_out_of_memory(call);
    *list = (reflection_list_service_response_t)REFLECTION_LIST_SERVICE_RESPONSE_INIT;
    list->service = KT_ARENA_ARRAY(call->arena, reflection_service_response_t *, own + shared);
    if (!list->service)
        return kt_call_out_of_memory(call);
    for (uint32_t i = 0; i < own; i++)
        KT_TRY(put_service(call, list, shell->service->bindings[i].desc->name));
    for (size_t s = 0; s < KT_COUNT(SHARED); s++)
        for (uint32_t i = 0; i < SHARED[s]->services_count; i++)
            if (is_answered(shell, SHARED[s]->services[i]))
                KT_TRY(put_service(call, list, SHARED[s]->services[i]->name));
    response->message_response_case = RESPONSE(LIST_SERVICES_RESPONSE);
    response->list_services_response = list;
    return kt_ok();
}

static kt_status_t
answer(kt_call_t *call, const pending_t *pending, response_t *response)
{
    const kt_shell_t *shell = (const kt_shell_t *)call->service;

    switch ((int)pending->kind) {
    case REQUEST(FILE_BY_FILENAME):
        return answer_found(call, response, file_named(shell, kt_span_str(pending->text)));
    case REQUEST(FILE_CONTAINING_SYMBOL):
        return answer_symbol(call, response, pending->text);
    case REQUEST(LIST_SERVICES):
        return answer_services(call, response);
    default:
        return answer_error(call, response, KT_UNIMPLEMENTED,
                            "extensions are not served: ask for a file or a symbol");
    }
}

/* ---- the stream ---- */

static const char *
text_of(const request_t *request)
{
    if (request->message_request_case == REQUEST(FILE_BY_FILENAME))
        return request->file_by_filename;
    if (request->message_request_case == REQUEST(FILE_CONTAINING_SYMBOL))
        return request->file_containing_symbol;
    if (request->message_request_case == REQUEST(LIST_SERVICES))
        return request->list_services;
    return "";
}

static pending_t *
pending_of(kt_call_t *call)
{
    if (!call->state)
        call->state = KT_ARENA_NEW(call->stream_arena, pending_t);
    return (pending_t *)call->state;
}

static kt_status_t
info_take(kt_call_t *call, const request_t *request)
{
    pending_t *pending = pending_of(call);

    if (!pending)
        return kt_call_out_of_memory(call);
    if (!request) {
        pending->last = true;
        return kt_ok();
    }
    if (strlen(text_of(request)) > SYMBOL_MAX)
        return kt_call_bad_field(call, "must be at most 256 bytes", "message_request");
    if (strlen(request->host) > SYMBOL_MAX)
        return kt_call_bad_field(call, "must be at most 256 bytes", "host");
    pending->any = true;
    pending->kind = request->message_request_case;
    memcpy(pending->text, text_of(request), strlen(text_of(request)) + 1);
    memcpy(pending->host, request->host, strlen(request->host) + 1);
    return kt_ok();
}

/* The request as it came: gRPC clients tell answers apart by it. */
static kt_status_t
put_original(kt_call_t *call, pending_t *pending, response_t *response)
{
    request_t *original = (request_t *)kt_arena_alloc(call->arena, sizeof(*original));

    if (!original)
        return kt_call_out_of_memory(call);
    *original = (request_t)REFLECTION_SERVER_REFLECTION_REQUEST_INIT;
    original->host = pending->host;
    if (pending->kind == REQUEST(FILE_BY_FILENAME) ||
        pending->kind == REQUEST(FILE_CONTAINING_SYMBOL) ||
        pending->kind == REQUEST(LIST_SERVICES)) {
        original->message_request_case = pending->kind;
        original->list_services = pending->text; /* one union: all three are strings */
    }
    response->valid_host = pending->host;
    response->original_request = original;
    return kt_ok();
}

static kt_status_t
info_give(kt_call_t *call, response_t *response, kt_give_t *given)
{
    pending_t *pending = pending_of(call);

    if (!pending)
        return kt_call_out_of_memory(call);
    if (!pending->any) {
        *given = pending->last ? KT_GIVE_END : KT_GIVE_WAIT;
        return kt_ok();
    }
    pending->any = false;
    *given = KT_GIVE_MESSAGE;
    KT_TRY(put_original(call, pending, response));
    return answer(call, pending, response);
}

kt_binding_t
kt_reflection_binding(void)
{
    static const reflection_server_reflection_handlers_t handlers = {
        .server_reflection_info_take = info_take,
        .server_reflection_info_give = info_give,
    };

    return reflection_server_reflection_bind(&handlers);
}
