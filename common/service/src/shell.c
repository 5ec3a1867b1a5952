/* Starting and stopping: what is opened, in which order, and closed in the other. */
#include "shell.h"
#include "caller.h"
#include "chores.h"
#include "follow.h"
#include "keeper.h"
#include "lives.h"
#include "runner.h"

#include <kt/log.h>
#include <kt/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define IO_THREADS 1
/* How long the last owner of the store may take to be gone, and how often that is looked at. */
#define OWNER_PATIENCE_US (5 * KT_US_PER_S)
#define OWNER_PAUSE_US    20000

static kt_status_t
out_of_memory(void)
{
    return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory to start the service");
}

/* ---- the store ---- */

/* Opens the store once its last owner is gone: a killed process holds its files for some moments
 * after its name is free, and whoever starts the next one should not have to know. */
static kt_status_t
open_patiently(const kt_kv_options_t *options, kt_kv_t **store)
{
    int64_t until_us = kt_clock_mono_us() + OWNER_PATIENCE_US;
    kt_status_t status;

    while ((status = kt_kv_open_lmdb(options, store)).reason == KT_KV_OWNED &&
           kt_clock_mono_us() < until_us)
        usleep(OWNER_PAUSE_US);
    return status;
}

/* A reader waits for what the writer has sealed. */
static void
wake_writer(void *context)
{
    (void)kt_door_knock(&((kt_shell_t *)context)->writer_door);
}

static kt_status_t
open_store(kt_shell_t *shell)
{
    const kt_service_t *service = shell->service;
    kt_kv_options_t options = {
        .path = shell->options.store,
        .service = service->name,
        .format = service->format,
        .tables = service->tables,
        .tables_count = service->tables_count,
        .migrations = service->migrations,
        .migrations_count = service->migrations_count,
        .quota_bytes = shell->options.quota_bytes,
        .readers_max = shell->options.readers + KT_SHELL_SPARE_READERS,
        .log_bytes = shell->options.log_bytes,
        .wanted = wake_writer,
        .wanted_context = shell,
    };

    if (!service->tables)
        return kt_ok();
    if (!shell->options.store)
        return kt_error(KT_INVALID_ARGUMENT, 0, "a folder for the store is needed");
    return (shell->options.open ? shell->options.open : open_patiently)(&options, &shell->store);
}

static kt_status_t
start_department(kt_shell_t *shell)
{
    kt_txn_t *txn = NULL;
    kt_status_t status = kt_ok();

    if (!shell->service->start)
        return kt_ok();
    if (shell->store)
        KT_TRY(kt_kv_begin_read(shell->store, &txn));
    status = shell->service->start(txn, &shell->state);
    kt_kv_abort(&txn);
    shell->started = !kt_failed(status);
    return status;
}

static kt_status_t
start_batch(kt_shell_t *shell)
{
    kt_batch_options_t options = {
        .store = shell->store,
        .tables = shell->service->tables,
        .tables_count = shell->service->tables_count,
        .retention_us = atomic_load(&shell->tuning.retention_us),
        .forget = shell->service->forget,
        .service = shell->state,
    };

    return shell->store ? kt_batch_new(&options, &shell->batch) : kt_ok();
}

/* ---- memory ---- */

static kt_status_t
make_tables(kt_shell_t *shell)
{
    uint32_t capacity = shell->options.capacity;

    /* A stream has two arenas. */
    shell->arenas.capacity = 2 * (size_t)capacity;
    shell->arenas.arenas = (kt_arena_t **)calloc(shell->arenas.capacity, sizeof(kt_arena_t *));
    shell->jobs = (kt_job_t *)calloc(capacity, sizeof(kt_job_t));
    shell->streams = (kt_stream_job_t **)calloc(capacity, sizeof(kt_stream_job_t *));
    shell->callers_arena = kt_arena_new(KT_CALLERS_BYTES_FIRST, KT_CALLERS_BYTES_MAX);
    if (!shell->arenas.arenas || !shell->jobs || !shell->streams || !shell->callers_arena)
        return out_of_memory();
    KT_TRY(kt_ring_init(&shell->to_writer, capacity));
    KT_TRY(kt_ring_init(&shell->to_readers, capacity));
    KT_TRY(kt_ring_init(&shell->from_writer, capacity));
    KT_TRY(kt_ring_init(&shell->to_committer, KT_SHELL_SEALED_MAX));
    KT_TRY(kt_ring_init(&shell->from_committer, KT_SHELL_SEALED_MAX));
    KT_TRY(kt_door_init(&shell->front_door));
    KT_TRY(kt_door_init(&shell->writer_door));
    KT_TRY(kt_door_init(&shell->committer_door));
    return kt_bell_init(&shell->finished);
}

static kt_status_t
make_machine(kt_shell_t *shell)
{
    kt_server_options_t options = {
        .links = shell->options.brokers_count,
        .capacity = shell->options.capacity,
        .methods = shell->paths,
        .methods_count = shell->methods_count,
        .events = &kt_front_events,
        .context = shell,
    };

    options.registration = kt_span(shell->registration, shell->registration_size);
    KT_TRY(kt_net_new(IO_THREADS, &shell->net));
    return kt_server_new(&options, &shell->server);
}

/* ---- threads ---- */

/* NAME is what top -H and perf show: at most 15 characters. */
static kt_status_t
start_thread(pthread_t *thread, const char *name, void *(*run)(void *), void *context,
             bool *running)
{
    if (pthread_create(thread, NULL, run, context) != 0)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the system gives no more threads");
    *running = true;
    (void)pthread_setname_np(*thread, name);
    return kt_ok();
}

/* Whoever has calls to make, and the thread that makes them. */
static kt_status_t
make_caller(kt_shell_t *shell)
{
    const kt_service_t *service = shell->service;

    if (!shell->store ||
        (service->follows_count == 0 && !service->processes && service->chores_count == 0))
        return kt_ok();
    if (!kt_caller_may(shell)) {
        kt_log(KT_LOG_WARNING, "calls-nobody", "text=%s",
               "no broker's clients endpoint is configured: events of others are not taken");
        return kt_ok();
    }
    KT_TRY(kt_caller_new(shell, &shell->caller));
    KT_TRY(kt_follow_new(shell, &shell->follow));
    if (service->processes)
        KT_TRY(kt_runner_new(shell, &shell->runner));
    return service->chores_count > 0 ? kt_chores_new(shell, &shell->chores) : kt_ok();
}

static kt_status_t
start_threads(kt_shell_t *shell)
{
    /* First all that the front looks at, then the front. */
    for (unsigned i = 0; i < shell->options.readers; i++) {
        kt_reader_thread_t *reader = &shell->readers[i];
        reader->shell = shell;
        reader->door.bell.fd = -1;
        shell->readers_count++;
        KT_TRY(kt_ring_init(&reader->done, shell->options.capacity));
        KT_TRY(kt_door_init(&reader->door));
    }
    for (unsigned i = 0; i < shell->readers_count; i++) {
        kt_reader_thread_t *reader = &shell->readers[i];
        KT_TRY(
            start_thread(&reader->thread, "kt-reader", kt_reader_main, reader, &reader->running));
    }
    if (shell->store) {
        KT_TRY(kt_keeper_new(shell, &shell->keeper));
        KT_TRY(start_thread(&shell->committer, "kt-committer", kt_committer_main, shell,
                            &shell->committer_running));
        KT_TRY(start_thread(&shell->writer, "kt-writer", kt_writer_main, shell,
                            &shell->writer_running));
    }
    KT_TRY(start_thread(&shell->front, "kt-front", kt_front_main, shell, &shell->front_running));
    return shell->caller ? kt_caller_start(shell->caller) : kt_ok();
}

static void
stop_threads(kt_shell_t *shell)
{
    if (shell->front_running)
        (void)pthread_join(shell->front, NULL);
    if (shell->caller)
        kt_caller_join(shell->caller);
    atomic_store(&shell->stopping, true);
    (void)kt_door_knock(&shell->writer_door);
    if (shell->writer_running)
        (void)pthread_join(shell->writer, NULL);
    atomic_store(&shell->writer_done, true);
    (void)kt_door_knock(&shell->committer_door);
    if (shell->committer_running)
        (void)pthread_join(shell->committer, NULL);
    for (unsigned i = 0; i < shell->readers_count; i++) {
        (void)kt_door_knock(&shell->readers[i].door);
        if (shell->readers[i].running)
            (void)pthread_join(shell->readers[i].thread, NULL);
    }
    kt_keeper_destroy(&shell->keeper);
    kt_caller_destroy(&shell->caller);
    kt_follow_destroy(&shell->follow);
    kt_runner_destroy(&shell->runner);
    kt_chores_destroy(&shell->chores);
}

/* ---- all of it ---- */

static void
name_instance(kt_shell_t *shell)
{
    if (shell->options.instance[0] != '\0')
        (void)snprintf(shell->instance, sizeof(shell->instance), "%s", shell->options.instance);
    else
        (void)snprintf(shell->instance, sizeof(shell->instance), "%.40s-%016llx",
                       shell->service->name, (unsigned long long)kt_prng_next(&shell->prng));
}

static kt_status_t
open_tracer(kt_shell_t *shell)
{
    const kt_shell_trace_t *trace = &shell->options.trace;
    char service[KT_METRICS_VALUE_MAX];
    kt_tracer_options_t options = {
        .path = trace->path,
        .bytes_max = trace->bytes_max,
        .keep = trace->keep,
        .per_million = trace->per_million,
        .service = service,
        .version = shell->service->version,
        .instance = shell->instance,
    };

    (void)snprintf(service, sizeof(service), "kantor-%.100s", shell->service->name);
    return trace->path ? kt_tracer_new(&options, &shell->tracer) : kt_ok();
}

static kt_status_t
start(kt_shell_t *shell)
{
    kt_prng_seed_system(&shell->prng);
    name_instance(shell);
    if (shell->service->tables && shell->options.readers == 0)
        return kt_error(KT_INVALID_ARGUMENT, 0, "a department with a store needs a reader");
    KT_TRY(open_tracer(shell));
    KT_TRY(open_store(shell));
    KT_TRY(kt_shell_live(shell));
    KT_TRY(start_department(shell));
    KT_TRY(start_batch(shell));
    KT_TRY(kt_methods_bind(shell));
    KT_TRY(make_tables(shell));
    KT_TRY(make_machine(shell));
    KT_TRY(kt_shell_metrics_start(shell));
    KT_TRY(make_caller(shell));
    kt_log(KT_LOG_INFO, "started", "service=%s version=%s instance=%s epoch=%llu journal=%llu",
           shell->service->name, shell->service->version, shell->instance,
           (unsigned long long)shell->life.epoch,
           shell->batch ? (unsigned long long)kt_batch_stat(shell->batch).journal_size : 0ULL);
    return start_threads(shell);
}

static void
tune(kt_shell_t *shell, const kt_shell_options_t *options)
{
    atomic_store(&shell->tuning.retention_us, options->retention_us);
    atomic_store(&shell->tuning.backups_keep, options->backups_keep);
    atomic_store(&shell->tuning.drain_ms, options->drain_ms);
}

void
kt_shell_reload(kt_shell_t *shell, const kt_shell_options_t *options)
{
    tune(shell, options);
    if (shell->store)
        kt_kv_set_quota(shell->store, options->quota_bytes);
}

kt_status_t
kt_shell_start(const kt_shell_options_t *options, const kt_service_t *service, kt_shell_t **shell)
{
    kt_shell_t *made = NULL;
    kt_status_t status;

    if (posix_memalign((void **)&made, _Alignof(kt_shell_t), sizeof(*made)) != 0)
        return out_of_memory();
    memset(made, 0, sizeof(*made));
    pthread_mutex_init(&made->front_lock, NULL);
    made->options = *options;
    made->gather.never = !options->gather;
    tune(made, options);
    made->service = service;
    made->started_us = kt_clock_wall_us();
    made->finished.fd = made->front_door.bell.fd = made->writer_door.bell.fd =
        made->committer_door.bell.fd = -1;
    status = start(made);
    if (kt_failed(status)) {
        kt_shell_destroy(&made);
        return status;
    }
    *shell = made;
    return status;
}

void
kt_shell_drain(kt_shell_t *shell)
{
    atomic_store(&shell->drain_asked, true);
    kt_bell_ring(&shell->front_door.bell);
    if (shell->caller)
        kt_caller_stop(shell->caller);
}

bool
kt_shell_wait(kt_shell_t *shell)
{
    if (shell->front_running) {
        (void)pthread_join(shell->front, NULL);
        shell->front_running = false;
    }
    return !atomic_load(&shell->failed);
}

void
kt_shell_reopen(kt_shell_t *shell)
{
    kt_tracer_reopen(shell->tracer);
}

int
kt_shell_fd(const kt_shell_t *shell)
{
    return shell->finished.fd;
}

unsigned
kt_shell_registered(const kt_shell_t *shell)
{
    return atomic_load(&shell->registered);
}

static void
free_tables(kt_shell_t *shell)
{
    for (size_t i = 0; i < shell->arenas.count; i++)
        kt_arena_destroy(&shell->arenas.arenas[i]);
    free(shell->arenas.arenas);
    for (uint32_t i = 0; i < shell->streams_count; i++)
        free(shell->streams[i]);
    free(shell->streams);
    free(shell->jobs);
    kt_arena_destroy(&shell->callers_arena);
    for (unsigned i = 0; i < shell->readers_count; i++) {
        kt_ring_fini(&shell->readers[i].done);
        kt_door_fini(&shell->readers[i].door);
    }
    kt_ring_fini(&shell->to_writer);
    kt_ring_fini(&shell->to_readers);
    kt_ring_fini(&shell->from_writer);
    kt_ring_fini(&shell->to_committer);
    kt_ring_fini(&shell->from_committer);
    kt_door_fini(&shell->front_door);
    kt_door_fini(&shell->writer_door);
    kt_door_fini(&shell->committer_door);
    kt_bell_fini(&shell->finished);
}

void
kt_shell_destroy(kt_shell_t **shell)
{
    kt_shell_t *s = KT_TAKE(*shell);

    if (!s)
        return;
    if (s->front_running)
        kt_shell_drain(s);
    stop_threads(s);
    kt_shell_metrics_stop(s);
    kt_server_destroy(&s->server);
    kt_net_destroy(&s->net);
    kt_methods_unbind(s);
    free_tables(s);
    kt_batch_destroy(&s->batch);
    if (s->started && s->service->stop)
        s->service->stop(s->state);
    kt_kv_close(&s->store);
    kt_tracer_destroy(&s->tracer);
    pthread_mutex_destroy(&s->front_lock);
    free(s);
}
