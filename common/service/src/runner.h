/* runner.h: the department's processes as a source of the caller's calls (kt/process_run.h). */
#ifndef KT_SERVICE_RUNNER_H
#define KT_SERVICE_RUNNER_H

#include "caller.h"

struct kt_runner;

/* Adds the source to the shell's caller. The shell destroys it after the caller. */
kt_status_t kt_runner_new(struct kt_shell *shell, struct kt_runner **runner);
void kt_runner_destroy(struct kt_runner **runner);

#endif
