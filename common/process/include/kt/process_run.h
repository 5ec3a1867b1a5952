/*
 * process_run.h: who sends the turns of a department's processes, and when again. A machine without
 * sockets and clock: the shell runs it over the office's brokers, tests over virtual time.
 *
 * It knows nothing that is not in the outbox: after a crash it begins from there, and what was sent
 * before is sent again under its key. How often a turn was tried is forgotten with the process; a
 * turn that is settled is not tried again.
 */
#ifndef KT_PROCESS_RUN_H
#define KT_PROCESS_RUN_H

#include <kt/process.h>

#define KT_RUN_INFLIGHT_MAX 256
/* Turns that are kept in mind; those after them wait in the outbox. */
#define KT_RUN_TURNS_MAX      65536
#define KT_RUN_BACKOFF_MIN_US (INT64_C(50) * 1000)
#define KT_RUN_BACKOFF_MAX_US (INT64_C(10) * 1000000)
/* A question is asked again after so long, unless there is news of what it asks for. */
#define KT_RUN_ASK_MIN_US (INT64_C(200) * 1000)
#define KT_RUN_ASK_MAX_US (INT64_C(3600) * 1000000)
/* A question past its deadline that nobody has answered for so long is an incident. */
#define KT_RUN_SILENCE_US (INT64_C(86400) * 1000000)
#define KT_RUN_TIMEOUT_MS 5000

typedef struct kt_run kt_run_t;

/* One call to make: of a turn, or of what settles it (to the own department). */
typedef struct kt_run_send {
    uint64_t tag; /* names it in kt_run_answer */
    const char *department;
    const kt_method_t *method;
    const kt_ulid_t *key;     /* NULL for a READ */
    const char *on_behalf_of; /* or NULL */
    const char *traceparent;  /* or NULL */
    kt_span_t body;
    uint32_t timeout_ms;
} kt_run_send_t;

/* What came of it. A refusal is a business no when it is certain and DOMAIN is a department's own
 * ("kantor.finance"), or when the request's fields are refused; all else is silence. */
typedef struct kt_run_reply {
    kt_status_t status;
    const char *domain, *reason; /* or NULL */
    bool outcome_unknown;
    kt_span_t body;
} kt_run_reply_t;

typedef struct kt_run_options {
    const char *department; /* the own */
    const kt_processes_t *processes;
    /* Sends; false: not now, it is tried again later. Everything is borrowed for the call. */
    bool (*send)(void *context, const kt_run_send_t *send);
    void *context;
    uint64_t seed; /* of the jitter */
} kt_run_options_t;

/* NULL when memory is out. The caller destroys it. */
kt_run_t *kt_run_new(const kt_run_options_t *options);
void kt_run_destroy(kt_run_t **run);

/* Looks at the outbox, and sends what is due. CALL has a read transaction and an arena, which may
 * be reset afterwards. After each commit of the store, and at the time that kt_run_next_us tells.
 */
kt_status_t kt_run_poll(kt_run_t *run, const kt_call_t *call, int64_t now_us);
/* When kt_run_poll has something to do without a commit; INT64_MAX: never. */
int64_t kt_run_next_us(const kt_run_t *run);
void kt_run_answer(kt_run_t *run, uint64_t tag, const kt_run_reply_t *reply, int64_t now_us);
/* There is news of SUBJECT, in whichever department: questions about it are asked at once, and soon
 * again, for who is asked may have to hear the news first. */
void kt_run_news(kt_run_t *run, kt_span_t subject, int64_t now_us);

/* Turns that are not settled yet, and of them those in flight. */
typedef struct kt_run_stat {
    uint32_t turns, inflight;
    uint64_t sent, settled, silent;
} kt_run_stat_t;
kt_run_stat_t kt_run_stat(const kt_run_t *run);

#endif
