#include "admin.h"

#include "version.h"
#include <grpc/health/health.kt.h>
#include <kantor/broker/v1/broker.kt.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/message.h>
#include <kt/scan.h>
#include <kt/time.h>
#include <stdlib.h>

#define ARENA_FIRST_BYTES   65536
#define ARENA_LIMIT_BYTES   (16u << 20)
#define STATS_METHODS_MAX   512
#define INSTANCES_SHOWN_MAX 4096

struct broker_admin {
    broker_core_t *core;
    kt_arena_t *arena;
    int64_t started_us; /* Unix time */
};

static const kt_status_t too_much = {KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_LARGE,
                                     "the answer is larger than the broker makes it"};

/* The request of a local method, in the arena, which is emptied first. */
static kt_status_t
request_read(broker_admin_t *admin, const ProtobufCMessageDescriptor *descriptor, kt_span_t bytes,
             ProtobufCMessage **request)
{
    kt_scan_limits_t limits = kt_scan_limits_usual();
    kt_scan_result_t scanned;
    kt_arena_reset(admin->arena);
    KT_TRY(kt_scan(descriptor, bytes, &limits, &scanned));
    return kt_message_unpack(admin->arena, descriptor, bytes, request);
}

static kt_status_t
response_write(broker_admin_t *admin, const ProtobufCMessage *response, kt_frame_t *frame)
{
    if (kt_arena_exhausted(admin->arena))
        return too_much;
    size_t size = protobuf_c_message_get_packed_size(response);
    if (size > KT_BODY_BYTES_MAX)
        return too_much;
    kt_frame_t made;
    KT_TRY(kt_frame_init_size(&made, size));
    protobuf_c_message_pack(response, kt_frame_bytes(&made));
    kt_frame_move(frame, &made);
    kt_frame_close(&made);
    return kt_ok();
}

/* The core's clock is monotonic; people want the date. */
static int64_t
wall_us(int64_t mono_us)
{
    return kt_clock_wall_us() - (kt_clock_mono_us() - mono_us);
}

/* ---- grpc.health.v1.Health/Check ---- */

static kt_status_t
check(void *context, kt_span_t bytes, kt_frame_t *body)
{
    broker_admin_t *admin = context;
    ProtobufCMessage *message;
    KT_TRY(request_read(admin, &health_health_check_request_descriptor, bytes, &message));
    const health_health_check_request_t *request = (const health_health_check_request_t *)(void *)
        message;
    kt_span_t name = kt_span_str(request->service);
    broker_health_t health = name.size == 0 ? BROKER_SERVING
                                            : broker_core_health(admin->core, name);
    if (health == BROKER_NOT_KNOWN)
        return kt_error(KT_NOT_FOUND, 0, "no service of this name has registered");
    health_health_check_response_t response = HEALTH_HEALTH_CHECK_RESPONSE_INIT;
    response.status = health == BROKER_SERVING
                          ? HEALTH_HEALTH_CHECK_RESPONSE_SERVING_STATUS_SERVING
                          : HEALTH_HEALTH_CHECK_RESPONSE_SERVING_STATUS_NOT_SERVING;
    return response_write(admin, &response.base, body);
}

/* ---- Broker/ListServices ---- */

typedef struct listing {
    kt_arena_t *arena;
    broker_api_instance_t **instances;
    size_t count;
} listing_t;

static char *
borrowed(const char *text)
{
    return (char *)(uintptr_t)text; /* protobuf-c's fields are not const; packing only reads them */
}

static bool
list_method(kt_arena_t *arena, const broker_method_info_t *info, rpc_registered_method_t **out)
{
    rpc_registered_method_t *method = KT_ARENA_NEW(arena, rpc_registered_method_t);
    char **roles = KT_ARENA_ARRAY(arena, char *, info->rule->roles_count);
    if (method == NULL || roles == NULL)
        return false;
    kantor__rpc__v1__registered_method__init(method);
    method->path = borrowed(info->path);
    method->kind = (Kantor__Rpc__V1__Kind)info->rule->kind;
    method->client_streaming = info->rule->client_streaming;
    method->server_streaming = info->rule->server_streaming;
    for (unsigned i = 0; i < info->rule->roles_count; i++)
        roles[method->n_roles++] = borrowed(info->rule->roles[i]);
    method->roles = roles;
    *out = method;
    return true;
}

static void
list_instance(void *context, const broker_instance_info_t *info,
              const broker_method_info_t *methods, unsigned methods_count)
{
    listing_t *listing = context;
    broker_api_instance_t *instance = KT_ARENA_NEW(listing->arena, broker_api_instance_t);
    rpc_registered_method_t **made = KT_ARENA_ARRAY(listing->arena, rpc_registered_method_t *,
                                                    methods_count);
    if (instance == NULL || made == NULL || listing->count == INSTANCES_SHOWN_MAX)
        return;
    kantor__broker__v1__instance__init(instance);
    instance->service = borrowed(info->service);
    instance->instance = borrowed(info->instance);
    instance->principal = borrowed(info->principal);
    instance->version = borrowed(info->version);
    instance->capacity = info->capacity;
    instance->open = info->open;
    instance->since_us = wall_us(info->since_us);
    instance->draining = info->draining;
    instance->methods = made;
    for (unsigned i = 0; i < methods_count; i++) {
        if (!list_method(listing->arena, &methods[i], &made[i]))
            return;
        instance->n_methods++;
    }
    listing->instances[listing->count++] = instance;
}

static int
compare_instances(const void *a, const void *b)
{
    const broker_api_instance_t *first = *(broker_api_instance_t *const *)a;
    const broker_api_instance_t *second = *(broker_api_instance_t *const *)b;
    int order = strcmp(first->service, second->service);
    return order != 0 ? order : strcmp(first->instance, second->instance);
}

typedef struct absentees {
    char *names[BROKER_SERVICES_MAX];
    size_t count;
} absentees_t;

static void
note_absentee(void *context, const char *service)
{
    absentees_t *absentees = context;
    for (size_t i = 0; i < absentees->count; i++)
        if (strcmp(absentees->names[i], service) == 0)
            return;
    if (absentees->count < KT_COUNT(absentees->names))
        absentees->names[absentees->count++] = borrowed(service);
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static kt_status_t
list_services(void *context, kt_span_t bytes, kt_frame_t *body)
{
    broker_admin_t *admin = context;
    ProtobufCMessage *request;
    KT_TRY(request_read(admin, &broker_api_list_services_request_descriptor, bytes, &request));
    listing_t listing = {
        .arena = admin->arena,
        .instances = KT_ARENA_ARRAY(admin->arena, broker_api_instance_t *, INSTANCES_SHOWN_MAX)};
    if (listing.instances == NULL)
        return too_much;
    broker_core_each_instance(admin->core, list_instance, &listing);
    qsort(listing.instances, listing.count, sizeof(broker_api_instance_t *), compare_instances);
    broker_api_list_services_response_t response = BROKER_API_LIST_SERVICES_RESPONSE_INIT;
    response.n_instances = listing.count;
    response.instances = listing.instances;
    absentees_t absentees = {.count = 0};
    broker_core_each_missing(admin->core, note_absentee, &absentees);
    qsort(absentees.names, absentees.count, sizeof absentees.names[0], compare_names);
    response.n_missing = absentees.count;
    response.missing = absentees.names;
    return response_write(admin, &response.base, body);
}

/* ---- Broker/ListKeys ---- */

typedef struct key_listing {
    kt_arena_t *arena;
    broker_api_principal_key_t **keys;
    size_t count;
} key_listing_t;

/* COUNT texts of SIZE bytes each as protobuf-c has them; NULL when memory is out. */
static char **
list_texts(kt_arena_t *arena, const char *texts, size_t size, unsigned count)
{
    char **list = KT_ARENA_ARRAY(arena, char *, count);
    for (unsigned i = 0; i < count && list != NULL; i++)
        list[i] = borrowed(texts + i * size);
    return list;
}

static void
list_key(void *context, const broker_key_info_t *info)
{
    key_listing_t *listing = context;
    const broker_grant_t *grant = info->grant;
    broker_api_principal_key_t *key = KT_ARENA_NEW(listing->arena, broker_api_principal_key_t);
    char **roles = list_texts(listing->arena, grant->roles[0], sizeof grant->roles[0],
                              grant->roles_count);
    char **serves = list_texts(listing->arena, grant->serves[0], sizeof grant->serves[0],
                               grant->serves_count);
    if (key == NULL || roles == NULL || serves == NULL)
        return; /* the arena is exhausted, and says so */
    kantor__broker__v1__principal_key__init(key);
    key->principal = borrowed(grant->name);
    key->public_key = borrowed(info->key->text);
    key->next = info->key->next;
    key->n_roles = grant->roles_count;
    key->roles = roles;
    key->n_serves = grant->serves_count;
    key->serves = serves;
    key->callers = info->callers;
    key->instances = info->instances;
    key->heard_us = info->heard_us > 0 ? wall_us(info->heard_us) : 0;
    listing->keys[listing->count++] = key;
}

static kt_status_t
list_keys(void *context, kt_span_t bytes, kt_frame_t *body)
{
    broker_admin_t *admin = context;
    ProtobufCMessage *request;
    KT_TRY(request_read(admin, &broker_api_list_keys_request_descriptor, bytes, &request));
    key_listing_t listing = {
        .arena = admin->arena,
        .keys = KT_ARENA_ARRAY(admin->arena, broker_api_principal_key_t *, BROKER_KEYS_MAX)};
    if (listing.keys == NULL)
        return too_much;
    broker_core_each_key(admin->core, list_key, &listing);
    broker_api_list_keys_response_t response = BROKER_API_LIST_KEYS_RESPONSE_INIT;
    response.n_keys = listing.count;
    response.keys = listing.keys;
    return response_write(admin, &response.base, body);
}

/* ---- Broker/Stats ---- */

typedef struct tally {
    kt_arena_t *arena;
    broker_api_method_stats_t **methods;
    size_t count;
} tally_t;

static void
add_method(void *context, const broker_method_info_t *info)
{
    tally_t *tally = context;
    if (info->stats->calls == 0 || tally->count == STATS_METHODS_MAX)
        return;
    broker_api_method_stats_t *method = KT_ARENA_NEW(tally->arena, broker_api_method_stats_t);
    if (method == NULL)
        return;
    kantor__broker__v1__method_stats__init(method);
    method->path = borrowed(info->path);
    method->calls = info->stats->calls;
    method->failed = info->stats->failed;
    if (info->stats->took_us != NULL) {
        method->p50_us = kt_hist_quantile(info->stats->took_us, 0.50);
        method->p99_us = kt_hist_quantile(info->stats->took_us, 0.99);
    }
    tally->methods[tally->count++] = method;
}

static kt_status_t
show_stats(void *context, kt_span_t bytes, kt_frame_t *body)
{
    broker_admin_t *admin = context;
    ProtobufCMessage *request;
    KT_TRY(request_read(admin, &broker_api_stats_request_descriptor, bytes, &request));
    tally_t tally = {
        .arena = admin->arena,
        .methods = KT_ARENA_ARRAY(admin->arena, broker_api_method_stats_t *, STATS_METHODS_MAX)};
    if (tally.methods == NULL)
        return too_much;
    broker_core_each_method(admin->core, add_method, &tally);
    broker_stats_t stats;
    broker_core_stats(admin->core, &stats);
    broker_api_stats_response_t response = BROKER_API_STATS_RESPONSE_INIT;
    response.version = borrowed(BROKER_VERSION);
    response.started_us = admin->started_us;
    response.now_us = kt_clock_wall_us();
    response.clients = stats.callers;
    response.open_calls = stats.open;
    response.queued_calls = stats.queued;
    response.queued_bytes = stats.queued_bytes;
    response.calls = stats.calls;
    response.refused = stats.refused;
    response.resent = stats.resent;
    response.dropped = stats.dropped;
    response.n_methods = tally.count;
    response.methods = tally.methods;
    return response_write(admin, &response.base, body);
}

/* ---- all of them ---- */

static kt_status_t
add(broker_admin_t *admin, const kt_service_desc_t *service, unsigned place, broker_local_t run)
{
    const kt_method_t *method = &service->methods[place];
    broker_rule_t rule = {.kind = (broker_kind_t)method->kind};
    for (; rule.roles_count < method->roles_count; rule.roles_count++)
        strcpy(rule.roles[rule.roles_count], method->roles[rule.roles_count]);
    return broker_core_add_local(admin->core, method->path, &rule, run, admin);
}

kt_status_t
broker_admin_new(broker_core_t *core, broker_admin_t **admin)
{
    broker_admin_t *made = calloc(1, sizeof *made);
    kt_arena_t *arena = kt_arena_new(ARENA_FIRST_BYTES, ARENA_LIMIT_BYTES);
    if (made == NULL || arena == NULL) {
        free(made);
        kt_arena_destroy(&arena);
        return kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for the broker's own methods");
    }
    *made = (broker_admin_t){.core = core, .arena = arena, .started_us = kt_clock_wall_us()};
    kt_status_t status = add(made, &health_health_service, HEALTH_HEALTH_CHECK, check);
    if (!kt_failed(status))
        status = add(made, &broker_api_broker_service, BROKER_API_BROKER_LIST_SERVICES,
                     list_services);
    if (!kt_failed(status))
        status = add(made, &broker_api_broker_service, BROKER_API_BROKER_STATS, show_stats);
    if (!kt_failed(status))
        status = add(made, &broker_api_broker_service, BROKER_API_BROKER_LIST_KEYS, list_keys);
    if (kt_failed(status))
        broker_admin_destroy(&made);
    else
        *admin = made;
    return status;
}

void
broker_admin_destroy(broker_admin_t **admin)
{
    broker_admin_t *self = *admin;
    *admin = NULL;
    if (self == NULL)
        return;
    kt_arena_destroy(&self->arena);
    free(self);
}
