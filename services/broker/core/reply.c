/* reply.c: how calls end: by their instance, by the broker, or because nobody is left to hear of
 * it. */
#include "internal.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <stdlib.h>

static uint32_t
saturated(int64_t us)
{
    return us <= 0 ? 0 : us >= UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

void
broker_count_end(broker_core_t *core, broker_method_t *method, uint32_t code, int64_t took_us)
{
    if (method == NULL)
        return;
    broker_method_stats_t *stats = &method->stats;
    stats->calls++;
    stats->failed += code != KT_OK;
    if (stats->took_us == NULL)
        stats->took_us = calloc(1, sizeof *stats->took_us);
    if (stats->took_us != NULL)
        kt_hist_add(stats->took_us, took_us > 0 ? (uint64_t)took_us : 0);
    if (core->ports.ended != NULL)
        core->ports.ended(core->ports.context, method->path, &method->user, code, took_us);
}

/* An END of the broker's own: head with the time it was queued, status, and BODY (or NULL), which
 * is moved. */
static void
post_end(broker_core_t *core, broker_outbox_t *outbox, uint64_t call_id,
         const broker_verdict_t *verdict, int64_t queued_us, kt_frame_t *body)
{
    uint8_t timeline[KT_TIMELINE_BYTES];
    kt_timeline_encode(&(kt_timeline_t){.queued_us = saturated(queued_us)}, timeline);
    kt_head_t head = {.kind = KT_END,
                      .flags = KT_FLAG_LAST,
                      .call_id = call_id,
                      .extra = kt_span(timeline, sizeof timeline)};
    kt_message_t message;
    kt_message_init(&message);
    kt_frame_t frame;
    if (kt_failed(kt_frame_init_size(&frame, KT_HEAD_BYTES + KT_TIMELINE_BYTES))) {
        broker_outbox_trouble(core, outbox,
                              true); /* no memory for so little: hang up rather than stay silent */
        return;
    }
    kt_head_encode_all(&head, kt_frame_bytes(&frame));
    kt_frame_move(&message.frames[KT_FRAME_HEAD], &frame);
    kt_frame_close(&frame);
    if (kt_failed(broker_verdict_encode(verdict, &message.frames[KT_FRAME_META]))) {
        kt_message_close(&message);
        broker_outbox_trouble(core, outbox, true);
        return;
    }
    if (body != NULL)
        kt_frame_move(&message.frames[KT_FRAME_BODY], body);
    message.count = KT_FRAMES_MAX;
    broker_post(core, outbox, &message);
    kt_message_close(&message);
}

void
broker_refuse(broker_core_t *core, broker_outbox_t *outbox, uint64_t call_id,
              broker_method_t *method, const broker_verdict_t *verdict)
{
    core->stats.refused++;
    broker_count_end(core, method, verdict->status.code, 0);
    post_end(core, outbox, call_id, verdict, 0, NULL);
}

void
broker_answer(broker_core_t *core, broker_outbox_t *outbox, uint64_t call_id, kt_frame_t *body)
{
    post_end(core, outbox, call_id, &(broker_verdict_t){0}, 0, body);
}

void
broker_cancel(broker_core_t *core, broker_call_t *call)
{
    if (call->state != CALL_RUNNING || call->cancelled)
        return;
    call->cancelled = true;
    kt_head_t head = {.kind = KT_CANCEL, .call_id = broker_call_wire_id(call)};
    broker_post_head(core, &call->instance->outbox, &head);
}

static void
leave(broker_core_t *core, broker_call_t *call, uint32_t code)
{
    broker_count_end(core, call->method, code, core->now_us - call->received_us);
    if (call->kept)
        broker_trace_end(core, call, code);
    broker_call_detach(core, call);
    if (call->state == CALL_FREE)
        broker_call_free(core, call);
}

void
broker_forsake(broker_core_t *core, broker_call_t *call)
{
    broker_cancel(core, call);
    leave(core, call, KT_CANCELLED);
}

void
broker_end(broker_core_t *core, broker_call_t *call, const broker_verdict_t *verdict)
{
    broker_verdict_t said = *verdict;
    kt_ulid_t key;
    said.unknown &= call->dispatched_us != 0; /* what no instance ever had did nothing */
    if (said.unknown && call->method->rule.kind == BROKER_WRITE &&
        broker_meta_key(kt_frame_span(&call->request.frames[KT_FRAME_META]), &key))
        said.key = &key;
    bool waited = call->dispatched_us == 0;
    int64_t until_us = waited ? core->now_us : call->dispatched_us;
    core->stats.refused++;
    broker_cancel(core, call);
    post_end(core, &call->peer->outbox, call->client_id, &said, until_us - call->received_us, NULL);
    leave(core, call, said.status.code);
}

/* Writes the caller's number and the time in the queue into the END's head; one without a timeline
 * gets one. */
static bool
readdress_end(const broker_call_t *call, const kt_head_t *head, kt_frame_t *frame)
{
    kt_timeline_t timeline = kt_timeline_decode(head->extra);
    timeline.queued_us = saturated(call->dispatched_us - call->received_us);
    uint8_t extra[KT_TIMELINE_BYTES];
    kt_timeline_encode(&timeline, extra);
    kt_head_t out = {.kind = KT_END,
                     .flags = KT_FLAG_LAST,
                     .call_id = call->client_id,
                     .extra = kt_span(extra, sizeof extra)};
    if (head->extra.size != KT_TIMELINE_BYTES) {
        kt_frame_t made;
        if (kt_failed(kt_frame_init_size(&made, KT_HEAD_BYTES + KT_TIMELINE_BYTES)))
            return false;
        kt_frame_move(frame, &made);
        kt_frame_close(&made);
    }
    kt_head_encode_all(&out, kt_frame_bytes(frame));
    return true;
}

/* Whether an END says nothing of what an earlier instance did with the call: these codes come from
 * where the key is not looked at. */
static bool
in_doubt(const broker_call_t *call, uint32_t code)
{
    if (call->resends == 0 || call->method->rule.kind == BROKER_READ)
        return false;
    return code == KT_UNAVAILABLE || code == KT_DEADLINE_EXCEEDED || code == KT_CANCELLED ||
           code == KT_RESOURCE_EXHAUSTED || code == KT_UNAUTHENTICATED ||
           code == KT_PERMISSION_DENIED || code == KT_UNIMPLEMENTED || code == KT_UNKNOWN;
}

/* The END of an instance in the words that the caller may hear. */
static bool
make_honest(const broker_call_t *call, uint32_t code, kt_frame_t *meta)
{
    if (!in_doubt(call, code))
        return true;
    kt_ulid_t key;
    bool keyed = broker_meta_key(kt_frame_span(&call->request.frames[KT_FRAME_META]), &key);
    return broker_status_doubt(meta, keyed ? &key : NULL);
}

void
broker_relay_end(broker_core_t *core, broker_call_t *call, const kt_head_t *head,
                 kt_message_t *message)
{
    broker_instance_t *instance = call->instance;
    if (call->state == CALL_RUNNING) {
        kt_span_t meta = kt_frame_span(&message->frames[KT_FRAME_META]);
        uint32_t code = broker_status_code(meta);
        if (meta.size > KT_META_BYTES_MAX - (in_doubt(call, code) ? BROKER_DOUBT_BYTES : 0)) {
            call->cancelled = true; /* it is over at the instance */
            broker_end(core, call,
                       &(broker_verdict_t){.status = kt_error(KT_INTERNAL, RPC_REASON_BUG,
                                                              "the service's status is too long"),
                                           .unknown = true});
        } else if (make_honest(call, code, &message->frames[KT_FRAME_META]) &&
                   readdress_end(call, head, &message->frames[KT_FRAME_HEAD])) {
            broker_post(core, &call->peer->outbox, message);
            leave(core, call, code);
        } else {
            broker_outbox_trouble(core, &call->peer->outbox, true);
            leave(core, call, KT_RESOURCE_EXHAUSTED);
        }
    }
    broker_call_free(core, call);
    if (instance->service->queued > 0)
        broker_queue_serve(core, instance->service);
}
