/*
 * caller.h: the department as a caller of others (and of itself): one thread with one connection,
 * through the brokers' clients endpoints, as the principal the department is. It carries the calls
 * of its sources: the feeds that are followed (follow.c), the steps of processes.
 *
 * It starts only if there is a source and a broker's clients endpoint is known, and ends at once
 * when the shell drains: whatever it had open is begun anew by the next process, under the same
 * keys.
 *
 * It begins no calls while no broker has the department: what comes of them goes through its own
 * front door, and where brokers refuse it because a newer life of its store serves, it has nothing
 * to say.
 *
 * Every call carries the journal's size and root, so that others can hold the department to its
 * history (witness.h).
 */
#ifndef KT_SERVICE_CALLER_H
#define KT_SERVICE_CALLER_H

#include <kt/client.h>
#include <kt/shell.h>

#define KT_CALLER_CALLS_MAX   512 /* open at once, of all sources */
#define KT_CALLER_SOURCES_MAX 4

typedef struct kt_caller_loop kt_caller_loop_t;

/* Somebody who has calls to make. All of these run in the caller thread, and none may wait. NOW_US
 * is kt_clock_mono_us. */
typedef struct kt_caller_source {
    void *context; /* borrowed until the loop is destroyed */
    /* Commits of the department give it nothing to do: then it is not woken for them. */
    bool deaf;
    /* Starts what there is to start (kt_caller_call). At first, after every commit of the
     * department, after each `done`, and when next_us is due; at other times as well. */
    void (*poll)(void *context, kt_caller_loop_t *loop, int64_t now_us);
    /* The call TAG ended; REPLY, with its message, is borrowed until this returns. May start calls,
     * too. */
    void (*done)(void *context, kt_caller_loop_t *loop, uint64_t tag, const kt_reply_t *reply,
                 int64_t now_us);
    /* An event of DEPARTMENT about SUBJECT was taken. May be NULL. */
    void (*news)(void *context, const char *department, kt_span_t subject, int64_t now_us);
    /* When poll has something to do by itself; INT64_MAX: never. */
    int64_t (*next_us)(void *context);
} kt_caller_source_t;

struct kt_shell;

/* False when no broker's clients endpoint is given: nobody can be called. */
bool kt_caller_may(const struct kt_shell *shell);
/* A loop that does not run yet. SHELL is borrowed. */
kt_status_t kt_caller_new(struct kt_shell *shell, kt_caller_loop_t **loop);
/* SOURCE is copied. Before kt_caller_start. */
void kt_caller_add(kt_caller_loop_t *loop, const kt_caller_source_t *source);
kt_status_t kt_caller_start(kt_caller_loop_t *loop);
/* Something was committed: wakes it, unless all sources are deaf. From any thread. */
void kt_caller_knock(kt_caller_loop_t *loop);
/* A broker has the department: wakes it. From any thread. */
void kt_caller_wake(kt_caller_loop_t *loop);
/* It is to end, and returns at once; from any thread. */
void kt_caller_stop(kt_caller_loop_t *loop);
/* Stops it and waits; knocks may still come. */
void kt_caller_join(kt_caller_loop_t *loop);
/* Joins, and frees it. */
void kt_caller_destroy(kt_caller_loop_t **loop);

/*
 * Begins a unary call for SOURCE's context, which hears of its end by `done` with TAG. By the
 * caller thread, in `poll` or `done`. OPTIONS as for kt_client_start but for its metadata, which is
 * the loop's; a WRITE has a key of its own making, so that it can be begun anew under it.
 * RESOURCE_EXHAUSTED when KT_CALLER_CALLS_MAX calls are open: come back at the next poll.
 */
kt_status_t
kt_caller_call(kt_caller_loop_t *loop, const void *context, const kt_method_t *method,
               const kt_call_options_t *options, const ProtobufCMessage *request, uint64_t tag);
/* Tells all sources of an event that was taken. */
void kt_caller_news(kt_caller_loop_t *loop, const char *department, kt_span_t subject);
/* Calls that may still be begun. */
unsigned kt_caller_room(const kt_caller_loop_t *loop);

/* ---- waiting before another try ---- */

#define KT_BACKOFF_MIN_US INT64_C(50000)
#define KT_BACKOFF_MAX_US INT64_C(5000000)

/* How long to wait after FAILURES in a row (from 1): KT_BACKOFF_MIN_US, twice as long each time, up
 * to KT_BACKOFF_MAX_US; of that a half at least, the rest by chance. */
int64_t kt_caller_backoff_us(kt_caller_loop_t *loop, unsigned failures);

#endif
