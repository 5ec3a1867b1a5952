/*
 * dynamic.h: contracts at run time. Builds what protoc-gen-c and protoc-gen-kantor would have made,
 * message descriptors and method tables, out of serialised FileDescriptorProtos as reflection
 * returns them.
 *
 * The files come from outside and are not trusted: everything is checked, and what is wrong is
 * refused by name. The same that the plugin refuses is refused here (maps, proto3 optional, groups,
 * a method without a rule); a message that can hold itself is only refused where a method takes or
 * gives it, since descriptor.proto, which every contract imports, has some.
 */
#ifndef KT_DYNAMIC_H
#define KT_DYNAMIC_H

#include <kt/arena.h>
#include <kt/method.h>
#include <kt/span.h>

#define KT_DYNAMIC_FILES_MAX      256
#define KT_DYNAMIC_FILE_BYTES_MAX ((size_t)1 << 20)
#define KT_DYNAMIC_TYPES_MAX      4096 /* messages and enums, in all */
#define KT_DYNAMIC_SERVICES_MAX   256
#define KT_DYNAMIC_VALUES_MAX     4096 /* of one enum */
#define KT_DYNAMIC_NAME_BYTES_MAX 256  /* of a full name */

typedef struct kt_dynamic kt_dynamic_t;

/*
 * Builds everything in FILES, in any order, into ARENA. A file that comes twice with the same bytes
 * counts once. Types must be there that fields and methods name; imports themselves are not
 * followed. Everything lives in ARENA and nothing borrows from FILES. INVALID_ARGUMENT with
 * MALFORMED_BODY and a text, in ARENA, that names the file and what is wrong in it;
 * RESOURCE_EXHAUSTED with TOO_MANY_ELEMENTS past a limit, or when the arena's is reached.
 */
kt_status_t kt_dynamic_build(kt_arena_t *arena, const kt_span_t *files, size_t count,
                             const kt_dynamic_t **dynamic);

/* Each returns NULL when there is no such thing. Names are full: "kantor.finance.v1.Entry". */
const ProtobufCMessageDescriptor *kt_dynamic_message(const kt_dynamic_t *dynamic, const char *name);
const ProtobufCEnumDescriptor *kt_dynamic_enum(const kt_dynamic_t *dynamic, const char *name);
const kt_service_desc_t *kt_dynamic_service(const kt_dynamic_t *dynamic, const char *name);
/* By path: "/kantor.finance.v1.Ledger/PostEntry". */
const kt_method_t *kt_dynamic_method(const kt_dynamic_t *dynamic, const char *path);

/* All services, in the order of the files. */
const kt_service_desc_t *kt_dynamic_services(const kt_dynamic_t *dynamic, size_t *count);

/* All messages, ordered by name. */
const ProtobufCMessageDescriptor *const *
kt_dynamic_messages(const kt_dynamic_t *dynamic, size_t *count);

/* For kt_json_options_t: pass kt_dynamic_find as find and DYNAMIC as find_context. */
const ProtobufCMessageDescriptor *kt_dynamic_find(const void *dynamic, const char *name);

#endif
