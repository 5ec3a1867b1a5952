/*
 * core.h: the broker without sockets and clocks. Messages and the time go in, messages come out
 * through one function, and the core says when it wants to be asked again. One thread at a time.
 *
 * It acts on the head frame alone. A body is moved from one side to the other; a request that could
 * be sent again is kept as a second holder of the same bytes until its call ends. Everything it
 * holds has a limit in broker_limits_t; calls lie in a pool that is reserved at the start (and
 * grows with a reload alone), and a call that finds a free instance allocates nothing but its new
 * head frame.
 */
#ifndef BROKER_CORE_H
#define BROKER_CORE_H

#include "protocol/codec.h"
#include <kt/hist.h>
#include <kt/trace.h>

#define BROKER_CALLS_MAX          1048576 /* open at once, whatever is configured */
#define BROKER_SERVICES_MAX       64
#define BROKER_INSTANCES_MAX      64   /* of one service */
#define BROKER_METHODS_KNOWN_MAX  4096 /* of all services, since the start */
#define BROKER_OUTBOX_COUNT_MAX   8192 /* messages that wait for one peer to take them */
#define BROKER_RESENDS_MAX        16   /* of one call */
#define BROKER_PING_US            250000
#define BROKER_INSTANCE_SILENT_US 5000000
#define BROKER_CALLER_SILENT_US   10000000
#define BROKER_PEER_IDLE_US       60000000 /* after it a peer with no open call is forgotten */
/* A longer gap between two ticks was the broker's own sleep. */
#define BROKER_STALL_US      1000000
#define BROKER_RETRY_US      2000 /* how long a full peer is left alone */
#define BROKER_RETRY_HINT_MS 100
/* So long after DRAIN calls that crossed with it are waited for, to be refused: what is not refused
 * may have happened. And so long after its last END a caller has to read it. */
#define BROKER_DRAIN_SETTLE_US 250000
/* A read of which nothing was heard for so long is not waited for while the broker drains. */
#define BROKER_DRAIN_QUIET_US 500000

typedef struct broker_core broker_core_t;

typedef enum broker_side { BROKER_CLIENTS, BROKER_SERVICES, BROKER_SIDES } broker_side_t;

typedef struct broker_limits {
    uint32_t calls_max;            /* open at once, 1..BROKER_CALLS_MAX */
    uint32_t queued_max;           /* of these, waiting for an instance */
    uint64_t queued_bytes_max;     /* of requests and messages that wait for an instance */
    uint64_t kept_bytes_max;       /* of requests kept so that they can be sent again */
    uint64_t outbox_bytes_max;     /* that wait for one peer to take them */
    uint64_t outbox_all_bytes_max; /* that wait for all peers together */
    uint32_t peers_max;            /* callers remembered */
    uint32_t grace_ms;             /* how long calls wait for a service that has no instance */
} broker_limits_t;

/* What `kantor-broker` runs with unless it is configured. */
broker_limits_t broker_limits_usual(void);

typedef struct broker_method_stats {
    uint64_t calls, failed;
    kt_hist_t *took_us; /* NULL before the first call ended */
} broker_method_stats_t;

typedef struct broker_stats {
    uint64_t calls;   /* admitted or not */
    uint64_t refused; /* ended by the broker itself */
    uint64_t resent;
    uint64_t dropped; /* messages that the protocol ignores */
    uint64_t bytes_in, bytes_out;
    uint32_t open, queued;
    uint64_t queued_bytes, kept_bytes, outbox_bytes;
    uint32_t callers, instances;
    /* What bounds them. */
    uint32_t open_max, queued_max;
    uint64_t queued_bytes_max, kept_bytes_max, outbox_bytes_max;
} broker_stats_t;

typedef enum broker_event {
    BROKER_REGISTERED,
    BROKER_REPLACED, /* the instance registered anew over the same connection, or its earlier
                        connection was gone */
    BROKER_REFUSED,
    BROKER_DRAINING,
    BROKER_LOST,
    BROKER_BARRED, /* its key was taken off the list, or an instance with a newer store is there */
} broker_event_t;

typedef struct broker_instance_info {
    const char *service, *instance, *principal, *version;
    uint32_t capacity, open;
    int64_t since_us;
    bool draining;
} broker_instance_info_t;

typedef struct broker_method_info {
    const char *path;
    const broker_rule_t *rule;
    const broker_method_stats_t *stats;
} broker_method_info_t;

/* The broker's part of a trace that is to be kept, when the call has ended. */
typedef struct broker_traced {
    kt_trace_t trace; /* the broker's own place */
    uint8_t parent[KT_TRACE_SPAN_BYTES];
    const char *path; /* "" while it was not known */
    uint32_t code, resends;
    int64_t received_us, dispatched_us, ended_us; /* dispatched: 0 when it never was */
} broker_traced_t;

/* What the core asks of its shell. */
typedef struct broker_ports {
    void *context;
    /* Sends MESSAGE and leaves it empty (KT_IO_OK), or leaves it as it is: KT_IO_AGAIN, KT_IO_GONE.
     */
    kt_io_t (*send)(void *context, broker_side_t side, kt_peer_t peer, kt_message_t *message);
    /* A call of a known method ended. May be NULL. */
    void (*ended)(void *context, const char *path, void **user, uint32_t code, int64_t took_us);
    /* Something happened to an instance; TEXT (or NULL) says why. May be NULL. */
    void (*noted)(void *context, broker_event_t event, const broker_instance_info_t *instance,
                  const char *text);
    /* A call whose trace is to be kept ended. NULL: the broker keeps none, and does not look. */
    void (*traced)(void *context, const broker_traced_t *part);
} broker_ports_t;

typedef struct broker_options {
    broker_limits_t limits;
    const broker_directory_t *directory; /* borrowed until the core is reloaded or destroyed */
    broker_ports_t ports;
    uint32_t trace_per_million; /* of the calls whose caller does not ask for it are kept as well */
    uint64_t seed;              /* for its hash tables, and ids of spans */
    int64_t now_us;             /* any clock that does not go back */
} broker_options_t;

/* INVALID_ARGUMENT when a limit is 0 or too large, or a principal's roles do not fit into a Caller;
 * RESOURCE_EXHAUSTED when memory is out. The caller destroys it; open calls are then forgotten
 * without a word (broker_core_finish says it). */
kt_status_t broker_core_new(const broker_options_t *options, broker_core_t **core);
void broker_core_destroy(broker_core_t **core);

/* A message from PEER, whose connection has KEY (40 characters). MESSAGE is taken: empty
 * afterwards. */
void broker_core_on_client(broker_core_t *core, kt_peer_t peer, const char *key,
                           kt_message_t *message, int64_t now_us);
void broker_core_on_service(broker_core_t *core, kt_peer_t peer, const char *key,
                            kt_message_t *message, int64_t now_us);
/* The shell threw a message away that the transport found bad. */
void broker_core_on_bad(broker_core_t *core);
/* What was sent to PEER of that SIDE did not reach it: its connection is gone. */
void broker_core_on_gone(broker_core_t *core, broker_side_t side, kt_peer_t peer, int64_t now_us);
/* Runs what is due. Call it after receiving, at the latest at broker_core_next_us. */
void broker_core_tick(broker_core_t *core, int64_t now_us);
/* When the next timer is due; INT64_MAX: never. */
int64_t broker_core_next_us(const broker_core_t *core);

/* Goes over to other limits and another directory at once. Every connection and every open call,
 * waiting or with an instance, is held against the directory: who has no key in it is nobody, its
 * calls end with UNAUTHENTICATED, and those whose method asks for a role that was taken away with
 * PERMISSION_DENIED; instances whose key is gone or may no longer serve are lost. Limits below what
 * is in use end nothing: they refuse what is new until it fits. Fails as broker_core_new does, and
 * then nothing changed. */
kt_status_t broker_core_reload(broker_core_t *core, const broker_limits_t *limits,
                               const broker_directory_t *directory, int64_t now_us);
/* No new calls from now on: callers are told to go elsewhere. Open calls go on, but reads that
 * wait for something, and what waits for an instance, are to be begun anew elsewhere. */
void broker_core_drain(broker_core_t *core, int64_t now_us);
/* Ends every open call with UNAVAILABLE. */
void broker_core_finish(broker_core_t *core, int64_t now_us);
/* Whether no call is open and nothing waits to be sent; while the broker drains, also whether calls
 * that crossed with its word have had the time to arrive. */
bool broker_core_idle(const broker_core_t *core);

/*
 * A method that the broker answers itself. RUN fills RESPONSE (initialised, empty) or returns a
 * failure whose text is a literal; it must not call back into the core but to read. To be added
 * before the first message; PATH and RULE are copied.
 */
typedef kt_status_t (*broker_local_t)(void *context, kt_span_t request, kt_frame_t *response);
kt_status_t broker_core_add_local(broker_core_t *core, const char *path, const broker_rule_t *rule,
                                  broker_local_t run, void *context);

void broker_core_stats(const broker_core_t *core, broker_stats_t *stats);
typedef void (*broker_report_t)(void *context, const broker_instance_info_t *instance,
                                const broker_method_info_t *methods, unsigned methods_count);
/* Calls EACH for every instance, service by service. */
void broker_core_each_instance(const broker_core_t *core, broker_report_t each, void *context);
/* Calls EACH, in no order and perhaps more than once, for the name of every service of the
 * directory that no instance takes calls for. */
void broker_core_each_missing(const broker_core_t *core,
                              void (*each)(void *context, const char *service), void *context);
/* Calls EACH for every method there is, local ones included. */
void broker_core_each_method(const broker_core_t *core,
                             void (*each)(void *context, const broker_method_info_t *method),
                             void *context);
typedef struct broker_key_info {
    const broker_key_t *key;
    const broker_grant_t *grant;
    uint32_t callers;   /* connections with a call open, or heard from in the last minute */
    uint32_t instances; /* registered with it */
    int64_t heard_us;   /* when anything came with it last; 0: not since the core was made */
} broker_key_info_t;
/* Calls EACH for every key of the directory, principal by principal, its next key second. */
void broker_core_each_key(const broker_core_t *core,
                          void (*each)(void *context, const broker_key_info_t *key), void *context);
typedef enum broker_health { BROKER_NOT_KNOWN, BROKER_NOT_SERVING, BROKER_SERVING } broker_health_t;
/* Whether NAME, a department ("finance") or a full service name ("kantor.finance.v1.Ledger"), has
 * an instance that takes calls. */
broker_health_t broker_core_health(const broker_core_t *core, kt_span_t name);

#endif
