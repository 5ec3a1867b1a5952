/*
 * office.h: a small service for tests of the journal: a store with tables of every class, and calls
 * that change it the way the shell does. A journal record is the bare write set.
 */
#ifndef KANTOR_TESTS_OFFICE_H
#define KANTOR_TESTS_OFFICE_H

#include "office_tables.h"
#include "testing.h"

typedef struct office {
    kt_kv_t *store;
    kt_journal_t journal;
    kt_write_set_t *set;
    kt_txn_t *txn; /* of the call that runs */
} office_t;

static inline kt_kv_options_t
office_options(const char *path)
{
    return (kt_kv_options_t){
        .path = path,
        .service = "office",
        .format = 1,
        .tables = office_tables,
        .tables_count = KT_COUNT(office_tables),
    };
}

/* Takes the store over. */
static inline void
office_init(office_t *office, kt_kv_t *store)
{
    kt_txn_t *txn = NULL;
    *office = (office_t){.store = store};
    office->set = kt_write_set_new(office_tables, KT_COUNT(office_tables));
    assert_non_null(office->set);
    assert_ok(kt_kv_begin_read(store, &txn));
    assert_ok(kt_journal_load(&office->journal, txn));
    kt_kv_abort(&txn);
}

static inline void
office_fini(office_t *office)
{
    kt_write_set_destroy(&office->set);
    kt_kv_close(&office->store);
}

static inline kt_status_t
office_begin(office_t *office)
{
    KT_TRY(kt_kv_begin_write(office->store, &office->txn));
    kt_write_set_reset(office->set);
    kt_kv_observe(office->txn, kt_write_set_observe, office->set);
    return kt_ok();
}

/* One call of a batch ends: its write set becomes a journal record, and the next call begins. */
static inline kt_status_t
office_next(office_t *office)
{
    uint64_t number;
    kt_kv_observe(office->txn, NULL, NULL);
    KT_TRY(kt_journal_append(&office->journal, office->txn, kt_write_set_encoded(office->set),
                             &number));
    kt_write_set_reset(office->set);
    kt_kv_observe(office->txn, kt_write_set_observe, office->set);
    return kt_ok();
}

static inline kt_status_t
office_commit(office_t *office)
{
    KT_TRY(office_next(office));
    kt_kv_observe(office->txn, NULL, NULL);
    KT_TRY(kt_journal_save(&office->journal, office->txn));
    KT_TRY(kt_kv_commit(&office->txn));
    kt_journal_committed(&office->journal);
    return kt_ok();
}

static inline void
office_abort(office_t *office)
{
    kt_kv_abort(&office->txn);
    kt_journal_aborted(&office->journal);
}

static inline kt_status_t
office_write_set_of(kt_span_t record, kt_span_t *write_set)
{
    *write_set = record;
    return kt_ok();
}

typedef struct findings {
    unsigned count;
    kt_finding_t first, last;
} findings_t;

static inline void
findings_add(void *context, const kt_finding_t *finding)
{
    findings_t *findings = (findings_t *)context;
    if (findings->count++ == 0)
        findings->first = *finding;
    findings->last = *finding;
}

/* Verifies what TXN sees, with so few facts a pass that there are several. */
static inline void
office_verify_in(office_t *office, kt_txn_t *txn, findings_t *findings)
{
    const kt_journal_verify_t how = {
        .write_set_of = office_write_set_of,
        .report = findings_add,
        .report_context = findings,
        .facts_per_pass = 10,
    };
    *findings = (findings_t){0};
    assert_ok(kt_journal_verify(office->store, txn, &how));
}

static inline void
office_assert_sound(office_t *office)
{
    kt_txn_t *txn = NULL;
    findings_t findings;
    assert_ok(kt_kv_begin_read(office->store, &txn));
    office_verify_in(office, txn, &findings);
    kt_kv_abort(&txn);
    if (findings.count > 0)
        fail_msg("%u findings, the last: %s %s: %s", findings.count, findings.last.table,
                 findings.last.key, findings.last.what);
}

#endif
