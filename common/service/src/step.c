/* Running handlers: one unary call, or one turn of a stream. In the thread of whoever has the job.
 */
#include "shell.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/message.h>
#include <kt/scan.h>

kt_status_t
kt_step_unpack(kt_job_t *job, const kt_frame_t *frame, const void **request)
{
    const ProtobufCMessageDescriptor *type = job->call.method->request;
    kt_scan_limits_t limits = kt_scan_limits_usual();
    kt_scan_result_t scanned;
    ProtobufCMessage *message;

    KT_TRY(kt_scan(type, kt_frame_span(frame), &limits, &scanned));
    KT_TRY(kt_message_unpack(job->call.arena, type, kt_frame_span(frame), &message));
    *request = message;
    return kt_ok();
}

static kt_status_t
pack(const ProtobufCMessage *message, kt_frame_t *frame)
{
    size_t size = protobuf_c_message_get_packed_size(message);

    if (size > KT_BODY_BYTES_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_LARGE,
                        "the reply would be larger than a message may be");
    KT_TRY(kt_frame_init_size(frame, size));
    (void)protobuf_c_message_pack(message, kt_frame_bytes(frame));
    return kt_ok();
}

static kt_status_t
run_unary(kt_job_t *job)
{
    kt_call_t *call = &job->call;
    kt_write_t *write = &job->write;
    ProtobufCMessage *response = kt_message_new(call->arena, call->method->response);

    if (!response)
        return kt_call_out_of_memory(call);
    call->ids = 0;
    call->violations_count = 0;
    KT_TRY(write->run->unary(write->handlers, call, write->request, response));
    return call->again_ms >= 0 ? kt_ok() : pack(response, &job->reply);
}

/* ---- streams ---- */

static kt_status_t
take_one(kt_job_t *job, const kt_frame_t *frame)
{
    const void *request = NULL;

    kt_arena_reset(job->call.arena);
    if (frame)
        KT_TRY(kt_step_unpack(job, frame, &request));
    return job->write.run->take(job->write.handlers, &job->call, request);
}

/* What one give has brought: a message of the stream, or of a client stream its reply. */
static kt_status_t
take_given(kt_job_t *job, const ProtobufCMessage *response, kt_give_t given)
{
    kt_stream_job_t *stream = job->stream;
    bool gives = job->call.method->server_streaming;

    switch (given) {
    case KT_GIVE_WAIT:
        stream->gave_wait = true;
        return kt_ok();
    case KT_GIVE_END:
        stream->gave_end = true;
        return gives ? kt_ok() : pack(response, &job->reply);
    case KT_GIVE_MESSAGE:
        if (gives) {
            KT_TRY(pack(response, &stream->given[stream->given_count]));
            stream->given_count++;
            return kt_ok();
        }
        break;
    }
    return kt_error(KT_INTERNAL, RPC_REASON_BUG, "the method gave what its kind has not");
}

static kt_status_t
give_one(kt_job_t *job)
{
    kt_give_t given = KT_GIVE_END;
    ProtobufCMessage *response;

    kt_arena_reset(job->call.arena);
    response = kt_message_new(job->call.arena, job->call.method->response);
    if (!response)
        return kt_call_out_of_memory(&job->call);
    KT_TRY(job->write.run->give(job->write.handlers, &job->call, response, &given));
    return take_given(job, response, given);
}

/* Gives until there is no room, nothing more, or nobody who waits for it. */
static kt_status_t
give_all(kt_job_t *job)
{
    kt_stream_job_t *stream = job->stream;
    uint32_t asked = stream->given_count;

    stream->gave_wait = false;
    for (; asked < stream->give_max && !stream->gave_wait && !stream->gave_end; asked++) {
        if (kt_call_over(&job->call))
            return kt_ok(); /* the front knows why */
        KT_TRY(give_one(job));
    }
    return kt_ok();
}

/* The next message, or the word that there is none; false when the handler has had all. */
static bool
take_next(kt_job_t *job, kt_status_t *status)
{
    kt_stream_job_t *stream = job->stream;

    if (stream->taken_next < stream->taken_count) {
        *status = take_one(job, &stream->taken[stream->taken_next++]);
        return true;
    }
    if (!stream->take_last || stream->last_told)
        return false;
    stream->last_told = true;
    *status = take_one(job, NULL);
    return true;
}

/* A bidirectional handler gets its next message when it has said that it waits: what it has to keep
 * stays small. */
static kt_status_t
run_bidirectional(kt_job_t *job)
{
    kt_stream_job_t *stream = job->stream;
    kt_status_t status = kt_ok();

    for (;;) {
        if (stream->idle && !take_next(job, &status))
            return kt_ok();
        KT_TRY(status);
        KT_TRY(give_all(job));
        stream->idle = stream->gave_wait;
        if (!stream->idle)
            return kt_ok();
    }
}

static kt_status_t
run_stream(kt_job_t *job)
{
    const kt_method_t *method = job->call.method;
    kt_status_t status = kt_ok();

    if (method->client_streaming && method->server_streaming)
        return run_bidirectional(job);
    while (take_next(job, &status))
        KT_TRY(status);
    return give_all(job);
}

/* ---- all ---- */

static kt_status_t
why_over(const kt_job_t *job)
{
    if (atomic_load_explicit(&job->cancelled, memory_order_relaxed))
        return kt_error(KT_CANCELLED, RPC_REASON_CALL_CANCELLED,
                        "the caller cancelled before the call ran");
    return kt_error(KT_DEADLINE_EXCEEDED, RPC_REASON_DEADLINE_PASSED,
                    "the deadline passed before the call ran");
}

int64_t
kt_step_run(kt_job_t *job, int64_t now_us)
{
    kt_call_t *call = &job->call;
    kt_write_t *write = &job->write;

    call->again_ms = -1;
    call->awaits = KT_NEWS_NONE;
    if (write->began_us == 0)
        write->began_us = now_us;
    write->status = kt_ok();
    if (kt_call_over_at(call, now_us))
        write->status = why_over(job);
    else if (job->shell->store)
        write->status = kt_kv_begin_read(job->shell->store, &call->txn);
    if (!kt_failed(write->status))
        write->status = job->stream ? run_stream(job) : run_unary(job);
    kt_kv_abort(&call->txn);
    write->ran_us = kt_clock_mono_us();
    write->committed_us = write->ran_us;
    return write->ran_us;
}
