#include "domain/databases.h"

#include "domain/reason.h"

#include <kt/checked.h>
#include <kt/time.h>

#define TEXT(span) (int)(span).size, (const char *)(span).data

/* ---- the machine ---- */

enum { REGISTER, BREAK, KEEP, COMMANDS };
enum { TOO_OLD, YOUNG_ENOUGH, GUARDS };

static const char *const states[] = {"NONE", "KEPT", "BROKEN"};
static const char *const commands[] = {"register", "break", "keep"};
static const char *const guards[] = {
    "the last good backup began longer ago than the objective allows",
    "the last good backup is as young as the objective wants",
};

static const kt_transition_t rows[] = {
    {IT_RPO_NONE, REGISTER, KT_UNGUARDED, IT_RPO_KEPT, NULL},
    {IT_RPO_KEPT, BREAK, TOO_OLD, IT_RPO_BROKEN, NULL},
    {IT_RPO_BROKEN, KEEP, YOUNG_ENOUGH, IT_RPO_KEPT, NULL},
};

const kt_machine_t it_rpo_machine = {
    .name = "it.rpo",
    .states = states,
    .commands = commands,
    .guards = guards,
    .states_count = IT_RPO_STATES,
    .commands_count = COMMANDS,
    .guards_count = GUARDS,
    .rows = rows,
    .rows_count = KT_COUNT(rows),
    .first = IT_RPO_NONE,
};

/* ---- records ---- */

static const kt_field_t database_fields[] = {
    KT_F_NAME(it_database_record_t, database, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_TEXT(it_database_record_t, engine, IT_ENGINE_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(it_database_record_t, owner, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(it_database_record_t, kantor_department, IT_NAME_BYTES_MAX, 0),
    KT_F_U32(it_database_record_t, rpo_minutes, 0, IT_RPO_MINUTES_MAX, 0),
    KT_F_U32(it_database_record_t, retention_days, 0, IT_RETENTION_DAYS_MAX, 0),
    KT_F_TIME(it_database_record_t, registered_us, KT_OUTPUT),
    KT_F_NAME(it_database_record_t, last_good_backup, IT_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(it_database_record_t, last_good_us, KT_OUTPUT),
    KT_F_ENUM(it_database_record_t, rpo_state, IT_RPO_BROKEN, KT_OUTPUT),
    KT_F_TIME(it_database_record_t, broken_us, KT_OUTPUT),
    KT_F_NAME(it_database_record_t, ticket, IT_NAME_BYTES_MAX, KT_OUTPUT),
};
const kt_layout_t it_database_layout = KT_LAYOUT("database", it_database_record_t, database_fields);

static const kt_field_t sample_fields[] = {
    KT_F_NAME(it_sample_record_t, database, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_I64(it_sample_record_t, at_us, 1, INT64_MAX, KT_REQUIRED),
    KT_F_I64(it_sample_record_t, used_bytes, 0, INT64_MAX, 0),
    KT_F_I64(it_sample_record_t, file_bytes, 0, INT64_MAX, 0),
    KT_F_I64(it_sample_record_t, journal_size, 0, INT64_MAX, 0),
    KT_F_HASH(it_sample_record_t, journal_root, 0),
};
const kt_layout_t it_sample_layout = KT_LAYOUT("sample", it_sample_record_t, sample_fields);

static const kt_field_t view_fields[] = {
    KT_F_BOOL(it_database_view_t, rpo_broken_now, KT_OUTPUT),
    KT_F_I64(it_database_view_t, growth_bytes_per_day, INT64_MIN, INT64_MAX, KT_OUTPUT),
};
const kt_layout_t it_database_view_layout = KT_LAYOUT("view", it_database_view_t, view_fields);

static const kt_field_t backup_fields[] = {
    KT_F_NAME(it_backup_record_t, database, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(it_backup_record_t, backup, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_I64(it_backup_record_t, started_us, 1, INT64_MAX, KT_REQUIRED),
    KT_F_I64(it_backup_record_t, finished_us, 1, INT64_MAX, KT_REQUIRED),
    KT_F_I64(it_backup_record_t, bytes, 0, INT64_MAX, 0),
    KT_F_I64(it_backup_record_t, journal_size, 0, INT64_MAX, 0),
    KT_F_HASH(it_backup_record_t, journal_root, 0),
    KT_F_ENUM(it_backup_record_t, outcome, IT_BACKUP_FAILED, KT_REQUIRED),
    KT_F_TEXT(it_backup_record_t, text, IT_TITLE_BYTES_MAX, 0),
    KT_F_ENUM(it_backup_record_t, proof, IT_PROOF_BAD, KT_OUTPUT),
    KT_F_TIME(it_backup_record_t, proven_us, KT_OUTPUT),
    KT_F_TEXT(it_backup_record_t, reported_by, IT_WHO_BYTES_MAX, KT_OUTPUT),
};
const kt_layout_t it_backup_layout = KT_LAYOUT("backup", it_backup_record_t, backup_fields);

static const kt_field_t counted_fields[] = {
    KT_F_NAME(it_counted_record_t, table, IT_TABLE_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_I64(it_counted_record_t, records, 0, INT64_MAX, 0),
};
const kt_layout_t it_counted_table_layout = KT_LAYOUT("counted table", it_counted_record_t,
                                                      counted_fields);

static const kt_field_t proof_fields[] = {
    KT_F_NAME(it_proof_record_t, database, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_NAME(it_proof_record_t, backup, IT_NAME_BYTES_MAX, KT_REQUIRED),
    KT_F_ENUM(it_proof_record_t, outcome, IT_PROOF_BAD, KT_REQUIRED),
    KT_F_LIST(it_proof_record_t, tables, &it_counted_table_layout, IT_COUNTED_TABLES_MAX, KT_KEYED),
    KT_F_I64(it_proof_record_t, journal_size, 0, INT64_MAX, 0),
    KT_F_HASH(it_proof_record_t, journal_root, 0),
    KT_F_TEXT(it_proof_record_t, text, IT_TITLE_BYTES_MAX, 0),
    KT_F_NAME(it_proof_record_t, proof, IT_NAME_BYTES_MAX, KT_OUTPUT),
    KT_F_TIME(it_proof_record_t, reported_us, KT_OUTPUT),
    KT_F_TEXT(it_proof_record_t, reported_by, IT_WHO_BYTES_MAX, KT_OUTPUT),
};
const kt_layout_t it_proof_layout = KT_LAYOUT("restore proof", it_proof_record_t, proof_fields);

/* ---- the objective ---- */

int64_t
it_rpo_breaks_us(const it_database_record_t *database)
{
    int64_t from_us = database->last_good_us != 0 ? database->last_good_us
                                                  : database->registered_us;
    if (database->rpo_minutes == 0)
        return INT64_MAX;
    return from_us + (int64_t)database->rpo_minutes * 60 * KT_US_PER_S;
}

bool
it_rpo_broken(const it_database_record_t *database, int64_t now_us)
{
    return it_rpo_breaks_us(database) < now_us;
}

/* Whether the state moved. */
static bool
step(it_database_record_t *database, uint32_t command, int64_t now_us)
{
    const kt_transition_t *row;
    bool broken = it_rpo_broken(database, now_us);
    kt_machine_ask_t ask = {
        .state = database->rpo_state,
        .command = command,
        .holds = broken ? 1u << TOO_OLD : 1u << YOUNG_ENOUGH,
    };
    if (kt_machine_ask(&it_rpo_machine, &ask, &row) != KT_STEP_TAKEN)
        return false;
    database->rpo_state = row->next;
    return true;
}

bool
it_decide_break(it_database_record_t *database, int64_t now_us)
{
    if (!step(database, BREAK, now_us))
        return false;
    database->broken_us = it_rpo_breaks_us(database);
    return true;
}

/* A break that is over leaves nothing behind. */
static bool
keep(it_database_record_t *database, int64_t now_us)
{
    if (!step(database, KEEP, now_us))
        return false;
    database->broken_us = 0;
    database->ticket = kt_span(NULL, 0);
    return true;
}

int64_t
it_growth_per_day(const it_sample_record_t *first, const it_sample_record_t *last)
{
    int64_t grown = last->used_bytes - first->used_bytes, scaled;
    int64_t seconds = (last->at_us - first->at_us) / KT_US_PER_S;
    const int64_t day_s = KT_US_PER_DAY / KT_US_PER_S;
    if (seconds < day_s)
        return 0;
    return kt_mul_i64(grown, day_s, &scaled) ? scaled / seconds : grown / (seconds / day_s);
}

/* ---- decisions ---- */

static kt_status_t
unknown_database(kt_arena_t *arena, kt_span_t database)
{
    return kt_error(KT_NOT_FOUND, IT_DATABASE_UNKNOWN,
                    kt_arena_printf(arena, "there is no database %.*s", TEXT(database)));
}

kt_status_t
it_decide_register_database(kt_arena_t *arena, it_database_record_t *draft, bool there,
                            uint32_t databases, int64_t now_us)
{
    if (there)
        return kt_error(
            KT_ALREADY_EXISTS, IT_DATABASE_EXISTS,
            kt_arena_printf(arena, "database %.*s is there already", TEXT(draft->database)));
    if (databases >= IT_DATABASES_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, IT_TOO_MANY_DATABASES,
                        kt_arena_printf(arena, "there are %u databases, and no more can be",
                                        (unsigned)databases));
    draft->registered_us = now_us;
    KT_ASSERT(step(draft, REGISTER, now_us));
    return kt_ok();
}

void
it_decide_update_database(const it_database_record_t *draft, int64_t now_us,
                          it_database_record_t *database, bool *kept)
{
    database->engine = draft->engine;
    database->owner = draft->owner;
    database->kantor_department = draft->kantor_department;
    database->rpo_minutes = draft->rpo_minutes;
    database->retention_days = draft->retention_days;
    *kept = keep(database, now_us);
}

kt_status_t
it_decide_sample(kt_arena_t *arena, const it_sample_record_t *sample,
                 const it_sample_facts_t *facts)
{
    if (!facts->there)
        return unknown_database(arena, sample->database);
    if (facts->last && sample->at_us <= facts->last->at_us)
        return kt_error(
            KT_FAILED_PRECONDITION, IT_SAMPLE_OUT_OF_ORDER,
            kt_arena_printf(arena, "there is a later sample of %.*s", TEXT(sample->database)));
    return kt_ok();
}

/* BACKUP is the newest good one if it began after what is. */
static void
take_good(const it_backup_record_t *backup, it_database_record_t *database)
{
    if (backup->started_us <= database->last_good_us)
        return;
    database->last_good_us = backup->started_us;
    database->last_good_backup = backup->backup;
}

kt_status_t
it_decide_backup(kt_arena_t *arena, const it_backup_record_t *draft, const it_backup_facts_t *facts,
                 kt_span_t by, int64_t now_us, it_backup_effects_t *fx)
{
    if (!facts->database_there)
        return unknown_database(arena, draft->database);
    if (facts->there)
        return kt_error(KT_ALREADY_EXISTS, IT_BACKUP_EXISTS,
                        kt_arena_printf(arena, "backup %.*s of %.*s is there already",
                                        TEXT(draft->backup), TEXT(draft->database)));
    *fx = (it_backup_effects_t){.backup = *draft, .database = facts->database};
    fx->backup.reported_by = by;
    if (draft->outcome == IT_BACKUP_GOOD)
        take_good(&fx->backup, &fx->database);
    fx->kept = keep(&fx->database, now_us);
    return kt_ok();
}

/* Whether what was restored is what the backup holds. */
static kt_status_t
check_fits(kt_arena_t *arena, const it_proof_record_t *draft, const it_backup_record_t *backup)
{
    if (backup->outcome != IT_BACKUP_GOOD)
        return kt_error(KT_FAILED_PRECONDITION, IT_BACKUP_NOT_GOOD,
                        kt_arena_printf(arena, "backup %.*s itself failed: nothing is in it",
                                        TEXT(backup->backup)));
    bool same = draft->journal_size == backup->journal_size &&
                memcmp(draft->journal_root, backup->journal_root, IT_ROOT_BYTES) == 0;
    if (draft->outcome == IT_PROOF_GOOD && !same)
        return kt_error(KT_FAILED_PRECONDITION, IT_PROOF_DIFFERS,
                        kt_arena_printf(arena,
                                        "what was restored has %lld journal records or another "
                                        "root; backup %.*s has %lld",
                                        (long long)draft->journal_size, TEXT(backup->backup),
                                        (long long)backup->journal_size));
    return kt_ok();
}

kt_status_t
it_decide_proof(kt_arena_t *arena, const it_proof_record_t *draft, const it_proof_facts_t *facts,
                kt_span_t id, kt_span_t by, int64_t now_us, it_proof_effects_t *fx)
{
    if (!facts->database_there)
        return unknown_database(arena, draft->database);
    if (!facts->backup_there)
        return kt_error(KT_NOT_FOUND, IT_BACKUP_UNKNOWN,
                        kt_arena_printf(arena, "%.*s has no backup %.*s", TEXT(draft->database),
                                        TEXT(draft->backup)));
    KT_TRY(check_fits(arena, draft, &facts->backup));
    *fx = (it_proof_effects_t){
        .proof = *draft, .backup = facts->backup, .database = facts->database};
    fx->proof.proof = id;
    fx->proof.reported_us = now_us;
    fx->proof.reported_by = by;
    fx->backup.proof = draft->outcome;
    fx->backup.proven_us = now_us;
    fx->database.last_good_us = 0;
    fx->database.last_good_backup = kt_span(NULL, 0);
    if (facts->other)
        take_good(facts->other, &fx->database);
    if (draft->outcome == IT_PROOF_GOOD)
        take_good(&fx->backup, &fx->database);
    fx->kept = keep(&fx->database, now_us);
    return kt_ok();
}
