/* stream.c: MESSAGE and WINDOW both ways: numbers without a gap, never more than there is credit
 * for. */
#include "internal.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <stdlib.h>

/* Counts one message of a direction. MALFORMED is the code for a message that may not come at all.
 */
static kt_status_t
flow_take(broker_flow_t *flow, bool streams, const kt_head_t *head, bool body, kt_code_t malformed)
{
    if (!streams || flow->last)
        return kt_error(malformed, RPC_REASON_MALFORMED_FRAME,
                        "a MESSAGE after the last, or where none may come");
    if (body && flow->credit == 0)
        return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_WINDOW_EXCEEDED,
                        "more messages than the receiver's window allows");
    if (head->arg != flow->next)
        return kt_error(KT_DATA_LOSS, RPC_REASON_STREAM_GAP, "a message of the stream is missing");
    flow->next++;
    flow->credit -= body;
    flow->last = (head->flags & KT_FLAG_LAST) != 0;
    return kt_ok();
}

static void
flow_grant(broker_flow_t *flow, uint32_t messages)
{
    flow->credit = messages > UINT32_MAX - flow->credit ? UINT32_MAX : flow->credit + messages;
}

static void
readdress(const kt_head_t *head, uint64_t call_id, kt_message_t *message)
{
    kt_head_t out = {.kind = head->kind,
                     .flags = head->flags & KT_FLAG_LAST,
                     .arg = head->arg,
                     .call_id = call_id};
    kt_head_encode(&out, kt_frame_bytes(&message->frames[KT_FRAME_HEAD]));
}

/* Keeps a message of a call that waits in the queue, or whose instance is full. */
static kt_status_t
backlog_add(broker_core_t *core, broker_call_t *call, kt_message_t *message)
{
    size_t size = kt_message_size(message);
    if (!broker_queue_room(core, call->peer->principal, size, 0))
        return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_QUEUE_FULL,
                        "too many bytes wait for an instance");
    broker_parcel_t *parcel = malloc(sizeof *parcel);
    if (parcel == NULL)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the broker is out of memory");
    kt_message_init(&parcel->message);
    kt_message_move(&parcel->message, message);
    parcel->size = size;
    broker_list_append(&call->backlog, &parcel->node);
    broker_queue_grow(core, call, size);
    return kt_ok();
}

static void
backlog_send(broker_core_t *core, broker_call_t *call, broker_parcel_t *parcel)
{
    kt_head_t head;
    if (!kt_failed(kt_head_decode(kt_frame_span(&parcel->message.frames[KT_FRAME_HEAD]),
                                  parcel->message.count, &head))) {
        readdress(&head, broker_call_wire_id(call), &parcel->message);
        broker_post(core, &call->instance->outbox, &parcel->message);
    }
    broker_queue_shrink(core, call, parcel->size);
    broker_list_unlink(&parcel->node);
    kt_message_close(&parcel->message);
    free(parcel);
}

void
broker_backlog_flush(broker_core_t *core, broker_call_t *call)
{
    while (!broker_list_empty(&call->backlog) && call->instance->outbox.count == 0)
        backlog_send(core, call, BROKER_ITEM(call->backlog.next, broker_parcel_t, node));
}

void
broker_client_message(broker_core_t *core, broker_call_t *call, const kt_head_t *head,
                      kt_message_t *message)
{
    kt_status_t status = flow_take(&call->up, !call->whole, head, message->count > 1,
                                   KT_INVALID_ARGUMENT);
    bool waits = call->state == CALL_QUEUED || call->instance->outbox.count > 0;
    call->moved_us = core->now_us;
    if (!kt_failed(status) && waits)
        status = backlog_add(core, call, message);
    if (kt_failed(status)) {
        bool unknown = call->method != NULL && call->method->rule.kind != BROKER_READ;
        broker_end(core, call, &(broker_verdict_t){.status = status, .unknown = unknown});
    } else if (!waits) {
        readdress(head, broker_call_wire_id(call), message);
        broker_post(core, &call->instance->outbox, message);
    }
}

void
broker_client_window(broker_core_t *core, broker_call_t *call, const kt_head_t *head)
{
    flow_grant(&call->down, head->arg);
    if (call->state != CALL_RUNNING) /* told when it is dispatched */
        return;
    kt_head_t out = {.kind = KT_WINDOW, .arg = head->arg, .call_id = broker_call_wire_id(call)};
    broker_post_head(core, &call->instance->outbox, &out);
}

void
broker_service_message(broker_core_t *core, broker_call_t *call, const kt_head_t *head,
                       kt_message_t *message)
{
    kt_status_t status = flow_take(&call->down, call->method->rule.server_streaming, head,
                                   message->count > 1, KT_INTERNAL);
    if (kt_failed(status)) {
        bool unknown = call->method->rule.kind != BROKER_READ;
        broker_end(core, call, &(broker_verdict_t){.status = status, .unknown = unknown});
        return;
    }
    call->replied = true;
    call->moved_us = core->now_us;
    if (call->keep) /* it cannot be sent again any more */
        broker_call_drop_request(core, call);
    readdress(head, call->client_id, message);
    broker_post(core, &call->peer->outbox, message);
}

void
broker_service_window(broker_core_t *core, broker_call_t *call, const kt_head_t *head)
{
    flow_grant(&call->up, head->arg);
    kt_head_t out = {.kind = KT_WINDOW, .arg = head->arg, .call_id = call->client_id};
    broker_post_head(core, &call->peer->outbox, &out);
}
