#include "messages.h"
#include <google/protobuf/any.pb-c.h>
#include <google/protobuf/duration.pb-c.h>
#include <google/protobuf/timestamp.pb-c.h>
#include <google/rpc/error_details.kt.h>
#include <inttypes.h>
#include <kantor/sets/broker.kt.h>
#include <kantor/sets/echo.kt.h>
#include <kantor/sets/finance.kt.h>
#include <kantor/sets/it.kt.h>
#include <kantor/sets/legal.kt.h>
#include <kantor/sets/process.kt.h>
#include <kantor/sets/rpc.kt.h>
#include <kantor/sets/shared.kt.h>
#include <kt/message.h>
#include <stdio.h>
#include <stdlib.h>

#define ELEMENTS_MAX 5
#define STRING_MAX   40

const kt_proto_set_t *const testing_sets[TESTING_SETS] = {
    &rpc_proto_set,     &shared_proto_set, &echo_proto_set, &broker_proto_set,
    &finance_proto_set, &legal_proto_set,  &it_proto_set,   &process_proto_set,
};

const ProtobufCMessageDescriptor *const testing_any_descriptors[] = {
    &google_rpc_error_info_descriptor,
    &google_rpc_bad_request_descriptor,
    &google_rpc_retry_info_descriptor,
    &google__protobuf__duration__descriptor,
    NULL,
};

/* Seconds of 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: google/protobuf/timestamp.proto. */
#define TIMESTAMP_MIN INT64_C(-62135596800)
#define TIMESTAMP_MAX INT64_C(253402300799)
#define DURATION_MAX  INT64_C(315576000000) /* google/protobuf/duration.proto */
#define NANOS         1000000000

uint64_t
testing_seed(void)
{
    const char *given = getenv("KANTOR_SEED");
    kt_prng_t prng;
    kt_prng_seed_system(&prng);
    uint64_t seed = given ? strtoull(given, NULL, 0) : kt_prng_next(&prng);
    printf("seed: KANTOR_SEED=%" PRIu64 "\n", seed);
    return seed;
}

const ProtobufCMessageDescriptor *
testing_find(const void *context, const char *name)
{
    (void)context;
    for (size_t i = 0; i < TESTING_SETS; i++)
        for (uint32_t j = 0; j < testing_sets[i]->messages_count; j++)
            if (strcmp(testing_sets[i]->messages[j]->name, name) == 0)
                return testing_sets[i]->messages[j];
    for (size_t i = 0; testing_any_descriptors[i]; i++)
        if (strcmp(testing_any_descriptors[i]->name, name) == 0)
            return testing_any_descriptors[i];
    return NULL;
}

static void *
must(void *memory)
{
    KT_ASSERT(memory);
    return memory;
}

static void *
field_at(const ProtobufCMessage *message, unsigned offset)
{
    return (uint8_t *)message + offset;
}

static char *
random_string(kt_prng_t *prng, kt_arena_t *arena)
{
    static const char *const parts[] = {"a",
                                        "Z",
                                        "0",
                                        "_",
                                        " ",
                                        "\"",
                                        "\\",
                                        "\n",
                                        "/",
                                        "\xC3\xA4",
                                        "\xE2\x82\xAC",
                                        "\xF0\x9F\x98\x80",
                                        "\t",
                                        "\x01",
                                        "<",
                                        "\x7F",
                                        "\xED\x9F\xBF",
                                        "\xF4\x8F\xBF\xBF"};
    char text[STRING_MAX * 4 + 1];
    size_t size = 0;
    for (uint64_t left = kt_prng_below(prng, STRING_MAX); left > 0; left--) {
        const char *part = parts[kt_prng_below(prng, KT_COUNT(parts))];
        memcpy(text + size, part, strlen(part));
        size += strlen(part);
    }
    return (char *)must(kt_arena_copy(arena, kt_span(text, size)));
}

static ProtobufCBinaryData
random_bytes(kt_prng_t *prng, kt_arena_t *arena)
{
    ProtobufCBinaryData bytes = {.len = kt_prng_below(prng, STRING_MAX)};
    if (bytes.len == 0)
        return bytes;
    bytes.data = (uint8_t *)must(kt_arena_alloc(arena, bytes.len));
    for (size_t i = 0; i < bytes.len; i++)
        bytes.data[i] = (uint8_t)kt_prng_next(prng);
    return bytes;
}

/* Numbers of all magnitudes, the extremes among them. */
static uint64_t
random_number(kt_prng_t *prng)
{
    static const uint64_t extremes[] = {0,
                                        1,
                                        UINT64_MAX,
                                        INT64_MAX,
                                        (uint64_t)INT64_MAX + 1,
                                        INT32_MAX,
                                        (uint64_t)INT32_MAX + 1,
                                        UINT32_MAX};
    if (kt_prng_below(prng, 3) == 0)
        return extremes[kt_prng_below(prng, KT_COUNT(extremes))];
    return kt_prng_next(prng) >> kt_prng_below(prng, 64);
}

/* Not which protobuf-c takes for the default and leaves out. */
static double
random_double(kt_prng_t *prng)
{
    static const double some[] = {0.0, 1.5, -1e300, 1e-300, 0.1, __builtin_inf(), -__builtin_inf()};
    if (kt_prng_below(prng, 2) == 0)
        return some[kt_prng_below(prng, KT_COUNT(some))];
    return (double)(int64_t)kt_prng_next(prng) / 1024.0;
}

static int
random_enum(kt_prng_t *prng, const ProtobufCEnumDescriptor *descriptor)
{
    if (kt_prng_below(prng, 10) == 0)
        return (int)kt_prng_below(prng, 100000);
    return descriptor->values[kt_prng_below(prng, descriptor->n_values)].value;
}

/* Writes one value of FIELD's type to AT. */
static void
random_value(kt_prng_t *prng, kt_arena_t *arena, const ProtobufCFieldDescriptor *field, void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        *(uint32_t *)at = (uint32_t)random_number(prng);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        *(uint64_t *)at = random_number(prng);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        *(float *)at = (float)kt_prng_below(prng, 1000) / 8.0f;
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        *(double *)at = random_double(prng);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)at = (protobuf_c_boolean)kt_prng_below(prng, 2);
        break;
    case PROTOBUF_C_TYPE_ENUM:
        *(int *)at = random_enum(prng, (const ProtobufCEnumDescriptor *)field->descriptor);
        break;
    case PROTOBUF_C_TYPE_STRING:
        *(char **)at = random_string(prng, arena);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        *(ProtobufCBinaryData *)at = random_bytes(prng, arena);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **)at = testing_random_message(
            prng, arena, (const ProtobufCMessageDescriptor *)field->descriptor);
        break;
    }
}

static void
fill_any(kt_prng_t *prng, kt_arena_t *arena, Google__Protobuf__Any *any)
{
    uint64_t which = kt_prng_below(prng, 4);
    const ProtobufCMessageDescriptor *descriptor = testing_any_descriptors[which];
    ProtobufCMessage *inner = testing_random_message(prng, arena, descriptor);
    any->type_url = (char *)kt_arena_printf(arena, "type.googleapis.com/%s", descriptor->name);
    any->value.len = protobuf_c_message_get_packed_size(inner);
    any->value.data = (uint8_t *)must(kt_arena_alloc(arena, any->value.len));
    protobuf_c_message_pack(inner, any->value.data);
}

/* The messages that have a form of their own in JSON. */
static bool
fill_well_known(kt_prng_t *prng, kt_arena_t *arena, ProtobufCMessage *message)
{
    if (message->descriptor == &google__protobuf__any__descriptor) {
        fill_any(prng, arena, (Google__Protobuf__Any *)message);
    } else if (message->descriptor == &google__protobuf__timestamp__descriptor) {
        Google__Protobuf__Timestamp *time = (Google__Protobuf__Timestamp *)message;
        time->seconds = TIMESTAMP_MIN +
                        (int64_t)kt_prng_below(prng, (uint64_t)(TIMESTAMP_MAX - TIMESTAMP_MIN + 1));
        time->nanos = (int32_t)kt_prng_below(prng, NANOS);
    } else if (message->descriptor == &google__protobuf__duration__descriptor) {
        Google__Protobuf__Duration *duration = (Google__Protobuf__Duration *)message;
        int sign = kt_prng_below(prng, 2) ? 1 : -1;
        duration->seconds = sign * (int64_t)kt_prng_below(prng, (uint64_t)DURATION_MAX);
        duration->nanos = sign * (int32_t)kt_prng_below(prng, NANOS);
    } else {
        return false;
    }
    return true;
}

static void
fill_field(kt_prng_t *prng, kt_arena_t *arena, const ProtobufCFieldDescriptor *field,
           ProtobufCMessage *message)
{
    void *quantifier = field_at(message, field->quantifier_offset);
    void *at = field_at(message, field->offset);

    if (kt_prng_below(prng, 3) == 0)
        return;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t count = kt_prng_below(prng, ELEMENTS_MAX);
        size_t size = kt_field_bytes(field->type);
        if (count == 0)
            return;
        uint8_t *list = (uint8_t *)must(kt_arena_zalloc(arena, count, size));
        for (size_t i = 0; i < count; i++)
            random_value(prng, arena, field, list + i * size);
        *(size_t *)quantifier = count;
        *(void **)at = list;
        return;
    }
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        if (*(uint32_t *)quantifier != 0)
            return;
        *(uint32_t *)quantifier = field->id;
    } else if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->quantifier_offset != 0) {
        *(protobuf_c_boolean *)quantifier = 1;
    }
    random_value(prng, arena, field, at);
}

ProtobufCMessage *
testing_random_message(kt_prng_t *prng, kt_arena_t *arena,
                       const ProtobufCMessageDescriptor *descriptor)
{
    ProtobufCMessage *message = (ProtobufCMessage *)must(
        kt_arena_zalloc(arena, 1, descriptor->sizeof_message));
    protobuf_c_message_init(descriptor, message);
    if (fill_well_known(prng, arena, message))
        return message;
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        fill_field(prng, arena, &descriptor->fields[i], message);
    return message;
}

static bool
strings_equal(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool
values_equal(const ProtobufCFieldDescriptor *field, const void *a, const void *b)
{
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return strings_equal(*(char *const *)a, *(char *const *)b);
    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        const ProtobufCBinaryData *x = (const ProtobufCBinaryData *)a;
        const ProtobufCBinaryData *y = (const ProtobufCBinaryData *)b;
        return kt_span_equal(kt_span(x->data, x->len), kt_span(y->data, y->len));
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const ProtobufCMessage *x = *(ProtobufCMessage *const *)a,
                               *y = *(ProtobufCMessage *const *)b;
        return x && y ? testing_messages_equal(x, y) : x == y;
    }
    return memcmp(a, b, kt_field_bytes(field->type)) == 0;
}

static bool
fields_equal(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *a,
             const ProtobufCMessage *b)
{
    const void *at_a = field_at(a, field->offset), *at_b = field_at(b, field->offset);
    const void *q_a = field_at(a, field->quantifier_offset),
               *q_b = field_at(b, field->quantifier_offset);

    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t count = *(const size_t *)q_a, size = kt_field_bytes(field->type);
        if (count != *(const size_t *)q_b)
            return false;
        for (size_t i = 0; i < count; i++)
            if (!values_equal(field, *(const uint8_t *const *)at_a + i * size,
                              *(const uint8_t *const *)at_b + i * size))
                return false;
        return true;
    }
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        uint32_t set = *(const uint32_t *)q_a;
        if (set != *(const uint32_t *)q_b)
            return false;
        return set != field->id || values_equal(field, at_a, at_b);
    }
    return values_equal(field, at_a, at_b);
}

bool
testing_messages_equal(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    if (a->descriptor != b->descriptor || a->n_unknown_fields != b->n_unknown_fields)
        return false;
    for (unsigned i = 0; i < a->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *x = &a->unknown_fields[i], *y = &b->unknown_fields[i];
        if (x->tag != y->tag || x->wire_type != y->wire_type ||
            !kt_span_equal(kt_span(x->data, x->len), kt_span(y->data, y->len)))
            return false;
    }
    for (unsigned i = 0; i < a->descriptor->n_fields; i++)
        if (!fields_equal(&a->descriptor->fields[i], a, b))
            return false;
    return true;
}
