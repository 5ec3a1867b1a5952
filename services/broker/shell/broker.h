/*
 * broker.h: the process around the core: sockets, keys, signals, metrics, logs. One thread runs it;
 * libzmq's I/O threads, the ZAP thread and the metrics server are the others.
 */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include "config/config.h"

typedef struct broker broker_t;

/* Binds, proves that unknown keys are refused, and is ready to run. CONFIG is emptied but for its
 * problem, where the text of a failure lies; PATH is read again by reloads. */
kt_status_t broker_new(const char *path, broker_config_t *config, broker_t **broker);
void broker_destroy(broker_t **broker);
/* Where it listens, with the ports it got. Borrowed. */
const char *broker_clients_endpoint(const broker_t *broker);
const char *broker_services_endpoint(const broker_t *broker);
/* 0: no metrics. */
uint16_t broker_metrics_http_port(const broker_t *broker);

/* Runs until broker_stop and the end of open calls, or of the configured drain time. */
kt_status_t broker_run(broker_t *broker);
/* From any thread or signal handler: stop after draining; the second time at once. */
void broker_stop(broker_t *broker);
/* From any thread or signal handler: read the configuration file again. A bad one is logged and
 * changes nothing. */
void broker_reload(broker_t *broker);

/* The program: options, then broker_run. Returns the exit code. */
int broker_main(int argc, char **argv);

#endif
