/* A job's part of its trace: the call as this department saw it, and below that the times of its
 * timeline: in the queue, running, and waiting for the disk. */
#include "shell.h"

void
kt_job_trace_begin(kt_shell_t *shell, kt_job_t *job, const kt_trace_t *given,
                   const kt_trace_t *brokers)
{
    const kt_trace_sink_t *sink = kt_tracer_sink(shell->tracer);
    kt_trace_t *trace = &job->call.trace;
    bool begins;

    *trace = sink && brokers->sampled ? *brokers : *given;
    begins = !kt_trace_known(trace);
    if (begins)
        *trace = kt_trace_new(&shell->prng, sink ? sink->per_million : 0);
    job->kept = sink && trace->sampled;
    memset(job->parent, 0, sizeof(job->parent));
    if (job->kept && !begins)
        memcpy(job->parent, trace->span, sizeof(job->parent));
    else if (kt_trace_placed(trace))
        return; /* who keeps no span hands on what it got */
    kt_trace_new_span(&shell->prng, trace);
}

static void
keep_phase(kt_shell_t *shell, const kt_job_t *job, const char *name, int64_t from_us, int64_t to_us)
{
    const kt_trace_sink_t *sink = kt_tracer_sink(shell->tracer);
    kt_trace_span_t span = {
        .trace = job->call.trace,
        .kind = KT_TRACE_INTERNAL,
        .name = name,
        .from_us = from_us + shell->wall_offset_us,
        .to_us = to_us + shell->wall_offset_us,
    };

    if (from_us == 0 || to_us <= from_us)
        return;
    memcpy(span.parent, job->call.trace.span, sizeof(span.parent));
    kt_trace_new_span(&shell->prng, &span.trace);
    sink->keep(sink->context, &span);
}

void
kt_job_trace_end(kt_shell_t *shell, const kt_job_t *job)
{
    const kt_trace_sink_t *sink = kt_tracer_sink(shell->tracer);
    const kt_write_t *write = &job->write;
    kt_trace_span_t span = {
        .trace = job->call.trace,
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
