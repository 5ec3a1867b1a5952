/* admit.c: what is asked of a CALL before anything is kept of it, in the order of
 * kantor.rpc.v1.Reason where that is possible. */
#include "internal.h"

#include <kantor/rpc/v1/reason.kt.h>

static bool
has_path(const broker_method_t *method, kt_span_t path)
{
    return kt_span_equal(path, kt_span(method->path, method->path_size));
}

/* What PATH is of; NULL when nobody has registered it. */
static broker_method_t *
method_of(const broker_core_t *core, broker_peer_t *peer, kt_span_t path)
{
    broker_method_t **recent = peer->methods;
    unsigned at = 0;
    while (at + 1 < BROKER_METHODS_RECENT && recent[at] != NULL && !has_path(recent[at], path))
        at++;
    bool known = recent[at] != NULL && has_path(recent[at], path);
    broker_method_t *method = known ? recent[at] : broker_method_find(core, path);
    if (method == NULL)
        return NULL;
    for (; at > 0; at--)
        recent[at] = recent[at - 1];
    recent[0] = method;
    return method;
}

/* Whether what the head and the frames say has a right shape. *METHOD is then what the path is of;
 * NULL when nobody has registered it. */
static kt_status_t
check_shape(const broker_core_t *core, broker_peer_t *peer, const kt_head_t *head,
            const kt_message_t *message, broker_method_t **method)
{
    if (head->call_id == 0)
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_FRAME, "the call id is 0");
    broker_method_t *found = method_of(core, peer, head->extra);
    if (found == NULL && !kt_path_valid(head->extra)) /* one that is known has a right shape */
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_FRAME,
                        "the method path is not [department]/package.Service/Method");
    if (kt_frame_span(&message->frames[KT_FRAME_META]).size > KT_META_BYTES_MAX)
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_TOO_LARGE,
                        "the meta frame is longer than 8,192 bytes");
    if (kt_frame_span(&message->frames[KT_FRAME_BODY]).size > KT_BODY_BYTES_MAX)
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_TOO_LARGE,
                        "the request is longer than 4,194,304 bytes");
    *method = found;
    return kt_ok();
}

/* Whether PRINCIPAL may call METHOD, which exists, in this way. */
static kt_status_t
check_rule(const broker_method_t *method, const broker_principal_t *principal, bool whole)
{
    if (method->service != NULL && method->served_by == 0 && broker_service_live(method->service))
        return kt_error(KT_UNIMPLEMENTED, RPC_REASON_UNKNOWN_METHOD,
                        "the service has this method no longer");
    if (!broker_method_allows(method, principal))
        return kt_error(KT_PERMISSION_DENIED, RPC_REASON_ROLE_MISSING,
                        "none of the method's roles is the caller's");
    if (whole == method->rule.client_streaming)
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_FRAME,
                        method->rule.client_streaming
                            ? "LAST on the CALL of a method that streams from the client"
                            : "no LAST on the CALL of a method that takes one request");
    return kt_ok();
}

typedef struct awaited {
    kt_span_t path;
    bool found;
} awaited_t;

static void
note_awaited(void *context, const char *service)
{
    awaited_t *awaited = context;
    awaited->found |= broker_path_names(awaited->path, service);
}

/* Whether a service that is configured, and that no instance serves now, may have the method PATH.
 */
static bool
is_awaited(const broker_core_t *core, kt_span_t path)
{
    awaited_t awaited = {.path = path};
    broker_core_each_missing(core, note_awaited, &awaited);
    return awaited.found;
}

static const kt_status_t unknown_method = {KT_UNIMPLEMENTED, RPC_REASON_UNKNOWN_METHOD,
                                           "no service has registered this method"};

static void
run_local(broker_core_t *core, broker_peer_t *peer, const kt_head_t *head, broker_method_t *method,
          const kt_message_t *message)
{
    kt_frame_t response;
    kt_frame_init(&response);
    kt_status_t status = method->run(method->run_context,
                                     kt_frame_span(&message->frames[KT_FRAME_BODY]), &response);
    if (kt_failed(status)) {
        broker_refuse(core, &peer->outbox, head->call_id, method,
                      &(broker_verdict_t){.status = status});
    } else {
        broker_count_end(core, method, KT_OK, 0);
        broker_answer(core, &peer->outbox, head->call_id, &response);
    }
    kt_frame_close(&response);
}

/* Gives a call with its request to an instance, or to the queue; false when there is no room in it.
 */
static bool
place(broker_core_t *core, broker_call_t *call)
{
    broker_service_t *service = call->method != NULL ? call->method->service : &core->limbo;
    if (service->queued == 0) {
        broker_instance_t *instance = broker_choose(service, call->method);
        if (instance != NULL) {
            broker_wheel_set(&core->wheel, &call->timer, call->deadline_us);
            broker_dispatch(core, call, instance);
            return true;
        }
    }
    if (!broker_queue_room(core, call->peer->principal, kt_message_size(&call->request), 1) ||
        !broker_queue_push(core, service, call, false))
        return false;
    broker_arm(core, call);
    /* Others may wait only for a method that this call is not of. */
    if (service->queued > 1)
        broker_queue_serve(core, service);
    return true;
}

static const broker_verdict_t queue_full = {
    .status = {KT_RESOURCE_EXHAUSTED, RPC_REASON_QUEUE_FULL,
               "too many calls or bytes wait for an instance"},
    .retry_ms = BROKER_RETRY_HINT_MS,
};

static void
open_call(broker_core_t *core, broker_peer_t *peer, const broker_call_name_t *name,
          const kt_head_t *head, broker_method_t *method, kt_message_t *message)
{
    broker_call_t *call = broker_call_new(core, peer, name);
    if (call == NULL) {
        broker_refuse(core, &peer->outbox, head->call_id, method, &queue_full);
        return;
    }
    uint32_t timeout_ms = head->arg == 0 ? KT_TIMEOUT_MS_USUAL
                                         : KT_MIN(head->arg, (uint32_t)KT_TIMEOUT_MS_MAX);
    call->method = method;
    call->whole = (head->flags & KT_FLAG_LAST) != 0;
    call->received_us = core->now_us;
    call->deadline_us = core->now_us + timeout_ms * KT_US_PER_MS;
    kt_message_move(&call->request, message);
    call->kept = broker_trace_begin(core, call, head->flags);
    if (!place(core, call))
        broker_end(core, call, &queue_full);
}

/* What refuses a CALL before a slot is taken; OK lets it on. METHOD is NULL when the path is not
 * known: then it waits in limbo for a service that is awaited. */
static kt_status_t
check_call(const broker_core_t *core, const broker_peer_t *peer, const broker_call_name_t *name,
           const kt_head_t *head, const broker_method_t *method)
{
    if (broker_call_find(core, name) != NULL)
        return kt_error(KT_ALREADY_EXISTS, RPC_REASON_MALFORMED_FRAME,
                        "a call with this id is open");
    if (method == NULL && !is_awaited(core, head->extra))
        return unknown_method;
    if (method != NULL)
        KT_TRY(check_rule(method, peer->principal, (head->flags & KT_FLAG_LAST) != 0));
    if (method != NULL && method->service == NULL)
        return kt_ok();
    if (peer->principal->open >= peer->principal->grant->limits.calls_max)
        return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_CALLS,
                        "as many calls are open as the caller may have");
    if (core->draining)
        return broker_draining;
    return kt_ok();
}

void
broker_admit(broker_core_t *core, broker_peer_t *peer, const kt_head_t *head, kt_message_t *message)
{
    core->stats.calls++;
    broker_method_t *method = NULL;
    broker_call_name_t name = broker_call_name(core, peer, head->call_id);
    broker_verdict_t verdict = {0};
    if (peer->principal == NULL)
        verdict.status = broker_peer_unknown(peer);
    else
        verdict.status = check_shape(core, peer, head, message, &method);
    if (!kt_failed(verdict.status))
        verdict.status = check_call(core, peer, &name, head, method);
    if (kt_failed(verdict.status)) {
        bool later = verdict.status.code == KT_RESOURCE_EXHAUSTED ||
                     verdict.status.code == KT_UNAVAILABLE;
        verdict.retry_ms = later ? BROKER_RETRY_HINT_MS : 0;
        broker_refuse(core, &peer->outbox, head->call_id, method, &verdict);
    } else if (method != NULL && method->service == NULL) {
        run_local(core, peer, head, method, message);
    } else {
        open_call(core, peer, &name, head, method, message);
    }
}

/* The path of a call that waits in limbo: it had a right shape when it came. */
static kt_span_t
path_of(const broker_call_t *call)
{
    kt_span_t head = kt_frame_span(&call->request.frames[KT_FRAME_HEAD]);
    return kt_span(head.data + KT_HEAD_BYTES, head.size - KT_HEAD_BYTES);
}

static void
limbo_leave(broker_core_t *core, broker_call_t *call)
{
    bool placed = true;
    kt_status_t status = kt_ok();
    call->method = broker_method_find(core, path_of(call));
    if (call->method == NULL && is_awaited(core, path_of(call)))
        placed = broker_queue_push(core, &core->limbo, call, false);
    else if (call->method == NULL)
        status = unknown_method;
    else if (!kt_failed(status = check_rule(call->method, call->peer->principal, call->whole)))
        placed = place(core, call);
    if (kt_failed(status))
        broker_end(core, call, &(broker_verdict_t){.status = status});
    else if (!placed)
        broker_end(core, call, &queue_full);
}

void
broker_limbo_leave(broker_core_t *core)
{
    broker_node_t taken; /* all of them, since some go back */
    broker_list_init(&taken);
    while (core->limbo.queued > 0) {
        broker_call_t *call = broker_queue_first(&core->limbo);
        broker_queue_remove(core, call);
        broker_list_append(&taken, &call->place);
    }
    while (!broker_list_empty(&taken)) {
        broker_call_t *call = BROKER_ITEM(taken.next, broker_call_t, place);
        broker_list_unlink(&call->place);
        limbo_leave(core, call);
    }
}
