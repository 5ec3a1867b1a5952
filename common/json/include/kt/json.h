/*
 * json.h: protobuf-c messages to JSON and back, by descriptor.
 *
 * The mapping is that of proto3: https://protobuf.dev/programming-guides/json/ . Names are
 * lowerCamelCase (the .proto's own are read, too), 64-bit numbers are strings (numbers are read,
 * too), bytes are base64 (the URL alphabet is read, too), enums go by name (numbers are read, too),
 * Timestamp, Duration and Any have forms of their own. Stricter than the mapping: a field that is
 * not in the contract is refused, and so are one that is given twice and two of one oneof. Fields
 * of messages are always written in the order of their numbers. Not handled, for no contract uses
 * them: wrappers, FieldMask, Struct; they read and write as plain messages.
 */
#ifndef KT_JSON_H
#define KT_JSON_H

#include <kt/arena.h>
#include <kt/status.h>
#include <protobuf-c/protobuf-c.h>

#define KT_JSON_TEXT_BYTES_MAX ((size_t)16 << 20)
/* Messages inside each other, Any counted; the wire has the same limit (KT_SCAN_DEPTH_MAX). */
#define KT_JSON_DEPTH_MAX 32

/* The descriptor of a message by its full name ("google.rpc.ErrorInfo"), or NULL. */
typedef const ProtobufCMessageDescriptor *(*kt_json_find_t)(const void *context,
                                                            const char *full_name);

typedef struct kt_json_options {
    bool pretty;   /* a line for each field, two blanks deeper for each level */
    bool defaults; /* write fields that are at their default as well (but no unset messages and
                      oneofs) */
    kt_json_find_t find; /* for what an Any holds; NULL: {"@type": ..., "value": base64} */
    const void *find_context;
} kt_json_options_t;

/*
 * Writes MESSAGE as JSON into ARENA; TEXT ends in a NUL, and in no line end. OPTIONS may be NULL:
 * compact. INVALID_ARGUMENT with TOO_DEEP past KT_JSON_DEPTH_MAX, with BAD_FIELD for a Timestamp or
 * Duration that is out of range, with MALFORMED_BODY or NOT_UTF8 for an Any whose bytes are not
 * what its type says; RESOURCE_EXHAUSTED with TOO_MANY_ELEMENTS when the arena's limit is reached.
 */
kt_status_t kt_json_print(kt_arena_t *arena, const ProtobufCMessage *message,
                          const kt_json_options_t *options, const char **text);

/*
 * Reads TEXT as a message of DESCRIPTOR into ARENA. OPTIONS may be NULL; of them only `find`
 * counts. INVALID_ARGUMENT with BAD_FIELD and a text, in ARENA, such as line 3:
 * lines[2].amountMinor: 1.5 is no whole number line 1: bok: no such field in
 * kantor.finance.v1.PostEntryRequest; did you mean "book"? INVALID_ARGUMENT with TOO_DEEP;
 * RESOURCE_EXHAUSTED with TOO_LARGE past KT_JSON_TEXT_BYTES_MAX, with TOO_MANY_ELEMENTS when memory
 * or the arena's limit is out.
 */
kt_status_t
kt_json_parse(kt_arena_t *arena, const ProtobufCMessageDescriptor *descriptor, kt_span_t text,
              const kt_json_options_t *options, ProtobufCMessage **message);

/* The lowerCamelCase name of a field, in ARENA; the .proto's own name when memory is out. */
const char *kt_json_name(kt_arena_t *arena, const char *proto_name);

#endif
