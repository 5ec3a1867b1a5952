/* Which trace a call belongs to, and its span. */
#include "client_internal.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/time.h>
#include <stdio.h>

void
kt_client_trace(kt_client_t *client, const kt_trace_sink_t *sink, const kt_trace_t *parent)
{
    client->sink = sink;
    client->parent = parent ? *parent : (kt_trace_t){.sampled = false};
}

kt_status_t
kt_client_trace_begin(kt_client_t *client, const kt_call_options_t *options,
                      kt_rpc_traced_t *traced, kt_rpc_request_t *request)
{
    const char *given = options ? options->traceparent : NULL;
    request->trace = client->parent;
    if (given && !kt_trace_parse(kt_span_str(given), &request->trace))
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD,
                        "traceparent is not as W3C Trace Context has it");
    if (!client->sink)
        return kt_ok();
    bool begins = !kt_trace_known(&request->trace);
    if (begins)
        request->trace = kt_trace_new(&client->prng, client->sink->per_million);
    if (!request->trace.sampled)
        return kt_ok();
    *traced = (kt_rpc_traced_t){.kept = true, .from_us = request->wall_us};
    if (!begins) {
        memcpy(traced->parent, request->trace.span, sizeof traced->parent);
        kt_trace_new_span(&client->prng, &request->trace);
    }
    traced->trace = request->trace;
    request->traced = traced;
    return kt_ok();
}

void
kt_client_trace_end(const kt_client_t *client, const kt_method_t *method, const kt_rpc_end_t *end)
{
    const kt_rpc_traced_t *traced = &end->traced;
    char attempts[16];
    if (!traced->kept || !client->sink)
        return;
    kt_trace_span_t span = {.trace = traced->trace,
                            .kind = KT_TRACE_CLIENT,
                            .name = method->path,
                            .from_us = traced->from_us,
                            .to_us = traced->from_us + end->took_us,
                            .code = end->status.code};
    memcpy(span.parent, traced->parent, sizeof span.parent);
    snprintf(attempts, sizeof attempts, "%u", end->attempts);
    if (end->attempts != 1)
        span.attributes[0] = (kt_trace_attribute_t){"kantor.attempts", attempts};
    client->sink->keep(client->sink->context, &span);
}
