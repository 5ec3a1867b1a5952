#include "broker.h"

#include "admin.h"
#include "changes.h"
#include "metrics.h"
#include "proof.h"
#include "trace.h"
#include <kt/gather.h>
#include <kt/prng.h>
#include <kt/time.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH_MAX  256 /* messages taken from one socket before the other has its turn */
#define IO_THREADS 1
#define LINGER_MS  1000
#define METRICS_US 250000

struct broker {
    char *path;
    broker_config_t config;
    kt_net_t *net;
    kt_socket_t *sockets[2]; /* by broker_side_t */
    kt_bell_t bell;
    bool bell_made;
    _Atomic unsigned stops, reloads;

    pthread_mutex_t directory_lock; /* the ZAP thread reads it */
    broker_directory_t *directory;
    int64_t refused_us;  /* when a refused key was logged last */
    unsigned refused;    /* keys refused since */
    kt_key_pair_t proof; /* let in while the broker proves its doors; empty afterwards */

    broker_core_t *core;
    broker_admin_t *admin;
    broker_metrics_t *metrics;
    broker_trace_t *trace; /* NULL: none are kept */
    int64_t metrics_us, drain_until_us;
    kt_gather_t gather;
    bool held; /* something was queued for a peer that takes no more now */
};

/* ---- what the core asks for ---- */

static kt_io_t
port_send(void *context, broker_side_t side, kt_peer_t peer, kt_message_t *message)
{
    broker_t *broker = context;
    return kt_socket_queue(broker->sockets[side], message, peer);
}

static void
port_ended(void *context, const char *path, void **user, uint32_t code, int64_t took_us)
{
    broker_t *broker = context;
    broker_metrics_ended(broker->metrics, path, user, code, took_us);
}

static void
port_traced(void *context, const broker_traced_t *part)
{
    broker_t *broker = context;
    broker_trace_keep(broker->trace, part);
}

static void
port_noted(void *context, broker_event_t event, const broker_instance_info_t *info,
           const char *text)
{
    (void)context;
    static const char *const names[] = {"registered", "replaced", "registration-refused",
                                        "draining",   "lost",     "barred"};
    bool fine = event == BROKER_REGISTERED || event == BROKER_DRAINING;
    kt_log(fine ? KT_LOG_INFO : KT_LOG_WARNING, names[event],
           "service=%s instance=%s principal=%s version=%s capacity=%u open=%u why=%s",
           info->service, info->instance, info->principal, info->version, (unsigned)info->capacity,
           (unsigned)info->open, text != NULL ? text : "");
}

/* ---- keys ---- */

/* One line a second at most: whoever knocks must not be able to fill a disk. */
static void
log_refused(broker_t *broker, const char *public_key)
{
    int64_t now_us = kt_clock_mono_us();
    broker->refused++;
    if (broker->refused_us != 0 && now_us < broker->refused_us + KT_US_PER_S)
        return;
    kt_log(KT_LOG_WARNING, "key-refused", "key=%s times=%u", public_key, broker->refused);
    broker->refused_us = now_us;
    broker->refused = 0;
}

/* Runs on the ZAP thread. */
static bool
allow(void *context, const char public_key[KT_KEY_CHARS + 1])
{
    broker_t *broker = context;
    pthread_mutex_lock(&broker->directory_lock);
    bool proving = broker->proof.public_key[0] != '\0';
    bool known = broker_directory_find(broker->directory, public_key) != NULL ||
                 (proving && strcmp(public_key, broker->proof.public_key) == 0);
    pthread_mutex_unlock(&broker->directory_lock);
    if (!known && !proving)
        log_refused(broker, public_key);
    return known;
}

static kt_status_t
prove_doors(broker_t *broker)
{
    kt_key_pair_t known;
    KT_TRY(kt_keys_generate(&known));
    pthread_mutex_lock(&broker->directory_lock);
    broker->proof = known;
    pthread_mutex_unlock(&broker->directory_lock);
    kt_status_t status = kt_ok();
    for (unsigned side = 0; side < KT_COUNT(broker->sockets) && !kt_failed(status); side++)
        status = broker_prove(broker->net, kt_socket_endpoint(broker->sockets[side]),
                              broker->config.keys.public_key, &known);
    pthread_mutex_lock(&broker->directory_lock);
    broker->proof = (kt_key_pair_t){0};
    pthread_mutex_unlock(&broker->directory_lock);
    return status;
}

/* What a broker that runs takes over beside what its core does. */
static void
take_over(broker_t *broker, broker_config_t *config)
{
    broker_directory_t *old = broker->directory;
    pthread_mutex_lock(&broker->directory_lock);
    broker->directory = KT_TAKE(config->directory);
    pthread_mutex_unlock(&broker->directory_lock);
    broker_directory_destroy(&old);
    broker->config.limits = config->limits;
    broker->config.drain_ms = config->drain_ms;
    broker->config.log = config->log;
    broker->config.log_format = config->log_format;
    kt_log_at_least(config->log);
    kt_log_set_format(config->log_format);
}

static void
log_reloaded(const broker_t *broker, const broker_stats_t *before)
{
    broker_stats_t after;
    broker_core_stats(broker->core, &after);
    kt_log(KT_LOG_INFO, "reloaded", "principals=%u keys=%u calls_ended=%u instances_barred=%u",
           broker->directory->grants_count, broker->directory->keys_count,
           (unsigned)(before->open - after.open), (unsigned)(before->instances - after.instances));
}

static void
reload(broker_t *broker)
{
    broker_config_t config;
    broker_stats_t before;
    char fixed[BROKER_FIXED_BYTES_MAX];
    broker_core_stats(broker->core, &before);
    kt_status_t status = broker_config_load(broker->path, &config);
    if (!kt_failed(status))
        status = broker_core_reload(broker->core, &config.limits, config.directory,
                                    kt_clock_mono_us());
    if (kt_failed(status)) {
        kt_log(KT_LOG_ERROR, "reload-refused", "why=%s", status.text);
        broker_config_fini(&config);
        return;
    }
    broker_log_changes(broker->directory, config.directory);
    take_over(broker, &config);
    log_reloaded(broker, &before);
    broker_config_fixed(&broker->config, &config, fixed);
    if (fixed[0] != '\0')
        kt_log(KT_LOG_WARNING, "reload-in-part", "unchanged=%s why=%s", fixed,
               "these change only at a restart");
    broker_config_fini(&config);
}

/* ---- beginning and end ---- */

static kt_status_t
make_core(broker_t *broker)
{
    kt_prng_t prng;
    kt_prng_seed_system(&prng);
    broker_options_t options = {
        .limits = broker->config.limits,
        .directory = broker->directory,
        .ports = {.context = broker,
                  .send = port_send,
                  .ended = port_ended,
                  .noted = port_noted,
                  .traced = broker->trace != NULL ? port_traced : NULL},
        .trace_per_million = broker->config.trace.per_million,
        .seed = kt_prng_next(&prng),
        .now_us = kt_clock_mono_us(),
    };
    KT_TRY(broker_core_new(&options, &broker->core));
    return broker_admin_new(broker->core, &broker->admin);
}

static kt_status_t
make_socket(broker_t *broker, broker_side_t side, const char *endpoint)
{
    kt_socket_options_t options = {.keys = &broker->config.keys, .linger_ms = LINGER_MS};
    KT_TRY(kt_socket_router(broker->net, &options, &broker->sockets[side]));
    return kt_socket_bind(broker->sockets[side], endpoint);
}

static kt_status_t
open_broker(broker_t *broker)
{
    KT_TRY(kt_bell_init(&broker->bell));
    broker->bell_made = true;
    KT_TRY(broker_metrics_new(broker->config.metrics, &broker->metrics));
    KT_TRY(broker_trace_new(&broker->config.trace, &broker->trace));
    KT_TRY(kt_net_new(IO_THREADS, &broker->net));
    KT_TRY(kt_net_authenticate(broker->net, allow, broker));
    KT_TRY(make_socket(broker, BROKER_CLIENTS, broker->config.clients));
    KT_TRY(make_socket(broker, BROKER_SERVICES, broker->config.services));
    KT_TRY(prove_doors(broker));
    return make_core(broker);
}

kt_status_t
broker_new(const char *path, broker_config_t *config, broker_t **broker)
{
    broker_t *made = calloc(1, sizeof *made);
    char *own_path = strdup(path);
    if (made == NULL || own_path == NULL || pthread_mutex_init(&made->directory_lock, NULL) != 0) {
        free(own_path);
        free(made);
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the broker");
    }
    made->path = own_path;
    made->config = *config;
    made->directory = KT_TAKE(config->directory);
    made->config.directory = NULL;
    made->gather.never = !made->config.gather;
    broker_config_fini(config);
    kt_status_t status = open_broker(made);
    if (kt_failed(status)) {
        snprintf(config->problem, sizeof config->problem, "%s",
                 status.text); /* it may lie in a socket */
        status.text = config->problem;
        broker_destroy(&made);
    } else {
        *broker = made;
    }
    return status;
}

void
broker_destroy(broker_t **broker)
{
    broker_t *self = *broker;
    *broker = NULL;
    if (self == NULL)
        return;
    broker_core_destroy(&self->core);
    broker_admin_destroy(&self->admin);
    for (unsigned side = 0; side < KT_COUNT(self->sockets); side++)
        kt_socket_close(&self->sockets[side]);
    kt_net_destroy(&self->net);
    broker_metrics_destroy(&self->metrics);
    broker_trace_destroy(&self->trace);
    broker_directory_destroy(&self->directory);
    broker_config_fini(&self->config);
    if (self->bell_made)
        kt_bell_fini(&self->bell);
    pthread_mutex_destroy(&self->directory_lock);
    free(self->path);
    free(self);
}

const char *
broker_clients_endpoint(const broker_t *broker)
{
    return kt_socket_endpoint(broker->sockets[BROKER_CLIENTS]);
}

const char *
broker_services_endpoint(const broker_t *broker)
{
    return kt_socket_endpoint(broker->sockets[BROKER_SERVICES]);
}

uint16_t
broker_metrics_http_port(const broker_t *broker)
{
    return broker_metrics_port(broker->metrics);
}

void
broker_stop(broker_t *broker)
{
    atomic_fetch_add(&broker->stops, 1);
    kt_bell_ring(&broker->bell);
}

void
broker_reload(broker_t *broker)
{
    atomic_fetch_add(&broker->reloads, 1);
    kt_bell_ring(&broker->bell);
}

/* ---- the loop ---- */

/* Takes up to BATCH_MAX messages from one side; whether there may be more. */
static bool
receive(broker_t *broker, broker_side_t side, kt_message_t *message)
{
    int64_t now_us = kt_clock_mono_us(); /* one look at the clock for all that is there */
    for (unsigned taken = 0; taken < BATCH_MAX; taken++) {
        kt_peer_t peer;
        const char *key;
        kt_io_t io = kt_socket_recv(broker->sockets[side], message, &peer, &key);
        if (io == KT_IO_BAD)
            broker_core_on_bad(broker->core);
        else if (io != KT_IO_OK)
            return false;
        else if (side == BROKER_CLIENTS)
            broker_core_on_client(broker->core, peer, key, message, now_us);
        else
            broker_core_on_service(broker->core, peer, key, message, now_us);
    }
    return true;
}

/* Sends what one side's socket has queued; whether a peer turned out gone, so that the core may
 * have queued more. */
static bool
flush_side(broker_t *broker, broker_side_t side)
{
    kt_peer_t peer = 0;
    kt_io_t io = kt_socket_flush(broker->sockets[side], &peer);
    if (io == KT_IO_GONE)
        broker_core_on_gone(broker->core, side, peer, kt_clock_mono_us());
    broker->held |= io == KT_IO_AGAIN;
    return io == KT_IO_GONE;
}

/* Sends what this round has queued. */
static void
flush(broker_t *broker)
{
    bool more;
    broker->held = false;
    do {
        more = flush_side(broker, BROKER_CLIENTS);
        more |= flush_side(broker, BROKER_SERVICES);
    } while (more);
}

static kt_status_t
wait_for_work(broker_t *broker, int64_t now_us, bool ready[2])
{
    int64_t next_us = KT_MIN(broker_core_next_us(broker->core), broker->metrics_us);
    if (broker->drain_until_us > 0)
        next_us = KT_MIN(next_us, broker->drain_until_us);
    if (broker->held)
        next_us = KT_MIN(next_us, now_us + BROKER_RETRY_US);
    int64_t wait_us = KT_MAX(next_us - now_us, 0);
    kt_wait_t waits[] = {{.socket = broker->sockets[BROKER_CLIENTS]},
                         {.socket = broker->sockets[BROKER_SERVICES]},
                         {.fd = broker->bell.fd}};
    KT_TRY(kt_net_wait(waits, KT_COUNT(waits), (wait_us + KT_US_PER_MS - 1) / KT_US_PER_MS));
    if (waits[2].ready)
        kt_bell_hear(&broker->bell);
    ready[BROKER_CLIENTS] = waits[0].ready;
    ready[BROKER_SERVICES] = waits[1].ready;
    return kt_ok();
}

/* Whether the broker is done: told to stop, and nothing is open any more or its time is over. */
static bool
done(broker_t *broker, int64_t now_us)
{
    unsigned stops = atomic_load(&broker->stops);
    if (stops == 0)
        return false;
    if (broker->drain_until_us == 0) {
        broker_stats_t stats;
        broker_core_stats(broker->core, &stats);
        kt_log(KT_LOG_INFO, "stopping", "open=%u drain_ms=%u", (unsigned)stats.open,
               (unsigned)broker->config.drain_ms);
        broker->drain_until_us = now_us + broker->config.drain_ms * KT_US_PER_MS;
        broker_core_drain(broker->core, now_us);
    }
    return stops > 1 || now_us >= broker->drain_until_us || broker_core_idle(broker->core);
}

/* What is due besides messages. */
static void
look_around(broker_t *broker, int64_t now_us)
{
    if (broker_core_next_us(broker->core) <= now_us)
        broker_core_tick(broker->core, now_us);
    kt_gather_tick(&broker->gather, now_us);
    if (now_us >= broker->metrics_us) {
        broker_metrics_update(broker->metrics, broker->core, broker_trace_stat(broker->trace),
                              broker->gather.together);
        broker->metrics_us = now_us + METRICS_US;
    }
    if (atomic_load_explicit(&broker->reloads, memory_order_relaxed) > 0) {
        atomic_store(&broker->reloads, 0);
        broker_trace_reopen(broker->trace);
        reload(broker);
    }
}

kt_status_t
broker_run(broker_t *broker)
{
    kt_message_t message;
    kt_message_init(&message);
    kt_status_t status = kt_ok();
    bool ready[2] = {true, true}; /* by broker_side_t */
    while (!kt_failed(status)) {
        for (unsigned side = 0; side < KT_COUNT(ready); side++)
            ready[side] = ready[side] && receive(broker, (broker_side_t)side, &message);
        int64_t now_us = kt_clock_mono_us();
        look_around(broker, now_us);
        bool over = done(broker, now_us);
        flush(broker);
        if (over)
            break;
        if (!ready[BROKER_CLIENTS] && !ready[BROKER_SERVICES])
            status = wait_for_work(broker, now_us, ready);
        else
            ready[BROKER_CLIENTS] = ready[BROKER_SERVICES] = true;
    }
    kt_message_close(&message);
    broker_core_finish(broker->core, kt_clock_mono_us());
    flush(broker);
    kt_log(KT_LOG_INFO, "stopped", "clean=%s", kt_failed(status) ? "no" : "yes");
    return status;
}
