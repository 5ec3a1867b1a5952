/* process.h: what the verbs about processes share. */
#ifndef CLI_PROCESS_PROCESS_H
#define CLI_PROCESS_PROCESS_H

#include "../connect.h"
#include "../output.h"

#include <kantor/process/v1/process.client.kt.h>

#define PRO_DEPARTMENTS_MAX 4
#define PRO_TOKEN_BYTES     1024
#define PRO_PAGE_SIZE       1000
#define PRO_ID_BYTES        (KT_ULID_CHARS + 1)
/* The fewest characters of an id that say which process is meant. */
#define PRO_ID_CHARS_MIN 6
#define PRO_TIME_BYTES   28
#define PRO_SPAN_BYTES   24

/* Zeroed before pro_open, closed by pro_close in any case. */
typedef struct pro_verb {
    cli_t *cli;
    kt_reply_t reply;
    const char *departments[PRO_DEPARTMENTS_MAX]; /* that are asked */
    unsigned departments_count;
    bool all; /* none was named */
    out_t *out;
    /* The process that is meant, of pro_find. */
    const char *department;
    char id[PRO_ID_BYTES];
} pro_verb_t;

/* Connects; DEPARTMENT NULL: all that are running are asked. 0, or an exit code after saying why
 * not. */
int pro_open(pro_verb_t *verb, cli_t *cli, const char *department);
/* Ends the table before, and begins one with TITLE above it, where tables are for people; NULL:
 * none. 0, or an exit code after saying why not. */
int pro_begin(pro_verb_t *verb, const char *title, const out_column_t *columns, unsigned count);
int pro_close(pro_verb_t *verb, int code);
/* Says why the last call failed. Returns the exit code. */
int pro_failed(pro_verb_t *verb, const char *what);

/* Whether the last call's failure only says that one of all departments runs no processes, or does
 * not answer, which is said. */
bool pro_is_skipped(const pro_verb_t *verb, const char *department);

/* One page of a department's processes, TOKEN that of the next on return. Returns the call's
 * status; the answer lives until the next call. */
kt_status_t
pro_list(pro_verb_t *verb, const char *department, const char *type, process_state_t state,
         char token[PRO_TOKEN_BYTES], const process_list_processes_response_t **page);
/* Finds the process whose id is TEXT, or begins with it, in either case. 0, or an exit code after
 * saying why not. */
int pro_find(pro_verb_t *verb, const char *text);

/* A row of PROCESS, and the columns that it has. */
#define PRO_COLUMNS 10
extern const out_column_t pro_columns[PRO_COLUMNS];
void pro_row(pro_verb_t *verb, const char *department, const process_process_t *process);

/* A text of a request, which only reads it. */
char *pro_given(const char *text);
/* The name of an enum's value: "RUNNING", "?"; those of timelines without "STEP_". */
const char *pro_state_text(process_state_t state);
const char *pro_kind_text(process_timeline_kind_t kind);
/* "2026-11-28T09:05:07Z"; "" when it is 0. */
const char *pro_time_text(int64_t time_us, char out[PRO_TIME_BYTES]);
/* "3 d 4 h", "5 min 2 s", "1.5 s", "120 ms". */
const char *pro_span_text(int64_t span_us, char out[PRO_SPAN_BYTES]);
/* Who is asked to act: the owner of the incident, of the wait, or the department. */
const char *pro_who(const process_process_t *process);

#endif
