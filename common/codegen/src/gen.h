/*
 * gen.h: what protoc-gen-kantor knows while it runs: protoc's request, with every name that the C
 * code will have.
 *
 * Everything lies in one arena and lives as long as the program. The request comes from protoc,
 * which has checked it: names resolve, numbers are in range. Running out of memory ends the program
 * (gen_alloc).
 */
#ifndef GEN_H
#define GEN_H

#include <google/protobuf/compiler/plugin.pb-c.h>
#include <kantor/rpc/v1/rule.pb-c.h>
#include <kt/arena.h>
#include <stdio.h>

typedef Google__Protobuf__FileDescriptorProto gen_file_proto_t;
typedef Google__Protobuf__DescriptorProto gen_message_proto_t;
typedef Google__Protobuf__FieldDescriptorProto gen_field_proto_t;
typedef Google__Protobuf__EnumDescriptorProto gen_enum_proto_t;
typedef Google__Protobuf__ServiceDescriptorProto gen_service_proto_t;
typedef Google__Protobuf__MethodDescriptorProto gen_method_proto_t;

typedef struct gen_file {
    const gen_file_proto_t *proto;
    const char *stem;   /* "kantor/finance/v1/ledger" */
    const char *prefix; /* "fin", or NULL when the file states none */
    bool wanted;        /* code is made for it; else it is a dependency */
} gen_file_t;

/* One message, enum or service by all its names. The short ones are NULL in a file without a
 * prefix. */
typedef struct gen_names {
    const char *full;        /* "kantor.finance.v1.Entry" */
    const char *type;        /* "Kantor__Finance__V1__Entry", as protoc-gen-c calls it */
    const char *lower;       /* "kantor__finance__v1__entry", the same */
    const char *upper;       /* "KANTOR__FINANCE__V1__ENTRY", the same */
    const char *short_lower; /* "fin_entry" */
    const char *short_upper; /* "FIN_ENTRY" */
} gen_names_t;

typedef struct gen_message {
    gen_names_t names;
    const gen_file_t *file;
    const gen_message_proto_t *proto;
    const char
        *c_type; /* what Kantor's code calls it: "fin_entry_t", or names.type without a prefix */
    int visit;   /* for the search for cycles: 0 not seen, 1 on the way, 2 done */
} gen_message_t;

typedef struct gen_enum {
    gen_names_t names;
    const gen_file_t *file;
    const gen_enum_proto_t *proto;
} gen_enum_t;

typedef struct gen_method {
    const gen_method_proto_t *proto;
    const char *snake;      /* "post_entry" */
    const char *index_name; /* "FIN_LEDGER_POST_ENTRY" */
    const char *path;       /* "/kantor.finance.v1.Ledger/PostEntry" */
    const gen_message_t *request, *response;
    const Kantor__Rpc__V1__Rule *rule; /* NULL when none is stated */
    bool takes_stream, gives_stream;
} gen_method_t;

typedef struct gen_service {
    gen_names_t names;
    const gen_file_t *file;
    const gen_service_proto_t *proto;
    gen_method_t *methods;
    size_t methods_count;
} gen_service_t;

typedef struct gen {
    kt_arena_t *arena;
    const char *set; /* the name of the descriptor set to emit, or NULL */
    gen_file_t *files;
    size_t files_count;
    gen_message_t *messages; /* of all files, map entries left out */
    size_t messages_count;
    gen_enum_t *enums; /* of the wanted files */
    size_t enums_count;
    gen_service_t *services; /* of the wanted files */
    size_t services_count;
    FILE *errors; /* what is wrong with the contracts, one line each */
    size_t errors_count;
} gen_t;

/* ---- text.c: memory and names ---- */

/* COUNT * SIZE zero bytes; ends the program when memory is out. */
void *gen_alloc(gen_t *gen, size_t count, size_t size);
#define GEN_ARRAY(gen, type, count) ((type *)gen_alloc((gen), (count), sizeof(type)))
const char *gen_printf(gen_t *gen, const char *format, ...) KT_PRINTF(2, 3);
/* "PostEntry" to "post_entry", "HTTPServer" to "http_server", "a.B" to "a_b". */
const char *gen_snake(gen_t *gen, const char *camel);
const char *gen_upper(gen_t *gen, const char *text);
/* The name of an include guard: "kantor/echo/v1/echo.kt.h" to "KANTOR_ECHO_V1_ECHO_KT_H". */
const char *gen_guard(gen_t *gen, const char *path);
/* How protoc-gen-c 1.4.1 spells names (its c_helpers.cc): pieces between dots, joined by "__". */
const char *gen_pbc_type(gen_t *gen, const char *full);
const char *gen_pbc_lower(gen_t *gen, const char *full);
const char *gen_pbc_upper(gen_t *gen, const char *full);
bool gen_is_c_word(const char *text);
/* Writes HEAD, then "(" and PARAMS (ends in NULL) with commas and ")", in lines of at most 100
 * columns. Later lines are indented by INDENT. HEAD may hold line ends. */
void gen_put_params(FILE *out, const char *head, const char *const *params, int indent);

/* ---- model.c: protoc's request to gen_t ---- */

void gen_load(gen_t *gen, const Google__Protobuf__Compiler__CodeGeneratorRequest *request);
/* The message of a type name as descriptors write it (".kantor.finance.v1.Entry"); NULL for a map's
 * entry. */
gen_message_t *gen_find_message(const gen_t *gen, const char *type_name);
/* A value's short constant: "FIN_ACCOUNT_TYPE_ASSET" for ASSET and for ACCOUNT_TYPE_ASSET of
 * AccountType. */
const char *gen_enum_constant(gen_t *gen, const gen_enum_t *e, const char *value);
bool gen_oneof_is_real(const gen_message_proto_t *message, size_t oneof);

/* ---- check.c: what Kantor refuses ---- */

void gen_error(gen_t *gen, const char *format, ...) KT_PRINTF(2, 3);
/* Reports everything in the wanted files that must not build. */
void gen_check(gen_t *gen);
/* Reports C names that two things would share. */
void gen_check_names(gen_t *gen);

/* ---- emit_*.c: one generated file each ---- */

void gen_emit_header(gen_t *gen, const gen_file_t *file, FILE *out);
void gen_emit_source(gen_t *gen, const gen_file_t *file, FILE *out);
void gen_emit_client_header(gen_t *gen, const gen_file_t *file, FILE *out);
void gen_emit_client_source(gen_t *gen, const gen_file_t *file, FILE *out);
void gen_emit_set_header(gen_t *gen, FILE *out);
void gen_emit_set_source(gen_t *gen, FILE *out);

#endif
