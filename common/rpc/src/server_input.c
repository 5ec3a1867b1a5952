/* What each kind of message means to an instance. */
#include "server.h"

#include <kantor/rpc/v1/reason.kt.h>

/* ---- CALL ---- */

typedef struct refusal {
    kt_status_t status;
    const char *reason;
} refusal_t;

static refusal_t
refusal(kt_code_t code, uint32_t reason, const char *name, const char *text)
{
    return (refusal_t){kt_error(code, reason, text), name};
}

static refusal_t
not_refused(void)
{
    return (refusal_t){kt_ok(), NULL};
}

/* Makes server->extra what EXTRA says; its spans are borrowed from the copy that it keeps. */
static refusal_t
read_extra(kt_server_t *server, kt_span_t extra)
{
    server_extra_t *last = &server->extra;
    kt_span_t path, encoded;
    kt_status_t status;

    if (last->size > 0 && kt_span_equal(kt_span(last->bytes, last->size), extra))
        return not_refused();
    last->size = 0;
    KT_ASSERT(extra.size <= sizeof(last->bytes)); /* kt_head_decode sees to that */
    if (extra.size > 0)
        memcpy(last->bytes, extra.data, extra.size);
    if (!kt_call_extra_split(kt_span(last->bytes, extra.size), &path, &encoded))
        return refusal(KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_FRAME, "MALFORMED_FRAME",
                       "a CALL without a Caller");
    last->method = server_find_method(server, path);
    if (last->method == UINT32_MAX)
        return refusal(KT_UNIMPLEMENTED, RPC_REASON_UNKNOWN_METHOD, "UNKNOWN_METHOD",
                       "the instance has no such method");
    status = kt_caller_decode(encoded, &last->caller);
    if (kt_failed(status))
        return (refusal_t){status, "MALFORMED_FRAME"};
    last->size = extra.size;
    last->number++;
    return not_refused();
}

static refusal_t
check_call(kt_server_t *server, const kt_head_t *head, const kt_message_t *message)
{
    refusal_t refused;

    if (server->draining)
        return refusal(KT_UNAVAILABLE, RPC_REASON_DRAINING, "DRAINING",
                       "the instance is shutting down");
    refused = read_extra(server, head->extra);
    if (kt_failed(refused.status))
        return refused;
    if (kt_frame_span(&message->frames[KT_FRAME_META]).size > KT_META_BYTES_MAX ||
        kt_frame_span(&message->frames[KT_FRAME_BODY]).size > KT_BODY_BYTES_MAX)
        return refusal(KT_INVALID_ARGUMENT, RPC_REASON_TOO_LARGE, "TOO_LARGE",
                       "meta or body is too large");
    if (!(head->flags & KT_FLAG_LAST) !=
        server->options.methods[server->extra.method].method->client_streaming)
        return refusal(KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_FRAME, "MALFORMED_FRAME",
                       "LAST does not fit the method");
    return not_refused();
}

static int64_t
deadline_of(const kt_server_t *server, uint32_t timeout_ms)
{
    uint32_t ms = timeout_ms == 0 ? KT_TIMEOUT_MS_USUAL : KT_MIN(timeout_ms, KT_TIMEOUT_MS_MAX);

    return server->now_us + (int64_t)ms * 1000;
}

static void
take_call(kt_server_t *server, unsigned link, const kt_head_t *head, kt_message_t *message)
{
    kt_server_begin_t begin = {.caller = &server->extra.caller,
                               .meta = &message->frames[KT_FRAME_META],
                               .body = &message->frames[KT_FRAME_BODY]};
    kt_server_call_t *call;
    refusal_t refused;

    if (server->links[link].state != LINK_REGISTERED ||
        kt_map_get(server->links[link].open, head->call_id)) {
        server->dropped++; /* no broker does this; an END would hit the first call of that id */
        return;
    }
    refused = check_call(server, head, message);
    if (!kt_failed(refused.status)) {
        call = server_call_open(server, link, head->call_id, deadline_of(server, head->arg));
        if (call) {
            call->method = server->extra.method;
            begin.caller_number = server->extra.number;
            call->again = head->flags & KT_FLAG_AGAIN;
            call->takes = !(head->flags & KT_FLAG_LAST);
            server->options.events->call(server->options.context, call, &begin);
            return;
        }
        refused = refusal(KT_RESOURCE_EXHAUSTED, RPC_REASON_QUEUE_FULL, "QUEUE_FULL",
                          "the instance has as many calls open as it said it takes");
    }
    server_refuse(server, link, head->call_id, refused.status, refused.reason);
}

/* ---- streams ---- */

static void
break_stream(kt_server_t *server, kt_server_call_t *call, kt_code_t code, uint32_t reason,
             const char *text)
{
    call->takes = false;
    server_call_over(server, call, kt_error(code, reason, text));
}

static void
take_message(kt_server_t *server, kt_server_call_t *call, const kt_head_t *head,
             kt_message_t *message)
{
    bool last = head->flags & KT_FLAG_LAST;
    bool bare = message->count == 1; /* only with LAST: kt_head_decode sees to that */

    if (call->over)
        return;
    if (!call->takes) {
        break_stream(server, call, KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_FRAME,
                     "a message after the last");
    } else if (head->arg != call->received + 1) {
        break_stream(server, call, KT_DATA_LOSS, RPC_REASON_STREAM_GAP,
                     "a message of the stream is missing");
    } else if (!bare && call->window == 0) {
        break_stream(server, call, KT_RESOURCE_EXHAUSTED, RPC_REASON_WINDOW_EXCEEDED,
                     "more messages than there was credit for");
    } else {
        call->received++;
        call->window -= !bare;
        call->takes = !last;
        server->options.events->message(server->options.context, call,
                                        bare ? NULL : &message->frames[1]);
    }
}

static void
take_window(kt_server_t *server, kt_server_call_t *call, uint32_t more)
{
    bool had_none = call->credit == 0;

    call->credit = more > UINT32_MAX - call->credit ? UINT32_MAX : call->credit + more;
    if (had_none && kt_server_room(server, call) > 0)
        server->options.events->room(server->options.context, call);
}

/* ---- all kinds ---- */

/* What belongs to a call that is open. */
static void
take_for_call(kt_server_t *server, unsigned link, const kt_head_t *head, kt_message_t *message)
{
    kt_server_call_t *call = (kt_server_call_t *)kt_map_get(server->links[link].open,
                                                            head->call_id);

    if (!call) {
        server->dropped++;
        return;
    }
    if (head->kind == KT_MESSAGE)
        take_message(server, call, head, message);
    else if (head->kind == KT_WINDOW)
        take_window(server, call, head->arg);
    else
        server_call_over(server, call,
                         kt_error(KT_CANCELLED, RPC_REASON_CALL_CANCELLED,
                                  "the caller cancelled, or went away"));
}

/* The one END that an instance gets: the answer to its REGISTER. */
static void
take_end(kt_server_t *server, unsigned link_index, const kt_head_t *head,
         const kt_message_t *message)
{
    const server_link_t *link = &server->links[link_index];

    if (link->state == LINK_REGISTERING && head->call_id == link->registration_id)
        server_registration_ended(server, link_index, message);
    else
        server->dropped++;
}

static void
take_kind(kt_server_t *server, unsigned link, const kt_head_t *head, kt_message_t *message)
{
    switch (head->kind) {
    case KT_CALL:
        take_call(server, link, head, message);
        break;
    case KT_MESSAGE:
    case KT_WINDOW:
    case KT_CANCEL:
        take_for_call(server, link, head, message);
        break;
    case KT_END:
        take_end(server, link, head, message);
        break;
    case KT_PING:
        server_put(server, link,
                   &(kt_head_t){.kind = KT_PONG, .arg = head->arg, .call_id = head->call_id}, NULL,
                   NULL);
        break;
    case KT_PONG:
        server_ponged(server, link, head);
        break;
    default:
        server->dropped++;
    }
}

void
kt_server_receive(kt_server_t *server, unsigned link, kt_message_t *message, int64_t now_us)
{
    kt_head_t head;

    KT_ASSERT(link < server->options.links);
    server->now_us = now_us;
    if (server->links[link].state == LINK_DOWN) {
        server->dropped++; /* from a connection that was given up */
    } else {
        server->links[link].heard_us = now_us;
        if (kt_failed(kt_head_decode(kt_frame_span(&message->frames[KT_FRAME_HEAD]), message->count,
                                     &head)))
            server->dropped++;
        else
            take_kind(server, link, &head, message);
    }
    kt_message_close(message);
}

void
kt_server_tick(kt_server_t *server, int64_t now_us)
{
    server->now_us = now_us;
    for (unsigned i = 0; i < server->options.links; i++)
        server_link_tick(server, i);
    server_run_timers(server);
}

int64_t
kt_server_due(const kt_server_t *server)
{
    int64_t due_us = INT64_MAX;

    for (unsigned i = 0; i < server->options.links; i++)
        due_us = KT_MIN(due_us, server_link_due(server, i));
    if (server->farewell && !kt_server_drained(server))
        due_us = KT_MIN(due_us, server->farewell_us + KT_SERVER_HEAR_US);
    if (server->timers_count > 0)
        due_us = KT_MIN(due_us, server->timers[0].due_us);
    return due_us;
}
