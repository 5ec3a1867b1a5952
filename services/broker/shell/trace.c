#include "trace.h"

#include "version.h"
#include <kt/prng.h>
#include <kt/time.h>
#include <stdio.h>
#include <stdlib.h>

struct broker_trace {
    kt_tracer_t *tracer;
    kt_prng_t prng;
};

kt_status_t
broker_trace_new(const broker_trace_config_t *config, broker_trace_t **trace)
{
    if (config->path[0] == '\0')
        return kt_ok();
    broker_trace_t *made = calloc(1, sizeof *made);
    if (made == NULL)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory to keep traces");
    kt_prng_seed_system(&made->prng);
    char instance[32];
    snprintf(instance, sizeof instance, "broker-%016llx",
             (unsigned long long)kt_prng_next(&made->prng));
    kt_tracer_options_t options = {
        .path = config->path,
        .bytes_max = config->bytes_max,
        .keep = config->keep,
        .service = "kantor-broker",
        .version = BROKER_VERSION,
        .instance = instance,
    };
    kt_status_t status = kt_tracer_new(&options, &made->tracer);
    if (kt_failed(status))
        broker_trace_destroy(&made);
    else
        *trace = made;
    return status;
}

void
broker_trace_destroy(broker_trace_t **trace)
{
    broker_trace_t *gone = KT_TAKE(*trace);
    if (gone == NULL)
        return;
    kt_tracer_destroy(&gone->tracer);
    free(gone);
}

void
broker_trace_keep(broker_trace_t *trace, const broker_traced_t *part)
{
    const kt_trace_sink_t *sink = kt_tracer_sink(trace->tracer);
    int64_t offset_us = kt_clock_wall_us() - kt_clock_mono_us();
    char resends[16];
    kt_trace_span_t span = {
        .trace = part->trace,
        .kind = KT_TRACE_SERVER,
        .name = part->path,
        .from_us = part->received_us + offset_us,
        .to_us = part->ended_us + offset_us,
        .code = part->code,
    };
    memcpy(span.parent, part->parent, sizeof span.parent);
    snprintf(resends, sizeof resends, "%u", part->resends);
    if (part->resends > 0)
        span.attributes[0] = (kt_trace_attribute_t){"kantor.resends", resends};
    sink->keep(sink->context, &span);
    int64_t until_us = part->dispatched_us > 0 ? part->dispatched_us : part->ended_us;
    if (until_us == part->received_us)
        return;
    kt_trace_span_t queue = {
        .trace = part->trace,
        .kind = KT_TRACE_INTERNAL,
        .name = "queue",
        .from_us = span.from_us,
        .to_us = until_us + offset_us,
    };
    memcpy(queue.parent, part->trace.span, sizeof queue.parent);
    kt_trace_new_span(&trace->prng, &queue.trace);
    sink->keep(sink->context, &queue);
}

void
broker_trace_reopen(broker_trace_t *trace)
{
    if (trace != NULL)
        kt_tracer_reopen(trace->tracer);
}

kt_tracer_stat_t
broker_trace_stat(const broker_trace_t *trace)
{
    return kt_tracer_stat(trace != NULL ? trace->tracer : NULL);
}
