/* What comes in: nothing that a broker sends may do more than end a call. */
#include "client_machine.h"

/* Whether a call that ended so may be tried again: it did not run, or running twice does no harm.
 */
static bool
may_retry(const kt_rpc_call_t *call, const kt_outcome_t *outcome)
{
    if (call->once)
        return false;
    uint32_t code = outcome->status.code;
    if (code != KT_UNAVAILABLE && !(code == KT_RESOURCE_EXHAUSTED && outcome->retry_after_ms >= 0))
        return false;
    bool began = call->stream && (call->stream->in_number > 0 || call->stream->out_number > 0);
    return !began && (!outcome->unknown || kt_rpc_call_repeatable(call));
}

/* Puts the call aside for a while; false when its deadline does not leave that much. A broker that
 * has nobody to give it to is left when that disturbs no other call: the next one may have. */
static bool
retry_later(kt_rpc_client_t *client, kt_rpc_call_t *call, const kt_outcome_t *outcome,
            int64_t now_us)
{
    int64_t hint_us = KT_MAX(outcome->retry_after_ms, INT64_C(0)) * 1000;
    int64_t wait_us = kt_rpc_backoff_us(client, call->attempts);
    int64_t retry_us = now_us + KT_MAX(hint_us, wait_us);
    if (retry_us >= call->deadline_us)
        return false;
    call->doubt |= outcome->unknown;
    kt_rpc_call_unsent(client, call);
    call->retry_us = retry_us;
    kt_rpc_heap_put(client, call);
    client->leaving |= outcome->status.reason == RPC_REASON_NO_INSTANCE && client->sent == 0 &&
                       client->options.brokers_count > 1;
    return true;
}

static void
on_end(kt_rpc_client_t *client, kt_rpc_call_t *call, const kt_head_t *head, kt_message_t *message,
       int64_t now_us)
{
    kt_span_t meta = kt_frame_span(&message->frames[KT_FRAME_META]);
    kt_outcome_t outcome = {.retry_after_ms = -1};
    if (meta.size > 0) {
        kt_arena_reset(client->scratch);
        if (kt_failed(kt_outcome_read(client->scratch, meta, &outcome))) {
            kt_status_t malformed = kt_error(KT_INTERNAL, RPC_REASON_MALFORMED_FRAME,
                                             "the broker sent an END that cannot be read");
            kt_rpc_call_end(client, call, malformed, call->kind != KT_METHOD_READ, now_us);
            return;
        }
        if (may_retry(call, &outcome) && retry_later(client, call, &outcome, now_us))
            return;
    }
    kt_rpc_end_t *end = &call->end;
    end->status = outcome.status;
    if (kt_failed(end->status))
        end->status.text = "see the meta frame";
    end->outcome_unknown = outcome.unknown || kt_rpc_call_in_doubt(call, outcome.status.code);
    end->local = false;
    end->timeline = kt_timeline_decode(head->extra);
    kt_frame_move(&end->meta, &message->frames[KT_FRAME_META]);
    kt_frame_move(&end->body, &message->frames[KT_FRAME_BODY]);
    kt_rpc_call_finish(client, call, now_us);
}

/* Ends a call whose stream the broker got wrong. */
static void
stream_broken(kt_rpc_client_t *client, kt_rpc_call_t *call, kt_status_t status, int64_t now_us)
{
    kt_rpc_call_farewell(client, call);
    kt_rpc_call_end(client, call, status, call->kind != KT_METHOD_READ, now_us);
}

static void
on_message(kt_rpc_client_t *client, kt_rpc_call_t *call, const kt_head_t *head,
           kt_message_t *message, int64_t now_us)
{
    stream_t *stream = call->stream;
    if (!stream || !call->server_streaming) {
        client->dropped++;
        return;
    }
    if (message->count == 1)
        return; /* only says that no more comes; the END says it again */
    if (head->arg != stream->in_number + 1) {
        stream_broken(
            client, call,
            kt_error(KT_DATA_LOSS, RPC_REASON_STREAM_GAP, "a message of the stream is missing"),
            now_us);
        return;
    }
    if (stream->in_credit == 0) {
        stream_broken(client, call,
                      kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_WINDOW_EXCEEDED,
                               "more messages came than the window allows"),
                      now_us);
        return;
    }
    stream->in_credit--;
    stream->in_number++;
    unsigned at = (stream->in_first + stream->in_count) % KT_STREAM_WINDOW;
    kt_frame_move(&stream->in[at], &message->frames[1]);
    stream->in_count++;
}

void
kt_rpc_client_receive(kt_rpc_client_t *client, kt_message_t *message, int64_t now_us)
{
    kt_head_t head;
    kt_status_t status = kt_head_decode(kt_frame_span(&message->frames[0]), message->count, &head);
    if (message->count == 0 || kt_failed(status)) {
        client->dropped++;
        kt_message_close(message);
        return;
    }
    client->heard_us = now_us;
    client->asked_us = 0;
    if (!client->heard && !client->leaving && head.kind != KT_DRAIN)
        kt_rpc_client_release(client);
    client->heard = true;
    client->failures = client->refusals = 0;
    kt_rpc_call_t *call = kt_rpc_call_of_id(client, head.call_id);
    if (head.kind == KT_END && call)
        on_end(client, call, &head, message, now_us);
    else if (head.kind == KT_MESSAGE && call)
        on_message(client, call, &head, message, now_us);
    else if (head.kind == KT_WINDOW && call && call->client_streaming)
        call->stream->out_credit = KT_MIN(call->stream->out_credit + head.arg,
                                          (uint64_t)UINT32_MAX);
    else if (head.kind == KT_DRAIN)
        client->leaving = true;
    else if (head.kind != KT_PONG)
        client->dropped++; /* late, or not for a caller */
    kt_message_close(message);
}
