/*
 * process_bind.h: texts into messages and out of them, by paths, as bindings say (kt/process.h).
 */
#ifndef KT_PROCESS_BIND_H
#define KT_PROCESS_BIND_H

#include <kt/arena.h>
#include <kt/status.h>
#include <protobuf-c/protobuf-c.h>

/* The field that PATH names, or NULL. Only the last name may be of a repeated field. */
const ProtobufCFieldDescriptor *
kt_bind_field(const ProtobufCMessageDescriptor *type, const char *path);

/* Sets the field to what TEXT stands for; messages on the way are made in ARENA, and texts are
 * copied there. NULL when that went well, else what is wrong (in ARENA). */
const char *
kt_bind_set(kt_arena_t *arena, ProtobufCMessage *message, const char *path, kt_span_t text);

/* The text of a field that is not repeated; empty when a message on the way is missing. */
kt_status_t
kt_bind_get(kt_arena_t *arena, const ProtobufCMessage *message, const char *path, kt_span_t *text);

#endif
