#include "metrics.h"

#include <kt/gather.h>
#include <kt/time.h>
#include <stdlib.h>

/* The series of one method. */
typedef struct method_series {
    struct method_series *next;
    kt_series_t *ended[KT_CODE_COUNT]; /* by code, from the first such END on */
    kt_series_t *took;
} method_series_t;

/* The core's counters and gauges: where each lies in broker_stats_t. */
static const struct row {
    kt_metric_type_t type;
    const char *name, *help;
    size_t offset, width;
} rows[] = {
    {KT_METRIC_COUNTER, "kantor_broker_refused_total", "Calls that the broker itself ended.",
     offsetof(broker_stats_t, refused), 8},
    {KT_METRIC_COUNTER, "kantor_broker_resent_total", "Calls given to a second instance.",
     offsetof(broker_stats_t, resent), 8},
    {KT_METRIC_COUNTER, "kantor_broker_dropped_total", "Messages that the protocol ignores.",
     offsetof(broker_stats_t, dropped), 8},
    {KT_METRIC_COUNTER, "kantor_broker_received_bytes_total", "Bytes of messages received.",
     offsetof(broker_stats_t, bytes_in), 8},
    {KT_METRIC_COUNTER, "kantor_broker_sent_bytes_total", "Bytes of messages sent.",
     offsetof(broker_stats_t, bytes_out), 8},
    {KT_METRIC_GAUGE, "kantor_broker_open_calls", "Calls that are open.",
     offsetof(broker_stats_t, open), 4},
    {KT_METRIC_GAUGE, "kantor_broker_queued_calls", "Open calls that wait for an instance.",
     offsetof(broker_stats_t, queued), 4},
    {KT_METRIC_GAUGE, "kantor_broker_queued_bytes", "Bytes of requests that wait for an instance.",
     offsetof(broker_stats_t, queued_bytes), 8},
    {KT_METRIC_GAUGE, "kantor_broker_kept_bytes", "Bytes of requests kept to be sent again.",
     offsetof(broker_stats_t, kept_bytes), 8},
    {KT_METRIC_GAUGE, "kantor_broker_outbox_bytes", "Bytes that peers do not take yet.",
     offsetof(broker_stats_t, outbox_bytes), 8},
    {KT_METRIC_GAUGE, "kantor_broker_callers", "Callers heard from in the last minute.",
     offsetof(broker_stats_t, callers), 4},
    {KT_METRIC_GAUGE, "kantor_broker_instances", "Instances that are registered.",
     offsetof(broker_stats_t, instances), 4},
    {KT_METRIC_GAUGE, "kantor_broker_open_calls_max", "Calls that may be open at once.",
     offsetof(broker_stats_t, open_max), 4},
    {KT_METRIC_GAUGE, "kantor_broker_queued_calls_max", "Open calls that may wait.",
     offsetof(broker_stats_t, queued_max), 4},
    {KT_METRIC_GAUGE, "kantor_broker_queued_bytes_max", "Bytes of requests that may wait.",
     offsetof(broker_stats_t, queued_bytes_max), 8},
    {KT_METRIC_GAUGE, "kantor_broker_kept_bytes_max", "Bytes of requests that may be kept.",
     offsetof(broker_stats_t, kept_bytes_max), 8},
    {KT_METRIC_GAUGE, "kantor_broker_outbox_bytes_max", "Bytes that peers may leave untaken.",
     offsetof(broker_stats_t, outbox_bytes_max), 8},
};

struct broker_metrics {
    kt_metrics_t *registry;
    kt_metrics_server_t *server;
    kt_family_t *calls, *seconds;
    kt_series_t *alive, *gathered, *spans, *dropped_spans;
    kt_tracer_stat_t traces_before;
    kt_series_t *series[KT_COUNT(rows)];
    uint64_t before[KT_COUNT(rows)];
    method_series_t *methods;
};

static kt_series_t *
single(kt_metrics_t *registry, kt_metric_type_t type, const char *name, const char *help)
{
    return kt_metrics_series(kt_metrics_family(registry, type, name, help, NULL), NULL);
}

kt_status_t
broker_metrics_new(const char *address, broker_metrics_t **metrics)
{
    broker_metrics_t *made = calloc(1, sizeof *made);
    if (made == NULL)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the metrics");
    kt_status_t status = kt_metrics_new(&made->registry);
    if (!kt_failed(status)) {
        made->calls = kt_metrics_family(
            made->registry, KT_METRIC_COUNTER, "kantor_broker_calls_total",
            "Calls that ended, by method and gRPC code.", "method,code");
        made->seconds = kt_metrics_family(made->registry, KT_METRIC_HISTOGRAM,
                                          "kantor_broker_call_seconds",
                                          "From receipt of a call to its end.", "method");
        made->alive = single(made->registry, KT_METRIC_GAUGE, BROKER_METRIC_ALIVE,
                             "When the broker's loop went round last.");
        made->gathered = single(made->registry, KT_METRIC_GAUGE, KT_GATHER_METRIC,
                                KT_GATHER_METRIC_HELP);
        made->spans = single(made->registry, KT_METRIC_COUNTER, "kantor_trace_spans_total",
                             "Spans written to the file of traces.");
        made->dropped_spans = single(made->registry, KT_METRIC_COUNTER,
                                     "kantor_trace_dropped_spans_total",
                                     "Spans that were lost: the ring or the disk was full.");
        for (size_t i = 0; i < KT_COUNT(rows); i++)
            made->series[i] = single(made->registry, rows[i].type, rows[i].name, rows[i].help);
        if (address[0] != '\0')
            status = kt_metrics_serve(made->registry, address, &made->server);
    }
    if (kt_failed(status))
        broker_metrics_destroy(&made);
    else
        *metrics = made;
    return status;
}

void
broker_metrics_destroy(broker_metrics_t **metrics)
{
    broker_metrics_t *self = *metrics;
    *metrics = NULL;
    if (self == NULL)
        return;
    kt_metrics_server_destroy(&self->server);
    kt_metrics_destroy(&self->registry);
    while (self->methods != NULL) {
        method_series_t *method = self->methods;
        self->methods = method->next;
        free(method);
    }
    free(self);
}

void
broker_metrics_ended(broker_metrics_t *metrics, const char *path, void **user, uint32_t code,
                     int64_t took_us)
{
    method_series_t *method = *user;
    if (method == NULL) {
        method = calloc(1, sizeof *method);
        if (method == NULL)
            return;
        method->took = kt_metrics_series(metrics->seconds, (const char *[]){path});
        method->next = metrics->methods;
        metrics->methods = method;
        *user = method;
    }
    uint32_t known = code < KT_CODE_COUNT ? code : KT_UNKNOWN;
    if (method->ended[known] == NULL)
        method->ended[known] = kt_metrics_series(metrics->calls,
                                                 (const char *[]){path, kt_code_name(known)});
    kt_series_add(method->ended[known], 1);
    kt_series_observe_us(method->took, took_us > 0 ? (uint64_t)took_us : 0);
}

void
broker_metrics_update(broker_metrics_t *metrics, const broker_core_t *core, kt_tracer_stat_t traces,
                      bool gathered)
{
    broker_stats_t stats;
    broker_core_stats(core, &stats);
    kt_series_set(metrics->gathered, gathered);
    kt_series_set(metrics->alive, kt_clock_wall_us() / KT_US_PER_S);
    kt_series_add(metrics->spans, traces.written - metrics->traces_before.written);
    kt_series_add(metrics->dropped_spans, traces.dropped - metrics->traces_before.dropped);
    metrics->traces_before = traces;
    for (size_t i = 0; i < KT_COUNT(rows); i++) {
        const char *at = (const char *)&stats + rows[i].offset;
        uint32_t narrow;
        uint64_t value;
        if (rows[i].width == sizeof narrow) {
            memcpy(&narrow, at, sizeof narrow);
            value = narrow;
        } else {
            memcpy(&value, at, sizeof value);
        }
        if (rows[i].type == KT_METRIC_COUNTER)
            kt_series_add(metrics->series[i], value - metrics->before[i]);
        else
            kt_series_set(metrics->series[i], (int64_t)value);
        metrics->before[i] = value;
    }
}

uint16_t
broker_metrics_port(const broker_metrics_t *metrics)
{
    return metrics->server != NULL ? kt_metrics_server_port(metrics->server) : 0;
}
