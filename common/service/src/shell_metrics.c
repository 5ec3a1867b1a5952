/* What Prometheus reads of a department. */
#include "backups.h"
#include "shell.h"

#include <stdlib.h>
#include <sys/statvfs.h>

#define TICK_US INT64_C(1000000)
/* A store that nobody writes to is measured so often: others fill its disk, and quotas change. */
#define IDLE_US (10 * TICK_US)

struct kt_shell_series {
    kt_family_t *calls, *seconds, *table_pages, *table_records, *written_records, *written_bytes;
    kt_series_t *open, *registered, *alive, *dropped, *refused, *capacity, *queued[2];
    kt_series_t *gathered, *spans, *dropped_spans;
    uint64_t spans_before, dropped_spans_before;
    kt_series_t *commits, *committed_writes, *commit_seconds, *batch_seconds, *replays, *reruns;
    kt_series_t *journal_records, *epoch, *store_bytes, *store_quota, *store_free, *backup,
        *settlements, *settled_pages;
    uint64_t settlements_before, settled_pages_before;
    uint64_t records_before[KT_KV_TABLES_MAX], bytes_before[KT_KV_TABLES_MAX];
    uint64_t dropped_before, refused_before, replays_before, reruns_before, commits_before;
    uint64_t writes_before;
    int64_t measured_us;
    bool written; /* since then */
    bool has_store;
};

static kt_series_t *
single(kt_metrics_t *metrics, kt_metric_type_t type, const char *name, const char *help)
{
    return kt_metrics_series(kt_metrics_family(metrics, type, name, help, NULL), NULL);
}

static void
make_store_series(kt_metrics_t *m, struct kt_shell_series *s)
{
    s->commits = single(m, KT_METRIC_COUNTER, "kantor_commits_total", "Durable commits.");
    s->committed_writes = single(m, KT_METRIC_COUNTER, "kantor_committed_writes_total",
                                 "Writes in durable commits.");
    s->commit_seconds = single(m, KT_METRIC_HISTOGRAM, "kantor_commit_seconds",
                               "Durable commits alone.");
    s->batch_seconds = single(m, KT_METRIC_HISTOGRAM, "kantor_batch_seconds",
                              "From the begin of a batch of writes to its durable commit.");
    s->replays = single(m, KT_METRIC_COUNTER, "kantor_idempotency_hits_total",
                        "Writes answered with a stored reply.");
    s->reruns = single(m, KT_METRIC_COUNTER, "kantor_batch_reruns_total",
                       "Batches that were rolled back and run one by one.");
    s->journal_records = single(m, KT_METRIC_GAUGE, "kantor_journal_records",
                                "Records of the journal.");
    s->epoch = single(m, KT_METRIC_GAUGE, "kantor_store_epoch",
                      "The epoch that the store is in: one more with each restore.");
    s->store_bytes = single(m, KT_METRIC_GAUGE, "kantor_store_used_bytes",
                            "Bytes of the store in use.");
    s->store_quota = single(m, KT_METRIC_GAUGE, "kantor_store_quota_bytes",
                            "Quota of the store; 0: none.");
    s->store_free = single(m, KT_METRIC_GAUGE, "kantor_store_free_bytes",
                           "Bytes that are free on the disk of the store.");
    s->backup = single(m, KT_METRIC_GAUGE, "kantor_backup_timestamp_seconds",
                       "When the last backup was made and found good; 0: there is none.");
    s->table_pages = kt_metrics_family(m, KT_METRIC_GAUGE, "kantor_store_table_pages",
                                       "Pages of 4,096 bytes of a table.", "table");
    s->table_records = kt_metrics_family(m, KT_METRIC_GAUGE, "kantor_store_table_records",
                                         "Records of a table.", "table");
    s->written_records = kt_metrics_family(m, KT_METRIC_COUNTER,
                                           "kantor_store_written_records_total",
                                           "Records of a table that commits wrote.", "table");
    s->written_bytes = kt_metrics_family(m, KT_METRIC_COUNTER, "kantor_store_written_bytes_total",
                                         "Their bytes, with keys and checksums.", "table");
    s->settlements = single(m, KT_METRIC_COUNTER, "kantor_store_settlements_total",
                            "Times that the store took over what its log had.");
    s->settled_pages = single(m, KT_METRIC_COUNTER, "kantor_store_settled_pages_total",
                              "Pages of 4,096 bytes that it wrote then.");
}

static void
measure_disk(const kt_shell_t *shell)
{
    struct statvfs disk;

    if (shell->options.store && statvfs(shell->options.store, &disk) == 0)
        kt_series_set(shell->series->store_free, (int64_t)(disk.f_bavail * disk.f_frsize));
}

void
kt_shell_metrics_backed_up(kt_shell_t *shell)
{
    kt_series_set(shell->series->backup, kt_clock_wall_us() / KT_US_PER_S);
}

static void
make_queue_series(kt_shell_t *shell, struct kt_shell_series *s)
{
    static const char *const queues[] = {"writer", "readers"};
    kt_family_t *queued = kt_metrics_family(shell->metrics, KT_METRIC_GAUGE, "kantor_queued_calls",
                                            "Calls inside that wait for a thread.", "queue");

    for (size_t i = 0; i < KT_COUNT(queues); i++)
        s->queued[i] = kt_metrics_series(queued, &queues[i]);
    s->capacity = single(shell->metrics, KT_METRIC_GAUGE, "kantor_capacity_calls",
                         "Calls that may be inside at once.");
    kt_series_set(s->capacity, shell->options.capacity);
}

kt_status_t
kt_shell_metrics_start(kt_shell_t *shell)
{
    struct kt_shell_series *s;
    kt_metrics_t *m;

    KT_TRY(kt_metrics_new(&shell->metrics));
    m = shell->metrics;
    s = (struct kt_shell_series *)calloc(1, sizeof(*s));
    if (!s)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the metrics");
    shell->series = s;
    s->calls = kt_metrics_family(m, KT_METRIC_COUNTER, "kantor_calls_total",
                                 "Calls that ended, by method and code.", "method,code");
    s->seconds = kt_metrics_family(m, KT_METRIC_HISTOGRAM, "kantor_call_seconds",
                                   "From the arrival of a call to its end.", "method");
    s->open = single(m, KT_METRIC_GAUGE, "kantor_open_calls", "Calls inside.");
    s->registered = single(m, KT_METRIC_GAUGE, KT_SHELL_METRIC_REGISTERED,
                           "Brokers registered with.");
    s->alive = single(m, KT_METRIC_GAUGE, KT_SHELL_METRIC_ALIVE, "When the front went round last.");
    s->dropped = single(m, KT_METRIC_COUNTER, "kantor_dropped_messages_total",
                        "Messages that the protocol ignores.");
    s->refused = single(m, KT_METRIC_COUNTER, "kantor_refused_calls_total",
                        "Calls refused before any handler.");
    s->gathered = single(m, KT_METRIC_GAUGE, KT_GATHER_METRIC, KT_GATHER_METRIC_HELP);
    s->spans = single(m, KT_METRIC_COUNTER, "kantor_trace_spans_total",
                      "Spans written to the file of traces.");
    s->dropped_spans = single(m, KT_METRIC_COUNTER, "kantor_trace_dropped_spans_total",
                              "Spans that were lost: the ring or the disk was full.");
    s->has_store = shell->store != NULL;
    make_queue_series(shell, s);
    if (s->has_store) {
        make_store_series(m, s);
        kt_series_set(s->epoch, (int64_t)KT_MIN(shell->life.epoch, (uint64_t)INT64_MAX));
        measure_disk(shell);
        if (shell->options.backups)
            kt_series_set(s->backup, kt_backups_last_s(shell->options.backups));
    }
    if (!shell->options.metrics)
        return kt_ok();
    return kt_metrics_serve(m, shell->options.metrics, &shell->metrics_server);
}

void
kt_shell_metrics_stop(kt_shell_t *shell)
{
    kt_metrics_server_destroy(&shell->metrics_server);
    kt_metrics_destroy(&shell->metrics);
    free(shell->series);
    shell->series = NULL;
}

/* By the front. A series is looked up once and kept with the method. */
void
kt_shell_metrics_ended(kt_shell_t *shell, const kt_job_t *job)
{
    kt_bound_t *bound = job->bound;
    uint32_t code = KT_MIN(job->write.status.code, (uint32_t)KT_CODE_COUNT - 1);
    const char *labels[] = {bound->method->path, kt_code_name(code)};
    int64_t done_us = job->write.committed_us;
    int64_t took_us = (done_us > 0 ? done_us : kt_clock_mono_us()) - job->taken_us;

    if (!bound->calls[code])
        bound->calls[code] = kt_metrics_series(shell->series->calls, labels);
    if (!bound->seconds)
        bound->seconds = kt_metrics_series(shell->series->seconds, labels);
    kt_series_add(bound->calls[code], 1);
    kt_series_observe_us(bound->seconds, took_us > 0 ? (uint64_t)took_us : 0);
}

static void
count_up(kt_series_t *series, uint64_t now, uint64_t *before)
{
    kt_series_add(series, now - *before);
    *before = now;
}

static void
measure_tables(kt_shell_t *shell, struct kt_shell_series *s)
{
    kt_txn_t *txn = NULL;
    kt_kv_stat_t stat;

    measure_disk(shell);
    /* The writer would wait for itself. */
    if (kt_failed(kt_kv_settle(shell->store)))
        return;
    if (!kt_failed(kt_kv_stat(shell->store, &stat))) {
        kt_series_set(s->store_bytes, (int64_t)stat.used_bytes);
        kt_series_set(s->store_quota, (int64_t)stat.quota_bytes);
        count_up(s->settlements, stat.settlements, &s->settlements_before);
        count_up(s->settled_pages, stat.settled_pages, &s->settled_pages_before);
    }
    if (kt_failed(kt_kv_begin_read(shell->store, &txn)))
        return;
    for (uint32_t i = 0; i < shell->service->tables_count; i++) {
        const char *labels[] = {shell->service->tables[i].name};
        kt_table_stat_t table;

        if (kt_failed(kt_kv_table_stat(txn, i, &table)))
            continue;
        kt_series_set(kt_metrics_series(s->table_pages, labels), (int64_t)table.pages);
        kt_series_set(kt_metrics_series(s->table_records, labels), (int64_t)table.records);
        count_up(kt_metrics_series(s->written_records, labels), table.written_records,
                 &s->records_before[i]);
        count_up(kt_metrics_series(s->written_bytes, labels), table.written_bytes,
                 &s->bytes_before[i]);
    }
    kt_kv_abort(&txn);
}

/* By whoever waited for the disk. */
void
kt_shell_metrics_hardened(kt_shell_t *shell, int64_t commit_us, int64_t batch_us)
{
    kt_series_observe_us(shell->series->commit_seconds, (uint64_t)commit_us);
    kt_series_observe_us(shell->series->batch_seconds, (uint64_t)batch_us);
}

static int64_t
due_us(const struct kt_shell_series *s)
{
    return s->measured_us + (s->written ? TICK_US : IDLE_US);
}

static void
measure_if_due(kt_shell_t *shell)
{
    struct kt_shell_series *s = shell->series;
    int64_t now_us = kt_clock_mono_us();

    if (now_us < due_us(s))
        return;
    s->measured_us = now_us;
    s->written = false;
    measure_tables(shell, s);
}

/* By the writer, after each batch; the gauges of the store about once a second. */
void
kt_shell_metrics_batch(kt_shell_t *shell)
{
    struct kt_shell_series *s = shell->series;
    kt_batch_stat_t stat = kt_batch_stat(shell->batch);

    count_up(s->commits, stat.commits, &s->commits_before);
    count_up(s->committed_writes, stat.writes, &s->writes_before);
    count_up(s->replays, stat.replays, &s->replays_before);
    count_up(s->reruns, stat.reruns, &s->reruns_before);
    kt_series_set(s->journal_records, (int64_t)stat.journal_size);
    s->written = true;
    measure_if_due(shell);
}

int64_t
kt_shell_metrics_idle_ms(const kt_shell_t *shell)
{
    int64_t left_us = due_us(shell->series) - kt_clock_mono_us();

    return left_us > 0 ? (left_us + KT_US_PER_MS - 1) / KT_US_PER_MS : 0;
}

void
kt_shell_metrics_idle(kt_shell_t *shell)
{
    measure_if_due(shell);
}

/* By the front, about once a second. */
void
kt_shell_metrics_tick(kt_shell_t *shell)
{
    struct kt_shell_series *s = shell->series;
    kt_server_stat_t stat = kt_server_stat(shell->server);
    kt_tracer_stat_t traces = kt_tracer_stat(shell->tracer);

    count_up(s->spans, traces.written, &s->spans_before);
    count_up(s->dropped_spans, traces.dropped, &s->dropped_spans_before);
    kt_series_set(s->gathered, shell->gather.together);
    kt_series_set(s->open, stat.open);
    kt_series_set(s->registered, stat.registered);
    kt_series_set(s->queued[0], (int64_t)kt_ring_count(&shell->to_writer));
    kt_series_set(s->queued[1], (int64_t)kt_ring_count(&shell->to_readers));
    kt_series_set(s->alive, kt_clock_wall_us() / KT_US_PER_S);
    count_up(s->dropped, stat.dropped, &s->dropped_before);
    count_up(s->refused, stat.refused, &s->refused_before);
}
