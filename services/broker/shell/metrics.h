/* metrics.h: the core's counts as Prometheus metrics. */
#ifndef BROKER_METRICS_H
#define BROKER_METRICS_H

#include "core/core.h"
#include <kt/metrics.h>
#include <kt/tracer.h>

/* When the loop went round last; what `health` asks for. */
#define BROKER_METRIC_ALIVE "kantor_broker_alive_timestamp_seconds"

typedef struct broker_metrics broker_metrics_t;

/* Serves them on ADDRESS; an empty one is no server. The caller destroys it, after the core. */
kt_status_t broker_metrics_new(const char *address, broker_metrics_t **metrics);
void broker_metrics_destroy(broker_metrics_t **metrics);
/* For broker_ports_t.ended: USER holds the method's series from the first call on. */
void broker_metrics_ended(broker_metrics_t *metrics, const char *path, void **user, uint32_t code,
                          int64_t took_us);
/* Takes the core's counts over, those of TRACES, and whether all threads are on one processor.
 * Cheap; called a few times a second. */
void broker_metrics_update(broker_metrics_t *metrics, const broker_core_t *core,
                           kt_tracer_stat_t traces, bool gathered);
/* 0 when there is no server. */
uint16_t broker_metrics_port(const broker_metrics_t *metrics);

#endif
