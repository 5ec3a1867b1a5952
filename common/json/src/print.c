#include "json_private.h"
#include <inttypes.h>
#include <kantor/rpc/v1/reason.kt.h>
#include <kt/message.h>
#include <kt/scan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_BYTES  256
#define NUMBER_CHARS 40
#define INDENT       2u

typedef struct printer {
    kt_arena_t *arena;
    const kt_json_options_t *options;
    char *text;
    size_t size, capacity;
    bool failed;     /* memory is out: nothing is written any more */
    unsigned depth;  /* messages around the one at hand, itself included */
    unsigned indent; /* brackets that are open */
} printer_t;

static kt_status_t print_message(printer_t *p, const ProtobufCMessage *message);

static void
put_bytes(printer_t *p, const char *bytes, size_t size)
{
    if (size == 0)
        return;
    if (size > p->capacity - p->size) {
        size_t capacity = KT_MAX(2 * p->capacity, p->size + size);
        char *larger = (char *)kt_arena_alloc(p->arena, capacity);
        if (!larger) {
            p->failed = true;
            p->capacity = p->size; /* so that whatever follows comes here again */
            return;
        }
        if (p->size > 0)
            memcpy(larger, p->text, p->size);
        p->text = larger;
        p->capacity = capacity;
    }
    memcpy(p->text + p->size, bytes, size);
    p->size += size;
}

static void
put(printer_t *p, const char *text)
{
    put_bytes(p, text, strlen(text));
}

static void
put_line(printer_t *p)
{
    if (!p->options->pretty)
        return;
    put(p, "\n");
    for (unsigned i = 0; i < p->indent * INDENT; i++)
        put_bytes(p, " ", 1);
}

static void
put_open(printer_t *p, const char *bracket)
{
    put(p, bracket);
    p->indent++;
}

/* EMPTY brackets stay on one line. */
static void
put_close(printer_t *p, const char *bracket, bool empty)
{
    p->indent--;
    if (!empty)
        put_line(p);
    put(p, bracket);
}

/* What comes before each member or element. */
static void
put_next(printer_t *p, bool *first)
{
    if (!*first)
        put(p, ",");
    *first = false;
    put_line(p);
}

static void
put_string(printer_t *p, const char *text)
{
    const char *plain = text;
    put(p, "\"");
    for (; *text; text++) {
        char escape[8];
        unsigned char letter = (unsigned char)*text;
        if (letter >= 0x20 && letter != '"' && letter != '\\')
            continue;
        put_bytes(p, plain, (size_t)(text - plain));
        plain = text + 1;
        const char *found = strchr("\"\"\\\\\nn\tt\rr\bb\ff", letter);
        if (found)
            snprintf(escape, sizeof(escape), "\\%c", found[1]);
        else
            snprintf(escape, sizeof(escape), "\\u%04x", letter);
        put(p, escape);
    }
    put_bytes(p, plain, (size_t)(text - plain));
    put(p, "\"");
}

static void
put_key(printer_t *p, const char *key, bool *first)
{
    put_next(p, first);
    put_string(p, key);
    put(p, p->options->pretty ? ": " : ":");
}

/* A field's key. Letters of names need no escape. */
static void
put_name(printer_t *p, const char *proto_name, bool *first)
{
    char letter;
    put_next(p, first);
    put(p, "\"");
    while ((letter = kt_json_next_letter(&proto_name)))
        put_bytes(p, &letter, 1);
    put(p, p->options->pretty ? "\": " : "\":");
}

static void
put_base64(printer_t *p, kt_span_t bytes)
{
    char *text = (char *)kt_arena_alloc(p->arena, bytes.size / 3 * 4 + 5);
    if (!text) {
        p->failed = true;
        return;
    }
    kt_json_base64_encode(bytes, text);
    put(p, "\"");
    put(p, text);
    put(p, "\"");
}

/* The shortest decimal that reads as the same number; a float's as a float. */
static void
put_real(printer_t *p, double value, bool is_float)
{
    char text[NUMBER_CHARS];
    if (isnan(value) || isinf(value)) {
        put(p, isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
        return;
    }
    for (int digits = is_float ? 6 : 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        double again = strtod(text, NULL);
        if (is_float ? (float)again == (float)value : again == value)
            break;
    }
    put(p, text);
}

static void
put_enum(printer_t *p, const ProtobufCEnumDescriptor *descriptor, int number)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(descriptor, number);
    char text[NUMBER_CHARS];
    if (value) {
        put_string(p, value->name);
        return;
    }
    snprintf(text, sizeof(text), "%d", number);
    put(p, text);
}

static void
put_signed(printer_t *p, const char *quote, int64_t value)
{
    char text[NUMBER_CHARS];
    snprintf(text, sizeof(text), "%s%" PRId64 "%s", quote, value, quote);
    put(p, text);
}

static void
put_unsigned(printer_t *p, const char *quote, uint64_t value)
{
    char text[NUMBER_CHARS];
    snprintf(text, sizeof(text), "%s%" PRIu64 "%s", quote, value, quote);
    put(p, text);
}

static kt_status_t
print_value(printer_t *p, const ProtobufCFieldDescriptor *field, const void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        put_signed(p, "", *(const int32_t *)at);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        put_unsigned(p, "", *(const uint32_t *)at);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        put_signed(p, "\"", *(const int64_t *)at);
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        put_unsigned(p, "\"", *(const uint64_t *)at);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        put_real(p, (double)*(const float *)at, true);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        put_real(p, *(const double *)at, false);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        put(p, *(const protobuf_c_boolean *)at ? "true" : "false");
        break;
    case PROTOBUF_C_TYPE_ENUM:
        put_enum(p, (const ProtobufCEnumDescriptor *)field->descriptor, *(const int *)at);
        break;
    case PROTOBUF_C_TYPE_STRING:
        put_string(p, *(char *const *)at ? *(char *const *)at : "");
        break;
    case PROTOBUF_C_TYPE_BYTES:
        put_base64(p, kt_span(((const ProtobufCBinaryData *)at)->data,
                              ((const ProtobufCBinaryData *)at)->len));
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        return print_message(p, *(ProtobufCMessage *const *)at);
    }
    return kt_ok();
}

static kt_status_t
print_list(printer_t *p, const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
    size_t count = *(const size_t *)kt_json_at(message, field->quantifier_offset);
    const uint8_t *list = *(const uint8_t *const *)kt_json_at(message, field->offset);
    bool first = true;
    put_open(p, "[");
    for (size_t i = 0; i < count; i++) {
        put_next(p, &first);
        KT_TRY(print_value(p, field, list + i * kt_field_bytes(field->type)));
    }
    put_close(p, "]", count == 0);
    return kt_ok();
}

static bool
is_zero(const ProtobufCFieldDescriptor *field, const void *at)
{
    static const uint64_t zero = 0;
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return !*(char *const *)at || **(char *const *)at == '\0';
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)at)->len == 0;
    return memcmp(at, &zero, kt_field_bytes(field->type)) == 0;
}

/* Whether the field is to be written. Presence as protobuf-c keeps it: the case of a oneof, a has_
 * flag (proto2), a pointer that is not NULL for messages; in proto3 the rest is there when it is
 * not zero. */
static bool
is_shown(const printer_t *p, const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
    const void *quantifier = kt_json_at(message, field->quantifier_offset);
    const void *at = kt_json_at(message, field->offset);
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return p->options->defaults || *(const size_t *)quantifier > 0;
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        if (*(const uint32_t *)quantifier != field->id)
            return false;
        return field->type != PROTOBUF_C_TYPE_MESSAGE || *(void *const *)at != NULL;
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(void *const *)at != NULL;
    if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->type != PROTOBUF_C_TYPE_STRING)
        return *(const protobuf_c_boolean *)quantifier != 0;
    if (field->label == PROTOBUF_C_LABEL_OPTIONAL)
        return *(void *const *)at != NULL && *(const void *const *)at != field->default_value;
    return p->options->defaults || !is_zero(field, at);
}

static kt_status_t
print_fields(printer_t *p, const ProtobufCMessage *message, bool *first)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (!is_shown(p, field, message))
            continue;
        put_name(p, field->name, first);
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            KT_TRY(print_list(p, field, message));
        else
            KT_TRY(print_value(p, field, kt_json_at(message, field->offset)));
    }
    return kt_ok();
}

static kt_status_t
print_time(printer_t *p, const ProtobufCMessage *message, kt_json_form_t form)
{
    char text[KT_JSON_TIME_CHARS];
    kt_json_pair_t pair = kt_json_pair(message);
    int64_t seconds = *(const int64_t *)pair.first;
    int32_t nanos = *(const int32_t *)pair.second;
    if (form == KT_JSON_TIMESTAMP ? !kt_json_timestamp_print(seconds, nanos, text)
                                  : !kt_json_duration_print(seconds, nanos, text))
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_BAD_FIELD,
                        "a Timestamp or Duration is out of its range");
    put_string(p, text);
    return kt_ok();
}

static kt_status_t
print_any_content(printer_t *p, const ProtobufCMessageDescriptor *type, kt_span_t bytes,
                  bool *first)
{
    kt_scan_limits_t limits = kt_scan_limits_usual();
    kt_scan_result_t result;
    ProtobufCMessage *inner;
    KT_TRY(kt_scan(type, bytes, &limits, &result));
    KT_TRY(kt_message_unpack(p->arena, type, bytes, &inner));
    if (kt_json_form(type) == KT_JSON_PLAIN)
        return print_fields(p, inner, first);
    put_key(p, "value", first);
    return print_message(p, inner);
}

static kt_status_t
print_any(printer_t *p, const ProtobufCMessage *message)
{
    kt_json_pair_t pair = kt_json_pair(message);
    const char *url = *(char *const *)pair.first ? *(char *const *)pair.first : "";
    const ProtobufCBinaryData *value = (const ProtobufCBinaryData *)pair.second;
    const char *name = kt_json_any_type(url);
    const ProtobufCMessageDescriptor *type = NULL;
    bool first = true;
    put_open(p, "{");
    if (name && p->options->find)
        type = p->options->find(p->options->find_context, name);
    if (*url || value->len > 0) {
        put_key(p, "@type", &first);
        put_string(p, url);
    }
    if (type) {
        KT_TRY(print_any_content(p, type, kt_span(value->data, value->len), &first));
    } else if (value->len > 0) {
        put_key(p, "value", &first);
        put_base64(p, kt_span(value->data, value->len));
    }
    put_close(p, "}", first);
    return kt_ok();
}

static kt_status_t
print_plain(printer_t *p, const ProtobufCMessage *message)
{
    bool first = true;
    put_open(p, "{");
    KT_TRY(print_fields(p, message, &first));
    put_close(p, "}", first);
    return kt_ok();
}

static kt_status_t
print_message(printer_t *p, const ProtobufCMessage *message)
{
    kt_status_t status = kt_ok();
    kt_json_form_t form = kt_json_form(message->descriptor);
    if (p->depth == KT_JSON_DEPTH_MAX)
        return kt_error(KT_INVALID_ARGUMENT, RPC_REASON_TOO_DEEP, "nested deeper than 32 messages");
    p->depth++;
    if (form == KT_JSON_PLAIN)
        status = print_plain(p, message);
    else if (form == KT_JSON_ANY)
        status = print_any(p, message);
    else
        status = print_time(p, message, form);
    p->depth--;
    return status;
}

kt_status_t
kt_json_print(kt_arena_t *arena, const ProtobufCMessage *message, const kt_json_options_t *options,
              const char **text)
{
    static const kt_json_options_t usual = {0};
    printer_t p = {.arena = arena, .options = options ? options : &usual};
    p.text = (char *)kt_arena_alloc(arena, FIRST_BYTES);
    p.capacity = p.text ? FIRST_BYTES : 0;
    KT_TRY(print_message(&p, message));
    put_bytes(&p, "", 1);
    if (p.failed)
        return kt_json_exhausted();
    *text = p.text;
    return kt_ok();
}
