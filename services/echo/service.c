#include "service.h"

#include "handlers/echo.h"

#include <kantor/sets/echo.kt.h>

#define ECHO_VERSION "0.1.0"

const kt_service_t *
echo_service(void)
{
    static kt_binding_t binding;
    static kt_service_t service = {
        .name = "echo",
        .version = ECHO_VERSION,
        .bindings = &binding,
        .bindings_count = 1,
        .start = echo_start,
        .stop = echo_stop,
    };

    binding = echo_echo_bind(&echo_handlers);
    service.files = echo_proto_set.files;
    service.files_count = echo_proto_set.files_count;
    return &service;
}
