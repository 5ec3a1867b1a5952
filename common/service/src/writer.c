/*
 * The writer: drains what queued while the last batch ran, and carries it out as the next one. And
 * the committer: waits for a batch to be on disk and gives it back, while the writer runs the next.
 * A writer that has nothing else to do waits itself, and answers itself: that spares two threads'
 * waking up.
 */
#include "caller.h"
#include "shell.h"

/* How long readers are left to the last state while the writer has nothing to do; one that waits
 * is served at once. */
#define SETTLE_MS 2
#define RETRY_MS  1000 /* after the disk was full */
/* More answers are given by the front, beside the writer. */
#define ANSWERS_MAX 4

static void
collect(kt_shell_t *shell, kt_sealed_t *batch)
{
    size_t bytes = 0;

    batch->count = 0;
    while (batch->count < KT_BATCH_WRITES_MAX && bytes < KT_BATCH_BYTES_MAX) {
        kt_job_t *job = (kt_job_t *)kt_ring_pop(&shell->to_writer);
        if (!job)
            return;
        bytes += job->inside_bytes;
        batch->jobs[batch->count] = job;
        batch->writes[batch->count] = &job->write;
        batch->count++;
    }
}

/* Waits for the disk, and gives all back to the front. */
static void
finish(kt_shell_t *shell, kt_sealed_t *batch)
{
    int64_t from_us = kt_clock_mono_us(), now_us;

    if (!kt_batch_harden(shell->batch, batch->mark, batch->writes, batch->count))
        atomic_store(&shell->failed, true);
    now_us = kt_clock_mono_us();
    kt_shell_metrics_hardened(shell, now_us - from_us, now_us - batch->began_us);
    atomic_fetch_add(&shell->news[KT_NEWS_EVENT].count, batch->events);
    atomic_fetch_add(&shell->news[KT_NEWS_COMMIT].count, batch->commits);
    for (uint32_t i = 0; i < batch->count; i++)
        kt_ring_push(&shell->from_writer, batch->jobs[i]);
    if (shell->caller)
        kt_caller_knock(shell->caller);
}

void *
kt_committer_main(void *context)
{
    kt_shell_t *shell = (kt_shell_t *)context;

    for (;;) {
        kt_sealed_t *batch = (kt_sealed_t *)kt_ring_pop(&shell->to_committer);
        if (batch) {
            finish(shell, batch);
            (void)kt_door_knock(&shell->front_door);
            kt_ring_push(&shell->from_committer, batch);
            (void)kt_door_knock(&shell->writer_door);
            continue;
        }
        kt_door_enter(&shell->committer_door);
        if (atomic_load(&shell->writer_done)) {
            kt_door_leave(&shell->committer_door);
            return NULL;
        }
        if (kt_ring_empty(&shell->to_committer))
            (void)kt_door_wait(&shell->committer_door, -1);
        kt_door_leave(&shell->committer_door);
    }
}

/* ---- the writer ---- */

typedef struct writer {
    kt_shell_t *shell;
    kt_sealed_t *spare[KT_SHELL_SEALED_MAX]; /* batches that nobody has */
    uint32_t spare_count;
    bool sealed; /* something that readers do not see yet */
    int64_t pause_ms;
} writer_t;

static void
take_back(writer_t *w)
{
    kt_sealed_t *batch;

    while ((batch = (kt_sealed_t *)kt_ring_pop(&w->shell->from_committer)) != NULL)
        w->spare[w->spare_count++] = batch;
}

/* Runs what is there; false when there is nothing, or nothing to keep it in. */
static bool
run_batch(writer_t *w)
{
    kt_shell_t *shell = w->shell;
    kt_sealed_t *batch;
    kt_batch_stat_t before, after;

    take_back(w);
    if (w->spare_count == 0)
        return false;
    batch = w->spare[w->spare_count - 1];
    collect(shell, batch);
    if (batch->count == 0)
        return false;
    kt_batch_retain(shell->batch,
                    atomic_load_explicit(&shell->tuning.retention_us, memory_order_relaxed));
    before = kt_batch_stat(shell->batch);
    batch->began_us = kt_clock_mono_us();
    batch->mark = kt_batch_seal(shell->batch, batch->writes, batch->count);
    after = kt_batch_stat(shell->batch);
    batch->commits = after.commits - before.commits;
    batch->events = after.events - before.events;
    w->sealed |= batch->commits > 0;
    w->pause_ms = SETTLE_MS;
    if (kt_batch_failed(shell->batch))
        atomic_store(&shell->failed, true);
    kt_shell_metrics_batch(shell);
    if (w->spare_count == KT_SHELL_SEALED_MAX && kt_ring_empty(&shell->to_writer)) {
        finish(shell, batch);
        if (batch->count > ANSWERS_MAX || !kt_front_answer(shell))
            (void)kt_door_knock(&shell->front_door);
        return true;
    }
    w->spare_count--;
    kt_ring_push(&shell->to_committer, batch);
    (void)kt_door_knock(&shell->committer_door);
    return true;
}

static void
settle(writer_t *w)
{
    kt_status_t status = kt_kv_settle(w->shell->store);

    w->sealed = kt_failed(status);
    w->pause_ms = RETRY_MS;
}

static bool
has_work(const writer_t *w)
{
    const kt_shell_t *shell = w->shell;

    if (w->spare_count == 0)
        return !kt_ring_empty(&shell->from_committer);
    return !kt_ring_empty(&shell->to_writer) || kt_kv_wanted(shell->store);
}

/* Nobody waits for the store's gauges, so they never hurry what settles it. */
static int64_t
pause_of(const writer_t *w)
{
    return w->sealed ? w->pause_ms : kt_shell_metrics_idle_ms(w->shell);
}

/* Waits for something to do; false when there never will be. */
static bool
rest(writer_t *w)
{
    kt_shell_t *shell = w->shell;
    bool heard = true;

    kt_door_enter(&shell->writer_door);
    if (atomic_load(&shell->stopping)) {
        kt_door_leave(&shell->writer_door);
        return false;
    }
    if (!has_work(w))
        heard = kt_door_wait(&shell->writer_door, pause_of(w));
    kt_door_leave(&shell->writer_door);
    if (w->sealed && (!heard || kt_kv_wanted(shell->store)))
        settle(w);
    if (!heard)
        kt_shell_metrics_idle(shell);
    return true;
}

void *
kt_writer_main(void *context)
{
    kt_shell_t *shell = (kt_shell_t *)context;
    writer_t w = {.shell = shell, .spare_count = KT_SHELL_SEALED_MAX};

    for (unsigned i = 0; i < KT_SHELL_SEALED_MAX; i++)
        w.spare[i] = &shell->sealed[i];
    while (run_batch(&w) || rest(&w))
        continue;
    kt_ignore(kt_kv_settle(shell->store));
    atomic_store(&shell->writer_done, true);
    (void)kt_door_knock(&shell->committer_door);
    return NULL;
}
