/*
 * metrics.h: counters, gauges and histograms, and the HTTP port on which Prometheus reads
 * them.
 *
 * A family has a name, a help text and label names; a series is a family with one value for each
 * label. Families and series are made under a lock and live as long as the registry; adding to a
 * series is one relaxed atomic operation from any thread. Names follow
 * https://prometheus.io/docs/practices/naming/ and are checked by KT_ASSERT: they are literals of
 * the program. The text is version 0.0.4 of the exposition format.
 */
#ifndef KT_METRICS_H
#define KT_METRICS_H

#include <kt/status.h>

#define KT_METRICS_LABELS_MAX 3
#define KT_METRICS_SERIES_MAX                                                                      \
    8192 /* in one family; what comes later is counted under the label value "other" */
#define KT_METRICS_VALUE_MAX       200 /* bytes of a label value; longer ones are cut */
#define KT_METRICS_CONNECTIONS_MAX 8   /* open at the HTTP port at once */
#define KT_METRICS_ASK_SECONDS     2   /* how long kt_metrics_ask waits for each part of it */
#define KT_METRICS_ALIVE_SECONDS   10  /* without a round of its loop, a program stands still */

typedef struct kt_metrics kt_metrics_t;
typedef struct kt_family kt_family_t;
typedef struct kt_series kt_series_t;
typedef struct kt_metrics_server kt_metrics_server_t;

typedef enum kt_metric_type {
    KT_METRIC_COUNTER,   /* only grows; names end in _total */
    KT_METRIC_GAUGE,     /* is set */
    KT_METRIC_HISTOGRAM, /* durations, observed in microseconds and shown in seconds; names end in
                            _seconds */
} kt_metric_type_t;

/* An empty registry; it shows process_* of its own accord. RESOURCE_EXHAUSTED when memory is out.
 * Destroy it after its server. */
kt_status_t kt_metrics_new(kt_metrics_t **metrics);
void kt_metrics_destroy(kt_metrics_t **metrics);

/* A new family, in the order of the output; NULL when memory is out. NAME, HELP and LABELS (names
 * divided by single commas, "method,code", or NULL) are borrowed for ever. */
kt_family_t *kt_metrics_family(kt_metrics_t *metrics, kt_metric_type_t type, const char *name,
                               const char *help, const char *labels);
/* The series with these label values, as many as the family has labels (NULL for none); made if it
 * is not there. Borrowed from the registry. NULL family gives NULL; never NULL otherwise. Takes the
 * lock: keep what it returns. */
kt_series_t *kt_metrics_series(kt_family_t *family, const char *const *values);

/* A NULL series is ignored by all three. */
void kt_series_add(kt_series_t *series, uint64_t count);
void kt_series_set(kt_series_t *series, int64_t value);
void kt_series_observe_us(kt_series_t *series, uint64_t duration_us);

/* The whole registry as text; the caller frees it with free(). NULL when memory is out. */
char *kt_metrics_text(kt_metrics_t *metrics, size_t *size);

/* Serves GET /metrics on ADDRESS, "127.0.0.1:9464" or "[::1]:0" (0 picks a port), from a thread of
 * its own. Whoever reaches it reads it: names of methods and counts, nothing of a call.
 * INVALID_ARGUMENT when the address is not numeric with a port, UNAVAILABLE when it cannot be
 * bound. METRICS must outlive the server. */
kt_status_t
kt_metrics_serve(kt_metrics_t *metrics, const char *address, kt_metrics_server_t **server);
uint16_t kt_metrics_server_port(const kt_metrics_server_t *server);
void kt_metrics_server_destroy(kt_metrics_server_t **server);

/* Asks another process of this machine, or of this container, which serves its metrics at ADDRESS:
 * the value of NAME, a series without labels. Blocks. INVALID_ARGUMENT when ADDRESS is none or has
 * no port, UNAVAILABLE when nobody answers or the answer has no such series. */
kt_status_t kt_metrics_ask(const char *address, const char *name, int64_t *value);
/* The same for NAME, the time in seconds at which the program's loop went round last: UNAVAILABLE
 * also when that is longer ago than KT_METRICS_ALIVE_SECONDS. */
kt_status_t kt_metrics_ask_alive(const char *address, const char *name);

#endif
