/* trace.h: the broker's spans. */
#ifndef BROKER_TRACE_H
#define BROKER_TRACE_H

#include "config/config.h"
#include <kt/tracer.h>

typedef struct broker_trace broker_trace_t;

/* *TRACE is NULL, and nothing is kept, when the configuration names no file. INVALID_ARGUMENT when
 * that cannot be opened. */
kt_status_t broker_trace_new(const broker_trace_config_t *config, broker_trace_t **trace);
void broker_trace_destroy(broker_trace_t **trace);
void broker_trace_keep(broker_trace_t *trace, const broker_traced_t *part);
/* These take a NULL trace, too. */
void broker_trace_reopen(broker_trace_t *trace);
kt_tracer_stat_t broker_trace_stat(const broker_trace_t *trace);

#endif
