/*
 * kantor restore: a backup becomes a department's store again, while the department is not running.
 *
 * The copy is made beside the store, begins another life there (kt/lives.h), is checked, and only
 * then gets the store's name: whenever this ends, there is the store that was there, or the new one
 * as a whole, or none; never one that goes on as if it had not been put back.
 */
#include "restore.h"
#include "cli.h"
#include "display.h"
#include "output.h"
#include "progress.h"
#include "verbs.h"

#include <dirent.h>
#include <errno.h>
#include <kt/lives.h>
#include <kt/prng.h>
#include <kt/time.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096
#define REPLACED       ".replaced-" /* and the time in seconds: a store that was moved aside */
#define RESTORING      ".restoring"

static const kt_table_t system_tables[] = {KT_SYSTEM_TABLES};
/* What a restore needs to know of a department that tells others of events. */
enum { TABLE_EVENT = KT_TABLE_FIRST };
static const kt_table_t event_tables[] = {KT_SYSTEM_TABLES, {"event", KT_TABLE_LOG}};

typedef struct restore {
    cli_t *cli;
    const char *from, *to;
    bool plain; /* a copy of the backup as it is, for who looks into it */
    cli_progress_t progress;
    char service[64];
    uint64_t size; /* of the backup's journal, and its root */
    kt_hash_t root;
    kt_life_t backup, life; /* the backup's last life, and the one that begins */
    uint64_t events;        /* the backup's last */
    uint64_t epoch_highest; /* of all that is known */
    uint64_t size_now;
    kt_hash_t root_now;
    kt_status_t status; /* why it failed */
} restore_t;

/* ---- stores, whosever they are ---- */

static kt_status_t
open_with(const char *path, const kt_table_t *tables, uint32_t count, kt_kv_t **store)
{
    const kt_kv_options_t options = {
        .path = path, .tables = tables, .tables_count = count, .read_only = true};
    return kt_kv_open_lmdb(&options, store);
}

static kt_status_t
open_any(const char *path, kt_kv_t **store)
{
    return open_with(path, system_tables, KT_COUNT(system_tables), store);
}

static kt_status_t
open_to_write(const char *path, const char *service, uint32_t format, kt_kv_t **store)
{
    const kt_kv_options_t options = {.path = path,
                                     .service = service,
                                     .format = format,
                                     .tables = system_tables,
                                     .tables_count = KT_COUNT(system_tables)};
    return kt_kv_open_lmdb(&options, store);
}

static kt_status_t
life_in(kt_kv_t *store, kt_life_t *life)
{
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL;
    KT_TRY(kt_kv_begin_read(store, &txn));
    return kt_lives_now(txn, life);
}

static kt_status_t
life_of(const char *path, kt_life_t *life)
{
    kt_kv_t *store KT_CLEANUP(kt_kv_close) = NULL;
    KT_TRY(open_any(path, &store));
    return life_in(store, life);
}

/* The sequence of the last event; 0 where there is none, or no table of events. */
static kt_status_t
last_event(const char *path, uint64_t *sequence)
{
    kt_kv_t *store KT_CLEANUP(kt_kv_close) = NULL;
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL;
    kt_cursor_t *cursor KT_CLEANUP(kt_kv_cursor_close) = NULL;
    kt_span_t key = {0}, value;
    *sequence = 0;
    kt_status_t status = open_with(path, event_tables, KT_COUNT(event_tables), &store);
    if (status.reason == KT_KV_FOREIGN)
        return kt_ok();
    KT_TRY(status);
    KT_TRY(kt_kv_begin_read(store, &txn));
    KT_TRY(kt_kv_cursor(txn, TABLE_EVENT, &cursor));
    status = kt_cursor_last(cursor, &key, &value);
    for (size_t i = 0; !kt_failed(status) && i < key.size && i < sizeof *sequence; i++)
        *sequence = *sequence << 8 | key.data[i];
    return status.code == KT_NOT_FOUND ? kt_ok() : status;
}

/* ---- what is checked ---- */

/* Computes the log's root from its records and compares it with the one that is kept. AT is the
 * root of the first SIZE records. */
static kt_status_t
check_journal(restore_t *r, kt_kv_t *store, uint64_t size, kt_hash_t *at, uint64_t *size_now,
              kt_hash_t *root_now)
{
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL;
    kt_frontier_t frontier = {0};
    KT_TRY(kt_kv_begin_read(store, &txn));
    KT_TRY(kt_journal_head(txn, size_now, root_now));
    for (uint64_t i = 0; i < *size_now; i++) {
        kt_span_t record;
        KT_TRY(kt_journal_get(txn, i, &record));
        kt_hash_t leaf = kt_merkle_leaf(record);
        if (i == size)
            *at = kt_frontier_root(&frontier);
        kt_frontier_add(&frontier, &leaf);
        cli_progress_step(&r->progress, i + 1, *size_now, kt_clock_mono_us());
    }
    kt_hash_t root = kt_frontier_root(&frontier);
    if (memcmp(root.bytes, root_now->bytes, sizeof root.bytes) != 0)
        return kt_error(KT_DATA_LOSS, 0, "its journal does not add up to its root");
    if (size == *size_now)
        *at = root;
    return kt_ok();
}

static kt_status_t
check_backup(restore_t *r, kt_kv_t *backup)
{
    cli_progress_begin(&r->progress, r->cli->err, r->progress.mode, "checking", "journal records");
    KT_TRY(check_journal(r, backup, 0, &(kt_hash_t){{0}}, &r->size, &r->root));
    KT_TRY(life_in(backup, &r->backup));
    r->epoch_highest = r->backup.epoch;
    return last_event(r->from, &r->events);
}

/* That the copy begins with the backup's history, and has no more than what begins its life. */
static kt_status_t
check_copy(restore_t *r, const char *path)
{
    kt_kv_t *copy KT_CLEANUP(kt_kv_close) = NULL;
    kt_hash_t at = {{0}};
    cli_progress_begin(&r->progress, r->cli->err, r->progress.mode, "checking", "journal records");
    KT_TRY(open_any(path, &copy));
    KT_TRY(check_journal(r, copy, r->size, &at, &r->size_now, &r->root_now));
    if (memcmp(at.bytes, r->root.bytes, sizeof at.bytes) != 0 || r->size_now != r->size + !r->plain)
        return kt_error(KT_DATA_LOSS, 0, "the copy holds another history than the backup");
    cli_progress_end(&r->progress, kt_clock_mono_us());
    return kt_ok();
}

/* ---- the next epoch ---- */

/* A store of which nothing can be read has no epoch that is known. */
static void
consider(restore_t *r, const char *path)
{
    kt_life_t life;
    if (!kt_failed(life_of(path, &life)))
        r->epoch_highest = KT_MAX(r->epoch_highest, life.epoch);
    else
        cli_say(r->cli,
                "%s: its epoch cannot be read; if it was above %llu, say a larger one with --epoch",
                path, (unsigned long long)r->epoch_highest);
}

/* The stores that were moved aside before. */
static void
consider_replaced(restore_t *r)
{
    const char *slash = strrchr(r->to, '/');
    int parent_size = slash ? (int)(slash - r->to) + 1 : 0; /* with the slash */
    const char *name = r->to + parent_size;
    char path[PATH_BYTES_MAX];
    snprintf(path, sizeof path, "%.*s.", parent_size, r->to);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (strncmp(entry->d_name, name, strlen(name)) == 0 &&
            strncmp(entry->d_name + strlen(name), REPLACED, strlen(REPLACED)) == 0 &&
            snprintf(path, sizeof path, "%.*s%s", parent_size, r->to, entry->d_name) <
                (int)sizeof path)
            consider(r, path);
    }
    if (folder)
        closedir(folder);
}

static int
choose_epoch(restore_t *r)
{
    uint64_t epoch;
    consider_replaced(r);
    if (!cli_number(r->cli, "epoch", 2, INT64_MAX, r->epoch_highest + 1, &epoch))
        return CLI_EXIT_USAGE;
    if (epoch <= r->epoch_highest)
        return cli_fail(r->cli, CLI_EXIT_USAGE,
                        "--epoch %llu: there is a store of epoch %llu; say a larger one, or none",
                        (unsigned long long)epoch, (unsigned long long)r->epoch_highest);
    r->life.epoch = epoch;
    return 0;
}

/* "ann@host" */
static kt_span_t
name_whom(char out[KT_LIFE_TEXT_BYTES_MAX])
{
    char host[256] = "";
    const struct passwd *who = getpwuid(geteuid());
    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = 0;
    if (who)
        snprintf(out, KT_LIFE_TEXT_BYTES_MAX, "%s@%s", who->pw_name, host);
    else
        snprintf(out, KT_LIFE_TEXT_BYTES_MAX, "%ld@%s", (long)geteuid(), host);
    return kt_span_str(out);
}

static kt_status_t
write_life(restore_t *r, kt_kv_t *store)
{
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL;
    KT_TRY(kt_kv_begin_write(store, &txn));
    KT_TRY(kt_lives_begin(txn, &r->life));
    return kt_kv_commit(&txn);
}

static kt_status_t
begin_life(restore_t *r, const char *path)
{
    kt_kv_t *store KT_CLEANUP(kt_kv_close) = NULL;
    char by[KT_LIFE_TEXT_BYTES_MAX];
    kt_kv_stat_t stat;
    kt_prng_t prng;
    kt_prng_seed_system(&prng);
    r->life.began_us = kt_clock_wall_us();
    r->life.life = kt_ulid_make(r->life.began_us, (uint16_t)kt_prng_next(&prng),
                                kt_prng_next(&prng));
    r->life.events = r->events;
    r->life.by = name_whom(by);
    r->life.from = kt_span_str(r->from);
    KT_TRY(open_any(path, &store));
    KT_TRY(kt_kv_stat(store, &stat));
    kt_kv_close(&store);
    KT_TRY(open_to_write(path, r->service, stat.format, &store));
    return write_life(r, store);
}

/* ---- the store that is there ---- */

static int
failed(restore_t *r, const char *path, kt_status_t status)
{
    r->status = status;
    cli_progress_hide(&r->progress);
    return cli_fail(r->cli, (int)status.code, "%s: %s", path, status.text);
}

/* Whether there is nothing in the folder, or no folder. */
static bool
is_free(const char *path)
{
    DIR *folder = opendir(path);
    bool free = folder || errno == ENOENT;
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        free = free && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
    if (folder)
        closedir(folder);
    return free;
}

/* Before anything is copied: what stands where the store is to be, and its epoch. */
static int
look_at_place(restore_t *r)
{
    kt_life_t life;
    if (is_free(r->to))
        return 0;
    kt_status_t status = life_of(r->to, &life);
    /* Whose department was killed, or is damaged, is a store, too. */
    if (kt_failed(status) && status.reason != KT_KV_UNCLEAN && status.code != KT_DATA_LOSS)
        return failed(r, r->to, status);
    if (!cli_flag(r->cli, "replace"))
        return cli_fail(r->cli, KT_ALREADY_EXISTS,
                        "%s: there is a store; --replace moves it aside first", r->to);
    consider(r, r->to);
    return 0;
}

static int
move_aside(restore_t *r)
{
    char aside[PATH_BYTES_MAX + 32];
    if (is_free(r->to))
        return 0;
    int64_t second = kt_clock_wall_us() / KT_US_PER_S;
    do /* two in one second are two */
        snprintf(aside, sizeof aside, "%s" REPLACED "%lld", r->to, (long long)second++);
    while (access(aside, F_OK) == 0);
    kt_status_t status = kt_kv_place(r->to, aside);
    if (kt_failed(status))
        return cli_fail(r->cli, CLI_EXIT_OUTPUT, "%s: cannot be moved aside: %s", r->to,
                        status.text);
    cli_say(r->cli, "%s: the store that was there", aside);
    return 0;
}

/* ---- all of it ---- */

static bool
step(void *context, uint64_t done, uint64_t all)
{
    cli_progress_step(&((restore_t *)context)->progress, done, all, kt_clock_mono_us());
    return true;
}

static int
copy(restore_t *r, kt_kv_t *backup, const char *path)
{
    cli_progress_begin(&r->progress, r->cli->err, r->progress.mode, "copying", "bytes");
    kt_status_t status = kt_kv_backup(backup, path, step, r);
    if (!kt_failed(status) && !r->plain)
        status = begin_life(r, path);
    if (!kt_failed(status))
        status = check_copy(r, path);
    return kt_failed(status) ? failed(r, path, status) : 0;
}

static int
restore_from(restore_t *r, kt_kv_t *backup)
{
    char path[PATH_BYTES_MAX + 16];
    snprintf(r->service, sizeof r->service, "%s", kt_kv_service(backup));
    kt_status_t status = check_backup(r, backup);
    if (kt_failed(status))
        return failed(r, r->from, status);
    if (r->plain)
        return copy(r, backup, r->to);
    int code = look_at_place(r);
    if (code == 0)
        code = choose_epoch(r);
    if (code != 0)
        return code;
    snprintf(path, sizeof path, "%s" RESTORING, r->to);
    kt_kv_remove(path); /* what a restore that was killed has left */
    code = copy(r, backup, path);
    if (code == 0)
        code = move_aside(r);
    if (code == 0) {
        status = kt_kv_place(path, r->to);
        code = kt_failed(status) ? failed(r, r->to, status) : 0;
    }
    if (code != 0)
        kt_kv_remove(path);
    return code;
}

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
    int code = restore_from(r, backup);
    kt_kv_close(&backup);
    return code;
}

int
cli_restore_plain(cli_t *cli, const char *from, const char *to, cli_restored_t *made)
{
    restore_t r = {.cli = cli, .from = from, .to = to, .plain = true};
    int code = run(&r);
    *made = (cli_restored_t){.journal_size = r.size, .journal_root = r.root, .status = r.status};
    return code;
}

/* ---- the verb ---- */

static int
put_result(const restore_t *r)
{
    static const out_column_t columns[] = {
        {"service", "department", OUT_TEXT},      {"path", "path", OUT_TEXT},
        {"epoch", "epoch", OUT_NUMBER},           {"journal_size", "restored records", OUT_NUMBER},
        {"journal_root", "their root", OUT_TEXT}, {"size_now", "records now", OUT_NUMBER},
        {"root_now", "root now", OUT_TEXT}};
    char epoch[24], size[24], now[24];
    char root[2 * KT_SHA256_BYTES + 1], root_now[2 * KT_SHA256_BYTES + 1];
    snprintf(epoch, sizeof epoch, "%llu", (unsigned long long)r->life.epoch);
    snprintf(size, sizeof size, "%llu", (unsigned long long)r->size);
    snprintf(now, sizeof now, "%llu", (unsigned long long)r->size_now);
    cli_hex(r->root.bytes, sizeof r->root.bytes, root);
    cli_hex(r->root_now.bytes, sizeof r->root_now.bytes, root_now);
    out_t *out = out_new(r->cli->out, r->cli->format, columns, KT_COUNT(columns));
    if (!out)
        return cli_fail(r->cli, CLI_EXIT_BUG, "out of memory");
    out_row(out, (const char *const[]){r->service, r->to, epoch, size, root, now, root_now});
    return out_end(&out) ? 0 : CLI_EXIT_OUTPUT;
}

static int
restore(cli_t *cli)
{
    char to[PATH_BYTES_MAX];
    const char *given = cli_required(cli, "to");
    restore_t r = {.cli = cli, .from = cli_required(cli, "from"), .to = to};
    if (!r.from || !given)
        return CLI_EXIT_USAGE;
    size_t size = strlen(given);
    while (size > 1 && given[size - 1] == '/') /* its name gets endings */
        size--;
    if (size >= sizeof to - 64)
        return cli_fail(cli, CLI_EXIT_USAGE, "--to: the path is too long");
    snprintf(to, sizeof to, "%.*s", (int)size, given);
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
    {"epoch", 0, "N", "the epoch that begins; else one more than any that is known here"},
    {"progress", 0, NULL, "progress as lines where there is no terminal"},
};
static const char *const examples[] = {
    "kantor restore --from var/backups/finance/before-close --to var/finance --replace", NULL};
const cli_verb_t cli_verb_restore = {
    .name = "restore",
    .operands = "",
    .summary = "Makes a backup the store of a department that is not running.",
    .about =
        "Checks the backup's journal, copies it, begins another epoch there, and checks the copy: "
        "its\n"
        "journal is the backup's, and one record more that says when, by whom and from what it was "
        "put\n"
        "back. By the epoch, others see that what they know from after the backup is gone here. It "
        "is one\n"
        "more than that of the backup, of the store that was there, and of those that were moved "
        "aside\n"
        "before; say it where a newer one was elsewhere.\n"
        "A store that a running department uses is refused; one that nobody uses is moved aside "
        "with\n"
        "--replace, never overwritten.",
    .options = options,
    .options_count = KT_COUNT(options),
    .examples = examples,
    .run = restore,
};
