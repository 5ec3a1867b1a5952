#include "client_internal.h"

#include <kt/outcome.h>

#define ARENA_BYTES     4096
#define ARENA_BYTES_MAX ((size_t)128 << 20) /* the largest response, unpacked, and its status */

kt_status_t
kt_reply_init(kt_reply_t *reply)
{
    *reply = (kt_reply_t){.retry_after_ms = -1};
    kt_frame_init(&reply->frame);
    reply->arena = kt_arena_new(ARENA_BYTES, ARENA_BYTES_MAX);
    return reply->arena ? kt_ok() : kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a reply");
}

void
kt_reply_fini(kt_reply_t *reply)
{
    kt_frame_close(&reply->frame);
    kt_arena_destroy(&reply->arena);
}

void
kt_reply_reset(kt_reply_t *reply)
{
    kt_arena_t *arena = reply->arena;
    kt_frame_close(&reply->frame);
    kt_arena_reset(arena);
    *reply = (kt_reply_t){.arena = arena, .retry_after_ms = -1};
    kt_frame_init(&reply->frame);
}

/* A reason of the machine's own, by name, as the broker would have sent it. */
static void
name_reason(kt_reply_t *reply)
{
    const char *name = kt_reason_name(reply->status.reason);
    if (!name)
        return;
    reply->reason = name;
    reply->domain = "kantor.rpc";
}

kt_status_t
kt_reply_failed(kt_reply_t *reply, kt_status_t status)
{
    kt_reply_reset(reply);
    reply->status = status;
    name_reason(reply);
    return status;
}

static kt_status_t
unpack(kt_reply_t *reply, const kt_method_t *method, kt_frame_t *body)
{
    kt_frame_move(&reply->frame, body);
    reply->body = kt_frame_span(&reply->frame);
    if (!method->response)
        return kt_ok();
    ProtobufCMessage *message = NULL;
    if (kt_failed(kt_response_read(reply->arena, method->response, reply->body, &message)))
        return kt_error(KT_INTERNAL, 0, "the answer is not this method's response message");
    reply->message = message;
    return kt_ok();
}

void
kt_reply_fill(kt_reply_t *reply, const kt_method_t *method, kt_rpc_end_t *end)
{
    kt_reply_reset(reply);
    reply->status = end->status;
    reply->outcome_unknown = end->outcome_unknown;
    reply->key = end->key;
    reply->timeline = end->timeline;
    reply->took_us = end->took_us;
    reply->attempts = end->attempts;
    if (end->local) {
        name_reason(reply);
        return;
    }
    kt_outcome_t outcome;
    if (kt_failed(kt_outcome_read(reply->arena, kt_frame_span(&end->meta), &outcome))) {
        /* The machine has read it before, so what is missing is memory. */
        reply->status.text = "no memory for the answer's details";
        return;
    }
    reply->status = outcome.status;
    reply->reason = outcome.reason;
    reply->domain = outcome.domain;
    reply->field = outcome.field;
    reply->field_problem = outcome.field_problem;
    reply->retry_after_ms = outcome.retry_after_ms;
    reply->replayed = outcome.replayed;
    if (!kt_failed(reply->status) && !(method->server_streaming))
        reply->status = unpack(reply, method, &end->body);
}

kt_status_t
kt_reply_message(kt_reply_t *reply, const kt_method_t *method, kt_frame_t *body)
{
    kt_reply_reset(reply);
    reply->status = unpack(reply, method, body);
    return reply->status;
}
