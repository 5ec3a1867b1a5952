/* All methods that an instance answers: the department's own and the shared ones, and the
 * Registration that names them. */
#include "shell.h"

#include <kantor/rpc/v1/call.kt.h>
#include <kt/pb.h>
#include <kt/process_service.h>
#include <stdio.h>
#include <stdlib.h>

#define SHARED_COUNT 5

/* The field numbers of Registration and RegisteredMethod (call.proto); a test decodes it with the
 * generated code. */
enum {
    REG_SERVICE = 1,
    REG_INSTANCE = 2,
    REG_CAPACITY = 3,
    REG_VERSION = 4,
    REG_METHODS = 5,
    REG_EPOCH = 6,
    REG_LIFE = 7,
};
enum {
    METHOD_PATH = 1,
    METHOD_KIND = 2,
    METHOD_CLIENT_STREAMING = 3,
    METHOD_SERVER_STREAMING = 4,
    METHOD_ROLES = 5,
};

static kt_status_t
out_of_memory(void)
{
    return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the table of methods");
}

/* The path that callers send. Heap; freed by kt_methods_unbind. */
static char *
path_of(const kt_service_t *service, const kt_method_t *method, bool shared)
{
    char *path = NULL;

    if (asprintf(&path, "%s%s", shared ? service->name : "", method->path) < 0)
        return NULL;
    return path;
}

static kt_status_t
bind_service(kt_shell_t *shell, const kt_binding_t *binding, bool shared)
{
    for (uint32_t i = 0; i < binding->desc->methods_count; i++) {
        const kt_method_t *method = &binding->desc->methods[i];
        uint32_t at = shell->methods_count;
        char *path = path_of(shell->service, method, shared);

        if (!path)
            return out_of_memory();
        shell->paths[at] = (kt_server_method_t){.path = path, .method = method};
        shell->bound[at] = (kt_bound_t){
            .method = method,
            .run = &binding->run[i],
            .handlers = binding->handlers,
            .shared = shared,
        };
        shell->methods_count++;
    }
    return kt_ok();
}

static void
put_method(kt_writer_t *w, const kt_server_method_t *path)
{
    const kt_method_t *method = path->method;
    size_t opened = kt_pb_open(w, REG_METHODS);

    kt_pb_put_bytes(w, METHOD_PATH, kt_span_str(path->path));
    kt_pb_put_uint(w, METHOD_KIND, method->kind);
    kt_pb_put_uint(w, METHOD_CLIENT_STREAMING, method->client_streaming);
    kt_pb_put_uint(w, METHOD_SERVER_STREAMING, method->server_streaming);
    for (uint32_t i = 0; i < method->roles_count; i++)
        kt_pb_put_bytes(w, METHOD_ROLES, kt_span_str(method->roles[i]));
    kt_pb_close(w, opened);
}

static kt_status_t
encode_registration(kt_shell_t *shell)
{
    kt_writer_t w;

    shell->registration = (uint8_t *)malloc(KT_REGISTRATION_BYTES_MAX);
    if (!shell->registration)
        return out_of_memory();
    w = kt_writer(shell->registration, KT_REGISTRATION_BYTES_MAX);
    kt_pb_put_bytes(&w, REG_SERVICE, kt_span_str(shell->service->name));
    kt_pb_put_bytes(&w, REG_INSTANCE, kt_span_str(shell->instance));
    kt_pb_put_uint(&w, REG_CAPACITY, shell->options.capacity);
    kt_pb_put_bytes(&w, REG_VERSION, kt_span_str(shell->service->version));
    for (uint32_t i = 0; i < shell->methods_count; i++)
        put_method(&w, &shell->paths[i]);
    if (shell->life.epoch > 0) { /* it has a store */
        kt_pb_put_uint(&w, REG_EPOCH, shell->life.epoch);
        kt_pb_put_bytes(&w, REG_LIFE,
                        kt_span(shell->life.life.bytes, sizeof(shell->life.life.bytes)));
    }
    KT_ASSERT(!w.failed); /* the program's own tables do not fit: see KT_SERVICE_METHODS_MAX */
    shell->registration_size = w.size;
    return kt_ok();
}

kt_status_t
kt_methods_bind(kt_shell_t *shell)
{
    const kt_service_t *service = shell->service;
    kt_binding_t shared[SHARED_COUNT] = {kt_health_binding(), kt_reflection_binding()};
    uint32_t shared_count = 2;
    uint32_t count = 0;

    if (shell->store)
        shared[shared_count++] = kt_store_binding();
    if (service->shared_first > 0) {
        shared[shared_count++] = kt_feed_binding();
        shared[shared_count++] = kt_process_binding();
    }
    for (uint32_t i = 0; i < service->bindings_count; i++)
        count += service->bindings[i].desc->methods_count;
    for (uint32_t i = 0; i < shared_count; i++)
        count += shared[i].desc->methods_count;
    KT_ASSERT(count <= KT_SERVICE_METHODS_MAX);
    shell->paths = (kt_server_method_t *)calloc(count, sizeof(*shell->paths));
    shell->bound = (kt_bound_t *)calloc(count, sizeof(*shell->bound));
    if (!shell->paths || !shell->bound)
        return out_of_memory();
    for (uint32_t i = 0; i < service->bindings_count; i++)
        KT_TRY(bind_service(shell, &service->bindings[i], false));
    for (uint32_t i = 0; i < shared_count; i++)
        KT_TRY(bind_service(shell, &shared[i], true));
    return encode_registration(shell);
}

void
kt_methods_unbind(kt_shell_t *shell)
{
    for (uint32_t i = 0; i < shell->methods_count; i++)
        free((char *)(uintptr_t)shell->paths[i].path);
    free(shell->paths);
    free(shell->bound);
    free(shell->registration);
}
