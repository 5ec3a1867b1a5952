#include "service.h"

#include "store/tables.h"

#include <kantor/legal/v1/reason.kt.h>
#include <kantor/sets/legal.kt.h>

#define LEGAL_VERSION "0.1.0"

const kt_service_t *
legal_service(void)
{
    static kt_service_t service = {
        .name = "legal",
        .version = LEGAL_VERSION,
        .reason_domain = "kantor.legal",
        .tables = legal_tables,
        .tables_count = LEGAL_TABLES_COUNT,
        .shared_first = LEGAL_TABLE_SHARED,
        .format = LEGAL_FORMAT,
    };

    service.files = legal_proto_set.files;
    service.files_count = legal_proto_set.files_count;
    service.reasons = &legal_reason_descriptor;
    return &service;
}
