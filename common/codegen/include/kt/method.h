/* method.h: what protoc-gen-kantor knows of a method, as constant data. */
#ifndef KT_METHOD_H
#define KT_METHOD_H

#include <kt/status.h>
#include <protobuf-c/protobuf-c.h>

#define KT_METHOD_PATH_BYTES_MAX 200
#define KT_METHOD_ROLES_MAX      8
#define KT_SERVICE_METHODS_MAX   512
#define KT_MESSAGE_FIELDS_MAX    256 /* of one message; what kt_scan keeps count of */

typedef enum kt_method_kind {
    KT_METHOD_READ = 1,
    KT_METHOD_WRITE = 2,
    KT_METHOD_ADMIN = 3
} kt_method_kind_t;

typedef struct kt_method {
    const char *path; /* "/kantor.finance.v1.Ledger/PostEntry" */
    const ProtobufCMessageDescriptor *request;
    const ProtobufCMessageDescriptor *response;
    kt_method_kind_t kind;
    bool client_streaming;
    bool server_streaming;
    const char *const *roles; /* {"*"}: every principal */
    uint32_t roles_count;
} kt_method_t;

typedef struct kt_service_desc {
    const char *name; /* "kantor.finance.v1.Ledger" */
    const kt_method_t *methods;
    uint32_t methods_count;
} kt_service_desc_t;

typedef struct kt_call kt_call_t; /* kt/call.h */

/* What a stream handler's give step did. */
typedef enum kt_give {
    KT_GIVE_MESSAGE, /* the response was filled: send it, ask again when there is room */
    /* nothing now: ask again after a commit, a new request message, or the time of kt_call_again */
    KT_GIVE_WAIT,
    /* the stream is over (for client streaming: the response was filled, send it and end) */
    KT_GIVE_END,
} kt_give_t;

/*
 * How the shell runs a method; protoc-gen-kantor makes one typed form of each and the casts
 * between. Unary: `unary` fills the response. Streaming: `take` gets each request message, and NULL
 * once when the caller has said that it was the last (server streaming: the one request, then
 * NULL); `give` is asked for the next response message whenever the caller has room for one (client
 * streaming: only after that NULL). A bidirectional method gets its next request when its give has
 * said KT_GIVE_WAIT, so it never has to keep more than one; its first step is a give. State between
 * the steps lies in call->state. No step may block; each may be run by another thread, never two at
 * once.
 */
typedef struct kt_handler {
    kt_status_t (*unary)(const void *handlers, kt_call_t *call, const void *request,
                         void *response);
    kt_status_t (*take)(const void *handlers, kt_call_t *call, const void *request);
    kt_status_t (*give)(const void *handlers, kt_call_t *call, void *response, kt_give_t *given);
} kt_handler_t;

/* A proto service bound to a department's handlers: what <prefix>_<service>_bind() returns. */
typedef struct kt_binding {
    const kt_service_desc_t *desc;
    const kt_handler_t *run; /* as many as desc->methods */
    const void *handlers;    /* the typed struct of handlers, borrowed for the process's life */
} kt_binding_t;

/* A serialised google.protobuf.FileDescriptorProto, without source locations. */
typedef struct kt_file_desc {
    const char *name; /* "kantor/finance/v1/ledger.proto" */
    const uint8_t *data;
    size_t size;
} kt_file_desc_t;

/* All that was made from one group of .proto files: <kantor/sets/finance.kt.h> has
 * finance_proto_set. */
typedef struct kt_proto_set {
    const char *name; /* "finance" */
    const kt_file_desc_t
        *files; /* what reflection serves: the group and all it imports, dependencies first */
    uint32_t files_count;
    const kt_service_desc_t *const *services; /* of the group's own files */
    uint32_t services_count;
    const ProtobufCMessageDescriptor *const *messages; /* the same, nested ones included */
    uint32_t messages_count;
} kt_proto_set_t;

#endif
