#include "service.h"

#include "domain/contracts.h"
#include "domain/oversight.h"
#include "domain/tasks.h"
#include "handlers/contracts.h"
#include "handlers/hires.h"
#include "handlers/matters.h"
#include "handlers/oversight.h"
#include "handlers/parties.h"
#include "handlers/policies.h"
#include "processes/processes.h"
#include "store/tables.h"
#include "store/verify.h"

#include <kantor/legal/v1/reason.kt.h>
#include <kantor/sets/legal.kt.h>

#define LEGAL_VERSION "0.1.0"

static const kt_machine_t *const machines[] = {
    &legal_policy_machine, &legal_task_machine,     &legal_matter_machine,
    &legal_party_machine,  &legal_contract_machine, &legal_report_machine,
};

/* For what its processes wait for; their events mean nothing else here. */
static const char *const FOLLOWS[] = {"finance", "it", "legal"};

static void
find(void *context, const char *table, const char *key, const char *what)
{
    kt_verify_find((kt_verify_report_t *)context, table, key, "%s", what);
}

static kt_status_t
verify(kt_txn_t *txn, kt_verify_report_t *report)
{
    const legal_verify_sink_t sink = {.find = find, .context = report};

    KT_TRY(legal_store_verify_policies(txn, &sink));
    return legal_store_verify_matters(txn, &sink);
}

/* Days are told by the hour, for they do not begin at once everywhere. */
static const kt_chore_t CHORES[] = {
    {"/kantor.legal.v1.Policies/RunEscalations", INT64_C(3600) * 1000000, "more", NULL},
};

const kt_service_t *
legal_service(void)
{
    static kt_binding_t bindings[6];
    static kt_service_t service = {
        .name = "legal",
        .version = LEGAL_VERSION,
        .bindings = bindings,
        .bindings_count = KT_COUNT(bindings),
        .reason_domain = "kantor.legal",
        .tables = legal_tables,
        .tables_count = LEGAL_TABLES_COUNT,
        .shared_first = LEGAL_TABLE_SHARED,
        .format = LEGAL_FORMAT,
        .machines = machines,
        .machines_count = KT_COUNT(machines),
        .chores = CHORES,
        .chores_count = KT_COUNT(CHORES),
        .follows = FOLLOWS,
        .follows_count = KT_COUNT(FOLLOWS),
        .verify = verify,
    };

    if (service.files) /* made already: threads may be reading it */
        return &service;
    bindings[0] = legal_policies_bind(&legal_policies_handlers);
    bindings[1] = legal_parties_bind(&legal_parties_handlers);
    bindings[2] = legal_contracts_bind(&legal_contracts_handlers);
    bindings[3] = legal_oversight_bind(&legal_oversight_handlers);
    bindings[4] = legal_matters_bind(&legal_matters_handlers);
    bindings[5] = legal_hires_bind(&legal_hires_handlers);
    service.processes = legal_processes();
    service.files = legal_proto_set.files;
    service.files_count = legal_proto_set.files_count;
    service.reasons = &legal_reason_descriptor;
    return &service;
}
