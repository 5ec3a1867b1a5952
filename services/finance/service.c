#include "service.h"

#include "domain/employees.h"
#include "domain/payables.h"
#include "domain/periods.h"
#include "handlers/books.h"
#include "handlers/budgets.h"
#include "handlers/employees.h"
#include "handlers/payables.h"
#include "handlers/posting.h"
#include "handlers/reads.h"
#include "handlers/take.h"
#include "store/post.h"
#include "store/tables.h"
#include "store/verify_affairs.h"

#include <kantor/finance/v1/reason.kt.h>
#include <kantor/sets/finance.kt.h>
#include <stdlib.h>

#define FIN_VERSION "0.1.0"

static const fin_ledger_handlers_t LEDGER = {
    .post_entry = fin_post_entry,
    .post_entries = fin_post_entries,
    .reverse_entry = fin_reverse_entry,
    .get_entry = fin_read_entry,
    .list_entries = fin_read_entries,
    .list_register = fin_read_register,
    .get_balance = fin_read_balance,
    .trial_balance_take = fin_read_trial_take,
    .trial_balance_give = fin_read_trial_give,
    .reserve_hold = fin_reserve_hold,
    .commit_hold = fin_commit_hold,
    .release_hold = fin_release_hold,
    .get_hold = fin_read_hold,
    .list_holds = fin_read_holds,
};

static const kt_machine_t *const MACHINES[] = {&fin_period_machine, &fin_reservation_machine,
                                               &fin_schedule_machine, &fin_headcount_machine,
                                               &fin_employee_machine};

static kt_status_t
start(kt_txn_t *txn, void **state)
{
    (void)txn;
    *state = calloc(1, sizeof(fin_state_t));
    return *state ? kt_ok() : kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the service");
}

static void
forget(void *state)
{
    fin_state_forget((fin_state_t *)state);
}

static void
report(void *context, const kt_finding_t *finding)
{
    kt_verify_find((kt_verify_report_t *)context, finding->table, finding->key, "%s",
                   finding->what);
}

static bool
progress(void *context, uint64_t done, uint64_t all)
{
    return kt_verify_progress((kt_verify_report_t *)context, done, all);
}

static kt_status_t
verify(kt_txn_t *txn, kt_verify_report_t *to)
{
    fin_verify_sink_t sink = {.report = report, .progress = progress, .context = to};
    KT_TRY(fin_store_verify(txn, &sink));
    return fin_store_verify_affairs(txn, &sink);
}

const kt_service_t *
fin_service(void)
{
    static kt_binding_t bindings[5];
    static kt_service_t service = {
        .name = "finance",
        .version = FIN_VERSION,
        .bindings = bindings,
        .bindings_count = KT_COUNT(bindings),
        .reason_domain = "kantor.finance",
        .tables = fin_tables,
        .tables_count = FIN_TABLES_COUNT,
        .shared_first = FIN_TABLE_SHARED,
        .format = FIN_FORMAT,
        .migrations = fin_migrations,
        .migrations_count = FIN_MIGRATIONS_COUNT,
        .machines = MACHINES,
        .machines_count = KT_COUNT(MACHINES),
        .follows = fin_follows,
        .follows_count = FIN_FOLLOWS_COUNT,
        .take = fin_take,
        .start = start,
        .stop = free,
        .forget = forget,
        .verify = verify,
    };

    if (service.files) /* made already: threads may be reading it */
        return &service;
    bindings[0] = fin_books_bind(&fin_books_handlers);
    bindings[1] = fin_ledger_bind(&LEDGER);
    bindings[2] = fin_budgets_bind(&fin_budgets_handlers);
    bindings[3] = fin_payables_bind(&fin_payables_handlers);
    bindings[4] = fin_employees_bind(&fin_employees_handlers);
    service.files = finance_proto_set.files;
    service.files_count = finance_proto_set.files_count;
    service.reasons = &fin_reason_descriptor;
    return &service;
}
