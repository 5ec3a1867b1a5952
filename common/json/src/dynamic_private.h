/* dynamic_private.h: what building contracts at run time works on. */
#ifndef DYNAMIC_PRIVATE_H
#define DYNAMIC_PRIVATE_H

#include <google/protobuf/descriptor.pb-c.h>
#include <kt/dynamic.h>

typedef Google__Protobuf__FileDescriptorProto dyn_file_t;
typedef Google__Protobuf__DescriptorProto dyn_message_proto_t;
typedef Google__Protobuf__EnumDescriptorProto dyn_enum_proto_t;
typedef Google__Protobuf__FieldDescriptorProto dyn_field_proto_t;
typedef Google__Protobuf__ServiceDescriptorProto dyn_service_proto_t;
typedef Google__Protobuf__MethodDescriptorProto dyn_method_proto_t;

/* A message or an enum: one of the two protos is set, and the descriptor made of it. */
typedef struct dyn_type {
    const char *name;
    const dyn_file_t *file;
    const dyn_message_proto_t *message_proto;
    const dyn_enum_proto_t *enum_proto;
    ProtobufCMessageDescriptor *message;
    ProtobufCEnumDescriptor *enumeration;
    unsigned height; /* levels of messages from here on down; 0: not known yet */
    bool on_way;     /* being measured */
} dyn_type_t;

struct kt_dynamic {
    kt_arena_t *arena;
    const dyn_file_t **files;
    size_t files_count;
    dyn_type_t *types; /* ordered by name */
    size_t types_count;
    const ProtobufCMessageDescriptor **messages; /* ordered by name */
    size_t messages_count;
    kt_service_desc_t *services;
    size_t services_count;
};

/* INVALID_ARGUMENT with MALFORMED_BODY: "<file>: ...". FILE may be NULL. */
kt_status_t dyn_bad(const kt_dynamic_t *dynamic, const dyn_file_t *file, const char *format, ...)
    KT_PRINTF(3, 4);
kt_status_t dyn_exhausted(void);
/* TEXT for an error: as it is when it is short and of printable ASCII, else "?". */
const char *dyn_shown(const char *text);
/* Whether NAME is [A-Za-z_][A-Za-z0-9_]*; with DOTS, several of them with dots between. */
bool dyn_is_name(const char *name, bool dots);
/* COUNT zeroed elements; NULL past the arena's limit. */
void *dyn_take(const kt_dynamic_t *dynamic, size_t count, size_t size);
#define DYN_ARRAY(dynamic, type, count) ((type *)dyn_take((dynamic), (count), sizeof(type)))

/* By a type name as descriptors write it, ".kantor.finance.v1.Entry"; NULL when there is none. */
dyn_type_t *dyn_find(const kt_dynamic_t *dynamic, const char *type_name);

/* dynamic_types.c: fill in descriptors, once all types are known. */
kt_status_t dyn_build_enum(const kt_dynamic_t *dynamic, dyn_type_t *type);
kt_status_t dyn_build_message(const kt_dynamic_t *dynamic, dyn_type_t *type);

/* dynamic_services.c: once all descriptors are filled in. */
kt_status_t dyn_build_service(const kt_dynamic_t *dynamic, const dyn_file_t *file,
                              const dyn_service_proto_t *proto, kt_service_desc_t *service);

#endif
