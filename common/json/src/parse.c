#include "json_private.h"
#include <inttypes.h>
#include <jansson.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/message.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ANY_TYPE  "@type"
#define ANY_VALUE "value"

typedef struct parser {
    kt_arena_t *arena;
    const kt_json_options_t *options;
    kt_span_t text;
    unsigned depth;
} parser_t;

/* Where the value at hand stands, and what it is to become. */
typedef struct place {
    const kt_json_step_t *step;
    const ProtobufCFieldDescriptor *field; /* NULL for a whole message */
} place_t;

static kt_status_t
parse_message(parser_t *p, const json_t *json, const kt_json_step_t *step,
              const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **message);

static kt_status_t
bad(parser_t *p, const kt_json_step_t *step, const char *format, ...) KT_PRINTF(3, 4);

static kt_status_t
bad(parser_t *p, const kt_json_step_t *step, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *what = kt_arena_vprintf(p->arena, format, args);
    va_end(args);
    const char *path = kt_json_path(p->arena, step);
    unsigned line = kt_json_line(p->text, step);
    return kt_error(
        KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD,
        kt_arena_printf(p->arena, "line %u: %s%s%s", line, path, *path ? ": " : "", what));
}

static kt_status_t
too_deep(void)
{
    return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_TOO_DEEP, "nested deeper than 32 messages");
}

/* What a value is, for people. */
static const char *
kind_name(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        return "null";
    }
    return "nothing";
}

static void *
take(parser_t *p, size_t count, size_t size)
{
    return kt_arena_zalloc(p->arena, KT_MAX(count, 1u), size);
}

/* ---- numbers ---- */

/* A whole number of any size: its sign apart from its magnitude. */
typedef struct whole {
    bool negative;
    uint64_t magnitude;
} whole_t;

static bool
whole_from_text(const char *text, whole_t *whole)
{
    whole->negative = *text == '-';
    text += whole->negative;
    whole->magnitude = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' ||
            __builtin_mul_overflow(whole->magnitude, 10u, &whole->magnitude) ||
            __builtin_add_overflow(whole->magnitude, (uint64_t)(*text - '0'), &whole->magnitude))
            return false;
    }
    return true;
}

/* 1e3 and 5.0 are whole numbers, too, as long as a double holds them exactly. */
static bool
whole_from_real(double real, whole_t *whole)
{
    if (floor(real) != real || fabs(real) >= 0x1p63)
        return false;
    *whole = (whole_t){.negative = real < 0, .magnitude = (uint64_t)fabs(real)};
    return true;
}

static kt_status_t
read_whole(parser_t *p, const json_t *json, place_t place, whole_t *whole)
{
    bool fine = false;
    if (json_is_integer(json)) {
        int64_t value = json_integer_value(json);
        *whole = (whole_t){.negative = value < 0,
                           .magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value};
        return kt_ok();
    }
    if (json_is_real(json)) {
        fine = whole_from_real(json_real_value(json), whole);
        return fine ? kt_ok() : bad(p, place.step, "%g is no whole number", json_real_value(json));
    }
    if (!json_is_string(json))
        return bad(p, place.step, "expected a whole number, not %s", kind_name(json));
    if (!whole_from_text(json_string_value(json), whole))
        return bad(p, place.step, "\"%.40s\" is no whole number of 64 bits",
                   json_string_value(json));
    return kt_ok();
}

static kt_status_t
parse_signed(parser_t *p, const json_t *json, place_t place, unsigned bits, int64_t *value)
{
    whole_t whole;
    KT_TRY(read_whole(p, json, place, &whole));
    uint64_t limit = (UINT64_C(1) << (bits - 1)) - (whole.negative ? 0 : 1);
    if (whole.magnitude > limit)
        return bad(p, place.step, "%s%" PRIu64 " does not fit into %u bits",
                   whole.negative ? "-" : "", whole.magnitude, bits);
    *value = (int64_t)(whole.negative ? 0 - whole.magnitude : whole.magnitude);
    return kt_ok();
}

static kt_status_t
parse_unsigned(parser_t *p, const json_t *json, place_t place, unsigned bits, uint64_t *value)
{
    whole_t whole;
    KT_TRY(read_whole(p, json, place, &whole));
    if (whole.negative && whole.magnitude > 0)
        return bad(p, place.step, "-%" PRIu64 " is negative, and this number cannot be",
                   whole.magnitude);
    if (bits == 32 && whole.magnitude > UINT32_MAX)
        return bad(p, place.step, "%" PRIu64 " does not fit into 32 bits", whole.magnitude);
    *value = whole.magnitude;
    return kt_ok();
}

static kt_status_t
parse_real(parser_t *p, const json_t *json, place_t place, double *value)
{
    static const struct {
        const char *name;
        double value;
    } names[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    if (json_is_number(json)) {
        *value = json_number_value(json);
        return kt_ok();
    }
    if (!json_is_string(json))
        return bad(p, place.step, "expected a number, not %s", kind_name(json));
    const char *text = json_string_value(json);
    for (size_t i = 0; i < KT_COUNT(names); i++) {
        if (strcmp(text, names[i].name) == 0) {
            *value = names[i].value;
            return kt_ok();
        }
    }
    char *end;
    *value = strtod(text, &end);
    if (!*text || *end || !strchr("-0123456789", *text) || text[strspn(text, "+-.eE0123456789")])
        return bad(p, place.step, "\"%.40s\" is no number", text);
    return kt_ok();
}

static kt_status_t
parse_float(parser_t *p, const json_t *json, place_t place, float *value)
{
    double real;
    KT_TRY(parse_real(p, json, place, &real));
    if (isfinite(real) && !isfinite((float)real))
        return bad(p, place.step, "%g does not fit into a float", real);
    *value = (float)real;
    return kt_ok();
}

/* ---- other scalars ---- */

static const char *
propose(parser_t *p, const char *name, unsigned distance)
{
    if (!name || distance > KT_JSON_DISTANCE_MAX)
        return "";
    return kt_arena_printf(p->arena, "; did you mean \"%s\"?", name);
}

static kt_status_t
parse_enum(parser_t *p, const json_t *json, place_t place, int *value)
{
    const ProtobufCEnumDescriptor *descriptor = (const ProtobufCEnumDescriptor *)
                                                    place.field->descriptor;
    const char *nearest = NULL;
    unsigned distance = UINT32_MAX;
    if (!json_is_string(json)) {
        int64_t number;
        if (!json_is_number(json))
            return bad(p, place.step, "expected a name of %s, not %s", descriptor->name,
                       kind_name(json));
        KT_TRY(parse_signed(p, json, place, 32, &number));
        *value = (int)number;
        return kt_ok();
    }
    const char *name = json_string_value(json);
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value_by_name(descriptor,
                                                                                   name);
    if (found) {
        *value = found->value;
        return kt_ok();
    }
    for (unsigned i = 0; i < descriptor->n_value_names; i++) {
        unsigned d = kt_json_distance(name, descriptor->values_by_name[i].name);
        if (d < distance) {
            distance = d;
            nearest = descriptor->values_by_name[i].name;
        }
    }
    return bad(p, place.step, "\"%.64s\" is no name of %s%s", name, descriptor->name,
               propose(p, nearest, distance));
}

static kt_status_t
parse_string(parser_t *p, const json_t *json, place_t place, char **value)
{
    if (!json_is_string(json))
        return bad(p, place.step, "expected a string, not %s", kind_name(json));
    *value = kt_arena_strdup(p->arena, json_string_value(json));
    return *value ? kt_ok() : kt_json_exhausted();
}

static kt_status_t
parse_base64(parser_t *p, const json_t *json, const kt_json_step_t *step,
             ProtobufCBinaryData *value)
{
    if (!json_is_string(json))
        return bad(p, step, "expected bytes as a string of base64, not %s", kind_name(json));
    size_t length = json_string_length(json), size;
    uint8_t *bytes = (uint8_t *)take(p, length / 4 * 3 + 3, 1);
    if (!bytes)
        return kt_json_exhausted();
    if (!kt_json_base64_decode(json_string_value(json), length, bytes, &size))
        return bad(p, step, "\"%.20s\" is no base64", json_string_value(json));
    *value = (ProtobufCBinaryData){.len = size, .data = size > 0 ? bytes : NULL};
    return kt_ok();
}

static kt_status_t
parse_whole(parser_t *p, const json_t *json, place_t place, void *at)
{
    int64_t number = 0;
    uint64_t natural = 0;
    switch ((unsigned)place.field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        KT_TRY(parse_signed(p, json, place, 32, &number));
        *(int32_t *)at = (int32_t)number;
        return kt_ok();
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        KT_TRY(parse_unsigned(p, json, place, 32, &natural));
        *(uint32_t *)at = (uint32_t)natural;
        return kt_ok();
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return parse_signed(p, json, place, 64, (int64_t *)at);
    default:
        return parse_unsigned(p, json, place, 64, (uint64_t *)at);
    }
}

static kt_status_t
parse_value(parser_t *p, const json_t *json, place_t place, void *at)
{
    switch ((unsigned)place.field->type) {
    case PROTOBUF_C_TYPE_FLOAT:
        return parse_float(p, json, place, (float *)at);
    case PROTOBUF_C_TYPE_DOUBLE:
        return parse_real(p, json, place, (double *)at);
    case PROTOBUF_C_TYPE_BOOL:
        if (!json_is_boolean(json))
            return bad(p, place.step, "expected true or false, not %s", kind_name(json));
        *(protobuf_c_boolean *)at = json_is_true(json);
        return kt_ok();
    case PROTOBUF_C_TYPE_ENUM:
        return parse_enum(p, json, place, (int *)at);
    case PROTOBUF_C_TYPE_STRING:
        return parse_string(p, json, place, (char **)at);
    case PROTOBUF_C_TYPE_BYTES:
        return parse_base64(p, json, place.step, (ProtobufCBinaryData *)at);
    case PROTOBUF_C_TYPE_MESSAGE:
        return parse_message(p, json, place.step,
                             (const ProtobufCMessageDescriptor *)place.field->descriptor,
                             (ProtobufCMessage **)at);
    default:
        return parse_whole(p, json, place, at);
    }
}

/* ---- messages ---- */

static kt_status_t
parse_list(parser_t *p, const json_t *json, place_t place, ProtobufCMessage *message)
{
    size_t count = json_array_size(json), size = kt_field_bytes(place.field->type);
    if (!json_is_array(json))
        return bad(p, place.step, "expected a list, not %s", kind_name(json));
    if (count == 0)
        return kt_ok();
    uint8_t *list = (uint8_t *)take(p, count, size);
    if (!list)
        return kt_json_exhausted();
    for (size_t i = 0; i < count; i++) {
        kt_json_step_t step = {.up = place.step, .index = i};
        const json_t *element = json_array_get(json, i);
        if (json_is_null(element))
            return bad(p, &step, "a list holds no null");
        KT_TRY(parse_value(p, element, (place_t){&step, place.field}, list + i * size));
    }
    *(size_t *)kt_json_at(message, place.field->quantifier_offset) = count;
    *(uint8_t **)kt_json_at(message, place.field->offset) = list;
    return kt_ok();
}

static kt_status_t
unknown_field(parser_t *p, const kt_json_step_t *step, const ProtobufCMessageDescriptor *descriptor)
{
    const char *nearest = NULL;
    unsigned distance = UINT32_MAX;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const char *name = kt_json_name(p->arena, descriptor->fields[i].name);
        unsigned d = kt_json_distance(step->key, name);
        if (d < distance) {
            distance = d;
            nearest = name;
        }
    }
    return bad(p, step, "no such field in %s%s", descriptor->name, propose(p, nearest, distance));
}

static const ProtobufCFieldDescriptor *
find_field(const ProtobufCMessageDescriptor *descriptor, const char *key)
{
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        if (kt_json_name_is(descriptor->fields[i].name, key))
            return &descriptor->fields[i];
    return NULL;
}

static kt_status_t
parse_field(parser_t *p, const json_t *json, place_t place, ProtobufCMessage *message)
{
    const ProtobufCFieldDescriptor *field = place.field;
    void *quantifier = kt_json_at(message, field->quantifier_offset);
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return parse_list(p, json, place, message);
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        if (*(uint32_t *)quantifier != 0)
            return bad(p, place.step, "another field of the same oneof is set: %s",
                       protobuf_c_message_descriptor_get_field(message->descriptor,
                                                               *(uint32_t *)quantifier)
                           ->name);
        *(uint32_t *)quantifier = field->id;
    } else if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->quantifier_offset != 0) {
        *(protobuf_c_boolean *)quantifier = true;
    }
    return parse_value(p, json, place, kt_json_at(message, field->offset));
}

/* The members of an object, but for SKIPPED (or NULL). */
static kt_status_t
parse_fields(parser_t *p, const json_t *json, const kt_json_step_t *up, const char *skipped,
             ProtobufCMessage *message)
{
    uint64_t seen[KT_MESSAGE_FIELDS_MAX / 64] = {0};
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)json, key, member)
    {
        kt_json_step_t step = {.up = up, .key = key};
        const ProtobufCFieldDescriptor *field = find_field(message->descriptor, key);
        if (skipped && strcmp(key, skipped) == 0)
            continue;
        if (!field)
            return unknown_field(p, &step, message->descriptor);
        size_t place = (size_t)(field - message->descriptor->fields);
        if (seen[place / 64] & UINT64_C(1) << (place % 64))
            return bad(p, &step, "the field is given twice, once by each of its names");
        seen[place / 64] |= UINT64_C(1) << (place % 64);
        if (!json_is_null(member))
            KT_TRY(parse_field(p, member, (place_t){&step, field}, message));
    }
    return kt_ok();
}

static kt_status_t
parse_time(parser_t *p, const json_t *json, const kt_json_step_t *step, kt_json_form_t form,
           ProtobufCMessage *message)
{
    kt_json_pair_t pair = kt_json_pair(message);
    int64_t *seconds = (int64_t *)pair.first;
    int32_t *nanos = (int32_t *)pair.second;
    const char *text = json_string_value(json);
    if (form == KT_JSON_TIMESTAMP && (!text || !kt_json_timestamp_parse(text, seconds, nanos)))
        return bad(p, step, "expected a time such as \"2026-11-23T16:04:05.123Z\" (RFC 3339)");
    if (form == KT_JSON_DURATION && (!text || !kt_json_duration_parse(text, seconds, nanos)))
        return bad(p, step, "expected a duration such as \"1.5s\", at most 315576000000 s");
    return kt_ok();
}

/* What an Any of a known type holds, encoded. */
static kt_status_t
parse_any_content(parser_t *p, const json_t *json, const kt_json_step_t *step,
                  const ProtobufCMessageDescriptor *type, kt_span_t *bytes)
{
    ProtobufCMessage *inner = kt_message_new(p->arena, type);
    if (!inner)
        return kt_json_exhausted();
    if (kt_json_form(type) == KT_JSON_PLAIN) {
        KT_TRY(parse_fields(p, json, step, ANY_TYPE, inner));
    } else {
        kt_json_step_t value_step = {.up = step, .key = ANY_VALUE};
        const json_t *value = json_object_get(json, ANY_VALUE);
        if (!value || json_object_size(json) != 2)
            return bad(p, step, "expected \"@type\" and \"value\" for %s, and no more", type->name);
        KT_TRY(parse_message(p, value, &value_step, type, &inner));
    }
    return kt_message_pack(p->arena, inner, bytes);
}

static kt_status_t
parse_any(parser_t *p, const json_t *json, const kt_json_step_t *step, ProtobufCMessage *message)
{
    kt_json_step_t type_step = {.up = step, .key = ANY_TYPE},
                   value_step = {.up = step, .key = ANY_VALUE};
    kt_json_pair_t pair = kt_json_pair(message);
    ProtobufCBinaryData *value = (ProtobufCBinaryData *)pair.second;
    const ProtobufCMessageDescriptor *type = NULL;
    kt_span_t bytes = {0};
    if (!json_is_object(json))
        return bad(p, step, "expected an object, not %s", kind_name(json));
    const json_t *url = json_object_get(json, ANY_TYPE);
    if (!url && json_object_size(json) == 0)
        return kt_ok();
    if (!url)
        return bad(p, step,
                   "expected \"@type\", such as \"type.googleapis.com/google.rpc.ErrorInfo\"");
    KT_TRY(parse_string(p, url, (place_t){.step = &type_step}, (char **)pair.first));
    const char *name = kt_json_any_type(json_string_value(url));
    if (name && p->options->find)
        type = p->options->find(p->options->find_context, name);
    if (type) {
        KT_TRY(parse_any_content(p, json, step, type, &bytes));
        *value = (ProtobufCBinaryData){.len = bytes.size, .data = (uint8_t *)(uintptr_t)bytes.data};
        return kt_ok();
    }
    const json_t *encoded = json_object_get(json, ANY_VALUE);
    if (json_object_size(json) != (encoded ? 2u : 1u))
        return bad(p, &type_step,
                   "\"%.64s\" is of no known type; only \"value\" in base64 can be read",
                   json_string_value(url));
    return encoded ? parse_base64(p, encoded, &value_step, value) : kt_ok();
}

static kt_status_t
parse_message(parser_t *p, const json_t *json, const kt_json_step_t *step,
              const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **message)
{
    kt_json_form_t form = kt_json_form(descriptor);
    kt_status_t status;
    if (p->depth == KT_JSON_DEPTH_MAX)
        return too_deep();
    *message = kt_message_new(p->arena, descriptor);
    if (!*message)
        return kt_json_exhausted();
    p->depth++;
    if (form == KT_JSON_ANY)
        status = parse_any(p, json, step, *message);
    else if (form != KT_JSON_PLAIN)
        status = parse_time(p, json, step, form, *message);
    else if (!json_is_object(json))
        status = bad(p, step, "expected an object, not %s", kind_name(json));
    else
        status = parse_fields(p, json, step, NULL, *message);
    p->depth--;
    return status;
}

kt_status_t
kt_json_parse(kt_arena_t *arena, const ProtobufCMessageDescriptor *descriptor, kt_span_t text,
              const kt_json_options_t *options, ProtobufCMessage **message)
{
    static const kt_json_options_t usual = {0};
    parser_t p = {.arena = arena, .options = options ? options : &usual, .text = text};
    ProtobufCMessage *parsed = NULL;
    json_error_t error;
    if (text.size > KT_JSON_TEXT_BYTES_MAX)
        return kt_error(KT_RESOURCE_EXHAUSTED, RPC_REASON_TOO_LARGE,
                        "the JSON text is larger than 16 MiB");
    json_t *json = json_loadb((const char *)text.data, text.size,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!json && json_error_code(&error) == json_error_out_of_memory)
        return kt_json_exhausted();
    if (!json && json_error_code(&error) == json_error_stack_overflow)
        return too_deep();
    if (!json)
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD,
                        kt_arena_printf(arena, "line %d: %s", error.line, error.text));
    kt_status_t status = parse_message(&p, json, NULL, descriptor, &parsed);
    json_decref(json);
    if (kt_failed(status))
        return status;
    *message = parsed;
    return kt_ok();
}
