/*
 * databases.h: the inventory of databases, samples of what they hold, their backups and the proofs
 * that these could be restored.
 */
#ifndef IT_DOMAIN_DATABASES_H
#define IT_DOMAIN_DATABASES_H

#include "domain/limits.h"

#include <kt/layout.h>
#include <kt/machine.h>
#include <kt/status.h>

#define IT_DATABASES_MAX        1000
#define IT_ENGINE_BYTES_MAX     64
#define IT_RPO_MINUTES_MAX      525600
#define IT_RETENTION_DAYS_MAX   36500
#define IT_SAMPLE_DAYS_KEPT     400
#define IT_GROWTH_DAYS          30 /* of samples that growth is taken from */
#define IT_COUNTED_TABLES_MAX   64
#define IT_TABLE_NAME_BYTES_MAX 32
/* Breaks found by one call: each opens a ticket, and all of it is one record of the journal. */
#define IT_BREAKS_MAX 16
#define IT_ROOT_BYTES 32

/* The numbers are those of the contract. */
enum { IT_RPO_NONE, IT_RPO_KEPT, IT_RPO_BROKEN, IT_RPO_STATES };
enum { IT_BACKUP_GOOD = 1, IT_BACKUP_FAILED };
enum { IT_PROOF_NONE, IT_PROOF_GOOD, IT_PROOF_BAD };

/* "it.rpo" */
extern const kt_machine_t it_rpo_machine;

typedef struct it_database_record {
    kt_span_t database, engine, owner, kantor_department;
    uint32_t rpo_minutes, retention_days;
    int64_t registered_us;
    kt_span_t last_good_backup;
    int64_t last_good_us;
    uint32_t rpo_state;
    int64_t broken_us;
    kt_span_t ticket;
} it_database_record_t;

typedef struct it_sample_record {
    kt_span_t database;
    int64_t at_us, used_bytes, file_bytes, journal_size;
    uint8_t journal_root[IT_ROOT_BYTES];
} it_sample_record_t;

/* What is derived for those who look. */
typedef struct it_database_view {
    bool rpo_broken_now;
    int64_t growth_bytes_per_day;
} it_database_view_t;

typedef struct it_backup_record {
    kt_span_t database, backup;
    int64_t started_us, finished_us, bytes, journal_size;
    uint8_t journal_root[IT_ROOT_BYTES];
    uint32_t outcome;
    kt_span_t text;
    uint32_t proof;
    int64_t proven_us;
    kt_span_t reported_by;
} it_backup_record_t;

typedef struct it_counted_table {
    kt_span_t table;
    int64_t records;
} it_counted_record_t;

typedef struct it_proof_record {
    kt_span_t database, backup;
    uint32_t outcome;
    kt_list_t tables; /* of it_counted_record_t; not in the record, but rows of their own */
    int64_t journal_size;
    uint8_t journal_root[IT_ROOT_BYTES];
    kt_span_t text, proof;
    int64_t reported_us;
    kt_span_t reported_by;
} it_proof_record_t;

extern const kt_layout_t it_database_layout, it_sample_layout, it_database_view_layout,
    it_backup_layout, it_counted_table_layout, it_proof_layout;

/* ---- the objective ---- */

/* The instant at which the objective breaks unless a good backup begins; INT64_MAX: never. */
int64_t it_rpo_breaks_us(const it_database_record_t *database);
/* Whether it is broken on the instant NOW. */
bool it_rpo_broken(const it_database_record_t *database, int64_t now_us);

/* Growth over two samples; 0 when less than a day lies between them. */
int64_t it_growth_per_day(const it_sample_record_t *first, const it_sample_record_t *last);

/* ---- decisions ---- */

/* Completes DRAFT. DATABASE_EXISTS, TOO_MANY_DATABASES. */
kt_status_t it_decide_register_database(kt_arena_t *arena, it_database_record_t *draft, bool there,
                                        uint32_t databases, int64_t now_us);

/* What DRAFT says of DATABASE, which is there, becomes so; *KEPT says that a break is over by it.
 */
void it_decide_update_database(const it_database_record_t *draft, int64_t now_us,
                               it_database_record_t *database, bool *kept);

typedef struct it_sample_facts {
    bool there;                     /* the database */
    const it_sample_record_t *last; /* NULL: none */
} it_sample_facts_t;
/* DATABASE_UNKNOWN, SAMPLE_OUT_OF_ORDER. */
kt_status_t it_decide_sample(kt_arena_t *arena, const it_sample_record_t *sample,
                             const it_sample_facts_t *facts);

typedef struct it_backup_facts {
    bool database_there;
    it_database_record_t database;
    bool there; /* a backup of that name */
} it_backup_facts_t;

typedef struct it_backup_effects {
    it_backup_record_t backup;
    it_database_record_t database;
    bool kept; /* a break is over */
} it_backup_effects_t;

/* DATABASE_UNKNOWN, BACKUP_EXISTS. */
kt_status_t
it_decide_backup(kt_arena_t *arena, const it_backup_record_t *draft, const it_backup_facts_t *facts,
                 kt_span_t by, int64_t now_us, it_backup_effects_t *fx);

typedef struct it_proof_facts {
    bool database_there;
    it_database_record_t database;
    bool backup_there;
    it_backup_record_t backup;
    /* The newest good backup that is not this one and that no proof spoke against; NULL: none. */
    const it_backup_record_t *other;
} it_proof_facts_t;

typedef struct it_proof_effects {
    it_proof_record_t proof;
    it_backup_record_t backup;
    it_database_record_t database;
    bool kept;
} it_proof_effects_t;

/* DATABASE_UNKNOWN, BACKUP_UNKNOWN, BACKUP_NOT_GOOD, PROOF_DIFFERS; the last two are refusals that
 * are kept. */
kt_status_t
it_decide_proof(kt_arena_t *arena, const it_proof_record_t *draft, const it_proof_facts_t *facts,
                kt_span_t id, kt_span_t by, int64_t now_us, it_proof_effects_t *fx);

/* Marks DATABASE as broken; false: it is not, or it is known already. */
bool it_decide_break(it_database_record_t *database, int64_t now_us);

#endif
