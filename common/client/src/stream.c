#include "client_internal.h"

#include <kt/time.h>
#include <stdlib.h>

struct kt_stream {
    kt_client_t *client;
    const kt_method_t *method;
    kt_rpc_call_t *call;
    kt_frame_t body;
    bool last_sent;
    kt_rpc_traced_t traced; /* kept: its span is still to be told */
};

kt_status_t
kt_client_open(kt_client_t *client, const kt_method_t *method, const kt_call_options_t *options,
               const ProtobufCMessage *request, kt_stream_t **stream)
{
    KT_ASSERT(method->client_streaming || method->server_streaming);
    kt_stream_t *made = calloc(1, sizeof *made);
    if (!made)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a stream");
    *made = (kt_stream_t){
        .client = client, .method = method, .last_sent = !method->client_streaming};
    kt_frame_init(&made->body);
    kt_rpc_request_t asked;
    int64_t now_us = kt_client_begin(client);
    kt_status_t status = kt_client_request(method, options, request,
                                           now_us + client->wall_offset_us, &made->body, &asked);
    if (!kt_failed(status))
        status = kt_client_trace_begin(client, options, &made->traced, &asked);
    if (!kt_failed(status))
        status = kt_rpc_client_start(client->machine, &asked, now_us, &made->call);
    if (kt_failed(status)) {
        kt_stream_close(&made);
        return status;
    }
    kt_client_push(client, now_us);
    *stream = made;
    return kt_ok();
}

/* The end may be taken again and again; its span is told once. */
static void
tell_span(kt_stream_t *stream, const kt_rpc_end_t *end)
{
    if (stream->traced.kept)
        kt_client_trace_end(stream->client, stream->method, end);
    stream->traced.kept = false;
}

/* Encodes MESSAGE into the stream's frame; *BODY is NULL for no message. */
static kt_status_t
prepare(kt_stream_t *stream, const ProtobufCMessage *message, kt_frame_t **body)
{
    if (stream->last_sent)
        return kt_error(KT_FAILED_PRECONDITION, 0, "the last message was sent already");
    *body = message ? &stream->body : NULL;
    return message ? kt_client_encode(message, *body) : kt_ok();
}

static kt_status_t
given(kt_stream_t *stream, kt_rpc_io_t io, bool last)
{
    if (io == KT_RPC_AGAIN)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the window is full: receive, or try later");
    if (io == KT_RPC_ENDED)
        return kt_error(KT_OUT_OF_RANGE, 0, "the call is over: receive how it ended");
    stream->last_sent = last;
    kt_client_push(stream->client, kt_clock_mono_us());
    return kt_ok();
}

kt_status_t
kt_stream_offer(kt_stream_t *stream, const ProtobufCMessage *message, bool last)
{
    kt_frame_t *body;
    KT_TRY(prepare(stream, message, &body));
    return given(stream, kt_rpc_stream_send(stream->client->machine, stream->call, body, last),
                 last);
}

kt_status_t
kt_stream_send(kt_stream_t *stream, const ProtobufCMessage *message, bool last)
{
    kt_frame_t *body;
    KT_TRY(prepare(stream, message, &body));
    kt_rpc_client_t *machine = stream->client->machine;
    kt_rpc_io_t io;
    while ((io = kt_rpc_stream_send(machine, stream->call, body, last)) == KT_RPC_AGAIN)
        KT_TRY(kt_client_step(stream->client, INT64_MAX));
    return given(stream, io, last);
}

kt_status_t
kt_stream_poll(kt_stream_t *stream, int64_t wait_ms, kt_reply_t *reply)
{
    kt_client_t *client = stream->client;
    kt_rpc_io_t io;
    int64_t until_us = wait_ms < 0 ? INT64_MAX : kt_clock_mono_us() + wait_ms * KT_US_PER_MS;
    for (bool late = false;
         (io = kt_rpc_stream_receive(client->machine, stream->call, &stream->body, &client->end)) ==
         KT_RPC_AGAIN;) {
        if (late)
            return kt_error(KT_DEADLINE_EXCEEDED, 0, "nothing came");
        KT_TRY(kt_client_step(client, until_us));
        late = kt_clock_mono_us() >= until_us;
    }
    if (io == KT_RPC_OK)
        return kt_reply_message(reply, stream->method, &stream->body);
    tell_span(stream, &client->end);
    kt_reply_fill(reply, stream->method, &client->end);
    return kt_error(KT_OUT_OF_RANGE, 0, "the stream is over");
}

kt_status_t
kt_stream_receive(kt_stream_t *stream, kt_reply_t *reply)
{
    return kt_stream_poll(stream, -1, reply);
}

void
kt_stream_cancel(kt_stream_t *stream)
{
    kt_rpc_client_cancel(stream->client->machine, stream->call, kt_clock_mono_us());
    kt_client_push(stream->client, kt_clock_mono_us());
}

void
kt_stream_close(kt_stream_t **stream)
{
    kt_stream_t *gone = KT_TAKE(*stream);
    if (!gone)
        return;
    /* Nobody waited for its end. */
    tell_span(gone, &(kt_rpc_end_t){.traced = gone->traced,
                                    .status = {.code = KT_CANCELLED},
                                    .attempts = 1,
                                    .took_us = kt_clock_wall_us() - gone->traced.from_us});
    kt_rpc_stream_close(gone->client->machine, &gone->call, kt_clock_mono_us());
    kt_client_push(gone->client, kt_clock_mono_us());
    kt_frame_close(&gone->body);
    free(gone);
}
