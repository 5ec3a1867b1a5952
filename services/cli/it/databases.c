/* kantor it databases, sample and backup */
#include "databases.h"
#include "../display.h"
#include "../store.h"
#include "../verbs.h"

#include <kantor/store/v1/store.client.kt.h>

/* ---- databases ---- */

static void
put_database(it_page_t *v, const it_database_t *d)
{
    const it_sample_t *sample = d->last_sample;
    const char *state = d->rpo_minutes == 0 ? "" : d->rpo_broken_now ? "BROKEN" : "KEPT";
    out_row(v->out,
            (const char *const[]){d->database, d->engine, d->owner, d->kantor_department,
                                  it_number(d->rpo_minutes).text, state, d->last_good_backup,
                                  it_when(d->last_good_us).text, d->ticket,
                                  sample ? it_number(sample->used_bytes).text : NULL,
                                  it_number(d->growth_bytes_per_day).text,
                                  sample ? it_when(sample->at_us).text : NULL});
}

int
it_each_database(it_page_t *view, int (*each)(it_page_t *view, const it_database_t *database))
{
    it_list_databases_request_t request = IT_LIST_DATABASES_REQUEST_INIT;
    const it_list_databases_response_t *page;
    const void *response;
    request.page_size = IT_PAGE_SIZE;
    do {
        request.page_token = view->token;
        int code = it_page_call(view, IT_DATABASES_METHOD(LIST_DATABASES), &request.base,
                                "databases", &response);
        if (code != 0)
            return code;
        page = (const it_list_databases_response_t *)response;
        for (size_t i = 0; i < page->n_databases && code == 0; i++)
            code = each(view, page->databases[i]);
        if (code != 0)
            return code;
    } while (it_page_next(view, page->next_page_token));
    return 0;
}

static int
put_each(it_page_t *v, const it_database_t *database)
{
    put_database(v, database);
    return 0;
}

static int
databases(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"database", "database", OUT_TEXT},
        {"engine", "engine", OUT_TEXT},
        {"owner", "owner", OUT_TEXT},
        {"department", NULL, OUT_TEXT},
        {"rpo_minutes", "rpo min", OUT_NUMBER},
        {"rpo", "rpo", OUT_TEXT},
        {"last_good_backup", "last good backup", OUT_TEXT},
        {"last_good", "begun", OUT_TEXT},
        {"ticket", NULL, OUT_TEXT},
        {"used_bytes", "used bytes", OUT_NUMBER},
        {"growth_bytes_per_day", "growth/day", OUT_NUMBER},
        {"sampled", NULL, OUT_TEXT},
    };
    it_page_t v = {0};
    int code = it_page_open(&v, cli, columns, KT_COUNT(columns));
    if (code == 0)
        code = it_each_database(&v, put_each);
    return it_page_close(&v, code);
}

static const char *const databases_examples[] = {"kantor it databases", NULL};
const cli_verb_t cli_verb_it_databases = {
    .name = "it databases",
    .operands = "",
    .summary = "Databases, their growth, and whether their backups are young enough.",
    .examples = databases_examples,
    .run = databases,
};

/* ---- sample ---- */

/* What the verb asks departments with, while the view's reply holds the list of them. */
typedef struct sampler {
    it_page_t view;
    kt_reply_t stats;
    int worst; /* the exit code of the last that could not be sampled; the others go on */
} sampler_t;

static int
report_sample(sampler_t *s, const it_database_t *database, const store_stats_response_t *stats)
{
    it_report_sample_request_t request = IT_REPORT_SAMPLE_REQUEST_INIT;
    it_sample_t sample = IT_SAMPLE_INIT;
    char root[2 * KT_SHA256_BYTES + 1];
    kt_call_options_t options = cli_call_options(s->view.cli, NULL);
    KT_CLEANUP(kt_reply_fini) kt_reply_t reply = {0};
    kt_status_t status = kt_reply_init(&reply);
    if (kt_failed(status))
        return cli_report_status(s->view.cli, "reply", status);
    sample.database = database->database;
    sample.at_us = kt_clock_wall_us();
    sample.used_bytes = (int64_t)stats->used_bytes;
    sample.file_bytes = (int64_t)stats->file_bytes;
    sample.journal_size = (int64_t)stats->journal_size;
    sample.journal_root = stats->journal_root;
    request.sample = &sample;
    status = kt_client_call(s->view.cli->client, IT_DATABASES_METHOD(REPORT_SAMPLE), &options,
                            &request.base, &reply);
    if (kt_failed(status))
        return cli_report(s->view.cli, database->database, &reply);
    cli_hex(stats->journal_root.data, KT_MIN(stats->journal_root.len, KT_SHA256_BYTES), root);
    out_row(s->view.out, (const char *const[]){database->database, database->kantor_department,
                                               it_number(sample.used_bytes).text,
                                               it_number(sample.file_bytes).text,
                                               it_number(sample.journal_size).text, root});
    return 0;
}

static int
sample_each(it_page_t *view, const it_database_t *database)
{
    sampler_t *s = (sampler_t *)view; /* its first member */
    store_stats_request_t request = STORE_STATS_REQUEST_INIT;
    const char *wanted = view->cli->operands_count > 0 ? view->cli->operands[0]
                                                       : database->database;
    if (!database->kantor_department[0] || strcmp(wanted, database->database) != 0)
        return 0;
    kt_call_options_t options = cli_call_options(view->cli, database->kantor_department);
    kt_status_t status = kt_client_call(view->cli->client,
                                        &store_store_service.methods[STORE_STORE_STATS], &options,
                                        &request.base, &s->stats);
    int code = kt_failed(status)
                   ? cli_report(view->cli, database->kantor_department, &s->stats)
                   : report_sample(s, database, (const store_stats_response_t *)s->stats.message);
    if (code != 0)
        s->worst = code;
    return 0;
}

/* Has IT look for objectives that are broken by now, until it has found all. */
static int
run_rpo(it_page_t *page)
{
    it_run_rpo_request_t request = IT_RUN_RPO_REQUEST_INIT;
    const it_run_rpo_response_t *found;
    const void *response;
    do {
        int code = it_page_call(page, IT_DATABASES_METHOD(RUN_RPO), &request.base, "objectives",
                                &response);
        if (code != 0)
            return code;
        found = (const it_run_rpo_response_t *)response;
        for (size_t i = 0; i < found->n_broken; i++)
            cli_say(page->cli, "%s: its last good backup is too old; a ticket was opened",
                    found->broken[i]);
    } while (found->more);
    return 0;
}

static int
sample(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"database", "database", OUT_TEXT},
        {"department", "department", OUT_TEXT},
        {"used_bytes", "used bytes", OUT_NUMBER},
        {"file_bytes", "file bytes", OUT_NUMBER},
        {"journal_size", "journal records", OUT_NUMBER},
        {"journal_root", "journal root", OUT_TEXT},
    };
    sampler_t s = {0};
    int code = it_page_open(&s.view, cli, columns, KT_COUNT(columns));
    kt_status_t status = kt_reply_init(&s.stats);
    if (code == 0 && kt_failed(status))
        code = cli_report_status(cli, "reply", status);
    if (code == 0)
        code = it_each_database(&s.view, sample_each);
    if (code == 0)
        code = run_rpo(&s.view);
    kt_reply_fini(&s.stats);
    code = it_page_close(&s.view, code);
    return code == 0 ? s.worst : code;
}

static const char *const sample_examples[] = {"kantor it sample", "kantor it sample ledger", NULL};
const cli_verb_t cli_verb_it_sample = {
    .name = "it sample",
    .operands = "[DATABASE]",
    .operands_max = 1,
    .summary = "Asks Kantor's own stores how large they are, and keeps the answers.",
    .about = "Every database that is registered with a department, or only one. Then IT looks for "
             "databases whose\n"
             "last good backup is too old, and opens a ticket for each. To be run now and then. "
             "Needs the role\n"
             "it.operator.",
    .examples = sample_examples,
    .run = sample,
};

/* ---- backup ---- */

/* "ledger-20261128t074300z": a NAME, and in the order of time. */
static void
name_backup(const char *database, char name[64])
{
    char when[28];
    kt_time_format(kt_clock_wall_us(), when);
    snprintf(name, 64, "%.40s-%.4s%.2s%.2st%.2s%.2s%.2sz", database, when, when + 5, when + 8,
             when + 11, when + 14, when + 17);
}

/* Reports what came of it. */
static int
report_backup(it_page_t *v, const char *database, const char *name, int64_t started_us,
              const cli_backup_t *made, bool good)
{
    it_report_backup_request_t request = IT_REPORT_BACKUP_REQUEST_INIT;
    it_backup_t backup = IT_BACKUP_INIT;
    kt_hash_t root = made->journal_root;
    char text[CLI_WHY_BYTES + 1];
    snprintf(text, sizeof text, "%.*s", CLI_WHY_BYTES, good ? made->path : made->why);
    text[cli_utf8_cut(text, CLI_WHY_BYTES)] = 0;
    backup.database = it_given(database);
    backup.backup = it_given(name);
    backup.started_us = started_us;
    backup.finished_us = KT_MAX(kt_clock_wall_us(), started_us);
    backup.bytes = (int64_t)made->bytes;
    backup.journal_size = (int64_t)made->journal_size;
    if (good)
        backup.journal_root = (ProtobufCBinaryData){.data = root.bytes, .len = sizeof root.bytes};
    backup.outcome = good ? IT_BACKUP_OUTCOME_BACKUP_GOOD : IT_BACKUP_OUTCOME_BACKUP_FAILED;
    backup.text = text;
    request.backup = &backup;
    return it_page_call(v, IT_DATABASES_METHOD(REPORT_BACKUP), &request.base, database, NULL);
}

static int
backup_and_report(it_page_t *v, const char *database, const char *department)
{
    cli_backup_t made;
    char name[64], root[2 * KT_SHA256_BYTES + 1];
    name_backup(database, name);
    int64_t started_us = kt_clock_wall_us();
    int code = cli_store_backup(v->cli, department, name, &made);
    int told = report_backup(v, database, name, started_us, &made, code == 0);
    if (code != 0 || told != 0)
        return code != 0 ? code : told;
    cli_hex(made.journal_root.bytes, sizeof made.journal_root.bytes, root);
    out_row(v->out,
            (const char *const[]){database, name, made.path, it_number((int64_t)made.bytes).text,
                                  it_number((int64_t)made.journal_size).text, root});
    return 0;
}

static int
backup(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"database", "database", OUT_TEXT},
        {"backup", "backup", OUT_TEXT},
        {"path", "path", OUT_TEXT},
        {"bytes", "bytes", OUT_NUMBER},
        {"journal_size", "journal records", OUT_NUMBER},
        {"journal_root", "journal root", OUT_TEXT},
    };
    it_page_t v = {0};
    it_get_database_request_t request = IT_GET_DATABASE_REQUEST_INIT;
    const void *response;
    char department[64];
    request.database = it_given(cli->operands[0]);
    int code = it_page_open(&v, cli, columns, KT_COUNT(columns));
    if (code == 0)
        code = it_page_call(&v, IT_DATABASES_METHOD(GET_DATABASE), &request.base, request.database,
                            &response);
    if (code == 0) {
        const it_database_t *database = (const it_database_t *)response;
        snprintf(department, sizeof department, "%s", database->kantor_department);
        code = department[0] ? backup_and_report(&v, request.database, department)
                             : cli_fail(cli, KT_FAILED_PRECONDITION,
                                        "%s is not one of Kantor's own stores: report its backups "
                                        "with 'kantor call Databases/ReportBackup'",
                                        request.database);
    }
    return it_page_close(&v, code);
}

static const cli_option_t backup_options[] = {
    {"progress", 0, NULL, "progress as lines where there is no terminal"},
};
static const char *const backup_examples[] = {"kantor it backup ledger", NULL};
const cli_verb_t cli_verb_it_backup = {
    .name = "it backup",
    .operands = "DATABASE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Backs up one of Kantor's own stores, and keeps that it was done.",
    .about = "As 'kantor backup', under a name made of the database's and the time. A backup that "
             "fails is kept as\n"
             "such. Needs the role it.operator.",
    .options = backup_options,
    .options_count = KT_COUNT(backup_options),
    .examples = backup_examples,
    .run = backup,
};
