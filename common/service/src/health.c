/* grpc.health.v1.Health: serving until the drain begins. */
#include "shell.h"

#include <grpc/health/health.kt.h>

typedef Grpc__Health__V1__HealthCheckResponse__ServingStatus serving_t;
#define SERVING     GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
#define NOT_SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
#define NOT_KNOWN   GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN

typedef struct watch {
    serving_t last;
    bool known, told;
} watch_t;

/* The department itself (also when nobody is named), or one of its proto services. */
static bool
is_here(const kt_shell_t *shell, const char *name)
{
    if (name[0] == '\0' || strcmp(name, shell->service->name) == 0)
        return true;
    for (uint32_t i = 0; i < shell->service->bindings_count; i++)
        if (strcmp(name, shell->service->bindings[i].desc->name) == 0)
            return true;
    return false;
}

static bool
is_draining(const kt_shell_t *shell)
{
    return atomic_load(&shell->drain_asked) || atomic_load(&shell->failed);
}

static kt_status_t
check(kt_call_t *call, const health_health_check_request_t *request,
      health_health_check_response_t *response)
{
    const kt_shell_t *shell = (const kt_shell_t *)call->service;

    if (!is_here(shell, request->service))
        return kt_error(KT_NOT_FOUND, 0, "no such service here");
    response->status = is_draining(shell) ? NOT_SERVING : SERVING;
    return kt_ok();
}

static kt_status_t
watch_take(kt_call_t *call, const health_health_check_request_t *request)
{
    watch_t *watch;

    if (!request)
        return kt_ok();
    watch = KT_ARENA_NEW(call->stream_arena, watch_t);
    if (!watch)
        return kt_call_out_of_memory(call);
    watch->known = is_here((const kt_shell_t *)call->service, request->service);
    call->state = watch;
    return kt_ok();
}

static kt_status_t
watch_give(kt_call_t *call, health_health_check_response_t *response, kt_give_t *given)
{
    watch_t *watch = (watch_t *)call->state;
    bool draining = is_draining((const kt_shell_t *)call->service);
    serving_t now = !watch->known ? NOT_KNOWN : draining ? NOT_SERVING : SERVING;

    if (watch->told && watch->last == now) {
        *given = draining ? KT_GIVE_END : KT_GIVE_WAIT;
        return kt_ok();
    }
    watch->told = true;
    watch->last = now;
    response->status = now;
    *given = KT_GIVE_MESSAGE;
    return kt_ok();
}

kt_binding_t
kt_health_binding(void)
{
    static const health_health_handlers_t handlers = {
        .check = check,
        .watch_take = watch_take,
        .watch_give = watch_give,
    };

    return health_health_bind(&handlers);
}
