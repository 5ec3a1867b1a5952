#include "codec.h"

#include <google/rpc/error_details.kt.h>
#include <kantor/rpc/v1/call.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/scan.h>
#include <stdlib.h>

#define TYPE_URL         "type.googleapis.com/"
#define DETAIL_BYTES_MAX 256

#define REGISTRATION_ELEMENTS_MAX (BROKER_METHODS_MAX * (1 + BROKER_METHOD_ROLES_MAX))
#define REGISTRATION_MEMORY_MAX   (1u << 20)

static kt_status_t
bad_field(const char *text)
{
    return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD, text);
}

/* Whether TEXT is 1..MAX of the bytes that names may have. */
static bool
name_valid(const char *text, size_t max, const char *allowed)
{
    size_t size = strlen(text);
    return size > 0 && size <= max && strspn(text, allowed) == size;
}

#define NAME_CHARS    "abcdefghijklmnopqrstuvwxyz0123456789-"
#define ROLE_CHARS    NAME_CHARS "."
#define VERSION_CHARS ROLE_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_+~: "

/* ---- REGISTER ---- */

static kt_status_t
decode_rule(const rpc_registered_method_t *from, broker_rule_t *rule)
{
    if (from->kind < RPC_KIND_READ || from->kind > RPC_KIND_ADMIN)
        return bad_field("methods[].kind: neither READ nor WRITE nor ADMIN");
    if (from->kind == RPC_KIND_WRITE && (from->client_streaming || from->server_streaming))
        return bad_field("methods[].kind: a WRITE does not stream");
    if (from->n_roles == 0 || from->n_roles > BROKER_METHOD_ROLES_MAX)
        return bad_field("methods[].roles: not 1 to 8");
    *rule = (broker_rule_t){.kind = (broker_kind_t)from->kind,
                            .client_streaming = from->client_streaming != 0,
                            .server_streaming = from->server_streaming != 0,
                            .roles_count = (unsigned)from->n_roles};
    bool any = from->n_roles == 1 && strcmp(from->roles[0], "*") == 0;
    for (size_t i = 0; i < from->n_roles; i++) {
        if (!any && !name_valid(from->roles[i], BROKER_ROLE_BYTES_MAX, ROLE_CHARS))
            return bad_field("methods[].roles: a role is [a-z0-9.-]{1,48}, or \"*\" alone");
        strcpy(rule->roles[i], from->roles[i]);
    }
    return kt_ok();
}

/* Whether one of the dotted parts of the path's package is the service's own name ('_' for '-'). */
static bool
package_names(kt_span_t package, const char *service)
{
    size_t size = strlen(service), at = 0;
    while (at < package.size) {
        size_t end = at;
        while (end < package.size && package.data[end] != '.' && package.data[end] != '/')
            end++;
        bool same = end - at == size;
        for (size_t i = 0; same && i < size; i++)
            same = package.data[at + i] == (service[i] == '-' ? '_' : (uint8_t)service[i]);
        if (same)
            return true;
        if (end < package.size && package.data[end] == '/')
            return false;
        at = end + 1;
    }
    return false;
}

bool
broker_path_names(kt_span_t path, const char *service)
{
    const uint8_t *slash = memchr(path.data, '/', path.size);
    KT_ASSERT(slash);
    kt_span_t before = kt_span(path.data, (size_t)(slash - path.data));
    return before.size > 0 ? kt_span_equal(before, kt_span_str(service))
                           : package_names(kt_span(path.data + 1, path.size - 1), service);
}

static kt_status_t
decode_offer(const char *service, const rpc_registered_method_t *from, broker_offer_t *offer)
{
    kt_span_t path = kt_span_str(from->path);
    if (!kt_path_valid(path))
        return bad_field("methods[].path: not [department]/package.Service/Method");
    if (!broker_path_names(path, service))
        return kt_error(
            KT_PERMISSION_DENIED, RPC_REASON_NOT_A_SERVER,
            "methods[].path: neither the package nor the part before the slash names the service");
    memcpy(offer->path, path.data, path.size);
    offer->path[path.size] = '\0';
    return decode_rule(from, &offer->rule);
}

static int
compare_offers(const void *a, const void *b)
{
    return strcmp(((const broker_offer_t *)a)->path, ((const broker_offer_t *)b)->path);
}

static kt_status_t
decode_offers(const rpc_registration_t *from, broker_registration_t *registration)
{
    for (size_t i = 0; i < from->n_methods; i++)
        KT_TRY(decode_offer(from->service, from->methods[i], &registration->offers[i]));
    qsort(registration->offers, registration->offers_count, sizeof registration->offers[0],
          compare_offers);
    for (unsigned i = 1; i < registration->offers_count; i++)
        if (strcmp(registration->offers[i - 1].path, registration->offers[i].path) == 0)
            return bad_field("methods[].path: twice the same");
    return kt_ok();
}

static kt_status_t
decode_registration(const rpc_registration_t *from, broker_registration_t *registration)
{
    if (!name_valid(from->service, BROKER_SERVICE_BYTES_MAX, NAME_CHARS))
        return bad_field("service: not [a-z0-9-]{1,32}");
    if (!name_valid(from->instance, BROKER_NAME_BYTES_MAX, NAME_CHARS))
        return bad_field("instance: not [a-z0-9-]{1,64}");
    if (from->version[0] != '\0' &&
        !name_valid(from->version, BROKER_VERSION_BYTES_MAX, VERSION_CHARS))
        return bad_field("version: longer than 64 bytes, or not plain text");
    if (from->capacity == 0 || from->capacity > BROKER_CAPACITY_MAX)
        return bad_field("capacity: not 1 to 65,535");
    if (from->n_methods == 0 || from->n_methods > BROKER_METHODS_MAX)
        return bad_field("methods: not 1 to 512");
    if (from->epoch > 0 ? from->life.len != KT_ULID_BYTES : from->life.len != 0)
        return bad_field("life: not 16 bytes, or without an epoch");
    registration->epoch = from->epoch;
    if (from->epoch > 0)
        memcpy(registration->life.bytes, from->life.data, KT_ULID_BYTES);
    strcpy(registration->service, from->service);
    strcpy(registration->instance, from->instance);
    strcpy(registration->version, from->version);
    registration->capacity = from->capacity;
    registration->offers_count = (unsigned)from->n_methods;
    registration->offers = calloc(from->n_methods, sizeof registration->offers[0]);
    if (registration->offers == NULL)
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "the broker is out of memory");
    return decode_offers(from, registration);
}

kt_status_t
broker_registration_decode(kt_span_t meta, broker_registration_t *registration)
{
    if (meta.size > KT_REGISTRATION_BYTES_MAX)
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_TOO_LARGE,
                        "the registration is longer than 65,536 bytes");
    kt_scan_limits_t limits = {.elements_max = REGISTRATION_ELEMENTS_MAX,
                               .memory_max = REGISTRATION_MEMORY_MAX};
    kt_scan_result_t scanned;
    KT_TRY(kt_scan(&rpc_registration_descriptor, meta, &limits, &scanned));
    rpc_registration_t *from = kantor__rpc__v1__registration__unpack(NULL, meta.size, meta.data);
    if (from == NULL)
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY,
                        "the meta frame is no Registration");
    broker_registration_t made = {0};
    kt_status_t status = decode_registration(from, &made);
    kantor__rpc__v1__registration__free_unpacked(from, NULL);
    if (kt_failed(status))
        broker_registration_fini(&made);
    else
        *registration = made;
    return status;
}

void
broker_registration_fini(broker_registration_t *registration)
{
    free(registration->offers);
    registration->offers = NULL;
}

/* ---- Caller ---- */

size_t
broker_caller_encode(const broker_grant_t *grant, uint8_t out[KT_CALLER_BYTES_MAX])
{
    char *roles[BROKER_ROLES_MAX];
    rpc_caller_t caller = RPC_CALLER_INIT;
    for (unsigned i = 0; i < grant->roles_count; i++)
        roles[i] = (char *)(uintptr_t)grant->roles[i];
    caller.principal = (char *)(uintptr_t)grant->name;
    caller.n_roles = grant->roles_count;
    caller.roles = roles;
    size_t size = kantor__rpc__v1__caller__get_packed_size(&caller);
    return size <= KT_CALLER_BYTES_MAX ? kantor__rpc__v1__caller__pack(&caller, out) : 0;
}

/* ---- END ---- */

typedef struct detail {
    uint8_t bytes[DETAIL_BYTES_MAX];
    Google__Protobuf__Any any;
} detail_t;

static void
detail_pack(const ProtobufCMessage *message, const char *url, detail_t *detail)
{
    KT_ASSERT(protobuf_c_message_get_packed_size(message) <= sizeof detail->bytes);
    detail->any = (Google__Protobuf__Any)GOOGLE__PROTOBUF__ANY__INIT;
    detail->any.type_url = (char *)(uintptr_t)url;
    detail->any.value.data = detail->bytes;
    detail->any.value.len = protobuf_c_message_pack(message, detail->bytes);
}

kt_status_t
broker_verdict_encode(const broker_verdict_t *verdict, kt_frame_t *frame)
{
    if (!kt_failed(verdict->status))
        return kt_ok(); /* an empty meta is OK */
    detail_t info, retry;
    Google__Protobuf__Any *details[2];
    rpc_call_status_t status = RPC_CALL_STATUS_INIT;
    status.code = (int32_t)verdict->status.code;
    status.message = (char *)(uintptr_t)verdict->status.text;
    status.details = details;
    const ProtobufCEnumValue *reason = protobuf_c_enum_descriptor_get_value(
        &rpc_reason_descriptor, (int)verdict->status.reason);
    if (verdict->status.reason != 0 && reason != NULL) {
        google_rpc_error_info_t said = GOOGLE_RPC_ERROR_INFO_INIT;
        said.reason = (char *)(uintptr_t)reason->name;
        said.domain = (char *)(uintptr_t) "kantor.rpc";
        detail_pack(&said.base, TYPE_URL "google.rpc.ErrorInfo", &info);
        details[status.n_details++] = &info.any;
    }
    if (verdict->retry_ms > 0) {
        Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
        google_rpc_retry_info_t said = GOOGLE_RPC_RETRY_INFO_INIT;
        delay.seconds = verdict->retry_ms / 1000;
        delay.nanos = (int32_t)(verdict->retry_ms % 1000 * 1000000);
        said.retry_delay = &delay;
        detail_pack(&said.base, TYPE_URL "google.rpc.RetryInfo", &retry);
        details[status.n_details++] = &retry.any;
    }
    status.outcome = verdict->unknown ? RPC_OUTCOME_UNKNOWN : RPC_OUTCOME_DEFINITE;
    if (verdict->unknown && verdict->key != NULL) {
        status.idempotency_key.data = (uint8_t *)(uintptr_t)verdict->key->bytes;
        status.idempotency_key.len = KT_ULID_BYTES;
    }
    kt_frame_t made;
    KT_TRY(kt_frame_init_size(&made, kantor__rpc__v1__call_status__get_packed_size(&status)));
    kantor__rpc__v1__call_status__pack(&status, kt_frame_bytes(&made));
    kt_frame_move(frame, &made);
    kt_frame_close(&made);
    return kt_ok();
}

uint32_t
broker_status_code(kt_span_t meta)
{
    if (meta.size == 0 ||
        meta.data[0] != 0x08) /* field 1, varint; every other field means that it is 0 */
        return meta.size == 0 || (meta.data[0] >> 3 > 1) ? KT_OK : KT_UNKNOWN;
    return meta.size > 1 && meta.data[1] < KT_CODE_COUNT ? meta.data[1] : KT_UNKNOWN;
}

bool
broker_meta_key(kt_span_t meta, kt_ulid_t *key)
{
    if (meta.size > KT_META_BYTES_MAX)
        return false;
    rpc_call_meta_t *from = kantor__rpc__v1__call_meta__unpack(NULL, meta.size, meta.data);
    if (from == NULL)
        return false;
    bool found = from->idempotency_key.len == KT_ULID_BYTES;
    if (found)
        memcpy(key->bytes, from->idempotency_key.data, KT_ULID_BYTES);
    kantor__rpc__v1__call_meta__free_unpacked(from, NULL);
    return found;
}

/* Of a field that stands twice the last one counts, so what is to be said is put behind the rest.
 */
bool
broker_status_doubt(kt_frame_t *meta, const kt_ulid_t *key)
{
    uint8_t fields[BROKER_DOUBT_BYTES] = {5 << 3, KANTOR__RPC__V1__OUTCOME__OUTCOME_UNKNOWN,
                                          6 << 3 | 2, KT_ULID_BYTES};
    size_t size = 2;
    if (key != NULL) {
        memcpy(fields + 4, key->bytes, KT_ULID_BYTES);
        size = sizeof fields;
    }
    kt_span_t old = kt_frame_span(meta);
    kt_frame_t made;
    if (kt_failed(kt_frame_init_size(&made, old.size + size)))
        return false;
    if (old.size > 0)
        memcpy(kt_frame_bytes(&made), old.data, old.size);
    memcpy(kt_frame_bytes(&made) + old.size, fields, size);
    kt_frame_move(meta, &made);
    kt_frame_close(&made);
    return true;
}
