#include "client_machine.h"

#include <stdlib.h>

stream_t *
kt_rpc_stream_new(void)
{
    stream_t *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    stream->out_credit = stream->in_credit = KT_STREAM_WINDOW;
    for (unsigned i = 0; i < OUT_RING; i++)
        kt_frame_init(&stream->out[i].body);
    for (unsigned i = 0; i < KT_STREAM_WINDOW; i++)
        kt_frame_init(&stream->in[i]);
    return stream;
}

void
kt_rpc_stream_free(stream_t **stream)
{
    stream_t *gone = KT_TAKE(*stream);
    if (!gone)
        return;
    for (unsigned i = 0; i < OUT_RING; i++)
        kt_frame_close(&gone->out[i].body);
    for (unsigned i = 0; i < KT_STREAM_WINDOW; i++)
        kt_frame_close(&gone->in[i]);
    free(gone);
}

kt_rpc_io_t
kt_rpc_stream_send(kt_rpc_client_t *client, kt_rpc_call_t *call, kt_frame_t *body, bool last)
{
    stream_t *stream = call->stream;
    KT_ASSERT(call->client_streaming && (body || last) && !stream->out_last);
    if (call->state != CALL_OPEN)
        return KT_RPC_ENDED;
    if (body && (stream->out_credit == 0 || stream->out_count == KT_STREAM_WINDOW))
        return KT_RPC_AGAIN;
    unsigned at = (stream->out_first + stream->out_count++) % OUT_RING;
    stream->out[at].has_body = body != NULL;
    stream->out[at].last = stream->out_last = last;
    if (body) {
        kt_frame_move(&stream->out[at].body, body);
        stream->out_credit--;
    }
    kt_rpc_call_enqueue(client, call);
    return KT_RPC_OK;
}

kt_rpc_io_t
kt_rpc_stream_receive(kt_rpc_client_t *client, kt_rpc_call_t *call, kt_frame_t *body,
                      kt_rpc_end_t *end)
{
    stream_t *stream = call->stream;
    KT_ASSERT(stream);
    if (stream->in_count > 0) {
        kt_frame_move(body, &stream->in[stream->in_first]);
        stream->in_first = (stream->in_first + 1) % KT_STREAM_WINDOW;
        stream->in_count--;
        if (++stream->in_consumed >= WINDOW_STEP && call->state == CALL_OPEN)
            kt_rpc_call_enqueue(client, call);
        return KT_RPC_OK;
    }
    if (call->state == CALL_OPEN)
        return KT_RPC_AGAIN;
    /* Shared, not moved, so that it can be asked for again. */
    kt_rpc_end_close(end);
    kt_rpc_end_t copy = call->end;
    kt_frame_init(&copy.meta);
    kt_frame_init(&copy.body);
    *end = copy;
    if (kt_failed(kt_frame_share(&end->meta, &call->end.meta)) ||
        kt_failed(kt_frame_share(&end->body, &call->end.body)))
        return KT_RPC_AGAIN; /* no memory now */
    return KT_RPC_ENDED;
}
