#include "follow.h"
#include "caller.h"
#include "cursor.h"
#include "shell.h"

#include <kantor/events/v1/events.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/log.h>
#include <kt/time.h>
#include <stdlib.h>

/* A read that brings nothing is not begun more often than this, however soon it is answered. */
#define READ_US_MIN       (INT64_C(100) * KT_US_PER_MS)
#define ARENA_BYTES_FIRST ((size_t)64 << 10)
#define ARENA_BYTES_MAX   ((size_t)1 << 20)

typedef enum phase {
    RESTS, /* until next_us */
    READS,
    TAKES,
} phase_t;

typedef struct followed {
    const char *name;
    phase_t phase;
    bool known; /* these are what the store says: */
    uint64_t taken;
    kt_ulid_t life;
    uint64_t size; /* of the journal that was read last, and its root; 0: not known */
    kt_hash_t root;
    uint64_t epoch;    /* that is being adopted */
    uint32_t batch;    /* events asked for at once */
    unsigned failures; /* in a row */
    int64_t next_us, asked_us;
    /* What the events that are being taken are about: strings, one after the other. */
    char *subjects;
    size_t subjects_size;
    kt_series_t *events, *lag, *lost, *refused;
} followed_t;

struct kt_follow {
    kt_shell_t *shell;
    kt_arena_t *arena; /* of one look at the store */
    followed_t followed[KT_FOLLOWS_MAX];
    uint32_t count;
};

/* ---- what becomes of a try ---- */

static void
rest(followed_t *f, int64_t until_us)
{
    f->phase = RESTS;
    f->next_us = until_us;
}

/* Its history is not the one that was seen: nothing more is taken until people have seen to it. */
static void
note_history(followed_t *f, kt_status_t status)
{
    bool differs = status.reason == RPC_REASON_HISTORY_DIFFERS;

    kt_series_set(f->refused, differs);
    if (differs && f->failures == 0)
        kt_log(KT_LOG_ERROR, "history-differs", "department=%s after=%llu text=%s", f->name,
               (unsigned long long)f->taken, status.text ? status.text : "");
}

/* Spoken of once, until it works again. */
static void
fail(followed_t *f, kt_caller_loop_t *loop, kt_status_t status, int64_t now_us)
{
    note_history(f, status);
    kt_log(f->failures == 0 ? KT_LOG_WARNING : KT_LOG_DEBUG, "cannot-follow",
           "department=%s after=%llu code=%s text=%s", f->name, (unsigned long long)f->taken,
           kt_code_name(status.code), status.text ? status.text : "");
    f->failures++;
    rest(f, now_us + kt_caller_backoff_us(loop, f->failures));
}

static void
succeed(followed_t *f)
{
    if (f->failures > 0)
        kt_log(KT_LOG_INFO, "follows-again", "department=%s after=%llu", f->name,
               (unsigned long long)f->taken);
    f->failures = 0;
    kt_series_set(f->refused, 0);
}

/* ---- reading ---- */

static void
put_cursor(followed_t *f, const kt_cursor_now_t *cursor)
{
    const kt_taken_t *life = kt_cursor_life(cursor);

    f->known = true;
    f->taken = kt_cursor_sequence(cursor);
    f->life = life ? life->life : (kt_ulid_t){{0}};
    f->size = life ? (uint64_t)life->size : 0;
    if (life)
        memcpy(f->root.bytes, life->root, sizeof(f->root.bytes));
}

static kt_status_t
look_up(struct kt_follow *follow, followed_t *f)
{
    kt_shell_t *shell = follow->shell;
    kt_txn_t *txn = NULL;
    kt_cursor_now_t cursor;
    kt_status_t status;
    kt_call_t call;

    if (f->known)
        return kt_ok();
    kt_arena_reset(follow->arena);
    KT_TRY(kt_kv_begin_read(shell->store, &txn));
    kt_call_init(&call, follow->arena, txn, shell->service->name, 0);
    call.shared_first = shell->service->shared_first;
    status = kt_cursor_load(&call, kt_span_str(f->name), &cursor);
    kt_kv_abort(&txn);
    KT_TRY(status);
    put_cursor(f, &cursor);
    return kt_ok();
}

static void
begin_read(struct kt_follow *follow, followed_t *f, kt_caller_loop_t *loop, int64_t now_us)
{
    events_read_events_request_t request = EVENTS_READ_EVENTS_REQUEST_INIT;
    kt_call_options_t options = {.department = f->name, .timeout_ms = KT_FOLLOW_TIMEOUT_MS};
    kt_status_t status = look_up(follow, f);

    request.from_sequence = f->taken + 1;
    request.max = f->batch;
    request.wait_ms = KT_FOLLOW_WAIT_MS;
    request.life = (ProtobufCBinaryData){.data = f->life.bytes, .len = sizeof(f->life.bytes)};
    request.journal_size = f->size;
    if (f->size > 0)
        request.journal_root = (ProtobufCBinaryData){.data = f->root.bytes,
                                                     .len = sizeof(f->root.bytes)};
    if (!kt_failed(status))
        status = kt_caller_call(loop, follow, &events_feed_service.methods[EVENTS_FEED_READ_EVENTS],
                                &options, &request.base, (uint64_t)(f - follow->followed));
    if (kt_failed(status))
        fail(f, loop, status, now_us);
    else
        f->phase = READS;
    f->asked_us = now_us;
}

/* ---- taking ---- */

/* Without memory there is no news, and what waits for it asks in its own time. */
static void
note_subjects(followed_t *f, const events_read_events_response_t *read)
{
    size_t size = 0;

    free(f->subjects);
    for (size_t i = 0; i < read->n_events; i++)
        size += strlen(read->events[i]->subject) + 1;
    f->subjects = (char *)malloc(size);
    f->subjects_size = 0;
    for (size_t i = 0; f->subjects && i < read->n_events; i++) {
        size_t more = strlen(read->events[i]->subject) + 1;
        memcpy(f->subjects + f->subjects_size, read->events[i]->subject, more);
        f->subjects_size += more;
    }
}

static void
tell_subjects(followed_t *f, kt_caller_loop_t *loop)
{
    for (size_t at = 0; at < f->subjects_size; at += strlen(f->subjects + at) + 1)
        kt_caller_news(loop, f->name, kt_span_str(f->subjects + at));
    f->subjects_size = 0;
}

/* The same events first, the same chance: a batch that is tried again soon is known by its key. */
static kt_ulid_t
key_of(const followed_t *f, uint64_t first)
{
    kt_prng_t prng;
    uint64_t high;

    kt_prng_seed(&prng, kt_span_hash(KT_HASH_BEGIN, kt_span_str(f->name)) ^ first);
    high = kt_prng_next(&prng);
    return kt_ulid_make(kt_clock_wall_us(), (uint16_t)high, kt_prng_next(&prng));
}

/* What was read: events, or the lives of a department that was put back. */
static void
begin_take(struct kt_follow *follow, followed_t *f, kt_caller_loop_t *loop,
           const events_read_events_response_t *read, int64_t now_us)
{
    events_take_events_request_t request = EVENTS_TAKE_EVENTS_REQUEST_INIT;
    kt_ulid_t key = key_of(f, read->n_lives > 0 ? 0 : read->events[0]->sequence);
    kt_call_options_t options = {
        .department = follow->shell->service->name,
        .timeout_ms = KT_FOLLOW_TIMEOUT_MS,
        .key = &key,
    };
    kt_status_t status;

    request.department = (char *)(uintptr_t)f->name;
    request.n_events = read->n_events;
    request.events = read->events;
    request.journal_size = read->journal_size;
    request.journal_root = read->journal_root;
    request.life = read->life;
    request.n_lives = read->n_lives;
    request.lives = read->lives;
    status = kt_caller_call(loop, follow, &events_feed_service.methods[EVENTS_FEED_TAKE_EVENTS],
                            &options, &request.base, (uint64_t)(f - follow->followed));
    if (kt_failed(status))
        fail(f, loop, status, now_us);
    else
        f->phase = TAKES;
    f->epoch = read->n_lives > 0 ? read->lives[read->n_lives - 1]->epoch : 0;
    note_subjects(f, read);
}

static void
have_read(struct kt_follow *follow, followed_t *f, kt_caller_loop_t *loop, const kt_reply_t *reply,
          int64_t now_us)
{
    const events_read_events_response_t *read = (const events_read_events_response_t *)
                                                    reply->message;

    if (kt_failed(reply->status)) {
        /* OUT_OF_RANGE: what was taken, they do not have any more. */
        f->known = false;
        fail(f, loop, reply->status, now_us);
        return;
    }
    if (read->n_lives == 0)
        kt_series_set(f->lag, (int64_t)(read->last_sequence - f->taken));
    if (read->n_lives > 0 || read->n_events > 0) {
        begin_take(follow, f, loop, read, now_us);
        return;
    }
    succeed(f);
    rest(f, KT_MAX(now_us, f->asked_us + READ_US_MIN));
}

static void
note_life(const followed_t *f, const events_take_events_response_t *taken)
{
    kt_series_add(f->lost, taken->lost);
    kt_log(taken->lost > 0 ? KT_LOG_ERROR : KT_LOG_INFO,
           taken->lost > 0 ? "events-lost" : "follows-life",
           "department=%s epoch=%llu after=%llu lost=%llu", f->name, (unsigned long long)f->epoch,
           (unsigned long long)taken->taken_sequence, (unsigned long long)taken->lost);
}

static void
have_taken(followed_t *f, kt_caller_loop_t *loop, const kt_reply_t *reply, int64_t now_us)
{
    const events_take_events_response_t *taken = (const events_take_events_response_t *)
                                                     reply->message;

    if (reply->status.code == KT_RESOURCE_EXHAUSTED && f->batch > 1) {
        /* What they change is too much for one write; fewer at once may do. */
        f->batch /= 2;
        rest(f, now_us);
        return;
    }
    if (kt_failed(reply->status)) {
        f->known = false;
        fail(f, loop, reply->status, now_us);
        /* Perhaps only the answer is lost, and they are not read again. */
        tell_subjects(f, loop);
        return;
    }
    if (f->epoch > 0)
        note_life(f, taken);
    kt_series_add(f->events, taken->taken);
    kt_series_set(f->lag, 0);
    f->known = false; /* with the life and the journal that they came from */
    f->batch = KT_MIN(f->batch + 1, (uint32_t)KT_FOLLOW_BATCH_MAX);
    succeed(f);
    rest(f, now_us);
    tell_subjects(f, loop);
}

/* ---- as a source of the caller ---- */

static void
poll_followed(void *context, kt_caller_loop_t *loop, int64_t now_us)
{
    struct kt_follow *follow = (struct kt_follow *)context;

    for (uint32_t i = 0; i < follow->count; i++) {
        followed_t *f = &follow->followed[i];
        if (f->phase == RESTS && f->next_us <= now_us)
            begin_read(follow, f, loop, now_us);
    }
}

static void
done(void *context, kt_caller_loop_t *loop, uint64_t tag, const kt_reply_t *reply, int64_t now_us)
{
    struct kt_follow *follow = (struct kt_follow *)context;
    followed_t *f = &follow->followed[tag];

    if (f->phase == READS)
        have_read(follow, f, loop, reply, now_us);
    else
        have_taken(f, loop, reply, now_us);
}

static int64_t
next_us(void *context)
{
    const struct kt_follow *follow = (const struct kt_follow *)context;
    int64_t next = INT64_MAX;

    for (uint32_t i = 0; i < follow->count; i++)
        if (follow->followed[i].phase == RESTS)
            next = KT_MIN(next, follow->followed[i].next_us);
    return next;
}

kt_status_t
kt_follow_new(kt_shell_t *shell, struct kt_follow **follow)
{
    struct kt_follow *made = (struct kt_follow *)calloc(1, sizeof(*made));
    kt_family_t *events, *lag, *lost, *refused;

    if (made)
        made->arena = kt_arena_new(ARENA_BYTES_FIRST, ARENA_BYTES_MAX);
    if (made && !made->arena)
        free(KT_TAKE(made));
    if (!made)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory to follow others");
    KT_ASSERT(shell->service->follows_count <= KT_FOLLOWS_MAX);
    events = kt_metrics_family(shell->metrics, KT_METRIC_COUNTER, "kantor_events_taken_total",
                               "Events of another department that were taken.", "department");
    lag = kt_metrics_family(shell->metrics, KT_METRIC_GAUGE, "kantor_events_lag",
                            "Events of another department that were not taken yet, when last seen.",
                            "department");
    lost = kt_metrics_family(shell->metrics, KT_METRIC_COUNTER, "kantor_events_lost_total",
                             "Events that were taken of a department that was put back and has "
                             "them no more.",
                             "department");
    refused = kt_metrics_family(shell->metrics, KT_METRIC_GAUGE, "kantor_history_differs",
                                "1: a department that is followed has not the history that was "
                                "seen, and nothing is taken of it.",
                                "department");
    made->shell = shell;
    for (; made->count < shell->service->follows_count; made->count++) {
        followed_t *f = &made->followed[made->count];
        f->name = shell->service->follows[made->count];
        f->batch = KT_FOLLOW_BATCH_MAX;
        f->events = kt_metrics_series(events, &f->name);
        f->lag = kt_metrics_series(lag, &f->name);
        f->lost = kt_metrics_series(lost, &f->name);
        f->refused = kt_metrics_series(refused, &f->name);
    }
    kt_caller_add(shell->caller, &(kt_caller_source_t){.context = made,
                                                       .deaf = true,
                                                       .poll = poll_followed,
                                                       .done = done,
                                                       .next_us = next_us});
    *follow = made;
    return kt_ok();
}

void
kt_follow_destroy(struct kt_follow **follow)
{
    struct kt_follow *f = KT_TAKE(*follow);

    for (uint32_t i = 0; f && i < f->count; i++)
        free(f->followed[i].subjects);
    if (f)
        kt_arena_destroy(&f->arena);
    free(f);
}
