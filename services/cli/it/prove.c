/* kantor it prove-restore: a backup is restored to a scratch folder, reopened, counted, reported.
 */
#include "../display.h"
#include "../restore.h"
#include "../store.h"
#include "../verbs.h"
#include "databases.h"

#include <dirent.h>
#include <errno.h>
#include <kt/kv.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct counted {
    kt_table_name_t names[KT_KV_TABLES_MAX];
    uint64_t records[KT_KV_TABLES_MAX];
    uint32_t count;
} counted_t;

/* ---- counting ---- */

/* Every record is read, so every checksum is checked. */
static kt_status_t
count_table(kt_txn_t *txn, uint32_t table, uint64_t *records)
{
    kt_cursor_t *cursor KT_CLEANUP(kt_kv_cursor_close) = NULL;
    kt_span_t key, value;
    KT_TRY(kt_kv_cursor(txn, table, &cursor));
    kt_status_t status = kt_cursor_first(cursor, &key, &value);
    for (*records = 0; !kt_failed(status); status = kt_cursor_next(cursor, &key, &value))
        ++*records;
    return status.code == KT_NOT_FOUND ? kt_ok() : status;
}

/* Opens the store with TABLES, "meta" first as every store has it. */
static kt_status_t
open_store(const char *path, const kt_table_t *tables, uint32_t count, kt_kv_t **store)
{
    const kt_kv_options_t options = {
        .path = path, .tables = tables, .tables_count = count, .read_only = true};
    return kt_kv_open_lmdb(&options, store);
}

static kt_status_t
list_tables(const char *path, counted_t *counted)
{
    static const kt_table_t meta[] = {{"meta", KT_TABLE_SYSTEM}};
    kt_kv_t *store KT_CLEANUP(kt_kv_close) = NULL;
    KT_TRY(open_store(path, meta, 1, &store));
    KT_TRY(kt_kv_table_names(store, counted->names, &counted->count));
    for (uint32_t i = 0; i < counted->count; i++)
        if (strcmp(counted->names[i].text, "meta") == 0) {
            kt_table_name_t first = counted->names[0];
            counted->names[0] = counted->names[i];
            counted->names[i] = first;
        }
    return kt_ok();
}

static kt_status_t
count_all(const char *path, counted_t *counted)
{
    kt_table_t tables[KT_KV_TABLES_MAX];
    KT_TRY(list_tables(path, counted));
    for (uint32_t i = 0; i < counted->count; i++)
        tables[i] = (kt_table_t){.name = counted->names[i].text, .kind = KT_TABLE_SYSTEM};
    kt_kv_t *store KT_CLEANUP(kt_kv_close) = NULL;
    KT_TRY(open_store(path, tables, counted->count, &store));
    kt_txn_t *txn KT_CLEANUP(kt_kv_abort) = NULL; /* ends first */
    KT_TRY(kt_kv_begin_read(store, &txn));
    for (uint32_t i = 0; i < counted->count; i++)
        KT_TRY(count_table(txn, i, &counted->records[i]));
    return kt_ok();
}

/* ---- the scratch folder ---- */

/* A store's folder holds files only. */
static void
remove_store(const char *path)
{
    DIR *folder = opendir(path);
    char name[PATH_MAX];
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (snprintf(name, sizeof name, "%s/%s", path, entry->d_name) < (int)sizeof name)
            unlink(name); /* "." and ".." refuse it */
    if (folder)
        closedir(folder);
    rmdir(path);
}

static int
make_scratch(cli_t *cli, char scratch[PATH_MAX])
{
    const char *below = cli_text(cli, "scratch"), *usual = getenv("TMPDIR");
    if (!below)
        below = usual && usual[0] ? usual : "/tmp";
    int size = snprintf(scratch, PATH_MAX, "%s/kantor-proof-XXXXXX", below);
    if (size >= PATH_MAX - 16 || !mkdtemp(scratch))
        return cli_fail(cli, CLI_EXIT_OUTPUT, "%s: no scratch folder can be made: %s", below,
                        strerror(errno));
    return 0;
}

/* ---- the proof ---- */

typedef struct proof {
    it_page_t view;
    const char *database, *path;
    char backup[64]; /* its name: the path's last part */
    cli_restored_t restored;
    counted_t counted;
    char why[CLI_WHY_BYTES];
} proof_t;

static int
name_of(cli_t *cli, const char *path, char name[64])
{
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    if (end == begin || end - begin > 63)
        return cli_fail(cli, CLI_EXIT_USAGE, "%s: its last part is no name of a backup", path);
    snprintf(name, 64, "%.*s", (int)(end - begin), path + begin);
    return 0;
}

/* Restores to a scratch folder and counts; leaves nothing behind. */
static int
restore_and_count(proof_t *p)
{
    cli_t *cli = p->view.cli;
    char scratch[PATH_MAX], store[PATH_MAX + 8];
    int code = make_scratch(cli, scratch);
    if (code != 0)
        return code;
    snprintf(store, sizeof store, "%s/store", scratch);
    code = cli_restore_plain(cli, p->path, store, &p->restored);
    kt_status_t status = p->restored.status;
    if (code == 0) {
        status = count_all(store, &p->counted);
        if (kt_failed(status))
            code = cli_fail(cli, (int)status.code, "%s: %s", store, status.text);
    }
    if (code != 0)
        snprintf(p->why, sizeof p->why, "%s",
                 kt_failed(status) ? status.text : "it could not be restored");
    remove_store(store);
    rmdir(scratch);
    return code;
}

static int
report(proof_t *p, bool good)
{
    it_report_restore_proof_request_t request = IT_REPORT_RESTORE_PROOF_REQUEST_INIT;
    it_restore_proof_t proof = IT_RESTORE_PROOF_INIT;
    it_counted_table_t tables[KT_KV_TABLES_MAX], *list[KT_KV_TABLES_MAX];
    for (uint32_t i = 0; i < p->counted.count; i++) {
        tables[i] = (it_counted_table_t)IT_COUNTED_TABLE_INIT;
        tables[i].table = p->counted.names[i].text;
        tables[i].records = (int64_t)p->counted.records[i];
        list[i] = &tables[i];
    }
    p->why[cli_utf8_cut(p->why, sizeof p->why)] = 0;
    proof.database = it_given(p->database);
    proof.backup = p->backup;
    proof.outcome = good ? IT_PROOF_OUTCOME_PROOF_GOOD : IT_PROOF_OUTCOME_PROOF_BAD;
    proof.n_tables = good ? p->counted.count : 0;
    proof.tables = list;
    proof.journal_size = (int64_t)p->restored.journal_size;
    proof.journal_root = (ProtobufCBinaryData){.data = p->restored.journal_root.bytes,
                                               .len = sizeof p->restored.journal_root.bytes};
    proof.text = p->why;
    request.proof = &proof;
    return it_page_call(&p->view, IT_DATABASES_METHOD(REPORT_RESTORE_PROOF), &request.base,
                        p->backup, NULL);
}

static int
prove(cli_t *cli)
{
    static const out_column_t columns[] = {{"table", "table", OUT_TEXT},
                                           {"records", "records", OUT_NUMBER}};
    proof_t p = {.database = cli->operands[0], .path = cli_required(cli, "backup")};
    if (!p.path)
        return CLI_EXIT_USAGE;
    int code = name_of(cli, p.path, p.backup);
    if (code != 0)
        return code;
    code = it_page_open(&p.view, cli, columns, KT_COUNT(columns));
    if (code != 0)
        return it_page_close(&p.view, code);
    if (access(p.path, R_OK) != 0) {
        code = cli_fail(cli, CLI_EXIT_NOINPUT, "%s: %s", p.path, strerror(errno));
        return it_page_close(&p.view, code);
    }
    code = restore_and_count(&p);
    if (code == CLI_EXIT_OUTPUT || code == CLI_EXIT_BUG) /* which says nothing about the backup */
        return it_page_close(&p.view, code);
    int told = report(&p, code == 0);
    if (code == 0)
        code = told;
    for (uint32_t i = 0; i < p.counted.count && code == 0; i++)
        out_row(p.view.out, (const char *const[]){p.counted.names[i].text,
                                                  it_number((int64_t)p.counted.records[i]).text});
    if (code == 0)
        cli_say(cli, "%s: restored and counted, journal of %llu records", p.backup,
                (unsigned long long)p.restored.journal_size);
    return it_page_close(&p.view, code);
}

static const cli_option_t options[] = {
    {"backup", 0, "FOLDER", "the backup, as 'kantor it backup' named it"},
    {"scratch", 0, "FOLDER", "restore below this one; else $TMPDIR or /tmp"},
    {"progress", 0, NULL, "progress as lines where there is no terminal"},
};
static const char *const examples[] = {
    "kantor it prove-restore ledger --backup var/backups/finance/ledger-20261128t074300z", NULL};
const cli_verb_t cli_verb_it_prove_restore = {
    .name = "it prove-restore",
    .operands = "DATABASE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Restores a backup to a scratch folder, counts every table, and keeps the proof.",
    .about =
        "The copy is flushed, reopened, its journal recomputed and every record of every table "
        "read. IT compares\n"
        "size and root of the journal with what the backup reported, and refuses a proof that "
        "does not fit.\n"
        "A backup that cannot be restored is kept as such, and counts for nothing any more. "
        "Needs the role it.operator.",
    .options = options,
    .options_count = KT_COUNT(options),
    .examples = examples,
    .run = prove,
};
