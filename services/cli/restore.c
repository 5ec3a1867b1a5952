/* kantor restore: a backup becomes a department's store again, while the department is not running.
 */
#include "restore.h"
#include "cli.h"
#include "display.h"
#include "output.h"
#include "progress.h"
#include "verbs.h"

#include <errno.h>
#include <kt/journal.h>
#include <kt/time.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096

static const kt_table_t system_tables[] = {KT_SYSTEM_TABLES};

typedef struct restore {
    cli_t *cli;
    const char *from, *to;
    cli_progress_t progress;
    char service[64];
    uint64_t size;
    kt_hash_t root;
    kt_status_t status; /* why it failed */
} restore_t;

/* Opens a store for reading, whosever it is. */
static kt_status_t
open_any(const char *path, kt_kv_t **store)
{
    const kt_kv_options_t options = {
        .path = path,
        .tables = system_tables,
        .tables_count = KT_COUNT(system_tables),
        .read_only = true,
    };
    return kt_kv_open_lmdb(&options, store);
}

/* Computes the log's root from its records and compares it with the one that is kept. */
static kt_status_t
check_journal(restore_t *r, kt_kv_t *store)
{
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL;
    kt_frontier_t frontier = {0};
    KT_TRY(kt_kv_begin_read(store, &txn));
    KT_TRY(kt_journal_head(txn, &r->size, &r->root));
    for (uint64_t i = 0; i < r->size; i++) {
        kt_span_t record;
        KT_TRY(kt_journal_get(txn, i, &record));
        kt_hash_t leaf = kt_merkle_leaf(record);
        kt_frontier_add(&frontier, &leaf);
        cli_progress_step(&r->progress, i + 1, r->size, kt_clock_mono_us());
    }
    kt_hash_t root = kt_frontier_root(&frontier);
    if (memcmp(root.bytes, r->root.bytes, sizeof root.bytes) != 0)
        return kt_error(KT_DATA_LOSS, 0, "its journal does not add up to its root");
    return kt_ok();
}

static bool
step(void *context, uint64_t done, uint64_t all)
{
    cli_progress_step(&((restore_t *)context)->progress, done, all, kt_clock_mono_us());
    return true;
}

static int
failed(restore_t *r, const char *path, kt_status_t status)
{
    r->status = status;
    cli_progress_hide(&r->progress);
    return cli_fail(r->cli, (int)status.code, "%s: %s", path, status.text);
}

/* Makes way for the restored store: an empty folder goes, a store that nobody uses is moved aside
 * with --replace. */
static int
make_way(restore_t *r)
{
    char aside[PATH_BYTES_MAX];
    kt_kv_t *old;
    if (access(r->to, F_OK) != 0 || rmdir(r->to) == 0)
        return 0;
    kt_status_t status = open_any(r->to, &old);
    if (!kt_failed(status))
        kt_kv_close(&old);
    else if (status.reason != KT_KV_UNCLEAN) /* whose department was killed is a store, too */
        return failed(r, r->to, status);
    if (!cli_flag(r->cli, "replace"))
        return cli_fail(r->cli, KT_ALREADY_EXISTS,
                        "%s: there is a store; --replace moves it aside first", r->to);
    int size = snprintf(aside, sizeof aside, "%s.replaced-%lld", r->to,
                        (long long)(kt_clock_wall_us() / KT_US_PER_S));
    if (size >= PATH_BYTES_MAX || rename(r->to, aside) != 0)
        return cli_fail(r->cli, CLI_EXIT_OUTPUT, "%s: cannot be moved aside: %s", r->to,
                        strerror(errno));
    cli_say(r->cli, "%s: the store that was there", aside);
    return 0;
}

static int
copy(restore_t *r, kt_kv_t *backup)
{
    cli_progress_begin(&r->progress, r->cli->err, r->progress.mode, "checking", "journal records");
    kt_status_t status = check_journal(r, backup);
    if (kt_failed(status))
        return failed(r, r->from, status);
    int code = make_way(r);
    if (code != 0)
        return code;
    cli_progress_begin(&r->progress, r->cli->err, r->progress.mode, "copying", "bytes");
    status = kt_kv_backup(backup, r->to, step, r);
    return kt_failed(status) ? failed(r, r->to, status) : 0;
}

static int
check_copy(restore_t *r)
{
    kt_kv_t *restored;
    kt_hash_t before = r->root;
    cli_progress_begin(&r->progress, r->cli->err, r->progress.mode, "checking", "journal records");
    kt_status_t status = open_any(r->to, &restored);
    if (!kt_failed(status)) {
        status = check_journal(r, restored);
        kt_kv_close(&restored);
    }
    if (!kt_failed(status) && memcmp(before.bytes, r->root.bytes, sizeof before.bytes) != 0)
        status = kt_error(KT_DATA_LOSS, 0, "the copy holds another history than the backup");
    cli_progress_end(&r->progress, kt_clock_mono_us());
    return kt_failed(status) ? failed(r, r->to, status) : 0;
}

static int
put_result(const restore_t *r)
{
    static const out_column_t columns[] = {{"service", "department", OUT_TEXT},
                                           {"path", "path", OUT_TEXT},
                                           {"journal_size", "journal records", OUT_NUMBER},
                                           {"journal_root", "journal root", OUT_TEXT}};
    char size[24], root[2 * KT_SHA256_BYTES + 1];
    snprintf(size, sizeof size, "%llu", (unsigned long long)r->size);
    cli_hex(r->root.bytes, sizeof r->root.bytes, root);
    out_t *out = out_new(r->cli->out, r->cli->format, columns, KT_COUNT(columns));
    if (!out)
        return cli_fail(r->cli, CLI_EXIT_BUG, "out of memory");
    out_row(out, (const char *const[]){r->service, r->to, size, root});
    return out_end(&out) ? 0 : CLI_EXIT_OUTPUT;
}

/* From a backup to a store that was reopened and checked. */
static int
run(restore_t *r)
{
    kt_kv_t *backup;
    if (!r->cli->quiet)
        r->progress.mode = cli_progress_choose(r->cli->err, cli_flag(r->cli, "progress"));
    r->progress.err = r->cli->err;
    kt_status_t status = open_any(r->from, &backup);
    if (kt_failed(status))
        return failed(r, r->from, status);
    snprintf(r->service, sizeof r->service, "%s", kt_kv_service(backup));
    int code = copy(r, backup);
    kt_kv_close(&backup);
    return code == 0 ? check_copy(r) : code;
}

int
cli_restore(cli_t *cli, const char *from, const char *to, cli_restored_t *made)
{
    restore_t r = {.cli = cli, .from = from, .to = to};
    int code = run(&r);
    *made = (cli_restored_t){.journal_size = r.size, .journal_root = r.root, .status = r.status};
    return code;
}

static int
restore(cli_t *cli)
{
    restore_t r = {.cli = cli, .from = cli_required(cli, "from"), .to = cli_required(cli, "to")};
    if (!r.from || !r.to)
        return CLI_EXIT_USAGE;
    int code = run(&r);
    if (code == 0)
        code = put_result(&r);
    if (code == 0)
        cli_say(cli, "Start the department, then: kantor verify %s", r.service);
    return code;
}

static const cli_option_t options[] = {
    {"from", 0, "FOLDER", "the backup, as 'kantor backup' named it"},
    {"to", 0, "FOLDER", "the department's store"},
    {"replace", 0, NULL, "move a store that is there aside"},
    {"progress", 0, NULL, "progress as lines where there is no terminal"},
};
static const char *const examples[] = {
    "kantor restore --from var/backups/finance/before-close --to var/finance --replace", NULL};
const cli_verb_t cli_verb_restore = {
    .name = "restore",
    .operands = "",
    .summary = "Makes a backup the store of a department that is not running.",
    .about = "Checks the backup's journal, copies it, flushes it to disk, reopens the copy and "
             "checks its\n"
             "journal. A store that a running department uses is refused; one that nobody uses is "
             "moved\n"
             "aside with --replace, never overwritten.",
    .options = options,
    .options_count = KT_COUNT(options),
    .examples = examples,
    .run = restore,
};
