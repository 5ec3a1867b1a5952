/* The inventory of databases, samples, backups, proofs and objectives, through the department. */
#include "nets.h"

#include "domain/databases.h"

#include <kantor/it/v1/databases.kt.h>
#include <kt/time.h>

static const uint8_t ROOT[IT_ROOT_BYTES] = {1, 2, 3};

/* ---- calls ---- */

static kt_status_t
enter(room_t *room, const char *name, uint32_t rpo_minutes)
{
    it_register_database_request_t request = IT_REGISTER_DATABASE_REQUEST_INIT;
    it_database_t database = IT_DATABASE_INIT;
    database.database = text(name);
    database.engine = text("lmdb");
    database.owner = text("erik");
    database.kantor_department = text("finance");
    database.rpo_minutes = rpo_minutes;
    database.retention_days = 30;
    request.database = &database;
    return room_call(room, "Databases/RegisterDatabase", &request.base, NULL);
}

static const it_database_t *
get(room_t *room, const char *name)
{
    it_get_database_request_t request = IT_GET_DATABASE_REQUEST_INIT;
    const void *response;
    request.database = text(name);
    assert_ok(room_call(room, "Databases/GetDatabase", &request.base, &response));
    return (const it_database_t *)response;
}

static kt_status_t
sample(room_t *room, const char *name, int64_t at_us, int64_t used_bytes)
{
    it_report_sample_request_t request = IT_REPORT_SAMPLE_REQUEST_INIT;
    it_sample_t message = IT_SAMPLE_INIT;
    message.database = text(name);
    message.at_us = at_us;
    message.used_bytes = used_bytes;
    message.journal_size = 9;
    message.journal_root = (ProtobufCBinaryData){.len = IT_ROOT_BYTES,
                                                 .data = (uint8_t *)text((const char *)ROOT)};
    request.sample = &message;
    return room_call(room, "Databases/ReportSample", &request.base, NULL);
}

static kt_status_t
backup_until(room_t *room, const char *name, const char *backup, int64_t started_us,
             int64_t finished_us, bool good)
{
    it_report_backup_request_t request = IT_REPORT_BACKUP_REQUEST_INIT;
    it_backup_t message = IT_BACKUP_INIT;
    message.database = text(name);
    message.backup = text(backup);
    message.started_us = started_us;
    message.finished_us = finished_us;
    message.bytes = 4096;
    message.journal_size = 9;
    message.journal_root = (ProtobufCBinaryData){.len = IT_ROOT_BYTES,
                                                 .data = (uint8_t *)text((const char *)ROOT)};
    message.outcome = good ? IT_BACKUP_OUTCOME_BACKUP_GOOD : IT_BACKUP_OUTCOME_BACKUP_FAILED;
    request.backup = &message;
    return room_call(room, "Databases/ReportBackup", &request.base, NULL);
}

static kt_status_t
backup_of(room_t *room, const char *name, const char *backup, int64_t started_us, bool good)
{
    return backup_until(room, name, backup, started_us, started_us + 5, good);
}

static const it_run_rpo_response_t *
run_rpo(room_t *room)
{
    it_run_rpo_request_t request = IT_RUN_RPO_REQUEST_INIT;
    const void *response;
    assert_ok(room_call(room, "Databases/RunRpo", &request.base, &response));
    return (const it_run_rpo_response_t *)response;
}

typedef struct proof_args {
    const char *database, *backup;
    it_proof_outcome_t outcome;
    int64_t journal_size;
    bool other_root;
    uint32_t tables; /* 0: two */
} proof_args_t;

static kt_status_t
prove(room_t *room, const proof_args_t *args)
{
    it_report_restore_proof_request_t request = IT_REPORT_RESTORE_PROOF_REQUEST_INIT;
    it_restore_proof_t proof = IT_RESTORE_PROOF_INIT;
    it_counted_table_t tables[65], *list[65];
    char names[65][24];
    uint8_t root[IT_ROOT_BYTES];
    memcpy(root, ROOT, sizeof root);
    root[31] = args->other_root;
    proof.database = text(args->database ? args->database : "ledger");
    proof.backup = text(args->backup);
    proof.outcome = args->outcome;
    proof.journal_size = args->journal_size;
    proof.journal_root = (ProtobufCBinaryData){.len = sizeof root, .data = root};
    proof.n_tables = args->tables > 0 ? args->tables : 2;
    for (size_t i = 0; i < proof.n_tables; i++) {
        tables[i] = (it_counted_table_t)IT_COUNTED_TABLE_INIT;
        snprintf(names[i], sizeof names[i], "t%02zu", i);
        tables[i].table = names[i];
        tables[i].records = 100 + (int64_t)i;
        list[i] = &tables[i];
    }
    proof.tables = list;
    request.proof = &proof;
    return room_call(room, "Databases/ReportRestoreProof", &request.base, NULL);
}

#define PROVE(room, ...) prove((room), &(proof_args_t){__VA_ARGS__})

/* How many events of TYPE there were. */
static uint32_t
told(room_t *room, const char *type)
{
    uint32_t count = 0;
    for (uint64_t i = 1; i <= room_events(room); i++)
        count += strcmp(room_event_type(room, i), type) == 0;
    return count;
}

/* ---- the inventory ---- */

static void
databases_are_entered_once(void **state)
{
    room_t *room = (room_t *)*state;
    it_list_databases_request_t list = IT_LIST_DATABASES_REQUEST_INIT;
    it_get_database_request_t missing = IT_GET_DATABASE_REQUEST_INIT;
    const void *response;
    missing.database = text("none");
    assert_ok(enter(room, "ledger", 60));
    assert_ok(enter(room, "archive", 0));
    assert_status(enter(room, "ledger", 60), KT_ALREADY_EXISTS, IT_DATABASE_EXISTS);
    assert_status(enter(room, "Ledger", 60), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(enter(room, "other", 525601), KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(room_call(room, "Databases/GetDatabase", &missing.base, NULL), KT_NOT_FOUND,
                  IT_DATABASE_UNKNOWN);
    const it_database_t *database = get(room, "ledger");
    assert_string_equal(database->engine, "lmdb");
    assert_int_equal(database->registered_us, ROOM_NOW_US);
    assert_int_equal(database->rpo_state, IT_RPO_STATE_RPO_KEPT);
    assert_null(database->last_sample);
    assert_ok(room_call(room, "Databases/ListDatabases", &list.base, &response));
    const it_list_databases_response_t *all = (const it_list_databases_response_t *)response;
    assert_int_equal(all->n_databases, 2);
    assert_string_equal(all->databases[0]->database, "archive");
}

static void
there_are_only_so_many_databases(void **state)
{
    room_t *room = (room_t *)*state;
    for (uint32_t i = 0; i < IT_DATABASES_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "db%u", i);
        assert_ok(enter(room, name, 0));
        room_forget(room);
    }
    assert_status(enter(room, "more", 0), KT_RESOURCE_EXHAUSTED, IT_TOO_MANY_DATABASES);
}

/* ---- samples ---- */

static const it_list_samples_response_t *
samples(room_t *room, const char *name)
{
    it_list_samples_request_t request = IT_LIST_SAMPLES_REQUEST_INIT;
    const void *response;
    request.database = text(name);
    request.page_size = 1000;
    assert_ok(room_call(room, "Databases/ListSamples", &request.base, &response));
    return (const it_list_samples_response_t *)response;
}

static void
the_last_sample_of_a_day_is_kept(void **state)
{
    room_t *room = (room_t *)*state;
    it_list_samples_request_t missing = IT_LIST_SAMPLES_REQUEST_INIT;
    missing.database = text("none");
    assert_ok(enter(room, "ledger", 0));
    assert_status(sample(room, "none", ROOM_NOW_US, 1), KT_NOT_FOUND, IT_DATABASE_UNKNOWN);
    assert_status(sample(room, "ledger", ROOM_NOW_US + INT64_C(300000001), 1), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_status(sample(room, "ledger", ROOM_NOW_US, -1), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_ok(sample(room, "ledger", ROOM_NOW_US - 2 * KT_US_PER_DAY, 1000));
    assert_ok(sample(room, "ledger", ROOM_NOW_US - 2 * KT_US_PER_DAY + 1, 2000));
    assert_int_equal(get(room, "ledger")->growth_bytes_per_day, 0);
    assert_status(sample(room, "ledger", ROOM_NOW_US - 2 * KT_US_PER_DAY + 1, 2000),
                  KT_FAILED_PRECONDITION, IT_SAMPLE_OUT_OF_ORDER);
    assert_ok(sample(room, "ledger", ROOM_NOW_US + 1, 5000));
    assert_int_equal(samples(room, "ledger")->n_samples, 2);
    assert_int_equal(samples(room, "ledger")->samples[0]->used_bytes, 2000);
    const it_database_t *database = get(room, "ledger");
    assert_int_equal(database->last_sample->used_bytes, 5000);
    assert_memory_equal(database->last_sample->journal_root.data, ROOT, IT_ROOT_BYTES);
    assert_int_equal(database->growth_bytes_per_day, 1500);
    assert_status(room_call(room, "Databases/ListSamples", &missing.base, NULL), KT_NOT_FOUND,
                  IT_DATABASE_UNKNOWN);
}

static void
growth_is_of_the_last_days(void **state)
{
    room_t *room = (room_t *)*state;
    assert_ok(enter(room, "ledger", 0));
    for (int64_t day = 500; day > 0; day--) {
        /* It grows by a hundred a day, by ten a day in the last thirty. */
        int64_t used = day > 30 ? 100 * (500 - day) : 47000 + 10 * (30 - day);
        assert_ok(sample(room, "ledger", ROOM_NOW_US - day * KT_US_PER_DAY, used));
        room_forget(room);
    }
    assert_true(get(room, "ledger")->growth_bytes_per_day < 15);
    assert_true(get(room, "ledger")->growth_bytes_per_day >= 10);
    assert_int_equal(samples(room, "ledger")->n_samples, 401);
}

/* ---- backups and proofs ---- */

static void
backups_are_refused(void **state)
{
    room_t *room = (room_t *)*state;
    it_list_backups_request_t missing = IT_LIST_BACKUPS_REQUEST_INIT;
    missing.database = text("none");
    assert_ok(enter(room, "ledger", 60));
    assert_ok(backup_of(room, "ledger", "b1", ROOM_NOW_US - 9, true));
    assert_status(backup_of(room, "ledger", "b1", ROOM_NOW_US - 8, true), KT_ALREADY_EXISTS,
                  IT_BACKUP_EXISTS);
    assert_status(backup_of(room, "none", "b1", ROOM_NOW_US - 9, true), KT_NOT_FOUND,
                  IT_DATABASE_UNKNOWN);
    assert_status(backup_of(room, "ledger", "b2", ROOM_NOW_US + 1, true), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_status(backup_until(room, "ledger", "b2", 9, 8, true), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    /* What is still being written is no backup; clocks may differ a little. */
    assert_status(backup_until(room, "ledger", "b2", ROOM_NOW_US - 9,
                               ROOM_NOW_US + 5 * NETS_MINUTE_US + 1, true),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(backup_of(room, "ledger", "B2", ROOM_NOW_US, true), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_status(room_call(room, "Databases/ListBackups", &missing.base, NULL), KT_NOT_FOUND,
                  IT_DATABASE_UNKNOWN);
    const it_database_t *database = get(room, "ledger");
    assert_string_equal(database->last_good_backup, "b1");
    assert_int_equal(database->last_good_us, ROOM_NOW_US - 9);
    /* One that failed counts for nothing, nor does one that began before. */
    assert_ok(backup_of(room, "ledger", "b2", ROOM_NOW_US - 1, false));
    assert_ok(backup_of(room, "ledger", "b3", ROOM_NOW_US - 20, true));
    assert_string_equal(get(room, "ledger")->last_good_backup, "b1");
}

static void
a_proof_must_fit_its_backup(void **state)
{
    room_t *room = (room_t *)*state;
    it_list_restore_proofs_request_t list = IT_LIST_RESTORE_PROOFS_REQUEST_INIT;
    const void *response;
    list.database = text("ledger");
    assert_ok(enter(room, "ledger", 60));
    assert_ok(backup_of(room, "ledger", "good", ROOM_NOW_US - 9, true));
    assert_ok(backup_of(room, "ledger", "failed", ROOM_NOW_US - 8, false));
    const it_proof_outcome_t good = IT_PROOF_OUTCOME_PROOF_GOOD, bad = IT_PROOF_OUTCOME_PROOF_BAD;
    assert_status(PROVE(room, .database = "none", .backup = "good", .outcome = good), KT_NOT_FOUND,
                  IT_DATABASE_UNKNOWN);
    assert_status(PROVE(room, .backup = "none", .outcome = good), KT_NOT_FOUND, IT_BACKUP_UNKNOWN);
    assert_int_equal(room_refusals(room), 0);
    assert_status(PROVE(room, .backup = "failed", .outcome = good, .journal_size = 9),
                  KT_FAILED_PRECONDITION, IT_BACKUP_NOT_GOOD);
    assert_status(PROVE(room, .backup = "good", .outcome = good, .journal_size = 8),
                  KT_FAILED_PRECONDITION, IT_PROOF_DIFFERS);
    assert_status(
        PROVE(room, .backup = "good", .outcome = good, .journal_size = 9, .other_root = true),
        KT_FAILED_PRECONDITION, IT_PROOF_DIFFERS);
    assert_int_equal(room_refusals(room), 3);
    assert_status(PROVE(room, .backup = "good", .outcome = IT_PROOF_OUTCOME_PROOF_NONE),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    assert_status(PROVE(room, .backup = "good", .outcome = good, .tables = 65), KT_INVALID_ARGUMENT,
                  RPC_REASON_BAD_FIELD);
    assert_ok(PROVE(room, .backup = "good", .outcome = good, .journal_size = 9, .tables = 64));
    room_set_now(room, ROOM_NOW_US + KT_US_PER_S);
    assert_ok(PROVE(room, .backup = "good", .outcome = bad));
    assert_ok(room_call(room, "Databases/ListRestoreProofs", &list.base, &response));
    const it_list_restore_proofs_response_t *all = (const it_list_restore_proofs_response_t *)
        response;
    assert_int_equal(all->n_proofs, 2);
    assert_int_equal(all->proofs[0]->outcome, good);
    assert_int_equal(all->proofs[0]->n_tables, 64);
    assert_string_equal(all->proofs[0]->tables[63]->table, "t63");
    assert_int_equal(all->proofs[0]->tables[63]->records, 163);
    assert_string_equal(all->proofs[0]->reported_by, "erik");
    assert_int_equal(all->proofs[1]->outcome, bad);
    assert_int_equal(all->proofs[1]->n_tables, 2);
    list.page_size = 101;
    assert_status(room_call(room, "Databases/ListRestoreProofs", &list.base, NULL),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
}

static void
what_cannot_be_restored_is_no_backup(void **state)
{
    room_t *room = (room_t *)*state;
    it_list_backups_request_t list = IT_LIST_BACKUPS_REQUEST_INIT;
    const void *response;
    list.database = text("ledger");
    assert_ok(enter(room, "ledger", 60));
    assert_ok(backup_of(room, "ledger", "newer", ROOM_NOW_US - 9, true));
    assert_ok(backup_of(room, "ledger", "older", ROOM_NOW_US - 99, true));
    assert_string_equal(get(room, "ledger")->last_good_backup, "newer");
    assert_ok(PROVE(room, .backup = "newer", .outcome = IT_PROOF_OUTCOME_PROOF_BAD));
    assert_string_equal(get(room, "ledger")->last_good_backup, "older");
    assert_ok(PROVE(room, .backup = "older", .outcome = IT_PROOF_OUTCOME_PROOF_BAD));
    assert_string_equal(get(room, "ledger")->last_good_backup, "");
    assert_int_equal(get(room, "ledger")->last_good_us, 0);
    assert_ok(
        PROVE(room, .backup = "newer", .outcome = IT_PROOF_OUTCOME_PROOF_GOOD, .journal_size = 9));
    assert_string_equal(get(room, "ledger")->last_good_backup, "newer");
    assert_ok(room_call(room, "Databases/ListBackups", &list.base, &response));
    const it_list_backups_response_t *all = (const it_list_backups_response_t *)response;
    assert_int_equal(all->n_backups, 2);
    assert_string_equal(all->backups[0]->backup, "older");
    assert_int_equal(all->backups[0]->proof, IT_PROOF_OUTCOME_PROOF_BAD);
    assert_int_equal(all->backups[1]->proof, IT_PROOF_OUTCOME_PROOF_GOOD);
}

/* ---- the objective ---- */

static void
a_broken_objective_is_found_once(void **state)
{
    room_t *room = (room_t *)*state;
    assert_ok(enter(room, "ledger", 60));
    assert_ok(enter(room, "archive", 0)); /* which wants nothing */
    room_set_now(room, ROOM_NOW_US + 60 * NETS_MINUTE_US);
    assert_int_equal(run_rpo(room)->n_broken, 0); /* the last instant that keeps it */
    assert_false(get(room, "ledger")->rpo_broken_now);
    room_set_now(room, ROOM_NOW_US + 60 * NETS_MINUTE_US + 1);
    assert_true(get(room, "ledger")->rpo_broken_now);
    assert_int_equal(get(room, "ledger")->rpo_state, IT_RPO_STATE_RPO_KEPT);
    const it_run_rpo_response_t *found = run_rpo(room);
    assert_int_equal(found->n_broken, 1);
    assert_string_equal(found->broken[0], "ledger");
    assert_int_equal(run_rpo(room)->n_broken, 0);
    const it_database_t *database = get(room, "ledger");
    assert_int_equal(database->rpo_state, IT_RPO_STATE_RPO_BROKEN);
    assert_int_equal(database->broken_us, ROOM_NOW_US + 60 * NETS_MINUTE_US);
    assert_string_not_equal(database->ticket, "");
    assert_int_equal(told(room, "database.rpo_broken"), 1);

    /* A backup that began too long ago does not mend it; one that is young enough does. */
    room_set_now(room, ROOM_NOW_US + 120 * NETS_MINUTE_US);
    assert_ok(backup_of(room, "ledger", "old", ROOM_NOW_US + 59 * NETS_MINUTE_US, true));
    assert_int_equal(get(room, "ledger")->rpo_state, IT_RPO_STATE_RPO_BROKEN);
    assert_ok(backup_of(room, "ledger", "bad", room_now(room), false));
    assert_int_equal(get(room, "ledger")->rpo_state, IT_RPO_STATE_RPO_BROKEN);
    assert_int_equal(told(room, "database.rpo_kept"), 0);
    assert_ok(backup_of(room, "ledger", "young", ROOM_NOW_US + 60 * NETS_MINUTE_US, true));
    assert_int_equal(get(room, "ledger")->rpo_state, IT_RPO_STATE_RPO_KEPT);
    assert_string_equal(get(room, "ledger")->ticket, "");
    assert_int_equal(told(room, "database.rpo_kept"), 1);
    /* And breaks again. */
    room_set_now(room, room_now(room) + 1);
    assert_int_equal(run_rpo(room)->n_broken, 1);
    assert_int_equal(told(room, "database.rpo_broken"), 2);
}

static kt_status_t
update(room_t *room, const char *name, uint32_t rpo_minutes)
{
    it_update_database_request_t request = IT_UPDATE_DATABASE_REQUEST_INIT;
    it_database_t database = IT_DATABASE_INIT;
    database.database = text(name);
    database.engine = text("lmdb 1");
    database.owner = text("emma");
    database.rpo_minutes = rpo_minutes;
    request.database = &database;
    return room_call(room, "Databases/UpdateDatabase", &request.base, NULL);
}

static void
an_objective_may_change(void **state)
{
    room_t *room = (room_t *)*state;
    it_update_database_request_t nothing = IT_UPDATE_DATABASE_REQUEST_INIT;
    assert_ok(enter(room, "ledger", 60));
    assert_status(update(room, "none", 60), KT_NOT_FOUND, IT_DATABASE_UNKNOWN);
    assert_status(room_call(room, "Databases/UpdateDatabase", &nothing.base, NULL),
                  KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD);
    room_set_now(room, ROOM_NOW_US + 90 * NETS_MINUTE_US);
    assert_int_equal(run_rpo(room)->n_broken, 1);
    assert_ok(update(room, "ledger", 80));
    assert_int_equal(get(room, "ledger")->rpo_state, IT_RPO_STATE_RPO_BROKEN);
    assert_ok(update(room, "ledger", 100));
    const it_database_t *database = get(room, "ledger");
    assert_int_equal(database->rpo_state, IT_RPO_STATE_RPO_KEPT);
    assert_string_equal(database->owner, "emma");
    assert_string_equal(database->kantor_department, "");
    assert_int_equal(database->registered_us, ROOM_NOW_US);
    assert_int_equal(told(room, "database.rpo_kept"), 1);
    /* Without one nothing breaks ever. */
    assert_ok(update(room, "ledger", 0));
    room_set_now(room, ROOM_NOW_US + 9000 * NETS_MINUTE_US);
    assert_int_equal(run_rpo(room)->n_broken, 0);
}

static void
one_call_finds_only_so_many(void **state)
{
    enum { ALL = IT_BREAKS_MAX + 4 };
    room_t *room = (room_t *)*state;
    for (uint32_t i = 0; i < ALL; i++) {
        char name[64];
        memset(name, 'x', 63); /* the longest names there are */
        snprintf(name, sizeof name, "db-%02u", i);
        name[5] = '-';
        name[63] = 0;
        assert_ok(enter(room, name, 1));
    }
    room_set_now(room, ROOM_NOW_US + 2 * NETS_MINUTE_US);
    const it_run_rpo_response_t *first = run_rpo(room);
    assert_int_equal(first->n_broken, IT_BREAKS_MAX);
    assert_true(first->more);
    const it_run_rpo_response_t *second = run_rpo(room);
    assert_int_equal(second->n_broken, ALL - IT_BREAKS_MAX);
    assert_false(second->more);
    assert_int_equal(run_rpo(room)->n_broken, 0);
    assert_int_equal(told(room, "database.rpo_broken"), ALL);
    it_list_databases_request_t list = IT_LIST_DATABASES_REQUEST_INIT;
    const void *response;
    assert_ok(room_call(room, "Databases/ListDatabases", &list.base, &response));
    const it_list_databases_response_t *all = (const it_list_databases_response_t *)response;
    assert_int_equal(all->n_databases, ALL);
    for (size_t i = 0; i < ALL; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(all->databases[i]->ticket, all->databases[k]->ticket);
}

static void
every_failure_of_the_store_leaves_nothing_behind(void **state)
{
    room_t *room = (room_t *)*state;
    it_run_rpo_request_t run = IT_RUN_RPO_REQUEST_INIT;
    it_report_backup_request_t request = IT_REPORT_BACKUP_REQUEST_INIT;
    it_backup_t backup = IT_BACKUP_INIT;
    it_report_restore_proof_request_t proven = IT_REPORT_RESTORE_PROOF_REQUEST_INIT;
    it_restore_proof_t proof = IT_RESTORE_PROOF_INIT;
    it_counted_table_t table = IT_COUNTED_TABLE_INIT, *tables[] = {&table};
    assert_ok(enter(room, "ledger", 1));
    room_set_now(room, ROOM_NOW_US + 2 * NETS_MINUTE_US);
    const it_run_rpo_response_t *found = (const it_run_rpo_response_t *)room_sweep(
        room, "Databases/RunRpo", &run.base);
    assert_int_equal(found->n_broken, 1);
    assert_int_equal(told(room, "database.rpo_broken"), 1);
    request.backup = &backup;
    backup.database = text("ledger");
    backup.backup = text("b1");
    backup.started_us = backup.finished_us = room_now(room);
    backup.outcome = IT_BACKUP_OUTCOME_BACKUP_GOOD;
    room_sweep(room, "Databases/ReportBackup", &request.base);
    assert_int_equal(told(room, "database.rpo_kept"), 1);
    proven.proof = &proof;
    proof.database = text("ledger");
    proof.backup = text("b1");
    proof.outcome = IT_PROOF_OUTCOME_PROOF_GOOD;
    proof.n_tables = 1;
    proof.tables = tables;
    table.table = text("entry");
    room_sweep(room, "Databases/ReportRestoreProof", &proven.base);
    assert_ok(sample(room, "ledger", room_now(room), 1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        nets_test(databases_are_entered_once),
        nets_test(there_are_only_so_many_databases),
        nets_test(the_last_sample_of_a_day_is_kept),
        nets_test(growth_is_of_the_last_days),
        nets_test(backups_are_refused),
        nets_test(a_proof_must_fit_its_backup),
        nets_test(what_cannot_be_restored_is_no_backup),
        nets_test(a_broken_objective_is_found_once),
        nets_test(an_objective_may_change),
        nets_test(one_call_finds_only_so_many),
        nets_test(every_failure_of_the_store_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
