#include "keeper.h"
#include "backups.h"
#include "record.h"
#include "shell.h"
#include "verify_report.h"

#include <kantor/rpc/v1/reason.kt.h>
#include <kt/log.h>
#include <stdio.h>
#include <stdlib.h>

/* Progress within this share of the whole is no news. */
#define NEWS_PARTS 200

struct kt_keeper {
    kt_shell_t *shell;
    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t changed;

    /* Under the lock. */
    kt_work_t work;
    uint64_t ticket;
    bool under_way; /* from begin until leave, or until the end was looked at */
    bool finished, left, stopping;
    uint64_t done, all, told_done;
    kt_finding_t *findings; /* a ring */
    uint32_t first, count;
    uint64_t findings_all;
    kt_status_t status;
    char text[256]; /* of status */
    uint64_t journal_size;
    kt_hash_t journal_root;
    char path[KT_BACKUP_PATH_MAX];
};

/* ---- told by the work ---- */

static void
report_finding(void *context, const kt_finding_t *finding)
{
    kt_keeper_t *keeper = (kt_keeper_t *)context;

    (void)pthread_mutex_lock(&keeper->lock);
    keeper->findings_all++;
    if (keeper->count < KT_KEEPER_FINDINGS_MAX) {
        uint32_t at = (keeper->first + keeper->count) % KT_KEEPER_FINDINGS_MAX;
        keeper->findings[at] = *finding;
        keeper->count++;
    }
    (void)pthread_mutex_unlock(&keeper->lock);
}

static bool
report_progress(void *context, uint64_t done, uint64_t all)
{
    kt_keeper_t *keeper = (kt_keeper_t *)context;
    bool go_on;

    (void)pthread_mutex_lock(&keeper->lock);
    keeper->done = done;
    keeper->all = all;
    go_on = !keeper->left && !keeper->stopping;
    (void)pthread_mutex_unlock(&keeper->lock);
    return go_on;
}

/* ---- the work ---- */

static kt_status_t
verify_in(kt_keeper_t *keeper, kt_txn_t *txn, uint64_t *size, kt_hash_t *root)
{
    kt_shell_t *shell = keeper->shell;
    kt_verify_report_t report = {
        .find = report_finding, .progress = report_progress, .context = keeper};
    kt_journal_verify_t how = {
        .write_set_of = kt_record_write_set,
        .report = report_finding,
        .report_context = keeper,
        .progress = report_progress,
        .progress_context = keeper,
    };

    KT_TRY(kt_journal_verify(shell->store, txn, &how));
    if (shell->service->verify)
        KT_TRY(shell->service->verify(txn, &report));
    return kt_journal_head(txn, size, root);
}

static kt_status_t
verify(kt_keeper_t *keeper, uint64_t *size, kt_hash_t *root)
{
    kt_txn_t *txn = NULL;
    kt_status_t status;

    KT_TRY(kt_kv_begin_read(keeper->shell->store, &txn));
    status = verify_in(keeper, txn, size, root);
    kt_kv_abort(&txn);
    return status;
}

/* The history that the copy holds, from the copy itself. */
static kt_status_t
head_of_copy(const kt_shell_t *shell, const char *path, uint64_t *size, kt_hash_t *root)
{
    kt_kv_options_t options = {
        .path = path,
        .service = shell->service->name,
        .format = shell->service->format,
        .tables = shell->service->tables,
        .tables_count = shell->service->tables_count,
        .read_only = true,
    };
    kt_kv_t *copy = NULL;
    kt_txn_t *txn = NULL;
    kt_status_t status;

    KT_TRY(kt_kv_open_lmdb(&options, &copy));
    status = kt_kv_begin_read(copy, &txn);
    if (!kt_failed(status))
        status = kt_journal_head(txn, size, root);
    kt_kv_abort(&txn);
    kt_kv_close(&copy);
    return status;
}

static kt_status_t
back_up(kt_keeper_t *keeper, uint64_t *size, kt_hash_t *root)
{
    KT_TRY(kt_kv_backup(keeper->shell->store, keeper->path, report_progress, keeper));
    return head_of_copy(keeper->shell, keeper->path, size, root);
}

static void
do_work(kt_keeper_t *keeper, kt_work_t work)
{
    uint64_t size = 0;
    kt_hash_t root = {{0}};
    kt_status_t status = work == KT_WORK_VERIFY ? verify(keeper, &size, &root)
                                                : back_up(keeper, &size, &root);

    if (work == KT_WORK_BACKUP && !kt_failed(status)) {
        const kt_shell_t *shell = keeper->shell;
        kt_shell_metrics_backed_up(keeper->shell);
        unsigned keep = atomic_load(&shell->tuning.backups_keep);
        if (keep > 0)
            (void)kt_backups_prune(shell->options.backups, shell->service->name, keep);
    }
    kt_log(kt_failed(status) ? KT_LOG_WARNING : KT_LOG_INFO,
           work == KT_WORK_VERIFY ? "verified" : "backed-up", "code=%s text=%s findings=%llu",
           kt_code_name(status.code), status.text ? status.text : "",
           (unsigned long long)keeper->findings_all);
    (void)pthread_mutex_lock(&keeper->lock);
    keeper->finished = true;
    keeper->journal_size = size;
    keeper->journal_root = root;
    if (kt_failed(status)) {
        (void)snprintf(keeper->text, sizeof(keeper->text), "%s", status.text);
        status.text = keeper->text;
    }
    keeper->status = status;
    if (keeper->left)
        keeper->under_way = false;
    (void)pthread_mutex_unlock(&keeper->lock);
}

static void *
keeper_main(void *context)
{
    kt_keeper_t *keeper = (kt_keeper_t *)context;

    for (;;) {
        kt_work_t work;

        (void)pthread_mutex_lock(&keeper->lock);
        while (keeper->work == KT_WORK_NONE && !keeper->stopping)
            (void)pthread_cond_wait(&keeper->changed, &keeper->lock);
        work = keeper->work;
        keeper->work = KT_WORK_NONE;
        (void)pthread_mutex_unlock(&keeper->lock);
        if (work == KT_WORK_NONE)
            return NULL;
        do_work(keeper, work);
    }
}

/* ---- for the steps ---- */

kt_status_t
kt_keeper_begin(kt_keeper_t *keeper, kt_work_t work, const char *path, uint64_t *ticket)
{
    kt_status_t status = kt_ok();

    (void)pthread_mutex_lock(&keeper->lock);
    if (keeper->under_way) {
        status = kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_QUEUE_FULL,
                          "a backup or a verification is under way: try again when it has ended");
    } else {
        keeper->work = work;
        keeper->under_way = true;
        keeper->finished = keeper->left = false;
        keeper->done = keeper->all = keeper->told_done = 0;
        keeper->first = keeper->count = 0;
        keeper->findings_all = 0;
        (void)snprintf(keeper->path, sizeof(keeper->path), "%s", path ? path : "");
        *ticket = ++keeper->ticket;
        (void)pthread_cond_signal(&keeper->changed);
    }
    (void)pthread_mutex_unlock(&keeper->lock);
    return status;
}

/* Under the lock. */
static bool
has_news(const kt_keeper_t *keeper)
{
    return keeper->finished || keeper->count > 0 || keeper->done < keeper->told_done ||
           keeper->done - keeper->told_done > keeper->all / NEWS_PARTS;
}

static void
fill_look(kt_keeper_t *keeper, kt_look_t *look)
{
    look->done = keeper->told_done = keeper->done;
    look->all = keeper->all;
    look->findings_count = KT_MIN(keeper->count, (uint32_t)KT_LOOK_FINDINGS_MAX);
    for (uint32_t i = 0; i < look->findings_count; i++)
        look->findings[i] = keeper->findings[(keeper->first + i) % KT_KEEPER_FINDINGS_MAX];
    keeper->first = (keeper->first + look->findings_count) % KT_KEEPER_FINDINGS_MAX;
    keeper->count -= look->findings_count;
    look->finished = keeper->finished && keeper->count == 0;
    look->status = keeper->status;
    look->findings_all = keeper->findings_all;
    look->journal_size = keeper->journal_size;
    look->journal_root = keeper->journal_root;
    memcpy(look->path, keeper->path, sizeof(look->path));
}

bool
kt_keeper_look(kt_keeper_t *keeper, uint64_t ticket, kt_look_t *look)
{
    bool news;

    (void)pthread_mutex_lock(&keeper->lock);
    news = ticket == keeper->ticket && keeper->under_way && has_news(keeper);
    if (news)
        fill_look(keeper, look);
    (void)pthread_mutex_unlock(&keeper->lock);
    return news;
}

void
kt_keeper_leave(kt_keeper_t *keeper, uint64_t ticket)
{
    (void)pthread_mutex_lock(&keeper->lock);
    if (ticket == keeper->ticket) {
        keeper->left = true;
        if (keeper->finished)
            keeper->under_way = false;
    }
    (void)pthread_mutex_unlock(&keeper->lock);
}

/* ---- making ---- */

kt_status_t
kt_keeper_new(kt_shell_t *shell, kt_keeper_t **keeper)
{
    kt_keeper_t *made = (kt_keeper_t *)calloc(1, sizeof(*made));

    if (made)
        made->findings = (kt_finding_t *)calloc(KT_KEEPER_FINDINGS_MAX, sizeof(kt_finding_t));
    if (!made || !made->findings) {
        free(made);
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the keeper");
    }
    made->shell = shell;
    (void)pthread_mutex_init(&made->lock, NULL);
    (void)pthread_cond_init(&made->changed, NULL);
    made->running = pthread_create(&made->thread, NULL, keeper_main, made) == 0;
    if (!made->running) {
        kt_keeper_destroy(&made);
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the system gives no more threads");
    }
    *keeper = made;
    return kt_ok();
}

void
kt_keeper_destroy(kt_keeper_t **keeper)
{
    kt_keeper_t *k = KT_TAKE(*keeper);

    if (!k)
        return;
    if (k->running) {
        (void)pthread_mutex_lock(&k->lock);
        k->stopping = true;
        (void)pthread_cond_signal(&k->changed);
        (void)pthread_mutex_unlock(&k->lock);
        (void)pthread_join(k->thread, NULL);
    }
    (void)pthread_cond_destroy(&k->changed);
    (void)pthread_mutex_destroy(&k->lock);
    free(k->findings);
    free(k);
}
