/*
 * service.h: the shell every department runs in.
 *
 * A department brings: its proto services bound to handlers, its tables, its verification of
 * derived tables. The shell brings everything else: connections to the brokers, checks of every
 * request, one writer with group commit, readers, idempotency, journal, health, reflection,
 * kantor.store.v1.Store, metrics, logs, signals.
 *
 * Threads: front (sockets and call machine), writer (one), committer (waits for the disk), readers
 * (some), metrics (HTTP), main
 * (signals).
 */
#ifndef KT_SERVICE_H
#define KT_SERVICE_H

#include <kt/call.h>
#include <kt/event.h>
#include <kt/journal.h>
#include <kt/machine.h>
#include <kt/process.h>

typedef struct kt_verify_report kt_verify_report_t;
/* Adds a finding to the verification that is running. */
void kt_verify_find(kt_verify_report_t *report, const char *table, const char *key,
                    const char *what_format, ...) KT_PRINTF(4, 5);
/* Tells how far it is; false: give up, the caller went away. */
bool kt_verify_progress(kt_verify_report_t *report, uint64_t done, uint64_t all);

/* A WRITE of its own that the department calls by itself, as "department" and with an empty
 * request, EVERY_US after the last time; for facts that only time makes, such as a deadline that
 * has passed. Where the answer's field MORE is true it goes on at once, with the field AFTER of the
 * answer in that of the next request. */
typedef struct kt_chore {
    const char *method; /* "/kantor.it.v1.Desk/RunBreaches" */
    int64_t every_us;
    const char *more, *after; /* or NULL */
} kt_chore_t;

typedef struct kt_service {
    const char *name; /* the department: "finance" */
    const char *version;
    const kt_binding_t *bindings; /* its own proto services */
    uint32_t bindings_count;
    const kt_file_desc_t *files; /* what reflection serves */
    uint32_t files_count;
    const ProtobufCEnumDescriptor *reasons; /* its Reason enum, numbers from 1000; NULL: none */
    const char *reason_domain;              /* "kantor.finance" */

    /* beginning with KT_SYSTEM_TABLES; NULL: a service without a store */
    const kt_table_t *tables;
    uint32_t tables_count;
    uint32_t shared_first; /* where KT_SHARED_TABLES stand among them; 0: it has none */
    uint32_t format;
    const kt_kv_migration_t *migrations;
    uint32_t migrations_count;

    /* Its transition tables, for tests and drawings. */
    const kt_machine_t *const *machines;
    uint32_t machines_count;

    /* The processes that it owns; NULL: none. */
    const kt_processes_t *processes;

    /* What it does by itself from time to time. */
    const kt_chore_t *chores;
    uint32_t chores_count;

    /* The departments whose events it takes, and what it does with one: a write of its own, made of
     * facts that happened, so it never refuses; what it does not know it leaves alone. Events come
     * in order, each once, and how far they were taken is kept in the same transaction. May be
     * none; with processes, all that they wait for, whose news has them ask again. */
    const char *const *follows;
    uint32_t follows_count;
    kt_status_t (*take)(kt_call_t *call, const char *department, const kt_event_t *event);

    /* May be NULL. Runs once after the store is open, before the first call; makes *STATE. TXN
     * reads (NULL without a store). */
    kt_status_t (*start)(kt_txn_t *txn, void **state);
    void (*stop)(void *state);
    /* May be NULL. After an aborted batch: forget everything cached from the store. */
    void (*forget)(void *state);
    /* Recomputes the DERIVED tables from the others and reports what differs. The shell has already
     * checked the journal, the facts and the logs. May be NULL when there are none. */
    kt_status_t (*verify)(kt_txn_t *txn, kt_verify_report_t *report);
} kt_service_t;

/* Reads the options (see `--help`), runs until SIGTERM or SIGINT has drained it. Returns the exit
 * code for main. */
int kt_service_main(int argc, char **argv, const kt_service_t *service);

#endif
