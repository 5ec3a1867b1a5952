/* process.h: what the kernel says of this process, as Prometheus client libraries name it. */
#ifndef KT_PROCESS_METRICS_H
#define KT_PROCESS_METRICS_H

#include <stdio.h>

/* Writes process_* to OUT; what /proc does not give is left out. */
void kt_process_metrics(FILE *out);

#endif
