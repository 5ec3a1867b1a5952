#include "service.h"

#include "domain/databases.h"
#include "domain/desk.h"
#include "domain/outages.h"
#include "handlers/accounts.h"
#include "handlers/databases.h"
#include "handlers/desk.h"
#include "handlers/networks.h"
#include "handlers/probes.h"
#include "handlers/purchases.h"
#include "handlers/software.h"
#include "processes/processes.h"
#include "store/accounts.h"
#include "store/nets_check.h"
#include "store/seats_check.h"
#include "store/tables.h"

#include <kantor/it/v1/reason.kt.h>
#include <kantor/sets/it.kt.h>

#define IT_VERSION "0.1.0"

static const kt_machine_t *const MACHINES[] = {
    &it_account_machine,      &it_asset_machine,  &it_ticket_machine,
    &it_reachability_machine, &it_outage_machine, &it_rpo_machine,
};

/* Finance, for what its processes wait for. */
static const char *const FOLLOWS[] = {"finance", "legal"};

/* What the other departments' events mean here. */
static kt_status_t
take(kt_call_t *call, const char *department, const kt_event_t *event)
{
    if (strcmp(department, "legal") == 0 &&
        kt_span_equal(event->type, kt_span_str("employee.policies")))
        return it_store_take_policies(call, event);
    return kt_ok();
}

static void
find(void *context, const char *table, const char *key, const char *what)
{
    kt_verify_find((kt_verify_report_t *)context, table, key, "%s", what);
}

static kt_status_t
verify(kt_txn_t *txn, kt_verify_report_t *report)
{
    const it_check_sink_t sink = {.find = find, .context = report};
    KT_TRY(it_store_check_seats(txn, &sink));
    return it_store_check_nets(txn, &sink);
}

#define MINUTE_US (INT64_C(60) * 1000000)

/* Service levels are broken and recovery points missed by time alone. */
static const kt_chore_t CHORES[] = {
    {"/kantor.it.v1.Desk/RunBreaches", MINUTE_US, "more", "after"},
    {"/kantor.it.v1.Databases/RunRpo", MINUTE_US, "more", NULL},
};

const kt_service_t *
it_service(void)
{
    static kt_binding_t bindings[8];
    static kt_service_t service = {
        .name = "it",
        .version = IT_VERSION,
        .bindings = bindings,
        .reason_domain = "kantor.it",
        .tables = it_tables,
        .tables_count = IT_TABLES_COUNT,
        .shared_first = IT_TABLE_SHARED,
        .format = IT_FORMAT,
        .machines = MACHINES,
        .machines_count = KT_COUNT(MACHINES),
        .chores = CHORES,
        .chores_count = KT_COUNT(CHORES),
        .follows = FOLLOWS,
        .follows_count = KT_COUNT(FOLLOWS),
        .take = take,
        .verify = verify,
    };

    if (service.files) /* made already: threads may be reading it */
        return &service;
    uint32_t bound = 0;
    bindings[bound++] = it_software_bind(&it_software_handlers);
    bindings[bound++] = it_accounts_bind(&it_accounts_handlers);
    bindings[bound++] = it_desk_bind(&it_desk_handlers);
    bindings[bound++] = it_networks_bind(&it_networks_handlers);
    bindings[bound++] = it_probes_bind(&it_probes_handlers);
    bindings[bound++] = it_databases_bind(&it_databases_handlers);
    bindings[bound++] = it_purchases_bind(&it_purchases_handlers);
    service.bindings_count = bound;
    service.processes = it_processes();
    service.files = it_proto_set.files;
    service.files_count = it_proto_set.files_count;
    service.reasons = &it_reason_descriptor;
    return &service;
}
