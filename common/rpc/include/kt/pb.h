/*
 * pb.h: the few steps of the protobuf encoding (https://protobuf.dev/programming-guides/encoding/)
 * that the shell's own metadata needs on every call, where unpacking by descriptor would cost more
 * than the call itself.
 *
 * Writers and readers are those of kt/pack.h, with their error flag.
 */
#ifndef KT_PB_H
#define KT_PB_H

#include <kt/pack.h>

typedef enum kt_pb_type {
    KT_PB_VARINT = 0,
    KT_PB_FIXED64 = 1,
    KT_PB_BYTES = 2,
    KT_PB_FIXED32 = 5
} kt_pb_type_t;

typedef struct kt_pb_field {
    uint32_t number;
    kt_pb_type_t type;
    uint64_t value;  /* of VARINT, FIXED64, FIXED32 */
    kt_span_t bytes; /* of BYTES; borrowed from the reader */
} kt_pb_field_t;

/* The next field; false at the end, and when the bytes are no message (then reader->failed is set).
 */
bool kt_pb_next(kt_reader_t *reader, kt_pb_field_t *field);

/* Each leaves a default (0, no bytes) out, as proto3 does. */
void kt_pb_put_uint(kt_writer_t *w, uint32_t number, uint64_t value);
void kt_pb_put_bytes(kt_writer_t *w, uint32_t number, kt_span_t bytes);
/* A message inside a message: what is written between open and close. Close takes what open
 * returned. */
size_t kt_pb_open(kt_writer_t *w, uint32_t number);
void kt_pb_close(kt_writer_t *w, size_t opened);

#endif
