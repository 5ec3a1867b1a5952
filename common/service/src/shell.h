/*
 * shell.h (private): the parts of a running department and who owns what.
 *
 *   front   sockets, call machine, checks, unpacking, streams' turns      front.c, job.c, stream.c
 *   writer  batches of writes, and the committer that waits for the disk  writer.c over batch.c
 *   readers handlers that read, steps of streams                          reader.c over step.c
 *   keeper  one long work at a time: a backup or a verification           keeper.c
 *   caller  calls to others and itself: events followed, processes,       caller.c with follow.c,
 *           chores                                                        runner.c, chores.c
 *
 * What is the front's belongs to whoever holds its lock: the front, and while that sleeps the
 * writer, who takes a few answers to the brokers itself.
 *
 * A job is one open call. It belongs to the front, and while job->away to the thread it was handed
 * to: then the front touches nothing of it but `cancelled`. It comes back through that thread's
 * ring.
 */
#ifndef KT_SERVICE_SHELL_PRIVATE_H
#define KT_SERVICE_SHELL_PRIVATE_H

#include "batch.h"
#include "ring.h"

#include <kt/gather.h>
#include <kt/lives.h>
#include <kt/metrics.h>
#include <kt/prng.h>
#include <kt/rpc_server.h>
#include <kt/shell.h>
#include <kt/tracer.h>
#include <pthread.h>

#define KT_SHELL_CALLERS_MAX   256 /* callers that are kept unpacked */
#define KT_CALLERS_BYTES_FIRST 4096
#define KT_CALLERS_BYTES_MAX   ((size_t)KT_SHELL_CALLERS_MAX * 4096)
#define KT_STEP_MESSAGES_MAX   KT_STREAM_WINDOW
/* Read transactions beside those of the readers: the metrics, the keeper, a start, the caller and
 * its sources. */
#define KT_SHELL_SPARE_READERS 6

/* A method with what runs it. */
typedef struct kt_bound {
    const kt_method_t *method;
    const kt_handler_t *run;
    const void *handlers;
    bool shared; /* call->service is the shell, not the department's state */
    kt_series_t *seconds;
    kt_series_t *calls[KT_CODE_COUNT];
} kt_bound_t;

typedef struct kt_job kt_job_t;

/* What a streaming call has beyond a unary one. */
typedef struct kt_stream_job {
    kt_frame_t inbox[KT_STREAM_WINDOW + 1]; /* messages that no step has taken yet */
    uint32_t inbox_count;
    bool last_in; /* the caller has sent its last */
    bool waiting; /* the last give said KT_GIVE_WAIT */

    /* One turn: what the step is to do, and what it did. */
    kt_frame_t taken[KT_STREAM_WINDOW + 1];
    uint32_t taken_count, taken_next; /* the step may leave some for the next */
    bool take_last;
    bool idle;      /* bidirectional: it waits for a message */
    bool last_told; /* the handler knows */
    uint32_t give_max;
    kt_frame_t given[KT_STEP_MESSAGES_MAX];
    uint32_t given_count;
    bool gave_wait, gave_end;
} kt_stream_job_t;

struct kt_job {
    kt_call_t call;
    kt_shell_t *shell;
    kt_bound_t *bound;
    kt_server_call_t *open;
    kt_frame_t reply; /* of a read, packed */
    kt_write_t write; /* for reads too: what runs, and the outcome */
    atomic_bool cancelled;
    bool away;
    kt_news_t awaits;               /* it is to be asked again for; NONE: it does not wait */
    uint64_t epochs[KT_NEWS_COUNT]; /* of shell->news, when it was handed over */
    kt_status_t over;               /* why nobody waits any more; OK: somebody does */
    int64_t taken_us;
    bool kept; /* a span is to be kept of it, as a child of PARENT */
    uint8_t parent[KT_TRACE_SPAN_BYTES];
    size_t inside_bytes;     /* of kt_shell_t.inside_bytes */
    kt_stream_job_t *stream; /* NULL for unary */
};

/* A Caller, unpacked once and kept for the process's life. */
typedef struct kt_known_caller {
    char *principal; /* NULL: nobody yet */
    const char **roles;
    uint32_t roles_count;
} kt_known_caller_t;

/* Arenas are taken and given back by the front only. */
typedef struct kt_arena_pool {
    kt_arena_t **arenas;
    size_t count, capacity;
} kt_arena_pool_t;

typedef struct kt_reader_thread {
    kt_shell_t *shell;
    pthread_t thread;
    kt_door_t door;
    kt_ring_t done;
    bool running;
} kt_reader_thread_t;

/* What calls may wait for (kt_news_t). */
typedef struct kt_shell_news {
    atomic_uint_fast64_t count; /* so far; by who waited for the disk */
    /* The front's own. */
    uint64_t seen;    /* of COUNT */
    uint64_t epoch;   /* grows when what waits is to be asked again */
    uint32_t waiting; /* streams and unary calls */
} kt_shell_news_t;

/* A broker that was lost. */
typedef struct kt_lost {
    int64_t reconnect_us; /* when; 0: there is a connection */
    unsigned times;       /* since it was last registered with */
} kt_lost_t;

/* A batch of writes on its way to disk. */
#define KT_SHELL_SEALED_MAX 4
typedef struct kt_sealed {
    kt_job_t *jobs[KT_BATCH_WRITES_MAX];
    kt_write_t *writes[KT_BATCH_WRITES_MAX];
    uint32_t count;
    uint64_t mark, commits, events;
    int64_t began_us;
} kt_sealed_t;

/* What a reload changes: each thread reads it where it needs it, never from the options. */
typedef struct kt_shell_tuning {
    _Atomic int64_t retention_us;
    atomic_uint backups_keep, drain_ms;
} kt_shell_tuning_t;

struct kt_keeper;
struct kt_caller_loop;
struct kt_follow;
struct kt_runner;
struct kt_chores;

struct kt_shell {
    kt_shell_options_t options; /* its strings borrowed from the caller's */
    kt_shell_tuning_t tuning;
    const kt_service_t *service;
    char instance[KT_INSTANCE_CHARS_MAX + 1];
    void *state;  /* the department's own */
    bool started; /* it has made its state */
    int64_t started_us;

    kt_kv_t *store;
    kt_life_t life; /* that the store is in; it begins another one only while nobody has it open */
    kt_batch_t *batch;
    struct kt_keeper *keeper;
    struct kt_caller_loop *caller; /* NULL: it calls nobody */
    struct kt_follow *follow;      /* NULL: it follows nobody */
    struct kt_runner *runner;      /* NULL: it has no processes */
    struct kt_chores *chores;      /* NULL: it has none */

    /* Methods: one bound for each registered path, at the same place. */
    kt_server_method_t *paths;
    kt_bound_t *bound;
    kt_binding_t *shared;
    uint32_t methods_count;
    uint8_t *registration;
    size_t registration_size;

    /* The front's own: whoever holds the lock. The front does, but while it sleeps. */
    pthread_mutex_t front_lock;
    int64_t due_us; /* until then it sleeps, if nothing happens */
    kt_net_t *net;
    kt_socket_t *sockets[KT_SHELL_BROKERS_MAX];
    kt_lost_t lost[KT_SHELL_BROKERS_MAX];
    kt_server_t *server;
    kt_job_t *jobs;
    kt_arena_pool_t arenas;
    kt_stream_job_t **streams; /* free ones */
    uint32_t streams_count;
    kt_known_caller_t callers[KT_SHELL_CALLERS_MAX];
    const kt_known_caller_t *last_caller; /* of the call before; NULL: it is not in the table */
    uint64_t caller_number;               /* as kt_server_begin_t has it */
    kt_arena_t *callers_arena;
    size_t inside_bytes;
    int64_t wall_offset_us; /* wall clock less monotonic clock, of this round */
    kt_gather_t gather;
    int64_t metrics_us; /* when they are told next */
    int64_t rearm_us;   /* not before this are they asked again for news */
    int64_t drain_until_us;
    bool draining;
    bool unsent; /* a broker takes no more now */
    kt_prng_t prng;
    bool write_knock, read_knock; /* pushed something in this round */

    pthread_t front, writer, committer;
    bool front_running, writer_running, committer_running;
    kt_door_t front_door, writer_door, committer_door;
    /* `from_writer` has one producer at a time: the committer, or the writer while the committer
     * has nothing. */
    kt_ring_t to_writer, to_readers, from_writer, to_committer, from_committer;
    kt_sealed_t sealed[KT_SHELL_SEALED_MAX];
    kt_reader_thread_t readers[KT_SHELL_READERS_MAX];
    unsigned readers_count;

    /* Between threads. */
    atomic_bool drain_asked, stopping, writer_done, failed;
    kt_shell_news_t news[KT_NEWS_COUNT];
    atomic_uint registered;
    kt_bell_t finished;

    kt_tracer_t *tracer; /* NULL: no traces are kept */
    kt_metrics_t *metrics;
    kt_metrics_server_t *metrics_server;
    struct kt_shell_series *series;
};

/* ---- front.c ---- */
extern const kt_server_events_t kt_front_events;
void *kt_front_main(void *shell);
/* By a thread that gave jobs back: takes them to their callers itself while the front sleeps. False
 * when that is left to the front, who has to be woken. */
bool kt_front_answer(kt_shell_t *shell);

/* ---- job.c: a call from its first frame to its END ---- */
void kt_job_begin(kt_shell_t *shell, kt_server_call_t *open, kt_server_begin_t *begin);
/* The thread it was handed to has given it back. */
void kt_job_back(kt_shell_t *shell, kt_job_t *job);
void kt_job_over(kt_shell_t *shell, kt_job_t *job, kt_status_t why);
void kt_job_alarm(kt_shell_t *shell, kt_job_t *job);
/* There is the news that it waits for: it runs again. Unary. */
void kt_job_news(kt_shell_t *shell, kt_job_t *job);
/* What an instance that drains says of what it does not go on with. */
extern const kt_status_t kt_job_draining;
/* Whether it is a read that would wait for news: while the instance drains, the next one is to be
 * asked, and nobody holds up the drain. */
bool kt_job_waits_in_vain(const kt_shell_t *shell, const kt_job_t *job);
/* It waits for NEWS; it does not wait any longer. */
void kt_job_await(kt_shell_t *shell, kt_job_t *job, kt_news_t news);
void kt_job_awake(kt_shell_t *shell, kt_job_t *job);
/* Ends the call with job->write's outcome and gives everything back. */
void kt_job_end(kt_shell_t *shell, kt_job_t *job);
/* Hands the job to the writer or the readers. */
void kt_job_hand_over(kt_shell_t *shell, kt_job_t *job);
/* NULL when memory is out. */
kt_arena_t *kt_job_take_arena(kt_shell_t *shell);

/* ---- job_trace.c: its part of a trace ---- */
/* Finds the job's place: GIVEN is what the caller said, BROKERS what the broker did. Where no
 * traces are kept, what was given is handed on, an id alone with a span. */
void kt_job_trace_begin(kt_shell_t *shell, kt_job_t *job, const kt_trace_t *given,
                        const kt_trace_t *brokers);
/* Keeps its spans, if it is to. */
void kt_job_trace_end(kt_shell_t *shell, const kt_job_t *job);

/* ---- stream.c: streams, as the front sees them ---- */
kt_status_t kt_stream_begin(kt_shell_t *shell, kt_job_t *job, kt_frame_t *body);
/* A message for the handler. */
void kt_stream_put(kt_shell_t *shell, kt_job_t *job, kt_frame_t *body);
/* BODY may be NULL. */
void kt_stream_message(kt_shell_t *shell, kt_job_t *job, kt_frame_t *body);
/* It need not wait any longer. */
void kt_stream_wake(kt_shell_t *shell, kt_job_t *job);
/* Asks all again that wait for NEWS. */
void kt_stream_wake_all(kt_shell_t *shell, kt_news_t news);
/* Gives the handler its turn if there is anything to do. */
void kt_stream_turn(kt_shell_t *shell, kt_job_t *job);
void kt_stream_back(kt_shell_t *shell, kt_job_t *job);
void kt_stream_end(kt_shell_t *shell, kt_job_t *job);

/* ---- step.c: running handlers, in any thread ---- */
/* NOW_US is a look at the clock, and so is what is returned: when the step had run. */
int64_t kt_step_run(kt_job_t *job, int64_t now_us);
kt_status_t kt_step_unpack(kt_job_t *job, const kt_frame_t *frame, const void **request);

/* ---- reader.c, writer.c ---- */
void *kt_reader_main(void *reader);
void *kt_writer_main(void *shell);
void *kt_committer_main(void *shell);

/* ---- methods.c ---- */
/* Binds the department's and the shared methods, and encodes the Registration. */
kt_status_t kt_methods_bind(kt_shell_t *shell);
void kt_methods_unbind(kt_shell_t *shell);

/* ---- health.c, reflection.c, store_service.c, feed_service.c ---- */
kt_binding_t kt_health_binding(void);
kt_binding_t kt_reflection_binding(void);
kt_binding_t kt_store_binding(void);
kt_binding_t kt_feed_binding(void);

/* ---- shell_metrics.c ---- */
/* What `health` asks for. */
#define KT_SHELL_METRIC_ALIVE      "kantor_alive_timestamp_seconds"
#define KT_SHELL_METRIC_REGISTERED "kantor_registered_brokers"
kt_status_t kt_shell_metrics_start(kt_shell_t *shell);
void kt_shell_metrics_stop(kt_shell_t *shell);
void kt_shell_metrics_ended(kt_shell_t *shell, const kt_job_t *job);
void kt_shell_metrics_batch(kt_shell_t *shell);
/* By the writer while it has nothing to do: in so long the store is to be measured again; does it,
 * if it is due. */
int64_t kt_shell_metrics_idle_ms(const kt_shell_t *shell);
void kt_shell_metrics_idle(kt_shell_t *shell);
void kt_shell_metrics_backed_up(kt_shell_t *shell);
void kt_shell_metrics_hardened(kt_shell_t *shell, int64_t commit_us, int64_t batch_us);
void kt_shell_metrics_tick(kt_shell_t *shell);

/* ---- end.c ---- */
/* The name and domain of a reason; NULL for 0 and for a number that no enum has. */
const char *kt_reason_of(const kt_service_t *service, uint32_t reason, const char **domain);
/* The encoded CallStatus of a job's outcome; an empty frame for a plain OK. */
kt_status_t kt_end_frame(kt_shell_t *shell, const kt_job_t *job, kt_frame_t *meta);

#endif
