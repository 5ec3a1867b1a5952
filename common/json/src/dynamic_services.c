/* Method tables as protoc-gen-kantor makes them (common/codegen), with the same refusals. */
#include "dynamic_private.h"
#include <kantor/rpc/v1/rule.kt.h>
#include <kt/message.h>
#include <kt/option.h>
#include <kt/scan.h>

#define ROLE_BYTES_MAX 48

/*
 * How many levels of messages TYPE has, itself included; LEVEL are around it. Deeper than the wire
 * lets through is refused, and so a message that holds itself is: it has no height. That also
 * bounds this recursion.
 */
static bool
measure(const kt_dynamic_t *dynamic, dyn_type_t *type, unsigned level)
{
    unsigned height = 1;
    if (type->on_way || level + KT_MAX(type->height, 1u) > KT_SCAN_DEPTH_MAX)
        return false;
    if (type->height > 0)
        return true;
    type->on_way = true;
    for (size_t i = 0; i < type->message_proto->n_field; i++) {
        const dyn_field_proto_t *field = type->message_proto->field[i];
        if (field->type != GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE)
            continue;
        dyn_type_t *inner = dyn_find(dynamic, field->type_name);
        if (!measure(dynamic, inner, level + 1))
            return false;
        height = KT_MAX(height, inner->height + 1);
    }
    type->on_way = false;
    type->height = height;
    return true;
}

static kt_status_t
find_message(const kt_dynamic_t *dynamic, const dyn_file_t *file, const char *path,
             const char *name, const ProtobufCMessageDescriptor **message)
{
    dyn_type_t *type = name ? dyn_find(dynamic, name) : NULL;
    if (!type || !type->message)
        return dyn_bad(dynamic, file, "method %s: there is no message %s", path,
                       dyn_shown(name ? name : ""));
    if (!measure(dynamic, type, 0))
        return dyn_bad(dynamic, file, "method %s: message %s holds itself, or nests deeper than %d",
                       path, type->name, KT_SCAN_DEPTH_MAX);
    *message = type->message;
    return kt_ok();
}

static kt_status_t
load_rule(const kt_dynamic_t *dynamic, const dyn_file_t *file, const char *path,
          const dyn_method_proto_t *proto, const rpc_rule_t **rule)
{
    const ProtobufCMessage *options = proto->options ? &proto->options->base : NULL;
    kt_span_t bytes = kt_option_bytes(dynamic->arena, options, KT_OPTION_TAG);
    kt_scan_limits_t limits = kt_scan_limits_usual();
    kt_scan_result_t scanned;
    ProtobufCMessage *message;
    if (!bytes.data)
        return dyn_bad(dynamic, file, "method %s has no rule", path);
    KT_TRY(kt_scan(&rpc_rule_descriptor, bytes, &limits, &scanned));
    KT_TRY(kt_message_unpack(dynamic->arena, &rpc_rule_descriptor, bytes, &message));
    *rule = (const rpc_rule_t *)message;
    if ((*rule)->kind < RPC_KIND_READ || (*rule)->kind > RPC_KIND_ADMIN)
        return dyn_bad(dynamic, file, "the rule of method %s has no kind that is known here", path);
    if ((*rule)->n_roles == 0 || (*rule)->n_roles > KT_METHOD_ROLES_MAX)
        return dyn_bad(dynamic, file, "the rule of method %s has %zu roles, not 1 to %d", path,
                       (*rule)->n_roles, KT_METHOD_ROLES_MAX);
    for (size_t i = 0; i < (*rule)->n_roles; i++)
        if (strlen((*rule)->roles[i]) > ROLE_BYTES_MAX ||
            strcmp(dyn_shown((*rule)->roles[i]), "?") == 0)
            return dyn_bad(dynamic, file, "the rule of method %s has a role without a proper name",
                           path);
    return kt_ok();
}

static kt_status_t
build_method(const kt_dynamic_t *dynamic, const dyn_file_t *file, const char *service,
             const dyn_method_proto_t *proto, kt_method_t *method)
{
    const rpc_rule_t *rule = NULL; /* gcc does not see that load_rule sets it */
    if (!proto->name || !dyn_is_name(proto->name, false) ||
        strlen(service) + strlen(proto->name) + 2 > KT_METHOD_PATH_BYTES_MAX)
        return dyn_bad(dynamic, file, "a method of %s without a proper name", service);
    const char *path = kt_arena_printf(dynamic->arena, "/%s/%s", service, proto->name);
    *method = (kt_method_t){
        .path = path,
        .client_streaming = proto->client_streaming != 0,
        .server_streaming = proto->server_streaming != 0,
    };
    KT_TRY(find_message(dynamic, file, path, proto->input_type, &method->request));
    KT_TRY(find_message(dynamic, file, path, proto->output_type, &method->response));
    KT_TRY(load_rule(dynamic, file, path, proto, &rule));
    method->kind = (kt_method_kind_t)(int)rule->kind;
    method->roles = (const char *const *)rule->roles;
    method->roles_count = (uint32_t)rule->n_roles;
    if (method->kind == KT_METHOD_WRITE && (method->client_streaming || method->server_streaming))
        return dyn_bad(dynamic, file, "method %s is a WRITE and streams", path);
    return kt_ok();
}

kt_status_t
dyn_build_service(const kt_dynamic_t *dynamic, const dyn_file_t *file,
                  const dyn_service_proto_t *proto, kt_service_desc_t *service)
{
    if (proto->n_method > KT_SERVICE_METHODS_MAX)
        return dyn_bad(dynamic, file, "service %s has more than %d methods", service->name,
                       KT_SERVICE_METHODS_MAX);
    kt_method_t *methods = DYN_ARRAY(dynamic, kt_method_t, proto->n_method);
    if (!methods)
        return dyn_exhausted();
    for (size_t i = 0; i < proto->n_method; i++) {
        KT_TRY(build_method(dynamic, file, service->name, proto->method[i], &methods[i]));
        for (size_t j = 0; j < i; j++)
            if (strcmp(methods[j].path, methods[i].path) == 0)
                return dyn_bad(dynamic, file, "method %s is declared twice", methods[i].path);
    }
    service->methods = methods;
    service->methods_count = (uint32_t)proto->n_method;
    return kt_ok();
}
