/* A job's part of its trace: the call as this department saw it, and below that the times of its
 * timeline: in the queue, running, and waiting for the disk. */
#include "shell.h"

/* One of another length than version 00 has is rare, and is told what it is. */
static void
hand_on(kt_call_t *call, kt_span_t given)
{
    kt_trace_t trace;

    if (given.size == KT_TRACEPARENT_CHARS)
        memcpy(call->traceparent, given.data, KT_TRACEPARENT_CHARS);
    else if (kt_trace_parse(given, &trace))
        kt_trace_format(&trace, call->traceparent);
}

void
kt_job_trace_begin(kt_shell_t *shell, kt_job_t *job, kt_span_t given, const kt_trace_t *brokers)
{
    const kt_trace_sink_t *sink = kt_tracer_sink(shell->tracer);
    bool begins;

    if (!sink) {
        hand_on(&job->call, given);
        return;
    }
    if (brokers->sampled)
        job->trace = *brokers;
    else
        (void)kt_trace_parse(given, &job->trace);
    begins = !kt_trace_known(&job->trace);
    if (begins)
        job->trace = kt_trace_new(&shell->prng, sink->per_million);
    job->kept = job->trace.sampled;
    memset(job->parent, 0, sizeof(job->parent));
    if (job->kept && !begins) { /* else who keeps no span hands on what it got */
        memcpy(job->parent, job->trace.span, sizeof(job->parent));
        kt_trace_new_span(&shell->prng, &job->trace);
    }
    kt_trace_format(&job->trace, job->call.traceparent);
}

static void
keep_phase(kt_shell_t *shell, const kt_job_t *job, const char *name, int64_t from_us, int64_t to_us)
{
    const kt_trace_sink_t *sink = kt_tracer_sink(shell->tracer);
    kt_trace_span_t span = {
        .trace = job->trace,
        .kind = KT_TRACE_INTERNAL,
        .name = name,
        .from_us = from_us + shell->wall_offset_us,
        .to_us = to_us + shell->wall_offset_us,
    };

    if (from_us == 0 || to_us <= from_us)
        return;
    memcpy(span.parent, job->trace.span, sizeof(span.parent));
    kt_trace_new_span(&shell->prng, &span.trace);
    sink->keep(sink->context, &span);
}

void
kt_job_trace_end(kt_shell_t *shell, const kt_job_t *job)
{
    const kt_trace_sink_t *sink = kt_tracer_sink(shell->tracer);
    const kt_write_t *write = &job->write;
    kt_trace_span_t span = {
        .trace = job->trace,
        .kind = KT_TRACE_SERVER,
        .name = job->call.method->path,
        .from_us = job->taken_us + shell->wall_offset_us,
        .to_us = kt_clock_mono_us() + shell->wall_offset_us,
        .code = write->status.code,
        .attributes = {{"kantor.principal", job->call.principal}},
    };

    memcpy(span.parent, job->parent, sizeof(span.parent));
    if (write->replayed)
        span.attributes[1] = (kt_trace_attribute_t){"kantor.replayed", "true"};
    sink->keep(sink->context, &span);
    if (job->stream)
        return;
    keep_phase(shell, job, "queue", job->taken_us, write->began_us);
    keep_phase(shell, job, "run", write->began_us, write->ran_us);
    keep_phase(shell, job, "commit", write->ran_us, write->committed_us);
}
