/* A reader: takes jobs from the front, runs one unary call or one turn of a stream, gives it back.
 */
#include "shell.h"

void *
kt_reader_main(void *context)
{
    kt_reader_thread_t *reader = (kt_reader_thread_t *)context;
    kt_shell_t *shell = reader->shell;

    for (;;) {
        kt_job_t *job = (kt_job_t *)kt_ring_pop(&shell->to_readers);

        if (job) {
            (void)kt_step_run(job, kt_clock_mono_us());
            kt_ring_push(&reader->done, job);
            (void)kt_door_knock(&shell->front_door);
            continue;
        }
        kt_door_enter(&reader->door);
        if (atomic_load(&shell->stopping)) {
            kt_door_leave(&reader->door);
            return NULL;
        }
        if (kt_ring_empty(&shell->to_readers))
            (void)kt_door_wait(&reader->door, -1);
        kt_door_leave(&reader->door);
    }
}
