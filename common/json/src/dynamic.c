#include "dynamic_private.h"
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/message.h>
#include <kt/scan.h>
#include <stdlib.h>

/* Options of our own are unknown fields: one or two for each method. */
#define UNKNOWN_MAX (4 * KT_SERVICE_METHODS_MAX)

kt_status_t
dyn_exhausted(void)
{
    return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS,
                    "the contracts take more memory than there is for them");
}

static kt_status_t
too_many(const char *text)
{
    return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS, text);
}

const char *
dyn_shown(const char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++)
        if (text[i] < 0x21 || text[i] > 0x7E)
            return "?";
    return size > 0 && size <= KT_DYNAMIC_NAME_BYTES_MAX ? text : "?";
}

kt_status_t
dyn_bad(const kt_dynamic_t *dynamic, const dyn_file_t *file, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *what = kt_arena_vprintf(dynamic->arena, format, args);
    va_end(args);
    const char *name = file && file->name ? dyn_shown(file->name) : "?";
    return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY,
                    kt_arena_printf(dynamic->arena, "%s: %s", name, what));
}

bool
dyn_is_name(const char *name, bool dots)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char digits[] = "0123456789";
    bool first = true;
    for (; *name; name++) {
        if (dots && *name == '.' && !first)
            first = true;
        else if (strchr(letters, *name) || (!first && strchr(digits, *name)))
            first = false;
        else
            return false;
    }
    return !first;
}

void *
dyn_take(const kt_dynamic_t *dynamic, size_t count, size_t size)
{
    return kt_arena_zalloc(dynamic->arena, KT_MAX(count, 1u), size);
}

/* ---- files ---- */

static kt_status_t
load_file(kt_dynamic_t *dynamic, kt_span_t bytes, dyn_file_t **file)
{
    const ProtobufCMessageDescriptor *descriptor =
        &google__protobuf__file_descriptor_proto__descriptor;
    kt_scan_limits_t limits = kt_scan_limits_usual();
    kt_scan_result_t scanned;
    ProtobufCMessage *message;
    limits.unknown_max = UNKNOWN_MAX;
    if (bytes.size > KT_DYNAMIC_FILE_BYTES_MAX)
        return too_many("a file descriptor is larger than 1 MiB");
    KT_TRY(kt_scan(descriptor, bytes, &limits, &scanned));
    KT_TRY(kt_message_unpack(dynamic->arena, descriptor, bytes, &message));
    *file = (dyn_file_t *)message;
    if (!(*file)->name || strcmp(dyn_shown((*file)->name), "?") == 0)
        return dyn_bad(dynamic, NULL, "a file without a proper name");
    const char *syntax = (*file)->syntax ? (*file)->syntax : "proto2";
    if (strcmp(syntax, "proto2") != 0 && strcmp(syntax, "proto3") != 0)
        return dyn_bad(dynamic, *file, "neither proto2 nor proto3");
    const char *package = (*file)->package ? (*file)->package : "";
    if (*package && (!dyn_is_name(package, true) || strlen(package) > KT_DYNAMIC_NAME_BYTES_MAX))
        return dyn_bad(dynamic, *file, "its package has no proper name");
    return kt_ok();
}

/* Reflection sends a file again whenever another one needs it. */
static kt_status_t
load_files(kt_dynamic_t *dynamic, const kt_span_t *files, size_t count)
{
    kt_span_t taken[KT_DYNAMIC_FILES_MAX];
    dynamic->files = DYN_ARRAY(dynamic, const dyn_file_t *, KT_MIN(count, KT_DYNAMIC_FILES_MAX));
    if (!dynamic->files)
        return dyn_exhausted();
    for (size_t i = 0; i < count; i++) {
        dyn_file_t *file;
        size_t j = 0;
        while (j < dynamic->files_count && !kt_span_equal(taken[j], files[i]))
            j++;
        if (j < dynamic->files_count)
            continue;
        if (j == KT_DYNAMIC_FILES_MAX)
            return too_many("more than 256 file descriptors");
        KT_TRY(load_file(dynamic, files[i], &file));
        for (j = 0; j < dynamic->files_count; j++)
            if (strcmp(dynamic->files[j]->name, file->name) == 0)
                return dyn_bad(dynamic, file, "comes twice with different contents");
        taken[dynamic->files_count] = files[i];
        dynamic->files[dynamic->files_count++] = file;
    }
    return kt_ok();
}

/* ---- types ---- */

/* The scan bounds how deep messages lie in messages, so this recursion ends early. */
static size_t
count_types(const dyn_message_proto_t *message)
{
    size_t count = 1 + message->n_enum_type;
    for (size_t i = 0; i < message->n_nested_type; i++)
        count += count_types(message->nested_type[i]);
    return count;
}

static kt_status_t
full_name(const kt_dynamic_t *dynamic, const dyn_file_t *file, const char *scope, const char *name,
          const char **full)
{
    if (!name || !dyn_is_name(name, false))
        return dyn_bad(dynamic, file, "something without a proper name in \"%s\"", scope);
    if (strlen(scope) + 1 + strlen(name) > KT_DYNAMIC_NAME_BYTES_MAX)
        return dyn_bad(dynamic, file, "a full name of more than %d bytes",
                       KT_DYNAMIC_NAME_BYTES_MAX);
    *full = kt_arena_printf(dynamic->arena, "%s%s%s", scope, *scope ? "." : "", name);
    return kt_ok();
}

static kt_status_t
register_enum(kt_dynamic_t *dynamic, const dyn_file_t *file, const char *scope,
              const dyn_enum_proto_t *proto)
{
    dyn_type_t *type = &dynamic->types[dynamic->types_count++];
    *type = (dyn_type_t){.file = file, .enum_proto = proto};
    type->enumeration = DYN_ARRAY(dynamic, ProtobufCEnumDescriptor, 1);
    if (!type->enumeration)
        return dyn_exhausted();
    return full_name(dynamic, file, scope, proto->name, &type->name);
}

static kt_status_t
register_message(kt_dynamic_t *dynamic, const dyn_file_t *file, const char *scope,
                 const dyn_message_proto_t *proto)
{
    dyn_type_t *type = &dynamic->types[dynamic->types_count++];
    *type = (dyn_type_t){.file = file, .message_proto = proto};
    KT_TRY(full_name(dynamic, file, scope, proto->name, &type->name));
    type->message = DYN_ARRAY(dynamic, ProtobufCMessageDescriptor, 1);
    if (!type->message)
        return dyn_exhausted();
    const char *inner = type->name;
    for (size_t i = 0; i < proto->n_enum_type; i++)
        KT_TRY(register_enum(dynamic, file, inner, proto->enum_type[i]));
    for (size_t i = 0; i < proto->n_nested_type; i++)
        KT_TRY(register_message(dynamic, file, inner, proto->nested_type[i]));
    return kt_ok();
}

static kt_status_t
register_types(kt_dynamic_t *dynamic, const dyn_file_t *file)
{
    const char *scope = file->package ? file->package : "";
    for (size_t i = 0; i < file->n_enum_type; i++)
        KT_TRY(register_enum(dynamic, file, scope, file->enum_type[i]));
    for (size_t i = 0; i < file->n_message_type; i++)
        KT_TRY(register_message(dynamic, file, scope, file->message_type[i]));
    return kt_ok();
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const dyn_type_t *)a)->name, ((const dyn_type_t *)b)->name);
}

static kt_status_t
load_types(kt_dynamic_t *dynamic)
{
    size_t count = 0;
    for (size_t i = 0; i < dynamic->files_count; i++) {
        count += dynamic->files[i]->n_enum_type;
        for (size_t j = 0; j < dynamic->files[i]->n_message_type; j++)
            count += count_types(dynamic->files[i]->message_type[j]);
    }
    if (count > KT_DYNAMIC_TYPES_MAX)
        return too_many("more than 4,096 messages and enums");
    dynamic->types = DYN_ARRAY(dynamic, dyn_type_t, count);
    dynamic->messages = DYN_ARRAY(dynamic, const ProtobufCMessageDescriptor *, count);
    if (!dynamic->types || !dynamic->messages)
        return dyn_exhausted();
    for (size_t i = 0; i < dynamic->files_count; i++)
        KT_TRY(register_types(dynamic, dynamic->files[i]));
    qsort(dynamic->types, count, sizeof(dynamic->types[0]), by_name);
    for (size_t i = 1; i < count; i++)
        if (strcmp(dynamic->types[i - 1].name, dynamic->types[i].name) == 0)
            return dyn_bad(dynamic, dynamic->types[i].file, "%s is declared twice",
                           dynamic->types[i].name);
    return kt_ok();
}

static kt_status_t
build_types(kt_dynamic_t *dynamic)
{
    for (size_t i = 0; i < dynamic->types_count; i++) {
        dyn_type_t *type = &dynamic->types[i];
        if (type->enum_proto) {
            KT_TRY(dyn_build_enum(dynamic, type));
            continue;
        }
        KT_TRY(dyn_build_message(dynamic, type));
        dynamic->messages[dynamic->messages_count++] = type->message;
    }
    return kt_ok();
}

dyn_type_t *
dyn_find(const kt_dynamic_t *dynamic, const char *type_name)
{
    if (type_name[0] != '.')
        return NULL;
    dyn_type_t key = {.name = type_name + 1};
    return (dyn_type_t *)bsearch(&key, dynamic->types, dynamic->types_count, sizeof(key), by_name);
}

/* ---- services ---- */

static kt_status_t
build_services(kt_dynamic_t *dynamic)
{
    size_t count = 0;
    for (size_t i = 0; i < dynamic->files_count; i++)
        count += dynamic->files[i]->n_service;
    if (count > KT_DYNAMIC_SERVICES_MAX)
        return too_many("more than 256 services");
    dynamic->services = DYN_ARRAY(dynamic, kt_service_desc_t, count);
    if (!dynamic->services)
        return dyn_exhausted();
    for (size_t i = 0; i < dynamic->files_count; i++) {
        const dyn_file_t *file = dynamic->files[i];
        const char *scope = file->package ? file->package : "";
        for (size_t j = 0; j < file->n_service; j++) {
            kt_service_desc_t *service = &dynamic->services[dynamic->services_count];
            const char *name;
            KT_TRY(full_name(dynamic, file, scope, file->service[j]->name, &name));
            if (kt_dynamic_service(dynamic, name))
                return dyn_bad(dynamic, file, "%s is declared twice", name);
            service->name = name;
            KT_TRY(dyn_build_service(dynamic, file, file->service[j], service));
            dynamic->services_count++;
        }
    }
    return kt_ok();
}

kt_status_t
kt_dynamic_build(kt_arena_t *arena, const kt_span_t *files, size_t count,
                 const kt_dynamic_t **dynamic)
{
    kt_dynamic_t *building = KT_ARENA_NEW(arena, kt_dynamic_t);
    if (!building)
        return dyn_exhausted();
    building->arena = arena;
    KT_TRY(load_files(building, files, count));
    KT_TRY(load_types(building));
    KT_TRY(build_types(building));
    KT_TRY(build_services(building));
    /* Names are printed into the arena, and a text that did not fit is no name. */
    if (kt_arena_exhausted(arena))
        return dyn_exhausted();
    *dynamic = building;
    return kt_ok();
}

/* ---- looking things up ---- */

static const dyn_type_t *
find_by_name(const kt_dynamic_t *dynamic, const char *name)
{
    dyn_type_t key = {.name = name};
    return (const dyn_type_t *)bsearch(&key, dynamic->types, dynamic->types_count, sizeof(key),
                                       by_name);
}

const ProtobufCMessageDescriptor *
kt_dynamic_message(const kt_dynamic_t *dynamic, const char *name)
{
    const dyn_type_t *type = find_by_name(dynamic, name);
    return type ? type->message : NULL;
}

const ProtobufCEnumDescriptor *
kt_dynamic_enum(const kt_dynamic_t *dynamic, const char *name)
{
    const dyn_type_t *type = find_by_name(dynamic, name);
    return type ? type->enumeration : NULL;
}

const ProtobufCMessageDescriptor *const *
kt_dynamic_messages(const kt_dynamic_t *dynamic, size_t *count)
{
    *count = dynamic->messages_count;
    return dynamic->messages;
}

const kt_service_desc_t *
kt_dynamic_services(const kt_dynamic_t *dynamic, size_t *count)
{
    *count = dynamic->services_count;
    return dynamic->services;
}

const kt_service_desc_t *
kt_dynamic_service(const kt_dynamic_t *dynamic, const char *name)
{
    for (size_t i = 0; i < dynamic->services_count; i++)
        if (strcmp(dynamic->services[i].name, name) == 0)
            return &dynamic->services[i];
    return NULL;
}

const kt_method_t *
kt_dynamic_method(const kt_dynamic_t *dynamic, const char *path)
{
    for (size_t i = 0; i < dynamic->services_count; i++)
        for (uint32_t j = 0; j < dynamic->services[i].methods_count; j++)
            if (strcmp(dynamic->services[i].methods[j].path, path) == 0)
                return &dynamic->services[i].methods[j];
    return NULL;
}

const ProtobufCMessageDescriptor *
kt_dynamic_find(const void *dynamic, const char *name)
{
    return kt_dynamic_message((const kt_dynamic_t *)dynamic, name);
}
