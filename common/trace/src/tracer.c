/* The ring, and the thread that empties it. */
#include "otlp.h"
#include "trace_file.h"

#include <kt/log.h>
#include <kt/time.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HURRY_SPANS (KT_TRACER_RING_SPANS / 2) /* so many wait no longer */

struct kt_tracer {
    kt_trace_sink_t sink;
    kt_tracer_options_t options; /* service, version and instance are its own */
    kt_trace_file_t file;
    pthread_t thread;
    bool running;
    atomic_bool reopen;
    atomic_uint_fast64_t written, dropped;
    bool failing; /* the last line could not be written: said once */

    pthread_mutex_t lock; /* of what follows, but for ONE_LINE */
    pthread_cond_t work, hurry;
    bool stopping;
    uint64_t head, tail; /* spans put and taken, so far */
    kt_kept_span_t ring[KT_TRACER_RING_SPANS];

    kt_kept_span_t one_line[KT_TRACER_LINE_SPANS]; /* the thread's own */
};

/* ---- from any thread ---- */

static void
keep(void *context, const kt_trace_span_t *span)
{
    kt_tracer_t *tracer = context;

    (void)pthread_mutex_lock(&tracer->lock);
    uint64_t waiting = tracer->head - tracer->tail;
    if (waiting < KT_TRACER_RING_SPANS) {
        kt_kept_span_copy(span, &tracer->ring[tracer->head++ % KT_TRACER_RING_SPANS]);
        if (waiting == 0)
            (void)pthread_cond_signal(&tracer->work);
        else if (waiting == HURRY_SPANS)
            (void)pthread_cond_signal(&tracer->hurry);
    } else {
        atomic_fetch_add_explicit(&tracer->dropped, 1, memory_order_relaxed);
    }
    (void)pthread_mutex_unlock(&tracer->lock);
}

const kt_trace_sink_t *
kt_tracer_sink(kt_tracer_t *tracer)
{
    return tracer ? &tracer->sink : NULL;
}

void
kt_tracer_reopen(kt_tracer_t *tracer)
{
    if (!tracer)
        return;
    atomic_store(&tracer->reopen, true);
    (void)pthread_mutex_lock(&tracer->lock);
    (void)pthread_cond_signal(&tracer->work);
    (void)pthread_mutex_unlock(&tracer->lock);
}

kt_tracer_stat_t
kt_tracer_stat(const kt_tracer_t *tracer)
{
    if (!tracer)
        return (kt_tracer_stat_t){0};
    return (kt_tracer_stat_t){.written = atomic_load(&tracer->written),
                              .dropped = atomic_load(&tracer->dropped)};
}

/* ---- the thread ---- */

static struct timespec
after_ms(int64_t ms)
{
    int64_t at_us = kt_clock_mono_us() + ms * KT_US_PER_MS;

    return (struct timespec){.tv_sec = (time_t)(at_us / KT_US_PER_S),
                             .tv_nsec = (long)(at_us % KT_US_PER_S * 1000)};
}

/* Waits for spans, then a little for more. False: it is over, and nothing is left. */
static bool
wait_for_spans(kt_tracer_t *tracer)
{
    struct timespec until;
    bool more;

    (void)pthread_mutex_lock(&tracer->lock);
    while (tracer->head == tracer->tail && !tracer->stopping && !atomic_load(&tracer->reopen))
        (void)pthread_cond_wait(&tracer->work, &tracer->lock);
    until = after_ms(KT_TRACER_FLUSH_MS);
    while (tracer->head - tracer->tail < HURRY_SPANS && !tracer->stopping &&
           !atomic_load(&tracer->reopen))
        if (pthread_cond_timedwait(&tracer->hurry, &tracer->lock, &until) != 0)
            break;
    more = tracer->head != tracer->tail || !tracer->stopping;
    (void)pthread_mutex_unlock(&tracer->lock);
    return more;
}

/* Copies as many as one line holds; producers wait for no longer than that. */
static unsigned
take(kt_tracer_t *tracer)
{
    unsigned count = 0;

    (void)pthread_mutex_lock(&tracer->lock);
    while (tracer->tail != tracer->head && count < KT_TRACER_LINE_SPANS)
        tracer->one_line[count++] = tracer->ring[tracer->tail++ % KT_TRACER_RING_SPANS];
    (void)pthread_mutex_unlock(&tracer->lock);
    return count;
}

static void
write_line(kt_tracer_t *tracer, unsigned count)
{
    size_t size = 0;
    char *line = kt_otlp_line(&tracer->options, tracer->one_line, count, &size);
    kt_status_t status = line ? kt_trace_file_write(&tracer->file, line, size)
                              : kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a line");

    free(line);
    atomic_fetch_add(kt_failed(status) ? &tracer->dropped : &tracer->written, count);
    if (kt_failed(status) != tracer->failing)
        kt_log(kt_failed(status) ? KT_LOG_WARNING : KT_LOG_INFO,
               kt_failed(status) ? "traces-dropped" : "traces-kept-again", "path=%s text=%s",
               tracer->file.path, kt_failed(status) ? status.text : "");
    tracer->failing = kt_failed(status);
}

static void
reopen(kt_tracer_t *tracer)
{
    kt_status_t status = kt_trace_file_reopen(&tracer->file);

    if (kt_failed(status))
        kt_log(KT_LOG_WARNING, "traces-not-reopened", "path=%s text=%s", tracer->file.path,
               status.text);
}

static void *
tracer_main(void *context)
{
    kt_tracer_t *tracer = context;
    unsigned count;

    while (wait_for_spans(tracer)) {
        if (atomic_exchange(&tracer->reopen, false))
            reopen(tracer);
        while ((count = take(tracer)) > 0)
            write_line(tracer, count);
    }
    return NULL;
}

/* ---- beginning and end ---- */

static bool
init_locks(kt_tracer_t *tracer)
{
    pthread_condattr_t monotonic;

    if (pthread_condattr_init(&monotonic) != 0)
        return false;
    bool fine = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
                pthread_mutex_init(&tracer->lock, NULL) == 0 &&
                pthread_cond_init(&tracer->work, NULL) == 0 &&
                pthread_cond_init(&tracer->hurry, &monotonic) == 0;
    (void)pthread_condattr_destroy(&monotonic);
    return fine;
}

static kt_status_t
start(kt_tracer_t *tracer, const kt_tracer_options_t *from)
{
    uint64_t bytes_max = from->bytes_max > 0 ? from->bytes_max : KT_TRACER_BYTES_USUAL;

    tracer->options.service = strdup(from->service);
    tracer->options.version = strdup(from->version);
    tracer->options.instance = strdup(from->instance);
    if (!tracer->options.service || !tracer->options.version || !tracer->options.instance ||
        !init_locks(tracer))
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory to keep traces");
    KT_TRY(kt_trace_file_open(&tracer->file, from->path, bytes_max, from->keep));
    if (pthread_create(&tracer->thread, NULL, tracer_main, tracer) != 0)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the system gives no more threads");
    (void)pthread_setname_np(tracer->thread, "kt-tracer");
    tracer->running = true;
    return kt_ok();
}

kt_status_t
kt_tracer_new(const kt_tracer_options_t *options, kt_tracer_t **tracer)
{
    kt_tracer_t *made = calloc(1, sizeof(*made));
    kt_status_t status;

    if (!made)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory to keep traces");
    made->file.fd = -1;
    made->sink = (kt_trace_sink_t){
        .context = made, .keep = keep, .per_million = options->per_million};
    status = start(made, options);
    if (kt_failed(status))
        kt_tracer_destroy(&made);
    else
        *tracer = made;
    return status;
}

void
kt_tracer_destroy(kt_tracer_t **tracer)
{
    kt_tracer_t *gone = KT_TAKE(*tracer);

    if (!gone)
        return;
    if (gone->running) {
        (void)pthread_mutex_lock(&gone->lock);
        gone->stopping = true;
        (void)pthread_cond_signal(&gone->work);
        (void)pthread_cond_signal(&gone->hurry);
        (void)pthread_mutex_unlock(&gone->lock);
        (void)pthread_join(gone->thread, NULL);
        (void)pthread_cond_destroy(&gone->hurry);
        (void)pthread_cond_destroy(&gone->work);
        (void)pthread_mutex_destroy(&gone->lock);
    }
    kt_trace_file_close(&gone->file);
    free((void *)(uintptr_t)gone->options.service);
    free((void *)(uintptr_t)gone->options.version);
    free((void *)(uintptr_t)gone->options.instance);
    free(gone);
}
