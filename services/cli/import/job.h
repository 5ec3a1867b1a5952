/* job.h: one run of `kantor finance import`: its file, plan and counts, and the steps that need the
 * office. */
#ifndef CLI_IMPORT_JOB_H
#define CLI_IMPORT_JOB_H

#include "../connect.h"
#include "../progress.h"
#include "plan.h"

#include <kt/time.h>

#define IMP_REFUSALS_SHOWN_MAX 100

typedef struct imp_job {
    cli_t *cli;
    const char *book;
    const char *file_name; /* as it is told in messages */
    const char *source;    /* prefix of the source references */
    FILE *in;              /* can be read from its beginning again */
    uint64_t in_bytes;     /* 0: not known */
    imp_unbalanced_t unbalanced;
    imp_plan_t plan;
    cli_progress_t progress;
    uint64_t posted, there, reworded, refused;
    int first_refusal; /* the exit code of the first entry that was refused; 0: none */
} imp_job_t;

/* Says "file:line: reason" and counts an entry as refused; after IMP_REFUSALS_SHOWN_MAX only
 * counts. */
void imp_refused(imp_job_t *job, int code, uint64_t line, const char *reason);
/* The whole text cannot be read on: says so. Returns the exit code. */
int imp_unreadable(imp_job_t *job, const imp_reader_t *reader);

/* Opens the book, its commodities and accounts as the plan needs them. 0, or an exit code after
 * saying why not. */
int imp_prepare(imp_job_t *job);
/* Posts every entry of the file that can be posted and is not there yet. 0, or an exit code when it
 * had to stop. */
int imp_post(imp_job_t *job);

#endif
