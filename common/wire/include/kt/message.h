/* message.h: protobuf-c messages in and out of arenas. Scan first (scan.h) what came from outside.
 */
#ifndef KT_MESSAGE_H
#define KT_MESSAGE_H

#include <kt/arena.h>
#include <kt/status.h>
#include <protobuf-c/protobuf-c.h>

/* A message of DESCRIPTOR that lives in ARENA, all its parts included; nothing borrows from BYTES.
 * INVALID_ARGUMENT with MALFORMED_BODY when BYTES encode none, RESOURCE_EXHAUSTED with
 * TOO_MANY_ELEMENTS when the arena's limit is reached. Texts are literals. */
kt_status_t kt_message_unpack(kt_arena_t *arena, const ProtobufCMessageDescriptor *descriptor,
                              kt_span_t bytes, ProtobufCMessage **message);

/* The encoding of MESSAGE, in ARENA. RESOURCE_EXHAUSTED with TOO_MANY_ELEMENTS when the arena's
 * limit is reached. */
kt_status_t kt_message_pack(kt_arena_t *arena, const ProtobufCMessage *message, kt_span_t *bytes);

/* An empty message of DESCRIPTOR in ARENA, its fields at their defaults; NULL past the arena's
 * limit. */
ProtobufCMessage *kt_message_new(kt_arena_t *arena, const ProtobufCMessageDescriptor *descriptor);

/* Bytes that one value of a field of TYPE takes in a protobuf-c message: for messages and strings a
 * pointer's. */
size_t kt_field_bytes(ProtobufCType type);

#endif
