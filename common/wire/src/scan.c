#include <kantor/rpc/v1/reason.kt.h>
#include <kt/message.h>
#include <kt/scan.h>

/* How protobuf-c 1.4.1 takes memory (protobuf_c_message_unpack): it notes each member of a message
 * in slabs of 16, 32, 64, ... records of 32 bytes, the first on its stack; an arena does not get
 * back what it frees. The arena rounds each request up to 16 bytes. */
#define ROUND            16u
#define MEMBER_BYTES     32u
#define MEMBERS_ON_STACK 16u
/* Past so many fields protobuf-c allocates its bitmap of required ones. */
#define BITMAP_FIELDS   128u
#define VARINT_BYTES    10u
#define PREFIX_BYTES    5u
#define FIELD_TAG_SHIFT 3u

typedef enum fault {
    FINE,
    MALFORMED,
    MALFORMED_TWICE,
    TOO_DEEP,
    TOO_MANY_ELEMENTS,
    TOO_MANY_UNKNOWN,
    TOO_MUCH_MEMORY,
    NOT_UTF8,
} fault_t;

static const uint8_t wire_types[] = {
    [PROTOBUF_C_TYPE_INT32] = PROTOBUF_C_WIRE_TYPE_VARINT,
    [PROTOBUF_C_TYPE_SINT32] = PROTOBUF_C_WIRE_TYPE_VARINT,
    [PROTOBUF_C_TYPE_SFIXED32] = PROTOBUF_C_WIRE_TYPE_32BIT,
    [PROTOBUF_C_TYPE_INT64] = PROTOBUF_C_WIRE_TYPE_VARINT,
    [PROTOBUF_C_TYPE_SINT64] = PROTOBUF_C_WIRE_TYPE_VARINT,
    [PROTOBUF_C_TYPE_SFIXED64] = PROTOBUF_C_WIRE_TYPE_64BIT,
    [PROTOBUF_C_TYPE_UINT32] = PROTOBUF_C_WIRE_TYPE_VARINT,
    [PROTOBUF_C_TYPE_FIXED32] = PROTOBUF_C_WIRE_TYPE_32BIT,
    [PROTOBUF_C_TYPE_UINT64] = PROTOBUF_C_WIRE_TYPE_VARINT,
    [PROTOBUF_C_TYPE_FIXED64] = PROTOBUF_C_WIRE_TYPE_64BIT,
    [PROTOBUF_C_TYPE_FLOAT] = PROTOBUF_C_WIRE_TYPE_32BIT,
    [PROTOBUF_C_TYPE_DOUBLE] = PROTOBUF_C_WIRE_TYPE_64BIT,
    [PROTOBUF_C_TYPE_BOOL] = PROTOBUF_C_WIRE_TYPE_VARINT,
    [PROTOBUF_C_TYPE_ENUM] = PROTOBUF_C_WIRE_TYPE_VARINT,
    [PROTOBUF_C_TYPE_STRING] = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
    [PROTOBUF_C_TYPE_BYTES] = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
    [PROTOBUF_C_TYPE_MESSAGE] = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
};

/* One message on the way down. */
typedef struct level {
    const ProtobufCMessageDescriptor *descriptor;
    const uint8_t *end;
    uint32_t members, members_room; /* seen so far; fit into the slabs so far */
    uint32_t last;                  /* place of the field that came last */
    uint64_t seen[KT_MESSAGE_FIELDS_MAX / 64];
} level_t;

typedef struct scan {
    const uint8_t *at;
    level_t *level; /* the innermost */
    uint32_t depth, depth_most, elements, elements_max, unknown, unknown_max;
    size_t memory;
    const ProtobufCFieldDescriptor *field; /* the one at hand; NULL for an unknown one */
    level_t levels[KT_SCAN_DEPTH_MAX];
} scan_t;

static inline size_t
rounded(size_t size)
{
    return (size + ROUND - 1) & ~(size_t)(ROUND - 1);
}

/* Reads a varint of at most 64 bits. */
static inline bool
read_varint(scan_t *s, unsigned bytes_max, uint64_t *value)
{
    const uint8_t *at = s->at;
    size_t left = (size_t)(s->level->end - at);
    uint64_t sum = 0;

    if (left > 0 && at[0] < 0x80) { /* the most common by far: tags, lengths, small numbers */
        s->at = at + 1;
        *value = at[0];
        return true;
    }
    for (unsigned i = 0; i < bytes_max && i < left; i++) {
        sum |= (uint64_t)(at[i] & 0x7F) << (7 * i);
        if (at[i] & 0x80)
            continue;
        if (i == VARINT_BYTES - 1 && at[i] > 1)
            return false;
        s->at = at + i + 1;
        *value = sum;
        return true;
    }
    return false;
}

static inline bool
skip(scan_t *s, uint64_t size)
{
    if (size > (size_t)(s->level->end - s->at))
        return false;
    s->at += size;
    return true;
}

/* The field at hand; mostly the last one again (repeated) or the one behind it. */
static inline const ProtobufCFieldDescriptor *
find_field(level_t *level, uint32_t tag)
{
    const ProtobufCMessageDescriptor *descriptor = level->descriptor;

    for (uint32_t i = level->last; i < descriptor->n_fields && i <= level->last + 1; i++) {
        if (descriptor->fields[i].id == tag) {
            level->last = i;
            return &descriptor->fields[i];
        }
    }
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(descriptor,
                                                                                    tag);
    if (field)
        level->last = (uint32_t)(field - descriptor->fields);
    return field;
}

/* Notes that the field at hand was there; whether it had been before. */
static inline bool
note_seen(scan_t *s)
{
    level_t *level = s->level;
    uint64_t *word = &level->seen[level->last / 64];
    uint64_t bit = UINT64_C(1) << (level->last % 64);
    bool before = (*word & bit) != 0;

    *word |= bit;
    return before;
}

static fault_t
enter(scan_t *s, const ProtobufCMessageDescriptor *descriptor, const uint8_t *end)
{
    if (s->depth == KT_SCAN_DEPTH_MAX)
        return TOO_DEEP;
    KT_ASSERT(descriptor->n_fields <= KT_MESSAGE_FIELDS_MAX);
    s->level = &s->levels[s->depth++];
    *s->level = (level_t){.descriptor = descriptor, .end = end, .members_room = MEMBERS_ON_STACK};
    s->depth_most = KT_MAX(s->depth_most, s->depth);
    s->memory += rounded(descriptor->sizeof_message);
    if (descriptor->n_fields > BITMAP_FIELDS)
        s->memory += rounded((descriptor->n_fields + 7) / 8);
    return FINE;
}

static void
count_member(scan_t *s)
{
    level_t *level = s->level;

    if (level->members++ < level->members_room)
        return;
    uint32_t slab = level->members_room + MEMBERS_ON_STACK;
    s->memory += (size_t)slab * MEMBER_BYTES;
    level->members_room += slab;
}

static inline fault_t
count_elements(scan_t *s, size_t count)
{
    if (count > s->elements_max - s->elements)
        return TOO_MANY_ELEMENTS;
    s->elements += (uint32_t)count;
    s->memory += count * kt_field_bytes(s->field->type);
    if (!note_seen(s))
        s->memory += ROUND; /* what rounding the array's size up can add */
    return FINE;
}

/* A field that the descriptor does not know: protobuf-c keeps a copy. */
static fault_t
scan_unknown(scan_t *s, unsigned wire)
{
    const uint8_t *start = s->at;
    uint64_t value;
    bool fine = false;

    if (++s->unknown > s->unknown_max)
        return TOO_MANY_UNKNOWN;
    if (wire == PROTOBUF_C_WIRE_TYPE_VARINT)
        fine = read_varint(s, VARINT_BYTES, &value);
    else if (wire == PROTOBUF_C_WIRE_TYPE_64BIT)
        fine = skip(s, 8);
    else if (wire == PROTOBUF_C_WIRE_TYPE_32BIT)
        fine = skip(s, 4);
    else if (wire == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
        fine = read_varint(s, PREFIX_BYTES, &value) && skip(s, value);
    if (!fine)
        return MALFORMED;
    s->memory += rounded(sizeof(ProtobufCMessageUnknownField)) + rounded((size_t)(s->at - start));
    return FINE;
}

/* The elements of a packed field; protobuf-c takes room for as many booleans as there are bytes. */
static fault_t
scan_packed(scan_t *s)
{
    uint64_t size;

    if (!read_varint(s, PREFIX_BYTES, &size) || size > (size_t)(s->level->end - s->at))
        return MALFORMED;
    const uint8_t *end = s->at + size;
    size_t element_bytes = kt_field_bytes(s->field->type);
    if (wire_types[s->field->type] != PROTOBUF_C_WIRE_TYPE_VARINT) {
        if (size % element_bytes != 0)
            return MALFORMED;
        s->at = end;
        return count_elements(s, size / element_bytes);
    }
    size_t count = 0;
    unsigned run = 0;
    for (const uint8_t *at = s->at; at < end; at++) {
        run++;
        if (run > VARINT_BYTES || (run == VARINT_BYTES && *at > 1))
            return MALFORMED;
        if (!(*at & 0x80)) {
            count++;
            run = 0;
        }
    }
    if (run != 0)
        return MALFORMED;
    s->at = end;
    if (s->field->type == PROTOBUF_C_TYPE_BOOL)
        s->memory += (size - count) * element_bytes;
    return count_elements(s, count);
}

static fault_t
scan_length_prefixed(scan_t *s)
{
    uint64_t size;

    if (!read_varint(s, PREFIX_BYTES, &size) || size > (size_t)(s->level->end - s->at))
        return MALFORMED;
    if (s->field->label == PROTOBUF_C_LABEL_REPEATED) {
        fault_t fault = count_elements(s, 1);
        if (fault != FINE)
            return fault;
    } else if (s->field->type == PROTOBUF_C_TYPE_MESSAGE && note_seen(s)) {
        return MALFORMED_TWICE;
    }
    if (s->field->type == PROTOBUF_C_TYPE_MESSAGE)
        return enter(s, (const ProtobufCMessageDescriptor *)s->field->descriptor, s->at + size);
    if (s->field->type == PROTOBUF_C_TYPE_STRING) {
        if (!kt_utf8_valid(kt_span(s->at, size)))
            return NOT_UTF8;
        s->memory += rounded(size + 1);
    } else {
        s->memory += rounded(size);
    }
    s->at += size;
    return FINE;
}

static fault_t
scan_member(scan_t *s)
{
    uint64_t tag_and_wire, value;

    s->field = NULL;
    if (!read_varint(s, PREFIX_BYTES, &tag_and_wire) || tag_and_wire > UINT32_MAX)
        return MALFORMED;
    uint32_t tag = (uint32_t)tag_and_wire >> FIELD_TAG_SHIFT;
    unsigned wire = (unsigned)tag_and_wire & 7;
    if (tag == 0)
        return MALFORMED;
    count_member(s);
    s->field = find_field(s->level, tag);
    if (!s->field)
        return scan_unknown(s, wire);
    bool repeated = s->field->label == PROTOBUF_C_LABEL_REPEATED;
    if (wire != wire_types[s->field->type]) {
        bool packed = repeated && wire == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
        return packed ? scan_packed(s) : MALFORMED;
    }
    if (wire == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
        return scan_length_prefixed(s);
    bool fine = wire == PROTOBUF_C_WIRE_TYPE_VARINT ? read_varint(s, VARINT_BYTES, &value)
                                                    : skip(s, kt_field_bytes(s->field->type));
    if (!fine)
        return MALFORMED;
    return repeated ? count_elements(s, 1) : FINE;
}

static fault_t
scan_all(scan_t *s, size_t memory_max)
{
    while (s->memory <= memory_max) {
        while (s->at == s->level->end) {
            if (--s->depth == 0)
                return FINE;
            s->level--;
        }
        fault_t fault = scan_member(s);
        if (fault != FINE)
            return fault;
    }
    return TOO_MUCH_MEMORY;
}

static kt_status_t
fault_status(fault_t fault)
{
    static const kt_status_t statuses[] = {
        [FINE] = {KT_OK, 0, NULL},
        [MALFORMED] = {KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY,
                       "the body is no message of its type"},
        [MALFORMED_TWICE] = {KT_INVALID_ARGUMENT, RPC_REASON_MALFORMED_BODY,
                             "a message field that is not repeated stands twice"},
        [TOO_DEEP] = {KT_INVALID_ARGUMENT, RPC_REASON_TOO_DEEP, "nested deeper than 32 messages"},
        [TOO_MANY_ELEMENTS] = {KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS,
                               "more elements than a message may hold"},
        [TOO_MANY_UNKNOWN] = {KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS,
                              "too many fields that are not in the contract"},
        [TOO_MUCH_MEMORY] = {KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_MANY_ELEMENTS,
                             "the message takes more memory than a call may use"},
        [NOT_UTF8] = {KT_INVALID_ARGUMENT, RPC_REASON_NOT_UTF8,
                      "a string is not UTF-8, or holds a NUL"},
    };
    return statuses[fault];
}

kt_status_t
kt_scan(const ProtobufCMessageDescriptor *descriptor, kt_span_t bytes,
        const kt_scan_limits_t *limits, kt_scan_result_t *result)
{
    scan_t s; /* its levels are filled in on the way down: clearing them all would cost more than
                 the scan */

    s.at = bytes.size > 0 ? bytes.data : (const uint8_t *)"";
    s.depth = s.depth_most = s.elements = s.unknown = 0;
    s.elements_max = limits->elements_max;
    s.unknown_max = limits->unknown_max > 0 ? limits->unknown_max : KT_SCAN_UNKNOWN_MAX;
    s.memory = 0;
    s.field = NULL;
    fault_t fault = enter(&s, descriptor, s.at + bytes.size);
    if (fault == FINE)
        fault = scan_all(&s, limits->memory_max);
    *result = (kt_scan_result_t){
        .elements = s.elements,
        .depth = s.depth_most,
        .memory_bytes = s.memory,
        .field = fault != FINE && s.field ? s.field->name : NULL,
    };
    return fault_status(fault);
}
