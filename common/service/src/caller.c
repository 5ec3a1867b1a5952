#include "caller.h"
#include "shell.h"
#include "witness.h"

#include <kt/log.h>
#include <kt/time.h>
#include <stdlib.h>

#define IDLE_MS    1000 /* at the latest it looks again whether it is to end */
#define TROUBLE_MS 100  /* when no connection can be made at all */
/* How often a department looks whether a broker has it; it hears of it as well. */
#define UNREGISTERED_US KT_US_PER_S

/* An open call: whose, and what to count it as. */
typedef struct slot {
    const kt_caller_source_t *source; /* NULL: free */
    uint64_t tag;
    kt_series_t *const *outcomes; /* of its department, by code */
} slot_t;

/* What was counted of one department. */
typedef struct counted {
    char name[KT_METRICS_VALUE_MAX + 1];
    kt_series_t *outcomes[KT_CODE_COUNT];
} counted_t;

#define COUNTED_MAX 16 /* further departments are counted as "other" */

struct kt_caller_loop {
    kt_shell_t *shell;
    kt_client_t *client;
    kt_reply_t reply;
    kt_prng_t prng;
    kt_door_t door;
    atomic_bool stopped;
    pthread_t thread;
    bool running;
    kt_caller_source_t sources[KT_CALLER_SOURCES_MAX];
    unsigned sources_count;
    bool hears; /* some source does */
    slot_t slots[KT_CALLER_CALLS_MAX];
    unsigned open;
    unsigned free[KT_CALLER_CALLS_MAX], free_count;
    uint64_t seen_commits;
    kt_witness_t witness; /* of SEEN_COMMITS */
    kt_family_t *calls;
    counted_t counted[COUNTED_MAX + 1];
    unsigned counted_count;
};

/* ---- making ---- */

bool
kt_caller_may(const kt_shell_t *shell)
{
    for (unsigned i = 0; i < shell->options.brokers_count; i++)
        if (shell->options.brokers[i].clients)
            return true;
    return false;
}

static kt_status_t
open_client(kt_caller_loop_t *loop)
{
    const kt_shell_options_t *shell = &loop->shell->options;
    kt_broker_address_t brokers[KT_SHELL_BROKERS_MAX];
    kt_client_options_t options = {
        .brokers = brokers,
        .keys = shell->keys,
        .net = loop->shell->net,
        .inflight_max = KT_CALLER_CALLS_MAX,
    };

    for (unsigned i = 0; i < shell->brokers_count; i++)
        if (shell->brokers[i].clients)
            brokers[options.brokers_count++] = (kt_broker_address_t){
                .endpoint = shell->brokers[i].clients,
                .server_key = shell->brokers[i].server_key,
            };
    KT_TRY(kt_client_new(&options, &loop->client));
    kt_client_wake_by(loop->client, loop->door.bell.fd);
    kt_client_trace(loop->client, kt_tracer_sink(loop->shell->tracer), NULL);
    return kt_ok();
}

kt_status_t
kt_caller_new(kt_shell_t *shell, kt_caller_loop_t **loop)
{
    kt_caller_loop_t *made = NULL;
    kt_status_t status;

    if (posix_memalign((void **)&made, _Alignof(kt_caller_loop_t), sizeof(*made)) != 0)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory to call others");
    memset(made, 0, sizeof(*made));
    made->shell = shell;
    made->door.bell.fd = -1;
    made->seen_commits = UINT64_MAX;
    for (unsigned i = 0; i < KT_CALLER_CALLS_MAX; i++)
        made->free[made->free_count++] = i;
    kt_prng_seed(&made->prng, kt_prng_next(&shell->prng));
    made->calls = kt_metrics_family(shell->metrics, KT_METRIC_COUNTER, "kantor_calls_made_total",
                                    "Calls that this department made and that ended, by the "
                                    "department called and the code.",
                                    "department,code");
    status = kt_reply_init(&made->reply);
    if (!kt_failed(status))
        status = kt_door_init(&made->door);
    if (!kt_failed(status))
        status = open_client(made);
    if (kt_failed(status)) {
        kt_caller_destroy(&made);
        return status;
    }
    *loop = made;
    return status;
}

void
kt_caller_add(kt_caller_loop_t *loop, const kt_caller_source_t *source)
{
    KT_ASSERT(!loop->running && loop->sources_count < KT_CALLER_SOURCES_MAX);
    loop->sources[loop->sources_count++] = *source;
    loop->hears |= !source->deaf;
}

void
kt_caller_knock(kt_caller_loop_t *loop)
{
    if (loop->hears)
        (void)kt_door_knock(&loop->door);
}

void
kt_caller_wake(kt_caller_loop_t *loop)
{
    (void)kt_door_knock(&loop->door);
}

void
kt_caller_stop(kt_caller_loop_t *loop)
{
    atomic_store(&loop->stopped, true);
    (void)kt_door_knock(&loop->door);
}

void
kt_caller_join(kt_caller_loop_t *loop)
{
    kt_caller_stop(loop);
    if (loop->running)
        (void)pthread_join(loop->thread, NULL);
    loop->running = false;
}

void
kt_caller_destroy(kt_caller_loop_t **loop)
{
    kt_caller_loop_t *l = KT_TAKE(*loop);

    if (!l)
        return;
    kt_caller_join(l);
    kt_client_destroy(&l->client);
    kt_reply_fini(&l->reply);
    kt_door_fini(&l->door);
    free(l);
}

/* ---- what is counted ---- */

/* The department that a call goes to: "finance" of "/kantor.finance.v1.Ledger/PostEntry". */
static kt_span_t
department_of(const kt_method_t *method, const kt_call_options_t *options)
{
    const char *from = strchr(method->path, '.'), *to;

    if (options->department)
        return kt_span_str(options->department);
    to = from ? strchr(from + 1, '.') : NULL;
    return to ? kt_span(from + 1, (size_t)(to - from - 1)) : kt_span_str("other");
}

static kt_series_t *const *
outcomes_of(kt_caller_loop_t *loop, kt_span_t department)
{
    counted_t *counted = NULL;

    if (loop->counted_count >= COUNTED_MAX || department.size > KT_METRICS_VALUE_MAX)
        department = kt_span_str("other");
    for (unsigned i = 0; i < loop->counted_count; i++)
        if (kt_span_equal(kt_span_str(loop->counted[i].name), department))
            return loop->counted[i].outcomes;
    counted = &loop->counted[loop->counted_count++];
    memcpy(counted->name, department.data, department.size);
    for (unsigned code = 0; code < KT_CODE_COUNT; code++) {
        const char *labels[] = {counted->name, kt_code_name(code)};
        counted->outcomes[code] = kt_metrics_series(loop->calls, labels);
    }
    return counted->outcomes;
}

/* ---- calls ---- */

static uint64_t
commits_of(const kt_caller_loop_t *loop)
{
    return atomic_load(&loop->shell->news[KT_NEWS_COMMIT].count);
}

/* What is durable now, to be told with every call. A reader sees nothing that is not on disk. */
static void
look_at_journal(kt_caller_loop_t *loop)
{
    uint64_t commits = commits_of(loop);
    kt_txn_t *txn = NULL;
    kt_status_t status;

    if (commits == loop->seen_commits || !loop->shell->store)
        return;
    status = kt_kv_begin_read(loop->shell->store, &txn);
    if (!kt_failed(status))
        status = kt_journal_head(txn, &loop->witness.size, &loop->witness.root);
    kt_kv_abort(&txn);
    if (kt_failed(status))
        kt_log(KT_LOG_WARNING, "cannot-read-journal", "text=%s", status.text);
    else
        loop->seen_commits = commits;
}

unsigned
kt_caller_room(const kt_caller_loop_t *loop)
{
    return loop->free_count;
}

static const kt_caller_source_t *
source_of(const kt_caller_loop_t *loop, const void *context)
{
    unsigned i = 0;

    while (i < loop->sources_count && loop->sources[i].context != context)
        i++;
    KT_ASSERT(i < loop->sources_count);
    return &loop->sources[i];
}

kt_status_t
kt_caller_call(kt_caller_loop_t *loop, const void *context, const kt_method_t *method,
               const kt_call_options_t *options, const ProtobufCMessage *request, uint64_t tag)
{
    kt_call_options_t all = options ? *options : (kt_call_options_t){0};
    kt_span_t department = department_of(method, &all);
    uint8_t witness[KT_WITNESS_BYTES];
    kt_metadata_t pair = {.key = KT_WITNESS_KEY, .value = kt_span(witness, sizeof(witness))};
    unsigned place;

    KT_ASSERT(method->kind != KT_METHOD_WRITE || all.key);
    if (loop->free_count == 0)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "as many calls are open as there may be");
    if (!kt_span_equal(department, kt_span_str(loop->shell->service->name)))
        look_at_journal(loop);
    if (loop->witness.size > 0) {
        loop->witness.epoch = loop->shell->life.epoch;
        loop->witness.life = loop->shell->life.life;
        kt_witness_encode(&loop->witness, witness);
        all.metadata = &pair;
        all.metadata_count = 1;
    }
    place = loop->free[loop->free_count - 1];
    KT_TRY(kt_client_start(loop->client, method, &all, request, place));
    loop->free_count--;
    loop->open++;
    loop->slots[place] = (slot_t){
        .source = source_of(loop, context),
        .tag = tag,
        .outcomes = outcomes_of(loop, department),
    };
    return kt_ok();
}

void
kt_caller_news(kt_caller_loop_t *loop, const char *department, kt_span_t subject)
{
    for (unsigned i = 0; i < loop->sources_count; i++)
        if (loop->sources[i].news)
            loop->sources[i].news(loop->sources[i].context, department, subject,
                                  kt_clock_mono_us());
}

int64_t
kt_caller_backoff_us(kt_caller_loop_t *loop, unsigned failures)
{
    unsigned doublings = KT_MIN(failures > 0 ? failures - 1 : 0, 20u);
    int64_t whole_us = KT_MIN(KT_BACKOFF_MIN_US << doublings, KT_BACKOFF_MAX_US);

    return whole_us / 2 + (int64_t)kt_prng_below(&loop->prng, (uint64_t)whole_us / 2 + 1);
}

/* ---- the loop ---- */

static bool
is_over(const kt_caller_loop_t *loop)
{
    return atomic_load(&loop->stopped) || atomic_load(&loop->shell->failed);
}

static int64_t
poll_all(kt_caller_loop_t *loop)
{
    int64_t next_us = INT64_MAX;

    for (unsigned i = 0; i < loop->sources_count; i++) {
        const kt_caller_source_t *source = &loop->sources[i];
        source->poll(source->context, loop, kt_clock_mono_us());
        next_us = KT_MIN(next_us, source->next_us(source->context));
    }
    return next_us;
}

static void
end_call(kt_caller_loop_t *loop, uint64_t place)
{
    slot_t slot = loop->slots[place];
    uint32_t code = KT_MIN((uint32_t)loop->reply.status.code, (uint32_t)KT_CODE_COUNT - 1);

    loop->slots[place].source = NULL;
    loop->free[loop->free_count++] = (unsigned)place;
    loop->open--;
    kt_series_add(slot.outcomes[code], 1);
    slot.source->done(slot.source->context, loop, slot.tag, &loop->reply, kt_clock_mono_us());
}

/* Milliseconds until something is due, rounded up. */
static int64_t
pause_ms(int64_t next_us)
{
    int64_t now_us = kt_clock_mono_us();

    if (next_us <= now_us)
        return 0;
    return KT_MIN((KT_MIN(next_us - now_us, KT_US_PER_S) + KT_US_PER_MS - 1) / KT_US_PER_MS,
                  (int64_t)IDLE_MS);
}

/* Waits for a call's end, a knock or NEXT_US. The connection is the client's to look after while
 * calls are open; without one there is nothing on it to hear. */
static void
wait_for_something(kt_caller_loop_t *loop, uint64_t commits, int64_t next_us)
{
    kt_status_t status;
    uint64_t place;

    kt_door_enter(&loop->door);
    if (is_over(loop) || (loop->hears && commits_of(loop) != commits)) {
        kt_door_leave(&loop->door);
        return;
    }
    if (loop->open == 0) {
        (void)kt_door_wait(&loop->door, pause_ms(next_us));
        kt_door_leave(&loop->door);
        return;
    }
    status = kt_client_next(loop->client, pause_ms(next_us), &place, &loop->reply);
    if (!kt_failed(status))
        end_call(loop, place);
    else if (status.code != KT_DEADLINE_EXCEEDED)
        (void)kt_door_wait(&loop->door, TROUBLE_MS);
    kt_door_leave(&loop->door);
    kt_bell_hear(&loop->door.bell);
}

static void *
caller_main(void *context)
{
    kt_caller_loop_t *loop = (kt_caller_loop_t *)context;

    while (!is_over(loop)) {
        uint64_t commits = commits_of(loop);
        int64_t next_us = kt_shell_registered(loop->shell) > 0
                              ? poll_all(loop)
                              : kt_clock_mono_us() + UNREGISTERED_US;

        wait_for_something(loop, commits, next_us);
    }
    return NULL;
}

kt_status_t
kt_caller_start(kt_caller_loop_t *loop)
{
    if (pthread_create(&loop->thread, NULL, caller_main, loop) != 0)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the system gives no more threads");
    loop->running = true;
    (void)pthread_setname_np(loop->thread, "kt-caller");
    return kt_ok();
}
