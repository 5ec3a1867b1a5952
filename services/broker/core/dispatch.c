/* dispatch.c: which instance gets a call, and what becomes of it when time or the instance runs
 * out. */
#include "internal.h"

#include <kantor/rpc/v1/reason.kt.h>

broker_instance_t *
broker_choose(broker_service_t *service, const broker_method_t *method)
{
    broker_instance_t *best = NULL;
    uint32_t best_credit = 0;
    uint64_t served_by = method != NULL ? method->served_by : ~UINT64_C(0);
    for (unsigned i = 0, at = service->next; i < service->instances_count; i++, at++) {
        if (at >= service->instances_count)
            at = 0;
        broker_instance_t *instance = service->instances[at];
        if (instance == NULL || instance->draining || instance->outbox.count > 0 ||
            instance->outbox.gone || (served_by >> at & 1) == 0)
            continue;
        uint32_t credit = instance->capacity > instance->open ? instance->capacity - instance->open
                                                              : 0;
        if (credit > best_credit) {
            best_credit = credit;
            best = instance;
        }
    }
    return best;
}

bool
broker_method_live(const broker_method_t *method)
{
    for (uint64_t bits = method->served_by; bits != 0; bits &= bits - 1)
        if (!method->service->instances[__builtin_ctzll(bits)]->draining)
            return true;
    return false;
}

/* Whether CALL may be given to a second instance, and the request's bytes fit among those kept. */
static bool
may_keep(const broker_core_t *core, const broker_call_t *call, size_t size)
{
    return call->method->rule.kind != BROKER_ADMIN && call->whole &&
           core->stats.kept_bytes + size <= core->limits.kept_bytes_max;
}

/* Meta and body of the request into MESSAGE: as second holders when the call keeps them, else moved
 * away. */
static void
fill_request(broker_core_t *core, broker_call_t *call, kt_message_t *message)
{
    kt_frame_t *from = call->request.frames;
    if (!call->keep) {
        size_t size = kt_message_size(&call->request);
        call->keep = may_keep(core, call, size);
        call->kept_bytes = call->keep ? size : 0;
        core->stats.kept_bytes += call->kept_bytes;
    }
    if (call->keep &&
        !kt_failed(kt_frame_share(&message->frames[KT_FRAME_META], &from[KT_FRAME_META])) &&
        !kt_failed(kt_frame_share(&message->frames[KT_FRAME_BODY], &from[KT_FRAME_BODY])))
        return;
    kt_frame_move(&message->frames[KT_FRAME_BODY], &from[KT_FRAME_BODY]);
    /* A write that is not kept keeps its key at least, for an honest UNKNOWN. */
    bool shared = call->method->rule.kind == BROKER_WRITE &&
                  !kt_failed(kt_frame_share(&message->frames[KT_FRAME_META], &from[KT_FRAME_META]));
    if (!shared)
        kt_frame_move(&message->frames[KT_FRAME_META], &from[KT_FRAME_META]);
    core->stats.kept_bytes -= call->kept_bytes;
    call->kept_bytes = 0;
    call->keep = false;
}

static uint32_t
left_ms(const broker_core_t *core, const broker_call_t *call)
{
    int64_t left_us = call->deadline_us - core->now_us;
    return left_us <= KT_US_PER_MS ? 1 : (uint32_t)((left_us + KT_US_PER_MS - 1) / KT_US_PER_MS);
}

/* The head of a CALL for an instance: path, a zero byte, who calls. */
static kt_status_t
fill_head(broker_core_t *core, broker_call_t *call, kt_frame_t *frame)
{
    const broker_method_t *method = call->method;
    const broker_principal_t *principal = call->peer->principal;
    kt_frame_t made;
    /* A Caller as long as it may be has no room for it: then the instance's span is the caller's
     * child. */
    bool kept = call->kept &&
                principal->caller_size + BROKER_TRACE_FIELD_BYTES <= KT_CALLER_BYTES_MAX;
    KT_TRY(kt_frame_init_size(&made, KT_HEAD_BYTES + method->path_size + 1 +
                                         principal->caller_size +
                                         (kept ? BROKER_TRACE_FIELD_BYTES : 0)));
    uint8_t *at = kt_frame_bytes(&made);
    unsigned flags = (call->whole ? KT_FLAG_LAST : 0u) | (call->resends > 0 ? KT_FLAG_AGAIN : 0u);
    kt_head_t head = {.kind = KT_CALL,
                      .flags = (uint8_t)flags,
                      .arg = left_ms(core, call),
                      .call_id = broker_call_wire_id(call)};
    kt_head_encode(&head, at);
    memcpy(at + KT_HEAD_BYTES, method->path, method->path_size + 1);
    at += KT_HEAD_BYTES + method->path_size + 1;
    memcpy(at, principal->caller, principal->caller_size);
    if (kept)
        broker_trace_put(&call->trace, at + principal->caller_size);
    kt_frame_move(frame, &made);
    kt_frame_close(&made);
    return kt_ok();
}

void
broker_dispatch(broker_core_t *core, broker_call_t *call, broker_instance_t *instance)
{
    kt_message_t message;
    kt_message_init(&message);
    kt_status_t status = fill_head(core, call, &message.frames[KT_FRAME_HEAD]);
    if (kt_failed(status)) {
        kt_message_close(&message);
        broker_end(core, call, &(broker_verdict_t){.status = status});
        return;
    }
    fill_request(core, call, &message);
    message.count = KT_FRAMES_MAX;
    call->state = CALL_RUNNING;
    call->instance = instance;
    call->dispatched_us = call->moved_us = core->now_us;
    instance->open++;
    instance->service->next = instance->place + 1;
    broker_list_append(&instance->calls, &call->place);
    broker_post(core, &instance->outbox, &message);
    kt_message_close(&message);
    if (call->down.credit > KT_STREAM_WINDOW) {
        kt_head_t window = {.kind = KT_WINDOW,
                            .arg = call->down.credit - KT_STREAM_WINDOW,
                            .call_id = broker_call_wire_id(call)};
        broker_post_head(core, &instance->outbox, &window);
    }
    broker_backlog_flush(core, call);
}

/* Whether CALL waits for a service that nobody serves now. */
static bool
is_orphan(const broker_call_t *call)
{
    return call->state == CALL_QUEUED &&
           (call->method == NULL || !broker_method_live(call->method));
}

void
broker_arm(broker_core_t *core, broker_call_t *call)
{
    int64_t at_us = call->deadline_us;
    int64_t grace_us = core->limits.grace_ms * KT_US_PER_MS;
    if (is_orphan(call))
        at_us = KT_MIN(at_us, core->now_us + grace_us);
    broker_wheel_set(&core->wheel, &call->timer, at_us);
}

void
broker_expire(broker_core_t *core, broker_call_t *call)
{
    broker_verdict_t verdict = {.retry_ms = BROKER_RETRY_HINT_MS};
    if (core->now_us >= call->deadline_us) {
        bool inside = call->state == CALL_RUNNING;
        verdict.retry_ms = 0;
        verdict.unknown = call->method != NULL && call->method->rule.kind != BROKER_READ &&
                          (inside || call->resends > 0);
        verdict.status = kt_error(
            KT_DEADLINE_EXCEEDED, RPC_REASON_DEADLINE_PASSED,
            inside ? "the deadline passed while the call ran"
                   : "the deadline passed while the call waited for an instance");
    } else if (is_orphan(call)) {
        verdict.unknown = call->resends > 0;
        verdict.status = kt_error(KT_UNAVAILABLE, RPC_REASON_NO_INSTANCE,
                                  "no instance of the service is registered");
    } else {
        broker_wheel_set(&core->wheel, &call->timer, call->deadline_us);
        return;
    }
    broker_end(core, call, &verdict);
}

void
broker_bereave(broker_core_t *core, broker_call_t *call)
{
    bool abandoned = call->state == CALL_ABANDONED;
    broker_list_unlink(&call->place);
    call->instance = NULL;
    call->state = CALL_FREE;
    if (abandoned) {
        broker_call_free(core, call);
        return;
    }
    if (call->keep && !call->replied && !call->cancelled && call->resends < BROKER_RESENDS_MAX &&
        core->now_us < call->deadline_us &&
        broker_queue_push(core, call->method->service, call, true)) {
        call->resends++;
        core->stats.resent++;
        broker_arm(core, call);
        return;
    }
    broker_verdict_t verdict = {
        .unknown = true,
        .status = kt_error(KT_UNAVAILABLE, RPC_REASON_INSTANCE_LOST,
                           "the instance that had the call is gone"),
    };
    if (call->cancelled) {
        verdict.unknown = call->method->rule.kind != BROKER_READ;
        verdict.status = kt_error(KT_CANCELLED, RPC_REASON_CALL_CANCELLED,
                                  "the call was cancelled, and its instance is gone");
    }
    broker_end(core, call, &verdict);
}
