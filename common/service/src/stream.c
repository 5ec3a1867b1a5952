/* Streams, as the front sees them: when the handler gets its next turn, and what becomes of what it
 * gave. */
#include "shell.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <stdlib.h>

kt_status_t
kt_stream_begin(kt_shell_t *shell, kt_job_t *job, kt_frame_t *body)
{
    kt_stream_job_t *stream;

    job->call.stream_arena = kt_job_take_arena(shell);
    stream = shell->streams_count > 0 ? shell->streams[--shell->streams_count]
                                      : (kt_stream_job_t *)malloc(sizeof(kt_stream_job_t));
    if (!job->call.stream_arena || !stream) {
        free(stream);
        return kt_call_out_of_memory(&job->call);
    }
    memset(stream, 0, sizeof(*stream));
    job->stream = stream;
    if (job->call.method->client_streaming)
        return kt_ok();
    stream->last_in = true;
    kt_stream_put(shell, job, body);
    return kt_ok();
}

/* Every frame of a stream is initialised when it is filled and closed when it is emptied. */
void
kt_stream_put(kt_shell_t *shell, kt_job_t *job, kt_frame_t *body)
{
    kt_stream_job_t *stream = job->stream;
    size_t size = kt_frame_span(body).size;

    KT_ASSERT(stream->inbox_count < KT_COUNT(stream->inbox));
    kt_frame_init(&stream->inbox[stream->inbox_count]);
    kt_frame_move(&stream->inbox[stream->inbox_count++], body);
    job->inside_bytes += size;
    shell->inside_bytes += size;
}

void
kt_stream_message(kt_shell_t *shell, kt_job_t *job, kt_frame_t *body)
{
    job->stream->last_in = !job->open->takes;
    if (body && shell->inside_bytes > KT_SHELL_INSIDE_BYTES_MAX) {
        kt_job_over(shell, job,
                    kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_QUEUE_FULL,
                             "the messages inside this instance are too large together"));
        return;
    }
    if (body)
        kt_stream_put(shell, job, body);
    kt_stream_turn(shell, job);
}

void
kt_stream_wake(kt_shell_t *shell, kt_job_t *job)
{
    if (!job->stream->waiting)
        return;
    job->stream->waiting = false;
    kt_job_awake(shell, job);
    kt_server_alarm(shell->server, job->open, 0);
}

void
kt_stream_wake_all(kt_shell_t *shell, kt_news_t news)
{
    shell->news[news].epoch++;
    for (uint32_t i = 0; i < shell->options.capacity && shell->news[news].waiting > 0; i++) {
        kt_job_t *job = &shell->jobs[i];
        if (!job->open || job->awaits != news)
            continue;
        if (!job->stream) {
            kt_job_news(shell, job);
        } else {
            kt_stream_wake(shell, job);
            kt_stream_turn(shell, job);
        }
    }
}

static bool
is_bidirectional(const kt_method_t *method)
{
    return method->client_streaming && method->server_streaming;
}

/* How many messages the handler may give in this turn. */
static uint32_t
may_give(const kt_shell_t *shell, const kt_job_t *job)
{
    const kt_stream_job_t *stream = job->stream;

    if (!job->call.method->server_streaming)
        return stream->last_told || stream->take_last ? 1 : 0;
    return KT_MIN(kt_server_room(shell->server, job->open), (uint32_t)KT_STEP_MESSAGES_MAX);
}

void
kt_stream_turn(kt_shell_t *shell, kt_job_t *job)
{
    kt_stream_job_t *stream = job->stream;
    bool takes, gives;

    if (job->away)
        return;
    stream->take_last = stream->last_in && !stream->last_told;
    takes = stream->inbox_count > 0 || stream->take_last;
    stream->give_max = may_give(shell, job);
    gives = stream->give_max > 0 && !stream->waiting;
    stream->idle = stream->waiting;
    if (is_bidirectional(job->call.method) && !stream->waiting)
        takes = false;
    if (!takes && !gives)
        return;
    kt_stream_wake(shell, job);
    memcpy(stream->taken, stream->inbox, stream->inbox_count * sizeof(kt_frame_t));
    stream->taken_count = stream->inbox_count;
    stream->taken_next = 0;
    stream->inbox_count = 0;
    stream->given_count = 0;
    stream->gave_wait = false;
    stream->gave_end = false;
    kt_job_hand_over(shell, job);
}

/* Closes the messages that the handler has taken and lets the caller send as many more; the others
 * are first again. */
static void
settle_taken(kt_shell_t *shell, kt_job_t *job)
{
    kt_stream_job_t *stream = job->stream;
    uint32_t left = stream->taken_count - stream->taken_next;

    for (uint32_t i = 0; i < stream->taken_next; i++) {
        size_t size = kt_frame_span(&stream->taken[i]).size;
        job->inside_bytes -= size;
        shell->inside_bytes -= size;
        kt_frame_close(&stream->taken[i]);
    }
    KT_ASSERT(left + stream->inbox_count <= KT_COUNT(stream->inbox));
    memmove(&stream->inbox[left], stream->inbox, stream->inbox_count * sizeof(kt_frame_t));
    memcpy(stream->inbox, &stream->taken[stream->taken_next], left * sizeof(kt_frame_t));
    stream->inbox_count += left;
    stream->taken_count = 0;
    kt_server_consumed(shell->server, job->open, stream->taken_next);
}

static void
settle_given(kt_shell_t *shell, kt_job_t *job)
{
    kt_stream_job_t *stream = job->stream;

    for (uint32_t i = 0; i < stream->given_count; i++)
        if (kt_failed(job->over))
            kt_frame_close(&stream->given[i]);
        else
            kt_server_send(shell->server, job->open, &stream->given[i]);
    stream->given_count = 0;
}

void
kt_stream_back(kt_shell_t *shell, kt_job_t *job)
{
    kt_stream_job_t *stream = job->stream;
    kt_news_t news = job->call.awaits != KT_NEWS_NONE ? job->call.awaits : KT_NEWS_COMMIT;

    settle_taken(shell, job);
    settle_given(shell, job);
    if (kt_failed(job->over))
        job->write.status = job->over;
    else if (!kt_failed(job->write.status) && stream->gave_wait && stream->last_in &&
             kt_job_waits_in_vain(shell, job))
        job->write.status = kt_job_draining;
    if (kt_failed(job->write.status) || stream->gave_end) {
        kt_job_end(shell, job);
        return;
    }
    /* What came while the step ran may be what it waits for. */
    if (stream->gave_wait && job->epochs[news] == shell->news[news].epoch) {
        stream->waiting = true;
        kt_job_await(shell, job, news);
        if (job->call.again_ms >= 0)
            kt_server_alarm(shell->server, job->open,
                            kt_clock_mono_us() + job->call.again_ms * KT_US_PER_MS);
    }
    kt_stream_turn(shell, job);
}

void
kt_stream_end(kt_shell_t *shell, kt_job_t *job)
{
    kt_stream_job_t *stream = job->stream;

    for (uint32_t i = 0; i < stream->inbox_count; i++)
        kt_frame_close(&stream->inbox[i]);
    shell->streams[shell->streams_count++] = stream;
    job->stream = NULL;
}
