/* trace.c: the broker's part of traces that are kept. Without a trace to keep, a bit of the head is
 * all that is looked at. */
#include "internal.h"

#include <kt/call_meta.h>

#define TAG_CALLER_TRACE (3 << 3 | 2)

/* Whether it is to be kept although its caller does not ask for that. */
static bool
drawn(broker_core_t *core)
{
    return core->trace_per_million > 0 &&
           kt_prng_below(&core->prng, KT_TRACE_ALWAYS) < core->trace_per_million;
}

bool
broker_trace_begin(broker_core_t *core, broker_call_t *call, uint8_t flags)
{
    kt_call_meta_t meta;
    kt_span_t bytes = kt_frame_span(&call->request.frames[KT_FRAME_META]);
    if (core->ports.traced == NULL || ((flags & KT_FLAG_KEPT) == 0 && !drawn(core)))
        return false;
    memset(call->parent, 0, sizeof call->parent);
    if (kt_failed(kt_call_meta_decode(bytes, &meta)) || !kt_trace_known(&meta.trace)) {
        call->trace = kt_trace_new(&core->prng, KT_TRACE_ALWAYS); /* it begins here */
        return true;
    }
    call->trace = meta.trace;
    memcpy(call->parent, call->trace.span, sizeof call->parent); /* all zero: nobody has one */
    call->trace.sampled = true;
    kt_trace_new_span(&core->prng, &call->trace);
    return true;
}

void
broker_trace_end(const broker_core_t *core, const broker_call_t *call, uint32_t code)
{
    broker_traced_t part = {
        .trace = call->trace,
        .path = call->method != NULL ? call->method->path : "",
        .code = code,
        .resends = call->resends,
        .received_us = call->received_us,
        .dispatched_us = call->dispatched_us,
        .ended_us = core->now_us,
    };
    memcpy(part.parent, call->parent, sizeof part.parent);
    core->ports.traced(core->ports.context, &part);
}

void
broker_trace_put(const kt_trace_t *trace, uint8_t out[BROKER_TRACE_FIELD_BYTES])
{
    out[0] = TAG_CALLER_TRACE;
    out[1] = KT_CALLER_TRACE_BYTES;
    memcpy(out + 2, trace->id, sizeof trace->id);
    memcpy(out + 2 + sizeof trace->id, trace->span, sizeof trace->span);
}
