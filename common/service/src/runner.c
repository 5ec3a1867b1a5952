#include "runner.h"
#include "shell.h"

#include <kt/log.h>
#include <kt/process_run.h>
#include <kt/time.h>
#include <stdlib.h>

#define ARENA_BYTES_FIRST 65536
#define ARENA_BYTES_MAX   (64u << 20)

struct kt_runner {
    kt_shell_t *shell;
    kt_run_t *run;
    kt_arena_t *arena;      /* of one look at the outbox */
    kt_caller_loop_t *loop; /* while it is polled */
    int64_t offset_us; /* wall clock less monotonic clock: deadlines of processes are wall time */
    bool failed;       /* the last look did; said once */
    kt_series_t *turns, *sent, *settled, *silent;
    kt_series_t *states[KT_PROCESS_STATES]; /* those that are not over */
    kt_run_stat_t told;
};

static bool
on_send(void *context, const kt_run_send_t *send)
{
    struct kt_runner *runner = (struct kt_runner *)context;
    kt_call_options_t options = {
        .timeout_ms = send->timeout_ms,
        .key = send->key,
        .on_behalf_of = send->on_behalf_of,
        .traceparent = send->traceparent,
        /* A method that is every department's: whose is meant has to be said. */
        .department = kt_process_method_is_of(send->method, send->department) ? NULL
                                                                              : send->department,
        .body = &send->body,
    };

    return !kt_failed(
        kt_caller_call(runner->loop, runner, send->method, &options, NULL, send->tag));
}

static void
tell_metrics(struct kt_runner *runner)
{
    kt_run_stat_t now = kt_run_stat(runner->run);

    kt_series_set(runner->turns, now.turns);
    kt_series_add(runner->sent, now.sent - runner->told.sent);
    kt_series_add(runner->settled, now.settled - runner->told.settled);
    kt_series_add(runner->silent, now.silent - runner->told.silent);
    runner->told = now;
}

static kt_status_t
tell_states(const struct kt_runner *runner, const kt_call_t *call)
{
    int64_t counts[KT_PROCESS_STATES];

    KT_TRY(kt_process_counts(call, counts));
    for (uint32_t state = 0; state < KT_PROCESS_STATES; state++)
        kt_series_set(runner->states[state], counts[state]);
    return kt_ok();
}

/* ---- as a source of the caller ---- */

static kt_status_t
look(struct kt_runner *runner)
{
    kt_shell_t *shell = runner->shell;
    kt_txn_t *txn = NULL;
    kt_call_t call;
    kt_status_t status;

    kt_arena_reset(runner->arena);
    KT_TRY(kt_kv_begin_read(shell->store, &txn));
    kt_call_init(&call, runner->arena, txn, shell->service->name, kt_clock_wall_us());
    call.shared_first = shell->service->shared_first;
    call.department = shell->service->name;
    call.processes = shell->service->processes;
    status = kt_run_poll(runner->run, &call, call.now_us);
    if (!kt_failed(status))
        status = tell_states(runner, &call);
    kt_kv_abort(&txn);
    return status;
}

static void
poll_run(void *context, kt_caller_loop_t *loop, int64_t now_us)
{
    struct kt_runner *runner = (struct kt_runner *)context;
    kt_status_t status;

    runner->loop = loop;
    runner->offset_us = kt_clock_wall_us() - now_us;
    status = look(runner);
    if (kt_failed(status) && !runner->failed)
        kt_log(KT_LOG_ERROR, "cannot-run-processes", "code=%s text=%s", kt_code_name(status.code),
               status.text ? status.text : "");
    runner->failed = kt_failed(status);
    tell_metrics(runner);
}

static void
done(void *context, kt_caller_loop_t *loop, uint64_t tag, const kt_reply_t *reply, int64_t now_us)
{
    struct kt_runner *runner = (struct kt_runner *)context;
    const kt_run_reply_t answer = {
        .status = reply->status,
        .domain = reply->domain,
        .reason = reply->reason,
        .outcome_unknown = reply->outcome_unknown,
        .body = reply->body,
    };

    (void)loop;
    kt_run_answer(runner->run, tag, &answer, now_us + runner->offset_us);
}

static void
news(void *context, const char *department, kt_span_t subject, int64_t now_us)
{
    struct kt_runner *runner = (struct kt_runner *)context;

    (void)department;
    kt_run_news(runner->run, subject, now_us + runner->offset_us);
}

static int64_t
next_us(void *context)
{
    const struct kt_runner *runner = (const struct kt_runner *)context;
    int64_t next = kt_run_next_us(runner->run);

    if (runner->failed) /* it is looked at again soon, whatever the outbox says */
        return kt_clock_mono_us() + KT_RUN_BACKOFF_MAX_US;
    return next == INT64_MAX ? next : next - runner->offset_us;
}

/* ---- making ---- */

static void
make_states(struct kt_runner *runner)
{
    static const char *const names[KT_PROCESS_STATES] = {[KT_PROCESS_RUNNING] = "running",
                                                         [KT_PROCESS_UNDOING] = "undoing",
                                                         [KT_PROCESS_INCIDENT] = "incident"};
    kt_family_t *family = kt_metrics_family(
        runner->shell->metrics, KT_METRIC_GAUGE, "kantor_process_instances",
        "Processes that are not over, by their state.", "state");

    for (uint32_t state = 0; state < KT_PROCESS_STATES; state++)
        if (names[state])
            runner->states[state] = kt_metrics_series(family, &names[state]);
}

static void
make_metrics(struct kt_runner *runner)
{
    kt_metrics_t *metrics = runner->shell->metrics;

    make_states(runner);

    runner->turns = kt_metrics_series(
        kt_metrics_family(metrics, KT_METRIC_GAUGE, "kantor_process_turns",
                          "Steps of processes that are not settled yet.", NULL),
        NULL);
    runner->sent = kt_metrics_series(kt_metrics_family(metrics, KT_METRIC_COUNTER,
                                                       "kantor_process_calls_total",
                                                       "Calls made for steps of processes.", NULL),
                                     NULL);
    runner->settled = kt_metrics_series(
        kt_metrics_family(metrics, KT_METRIC_COUNTER, "kantor_process_settled_total",
                          "Steps of processes that were settled.", NULL),
        NULL);
    runner->silent = kt_metrics_series(
        kt_metrics_family(metrics, KT_METRIC_COUNTER, "kantor_process_silences_total",
                          "Calls for steps of processes without a definite answer.", NULL),
        NULL);
}

kt_status_t
kt_runner_new(kt_shell_t *shell, struct kt_runner **runner)
{
    struct kt_runner *made = (struct kt_runner *)calloc(1, sizeof(*made));
    const kt_run_options_t options = {
        .department = shell->service->name,
        .processes = shell->service->processes,
        .send = on_send,
        .context = made,
        .seed = kt_prng_next(&shell->prng),
    };

    if (!made)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for processes");
    *runner = made;
    made->shell = shell;
    made->arena = kt_arena_new(ARENA_BYTES_FIRST, ARENA_BYTES_MAX);
    made->run = kt_run_new(&options);
    if (!made->arena || !made->run)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for processes");
    make_metrics(made);
    kt_caller_add(
        shell->caller,
        &(kt_caller_source_t){
            .context = made, .poll = poll_run, .done = done, .news = news, .next_us = next_us});
    return kt_ok();
}

void
kt_runner_destroy(struct kt_runner **runner)
{
    struct kt_runner *r = KT_TAKE(*runner);

    if (!r)
        return;
    kt_run_destroy(&r->run);
    kt_arena_destroy(&r->arena);
    free(r);
}
