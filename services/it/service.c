#include "service.h"

#include "domain/desk.h"
#include "domain/outages.h"
#include "handlers/networks.h"
#include "handlers/probes.h"
#include "store/tables.h"

#include <kantor/it/v1/reason.kt.h>
#include <kantor/sets/it.kt.h>

#define IT_VERSION "0.1.0"

static const kt_machine_t *const MACHINES[] = {
    &it_ticket_machine,
    &it_reachability_machine,
    &it_outage_machine,
};

const kt_service_t *
it_service(void)
{
    static kt_binding_t bindings[2];
    static kt_service_t service = {
        .name = "it",
        .version = IT_VERSION,
        .bindings = bindings,
        .bindings_count = KT_COUNT(bindings),
        .reason_domain = "kantor.it",
        .tables = it_tables,
        .tables_count = IT_TABLES_COUNT,
        .shared_first = IT_TABLE_SHARED,
        .format = IT_FORMAT,
        .machines = MACHINES,
        .machines_count = KT_COUNT(MACHINES),
    };

    bindings[0] = it_networks_bind(&it_networks_handlers);
    bindings[1] = it_probes_bind(&it_probes_handlers);
    service.files = it_proto_set.files;
    service.files_count = it_proto_set.files_count;
    service.reasons = &it_reason_descriptor;
    return &service;
}
