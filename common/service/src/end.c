/* From a job's outcome to the CallStatus that its END carries. */
#include "shell.h"

#include <kantor/rpc/v1/reason.kt.h>

#define SHARED_DOMAIN       "kantor.rpc"
#define SERVICE_REASONS_MIN 1000

const char *
kt_reason_of(const kt_service_t *service, uint32_t reason, const char **domain)
{
    bool own = reason >= SERVICE_REASONS_MIN;
    const ProtobufCEnumDescriptor *reasons = own ? service->reasons : &rpc_reason_descriptor;
    const ProtobufCEnumValue *value;

    if (reason == 0 || !reasons)
        return NULL;
    value = protobuf_c_enum_descriptor_get_value(reasons, (int)reason);
    *domain = own ? service->reason_domain : SHARED_DOMAIN;
    return value ? value->name : NULL;
}

kt_status_t
kt_end_frame(kt_shell_t *shell, const kt_job_t *job, kt_frame_t *meta)
{
    const kt_write_t *write = &job->write;
    const kt_call_t *call = &job->call;
    const char *fields[2 * KT_VIOLATIONS_MAX];
    kt_end_t end = {
        .status = write->status,
        .retry_after_ms = call->retry_after_ms,
        .outcome_unknown = write->outcome_unknown,
        .key = &call->key,
        .replayed = write->replayed && !kt_failed(write->status),
    };
    uint8_t bytes[KT_META_BYTES_MAX];

    if (!kt_failed(end.status) && !end.replayed) {
        kt_frame_init(meta);
        return kt_ok();
    }
    end.reason = kt_reason_of(shell->service, end.status.reason, &end.domain);
    if (end.status.code == KT_INVALID_ARGUMENT) {
        for (uint32_t i = 0; i < call->violations_count; i++) {
            fields[2 * i] = call->violations[i].field;
            fields[2 * i + 1] = call->violations[i].description;
        }
        end.fields = fields;
        end.violations_count = call->violations_count;
    }
    return kt_frame_init_copy(meta, kt_span(bytes, kt_end_encode(&end, bytes, sizeof(bytes))));
}
