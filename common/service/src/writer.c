/* The writer: drains what queued while the last batch was on its way to disk, and carries it out as
 * the next one. */
#include "shell.h"

typedef struct pending {
    kt_job_t *jobs[KT_BATCH_WRITES_MAX];
    kt_write_t *writes[KT_BATCH_WRITES_MAX];
    uint32_t count;
} pending_t;

static void
collect(kt_shell_t *shell, pending_t *pending)
{
    size_t bytes = 0;

    pending->count = 0;
    while (pending->count < KT_BATCH_WRITES_MAX && bytes < KT_BATCH_BYTES_MAX) {
        kt_job_t *job = (kt_job_t *)kt_ring_pop(&shell->to_writer);
        if (!job)
            return;
        bytes += job->inside_bytes;
        pending->jobs[pending->count] = job;
        pending->writes[pending->count] = &job->write;
        pending->count++;
    }
}

static void
carry_out(kt_shell_t *shell, pending_t *pending)
{
    int64_t began_us = kt_clock_mono_us();
    uint64_t commits_before = kt_batch_stat(shell->batch).commits;

    kt_batch_run(shell->batch, pending->writes, pending->count);
    kt_shell_metrics_batch(shell, kt_clock_mono_us() - began_us);
    if (kt_batch_failed(shell->batch))
        atomic_store(&shell->failed, true);
    atomic_fetch_add(&shell->commits, kt_batch_stat(shell->batch).commits - commits_before);
    for (uint32_t i = 0; i < pending->count; i++)
        kt_ring_push(&shell->from_writer, pending->jobs[i]);
    (void)kt_door_knock(&shell->front_door);
}

void *
kt_writer_main(void *context)
{
    kt_shell_t *shell = (kt_shell_t *)context;
    pending_t pending;

    for (;;) {
        collect(shell, &pending);
        if (pending.count > 0) {
            carry_out(shell, &pending);
            continue;
        }
        kt_door_enter(&shell->writer_door);
        if (atomic_load(&shell->stopping)) {
            kt_door_leave(&shell->writer_door);
            return NULL;
        }
        if (kt_ring_empty(&shell->to_writer))
            kt_door_wait(&shell->writer_door);
        kt_door_leave(&shell->writer_door);
    }
}
