#include "handlers/actor.h"

#include <kt/event.h>

/* Who may look at and act on what is others'. */
static const char *const WIDER[] = {
    "it.expert", "it.operator", "front-office", "department", "ceo", "auditor",
};

it_actor_t
it_actor_of(const kt_call_t *call)
{
    it_actor_t actor = {
        .roles = call->roles,
        .roles_count = call->roles_count,
        .principal = kt_span_str(call->principal),
        .own_only = true,
        .now_us = call->now_us,
    };
    for (size_t i = 0; i < KT_COUNT(WIDER); i++)
        if (kt_call_has_role(call, WIDER[i]))
            actor.own_only = false;
    return actor;
}

kt_status_t
it_refuse(kt_call_t *call, kt_status_t status, const char *kind, kt_span_t id, const char *state,
          const char *command)
{
    if (status.code != KT_FAILED_PRECONDITION && status.code != KT_PERMISSION_DENIED)
        return status;
    const char *subject = kt_arena_printf(call->arena, "%s %.*s", kind, (int)id.size,
                                          (const char *)id.data);
    kt_status_t kept = kt_call_refuse(call, status.reason, status.text, subject, state, command);
    /* Its code is its own way to say that it is kept. */
    return kept.code == KT_FAILED_PRECONDITION ? status : kept;
}
