/* What goes out: every message is made when the connection takes it, and counts as sent only then.
 */
#include "client_machine.h"

typedef struct flush {
    kt_rpc_client_t *client;
    kt_rpc_send_t send;
    void *context;
    int64_t now_us;
} flush_t;

/* Sends HEAD, and behind it META and BODY where they are not NULL; what they hold is taken only
 * when it was sent. */
static bool
send_frames(flush_t *f, const kt_head_t *head, kt_frame_t *meta, kt_frame_t *body)
{
    kt_message_t message;
    kt_message_init(&message);
    if (kt_failed(kt_frame_init_size(&message.frames[0], KT_HEAD_BYTES + head->extra.size)))
        return false;
    (void)kt_head_encode_all(head, kt_frame_bytes(&message.frames[0]));
    message.count = 1;
    if (meta)
        kt_frame_move(&message.frames[message.count++], meta);
    if (body)
        kt_frame_move(&message.frames[message.count++], body);
    bool taken = f->send(f->context, &message);
    if (taken) {
        f->client->said_us = f->now_us;
        f->client->up = true;
    } else {
        if (body)
            kt_frame_move(body, &message.frames[--message.count]);
        if (meta)
            kt_frame_move(meta, &message.frames[--message.count]);
    }
    kt_message_close(&message);
    return taken;
}

static bool
send_bare(flush_t *f, kt_kind_t kind, uint32_t arg, uint64_t call_id)
{
    kt_head_t head = {.kind = (uint8_t)kind, .arg = arg, .call_id = call_id};
    return send_frames(f, &head, NULL, NULL);
}

/* What is left of the deadline, rounded up so that the broker does not end the call before we do.
 */
static uint32_t
timeout_ms(const kt_rpc_call_t *call, int64_t now_us)
{
    int64_t left_us = KT_MAX(call->deadline_us - now_us, INT64_C(1));
    return (uint32_t)((left_us + 999) / 1000);
}

static bool
send_call(flush_t *f, kt_rpc_call_t *call)
{
    kt_rpc_client_t *client = f->client;
    kt_head_t head = {
        .kind = KT_CALL,
        .flags = (uint8_t)((call->client_streaming ? 0 : KT_FLAG_LAST) |
                           (call->sampled ? KT_FLAG_KEPT : 0)),
        .arg = timeout_ms(call, f->now_us),
        .call_id = (client->attempt + 1) << SLOT_BITS | call->slot,
        .extra = kt_span(call->path, call->path_size),
    };
    kt_frame_t meta, body;
    kt_frame_init(&body);
    bool sent = false;
    kt_status_t status = kt_frame_init_copy(&meta, kt_span(call->meta, call->meta_size));
    if (!kt_failed(status))
        status = kt_frame_share(&body, &call->body);
    if (!kt_failed(status))
        sent = send_frames(f, &head, &meta, &body);
    kt_frame_close(&meta);
    kt_frame_close(&body);
    if (!sent)
        return false;
    client->attempt++;
    call->call_id = head.call_id;
    call->sent = true;
    call->attempts++;
    if (client->sent++ == 0)
        client->heard_us = f->now_us; /* silence counts from when an answer is owed */
    return true;
}

static bool
send_stream(flush_t *f, kt_rpc_call_t *call)
{
    stream_t *stream = call->stream;
    while (stream->out_count > 0) {
        unsigned at = stream->out_first;
        kt_head_t head = {.kind = KT_MESSAGE,
                          .flags = stream->out[at].last ? KT_FLAG_LAST : 0,
                          .arg = stream->out_number + 1,
                          .call_id = call->call_id};
        if (!send_frames(f, &head, NULL, stream->out[at].has_body ? &stream->out[at].body : NULL))
            return false;
        stream->out_number++;
        stream->out_first = (at + 1) % OUT_RING;
        stream->out_count--;
    }
    if (stream->in_consumed >= WINDOW_STEP) {
        if (!send_bare(f, KT_WINDOW, stream->in_consumed, call->call_id))
            return false;
        stream->in_credit += stream->in_consumed;
        stream->in_consumed = 0;
    }
    return true;
}

/* Sends all that CALL has to send now; false when the connection takes no more. */
static bool
send_of_call(flush_t *f, kt_rpc_call_t *call)
{
    if (call->state != CALL_OPEN || call->retry_us > f->now_us)
        return true;
    if (!call->sent && !send_call(f, call))
        return false;
    if (call->stream && !send_stream(f, call))
        return false;
    if (call->cancel_due) {
        if (!send_bare(f, KT_CANCEL, 0, call->call_id))
            return false;
        call->cancel_due = false;
    }
    return true;
}

static kt_rpc_call_t *
unqueue_first(kt_rpc_client_t *client)
{
    kt_rpc_call_t *call = client->queued.first;
    client->queued.first = call->next_queued;
    if (!client->queued.first)
        client->queued.last = NULL;
    return call;
}

/* Whether CALL may go out now. What must not be sent again goes only to a broker that has spoken:
 * one that is about to leave would take it along unread. */
static bool
may_leave(const kt_rpc_client_t *client, const kt_rpc_call_t *call)
{
    if (call->state != CALL_OPEN || call->sent)
        return true;
    return !client->leaving && (client->heard || kt_rpc_call_repeatable(call));
}

void
kt_rpc_client_flush(kt_rpc_client_t *client, kt_rpc_send_t send, void *context, int64_t now_us)
{
    if (!client->opened)
        return;
    flush_t f = {.client = client, .send = send, .context = context, .now_us = now_us};
    while (client->farewells_count > 0) {
        if (!send_bare(&f, KT_CANCEL, 0, client->farewells[client->farewells_count - 1]))
            return;
        client->farewells_count--;
    }
    while (client->queued.first) {
        kt_rpc_call_t *call = client->queued.first;
        if (!may_leave(client, call)) {
            kt_rpc_queue_put(&client->held, unqueue_first(client));
            if (!client->leaving && client->asked_us == 0)
                kt_rpc_client_ask(client, now_us);
            continue;
        }
        if (!send_of_call(&f, call))
            return;
        unqueue_first(client)->queued = false;
    }
    if (client->ping_due && send_bare(&f, KT_PING, 0, 0)) {
        client->ping_due = false;
        client->pinged_us = now_us;
    }
}

bool
kt_rpc_client_pending(const kt_rpc_client_t *client)
{
    return client->queued.first || client->farewells_count > 0 || client->ping_due;
}
