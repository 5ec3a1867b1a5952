/*
 * scan.h: looks an encoded message over before protobuf-c unpacks it.
 *
 * protobuf-c 1.4.1 recurses as deep as its input nests, takes up to 28 times the input's size in
 * memory, and does not check that strings are UTF-8. The scan walks the encoding once, by
 * descriptor, without recursion and without allocating, and says what unpacking would take. What it
 * accepts, protobuf-c unpacks, within the memory foretold.
 *
 * It is stricter than protobuf in these: groups are refused; so is a varint past 64 bits and a
 * field number past 2^29 - 1; a message field that is not repeated stands at most once (protobuf-c
 * would merge the copies, in memory that grows with the square of their number); strings hold no
 * NUL, for C could not tell where they end.
 */
#ifndef KT_SCAN_H
#define KT_SCAN_H

#include <kt/method.h>
#include <kt/span.h>
#include <kt/status.h>
#include <protobuf-c/protobuf-c.h>

#define KT_SCAN_DEPTH_MAX 32 /* messages inside each other, the outermost included */
#define KT_SCAN_UNKNOWN_MAX                                                                        \
    64 /* fields that the descriptor does not know, in all, unless said otherwise */
#define KT_SCAN_ELEMENTS_MAX 65536 /* what a request may hold, unless a service says less */
#define KT_SCAN_MEMORY_MAX   ((size_t)64 << 20) /* bytes, the same */

typedef struct kt_scan_limits {
    uint32_t elements_max; /* elements of repeated fields, in all */
    size_t memory_max;     /* bytes that unpacking may take */
    uint32_t unknown_max;  /* fields that are not in the contract; 0 means KT_SCAN_UNKNOWN_MAX */
} kt_scan_limits_t;

typedef struct kt_scan_result {
    uint32_t elements;
    uint32_t depth;      /* 1 for a message without messages inside */
    size_t memory_bytes; /* what kt_arena_used will grow by, at most */
    /* The field that a refusal is about, or NULL: "text" of the innermost message. Of the
     * descriptor. */
    const char *field;
} kt_scan_result_t;

/* The limits that hold where nobody says otherwise. */
static inline kt_scan_limits_t
kt_scan_limits_usual(void)
{
    return (kt_scan_limits_t){.elements_max = KT_SCAN_ELEMENTS_MAX,
                              .memory_max = KT_SCAN_MEMORY_MAX};
}

/*
 * DESCRIPTOR is of a proto3 message (in proto2, fields can be required, which is for unpacking to
 * check). RESULT is written in any case. INVALID_ARGUMENT with MALFORMED_BODY, TOO_DEEP or
 * NOT_UTF8; RESOURCE_EXHAUSTED with TOO_MANY_ELEMENTS (elements, unknown fields or memory). Texts
 * are literals.
 */
kt_status_t kt_scan(const ProtobufCMessageDescriptor *descriptor, kt_span_t bytes,
                    const kt_scan_limits_t *limits, kt_scan_result_t *result);

#endif
