/*
 * config.h: the broker's one configuration file, in ZPL (https://rfc.zeromq.org/spec/4/), read
 * strictly: an unknown name, a value out of range, a name that stands twice, a key file that is not
 * there, all are refused with the place and the reason. docs/man/kantor-broker.conf.5 describes the
 * file.
 */
#ifndef BROKER_CONFIG_H
#define BROKER_CONFIG_H

#include "core/core.h"
#include <kt/log.h>
#include <kt/tracer.h>

#define BROKER_ENDPOINT_BYTES_MAX 255
#define BROKER_PROBLEM_BYTES_MAX  511
#define BROKER_PATH_BYTES_MAX     KT_TRACER_PATH_MAX
#define BROKER_FIXED_BYTES_MAX    64

typedef struct broker_trace_config {
    char path[BROKER_PATH_BYTES_MAX + 1]; /* empty: no traces are kept */
    uint64_t bytes_max;
    uint32_t keep, per_million;
} broker_trace_config_t;

typedef struct broker_config {
    char clients[BROKER_ENDPOINT_BYTES_MAX + 1]; /* endpoints to bind */
    char services[BROKER_ENDPOINT_BYTES_MAX + 1];
    char metrics[BROKER_ENDPOINT_BYTES_MAX + 1]; /* numeric address; empty: no metrics */
    kt_key_pair_t keys;                          /* the broker's own */
    kt_log_level_t log;
    kt_log_format_t log_format;
    bool gather;       /* threads, while one processor is enough (kt/gather.h) */
    uint32_t drain_ms; /* how long SIGTERM waits for open calls */
    broker_limits_t limits;
    broker_trace_config_t trace;
    broker_directory_t *directory;
    char problem[BROKER_PROBLEM_BYTES_MAX + 1];
} broker_config_t;

/* Reads PATH. INVALID_ARGUMENT when it is refused; the text lies in CONFIG->problem and names file,
 * place and reason. On success the caller finishes CONFIG. */
kt_status_t broker_config_load(const char *path, broker_config_t *config);
/* The settings, divided by blanks, in which READ differs from RUNNING and that only a restart
 * changes: everything else can be taken over by a broker that runs. */
void broker_config_fixed(const broker_config_t *running, const broker_config_t *read,
                         char names[BROKER_FIXED_BYTES_MAX]);
/* Destroys the directory, unless it was taken (KT_TAKE), and wipes the secret key. */
void broker_config_fini(broker_config_t *config);

#endif
