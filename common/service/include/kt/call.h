/*
 * call.h: one call as a handler sees it. Handlers are deterministic: time, ids and chance come from
 * here.
 */
#ifndef KT_CALL_H
#define KT_CALL_H

#include <kt/arena.h>
#include <kt/kv.h>
#include <kt/method.h>
#include <kt/trace.h>
#include <kt/ulid.h>
#include <stdatomic.h>

#define KT_VIOLATIONS_MAX 16
/* Memory that one call may take: its request unpacked, its reply, and what the handler needs. A
 * WRITE's handler has as much again, of the writer's. */
#define KT_CALL_ARENA_FIRST     8192
#define KT_CALL_ARENA_BYTES_MAX (64u << 20)
/* The longest that kt_call_again waits. */
#define KT_CALL_AGAIN_MS_MAX 86400000

/* What a READ may wait for. Events are rarer than commits: who waits for them costs a department
 * that writes all the time nothing. */
typedef enum kt_news { KT_NEWS_NONE, KT_NEWS_COMMIT, KT_NEWS_EVENT, KT_NEWS_COUNT } kt_news_t;

typedef struct kt_violation {
    const char *field; /* "entries[2].lines[3].amount_minor"; in the call's arena */
    const char *description;
} kt_violation_t;

/* The fields are read-only to handlers, but for `state`, `ended` and `retry_after_ms`. Tests build
 * one by hand with kt_call_init. */
struct kt_call {
    int64_t now_us; /* when the service took the call; the time of everything it does */
    /* Lives until the reply has left; of a WRITE until its handler returns, whose refusal is
     * copied; for streams until the next step. */
    kt_arena_t *arena;
    /* WRITE: the batch's write transaction; READ: a read transaction of this step */
    kt_txn_t *txn;
    kt_kv_t *store; /* ADMIN only; NULL in a service without a store */
    const kt_method_t *method;
    const char *principal;
    const char *const *roles;
    uint32_t roles_count;
    kt_ulid_t key;            /* WRITE: the idempotency key */
    const char *on_behalf_of; /* or NULL */
    kt_trace_t trace;         /* its place, as it came or as the department made it; or none */
    int64_t deadline_us;      /* wall time */
    void *service;            /* the department's own state, as kt_service_t.state */
    void *state;              /* the stream handler's own, NULL at first; in `stream_arena` */
    kt_arena_t *stream_arena; /* lives as long as the stream; NULL for unary calls */
    uint64_t chance;          /* of this call: equal on every run of it */
    uint32_t ids;             /* how many ids were made */
    uint32_t events;          /* emitted in this run (kt/event.h) */
    uint32_t shared_first;    /* of the department's shared tables; 0: it has none */
    const char *department;   /* whose service runs it; NULL in tests that do not say */
    const struct kt_processes *processes; /* that the department runs, or NULL */
    struct kt_refusal *refusal;           /* WRITE: to be kept, see kt_call_refuse; NULL: none */
    kt_violation_t violations[KT_VIOLATIONS_MAX];
    uint32_t violations_count;
    int64_t retry_after_ms; /* for RetryInfo; -1: not said */
    uint32_t runs;          /* unary: how often the handler has run this call already */

    /* Streams: called once when the stream has ended in any way, to give back what `state` holds
     * besides memory. Quick; by any thread, never during a step. NULL at first. */
    void (*ended)(kt_call_t *call);

    /* The shell's own: see kt_call_again and kt_call_over. */
    int64_t again_ms;
    kt_news_t awaits;
    int64_t over_us; /* the deadline on the monotonic clock, which nobody sets */
    const atomic_bool *cancelled;
};

/* A call for tests: everything zero but these. PRINCIPAL and ARENA are borrowed. */
void kt_call_init(kt_call_t *call, kt_arena_t *arena, kt_txn_t *txn, const char *principal,
                  int64_t now_us);

/* The next id of this call: its time, and chance derived from the key; the same on every run of the
 * call. */
kt_ulid_t kt_call_new_id(kt_call_t *call);
/* The same as a name, in the arena: for what the caller gave none. Empty when that is used up. */
kt_span_t kt_call_new_name(kt_call_t *call);

/*
 * Asks the shell to come back in AFTER_MS (at most KT_CALL_AGAIN_MS_MAX) without holding a thread,
 * and returns OK. Unary READ: what this run answered is thrown away and the handler runs once more,
 * with call->runs one higher. Streams: with KT_GIVE_WAIT, at the latest then. WRITE: not allowed.
 */
kt_status_t kt_call_again(kt_call_t *call, uint32_t after_ms);

/* The same for a READ that waits for news: it runs again as soon as there was such news since this
 * run began, at the latest in AFTER_MS. A stream that gives KT_GIVE_WAIT is asked again for this
 * news instead of for any commit. */
kt_status_t kt_call_await(kt_call_t *call, kt_news_t news, uint32_t after_ms);

bool kt_call_has_role(const kt_call_t *call, const char *role);

/* Notes that FIELD (a printf format) breaks its rule, and returns INVALID_ARGUMENT with BAD_FIELD.
 * The description is borrowed (a literal, or in the call's arena). */
kt_status_t kt_call_bad_field(kt_call_t *call, const char *description, const char *field_format,
                              ...) KT_PRINTF(3, 4);

/* Whether the caller cancelled or the deadline passed: long reads ask now and then and give up.
 * Thread-safe. */
bool kt_call_over(const kt_call_t *call);
/* The same for who has just looked at the clock (kt_clock_mono_us). */
bool kt_call_over_at(const kt_call_t *call, int64_t now_us);

/* RESOURCE_EXHAUSTED for a call whose arena is used up. */
kt_status_t kt_call_out_of_memory(const kt_call_t *call);

#endif
