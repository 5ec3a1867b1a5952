/* option.h: options of our own in descriptors. protobuf-c does not know extensions: they arrive as
 * unknown fields. */
#ifndef KT_OPTION_H
#define KT_OPTION_H

#include <kt/arena.h>
#include <protobuf-c/protobuf-c.h>

/* The number of (kantor.rpc.v1.rule) in MethodOptions and of (kantor.rpc.v1.c_prefix) in
 * FileOptions. */
#define KT_OPTION_TAG 51000

/* The bytes of the option TAG, a string or an encoded message, in ARENA; DATA is NULL when OPTIONS
 * (may be NULL) has none, or when the arena's limit is reached. An option that is stated in parts
 * comes as one: the encodings of a message's parts, one behind the other, are the encoding of the
 * whole. */
kt_span_t kt_option_bytes(kt_arena_t *arena, const ProtobufCMessage *options, uint32_t tag);

#endif
